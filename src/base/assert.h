/*
 * vb_assert: the guard against our own bugs. Compiled in always, in release
 * builds too: going on after a broken invariant would answer wrongly or lose
 * data, and either is worse than a restart. Never for what a peer or a file
 * can cause.
 */
#ifndef VB_BASE_ASSERT_H
#define VB_BASE_ASSERT_H

#define vb_assert(condition)                                                   \
    (__builtin_expect(!!(condition), 1)                                        \
         ? (void)0                                                             \
         : vb_assert_failed(#condition, __FILE__, __LINE__, __func__))

_Noreturn void vb_assert_failed(const char *condition, const char *file,
                                int line, const char *function);

#endif
