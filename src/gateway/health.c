/*
 * Which servers are well: by what becomes of calls, and by looking.
 *
 * One that fails several times in a row is left alone for a while, which
 * doubles each time; then one call tells whether it works again.
 */
#include <stdlib.h>

#include "base/log.h"
#include "gateway/reach.h"

/* How often the time that it is left alone doubles. */
enum { DOUBLINGS = 6 };
/* Failures of one server are told no more often. */
enum { TOLD_EACH_MS = 10 * 1000 };
/* Bytes of the head of what it says to a probe. */
enum { PROBE_MOST = 64 * 1024 };

struct probe {
    struct vb_ask ask;
    struct vb_arena arena;
    struct vb_line *line;
    unsigned status;
};

static const struct vb_upstream_options *options_of(const struct vb_line *line)
{
    return &line->reach->upstream->options;
}

bool vb__line_is_well(const struct vb_line *line)
{
    return line->alone_until <= line->reach->env->now.mono_ms;
}

void vb__line_works(struct vb_line *line)
{
    line->failures = line->ejections = 0;
    line->alone_until = 0;
}

void vb__line_fails(struct vb_line *line)
{
    uint32_t most = line->ejections > 0 ? 1 : options_of(line)->max_failures;
    unsigned doublings =
        line->ejections < DOUBLINGS ? line->ejections : DOUBLINGS;

    if (most == 0 || ++line->failures < most)
        return;
    line->failures = 0;
    line->ejections++;
    line->alone_until = line->reach->env->now.mono_ms +
                        ((int64_t)options_of(line)->eject_ms << doublings);
}

void vb__line_tell(struct vb_line *line, const char *what, const char *why)
{
    int64_t now = line->reach->env->now.mono_ms;

    if (line->told != 0 && now - line->told < TOLD_EACH_MS)
        return;
    line->told = now;
    vb_log(VB_LOG_WARNING, "%.*s: %s%s%s", VB_FMT(line->server->authority),
           what, why[0] == '\0' ? "" : " ", why);
}

/* --- looking ----------------------------------------------------------------
 */

static void set_alarm(struct vb_line *line)
{
    struct vb_alarms *alarms = line->reach->env->alarms;

    alarms->set(alarms, &line->probe, options_of(line)->probe_ms);
}

static struct probe *probe_of(struct vb_ask *ask)
{
    return VB_CONTAINER(ask, struct probe, ask);
}

static void forget(struct probe *probe)
{
    probe->line->probing = NULL;
    vb_arena_done(&probe->arena);
    free(probe);
}

static void probe_head(struct vb_ask *ask,
                       const struct vb_response_head *response)
{
    probe_of(ask)->status = response->status;
}

static enum vb_sink_want probe_content(struct vb_ask *ask, struct vb_span bytes)
{
    (void)ask;
    (void)bytes;
    return VB_SINK_MORE;
}

/* What cannot be had counts as a failure already. */
static void probe_end(struct vb_ask *ask, enum vb_failure_id failure)
{
    struct probe *probe = probe_of(ask);
    struct vb_line *line = probe->line;

    if (failure == VB_FAILURE_NONE && probe->status / 100 != 2)
        vb__line_fails(line);
    forget(probe);
    set_alarm(line);
}

static const struct vb_ask_ops probe_ops = {
    .head = probe_head,
    .content = probe_content,
    .end = probe_end,
};

/* Who asks by itself says who it is (RFC 9110 section 10.1.5). */
static const struct vb_field_out probe_fields[] = {
    {VB_SPAN_INIT("User-Agent"), VB_SPAN_INIT("Verbatim")}};

static void look(struct vb_alarm *alarm)
{
    struct vb_line *line = VB_CONTAINER(alarm, struct vb_line, probe);
    struct probe *probe = calloc(1, sizeof(*probe));
    size_t index = (size_t)(line - line->reach->lines);

    if (probe == NULL) {
        set_alarm(line);
        return;
    }
    probe->line = line;
    vb_arena_init(&probe->arena, 4096, PROBE_MOST);
    probe->ask = (struct vb_ask){
        .call = {.method = VB_METHOD_GET,
                 .method_text = VB_SPAN("GET"),
                 .scheme = line->reach->upstream->scheme,
                 .authority = line->server->authority,
                 .target = vb_span_str(options_of(line)->probe_target),
                 .fields = probe_fields,
                 .field_count = sizeof(probe_fields) / sizeof(probe_fields[0]),
                 .arena = &probe->arena},
        .ops = &probe_ops,
        .tried = ~(UINT64_C(1) << index),
    };
    line->probing = &probe->ask;
    if (vb_ask_start(&probe->ask, line->reach) != VB_FAILURE_NONE) {
        forget(probe);
        set_alarm(line);
    }
}

void vb__line_begin_probe(struct vb_line *line)
{
    line->probe = (struct vb_alarm){.ring = look};
    if (options_of(line)->probe_ms > 0)
        set_alarm(line);
}

void vb__line_end_probe(struct vb_line *line)
{
    struct vb_alarms *alarms = line->reach->env->alarms;

    if (alarms != NULL)
        alarms->cancel(alarms, &line->probe);
    if (line->probing != NULL) {
        vb_ask_cancel(line->probing);
        forget(probe_of(line->probing));
    }
}
