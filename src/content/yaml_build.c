/*
 * The growing document of the YAML reader: structure, unique keys, anchors and
 * the budgets that bound them. Knows nothing of libfyaml. See yaml_impl.h.
 */
#include "content/yaml_impl.h"

#include <stdlib.h>

#include "content/json.h"

struct stretch {
    size_t from, to;
};

struct vb__yaml_anchor {
    struct vb_span name;  /* owned */
    struct stretch json;  /* from SIZE_MAX: waits for what it names */
    struct stretch marks; /* to 0: what it names is still open */
    unsigned height;      /* containers within it, the deepest way down */
    bool scalar;
    struct vb_span key; /* a scalar's text, for its use as a key; owned */
};

struct vb__yaml_key {
    size_t json; /* offset of its JSON text */
    size_t len;
    struct vb_yaml_mark mark;
};

struct vb__yaml_container {
    bool mapping;
    bool wants_value; /* a key was read */
    bool empty;
    unsigned height; /* its own and of what is in it so far */
    size_t first_key;
    long anchor; /* index or -1 */
};

/* For messages: names may be long. */
#define CUT(s) (int)((s).len > 80 ? 80 : (s).len), (s).ptr

static enum vb_err no_memory(struct vb__yaml_build *b)
{
    vb__yaml_fail(b->error, (struct vb_yaml_mark){0, 0}, "out of memory");
    return VB_ERR_NOMEM;
}

static bool grow(void **at, size_t *cap, size_t count, size_t size)
{
    size_t more = *cap ? *cap * 2 : 64;
    void *p;

    if (count < *cap)
        return true;
    p = realloc(*at, more * size);
    if (!p)
        return false;
    *at = p;
    *cap = more;
    return true;
}

static bool dup_span(struct vb_span s, struct vb_span *ret)
{
    char *ptr = malloc(s.len + 1);

    if (!ptr)
        return false;
    if (s.len > 0)
        memcpy(ptr, s.ptr, s.len);
    ptr[s.len] = 0;
    *ret = vb_span_of(ptr, s.len);
    return true;
}

bool vb__yaml_build_init(struct vb__yaml_build *b)
{
    b->stack = calloc(b->limits->depth, sizeof(*b->stack));
    return b->stack != NULL;
}

void vb__yaml_build_done(struct vb__yaml_build *b)
{
    for (size_t i = 0; i < b->anchor_count; i++) {
        free((char *)b->anchors[i].name.ptr);
        free((char *)b->anchors[i].key.ptr);
    }
    free(b->anchors);
    free(b->keys);
    free(b->stack);
}

/* --- structure ----------------------------------------------------------- */

static struct vb__yaml_container *top(const struct vb__yaml_build *b)
{
    return b->depth > 0 ? &b->stack[b->depth - 1] : NULL;
}

bool vb__yaml_build_at_key(const struct vb__yaml_build *b)
{
    const struct vb__yaml_container *in = top(b);

    return in && in->mapping && !in->wants_value;
}

/* Before every key and value: the budget, and its comma or colon. */
static enum vb_err begin(struct vb__yaml_build *b, struct vb_yaml_mark mark)
{
    struct vb__yaml_container *in = top(b);

    if (b->marks->count >= b->limits->values) {
        vb__yaml_fail(b->error, mark, "more than %zu values",
                      b->limits->values);
        return VB_ERR_LIMIT;
    }
    if (!in)
        return VB_OK;
    if (in->wants_value)
        vb_buf_char(b->json, ':');
    else if (!in->empty)
        vb_buf_char(b->json, ',');
    in->empty = false;
    in->wants_value = in->mapping && !in->wants_value;
    return VB_OK;
}

static enum vb_err push_mark(struct vb__yaml_build *b, struct vb_yaml_mark mark)
{
    return vb__yaml_marks_push(b->marks, mark) ? VB_OK : no_memory(b);
}

static void raise_height(struct vb__yaml_build *b, unsigned height)
{
    struct vb__yaml_container *in = top(b);

    if (in && in->height < height)
        in->height = height;
}

/* --- anchors ------------------------------------------------------------- */

enum vb_err vb__yaml_build_anchor(struct vb__yaml_build *b, struct vb_span name,
                                  struct vb_yaml_mark mark)
{
    struct vb__yaml_anchor *a;

    if (b->anchor_count >= b->limits->anchors) {
        vb__yaml_fail(b->error, mark, "more than %zu anchors",
                      b->limits->anchors);
        return VB_ERR_LIMIT;
    }
    if (!grow((void **)&b->anchors, &b->anchor_cap, b->anchor_count,
              sizeof(*b->anchors)))
        return no_memory(b);
    a = &b->anchors[b->anchor_count];
    *a = (struct vb__yaml_anchor){.json.from = SIZE_MAX};
    if (!dup_span(name, &a->name))
        return no_memory(b);
    b->anchor_count++;
    return VB_OK;
}

/* The anchor that waits for the value that begins here, or -1. */
static long take_anchor(struct vb__yaml_build *b)
{
    struct vb__yaml_anchor *a;

    if (b->anchor_count == 0)
        return -1;
    a = &b->anchors[b->anchor_count - 1];
    if (a->json.from != SIZE_MAX)
        return -1;
    a->json.from = b->json->len;
    a->marks.from = b->marks->count;
    return (long)b->anchor_count - 1;
}

static void close_anchor(struct vb__yaml_build *b, long index, unsigned height)
{
    if (index < 0)
        return;
    b->anchors[index].json.to = b->json->len;
    b->anchors[index].marks.to = b->marks->count;
    b->anchors[index].height = height;
}

static enum vb_err close_scalar(struct vb__yaml_build *b, long index,
                                struct vb_span text)
{
    if (index < 0)
        return VB_OK;
    close_anchor(b, index, 0);
    b->anchors[index].scalar = true;
    return dup_span(text, &b->anchors[index].key) ? VB_OK : no_memory(b);
}

/* A later anchor of the same name takes over (YAML 1.2.2 section 3.2.2.2). */
static const struct vb__yaml_anchor *find_anchor(struct vb__yaml_build *b,
                                                 struct vb_span name)
{
    for (size_t i = b->anchor_count; i > 0; i--) {
        if (vb_span_eq(b->anchors[i - 1].name, name))
            return &b->anchors[i - 1];
    }
    return NULL;
}

static enum vb_err check_alias(struct vb__yaml_build *b,
                               const struct vb__yaml_anchor *a,
                               struct vb_yaml_mark mark)
{
    size_t values = a->marks.to - a->marks.from;

    if (b->depth + a->height > b->limits->depth) {
        vb__yaml_fail(b->error, mark, "nested more than %u deep",
                      b->limits->depth);
        return VB_ERR_LIMIT;
    }
    if (values > b->limits->alias_values - b->alias_values) {
        vb__yaml_fail(b->error, mark, "aliases make more than %zu values",
                      b->limits->alias_values);
        return VB_ERR_LIMIT;
    }
    b->alias_values += values;
    return VB_OK;
}

static enum vb_err copy_anchor(struct vb__yaml_build *b,
                               const struct vb__yaml_anchor *a)
{
    size_t bytes = a->json.to - a->json.from;
    char *room = vb_buf_reserve(b->json, bytes);

    if (room) {
        memcpy(room, b->json->ptr + a->json.from, bytes);
        b->json->len += bytes;
    }
    for (size_t i = a->marks.from; i < a->marks.to; i++) {
        if (!vb__yaml_marks_push(b->marks, b->marks->at[i]))
            return no_memory(b);
    }
    raise_height(b, a->height + 1);
    return VB_OK;
}

enum vb_err vb__yaml_build_alias(struct vb__yaml_build *b, struct vb_span name,
                                 struct vb_yaml_mark mark)
{
    const struct vb__yaml_anchor *a = find_anchor(b, name);
    enum vb_err err;

    if (!a || a->marks.to == 0) {
        vb__yaml_fail(b->error, mark,
                      a ? "alias *%.*s stands within what it names"
                        : "alias *%.*s has no anchor before it",
                      CUT(name));
        return VB_ERR_SYNTAX;
    }
    if (vb__yaml_build_at_key(b)) {
        if (a->scalar)
            return vb__yaml_build_key(b, a->key, mark);
        vb__yaml_fail(b->error, mark, "a key must be a scalar");
        return VB_ERR_SYNTAX;
    }
    err = check_alias(b, a, mark);
    if (!err)
        err = begin(b, mark);
    return err ? err : copy_anchor(b, a);
}

/* --- keys ---------------------------------------------------------------- */

enum vb_err vb__yaml_build_key(struct vb__yaml_build *b, struct vb_span text,
                               struct vb_yaml_mark mark)
{
    enum vb_err err = begin(b, mark);
    struct vb__yaml_key *key;
    long anchor;

    if (err)
        return err;
    if (!grow((void **)&b->keys, &b->key_cap, b->key_count, sizeof(*b->keys)))
        return no_memory(b);
    anchor = take_anchor(b);
    key = &b->keys[b->key_count++];
    key->mark = mark;
    key->json = b->json->len;
    vb_json_write_string(b->json, text);
    key->len = b->json->len - key->json;
    err = push_mark(b, mark);
    return err ? err : close_scalar(b, anchor, text);
}

static struct vb_span key_text(const struct vb__yaml_key *key, const char *json)
{
    return vb_span_of(json + key->json, key->len);
}

static int compare_keys(const void *x, const void *y, void *json)
{
    const struct vb__yaml_key *a = x, *c = y;
    int order = vb_span_cmp(key_text(a, json), key_text(c, json));

    if (order != 0)
        return order;
    return a->json < c->json ? -1 : a->json > c->json;
}

/* At a mapping's end: no key twice (YAML 1.2.2 section 3.2.1.1). */
static enum vb_err check_keys(struct vb__yaml_build *b, size_t first)
{
    struct vb__yaml_key *keys;
    size_t count = b->key_count - first;
    const struct vb__yaml_key *twice = NULL;
    char *json = b->json->ptr;

    b->key_count = first;
    if (count < 2 || b->json->err != VB_OK)
        return VB_OK;
    keys = b->keys + first;
    qsort_r(keys, count, sizeof(*keys), compare_keys, json);
    for (size_t i = 1; i < count; i++) {
        if (vb_span_eq(key_text(&keys[i - 1], json),
                       key_text(&keys[i], json)) &&
            (!twice || keys[i].json < twice->json))
            twice = &keys[i];
    }
    if (!twice)
        return VB_OK;
    vb__yaml_fail(b->error, twice->mark, "duplicate key %.*s",
                  CUT(key_text(twice, json)));
    return VB_ERR_SYNTAX;
}

/* --- values -------------------------------------------------------------- */

enum vb_err vb__yaml_build_scalar(struct vb__yaml_build *b, struct vb_span text,
                                  enum vb__yaml_kind kind,
                                  struct vb_yaml_mark mark)
{
    enum vb_err err = begin(b, mark);
    long anchor;

    if (err)
        return err;
    anchor = take_anchor(b);
    if (vb__yaml_scalar_json(b->json, text, kind) != VB_OK) {
        vb__yaml_fail(b->error, mark, "a number that exceeds 64 bits");
        return VB_ERR_SYNTAX;
    }
    err = push_mark(b, mark);
    return err ? err : close_scalar(b, anchor, text);
}

enum vb_err vb__yaml_build_start(struct vb__yaml_build *b, bool mapping,
                                 struct vb_yaml_mark mark)
{
    enum vb_err err;

    if (vb__yaml_build_at_key(b)) {
        vb__yaml_fail(b->error, mark, "a key must be a scalar");
        return VB_ERR_SYNTAX;
    }
    if (b->depth >= b->limits->depth) {
        vb__yaml_fail(b->error, mark, "nested more than %u deep",
                      b->limits->depth);
        return VB_ERR_LIMIT;
    }
    err = begin(b, mark);
    if (err)
        return err;
    b->stack[b->depth++] =
        (struct vb__yaml_container){.mapping = mapping,
                                    .empty = true,
                                    .height = 1,
                                    .first_key = b->key_count,
                                    .anchor = take_anchor(b)};
    vb_buf_char(b->json, mapping ? '{' : '[');
    return push_mark(b, mark);
}

enum vb_err vb__yaml_build_end(struct vb__yaml_build *b)
{
    struct vb__yaml_container done = b->stack[--b->depth];
    enum vb_err err = done.mapping ? check_keys(b, done.first_key) : VB_OK;

    if (err)
        return err;
    vb_buf_char(b->json, done.mapping ? '}' : ']');
    close_anchor(b, done.anchor, done.height);
    raise_height(b, done.height + 1);
    return VB_OK;
}

enum vb_err vb__yaml_build_check(struct vb__yaml_build *b,
                                 struct vb_yaml_mark mark)
{
    if (b->json->err == VB_ERR_LIMIT)
        vb__yaml_fail(b->error, mark, "the document exceeds %zu bytes",
                      b->json->limit);
    else if (b->json->err != VB_OK)
        return no_memory(b);
    return b->json->err;
}
