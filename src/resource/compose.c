/*
 * From what the client sent to the state to be: what is the server's own comes
 * from the server, what is missing gets its default, the rest is as it came.
 */
#include "access/rule.h"
#include "base/rfc3339.h"
#include "resource/accounts.h"
#include "resource/stored.h"

/* --- reading and setting properties by their path
 * --------------------------------- */

/* The object that has the property as a member, or NULL. */
static yyjson_mut_val *holder(yyjson_mut_val *root,
                              const struct vb_property *property)
{
    for (size_t i = 0; i + 1 < property->path_len && root != NULL; i++)
        root = yyjson_mut_obj_getn(root, property->path[i].ptr,
                                   property->path[i].len);
    return root != NULL && yyjson_mut_is_obj(root) ? root : NULL;
}

/* What the property was before; NULL: nothing. */
static yyjson_val *value_before(struct vb_stored *stored,
                                const struct vb_property *property)
{
    return vb_property_value(vb_stored_before(stored), property);
}

static struct vb_span last_name(const struct vb_property *property)
{
    return property->path[property->path_len - 1];
}

static yyjson_mut_val *get(yyjson_mut_val *object, struct vb_span name)
{
    return yyjson_mut_obj_getn(object, name.ptr, name.len);
}

/* Puts a value in the member's place, or at the end. */
static void set(yyjson_mut_doc *doc, yyjson_mut_val *object,
                struct vb_span name, yyjson_mut_val *value)
{
    yyjson_mut_val *key = yyjson_mut_strn(doc, name.ptr, name.len);

    if (get(object, name) == NULL)
        yyjson_mut_obj_add(object, key, value);
    else
        yyjson_mut_obj_replace(object, key, value);
}

/* --- values that are the server's own
 * ------------------------------------------------ */

static yyjson_mut_val *time_value(yyjson_mut_doc *doc, int64_t unix_ms)
{
    char text[VB_RFC3339_LEN];

    vb_rfc3339_format(unix_ms, text);
    return yyjson_mut_strncpy(doc, text, sizeof(text));
}

static yyjson_mut_val *text_value(yyjson_mut_doc *doc, struct vb_span text,
                                  unsigned types)
{
    if ((types & VB_SCHEMA_STRING) == 0 &&
        (types & (VB_SCHEMA_INTEGER | VB_SCHEMA_NUMBER)) != 0)
        return yyjson_mut_rawncpy(doc, text.ptr, text.len);
    return yyjson_mut_strncpy(doc, text.ptr, text.len);
}

static yyjson_mut_val *next_revision(yyjson_mut_doc *doc, yyjson_val *before)
{
    char text[24];
    int64_t n = 0;
    int len;

    if (before != NULL && vb_json_is_number(before))
        vb_span_i64(vb_json_text(before), &n);
    len = snprintf(text, sizeof(text), "%lld", (long long)n + 1);
    return yyjson_mut_rawncpy(doc, text, (size_t)len);
}

/* Whoever makes it, owns it from then on, also where it is moved to. */
static yyjson_mut_val *owner_value(const struct vb_stored *stored,
                                   yyjson_mut_doc *doc,
                                   const struct vb_property *property,
                                   yyjson_val *before)
{
    struct vb_span name = vb_owner_name(stored->x->identity, property);

    if (stored->was != NULL)
        before = vb_property_value(vb_stored_before(stored->was), property);
    if (stored->record != NULL || stored->was != NULL || name.len == 0)
        return before != NULL ? yyjson_val_mut_copy(doc, before) : NULL;
    return text_value(doc, name, property->types);
}

/* What the server puts into the property; NULL: nothing. `before` is what was
 * there, or NULL. */
static yyjson_mut_val *fill(const struct vb_stored *stored, yyjson_mut_doc *doc,
                            const struct vb_property *property,
                            yyjson_val *before)
{
    switch (property->fill) {
    case VB_FILL_ID:
        return text_value(doc, stored->id, property->types);
    case VB_FILL_URI:
        return text_value(doc, vb_stored_path(stored), VB_SCHEMA_STRING);
    case VB_FILL_CREATED:
        return time_value(doc, stored->record != NULL
                                   ? stored->record->created_ms
                                   : stored->created_ms);
    case VB_FILL_MODIFIED:
        return time_value(doc, stored->now_ms);
    case VB_FILL_REVISION:
        return next_revision(doc, before);
    case VB_FILL_OWNER:
        return owner_value(stored, doc, property, before);
    default:
        return before != NULL ? yyjson_val_mut_copy(doc, before) : NULL;
    }
}

/* --- one property
 * ----------------------------------------------------------------------- */

struct work {
    struct vb_stored *stored;
    yyjson_mut_doc *doc;
    yyjson_mut_val *root;
    bool checking;
    bool by_server; /* a merge of the description's own: may set read-only
                       properties */
};

static void compose_read_only(const struct work *work,
                              const struct vb_property *property,
                              yyjson_mut_val *object)
{
    yyjson_val *before = value_before(work->stored, property);
    struct vb_span name = last_name(property);
    yyjson_mut_val *value;

    if (work->by_server && property->fill == VB_FILL_NONE &&
        get(object, name) != NULL)
        return;
    value = fill(work->stored, work->doc, property, before);
    if (value == NULL && property->default_value != NULL)
        value = yyjson_val_mut_copy(work->doc, property->default_value);
    if (value == NULL || (work->checking && !property->in_request))
        yyjson_mut_obj_remove_keyn(object, name.ptr, name.len);
    else
        set(work->doc, object, name, value);
}

static void compose_property(const struct work *work,
                             const struct vb_property *property)
{
    yyjson_mut_val *object = holder(work->root, property);
    struct vb_span name = last_name(property);
    yyjson_val *kept = NULL;

    if (object == NULL)
        return;
    if (property->read_only || property->fill != VB_FILL_NONE ||
        vb_accounts_keep(work->stored, property)) {
        compose_read_only(work, property, object);
        return;
    }
    if (!work->checking && vb_accounts_drop(work->stored, property)) {
        yyjson_mut_obj_remove_keyn(object, name.ptr, name.len);
        return;
    }
    if (get(object, name) != NULL)
        return;
    /* Nobody can read a write-only property, so nobody can send it back: it
     * stays when it is not there. */
    if (property->write_only)
        kept = value_before(work->stored, property);
    if (kept == NULL && work->stored->record == NULL &&
        work->stored->was == NULL)
        kept = property->default_value;
    if (kept != NULL)
        set(work->doc, object, name, yyjson_val_mut_copy(work->doc, kept));
}

/* Declared members first, in the description's order; the others follow. */
static yyjson_mut_val *in_order(const struct work *work,
                                const struct vb_state *state)
{
    yyjson_mut_val *ordered = yyjson_mut_obj(work->doc);
    yyjson_mut_obj_iter iter;
    yyjson_mut_val *key;

    for (size_t i = 0; i < state->property_count; i++) {
        const struct vb_property *property = &state->properties[i];
        struct vb_span name = last_name(property);
        yyjson_mut_val *value =
            property->path_len == 1 ? get(work->root, name) : NULL;

        if (value == NULL)
            continue;
        yyjson_mut_obj_remove_keyn(work->root, name.ptr, name.len);
        yyjson_mut_obj_add(
            ordered, yyjson_mut_strn(work->doc, name.ptr, name.len), value);
    }
    iter = yyjson_mut_obj_iter_with(work->root);
    while ((key = yyjson_mut_obj_iter_next(&iter)) != NULL) {
        yyjson_mut_val *value = yyjson_mut_obj_iter_get_val(key);

        yyjson_mut_obj_iter_remove(&iter);
        yyjson_mut_obj_add(ordered, key, value);
    }
    return ordered;
}

static enum vb_err keep(struct vb_stored *stored, yyjson_mut_val *root,
                        unsigned purpose)
{
    enum vb_err err = vb_json_freeze(root, NULL, &stored->after, NULL);

    if (err != VB_OK)
        return err;
    stored->after_for = purpose;
    vb_buf_reset(&stored->text);
    vb_json_write(&stored->text, stored->after->root);
    stored->bytes = vb_buf_span(&stored->text);
    stored->media_type = VB_SPAN("application/json");
    return stored->text.err;
}

/* Is the state the same when it is composed once more, and for whatever
 * purpose? Not where the server fills something in (an id may be known by
 * then), and not where there is more to it than a request has. */
static bool is_plain(const struct vb_state *state)
{
    for (size_t i = 0; state != NULL && i < state->property_count; i++) {
        const struct vb_property *property = &state->properties[i];

        if (property->fill != VB_FILL_NONE ||
            (property->read_only && !property->in_request))
            return false;
    }
    return true;
}

/* Has that been composed, or what is the same? */
static bool is_composed(const struct vb_stored *stored, unsigned purpose)
{
    return stored->after != NULL &&
           ((stored->after_for ^ purpose) & ~(unsigned)VB_COMPOSE_CHECK) == 0 &&
           stored->route->accounts == NULL && is_plain(stored->route->state);
}

static enum vb_err compose(struct vb_stored *stored, yyjson_mut_doc *doc,
                           unsigned purpose)
{
    const struct vb_state *state = stored->route->state;
    struct work work = {
        .stored = stored,
        .doc = doc,
        .root = yyjson_val_mut_copy(doc, stored->input->root),
        .checking = (purpose & VB_COMPOSE_CHECK) != 0,
        .by_server = (purpose & VB_COMPOSE_BY_SERVER) != 0,
    };

    if (work.root != NULL && state != NULL && yyjson_mut_is_obj(work.root)) {
        for (size_t i = 0; i < state->property_count; i++)
            compose_property(&work, &state->properties[i]);
        work.root = in_order(&work, state);
    }
    return work.root == NULL ? VB_ERR_NOMEM : keep(stored, work.root, purpose);
}

enum vb_err vb_compose(struct vb_stored *stored, unsigned purpose)
{
    yyjson_mut_doc *doc;
    enum vb_err err;

    if (is_composed(stored, purpose))
        return VB_OK;
    vb_json_free(stored->after);
    stored->after = NULL;
    doc = yyjson_mut_doc_new(NULL);
    if (doc == NULL)
        return VB_ERR_NOMEM;
    err = compose(stored, doc, purpose);
    yyjson_mut_doc_free(doc);
    return err;
}
