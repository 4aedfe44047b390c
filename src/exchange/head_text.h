/*
 * The text of a request's head as HTTP/1.1 writes it (RFC 9112 sections 3 and
 * 5): on a connection of that version, or within content (application/http,
 * section 10.2).
 */
#ifndef VB_EXCHANGE_HEAD_TEXT_H
#define VB_EXCHANGE_HEAD_TEXT_H

#include "exchange/head.h"

struct vb_head_line {
    struct vb_span method;
    struct vb_span target;
    bool minor_0; /* the version is 1.0 */
};

/*
 * Takes the request-line and its CR LF off the front of *text (RFC 9112
 * section 3), with `pad` bytes readable behind the text. Both outputs are
 * undefined when the verdict is not 0.
 */
struct vb_verdict vb_head_parse_line(struct vb_span *text, size_t pad,
                                     struct vb_head_line *ret_line);

/*
 * Takes a field line off the front of *text: name, value, CR LF, with
 * `pad` bytes readable behind the text. NULL, or what is wrong.
 */
const char *vb_head_parse_field(struct vb_span *text, size_t pad,
                                struct vb_span *ret_name,
                                struct vb_span *ret_value);

#endif
