/* The rules of src/content/coding.h: RFC 9110 section 8.4.1, 1952, 7932, 8878.
 */
#include "unit.h"

#include <stdlib.h>

#include "content/coding.h"

#define PLENTY ((size_t)4 * 1024 * 1024)

static const enum vb_coding all[] = {VB_CODING_GZIP, VB_CODING_BR,
                                     VB_CODING_ZSTD};

/* Decodes, given in pieces and asking for pieces; the last error. */
static enum vb_err decode(enum vb_coding coding, struct vb_span text,
                          size_t piece, size_t room, struct vb_buf *content,
                          bool *ret_whole)
{
    struct vb_decoder *decoder = vb_decoder_new(coding);
    enum vb_err err = VB_OK;
    char *out = malloc(room);

    assert_non_null(decoder);
    assert_false(vb_decoder_may_end(decoder));
    while (err == VB_OK && text.len > 0) {
        struct vb_span in = vb_span_head(text, piece);
        size_t given = in.len;
        size_t len;

        do {
            err = vb_decoder_run(decoder, &in, out, room, &len);
            assert_true(len <= room);
            vb_buf_append(content, vb_span_of(out, len));
        } while (err == VB_OK && len > 0);
        assert_true(err != VB_OK || in.len == 0);
        text = vb_span_from(text, given);
    }
    *ret_whole = vb_decoder_may_end(decoder);
    vb_decoder_free(decoder);
    free(out);
    return err;
}

static void fill(struct vb_buf *buf, size_t len)
{
    for (unsigned n = 0; buf->len < len; n++)
        vb_buf_printf(buf, "%u green bottles hanging on the wall\n", n * n);
    buf->len = len;
}

static void what_was_encoded_decodes_in_pieces_of_any_size(void **state)
{
    const size_t lengths[] = {0, 1, 300, 70000};
    const size_t pieces[] = {1, 7, 1000, PLENTY};
    const size_t rooms[] = {1, 100, 65536};
    struct vb_buf plain, coded, again;

    (void)state;
    vb_buf_init(&plain, PLENTY);
    vb_buf_init(&coded, PLENTY);
    vb_buf_init(&again, PLENTY);
    fill(&plain, lengths[3]);
    for (size_t i = 0; i < VB_COUNT_OF(all) * VB_COUNT_OF(lengths); i++) {
        enum vb_coding coding = all[i % VB_COUNT_OF(all)];
        struct vb_span content =
            vb_span_head(vb_buf_span(&plain), lengths[i / VB_COUNT_OF(all)]);

        vb_buf_reset(&coded);
        assert_int_equal(vb_coding_encode(coding, content, &coded), VB_OK);
        for (size_t j = 0; j < VB_COUNT_OF(pieces) * VB_COUNT_OF(rooms); j++) {
            bool whole;

            vb_buf_reset(&again);
            assert_int_equal(decode(coding, vb_buf_span(&coded),
                                    pieces[j % VB_COUNT_OF(pieces)],
                                    rooms[j / VB_COUNT_OF(pieces)], &again,
                                    &whole),
                             VB_OK);
            assert_true(whole);
            assert_true(vb_span_eq(vb_buf_span(&again), content));
        }
    }
    vb_buf_done(&plain);
    vb_buf_done(&coded);
    vb_buf_done(&again);
}

static void the_same_content_gives_the_same_bytes(void **state)
{
    struct vb_buf plain, coded, again;

    (void)state;
    vb_buf_init(&plain, PLENTY);
    vb_buf_init(&coded, PLENTY);
    vb_buf_init(&again, PLENTY);
    fill(&plain, 50000);
    for (size_t i = 0; i < VB_COUNT_OF(all); i++) {
        vb_buf_reset(&coded);
        vb_buf_reset(&again);
        vb_coding_encode(all[i], vb_buf_span(&plain), &coded);
        vb_coding_encode(all[i], vb_buf_span(&plain), &again);
        assert_true(vb_span_eq(vb_buf_span(&coded), vb_buf_span(&again)));
        assert_true(coded.len < plain.len / 3);
    }
    vb_buf_done(&plain);
    vb_buf_done(&coded);
    vb_buf_done(&again);
}

/* Encodes the content in two pieces, the first of them `at` bytes, and with
 * nothing more but the end. */
static void encode_in_pieces(enum vb_coding coding, struct vb_span content,
                             size_t at, struct vb_buf *coded)
{
    struct vb_encoder *encoder = vb_encoder_new(coding);

    assert_non_null(encoder);
    assert_int_equal(
        vb_encoder_run(encoder, vb_span_head(content, at), false, coded),
        VB_OK);
    assert_int_equal(
        vb_encoder_run(encoder, vb_span_from(content, at), false, coded),
        VB_OK);
    assert_int_equal(vb_encoder_run(encoder, VB_SPAN(""), true, coded), VB_OK);
    vb_encoder_free(encoder);
}

static void decodes_to(enum vb_coding coding, const struct vb_buf *coded,
                       struct vb_span content)
{
    struct vb_buf again;
    bool whole;

    vb_buf_init(&again, PLENTY);
    assert_int_equal(
        decode(coding, vb_buf_span(coded), PLENTY, 65536, &again, &whole),
        VB_OK);
    assert_true(whole);
    assert_true(vb_span_eq(vb_buf_span(&again), content));
    vb_buf_done(&again);
}

static void pieces_cut_anywhere_are_encoded_as_one_content(void **state)
{
    struct vb_buf plain, coded;

    (void)state;
    vb_buf_init(&plain, PLENTY);
    vb_buf_init(&coded, PLENTY);
    fill(&plain, 150);
    for (size_t i = 0; i < VB_COUNT_OF(all); i++)
        for (size_t at = 0; at <= plain.len; at++) {
            vb_buf_reset(&coded);
            encode_in_pieces(all[i], vb_buf_span(&plain), at, &coded);
            decodes_to(all[i], &coded, vb_buf_span(&plain));
        }
    vb_buf_done(&plain);
    vb_buf_done(&coded);
}

/* Most of it leaves the encoder before the end: nobody has to hold it all. */
static void much_content_comes_out_while_it_goes_in(void **state)
{
    struct vb_buf plain, coded;

    (void)state;
    vb_buf_init(&plain, PLENTY);
    vb_buf_init(&coded, PLENTY);
    fill(&plain, 2 * 1024 * 1024);
    for (size_t i = 0; i < VB_COUNT_OF(all); i++) {
        struct vb_encoder *encoder = vb_encoder_new(all[i]);
        struct vb_span left = vb_buf_span(&plain);
        size_t before;

        vb_buf_reset(&coded);
        for (; left.len > 0; left = vb_span_from(left, 65536))
            assert_int_equal(vb_encoder_run(encoder, vb_span_head(left, 65536),
                                            false, &coded),
                             VB_OK);
        before = coded.len;
        assert_int_equal(vb_encoder_run(encoder, VB_SPAN(""), true, &coded),
                         VB_OK);
        vb_encoder_free(encoder);
        assert_true(before > coded.len / 2);
        assert_true(coded.len < plain.len / 3);
        decodes_to(all[i], &coded, vb_buf_span(&plain));
    }
    vb_buf_done(&plain);
    vb_buf_done(&coded);
}

static void an_encoder_may_be_left_and_its_buffer_be_too_small(void **state)
{
    struct vb_buf plain, coded;

    (void)state;
    vb_buf_init(&plain, PLENTY);
    vb_buf_init(&coded, 100);
    fill(&plain, 50000);
    for (size_t i = 0; i < VB_COUNT_OF(all); i++) {
        struct vb_encoder *encoder = vb_encoder_new(all[i]);

        vb_buf_reset(&coded);
        assert_int_equal(
            vb_encoder_run(encoder, vb_buf_span(&plain), true, &coded),
            VB_ERR_LIMIT);
        vb_encoder_free(encoder);
        vb_buf_done(&coded);
        vb_buf_init(&coded, 100);
    }
    vb_encoder_free(NULL);
    vb_buf_done(&plain);
    vb_buf_done(&coded);
}

static void what_was_cut_short_may_not_end(void **state)
{
    struct vb_buf coded, again;

    (void)state;
    vb_buf_init(&coded, PLENTY);
    vb_buf_init(&again, PLENTY);
    for (size_t i = 0; i < VB_COUNT_OF(all); i++) {
        vb_buf_reset(&coded);
        vb_coding_encode(all[i], VB_SPAN("hello, hello, hello"), &coded);
        for (size_t len = 0; len < coded.len; len++) {
            bool whole;

            vb_buf_reset(&again);
            assert_int_equal(decode(all[i],
                                    vb_span_head(vb_buf_span(&coded), len), 5,
                                    100, &again, &whole),
                             VB_OK);
            assert_false(whole);
        }
    }
    vb_buf_done(&coded);
    vb_buf_done(&again);
}

static void damage_is_seen(void **state)
{
    struct vb_buf coded, again;
    bool whole;

    (void)state;
    vb_buf_init(&coded, PLENTY);
    vb_buf_init(&again, PLENTY);
    for (size_t i = 0; i < VB_COUNT_OF(all); i++) {
        assert_int_equal(decode(all[i], VB_SPAN("{\"plain\": \"JSON\"}      "),
                                100, 100, &again, &whole),
                         VB_ERR_CORRUPT);
        vb_buf_reset(&coded);
        vb_coding_encode(all[i], VB_SPAN("hello"), &coded);
        vb_buf_str(&coded, "more");
        for (size_t piece = 1; piece < 50; piece++)
            assert_int_equal(
                decode(all[i], vb_buf_span(&coded), piece, 100, &again, &whole),
                VB_ERR_CORRUPT);
    }
    /* gzip has a sum to check */
    vb_buf_reset(&coded);
    vb_coding_encode(VB_CODING_GZIP, VB_SPAN("hello"), &coded);
    coded.ptr[coded.len - 6] ^= 1;
    assert_int_equal(
        decode(VB_CODING_GZIP, vb_buf_span(&coded), 100, 100, &again, &whole),
        VB_ERR_CORRUPT);
    vb_buf_done(&coded);
    vb_buf_done(&again);
}

static void members_and_frames_may_follow_each_other(void **state)
{
    const enum vb_coding both[] = {VB_CODING_GZIP, VB_CODING_ZSTD};
    struct vb_buf coded, again;

    (void)state;
    vb_buf_init(&coded, PLENTY);
    vb_buf_init(&again, PLENTY);
    for (size_t i = 0; i < VB_COUNT_OF(both); i++) {
        vb_buf_reset(&coded);
        vb_coding_encode(both[i], VB_SPAN("one "), &coded);
        vb_coding_encode(both[i], VB_SPAN(""), &coded);
        vb_coding_encode(both[i], VB_SPAN("two"), &coded);
        for (size_t piece = 1; piece < 80; piece++) {
            bool whole;

            vb_buf_reset(&again);
            assert_int_equal(
                decode(both[i], vb_buf_span(&coded), piece, 3, &again, &whole),
                VB_OK);
            assert_true(whole);
            assert_span_equal(vb_buf_span(&again), "one two");
        }
    }
    vb_buf_done(&coded);
    vb_buf_done(&again);
}

/* RFC 9659 section 3: a frame that wants 16 MiB of memory gets none. */
static void a_window_beyond_8_mib_is_refused(void **state)
{
    static const char frame[] = "\x28\xb5\x2f\xfd\x00\x70\x09\x00\x00x";
    struct vb_buf again;
    bool whole;

    (void)state;
    vb_buf_init(&again, PLENTY);
    assert_int_equal(decode(VB_CODING_ZSTD,
                            vb_span_of(frame, sizeof(frame) - 1), 100, 100,
                            &again, &whole),
                     VB_ERR_CORRUPT);
    vb_buf_done(&again);
}

/* What zstd wrote before RFC 8878 is not the content coding of that name,
 * however it is split; nor in the place of a second frame. */
static void older_formats_of_zstd_are_refused(void **state)
{
    const char older[] = "\x25\xb5\x2f\xfd\x00\x00\x70\x00\xb2\x0a";
    struct vb_buf coded, again;
    bool whole;

    (void)state;
    vb_buf_init(&coded, PLENTY);
    vb_buf_init(&again, PLENTY);
    for (int after = 0; after < 2; after++) {
        if (after)
            vb_coding_encode(VB_CODING_ZSTD, VB_SPAN("hello"), &coded);
        vb_buf_append(&coded, vb_span_of(older, sizeof(older) - 1));
        for (size_t piece = 1; piece < 50; piece++)
            assert_int_equal(decode(VB_CODING_ZSTD, vb_buf_span(&coded), piece,
                                    100, &again, &whole),
                             VB_ERR_CORRUPT);
        vb_buf_reset(&coded);
    }
    vb_buf_done(&coded);
    vb_buf_done(&again);
}

static void names_of_codings(void **state)
{
    enum vb_coding coding;

    (void)state;
    assert_true(vb_coding_find(VB_SPAN("GZip"), &coding)); /* 9110-8.4.1-01 */
    assert_int_equal(coding, VB_CODING_GZIP);
    assert_true(vb_coding_find(VB_SPAN("X-gzip"), &coding));
    assert_int_equal(coding, VB_CODING_GZIP); /* 9110-8.4.1.3-01 */
    assert_true(vb_coding_find(VB_SPAN("identity"), &coding));
    assert_int_equal(coding, VB_CODING_IDENTITY);
    assert_false(vb_coding_find(VB_SPAN("deflate"), &coding));
    assert_false(vb_coding_find(VB_SPAN(""), &coding));
    for (int i = 0; i < VB_CODING_COUNT; i++)
        assert_true(vb_span_eq(vb_coding_offers[i],
                               vb_coding_name(vb_coding_of_offer(i))));
}

static void what_is_worth_it(void **state)
{
    static const char *const yes[] = {
        "text/html; charset=utf-8", "TEXT/csv",       "application/json",
        "application/problem+json", "image/svg+xml",  "application/wasm",
        "model/gltf+json",          "application/xml"};
    static const char *const no[] = {"image/png",
                                     "video/mp4",
                                     "application/zip",
                                     "application/pdf",
                                     "font/woff2",
                                     "application/octet-stream",
                                     "",
                                     "no media type"};

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(yes); i++)
        assert_true(vb_coding_is_worth(vb_span_str(yes[i])));
    for (size_t i = 0; i < VB_COUNT_OF(no); i++)
        assert_false(vb_coding_is_worth(vb_span_str(no[i])));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_encoded_decodes_in_pieces_of_any_size),
        cmocka_unit_test(the_same_content_gives_the_same_bytes),
        cmocka_unit_test(pieces_cut_anywhere_are_encoded_as_one_content),
        cmocka_unit_test(much_content_comes_out_while_it_goes_in),
        cmocka_unit_test(an_encoder_may_be_left_and_its_buffer_be_too_small),
        cmocka_unit_test(what_was_cut_short_may_not_end),
        cmocka_unit_test(damage_is_seen),
        cmocka_unit_test(members_and_frames_may_follow_each_other),
        cmocka_unit_test(a_window_beyond_8_mib_is_refused),
        cmocka_unit_test(older_formats_of_zstd_are_refused),
        cmocka_unit_test(names_of_codings),
        cmocka_unit_test(what_is_worth_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
