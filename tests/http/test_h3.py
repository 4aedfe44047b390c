"""HTTP/3, as its frames show it.

What each frame may do to a connection is in tests/wire/ too; here it is what a
whole server makes of it, with the error codes of RFC 9114 section 8.1. QUIC
itself is in test_quic.py, a bad network in test_h3_network.py.
"""

import re
import shutil
import subprocess
import time

import h3
import pytest
import qpack
from h3 import Connection, frame, settings, varint
from ledger import requirement, shows
from library import LIBRARY, add

KIB = 1024
HTTPS = "https://127.0.0.1:0"
JSON = ("content-type", "application/json")
RESERVED = 0x21  # section 7.2.8: of no meaning, and to be passed over


@pytest.fixture(scope="module")
def library(module_serve):
    return module_serve(LIBRARY, ["--tls-self-signed"], listen=HTTPS)


@pytest.fixture
def wire(library):
    with Connection(library.address, library.authority) as connection:
        yield connection


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
        answers = [library.client(version).request(method, target, fields) for version in ("h1", "h3")]
        shown = [
            (one.status, one.body, sorted((name.lower(), value) for name, value in one.headers if name.lower() not in ("date", "connection", "alt-svc")))
            for one in answers
        ]
        assert shown[0] == shown[1], (method, target)


@pytest.mark.skipif(shutil.which("gtlsclient") is None, reason="there is no gtlsclient (Debian's ngtcp2-client)")
def test_ngtcp2s_client_fetches_a_document_and_a_file(library, serve, tmp_path):
    (tmp_path / "large.bin").write_bytes(bytes(range(256)) * 4 * KIB)
    files = serve(None, ["--files", tmp_path, "--tls-self-signed"], listen=HTTPS)
    got = tmp_path / "got"
    got.mkdir()
    for server, path in ((files, "/large.bin"), (library, add(library.client("h1"), title="of ngtcp2"))):
        host, port = server.address
        line = ["gtlsclient", "-q", "--exit-on-all-streams-close", "--download", got, host, str(port)]
        subprocess.run([*line, server.origin + path], capture_output=True, timeout=60, check=True)
    assert (got / "large.bin").read_bytes() == (tmp_path / "large.bin").read_bytes()
    assert b"of ngtcp2" in b"".join(path.read_bytes() for path in got.iterdir() if path.name != "large.bin")


def test_the_log_says_http_3(serve, tmp_path):
    log = tmp_path / "access.log"
    server = serve(LIBRARY, ["--tls-self-signed", "--log", log], listen=HTTPS)
    server.client("h3").get("/books")
    server.stop()
    assert '"GET /books HTTP/3" 200' in log.read_text()


def test_streams_are_answered_beside_each_other(wire):
    asked = [wire.get("/books") for _ in range(90)]
    assert {wire.status_of(stream) for stream in reversed(asked)} == {200}


def test_an_upload_that_stalls_holds_no_other_up(wire):
    slow = wire.ask_for(wire.head("POST", "/books", JSON), end=False)
    wire.send(slow, frame(h3.DATA, b'{"title"'))
    assert wire.status_of(wire.get("/books")) == 200
    wire.send(slow, frame(h3.DATA, b": 7}"), fin=True)
    assert wire.status_of(slow) == 422


def test_a_client_that_reads_nothing_holds_no_other_up(library, serve, tmp_path):
    (tmp_path / "large.bin").write_bytes(b"x" * (8 << 20))
    server = serve(None, ["--files", tmp_path, "--tls-self-signed"], listen=HTTPS)
    before = rss(server)
    with Connection(server.address, server.authority, hold=True, max_stream_data=1000) as wire:
        asked = [wire.get("/large.bin") for _ in range(50)]
        wire.until(lambda: all(wire.replies[stream].response for stream in asked))
        assert server.client("h3").get("/").status in (200, 403, 404)
        assert rss(server) - before < 32 * KIB * KIB
        wire.do("credit", asked[0], 16 << 20)
        assert len(wire.reply_of(asked[0]).body) == 8 << 20


# Requests: section 4

AUTHORITY = (b":authority", b"localhost")
GET = [(b":method", b"GET"), (b":scheme", b"https"), AUTHORITY, (b":path", b"/books")]
CONTENT = [(b":method", b"POST"), *GET[1:], (b"content-type", b"application/json")]


def head(fields):
    return frame(h3.HEADERS, qpack.encode(fields))


MALFORMED = {
    "no authority at all": ("9114-4.3.1-01", GET[:2] + GET[3:]),
    "an authority of nothing": ("9114-4.3.1-01", [*GET[:2], (b":authority", b""), GET[3]]),
    "no method": ("9114-4.3.1-03", GET[1:]),
    "no scheme": ("9114-4.3.1-03", GET[:1] + GET[2:]),
    "no path": ("9114-4.3.1-03", GET[:3]),
    "a path of nothing": ("9114-4.3.1-03", GET[:3] + [(b":path", b"")]),
    "two paths": ("9114-4.3.1-03", GET + [(b":path", b"/")]),
    "a status": ("9114-4.3-01", GET + [(b":status", b"200")]),
    "a pseudo-field that is none": ("9114-4.3-01", GET + [(b":protocol", b"websocket")]),
    "a pseudo-field behind another field": ("9114-4.3-01", [(b"x", b"a"), *GET]),
    "another host": ("9114-4.3.1-01", GET + [(b"host", b"elsewhere")]),
    "Connection": ("9114-4.2-01", GET + [(b"connection", b"close")]),
    "Transfer-Encoding": ("9114-4.1-03 9114-4.2-01", GET + [(b"transfer-encoding", b"chunked")]),
    "Upgrade": ("9114-4.5-01 9114-4.2-01", GET + [(b"upgrade", b"websocket")]),
    "TE of more than trailers": ("9114-4.2-01", GET + [(b"te", b"gzip")]),
    "a name in upper case": ("9114-4.2-01 9114-4.1.2-01", GET + [(b"Upper", b"x")]),
    "LF in a value": ("9114-10.3-01", GET + [(b"x", b"a\nb")]),
    "CR in a value": ("9114-10.3-01", GET + [(b"x", b"a\rb")]),
    "NUL in a value": ("9114-10.3-01", GET + [(b"x", b"a\0b")]),
    "a space before a value": ("9114-10.3-01", GET + [(b"x", b" a")]),
    "a space in a name": ("9114-10.3-01", GET + [(b"x y", b"a")]),
    "a name of nothing": ("9114-10.3-01", GET + [(b"", b"a")]),
    "content that is announced, and none": ("9114-4.1.2-01", [*GET, (b"content-length", b"1")]),
}


@pytest.mark.parametrize("fields", shows(MALFORMED))
def test_a_malformed_request_is_reset_alone(wire, fields):
    stream = wire.raw_request(head(fields))
    assert wire.wait_for_reset(stream) == h3.MESSAGE_ERROR
    assert wire.is_alive()


@requirement("9114-4.1.2-01")
@pytest.mark.parametrize("length, content", [(3, b"ab"), (3, b"abcd"), (0, b"a")])
def test_content_of_another_length_is_malformed(wire, length, content):
    fields = [*CONTENT, (b"content-length", str(length).encode())]
    stream = wire.raw_request(head(fields) + frame(h3.DATA, content))
    assert wire.wait_for_reset(stream) == h3.MESSAGE_ERROR
    assert wire.is_alive()


@requirement("9114-4.1-05")
def test_a_request_that_ends_before_its_head_is_incomplete(wire):
    stream = wire.raw_request(b"")
    assert wire.wait_for_reset(stream) == h3.REQUEST_INCOMPLETE
    stream = wire.raw_request(frame(RESERVED, b"nothing"))
    assert wire.wait_for_reset(stream) == h3.REQUEST_INCOMPLETE
    assert wire.is_alive()


@requirement("9114-9-01", "9114-7.2.4-02", "9114-7.2.8-01")
def test_frames_and_settings_of_no_meaning_are_passed_over(library):
    with Connection(library.address, library.authority, start=False) as wire:
        wire.start({RESERVED: 7, h3.FIELD_SECTION_MAX: 1 << 20, 0x21 + 0x1F * 9: 0})
        grease = frame(RESERVED + 0x1F * 5, b"x" * 1000)
        wire.send(wire.control, grease)
        stream = wire.raw_request(grease + head(CONTENT) + grease + frame(h3.DATA, b'{"title": "T"') + grease, fin=False)
        wire.send(stream, frame(h3.DATA) + frame(h3.DATA, b"}") + grease, fin=True)
        assert wire.status_of(stream) in (201, 422)


@pytest.mark.parametrize("size", [1, 7, 100])
def test_how_a_request_is_split_makes_no_difference(wire, size):
    fields = [*CONTENT, (b"x", b"y" * 100)]
    data = head(fields) + frame(h3.DATA, b'{"title": 7}')
    stream = wire.raw_request(b"", fin=False)
    for at in range(0, len(data), size):
        wire.send(stream, data[at : at + size], fin=at + size >= len(data))
        wire.sync()
    assert wire.status_of(stream) == 422


def test_huffman_coded_fields_are_read(wire):
    stream = wire.raw_request(frame(h3.HEADERS, qpack.encode(GET, huffman=True)))
    assert wire.status_of(stream) == 200


def test_trailers_of_a_request_are_taken(wire):
    stream = wire.raw_request(head(CONTENT) + frame(h3.DATA, b'{"title": 7}') + head([(b"x-note", b"y")]))
    assert wire.status_of(stream) == 422


@pytest.mark.parametrize("path, status", [("/%zz", 400), ("/" + "a" * 9000, 414)])
def test_what_http_1_refuses_is_answered_alike(wire, library, path, status):
    answer = library.client("h1").get(path)
    assert wire.status_of(wire.get(path)) == answer.status == status
    assert wire.is_alive()


@requirement("9114-4.2.2-01")
def test_a_head_that_is_too_large_is_431(wire):
    more = [(f"x-{i}", "y" * 1000) for i in range(80)]
    assert wire.status_of(wire.get("/books", *more)) == 431
    assert wire.is_alive()


def test_cancelled_requests_free_their_streams(wire):
    for _ in range(250):  # of which 100 may be there at once
        stream = wire.get("/books")
        wire.do("stop", stream, h3.REQUEST_CANCELLED)
    assert wire.is_alive()


def test_a_cancelled_upload_is_let_go(wire):
    stream = wire.ask_for(wire.head("POST", "/books", JSON), end=False)
    wire.send(stream, frame(h3.DATA, b'{"title"'))
    wire.do("reset", stream, h3.REQUEST_CANCELLED)
    wire.until(lambda: wire.stream(stream).reset is not None or wire.replies[stream].ended)
    assert wire.is_alive()


@requirement("9114-4.1-04", "9114-4.1-06")
def test_a_refused_upload_is_stopped_before_it_came(wire):
    stream = wire.ask_for(wire.head("POST", "/books", ("content-type", "text/plain"), ("content-length", "5")), end=False)
    assert wire.status_of(stream) == 415
    assert wire.wait_for_stop(stream) == h3.NO_ERROR


# Connections: what each of these is answered with

CONTROL_ERRORS = {
    "no settings": ("9114-6.2.1-01", h3.MISSING_SETTINGS, varint(h3.CONTROL) + frame(h3.GOAWAY, varint(0))),
    "data on the control stream": ("9114-7.2.1-01", h3.FRAME_UNEXPECTED, varint(h3.CONTROL) + settings() + frame(h3.DATA, b"x")),
    "a head on the control stream": ("9114-7.2.1-01", h3.FRAME_UNEXPECTED, varint(h3.CONTROL) + settings() + head(GET)),
    "settings twice": ("9114-7.2.4-01", h3.FRAME_UNEXPECTED, varint(h3.CONTROL) + settings() + settings()),
    "a setting twice": ("", h3.SETTINGS_ERROR, varint(h3.CONTROL) + settings([(6, 1), (6, 1)])),
    "a setting of HTTP/2": ("9114-7.2.4.1-01", h3.SETTINGS_ERROR, varint(h3.CONTROL) + settings({4: 65535})),
    "half a setting": ("9114-7.1-01", h3.FRAME_ERROR, varint(h3.CONTROL) + frame(h3.SETTINGS, varint(6))),
    "a ping of HTTP/2": ("9114-7.2.8-01", h3.FRAME_UNEXPECTED, varint(h3.CONTROL) + settings() + frame(6, b"12345678")),
    "a frame with more in it": ("9114-7.1-01", h3.FRAME_ERROR, varint(h3.CONTROL) + settings() + frame(h3.GOAWAY, varint(0) + b"x")),
    "a goaway that goes up": (
        "9114-5.2-02", h3.ID_ERROR, varint(h3.CONTROL) + settings() + frame(h3.GOAWAY, varint(4)) + frame(h3.GOAWAY, varint(8))
    ),
    "a push ID that goes down": (
        "9114-7.2.7-01", h3.ID_ERROR, varint(h3.CONTROL) + settings() + frame(h3.MAX_PUSH_ID, varint(4)) + frame(h3.MAX_PUSH_ID, varint(3))
    ),
    "a push that was not promised": ("", h3.ID_ERROR, varint(h3.CONTROL) + settings() + frame(h3.CANCEL_PUSH, varint(0))),
    "a promise": ("9114-7.2.5-01", h3.FRAME_UNEXPECTED, varint(h3.CONTROL) + settings() + frame(h3.PUSH_PROMISE, varint(0) + b"\0\0")),
    "a push stream": ("9114-6.2.2-01", h3.STREAM_CREATION_ERROR, varint(h3.PUSH) + varint(0)),
    "a table that is larger than allowed": ("9204-4.3.1-01", h3.ENCODER_STREAM_ERROR, varint(h3.ENCODER) + qpack.number(1 << 20, 5, 0x20)),
    "a static entry that is not there": (
        "9204-3.1-01", h3.ENCODER_STREAM_ERROR, varint(h3.ENCODER) + qpack.number(100, 5, 0x20) + qpack.number(99, 6, 0xC0) + b"\0"
    ),
    "an acknowledgement of nothing": ("9204-4.4.1-01", h3.DECODER_STREAM_ERROR, varint(h3.DECODER) + qpack.number(1 << 20, 6)),
}  # fmt: skip


@pytest.mark.parametrize("code, data", shows(CONTROL_ERRORS))
def test_an_error_of_a_connection_ends_it(library, code, data):
    with Connection(library.address, library.authority, start=False) as wire:
        wire.send(wire.open(bidi=False), data)
        assert wire.wait_for_code() == code
    assert library.client("h3").get("/books").status == 200


@requirement("9114-6.2.1-01", "9204-4.2-01")
@pytest.mark.parametrize("kind", [h3.CONTROL, h3.ENCODER, h3.DECODER])
def test_a_second_critical_stream_is_an_error(wire, kind):
    for _ in range(1 if kind == h3.CONTROL else 2):
        wire.send(wire.open(bidi=False), varint(kind))
    assert wire.wait_for_code() == h3.STREAM_CREATION_ERROR


@requirement("9114-6.2.1-01", "9204-4.2-01")
@pytest.mark.parametrize("how", ["fin", "reset"])
@pytest.mark.parametrize("kind", [h3.ENCODER, h3.DECODER, None])
def test_a_critical_stream_that_ends_ends_the_connection(wire, kind, how):
    stream = wire.control
    if kind is not None:
        stream = wire.open(bidi=False)
        wire.send(stream, varint(kind))
    assert wire.is_alive()
    wire.do(how, stream, *[h3.NO_ERROR] * (how == "reset"))
    assert wire.wait_for_code() == h3.CLOSED_CRITICAL_STREAM


@requirement("9114-6.2-02", "9114-9-01")
def test_a_stream_of_an_unknown_type_is_stopped(wire):
    stream = wire.open(bidi=False)
    wire.send(stream, varint(RESERVED + 0x1F * 3) + b"nothing of meaning")
    assert wire.wait_for_stop(stream) == h3.STREAM_CREATION_ERROR
    assert wire.is_alive()


REQUEST_ERRORS = {
    "data before the head": ("9114-4.1-02", h3.FRAME_UNEXPECTED, frame(h3.DATA, b"x")),
    "data behind trailers": ("9114-4.1-02", h3.FRAME_UNEXPECTED, head(CONTENT) + frame(h3.DATA, b"{}") + head([(b"x", b"y")]) + frame(h3.DATA, b"x")),
    "settings": ("9114-7.2.4-01", h3.FRAME_UNEXPECTED, settings()),
    "a goaway": ("", h3.FRAME_UNEXPECTED, head(GET) + frame(h3.GOAWAY, varint(0))),
    "a promise": ("9114-7.2.5-01", h3.FRAME_UNEXPECTED, head(GET) + frame(h3.PUSH_PROMISE, varint(0) + b"\0\0")),
    "a priority of HTTP/2": ("9114-7.2.8-01", h3.FRAME_UNEXPECTED, head(GET) + frame(2, b"12345")),
    "a frame that is cut off": ("9114-7.1-01", h3.FRAME_ERROR, head(CONTENT) + frame(h3.DATA, b"{}", length=3)),
    "a head that is cut off": ("9114-7.1-01", h3.FRAME_ERROR, frame(h3.HEADERS, b"\0\0", length=300)),
    "a section of two bytes less": ("", h3.DECOMPRESSION_FAILED, frame(h3.HEADERS, qpack.encode(GET)[:-2])),
    "a dynamic entry that is not there": ("9204-2.2.3-01", h3.DECOMPRESSION_FAILED, frame(h3.HEADERS, b"\2\0\x80")),
    "a static entry that is not there": ("9204-3.1-01", h3.DECOMPRESSION_FAILED, frame(h3.HEADERS, b"\0\0" + qpack.number(99, 6, 0xC0))),
    "Huffman coding that ends amiss": ("", h3.DECOMPRESSION_FAILED, frame(h3.HEADERS, b"\0\0\x50\x84\xff\xff\xff\xff")),
}


@pytest.mark.parametrize("code, data", shows(REQUEST_ERRORS))
def test_an_error_on_a_request_stream_can_end_the_connection(library, code, data):
    with Connection(library.address, library.authority) as wire:
        wire.raw_request(data)
        assert wire.wait_for_code() == code
    assert library.client("h3").get("/books").status == 200


# Hostile connections


def flood_of_resets(wire):
    for _ in range(10_000):
        stream = wire.open()
        wire.send(stream, wire.request_bytes("GET", "/books"))
        wire.do("reset", stream, h3.REQUEST_CANCELLED)
        wire.do("stop", stream, h3.REQUEST_CANCELLED)


def flood_of_frames(wire):
    for _ in range(200):
        wire.send(wire.control, frame(RESERVED) * 1000)
        wire.sync()


def flood_of_priorities(wire):
    for i in range(200):
        wire.send(wire.control, b"".join(frame(h3.PRIORITY_UPDATE, varint(4 * (j % 100)) + b"u=1") for j in range(1000)))
        wire.sync()


def flood_of_push_ids(wire):
    for i in range(200):
        wire.send(wire.control, b"".join(frame(h3.MAX_PUSH_ID, varint(1000 * i + j)) for j in range(1000)))
        wire.sync()


def flood_of_nothing(wire):
    stream = wire.raw_request(head(CONTENT), fin=False)
    for _ in range(200):
        wire.send(stream, frame(h3.DATA) * 1000)
        wire.sync()


def flood_of_capacities(wire):
    stream = wire.open(bidi=False)
    wire.send(stream, varint(h3.ENCODER))
    for _ in range(200):
        wire.send(stream, qpack.number(100, 5, 0x20) * 1000)
        wire.sync()


def qpack_bomb(wire):
    """An entry of 3900 bytes in the table, then a byte for each time it comes."""
    encoder = wire.open(bidi=False)
    insert = qpack.string(b"x", 5, 0x40) + qpack.string(b"y" * 3900)
    wire.send(encoder, varint(h3.ENCODER) + qpack.number(4096, 5, 0x20) + insert)
    wire.is_alive()  # by now the table has it
    section = b"\2\0" + qpack.encode(GET)[2:] + b"\x80" * 15_000
    for _ in range(100):
        wire.raw_request(frame(h3.HEADERS, section))
        wire.sync()


FLOODS = (
    flood_of_resets, flood_of_frames, flood_of_priorities, flood_of_push_ids, flood_of_nothing, flood_of_capacities, qpack_bomb,
)  # fmt: skip


@requirement("9114-10.5-01")
@pytest.mark.parametrize("flood", FLOODS)
def test_a_flood_ends_its_connection_and_no_other(library, flood):
    client = library.client("h3")
    assert client.get("/books").status == 200
    before = rss(library)
    with Connection(library.address, library.authority) as wire:
        try:
            flood(wire)
        except h3.Reset:
            pass  # it was ended in the midst of it
        assert wire.wait_for_code() == h3.EXCESSIVE_LOAD
    assert client.get("/books").status == 200
    assert rss(library) - before < 64 * KIB * KIB


def test_a_slow_head_is_not_waited_for(serve):
    server = serve(None, ["--head-timeout", "1s", "--tls-self-signed"], listen=HTTPS)
    with Connection(server.address, server.authority) as wire:
        stream = wire.raw_request(b"\x01", fin=False)
        assert wire.wait_for_reset(stream) == h3.REQUEST_REJECTED
        assert wire.is_alive()


# Stopping


@requirement("9114-5.2-01", "9114-3.3-01")
def test_a_stop_says_goaway_and_answers_what_is_under_way(serve):
    server = serve(LIBRARY, ["--tls-self-signed"], listen=HTTPS)
    with Connection(server.address, server.authority) as wire:
        stream = wire.ask_for(wire.head("POST", "/books", JSON), end=False)
        assert wire.is_alive()
        server.terminate()
        wire.until(lambda: len(wire.goaways) == 2)
        assert wire.goaways == [(1 << 62) - 4, 8]
        wire.send(stream, frame(h3.DATA, b'{"title": "T"}'), fin=True)
        assert wire.status_of(stream) in (201, 422)
        assert wire.wait_for_code() == h3.NO_ERROR


@requirement("9114-4.1.1-01")
def test_a_request_behind_the_last_one_is_rejected(serve):
    server = serve(LIBRARY, ["--tls-self-signed"], listen=HTTPS)
    with Connection(server.address, server.authority) as wire:
        stream = wire.ask_for(wire.head("POST", "/books", JSON), end=False)
        assert wire.is_alive()
        server.terminate()
        wire.until(lambda: len(wire.goaways) == 2)
        late = wire.get("/books")
        assert wire.wait_for_reset(late) == h3.REQUEST_REJECTED
        wire.send(stream, frame(h3.DATA, b'{"title": "T"}'), fin=True)
        assert wire.status_of(stream) in (201, 422)


def test_an_idle_connection_does_not_hold_a_stop_up(serve):
    server = serve(LIBRARY, ["--tls-self-signed"], listen=HTTPS)
    client = server.client("h3")
    assert client.get("/books").status == 200
    begun = time.monotonic()
    server.stop()
    assert time.monotonic() - begun < 10


def test_the_client_says_goaway_and_is_answered(wire):
    stream = wire.ask_for(wire.head("POST", "/books", JSON), end=False)
    wire.send(wire.control, frame(h3.GOAWAY, varint(0)))
    wire.send(stream, frame(h3.DATA, b'{"title": 7}'), fin=True)
    assert wire.status_of(stream) == 422
