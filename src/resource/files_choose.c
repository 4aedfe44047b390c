/* Which variant of a file it is to be. See files_visit.h. Also on the
 * executor: nothing here writes. */
#include "http/accept.h"
#include "resource/files_visit.h"

int vb__files_choose_coding(const struct vb_exchange *x,
                            const struct vb_files_look *look)
{
    struct vb_span offers[VB_FILES_CODINGS];
    int codings[VB_FILES_CODINGS];
    struct vb_lines lines;
    size_t offered = 0;
    int chosen;

    vb_fields_lines(&x->head.fields, VB_FIELD_ACCEPT_ENCODING, &lines);
    if (lines.count == 0)
        return VB_FILES_PLAIN;
    for (int i = 0; i < VB_FILES_CODINGS; i++) {
        if (look->ids[i].inode == 0)
            continue;
        codings[offered] = i;
        offers[offered++] = vb__files_codings[i];
    }
    chosen = vb_accept_coding(lines.at, lines.count, offers, offered).offer;
    return chosen < 0 ? -1 : codings[chosen];
}

int vb__files_choose_language(const struct vb_exchange *x,
                              const struct vb_files_languages *languages,
                              uint32_t missing)
{
    struct vb_span offers[VB_OFFERS_MAX];
    size_t there = vb__files_offers(languages, offers), offered = 0;
    struct vb_choice choice;
    struct vb_lines lines;
    int at[VB_OFFERS_MAX];

    for (size_t i = 0; i < there; i++) {
        if ((missing & UINT32_C(1) << i) != 0)
            continue;
        at[offered] = (int)i;
        offers[offered++] = offers[i];
    }
    if (offered == 0)
        return -1;
    vb_fields_lines(&x->head.fields, VB_FIELD_ACCEPT_LANGUAGE, &lines);
    choice = vb_accept_language(lines.at, lines.count, offers, offered);
    return at[choice.offer >= 0 ? choice.offer : choice.spare];
}
