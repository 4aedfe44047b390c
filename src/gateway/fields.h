/*
 * What of a message goes on to the next hop (RFC 9110 section 7.6): all but
 * what was for this connection; and what each hop adds.
 */
#ifndef VB_GATEWAY_FIELDS_H
#define VB_GATEWAY_FIELDS_H

#include "exchange/exchange.h"
#include "exchange/response.h"

/* A list of fields that grows in an arena. */
struct vb_field_list {
    struct vb_arena *arena;
    struct vb_field_out *at;
    size_t count;
    size_t cap;
    bool failed; /* out of memory */
};

void vb_field_list_init(struct vb_field_list *list, struct vb_arena *arena,
                        size_t cap);
void vb_field_list_add(struct vb_field_list *list, struct vb_span name,
                       struct vb_span value);

/*
 * Does this field go on to the next hop? Not those of the connection, whether
 * they are known as such or Connection names them, nor what the wires say
 * themselves (RFC 9110 section 7.6.1).
 */
bool vb_goes_on(const struct vb_fields *fields, const struct vb_field *field);

/* Adds all that do, but for those whose id is in `but` (at the end
 * VB_FIELD_OTHER). */
void vb_fields_go_on(const struct vb_fields *fields, const uint16_t *but,
                     struct vb_field_list *list);

/* The version by which a message came, for Via: "1.1", "2", "3". */
struct vb_span vb_via_version(const char *protocol);

/* Adds Via (RFC 9110 section 7.6.3): behind those that came. */
void vb_add_via(struct vb_field_list *list, struct vb_span version,
                struct vb_span pseudonym);

/* Is this pseudonym in Via already (RFC 9110 section 7.6.3)? */
bool vb_via_has(const struct vb_fields *fields, struct vb_span pseudonym);

/* What a gateway tells of who asks. */
struct vb_hop {
    bool forwarded;   /* Forwarded (RFC 7239) */
    bool x_forwarded; /* X-Forwarded-For, -Proto, -Host */
    bool trusted;     /* what the peer says of the hops before it is true */
    bool hides_for;   /* not by address: for caches, which know nobody */
};

/* Adds what is said of the hops: what came, where that is to be believed, and
 * this one behind it. */
void vb_add_forwarded(const struct vb_exchange *x, const struct vb_hop *hop,
                      struct vb_field_list *list);

/* Adds Proxy-Status (RFC 9209) with an error of section 2.3. What the details
 * are is for the log: they name addresses that are nobody else's business. */
void vb_add_proxy_status(struct vb_exchange *x, struct vb_span pseudonym,
                         const char *error);

#endif
