/* A database's URL, and what libpq is told of it. */
#include "unit.h"

#include <libpq-fe.h>
#include <stdlib.h>

#include "storage/postgres/url.h"

static const char *value(const struct vb__pg_words *words, const char *name)
{
    const char *found = "";

    for (size_t i = 0; i < words->count; i++)
        if (strcmp(words->names[i], name) == 0) {
            assert_string_equal(found, ""); /* once */
            found = words->values[i];
        }
    assert_null(words->names[words->count]);
    assert_null(words->values[words->count]);
    return found;
}

struct row {
    const char *url;
    const char *places;  /* host/hostaddr/port, space */
    const char *name;    /* a setting of the first place */
    const char *setting; /* what it is; '*': anything but nothing */
};

static void places_are(const struct vb__pg_url *url, const char *want)
{
    char text[512];
    struct vb_buf got = vb_buf_over(text, sizeof(text));

    for (size_t i = 0; i < url->place_count; i++) {
        const struct vb__pg_place *place = &url->places[i];

        vb_buf_printf(&got, "%s%s/%s/%s", i > 0 ? " " : "",
                      place->host != NULL ? place->host : "",
                      place->hostaddr != NULL ? place->hostaddr : "",
                      place->port);
    }
    vb_buf_char(&got, '\0');
    assert_string_equal(text, want);
}

/* Each URL, its places, and one of the settings of the first. */
static void a_url_becomes_settings_that_are_safe(void **state)
{
    static const struct row rows[] = {
        {"postgresql://db.example/x", "db.example//", "sslmode", "verify-full"},
        {"postgres://db.example/x", "db.example//", "sslrootcert", "*"},
        {"postgresql://db.example/x", "db.example//", "target_session_attrs",
         "read-write"},
        {"postgresql://db.example/x?target_session_attrs=any", "db.example//",
         "target_session_attrs", "any"},
        {"postgresql://db.example/x?sslmode=require", "db.example//", "sslmode",
         "require"},
        {"postgresql://db.example/x?sslmode=require", "db.example//",
         "sslrootcert", ""},
        {"postgresql://db.example/x?sslmode=verify-full", "db.example//",
         "sslrootcert", "*"},
        {"postgresql://db.example/x?sslrootcert=/a.pem", "db.example//",
         "sslrootcert", "/a.pem"},
        {"postgresql://127.0.0.1:5433/x", "127.0.0.1//5433", "sslmode", ""},
        {"postgresql://[::1]/x", "::1//", "sslmode", ""},
        {"postgresql://localhost/x", "localhost//", "sslmode", ""},
        {"postgresql://localhost.example/x", "localhost.example//", "sslmode",
         "verify-full"},
        {"postgresql://db.example/x?hostaddr=127.0.0.1",
         "db.example/127.0.0.1/", "sslmode", ""},
        {"postgresql://localhost/x?hostaddr=192.0.2.1", "localhost/192.0.2.1/",
         "sslmode", "verify-full"},
        {"postgresql:///x?host=/run/postgresql", "/run/postgresql//", "sslmode",
         ""},
        {"postgresql://%2Frun%2Fpostgresql/x", "/run/postgresql//", "sslmode",
         ""},
        {"postgresql:///x", "//", "dbname", "x"},
        {"postgresql://a:1,b:2,c/x", "a//1 b//2 c//", "port", "1"},
        {"postgresql://a,b/x?port=6432", "a//6432 b//6432", "port", "6432"},
        {"postgresql://u:p%40w@a/x", "a//", "password", "p@w"},
        {"postgresql://u:what?@a/x?timeout=2s", "a//", "password", "what?"},
        {"postgresql://a/x", "a//", "gssencmode", "disable"},
        {"postgresql://a/x", "a//", "connect_timeout", "5"},
        {"postgresql://a/x?connect_timeout=9", "a//", "connect_timeout", "9"},
        {"postgresql://a/x", "a//", "fallback_application_name", "verbatim"},
        {"postgresql://a/x?application_name=me", "a//", "application_name",
         "me"},
        {"postgresql://a/x?timeout=500ms&sslmode=disable", "a//", "sslmode",
         "disable"},
        {"postgresql://a/x?sslmode=disable&timeout=500ms", "a//",
         "tcp_user_timeout", "1000"},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb__pg_url url;
        struct vb__pg_words words;
        struct vb_buf why;

        vb_buf_init(&why, 1000);
        assert_int_equal(vb__pg_url_read(vb_span_str(rows[i].url), &url, &why),
                         VB_OK);
        places_are(&url, rows[i].places);
        vb__pg_url_words(&url, &url.places[0], NULL, &words);
        if (rows[i].setting[0] == '*')
            assert_string_not_equal(value(&words, rows[i].name), "");
        else
            assert_string_equal(value(&words, rows[i].name), rows[i].setting);
        vb__pg_url_done(&url);
        vb_buf_done(&why);
    }
}

/* libpq knows every word, and takes those of an address that was looked up. */
static void libpq_takes_the_words(void **state)
{
    struct vb__pg_url url;
    struct vb__pg_words words;
    struct vb_buf why;
    PGconn *conn;

    (void)state;
    vb_buf_init(&why, 1000);
    assert_int_equal(
        vb__pg_url_read(VB_SPAN("postgresql://u:pw@db.example:1/x?timeout=1s"),
                        &url, &why),
        VB_OK);
    vb__pg_url_words(&url, &url.places[0], "192.0.2.1", &words);
    assert_string_equal(value(&words, "hostaddr"), "192.0.2.1");
    conn = PQconnectStartParams(words.names, words.values, 0);
    assert_int_not_equal(PQstatus(conn), CONNECTION_BAD);
    PQfinish(conn);
    vb__pg_url_done(&url);
    vb_buf_done(&why);
}

static void what_is_wrong_is_told_and_the_password_is_not(void **state)
{
    static const struct {
        const char *url, *names;
    } rows[] = {
        {"postgresql://u:secret@a/x?sslmod=disable", "names that libpq knows"},
        {"postgresql://u:secret%zz@a/x", "names that libpq knows"},
        {"postgresql://u:secret@a:x:y/x", "port"},
        {"postgresql://u:secret@a/x?replica=b:0", "port"},
        {"postgresql://u:secret@a/x?timeout=5", "timeout"},
        {"postgresql://u:secret@a/x?timeout=1ms", "timeout"},
        {"postgresql://u:secret@a/x?timeout=99999999999999999999s", "timeout"},
        {"postgresql://u:secret@a/x?timeout=s", "timeout"},
        {"postgresql://u:secret@a/x?timeout=5%", "digits"},
        {"postgresql://u:secret@a/x?timeout=5%0", "digits"},
        {"postgresql://u:secret@a/x?replica=", "replica"},
        {"postgresql://u:secret@a/x?replica=a,", "replica"},
        {"postgresql://u:secret@a,b/x?hostaddr=127.0.0.1", "as many"},
        {"postgresql://u:secret@a/x?service=it", "service"},
        {"postgresql://u:secret@1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17/x",
         "too many hosts"},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb__pg_url url;
        struct vb_buf why;

        vb_buf_init(&why, 1000);
        assert_int_equal(vb__pg_url_read(vb_span_str(rows[i].url), &url, &why),
                         VB_ERR_INVALID);
        vb_buf_char(&why, '\0');
        assert_non_null(strstr(why.ptr, rows[i].names));
        assert_null(strstr(why.ptr, "secret"));
        assert_null(strchr(why.ptr, '\n'));
        vb__pg_url_done(&url);
        vb_buf_done(&why);
    }
}

static void a_url_is_shown_without_the_password(void **state)
{
    static const struct {
        const char *url, *shown;
    } rows[] = {
        {"postgresql://u:secret@a:1,b/x?timeout=2s", "postgresql://u@a:1,b/x"},
        {"postgres:///x?host=/run/p&password=secret",
         "postgresql:///x?host=/run/p"},
        {"postgresql://[2001:db8::1]:1/x", "postgresql://[2001:db8::1]:1/x"},
        {"postgresql://u:secret%zz@a/x", "postgresql://..."},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        char text[256];
        struct vb_buf shown = vb_buf_over(text, sizeof(text));

        vb__pg_url_show(vb_span_str(rows[i].url), &shown);
        vb_buf_char(&shown, '\0');
        assert_string_equal(text, rows[i].shown);
    }
}

static void replicas_and_the_timeout_are_ours(void **state)
{
    struct vb__pg_url url;
    struct vb__pg_words words;
    struct vb_buf why;

    (void)state;
    vb_buf_init(&why, 1000);
    assert_int_equal(
        vb__pg_url_read(VB_SPAN("postgresql://a/x?replica=r1,r2:77&timeout=2s&"
                                "replica=%5B2001:db8::1%5D:5"),
                        &url, &why),
        VB_OK);
    assert_int_equal(url.timeout_ms, 2000);
    assert_int_equal(url.replica_count, 3);
    assert_string_equal(url.replicas[0].host, "r1");
    assert_string_equal(url.replicas[1].port, "77");
    assert_string_equal(url.replicas[2].host, "2001:db8::1");
    assert_string_equal(url.replicas[2].port, "5");
    assert_true(url.replicas[0].is_name);
    assert_false(url.replicas[2].is_name);
    vb__pg_url_words(&url, &url.replicas[0], NULL, &words);
    assert_string_equal(value(&words, "target_session_attrs"), "any");
    assert_string_equal(url.session[4], "SET statement_timeout = 2000");
    assert_string_equal(url.session[5], "SET lock_timeout = 1501");
    assert_string_equal(url.session[6],
                        "SET idle_in_transaction_session_timeout = 12000");
    vb__pg_url_done(&url);
    vb_buf_done(&why);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_url_becomes_settings_that_are_safe),
        cmocka_unit_test(libpq_takes_the_words),
        cmocka_unit_test(what_is_wrong_is_told_and_the_password_is_not),
        cmocka_unit_test(a_url_is_shown_without_the_password),
        cmocka_unit_test(replicas_and_the_timeout_are_ours),
    };

    return cmocka_run_group_tests_name("storage/postgres/url", tests, NULL,
                                       NULL);
}
