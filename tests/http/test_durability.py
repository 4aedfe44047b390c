"""What was acknowledged is there: after a kill, on a full disk, for one process."""

import contextlib
import json
import os
import random
import sqlite3
import subprocess
import sys
import threading
import time

import pytest
from h1 import Broken
from library import LIBRARY, PNG, add
from server import binary
from test_filters import described
from test_indexes import INDEXED, indexes, walk
from test_search import SEARCHED

KILLS = int(os.environ.get("VB_KILLS", "20"))
WRITERS = 6


class Client(threading.Thread):
    """A client at work until the server dies; `fault` is what else went wrong."""

    def __init__(self, server):
        super().__init__()
        self.client = server.client()
        self.fault = None

    def run(self):
        try:
            self.work()
        except (OSError, Broken, ValueError):
            pass  # the server is gone
        except Exception as error:  # noqa: BLE001 (raised by the test)
            self.fault = error
        finally:
            self.client.close()


def kill_among(server, clients, seconds):
    """Lets them work for a while, kills the server meanwhile, and starts it again."""
    for client in clients:
        client.start()
    clients[0].join(seconds)
    server.kill()
    for client in clients:
        client.join()
        assert client.fault is None, client.fault
    server.start()


class Writer(Client):
    """Writes until the server dies, and knows what was acknowledged.

    Even ones replace a setting, over and over; odd ones post books, every
    other one with a cover that is large enough to go in pieces.
    """

    def __init__(self, server, number, turn):
        super().__init__(server)
        self.number = number
        self.turn = turn
        self.key = f"/settings/w{number}"
        self.sent = self.acknowledged = 0
        self.books = {}  # path: title
        self.covers = {}  # path: byte

    def work(self):
        while True:
            self.replace() if self.number % 2 == 0 else self.create()

    def replace(self):
        self.sent += 1
        value = {"turn": self.turn, "n": self.sent, "same": str(self.sent) * 50}
        answer = self.client.put(self.key, json={"value": value})
        assert answer.status in (200, 201), answer
        self.acknowledged = self.sent

    def create(self):
        self.sent += 1
        title = f"{self.turn}.{self.number}.{self.sent}"
        made = self.client.post("/books", json={"title": title})
        assert made.status == 201, made
        path = made.headers["Location"]
        self.books[path] = title
        if self.sent % 4 == 0:
            byte = self.sent % 256
            put = self.client.put(path + "/cover", PNG, bytes([byte]) * 600_000)
            assert put.status == 201, put
            self.covers[path + "/cover"] = byte

    def check(self, client):
        """All that was acknowledged is there, and nothing in part."""
        got = client.get(self.key)
        if got.status == 200:
            value = got.json()["value"]
            assert value["same"] == str(value["n"]) * 50
            if value["turn"] == self.turn:
                assert self.acknowledged <= value["n"] <= self.sent
        if self.acknowledged:
            assert got.status == 200 and got.json()["value"]["turn"] == self.turn
        for path, title in self.books.items():
            assert client.get(path).json()["title"] == title
            cover = client.get(path + "/cover")
            if path + "/cover" in self.covers:
                assert cover.body == bytes([self.covers[path + "/cover"]]) * 600_000
            else:  # none was begun, or the last one was not acknowledged
                assert cover.status == 404 or len(set(cover.body)) == 1 and len(cover.body) == 600_000
        return self.acknowledged + len(self.books) + len(self.covers)


def all_titles(client):
    titles, page = [], client.get("/books?limit=1000")
    while True:
        titles += [book["title"] for book in page.json()]
        following = [link for link in (page.headers.get("Link") or "").split(", ") if 'rel="next"' in link]
        if not following:
            return titles
        page = client.get(following[0].split(">")[0].lstrip("<"))


def test_kill_at_any_moment_loses_no_acknowledged_write(serve):
    chance = random.Random(int(os.environ.get("VB_SEED", "1")))
    server = serve(LIBRARY, ["--workers", "2", "--log", "off"])
    acknowledged, known = 0, set()
    for turn in range(KILLS):
        writers = [Writer(server, number, turn) for number in range(WRITERS)]
        # At a moment that has nothing to do with what is under way.
        kill_among(server, writers, chance.uniform(0.005, 0.25))
        client = server.client()
        acknowledged += sum(writer.check(client) for writer in writers)
        known |= {title for writer in writers for title in writer.books.values()}
        if turn % 20 == KILLS % 20 or turn == KILLS - 1:
            titles = all_titles(client)
            assert len(titles) == len(set(titles))  # nothing twice
            assert known <= set(titles)  # nor lost later
            assert len(set(titles) - known) <= WRITERS * (turn + 1)  # in flight
        client.close()
    assert acknowledged > KILLS
    print(f"{KILLS} kills, {acknowledged} acknowledged writes, none lost", file=sys.stderr)


def test_ids_and_tags_are_not_given_again_after_a_kill(serve):
    server = serve(LIBRARY)
    paths, tags = set(), set()
    for _ in range(5):
        client = server.client()
        for _ in range(3):
            made = client.post("/books", json={"title": "x"})
            assert made.headers["Location"] not in paths
            assert made.headers["ETag"] not in tags
            paths.add(made.headers["Location"])
            tags.add(made.headers["ETag"])
        client.delete(made.headers["Location"])
        server.kill()
        server.start()


# Indexes

THING = {
    "id": {"type": "integer", "readOnly": True},
    "stamp": {"type": "string", **INDEXED},
    "n": {"type": "integer", **INDEXED},
    "title": {"type": "string", **SEARCHED},
}


class Stamper(Client):
    """Makes things, gives them other stamps and deletes them; and knows which stamp was acknowledged last."""

    def __init__(self, server, number, turn):
        super().__init__(server)
        self.name_of = f"t{turn}w{number}"
        self.stamps = {}  # path: stamp
        self.gone = []  # stamps
        self.at = None  # the path, or the stamp of a new thing, of what was not answered

    def work(self):
        for n in range(1_000_000):
            known = list(self.stamps)
            self.write(n, known[n // 3 % len(known)] if known and n % 3 else None)

    def write(self, n, path):
        stamp = f"{self.name_of}s{n}"
        state = {"stamp": stamp, "n": n % 10, "title": f"Of {stamp}, and others"}
        self.at = path or stamp
        if path is None:
            answer = self.client.post("/things", json=state)
            path = answer.headers["Location"]
        elif n % 7 == 1:
            answer, stamp = self.client.delete(path), None
        else:
            answer = self.client.put(path, json=state)
        assert answer.status in (201, 204), answer
        self.gone += [self.stamps.pop(path)] if path in self.stamps else []
        self.stamps |= {path: stamp} if stamp else {}
        self.at = None

    def check(self, client):
        """Each thing is found by what it is now, and by nothing that it was."""
        for path, stamp in self.stamps.items():
            if path != self.at:
                for query in (f"stamp={stamp}", f"q={stamp}", f"stamp={stamp}&q=others"):
                    assert [f"/things/{thing['id']}" for thing in client.get(f"/things?{query}").json()] == [path], query
        for stamp in self.gone:
            for query in (f"stamp={stamp}", f"q={stamp}"):
                assert client.get(f"/things?{query}").json() == [], query
        return len(self.stamps) + len(self.gone)


def index_rows(server):
    """All that the indexes have, once they are whole."""
    indexes(server)
    with contextlib.closing(sqlite3.connect(server.data / "verbatim.db")) as db:
        return db.execute(
            "SELECT name, listing, hex(sort), key FROM index_key JOIN indexes ON indexes.id = idx"
            " LEFT JOIN record ON record.id = member ORDER BY 1, 2, 3, 4"
        ).fetchall()


def check_rows(server):
    """They are what they are if they are made anew, of the records alone."""
    kept = index_rows(server)
    server.stop()
    with contextlib.closing(sqlite3.connect(server.data / "verbatim.db")) as db:
        db.execute("UPDATE indexes SET state = 2")
        db.commit()
    server.start()
    assert index_rows(server) == kept
    assert kept


def test_what_is_acknowledged_is_found_by_its_indexes_after_a_kill(serve):
    chance = random.Random(int(os.environ.get("VB_SEED", "1")))
    server = serve(described(THING), ["--workers", "2", "--log", "off"])
    checked = 0
    for turn in range(max(1, KILLS // 2)):
        writers = [Stamper(server, number, turn) for number in range(4)]
        kill_among(server, writers, chance.uniform(0.02, 0.3))
        client = server.client()
        checked += sum(writer.check(client) for writer in writers)
        client.close()
    check_rows(server)
    assert checked > KILLS


def importing(properties):
    description = described(properties)
    content = description["paths"]["/things"]["post"]["requestBody"]["content"]
    content["application/x-ndjson"] = content["application/json"]
    return description


# A description adds indexes to many members: they are made beside the requests, whatever happens in between.
def test_a_kill_while_indexes_are_made_leaves_them_right(serve, tmp_path):
    chance = random.Random(int(os.environ.get("VB_SEED", "1")))
    bare = {name: {k: v for k, v in schema.items() if k != "x-verbatim"} for name, schema in THING.items()}
    file = tmp_path / "api.json"
    file.write_text(json.dumps(importing(bare)))
    server = serve(file)
    client = server.client()
    for start in range(0, 20_000, 5_000):
        lines = (json.dumps({"stamp": f"s{n}", "n": n % 10, "title": f"of s{n}"}) for n in range(start, start + 5_000))
        done = client.post("/things", {"Content-Type": "application/x-ndjson"}, "\n".join(lines).encode())
        assert done.status == 200, done
    file.write_text(json.dumps(importing(THING)))
    wanted, half, found = 2_000, 0, walk(client, "/things?stamp=s12345")[0]
    assert len(found) == 1
    for _ in range(12):
        server.stop() if server.process else None
        server.start()
        client = server.client()
        assert client.post("/things", json={"stamp": "more", "n": 3, "title": "more"}).status == 201
        wanted += 1
        time.sleep(chance.uniform(0, 0.05))
        server.kill()
        with contextlib.closing(sqlite3.connect(server.data / "verbatim.db")) as db:
            half += db.execute("SELECT count(*) FROM indexes WHERE state = 0 AND reached > 0").fetchone()[0] > 0
        server.start()
        client = server.client()
        assert client.get("/things?n=3&limit=1", {"Prefer": "count=exact"}).headers["Total-Count"] == str(wanted)
        assert found == walk(client, "/things?q=s12345")[0]
        server.kill()
    assert half > 0
    server.start()
    check_rows(server)
    client = server.client()
    assert client.get("/things?n=3&limit=1", {"Prefer": "count=exact"}).headers["Total-Count"] == str(wanted)


# A full disk

@pytest.fixture
def small_disk(tmp_path):
    """A file system of a few MiB where `serve` keeps its first server's data."""
    data = tmp_path / "1" / "data"
    data.mkdir(parents=True)
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small file system")
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", data], capture_output=True, text=True,
                          check=False)  # fmt: skip
    if made.returncode != 0:
        pytest.skip(f"cannot mount a small file system: {made.stderr.strip()}")
    yield data
    subprocess.run(["umount", data], check=True)


def fill(client, kept, start):
    """Writes until it does not go any more; `kept` is what was acknowledged."""
    for n in range(start, start + 2000):
        state = {"value": f"{n}" * 20_000}
        answer = client.put(f"/settings/k{n}", json=state)
        if answer.status == 507:
            assert answer.json()["status"] == 507
            return n
        assert answer.status == 201, answer
        kept[f"/settings/k{n}"] = state["value"]
    raise AssertionError("the disk is never full")


def check(client, kept):
    for path, value in kept.items():
        assert client.get(path).json()["value"] == value, path


def test_a_full_disk_is_507_and_nothing_acknowledged_is_lost(small_disk, serve):
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * 5_000_000)
    server = serve(LIBRARY)
    client, kept = server.client(), {}
    book = add(client)
    n = fill(client, kept, 0)
    assert client.get(f"/settings/k{n}").status == 404  # refused is refused
    check(client, kept)
    large = client.put(book + "/cover", PNG, b"y" * 9_000_000)
    assert large.status == 507
    assert client.get(book + "/cover").status == 404
    for _ in range(3):  # and again, and still alive
        assert client.put(f"/settings/k{n}", json={"value": "z" * 200_000}).status == 507
    server.restart()
    client = server.client()
    check(client, kept)
    ballast.unlink()
    assert client.put("/settings/small", json={"value": 1}).status == 201
    assert fill(client, kept, n) > n
    check(client, kept)


def fill_up(data, client, kept):
    """Nothing more goes, and what was left is another's; the next number."""
    n = fill(client, kept, 0)
    size = 1 << 20
    with open(data / "ballast", "ab", buffering=0) as ballast:
        while size:
            try:
                ballast.write(b"x" * size)
            except OSError:
                size //= 2
    assert os.statvfs(data).f_bfree == 0
    return n


def delete_all(client, kept, paths):
    for path in paths:
        answer = client.delete(path)
        assert answer.status == 204, (path, answer)
        del kept[path]
        assert client.get(path).status == 404


@pytest.mark.parametrize("end", ["run on", "kill", "end"])
def test_deleting_makes_room_on_a_full_disk(small_disk, serve, end):
    server = serve(LIBRARY)
    client, kept = server.client(), {}
    n = fill_up(small_disk, client, kept)
    if end != "run on":
        server.kill() if end == "kill" else server.stop()
        server.start()
        client = server.client()
        check(client, kept)
    delete_all(client, kept, list(kept)[::2])
    more = fill(client, kept, n + 1)  # in the room that the deleted ones had
    assert more > n + 1
    check(client, kept)
    delete_all(client, kept, list(kept))
    assert fill(client, kept, more + 1) > more + 10


def test_deleting_large_content_makes_room_on_a_full_disk(small_disk, serve):
    server = serve(LIBRARY)
    client, kept = server.client(), {}
    cover = add(client) + "/cover"
    assert client.put(cover, PNG, b"y" * 3_000_000).status == 201
    n = fill_up(small_disk, client, kept)
    assert client.delete(cover).status == 204
    for _ in range(100):  # its chunks go in the background
        if client.put(cover, PNG, b"z" * 2_500_000).status == 201:
            break
        time.sleep(0.05)
    assert client.get(cover).body == b"z" * 2_500_000
    check(client, kept)
    assert client.get(f"/settings/k{n}").status == 404


@pytest.mark.parametrize("left", [404, 410])
def test_many_small_deletions_go_on_a_full_disk(small_disk, serve, left):
    """More of them than the log has room for at a time, tombstones or not."""
    tombstones = "  /books:\n    x-verbatim: {tombstones: true}\n"
    server = serve(LIBRARY if left == 404 else LIBRARY.read_text().replace("  /books:\n", tombstones))
    client, kept = server.client(), {}
    small = [add(client, title=f"{n}") for n in range(400)]
    fill_up(small_disk, client, kept)
    for path in small:
        assert client.delete(path).status == 204
    assert client.get("/books").json() == []
    assert {client.get(path).status for path in small} == {left}
    check(client, kept)


def test_kill_on_a_full_disk_loses_nothing(small_disk, serve):
    server = serve(LIBRARY)
    client, kept = server.client(), {}
    n = fill(client, kept, 0)
    server.kill()
    with contextlib.suppress(AssertionError):
        server.start()
    assert server.process.poll() is None, server.output
    check(server.client(), kept)
    assert server.client().get(f"/settings/k{n}").status == 404


# One process only

def test_a_second_process_on_the_same_data_ends_with_one_line(serve):
    server = serve(LIBRARY)
    again = subprocess.run(
        [binary(), "serve", LIBRARY, "--listen", "127.0.0.1:0", "--data", server.data],
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert again.returncode == 2
    lines = (again.stdout + again.stderr).splitlines()
    assert len(lines) == 1, lines
    assert "verbatim.db" in lines[0] or str(server.data) in lines[0]
    assert server.client().get("/books").status == 200  # the first one goes on


@pytest.mark.parametrize("spoil", ["text", "directory"])
def test_a_data_file_that_is_none_ends_with_one_line(tmp_path, spoil):
    data = tmp_path / "data"
    data.mkdir()
    if spoil == "text":
        (data / "verbatim.db").write_text("this is not a database" * 1000)
    else:
        (data / "verbatim.db").mkdir()
    done = subprocess.run(
        [binary(), "serve", LIBRARY, "--listen", "127.0.0.1:0", "--data", data],
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert len((done.stdout + done.stderr).splitlines()) == 1, done
