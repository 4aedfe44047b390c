"""The one client of the black-box tests.

`request` is what most tests use; it knows nothing of a protocol version, so
that the same tests can run over others. `raw` and `connect` are HTTP/1.1's,
for tests whose point is the bytes. Every response is held against rules.py.
"""

import json as json_module
import os
import select

import h1
import h2c
import h3
import rules
from h1 import Connection
from message import Broken, Fields, Reset, Response  # noqa: F401 (for the tests)
from tls import is_secure


def pairs(headers):
    """Header fields as pairs, from a mapping or from pairs."""
    return list(headers.items() if hasattr(headers, "items") else headers)


class Client:
    """What every protocol version's client can do."""

    secure = False  # only over TLS

    def __init__(self, address, authority):
        self.address = address  # (host, port), or a Unix socket's path
        self.authority = authority

    def exchange(self, method, target, fields, body, chunked, trailers):
        raise NotImplementedError

    def request(
        self,
        method,
        target,
        headers=(),
        body=None,
        *,
        json=None,
        chunked=False,
        trailers=(),
    ):
        """Sends one request and gives its final Response.

        `body` is bytes or text, or with `chunked` a list of bytes, one a
        chunk; `json` is a value, sent as application/json unless the headers
        name another type.
        """
        fields = pairs(headers)
        names = {name.lower() for name, _ in fields}
        if json is not None:
            body = json_module.dumps(json)
            if "content-type" not in names:
                fields.append(("Content-Type", "application/json"))
        if isinstance(body, str):
            body = body.encode()
        response = self.exchange(
            method, target, fields, body, chunked, pairs(trailers)
        )
        rules.check(method, response)
        return response

    def get(self, target, headers=()):
        return self.request("GET", target, headers)

    def head(self, target, headers=()):
        return self.request("HEAD", target, headers)

    def options(self, target, headers=()):
        return self.request("OPTIONS", target, headers)

    def delete(self, target, headers=()):
        return self.request("DELETE", target, headers)

    def put(self, target, headers=(), body=None, **more):
        return self.request("PUT", target, headers, body, **more)

    def post(self, target, headers=(), body=None, **more):
        return self.request("POST", target, headers, body, **more)

    def patch(self, target, headers=(), body=None, **more):
        return self.request("PATCH", target, headers, body, **more)

    def query(self, target, headers=(), body=None, **more):
        return self.request("QUERY", target, headers, body, **more)

    def close(self):
        pass


class H1Client(Client):
    """HTTP/1.1; its requests share one connection while the server lets it."""

    version = "HTTP/1.1"

    def __init__(self, address, authority):
        super().__init__(address, authority)
        self.kept = None

    def connect(self, timeout=20):
        """A connection of its own, to send and read on at will."""
        return Connection(self.address, timeout)

    def raw(self, data, methods=None, timeout=20):
        """Sends the bytes, half-closes, and reads every response to the end.

        A half-close neither ends nor cancels a request (RFC 9112 section 9.6),
        so what was asked is answered and the server then closes. `methods`
        are those of the requests in the bytes, where they cannot be made out.
        """
        methods = list(methods or h1.methods_of(data))
        responses = []
        with self.connect(timeout) as connection:
            try:
                connection.send(data)
                connection.half_close()
            except (BrokenPipeError, ConnectionResetError):
                pass  # refused early; the answer is there all the same
            while not connection.at_end():
                method = methods.pop(0) if methods else "GET"
                response = connection.read_response(method)
                rules.check(method, response)
                responses.append(response)
        return responses

    def exchange(self, method, target, fields, body, chunked, trailers):
        if not any(name.lower() == "host" for name, _ in fields):
            fields = [("Host", self.authority), *fields]
        connection = self.open_connection()
        connection.send(
            h1.format_request(method, target, fields, body, chunked, trailers)
        )
        response = connection.read_response(method)
        if connection.buffer:
            raise Broken(f"{connection.buffer!r} after a response (9112-9.2-02)")
        if response.framing == "close" or "close" in response.headers.tokens(
            "Connection"
        ):
            self.close()
        return response

    def open_connection(self):
        """The kept connection, or a new one when the server has closed it."""
        if self.kept and select.select([self.kept.socket], [], [], 0)[0]:
            self.close()
        if self.kept is None:
            self.kept = self.connect()
        return self.kept

    def close(self):
        if self.kept:
            self.kept.close()
        self.kept = None


def with_length(fields, body, chunked):
    """The fields as text, with Content-Length where the content's is known;
    and the content in chunks, None where there is none."""
    fields = [(str(name), str(value)) for name, value in fields]
    if body is None:
        return fields, None
    chunks = body if isinstance(body, list) else [body]
    if not chunked and not any(name.lower() == "content-length" for name, _ in fields):
        fields.append(("content-length", str(sum(map(len, chunks)))))
    return fields, chunks


class SecureH1Client(H1Client):
    """HTTP/1.1 over TLS."""

    secure = True


class KeptClient(Client):
    """Keeps one connection, on which requests are streams."""

    def __init__(self, address, authority):
        super().__init__(address, authority)
        self.kept = None

    def raw(self, data, methods=None, timeout=20):
        """Bytes are HTTP/1.1's."""
        return H1Client(self.address, self.authority).raw(data, methods, timeout)

    def connect(self, timeout=20):
        return Connection(self.address, timeout)

    def close(self):
        if self.kept:
            self.kept.close()
        self.kept = None


class H2Client(KeptClient):
    """HTTP/2, with prior knowledge where the address is not TLS's; its requests
    share one connection, one after the other, while the server lets it."""

    version = "HTTP/2"

    def exchange(self, method, target, fields, body, chunked, trailers):
        fields, chunks = with_length(fields, body, chunked)
        scheme = "https" if is_secure(self.address) else "http"
        head = h2c.head_of(method, target, self.authority, fields, scheme)
        trailers = [(name.lower(), value) for name, value in trailers]
        connection = self.open_connection()
        try:
            return connection.request(head, chunks, trailers)
        except Exception:
            connection.usable = False
            raise

    def open_connection(self):
        """The kept connection, or a new one when it has come to its end."""
        if self.kept and (
            not self.kept.usable or select.select([self.kept.socket], [], [], 0)[0]
        ):
            self.close()
        if self.kept is None:
            self.kept = h2c.ClientConnection(self.address)
        return self.kept


class SecureH2Client(H2Client):
    """HTTP/2 over TLS, which ALPN chooses."""

    secure = True


class H3Client(KeptClient):
    """HTTP/3 at the address of TLS; its requests share one connection, one
    after the other, while the server lets it."""

    version = "HTTP/3"
    secure = True

    def exchange(self, method, target, fields, body, chunked, trailers):
        fields, chunks = with_length(fields, body, chunked)
        head = h2c.head_of(method, target, self.authority, fields, "https")
        trailers = [(name.lower(), value) for name, value in trailers]
        connection = self.open_connection()
        try:
            return connection.request(head, chunks, trailers)
        except Exception:
            self.close()
            raise

    def open_connection(self):
        """The kept connection, or a new one when it has come to its end."""
        if self.kept:
            self.kept.settle()
            if not self.kept.usable:
                self.close()
        if self.kept is None:
            self.kept = h3.Connection(self.address)
        return self.kept


# All wires: what VB_PROTOCOL may be.
PROTOCOLS = {
    "h1": H1Client,
    "h1+tls": SecureH1Client,
    "h2c": H2Client,
    "h2": SecureH2Client,
    "h3": H3Client,
}


def protocol():
    """The wire under test."""
    return os.environ.get("VB_PROTOCOL", "h1")
