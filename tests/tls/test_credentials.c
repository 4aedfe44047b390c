/* Reading certificates, choosing among them, reading them again. */
#include "client.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tls/hello.h"

static const char *const hosts[] = {"a.example", "b.example", "*.c.example"};
#define HOSTS VB_COUNT_OF(hosts)

static void test_the_client_s_host_decides(void **state)
{
    static const struct {
        const char *name;
        int shown;
    } rows[] = {
        {"a.example", 0},   {"b.example", 1}, {"B.Example", 1},
        {"x.c.example", 2}, {"c.example", 0}, {"x.y.c.example", 0},
        {"d.example", 0},   {NULL, 0},
    };
    struct client c;

    (void)state;
    client_init(&c, hosts, HOSTS);
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        c.name = rows[i].name;
        assert_int_equal(client_handshake(&c), 0);
        if (client_shown(&c) != rows[i].shown)
            fail_msg("%s: %d", rows[i].name, client_shown(&c));
        client_restart(&c);
    }
    client_done(&c);
}

/* RFC 8446 section 4.1.2; any cut of it is no more than its bytes. */
static void test_a_hello_s_suites_are_found(void **state)
{
    static const struct {
        const char *suites;
        size_t len;
        bool rsa, ecdsa;
    } rows[] = {
        {"\x13\x01", 2, true, true},
        {"\xc0\x2b", 2, false, true},
        {"\xc0\x2f", 2, true, false},
        {"\xc0\x13\xc0\x30", 4, true, false},
        {"\xcc\xa9\xcc\xa8", 4, true, true},
        {"\x00\x2f", 2, false, false},
        {"\xc0\x2b\xc0", 3, false, true},
        {"", 0, false, false},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        char hello[64] = {[34] = 1}; /* a session ID of one byte */
        size_t len = 38 + rows[i].len;
        unsigned found;

        hello[37] = (char)rows[i].len;
        memcpy(hello + 38, rows[i].suites, rows[i].len);
        found = vb_tls_hello_suites(vb_span_of(hello, len));
        assert_int_equal(vb_tls_hello_takes(found, GNUTLS_PK_RSA), rows[i].rsa);
        assert_int_equal(vb_tls_hello_takes(found, GNUTLS_PK_ECDSA),
                         rows[i].ecdsa);
        for (size_t cut = 0; cut < len; cut++)
            assert_int_equal(vb_tls_hello_suites(vb_span_of(hello, cut)), 0);
    }
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void assert_refused(const struct vb_tls_files *files, const char *why)
{
    const struct vb_tls_sources sources = {.files = files, .count = 1};
    char text[512] = "";
    struct vb_buf buf = vb_buf_over(text, sizeof(text) - 1);
    struct vb_tls_credentials *credentials;

    assert_int_not_equal(vb_tls_credentials_load(&sources, &credentials, &buf),
                         VB_OK);
    text[buf.len] = '\0';
    if (strstr(text, why) == NULL || strchr(text, '\n') != NULL)
        fail_msg("\"%s\" does not say \"%s\"", text, why);
}

static void test_a_broken_file_is_named(void **state)
{
    static const char pem[] = "-----BEGIN %s-----\nMAAA\n-----END %s-----\n";
    char bad[64], text[256];
    struct client c;

    (void)state;
    client_init(&c, hosts, 2);
    snprintf(bad, sizeof(bad), "%s/bad.pem", c.folder);
    assert_refused(&(struct vb_tls_files){.certificate = bad},
                   "bad.pem: No such file");
    write_file(bad, "");
    assert_refused(&(struct vb_tls_files){.certificate = bad}, "bad.pem: ");
    write_file(bad, "Hello.\n");
    assert_refused(&(struct vb_tls_files){.certificate = bad},
                   "bad.pem: has no certificate in PEM");
    assert_refused(
        &(struct vb_tls_files){.certificate = c.paths[0], .key = bad},
        "bad.pem: has no key in PEM");
    snprintf(text, sizeof(text), pem, "CERTIFICATE", "CERTIFICATE");
    write_file(bad, text);
    assert_refused(&(struct vb_tls_files){.certificate = bad}, "bad.pem: ");
    assert_refused(
        &(struct vb_tls_files){.certificate = c.paths[0], .key = c.paths[1]},
        "1.pem: the key is another certificate's");
    write_file(bad, "no response");
    assert_refused(
        &(struct vb_tls_files){.certificate = c.paths[0], .ocsp = bad},
        "bad.pem: is no OCSP response in DER");
    unlink(bad);
    client_done(&c);
}

static void test_a_reload_is_for_new_sessions(void **state)
{
    char text[512];
    struct vb_buf why = vb_buf_over(text, sizeof(text));
    struct vb_span host = VB_SPAN("z.example");
    struct client c;

    (void)state;
    client_init(&c, hosts, 1);
    assert_int_equal(client_handshake(&c), 0);
    assert_int_equal(client_shown(&c), 0);
    unlink(c.paths[0]);
    assert_int_not_equal(vb_tls_reload(c.tls, &why), VB_OK);
    assert_int_equal(vb_tls_self_signed(c.paths[0], &host, 1, &why), VB_OK);
    assert_int_equal(vb_tls_reload(c.tls, &why), VB_OK);
    assert_int_equal(client_shown(&c), -1); /* the former one */
    client_send(&c, VB_SPAN("GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"));
    assert_true(vb_span_starts(vb_buf_span(&c.plain), VB_SPAN("HTTP/1.1 200")));
    client_restart(&c);
    assert_int_equal(client_handshake(&c), 0);
    assert_int_equal(client_shown(&c), 0);
    client_done(&c);
}

static void test_a_self_signed_one_stays_and_is_the_owner_s(void **state)
{
    char text[512];
    struct vb_buf why = vb_buf_over(text, sizeof(text));
    struct stat before, after;
    struct client c;

    (void)state;
    client_init(&c, hosts, 1);
    assert_int_equal(stat(c.paths[0], &before), 0);
    assert_int_equal(before.st_mode & 0777, 0600);
    assert_int_equal(vb_tls_self_signed(c.paths[0], NULL, 0, &why), VB_OK);
    assert_int_equal(stat(c.paths[0], &after), 0);
    assert_int_equal(before.st_ino, after.st_ino);
    /* What is there and is none is not ours to replace. */
    write_file(c.paths[0], "Hello.\n");
    assert_int_equal(vb_tls_self_signed(c.paths[0], NULL, 0, &why), VB_OK);
    assert_refused(c.files, "has no certificate");
    client_done(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_client_s_host_decides),
        cmocka_unit_test(test_a_hello_s_suites_are_found),
        cmocka_unit_test(test_a_broken_file_is_named),
        cmocka_unit_test(test_a_reload_is_for_new_sessions),
        cmocka_unit_test(test_a_self_signed_one_stays_and_is_the_owner_s),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
