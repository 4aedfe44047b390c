/* The request that goes on to the other server (RFC 9110 section 7.6). */
#include "gateway/cached.h"

#include "base/assert.h"
#include "base/hash.h"
#include "http/elements.h"
#include "http/method.h"
#include "http/uri.h"

/* Not passed on as they came, beside those of the connection: what proxies say
 * is said anew; and credentials for a proxy end at the first one (RFC 9110
 * section 11.7.2). */
static const uint16_t not_as_they_came[] = {
    VB_FIELD_FORWARDED,          VB_FIELD_X_FORWARDED_FOR,
    VB_FIELD_X_FORWARDED_HOST,   VB_FIELD_X_FORWARDED_PROTO,
    VB_FIELD_X_FORWARDED_PORT,   VB_FIELD_X_FORWARDED_PREFIX,
    VB_FIELD_X_FORWARDED_SERVER, VB_FIELD_PROXY_AUTHORIZATION,
    VB_FIELD_MAX_FORWARDS,       VB_FIELD_OTHER};

/* More hops than anybody counts. */
#define HOPS_MOST INT64_C(1000000000)

static bool is_number(struct vb_span text)
{
    size_t digits = 0;

    while (digits < text.len && text.ptr[digits] >= '0' &&
           text.ptr[digits] <= '9')
        digits++;
    return text.len > 0 && digits == text.len;
}

/* One hop fewer, or as many as we count at most (RFC 9110 section 7.6.2). What
 * is no number goes on as it is. */
static struct vb_span count_down(struct vb_exchange *x, struct vb_span value)
{
    int64_t hops;

    if (!is_number(value))
        return value;
    if (!vb_span_i64(value, &hops) || hops > HOPS_MOST)
        hops = HOPS_MOST;
    return hops == 0
               ? value
               : vb_arena_printf(&x->arena, "%lld", (long long)(hops - 1));
}

/* For the methods that count hops; for others Max-Forwards means nothing, and
 * goes on as it is. */
static void add_max_forwards(struct vb_forward *f, struct vb_field_list *list)
{
    const struct vb_head *head = &f->x->head;
    struct vb_span value;

    if (!vb_fields_single(&head->fields, VB_FIELD_MAX_FORWARDS, &value))
        return;
    if (head->method == VB_METHOD_OPTIONS || head->method == VB_METHOD_TRACE)
        value = count_down(f->x, value);
    vb_field_list_add(list, VB_SPAN("Max-Forwards"), value);
}

/* A WebSocket from HTTP/2 or HTTP/3 has no key, and HTTP/1.1 asks for one (RFC
 * 8441 section 5): it proves nothing but that the other server knows them. */
static void add_socket_key(struct vb_forward *f, struct vb_field_list *list)
{
    static const char key[] = "AAAAAAAAAAAAAAAAAAAAAA==";
    const struct vb_head *head = &f->x->head;

    for (unsigned i = 0; i < head->fields.count; i++)
        if (vb_span_ieq(head->fields.at[i].name, VB_SPAN("Sec-WebSocket-Key")))
            return;
    if (vb_span_ieq(head->protocol, VB_SPAN("websocket")))
        vb_field_list_add(list, VB_SPAN("Sec-WebSocket-Key"), vb_span_str(key));
}

/* Asked for with and for others: without the client's own conditions, with
 * those about what is stored (RFC 9111 section 4.3.1). */
static void set_conditions(const struct vb_cached *c,
                           struct vb_field_list *list)
{
    size_t kept = 0;

    for (size_t i = 0; i < list->count; i++)
        if (!vb_validation_replaces(vb_field_find(list->at[i].name)))
            list->at[kept++] = list->at[i];
    list->count = kept;
    for (size_t i = 0; i < c->conditions.count; i++)
        vb_field_list_add(list, c->conditions.at[i].name,
                          c->conditions.at[i].value);
}

static bool make_fields(struct vb_forward *f)
{
    const struct vb_cached *c = vb__cached_of(f->x);
    const struct vb_gate *gate = f->gate;
    struct vb_exchange *x = f->x;
    struct vb_hop hop = vb_gate_hop(gate, x);
    struct vb_field_list list;

    hop.hides_for = vb__cached_is_for_others(c);
    vb_field_list_init(&list, &x->arena, x->head.fields.count + 8u);
    vb_fields_go_on(&x->head.fields, not_as_they_came, &list);
    if (c != NULL && c->whole)
        set_conditions(c, &list);
    add_max_forwards(f, &list);
    vb_add_forwarded(x, &hop, &list);
    vb_add_via(&list, vb_via_version(x->carrier->protocol),
               gate->options.pseudonym);
    if (x->head.protocol.len > 0)
        add_socket_key(f, &list);
    f->ask.call.fields = list.at;
    f->ask.call.as_came = &x->head.fields;
    f->ask.call.field_count = list.count;
    return !list.failed;
}

static bool wants_trailers(const struct vb_head *head)
{
    struct vb_lines lines;

    vb_fields_lines(&head->fields, VB_FIELD_TE, &lines);
    return vb_elements_have(lines.at, lines.count, VB_SPAN("trailers"));
}

/* What another protocol is asked for with: GET, also where an extended CONNECT
 * asks for it (RFC 8441 section 4). */
static void set_method(struct vb_call *call, const struct vb_head *head)
{
    call->method = head->method;
    call->method_text = head->method_text;
    call->protocol = head->protocol;
    if (head->protocol.len > 0 && head->method == VB_METHOD_CONNECT) {
        call->method = VB_METHOD_GET;
        call->method_text = VB_SPAN("GET");
    }
}

/* Does the client send anything, be it content or what goes through a tunnel?
 */
static bool sends(const struct vb_head *head)
{
    return head->has_content || head->protocol.len > 0 ||
           head->method == VB_METHOD_CONNECT;
}

/* What others may have is asked for by the key, so that it tells apart what the
 * next hop does. */
static struct vb_span find_target(const struct vb_forward *f)
{
    const struct vb_cached *c = vb__cached_of(f->x);
    struct vb_uri uri;
    bool parsed;

    if (!vb__cached_is_for_others(c))
        return vb__gate_target(f->x, f->gate, NULL);
    parsed = vb_uri_parse(c->key.uri, &uri);
    vb_assert(parsed); /* it is a normal form */
    return vb__gate_target(f->x, f->gate, &uri);
}

bool vb__forward_request(struct vb_forward *f)
{
    const struct vb_gate *gate = f->gate;
    const struct vb_upstream *upstream = f->reach->upstream;
    struct vb_exchange *x = f->x;
    struct vb_call *call = &f->ask.call;

    set_method(call, &x->head);
    call->scheme = upstream->scheme;
    call->authority = gate->options.keeps_host && x->head.authority.len > 0
                          ? x->head.authority
                          : upstream->servers[0].authority;
    call->target = find_target(f);
    call->te_trailers = wants_trailers(&x->head);
    call->expects = vb_fields_first(&x->head.fields, VB_FIELD_EXPECT) != NULL;
    call->content = sends(&x->head) ? &f->content : NULL;
    call->arena = &x->arena;
    f->ask.spread = vb_hash(&vb_hash_key_fixed, call->target);
    return call->target.ptr != NULL && make_fields(f);
}
