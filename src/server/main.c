/* The program `verbatim`. */
#include <fcntl.h>
#include <malloc.h>
#include <unistd.h>

#include "server/cli.h"

/* A descriptor that our parent closed must not become a file of ours: it is
 * filled with one on which what we would do with it fails. */
static void fill_standard(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0)
            (void)open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
}

/* What one request frees, the next will want: it does not go back to the
 * kernel each time, to be fetched and zeroed anew. */
static void keep_memory(void)
{
#ifdef __GLIBC__
    (void)mallopt(M_TRIM_THRESHOLD, 8 * 1024 * 1024);
    (void)mallopt(M_MMAP_THRESHOLD, 1024 * 1024);
#endif
}

int main(int argc, char **argv)
{
    fill_standard();
    keep_memory();
    return vb_cli_run(argc, argv, environ);
}
