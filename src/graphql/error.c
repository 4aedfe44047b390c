/* Errors of a GraphQL request. See error.h. */
#include "graphql/error.h"

#include <stdarg.h>
#include <stdio.h>

#include "content/json.h"

/* What a message may have of the client's: it is cut there. */
#define MESSAGE_MOST 512

void vb_gql_errors_init(struct vb_gql_errors *errors, struct vb_arena *arena)
{
    *errors = (struct vb_gql_errors){.arena = arena};
}

static struct vb_gql_error *append(struct vb_gql_errors *errors)
{
    struct vb_gql_error *error;

    if (errors->count == VB_GQL_ERRORS_MOST) {
        errors->more = true;
        return NULL;
    }
    error = vb_arena_calloc(errors->arena, 1, sizeof(*error));
    if (error == NULL)
        return NULL;
    if (errors->last == NULL)
        errors->first = error;
    else
        errors->last->next = error;
    errors->last = error;
    errors->count++;
    return error;
}

struct vb_gql_error *vb_gql_errors_add(struct vb_gql_errors *errors,
                                       const struct vb_gql_place *at,
                                       const char *format, ...)
{
    struct vb_gql_error *error = append(errors);
    char text[MESSAGE_MOST];
    va_list args;

    if (error == NULL)
        return NULL;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    error->message = vb_arena_dup(errors->arena, vb_span_str(text));
    if (at != NULL)
        error->places[error->place_count++] = *at;
    return error;
}

void vb_gql_error_also(struct vb_gql_error *error, struct vb_gql_place at)
{
    if (error != NULL &&
        error->place_count < sizeof(error->places) / sizeof(error->places[0]))
        error->places[error->place_count++] = at;
}

/* --- writing -------------------------------------------------------------- */

static void write_places(struct vb_buf *buf, const struct vb_gql_error *error)
{
    vb_buf_str(buf, ",\"locations\":[");
    for (unsigned i = 0; i < error->place_count; i++)
        vb_buf_printf(buf, "%s{\"line\":%u,\"column\":%u}", i > 0 ? "," : "",
                      error->places[i].line, error->places[i].column);
    vb_buf_char(buf, ']');
}

/* A path is as deep as a document may be: recursion is bounded by that. */
static void write_steps(struct vb_buf *buf, const struct vb_gql_path *path)
{
    if (path->above != NULL) {
        write_steps(buf, path->above);
        vb_buf_char(buf, ',');
    }
    if (path->key.ptr != NULL)
        vb_json_write_string(buf, path->key);
    else
        vb_buf_i64(buf, (int64_t)path->index);
}

static void write_error(struct vb_buf *buf, const struct vb_gql_error *error)
{
    vb_buf_str(buf, "{\"message\":");
    vb_json_write_string(buf, error->message);
    if (error->place_count > 0)
        write_places(buf, error);
    if (error->path != NULL) {
        vb_buf_str(buf, ",\"path\":[");
        write_steps(buf, error->path);
        vb_buf_char(buf, ']');
    }
    if (error->extensions.ptr != NULL) {
        vb_buf_str(buf, ",\"extensions\":");
        vb_buf_append(buf, error->extensions);
    }
    vb_buf_char(buf, '}');
}

void vb_gql_errors_write(struct vb_buf *buf, const struct vb_gql_errors *errors)
{
    vb_buf_char(buf, '[');
    for (const struct vb_gql_error *error = errors->first; error != NULL;
         error = error->next) {
        if (error != errors->first)
            vb_buf_char(buf, ',');
        write_error(buf, error);
    }
    if (errors->more)
        vb_buf_str(buf, ",{\"message\":\"there are more errors\"}");
    vb_buf_char(buf, ']');
}
