/*
 * Two references on two lines. What parses can be resolved, related and
 * normalised; a relation leads back to its target, and a normal form is its
 * own.
 */
#include <stdint.h>

#include "base/assert.h"
#include "http/path.h"
#include "http/uri.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_normal_form(struct vb_arena *arena, const struct vb_uri *uri)
{
    struct vb_span text, again;
    struct vb_uri normal;

    if (vb_uri_normalise(arena, uri, &text) != VB_OK)
        return;
    vb_assert(vb_uri_parse(text, &normal));
    vb_assert(vb_uri_normalise(arena, &normal, &again) == VB_OK);
    vb_assert(vb_span_eq(text, again));
}

static void check_relation(struct vb_arena *arena, struct vb_uri base,
                           struct vb_uri target)
{
    struct vb_span text, back, plain;
    struct vb_uri reference, same;

    if (base.path.len == 0 || target.path.len == 0 ||
        vb_path_normalise(arena, base.path, &base.path) != VB_OK ||
        vb_path_normalise(arena, target.path, &target.path) != VB_OK ||
        vb_uri_relate(arena, &base, &target, &text) != VB_OK)
        return;
    vb_assert(vb_uri_parse(text, &reference));
    vb_assert(vb_uri_resolve(arena, &base, &reference, &back) == VB_OK);
    /* The target as a text: itself resolved against nothing that counts. */
    vb_assert(vb_uri_resolve(arena, &target, &target, &plain) == VB_OK);
    vb_assert(vb_uri_parse(back, &same));
    vb_assert(vb_span_ieq(same.scheme, target.scheme));
    vb_assert(vb_span_eq(vb_span_from(back, same.scheme.len),
                         vb_span_from(plain, target.scheme.len)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vb_span text = vb_span_of((const char *)data, size), resolved;
    ssize_t line = vb_span_find(text, '\n', 0);
    struct vb_uri base, reference, ignored;
    struct vb_arena arena;

    vb_arena_init(&arena, 4096, 1 << 24);
    if (line >= 0 && vb_uri_parse(vb_span_head(text, (size_t)line), &base) &&
        vb_uri_parse(vb_span_from(text, (size_t)line + 1), &reference)) {
        if (vb_uri_resolve(&arena, &base, &reference, &resolved) == VB_OK)
            vb_assert(vb_uri_parse(resolved, &ignored));
        check_normal_form(&arena, &base);
        check_relation(&arena, base, reference);
    }
    vb_arena_done(&arena);
    return 0;
}
