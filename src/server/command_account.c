/* `verbatim account`: accounts, without a server. */
#include "server/account.h"

int vb__command_account(const struct vb_command_line *line)
{
    struct vb__account_request request;
    struct vb_config config;
    int status = vb__account_request_read(line, &request);

    if (status == 0)
        status = vb__command_config(line, request.rest, request.rest_count,
                                    request.file, &config);
    if (status == 0) {
        status = vb__account_add(&request, &config);
        vb_config_done(&config);
    }
    vb__account_request_done(&request);
    return status;
}
