/* `verbatim check FILE`: what of a description would be served. */
#include "describe/check.h"
#include "server/cli.h"
#include "server/command.h"

static int report(const struct vb_description *description)
{
    struct vb_check_counts counts;
    struct vb_buf text;
    enum vb_err err;
    int status;

    vb_buf_init(&text, VB__REPORT_MOST);
    err = vb_check(description, &text, &counts);
    if (err != VB_OK)
        status = vb__usage_error("%s", vb_err_text(err));
    else
        status = vb__print(&text, counts.unserved > 0 ? VB_EXIT_FINDING : 0);
    vb_buf_done(&text);
    return status;
}

int vb__command_check(const struct vb_command_line *line)
{
    return vb__command_description(line, "check", report);
}
