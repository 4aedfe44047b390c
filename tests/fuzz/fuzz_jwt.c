/* Keys of others, and a token against them: what is taken as a token of A.1's
 * secret has three parts; whatever else it is, its claims can be asked. The
 * first line is a token, the rest a file of keys. */
#include <stdint.h>

#include "access/jwt.h"
#include "base/assert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char usual_keys[] =
    "{\"kty\":\"oct\",\"k\":\"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-"
    "1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow\"}";

static void count_word(void *context, struct vb_span word)
{
    size_t *count = context;

    (void)word;
    ++*count;
}

static void look(const struct vb_jwks *keys, struct vb_span token)
{
    static const struct vb_jwt_rules rules = {.leeway_s = 30};
    static const struct vb_span claims[] = {VB_SPAN_INIT("scope")};
    struct vb_jwt *jwt;
    size_t count = 0;
    const char *why;

    if (vb_jwt_verify(keys, token, &jwt, &why) != VB_OK) {
        vb_assert(why != NULL);
        return;
    }
    vb_assert(vb_span_find(token, '.', 0) > 0);
    (void)vb_jwt_why_not(jwt, &rules, 1300819380);
    (void)vb_jwt_words(jwt, claims, 1, count_word, &count);
    vb_assert(count <= VB_JWT_WORDS_MOST);
    vb_jwt_unref(jwt);
}

static void look_with(struct vb_span text, struct vb_span token)
{
    struct vb_jwks *keys;
    struct vb_buf why;

    vb_buf_init(&why, 4096);
    if (vb_jwks_parse(text, &keys, &why) == VB_OK) {
        vb_assert(vb_jwks_count(keys) > 0);
        look(keys, token);
        vb_jwks_free(keys);
    } else {
        vb_assert(why.len > 0);
    }
    vb_buf_done(&why);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vb_span all = vb_span_of((const char *)data, size);
    ssize_t line = vb_span_find(all, '\n', 0);
    size_t len = line < 0 ? size : (size_t)line;

    look_with(vb_span_str(usual_keys), vb_span_head(all, len));
    look_with(vb_span_from(all, len + 1), vb_span_head(all, len));
    return 0;
}
