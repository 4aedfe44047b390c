/*
 * The inside of `verbatim account add`: a POST to the collection of accounts,
 * made in this process (local.h) by who runs it, who may what an administrator
 * may.
 *
 *     words ─▶ vb__account_request ─▶ JSON, the password last ─▶ POST ─▶ its
 *                                                                Location
 */
#ifndef VB_SERVER_ACCOUNT_H
#define VB_SERVER_ACCOUNT_H

#include "access/password.h"
#include "describe/describe.h"
#include "server/command.h"

/* What is wanted, as the command line has it; texts are borrowed from it. */
struct vb__account_request {
    const char *file; /* the description, or NULL */
    const char *login;
    const char **roles;
    size_t role_count;
    const char **properties; /* NAME=VALUE */
    size_t property_count;
    char **rest; /* options of `serve` */
    size_t rest_count;
};

/* account_request.c: reads the words. 0, or the exit status with the reason on
 * stderr. In either case: vb__account_request_done. */
int vb__account_request_read(const struct vb_command_line *line,
                             struct vb__account_request *ret_request);
void vb__account_request_done(struct vb__account_request *request);

/* account_content.c: appends the account as JSON, but for its password and for
 * what closes it. 0, or the exit status with the reason on stderr: it is
 * nothing that an account could be. */
int vb__account_write(const struct vb__account_request *request,
                      const struct vb_accounts *accounts,
                      struct vb_buf *content);

/* account_add.c: makes it, and prints its URI. The exit status; the reason is
 * on stderr. */
int vb__account_add(const struct vb__account_request *request,
                    const struct vb_config *config);

/*
 * secret.c: reads a password into `into`: from the terminal, twice and without
 * showing it, or the first line of what is none. 0, or the exit status with
 * the reason on stderr.
 */
#define VB__SECRET_SIZE (VB_PASSWORD_MOST + 1)
int vb__secret_read(char into[VB__SECRET_SIZE], struct vb_span *ret_secret);

#endif
