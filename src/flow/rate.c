/* Token buckets by address. See rate.h. */
#include "flow/rate.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "exchange/peer.h"

/* The table: 16 384 clients in sets of 4, 384 KiB. */
#define SETS ((size_t)4096)
#define WAYS 4

struct client {
    uint8_t address[16];
    int64_t full_us; /* when its bucket will be full; 0: nobody's */
};

struct vb_rates {
    struct vb_hash_key key;
    int64_t interval_us; /* between requests, in the long run */
    int64_t depth_us;    /* how far behind `full` may be */
    struct client clients[SETS][WAYS];
};

struct vb_rates *vb_rates_new(const struct vb_rate *rate)
{
    struct vb_rates *rates = calloc(1, sizeof(*rates));

    if (rates == NULL)
        return NULL;
    rates->key = vb_hash_key_random();
    rates->interval_us = (int64_t)rate->period_ms * 1000 / (int64_t)rate->count;
    if (rates->interval_us == 0)
        rates->interval_us = 1;
    rates->depth_us = rates->interval_us * (int64_t)rate->burst;
    return rates;
}

void vb_rates_free(struct vb_rates *rates)
{
    free(rates);
}

/* The client's place; a new one's is that of who has used the least. */
static struct client *find(struct vb_rates *rates, const uint8_t address[16])
{
    uint64_t hash = vb_hash(&rates->key, vb_span_of((const char *)address, 16));
    struct client *set = rates->clients[hash % SETS];
    struct client *least = &set[0];

    for (int i = 0; i < WAYS; i++) {
        if (set[i].full_us != 0 && memcmp(set[i].address, address, 16) == 0)
            return &set[i];
        if (set[i].full_us < least->full_us)
            least = &set[i];
    }
    memcpy(least->address, address, 16);
    least->full_us = 0;
    return least;
}

int64_t vb_rates_take(struct vb_rates *rates, const struct vb_peer *peer,
                      int64_t now_ms)
{
    int64_t now = now_ms * 1000;
    uint8_t address[16];
    struct client *client;
    int64_t full;

    if (peer->local)
        return 0;
    vb_peer_network(peer, address);
    client = find(rates, address);
    full = client->full_us > now ? client->full_us : now;
    full += rates->interval_us;
    if (full - now > rates->depth_us)
        return (full - now - rates->depth_us + 999) / 1000;
    client->full_us = full;
    return 0;
}
