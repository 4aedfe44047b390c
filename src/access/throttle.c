/* Slowing down who guesses passwords. See throttle.h. */
#include "access/throttle.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "exchange/peer.h"

#define SETS   1024
#define WAYS   8
#define FORGET ((int64_t)3600 * 1000)
#define KNOWN  ((int64_t)30 * 24 * 3600 * 1000)

/* What is counted. */
enum count { BY_PAIR, BY_CLIENT, BY_LOGIN, COUNTS };

static const struct {
    unsigned free;   /* attempts that need not wait */
    int64_t most_ms; /* the longest wait */
} bounds[COUNTS] = {
    [BY_PAIR] = {5, (int64_t)900 * 1000},
    [BY_CLIENT] = {20, (int64_t)900 * 1000},
    [BY_LOGIN] = {100, (int64_t)8 * 1000},
};

struct entry {
    uint64_t id;        /* a keyed hash of what it counts; 0: nobody's */
    int64_t last_ms;    /* the last attempt */
    int64_t until_ms;   /* no other before */
    int64_t known_till; /* of a pair: it has logged in; 0: it has not */
    unsigned failed;
};

struct vb_throttle {
    pthread_mutex_t lock;
    struct vb_hash_key key;
    struct entry entries[SETS][WAYS];
};

struct vb_throttle *vb_throttle_new(void)
{
    struct vb_throttle *throttle = calloc(1, sizeof(*throttle));

    if (throttle == NULL)
        return NULL;
    throttle->key = vb_hash_key_random();
    pthread_mutex_init(&throttle->lock, NULL);
    return throttle;
}

void vb_throttle_free(struct vb_throttle *throttle)
{
    if (throttle == NULL)
        return;
    pthread_mutex_destroy(&throttle->lock);
    free(throttle);
}

/* --- the table ---------------------------------------------------------------
 */

/* What of an address is one customer's. */
static struct vb_span client_of(const struct vb_peer *peer, uint8_t to[16])
{
    memset(to, 0, 16);
    if (peer != NULL && !peer->local)
        vb_peer_network(peer, to);
    return vb_span_of((const char *)to, 16);
}

static uint64_t id_of(const struct vb_throttle *throttle, enum count count,
                      struct vb_span client, struct vb_span login)
{
    uint64_t id = count + 1;

    if (count != BY_LOGIN)
        id = id * 31 ^ vb_hash(&throttle->key, client);
    if (count != BY_CLIENT)
        id = id * 0x9e3779b97f4a7c15u ^ vb_hash(&throttle->key, login);
    return id != 0 ? id : 1;
}

/* Who matters least: nobody, else who asked the longest ago. */
static int64_t worth(const struct entry *entry)
{
    if (entry->id == 0)
        return INT64_MIN;
    return entry->until_ms > entry->last_ms ? entry->until_ms : entry->last_ms;
}

/* NULL: it is not there, and `makes` is false. */
static struct entry *find(struct vb_throttle *throttle, uint64_t id, bool makes)
{
    struct entry *set = throttle->entries[id % SETS];
    struct entry *least = &set[0];

    for (int i = 0; i < WAYS; i++) {
        if (set[i].id == id)
            return &set[i];
        if (worth(&set[i]) < worth(least))
            least = &set[i];
    }
    if (!makes)
        return NULL;
    *least = (struct entry){.id = id};
    return least;
}

struct entries {
    struct entry *of[COUNTS];
};

static struct entries find_all(struct vb_throttle *throttle,
                               const struct vb_peer *peer, struct vb_span login,
                               bool makes)
{
    struct entries found;
    uint8_t address[16];
    struct vb_span client = client_of(peer, address);

    for (int i = 0; i < COUNTS; i++)
        found.of[i] = find(
            throttle, id_of(throttle, (enum count)i, client, login), makes);
    return found;
}

/* --- counting ----------------------------------------------------------------
 */

static int64_t wait_of(const struct entries *found, int64_t now_ms)
{
    bool known = found->of[BY_PAIR]->known_till > now_ms;
    int64_t wait = 0;

    for (int i = 0; i < COUNTS; i++) {
        int64_t left = found->of[i]->until_ms - now_ms;

        if (left > wait && (i == BY_PAIR || !known))
            wait = left;
    }
    return wait;
}

static void count(struct entry *entry, enum count kind, int64_t now_ms)
{
    unsigned beyond;
    int64_t delay;

    if (now_ms - entry->last_ms > FORGET)
        entry->failed = 0;
    entry->last_ms = now_ms;
    entry->failed++;
    if (entry->failed < bounds[kind].free)
        return;
    beyond = entry->failed - bounds[kind].free;
    delay = beyond < 20 ? (int64_t)1000 << beyond : bounds[kind].most_ms;
    entry->until_ms =
        now_ms + (delay < bounds[kind].most_ms ? delay : bounds[kind].most_ms);
}

int64_t vb_throttle_try(struct vb_throttle *throttle,
                        const struct vb_peer *peer, struct vb_span login,
                        int64_t now_ms)
{
    struct entries found;
    int64_t wait;

    pthread_mutex_lock(&throttle->lock);
    found = find_all(throttle, peer, login, true);
    wait = wait_of(&found, now_ms);
    for (int i = 0; wait == 0 && i < COUNTS; i++)
        count(found.of[i], (enum count)i, now_ms);
    pthread_mutex_unlock(&throttle->lock);
    return wait;
}

/* Takes one attempt back: the wait that it brought on is over with it. */
static void take_back(struct entry *entry)
{
    if (entry == NULL || entry->failed == 0)
        return;
    entry->failed--;
    entry->until_ms = 0;
}

void vb_throttle_good(struct vb_throttle *throttle, const struct vb_peer *peer,
                      struct vb_span login, int64_t now_ms)
{
    struct entries found;

    pthread_mutex_lock(&throttle->lock);
    found = find_all(throttle, peer, login, false);
    for (int i = 0; i < COUNTS; i++)
        take_back(found.of[i]);
    if (found.of[BY_PAIR] != NULL) {
        found.of[BY_PAIR]->failed = 0;
        found.of[BY_PAIR]->known_till = now_ms + KNOWN;
    }
    pthread_mutex_unlock(&throttle->lock);
}

void vb_throttle_undo(struct vb_throttle *throttle, const struct vb_peer *peer,
                      struct vb_span login)
{
    struct entries found;

    pthread_mutex_lock(&throttle->lock);
    found = find_all(throttle, peer, login, false);
    for (int i = 0; i < COUNTS; i++)
        take_back(found.of[i]);
    pthread_mutex_unlock(&throttle->lock);
}
