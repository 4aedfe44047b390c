/*
 * What another server answers, held against what is described of it
 * (gateway/audit.h): status, media type, required fields, and JSON against its
 * schema. Statuses that HTTP gives to conditions and ranges are nobody's to
 * describe.
 */
#include "resource/vetting.h"

#include "content/coding.h"
#include "content/json.h"
#include "http/elements.h"
#include "http/status.h"
#include "resource/build.h"

/* Scratch memory of one validation. */
#define SCRATCH_BLOCK ((size_t)16 * 1024)
#define SCRATCH_LIMIT ((size_t)16 * 1024 * 1024)
/* Bytes decoded at a time; and the most of a text about a finding. */
#define PIECE      ((size_t)16 * 1024)
#define DETAIL_MAX 512

/* Who is told what of which answer. */
struct telling {
    const struct vb_exchange *x;
    struct vb_auditor *auditor;
    unsigned status;
};

static void tell(const struct telling *telling, enum vb_audit_rule_id rule,
                 struct vb_span where, struct vb_span detail)
{
    telling->auditor->tell(telling->auditor, telling->x,
                           &(struct vb_audit_finding){
                               .rule = rule,
                               .status = telling->status,
                               .where = where,
                               .detail = detail,
                           });
}

/* --- the head ---------------------------------------------------------------
 */

/* They answer a condition or a range, whatever the API is (RFC 9110 sections 13
 * and 14). */
static bool is_of_http(unsigned status)
{
    return status == VB_STATUS_PARTIAL_CONTENT ||
           status == VB_STATUS_NOT_MODIFIED ||
           status == VB_STATUS_PRECONDITION_FAILED ||
           status == VB_STATUS_RANGE_NOT_SATISFIABLE;
}

static bool has_field(const struct vb_response_head *response,
                      struct vb_span name)
{
    for (unsigned i = 0; i < response->fields.count; i++)
        if (vb_span_ieq(response->fields.at[i].name, name))
            return true;
    return false;
}

static void look_for_fields(const struct telling *telling,
                            const struct vb_described_response *described,
                            const struct vb_response_head *response)
{
    for (size_t i = 0; i < described->field_count; i++)
        if (!has_field(response, described->fields[i]))
            tell(telling, VB_AUDIT_NO_FIELD, described->fields[i], VB_SPAN(""));
}

/* "Text/PLAIN; q" as "text/plain", in the arena. */
static struct vb_span essence(struct vb_exchange *x, struct vb_span type)
{
    ssize_t end = vb_span_find(type, ';', 0);
    struct vb_span copy = vb_arena_dup(
        &x->arena,
        vb_span_trim(end < 0 ? type : vb_span_head(type, (size_t)end)));

    for (size_t i = 0; i < copy.len; i++)
        ((char *)copy.ptr)[i] = vb_ascii_lower(copy.ptr[i]);
    return copy;
}

/* What is described of its content; NULL: nothing, which is told. */
static const struct vb_content *
find_content(struct vb_exchange *x, const struct telling *telling,
             const struct vb_described_response *described,
             const struct vb_response_head *response)
{
    const struct vb_field *type =
        vb_fields_first(&response->fields, VB_FIELD_CONTENT_TYPE);
    const struct vb_content *content;

    if (type == NULL) /* that is told already */
        return NULL;
    content = vb_content_find(described->media, described->media_count,
                              essence(x, type->value));
    if (content == NULL)
        tell(telling, VB_AUDIT_UNDECLARED_TYPE,
             vb_field_name(VB_FIELD_CONTENT_TYPE), type->value);
    return content != NULL && content->kind == VB_MEDIA_JSON &&
                   vb_is_any_json(type->value)
               ? content
               : NULL;
}

static const void *audit_head(struct vb_exchange *x,
                              const struct vb_response_head *response,
                              struct vb_auditor *auditor)
{
    const struct vb_operation *operation = vb_vetting_operation(x);
    const struct telling telling = {x, auditor, response->status};
    const struct vb_described_response *described;
    const struct vb_content *content;

    if (operation == NULL || is_of_http(response->status))
        return NULL;
    described = vb_response_find(operation, (int)response->status);
    if (described == NULL) {
        tell(&telling, VB_AUDIT_UNDECLARED_STATUS, VB_SPAN(""), VB_SPAN(""));
        return NULL;
    }
    look_for_fields(&telling, described, response);
    if (response->content_length == 0 ||
        !vb_status_has_content(response->status))
        return NULL;
    content = find_content(x, &telling, described, response);
    return response->has_content ? content : NULL;
}

/* --- the content ------------------------------------------------------------
 */

/* Appends what `in` is without a coding. False: it cannot be undone, or is more
 * than is looked at. */
static bool decode(enum vb_coding coding, struct vb_span in, struct vb_buf *out)
{
    struct vb_decoder *decoder = vb_decoder_new(coding);
    bool good = decoder != NULL;
    size_t len = 1;

    while (good && len > 0) {
        char *to = vb_buf_reserve(out, PIECE);

        good = to != NULL &&
               vb_decoder_run(decoder, &in, to, PIECE, &len) == VB_OK;
        if (good)
            out->len += len;
    }
    good = good && vb_decoder_may_end(decoder);
    vb_decoder_free(decoder);
    return good;
}

/* The content without its coding, which is one at most, in `memory`. False:
 * that is not known. */
static bool undo(const struct vb_response_head *response, uint64_t most,
                 struct vb_span *content, struct vb_buf *memory)
{
    struct vb_elements elements;
    struct vb_span name, more;
    enum vb_coding coding;
    struct vb_lines lines;

    vb_fields_lines(&response->fields, VB_FIELD_CONTENT_ENCODING, &lines);
    vb_elements_init(&elements, lines.at, lines.count, VB_ELEMENTS_USUAL);
    if (!vb_elements_next(&elements, &name))
        return true;
    if (vb_elements_next(&elements, &more) || !vb_coding_find(name, &coding))
        return false;
    if (coding == VB_CODING_IDENTITY)
        return true;
    vb_buf_init(memory, most + PIECE);
    if (!decode(coding, *content, memory) || memory->len > most)
        return false;
    *content = vb_buf_span(memory);
    return true;
}

static void tell_errors(const struct telling *telling,
                        const struct vb_schema_run *run)
{
    const struct vb_schema_error *first = run->errors;
    char text[DETAIL_MAX];
    struct vb_buf buf = vb_buf_over(text, sizeof(text));

    if (first == NULL)
        return;
    vb_buf_append(&buf, vb_span_head(first->detail, DETAIL_MAX / 2));
    if (run->error_count > 1)
        vb_buf_printf(&buf, " (and %u more%s)", run->error_count - 1,
                      run->more_errors ? " at least" : "");
    tell(telling, VB_AUDIT_UNFIT, first->pointer, vb_buf_span(&buf));
}

static void judge(const struct telling *telling,
                  const struct vb_content *described, yyjson_val *value)
{
    struct vb_arena scratch;
    struct vb_schema_run run = {.arena = &scratch, .max_errors = 8};

    vb_arena_init(&scratch, SCRATCH_BLOCK, SCRATCH_LIMIT);
    if (vb_schema_validate(described->schema, value, &run) == VB_ERR_INVALID)
        tell_errors(telling, &run);
    vb_arena_done(&scratch);
}

static void audit_content(struct vb_exchange *x,
                          const struct vb_response_head *response,
                          const void *what, struct vb_span content,
                          struct vb_auditor *auditor)
{
    const struct telling telling = {x, auditor, response->status};
    const struct vb_content *described = what;
    struct vb_json_error error;
    struct vb_buf memory = {0};
    struct vb_json *json;
    enum vb_err err;

    if (undo(response, x->env->limits->max_document, &content, &memory)) {
        err = vb_json_parse(content, NULL, &json, &error);
        if (err == VB_ERR_SYNTAX || err == VB_ERR_EXISTS)
            tell(&telling, VB_AUDIT_NOT_JSON, VB_SPAN(""),
                 vb_span_str(error.text));
        if (err == VB_OK && described->schema != NULL)
            judge(&telling, described, json->root);
        if (err == VB_OK)
            vb_json_free(json);
    }
    vb_buf_done(&memory);
}

const struct vb_audit_described vb_vetting_audit = {
    .head = audit_head,
    .content = audit_content,
};
