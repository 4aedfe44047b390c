/* The words behind `verbatim account`. See account.h. */
#include <stdlib.h>

#include "server/account.h"
#include "server/option.h"
#include "server/usage.h"

/* Where we are on the command line. */
struct reading {
    struct vb__account_request *request;
    char *const *at;
    size_t left;
    bool only_words; /* -- has been seen */
    bool unknown;    /* an option is nobody's; what follows may be its value */
    const char *words[2];
    size_t word_count;
};

static void add_role(struct reading *reading, const char *value)
{
    reading->request->roles[reading->request->role_count++] = value;
}

static void add_property(struct reading *reading, const char *value)
{
    reading->request->properties[reading->request->property_count++] = value;
}

static const struct own {
    const char *name;
    const char *value; /* what it is called */
    void (*take)(struct reading *reading, const char *value);
    const char *help;
} owns[] = {
    {"role", "ROLE", add_role,
     "a role that the account has. May be given more than once."},
    {"property", "NAME=VALUE", add_property,
     "a property of the account: text, or JSON where it is described as "
     "another type. May be given more than once."},
};

#define OWNS (sizeof(owns) / sizeof(owns[0]))

void vb__account_help(struct vb_buf *buf)
{
    vb_buf_str(buf, "The account:\n");
    for (size_t i = 0; i < OWNS; i++) {
        char text[64];
        struct vb_buf name = vb_buf_over(text, sizeof(text) - 1);

        vb_buf_printf(&name, "--%s %s", owns[i].name, owns[i].value);
        text[name.len] = '\0';
        vb_usage_row(buf, text, owns[i].help);
    }
}

void vb__account_words(struct vb_buf *buf)
{
    for (size_t i = 0; i < OWNS; i++)
        vb_buf_printf(buf, "--%s ", owns[i].name);
}

/* --- the words --------------------------------------------------------------
 */

static char *next(struct reading *reading)
{
    reading->left--;
    return *reading->at++;
}

/* "--name" or "--name=value" of one of ours; *ret_value: NULL without one. */
static const struct own *find_own(const char *word, const char **ret_value)
{
    struct vb_span name = vb_span_from(vb_span_str(word), 2);
    ssize_t equals = vb_span_find(name, '=', 0);

    *ret_value = equals < 0 ? NULL : name.ptr + equals + 1;
    name = vb_span_head(name, equals < 0 ? name.len : (size_t)equals);
    for (size_t i = 0; i < OWNS; i++)
        if (vb_span_eq(name, vb_span_str(owns[i].name)))
            return &owns[i];
    return NULL;
}

static int take_own(struct reading *reading, const struct own *own,
                    const char *value)
{
    if (value == NULL && reading->left == 0)
        return vb__usage_error("--%s needs a value, %s", own->name, own->value);
    own->take(reading, value != NULL ? value : next(reading));
    return 0;
}

static int take_word(struct reading *reading, char *word)
{
    struct vb__account_request *request = reading->request;
    const struct own *own;
    const char *value;

    if (reading->only_words || word[0] != '-' || word[1] == '\0') {
        if (reading->word_count == 2)
            return vb__usage_error("account add takes FILE and LOGIN");
        reading->words[reading->word_count++] = word;
        return 0;
    }
    if (word[1] == '-' && word[2] == '\0') {
        reading->only_words = true;
        return 0;
    }
    own = word[1] == '-' ? find_own(word, &value) : NULL;
    if (own != NULL)
        return take_own(reading, own, value);
    request->rest[request->rest_count++] = word;
    reading->unknown |= !vb_option_is_known(vb_span_str(word));
    if (vb_option_takes_next(vb_span_str(word)) && reading->left > 0)
        request->rest[request->rest_count++] = next(reading);
    return 0;
}

static int take_words(struct reading *reading)
{
    struct vb__account_request *request = reading->request;
    int status = 0;

    if (reading->left == 0 || strcmp(next(reading), "add") != 0)
        return vb__usage_error("account takes a verb: add");
    while (status == 0 && reading->left > 0 && !reading->unknown)
        status = take_word(reading, next(reading));
    if (status != 0 || reading->unknown) /* which is told with the others */
        return status;
    if (reading->word_count == 0)
        return vb__usage_error("account add takes FILE and LOGIN");
    request->login = reading->words[reading->word_count - 1];
    request->file = reading->word_count == 2 ? reading->words[0] : NULL;
    return 0;
}

int vb__account_request_read(const struct vb_command_line *line,
                             struct vb__account_request *ret_request)
{
    struct reading reading = {
        .request = ret_request, .at = line->words, .left = line->count};
    size_t most = line->count + 1;

    *ret_request = (struct vb__account_request){
        .roles = calloc(most, sizeof(char *)),
        .properties = calloc(most, sizeof(char *)),
        .rest = calloc(most, sizeof(char *)),
    };
    if (ret_request->roles == NULL || ret_request->properties == NULL ||
        ret_request->rest == NULL)
        return vb__usage_error("%s", vb_err_text(VB_ERR_NOMEM));
    return take_words(&reading);
}

void vb__account_request_done(struct vb__account_request *request)
{
    free((void *)request->roles);
    free((void *)request->properties);
    free((void *)request->rest);
}
