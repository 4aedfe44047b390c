/* See rows.h. */
#include "rows.h"

/* What one way of splitting led to. */
struct outcome {
    struct vb_buf out;
    struct vb_buf log;
};

static void check_row(struct driver *d, const struct row *row, const char *how,
                      size_t at)
{
    const char *statuses = driver_statuses(d);
    bool closes = (driver_state(d) & (VB_WIRE_LINGER | VB_WIRE_CLOSE)) != 0;

    if (strcmp(statuses, row->statuses) != 0)
        fail_msg("%s, %s %zu: \"%s\" is answered %s, not %s", row->rule, how,
                 at, row->input, statuses, row->statuses);
    if (closes != (row->after == CLOSING))
        fail_msg("%s, %s %zu: \"%s\" leaves the connection %s", row->rule, how,
                 at, row->input, closes ? "closing" : "open");
    /* 9112-9.6-01: who is told of the end, and who is not. */
    for (int i = 0; i < d->reply_count; i++) {
        bool last = i + 1 == d->reply_count;
        bool told = vb_span_starts(reply_field(&d->replies[i], "Connection"),
                                   VB_SPAN("close"));

        if (told != (closes && last))
            fail_msg("%s, %s %zu: \"%s\": reply %d %s close", row->rule, how,
                     at, row->input, i, told ? "says" : "does not say");
    }
    if (row->log != NULL && strstr(d->log.ptr, row->log) == NULL)
        fail_msg("%s, %s %zu: \"%s\" logs:\n%s", row->rule, how, at, row->input,
                 d->log.ptr);
}

static void play(struct driver *d, const struct row *row, struct vb_span input,
                 size_t split, size_t piece)
{
    driver_restart(d);
    d->piece = piece;
    if (split > 0)
        driver_send(d, vb_span_head(input, split));
    driver_send(d, vb_span_from(input, split));
    vb_buf_char(&d->log, '\0');
    check_row(d, row,
              piece == 1  ? "byte by byte"
              : split > 0 ? "split at"
                          : "whole",
              split);
}

/* The same bytes must lead to the same answer. */
static void compare(struct driver *d, const struct outcome *first,
                    const struct row *row, size_t split)
{
    if (!vb_span_eq(vb_buf_span(&d->out), vb_buf_span(&first->out)) ||
        !vb_span_eq(vb_buf_span(&d->log), vb_buf_span(&first->log)))
        fail_msg("%s: \"%s\" split at %zu is answered otherwise:\n%.*s\n%.*s",
                 row->rule, row->input, split, VB_FMT(vb_buf_span(&d->out)),
                 VB_FMT(vb_buf_span(&d->log)));
}

void play_row(struct driver *d, const struct row *row, struct vb_span input,
              size_t step)
{
    struct outcome first;

    vb_buf_init(&first.out, 1024 * 1024);
    vb_buf_init(&first.log, 1024 * 1024);
    play(d, row, input, 0, 0);
    vb_buf_append(&first.out, vb_buf_span(&d->out));
    vb_buf_append(&first.log, vb_buf_span(&d->log));
    for (size_t split = 1; split < input.len; split += step) {
        play(d, row, input, split, 0);
        compare(d, &first, row, split);
    }
    if (step == 1) {
        play(d, row, input, 0, 1);
        compare(d, &first, row, 0);
    }
    vb_buf_done(&first.out);
    vb_buf_done(&first.log);
}

void play_rows(const struct row *rows, size_t count)
{
    struct driver d;

    driver_init(&d);
    for (size_t i = 0; i < count; i++)
        play_row(&d, &rows[i], vb_span_str(rows[i].input), 1);
    driver_done(&d);
}
