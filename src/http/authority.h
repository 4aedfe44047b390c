/*
 * The authority of a URI (RFC 3986 section 3.2), and HTTP's narrower idea of
 * it: uri-host [ ":" port ], as in Host, :authority and http URIs (RFC 9110
 * sections 4.2, 7.2).
 */
#ifndef VB_HTTP_AUTHORITY_H
#define VB_HTTP_AUTHORITY_H

#include "base/span.h"

enum vb_host_kind {
    VB_HOST_EMPTY,
    VB_HOST_NAME, /* reg-name; a name of DNS, mostly */
    VB_HOST_IPV4,
    VB_HOST_IPV6,
    VB_HOST_IPVFUTURE,
};

#define VB_PORT_NONE (-1)

struct vb_authority {
    struct vb_span userinfo; /* ptr NULL when there is no "@" */
    struct vb_span host;     /* as written; an IP-literal with its brackets */
    enum vb_host_kind kind;
    int port;                  /* 0-65535; VB_PORT_NONE when absent or empty */
    unsigned char address[16]; /* of IPV4 (4 bytes) and IPV6, network order */
};

/*
 * Parses the authority of any URI. False, *ret_authority untouched, when it
 * does not match RFC 3986: a character out of place, a malformed escape,
 * brackets around anything but an IP-literal, a zone identifier, a port that
 * is not a number up to 65535. The spans borrow from `text`.
 */
bool vb_authority_parse(struct vb_span text,
                        struct vb_authority *ret_authority);

/*
 * Parses what HTTP has in Host, in :authority and after "http://": no
 * userinfo (RFC 9110 section 4.2.4), no comma (two Host values once joined by
 * somebody would otherwise be one name), and a port only behind a host. The
 * empty value is accepted, as VB_HOST_EMPTY (RFC 9112 section 3.2); an http
 * URI must then be refused by the caller, as vb_uri_is_http does.
 */
bool vb_authority_parse_host(struct vb_span text,
                             struct vb_authority *ret_authority);

/* Would vb_authority_parse_host take it? Looks no closer than it must, since
 * every request has a Host. */
bool vb_authority_valid_host(struct vb_span text);

/* The default port of http, https, ws and wss, or VB_PORT_NONE. */
int vb_scheme_port(struct vb_span scheme);

/* The port, the scheme's default where none is given, or VB_PORT_NONE. */
int vb_authority_port(const struct vb_authority *authority,
                      struct vb_span scheme);

/*
 * Do both name the same host and port under this scheme? Names compare
 * without regard to ASCII case and to escapes of unreserved characters, and
 * addresses by value (RFC 9110 section 4.2.3); userinfo is not compared.
 */
bool vb_authority_same(const struct vb_authority *a,
                       const struct vb_authority *b, struct vb_span scheme);

#endif
