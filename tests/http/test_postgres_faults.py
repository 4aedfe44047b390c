"""A PostgreSQL that restarts, refuses, stalls, fills its disk or fails over, under several servers.

Who asks meanwhile waits no longer than `timeout=`, and is told 503 and when to come
again; nothing that was acknowledged is lost; and nobody has to restart a server."""

import os
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from certificates import make_ca, sign
from events import Events
from library import PNG
from message import Broken
from pg_load import NOTHING, SLACK, Load, is_away
from postgres import DURABLE, STREAMING, Cluster, following
from server import Server
from test_large import noise

TIMEOUT = 0.8  # seconds


def bounded(cluster, store, **more):
    """The store's URL, with a timeout that a test can wait for."""
    return store.at("", host=cluster.folder, port=cluster.port, timeout="800ms", **more)


@pytest.fixture(scope="module")
def shaky():
    """A cluster that tests of this module break one after the other."""
    cluster = Cluster(*DURABLE, "deadlock_timeout=300ms")
    cluster.start()
    yield cluster
    cluster.end()


@pytest.fixture
def cluster(shaky):
    """It runs, at the beginning as at the end."""
    yield shaky
    if shaky.pid is None:
        shaky.start()
    shaky.resume()


@pytest.fixture
def store(cluster):
    return cluster.store()


def within(seconds, ask):
    """Its answer, which comes within that time, or that of an overloaded machine more."""
    began = time.monotonic()
    answer = ask()
    took = time.monotonic() - began
    assert took < seconds + SLACK, (took, answer)
    return answer


def eventually(ask, statuses=(200, 201, 204), timeout=20):
    """An answer that is none of 503, which all others are until then."""
    deadline = time.monotonic() + timeout
    while (answer := ask()).status not in statuses:
        assert is_away(answer)
        assert time.monotonic() < deadline, answer
        time.sleep(0.02)
    return answer


def check_unhindered(server, most=0.5):
    """What needs no database is answered at once, by the same (only) worker."""
    with server.connect() as connection:
        for _ in range(20):
            began = time.monotonic()
            connection.send(f"OPTIONS * HTTP/1.1\r\nHost: {server.authority}\r\n\r\n".encode())
            answer = connection.read_response("OPTIONS")
            took = time.monotonic() - began
            assert answer.status in (200, 204) and took < most, (took, answer)


# It goes away, and comes back

@pytest.mark.parametrize("how", ["stop", "immediate", "kill"])
def test_a_restart_under_load_loses_nothing(cluster, store, instances, how):
    servers = instances(None, bounded(cluster, store), count=2)
    with Load(servers, timeout=TIMEOUT) as load:
        if how == "kill":
            cluster.kill()
        else:
            cluster.stop(immediate=how == "immediate")
        load.until("refused")
        for server in servers:
            assert is_away(within(TIMEOUT, lambda server=server: server.client().get("/load")))
        cluster.start()
        load.until("done")
    load.check(store)
    assert all("reached again" in server.output for server in servers)


def test_a_short_restart_is_hardly_noticed(cluster, store, instances):
    """Who waits for long enough is served."""
    servers = instances(None, store.url, count=2)  # timeout=5s
    servers[0].client().put("/x", json=1)
    for n in range(2):
        with ThreadPoolExecutor(4) as pool:
            cluster.kill()
            waiting = [pool.submit(server.client().get, "/x") for server in servers]
            waiting += [pool.submit(server.client().put, f"/y{n}{m}", json=2) for m, server in enumerate(servers)]
            cluster.start()
            answers = [one.result() for one in waiting]
        assert {answer.status for answer in answers} <= {200, 201}, answers


def test_connections_that_are_ended_are_made_anew(cluster, store, instances):
    servers = instances(None, bounded(cluster, store), count=2)
    with Load(servers, timeout=TIMEOUT) as load:
        for _ in range(5):
            store.query(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
            load.until("done")
    load.check(store)


def test_a_database_that_is_full_of_others_is_away(store, instances, cluster):
    """Too many connections (53300): who has none gets none, and asks again."""
    (server,) = instances(None, bounded(cluster, store))
    most = int(cluster.query("SHOW max_connections")[0][0])
    others = []
    try:
        while len(others) <= most:
            others.append(cluster.session())
    except Exception:  # noqa: BLE001, S110 (full: that was to be)
        pass
    try:
        assert is_away(within(TIMEOUT, lambda: server.client().put("/x", json=1)))
    finally:
        for other in others:
            other.close()
    assert eventually(lambda: server.client().put("/x", json=1)).status == 201


def test_a_wire_that_refuses_is_tried_again(store, wires, instances):
    wire = wires(store)
    (server,) = instances(None, store.through(wire, timeout="800ms"))
    client = server.client()
    assert client.put("/x", json=1).status == 201
    wire.refuse()
    wire.cut(reset=True)
    tried = [within(TIMEOUT, lambda: client.get("/x")), within(TIMEOUT, lambda: client.put("/x", json=2))]
    assert all(is_away(answer) and NOTHING in answer.text for answer in tried), tried
    check_unhindered(server)
    wire.pass_on()
    assert eventually(lambda: client.get("/x")).json() == 1
    assert eventually(lambda: client.put("/x", json=3)).status in (200, 204)


# It is there, and says nothing

def test_while_it_stalls_nothing_else_is_held_up(cluster, store, instances):
    servers = instances(None, bounded(cluster, store), count=2)
    a, b = servers
    clients = servers.clients()
    clients[0].put("/x", json=1)
    assert clients[1].get("/x").json() == 1
    cluster.stall()
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(within, TIMEOUT * 2 + 1, ask) for ask in (
            lambda: a.client().get("/x"), lambda: a.client().put("/x", json=2),
            lambda: b.client().get("/x"), lambda: b.client().post("/c", json=2),
        )]  # fmt: skip
        check_unhindered(a)
        check_unhindered(b)
        assert all(is_away(one.result()) for one in asked)
    assert is_away(within(TIMEOUT, lambda: clients[0].get("/x")))  # a new connection stalls as well
    cluster.resume()
    assert eventually(lambda: clients[0].get("/x")).json() in (1, 2)
    assert eventually(lambda: clients[1].put("/x", json=3)).status in (200, 204)
    assert clients[0].get("/x").json() == 3


@pytest.mark.parametrize("way", ["up", "down"])
def test_a_wire_that_passes_nothing_on(store, wires, instances, way):
    wire = wires(store)
    (server,) = instances(None, store.through(wire, timeout="800ms"))
    client = server.client()
    client.put("/x", json=1)
    wire.stall(way)
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(within, TIMEOUT, lambda: client.get("/x"))
        check_unhindered(server)
        assert is_away(asked.result())
    told = within(TIMEOUT * 2 + 1, lambda: client.put("/x", json=2))
    assert is_away(told)
    wire.pass_on()
    value = eventually(lambda: client.get("/x")).json()
    assert value == 1 or NOTHING not in told.text
    assert eventually(lambda: client.put("/x", json=3)).status in (200, 204)


def test_sigterm_while_it_stalls_is_obeyed_within_the_grace(cluster, store, instances):
    a, b = instances(None, bounded(cluster, store), count=2, args=["--grace", "2s"])
    a.client().put("/x", json=1)
    b.client().get("/x")
    cluster.stall()
    with ThreadPoolExecutor(2) as pool:
        asked = pool.submit(a.client().put, "/x", json=2)
        deadline = time.monotonic() + 5
        while not asked.running() and time.monotonic() < deadline:
            time.sleep(0.01)
        a.process.send_signal(signal.SIGTERM)
        a.terminated = True
        within(2, lambda: a.process.wait(30))
        within(2, b.stop)  # which has nothing to do
        try:
            answer = asked.result()
        except (Broken, OSError):
            answer = None  # it was cut off
        assert answer is None or is_away(answer)
    assert a.process.returncode == 0, a.output
    a.stop()


def test_a_stream_outlives_a_restart(cluster, store, instances):
    """Followers hear all that happens after, or are cut off and may go on from where they were."""
    a, b = instances(None, bounded(cluster, store), count=2)
    client = b.client()
    client.put("/s/1", json=0)
    with Events(a, "/s") as events:
        events.begin()
        client.put("/s/1", json=1)
        event = events.next()
        assert event.data["value"] == 1
        last = event.id
        cluster.kill()
        told = within(TIMEOUT, lambda: client.put("/s/1", json=2))
        assert is_away(told)
        cluster.start()
        eventually(lambda: client.put("/s/1", json=3))
        try:
            event = events.next()
        except (Broken, OSError):
            event = None
    if event is None:
        with Events(a, "/s", last=last) as events:
            assert events.begin().event == "ready"
            event = events.next()
    assert event.data["value"] == 3 or (event.data["value"] == 2 and NOTHING not in told.text)


# Locks

def holding(session, sql):
    session.query("BEGIN")
    session.query(sql)


def test_who_waits_for_a_lock_is_told_in_time(cluster, store, instances):
    a, b = instances(None, bounded(cluster, store), count=2)
    for name in ("locked", "other"):
        assert a.client().put(f"/{name}/x", json=1).status == 201
    with store.session() as session:
        holding(session, "SELECT 1 FROM record WHERE key = '/locked/x' FOR UPDATE")
        with ThreadPoolExecutor(1) as pool:
            asked = pool.submit(within, TIMEOUT, lambda: a.client().put("/locked/x", json=2))
            assert a.client().get("/locked/x").json() == 1  # readers wait for nobody
            assert b.client().put("/other/x", json=2).status in (200, 204)
            check_unhindered(a)
            answer = asked.result()
        assert is_away(answer) and NOTHING in answer.text
        session.query("COMMIT")
    assert a.client().get("/locked/x").json() == 1
    assert eventually(lambda: a.client().put("/locked/x", json=3)).status in (200, 204)


def test_who_is_chosen_to_end_a_deadlock_tries_again(cluster, store, instances):
    (server,) = instances(None, store.url)
    client = server.client()
    client.put("/d/x", json=1)
    with store.session() as session, ThreadPoolExecutor(1) as pool:
        session.query("SET deadlock_timeout = '1min'")
        holding(session, "SELECT 1 FROM record WHERE key = '/d/x' FOR UPDATE")
        asked = pool.submit(client.put, "/d/x", json=2)
        while not store.number("SELECT count(*) FROM pg_locks WHERE NOT granted"):
            pass
        session.query("SELECT 1 FROM collection WHERE key = '/d' FOR UPDATE")  # that is what it holds
        session.query("COMMIT")
        assert asked.result().status in (200, 204)
    assert client.get("/d/x").json() == 2
    assert "deadlock detected" in cluster.log


def test_a_database_that_serializes_by_default_is_asked_again(cluster, instances):
    """40001 is no error of the client's: a counter counts all the same."""
    store = cluster.store(database=True)
    cluster.query(f"ALTER DATABASE {store.database} SET default_transaction_isolation = 'serializable'")
    servers = instances(None, store.url, count=3)
    servers[0].client().put("/n/counter", json=0)

    def work(server):
        client, done = server.client(), 0
        while done < 5:
            shown = client.get("/n/counter")
            answer = client.put("/n/counter", {"If-Match": shown.headers["ETag"]}, json=shown.json() + 1)
            assert answer.status in (200, 204, 412) or is_away(answer), answer
            done += answer.status in (200, 204)
        return done

    with ThreadPoolExecutor(3) as pool:
        assert sum(pool.map(work, servers)) == servers[1].client().get("/n/counter").json() == 15


# A full disk

@pytest.fixture
def small(cluster):
    """A database on a file system of a few MiB; its folder."""
    folder = cluster.folder / "small"
    folder.mkdir()
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small file system")
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m,mode=700", "tmpfs", folder],
                          capture_output=True, text=True, check=False)  # fmt: skip
    if made.returncode != 0:
        pytest.skip(f"cannot mount a small file system: {made.stderr.strip()}")
    owner = cluster.folder.stat()
    os.chown(folder, owner.st_uid, owner.st_gid)
    try:
        cluster.query(f"CREATE TABLESPACE small LOCATION '{folder}'")
        store = cluster.store(database=True)
        cluster.query(f"ALTER DATABASE {store.database} SET TABLESPACE small")
        yield store, folder
        cluster.query(f"DROP DATABASE {store.database} WITH (FORCE)")
        cluster.query("DROP TABLESPACE small")
    finally:
        subprocess.run(["umount", folder], check=True)


def test_a_full_disk_is_507_until_there_is_room(cluster, small, instances):
    store, folder = small
    servers = instances(None, store.url, count=2)
    ballast = folder / "ballast"
    a, b = servers.clients()
    kept = {}
    assert a.put("/full/cover", PNG, noise(400_000, 3)).status == 201
    room = os.statvfs(folder)
    ballast.write_bytes(b"\0" * (room.f_bavail * room.f_frsize - 3_000_000))
    for n in range(100):
        value = noise(100_000, n).hex()
        answer = [a, b][n % 2].put(f"/full/{n}", json=value)
        if answer.status == 507:
            break
        assert answer.status == 201, answer
        kept[n] = value
    assert answer.status == 507, "the disk is never full"
    assert a.get(f"/full/{n}").status == 404  # refused is refused
    assert b.put("/full/large", PNG, noise(4_000_000)).status in (503, 507)
    assert b.get("/full/large").status == 404
    ballast.unlink()
    assert eventually(lambda: b.put(f"/full/{n}", json=1)).status == 201
    assert eventually(lambda: a.put("/full/large", PNG, noise(1_000_000))).status == 201
    assert b.get("/full/large").body == noise(1_000_000)
    assert b.get("/full/cover").body == noise(400_000, 3)
    for n, value in kept.items():
        assert a.get(f"/full/{n}").json() == value


# Another one takes over

@pytest.fixture
def standby(own_postgres):
    """A primary, and who follows it; what one has acknowledged the other one has."""
    primary = own_postgres(*STREAMING)
    with following(primary) as follower:
        primary.query("ALTER SYSTEM SET synchronous_standby_names = '*'")
        primary.query("SELECT pg_reload_conf()")
        yield primary, follower


def test_who_is_promoted_is_found(standby, instances):
    primary, follower = standby
    store = primary.store()
    both = store.at("", host=f"{follower.folder},{primary.folder}", port="5432,5432", timeout="800ms")
    servers = instances(None, both, count=2)  # the first one named does not take writes
    with Load(servers, timeout=TIMEOUT) as load:
        primary.kill()
        load.until("refused")
        follower.query("SELECT pg_promote()")
        load.until("done")
    store.cluster = follower
    load.check(store)


# When a server starts

def ends(folder, url, env=None):
    """(exit status, what it said) of a server that cannot start."""
    server = Server(folder, None, ["--storage", url], env=env)
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(server.command(), capture_output=True, text=True, timeout=60, check=False, env=server.env)
    assert "listening" not in done.stdout + done.stderr
    return done.returncode, done.stderr.strip()


def test_a_database_that_is_not_there_ends_the_start(store, wires, tmp_path):
    wire = wires(store)
    wire.refuse()
    code, why = within(TIMEOUT, lambda: ends(tmp_path / "refused", store.through(wire, timeout="800ms")))
    assert code == 2, why
    assert f"127.0.0.1:{wire.port}" in why and "refused" in why
    assert len(why.splitlines()) <= 2, why
    wire.pass_on()
    wire.stall()
    code, why = within(2 + TIMEOUT, lambda: ends(tmp_path / "stalled", store.through(wire, timeout="800ms")))
    assert code == 2 and "timeout" in why.lower(), why


@pytest.fixture(scope="module")
def secured():
    cluster = Cluster(tls=True)
    cluster.start()
    yield cluster
    cluster.end()


def test_a_certificate_that_is_not_trusted_ends_the_start(secured, tmp_path, instances):
    store = secured.store()
    code, why = ends(tmp_path / "system", store.over_tls(sslmode="verify-full"))
    assert code == 2 and "certificate" in why, why
    code, why = ends(tmp_path / "name", store.over_tls("127.0.0.1", sslmode="verify-full", sslrootcert=secured.ca))
    assert code == 2 and "127.0.0.1" in why, why
    (server,) = instances(None, store.over_tls(sslmode="verify-full", sslrootcert=secured.ca, timeout="800ms"))
    assert server.client().put("/x", json=1).status == 201
    how = secured.query("SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE client_addr IS NOT NULL")
    assert how == [("t",)]


def renew(cluster, ca):
    """It shows another certificate to all that connect from now on."""
    cluster.use_certificate(*sign(cluster.folder, "renewed", ca, extensions="subjectAltName=DNS:localhost"))
    cluster.query("SELECT pg_reload_conf()")
    cluster.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE client_addr IS NOT NULL")


def test_who_shows_a_wrong_certificate_later_gets_nothing(secured, instances):
    store = secured.store()
    (server,) = instances(None, store.over_tls(sslmode="verify-full", sslrootcert=secured.ca, timeout="800ms"))
    client = server.client()
    assert client.put("/x", json=1).status == 201
    renew(secured, make_ca(secured.folder, "another"))
    assert is_away(within(TIMEOUT, lambda: client.get("/x")))
    assert "certificate" in server.output
    renew(secured, (secured.ca, secured.ca.with_suffix(".key")))
    assert eventually(lambda: client.get("/x")).json() == 1


def test_a_password_that_is_wrong_ends_the_start(secured, tmp_path, instances):
    store = secured.store()
    secured.ask_for_password("right one")
    url = store.over_tls(sslmode="verify-full", sslrootcert=secured.ca)
    code, why = ends(tmp_path / "wrong", url, {"PGPASSWORD": "wrong one"})
    assert code == 2 and "password" in why and "wrong one" not in why, why
    (server,) = instances(None, url, env={"PGPASSWORD": "right one"})
    assert server.client().put("/x", json=1).status == 201
    assert "right one" not in server.output
