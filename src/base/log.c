/* Lines for the operator. See log.h. */
#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

static atomic_int max_level = VB_LOG_NOTICE;

void vb_log_set_level(enum vb_log_level level)
{
    atomic_store(&max_level, (int)level);
}

void vb_log(enum vb_log_level level, const char *format, ...)
{
    static const char *const words[] = {
        [VB_LOG_ERROR] = "error: ",
        [VB_LOG_WARNING] = "warning: ",
        [VB_LOG_NOTICE] = "",
        [VB_LOG_DEBUG] = "debug: ",
    };
    char line[1024];
    va_list args;
    int len;

    if ((int)level > atomic_load(&max_level))
        return;
    len = snprintf(line, sizeof(line), "verbatim: %s", words[level]);
    va_start(args, format);
    len += vsnprintf(line + len, sizeof(line) - (size_t)len - 1, format, args);
    va_end(args);
    if (len > (int)sizeof(line) - 2)
        len = (int)sizeof(line) - 2;
    line[len++] = '\n';
    /* One write, so that lines of several threads never mix. There is no one
     * to tell when stderr is gone. */
    if (write(STDERR_FILENO, line, (size_t)len) < 0)
        return;
}

void vb_log_quoted(struct vb_buf *buf, struct vb_span s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];

        if (c < 0x20 || c >= 0x7f || c == '"' || c == '\\')
            vb_buf_printf(buf, "\\x%02X", c);
        else
            vb_buf_char(buf, (char)c);
    }
}
