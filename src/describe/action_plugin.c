/*
 * A controller that calls a plugin, in one of these forms:
 *
 *     do: {plugin: ./resize.so}
 *     do: {plugin: {file: ./resize.so, config: {quality: 80}, input: 8000000}}
 *
 * The file is found from the description's directory, whether there is a slash
 * in its name or not, and looked at, but not loaded: that runs code of its own,
 * which is for who serves the description, and not for who reads it.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "describe/action.h"

static const struct vb__bound rows[] = {
#define BOUND(key, member, least, most, usual)                                 \
    {key, offsetof(struct vb_plugin_file, member), least, most, usual},
#include "describe/plugin.tbl"
#undef BOUND
};

static const char *const others[] = {"file", "config"};

static const struct vb__bounds bounds = {
    .where = "plugin",
    .others = others,
    .other_count = sizeof(others) / sizeof(others[0]),
    .rows = rows,
    .count = sizeof(rows) / sizeof(rows[0]),
};

/* Whether its beginning says that it is one (System V ABI, "ELF Header"); the
 * type stands at the same place in both classes. */
static bool is_shared_object(int fd)
{
    unsigned char head[sizeof(Elf32_Ehdr)];
    uint16_t type;

    if (pread(fd, head, sizeof(head), 0) != (ssize_t)sizeof(head))
        return false;
    memcpy(&type, head + offsetof(Elf32_Ehdr, e_type), sizeof(type));
    return memcmp(head, ELFMAG, SELFMAG) == 0 && type == ET_DYN;
}

/* Why it cannot be loaded, as far as can be seen from outside; or NULL. */
static const char *why_not(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    const char *why = NULL;
    struct stat st;

    if (fd < 0)
        return strerror(errno);
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        why = "it is no file";
    else if (!is_shared_object(fd))
        why = "it is no shared object";
    close(fd);
    return why;
}

static bool find_file(struct vb__reader *r, yyjson_val *at,
                      struct vb_plugin_file *plugin)
{
    struct vb_span name;
    const char *why;

    if (!yyjson_is_str(at) || yyjson_get_len(at) == 0 ||
        vb_span_find(vb_json_text(at), '\0', 0) >= 0) {
        vb__error(r, at, "a plugin is the name of a file");
        return false;
    }
    name = vb_arena_dup(r->arena, vb_json_text(at));
    if (!name.ptr)
        return false;
    plugin->name = name.ptr;
    plugin->path = vb__action_path(r, name).ptr;
    plugin->place = vb__place(r, at);
    why = plugin->path ? why_not(plugin->path) : strerror(ENOMEM);
    if (why)
        vb__error(r, at, "%s cannot be loaded: %s", plugin->name, why);
    return !why;
}

/* As JSON, however the description is written. */
static void keep_config(struct vb__reader *r, yyjson_val *config,
                        struct vb_plugin_file *plugin)
{
    struct vb_buf text;

    if (!config)
        return;
    vb_buf_init(&text, VB_FILES_BYTES_MOST);
    vb_json_write(&text, config);
    plugin->config = vb_arena_dup(r->arena, vb_buf_span(&text)).ptr;
    if (text.err != VB_OK)
        r->arena->failed = true;
    vb_buf_done(&text);
}

bool vb__action_plugin(struct vb__reader *r, yyjson_val *how,
                       struct vb_action *action)
{
    struct vb_plugin_file *plugin = VB__NEW(r, struct vb_plugin_file, 1);
    yyjson_val *file = yyjson_is_obj(how) ? yyjson_obj_get(how, "file") : how;

    if (!plugin)
        return false;
    vb__action_bounds(r, how, &bounds, plugin);
    if (!file) {
        vb__error(r, how, "file is missing");
        return false;
    }
    keep_config(r, yyjson_obj_get(how, "config"), plugin);
    action->plugin = plugin;
    return find_file(r, file, plugin);
}
