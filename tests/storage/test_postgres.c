/* The storage contract, kept by the engine in PostgreSQL. */
#include "unit.h"

#include "cluster.h"
#include "contract.h"
#include "storage/postgres/keeper.h"

static struct cluster cluster;

static void postgres_url(char *url, size_t size)
{
    cluster_store(&cluster, url, size);
}

/* The cluster goes as a whole. */
static void postgres_clean(const char *url)
{
    (void)url;
}

static const struct contract_engine postgres = {"postgres", 1, postgres_url,
                                                postgres_clean, false};

int main(void)
{
    int none = cluster_begin(&cluster, "");

    if (none != 0)
        return none;
    vb__pg_loose_ms = 50;
    return cluster_end(&cluster, contract_run(&postgres));
}
