/* What a program is told: words, environment, bounds. See run.h. */
#include "resource/run.h"

#include "exchange/certificate.h"
#include "exchange/exchange.h"
#include "http/query.h"

/* A name as a shell takes it. */
static struct vb_span shell_name(struct vb_arena *arena, struct vb_span name)
{
    struct vb_span copy = vb_arena_dup(arena, name);

    for (size_t i = 0; i < copy.len; i++) {
        char *c = (char *)copy.ptr + i;
        char lower = vb_ascii_lower(*c);

        if (!(lower >= 'a' && lower <= 'z') && !(*c >= '0' && *c <= '9'))
            *c = '_';
    }
    return copy;
}

struct listing {
    struct vb_exchange *x;
    const char **at;
    size_t left;
};

static void tell(struct listing *list, const char *prefix, struct vb_span name,
                 struct vb_span value)
{
    if (list->left == 0)
        return;
    *list->at++ = vb_arena_printf(&list->x->arena, "%s%.*s=%.*s", prefix,
                                  VB_FMT(name), VB_FMT(value))
                      .ptr;
    list->left--;
}

static void tell_path(struct listing *list, const struct vb_route *route)
{
    struct vb_exchange *x = list->x;
    size_t variable = 0;

    for (size_t i = 0; i < route->template.segment_count; i++) {
        const struct vb_segment *segment = &route->template.segments[i];

        if (segment->kind == VB_SEGMENT_VARIABLE)
            tell(list, "VERBATIM_PATH_", shell_name(&x->arena, segment->text),
                 x->variables[variable++]);
    }
}

static void tell_query(struct listing *list)
{
    struct vb_exchange *x = list->x;
    struct vb_query_pair pair;
    struct vb_query query;

    vb_query_init(&query, &x->arena, x->head.query);
    while (x->head.has_query && vb_query_next(&query, &pair))
        tell(list, "VERBATIM_QUERY_", shell_name(&x->arena, pair.name),
             pair.value.ptr != NULL ? pair.value : VB_SPAN(""));
}

/* Texts of a certificate have no line feed in them. */
static void tell_names(struct listing *list,
                       const struct vb_certificate *certificate)
{
    struct vb_buf lines;

    vb_buf_init(&lines, 16 * 1024);
    for (size_t i = 0; i < certificate->name_count; i++) {
        if (i > 0)
            vb_buf_char(&lines, '\n');
        vb_buf_append(&lines, certificate->names[i]);
    }
    if (lines.err != VB_OK)
        list->x->arena.failed = true;
    tell(list, "VERBATIM_CLIENT_NAMES", VB_SPAN(""), vb_buf_span(&lines));
    vb_buf_done(&lines);
}

static void tell_client(struct listing *list,
                        const struct vb_certificate *certificate)
{
    if (certificate == NULL)
        return;
    tell(list, "VERBATIM_CLIENT_SUBJECT", VB_SPAN(""), certificate->subject);
    tell(list, "VERBATIM_CLIENT_ISSUER", VB_SPAN(""), certificate->issuer);
    tell(list, "VERBATIM_CLIENT_SERIAL", VB_SPAN(""), certificate->serial);
    tell(list, "VERBATIM_CLIENT_FINGERPRINT", VB_SPAN(""),
         certificate->fingerprint);
    tell_names(list, certificate);
}

/* More than can come: eight variables, and as many parameters as a query has
 * that is no longer than a target may be. */
#define ENVIRONMENT_MOST 512

const char *const *vb_run_environment(struct vb_exchange *x,
                                      const struct vb_route *route)
{
    const char **environment =
        vb_arena_calloc(&x->arena, ENVIRONMENT_MOST + 1, sizeof(char *));
    struct listing list = {x, environment, ENVIRONMENT_MOST};

    if (environment == NULL)
        return NULL;
    tell(&list, "PATH", VB_SPAN(""), VB_SPAN(VB_PROGRAM_PATH));
    tell(&list, "VERBATIM_METHOD", VB_SPAN(""), x->head.method_text);
    tell(&list, "VERBATIM_PATH", VB_SPAN(""), x->key);
    tell(&list, "VERBATIM_QUERY", VB_SPAN(""), x->head.query);
    if (x->media_type.len > 0)
        tell(&list, "VERBATIM_CONTENT_TYPE", VB_SPAN(""), x->media_type);
    if (x->offer >= 0)
        tell(&list, "VERBATIM_ACCEPT", VB_SPAN(""),
             x->resource->offers[x->offer].media_type);
    if (x->peer != NULL)
        tell_client(&list, x->peer->certificate);
    tell_path(&list, route);
    tell_query(&list);
    return x->arena.failed ? NULL : environment;
}

const char *const *vb_run_words(struct vb_arena *arena,
                                const struct vb_program *program)
{
    const char **words;
    size_t count = 1;

    while (program->words[count - 1] != NULL)
        count++;
    words = vb_arena_calloc(arena, count, sizeof(char *));
    if (words == NULL)
        return NULL;
    memcpy(words, program->words, count * sizeof(char *));
    words[0] = program->path;
    return words;
}

struct vb_run_limits vb_run_limits_of(const struct vb_program *program)
{
    return (struct vb_run_limits){
        .time_ms = (uint32_t)(program->seconds * 1000),
        .memory = program->memory,
        .output = program->output,
        .processes = (uint32_t)program->processes,
    };
}
