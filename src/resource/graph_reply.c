/* What is said in the end (GraphQL over HTTP, section 6). See graph_part.h. */
#include <sodium.h>

#include "content/event_stream.h"
#include "flow/reply.h"
#include "http/method.h"
#include "resource/coded.h"
#include "resource/graph_part.h"

/* Bytes of a response. */
#define RESPONSE_MOST ((size_t)16 << 20)

/* Is it application/graphql-response+json, whose status tells what is wrong, or
 * application/json, which says so in its content only? */
static bool says_status(const struct vb_exchange *x)
{
    return x->offer >= 0 &&
           vb_span_starts(x->resource->offers[x->offer].media_type,
                          VB_SPAN("application/graphql-response+json"));
}

static struct vb_span media_type(const struct vb_exchange *x)
{
    return x->resource->offers[x->offer < 0 ? 0 : x->offer].media_type;
}

/* What is no request has no stream either. */
static struct vb_span media_type_of_refusal(const struct vb_exchange *x)
{
    return vb__graph_is_stream(x) ? x->resource->offers[0].media_type
                                  : media_type(x);
}

/* Errors lie in the exchange, since they are few. */
enum vb_answer vb__graph_refuse(struct vb__graph_run *run, unsigned status)
{
    struct vb_exchange *x = run->x;
    struct vb_buf text;

    vb_buf_init(&text, RESPONSE_MOST);
    vb_gql_response_write(&text, &run->errors, NULL);
    if (text.err == VB_OK)
        x->reply.bytes = vb_arena_dup(&x->arena, vb_buf_span(&text));
    vb_buf_done(&text);
    run->refused = true;
    if (x->reply.bytes.ptr == NULL)
        return vb_reply_unavailable(x);
    x->reply.content = VB_CONTENT_BYTES;
    vb_reply_field(x, VB_FIELD_CONTENT_TYPE, media_type_of_refusal(x));
    vb_reply_field(x, VB_FIELD_VARY, VB_SPAN("Accept"));
    return vb_reply_refuse(x, status, VB_SPAN(""));
}

void vb__graph_tell(struct vb__graph_run *run, const char *code,
                    const char *message)
{
    struct vb_gql_error *error =
        vb_gql_errors_add(&run->errors, NULL, "%s", message);

    if (error != NULL)
        error->extensions =
            vb_arena_printf(&run->arena, "{\"code\":\"%s\"}", code);
}

enum vb_answer vb__graph_fail(struct vb__graph_run *run, unsigned status,
                              const char *code, const char *message)
{
    vb__graph_tell(run, code, message);
    return vb__graph_refuse(run, status);
}

/* --- what is shown ---------------------------------------------------------
 */

/* A tag of the content: who asks again for what is the same need not have it
 * sent again. Nobody can tell from a tag what it is of. */
static struct vb_span tag_of(const struct vb_exchange *x, struct vb_span text,
                             char *memory, size_t size)
{
    const struct vb_hash_key *secret = &x->env->store->store->secret;

    (void)snprintf(memory, size, "g%016llx",
                   (unsigned long long)vb_hash(secret, text));
    return vb_span_str(memory);
}

static struct vb_rep *make_rep(struct vb__graph_run *run, struct vb_span text)
{
    struct vb_exchange *x = run->x;
    bool safe = vb_method_is_safe(x->head.method);
    char memory[32];
    struct vb_rep_draft draft = {
        .media_type = media_type(x),
        .modified = VB_DATE_NONE,
        .content = text,
        .length = text.len,
        .vary = VB_SPAN("Accept"),
        .cache_control = safe ? vb_reply_caching(x) : VB_SPAN("no-store"),
    };

    if (safe)
        draft.tag_core = tag_of(x, text, memory, sizeof(memory));
    return vb_coded_base(&draft);
}

/* A reply to a GET or QUERY can be kept and asked about, that to a POST not. */
static enum vb_answer show(struct vb__graph_run *run, struct vb_span text)
{
    struct vb_exchange *x = run->x;
    struct vb_rep *rep = make_rep(run, text);

    if (rep == NULL)
        return vb_reply_unavailable(x);
    if (vb_method_is_safe(x->head.method))
        return vb_coded_select(x, (struct vb_coded_place){.key = VB_SPAN("")},
                               rep);
    rep = vb_coded_now(x, rep);
    if (rep == NULL)
        return VB_HALT;
    vb_reply_current(x, rep);
    return VB_YES;
}

void vb__graph_next_write(struct vb_buf *buf, struct vb_span response)
{
    vb_event_field(buf, "event", VB_SPAN("next"));
    vb_event_data(buf, response);
}

/* The only one there is; what has no end does not come here. The last one has
 * data, since browsers pass over events without. */
static enum vb_answer show_as_events(struct vb__graph_run *run,
                                     struct vb_span response)
{
    enum vb_answer answer;
    struct vb_buf text;

    vb_buf_init(&text, 2 * RESPONSE_MOST);
    vb__graph_next_write(&text, response);
    vb_event_end(&text);
    vb_event_field(&text, "event", VB_SPAN("complete"));
    vb_event_data(&text, VB_SPAN(""));
    vb_event_end(&text);
    answer = text.err == VB_OK ? show(run, vb_buf_span(&text))
                               : vb_reply_unavailable(run->x);
    vb_buf_done(&text);
    return answer;
}

static enum vb_answer write(struct vb__graph_run *run,
                            const struct vb_gql_execution *execution)
{
    enum vb_answer answer;
    struct vb_buf text;

    vb_buf_init(&text, RESPONSE_MOST);
    vb_gql_response_write(&text, &run->errors, execution);
    if (text.err == VB_OK)
        answer = vb__graph_is_stream(run->x)
                     ? show_as_events(run, vb_buf_span(&text))
                     : show(run, vb_buf_span(&text));
    else if (text.err == VB_ERR_NOMEM)
        answer = vb_reply_unavailable(run->x);
    else
        answer = vb__graph_fail(run, VB_STATUS_BAD_REQUEST, "TOO_LARGE",
                                "the response would be too large");
    vb_buf_done(&text);
    return answer;
}

enum vb_answer vb__graph_request_error(struct vb__graph_run *run)
{
    return says_status(run->x) ? vb__graph_refuse(run, VB_STATUS_BAD_REQUEST)
                               : write(run, NULL);
}

enum vb_answer vb__graph_respond(struct vb__graph_run *run)
{
    if (run->arena.failed)
        return vb__graph_fail(run, VB_STATUS_BAD_REQUEST, "TOO_LARGE",
                              "the response would be too large");
    return write(run, run->execution);
}
