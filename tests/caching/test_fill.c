/* The rules of src/caching/fill.h: one fill for all who wait (9111-4-10). */
#include "scene.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>

#include "caching/fill.h"

#define GET "GET https://h/a"
#define OK  "200\nCache-Control: max-age=60"

#define MAX_RESPONSE ((size_t)1024 * 1024)

static struct vb_memory_tier *tier;
static struct vb_flights *flights;

/* One who asks: its mailbox, and how often it was told. */
struct client {
    struct vb_mailbox mailbox;
    struct vb_fill *fill;
    struct vb_fill_reader *reader;
    const struct vb_asked *asked;
    int news;
    int resumed;
};

static void no_wake(struct vb_mailbox *mailbox)
{
    (void)mailbox;
}

static void on_news(void *context)
{
    ((struct client *)context)->news++;
}

static void on_resume(void *context)
{
    ((struct client *)context)->resumed++;
}

static struct vb_caching_key key_of(const struct vb_asked *asked)
{
    struct vb_caching_key key;

    assert_true(
        vb_caching_key_of(&scene_arena, asked->head, VB_SPAN(""), &key));
    return key;
}

static enum vb_flight_part join_at(struct client *client, const char *request,
                                   bool alone, int64_t now_ms)
{
    const struct vb_fill_party party = {&client->mailbox, on_news, on_resume,
                                        client};
    struct vb_caching_key key;

    *client = (struct client){.asked = scene_ask(request)};
    key = key_of(client->asked);
    vb_mailbox_init(&client->mailbox, no_wake, NULL);
    return vb_flights_join(flights, &key, alone, &party, now_ms, &client->fill,
                           &client->reader);
}

static enum vb_flight_part join(struct client *client, const char *request)
{
    return join_at(client, request, false, 0);
}

static void leave(struct client *client)
{
    vb_fill_reader_close(client->reader);
    vb_fill_close(client->fill);
    (void)vb_mailbox_run(&client->mailbox);
    vb_mailbox_done(&client->mailbox);
}

static enum vb_fill_state state_of(struct client *client)
{
    const struct vb_stored_response *head;

    return vb_fill_reader_state(client->reader, &client->asked->head->fields,
                                &head);
}

/* A streamed head, as a leader makes one. */
static struct vb_stored_response *head_of(const struct vb_asked *asked,
                                          const char *response, uint64_t length)
{
    const struct vb_received *received =
        scene_response(response, NOON_MS, NOON_MS);
    struct vb_storing storing = scene_judge(asked, received);
    const struct vb_stored_draft draft = {.asked = asked,
                                          .received = received,
                                          .storing = &storing,
                                          .streamed = true,
                                          .length = length};

    return vb_stored_response_new(&scene_arena, &draft);
}

static bool open_fill(struct client *leader, const char *response,
                      uint64_t length)
{
    struct vb_stored_response *head = head_of(leader->asked, response, length);
    bool open = vb_fill_open(leader->fill, head);

    vb_stored_response_unref(head);
    return open;
}

/* All that can be read now, as text in the arena; how it ends in *ret_pull. */
static struct vb_span read_all(struct client *client, enum vb_pull *ret_pull)
{
    struct vb_span bytes, text;
    struct vb_buf buf;

    vb_buf_init(&buf, 64 << 20);
    while ((*ret_pull = vb_fill_read(client->reader, &bytes)) == VB_PULL_BYTES)
        vb_buf_append(&buf, bytes);
    text = vb_arena_dup(&scene_arena, vb_buf_span(&buf));
    vb_buf_done(&buf);
    return text;
}

#define assert_reads(client, text, how)                                        \
    do {                                                                       \
        enum vb_pull pull_;                                                    \
        struct vb_span read_ = read_all(client, &pull_);                       \
                                                                               \
        assert_span_equal(read_, text);                                        \
        assert_int_equal(pull_, how);                                          \
    } while (0)

static struct vb_span kept(const char *request)
{
    const struct vb_asked *asked = scene_ask(request);
    const struct vb_caching_key key = key_of(asked);
    struct vb_stored_response *stored;
    struct vb_span content = VB_SPAN("-");

    if (vb_memory_find(tier, &key, &asked->head->fields, &stored) ==
        VB_FOUND_ONE) {
        content = vb_arena_dup(&scene_arena, stored->rep->content);
        vb_stored_response_unref(stored);
    }
    return content;
}

static int set_up_with(void **state, size_t max_in_flight)
{
    const struct vb_memory_config config = {.budget = 16 << 20,
                                            .max_response = MAX_RESPONSE * 2};
    struct vb_flights_config flights_config = {.max_response = MAX_RESPONSE,
                                               .max_in_flight = max_in_flight,
                                               .memory_ms = 1000};

    tier = vb_memory_new(&config);
    flights_config.tier = tier;
    flights = vb_flights_new(&flights_config);
    return scene_set_up(state);
}

static int set_up(void **state)
{
    return set_up_with(state, MAX_RESPONSE * 8);
}

static int set_up_tight(void **state)
{
    return set_up_with(state, 20000);
}

static int tear_down(void **state)
{
    vb_flights_free(flights);
    vb_memory_free(tier);
    return scene_tear_down(state);
}

/* 9111-4-10: and each at its pace. */
static void all_who_wait_read_what_one_has_asked_for(void **state)
{
    struct client a, b, c;

    (void)state;
    assert_int_equal(join(&a, GET), VB_FLIGHT_LEAD);
    assert_int_equal(join(&b, GET), VB_FLIGHT_FOLLOW);
    assert_true(vb_fill_reader_collapsed(b.reader));
    assert_false(vb_fill_reader_collapsed(a.reader));
    assert_int_equal(state_of(&a), VB_FILL_WAITING);
    assert_int_equal(state_of(&b), VB_FILL_WAITING);
    assert_true(open_fill(&a, OK, VB_LENGTH_UNKNOWN));
    vb_mailbox_run(&b.mailbox);
    assert_int_equal(b.news, 1);
    assert_int_equal(state_of(&b), VB_FILL_OPEN);
    assert_reads(&b, "", VB_PULL_PENDING);
    assert_int_equal(vb_fill_append(a.fill, VB_SPAN("one ")), VB_SINK_MORE);
    vb_mailbox_run(&b.mailbox);
    assert_int_equal(b.news, 2);
    assert_reads(&b, "one ", VB_PULL_PENDING);
    assert_int_equal(join(&c, GET), VB_FLIGHT_FOLLOW); /* in the midst of it */
    assert_int_equal(state_of(&c), VB_FILL_OPEN);
    assert_int_equal(vb_fill_append(a.fill, VB_SPAN("two")), VB_SINK_MORE);
    assert_true(vb_fill_finish(a.fill));
    assert_reads(&a, "one two", VB_PULL_END);
    assert_reads(&b, "two", VB_PULL_END);
    assert_reads(&c, "one two", VB_PULL_END);
    assert_span_equal(kept(GET), "one two");
    leave(&a);
    leave(&b);
    leave(&c);
}

static void what_is_whole_is_stored_as_it_would_be_at_once(void **state)
{
    const struct vb_caching_key key = key_of(scene_ask(GET));
    struct vb_stored_response *stored;
    struct client a;

    (void)state;
    join(&a, GET);
    open_fill(&a, OK "\nETag: \"a\"\nContent-Type: text/x\nCache-Groups: \"g\"",
              7);
    vb_fill_append(a.fill, VB_SPAN("content"));
    assert_true(vb_fill_finish(a.fill));
    assert_int_equal(
        vb_memory_find(tier, &key, &a.asked->head->fields, &stored),
        VB_FOUND_ONE);
    assert_span_equal(stored->rep->head,
                      "Cache-Control: max-age=60\r\nETag: \"a\"\r\n"
                      "Content-Type: text/x\r\nCache-Groups: \"g\"\r\n"
                      "Content-Length: 7\r\n");
    assert_span_equal(stored->rep->etag, "\"a\"");
    assert_span_equal(stored->rep->media_type, "text/x");
    assert_span_equal(stored->groups[0], "g");
    assert_false(stored->rep->streamed);
    vb_stored_response_unref(stored);
    leave(&a);
}

/* What may not be stored is nobody else's. */
static void who_waits_for_what_is_private_asks_alone(void **state)
{
    struct client a, b, c;

    (void)state;
    join(&a, GET);
    join(&b, GET);
    assert_int_equal(state_of(&b), VB_FILL_WAITING);
    vb_fill_release(a.fill, VB_FILL_ALONE);
    vb_mailbox_run(&b.mailbox);
    assert_int_equal(b.news, 1);
    assert_int_equal(state_of(&b), VB_FILL_ALONE);
    assert_int_equal(state_of(&a), VB_FILL_ALONE);
    leave(&a);
    leave(&b);
    /* Nobody waits for the next head, for a while. */
    assert_int_equal(join_at(&a, GET, false, 999), VB_FLIGHT_ALONE);
    assert_int_equal(join_at(&b, GET, false, 999), VB_FLIGHT_ALONE);
    assert_int_equal(join_at(&c, GET, false, 2500), VB_FLIGHT_LEAD);
    leave(&a);
    leave(&b);
    leave(&c);
}

/* 9111-4.1-01. */
static void who_is_not_selected_by_the_head_asks_alone(void **state)
{
    struct client a, b, c;

    (void)state;
    join(&a, GET "\nX: 1");
    join(&b, GET "\nX: 2");
    join(&c, GET "\nX:  1 ");
    open_fill(&a, OK "\nVary: X", VB_LENGTH_UNKNOWN);
    assert_int_equal(state_of(&a), VB_FILL_OPEN);
    assert_int_equal(state_of(&b), VB_FILL_ALONE);
    assert_int_equal(state_of(&c), VB_FILL_OPEN);
    leave(&a);
    leave(&b);
    leave(&c);
}

static void who_follows_is_told_how_the_next_hop_has_failed(void **state)
{
    struct client a, b, c;

    (void)state;
    join(&a, GET);
    join(&b, GET);
    assert_int_equal(state_of(&b), VB_FILL_WAITING);
    vb_fill_fail(a.fill, (struct vb_fill_failure){.status = 0, .why = 7});
    (void)vb_mailbox_run(&b.mailbox);
    assert_int_equal(b.news, 1);
    assert_int_equal(state_of(&b), VB_FILL_FAILED);
    assert_int_equal(vb_fill_reader_failure(b.reader).status, 0);
    assert_int_equal(vb_fill_reader_failure(b.reader).why, 7);
    /* It says nothing of the key: the next ones wait for one answer again. */
    assert_int_equal(join(&c, GET), VB_FLIGHT_LEAD);
    leave(&a);
    assert_int_equal(state_of(&b), VB_FILL_FAILED);
    leave(&b);
    leave(&c);
}

static void who_asks_for_itself_is_not_followed_and_may_be_kept(void **state)
{
    const struct vb_fill_party party = {.context = NULL};
    const struct vb_asked *asked = scene_ask(GET);
    struct vb_caching_key key = key_of(asked);
    struct vb_stored_response *head;
    struct vb_fill *fill;
    struct client b;

    (void)state;
    fill = vb_flights_alone(flights, &key, &party);
    assert_int_equal(join(&b, GET), VB_FLIGHT_LEAD);
    leave(&b);
    assert_int_equal(vb_fill_readers(fill), 0);
    head = head_of(asked, OK, 5);
    assert_true(vb_fill_open(fill, head));
    vb_stored_response_unref(head);
    assert_int_equal(vb_fill_append(fill, VB_SPAN("whole")), VB_SINK_MORE);
    assert_true(vb_fill_finish(fill));
    vb_fill_close(fill);
    assert_span_equal(kept(GET), "whole");
}

static void a_range_of_what_arrives_is_read_once_it_is_there(void **state)
{
    struct client a, b;
    struct vb_span bytes;

    (void)state;
    join(&a, GET);
    join(&b, GET);
    open_fill(&a, OK, 10);
    assert_true(vb_fill_reader_seek(b.reader, 6));
    assert_false(vb_fill_reader_seek(b.reader, 11));
    vb_fill_append(a.fill, VB_SPAN("01234"));
    assert_int_equal(vb_fill_read(b.reader, &bytes), VB_PULL_PENDING);
    vb_fill_append(a.fill, VB_SPAN("567"));
    assert_int_equal(vb_fill_read(b.reader, &bytes), VB_PULL_BYTES);
    assert_span_equal(bytes, "67");
    assert_true(vb_fill_reader_seek(b.reader, 1));
    assert_int_equal(vb_fill_read(b.reader, &bytes), VB_PULL_BYTES);
    assert_span_equal(bytes, "1234567");
    leave(&a);
    leave(&b);
}

static void what_is_broken_off_is_never_whole(void **state)
{
    struct client a, b;

    (void)state;
    join(&a, GET);
    join(&b, GET);
    open_fill(&a, OK, VB_LENGTH_UNKNOWN);
    vb_fill_append(a.fill, VB_SPAN("half"));
    leave(&a);
    assert_reads(&b, "half", VB_PULL_FAILED);
    assert_span_equal(kept(GET), "-");
    leave(&b);

    join(&a, GET);
    join(&b, GET);
    open_fill(&a, OK, 5);
    vb_fill_append(a.fill, VB_SPAN("half"));
    assert_false(vb_fill_finish(a.fill));
    assert_reads(&b, "half", VB_PULL_FAILED);
    assert_span_equal(kept(GET), "-");
    leave(&a);
    leave(&b);

    join(&a, GET);
    join(&b, GET);
    leave(&a);
    assert_int_equal(state_of(&b), VB_FILL_BROKEN);
    leave(&b);
}

/* 9111-4.4-01: who asks after a change is not told what was before it. */
static void nobody_follows_what_was_asked_for_before_a_change(void **state)
{
    struct client a, b, c;

    (void)state;
    join(&a, GET);
    vb_memory_purge(tier, VB_SPAN("https://h/a"));
    assert_int_equal(join(&b, GET), VB_FLIGHT_LEAD);
    assert_int_equal(join(&c, GET), VB_FLIGHT_FOLLOW);
    open_fill(&a, OK, 3);
    open_fill(&b, OK, 3);
    vb_fill_append(a.fill, VB_SPAN("old"));
    vb_fill_append(b.fill, VB_SPAN("new"));
    assert_true(vb_fill_finish(b.fill));
    assert_false(vb_fill_finish(a.fill));
    assert_reads(&c, "new", VB_PULL_END);
    assert_reads(&a, "old", VB_PULL_END);
    assert_span_equal(kept(GET), "new");
    leave(&a);
    leave(&b);
    leave(&c);
}

/* 9110-9.3.3-03, 9110-9.3.3-04: what it was is invalid, what it has become is
 * not; unless somebody else has changed it as well. */
static void what_a_post_has_brought_about_answers_a_get(void **state)
{
    static const char *const contents[] = {"new", "-"};

    (void)state;
    for (int others = 0; others < 2; others++) {
        struct vb_invalidation invalidation;
        struct client a;

        assert_int_equal(join_at(&a, "POST https://h/a", true, 0),
                         VB_FLIGHT_ALONE);
        vb_invalidation_read(&scene_arena, a.asked, scene_uri(a.asked),
                             scene_response("200", NOON_MS, NOON_MS),
                             &invalidation);
        if (others == 1)
            vb_memory_purge(tier, VB_SPAN("https://h/a"));
        vb_fill_invalidate(a.fill, &invalidation);
        open_fill(&a, OK "\nContent-Location: /a", 3);
        vb_fill_append(a.fill, VB_SPAN("new"));
        assert_int_equal(vb_fill_finish(a.fill), others == 0);
        assert_span_equal(kept(GET), contents[others]);
        leave(&a);
    }
}

/* 9875-3-02: which groups it is of is known with the head. */
static void nobody_follows_what_is_of_a_group_that_has_changed(void **state)
{
    struct client a, b;

    (void)state;
    join(&a, GET);
    vb_memory_purge_group(tier, VB_SPAN("https://h"), VB_SPAN("g"));
    assert_int_equal(join(&b, GET), VB_FLIGHT_FOLLOW);
    open_fill(&a, OK "\nCache-Groups: \"g\"", 3);
    assert_int_equal(state_of(&a), VB_FILL_OPEN);
    assert_int_equal(state_of(&b), VB_FILL_ALONE);
    vb_fill_append(a.fill, VB_SPAN("old"));
    assert_false(vb_fill_finish(a.fill));
    leave(&a);
    leave(&b);
}

static void who_wants_to_be_alone_is(void **state)
{
    struct client a, b;
    const struct vb_fill_party party = {NULL, NULL, NULL, NULL};
    const struct vb_caching_key key = key_of(scene_ask(GET));
    struct vb_fill *fill;

    (void)state;
    join(&a, GET);
    assert_int_equal(join_at(&b, GET, true, 0), VB_FLIGHT_ALONE);
    assert_null(vb_flights_lead(flights, &key, &party));
    leave(&a);
    leave(&b);
    fill = vb_flights_lead(flights, &key, &party);
    assert_non_null(fill);
    assert_int_equal(vb_fill_readers(fill), 0);
    assert_int_equal(join(&a, GET), VB_FLIGHT_FOLLOW);
    vb_fill_release(fill, VB_FILL_AGAIN);
    assert_int_equal(state_of(&a), VB_FILL_AGAIN);
    vb_fill_close(fill);
    leave(&a);
}

static void what_is_announced_as_too_large_is_nobody_elses(void **state)
{
    struct client a, b;

    (void)state;
    join(&a, GET);
    join(&b, GET);
    assert_false(open_fill(&a, OK, MAX_RESPONSE + 1));
    assert_int_equal(state_of(&a), VB_FILL_ALONE);
    assert_int_equal(state_of(&b), VB_FILL_ALONE);
    leave(&a);
    leave(&b);
}

/* --- Larger than what is kept ------------------------------------------- */

#define PIECE 10000

static char piece[PIECE];
static unsigned pieces_made;

/* Bytes that tell where they belong. */
static struct vb_span next_piece(void)
{
    for (size_t i = 0; i < PIECE; i++)
        piece[i] = (char)((pieces_made * PIECE + i) * 2654435761u >> 24);
    pieces_made++;
    return vb_span_of(piece, PIECE);
}

/* Reads once, and checks what came; false: nothing more now. */
static bool read_some(struct client *client, uint64_t *at, enum vb_pull *pull)
{
    struct vb_span bytes;

    *pull = vb_fill_read(client->reader, &bytes);
    if (*pull != VB_PULL_BYTES)
        return false;
    for (size_t i = 0; i < bytes.len; i += 97)
        assert_int_equal(bytes.ptr[i],
                         (char)(((unsigned)(*at + i)) * 2654435761u >> 24));
    *at += bytes.len;
    return true;
}

static void
what_turns_out_too_large_goes_on_to_those_who_are_there(void **state)
{
    struct client a, b, c;
    uint64_t at_a = 0, at_b = 0, made = 0;
    enum vb_pull pull_a = VB_PULL_PENDING, pull_b = VB_PULL_PENDING;
    bool paused = false;
    size_t most = 0;

    (void)state;
    pieces_made = 0;
    join(&a, GET);
    join(&b, GET);
    assert_true(open_fill(&a, OK, VB_LENGTH_UNKNOWN));
    for (int turn = 0; made < 6 * MAX_RESPONSE; turn++) {
        if (!paused) {
            made += PIECE;
            paused = vb_fill_append(a.fill, next_piece()) == VB_SINK_PAUSE;
        }
        while (read_some(&a, &at_a, &pull_a))
            ;
        assert_int_equal(pull_a, VB_PULL_PENDING);
        if (turn % 3 == 0) /* a slow one */
            (void)read_some(&b, &at_b, &pull_b);
        if (made - at_b > most)
            most = made - at_b;
        (void)vb_mailbox_run(&a.mailbox);
        if (a.resumed > 0)
            paused = false;
        a.resumed = 0;
    }
    assert_true(most <= MAX_RESPONSE + 2 * PIECE);
    assert_int_equal(join(&c, GET), VB_FLIGHT_LEAD); /* it cannot be joined */
    assert_false(vb_fill_finish(a.fill));
    while (read_some(&b, &at_b, &pull_b))
        ;
    assert_int_equal(pull_b, VB_PULL_END);
    assert_true(at_b == made);
    assert_span_equal(kept(GET), "-");
    leave(&a);
    leave(&b);
    leave(&c);
}

static void who_holds_the_others_up_is_cut_off(void **state)
{
    struct client a, b;
    uint64_t at_a = 0, at_b = 0;
    enum vb_pull pull;

    (void)state;
    pieces_made = 0;
    join(&a, GET);
    join(&b, GET);
    open_fill(&a, OK, VB_LENGTH_UNKNOWN);
    while (vb_fill_append(a.fill, next_piece()) == VB_SINK_MORE)
        while (read_some(&a, &at_a, &pull))
            ;
    while (read_some(&a, &at_a, &pull))
        ;
    assert_int_equal(pull, VB_PULL_PENDING);
    (void)vb_mailbox_run(&a.mailbox);
    assert_int_equal(a.resumed, 0);
    assert_true(vb_fill_shed(a.fill));
    (void)vb_mailbox_run(&a.mailbox);
    assert_int_equal(a.resumed, 1);
    assert_false(read_some(&b, &at_b, &pull));
    assert_int_equal(pull, VB_PULL_FAILED);
    assert_int_equal(vb_fill_append(a.fill, next_piece()), VB_SINK_MORE);
    assert_true(read_some(&a, &at_a, &pull));
    assert_false(vb_fill_shed(a.fill));
    leave(&a);
    leave(&b);
}

/* The leader does not run ahead of its only reader, nor go on for nobody. */
static void what_is_not_kept_is_fetched_as_it_is_read(void **state)
{
    struct client a;
    size_t made = 0;

    (void)state;
    pieces_made = 0;
    join(&a, GET);
    open_fill(&a, OK, VB_LENGTH_UNKNOWN);
    do
        made += PIECE;
    while (vb_fill_append(a.fill, next_piece()) == VB_SINK_MORE);
    assert_true(made <= MAX_RESPONSE + PIECE);
    assert_false(vb_fill_shed(a.fill));
    vb_fill_reader_close(a.reader);
    a.reader = NULL;
    assert_int_equal(vb_fill_append(a.fill, next_piece()), VB_SINK_DONE);
    leave(&a);
}

/* Where too much is on its way at once, little is held of each. */
static void memory_for_what_is_on_its_way_is_bounded(void **state)
{
    struct client a, b;
    uint64_t at = 0;
    enum vb_pull pull;
    size_t made = 0;

    (void)state;
    pieces_made = 0;
    join(&a, GET);
    assert_false(open_fill(&a, OK, 30000));
    leave(&a);
    assert_int_equal(join_at(&a, GET, false, 5000), VB_FLIGHT_LEAD);
    assert_int_equal(join_at(&b, GET, false, 5000), VB_FLIGHT_FOLLOW);
    assert_true(open_fill(&a, OK, VB_LENGTH_UNKNOWN));
    do
        made += PIECE;
    while (vb_fill_append(a.fill, next_piece()) == VB_SINK_MORE);
    assert_true(made <= 256 * 1024 + PIECE);
    while (read_some(&b, &at, &pull))
        ;
    assert_true(at == made);
    leave(&a);
    leave(&b);
}

/* A reader that has gone is not told, also where it was about to be. */
static void who_has_gone_is_not_told(void **state)
{
    struct client a, b;

    (void)state;
    join(&a, GET);
    join(&b, GET);
    assert_int_equal(state_of(&b), VB_FILL_WAITING);
    open_fill(&a, OK, VB_LENGTH_UNKNOWN);
    vb_fill_reader_close(b.reader);
    b.reader = NULL;
    vb_mailbox_run(&b.mailbox);
    assert_int_equal(b.news, 0);
    assert_int_equal(vb_fill_readers(a.fill), 1);
    leave(&a);
    leave(&b);
}

/* --- Several threads -------------------------------------------------------
 */

#define FOLLOWERS 3
#define BYTES     ((size_t)900 * 1000)

struct worker {
    struct client client;
    pthread_t thread;
    sem_t woken;
    uint64_t at;
    enum vb_pull end;
};

static void wake_worker(struct vb_mailbox *mailbox)
{
    sem_post(mailbox->owner);
}

static void *follow(void *context)
{
    struct worker *worker = context;
    const struct vb_stored_response *head;

    while (vb_fill_reader_state(worker->client.reader,
                                &worker->client.asked->head->fields,
                                &head) == VB_FILL_WAITING) {
        sem_wait(&worker->woken);
        (void)vb_mailbox_run(&worker->client.mailbox);
    }
    for (;;) {
        while (read_some(&worker->client, &worker->at, &worker->end))
            ;
        if (worker->end != VB_PULL_PENDING)
            break;
        sem_wait(&worker->woken);
        (void)vb_mailbox_run(&worker->client.mailbox);
    }
    vb_fill_reader_close(worker->client.reader);
    (void)vb_mailbox_run(&worker->client.mailbox);
    return NULL;
}

static void workers_read_one_fill_at_once(void **state)
{
    struct worker workers[FOLLOWERS];
    struct client a;

    (void)state;
    pieces_made = 0;
    join(&a, GET);
    for (size_t i = 0; i < FOLLOWERS; i++) {
        struct worker *worker = &workers[i];

        worker->at = 0;
        sem_init(&worker->woken, 0, 0);
        assert_int_equal(join(&worker->client, GET), VB_FLIGHT_FOLLOW);
        worker->client.mailbox.wake = wake_worker;
        worker->client.mailbox.owner = &worker->woken;
        pthread_create(&worker->thread, NULL, follow, worker);
    }
    open_fill(&a, OK, VB_LENGTH_UNKNOWN);
    for (size_t made = 0; made < BYTES; made += PIECE)
        vb_fill_append(a.fill, next_piece());
    assert_true(vb_fill_finish(a.fill));
    leave(&a);
    for (size_t i = 0; i < FOLLOWERS; i++) {
        pthread_join(workers[i].thread, NULL);
        assert_int_equal(workers[i].end, VB_PULL_END);
        assert_true(workers[i].at == BYTES);
        (void)vb_mailbox_run(&workers[i].client.mailbox);
        vb_mailbox_done(&workers[i].client.mailbox);
        sem_destroy(&workers[i].woken);
    }
    assert_int_equal(kept(GET).len, BYTES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(all_who_wait_read_what_one_has_asked_for),
        TEST(what_is_whole_is_stored_as_it_would_be_at_once),
        TEST(who_waits_for_what_is_private_asks_alone),
        TEST(who_is_not_selected_by_the_head_asks_alone),
        TEST(who_follows_is_told_how_the_next_hop_has_failed),
        TEST(who_asks_for_itself_is_not_followed_and_may_be_kept),
        TEST(a_range_of_what_arrives_is_read_once_it_is_there),
        TEST(what_is_broken_off_is_never_whole),
        TEST(nobody_follows_what_was_asked_for_before_a_change),
        TEST(what_a_post_has_brought_about_answers_a_get),
        TEST(nobody_follows_what_is_of_a_group_that_has_changed),
        TEST(who_wants_to_be_alone_is),
        TEST(what_is_announced_as_too_large_is_nobody_elses),
        TEST(what_turns_out_too_large_goes_on_to_those_who_are_there),
        TEST(who_holds_the_others_up_is_cut_off),
        TEST(what_is_not_kept_is_fetched_as_it_is_read),
        cmocka_unit_test_setup_teardown(
            memory_for_what_is_on_its_way_is_bounded, set_up_tight, tear_down),
        TEST(who_has_gone_is_not_told),
        TEST(workers_read_one_fill_at_once),
    };

    return cmocka_run_group_tests_name("fill", tests, NULL, NULL);
}
