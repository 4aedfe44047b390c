"""Many who follow what happens to one collection (text/event-stream).

Each change is told to all of them. One process reads for all: until when the
last has heard of a change is its time as well as the server's.
"""

import select
import socket
import time

import machine
from documents import Filler

# Descriptors of the server beside theirs, and of ours.
SPARE = 64
FOLLOW = "GET /stock HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: text/event-stream\r\n\r\n"


class Crowd:
    """Its streams have begun, all of them."""

    def __init__(self, server, count):
        self.poll = select.epoll()
        self.sockets = {}
        for _ in range(count):
            peer = socket.create_connection(("127.0.0.1", server.port), 30)
            peer.sendall(FOLLOW.format(port=server.port).encode())
            self.sockets[peer.fileno()] = peer
            self.poll.register(peer.fileno(), select.EPOLLIN)
        self.hear(b"event: ready\n")

    def hear(self, text):
        """When each has heard this, beginning with the first; in seconds since now."""
        began, times = time.monotonic(), []
        left = dict.fromkeys(self.sockets, b"")
        while left:
            ready = self.poll.poll(30)
            if not ready:
                raise SystemExit(f"bench: {len(left)} listeners hear nothing")
            for descriptor, _ in ready:
                data = self.sockets[descriptor].recv(65536)
                if not data:
                    raise SystemExit("bench: a stream has ended")
                if descriptor in left:
                    left[descriptor] += data
                    if text in left[descriptor]:
                        times.append(time.monotonic() - began)
                        del left[descriptor]
        return times

    def close(self):
        for peer in self.sockets.values():
            peer.close()
        self.poll.close()


def await_rest(server):
    """Until the server has nothing more to do."""
    spent = -1
    while spent != (now := machine.cpu_us(server.pids())):
        spent = now
        time.sleep(0.2)
    return spent


def sample(server, count, changes):
    """Memory for each of them, CPU for each that is told, and when the last but one in a hundred has heard."""
    writer = Filler(server)

    def write(n):
        writer.send("/stock", b'{"kind":%d,"text":"%s"}' % (n, b"0" * 150), "POST")
        writer.receive()

    write(0)
    before = machine.private_bytes(server.pids())
    crowd = Crowd(server, count)
    after, spent = machine.private_bytes(server.pids()), await_rest(server)
    late = []
    for n in range(1, 1 + changes):
        write(n)
        times = crowd.hear(b'"kind":%d,' % n)
        late.append(times[len(times) * 99 // 100])
    spent = await_rest(server) - spent
    crowd.close()
    writer.socket.close()
    return {
        "bytes": (after - before) / count,
        "cpu_us": spent / changes / count,
        "p99_us": sorted(late)[changes // 2] * 1e6,
    }
