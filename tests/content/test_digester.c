/* The rules of src/content/digester.h: FIPS 180-4, by its own examples. */
#include "unit.h"

#include <sodium.h>

#include "content/digester.h"

static const struct {
    enum vb_digest_algorithm algorithm;
    const char *text;
    const char *digest; /* in hexadecimal */
} rows[] = {
    {VB_DIGEST_SHA_256, "",
     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {VB_DIGEST_SHA_256, "abc",
     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {VB_DIGEST_SHA_256,
     "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {VB_DIGEST_SHA_512, "abc",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
     "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
};

static void digests_are_those_of_the_standard_however_it_is_split(void **state)
{
    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        for (size_t piece = 1; piece < 60; piece += 7) {
            unsigned char octets[VB_DIGEST_MAX];
            char hex[2 * VB_DIGEST_MAX + 1];
            struct vb_span text = vb_span_str(rows[i].text);
            struct vb_digester digester;
            struct vb_span digest;

            vb_digester_init(&digester, rows[i].algorithm);
            while (text.len > 0) {
                vb_digester_add(&digester, vb_span_head(text, piece));
                text = vb_span_from(text, piece);
            }
            vb_digester_add(&digester, text);
            digest = vb_digester_end(&digester, octets);
            assert_int_equal(digest.len, vb_digest_len(rows[i].algorithm));
            sodium_bin2hex(hex, sizeof(hex), octets, digest.len);
            assert_string_equal(hex, rows[i].digest);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests_are_those_of_the_standard_however_it_is_split),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
