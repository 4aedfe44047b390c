"""Event streams (text/event-stream) over each version of HTTP, read as they come."""

import json
import time
from dataclasses import dataclass

import h1
import h2c
import h3
from client import protocol
from message import Reset
from tls import is_secure

STREAM = {"Accept": "text/event-stream"}


@dataclass
class Event:
    """What is between two empty lines; `event` is None where only comments and an id came."""

    event: str | None
    id: str | None
    data: object


def parse(block):
    event, number, data = None, None, []
    for line in block.split("\n"):
        name, _, value = line.partition(": ")
        if name == "event":
            event = value
        elif name == "id":
            number = value
        elif name == "data":
            data.append(value)
        else:
            assert line.startswith(":"), line
    return Event(event, number, json.loads("\n".join(data)) if any(data) else None)


class OverH1:
    def __init__(self, server, method, target, fields, content):
        self.connection = h1.Connection(server.address)
        lines = [f"{method} {target} HTTP/1.1", f"Host: {server.authority}", *(f"{k}: {v}" for k, v in fields.items())]
        self.connection.send("\r\n".join([*lines, "", ""]).encode() + content)
        self.response = self.connection.read_head()

    def receive(self):
        """More content; b"" at its end."""
        size = int(self.connection.read_line(), 16)
        data = self.connection.read_exactly(size)
        assert self.connection.read_exactly(2) == b"\r\n"
        return data

    def whole(self):
        self.connection.read_body("GET", self.response)
        return self.response

    def close(self):
        self.connection.close()


class OverH2:
    def __init__(self, server, method, target, fields, content):
        self.connection = h2c.ClientConnection(server.address)
        scheme = "https" if is_secure(server.address) else "http"
        head = h2c.head_of(method, target, server.authority, fields.items(), scheme)
        self.stream = self.connection.h2.get_next_available_stream_id()
        self.connection.h2.send_headers(self.stream, head, end_stream=not content)
        if content:
            self.connection.h2.send_data(self.stream, content, end_stream=True)
        self.connection.flush()
        while not self.connection.response:
            self.connection.receive(self.stream)
        self.response = self.connection.response

    def receive(self):
        while not self.response.body and not self.connection.ended:
            self.connection.receive(self.stream)
        data, self.response.body = self.response.body, b""
        return data

    def whole(self):
        while not self.connection.ended:
            self.connection.receive(self.stream)
        return self.response

    def close(self):
        self.connection.close()


class OverH3:
    def __init__(self, server, method, target, fields, content):
        self.connection = h3.Connection(server.address, server.authority)
        head = h2c.head_of(method, target, server.authority, fields.items(), "https")
        self.stream = self.connection.ask_for(head, end=not content)
        if content:
            self.connection.send(self.stream, h3.frame(h3.DATA, content), fin=True)
        self.reply = self.connection.replies[self.stream]
        self.connection.until(lambda: self.reply.response)
        self.response = self.reply.response

    def receive(self):
        self.connection.until(lambda: self.response.body or self.reply.ended)
        data, self.response.body = self.response.body, b""
        return data

    def whole(self):
        self.connection.until(lambda: self.reply.ended)
        return self.response

    def close(self):
        self.connection.close()


WIRES = {"h1": OverH1, "h1+tls": OverH1, "h2c": OverH2, "h2": OverH2, "h3": OverH3}


class Events:
    """A stream that is followed: `with Events(server, "/books") as events: events.next()`."""

    def __init__(self, server, target, headers=(), last=None, method="GET", content=b""):
        fields = STREAM | dict(headers) | ({"Last-Event-ID": last} if last else {})
        if content:
            fields["Content-Length"] = str(len(content))
        self.wire = WIRES[protocol()](server, method, target, fields, content)
        self.response = self.wire.response
        self.text = ""
        self.ended = False
        self.last = last

    def __enter__(self):
        assert self.response.status == 200, self.wire.whole()
        return self

    def __exit__(self, *_):
        self.wire.close()

    def next_block(self):
        """The next event, a sign of life too; None at the stream's end."""
        while "\n\n" not in self.text and not self.ended:
            data = self.wire.receive()
            self.ended = not data
            self.text += data.decode()
        if "\n\n" not in self.text:
            assert self.text == "", self.text
            return None
        block, self.text = self.text.split("\n\n", 1)
        event = parse(block)
        self.last = event.id or self.last
        return event

    def next(self):
        """The next event that is one; None at the stream's end."""
        while (event := self.next_block()) and event.event is None:
            pass
        return event

    def begin(self):
        """The first event, which says that it begins."""
        event = self.next()
        assert event.event in ("ready", "reset"), event
        return event

    def take(self, count):
        return [self.next() for _ in range(count)]

    def told(self, count):
        """The next events as (event, URI)."""
        return [(event.event, event.data["uri"]) for event in self.take(count)]

    def is_cut(self):
        """Does the connection end, or break off?"""
        try:
            return self.next() is None
        except (Reset, OSError, h1.Broken):
            return True


def check_stop(server, streams):
    """A server that is told to stop does not wait for them: it cuts them off."""
    for stream in streams:
        stream.begin()
    began = time.monotonic()
    server.stop()
    assert time.monotonic() - began < 5
    assert all(stream.is_cut() for stream in streams)
