/*
 * The words behind `verbatim explain`: some are the request's, as curl has
 * them, and the others are options of `serve`, since what a server is set to
 * decides on its replies.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <verbatim/server.h>

#include "server/cli.h"
#include "server/explain.h"
#include "server/option.h"
#include "server/usage.h"

#define FIELDS_MOST  ((size_t)1024 * 1024)
#define CONTENT_MOST ((size_t)64 * 1024 * 1024)

/* Where we are on the command line. */
struct reading {
    struct vb__question *question;
    char *const *at;
    size_t left;
    bool only_words; /* -- has been seen */
    const char *words[2];
    size_t word_count;
    bool has_type, has_accept; /* a field of that name is there */
    const char *method;
};

/* --- options of the request -------------------------------------------------
 */

static int add_field(struct reading *reading, const char *value)
{
    struct vb_span line = vb_span_str(value), name;
    ssize_t colon = vb_span_find(line, ':', 0);

    if (colon < 0)
        return vb__usage_error("-H takes a field, `Name: value'");
    name = vb_span_head(line, (size_t)colon);
    reading->has_type |= vb_span_ieq(name, VB_SPAN("Content-Type"));
    reading->has_accept |= vb_span_ieq(name, VB_SPAN("Accept"));
    vb_buf_append(&reading->question->fields, line);
    vb_buf_str(&reading->question->fields, "\r\n");
    return 0;
}

static int add_file(struct vb_buf *content, const char *path)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
    size_t n = 1;

    if (file == NULL)
        return vb__usage_error("%s: %s", path, strerror(errno));
    while (n > 0) {
        char *to = vb_buf_reserve(content, 4096);

        n = to == NULL ? 0 : fread(to, 1, 4096, file);
        content->len += n;
    }
    if (file != stdin)
        (void)fclose(file);
    return content->err == VB_OK
               ? 0
               : vb__usage_error("%s: %s", path, vb_err_text(content->err));
}

/* TEXT or @FILE; more than one are one content, with a "&" between. */
static int add_content(struct reading *reading, const char *value)
{
    struct vb__question *question = reading->question;

    if (question->has_content)
        vb_buf_char(&question->content, '&');
    question->has_content = true;
    if (value[0] == '@')
        return add_file(&question->content, value + 1);
    vb_buf_str(&question->content, value);
    return 0;
}

static int add_json(struct reading *reading, const char *value)
{
    if (!reading->has_type)
        add_field(reading, "Content-Type: application/json");
    if (!reading->has_accept)
        add_field(reading, "Accept: application/json");
    return add_content(reading, value);
}

static int set_method(struct reading *reading, const char *value)
{
    reading->method = value;
    return 0;
}

static int set_head(struct reading *reading, const char *value)
{
    (void)value;
    return set_method(reading, "HEAD");
}

static int set_include(struct reading *reading, const char *value)
{
    (void)value;
    reading->question->include = true;
    return 0;
}

static int set_cacert(struct reading *reading, const char *value)
{
    reading->question->trusted.cacert = value;
    return 0;
}

static int set_cert(struct reading *reading, const char *value)
{
    reading->question->trusted.cert = value;
    return 0;
}

static int set_key(struct reading *reading, const char *value)
{
    reading->question->trusted.key = value;
    return 0;
}

static int set_insecure(struct reading *reading, const char *value)
{
    (void)value;
    reading->question->trusted.insecure = true;
    return 0;
}

static int set_format(struct reading *reading, const char *value)
{
    reading->question->json = strcmp(value, "json") == 0;
    if (!reading->question->json && strcmp(value, "text") != 0)
        return vb__usage_error("--format is text or json");
    return 0;
}

static const struct own {
    char letter; /* 0: none */
    const char *name;
    const char *value; /* what its value is called; NULL: a flag */
    int (*take)(struct reading *reading, const char *value);
    const char *help;
} owns[] = {
    {'X', "request", "METHOD", set_method,
     "the method; GET, or POST where there is content."},
    {'H', "header", "FIELD", add_field, "a header field, `Name: value'."},
    {'d', "content", "TEXT", add_content,
     "the request's content, or @FILE; a form, unless -H says otherwise."},
    {0, "json", "TEXT", add_json,
     "the same for JSON, in Content-Type and Accept."},
    {'I', "head", NULL, set_head, "the method HEAD."},
    {'i', "include", NULL, set_include, "show the reply's content, too."},
    {0, "format", "FORMAT", set_format, "text (the default) or json."},
    {0, "cacert", "FILE", set_cacert,
     "certificates to trust in an https URL, instead of the system's."},
    {'k', "insecure", NULL, set_insecure, "trust any certificate."},
    {'E', "cert", "FILE", set_cert,
     "the certificate to be known by, and --key FILE, where its key is not in "
     "the same file."},
    {0, "key", "FILE", set_key, "the key of --cert."},
};

#define OWNS (sizeof(owns) / sizeof(owns[0]))

void vb__explain_help(struct vb_buf *buf)
{
    vb_buf_str(buf, "The request:\n");
    for (size_t i = 0; i < OWNS; i++) {
        char name[64];
        int len = owns[i].letter != 0
                      ? snprintf(name, sizeof(name), "-%c, ", owns[i].letter)
                      : 0;

        (void)snprintf(name + len, sizeof(name) - (size_t)len, "--%s%s%s",
                       owns[i].name, owns[i].value != NULL ? " " : "",
                       owns[i].value != NULL ? owns[i].value : "");
        vb_usage_row(buf, name, owns[i].help);
    }
}

void vb__explain_words(struct vb_buf *buf)
{
    for (size_t i = 0; i < OWNS; i++) {
        if (owns[i].letter != 0)
            vb_buf_printf(buf, "-%c ", owns[i].letter);
        vb_buf_printf(buf, "--%s ", owns[i].name);
    }
}

/* --- the words --------------------------------------------------------------
 */

static const struct own *find_own(struct vb_span name)
{
    for (size_t i = 0; i < OWNS; i++)
        if (vb_span_eq(name, vb_span_str(owns[i].name)))
            return &owns[i];
    return NULL;
}

static const struct own *find_letter(char letter)
{
    for (size_t i = 0; i < OWNS; i++)
        if (letter == owns[i].letter && letter != 0)
            return &owns[i];
    return NULL;
}

/* The value is what is attached, or else the next word. */
static int take_own(struct reading *reading, const struct own *own,
                    const char *attached)
{
    const char *value = attached;

    if (own->value == NULL && attached != NULL)
        return vb__usage_error("--%s takes no value", own->name);
    if (own->value != NULL && attached == NULL) {
        if (reading->left == 0)
            return vb__usage_error("--%s needs a value, %s", own->name,
                                   own->value);
        value = reading->at[0];
        reading->at++;
        reading->left--;
    }
    return own->take(reading, value);
}

/* An option of `serve`, and its value if that is a word of its own. */
static void keep_other(struct reading *reading, char *word)
{
    struct vb__question *question = reading->question;

    question->rest[question->rest_count++] = word;
    if (!vb_option_takes_next(vb_span_str(word)) || reading->left == 0)
        return;
    question->rest[question->rest_count++] = reading->at[0];
    reading->at++;
    reading->left--;
}

/* -XPUT, -X PUT, -iI. */
static int take_letters(struct reading *reading, const char *word)
{
    for (const char *at = word + 1; *at != '\0'; at++) {
        const struct own *own = find_letter(*at);
        int status;

        if (own == NULL)
            return vb__usage_error("explain has no option -%c", *at);
        if (own->value != NULL)
            return take_own(reading, own, at[1] != '\0' ? at + 1 : NULL);
        status = take_own(reading, own, NULL);
        if (status != 0)
            return status;
    }
    return 0;
}

static int take_word(struct reading *reading, char *word)
{
    struct vb_span name = vb_span_str(word);
    const struct own *own;
    ssize_t equals;

    if (reading->only_words || word[0] != '-' || word[1] == '\0') {
        if (reading->word_count == 2)
            return vb__usage_error("explain takes FILE and PATH, or URL");
        reading->words[reading->word_count++] = word;
        return 0;
    }
    if (word[1] != '-')
        return take_letters(reading, word);
    if (word[2] == '\0') {
        reading->only_words = true;
        return 0;
    }
    name = vb_span_from(name, 2);
    equals = vb_span_find(name, '=', 0);
    name = vb_span_head(name, equals < 0 ? name.len : (size_t)equals);
    own = find_own(name);
    if (own != NULL)
        return take_own(reading, own, equals < 0 ? NULL : word + equals + 3);
    keep_other(reading, word);
    return 0;
}

/* --- all together -----------------------------------------------------------
 */

bool vb__question_is_remote(const struct vb__question *question)
{
    return strstr(question->target, "://") != NULL;
}

static int complete(struct reading *reading)
{
    struct vb__question *question = reading->question;

    if (reading->word_count == 0)
        return vb__usage_error("explain takes FILE and PATH, or URL");
    question->target = reading->words[reading->word_count - 1];
    if (reading->word_count == 2)
        question->file = reading->words[0];
    question->method = reading->method != NULL ? reading->method
                       : question->has_content ? "POST"
                                               : "GET";
    if (question->has_content && !reading->has_type)
        add_field(reading, "Content-Type: application/x-www-form-urlencoded");
    if (vb__question_is_remote(question) &&
        (question->file != NULL || question->rest_count > 0))
        return vb__usage_error(
            "a running server has its description and its options already");
    return question->fields.err == VB_OK && question->content.err == VB_OK
               ? 0
               : vb__usage_error("the request is too large");
}

int vb__question_read(const struct vb_command_line *line,
                      struct vb__question *ret_question)
{
    struct reading reading = {
        .question = ret_question, .at = line->words, .left = line->count};
    int status = 0;

    *ret_question = (struct vb__question){
        .rest = calloc(line->count + 1, sizeof(char *)),
    };
    vb_buf_init(&ret_question->fields, FIELDS_MOST);
    vb_buf_init(&ret_question->content, CONTENT_MOST);
    if (ret_question->rest == NULL)
        return vb__usage_error("%s", vb_err_text(VB_ERR_NOMEM));
    while (status == 0 && reading.left > 0) {
        char *word = reading.at[0];

        reading.at++;
        reading.left--;
        status = take_word(&reading, word);
    }
    return status == 0 ? complete(&reading) : status;
}

void vb__question_done(struct vb__question *question)
{
    free(question->rest);
    vb_buf_done(&question->fields);
    vb_buf_done(&question->content);
}

static bool has_field(const struct vb__question *question, struct vb_span name)
{
    struct vb_span rest = vb_buf_span(&question->fields), found, value;

    while (vb__answer_field(&rest, &found, &value))
        if (vb_span_ieq(found, name))
            return true;
    return false;
}

void vb__question_write(const struct vb__question *question,
                        struct vb_span target, struct vb_span host,
                        const char *more, struct vb_buf *bytes)
{
    vb_buf_printf(bytes, "%s %.*s HTTP/1.1\r\n", question->method,
                  VB_FMT(target));
    if (!has_field(question, VB_SPAN("Host")))
        vb_buf_printf(bytes, "Host: %.*s\r\n", VB_FMT(host));
    if (!has_field(question, VB_SPAN("User-Agent")))
        vb_buf_printf(bytes, "User-Agent: verbatim/%s\r\n", vb_version());
    vb_buf_append(bytes, vb_buf_span(&question->fields));
    if (question->has_content &&
        !has_field(question, VB_SPAN("Content-Length")) &&
        !has_field(question, VB_SPAN("Transfer-Encoding")))
        vb_buf_printf(bytes, "Content-Length: %zu\r\n", question->content.len);
    vb_buf_printf(bytes, "%s\r\n", more);
    vb_buf_append(bytes, vb_buf_span(&question->content));
}
