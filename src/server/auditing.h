/*
 * Who is told what is wrong with other servers' answers (gateway/audit.h): the
 * operator, on stderr. The same of one operation is told once a minute, and
 * then how often it was meanwhile.
 */
#ifndef VB_SERVER_AUDITING_H
#define VB_SERVER_AUDITING_H

#include "gateway/audit.h"
#include "observe/redact.h"

struct vb_auditing;

/* What is told of a URI goes by `redaction`, which is copied; its names are
 * borrowed. NULL: no memory. */
struct vb_auditing *vb_auditing_new(const struct vb_redaction *redaction);

/* NULL gives NULL. */
struct vb_auditor *vb_auditing_auditor(struct vb_auditing *auditing);

/* When no worker runs any more. NULL is fine. */
void vb_auditing_free(struct vb_auditing *auditing);

#endif
