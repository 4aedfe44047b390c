/* Preconditions as predicates: see precondition.h. */
#include "http/precondition.h"

static enum vb_condition condition(bool holds)
{
    return holds ? VB_CONDITION_TRUE : VB_CONDITION_FALSE;
}

bool vb_etag_known_one(const void *context, const struct vb_etag *tag,
                       bool strong)
{
    const struct vb_etag *own = context;

    return strong ? vb_etag_strong_eq(own, tag) : vb_etag_weak_eq(own, tag);
}

/* A weak tag is never equal by strong comparison: no need to ask for it. */
static bool is_known(const struct vb_current *current,
                     const struct vb_etag *tag, bool strong)
{
    return current->exists && current->known != NULL &&
           !(strong && tag->weak) &&
           current->known(current->context, tag, strong);
}

/* What a list of tags comes to, read to its end. */
struct tally {
    unsigned items;
    unsigned asterisks;
    unsigned malformed;
    unsigned known; /* 1 once a tag was found known */
};

static struct tally take_tally(const struct vb_span *values, size_t count,
                               const struct vb_current *current, bool strong)
{
    struct tally tally = {0};
    enum vb_etags_item item;
    struct vb_etags etags;
    struct vb_etag tag;

    vb_etags_init(&etags, values, count);
    while ((item = vb_etags_next(&etags, &tag)) != VB_ETAGS_END) {
        tally.items++;
        tally.asterisks += item == VB_ETAGS_ANY;
        tally.malformed += item == VB_ETAGS_MALFORMED;
        if (item == VB_ETAGS_TAG && tally.known == 0)
            tally.known = is_known(current, &tag, strong);
    }
    return tally;
}

static bool is_well_formed(const struct tally *tally)
{
    return tally->malformed == 0 &&
           (tally->asterisks == 0 || tally->items == 1);
}

enum vb_condition vb_if_match(const struct vb_span *values, size_t count,
                              const struct vb_current *current)
{
    struct tally tally;

    if (count == 0)
        return VB_CONDITION_ABSENT;
    tally = take_tally(values, count, current, true);
    if (!is_well_formed(&tally))
        return VB_CONDITION_INVALID;
    if (tally.asterisks > 0)
        return condition(current->exists);
    return condition(tally.known > 0);
}

enum vb_condition vb_if_none_match(const struct vb_span *values, size_t count,
                                   const struct vb_current *current)
{
    struct tally tally;

    if (count == 0)
        return VB_CONDITION_ABSENT;
    tally = take_tally(values, count, current, false);
    if (tally.known > 0)
        return VB_CONDITION_FALSE;
    if (!is_well_formed(&tally))
        return VB_CONDITION_INVALID;
    return condition(tally.asterisks == 0 || !current->exists);
}

/* The field's one valid date, while there is one to compare it with. */
static bool read_date(const struct vb_span *values, size_t count, int64_t now,
                      const struct vb_current *current, int64_t *ret_date)
{
    return count == 1 && current->exists && current->modified != VB_DATE_NONE &&
           vb_date_parse(vb_span_trim(values[0]), now, ret_date);
}

enum vb_condition vb_if_modified_since(const struct vb_span *values,
                                       size_t count, int64_t now,
                                       const struct vb_current *current)
{
    int64_t date;

    if (count == 0)
        return VB_CONDITION_ABSENT;
    if (!read_date(values, count, now, current, &date))
        return VB_CONDITION_INVALID;
    return condition(current->modified > date);
}

enum vb_condition vb_if_unmodified_since(const struct vb_span *values,
                                         size_t count, int64_t now,
                                         const struct vb_current *current)
{
    int64_t date;

    if (count == 0)
        return VB_CONDITION_ABSENT;
    if (!read_date(values, count, now, current, &date))
        return VB_CONDITION_INVALID;
    return condition(current->modified <= date);
}

enum vb_condition vb_if_range(const struct vb_span *values, size_t count,
                              int64_t now, const struct vb_current *current)
{
    struct vb_etag tag;
    int64_t date;

    if (count == 0)
        return VB_CONDITION_ABSENT;
    if (count == 1 && vb_etag_parse(vb_span_trim(values[0]), &tag))
        return condition(is_known(current, &tag, true));
    if (!read_date(values, count, now, current, &date))
        return VB_CONDITION_INVALID;
    return condition(current->modified_strong && current->modified == date);
}
