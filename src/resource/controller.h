/*
 * What controllers share that leave their work to somebody else, a program
 * (run.h), another server (onward.h) or a plugin (plugin.h): the request is
 * held against the description before, and the outcome after.
 */
#ifndef VB_RESOURCE_CONTROLLER_H
#define VB_RESOURCE_CONTROLLER_H

#include "flow/resource.h"

/* The beginning of `exists`: sets x->selected. Do parameters and variables fit
 * what is described? If not, a status is set. */
bool vb_controller_fits(struct vb_exchange *x);

/* The answers to `parsed` and `valid` of POST: content is there where it is
 * required, is JSON where it says so, and meets its schema. */
enum vb_answer vb_controller_parsed(struct vb_exchange *x);
enum vb_answer vb_controller_valid(struct vb_exchange *x);

/* Is the content JSON? YES, or HALT. */
enum vb_answer vb_controller_json(struct vb_exchange *x);

/* The media type of the outcome. Is it one of JSON? */
struct vb_span vb_controller_type(const struct vb_exchange *x);
bool vb_controller_writes_json(const struct vb_exchange *x);

bool vb_controller_is_json(struct vb_span output);

/* Is this an error that its outcome may be? Not those that need a field that it
 * cannot write (RFC 9110 sections 11.6.1, 10.2.1, 7.8). */
bool vb_controller_may_say(int64_t status);

/* The work has succeeded with this content, or none: the answer to `exists` and
 * `commit`. */
enum vb_answer vb_controller_succeed(struct vb_exchange *x,
                                     struct vb_span output);

/* It has failed, and has written this problem document, with what members it
 * likes; which is copied. HALT. */
enum vb_answer vb_controller_problem(struct vb_exchange *x, unsigned status,
                                     struct vb_span document);

#endif
