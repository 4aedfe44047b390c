/* What a request asks for (GraphQL over HTTP, section 5). See graph_part.h. */
#include "base/utf8.h"
#include "http/query.h"
#include "resource/graph_part.h"

/* application/graphql: the document is all that there is. */
#define TAKE_DOCUMENT 1

static bool refuse(struct vb__graph_run *run, const char *message)
{
    (void)vb__graph_fail(run, VB_STATUS_BAD_REQUEST, "BAD_REQUEST", message);
    return false;
}

/* --- parameters ------------------------------------------------------------
 */

static bool take_text(struct vb__graph_run *run, yyjson_val *value,
                      struct vb_span *ret_text, const char *message)
{
    if (yyjson_is_str(value))
        *ret_text = vb_json_text(value);
    return value == NULL || yyjson_is_null(value) || yyjson_is_str(value) ||
           refuse(run, message);
}

static bool take_variables(struct vb__graph_run *run, yyjson_val *value)
{
    if (yyjson_is_obj(value))
        run->asked.variables = value;
    return value == NULL || yyjson_is_null(value) || yyjson_is_obj(value) ||
           refuse(run, "variables must be an object");
}

/* Apollo's automatic persisted queries; no other extension means anything. */
static bool take_extensions(struct vb__graph_run *run, yyjson_val *value)
{
    yyjson_val *persisted, *version;

    if (value == NULL || yyjson_is_null(value))
        return true;
    if (!yyjson_is_obj(value))
        return refuse(run, "extensions must be an object");
    persisted = vb_json_member(value, VB_SPAN("persistedQuery"));
    if (persisted == NULL)
        return true;
    version = vb_json_member(persisted, VB_SPAN("version"));
    run->asked.hash = vb_json_member_text(persisted, "sha256Hash");
    return (vb_json_is_number(version) &&
            vb_span_eq(vb_json_text(version), VB_SPAN("1")) &&
            run->asked.hash.len == 2 * VB_GRAPH_HASH_LEN) ||
           refuse(run, "persistedQuery must have version 1 and a sha256Hash "
                       "of 64 hexadecimal digits");
}

/* There is something to execute. */
static bool has_document(struct vb__graph_run *run)
{
    return run->asked.query.ptr != NULL || run->asked.hash.len > 0 ||
           refuse(run, "query is missing: the document that is to be executed");
}

static bool parse(struct vb__graph_run *run, struct vb_span text,
                  struct vb_json **ret_json, const char *what)
{
    struct vb_json_error error;

    if (vb_json_parse(text, NULL, ret_json, &error) == VB_OK)
        return true;
    return refuse(run,
                  vb_arena_printf(&run->arena,
                                  "%s is not JSON: line %zu, column %zu: "
                                  "%s",
                                  what, error.line, error.column, error.text)
                      .ptr);
}

/* --- content ---------------------------------------------------------------
 */

static bool take_document(struct vb__graph_run *run)
{
    run->asked.query = vb_buf_span(&run->x->content);
    if (run->asked.query.ptr == NULL)
        run->asked.query = VB_SPAN("");
    return true;
}

bool vb__graph_ask_content(struct vb__graph_run *run)
{
    struct vb_exchange *x = run->x;
    yyjson_val *root;

    if (x->accept == TAKE_DOCUMENT)
        return take_document(run);
    if (x->accept < 0)
        return refuse(run, "the request has no content");
    if (!parse(run, vb_buf_span(&x->content), &run->json[0], "the content"))
        return false;
    root = run->json[0]->root;
    if (!yyjson_is_obj(root))
        return refuse(run, "a request is an object");
    return take_text(run, vb_json_member(root, VB_SPAN("query")),
                     &run->asked.query, "query must be a string") &&
           take_text(run, vb_json_member(root, VB_SPAN("operationName")),
                     &run->asked.operation, "operationName must be a string") &&
           take_variables(run, vb_json_member(root, VB_SPAN("variables"))) &&
           take_extensions(run, vb_json_member(root, VB_SPAN("extensions"))) &&
           has_document(run);
}

/* --- the query of a URI ----------------------------------------------------
 */

static bool take_json(struct vb__graph_run *run, struct vb_span text, int slot,
                      const char *name,
                      bool (*take)(struct vb__graph_run *, yyjson_val *))
{
    if (text.len == 0)
        return true;
    if (run->json[slot] != NULL)
        return refuse(run, "a parameter comes twice");
    return parse(run, text, &run->json[slot], name) &&
           take(run, run->json[slot]->root);
}

static bool take_once(struct vb__graph_run *run, struct vb_span text,
                      struct vb_span *to)
{
    if (to->ptr != NULL)
        return refuse(run, "a parameter comes twice");
    *to = text.ptr != NULL ? text : VB_SPAN("");
    return true;
}

static bool take_pair(struct vb__graph_run *run,
                      const struct vb_query_pair *pair)
{
    struct vb_span name = pair->name;

    if (!vb_utf8_valid(pair->value))
        return refuse(run, "a parameter is not UTF-8");
    if (vb_span_eq(name, VB_SPAN("query")))
        return take_once(run, pair->value, &run->asked.query);
    if (vb_span_eq(name, VB_SPAN("operationName")))
        return pair->value.len == 0 ||
               take_once(run, pair->value, &run->asked.operation);
    if (vb_span_eq(name, VB_SPAN("variables")))
        return take_json(run, pair->value, 0, "variables", take_variables);
    if (vb_span_eq(name, VB_SPAN("extensions")))
        return take_json(run, pair->value, 1, "extensions", take_extensions);
    return true; /* whatever else clients put there */
}

bool vb__graph_ask_query(struct vb__graph_run *run)
{
    struct vb_query query;
    struct vb_query_pair pair;

    vb_query_init(&query, &run->arena, run->x->head.query);
    while (vb_query_next(&query, &pair))
        if (!take_pair(run, &pair))
            return false;
    return query.err == VB_OK ? has_document(run)
                              : refuse(run, "the query is malformed");
}
