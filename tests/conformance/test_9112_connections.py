"""RFC 9112 section 9: how long a connection lives, and how it ends."""

import time

import pytest
from ledger import requirement


@requirement("9112-9.3-01", "9112-9.3-02")
@pytest.mark.parametrize("version, option, stays", [("1.1", None, True), ("1.1", "keep-alive", True), ("1.1", "close", False),
                                                    ("1.0", None, False), ("1.0", "close", False), ("1.1", "close, keep-alive", False)])  # fmt: skip
def test_who_says_what_of_the_connection(target, page, version, option, stays):
    fields = [f"Connection: {option}"] if option else []
    with target.connect() as connection:
        connection.send(target.message(f"GET {page} HTTP/{version}", *fields))
        answer = connection.read_response()
        assert answer.status == 200
        if stays:
            assert "close" not in answer.headers.tokens("Connection")
            connection.send(target.message(f"GET {page} HTTP/{version}", *fields))
            assert connection.read_response().status == 200
        else:
            assert connection.at_end()


@requirement("9112-9.3-02")
def test_http_1_0_keeps_the_connection_only_if_it_is_told_so(target, page):
    with target.connect() as connection:
        connection.send(target.message(f"GET {page} HTTP/1.0", "Connection: Keep-Alive"))
        if "keep-alive" in connection.read_response().headers.tokens("Connection"):
            connection.send(target.message(f"GET {page} HTTP/1.0", "Connection: Keep-Alive"))
            assert connection.read_response().status == 200
        else:
            assert connection.at_end()


@requirement("9112-9.3-05")
def test_content_that_is_not_wanted_is_no_request(target, client, store):
    path = store.made(client)
    smuggled = target.message(f"DELETE {path} HTTP/1.1")
    content = smuggled * (20_000 // len(smuggled))
    with target.connect() as connection:
        connection.send(target.message(f"PUT {path} HTTP/1.1", "Content-Type: image/x-none", f"Content-Length: {len(content)}", content=content))
        connection.send(target.message(f"GET {path} HTTP/1.1"))
        assert connection.read_response("PUT").status == 415
        connection.half_close()
        if not connection.at_end():  # it read on, and answers what follows
            assert connection.read_response().body == store.content
        assert connection.at_end()
    assert client.get(path).body == store.content


@requirement("9112-9.3.2-02", "9110-15-03")
def test_pipelined_requests_are_answered_in_order(target, client, store):
    paths = [store.made(client, str(n)) for n in range(5)]
    listing = target.need("types")["path"]
    data, wanted = b"", []
    for n, path in enumerate(paths):
        data += target.message(f"GET {listing} HTTP/1.1")  # of another cost
        data += store_change(target, store, path, b"new %d" % n)
        data += target.message(f"GET {path} HTTP/1.1")
        wanted.append(b"new %d" % n)
    answers = target.raw(data, ["GET", "PUT", "GET"] * 5)
    assert [answer.status // 100 for answer in answers] == [2] * 15
    assert [answer.body for answer in answers[2::3]] == wanted


def store_change(target, store, path, content):
    return target.message(f"PUT {path} HTTP/1.1", f"Content-Type: {store.type}", f"Content-Length: {len(content)}", content=content)


@requirement("9112-9.5-02")
@pytest.mark.parametrize("used", [False, True])
def test_a_client_that_ends_the_connection_is_followed(target, page, used):
    with target.connect() as connection:
        if used:
            connection.send(target.message(f"GET {page} HTTP/1.1"))
            assert connection.read_response().status == 200
        began = time.monotonic()
        connection.half_close()
        assert connection.at_end()
        assert time.monotonic() - began < 2


@requirement("9112-9.5-03")
def test_many_connections_stay_open(target, page):
    connections = [target.connect() for _ in range(64)]
    try:
        for _ in range(3):
            for connection in connections:
                connection.send(target.message(f"GET {page} HTTP/1.1"))
            for connection in connections:
                answer = connection.read_response()
                assert answer.status == 200
                assert "close" not in answer.headers.tokens("Connection")
    finally:
        for connection in connections:
            connection.close()


@requirement("9112-9.6-05", "9112-9.6-06")
def test_nothing_after_a_close_is_done(target, client, store, page):
    path = store.made(client)
    data = target.message(f"GET {page} HTTP/1.1", "Connection: close") + target.message(f"DELETE {path} HTTP/1.1")
    answers = target.raw(data, ["GET"])
    assert [answer.status for answer in answers] == [200]
    assert client.get(path).body == store.content


@requirement("9112-9.6-09", "9110-10.1.1-10", "9110-15.5.14-01")
def test_a_refusal_can_be_read_while_content_is_still_sent(target, client, store):
    size = target.need("limits")["content"] * 8
    path = store.unused()
    with target.connect() as connection:
        connection.send(target.message(f"PUT {path} HTTP/1.1", f"Content-Type: {store.type}", f"Content-Length: {size}"))
        sent = b"x" * 65536
        try:
            for _ in range(size // len(sent)):
                connection.send(sent)
        except (BrokenPipeError, ConnectionResetError):
            pytest.fail("the refusal was lost in a reset")
        answer = connection.read_response("PUT")
        assert answer.status == 413
        assert "close" in answer.headers.tokens("Connection")
        assert answer.body != b""
    assert client.get(path).status == 404


@requirement("9112-9.6-10")
def test_a_half_close_cancels_nothing(target, client, store, page):
    path = store.unused()
    with target.connect() as connection:
        connection.send(target.message(f"GET {page} HTTP/1.1") + store_change(target, store, path, b"whole"))
        connection.half_close()
        assert connection.read_response().status == 200
        assert connection.read_response("PUT").status == 201
        assert connection.at_end()
    assert client.get(path).body == b"whole"


@requirement("9110-15.5.9-01", "9110-5.3-05", "9112-9.5-01")
@pytest.mark.parametrize("part", ["head", "content"])
def test_what_does_not_come_in_time_is_408(target, client, store, part):
    limit = target.need("times")[part]
    path = store.unused()
    begun = target.message(f"PUT {path} HTTP/1.1", f"Content-Type: {store.type}", "Content-Length: 5", content=b"hell")
    with target.connect() as connection:
        connection.send(begun if part == "content" else begun[:-6])
        connection.socket.settimeout(limit + 15)
        answer = connection.read_response("PUT")
        assert answer.status == 408
        assert "close" in answer.headers.tokens("Connection")
        assert connection.at_end()  # orderly, not a reset
    assert client.get(path).status == 404
