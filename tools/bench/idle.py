"""What an idle connection costs in the server's own memory."""

import socket
import ssl
import subprocess
import tempfile
import time
from pathlib import Path

import machine
from load import gtlsclient

REQUEST = "GET /docs/0 HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n"

# HTTP/2 (RFC 9113): what begins a connection, types and flags of frames.
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
HEADERS, SETTINGS = 1, 4
END_STREAM, END_HEADERS, ACK = 1, 4, 1


def closed():
    return SystemExit("bench: an idle connection was closed")


# --- HTTP/1.1 ---------------------------------------------------------------


def ask_once(peer, port, length):
    """One request, its whole response read: the connection is idle after."""
    peer.sendall(REQUEST.format(port=port).encode())
    got = b""
    while b"\r\n\r\n" not in got:
        data = peer.recv(65536)
        if not data:
            raise closed()
        got += data
    head, _, rest = got.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise SystemExit(f"bench: {head[:60]!r} on an idle connection")
    while len(rest) < length:
        rest += peer.recv(65536)


# --- HTTP/2 -----------------------------------------------------------------


def frame(kind, flags, stream, payload=b""):
    head = len(payload).to_bytes(3, "big") + bytes([kind, flags])
    return head + stream.to_bytes(4, "big") + payload


def literal(index, text):
    """A field line of a name from the static table (RFC 7541 section 6.2.2)."""
    return bytes([index, len(text)]) + text.encode()


def get(scheme, port):
    """HEADERS that ask for /docs/0; 0x82 is GET, 0x86 and 0x87 the schemes."""
    section = bytes([0x82, 0x87 if scheme == "https" else 0x86])
    section += literal(4, "/docs/0") + literal(1, f"127.0.0.1:{port}")
    return frame(HEADERS, END_STREAM | END_HEADERS, 1, section)


def receive(peer, count):
    got = b""
    while len(got) < count:
        data = peer.recv(count - len(got))
        if not data:
            raise closed()
        got += data
    return got


def ask_once_h2(peer, scheme, port):
    """The same over HTTP/2: what is read ends with the stream."""
    peer.sendall(PREFACE + frame(SETTINGS, 0, 0) + get(scheme, port))
    while True:
        head = receive(peer, 9)
        kind, flags, stream = head[3], head[4], int.from_bytes(head[5:], "big")
        payload = receive(peer, int.from_bytes(head[:3], "big"))
        if kind == SETTINGS and not flags & ACK:
            peer.sendall(frame(SETTINGS, ACK, 0))
        if kind == HEADERS and payload[:1] != b"\x88":  # :status 200
            raise SystemExit(f"bench: {payload[:9]!r} on an idle connection")
        if stream == 1 and flags & END_STREAM:
            return


# --- HTTP/3 -----------------------------------------------------------------


class Http3Peer:
    """A client of its own for each connection, which has its answer and stays."""

    def __init__(self, server):
        with tempfile.TemporaryDirectory() as folder:
            words = gtlsclient(server, "/docs/0", "--timeout=3600s", f"--download={folder}")
            self.process = subprocess.Popen(
                words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            deadline = time.monotonic() + 20
            while not Path(folder, "0").exists():
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise closed()
                time.sleep(0.005)

    def close(self):
        self.process.kill()
        self.process.wait()


# --- Many of them -----------------------------------------------------------


def tls_context(protocol):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["h2" if protocol == "h2" else "http/1.1"])
    return context


def connect_and_ask(server, protocol, count, length):
    if protocol == "h3":
        return [Http3Peer(server) for _ in range(count)]
    port = server.port_of(protocol)
    scheme = server.url("/", protocol).partition(":")[0]
    context = tls_context(protocol) if scheme == "https" else None
    peers = []
    for _ in range(count):
        peer = socket.create_connection(("127.0.0.1", port), 20)
        if context:
            peer = context.wrap_socket(peer)
        if protocol in ("h2", "h2c"):
            ask_once_h2(peer, scheme, port)
        else:
            ask_once(peer, port, length)
        peers.append(peer)
    return peers


def bytes_per_connection(server, protocol, count, length):
    """Private memory that `count` idle connections add, for each of them."""
    # The first few pay for what is set up once; they stay open too.
    first = connect_and_ask(server, protocol, 16, length)
    before = machine.private_bytes(server.pids())
    peers = connect_and_ask(server, protocol, count, length)
    after = machine.private_bytes(server.pids())
    for peer in first + peers:
        peer.close()
    return (after - before) / count
