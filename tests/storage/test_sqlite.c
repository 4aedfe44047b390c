/* The storage contract, kept by the engine in an SQLite file. */
#include "unit.h"

#include <stdio.h>

#include "contract.h"
#include "scratch.h"

static void sqlite_url(char *url, size_t size)
{
    char path[200];

    scratch_make(path, sizeof(path));
    (void)snprintf(url, size, "sqlite:%s/store.db", path);
}

static void sqlite_clean(const char *url)
{
    scratch_remove(url + strlen("sqlite:"));
}

static const struct contract_engine sqlite = {"sqlite", 1, sqlite_url,
                                              sqlite_clean, false};

int main(void)
{
    return contract_run(&sqlite);
}
