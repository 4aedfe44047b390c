/*
 * Resources in C that do what programs do with them, for test_handlers.py: a
 * note that comes and goes, and controllers that show what the API hands on.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <verbatim/server.h>

/* --- /note: a state, changed by several threads ------------------------- */

struct note {
    pthread_mutex_t lock;
    char text[256];
    size_t len;
    unsigned revision; /* of the text, or of its absence */
    int exists;
};

static int get_note(void *self, const struct vb_request *request,
                    struct vb_response *response)
{
    struct note *note = self;
    int status = VB_STATUS_NOT_FOUND;
    char tag[16];

    (void)request;
    pthread_mutex_lock(&note->lock);
    if (note->exists) {
        snprintf(tag, sizeof(tag), "r%u", note->revision);
        vb_response_tag(response, tag);
        vb_response_write(response, note->text, note->len);
        status = VB_STATUS_OK;
    }
    pthread_mutex_unlock(&note->lock);
    return status;
}

static int put_note(void *self, const struct vb_request *request,
                    struct vb_response *response)
{
    struct vb_span content = vb_request_content(request);
    struct note *note = self;
    int status;

    if (content.len > sizeof(note->text)) {
        vb_response_printf(response, "A note has at most %zu bytes, not %zu.",
                           sizeof(note->text), content.len);
        return VB_STATUS_UNPROCESSABLE_CONTENT;
    }
    pthread_mutex_lock(&note->lock);
    status = note->exists ? VB_STATUS_NO_CONTENT : VB_STATUS_CREATED;
    if (content.len > 0)
        memcpy(note->text, content.ptr, content.len);
    note->len = content.len;
    note->exists = 1;
    note->revision++;
    pthread_mutex_unlock(&note->lock);
    return status;
}

static int delete_note(void *self, const struct vb_request *request,
                       struct vb_response *response)
{
    struct note *note = self;
    int status;

    (void)request;
    (void)response;
    pthread_mutex_lock(&note->lock);
    status = note->exists ? VB_STATUS_NO_CONTENT : VB_STATUS_NOT_FOUND;
    note->exists = 0;
    note->revision++;
    pthread_mutex_unlock(&note->lock);
    return status;
}

static const struct vb_handler note_handler = {
    .media_type = "text/plain",
    .takes = "text/plain",
    .get = get_note,
    .put = put_note,
    .del = delete_note,
};

/* --- /echo: what came is what goes -------------------------------------- */

static int post_echo(void *self, const struct vb_request *request,
                     struct vb_response *response)
{
    struct vb_span content = vb_request_content(request);

    (void)self;
    vb_response_write(response, content.ptr, content.len);
    return VB_STATUS_OK;
}

static const struct vb_handler echo_handler = {
    .media_type = "application/json",
    .takes = "application/json",
    .post = post_echo,
};

/* --- /request: what a handler sees -------------------------------------- */

static void show(struct vb_response *response, const char *name,
                 struct vb_span text)
{
    if (text.ptr == NULL)
        vb_response_printf(response, "%s is absent\n", name);
    else
        vb_response_printf(response, "%s=%.*s\n", name, (int)text.len,
                           text.ptr);
}

static int show_request(void *self, const struct vb_request *request,
                        struct vb_response *response)
{
    vb_response_printf(response, "self=%s\n", (const char *)self);
    vb_response_printf(response, "method=%d\n", vb_request_method(request));
    show(response, "path", vb_request_path(request));
    show(response, "query", vb_request_query(request));
    show(response, "x-one", vb_request_field(request, "X-One"));
    show(response, "content", vb_request_content(request));
    return VB_STATUS_OK;
}

static const struct vb_handler request_handler = {
    .media_type = "text/plain",
    .get = show_request,
    .patch = show_request,
};

/* --- /outcome: the status that the content names, the rest as detail ----- */

static int post_outcome(void *self, const struct vb_request *request,
                        struct vb_response *response)
{
    struct vb_span content = vb_request_content(request);
    char number[4] = "";

    (void)self;
    if (content.len < 3)
        return -1;
    memcpy(number, content.ptr, 3);
    vb_response_write(response, content.ptr + 3, content.len - 3);
    return (int)strtol(number, NULL, 10);
}

static const struct vb_handler outcome_handler = {
    .media_type = "text/plain",
    .post = post_outcome,
};

/* --- /field: adds the field that the content names, "Name: value" -------- */

static int post_field(void *self, const struct vb_request *request,
                      struct vb_response *response)
{
    struct vb_span content = vb_request_content(request);
    char *text = strndup(content.ptr != NULL ? content.ptr : "", content.len);
    char *colon = text != NULL ? strstr(text, ": ") : NULL;

    (void)self;
    if (colon == NULL) {
        free(text);
        return VB_STATUS_BAD_REQUEST;
    }
    *colon = '\0';
    vb_response_field(response, text, colon + 2);
    vb_response_printf(response, "done\n");
    memset(text, '#', strlen(text)); /* it was copied */
    free(text);
    return VB_STATUS_OK;
}

static const struct vb_handler field_handler = {
    .media_type = "text/plain",
    .post = post_field,
};

/* --- /huge: more than the server's bounds allow -------------------------- */

static int get_huge(void *self, const struct vb_request *request,
                    struct vb_response *response)
{
    static const char block[64 * 1024];

    (void)self;
    (void)request;
    for (int i = 0; i < 1024; i++)
        vb_response_write(response, block, sizeof(block));
    return VB_STATUS_OK;
}

static const struct vb_handler huge_handler = {.get = get_huge};

/* --- /dated: validators that a clock has not reached yet ----------------- */

static int get_dated(void *self, const struct vb_request *request,
                     struct vb_response *response)
{
    (void)self;
    (void)request;
    vb_response_tag(response, "no \"quotes\" in a tag");
    vb_response_modified(response, INT64_C(32503680000)); /* the year 3000 */
    vb_response_printf(response, "{}");
    return VB_STATUS_OK;
}

static const struct vb_handler dated_handler = {
    .media_type = "application/json",
    .get = get_dated,
};

/* --- /coded: in a content coding of the handler's own -------------------- */

static int get_coded(void *self, const struct vb_request *request,
                     struct vb_response *response)
{
    (void)self;
    (void)request;
    vb_response_field(response, "Content-Encoding", "x-mine");
    for (int i = 0; i < 100; i++)
        vb_response_printf(response, "nothing new ");
    return VB_STATUS_OK;
}

static const struct vb_handler coded_handler = {
    .media_type = "text/plain",
    .get = get_coded,
};

int main(int argc, char **argv)
{
    struct note note = {.lock = PTHREAD_MUTEX_INITIALIZER};
    struct vb_server *server = vb_server_new();
    int status;

    if (server == NULL || argc != 2)
        return 2;
    vb_server_listen(server, argv[1]);
    vb_server_workers(server, 2);
    vb_server_mount(server, "/note", &note_handler, &note);
    vb_server_mount(server, "/echo", &echo_handler, NULL);
    vb_server_mount(server, "/request", &request_handler, (void *)"itself");
    vb_server_mount(server, "/outcome", &outcome_handler, NULL);
    vb_server_mount(server, "/field", &field_handler, NULL);
    vb_server_mount(server, "/huge", &huge_handler, NULL);
    vb_server_mount(server, "/dated", &dated_handler, NULL);
    vb_server_mount(server, "/coded", &coded_handler, NULL);
    vb_server_describe(server, NULL, "memory:");
    status = vb_server_run(server);
    if (status != 0)
        fprintf(stderr, "%s\n", vb_server_error(server));
    vb_server_free(server);
    return status;
}
