/*
 * Logging in: a login and its password, as the account collection calls them,
 * in JSON or as a browser's form sends them. See session.h.
 *
 *     known ── wrong ─▶ 403, the same for who has no account
 *       └─▶ commit: session_begin.c
 */
#include "access/login.h"
#include "flow/reply.h"
#include "http/query.h"
#include "resource/params.h"
#include "resource/session_part.h"

/* Parameters of a form. */
#define FORM_MOST 100

/* The state of an exchange that logs in. */
struct entry {
    struct vb_exchange *x;
    struct vb_json *input;
    struct vb_login login;
    struct vb_account_read read;
    struct vb_account *account; /* a reference */
    char mark[VB_ACCOUNT_MARK]; /* of the password that it was */
};

static void entry_done(struct vb_exchange *x)
{
    struct entry *entry = x->state;

    vb_json_free(entry->input);
    vb_account_unref(entry->account);
}

static struct entry *entry_of(struct vb_exchange *x)
{
    struct entry *entry = x->state;

    if (entry != NULL)
        return entry;
    entry = vb_arena_calloc(&x->arena, 1, sizeof(*entry));
    if (entry == NULL)
        return NULL;
    entry->x = x;
    x->state = entry;
    x->state_done = entry_done;
    return entry;
}

/* --- parsed -----------------------------------------------------------------
 */

static enum vb_answer refuse_form(struct vb_exchange *x, const char *why)
{
    return vb_reply_refuse(x, VB_STATUS_BAD_REQUEST, vb_span_str(why));
}

/* A form as an object of strings. */
static enum vb_answer read_form(struct entry *entry, yyjson_mut_doc *doc)
{
    struct vb_exchange *x = entry->x;
    yyjson_mut_val *root = yyjson_mut_obj(doc);
    struct vb_query_pair pair;
    struct vb_query form;

    vb_query_init(&form, &x->arena, vb_buf_span(&x->content));
    while (vb_query_next(&form, &pair)) {
        if (yyjson_mut_obj_getn(root, pair.name.ptr, pair.name.len) != NULL ||
            yyjson_mut_obj_size(root) == FORM_MOST)
            return refuse_form(x, "The form says something twice, or too "
                                  "much.");
        if (!yyjson_mut_obj_add(
                root, yyjson_mut_strn(doc, pair.name.ptr, pair.name.len),
                yyjson_mut_strn(doc,
                                pair.value.ptr == NULL ? "" : pair.value.ptr,
                                pair.value.len)))
            return vb_reply_unavailable(x);
    }
    if (form.err == VB_ERR_SYNTAX)
        return refuse_form(x, "The form is malformed.");
    return form.err == VB_OK &&
                   vb_json_freeze(root, NULL, &entry->input, NULL) == VB_OK
               ? VB_YES
               : vb_reply_unavailable(x);
}

static enum vb_answer parse_form(struct entry *entry)
{
    yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
    enum vb_answer answer =
        doc == NULL ? vb_reply_unavailable(entry->x) : read_form(entry, doc);

    yyjson_mut_doc_free(doc);
    return answer;
}

enum vb_answer vb__session_parsed(struct vb_exchange *x)
{
    struct entry *entry = entry_of(x);
    const struct vb_content *content = vb_built_content(x);
    struct vb_json_error error;
    enum vb_err err;

    if (entry == NULL)
        return vb_reply_unavailable(x);
    if (content != NULL && content->kind == VB_MEDIA_FORM)
        return parse_form(entry);
    err = vb_json_parse(vb_buf_span(&x->content), NULL, &entry->input, &error);
    return err == VB_OK ? VB_YES : vb_params_not_json(x, err, &error);
}

/* --- valid ------------------------------------------------------------------
 */

static bool take(struct entry *entry, const struct vb_property *property,
                 struct vb_span *ret)
{
    struct vb_exchange *x = entry->x;
    yyjson_val *said = vb_property_value(entry->input->root, property);

    if (yyjson_is_str(said)) {
        *ret = vb_json_text(said);
        return true;
    }
    vb_reply_complain(x, VB_PROBLEM_POINTER, vb_property_pointer(x, property),
                      VB_SPAN("is needed to log in: a string"));
    return false;
}

enum vb_answer vb__session_valid(struct vb_exchange *x)
{
    const struct vb_content *content = vb_built_content(x);
    const struct vb_accounts *accounts = vb__session_description(x)->accounts;
    unsigned invalid = (unsigned)vb_built_operation(x)->invalid;
    struct entry *entry = x->state;
    bool both;

    if (content != NULL && content->schema != NULL &&
        !vb_params_value_fits(x, content->schema, entry->input->root, invalid))
        return VB_NO;
    both = take(entry, accounts->login, &entry->login.login);
    both &= take(entry, accounts->password, &entry->login.password);
    x->reply.status = (uint16_t)invalid;
    return both ? VB_YES : VB_NO;
}

/* --- consistent: is it whom it says?
 * ------------------------------------------
 */

/* The same for who has no account, a wrong password, or is shut out. */
static enum vb_answer refuse(struct vb_exchange *x)
{
    return vb_reply_refuse(x, VB_STATUS_FORBIDDEN,
                           VB_SPAN("Nobody with this login and password may "
                                   "log in."));
}

/* While its password was looked at, it may have become another one. */
static bool may_log_in(const struct entry *entry)
{
    return entry->account != NULL && !entry->account->disabled &&
           memcmp(entry->account->mark, entry->mark, sizeof(entry->mark)) == 0;
}

static enum vb_answer have_account(struct entry *entry)
{
    struct vb_exchange *x = entry->x;

    entry->account = entry->read.account;
    if (entry->read.err != VB_OK)
        return vb_stored_failed(x, entry->read.err);
    return may_log_in(entry) ? VB_YES : refuse(x);
}

static void account_done(struct vb_account_read *read)
{
    struct entry *entry = read->context;
    enum vb_answer answer = have_account(entry);

    vb_flow_resume(entry->x, answer);
}

static enum vb_answer judge(struct entry *entry, enum vb_proof proof)
{
    struct vb_exchange *x = entry->x;

    if (proof == VB_PROOF_HALT)
        return VB_HALT;
    if (proof != VB_PROOF_GOOD)
        return refuse(x);
    vb_account_mark(
        vb_account_hash(x, entry->login.accounts, entry->login.record),
        entry->mark);
    entry->read = (struct vb_account_read){
        .x = x,
        .key = vb_arena_dup(&x->arena, entry->login.record->key),
        .fresh = true,
        .done = account_done,
        .context = entry,
    };
    vb_record_unref(entry->login.record);
    if (entry->read.key.ptr == NULL)
        return vb_reply_unavailable(x);
    return vb_account_read(&entry->read) ? have_account(entry) : VB_PENDING;
}

static void checked(struct vb_login *login, enum vb_proof proof)
{
    struct entry *entry = login->context;
    enum vb_answer answer = judge(entry, proof);

    if (answer != VB_PENDING)
        vb_flow_resume(entry->x, answer);
}

/* A password over a connection that others can read is refused before it is
 * looked at, as other credentials are. */
enum vb_answer vb__session_known(struct vb_exchange *x)
{
    struct entry *entry = x->state;
    enum vb_proof proof;

    if (!vb_trusts_connection(x))
        return vb_access_in_clear(x);
    entry->login.x = x;
    entry->login.accounts = vb__session_description(x)->accounts;
    entry->login.done = checked;
    entry->login.context = entry;
    proof = vb_login_check(&entry->login);
    return proof == VB_PROOF_PENDING ? VB_PENDING : judge(entry, proof);
}

enum vb_answer vb__session_commit(struct vb_exchange *x)
{
    const struct entry *entry = x->state;

    return vb__session_begin(x, entry->account);
}
