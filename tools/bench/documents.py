"""What is served: the same bytes from every server.

Documents of 1 KiB are JSON in the form a canonical writer would give, so that
a server that keeps values, not texts, serves the very same bytes.
"""

import http.client
import socket
import subprocess
import tempfile
from pathlib import Path

from load import gtlsclient

DOCUMENT_BYTES = 1024
BLOB_BYTES = (100 * 1024, 1024 * 1024)  # of /blobs/0 and /blobs/1
LARGE_BYTES = 100 * 1024 * 1024  # of /large, which is a file for all
BINARY = {"Content-Type": "application/octet-stream"}
FILLERS = 64  # connections, so that a group commit has a group


def document(number):
    head = f'{{"n":{100000000 + number},"text":"'
    return (head + "x" * (DOCUMENT_BYTES - len(head) - 2) + '"}').encode()


def blob(number):
    return bytes(range(256)) * (BLOB_BYTES[number] // 256)


def write_files(root, count):
    """What is served, as files, for the servers that serve files."""
    (root / "docs").mkdir(parents=True)
    (root / "blobs").mkdir()
    for number in range(count):
        (root / "docs" / str(number)).write_bytes(document(number))
    for number in range(len(BLOB_BYTES)):
        (root / "blobs" / str(number)).write_bytes(blob(number))
    with open(root / "large", "wb") as large:
        for _ in range(LARGE_BYTES // BLOB_BYTES[1]):
            large.write(blob(1))


def log_in(server):
    """The cookie of a session, which may have /private/0: the same as /docs/0."""
    json_type = {"Content-Type": "application/json"}
    said = b'{"email":"a@example.org","password":"bench bench"}'
    status, _, told = server.ask("POST", "/people", json_type, said)
    if status == 201:
        status, fields, told = server.ask("POST", "/session", json_type, said)
    if status != 201:
        raise SystemExit(f"bench: logging in was answered with {status}: {told}")
    cookie = fields["Set-Cookie"].partition(";")[0]
    ours = {"Cookie": cookie, "Origin": server.url("")}
    status, _, told = server.ask("PUT", "/private/0", ours | json_type, document(0))
    if status != 201:
        raise SystemExit(f"bench: PUT /private/0 was answered with {status}: {told}")
    return cookie


class Filler:
    """A connection that sends one PUT at a time."""

    def __init__(self, server):
        self.socket = socket.create_connection(("127.0.0.1", server.port), 30)
        self.host = f"127.0.0.1:{server.port}"

    def send(self, target, body, method="PUT"):
        self.socket.sendall(
            f"{method} {target} HTTP/1.1\r\nHost: {self.host}\r\n"
            "Content-Type: application/json\r\nPrefer: return=minimal\r\n"
            f"Content-Length: {len(body)}\r\n\r\n".encode() + body
        )

    def receive(self):
        response = http.client.HTTPResponse(self.socket, method="PUT")
        response.begin()
        response.read()
        if response.status not in (200, 201, 204):
            raise SystemExit(f"bench: a PUT was answered with {response.status}")


def put_all(server, count):
    """The documents as resources, over so many connections at a time."""
    fillers = [Filler(server) for _ in range(FILLERS)]
    for start in range(0, count, FILLERS):
        busy = fillers[: min(FILLERS, count - start)]
        for offset, filler in enumerate(busy):
            filler.send(f"/docs/{start + offset}", document(start + offset))
        for filler in busy:
            filler.receive()
    for filler in fillers:
        filler.socket.close()
    for number in range(len(BLOB_BYTES)):
        status, _, _ = server.ask("PUT", f"/blobs/{number}", BINARY, blob(number))
        if status not in (200, 201, 204):
            raise SystemExit(f"bench: PUT of a blob was answered with {status}")


def fill(server, count):
    if not server.serves_files:
        put_all(server, count)


def check(server, target, wanted, headers=None):
    """The response's fields, after a look at its status and content."""
    status, fields, body = server.ask("GET", target, headers)
    if status != 200 or body != wanted:
        raise SystemExit(
            f"bench: {server.name} answers GET {target} with {status} and"
            f" {len(body)} bytes, not 200 and {len(wanted)}"
        )
    for name in ("ETag", "Last-Modified"):
        if name not in fields:
            raise SystemExit(f"bench: {server.name} sends no {name} for {target}")
    return fields


def check_all(server, count):
    """Every kind of answer is right before any of them is timed."""
    for number in range(len(BLOB_BYTES)):
        check(server, f"/blobs/{number}", blob(number))
    for number in {0, count // 3, count - 1}:
        fields = check(server, f"/docs/{number}", document(number))
        condition = {"If-None-Match": fields["ETag"]}
        status, _, body = server.ask("GET", f"/docs/{number}", condition)
        if status != 304 or body:
            raise SystemExit(
                f"bench: {server.name} answers If-None-Match with {status}"
            )


def check_over_h3(server):
    """Debian's curl speaks no HTTP/3."""
    with tempfile.TemporaryDirectory() as folder:
        words = gtlsclient(server, "/docs/0", "--exit-on-all-streams-close",
                           f"--download={folder}")  # fmt: skip
        subprocess.run(words, capture_output=True, timeout=20, check=False)
        got = Path(folder, "0")
        if not got.exists() or got.read_bytes() != document(0):
            raise SystemExit(f"bench: {server.name} does not answer over h3")


# How curl is told which protocol to speak, and what it then says it spoke.
SPOKEN = {
    "h2c": (["--http2-prior-knowledge"], "2"),
    "TLS": (["--http1.1"], "1.1"),
    "h2": (["--http2"], "2"),
}


def check_over(server, protocol):
    """The same document comes over this protocol, and over no other."""
    if protocol == "h3":
        check_over_h3(server)
        return
    flags, version = SPOKEN[protocol]
    done = subprocess.run(
        ["curl", "-sk", *flags, "-w", "%{http_version} %{http_code}",
         server.url("/docs/0", protocol)],
        stdout=subprocess.PIPE,
        check=False,
    )  # fmt: skip
    if done.stdout != document(0) + f"{version} 200".encode():
        raise SystemExit(f"bench: {server.name} does not answer over {protocol}")
