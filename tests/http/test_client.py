"""The tests' own client refuses what is not HTTP, or it would prove nothing."""

import socket
import threading

import h3
import pytest
import qpack
import rules
from client import Broken, H1Client

@pytest.fixture(autouse=True)
def tally(monkeypatch):
    """What is answered here on purpose counts for nothing."""
    monkeypatch.setattr(rules, "tally", rules.Tally())


DATE = b"Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
OK = b"HTTP/1.1 200 OK\r\n" + DATE


class Canned:
    """A server that answers each connection with the same bytes."""

    def __init__(self, answer):
        self.answer = answer
        self.got = b""
        self.listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        peer, _ = self.listener.accept()
        with peer:
            while b"\r\n\r\n" not in self.got:
                self.got += peer.recv(65536)
            peer.sendall(self.answer)
            peer.shutdown(socket.SHUT_WR)
            while peer.recv(65536):
                pass

    def client(self):
        address = self.listener.getsockname()
        return H1Client(address, f"{address[0]}:{address[1]}")


def answer_to(method, answer):
    client = Canned(answer).client()
    try:
        return client.request(method, "/")
    finally:
        client.close()


def test_reads_interim_responses_chunks_and_trailers():
    response = answer_to(
        "GET",
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=x\r\n\r\n"
        + OK
        + b"Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\n"
        b"Vary: a\r\nvary: b\r\nTrailer: T\r\n\r\n"
        b"3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nT: 1\r\n\r\n",
    )
    assert response.body == b"abcde"
    assert response.trailers["t"] == "1"
    assert response.headers.get("VARY") == "a, b"
    assert [interim.status for interim in response.interim] == [103]
    assert response.framing == "chunked"


def test_a_head_response_has_no_body_whatever_its_fields_say():
    response = answer_to("HEAD", OK + b"Content-Length: 5\r\n\r\n")
    assert (response.body, response.framing) == (b"", "none")


def test_raw_reads_every_response_up_to_the_end():
    length = b"Content-Length: 0\r\n\r\n"
    server = Canned(OK + length + b"HTTP/1.1 404 Bad\r\n" + DATE + b"Content-Type: text/plain\r\nContent-Length: 1\r\n\r\nx")
    data = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n\0"
    assert [r.status for r in server.client().raw(data)] == [200, 404]
    assert server.got == data


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\n" + DATE + b"Content-Length: 0\r\n\r\n",
        b"HTTP/1.1 200\r\n" + DATE + b"Content-Length: 0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\n" + DATE + b"Content-Length: 0\r\n\r\n",
        OK + b"Content-Length : 0\r\n\r\n",
        OK + b" folded: 1\r\nContent-Length: 0\r\n\r\n",
        OK + b"X: a\rb\r\nContent-Length: 0\r\n\r\n",
        OK + b"X: a\0b\r\nContent-Length: 0\r\n\r\n",
        OK + b"Content-Length: +0\r\n\r\n",
        OK + b"Content-Type: a/b\r\nContent-Length: 3\r\n\r\nab",
        OK + b"Content-Length: 0\r\n\r\nsurplus",
        OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n3\nabc\r\n0\r\n\r\n",
        b"HTTP/1.1 304 OK\r\n" + DATE + b"\r\nbody",
    ],
)
def test_bytes_that_are_not_http_are_refused(answer):
    with pytest.raises(Broken):
        answer_to("GET", answer)


def test_qpack_reads_the_example_of_its_rfc():
    section = bytes.fromhex("0000510b2f696e6465782e68746d6c")  # RFC 9204 appendix B.1
    assert qpack.decode(section) == [(":path", "/index.html")]
    assert qpack.encode([(b":path", b"/index.html")]) == section


@pytest.mark.parametrize("huffman", [False, True])
def test_qpack_reads_what_it_writes(huffman):
    lines = [(":method", "GET"), ("etag", '"1"'), ("x-none-of-the-table", "y" * 300), ("accept", "")]
    written = qpack.encode([(name.encode(), value.encode()) for name, value in lines], huffman)
    assert qpack.decode(written) == lines


@pytest.mark.parametrize("section", ["", "0100", "0000ff", "000080", "000010", "0000ffff00", "00005105"])
def test_qpack_refuses_what_is_no_section_of_ours(section):
    with pytest.raises(qpack.Malformed):
        qpack.decode(bytes.fromhex(section))


@pytest.mark.parametrize("value", [0, 63, 64, 16383, 16384, (1 << 30) - 1, 1 << 30, (1 << 62) - 1])
def test_varints(value):
    assert h3.read_varint(h3.varint(value)) == (value, len(h3.varint(value)))
    assert h3.read_varint(h3.varint(value, 8)) == (value, 8)
    assert h3.read_varint(h3.varint(value)[:-1]) is None
