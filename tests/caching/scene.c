/* Messages out of text. See scene.h. */
#include "scene.h"

struct vb_arena scene_arena;

static const struct vb_head_limits limits = {.max_target = 100000,
                                             .max_field = 100000,
                                             .max_fields = VB_FIELDS_MAX,
                                             .max_fields_size = 1000000};

int scene_set_up(void **state)
{
    (void)state;
    vb_arena_init(&scene_arena, 64 * 1024, (size_t)64 << 20);
    return 0;
}

int scene_tear_down(void **state)
{
    (void)state;
    vb_arena_done(&scene_arena);
    return 0;
}

/* Cuts the first line off. */
static struct vb_span next_line(struct vb_span *text)
{
    ssize_t end = vb_span_find(*text, '\n', 0);
    size_t len = end < 0 ? text->len : (size_t)end;
    struct vb_span line = vb_span_head(*text, len);

    *text = vb_span_from(*text, len + 1);
    return line;
}

static void add_fields(struct vb_fields *fields, struct vb_span text)
{
    const char *reason;

    while (text.len > 0) {
        struct vb_span line = next_line(&text);
        ssize_t colon = vb_span_find(line, ':', 0);

        assert_true(colon > 0);
        assert_int_equal(vb_fields_add(fields, &scene_arena, &limits,
                                       vb_span_head(line, (size_t)colon),
                                       vb_span_from(line, (size_t)colon + 1),
                                       &reason),
                         0);
    }
}

const struct vb_asked *scene_ask(const char *text)
{
    struct vb_head *head = vb_arena_calloc(&scene_arena, 1, sizeof(*head));
    struct vb_asked *asked = vb_arena_calloc(&scene_arena, 1, sizeof(*asked));
    struct vb_span rest = vb_arena_dup(&scene_arena, vb_span_str(text));
    struct vb_span line = next_line(&rest);
    size_t space = (size_t)vb_span_find(line, ' ', 0);
    struct vb_head_builder builder;
    struct vb_span target = vb_span_from(line, space + 1);

    vb_head_begin(&builder, head, &scene_arena, &limits,
                  vb_span_starts(target, VB_SPAN("https:")) ? VB_SPAN("https")
                                                            : VB_SPAN("http"));
    vb_head_method(&builder, vb_span_head(line, space));
    vb_head_target(&builder, target);
    add_fields(&head->fields, rest);
    assert_int_equal(vb_head_end(&builder, false).status, 0);
    vb_asked_read(head, asked);
    return asked;
}

struct vb_span scene_uri(const struct vb_asked *asked)
{
    struct vb_caching_key key;

    assert_true(
        vb_caching_key_of(&scene_arena, asked->head, VB_SPAN(""), &key));
    return key.uri;
}

const struct vb_received *scene_response(const char *text, int64_t requested_ms,
                                         int64_t received_ms)
{
    struct vb_fields *fields =
        vb_arena_calloc(&scene_arena, 1, sizeof(*fields));
    struct vb_received *received =
        vb_arena_calloc(&scene_arena, 1, sizeof(*received));
    struct vb_span rest = vb_arena_dup(&scene_arena, vb_span_str(text));
    int64_t status;

    assert_true(vb_span_i64(next_line(&rest), &status));
    received->status = (uint16_t)status;
    add_fields(fields, rest);
    received->fields = fields;
    received->requested_ms = requested_ms;
    received->received_ms = received_ms;
    return received;
}

struct vb_storing scene_judge(const struct vb_asked *asked,
                              const struct vb_received *received)
{
    struct vb_storing storing;

    vb_storing_judge(&vb_caching_policy_default, &scene_arena, asked,
                     scene_uri(asked), received, &storing);
    return storing;
}

struct vb_stored_response *scene_store(const struct vb_asked *asked,
                                       const struct vb_received *received,
                                       const char *content)
{
    struct vb_storing storing = scene_judge(asked, received);
    struct vb_kept_content *kept = vb_kept_content_of(vb_span_str(content));
    const struct vb_stored_draft draft = {.asked = asked,
                                          .received = received,
                                          .storing = &storing,
                                          .content = kept};
    struct vb_stored_response *stored =
        vb_stored_response_new(&scene_arena, &draft);

    vb_kept_content_unref(kept);
    assert_non_null(stored);
    return stored;
}

bool scene_has_line(const struct vb_stored_response *stored, const char *line)
{
    struct vb_span rest = stored->rep->head;

    while (rest.len > 0) {
        struct vb_span one = next_line(&rest);

        if (vb_span_eq(vb_span_head(one, one.len - 1), vb_span_str(line)))
            return true;
    }
    return false;
}
