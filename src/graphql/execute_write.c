/* The response (October 2021, section 7.1). See execute.h. */
#include "content/json.h"
#include "graphql/execute_inner.h"

/* As deep as the operation is, and its types are lists. */
static void write_value(struct vb_buf *buf, const struct vb__gql_value *value);

static void write_object(struct vb_buf *buf, const struct vb__gql_value *value)
{
    vb_buf_char(buf, '{');
    for (size_t i = 0; i < value->set->group_count; i++) {
        if (i > 0)
            vb_buf_char(buf, ',');
        vb_json_write_string(buf, value->set->groups[i]->key);
        vb_buf_char(buf, ':');
        write_value(buf, &value->values[i]);
    }
    vb_buf_char(buf, '}');
}

static void write_list(struct vb_buf *buf, const struct vb__gql_value *value)
{
    vb_buf_char(buf, '[');
    for (size_t i = 0; i < value->count && buf->err == VB_OK; i++) {
        if (i > 0)
            vb_buf_char(buf, ',');
        write_value(buf, &value->values[i]);
    }
    vb_buf_char(buf, ']');
}

static void write_value(struct vb_buf *buf, const struct vb__gql_value *value)
{
    switch (value->kind) {
    case VB__GQL_PENDING:
    case VB__GQL_NULL:
        vb_buf_str(buf, "null");
        return;
    case VB__GQL_TEXT:
        vb_json_write_string(buf, value->text);
        return;
    case VB__GQL_JSON:
        vb_buf_append(buf, value->text);
        return;
    case VB__GQL_TREE:
        vb_json_write(buf, value->tree);
        return;
    case VB__GQL_OBJECT:
        write_object(buf, value);
        return;
    case VB__GQL_LIST:
        write_list(buf, value);
        return;
    }
}

/* Why it came to no end by itself; NULL: it did. */
static const char *ended(const struct vb_gql_execution *execution)
{
    if (execution == NULL)
        return NULL;
    if (execution->ended == NULL && execution->arena->failed)
        return "the response is too large";
    return execution->ended;
}

static void write_end(struct vb_buf *buf, const char *message)
{
    vb_buf_str(buf, "{\"errors\":[{\"message\":");
    vb_json_write_string(buf, vb_span_str(message));
    vb_buf_str(buf, "}],\"data\":null}");
}

void vb_gql_response_write(struct vb_buf *buf,
                           const struct vb_gql_errors *errors,
                           const struct vb_gql_execution *execution)
{
    if (ended(execution) != NULL) {
        write_end(buf, ended(execution));
        return;
    }
    vb_buf_char(buf, '{');
    if (errors->count > 0) {
        vb_buf_str(buf, "\"errors\":");
        vb_gql_errors_write(buf, errors);
    }
    if (execution != NULL) {
        vb_buf_str(buf, errors->count > 0 ? ",\"data\":" : "\"data\":");
        write_value(buf, &execution->data);
    }
    vb_buf_char(buf, '}');
}
