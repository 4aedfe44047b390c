/* What always holds in a store's file. See invariants.h. */
#include "invariants.h"

#include <sqlite3.h>
#include <stdio.h>

/* Each query finds what must not be. */
static const struct {
    const char *rule;
    const char *query;
} rules[] = {
    {"the file is sound", "SELECT integrity_check FROM pragma_integrity_check"
                          " WHERE integrity_check <> 'ok'"},
    {"a collection counts its members",
     "SELECT key FROM collection WHERE count <>"
     " (SELECT count(*) FROM record WHERE parent = collection.key)"},
    {"a member has its collection",
     "SELECT key FROM record WHERE parent <> '' AND parent NOT IN"
     " (SELECT key FROM collection)"},
    {"a collection is as new as its newest member",
     "SELECT key FROM collection WHERE revision <"
     " (SELECT max(revision) FROM record WHERE parent = collection.key)"},
    {"a claim is a record's that says it has some",
     "SELECT value FROM claim LEFT JOIN record ON record.id = claim.record"
     " WHERE record.id IS NULL OR NOT ties & 1"},
    {"a reference goes from a record to a record",
     "SELECT target FROM reference WHERE target NOT IN (SELECT id FROM record)"
     " OR source NOT IN (SELECT id FROM record WHERE ties & 2)"},
    {"no revision is beyond the last given",
     "SELECT key FROM record WHERE revision > (SELECT revision FROM state)"},
    {"no position is beyond the last given",
     "SELECT key FROM record WHERE id > (SELECT position FROM state)"},
    {"a blob is one record's",
     "SELECT blob FROM record WHERE blob <> 0 GROUP BY blob"
     " HAVING count(*) > 1"},
    {"a record's blob is not loose",
     "SELECT blob FROM record WHERE blob IN (SELECT blob FROM loose)"},
    {"a record's blob is whole",
     "SELECT key FROM record WHERE blob <> 0 AND length <>"
     " (SELECT total(length(bytes)) FROM chunk"
     "  WHERE id >= blob << 24 AND id < (blob + 1) << 24)"},
    {"a chunk is a record's or a loose blob's",
     "SELECT id FROM chunk WHERE id >> 24 NOT IN"
     " (SELECT blob FROM record UNION SELECT blob FROM loose)"},
    {"a tombstone has no place, ties or blob",
     "SELECT key FROM record WHERE tombstone <> 0 AND"
     " (parent <> '' OR ties <> 0 OR blob <> 0 OR media_type <> '')"},
    {"a key is one of an index that there is",
     "SELECT sort FROM index_key WHERE idx NOT IN (SELECT id FROM indexes)"},
    {"a key is that of a member",
     "SELECT sort FROM index_key WHERE NOT EXISTS (SELECT 1 FROM record"
     " WHERE id = index_key.member AND parent = listing)"},
    {"the history costs what its rows do",
     "SELECT history_bytes FROM state WHERE history_bytes <>"
     " (SELECT total(cost) FROM history)"},
    {"no row of the history is beyond the last revision",
     "SELECT id FROM history WHERE id >> 20 > (SELECT revision FROM state)"},
    {"a record has its content, and as much as it says",
     "SELECT key FROM record WHERE blob = 0 AND length <> length(content)"},
};

int invariants_broken(const char *path)
{
    sqlite3 *db;
    int broken = 0;

    if (sqlite3_open(path, &db) != SQLITE_OK)
        return 1;
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        sqlite3_stmt *statement;
        int rc = sqlite3_prepare_v2(db, rules[i].query, -1, &statement, NULL);

        if (rc == SQLITE_OK)
            rc = sqlite3_step(statement);
        if (rc != SQLITE_DONE) {
            (void)fprintf(stderr, "not so: %s: %s\n", rules[i].rule,
                          rc == SQLITE_ROW
                              ? (const char *)sqlite3_column_text(statement, 0)
                              : sqlite3_errmsg(db));
            broken++;
        }
        sqlite3_finalize(statement);
    }
    sqlite3_close(db);
    return broken;
}
