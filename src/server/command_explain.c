/* `verbatim explain`: the way of one request through the flow. */
#include "base/log.h"
#include "flow/explain.h"
#include "server/cli.h"
#include "server/command.h"
#include "server/explain.h"

#define TEXT_MOST   ((size_t)64 * 1024)
#define OUTPUT_MOST ((size_t)256 * 1024 * 1024)

/* The options of `serve` among the words, and the file. */
static int read_config(const struct vb_command_line *line,
                       struct vb__question *question,
                       struct vb_config *ret_config)
{
    struct vb_config_sources sources = {
        .arguments = question->rest,
        .argument_count = question->rest_count,
        .environment = line->environment,
    };
    struct vb_buf why, warnings;
    enum vb_err err;

    vb_buf_init(&why, TEXT_MOST);
    vb_buf_init(&warnings, TEXT_MOST);
    err = vb_config_read(&sources, ret_config, &why, &warnings);
    if (err != VB_OK)
        vb_log(VB_LOG_ERROR, "%.*s", VB_FMT(vb_buf_span(&why)));
    else if (question->file != NULL)
        ret_config->description = question->file;
    vb_buf_done(&warnings);
    vb_buf_done(&why);
    return err == VB_OK ? 0 : VB_EXIT_USAGE;
}

static int find_out(const struct vb_command_line *line,
                    struct vb__question *question, struct vb__finding *finding)
{
    struct vb_config config;
    int status;

    if (vb__question_is_remote(question))
        return vb__explain_remote(question, finding);
    status = read_config(line, question, &config);
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
