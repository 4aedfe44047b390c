"""A bad network: datagrams go through it to a server and back, and some are
lost, doubled, late, out of order, cut off or changed on the way.

What happens to which is the seed's choice, so that a failure can be repeated.
"""

import heapq
import itertools
import random
import select
import socket
import threading
import time
from collections import Counter
from dataclasses import dataclass


@dataclass(frozen=True)
class Damage:
    """How often, of 1, each datagram is hit; `delay` is in seconds."""

    loss: float = 0
    duplicate: float = 0
    reorder: float = 0  # it comes behind those of the next few milliseconds
    truncate: float = 0
    corrupt: float = 0
    delay: float = 0  # for all of them, and
    jitter: float = 0  # up to so much more


class Relay:
    """Stands before one server, for one client at a time."""

    LATE = 0.004

    def __init__(self, server, damage=None, seed=1, up=None, down=None):
        self.server = server  # (host, port)
        self.damage = {"up": up or damage or Damage(), "down": down or damage or Damage()}
        self.random = random.Random(seed)
        self.hit = Counter()  # what was done, to how many
        self.client = None
        self.queue = []  # (when, count, direction, datagram)
        self.count = itertools.count()
        self.front = self.bound("127.0.0.1")
        self.back = self.bound("127.0.0.1")
        self.old = []
        self.cut = False  # nothing passes
        self.keep = None  # a list: what goes up, as well
        self.wake, self.woken = socket.socketpair()
        self.running = True
        self.lock = threading.Lock()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    @staticmethod
    def bound(host):
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        sock.bind((host, 0))
        sock.setblocking(False)
        return sock

    @property
    def address(self):
        return self.front.getsockname()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.running = False
        self.wake.send(b"x")
        self.thread.join()
        self.change(Damage())
        self.take(self.front, "up")  # the client's last words
        self.pass_on()
        for sock in (self.front, self.back, *self.old, self.wake, self.woken):
            sock.close()

    def rebind(self, host="127.0.0.1"):
        """The server sees another port, or address: what a NAT does that has
        forgotten the client. What comes to the old one is lost."""
        with self.lock:
            self.old.append(self.back)
            self.back = self.bound(host)
        self.wake.send(b"x")

    def change(self, damage):
        self.damage = {"up": damage, "down": damage}

    # In its thread

    def run(self):
        while self.running:
            with self.lock:
                back = self.back
            wait = max(0, self.queue[0][0] - time.monotonic()) if self.queue else None
            for sock in select.select([self.front, back, self.woken], [], [], wait)[0]:
                if sock is self.woken:
                    sock.recv(64)
                else:
                    self.take(sock, "up" if sock is self.front else "down")
            self.pass_on()

    def take(self, sock, way):
        for _ in range(256):
            try:
                data, source = sock.recvfrom(65536)
            except OSError:
                return
            if way == "up":
                self.client = source
                if self.keep is not None:
                    self.keep.append(data)
            self.judge(way, data)

    def hits(self, damage, kind):
        hit = self.random.random() < getattr(damage, kind)
        self.hit[kind] += hit
        return hit

    def judge(self, way, data):
        damage = self.damage[way]
        self.hit[way] += 1
        if self.cut or self.hits(damage, "loss"):
            return
        if self.hits(damage, "truncate"):
            data = data[: self.random.randrange(len(data))]
        if self.hits(damage, "corrupt"):
            at = self.random.randrange(len(data) or 1)
            data = data[:at] + bytes([self.random.randrange(256)]) + data[at + 1 :]
        when = time.monotonic() + damage.delay + damage.jitter * self.random.random()
        if self.hits(damage, "reorder"):
            when += self.LATE * self.random.random()
        self.queue_up(when, way, data)
        if self.hits(damage, "duplicate"):
            self.queue_up(when + self.LATE * self.random.random(), way, data)

    def queue_up(self, when, way, data):
        heapq.heappush(self.queue, (when, next(self.count), way, data))

    def pass_on(self):
        now = time.monotonic()
        while self.queue and self.queue[0][0] <= now:
            _, _, way, data = heapq.heappop(self.queue)
            try:
                if way == "up":
                    self.back.sendto(data, self.server)
                elif self.client:
                    self.front.sendto(data, self.client)
            except OSError:
                self.hit["full"] += 1
