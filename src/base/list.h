/*
 * An intrusive doubly linked ring. The head is a link of its own; an empty
 * list points to itself. Whoever embeds a link owns the memory.
 */
#ifndef VB_BASE_LIST_H
#define VB_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct vb_link {
    struct vb_link *next;
    struct vb_link *prev;
};

/* The structure of `type` whose member `field` is the link at `link`. */
#define VB_CONTAINER(link, type, field)                                        \
    ((type *)(void *)((char *)(link)-offsetof(type, field)))

static inline void vb_list_init(struct vb_link *head)
{
    head->next = head->prev = head;
}

static inline bool vb_list_empty(const struct vb_link *head)
{
    return head->next == head;
}

static inline void vb_list_insert_after(struct vb_link *at,
                                        struct vb_link *link)
{
    link->prev = at;
    link->next = at->next;
    at->next->prev = link;
    at->next = link;
}

/* Appends at the end of the list. */
static inline void vb_list_append(struct vb_link *head, struct vb_link *link)
{
    vb_list_insert_after(head->prev, link);
}

/* Takes the link out; harmless when it is in no list but initialised. */
static inline void vb_list_remove(struct vb_link *link)
{
    link->prev->next = link->next;
    link->next->prev = link->prev;
    vb_list_init(link);
}

/* Takes out the first link of a list that is not empty. */
static inline struct vb_link *vb_list_pop(struct vb_link *head)
{
    struct vb_link *first = head->next;

    head->next = first->next;
    first->next->prev = head;
    vb_list_init(first);
    return first;
}

#endif
