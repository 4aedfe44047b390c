/* What a visit finds out on the disk: the executor's side. See files_visit.h.
 */
#include <errno.h>
#include <unistd.h>

#include "resource/files_visit.h"

static bool is_trouble(enum vb_files_found found)
{
    return found == VB_FILES_BUSY || found == VB_FILES_BROKEN;
}

/* Reads the names of a directory, or finds that they are as before. False: they
 * may be there, but not just now. */
static bool look_at_dir(struct vb_files_visit *visit, struct vb_files_dir *dir)
{
    struct vb_files_names *names = vb__files_names(
        &visit->asked, dir->len, dir->names, visit->now.unix_ms);
    enum vb_files_found why =
        names != NULL ? VB_FILES_FILE : vb__files_found(errno);

    vb__files_names_unref(dir->names);
    dir->names = names;
    dir->looked = names != NULL;
    if (is_trouble(why))
        visit->found = why;
    return !is_trouble(why);
}

/* The language of the file itself: its name's, or that of the one beside it
 * which is the same file, by a link. */
static struct vb_span own_language(struct vb_files_visit *visit)
{
    const struct vb_files_id *plain = &visit->plain.ids[VB_FILES_PLAIN];
    struct vb_files_parts parts =
        vb__files_parts(vb__files_last(&visit->asked));
    const struct vb_files_languages beside = {.tags =
                                                  visit->seen.languages.tags};
    struct vb_span offers[VB_OFFERS_MAX];
    size_t count = vb__files_offers(&beside, offers);

    if (parts.tag.len > 0)
        return parts.tag;
    for (size_t i = 0; i < count; i++) {
        struct vb_files_id id;

        vb__files_in_language(&visit->asked, offers[i], &visit->shown);
        if (vb__files_identify(&visit->shown, &id) == VB_FILES_FILE &&
            vb__files_id_eq(&id, plain))
            return offers[i];
    }
    return VB_SPAN("");
}

/* Which languages there are of the file that is asked for, and whether there is
 * anything at all. */
static void look_around(struct vb_files_visit *visit)
{
    struct vb_files_languages *languages = &visit->seen.languages;
    struct vb_span name = vb__files_last(&visit->asked);

    *languages =
        (struct vb_files_languages){.plain = visit->found == VB_FILES_FILE};
    if (vb__files_parts(name).end.len == 0 ||
        !look_at_dir(visit, &visit->around))
        return;
    if (visit->around.names != NULL) {
        visit->seen.dir = visit->around.names->id;
        languages->tags =
            vb__files_tags(visit->around.names, name, visit->tags);
    }
    if (languages->plain)
        languages->own = own_language(visit);
    else if (languages->tags.len > 0)
        visit->found = VB_FILES_FILE;
}

/* Does an index page that the directory lacks exist in some language? */
static void look_within(struct vb_files_visit *visit)
{
    if (!look_at_dir(visit, &visit->within))
        return;
    visit->found = VB_FILES_NOTHING;
    if (visit->within.names != NULL &&
        vb__files_tags(visit->within.names, VB_SPAN(VB_FILES_INDEX),
                       visit->tags)
                .len > 0)
        visit->found = VB_FILES_DIRECTORY;
}

/* Loads one. What cannot be loaded is not there. */
static bool load(struct vb_files_visit *visit, int coding)
{
    struct vb_rep *rep;
    int fd;

    rep = vb__files_load(&visit->shown, &visit->seen,
                         (enum vb_files_coding)coding, visit->now, &fd);
    if (rep == NULL) {
        if (coding == VB_FILES_PLAIN)
            visit->found = vb__files_found(errno);
        visit->seen.look.ids[coding] = (struct vb_files_id){0};
        return false;
    }
    visit->reps[coding] = rep;
    if (coding == visit->coding)
        visit->fd = fd;
    else if (fd >= 0)
        close(fd);
    return true;
}

/* Looks at the file in a language, unless that was done. */
static void look_at(struct vb_files_visit *visit, int language)
{
    struct vb_files_seen *seen = &visit->seen;
    struct vb_span offers[VB_OFFERS_MAX];

    (void)vb__files_offers(&seen->languages, offers);
    seen->language = offers[language];
    vb__files_show(visit, &seen->languages, language);
    if (language == 0 && seen->languages.plain)
        seen->look = visit->plain;
    else
        vb__files_look(&visit->shown, &seen->look);
    visit->found = seen->look.found;
}

static void load_in(struct vb_files_visit *visit, int language)
{
    bool chosen = false;

    look_at(visit, language);
    if (visit->found != VB_FILES_FILE)
        return;
    do {
        visit->coding = vb__files_choose_coding(visit->x, &visit->seen.look);
        chosen = visit->coding < 0 || visit->coding == VB_FILES_PLAIN ||
                 load(visit, visit->coding);
    } while (!chosen);
    load(visit, VB_FILES_PLAIN); /* in any case: it keeps what was seen */
}

/* The default keeps which languages there are, whichever was chosen. */
static void load_base(struct vb_files_visit *visit)
{
    int fd = -1;

    look_at(visit, 0);
    if (visit->found == VB_FILES_FILE)
        visit->base = vb__files_load(&visit->shown, &visit->seen,
                                     VB_FILES_PLAIN, visit->now, &fd);
    if (fd >= 0)
        close(fd);
    visit->found = VB_FILES_FILE;
}

/* Loads the best that can be loaded. */
static void load_best(struct vb_files_visit *visit)
{
    const struct vb_files_languages *languages = &visit->seen.languages;
    uint32_t missing = 0;
    int language;

    while ((language =
                vb__files_choose_language(visit->x, languages, missing)) >= 0) {
        visit->language = language;
        load_in(visit, language);
        if (visit->found == VB_FILES_FILE || is_trouble(visit->found))
            break;
        vb__files_unload(visit);
        visit->found = VB_FILES_NOTHING;
        missing |= UINT32_C(1) << language;
    }
    if (visit->found == VB_FILES_FILE && language > 0 && (missing & 1) == 0)
        load_base(visit);
}

void vb__files_find_out(struct vb_files_visit *visit)
{
    vb__files_look(&visit->asked, &visit->plain);
    visit->found = visit->plain.found;
    if (visit->found == VB_FILES_BARE)
        look_within(visit);
    else if (visit->found == VB_FILES_FILE || visit->found == VB_FILES_NOTHING)
        look_around(visit);
    if (visit->found == VB_FILES_FILE)
        load_best(visit);
}
