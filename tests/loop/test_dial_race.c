/* The dialler: names, and who is connected first (RFC 8305). */
#include "scene.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "loop/targets.h"

/* What the dialler's peer hears until the end, and whether it is one. */
static void hears(int listener, const char *wanted)
{
    char bytes[64] = "";
    size_t len = 0;
    ssize_t n;
    int fd = accept(listener, NULL, NULL);

    assert_true(fd >= 0);
    while ((n = recv(fd, bytes + len, sizeof(bytes) - 1 - len, 0)) > 0)
        len += (size_t)n;
    assert_int_equal(n, 0);
    assert_string_equal(bytes, wanted);
    close(fd);
}

/* --- Names ------------------------------------------------------------------
 */

static void a_name_is_looked_up(void **state)
{
    static const char *const addresses[] = {"127.0.0.1", NULL};
    struct scene s = {.begin = to_name};

    (void)state;
    resolver.status = 0;
    resolver.asked = 0;
    resolver.addresses = addresses;
    s.fd = listen_on("127.0.0.1", &s.port, 8);
    play(&s);
    assert_int_equal(s.ends[0], VB_DIAL_OK);
    assert_int_equal(resolver.asked, 1);
    close(s.fd);
}

static void an_address_is_not_looked_up(void **state)
{
    struct scene s = {.begin = to_port};

    (void)state;
    resolver.asked = 0;
    s.fd = listen_on("127.0.0.1", &s.port, 8);
    play(&s);
    assert_int_equal(resolver.asked, 0);
    close(s.fd);
}

static void what_the_resolver_says_is_told_apart(void **state)
{
    static const struct {
        int status;
        enum vb_dial_end end;
    } rows[] = {
        {UV_EAI_NONAME, VB_DIAL_NO_NAME},
        {UV_EAI_NODATA, VB_DIAL_NO_NAME},
        {UV_EAI_AGAIN, VB_DIAL_NAME_TROUBLE},
        {UV_EAI_FAIL, VB_DIAL_NAME_TROUBLE},
        {UV_EAI_MEMORY, VB_DIAL_NOMEM},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct scene s = {.begin = to_name};

        resolver.status = rows[i].status;
        play(&s);
        assert_int_equal(s.ends[0], rows[i].end);
        assert_non_null(strstr(s.dials[0].why, "server.example: "));
    }
    resolver.status = 0;
}

static void to_no_name(struct scene *s)
{
    static char name[2000];

    memset(name, 'a', sizeof(name) - 1);
    dial(s, name, s->port, 5000);
}

static void what_is_no_name_is_told(void **state)
{
    struct scene s = {.begin = to_no_name};

    (void)state;
    play(&s);
    assert_int_equal(s.ends[0], VB_DIAL_NO_NAME);
}

/* RFC 8305 section 4: the families take turns, and the resolver's order stays
 * within each; but only so many are tried. */
static void the_families_take_turns(void **state)
{
    static const char *const addresses[] = {
        "2001:db8::1", "2001:db8::2", "2001:db8::3", "192.0.2.1",
        "2001:db8::4", "192.0.2.2",   NULL};
    static const char *const wanted[] = {
        "[2001:db8::1]:80", "192.0.2.1:80",     "[2001:db8::2]:80",
        "192.0.2.2:80",     "[2001:db8::3]:80", "[2001:db8::4]:80"};
    const struct vb_endpoint to = {.port = 80};
    const struct vb_dial none = {.to = &to};
    struct addrinfo *list = list_of(addresses);
    struct vb_targets targets;

    (void)state;
    vb_targets_of_list(&none, list, &targets);
    free_list(list);
    assert_int_equal(targets.count, VB_COUNT_OF(wanted));
    for (size_t i = 0; i < VB_COUNT_OF(wanted); i++) {
        char text[64];
        struct vb_buf shown = vb_buf_over(text, sizeof(text));

        vb_address_format_bare(&targets.at[i], &shown);
        assert_span_equal(vb_buf_span(&shown), wanted[i]);
    }
}

static void a_name_with_many_addresses_is_cut_short(void **state)
{
    static const char *addresses[1001];
    const struct vb_endpoint to = {.port = 80};
    const struct vb_dial none = {.to = &to};
    struct vb_targets targets;
    struct addrinfo *list;

    (void)state;
    for (int i = 0; i < 1000; i++)
        addresses[i] = i < 500 ? "192.0.2.1" : "2001:db8::1";
    list = list_of(addresses);
    vb_targets_of_list(&none, list, &targets);
    assert_int_equal(targets.count, VB_TARGETS_MOST);
    assert_int_equal(targets.at[0].sa.ss_family, AF_INET);
    assert_int_equal(targets.at[1].sa.ss_family, AF_INET6);
    free_list(list);
}

/* --- The race ---------------------------------------------------------------
 */

/* RFC 8305 section 5: where the first does not answer, the other one's turn
 * comes a moment later. */
static void who_does_not_answer_is_overtaken(void **state)
{
    struct scene s = {.begin = to_name};
    int fillers[4];

    (void)state;
    resolver.addresses = loopbacks;
    s.fd = listen_on("127.0.0.1", &s.port, 8);
    s.other_fd = listen_on("::1", &s.port, 0);
    block(s.other_fd, fillers, 4);
    play(&s);
    assert_int_equal(s.ends[0], VB_DIAL_OK);
    assert_in_range(s.took_ms[0], 240, 2000);
    hears(s.fd, "hello");
    unblock(fillers, 4);
    close(s.fd);
    close(s.other_fd);
}

static void who_refuses_is_followed_at_once(void **state)
{
    struct scene s = {.begin = to_name};

    (void)state;
    resolver.addresses = loopbacks;
    s.fd = listen_on("127.0.0.1", &s.port, 8);
    play(&s);
    assert_int_equal(s.ends[0], VB_DIAL_OK);
    assert_in_range(s.took_ms[0], 0, 200);
    assert_string_equal(s.dials[0].why, "");
    close(s.fd);
}

static void the_first_that_answers_is_taken(void **state)
{
    struct scene s = {.begin = to_name};

    (void)state;
    resolver.addresses = loopbacks;
    s.fd = listen_on("127.0.0.1", &s.port, 8);
    s.other_fd = listen_on("::1", &s.port, 8);
    play(&s);
    assert_int_equal(s.ends[0], VB_DIAL_OK);
    hears(s.other_fd, "hello");
    fcntl(s.fd, F_SETFL, O_NONBLOCK);
    assert_int_equal(accept(s.fd, NULL, NULL), -1);
    close(s.fd);
    close(s.other_fd);
}

static void when_all_fail_so_does_the_dial(void **state)
{
    struct scene s = {.begin = to_name};

    (void)state;
    resolver.addresses = loopbacks;
    close(listen_on("127.0.0.1", &s.port, 8));
    play(&s);
    assert_int_equal(s.ends[0], VB_DIAL_REFUSED);
}

/* --- What is allowed --------------------------------------------------------
 */

static bool only(const struct vb_dial *at, const uint8_t ip[16])
{
    const struct scene *s = at->context;

    return memcmp(ip, s->only, 16) == 0;
}

static void to_allowed_port(struct scene *s)
{
    s->dials[0].allowed = only;
    to_port(s);
}

static void to_allowed_name(struct scene *s)
{
    s->dials[0].allowed = only;
    to_name(s);
}

static void it_is_the_address_that_is_allowed(void **state)
{
    static const char *const addresses[] = {"::1", "::ffff:127.0.0.1",
                                            "127.0.0.1", NULL};
    struct scene by_address = {.begin = to_allowed_port};
    struct scene by_name = {.begin = to_allowed_name};
    struct scene one = {.begin = to_allowed_name};

    (void)state;
    resolver.addresses = addresses;
    by_address.fd = listen_on("127.0.0.1", &by_address.port, 8);
    by_name.port = one.port = by_address.port;
    play(&by_address);
    assert_int_equal(by_address.ends[0], VB_DIAL_FORBIDDEN);
    assert_non_null(strstr(by_address.dials[0].why, "127.0.0.1"));
    play(&by_name);
    assert_int_equal(by_name.ends[0], VB_DIAL_FORBIDDEN);
    fcntl(by_address.fd, F_SETFL, O_NONBLOCK);
    assert_int_equal(accept(by_address.fd, NULL, NULL), -1);
    memcpy(one.only, "\0\0\0\0\0\0\0\0\0\0\xff\xff\x7f\0\0\1", 16);
    play(&one);
    assert_int_equal(one.ends[0], VB_DIAL_OK);
    close(by_address.fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_looked_up),
        cmocka_unit_test(an_address_is_not_looked_up),
        cmocka_unit_test(what_the_resolver_says_is_told_apart),
        cmocka_unit_test(what_is_no_name_is_told),
        cmocka_unit_test(the_families_take_turns),
        cmocka_unit_test(a_name_with_many_addresses_is_cut_short),
        cmocka_unit_test(who_does_not_answer_is_overtaken),
        cmocka_unit_test(who_refuses_is_followed_at_once),
        cmocka_unit_test(the_first_that_answers_is_taken),
        cmocka_unit_test(when_all_fail_so_does_the_dial),
        cmocka_unit_test(it_is_the_address_that_is_allowed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
