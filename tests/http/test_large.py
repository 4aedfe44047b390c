"""Content of any size: byte for byte both ways, in bounded memory."""

import hashlib
import os
import re
import sqlite3
import threading
import time
from pathlib import Path

import pytest
from client import Connection
from h1 import format_request
from ledger import requirement
from library import JSON, LIBRARY, PNG, add

KIB, MIB = 1024, 1024 * 1024
CHUNK = 256 * KIB  # what is kept in one piece
# AddressSanitizer keeps freed memory for a while: that is not the server's.
SMALL_QUARANTINE = {"ASAN_OPTIONS": "quarantine_size_mb=1:thread_local_quarantine_size_kb=64"}


def noise(size, seed=0):
    """Bytes in which no part is like another."""
    block = b"".join(hashlib.sha512(b"%d %d" % (seed, n)).digest() for n in range(512))
    count = size // len(block) + 1
    return b"".join(b"%16d" % n + block[16:] for n in range(count))[:size]


@pytest.fixture
def cover(client):
    return add(client) + "/cover"


SIZES = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK - 1, 2 * CHUNK, 2 * CHUNK + 1, 1_000_000, 20 * MIB]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("chunked", [False, True])
def test_what_goes_in_comes_out(client, cover, size, chunked):
    content = noise(size)
    pieces = [content[at:at + 70_001] for at in range(0, size, 70_001)]
    made = client.put(cover, PNG, pieces if chunked else content, chunked=chunked)
    assert made.status == 201
    got = client.get(cover)
    assert got.status == 200
    assert got.headers["Content-Length"] == str(size)
    assert got.headers["Content-Type"] == "image/png"
    assert got.body == content
    assert got.headers["ETag"] == made.headers["ETag"]
    assert client.get(cover, {"If-None-Match": got.headers["ETag"]}).status == 304


@pytest.mark.parametrize("before", [1, CHUNK + 1, MIB])
@pytest.mark.parametrize("after", [2, CHUNK + 2, MIB + 1])
def test_small_and_large_content_replace_each_other(client, cover, before, after):
    client.put(cover, PNG, noise(before, 1))
    old = client.get(cover).headers["ETag"]
    assert client.put(cover, {**PNG, "If-Match": old}, noise(after, 2)).status == 204
    got = client.get(cover)
    assert got.body == noise(after, 2) and got.headers["ETag"] != old


def test_large_content_survives_a_restart(serve):
    server = serve(LIBRARY)
    cover = add(server.client()) + "/cover"
    content = noise(3 * MIB + 5)
    tag = server.client().put(cover, PNG, content).headers["ETag"]
    server.restart()
    got = server.client().get(cover)
    assert got.body == content and got.headers["ETag"] == tag


def test_pipelined_large_replies_come_whole_and_in_order(library, client, cover):
    client.put(cover, PNG, noise(MIB))
    book = cover.removesuffix("/cover")
    one = f"GET {cover} HTTP/1.1\r\nHost: localhost\r\n\r\nGET {book} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    answers = library.raw(one * 4)
    assert [len(answer.body) for answer in answers[::2]] == [MIB] * 4
    assert all(answer.body == noise(MIB) for answer in answers[::2])
    assert all(answer.json()["title"] == "x" for answer in answers[1::2])


# Bounded memory

def anonymous(server):
    """Bytes of memory that are the process's own."""
    if b"libtsan" in Path(f"/proc/{server.pid}/maps").read_bytes():
        pytest.skip("ThreadSanitizer keeps several bytes for each")
    with open(f"/proc/{server.pid}/status", encoding="ascii") as status:
        return int(re.search(r"RssAnon:\s+(\d+)", status.read())[1]) * KIB


def while_watching(server, work):
    """The most memory the server has while the functions run at once."""
    failures, most = [], anonymous(server)

    def guarded(function):
        try:
            function()
        except Exception as error:  # noqa: BLE001 (it is raised below)
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(function,)) for function in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        while thread.is_alive():
            thread.join(0.05)
            most = max(most, anonymous(server))
    assert not failures, failures
    return most


def test_eight_large_transfers_at_once_take_bounded_memory(serve):
    server = serve(LIBRARY, env=SMALL_QUARANTINE)
    client = server.client()
    covers = [add(client) + "/cover" for _ in range(8)]
    warm = add(client) + "/cover"
    for _ in range(4):  # buffers that stay, such as SQLite's
        client.put(warm, PNG, noise(4 * MIB))
        client.get(warm)
    content, before = noise(32 * MIB), anonymous(server)
    digest = hashlib.sha256(content).digest()

    def upload(path):
        answer = server.client().put(path, PNG, content)
        assert answer.status == 201, answer

    def download(path):
        with server.connect(timeout=60) as connection:
            connection.send(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            left = int(connection.read_head().headers["Content-Length"])
            seen = hashlib.sha256()
            while left:
                connection.more()
                seen.update(connection.buffer)
                left -= len(connection.buffer)
                connection.buffer = b""
            assert seen.digest() == digest

    for transfer in (upload, download):
        most = while_watching(server, [lambda path=path: transfer(path) for path in covers])
        # 8 times what is on its way, and the 64 MiB of SQLite's own cache
        assert most - before < 112 * MIB, transfer.__name__


def test_who_does_not_read_holds_little_of_the_servers_memory(serve):
    server = serve(LIBRARY, env=SMALL_QUARANTINE)
    client = server.client()
    cover = add(client) + "/cover"
    client.put(cover, PNG, noise(32 * MIB))
    client.get(cover)
    before = anonymous(server)
    connections = [server.connect() for _ in range(16)]
    for connection in connections:
        connection.send(f"GET {cover} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    for connection in connections:
        assert connection.read_head().status == 200
    for _ in range(20):  # the others are served all the same
        assert client.get(cover.removesuffix("/cover")).status == 200
    assert anonymous(server) - before < 32 * MIB
    for connection in connections:
        connection.close()


# Too much

@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("size", [MIB + 1, 12 * MIB])
def test_content_over_the_limit_is_413_and_the_client_can_read_it(serve, size, chunked):
    server = serve(LIBRARY, ["--max-content", "1M"])
    cover = add(server.client()) + "/cover"
    request = format_request("PUT", cover, [("Host", "localhost"), *PNG.items()],
                             [noise(size)] if chunked else noise(size), chunked)
    with server.connect() as connection:
        sender = threading.Thread(target=send_what_it_takes, args=(connection, request))
        sender.start()
        answer = connection.read_response("PUT")
        sender.join()
        assert answer.status == 413
        assert answer.json()["status"] == 413
    assert server.client().get(cover).status == 404
    assert server.client().put(cover, PNG, noise(MIB)).status == 201  # just as much


def send_what_it_takes(connection, data):
    try:
        connection.send(data)
    except OSError:
        pass  # refused early


@requirement("9110-10.1.1-11")
@pytest.mark.parametrize("path, headers", [("cover", PNG), ("", JSON)])
def test_who_waits_for_100_is_refused_before_sending(serve, path, headers):
    server = serve(LIBRARY, ["--max-content", "1M", "--max-document", "1k"])
    target = f"{add(server.client())}/{path}".rstrip("/")
    with server.connect() as connection:
        fields = [("Host", "localhost"), ("Expect", "100-continue"), ("Content-Length", str(MIB + 1)), *headers.items()]
        connection.send(format_request("PUT", target, fields))
        answer = connection.read_response("PUT")
        assert answer.status == 413
        assert answer.interim == []


# Half of it

def chunks_kept(server):
    with sqlite3.connect(f"file:{server.data}/verbatim.db?mode=ro", uri=True) as db:
        return db.execute("SELECT count(*) FROM chunk").fetchone()[0]


def wait_for_chunks(server, count):
    deadline = time.monotonic() + 20
    while (kept := chunks_kept(server)) != count:
        assert time.monotonic() < deadline, f"{kept} chunks where {count} should be"
        time.sleep(0.02)


def test_an_abandoned_upload_leaves_nothing(serve):
    server = serve(LIBRARY)
    client = server.client()
    cover = add(client) + "/cover"
    client.put(cover, PNG, noise(3 * CHUNK))
    assert chunks_kept(server) == 3
    for n in range(5):
        with server.connect() as connection:
            head = [("Host", "localhost"), ("Content-Length", str(20 * MIB)), *PNG.items()]
            connection.send(format_request("PUT", cover, head) + noise(3 * MIB + n))
    wait_for_chunks(server, 3)
    assert client.get(cover).body == noise(3 * CHUNK)


def test_an_upload_that_ends_in_a_precondition_or_fault_leaves_nothing(serve):
    server = serve(LIBRARY)
    client = server.client()
    cover = add(client) + "/cover"
    client.put(cover, PNG, noise(1))
    with server.connect() as connection:  # chunked, and then no chunk
        head = [("Host", "localhost"), ("Transfer-Encoding", "chunked"), *PNG.items()]
        connection.send(format_request("PUT", cover, head) + b"200000\r\n" + noise(2 * MIB) + b"\r\nzz\r\n")
        assert connection.read_response("PUT").status == 400
    assert client.put(cover, {**PNG, "If-Match": '"x"'}, noise(2 * MIB)).status == 412
    assert client.put("/books/999/cover", PNG, noise(2 * MIB)).status == 404
    wait_for_chunks(server, 0)
    assert client.get(cover).body == noise(1)


def test_what_a_restart_finds_half_done_is_removed(serve):
    server = serve(LIBRARY)
    cover = add(server.client()) + "/cover"
    connection = server.connect()
    head = [("Host", "localhost"), ("Content-Length", str(20 * MIB)), *PNG.items()]
    connection.send(format_request("PUT", cover, head) + noise(3 * MIB))
    deadline = time.monotonic() + 20
    while chunks_kept(server) == 0 and time.monotonic() < deadline:
        time.sleep(0.02)
    server.kill()
    connection.close()
    server.start()
    wait_for_chunks(server, 0)
    assert server.client().get(cover).status == 404


def test_replaced_or_deleted_content_is_removed_once_nobody_reads_it(serve):
    server = serve(LIBRARY)
    client = server.client()
    cover = add(client) + "/cover"
    client.put(cover, PNG, noise(10 * CHUNK))
    client.put(cover, PNG, noise(4 * CHUNK))
    wait_for_chunks(server, 4)
    client.delete(cover)
    wait_for_chunks(server, 0)


@pytest.mark.parametrize("end", ["replace", "shrink", "delete"])
def test_a_download_goes_on_with_what_it_began(library, client, cover, end):
    old = noise(16 * MIB, 1)
    client.put(cover, PNG, old)
    with library.connect() as connection:
        connection.send(f"GET {cover} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        head = connection.read_head()
        if end == "delete":
            assert client.delete(cover).status == 204
        else:
            new = noise(16 * MIB if end == "replace" else 3, 2)
            assert client.put(cover, PNG, new).status == 204
            assert client.get(cover).body == new
        assert connection.read_exactly(int(head.headers["Content-Length"])) == old


def test_two_uploads_to_one_place_end_in_one_of_them(library, client, cover):
    contents = [noise(5 * MIB, n) for n in range(2)]
    connections = [Connection(library.address) for _ in contents]
    requests = [format_request("PUT", cover, [("Host", "localhost"), *PNG.items()], c) for c in contents]
    for at in range(0, len(requests[0]), MIB):  # side by side
        for connection, request in zip(connections, requests):
            connection.send(request[at:at + MIB])
    assert {connection.read_response("PUT").status for connection in connections} <= {201, 204}
    for connection in connections:
        connection.close()
    assert client.get(cover).body in contents


def test_a_page_never_shows_content_it_cannot_hold(client, cover):
    client.put(cover, PNG, os.urandom(MIB))
    assert client.get(cover, {"Accept": "text/html"}).status == 406
