/*
 * What a client may cost us beside what it asks for.
 *
 * Each frame that asks for nothing (PING, SETTINGS, PRIORITY, WINDOW_UPDATE,
 * an empty DATA, one that nobody knows), and each stream that is begun and then
 * reset (by whomever: a client can make us do it), takes something off a
 * budget; time fills it up again, and so do replies, since honest clients send
 * such frames along with them. Who has used it up is told to calm down and goes
 * (RFC 9113 section 10.5, RFC 9114 section 10.5: settings, ping and empty frame
 * floods; CVE-2023-44487, rapid reset).
 */
#include "wire/mux/mux.h"

void vb_mux_budget_init(struct vb_mux_budget *budget, int64_t now_ms)
{
    *budget = (struct vb_mux_budget){.at = now_ms, .left = VB_MUX_BUDGET_MAX};
}

static int32_t within(int64_t left)
{
    return left > VB_MUX_BUDGET_MAX ? VB_MUX_BUDGET_MAX : (int32_t)left;
}

static void fill_up(struct vb_mux_budget *budget, int64_t now_ms)
{
    int64_t gain = (now_ms - budget->at) * VB_MUX_BUDGET_PER_S / 1000;

    if (gain <= 0)
        return;
    budget->left = within(budget->left + gain);
    budget->at = now_ms;
}

bool vb_mux_budget_spend(struct vb_mux_budget *budget, int64_t now_ms,
                         int32_t cost)
{
    fill_up(budget, now_ms);
    budget->left -= cost;
    return budget->left >= 0;
}

void vb_mux_budget_gain(struct vb_mux_budget *budget, int32_t gain)
{
    budget->left = within(budget->left + (int64_t)gain);
}
