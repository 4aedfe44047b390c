/* Frames as such: a length, a type, flags, a stream, a payload (RFC 9113
 * section 4.1). */
#include "wire/h2/format.h"

#include <stddef.h>

#define ANY VB_H2_FRAME_MAX

/* RFC 9113 section 6, RFC 9218 section 7.1. PUSH_PROMISE may be nowhere: it is
 * a server's. SETTINGS is of more than we read where it must be an attack. */
static const struct vb_h2_rule rules[] = {
    [VB_H2_DATA] = {.on_stream = true, .most = ANY},
    [VB_H2_HEADERS] = {.on_stream = true, .most = ANY},
    [VB_H2_PRIORITY] = {.on_stream = true,
                        .stream_error = true,
                        .whole = true,
                        .least = 5,
                        .most = 5},
    [VB_H2_RST_STREAM] = {.on_stream = true,
                          .whole = true,
                          .least = 4,
                          .most = 4},
    [VB_H2_SETTINGS] = {.on_connection = true, .whole = true, .most = ANY},
    [VB_H2_PUSH_PROMISE] = {.most = ANY},
    [VB_H2_PING] = {.on_connection = true,
                    .whole = true,
                    .least = 8,
                    .most = 8},
    [VB_H2_GOAWAY] = {.on_connection = true,
                      .whole = true,
                      .least = 8,
                      .most = ANY},
    [VB_H2_WINDOW_UPDATE] = {.on_stream = true,
                             .on_connection = true,
                             .whole = true,
                             .least = 4,
                             .most = 4},
    [VB_H2_CONTINUATION] = {.on_stream = true, .most = ANY},
};

static const struct vb_h2_rule priority_update = {
    .on_connection = true, .whole = true, .least = 4, .most = ANY};

const struct vb_h2_rule *vb__h2_rule(uint8_t type)
{
    if (type == VB_H2_PRIORITY_UPDATE)
        return &priority_update;
    return type < sizeof(rules) / sizeof(rules[0]) ? &rules[type] : NULL;
}

uint32_t vb__h2_u32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
           (uint32_t)at[2] << 8 | at[3];
}

void vb__h2_put_u32(char *at, uint32_t n)
{
    for (int i = 3; i >= 0; i--, n >>= 8)
        at[i] = (char)(n & 0xff);
}

void vb__h2_frame_read(struct vb_h2_frame *frame,
                       const uint8_t at[VB_H2_FRAME_HEAD])
{
    *frame = (struct vb_h2_frame){.length = vb__h2_u32(at) >> 8,
                                  .type = at[3],
                                  .flags = at[4],
                                  .id = vb__h2_u32(at + 5) & VB_H2_ID_MAX};
}

void vb__h2_frame_write(char at[VB_H2_FRAME_HEAD], uint32_t length,
                        uint8_t type, uint8_t flags, uint32_t id)
{
    vb__h2_put_u32(at, length << 8 | type);
    at[4] = (char)flags;
    vb__h2_put_u32(at + 5, id);
}

bool vb__h2_credit_take(struct vb_h2_credit *credit, uint32_t n)
{
    if ((int64_t)n > credit->left)
        return false;
    credit->left -= (int32_t)n;
    return true;
}
