/* A disk tier behind a memory tier, in a directory of the test's own. */
#ifndef VB_TESTS_CACHING_DISK_SCENE_H
#define VB_TESTS_CACHING_DISK_SCENE_H

#include "scene.h"

#include "caching/disk.h"
#include "caching/memory.h"

#define GET "GET https://h/a"
#define OK  "200\nCache-Control: max-age=60"

extern struct vb_disk_tier *scene_disk;
extern struct vb_memory_tier *scene_tier;
extern uint64_t scene_disk_budget; /* of the next start */
extern size_t scene_memory_budget;

/* cmocka's: with an empty directory, and started. */
int scene_disk_set_up(void **state);
int scene_disk_tear_down(void **state);

void scene_start(void);
void scene_stop(void);
/* As SIGKILL does; what was stored so far has been written. */
void scene_kill(void);
/* Only what the disk has is left. */
void scene_restart(void);

/* The path of a file in the directory; static. */
const char *scene_file(const char *name);
/* The directory itself, a copy of it, and back. */
const char *scene_directory(void);
void scene_save(void);
void scene_bring_back(void);

/* The key of what is asked for. */
struct vb_caching_key scene_key(const struct vb_asked *asked);
bool scene_put(const char *request, const char *response, const char *content);
/* The content found, in memory or on the disk; "-": none. */
struct vb_span scene_found(const char *request);

#endif
