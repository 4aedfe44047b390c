/* Networks of IP addresses. See network.h. */
#include "http/network.h"

#include <arpa/inet.h>
#include <string.h>

/* The last 32 bits of a mapped one. */
enum { MAPPED_BITS = 96 };

/* How many bits the address can have; 0: it is none. */
static unsigned parse_address(struct vb_span text, uint8_t ret_ip[16])
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    char copy[INET6_ADDRSTRLEN];

    if (text.len == 0 || text.len >= sizeof(copy))
        return 0;
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    if (strlen(copy) != text.len)
        return 0;
    if (inet_pton(AF_INET6, copy, ret_ip) == 1)
        return 128;
    if (inet_pton(AF_INET, copy, ret_ip + sizeof(mapped)) != 1)
        return 0;
    memcpy(ret_ip, mapped, sizeof(mapped));
    return 32;
}

/* Is nothing set beyond the bits that count? */
static bool is_clean(const struct vb_network *network)
{
    unsigned at = network->bits / 8;

    if (at == 16)
        return true;
    if ((network->ip[at] & (0xff >> network->bits % 8)) != 0)
        return false;
    while (++at < 16)
        if (network->ip[at] != 0)
            return false;
    return true;
}

bool vb_network_parse(struct vb_span text, struct vb_network *ret_network)
{
    ssize_t slash = vb_span_find(text, '/', 0);
    size_t len = slash < 0 ? text.len : (size_t)slash;
    struct vb_network network;
    unsigned most = parse_address(vb_span_head(text, len), network.ip);
    int64_t bits = most;

    if (most == 0 ||
        (slash >= 0 && !vb_span_i64(vb_span_from(text, len + 1), &bits)) ||
        bits < 0 || bits > most)
        return false;
    network.bits = (uint8_t)(most == 32 ? MAPPED_BITS + bits : bits);
    if (!is_clean(&network))
        return false;
    *ret_network = network;
    return true;
}

bool vb_network_has(const struct vb_network *network, const uint8_t ip[16])
{
    unsigned whole = network->bits / 8, rest = network->bits % 8;

    return memcmp(network->ip, ip, whole) == 0 &&
           (rest == 0 || (network->ip[whole] ^ ip[whole]) >> (8 - rest) == 0);
}
