/*
 * A request, a blank line and a response, of any fields: whatever the verdict,
 * what is stored can be found by the same request, frozen and read again. With
 * a NUL first, the rest is a frozen response.
 */
#include <stdint.h>

#include "base/assert.h"
#include "caching/frozen.h"
#include "caching/invalidation.h"
#include "caching/key.h"
#include "caching/reuse.h"
#include "caching/validation.h"
#include "caching/variants.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW_MS INT64_C(784111777000)

static const struct vb_head_limits limits = {.max_target = 4096,
                                             .max_field = 8192,
                                             .max_fields = 100,
                                             .max_fields_size = 32768};

static struct vb_arena arena;

static struct vb_span next_line(struct vb_span *text)
{
    ssize_t end = vb_span_find(*text, '\n', 0);
    size_t len = end < 0 ? text->len : (size_t)end;
    struct vb_span line = vb_span_head(*text, len);

    *text = vb_span_from(*text, len + 1);
    return line;
}

/* Fields up to an empty line. */
static void add_fields(struct vb_fields *fields, struct vb_span *text)
{
    const char *reason;
    struct vb_span line;

    while ((line = next_line(text)).len > 0) {
        ssize_t colon = vb_span_find(line, ':', 0);

        if (colon > 0)
            (void)vb_fields_add(fields, &arena, &limits,
                                vb_span_head(line, (size_t)colon),
                                vb_span_from(line, (size_t)colon + 1), &reason);
    }
}

static void check_frozen(const struct vb_stored_response *stored)
{
    struct vb_stored_response *again;
    struct vb_buf buf, second;

    vb_buf_init(&buf, 1 << 24);
    vb_buf_init(&second, 1 << 24);
    vb_frozen_write(&buf, stored);
    again = vb_frozen_read(&arena, vb_buf_span(&buf), stored->content);
    vb_assert(again != NULL);
    vb_frozen_write(&second, again);
    vb_assert(vb_span_eq(vb_buf_span(&buf), vb_buf_span(&second)));
    vb_stored_response_unref(again);
    vb_buf_done(&buf);
    vb_buf_done(&second);
}

static void check_selected(const struct vb_asked *asked,
                           struct vb_stored_response *stored)
{
    struct vb_variant variant = {.response = stored};
    struct vb_variants variants;

    vb_variants_init(&variants);
    vb_assert(vb_variants_add(&variants, &variant));
    vb_assert(vb_variants_select(&variants, &asked->head->fields) == &variant);
    vb_variants_remove(&variants, &variant);
}

static void check_stored(const struct vb_asked *asked,
                         const struct vb_received *received,
                         const struct vb_storing *storing)
{
    struct vb_kept_content *content = vb_kept_content_of(VB_SPAN("x"));
    const struct vb_stored_draft draft = {.asked = asked,
                                          .received = received,
                                          .storing = storing,
                                          .content = content};
    struct vb_stored_response *stored = vb_stored_response_new(&arena, &draft);

    vb_kept_content_unref(content);
    if (stored == NULL) /* values beyond all bounds */
        return;
    check_frozen(stored);
    check_selected(asked, stored);
    vb_stored_response_unref(stored);
}

static void check_messages(struct vb_span text)
{
    struct vb_head *head = vb_arena_calloc(&arena, 1, sizeof(*head));
    struct vb_fields *fields = vb_arena_calloc(&arena, 1, sizeof(*fields));
    struct vb_received received = {
        .fields = fields, .requested_ms = NOW_MS, .received_ms = NOW_MS};
    struct vb_span line = next_line(&text);
    ssize_t space = vb_span_find(line, ' ', 0);
    struct vb_invalidation invalidation;
    struct vb_head_builder builder;
    struct vb_caching_key key;
    struct vb_storing storing;
    struct vb_asked asked;
    struct vb_reuse reuse;
    int64_t status = 0;

    if (space < 0)
        return;
    vb_head_begin(&builder, head, &arena, &limits, VB_SPAN("https"));
    vb_head_method(&builder, vb_span_head(line, (size_t)space));
    vb_head_target(&builder, vb_span_from(line, (size_t)space + 1));
    add_fields(&head->fields, &text);
    (void)vb_span_i64(next_line(&text), &status);
    add_fields(fields, &text);
    if (vb_head_end(&builder, false).status != 0 || status < 100 ||
        status > 599 || !vb_caching_key_of(&arena, head, VB_SPAN("x"), &key))
        return;
    received.status = (uint16_t)status;
    vb_asked_read(head, &asked);
    vb_storing_judge(&vb_caching_policy_default, &arena, &asked, key.uri,
                     &received, &storing);
    reuse = vb_reuse_judge(&asked, VB_FOUND_ONE, &storing.freshness, NOW_MS);
    vb_assert(reuse.act != VB_REUSE_SERVE_STALE ||
              vb_freshness_left_ms(&storing.freshness, NOW_MS) <= 0);
    vb_invalidation_read(&arena, &asked, key.uri, &received, &invalidation);
    if (storing.reason == VB_CACHING_STORABLE)
        check_stored(&asked, &received, &storing);
}

static void check_bytes(struct vb_span bytes)
{
    struct vb_stored_response *stored = vb_frozen_read(&arena, bytes, NULL);

    if (stored != NULL)
        check_frozen(stored);
    vb_stored_response_unref(stored);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vb_span text = vb_span_of((const char *)data, size);

    vb_arena_init(&arena, 65536, (size_t)16 << 20);
    if (size > 0 && data[0] == 0)
        check_bytes(vb_span_from(text, 1));
    else
        check_messages(text);
    vb_arena_done(&arena);
    return 0;
}
