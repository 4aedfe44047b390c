/* Moments as clients know them: src/resource/follow.h. */
#include "unit.h"

#include "resource/stream.h"

static struct vb_store store = {.epoch = "9z1x3f7a"};

static void reads(const char *text, uint64_t want)
{
    uint64_t moment = 0;

    if (!vb_moment_read(vb_span_str(text), &store, &moment) || moment != want)
        fail_msg("%s is %llx, not %llx", text, (unsigned long long)moment,
                 (unsigned long long)want);
}

static void is_none(const char *text)
{
    uint64_t moment = 7;

    if (vb_moment_read(vb_span_str(text), &store, &moment))
        fail_msg("%s is read as %llx", text, (unsigned long long)moment);
    assert_int_equal(moment, 7);
}

static void written(uint64_t moment, const char *want)
{
    char room[VB_MOMENT_TEXT_MOST];
    struct vb_buf buf = vb_buf_over(room, sizeof(room));

    vb_moment_write(&buf, &store, moment);
    assert_int_equal(buf.err, VB_OK);
    assert_span_equal(vb_buf_span(&buf), want);
    reads(want, moment);
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    written(vb_moment(0), "0.9z1x3f7a");
    written(vb_moment(100), "2s.9z1x3f7a");
    written(UINT64_C(100) << VB_MOMENT_STEP_BITS | 37, "2s-11.9z1x3f7a");
    written(UINT64_C(100) << VB_MOMENT_STEP_BITS, "2s-0.9z1x3f7a");
}

/* Where several instances write, revisions are as large as times are. */
static void large_revisions_are_read_as_well(void **state)
{
    const uint64_t last = (UINT64_C(1) << 43) - 1;

    (void)state;
    written(vb_moment(last), "348vaodfj.9z1x3f7a");
    written(last << VB_MOMENT_STEP_BITS | 37, "348vaodfj-11.9z1x3f7a");
    reads("\"348vaodfj.9z1x3f7a\"", vb_moment(last));
    assert_true(vb_moment(last) <= INT64_MAX);
    is_none("348vaodfk.9z1x3f7a");
}

static void a_tag_is_the_moment_after_its_revision(void **state)
{
    (void)state;
    reads("\"2s.9z1x3f7a\"", vb_moment(100));
    reads("W/\"2s.9z1x3f7a\"", vb_moment(100));
    reads("\"2s.9z1x3f7a-gzip\"", vb_moment(100));
    reads("2s.9z1x3f7a-gzip", vb_moment(100));
}

static void anything_else_is_none(void **state)
{
    (void)state;
    is_none("");
    is_none(".9z1x3f7a");
    is_none("2s");
    is_none("2s.");
    is_none("2s.otherone");
    is_none("2s.9z1x3f7");
    is_none("2s.9z1x3f7ab");
    is_none("2S.9z1x3f7a");
    is_none("2s-.9z1x3f7a");
    is_none("-1.9z1x3f7a");
    is_none("2s-1-1.9z1x3f7a");
    is_none("zzzzzzzzzzzzzzzz.9z1x3f7a");
    is_none("2s-mh34.9z1x3f7a"); /* a place beyond the last */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(large_revisions_are_read_as_well),
        cmocka_unit_test(a_tag_is_the_moment_after_its_revision),
        cmocka_unit_test(anything_else_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
