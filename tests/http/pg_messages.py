"""PostgreSQL's protocol 3.0, as far as tests write it or look into it."""

import struct
from collections import namedtuple

VERSION_3 = 196608
CANCEL, TLS, GSS = 80877102, 80877103, 80877104

# raw: its bytes. kind: its type, b"" for those that have none. sql: what an
# Execute or a Query runs. tag: what a CommandComplete says. bound: what a Bind
# makes ready.
Message = namedtuple("Message", "raw kind sql tag bound", defaults=(b"", None, None, None))


def number(value):
    return struct.pack("!i", value)


def text(value):
    return value.encode() + b"\0"


def message(kind, *parts):
    body = b"".join(parts)
    return kind + number(len(body) + 4) + body


def startup(**parameters):
    pairs = b"".join(text(name) + text(value) for name, value in parameters.items())
    return message(b"", number(VERSION_3), pairs, b"\0")


def query(sql):
    return message(b"Q", text(sql))


def parse(sql, statement=""):
    return message(b"P", text(statement), text(sql), b"\0\0")


def bind(values=(), statement="", portal=""):
    """Values are texts, or None."""
    texts = [None if value is None else str(value).encode() for value in values]
    return message(
        b"B", text(portal), text(statement), b"\0\0", struct.pack("!h", len(texts)),
        *(number(-1) if value is None else number(len(value)) + value for value in texts), b"\0\0",
    )  # fmt: skip


def execute(portal=""):
    return message(b"E", text(portal), b"\0\0\0\0")


SYNC = message(b"S")
TERMINATE = message(b"X")


class Frames:
    """A stream cut into messages; `typed` is whether they begin with a type."""

    def __init__(self, typed=True):
        self.typed = typed
        self.rest = bytearray()

    def feed(self, data):
        self.rest += data

    def next(self):
        """The next whole message, or None."""
        at = 1 if self.typed else 0
        if len(self.rest) < at + 4:
            return None
        (length,) = struct.unpack_from("!i", self.rest, at)
        end = at + max(length, 4)
        if len(self.rest) < end:
            return None
        raw = bytes(self.rest[:end])
        del self.rest[:end]
        return raw

    def take(self):
        """What is left."""
        raw = bytes(self.rest)
        self.rest.clear()
        return raw


def words(raw, at, count):
    """`count` texts from `at` on."""
    return [word.decode(errors="replace") for word in raw[at:].split(b"\0", count)[:count]]


class Talk:
    """One connection, seen from the middle: what each message is, both ways.

    It knows the statements that were prepared, so that each Execute has the SQL
    that it runs. Once TLS is agreed on, messages are just bytes.
    """

    def __init__(self):
        self.frames = {"up": Frames(typed=False), "down": Frames()}
        self.opaque = False
        self.asked = False  # for TLS: one byte answers that
        self.statements = {}
        self.portals = {}

    def feed(self, way, data):
        """The messages that are whole now."""
        frames = self.frames[way]
        frames.feed(data)
        found = []
        if way == "down" and self.asked and frames.rest:
            found.append(self.answer_to_tls())
        while not self.opaque and (raw := frames.next()) is not None:
            found.append(self.up(raw) if way == "up" else self.down(raw))
        if self.opaque and frames.rest:
            found.append(Message(frames.take()))
        return [one for one in found if one.raw]

    def answer_to_tls(self):
        self.asked = False
        rest = self.frames["down"].rest
        if rest[:1] == b"E":  # a server that is too old, or too full
            return Message(b"")
        self.opaque = rest[:1] != b"N"
        raw = bytes(rest[:1])
        del rest[:1]
        return Message(raw)

    def up(self, raw):
        if not self.frames["up"].typed:
            (code,) = struct.unpack_from("!i", raw.ljust(8, b"\0"), 4)
            self.asked = code in (TLS, GSS)
            self.opaque = code == CANCEL
            self.frames["up"].typed = not self.asked
            return Message(raw)
        kind, sql, bound = raw[:1], None, None
        if kind == b"P":
            name, statement = words(raw, 5, 2)
            self.statements[name] = statement
        elif kind == b"B":
            portal, name = words(raw, 5, 2)
            bound = self.portals[portal] = self.statements.get(name)
        elif kind == b"E":
            sql = self.portals.get(words(raw, 5, 1)[0])
        elif kind == b"Q":
            (sql,) = words(raw, 5, 1)
        return Message(raw, kind, sql, bound=bound)

    def down(self, raw):
        tag = words(raw, 5, 1)[0] if raw[:1] == b"C" else None
        return Message(raw, raw[:1], None, tag)
