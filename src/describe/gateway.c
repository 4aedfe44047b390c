/*
 * Which servers answer in our place, for a path and all below it:
 *
 *     /api   to: http://127.0.0.1:9000/v1
 *     /api   to: [http://10.0.0.1, http://10.0.0.2]
 *     /api   to: {servers: [...], balance: hash, timeout: 10}
 *
 * The path here is replaced by that of the URL: /api/x?y is /v1/x?y there.
 */
#include "describe/action.h"
#include "http/chars.h"

enum { SERVERS_MOST = 64, TRUSTED_MOST = 256, PROBE_USUAL = 10 };

static const char *const others[] = {"servers",
                                     "balance",
                                     "host",
                                     "hide-client",
                                     "probe",
                                     "ca",
                                     "certificate",
                                     "key",
                                     "server-name",
                                     "http",
                                     "insecure",
                                     "trusted-proxies",
                                     "pass-undescribed",
                                     "cache"};

static const struct vb__bound rows[] = {
#define BOUND(key, member, least, most, usual)                                 \
    {key, offsetof(struct vb_gateway, member), least, most, usual},
#include "describe/gateway.tbl"
#undef BOUND
};

static const struct vb__bounds bounds = {
    .where = "to",
    .others = others,
    .other_count = sizeof(others) / sizeof(others[0]),
    .rows = rows,
    .count = sizeof(rows) / sizeof(rows[0]),
};

/* --- the servers -----------------------------------------------------------
 */

static bool is_secure(struct vb_span origin)
{
    static const struct vb_span https = VB_SPAN_INIT("https:");

    return origin.len > https.len &&
           vb_span_ieq(vb_span_head(origin, https.len), https);
}

/* Braces have no place in a URI: they are escaped, and found again so. */
static struct vb_span escape(struct vb__reader *r, struct vb_span url)
{
    char *text = VB__NEW(r, char, 3 * url.len + 1);
    size_t len = 0;

    for (size_t i = 0; text && i < url.len; i++) {
        bool brace = url.ptr[i] == '{' || url.ptr[i] == '}';

        if (brace)
            memcpy(text + len, url.ptr[i] == '{' ? "%7B" : "%7D", 3);
        else
            text[len] = url.ptr[i];
        len += brace ? 3 : 1;
    }
    return vb_span_of(text, text ? len : 0);
}

/* False: no more of it is looked at. */
static bool add_server(struct vb__reader *r, yyjson_val *val, bool variables,
                       struct vb_gateway *gateway, struct vb_span *origins)
{
    struct vb_span url = vb_json_text(val), base;
    const char *why = NULL;

    if (!yyjson_is_str(val)) {
        vb__error(r, val, "a server is a URL, such as http://10.0.0.1:9000");
        return false;
    }
    if (variables)
        url = escape(r, url);
    why = vb_gateway_cut(url, &origins[gateway->server_count], &base);
    if (!why && gateway->server_count > 0 && is_secure(url) != gateway->secure)
        why = "has another scheme than the one before it";
    if (!why && gateway->server_count > 0 && !vb_span_eq(base, gateway->base))
        why = "has another path than the one before it";
    if (why) {
        vb__error(r, val, "\"%.*s\" %s", VB_FMT(url), why);
        return false;
    }
    gateway->secure = is_secure(url);
    gateway->base = base;
    gateway->server_count++;
    return true;
}

/* `to` itself, or its member `servers`. */
static bool read_servers(struct vb__reader *r, yyjson_val *val, bool variables,
                         struct vb_gateway *gateway)
{
    size_t count = yyjson_is_arr(val) ? yyjson_arr_size(val) : 1;
    struct vb_span *origins;

    if (count == 0 || count > SERVERS_MOST) {
        vb__error(r, val, "a gateway has 1 to %d servers", SERVERS_MOST);
        return false;
    }
    origins = VB__NEW(r, struct vb_span, count);
    for (size_t i = 0; origins && i < count; i++) {
        yyjson_val *server = yyjson_is_arr(val) ? yyjson_arr_get(val, i) : val;

        if (!add_server(r, server, variables, gateway, origins))
            return false;
    }
    gateway->servers = origins;
    return origins != NULL;
}

/* --- words -----------------------------------------------------------------
 */

/* The index of the word at `name` among these, or 0. */
static unsigned read_word(struct vb__reader *r, yyjson_val *to,
                          const char *name, const char *const *words,
                          const char *must)
{
    yyjson_val *val = yyjson_obj_get(to, name);

    for (unsigned i = 0; val && words[i]; i++)
        if (yyjson_equals_str(val, words[i]))
            return i;
    if (val)
        vb__error(r, val, "\"%s\" must be %s", name, must);
    return 0;
}

static void read_words(struct vb__reader *r, yyjson_val *to,
                       struct vb_gateway *gateway)
{
    static const char *const balances[] = {
        [VB_GATEWAY_ROUND_ROBIN] = "round-robin",
        [VB_GATEWAY_LEAST_BUSY] = "least-busy",
        [VB_GATEWAY_HASH] = "hash",
        NULL};
    static const char *const hosts[] = {"upstream", "preserve", NULL};
    yyjson_val *http = yyjson_obj_get(to, "http");
    int64_t version = 0;

    gateway->balance = (enum vb_gateway_balance)read_word(
        r, to, "balance", balances, "round-robin, least-busy or hash");
    gateway->keeps_host =
        read_word(r, to, "host", hosts, "preserve or upstream") == 1;
    gateway->passes = vb__bool(r, to, "pass-undescribed", false);
    gateway->hides = vb__bool(r, to, "hide-client", false);
    if (http && !vb__is_whole(http, 1, 2, &version))
        vb__error(r, http, "\"http\" must be 1 or 2");
    gateway->http = (unsigned)version;
}

/* --- whom is believed ------------------------------------------------------
 */

static void read_trusted(struct vb__reader *r, yyjson_val *to,
                         struct vb_gateway *gateway)
{
    yyjson_val *list = vb__array(r, to, "trusted-proxies"), *val;
    size_t count = yyjson_arr_size(list), i, max;
    struct vb_network *networks;

    if (!list)
        return;
    if (count > TRUSTED_MOST) {
        vb__error(r, list, "there are more than %d of them", TRUSTED_MOST);
        return;
    }
    networks = VB__NEW(r, struct vb_network, count + 1); /* none may be */
    gateway->trusted = networks;
    yyjson_arr_foreach(list, i, max, val)
    {
        if (!yyjson_is_str(val) ||
            (networks && !vb_network_parse(vb_json_text(val), &networks[i])))
            vb__error(r, val,
                      "this must be a network such as 10.0.0.0/8, or an "
                      "address");
    }
    gateway->trusted_count = count;
}

/* --- files and names of TLS ------------------------------------------------
 */

/* A text for C; NULL: it is not there, or wrong. */
static const char *read_text(struct vb__reader *r, yyjson_val *to,
                             const char *name)
{
    struct vb_span text = vb__string(r, to, name);
    yyjson_val *val = yyjson_obj_get(to, name);

    if (!yyjson_is_str(val))
        return NULL;
    if (text.len == 0 || !vb__is_plain(text)) {
        vb__error(r, val, "\"%s\" must be a text, without control characters",
                  name);
        return NULL;
    }
    return vb_arena_dup(r->arena, text).ptr;
}

static const char *read_file(struct vb__reader *r, yyjson_val *to,
                             const char *name)
{
    const char *text = read_text(r, to, name);

    return text ? vb__action_path(r, vb_span_str(text)).ptr : NULL;
}

static void read_tls(struct vb__reader *r, yyjson_val *to,
                     struct vb_gateway *gateway)
{
    static const char *const names[] = {"ca", "certificate", "key",
                                        "server-name", "insecure"};
    struct vb_gateway_tls *tls = &gateway->tls;

    tls->ca = read_file(r, to, "ca");
    tls->certificate = read_file(r, to, "certificate");
    tls->key = read_file(r, to, "key");
    tls->server_name = read_text(r, to, "server-name");
    tls->insecure = vb__bool(r, to, "insecure", false);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        yyjson_val *val = yyjson_obj_get(to, names[i]);

        if (val && !gateway->secure)
            vb__error(r, val, "\"%s\" is for https, which no server speaks",
                      names[i]);
    }
    if (tls->key && !tls->certificate)
        vb__error(r, yyjson_obj_get(to, "key"),
                  "a key without its certificate");
    if (tls->insecure && tls->ca)
        vb__error(r, yyjson_obj_get(to, "insecure"),
                  "\"ca\" says whom to believe, and this to believe anybody");
}

/* --- looks -----------------------------------------------------------------
 */

static void read_probe(struct vb__reader *r, yyjson_val *to,
                       struct vb_gateway *gateway)
{
    static const char *const names[] = {"path", "every"};
    yyjson_val *probe = vb__object(r, to, "probe"), *every;
    struct vb_span path;
    int64_t seconds = PROBE_USUAL;

    if (!probe)
        return;
    vb__only(r, probe, "probe", names, 2);
    path = vb__string_needed(r, probe, "path");
    every = yyjson_obj_get(probe, "every");
    if (every && !vb__is_whole(every, 1, 86400, &seconds))
        vb__error(r, every, "\"every\" is a whole number from 1 to 86400");
    if (path.len > 0 &&
        (path.ptr[0] != '/' || !vb_chars_all(path, VB_CHAR_VCHAR)))
        vb__error(r, yyjson_obj_get(probe, "path"),
                  "\"path\" must be a path there, such as \"/health\"");
    gateway->probe = vb_arena_dup(r->arena, path).ptr;
    gateway->probe_ms = (uint64_t)seconds * 1000;
}

/* --- what nobody would keep ------------------------------------------------
 */

/* What the other server does with a request is its own: no reply of it is kept
 * for a key, and no precondition is looked at here. */
static void refuse_demands(struct vb__reader *r, const struct vb_route *route)
{
    static const char *const names[] = {"idempotency-key",
                                        "require-precondition", "hints"};

    for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++) {
        yyjson_val *at =
            vb__extension_get(r, route->source, VB__AT_PATH, names[n]);

        for (size_t i = 0; !at && i < route->operation_count; i++) {
            const struct vb_operation *op = &route->operations[i];

            at = vb__extension_get(r, op->source, vb__at_operation(op->method),
                                   names[n]);
        }
        if (at)
            vb__error(r, at, "\"%s\" does nothing here: another server answers",
                      names[n]);
    }
    for (size_t i = 0; i < route->operation_count; i++) {
        struct vb_operation *op = (struct vb_operation *)&route->operations[i];

        op->require_precondition = false; /* the root's */
    }
}

/* --- all together ----------------------------------------------------------
 */

bool vb__gateway_read(struct vb__reader *r, yyjson_val *to,
                      const struct vb__bounds *bounded,
                      struct vb_gateway *gateway)
{
    yyjson_val *servers =
        yyjson_is_obj(to) ? yyjson_obj_get(to, "servers") : to;

    vb__action_bounds(r, to, bounded, gateway);
    gateway->connect_ms *= 1000;
    gateway->head_ms *= 1000;
    gateway->idle_ms *= 1000;
    gateway->total_ms *= 1000;
    gateway->place = vb__place(r, to);
    if (!servers)
        vb__error(r, to, "servers is missing");
    if (!servers || !read_servers(r, servers, bounded->variables, gateway))
        return false;
    if (!yyjson_is_obj(to))
        return true;
    read_words(r, to, gateway);
    read_trusted(r, to, gateway);
    read_tls(r, to, gateway);
    read_probe(r, to, gateway);
    vb__gateway_cache(r, to, gateway);
    return true;
}

static void read_gateway(struct vb__reader *r, struct vb_route *route)
{
    yyjson_val *to = vb__extension_get(r, route->source, VB__AT_PATH, "to");
    struct vb_gateway *gateway;

    if (route->archetype != VB_ARCHETYPE_GATEWAY) {
        if (to)
            vb__error(r, to, "\"to\" is for a gateway; %.*s is a %s",
                      VB_FMT(route->path), vb_archetype_name(route->archetype));
        return;
    }
    if (r->foreign) {
        route->gateway = r->foreign;
        route->foreign = true;
        return;
    }
    if (!to) {
        vb__error(r, route->source,
                  "x-verbatim.to is missing: which server answers");
        return;
    }
    refuse_demands(r, route);
    gateway = VB__NEW(r, struct vb_gateway, 1);
    if (gateway && vb__gateway_read(r, to, &bounds, gateway))
        route->gateway = gateway;
}

void vb__gateways(struct vb__reader *r)
{
    for (size_t i = 0; i < r->route_count; i++)
        read_gateway(r, &r->routes[i]);
}
