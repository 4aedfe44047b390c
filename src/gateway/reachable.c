/* Which addresses are public, and what a proxy's rules say. See reachable.h. */
#include "gateway/reachable.h"

#include <string.h>

#define V4(a, b, c, d)                                                         \
    {                                                                          \
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, (a), (b), (c), (d)           \
    }

/* RFC 6890 and the registries of special addresses that it has founded. What
 * holds an address of IPv4 in one of IPv6 is none of these: it is looked at as
 * that. */
static const struct vb_network special[] = {
    {V4(0, 0, 0, 0), 96 + 8},       /* this network */
    {V4(10, 0, 0, 0), 96 + 8},      /* private */
    {V4(100, 64, 0, 0), 96 + 10},   /* shared between a provider's clients */
    {V4(127, 0, 0, 0), 96 + 8},     /* this machine */
    {V4(169, 254, 0, 0), 96 + 16},  /* a link's: also where clouds keep keys */
    {V4(172, 16, 0, 0), 96 + 12},   /* private */
    {V4(192, 0, 0, 0), 96 + 24},    /* protocols */
    {V4(192, 0, 2, 0), 96 + 24},    /* documentation */
    {V4(192, 88, 99, 0), 96 + 24},  /* relays, of old */
    {V4(192, 168, 0, 0), 96 + 16},  /* private */
    {V4(198, 18, 0, 0), 96 + 15},   /* benchmarks */
    {V4(198, 51, 100, 0), 96 + 24}, /* documentation */
    {V4(203, 0, 113, 0), 96 + 24},  /* documentation */
    {V4(224, 0, 0, 0), 96 + 3},     /* many; reserved; all */
    {{0}, 96}, /* none, this machine, and what is like it */
    {{0x00, 0x64, 0xff, 0x9b, 0x00, 0x01}, 48}, /* a network's translators */
    {{0x01}, 64},                               /* discarded */
    {{0x20, 0x01}, 23},             /* protocols, Teredo among them */
    {{0x20, 0x01, 0x0d, 0xb8}, 32}, /* documentation */
    {{0x3f, 0xff}, 20},             /* documentation */
    {{0x5f}, 16},                   /* segment routing */
    {{0xfc}, 7},                    /* private */
    {{0xfe, 0x80}, 10},             /* a link's */
    {{0xfe, 0xc0}, 10},             /* a site's, of old */
    {{0xff}, 8},                    /* many */
};

/* The address of IPv4 that one of IPv6 stands for, where a translator makes one
 * of it (RFC 6052, RFC 3056), in the mapped form. */
static bool is_translated(const uint8_t ip[16], uint8_t ret[16])
{
    static const uint8_t nat64[12] = {0x00, 0x64, 0xff, 0x9b};
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    const uint8_t *v4 = NULL;

    if (memcmp(ip, nat64, sizeof(nat64)) == 0)
        v4 = ip + 12;
    else if (ip[0] == 0x20 && ip[1] == 0x02)
        v4 = ip + 2;
    if (v4 == NULL)
        return false;
    memcpy(ret, mapped, sizeof(mapped));
    memcpy(ret + sizeof(mapped), v4, 4);
    return true;
}

bool vb_address_is_public(const uint8_t ip[16])
{
    uint8_t translated[16];

    if (is_translated(ip, translated))
        return vb_address_is_public(translated);
    for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); i++)
        if (vb_network_has(&special[i], ip))
            return false;
    return true;
}

/* --- reading a rule ---------------------------------------------------------
 */

/* What stands behind the last colon that is not within brackets. */
static bool cut_port(struct vb_span *text, int *ret_port)
{
    size_t at = text->len;
    struct vb_span port;
    int64_t n;

    *ret_port = 0;
    while (at > 0 && text->ptr[at - 1] != ':' && text->ptr[at - 1] != ']')
        at--;
    if (at == 0 || text->ptr[at - 1] != ':')
        return true;
    port = vb_span_from(*text, at);
    *text = vb_span_head(*text, at - 1);
    if (vb_span_eq(port, VB_SPAN("*"))) {
        *ret_port = -1;
        return true;
    }
    if (!vb_span_i64(port, &n) || n < 1 || n > 65535)
        return false;
    *ret_port = (int)n;
    return true;
}

static bool cut_bits(struct vb_span *text, int64_t *ret_bits)
{
    ssize_t slash = vb_span_find(*text, '/', 0);

    *ret_bits = -1;
    if (slash < 0)
        return true;
    if (!vb_span_i64(vb_span_from(*text, (size_t)slash + 1), ret_bits))
        return false;
    *text = vb_span_head(*text, (size_t)slash);
    return *ret_bits >= 0;
}

static bool take_addresses(const struct vb_authority *host, int64_t bits,
                           struct vb_allowance *a)
{
    bool v4 = host->kind == VB_HOST_IPV4;
    int64_t most = v4 ? 32 : 128;

    if (bits > most)
        return false;
    a->addresses = true;
    a->network.bits = (uint8_t)((bits < 0 ? most : bits) + (v4 ? 96 : 0));
    if (v4)
        a->network.ip[10] = a->network.ip[11] = 0xff;
    memcpy(a->network.ip + (v4 ? 12 : 0), host->address, v4 ? 4 : 16);
    return true;
}

static bool take_name(struct vb_span text, struct vb_allowance *a)
{
    struct vb_authority host;

    a->below = vb_span_starts(text, VB_SPAN("*."));
    a->name = vb_span_from(text, a->below ? 2 : 0);
    return vb_authority_parse_host(a->name, &host) &&
           host.kind == VB_HOST_NAME && host.port == VB_PORT_NONE;
}

static bool parse(struct vb_span text, struct vb_allowance *a)
{
    struct vb_authority host;
    int64_t bits;

    if (!cut_port(&text, &a->port) || !cut_bits(&text, &bits))
        return false;
    if (vb_span_eq(text, VB_SPAN("*")) && bits < 0) {
        a->below = true;
        return true;
    }
    if (vb_authority_parse_host(text, &host) &&
        (host.kind == VB_HOST_IPV4 || host.kind == VB_HOST_IPV6))
        return take_addresses(&host, bits, a);
    return bits < 0 && take_name(text, a);
}

enum vb_err vb_allowance_parse(struct vb_span text,
                               struct vb_allowance *ret_allowance,
                               struct vb_buf *ret_why)
{
    struct vb_allowance a = {.name = VB_SPAN("")};

    if (!parse(text, &a)) {
        vb_buf_printf(ret_why,
                      "%.*s is no host, name below *. or network, with or "
                      "without a port",
                      VB_FMT(text));
        return VB_ERR_SYNTAX;
    }
    *ret_allowance = a;
    return VB_OK;
}

/* --- asking -----------------------------------------------------------------
 */

static bool has_port(const struct vb_allowance *a, int port)
{
    if (a->port == 0)
        return port == 80 || port == 443;
    return a->port < 0 || a->port == port;
}

/* A dot at the end means the same name. */
static struct vb_span plain(struct vb_span name)
{
    return vb_span_ends(name, VB_SPAN(".")) ? vb_span_head(name, name.len - 1)
                                            : name;
}

static bool has_name(const struct vb_allowance *a, struct vb_span name)
{
    size_t more;

    if (a->addresses)
        return false;
    if (!a->below || a->name.len == 0)
        return a->below || vb_span_ieq(plain(name), plain(a->name));
    name = plain(name);
    if (name.len <= a->name.len)
        return false;
    more = name.len - a->name.len;
    return name.ptr[more - 1] == '.' &&
           vb_span_ieq(vb_span_from(name, more), a->name);
}

static bool by_address(const struct vb_allowances *allowances,
                       const uint8_t ip[16], int port)
{
    for (size_t i = 0; i < allowances->count; i++) {
        const struct vb_allowance *a = &allowances->at[i];

        if (a->addresses && has_port(a, port) &&
            vb_network_has(&a->network, ip))
            return true;
    }
    return false;
}

static bool is_any(const struct vb_allowance *a)
{
    return a->below && a->name.len == 0 && !a->addresses;
}

/* An address that is asked for as such: by a rule that has it, or by one that
 * has any, where it is public. */
static bool allows_literal(const struct vb_allowances *allowances,
                           const struct vb_authority *host, int port)
{
    uint8_t ip[16] = {[10] = 0xff, [11] = 0xff};

    if (host->kind == VB_HOST_IPV4)
        memcpy(ip + 12, host->address, 4);
    else
        memcpy(ip, host->address, 16);
    if (by_address(allowances, ip, port))
        return true;
    for (size_t i = 0; i < allowances->count; i++)
        if (is_any(&allowances->at[i]) && has_port(&allowances->at[i], port))
            return vb_address_is_public(ip);
    return false;
}

bool vb_allows_host(const struct vb_allowances *allowances,
                    const struct vb_authority *host, int port)
{
    if (host->kind == VB_HOST_IPV4 || host->kind == VB_HOST_IPV6)
        return allows_literal(allowances, host, port);
    if (host->kind != VB_HOST_NAME)
        return false;
    for (size_t i = 0; i < allowances->count; i++)
        if (has_name(&allowances->at[i], host->host) &&
            has_port(&allowances->at[i], port))
            return true;
    return false;
}

static bool is_loopback(const uint8_t ip[16])
{
    static const struct vb_network v4 = {V4(127, 0, 0, 0), 96 + 8},
                                   v6 = {{[15] = 1}, 128};

    return vb_network_has(&v4, ip) || vb_network_has(&v6, ip);
}

bool vb_allows_address(const struct vb_allowances *allowances,
                       const uint8_t ip[16], int port, bool local)
{
    return vb_address_is_public(ip) || by_address(allowances, ip, port) ||
           (local && is_loopback(ip));
}
