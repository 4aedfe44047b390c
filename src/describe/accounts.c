/*
 * The collection whose members are accounts (x-verbatim.accounts), and which of
 * their properties is what.
 */
#include "describe/read.h"

static const char *const names[] = {"login", "password", "current",
                                    "roles", "disabled", "administrator"};

/* The property of that name, at the top of a member's state. */
static struct vb_property *find(const struct vb_property *list, size_t count,
                                struct vb_span name)
{
    for (size_t i = 0; i < count; i++)
        if (list[i].path_len == 1 && vb_span_eq(list[i].path[0], name))
            return (struct vb_property *)&list[i];
    return NULL;
}

/* The property that `key` names, which must be one, and of those types. */
static struct vb_property *read(struct vb__reader *r, yyjson_val *said,
                                const struct vb_route *member, const char *key,
                                unsigned types)
{
    yyjson_val *val = yyjson_obj_get(said, key);
    struct vb_span name = vb__string(r, said, key);
    struct vb_property *found;

    if (name.len == 0)
        return NULL;
    found =
        find(member->state->properties, member->state->property_count, name);
    if (found == NULL)
        vb__error(r, val, "%.*s describes no property \"%.*s\"",
                  VB_FMT(member->path), VB_FMT(name));
    else if ((found->types & types) == 0)
        vb__error(r, val, "\"%.*s\" is not of a type that %s can have",
                  VB_FMT(name), key);
    return found;
}

/* What nobody may ever see. */
static const struct vb_property *read_secret(struct vb__reader *r,
                                             yyjson_val *said,
                                             const struct vb_route *member,
                                             const char *key)
{
    const struct vb_property *p = read(r, said, member, key, VB_SCHEMA_STRING);

    if (p != NULL && (!p->write_only || !p->in_request))
        vb__error(r, yyjson_obj_get(said, key),
                  "\"%.*s\" must be writeOnly, and in what is sent: a password "
                  "is never shown",
                  VB_FMT(p->path[0]));
    return p;
}

/* Two accounts of one login would be one, whatever the schema says. */
static void make_unique(const struct vb_state *state, struct vb_property *login)
{
    struct vb_property *field =
        find(state->fields, state->field_count, login->path[0]);

    login->unique = true;
    if (field != NULL)
        field->unique = true;
}

/* What of a member is what. */
static void read_parts(struct vb__reader *r, yyjson_val *said,
                       struct vb_accounts *accounts)
{
    const struct vb_route *member = accounts->member;
    struct vb_property *login =
        read(r, said, member, "login", VB_SCHEMA_STRING);

    if (!yyjson_obj_get(said, "login") || !yyjson_obj_get(said, "password"))
        vb__error(r, said, "accounts needs login and password");
    accounts->login = login;
    if (login != NULL)
        make_unique(member->state, login);
    accounts->password = read_secret(r, said, member, "password");
    accounts->current = read_secret(r, said, member, "current");
    accounts->roles =
        read(r, said, member, "roles", VB_SCHEMA_STRING | VB_SCHEMA_ARRAY);
    accounts->disabled = read(r, said, member, "disabled", VB_SCHEMA_BOOLEAN);
    accounts->administrator = VB_SPAN("admin");
    if (yyjson_obj_get(said, "administrator"))
        accounts->administrator = vb__string(r, said, "administrator");
}

/* Why the members of that route cannot be accounts; NULL: they can. */
static const char *why_not(const struct vb__reader *r,
                           const struct vb_route *route)
{
    if (r->into->public.accounts)
        return "there can be one collection of accounts only";
    if (!vb_archetype_lists(route->archetype))
        return "accounts are the members of a collection or store";
    if (!route->member || !route->member->state || !route->member->state->json)
        return "the path of one account, whose state is JSON, is not described";
    return route->template.segment_count + 1 ==
                   route->member->template.segment_count
               ? NULL
               : "an account is one segment below its collection";
}

static void read_accounts(struct vb__reader *r, struct vb_route *route)
{
    yyjson_val *said =
        vb__extension_get(r, route->source, VB__AT_PATH, "accounts");
    struct vb_accounts *accounts;
    const char *why;

    if (!said)
        return;
    vb__only(r, said, "accounts", names, sizeof(names) / sizeof(names[0]));
    why = why_not(r, route);
    if (!why && vb_template_variables(&route->template))
        why = "a login is looked for in one collection: its path has no "
              "variables";
    if (why) {
        vb__error(r, said, "%s", why);
        return;
    }
    accounts = VB__NEW(r, struct vb_accounts, 1);
    if (!accounts)
        return;
    accounts->collection = route;
    accounts->member = route->member;
    read_parts(r, said, accounts);
    ((struct vb_route *)route->member)->accounts = accounts;
    r->into->public.accounts = accounts;
}

void vb__accounts(struct vb__reader *r)
{
    for (size_t i = 0; i < r->route_count; i++)
        read_accounts(r, &r->routes[i]);
}
