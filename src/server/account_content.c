/* What an account is to be, as the JSON that a client would send. */
#include "base/utf8.h"
#include "content/json.h"
#include "server/account.h"

static void write_member(struct vb_buf *content, struct vb_span name)
{
    vb_buf_char(content, content->len > 0 ? ',' : '{');
    vb_json_write_string(content, name);
    vb_buf_char(content, ':');
}

/* --- roles ------------------------------------------------------------------
 */

/* Why accounts of this description cannot have these roles; NULL: they can. */
static const char *no_roles(const struct vb__account_request *request,
                            const struct vb_property *roles)
{
    if (roles == NULL)
        return "x-verbatim.accounts names no property for roles";
    if (roles->read_only)
        return "the property for roles is readOnly: nobody can set it";
    if (request->role_count > 1 && (roles->types & VB_SCHEMA_ARRAY) == 0)
        return "an account has one role only, as it is described";
    return NULL;
}

static int write_roles(const struct vb__account_request *request,
                       const struct vb_property *roles, struct vb_buf *content)
{
    const char *why;
    bool many;

    if (request->role_count == 0)
        return 0;
    why = no_roles(request, roles);
    if (why != NULL)
        return vb__usage_error("--role: %s", why);
    many = (roles->types & VB_SCHEMA_ARRAY) != 0;
    write_member(content, roles->path[0]);
    for (size_t i = 0; i < request->role_count; i++) {
        if (many)
            vb_buf_char(content, i == 0 ? '[' : ',');
        vb_json_write_string(content, vb_span_str(request->roles[i]));
    }
    if (many)
        vb_buf_char(content, ']');
    return 0;
}

/* --- properties -------------------------------------------------------------
 */

/* The property of that name at the top; NULL: none is described. */
static const struct vb_property *find(const struct vb_accounts *accounts,
                                      struct vb_span name)
{
    const struct vb_state *state = accounts->member->state;

    for (size_t i = 0; i < state->property_count; i++)
        if (state->properties[i].path_len == 1 &&
            vb_span_eq(state->properties[i].path[0], name))
            return &state->properties[i];
    return NULL;
}

static bool is_json(struct vb_span text)
{
    struct vb_json *json;

    if (vb_json_parse(text, NULL, &json, NULL) != VB_OK)
        return false;
    vb_json_free(json);
    return true;
}

static int write_property(const char *said, const struct vb_accounts *accounts,
                          struct vb_buf *content)
{
    struct vb_span text = vb_span_str(said), name, value;
    ssize_t equals = vb_span_find(text, '=', 0);
    const struct vb_property *property;

    if (equals < 0)
        return vb__usage_error("--property takes NAME=VALUE");
    name = vb_span_head(text, (size_t)equals);
    value = vb_span_from(text, name.len + 1);
    property = find(accounts, name);
    if (property == NULL)
        return vb__usage_error("--property: accounts have no property of the "
                               "name before the \"=\"");
    if (property == accounts->password || property == accounts->current)
        return vb__usage_error("--property: a password is asked for, and not "
                               "for others to read in the list of processes");
    if (property->read_only)
        return vb__usage_error("--property: %.*s is readOnly", VB_FMT(name));
    write_member(content, name);
    if (property->types == 0 || (property->types & VB_SCHEMA_STRING) != 0)
        vb_json_write_string(content, value);
    else if (is_json(value))
        vb_buf_append(content, value);
    else
        return vb__usage_error("--property: %.*s is no text, and needs JSON "
                               "behind the \"=\"",
                               VB_FMT(name));
    return 0;
}

/* What is no UTF-8 would become something else in JSON. */
static bool are_texts(const char *const *texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!vb_utf8_valid(vb_span_str(texts[i])))
            return false;
    return true;
}

int vb__account_write(const struct vb__account_request *request,
                      const struct vb_accounts *accounts,
                      struct vb_buf *content)
{
    int status;

    if (!are_texts(&request->login, 1) ||
        !are_texts(request->roles, request->role_count) ||
        !are_texts(request->properties, request->property_count))
        return vb__usage_error("what an account is to be must be UTF-8");
    write_member(content, accounts->login->path[0]);
    vb_json_write_string(content, vb_span_str(request->login));
    status = write_roles(request, accounts->roles, content);
    for (size_t i = 0; status == 0 && i < request->property_count; i++)
        status = write_property(request->properties[i], accounts, content);
    if (status != 0)
        return status;
    write_member(content, accounts->password->path[0]);
    return content->err == VB_OK ? 0
                                 : vb__usage_error("the account is too large");
}
