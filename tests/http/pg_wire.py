"""A wire between Verbatim and PostgreSQL, that tests can cut.

It passes on whole messages, and knows what they are, so a test says where it is
to break by the statement that is run: `trap(statement="COMMIT", when="after")`.
"""

import select
import socket
import threading
import time
from collections import deque

from pg_connection import CHUNK, Connection, Trap


class Wire:
    """`upstream` is the path of a Unix socket, or (host, port)."""

    def __init__(self, upstream):
        self.upstream = upstream
        self.connections = []
        self.traps = []
        self.stalled = frozenset()  # ways that are not read
        self.late = 0
        self.refusing = False
        self.deaf = False  # what NOTIFY tells is not passed on
        self.accepted = 0  # connections, ever
        self.statements = deque(maxlen=100000)  # SQL that was run
        self.turns = 0  # round trips: a client sent something, and got an answer
        self.asking = set()
        self.listener = self.bound(0)
        self.listener.listen(64)
        self.port = self.listener.getsockname()[1]
        self.orders = deque()
        self.wake, self.woken = socket.socketpair()
        self.running = True
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    @staticmethod
    def bound(port):
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(("127.0.0.1", port))
        sock.setblocking(False)
        return sock

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # For tests: each has been done when it returns.

    def pass_on(self):
        """Everything goes through again; what a stall held back, too."""
        self.order(self.do_pass_on)

    def refuse(self):
        """No new connections; cut() those that there are."""
        self.order(self.do_refuse)

    def cut(self, reset=False):
        """All connections end now. New ones are accepted."""
        self.order(lambda: [connection.cut(reset) for connection in self.connections])

    def stall(self, *ways):
        """Accepts, and passes nothing on; or only nothing "up", or "down"."""
        self.order(lambda: setattr(self, "stalled", frozenset(ways or ("up", "down"))))

    def delay(self, seconds):
        """What is read from now on arrives so much later, each way."""
        self.order(lambda: setattr(self, "late", seconds))

    def trap(self, **what):
        """Breaks the first connection on which this comes by:

        statement="COMMIT"  a statement that begins so (a regular expression) is run;
                            "after" is behind the Sync that follows it
        bound="BEGIN"       one is made ready to be run: the first that comes of it
        answer="COMMIT"     the server says that it has done so
        up=b"…", down=b"…"  a message that has these bytes
        up=N, down=N        N bytes from now on, on one connection

        when: "before" it is handed on, or "after". then: "cut", "reset", "late"
        (what the client says comes LATE seconds later, whoever has hung up meanwhile) or
        "stall", which pass_on() ends. skip: so many of them pass.
        """
        trap = Trap(**what)
        self.order(lambda: self.add_trap(trap))
        return trap

    def close(self):
        self.running = False
        self.wake.send(b"x")
        self.thread.join(10)
        for connection in self.connections:
            connection.close()
        for sock in (self.listener, self.wake, self.woken):
            sock.close()

    # In its thread

    def order(self, what):
        done = threading.Event()
        self.orders.append((what, done))
        self.wake.send(b"x")
        assert done.wait(10), "the wire does not answer"

    def do_pass_on(self):
        self.stalled = frozenset()
        self.late = 0
        self.refusing = False
        self.listener.listen(64)
        for connection in self.connections:
            connection.stalled = False
            for name in ("up", "down"):
                connection.advance(name)

    def do_refuse(self):
        """Bound, and not listening: the port stays ours."""
        self.refusing = True
        self.listener.close()
        self.listener = self.bound(self.port)

    def add_trap(self, trap):
        if trap.counts:
            trap.since = {one: one.ways[trap.way].passed for one in self.connections}
        self.traps.append(trap)

    def trap_for(self, way, message):
        for trap in self.traps:
            if trap.fits(way, message):
                self.traps.remove(trap)
                return trap
        return None

    def note(self, way, message, connection):
        if message.sql is not None:
            self.statements.append(message.sql)
        if way == "up":
            self.asking.add(connection)
        elif connection in self.asking:
            self.asking.remove(connection)
            self.turns += 1

    def run(self):
        while self.running:
            ready = self.wait()
            for connection, name in ready:
                connection.read(name)
            while self.orders:
                what, done = self.orders.popleft()
                what()
                self.settle()
                done.set()
            self.settle()

    def settle(self):
        for connection in [one for one in self.connections if not one.settle()]:
            connection.close()
            self.connections.remove(connection)
            self.asking.discard(connection)

    def wait(self):
        """The connections that can be read, and which way of them."""
        poll = select.poll()
        found = {}
        poll.register(self.woken, select.POLLIN)
        if not self.refusing:
            poll.register(self.listener, select.POLLIN)
        due = []
        for connection in self.connections:
            for name, way in connection.ways.items():
                if connection.reads(name):
                    found[way.source.fileno()] = (connection, name)
        events = {fd: select.POLLIN for fd in found}
        for way in [way for connection in self.connections for way in connection.ways.values() if way.queue]:
            due.append(way.queue[0][0])
            if due[-1] <= time.monotonic():
                events[way.target.fileno()] = events.get(way.target.fileno(), 0) | select.POLLOUT
        for fd, wanted in events.items():
            poll.register(fd, wanted)
        later = [when - time.monotonic() for when in due if when > time.monotonic()]
        got = dict(poll.poll(max(0, min(later)) * 1000 + 1 if later else None))
        if self.woken.fileno() in got:
            self.woken.recv(CHUNK)
        if self.listener.fileno() in got:
            self.accept()
        return [found[fd] for fd, what in got.items() if fd in found and what & ~select.POLLOUT]

    def accept(self):
        try:
            client, _ = self.listener.accept()
        except OSError:
            return
        self.accepted += 1
        path = isinstance(self.upstream, str)
        server = socket.socket(socket.AF_UNIX if path else socket.AF_INET)
        for sock in (client, server):
            sock.setblocking(False)
        try:
            server.connect(self.upstream)
        except BlockingIOError:
            pass  # under way
        except OSError:
            client.close()
            server.close()
            return
        self.connections.append(Connection(self, client, server))
