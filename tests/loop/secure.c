/* See secure.h. */
#include "unit.h"

#include "secure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tls/self_signed.h"

struct secure secure;

int secure_set_up(void **state)
{
    const struct vb_span host = VB_SPAN("a.example");
    char text[512];
    struct vb_buf why = vb_buf_over(text, sizeof(text));
    struct vb_tls_sources sources = {.files = &secure.files, .count = 1};
    struct vb_tls_outward_sources trust = {.ca = secure.file};

    (void)state;
    memcpy(secure.folder, "/tmp/vb-dial-XXXXXX", sizeof("/tmp/vb-dial-XXXXXX"));
    if (mkdtemp(secure.folder) == NULL)
        return 1;
    snprintf(secure.file, sizeof(secure.file), "%s/pair.pem", secure.folder);
    secure.files.certificate = secure.file;
    return vb_tls_self_signed(secure.file, &host, 1, &why) != VB_OK ||
           vb_tls_new(&sources, &secure.tls, &why) != VB_OK ||
           vb_tls_outward_new(&trust, &secure.believes, &why) != VB_OK;
}

int secure_tear_down(void **state)
{
    (void)state;
    vb_tls_free(secure.tls);
    vb_tls_outward_unref(secure.believes);
    unlink(secure.file);
    rmdir(secure.folder);
    return 0;
}
