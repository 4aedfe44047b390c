/* Work handed from one thread to another (base/task.h). */
#include "unit.h"

#include "base/list.h"
#include "base/task.h"

struct note {
    struct vb_task task;
    struct vb_mailbox *again; /* posted to once more when it runs, or NULL */
    int order;
};

static int runs, wakes;

static void wake(struct vb_mailbox *mailbox)
{
    (void)mailbox;
    wakes++;
}

static void run(struct vb_task *task)
{
    struct note *note = VB_CONTAINER(task, struct note, task);
    struct vb_mailbox *again = note->again;

    note->order = ++runs;
    note->again = NULL;
    if (again != NULL)
        vb_mailbox_post(again, task);
}

static void tasks_run_in_the_order_they_were_posted_in(void **state)
{
    struct note first = {.task.run = run}, second = {.task.run = run};
    struct vb_mailbox mailbox;

    (void)state;
    runs = wakes = 0;
    vb_mailbox_init(&mailbox, wake, NULL);
    assert_true(vb_mailbox_is_empty(&mailbox));
    vb_mailbox_post(&mailbox, &first.task);
    vb_mailbox_post(&mailbox, &second.task);
    assert_false(vb_mailbox_is_empty(&mailbox));
    assert_int_equal(wakes, 1);
    assert_int_equal(vb_mailbox_run(&mailbox), 2);
    assert_int_equal(first.order, 1);
    assert_int_equal(second.order, 2);
    assert_true(vb_mailbox_is_empty(&mailbox));
    vb_mailbox_done(&mailbox);
}

static void what_a_task_posts_waits_for_the_next_run(void **state)
{
    struct note note = {.task.run = run};
    struct vb_mailbox mailbox;

    (void)state;
    runs = wakes = 0;
    vb_mailbox_init(&mailbox, wake, NULL);
    note.again = &mailbox;
    vb_mailbox_post(&mailbox, &note.task);
    assert_int_equal(vb_mailbox_run(&mailbox), 1);
    assert_false(vb_mailbox_is_empty(&mailbox));
    assert_int_equal(wakes, 2);
    assert_int_equal(vb_mailbox_run(&mailbox), 1);
    assert_true(vb_mailbox_is_empty(&mailbox));
    vb_mailbox_done(&mailbox);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tasks_run_in_the_order_they_were_posted_in),
        cmocka_unit_test(what_a_task_posts_waits_for_the_next_run),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
