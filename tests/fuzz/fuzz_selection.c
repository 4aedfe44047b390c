/*
 * What a listing can be asked for, in any form, can be written as a URI's
 * query, and means the same when it is read again: it is written the same, and
 * keeps the same members. The first byte chooses form and route.
 */
#include "base/assert.h"
#include "content/json.h"
#include "resource/selection.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char described[] =
    "{\"openapi\":\"3.1.0\",\"info\":{\"title\":\"t\",\"version\":\"1\"},"
    "\"paths\":{\"/t\":{\"post\":{\"requestBody\":{\"content\":{"
    "\"application/json\":{\"schema\":{\"type\":\"object\",\"properties\":{"
    "\"a\":{\"type\":\"string\"},\"b\":{\"type\":\"number\"},"
    "\"c\":{\"type\":\"boolean\"},\"d\":{\"type\":\"array\"},"
    "\"e\":{\"type\":\"object\",\"properties\":{\"f\":{}}},"
    "\"g\":{\"type\":\"string\",\"format\":\"date-time\"},\"h\":{}}}}}},"
    "\"responses\":{\"201\":{\"description\":\"\"}}}},\"/t/{id}\":{\"get\":{"
    "\"responses\":{\"200\":{\"description\":\"\"}}}}}}";

static const struct vb_state open_state = {.json = true};
static const struct vb_route open_route = {.state = &open_state};

static const struct vb_route *described_route(void)
{
    static const struct vb_description *description;
    struct vb_notes notes;

    if (description == NULL) {
        vb_notes_init(&notes);
        vb_assert(vb_description_parse(VB_SPAN("d.json"),
                                       vb_span_str(described), &notes,
                                       &description) == VB_OK);
        vb_notes_done(&notes);
    }
    return description->routes[0];
}

static const char *const members[] = {
    "{}",
    "{\"a\":\"x\",\"b\":1.5,\"c\":true,\"d\":[1,\"x\"],\"e\":{\"f\":null},"
    "\"g\":\"2026-01-01T00:00:00Z\",\"h\":5}",
    "{\"a\":\"\",\"b\":1e400,\"c\":false,\"d\":[],\"e\":{\"f\":\"5\"},"
    "\"h\":[\"x\"]}",
    "[1,2]",
};

/* What the selection makes of the members: a text to compare. */
static void apply(struct vb_buf *out, const struct vb_selection *selection)
{
    struct vb_selection_sieve sieve;

    vb_selection_sieve_init(&sieve, selection, NULL, VB_SELECTION_WHOLE);
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        const struct vb_record state = {
            .media_type = VB_SPAN("application/json"),
            .content = vb_span_str(members[i]),
        };
        struct vb_json *json;

        if (!sieve.base.keep(&sieve.base, &state, out))
            continue;
        vb_assert(vb_json_parse(state.content, NULL, &json, NULL) == VB_OK);
        if (selection->field_count > 0)
            vb_selection_show(out, selection, NULL, json->root);
        vb_json_free(json);
        vb_buf_char(out, '\n');
    }
    vb_assert(out->err == VB_OK);
}

static void compare(struct vb_exchange *x, const struct vb_selection *selection)
{
    struct vb_selection same = {.route = selection->route};
    struct vb_selection_reading reading = {.x = x, .selection = &same};
    struct vb_buf query, again, kept, kept_again;

    vb_buf_init(&query, 1 << 22);
    vb_buf_init(&again, 1 << 22);
    vb_buf_init(&kept, 1 << 22);
    vb_buf_init(&kept_again, 1 << 22);
    vb_selection_write(&query, selection);
    vb_assert(vb_selection_read_query(&reading, vb_buf_span(&query)) ||
              x->arena.failed);
    if (!x->arena.failed) {
        vb_selection_write(&again, &same);
        vb_assert(vb_span_eq(vb_buf_span(&query), vb_buf_span(&again)));
        apply(&kept, selection);
        apply(&kept_again, &same);
        vb_assert(vb_span_eq(vb_buf_span(&kept), vb_buf_span(&kept_again)));
    }
    vb_buf_done(&query);
    vb_buf_done(&again);
    vb_buf_done(&kept);
    vb_buf_done(&kept_again);
}

/* False: it is refused. What was read may borrow from the content. */
static bool read_form(struct vb_selection_reading *reading, unsigned form,
                      struct vb_span text)
{
    struct vb_json *json;
    bool good;

    if (form < 2) {
        good = form == 0 ? vb_selection_read_query(reading, text)
                         : vb_selection_read_form(reading, text);
        if (good)
            compare(reading->x, reading->selection);
        return good;
    }
    if (vb_json_parse(text, NULL, &json, NULL) != VB_OK)
        return false;
    good = vb_selection_read_json(reading, json->root);
    if (good)
        compare(reading->x, reading->selection);
    vb_json_free(json);
    return good;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vb_service service = {.begin = NULL};
    struct vb_selection_reading reading;
    struct vb_selection selection = {.route = NULL};
    struct vb_exchange *x;
    struct vb_env env;
    unsigned form;

    if (size == 0)
        return 0;
    form = data[0] % 4;
    vb_env_init(&env, &vb_limits_default, &service);
    x = vb_exchange_new(&env);
    vb_assert(x != NULL);
    selection.route = (data[0] & 8) != 0 ? described_route() : &open_route;
    reading = (struct vb_selection_reading){
        .x = x,
        .selection = &selection,
        .lenient = (data[0] & 16) != 0,
    };
    vb_assert(read_form(&reading, form,
                        vb_span_of((const char *)data + 1, size - 1)) ||
              form >= 2 || x->reply.status >= 400);
    vb_exchange_release(x);
    vb_env_done(&env);
    return 0;
}
