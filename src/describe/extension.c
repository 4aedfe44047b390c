/*
 * `x-verbatim`: our extension of OpenAPI. Its keys stand in extension.tbl; one
 * that is not there is an error, since a mistyped rule would otherwise be a
 * rule that nobody keeps.
 */
#include "describe/read.h"

#include "content/number.h"
#include "describe/nearest.h"

/* No browser keeps a cookie for longer (RFC 6265bis section 5.5). */
#define SESSION_MOST ((int64_t)400 * 24 * 3600)

enum type {
    TYPE_BOOL,
    TYPE_STRING,
    TYPE_OBJECT,
    TYPE_ARCHETYPE,
    TYPE_VALUE,
    TYPE_HINTS,
    TYPE_REQUIRED,
    TYPE_RULES,
    TYPE_TEXTS,
    TYPE_LEEWAY,
    TYPE_SECONDS,
    TYPE_SESSION,
    TYPE_SAME_SITE,
    TYPE_ON_DELETE,
    TYPE_TO,
    TYPE_ANY
};

enum when { WHEN_NOW, WHEN_LATER };

/* The table's columns in short. */
enum {
    ROOT = VB__AT_ROOT,
    PATH = VB__AT_PATH,
    OPERATION = VB__AT_OPERATION,
    GET = VB__AT_GET,
    POST = VB__AT_POST,
    CHANGE = VB__AT_CHANGE,
    SCHEMA = VB__AT_SCHEMA,
    SCHEME = VB__AT_SCHEME,
};

static const struct key {
    const char *name;
    unsigned where;
    enum type type;
    enum when when;
} keys[] = {
#define KEY(name, where, type, when)                                           \
    {name, (unsigned)(where), TYPE_##type, WHEN_##when},
#include "describe/extension.tbl"
#undef KEY
};

enum { KEY_COUNT = sizeof(keys) / sizeof(keys[0]) };

static const char *const fills[] = {
    [VB_FILL_ID] = "id",           [VB_FILL_URI] = "uri",
    [VB_FILL_CREATED] = "created", [VB_FILL_MODIFIED] = "modified",
    [VB_FILL_OWNER] = "owner",     [VB_FILL_REVISION] = "revision",
};

enum { FILL_COUNT = sizeof(fills) / sizeof(fills[0]) };

int vb__fill_of(yyjson_val *word)
{
    for (int i = 1; i < FILL_COUNT; i++) {
        if (yyjson_equals_str(word, fills[i]))
            return i;
    }
    return -1;
}

int vb__on_delete_of(yyjson_val *word)
{
    static const char *const words[] = {
        [VB_ON_DELETE_RESTRICT] = "restrict",
        [VB_ON_DELETE_CASCADE] = "cascade",
        [VB_ON_DELETE_SET_NULL] = "set-null",
    };

    for (int i = 0; i < (int)(sizeof(words) / sizeof(words[0])); i++) {
        if (yyjson_equals_str(word, words[i]))
            return i;
    }
    return -1;
}

int vb__archetype_of(yyjson_val *word)
{
    for (int i = 0; i < VB_ARCHETYPE_COUNT; i++) {
        if (yyjson_equals_str(word, vb_archetype_name((enum vb_archetype)i)))
            return i;
    }
    return -1;
}

static const struct key *find_key(struct vb_span name)
{
    for (size_t i = 0; i < KEY_COUNT; i++) {
        if (vb_span_eq(name, vb_span_str(keys[i].name)))
            return &keys[i];
    }
    return NULL;
}

enum vb__where vb__at_operation(enum vb_method method)
{
    switch (method) {
    case VB_METHOD_GET:
        return VB__AT_GET;
    case VB_METHOD_POST:
        return VB__AT_POST;
    case VB_METHOD_PUT:
    case VB_METHOD_PATCH:
    case VB_METHOD_DELETE:
        return VB__AT_CHANGE;
    default:
        return VB__AT_OTHER;
    }
}

/* "a path item, GET". */
static struct vb_span where_text(struct vb__reader *r, unsigned where)
{
    static const struct {
        unsigned bits;
        const char *text;
    } rows[] = {
        {VB__AT_SCHEMA, "the schema of a property"},
        {VB__AT_SCHEME, "a security scheme"},
        {VB__AT_PATH, "a path item"},
        {VB__AT_OPERATION, "an operation"},
        {VB__AT_GET, "GET"},
        {VB__AT_POST, "POST"},
        {VB__AT_CHANGE, "PUT, PATCH and DELETE"},
        {VB__AT_ROOT, "the root of the description"},
    };
    struct vb_span text = VB_SPAN("");

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if ((where & rows[i].bits) != rows[i].bits)
            continue;
        text = vb_arena_printf(r->arena, "%.*s%s%s", VB_FMT(text),
                               text.len > 0 ? ", " : "", rows[i].text);
        where &= ~rows[i].bits; /* all of them are not each of them, too */
    }
    return text;
}

static void refuse_key(struct vb__reader *r, yyjson_val *name)
{
    const char *names[KEY_COUNT];
    const char *near;

    for (size_t i = 0; i < KEY_COUNT; i++)
        names[i] = keys[i].name;
    near = vb__nearest(vb_json_text(name), names, KEY_COUNT);
    if (near)
        vb__error(r, name,
                  "x-verbatim has no key \"%.*s\"; did you mean \"%s\"?",
                  VB_FMT(vb_json_text(name)), near);
    else
        vb__error(r, name, "x-verbatim has no key \"%.*s\"",
                  VB_FMT(vb_json_text(name)));
}

/* A string that says something, or a list of them. */
static bool is_texts(yyjson_val *val)
{
    size_t i, max;
    yyjson_val *text;

    if (yyjson_is_str(val))
        return yyjson_get_len(val) > 0;
    yyjson_arr_foreach(val, i, max, text)
    {
        if (!yyjson_is_str(text) || yyjson_get_len(text) == 0)
            return false;
    }
    return yyjson_arr_size(val) > 0;
}

static bool is_within(yyjson_val *val, int64_t least, int64_t most)
{
    int64_t seconds;

    return vb__is_whole(val, least, most, &seconds);
}

static bool is_boolean(yyjson_val *val)
{
    return yyjson_is_bool(val);
}

static bool is_string(yyjson_val *val)
{
    return yyjson_is_str(val);
}

static bool is_object(yyjson_val *val)
{
    return yyjson_is_obj(val);
}

static bool is_leeway(yyjson_val *val)
{
    return is_within(val, 0, VB__LEEWAY_MOST);
}

static bool is_life(yyjson_val *val)
{
    return is_within(val, 1, SESSION_MOST);
}

static bool is_archetype(yyjson_val *val)
{
    return vb__archetype_of(val) >= 0;
}

static bool is_fill(yyjson_val *val)
{
    return vb__fill_of(val) >= 0;
}

static bool is_on_delete(yyjson_val *val)
{
    return vb__on_delete_of(val) >= 0;
}

/* A server, several, or more about them. */
static bool is_to(yyjson_val *val)
{
    return is_texts(val) || yyjson_is_obj(val);
}

static bool is_required(yyjson_val *val)
{
    return yyjson_equals_str(val, "required");
}

static bool is_session(yyjson_val *val)
{
    return yyjson_equals_str(val, "session");
}

/* None would be for pages of anybody. */
static bool is_same_site(yyjson_val *val)
{
    return yyjson_equals_str(val, "lax") || yyjson_equals_str(val, "strict");
}

static const struct {
    bool (*fits)(yyjson_val *val); /* NULL: anything does */
    const char *must;
} types[] = {
    [TYPE_BOOL] = {is_boolean, "must be true or false"},
    [TYPE_STRING] = {is_string, "must be a string"},
    [TYPE_OBJECT] = {is_object, "must be an object"},
    [TYPE_ARCHETYPE] = {is_archetype,
                        "must be one of document, collection, store, "
                        "controller, files, redirect, token, gateway, "
                        "graphql, session, account"},
    [TYPE_VALUE] = {is_fill, "must be one of id, uri, created, modified, "
                             "owner, revision"},
    [TYPE_HINTS] = {vb__hints_fit,
                    "must be a list of {href, rel, as}: a URI reference, and "
                    "tokens, of which as may be left out"},
    [TYPE_REQUIRED] = {is_required, "must be \"required\""},
    [TYPE_RULES] = {is_texts, "must be a rule or a list of rules: \"owner\", "
                              "\"self\", \"role:NAME\", \"account\", "
                              "\"anyone\", or an expression"},
    [TYPE_TEXTS] = {is_texts, "must be a string or a list of them"},
    [TYPE_LEEWAY] = {is_leeway, "must be from 0 to 600 seconds"},
    [TYPE_SECONDS] = {is_life, "must be from 1 to 34560000 seconds (400 days)"},
    [TYPE_SESSION] = {is_session, "must be \"session\""},
    [TYPE_SAME_SITE] = {is_same_site, "must be lax or strict"},
    [TYPE_ON_DELETE] = {is_on_delete,
                        "must be one of restrict, cascade, set-null"},
    [TYPE_TO] = {is_to, "must be a URL, a list of them, or an object"},
    [TYPE_ANY] = {NULL, ""},
};

/* What is wrong with the value, or NULL. */
static const char *why_wrong(enum type type, yyjson_val *val)
{
    return types[type].fits == NULL || types[type].fits(val) ? NULL
                                                             : types[type].must;
}

static void check_member(struct vb__reader *r, yyjson_val *name,
                         enum vb__where where)
{
    yyjson_val *val = yyjson_obj_iter_get_val(name);
    const struct key *key = find_key(vb_json_text(name));

    if (!key) {
        refuse_key(r, name);
        return;
    }
    if (!(key->where & (unsigned)where)) {
        vb__error(r, name, "\"%s\" belongs to %.*s", key->name,
                  VB_FMT(where_text(r, key->where)));
        return;
    }
    if (why_wrong(key->type, val)) {
        vb__error(r, val, "\"%s\" %s", key->name, why_wrong(key->type, val));
        return;
    }
    if (key->when == WHEN_LATER) {
        struct vb_place place = vb__place(r, name);

        vb__warn(r, "later", &place, "x-verbatim.%s is not served yet",
                 key->name);
    }
}

/* True the first time it is asked about a value. */
static bool first_time(struct vb__reader *r, const yyjson_val *val)
{
    struct vb__file *file = vb__files_of(r->files, val);
    size_t index = (size_t)(val - vb_yaml_root(file->yaml));
    uint8_t bit = (uint8_t)(1u << (index % 8));
    bool seen = (file->seen[index / 8] & bit) != 0;

    file->seen[index / 8] |= bit;
    return !seen;
}

/* "x-verbatm" would silently do nothing. */
static void check_spelling(struct vb__reader *r, yyjson_val *in)
{
    const struct vb_span ours = VB_SPAN("x-verbatim");
    yyjson_obj_iter iter;
    yyjson_val *name;

    yyjson_obj_iter_init(in, &iter);
    while ((name = yyjson_obj_iter_next(&iter)) != NULL) {
        size_t distance = vb__distance(vb_json_text(name), ours);

        if (distance > 0 && distance <= 2) {
            struct vb_place place = vb__place(r, name);

            vb__warn(r, "spelling", &place,
                     "\"%.*s\" means nothing; did you mean \"x-verbatim\"?",
                     VB_FMT(vb_json_text(name)));
        }
    }
}

yyjson_val *vb__extension(struct vb__reader *r, yyjson_val *in,
                          enum vb__where where)
{
    yyjson_val *extension = yyjson_obj_get(in, "x-verbatim");
    yyjson_obj_iter iter;
    yyjson_val *name;

    if (!yyjson_is_obj(in) || (r->foreign && where != VB__AT_ROOT))
        return NULL;
    if (!first_time(r, in))
        return yyjson_is_obj(extension) ? extension : NULL;
    check_spelling(r, in);
    if (!extension)
        return NULL;
    if (!vb__must_be_object(r, extension))
        return NULL;
    yyjson_obj_iter_init(extension, &iter);
    while ((name = yyjson_obj_iter_next(&iter)) != NULL)
        check_member(r, name, where);
    return extension;
}

yyjson_val *vb__extension_get(struct vb__reader *r, yyjson_val *in,
                              enum vb__where where, const char *name)
{
    yyjson_val *extension = vb__extension(r, in, where);
    yyjson_val *val = yyjson_obj_get(extension, name);
    const struct key *key = find_key(vb_span_str(name));

    if (r->foreign && strcmp(name, "base-path") != 0)
        return NULL;
    return val && key && !why_wrong(key->type, val) ? val : NULL;
}
