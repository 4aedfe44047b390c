/* A failing file system below SQLite. See faulty_vfs.h. */
#include "faulty_vfs.h"

#include <errno.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

struct file {
    sqlite3_file base;
    bool is_log;
    sqlite3_file *real; /* behind this structure */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static enum fault armed_fault;
static unsigned countdown; /* 0: none */
static bool armed_sticky;
static bool struck;
static bool dirty;

void faulty_vfs_arm(enum fault fault, unsigned nth, bool sticky)
{
    pthread_mutex_lock(&lock);
    armed_fault = fault;
    countdown = nth;
    armed_sticky = sticky;
    struck = false;
    pthread_mutex_unlock(&lock);
}

bool faulty_vfs_disarm(void)
{
    bool was_struck;

    pthread_mutex_lock(&lock);
    countdown = 0;
    was_struck = struck;
    pthread_mutex_unlock(&lock);
    return was_struck;
}

bool faulty_vfs_log_is_dirty(void)
{
    bool is_dirty;

    pthread_mutex_lock(&lock);
    is_dirty = dirty;
    pthread_mutex_unlock(&lock);
    return is_dirty;
}

/* Is this change the one to fail? */
static bool strike(bool is_sync)
{
    bool now = false;

    pthread_mutex_lock(&lock);
    if (countdown > 0 && is_sync == (armed_fault == FAULT_SYNC)) {
        now = countdown == 1;
        if (!now || !armed_sticky)
            countdown--;
        struck = struck || now;
        if (now)
            errno = EIO;
    }
    pthread_mutex_unlock(&lock);
    return now;
}

static void set_dirty(const struct file *file, bool value)
{
    pthread_mutex_lock(&lock);
    if (file->is_log)
        dirty = value;
    pthread_mutex_unlock(&lock);
}

/* --- The functions of a file. --- */

static struct file *of(sqlite3_file *file)
{
    return (struct file *)(void *)file;
}

static int do_close(sqlite3_file *file)
{
    return of(file)->real->pMethods->xClose(of(file)->real);
}

static int do_read(sqlite3_file *file, void *to, int n, sqlite3_int64 at)
{
    return of(file)->real->pMethods->xRead(of(file)->real, to, n, at);
}

static int do_write(sqlite3_file *file, const void *from, int n,
                    sqlite3_int64 at)
{
    sqlite3_file *real = of(file)->real;

    set_dirty(of(file), true);
    if (!strike(false))
        return real->pMethods->xWrite(real, from, n, at);
    if (armed_fault == FAULT_FULL)
        return SQLITE_FULL;
    real->pMethods->xWrite(real, from, n / 2, at);
    return SQLITE_IOERR_WRITE;
}

static int do_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    return of(file)->real->pMethods->xTruncate(of(file)->real, size);
}

static int do_sync(sqlite3_file *file, int flags)
{
    if (strike(true))
        return SQLITE_IOERR_FSYNC;
    set_dirty(of(file), false);
    return of(file)->real->pMethods->xSync(of(file)->real, flags);
}

static int do_size(sqlite3_file *file, sqlite3_int64 *size)
{
    return of(file)->real->pMethods->xFileSize(of(file)->real, size);
}

static int do_lock(sqlite3_file *file, int level)
{
    return of(file)->real->pMethods->xLock(of(file)->real, level);
}

static int do_unlock(sqlite3_file *file, int level)
{
    return of(file)->real->pMethods->xUnlock(of(file)->real, level);
}

static int do_reserved(sqlite3_file *file, int *out)
{
    return of(file)->real->pMethods->xCheckReservedLock(of(file)->real, out);
}

static int do_control(sqlite3_file *file, int op, void *arg)
{
    return of(file)->real->pMethods->xFileControl(of(file)->real, op, arg);
}

static int do_sector(sqlite3_file *file)
{
    return of(file)->real->pMethods->xSectorSize(of(file)->real);
}

static int do_traits(sqlite3_file *file)
{
    return of(file)->real->pMethods->xDeviceCharacteristics(of(file)->real);
}

static int do_shm_map(sqlite3_file *file, int page, int size, int extend,
                      void volatile **to)
{
    return of(file)->real->pMethods->xShmMap(of(file)->real, page, size, extend,
                                             to);
}

static int do_shm_lock(sqlite3_file *file, int offset, int n, int flags)
{
    return of(file)->real->pMethods->xShmLock(of(file)->real, offset, n, flags);
}

static void do_shm_barrier(sqlite3_file *file)
{
    of(file)->real->pMethods->xShmBarrier(of(file)->real);
}

static int do_shm_unmap(sqlite3_file *file, int delete)
{
    return of(file)->real->pMethods->xShmUnmap(of(file)->real, delete);
}

static int do_fetch(sqlite3_file *file, sqlite3_int64 at, int n, void **to)
{
    return of(file)->real->pMethods->xFetch(of(file)->real, at, n, to);
}

static int do_unfetch(sqlite3_file *file, sqlite3_int64 at, void *from)
{
    return of(file)->real->pMethods->xUnfetch(of(file)->real, at, from);
}

static const sqlite3_io_methods methods = {
    3,
    do_close,
    do_read,
    do_write,
    do_truncate,
    do_sync,
    do_size,
    do_lock,
    do_unlock,
    do_reserved,
    do_control,
    do_sector,
    do_traits,
    do_shm_map,
    do_shm_lock,
    do_shm_barrier,
    do_shm_unmap,
    do_fetch,
    do_unfetch,
};

/* --- The file system. --- */

static sqlite3_vfs *real_vfs;
static sqlite3_vfs faulty;

static int do_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *base,
                   int flags, int *out_flags)
{
    struct file *file = of(base);
    int rc;

    (void)vfs;
    file->real = (sqlite3_file *)(void *)(file + 1);
    file->is_log = (flags & SQLITE_OPEN_WAL) != 0;
    rc = real_vfs->xOpen(real_vfs, name, file->real, flags, out_flags);
    file->base.pMethods = file->real->pMethods == NULL ? NULL : &methods;
    return rc;
}

static int do_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
    (void)vfs;
    return real_vfs->xDelete(real_vfs, name, sync);
}

static int do_access(sqlite3_vfs *vfs, const char *name, int flags, int *out)
{
    (void)vfs;
    return real_vfs->xAccess(real_vfs, name, flags, out);
}

static int do_full_path(sqlite3_vfs *vfs, const char *name, int n, char *out)
{
    (void)vfs;
    return real_vfs->xFullPathname(real_vfs, name, n, out);
}

static int do_randomness(sqlite3_vfs *vfs, int n, char *out)
{
    (void)vfs;
    return real_vfs->xRandomness(real_vfs, n, out);
}

static int do_sleep(sqlite3_vfs *vfs, int us)
{
    (void)vfs;
    return real_vfs->xSleep(real_vfs, us);
}

static int do_time(sqlite3_vfs *vfs, sqlite3_int64 *out)
{
    (void)vfs;
    return real_vfs->xCurrentTimeInt64(real_vfs, out);
}

static int do_last_error(sqlite3_vfs *vfs, int n, char *out)
{
    (void)vfs;
    return real_vfs->xGetLastError(real_vfs, n, out);
}

void faulty_vfs_install(void)
{
    sqlite3_initialize();
    real_vfs = sqlite3_vfs_find(NULL);
    faulty = (sqlite3_vfs){
        .iVersion = 2,
        .szOsFile = (int)sizeof(struct file) + real_vfs->szOsFile,
        .mxPathname = real_vfs->mxPathname,
        .zName = "faulty",
        .xOpen = do_open,
        .xDelete = do_delete,
        .xAccess = do_access,
        .xFullPathname = do_full_path,
        .xRandomness = do_randomness,
        .xSleep = do_sleep,
        .xGetLastError = do_last_error,
        .xCurrentTimeInt64 = do_time,
    };
    if (sqlite3_vfs_register(&faulty, 1) != SQLITE_OK)
        abort();
}
