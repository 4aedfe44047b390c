/*
 * The plugin of test_plugins.py. What it is to be is said where it is compiled:
 * ABI, TEXT, FAIL (cannot be made ready), EMPTY (exports nothing), NEEDS (a
 * function that there is not) and ONLY_GET.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <verbatim/plugin.h>

#ifndef ABI
#define ABI VB_PLUGIN_ABI
#endif
#ifndef TEXT
#define TEXT "one"
#endif

#ifdef NEEDS
int NEEDS(void);
#endif

struct plugged {
    char path[80];
    char config[80];
};

static int init(struct vb_plugin_setup *setup, void **ret_self)
{
    struct vb_span config = vb_plugin_config(setup);
    struct plugged *self = calloc(1, sizeof(*self));

    fprintf(stderr, "plugged: made ready\n");
#ifdef FAIL
    free(self);
    self = NULL;
    vb_plugin_fail(setup, "there is no %s", "money");
#endif
#ifdef NEEDS
    NEEDS();
#endif
    *ret_self = self;
    if (self == NULL)
        return -1;
    snprintf(self->path, sizeof(self->path), "%s", vb_plugin_path(setup).ptr);
    snprintf(self->config, sizeof(self->config), "%s",
             config.ptr != NULL ? config.ptr : "null");
    return 0;
}

static void done(void *self)
{
    fprintf(stderr, "plugged: given back %s\n", TEXT);
    free(self);
}

static const char *or_null(struct vb_span text)
{
    return text.ptr != NULL ? text.ptr : "null";
}

/* The status that is asked for. */
static int wanted(const struct vb_request *request)
{
    struct vb_span status = vb_request_parameter(request, "status");

    return status.ptr != NULL ? (int)strtol(status.ptr, NULL, 10)
                              : VB_STATUS_OK;
}

static int tell(void *self, const struct vb_request *request,
                struct vb_response *response)
{
    struct vb_span type = vb_response_media_type(response);
    const struct plugged *plugged = self;

    vb_response_tag(response, TEXT);
    vb_response_field(response, "Cache-Control", "max-age=5");
    if (type.len == strlen("text/plain") &&
        strncmp(type.ptr, "text/plain", type.len) == 0)
        vb_response_printf(response, "%s\n", TEXT);
    else
        vb_response_printf(response,
                           "{\"text\":\"%s\",\"path\":\"%s\",\"config\":%s,"
                           "\"id\":\"%s\",\"name\":\"%s\"}",
                           TEXT, plugged->path, plugged->config,
                           or_null(vb_request_variable(request, "id")),
                           or_null(vb_request_parameter(request, "name")));
    return wanted(request);
}

/* The content as it came. */
static int answer(void *self, const struct vb_request *request,
                  struct vb_response *response)
{
    struct vb_span content = vb_request_content(request);

    (void)self;
    fprintf(stderr, "plugged: called\n");
    vb_response_field(response, "Plugged", TEXT);
    if (vb_request_field(request, "Location-Of").ptr != NULL)
        vb_response_field(response, "Location", "/made/1");
    vb_response_write(response, content.ptr, content.len);
    return wanted(request);
}

#ifndef EMPTY
const struct vb_plugin vb_plugin = {
    .abi = ABI,
    .init = init,
    .free = done,
    .get = tell,
#ifndef ONLY_GET
    .post = answer,
#endif
};
#endif
