"""A session with PostgreSQL, for tests to look at a database and to speak to it
by hand. Nobody asks it for a password."""

import socket
import struct

import pg_messages as pg


class PostgresError(Exception):
    """What the server refuses. `code` is its SQLSTATE."""

    def __init__(self, body):
        fields = {part[:1].decode(): part[1:].decode() for part in body.split(b"\0") if part}
        self.code = fields.get("C")
        super().__init__(f"{self.code}: {fields.get('M')}")


class Session:
    """`address` is the path of a Unix socket, or (host, port). `more` are parameters
    such as options="-csearch_path=x"."""

    def __init__(self, address, timeout=20, **more):
        unix = isinstance(address, str)
        self.sock = socket.socket(socket.AF_UNIX if unix else socket.AF_INET)
        self.sock.settimeout(timeout)
        self.frames = pg.Frames()
        self.pid = None
        self.status = None  # what ReadyForQuery said: b"I", b"T" or b"E"
        try:
            self.sock.connect(address)
            self.send(pg.startup(**{"user": "postgres", "database": "postgres"} | more))
            self.results()
        except BaseException:
            self.sock.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Orderly, if anybody is there."""
        try:
            self.send(pg.TERMINATE)
        except OSError:
            pass
        self.sock.close()

    def send(self, *messages):
        self.sock.sendall(b"".join(messages))

    def receive(self):
        """The next message: (type, body). The end of the connection is an EOFError."""
        while (raw := self.frames.next()) is None:
            data = self.sock.recv(65536)
            if not data:
                raise EOFError("the server has closed the connection")
            self.frames.feed(data)
        return raw[:1], raw[5:]

    def results(self):
        """The rows, and the tags, of all that was sent: up to the next ReadyForQuery."""
        rows, tags, error = [], [], None
        while True:
            kind, body = self.receive()
            if kind == b"D":
                rows.append(self.row(body))
            elif kind == b"C":
                tags.append(body[:-1].decode())
            elif kind == b"E":
                error = PostgresError(body)
                if self.status is None:
                    raise error
            elif kind == b"K":
                (self.pid,) = struct.unpack_from("!i", body)
            elif kind == b"Z":
                self.status = body
                if error:
                    raise error
                return rows, tags

    @staticmethod
    def row(body):
        (count,) = struct.unpack_from("!h", body)
        at, values = 2, []
        for _ in range(count):
            (length,) = struct.unpack_from("!i", body, at)
            at += 4
            values.append(None if length < 0 else body[at : at + length].decode())
            at += max(length, 0)
        return tuple(values)

    def query(self, sql):
        """The rows, as tuples of texts."""
        self.send(pg.query(sql))
        return self.results()[0]

    def value(self, sql):
        """The first column of the only row."""
        (row,) = self.query(sql)
        return row[0]

    def number(self, sql):
        return int(self.value(sql))
