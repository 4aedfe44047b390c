/*
 * A plugin in C: kilometres from one place to another, as the crow flies.
 *
 *   cc -shared -fPIC $(pkg-config --cflags verbatim) plugin.c -lm -o plugin.so
 *   verbatim serve plugin.yaml
 *   curl 'http://127.0.0.1:8080/distance?from=52.5,13.4&to=48.8,2.3'
 *
 * The description says what a place looks like, so that nothing else arrives
 * here, and in `config` what radius the earth has.
 */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include <verbatim/plugin.h>

static int init(struct vb_plugin_setup *setup, void **ret_self)
{
    struct vb_span config = vb_plugin_config(setup);
    double *radius = malloc(sizeof(*radius));

    if (radius != NULL)
        *radius = config.ptr != NULL ? strtod(config.ptr, NULL) : 0;
    *ret_self = radius;
    if (radius != NULL && *radius > 0)
        return 0;
    free(radius);
    vb_plugin_fail(setup, "config is the radius of the earth");
    return -1;
}

static bool read_place(const char *text, double *lat, double *lon)
{
    const double degree = acos(-1) / 180;
    char *comma;

    if (text == NULL)
        return false;
    *lat = strtod(text, &comma) * degree;
    *lon = *comma == ',' ? strtod(comma + 1, NULL) * degree : 0;
    return *comma == ',';
}

static int get_distance(void *self, const struct vb_request *request,
                        struct vb_response *response)
{
    double lat1, lon1, lat2, lon2, h, *radius = self;

    if (!read_place(vb_request_parameter(request, "from").ptr, &lat1, &lon1) ||
        !read_place(vb_request_parameter(request, "to").ptr, &lat2, &lon2))
        return VB_STATUS_BAD_REQUEST;
    h = pow(sin((lat2 - lat1) / 2), 2) + /* the haversine formula */
        cos(lat1) * cos(lat2) * pow(sin((lon2 - lon1) / 2), 2);
    vb_response_printf(response, "{\"distance\": %.1f}\n",
                       2 * *radius * asin(fmin(1, sqrt(h))));
    return VB_STATUS_OK;
}

const struct vb_plugin vb_plugin = {VB_PLUGIN_ABI, init, free, get_distance, 0};
