/*
 * libfyaml's events, one after the other, into the growing document: tags and
 * styles decide what a scalar is. See yaml_impl.h.
 */
#include "content/yaml_impl.h"

#include <libfyaml.h>

#include "base/utf8.h"

struct reader {
    struct vb__yaml_build *build;
    struct vb_yaml_error *error;
    struct vb_yaml_mark last; /* for events without a place of their own */
    unsigned documents;
};

/* libfyaml's marks stand behind a quote or the * of an alias. */
static bool has_sign(struct fy_event *event)
{
    enum fy_scalar_style style;

    if (event->type == FYET_ALIAS)
        return true;
    if (event->type != FYET_SCALAR || !event->scalar.value)
        return false;
    style = fy_token_scalar_style(event->scalar.value);
    return style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED;
}

/* What is not there has a place in newer versions of libfyaml only. */
static bool is_missing(struct fy_event *event)
{
    size_t len = 0;

    if (event->type != FYET_SCALAR || has_sign(event))
        return false;
    if (event->scalar.value)
        (void)fy_token_get_text(event->scalar.value, &len);
    return len == 0;
}

static struct vb_yaml_mark place_of(struct reader *r, struct fy_event *event)
{
    const struct fy_mark *mark =
        is_missing(event) ? NULL : fy_event_start_mark(event);

    if (mark) {
        r->last.line = (unsigned)mark->line + 1;
        r->last.column = (unsigned)mark->column + 1;
        if (has_sign(event) && r->last.column > 1)
            r->last.column--;
    }
    return r->last;
}

static struct vb_span text_of(struct fy_token *token)
{
    size_t len = 0;
    const char *ptr = token ? fy_token_get_text(token, &len) : NULL;

    return ptr ? vb_span_of(ptr, len) : vb_span_of("", 0);
}

static enum vb_err fail(struct reader *r, const char *text)
{
    vb__yaml_fail(r->error, r->last, "%s", text);
    return VB_ERR_SYNTAX;
}

static enum vb_err refuse_tag(struct reader *r, struct vb_span tag)
{
    vb__yaml_fail(r->error, r->last, "tag \"%.*s\" is not in the core schema",
                  (int)(tag.len > 80 ? 80 : tag.len), tag.ptr);
    return VB_ERR_SYNTAX;
}

/* YAML 1.2.2 section 10.3.2; "!" makes a string of any scalar (6.9.1). */
static const struct {
    struct vb_span tag;
    enum vb__yaml_kind kind;
} scalar_tags[] = {
    {VB_SPAN_INIT("!"), VB__YAML_STRING},
    {VB_SPAN_INIT("tag:yaml.org,2002:str"), VB__YAML_STRING},
    {VB_SPAN_INIT("tag:yaml.org,2002:null"), VB__YAML_NULL},
    {VB_SPAN_INIT("tag:yaml.org,2002:bool"), VB__YAML_BOOL},
    {VB_SPAN_INIT("tag:yaml.org,2002:int"), VB__YAML_INT},
    {VB_SPAN_INIT("tag:yaml.org,2002:float"), VB__YAML_FLOAT},
};

static enum vb_err kind_by_tag(struct reader *r, struct vb_span tag,
                               struct vb_span text,
                               enum vb__yaml_kind *ret_kind)
{
    enum vb__yaml_kind plain = vb__yaml_kind_of(text);

    for (size_t i = 0; i < sizeof(scalar_tags) / sizeof(scalar_tags[0]); i++) {
        enum vb__yaml_kind wanted = scalar_tags[i].kind;
        bool fits = wanted == VB__YAML_STRING || wanted == plain ||
                    (wanted == VB__YAML_FLOAT &&
                     (plain == VB__YAML_INT || plain == VB__YAML_NOT_FINITE));

        if (!vb_span_eq(tag, scalar_tags[i].tag))
            continue;
        if (!fits)
            return fail(r, "the value is not one of its tag");
        *ret_kind = wanted == VB__YAML_STRING ? VB__YAML_STRING : plain;
        return VB_OK;
    }
    return refuse_tag(r, tag);
}

static bool is_plain(struct fy_event *event)
{
    struct fy_token *value = event->scalar.value;

    return !value || fy_token_scalar_style(value) == FYSS_PLAIN;
}

static enum vb_err on_key(struct reader *r, struct fy_event *event,
                          struct vb_span text)
{
    if (is_plain(event) && text.len == 0)
        return fail(r, "a key is missing");
    if (is_plain(event) && vb_span_eq(text, VB_SPAN("<<")))
        return fail(r, "the merge key << is not in YAML 1.2; write the "
                       "members out");
    return vb__yaml_build_key(r->build, text, r->last);
}

static enum vb_err on_value(struct reader *r, struct fy_event *event,
                            struct vb_span text)
{
    enum vb__yaml_kind kind = VB__YAML_STRING;
    enum vb_err err = VB_OK;

    if (event->scalar.tag)
        err = kind_by_tag(r, text_of(event->scalar.tag), text, &kind);
    else if (is_plain(event))
        kind = vb__yaml_kind_of(text);
    if (err)
        return err;
    if (kind == VB__YAML_NOT_FINITE)
        return fail(r, "infinity and not-a-number are not in JSON");
    return vb__yaml_build_scalar(r->build, text, kind, r->last);
}

static enum vb_err on_anchor(struct reader *r, struct fy_event *event)
{
    struct fy_token *token = fy_event_get_anchor_token(event);

    if (!token)
        return VB_OK;
    return vb__yaml_build_anchor(r->build, text_of(token), r->last);
}

static enum vb_err on_scalar(struct reader *r, struct fy_event *event)
{
    struct vb_span text = text_of(event->scalar.value);
    enum vb_err err;

    place_of(r, event);
    if (!vb_utf8_valid(text))
        return fail(r, "this is not well-formed UTF-8");
    err = on_anchor(r, event);
    if (err)
        return err;
    if (vb__yaml_build_at_key(r->build))
        return on_key(r, event, text);
    return on_value(r, event, text);
}

static enum vb_err on_start(struct reader *r, struct fy_event *event)
{
    bool mapping = event->type == FYET_MAPPING_START;
    struct fy_token *token = fy_event_get_tag_token(event);
    struct vb_span tag = text_of(token);
    struct vb_yaml_mark mark = place_of(r, event);
    enum vb_err err;

    if (token && !vb_span_eq(tag, VB_SPAN("!")) &&
        !vb_span_eq(tag, mapping ? VB_SPAN("tag:yaml.org,2002:map")
                                 : VB_SPAN("tag:yaml.org,2002:seq")))
        return refuse_tag(r, tag);
    err = on_anchor(r, event);
    return err ? err : vb__yaml_build_start(r->build, mapping, mark);
}

static enum vb_err on_event(struct reader *r, struct fy_event *event)
{
    switch (event->type) {
    case FYET_DOCUMENT_START:
        place_of(r, event);
        return r->documents++ == 0 ? VB_OK
                                   : fail(r, "a second document in the file");
    case FYET_MAPPING_START:
    case FYET_SEQUENCE_START:
        return on_start(r, event);
    case FYET_MAPPING_END:
    case FYET_SEQUENCE_END:
        return vb__yaml_build_end(r->build);
    case FYET_SCALAR:
        return on_scalar(r, event);
    case FYET_ALIAS:
        place_of(r, event);
        return vb__yaml_build_alias(r->build, text_of(event->alias.anchor),
                                    r->last);
    default:
        return VB_OK;
    }
}

static enum vb_err fail_syntax(struct reader *r, struct fy_diag *diag)
{
    void *at = NULL;
    const struct fy_diag_error *e = fy_diag_errors_iterate(diag, &at);

    if (e && e->line > 0)
        r->last = (struct vb_yaml_mark){(unsigned)e->line, (unsigned)e->column};
    return fail(r, e && e->msg ? e->msg : "malformed YAML");
}

static enum vb_err run(struct reader *r, struct fy_parser *parser,
                       struct fy_diag *diag)
{
    struct fy_event *event;
    enum vb_err err = VB_OK;

    while (!err && (event = fy_parser_parse(parser)) != NULL) {
        err = on_event(r, event);
        if (!err)
            err = vb__yaml_build_check(r->build, r->last);
        fy_parser_event_free(parser, event);
    }
    if (err)
        return err;
    if (fy_parser_get_stream_error(parser))
        return fail_syntax(r, diag);
    if (r->build->marks->count > 0)
        return VB_OK;
    fail(r, "the file holds no document");
    return VB_ERR_NOTFOUND;
}

static enum vb_err parse(struct reader *r, struct vb_span text)
{
    struct fy_parse_cfg cfg = {.flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG |
                                        FYPCF_DEFAULT_VERSION_1_2 |
                                        FYPCF_JSON_NONE};
    struct fy_diag_cfg diag_cfg;
    struct fy_parser *parser = NULL;
    enum vb_err err = VB_ERR_NOMEM;

    fy_diag_cfg_default(&diag_cfg);
    diag_cfg.fp = NULL; /* else it writes to stderr */
    cfg.diag = fy_diag_create(&diag_cfg);
    if (cfg.diag) {
        fy_diag_set_collect_errors(cfg.diag, true);
        parser = fy_parser_create(&cfg);
    }
    if (parser && fy_parser_set_string(parser, text.ptr, text.len) == 0)
        err = run(r, parser, cfg.diag);
    else
        vb__yaml_fail(r->error, r->last, "out of memory");
    fy_parser_destroy(parser);
    fy_diag_destroy(cfg.diag);
    return err;
}

enum vb_err vb__yaml_convert(struct vb_span text,
                             const struct vb_yaml_limits *limits,
                             struct vb_buf *json, struct vb__yaml_marks *marks,
                             struct vb_yaml_error *ret_error)
{
    struct vb__yaml_build build = {
        .limits = limits, .json = json, .marks = marks, .error = ret_error};
    struct reader r = {.build = &build, .error = ret_error, .last = {1, 1}};
    enum vb_err err = VB_ERR_NOMEM;

    if (vb__yaml_build_init(&build))
        err = parse(&r, text);
    else
        vb__yaml_fail(ret_error, r.last, "out of memory");
    vb__yaml_build_done(&build);
    return err;
}
