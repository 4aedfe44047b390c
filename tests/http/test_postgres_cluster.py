"""What tests believe of the PostgreSQL that they get (postgres.py)."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from pg_session import PostgresError
from postgres import Cluster
from server import ROOT


def is_there(pid):
    return Path(f"/proc/{pid}/exe").exists()


def psql(url, sql, **env):
    """(exit code, what it says) of PostgreSQL's own client."""
    done = subprocess.run(
        ["psql", "-AtXqc", sql, url], capture_output=True, text=True, timeout=60, check=False, env=dict(os.environ, **env)
    )
    return done.returncode, (done.stdout + done.stderr).strip()


def test_stores_are_empty_and_apart(postgres):
    a, b, c = postgres.store(), postgres.store(), postgres.store(database=True)
    for store in (a, b, c):
        store.query("CREATE TABLE t (n int)")
    a.query("INSERT INTO t VALUES (1), (2)")
    assert [store.number("SELECT count(*) FROM t") for store in (a, b, c)] == [2, 0, 0]


def test_a_store_is_found_by_its_url(store, postgres):
    store.query("CREATE TABLE t AS SELECT 7 AS n")
    assert psql(store.url, "SELECT n FROM t") == (0, "7")
    apart = postgres.store(database=True)
    apart.query("CREATE TABLE t AS SELECT 8 AS n")
    assert psql(apart.url, "SELECT n FROM t") == (0, "8")


def test_a_new_store_takes_milliseconds(postgres):
    began = time.monotonic()
    for _ in range(20):
        postgres.store()
    assert time.monotonic() - began < 10


def test_a_session_says_what_the_server_refuses(store):
    with store.session() as session:
        with pytest.raises(PostgresError, match="division") as refused:
            session.query("SELECT 1 / 0")
        assert refused.value.code == "22012"
        assert session.query("SELECT 'x', NULL") == [("x", None)]


def test_what_was_committed_outlives_a_kill(own_postgres):
    cluster = own_postgres(durable=True)
    store, pid = cluster.store(), cluster.pid
    assert store.query("SHOW fsync") == [("on",)]
    store.query("CREATE TABLE t AS SELECT 7 AS n")
    session = store.session()
    cluster.kill()
    with pytest.raises((EOFError, OSError)):
        session.query("SELECT 1")
    session.close()
    assert not is_there(pid)
    with pytest.raises(OSError):
        store.session()
    cluster.start()
    assert store.number("SELECT n FROM t") == 7


def test_it_starts_with_other_settings(own_postgres):
    cluster = own_postgres("max_connections=20")
    assert cluster.query("SHOW max_connections") == [("20",)]
    cluster.restart("max_connections=9")
    assert cluster.query("SHOW max_connections") == [("9",)]
    with pytest.raises(AssertionError, match="no_such_thing"):
        cluster.restart("no_such_thing=1")


def test_a_stalled_one_accepts_and_says_nothing(own_postgres):
    cluster = own_postgres()
    with cluster.session() as session:
        cluster.stall()
        with pytest.raises(TimeoutError):
            cluster.session(timeout=0.3)
        session.sock.settimeout(0.3)
        with pytest.raises(TimeoutError):
            session.query("SELECT 1")
        cluster.resume()
        session.sock.settimeout(20)
        assert session.results() == ([("1",)], ["SELECT 1"])


@pytest.mark.usefixtures("postgres")  # which knows whether there is one
def test_nothing_is_left_when_the_tests_are_killed():
    program = "from postgres import Cluster\nc = Cluster().start()\nprint(c.folder, c.pid, flush=True)\n" \
        "c.stall()\nimport os\nos.kill(os.getpid(), 9)"  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT / "tests/http", capture_output=True, text=True, timeout=120, check=False
    )
    folder, pid = done.stdout.split()
    deadline = time.monotonic() + 30
    while (Path(folder).exists() or is_there(pid)) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not Path(folder).exists()
    assert not is_there(pid)


# TLS

@pytest.fixture(scope="module")
def secured():
    cluster = Cluster(tls=True)
    cluster.start()
    yield cluster
    cluster.end()


def test_over_tls_its_certificate_holds_for_its_name(secured):
    store = secured.store()
    verified = {"sslmode": "verify-full", "sslrootcert": secured.ca}
    assert psql(store.over_tls(**verified), "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()") == (0, "t")
    code, why = psql(store.over_tls("127.0.0.1", **verified), "SELECT 1")
    assert code != 0 and "does not match host name" in why
    code, why = psql(store.over_tls(sslmode="verify-full", sslrootcert="system-is-not-it.crt"), "SELECT 1")
    assert code != 0 and "root certificate" in why


def test_over_tcp_it_wants_tls(secured):
    code, why = psql(secured.store().over_tls(sslmode="disable"), "SELECT 1")
    assert code != 0 and "no encryption" in why


def test_a_wire_carries_tls(secured, wires):
    wire = wires(secured)
    url = secured.store().through(wire, sslmode="verify-ca", sslrootcert=secured.ca)
    assert psql(url, "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()") == (0, "t")
    assert wire.accepted == 1 and not wire.statements


def test_it_asks_for_a_password(secured):
    store = secured.store()
    secured.ask_for_password("pass word")
    url = store.over_tls(sslmode="require")
    assert psql(url, "SELECT 1", PGPASSWORD="pass word") == (0, "1")
    code, why = psql(url, "SELECT 1", PGPASSWORD="another")
    assert code != 0 and "password authentication failed" in why


# Servers

def test_instances_stay_on_their_ports(instances):
    both = instances(None, "memory:", count=2)
    a, b = both
    addresses = a.address, b.address
    assert addresses[0] != addresses[1]
    assert [client.get("/x").status for client in both.clients()] == [404, 404]
    a.kill()
    b.terminate()
    b.stop()
    both.start()
    assert (a.address, b.address) == addresses
    b.stall()
    a.restart()
    assert a.client().get("/x").status == 404
