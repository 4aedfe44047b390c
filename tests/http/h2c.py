"""HTTP/2, over cleartext with prior knowledge or over TLS: a client, and frames by hand.

The client is python3-h2's, which fails where the server breaks RFC 9113. What
tests send that no client may, they write as frames (`FrameConnection`).
"""

import re
import socket
import struct

import hpack
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    InformationalResponseReceived,
    ResponseReceived,
    StreamEnded,
    StreamReset,
    TrailersReceived,
)
from message import Fields, Reset, Response
from tls import TlsSocket, is_secure, trusting

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS = 0, 1, 2, 3, 4
PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = 6, 7, 8, 9
END_STREAM, ACK, END_HEADERS = 1, 1, 4
NO_ERROR, PROTOCOL_ERROR, INTERNAL_ERROR, FLOW_CONTROL_ERROR = 0, 1, 2, 3
STREAM_CLOSED, FRAME_SIZE_ERROR, REFUSED_STREAM, CANCEL = 5, 6, 7, 8
COMPRESSION_ERROR, ENHANCE_YOUR_CALM = 9, 11
# Fields that HTTP/2 has in other places, or not at all (RFC 9113 section 8.2.2).
OF_A_CONNECTION = {
    "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade",
}  # fmt: skip
ABSOLUTE = re.compile(r"(https?)://([^/?#]*)([^#]*)\Z", re.I)


def open_socket(address, timeout):
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    if family == socket.AF_INET and ":" in address[0]:
        family = socket.AF_INET6
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.settimeout(timeout)
    sock.connect(address)
    if family != socket.AF_UNIX:  # as browsers and curl do: frames are small
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return TlsSocket(sock, trusting(["h2"])) if is_secure(address) else sock


def head_of(method, target, authority, fields, scheme="http"):
    """The fields of a request as HTTP/2 and HTTP/3 have them, pseudo-fields first."""
    path = target
    hosts = [value for name, value in fields if name.lower() == "host"]
    if hosts:
        authority = hosts[0]
    if match := ABSOLUTE.match(target):
        scheme, authority, path = match[1], match[2], match[3] or "/"
        if match[3] == "" and method == "OPTIONS":
            path = "*"
        elif path.startswith("?"):
            path = "/" + path
    if method == "CONNECT":  # its target is one
        authority = target
    head = [(":method", method), (":authority", authority)]
    if method != "CONNECT":
        head += [(":scheme", scheme), (":path", path)]
    head += [
        (name.lower(), value.strip(" \t"))
        for name, value in fields
        if name.lower() not in OF_A_CONNECTION | {"host"}
        and not (name.lower() == "te" and value != "trailers")
    ]
    return in_bytes(head)


def in_bytes(fields):
    """As HTTP/1.1's client writes them."""
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in fields]


class ClientConnection:
    """One connection, driven by python3-h2: requests one after the other."""

    def __init__(self, address, timeout=20):
        self.socket = open_socket(address, timeout)
        config = H2Configuration(
            client_side=True,
            header_encoding="latin-1",
            validate_outbound_headers=False,
            normalize_outbound_headers=False,
        )
        self.h2 = H2Connection(config)
        self.h2.initiate_connection()
        self.usable = True
        self.response = None
        self.ended = False
        self.flush()

    def flush(self):
        try:
            self.socket.sendall(self.h2.data_to_send())
        except (BrokenPipeError, ConnectionResetError):
            self.usable = False  # what was answered before is there all the same

    def close(self):
        self.socket.close()

    def on_event(self, event, stream):
        if isinstance(event, ConnectionTerminated):
            self.usable = False
            if event.last_stream_id < stream or event.error_code:
                raise Reset(event.error_code)
        if getattr(event, "stream_id", None) != stream:
            return
        if isinstance(event, (ResponseReceived, InformationalResponseReceived)):
            fields = list(event.headers)
            assert fields[0][0] == ":status", fields
            interim = self.response
            self.response = Response(int(fields[0][1]), Fields(fields[1:]))
            if interim:
                self.response.interim = [*interim.interim, interim]
        elif isinstance(event, DataReceived):
            self.response.body += event.data
            if event.flow_controlled_length:
                self.h2.acknowledge_received_data(event.flow_controlled_length, stream)
        elif isinstance(event, TrailersReceived):
            self.response.trailers = Fields(event.headers)
        elif isinstance(event, StreamEnded):
            self.ended = True
        elif isinstance(event, StreamReset):
            if not self.ended:
                raise Reset(event.error_code)

    def receive(self, stream):
        """Takes some bytes in."""
        data = self.socket.recv(65536)
        if not data:
            raise Reset(None)
        for event in self.h2.receive_data(data):
            self.on_event(event, stream)
        self.flush()

    def has_final(self):
        return self.response is not None and self.response.status >= 200

    def send_body(self, stream, chunks, end):
        for chunk in chunks:
            at = 0
            while at < len(chunk) and not self.ended and self.usable:
                room = min(
                    self.h2.local_flow_control_window(stream),
                    self.h2.max_outbound_frame_size,
                )
                if room <= 0:
                    self.receive(stream)
                    continue
                self.h2.send_data(stream, chunk[at : at + room])
                at += room
                self.flush()
        if end and not self.ended and self.usable:
            self.h2.end_stream(stream)

    def request(self, head, chunks, trailers):
        """Sends one request and reads its response. `chunks` None: no content."""
        stream = self.h2.get_next_available_stream_id()
        self.response, self.ended = None, False
        waits = (b"expect", b"100-continue") in head
        self.h2.send_headers(stream, head, end_stream=chunks is None)
        self.flush()
        while waits and chunks is not None and self.response is None:
            self.receive(stream)
        if chunks is not None and not self.has_final():
            self.send_body(stream, chunks, not trailers)
            if trailers and not self.ended:
                self.h2.send_headers(stream, in_bytes(trailers), end_stream=True)
            self.flush()
        while not self.ended:
            self.receive(stream)
        return self.response


# Frames by hand


def frame(kind, flags=0, stream=0, payload=b"", length=None):
    length = len(payload) if length is None else length
    return struct.pack(">I", length)[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def settings(**values):
    """SETTINGS; by number, as `_4=1`."""
    return frame(
        SETTINGS, payload=b"".join(struct.pack(">HI", int(n[1:]), v) for n, v in values.items())
    )


class FrameConnection:
    """One connection, for tests whose point is the frames.

    `encoder` and `decoder` are HPACK's; what comes is read frame by frame.
    """

    def __init__(self, address, authority, timeout=20):
        self.socket = open_socket(address, timeout)
        self.authority = authority
        self.scheme = "https" if is_secure(address) else "http"
        self.encoder = hpack.Encoder()
        self.decoder = hpack.Decoder()
        self.decoder.max_header_list_size = 1 << 24
        self.buffer = b""
        self.ended = False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        """False when the server takes no more."""
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            return False
        return True

    def start(self, **values):
        """The preface and our settings; the server's come first."""
        self.send(PREFACE + settings(**values))
        return self

    def head(self, method="GET", path="/", *more):
        pseudo = [
            (":method", method),
            (":scheme", self.scheme),
            (":authority", self.authority),
            (":path", path),
        ]
        return self.encoder.encode(pseudo + list(more))

    def request(self, stream, method="GET", path="/", *more, end=True):
        flags = END_HEADERS | (END_STREAM if end else 0)
        return frame(HEADERS, flags, stream, self.head(method, path, *more))

    def raw_request(self, stream, fields, end=True):
        flags = END_HEADERS | (END_STREAM if end else 0)
        return frame(HEADERS, flags, stream, self.encoder.encode(fields))

    def read_frame(self):
        """(type, flags, stream, payload), or None at the end."""
        while len(self.buffer) < 9 or len(self.buffer) < 9 + int.from_bytes(self.buffer[:3], "big"):
            try:
                data = self.socket.recv(65536)
            except ConnectionResetError:
                data = b""
            if not data:
                self.ended = True
                return None
            self.buffer += data
        size = int.from_bytes(self.buffer[:3], "big")
        kind, flags, stream = struct.unpack(">BBI", self.buffer[3:9])
        payload, self.buffer = self.buffer[9 : 9 + size], self.buffer[9 + size :]
        return kind, flags, stream, payload

    def frames(self):
        while one := self.read_frame():
            yield one

    def wait_for(self, kind, stream=None, flags=0):
        """The payload of the next such frame; heads are decoded on the way."""
        for found, has, number, payload in self.frames():
            if found == HEADERS:
                payload = self.decoder.decode(payload)
            if found == kind and (stream is None or stream == number) and has & flags == flags:
                return payload
        raise AssertionError(f"the connection ended before a frame {kind}")

    def wait_for_status(self, stream):
        return int(dict(self.wait_for(HEADERS, stream))[":status"])

    def wait_for_reset(self, stream):
        """The code of the stream's RST_STREAM."""
        return int.from_bytes(self.wait_for(RST_STREAM, stream), "big")

    def wait_for_goaway(self):
        """The code of a GOAWAY, behind which the connection ends."""
        code = None
        for kind, _, _, payload in self.frames():
            if kind == GOAWAY:
                code = int.from_bytes(payload[4:8], "big")
        return code

    def is_alive(self):
        """Does it answer a PING?"""
        self.send(frame(PING, payload=b"are you?"))
        return self.wait_for(PING, flags=ACK) == b"are you?"
