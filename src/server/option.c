/* The table of options, and looking into it. See option.h. */
#include "server/option.h"

#include "base/assert.h"
#include "describe/nearest.h"

#define VB_OPTION_GROUP(id, heading)
#define VB_OPTION(name_, member, kind_, value_, preset_, least_, most_,        \
                  group_, help_)                                               \
    {.name = (name_),                                                          \
     .offset = offsetof(struct vb_config, member),                             \
     .size = sizeof(((struct vb_config *)NULL)->member),                       \
     .kind = VB_OPTION_##kind_,                                                \
     .group = VB_OPTION_GROUP_##group_,                                        \
     .value = (value_),                                                        \
     .preset = (preset_),                                                      \
     .least = (least_),                                                        \
     .most = (most_),                                                          \
     .help = (help_)},
const struct vb_option vb_options[VB_OPTIONS] = {
#include "server/options.tbl"
};
#undef VB_OPTION
#undef VB_OPTION_GROUP

const size_t vb_option_count = VB_OPTIONS;

const char *const vb_option_headings[VB_OPTION_GROUPS] = {
#define VB_OPTION_GROUP(id, heading) [VB_OPTION_GROUP_##id] = (heading),
#define VB_OPTION(...)
#include "server/options.tbl"
#undef VB_OPTION
#undef VB_OPTION_GROUP
};

const struct vb_option *vb_option_find(struct vb_span name)
{
    for (size_t i = 0; i < VB_OPTIONS; i++)
        if (vb_span_eq(name, vb_span_str(vb_options[i].name)))
            return &vb_options[i];
    return NULL;
}

/* That of a word, "--name" or "--name=value"; NULL: none. */
static const struct vb_option *option_of(struct vb_span word)
{
    ssize_t equals = vb_span_find(word, '=', 0);

    if (!vb_span_starts(word, VB_SPAN("--")))
        return NULL;
    if (equals >= 0)
        word = vb_span_head(word, (size_t)equals);
    return vb_option_find(vb_span_from(word, 2));
}

bool vb_option_is_known(struct vb_span word)
{
    return option_of(word) != NULL;
}

bool vb_option_takes_next(struct vb_span word)
{
    const struct vb_option *option = option_of(word);

    return option != NULL && option->kind != VB_OPTION_FLAG &&
           vb_span_find(word, '=', 0) < 0;
}

const char *vb_option_nearest(struct vb_span name)
{
    const char *names[VB_OPTIONS];

    for (size_t i = 0; i < VB_OPTIONS; i++)
        names[i] = vb_options[i].name;
    return vb__nearest(name, names, VB_OPTIONS);
}

void vb_option_variable(const struct vb_option *option,
                        char ret_name[VB_OPTION_VARIABLE_MAX])
{
    const size_t prefix = sizeof(VB_OPTION_PREFIX) - 1;
    size_t len = strlen(option->name);

    vb_assert(prefix + len < VB_OPTION_VARIABLE_MAX);
    memcpy(ret_name, VB_OPTION_PREFIX, prefix);
    for (size_t i = 0; i <= len; i++) {
        char c = option->name[i];

        if (c == '-')
            c = '_';
        else if (c >= 'a' && c <= 'z')
            c = (char)(c - 'a' + 'A');
        ret_name[prefix + i] = c;
    }
}
