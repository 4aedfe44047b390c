/*
 * Whatever comes where TLS is spoken: what is not a record of the session's
 * never becomes a request, the connection comes to its end, nothing leaks.
 *
 * The first byte says whether hands are shaken before, and whether the rest is
 * what the client encrypts or what is put on the way in its place.
 */
#include "tls/client.h"

#include <stdlib.h>

#include "base/assert.h"
#include "tls/hello.h"

enum { HANDSHAKE = 1, ENCRYPTED = 2, PIECES = 4, OLD = 8 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct client c;

static void done(void)
{
    client_done(&c);
}

static void begin(unsigned mode)
{
    static const char *const hosts[] = {"a.example"};

    if (c.tls == NULL) {
        client_init(&c, hosts, 1);
        atexit(done);
    } else {
        client_restart(&c);
    }
    c.d.piece = 0;
    c.priority = (mode & OLD) != 0 ? "NORMAL:-VERS-ALL:+VERS-TLS1.2" : NULL;
    if ((mode & (HANDSHAKE | ENCRYPTED)) != 0)
        vb_assert(client_handshake(&c) == 0);
    c.d.piece = (mode & PIECES) != 0 ? 1 : 0;
}

static bool is_letter(char letter)
{
    return (letter | 0x20) >= 'a' && (letter | 0x20) <= 'z';
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vb_span text;

    if (size < 2 || size > 5000)
        return 0;
    text = vb_span_of((const char *)data + 1, size - 1);
    vb_tls_hello_suites(text);
    begin(data[0]);
    if ((data[0] & ENCRYPTED) != 0)
        client_send(&c, text);
    else
        driver_send(&c.d, text);
    if ((data[0] & ENCRYPTED) == 0 &&
        ((data[0] & HANDSHAKE) != 0 || !is_letter(text.ptr[0])))
        vb_assert(c.d.log.len == 0);
    for (int i = 0; i < WAITING_MAX; i++)
        if (c.d.waiting[i] != NULL)
            driver_answer(&c.d, i);
    if ((driver_state(&c.d) & VB_WIRE_CLOSE) == 0)
        driver_eof(&c.d);
    for (int i = 0; i < 8; i++) /* whatever it waits for */
        driver_pass(&c.d, INT64_C(3600) * 1000);
    vb_assert(driver_state(&c.d) & VB_WIRE_CLOSE);
    return 0;
}
