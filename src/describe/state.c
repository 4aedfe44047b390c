/*
 * What a document or a member holds. Two schemas describe it: the one of what
 * clients send (input: the content of PUT, and of POST to its collection) and
 * the one of what they get (output: the answer to GET). The input decides what
 * is valid. A property that is only in the output must be the server's.
 */
#include "describe/read.h"

#include "base/buf.h"
#include "base/hash.h"
#include "describe/fill.h"
#include "describe/unkept.h"

/* Nested objects are followed so deep, and so many properties looked at. */
enum { DEPTH_MOST = 8, VISITS_MOST = 5000 };

struct sources {
    const struct vb_schema *inputs[2]; /* PUT, POST; may be NULL */
    const struct vb_schema *output;
};

struct found {
    struct vb_property property;
    struct found *next;
};

/* One collecting walk. */
struct walk {
    struct vb__reader *r;
    const struct vb_route *route;
    struct vb_arena scratch;
    struct vb__unkept unkept;
    struct found *first, **last;
    size_t count, visits;
    bool output_only; /* no input names what is found now */
    unsigned arrays;  /* that we are in the elements of */
    struct vb_span path[DEPTH_MOST];
    const struct vb_schema *chain[DEPTH_MOST]; /* objects we are in */
};

/* --- schemas ------------------------------------------------------------- */

static const struct vb_content *json_of(const struct vb_content *media,
                                        size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (media[i].kind == VB_MEDIA_JSON)
            return &media[i];
    }
    return NULL;
}

static const struct vb_content *many_of(const struct vb_content *media,
                                        size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (vb_media_is_many(media[i].kind))
            return &media[i];
    }
    return NULL;
}

/* Of JSON; or, where that is not taken, of what many are taken as. */
static const struct vb_schema *request_schema(const struct vb_operation *op)
{
    const struct vb_content *media =
        op ? json_of(op->request.media, op->request.media_count) : NULL;

    if (op && !media)
        media = many_of(op->request.media, op->request.media_count);
    return media ? media->schema : NULL;
}

/* Of the first success with JSON in it. */
static const struct vb_schema *response_schema(const struct vb_operation *op)
{
    for (size_t i = 0; op && i < op->response_count; i++) {
        const struct vb_described_response *response = &op->responses[i];
        const struct vb_content *media =
            json_of(response->media, response->media_count);

        if (media && (response->status / 100 == 2 || response->status == 2))
            return media->schema;
    }
    return NULL;
}

static struct sources sources_of(const struct vb_route *member,
                                 const struct vb_route *collection)
{
    const struct vb_operation *const *by = member ? member->by_method : NULL;
    const struct vb_operation *post =
        collection ? collection->by_method[VB_METHOD_POST] : NULL;
    struct sources s = {{NULL, NULL}, NULL};
    const struct vb_schema *list =
        collection ? response_schema(collection->by_method[VB_METHOD_GET])
                   : NULL;

    if (by) {
        s.inputs[0] = request_schema(by[VB_METHOD_PUT]);
        s.output = response_schema(by[VB_METHOD_GET]);
        if (!s.output)
            s.output = response_schema(by[VB_METHOD_PUT]);
    }
    s.inputs[1] = request_schema(post);
    if (!s.output)
        s.output = response_schema(post);
    if (!s.output && list)
        s.output = vb_schema_items(list);
    return s;
}

/* --- extensions of a property -------------------------------------------- */

static yyjson_val *rule_of(const struct vb_schema *schema, const char *name)
{
    yyjson_val *extension =
        schema ? vb_schema_keyword(schema, VB_SPAN("x-verbatim")) : NULL;

    return yyjson_obj_get(extension, name);
}

static bool is_true(const struct vb_schema *schema, const char *name)
{
    return yyjson_is_true(rule_of(schema, name));
}

/* What stands there must be able to be null; an element just leaves. */
static void read_on_delete(struct walk *w, const struct vb_schema *schema,
                           const struct vb_schema *items, struct vb_property *p)
{
    yyjson_val *rule = rule_of(items, "on-delete");
    int word = rule ? vb__on_delete_of(rule) : VB_ON_DELETE_RESTRICT;

    if (rule && !p->references)
        vb__error(w->r, rule, "on-delete is for what has references beside it");
    if (word == VB_ON_DELETE_SET_NULL && items == schema &&
        !(p->types & VB_SCHEMA_NULL))
        vb__error(w->r, rule,
                  "to become null, it must be described as "
                  "something that can: type: [..., \"null\"]");
    if (word > VB_ON_DELETE_RESTRICT && p->references) {
        p->on_delete = (enum vb_on_delete)word;
        ((struct vb_route *)p->references)->depended = true;
    }
}

static void read_references(struct walk *w, const struct vb_schema *schema,
                            struct vb_property *p)
{
    const struct vb_schema *items = schema;
    yyjson_val *rule = rule_of(schema, "references");
    const struct vb_route *target;

    p->many = (p->types & VB_SCHEMA_ARRAY) && !(p->types & VB_SCHEMA_STRING);
    for (int i = 0; !rule && p->many && items && i < DEPTH_MOST; i++) {
        items = vb_schema_items(items); /* of arrays of arrays as well */
        rule = rule_of(items, "references");
    }
    if (!rule)
        items = schema;
    if (!yyjson_is_str(rule)) {
        read_on_delete(w, schema, items, p);
        return;
    }
    target = vb__route_find(w->r, vb_json_text(rule));
    if (!target)
        vb__error(w->r, rule, "there is no path \"%.*s\"",
                  VB_FMT(vb_json_text(rule)));
    else if (target->archetype != VB_ARCHETYPE_DOCUMENT ||
             vb_template_variables(&target->template) != 1)
        vb__error(w->r, rule,
                  "\"%.*s\" is not a document with one variable; only such can "
                  "be referred to",
                  VB_FMT(vb_json_text(rule)));
    else
        p->references = target;
    read_on_delete(w, schema, items, p);
}

/* A rule about values that are compared needs values that compare. */
static void check_scalar(struct walk *w, const struct vb_property *p,
                         const struct vb_schema *schema)
{
    const unsigned scalars = VB_SCHEMA_BOOLEAN | VB_SCHEMA_NUMBER |
                             VB_SCHEMA_INTEGER | VB_SCHEMA_STRING;

    if ((p->unique || p->index) && !(p->types & scalars))
        vb__error(w->r, rule_of(schema, p->unique ? "unique" : "index"),
                  "only a scalar can be %s", p->unique ? "unique" : "indexed");
    if (p->search && !(p->types & VB_SCHEMA_STRING))
        vb__error(w->r, rule_of(schema, "search"),
                  "only a string can be searched");
}

static void read_fill(struct walk *w, const struct vb_schema *schema,
                      struct vb_property *p)
{
    yyjson_val *rule = rule_of(schema, "value");
    int fill = rule ? vb__fill_of(rule) : -1;

    if (fill > 0)
        p->fill = (enum vb_fill)fill;
    else if (p->path_len == 1)
        p->fill = vb__fill_infer(w->route, p);
    if (p->fill != VB_FILL_NONE)
        p->read_only = true; /* what the server writes is the server's */
}

/* --- collecting ---------------------------------------------------------- */

static bool has_role(const struct vb_property *p)
{
    return p->read_only || p->write_only || p->unique || p->index ||
           p->search || p->references || p->default_value ||
           p->fill != VB_FILL_NONE;
}

static bool same_path(const struct vb_property *p, const struct vb_span *path,
                      size_t len)
{
    if (p->path_len != len)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (!vb_span_eq(p->path[i], path[i]))
            return false;
    }
    return true;
}

static bool is_found(const struct walk *w, size_t len)
{
    for (const struct found *f = w->first; f; f = f->next) {
        if (same_path(&f->property, w->path, len))
            return true;
    }
    return false;
}

static void keep(struct walk *w, const struct vb_property *p)
{
    struct found *f = vb_arena_calloc(&w->scratch, 1, sizeof(*f));
    struct vb_span *path = VB__NEW(w->r, struct vb_span, p->path_len);

    if (!f || !path)
        return;
    memcpy(path, w->path, p->path_len * sizeof(*path));
    f->property = *p;
    f->property.path = path;
    *w->last = f;
    w->last = &f->next;
    w->count++;
}

/* Elements of arrays have no name that would outlive a change, so the rules
 * about single properties are not for them; but to be hidden, or to refer to
 * something, needs no name. */
static void visit_element(struct walk *w,
                          const struct vb_schema_property *named, size_t depth)
{
    struct vb_property p = {
        .path = w->path,
        .path_len = depth + 1,
        .write_only = named->facts.write_only,
        .types = named->facts.types,
        .format = named->facts.format,
    };

    vb__schema_check(w->r, vb_schema_value(named->schema));
    read_references(w, named->schema, &p);
    if (p.write_only || p.references)
        keep(w, &p);
}

static void visit(struct walk *w, const struct vb_schema_property *named,
                  size_t depth)
{
    struct vb_property p = {
        .path = w->path,
        .path_len = depth + 1,
        .read_only = named->facts.read_only || w->output_only,
        .write_only = named->facts.write_only,
        .in_request = !w->output_only,
        .unique = is_true(named->schema, "unique"),
        .index = is_true(named->schema, "index"),
        .search = is_true(named->schema, "search"),
        .types = named->facts.types,
        .item_types = vb__item_types(named->schema),
        .format = named->facts.format,
        .default_value = named->facts.default_value,
    };

    vb__schema_check(w->r, vb_schema_value(named->schema));
    read_references(w, named->schema, &p);
    check_scalar(w, &p, named->schema);
    read_fill(w, named->schema, &p);
    keep(w, &p);
}

/* Whether a property's value may be an object, whose own properties count. */
static bool is_object(const struct vb_schema_property *named)
{
    return (named->facts.types & VB_SCHEMA_OBJECT) != 0;
}

static bool is_in_chain(const struct walk *w, const struct vb_schema *schema,
                        size_t depth)
{
    for (size_t i = 0; i < depth; i++) {
        if (w->chain[i] == schema)
            return true;
    }
    return false;
}

static void collect(struct walk *w, const struct vb_schema *schema,
                    size_t depth);

/* What is in the elements of arrays, and of arrays in them. */
static void collect_elements(struct walk *w, const struct vb_schema *array,
                             size_t depth)
{
    const struct vb_schema *items = vb_schema_items(array);

    if (depth >= DEPTH_MOST)
        vb__unkept_look(&w->unkept, items, VB__TOO_DEEP);
    if (items == NULL || depth >= DEPTH_MOST)
        return;
    w->path[depth] = vb_span_of(NULL, 0);
    w->chain[depth] = array;
    w->arrays++;
    collect(w, items, depth + 1);
    collect_elements(w, items, depth + 1);
    w->arrays--;
}

/* Bounded by depth and visits, so that a schema which contains itself ends. */
static void collect(struct walk *w, const struct vb_schema *schema,
                    size_t depth)
{
    const struct vb_schema_property *named;
    size_t count;

    if (depth >= DEPTH_MOST || is_in_chain(w, schema, depth)) {
        vb__unkept_look(&w->unkept, schema, VB__TOO_DEEP);
        return;
    }
    if (vb_schema_properties(schema, &w->scratch, &named, &count) != VB_OK)
        return;
    w->chain[depth] = schema;
    for (size_t i = 0; i < count && w->visits < VISITS_MOST; i++) {
        bool known;

        w->visits++;
        w->path[depth] = named[i].name;
        known = is_found(w, depth + 1);
        if (!known && w->arrays > 0)
            visit_element(w, &named[i], depth);
        else if (!known)
            visit(w, &named[i], depth);
        collect_elements(w, named[i].schema, depth + 1);
        /* What is the server's is so with all that is in it. */
        if (is_object(&named[i]) && (known || !w->output_only))
            collect(w, named[i].schema, depth + 1);
    }
}

static void collect_all(struct walk *w, const struct vb_schema *schema)
{
    w->unkept.sent = !w->output_only;
    vb__unkept_look(&w->unkept, schema, VB__KEPT);
    collect(w, schema, 0);
    collect_elements(w, schema, 0);
}

/* What lies in the elements of an array is in nobody's list of fields, but for
 * what must not be asked about. */
static bool in_elements(const struct vb_property *p)
{
    for (size_t i = 0; i < p->path_len; i++) {
        if (p->path[i].ptr == NULL)
            return true;
    }
    return false;
}

static struct vb_span name_hidden(struct walk *w)
{
    struct vb_span name = VB_SPAN("");
    struct vb_buf paths;

    vb_buf_init(&paths, SIZE_MAX);
    for (const struct found *f = w->first; f; f = f->next) {
        const struct vb_property *p = &f->property;

        for (size_t i = 0; p->write_only && i < p->path_len; i++)
            vb_buf_printf(&paths, "%s%.*s", p->path[i].ptr == NULL ? "[" : "/",
                          VB_FMT(p->path[i]));
        if (p->write_only)
            vb_buf_char(&paths, '\0');
    }
    if (paths.len > 0)
        name = vb_arena_printf(w->r->arena, "w%016llx",
                               (unsigned long long)vb_hash(
                                   &vb_hash_key_fixed, vb_buf_span(&paths)));
    w->r->arena->failed |= paths.err != VB_OK;
    vb_buf_done(&paths);
    return name;
}

static void finish(struct walk *w, struct vb_state *state)
{
    struct vb_property *list = VB__NEW(w->r, struct vb_property, w->count);
    struct vb_property *all = VB__NEW(w->r, struct vb_property, w->count);
    size_t i = 0, k = 0;

    for (const struct found *f = w->first; list && all && f; f = f->next) {
        if (f->property.write_only || !in_elements(&f->property))
            all[k++] = f->property;
        if (f->property.path_len == 1 || has_role(&f->property))
            list[i++] = f->property;
    }
    w->r->arena->failed |= w->scratch.failed;
    state->properties = list;
    state->property_count = i;
    state->hidden = name_hidden(w);
    state->fields = all;
    state->field_count = k;
    vb_arena_done(&w->scratch);
    vb__unkept_done(&w->unkept);
}

static void read_properties(struct vb__reader *r, const struct vb_route *route,
                            const struct sources *s, struct vb_state *state)
{
    struct walk w = {.r = r, .route = route};

    w.last = &w.first;
    vb_arena_init(&w.scratch, 16384, (size_t)32 << 20);
    vb__unkept_init(&w.unkept, r);
    for (size_t i = 0; i < 2; i++) {
        if (s->inputs[i])
            collect_all(&w, s->inputs[i]);
    }
    w.output_only = w.count > 0;
    if (s->output)
        collect_all(&w, s->output);
    finish(&w, state);
}

/* --- the state ----------------------------------------------------------- */

static bool takes(const struct vb_operation *op, enum vb_media_kind kind)
{
    for (size_t i = 0; op && i < op->request.media_count; i++) {
        if (op->request.media[i].kind == kind && op->request.media[i].served)
            return true;
    }
    return false;
}

static bool gives(const struct vb_operation *op, enum vb_media_kind kind)
{
    for (size_t i = 0; op && i < op->response_count; i++) {
        const struct vb_described_response *response = &op->responses[i];

        for (size_t k = 0; k < response->media_count; k++) {
            if (response->media[k].kind == kind && response->media[k].served &&
                (response->status / 100 == 2 || response->status == 2))
                return true;
        }
    }
    return false;
}

/* JSON unless only bytes are ever taken or given. */
static void read_forms(const struct vb_route *member,
                       const struct vb_route *collection,
                       struct vb_state *state)
{
    const struct vb_operation *put =
        member ? member->by_method[VB_METHOD_PUT] : NULL;
    const struct vb_operation *get =
        member ? member->by_method[VB_METHOD_GET] : NULL;
    const struct vb_operation *post =
        collection ? collection->by_method[VB_METHOD_POST] : NULL;
    bool taken =
        takes(put, VB_MEDIA_VERBATIM) || takes(post, VB_MEDIA_VERBATIM);
    bool json =
        takes(put, VB_MEDIA_JSON) || takes(post, VB_MEDIA_JSON) ||
        (post && many_of(post->request.media, post->request.media_count)) ||
        gives(get, VB_MEDIA_JSON);

    state->verbatim = taken || (!json && gives(get, VB_MEDIA_VERBATIM));
    state->json = json || !state->verbatim;
}

static void read_state(struct vb__reader *r, struct vb_route *member,
                       struct vb_route *collection)
{
    struct sources s = sources_of(member, collection);
    struct vb_state *state = VB__NEW(r, struct vb_state, 1);

    if (!state)
        return;
    state->schema = s.inputs[0]   ? s.inputs[0]
                    : s.inputs[1] ? s.inputs[1]
                                  : s.output;
    read_forms(member, collection, state);
    read_properties(r, member ? member : collection, &s, state);
    if (member)
        member->state = state;
    if (collection)
        collection->state = state;
}

void vb__states(struct vb__reader *r)
{
    for (size_t i = 0; i < r->route_count; i++) {
        struct vb_route *route = &r->routes[i];

        if (route->archetype == VB_ARCHETYPE_DOCUMENT && !route->state)
            read_state(r, route, (struct vb_route *)route->collection);
        else if ((route->archetype == VB_ARCHETYPE_COLLECTION ||
                  route->archetype == VB_ARCHETYPE_STORE) &&
                 !route->member)
            read_state(r, NULL, route);
    }
}
