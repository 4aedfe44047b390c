/*
 * Rules: x-verbatim.allow of a description, asked of one exchange. What is not
 * known yet is unknown, and the rows of the flow ask again once it is:
 *
 *     permitted     by who asks alone
 *     accessible    and by what is there
 *     disclosed     or, where there is nothing, by that
 *     granted       and by what it is to become
 *
 * A listing asks the rule of its members' GET of each of them, in the store's
 * walk over them.
 */
#ifndef VB_ACCESS_RULE_H
#define VB_ACCESS_RULE_H

#include "content/json.h"
#include "describe/describe.h"
#include "exchange/identity.h"
#include "flow/resource.h"

/* What a rule is asked about. */
struct vb_ruling {
    const struct vb_allow *allow;
    const struct vb_identity *identity; /* NULL: nobody knows who asks */
    struct vb_span key; /* of what is asked for; "" where that is unknown */
    bool knows_state;   /* `state` is what is there: */
    yyjson_val *state;  /* NULL: nothing, or no JSON */
    bool knows_content; /* likewise, of what it is to become */
    yyjson_val *content;
    bool creates;            /* it will be who asks that owns it */
    struct vb_json *account; /* the record of who asks, once wanted */
    bool failed;             /* it could not be read: nothing is known of it */
};

/* Begins with what is known of any request: who asks. What it points to must
 * live as long. */
void vb_ruling_begin(struct vb_ruling *ruling, const struct vb_exchange *x,
                     const struct vb_allow *allow);

/* What comes of it. Changes nothing, on whatever thread. */
enum vb_truth vb_ruling_ask(const struct vb_ruling *ruling);

/* Does it hold for a resource in this state (NULL: none, or no JSON)? One
 * ruling may be asked so of any number of them, on whatever thread. */
bool vb_ruling_holds_for(const struct vb_ruling *ruling, struct vb_span key,
                         yyjson_val *state);

void vb_ruling_done(struct vb_ruling *ruling);

/* What a rule says by who asks alone, of whatever resource; of NULL, that
 * anybody may. */
enum vb_truth vb_rule_of_any(const struct vb_exchange *x,
                             const struct vb_allow *allow);

/* May who asks do what the rule is for to the resource `key`, whose state this
 * is (NULL: none, or no JSON)? Of NULL: anybody. */
bool vb_rule_met(const struct vb_exchange *x, const struct vb_allow *allow,
                 struct vb_span key, yyjson_val *state);

/* What owners are known by in such a property: the URI of the account where
 * its format says so, else its id, or what the credentials say. "" for
 * nobody. */
struct vb_span vb_owner_name(const struct vb_identity *identity,
                             const struct vb_property *owner);

/* Is it known who asks? A browser with an anonymous session is not. */
bool vb_identity_is_known(const struct vb_identity *identity);

/* What the description allows for the exchange's method; NULL: it says
 * nothing. */
const struct vb_allow *vb_rule_of(const struct vb_exchange *x);

/* The rows of the flow; `permitted` is vb_access_permitted's. */
enum vb_answer vb__rule_permitted(struct vb_exchange *x);
vb_question vb__rule_accessible, vb__rule_disclosed, vb__rule_granted;

#endif
