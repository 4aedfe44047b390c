"""Lists of a collection by an indexed property, beside a bare SQLite loop.

Each page is another one, and the server keeps none (--cache-size 0): what is
measured is finding and writing it. The collection has KINDS kinds of members,
so that the filter leaves one in KINDS.
"""

import json
import subprocess

import machine

LIMIT = 50
COUNT = "Prefer: count=exact"
FILLERS = 64
TEXT = "0" * 150


def kinds_of(members):
    """So many that each has four pages."""
    return max(1, members // (4 * LIMIT))


def body(number, kinds):
    return f'{{"kind":{number % kinds},"text":"{TEXT}"}}'.encode()


def fill(server, members, kinds, connect):
    """In the order of their numbers but for what 64 connections change of it."""
    fillers = [connect(server) for _ in range(FILLERS)]
    for start in range(0, members, FILLERS):
        busy = fillers[: min(FILLERS, members - start)]
        for offset, filler in enumerate(busy):
            filler.send("/stock", body(start + offset, kinds), "POST")
        for filler in busy:
            filler.receive()
    for filler in fillers:
        filler.socket.close()


def first_pages(kinds):
    return [f"/stock?kind={kind}&limit={LIMIT}" for kind in range(kinds)]


def check(server, target, kind, members, kinds):
    """The page after it, once this one is what it should be."""
    status, fields, content = server.ask("GET", target, {"Prefer": "count=exact"})
    found = json.loads(content)
    wanted = len(range(kind, members, kinds))
    if (
        status != 200
        or len(found) != min(LIMIT, wanted)
        or any(one["kind"] != kind for one in found)
        or fields["Total-Count"] != str(wanted)
    ):
        raise SystemExit(f"bench: GET {target} was answered with {status}: {content[:300]}")
    for link in fields.get_all("Link"):
        if 'rel="next"' in link:
            return link.partition("<")[2].partition(">")[0]
    raise SystemExit(f"bench: {target} has no next page")


def files_of(server, folder, members, kinds):
    """The targets of each way, as files for load.lua, with a header each."""
    firsts = first_pages(kinds)
    nexts = [check(server, first, kind, members, kinds)
             for kind, first in enumerate(firsts[:2000])]  # fmt: skip
    (folder / "firsts").write_text("\n".join(firsts) + "\n")
    (folder / "nexts").write_text("\n".join(nexts) + "\n")
    return {
        "list by filter": ["targets", folder / "firsts"],
        "next page": ["targets", folder / "nexts"],
        "list and count": ["targets", folder / "firsts", COUNT],
    }


def loop(program, path, members, kinds, seconds):
    """{way: metrics} of the bare loop, on the server's core; what it prints is read on the client's."""
    core, other = machine.cores()
    reader = subprocess.Popen(["taskset", "-c", str(other), "cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    done = subprocess.run(
        ["taskset", "-c", str(core), program, path, str(members), str(kinds), str(LIMIT), str(seconds)],
        stdout=reader.stdin,
        stderr=subprocess.PIPE,
        check=True,
    )
    reader.stdin.close()
    reader.wait()
    told = [json.loads(line) for line in done.stderr.splitlines()]
    return {one["way"]: {"rps": one["lists"] / one["seconds"], "cpu_us": one["cpu_us"]} for one in told}


def memory_kib(server):
    """What the server's own memory is, without the pages of the file's map."""
    total = 0
    for pid in server.pids():
        with open(f"/proc/{pid}/status") as status:
            total += next(int(line.split()[1]) for line in status if line.startswith("RssAnon"))
    return total
