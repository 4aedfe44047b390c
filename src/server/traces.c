/* A ring of explanations. See traces.h. */
#include "server/traces.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/list.h"
#include "flow/reply.h"
#include "resource/handler.h"

/* At most this many, of this size together: the oldest make room. */
#define TRACES_MAX ((size_t)64)
#define BYTES_MAX  ((size_t)4 * 1024 * 1024)
#define LIFE_MS    (60 * 1000)

#define PREFIX "/.verbatim/explain/"
#define ID_LEN 32 /* hexadecimal digits of 128 random bits */

struct trace {
    char id[ID_LEN + 1];
    char *json; /* NULL: none here */
    size_t len;
    int64_t until_ms; /* monotonic */
};

struct vb_traces {
    struct vb_explainer explainer;
    struct vb_mounted mounted;
    pthread_mutex_t lock; /* of what follows */
    struct trace ring[TRACES_MAX];
    size_t next;  /* the oldest, or a free one */
    size_t bytes; /* of all of them */
};

static void forget(struct vb_traces *traces, struct trace *trace)
{
    traces->bytes -= trace->len;
    free(trace->json);
    *trace = (struct trace){.json = NULL};
}

/* Makes room for one of this length and takes its place in the ring. */
static struct trace *make_room(struct vb_traces *traces, size_t len)
{
    struct trace *trace = &traces->ring[traces->next];

    for (size_t i = 0; i < TRACES_MAX && traces->bytes + len > BYTES_MAX; i++)
        forget(traces, &traces->ring[(traces->next + i) % TRACES_MAX]);
    forget(traces, trace);
    traces->next = (traces->next + 1) % TRACES_MAX;
    return trace;
}

static struct vb_span keep(struct vb_explainer *explainer,
                           struct vb_exchange *x, struct vb_span json)
{
    struct vb_traces *traces =
        VB_CONTAINER(explainer, struct vb_traces, explainer);
    struct trace made = {.json = malloc(json.len), .len = json.len};
    unsigned char random[ID_LEN / 2];

    if (made.json == NULL)
        return VB_SPAN("");
    memcpy(made.json, json.ptr, json.len);
    randombytes_buf(random, sizeof(random));
    sodium_bin2hex(made.id, sizeof(made.id), random, sizeof(random));
    made.until_ms = x->env->now.mono_ms + LIFE_MS;
    pthread_mutex_lock(&traces->lock);
    *make_room(traces, json.len) = made;
    traces->bytes += json.len;
    pthread_mutex_unlock(&traces->lock);
    return vb_arena_printf(&x->arena, PREFIX "%s", made.id);
}

/* --- the resource -----------------------------------------------------------
 */

static const struct trace *find(const struct vb_traces *traces,
                                struct vb_span id)
{
    int64_t now = vb_clock_monotonic_ms();

    for (size_t i = 0; i < TRACES_MAX; i++) {
        const struct trace *trace = &traces->ring[i];

        if (trace->json != NULL && trace->until_ms > now &&
            vb_span_eq(vb_span_of(trace->id, ID_LEN), id))
            return trace;
    }
    return NULL;
}

static int get_trace(void *self, const struct vb_request *request,
                     struct vb_response *response)
{
    struct vb_traces *traces = self;
    struct vb_span id =
        vb_span_from(vb_request_path(request), sizeof(PREFIX) - 1);
    const struct trace *trace;
    int status = VB_STATUS_NOT_FOUND;

    pthread_mutex_lock(&traces->lock);
    trace = find(traces, id);
    if (trace != NULL) {
        vb_response_write(response, trace->json, trace->len);
        vb_response_tag(response, trace->id);
        vb_response_field(response, "Cache-Control", "no-store");
        status = VB_STATUS_OK;
    }
    pthread_mutex_unlock(&traces->lock);
    return status;
}

static const struct vb_handler handler = {
    .media_type = "application/json",
    .get = get_trace,
};

/* Others cannot have asked for one. */
static enum vb_answer permitted(struct vb_exchange *x)
{
    if (x->peer != NULL && x->peer->loopback)
        return VB_YES;
    vb_reply_detail(x, VB_SPAN("Replies are explained to clients on the "
                               "server's own machine."));
    return VB_NO;
}

/* --- life -------------------------------------------------------------------
 */

struct vb_traces *vb_traces_new(void)
{
    struct vb_traces *traces = calloc(1, sizeof(*traces));

    if (traces == NULL || sodium_init() < 0 ||
        vb_mounted_init(&traces->mounted, &handler, traces) != VB_OK) {
        free(traces);
        return NULL;
    }
    traces->mounted.resource.permitted = permitted;
    traces->explainer.keep = keep;
    pthread_mutex_init(&traces->lock, NULL);
    return traces;
}

void vb_traces_free(struct vb_traces *traces)
{
    if (traces == NULL)
        return;
    for (size_t i = 0; i < TRACES_MAX; i++)
        free(traces->ring[i].json);
    vb_mounted_done(&traces->mounted);
    pthread_mutex_destroy(&traces->lock);
    free(traces);
}

struct vb_explainer *vb_traces_explainer(struct vb_traces *traces)
{
    return &traces->explainer;
}

const struct vb_resource *vb_traces_find(const struct vb_traces *traces,
                                         struct vb_span path)
{
    return vb_span_starts(path, VB_SPAN(PREFIX)) ? &traces->mounted.resource
                                                 : NULL;
}
