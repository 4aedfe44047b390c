/* A document being edited. See edit.h. */
#include "content/edit.h"

#include "content/extent.h"
#include "content/pointer.h"

/* Copying this many bytes counts as one step. */
#define BYTES_A_STEP 16

static enum vb__edited out_of_memory(const struct vb__edit *edit)
{
    return edit->budget.err == VB_ERR_LIMIT ? VB__EDIT_TOO_LARGE
                                            : VB__EDIT_NOMEM;
}

static bool spend(struct vb__edit *edit, size_t steps)
{
    if (steps > edit->work) {
        edit->work = 0;
        return false;
    }
    edit->work -= steps;
    return true;
}

enum vb__edited vb__edit_init(struct vb__edit *edit, yyjson_val *value,
                              const struct vb_json_limits *limits, size_t work)
{
    *edit = (struct vb__edit){.work = work, .depth = limits->depth};
    vb_budget_init(&edit->budget, limits->memory);
    edit->doc = yyjson_mut_doc_new(&edit->budget.alc);
    if (edit->doc == NULL)
        return out_of_memory(edit);
    if (value == NULL)
        return VB__EDITED;
    edit->root = yyjson_val_mut_copy(edit->doc, value);
    return edit->root == NULL ? out_of_memory(edit) : VB__EDITED;
}

void vb__edit_done(struct vb__edit *edit)
{
    yyjson_mut_doc_free(edit->doc);
    edit->doc = NULL;
}

/* Moves an iterator to the member that a token names; false when there is none
 * or the work is used up. */
static bool find_member(struct vb__edit *edit, yyjson_mut_obj_iter *iter,
                        struct vb_span token)
{
    yyjson_mut_val *key;

    while ((key = yyjson_mut_obj_iter_next(iter)) != NULL && spend(edit, 1)) {
        struct vb_span name = {yyjson_mut_get_str(key),
                               yyjson_mut_get_len(key)};

        if (vb_pointer_token_is(token, name))
            return true;
    }
    return false;
}

/* Reads a token as the index of an element that is there. */
static bool find_element(struct vb__edit *edit, yyjson_mut_val *array,
                         struct vb_span token, size_t *ret_index)
{
    return vb_pointer_index(token, ret_index) &&
           *ret_index < yyjson_mut_arr_size(array) && spend(edit, *ret_index);
}

static yyjson_mut_val *find_child(struct vb__edit *edit, yyjson_mut_val *value,
                                  struct vb_span token)
{
    yyjson_mut_obj_iter iter;
    size_t index;

    if (yyjson_mut_obj_iter_init(value, &iter))
        return find_member(edit, &iter, token) ? iter.cur->next : NULL;
    if (yyjson_mut_is_arr(value) && find_element(edit, value, token, &index))
        return yyjson_mut_arr_get(value, index);
    return NULL;
}

/* Why something was not found: it is not there, or we gave up. */
static enum vb__edited missing(const struct vb__edit *edit,
                               enum vb__edited otherwise)
{
    return edit->work == 0 ? VB__EDIT_TOO_COSTLY : otherwise;
}

enum vb__edited vb__edit_get(struct vb__edit *edit, struct vb_span pointer,
                             yyjson_mut_val **ret_value)
{
    yyjson_mut_val *value = edit->root;
    struct vb_span token;

    while (value != NULL && vb_pointer_next(&pointer, &token))
        value = find_child(edit, value, token);
    if (value == NULL)
        return missing(edit, VB__EDIT_NO_VALUE);
    *ret_value = value;
    return VB__EDITED;
}

/* Cuts a pointer other than the empty one into its parent and last token. */
static struct vb_span cut_last(struct vb_span *pointer)
{
    size_t slash = pointer->len - 1;
    struct vb_span token;

    while (pointer->ptr[slash] != '/')
        slash--;
    token = vb_span_from(*pointer, slash + 1);
    *pointer = vb_span_head(*pointer, slash);
    return token;
}

/* Counts what copying a value takes. Whatever is in the document is within the
 * depth allowed. */
static enum vb__edited spend_copy(struct vb__edit *edit, yyjson_mut_val *value)
{
    struct vb__extent extent = vb__extent_of(value, edit->depth);

    return spend(edit, extent.values + extent.text / BYTES_A_STEP)
               ? VB__EDITED
               : VB__EDIT_TOO_COSTLY;
}

enum vb__edited vb__edit_import(struct vb__edit *edit, yyjson_val *value,
                                yyjson_mut_val **ret_copy)
{
    yyjson_mut_val *copy = yyjson_val_mut_copy(edit->doc, value);

    if (copy == NULL)
        return out_of_memory(edit);
    *ret_copy = copy;
    return VB__EDITED;
}

enum vb__edited vb__edit_copy(struct vb__edit *edit, yyjson_mut_val *value,
                              yyjson_mut_val **ret_copy)
{
    enum vb__edited edited = spend_copy(edit, value);
    yyjson_mut_val *copy;

    if (edited != VB__EDITED)
        return edited;
    copy = yyjson_mut_val_mut_copy(edit->doc, value);
    if (copy == NULL)
        return out_of_memory(edit);
    *ret_copy = copy;
    return VB__EDITED;
}

/* How many containers are around the value that a pointer names. */
static size_t count_tokens(struct vb_span pointer)
{
    struct vb_span token;
    size_t count = 0;

    while (vb_pointer_next(&pointer, &token))
        count++;
    return count;
}

/* May a value be put where a pointer says without going too deep? */
static enum vb__edited check_depth(struct vb__edit *edit,
                                   struct vb_span pointer,
                                   yyjson_mut_val *value)
{
    size_t above = count_tokens(pointer);
    struct vb__extent extent;
    unsigned most;

    if (above > edit->depth)
        return VB__EDIT_TOO_DEEP;
    most = edit->depth - (unsigned)above;
    extent = vb__extent_of(value, most);
    if (!spend(edit, extent.values))
        return VB__EDIT_TOO_COSTLY;
    return extent.depth > most ? VB__EDIT_TOO_DEEP : VB__EDITED;
}

/* A value's node can take another's content: nobody points to nodes but the
 * one before, and children do not know their parent. */
static void become(yyjson_mut_val *node, const yyjson_mut_val *value)
{
    node->tag = value->tag;
    node->uni = value->uni;
}

/* A key for a new member. */
static yyjson_mut_val *make_key(struct vb__edit *edit, struct vb_span token)
{
    char *memory = vb_budget_alloc(&edit->budget, token.len + 1);
    yyjson_mut_val *key;
    struct vb_span name;

    if (memory == NULL)
        return NULL;
    name = vb_pointer_unescape(token, memory);
    key = yyjson_mut_strncpy(edit->doc, name.ptr, name.len);
    vb_budget_free(&edit->budget, memory);
    return key;
}

static enum vb__edited add_member(struct vb__edit *edit, yyjson_mut_val *object,
                                  struct vb_span token, yyjson_mut_val *value)
{
    yyjson_mut_obj_iter iter = yyjson_mut_obj_iter_with(object);
    yyjson_mut_val *key;

    if (find_member(edit, &iter, token)) {
        become(iter.cur->next, value);
        return VB__EDITED;
    }
    if (edit->work == 0)
        return VB__EDIT_TOO_COSTLY;
    key = make_key(edit, token);
    if (key == NULL)
        return out_of_memory(edit);
    yyjson_mut_obj_add(object, key, value);
    return VB__EDITED;
}

static enum vb__edited add_element(struct vb__edit *edit, yyjson_mut_val *array,
                                   struct vb_span token, yyjson_mut_val *value)
{
    size_t count = yyjson_mut_arr_size(array);
    size_t index = count;

    if (!vb_pointer_is_end(token) && !vb_pointer_index(token, &index))
        return VB__EDIT_NO_INDEX;
    if (index > count)
        return VB__EDIT_NO_INDEX;
    if (index < count && !spend(edit, index))
        return VB__EDIT_TOO_COSTLY;
    yyjson_mut_arr_insert(array, value, index);
    return VB__EDITED;
}

/* Adds a value that is not too deep for the place. */
static enum vb__edited put(struct vb__edit *edit, struct vb_span pointer,
                           yyjson_mut_val *value)
{
    enum vb__edited edited;
    yyjson_mut_val *parent;
    struct vb_span token;

    if (pointer.len == 0) {
        edit->root = value;
        return VB__EDITED;
    }
    token = cut_last(&pointer);
    edited = vb__edit_get(edit, pointer, &parent);
    if (edited != VB__EDITED)
        return edited == VB__EDIT_NO_VALUE ? VB__EDIT_NO_PARENT : edited;
    if (yyjson_mut_is_obj(parent))
        return add_member(edit, parent, token, value);
    if (yyjson_mut_is_arr(parent))
        return add_element(edit, parent, token, value);
    return VB__EDIT_NO_PARENT;
}

enum vb__edited vb__edit_add(struct vb__edit *edit, struct vb_span pointer,
                             yyjson_mut_val *value)
{
    enum vb__edited edited = check_depth(edit, pointer, value);

    return edited == VB__EDITED ? put(edit, pointer, value) : edited;
}

enum vb__edited vb__edit_replace(struct vb__edit *edit, struct vb_span pointer,
                                 yyjson_mut_val *value)
{
    enum vb__edited edited = check_depth(edit, pointer, value);
    yyjson_mut_val *target;

    if (edited == VB__EDITED)
        edited = vb__edit_get(edit, pointer, &target);
    if (edited == VB__EDITED)
        become(target, value);
    return edited;
}

/* Takes a child out of its list; NULL when there is none. */
static yyjson_mut_val *take_child(struct vb__edit *edit, yyjson_mut_val *parent,
                                  struct vb_span token)
{
    yyjson_mut_obj_iter iter;
    size_t index;

    if (yyjson_mut_obj_iter_init(parent, &iter))
        return find_member(edit, &iter, token)
                   ? yyjson_mut_obj_iter_remove(&iter)
                   : NULL;
    if (yyjson_mut_is_arr(parent) && find_element(edit, parent, token, &index))
        return yyjson_mut_arr_remove(parent, index);
    return NULL;
}

static enum vb__edited take(struct vb__edit *edit, struct vb_span pointer,
                            yyjson_mut_val **ret_value)
{
    yyjson_mut_val *parent, *value;
    enum vb__edited edited;
    struct vb_span token;

    if (pointer.len == 0) {
        if (edit->root == NULL)
            return VB__EDIT_NO_VALUE;
        *ret_value = edit->root;
        edit->root = NULL;
        return VB__EDITED;
    }
    token = cut_last(&pointer);
    edited = vb__edit_get(edit, pointer, &parent);
    if (edited != VB__EDITED)
        return edited;
    value = take_child(edit, parent, token);
    if (value == NULL)
        return missing(edit, VB__EDIT_NO_VALUE);
    *ret_value = value;
    return VB__EDITED;
}

enum vb__edited vb__edit_remove(struct vb__edit *edit, struct vb_span pointer)
{
    yyjson_mut_val *value;

    return take(edit, pointer, &value);
}

enum vb__edited vb__edit_move(struct vb__edit *edit, struct vb_span from,
                              struct vb_span to)
{
    enum vb__edited edited;
    yyjson_mut_val *value;

    edited = take(edit, from, &value);
    if (edited == VB__EDITED && count_tokens(to) > count_tokens(from))
        edited = check_depth(edit, to, value);
    return edited == VB__EDITED ? put(edit, to, value) : edited;
}

enum vb__edited vb__edit_equal(struct vb__edit *edit, struct vb_span pointer,
                               yyjson_val *value, bool *ret_equal)
{
    enum vb__edited edited;
    yyjson_mut_val *target;
    enum vb_err err;
    yyjson_doc *copy;

    edited = vb__edit_get(edit, pointer, &target);
    if (edited == VB__EDITED)
        edited = spend_copy(edit, target);
    if (edited != VB__EDITED)
        return edited;
    /* A copy, so that equality is written only once. */
    copy = yyjson_mut_val_imut_copy(target, &edit->budget.alc);
    if (copy == NULL)
        return out_of_memory(edit);
    err = vb_json_equal(yyjson_doc_get_root(copy), value, ret_equal);
    yyjson_doc_free(copy);
    return err == VB_OK ? VB__EDITED : VB__EDIT_NOMEM;
}
