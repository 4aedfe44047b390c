/* `verbatim user`: who may use a proxy (access/users.h), in a file. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "access/users.h"
#include "base/private.h"
#include "server/account.h"
#include "server/cli.h"
#include "server/option.h"

/* What is wanted, as the command line has it. */
struct request {
    bool adds; /* or removes */
    const char *file;
    const char *name;
    char **rest; /* options of `serve` */
    size_t rest_count;
};

/* --- the words --------------------------------------------------------------
 */

static int wrong_words(void)
{
    return vb__usage_error("user takes add or remove, FILE and NAME");
}

static int take_words(const struct vb_command_line *line,
                      struct request *request)
{
    const char *words[3];
    size_t count = 0;

    for (size_t i = 0; i < line->count; i++) {
        char *word = line->words[i];

        if (word[0] != '-') {
            if (count == 3)
                return wrong_words();
            words[count++] = word;
            continue;
        }
        request->rest[request->rest_count++] = word;
        if (vb_option_takes_next(vb_span_str(word)) && i + 1 < line->count)
            request->rest[request->rest_count++] = line->words[++i];
    }
    if (count < 3 ||
        (strcmp(words[0], "add") != 0 && strcmp(words[0], "remove") != 0))
        return wrong_words();
    request->adds = words[0][0] == 'a';
    request->file = words[1];
    request->name = words[2];
    return vb_users_name_fits(vb_span_str(request->name))
               ? 0
               : vb__usage_error("nobody can have the name %s", request->name);
}

/* --- the password -----------------------------------------------------------
 */

static int hash(struct vb_span said, const struct vb_config *config,
                char into[VB_PASSWORD_HASH])
{
    const struct vb_password_cost cost = {
        .memory = config->password_memory,
        .passes = config->password_passes,
    };
    struct vb_passwords *passwords = vb_passwords_new(&cost);
    struct vb_password_work work = {.makes = true};
    struct vb_env here = {.executor = NULL};
    struct vb_arena arena;
    int status = 0;

    vb_arena_init(&arena, 4096, 64 * 1024);
    if (!vb_password_prepare(&arena, said, &work.password))
        status = vb__usage_error("that is no password: it is empty, too long, "
                                 "no UTF-8, or has control characters");
    else if (passwords == NULL ||
             vb_passwords_begin(passwords, &here, &work) != VB_PASSWORD_DONE ||
             !work.good)
        status = vb__usage_error("%s", vb_err_text(VB_ERR_NOMEM));
    else
        memcpy(into, work.hash, VB_PASSWORD_HASH);
    sodium_memzero((void *)work.password.ptr, work.password.len);
    vb_arena_done(&arena);
    vb_passwords_free(passwords);
    return status;
}

static int ask_for_hash(const struct vb_config *config,
                        char into[VB_PASSWORD_HASH])
{
    char secret[VB__SECRET_SIZE];
    struct vb_span password = VB_SPAN("");
    int status = vb__secret_read(secret, &password);

    if (status == 0)
        status = hash(password, config, into);
    sodium_memzero(secret, sizeof(secret));
    return status;
}

/* --- the file ---------------------------------------------------------------
 */

/* Its text, which is that of users; "" where it is still to be made. */
static int read_file(const struct request *request, struct vb_buf *text)
{
    struct vb_users *users = NULL;
    struct vb_buf why;
    enum vb_err err;
    int status = 0;

    if (request->adds && access(request->file, F_OK) != 0 && errno == ENOENT)
        return 0;
    vb_buf_init(&why, 4096);
    err = vb_users_load(request->file, &users, &why);
    if (err == VB_OK)
        err = vb_private_read(request->file, text, &why);
    if (err != VB_OK)
        status = vb__usage_error("%.*s", VB_FMT(vb_buf_span(&why)));
    vb_users_unref(users);
    vb_buf_done(&why);
    return status;
}

static bool is_of(struct vb_span line, struct vb_span name)
{
    return vb_span_starts(line, name) && line.len > name.len &&
           line.ptr[name.len] == ':';
}

/* All lines, but that of the name: whether there was one. */
static bool copy_others(struct vb_span rest, struct vb_span name,
                        struct vb_buf *into)
{
    bool found = false;

    while (rest.len > 0) {
        ssize_t end = vb_span_find(rest, '\n', 0);
        struct vb_span line =
            vb_span_head(rest, end < 0 ? rest.len : (size_t)end);

        rest = vb_span_from(rest, line.len + 1);
        if (is_of(line, name)) {
            found = true;
            continue;
        }
        vb_buf_append(into, line);
        vb_buf_char(into, '\n');
    }
    return found;
}

static bool write_whole(int fd, struct vb_span text)
{
    while (text.len > 0) {
        ssize_t n = write(fd, text.ptr, text.len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        text = vb_span_from(text, (size_t)n);
    }
    return fsync(fd) == 0;
}

/* The mode that it has already, where it is there. */
static void keep_mode(const char *path, int fd)
{
    struct stat st;

    if (stat(path, &st) == 0 && fchmod(fd, st.st_mode & 0640) != 0)
        return; /* then it stays what nobody else may read */
}

/* Who reads the file meanwhile sees all of it, the old one or the new one. */
static int replace(const char *path, const struct vb_buf *text)
{
    char beside[4096];
    int fd, len = snprintf(beside, sizeof(beside), "%s.XXXXXX", path);
    bool good;

    if (text->err != VB_OK)
        return vb__usage_error("%s: %s", path, vb_err_text(text->err));
    fd = len < (int)sizeof(beside) ? mkostemp(beside, O_CLOEXEC) : -1;
    if (fd < 0)
        return vb__usage_error("cannot write beside %s: %s", path,
                               strerror(errno));
    keep_mode(path, fd);
    good = write_whole(fd, vb_buf_span(text));
    good = close(fd) == 0 && good && rename(beside, path) == 0;
    if (good)
        return 0;
    vb__usage_error("cannot write %s: %s", path, strerror(errno));
    (void)unlink(beside);
    return VB_EXIT_USAGE;
}

/* --- all together -----------------------------------------------------------
 */

static int change(const struct request *request, const struct vb_config *config)
{
    struct vb_span name = vb_span_str(request->name);
    char kept[VB_PASSWORD_HASH] = "";
    struct vb_buf before, after;
    bool found;
    int status;

    vb_buf_init(&before, VB_USERS_BYTES_MOST);
    vb_buf_init(&after, VB_USERS_BYTES_MOST);
    status = read_file(request, &before);
    if (status == 0 && request->adds)
        status = ask_for_hash(config, kept);
    found = copy_others(vb_buf_span(&before), name, &after);
    if (request->adds)
        vb_buf_printf(&after, "%s:%s\n", request->name, kept);
    if (status == 0 && !request->adds && !found) {
        (void)vb__usage_error("%s has no user %s", request->file,
                              request->name);
        status = VB_EXIT_FINDING;
    }
    if (status == 0)
        status = replace(request->file, &after);
    vb_buf_done(&after);
    vb_buf_done(&before);
    return status;
}

int vb__command_user(const struct vb_command_line *line)
{
    struct request request = {
        .file = "",
        .name = "",
        .rest = calloc(line->count + 1, sizeof(char *)),
    };
    struct vb_config config;
    int status;

    if (request.rest == NULL)
        return vb__usage_error("%s", vb_err_text(VB_ERR_NOMEM));
    status = take_words(line, &request);
    if (status == 0)
        status = vb__command_config(line, request.rest, request.rest_count,
                                    NULL, &config);
    if (status == 0) {
        status = change(&request, &config);
        vb_config_done(&config);
    }
    free((void *)request.rest);
    return status;
}
