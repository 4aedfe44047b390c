/*
 * A request's head, the same for every protocol version, and its one builder.
 *
 * The builder holds every rule about well-formedness that HTTP/1.1, HTTP/2 and
 * HTTP/3 share, so that no version is laxer than another. What belongs to one
 * version's framing (Transfer-Encoding, chunks, pseudo-fields) is its wire's.
 */
#ifndef VB_EXCHANGE_HEAD_H
#define VB_EXCHANGE_HEAD_H

#include <stdbool.h>
#include <stdint.h>

#include <verbatim/method.h>
#include <verbatim/status.h>

#include "base/arena.h"
#include "base/span.h"
#include "http/field.h"
#include "http/request_target.h"

struct vb_field {
    struct vb_span name;  /* as received */
    struct vb_span value; /* without surrounding white space */
    uint16_t id;          /* enum vb_field_id; VB_FIELD_OTHER when unknown */
    uint8_t next; /* index + 1 of the next line with this known name; 0: none */
    bool guarded; /* it came as one that no table may have: so it goes on (RFC
                     7541 section 6.2.3, RFC 9204 section 4.5.4) */
};

/* The most lines that limits may allow. */
#define VB_FIELDS_MAX 250

/* Fields in the order received, with an index over the known names. */
struct vb_fields {
    struct vb_field *at;
    uint8_t count; /* at most VB_FIELDS_MAX */
    uint8_t cap;
    bool guarded; /* one of them is */
    /* Index + 1 of the first line with this name, 0 if there is none, and of
     * the last, undefined if there is none. */
    uint8_t first[VB_FIELD_COUNT];
    uint8_t last[VB_FIELD_COUNT];
};

struct vb_head {
    enum vb_method method;
    struct vb_span method_text;
    enum vb_target_form form;
    struct vb_span target;    /* as received */
    struct vb_span scheme;    /* "http" or "https": the connection's */
    struct vb_span authority; /* host[:port]: of the target, or of Host */
    struct vb_span path;      /* raw, "/..." ; "" for `*` and authority form */
    struct vb_span query;     /* raw, after the first `?` */
    /* Which protocol the client wants to go on with: the first that Upgrade
     * names (RFC 9110 section 7.8), where a GET without content has it, and
     * Connection too; or :protocol (RFC 8441 section 4), where the method is
     * CONNECT, and scheme, authority, path and query are told as for GET. To be
     * compared without regard to case. "": none. */
    struct vb_span protocol;
    bool has_query;
    bool interim_ok;        /* the client understands 1xx (not HTTP/1.0) */
    bool server_wide;       /* the target is `*`, or says the same otherwise */
    bool has_content;       /* bytes follow: a length above 0, or chunks */
    int64_t content_length; /* bytes announced, or -1 */
    struct vb_fields fields;
};

/* Bounds on a head. All in bytes, but max_fields. */
struct vb_head_limits {
    uint32_t max_target;      /* beyond: 414 */
    uint32_t max_field;       /* one line, name and value; beyond: 431 */
    uint32_t max_fields;      /* lines; beyond: 431 */
    uint32_t max_fields_size; /* all lines together; beyond: 431 */
    bool any_origin; /* a proxy's: targets of other schemes and authorities than
                        the connection's are none that went astray */
};

/* The first complaint, kept: a status and a short reason in English. */
struct vb_verdict {
    uint16_t status;    /* 0: well-formed so far */
    const char *reason; /* as long as the exchange, if not static */
};

struct vb_head_builder {
    struct vb_head *head;
    struct vb_arena *arena;
    const struct vb_head_limits *limits;
    struct vb_verdict verdict;
    uint32_t fields_size; /* bytes so far */
    bool early;           /* set by a wire: it came in 0-RTT */
    /* Set by a wire that makes sure itself that names are tokens and values
     * have no control characters nor white space around them, as it must to
     * find their ends. */
    bool scanned;
};

/* `head` is all zero, as in a fresh exchange. Spans given to the builder are
 * borrowed and must live as long as the head. `scheme` is "https" where the
 * connection is secured, else "http": that of every target. */
void vb_head_begin(struct vb_head_builder *builder, struct vb_head *head,
                   struct vb_arena *arena, const struct vb_head_limits *limits,
                   struct vb_span scheme);

/* The method as received (RFC 9110 section 9.1). */
void vb_head_method(struct vb_head_builder *builder, struct vb_span method);

/* The request target as received (RFC 9112 section 3.2). After the method. */
void vb_head_target(struct vb_head_builder *builder, struct vb_span text);

/* The protocol that CONNECT asks for (RFC 8441 section 4), if it does: the
 * target is as for GET then. After the method, and before the target. */
void vb_head_protocol(struct vb_head_builder *builder, struct vb_span protocol);

/*
 * Scheme and authority of the target URI, where a version tells them apart
 * from the target (RFC 9113 section 8.3.1); before Host is looked at. Either
 * may be {NULL, 0}: not told.
 */
void vb_head_origin(struct vb_head_builder *builder, struct vb_span scheme,
                    struct vb_span authority);

/* One field line (RFC 9110 section 5); the value may still have its OWS. */
void vb_head_field(struct vb_head_builder *builder, struct vb_span name,
                   struct vb_span value);

/*
 * The rules that need the whole head: Host (RFC 9112 section 3.2),
 * Content-Length (RFC 9110 section 8.6), early data (RFC 8470 section 5), and
 * singletons. `host_required` is false
 * for HTTP/1.0 and where :authority stands for Host. Returns the verdict.
 */
struct vb_verdict vb_head_end(struct vb_head_builder *builder,
                              bool host_required);

/* Records a complaint, unless there is one already. For wires' own rules. */
void vb_head_refuse(struct vb_head_builder *builder, uint16_t status,
                    const char *reason);

/* For trailers: a field line added to `fields` under the same rules. Returns
 * the verdict's status, 0 when it was taken. (RFC 9110 section 6.5) */
uint16_t vb_fields_add(struct vb_fields *fields, struct vb_arena *arena,
                       const struct vb_head_limits *limits, struct vb_span name,
                       struct vb_span value, const char **ret_reason);

/* The same for who makes sure itself of the characters (`scanned`, above). */
uint16_t vb_fields_add_scanned(struct vb_fields *fields, struct vb_arena *arena,
                               const struct vb_head_limits *limits,
                               struct vb_span name, struct vb_span value,
                               const char **ret_reason);

/* The line that was added last, if there is any, came guarded. */
void vb_fields_guard_last(struct vb_fields *fields);

/* Has a line of that name come so, in any case of letters? */
bool vb_fields_guard(const struct vb_fields *fields, struct vb_span name);

/* The first line of a known field; NULL when absent. */
static inline const struct vb_field *
vb_fields_first(const struct vb_fields *fields, enum vb_field_id id)
{
    unsigned index = fields->first[id];

    return index == 0 ? NULL : &fields->at[index - 1];
}

/* The next line of the same name; NULL after the last. */
static inline const struct vb_field *
vb_fields_next(const struct vb_fields *fields, const struct vb_field *field)
{
    return field->next == 0 ? NULL : &fields->at[field->next - 1];
}

/* The value of a field that is present exactly once; false otherwise. */
bool vb_fields_single(const struct vb_fields *fields, enum vb_field_id id,
                      struct vb_span *ret_value);

/* All values of a field, in order: up to `max`; how many there are. */
size_t vb_fields_values(const struct vb_fields *fields, enum vb_field_id id,
                        struct vb_span *values, size_t max);

/* Lines of a list field that are looked at; more than that is not sincere. */
#define VB_LINES_MOST 16

struct vb_lines {
    struct vb_span at[VB_LINES_MOST];
    size_t count;
};

/* The values of a list field's lines, in order, as many as are looked at. */
void vb_fields_lines(const struct vb_fields *fields, enum vb_field_id id,
                     struct vb_lines *ret_lines);

#endif
