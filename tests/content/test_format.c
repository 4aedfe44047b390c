/* The asserted formats, each by rows of texts that keep or break its grammar.
 */
#include "unit.h"

#include <stdlib.h>

#include "content/format.h"

#define L63 "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz0"

struct row {
    const char *format;
    const char *text;
    bool valid;
};

static void check(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct vb_format *format =
            vb_format_find(vb_span_str(rows[i].format));

        assert_non_null(format);
        if (format->matches(vb_span_str(rows[i].text)) != rows[i].valid)
            fail_msg("%s: \"%s\"", rows[i].format, rows[i].text);
    }
}

static void times_are_rfc_3339s(void **state)
{
    static const struct row rows[] = {
        {"date-time", "1963-06-19T08:30:06.283185Z", true},
        {"date-time", "1963-06-19T08:30:06Z", true},
        {"date-time", "1963-06-19t08:30:06z", true},
        {"date-time", "1937-01-01T12:00:27.87+00:20", true},
        {"date-time", "1990-12-31T15:59:50.123-08:00", true},
        {"date-time", "1998-12-31T23:59:60Z", true},
        {"date-time", "1998-12-31T15:59:60.123-08:00", true},
        {"date-time", "2020-02-29T00:00:00Z", true},
        {"date-time", "1998-12-31T23:59:61Z", false},
        {"date-time", "1998-12-31T23:58:60Z", false},
        {"date-time", "1998-12-31T22:59:60Z", false},
        {"date-time", "1990-02-31T15:59:59.123-08:00", false},
        {"date-time", "1990-12-31T15:59:59-24:00", false},
        {"date-time", "1990-12-31T15:59:59-08:60", false},
        {"date-time", "2021-02-29T00:00:00Z", false},
        {"date-time", "1963-06-19T08:30:06.28123+01:00Z", false},
        {"date-time", "06/19/1963 08:30:06 PST", false},
        {"date-time", "2013-350T01:01:01", false},
        {"date-time", "1963-6-19T08:30:06.283185Z", false},
        {"date-time", "1963-06-1T08:30:06.283185Z", false},
        {"date-time", "1963-06-19T08:30:06.Z", false},
        {"date-time", "1963-06-19T08:30:06", false},
        {"date-time", "1963-06-19 08:30:06Z", false},
        {"date-time", "1963-06-1\xe0\xa7\xaaT00:00:00Z", false},
        {"date-time", "", false},
        {"date", "1963-06-19", true},
        {"date", "2020-02-29", true},
        {"date", "2000-02-29", true},
        {"date", "1900-02-29", false},
        {"date", "2021-02-29", false},
        {"date", "2020-04-31", false},
        {"date", "2020-13-01", false},
        {"date", "2020-00-01", false},
        {"date", "2020-01-00", false},
        {"date", "06/19/1963", false},
        {"date", "1998-1-20", false},
        {"date", "19980120", false},
        {"date", "2013-W01", false},
        {"date", "1963-06-19T", false},
        {"date", " 1963-06-19", false},
        {"date", "", false},
        {"time", "08:30:06Z", true},
        {"time", "08:30:06.283185z", true},
        {"time", "23:59:60Z", true},
        {"time", "15:59:60-08:00", true},
        {"time", "00:29:60+00:30", true},
        {"time", "23:59:60+01:00", false},
        {"time", "24:00:00Z", false},
        {"time", "00:60:00Z", false},
        {"time", "08:30:06", false},
        {"time", "8:3:6Z", false},
        {"time", "12:00:00+24:00", false},
        {"time", "12:00:00+00:60", false},
        {"time", "08:30:06#00:20", false},
        {"time", "01:02:03+0100", false},
        {"time", "", false},
        {"duration", "P4DT12H30M5S", true},
        {"duration", "P4Y", true},
        {"duration", "P4Y2M1D", true},
        {"duration", "PT0S", true},
        {"duration", "P0D", true},
        {"duration", "P1M", true},
        {"duration", "PT1M", true},
        {"duration", "PT36H", true},
        {"duration", "P1DT12H", true},
        {"duration", "P2W", true},
        {"duration", "PT1D", false},
        {"duration", "P", false},
        {"duration", "P1YT", false},
        {"duration", "PT", false},
        {"duration", "P2D1Y", false},
        {"duration", "P1D2H", false},
        {"duration", "P2S", false},
        {"duration", "P1Y2W", false},
        {"duration", "P1W1W", false},
        {"duration", "PW", false},
        {"duration", "P1", false},
        {"duration", "P1Y3D", false}, /* dur-year is followed by dur-month */
        {"duration", "PT1H5S", false},
        {"duration", "P1.5D", false},
        {"duration", "-P1D", false},
        {"duration", "4DT12H30M5S", false},
        {"duration", "P1Y ", false},
        {"duration", "P\xe0\xa7\xa8Y", false},
        {"duration", "", false},
    };

    (void)state;
    check(rows, VB_COUNT_OF(rows));
}

static void host_names_are_rfc_1123s(void **state)
{
    static const struct row rows[] = {
        {"hostname", "www.example.com", true},
        {"hostname", "localhost", true},
        {"hostname", "1host", true},
        {"hostname", "a", true},
        {"hostname", "0", true},
        {"hostname", "a-b.c-d", true},
        {"hostname", "r3---sn-x.example", true},
        {"hostname", "xn--4gbwdl.xn--wgbh1c", true},
        {"hostname", L63 ".com", true},
        {"hostname", L63 "a.com", false},
        {"hostname",
         L63 "." L63 "." L63 "."
             "abcdefghijklmnopqrstuvwxyz0123456"
             "789abcdefghijklmnopqrstuvwxy",
         true}, /* 253 */
        {"hostname",
         L63 "." L63 "." L63 "."
             "abcdefghijklmnopqrstuvwxyz0123456"
             "789abcdefghijklmnopqrstuvwxyz",
         false}, /* 254 */
        {"hostname", "", false},
        {"hostname", ".", false},
        {"hostname", "example.", false},
        {"hostname", ".example", false},
        {"hostname", "a..b", false},
        {"hostname", "-a-host-name-that-starts-with--", false},
        {"hostname", "-a", false},
        {"hostname", "a-", false},
        {"hostname", "a-.b", false},
        {"hostname", "not_a_valid_host_name", false},
        {"hostname", "a b", false},
        {"hostname", "\xc3\xa9.example", false},
        {"hostname", "example.com:80", false},
        {"hostname", "a\n", false},
    };

    (void)state;
    check(rows, VB_COUNT_OF(rows));
}

static void addresses_are_written_strictly(void **state)
{
    static const struct row rows[] = {
        {"ipv4", "192.168.0.1", true},
        {"ipv4", "0.0.0.0", true},
        {"ipv4", "255.255.255.255", true},
        {"ipv4", "127.0.0.0.1", false},
        {"ipv4", "256.256.256.256", false},
        {"ipv4", "127.0", false},
        {"ipv4", "0x7f000001", false},
        {"ipv4", "2130706433", false},
        {"ipv4", "087.10.0.1", false},
        {"ipv4", "87.010.0.1", false},
        {"ipv4", "192.168.1.0/24", false},
        {"ipv4", "1.2.3.4:80", false},
        {"ipv4", "u@1.2.3.4", false},
        {"ipv4", "1.2.3.4 ", false},
        {"ipv4",
         "1\xe0\xa7\xa8"
         "7.0.0.1",
         false},
        {"ipv4", "[::1]", false},
        {"ipv4", "", false},
        {"ipv6", "::1", true},
        {"ipv6", "::", true},
        {"ipv6", "12345::", false},
        {"ipv6", "1:1:1:1:1:1:1:1", true},
        {"ipv6", "::42:ff:1", true},
        {"ipv6", "d6::", true},
        {"ipv6", "1:d6::42", true},
        {"ipv6", "1::d6:192.168.0.1", true},
        {"ipv6", "1:2::192.168.0.1", true},
        {"ipv6", "::ffff:192.168.0.1", true},
        {"ipv6", "1:2:3:4:5:6:7::", true},
        {"ipv6", "1:1:1:1:1:1:1:1:1", false},
        {"ipv6", "::laptop", false},
        {"ipv6", ":2:3:4:5:6:7:8", false},
        {"ipv6", "1:2:3:4:5:6:7:", false},
        {"ipv6", ":2:3:4::8", false},
        {"ipv6", "1::d6::42", false},
        {"ipv6", "1::2:192.168.256.1", false},
        {"ipv6", "1::2:192.168.ff.1", false},
        {"ipv6", "::ffff:192.168.0", false},
        {"ipv6", "1:2:3:4:5:::8", false},
        {"ipv6", "1:2:3:4:5:6:7", false},
        {"ipv6", "1", false},
        {"ipv6", "127.0.0.1", false},
        {"ipv6", "1:2:3:4:1.2.3", false},
        {"ipv6", "  ::1", false},
        {"ipv6", "::1  ", false},
        {"ipv6", "fe80::/64", false},
        {"ipv6", "fe80::a%eth1", false},
        {"ipv6", "fe80::a%25eth1", false},
        {"ipv6", "[::1]", false},
        {"ipv6", "v1.a", false},
        {"ipv6", "100:100:100:100:100:100:255.255.255.255.255", false},
        {"ipv6", "1:2:3:4:5:6:7:\xe0\xa7\xaa", false},
        {"ipv6", "", false},
    };

    (void)state;
    check(rows, VB_COUNT_OF(rows));
}

static void mailboxes_are_rfc_5321s(void **state)
{
    static const struct row rows[] = {
        {"email", "joe.bloggs@example.com", true},
        {"email", "te~st@example.com", true},
        {"email", "~test~@example.com", true},
        {"email", "te.s.t@example.com", true},
        {"email", "a+b{c}|d/e=f?g!#$%&'*-^_`@example.com", true},
        {"email", "riedgar+guid@1.example", true},
        {"email", "a@localhost", true},
        {"email", "\"joe bloggs\"@example.com", true},
        {"email", "\"joe..bloggs\"@example.com", true},
        {"email", "\"joe@bloggs\"@example.com", true},
        {"email", "\"joe\\\"b\\\\\"@example.com", true},
        {"email", "\"\"@example.com", true},
        {"email", "joe.bloggs@[127.0.0.1]", true},
        {"email", "joe.bloggs@[IPv6:::1]", true},
        {"email", "joe.bloggs@[ipv6:2001:db8::1]", true},
        {"email", L63 "a@b.c", true},
        {"email", L63 "ab@b.c", false},
        {"email", "2962", false},
        {"email", "", false},
        {"email", "@example.com", false},
        {"email", "joe@", false},
        {"email", ".test@example.com", false},
        {"email", "test.@example.com", false},
        {"email", "te..st@example.com", false},
        {"email", "te st@example.com", false},
        {"email", "te@st@example.com", false},
        {"email", "\"test@example.com", false},
        {"email", "\"te\"st@example.com", false},
        {"email", "\"te\"st\"@example.com", false},
        {"email", "\"te\nst\"@example.com", false},
        {"email", "\"te\\", false},
        {"email", "t\xc3\xa9st@example.com", false},
        {"email", "joe@ex_ample.com", false},
        {"email", "joe.bloggs@invalid=domain.com", false},
        {"email", "joe@example..com", false},
        {"email", "joe@-example.com", false},
        {"email", "joe.bloggs@[127.0.0.300]", false},
        {"email", "joe.bloggs@[::1]", false},
        {"email", "joe.bloggs@[IPv6:1]", false},
        {"email", "joe@[]", false},
        {"email", "joe@example.com, a@example.com", false},
        {"email", "\"Joe\" <joe@example.com>", false},
        {"email", "joe@example.com\n", false},
    };

    (void)state;
    check(rows, VB_COUNT_OF(rows));
}

static void uris_are_rfc_3986s(void **state)
{
    static const struct row rows[] = {
        {"uri", "http://foo.bar/?baz=qux#quux", true},
        {"uri", "http://foo.com/blah_(wikipedia)_blah#cite-1", true},
        {"uri", "http://foo.bar/?q=Test%20URL-encoded%20stuff", true},
        {"uri", "http://xn--nw2a.xn--j6w193g/", true},
        {"uri", "http://-.~_!$&'()*+,;=:%40:80%2f::::::@example.com", true},
        {"uri", "http://223.255.255.254", true},
        {"uri", "http://[2001:db8::7]/c=GB?a", true},
        {"uri", "ftp://ftp.is.co.za/rfc/rfc1808.txt", true},
        {"uri", "ldap://[2001:db8::7]/c=GB?objectClass?one", true},
        {"uri", "mailto:John.Doe@example.com", true},
        {"uri", "news:comp.infosystems.www.servers.unix", true},
        {"uri", "tel:+1-816-555-1212", true},
        {"uri", "urn:oasis:names:specification:docbook:dtd:xml:4.1.2", true},
        {"uri", "a:", true},
        {"uri", "//foo.bar/?baz=qux#quux", false},
        {"uri", "/abc", false},
        {"uri", "foo", false},
        {"uri", "\\\\WINDOWS\\fileshare", false},
        {"uri", "http:// shouldfail.com", false},
        {"uri", ":// should fail", false},
        {"uri", "bar,baz:1", false},
        {"uri", "1a:b", false},
        {"uri", "http://example.com/a\"b", false},
        {"uri", "http://example.com/<>", false},
        {"uri", "http://example.com/{id}", false},
        {"uri", "http://example.com/%zz", false},
        {"uri", "http://example.com/%4", false},
        {"uri", "http://[::1", false},
        {"uri", "http://a b", false},
        {"uri", "http://example.com/#a#b", false},
        {"uri", "http://example.com/\xc3\xa9", false},
        {"uri", "", false},
        {"uri-reference", "http://foo.bar/?baz=qux#quux", true},
        {"uri-reference", "//foo.bar/?baz=qux#quux", true},
        {"uri-reference", "/abc", true},
        {"uri-reference", "abc", true},
        {"uri-reference", "../a?b", true},
        {"uri-reference", "#fragment", true},
        {"uri-reference", "?q", true},
        {"uri-reference", "", true},
        {"uri-reference", "\\\\WINDOWS\\fileshare", false},
        {"uri-reference", "#frag\\ment", false},
        {"uri-reference", "a b", false},
        {"uri-reference", "\xc3\xa9", false},
        {"uri-reference", "1:a", false},
    };

    (void)state;
    check(rows, VB_COUNT_OF(rows));
}

static void identifiers_keep_their_grammar(void **state)
{
    static const struct row rows[] = {
        {"uuid", "2EB8AA08-AA98-11EA-B4AA-73B441D16380", true},
        {"uuid", "2eb8aa08-aa98-11ea-b4aa-73b441d16380", true},
        {"uuid", "00000000-0000-0000-0000-000000000000", true},
        {"uuid", "2eb8aa08-aa98-11ea-b4aa-73b441d1638", false},
        {"uuid", "2eb8aa08-aa98-11ea-b4aa-73b441d163800", false},
        {"uuid", "2eb8aa08-aa98-11ea-73b441d16380", false},
        {"uuid", "2eb8aa08-aa98-11ea-b4ga-73b441d16380", false},
        {"uuid", "2eb8aa08aa9811eab4aa73b441d16380", false},
        {"uuid", "2eb8aa08aa98-11ea-b4aa73b441d16380", false},
        {"uuid", "{2eb8aa08-aa98-11ea-b4aa-73b441d1638}", false},
        {"uuid", "", false},
        {"json-pointer", "", true},
        {"json-pointer", "/", true},
        {"json-pointer", "/foo/bar~0/baz~1/%a", true},
        {"json-pointer", "/foo//bar", true},
        {"json-pointer", "/foo/-", true},
        {"json-pointer", "/foo\xc3\xa9\"\\", true},
        {"json-pointer", "a", false},
        {"json-pointer", "#", false},
        {"json-pointer", "#/a", false},
        {"json-pointer", "/foo/bar~", false},
        {"json-pointer", "/~2", false},
        {"json-pointer", "/~~", false},
        {"regex", "([abc])+\\s+$", true},
        {"regex", "", true},
        {"regex", "^(abc]", false},
        {"regex", "^\\S(|(.|\\n)*\\S)\\Z", false},
        {"regex", "\\a", false},
    };

    (void)state;
    check(rows, VB_COUNT_OF(rows));
}

static void a_nul_is_in_no_grammar_but_the_pointers_and_patterns(void **state)
{
    static const struct {
        const char *format;
        struct vb_span text;
    } rows[] = {
        {"date-time", VB_SPAN_INIT("1963-06-19T08:30:06Z\0")},
        {"duration", VB_SPAN_INIT("P1D\0")},
        {"duration", VB_SPAN_INIT("P1\0")},
        {"email", VB_SPAN_INIT("a\0b@c")},
        {"email", VB_SPAN_INIT("\"a\0b\"@c")},
        {"email", VB_SPAN_INIT("a@c\0")},
        {"hostname", VB_SPAN_INIT("a\0")},
        {"ipv4", VB_SPAN_INIT("1.2.3.4\0")},
        {"ipv6", VB_SPAN_INIT("::1\0")},
        {"uri", VB_SPAN_INIT("a:\0")},
        {"uri-reference", VB_SPAN_INIT("\0")},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++)
        if (vb_format_find(vb_span_str(rows[i].format))->matches(rows[i].text))
            fail_msg("row %zu", i);
    assert_true(
        vb_format_find(VB_SPAN("json-pointer"))->matches(VB_SPAN("/\0")));
    assert_true(vb_format_find(VB_SPAN("regex"))->matches(VB_SPAN("\0")));
}

static void a_megabyte_is_one_walk(void **state)
{
    static const char *const fillers[] = {"a",  ".",   "1",  "\\", "(",
                                          "[",  "/~0", "a.", "1:", "@",
                                          "\"", "%41", "P1"};
    const struct vb_format *format;
    size_t len = 1 << 20;
    char *text = malloc(len);

    (void)state;
    assert_non_null(text);
    for (size_t f = 0; f < VB_COUNT_OF(fillers); f++) {
        for (size_t i = 0; i < len; i++)
            text[i] = fillers[f][i % strlen(fillers[f])];
        for (size_t i = 0; (format = vb_format_at(i)) != NULL; i++)
            (void)format->matches(vb_span_of(text, len));
    }
    free(text);
}

static void only_the_formats_of_the_table_are_asserted(void **state)
{
    const struct vb_format *format;
    size_t count = 0;

    (void)state;
    while ((format = vb_format_at(count)) != NULL) {
        assert_ptr_equal(vb_format_find(format->name), format);
        assert_false(format->matches(VB_SPAN("\\")));
        count++;
    }
    assert_int_equal(count, 13);
    assert_null(vb_format_find(VB_SPAN("int32")));
    assert_null(vb_format_find(VB_SPAN("Date")));
    assert_null(vb_format_find(VB_SPAN("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_rfc_3339s),
        cmocka_unit_test(host_names_are_rfc_1123s),
        cmocka_unit_test(addresses_are_written_strictly),
        cmocka_unit_test(mailboxes_are_rfc_5321s),
        cmocka_unit_test(uris_are_rfc_3986s),
        cmocka_unit_test(identifiers_keep_their_grammar),
        cmocka_unit_test(a_nul_is_in_no_grammar_but_the_pointers_and_patterns),
        cmocka_unit_test(a_megabyte_is_one_walk),
        cmocka_unit_test(only_the_formats_of_the_table_are_asserted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
