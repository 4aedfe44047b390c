/*
 * text/event-stream (HTML Living Standard, "Server-sent events"): events for
 * who listens, in UTF-8; fields a line each, and an empty line ends an event.
 *
 *     event: changed
 *     id: 2s.9z1x3f7a
 *     data: {"uri": "/books/7"}
 *
 * An event without data is not told to anybody, but its id is remembered.
 */
#ifndef VB_CONTENT_EVENT_STREAM_H
#define VB_CONTENT_EVENT_STREAM_H

#include "base/buf.h"

#define VB_EVENT_STREAM_TYPE "text/event-stream"

/* Each appends to the buffer; check its `err`. A field's value is one line, a
 * name a literal. */
void vb_event_field(struct vb_buf *buf, const char *name, struct vb_span value);

/* Text of any lines: who listens gets it with LF between them. */
void vb_event_data(struct vb_buf *buf, struct vb_span text);

/* The event is complete. */
void vb_event_end(struct vb_buf *buf);

/* A line that means nothing, to keep the connection alive. */
void vb_event_comment(struct vb_buf *buf);

#endif
