/* What rules look at. See guarded.h. */
#include "resource/guarded.h"

#include <stdlib.h>

#include "base/list.h"
#include "flow/resource.h"
#include "resource/build.h"
#include "resource/merge.h"

/* A state that was read for a representation, and goes with it. */
struct facts {
    struct vb_rep_facts base;
    struct vb_json *json; /* NULL: it is no JSON */
};

static yyjson_val *root_of(const struct vb_json *json)
{
    return json == NULL ? NULL : json->root;
}

static yyjson_val *state_of_rep(const struct vb_rep *rep)
{
    return root_of(VB_CONTAINER(rep->facts, struct facts, base)->json);
}

/* A representation out of the cache has its state with it: so what is judged
 * is what is shown. */
static yyjson_val *state(struct vb_exchange *x)
{
    if (x->current != NULL && x->current->facts != NULL)
        return state_of_rep(x->current);
    return x->state == NULL ? NULL : vb_stored_before(x->state);
}

/* False: out of memory. */
static bool content(struct vb_exchange *x, yyjson_val **ret_content)
{
    struct vb_stored *stored = x->state;

    *ret_content = NULL;
    if (stored->input == NULL)
        return true;
    if (vb_compose(stored, vb_merge_purpose(vb_built_of(x)->route)) != VB_OK)
        return false;
    *ret_content = stored->after->root;
    return true;
}

const struct vb_guard_look vb_guarded_look = {state, content};

/* --- reading -------------------------------------------------------------- */

bool vb_guarded_shows(struct vb_stored *stored)
{
    struct vb_exchange *x = stored->x;

    return !vb_guarded_by_state(x) ||
           vb_rule_met(x, vb_rule_of(x), x->key, vb_stored_before(stored));
}

bool vb_guarded_shows_rep(struct vb_exchange *x, const struct vb_rep *rep)
{
    return !vb_guarded_by_state(x) ||
           vb_rule_met(x, vb_rule_of(x), x->key, state_of_rep(rep));
}

static void facts_free(struct vb_rep_facts *base)
{
    struct facts *facts = VB_CONTAINER(base, struct facts, base);

    vb_json_free(facts->json);
    free(facts);
}

void vb_guarded_keep(struct vb_stored *stored, struct vb_rep *rep)
{
    struct facts *facts;

    if (!vb_guarded_by_state(stored->x))
        return;
    vb_stored_before(stored);
    facts = calloc(1, sizeof(*facts));
    if (facts == NULL) /* then it is not kept either */
        return;
    vb_ref_init(&facts->base.ref);
    facts->base.release = facts_free;
    facts->json = stored->before;
    if (stored->before != NULL)
        facts->base.size = 4 * stored->record->content.len;
    stored->before = NULL;
    rep->facts = &facts->base;
}

/* --- what else follows ---------------------------------------------------- */

static const struct vb_operation *get_of(const struct vb_route *route)
{
    return route == NULL ? NULL : route->by_method[VB_METHOD_GET];
}

static const struct vb_allow *get_rule(const struct vb_route *route)
{
    const struct vb_operation *get = get_of(route);

    return get == NULL ? NULL : get->allow;
}

bool vb_guarded_reads(const struct vb_exchange *x, const struct vb_route *route,
                      struct vb_span key, yyjson_val *state)
{
    return vb_rule_met(x, get_rule(route), key, state);
}

bool vb_guarded_shares(struct vb_exchange *x, const struct vb_route *route,
                       struct vb_span key, yyjson_val *state)
{
    const struct vb_operation *get = get_of(route);

    if (get == NULL || !get->served)
        return false;
    x->personal |= vb_guard_is_personal(get);
    return vb_access_meets(x, get->security) &&
           vb_rule_met(x, get->allow, key, state);
}

const struct vb_allow *vb_guarded_members(const struct vb_route *listing)
{
    return get_rule(listing->member);
}

bool vb_guarded_names(struct vb_exchange *x, struct vb_span key)
{
    struct vb_owned owned;

    return vb_site_find(x, key, &owned) &&
           (owned.resource->guard == NULL ||
            owned.resource->guard->allow[VB_METHOD_GET] == NULL);
}
