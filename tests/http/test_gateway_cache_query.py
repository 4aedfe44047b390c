"""QUERY and a gateway's cache (RFC 10008 section 2.7): what is asked with the
content is a part of the key."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from ledger import requirement
from origin import gateway_to
from upstream import Upstream, response

FRESH = [("Cache-Control", "max-age=600")]
JSON = ("Content-Type", "application/json")


@pytest.fixture(scope="module")
def upstream():
    with Upstream() as running:
        yield running


@pytest.fixture(scope="module")
def gateway(module_serve, upstream):
    return module_serve(gateway_to(upstream.url))


@pytest.fixture
def client(gateway):
    with closing(gateway.client()) as client:
        yield client


COUNT = iter(range(1, 100000))


@pytest.fixture
def path(upstream):
    upstream.forget()
    upstream.always(echo())
    return f"/q{next(COUNT)}"


def echo(fields=FRESH, status=200):
    """What is answered says what was asked, and which answer it is."""
    count = iter(range(1, 1000))

    def answer(peer, request):
        text = b"%d:%s" % (next(count), request.content)
        peer.send(response(status, fields, text))

    return answer


def query(client, path, content, headers=(JSON,), chunked=False, trailers=()):
    return client.exchange("QUERY", path, list(headers), content, chunked, list(trailers))


def status_of(answer):
    parts = [part.strip() for part in answer.headers["Cache-Status"].split(";")]
    return {part for part in parts[1:] if not part.startswith("ttl=")}


def until(holds, seconds=5):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


@requirement("10008-2.7-01", "10008-2-02")
def test_the_same_query_is_asked_once(client, upstream, path):
    first = query(client, path, b'{"a":1}')
    second = query(client, path, b'{"a":1}')
    assert first.body == second.body == b'1:{"a":1}'
    assert status_of(first) == {"fwd=uri-miss", "fwd-status=200", "stored"}
    assert status_of(second) == {"hit"}
    assert upstream.only().method == "QUERY"
    assert upstream.only().get("Content-Type") == "application/json"
    assert upstream.only().get("Content-Length") == "7"


@requirement("10008-2.7-02")
@pytest.mark.parametrize(
    "other",
    [
        (b'{"a":2}', [JSON]),
        (b"", [JSON]),
        (b'{"a":1}', [("Content-Type", "application/other")]),
        (b'{"a":1}', [JSON, ("Content-Encoding", "gzip")]),
        (b'{"a":1}', [JSON, ("Content-Language", "de")]),
    ],
)
def test_content_and_what_describes_it_tell_queries_apart(client, upstream, path, other):
    query(client, path, b'{"a":1}')
    assert query(client, path, *other).body == b"2:" + other[0]
    assert query(client, path, *other).body == b"2:" + other[0]
    assert query(client, path, b'{"a":1}').body == b'1:{"a":1}'
    assert len(upstream.requests) == 2


@requirement("10008-2.7-02")
def test_content_of_no_announced_length_has_the_same_key(client, upstream, path):
    query(client, path, b"a" * 1000)
    assert "hit" in status_of(query(client, path, b"a" * 1000, chunked=True))


def test_get_and_query_are_two(client, upstream, path):
    query(client, path, b"x")
    assert client.get(path).body == b"2:"
    assert query(client, path, b"x").body == b"1:x"


@pytest.mark.parametrize("size", [65535, 65536, 65537, 1000000])
@pytest.mark.parametrize("chunked", [False, True])
def test_what_is_longer_than_what_is_held_goes_on_and_is_not_stored(client, upstream, path, size, chunked):
    content = bytes(range(250)) * 4 * (size // 1000 + 1)
    content = content[:size]
    for count in (1, 2):
        answer = query(client, path, content, chunked=chunked)
        assert answer.status == 200
        stored = size < 65536
        assert answer.body == (b"1:" if stored else b"%d:" % count) + content
    assert len(upstream.requests) == (1 if size < 65536 else 2)
    assert upstream.requests[0].content == content


@pytest.mark.parametrize(
    "headers, trailers",
    [
        ([JSON, ("Expect", "100-continue")], []),
        ([JSON, ("X-Made-Up", "1")], []),
        ([JSON, ("Cookie", "a=b")], []),
        ([JSON, ("Authorization", "Basic YTpi")], []),
        ([JSON, ("Content-Digest", "sha-256=:AAAA:")], []),
        ([JSON, ("Content-Encoding", "a"), ("Content-Encoding", "b")], []),
        ([JSON, ("Cache-Control", "no-store")], []),
        ([JSON], [("X-Behind", "1")]),
    ],
)
def test_what_no_key_tells_apart_is_not_stored(client, upstream, path, headers, trailers):
    for _ in range(2):
        answer = query(client, path, b"x" * 10, headers, bool(trailers), trailers)
        assert answer.status == 200
    assert len(upstream.requests) == 2
    assert query(client, path, b"x" * 10).body.startswith(b"3:")


@requirement("9111-4.1-01")
def test_what_varies_is_told_apart(client, upstream, path):
    upstream.always(echo([*FRESH, ("Vary", "Accept-Language")]))
    for language in ("en", "de"):
        for _ in range(2):
            query(client, path, b"x", [JSON, ("Accept-Language", language)])
    assert len(upstream.requests) == 2


@requirement("10008-2.6-01", "10008-2.8-01")
def test_conditions_and_ranges_are_about_what_is_stored(client, upstream, path):
    upstream.always(response(200, [*FRESH, ("ETag", '"a"')], b"0123456789"))
    query(client, path, b"x")
    assert query(client, path, b"x", [JSON, ("If-None-Match", '"a"')]).status == 304
    part = query(client, path, b"x", [JSON, ("Range", "bytes=2-4")])
    assert (part.status, part.body) == (206, b"234")
    assert len(upstream.requests) == 1


def test_what_is_stale_is_asked_about_with_the_same_content(client, upstream, path):
    upstream.always(response(200, [("Cache-Control", "max-age=0"), ("ETag", '"1"')], b"old"))
    query(client, path, b"what")
    upstream.always(b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\nCache-Control: max-age=600\r\n\r\n')
    assert query(client, path, b"what").body == b"old"
    assert upstream.requests[-1].get("If-None-Match") == '"1"'
    assert upstream.requests[-1].content == b"what"
    assert "hit" in status_of(query(client, path, b"what"))


def test_what_nobody_has_is_asked_for_once_more_with_the_content(client, upstream, path):
    """The 304 is about something else: what is asked without conditions begins
    from its content's first byte."""
    upstream.always(response(200, [("Cache-Control", "max-age=0"), ("ETag", '"1"')], b"old"))
    query(client, path, b"what" * 10000)
    upstream.then(b'HTTP/1.1 304 Not Modified\r\nETag: "other"\r\n\r\n', response(200, FRESH, b"new"))
    assert query(client, path, b"what" * 10000).body == b"new"
    assert [request.content for request in upstream.requests] == [b"what" * 10000] * 3
    assert upstream.requests[-1].get("If-None-Match") is None


def test_a_query_is_repeated_where_its_connection_has_ended(client, upstream, path):
    client.get(path)  # over a connection that is used again
    upstream.then(lambda peer, _: peer.close())
    assert query(client, path, b"what" * 10000).status == 200
    assert [request.content for request in upstream.requests[1:]] == [b"what" * 10000] * 2


@pytest.mark.parametrize("status", [405, 501, 415, 422])
def test_an_upstream_that_does_not_take_it_is_heard(client, upstream, path, status):
    upstream.always(response(status, [("Allow", "GET")], b"no"))
    for _ in range(2):
        assert query(client, path, b"x").status == status
    assert len(upstream.requests) == 2


@requirement("9111-4.4-01")
def test_a_change_makes_what_is_stored_stale(client, upstream, path):
    query(client, path, b"x")
    client.request("PUT", path, (), b"new")
    assert "hit" not in status_of(query(client, path, b"x"))


def test_only_if_cached_asks_nobody(client, upstream, path):
    assert query(client, path, b"x", [JSON, ("Cache-Control", "only-if-cached")]).status == 504
    assert upstream.requests == []
    query(client, path, b"x")
    assert query(client, path, b"x", [JSON, ("Cache-Control", "only-if-cached")]).status == 200


def test_it_is_served_stale_while_it_is_validated(client, upstream, path):
    upstream.always(
        response(200, [("Cache-Control", "max-age=0, stale-while-revalidate=60"), ("ETag", '"1"')], b"old")
    )
    query(client, path, b"what")
    upstream.always(response(200, FRESH, b"new"))
    assert query(client, path, b"what").body == b"old"
    until(lambda: len(upstream.requests) == 2)
    assert upstream.requests[-1].content == b"what"
    until(lambda: query(client, path, b"what").body == b"new")


@pytest.mark.once
@requirement("9111-4-10")
def test_who_asks_the_same_at_once_waits_for_one_answer(gateway, upstream, path):
    go = threading.Event()

    def wait(peer, request):
        go.wait(10)
        peer.send(response(200, FRESH, request.content))

    upstream.always(wait)

    def one(i):
        with closing(gateway.client()) as client:
            return query(client, path, b"even" if i % 2 == 0 else b"odd").body

    with ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(one, i) for i in range(8)]
        time.sleep(0.7)
        go.set()
        assert [each.result(20) for each in answers] == [b"even", b"odd"] * 4
    assert len(upstream.requests) == 2


@pytest.mark.once
@pytest.mark.parametrize("sent", [0, 5, 70000])
def test_a_client_that_leaves_amid_its_content_is_forgotten(gateway, upstream, path, sent):
    with closing(gateway.client()) as client:
        connection = client.connect()
        head = f"QUERY {path} HTTP/1.1\r\nHost: {client.authority}\r\nContent-Length: 100000\r\n"
        connection.send(head.encode() + b"Content-Type: application/json\r\n\r\n" + b"x" * sent)
        time.sleep(0.3)
        connection.close()
        time.sleep(0.2)
        assert query(client, path, b"x").status == 200


@pytest.mark.once
def test_a_client_that_leaves_lets_the_others_have_it(gateway, upstream, path):
    go = threading.Event()

    def wait(peer, request):
        go.wait(10)
        peer.send(response(200, FRESH, request.content))

    upstream.always(wait)
    leaving = gateway.client()
    connection = leaving.connect()
    content = b"y" * 40000
    head = f"QUERY {path} HTTP/1.1\r\nHost: {leaving.authority}\r\nContent-Length: {len(content)}\r\n"
    connection.send(head.encode() + b"Content-Type: application/json\r\n\r\n" + content)
    until(lambda: len(upstream.requests) == 1)

    def one(_):
        with closing(gateway.client()) as client:
            return query(client, path, content).body

    with ThreadPoolExecutor(2) as pool:
        answers = [pool.submit(one, i) for i in range(2)]
        time.sleep(0.4)
        connection.close()
        time.sleep(0.2)
        go.set()
        assert {each.result(20) for each in answers} == {content}
    assert len(upstream.requests) == 1


@pytest.mark.parametrize("size", [10, 70000])
def test_parts_of_a_batch_may_be_queries(serve, upstream, path, size):
    upstream.always(response(200, [*FRESH, JSON], b"1"))
    with closing(serve(gateway_to(upstream.url, "/there")).client()) as client:
        part = {"method": "QUERY", "path": "/there" + path, "body": "x" * size}
        for headers, statuses in (({}, {200}), ({"Cache-Control": "only-if-cached"}, {200} if size < 65536 else {504})):
            reply = client.post("/batch", json={"requests": [{**part, "headers": headers}] * 2})
            assert {part["status"] for part in reply.json()["responses"]} == statuses, reply.body
    assert len(upstream.requests) == (1 if size < 65536 else 2)
