/* The answer of the other server, as it is passed on (RFC 9110 section 7.6). */
#include "gateway/forward.h"

#include "base/assert.h"
#include "flow/reply.h"
#include "http/status.h"

/* What is between the other server and us, and not for clients: where it can
 * be had besides is not where this server can (RFC 7838 section 2); what it
 * asks proxies for, it asks us (RFC 9110 section 11.7.1). */
static const uint16_t not_as_they_came[] = {
    VB_FIELD_ALT_SVC,
    VB_FIELD_PROXY_AUTHENTICATE,
    VB_FIELD_PROXY_AUTHENTICATION_INFO,
    VB_FIELD_OTHER,
};

static bool is_a_place(const struct vb_field *field)
{
    return field->id == VB_FIELD_LOCATION ||
           field->id == VB_FIELD_CONTENT_LOCATION;
}

static bool names_places(const struct vb_response_head *response)
{
    return vb_fields_first(&response->fields, VB_FIELD_LOCATION) != NULL ||
           vb_fields_first(&response->fields, VB_FIELD_CONTENT_LOCATION) !=
               NULL;
}

/* False: no memory. */
static bool move(struct vb_forward *f, struct vb_field *field)
{
    if (!is_a_place(field))
        return true;
    field->value = vb__gate_location(f->x, f->gate, f->ask.server,
                                     f->reach->upstream->scheme, field->value);
    return field->value.ptr != NULL;
}

const struct vb_response_head *
vb__forward_placed(struct vb_forward *f,
                   const struct vb_response_head *response)
{
    struct vb_arena *arena = &f->x->arena;
    struct vb_response_head *here;
    bool moved = true;

    if (!names_places(response))
        return response;
    here = vb_arena_alloc(arena, sizeof(*here));
    if (here == NULL)
        return NULL;
    *here = *response;
    here->fields.at = vb_arena_calloc(arena, response->fields.count,
                                      sizeof(*here->fields.at));
    if (here->fields.at == NULL)
        return NULL;
    for (size_t i = 0; i < response->fields.count; i++) {
        here->fields.at[i] = response->fields.at[i];
        moved &= move(f, &here->fields.at[i]);
    }
    return moved ? here : NULL;
}

static void make_fields(struct vb_forward *f,
                        const struct vb_response_head *response)
{
    struct vb_exchange *x = f->x;
    struct vb_field_list list;

    vb_field_list_init(&list, &x->arena, response->fields.count + 4u);
    vb_fields_go_on(&response->fields, not_as_they_came, &list);
    vb_add_via(&list, vb_via_version(f->ask.client->protocol),
               f->gate->options.pseudonym);
    x->reply.fields = list.at;
    x->reply.as_came = &response->fields;
    x->reply.field_count = x->reply.field_cap = (uint16_t)list.count;
    if (list.failed)
        x->reply.status = VB_STATUS_BAD_GATEWAY;
}

/* Bytes go both ways from here on. HTTP/2 and HTTP/3 say so with 200, and name
 * no protocol (RFC 8441 section 5). */
static void make_switch(struct vb_forward *f,
                        const struct vb_response_head *response)
{
    const struct vb_field *upgrade =
        response != NULL ? vb_fields_first(&response->fields, VB_FIELD_UPGRADE)
                         : NULL;
    struct vb_exchange *x = f->x;

    x->reply.switched = x->reply.duplex = true;
    x->reply.content = VB_CONTENT_SOURCE;
    if (x->head.method == VB_METHOD_CONNECT)
        x->reply.status = VB_STATUS_OK;
    else
        x->reply.status = VB_STATUS_SWITCHING_PROTOCOLS;
    if (x->reply.status == VB_STATUS_SWITCHING_PROTOCOLS)
        vb_reply_field(x, VB_FIELD_UPGRADE,
                       upgrade != NULL ? upgrade->value : x->head.protocol);
}

/* HEAD is answered with the length that GET's content has. */
static bool tells_length(const struct vb_exchange *x,
                         const struct vb_response_head *response)
{
    return vb_exchange_is_head(x) && response->content_length >= 0;
}

/* Both ways at once? Content may still come, unless the other server answers
 * before anybody has asked for what the client holds back (RFC 9110 section
 * 10.1.1); and a reply without content is over with its head. */
static bool goes_both_ways(const struct vb_forward *f)
{
    bool held = f->ask.call.expects && !f->up_wanted;

    return f->x->reply.content == VB_CONTENT_SOURCE && f->x->head.has_content &&
           !held && f->up_end == VB_WAY_OPEN;
}

void vb__forward_response(struct vb_forward *f,
                          const struct vb_response_head *response)
{
    struct vb_exchange *x = f->x;
    struct vb_reply *reply = &x->reply;

    reply->foreign = true;
    reply->source = &f->source;
    f->source.length = -1;
    if (response != NULL) {
        reply->status = response->status;
        make_fields(f, response);
    }
    if (f->ask.call.switched) {
        make_switch(f, response);
        return;
    }
    vb_assert(response != NULL);
    f->source.length = response->content_length;
    if (response->has_content || tells_length(x, response))
        reply->content = VB_CONTENT_SOURCE;
    reply->duplex = goes_both_ways(f);
    /* Nobody waits for what is late any longer (RFC 9110 section 15.5.9). */
    reply->close |= reply->status == VB_STATUS_REQUEST_TIMEOUT;
}

void vb__forward_interim(struct vb_forward *f,
                         const struct vb_response_head *response)
{
    struct vb_exchange *x = f->x;
    struct vb_field_list list;

    /* 100 is sent when the content is asked for. */
    if (!x->head.interim_ok || response->status == VB_STATUS_CONTINUE)
        return;
    vb_field_list_init(&list, &x->arena, response->fields.count + 1u);
    vb_fields_go_on(&response->fields, not_as_they_came, &list);
    if (!list.failed)
        x->carrier->interim(x, response->status, list.at, list.count);
}
