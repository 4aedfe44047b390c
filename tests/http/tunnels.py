"""Tunnels through a proxy (CONNECT), as each version of HTTP has them, and
what is at their other end."""

import socket
import struct
import threading
from contextlib import contextmanager, suppress

import h2c
import h3


class Refused(Exception):
    """There is no tunnel, but a response."""

    def __init__(self, status, fields, content=b""):
        super().__init__(status)
        self.status, self.fields, self.content = status, fields, content


class Http1:
    """Over HTTP/1.1; `behind` goes right behind the head, in one piece with it."""

    def __init__(self, proxy, authority, behind=b"", fields=(), timeout=20):
        self.connection = proxy.connect(timeout)
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields)
        head = f"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n{lines}\r\n"
        self.connection.send(head.encode() + behind)
        got = self.read_head()
        if got.status // 100 != 2:
            content = self.connection.read_exactly(int(got.fields.get("Content-Length", "0")))
            self.close()
            raise Refused(got.status, got.fields, content)
        self.fields = got.fields

    def read_head(self):
        line = self.connection.read_line().decode()
        return Refused(int(line.split()[1]), self.connection.read_fields())

    def send(self, data):
        self.connection.send(data)

    def read(self, count):
        return self.connection.read_exactly(count)

    def read_to_end(self):
        return self.connection.read_to_end()

    def half_close(self):
        self.connection.half_close()

    def close(self):
        self.connection.close()


class Http2:
    """Over HTTP/2, one on a connection of its own."""

    def __init__(self, proxy, authority, behind=b"", fields=(), timeout=20):
        self.connection = h2c.FrameConnection(proxy.address, authority, timeout).start()
        self.buffer, self.ended = b"", False
        self.unsaid = 0
        self.windows = [65535, 65535]  # the connection's, and its own
        head = [(":method", "CONNECT"), (":authority", authority), *fields]
        self.connection.send(self.connection.raw_request(1, head, end=False) + h2c.frame(h2c.DATA, 0, 1, behind))
        self.use(len(behind))
        while not (head := self.take()):
            pass
        fields = {str(name): str(value) for name, value in self.connection.decoder.decode(head)}
        status = int(fields[":status"])
        if status // 100 != 2:
            self.take_all()
            raise Refused(status, fields, self.buffer)
        self.fields = fields

    def use(self, count):
        self.windows = [window - count for window in self.windows]

    def take(self):
        """One frame; what comes is acknowledged. A field block's bytes, if it is one."""
        got = self.connection.read_frame()
        if got is None:
            raise EOFError
        kind, flags, stream, payload = got
        if kind == h2c.DATA:
            self.buffer += payload
            self.unsaid += len(payload)
            if self.unsaid > 16384:
                more, self.unsaid = struct.pack(">I", self.unsaid), 0
                self.connection.send(
                    h2c.frame(h2c.WINDOW_UPDATE, payload=more) + h2c.frame(h2c.WINDOW_UPDATE, 0, 1, more)
                )
        elif kind == h2c.WINDOW_UPDATE:
            self.windows[stream] += struct.unpack(">I", payload)[0]
        elif kind == h2c.SETTINGS:
            values = dict(struct.unpack_from(">HI", payload, at) for at in range(0, len(payload), 6))
            self.windows[1] += values.get(4, 65535) - 65535
        elif kind == h2c.GOAWAY:
            raise AssertionError(payload)
        elif kind == h2c.RST_STREAM:
            raise ConnectionResetError(int.from_bytes(payload, "big"))
        self.ended |= kind in (h2c.DATA, h2c.HEADERS) and bool(flags & h2c.END_STREAM)
        return payload if kind == h2c.HEADERS else None

    def take_all(self):
        while not self.ended:
            self.take()

    def send(self, data):
        for at in range(0, len(data), 16384):
            piece = data[at : at + 16384]
            while min(self.windows) < len(piece):
                self.take()
            self.use(len(piece))
            self.connection.send(h2c.frame(h2c.DATA, 0, 1, piece))

    def read(self, count):
        while len(self.buffer) < count:
            self.take()
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def read_to_end(self):
        self.take_all()
        data, self.buffer = self.buffer, b""
        return data

    def half_close(self):
        self.connection.send(h2c.frame(h2c.DATA, h2c.END_STREAM, 1))

    def close(self):
        self.connection.socket.close()


class Http3:
    """Over HTTP/3, likewise; an extended CONNECT is `fields` that begin with a colon."""

    def __init__(self, proxy, authority, behind=b"", fields=(), timeout=20):
        self.connection = h3.Connection(proxy.address, authority, timeout)
        head = h3.in_bytes([(":method", "CONNECT"), (":authority", authority), *fields])
        self.stream = self.connection.ask_for(head, end=False)
        self.reply = self.connection.replies[self.stream]
        if behind:
            self.send(behind)
        self.connection.until(lambda: self.reply.is_final() or self.reply.ended)
        response = self.reply.response
        if response.status // 100 != 2:
            self.connection.until(lambda: self.reply.ended)
            raise Refused(response.status, response.headers, response.body)
        self.fields = response.headers
        self.taken = 0

    def send(self, data):
        for at in range(0, len(data), 65536):
            self.connection.ask("drain", h3.UNDER_WAY)
            self.connection.do("send", self.stream, h3.frame(h3.DATA, data[at : at + 65536]))

    def read(self, count):
        self.connection.until(lambda: len(self.reply.response.body) >= self.taken + count)
        self.taken += count
        return self.reply.response.body[self.taken - count : self.taken]

    def read_to_end(self):
        self.connection.until(lambda: self.reply.ended or self.connection.stream(self.stream).reset is not None)
        if not self.reply.ended:
            raise ConnectionResetError(self.connection.streams[self.stream].reset)
        return self.reply.response.body[self.taken :]

    def half_close(self):
        self.connection.do("fin", self.stream)

    def close(self):
        self.connection.close()


VERSIONS = {"h1": Http1, "h2": Http2}


class Peer:
    """A connection that has come out of the tunnel."""

    def __init__(self, sock):
        self.socket = sock
        sock.settimeout(20)

    def read(self, count):
        data = b""
        while len(data) < count:
            piece = self.socket.recv(count - len(data))
            if not piece:
                raise EOFError(data)
            data += piece
        return data

    def read_to_end(self):
        pieces = []
        while piece := self.socket.recv(65536):
            pieces.append(piece)
        return b"".join(pieces)


@contextmanager
def far_end():
    """(host:port, accept): a listener, and a function that gives who came next."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(20)
    peers = []

    def accept():
        peers.append(Peer(listener.accept()[0]))
        return peers[-1]

    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}", accept
    finally:
        listener.close()
        for peer in peers:
            peer.socket.close()


@contextmanager
def echoing():
    """host:port of what sends back all that it gets."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)

    def echo(sock):
        with suppress(OSError), sock:
            while data := sock.recv(65536):
                sock.sendall(data)

    def run():
        with suppress(OSError):
            while True:
                threading.Thread(target=echo, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=run, daemon=True).start()
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
