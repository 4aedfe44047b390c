/* What commands share. See command.h. */
#include "server/command.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "server/cli.h"

#define TEXT_MOST ((size_t)64 * 1024)

int vb__usage_error(const char *format, ...)
{
    char text[900];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    vb_log(VB_LOG_ERROR, "%s", text);
    return VB_EXIT_USAGE;
}

/*
 * Who reads our output may have seen enough (`| head`): that is no news to
 * tell, but what was asked for did not get through.
 */
int vb__print(const struct vb_buf *text, int status)
{
    size_t done = 0;

    if (text->err != VB_OK)
        return vb__usage_error("%s", vb_err_text(text->err));
    while (done < text->len) {
        ssize_t n = write(STDOUT_FILENO, text->ptr + done, text->len - done);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EPIPE)
            return VB_EXIT_USAGE;
        if (n < 0)
            return vb__usage_error("cannot write the output: %s",
                                   strerror(errno));
        done += (size_t)n;
    }
    return status;
}

int vb__command_config(const struct vb_command_line *line, char *const *rest,
                       size_t rest_count, const char *file,
                       struct vb_config *ret_config)
{
    const struct vb_config_sources sources = {
        .arguments = rest,
        .argument_count = rest_count,
        .environment = line->environment,
    };
    struct vb_buf why, warnings;
    enum vb_err err;

    vb_buf_init(&why, TEXT_MOST);
    vb_buf_init(&warnings, TEXT_MOST);
    err = vb_config_read(&sources, ret_config, &why, &warnings);
    if (err != VB_OK)
        vb_log(VB_LOG_ERROR, "%.*s", VB_FMT(vb_buf_span(&why)));
    else if (file != NULL)
        ret_config->description = file;
    vb_buf_done(&warnings);
    vb_buf_done(&why);
    return err == VB_OK ? 0 : VB_EXIT_USAGE;
}
