/* Passwords. See password.h. */
#include "access/password.h"

#include <errno.h>
#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <uninorm.h>
#include <unistr.h>

#include "base/buf.h"
#include "base/list.h"
#include "base/utf8.h"
#include "exchange/exchange.h"

/* Hashes that are made at once, and that wait. */
#define AT_ONCE 2
#define WAITING 64

/* How libsodium writes what is kept of a password. */
#define BASE64 sodium_base64_VARIANT_ORIGINAL_NO_PADDING
#define OUTPUT 32

struct vb_passwords {
    struct vb_password_cost cost;
    char dummy[VB_PASSWORD_HASH];
    pthread_mutex_t lock; /* of what follows */
    unsigned running;
    unsigned waiting;
    struct vb_password_work *first, **last;
};

/* --- what a password is ------------------------------------------------------
 */

/* Spaces that are not ASCII (category Zs), and those that RFC 8265 maps. */
static bool is_space(uint32_t c)
{
    return c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) ||
           c == 0x202f || c == 0x205f || c == 0x3000;
}

static bool is_control(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0);
}

/* Appends the text with plain spaces; false where it cannot be a password. */
static bool map(struct vb_buf *buf, struct vb_span said)
{
    if (!vb_utf8_valid(said))
        return false;
    for (size_t at = 0; at < said.len;) {
        const char *from = said.ptr + at;
        ucs4_t c;
        int len = u8_mbtouc(&c, (const uint8_t *)from, said.len - at);

        if (is_control(c))
            return false;
        vb_buf_append(buf, is_space(c) ? VB_SPAN(" ")
                                       : vb_span_of(from, (size_t)len));
        at += (size_t)len;
    }
    return buf->err == VB_OK;
}

bool vb_password_prepare(struct vb_arena *arena, struct vb_span said,
                         struct vb_span *ret_password)
{
    uint8_t *normal = NULL;
    size_t len = 0;
    struct vb_buf buf;
    bool fine;

    vb_buf_init(&buf, VB_PASSWORD_MOST);
    fine = said.len > 0 && said.len <= VB_PASSWORD_MOST && map(&buf, said);
    if (fine)
        normal = u8_normalize(UNINORM_NFC, (const uint8_t *)buf.ptr, buf.len,
                              NULL, &len);
    if (normal != NULL) {
        *ret_password =
            vb_arena_dup(arena, vb_span_of((const char *)normal, len));
        sodium_memzero(normal, len);
        free(normal);
    }
    if (buf.len > 0)
        sodium_memzero((void *)buf.ptr, buf.len);
    vb_buf_done(&buf);
    return normal != NULL && ret_password->len > 0;
}

bool vb_password_is_hash(struct vb_span text)
{
    return text.len < VB_PASSWORD_HASH &&
           vb_span_starts(text, VB_SPAN("$argon2id$"));
}

struct vb_span vb_password_salt(struct vb_span hash)
{
    size_t from = 0;
    ssize_t end;

    for (int parts = 0; parts < 4; parts++) { /* "$argon2id$v=...$m=...$" */
        ssize_t at = vb_span_find(hash, '$', from);

        if (at < 0)
            return VB_SPAN("");
        from = (size_t)at + 1;
    }
    end = vb_span_find(hash, '$', from);
    return end < 0 ? VB_SPAN("")
                   : vb_span_of(hash.ptr + from, (size_t)end - from);
}

/* --- life --------------------------------------------------------------------
 */

/* Writes a hash as crypto_pwhash_str_alg does. */
static void write_hash(const struct vb_password_cost *cost,
                       const unsigned char salt[crypto_pwhash_SALTBYTES],
                       const unsigned char output[OUTPUT],
                       char hash[VB_PASSWORD_HASH])
{
    char salt_text[32], output_text[64];

    sodium_bin2base64(salt_text, sizeof(salt_text), salt,
                      crypto_pwhash_SALTBYTES, BASE64);
    sodium_bin2base64(output_text, sizeof(output_text), output, OUTPUT, BASE64);
    (void)snprintf(hash, VB_PASSWORD_HASH, "$argon2id$v=19$m=%u,t=%u,p=1$%s$%s",
                   (unsigned)(cost->memory / 1024), (unsigned)cost->passes,
                   salt_text, output_text);
}

/* A hash of nothing: its salt and its output are random. */
static void make_dummy(struct vb_passwords *passwords)
{
    unsigned char salt[crypto_pwhash_SALTBYTES], output[OUTPUT];

    randombytes_buf(salt, sizeof(salt));
    randombytes_buf(output, sizeof(output));
    write_hash(&passwords->cost, salt, output, passwords->dummy);
}

struct vb_passwords *vb_passwords_new(const struct vb_password_cost *cost)
{
    struct vb_passwords *passwords = calloc(1, sizeof(*passwords));

    if (passwords == NULL || sodium_init() < 0) {
        free(passwords);
        return NULL;
    }
    passwords->cost = *cost;
    passwords->last = &passwords->first;
    pthread_mutex_init(&passwords->lock, NULL);
    make_dummy(passwords);
    return passwords;
}

void vb_passwords_free(struct vb_passwords *passwords)
{
    if (passwords == NULL)
        return;
    pthread_mutex_destroy(&passwords->lock);
    free(passwords);
}

const char *vb_passwords_dummy(const struct vb_passwords *passwords)
{
    return passwords->dummy;
}

/* --- working -----------------------------------------------------------------
 */

/* The salt stays, which says that the password has: see vb_account_mark. */
static void renew(struct vb_password_work *work)
{
    const struct vb_password_cost *cost = &work->passwords->cost;
    struct vb_span text = vb_password_salt(vb_span_str(work->hash));
    unsigned char salt[crypto_pwhash_SALTBYTES], output[OUTPUT];
    size_t len;

    if (sodium_base642bin(salt, sizeof(salt), text.ptr, text.len, NULL, &len,
                          NULL, BASE64) != 0 ||
        len != sizeof(salt) ||
        crypto_pwhash(output, sizeof(output), work->password.ptr,
                      work->password.len, salt, cost->passes,
                      (size_t)cost->memory, crypto_pwhash_ALG_ARGON2ID13) != 0)
        return;
    write_hash(cost, salt, output, work->renewed);
}

static void compute(struct vb_password_work *work)
{
    const struct vb_password_cost *cost = &work->passwords->cost;
    struct vb_span password = work->password;
    int rc;

    errno = 0;
    if (work->makes)
        rc = crypto_pwhash_str_alg(work->hash, password.ptr, password.len,
                                   cost->passes, (size_t)cost->memory,
                                   crypto_pwhash_ALG_ARGON2ID13);
    else
        rc = crypto_pwhash_str_verify(work->hash, password.ptr, password.len);
    work->good = rc == 0;
    work->failed = rc != 0 && (work->makes || errno == ENOMEM);
    work->stale = !work->makes && work->good &&
                  crypto_pwhash_str_needs_rehash(work->hash, cost->passes,
                                                 (size_t)cost->memory) != 0;
    work->renewed[0] = '\0';
    if (work->renews && work->stale)
        renew(work);
}

static void deliver(struct vb_task *task)
{
    struct vb_password_work *work =
        VB_CONTAINER(task, struct vb_password_work, task);

    work->done(work);
}

/* The next that waits; NULL: none, and one less is running. */
static struct vb_password_work *take_next(struct vb_passwords *passwords)
{
    struct vb_password_work *next;

    pthread_mutex_lock(&passwords->lock);
    next = passwords->first;
    if (next == NULL) {
        passwords->running--;
    } else {
        passwords->waiting--;
        passwords->first = next->next;
        if (next->next == NULL)
            passwords->last = &passwords->first;
    }
    pthread_mutex_unlock(&passwords->lock);
    return next;
}

/* On the executor: this one, and then those that wait, also other workers'. */
static void run(struct vb_task *task)
{
    struct vb_password_work *work =
        VB_CONTAINER(task, struct vb_password_work, task);
    struct vb_passwords *passwords = work->passwords;

    while (work != NULL) {
        struct vb_password_work *next;

        compute(work);
        next = take_next(passwords);
        work->task.run = deliver;
        vb_mailbox_post(work->mailbox, &work->task);
        work = next;
    }
}

enum vb_password_begun vb_passwords_begin(struct vb_passwords *passwords,
                                          struct vb_env *env,
                                          struct vb_password_work *work)
{
    bool runs, waits;

    work->passwords = passwords;
    if (env->executor == NULL || env->mailbox == NULL) {
        compute(work);
        return VB_PASSWORD_DONE;
    }
    work->mailbox = env->mailbox;
    work->task.run = run;
    work->next = NULL;
    pthread_mutex_lock(&passwords->lock);
    runs = passwords->running < AT_ONCE;
    waits = !runs && passwords->waiting < WAITING;
    if (runs)
        passwords->running++;
    if (waits) {
        passwords->waiting++;
        *passwords->last = work;
        passwords->last = &work->next;
    }
    pthread_mutex_unlock(&passwords->lock);
    if (runs)
        env->executor->submit(env->executor, &work->task);
    return runs || waits ? VB_PASSWORD_PENDING : VB_PASSWORD_BUSY;
}
