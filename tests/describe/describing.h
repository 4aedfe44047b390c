/* A description from a few lines of YAML, for the tests of this room. */
#ifndef VB_TESTS_DESCRIBING_H
#define VB_TESTS_DESCRIBING_H

#include "unit.h"

#include "base/buf.h"
#include "describe/describe.h"

struct describing {
    struct vb_notes notes;
    const struct vb_description *d; /* NULL when there were errors */
    enum vb_err err;
};

/* The text as it is. */
void describe_text(struct describing *t, const char *text);

/* `paths` (indented by two) in an OpenAPI 3.1 frame of four lines. */
void describe_paths(struct describing *t, const char *paths);

void describing_done(struct describing *t);

/* Fails the test, printing the notes, unless it was good. */
void assert_described(const struct describing *t);

/* Fails unless the first error prints like this. */
void assert_first_error(const struct describing *t, const char *line);

const struct vb_route *route_of(const struct describing *t, const char *path);
const struct vb_operation *operation_of(const struct describing *t,
                                        const char *path,
                                        enum vb_method method);
const struct vb_property *property_of(const struct describing *t,
                                      const char *path, const char *name);

#endif
