/*
 * What a client may cost us beside what it asks for.
 *
 * Each frame that asks for nothing (PING, SETTINGS, PRIORITY, WINDOW_UPDATE,
 * an empty DATA), and each stream that is begun and then reset (by whomever:
 * a client can make us do it), takes something off a budget; time fills it up
 * again, and so do replies, since honest clients send such frames along with
 * them. Who has used it up is told to calm down and goes (RFC 9113 section
 * 10.5: settings, ping and empty frame floods; CVE-2023-44487, rapid reset).
 */
#include "wire/h2/inner.h"

static int32_t within(int64_t budget)
{
    return budget > VB_H2_BUDGET ? VB_H2_BUDGET : (int32_t)budget;
}

static void fill_up(struct vb_h2 *h2)
{
    int64_t now = h2->wire.env->now.mono_ms;
    int64_t gain = (now - h2->budget_at) * VB_H2_BUDGET_PER_S / 1000;

    if (gain <= 0)
        return;
    h2->budget = within(h2->budget + gain);
    h2->budget_at = now;
}

void vb__h2_spend(struct vb_h2 *h2, int32_t cost)
{
    fill_up(h2);
    h2->budget -= cost;
    if (h2->budget < 0)
        vb__h2_give_up(h2, NGHTTP2_ENHANCE_YOUR_CALM);
}

void vb__h2_gain(struct vb_h2 *h2, int32_t gain)
{
    h2->budget = within(h2->budget + (int64_t)gain);
}
