"""Compares Verbatim with nginx, h2o and the limit, its writes with bare SQLite.

Server and load have a core each. The rounds alternate between the servers, so
that what changes on the machine meanwhile hits all of them; medians count.
CPU time is read from /proc: the load generator saturates before the servers.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import documents
import gateways
import idle
import listeners
import lists
import load
import machine
import nested
import report
import shared
from load import H2load, H3load
from servers import KINDS, Bare, Verbatim, make_certificate

ROOT = Path(__file__).resolve().parents[2]
WRITE_CONNECTIONS = 64
LIST_CONNECTIONS = 16
NESTED_CONNECTIONS = 4
SHARED_CONNECTIONS = 32
LISTENERS_HEAR = 10  # changes
WRITTEN_DOCUMENTS = 10000
# Beyond the idle ones: those of the load, and what a server opens itself.
SPARE_CONNECTIONS = 1024
SPARE_FILES = 4096
# Idle connections at most where each takes memory and time of ours as well, and
# where each takes a process.
IDLE_COSTLY = {"h1": 1000000, "h3": 200}
IDLE_COSTLY_ELSE = 2000


def options_of(arguments):
    parser = argparse.ArgumentParser(prog="script/bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="minutes, not half an hour")
    parser.add_argument("--only", action="append", metavar="SCENARIO",
                        choices=SCENARIOS, help="repeatable: " + ", ".join(SCENARIOS))
    parser.add_argument("--servers", default=",".join(KINDS))
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--seconds", type=int, help="of one measurement")
    parser.add_argument("--documents", type=int)
    parser.add_argument("--members", type=int, help="of the collection that is listed")
    parser.add_argument("--idle", type=int, help="connections")
    parser.add_argument("--listeners", type=int, help="of one collection")
    parser.add_argument("--sync-us", type=int, default=0,
                        help="let each sync of the disk take so much longer")
    parser.add_argument("--build", type=Path, default=ROOT / "build/release")
    parser.add_argument("--json", type=Path, default=ROOT / "build/bench.json")
    parser.add_argument("--strict", action="store_true", help="exit 1 on a MISS")
    parser.add_argument("serve", nargs="*", help="more arguments of `verbatim serve`")
    options = parser.parse_args(arguments)
    usual = (2, 1, 5000, 2000, 20000, 1000) if options.quick else (5, 4, 100000, 10000, 1000000, 10000)
    for name, value in zip(("rounds", "seconds", "documents", "idle", "members", "listeners"), usual):
        if getattr(options, name) is None:
            setattr(options, name, value)
    options.only = options.only or list(SCENARIOS)
    return options


class Bench:
    """The servers that run, their files, and what was measured."""

    def __init__(self, options, folder):
        self.options = options
        self.folder = folder
        self.results = report.Results()
        self.kinds = self.kinds_to_run()
        self.certificate = make_certificate(folder)
        # nginx keeps a descriptor for every document that it has served.
        wanted = max(options.idle, options.documents, options.listeners) + SPARE_FILES
        self.files = machine.raise_file_limit(wanted)
        self.idle = min(options.idle, self.files - SPARE_FILES)

    def kinds_to_run(self):
        kinds = []
        for name in self.options.servers.split(","):
            if name not in KINDS:
                raise SystemExit(f"bench: unknown server {name}")
            kind = KINDS[name]
            if kind in (Verbatim, Bare) or machine.has(kind.program or name):
                kinds.append(kind)
            else:
                say(f"{name} is not here and is left out")
        return kinds

    def make(self, kind, tag):
        return kind(self.folder / tag, self.folder / "files", self.idle + SPARE_CONNECTIONS,
                    self.files, self.certificate)

    # Reading: the same for every server, in turn

    def reads(self, scenarios):
        servers = [
            self.make(kind, "reads")
            for kind in self.kinds
            if any(kind.takes(scenario) for scenario in scenarios)
        ]
        try:
            for server in servers:
                server.start()
                documents.fill(server, self.options.documents)
                if server.speaks_h1:
                    documents.check(server, "/docs/0", documents.document(0))
                if server.scenarios is None:
                    documents.check_all(server, self.options.documents)
            for scenario in scenarios:
                say(scenario)
                self.rounds_of(scenario, servers)
        finally:
            for server in servers:
                server.stop()

    def rounds_of(self, scenario, servers):
        servers = [s for s in servers if s.takes(scenario)]
        samples = [(s.name, self.sample_of(scenario, s)) for s in servers]
        for _, sample in samples:
            sample(1)
        for _ in range(self.options.rounds):
            for name, sample in samples:
                self.results.add(scenario, name, **sample(self.options.seconds))

    def sample_of(self, scenario, server):
        """The function that takes a sample of so many seconds."""
        if scenario in H2LOADS:
            told = H2LOADS[scenario]
            documents.check_over(server, told.protocol)
            return lambda seconds: load.h2load(server, told, seconds)
        if scenario in H3LOADS:
            documents.check_over(server, "h3")
            return lambda seconds: load.h3load(server, H3LOADS[scenario], seconds)
        if scenario in HANDSHAKES:
            program = self.options.build / "tools/bench/handshakes"
            kind = HANDSHAKES[scenario]
            return lambda seconds: load.handshakes(server, program, kind, seconds)
        words = self.words_of(scenario, server)
        return lambda seconds: load.wrk(server, words, seconds, WRITE_CONNECTIONS)

    def words_of(self, scenario, server):
        """What load.lua is to send; a 304 needs the server's own tag."""
        if scenario == "304":
            fields = documents.check(server, "/docs/0", documents.document(0))
            return ["same", "/docs/0", f"If-None-Match: {fields['ETag']}"]
        return {
            "hot GET": ["same", "/docs/0"],
            "random": ["random", self.options.documents],
            "100 KiB": ["same", "/blobs/0"],
        }[scenario]

    # Writing: one server, beside what the disk gives

    def writes(self, scenario):
        say(scenario)
        server = None
        if Verbatim in self.kinds:
            server = self.make(Verbatim, "writes").start()
        size = documents.DOCUMENT_BYTES
        try:
            for turn in range(self.options.rounds):
                self.bare_sqlite(scenario, "SQLite one by one", turn, 1)
                self.bare_sqlite(scenario, "SQLite in groups of 64", turn, 64)
                if server:
                    put = ["put", WRITTEN_DOCUMENTS, size]
                    self.write(scenario, "verbatim PUT", server, put)
                    self.write(scenario, "verbatim POST", server, ["post", size])
        finally:
            if server:
                server.stop()

    def write(self, scenario, subject, server, words):
        seconds = self.options.seconds
        self.results.add(scenario, subject,
                         **load.wrk(server, words, seconds, WRITE_CONNECTIONS))

    def bare_sqlite(self, scenario, subject, turn, group):
        core, _ = machine.cores()
        program = self.options.build / "tools/bench/sqlite_loop"
        path = self.folder / f"bare-{group}-{turn}.db"
        done = subprocess.run(
            ["taskset", "-c", str(core), program, path, str(self.options.seconds),
             str(group), str(documents.DOCUMENT_BYTES)],
            stdout=subprocess.PIPE,
            check=True,
        )  # fmt: skip
        told = json.loads(done.stdout)
        self.results.add(scenario, subject, rps=told["inserts"] / told["seconds"],
                         cpu_us=told["cpu_us"])

    # Whose request it is: the same document, for anybody and for who has a session

    def sessions(self, scenario):
        if Verbatim not in self.kinds:
            return
        say(scenario)
        server = self.make(Verbatim, "sessions").start()
        try:
            documents.fill(server, 1)
            cookie = documents.log_in(server)
            kinds = {
                "without": ["same", "/docs/0"],
                "with a session": ["same", "/private/0", f"Cookie: {cookie}"],
            }
            for turn in range(1 + self.options.rounds):
                for subject, words in kinds.items():
                    sample = load.wrk(server, words, self.options.seconds if turn else 1,
                                      WRITE_CONNECTIONS)
                    if turn:
                        self.results.add(scenario, subject, **sample)
        finally:
            server.stop()

    # History: the same durable PUTs, with what they took the place of kept, or not

    def history(self, scenario):
        if Verbatim not in self.kinds:
            return
        say(scenario)
        put = ["put", WRITTEN_DOCUMENTS, documents.DOCUMENT_BYTES]
        servers = {}
        try:
            for subject, kept in HISTORIES.items():
                servers[subject] = self.make(Verbatim, f"history-{kept}")
                servers[subject].more = [*servers[subject].more, "--history", kept]
                servers[subject].start()
            for turn in range(1 + self.options.rounds):
                for subject, server in servers.items():
                    sample = load.wrk(server, put, self.options.seconds, WRITE_CONNECTIONS)
                    if turn:
                        self.results.add(scenario, subject, **sample)
        finally:
            for server in servers.values():
                server.stop()

    # Listeners: each change is told to all of them

    def listeners(self, scenario):
        if Verbatim not in self.kinds:
            return
        count = min(self.options.listeners, self.files - listeners.SPARE)
        say(f"{scenario} ({count})")
        for turn in range(max(1, self.options.rounds // 2)):
            server = self.make(Verbatim, f"listeners-{turn}")
            server.more = [*server.more, "--max-streams", str(count)]
            server.start()
            try:
                self.results.add(scenario, "verbatim",
                                 **listeners.sample(server, count, LISTENERS_HEAR))
            finally:
                server.stop()

    # Lists: pages of a collection by an index, beside what SQLite gives

    def lists(self, ways):
        if Verbatim not in self.kinds:
            return
        members = self.options.members
        kinds = lists.kinds_of(members)
        say(f"lists of {members}")
        server = self.make(Verbatim, "lists")
        server.more = [*server.more, "--cache-size", "0"]
        server.start()
        try:
            lists.fill(server, members, kinds, documents.Filler)
            files = lists.files_of(server, self.folder, members, kinds)
            program = self.options.build / "tools/bench/list_loop"
            for _ in range(self.options.rounds):
                bare = lists.loop(program, self.folder / "lists.db", members, kinds,
                                  self.options.seconds)
                for way in ways:
                    self.results.add(way, "SQLite loop", **bare[way])
                    self.results.add(way, "verbatim", **load.wrk(
                        server, files[way], self.options.seconds, LIST_CONNECTIONS))
            say(f"memory of its own after it: {lists.memory_kib(server)} KiB")
        finally:
            server.stop()

    # GraphQL: lists in lists, beside the reference implementation

    def nested(self, scenario):
        if Verbatim not in self.kinds:
            return
        say(scenario)
        server = self.make(Verbatim, "nested")
        server.more = [*server.more, "--cache-size", "0"]
        asked = {"verbatim": (server, nested.TARGET), nested.REST: (server, nested.LIST)}
        if nested.GraphqlJs.is_here():
            asked["graphql-js"] = (self.make(nested.GraphqlJs, "nested"), nested.TARGET)
        try:
            for one in {one for one, _ in asked.values()}:
                one.start()
            nested.fill(server, documents.Filler)
            for one, _ in asked.values():
                nested.check(one)
            for turn in range(1 + self.options.rounds):
                for subject, (one, target) in asked.items():
                    sample = load.wrk(one, ["same", target], self.options.seconds,
                                      NESTED_CONNECTIONS)
                    if turn:
                        self.results.add(scenario, subject, **sample)
        finally:
            for one, _ in asked.values():
                one.stop()

    # Gateways: side by side, in front of one origin

    def gateways(self, scenarios):
        arguments = (self.folder / "gateways", self.folder / "files", SPARE_CONNECTIONS,
                     self.files, self.certificate)  # fmt: skip
        run = gateways.Run(arguments, self.results, self.options.rounds, self.options.seconds)
        run.measure(scenarios, say)

    # One database beneath several instances

    def shared(self, scenarios):
        if Verbatim in self.kinds:
            shared.Run(self, SHARED_CONNECTIONS).measure(scenarios, say)

    # Idling: a fresh server each time, so that nothing is reused

    def idles(self, scenario):
        protocol = IDLES[scenario]
        count = min(self.idle, IDLE_COSTLY.get(protocol, IDLE_COSTLY_ELSE))
        say(f"{scenario} ({count})")
        for turn in range(max(1, self.options.rounds // 2)):
            for kind in self.kinds:
                if not kind.takes(scenario):
                    continue
                server = self.make(kind, f"idle-{protocol}-{turn}").start()
                try:
                    documents.fill(server, 1)
                    cost = idle.bytes_per_connection(
                        server, protocol, count, documents.DOCUMENT_BYTES
                    )
                finally:
                    server.stop()
                self.results.add(scenario, kind.name, bytes=cost)

    def run(self):
        wanted = self.options.only
        reading = [name for name in SCENARIOS if name in wanted and name in READS]
        if reading:
            self.reads(reading)
        if "durable write" in wanted:
            self.writes("durable write")
        if "history" in wanted:
            self.history("history")
        if "session GET" in wanted:
            self.sessions("session GET")
        if "listeners" in wanted:
            self.listeners("listeners")
        ways = [way for way in LISTS if way in wanted]
        if ways:
            self.lists(ways)
        if "GraphQL 3 x 20" in wanted:
            self.nested("GraphQL 3 x 20")
        for scenario in IDLES:
            if scenario in wanted:
                self.idles(scenario)
        several = [name for name in shared.SCENARIOS if name in wanted]
        if several:
            self.shared(several)
        passing = [name for name in GATEWAYS if name in wanted]
        if passing:
            self.gateways([name.removeprefix("gateway ") for name in passing])


WRKS = ("hot GET", "304", "random", "100 KiB")
H2LOADS = {
    "TLS GET": H2load("TLS", "/docs/0", 64, 1),
    "h2c GET": H2load("h2c", "/docs/0", 16, 32),
    "h2 GET": H2load("h2", "/docs/0", 16, 32),
    "1 MiB TLS": H2load("TLS", "/blobs/1", 8, 1),
    "1 MiB h2c": H2load("h2c", "/blobs/1", 4, 2),
    "1 MiB h2": H2load("h2", "/blobs/1", 4, 2),
    "100 MiB TLS": H2load("TLS", "/large", 4, 1),
    "100 MiB h2c": H2load("h2c", "/large", 4, 1),
    "100 MiB h2": H2load("h2", "/large", 4, 1),
}
H3LOADS = {
    "h3 GET": H3load("/docs/0", 20000, 0),
    "100 MiB h3": H3load("/large", 1, 100),
}
HANDSHAKES = {"TLS full": "full", "TLS resumed": "resumed"}
IDLES = {"idle connection": "h1", "idle TLS": "TLS", "idle h2c": "h2c", "idle h2": "h2",
         "idle h3": "h3"}  # fmt: skip
HISTORIES = {"without": "0", "it grows": "64G", "the oldest go": "1M"}
READS = (*WRKS, *H2LOADS, *H3LOADS, *HANDSHAKES)
LISTS = ("list by filter", "next page", "list and count")
GATEWAYS = tuple(f"gateway {name}" for name in gateways.SCENARIOS)
SCENARIOS = (*READS, "durable write", "history", "session GET", "listeners", *LISTS,
             "GraphQL 3 x 20", *shared.SCENARIOS, *IDLES, *GATEWAYS)  # fmt: skip


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def main():
    options = options_of(sys.argv[1:])
    Verbatim.binary = options.build / "src/server/verbatim"
    Verbatim.more = options.serve
    Bare.folder_of_programs = options.build / "tools/bench"
    if options.sync_us:
        os.environ["VB_SYNC_US"] = str(options.sync_us)
        os.environ["LD_PRELOAD"] = str(options.build / "tools/bench/libslow_sync.so")
    # Beside the checkout: the same disk as a user's ./data.
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=ROOT / "build"))
    try:
        say(f"files for {options.documents} documents")
        documents.write_files(folder / "files", options.documents)
        bench = Bench(options, folder)
        bench.run()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    verdicts = report.judge(bench.results)
    settings = {
        "machine": machine.description(ROOT),
        "settings": {
            "rounds": options.rounds, "seconds": options.seconds,
            "documents": options.documents, "idle": bench.idle,
            "connections": WRITE_CONNECTIONS, "sync_us": options.sync_us,
        },
    }  # fmt: skip
    report.write_json(options.json, bench.results, verdicts, settings)
    print(report.table(bench.results))
    print()
    print(report.verdict_lines(verdicts))
    print(f"\nall rounds: {options.json}")
    missed = any(verdict == "MISS" for _, _, verdict in verdicts)
    return 1 if options.strict and missed else 0


if __name__ == "__main__":
    sys.exit(main())
