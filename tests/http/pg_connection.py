"""Connections through a wire (pg_wire.py), and where they break."""

import re
import socket
import struct
import threading
import time
from collections import deque

from pg_messages import Message, Talk

CHUNK = 1 << 16
QUEUED = 1 << 20  # no more is read while so much waits to be written
ENDS = b"SHQX"  # what the server is bound to act on: Sync, Flush, Query, Terminate
LATE = 1.2  # seconds
NOTIFICATION = b"A"  # NotificationResponse
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: on, and for no time


class Trap:
    """Where a connection breaks, once."""

    def __init__(self, *, statement=None, bound=None, answer=None, up=None, down=None,
                 when="before", then="cut", skip=0):  # fmt: skip
        given = {"statement": statement, "bound": bound, "answer": answer, "up": up, "down": down}
        ((self.what, self.mark),) = [pair for pair in given.items() if pair[1] is not None]
        assert when in ("before", "after") and then in ("cut", "reset", "stall", "late")
        self.way = {"statement": "up", "bound": "up", "answer": "down"}.get(self.what, self.what)
        self.after = when == "after"
        self.then = then
        self.skip = skip  # so many are let through
        self.since = {}  # of a connection: what had passed already
        self.sprung = threading.Event()
        self.settled = threading.Event()  # the server has seen the end, and is through

    @property
    def counts(self):
        return isinstance(self.mark, int)

    def fits(self, way, message):
        if way != self.way or self.counts:
            return False
        if isinstance(self.mark, bytes):
            found = self.mark in message.raw
        else:
            words = {"statement": message.sql, "bound": message.bound, "answer": message.tag}[self.what]
            found = words is not None and re.match(self.mark, words.strip(), re.IGNORECASE)
        if found and self.skip > 0:
            self.skip -= 1
            return False
        return bool(found)

    def wait(self, timeout=20):
        assert self.sprung.wait(timeout), f"{self.what} {self.mark!r} did not come by"
        assert self.settled.wait(timeout), "the server did not end it"


class Way:
    """One direction of a connection."""

    def __init__(self, source, target):
        self.source, self.target = source, target
        self.queue = deque()  # (when it is due, bytes)
        self.held = deque()  # messages that wait behind a stall
        self.passed = 0
        self.ended = False  # the source says no more
        self.shut = False  # and the target has been told

    @property
    def queued(self):
        return sum(len(data) for _, data in self.queue)

    def write(self):
        """Writes what is due. That nobody reads it any more is seen by reading."""
        while self.queue and self.queue[0][0] <= time.monotonic():
            due, data = self.queue[0]
            try:
                sent = self.target.send(data)
            except BlockingIOError:
                return
            except OSError:
                self.queue.clear()
                return
            if sent < len(data):
                self.queue[0] = (due, data[sent:])
                return
            self.queue.popleft()


class Connection:
    def __init__(self, wire, client, server):
        self.wire = wire
        self.client, self.server = client, server
        self.talk = Talk()
        self.ways = {"up": Way(client, server), "down": Way(server, client)}
        self.waiting = None  # a trap that lets what belongs to its statement pass
        self.trap = None  # that was sprung
        self.stalled = self.dead = self.reset = False
        self.late = 0  # seconds, up

    def reads(self, name):
        way = self.ways[name]
        if way.ended or self.dead:
            return not way.ended
        muted = self.stalled or name in self.wire.stalled or (name == "down" and self.waiting)
        return not muted and way.queued < QUEUED

    def read(self, name):
        way = self.ways[name]
        try:
            data = way.source.recv(CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            way.ended = True
        if self.dead:
            return
        if data:
            way.held.extend(self.talk.feed(name, data))
            self.advance(name)
        else:
            self.put(name, self.talk.frames[name].take())

    def advance(self, name):
        held = self.ways[name].held
        while held and not self.stalled and not self.dead:
            self.handle(name, held.popleft())

    def handle(self, name, message):
        trap = self.wire.trap_for(name, message)
        if trap and not trap.after:
            self.ways[name].held.appendleft(message)
            self.spring(trap)
            return
        self.wire.note(name, message, self)
        if self.wire.deaf and name == "down" and message.raw[:1] == NOTIFICATION:
            return
        self.put(name, message.raw)
        if trap and trap.what == "statement":
            self.waiting = trap
        elif trap:
            self.spring(trap)
        if self.waiting and name == "up" and message.kind and message.kind in ENDS:
            self.spring(self.waiting)

    def put(self, name, data):
        way = self.ways[name]
        for trap in [trap for trap in self.wire.traps if trap.counts and trap.way == name]:
            left = trap.mark - way.passed + trap.since.get(self, 0)
            if len(data) >= left:
                self.wire.traps.remove(trap)
                way.held.appendleft(Message(data[left:]))
                data = data[:left]
                self.spring(trap)
                break
        way.passed += len(data)
        if data:
            late = 0 if self.dead else max(self.wire.late, self.late if name == "up" else 0)
            way.queue.append((time.monotonic() + late if late else 0, data))

    def spring(self, trap):
        if trap.then == "stall":
            self.stalled = True
            trap.settled.set()
        elif trap.then == "late":
            self.late = LATE
            trap.settled.set()
        else:
            self.trap = trap
            self.cut(trap.then == "reset")
        self.waiting = None
        trap.sprung.set()

    def cut(self, reset=False):
        """The client sees an end at once. The server sees it behind all that was
        passed on, and so acts on that."""
        self.dead, self.reset = True, reset
        for way in self.ways.values():
            way.held.clear()
            way.queue = deque((0, data) for _, data in way.queue)

    def settle(self):
        """After each turn; False when nothing is left of it."""
        up, down = self.ways["up"], self.ways["down"]
        for way in (up, down):
            way.write()
            if (way.ended or self.dead) and not way.queue and not way.shut:
                way.shut = True
                self.end(way)
        if down.ended:
            if self.trap:
                self.trap.settled.set()
            return bool(down.queue) or (self.dead and not up.ended and not self.reset)
        return True

    def end(self, way):
        try:
            if self.reset and way.target is self.client:
                self.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                self.client.close()
                self.ways["up"].ended = True
            else:
                way.target.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def close(self):
        self.client.close()
        self.server.close()
        if self.trap:
            self.trap.settled.set()
