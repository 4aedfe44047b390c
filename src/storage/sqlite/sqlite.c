/*
 * The store in an SQLite file: opening and closing it. README.md draws the
 * whole; client.c has the contract's functions.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "storage/engine.h"
#include "storage/sqlite/db.h"
#include "storage/sqlite/lock.h"
#include "storage/sqlite/state.h"

/* --- Connections. --- */

/*
 * mmap: a read costs no copy of the page; 2 GiB less a bit is SQLite's bound,
 * what lies beyond is read as usual. Readers' caches hold only pages that are
 * still in the log, the writer's all that it changes.
 *
 * secure_delete (on in Debian's build) would overwrite what is deleted, at the
 * price of writing pages that need not be; who reads this file's free pages
 * could read its records too.
 */
static const char *const settings[] = {
    [VB__CONNECT_READ] = "PRAGMA mmap_size = 2147418112;"
                         "PRAGMA cache_size = -4096;"
                         "PRAGMA temp_store = MEMORY;"
                         "PRAGMA trusted_schema = OFF;",
    [VB__CONNECT_WRITE] = "PRAGMA page_size = 4096;"
                          "PRAGMA auto_vacuum = NONE;"
                          "PRAGMA mmap_size = 2147418112;"
                          "PRAGMA cache_size = -65536;"
                          "PRAGMA temp_store = MEMORY;"
                          "PRAGMA trusted_schema = OFF;"
                          "PRAGMA secure_delete = OFF;"
                          "PRAGMA synchronous = FULL;"
                          "PRAGMA wal_autocheckpoint = 0;"
                          "PRAGMA journal_size_limit = 67108864;",
};

enum vb_err vb__sqlite_connect(const char *path, enum vb__connect kind,
                               sqlite3 **ret_db)
{
    int flags = kind == VB__CONNECT_READ
                    ? SQLITE_OPEN_READONLY
                    : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    int rc;

    errno = 0;
    rc = sqlite3_open_v2(path, ret_db, flags | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc != SQLITE_OK)
        return vb__sql_err(rc, errno);
    sqlite3_busy_timeout(*ret_db, VB__BUSY_MS);
    return vb__sql_exec(*ret_db, settings[kind]);
}

uint64_t vb__sqlite_oldest_snapshot(struct vb__sqlite *sqlite)
{
    uint64_t oldest = VB__NO_SNAPSHOT;

    pthread_mutex_lock(&sqlite->readers_lock);
    for (struct vb_link *link = sqlite->readers.next; link != &sqlite->readers;
         link = link->next) {
        struct vb__reader *reader = VB_CONTAINER(link, struct vb__reader, link);
        uint64_t since = atomic_load(&reader->since);

        if (since < oldest)
            oldest = since;
    }
    pthread_mutex_unlock(&sqlite->readers_lock);
    return oldest;
}

/* --- Opening and closing. --- */

static void close_pool(struct vb__sqlite *sqlite)
{
    while (sqlite->pool != NULL) {
        struct vb__reader *reader = sqlite->pool;

        sqlite->pool = reader->next;
        vb__reader_done(reader);
        free(reader);
    }
}

/* All but the writer, which comes last and goes first. */
static void free_rest(struct vb__sqlite *sqlite)
{
    vb__numbers_done(&sqlite->numbers);
    vb__pins_done(&sqlite->pins);
    pthread_mutex_destroy(&sqlite->readers_lock);
    vb__store_done(&sqlite->store);
    if (sqlite->lock_fd >= 0)
        close(sqlite->lock_fd);
    free(sqlite->path);
    free(sqlite);
}

void vb__sqlite_close(struct vb_store *store)
{
    struct vb__sqlite *sqlite = vb__sqlite_of(store);

    vb__writer_stop(&sqlite->writer);
    close_pool(sqlite);
    vb__writer_done(&sqlite->writer);
    free_rest(sqlite);
}

char *vb__sqlite_absolute(const char *path)
{
    char *whole = realpath(path, NULL);
    const char *slash = strrchr(path, '/');
    char *directory, *parent;

    if (whole != NULL || errno != ENOENT)
        return whole;
    if (slash == NULL)
        parent = strdup(".");
    else
        parent = strndup(path, slash == path ? 1 : (size_t)(slash - path));
    directory = parent == NULL ? NULL : realpath(parent, NULL);
    if (directory != NULL && asprintf(&whole, "%s/%s", directory,
                                      slash == NULL ? path : slash + 1) < 0)
        whole = NULL;
    free(directory);
    free(parent);
    return whole;
}

/* SQLite gives the log the same mode. */
enum vb_err vb__sqlite_make_file(const char *path, struct vb_buf *ret_why)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    if (fd < 0) {
        vb_buf_printf(ret_why, "%s: cannot be opened: %s", path,
                      strerror(errno));
        return VB_ERR_IO;
    }
    close(fd);
    return VB_OK;
}

static struct vb__sqlite *sqlite_new(void)
{
    struct vb__sqlite *sqlite =
        aligned_alloc(alignof(struct vb__sqlite), sizeof(*sqlite));

    if (sqlite == NULL)
        return NULL;
    memset(sqlite, 0, sizeof(*sqlite));
    sqlite->lock_fd = -1;
    pthread_mutex_init(&sqlite->readers_lock, NULL);
    vb_list_init(&sqlite->readers);
    vb__pins_init(&sqlite->pins);
    vb__numbers_init(&sqlite->numbers);
    if (!vb__store_init(&sqlite->store, &vb__sqlite_ops)) {
        free_rest(sqlite);
        return NULL;
    }
    return sqlite;
}

static enum vb_err open_writer(struct vb__sqlite *sqlite,
                               struct vb_buf *ret_why)
{
    struct vb_buf reason;
    enum vb_err err;

    vb_buf_init(&reason, 4096);
    err = vb__writer_init(&sqlite->writer, sqlite, &reason);
    if (err == VB_OK) {
        err = vb__writer_start(&sqlite->writer);
        if (err != VB_OK) {
            vb_buf_str(&reason, "no thread to write with");
            vb__writer_done(&sqlite->writer);
        }
    }
    if (err != VB_OK)
        vb_buf_printf(ret_why, "%s: %.*s", sqlite->path,
                      VB_FMT(vb_buf_span(&reason)));
    vb_buf_done(&reason);
    return err;
}

static enum vb_err open_path(const char *path, struct vb_store **ret_store,
                             struct vb_buf *ret_why)
{
    struct vb__sqlite *sqlite = sqlite_new();
    enum vb_err err = VB_OK;
    struct stat st;

    if (sqlite == NULL)
        return VB_ERR_NOMEM;
    sqlite->path = vb__sqlite_absolute(path);
    if (sqlite->path == NULL) {
        vb_buf_printf(ret_why, "%s: %s", path, strerror(errno));
        err = VB_ERR_IO;
    } else if (stat(sqlite->path, &st) == 0 && !S_ISREG(st.st_mode)) {
        vb_buf_printf(ret_why, "%s: not a file", path);
        err = VB_ERR_IO;
    }
    if (err == VB_OK)
        err = vb__lock_take(sqlite->path, &sqlite->lock_fd, ret_why);
    if (err == VB_OK)
        err = vb__sqlite_make_file(sqlite->path, ret_why);
    if (err == VB_OK)
        err = open_writer(sqlite, ret_why);
    if (err != VB_OK) {
        free_rest(sqlite);
        return err;
    }
    *ret_store = &sqlite->store;
    return VB_OK;
}

/* Counting allocations would cost a lock each. SQLite takes this only while
 * nobody uses it yet; else it is as it is. */
static void configure(void)
{
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

enum vb_err vb__sqlite_open(struct vb_span rest, struct vb_store **ret_store,
                            struct vb_buf *ret_why)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    enum vb_err err;
    char *path;

    if (rest.len == 0 || rest.len >= PATH_MAX ||
        vb_span_find(rest, '\0', 0) >= 0 || rest.ptr[rest.len - 1] == '/') {
        vb_buf_printf(ret_why, "sqlite:%.*s: not the path of a file",
                      VB_FMT(rest));
        return VB_ERR_INVALID;
    }
    pthread_once(&once, configure);
    path = strndup(rest.ptr, rest.len);
    if (path == NULL)
        return VB_ERR_NOMEM;
    err = open_path(path, ret_store, ret_why);
    free(path);
    return err;
}

int64_t vb__sqlite_version(struct vb_span rest)
{
    char *path = strndup(rest.ptr, rest.len);
    int64_t version = 0;
    sqlite3 *db = NULL;

    if (path == NULL || access(path, R_OK) != 0 ||
        vb__sqlite_connect(path, VB__CONNECT_READ, &db) != VB_OK ||
        vb__sql_number(db, "PRAGMA user_version", &version) != VB_OK)
        version = 0;
    (void)sqlite3_close(db);
    free(path);
    return version;
}
