/* Edit distance (Damerau-Levenshtein, adjacent swaps only). See nearest.h. */
#include "describe/nearest.h"

/* Longer words are not typing errors of our keys. */
enum { MOST = 40 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t vb__distance(struct vb_span a, struct vb_span b)
{
    size_t rows[3][MOST + 1] = {
        {0}}; /* the row before last, the last, this one */

    if (a.len > MOST || b.len > MOST)
        return MOST;
    for (size_t j = 0; j <= b.len; j++)
        rows[1][j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        rows[2][0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            size_t change = a.ptr[i - 1] != b.ptr[j - 1];
            size_t cost = least(least(rows[1][j], rows[2][j - 1]) + 1,
                                rows[1][j - 1] + change);

            if (i > 1 && j > 1 && a.ptr[i - 1] == b.ptr[j - 2] &&
                a.ptr[i - 2] == b.ptr[j - 1])
                cost = least(cost, rows[0][j - 2] + 1);
            rows[2][j] = cost;
        }
        memcpy(rows[0], rows[1], sizeof(rows[0]));
        memcpy(rows[1], rows[2], sizeof(rows[1]));
    }
    return rows[1][b.len];
}

const char *vb__nearest(struct vb_span word, const char *const *names,
                        size_t count)
{
    const char *best = NULL;
    size_t best_cost = MOST;

    for (size_t i = 0; i < count; i++) {
        struct vb_span name = vb_span_str(names[i]);
        size_t cost = vb__distance(word, name);

        if (cost < best_cost && cost <= name.len / 3 + 1) {
            best = names[i];
            best_cost = cost;
        }
    }
    return best;
}
