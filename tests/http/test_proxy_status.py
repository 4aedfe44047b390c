"""What a gateway says of why there is no answer (RFC 9209)."""

import re
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest
from ledger import requirement
from upstream import Upstream, close, cut, response, silence

GATE = {"openapi": "3.1.0", "info": {"title": "Gate", "version": "1"}}
TOKEN = re.compile(r"[A-Za-z*][A-Za-z0-9!#$%&'*+.^_`|~:/-]*")


@pytest.fixture(scope="module")
def upstream():
    with Upstream() as running:
        yield running


def paths(url, dead):
    def to(server, **more):
        return {"x-verbatim": {"to": {"servers": [server], **more}}}

    return {
        "/it": to(url),
        "/hasty": to(url, timeout=1),
        "/crowded": to(url, **{"max-connections": 1, "connect-timeout": 1, "timeout": 20}),
        "/nobody": to(f"http://127.0.0.1:{dead}"),
        "/nameless": to("http://name.invalid"),
        "/deaf": to(url.replace("http:", "https:"), **{"connect-timeout": 1}),
        "/some": {**to(url), "get": {"responses": {"200": {"description": "it"}}}},
    }


@pytest.fixture(scope="module")
def server(module_serve, upstream):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        dead = listener.getsockname()[1]
    described = {**GATE, "paths": paths(upstream.url, dead)}
    return module_serve(described, ["--via", "edge.example:80", "--gateway-cache", "0"])


@pytest.fixture(scope="module", autouse=True)
def crowded(server, upstream):
    """Who waits while the only connection is in use: that takes a while."""
    upstream.forget()
    upstream.then(silence)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(server.client().get, "/crowded/x")
        while not upstream.requests:
            pass
        yield pool.submit(server.client().get, "/crowded/y")
        for peer in upstream.peers:
            peer.close()
        first.result()


@pytest.fixture
def client(server, upstream):
    upstream.forget()
    return server.client()


def member(got):
    """The one member of Proxy-Status: its name, and its parameters."""
    name, *parameters = got.headers["Proxy-Status"].split(";")
    return name, dict(one.strip().split("=", 1) for one in parameters)


FAILURES = {
    "nobody": ("/nobody", None, 502, "connection_refused"),
    "no name": ("/nameless", None, 502, "dns_error"),
    "no TLS": ("/deaf", None, 504, "connection_timeout"),
    "silence": ("/hasty", silence, 504, "http_response_timeout"),
    "the end": ("/it", close, 502, "connection_terminated"),
    "no HTTP": ("/it", cut(b"garbage\r\n\r\n"), 502, "http_protocol_error"),
    "too much": ("/it", cut(b"HTTP/1.1 200 OK\r\n" + b"X: " + b"x" * 1_000_000), 502, "http_response_header_section_size"),
    "half a head": ("/it", cut(b"HTTP/1.1 200 OK\r\nX: "), 502, "http_response_incomplete"),
}  # fmt: skip


@requirement(
    "9209-2-01", "9209-2.1.1-01", "9209-2.3.1-01", "9209-2.3.5-01", "9110-15.6.3-01", "9110-15.6.5-01", "9209-2-04",
    "9209-2-05",
)  # fmt: skip
@pytest.mark.parametrize("path, answer, status, error", FAILURES.values(), ids=list(FAILURES))
def test_why_there_is_no_answer_is_told(client, upstream, path, answer, status, error):
    upstream.always(answer)
    got = client.post(path, (), b"")
    name, parameters = member(got)
    assert (got.status, parameters) == (status, {"error": error})
    assert TOKEN.fullmatch(name) and name == "edge.example:80"
    assert not got.trailers


@requirement("9209-2-02")
def test_what_others_say_stays(client, upstream):
    upstream.always(response(502, [("Proxy-Status", "inner; error=dns_error"), ("Proxy-Status", '"x y"')], b"no"))
    got = client.get("/it")
    assert got.headers.all("Proxy-Status") == ["inner; error=dns_error", '"x y"']


@requirement("9209-2-05", "9209-2-04")
def test_a_trailer_says_nothing_that_the_head_does_not(server, client, upstream):
    upstream.always(cut(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n5\r\nhe"))
    with server.connect() as connection:
        connection.send(b"GET /it HTTP/1.1\r\nHost: h\r\nTE: trailers\r\nConnection: TE\r\n\r\n")
        assert b"proxy-status" not in connection.read_to_end().lower()


@requirement("9209-2-03")
def test_who_has_it_is_no_intermediary(library):
    for path in ("/none", "/%", "/openapi.json"):
        assert "Proxy-Status" not in library.client().get(path).headers


@requirement("9209-2.3.3-01")
def test_who_waits_in_vain_for_a_connection_is_told_so(crowded):
    got = crowded.result(20)
    assert got.status == 503 and member(got)[1] == {"error": "connection_limit_reached"}
