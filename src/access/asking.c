/* What the schemes say of a request. See scheme.h. */
#include "access/asking.h"

#include "access/session.h"
#include "base/assert.h"
#include "flow/flow.h"
#include "flow/reply.h"
#include "http/challenge.h"
#include "storage/store.h"

/* Where a client says what it says. */
enum source {
    FROM_AUTHORIZATION, /* one field, for one of the schemes */
    FROM_KEY,           /* a field or parameter of the scheme's own */
    FROM_AMBIENT        /* the browser or the connection, without being asked */
};

static const struct row {
    vb_prove *prove; /* NULL: nobody has such credentials */
    enum source source;
    bool has_scopes;
} rows[VB_SCHEME_COUNT] = {
    [VB_SCHEME_BASIC] = {vb__prove_basic, FROM_AUTHORIZATION, false},
    [VB_SCHEME_TOKEN] = {vb__prove_token, FROM_AUTHORIZATION, true},
    [VB_SCHEME_JWT] = {vb__prove_jwt, FROM_AUTHORIZATION, true},
    [VB_SCHEME_KEY] = {vb__prove_key, FROM_KEY, true},
    [VB_SCHEME_SESSION] = {vb__prove_session, FROM_AMBIENT, false},
    [VB_SCHEME_CERTIFICATE] = {vb__prove_certificate, FROM_AMBIENT, false},
};

bool vb__asking_has_scopes(enum vb_scheme_kind kind)
{
    return rows[kind].has_scopes;
}

/* --- life ------------------------------------------------------------------
 */

static void done(struct vb_exchange *x)
{
    struct vb_asking *asking = x->asking;

    for (size_t i = 0; i < asking->access->description->scheme_count; i++)
        vb_record_unref(asking->proven[i].identity.record);
    vb_session_unref(asking->session);
}

/* What was found out for the exchange that this one is inside of; the identity
 * of a guest is that one's, which lives longer. */
static void inherit(struct vb_asking *asking, const struct vb_asking *outer)
{
    if (outer == NULL || !outer->introduces || outer->access != asking->access)
        return;
    asking->session = outer->session;
    if (asking->session != NULL)
        vb_ref_get(&asking->session->ref);
    asking->guest = outer->guest;
    asking->why = outer->why;
    for (size_t i = 0; i < asking->access->description->scheme_count; i++) {
        asking->proven[i] = outer->proven[i];
        asking->proven[i].asked = true; /* who was not is not there */
        if (asking->proven[i].identity.record != NULL)
            vb_record_ref(asking->proven[i].identity.record);
    }
}

struct vb_asking *vb__asking_begin(struct vb_exchange *x)
{
    const struct vb_access *access = vb_access_of(x);
    size_t count = access->description->scheme_count;
    struct vb_asking *asking = vb_arena_calloc(
        &x->arena, 1, sizeof(*asking) + count * sizeof(asking->proven[0]));

    if (asking == NULL)
        return NULL;
    asking->access = access;
    asking->security = vb_guard_security(x);
    x->asking = asking;
    x->asking_done = done;
    if (x->outer != NULL)
        inherit(asking, x->outer->asking);
    return asking;
}

/* --- asking ----------------------------------------------------------------
 */

bool vb_access_credentials(const struct vb_exchange *x, const char *scheme,
                           struct vb_challenge *ret_credentials)
{
    return vb_access_credentials_in(x, VB_FIELD_AUTHORIZATION, scheme,
                                    ret_credentials);
}

bool vb_access_credentials_in(const struct vb_exchange *x, enum vb_field_id id,
                              const char *scheme,
                              struct vb_challenge *ret_credentials)
{
    const struct vb_field *field = vb_fields_first(&x->head.fields, id);

    return field != NULL &&
           vb_credentials_parse(field->value, ret_credentials) &&
           vb_span_ieq(ret_credentials->scheme, vb_span_str(scheme));
}

struct vb_span vb__asking_subject(struct vb_exchange *x,
                                  const struct vb_scheme *scheme,
                                  struct vb_span said)
{
    if (x->asking->access->description->accounts == NULL)
        return vb_arena_dup(&x->arena, said);
    return vb_arena_printf(&x->arena, "%.*s|%.*s", VB_FMT(scheme->id),
                           VB_FMT(said));
}

void vb_access_why(struct vb_exchange *x, struct vb_span why)
{
    if (x->asking->why.len == 0)
        x->asking->why = why;
}

enum vb_proof vb_access_halt(struct vb_exchange *x)
{
    (void)vb_reply_unavailable(x);
    return VB_PROOF_HALT;
}

static enum source source_of(const struct vb_scheme *scheme)
{
    if (scheme->kind != VB_SCHEME_KEY)
        return rows[scheme->kind].source;
    if (scheme->in == VB_KEY_IN_COOKIE)
        return FROM_AMBIENT;
    return scheme->in == VB_KEY_IN_HEADER &&
                   vb_span_ieq(scheme->name, VB_SPAN("Authorization"))
               ? FROM_AUTHORIZATION
               : FROM_KEY;
}

/* Has the client known what it says? Browsers remember passwords. */
static bool is_deliberate(const struct vb_scheme *scheme)
{
    return scheme->kind != VB_SCHEME_BASIC && source_of(scheme) != FROM_AMBIENT;
}

enum vb_proof vb__asking_prove(struct vb_exchange *x,
                               const struct vb_scheme *scheme)
{
    struct vb_asking *asking = x->asking;
    struct vb_proven *proven = &asking->proven[scheme->index];
    vb_prove *prove = rows[scheme->kind].prove;
    enum vb_proof proof = VB_PROOF_NONE;

    if (proven->asked)
        return proven->proof;
    proven->identity.deliberate = is_deliberate(scheme);
    asking->waiting = scheme;
    asking->running = true;
    if (prove != NULL)
        proof = prove(x, scheme, &proven->identity);
    asking->running = false;
    if (proof == VB_PROOF_PENDING && !asking->answered)
        return VB_PROOF_PENDING;
    if (!asking->answered) {
        proven->asked = true;
        proven->proof = proof;
    }
    asking->answered = false;
    asking->waiting = NULL;
    return proven->proof;
}

void vb_access_proved(struct vb_exchange *x, enum vb_proof proof)
{
    struct vb_asking *asking = x->asking;
    struct vb_proven *proven;
    enum vb_answer answer;

    vb_assert(asking->waiting != NULL && proof != VB_PROOF_PENDING);
    proven = &asking->proven[asking->waiting->index];
    proven->asked = true;
    proven->proof = proof;
    if (asking->running) {
        asking->answered = true;
        return;
    }
    asking->waiting = NULL;
    answer = x->abandoned ? VB_NO : vb__authentic_go_on(x);
    if (answer != VB_PENDING)
        vb_flow_resume(x, answer);
}

/* --- what the client itself says -------------------------------------------
 */

bool vb__asking_refuted(const struct vb_asking *asking)
{
    const struct vb_description *d = asking->access->description;
    bool good = false, bad = false;

    for (size_t i = 0; i < d->scheme_count; i++) {
        const struct vb_proven *proven = &asking->proven[i];
        enum source source = source_of(&d->schemes[i]);

        if (proven->proof == VB_PROOF_BAD && source == FROM_KEY)
            return true;
        if (source != FROM_AUTHORIZATION)
            continue;
        good |= proven->proof == VB_PROOF_GOOD;
        bad |= proven->proof == VB_PROOF_BAD;
    }
    return bad && !good;
}
