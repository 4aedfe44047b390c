/* Stores that are made without being served. See make.h. */
#include "storage/make.h"

#include "storage/engine.h"
#include "storage/postgres/look.h"
#include "storage/sqlite/state.h"

bool vb_store_is_postgres(struct vb_span url)
{
    return vb_span_starts(url, VB_SPAN("postgres:")) ||
           vb_span_starts(url, VB_SPAN("postgresql:"));
}

static bool has_word(struct vb_span text, struct vb_span word)
{
    for (size_t i = 0; i + word.len <= text.len; i++)
        if (vb_span_ieq(vb_span_head(vb_span_from(text, i), word.len), word))
            return true;
    return false;
}

/* What is no URL of ours may be one with a mistake in it: then nothing of it is
 * shown but what kind of URL it would be. */
static void show_strange(struct vb_span url, struct vb_buf *to)
{
    ssize_t colon = vb_span_find(url, ':', 0);

    if (vb_span_find(url, '@', 0) < 0 && !has_word(url, VB_SPAN("passw"))) {
        vb_buf_append(to, url);
        return;
    }
    vb_buf_append(to, vb_span_head(url, (size_t)(colon + 1)));
    vb_buf_str(to, "...");
}

void vb_store_show(struct vb_span url, struct vb_buf *to)
{
    if (vb_store_is_postgres(url))
        vb__pg_url_show(url, to);
    else if (vb_span_starts(url, VB_SPAN("sqlite:")) ||
             vb_span_starts(url, VB_SPAN("memory:")))
        vb_buf_append(to, url);
    else
        show_strange(url, to);
}

enum vb_err vb_store_look(struct vb_span url, struct vb_buf *ret_why)
{
    struct vb__pg_found found = {.schema = {.reads = true}};
    struct vb__pg_url read;
    enum vb_err err = vb__pg_url_read(url, &read, ret_why);

    if (err == VB_OK)
        err = vb__pg_look(&read, &found, ret_why);
    vb__pg_url_done(&read);
    return err;
}

static enum vb_err make_postgres(struct vb_span text, bool citus,
                                 struct vb_store_made *ret_made,
                                 struct vb_buf *ret_why)
{
    struct vb__pg_found found = {.schema = {.migrates = true, .citus = citus}};
    struct vb__pg_url url;
    enum vb_err err = vb__pg_url_read(text, &url, ret_why);

    if (err == VB_OK)
        err = vb__pg_look(&url, &found, ret_why);
    if (err == VB_OK)
        *ret_made = (struct vb_store_made){.citus = found.identity.citus,
                                           .found = found.schema.found,
                                           .version = found.schema.version};
    vb__pg_url_done(&url);
    return err;
}

/* To open it is to bring it up: nobody else can have it open. */
static enum vb_err make_sqlite(struct vb_span url, bool citus,
                               struct vb_store_made *ret_made,
                               struct vb_buf *ret_why)
{
    struct vb_span rest = vb_span_from(url, sizeof("sqlite:") - 1);
    struct vb_store *store;
    enum vb_err err;

    if (citus) {
        vb_buf_printf(ret_why, "%.*s: is one file, and not for Citus",
                      VB_FMT(url));
        return VB_ERR_INVALID;
    }
    *ret_made = (struct vb_store_made){.citus = false};
    ret_made->found = vb__sqlite_version(rest);
    err = vb_store_open(url, &store, ret_why);
    if (err != VB_OK)
        return err;
    vb_store_close(store);
    ret_made->version = vb__sqlite_version(rest);
    return VB_OK;
}

enum vb_err vb_store_make(struct vb_span url, bool citus,
                          struct vb_store_made *ret_made,
                          struct vb_buf *ret_why)
{
    if (vb_store_is_postgres(url))
        return make_postgres(url, citus, ret_made, ret_why);
    if (vb_span_starts(url, VB_SPAN("sqlite:")))
        return make_sqlite(url, citus, ret_made, ret_why);
    vb_buf_printf(ret_why, "%.*s: nothing is to be made there", VB_FMT(url));
    return VB_ERR_UNSUPPORTED;
}
