"""HTTP/1.1 on a socket, read strictly: what breaks RFC 9112 fails the test."""

import re
import socket

from message import Broken, Fields, Response
from tls import TlsSocket, is_secure

STATUS_LINE = re.compile(rb"HTTP/1\.1 ([1-5][0-9][0-9]) ([\t \x21-\x7e\x80-\xff]*)\Z")
FIELD_LINE = re.compile(
    rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*"
    rb"((?:[\x21-\x7e\x80-\xff](?:[\t \x21-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?)"
    rb"[ \t]*\Z"
)
CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]+)(;.*)?\Z")
REQUEST_LINE = re.compile(rb"^([!#$%&'*+.^_`|~0-9A-Za-z-]+) [^ \r\n]+ HTTP/1\.[01]\r?$", re.M)


class Connection:
    """One connection, for tests that care when which bytes go."""

    def __init__(self, address, timeout=20):
        family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
        if family == socket.AF_INET and ":" in address[0]:
            family = socket.AF_INET6
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        self.socket.settimeout(timeout)
        self.socket.connect(address)
        if is_secure(address):
            self.socket = TlsSocket(self.socket, at_once=False)
        self.buffer = b""
        self.ended = False

    def send(self, data):
        self.socket.sendall(data)

    def half_close(self):
        """Says that no more comes (RFC 9112 section 9.6)."""
        self.socket.shutdown(socket.SHUT_WR)

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # Reading

    def more(self):
        """Takes in some bytes; False at the end of the connection."""
        if self.ended:
            return False
        data = self.socket.recv(65536)
        self.ended = not data
        self.buffer += data
        return bool(data)

    def at_end(self):
        """True when the server has closed and nothing is left; it waits."""
        return not self.buffer and not self.more()

    def is_silent(self, seconds):
        """True when nothing comes, not even the end, for so long."""
        if self.buffer or self.ended:
            return False
        before = self.socket.gettimeout()
        self.socket.settimeout(seconds)
        try:
            self.more()
        except TimeoutError:
            return True
        finally:
            self.socket.settimeout(before)
        return False

    def read_line(self):
        while b"\n" not in self.buffer:
            if not self.more():
                raise Broken(f"the connection ended in a line: {self.buffer!r}")
        line, self.buffer = self.buffer.split(b"\n", 1)
        if not line.endswith(b"\r") or b"\r" in line[:-1]:
            raise Broken(f"not a line ended by CRLF: {line!r}")
        return line[:-1]

    def read_exactly(self, size):
        taken, self.buffer = bytearray(self.buffer[:size]), self.buffer[size:]
        while len(taken) < size:  # joined at the end only: content may be large
            if not self.more():
                raise Broken(f"{len(taken)} of {size} bytes came")
            missing = size - len(taken)
            taken += self.buffer[:missing]
            self.buffer = self.buffer[missing:]
        return bytes(taken)

    def read_fields(self):
        lines = []
        while line := self.read_line():
            match = FIELD_LINE.match(line)
            if not match:
                raise Broken(f"not a field line: {line!r}")
            lines.append(tuple(part.decode("latin-1") for part in match.groups()))
        return Fields(lines)

    def read_chunked(self):
        body = b""
        while True:
            match = CHUNK_SIZE.match(self.read_line())
            if not match:
                raise Broken("not a chunk size")
            size = int(match[1], 16)
            if size == 0:
                return body, self.read_fields()
            body += self.read_exactly(size)
            if self.read_exactly(2) != b"\r\n":
                raise Broken("no CRLF after a chunk's data")

    def read_to_end(self):
        while self.more():
            pass
        data, self.buffer = self.buffer, b""
        return data

    def read_body(self, method, response):
        """RFC 9112 section 6.3, in its order."""
        fields = response.headers
        if method == "HEAD" or response.status < 200 or response.status in (204, 304):
            response.framing = "none"
        elif "Transfer-Encoding" in fields:
            if fields.tokens("Transfer-Encoding") != ["chunked"]:
                raise Broken(f"transfer coding {fields.get('Transfer-Encoding')}")
            response.framing = "chunked"
            response.body, response.trailers = self.read_chunked()
        elif "Content-Length" in fields:
            response.framing = "length"
            if not re.fullmatch("[0-9]+", fields["Content-Length"]):
                raise Broken(f"Content-Length: {fields['Content-Length']}")
            response.body = self.read_exactly(int(fields["Content-Length"]))
        else:
            response.framing = "close"
            response.body = self.read_to_end()

    def read_head(self):
        line = self.read_line()
        match = STATUS_LINE.match(line)
        if not match:
            raise Broken(f"not a status line: {line!r}")
        return Response(
            int(match[1]), self.read_fields(), reason=match[2].decode("latin-1")
        )

    def read_interim(self):
        """The head of an interim response that must come now."""
        response = self.read_head()
        if not 100 <= response.status < 200:
            raise Broken(f"{response.status} where an interim response was due")
        return response

    def read_response(self, method="GET"):
        """The next final response to a request of this method."""
        interim = []
        response = self.read_head()
        while 100 <= response.status < 200 and response.status != 101:
            interim.append(response)
            response = self.read_head()
        response.interim = interim
        self.read_body(method, response)
        return response


def methods_of(data):
    """The methods of the requests that can be made out in some bytes."""
    return [method.decode() for method in REQUEST_LINE.findall(data)]


def format_request(method, target, fields, body=None, chunked=False, trailers=()):
    """The bytes of a request; `body` is bytes, or a list of chunks."""
    fields = list(fields)
    names = {name.lower() for name, _ in fields}
    if body is not None and chunked:
        if "transfer-encoding" not in names:
            fields.append(("Transfer-Encoding", "chunked"))
        chunks = body if isinstance(body, list) else [body]
        content = b"".join(b"%x\r\n%s\r\n" % (len(c), c) for c in chunks if c)
        content += b"0\r\n" + format_fields(trailers) + b"\r\n"
    else:
        content = body or b""
        if body is not None and "content-length" not in names:
            fields.append(("Content-Length", str(len(content))))
    head = f"{method} {target} HTTP/1.1\r\n".encode("latin-1")
    return head + format_fields(fields) + b"\r\n" + content


def format_fields(fields):
    return b"".join(f"{n}: {v}\r\n".encode("latin-1") for n, v in fields)
