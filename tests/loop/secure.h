/* A certificate for a.example, localhost and the loopback addresses: who shows
 * it, and who believes it. */
#ifndef VB_TESTS_LOOP_SECURE_H
#define VB_TESTS_LOOP_SECURE_H

#include "tls/outward.h"
#include "tls/tls.h"

struct secure {
    char folder[32];
    char file[64];
    struct vb_tls_files files;
    struct vb_tls *tls;
    struct vb_tls_outward *believes;
};
extern struct secure secure;

/* For a group of tests. */
int secure_set_up(void **state);
int secure_tear_down(void **state);

#endif
