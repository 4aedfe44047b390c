/*
 * The command line: --name VALUE, --name=VALUE, a flag alone, FILE, and --
 * after which nothing is an option any more. What it means is looked at later.
 */
#include "base/log.h"
#include "server/config_inner.h"

/* Where we are on the command line. */
struct cursor {
    char *const *at;
    size_t left;
    bool only_files; /* -- has been seen */
    bool has_file;
};

static enum vb_err unknown(struct vb_buf *why, struct vb_span name)
{
    const char *near = vb_option_nearest(name);

    vb_buf_str(why, "unknown option --");
    vb_log_quoted(why, vb_span_head(name, 80));
    if (near != NULL)
        vb_buf_printf(why, " (did you mean --%s?)", near);
    else
        vb_buf_str(why, " (see verbatim help serve)");
    return VB_ERR_INVALID;
}

static enum vb_err read_file(struct cursor *cursor, struct vb_span text,
                             struct vb__argument *ret, struct vb_buf *why)
{
    if (cursor->has_file) {
        vb_buf_str(why, "only one FILE can be served, \"");
        vb_log_quoted(why, vb_span_head(text, 80));
        vb_buf_str(why, "\" is one more");
        return VB_ERR_INVALID;
    }
    cursor->has_file = true;
    *ret = (struct vb__argument){vb_option_find(VB_SPAN("description")), text};
    return VB_OK;
}

/* The value of --name that stands in a word of its own. */
static enum vb_err read_value(struct cursor *cursor,
                              const struct vb_option *option,
                              struct vb_span *ret_text, struct vb_buf *why)
{
    if (option->kind == VB_OPTION_FLAG) {
        *ret_text = VB_SPAN("yes");
        return VB_OK;
    }
    if (cursor->left == 0 || strncmp(cursor->at[0], "--", 2) == 0) {
        vb_buf_printf(why, "--%s needs a value, %s", option->name,
                      option->value);
        return VB_ERR_INVALID;
    }
    *ret_text = vb_span_str(cursor->at[0]);
    cursor->at++;
    cursor->left--;
    return VB_OK;
}

static enum vb_err read_option(struct cursor *cursor, struct vb_span text,
                               struct vb__argument *ret, struct vb_buf *why)
{
    ssize_t equals = vb_span_find(text, '=', 0);
    size_t len = equals < 0 ? text.len : (size_t)equals;
    struct vb_span name = vb_span_head(text, len);
    struct vb__argument argument = {.option = vb_option_find(name)};
    enum vb_err err = VB_OK;

    if (argument.option == NULL)
        return unknown(why, name);
    if (equals >= 0)
        argument.text = vb_span_from(text, len + 1);
    else
        err = read_value(cursor, argument.option, &argument.text, why);
    if (err == VB_OK)
        *ret = argument;
    return err;
}

static enum vb_err read_word(struct cursor *cursor, struct vb_span word,
                             struct vb__argument *ret, struct vb_buf *why)
{
    if (cursor->only_files || word.len < 2 || word.ptr[0] != '-')
        return read_file(cursor, word, ret, why);
    if (word.ptr[1] == '-')
        return read_option(cursor, vb_span_from(word, 2), ret, why);
    vb_buf_str(why, "unknown option ");
    vb_log_quoted(why, vb_span_head(word, 80));
    vb_buf_str(why, " (options begin with --)");
    return VB_ERR_INVALID;
}

enum vb_err vb__config_command(struct vb__reading *reading,
                               const struct vb_config_sources *sources,
                               struct vb__argument **ret_arguments,
                               size_t *ret_count)
{
    struct cursor cursor = {.at = sources->arguments,
                            .left = sources->argument_count};
    struct vb__argument *arguments = vb_arena_calloc(
        &reading->config.arena, cursor.left + 1, sizeof(*arguments));
    size_t count = 0;

    if (arguments == NULL)
        return VB_ERR_NOMEM;
    while (cursor.left > 0) {
        struct vb_span word = vb_span_str(cursor.at[0]);
        enum vb_err err;

        cursor.at++;
        cursor.left--;
        if (!cursor.only_files && vb_span_eq(word, VB_SPAN("--"))) {
            cursor.only_files = true;
            continue;
        }
        err = read_word(&cursor, word, &arguments[count], reading->why);
        if (err != VB_OK)
            return err;
        count++;
    }
    *ret_arguments = arguments;
    *ret_count = count;
    return VB_OK;
}
