/* From a file to a description: the document's frame, then each step in turn.
 * See read.h. */
#include "describe/read.h"

#include <stdlib.h>

/* Values of a description are few next to the document they come from. */
enum { ARENA_BLOCK = 65536 };
#define ARENA_MOST ((size_t)256 << 20)

/* Paths a description may have. */
enum { ROUTES_MOST = 20000 };

/* --- the frame ----------------------------------------------------------- */

/* "3.1.0"; some write 3.1, which YAML takes for a number. */
static struct vb_span text_or_number(yyjson_val *val)
{
    if (yyjson_is_str(val) || (val && vb_json_is_number(val)))
        return vb_json_text(val);
    return VB_SPAN("");
}

static void read_version(struct vb__reader *r)
{
    struct vb_description *d = &r->into->public;
    yyjson_val *val = yyjson_obj_get(r->root, "openapi");

    d->openapi = text_or_number(val);
    if (!val && yyjson_obj_get(r->root, "swagger"))
        vb__error(r, yyjson_obj_get(r->root, "swagger"),
                  "this is Swagger 2.0; OpenAPI 3.0, 3.1 or 3.2 is wanted");
    else if (!val)
        vb__error(r, r->root, "openapi is missing");
    else if (d->openapi.len < 3 || !vb_span_starts(d->openapi, VB_SPAN("3.")) ||
             d->openapi.ptr[2] < '0' || d->openapi.ptr[2] > '2' ||
             (d->openapi.len > 3 && d->openapi.ptr[3] != '.'))
        vb__error(r, val, "OpenAPI \"%.*s\" is not one of 3.0, 3.1, 3.2",
                  VB_FMT(d->openapi));
    else
        r->minor = (unsigned)(d->openapi.ptr[2] - '0');
}

static void read_info(struct vb__reader *r)
{
    struct vb_description *d = &r->into->public;
    yyjson_val *info = vb__object(r, r->root, "info");
    yyjson_val *version = yyjson_obj_get(info, "version");

    if (!info) {
        if (!yyjson_obj_get(r->root, "info"))
            vb__error(r, r->root, "info is missing");
        return;
    }
    d->title = vb__string_needed(r, info, "title");
    d->text = vb__string(r, info, "description");
    d->version = text_or_number(version);
    if (d->version.len == 0)
        vb__error(r, version ? version : info,
                  version ? "version must be a string" : "version is missing");
}

/* The path of the first server's URL, without a slash at its end. */
static struct vb_span server_path(struct vb__reader *r)
{
    yyjson_val *server = yyjson_arr_get_first(vb__array(r, r->root, "servers"));
    struct vb_span url = vb__string(r, server, "url");
    ssize_t from = 0;

    for (size_t i = 0; i + 1 < url.len; i++) {
        if (url.ptr[i] == '/' && url.ptr[i + 1] == '/') {
            from = vb_span_find(url, '/', i + 2);
            break;
        }
    }
    return from < 0 ? VB_SPAN("") : vb_span_from(url, (size_t)from);
}

/*
 * Paths are served as they are written: the servers of a description are where
 * somebody else serves it. x-verbatim.base-path at the root puts a path before
 * all of them; "server" takes the one of servers[0].url.
 */
static void read_base_path(struct vb__reader *r)
{
    yyjson_val *val = vb__extension_get(r, r->root, VB__AT_ROOT, "base-path");
    struct vb_span path;

    if (!val)
        return;
    path =
        yyjson_equals_str(val, "server") ? server_path(r) : vb_json_text(val);
    while (path.len > 0 && path.ptr[path.len - 1] == '/')
        path.len--;
    if (path.len > 0 &&
        (path.ptr[0] != '/' || vb_span_find(path, '{', 0) >= 0 ||
         !vb__is_plain(path)))
        vb__error(r, val,
                  "base-path must be \"server\" or a path such as "
                  "\"/v2\", without variables");
    else
        r->into->public.base_path = path;
}

/* --- paths --------------------------------------------------------------- */

static size_t count_paths(yyjson_val *paths)
{
    yyjson_obj_iter iter;
    yyjson_val *name;
    size_t count = 0;

    yyjson_obj_iter_init(paths, &iter);
    while ((name = yyjson_obj_iter_next(&iter)) != NULL)
        count += !vb_span_starts(vb_json_text(name), VB_SPAN("x-"));
    return count;
}

static void read_paths(struct vb__reader *r)
{
    yyjson_val *paths = vb__object(r, r->root, "paths");
    size_t count = count_paths(paths);
    yyjson_obj_iter iter;
    yyjson_val *name;

    /* In 3.0 paths are required; without any there is nothing to serve. */
    if (count == 0 && !yyjson_obj_get(r->root, "paths"))
        vb__error(r, r->root, "paths is missing: there is nothing to serve");
    if (count > ROUTES_MOST) {
        vb__error(r, paths, "more than %d paths", ROUTES_MOST);
        return;
    }
    r->routes = VB__NEW(r, struct vb_route, count);
    yyjson_obj_iter_init(paths, &iter);
    while ((name = yyjson_obj_iter_next(&iter)) != NULL) {
        if (vb_span_starts(vb_json_text(name), VB_SPAN("x-")))
            continue;
        if (!vb_span_starts(vb_json_text(name), VB_SPAN("/")))
            vb__error(r, name, "a path begins with a slash");
        else if (!vb__is_plain(vb_json_text(name)))
            vb__error(r, name, "a path has no control characters");
        else if (r->routes)
            vb__path_read(r, &r->routes[r->route_count++], name);
    }
}

static void publish(struct vb__reader *r)
{
    struct vb__description *into = r->into;
    const struct vb_route **list =
        VB__NEW(r, const struct vb_route *, r->route_count);

    for (size_t i = 0; list && i < r->route_count; i++)
        list[i] = &r->routes[i];
    into->public.routes = list;
    into->public.route_count = list ? r->route_count : 0;
    into->public.source = vb_buf_span(&r->files->text);
    into->public.file_count = r->files->count;
    into->public.warnings = into->warnings.first;
}

/* --- the steps ----------------------------------------------------------- */

static enum vb_err read_all(struct vb__reader *r)
{
    yyjson_val *demand;
    enum vb_err err;

    r->root = vb_yaml_root(r->files->at[0].yaml);
    r->into->public.root = r->root;
    r->into->public.foreign = r->foreign;
    r->into->public.file = vb_yaml_name(r->files->at[0].yaml);
    if (!vb__must_be_object(r, r->root))
        return VB_ERR_INVALID;
    read_version(r);
    if (r->notes->errors > 0)
        return VB_ERR_INVALID; /* what follows depends on the version */
    err = vb__schemas_start(r);
    if (err)
        return err;
    read_info(r);
    read_base_path(r);
    if (!r->foreign)
        vb__schemes(r);
    if (!r->foreign && yyjson_obj_get(r->root, "security"))
        r->security = vb__security_read(r, r->root);
    demand = vb__extension_get(r, r->root, VB__AT_ROOT, "require-precondition");
    r->require_precondition = yyjson_is_true(demand);
    read_paths(r);
    vb__archetypes(r);
    vb__states(r);
    vb__views(r);
    vb__tombstones(r);
    vb__actions(r);
    vb__directories(r);
    vb__redirects(r);
    vb__gateways(r);
    vb__accounts(r);
    vb__allows(r);
    vb__sessions(r);
    vb__schemes_served(r);
    vb__securities_served(r);
    vb__cors(r);
    vb__service(r);
    vb__idle(r);
    publish(r);
    if (r->schemas_failed)
        return r->schemas_failed;
    if (r->arena->failed || r->into->warnings.arena.failed)
        return VB_ERR_NOMEM;
    return r->notes->errors > 0 ? VB_ERR_INVALID : VB_OK;
}

static struct vb__description *new_description(struct vb_notes *notes)
{
    struct vb__description *d = calloc(1, sizeof(*d));

    if (!d)
        return NULL;
    vb_ref_init(&d->ref);
    vb_arena_init(&d->arena, ARENA_BLOCK, ARENA_MOST);
    vb_notes_init(&d->warnings);
    vb__files_init(&d->files, &d->arena, notes);
    return d;
}

/* What failed without a place, such as memory, is told of the whole file. */
static void explain(struct vb_notes *notes, struct vb_span name,
                    enum vb_err err)
{
    struct vb_place place = {.file = name};

    if (notes->errors == 0)
        vb_note(notes, VB_NOTE_ERROR, VB_SPAN(""), &place, "%s",
                vb_err_text(err));
}

/* Either of `path` and `text`. */
static enum vb_err load(const char *path, struct vb_span name,
                        const struct vb_span *text,
                        const struct vb_gateway *foreign,
                        struct vb_notes *notes,
                        const struct vb_description **ret_description)
{
    struct vb__description *d = new_description(notes);
    struct vb__reader r = {.into = d, .notes = notes, .foreign = foreign};
    enum vb_err err;

    if (!d) {
        explain(notes, name, VB_ERR_NOMEM);
        return VB_ERR_NOMEM;
    }
    r.arena = &d->arena;
    r.files = &d->files;
    err = text ? vb__files_text(&d->files, name, *text)
               : vb__files_main(&d->files, path);
    if (!err)
        err = read_all(&r);
    if (err) {
        explain(notes, name, err);
        vb_description_unref(&d->public);
        return err;
    }
    d->files.notes = NULL; /* the caller's; nothing is read any more */
    *ret_description = &d->public;
    return VB_OK;
}

enum vb_err vb_description_load(const char *path, struct vb_notes *notes,
                                const struct vb_description **ret_description)
{
    return load(path, vb_span_str(path), NULL, NULL, notes, ret_description);
}

enum vb_err
vb_description_load_of(const char *path, const struct vb_gateway *gateway,
                       struct vb_notes *notes,
                       const struct vb_description **ret_description)
{
    return load(path, vb_span_str(path), NULL, gateway, notes, ret_description);
}

enum vb_err vb_description_parse(struct vb_span name, struct vb_span text,
                                 struct vb_notes *notes,
                                 const struct vb_description **ret_description)
{
    return load(NULL, name, &text, NULL, notes, ret_description);
}
