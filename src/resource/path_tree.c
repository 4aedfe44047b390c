/* The tree of described paths. See path_tree.h. */
#include "resource/path_tree.h"

#include <stdlib.h>

#include "http/path.h"
#include "http/percent.h"

/* --- building
 * ------------------------------------------------------------------------ */

/* The place of the first literal that is not before this one. */
static size_t place_of(const struct vb_path_branch *branch,
                       struct vb_span literal)
{
    size_t from = 0, to = branch->literal_count;

    while (from < to) {
        size_t middle = (from + to) / 2;

        if (vb_span_cmp(branch->literals[middle]->literal, literal) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

static struct vb_path_branch *find_literal(const struct vb_path_branch *branch,
                                           struct vb_span literal)
{
    size_t place;

    if (branch->literals == NULL)
        return NULL;
    place = place_of(branch, literal);
    if (place == branch->literal_count ||
        !vb_span_eq(branch->literals[place]->literal, literal))
        return NULL;
    return branch->literals[place];
}

static struct vb_path_branch *grow_literal(struct vb_path_branch *branch,
                                           struct vb_span literal)
{
    struct vb_path_branch *child = find_literal(branch, literal);
    size_t place = place_of(branch, literal);
    struct vb_path_branch **literals;

    if (child != NULL)
        return child;
    literals = realloc(branch->literals, (branch->literal_count + 1) *
                                             sizeof(struct vb_path_branch *));
    if (literals == NULL)
        return NULL;
    branch->literals = literals;
    child = calloc(1, sizeof(*child));
    if (child == NULL)
        return NULL;
    child->literal = literal;
    memmove(&literals[place + 1], &literals[place],
            (branch->literal_count - place) * sizeof(struct vb_path_branch *));
    literals[place] = child;
    branch->literal_count++;
    return child;
}

enum vb_err vb_path_plant(struct vb_path_branch *root,
                          const struct vb_built *built)
{
    const struct vb_template *template = &built->route->template;
    struct vb_path_branch *branch = root;

    for (size_t i = 0; i < template->segment_count; i++) {
        const struct vb_segment *segment = &template->segments[i];

        if (segment->kind == VB_SEGMENT_LITERAL) {
            branch = grow_literal(branch, segment->text);
        } else {
            if (branch->variable == NULL)
                branch->variable = calloc(1, sizeof(*branch));
            branch = branch->variable;
        }
        if (branch == NULL)
            return VB_ERR_NOMEM;
    }
    if (vb_route_owns_below(built->route))
        branch->below = built;
    else if (template->trailing_slash)
        branch->slash = built;
    else
        branch->end = built;
    return VB_OK;
}

void vb_path_fell(struct vb_path_branch *branch)
{
    for (size_t i = 0; i < branch->literal_count; i++) {
        vb_path_fell(branch->literals[i]);
        free(branch->literals[i]);
    }
    if (branch->variable != NULL) {
        vb_path_fell(branch->variable);
        free(branch->variable);
    }
    free(branch->literals);
}

/* --- finding
 * -----------------------------------------------------------------------------
 */

bool vb_path_cut(struct vb_exchange *x, struct vb_span path,
                 struct vb_path_cut *ret_cut)
{
    bool escaped = vb_span_find(path, '%', 0) >= 0; /* mostly not */
    struct vb_segments segments;
    struct vb_span segment;

    vb_segments_init(&segments, path);
    ret_cut->count = 0;
    ret_cut->slash = false;
    while (vb_segments_next(&segments, &segment)) {
        if (ret_cut->slash) /* an empty segment within: "//" */
            return false;
        if (segment.len == 0) {
            ret_cut->slash = true;
            continue;
        }
        if (ret_cut->count == VB_PATH_SEGMENTS_MAX)
            return false;
        ret_cut->raw[ret_cut->count] = segment;
        if (escaped && vb_percent_decode(&x->arena, segment, &segment) != VB_OK)
            return false;
        ret_cut->segments[ret_cut->count++] = segment;
    }
    return true;
}

/* Which resource the path leads to from here on; variables are collected on
 * the way back. Each branch is entered once at most, so time is bounded by the
 * description. `*ret_redirect`: it is known by the other form of slash. */
static const struct vb_built *follow(struct vb_exchange *x,
                                     const struct vb_path_branch *branch,
                                     const struct vb_path_cut *cut,
                                     size_t depth, uint8_t variables,
                                     bool *ret_redirect);

static const struct vb_built *follow_on(struct vb_exchange *x,
                                        const struct vb_path_branch *branch,
                                        const struct vb_path_cut *cut,
                                        size_t depth, uint8_t variables,
                                        bool *ret_redirect)
{
    const struct vb_built *found;
    const struct vb_path_branch *next;

    if (depth == cut->count && cut->more)
        return NULL;
    if (depth == cut->count) {
        found = cut->slash ? branch->slash : branch->end;
        *ret_redirect = found == NULL;
        if (found == NULL)
            found = cut->slash ? branch->end : branch->slash;
        if (*ret_redirect && found != NULL && found->route->foreign)
            found = NULL; /* it is not for us to say that it is the same */
        if (found != NULL)
            x->variable_count = variables;
        return found;
    }
    next = find_literal(branch, cut->raw[depth]);
    found = next == NULL
                ? NULL
                : follow(x, next, cut, depth + 1, variables, ret_redirect);
    if (found != NULL || branch->variable == NULL ||
        variables == VB_VARIABLES_MAX)
        return found;
    found = follow(x, branch->variable, cut, depth + 1,
                   (uint8_t)(variables + 1), ret_redirect);
    if (found != NULL)
        x->variables[variables] = cut->segments[depth];
    return found;
}

/* The same, where nothing is described: whose the rest is. */
static const struct vb_built *follow(struct vb_exchange *x,
                                     const struct vb_path_branch *branch,
                                     const struct vb_path_cut *cut,
                                     size_t depth, uint8_t variables,
                                     bool *ret_redirect)
{
    const struct vb_built *found =
        follow_on(x, branch, cut, depth, variables, ret_redirect);

    if (found != NULL || branch->below == NULL)
        return found;
    x->variable_count = variables;
    *ret_redirect = false;
    return branch->below;
}

const struct vb_built *vb_path_follow(struct vb_exchange *x,
                                      const struct vb_path_branch *root,
                                      const struct vb_path_cut *cut,
                                      bool *ret_redirect)
{
    return follow(x, root, cut, 0, 0, ret_redirect);
}
