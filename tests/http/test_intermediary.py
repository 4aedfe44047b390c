"""What an intermediary owes to both sides (RFC 9110 section 7.6): what it
passes on, what it must not touch, and what it answers itself."""

import re
import socket
import threading
import time
from email.utils import parsedate_to_datetime

import pytest
from ledger import requirement
from upstream import Upstream, close, cut, response

GATE = {"openapi": "3.1.0", "info": {"title": "Gate", "version": "1"}}


@pytest.fixture(scope="module")
def upstream():
    with Upstream() as running:
        yield running


def described(url):
    return {**GATE, "paths": {"/": {"x-verbatim": {"to": url}}}}


@pytest.fixture(scope="module")
def server(module_serve, upstream):
    """Without a cache, so that nothing but what the client says goes on."""
    return module_serve(described(upstream.url), ["--via", "us", "--gateway-cache", "0", "--trace"])


@pytest.fixture
def client(server, upstream):
    upstream.forget()
    return server.client()


def exchange(client, method, target, fields=(), body=None):
    """What comes back as it is: the rules for our answers are not for another server's."""
    return client.exchange(method, target, list(fields), body, False, [])


# What goes on as it came


@requirement("9110-5.1-02", "9110-5.3-01", "9110-10.1.3-02", "9110-11.6.2-01", "6265bis-5.6-02", "7240-2-02")
def test_fields_of_a_request_go_on_as_they_came(client, upstream):
    fields = [
        ("X-Unknown", "v"), ("A", "1"), ("A", "2"), ("A", "3"), ("Referer", f"http://{client.authority}/from?x"),
        ("Authorization", 'Digest  username="a",\tnonce=""'), ("Cookie", 'a="b c"; d==;e'), ("Prefer", "wait=1, X"),
    ]  # fmt: skip
    exchange(client, "GET", "/x", fields)
    request = upstream.only()
    for name, value in fields:
        if name != "A":
            assert request.get(name) == value
    assert request.all("A") == ["1", "2", "3"]


@requirement(
    "9110-7.7-05", "9110-10.2.1-03", "9110-11.6.1-03", "9110-11.6.3-01", "9110-12.5.5-02", "6265bis-3-02", "9110-5.3-03",
    "6265bis-5.6-02",
)  # fmt: skip
def test_fields_of_a_response_go_on_as_they_came(client, upstream):
    fields = [
        ("Server", "x/1 (y)"), ("ETag", 'W/"a b"'), ("Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT"),
        ("Content-Type", "Text/PLAIN;  Charset=x"), ("Allow", "GET,FOO"), ("WWW-Authenticate", 'Basic realm="a", Digest x'),
        ("WWW-Authenticate", "New"), ("Authentication-Info", 'nextnonce="1"'), ("Set-Cookie", "a=b, c; Path=/"),
        ("Set-Cookie", "d=e"), ("Set-Cookie", "f=g"), ("Content-Language", "de"), ("X-Unknown", "v"),
    ]  # fmt: skip
    upstream.always(response(200, fields, b"it"))
    got = exchange(client, "GET", "/x")
    for name, _ in fields:
        assert got.headers.all(name) == [value for other, value in fields if other == name]
    assert "Vary" not in got.headers


@requirement("9111-5.2-01")
def test_cache_control_goes_on_where_nothing_is_stored(client, upstream):
    upstream.always(response(200, [("Cache-Control", "foo=bar, max-age=5")], b"it"))
    got = exchange(client, "GET", "/x", [("Cache-Control", "baz, max-age=7")])
    assert upstream.only().get("Cache-Control") == "baz, max-age=7"
    assert got.headers["Cache-Control"] == "foo=bar, max-age=5"


@requirement("9110-7.7-03", "9111-5.2.2.6-01", "9111-5.2.1.6-01")
def test_content_is_not_transformed(client, upstream):
    text = b"the same again and again " * 1000
    upstream.always(response(200, [("Cache-Control", "no-transform")], text))
    got = exchange(client, "GET", "/x", [("Accept-Encoding", "gzip"), ("Cache-Control", "no-transform")])
    assert got.body == text and "Content-Encoding" not in got.headers


@requirement("9110-13.2.1-03", "9110-13.2.1-04")
@pytest.mark.parametrize("name, value", [
    ("If-None-Match", '"a"'), ("If-Match", '"b"'), ("If-Modified-Since", "Sun, 06 Nov 2094 08:49:37 GMT"),
    ("If-Unmodified-Since", "Sun, 06 Nov 1994 08:49:37 GMT"),
])  # fmt: skip
def test_conditions_are_for_who_has_what_they_are_about(client, upstream, name, value):
    upstream.always(response(200, [("ETag", '"a"'), ("Last-Modified", "Sun, 06 Nov 2022 08:49:37 GMT")], b"it"))
    assert client.request("GET", "/x", {name: value}).status == 200
    assert upstream.only().get(name) == value


@requirement("9110-15.4.5-03")
def test_a_304_goes_to_whose_condition_caused_it(client, upstream):
    upstream.always(response(304, [("ETag", '"a"')]))
    got = client.request("GET", "/x", {"If-None-Match": '"a"'})
    assert got.status == 304 and got.headers["ETag"] == '"a"' and got.body == b""


@requirement("9110-14.2-04", "9110-14.4-02", "9110-15.3.7-01")
@pytest.mark.parametrize("asked, said", [("foo=1-2", "foo 1-2/3"), ("bytes=0-1", "bytes 5-6/10")])
def test_a_part_is_told_as_the_one_it_is(client, upstream, asked, said):
    upstream.always(response(206, [("Content-Range", said)], b"ab"))
    got = exchange(client, "GET", "/x", [("Range", asked)])
    assert (got.status, got.headers["Content-Range"], got.body) == (206, said, b"ab")


@requirement("9110-15.3.7.2-10")
def test_many_parts_are_told_as_they_came(client, upstream):
    parts = b"".join(
        b"--x\r\nContent-Range: bytes %d-%d/10\r\n\r\n%s\r\n" % (at, at + 1, b"0123456789"[at : at + 2]) for at in (6, 0, 4)
    )
    fields = [("Content-Type", "multipart/byteranges; boundary=x")]
    upstream.always(response(206, fields, parts + b"--x--\r\n"))
    got = exchange(client, "GET", "/x", [("Range", "bytes=0-1,4-5,6-7")])
    assert got.status == 206 and got.body == parts + b"--x--\r\n" and got.headers["Content-Type"] == fields[0][1]


@requirement("9110-15.4-01")
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirection_is_followed(client, upstream, status):
    upstream.always(response(status, [("Location", "/y")]))
    got = client.request("POST", "/x", (), b"content")
    assert got.status == status and got.headers["Location"] == "/y"
    assert upstream.only().target == "/x"


@requirement("9110-10.1.1-06")
def test_a_refused_expectation_is_the_clients(client, upstream):
    upstream.always(response(417))
    assert exchange(client, "PUT", "/x", [("Expect", "100-continue")], b"content").status == 417
    assert len(upstream.requests) == 1


@requirement("9110-10.1.1-15")
def test_who_expects_100_need_not_wait_for_it(server, client, upstream):
    upstream.always(lambda peer, request: peer.send(response(200, (), request.content)))
    got = server.raw(b"PUT /x HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\nbody")
    assert [one.body for one in got if one.status == 200] == [b"body"]


# Max-Forwards


@requirement("9110-7.6.2-04")
@pytest.mark.parametrize("method", ["OPTIONS", "TRACE"])
@pytest.mark.parametrize("said", ["99999999999999999999", "9223372036854775807", "18446744073709551616", "007"])
def test_max_forwards_is_counted_down_from_what_can_be_counted(client, upstream, method, said):
    assert client.request(method, "/x", {"Max-Forwards": said}).status == 200
    passed = upstream.only().get("Max-Forwards")
    assert re.fullmatch("[0-9]+", passed) and int(passed) < int(said)


@requirement("9110-7.6.2-05")
def test_max_forwards_means_nothing_to_other_methods(client, upstream):
    for method in ("GET", "POST", "BREW"):
        assert client.request(method, "/x", {"Max-Forwards": "0"}, b"" if method == "POST" else None).status == 200
    assert [request.get("Max-Forwards") for request in upstream.requests] == ["0"] * 3


# Via, and versions


@requirement("9110-7.6.3-02", "9110-7.6.3-03", "9110-7.6.3-04", "9110-7.6.3-09", "9112-2.3-02", "9110-6.2-01")
@pytest.mark.parametrize("version, ours", [(b"HTTP/1.0", "1.0 us"), (b"HTTP/1.1", "1.1 us")])
def test_each_hop_says_its_own_version(server, client, upstream, version, ours):
    upstream.always(cut(b"HTTP/1.0 200 OK\r\nVia: 2 inner\r\nContent-Length: 2\r\n\r\nit"))
    with server.connect() as connection:
        connection.send(b"GET /x " + version + b"\r\nHost: h\r\nVia: 1.1 a, 1.0 b\r\nConnection: close\r\n\r\n")
        assert connection.read_line() == b"HTTP/1.1 200 OK"
        assert connection.read_fields().all("Via") == ["2 inner", "1.0 us"]
    request = upstream.only()
    assert request.version == "HTTP/1.1"
    assert ", ".join(request.all("Via")) == f"1.1 a, 1.0 b, {ours}"


# What there is to mend


@requirement("9110-6.6.1-04")
def test_a_response_without_a_date_gets_that_of_its_receipt(client, upstream):
    upstream.always(response(200, (), b"it"))
    sent = parsedate_to_datetime(client.get("/x").headers["Date"])
    assert abs(time.time() - sent.timestamp()) < 60


@requirement("9110-8.6-10")
def test_a_length_that_is_wrong_is_not_passed_for_right(server, client, upstream):
    upstream.always(cut(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"))
    with server.connect() as connection:
        connection.send(b"GET /x HTTP/1.1\r\nHost: h\r\n\r\n")
        got = connection.read_to_end()
    assert got.partition(b"\r\n\r\n")[2] in (b"half", b"")


# What the answer of another server does not stop


@requirement("9110-7.5-01")
@pytest.mark.parametrize("now, later", [(b"5\r\nearly\r\n", b"0\r\n\r\n"), (b"5\r\nearly\r\n0\r\n\r\n", b"")])
def test_an_early_answer_does_not_end_the_request(server, client, upstream, now, later):
    upstream.reads_content = False
    done = threading.Event()

    def answer(peer, request):
        peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + now)
        peer.read_content(request)
        peer.send(later)
        done.set()

    upstream.then(answer)
    try:
        with server.connect() as connection:
            connection.send(b"POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 200000\r\n\r\n" + b"a" * 100000)
            assert connection.read_line() == b"HTTP/1.1 200 OK"
            connection.send(b"b" * 100000)
            assert done.wait(10)
        assert upstream.only().content == b"a" * 100000 + b"b" * 100000
    finally:
        upstream.reads_content = True


@requirement("9112-9.3-05", "9112-9.5-04")
def test_who_is_refused_with_much_to_come_is_told_that_the_connection_ends(server, client, upstream):
    upstream.reads_content = False
    upstream.always(response(413, (), b"no"))
    try:
        with server.connect() as connection:
            connection.send(b"POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 900000\r\n\r\n" + b"a" * 100)
            assert connection.read_line() == b"HTTP/1.1 413 Content Too Large"
            assert connection.read_fields().tokens("Connection") == ["close"]
    finally:
        upstream.reads_content = True


@requirement("9112-9.5-04")
@pytest.mark.parametrize("status", [204, 301, 304, 500])
@pytest.mark.parametrize("expects", ["", "Expect: 100-continue\r\n"])
def test_an_answer_without_content_may_come_before_the_content(server, client, upstream, status, expects):
    upstream.reads_content = False
    upstream.always(response(status))
    try:
        with server.connect() as connection:
            connection.send(f"POST /x HTTP/1.1\r\nHost: h\r\n{expects}Content-Length: 8\r\n\r\n".encode() + b"half")
            assert connection.read_line().startswith(b"HTTP/1.1 %d " % status)
        assert exchange(client, "GET", "/x").status == status
    finally:
        upstream.reads_content = True


@requirement("9110-6-01")
def test_an_answer_is_read_as_one_to_its_request(client, upstream):
    upstream.then(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", response(304, [("ETag", '"a"'), ("Content-Length", "5")]))
    assert client.request("HEAD", "/x").headers["Content-Length"] == "5"
    assert client.request("GET", "/x", {"If-None-Match": '"a"'}).status == 304
    assert client.get("/x").body == b"hello"
    assert len({request.connection for request in upstream.requests}) == 1


@requirement("9110-10.1.1-11", "9110-10.1.1-13")
def test_what_is_refused_by_its_head_is_not_asked_to_go_on(server, client, upstream):
    upstream.reads_content = False
    upstream.always(response(415, (), b"no"))
    try:
        with server.connect() as connection:
            connection.send(b"PUT /x HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n")
            got = connection.read_response("PUT")
        assert (got.status, got.interim, got.body) == (415, [], b"no")
    finally:
        upstream.reads_content = True


@requirement("9110-15.5.9-01")
def test_who_was_too_late_is_told_that_the_connection_ends(server, client, upstream):
    upstream.always(response(408, [("Connection", "close")], b"late"))
    with server.connect() as connection:
        connection.send(b"POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n")
        assert b"\r\nConnection: close\r\n" in connection.read_to_end()


# What the other server has no business with


@requirement("9110-4.2.2-03")
def test_https_is_spoken_over_tls_only(serve):
    heard = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def talk():
            peer, _ = listener.accept()
            heard.append(peer.recv(65536))
            peer.sendall(response(content=b"plain"))
            time.sleep(0.5)
            peer.close()

        thread = threading.Thread(target=talk)
        thread.start()
        host, port = listener.getsockname()
        got = serve(described(f"https://{host}:{port}")).client().get("/x")
        thread.join()
    assert got.status == 502 and b"plain" not in got.body
    assert heard[0][:1] == b"\x16" and b"HTTP/1" not in heard[0]


@requirement("9110-9.3.8-04")
@pytest.mark.parametrize("content", [b"Content-Length: 4\r\n\r\nbody", b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"])
def test_no_content_goes_on_with_trace(server, client, upstream, content):
    got = server.raw(b"TRACE /x HTTP/1.1\r\nHost: h\r\n" + content)
    assert got[0].status == 400 or upstream.only().content == b""
    for request in upstream.requests:
        assert not request.all("Content-Length") and not request.all("Transfer-Encoding")


@requirement("9110-9.2.2-02")
def test_what_may_have_been_done_is_not_asked_for_again(client, upstream):
    upstream.always(close)
    assert client.request("POST", "/x", (), b"x").status == 502
    time.sleep(0.2)
    assert len(upstream.requests) == 1
