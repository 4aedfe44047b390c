/* Messages out of text, for the tests of the cache. */
#ifndef VB_TESTS_CACHING_SCENE_H
#define VB_TESTS_CACHING_SCENE_H

#include "unit.h"

#include "caching/key.h"
#include "caching/response.h"
#include "caching/storing.h"

/* Sun, 06 Nov 1994 08:49:37 GMT */
#define NOON      INT64_C(784111777)
#define NOON_MS   (NOON * 1000)
#define NOON_TEXT "Sun, 06 Nov 1994 08:49:37 GMT"

/* One arena for all messages of a test; cmocka's set-up and tear-down. */
extern struct vb_arena scene_arena;
int scene_set_up(void **state);
int scene_tear_down(void **state);

/* "GET https://h/a?q" and field lines, each with a line feed before it. */
const struct vb_asked *scene_ask(const char *text);

/* The key's URI of what was asked. */
struct vb_span scene_uri(const struct vb_asked *asked);

/* A status and field lines, "200\nAge: 3"; asked for, and come, at these Unix
 * milliseconds. */
const struct vb_received *scene_response(const char *text, int64_t requested_ms,
                                         int64_t received_ms);

/* The verdict about storing it, by the usual policy. */
struct vb_storing scene_judge(const struct vb_asked *asked,
                              const struct vb_received *received);

/* That response stored, with this content. */
struct vb_stored_response *scene_store(const struct vb_asked *asked,
                                       const struct vb_received *received,
                                       const char *content);

/* Is there such a line in the representation's head? */
bool scene_has_line(const struct vb_stored_response *stored, const char *line);

#endif
