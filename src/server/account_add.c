/*
 * Makes an account: asks for its password, then the collection, as a client
 * would. See account.h.
 */
#include <stdio.h>

#include <sodium.h>

#include "base/log.h"
#include "base/utf8.h"
#include "content/json.h"
#include "server/account.h"
#include "server/cli.h"
#include "server/explain.h"
#include "server/local.h"
#include "server/serve.h"

#define CONTENT_MOST ((size_t)1024 * 1024)
#define REPLY_MOST   ((size_t)64 * 1024 * 1024)
/* Bytes of the head that is written before the content, at most: a path of a
 * description, a media type, and what is constant. */
#define HEAD_MOST ((size_t)64 * 1024)
/* A byte of a string takes six in JSON at most; with its quotes, and "}". */
#define SECRET_JSON ((size_t)6 * VB_PASSWORD_MOST + 3)

struct adding {
    struct vb__local local;
    struct vb_identity identity;
    const struct vb_accounts *accounts;
};

/* --- who asks ---------------------------------------------------------------
 */

/* Whoever can write what is kept may do what an administrator may, and has no
 * account yet. */
static enum vb_answer is_operator(struct vb_exchange *x)
{
    x->identity =
        &VB_CONTAINER(vb__local_of(x), struct adding, local)->identity;
    return VB_YES;
}

static enum vb_answer operator_may(struct vb_exchange *x)
{
    (void)x;
    return VB_YES;
}

static void be_operator(struct adding *adding)
{
    struct vb_node *nodes = adding->local.nodes;

    adding->identity = (struct vb_identity){
        .roles = &adding->accounts->administrator,
        .role_count = 1,
        .unscoped = true,
    };
    nodes[VB_NODE_authentic].ask = is_operator;
    nodes[VB_NODE_permitted].ask = operator_may;
    nodes[VB_NODE_accessible].ask = operator_may;
    nodes[VB_NODE_disclosed].ask = operator_may;
    nodes[VB_NODE_granted].ask = operator_may;
}

/* --- the request ------------------------------------------------------------
 */

/* The first type of JSON that the collection takes. */
static struct vb_span type_of(const struct vb_operation *post)
{
    for (size_t i = 0; post != NULL && i < post->request.media_count; i++)
        if (post->request.media[i].kind == VB_MEDIA_JSON &&
            !post->request.media[i].range)
            return post->request.media[i].type;
    return VB_SPAN("application/json");
}

static void write_request(const struct vb_accounts *accounts,
                          struct vb_span content, struct vb_buf *bytes)
{
    const struct vb_operation *post =
        accounts->collection->by_method[VB_METHOD_POST];

    vb_buf_reserve(bytes, HEAD_MOST + content.len); /* leaves no copy behind */
    vb_buf_printf(bytes,
                  "POST %.*s HTTP/1.1\r\nHost: localhost\r\n"
                  "Accept: application/json\r\nContent-Type: %.*s\r\n"
                  "Content-Length: %zu\r\n",
                  VB_FMT(accounts->collection->path), VB_FMT(type_of(post)),
                  content.len);
    if (post != NULL && post->require_key) /* asked once: any new one will do */
        vb_buf_printf(bytes, "Idempotency-Key: \"%08x%08x%08x%08x\"\r\n",
                      randombytes_random(), randombytes_random(),
                      randombytes_random(), randombytes_random());
    vb_buf_str(bytes, "\r\n");
    vb_buf_append(bytes, content);
}

static int write_password(struct vb_buf *content)
{
    char secret[VB__SECRET_SIZE];
    struct vb_span password = VB_SPAN("");
    int status = vb__secret_read(secret, &password);

    if (status == 0 && !vb_utf8_valid(password))
        status = vb__usage_error("the password is not UTF-8");
    if (status == 0) {
        vb_buf_reserve(content, SECRET_JSON);
        vb_json_write_string(content, password);
        vb_buf_char(content, '}');
    }
    sodium_memzero(secret, sizeof(secret));
    return status;
}

/* --- the reply --------------------------------------------------------------
 */

/* What may have come from the command line, in one harmless line. */
static void say(struct vb_span before, const char *between,
                struct vb_span after)
{
    struct vb_buf line;

    vb_buf_init(&line, CONTENT_MOST);
    vb_log_quoted(&line, before);
    if (after.len > 0)
        vb_buf_str(&line, between);
    vb_log_quoted(&line, after);
    vb_log(VB_LOG_ERROR, "%.*s", VB_FMT(vb_buf_span(&line)));
    vb_buf_done(&line);
}

static void say_complaint(yyjson_val *complaint)
{
    struct vb_span where = vb_json_member_text(complaint, "pointer");

    if (where.len == 0)
        where = vb_json_member_text(complaint, "parameter");
    if (where.len == 0)
        where = vb_json_member_text(complaint, "header");
    say(where, ": ", vb_json_member_text(complaint, "detail"));
}

/* The problem document, a line for each of what is wrong (RFC 9457). */
static int refused(const struct vb__answer *answer)
{
    struct vb_span status = vb_span_from(answer->line, sizeof("HTTP/1.1"));
    struct vb_json *problem;
    yyjson_arr_iter iter;
    yyjson_val *complaint;

    if (vb_json_parse(vb_buf_span(&answer->content), NULL, &problem, NULL) !=
        VB_OK) {
        say(status, "", VB_SPAN(""));
        return VB_EXIT_FINDING;
    }
    say(status, ": ", vb_json_member_text(problem->root, "detail"));
    yyjson_arr_iter_init(vb_json_member(problem->root, VB_SPAN("errors")),
                         &iter);
    while ((complaint = yyjson_arr_iter_next(&iter)) != NULL)
        say_complaint(complaint);
    vb_json_free(problem);
    return VB_EXIT_FINDING;
}

static int made(const struct vb__answer *answer)
{
    struct vb_span rest = answer->head, name, value;
    struct vb_buf out;
    int status;

    vb_buf_init(&out, HEAD_MOST);
    while (vb__answer_field(&rest, &name, &value))
        if (vb_span_ieq(name, VB_SPAN("Location")))
            vb_buf_printf(&out, "%.*s\n", VB_FMT(value));
    status = vb__print(&out, 0);
    vb_buf_done(&out);
    return status;
}

static int tell(struct vb_span reply)
{
    struct vb__answer answer;
    int status;

    if (vb__answer_read(reply, false, &answer) != VB_OK)
        return vb__usage_error("the account could not be asked for");
    status = answer.status < 400 ? made(&answer) : refused(&answer);
    vb__answer_done(&answer);
    return status;
}

/* --- all together -----------------------------------------------------------
 */

/* What is there to be added to? */
static int find_accounts(struct adding *adding, const struct vb_config *config)
{
    if (config->description == NULL)
        return vb__usage_error("account add takes FILE and LOGIN");
    adding->accounts = vb_catalog_accounts(adding->local.site->catalog);
    if (adding->accounts == NULL)
        return vb__usage_error("%s: nothing has x-verbatim.accounts",
                               config->description);
    return 0;
}

/* It writes, and keeps the indexes that a server of this description has. */
static int open_kept(struct adding *adding, const struct vb_config *config)
{
    struct vb__local *local = &adding->local;
    int status;

    if (vb_span_starts(vb_span_str(config->storage), VB_SPAN("memory:")))
        return vb__usage_error("--storage memory: would forget the account");
    if (!vb_serve_make_data(config))
        return VB_EXIT_USAGE;
    status = vb__local_open(local, config->storage,
                            "stop the server first, or let an administrator "
                            "POST the account to it");
    if (status == 0)
        vb_catalog_index(local->site->catalog, local->store);
    return status;
}

static int post(struct adding *adding, struct vb_span content)
{
    struct vb_buf bytes, reply;
    int status;

    vb_buf_init(&bytes, HEAD_MOST + CONTENT_MOST);
    vb_buf_init(&reply, REPLY_MOST);
    write_request(adding->accounts, content, &bytes);
    if (bytes.err == VB_OK) {
        vb__local_ask(&adding->local, vb_buf_span(&bytes), &reply);
        status = tell(vb_buf_span(&reply));
    } else {
        status = vb__usage_error("%s", vb_err_text(bytes.err));
    }
    if (bytes.cap > 0)
        sodium_memzero(bytes.ptr, bytes.cap);
    vb_buf_done(&reply);
    vb_buf_done(&bytes);
    return status;
}

int vb__account_add(const struct vb__account_request *request,
                    const struct vb_config *config)
{
    struct adding adding = {.accounts = NULL};
    struct vb_buf content;
    int status = vb__local_init(&adding.local, config);

    vb_buf_init(&content, CONTENT_MOST);
    if (status == 0)
        status = find_accounts(&adding, config);
    if (status == 0)
        status = vb__account_write(request, adding.accounts, &content);
    if (status == 0)
        status = open_kept(&adding, config);
    if (status == 0)
        status = write_password(&content);
    if (status == 0) {
        be_operator(&adding);
        status = post(&adding, vb_buf_span(&content));
    }
    if (content.cap > 0)
        sodium_memzero(content.ptr, content.cap);
    vb_buf_done(&content);
    vb__local_done(&adding.local);
    return status;
}
