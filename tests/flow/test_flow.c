/*
 * The flow as a graph, and the runner over it: every node reachable, no
 * cycles, every edge taken, every question also answered through PENDING.
 *
 * The runner walks a copy of the table whose questions answer from a script,
 * so that all of it can be seen without a single resource.
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "flow/flow.h"
#include "flow/reply.h"
#include "http/range.h"
#include "http/status.h"

/* --- the graph --------------------------------------------------------------
 */

static void every_edge_leads_down_the_page(void **state)
{
    (void)state;
    for (int i = 0; i < VB_NODE_COUNT; i++) {
        const struct vb_node *node = &vb_flow_nodes[i];

        assert_non_null(node->ask);
        if (!node->yes.ends && node->yes.node <= i)
            fail_msg("%s: YES leads back", node->name);
        if (!node->no.ends && node->no.node <= i)
            fail_msg("%s: NO leads back", node->name);
    }
}

static void every_node_is_reachable(void **state)
{
    bool reached[VB_NODE_COUNT] = {[VB_NODE_well_formed] = true};

    (void)state;
    for (int i = 0; i < VB_NODE_COUNT; i++) {
        const struct vb_node *node = &vb_flow_nodes[i];

        if (!reached[i])
            fail_msg("%s is not reachable", node->name);
        if (!node->yes.ends)
            reached[node->yes.node] = true;
        if (!node->no.ends)
            reached[node->no.node] = true;
    }
}

/* The statuses that an edge can end with, one by one; 0 after the last. */
static unsigned edge_status(const struct vb_edge *edge, int index)
{
    const char *at = edge->statuses;

    if (edge->status != 0)
        return index == 0 ? edge->status : 0;
    for (; at != NULL && *at != '\0'; index--) {
        char *end;
        unsigned long status = strtoul(at, &end, 10);

        if (index == 0)
            return (unsigned)status;
        at = end;
    }
    return 0;
}

static void every_end_is_a_status_that_may_be_sent(void **state)
{
    (void)state;
    for (int i = 0; i < VB_NODE_COUNT; i++) {
        const struct vb_edge *edges[] = {&vb_flow_nodes[i].yes,
                                         &vb_flow_nodes[i].no};

        for (int e = 0; e < 2; e++) {
            if (!edges[e]->ends)
                continue;
            assert_int_not_equal(edge_status(edges[e], 0), 0);
            for (int s = 0; edge_status(edges[e], s) != 0; s++) {
                const struct vb_status_info *info =
                    vb_status_info((int)edge_status(edges[e], s));

                assert_non_null(info);
                assert_int_equal(info->standing, VB_STATUS_CURRENT);
                assert_int_not_equal(info->code, 302);
            }
        }
    }
}

/* --- the runner --------------------------------------------------------------
 */

static struct vb_node nodes[VB_NODE_COUNT];
static struct vb_env env;
static enum vb_answer script[VB_NODE_COUNT]; /* what each question answers */
static unsigned statuses[VB_NODE_COUNT];     /* and what status it sets */
static bool defers;          /* answer through PENDING and a later resume */
static bool resumes_at_once; /* resume before PENDING has returned */
static int agains;           /* times that commit still says AGAIN */
static struct vb_exchange *asked; /* waits for an answer */
static unsigned replied;          /* status of the reply; 0: none yet */

static enum vb_answer scripted(struct vb_exchange *x)
{
    int node = x->walk.node;
    enum vb_answer answer = script[node];

    if (node == VB_NODE_commit && agains > 0) {
        agains--;
        answer = VB_AGAIN;
    }
    x->reply.status = (uint16_t)statuses[node];
    if (!defers)
        return answer;
    if (resumes_at_once) {
        vb_flow_resume(x, answer);
        return VB_PENDING;
    }
    script[node] = answer;
    asked = x;
    return VB_PENDING;
}

static void note_reply(struct vb_exchange *x)
{
    replied = x->reply.status;
}

static const struct vb_carrier carrier = {.reply = note_reply};

static void ignore(struct vb_service *service, struct vb_exchange *x)
{
    (void)service;
    (void)x;
}

static struct vb_service service = {.begin = ignore};

static int set_up(void **state)
{
    (void)state;
    memcpy(nodes, vb_flow_nodes, sizeof(nodes));
    for (int i = 0; i < VB_NODE_COUNT; i++)
        nodes[i].ask = scripted;
    vb_env_init(&env, &vb_limits_default, &service);
    env.nodes = nodes;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    vb_env_done(&env);
    return 0;
}

/* Makes the script lead from the first question to `node`, going down by
 * whichever answer does. False when there is no way. */
static bool lead_to(int node)
{
    int before[VB_NODE_COUNT];
    enum vb_answer by[VB_NODE_COUNT];

    for (int i = 0; i < VB_NODE_COUNT; i++)
        before[i] = -1;
    for (int i = 0; i < node; i++) {
        if (i != VB_NODE_well_formed && before[i] < 0)
            continue;
        if (!nodes[i].no.ends) {
            before[nodes[i].no.node] = i;
            by[nodes[i].no.node] = VB_NO;
        }
        if (!nodes[i].yes.ends) {
            before[nodes[i].yes.node] = i;
            by[nodes[i].yes.node] = VB_YES;
        }
    }
    if (node != VB_NODE_well_formed && before[node] < 0)
        return false;
    for (int i = node; i != VB_NODE_well_formed; i = before[i])
        script[before[i]] = by[i];
    return true;
}

/* A resource that finish() can read from, whatever the status. */
static const struct vb_resource bare;
static struct vb_ranges some_ranges = {.count = 1, .at = {{0, 0}}};

static struct vb_exchange *begin(void)
{
    struct vb_exchange *x = vb_exchange_new(&env);

    assert_non_null(x);
    x->carrier = &carrier;
    x->resource = &bare;
    x->head.method = VB_METHOD_GET;
    x->outcome.location = VB_SPAN("/there");
    x->ranges = &some_ranges;
    vb_reply_current(x, vb_rep_new(&(struct vb_rep_draft){
                            .media_type = VB_SPAN("a/b"),
                            .tag_core = VB_SPAN("1"),
                            .modified = VB_DATE_NONE,
                            .content = VB_SPAN("x"),
                            .length = 1,
                        }));
    replied = 0;
    return x;
}

/* Answers what is asked until there is a reply. */
static void settle(void)
{
    while (replied == 0) {
        struct vb_exchange *x = asked;

        assert_non_null(x);
        asked = NULL;
        vb_flow_resume(x, script[x->walk.node]);
    }
}

/* Takes one edge, and checks where it led. */
static void take_edge(int node, enum vb_answer answer)
{
    const struct vb_edge *edge =
        answer == VB_YES ? &nodes[node].yes : &nodes[node].no;

    for (int s = 0; s == 0 || edge_status(edge, s) != 0; s++) {
        struct vb_exchange *x;
        uint16_t last;

        for (int i = 0; i < VB_NODE_COUNT; i++) {
            script[i] = nodes[i].yes.ends ? VB_NO : VB_YES;
            statuses[i] = 500;
        }
        assert_true(lead_to(node));
        script[node] = answer;
        if (edge->ends)
            statuses[node] = edge_status(edge, s);
        x = begin();
        vb_flow_start(x);
        if (defers)
            settle();
        last = x->walk.trace[x->walk.length - 1];
        if (edge->ends) {
            assert_int_equal(replied, edge_status(edge, s));
            assert_int_equal(vb_trace_node(last), node);
            assert_int_equal(vb_trace_answer(last), answer);
        }
        vb_exchange_release(x);
        if (!edge->ends)
            break;
    }
}

static void take_all_edges(void)
{
    for (int node = 0; node < VB_NODE_COUNT; node++) {
        take_edge(node, VB_YES);
        take_edge(node, VB_NO);
    }
}

static void every_edge_is_taken(void **state)
{
    (void)state;
    defers = false;
    take_all_edges();
}

static void every_question_may_answer_through_pending(void **state)
{
    (void)state;
    defers = true;
    resumes_at_once = false;
    take_all_edges();
    resumes_at_once = true;
    take_all_edges();
    defers = resumes_at_once = false;
}

static void any_question_may_halt_with_a_status(void **state)
{
    (void)state;
    for (int node = 0; node < VB_NODE_COUNT; node++) {
        struct vb_exchange *x;

        for (int i = 0; i < VB_NODE_COUNT; i++)
            script[i] = nodes[i].yes.ends ? VB_NO : VB_YES;
        assert_true(lead_to(node));
        script[node] = VB_HALT;
        statuses[node] = 501;
        x = begin();
        vb_flow_start(x);
        assert_int_equal(replied, 501);
        vb_exchange_release(x);
    }
}

/* Counts how often a node stands in the trace. */
static int times(const struct vb_exchange *x, enum vb_node_id node)
{
    int count = 0;

    for (int i = 0; i < x->walk.length; i++)
        count += vb_trace_node(x->walk.trace[i]) == node;
    return count;
}

static unsigned commit_again(int count, int *ret_commits)
{
    struct vb_exchange *x;
    unsigned status;

    for (int i = 0; i < VB_NODE_COUNT; i++)
        script[i] = nodes[i].yes.ends ? VB_NO : VB_YES;
    assert_true(lead_to(VB_NODE_commit));
    script[VB_NODE_created] = VB_YES;
    agains = count;
    x = begin();
    vb_flow_start(x);
    status = replied;
    *ret_commits = times(x, VB_NODE_commit);
    assert_int_equal(times(x, VB_NODE_exists), *ret_commits);
    assert_int_equal(times(x, VB_NODE_routed), 1);
    vb_exchange_release(x);
    agains = 0;
    return status;
}

static void a_lost_race_goes_back_to_exists_eight_times_at_most(void **state)
{
    int commits;

    (void)state;
    assert_int_equal(commit_again(1, &commits), 201);
    assert_int_equal(commits, 2);
    assert_int_equal(commit_again(8, &commits), 201);
    assert_int_equal(commits, 9);
    assert_int_equal(commit_again(9, &commits), 503);
    assert_int_equal(commits, 9);
}

static void an_abandoned_exchange_waits_for_its_answer(void **state)
{
    struct vb_exchange *x;

    (void)state;
    for (int i = 0; i < VB_NODE_COUNT; i++)
        script[i] = VB_YES;
    defers = true;
    x = begin();
    vb_flow_start(x);
    assert_ptr_equal(asked, x);
    vb_exchange_abandon(x);
    assert_int_equal(env.exchanges.lent, 1);
    vb_flow_resume(x, VB_YES);
    assert_int_equal(env.exchanges.lent, 0);
    assert_int_equal(replied, 0);
    defers = false;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_edge_leads_down_the_page),
        cmocka_unit_test(every_node_is_reachable),
        cmocka_unit_test(every_end_is_a_status_that_may_be_sent),
        cmocka_unit_test(every_edge_is_taken),
        cmocka_unit_test(every_question_may_answer_through_pending),
        cmocka_unit_test(any_question_may_halt_with_a_status),
        cmocka_unit_test(a_lost_race_goes_back_to_exists_eight_times_at_most),
        cmocka_unit_test(an_abandoned_exchange_waits_for_its_answer),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
