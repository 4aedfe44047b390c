/* JSON Patch. See patch.h; what the operations do to a document is edit.c. */
#include "content/patch.h"

#include <stdio.h>

#include "base/assert.h"
#include "base/utf8.h"
#include "content/edit.h"
#include "content/pointer.h"

const struct vb_patch_limits vb_patch_limits_default = {
    .operations = 10000,
    .work = 2000000,
    .result = VB_JSON_LIMITS_DEFAULT,
};

int vb_patch_status(enum vb_patch_fault fault)
{
    static const int statuses[] = {
        [VB_PATCH_MALFORMED] = 400,
        [VB_PATCH_UNPROCESSABLE] = 422,
        [VB_PATCH_TEST_FAILED] = 409,
        [VB_PATCH_EXCESSIVE] = 413,
    };

    return statuses[fault];
}

struct operation;

/* A patch on its way. */
struct run {
    struct vb__edit edit;
    const struct vb_patch_limits *limits;
    const struct operation *operation; /* the current one */
    struct vb_patch_failure *failure;
};

/* Section 4: what there is to do. An operation takes the members it needs and
 * ignores others. */
struct verb {
    struct vb_span name;
    bool takes_value;
    bool takes_from;
    enum vb_err (*apply)(struct run *run);
};

struct operation {
    size_t index;
    const struct verb *verb; /* NULL before it is known */
    struct vb_span path;
    struct vb_span from;
    yyjson_val *value;
};

/* Fills the failure: "<verb> <pointer>: <why>", what is known of it. `member`
 * is the member of the operation that is to blame, "" the operation itself. */
static enum vb_err fail(struct run *run, enum vb_patch_fault fault,
                        const char *member, struct vb_span pointer,
                        const char *why)
{
    const struct operation *operation = run->operation;
    struct vb_patch_failure *failure = run->failure;
    struct vb_buf detail =
        vb_buf_over(failure->detail, sizeof(failure->detail) - 1);

    failure->fault = fault;
    failure->operation = operation->index;
    snprintf(failure->pointer, sizeof(failure->pointer), "/%zu%s%s",
             operation->index, member[0] == '\0' ? "" : "/", member);
    if (operation->verb != NULL) {
        vb_buf_append(&detail, operation->verb->name);
        if (pointer.ptr != NULL) {
            /* 24 bytes are at most 144 escaped: it fits. */
            vb_buf_char(&detail, ' ');
            vb_json_write_string(&detail, vb_utf8_head(pointer, 24));
        }
        vb_buf_str(&detail, ": ");
    }
    vb_buf_str(&detail, why);
    failure->detail[detail.len] = '\0';
    return VB_ERR_INVALID;
}

static enum vb_err fail_malformed(struct run *run, const char *member,
                                  const char *why)
{
    const struct vb_span unknown = {NULL, 0};

    return fail(run, VB_PATCH_MALFORMED, member, unknown, why);
}

/* What became of an edit. Where it failed, `path` is to blame, unless it was
 * the value at `from` that is missing. */
static enum vb_err judge(struct run *run, enum vb__edited edited)
{
    static const struct {
        enum vb_patch_fault fault;
        const char *why;
    } rows[] = {
        [VB__EDIT_NO_VALUE] = {VB_PATCH_UNPROCESSABLE, "there is no value"},
        [VB__EDIT_NO_PARENT] = {VB_PATCH_UNPROCESSABLE,
                                "there is no object or array around it"},
        [VB__EDIT_NO_INDEX] = {VB_PATCH_UNPROCESSABLE,
                               "the array has no such place"},
        [VB__EDIT_TOO_DEEP] = {VB_PATCH_EXCESSIVE, "nests too deeply"},
        [VB__EDIT_TOO_LARGE] = {VB_PATCH_EXCESSIVE,
                                "makes the document too large"},
        [VB__EDIT_TOO_COSTLY] = {VB_PATCH_EXCESSIVE,
                                 "the patch takes too much work"},
    };
    const struct operation *operation = run->operation;
    bool from = edited == VB__EDIT_NO_VALUE && operation->verb->takes_from;

    if (edited == VB__EDITED)
        return VB_OK;
    if (edited == VB__EDIT_NOMEM)
        return VB_ERR_NOMEM;
    vb_assert(rows[edited].why != NULL);
    return fail(run, rows[edited].fault, from ? "from" : "path",
                from ? operation->from : operation->path, rows[edited].why);
}

/* Would the operation tell its author a value that is not shown? To say that a
 * test is true tells it, and so does a value that stands elsewhere. */
static enum vb_err refuse_hidden(struct run *run, const char *member,
                                 struct vb_span pointer)
{
    const struct vb_patch_limits *limits = run->limits;

    for (size_t i = 0; i < limits->hidden_count; i++)
        if (vb_pointer_covers(limits->hidden[i], pointer) ||
            vb_pointer_covers(pointer, limits->hidden[i]))
            return fail(run, VB_PATCH_UNPROCESSABLE, member, pointer,
                        "what is write-only cannot be looked at");
    return VB_OK;
}

/* Section 4.1 */
static enum vb_err apply_add(struct run *run)
{
    const struct operation *operation = run->operation;
    yyjson_mut_val *value = NULL;
    enum vb__edited edited;

    edited = vb__edit_import(&run->edit, operation->value, &value);
    if (edited == VB__EDITED)
        edited = vb__edit_add(&run->edit, operation->path, value);
    return judge(run, edited);
}

/* Section 4.2 */
static enum vb_err apply_remove(struct run *run)
{
    return judge(run, vb__edit_remove(&run->edit, run->operation->path));
}

/* Section 4.3 */
static enum vb_err apply_replace(struct run *run)
{
    const struct operation *operation = run->operation;
    yyjson_mut_val *value = NULL;
    enum vb__edited edited;

    edited = vb__edit_import(&run->edit, operation->value, &value);
    if (edited == VB__EDITED)
        edited = vb__edit_replace(&run->edit, operation->path, value);
    return judge(run, edited);
}

/* Section 4.4: a location must not be moved into one of its children. Moved
 * onto itself nothing changes, but it has to be there. */
static enum vb_err apply_move(struct run *run)
{
    const struct operation *operation = run->operation;
    enum vb_err err = refuse_hidden(run, "from", operation->from);
    yyjson_mut_val *value;

    if (err != VB_OK)
        return err;
    if (vb_span_eq(operation->from, operation->path))
        return judge(run, vb__edit_get(&run->edit, operation->from, &value));
    if (vb_pointer_covers(operation->from, operation->path))
        return fail(run, VB_PATCH_UNPROCESSABLE, "path", operation->path,
                    "would move a value into itself");
    return judge(run,
                 vb__edit_move(&run->edit, operation->from, operation->path));
}

/* Section 4.5 */
static enum vb_err apply_copy(struct run *run)
{
    const struct operation *operation = run->operation;
    enum vb_err err = refuse_hidden(run, "from", operation->from);
    yyjson_mut_val *value = NULL;
    enum vb__edited edited;

    if (err != VB_OK)
        return err;
    edited = vb__edit_get(&run->edit, operation->from, &value);
    if (edited == VB__EDITED)
        edited = vb__edit_copy(&run->edit, value, &value);
    if (edited == VB__EDITED)
        edited = vb__edit_add(&run->edit, operation->path, value);
    return judge(run, edited);
}

/* Section 4.6 */
static enum vb_err apply_test(struct run *run)
{
    const struct operation *operation = run->operation;
    enum vb_err err = refuse_hidden(run, "path", operation->path);
    enum vb__edited edited;
    bool equal = false;

    if (err != VB_OK)
        return err;
    edited =
        vb__edit_equal(&run->edit, operation->path, operation->value, &equal);
    if (edited == VB__EDITED && !equal)
        return fail(run, VB_PATCH_TEST_FAILED, "value", operation->path,
                    "the value is another one");
    return judge(run, edited);
}

static const struct verb verbs[] = {
    {VB_SPAN_INIT("add"), true, false, apply_add},
    {VB_SPAN_INIT("remove"), false, false, apply_remove},
    {VB_SPAN_INIT("replace"), true, false, apply_replace},
    {VB_SPAN_INIT("move"), false, true, apply_move},
    {VB_SPAN_INIT("copy"), false, true, apply_copy},
    {VB_SPAN_INIT("test"), true, false, apply_test},
};

static const struct verb *find_verb(yyjson_val *op)
{
    if (!yyjson_is_str(op))
        return NULL;
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
        if (vb_span_eq(verbs[i].name, vb_json_text(op)))
            return &verbs[i];
    return NULL;
}

static bool read_pointer(yyjson_val *object, struct vb_span name,
                         struct vb_span *ret_pointer)
{
    yyjson_val *member = vb_json_member(object, name);

    if (!yyjson_is_str(member) || !vb_pointer_is_valid(vb_json_text(member)))
        return false;
    *ret_pointer = vb_json_text(member);
    return true;
}

/* Reads one element of the patch, apart from its index; it becomes the run's
 * current operation. */
static enum vb_err read_operation(struct run *run, yyjson_val *element,
                                  struct operation *operation)
{
    run->operation = operation;
    operation->verb = NULL;
    if (!yyjson_is_obj(element))
        return fail_malformed(run, "", "an operation is an object");
    operation->verb = find_verb(vb_json_member(element, VB_SPAN("op")));
    if (operation->verb == NULL)
        return fail_malformed(run, "op",
                              "op is add, remove, replace, move, copy or test");
    if (!read_pointer(element, VB_SPAN("path"), &operation->path))
        return fail_malformed(run, "path", "path has to be a JSON Pointer");
    if (operation->verb->takes_from &&
        !read_pointer(element, VB_SPAN("from"), &operation->from))
        return fail_malformed(run, "from", "from has to be a JSON Pointer");
    operation->value = vb_json_member(element, VB_SPAN("value"));
    if (operation->verb->takes_value && operation->value == NULL)
        return fail_malformed(run, "value", "value is missing");
    return VB_OK;
}

/* Goes through all operations: reads them only, or applies them, too. */
static enum vb_err go_through(struct run *run, yyjson_val *patch, bool apply)
{
    struct operation operation = {.index = 0};
    yyjson_arr_iter iter = yyjson_arr_iter_with(patch);
    yyjson_val *element;
    enum vb_err err = VB_OK;

    while (err == VB_OK && (element = yyjson_arr_iter_next(&iter)) != NULL) {
        err = read_operation(run, element, &operation);
        if (err == VB_OK && apply)
            err = operation.verb->apply(run);
        operation.index++;
    }
    run->operation = NULL;
    return err;
}

static enum vb_err fail_as_whole(struct vb_patch_failure *failure,
                                 enum vb_patch_fault fault, const char *detail)
{
    *failure = (struct vb_patch_failure){.fault = fault};
    snprintf(failure->detail, sizeof(failure->detail), "%s", detail);
    return VB_ERR_INVALID;
}

static enum vb_err finish(struct run *run, const struct vb_json_limits *limits,
                          struct vb_json **ret_result)
{
    struct vb_json_error error;
    enum vb_err err;

    if (run->edit.root == NULL)
        return fail_as_whole(run->failure, VB_PATCH_UNPROCESSABLE,
                             "the patch leaves no document");
    err = vb_json_freeze(run->edit.root, limits, ret_result, &error);
    if (err == VB_ERR_LIMIT)
        return fail_as_whole(run->failure, VB_PATCH_EXCESSIVE,
                             "the patch makes the document too large");
    return err;
}

static enum vb_err apply_all(yyjson_val *target, yyjson_val *patch,
                             const struct vb_patch_limits *limits,
                             struct vb_json **ret_result,
                             struct vb_patch_failure *failure)
{
    struct run run = {.limits = limits, .failure = failure};
    enum vb__edited edited;
    enum vb_err err;

    /* First all are read: a malformed patch is malformed wherever it would
     * have failed (RFC 5789 section 2.2). */
    err = go_through(&run, patch, false);
    if (err != VB_OK)
        return err;
    edited = vb__edit_init(&run.edit, target, &limits->result, limits->work);
    if (edited == VB__EDIT_TOO_LARGE)
        err = fail_as_whole(failure, VB_PATCH_EXCESSIVE,
                            "the document is too large to be patched");
    else if (edited != VB__EDITED)
        err = VB_ERR_NOMEM;
    if (err == VB_OK)
        err = go_through(&run, patch, true);
    if (err == VB_OK)
        err = finish(&run, &limits->result, ret_result);
    vb__edit_done(&run.edit);
    return err;
}

enum vb_err vb_patch_apply(yyjson_val *target, yyjson_val *patch,
                           const struct vb_patch_limits *limits,
                           struct vb_json **ret_result,
                           struct vb_patch_failure *ret_failure)
{
    if (limits == NULL)
        limits = &vb_patch_limits_default;
    /* Section 3 */
    if (!yyjson_is_arr(patch))
        return fail_as_whole(ret_failure, VB_PATCH_MALFORMED,
                             "a JSON Patch is an array of operations");
    if (yyjson_arr_size(patch) > limits->operations)
        return fail_as_whole(ret_failure, VB_PATCH_EXCESSIVE,
                             "the patch has too many operations");
    return apply_all(target, patch, limits, ret_result, ret_failure);
}
