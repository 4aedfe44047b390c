/* Parameter Objects (OpenAPI, "Parameter Object"): a path item's and an
 * operation's own, which override those of the same name and place. */
#include "describe/read.h"

static const struct {
    const char *name;
    enum vb_parameter_in in;
    enum vb_parameter_style style; /* where none is said */
} places[] = {
    {"path", VB_IN_PATH, VB_STYLE_SIMPLE},
    {"query", VB_IN_QUERY, VB_STYLE_FORM},
    {"header", VB_IN_HEADER, VB_STYLE_SIMPLE},
    {"cookie", VB_IN_COOKIE, VB_STYLE_FORM},
    {"querystring", VB_IN_QUERYSTRING, VB_STYLE_FORM},
};

#define IN(place) (1u << VB_IN_##place)

/* Which styles go where (OpenAPI, "Style Values"). */
static const struct {
    const char *name;
    enum vb_parameter_style style;
    unsigned in;
} styles[] = {
    {"simple", VB_STYLE_SIMPLE, IN(PATH) | IN(HEADER)},
    {"form", VB_STYLE_FORM, IN(QUERY) | IN(COOKIE)},
    {"label", VB_STYLE_LABEL, IN(PATH)},
    {"matrix", VB_STYLE_MATRIX, IN(PATH)},
    {"spaceDelimited", VB_STYLE_SPACE_DELIMITED, IN(QUERY)},
    {"pipeDelimited", VB_STYLE_PIPE_DELIMITED, IN(QUERY)},
    {"deepObject", VB_STYLE_DEEP_OBJECT, IN(QUERY)},
    {"cookie", VB_STYLE_COOKIE, IN(COOKIE)},
};

static bool read_place(struct vb__reader *r, yyjson_val *val,
                       struct vb_parameter *p)
{
    struct vb_span in = vb__string_needed(r, val, "in");

    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        if (!vb_span_eq(in, vb_span_str(places[i].name)))
            continue;
        p->in = places[i].in;
        p->style = places[i].style;
        return true;
    }
    if (in.len > 0)
        vb__error(r, yyjson_obj_get(val, "in"),
                  "in must be one of path, query, header, cookie, querystring");
    return false;
}

static bool read_style(struct vb__reader *r, yyjson_val *val,
                       struct vb_parameter *p)
{
    struct vb_span style = vb__string(r, val, "style");

    if (style.len == 0)
        return true;
    for (size_t i = 0; i < sizeof(styles) / sizeof(styles[0]); i++) {
        if (!vb_span_eq(style, vb_span_str(styles[i].name)) ||
            !(styles[i].in & (1u << p->in)))
            continue;
        p->style = styles[i].style;
        return true;
    }
    vb__error(r, yyjson_obj_get(val, "style"),
              "style \"%.*s\" is not one for this place", VB_FMT(style));
    return false;
}

/* `schema`, or the schema of the one entry of `content`. */
static yyjson_val *find_schema(struct vb__reader *r, yyjson_val *val,
                               struct vb_parameter *p)
{
    yyjson_val *content = vb__object(r, val, "content");
    yyjson_val *name, *media;
    yyjson_obj_iter iter;

    if (!content)
        return yyjson_obj_get(val, "schema");
    if (yyjson_obj_size(content) != 1) {
        vb__error(r, content, "content of a parameter has exactly one entry");
        return NULL;
    }
    yyjson_obj_iter_init(content, &iter);
    name = yyjson_obj_iter_next(&iter);
    media = vb__follow(r, yyjson_obj_iter_get_val(name));
    p->media_type = vb_json_text(name);
    return media ? yyjson_obj_get(media, "schema") : NULL;
}

static bool read_parameter(struct vb__reader *r, yyjson_val *val,
                           struct vb_parameter *p)
{
    struct vb_schema_facts facts;

    p->place = vb__spot(r, val);
    val = vb__follow(r, val);
    if (!val || !vb__must_be_object(r, val))
        return false;
    p->name = vb__string_needed(r, val, "name");
    if (!read_place(r, val, p) || p->name.len == 0 || !read_style(r, val, p))
        return false;
    p->explode =
        vb__bool(r, val, "explode",
                 p->style == VB_STYLE_FORM || p->style == VB_STYLE_COOKIE);
    p->required = vb__bool(r, val, "required", p->in == VB_IN_PATH);
    p->schema = vb__schema(r, find_schema(r, val, p));
    facts = vb__facts(p->schema);
    p->types = facts.types;
    p->item_types = vb__item_types(p->schema);
    p->format = facts.format;
    return true;
}

/* Names of fields are compared without case (RFC 9110 section 5.1). */
static bool same(const struct vb_parameter *a, const struct vb_parameter *b)
{
    if (a->in != b->in)
        return false;
    return a->in == VB_IN_HEADER ? vb_span_ieq(a->name, b->name)
                                 : vb_span_eq(a->name, b->name);
}

/* OpenAPI: a header parameter of these names shall be ignored. */
static bool is_ignored(const struct vb_parameter *p)
{
    return p->in == VB_IN_HEADER &&
           (vb_span_ieq(p->name, VB_SPAN("Accept")) ||
            vb_span_ieq(p->name, VB_SPAN("Content-Type")) ||
            vb_span_ieq(p->name, VB_SPAN("Authorization")));
}

/* Adds one, in the place of an inherited one of the same name (those before
 * `own`); the same name twice in one list is an error. */
static void add(struct vb__reader *r, yyjson_val *at,
                const struct vb_parameter *p, struct vb_parameter *list,
                size_t *count, size_t own, bool *taken)
{
    for (size_t i = 0; i < *count; i++) {
        if (!same(&list[i], p))
            continue;
        if (i >= own || taken[i]) {
            vb__error(r, at, "parameter \"%.*s\" comes twice", VB_FMT(p->name));
            return;
        }
        list[i] = *p;
        taken[i] = true;
        return;
    }
    list[(*count)++] = *p;
}

static void read_list(struct vb__reader *r, yyjson_val *array,
                      struct vb_parameter *list, size_t *count, bool *taken)
{
    size_t own = *count, i, max;
    yyjson_val *val;

    yyjson_arr_foreach(array, i, max, val)
    {
        struct vb_parameter p = {0};

        if (read_parameter(r, val, &p) && !is_ignored(&p))
            add(r, val, &p, list, count, own, taken);
    }
}

/* A key that another server is sent in the query, at whichever operation, has a
 * name there like any other. */
static bool read_key(struct vb__reader *r, yyjson_val *scheme,
                     struct vb_parameter *p)
{
    yyjson_val *val = vb__follow(r, scheme);

    if (!yyjson_equals_str(yyjson_obj_get(val, "type"), "apiKey") ||
        !yyjson_equals_str(yyjson_obj_get(val, "in"), "query"))
        return false;
    *p = (struct vb_parameter){.name = vb__string(r, val, "name"),
                               .in = VB_IN_QUERY,
                               .types = VB_SCHEMA_ANY,
                               .item_types = VB_SCHEMA_ANY,
                               .place = vb__spot(r, val)};
    return p->name.len > 0;
}

static void add_keys(struct vb__reader *r, yyjson_val *schemes,
                     struct vb_parameter *list, size_t *count)
{
    yyjson_obj_iter iter;
    yyjson_val *name;

    yyjson_obj_iter_init(schemes, &iter);
    while ((name = yyjson_obj_iter_next(&iter)) != NULL) {
        struct vb_parameter p;
        bool known = !read_key(r, yyjson_obj_iter_get_val(name), &p);

        for (size_t i = 0; !known && i < *count; i++)
            known = same(&list[i], &p);
        if (!known)
            list[(*count)++] = p;
    }
}

void vb__parameters_read(struct vb__reader *r, yyjson_val *path_item,
                         yyjson_val *operation, struct vb_parameter **ret,
                         size_t *ret_count)
{
    yyjson_val *outer = vb__array(r, path_item, "parameters");
    yyjson_val *inner = vb__array(r, operation, "parameters");
    yyjson_val *schemes =
        r->foreign ? yyjson_obj_get(yyjson_obj_get(r->root, "components"),
                                    "securitySchemes")
                   : NULL;
    size_t most = yyjson_arr_size(outer) + yyjson_arr_size(inner) +
                  yyjson_obj_size(schemes);
    struct vb_parameter *list = VB__NEW(r, struct vb_parameter, most);
    bool *taken = VB__NEW(r, bool, most);
    size_t count = 0;

    if (list && taken) {
        read_list(r, outer, list, &count, taken);
        read_list(r, inner, list, &count, taken);
        add_keys(r, schemes, list, &count);
    }
    *ret = list;
    *ret_count = count;
}
