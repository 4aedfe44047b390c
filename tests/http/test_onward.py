"""Controllers whose work another server does."""

import json
import threading
import time

import pytest
from ledger import requirement
from test_cli import run as verbatim
from test_controllers import written
from upstream import Upstream, close, response

RESULT = {"200": {"description": "done", "content": {"application/json": {"schema": {"type": "object"}}}}, "204": {"description": "nothing"}}
ASKED = {"content": {"application/json": {"schema": {"type": "object", "required": ["width"], "properties": {"width": {"type": "integer"}}}}}}
PROBLEM = [("Content-Type", "application/problem+json")]
JSON = [("Content-Type", "application/json")]


def described(url, **more):
    def to(path):
        return {"x-verbatim": {"do": {"forward": {"servers": url + path, **more}}}}

    return {
        "openapi": "3.2.0",
        "info": {"title": "Onward", "version": "1"},
        "paths": {
            "/images/{id}/resize": {
                "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}},
                               {"name": "X-Tenant", "in": "header", "schema": {"type": "integer"}},
                               {"name": "fast", "in": "query", "schema": {"type": "boolean"}}],
                **to("/v1/{id}/resize"),
                "post": {"requestBody": ASKED, "responses": RESULT},
                "get": {"responses": RESULT},
                "query": {"requestBody": ASKED, "responses": RESULT},
            },
            "/plain": {"x-verbatim": {"do": {"forward": url}}, "post": {"responses": {"200": {"description": "text", "content": {"text/plain": {}}}}}},
        },
    }  # fmt: skip


@pytest.fixture(scope="module")
def upstream():
    with Upstream() as running:
        yield running


@pytest.fixture(scope="module")
def server(module_serve, upstream):
    return module_serve(described(upstream.url, timeout=1, input=50_000, output=100_000), ["--via", "us", "--open"])


@pytest.fixture
def client(server, upstream):
    upstream.forget()
    upstream.always(response(200, JSON, b'{"made": true}'))
    return server.client()


def test_the_other_server_gets_what_was_judged(client, upstream):
    fields = {"Content-Type": "application/json", "X-Tenant": "7", "Authorization": "Basic eDp5", "Cookie": "a=b",
              "Idempotency-Key": '"k1"', "Accept-Language": "de", "X-Other": "1"}  # fmt: skip
    got = client.request("POST", "/images/a%2Fb%20c/resize?fast=true", fields, b'{"width": 5}')
    assert got.status == 200 and got.json() == {"made": True}
    request = upstream.only()
    assert (request.method, request.target) == ("POST", "/v1/a%2Fb%20c/resize?fast=true")
    assert request.content == b'{"width": 5}' and request.get("Content-Length") == "12"
    assert request.get("Content-Type") == "application/json" and request.get("X-Tenant") == "7"
    assert request.get("Idempotency-Key") == '"k1"' and request.get("Accept-Language") == "de"
    assert request.get("Accept").startswith("application/json") and request.get("Via").endswith(" us")
    assert request.get("Forwarded").startswith("for=127.0.0.1")
    for name in ("Authorization", "Cookie", "X-Other"):
        assert request.all(name) == [], name


@pytest.mark.parametrize("method", ["GET", "HEAD", "QUERY"])
def test_what_is_safe_is_asked_for_as_well(client, upstream, method):
    body = b'{"width": 5}' if method == "QUERY" else None
    got = client.request(method, "/images/7/resize", {"Content-Type": "application/json"} if body else {}, body)
    assert got.status == 200 and (method == "HEAD" or got.json() == {"made": True})
    request = upstream.only()
    assert request.method == ("QUERY" if body else "GET") and request.content == (body or b"")


@pytest.mark.parametrize("target, content, status", [
    ("/images/7/resize", b'{"width": "x"}', 422), ("/images/7/resize", b"{", 400), ("/images/7/resize?fast=perhaps", b'{"width": 1}', 400),
    ("/images/7/resize?other=1", b'{"width": 1}', 400), ("/images/7/resize", b'{"width": 1, "x": "' + b"x" * 60_000 + b'"}', 413),
])  # fmt: skip
def test_what_does_not_fit_goes_nowhere(client, upstream, target, content, status):
    assert client.request("POST", target, {"Content-Type": "application/json"}, content).status == status
    assert upstream.requests == []


def test_a_success_may_say_nothing(client, upstream):
    upstream.always(response(204))
    got = client.post("/images/7/resize", json={"width": 1})
    assert got.status == 204 and got.body == b""


def test_other_media_types_are_taken_as_they_are(client, upstream):
    upstream.always(response(200, [("Content-Type", "text/plain; charset=utf-8")], b"\xff\x00it"))
    assert client.post("/plain").body == b"\xff\x00it"
    assert upstream.only().target == "/"


@pytest.mark.parametrize("there, status", [
    (response(404, PROBLEM, b'{"title": "No", "code": 7}'), 404), (response(503, PROBLEM, b'{"title": "No", "code": 7}'), 503),
])  # fmt: skip
def test_a_problem_document_is_passed_on(client, upstream, there, status):
    upstream.always(there)
    got = client.post("/images/7/resize", json={"width": 1})
    assert got.status == status and got.json() == {"title": "No", "code": 7}
    assert got.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("there, status", [
    (response(409, (), b"so not"), 409),
    (response(401, [("WWW-Authenticate", "Basic")]), 502),
    (response(500, (), b"oh"), 502),
    (response(301, [("Location", "/x")]), 502),
    (response(201, [("Location", "/x")]), 502),
    (response(200, [("Content-Type", "text/html")], b"<p>"), 502),
    (response(200, JSON, b"{"), 502),
    (response(200, [*JSON, ("Content-Encoding", "gzip")], b"{}"), 502),
    (response(200, JSON, b'"' + b"x" * 200_000 + b'"'), 502),
    (close, 502),
], ids=range(10))  # fmt: skip
def test_all_else_is_refused(client, upstream, there, status):
    upstream.always(there)
    got = client.post("/images/7/resize", json={"width": 1})
    assert got.status == status
    assert got.headers["Content-Type"] == "application/problem+json"
    upstream.always(response(200, JSON, b"{}"))
    assert client.post("/images/7/resize", json={"width": 1}).status == 200


@requirement("9110-15.6.5-01")
def test_who_does_not_answer_in_time_is_504(client, upstream):
    upstream.always(lambda peer, request: time.sleep(3))
    got = client.post("/images/7/resize", json={"width": 1})
    assert got.status == 504 and "http_response_timeout" in got.headers["Proxy-Status"]


def test_who_is_not_there_is_502(serve):
    client = serve(described("http://127.0.0.1:9"), ["--open"]).client()
    got = client.post("/images/7/resize", json={"width": 1})
    assert got.status == 502 and "connection_refused" in got.headers["Proxy-Status"]


def test_what_comes_back_to_this_server_is_a_loop(client, upstream):
    assert client.request("POST", "/images/7/resize", {"Content-Type": "application/json", "Via": "1.1 us"}, b'{"width": 1}').status == 508
    assert upstream.requests == []


@requirement("9110-9.2.2-02")
def test_a_post_is_not_asked_twice(client, upstream):
    assert client.post("/images/7/resize", json={"width": 1}).status == 200
    upstream.then(close)
    assert client.post("/images/7/resize", json={"width": 1}).status == 502
    assert len(upstream.requests) == 2
    assert client.get("/images/7/resize").status == 200  # so there is a connection
    upstream.then(close)
    assert client.get("/images/7/resize").status == 200  # and a GET is, once


def test_who_leaves_calls_it_off(server, upstream):
    upstream.forget()
    gone = threading.Event()

    def wait(peer, _):
        try:
            gone.set() if not peer.more() else None
        except OSError:
            gone.set()

    upstream.always(wait)
    with server.connect() as connection:
        connection.send(b"GET /images/7/resize HTTP/1.1\r\nHost: h\r\n\r\n")
        deadline = time.monotonic() + 10
        while not upstream.requests:
            assert time.monotonic() < deadline
            time.sleep(0.01)
    assert gone.wait(10)


@pytest.mark.parametrize("forward, said", [
    ("ftp://x", "is no http or https URL"), ([], "1 to 64 servers"), ({}, "servers is missing"),
    ("http://x/{other}", "{other} is no variable of /x"), ({"servers": "http://x", "cache": False}, '"forward" has no key "cache"'),
    ({"servers": "http://x", "output": 0}, '"output" is a whole number from 1'),
])  # fmt: skip
def test_a_mistake_is_told(tmp_path, forward, said):
    item = {"x-verbatim": {"do": {"forward": forward}}, "post": {"responses": RESULT}}
    done = verbatim("check", written(tmp_path, {**described("http://x"), "paths": {"/x": item}}))
    assert done.returncode == 2 and said in done.stderr, done.stderr


def test_check_and_explain_ask_nobody(tmp_path, upstream):
    upstream.forget()
    path = written(tmp_path, described(upstream.url))
    done = verbatim("check", path)
    assert done.returncode == 0 and "asks " + upstream.url in done.stdout, done.stdout
    done = verbatim("explain", path, "-X", "POST", "/plain")
    assert "Stopped before commit" in done.stdout and "It would be 200" in done.stdout
    assert "No other servers are asked here." in verbatim("explain", path, "/images/7/resize", "-i").stdout
    assert upstream.requests == []


def test_batches_and_answers_of_json_are_whole(client, upstream):
    upstream.always(response(200, JSON, json.dumps({"big": "x" * 90_000}).encode()))
    assert len(client.post("/images/7/resize", json={"width": 1}).json()["big"]) == 90_000
