/* Reading JSON strictly. See json.h. */
#include "content/json.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/utf8.h"
#include "content/extent.h"
#include "content/members.h"
#include "http/media.h"

const struct vb_json_limits vb_json_limits_default = VB_JSON_LIMITS_DEFAULT;

/* Why a document is refused. */
struct refusal {
    enum vb_err err;
    const char *why;
    size_t offset;    /* of the text, where known */
    yyjson_val *name; /* the key it is about, or NULL */
};

static void write_reason(const struct refusal *refusal, char *text, size_t size)
{
    struct vb_buf buf = vb_buf_over(text, size - 1);

    vb_buf_str(&buf, refusal->why);
    if (refusal->name != NULL) {
        /* 36 bytes are at most 216 escaped: it fits. */
        vb_buf_char(&buf, ' ');
        vb_json_write_string(&buf,
                             vb_utf8_head(vb_json_text(refusal->name), 36));
    }
    text[buf.len] = '\0';
}

static enum vb_err report(const struct refusal *refusal, struct vb_span text,
                          struct vb_json_error *ret_error)
{
    struct vb_json_error error = {.offset = refusal->offset};

    if (ret_error == NULL)
        return refusal->err;
    if (text.ptr != NULL)
        error.line = error.column = 1;
    for (size_t i = 0; i < refusal->offset && i < text.len; i++) {
        if (text.ptr[i] == '\n') {
            error.line++;
            error.column = 1;
        } else if (((unsigned char)text.ptr[i] & 0xC0) != 0x80) {
            error.column++;
        }
    }
    write_reason(refusal, error.text, sizeof(error.text));
    *ret_error = error;
    return refusal->err;
}

static struct refusal out_of_memory(const struct vb_budget *budget)
{
    if (budget->err == VB_ERR_LIMIT)
        return (struct refusal){.err = VB_ERR_LIMIT, .why = "too many values"};
    return (struct refusal){.err = VB_ERR_NOMEM, .why = "out of memory"};
}

/* The containers that are open at some point of a walk over a document. */
struct nesting {
    yyjson_val *end[VB_JSON_DEPTH_MOST]; /* the value behind each */
    unsigned depth;
};

/* Steps into a container; false where that is deeper than allowed. */
static bool nest(struct nesting *nesting, yyjson_val *container, unsigned limit)
{
    while (nesting->depth > 0 && container >= nesting->end[nesting->depth - 1])
        nesting->depth--;
    if (nesting->depth >= limit)
        return false;
    nesting->end[nesting->depth++] = unsafe_yyjson_get_next(container);
    return true;
}

/* Are the names of an object unique (RFC 8259 section 4)? */
static struct refusal check_names(yyjson_val *object)
{
    struct vb_members members;
    yyjson_val *twice = NULL;
    enum vb_err err;

    if (yyjson_obj_size(object) < 2)
        return (struct refusal){.err = VB_OK};
    err = vb_members_init(&members, object, &twice);
    if (err == VB_ERR_EXISTS)
        return (struct refusal){err, "second member of the name", 0, twice};
    if (err != VB_OK)
        return (struct refusal){.err = err, .why = "out of memory"};
    vb_members_done(&members);
    return (struct refusal){.err = VB_OK};
}

/*
 * Checks what yyjson does not: depth and names. Its values lie one behind
 * the other in the order of the text, so this is one loop, not a recursion.
 */
static struct refusal check_values(yyjson_val *root, unsigned depth)
{
    yyjson_val *end = unsafe_yyjson_get_next(root);
    struct nesting nesting;

    nesting.depth = 0; /* the rest is only read once written */
    for (yyjson_val *value = root; value < end; value++) {
        vb_assert(!yyjson_is_num(value));
        if (!yyjson_is_ctn(value))
            continue;
        if (!nest(&nesting, value, depth))
            return (struct refusal){.err = VB_ERR_LIMIT,
                                    .why = "nested too deeply"};
        if (yyjson_is_obj(value)) {
            struct refusal refusal = check_names(value);

            if (refusal.err != VB_OK)
                return refusal;
        }
    }
    return (struct refusal){.err = VB_OK};
}

/* Where a well-formed text first goes deeper than the limit. */
static size_t find_depth(struct vb_span text, unsigned limit)
{
    unsigned depth = 0;
    bool in_string = false;

    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];

        if (in_string && c == '\\')
            i++;
        else if (c == '"')
            in_string = !in_string;
        else if (!in_string && (c == '[' || c == '{') && ++depth > limit)
            return i;
        else if (!in_string && (c == ']' || c == '}'))
            depth--;
    }
    return text.len;
}

static struct vb_json *new_document(const struct vb_json_limits *limits)
{
    struct vb_json *json = calloc(1, sizeof(*json));

    vb_assert(limits->depth <= VB_JSON_DEPTH_MOST);
    if (json != NULL)
        vb_budget_init(&json->budget, limits->memory);
    return json;
}

void vb_json_free(struct vb_json *json)
{
    if (json == NULL)
        return;
    yyjson_doc_free(json->doc);
    vb_budget_free(&json->budget, json->text);
    free(json);
}

/* Reads into a copy, in which yyjson unescapes strings where they stand; the
 * place of a string is the place of its first character. */
static struct refusal read_text(struct vb_json *json, struct vb_span text)
{
    yyjson_read_err error;

    if (vb_span_starts(text, VB_SPAN("\xEF\xBB\xBF")))
        return (struct refusal){.err = VB_ERR_SYNTAX, .why = "byte order mark"};
    json->text = vb_budget_alloc(&json->budget, text.len + YYJSON_PADDING_SIZE);
    if (json->text == NULL)
        return out_of_memory(&json->budget);
    if (text.len > 0)
        memcpy(json->text, text.ptr, text.len);
    memset(json->text + text.len, 0, YYJSON_PADDING_SIZE);
    json->doc = yyjson_read_opts(json->text, text.len,
                                 YYJSON_READ_INSITU | YYJSON_READ_NUMBER_AS_RAW,
                                 &json->budget.alc, &error);
    if (json->doc != NULL) {
        json->root = yyjson_doc_get_root(json->doc);
        return (struct refusal){.err = VB_OK};
    }
    if (error.code == YYJSON_READ_ERROR_MEMORY_ALLOCATION)
        return out_of_memory(&json->budget);
    if (error.code == YYJSON_READ_ERROR_INVALID_PARAMETER ||
        error.code == YYJSON_READ_ERROR_EMPTY_CONTENT)
        return (struct refusal){VB_ERR_SYNTAX, "no value", text.len, NULL};
    return (struct refusal){VB_ERR_SYNTAX, error.msg, error.pos, NULL};
}

/* Adds the place in the text to what check_values found. */
static struct refusal locate(struct refusal refusal, const struct vb_json *json,
                             struct vb_span text, unsigned depth)
{
    if (refusal.name != NULL)
        refusal.offset =
            (size_t)(yyjson_get_str(refusal.name) - json->text) - 1;
    else if (refusal.err == VB_ERR_LIMIT)
        refusal.offset = find_depth(text, depth);
    return refusal;
}

static enum vb_err finish(struct vb_json *json, const struct refusal *refusal,
                          struct vb_span text, struct vb_json **ret_json,
                          struct vb_json_error *ret_error)
{
    if (refusal->err == VB_OK) {
        *ret_json = json;
        return VB_OK;
    }
    report(refusal, text, ret_error);
    vb_json_free(json);
    return refusal->err;
}

enum vb_err vb_json_parse(struct vb_span text,
                          const struct vb_json_limits *limits,
                          struct vb_json **ret_json,
                          struct vb_json_error *ret_error)
{
    struct refusal refusal = {.err = VB_ERR_NOMEM, .why = "out of memory"};
    struct vb_json *json;

    if (limits == NULL)
        limits = &vb_json_limits_default;
    json = new_document(limits);
    if (json != NULL && text.len > limits->bytes)
        refusal =
            (struct refusal){VB_ERR_LIMIT, "too long", limits->bytes, NULL};
    else if (json != NULL)
        refusal = read_text(json, text);
    if (refusal.err == VB_OK)
        refusal = locate(check_values(json->root, limits->depth), json, text,
                         limits->depth);
    return finish(json, &refusal, text, ret_json, ret_error);
}

enum vb_err vb_json_freeze(yyjson_mut_val *root,
                           const struct vb_json_limits *limits,
                           struct vb_json **ret_json,
                           struct vb_json_error *ret_error)
{
    const struct vb_span no_text = {NULL, 0};
    struct refusal refusal = {.err = VB_ERR_NOMEM, .why = "out of memory"};
    struct vb_json *json;

    if (limits == NULL)
        limits = &vb_json_limits_default;
    json = new_document(limits);
    if (json != NULL &&
        vb__extent_of(root, limits->depth).depth > limits->depth) {
        refusal =
            (struct refusal){.err = VB_ERR_LIMIT, .why = "nested too deeply"};
    } else if (json != NULL) {
        json->doc = yyjson_mut_val_imut_copy(root, &json->budget.alc);
        json->root = yyjson_doc_get_root(json->doc);
        refusal = json->doc == NULL ? out_of_memory(&json->budget)
                                    : check_values(json->root, limits->depth);
    }
    return finish(json, &refusal, no_text, ret_json, ret_error);
}

bool vb_is_json(struct vb_span media_type)
{
    const struct vb_span json = VB_SPAN("application/json");
    struct vb_media media;

    return vb_span_eq(media_type, json) || /* as nearly all say it */
           (vb_media_parse(media_type, &media) && vb_media_is(&media, json));
}

bool vb_is_any_json(struct vb_span media_type)
{
    struct vb_media media;

    return vb_media_parse(media_type, &media) &&
           (vb_span_ieq(media.subtype, VB_SPAN("json")) ||
            vb_span_ieq(media.suffix, VB_SPAN("json")));
}
