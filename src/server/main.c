/* The program `verbatim`. */
#include <fcntl.h>
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

int main(int argc, char **argv)
{
    fill_standard();
    return vb_cli_run(argc, argv, environ);
}
