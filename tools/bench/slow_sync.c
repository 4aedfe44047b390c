/*
 * A slower disk: preloaded, it makes every fdatasync and fsync take so many
 * microseconds longer as VB_SYNC_US says. What a sync takes differs from disk
 * to disk by a factor of a hundred, and with it what a group commit is worth.
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* The C library's function of that name, after a while. */
static int later(const char *name, int fd)
{
    const char *text = getenv("VB_SYNC_US");
    long us = text == NULL ? 0 : strtol(text, NULL, 10);
    struct timespec more = {us / 1000000, us % 1000000 * 1000};
    int (*sync)(int);

    *(void **)&sync = dlsym(RTLD_NEXT, name);
    nanosleep(&more, NULL);
    return sync(fd);
}

/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): the C
 * library's own names are reserved */
int fdatasync(int fd)
{
    return later("fdatasync", fd);
}

int fsync(int fd)
{
    return later("fsync", fd);
}
/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */
