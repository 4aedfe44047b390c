"""One PostgreSQL beneath one instance, and two, beside pgbench on the same tables.

pgbench sends the statements that the same work takes, each client one after the
other, over the same socket. It speaks to the database only; instances have HTTP
to do as well, on the same two cores, so what is compared is what a user gets.
`pgbench` writes all that a commit of ours does (revision, collection, history);
`bare UPDATE` is the one row alone.
"""

import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import documents
import load
import machine
from servers import Verbatim

SCRIPT = Path(__file__).resolve().parents[2] / "tests/storage/cluster.sh"
SETTINGS = ("fsync=on", "shared_buffers=256MB", "max_connections=100", "max_wal_size=4GB")
COLUMNS = "key, parent, revision, position, created_ms, modified_ms, length, blob, media_type, content"
LIMIT = 50
KINDS = 16
KEY = "('/docs/' || :n)::bytea"

READ = f"""
\\set n random(0, {{count}} - 1)
SELECT {COLUMNS} FROM record WHERE key = {KEY} AND kind = 1;
"""
WRITE = f"""
\\set n random(0, {{count}} - 1)
\\startpipeline
BEGIN;
UPDATE writer SET floor = floor + 1 WHERE slot = :client_id + 1;
SELECT revision, count, modified_ms FROM collection WHERE key = '/docs'::bytea FOR UPDATE;
INSERT INTO history (key, moment, parent, cost, removed, revision, created_ms, modified_ms, length, media_type, content, position)
 SELECT key, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint, parent, length, 0, revision, created_ms, modified_ms, length, media_type, content, position
 FROM record WHERE key = {KEY} AND kind = 1;
UPDATE record SET revision = revision + 1, content = '{{content}}'::bytea, modified_ms = modified_ms + 1 WHERE key = {KEY} AND revision > 0;
UPDATE collection SET revision = revision + 1 WHERE key = '/docs'::bytea;
COMMIT;
\\endpipeline
"""
BARE = f"""
\\set n random(0, {{count}} - 1)
UPDATE record SET revision = revision + 1, content = '{{content}}'::bytea WHERE key = {KEY} AND revision > 0;
"""
LIST = f"""
SELECT {COLUMNS} FROM record WHERE parent = '/stock'::bytea AND kind = 1 ORDER BY position LIMIT {LIMIT};
"""

# Of each scenario: what pgbench sends, by subject; what load.lua is to send.
SCENARIOS = {
    "shared read": ({"pgbench": READ}, lambda count: ["random", count]),
    "shared write": (
        {"pgbench": WRITE, "bare UPDATE": BARE},
        lambda count: ["put", count, documents.DOCUMENT_BYTES],
    ),
    "shared list": ({"pgbench": LIST}, lambda count: ["same", f"/stock?limit={LIMIT}"]),
}


class Database:
    """A PostgreSQL of the bench's own, thrown away at its end."""

    def __init__(self):
        self.script = subprocess.Popen(
            [SCRIPT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        first = self.script.stdout.readline()
        if not first:
            raise SystemExit("bench: no PostgreSQL server is installed")
        self.folder = first.split()[1]
        print("start", *SETTINGS, file=self.script.stdin, flush=True)
        if not self.script.stdout.readline().startswith("ok"):
            raise SystemExit("bench: PostgreSQL did not start")

    @property
    def url(self):
        return f"postgres://postgres@/postgres?host={self.folder}"

    def end(self):
        self.script.communicate("end\n")


def programs():
    """The folder of pgbench, the newest there is."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pgbench"))
    if not found:
        raise SystemExit("bench: pgbench is not here")
    return found[-1].parent


class Run:
    def __init__(self, bench, connections):
        self.bench = bench
        self.connections = connections
        self.count = min(bench.options.documents, 10000)

    def instances(self, database):
        made = []
        for number in range(2):
            server = self.bench.make(Verbatim, f"shared-{number}")
            server.more = [*server.more, "--storage", database.url]
            made.append(server.start())
        return made

    def fill(self, server, database):
        documents.put_all(server, self.count)
        fillers = [documents.Filler(server) for _ in range(documents.FILLERS)]
        for start in range(0, 1024, len(fillers)):
            for offset, filler in enumerate(fillers):
                filler.send("/stock", f'{{"kind":{(start + offset) % KINDS},"text":"{"0" * 150}"}}'.encode(), "POST")
            for filler in fillers:
                filler.receive()
        for filler in fillers:
            filler.socket.close()
        rows = ",".join(f"({slot}, 1, 0, 0)" for slot in range(1, 1 + self.connections))
        subprocess.run(
            [programs() / "psql", "-q", "-h", database.folder, "-U", "postgres", "-c",
             f"INSERT INTO writer (slot, floor, batch, seen_ms) VALUES {rows}", "-c", "VACUUM ANALYZE", "postgres"],
            check=True,
        )  # fmt: skip

    def pgbench(self, database, script, seconds):
        path = self.bench.folder / "script.sql"
        content = documents.document(7).decode().replace("'", "")
        path.write_text(script.replace("{count}", str(self.count)).replace("{content}", content))
        told = load.on_the_loads_core(
            [programs() / "pgbench", "-n", "-M", "prepared", "-h", database.folder, "-U", "postgres",
             "-c", self.connections, "-j", 1, "-T", seconds, "-f", path, "postgres"]
        )  # fmt: skip
        return {"rps": float(re.search(r"tps = ([\d.]+) \(without", told)[1])}

    def http(self, servers, words, seconds):
        """All of them at once, with as many connections in all."""
        each = self.connections // len(servers)
        with ThreadPoolExecutor(len(servers)) as pool:
            samples = list(pool.map(lambda s: load.wrk(s, words, seconds, each), servers))
        rps = sum(s["rps"] for s in samples)
        return {
            "rps": rps,
            "cpu_us": sum(s["cpu_us"] * s["rps"] for s in samples) / rps,
            "p99_us": max(s["p99_us"] for s in samples),
        }

    def measure(self, wanted, say):
        database = Database()
        servers = []
        try:
            servers = self.instances(database)
            self.fill(servers[0], database)
            for scenario in wanted:
                say(scenario)
                self.rounds_of(scenario, database, servers)
        finally:
            for server in servers:
                server.stop()
            database.end()

    def rounds_of(self, scenario, database, servers):
        scripts, words = SCENARIOS[scenario]
        words = words(self.count)
        seconds = self.bench.options.seconds
        self.http(servers, words, 1)
        for _ in range(self.bench.options.rounds):
            for subject, script in scripts.items():
                self.bench.results.add(scenario, subject, **self.pgbench(database, script, seconds))
            self.bench.results.add(scenario, "1 instance", **self.http(servers[:1], words, seconds))
            self.bench.results.add(scenario, "2 instances", **self.http(servers, words, seconds))
