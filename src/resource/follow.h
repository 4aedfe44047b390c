/*
 * What happens to a document, or to a collection's members, as an event stream
 * (stream.h):
 *
 *     GET /books?year:gte=1970       event: ready
 *     Accept: text/event-stream      id: 2r.9z1x3f7a
 *     Last-Event-ID: 2r.9z1x3f7a     data: {"uri":"/books"}
 *
 *                                    event: created
 *                                    id: 2s.9z1x3f7a
 *                                    data: {"uri":"/books/7","etag":…}
 *
 * The first event is `ready`, or `reset` where what has happened before it is
 * not known any more. Then comes what happens to those states that who follows
 * may see and has asked for: `created` is what was not among them before,
 * `changed` what was, and `removed` what is so no more, whether it is gone or
 * not. So nobody learns of what they could not GET.
 */
#ifndef VB_RESOURCE_FOLLOW_H
#define VB_RESOURCE_FOLLOW_H

#include "content/event_stream.h"
#include "resource/selection.h"
#include "resource/stored.h"

/* The offer of such a stream: the last one of those that have it. */
#define VB_FOLLOW_OFFER                                                        \
    {                                                                          \
        .media_type = VB_SPAN_INIT(VB_EVENT_STREAM_TYPE), .reads_only = true,  \
        .is_stream = true                                                      \
    }

/* Is it a stream that is asked for? */
static inline bool vb_follow_wanted(const struct vb_exchange *x)
{
    return x->offer >= 0 && x->resource->offers[x->offer].is_stream;
}

/*
 * The question `exists`, where a stream is asked for: of a record that is there
 * and was read; and of a listing's members, those of
 * `parent`, and `selection` of them (NULL: all).
 * Its cursor may be a moment. The answer YES, or HALT.
 */
enum vb_answer vb_follow_document(struct vb_stored *stored);
enum vb_answer vb_follow_listing(struct vb_exchange *x,
                                 const struct vb_route *route,
                                 struct vb_span parent,
                                 const struct vb_selection *selection);

#endif
