/*
 * JSON Merge Patch. See merge.h. The result is written as text and read back:
 * what a patch leaves alone, numbers above all, is copied as it stands, and
 * what comes out has passed every check of a document that came in. (yyjson's
 * merge patch searches each name in all others, which is quadratic.)
 */
#include "content/merge.h"

#include "content/members.h"

static enum vb_err merge_value(struct vb_buf *buf, yyjson_val *target,
                               yyjson_val *patch);

/* One object under construction. */
struct merging {
    struct vb_buf *buf;
    struct vb_members target;
    struct vb_members patch;
    bool begun; /* a member is written */
};

static enum vb_err write_member(struct merging *merging, yyjson_val *key,
                                yyjson_val *target, yyjson_val *patch)
{
    struct vb_buf *buf = merging->buf;

    if (merging->begun)
        vb_buf_char(buf, ',');
    merging->begun = true;
    vb_json_write(buf, key);
    vb_buf_char(buf, ':');
    if (patch != NULL)
        return merge_value(buf, target, patch);
    vb_json_write(buf, target);
    return VB_OK;
}

/* The members that are there: kept, removed or merged. */
static enum vb_err write_old_members(struct merging *merging)
{
    yyjson_obj_iter iter = yyjson_obj_iter_with(merging->target.object);
    enum vb_err err = VB_OK;
    yyjson_val *key;

    while (err == VB_OK && (key = yyjson_obj_iter_next(&iter)) != NULL) {
        yyjson_val *change = yyjson_obj_iter_get_val(
            vb_members_find(&merging->patch, vb_json_text(key)));

        if (!yyjson_is_null(change))
            err = write_member(merging, key, yyjson_obj_iter_get_val(key),
                               change);
    }
    return err;
}

/* The members that only the patch has. A null among them is no change. */
static enum vb_err write_new_members(struct merging *merging)
{
    yyjson_obj_iter iter = yyjson_obj_iter_with(merging->patch.object);
    enum vb_err err = VB_OK;
    yyjson_val *key;

    while (err == VB_OK && (key = yyjson_obj_iter_next(&iter)) != NULL) {
        yyjson_val *change = yyjson_obj_iter_get_val(key);

        if (!yyjson_is_null(change) &&
            vb_members_find(&merging->target, vb_json_text(key)) == NULL)
            err = write_member(merging, key, NULL, change);
    }
    return err;
}

/* Section 2: `target` is an object, or NULL for the empty one to start from. */
static enum vb_err merge_objects(struct vb_buf *buf, yyjson_val *target,
                                 yyjson_val *patch)
{
    struct merging merging = {.buf = buf};
    yyjson_val *twice;
    enum vb_err err;

    err = vb_members_init(&merging.target, target, &twice);
    if (err == VB_OK)
        err = vb_members_init(&merging.patch, patch, &twice);
    vb_buf_char(buf, '{');
    if (err == VB_OK)
        err = write_old_members(&merging);
    if (err == VB_OK)
        err = write_new_members(&merging);
    vb_buf_char(buf, '}');
    vb_members_done(&merging.target);
    vb_members_done(&merging.patch);
    return err != VB_OK ? err : buf->err;
}

/* It recurses as deep as the patch is nested. */
static enum vb_err merge_value(struct vb_buf *buf, yyjson_val *target,
                               yyjson_val *patch)
{
    if (yyjson_is_obj(patch))
        return merge_objects(buf, yyjson_is_obj(target) ? target : NULL, patch);
    vb_json_write(buf, patch);
    return buf->err;
}

enum vb_err vb_merge_apply(yyjson_val *target, yyjson_val *patch,
                           const struct vb_json_limits *limits,
                           struct vb_json **ret_result)
{
    struct vb_buf buf;
    enum vb_err err;

    if (limits == NULL)
        limits = &vb_json_limits_default;
    vb_buf_init(&buf, limits->bytes);
    err = merge_value(&buf, target, patch);
    if (err == VB_OK)
        err = vb_json_parse(vb_buf_span(&buf), limits, ret_result, NULL);
    vb_buf_done(&buf);
    return err;
}
