/* Values of the document with the type that is expected of them, and notes at
 * them when they have another. See read.h. */
#include "base/assert.h"
#include "describe/read.h"
#include "http/chars.h"

#include <stdarg.h>
#include <stdio.h>

/* A reference may lead to a reference; a circle never ends. */
enum { FOLLOW_MOST = 32 };

struct vb_place vb__spot(struct vb__reader *r, const yyjson_val *at)
{
    return vb__files_spot(r->files, at);
}

struct vb_place vb__place(struct vb__reader *r, const yyjson_val *at)
{
    return vb__files_place(r->files, at);
}

void vb__error(struct vb__reader *r, const yyjson_val *at, const char *format,
               ...)
{
    struct vb_place place = vb__place(r, at);
    char text[400];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    vb_note(r->notes, VB_NOTE_ERROR, VB_SPAN(""), &place, "%s", text);
}

void vb__warn(struct vb__reader *r, const char *rule,
              const struct vb_place *place, const char *format, ...)
{
    char text[400];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    vb_note(&r->into->warnings, VB_NOTE_WARNING, vb_span_str(rule), place, "%s",
            text);
}

/* --- types --------------------------------------------------------------- */

static yyjson_val *member_of_type(struct vb__reader *r, yyjson_val *in,
                                  const char *name, yyjson_type type,
                                  const char *type_name)
{
    yyjson_val *val = yyjson_obj_get(in, name);

    if (!val || yyjson_get_type(val) == type)
        return val;
    vb__error(r, val, "%s must be %s", name, type_name);
    return NULL;
}

yyjson_val *vb__object(struct vb__reader *r, yyjson_val *in, const char *name)
{
    return member_of_type(r, in, name, YYJSON_TYPE_OBJ, "an object");
}

yyjson_val *vb__array(struct vb__reader *r, yyjson_val *in, const char *name)
{
    return member_of_type(r, in, name, YYJSON_TYPE_ARR, "an array");
}

struct vb_span vb__string(struct vb__reader *r, yyjson_val *in,
                          const char *name)
{
    yyjson_val *val = member_of_type(r, in, name, YYJSON_TYPE_STR, "a string");

    return val ? vb_json_text(val) : VB_SPAN("");
}

struct vb_span vb__string_needed(struct vb__reader *r, yyjson_val *in,
                                 const char *name)
{
    vb_assert(name != NULL); /* or gcc -O3 thinks that it may be */
    if (!yyjson_obj_get(in, name))
        vb__error(r, in, "%s is missing", name);
    return vb__string(r, in, name);
}

bool vb__bool(struct vb__reader *r, yyjson_val *in, const char *name,
              bool otherwise)
{
    yyjson_val *val =
        member_of_type(r, in, name, YYJSON_TYPE_BOOL, "true or false");

    return val ? yyjson_get_bool(val) : otherwise;
}

yyjson_val *vb__must_be_object(struct vb__reader *r, yyjson_val *val)
{
    if (yyjson_is_obj(val))
        return val;
    vb__error(r, val, "this must be an object");
    return NULL;
}

bool vb__is_whole(yyjson_val *val, int64_t least, int64_t most, int64_t *ret)
{
    return vb_json_is_number(val) && vb_span_i64(vb_json_text(val), ret) &&
           *ret >= least && *ret <= most;
}

bool vb__is_plain(struct vb_span text)
{
    return vb_chars_none(text, VB_CHAR_CTL);
}

/* --- references ---------------------------------------------------------- */

yyjson_val *vb__follow(struct vb__reader *r, yyjson_val *val)
{
    yyjson_val *at = val;

    for (int i = 0; i < FOLLOW_MOST; i++) {
        yyjson_val *ref = yyjson_obj_get(at, "$ref");

        if (!ref)
            return at;
        if (!yyjson_is_str(ref)) {
            vb__error(r, ref, "$ref must be a string");
            return NULL;
        }
        at = vb__files_resolve(r->files, ref);
        if (!at)
            return NULL;
    }
    vb__error(r, val, "$ref leads around in a circle");
    return NULL;
}
