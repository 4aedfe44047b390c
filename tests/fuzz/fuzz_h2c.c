/*
 * Whatever another server of HTTP/2 sends, what calls are told of it does not
 * depend on how its bytes were split on the way (splits.h), each has one end,
 * and nothing leaks. Three calls are under way: one of each kind.
 */
#include "splits.h"

enum { CONTENT = 8, HEAD = 16, PROTOCOL = 32 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct caller c;

static void ask(unsigned mode)
{
    static const char *const tags[] = {"a ", "b ", "c "};
    struct asked *asked[3] = {
        caller_ask(&c, (mode & HEAD) != 0 ? "HEAD" : "GET", "/"),
        caller_ask(&c, "POST", "/"), caller_ask(&c, "CONNECT", "h:1")};

    if ((mode & CONTENT) != 0)
        asked_content(asked[1], 3000, 1000, true);
    asked_content(asked[2], 100, 30, false);
    if ((mode & PROTOCOL) != 0)
        asked[0]->call.protocol = VB_SPAN("websocket");
    for (int i = 0; i < 3; i++) {
        asked[i]->tag = tags[i];
        caller_start(&c, asked[i]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || size > 5000)
        return 0;
    if (c.wire == NULL)
        caller_init(&c, VB_CLIENT_HTTP_2);
    splits_compare(&c, vb_span_of((const char *)data, size), ask);
    return 0;
}
