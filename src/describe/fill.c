/* Names of properties that mean an id or a time. See fill.h. */
#include "describe/fill.h"

enum { NAME_MOST = 32 };

static const char *const before[] = {"date", "time", "last", "when"};
static const char *const after[] = {"timestamp", "datetime", "date",
                                    "time",      "at",       "on"};

static const struct {
    const char *stem;
    enum vb_fill fill;
} stems[] = {
    {"created", VB_FILL_CREATED},       {"creation", VB_FILL_CREATED},
    {"inserted", VB_FILL_CREATED},      {"modified", VB_FILL_MODIFIED},
    {"updated", VB_FILL_MODIFIED},      {"changed", VB_FILL_MODIFIED},
    {"modification", VB_FILL_MODIFIED}, {"update", VB_FILL_MODIFIED},
    {"change", VB_FILL_MODIFIED},
};

/* "last_modifiedAt" is "lastmodifiedat"; empty when it is too long. */
static struct vb_span fold(struct vb_span name, char room[NAME_MOST])
{
    size_t len = 0;

    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] == '_' || name.ptr[i] == '-')
            continue;
        if (len == NAME_MOST)
            return VB_SPAN("");
        room[len++] = vb_ascii_lower(name.ptr[i]);
    }
    return vb_span_of(room, len);
}

static enum vb_fill fill_of_stem(struct vb_span name)
{
    for (size_t i = 0; i < sizeof(stems) / sizeof(stems[0]); i++) {
        if (vb_span_eq(name, vb_span_str(stems[i].stem)))
            return stems[i].fill;
    }
    return VB_FILL_NONE;
}

static enum vb_fill fill_without_suffix(struct vb_span name)
{
    enum vb_fill fill = fill_of_stem(name);

    for (size_t i = 0; !fill && i < sizeof(after) / sizeof(after[0]); i++) {
        if (vb_span_ends(name, vb_span_str(after[i])))
            fill =
                fill_of_stem(vb_span_head(name, name.len - strlen(after[i])));
    }
    return fill;
}

static enum vb_fill fill_of_time(struct vb_span name)
{
    char room[NAME_MOST];
    struct vb_span plain = fold(name, room);
    enum vb_fill fill = fill_without_suffix(plain);

    for (size_t i = 0; !fill && i < sizeof(before) / sizeof(before[0]); i++) {
        if (vb_span_starts(plain, vb_span_str(before[i])))
            fill = fill_without_suffix(vb_span_from(plain, strlen(before[i])));
    }
    return fill;
}

static bool is_id(const struct vb_route *route, const struct vb_property *p)
{
    if (!route->id || !(p->types & route->id->types))
        return false;
    return vb_span_eq(p->path[0], route->id->name) ||
           vb_span_eq(p->path[0], VB_SPAN("id"));
}

enum vb_fill vb__fill_infer(const struct vb_route *route,
                            const struct vb_property *property)
{
    if (is_id(route, property))
        return VB_FILL_ID;
    if (property->read_only &&
        vb_span_eq(property->format, VB_SPAN("date-time")))
        return fill_of_time(property->path[0]);
    return VB_FILL_NONE;
}
