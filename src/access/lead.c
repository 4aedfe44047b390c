/* From credentials to an account. See lead.h. */
#include "access/lead.h"

#include <stdlib.h>

#include "flow/reply.h"

/* How long it is remembered. */
#define REMEMBERED_MS ((int64_t)5 * 60 * 1000)

/* What is remembered. */
struct memory {
    uint64_t revision; /* of the account, then */
    int64_t until_ms;  /* monotonic */
    size_t key_len;
    char key[]; /* of the account */
};

/* --- the memory --------------------------------------------------------------
 */

/* Where it led, in the arena; "": it is not known. */
static struct vb_span recall(struct vb__lead *lead)
{
    struct vb_exchange *x = lead->x;
    struct vb_cache_name name;
    const struct memory *memory;
    void *value;

    if (x->env->cache == NULL)
        return VB_SPAN("");
    name = vb_cache_name(x->env->cache, lead->name, 0);
    if (vb_cache_get(x->env->cache, &name, &value) != VB_CACHE_HIT)
        return VB_SPAN("");
    memory = value;
    if (memory->until_ms <= x->env->now.mono_ms)
        return VB_SPAN("");
    lead->revision = memory->revision;
    return vb_arena_dup(&x->arena, vb_span_of(memory->key, memory->key_len));
}

static void remember(struct vb__lead *lead, const struct vb_record *record)
{
    struct vb_cache *cache = lead->x->env->cache;
    size_t size = sizeof(struct memory) + record->key.len;
    struct memory *memory = cache == NULL ? NULL : malloc(size);
    struct vb_cache_name name;

    if (memory == NULL)
        return;
    memory->revision = record->revision;
    memory->until_ms = lead->x->env->now.mono_ms + REMEMBERED_MS;
    memory->key_len = record->key.len;
    memcpy(memory->key, record->key.ptr, record->key.len);
    name = vb_cache_name(cache, lead->name, 0);
    vb_cache_put(cache, &name, vb_cache_stamp_lasting(),
                 (struct vb_cache_value){memory, free, size});
}

/* --- the way -----------------------------------------------------------------
 */

static enum vb_proof fail(struct vb__lead *lead)
{
    return vb_access_halt(lead->x);
}

static enum vb_proof found(struct vb__lead *lead, enum vb_proof proof);

static enum vb_proof find(struct vb__lead *lead)
{
    enum vb_proof proof;

    lead->remembered = false;
    lead->record = NULL;
    proof = lead->find(lead);
    return proof == VB_PROOF_PENDING ? proof : found(lead, proof);
}

/* The account is read to which it leads, or led when that was remembered. */
static enum vb_proof identify(struct vb__lead *lead)
{
    struct vb_account *account = lead->read.account;
    enum vb_proof proof;

    if (lead->read.err != VB_OK)
        return fail(lead);
    if (account == NULL || account->record->revision != lead->revision) {
        vb_account_unref(account);
        /* It has changed: what was remembered says nothing, and what was just
         * found is found again. */
        return find(lead);
    }
    proof = vb_account_is(lead->x, account, lead->ret);
    if (proof == VB_PROOF_GOOD && !lead->remembered)
        remember(lead, account->record);
    if (proof == VB_PROOF_BAD)
        vb_access_why(lead->x, lead->why);
    vb_account_unref(account);
    return proof;
}

static void account_read(struct vb_account_read *read)
{
    struct vb__lead *lead = read->context;
    enum vb_proof proof = identify(lead);

    if (proof != VB_PROOF_PENDING)
        vb_access_proved(lead->x, proof);
}

static enum vb_proof look_up(struct vb__lead *lead, struct vb_span key)
{
    if (key.ptr == NULL)
        return fail(lead);
    lead->read = (struct vb_account_read){.x = lead->x,
                                          .key = key,
                                          .fresh = !lead->remembered,
                                          .done = account_read,
                                          .context = lead};
    return vb_account_read(&lead->read) ? identify(lead) : VB_PROOF_PENDING;
}

static enum vb_proof found(struct vb__lead *lead, enum vb_proof proof)
{
    struct vb_record *record = lead->record;

    if (proof == VB_PROOF_BAD)
        vb_access_why(lead->x, lead->why);
    if (proof != VB_PROOF_GOOD)
        return proof;
    lead->revision = record->revision;
    proof = look_up(lead, vb_arena_dup(&lead->x->arena, record->key));
    vb_record_unref(record);
    return proof;
}

void vb__lead_found(struct vb__lead *lead, enum vb_proof proof)
{
    proof = found(lead, proof);
    if (proof != VB_PROOF_PENDING)
        vb_access_proved(lead->x, proof);
}

enum vb_proof vb__lead_follow(struct vb__lead *lead)
{
    struct vb_span key = recall(lead);

    lead->remembered = key.len > 0;
    return lead->remembered ? look_up(lead, key) : find(lead);
}
