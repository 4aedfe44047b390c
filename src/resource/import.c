/* Imports: what is asked of them. See import.h. */
#include "resource/import_part.h"

#include "access/rule.h"
#include "base/list.h"
#include "base/utf8.h"
#include "content/pointer.h"
#include "flow/intake.h"
#include "flow/reply.h"
#include "resource/collection.h"
#include "resource/params.h"

/* Bytes of one import's content, and of all that is held for it. */
#define IMPORT_BYTES  ((uint64_t)8 * 1024 * 1024)
#define IMPORT_MEMORY ((size_t)128 * 1024 * 1024)
/* Values that are looked at before others have their turn: a millisecond or so
 * of a worker's loop. */
#define AT_ONCE ((size_t)64)

bool vb_import_is(const struct vb_exchange *x)
{
    const struct vb_content *content = vb_built_content(x);

    return content != NULL &&
           (content->kind == VB_MEDIA_LINES || content->kind == VB_MEDIA_TABLE);
}

/* --- what is wrong ---------------------------------------------------------
 */

size_t vb__import_complaints(const struct vb_exchange *x)
{
    return x->problem == NULL ? 0 : x->problem->count;
}

void vb__import_place(struct vb_exchange *x, size_t since, size_t line)
{
    size_t count = vb__import_complaints(x);

    for (size_t i = since; i < count && i < VB_PROBLEM_MOST; i++)
        x->problem->complaints[i].line = line;
}

static void note_bad(struct vb_import *import, size_t since)
{
    size_t line = import->rows.line;

    vb__import_place(vb__import_x(import), since, line);
    if (import->bad < VB_IMPORT_TOLD)
        import->told[import->bad] = (uint32_t)line;
    import->bad++;
}

/* Complains about a value, or about a column. */
static void complain(struct vb_import *import, struct vb_span name,
                     const char *wrong)
{
    struct vb_exchange *x = vb__import_x(import);
    size_t since = vb__import_complaints(x);
    struct vb_buf pointer;

    vb_buf_init(&pointer, (size_t)64 * 1024);
    if (name.len > 0)
        vb_pointer_append(&pointer, name);
    vb_reply_complain(x, VB_PROBLEM_POINTER,
                      vb_arena_dup(&x->arena, vb_buf_span(&pointer)),
                      vb_arena_dup(&x->arena, vb_span_str(wrong)));
    vb_buf_done(&pointer);
    note_bad(import, since);
}

/* In a sentence, all of it, as complaints may be too many to be told. */
static enum vb_answer refuse(struct vb_import *import, unsigned status)
{
    struct vb_exchange *x = vb__import_x(import);
    struct vb_buf text;

    vb_buf_init(&text, 4096);
    vb_buf_printf(&text, "Nothing was added: %zu of %zu are not good, in line",
                  import->bad, import->count);
    for (size_t i = 0; i < import->bad && i < VB_IMPORT_TOLD; i++)
        vb_buf_printf(&text, "%s %u", i > 0 ? "," : "", import->told[i]);
    if (import->bad > VB_IMPORT_TOLD)
        vb_buf_printf(&text, " and %zu more", import->bad - VB_IMPORT_TOLD);
    vb_buf_char(&text, '.');
    x->reply.status = (uint16_t)status;
    if (x->problem != NULL)
        x->problem->detail = vb_arena_dup(&x->arena, vb_buf_span(&text));
    vb_buf_done(&text);
    return VB_NO;
}

/* --- one value after the other ---------------------------------------------
 */

static enum vb_answer take(struct vb_import *import, bool *ret_over)
{
    struct vb_rows *rows = &import->rows;
    struct vb_json *value;
    enum vb_answer answer;

    switch (vb_rows_next(rows, &value)) {
    case VB_ROWS_VALUE:
        vb_stored_input(import->stored, value);
        answer = import->each(import);
        import->at++;
        return answer;
    case VB_ROWS_WRONG:
        import->malformed = true;
        import->count++;
        complain(import, VB_SPAN(""), rows->wrong);
        return VB_YES;
    case VB_ROWS_OVER:
        vb_stored_input(import->stored, NULL);
        *ret_over = true;
        return import->over(import);
    default:
        return vb_reply_unavailable(vb__import_x(import));
    }
}

static enum vb_answer walk_on(struct vb_import *import);

static void go_on(struct vb_task *task)
{
    struct vb_import *import = VB_CONTAINER(task, struct vb_import, task);
    struct vb_exchange *x = vb__import_x(import);
    enum vb_answer answer = walk_on(import);

    if (answer != VB_PENDING)
        vb_flow_resume(x, answer);
}

static enum vb_answer walk_on(struct vb_import *import)
{
    struct vb_mailbox *mailbox = vb__import_x(import)->env->mailbox;
    size_t left = mailbox == NULL ? SIZE_MAX : AT_ONCE;
    bool over = false;

    for (; left > 0; left--) {
        enum vb_answer answer = take(import, &over);

        if (over || answer != VB_YES)
            return answer;
    }
    import->task.run = go_on;
    vb_mailbox_post(mailbox, &import->task);
    return VB_PENDING;
}

enum vb_answer vb__import_walk(struct vb_import *import,
                               enum vb_answer (*each)(struct vb_import *),
                               enum vb_answer (*over)(struct vb_import *))
{
    import->rows = import->start;
    import->at = 0;
    import->each = each;
    import->over = over;
    return walk_on(import);
}

/* --- received, parsed ------------------------------------------------------
 */

enum vb_answer vb_import_receive(struct vb_stored *stored)
{
    struct vb_exchange *x = stored->x;
    uint64_t most = vb_intake_limit(x);

    if (stored->received)
        return VB_YES;
    return vb_intake_buffer(x, most < IMPORT_BYTES ? most : IMPORT_BYTES);
}

/* NULL: out of memory. */
static struct vb_import *import_new(struct vb_stored *stored)
{
    struct vb_arena *arena = &stored->x->arena;
    struct vb_import *import;

    arena->limit = IMPORT_MEMORY; /* all states to be lie in it */
    import = vb_arena_calloc(arena, 1, sizeof(*import));
    if (import == NULL)
        return NULL;
    import->stored = stored;
    import->lines =
        vb_arena_calloc(arena, VB_IMPORT_MOST, sizeof(*import->lines));
    stored->import = import;
    return arena->failed ? NULL : import;
}

static enum vb_answer read_start(struct vb_import *import)
{
    struct vb_stored *stored = import->stored;
    struct vb_exchange *x = stored->x;
    struct vb_rows *start = &import->start;

    switch (vb_rows_begin(start, &x->arena, vb_built_content(x)->kind,
                          vb_buf_span(&x->content), stored->route->state)) {
    case VB_ROWS_OVER:
        return VB_YES;
    case VB_ROWS_NO_MEMORY:
        return vb_reply_unavailable(x);
    default:
        import->rows = *start;
        complain(import, start->name, start->wrong);
        return vb_reply_refuse(x,
                               start->over
                                   ? VB_STATUS_BAD_REQUEST
                                   : (unsigned)stored->operation->invalid,
                               VB_SPAN("The first row must name properties, "
                                       "each once."));
    }
}

enum vb_answer vb_import_parse(struct vb_stored *stored)
{
    struct vb_exchange *x = stored->x;
    struct vb_import *import;

    stored->received = true;
    if (stored->import != NULL) /* again */
        return VB_YES;
    if (x->content.len == 0)
        return vb_reply_refuse(x, VB_STATUS_BAD_REQUEST,
                               VB_SPAN("The request has no content."));
    if (!vb_utf8_valid(vb_buf_span(&x->content)))
        return vb_reply_refuse(x, VB_STATUS_BAD_REQUEST,
                               VB_SPAN("The content is not UTF-8."));
    import = import_new(stored);
    return import == NULL ? vb_reply_unavailable(x) : read_start(import);
}

/* --- valid -----------------------------------------------------------------
 */

static enum vb_answer too_many(struct vb_exchange *x)
{
    return vb_reply_refuse(x, VB_STATUS_CONTENT_TOO_LARGE,
                           vb_arena_printf(&x->arena,
                                           "At most %d are taken at once.",
                                           VB_IMPORT_MOST));
}

static enum vb_answer check(struct vb_import *import)
{
    struct vb_stored *stored = import->stored;
    struct vb_exchange *x = stored->x;
    const struct vb_schema *schema = vb_built_content(x)->schema;
    size_t since = vb__import_complaints(x);
    enum vb_err err;

    if (import->at == VB_IMPORT_MOST)
        return too_many(x);
    import->count++;
    import->lines[import->at] = (uint32_t)import->rows.line;
    err = vb_compose(stored, VB_COMPOSE_CHECK);
    if (err == VB_ERR_LIMIT)
        complain(import, VB_SPAN(""), "is more than one resource may be");
    else if (err != VB_OK)
        return vb_reply_unavailable(x);
    else if (schema != NULL &&
             !vb_params_value_fits(x, schema, stored->after->root,
                                   (unsigned)stored->operation->invalid))
        note_bad(import, since);
    return VB_YES;
}

static enum vb_answer judge(struct vb_import *import)
{
    struct vb_exchange *x = vb__import_x(import);

    if (import->count == 0)
        return vb_reply_refuse(x, VB_STATUS_BAD_REQUEST,
                               VB_SPAN("There is nothing in it to be added."));
    import->checked = import->bad == 0;
    if (import->checked)
        return VB_YES;
    return refuse(import, import->malformed
                              ? VB_STATUS_BAD_REQUEST
                              : (unsigned)import->stored->operation->invalid);
}

enum vb_answer vb_import_valid(struct vb_stored *stored)
{
    struct vb_import *import = stored->import;

    if (import->checked)
        return VB_YES;
    if (!vb_collection_name_member(stored)) /* for the time being */
        return vb_reply_unavailable(stored->x);
    return vb__import_walk(import, check, judge);
}

/* --- granted ---------------------------------------------------------------
 */

static enum vb_answer ask(struct vb_import *import)
{
    struct vb_exchange *x = vb__import_x(import);
    size_t since = vb__import_complaints(x);
    enum vb_answer answer = vb_built_of(x)->granted(x);

    if (answer != VB_NO)
        return answer;
    if (vb__import_complaints(x) == since)
        complain(import, VB_SPAN(""), "is not for you to add");
    else
        note_bad(import, since);
    return VB_YES;
}

static enum vb_answer judge_asked(struct vb_import *import)
{
    import->granted = import->bad == 0;
    return import->granted ? VB_YES : refuse(import, VB_STATUS_FORBIDDEN);
}

static enum vb_answer granted(struct vb_exchange *x)
{
    const struct vb_allow *allow = vb_rule_of(x);
    struct vb_stored *stored = x->state;

    if (!vb_import_is(x))
        return vb_built_of(x)->granted(x);
    if (allow == NULL || !allow->by_content || stored->import->granted)
        return VB_YES;
    return vb__import_walk(stored->import, ask, judge_asked);
}

static bool imports(const struct vb_built *built)
{
    for (size_t i = 0; i < built->resource.take_count; i++)
        if (vb_media_is_many(built->contents[i]->kind))
            return true;
    return false;
}

void vb_import_put(struct vb_built *built)
{
    if (built->resource.granted == NULL || !imports(built))
        return;
    built->granted = built->resource.granted;
    built->resource.granted = granted;
}
