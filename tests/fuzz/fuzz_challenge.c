/* A challenge that was read is credentials by itself, and its parameters are
 * found in it; Basic credentials decode or are refused. */
#include <stdint.h>

#include "base/assert.h"
#include "http/challenge.h"
#include "http/chars.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct vb_arena *arena, const struct vb_challenge *challenge)
{
    struct vb_span user, password;
    struct vb_challenge again;
    struct vb_param param;
    struct vb_buf buf;

    vb_assert(vb_token_valid(challenge->scheme));
    vb_buf_init(&buf, 1 << 24);
    vb_buf_append(&buf, challenge->scheme);
    vb_buf_char(&buf, ' ');
    vb_buf_append(&buf, challenge->token68.ptr != NULL ? challenge->token68
                                                       : challenge->params);
    vb_assert(vb_credentials_parse(vb_buf_span(&buf), &again));
    vb_assert(vb_span_eq(again.token68, challenge->token68));
    vb_buf_done(&buf);
    if (vb_challenge_param(challenge, VB_SPAN("realm"), &param))
        vb_assert(vb_token_valid(param.name));
    vb_basic_parse(arena, challenge, &user, &password);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vb_span line = vb_span_of((const char *)data, size);
    struct vb_challenges challenges;
    struct vb_challenge challenge;
    struct vb_arena arena;

    vb_arena_init(&arena, 4096, 1 << 24);
    vb_challenges_init(&challenges, &line, 1);
    while (vb_challenges_next(&challenges, &challenge))
        check(&arena, &challenge);
    if (vb_credentials_parse(line, &challenge))
        check(&arena, &challenge);
    vb_arena_done(&arena);
    return 0;
}
