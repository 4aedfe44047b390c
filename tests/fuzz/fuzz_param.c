/* Parameters are made of tokens and closed quotes, one behind the other. The
 * first octet chooses the syntax. */
#include "base/assert.h"
#include "http/chars.h"
#include "http/param.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vb_params params;
    struct vb_param param;
    size_t left = size;

    if (size == 0)
        return 0;
    vb_params_init(&params, vb_span_of((const char *)data + 1, size - 1),
                   data[0] & 3);
    while (vb_params_next(&params, &param)) {
        vb_assert(vb_token_valid(param.name));
        vb_assert(param.quoted || param.value.len == 0 ||
                  vb_token_valid(param.value));
        vb_assert(params.rest.len < left);
        left = params.rest.len;
        vb_param_eq(&param, VB_SPAN("utf-8"));
    }
    vb_assert(params.malformed || params.rest.len == 0);
    return 0;
}
