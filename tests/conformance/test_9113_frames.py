"""RFC 9113 sections 3 to 6: connections, frames and streams, as HTTP/2's bytes show them."""

import struct

import h2c
import pytest
from h2c import (
    ACK, CANCEL, COMPRESSION_ERROR, CONTINUATION, DATA, END_HEADERS, END_STREAM, FLOW_CONTROL_ERROR, FRAME_SIZE_ERROR,
    GOAWAY, HEADERS, PING, PRIORITY, PROTOCOL_ERROR, REFUSED_STREAM, RST_STREAM, SETTINGS, STREAM_CLOSED,
    WINDOW_UPDATE, FrameConnection, frame, settings,
)  # fmt: skip
from ledger import requirement

PUSH_PROMISE, PADDED = 5, 8
LEAST_FRAME = 16384


@pytest.fixture
def fresh(target):
    """A connection on which nothing was said."""
    with FrameConnection(target.address, target.authority) as connection:
        yield connection


@pytest.fixture
def wire(fresh):
    """One that has begun; what does not speak HTTP/2 with prior knowledge is passed over."""
    fresh.start()
    first = fresh.read_frame()
    if first is None or first[0] != SETTINGS:
        pytest.skip("it does not speak HTTP/2 here")
    return fresh


def number(value):
    return value.to_bytes(4, "big")


def end_of(wire, allowed):
    """A connection error: GOAWAY with the code and the last stream, then the end (9113-5.4.1)."""
    told = None
    for kind, _, stream, payload in wire.frames():
        if kind == GOAWAY:
            assert stream == 0
            last, code = struct.unpack(">II", payload[:8])
            told = (last, code)
    assert wire.ended and told and told[1] in allowed, (told, allowed)
    return told


# The beginning


@requirement("9113-3.3-01")
def test_prior_knowledge_begins_http_2_and_an_upgrade_does_not(target, wire, page):
    wire.send(wire.request(1, "GET", page))
    assert wire.wait_for_status(1) == 200
    asked = target.ask(f"GET {page} HTTP/1.1", "Connection: Upgrade, HTTP2-Settings, close", "Upgrade: h2c",
                       "HTTP2-Settings: AAMAAABkAAQAAP__")  # fmt: skip
    assert asked.status == 200 and not asked.interim


@requirement("9113-3.4-01", "9113-3.4-02", "9113-6.5.3-01", "9113-6.5.2-02")
def test_settings_come_first_and_are_acknowledged(fresh):
    fresh.start(_4=70_000)
    kind, flags, stream, payload = fresh.read_frame()
    assert (kind, flags & ACK, stream) == (SETTINGS, 0, 0)
    told = dict(struct.unpack(">HI", payload[at : at + 6]) for at in range(0, len(payload), 6))
    assert told.get(2, 0) == 0  # it pushes nothing
    assert fresh.wait_for(SETTINGS, 0, ACK) == b""


@requirement("9113-3.4-03")
@pytest.mark.parametrize("preface", [
    b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n", h2c.PREFACE + frame(PING, payload=bytes(8)),
    h2c.PREFACE + frame(SETTINGS, ACK), h2c.PREFACE + b"\xff" * 20,
])  # fmt: skip
def test_a_preface_that_is_none_ends_the_connection(fresh, preface):
    fresh.send(preface)
    answer = b""
    try:
        while data := fresh.socket.recv(65536):
            answer += data
    except ConnectionResetError:
        pass
    assert answer.startswith((b"HTTP/1.1 4", b"HTTP/1.1 5")) or answer == b"" or answer[3] == SETTINGS


# What ends a connection


def open_stream(wire, stream=1):
    """A request whose content is still to come."""
    return wire.request(stream, "PUT", "/", ("content-type", "text/plain"), end=False)


CONNECTION_ERRORS = [
    ("9113-4.2-02", {FRAME_SIZE_ERROR}, lambda w: frame(HEADERS, END_HEADERS, 1, bytes(LEAST_FRAME + 1))),
    ("9113-4.2-02", {FRAME_SIZE_ERROR}, lambda w: frame(SETTINGS, payload=bytes(LEAST_FRAME + 2))),
    ("9113-4.3-01", {PROTOCOL_ERROR}, lambda w: frame(HEADERS, 0, 1, w.head()) + frame(PING, payload=bytes(8))),
    ("9113-4.3-01", {PROTOCOL_ERROR}, lambda w: frame(HEADERS, 0, 1, w.head()) + frame(DATA, 0, 1, b"x")),
    ("9113-4.3-01", {PROTOCOL_ERROR}, lambda w: frame(HEADERS, 0, 1, w.head()) + frame(0xFF, 0, 0, b"x")),
    ("9113-4.3-01", {PROTOCOL_ERROR}, lambda w: frame(HEADERS, 0, 1, w.head()) + frame(CONTINUATION, END_HEADERS, 3)),
    ("9113-4.3-02", {COMPRESSION_ERROR}, lambda w: frame(HEADERS, END_HEADERS | END_STREAM, 1, b"\xfe")),
    ("9113-4.3-02", {COMPRESSION_ERROR}, lambda w: frame(HEADERS, END_HEADERS | END_STREAM, 1, b"\x40\x81\xff\x01x")),
    ("9113-4.3.1-01", {COMPRESSION_ERROR}, lambda w: frame(HEADERS, END_HEADERS | END_STREAM, 1, b"\x3f\xff\xff\x7f\x82")),
    ("9113-5.1-01", {PROTOCOL_ERROR}, lambda w: frame(DATA, 0, 1, b"x")),
    ("9113-5.1-01", {PROTOCOL_ERROR}, lambda w: frame(RST_STREAM, 0, 1, number(CANCEL))),
    ("9113-5.1-01", {PROTOCOL_ERROR}, lambda w: frame(WINDOW_UPDATE, 0, 1, number(1))),
    ("9113-5.1.1-01", {PROTOCOL_ERROR}, lambda w: w.request(2)),
    ("9113-6.1-01", {PROTOCOL_ERROR}, lambda w: frame(DATA, 0, 0, b"x")),
    ("9113-6.1-01", {PROTOCOL_ERROR}, lambda w: open_stream(w) + frame(DATA, PADDED, 1, b"\x05abcd")),
    ("9113-6.2-01", {PROTOCOL_ERROR}, lambda w: frame(HEADERS, END_HEADERS | END_STREAM, 0, w.head())),
    ("9113-6.3-01", {PROTOCOL_ERROR}, lambda w: frame(PRIORITY, 0, 0, bytes(5))),
    ("9113-6.4-01", {PROTOCOL_ERROR}, lambda w: frame(RST_STREAM, 0, 0, number(CANCEL))),
    ("9113-6.4-01", {PROTOCOL_ERROR}, lambda w: frame(RST_STREAM, 0, 7, number(CANCEL))),
    ("9113-6.4-01", {FRAME_SIZE_ERROR}, lambda w: open_stream(w) + frame(RST_STREAM, 0, 1, b"abc")),
    ("9113-6.5-01", {PROTOCOL_ERROR}, lambda w: frame(SETTINGS, 0, 1)),
    ("9113-6.5-01", {FRAME_SIZE_ERROR}, lambda w: frame(SETTINGS, ACK, 0, bytes(6))),
    ("9113-6.5-01", {FRAME_SIZE_ERROR}, lambda w: frame(SETTINGS, 0, 0, bytes(5))),
    ("9113-6.5.2-01", {PROTOCOL_ERROR}, lambda w: settings(_2=2)),
    ("9113-6.5.2-03", {FLOW_CONTROL_ERROR}, lambda w: settings(_4=1 << 31)),
    ("9113-6.5.2-03", {PROTOCOL_ERROR}, lambda w: settings(_5=LEAST_FRAME - 1)),
    ("9113-6.5.2-03", {PROTOCOL_ERROR}, lambda w: settings(_5=1 << 24)),
    ("9113-6.7-02", {PROTOCOL_ERROR}, lambda w: frame(PING, 0, 1, bytes(8))),
    ("9113-6.7-02", {FRAME_SIZE_ERROR}, lambda w: frame(PING, 0, 0, bytes(7))),
    ("9113-6.9-01", {PROTOCOL_ERROR}, lambda w: frame(WINDOW_UPDATE, 0, 0, number(0))),
    ("9113-6.9-01", {FRAME_SIZE_ERROR}, lambda w: frame(WINDOW_UPDATE, 0, 0, b"abc")),
    ("9113-6.9.1-01", {FLOW_CONTROL_ERROR}, lambda w: frame(WINDOW_UPDATE, 0, 0, number((1 << 31) - 1))),
    ("9113-6.10-01", {PROTOCOL_ERROR}, lambda w: frame(CONTINUATION, END_HEADERS, 1, w.head())),
    ("9113-6.10-01", {PROTOCOL_ERROR}, lambda w: frame(HEADERS, 0, 1, w.head()) + frame(CONTINUATION, END_HEADERS, 0)),
    ("9113-8.4-01", {PROTOCOL_ERROR}, lambda w: open_stream(w) + frame(PUSH_PROMISE, END_HEADERS, 1, number(2) + w.head())),
]  # fmt: skip


@pytest.mark.parametrize("codes, sent", [
    pytest.param(codes, sent, marks=requirement(row, "9113-5.4.1-01", "9113-5.4.1-02"), id=f"{row}-{at}")
    for at, (row, codes, sent) in enumerate(CONNECTION_ERRORS)
])  # fmt: skip
def test_what_breaks_the_connection_ends_it_with_its_code(wire, target, page, codes, sent):
    wire.send(sent(wire))
    end_of(wire, codes)
    assert target.is_alive(page)


@requirement("9113-5.4.1-01")
def test_a_goaway_names_the_last_stream(wire, page):
    wire.send(wire.request(1, "GET", page))
    assert wire.wait_for_status(1) == 200
    wire.send(frame(PING, 0, 1, bytes(8)))
    assert end_of(wire, {PROTOCOL_ERROR})[0] == 1


# What ends a stream alone


def stream_error(wire, stream, codes):
    """RST_STREAM, or the connection's end, which may stand for it (section 5.4)."""
    for kind, _, number_, payload in wire.frames():
        if kind == HEADERS and number_ == stream:
            raise AssertionError("it was answered")
        if kind == RST_STREAM and number_ == stream:
            assert int.from_bytes(payload, "big") in codes
            return
        if kind == GOAWAY:
            assert int.from_bytes(payload[4:8], "big") in codes
            return
    raise AssertionError("nothing came of it")


@pytest.fixture
def halted(fresh, page):
    """Stream 1 is asked to its end; its reply waits for a window."""
    fresh.start(_4=0)
    fresh.send(fresh.request(1, "GET", page))
    assert fresh.wait_for_status(1) == 200
    return fresh


@requirement("9113-5.1-02")
def test_a_stream_that_its_client_has_ended_takes_no_more(halted):
    halted.send(frame(DATA, 0, 1, b"x"))
    stream_error(halted, 1, {STREAM_CLOSED})


@pytest.mark.parametrize("codes, sent", [
    pytest.param({FRAME_SIZE_ERROR}, frame(PRIORITY, 0, 1, bytes(4)), marks=requirement("9113-6.3-01")),
    pytest.param({PROTOCOL_ERROR}, frame(WINDOW_UPDATE, 0, 1, number(0)), marks=requirement("9113-6.9-01")),
    pytest.param({FLOW_CONTROL_ERROR}, frame(WINDOW_UPDATE, 0, 1, number((1 << 31) - 1)) * 2, marks=requirement("9113-6.9.1-01")),
])  # fmt: skip
def test_what_breaks_a_stream_has_its_code(halted, codes, sent):
    halted.send(sent)
    stream_error(halted, 1, codes)


@requirement("9113-5.1-03", "9113-6.9-02")
def test_what_comes_late_for_a_stream_that_is_reset_is_taken(wire, page):
    """Its header block is decoded, its content counted: the client could not know."""
    wire.send(wire.raw_request(1, [(":method", "PUT"), (":scheme", wire.scheme)], end=False))  # malformed: no path
    window, late, is_reset = 65_535, 0, False
    while late < 2 << 20:  # more than a window that does not open again
        if is_reset and window >= LEAST_FRAME:
            wire.send(frame(DATA, 0, 1, bytes(LEAST_FRAME)))
            window -= LEAST_FRAME
            late += LEAST_FRAME
            continue
        kind, _, stream, payload = wire.read_frame()
        is_reset |= (kind, stream) == (RST_STREAM, 1)
        if (kind, stream) == (WINDOW_UPDATE, 0):
            window += int.from_bytes(payload, "big")
    wire.send(wire.request(3, "GET", page, ("x-kept", "in the table")))
    wire.send(wire.request(5, "GET", page, ("x-kept", "in the table")))
    answered = set()
    while answered != {3, 5}:
        kind, _, stream, payload = wire.read_frame()
        if kind == HEADERS:
            assert dict(wire.decoder.decode(payload))[":status"] == "200"
            answered.add(stream)
    assert wire.is_alive()


@requirement("9113-5.4.2-01")
def test_a_reset_is_not_answered_with_one(halted):
    halted.send(frame(RST_STREAM, 0, 1, number(CANCEL)))
    halted.send(frame(PING, 0, 0, b"isitover"))
    for kind, _, stream, _ in halted.frames():
        assert (kind, stream) != (RST_STREAM, 1)
        if kind == PING:
            return
    raise AssertionError("the connection ended before its PING was answered")


@requirement("9113-5.1.2-01", "9113-8.7-02")
def test_streams_beyond_the_limit_are_refused_untouched(fresh, store):
    fresh.start()
    payload = fresh.wait_for(SETTINGS)
    told = dict(struct.unpack(">HI", payload[at : at + 6]) for at in range(0, len(payload), 6))
    limit = told.get(3)
    if limit is None or limit > 1000:
        pytest.skip("it lets a client have any number of streams")
    fresh.wait_for(SETTINGS, 0, ACK)
    for i in range(limit + 1):
        path = store.unused()
        fresh.send(fresh.request(2 * i + 1, "PUT", path, ("content-type", store.type), end=False))
    stream_error(fresh, 2 * limit + 1, {REFUSED_STREAM, PROTOCOL_ERROR})


# What is no error


@requirement("9113-4.1-01", "9113-4.1-02", "9113-6.5.2-04")
def test_what_is_unknown_has_no_effect(wire, page):
    wire.send(frame(0xFF, 0xFF, 0, b"unknown") + frame(0x21, 0, 0x80000000 | 9))
    wire.send(settings(_255=7))
    wire.send(frame(PING, 0xFE, 0x80000000, b"reserved"))
    assert wire.wait_for(PING, 0, ACK) == b"reserved"
    wire.send(frame(HEADERS, END_HEADERS | END_STREAM | 0xD0 & ~0x20, 0x80000001, wire.head("GET", page)))
    assert wire.wait_for_status(1) == 200


@requirement("9113-4.2-01")
def test_a_frame_of_the_least_limit_is_taken(wire, store):
    path = store.unused()
    wire.send(wire.request(1, "PUT", path, ("content-type", store.type), end=False))
    wire.send(frame(DATA, END_STREAM, 1, b"x" * LEAST_FRAME))
    assert wire.wait_for_status(1) == 201


@requirement("9113-4.3.1-01")
def test_a_smaller_table_is_told_in_the_next_block(wire, page):
    wire.send(settings(_1=0))
    wire.wait_for(SETTINGS, 0, ACK)
    wire.send(frame(SETTINGS, ACK) + wire.request(1, "GET", page))
    wire.decoder.max_allowed_table_size = 0
    for kind, _, stream, payload in wire.frames():
        if kind == HEADERS and stream == 1:
            assert payload[0] & 0xE0 == 0x20  # a change of the table's size
            assert dict(wire.decoder.decode(payload))[":status"] == "200"
            return
    raise AssertionError("no answer")


@requirement("9113-6.7-01")
def test_a_ping_comes_back_and_its_answer_does_not(wire):
    wire.send(frame(PING, ACK, 0, b"answered"))
    wire.send(frame(PING, 0, 0, b"question"))
    assert wire.wait_for(PING) == b"question"


@requirement("9113-5.2.1-01", "9113-6.9.2-01")
def test_no_more_is_sent_than_the_window_lets_through(fresh, client, page):
    content = client.get(page).body
    fresh.start(_4=1)
    fresh.send(fresh.request(1, "GET", page))
    assert fresh.wait_for(DATA, 1) == content[:1]
    fresh.send(settings(_4=0))  # the window is below nothing now
    fresh.wait_for(SETTINGS, 0, ACK)
    fresh.send(frame(WINDOW_UPDATE, 0, 1, number(1)))
    assert fresh.is_alive()  # and nothing came before it
    fresh.send(settings(_4=10))
    assert fresh.wait_for(DATA, 1) == content[1:11]


@requirement("9113-10.5.1-01")
def test_a_head_over_the_limit_is_431_and_the_table_is_kept(wire, target, page):
    size = target.need("limits")["field"] + 100
    wire.send(frame(HEADERS, END_STREAM, 1, b""))
    block = wire.encoder.encode([(":method", "GET"), (":scheme", wire.scheme), (":authority", wire.authority), (":path", page),
                                 ("x-large", "x" * size), ("x-small", "kept")])  # fmt: skip
    parts = [block[at : at + LEAST_FRAME] for at in range(0, len(block), LEAST_FRAME)]
    for part in parts[:-1]:
        wire.send(frame(CONTINUATION, 0, 1, part))
    wire.send(frame(CONTINUATION, END_HEADERS, 1, parts[-1]))
    assert wire.wait_for_status(1) == 431
    wire.send(wire.request(3, "GET", page, ("x-small", "kept")))
    assert wire.wait_for_status(3) == 200


@requirement("9113-10.5-01")
@pytest.mark.parametrize("flood", [
    frame(PING, payload=bytes(8)), settings(_4=65_535), frame(WINDOW_UPDATE, 0, 0, number(1)), frame(PRIORITY, 0, 1, bytes(5)),
])  # fmt: skip
def test_a_flood_is_calmed_or_borne(wire, target, page, flood):
    for _ in range(200):
        if not wire.send(flood * 100):
            break
    assert target.is_alive(page)
