/* Tickets to resume sessions with. */
#include "unit.h"

#include "tls/credentials.h"
#include "tls/tickets.h"

static gnutls_datum_t ticket_of(unsigned char byte, unsigned size)
{
    gnutls_datum_t ticket = {gnutls_malloc(size), size};

    memset(ticket.data, byte, size);
    return ticket;
}

static int take(struct vb_tls_tickets *tickets, uint64_t key)
{
    gnutls_datum_t ticket;
    int byte;

    if (!vb_tls_tickets_take(tickets, key, &ticket))
        return -1;
    byte = ticket.data[0];
    vb_tls_forget(&ticket);
    return byte;
}

/* Of each endpoint, and of all: whoever has many drives out only its own. */
static void test_the_youngest_tickets_are_kept(void **state)
{
    struct vb_tls_tickets *tickets = vb_tls_tickets_new();
    int kept = 0;

    (void)state;
    for (unsigned char i = 0; i < 10; i++)
        vb_tls_tickets_put(tickets, 1, ticket_of(i, 8));
    for (int i = 9; i > 5; i--)
        assert_int_equal(take(tickets, 1), i);
    assert_int_equal(take(tickets, 1), -1);
    vb_tls_tickets_put(tickets, 1, ticket_of(0, 100 * 1000));
    assert_int_equal(take(tickets, 1), -1);
    for (uint64_t key = 0; key < 1000; key++)
        vb_tls_tickets_put(tickets, key, ticket_of(7, 8));
    assert_int_equal(take(tickets, 0), -1);
    assert_int_equal(take(tickets, 999), 7);
    for (uint64_t key = 0; key < 1000; key++)
        kept += take(tickets, key) == 7;
    assert_int_equal(kept, 127);
    vb_tls_tickets_put(tickets, 5, ticket_of(7, 8));
    vb_tls_tickets_free(tickets);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_youngest_tickets_are_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
