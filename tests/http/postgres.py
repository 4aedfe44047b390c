"""PostgreSQL for tests: clusters that are thrown away, empty stores in them, and
servers that share one.

    def test_two_of_them(store, instances):
        a, b = instances(LIBRARY, store, count=2)
        ...
        b.kill(), b.start()                     # all of server.py; the port stays

    def test_a_commit_that_nobody_heard_of(store, wires, instances):
        wire = wires(store)                     # pg_wire.py
        (server,) = instances(LIBRARY, store.through(wire))
        trap = wire.trap(statement="COMMIT", when="after")

    def test_the_database_is_killed(own_postgres, instances):
        cluster = own_postgres(durable=True)    # others are not disturbed
        store = cluster.store()

`store` is in a cluster that all tests share; there is none and tests are skipped
where no PostgreSQL server is installed. tests/storage/cluster.sh makes them.
"""

import os
import shutil
import signal
import socket
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from glob import glob
from pathlib import Path
from urllib.parse import quote

import pytest
from certificates import make_ca, sign
from pg_session import Session
from pg_wire import Wire
from server import ROOT, Server

SCRIPT = ROOT / "tests/storage/cluster.sh"
DURABLE = ("fsync=on", "full_page_writes=on")
# Over TCP only with TLS; `{auth}` is trust, or scram-sha-256.
HBA = """
local all all trust
hostssl all all 127.0.0.1/32 {auth}
hostssl all all ::1/128 {auth}
"""


class Store:
    """A place for one store, empty at first. `url` is for --storage."""

    def __init__(self, cluster, database="postgres", schema=None):
        self.cluster = cluster
        self.database = database
        self.schema = schema

    def at(self, place, **parameters):
        """The URL with another server in it, "HOST:PORT" or "" and host=PATH."""
        if self.schema:
            parameters["options"] = f"-csearch_path={self.schema}"
        pairs = "&".join(f"{name}={quote(str(value), safe='/')}" for name, value in parameters.items())
        return f"postgres://postgres@{place}/{self.database}" + (f"?{pairs}" if pairs else "")

    @property
    def url(self):
        return self.at("", host=self.cluster.folder, port=self.cluster.port)

    def through(self, wire, **parameters):
        return self.at(f"127.0.0.1:{wire.port}", **{"sslmode": "disable"} | parameters)

    def over_tls(self, host="localhost", **parameters):
        """Of a cluster with TLS; what is verified, parameters say."""
        return self.at(f"{host}:{self.cluster.port}", **parameters)

    def session(self, address=None, **more):
        if self.schema:
            more["options"] = f"-csearch_path={self.schema}"
        return Session(address or self.cluster.socket, database=self.database, **more)

    def query(self, sql):
        with self.session() as session:
            return session.query(sql)

    def number(self, sql):
        with self.session() as session:
            return session.number(sql)


class Cluster:
    """One PostgreSQL of our own. Only a Unix socket leads to it, unless it has TLS."""

    running = []

    def __init__(self, *settings, durable=False, tls=False):
        self.settings = (DURABLE if durable else ()) + settings
        self.script = subprocess.Popen(
            [SCRIPT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1,
            start_new_session=True,
        )  # fmt: skip
        self.pid = None
        self.port = 5432
        self.ca = None  # the file that has signed its certificate
        self.stores = 0
        first = self.script.stdout.readline()
        if not first:
            why = self.script.communicate()[1].strip()
            assert self.script.returncode == 77, why
            pytest.skip(why)
        self.folder = Path(first.split()[1])
        self.running.append(self)
        if tls:
            self.add_tls()

    def order(self, *words):
        print(*words, file=self.script.stdin, flush=True)
        answer = self.script.stdout.readline().split()
        self.pid = int(answer[1]) if len(answer) > 1 else None
        assert answer[:1] == ["ok"], f"{' '.join(words)} failed:\n{self.log}"
        return self

    def start(self, *settings):
        """With these settings besides its own; they win."""
        return self.order("start", *self.settings, *settings)

    def stop(self, immediate=False):
        """Sessions are ended; and a checkpoint is written unless it is immediate."""
        return self.order("stop", *(["immediate"] if immediate else []))

    def restart(self, *settings):
        return self.stop().start(*settings)

    def kill(self):
        """SIGKILL for all its processes."""
        return self.order("kill")

    def stall(self):
        """SIGSTOP for all of them: it accepts connections, and says nothing."""
        return self.order("stall")

    def resume(self):
        return self.order("resume")

    def end(self):
        """It is gone, and its folder too."""
        self.running.remove(self)
        try:
            self.script.communicate("end\n", timeout=60)
        except subprocess.TimeoutExpired:
            self.script.kill()
            raise

    @property
    def log(self):
        return (self.folder / "log").read_text(errors="replace")

    @property
    def socket(self):
        return f"{self.folder}/.s.PGSQL.{self.port}"

    @property
    def address(self):
        """Where a wire leads to; only TCP has TLS."""
        return ("127.0.0.1", self.port) if self.ca else self.socket

    def session(self, **more):
        return Session(self.socket, **more)

    def query(self, sql):
        with self.session() as session:
            return session.query(sql)

    def store(self, database=False):
        """A new one: a schema, in milliseconds; or a database, in a tenth of a second. Those
        in schemas share one database, and so its channels of NOTIFY."""
        self.stores += 1
        name = f"store{self.stores}"
        self.query(f"CREATE {'DATABASE' if database else 'SCHEMA'} {name}")
        return Store(self, database=name) if database else Store(self, schema=name)

    # TLS

    def add_tls(self):
        """Before it starts: a certificate for localhost, and a port."""
        self.port = unused_port()
        self.ca, _ = ca = make_ca(self.folder, "ca")
        self.use_certificate(*sign(self.folder, "server", ca, extensions="subjectAltName=DNS:localhost"))
        self.write("data/pg_hba.conf", HBA.format(auth="trust"))
        self.settings += (
            f"port={self.port}", "listen_addresses=localhost", "ssl=on",
            "ssl_cert_file=../server.crt", "ssl_key_file=../server.key",
        )  # fmt: skip

    def use_certificate(self, crt, key):
        """For the next start, or SIGHUP."""
        self.write("server.crt", crt.read_text())
        self.write("server.key", key.read_text())

    def ask_for_password(self, password):
        """Over TCP; when it runs."""
        self.query(f"ALTER USER postgres PASSWORD '{password}'")
        self.write("data/pg_hba.conf", HBA.format(auth="scram-sha-256"))
        self.query("SELECT pg_reload_conf()")

    def write(self, name, text):
        """A file that is the server's, as it wants its key to be."""
        path = self.folder / name
        path.write_text(text)
        owner = self.folder.stat()
        os.chown(path, owner.st_uid, owner.st_gid)
        path.chmod(0o600)


# What a cluster needs to be followed, or to follow.
STREAMING = ("wal_level=replica", "max_wal_senders=4", "hot_standby=on")


@contextmanager
def following(primary):
    """Another cluster, which follows this one and can only be read."""
    follower = Cluster(*STREAMING)
    try:
        shutil.rmtree(follower.folder / "data")
        owner = follower.folder.stat()
        subprocess.run(
            [f"{programs()}/pg_basebackup", "-R", "-c", "fast", "-h", primary.folder, "-U", "postgres",
             "-D", follower.folder / "data"],
            check=True, user=owner.st_uid, group=owner.st_gid, cwd=follower.folder,
        )  # fmt: skip
        follower.start()
        deadline = time.monotonic() + 20
        while primary.query("SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'") != [("1",)]:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield follower
    finally:
        follower.end()


def programs():
    """Where a PostgreSQL server's programs are, as tests/storage/cluster.sh looks for them."""
    found = sorted(glob("/usr/lib/postgresql/*/bin"), key=lambda path: float(path.split("/")[4]), reverse=True)
    return next(one for one in (os.environ.get("VB_POSTGRES"), *found) if one)


def unused_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


class Instance(Server):
    """One of several servers of a store. It stays on its port when it starts again."""

    def start(self, timeout=30):
        super().start(timeout)
        if ":" in self.listen and not self.listen.startswith("unix:"):
            self.listen = f"{self.listen.rpartition(':')[0]}:{self.address[1]}"
        return self

    def stall(self):
        """SIGSTOP: it is there, and does nothing."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def stop(self, timeout=30):
        if self.process is not None:
            self.resume()
        super().stop(timeout)


class Instances(list):
    """Servers of one description that share a store: `url`, or one for each."""

    def __init__(self, folder, description, url, count=1, args=(), **more):
        urls = [url] * count if isinstance(url, str) else list(url)
        super().__init__(
            Instance(folder / str(n), description, ["--storage", one, *args], **more) for n, one in enumerate(urls, 1)
        )

    def start(self):
        """All at the same time, as they may."""
        with ThreadPoolExecutor(len(self)) as pool:
            list(pool.map(Instance.start, self))
        return self

    def stop(self):
        with ExitStack() as stopping:
            for instance in self:
                stopping.callback(instance.stop)

    def clients(self):
        return [instance.client() for instance in self]


# What pytest hands out

@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):  # noqa: ARG001 (pytest names them)
    """With a test that failed, what its database has to say."""
    report = (yield).get_result()
    if report.failed:
        for cluster in Cluster.running:
            report.sections.append((f"PostgreSQL in {cluster.folder}", "\n".join(cluster.log.splitlines()[-60:])))


@contextmanager
def clusters():
    with ExitStack() as running:

        def begin(*settings, **more):
            cluster = Cluster(*settings, **more)
            running.callback(cluster.end)
            return cluster.start()

        yield begin


@pytest.fixture(scope="session")
def postgres():
    """A cluster for all tests, which must not disturb each other: no restarts."""
    with clusters() as begin:
        yield begin()


@pytest.fixture
def own_postgres():
    """own_postgres(settings…, durable=, tls=) starts a cluster for this test alone."""
    with clusters() as begin:
        yield begin


@pytest.fixture
def store(postgres):
    """An empty store in the cluster that all tests share."""
    return postgres.store()


@pytest.fixture
def wires():
    """wires(store or cluster) is a wire to its server, over TCP."""
    with ExitStack() as running:
        yield lambda to: running.enter_context(Wire(getattr(to, "cluster", to).address))


@pytest.fixture
def instances(tmp_path):
    """instances(description, store or URL or URLs, count=, args=) starts servers."""
    with ExitStack() as running:
        count = 0

        def start(description, url, **more):
            nonlocal count
            count += 1
            url = url.url if isinstance(url, Store) else url
            started = Instances(tmp_path / f"instances{count}", description, url, **more)
            running.callback(started.stop)
            return started.start()

        yield start
