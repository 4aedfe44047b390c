/* Who depends on what is deleted, and what becomes of them. See dependents.h.
 */
#include "flow/reply.h"
#include "resource/build.h"
#include "resource/dependents_part.h"

/* --- those that are known --------------------------------------------------
 */

static struct vb__dependent *find(const struct vb__dependents *dependents,
                                  struct vb_span key)
{
    const struct vb_store *store = dependents->stored->x->env->store->store;
    struct vb_table_node *node =
        vb_table_first(&dependents->by_key, vb_store_hash(store, key));

    for (; node != NULL; node = vb_table_next(node)) {
        struct vb__dependent *there =
            VB_CONTAINER(node, struct vb__dependent, node);

        if (vb_span_eq(there->stored->key, key))
            return there;
    }
    return NULL;
}

bool vb__dependents_delete(const struct vb__dependents *dependents,
                           struct vb_span key)
{
    const struct vb__dependent *there = find(dependents, key);

    return vb_span_eq(dependents->stored->key, key) ||
           (there != NULL && there->deleted);
}

/* The state of a record that is a described document's; NULL: it is none, or
 * there is no memory. */
static struct vb_stored *stored_of(struct vb_exchange *x,
                                   struct vb_record *record)
{
    struct vb_owned *owned = vb_arena_calloc(&x->arena, 1, sizeof(*owned));
    struct vb_span key = vb_arena_dup(&x->arena, record->key);
    const struct vb_built *built;
    struct vb_stored *stored;

    if (owned == NULL || key.ptr == NULL || !vb_site_find(x, key, owned))
        return NULL;
    built = vb_built_document(owned->resource);
    if (built == NULL)
        return NULL;
    stored = vb_stored_new(x, built->route, key, owned->variables,
                           owned->variable_count);
    if (stored != NULL)
        stored->record = vb_record_ref(record);
    return stored;
}

/* Takes over the state. NULL: no memory. */
static struct vb__dependent *add(struct vb__dependents *dependents,
                                 struct vb_stored *stored)
{
    struct vb_exchange *x = dependents->stored->x;
    struct vb__dependent *made = vb_arena_calloc(&x->arena, 1, sizeof(*made));

    if (made == NULL ||
        !vb_table_insert(&dependents->by_key, &made->node,
                         vb_store_hash(x->env->store->store, stored->key))) {
        vb_stored_give_back(stored);
        return NULL;
    }
    made->stored = stored;
    dependents->all[dependents->count++] = made;
    return made;
}

static void release(struct vb_with *with)
{
    struct vb__dependents *dependents =
        VB_CONTAINER(with, struct vb__dependents, with);

    vb_sources_read_done(&dependents->read);
    for (size_t i = 0; i < dependents->count; i++)
        vb_stored_give_back(dependents->all[i]->stored);
    vb_table_done(&dependents->by_key);
}

/* --- refusing --------------------------------------------------------------
 */

static enum vb_answer refuse(struct vb__dependents *dependents,
                             struct vb_span key)
{
    struct vb_exchange *x = dependents->stored->x;

    x->problem = NULL; /* of what would have been */
    vb_stored_referenced(x, key);
    return VB_NO;
}

/* --- the commit ------------------------------------------------------------
 */

/* All are known: those that stay are made free of those that go. */
static enum vb_answer settle(struct vb__dependents *dependents)
{
    size_t count = 0;

    for (size_t i = 0; i < dependents->count; i++) {
        struct vb__dependent *one = dependents->all[i];
        enum vb_answer answer = VB_YES;

        if (!one->found)
            continue;
        if (!one->deleted)
            answer = vb__dependent_free(dependents, one);
        if (answer != VB_YES)
            return answer == VB_NO ? refuse(dependents, one->stored->key)
                                   : answer;
        dependents->changes[count++] =
            one->deleted ? vb_stored_deletion(one->stored, VB_SPAN(""))
                         : vb_stored_replacement(one->stored);
    }
    dependents->with.changes = dependents->changes;
    dependents->with.count = count;
    return vb_stored_delete(dependents->stored);
}

/* --- finding them ----------------------------------------------------------
 */

/* Would it go with what has this key? */
static bool cascades(struct vb_stored *source, struct vb_span key)
{
    const struct vb_state *state = source->route->state;

    for (size_t i = 0; state != NULL && i < state->property_count; i++) {
        const struct vb_property *property = &state->properties[i];

        if (property->on_delete == VB_ON_DELETE_CASCADE &&
            vb_property_refers(source, property, key))
            return true;
    }
    return false;
}

/* A dependent that nobody knows yet. NULL, and the answer: there can be none.
 */
static struct vb__dependent *meet(struct vb__dependents *dependents,
                                  struct vb_record *record,
                                  enum vb_answer *ret_answer)
{
    struct vb_exchange *x = dependents->stored->x;
    struct vb__dependent *made = NULL;
    struct vb_stored *stored;

    if (dependents->count == VB_DEPENDENTS_MOST) {
        *ret_answer = vb_reply_refuse(
            x, VB_STATUS_CONFLICT,
            VB_SPAN("More resources depend on this than one deletion may "
                    "change."));
        return NULL;
    }
    stored = stored_of(x, record);
    if (stored != NULL)
        made = add(dependents, stored);
    if (made == NULL)
        *ret_answer = x->arena.failed ? vb_reply_unavailable(x)
                                      : refuse(dependents, record->key);
    return made;
}

/* Its state as it is now. */
static void renew(struct vb_stored *stored, struct vb_record *record)
{
    if (stored->record->revision == record->revision)
        return;
    vb_record_unref(stored->record);
    stored->record = vb_record_ref(record);
    vb_json_free(stored->before);
    stored->before = NULL;
}

/* One that refers to `key`, which is deleted. */
static enum vb_answer take(struct vb__dependents *dependents,
                           struct vb_record *record, struct vb_span key)
{
    struct vb__dependent *one = find(dependents, record->key);
    enum vb_answer answer = VB_YES;

    if (vb_span_eq(record->key, dependents->stored->key))
        return VB_YES; /* itself */
    if (one == NULL)
        one = meet(dependents, record, &answer);
    if (one == NULL)
        return answer;
    one->found = true;
    renew(one->stored, record);
    if (!one->deleted && cascades(one->stored, key)) {
        one->deleted = true;
        dependents->deleted[dependents->deleted_count++] = one;
    }
    return VB_YES;
}

static struct vb_span asked_key(const struct vb__dependents *dependents)
{
    return dependents->asked == 0
               ? dependents->stored->key
               : dependents->deleted[dependents->asked - 1]->stored->key;
}

static enum vb_answer take_all(struct vb__dependents *dependents)
{
    struct vb_sources_read *read = &dependents->read;
    struct vb_exchange *x = dependents->stored->x;
    enum vb_answer answer = VB_YES;

    if (read->op.err != VB_OK)
        return vb_stored_failed(x, read->op.err);
    for (size_t i = 0; answer == VB_YES && i < read->count; i++)
        answer = take(dependents, read->records[i], read->key);
    if (answer == VB_YES && read->more)
        answer = refuse(dependents, read->records[0]->key);
    vb_sources_read_done(read);
    dependents->asked++;
    return answer;
}

static enum vb_answer go_on(struct vb__dependents *dependents);

static void sources_done(struct vb_store_op *op)
{
    struct vb__dependents *dependents = op->context;
    enum vb_answer answer = take_all(dependents);

    if (answer == VB_YES)
        answer = go_on(dependents);
    if (answer != VB_PENDING)
        vb_flow_resume(dependents->stored->x, answer);
}

static enum vb_answer go_on(struct vb__dependents *dependents)
{
    struct vb_exchange *x = dependents->stored->x;
    enum vb_answer answer = VB_YES;

    while (answer == VB_YES && dependents->asked <= dependents->deleted_count) {
        dependents->read = (struct vb_sources_read){
            .op = {.done = sources_done, .context = dependents},
            .key = asked_key(dependents),
            .limit = VB_DEPENDENTS_MOST,
        };
        if (vb_store_sources(x->env->store, &dependents->read) == VB_IO_PENDING)
            return VB_PENDING;
        answer = take_all(dependents);
    }
    return answer == VB_YES ? settle(dependents) : answer;
}

static struct vb__dependents *begin(struct vb_stored *stored)
{
    struct vb__dependents *made =
        vb_arena_calloc(&stored->x->arena, 1, sizeof(*made));

    if (made == NULL)
        return NULL;
    made->stored = stored;
    made->with.release = release;
    vb_table_init(&made->by_key);
    vb_stored_with(stored, &made->with);
    return made;
}

/* After AGAIN: who is known need not be read anew, but be found again. */
static struct vb__dependents *begin_again(struct vb_stored *stored)
{
    struct vb__dependents *known =
        VB_CONTAINER(stored->with, struct vb__dependents, with);

    for (size_t i = 0; i < known->count; i++)
        known->all[i]->found = known->all[i]->deleted = false;
    known->deleted_count = known->asked = 0;
    return known;
}

enum vb_answer vb_dependents_delete(struct vb_stored *stored)
{
    struct vb__dependents *dependents =
        stored->with == NULL ? begin(stored) : begin_again(stored);

    return dependents == NULL ? vb_reply_unavailable(stored->x)
                              : go_on(dependents);
}
