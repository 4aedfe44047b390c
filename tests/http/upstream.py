"""A server behind the one under test: it writes down what it is sent, and
answers with the bytes that it is given, so that it can misbehave at every one.

    upstream.then(b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nhi")
    upstream.then(cut(b"HTTP/1.1 200 OK\\r\\nContent-Le"))
    upstream.always(lambda connection, request: ...)
"""

import contextlib
import socket
import struct
import threading
import time


class Received:
    """A request as it came."""

    def __init__(self, head):
        self.raw = head
        lines = head.decode("latin-1").split("\r\n")
        self.method, self.target, self.version = lines[0].split(" ")
        self.fields = []
        for line in lines[1:]:
            name, _, value = line.partition(":")
            self.fields.append((name, value.strip()))
        self.content = b""
        self.trailers = []
        self.connection = None  # its number

    def all(self, name):
        """The values of a field, a line each."""
        return [value for field, value in self.fields if field.lower() == name.lower()]

    def get(self, name):
        """The value of a field that is there once, or None."""
        values = self.all(name)
        assert len(values) < 2, values
        return values[0] if values else None


class Peer:
    """One connection of the server under test."""

    def __init__(self, sock, number):
        self.socket = sock
        self.number = number
        self.buffer = b""
        self.closed = False

    def send(self, data, pause=0, piece=None):
        """Sends all of it, or pieces with pauses between them."""
        for at in range(0, len(data), piece or max(len(data), 1)):
            self.socket.sendall(data[at : at + (piece or len(data))])
            time.sleep(pause)

    def close(self):
        self.closed = True
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()

    def reset(self):
        """Ends it without a word: RST."""
        self.closed = True
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def more(self):
        data = self.socket.recv(65536)
        self.buffer += data
        return bool(data)

    def take(self, count):
        while len(self.buffer) < count:
            if not self.more():
                raise EOFError
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def take_until(self, mark):
        while mark not in self.buffer:
            if not self.more():
                raise EOFError
        data, self.buffer = self.buffer.split(mark, 1)
        return data

    def read_head(self):
        request = Received(self.take_until(b"\r\n\r\n"))
        request.connection = self.number
        return request

    def read_content(self, request):
        if request.get("Transfer-Encoding"):
            self.read_chunks(request)
        elif request.get("Content-Length"):
            request.content = self.take(int(request.get("Content-Length")))

    def read_chunks(self, request):
        while size := int(self.take_until(b"\r\n").split(b";")[0], 16):
            request.content += self.take(size)
            assert self.take(2) == b"\r\n"
        while line := self.take_until(b"\r\n"):
            name, _, value = line.decode().partition(":")
            request.trailers.append((name, value.strip()))


def response(status=200, fields=(), content=b"", *, reason="It"):
    """A good one with a length."""
    lines = [f"HTTP/1.1 {status} {reason}", *(f"{n}: {v}" for n, v in fields)]
    if content and not any(name == "Content-Type" for name, _ in fields):
        lines.append("Content-Type: text/plain")
    if status >= 200 and status not in (204, 304):
        lines.append(f"Content-Length: {len(content)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def chunked(pieces, fields=(), trailers=()):
    lines = ["HTTP/1.1 200 It", "Transfer-Encoding: chunked", "Content-Type: text/plain", *(f"{n}: {v}" for n, v in fields)]
    text = "\r\n".join(lines).encode() + b"\r\n\r\n"
    for piece in pieces:
        text += b"%x\r\n%s\r\n" % (len(piece), piece)
    return text + b"0\r\n" + "".join(f"{n}: {v}\r\n" for n, v in trailers).encode() + b"\r\n"


def cut(data):
    """Sends this, and closes."""

    def answer(peer, _):
        peer.send(data)
        peer.close()

    return answer


def close(peer, _):
    peer.close()


def reset(peer, _):
    peer.reset()


def silence(peer, _):
    """Never says anything."""
    with contextlib.suppress(OSError):
        while peer.more():
            pass
    peer.close()


class Upstream:
    """Listens on a port of its own until it is closed."""

    def __init__(self, address=("127.0.0.1", 0), tls=None):
        self.tls = tls  # an ssl.SSLContext
        family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
        self.listener = socket.socket(family, socket.SOCK_STREAM)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(address)
        self.listener.listen(128)
        self.lock = threading.Lock()
        self.requests = []
        self.answers = []
        self.usual = response(content=b"hello")
        self.reads_content = True
        self.count = 0
        self.peers = []
        self.ended = False
        threading.Thread(target=self.accept, daemon=True).start()

    @property
    def authority(self):
        host, port = self.listener.getsockname()
        return f"{host}:{port}"

    @property
    def url(self):
        return f"{'https' if self.tls else 'http'}://{self.authority}"

    # What it does

    def then(self, *answers):
        """The next requests are answered so, one after the other."""
        with self.lock:
            self.answers += answers

    def always(self, answer):
        """All others are answered so."""
        self.usual = answer

    def forget(self):
        with self.lock:
            self.requests = []
            self.answers = []
        self.usual = response(content=b"hello")

    def only(self):
        """The one request that came."""
        assert len(self.requests) == 1, [r.raw for r in self.requests]
        return self.requests[0]

    # How

    def accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            sock.settimeout(60)
            with self.lock:
                self.count += 1
                peer = Peer(sock, self.count)
                self.peers.append(peer)
            threading.Thread(target=self.serve, args=(peer,), daemon=True).start()

    def serve(self, peer):
        with contextlib.suppress(EOFError, OSError):
            if self.tls:
                peer.socket = self.tls.wrap_socket(peer.socket, server_side=True)
            while not peer.closed:
                request = peer.read_head()
                if self.reads_content:
                    peer.read_content(request)
                with self.lock:
                    self.requests.append(request)
                    answer = self.answers.pop(0) if self.answers else self.usual
                if callable(answer):
                    answer(peer, request)
                else:
                    peer.send(answer)
        peer.close()

    def close(self):
        self.listener.close()
        for peer in self.peers:
            with contextlib.suppress(OSError):
                peer.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
