"""POST and a gateway's cache (RFC 9110 section 9.3.3): what it answers may be
what GET would have brought, and says so."""

import threading
import time
from contextlib import closing

import pytest
from ledger import requirement
from origin import gateway_to
from upstream import Upstream, chunked, response


@pytest.fixture(scope="module")
def upstream():
    with Upstream() as running:
        yield running


@pytest.fixture(scope="module")
def gateway(module_serve, upstream):
    return module_serve(gateway_to(upstream.url + "/there", "/here"))


@pytest.fixture
def client(gateway):
    with closing(gateway.client()) as client:
        yield client


COUNT = iter(range(1, 100000))


@pytest.fixture
def path(upstream):
    upstream.forget()
    return f"/p{next(COUNT)}"


def says(upstream, path, control="max-age=600", location=None, status=200, content=b"state", more=()):
    """The answer to POST, and another one to all else."""
    fields = [("Cache-Control", control), ("ETag", '"1"'), *more]
    if location != "":
        fields.append(("Content-Location", location or "/there" + path))
    posted = response(status, fields, content)

    def answer(peer, request):
        peer.send(posted if request.method == "POST" else response(200, (), b"asked"))

    upstream.always(answer)


def post(client, path, fields=(), content=b"x"):
    return client.exchange("POST", "/here" + path, list(fields), content, False, [])


def asked(upstream, method):
    return sum(request.method == method for request in upstream.requests)


@requirement("9110-9.3.3-03", "9110-9.3.3-04", "9111-4-02")
def test_what_stands_for_the_target_answers_get_and_head(client, upstream, path):
    says(upstream, path)
    first = post(client, path)
    assert (first.status, first.body) == (200, b"state")
    assert "stored" in first.headers["Cache-Status"] and "fwd=method" in first.headers["Cache-Status"]
    assert first.headers["Content-Location"] == "/here" + path
    got = client.get("/here" + path)
    assert (got.status, got.body, got.headers["ETag"]) == (200, b"state", '"1"')
    assert got.headers["Content-Location"] == "/here" + path
    assert client.head("/here" + path).headers["Content-Length"] == "5"
    assert client.get("/here" + path, {"If-None-Match": '"1"'}).status == 304
    assert asked(upstream, "GET") == asked(upstream, "HEAD") == 0
    post(client, path)
    assert asked(upstream, "POST") == 2
    assert upstream.requests[0].target == "/there" + path and upstream.requests[0].content == b"x"


@requirement("9110-9.3.3-03")
@pytest.mark.parametrize(
    "said",
    [
        {"location": ""},
        {"location": "/there/other"},
        {"location": "http://other.example/there"},
        {"control": "public"},
        {"control": "max-age=0"},
        {"control": "max-age=600, private"},
        {"control": "max-age=600, no-store"},
        {"status": 201},
        {"status": 403},
        {"more": [("Set-Cookie", "a=b")]},
        {"more": [("Vary", "*")]},
    ],
)
def test_what_does_not_say_so_is_passed_on(client, upstream, path, said):
    says(upstream, path, **said)
    assert post(client, path).body == b"state"
    assert client.get("/here" + path).body == b"asked"


@pytest.mark.parametrize("fields", [[("Cookie", "a=b")], [("X-Made-Up", "1")], [("Authorization", "Basic YTpi")]])
def test_what_was_asked_with_more_is_for_that_client(client, upstream, path, fields):
    says(upstream, path)
    post(client, path, fields)
    assert client.get("/here" + path).body == b"asked"


def test_who_posts_is_told_to_the_origin(client, upstream, path):
    """It is not asked for others."""
    says(upstream, path)
    post(client, path)
    assert "127.0.0.1" in upstream.only().get("Forwarded")


@pytest.mark.parametrize("target", ["/x/../{}", "/%70{}", "//{}"])
def test_what_is_asked_for_by_another_spelling_is_not_stored(client, upstream, path, target):
    """The origin may take it for another resource."""
    says(upstream, path)
    client.exchange("POST", "/here" + target.format(path[1:] if "%" not in target else path[2:]), [], b"x", False, [])
    assert client.get("/here" + path).body == b"asked"


@requirement("9111-4.4-01")
def test_it_takes_the_place_of_what_was_there(client, upstream, path):
    upstream.then(response(200, [("Cache-Control", "max-age=600")], b"old"))
    assert client.get("/here" + path).body == b"old"
    says(upstream, path)
    post(client, path)
    assert client.get("/here" + path).body == b"state"


@requirement("9111-4.4-01")
def test_a_later_change_makes_it_stale(client, upstream, path):
    says(upstream, path)
    post(client, path)
    client.delete("/here" + path)
    assert client.get("/here" + path).body == b"asked"


@pytest.mark.once
def test_a_change_meanwhile_makes_it_stale(gateway, client, upstream, path):
    """Nobody knows which of the two was the last."""
    go = threading.Event()

    def answer(peer, request):
        if request.method == "POST":
            go.wait(10)
            fields = [("Cache-Control", "max-age=600"), ("Content-Location", "/there" + path)]
            peer.send(response(200, fields, b"state"))
        else:
            peer.send(response(200, (), b"asked"))

    upstream.always(answer)
    with closing(gateway.client()) as other:
        connection = other.connect()
        connection.send(f"POST /here{path} HTTP/1.1\r\nHost: {other.authority}\r\nContent-Length: 0\r\n\r\n".encode())
        time.sleep(0.3)
        client.put("/here" + path, body=b"new")
        go.set()
        connection.read_response("POST")
        connection.close()
    assert client.get("/here" + path).body == b"asked"


def test_what_is_cut_off_is_not_stored(client, upstream, path):
    fields = f"Cache-Control: max-age=600\r\nContent-Location: /there{path}\r\n"

    def answer(peer, request):
        if request.method == "POST":
            peer.send(f"HTTP/1.1 200 OK\r\n{fields}Content-Length: 100\r\n\r\nhalf".encode())
            peer.close()
        else:
            peer.send(response(200, (), b"asked"))

    upstream.always(answer)
    with pytest.raises(Exception):
        post(client, path)
    client.close()
    assert client.get("/here" + path).body == b"asked"


def test_content_of_any_length_is_passed_on_and_kept(client, upstream, path):
    content = bytes(range(256)) * 4096
    fields = [("Cache-Control", "max-age=600"), ("Content-Location", "/there" + path)]

    def answer(peer, request):
        peer.send(chunked([content[i : i + 9999] for i in range(0, len(content), 9999)], fields, [("X-Behind", "1")]))

    upstream.always(answer)
    assert post(client, path).body == content
    assert client.get("/here" + path).body == content
    assert asked(upstream, "GET") == 0


@pytest.mark.once
def test_a_client_that_leaves_does_not_break_what_is_kept(gateway, client, upstream, path):
    content = b"z" * 3000000
    says(upstream, path, content=content)
    with closing(gateway.client()) as leaving:
        connection = leaving.connect()
        connection.send(f"POST /here{path} HTTP/1.1\r\nHost: {leaving.authority}\r\nContent-Length: 0\r\n\r\n".encode())
        time.sleep(0.3)
        connection.close()
    time.sleep(0.5)
    assert client.get("/here" + path).body == content


@pytest.mark.once
def test_a_client_that_leaves_ends_what_is_too_large_to_be_kept(gateway, upstream, path):
    piece = b"z" * 1024 * 1024
    fields = [("Cache-Control", "max-age=600"), ("Content-Location", "/there" + path)]
    begin = chunked([piece], fields).removesuffix(b"0\r\n\r\n")
    ended = threading.Event()

    def answer(peer, request):
        try:
            peer.send(begin)
            for _ in range(1000):
                peer.send(b"%x\r\n%s\r\n" % (len(piece), piece))
        except OSError:
            ended.set()

    upstream.always(answer)
    with closing(gateway.client()) as leaving:
        connection = leaving.connect()
        connection.send(f"POST /here{path} HTTP/1.1\r\nHost: {leaving.authority}\r\nContent-Length: 0\r\n\r\n".encode())
        while len(connection.buffer) < 10 * len(piece):
            assert connection.more()
        connection.close()
    assert ended.wait(10)


# Places


@pytest.mark.parametrize("absolute", [False, True])
def test_stored_places_are_places_here(gateway, client, upstream, path, absolute):
    place = "/there/moved"
    upstream.always(
        response(301, [("Cache-Control", "max-age=600"), ("Location", upstream.url + place if absolute else place)])
    )
    for _ in range(2):
        told = client.get("/here" + path).headers["Location"]
        assert told.endswith("/here/moved") and (":" in told) == absolute
    assert len(upstream.requests) == 1


@requirement("9111-4.4-01")
def test_places_that_have_changed_are_places_here(client, upstream, path):
    fresh = response(200, [("Cache-Control", "max-age=600")], b"x")
    upstream.always(fresh)
    client.get(f"/here{path}-other")
    upstream.then(response(201, [("Location", f"/there{path}-other")]))
    post(client, path)
    client.get(f"/here{path}-other")
    assert asked(upstream, "GET") == 2
