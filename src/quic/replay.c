/* See replay.h. */
#include "quic/replay.h"

#include <stdlib.h>
#include <string.h>

/* Bits of a filter, and of a hash that say which: at 64 Ki connections a turn,
 * one in 200 is taken for a replay. */
#define BITS_LOG 20
#define HASHES   3

/* How long a ticket may be used: GnuTLS's own. */
#define TICKET_MS 21600000u
#define TURN_NS   (INT64_C(1000000) * TICKET_MS)

/* GnuTLS has checked the ticket's age, and asks for the ClientHello, which its
 * last binder stands for. */
static int add(void *pointer, time_t until, const gnutls_datum_t *id,
               const gnutls_datum_t *data)
{
    struct vb__replay *replay = pointer;

    (void)until, (void)data;
    return vb__replay_seen(replay, vb_span_of((const char *)id->data, id->size),
                           replay->now_ns)
               ? GNUTLS_E_DB_ENTRY_EXISTS
               : 0;
}

enum vb_err vb__replay_init(struct vb__replay *replay)
{
    memset(replay, 0, sizeof(*replay));
    replay->key = vb_hash_key_random();
    if (gnutls_anti_replay_init(&replay->gnutls) != 0)
        return VB_ERR_NOMEM;
    gnutls_anti_replay_set_window(replay->gnutls, TICKET_MS);
    gnutls_anti_replay_set_add_function(replay->gnutls, add);
    gnutls_anti_replay_set_ptr(replay->gnutls, replay);
    return VB_OK;
}

void vb__replay_done(struct vb__replay *replay)
{
    if (replay->gnutls != NULL)
        gnutls_anti_replay_deinit(replay->gnutls);
    free(replay->bits[0]);
    free(replay->bits[1]);
}

void vb__replay_guard(struct vb__replay *replay, gnutls_session_t session,
                      int64_t now_ns)
{
    replay->now_ns = now_ns;
    gnutls_anti_replay_enable(session, replay->gnutls);
}

/* What is older than a turn is in the former filter, or forgotten. */
static void turn(struct vb__replay *replay, int64_t now_ns)
{
    unsigned char *oldest = replay->bits[1];

    if (now_ns - replay->turned_ns < TURN_NS)
        return;
    replay->bits[1] = replay->bits[0];
    replay->bits[0] = oldest;
    if (oldest != NULL)
        memset(oldest, 0, (size_t)1 << (BITS_LOG - 3));
    replay->turned_ns = now_ns;
}

static bool all_set(const unsigned char *bits, uint64_t hash)
{
    if (bits == NULL)
        return false;
    for (int i = 0; i < HASHES; i++, hash >>= BITS_LOG) {
        uint64_t bit = hash & (((uint64_t)1 << BITS_LOG) - 1);

        if ((bits[bit / 8] >> (bit % 8) & 1) == 0)
            return false;
    }
    return true;
}

static void set_all(unsigned char *bits, uint64_t hash)
{
    for (int i = 0; i < HASHES; i++, hash >>= BITS_LOG) {
        uint64_t bit = hash & (((uint64_t)1 << BITS_LOG) - 1);

        bits[bit / 8] |= (unsigned char)(1u << (bit % 8));
    }
}

bool vb__replay_seen(struct vb__replay *replay, struct vb_span hello,
                     int64_t now_ns)
{
    uint64_t hash = vb_hash(&replay->key, hello);

    turn(replay, now_ns);
    if (replay->bits[0] == NULL)
        replay->bits[0] = calloc((size_t)1 << (BITS_LOG - 3), 1);
    if (replay->bits[0] == NULL || all_set(replay->bits[0], hash) ||
        all_set(replay->bits[1], hash))
        return true;
    set_all(replay->bits[0], hash);
    return false;
}
