/* Indexes of texts. See words.h. */
#include "words.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

const struct vb_span words_names[WORDS_COUNT] = {
    [WORDS_FIRST] = VB_SPAN_INIT("first word"),
    [WORDS_ALL] = VB_SPAN_INIT("words"),
};

static bool covers(const struct vb_indexes *indexes, struct vb_span parent)
{
    (void)indexes;
    return vb_span_eq(parent, VB_SPAN("/c"));
}

static void give(const struct vb_indexes *indexes,
                 const struct vb_record *state, struct vb_index_keys *keys)
{
    struct vb_span rest = state->content;

    (void)indexes;
    for (bool first = true; first || rest.len > 0; first = false) {
        ssize_t end = vb_span_find(rest, ' ', 0);
        size_t len = end < 0 ? rest.len : (size_t)end;

        for (uint32_t i = first ? WORDS_FIRST : WORDS_ALL; i <= WORDS_ALL;
             i++) {
            vb_buf_append(&keys->bytes, vb_span_head(rest, len));
            vb_buf_char(&keys->bytes, '\0');
            vb_index_keys_add(keys, i);
        }
        rest = vb_span_from(rest, end < 0 ? len : len + 1);
    }
}

static void free_indexes(struct vb_indexes *indexes)
{
    free(indexes);
}

struct vb_indexes *words_new(void)
{
    struct vb_indexes *indexes = calloc(1, sizeof(*indexes));

    vb_ref_init(&indexes->ref);
    indexes->names = words_names;
    indexes->count = WORDS_COUNT;
    indexes->covers = covers;
    indexes->give = give;
    indexes->free = free_indexes;
    return indexes;
}

static bool is_within(const struct vb_ranges *ranges, struct vb_span key)
{
    for (size_t i = 0; i < ranges->count; i++)
        if (vb_span_cmp(key, ranges->ranges[i].low) >= 0 &&
            vb_span_cmp(key, ranges->ranges[i].high) < 0)
            return true;
    return false;
}

static bool keep(struct vb_sieve *base, const struct vb_record *state,
                 struct vb_buf *key)
{
    struct words_sieve *sieve = (struct words_sieve *)(void *)base;
    struct vb_index_keys keys;
    bool kept = false;

    vb_index_keys_init(&keys);
    give(NULL, state, &keys);
    for (size_t i = 0; i < vb_index_keys_count(&keys); i++) {
        const struct vb_index_key *item = vb_index_keys_at(&keys, i);
        struct vb_span bytes = vb_index_key_bytes(&keys, item);

        if (item->index != sieve->index || !is_within(sieve->ranges, bytes))
            continue;
        for (size_t k = 0; !kept && sieve->ordered && k < bytes.len; k++)
            vb_buf_char(
                key, (char)(sieve->descending ? ~bytes.ptr[k] : bytes.ptr[k]));
        kept = true;
    }
    vb_index_keys_done(&keys);
    return kept;
}

struct words_sieve words_sieve(size_t index, const struct vb_ranges *ranges)
{
    return (struct words_sieve){
        .base = {keep, 1000, 100000}, .index = index, .ranges = ranges};
}

/* --- what a file has of them -----------------------------------------------
 */

struct kept {
    sqlite3 *db;
    sqlite3_stmt *look; /* for one key */
    size_t index;
    int64_t id, reached; /* reached: INT64_MAX when it is whole */
    int64_t found, missing;
};

static void look_for(struct kept *kept, int64_t member, struct vb_span key)
{
    sqlite3_reset(kept->look);
    sqlite3_bind_int64(kept->look, 1, kept->id);
    sqlite3_bind_blob(kept->look, 2, key.ptr, (int)key.len, SQLITE_STATIC);
    sqlite3_bind_int64(kept->look, 3, member);
    if (sqlite3_step(kept->look) == SQLITE_ROW)
        kept->found++;
    else if (member <= kept->reached)
        kept->missing++;
}

static void look_at_member(struct kept *kept, sqlite3_stmt *row)
{
    struct vb_record state = {
        .content = {sqlite3_column_blob(row, 1),
                    (size_t)sqlite3_column_bytes(row, 1)}};
    struct vb_index_keys keys;

    vb_index_keys_init(&keys);
    give(NULL, &state, &keys);
    vb_index_keys_sort(&keys);
    for (size_t i = 0; i < vb_index_keys_count(&keys); i++) {
        const struct vb_index_key *key = vb_index_keys_at(&keys, i);

        if (key->index == kept->index)
            look_for(kept, sqlite3_column_int64(row, 0),
                     vb_index_key_bytes(&keys, key));
    }
    vb_index_keys_done(&keys);
}

/* The first column of the first row; -1: there is none. */
static int64_t number(sqlite3 *db, const char *query, int64_t parameter)
{
    sqlite3_stmt *statement;
    int64_t n = -1;

    sqlite3_prepare_v2(db, query, -1, &statement, NULL);
    sqlite3_bind_int64(statement, 1, parameter);
    if (sqlite3_step(statement) == SQLITE_ROW)
        n = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return n;
}

static bool is_broken(struct kept *kept)
{
    int64_t rows = number(
        kept->db, "SELECT count(*) FROM index_key WHERE idx = ?1", kept->id);
    sqlite3_stmt *row;

    sqlite3_prepare_v2(kept->db,
                       "SELECT id, content FROM record WHERE parent = '/c'", -1,
                       &row, NULL);
    while (sqlite3_step(row) == SQLITE_ROW)
        look_at_member(kept, row);
    sqlite3_finalize(row);
    if (kept->missing == 0 && kept->found == rows)
        return false;
    (void)fprintf(stderr, "%.*s: %lld keys missing, %lld too many\n",
                  VB_FMT(words_names[kept->index]), (long long)kept->missing,
                  (long long)(rows - kept->found));
    return true;
}

static size_t index_named(const unsigned char *name)
{
    size_t i = 0;

    while (i < WORDS_COUNT &&
           !vb_span_eq(words_names[i], vb_span_str((const char *)name)))
        i++;
    return i;
}

int words_broken(const char *path)
{
    struct kept kept = {.db = NULL};
    sqlite3_stmt *row;
    int broken = 0;

    if (sqlite3_open(path, &kept.db) != SQLITE_OK)
        return WORDS_COUNT;
    sqlite3_prepare_v2(kept.db,
                       "SELECT 1 FROM index_key WHERE idx = ?1 AND"
                       " listing = '/c' AND sort = ?2 AND member = ?3",
                       -1, &kept.look, NULL);
    sqlite3_prepare_v2(kept.db,
                       "SELECT id, name, CASE state WHEN 1 THEN ~(1 << 63)"
                       " ELSE reached END FROM indexes WHERE state <> 2",
                       -1, &row, NULL);
    while (sqlite3_step(row) == SQLITE_ROW) {
        kept.id = sqlite3_column_int64(row, 0);
        kept.index = index_named(sqlite3_column_text(row, 1));
        kept.reached = sqlite3_column_int64(row, 2);
        kept.found = kept.missing = 0;
        broken += kept.index == WORDS_COUNT || is_broken(&kept);
    }
    sqlite3_finalize(row);
    sqlite3_finalize(kept.look);
    sqlite3_close(kept.db);
    return broken;
}
