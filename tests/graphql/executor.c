/*
 * Executes requests from standard input, one a line, and writes a response for
 * each, so that others can be compared with it (tests/http/executes.mjs).
 *
 *     executor zoo|leaves < LINES    {"query": ..., "variables": {...},
 *                                     "operationName": ..., "root": {...}}
 *     executor zoo|leaves --schema   its type system
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "content/json.h"
#include "graphql/print.h"
#include "graphql/validate.h"
#include "leaves.h"
#include "zoo.h"

#define CALLS_MOST 64

static struct vb_gql_schema *schema_of(const char *name)
{
    return strcmp(name, "zoo") == 0 ? zoo_new(NULL) : leaves_new();
}

/* All calls that there are, the last one completed first. */
static void answer_late(const struct vb_gql_schema *schema,
                        struct vb_gql_execution *execution)
{
    struct vb_gql_call *calls[CALLS_MOST];
    size_t count;

    do {
        for (count = 0; count < CALLS_MOST; count++) {
            calls[count] = vb_gql_execution_next(execution);
            if (calls[count] == NULL)
                break;
            answer(schema, calls[count]);
        }
        for (size_t i = count; i-- > 0;)
            vb_gql_execution_complete(execution, calls[i]);
    } while (count > 0);
}

static struct vb_gql_execution *execute(const struct vb_gql_schema *schema,
                                        yyjson_val *line,
                                        struct vb_gql_errors *errors)
{
    struct vb_gql_execution *execution = NULL;
    yyjson_val *name = vb_json_member(line, VB_SPAN("operationName"));
    struct vb_gql_limits limits = vb_gql_limits_default;
    struct vb_gql_request request = {
        .limits = &limits,
        .schema = schema,
        .variables = vb_json_member(line, VB_SPAN("variables")),
        .root = vb_json_member(line, VB_SPAN("root")),
    };

    /* Others have no such bounds. */
    limits.cost = SIZE_MAX;
    limits.fields = SIZE_MAX;
    if (yyjson_is_str(name))
        request.operation = vb_json_text(name);
    if (vb_gql_parse(errors->arena, vb_json_member_text(line, "query"), &limits,
                     errors, &request.document) == VB_OK &&
        vb_gql_validate(schema, request.document, &limits, errors) == VB_OK &&
        vb_gql_execute(&request, errors, &execution) == VB_OK)
        answer_late(schema, execution);
    return execution;
}

static bool respond(const struct vb_gql_schema *schema, struct vb_span text)
{
    struct vb_gql_execution *execution;
    struct vb_gql_errors errors;
    struct vb_arena arena;
    struct vb_json *line;
    struct vb_buf buf;

    if (vb_json_parse(text, NULL, &line, NULL) != VB_OK)
        return false;
    vb_arena_init(&arena, 4096, 1 << 26);
    vb_gql_errors_init(&errors, &arena);
    vb_buf_init(&buf, 1 << 26);
    execution = execute(schema, line->root, &errors);
    vb_gql_response_write(&buf, &errors, execution);
    printf("%.*s\n", VB_FMT(vb_buf_span(&buf)));
    vb_buf_done(&buf);
    vb_arena_done(&arena);
    vb_json_free(line);
    return true;
}

static void print_types(const struct vb_gql_schema *schema)
{
    struct vb_buf buf;

    vb_buf_init(&buf, 1 << 20);
    vb_gql_print_schema(&buf, schema);
    printf("%.*s", VB_FMT(vb_buf_span(&buf)));
    vb_buf_done(&buf);
}

int main(int argc, char **argv)
{
    struct vb_gql_schema *schema;
    char *line = NULL;
    size_t room = 0;
    ssize_t length;
    bool fine = true;

    if (argc < 2)
        return 2;
    schema = schema_of(argv[1]);
    if (argc > 2)
        print_types(schema);
    else
        while (fine && (length = getline(&line, &room, stdin)) > 0)
            fine = respond(schema, vb_span_of(line, (size_t)length));
    free(line);
    vb_gql_schema_free(schema);
    return fine ? 0 : 1;
}
