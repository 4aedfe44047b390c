/* What goes on to the next hop, and what each adds. See fields.h. */
#include "gateway/fields.h"

#include <arpa/inet.h>

#include "base/buf.h"
#include "http/elements.h"
#include "http/forwarded.h"
#include "http/sf.h"

/* Bytes of one field that is made here. */
#define MADE_MOST ((size_t)1024)

void vb_field_list_init(struct vb_field_list *list, struct vb_arena *arena,
                        size_t cap)
{
    *list = (struct vb_field_list){.arena = arena, .cap = cap};
    list->at = vb_arena_alloc(arena, cap * sizeof(*list->at));
    list->failed = list->at == NULL;
}

static bool grow(struct vb_field_list *list)
{
    size_t cap = list->cap * 2 + 8;
    struct vb_field_out *at = vb_arena_alloc(list->arena, cap * sizeof(*at));

    if (at == NULL)
        return false;
    memcpy(at, list->at, list->count * sizeof(*at));
    list->at = at;
    list->cap = cap;
    return true;
}

void vb_field_list_add(struct vb_field_list *list, struct vb_span name,
                       struct vb_span value)
{
    if (!list->failed && list->count == list->cap && !grow(list))
        list->failed = true;
    if (!list->failed)
        list->at[list->count++] = (struct vb_field_out){name, value};
}

/* --- what goes on -----------------------------------------------------------
 */

/* Is it named in Connection? What the wires say anew is not taken away by it,
 * whatever a client tries. */
static bool is_named(const struct vb_fields *fields, struct vb_span name)
{
    const struct vb_field *line = vb_fields_first(fields, VB_FIELD_CONNECTION);

    for (; line != NULL; line = vb_fields_next(fields, line))
        if (vb_elements_have(&line->value, 1, name))
            return true;
    return false;
}

bool vb_goes_on(const struct vb_fields *fields, const struct vb_field *field)
{
    if (field->id == VB_FIELD_CONTENT_LENGTH || field->id == VB_FIELD_HOST ||
        vb_field_is((enum vb_field_id)field->id, VB_FIELD_IS_HOP))
        return false;
    return !is_named(fields, field->name);
}

static bool is_among(const uint16_t *ids, uint16_t id)
{
    for (; *ids != VB_FIELD_OTHER; ids++)
        if (*ids == id)
            return true;
    return false;
}

void vb_fields_go_on(const struct vb_fields *fields, const uint16_t *but,
                     struct vb_field_list *list)
{
    for (unsigned i = 0; i < fields->count; i++) {
        const struct vb_field *field = &fields->at[i];

        if (vb_goes_on(fields, field) &&
            (field->id == VB_FIELD_OTHER || !is_among(but, field->id)))
            vb_field_list_add(list, field->name, field->value);
    }
}

/* --- Via --------------------------------------------------------------------
 */

struct vb_span vb_via_version(const char *protocol)
{
    static const struct vb_span name = VB_SPAN_INIT("HTTP/");
    struct vb_span text = vb_span_str(protocol);

    return vb_span_starts(text, name) ? vb_span_from(text, name.len) : text;
}

void vb_add_via(struct vb_field_list *list, struct vb_span version,
                struct vb_span pseudonym)
{
    size_t size = version.len + 1 + pseudonym.len;
    char *text = vb_arena_alloc(list->arena, size);
    struct vb_buf buf = vb_buf_over(text, size);

    list->failed |= text == NULL;
    if (list->failed)
        return;
    vb_buf_append(&buf, version);
    vb_buf_char(&buf, ' ');
    vb_buf_append(&buf, pseudonym);
    vb_field_list_add(list, VB_SPAN("Via"), vb_buf_span(&buf));
}

/* received-by is the second word of an element. */
static struct vb_span received_by(struct vb_span element)
{
    ssize_t space = vb_span_find(element, ' ', 0);
    struct vb_span rest =
        space < 0 ? vb_span_of(NULL, 0)
                  : vb_span_trim(vb_span_from(element, (size_t)space));
    size_t end = 0;

    while (end < rest.len && rest.ptr[end] != ' ' && rest.ptr[end] != '\t')
        end++;
    return vb_span_head(rest, end);
}

bool vb_via_has(const struct vb_fields *fields, struct vb_span pseudonym)
{
    struct vb_elements elements;
    struct vb_span element;
    struct vb_lines lines;

    if (vb_fields_first(fields, VB_FIELD_VIA) == NULL)
        return false;
    vb_fields_lines(fields, VB_FIELD_VIA, &lines);
    vb_elements_init(&elements, lines.at, lines.count, VB_ELEMENTS_COMMENTS);
    while (vb_elements_next(&elements, &element))
        if (vb_span_ieq(received_by(element), pseudonym))
            return true;
    return false;
}

/* --- who asks ---------------------------------------------------------------
 */

/* The address, as text; `brackets` around one of IPv6. */
static struct vb_span address_text(const struct vb_exchange *x, bool brackets,
                                   char out[INET6_ADDRSTRLEN + 2])
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    const uint8_t *ip = x->peer->ip;
    bool v4 = memcmp(ip, mapped, sizeof(mapped)) == 0;
    size_t at = 0;

    if (brackets && !v4)
        out[at++] = '[';
    if (v4)
        inet_ntop(AF_INET, ip + sizeof(mapped), out + at, INET_ADDRSTRLEN);
    else
        inet_ntop(AF_INET6, ip, out + at, INET6_ADDRSTRLEN);
    at += strlen(out + at);
    if (brackets && !v4)
        out[at++] = ']';
    return vb_span_of(out, at);
}

static bool has_address(const struct vb_exchange *x, const struct vb_hop *hop)
{
    return x->peer != NULL && !x->peer->local && !hop->hides_for;
}

/* What came of a list, in as many lines as it came in. */
static void add_received(const struct vb_exchange *x, struct vb_span name,
                         enum vb_field_id id, struct vb_field_list *list)
{
    const struct vb_field *line = vb_fields_first(&x->head.fields, id);

    for (; line != NULL; line = vb_fields_next(&x->head.fields, line))
        vb_field_list_add(list, name, line->value);
}

static void add_rfc7239(const struct vb_exchange *x, const struct vb_hop *hop,
                        struct vb_field_list *list)
{
    char address[INET6_ADDRSTRLEN + 2], text[MADE_MOST];
    struct vb_buf buf = vb_buf_over(text, sizeof(text));
    struct vb_forwarded element = {.host = x->head.authority,
                                   .proto = x->head.scheme};
    struct vb_span value;

    if (hop->trusted)
        add_received(x, VB_SPAN("Forwarded"), VB_FIELD_FORWARDED, list);
    element.for_ = has_address(x, hop) ? address_text(x, true, address)
                                       : VB_SPAN("unknown");
    if (x->head.authority.len == 0)
        element.host = vb_span_of(NULL, 0);
    if (vb_forwarded_write(&buf, &element) != VB_OK)
        return;
    value = vb_arena_dup(list->arena, vb_buf_span(&buf));
    list->failed |= value.ptr == NULL;
    vb_field_list_add(list, VB_SPAN("Forwarded"), value);
}

/* The names that most servers look at; X-Forwarded-For is a list of addresses,
 * of the others the first hop's is told. */
static void add_x_forwarded(const struct vb_exchange *x,
                            const struct vb_hop *hop,
                            struct vb_field_list *list)
{
    static const struct {
        struct vb_span name;
        enum vb_field_id id;
    } whole[] = {
        {VB_SPAN_INIT("X-Forwarded-Proto"), VB_FIELD_X_FORWARDED_PROTO},
        {VB_SPAN_INIT("X-Forwarded-Host"), VB_FIELD_X_FORWARDED_HOST},
    };
    const struct vb_span own[] = {x->head.scheme, x->head.authority};
    char address[INET6_ADDRSTRLEN + 2];

    if (hop->trusted)
        add_received(x, VB_SPAN("X-Forwarded-For"), VB_FIELD_X_FORWARDED_FOR,
                     list);
    if (has_address(x, hop))
        vb_field_list_add(
            list, VB_SPAN("X-Forwarded-For"),
            vb_arena_dup(list->arena, address_text(x, false, address)));
    for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++) {
        if (hop->trusted &&
            vb_fields_first(&x->head.fields, whole[i].id) != NULL)
            add_received(x, whole[i].name, whole[i].id, list);
        else if (own[i].len > 0)
            vb_field_list_add(list, whole[i].name, own[i]);
    }
}

void vb_add_forwarded(const struct vb_exchange *x, const struct vb_hop *hop,
                      struct vb_field_list *list)
{
    if (hop->forwarded)
        add_rfc7239(x, hop, list);
    if (hop->x_forwarded)
        add_x_forwarded(x, hop, list);
}

/* --- Proxy-Status -----------------------------------------------------------
 */

void vb_add_proxy_status(struct vb_exchange *x, struct vb_span pseudonym,
                         const char *error)
{
    const struct vb_sf_param param = {
        .key = VB_SPAN("error"),
        .value = {.type = VB_SF_TOKEN, .text = vb_span_str(error)}};
    struct vb_sf_member member = {
        .item = {.value = {.type = VB_SF_TOKEN, .text = pseudonym},
                 .params = &param,
                 .param_count = 1}};
    char text[MADE_MOST];
    struct vb_buf buf = vb_buf_over(text, sizeof(text));

    if (vb_sf_write_list(&buf, &(struct vb_sf_list){&member, 1}) == VB_OK)
        vb_reply_add(x, VB_SPAN("Proxy-Status"),
                     vb_arena_dup(&x->arena, vb_buf_span(&buf)));
}
