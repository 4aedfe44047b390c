"""A PostgreSQL that is there and refuses: it only reads, its log has no room, it has no connection left,
or it takes another password. All of that may end, and then nobody has to restart a server."""

import os
import shutil
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from pg_load import NOTHING, Load, is_away
from postgres import DURABLE, Cluster
from test_large import noise
from test_postgres_faults import TIMEOUT, bounded, check_unhindered, eventually, standby, within

__all__ = ["standby"]  # a fixture


# It only reads

def set_read_only(cluster, value):
    """As who prepares to hand over does: sessions stay, and begin transactions that only read."""
    cluster.query(f"ALTER SYSTEM SET default_transaction_read_only = {value}")
    cluster.query("SELECT pg_reload_conf()")


def test_who_takes_no_writes_any_more_is_not_asked(own_postgres, instances):
    cluster = own_postgres(durable=True)
    store = cluster.store()
    servers = instances(None, bounded(cluster, store), count=2)
    servers[0].client().put("/x", json=1)
    with Load(servers, timeout=TIMEOUT) as load:
        set_read_only(cluster, "on")
        load.until("refused")
        for server in servers:
            assert is_away(within(TIMEOUT, lambda server=server: server.client().get("/x")))
            check_unhindered(server)
        with cluster.session() as session:
            session.query("SET default_transaction_read_only = off")
            session.query("ALTER SYSTEM RESET default_transaction_read_only")
            session.query("SELECT pg_reload_conf()")
        load.until("done")
    load.check(store)
    assert all("read-only" in server.output for server in servers)


@pytest.mark.parametrize("how", ["read-only", "demoted"])
def test_who_was_the_first_one_is_not_read_from_when_another_is(standby, instances, how):
    """Its sessions are still there, and would show what was there before."""
    primary, follower = standby
    store = primary.store()
    both = store.at("", host=f"{primary.folder},{follower.folder}", port="5432,5432", timeout="800ms")
    servers = instances(None, both, count=2)
    a, b = servers.clients()
    assert a.put("/x", json=0).status == 201
    assert b.get("/x").json() == 0  # it has a connection for reading
    with Load(servers, timeout=TIMEOUT) as load:
        if how == "read-only":
            set_read_only(primary, "on")
        else:
            primary.stop()
            primary.write("data/standby.signal", "")
            primary.start()
        load.until("refused")
        follower.query("SELECT pg_promote()")
        load.until("done")
    assert eventually(lambda: a.put("/x", json=1)).status in (200, 204)
    assert b.get("/x").json() == 1
    store.cluster = follower
    load.check(store)


# Its log has no room

@pytest.fixture
def full_log():
    """A cluster whose log has a file system of its own, and that; it runs."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small file system")
    with ExitStack() as running:
        cluster = Cluster(*DURABLE, "max_wal_size=16MB", "min_wal_size=8MB", "wal_recycle=off", "wal_init_zero=on")
        running.callback(cluster.end)
        log, folder = cluster.folder / "data/pg_wal", cluster.folder / "small"
        folder.mkdir()
        made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=40m,mode=700", "tmpfs", folder],
                              capture_output=True, text=True, check=False)  # fmt: skip
        if made.returncode != 0:
            pytest.skip(f"cannot mount a small file system: {made.stderr.strip()}")
        running.callback(lambda: subprocess.run(["umount", folder], check=True))
        running.callback(cluster.stop)
        shutil.copytree(log, folder / "log")
        shutil.rmtree(log)
        log.symlink_to(folder / "log")
        subprocess.run(["chown", "-Rh", "--reference", cluster.folder, folder, log], check=True)
        yield cluster.start(), folder


def test_a_log_without_room_is_503_until_there_is_some(full_log, instances):
    """PostgreSQL ends itself then. Nothing that was acknowledged is lost."""
    cluster, folder = full_log
    store = cluster.store()
    servers = instances(None, bounded(cluster, store), count=2)
    with Load(servers, timeout=TIMEOUT) as load:
        room = os.statvfs(folder)
        (folder / "ballast").write_bytes(b"\0" * (room.f_bavail * room.f_frsize - 3_000_000))
        client, deadline = servers[0].client(), time.monotonic() + 60
        while "PANIC" not in cluster.log:
            answer = client.put("/large", json=noise(100_000, 1).hex())
            assert answer.status in (200, 201, 204) or is_away(answer), answer
            assert time.monotonic() < deadline, "its log is never full"
        load.until("refused")
        for server in servers:
            assert is_away(within(TIMEOUT, lambda server=server: server.client().get("/large")))
            check_unhindered(server)
        (folder / "ballast").unlink()
        cluster.kill()
        cluster.start()
        load.until("done")
    load.check(store)
    assert eventually(lambda: client.put("/large", json=1)).status in (200, 201, 204)


# It has no connection left

def test_who_gets_no_connection_waits_for_one(own_postgres, instances):
    """Those that there are go on; 53300 is told as any other reason of not being there."""
    cluster = own_postgres("max_connections=12", "superuser_reserved_connections=0", "autovacuum=off")
    store = cluster.store()
    a, b = instances(None, bounded(cluster, store), count=2, args=["--workers", "1"])
    assert a.client().put("/x", json=1).status == 201
    with ExitStack() as greedy:
        hold_all(cluster, greedy)
        assert eventually(lambda: a.client().put("/x", json=2)).status in (200, 204)
        answer = within(TIMEOUT, lambda: b.client().put("/x", json=3))
        assert is_away(answer) and NOTHING in answer.text
        check_unhindered(b)
        assert "too many clients" in b.output
    assert eventually(lambda: b.client().put("/x", json=4)).status in (200, 204)
    assert a.client().get("/x").json() == 4


def hold_all(cluster, sessions):
    """Whoever has none by then gets none."""
    for _ in range(20):
        try:
            sessions.enter_context(cluster.session())
        except Exception as error:  # noqa: BLE001 (of whatever kind)
            assert "53300" in str(error) or "too many" in str(error), error
            return
    raise AssertionError("there is always another one")


# It takes another password

def test_a_password_that_changes_is_read_anew(own_postgres, tmp_path, instances):
    """From its file: who has changed it there as well need not restart anything."""
    cluster = own_postgres(tls=True)
    store = cluster.store()
    cluster.ask_for_password("first one")
    passwords = tmp_path / "passwords"

    def keep(password):
        passwords.write_text(f"*:*:*:*:{password}\n")
        passwords.chmod(0o600)

    keep("first one")
    url = store.over_tls(sslmode="verify-full", sslrootcert=cluster.ca, passfile=passwords, timeout="800ms")
    servers = instances(None, url, count=2)
    with Load(servers, timeout=TIMEOUT) as load:
        cluster.query("ALTER USER postgres PASSWORD 'second one'")
        load.until("done")  # connections that there are stay
        cluster.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE client_addr IS NOT NULL")
        load.until("refused")
        with ThreadPoolExecutor(2) as pool:
            for answer in pool.map(lambda server: within(TIMEOUT, lambda: server.client().get("/load")), servers):
                assert is_away(answer)
        keep("second one")
        load.until("done")
    load.check(store)
    for server in servers:
        assert "password authentication failed" in server.output
        assert "first one" not in server.output and "second one" not in server.output
