/* What is kept of a job, as JSON. See jobs.h. */
#include "base/rfc3339.h"
#include "content/json.h"
#include "resource/jobs.h"

static const char *const states[] = {"queued", "running", "done", "failed"};

static void write_text(struct vb_buf *json, const char *name,
                       struct vb_span text)
{
    if (text.len == 0)
        return;
    vb_buf_char(json, ',');
    vb_json_write_string(json, vb_span_str(name));
    vb_buf_char(json, ':');
    vb_json_write_string(json, text);
}

static void write_time(struct vb_buf *json, const char *name, int64_t unix_ms)
{
    if (unix_ms == 0)
        return;
    vb_buf_printf(json, ",\"%s\":", name);
    vb_json_write_time(json, unix_ms);
}

void vb_job_write(struct vb_buf *json, const struct vb_job_facts *facts)
{
    vb_buf_str(json, "{\"id\":");
    vb_json_write_string(json, facts->id);
    write_text(json, "state", vb_span_str(facts->state));
    write_text(json, "method", facts->method);
    write_text(json, "target", facts->target);
    write_time(json, "created", facts->created_ms);
    write_time(json, "started", facts->started_ms);
    write_time(json, "finished", facts->finished_ms);
    if (facts->idempotent)
        vb_buf_str(json, ",\"idempotent\":true");
    write_text(json, VB_JOB_OWNER, facts->owner);
    write_text(json, VB_JOB_BY, facts->by);
    write_time(json, VB_JOB_UNTIL, facts->until_ms);
    if (facts->problem.len > 0) {
        vb_buf_str(json, ",\"problem\":");
        vb_buf_append(json, facts->problem);
    }
    vb_buf_char(json, '}');
}

static int64_t time_of(yyjson_val *json, const char *name)
{
    int64_t unix_ms = 0;

    (void)vb_rfc3339_parse(vb_json_member_text(json, name), &unix_ms);
    return unix_ms;
}

bool vb_job_read(yyjson_val *json, struct vb_job_facts *ret_facts)
{
    struct vb_job_facts facts = {
        .id = vb_json_member_text(json, "id"),
        .method = vb_json_member_text(json, "method"),
        .target = vb_json_member_text(json, "target"),
        .owner = vb_json_member_text(json, VB_JOB_OWNER),
        .by = vb_json_member_text(json, VB_JOB_BY),
        .until_ms = time_of(json, VB_JOB_UNTIL),
        .created_ms = time_of(json, "created"),
        .started_ms = time_of(json, "started"),
        .finished_ms = time_of(json, "finished"),
        .idempotent =
            yyjson_is_true(vb_json_member(json, VB_SPAN("idempotent"))),
    };

    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
        if (vb_span_eq(vb_json_member_text(json, "state"),
                       vb_span_str(states[i])))
            facts.state = states[i];
    if (facts.state == NULL || facts.id.len == 0)
        return false;
    *ret_facts = facts;
    return true;
}

struct vb_span vb_job_key(struct vb_arena *arena, struct vb_span id,
                          const char *part)
{
    return vb_arena_printf(arena, VB_JOB_KEYS "%.*s%s", VB_FMT(id), part);
}

void vb_job_removals(struct vb_arena *arena, struct vb_span id,
                     uint64_t revision,
                     struct vb_change changes[VB_JOB_RECORDS])
{
    static const char *const parts[VB_JOB_RECORDS] = {"", VB_JOB_CALL, "/input",
                                                      "/result"};

    for (size_t i = 0; i < VB_JOB_RECORDS; i++)
        changes[i] = (struct vb_change){
            .kind = VB_CHANGE_DELETE,
            .key = vb_job_key(arena, id, parts[i]),
            .expect = i == 0 ? revision : VB_EXPECT_ANY,
        };
}
