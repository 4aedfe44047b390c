/* Which protocol a client speaks. See client.h. */
#include "wire/client.h"

#include "wire/h1c/h1c.h"
#include "wire/h2c/h2c.h"

size_t vb_client_wire_size(void)
{
    size_t h1 = vb_h1c_size(), h2 = vb_h2c_size();

    return h1 > h2 ? h1 : h2;
}

struct vb_wire *vb_client_wire_init(void *memory, struct vb_env *env,
                                    const struct vb_peer *peer,
                                    enum vb_client_kind kind,
                                    struct vb_client **ret_client)
{
    if (kind == VB_CLIENT_HTTP_2)
        return vb_h2c_init(memory, env, peer, ret_client);
    return vb_h1c_init(memory, env, peer, kind == VB_CLIENT_BARE, ret_client);
}
