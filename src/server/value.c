/*
 * An option's value: from text into its member of the configuration. One
 * reader for each kind; see option.h.
 */
#include "base/assert.h"
#include "base/log.h"
#include "flow/trust.h"
#include "http/chars.h"
#include "http/origin.h"
#include "observe/redact.h"
#include "server/option.h"
#include "server/server.h"
#include "storage/make.h"
#include "storage/store.h"

#define ADDRESSES_MOST 64
#define TEXTS_MOST     64

/* A mistaken value is shown up to this many bytes. */
#define SHOWN_MOST 80

typedef enum vb_err (*reader)(const struct vb_option *option,
                              struct vb_span text, struct vb_config *config,
                              struct vb_buf *why);

static void *member(const struct vb_option *option, struct vb_config *config)
{
    return (char *)config + option->offset;
}

/* "<text>" is <what> */
static enum vb_err refuse(struct vb_buf *why, struct vb_span text,
                          const char *what)
{
    vb_buf_char(why, '"');
    vb_log_quoted(why, vb_span_head(text, SHOWN_MOST));
    vb_buf_printf(why, "%s\" %s", text.len > SHOWN_MOST ? "..." : "", what);
    return VB_ERR_INVALID;
}

/* --- Texts ------------------------------------------------------------------
 */

/* Is it a text that C can have? */
static enum vb_err check_text(struct vb_span text, struct vb_buf *why)
{
    if (text.len == 0)
        return refuse(why, text, "is empty");
    if (vb_span_find(text, '\0', 0) >= 0)
        return refuse(why, text, "has a NUL in it");
    return VB_OK;
}

static enum vb_err read_text(const struct vb_option *option,
                             struct vb_span text, struct vb_config *config,
                             struct vb_buf *why)
{
    enum vb_err err = check_text(text, why);
    struct vb_span copy;

    if (err != VB_OK)
        return err;
    copy = vb_arena_dup(&config->arena, text);
    if (copy.ptr == NULL)
        return VB_ERR_NOMEM;
    *(const char **)member(option, config) = copy.ptr;
    return VB_OK;
}

static enum vb_err read_publish(const struct vb_option *option,
                                struct vb_span text, struct vb_config *config,
                                struct vb_buf *why)
{
    if (!vb_span_eq(text, VB_SPAN("off")) && !vb__publish_valid(text))
        return refuse(why, text,
                      "is neither off nor a path in its normal "
                      "form such as /openapi.json");
    return read_text(option, text, config, why);
}

static enum vb_err read_storage(const struct vb_option *option,
                                struct vb_span text, struct vb_config *config,
                                struct vb_buf *why)
{
    char words[256];
    struct vb_buf shown = vb_buf_over(words, sizeof(words));

    if (vb_store_knows(text))
        return read_text(option, text, config, why);
    vb_store_show(text, &shown);
    return refuse(why, vb_buf_span(&shown),
                  "is no storage that is known (sqlite:PATH, "
                  "postgresql://HOST/DATABASE or memory:)");
}

static enum vb_err read_redaction(const struct vb_option *option,
                                  struct vb_span text, struct vb_config *config,
                                  struct vb_buf *why)
{
    struct vb_redaction redaction;
    char reason[160];
    struct vb_buf buf = vb_buf_over(reason, sizeof(reason) - 1);

    if (vb_redaction_parse(text, &redaction, &buf) != VB_OK) {
        refuse(why, text, "is not a rule: ");
        vb_buf_append(why, vb_buf_span(&buf));
        return VB_ERR_INVALID;
    }
    return read_text(option, text, config, why);
}

/* --- Addresses --------------------------------------------------------------
 */

static enum vb_err add_address(const struct vb_address *address,
                               struct vb_config *config, struct vb_buf *why)
{
    if (config->listen == NULL)
        config->listen = vb_arena_alloc(
            &config->arena, ADDRESSES_MOST * sizeof(*config->listen));
    if (config->listen == NULL)
        return VB_ERR_NOMEM;
    if (config->listen_count == ADDRESSES_MOST) {
        vb_buf_printf(why, "there are more than %d addresses", ADDRESSES_MOST);
        return VB_ERR_INVALID;
    }
    config->listen[config->listen_count++] = *address;
    return VB_OK;
}

static enum vb_err parse_address(struct vb_span text,
                                 struct vb_address *ret_address,
                                 struct vb_buf *why)
{
    if (text.len == 0 || text.len > 128 ||
        !vb_chars_all(text, VB_CHAR_VCHAR | VB_CHAR_OBS | VB_CHAR_WS))
        return refuse(why, text, "is no address");
    return vb_address_parse(text, ret_address, why) == VB_OK ? VB_OK
                                                             : VB_ERR_INVALID;
}

static enum vb_err read_address(const struct vb_option *option,
                                struct vb_span text, struct vb_config *config,
                                struct vb_buf *why)
{
    struct vb_address address;
    enum vb_err err = parse_address(text, &address, why);

    (void)option;
    return err == VB_OK ? add_address(&address, config, why) : err;
}

/* What is said of it is kept, as that of other texts. */
static enum vb_err read_one_address(const struct vb_option *option,
                                    struct vb_span text,
                                    struct vb_config *config,
                                    struct vb_buf *why)
{
    struct vb_address address;
    enum vb_err err = parse_address(text, &address, why);

    return err == VB_OK ? read_text(option, text, config, why) : err;
}

/* --- Origins and names -------------------------------------------------------
 */

static enum vb_err add_text(const struct vb_option *option, struct vb_span text,
                            struct vb_config *config, struct vb_buf *why)
{
    struct vb_texts *texts = member(option, config);
    struct vb_span copy = vb_arena_dup(&config->arena, text);

    if (texts->at == NULL)
        texts->at =
            vb_arena_alloc(&config->arena, TEXTS_MOST * sizeof(*texts->at));
    if (texts->at == NULL || copy.ptr == NULL)
        return VB_ERR_NOMEM;
    if (texts->count == TEXTS_MOST) {
        vb_buf_printf(why, "there are more than %d of them", TEXTS_MOST);
        return VB_ERR_INVALID;
    }
    texts->at[texts->count++] = copy.ptr;
    return VB_OK;
}

static enum vb_err read_path(const struct vb_option *option,
                             struct vb_span text, struct vb_config *config,
                             struct vb_buf *why)
{
    enum vb_err err = check_text(text, why);

    return err == VB_OK ? add_text(option, text, config, why) : err;
}

static enum vb_err read_origin(const struct vb_option *option,
                               struct vb_span text, struct vb_config *config,
                               struct vb_buf *why)
{
    if (!vb_origin_valid(text))
        return refuse(why, text,
                      "is no origin such as https://app.example or "
                      "http://localhost:3000");
    return add_text(option, text, config, why);
}

static enum vb_err read_host(const struct vb_option *option,
                             struct vb_span text, struct vb_config *config,
                             struct vb_buf *why)
{
    if (!vb_trust_host_valid(text))
        return refuse(why, text,
                      "is no host's name such as books.example, without a "
                      "port");
    return add_text(option, text, config, why);
}

static enum vb_err read_upstream(const struct vb_option *option,
                                 struct vb_span text, struct vb_config *config,
                                 struct vb_buf *why)
{
    struct vb_span origin, base;
    const char *wrong = vb_gateway_cut(text, &origin, &base);

    return wrong != NULL ? refuse(why, text, wrong)
                         : add_text(option, text, config, why);
}

static enum vb_err read_network(const struct vb_option *option,
                                struct vb_span text, struct vb_config *config,
                                struct vb_buf *why)
{
    struct vb_network network;

    if (!vb_network_parse(text, &network))
        return refuse(why, text,
                      "is neither an address nor a network such as 10.0.0.0/8");
    return add_text(option, text, config, why);
}

static enum vb_err read_allowance(const struct vb_option *option,
                                  struct vb_span text, struct vb_config *config,
                                  struct vb_buf *why)
{
    struct vb_allowance allowance;
    char line[256];
    struct vb_buf scratch = vb_buf_over(line, sizeof(line));

    if (text.len > SHOWN_MOST ||
        vb_allowance_parse(text, &allowance, &scratch) != VB_OK)
        return refuse(why, text,
                      "is no host, name below *. or network, with or without "
                      "a port");
    return add_text(option, text, config, why);
}

/* --- Lists
 * --------------------------------------------------------------------
 */

/* Reads each element of a list with commas. */
static enum vb_err read_list(const struct vb_option *option,
                             struct vb_span text, struct vb_config *config,
                             struct vb_buf *why, reader read)
{
    for (;;) {
        ssize_t comma = vb_span_find(text, ',', 0);
        size_t len = comma < 0 ? text.len : (size_t)comma;
        enum vb_err err =
            read(option, vb_span_trim(vb_span_head(text, len)), config, why);

        if (err != VB_OK || comma < 0)
            return err;
        text = vb_span_from(text, len + 1);
    }
}

bool vb_option_is_list(const struct vb_option *option)
{
    return option->kind >= VB_OPTION_ADDRESSES &&
           option->kind <= VB_OPTION_ALLOWANCES;
}

void vb_option_clear(const struct vb_option *option, struct vb_config *config)
{
    vb_assert(vb_option_is_list(option));
    if (option->kind == VB_OPTION_ADDRESSES)
        config->listen_count = 0;
    else
        ((struct vb_texts *)member(option, config))->count = 0;
}

/* --- Words ------------------------------------------------------------------
 */

struct word {
    struct vb_span text;
    int value;
};

/* The word's value, or -1. */
static int find_word(const struct word *words, size_t count,
                     struct vb_span text)
{
    for (size_t i = 0; i < count; i++)
        if (vb_span_ieq(text, words[i].text))
            return words[i].value;
    return -1;
}

static enum vb_err read_flag(const struct vb_option *option,
                             struct vb_span text, struct vb_config *config,
                             struct vb_buf *why)
{
    static const struct word words[] = {
        {VB_SPAN_INIT("yes"), 1},  {VB_SPAN_INIT("no"), 0},
        {VB_SPAN_INIT("true"), 1}, {VB_SPAN_INIT("false"), 0},
        {VB_SPAN_INIT("on"), 1},   {VB_SPAN_INIT("off"), 0},
        {VB_SPAN_INIT("1"), 1},    {VB_SPAN_INIT("0"), 0},
    };
    int value = find_word(words, sizeof(words) / sizeof(words[0]), text);

    if (value < 0)
        return refuse(why, text, "is neither yes nor no");
    *(bool *)member(option, config) = value != 0;
    return VB_OK;
}

/* The member is an enum, or an int. */
static enum vb_err store_word(const struct vb_option *option, int value,
                              struct vb_config *config)
{
    vb_assert(option->size == sizeof(value));
    memcpy(member(option, config), &value, sizeof(value));
    return VB_OK;
}

static enum vb_err read_log_format(const struct vb_option *option,
                                   struct vb_span text,
                                   struct vb_config *config, struct vb_buf *why)
{
    static const struct word words[] = {
        {VB_SPAN_INIT("combined"), VB_ACCESS_COMBINED},
        {VB_SPAN_INIT("json"), VB_ACCESS_JSON},
    };
    int value = find_word(words, 2, text);

    return value < 0 ? refuse(why, text, "is neither combined nor json")
                     : store_word(option, value, config);
}

static enum vb_err read_client_cert(const struct vb_option *option,
                                    struct vb_span text,
                                    struct vb_config *config,
                                    struct vb_buf *why)
{
    static const struct word words[] = {
        {VB_SPAN_INIT("none"), VB_CLIENT_CERT_NONE},
        {VB_SPAN_INIT("optional"), VB_CLIENT_CERT_OPTIONAL},
        {VB_SPAN_INIT("required"), VB_CLIENT_CERT_REQUIRED},
    };
    int value = find_word(words, 3, text);

    return value < 0
               ? refuse(why, text, "is none of required, optional and none")
               : store_word(option, value, config);
}

static enum vb_err read_host_kept(const struct vb_option *option,
                                  struct vb_span text, struct vb_config *config,
                                  struct vb_buf *why)
{
    static const struct word words[] = {
        {VB_SPAN_INIT("upstream"), VB_HOST_UPSTREAM},
        {VB_SPAN_INIT("preserve"), VB_HOST_PRESERVE},
    };
    int value = find_word(words, 2, text);

    return value < 0 ? refuse(why, text, "is neither upstream nor preserve")
                     : store_word(option, value, config);
}

static enum vb_err read_balance(const struct vb_option *option,
                                struct vb_span text, struct vb_config *config,
                                struct vb_buf *why)
{
    static const struct word words[] = {
        {VB_SPAN_INIT("round-robin"), VB_GATEWAY_ROUND_ROBIN},
        {VB_SPAN_INIT("least-busy"), VB_GATEWAY_LEAST_BUSY},
        {VB_SPAN_INIT("hash"), VB_GATEWAY_HASH},
    };
    int value = find_word(words, 3, text);

    return value < 0 ? refuse(why, text,
                              "is none of round-robin, least-busy and hash")
                     : store_word(option, value, config);
}

static enum vb_err read_via(const struct vb_option *option, struct vb_span text,
                            struct vb_config *config, struct vb_buf *why)
{
    if (!vb_gateways_name_valid(text))
        return refuse(why, text,
                      "is no name that Via can have: a word, or a host and "
                      "port");
    return read_text(option, text, config, why);
}

/* --- Numbers ----------------------------------------------------------------
 */

struct unit {
    struct vb_span name; /* as it is written and shown */
    uint64_t factor;
};

/* The largest unit first, so that a bound is shown in few digits. */
static const struct unit sizes[] = {
    {VB_SPAN_INIT("T"), UINT64_C(1) << 40},
    {VB_SPAN_INIT("G"), UINT64_C(1) << 30},
    {VB_SPAN_INIT("M"), UINT64_C(1) << 20},
    {VB_SPAN_INIT("k"), UINT64_C(1) << 10},
    {VB_SPAN_INIT(""), 1},
};
static const struct unit durations[] = {
    {VB_SPAN_INIT("h"), 3600000},
    {VB_SPAN_INIT("m"), 60000},
    {VB_SPAN_INIT("s"), 1000},
    {VB_SPAN_INIT("ms"), 1},
};
static const struct unit counts[] = {{VB_SPAN_INIT(""), 1}};

struct measure {
    const struct unit *units;
    size_t count;
    const char *what;
};

static const struct measure measures[] = {
    [VB_OPTION_RATE] = {counts, 1, ""},
    [VB_OPTION_COUNT] = {counts, 1, "is not a whole number"},
    [VB_OPTION_CORES] = {counts, 1, "is neither auto nor a whole number"},
    [VB_OPTION_SIZE] = {sizes, 5, "is not a size such as 512, 64k, 10M or 1G"},
    [VB_OPTION_DURATION] = {durations, 4,
                            "is not a time such as 500ms, 10s, 5m or 1h"},
};

static const struct unit *find_unit(const struct measure *measure,
                                    struct vb_span name)
{
    for (size_t i = 0; i < measure->count; i++)
        if (vb_span_ieq(name, measure->units[i].name))
            return &measure->units[i];
    return NULL;
}

static void show(struct vb_buf *buf, const struct measure *measure, uint64_t n)
{
    const struct unit *unit = measure->units;

    while (n % unit->factor != 0 || (n == 0 && unit->factor > 1))
        unit++;
    vb_buf_printf(buf, "%llu%.*s", (unsigned long long)(n / unit->factor),
                  VB_FMT(unit->name));
}

static enum vb_err out_of_range(const struct vb_option *option,
                                struct vb_span text, bool below,
                                struct vb_buf *why)
{
    refuse(why, text, below ? "is less than " : "is more than ");
    show(why, &measures[option->kind], below ? option->least : option->most);
    return VB_ERR_INVALID;
}

static void store_number(const struct vb_option *option, uint64_t n,
                         struct vb_config *config)
{
    vb_assert(option->size == sizeof(uint64_t) ||
              (option->size == sizeof(uint32_t) && n <= UINT32_MAX));
    if (option->size == sizeof(uint64_t))
        *(uint64_t *)member(option, config) = n;
    else
        *(uint32_t *)member(option, config) = (uint32_t)n;
}

static enum vb_err read_number(const struct vb_option *option,
                               struct vb_span text, struct vb_config *config,
                               struct vb_buf *why)
{
    const struct measure *measure = &measures[option->kind];
    const struct unit *unit;
    uint64_t n = 0;
    size_t digits = 0;

    /* Past 18 digits a number is out of any option's range. */
    for (; digits < text.len && text.ptr[digits] >= '0' &&
           text.ptr[digits] <= '9';
         digits++)
        if (n < UINT64_C(100000000000000000))
            n = n * 10 + (uint64_t)(text.ptr[digits] - '0');
    unit = find_unit(measure, vb_span_from(text, digits));
    /* Nothing is nothing in any unit. */
    if (unit == NULL && digits == text.len && n == 0)
        unit = measure->units;
    if (digits == 0 || unit == NULL)
        return refuse(why, text, measure->what);
    if (n > option->most / unit->factor)
        return out_of_range(option, text, false, why);
    if (n * unit->factor < option->least)
        return out_of_range(option, text, true, why);
    store_number(option, n * unit->factor, config);
    return VB_OK;
}

/* "100/s": a whole number in one unit of time. */
static enum vb_err read_rate(const struct vb_option *option,
                             struct vb_span text, struct vb_config *config,
                             struct vb_buf *why)
{
    static const char what[] =
        "is neither off nor a rate such as 100/s, 600/m or 5000/h";
    const struct measure *times = &measures[VB_OPTION_DURATION];
    struct vb_rate *rate = member(option, config);
    ssize_t slash = vb_span_find(text, '/', 0);
    const struct unit *unit;
    int64_t count;

    *rate = (struct vb_rate){.count = 0};
    if (vb_span_ieq(text, VB_SPAN("off")))
        return VB_OK;
    if (slash < 0 || !vb_span_i64(vb_span_head(text, (size_t)slash), &count))
        return refuse(why, text, what);
    unit = find_unit(times, vb_span_from(text, (size_t)slash + 1));
    if (unit == NULL || unit->factor < 1000)
        return refuse(why, text, what);
    if (count < (int64_t)option->least || count > (int64_t)option->most)
        return out_of_range(option, text, count < (int64_t)option->least, why);
    rate->count = (uint32_t)count;
    rate->period_ms = (uint32_t)unit->factor;
    return VB_OK;
}

static enum vb_err read_cores(const struct vb_option *option,
                              struct vb_span text, struct vb_config *config,
                              struct vb_buf *why)
{
    if (!vb_span_ieq(text, VB_SPAN("auto")))
        return read_number(option, text, config, why);
    store_number(option, 0, config);
    return VB_OK;
}

/* Of a list: of one element. */
static const reader readers[] = {
    [VB_OPTION_PATH] = read_text,
    [VB_OPTION_CONFIG] = read_text,
    [VB_OPTION_ADDRESSES] = read_address,
    [VB_OPTION_PATHS] = read_path,
    [VB_OPTION_ORIGINS] = read_origin,
    [VB_OPTION_HOSTS] = read_host,
    [VB_OPTION_UPSTREAMS] = read_upstream,
    [VB_OPTION_NETWORKS] = read_network,
    [VB_OPTION_ALLOWANCES] = read_allowance,
    [VB_OPTION_ADDRESS] = read_one_address,
    [VB_OPTION_STORAGE] = read_storage,
    [VB_OPTION_PUBLISH] = read_publish,
    [VB_OPTION_FLAG] = read_flag,
    [VB_OPTION_LOG_FORMAT] = read_log_format,
    [VB_OPTION_CLIENT_CERT] = read_client_cert,
    [VB_OPTION_HOST_KEPT] = read_host_kept,
    [VB_OPTION_BALANCE] = read_balance,
    [VB_OPTION_VIA] = read_via,
    [VB_OPTION_REDACTION] = read_redaction,
    [VB_OPTION_COUNT] = read_number,
    [VB_OPTION_CORES] = read_cores,
    [VB_OPTION_SIZE] = read_number,
    [VB_OPTION_DURATION] = read_number,
    [VB_OPTION_RATE] = read_rate,
};

enum vb_err vb_option_read(const struct vb_option *option, struct vb_span text,
                           struct vb_config *config, struct vb_buf *ret_why)
{
    reader read = readers[option->kind];

    return vb_option_is_list(option)
               ? read_list(option, text, config, ret_why, read)
               : read(option, text, config, ret_why);
}
