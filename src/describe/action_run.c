/*
 * A controller that runs a program, in one of these forms:
 *
 *     do: {run: ./resize}
 *     do: {run: [./resize, --width, "100"]}
 *     do: {run: {command: [./resize], timeout: 30, concurrent: 2}}
 *
 * A program with a slash in its name is found from the description's directory,
 * in which it also runs; one without, in VB_PROGRAM_PATH.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "describe/action.h"

enum { WORDS_MOST = 256 };

/* --- bounds -----------------------------------------------------------------
 */

static const struct vb__bound rows[] = {
#define BOUND(key, member, least, most, usual)                                 \
    {key, offsetof(struct vb_program, member), least, most, usual},
#include "describe/program.tbl"
#undef BOUND
};

static const char *const others[] = {"command", "idempotent"};

static const struct vb__bounds bounds = {
    .where = "run",
    .others = others,
    .other_count = sizeof(others) / sizeof(others[0]),
    .rows = rows,
    .count = sizeof(rows) / sizeof(rows[0]),
};

/* --- the command ------------------------------------------------------------
 */

static const char *read_word(struct vb__reader *r, yyjson_val *word)
{
    struct vb_span text;

    if (!yyjson_is_str(word)) {
        vb__error(r, word, "a program and its arguments are strings");
        return NULL;
    }
    text = vb_json_text(word);
    if (vb_span_find(text, '\0', 0) >= 0) {
        vb__error(r, word, "an argument of a program has no NUL in it");
        return NULL;
    }
    return vb_arena_dup(r->arena, text).ptr;
}

static bool read_words(struct vb__reader *r, yyjson_val *command,
                       struct vb_program *program)
{
    size_t count = yyjson_is_arr(command) ? yyjson_arr_size(command) : 1;
    const char **words = VB__NEW(r, const char *, count + 1);

    if (count == 0 || count > WORDS_MOST) {
        vb__error(r, command, "a command has 1 to %d words", WORDS_MOST);
        return false;
    }
    for (size_t i = 0; words && i < count; i++) {
        yyjson_val *word =
            yyjson_is_arr(command) ? yyjson_arr_get(command, i) : command;

        words[i] = read_word(r, word);
        if (!words[i])
            return false;
    }
    program->words = words;
    if (words && words[0][0] == '\0')
        vb__error(r, command, "a command begins with a program");
    return words && words[0][0] != '\0';
}

static bool is_runnable(struct vb__reader *r, struct vb_span path)
{
    return !r->arena->failed && access(path.ptr, X_OK) == 0;
}

/* In which of the places that programs are it is; "" when in none. */
static struct vb_span search(struct vb__reader *r, struct vb_span name)
{
    struct vb_span places = VB_SPAN(VB_PROGRAM_PATH);

    while (places.len > 0) {
        ssize_t colon = vb_span_find(places, ':', 0);
        size_t len = colon < 0 ? places.len : (size_t)colon;
        struct vb_span path =
            vb_arena_printf(r->arena, "%.*s/%.*s",
                            VB_FMT(vb_span_head(places, len)), VB_FMT(name));

        if (is_runnable(r, path))
            return path;
        places = vb_span_from(places, len + 1);
    }
    errno = ENOENT;
    return VB_SPAN("");
}

/* Sets the path, or why there is none: then the controller is not served. */
static void find_program(struct vb__reader *r, struct vb_action *action,
                         struct vb_program *program)
{
    struct vb_span name = vb_span_str(program->words[0]);
    bool here = vb_span_find(name, '/', 0) >= 0;
    struct vb_span path = here ? vb__action_path(r, name) : search(r, name);

    program->path = path.ptr;
    if (here ? !is_runnable(r, path) : path.len == 0)
        action->why_not = vb_arena_printf(r->arena, "%.*s cannot be run: %s",
                                          VB_FMT(name), strerror(errno));
}

static bool read_object(struct vb__reader *r, yyjson_val *run,
                        struct vb_program *program)
{
    yyjson_val *command = yyjson_obj_get(run, "command");

    program->idempotent = vb__bool(r, run, "idempotent", false);
    if (!command)
        vb__error(r, run, "command is missing");
    return command && read_words(r, command, program);
}

bool vb__action_run(struct vb__reader *r, yyjson_val *run,
                    struct vb_action *action)
{
    struct vb_program *program = VB__NEW(r, struct vb_program, 1);

    if (!program)
        return false;
    vb__action_bounds(r, run, &bounds, program);
    if (yyjson_is_obj(run) ? !read_object(r, run, program)
                           : !read_words(r, run, program))
        return false;
    program->directory =
        r->files->root ? vb_arena_dup(r->arena, vb_span_str(r->files->root)).ptr
                       : ".";
    find_program(r, action, program);
    action->program = program;
    return true;
}
