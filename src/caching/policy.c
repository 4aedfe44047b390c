/* Usual choices: see policy.h. */
#include "caching/policy.h"

const struct vb_caching_policy vb_caching_policy_default = {
    .targeted = true,
    .heuristic_percent = 10,
    .heuristic_max_s = 24 * 60 * 60,
};
