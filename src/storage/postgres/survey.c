/*
 * What a group looks at, and locks, before it is judged. See group.h.
 */
#include <stdlib.h>

#include "base/span.h"
#include "storage/postgres/claim.h"
#include "storage/postgres/group.h"

/* --- what is to be asked for -----------------------------------------------
 */

struct vb__pg_sums vb__pg_group_sums(const struct vb__pg_group *group)
{
    struct vb__pg_sums sums = {.most = 1};

    for (size_t i = 0; i < group->count; i++) {
        const struct vb_commit *commit = group->items[i].commit;

        sums.changes += commit->change_count;
        if (commit->change_count > sums.most)
            sums.most = commit->change_count;
        for (size_t j = 0; j < commit->change_count; j++) {
            sums.claims += commit->changes[j].claim_count;
            sums.references += commit->changes[j].reference_count;
        }
        for (const struct vb_memo *memo = commit->memo; memo != NULL;
             memo = memo->next)
            sums.memos++;
    }
    return sums;
}

static void names_init(struct vb__pg_names *names, struct vb_arena *arena,
                       size_t most)
{
    names->at = vb_arena_alloc(arena, most * sizeof(*names->at));
    names->count = 0;
}

static void add(struct vb__pg_names *names, struct vb_span name)
{
    names->at[names->count++] = name;
}

static int order_names(const void *a, const void *b)
{
    return vb_span_cmp(*(const struct vb_span *)a, *(const struct vb_span *)b);
}

/* In order, each once. */
static void settle(struct vb__pg_names *names)
{
    size_t kept = 0;

    if (names->count < 2)
        return;
    qsort(names->at, names->count, sizeof(*names->at), order_names);
    for (size_t i = 1; i < names->count; i++)
        if (!vb_span_eq(names->at[kept], names->at[i]))
            names->at[++kept] = names->at[i];
    names->count = kept + 1;
}

static bool has(const struct vb__pg_names *names, struct vb_span name)
{
    return names->count > 0 && bsearch(&name, names->at, names->count,
                                       sizeof(*names->at), order_names) != NULL;
}

static bool lists_init(struct vb__pg_survey *survey, struct vb_arena *arena,
                       const struct vb__pg_sums *sums)
{
    names_init(&survey->new_parents, arena, sums->changes);
    names_init(&survey->parents, arena, sums->changes);
    names_init(&survey->keys, arena, sums->changes);
    names_init(&survey->targets, arena, sums->references);
    names_init(&survey->claim_scopes, arena, sums->claims);
    names_init(&survey->claim_values, arena, sums->claims);
    names_init(&survey->deleted, arena, sums->changes);
    names_init(&survey->empty, arena, sums->changes);
    names_init(&survey->memo_names, arena, sums->memos);
    survey->blobs =
        vb_arena_calloc(arena, sums->changes, sizeof(*survey->blobs));
    survey->most = sums->most;
    return !arena->failed;
}

static void add_put(struct vb__pg_survey *survey,
                    const struct vb_change *change, struct vb_arena *arena)
{
    bool may_create =
        change->expect == VB_EXPECT_NONE || change->expect >= VB_EXPECT_UNUSED;

    add(&survey->keys, change->key);
    if (change->parent.len > 0)
        add(may_create ? &survey->new_parents : &survey->parents,
            change->parent);
    if (change->blob != 0 && change->blob <= INT64_MAX && change->length > 0)
        survey->blobs[survey->blob_count++] = (struct vb__pg_blob){
            .blob = (int64_t)change->blob,
            .last = (int64_t)((change->length - 1) / VB_STORE_CHUNK),
            .length = -1,
        };
    for (size_t i = 0; i < change->claim_count; i++) {
        add(&survey->claim_scopes, change->claims[i].scope);
        add(&survey->claim_values,
            vb__pg_claim_value(&change->claims[i], arena));
    }
    for (size_t i = 0; i < change->reference_count; i++)
        add(&survey->targets, change->references[i]);
}

static void add_change(struct vb__pg_survey *survey,
                       const struct vb_change *change, struct vb_arena *arena)
{
    switch (change->kind) {
    case VB_CHANGE_PUT:
        add_put(survey, change, arena);
        break;
    case VB_CHANGE_DELETE:
        survey->deletes = true;
        add(&survey->deleted, change->key);
        add(&survey->keys, change->key);
        break;
    case VB_CHANGE_AMEND:
        add(&survey->keys, change->key);
        break;
    case VB_CHANGE_REQUIRE_EMPTY:
        add(&survey->empty, change->key);
        add(&survey->new_parents, change->key);
        break;
    case VB_CHANGE_REQUIRE_STATE:
        add(&survey->new_parents, change->key);
        break;
    }
}

/* What is written is locked as that. */
static void drop_written(struct vb__pg_names *targets,
                         const struct vb__pg_names *keys)
{
    size_t kept = 0;

    for (size_t i = 0; i < targets->count; i++)
        if (!has(keys, targets->at[i]))
            targets->at[kept++] = targets->at[i];
    targets->count = kept;
}

/* A place for each record, with a name that the judge may call it by. */
static bool known_init(struct vb__pg_survey *survey, struct vb_arena *arena)
{
    size_t k = 0, t = 0;

    survey->known_count = survey->keys.count + survey->targets.count;
    survey->known =
        vb_arena_calloc(arena, survey->known_count, sizeof(*survey->known));
    if (survey->known == NULL && survey->known_count > 0)
        return false;
    for (size_t i = 0; i < survey->known_count; i++) {
        bool is_key =
            t == survey->targets.count ||
            (k < survey->keys.count &&
             vb_span_cmp(survey->keys.at[k], survey->targets.at[t]) < 0);

        survey->known[i].key =
            is_key ? survey->keys.at[k++] : survey->targets.at[t++];
    }
    return true;
}

bool vb__pg_survey_begin(struct vb__pg_group *group)
{
    struct vb__pg_survey *survey = &group->survey;
    struct vb__pg_sums sums = vb__pg_group_sums(group);

    *survey = (struct vb__pg_survey){.most = 1};
    if (!lists_init(survey, &group->arena, &sums))
        return false;
    for (size_t i = 0; i < group->count; i++) {
        const struct vb_commit *commit = group->items[i].commit;

        for (size_t j = 0; j < commit->change_count; j++)
            add_change(survey, &commit->changes[j], &group->arena);
        for (const struct vb_memo *memo = commit->memo; memo != NULL;
             memo = memo->next)
            add(&survey->memo_names, memo->name);
    }
    for (size_t i = 0; i < survey->new_parents.count; i++)
        add(&survey->parents, survey->new_parents.at[i]);
    settle(&survey->new_parents);
    settle(&survey->parents);
    settle(&survey->keys);
    settle(&survey->targets);
    settle(&survey->deleted);
    settle(&survey->empty);
    drop_written(&survey->targets, &survey->keys);
    return known_init(survey, &group->arena) && !group->arena.failed;
}

/* --- asking ----------------------------------------------------------------
 */

static void send_names(struct vb__pg_group *group,
                       enum vb__pg_statement statement,
                       const struct vb__pg_names *names,
                       const struct vb__pg_names *others)
{
    struct vb__pg_columns *columns = &group->columns;

    vb__pg_columns_begin(columns);
    vb__pg_columns_spans(columns, names->at, sizeof(*names->at), names->count);
    if (others != NULL)
        vb__pg_columns_spans(columns, others->at, sizeof(*others->at),
                             others->count);
    vb__pg_group_send(group, statement, &columns->params);
}

/* At most one more than one commit can change: so, if there is one that it
 * does not, it is among them. */
static void send_bounded(struct vb__pg_group *group,
                         enum vb__pg_statement statement,
                         const struct vb__pg_names *names)
{
    struct vb__pg_columns *columns = &group->columns;

    if (names->count == 0)
        return;
    vb__pg_columns_begin(columns);
    vb__pg_columns_spans(columns, names->at, sizeof(*names->at), names->count);
    vb__pg_int(&columns->params, (int64_t)group->survey.most + 1);
    vb__pg_group_send(group, statement, &columns->params);
}

static void send_blobs(struct vb__pg_group *group)
{
    struct vb__pg_survey *survey = &group->survey;
    struct vb__pg_columns *columns = &group->columns;

    if (survey->blob_count == 0)
        return;
    vb__pg_columns_begin(columns);
    vb__pg_columns_ints(columns, &survey->blobs->blob, sizeof(*survey->blobs),
                        survey->blob_count);
    vb__pg_group_send(group, VB__PG_BLOBS_LOCK, &columns->params);
    vb__pg_columns_ints(columns, &survey->blobs->last, sizeof(*survey->blobs),
                        survey->blob_count);
    vb__pg_group_send(group, VB__PG_BLOBS_FIND, &columns->params);
}

/* What a connection that was lost has said does not count. */
static void forget(struct vb__pg_survey *survey)
{
    const struct vb__pg_pairs none = {.count = 0};

    for (size_t i = 0; i < survey->known_count; i++)
        survey->known[i] = (struct vb__pg_known){.key = survey->known[i].key};
    for (size_t i = 0; i < survey->blob_count; i++) {
        survey->blobs[i].length = -1;
        survey->blobs[i].beyond = survey->blobs[i].loose = false;
    }
    survey->claims = survey->sources = survey->members = none;
    survey->tally_count = survey->memo_count = 0;
    survey->strangers = NULL;
    survey->stranger_count = survey->stranger_room = 0;
}

void vb__pg_survey_send_see(struct vb__pg_group *group)
{
    send_names(group, VB__PG_RECORDS_SEE, &group->survey.keys, NULL);
}

void vb__pg_survey_send(struct vb__pg_group *group)
{
    struct vb__pg_survey *survey = &group->survey;

    forget(survey);
    if (survey->new_parents.count > 0)
        send_names(group, VB__PG_COLLECTIONS_ADD, &survey->new_parents, NULL);
    if (survey->parents.count > 0 || survey->keys.count > 0)
        send_names(group, VB__PG_COLLECTIONS_LOCK, &survey->parents,
                   &survey->keys);
    /* Who only replaces a record lets others refer to it. */
    if (survey->keys.count > 0)
        send_names(group,
                   survey->deletes ? VB__PG_RECORDS_LOCK : VB__PG_RECORDS_KEEP,
                   &survey->keys, NULL);
    if (survey->targets.count > 0)
        send_names(group, VB__PG_TARGETS_KEEP, &survey->targets, NULL);
    if (survey->claim_scopes.count > 0)
        send_names(group, VB__PG_CLAIMS_FIND, &survey->claim_scopes,
                   &survey->claim_values);
    send_bounded(group, VB__PG_SOURCES_FIND, &survey->deleted);
    send_bounded(group, VB__PG_MEMBERS_FIND, &survey->empty);
    if (survey->memo_names.count > 0)
        send_names(group, VB__PG_MEMOS_FIND, &survey->memo_names, NULL);
    send_blobs(group);
}

/* --- what comes ------------------------------------------------------------
 */

static int order_known(const void *key, const void *known)
{
    return vb_span_cmp(*(const struct vb_span *)key,
                       ((const struct vb__pg_known *)known)->key);
}

struct vb__pg_known *vb__pg_survey_known(const struct vb__pg_survey *survey,
                                         struct vb_span key)
{
    if (survey->known_count == 0)
        return NULL;
    return bsearch(&key, survey->known, survey->known_count,
                   sizeof(*survey->known), order_known);
}

static int order_tallies(const void *key, const void *tally)
{
    return vb_span_cmp(*(const struct vb_span *)key,
                       ((const struct vb__pg_tally *)tally)->key);
}

struct vb__pg_tally *vb__pg_survey_tally(const struct vb__pg_survey *survey,
                                         struct vb_span key)
{
    if (survey->tally_count == 0)
        return NULL;
    return bsearch(&key, survey->tallies, survey->tally_count,
                   sizeof(*survey->tallies), order_tallies);
}

static void take_records(struct vb__pg_group *group, const PGresult *result)
{
    for (int row = 0; row < PQntuples(result); row++) {
        struct vb__pg_known *known = vb__pg_survey_known(
            &group->survey, vb__pg_get_bytes(result, row, 0));

        if (known == NULL)
            continue;
        known->kind = vb__pg_get_int(result, row, 1);
        known->revision = vb__pg_get_int(result, row, 2);
        known->position = vb__pg_get_int(result, row, 3);
        known->created_ms = vb__pg_get_int(result, row, 4);
        known->blob = vb__pg_get_int(result, row, 5);
        known->ties = vb__pg_get_int(result, row, 6);
        known->parent =
            vb_arena_dup(&group->arena, vb__pg_get_bytes(result, row, 7));
    }
}

/* They come in the order of their keys. */
static void take_collections(struct vb__pg_group *group, const PGresult *result)
{
    struct vb__pg_survey *survey = &group->survey;
    size_t count = (size_t)PQntuples(result);

    survey->tallies =
        vb_arena_calloc(&group->arena, count, sizeof(*survey->tallies));
    if (survey->tallies == NULL)
        return;
    survey->tally_count = count;
    for (int row = 0; row < PQntuples(result); row++)
        survey->tallies[row] = (struct vb__pg_tally){
            .key =
                vb_arena_dup(&group->arena, vb__pg_get_bytes(result, row, 0)),
            .revision = vb__pg_get_int(result, row, 1),
            .count = vb__pg_get_int(result, row, 2),
            .modified_ms = vb__pg_get_int(result, row, 3),
        };
}

static int order_pairs(const void *a, const void *b)
{
    const struct vb__pg_pair *x = a, *y = b;
    int order = vb_span_cmp(x->scope, y->scope);

    return order != 0 ? order : vb_span_cmp(x->one, y->one);
}

size_t vb__pg_pairs_find(const struct vb__pg_pairs *pairs, struct vb_span scope,
                         struct vb_span one)
{
    const struct vb__pg_pair wanted = {.scope = scope, .one = one};
    size_t low = 0, high = pairs->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (order_pairs(&pairs->at[middle], &wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < pairs->count && order_pairs(&pairs->at[low], &wanted) == 0
               ? low
               : pairs->count;
}

/* The columns are two names, or three with a scope before them. */
static void take_pairs(struct vb__pg_group *group, struct vb__pg_pairs *pairs,
                       const PGresult *result)
{
    size_t count = (size_t)PQntuples(result);
    int last = PQnfields(result) - 1;

    pairs->at = vb_arena_calloc(&group->arena, count, sizeof(*pairs->at));
    if (pairs->at == NULL)
        return;
    pairs->count = count;
    for (int row = 0; row < PQntuples(result); row++) {
        struct vb__pg_pair *pair = &pairs->at[row];

        if (last == 2)
            pair->scope =
                vb_arena_dup(&group->arena, vb__pg_get_bytes(result, row, 0));
        pair->one = vb_arena_dup(&group->arena,
                                 vb__pg_get_bytes(result, row, last - 1));
        pair->two =
            vb_arena_dup(&group->arena, vb__pg_get_bytes(result, row, last));
    }
    if (count > 1)
        qsort(pairs->at, count, sizeof(*pairs->at), order_pairs);
    group->survey.stranger_room += count;
}

static void take_memos(struct vb__pg_group *group, const PGresult *result)
{
    struct vb__pg_survey *survey = &group->survey;
    size_t count = (size_t)PQntuples(result);

    survey->memos =
        vb_arena_calloc(&group->arena, count, sizeof(*survey->memos));
    if (survey->memos == NULL)
        return;
    survey->memo_count = count;
    for (int row = 0; row < PQntuples(result); row++)
        survey->memos[row] = (struct vb__pg_memo){
            .name =
                vb_arena_dup(&group->arena, vb__pg_get_bytes(result, row, 0)),
            .expires_ms = vb__pg_get_int(result, row, 1),
            .bytes =
                vb_arena_dup(&group->arena, vb__pg_get_bytes(result, row, 2)),
        };
}

static void take_blobs(struct vb__pg_survey *survey, const PGresult *result)
{
    bool are_loose = PQnfields(result) == 1;

    for (int row = 0; row < PQntuples(result); row++)
        for (size_t i = 0; i < survey->blob_count; i++) {
            struct vb__pg_blob *blob = &survey->blobs[i];

            if (blob->blob != vb__pg_get_int(result, row, 0))
                continue;
            if (are_loose) {
                blob->loose = true;
                continue;
            }
            blob->length = PQgetisnull(result, row, 1)
                               ? -1
                               : vb__pg_get_int(result, row, 1);
            blob->beyond = vb__pg_get_int(result, row, 2) != 0;
        }
}

void vb__pg_survey_take(struct vb__pg_group *group,
                        enum vb__pg_statement statement, const PGresult *result)
{
    struct vb__pg_survey *survey = &group->survey;

    switch (statement) {
    case VB__PG_COLLECTIONS_LOCK:
        take_collections(group, result);
        break;
    case VB__PG_RECORDS_SEE:
    case VB__PG_RECORDS_KEEP:
    case VB__PG_RECORDS_LOCK:
    case VB__PG_TARGETS_KEEP:
        take_records(group, result);
        break;
    case VB__PG_CLAIMS_FIND:
        take_pairs(group, &survey->claims, result);
        break;
    case VB__PG_SOURCES_FIND:
        take_pairs(group, &survey->sources, result);
        break;
    case VB__PG_MEMBERS_FIND:
        take_pairs(group, &survey->members, result);
        break;
    case VB__PG_MEMOS_FIND:
        take_memos(group, result);
        break;
    case VB__PG_BLOBS_LOCK:
    case VB__PG_BLOBS_FIND:
        take_blobs(survey, result);
        break;
    default:
        break;
    }
}

/* --- what it says ----------------------------------------------------------
 */

bool vb__pg_survey_is_whole(const struct vb__pg_survey *survey)
{
    for (size_t i = 0; i < survey->known_count; i++) {
        const struct vb__pg_known *known = &survey->known[i];

        if (known->kind == VB__PG_RECORD && known->parent.len > 0 &&
            has(&survey->keys, known->key) &&
            vb__pg_survey_tally(survey, known->parent) == NULL)
            return false;
    }
    return true;
}

uint64_t vb__pg_survey_newest(const struct vb__pg_survey *survey)
{
    int64_t newest = 0;

    for (size_t i = 0; i < survey->known_count; i++)
        if (survey->known[i].revision > newest)
            newest = survey->known[i].revision;
    for (size_t i = 0; i < survey->tally_count; i++)
        if (survey->tallies[i].revision > newest)
            newest = survey->tallies[i].revision;
    return (uint64_t)newest;
}
