"""What an idle connection costs in the server's own memory."""

import socket

import machine

REQUEST = "GET /docs/0 HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n"


def ask_once(peer, request, length):
    """One request, its whole response read: the connection is idle after."""
    peer.sendall(request)
    got = b""
    while b"\r\n\r\n" not in got:
        data = peer.recv(65536)
        if not data:
            raise SystemExit("bench: an idle connection was closed")
        got += data
    head, _, rest = got.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise SystemExit(f"bench: {head[:60]!r} on an idle connection")
    while len(rest) < length:
        rest += peer.recv(65536)


def connect_and_ask(server, count, length):
    request = REQUEST.format(port=server.port).encode()
    peers = []
    for _ in range(count):
        peer = socket.create_connection(("127.0.0.1", server.port), 20)
        ask_once(peer, request, length)
        peers.append(peer)
    return peers


def bytes_per_connection(server, count, length):
    """Private memory that `count` idle connections add, for each of them."""
    # The first few pay for what is set up once; they stay open too.
    first = connect_and_ask(server, 16, length)
    before = machine.private_bytes(server.pids())
    peers = connect_and_ask(server, count, length)
    after = machine.private_bytes(server.pids())
    for peer in first + peers:
        peer.close()
    return (after - before) / count
