/* The service of driver.h, and what of it the driver itself uses. */
#ifndef VB_TESTS_WIRE_SERVICE_H
#define VB_TESTS_WIRE_SERVICE_H

#include "driver.h"

void service_begin(struct vb_service *service, struct vb_exchange *x);
void service_end(struct vb_service *service, struct vb_exchange *x);

/* Answers what waited. */
void service_go_on(struct driver *d, struct vb_exchange *x);

/* N bytes that tell their place. */
void fill_pattern(char *at, size_t n);

#endif
