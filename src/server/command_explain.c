/* `verbatim explain`: the way of one request through the flow. */
#include "flow/explain.h"
#include "server/cli.h"
#include "server/command.h"
#include "server/explain.h"

#define OUTPUT_MOST ((size_t)256 * 1024 * 1024)

static int find_out(const struct vb_command_line *line,
                    struct vb__question *question, struct vb__finding *finding)
{
    struct vb_config config;
    int status;

    if (vb__question_is_remote(question))
        return vb__explain_remote(question, finding);
    status = vb__command_config(line, question->rest, question->rest_count,
                                question->file, &config);
    if (status != 0)
        return status;
    status = vb__explain_local(question, &config, finding);
    vb_config_done(&config);
    return status;
}

/* What is known is shown, even where the explanation is missing. */
static int explain(const struct vb_command_line *line,
                   struct vb__question *question)
{
    struct vb__finding finding = {.stopped = NULL};
    struct vb_buf out;
    enum vb_err err;
    int status;

    vb_buf_init(&finding.trace, VB_EXPLAIN_MOST);
    vb_buf_init(&finding.reply, OUTPUT_MOST);
    vb_buf_init(&out, OUTPUT_MOST);
    status = find_out(line, question, &finding);
    if (status != VB_EXIT_USAGE) {
        err = vb__finding_print(question, &finding, &out);
        status = err == VB_OK ? vb__print(&out, status)
                              : vb__usage_error("%s", vb_err_text(err));
    }
    vb_buf_done(&out);
    vb_buf_done(&finding.reply);
    vb_buf_done(&finding.trace);
    return status;
}

int vb__command_explain(const struct vb_command_line *line)
{
    struct vb__question question;
    int status = vb__question_read(line, &question);

    if (status == 0)
        status = explain(line, &question);
    vb__question_done(&question);
    return status;
}
