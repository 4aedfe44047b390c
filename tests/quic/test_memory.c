/*
 * Memory: what happens when there is no more, and what an idle connection
 * holds.
 *
 * malloc, calloc and realloc of this program go through the functions here
 * (-Wl,--wrap), which refuse the Nth call of the endpoint's when told to;
 * ngtcp2's too, as it allocates from the worker's heap.
 */
#include "net.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

static struct net net;

static struct {
    int left; /* calls until one is refused */
    int more; /* and so many behind it */
    bool refused;
} failing;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *at, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *at, size_t size);

static bool refuse(void)
{
    if (!net.fragile || failing.left-- > 0 || failing.more-- <= 0)
        return false;
    failing.refused = true;
    return true;
}

void *__wrap_malloc(size_t size)
{
    return refuse() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return refuse() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *at, size_t size)
{
    return refuse() ? NULL : __real_realloc(at, size);
}

/* Two clients that ask for something, one of which also moves; the nth
 * allocation fails. True when there was one. */
static bool play(int nth, int more)
{
    struct node *a, *b;

    net_init(&net);
    failing.left = nth;
    failing.more = more;
    failing.refused = false;
    net.brittle = true;
    a = net_client(&net, NULL);
    b = net_client(&net, NULL);
    net_run(&net, 30);
    for (int i = 0; i < 3; i++) {
        if (a->confirmed && !quic_client_is_over(a->client))
            net_ask(a, "give 100000\n");
        if (b->confirmed && !quic_client_is_over(b->client))
            net_ask(b, "echo\nhello");
        net_run(&net, 30);
        if (a->confirmed && !quic_client_is_over(a->client))
            net_migrate(a, (uint16_t)(20000 + i));
        net_run(&net, 30);
    }
    net.brittle = false;
    vb_quic_shut_down(net.quic);
    net_run(&net, 60000);
    assert_int_equal(vb_quic_count(net.quic), 0);
    net_done(&net);
    return failing.refused;
}

/* Some connection may end for it; the endpoint goes on, and loses nothing. */
static void test_the_nth_allocation_fails(void **state)
{
    int nth = 0;

    (void)state;
    while (play(nth, 1))
        nth++;
    assert_true(nth > 30);
    for (nth = 0; play(nth, 1000000); nth += 7)
        ;
}

/* What is another's is not touched. */
static void test_a_connection_that_has_no_memory_costs_only_itself(void **state)
{
    (void)state;
    for (int nth = 0; nth < 60; nth++) {
        struct node *a, *b;
        int64_t id;

        net_init(&net);
        a = net_client(&net, NULL);
        net_shake(&net, a);
        failing.left = nth;
        failing.more = 1000000;
        net.brittle = true;
        b = net_client(&net, NULL);
        net_post(&net, b);
        net_skip(&net, 1); /* its first datagram */
        net.brittle = false;
        net_run(&net, 100);
        id = net_ask(a, "echo\nhello");
        assert_true(net_wait(&net, a, id, 1000));
        net_done(&net);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_nth_allocation_fails),
        cmocka_unit_test(
            test_a_connection_that_has_no_memory_costs_only_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
