/* Tickets to resume sessions with. See tickets.h. */
#include "tls/tickets.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/hash.h"
#include "tls/credentials.h"

/* In all, of one endpoint, and the bytes of one: the server's certificates are
 * in it. */
#define TICKETS_MOST     128
#define OF_ENDPOINT_MOST 4
#define BYTES_MOST       (16 * 1024)

struct place {
    uint64_t key;
    uint64_t age;          /* the larger, the younger */
    gnutls_datum_t ticket; /* data NULL: nothing is here */
};

struct vb_tls_tickets {
    pthread_mutex_t lock; /* of what follows */
    uint64_t age;
    struct place places[TICKETS_MOST];
};

struct vb_tls_tickets *vb_tls_tickets_new(void)
{
    struct vb_tls_tickets *tickets = calloc(1, sizeof(*tickets));

    if (tickets != NULL && pthread_mutex_init(&tickets->lock, NULL) == 0)
        return tickets;
    free(tickets);
    return NULL;
}

void vb_tls_tickets_free(struct vb_tls_tickets *tickets)
{
    if (tickets == NULL)
        return;
    for (size_t i = 0; i < TICKETS_MOST; i++)
        vb_tls_forget(&tickets->places[i].ticket);
    pthread_mutex_destroy(&tickets->lock);
    free(tickets);
}

uint64_t vb_tls_tickets_key(struct vb_span endpoint)
{
    return vb_hash(vb_hash_key_shared(), endpoint);
}

/* An empty place counts as the oldest of all. */
static bool is_older(const struct place *a, const struct place *b)
{
    if ((a->ticket.data == NULL) != (b->ticket.data == NULL))
        return a->ticket.data == NULL;
    return a->age < b->age;
}

/* Where another one of the endpoint goes: no endpoint drives out all others. */
static struct place *place_for(struct vb_tls_tickets *tickets, uint64_t key)
{
    struct place *oldest = &tickets->places[0], *own = NULL;
    unsigned count = 0;

    for (size_t i = 0; i < TICKETS_MOST; i++) {
        struct place *at = &tickets->places[i];

        if (is_older(at, oldest))
            oldest = at;
        if (at->ticket.data == NULL || at->key != key)
            continue;
        count++;
        if (own == NULL || is_older(at, own))
            own = at;
    }
    return count >= OF_ENDPOINT_MOST ? own : oldest;
}

void vb_tls_tickets_put(struct vb_tls_tickets *tickets, uint64_t key,
                        gnutls_datum_t ticket)
{
    struct place *place;
    gnutls_datum_t unused = ticket;

    if (ticket.size <= BYTES_MOST) {
        pthread_mutex_lock(&tickets->lock);
        place = place_for(tickets, key);
        unused = place->ticket;
        *place = (struct place){key, ++tickets->age, ticket};
        pthread_mutex_unlock(&tickets->lock);
    }
    vb_tls_forget(&unused);
}

bool vb_tls_tickets_take(struct vb_tls_tickets *tickets, uint64_t key,
                         gnutls_datum_t *ret_ticket)
{
    struct place *youngest = NULL;

    pthread_mutex_lock(&tickets->lock);
    for (size_t i = 0; i < TICKETS_MOST; i++) {
        struct place *at = &tickets->places[i];

        if (at->ticket.data != NULL && at->key == key &&
            (youngest == NULL || is_older(youngest, at)))
            youngest = at;
    }
    if (youngest != NULL) {
        *ret_ticket = youngest->ticket;
        youngest->ticket.data = NULL;
    }
    pthread_mutex_unlock(&tickets->lock);
    return youngest != NULL;
}
