/* An exchange inside of another one. See inner.h. */
#include "flow/inner.h"

#include "base/read_at.h"
#include "flow/reply.h"
#include "flow/secret.h"
#include "http/status.h"

/* Content goes in as wires give it. */
#define PIECE ((size_t)64 * 1024)

static struct vb_inner *inner_of(struct vb_exchange *x)
{
    return x->carrier_data;
}

/* --- content in --------------------------------------------------------------
 */

/* All that the sink takes now. Where it has had enough, or all, the exchange
 * may be gone. */
static void deliver(struct vb_inner *inner)
{
    struct vb_sink *sink = inner->x->sink;

    inner->delivering = true;
    while (inner->left.len > 0) {
        struct vb_span piece = vb_span_head(inner->left, PIECE);
        enum vb_sink_want want;

        inner->left = vb_span_from(inner->left, piece.len);
        inner->resumed = false;
        want = sink->write(sink, piece);
        if (want == VB_SINK_DONE)
            return;
        if (want == VB_SINK_PAUSE && !inner->resumed) {
            inner->delivering = false;
            return;
        }
    }
    sink->end(sink, VB_OK);
}

static void want_content(struct vb_exchange *x)
{
    deliver(inner_of(x));
}

static void resume_content(struct vb_exchange *x)
{
    struct vb_inner *inner = inner_of(x);

    if (inner->delivering)
        inner->resumed = true;
    else
        deliver(inner);
}

/* --- the reply ---------------------------------------------------------------
 */

static bool is_for_browser(struct vb_span name)
{
    return vb_span_ieq(name, vb_field_name(VB_FIELD_SET_COOKIE)) ||
           vb_span_ieq(name, vb_field_name(VB_FIELD_CLEAR_SITE_DATA));
}

/* What a wire would say itself: of the message, not of what it tells. */
static bool is_framing(struct vb_span name)
{
    enum vb_field_id id = vb_field_find(name);

    return id == VB_FIELD_CONTENT_LENGTH || vb_field_is(id, VB_FIELD_IS_HOP);
}

/* What a page's script gets must not have in it what is kept from scripts. */
static void pass_on(struct vb_exchange *outer, const struct vb_field_out *field)
{
    struct vb_span value = vb_arena_dup(&outer->arena, field->value);

    if (value.ptr != NULL)
        vb_reply_add(outer, vb_arena_dup(&outer->arena, field->name), value);
}

/* The representation's fields, and the reply's own. */
static void gather_fields(struct vb_inner *inner)
{
    struct vb_exchange *x = inner->x;
    const struct vb_reply *reply = &x->reply;
    size_t of_rep = 0, count = 0;
    struct vb_field_out *all;

    if (reply->rep_head != VB_HEAD_NONE)
        of_rep = reply->rep_head == VB_HEAD_304 ? reply->rep->repeated
                                                : reply->rep->field_count;
    all = vb_arena_alloc(&x->arena,
                         (of_rep + reply->field_count + 1) * sizeof(*all));
    if (all == NULL)
        return;
    for (size_t i = 0; i < of_rep + reply->field_count; i++) {
        const struct vb_field_out *field =
            i < of_rep ? &reply->rep->fields[i] : &reply->fields[i - of_rep];

        if (is_for_browser(field->name))
            pass_on(inner->outer, field);
        else if (!is_framing(field->name))
            all[count++] = *field;
    }
    inner->fields = all;
    inner->field_count = count;
}

/* The exchange is given up with its reply, and with it perhaps the outer one.
 */
static void finish(struct vb_inner *inner, struct vb_span content, bool whole)
{
    struct vb_exchange *x = inner->x;

    gather_fields(inner);
    inner->status = x->reply.status;
    inner->etag = x->outcome.etag;
    inner->cut = !whole || content.len > inner->most;
    inner->content = inner->cut ? VB_SPAN("") : content;
    inner->x = NULL;
    inner->reply(inner);
    vb_exchange_release(x);
}

static bool take_file(struct vb_buf *to, const struct vb_file_part *part)
{
    char *room;

    if (part->length > to->limit - to->len)
        return false;
    room = vb_buf_reserve(to, (size_t)part->length);
    if (room == NULL || vb_read_at(part->fd, room, (size_t)part->length,
                                   part->offset) != (ssize_t)part->length)
        return false;
    to->len += (size_t)part->length;
    return true;
}

/* To the source's end, or until it has none just now. */
static void pull(struct vb_inner *inner)
{
    struct vb_source *source = inner->x->reply.source;
    struct vb_buf *to = &inner->pulled;
    enum vb_pull pulled;
    bool whole = true;

    inner->pulling = true;
    do {
        struct vb_span bytes = VB_SPAN("");

        inner->ready = false;
        pulled = source->pull(source, &bytes);
        if (pulled == VB_PULL_BYTES)
            vb_buf_append(to, bytes);
        else if (pulled == VB_PULL_FILE)
            whole = take_file(to, &source->file);
        else if (pulled == VB_PULL_PENDING && !inner->ready)
            break;
    } while (pulled <= VB_PULL_PENDING && whole && to->err == VB_OK);
    inner->pulling = false;
    if (pulled != VB_PULL_PENDING)
        finish(inner, vb_buf_span(to),
               whole && pulled == VB_PULL_END && to->err == VB_OK &&
                   (source->length < 0 || (uint64_t)source->length == to->len));
}

static void output_ready(struct vb_exchange *x)
{
    struct vb_inner *inner = inner_of(x);

    inner->ready = true;
    if (!inner->pulling)
        pull(inner);
}

static void reply(struct vb_exchange *x)
{
    struct vb_inner *inner = inner_of(x);
    bool has_content =
        !x->reply.head_only && vb_status_has_content(x->reply.status);

    switch (has_content ? x->reply.content : VB_CONTENT_NONE) {
    case VB_CONTENT_NONE:
        finish(inner, VB_SPAN(""), true);
        break;
    case VB_CONTENT_REP:
        finish(inner, x->reply.rep->content, true);
        break;
    case VB_CONTENT_BYTES:
        finish(inner, x->reply.bytes, true);
        break;
    case VB_CONTENT_SOURCE:
        vb_buf_init(&inner->pulled, inner->most);
        pull(inner);
        break;
    }
}

static void interim(struct vb_exchange *x, unsigned status,
                    const struct vb_field_out *fields, size_t count)
{
    (void)x, (void)status, (void)fields, (void)count; /* is asked of nobody */
}

static void gone(void *data)
{
    struct vb_inner *inner = data;

    inner->x = NULL;
    vb_buf_done(&inner->pulled);
    inner->done(inner);
}

/* For Via: what is asked in parts is asked as HTTP/1.1 has it. */
static const struct vb_carrier carrier = {
    .protocol = "HTTP/1.1",
    .want_content = want_content,
    .resume_content = resume_content,
    .interim = interim,
    .reply = reply,
    .output_ready = output_ready,
    .gone = gone,
};

/* --- the request -------------------------------------------------------------
 */

/* What says who asks, from where. */
static bool is_of_outer(const struct vb_exchange *x,
                        const struct vb_field *field)
{
    switch (field->id) {
    case VB_FIELD_COOKIE:
    case VB_FIELD_ORIGIN:
    case VB_FIELD_SEC_FETCH_SITE:
        return true;
    default:
        return vb__secret_field(x, field);
    }
}

static void add_own(struct vb_head_builder *builder,
                    const struct vb_exchange *x,
                    const struct vb_inner_request *request)
{
    for (size_t i = 0; i < request->field_count; i++)
        vb_head_field(builder, request->fields[i].name,
                      request->fields[i].value);
    for (size_t i = 0; i < x->head.fields.count; i++)
        if (is_of_outer(x, &x->head.fields.at[i]))
            vb_head_refuse(builder, VB_STATUS_BAD_REQUEST,
                           "It is asked by whoever sent the request that it "
                           "is a part of, and cannot say otherwise in a "
                           "field.");
}

/* The connection's secrets stay: what they prove is known. */
static void add_outers(struct vb_head_builder *builder,
                       const struct vb_exchange *outer)
{
    static const uint16_t ids[] = {VB_FIELD_COOKIE, VB_FIELD_ORIGIN,
                                   VB_FIELD_SEC_FETCH_SITE};
    const struct vb_fields *fields = &outer->head.fields;

    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
        for (const struct vb_field *field = vb_fields_first(fields, ids[i]);
             field != NULL; field = vb_fields_next(fields, field))
            vb_head_field(builder, field->name, field->value);
}

/* Content is whole, so that a length can only be right or wrong. */
static void check_ends(struct vb_head_builder *builder, struct vb_exchange *x,
                       struct vb_span content)
{
    const struct vb_span outers = x->outer->head.authority;

    if (vb_fields_first(&x->head.fields, VB_FIELD_TRANSFER_ENCODING) != NULL)
        vb_head_refuse(builder, VB_STATUS_BAD_REQUEST,
                       "Inside of another request there are no transfer "
                       "codings.");
    if (x->head.content_length >= 0 &&
        (uint64_t)x->head.content_length != content.len)
        vb_head_refuse(builder, VB_STATUS_BAD_REQUEST,
                       "The content is not as long as its Content-Length "
                       "says.");
    if (!vb_span_ieq(x->head.authority, outers))
        vb_head_refuse(builder, VB_STATUS_MISDIRECTED_REQUEST,
                       "It is of another host than the request that it is a "
                       "part of.");
    x->head.content_length = (int64_t)content.len;
    x->head.has_content = content.len > 0;
}

static void read_request(struct vb_exchange *x,
                         const struct vb_inner_request *request)
{
    const struct vb_head *outer = &x->outer->head;
    const struct vb_fields *fields = &x->head.fields;
    struct vb_head_builder builder;

    vb_head_begin(&builder, &x->head, &x->arena, &x->env->limits->head,
                  outer->scheme);
    x->head.interim_ok = false;
    vb_head_method(&builder, request->method);
    add_own(&builder, x, request);
    add_outers(&builder, x->outer);
    vb_head_target(&builder, request->target);
    (void)vb_head_end(&builder, false);
    if (x->head.authority.len == 0 &&
        vb_fields_first(fields, VB_FIELD_HOST) == NULL)
        x->head.authority = outer->authority;
    check_ends(&builder, x, request->content);
    x->verdict = builder.verdict;
}

bool vb_inner_begin(struct vb_inner *inner,
                    const struct vb_inner_request *request)
{
    struct vb_exchange *x = vb_exchange_new(inner->outer->env);

    if (x == NULL)
        return false;
    x->outer = inner->outer;
    x->joint = inner->joint;
    x->site = inner->outer->site;
    x->peer = inner->outer->peer;
    x->carrier = &carrier;
    x->carrier_data = inner;
    inner->x = x;
    inner->left = request->content;
    if (request->verdict.status != 0)
        x->verdict = request->verdict;
    else
        read_request(x, request);
    vb_flow_start(x);
    return true;
}

void vb_inner_call_off(struct vb_inner *inner)
{
    if (inner->x != NULL)
        vb_exchange_abandon(inner->x);
}

struct vb_span vb_inner_field(const struct vb_inner *inner,
                              enum vb_field_id name)
{
    for (size_t i = 0; i < inner->field_count; i++)
        if (vb_span_ieq(inner->fields[i].name, vb_field_name(name)))
            return inner->fields[i].value;
    return VB_SPAN("");
}
