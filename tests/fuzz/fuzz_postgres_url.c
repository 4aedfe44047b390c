/* The URL of a database, whatever is in it: it is refused in one line, or each
 * of its places has settings that libpq can have. */
#include "base/assert.h"
#include "storage/postgres/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void has_settings(const struct vb__pg_url *url,
                         const struct vb__pg_place *places, size_t count)
{
    struct vb__pg_words words;

    vb_assert(count <= VB__PG_PLACES_MOST);
    for (size_t i = 0; i < count; i++) {
        vb__pg_url_words(url, &places[i], "192.0.2.1", &words);
        vb_assert(words.count <= VB__PG_WORDS_MOST);
        vb_assert(words.names[words.count] == NULL);
        for (size_t k = 0; k < words.count; k++)
            vb_assert(words.names[k][0] != '\0' && words.values[k][0] != '\0');
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[1024];
    struct vb_buf why = vb_buf_over(text, sizeof(text));
    struct vb__pg_url url;
    enum vb_err err =
        vb__pg_url_read(vb_span_of((const char *)data, size), &url, &why);

    if (err == VB_OK) {
        vb_assert(url.place_count > 0 && url.timeout_ms > 0);
        has_settings(&url, url.places, url.place_count);
        has_settings(&url, url.replicas, url.replica_count);
    } else {
        vb_assert(why.len > 0 && vb_span_find(vb_buf_span(&why), '\n', 0) < 0);
    }
    vb__pg_url_done(&url);
    return 0;
}
