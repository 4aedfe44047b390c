/* The contract: content in chunks. */
#include "unit.h"

#include <stdlib.h>
#include <time.h>

#include "contract.h"

static char byte_at(uint64_t seed, uint64_t offset)
{
    return (char)(seed * 31 + offset * 7 + (offset >> 12));
}

/* A blob of this length whose chunks are all written. */
static uint64_t write_blob(struct rig_worker *worker, uint64_t seed,
                           uint64_t length)
{
    uint64_t blob = vb_store_blob_new(worker->client);
    char *bytes = malloc(VB_STORE_CHUNK);

    assert_int_not_equal(blob, 0);
    for (uint64_t at = 0; at < length; at += VB_STORE_CHUNK) {
        size_t n = length - at < VB_STORE_CHUNK ? (size_t)(length - at)
                                                : VB_STORE_CHUNK;
        struct vb_chunk_write write = {
            .blob = blob, .index = at / VB_STORE_CHUNK, .bytes = {bytes, n}};

        for (size_t i = 0; i < n; i++)
            bytes[i] = byte_at(seed, at + i);
        assert_int_equal(rig_chunk_write(worker, &write), VB_OK);
    }
    free(bytes);
    return blob;
}

static struct vb_change put_blob(const char *key, uint64_t blob,
                                 uint64_t length)
{
    struct vb_change put = rig_put(key, "/files", "");

    put.media_type = VB_SPAN("image/png");
    put.blob = blob;
    put.length = length;
    return put;
}

static void assert_blob(struct rig_worker *worker, uint64_t blob, uint64_t seed,
                        uint64_t length)
{
    char *bytes = malloc(VB_STORE_CHUNK);
    struct vb_chunk_read read = {.blob = blob, .bytes = bytes};
    uint64_t at = 0;

    for (; at < length; read.index++) {
        assert_int_equal(rig_chunk_read(worker, &read), VB_OK);
        assert_int_equal(read.length, length - at < VB_STORE_CHUNK
                                          ? length - at
                                          : VB_STORE_CHUNK);
        for (size_t i = 0; i < read.length; i++)
            if (bytes[i] != byte_at(seed, at + i))
                fail_msg("byte %zu of chunk %zu", i, (size_t)read.index);
        at += read.length;
    }
    assert_int_equal(rig_chunk_read(worker, &read), VB_ERR_NOTFOUND);
    free(bytes);
}

static bool chunk_is_there(struct rig_worker *worker, uint64_t blob,
                           uint64_t index)
{
    char *bytes = malloc(VB_STORE_CHUNK);
    struct vb_chunk_read read = {.blob = blob, .index = index, .bytes = bytes};
    enum vb_err err = rig_chunk_read(worker, &read);

    free(bytes);
    assert_true(err == VB_OK || err == VB_ERR_NOTFOUND);
    return err == VB_OK;
}

/* An engine may remove a blob later, when nobody waits for it. */
static void assert_blob_goes(struct contract *c, uint64_t blob, uint64_t chunks)
{
    for (int i = 0; i < 5000; i++) {
        bool there = false;

        for (uint64_t j = 0; j < chunks; j++)
            there = there || chunk_is_there(&c->b, blob, j);
        rig_worker_look(&c->a);
        rig_worker_look(&c->b);
        if (!there)
            return;
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    }
    fail_msg("the blob is still there");
}

static void blob_comes_back_chunk_by_chunk(void **state)
{
    struct contract *c = *state;
    static const uint64_t lengths[] = {VB_STORE_CHUNK + 1, 2 * VB_STORE_CHUNK,
                                       5 * VB_STORE_CHUNK - 1};

    for (size_t i = 0; i < VB_COUNT_OF(lengths); i++) {
        uint64_t blob = write_blob(&c->a, i, lengths[i]);
        struct vb_change put = put_blob("/files/1", blob, lengths[i]);
        struct vb_record *record;

        contract_ok(&c->a, &put, 1);
        assert_int_equal(rig_read(&c->b, put.key, &record), VB_OK);
        assert_int_equal(record->blob, blob);
        assert_int_equal(record->length, lengths[i]);
        assert_int_equal(record->content.len, 0);
        assert_span_equal(record->media_type, "image/png");
        assert_blob(&c->b, blob, i, lengths[i]);
        vb_record_unref(record);
    }
}

static void blob_must_be_whole_and_nobody_else_s(void **state)
{
    struct contract *c = *state;
    const uint64_t length = 2 * VB_STORE_CHUNK + 10;
    uint64_t blob = write_blob(&c->a, 1, length);
    static const int64_t wrong[] = {
        -1, 1, -10, -11, -(int64_t)VB_STORE_CHUNK, (int64_t)VB_STORE_CHUNK};
    struct vb_change put = put_blob("/files/1", blob, length);
    struct vb_change two[] = {put, put_blob("/files/2", blob, length)};

    for (size_t i = 0; i < VB_COUNT_OF(wrong); i++) {
        put.length = length + (uint64_t)wrong[i];
        assert_int_equal(rig_change(&c->a, &put, 1, NULL), VB_ERR_INVALID);
    }
    put.length = length;
    put.blob = blob + 1000;
    assert_int_equal(rig_change(&c->a, &put, 1, NULL), VB_ERR_INVALID);
    put.blob = UINT64_MAX;
    assert_int_equal(rig_change(&c->a, &put, 1, NULL), VB_ERR_INVALID);
    assert_int_equal(rig_change(&c->a, two, 2, NULL), VB_ERR_INVALID);
    contract_absent(&c->a, "/files/1");
    contract_ok(&c->a, &two[0], 1);
    assert_int_equal(rig_change(&c->a, &two[1], 1, NULL), VB_ERR_INVALID);
    /* A small one belongs into the record. */
    blob = write_blob(&c->a, 1, 100);
    put = put_blob("/files/3", blob, 100);
    assert_int_equal(rig_change(&c->a, &put, 1, NULL), VB_ERR_INVALID);
    vb_store_blob_discard(c->a.client, blob);
}

static void chunks_come_in_order_and_full(void **state)
{
    struct contract *c = *state;
    char *bytes = calloc(1, VB_STORE_CHUNK + 1);
    uint64_t blob = vb_store_blob_new(c->a.client);
    static const struct {
        uint64_t index;
        size_t length;
        enum vb_err want;
    } rows[] = {
        {1, VB_STORE_CHUNK, VB_ERR_INVALID}, /* the first is missing */
        {0, 0, VB_ERR_INVALID},
        {0, VB_STORE_CHUNK + 1, VB_ERR_INVALID},
        {0, VB_STORE_CHUNK, VB_OK},
        {0, VB_STORE_CHUNK, VB_ERR_INVALID}, /* it is there */
        {2, VB_STORE_CHUNK, VB_ERR_INVALID},
        {1, VB_STORE_CHUNK - 1, VB_OK},
        {2, 1, VB_ERR_INVALID}, /* the one before was the last */
        {UINT64_MAX, 1, VB_ERR_INVALID},
    };

    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_chunk_write write = {.blob = blob,
                                       .index = rows[i].index,
                                       .bytes = {bytes, rows[i].length}};

        if (rig_chunk_write(&c->a, &write) != rows[i].want)
            fail_msg("row %zu", i);
    }
    free(bytes);
}

/* What a record has is immutable. */
static void blob_of_a_record_takes_no_more_chunks(void **state)
{
    struct contract *c = *state;
    const uint64_t length = 2 * VB_STORE_CHUNK;
    uint64_t blob = write_blob(&c->a, 1, length);
    struct vb_change put = put_blob("/files/1", blob, length);
    struct vb_chunk_write write = {
        .blob = blob, .index = 2, .bytes = VB_SPAN("more")};

    contract_ok(&c->a, &put, 1);
    assert_int_equal(rig_chunk_write(&c->a, &write), VB_ERR_INVALID);
    assert_blob(&c->a, blob, 1, length);
}

static void names_of_blobs_are_unique(void **state)
{
    struct contract *c = *state;
    uint64_t last = 0;

    for (int i = 0; i < 10; i++) {
        uint64_t blob = vb_store_blob_new((i % 2 ? &c->a : &c->b)->client);

        assert_true(blob > last);
        last = blob;
    }
}

static void discarded_blob_goes(void **state)
{
    struct contract *c = *state;
    uint64_t blob = write_blob(&c->a, 1, 20 * VB_STORE_CHUNK);

    assert_true(chunk_is_there(&c->a, blob, 19));
    vb_store_blob_discard(c->a.client, blob);
    assert_blob_goes(c, blob, 20);
    vb_store_blob_discard(c->a.client, blob);
    vb_store_blob_discard(c->a.client, blob + 5000);
}

static void discarding_a_record_s_blob_does_nothing(void **state)
{
    struct contract *c = *state;
    const uint64_t length = VB_STORE_CHUNK + 1;
    uint64_t blob = write_blob(&c->a, 1, length);
    struct vb_change put = put_blob("/files/1", blob, length);
    uint64_t other;

    contract_ok(&c->a, &put, 1);
    vb_store_blob_discard(c->a.client, blob);
    /* One that goes tells that the first has been judged too. */
    other = write_blob(&c->a, 2, length);
    vb_store_blob_discard(c->a.client, other);
    assert_blob_goes(c, other, 2);
    assert_blob(&c->b, blob, 1, length);
}

/* Replaced by another blob, by small content, or deleted: whoever holds the
 * record can read its bytes to the end; then they go. */
static void blob_stays_while_its_record_is_held(void **state)
{
    struct contract *c = *state;
    const uint64_t length = 3 * VB_STORE_CHUNK;

    for (int i = 0; i < 3; i++) {
        uint64_t blob = write_blob(&c->a, 1, length);
        struct vb_change put = put_blob("/files/1", blob, length);
        struct vb_record *record, *second;

        contract_ok(&c->a, &put, 1);
        assert_int_equal(rig_read(&c->b, put.key, &record), VB_OK);
        assert_int_equal(rig_read(&c->a, put.key, &second), VB_OK);
        if (i == 0)
            put = put_blob("/files/1", write_blob(&c->a, 2, length), length);
        else if (i == 1)
            put = rig_put("/files/1", "/files", "small");
        else
            put = rig_delete("/files/1");
        contract_ok(&c->a, &put, 1);
        /* Commits, ends of turns, time: nothing but letting go removes it. */
        for (int j = 0; j < 5; j++) {
            struct vb_change other = rig_put("/x", "", "x");

            contract_ok(&c->a, &other, 1);
            vb_store_turn_end(c->a.client);
            vb_store_turn_end(c->b.client);
        }
        assert_blob(&c->a, blob, 1, length);
        vb_record_unref(second);
        assert_blob(&c->b, blob, 1, length);
        vb_record_unref(record);
        assert_blob_goes(c, blob, 3);
    }
}

static void unheld_blob_goes_when_it_is_replaced(void **state)
{
    struct contract *c = *state;
    const uint64_t length = 2 * VB_STORE_CHUNK;
    uint64_t blob = write_blob(&c->a, 1, length);
    struct vb_change put = put_blob("/files/1", blob, length);

    contract_ok(&c->a, &put, 1);
    put = rig_delete("/files/1");
    contract_ok(&c->a, &put, 1);
    assert_blob_goes(c, blob, 2);
}

static void replacement_may_keep_the_blob(void **state)
{
    struct contract *c = *state;
    const uint64_t length = 2 * VB_STORE_CHUNK;
    uint64_t blob = write_blob(&c->a, 1, length);
    struct vb_change put = put_blob("/files/1", blob, length);
    struct vb_record *old, *new;

    contract_ok(&c->a, &put, 1);
    assert_int_equal(rig_read(&c->a, put.key, &old), VB_OK);
    put.media_type = VB_SPAN("image/gif");
    contract_ok(&c->a, &put, 1);
    vb_record_unref(old);
    assert_int_equal(rig_read(&c->a, put.key, &new), VB_OK);
    assert_span_equal(new->media_type, "image/gif");
    assert_blob(&c->b, blob, 1, length);
    vb_record_unref(new);
    put = rig_delete("/files/1");
    contract_ok(&c->a, &put, 1);
    assert_blob_goes(c, blob, 2);
}

const struct CMUnitTest contract_blobs[] = {
    contract_test(blob_comes_back_chunk_by_chunk),
    contract_test(blob_must_be_whole_and_nobody_else_s),
    contract_test(chunks_come_in_order_and_full),
    contract_test(blob_of_a_record_takes_no_more_chunks),
    contract_test(names_of_blobs_are_unique),
    contract_test(discarded_blob_goes),
    contract_test(discarding_a_record_s_blob_does_nothing),
    contract_test(blob_stays_while_its_record_is_held),
    contract_test(unheld_blob_goes_when_it_is_replaced),
    contract_test(replacement_may_keep_the_blob),
};
const size_t contract_blobs_count = VB_COUNT_OF(contract_blobs);
