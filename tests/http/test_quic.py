"""QUIC under HTTP/3, by a client that does not always keep its rules.

Codes are those of RFC 9000 section 20.1. Forged packets are well protected, so
what is in them is all that is wrong (tests/quic/README.md).
"""

import os
import re
import time

import h3
import pytest
from h3 import Connection, Reset, frame, varint
from ledger import requirement, shows
from library import LIBRARY, add
from quic import Quic
from quic_packets import Plain, long_header

KIB = 1024
HTTPS = "https://127.0.0.1:0"
SELF_SIGNED = ["--tls-self-signed"]
# What AddressSanitizer keeps of what was freed is no cost of ours.
LEAN = {"ASAN_OPTIONS": f"{os.environ.get('ASAN_OPTIONS', '')}:quarantine_size_mb=4:thread_local_quarantine_size_kb=64"}
JSON = ("content-type", "application/json")
NO_ERROR, INTERNAL_ERROR, CONNECTION_REFUSED, FLOW_CONTROL_ERROR, STREAM_LIMIT_ERROR = 0, 1, 2, 3, 4
STREAM_STATE_ERROR, FINAL_SIZE_ERROR, FRAME_ENCODING_ERROR, TRANSPORT_PARAMETER_ERROR = 5, 6, 7, 8
CONNECTION_ID_LIMIT_ERROR, PROTOCOL_VIOLATION, INVALID_TOKEN, CRYPTO_BUFFER_EXCEEDED = 9, 10, 11, 13
CRYPTO_ERROR, UNEXPECTED_MESSAGE, NO_APPLICATION_PROTOCOL = 0x100, 10, 120


@pytest.fixture(scope="module")
def library(module_serve):
    return module_serve(LIBRARY, SELF_SIGNED, listen=HTTPS, env=LEAN)


@pytest.fixture
def wire(library):
    with Connection(library.address, library.authority) as connection:
        yield connection


def rss(server):
    """Bytes of memory that the process has."""
    with open(f"/proc/{server.pid}/status") as status:
        return int(re.search(r"VmRSS:\s+(\d+) kB", status.read())[1]) * KIB


def patiently(server):
    """A connection, once there is a place for it."""
    deadline = time.monotonic() + 20
    while True:
        try:
            return Connection(server.address, server.authority)
        except Reset as reset:
            assert reset.code == CONNECTION_REFUSED and time.monotonic() < deadline


# Who comes in


@requirement("9000-5.2.2-01")
def test_another_version_is_answered_with_ours(library):
    with Quic(library.address, wait=False, version=0x1A2A3A4A) as quic:
        versions = quic.wait_for("versions").bytes
        assert (1).to_bytes(4, "big") in [versions[i : i + 4] for i in range(0, len(versions), 4)]


@requirement("9000-7-01")
def test_another_protocol_is_refused(library):
    with Quic(library.address, wait=False, alpn="h2") as quic:
        end = quic.wait_for_end()
        assert (end.scope, end.code) == ("transport", CRYPTO_ERROR + NO_APPLICATION_PROTOCOL)


@pytest.mark.parametrize("length", [8, 12, 20])
def test_the_clients_first_id_may_have_any_length(library, length):
    with Connection(library.address, library.authority, dcid=os.urandom(length)) as wire:
        assert wire.is_alive()


def test_the_server_chooses_ids_of_its_own(library):
    first = os.urandom(8)
    with Connection(library.address, library.authority, dcid=first) as wire:
        assert len(wire.ask("dcid").bytes) == 16


@requirement("9000-14.1-01")
def test_what_is_too_small_is_not_answered(library):
    with Plain(library.address) as plain:
        assert plain.ask(long_header(0x1A2A3A4A, 1200)) is not None
        assert plain.ask(long_header(0x1A2A3A4A, 1199)) is None
        assert plain.ask(long_header(1, 1199)) is None
        assert plain.ask(b"") is None


def test_no_answer_is_larger_than_what_was_asked(library):
    with Plain(library.address) as plain:
        for size in (1200, 1400):
            for version in (0, 1, 0x1A2A3A4A, 0x6B3343CF):
                for first in (0xC0, 0xD0, 0xE0, 0xF0):
                    answer = plain.ask(long_header(version, size, first))
                    assert answer is None or len(answer) <= size, (version, first)


@requirement("9000-10.3-01")
def test_an_unknown_connection_is_reset_by_less_than_it_sent(library):
    with Plain(library.address) as plain:
        answer = plain.ask(b"\x40" + os.urandom(60))
        assert answer is not None and 21 <= len(answer) < 61 and answer[0] & 0xC0 == 0x40
        for size in range(1, 22):
            assert plain.ask(b"\x40" + os.urandom(size - 1)) is None


def test_one_id_is_reset_by_one_token(library):
    """Or the client could not know that it is one (RFC 9000 section 10.3)."""
    known = os.urandom(16)
    with Plain(library.address) as plain:
        answers = [plain.ask(b"\x40" + known + os.urandom(60)) for _ in range(2)]
        assert answers[0][-16:] == answers[1][-16:]
        assert plain.ask(b"\x40" + os.urandom(80))[-16:] != answers[0][-16:]


def test_garbage_disturbs_nobody(library, wire):
    before = rss(library)
    with Plain(library.address) as plain:
        plain.socket.setblocking(False)
        for i in range(5000):
            try:
                plain.socket.send(os.urandom(i % 1400))
                plain.socket.send(long_header(1, 1200) [: 30 + i % 40] + os.urandom(1170))
            except (BlockingIOError, ConnectionRefusedError):
                pass
    assert wire.is_alive()
    assert library.client("h3").get("/books").status == 200
    assert rss(library) - before < 32 * KIB * KIB


# Address validation: RFC 9000 section 8.1


@pytest.fixture
def besieged(serve):
    """A server with more handshakes under way than it likes."""
    server = serve(LIBRARY, [*SELF_SIGNED, "--head-timeout", "5s"], listen=HTTPS)
    with Quic(server.address) as crowd:
        crowd.do("knock", 100)
        crowd.sync()
        yield server


@requirement("9000-8.1-02")
def test_many_handshakes_make_it_validate_addresses(besieged):
    with Connection(besieged.address, besieged.authority) as wire:
        assert "retry" in wire.seen
        assert wire.is_alive()


@requirement("9000-8.1.3-01")
def test_who_has_a_token_is_not_asked_again(serve):
    server = serve(LIBRARY, [*SELF_SIGNED, "--head-timeout", "5s"], listen=HTTPS)
    with Connection(server.address, server.authority) as wire:
        token = wire.wait_for("token").bytes
        wire.do("knock", 100)
        wire.sync()
        with Connection(server.address, server.authority, token=token) as again:
            assert "retry" not in again.seen and again.is_alive()
        with Connection(server.address, server.authority, token=token, local="127.0.0.2") as elsewhere:
            assert "retry" in elsewhere.seen
        broken = token[:-1] + bytes([token[-1] ^ 1])
        with Connection(server.address, server.authority, token=broken) as forged:
            assert "retry" in forged.seen and forged.is_alive()


def test_a_siege_passes(serve):
    server = serve(LIBRARY, [*SELF_SIGNED, "--head-timeout", "1s"], listen=HTTPS)
    with Quic(server.address) as crowd:
        crowd.do("knock", 100)
        crowd.sync()
        deadline = time.monotonic() + 20
        while True:
            with Connection(server.address, server.authority) as wire:
                if "retry" not in wire.seen:
                    break
            assert time.monotonic() < deadline


def test_a_flood_of_handshakes_costs_little(serve):
    server = serve(LIBRARY, [*SELF_SIGNED, "--head-timeout", "3s"], listen=HTTPS, env=LEAN)
    client = server.client("h3")
    assert client.get("/books").status == 200
    before = rss(server)
    with Quic(server.address) as crowd:
        crowd.do("knock", 3000)
        crowd.sync()
        assert client.get("/books").status == 200
        assert rss(server) - before < 64 * KIB * KIB
        with Connection(server.address, server.authority) as wire:
            assert wire.is_alive()


def test_handshakes_do_not_take_the_places_for_long(serve):
    server = serve(LIBRARY, [*SELF_SIGNED, "--max-connections", "10", "--head-timeout", "1s"], listen=HTTPS)
    with Quic(server.address) as crowd:
        crowd.do("knock", 50)
        crowd.sync()
        with patiently(server) as wire:
            assert wire.is_alive()


# Early data: RFC 9001 section 4.6, RFC 8470


def ticket_of(server, **more):
    with Connection(server.address, server.authority, **more) as wire:
        assert wire.is_alive()
        return wire.wait_for("ticket").bytes


def early(server, ticket):
    """A connection whose first words are not sent until `unmute`, so that they
    go before it has heard anything."""
    return Connection(server.address, server.authority, ticket=ticket, early=True, wait=False, mute=True)


def unmute(wire):
    """Was the early data taken?"""
    wire.do("mute", "off")
    return wire.wait_for("handshake").code == 1


def test_what_is_safe_is_answered_early(library):
    book = add(library.client("h3"))
    with early(library, ticket_of(library)) as wire:
        stream = wire.get(book)
        assert unmute(wire)
        assert wire.status_of(stream) == 200


@requirement("8470-3-01", "9114-10.9-01")
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_what_is_not_safe_is_too_early(library, method):
    book = add(library.client("h3"))
    with early(library, ticket_of(library)) as wire:
        content = method in ("POST", "PUT", "PATCH")
        stream = wire.ask_for(wire.head(method, book, *[JSON] * content), end=not content)
        if content:
            wire.send(stream, frame(h3.DATA, b"{}"), fin=True)
        assert unmute(wire)
        assert wire.status_of(stream) == 425
        wire.wait_for("confirmed")
        assert wire.request(wire.head("DELETE", book), None).status in (200, 204)


@requirement("8470-3-02")
def test_each_early_request_is_answered(library):
    book = add(library.client("h3"))
    with early(library, ticket_of(library)) as wire:
        asked = [(wire.ask_for(wire.head(method, book)), status) for method, status in 3 * (("GET", 200), ("DELETE", 425), ("HEAD", 200))]
        assert unmute(wire)
        assert [wire.status_of(stream) for stream, _ in asked] == [status for _, status in asked]


def test_a_resumed_connection_need_not_send_early(library):
    ticket = ticket_of(library)
    for _ in range(3):
        with Connection(library.address, library.authority, ticket=ticket) as wire:
            assert wire.is_alive()


def test_a_ticket_of_another_server_is_of_no_use(library, serve):
    ticket = ticket_of(serve(LIBRARY, SELF_SIGNED, listen=HTTPS))
    with early(library, ticket) as wire:
        wire.get("/books")
        assert not unmute(wire)
        wire.replies.clear(), wire.streams.clear()
        assert wire.start().is_alive()


# Another port, another address, another worker


@pytest.mark.parametrize("workers", ["1", "4"])
def test_a_connection_outlives_its_port(serve, workers):
    server = serve(LIBRARY, [*SELF_SIGNED, "--workers", workers], listen=HTTPS)
    wires = [Connection(server.address, server.authority) for _ in range(8)]
    try:
        for wire in wires:
            for _ in range(4):
                assert wire.is_alive()
                wire.do("rebind")
            assert wire.is_alive()
    finally:
        for wire in wires:
            wire.close()


@requirement("9000-5.1.1-01")
@pytest.mark.parametrize("how", [[], ["127.0.0.2"], ["127.0.0.3", "now"]])
@pytest.mark.parametrize("workers", ["1", "4"])
def test_a_connection_moves_to_another_address(serve, workers, how):
    server = serve(LIBRARY, [*SELF_SIGNED, "--workers", workers], listen=HTTPS)
    for _ in range(4):
        with Connection(server.address, server.authority) as wire:
            wire.wait_for("confirmed")
            former = wire.ask("dcid").bytes
            assert wire.is_alive()
            wire.do("migrate", *how)
            assert wire.wait_for("path").code == 0
            assert wire.is_alive()
            assert wire.ask("dcid").bytes != former


def test_an_upload_and_a_download_survive_both(serve, tmp_path):
    content = os.urandom(1 << 20) * 4
    (tmp_path / "large.bin").write_bytes(content)
    server = serve(None, ["--files", tmp_path, *SELF_SIGNED], listen=HTTPS)
    with Connection(server.address, server.authority) as wire:
        wire.wait_for("confirmed")
        for change in ("rebind", "keyupdate", "rebind"):
            stream = wire.get("/large.bin")
            wire.until(lambda: len(wire.stream(stream).data) > 1 << 20)
            wire.do(change)
            assert wire.reply_of(stream).body == content
            assert wire.sync() == []


def test_keys_are_updated_again_and_again(wire):
    wire.wait_for("confirmed")
    updates, deadline = 0, time.monotonic() + 20
    while updates < 3:  # each is refused until the one before is acknowledged
        wire.do("keyupdate")
        assert wire.is_alive()
        updates += "keyupdate" not in wire.sync()
        assert time.monotonic() < deadline
        time.sleep(0.01)


# Silence


def test_who_is_silent_is_forgotten(serve):
    server = serve(LIBRARY, [*SELF_SIGNED, "--max-connections", "1", "--idle-timeout", "1s"], listen=HTTPS)
    wire = Connection(server.address, server.authority)
    assert wire.is_alive()
    wire.vanish()
    with patiently(server) as after:
        assert after.is_alive()


def test_a_ping_does_not_make_a_connection_used(serve):
    server = serve(LIBRARY, [*SELF_SIGNED, "--idle-timeout", "1s"], listen=HTTPS)
    with Connection(server.address, server.authority) as wire:
        assert wire.is_alive()
        wire.do("keepalive", 100)
        assert wire.wait_for_end().kind in ("closed", "timed-out")


def test_an_idle_connection_ends_in_time(serve):
    server = serve(LIBRARY, [*SELF_SIGNED, "--idle-timeout", "1s"], listen=HTTPS)
    with Connection(server.address, server.authority) as wire:
        assert wire.is_alive()
        begun = time.monotonic()
        assert wire.wait_for_end().kind in ("closed", "timed-out")
        assert 0.5 < time.monotonic() - begun < 5


def test_a_request_that_takes_longer_than_silence_may_is_answered(serve):
    server = serve(LIBRARY, [*SELF_SIGNED, "--idle-timeout", "1s", "--content-timeout", "20s"], listen=HTTPS)
    with Connection(server.address, server.authority) as wire:
        stream = wire.ask_for(wire.head("POST", "/books", JSON, ("content-length", "12")), end=False)
        wire.send(stream, frame(h3.DATA, b'{"title"'))
        deadline = time.monotonic() + 2.5
        while time.monotonic() < deadline:
            wire.step(deadline - time.monotonic())
        wire.send(stream, frame(h3.DATA, b": 7}"), fin=True)
        assert wire.status_of(stream) == 422


def test_a_peer_that_acknowledges_nothing_is_given_up(serve, tmp_path):
    (tmp_path / "large.bin").write_bytes(b"x" * (1 << 20))
    server = serve(None, ["--files", tmp_path, *SELF_SIGNED, "--max-connections", "1", "--idle-timeout", "2s"], listen=HTTPS)
    wire = Connection(server.address, server.authority)
    wire.get("/large.bin")
    wire.sync()
    wire.vanish()
    with patiently(server) as after:
        assert after.is_alive()


# Frames that break the rules: RFC 9000 section 19


def stream_frame(number, data=b"", offset=None, fin=False):
    kind = 8 | 2 | fin | (4 if offset is not None else 0)
    at = b"" if offset is None else varint(offset)
    return varint(kind) + varint(number) + at + varint(len(data)) + data


PING, HANDSHAKE_DONE = b"\x01", b"\x1e"
VIOLATIONS = {
    "a frame of no type": ("9000-12.4-01", FRAME_ENCODING_ERROR, varint(0x21)),
    "a frame that is cut off": ("9000-12.4-01", FRAME_ENCODING_ERROR, b"\x0a" + varint(0) + varint(10_000) + b"x"),
    "an end of the handshake": ("9000-19.20-01", PROTOCOL_VIOLATION, HANDSHAKE_DONE),
    "a token": ("9000-19.7-01", PROTOCOL_VIOLATION, b"\x07\x04abcd"),
    "an acknowledgement of what was not sent": ("", PROTOCOL_VIOLATION, b"\x02" + varint(1 << 20) + b"\0\0\0"),
    "a stream of the server's": ("9000-19.8-01", STREAM_STATE_ERROR, stream_frame(3, b"x")),
    "a stream that the server might open": ("9000-19.8-01", STREAM_STATE_ERROR, stream_frame(1, b"x")),
    "a stream too many": ("9000-4.6-01", STREAM_LIMIT_ERROR, stream_frame(4 * 1000, b"x")),
    "a unidirectional stream too many": ("9000-4.6-01", STREAM_LIMIT_ERROR, stream_frame(4 * 1000 + 2, b"x")),
    "bytes beyond a stream's window": ("9000-4.1-01", FLOW_CONTROL_ERROR, stream_frame(0, b"x", offset=1 << 30)),
    "bytes beyond any stream's": ("9000-4.1-01", FLOW_CONTROL_ERROR, stream_frame(0, b"x", offset=(1 << 62) - 1)),
    "an end before what has come": ("9000-4.5-01", FINAL_SIZE_ERROR, stream_frame(0, b"abc", offset=10) + stream_frame(0, b"a", offset=10, fin=True)),
    "an end behind the end": ("9000-4.5-01", FINAL_SIZE_ERROR, stream_frame(0, b"a", offset=10, fin=True) + b"\x04" + varint(0) + varint(0) + varint(5)),
    "a stop of what only comes": ("", STREAM_STATE_ERROR, b"\x05" + varint(2) + varint(0)),
    "a window for what only comes": ("", STREAM_STATE_ERROR, b"\x11" + varint(2) + varint(1000)),
    "streams without end": ("", FRAME_ENCODING_ERROR, b"\x12" + varint((1 << 60) + 1)),
    "an ID that was not given retired": ("", PROTOCOL_VIOLATION, b"\x19" + varint(1000)),
    "an ID of no bytes": ("", FRAME_ENCODING_ERROR, b"\x18" + varint(50) + varint(0) + b"\0" + b"t" * 16),
    "an ID retired before it is given": ("", FRAME_ENCODING_ERROR, b"\x18" + varint(50) + varint(51) + b"\x08" + b"i" * 8 + b"t" * 16),
    "IDs without end": (
        "9000-5.1.1-01", CONNECTION_ID_LIMIT_ERROR,
        b"".join(b"\x18" + varint(50 + i) + varint(0) + b"\x08" + bytes([i]) * 8 + bytes([i]) * 16 for i in range(20)),
    ),
    "TLS beyond what is kept for later": ("9000-7.5-01", CRYPTO_BUFFER_EXCEEDED, b"\x06" + varint(1 << 20) + b"\1x"),
    "an answer to no challenge": ("", None, b"\x1b" + b"12345678"),
    "a KeyUpdate of TLS": ("", CRYPTO_ERROR + UNEXPECTED_MESSAGE, b"\x06" + varint(0) + varint(5) + b"\x18\0\0\x01\0"),
}


@pytest.mark.parametrize("code, frames", shows(VIOLATIONS))
def test_a_frame_that_breaks_the_rules_ends_its_connection(library, code, frames):
    with Connection(library.address, library.authority) as wire:
        wire.wait_for("confirmed")
        wire.do("inject", frames)
        if code is None:
            assert wire.is_alive()
            return
        end = wire.wait_for_end()
        assert (end.kind, end.scope, end.code) == ("closed", "transport", code)
    assert library.client("h3").get("/books").status == 200


@pytest.mark.parametrize("frames", [PING, b"\0" * 900, b"\x10" + varint(1 << 40), b"\x14" + varint(1), b"\x16" + varint(1)])
def test_frames_that_change_nothing_are_fine(wire, frames):
    wire.wait_for("confirmed")
    for _ in range(3):
        wire.do("inject", frames)
        assert wire.is_alive()


def inject(wire, count, frames):
    for at in range(count):
        wire.do("inject", frames(at) if callable(frames) else frames)
        if at % 50 == 0:
            wire.sync()


FLOODS = {
    "pings": lambda wire: inject(wire, 2000, PING * 1000),
    "challenges": lambda wire: inject(wire, 2000, (b"\x1a" + b"12345678") * 100),
    "windows": lambda wire: inject(wire, 2000, lambda at: b"".join(b"\x10" + varint((1 << 40) + 100 * at + i) for i in range(100))),
    "stopped streams": lambda wire: inject(wire, 2000, lambda at: b"".join(b"\x05" + varint(4 * (i % 50)) + varint(0) for i in range(100))),
    "streams of nothing": lambda wire: inject(wire, 1000, lambda at: b"".join(stream_frame(4 * (i % 100)) for i in range(200))),
    "holes in streams": lambda wire: inject(
        wire, 1000, lambda at: b"".join(stream_frame(0, b"x", offset=2 + 2 * (100 * at + i)) for i in range(100))
    ),
    "changing IDs": lambda wire: inject(
        wire, 1000, lambda at: b"\x18" + varint(50 + at) + varint(50 + at) + b"\x08" + at.to_bytes(8, "big") + at.to_bytes(16, "big")
    ),
}


@pytest.mark.parametrize("name", FLOODS)
def test_a_flood_of_frames_costs_its_own_connection_at_most(library, name):
    client = library.client("h3")
    assert client.get("/books").status == 200
    before = rss(library)
    with Connection(library.address, library.authority) as wire:
        wire.wait_for("confirmed")
        try:
            FLOODS[name](wire)
            wire.sync()
        except Reset:
            pass
        assert client.get("/books").status == 200
        assert rss(library) - before < 32 * KIB * KIB


# Other listeners


def test_ipv6(serve):
    server = serve(LIBRARY, SELF_SIGNED, listen="https://[::1]:0")
    with Connection(server.address, server.authority) as wire:
        assert wire.is_alive()


def test_there_is_none_where_it_is_not_wanted(serve):
    server = serve(LIBRARY, [*SELF_SIGNED, "--http3=no"], listen=HTTPS)
    assert "Alt-Svc" not in server.client("h1").get("/books").headers
    with Quic(server.address, wait=False, handshake=1000) as quic:
        assert quic.wait_for_end().kind == "timed-out"


@requirement("9114-3.1.1-01")
def test_alt_svc_leads_there(library):
    alternative = library.client("h1").get("/books").headers["Alt-Svc"]
    (port,) = re.findall(r'h3=":(\d+)"', alternative)
    with Connection(("127.0.0.1", int(port)), library.authority) as wire:
        assert wire.is_alive()
