"""HTTP/3 (RFC 9114) over quic.py: a client, and frames by hand.

What comes is read strictly: what breaks RFC 9114 or 9204 fails the test. What
tests send that no client may, they make of `frame` and `varint`, and send.
"""

import qpack
from h2c import head_of, in_bytes  # noqa: F401 (for those who use this)
from message import Broken, Fields, Reset, Response
from quic import Quic

DATA, HEADERS, CANCEL_PUSH, SETTINGS, PUSH_PROMISE, GOAWAY, MAX_PUSH_ID = 0, 1, 3, 4, 5, 7, 13
PRIORITY_UPDATE = 0xF0700
CONTROL, PUSH, ENCODER, DECODER = 0, 1, 2, 3  # types of unidirectional streams
RESERVED = {2, 6, 8, 9}  # frames of HTTP/2 (section 7.2.8)
QPACK_CAPACITY, FIELD_SECTION_MAX, QPACK_BLOCKED = 1, 6, 7  # settings

NO_ERROR, GENERAL_PROTOCOL_ERROR, INTERNAL_ERROR, STREAM_CREATION_ERROR = 0x100, 0x101, 0x102, 0x103
CLOSED_CRITICAL_STREAM, FRAME_UNEXPECTED, FRAME_ERROR, EXCESSIVE_LOAD = 0x104, 0x105, 0x106, 0x107
ID_ERROR, SETTINGS_ERROR, MISSING_SETTINGS, REQUEST_REJECTED = 0x108, 0x109, 0x10A, 0x10B
REQUEST_CANCELLED, REQUEST_INCOMPLETE, MESSAGE_ERROR = 0x10C, 0x10D, 0x10E
CONNECT_ERROR, VERSION_FALLBACK = 0x10F, 0x110
DECOMPRESSION_FAILED, ENCODER_STREAM_ERROR, DECODER_STREAM_ERROR = 0x200, 0x201, 0x202

OF_A_CONNECTION = {"connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"}
UNDER_WAY = 1 << 20  # bytes of content that wait in the probe


def varint(value, size=None):
    """An integer (RFC 9000 section 16); `size` 1, 2, 4 or 8 bytes: or the least."""
    size = size or next(n for n in (1, 2, 4, 8) if value < 1 << (8 * n - 2))
    return (value | {1: 0, 2: 1, 4: 2, 8: 3}[size] << (8 * size - 2)).to_bytes(size, "big")


def read_varint(data, at=0):
    """(value, where the next byte is); None when it is cut off."""
    if at >= len(data):
        return None
    size = 1 << (data[at] >> 6)
    if at + size > len(data):
        return None
    return int.from_bytes(data[at : at + size], "big") & (1 << (8 * size - 2)) - 1, at + size


def frame(kind, payload=b"", length=None):
    return varint(kind) + varint(len(payload) if length is None else length) + payload


def settings(values=()):
    """SETTINGS of {number: value}, or of pairs."""
    pairs = values.items() if hasattr(values, "items") else values
    return frame(SETTINGS, b"".join(varint(n) + varint(v) for n, v in pairs))


def take_frame(data):
    """Cuts (type, payload) off the front; None while it is not all there."""
    kind = read_varint(data)
    length = kind and read_varint(data, kind[1])
    if not length or len(data) < length[0] + length[1]:
        return None
    payload = bytes(data[length[1] : length[0] + length[1]])
    del data[: length[0] + length[1]]
    return kind[0], payload


class Reply:
    """What came on a request's stream, read as far as it has come."""

    def __init__(self):
        self.response = None
        self.ended = False
        self.trailers = False

    def is_final(self):
        return self.response is not None and self.response.status >= 200

    def take(self, stream):
        """Reads the frames that have come in whole."""
        while found := take_frame(stream.data):
            kind, payload = found
            if kind == HEADERS:
                self.take_head(qpack.decode(payload))
            elif kind == DATA:
                if not self.is_final() or self.trailers:
                    raise Broken("DATA where none may be (9114-4.1)")
                self.response.body += payload
            elif kind in RESERVED or kind in (CANCEL_PUSH, SETTINGS, PUSH_PROMISE, GOAWAY, MAX_PUSH_ID):
                raise Broken(f"a frame {kind} on a request's stream (9114-7)")
        if stream.fin and not self.ended:
            if stream.data or not self.is_final():
                raise Broken("a response that is cut off (9114-4.1)")
            self.ended = True

    def take_head(self, lines):
        for name, _ in lines:
            if name != name.lower() or name in OF_A_CONNECTION:
                raise Broken(f"{name} in HTTP/3 (9114-4.2)")
        if self.is_final():
            if self.trailers or any(name.startswith(":") for name, _ in lines):
                raise Broken("no trailers (9114-4.1)")
            self.trailers = True
            self.response.trailers = Fields(lines)
            return
        if not lines or lines[0][0] != ":status" or any(name.startswith(":") for name, _ in lines[1:]):
            raise Broken(f"not the head of a response: {lines} (9114-4.3.2)")
        if lines[0][1] == "101":
            raise Broken("101 in HTTP/3 (9114-4.5)")
        interim = self.response
        self.response = Response(int(lines[0][1]), Fields(lines[1:]))
        if interim:
            self.response.interim = [*interim.interim, interim]


class Connection(Quic):
    """One connection of HTTP/3.

    It shakes hands and sends its settings at once; with `start=False` the test
    does, on streams of its own.
    """

    def __init__(self, address, authority="localhost", timeout=20, start=True, wait=True, **options):
        self.authority = authority
        self.replies = {}
        self.types = {}  # of the server's unidirectional streams
        self.settings = None
        self.goaways = []
        self.control = None  # our stream
        super().__init__(address, timeout, wait=wait, **options)
        if start:
            self.start()

    def start(self, values=()):
        """Our control stream, and our settings."""
        self.control = self.open(bidi=False)
        self.send(self.control, varint(CONTROL) + settings(values))
        return self

    @property
    def usable(self):
        """Can it take one more request?"""
        return not self.end and not self.goaways

    # What comes

    def on_event(self, event):
        super().on_event(event)
        if event.kind == "data":
            stream = self.streams[event.id]
            if event.id in self.replies:
                self.replies[event.id].take(stream)
            elif event.id & 3 == 3:
                self.take_uni(event.id, stream)

    def take_uni(self, number, stream):
        if number not in self.types:
            if not (found := read_varint(stream.data)):
                return
            self.types[number] = found[0]
            del stream.data[: found[1]]
            if found[0] == PUSH or (found[0] < 4 and list(self.types.values()).count(found[0]) > 1):
                raise Broken(f"one more stream of type {found[0]} (9114-6.2)")
        kind = self.types[number]
        if kind == CONTROL:
            self.take_control(stream)
        elif kind == ENCODER and stream.data.strip(b"\x20"):
            raise Broken("entries for a dynamic table that has no room (9204-3.2.3)")
        if kind < 4 and (stream.fin or stream.reset is not None):
            raise Broken("the server ended a critical stream (9114-6.2.1)")

    def take_control(self, stream):
        while found := take_frame(stream.data):
            kind, payload = found
            if (kind == SETTINGS) != (self.settings is None):
                raise Broken("SETTINGS come first, and once (9114-6.2.1)")
            if kind == SETTINGS:
                self.settings, at = {}, 0
                while at < len(payload):
                    name, at = read_varint(payload, at)
                    value, at = read_varint(payload, at)
                    if name in self.settings or name in (2, 3, 4, 5):
                        raise Broken(f"setting {name} (9114-7.2.4)")
                    self.settings[name] = value
            elif kind == GOAWAY:
                self.goaways.append(read_varint(payload)[0])
                if self.goaways != sorted(self.goaways, reverse=True):
                    raise Broken(f"GOAWAY goes up: {self.goaways} (9114-5.2)")
            elif kind in RESERVED or kind in (DATA, HEADERS, PUSH_PROMISE, MAX_PUSH_ID, PRIORITY_UPDATE):
                raise Broken(f"a frame {kind} on the control stream (9114-7)")

    # Requests

    def head(self, method="GET", path="/", *more):
        """The fields of a request, as bytes."""
        return head_of(method, path, self.authority, list(more), "https")

    def request_bytes(self, method="GET", path="/", *more):
        return frame(HEADERS, qpack.encode(self.head(method, path, *more)))

    def ask_for(self, head, end=True):
        """Sends the head of a request on a stream of its own: its id."""
        stream = self.open()
        self.replies[stream] = Reply()
        self.send(stream, frame(HEADERS, qpack.encode(head)), fin=end)
        return stream

    def raw_request(self, data, fin=True):
        """Any bytes on a request's stream: its id."""
        stream = self.open()
        self.replies[stream] = Reply()
        self.send(stream, data, fin)
        return stream

    def get(self, path="/", *more):
        """One request without content: its id."""
        return self.ask_for(self.head("GET", path, *more))

    def reply_of(self, stream):
        """The response, once it is there."""
        reply = self.replies[stream]
        self.until(lambda: reply.ended or self.streams[stream].reset is not None if stream in self.streams else False)
        if not reply.ended:
            raise Reset(self.streams[stream].reset)
        return reply.response

    def send_content(self, stream, chunks):
        """In frames of DATA, while the server wants them."""
        reply, told = self.replies[stream], self.stream(stream)
        for chunk in chunks:
            for at in range(0, len(chunk), 65536):
                self.ask("drain", UNDER_WAY)
                if told.stop is not None or told.reset is not None or reply.ended:
                    return False
                piece = chunk[at : at + 65536]
                self.do("send", stream, frame(DATA, piece))
        return True

    def request(self, head, chunks, trailers=()):
        """Sends one request and gives its response. `chunks` None: no content."""
        stream = self.ask_for(head, end=chunks is None)
        reply = self.replies[stream]
        if chunks is not None:
            if (b"expect", b"100-continue") in head:
                self.until(lambda: reply.response or self.stream(stream).reset is not None)
            if not reply.is_final() and self.send_content(stream, chunks):
                if trailers:
                    self.send(stream, frame(HEADERS, qpack.encode(in_bytes(trailers))))
                self.do("fin", stream)
            elif not self.stream(stream).stop:
                self.do("reset", stream, REQUEST_CANCELLED)
        response = self.reply_of(stream)
        del self.replies[stream], self.streams[stream]
        return response

    # For tests whose point is the frames

    def status_of(self, stream):
        return self.reply_of(stream).status

    def wait_for_reset(self, stream):
        """The code of its RESET_STREAM."""
        self.until(lambda: self.stream(stream).reset is not None)
        return self.streams[stream].reset

    def wait_for_stop(self, stream):
        self.until(lambda: self.stream(stream).stop is not None)
        return self.streams[stream].stop

    def wait_for_code(self):
        """The code of HTTP/3 that the server ends the connection with."""
        end = self.wait_for_end()
        assert (end.kind, end.scope) == ("closed", "application"), end
        return end.code

    def is_alive(self):
        """Does it answer?"""
        return self.status_of(self.get()) > 0
