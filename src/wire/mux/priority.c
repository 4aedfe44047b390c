/* What clients say of the priority of replies (RFC 9218 sections 4, 5, 7). */
#include "http/sf.h"
#include "wire/mux/mux.h"

const struct vb_mux_priority vb_mux_priority_default = {.urgency =
                                                            VB_MUX_URGENCY};

/* What a value may take to be read. */
#define TREE_MAX ((size_t)16 * 1024)

/* A parameter that is of another type, or out of range, is passed over. */
static void take(struct vb_mux_priority *priority,
                 const struct vb_sf_list *members)
{
    const struct vb_sf_item *u = vb_sf_member(members, VB_SPAN("u"));
    const struct vb_sf_item *i = vb_sf_member(members, VB_SPAN("i"));

    if (u != NULL && u->value.type == VB_SF_INTEGER && u->value.integer >= 0 &&
        u->value.integer < VB_MUX_URGENCIES)
        priority->urgency = (uint8_t)u->value.integer;
    if (i != NULL && i->value.type == VB_SF_BOOLEAN)
        priority->incremental = i->value.boolean;
}

void vb_mux_priority_parse(struct vb_mux_priority *priority,
                           struct vb_span value)
{
    struct vb_arena arena;
    struct vb_sf_list members;

    vb_arena_init(&arena, 1024, TREE_MAX);
    if (vb_sf_parse_dictionary(&arena, &value, 1, &members) == VB_OK)
        take(priority, &members);
    vb_arena_done(&arena);
}

void vb_mux_early_init(struct vb_mux_early *early)
{
    *early = (struct vb_mux_early){.count = 0};
    for (size_t i = 0; i < VB_MUX_EARLY_PRIORITIES; i++)
        early->at[i].id = -1;
}

void vb_mux_early_keep(struct vb_mux_early *early, int64_t id,
                       struct vb_mux_priority priority)
{
    size_t at = early->next;

    for (size_t i = 0; i < VB_MUX_EARLY_PRIORITIES; i++)
        if (early->at[i].id == id)
            at = i;
    if (early->at[at].id < 0)
        early->count++;
    if (at == early->next)
        early->next = (uint8_t)((at + 1) % VB_MUX_EARLY_PRIORITIES);
    early->at[at].id = id;
    early->at[at].priority = priority;
}

void vb_mux_early_recall(struct vb_mux_early *early, struct vb_mux_stream *s)
{
    s->priority = vb_mux_priority_default;
    for (size_t i = 0; early->count > 0 && i < VB_MUX_EARLY_PRIORITIES; i++)
        if (early->at[i].id == s->id) {
            early->at[i].id = -1;
            early->count--;
            s->priority = early->at[i].priority;
            s->told = true;
        }
}
