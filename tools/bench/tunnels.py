"""What bytes cost that a proxy passes on unread: CONNECT here, and a tunnel of
HAProxy's without CONNECT, which it does not know.

As a program it is the load: it asks an HTTP server through tunnels for a target,
again and again, and prints how many bytes of content came.

    tunnels.py PORT AUTHORITY TARGET SECONDS CONNECTIONS [connect]
"""

import selectors
import socket
import sys
import time
from pathlib import Path

import load
from servers import Verbatim

CONNECTIONS = 4
PIECE = 1024 * 1024
TARGET = "/large"
HEAD_END = b"\r\n\r\n"

HAPROXY = """
global
    nbthread 1
    maxconn 8192
defaults
    mode tcp
    timeout connect 5s
    timeout client 3600s
    timeout server 3600s
listen all
    bind 127.0.0.1:{port}
    server origin 127.0.0.1:{origin}
"""


def verbatim_command(server):
    return [
        Verbatim.binary, "proxy", "--listen", f"127.0.0.1:{server.port}",
        "--allow", "127.0.0.0/8:*", "--workers", "1", "--log", "off", *Verbatim.more,
    ]  # fmt: skip


def haproxy_command(server):
    return ["haproxy", "-db", "-f", server.write("haproxy.cfg", HAPROXY)]


COMMANDS = {"verbatim": verbatim_command, "haproxy": haproxy_command}


def sample(server, origin, seconds):
    """CPU time of the proxy, for each MiB that came through."""
    told, spent = load.cost_of(
        server,
        [sys.executable, Path(__file__), server.port, f"127.0.0.1:{origin}", TARGET, seconds,
         CONNECTIONS, *(["connect"] if server.name == "verbatim" else [])],
    )  # fmt: skip
    return {"mib_us": spent / (int(told) / load.MIB)}


# --- The load -----------------------------------------------------------------


def read_head(connection):
    """(status, how long the content is, what of it came with the head)."""
    head = b""
    while HEAD_END not in head:
        piece = connection.recv(65536)
        if not piece:
            raise SystemExit(f"tunnels: it ended after {head!r}")
        head += piece
    head, rest = head.split(HEAD_END, 1)
    lines = head.decode("latin-1").split("\r\n")
    fields = dict(line.lower().split(": ", 1) for line in lines[1:])
    return lines[0].split()[1], int(fields.get("content-length", 0)), len(rest)


class Tunnel:
    """One connection, which asks again when it has all."""

    def __init__(self, port, authority, target, connects):
        self.request = f"GET {target} HTTP/1.1\r\nHost: {authority}\r\n\r\n".encode()
        self.connection = socket.create_connection(("127.0.0.1", port), timeout=20)
        if connects:
            self.connection.sendall(f"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n\r\n".encode())
            self.expect_ok()
        self.ask()

    def expect_ok(self):
        status, length, came = read_head(self.connection)
        if status != "200":
            raise SystemExit(f"tunnels: the answer is {status}")
        return length, came

    def ask(self):
        self.connection.sendall(self.request)
        self.length, self.came = self.expect_ok()

    def read(self, piece):
        count = self.connection.recv_into(piece)
        self.came += count
        if not count:
            raise SystemExit(f"tunnels: {self.length - self.came} bytes are missing")
        if self.came == self.length:
            self.ask()
            count += self.came
        return count


def main(port, authority, target, seconds, connections, connect=""):
    piece = bytearray(PIECE)
    selector = selectors.DefaultSelector()
    total = 0
    for _ in range(int(connections)):
        tunnel = Tunnel(int(port), authority, target, connect == "connect")
        selector.register(tunnel.connection, selectors.EVENT_READ, tunnel)
        total += tunnel.came
    end = time.monotonic() + float(seconds)
    while time.monotonic() < end:
        for key, _ in selector.select():
            total += key.data.read(piece)
    print(total)


if __name__ == "__main__":
    main(*sys.argv[1:])
