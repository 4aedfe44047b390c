/* Who sees what of a change. See sight.h. */
#include "resource/sight.h"

void vb_sight_begin(struct vb_sight *sight, const struct vb_exchange *x)
{
    if (sight->allow != NULL)
        vb_ruling_begin(&sight->ruling, x, sight->allow);
}

void vb_sight_done(struct vb_sight *sight)
{
    if (sight->allow != NULL)
        vb_ruling_done(&sight->ruling);
}

static bool sees(const struct vb_sight *sight, const struct vb_record *record,
                 yyjson_val *root)
{
    if (record == NULL)
        return false;
    if (sight->allow != NULL &&
        !vb_ruling_holds_for(&sight->ruling, record->key, root))
        return false;
    return sight->selection == NULL ||
           vb_selection_holds(sight->selection, root);
}

/* A state is only read where something depends on it. */
static bool looks(const struct vb_sight *sight)
{
    return sight->allow != NULL || sight->selection != NULL;
}

enum vb_seen vb_sight_of(const struct vb_sight *sight, struct vb_news *news)
{
    const struct vb_happening *happening = news->happening;
    bool look = looks(sight);
    bool before =
        sees(sight, happening->before, look ? vb_news_before(news) : NULL);
    bool after =
        sees(sight, happening->after, look ? vb_news_after(news) : NULL);

    if (before)
        return after ? VB_SEEN_CHANGED : VB_SEEN_REMOVED;
    return after ? VB_SEEN_CREATED : VB_UNSEEN;
}
