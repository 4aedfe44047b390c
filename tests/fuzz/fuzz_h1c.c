/*
 * Whatever another server of HTTP/1.1 sends, what a call is told of it does not
 * depend on how its bytes were split on the way (splits.h), has one end, and
 * nothing leaks.
 */
#include "splits.h"

enum { CONTENT = 8, HOW = 0x70 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct caller c;

static void ask(unsigned mode)
{
    static const char *const methods[] = {"GET", "HEAD", "POST", "CONNECT",
                                          "GET", "PUT",  "FOO",  "QUERY"};
    struct asked *asked = caller_ask(&c, methods[(mode & HOW) >> 4], "/");

    if ((mode & HOW) == 0x40)
        asked->call.protocol = VB_SPAN("websocket");
    if ((mode & CONTENT) != 0)
        asked_content(asked, 3000, 1000, (mode & HOW) != 0x50);
    caller_start(&c, asked);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || size > 5000)
        return 0;
    if (c.wire == NULL)
        caller_init(&c, VB_CLIENT_HTTP_1);
    splits_compare(&c, vb_span_of((const char *)data, size), ask);
    return 0;
}
