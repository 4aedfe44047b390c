/*
 * `verbatim cache`: what a running server keeps of others, asked at its --admin
 * (admin.h).
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <sodium.h>

#include "base/private.h"
#include "content/json.h"
#include "http/query.h"
#include "server/admin.h"
#include "server/cli.h"
#include "server/command.h"
#include "server/explain.h"
#include "server/line.h"
#include "server/option.h"
#include "server/usage.h"

#define BYTES_MOST ((size_t)1024 * 1024)
/* Seconds to connect, and without progress. */
#define PATIENCE 30

/* What is wanted, as the command line has it. */
struct request {
    bool purges; /* or asks how it fares */
    bool all;
    const char *uri, *origin, *group;
    char **rest; /* options of `serve` */
    size_t rest_count;
};

static const struct own {
    const char *name;
    const char *value; /* what it is called; "" for a flag */
    size_t member;
    const char *help;
} owns[] = {
    {"uri", "URI", offsetof(struct request, uri),
     "purge what is kept of this URI, as clients ask for it: all its "
     "variants."},
    {"origin", "ORIGIN", offsetof(struct request, origin),
     "purge what this origin has put into --group (Cache-Groups)."},
    {"group", "NAME", offsetof(struct request, group), "its name."},
    {"all", "", offsetof(struct request, all), "purge everything."},
};

#define OWNS (sizeof(owns) / sizeof(owns[0]))

void vb__cache_help(struct vb_buf *buf)
{
    vb_buf_str(buf, "What is purged:\n");
    for (size_t i = 0; i < OWNS; i++) {
        char text[64];
        struct vb_buf name = vb_buf_over(text, sizeof(text) - 1);

        vb_buf_printf(&name, "--%s%s%s", owns[i].name,
                      owns[i].value[0] != '\0' ? " " : "", owns[i].value);
        text[name.len] = '\0';
        vb_usage_row(buf, text, owns[i].help);
    }
}

void vb__cache_words(struct vb_buf *buf)
{
    for (size_t i = 0; i < OWNS; i++)
        vb_buf_printf(buf, "--%s ", owns[i].name);
}

/* --- the words --------------------------------------------------------------
 */

/* "--name" or "--name=value" of one of ours; *ret_value: NULL without one. */
static const struct own *find_own(const char *word, const char **ret_value)
{
    for (size_t i = 0; i < OWNS; i++) {
        size_t len = strlen(owns[i].name);

        if (strncmp(word, "--", 2) != 0 ||
            strncmp(word + 2, owns[i].name, len) != 0)
            continue;
        *ret_value = word[2 + len] == '=' ? word + 3 + len : NULL;
        if (word[2 + len] == '\0' || *ret_value != NULL)
            return &owns[i];
    }
    return NULL;
}

/* How many words it takes; 0: there are too few, or too many. */
static size_t take_own(struct request *request, const struct own *own,
                       const char *value, char *const *rest, size_t left)
{
    void *member = (char *)request + own->member;

    if (own->value[0] == '\0') {
        *(bool *)member = true;
        return value == NULL ? 1 : 0;
    }
    if (value == NULL && left < 2)
        return 0;
    *(const char **)member = value != NULL ? value : rest[1];
    return value != NULL ? 1 : 2;
}

static size_t take_rest(struct request *request, char *const *words,
                        size_t left)
{
    request->rest[request->rest_count++] = words[0];
    if (!vb_option_takes_next(vb_span_str(words[0])) || left < 2)
        return 1;
    request->rest[request->rest_count++] = words[1];
    return 2;
}

static int take_words(const struct vb_command_line *line,
                      struct request *request)
{
    size_t at = 1;

    if (line->count == 0 || (strcmp(line->words[0], "purge") != 0 &&
                             strcmp(line->words[0], "stats") != 0))
        return vb__usage_error("cache takes a verb: purge or stats");
    request->purges = line->words[0][0] == 'p';
    while (at < line->count) {
        const char *value = NULL;
        const struct own *own = find_own(line->words[at], &value);
        size_t taken =
            own != NULL
                ? take_own(request, own, value, line->words + at,
                           line->count - at)
                : take_rest(request, line->words + at, line->count - at);

        if (taken == 0)
            return vb__usage_error("--%s: a value too few, or too many",
                                   own->name);
        at += taken;
    }
    return 0;
}

/* One of three, and nothing of the others. */
static int check(const struct request *request)
{
    bool group = request->origin != NULL && request->group != NULL;
    bool half = (request->origin != NULL) != (request->group != NULL);
    int said = request->all + (request->uri != NULL) + (group || half);

    if (!request->purges)
        return said == 0 ? 0 : vb__usage_error("cache stats purges nothing");
    return said == 1 && !half
               ? 0
               : vb__usage_error("cache purge takes --uri URI, --origin ORIGIN "
                                 "with --group NAME, or --all");
}

/* --- the request ------------------------------------------------------------
 */

static int write_token(const char *path, struct vb_buf *bytes)
{
    char memory[VB_ADMIN_TOKEN_MOST + 256], words[512];
    struct vb_buf text = vb_buf_over(memory, sizeof(memory));
    struct vb_buf why = vb_buf_over(words, sizeof(words));
    struct vb_span line;
    int status = 0;

    if (path == NULL)
        return 0;
    if (vb_private_read(path, &text, &why) != VB_OK) {
        status = vb__usage_error("%s %.*s", path, VB_FMT(vb_buf_span(&why)));
    } else {
        line = vb_admin_token_of(vb_buf_span(&text));
        vb_buf_printf(bytes, "Authorization: Bearer %.*s\r\n", VB_FMT(line));
    }
    sodium_memzero(memory, sizeof(memory));
    return status;
}

static void write_parameter(struct vb_buf *bytes, const char *name,
                            const char *value)
{
    if (value != NULL)
        vb_query_append(bytes, vb_span_str(name), vb_span_str(value));
}

static int write_request(const struct request *request, const char *token,
                         struct vb_buf *bytes)
{
    int status;

    vb_buf_str(bytes, request->purges ? "DELETE /cache" : "GET /cache");
    if (request->purges && !request->all)
        vb_buf_char(bytes, '?');
    write_parameter(bytes, "uri", request->uri);
    write_parameter(bytes, "origin", request->origin);
    write_parameter(bytes, "group", request->group);
    vb_buf_str(bytes, " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
    status = write_token(token, bytes);
    vb_buf_str(bytes, "\r\n");
    return status;
}

/* --- the reply --------------------------------------------------------------
 */

static int tell(const struct vb__answer *answer)
{
    struct vb_json *problem = NULL;
    struct vb_buf out;
    int status;

    if (answer->status >= 300) {
        if (vb_json_parse(vb_buf_span(&answer->content), NULL, &problem,
                          NULL) != VB_OK)
            problem = NULL;
        (void)vb__usage_error(
            "%d: %.*s", answer->status,
            VB_FMT(problem != NULL
                       ? vb_json_member_text(problem->root, "detail")
                       : VB_SPAN("")));
        vb_json_free(problem);
        return VB_EXIT_FINDING;
    }
    vb_buf_init(&out, BYTES_MOST);
    vb_buf_append(&out, vb_buf_span(&answer->content));
    if (out.len > 0)
        vb_buf_char(&out, '\n');
    status = vb__print(&out, 0);
    vb_buf_done(&out);
    return status;
}

static int read_reply(struct vb_span reply)
{
    struct vb__answer answer;
    int status;

    if (vb__answer_read(reply, false, &answer) != VB_OK)
        return vb__usage_error("there is no answer in HTTP/1.1");
    status = tell(&answer);
    vb__answer_done(&answer);
    return status;
}

/* --- all together -----------------------------------------------------------
 */

static int connect_to(const struct vb_address *address)
{
    const struct timeval patience = {.tv_sec = PATIENCE};
    int fd = socket(address->sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    if (connect(fd, (const struct sockaddr *)&address->sa, address->len) == 0)
        return fd;
    close(fd);
    return -1;
}

static int talk(const char *place, struct vb_span bytes, struct vb_buf *reply)
{
    struct vb__line line = {.secured = NULL};
    struct vb_address address;
    struct vb_buf why;
    const char *failed;
    bool good;

    vb_buf_init(&why, 4096);
    good = vb_address_parse(vb_span_str(place), &address, &why) == VB_OK;
    vb_buf_done(&why); /* it has been read as an option already */
    if (!good || address.secure)
        return vb__usage_error("verbatim cache speaks no TLS: DELETE %s/cache "
                               "is what to ask for",
                               place);
    line.fd = connect_to(&address);
    if (line.fd < 0)
        return vb__usage_error("cannot connect to %s: %s", place,
                               strerror(errno));
    failed = vb__line_ask(&line, bytes, reply);
    close(line.fd);
    return failed == NULL
               ? 0
               : vb__usage_error("no reply from %s: %s", place, failed);
}

static int ask(const struct request *request, const struct vb_config *config)
{
    struct vb_buf bytes, reply;
    int status;

    if (config->admin == NULL)
        return vb__usage_error("--admin is missing: where the server is "
                               "administered");
    vb_buf_init(&bytes, BYTES_MOST);
    vb_buf_init(&reply, BYTES_MOST);
    status = write_request(request, config->admin_token, &bytes);
    if (status == 0)
        status = talk(config->admin, vb_buf_span(&bytes), &reply);
    if (status == 0)
        status = read_reply(vb_buf_span(&reply));
    vb_buf_done(&reply);
    vb_buf_done(&bytes);
    return status;
}

int vb__command_cache(const struct vb_command_line *line)
{
    struct request request = {.rest = calloc(line->count + 1, sizeof(char *))};
    struct vb_config config;
    int status;

    if (request.rest == NULL)
        return vb__usage_error("%s", vb_err_text(VB_ERR_NOMEM));
    status = take_words(line, &request);
    if (status == 0)
        status = check(&request);
    if (status == 0)
        status = vb__command_config(line, request.rest, request.rest_count,
                                    NULL, &config);
    if (status == 0) {
        status = ask(&request, &config);
        vb_config_done(&config);
    }
    free((void *)request.rest);
    return status;
}
