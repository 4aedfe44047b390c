/* Commands that look at one description and serve nothing. See command.h. */
#include <stdio.h>
#include <string.h>

#include "access/access.h"
#include "server/cli.h"
#include "server/command.h"

/* All notes to stderr: each is a line with its place. */
static void print_notes(const struct vb_notes *notes)
{
    struct vb_buf text;

    vb_buf_init(&text, VB__REPORT_MOST);
    vb_notes_print(notes, &text);
    if (text.err == VB_OK)
        (void)fwrite(text.ptr, 1, text.len, stderr);
    vb_buf_done(&text);
}

/* Keys are looked at as the server would, and let go. */
static enum vb_err load(const char *path, struct vb_notes *notes,
                        const struct vb_description **ret_description)
{
    const struct vb_description *description;
    struct vb_access *access = NULL;
    enum vb_err err = vb_description_load(path, notes, &description);

    if (err != VB_OK)
        return err;
    err = vb_access_new(description, &access);
    if (err == VB_OK)
        err = vb_access_load(access, notes);
    vb_access_free(access);
    if (err == VB_OK)
        *ret_description = description;
    else
        vb_description_unref(description);
    return err;
}

static int look_at(const char *path,
                   int (*report)(const struct vb_description *description))
{
    const struct vb_description *description;
    struct vb_notes notes;
    enum vb_err err;
    int status;

    vb_notes_init(&notes);
    err = load(path, &notes, &description);
    if (err == VB_OK) {
        status = report(description);
        vb_description_unref(description);
    } else if (notes.errors > 0) {
        print_notes(&notes);
        status = VB_EXIT_USAGE;
    } else {
        status = vb__usage_error("%s: %s", path, vb_err_text(err));
    }
    vb_notes_done(&notes);
    return status;
}

int vb__command_description(
    const struct vb_command_line *line, const char *name,
    int (*report)(const struct vb_description *description))
{
    size_t files = line->count;
    char *const *words = line->words;

    if (files > 0 && strcmp(words[0], "--") == 0) {
        words++;
        files--;
    } else if (files > 0 && words[0][0] == '-' && words[0][1] != '\0') {
        return vb__usage_error("%s has no option %s", name, words[0]);
    }
    if (files != 1)
        return vb__usage_error("%s takes one FILE", name);
    return look_at(words[0], report);
}
