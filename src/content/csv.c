/* Comma-separated values. See csv.h. */
#include "content/csv.h"

#include <string.h>

/* --- writing ---------------------------------------------------------------
 */

/* How many bytes at its front need no quotes. */
static size_t bare_length(struct vb_span text)
{
    size_t len = 0;

    while (len < text.len && memchr(",\"\r\n", text.ptr[len], 4) == NULL)
        len++;
    return len;
}

void vb_csv_write(struct vb_buf *buf, struct vb_span text)
{
    if (text.len > 0 && bare_length(text) == text.len) {
        vb_buf_append(buf, text);
        return;
    }
    vb_buf_char(buf, '"');
    for (ssize_t at; (at = vb_span_find(text, '"', 0)) >= 0;) {
        vb_buf_append(buf, vb_span_head(text, (size_t)at + 1));
        vb_buf_char(buf, '"');
        text = vb_span_from(text, (size_t)at + 1);
    }
    vb_buf_append(buf, text);
    vb_buf_char(buf, '"');
}

void vb_csv_end(struct vb_buf *buf)
{
    vb_buf_str(buf, "\r\n");
}

/* --- reading ---------------------------------------------------------------
 */

void vb_csv_init(struct vb_csv *csv, struct vb_span text)
{
    static const char mark[] = "\xef\xbb\xbf";

    if (vb_span_starts(text, vb_span_str(mark)))
        text = vb_span_from(text, sizeof(mark) - 1);
    *csv = (struct vb_csv){.text = text, .line = 1, .next_line = 1};
}

static enum vb_csv_step refuse(struct vb_csv *csv, const char *wrong)
{
    csv->wrong = wrong;
    csv->text = vb_span_of(NULL, 0);
    csv->within = false;
    return VB_CSV_WRONG;
}

/* What stands behind a field: a comma, or the end of its record. */
static enum vb_csv_step end_field(struct vb_csv *csv, const char *wrong)
{
    struct vb_span text = csv->text;
    size_t taken = 1;

    csv->within = text.len > 0 && text.ptr[0] == ',';
    if (text.len == 0)
        return VB_CSV_LAST;
    if (csv->within) {
        csv->text = vb_span_from(text, 1);
        return VB_CSV_FIELD;
    }
    if (vb_span_starts(text, VB_SPAN("\r\n")))
        taken = 2;
    else if (text.ptr[0] != '\n')
        return refuse(csv, wrong);
    csv->text = vb_span_from(text, taken);
    csv->next_line++;
    return VB_CSV_LAST;
}

static enum vb_csv_step take_bare(struct vb_csv *csv, struct vb_csv_field *ret)
{
    struct vb_span text = csv->text;
    size_t len = bare_length(text);

    *ret = (struct vb_csv_field){vb_span_head(text, len), false};
    csv->text = vb_span_from(text, len);
    return end_field(csv, "has a quote or CR that is not within quotes");
}

static enum vb_csv_step take_quoted(struct vb_csv *csv,
                                    struct vb_csv_field *ret)
{
    struct vb_span text = vb_span_from(csv->text, 1);
    size_t len = 0;

    for (; len < text.len; len++) {
        csv->next_line += text.ptr[len] == '\n';
        if (text.ptr[len] != '"')
            continue;
        if (len + 1 == text.len || text.ptr[len + 1] != '"')
            break;
        len++;
    }
    if (len == text.len)
        return refuse(csv, "has a quote that nothing closes");
    *ret = (struct vb_csv_field){vb_span_head(text, len), true};
    csv->text = vb_span_from(text, len + 1);
    return end_field(csv, "goes on behind its closing quote");
}

enum vb_csv_step vb_csv_next(struct vb_csv *csv, struct vb_csv_field *ret)
{
    csv->line = csv->next_line;
    if (csv->text.len == 0 && !csv->within)
        return csv->wrong != NULL ? VB_CSV_WRONG : VB_CSV_END;
    if (csv->text.len > 0 && csv->text.ptr[0] == '"')
        return take_quoted(csv, ret);
    return take_bare(csv, ret);
}

void vb_csv_read(struct vb_buf *buf, const struct vb_csv_field *field)
{
    struct vb_span text = field->text;

    for (ssize_t at; field->quoted && (at = vb_span_find(text, '"', 0)) >= 0;) {
        vb_buf_append(buf, vb_span_head(text, (size_t)at + 1));
        text = vb_span_from(text, (size_t)at + 2);
    }
    vb_buf_append(buf, text);
}
