/* Which addresses are tried. See targets.h. */
#include "loop/targets.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include "exchange/peer.h"

void vb_targets_of_path(const struct vb_dial *dial, struct vb_targets *ret)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    size_t len = strlen(dial->to->path);

    ret->count = 0;
    if (len == 0 || len >= sizeof(un.sun_path))
        return;
    memcpy(un.sun_path, dial->to->path, len);
    ret->at[0] = (struct vb_address){.len = sizeof(un)};
    memcpy(&ret->at[0].sa, &un, sizeof(un));
    ret->count = 1;
}

/* False: it is of no family that we know. */
static bool read_address(const struct addrinfo *info, uint16_t port,
                         struct vb_address *ret)
{
    struct sockaddr_in6 *in6 = (void *)&ret->sa;
    struct sockaddr_in *in4 = (void *)&ret->sa;

    if ((info->ai_family != AF_INET6 && info->ai_family != AF_INET) ||
        info->ai_addrlen > sizeof(ret->sa))
        return false;
    *ret = (struct vb_address){.len = info->ai_addrlen};
    memcpy(&ret->sa, info->ai_addr, info->ai_addrlen);
    if (info->ai_family == AF_INET6)
        in6->sin6_port = htons(port);
    else
        in4->sin_port = htons(port);
    return true;
}

static bool is_allowed(const struct vb_dial *dial,
                       const struct vb_address *address)
{
    struct vb_peer peer = vb_peer_of(&address->sa);

    return dial->allowed == NULL || dial->allowed(dial, peer.ip);
}

/* The next of the list that is of this family, if there is one. */
static bool take_next(const struct vb_dial *dial, const struct addrinfo **list,
                      int family, struct vb_address *ret)
{
    for (; *list != NULL; *list = (*list)->ai_next)
        if ((*list)->ai_family == family &&
            read_address(*list, dial->to->port, ret) && is_allowed(dial, ret)) {
            *list = (*list)->ai_next;
            return true;
        }
    return false;
}

void vb_targets_of_list(const struct vb_dial *dial, const struct addrinfo *list,
                        struct vb_targets *ret)
{
    const bool ipv4 = list != NULL && list->ai_family == AF_INET;
    const int families[] = {ipv4 ? AF_INET : AF_INET6,
                            ipv4 ? AF_INET6 : AF_INET};
    const struct addrinfo *rest[] = {list, list};

    ret->count = 0;
    for (int round = 0; round < VB_TARGETS_OF_FAMILY; round++)
        for (size_t i = 0; i < 2; i++)
            if (take_next(dial, &rest[i], families[i], &ret->at[ret->count]))
                ret->count++;
}

bool vb_targets_of_literal(const struct vb_dial *dial, struct vb_targets *ret)
{
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
    struct sockaddr_in in4 = {.sin_family = AF_INET};
    struct addrinfo info = {.ai_family = AF_INET6,
                            .ai_addr = (struct sockaddr *)&in6,
                            .ai_addrlen = sizeof(in6)};

    if (inet_pton(AF_INET6, dial->to->host, &in6.sin6_addr) != 1) {
        if (inet_pton(AF_INET, dial->to->host, &in4.sin_addr) != 1)
            return false;
        info.ai_family = AF_INET;
        info.ai_addr = (struct sockaddr *)&in4;
        info.ai_addrlen = sizeof(in4);
    }
    vb_targets_of_list(dial, &info, ret);
    return true;
}
