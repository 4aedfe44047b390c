"""One run of wrk, h2load, gtlsclient or handshakes against a server, and what it cost.

All of them run on the load's core, and give the metrics of one sample.
"""

import json
import re
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import machine

SCRIPT = Path(__file__).with_name("load.lua")
HANDSHAKE_THREADS = 8
MIB = 1024 * 1024


@dataclass(frozen=True)
class H2load:
    """What h2load is to ask for, and how much of it at a time."""

    protocol: str
    target: str
    connections: int
    streams: int


def on_the_loads_core(words):
    _, core = machine.cores()
    done = subprocess.run(
        ["taskset", "-c", str(core), *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise SystemExit(f"bench: {words[0]} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def cost_of(server, words):
    """(what it says, CPU time of the server in us)."""
    pids = server.pids()
    before = machine.cpu_us(pids)
    told = on_the_loads_core(words)
    return told, machine.cpu_us(pids) - before


# --- wrk: HTTP/1.1 ----------------------------------------------------------


def wrk(server, words, seconds, connections):
    """One sample; an answer that is an error makes the run worthless."""
    told, spent = cost_of(
        server,
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s",
         "-s", SCRIPT, server.url(), "--", *words],
    )  # fmt: skip
    lines = [line[1:] for line in told.splitlines() if line.startswith("@")]
    if not lines:
        raise SystemExit(f"bench: wrk says:\n{told}")
    counts = json.loads(lines[-1])
    if counts["bad_status"] or counts["errors"] or not counts["requests"]:
        raise SystemExit(f"bench: {server.name} {' '.join(map(str, words))}: {counts}")
    return {
        "rps": counts["requests"] / counts["seconds"],
        "cpu_us": spent / counts["requests"],
        "p50_us": counts["p50_us"],
        "p99_us": counts["p99_us"],
    }


# --- h2load: HTTP/2, and HTTP/1.1 over TLS ----------------------------------


def h2load(server, load, seconds):
    """One sample. What is under way at the end counts by its bytes only."""
    told, spent = cost_of(
        server,
        ["h2load", "-t1", f"-c{load.connections}", f"-m{load.streams}",
         f"-D{seconds}", "--warm-up-time=0",
         *(["--h1"] if load.protocol == "TLS" else []),
         server.url(load.target, load.protocol)],
    )  # fmt: skip
    counts = re.search(
        r"requests: .* (?P<succeeded>\d+) succeeded, (?P<failed>\d+) failed,"
        r" (?P<errored>\d+) errored, (?P<timeout>\d+) timeout\n"
        r"status codes: (?P<status>\d+) 2xx, 0 3xx, 0 4xx, 0 5xx\n"
        r"traffic: \S+ \((?P<bytes>\d+)\) total",
        told,
    )
    if not counts or any(int(counts[n]) for n in ("failed", "errored", "timeout")):
        raise SystemExit(f"bench: {server.name} {load.target}: h2load says:\n{told}")
    sample = {"rps": int(counts["succeeded"]) / seconds}
    if int(counts["bytes"]) > MIB * max(1, int(counts["succeeded"])):
        sample["mib_us"] = spent / (int(counts["bytes"]) / MIB)
    else:
        sample["cpu_us"] = spent / int(counts["succeeded"])
    return sample


# --- gtlsclient: HTTP/3 -----------------------------------------------------


@dataclass(frozen=True)
class H3load:
    """What gtlsclient is to ask for, and how often on one connection."""

    target: str
    requests: int
    mib: int  # of each answer; 0: it is small


def gtlsclient(server, target, *options):
    """The words to ask for it; the windows let all come that can."""
    words = ["gtlsclient", "-q", "--max-data=256M",
             "--max-stream-data-bidi-local=256M", *options,
             "127.0.0.1", server.port_of("h3"), server.url(target, "h3")]  # fmt: skip
    return [str(word) for word in words]


def h3load(server, load, seconds):
    """One sample: connections one after the other, until the time is over."""
    requests = spent = 0
    began = time.monotonic()
    while time.monotonic() < began + seconds:
        words = gtlsclient(server, load.target, "--exit-on-all-streams-close",
                           "-n", load.requests)  # fmt: skip
        spent += cost_of(server, words)[1]
        requests += load.requests
    sample = {"rps": requests / (time.monotonic() - began)}
    if load.mib:
        sample["mib_us"] = spent / (requests * load.mib)
    else:
        sample["cpu_us"] = spent / requests
    return sample


# --- handshakes -------------------------------------------------------------


def handshakes(server, program, kind, seconds):
    """One sample; `kind` is full or resumed, and all have to be of it."""
    told, spent = cost_of(
        server, [program, server.tls_port, seconds, HANDSHAKE_THREADS, kind]
    )
    counts = json.loads(told)
    wanted = counts["handshakes"] if kind == "resumed" else 0
    if not counts["handshakes"] or counts["resumed"] != wanted:
        raise SystemExit(f"bench: {server.name}: {kind} handshakes: {counts}")
    return {
        "rps": counts["handshakes"] / counts["seconds"],
        "cpu_us": spent / counts["handshakes"],
    }
