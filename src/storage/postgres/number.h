/* The numbers that a process has taken from the database; see number.c. */
#ifndef VB_STORAGE_POSTGRES_NUMBER_H
#define VB_STORAGE_POSTGRES_NUMBER_H

struct vb__pg_numbers;

/* NULL: no memory. */
struct vb__pg_numbers *vb__pg_numbers_new(void);
/* Nobody waits for one. */
void vb__pg_numbers_free(struct vb__pg_numbers *numbers);

#endif
