/* Where what is asked for lies on the other server, and the way back
 * (gateway/where.c). */
#include "unit.h"

#include "gateway/gate.h"
#include "http/path.h"

struct where {
    struct vb_upstream *upstream;
    struct vb_gate gate;
    struct vb_exchange x;
};

static void begin(struct where *w, size_t depth, const char *base,
                  const char *path)
{
    const struct vb_span server = VB_SPAN_INIT("http://10.0.0.1:9000");
    struct vb_buf why;

    vb_buf_init(&why, 1024);
    assert_int_equal(vb_upstream_new(&server, 1, &vb_upstream_options_default,
                                     NULL, &w->upstream, &why),
                     VB_OK);
    vb_buf_done(&why);
    vb_gate_init(
        &w->gate, w->upstream,
        &(struct vb_gate_options){.depth = depth, .base = vb_span_str(base)});
    w->x = (struct vb_exchange){0};
    vb_arena_init(&w->x.arena, 4096, 1024 * 1024);
    w->x.head.path = vb_span_str(path);
    w->x.head.scheme = VB_SPAN("https");
    w->x.head.authority = VB_SPAN("here.example");
    assert_int_equal(vb_path_normalise(&w->x.arena, w->x.head.path, &w->x.key),
                     VB_OK);
}

static void end(struct where *w)
{
    vb_arena_done(&w->x.arena);
    vb_gate_done(&w->gate);
    vb_upstream_unref(w->upstream);
}

static void the_path_here_gives_way_to_the_base_there(void **state)
{
    static const struct {
        size_t depth;
        const char *base, *path, *target;
    } rows[] = {
        {0, "", "/", "/"},
        {0, "", "/a//b/%2F/", "/a//b/%2F/"},
        {0, "", "/a/../b", "/a/../b"},
        {0, "/v1", "/", "/v1/"},
        {0, "/v1", "/a", "/v1/a"},
        {1, "", "/api", "/"},
        {1, "", "/api/", "/"},
        {1, "", "/api/x", "/x"},
        {1, "/v1", "/api", "/v1"},
        {1, "/v1", "/api/", "/v1/"},
        {1, "/v1", "/api/x/y", "/v1/x/y"},
        {1, "/v1", "/api//x", "/v1//x"},
        {1, "/v1", "/api/%7Ea%2fb", "/v1/%7Ea%2fb"},
        {1, "/v1", "/api/.well-known/...", "/v1/.well-known/..."},
        /* known by another spelling */
        {1, "/v1", "/%61pi/x", "/v1/x"},
        {1, "/v1", "/x/../api/y", "/v1/y"},
        /* nothing leads out of the base */
        {1, "/v1", "/api/x/../y", "/v1/y"},
        {1, "/v1", "/api/../api/y", "/v1/y"},
        {1, "/v1", "/api/%2e%2E/api/y", "/v1/y"},
        {1, "/v1", "/api/.%2e/api/y/.", "/v1/y/"},
        /* variables are the part that was matched */
        {3, "/v1", "/of/ann/mail/7", "/v1/7"},
        {3, "/v1", "/of/a%20n/mail", "/v1"},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct where w;

        begin(&w, rows[i].depth, rows[i].base, rows[i].path);
        assert_span_equal(vb__gate_target(&w.x, &w.gate, NULL), rows[i].target);
        end(&w);
    }
}

static void the_query_goes_along_as_it_came(void **state)
{
    struct where w;

    (void)state;
    begin(&w, 1, "/v1", "/api/x");
    w.x.head.has_query = true;
    w.x.head.query = VB_SPAN("");
    assert_span_equal(vb__gate_target(&w.x, &w.gate, NULL), "/v1/x?");
    w.x.head.query = VB_SPAN("a=%2F?b=//&&");
    assert_span_equal(vb__gate_target(&w.x, &w.gate, NULL),
                      "/v1/x?a=%2F?b=//&&");
    w.x.head.server_wide = true; /* RFC 9110 section 9.3.7 */
    assert_span_equal(vb__gate_target(&w.x, &w.gate, NULL), "*");
    end(&w);
}

static void what_another_server_says_is_somewhere_here(void **state)
{
    static const struct {
        const char *said, *shown;
    } rows[] = {
        {"/v1/x", "/api/x"},
        {"/v1", "/api"},
        {"/v1/x?q#f", "/api/x?q#f"},
        {"/v2/x", "/v2/x"},
        {"/v10/x", "/v10/x"},
        {"x", "x"},
        {"?q", "?q"},
        {"http://10.0.0.1:9000/v1/x", "https://here.example/api/x"},
        {"http://10.0.0.1:9000/v2", "http://10.0.0.1:9000/v2"},
        {"https://here.example/v1/x", "https://here.example/api/x"},
        {"http://10.0.0.1/v1/x", "http://10.0.0.1/v1/x"},
        {"https://other.example/v1/x", "https://other.example/v1/x"},
        {"//10.0.0.1:9000/v1/x", "//10.0.0.1:9000/v1/x"},
        {"not a uri", "not a uri"},
    };
    struct where w;

    (void)state;
    begin(&w, 1, "/v1", "/api/x");
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++)
        assert_span_equal(
            vb__gate_location(&w.x, &w.gate, &w.upstream->servers[0],
                              w.upstream->scheme, vb_span_str(rows[i].said)),
            rows[i].shown);
    end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_path_here_gives_way_to_the_base_there),
        cmocka_unit_test(the_query_goes_along_as_it_came),
        cmocka_unit_test(what_another_server_says_is_somewhere_here),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
