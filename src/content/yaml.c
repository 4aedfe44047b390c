/*
 * The reader's outside: files, limits, the document and its marks. See yaml.h.
 */
#include "content/yaml.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/utf8.h"
#include "content/json.h"
#include "content/pointer.h"
#include "content/yaml_impl.h"

/* Where a value is: in which other one, by its index among all, and which of
 * what that holds. */
struct spot {
    uint32_t holder;
    uint32_t index;
};

struct vb_yaml {
    struct vb_json *json;
    struct vb__yaml_marks marks; /* one for each of json's values, */
    struct spot *spots;          /* and one of these */
    size_t bytes;                /* of the text */
    struct vb_span name;
    char name_room[]; /* with its NUL */
};

const struct vb_yaml_limits vb_yaml_limits_default = {
    .bytes = (size_t)16 << 20,
    .values = 4000000,
    .alias_values = 100000,
    .anchors = 1000,
    .depth = 64,
};

void vb__yaml_fail(struct vb_yaml_error *error, struct vb_yaml_mark mark,
                   const char *format, ...)
{
    va_list args;

    error->mark = mark;
    va_start(args, format);
    vsnprintf(error->text, sizeof(error->text), format, args);
    va_end(args);
    for (char *c = error->text; *c; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = ' ';
    }
}

/* --- reading ------------------------------------------------------------- */

static bool is_json_name(struct vb_span name)
{
    return vb_span_ends(name, VB_SPAN(".json"));
}

/* The document of a JSON text; *ret_error as the JSON reader tells it. */
static enum vb_err read_document(struct vb_span text, unsigned depth,
                                 struct vb_json **ret_json,
                                 struct vb_yaml_error *ret_error)
{
    struct vb_json_limits limits = vb_json_limits_default;
    struct vb_json_error error;
    enum vb_err err;

    limits.bytes = text.len;
    limits.depth = depth;
    err = vb_json_parse(text, &limits, ret_json, &error);
    if (!err)
        return VB_OK;
    vb__yaml_fail(
        ret_error,
        (struct vb_yaml_mark){(unsigned)error.line, (unsigned)error.column},
        "%s", error.text);
    return err == VB_ERR_EXISTS ? VB_ERR_SYNTAX : err;
}

static enum vb_err read_json(struct vb_span text,
                             const struct vb_yaml_limits *limits,
                             struct vb_yaml *yaml,
                             struct vb_yaml_error *ret_error)
{
    enum vb_err err =
        read_document(text, limits->depth, &yaml->json, ret_error);

    if (err)
        return err;
    if (yyjson_doc_get_val_count(yaml->json->doc) > limits->values) {
        vb__yaml_fail(ret_error, (struct vb_yaml_mark){0, 0},
                      "more than %zu values", limits->values);
        return VB_ERR_LIMIT;
    }
    return vb__yaml_scan_json(text, &yaml->marks);
}

static enum vb_err read_yaml(struct vb_span text,
                             const struct vb_yaml_limits *limits,
                             struct vb_yaml *yaml,
                             struct vb_yaml_error *ret_error)
{
    size_t good = vb_utf8_prefix(text);
    struct vb_buf json;
    enum vb_err err;

    /* First of all: libfyaml 0.7 loops for ever over some bad bytes. */
    if (good < text.len) {
        vb__yaml_fail(ret_error, vb__yaml_mark_at(text, good),
                      "this is not well-formed UTF-8");
        return VB_ERR_SYNTAX;
    }
    vb_buf_init(&json, limits->bytes);
    err = vb__yaml_convert(text, limits, &json, &yaml->marks, ret_error);
    if (!err)
        err = read_document(vb_buf_span(&json), limits->depth, &yaml->json,
                            ret_error);
    vb_buf_done(&json);
    return err;
}

static enum vb_err read_text(struct vb_span text,
                             const struct vb_yaml_limits *limits,
                             struct vb_yaml *yaml,
                             struct vb_yaml_error *ret_error)
{
    if (text.len > limits->bytes) {
        vb__yaml_fail(ret_error, (struct vb_yaml_mark){0, 0},
                      "the file exceeds %zu bytes", limits->bytes);
        return VB_ERR_LIMIT;
    }
    if (is_json_name(yaml->name))
        return read_json(text, limits, yaml, ret_error);
    return read_yaml(text, limits, yaml, ret_error);
}

/* Values follow one another in the order of the text, each container before
 * what it holds. */
static bool find_spots(struct vb_yaml *yaml)
{
    struct {
        yyjson_val *end; /* behind all that it holds */
        struct spot next;
    } open[VB_JSON_DEPTH_MOST];
    yyjson_val *root = yaml->json->root;
    unsigned depth = 0;

    yaml->spots = calloc(yaml->marks.count, sizeof(*yaml->spots));
    if (!yaml->spots)
        return false;
    for (size_t i = 0; i < yaml->marks.count; i++) {
        while (depth > 0 && root + i >= open[depth - 1].end)
            depth--;
        if (depth > 0) {
            yaml->spots[i] = open[depth - 1].next;
            open[depth - 1].next.index++;
        }
        if (yyjson_is_ctn(root + i)) {
            open[depth].end = unsafe_yyjson_get_next(root + i);
            open[depth++].next = (struct spot){(uint32_t)i, 0};
        }
    }
    return true;
}

enum vb_err vb_yaml_parse(struct vb_span name, struct vb_span text,
                          const struct vb_yaml_limits *limits,
                          struct vb_yaml **ret_yaml,
                          struct vb_yaml_error *ret_error)
{
    struct vb_yaml *yaml = calloc(1, sizeof(*yaml) + name.len + 1);
    enum vb_err err;

    if (!yaml) {
        vb__yaml_fail(ret_error, (struct vb_yaml_mark){0, 0}, "out of memory");
        return VB_ERR_NOMEM;
    }
    if (name.len > 0)
        memcpy(yaml->name_room, name.ptr, name.len);
    yaml->name = vb_span_of(yaml->name_room, name.len);
    yaml->bytes = text.len;
    err = read_text(text, limits, yaml, ret_error);
    /* Both readers give a mark for each value; the rest relies on it. */
    vb_assert(err ||
              yyjson_doc_get_val_count(yaml->json->doc) == yaml->marks.count);
    if (!err && !find_spots(yaml)) {
        vb__yaml_fail(ret_error, (struct vb_yaml_mark){0, 0}, "out of memory");
        err = VB_ERR_NOMEM;
    }
    if (err) {
        vb_yaml_free(yaml);
        return err;
    }
    *ret_yaml = yaml;
    return VB_OK;
}

static enum vb_err fail_file(struct vb_yaml_error *error)
{
    vb__yaml_fail(error, (struct vb_yaml_mark){0, 0}, "%s", strerror(errno));
    return VB_ERR_IO;
}

/* Reads until the end or past the limit; the parser tells the latter. */
static enum vb_err slurp(int fd, struct vb_buf *text,
                         struct vb_yaml_error *ret_error)
{
    for (;;) {
        char *room = vb_buf_reserve(text, 65536);
        ssize_t n = room ? read(fd, room, 65536) : -1;

        if (!room) {
            vb__yaml_fail(ret_error, (struct vb_yaml_mark){0, 0},
                          text->err == VB_ERR_LIMIT ? "the file is too large"
                                                    : "out of memory");
            return text->err;
        }
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail_file(ret_error);
        if (n == 0)
            return VB_OK;
        text->len += (size_t)n;
    }
}

enum vb_err vb_yaml_load_text(const char *path,
                              const struct vb_yaml_limits *limits,
                              struct vb_yaml **ret_yaml,
                              struct vb_buf *ret_text,
                              struct vb_yaml_error *ret_error)
{
    /* A FIFO or device must not make us wait for ever. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct vb_buf text;
    struct stat st;
    enum vb_err err;

    if (fd < 0)
        return fail_file(ret_error);
    vb_buf_init(&text, limits->bytes + 65536);
    if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
        errno = EISDIR;
        err = fail_file(ret_error);
    } else {
        err = slurp(fd, &text, ret_error);
    }
    if (!err)
        err = vb_yaml_parse(vb_span_str(path), vb_buf_span(&text), limits,
                            ret_yaml, ret_error);
    close(fd);
    if (err == VB_OK)
        *ret_text = text;
    else
        vb_buf_done(&text);
    return err;
}

enum vb_err vb_yaml_load(const char *path, const struct vb_yaml_limits *limits,
                         struct vb_yaml **ret_yaml,
                         struct vb_yaml_error *ret_error)
{
    struct vb_buf text;
    enum vb_err err =
        vb_yaml_load_text(path, limits, ret_yaml, &text, ret_error);

    if (err == VB_OK)
        vb_buf_done(&text);
    return err;
}

void vb_yaml_free(struct vb_yaml *yaml)
{
    if (!yaml)
        return;
    vb_json_free(yaml->json);
    free(yaml->marks.at);
    free(yaml->spots);
    free(yaml);
}

/* --- what it knows ------------------------------------------------------- */

struct vb_span vb_yaml_name(const struct vb_yaml *yaml)
{
    return yaml->name;
}

yyjson_val *vb_yaml_root(const struct vb_yaml *yaml)
{
    return yaml->json->root;
}

size_t vb_yaml_count(const struct vb_yaml *yaml)
{
    return yaml->marks.count;
}

size_t vb_yaml_bytes(const struct vb_yaml *yaml)
{
    return yaml->bytes;
}

bool vb_yaml_owns(const struct vb_yaml *yaml, const yyjson_val *val)
{
    const yyjson_val *first = yaml->json->root;

    return val >= first && val < first + yaml->marks.count;
}

struct vb_yaml_mark vb_yaml_mark(const struct vb_yaml *yaml,
                                 const yyjson_val *val)
{
    vb_assert(vb_yaml_owns(yaml, val));
    return yaml->marks.at[val - yaml->json->root];
}

bool vb_yaml_locate(const struct vb_yaml *yaml, struct vb_span pointer,
                    struct vb_yaml_mark *ret_mark)
{
    yyjson_val *val;

    if (vb_pointer_get(yaml->json->root, pointer, &val) != VB_OK)
        return false;
    *ret_mark = vb_yaml_mark(yaml, val);
    return true;
}

void vb_yaml_pointer(const struct vb_yaml *yaml, const yyjson_val *val,
                     struct vb_buf *out)
{
    yyjson_val *root = yaml->json->root;
    size_t way[VB_JSON_DEPTH_MOST + 1]; /* from the value up to the root */
    unsigned steps = 0;

    vb_assert(vb_yaml_owns(yaml, val));
    for (size_t i = (size_t)(val - root); i != 0; i = yaml->spots[i].holder)
        way[steps++] = i;
    while (steps > 0) {
        size_t i = way[--steps];
        const struct spot *spot = &yaml->spots[i];

        if (yyjson_is_arr(root + spot->holder))
            vb_buf_printf(out, "/%u", spot->index);
        else /* keys and values take turns */
            vb_pointer_append(out, vb_json_text(root + i - spot->index % 2));
    }
}

void vb_yaml_error_print(struct vb_span name, const struct vb_yaml_error *error,
                         struct vb_buf *out)
{
    vb_buf_append(out, name);
    if (error->mark.line > 0)
        vb_buf_printf(out, ":%u", error->mark.line);
    if (error->mark.line > 0 && error->mark.column > 0)
        vb_buf_printf(out, ":%u", error->mark.column);
    vb_buf_printf(out, ": %s", error->text);
}
