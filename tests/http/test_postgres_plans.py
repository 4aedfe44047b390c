"""How PostgreSQL finds what is asked for: by its indexes, also where there was nothing when it was first asked."""

import time

ROWS = 3000
WRITES = 30
TABLES = "('record', 'memo', 'history')"
FILL = f"""INSERT INTO memo (name, revision, expires_ms, bytes) SELECT ('m' || n)::bytea, 1, 9000000000000, ''::bytea FROM generate_series(1, {ROWS}) AS n;
INSERT INTO record (kind, revision, position, created_ms, modified_ms, length, blob, ties, key, parent, media_type, content)
 SELECT 1, 1, n, 1, 1, 2, 0, 0, ('/c/' || n)::bytea, '/c'::bytea, 'application/json', '{{}}'::bytea FROM generate_series(1, {ROWS}) AS n"""
READ = f"""SELECT (SELECT sum(seq_tup_read) FROM pg_stat_user_tables WHERE relname IN {TABLES})
 + (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes WHERE relname IN {TABLES})"""


def rows_read(store):
    """Sessions tell what they have done with some delay, and at their end."""
    time.sleep(1.5)
    return store.number(READ)


def test_plans_for_an_empty_database_are_not_kept(postgres, instances):
    """All that is run is planned where there is next to nothing; then there is much, and nobody has counted it."""
    store = postgres.store()
    (server,) = instances(None, store.url, args=["--workers", "1"])
    client = server.client()

    def write():
        for n in range(WRITES):
            answer = client.get(f"/c/x{n}")
            tag = {"If-Match": answer.headers["ETag"]} if answer.status == 200 else {}
            assert client.put(f"/c/x{n}", tag, json=n).status in (200, 201, 204)
            assert client.put(f"/c/y{n}", {"Idempotency-Key": f'"{time.monotonic()}"'}, json=n).status in (200, 201, 204)

    write()
    store.query(FILL)
    time.sleep(2.5)
    write()  # planned anew
    before = rows_read(store)
    write()
    found = (rows_read(store) - before) / (2 * WRITES)
    assert found < 60, f"{found} rows are read for a write, of {ROWS}"
