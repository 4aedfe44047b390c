"""One run of wrk against one server, and what it cost the server."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

import machine

SCRIPT = Path(__file__).with_name("load.lua")


@dataclass
class Sample:
    requests: int
    rps: float
    cpu_us: float  # of the server, a request
    p50_us: int
    p99_us: int


def wrk(server, words, seconds, connections):
    """Runs wrk on the load's core; its own counts."""
    _, core = machine.cores()
    done = subprocess.run(
        ["taskset", "-c", str(core), "wrk", "-t1", f"-c{connections}",
         f"-d{seconds}s", "--timeout", "10s", "-s", SCRIPT, server.url(), "--",
         *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    lines = [line[1:] for line in done.stdout.splitlines() if line.startswith("@")]
    if done.returncode != 0 or not lines:
        raise SystemExit(f"bench: wrk failed:\n{done.stdout}{done.stderr}")
    return json.loads(lines[-1])


def run(server, words, seconds, connections=64):
    """One sample; an answer that is an error makes the run worthless."""
    pids = server.pids()
    before = machine.cpu_us(pids)
    counts = wrk(server, words, seconds, connections)
    spent = machine.cpu_us(pids) - before
    if counts["bad_status"] or counts["errors"] or not counts["requests"]:
        raise SystemExit(f"bench: {server.name} {' '.join(map(str, words))}: {counts}")
    return Sample(
        counts["requests"],
        counts["requests"] / counts["seconds"],
        spent / counts["requests"],
        counts["p50_us"],
        counts["p99_us"],
    )
