/* Options as --help and as the manual's lists. See usage.h. */
#include "server/usage.h"

#include "server/option.h"

#define WIDTH  80
#define COLUMN 27 /* where the second column begins */

/* --- Help -------------------------------------------------------------------
 */

static void spaces(struct vb_buf *buf, size_t n)
{
    for (size_t i = 0; i < n; i++)
        vb_buf_char(buf, ' ');
}

/* Puts words at `at` columns from the left and on, lines broken at WIDTH. */
static void wrap(struct vb_buf *buf, size_t at, struct vb_span text)
{
    size_t column = at;

    while (text.len > 0) {
        ssize_t space = vb_span_find(text, ' ', 0);
        size_t len = space < 0 ? text.len : (size_t)space;

        if (column > COLUMN && column + 1 + len > WIDTH) {
            vb_buf_char(buf, '\n');
            spaces(buf, COLUMN);
            column = COLUMN;
        } else if (column > COLUMN) {
            vb_buf_char(buf, ' ');
            column++;
        }
        vb_buf_append(buf, vb_span_head(text, len));
        column += len;
        text = vb_span_from(text, len + 1);
    }
    vb_buf_char(buf, '\n');
}

void vb_usage_row(struct vb_buf *buf, const char *name, const char *text)
{
    size_t len = strlen(name);

    vb_buf_printf(buf, "  %s", name);
    if (len + 4 > COLUMN) {
        vb_buf_char(buf, '\n');
        spaces(buf, COLUMN);
    } else {
        spaces(buf, COLUMN - len - 2);
    }
    wrap(buf, COLUMN, vb_span_str(text));
}

static void help_option(struct vb_buf *buf, const struct vb_option *option)
{
    char name[96], text[1024];
    struct vb_buf left = vb_buf_over(name, sizeof(name) - 1);
    struct vb_buf right = vb_buf_over(text, sizeof(text) - 1);

    vb_buf_printf(&left, "--%s%s%s", option->name,
                  option->value[0] != '\0' ? " " : "", option->value);
    vb_buf_str(&right, option->help);
    if (option->preset[0] != '\0' && option->kind != VB_OPTION_FLAG)
        vb_buf_printf(&right, " (default: %s)", option->preset);
    name[left.len] = '\0';
    text[right.len] = '\0';
    vb_usage_row(buf, name, text);
}

void vb_usage_help(struct vb_buf *buf)
{
    for (size_t group = 0; group < VB_OPTION_GROUPS; group++) {
        vb_buf_printf(buf, "%s%s:\n", group > 0 ? "\n" : "",
                      vb_option_headings[group]);
        for (size_t i = 0; i < vb_option_count; i++)
            if (vb_options[i].group == group)
                help_option(buf, &vb_options[i]);
    }
}

/* --- The manual -------------------------------------------------------------
 */

/* A "-" that stays one when it is copied from the screen. */
static void manual_text(struct vb_buf *buf, struct vb_span text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '-')
            vb_buf_char(buf, '\\');
        if (text.ptr[i] == '\\')
            vb_buf_str(buf, "\\e");
        else
            vb_buf_char(buf, text.ptr[i]);
    }
}

/* mdoc wants each sentence to begin a line, and lines of less than 80. The
 * first has a small letter in --help, where it stands beside the option. */
static void manual_sentences(struct vb_buf *buf, struct vb_span text)
{
    size_t column = 0;

    vb_buf_char(buf, (char)(text.ptr[0] & ~0x20));
    text = vb_span_from(text, 1);
    while (text.len > 0) {
        ssize_t space = vb_span_find(text, ' ', 0);
        size_t len = space < 0 ? text.len : (size_t)space;
        bool ends = text.ptr[len - 1] == '.';

        manual_text(buf, vb_span_head(text, len));
        text = vb_span_from(text, len + 1);
        space = vb_span_find(text, ' ', 0);
        column += len + 1;
        if (ends || column + (space < 0 ? text.len : (size_t)space) > 72)
            column = 0;
        if (text.len > 0)
            vb_buf_char(buf, column == 0 ? '\n' : ' ');
    }
    vb_buf_char(buf, '\n');
}

static void manual_option(struct vb_buf *buf, const struct vb_option *option)
{
    vb_buf_str(buf, ".It Fl \\-");
    manual_text(buf, vb_span_str(option->name));
    if (option->value[0] != '\0')
        vb_buf_printf(buf, " Ar %s", option->value);
    vb_buf_char(buf, '\n');
    manual_sentences(buf, vb_span_str(option->help));
    if (option->preset[0] == '\0' || option->kind == VB_OPTION_FLAG)
        return;
    vb_buf_str(buf, "The default is\n.Cm ");
    manual_text(buf, vb_span_str(option->preset));
    vb_buf_str(buf, " .\n");
}

void vb_usage_manual(struct vb_buf *buf)
{
    for (size_t group = 0; group < VB_OPTION_GROUPS; group++) {
        vb_buf_printf(buf, ".Ss %s\n.Bl -tag -width Ds\n",
                      vb_option_headings[group]);
        for (size_t i = 0; i < vb_option_count; i++)
            if (vb_options[i].group == group)
                manual_option(buf, &vb_options[i]);
        vb_buf_str(buf, ".El\n");
    }
}
