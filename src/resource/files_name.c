/* From a URI's path to a file's. See files_disk.h. */
#include "http/path.h"
#include "http/percent.h"
#include "resource/files_disk.h"

/* Bytes of a path that the kernel would take. */
#define PATH_BYTES 4096

/* A segment that nobody who means a file would ask for. Names that begin with
 * a dot are hidden, but for the one that RFC 8615 puts at the root. */
static bool is_name(struct vb_span segment, bool at_root)
{
    if (segment.len == 0 || memchr(segment.ptr, '/', segment.len) != NULL ||
        memchr(segment.ptr, '\\', segment.len) != NULL)
        return false;
    return segment.ptr[0] != '.' ||
           (at_root && vb_span_eq(segment, VB_SPAN(".well-known")));
}

static bool append_path(struct vb_arena *arena, struct vb_span path,
                        size_t depth, struct vb_buf *buf)
{
    struct vb_segments segments;
    struct vb_span segment;

    vb_segments_init(&segments, path);
    for (size_t i = 0; vb_segments_next(&segments, &segment); i++) {
        if (i < depth)
            continue;
        if (buf->len > 0)
            vb_buf_char(buf, '/');
        if (segment.len == 0 && segments.rest.len == 0) {
            vb_buf_str(buf, VB_FILES_INDEX);
            return true;
        }
        if (vb_percent_decode(arena, segment, &segment) != VB_OK ||
            !is_name(segment, i == 0))
            return false;
        vb_buf_append(buf, segment);
    }
    return true;
}

struct vb_span vb__files_last(const struct vb_files_name *name)
{
    size_t from = name->len;

    while (from > 0 && name->path[from - 1] != '/')
        from--;
    return vb_span_of(name->path + from, name->len - from);
}

bool vb__files_name(struct vb_arena *arena, struct vb_span path, size_t depth,
                    struct vb_files_name *ret_name)
{
    struct vb_buf buf;
    char *copy = NULL;

    vb_buf_init(&buf, PATH_BYTES);
    if (append_path(arena, path, depth, &buf) && buf.err == VB_OK)
        copy = vb_arena_calloc(arena, 1, buf.len + VB_FILES_ROOM);
    if (copy != NULL && buf.len > 0)
        memcpy(copy, buf.ptr, buf.len);
    ret_name->path = copy;
    ret_name->len = buf.len;
    vb_buf_done(&buf);
    return copy != NULL;
}
