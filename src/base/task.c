/* Mailboxes. See task.h. */
#include "base/task.h"

#include <stddef.h>

#include "base/assert.h"

void vb_mailbox_init(struct vb_mailbox *mailbox,
                     void (*wake)(struct vb_mailbox *mailbox), void *owner)
{
    *mailbox = (struct vb_mailbox){.wake = wake, .owner = owner};
    pthread_mutex_init(&mailbox->lock, NULL);
    mailbox->last = &mailbox->first;
}

void vb_mailbox_done(struct vb_mailbox *mailbox)
{
    vb_assert(mailbox->first == NULL);
    pthread_mutex_destroy(&mailbox->lock);
}

void vb_mailbox_post_list(struct vb_mailbox *mailbox, struct vb_task *first,
                          struct vb_task *last)
{
    bool was_empty;

    last->next = NULL;
    pthread_mutex_lock(&mailbox->lock);
    was_empty = mailbox->first == NULL;
    *mailbox->last = first;
    mailbox->last = &last->next;
    pthread_mutex_unlock(&mailbox->lock);
    if (was_empty)
        mailbox->wake(mailbox);
}

void vb_mailbox_post(struct vb_mailbox *mailbox, struct vb_task *task)
{
    vb_mailbox_post_list(mailbox, task, task);
}

bool vb_mailbox_is_empty(struct vb_mailbox *mailbox)
{
    bool empty;

    pthread_mutex_lock(&mailbox->lock);
    empty = mailbox->first == NULL;
    pthread_mutex_unlock(&mailbox->lock);
    return empty;
}

unsigned vb_mailbox_run(struct vb_mailbox *mailbox)
{
    struct vb_task *task;
    unsigned count = 0;

    pthread_mutex_lock(&mailbox->lock);
    task = mailbox->first;
    mailbox->first = NULL;
    mailbox->last = &mailbox->first;
    pthread_mutex_unlock(&mailbox->lock);
    for (; task != NULL; count++) {
        struct vb_task *next = task->next; /* run may free the task */

        task->run(task);
        task = next;
    }
    return count;
}
