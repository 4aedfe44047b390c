/* The form of stored responses in memory: see response_inner.h. */
#include "caching/response_inner.h"

#include <stdlib.h>

#include "http/status.h"

static void release_content(void *owner)
{
    vb_kept_content_unref(owner);
}

/* A representation with this content, or none; of a part, the whole's, whose
 * bytes are not in it. */
static struct vb_rep *make_rep(struct vb_rep_parts *parts,
                               const struct vb_stored_response *from,
                               struct vb_kept_content *content)
{
    struct vb_rep *rep;

    if (content != NULL && from->part.complete > 0) {
        parts->streamed = true;
        parts->length = from->part.complete;
        content = NULL;
    }
    if (content != NULL) {
        parts->content = vb_kept_content_span(content);
        parts->length = parts->content.len;
        parts->owner = vb_kept_content_ref(content);
        parts->release = release_content;
    }
    if (!vb_status_has_content(from->status)) /* RFC 9110 section 8.6 */
        parts->length = VB_LENGTH_UNKNOWN;
    rep = vb_rep_received(parts);
    if (rep == NULL)
        vb_kept_content_unref(content);
    return rep;
}

/* Copies s to *at, moves *at on, and gives the copy. */
static struct vb_span put(char **at, struct vb_span s)
{
    struct vb_span copy = {*at, s.len};

    if (s.len > 0)
        memcpy(*at, s.ptr, s.len);
    *at += s.len;
    return copy;
}

/* All that `from` says, with texts of its own, and another representation. */
static struct vb_stored_response *lay_out(const struct vb_stored_response *from,
                                          struct vb_rep *rep,
                                          struct vb_kept_content *content)
{
    struct vb_stored_response *response;
    size_t size =
        sizeof(*response) + from->group_count * sizeof(struct vb_span);
    struct vb_span *groups;
    char *at;

    size += from->vary.len + from->values.len + from->cache_status.len;
    for (size_t i = 0; i < from->group_count; i++)
        size += from->groups[i].len;
    response = malloc(size);
    if (response == NULL)
        return NULL;
    groups = (struct vb_span *)(response + 1);
    at = (char *)(groups + from->group_count);
    *response = *from;
    vb_date_format(from->freshness.date, response->date);
    vb_ref_init(&response->ref);
    response->rep = rep;
    response->vary = put(&at, from->vary);
    response->values = put(&at, from->values);
    response->cache_status = put(&at, from->cache_status);
    for (size_t i = 0; i < from->group_count; i++)
        groups[i] = put(&at, from->groups[i]);
    response->groups = groups;
    response->size = size + vb_rep_size(rep);
    response->content = NULL;
    if (content != NULL) {
        response->content = vb_kept_content_ref(content);
        response->size += content->size - rep->content.len;
    }
    return response;
}

struct vb_stored_response *
vb__response_form(const struct vb_stored_response *from,
                  struct vb_rep_parts *parts, struct vb_kept_content *content)
{
    struct vb_rep *rep = make_rep(parts, from, content);
    struct vb_stored_response *response;

    if (rep == NULL)
        return NULL;
    response = lay_out(from, rep, content);
    if (response == NULL)
        vb_rep_unref(rep);
    return response;
}

/* Which field of a representation has this value; -1: none. */
static int index_of(const struct vb_rep *rep, struct vb_span value)
{
    for (int i = 0; i < rep->field_count; i++)
        if (value.len > 0 && rep->fields[i].value.ptr == value.ptr)
            return i;
    return -1;
}

void vb__response_parts(const struct vb_stored_response *response,
                        struct vb_rep_parts *ret_parts)
{
    const struct vb_rep *rep = response->rep;

    *ret_parts = (struct vb_rep_parts){
        .fields = rep->fields,
        .count = rep->field_count,
        .repeated = rep->repeated,
        .etag = index_of(rep, rep->etag),
        .media_type = index_of(rep, rep->media_type),
        .modified = rep->modified,
        .coded = rep->coded,
    };
}

struct vb_stored_response *
vb_stored_response_part(const struct vb_stored_response *response,
                        struct vb_part part, struct vb_kept_content *content)
{
    struct vb_stored_response from = *response;
    struct vb_rep_parts parts;

    from.part = part;
    vb__response_parts(response, &parts);
    return vb__response_form(&from, &parts, content);
}

struct vb_stored_response *
vb_stored_response_filled(const struct vb_stored_response *streamed,
                          struct vb_kept_content *content)
{
    return vb_stored_response_part(streamed, streamed->part, content);
}

void vb_stored_response_unref(struct vb_stored_response *response)
{
    if (response == NULL || !vb_ref_put(&response->ref))
        return;
    vb_rep_unref(response->rep);
    vb_kept_content_unref(response->content);
    free(response);
}
