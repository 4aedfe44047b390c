/* Which protocol a client speaks. See client.h. */
#include "wire/client.h"

#include "wire/h1c/h1c.h"

size_t vb_client_wire_size(void)
{
    return vb_h1c_size();
}

struct vb_wire *vb_client_wire_init(void *memory, struct vb_env *env,
                                    const struct vb_peer *peer,
                                    enum vb_client_kind kind,
                                    struct vb_client **ret_client)
{
    return vb_h1c_init(memory, env, peer, kind == VB_CLIENT_BARE, ret_client);
}
