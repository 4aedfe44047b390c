/*
 * The configuration file: YAML or JSON, one mapping from options' names to
 * values. What is wrong is told with file, line, column and key.
 */
#include "base/log.h"
#include "content/json.h"
#include "content/yaml.h"
#include "server/config_inner.h"

/* No configuration needs more. */
static const struct vb_yaml_limits limits = {
    .bytes = (size_t)1024 * 1024,
    .values = 10000,
    .alias_values = 1000,
    .anchors = 100,
    .depth = 8,
};

/* "FILE:LINE:COLUMN: " */
static void put_place(struct vb__reading *reading, const struct vb_yaml *yaml,
                      const yyjson_val *val)
{
    struct vb_yaml_mark mark = vb_yaml_mark(yaml, val);

    vb_buf_printf(reading->why, "%s:%u:%u: ", reading->config.config, mark.line,
                  mark.column);
}

static enum vb_err unknown(struct vb__reading *reading,
                           const struct vb_yaml *yaml, yyjson_val *key)
{
    const char *near = vb_option_nearest(vb_json_text(key));

    put_place(reading, yaml, key);
    vb_buf_str(reading->why, "unknown option ");
    vb_log_quoted(reading->why, vb_span_head(vb_json_text(key), 80));
    if (near != NULL)
        vb_buf_printf(reading->why, " (did you mean %s?)", near);
    return VB_ERR_INVALID;
}

/* A scalar as text, as if it stood on the command line. */
static bool scalar_text(const struct vb_option *option, yyjson_val *val,
                        struct vb_span *ret_text)
{
    bool flag = option->kind == VB_OPTION_FLAG;

    if (flag && yyjson_is_bool(val))
        *ret_text = yyjson_is_true(val) ? VB_SPAN("yes") : VB_SPAN("no");
    else if (yyjson_is_str(val) || (vb_json_is_number(val) && !flag))
        *ret_text = vb_json_text(val);
    else
        return false;
    return true;
}

static const char *wanted(const struct vb_option *option)
{
    switch (option->kind) {
    case VB_OPTION_FLAG:
        return "takes true or false";
    case VB_OPTION_ADDRESSES:
        return "takes an address or a list of addresses";
    case VB_OPTION_PATHS:
        return "takes a path or a list of paths";
    case VB_OPTION_ORIGINS:
        return "takes an origin or a list of origins";
    case VB_OPTION_HOSTS:
        return "takes a name or a list of names";
    default:
        return "takes one value, a text or a number";
    }
}

static enum vb_err set(struct vb__reading *reading, const struct vb_yaml *yaml,
                       const struct vb_option *option, yyjson_val *val)
{
    struct vb_span text;
    enum vb_err err = VB_ERR_INVALID;

    vb_buf_reset(&reading->reason);
    if (scalar_text(option, val, &text))
        err = vb__config_set(reading, VB__LEVEL_FILE, option, text);
    else
        vb_buf_str(&reading->reason, wanted(option));
    if (err == VB_ERR_INVALID) {
        put_place(reading, yaml, val);
        vb_buf_printf(reading->why, "%s: %.*s", option->name,
                      VB_FMT(vb_buf_span(&reading->reason)));
    }
    return err;
}

static enum vb_err set_member(struct vb__reading *reading,
                              const struct vb_yaml *yaml, yyjson_val *key,
                              yyjson_val *val)
{
    const struct vb_option *option = vb_option_find(vb_json_text(key));
    enum vb_err err = VB_OK;
    yyjson_val *item;
    size_t i, n;

    if (option == NULL)
        return unknown(reading, yaml, key);
    if (option->kind == VB_OPTION_CONFIG) {
        put_place(reading, yaml, key);
        vb_buf_printf(reading->why, "%s cannot stand in a file", option->name);
        return VB_ERR_INVALID;
    }
    if (!vb_option_is_list(option) || !yyjson_is_arr(val) ||
        yyjson_arr_size(val) == 0)
        return set(reading, yaml, option, val);
    yyjson_arr_foreach(val, i, n, item)
    {
        err = set(reading, yaml, option, item);
        if (err != VB_OK)
            break;
    }
    return err;
}

static enum vb_err set_all(struct vb__reading *reading,
                           const struct vb_yaml *yaml)
{
    yyjson_val *root = vb_yaml_root(yaml);
    enum vb_err err = VB_OK;
    yyjson_val *key, *val;
    size_t i, n;

    if (!yyjson_is_obj(root)) {
        put_place(reading, yaml, root);
        vb_buf_str(reading->why, "a configuration is a mapping of options, as "
                                 "in `workers: 2`");
        return VB_ERR_INVALID;
    }
    yyjson_obj_foreach(root, i, n, key, val)
    {
        err = set_member(reading, yaml, key, val);
        if (err != VB_OK)
            break;
    }
    return err;
}

enum vb_err vb__config_file(struct vb__reading *reading)
{
    const char *path = reading->config.config;
    struct vb_yaml *yaml;
    struct vb_yaml_error error;
    enum vb_err err = vb_yaml_load(path, &limits, &yaml, &error);

    if (err == VB_ERR_NOTFOUND) /* nothing in it, or comments */
        return VB_OK;
    if (err != VB_OK) {
        vb_yaml_error_print(vb_span_str(path), &error, reading->why);
        return err == VB_ERR_IO || err == VB_ERR_NOMEM ? err : VB_ERR_INVALID;
    }
    err = set_all(reading, yaml);
    vb_yaml_free(yaml);
    return err;
}
