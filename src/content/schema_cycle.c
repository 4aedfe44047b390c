/*
 * Schemas that apply themselves to the same instance without end, as in
 * {"allOf": [{"$ref": "#"}]}. No instance could ever be judged by them (Core
 * section 9.4.1), so they are refused when they are compiled. A depth-first
 * search along the keywords that always apply, without recursion: the way
 * back is kept in the nodes.
 *
 * What applies only sometimes (then, dependentSchemas, $dynamicRef) may end;
 * where it does not, the depth bound of the validation ends it.
 */
#include "content/schema_keyword.h"

/* The schemas that a rule always applies to the instance itself. */
static size_t targets_of(const struct vb__rule *rule,
                         const struct vb_schema *const **ret_targets)
{
    vb__check_fn *check = rule->keyword->check;

    if (check == vb__check_ref || check == vb__check_not) {
        *ret_targets = &rule->schema;
        return 1;
    }
    if (check == vb__check_if) {
        *ret_targets = &rule->if_schema;
        return 1;
    }
    if (check == vb__check_all_of || check == vb__check_any_of ||
        check == vb__check_one_of) {
        *ret_targets = rule->schemas;
        return rule->schema_count;
    }
    return 0;
}

/* The i-th of all these schemas of a node, or NULL. */
static struct vb_schema *target_at(const struct vb_schema *node, size_t i)
{
    const struct vb_schema *const *targets;

    for (size_t r = 0; r < node->rule_count; r++) {
        size_t count = targets_of(&node->rules[r], &targets);

        if (i < count)
            return (struct vb_schema *)targets[i];
        i -= count;
    }
    return NULL;
}

/* Blames the node of a cycle that stands first; `last` leads back to `first`.
 */
static bool fault(struct vb__compiler *c, const struct vb_schema *first,
                  const struct vb_schema *last)
{
    yyjson_val *value = first->value;

    for (; last != first; last = last->cycle.from)
        if (last->value < value)
            value = last->value;
    return vb__schema_fault(
        c, value, "refers to itself without end for one and the same value");
}

/* Searches from one node. False when the way comes back to a node on it. */
static bool search(struct vb__compiler *c, struct vb_schema *node)
{
    node->cycle.state = VB__CYCLE_OPEN;
    while (node != NULL) {
        struct vb_schema *target = target_at(node, node->cycle.next++);

        if (target == NULL) {
            node->cycle.state = VB__CYCLE_DONE;
            node = node->cycle.from;
        } else if (target->cycle.state == VB__CYCLE_OPEN) {
            return fault(c, target, node);
        } else if (target->cycle.state == VB__CYCLE_NEW) {
            target->cycle.state = VB__CYCLE_OPEN;
            target->cycle.from = node;
            node = target;
        }
    }
    return true;
}

bool vb__schema_check_cycles(struct vb__compiler *c,
                             const struct vb_schema *oldest)
{
    struct vb_schema *node = c->set->newest;

    for (; node != oldest; node = node->older)
        if (node->cycle.state == VB__CYCLE_NEW && !search(c, node))
            return false;
    return true;
}
