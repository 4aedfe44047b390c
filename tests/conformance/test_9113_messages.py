"""RFC 9113 section 8: HTTP's messages in HTTP/2; what is malformed reaches nobody."""

import pytest
from h2c import DATA, END_HEADERS, END_STREAM, HEADERS, NO_ERROR, PROTOCOL_ERROR, RST_STREAM, SETTINGS, FrameConnection, frame
from ledger import requirement

PUSH_PROMISE = 5


@pytest.fixture
def wire(target):
    with FrameConnection(target.address, target.authority) as connection:
        connection.start()
        first = connection.read_frame()
        if first is None or first[0] != SETTINGS:
            pytest.skip("it does not speak HTTP/2 here")
        yield connection


def literal(fields):
    """A section of literals that no encoder of good manners would write."""
    def text(value):
        value = value.encode("latin-1") if isinstance(value, str) else value
        assert len(value) < 127
        return bytes([len(value)]) + value

    return b"".join(b"\x00" + text(name) + text(value) for name, value in fields)


def refused(wire, stream=1):
    """A stream error, before which a 400 may come (section 8.1.1)."""
    for kind, flags, number, payload in wire.frames():
        if number != stream:
            continue
        if kind == HEADERS:
            assert dict(wire.decoder.decode(payload))[":status"] == "400"
        if kind == RST_STREAM:
            assert int.from_bytes(payload, "big") == PROTOCOL_ERROR
            return
        if flags & END_STREAM:
            return
    raise AssertionError("the connection ended")


def pseudo(wire, path="/", method="GET"):
    return [(":method", method), (":scheme", wire.scheme), (":authority", wire.authority), (":path", path)]


MALFORMED = [
    ("9113-8.2.1-01", lambda p: [*p, ("Upper", "x")]),
    ("9113-8.2.1-01", lambda p: [*p, ("a b", "x")]),
    ("9113-8.2.1-01", lambda p: [*p, ("a\x7f", "x")]),
    ("9113-8.2.1-01", lambda p: [*p, ("a\xe9", "x")]),
    ("9113-8.2.1-01", lambda p: [*p, ("a:b", "x")]),
    ("9113-8.2.1-01", lambda p: [*p, ("", "x")]),
    ("9113-8.2.1-01", lambda p: [*p, ("x", "a\x00b")]),
    ("9113-8.2.1-01", lambda p: [*p, ("x", "a\nb")]),
    ("9113-8.2.1-01", lambda p: [*p, ("x", "a\rb")]),
    ("9113-8.2.2-01", lambda p: [*p, ("connection", "close")]),
    ("9113-8.2.2-01", lambda p: [*p, ("proxy-connection", "keep-alive")]),
    ("9113-8.2.2-01", lambda p: [*p, ("keep-alive", "timeout=5")]),
    ("9113-8.2.2-01", lambda p: [*p, ("transfer-encoding", "chunked")]),
    ("9113-8.2.2-01", lambda p: [*p, ("upgrade", "x")]),
    ("9113-8.2.2-02", lambda p: [*p, ("te", "gzip")]),
    ("9113-8.3-01", lambda p: [*p[:3], ("x", "y"), p[3]]),
    ("9113-8.3-01", lambda p: [*p, (":method", "GET")]),
    ("9113-8.3-01", lambda p: [*p, (":path", "/other")]),
    ("9113-8.3-01", lambda p: [*p, (":foo", "x")]),
    ("9113-8.3-01", lambda p: [*p, (":status", "200")]),
    ("9113-8.3.1-01", lambda p: [*p, ("host", "other.example")]),
    ("9113-8.3.1-02", lambda p: [*p, ("host", "other.example")]),
    ("9113-8.3.1-04", lambda p: [*p[:3], (":path", "")]),
    ("9113-8.3.1-04", lambda p: [*p[:3], (":path", "a")]),
    ("9113-8.3.1-04", lambda p: [*p[:2], (":authority", "user@" + p[2][1]), p[3]]),
    ("9113-8.3.1-05", lambda p: p[1:]),
    ("9113-8.3.1-05", lambda p: [p[0], *p[2:]]),
    ("9113-8.3.1-05", lambda p: p[:3]),
]  # fmt: skip


@pytest.mark.parametrize("change", [
    pytest.param(change, marks=requirement(row, "9113-8.2.1-02"), id=f"{row}-{at}") for at, (row, change) in enumerate(MALFORMED)
])  # fmt: skip
def test_a_malformed_request_is_refused_alone(wire, page, change):
    section = literal(change(pseudo(wire, page)))
    wire.send(frame(HEADERS, END_HEADERS | END_STREAM, 1, section))
    refused(wire)
    wire.send(wire.request(3, "GET", page))
    assert wire.wait_for_status(3) == 200


@requirement("9113-8.1.1-01")
@pytest.mark.parametrize("length, content", [("5", b"four"), ("3", b"four"), ("1", b"")])
def test_content_of_another_length_than_announced_is_refused(wire, client, store, length, content):
    path = store.unused()
    fields = ("content-type", store.type), ("content-length", length)
    wire.send(wire.request(1, "PUT", path, *fields, end=False) + frame(DATA, END_STREAM, 1, content))
    refused(wire)
    assert client.get(path).status == 404


@requirement("9113-8.1-03", "9113-8.1-04")
@pytest.mark.parametrize("trailers, flags", [
    ([("x", "y")], END_HEADERS), ([(":path", "/")], END_HEADERS | END_STREAM), ([("Upper", "y")], END_HEADERS | END_STREAM),
])  # fmt: skip
def test_trailers_end_the_stream_and_have_no_pseudo_fields(wire, client, store, trailers, flags):
    path = store.unused()
    wire.send(wire.request(1, "PUT", path, ("content-type", store.type), end=False) + frame(DATA, 0, 1, b"x"))
    wire.send(frame(HEADERS, flags, 1, literal(trailers)))
    refused(wire)
    assert client.get(path).status == 404


@requirement("9113-8.2-01", "9113-8.3.2-01", "9113-8.4-02", "9113-8.6-01")
@pytest.mark.parametrize("target_path", ["page", "missing"])
def test_a_reply_has_one_status_first_and_names_in_lower_case(wire, target, target_path):
    path = target.page() if target_path == "page" else target.need("missing")
    wire.send(wire.request(1, "GET", path, ("expect", "100-continue")))
    ended = False
    while not ended:
        kind, flags, stream, payload = wire.read_frame()
        assert kind != PUSH_PROMISE
        if kind == HEADERS and stream == 1:
            fields = wire.decoder.decode(payload)
            assert fields[0][0] == ":status" and fields[0][1] != "101"
            assert [name for name, _ in fields if name.startswith(":")] == [":status"]
            assert all(name == name.lower() for name, _ in fields)
            assert not {"connection", "keep-alive", "transfer-encoding", "upgrade"} & {name for name, _ in fields}
        ended = stream == 1 and flags & END_STREAM and kind in (HEADERS, DATA)


@requirement("9113-8.1-01")
def test_an_early_reply_may_end_the_request_and_is_readable(wire, target):
    """What is too large is answered before it has come; a reset behind that says that it was no error."""
    large = target.need("limits")["content"] + 1
    path = target.place("store").unused()
    wire.send(wire.request(1, "PUT", path, ("content-type", "text/plain"), ("content-length", str(large)), end=False))
    content = b""
    for kind, flags, stream, payload in wire.frames():
        if kind == HEADERS and stream == 1:
            assert dict(wire.decoder.decode(payload))[":status"] == "413"
        if kind == DATA and stream == 1:
            content += payload
        if kind == RST_STREAM and stream == 1:
            assert int.from_bytes(payload, "big") == NO_ERROR
            break
        if flags & END_STREAM and kind == DATA:
            assert content
    assert wire.is_alive()
