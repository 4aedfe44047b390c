"""WebSocket (RFC 6455) through a gateway: as HTTP/1.1 switches to it, and as
an extended CONNECT of HTTP/2 (RFC 8441) that becomes a switch behind it."""

import base64
import hashlib
import struct

import h2c
import pytest
from ledger import requirement
from origin import gateway_to
from tunnels import Http3, Refused
from upstream import Upstream, response

KEY = base64.b64encode(b"sixteen bytes...").decode()
MASK = b"\x01\x02\x03\x04"
TEXT, CLOSE = 1, 8


def accepted(key):
    digest = hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
    return base64.b64encode(digest).decode()


def masked(data):
    return bytes(byte ^ MASK[i % 4] for i, byte in enumerate(data))


def message(kind, data):
    """A client's frame."""
    length = bytes([0x80 | len(data)]) if len(data) < 126 else b"\xfe" + struct.pack(">H", len(data))
    return bytes([0x80 | kind]) + length + MASK + masked(data)


def read_message(read):
    """(kind, data) of the next frame; `read` gives so many bytes."""
    kind, length = read(2)
    mask = length & 0x80
    length &= 0x7F
    assert length < 127
    if length == 126:
        (length,) = struct.unpack(">H", read(2))
    if mask:
        assert read(4) == MASK
    data = read(length)
    return kind & 0xF, masked(data) if mask else data


def reply(kind, data):
    """A server's frame."""
    length = bytes([len(data)]) if len(data) < 126 else b"\x7e" + struct.pack(">H", len(data))
    return bytes([0x80 | kind]) + length + data


def echo(peer, request):
    """The other server: switches, says hello, and sends back what it is sent."""
    if request.get("Upgrade") != "websocket":
        peer.send(response(426, [("Upgrade", "websocket"), ("Connection", "upgrade")]))
        return
    peer.send(
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Accept: " + accepted(request.get("Sec-WebSocket-Key")).encode() + b"\r\n\r\n"
        + reply(TEXT, b"hello")
    )  # fmt: skip
    kind = TEXT
    while kind != CLOSE:
        kind, data = read_message(peer.take)
        peer.send(reply(kind, data))
    peer.close()


@pytest.fixture(scope="module")
def upstream():
    with Upstream() as running:
        running.always(echo)
        yield running


@pytest.fixture(scope="module")
def server(module_serve, upstream):
    return module_serve(gateway_to(upstream.url, "/chat"), listen="http://127.0.0.1:0")


def converse(send, read):
    assert read_message(read) == (TEXT, b"hello")
    for data in (b"", b"hi", b"x" * 125, b"y" * 60_000):
        send(message(TEXT, data))
        assert read_message(read) == (TEXT, data)
    send(message(CLOSE, b"\x03\xe8"))
    assert read_message(read) == (CLOSE, b"\x03\xe8")


@requirement("9110-7.8-03", "9110-7.8-08")
def test_over_http_1(server, upstream):
    with server.connect() as connection:
        connection.send(
            f"GET /chat/room HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\nOrigin: http://a.example\r\n\r\n".encode()
        )
        assert connection.read_line().startswith(b"HTTP/1.1 101")
        fields = connection.read_fields()
        assert fields["Sec-WebSocket-Accept"] == accepted(KEY) and fields["Upgrade"] == "websocket"
        assert "upgrade" in fields["Connection"].lower()
        converse(connection.send, connection.read_exactly)
        assert connection.at_end()
    request = upstream.requests[-1]
    assert request.target == "/room" and request.get("Origin") == "http://a.example"


class Stream:
    """One of HTTP/2 that became a WebSocket."""

    def __init__(self, connection):
        self.connection = connection
        self.buffer = b""

    def send(self, data):
        for at in range(0, len(data), 16384):
            self.connection.send(h2c.frame(h2c.DATA, 0, 1, data[at : at + 16384]))

    def read(self, count):
        while len(self.buffer) < count:
            data = self.connection.wait_for(h2c.DATA, 1)
            self.buffer += data
            if data:
                more = struct.pack(">I", len(data))
                self.connection.send(
                    h2c.frame(h2c.WINDOW_UPDATE, payload=more) + h2c.frame(h2c.WINDOW_UPDATE, 0, 1, more)
                )
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data


def ask(connection, path="/chat/room"):
    """The status of an extended CONNECT."""
    connection.send(
        connection.raw_request(
            1,
            [(":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "http"), (":path", path),
             (":authority", connection.authority), ("sec-websocket-version", "13")],
            end=False,
        )  # fmt: skip
    )
    return connection.wait_for_status(1)


@requirement("8441-3-01", "8441-4-01")
def test_over_http_2(server, upstream):
    with h2c.FrameConnection(server.address, server.authority).start() as connection:
        said = connection.wait_for(h2c.SETTINGS)
        assert (8, 1) in [struct.unpack_from(">HI", said, at) for at in range(0, len(said), 6)]
        assert ask(connection) == 200
        stream = Stream(connection)
        converse(stream.send, stream.read)
    request = upstream.requests[-1]
    assert request.method == "GET" and request.target == "/room" and request.get("Sec-WebSocket-Key")


@pytest.fixture(scope="module")
def secure_server(module_serve, upstream):
    return module_serve(gateway_to(upstream.url, "/chat"), ["--tls-self-signed"], listen="https://127.0.0.1:0")


def over_http_3(server, protocol="websocket", path="/chat/room"):
    asked = [(":protocol", protocol), (":scheme", "https"), (":path", path), ("sec-websocket-version", "13")]
    return Http3(server, server.authority, fields=asked)


@requirement("8441-3-01", "8441-4-01", "9220-3-01")
def test_over_http_3(secure_server, upstream):
    socket = over_http_3(secure_server)
    assert socket.connection.settings.get(8) == 1
    converse(socket.send, socket.read)
    assert socket.read_to_end() == b""
    socket.close()
    request = upstream.requests[-1]
    assert request.method == "GET" and request.target == "/room" and request.get("Sec-WebSocket-Key")


def test_two_on_one_connection_of_http_3_are_two(secure_server):
    one, other = over_http_3(secure_server), over_http_3(secure_server)
    for socket in (one, other):
        assert read_message(socket.read) == (TEXT, b"hello")
    one.send(message(TEXT, b"to one"))
    other.send(message(TEXT, b"to the other"))
    assert read_message(other.read) == (TEXT, b"to the other")
    assert read_message(one.read) == (TEXT, b"to one")
    one.close(), other.close()


@requirement("9220-3-01")
def test_what_nobody_knows_is_not_opened_over_http_3(secure_server):
    for protocol, path, status in (("websocket", "/other", 404), ("foo", "/other", 404)):
        with pytest.raises(Refused) as refused:
            over_http_3(secure_server, protocol, path)
        assert refused.value.status == status


def test_what_is_not_a_gateways_is_not_switched(server):
    with h2c.FrameConnection(server.address, server.authority).start() as connection:
        assert ask(connection, "/other") == 404


def test_a_server_without_gateways_does_not_offer_it(serve):
    server = serve(listen="http://127.0.0.1:0")
    with h2c.FrameConnection(server.address, server.authority).start() as connection:
        said = connection.wait_for(h2c.SETTINGS)
        assert 8 not in [struct.unpack_from(">H", said, at)[0] for at in range(0, len(said), 6)]
