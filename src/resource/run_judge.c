/* What has become of a program. See run.h. */
#include "resource/run.h"

#include "base/log.h"
#include "content/json.h"
#include "resource/controller.h"

unsigned vb_run_problem_status(struct vb_span output)
{
    struct vb_json *json;
    int64_t status = 0;
    yyjson_val *member;

    if (vb_json_parse(output, NULL, &json, NULL) != VB_OK)
        return 0;
    member = yyjson_is_obj(json->root)
                 ? vb_json_member(json->root, VB_SPAN("status"))
                 : NULL;
    if (member == NULL || !vb_json_is_number(member) ||
        !vb_span_i64(vb_json_text(member), &status) ||
        !vb_controller_may_say(status))
        status = 0;
    vb_json_free(json);
    return (unsigned)status;
}

static struct vb_run_outcome judge_exit(const struct vb_run *run, bool json)
{
    struct vb_span output = vb_buf_span(&run->output);
    unsigned status;

    if (run->code != 0) {
        status = vb_run_problem_status(output);
        if (status != 0)
            return (struct vb_run_outcome){status, true, VB_SPAN("")};
        return (struct vb_run_outcome){
            500, false, VB_SPAN("The program that does this has failed.")};
    }
    if (json && output.len > 0 && !vb_controller_is_json(output))
        return (struct vb_run_outcome){
            500, false,
            VB_SPAN("The program that does this did not write JSON.")};
    return (struct vb_run_outcome){200, false, VB_SPAN("")};
}

static const struct {
    struct vb_span detail;
    const char *logged;
} ends[] = {
    [VB_RUN_EXITED] = {VB_SPAN_INIT(""), "exited with"},
    [VB_RUN_SIGNALLED] = {VB_SPAN_INIT(
                              "The program that does this was killed."),
                          "was killed by signal"},
    [VB_RUN_UNSTARTED] =
        {VB_SPAN_INIT("The program that does this could not be started."),
         "could not be started: error"},
    [VB_RUN_TIMEOUT] = {VB_SPAN_INIT(
                            "The program that does this took too long."),
                        "took too long; ended by"},
    [VB_RUN_OVERFLOW] = {VB_SPAN_INIT(
                             "The program that does this wrote too much."),
                         "wrote too much; ended by"},
    [VB_RUN_CANCELLED] = {VB_SPAN_INIT(
                              "The program that does this was called off."),
                          "was called off; ended by"},
};

struct vb_run_outcome vb_run_judge(const struct vb_run *run, bool json)
{
    struct vb_run_outcome outcome = {500, false, ends[run->end].detail};

    if (run->end == VB_RUN_EXITED)
        outcome = judge_exit(run, json);
    if (outcome.status >= 500 && !outcome.is_problem &&
        run->end != VB_RUN_CANCELLED)
        vb_log(VB_LOG_ERROR, "%s: %s %d%s", run->label, ends[run->end].logged,
               run->code,
               run->end == VB_RUN_EXITED && run->code == 0
                   ? ", but did not write JSON"
                   : "");
    return outcome;
}
