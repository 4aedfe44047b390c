/* How far a copy is, and what it has copied. See copy_part.h. */
#include <assert.h>
#include <endian.h>
#include <sodium.h>

#include "storage/copy_part.h"

/* Of a mark: two keys, and what is around them. */
#define MARK_MOST ((size_t)4 * 1024 * 1024)

void vb__copy_note_init(struct vb__copy_note *note)
{
    *note = (struct vb__copy_note){.rows = 0};
    vb_buf_init(&note->mark, MARK_MOST);
}

void vb__copy_note_done(struct vb__copy_note *note)
{
    vb_buf_done(&note->mark);
}

void vb__copy_note_reset(struct vb__copy_note *note)
{
    vb_buf_reset(&note->mark);
    note->rows = 0;
    note->done = false;
    memset(note->digest, 0, sizeof(note->digest));
}

/* --- the digest --------------------------------------------------------------
 */

static void hash_number(crypto_generichash_state *state, uint64_t number)
{
    uint64_t word = htole64(number);

    (void)crypto_generichash_update(state, (const unsigned char *)&word,
                                    sizeof(word));
}

static void hash_row(const struct vb__copy_table *table,
                     const struct vb__copy_row *row,
                     unsigned char digest[VB__COPY_DIGEST])
{
    crypto_generichash_state state;

    (void)crypto_generichash_init(&state, NULL, 0, VB__COPY_DIGEST);
    for (size_t i = 0; i < table->count; i++) {
        const struct vb_span *bytes = &row->bytes[i];

        if (!table->fields[i].counts)
            continue;
        if (table->fields[i].kind == VB__COPY_INT) {
            hash_number(&state, (uint64_t)row->numbers[i]);
            continue;
        }
        hash_number(&state, bytes->len);
        if (bytes->len > 0)
            (void)crypto_generichash_update(
                &state, (const unsigned char *)bytes->ptr, bytes->len);
    }
    (void)crypto_generichash_final(&state, digest, VB__COPY_DIGEST);
}

/* --- the mark ----------------------------------------------------------------
 */

static void put_number(struct vb_buf *to, uint64_t number)
{
    uint64_t word = htole64(number);

    vb_buf_append(to, vb_span_of((const char *)&word, sizeof(word)));
}

static bool take_number(struct vb_span *from, uint64_t *ret_number)
{
    uint64_t word;

    if (from->len < sizeof(word))
        return false;
    memcpy(&word, from->ptr, sizeof(word));
    *from = vb_span_from(*from, sizeof(word));
    *ret_number = le64toh(word);
    return true;
}

static void set_mark(struct vb_buf *mark, const struct vb__copy_table *table,
                     const struct vb__copy_row *row)
{
    vb_buf_reset(mark);
    for (size_t i = 0; i < table->keys; i++) {
        if (table->fields[i].kind == VB__COPY_INT) {
            put_number(mark, (uint64_t)row->numbers[i]);
            continue;
        }
        put_number(mark, row->bytes[i].len);
        vb_buf_append(mark, row->bytes[i]);
    }
}

bool vb__copy_note_mark(const struct vb__copy_note *note,
                        const struct vb__copy_table *table,
                        struct vb__copy_row *ret_mark)
{
    struct vb_span rest = vb_buf_span(&note->mark);
    bool first = rest.len == 0;

    for (size_t i = 0; i < table->keys; i++) {
        bool is_int = table->fields[i].kind == VB__COPY_INT;
        uint64_t number = is_int ? (uint64_t)INT64_MIN : 0;

        if (!first && !take_number(&rest, &number))
            return false;
        ret_mark->numbers[i] = (int64_t)number;
        ret_mark->bytes[i] = VB_SPAN("");
        if (is_int)
            continue;
        if (number > rest.len)
            return false;
        ret_mark->bytes[i] = vb_span_head(rest, number);
        rest = vb_span_from(rest, number);
    }
    return rest.len == 0;
}

/* --- both --------------------------------------------------------------------
 */

void vb__copy_note_add(struct vb__copy_note *note,
                       const struct vb__copy_table *table,
                       const struct vb__copy_row *row)
{
    unsigned char digest[VB__COPY_DIGEST];

    static_assert(VB__COPY_DIGEST == crypto_generichash_BYTES, "BLAKE2b-256");
    hash_row(table, row, digest);
    sodium_add(note->digest, digest, sizeof(digest));
    set_mark(&note->mark, table, row);
    note->rows++;
}
