"""HTTP/2 with prior knowledge, as the bytes on a socket show it.

What each frame may do to a connection is in tests/wire/; here it is what only
a whole server shows: streams beside each other, files, stopping, the log, and
that a hostile connection costs the others nothing.
"""

import os
import random
import re
import shutil
import subprocess
import time

import h2c
import pytest
from h2c import (
    CANCEL,
    ENHANCE_YOUR_CALM,
    NO_ERROR,
    PROTOCOL_ERROR,
    FrameConnection,
    frame,
)
from ledger import requirement
from library import LIBRARY, add
from tls import is_secure

KIB = 1024


@pytest.fixture(scope="module")
def library(module_serve):
    # What AddressSanitizer keeps of freed memory is not the server's.
    sparing = {"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=8"}
    return module_serve(LIBRARY, env=sparing)


@pytest.fixture
def wire(library):
    with FrameConnection(library.address, library.authority) as connection:
        yield connection.start()


def rss(server):
    """Bytes of memory that the process has."""
    with open(f"/proc/{server.pid}/status") as status:
        return int(re.search(r"VmRSS:\s+(\d+) kB", status.read())[1]) * KIB


def test_the_same_answers_as_over_http_1(library):
    book = add(library.client("h1"))
    for method, target, fields in (
        ("GET", book, {}),
        ("HEAD", book, {}),
        ("GET", book, {"Accept": "text/html"}),
        ("GET", book, {"Accept-Encoding": "gzip"}),
        ("GET", f"{book}/", {}),
        ("OPTIONS", "*", {}),
        ("DELETE", "/books", {}),
        ("GET", "/nothing", {}),
        ("GET", book, {"If-None-Match": "*"}),
        ("PUT", book, {"Content-Type": "text/plain"}),
    ):
        answers = [library.client(version).request(method, target, fields) for version in ("h1", "h2c")]
        shown = [
            (one.status, one.body, sorted((name.lower(), value) for name, value in one.headers if name.lower() not in ("date", "connection")))
            for one in answers
        ]
        assert shown[0] == shown[1], (method, target)


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
def test_curl(library, tmp_path):
    book = add(library.client())
    line = ["curl", "-sSk", "--http2" if is_secure(library.address) else "--http2-prior-knowledge", "-o", tmp_path / "got", "-w", "%{http_version} %{http_code}"]
    done = subprocess.run([*line, library.origin + book], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout == "2 200"
    assert b"title" in (tmp_path / "got").read_bytes()


def test_both_versions_on_one_address(library):
    assert library.client("h1").get("/books").status == 200
    assert library.client("h2c").get("/books").status == 200
    (answer,) = library.raw(b"PRI * HTTP/2.0\r\n\r\nno more of it", methods=["PRI"])
    assert answer.status == 505


def test_the_preface_byte_by_byte(library):
    with FrameConnection(library.address, library.authority) as wire:
        for byte in h2c.PREFACE:
            wire.send(bytes([byte]))
        wire.send(h2c.settings() + wire.request(1, "GET", "/books"))
        assert wire.wait_for_status(1) == 200


# Upgrade: h2c is no more (RFC 9113 section 3.1).
def test_there_is_no_upgrade(library):
    (answer,) = library.raw(
        b"GET /books HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings, close\r\n"
        b"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n"
    )
    assert answer.status == 200


def test_streams_are_answered_beside_each_other(wire):
    wire.send(b"".join(wire.request(2 * i + 1, "GET", "/books") for i in range(90)))
    statuses = {}
    for kind, _, stream, payload in wire.frames():
        if kind == h2c.HEADERS:
            statuses[stream] = dict(wire.decoder.decode(payload))[":status"]
        if len(statuses) == 90:
            break
    assert set(statuses.values()) == {"200"}


def test_an_upload_that_stalls_holds_no_other_up(wire):
    wire.send(wire.request(1, "POST", "/books", ("content-type", "application/json"), end=False))
    wire.send(frame(h2c.DATA, 0, 1, b'{"title"'))
    wire.send(wire.request(3, "GET", "/books"))
    assert wire.wait_for_status(3) == 200
    wire.send(frame(h2c.DATA, h2c.END_STREAM, 1, b': 7}'))
    assert wire.wait_for_status(1) == 422


@pytest.mark.parametrize(
    "fields",
    [
        [(":method", "GET"), (":scheme", "http"), (":path", "/")],
        [(":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "a"), ("host", "b")],
        [(":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "a"), ("connection", "close")],
        [(":method", "GET"), (":scheme", "http"), (":path", ""), (":authority", "a")],
        [(":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "a"), ("x", "a\nb")],
    ],
)
def test_a_malformed_request_is_reset_alone(wire, fields):
    wire.send(wire.raw_request(1, fields) + wire.request(3, "GET", "/books"))
    assert wire.wait_for_reset(1) == PROTOCOL_ERROR
    assert wire.wait_for_status(3) == 200


@pytest.mark.parametrize(
    "path, status", [("/%zz", 400), ("/" + "a" * 9000, 414)]
)
def test_what_http_1_refuses_is_answered_alike(wire, library, path, status):
    (answer,) = library.raw(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    wire.send(wire.request(1, "GET", path))
    assert wire.wait_for_status(1) == answer.status == status
    assert wire.is_alive()


def test_a_cancelled_download_frees_its_stream(wire, library):
    for i in range(20):
        wire.send(wire.request(2 * i + 1, "GET", "/books"))
        wire.send(frame(h2c.RST_STREAM, 0, 2 * i + 1, CANCEL.to_bytes(4, "big")))
    assert wire.is_alive()


# Hostile connections

def flood_of_resets(wire):
    for i in range(20_000):
        stream = 2 * i + 1
        yield wire.request(stream, "GET", "/books") + frame(h2c.RST_STREAM, 0, stream, b"\0\0\0\x08")


def flood_of_pings(wire):
    for _ in range(20_000):
        yield frame(h2c.PING, payload=b"12345678")


def flood_of_settings(wire):
    for _ in range(20_000):
        yield h2c.settings(_4=65535)


def flood_of_continuations(wire):
    yield frame(h2c.HEADERS, h2c.END_STREAM, 1)
    for _ in range(20_000):
        yield frame(h2c.CONTINUATION, 0, 1, b"\0\x01a\x01b")


def flood_of_nothing(wire):
    yield wire.request(1, "POST", "/books", ("content-type", "application/json"), end=False)
    for _ in range(20_000):
        yield frame(h2c.DATA, 0, 1)


def hpack_bomb(wire):
    """A field of 3900 bytes in the table, then a byte for each time it comes."""
    authority = wire.authority.encode()
    head = b"\x82\x86\x84\x01" + bytes([len(authority)]) + authority
    flags = h2c.END_HEADERS | h2c.END_STREAM
    yield frame(h2c.HEADERS, flags, 1, head + b"\x40\x01x\x7f\xbd\x1d" + b"x" * 3900)
    for i in range(1, 100):
        yield frame(h2c.HEADERS, flags, 2 * i + 1, head + b"\xbe" * 15_000)


FLOODS = (flood_of_resets, flood_of_pings, flood_of_settings, flood_of_continuations, flood_of_nothing, hpack_bomb)


@pytest.mark.parametrize("flood", FLOODS)
def test_a_flood_ends_its_connection_and_no_other(library, flood):
    client = library.client("h2c")
    assert client.get("/books").status == 200
    before = rss(library)
    with FrameConnection(library.address, library.authority) as wire:
        wire.start()
        for data in flood(wire):
            if not wire.send(data):
                break
        code = wire.wait_for_goaway()
        # Who goes on sending may find the GOAWAY lost to the connection's end.
        assert code in (ENHANCE_YOUR_CALM, None)
    assert client.get("/books").status == 200
    assert rss(library) - before < 64 * KIB * KIB


def test_a_slow_head_ends_its_connection(serve):
    server = serve(None, ["--head-timeout", "1s"])
    with FrameConnection(server.address, server.authority) as wire:
        wire.start()
        wire.send(frame(h2c.HEADERS, 0, 1, b"\x82"))
        assert wire.wait_for_goaway() == ENHANCE_YOUR_CALM


# Stopping

@requirement("9113-6.8-01", "9113-6.8-02")
def test_a_stop_says_goaway_and_answers_what_is_under_way(serve):
    server = serve(LIBRARY)
    with FrameConnection(server.address, server.authority) as wire:
        wire.start()
        wire.send(wire.request(1, "POST", "/books", ("content-type", "application/json"), end=False))
        assert wire.is_alive()
        server.terminate()
        notice = wire.wait_for(h2c.GOAWAY)
        assert notice[:4] == b"\x7f\xff\xff\xff"
        ping = wire.wait_for(h2c.PING)
        wire.send(frame(h2c.PING, h2c.ACK, payload=ping))
        last = wire.wait_for(h2c.GOAWAY)
        assert last == b"\0\0\0\x01" + NO_ERROR.to_bytes(4, "big")
        wire.send(frame(h2c.DATA, h2c.END_STREAM, 1, b'{"title": "T"}'))
        assert wire.wait_for_status(1) in (201, 422)
        assert wire.wait_for_goaway() is None and wire.ended


def test_an_idle_connection_does_not_hold_a_stop_up(serve):
    server = serve(LIBRARY)
    client = server.client("h2c")
    assert client.get("/books").status == 200
    begun = time.monotonic()
    server.stop()
    assert time.monotonic() - begun < 10


def test_what_was_said_before_is_said_again_only_while_the_table_is_the_same(library):
    """The same fields are mostly the same bytes; a decoder of its own reads each block."""
    client = library.client()
    asked = [("GET", add(client)), ("GET", add(client, title="y" * 300)), ("HEAD", add(client)),
             ("GET", "/nothing"), ("GET", "/books?limit=1"), ("GET", "/books?limit=2")]  # fmt: skip

    def told(wire, stream, method, path):
        wire.send(wire.request(stream, method, path))
        for kind, flags, number, payload in wire.frames():
            if kind == h2c.HEADERS:
                fields = [pair for pair in wire.decoder.decode(payload) if pair[0] != "date"]
                sizes.append(len(payload))
            if flags & h2c.END_STREAM and number == stream:
                return fields

    sizes, wanted = [], {}
    for method, path in asked:
        with FrameConnection(library.address, library.authority) as fresh:
            wanted[method, path] = told(fresh.start(), 1, method, path)
    choose = random.Random(7541)
    with FrameConnection(library.address, library.authority) as wire:
        wire.start()
        wire.send(frame(h2c.WINDOW_UPDATE, payload=(1 << 24).to_bytes(4, "big")))
        for turn in range(400):
            if turn % 50 == 5:
                size = choose.choice([0, 64, 200, 1000, 4096])
                wire.send(h2c.settings(_1=size))
                wire.wait_for(h2c.SETTINGS, flags=h2c.ACK)
                wire.decoder.max_allowed_table_size = size
            # One again and again, or all of them in any order.
            one = asked[turn // 50 % len(asked)] if turn % 10 < 6 else choose.choice(asked)
            assert told(wire, 2 * turn + 1, *one) == wanted[one], turn
    assert min(sizes) < 100
