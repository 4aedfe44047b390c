/* See disk_scene.h. */
#include "disk_scene.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct vb_disk_tier *scene_disk;
struct vb_memory_tier *scene_tier;
uint64_t scene_disk_budget;
size_t scene_memory_budget;

/* The directory, and where it is copied to. */
static char directory[64], other[64];

/* Nothing is synced: no machine stops in a test. The names are the linker's.
 * NOLINTBEGIN(bugprone-reserved-identifier) */
int __wrap_fsync(int fd);
int __wrap_fdatasync(int fd);
/* NOLINTEND(bugprone-reserved-identifier) */

int __wrap_fsync(int fd)
{
    (void)fd;
    return 0;
}

int __wrap_fdatasync(int fd)
{
    (void)fd;
    return 0;
}

/* --- Files ------------------------------------------------------------------
 */

static void copy_file(int from, int to, const char *name)
{
    static char bytes[64 * 1024];
    int in = openat(from, name, O_RDONLY);
    int out = openat(to, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ssize_t n;

    assert_true(in >= 0 && out >= 0);
    while ((n = read(in, bytes, sizeof(bytes))) > 0)
        assert_int_equal(write(out, bytes, (size_t)n), n);
    close(in);
    close(out);
}

/* For each of its files; to < 0: it is removed. */
static void each_file(const char *from, int to)
{
    DIR *dir = opendir(from);
    const struct dirent *file;

    assert_non_null(dir);
    while ((file = readdir(dir)) != NULL) {
        if (file->d_name[0] == '.')
            continue;
        if (to < 0)
            unlinkat(dirfd(dir), file->d_name, 0);
        else
            copy_file(dirfd(dir), to, file->d_name);
    }
    closedir(dir);
}

static void copy(const char *from, const char *to)
{
    int dir = open(to, O_RDONLY | O_DIRECTORY);

    assert_true(dir >= 0);
    each_file(to, -1);
    each_file(from, dir);
    close(dir);
}

static void make(char path[64])
{
    const char *tmp = getenv("TMPDIR");

    snprintf(path, 64, "%s/vb-disk-XXXXXX", tmp != NULL ? tmp : "/tmp");
    assert_non_null(mkdtemp(path));
}

const char *scene_directory(void)
{
    return directory;
}

const char *scene_file(const char *name)
{
    static char path[128];

    snprintf(path, sizeof(path), "%s/%s", directory, name);
    return path;
}

void scene_save(void)
{
    copy(directory, other);
}

void scene_bring_back(void)
{
    copy(other, directory);
}

/* --- Processes --------------------------------------------------------------
 */

void scene_start(void)
{
    const struct vb_disk_config config = {.directory = directory,
                                          .budget = scene_disk_budget};
    struct vb_memory_config memory = {.budget = scene_memory_budget,
                                      .max_response = scene_memory_budget / 4};
    char text[256];
    struct vb_buf why = vb_buf_over(text, sizeof(text));

    assert_int_equal(vb_disk_open(&config, &why, &scene_disk), VB_OK);
    assert_int_equal(why.len, 0);
    memory.disk = scene_disk;
    scene_tier = vb_memory_new(&memory);
    assert_non_null(scene_tier);
}

void scene_stop(void)
{
    vb_memory_free(scene_tier);
    vb_disk_close(scene_disk);
    scene_tier = NULL;
    scene_disk = NULL;
}

/* What a killed process leaves is what was in the files then. */
void scene_kill(void)
{
    vb_disk_settle(scene_disk);
    scene_save();
    scene_stop();
    scene_bring_back();
}

void scene_restart(void)
{
    scene_stop();
    scene_start();
}

int scene_disk_set_up(void **state)
{
    make(directory);
    make(other);
    scene_disk_budget = 8 << 20;
    scene_memory_budget = 4 << 20;
    scene_start();
    return scene_set_up(state);
}

int scene_disk_tear_down(void **state)
{
    if (scene_disk != NULL)
        scene_stop();
    each_file(directory, -1);
    each_file(other, -1);
    rmdir(directory);
    rmdir(other);
    return scene_tear_down(state);
}

/* --- Responses --------------------------------------------------------------
 */

struct vb_caching_key scene_key(const struct vb_asked *asked)
{
    struct vb_caching_key key;

    assert_true(
        vb_caching_key_of(&scene_arena, asked->head, VB_SPAN("digest"), &key));
    return key;
}

bool scene_put(const char *request, const char *response, const char *content)
{
    const struct vb_asked *asked = scene_ask(request);
    const struct vb_caching_key key = scene_key(asked);
    struct vb_stored_response *stored =
        scene_store(asked, scene_response(response, NOON_MS, NOON_MS), content);
    bool put =
        vb_memory_put(scene_tier, &key, vb_memory_moment(scene_tier), stored);

    vb_stored_response_unref(stored);
    return put;
}

struct vb_span scene_found(const char *request)
{
    const struct vb_asked *asked = scene_ask(request);
    const struct vb_caching_key key = scene_key(asked);
    const struct vb_fields *fields = &asked->head->fields;
    struct vb_stored_response *stored;
    struct vb_span content;

    if (vb_memory_find(scene_tier, &key, fields, &stored) != VB_FOUND_ONE) {
        if (!vb_memory_may_recall(scene_tier, &key))
            return VB_SPAN("-");
        stored = vb_memory_recall(scene_tier, &key, fields);
        if (stored == NULL)
            return VB_SPAN("-");
    }
    content = vb_arena_dup(&scene_arena, stored->rep->content);
    vb_stored_response_unref(stored);
    return content;
}
