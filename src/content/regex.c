/* Compiling rewritten patterns with PCRE2 and matching within a budget. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "content/regex.h"

#include <pcre2.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/utf8.h"
#include "content/regex_rewrite.h"

/* What a rewritten pattern may grow to, in bytes. */
#define REWRITTEN_MAX (1u << 20)

/* KiB of backtracking frames that a match may take, and what of it a thread
 * keeps for the next one. */
#define HEAP_LIMIT_KIB 16384
#define KEPT_BYTES     (256u * 1024)

/*
 * NO_AUTO_POSSESS and NO_START_OPTIMIZE because what they save is not
 * counted: a search that rescans to the end of the string from every offset
 * must cost steps.
 */
#define COMPILE_OPTIONS                                                        \
    (PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_MATCH_UNSET_BACKREF |            \
     PCRE2_NEVER_BACKSLASH_C | PCRE2_NEVER_UCP | PCRE2_NO_AUTO_POSSESS |       \
     PCRE2_NO_START_OPTIMIZE)

struct vb_regex {
    pcre2_code *code;
};

/* --- compiling --- */

/* PCRE2's few complaints about what ECMA-262 allows, in our words. */
static const char *fault_text(int code)
{
    switch (code) {
    case PCRE2_ERROR_LOOKBEHIND_NOT_FIXED_LENGTH:
        return "has a lookbehind of varying length";
    case PCRE2_ERROR_PATTERN_TOO_LARGE:
    case PCRE2_ERROR_LOOKBEHIND_TOO_COMPLICATED:
    case PCRE2_ERROR_PARENTHESES_NEST_TOO_DEEP:
        return "is too large";
    case PCRE2_ERROR_UNKNOWN_UNICODE_PROPERTY:
    case PCRE2_ERROR_MALFORMED_UNICODE_PROPERTY:
        return "names an unknown script";
    default:
        return "is beyond what PCRE2 can do";
    }
}

static enum vb_err compile(struct vb_span text, pcre2_code **ret,
                           struct vb_regex_fault *ret_fault)
{
    int error;
    PCRE2_SIZE at;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)text.ptr, text.len,
                                     COMPILE_OPTIONS, &error, &at, NULL);

    if (code != NULL) {
        *ret = code;
        return VB_OK;
    }
    if (error == PCRE2_ERROR_HEAP_FAILED)
        return VB_ERR_NOMEM;
    *ret_fault = (struct vb_regex_fault){0, fault_text(error)};
    return VB_ERR_UNSUPPORTED;
}

/* Can the pattern match at the start of a string only? */
static bool is_anchored(const pcre2_code *code)
{
    uint32_t options = 0;

    (void)pcre2_pattern_info(code, PCRE2_INFO_ALLOPTIONS, &options);
    return (options & PCRE2_ANCHORED) != 0;
}

/*
 * Compiles "prefix + text + )": text as it is when it is anchored, else with
 * the search for its start made part of the pattern.
 */
static enum vb_err compile_anchored(struct vb_span whole, size_t prefix,
                                    pcre2_code **ret,
                                    struct vb_regex_fault *ret_fault)
{
    struct vb_span text =
        vb_span_of(whole.ptr + prefix, whole.len - prefix - 1);
    enum vb_err err = compile(text, ret, ret_fault);
    pcre2_code *found;

    if (err != VB_OK || is_anchored(*ret))
        return err;
    err = compile(whole, &found, ret_fault);
    pcre2_code_free(*ret);
    if (err == VB_OK)
        *ret = found;
    return err;
}

enum vb_err vb_regex_compile(struct vb_span pattern, struct vb_regex **ret,
                             struct vb_regex_fault *ret_fault)
{
    static const struct vb_span search = VB_SPAN_INIT("^(?s:.*?)(?:");
    struct vb_regex_fault fault = {0, "is not UTF-8"};
    struct vb_regex *regex = calloc(1, sizeof(*regex));
    struct vb_buf out;
    enum vb_err err = VB_ERR_SYNTAX;

    if (regex == NULL)
        return VB_ERR_NOMEM;
    vb_buf_init(&out, REWRITTEN_MAX);
    vb_buf_append(&out, search);
    if (vb_utf8_valid(pattern))
        err = vb__regex_rewrite(pattern, &out, &fault);
    vb_buf_char(&out, ')');
    if (err == VB_OK)
        err = out.err;
    if (err == VB_OK)
        err = compile_anchored(vb_buf_span(&out), search.len, &regex->code,
                               &fault);
    vb_buf_done(&out);
    if (err == VB_OK) {
        *ret = regex;
        return VB_OK;
    }
    free(regex);
    if (ret_fault != NULL)
        *ret_fault = fault;
    return err;
}

void vb_regex_free(struct vb_regex *regex)
{
    if (regex == NULL)
        return;
    pcre2_code_free(regex->code);
    free(regex);
}

bool vb_regex_is_valid(struct vb_span pattern)
{
    struct vb_regex_fault fault;
    struct vb_buf nowhere;

    vb_buf_init(&nowhere, 0);
    return pattern.len <= VB_REGEX_PATTERN_MAX && vb_utf8_valid(pattern) &&
           vb__regex_rewrite(pattern, &nowhere, &fault) != VB_ERR_SYNTAX;
}

/* --- matching --- */

/*
 * What PCRE2 needs during a match, one per thread, made at the first match
 * and freed with the thread. Its frames grow with need; `grown` tells when
 * they have become too large to keep.
 */
struct workspace {
    pcre2_general_context *general;
    pcre2_match_context *context;
    pcre2_match_data *data;
    bool grown;
};

static pthread_once_t key_once = PTHREAD_ONCE_INIT;
static pthread_key_t key;

static void *counted_malloc(size_t size, void *opaque)
{
    struct workspace *workspace = opaque;

    if (size > KEPT_BYTES)
        workspace->grown = true;
    return malloc(size);
}

static void counted_free(void *ptr, void *opaque)
{
    (void)opaque;
    free(ptr);
}

static void workspace_free(void *ptr)
{
    struct workspace *workspace = ptr;

    pcre2_match_data_free(workspace->data);
    pcre2_match_context_free(workspace->context);
    pcre2_general_context_free(workspace->general);
    free(workspace);
}

static struct workspace *workspace_new(void)
{
    struct workspace *workspace = calloc(1, sizeof(*workspace));

    if (workspace == NULL)
        return NULL;
    workspace->general =
        pcre2_general_context_create(counted_malloc, counted_free, workspace);
    workspace->context = pcre2_match_context_create(workspace->general);
    if (workspace->context == NULL ||
        pthread_setspecific(key, workspace) != 0) {
        workspace_free(workspace);
        return NULL;
    }
    pcre2_set_heap_limit(workspace->context, HEAP_LIMIT_KIB);
    return workspace;
}

static void make_key(void)
{
    int failed = pthread_key_create(&key, workspace_free);

    vb_assert(failed == 0);
}

/* This thread's workspace with match data in it, or NULL. */
static struct workspace *workspace_get(void)
{
    struct workspace *workspace;

    (void)pthread_once(&key_once, make_key);
    workspace = pthread_getspecific(key);
    if (workspace == NULL)
        workspace = workspace_new();
    if (workspace == NULL)
        return NULL;
    if (workspace->data == NULL)
        workspace->data = pcre2_match_data_create(1, workspace->general);
    return workspace->data != NULL ? workspace : NULL;
}

static void workspace_shrink(struct workspace *workspace)
{
    if (!workspace->grown)
        return;
    pcre2_match_data_free(workspace->data);
    workspace->data = NULL;
    workspace->grown = false;
}

static enum vb_err outcome(int code, bool *ret_matched)
{
    switch (code) {
    case PCRE2_ERROR_MATCHLIMIT:
    case PCRE2_ERROR_DEPTHLIMIT:
    case PCRE2_ERROR_HEAPLIMIT:
        return VB_ERR_LIMIT;
    case PCRE2_ERROR_NOMEMORY:
        return VB_ERR_NOMEM;
    case PCRE2_ERROR_NOMATCH:
        *ret_matched = false;
        return VB_OK;
    default:
        /* What is left of the negative ones are faults of the UTF-8. */
        if (code < 0)
            return VB_ERR_INVALID;
        *ret_matched = true;
        return VB_OK;
    }
}

/*
 * PCRE2 does not tell how many steps a match took, only whether it took more
 * than a limit. So the limit starts low and grows eightfold, and each try is
 * charged in full: what is charged is never less than what was done.
 */
enum vb_err vb_regex_match(const struct vb_regex *regex, struct vb_span subject,
                           uint64_t *budget, bool *ret_matched)
{
    struct workspace *workspace = workspace_get();
    uint64_t steps = 16 + 2 * (uint64_t)subject.len;
    int code = PCRE2_ERROR_MATCHLIMIT;

    if (workspace == NULL)
        return VB_ERR_NOMEM;
    while (code == PCRE2_ERROR_MATCHLIMIT && *budget > 0) {
        if (steps > *budget)
            steps = *budget;
        *budget -= steps;
        pcre2_set_match_limit(workspace->context, steps < UINT32_MAX
                                                      ? (uint32_t)steps
                                                      : UINT32_MAX);
        code = pcre2_match(regex->code, (PCRE2_SPTR)subject.ptr, subject.len, 0,
                           0, workspace->data, workspace->context);
        steps *= 8;
    }
    workspace_shrink(workspace);
    return outcome(code, ret_matched);
}
