/*
 * In the place of the client's wire (wire/client.h): it says one thing, hears
 * all that comes, and ends when it is told to. So tests know what the loop and
 * TLS do with a wire, whatever is spoken.
 */
#ifndef VB_TESTS_WIRE_STAND_IN_H
#define VB_TESTS_WIRE_STAND_IN_H

#include "wire/client.h"

#define STAND_IN_HEARS 4096

struct stand_in {
    struct vb_wire wire;
    struct vb_client client;
    char heard[STAND_IN_HEARS];
    size_t heard_len;
    size_t said; /* bytes of its text */
    bool over;   /* it wants to be closed */
};

/* Of all of this thread's. */
struct stand_ins {
    const char *text;           /* what they say; NULL: "hello" */
    bool half;                  /* behind it their half of a tunnel ends */
    int made, freed, ended;     /* `ended` by eof */
    enum vb_client_kind kind;   /* of the last one */
    char heard[STAND_IN_HEARS]; /* by the last one that was freed */
};
extern _Thread_local struct stand_ins stand_ins;

struct stand_in *stand_in_of(struct vb_client *client);

#endif
