/* Users of a proxy, read from a file. See users.h. */
#include "access/users_inner.h"

#include <stdlib.h>

#include <sodium.h>

#include "access/account.h"
#include "access/password.h"
#include "base/private.h"
#include "base/ref.h"
#include "base/utf8.h"

struct vb_users {
    struct vb_ref ref;
    char *text; /* of the file: names and hashes lie in it */
    size_t size;
    size_t count;
    struct vb__user *users; /* by name */
    atomic_uint_fast64_t *said;
};

/* --- life --------------------------------------------------------------------
 */

struct vb_users *vb_users_ref(struct vb_users *users)
{
    vb_ref_get(&users->ref);
    return users;
}

void vb_users_unref(struct vb_users *users)
{
    if (users == NULL || !vb_ref_put(&users->ref))
        return;
    free(users->text);
    free(users->users);
    free((void *)users->said);
    free(users);
}

/* Room for as many users as the text has lines. */
static struct vb_users *make(struct vb_span text)
{
    struct vb_users *users = calloc(1, sizeof(*users));
    size_t lines = 1;

    if (users == NULL)
        return NULL;
    vb_ref_init(&users->ref);
    for (size_t i = 0; i < text.len; i++)
        lines += text.ptr[i] == '\n';
    if (lines > VB_USERS_MOST)
        lines = VB_USERS_MOST;
    users->size = text.len;
    users->text = malloc(text.len + 1);
    users->users = calloc(lines, sizeof(*users->users));
    users->said = calloc(lines, sizeof(*users->said));
    if (users->text == NULL || users->users == NULL || users->said == NULL) {
        vb_users_unref(users);
        return NULL;
    }
    if (text.len > 0)
        memcpy(users->text, text.ptr, text.len);
    return users;
}

/* --- lines -------------------------------------------------------------------
 */

bool vb_users_name_fits(struct vb_span name)
{
    for (size_t i = 0; i < name.len; i++) {
        unsigned char c = (unsigned char)name.ptr[i];

        if (c < 0x20 || c == 0x7f || c == ':')
            return false;
    }
    return vb_account_login_fits(name) && name.ptr[0] != '#';
}

/* Does it say its cost, and is it whole? */
static bool is_hash(struct vb_span text)
{
    char hash[VB_PASSWORD_HASH];

    if (!vb_password_is_hash(text))
        return false;
    memcpy(hash, text.ptr, text.len);
    hash[text.len] = '\0';
    return crypto_pwhash_str_needs_rehash(hash, VB_PASSWORD_PASSES,
                                          (size_t)VB_PASSWORD_MEMORY) >= 0;
}

/* What is wrong with the line; NULL: nothing. */
static const char *read_line(struct vb_users *users, struct vb_span line,
                             unsigned number)
{
    ssize_t colon = vb_span_find(line, ':', 0);
    struct vb__user user = {.line = number};

    if (colon < 0)
        return "this is no NAME:HASH";
    user.name = vb_span_head(line, (size_t)colon);
    user.hash = vb_span_from(line, (size_t)colon + 1);
    if (!vb_users_name_fits(user.name))
        return "nobody can have this name";
    if (!is_hash(user.hash))
        return "behind the name there is no hash of Argon2id";
    if (users->count == VB_USERS_MOST)
        return "these are more users than there may be";
    user.said = &users->said[users->count];
    users->users[users->count++] = user;
    return NULL;
}

static enum vb_err complain(const char *path, unsigned line, const char *what,
                            struct vb_buf *why)
{
    vb_buf_printf(why, "%s:%u: %s", path, line, what);
    return VB_ERR_INVALID;
}

static enum vb_err read_lines(struct vb_users *users, const char *path,
                              struct vb_buf *why)
{
    struct vb_span rest = vb_span_of(users->text, users->size);

    for (unsigned number = 1; rest.len > 0; number++) {
        ssize_t end = vb_span_find(rest, '\n', 0);
        struct vb_span line =
            vb_span_head(rest, end < 0 ? rest.len : (size_t)end);
        const char *wrong;

        rest = vb_span_from(rest, line.len + 1);
        if (line.len > 0 && line.ptr[line.len - 1] == '\r')
            line.len--;
        if (line.len == 0 || line.ptr[0] == '#')
            continue;
        wrong = read_line(users, line, number);
        if (wrong != NULL)
            return complain(path, number, wrong, why);
    }
    return VB_OK;
}

/* --- by name -----------------------------------------------------------------
 */

static int by_name(const void *a, const void *b)
{
    return vb_span_cmp(((const struct vb__user *)a)->name,
                       ((const struct vb__user *)b)->name);
}

static enum vb_err sort(struct vb_users *users, const char *path,
                        struct vb_buf *why)
{
    const struct vb__user *at = users->users;

    qsort(users->users, users->count, sizeof(*users->users), by_name);
    for (size_t i = 1; i < users->count; i++)
        if (by_name(&at[i - 1], &at[i]) == 0)
            return complain(
                path, at[i - 1].line > at[i].line ? at[i - 1].line : at[i].line,
                "this name stands in another line, too", why);
    return VB_OK;
}

const struct vb__user *vb__users_find(const struct vb_users *users,
                                      struct vb_span name)
{
    const struct vb__user key = {.name = name};

    return bsearch(&key, users->users, users->count, sizeof(key), by_name);
}

/* --- all of it ---------------------------------------------------------------
 */

enum vb_err vb_users_parse(struct vb_span text, const char *path,
                           struct vb_users **ret_users, struct vb_buf *ret_why)
{
    struct vb_users *users = make(text);
    enum vb_err err;

    if (users == NULL)
        return VB_ERR_NOMEM;
    err = read_lines(users, path, ret_why);
    if (err == VB_OK)
        err = sort(users, path, ret_why);
    if (err == VB_OK)
        *ret_users = users;
    else
        vb_users_unref(users);
    return err;
}

enum vb_err vb_users_load(const char *path, struct vb_users **ret_users,
                          struct vb_buf *ret_why)
{
    struct vb_buf text, why;
    enum vb_err err;

    vb_buf_init(&text, VB_USERS_BYTES_MOST);
    vb_buf_init(&why, 4096);
    err = vb_private_read(path, &text, &why);
    if (err == VB_OK)
        err = vb_users_parse(vb_buf_span(&text), path, ret_users, ret_why);
    else if (why.len > 0)
        vb_buf_printf(ret_why, "%s %.*s", path, VB_FMT(vb_buf_span(&why)));
    vb_buf_done(&why);
    vb_buf_done(&text);
    return err;
}
