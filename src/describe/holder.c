/*
 * Whose account it is that somebody else vouches for: `account` of a security
 * scheme names the claim of a token, or the name in a certificate, that is the
 * login of its holder's account.
 */
#include "describe/read.h"

static yyjson_val *account_of(struct vb__reader *r, yyjson_val *val)
{
    return vb__extension_get(r, val, VB__AT_SCHEME, "account");
}

/* Then what the holder may is the account's to say. */
struct vb_span vb__holder_claim(struct vb__reader *r, yyjson_val *val)
{
    yyjson_val *account = account_of(r, val);

    if (!account)
        return VB_SPAN("");
    if (yyjson_get_len(account) == 0)
        vb__error(r, account, "\"account\" names a claim");
    if (vb__extension_get(r, val, VB__AT_SCHEME, "roles"))
        vb__error(r, account,
                  "\"account\" and \"roles\" are one too many: an account has "
                  "roles of its own");
    return vb_json_text(account);
}

enum vb_holder_name vb__holder_name(struct vb__reader *r, yyjson_val *val)
{
    static const char *const names[] = {
        [VB_HOLDER_EMAIL] = "email",     [VB_HOLDER_URI] = "uri",
        [VB_HOLDER_DNS] = "dns",         [VB_HOLDER_COMMON_NAME] = "cn",
        [VB_HOLDER_SUBJECT] = "subject",
    };
    const size_t count = sizeof(names) / sizeof(names[0]);
    yyjson_val *account = account_of(r, val);

    for (size_t i = VB_HOLDER_NONE + 1; i < count; i++) {
        if (yyjson_equals_str(account, names[i]))
            return (enum vb_holder_name)i;
    }
    if (account)
        vb__error(r, account,
                  "\"account\" of a certificate must be one of email, uri, "
                  "dns, cn, subject");
    return VB_HOLDER_NONE;
}

bool vb__holder_has_account(const struct vb_scheme *scheme)
{
    return scheme->holder != VB_HOLDER_NONE ||
           (scheme->jwt && scheme->jwt->account_claim.len > 0);
}
