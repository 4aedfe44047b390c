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

/* `exists` of one whose work `start` begins: at once, where the method is safe;
 * else that is the commit's. */
enum vb_answer vb_controller_exists(struct vb_exchange *x, vb_question *start);

/* What is done with a method of such a one, where `post` says it of POST; NULL:
 * it has no such method. */
const struct vb_slot *vb_controller_slot(enum vb_method method,
                                         const struct vb_slot *post);

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
