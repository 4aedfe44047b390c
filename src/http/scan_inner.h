/* The variants of scan.h, for scan.c only. */
#ifndef VB_HTTP_SCAN_INNER_H
#define VB_HTTP_SCAN_INNER_H

#include "http/scan.h"

#if defined(__x86_64__)
#define VB__SCAN_X86 1
#else
#define VB__SCAN_X86 0
#endif

extern const struct vb_scan vb__scan_portable;
#if VB__SCAN_X86
extern const struct vb_scan vb__scan_sse42;
extern const struct vb_scan vb__scan_avx2;
/* The table of tchar; see scan_sse42.c. */
extern const unsigned char vb__scan_columns[16];
extern const unsigned char vb__scan_rows[16];
#endif

#endif
