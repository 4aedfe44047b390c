/*
 * What the judge sees of a group's rows. A record's id is its place among those
 * that the group knows, counted from 1; others that are met come behind them.
 */
#include <string.h>

#include "base/span.h"
#include "storage/postgres/claim.h"
#include "storage/postgres/group.h"

static struct vb__pg_group *group_of(struct vb__view *view)
{
    return VB_CONTAINER(view, struct vb__pg_view, base)->group;
}

static uint64_t id_of_known(const struct vb__pg_survey *survey,
                            const struct vb__pg_known *known)
{
    return (uint64_t)(known - survey->known) + 1;
}

struct vb__pg_known *vb__pg_view_known(const struct vb__pg_group *group,
                                       uint64_t id)
{
    return &group->survey.known[id - 1];
}

/* 0: no memory. */
static uint64_t id_of(struct vb__pg_group *group, struct vb_span key)
{
    struct vb__pg_survey *survey = &group->survey;
    const struct vb__pg_known *known = vb__pg_survey_known(survey, key);

    if (known != NULL)
        return id_of_known(survey, known);
    for (size_t i = 0; i < survey->stranger_count; i++)
        if (vb_span_eq(survey->strangers[i], key))
            return survey->known_count + i + 1;
    if (survey->strangers == NULL)
        survey->strangers = vb_arena_calloc(
            &group->arena, survey->stranger_room, sizeof(*survey->strangers));
    if (survey->strangers == NULL)
        return 0;
    survey->strangers[survey->stranger_count++] = key;
    return survey->known_count + survey->stranger_count;
}

static enum vb_err view_find(struct vb__view *view, struct vb_span key,
                             bool changes, struct vb_arena *arena,
                             struct vb__found *ret_found)
{
    const struct vb__pg_survey *survey = &group_of(view)->survey;
    const struct vb__pg_known *known = vb__pg_survey_known(survey, key);

    (void)changes;
    (void)arena;
    *ret_found = (struct vb__found){.id = 0};
    if (known == NULL)
        return VB_OK;
    if (known->kind == VB__PG_TOMBSTONE)
        ret_found->tombstone = id_of_known(survey, known);
    else if (known->kind == VB__PG_RECORD)
        *ret_found = (struct vb__found){
            .id = id_of_known(survey, known),
            .revision = (uint64_t)known->revision,
            .blob = (uint64_t)known->blob,
            .ties = (unsigned)known->ties,
            .parent = known->parent,
        };
    return VB_OK;
}

static enum vb_err view_holder(struct vb__view *view,
                               const struct vb_claim *claim, uint64_t *ret_id)
{
    struct vb__pg_group *group = group_of(view);
    const struct vb__pg_pairs *claims = &group->survey.claims;
    struct vb_span value;
    size_t at;

    *ret_id = 0;
    if (claims->count == 0)
        return VB_OK;
    value = vb__pg_claim_value(claim, &group->arena);
    at = vb__pg_pairs_find(claims, claim->scope, value);
    if (at < claims->count)
        *ret_id = id_of(group, claims->at[at].two);
    return group->arena.failed ? VB_ERR_NOMEM : VB_OK;
}

/* The first one of `one` for which the plan does not account. */
static enum vb_err
first_other(struct vb__pg_group *group, const struct vb__pg_pairs *pairs,
            struct vb_span one, const struct vb__plan *plan,
            bool (*accounts)(const struct vb__plan *plan, uint64_t id),
            uint64_t *ret_id)
{
    *ret_id = 0;
    for (size_t i = vb__pg_pairs_find(pairs, VB_SPAN(""), one);
         i < pairs->count && vb_span_eq(pairs->at[i].one, one); i++) {
        uint64_t id = id_of(group, pairs->at[i].two);

        if (id == 0)
            return VB_ERR_NOMEM;
        if (!accounts(plan, id)) {
            *ret_id = id;
            break;
        }
    }
    return VB_OK;
}

static enum vb_err view_source(struct vb__view *view, uint64_t target,
                               const struct vb__plan *plan, uint64_t *ret_id)
{
    struct vb__pg_group *group = group_of(view);

    return first_other(group, &group->survey.sources,
                       vb__pg_view_known(group, target)->key, plan,
                       vb__plan_touches, ret_id);
}

static enum vb_err view_member(struct vb__view *view, struct vb_span parent,
                               const struct vb__plan *plan, uint64_t *ret_id)
{
    struct vb__pg_group *group = group_of(view);

    return first_other(group, &group->survey.members, parent, plan,
                       vb__plan_deletes, ret_id);
}

static enum vb_err view_collection(struct vb__view *view, struct vb_span key,
                                   uint64_t *ret_revision)
{
    const struct vb__pg_tally *tally =
        vb__pg_survey_tally(&group_of(view)->survey, key);

    *ret_revision = tally == NULL ? 0 : (uint64_t)tally->revision;
    return VB_OK;
}

/* Chunks are taken in order and full but for the last (blob.c): to look at the
 * end is enough. */
static enum vb_err view_blob(struct vb__view *view, uint64_t id,
                             uint64_t length, struct vb__blob_state *ret_state)
{
    const struct vb__pg_survey *survey = &group_of(view)->survey;

    *ret_state = (struct vb__blob_state){.complete = false};
    for (size_t i = 0; i < survey->blob_count; i++) {
        const struct vb__pg_blob *blob = &survey->blobs[i];

        if ((uint64_t)blob->blob != id)
            continue;
        ret_state->loose = blob->loose;
        ret_state->complete =
            blob->length >= 0 && !blob->beyond &&
            (uint64_t)blob->last * VB_STORE_CHUNK + (uint64_t)blob->length ==
                length;
        break;
    }
    return VB_OK;
}

static enum vb_err view_memo(struct vb__view *view, const struct vb_memo *memo,
                             bool *ret_found)
{
    const struct vb__pg_survey *survey = &group_of(view)->survey;

    *ret_found = false;
    for (size_t i = 0; i < survey->memo_count; i++)
        if (vb_span_eq(survey->memos[i].name, memo->name) &&
            survey->memos[i].expires_ms > memo->now_ms &&
            !vb__memo_gives_way(memo, survey->memos[i].bytes))
            *ret_found = true;
    return VB_OK;
}

static enum vb_err view_key(struct vb__view *view, uint64_t id, char *to,
                            size_t size)
{
    const struct vb__pg_survey *survey = &group_of(view)->survey;

    vb__key_told(id <= survey->known_count
                     ? survey->known[id - 1].key
                     : survey->strangers[id - survey->known_count - 1],
                 to, size);
    return VB_OK;
}

struct vb__pg_view vb__pg_view(struct vb__pg_group *group)
{
    return (struct vb__pg_view){
        .base = {.find = view_find,
                 .holder = view_holder,
                 .source = view_source,
                 .member = view_member,
                 .collection = view_collection,
                 .blob = view_blob,
                 .memo = view_memo,
                 .key = view_key},
        .group = group,
    };
}
