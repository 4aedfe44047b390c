"""What goes on to another server is held against what is described of it."""

import gzip
import json
import socket
import time

import pytest
from ledger import requirement
from server import Server
from test_cli import run as verbatim
from upstream import Upstream, response

JSON = {"application/json": {"schema": {
    "type": "object", "required": ["title"], "additionalProperties": False,
    "properties": {"title": {"type": "string", "maxLength": 20}, "year": {"type": "integer"}, "deep": {}}}}}  # fmt: skip
OK = {"200": {"description": "it"}}
ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1}}


def query(name, schema, **more):
    return {"name": name, "in": "query", "schema": schema, **more}


INTEGERS = {"type": "array", "items": {"type": "integer"}, "minItems": 2}

LIBRARY = {
    "openapi": "3.1.0",
    "info": {"title": "What they have", "version": "1"},
    # What is said to the server that has it.
    "security": [{"key": []}],
    "components": {"securitySchemes": {"key": {"type": "apiKey", "in": "query", "name": "api_key"}}},
    "paths": {
        "/books": {
            "x-verbatim": {"archetype": "collection"},
            "parameters": [
                query("limit", {"type": "integer", "maximum": 100}),
                query("ids", INTEGERS),
                query("list", INTEGERS, explode=False),
                query("piped", INTEGERS, style="pipeDelimited", explode=False),
                query("at", {"type": "object", "properties": {"x": {"type": "integer"}}}, style="deepObject"),
            ],
            "get": {"responses": OK},
            "post": {"requestBody": {"required": True, "content": JSON}, "responses": {"201": {"description": "made"}}},
        },
        "/books/{id}": {
            "parameters": [ID],
            "get": {
                "parameters": [{"name": "X-Tenant", "in": "header", "required": True, "schema": {"type": "integer"}},
                               {"name": "theme", "in": "cookie", "schema": {"enum": ["dark", "light"]}}],
                "responses": OK,
            },
            "put": {"requestBody": {"content": {**JSON, "text/plain": {}, "image/*": {}}}, "responses": {**OK, "400": {"description": "no"}}},
            "patch": {"requestBody": {"content": {"application/merge-patch+json": JSON["application/json"]}}, "responses": OK},
            "delete": {"responses": {"204": {"description": "gone"}}},
        },
    },
}  # fmt: skip

TYPE = {"Content-Type": "application/json"}


class Gateway(Server):
    def command(self):
        line = super().command()
        line[1] = "gateway"
        return line


def gateways(folder):
    running = []

    def start(description, args):
        server = Gateway(folder / str(len(running)), description, ["--via", "us", *args])
        running.append(server)
        return server.start()

    return running, start


@pytest.fixture(scope="module")
def module_gateway(tmp_path_factory):
    running, start = gateways(tmp_path_factory.mktemp("gateway"))
    yield start
    for server in running:
        server.stop()


@pytest.fixture
def gateway(tmp_path):
    running, start = gateways(tmp_path)
    yield start
    for server in running:
        server.stop()


@pytest.fixture(scope="module")
def upstream():
    with Upstream() as running:
        yield running


@pytest.fixture(scope="module")
def server(module_gateway, upstream):
    return module_gateway(LIBRARY, ["--to", upstream.url + "/v1", "--max-document", "64K"])


@pytest.fixture
def client(server, upstream):
    upstream.forget()
    return server.client()


def errors(answer):
    assert answer.headers["Content-Type"] == "application/problem+json"
    return {error.get("parameter") or error.get("header") or error.get("pointer") for error in answer.json().get("errors", [])}


# What is described


def test_without_a_description_everything_goes_on(gateway, upstream):
    upstream.forget()
    assert gateway(None, ["--to", upstream.url]).client().request("BREW", "/any?thing").status == 200
    assert upstream.only().target == "/any?thing"


@pytest.mark.parametrize("target", ["/", "/book", "/books/", "/books/7/cover", "/books/x", "/books/0", "/books/7.0", "/openapi.json", "/graphql"])
def test_what_is_described_nowhere_goes_nowhere(client, upstream, target):
    got = client.get(target, {"X-Tenant": "1"})
    assert got.status == 404 and got.headers["Content-Type"] == "application/problem+json"
    assert upstream.requests == []


@requirement("9110-15.5.6-01")
def test_a_method_that_is_not_described_is_405(client, upstream):
    got = client.put("/books", json={"title": "t"})
    assert got.status == 405 and got.headers["Allow"] == "GET, HEAD, POST, OPTIONS"
    assert client.request("BREW", "/books").status == 501
    assert upstream.requests == []


def test_what_fits_goes_on_as_it_is(client, upstream):
    got = client.get("/books/7?", {"X-Tenant": "1", "Cookie": "theme=dark", "Authorization": "Bearer x"})
    assert got.status == 200 and got.body == b"hello"
    request = upstream.only()
    assert request.target == "/v1/books/7?"
    assert request.get("Authorization") == "Bearer x" and request.get("Cookie") == "theme=dark"


@pytest.mark.parametrize("target, blamed", [
    ("/books?limit=x", "limit"), ("/books?limit=101", "limit"), ("/books?other=1", "other"),
    ("/books?ids=1", "ids"), ("/books?ids=1&ids=x", "ids"), ("/books?ids=1,2", "ids"),
    ("/books?list=1", "list"), ("/books?list=1,x", "list"), ("/books?piped=1", "piped"), ("/books?at=1", "at"),
])  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_parameters_of_the_query_are_looked_at(client, upstream, target, blamed, method):
    got = client.request(method, target, TYPE if method == "POST" else {}, b'{"title": "t"}' if method == "POST" else None)
    assert got.status == 400
    if method != "HEAD":
        assert blamed in errors(got)
    assert upstream.requests == []


@pytest.mark.parametrize("query_", [
    "limit=5", "ids=1&ids=2&limit=1&ids=3", "list=1,2", "piped=1%7C2", "at%5Bx%5D=1&at%5By%5D=2", "&&",
])  # fmt: skip
def test_parameters_are_read_in_their_styles(client, upstream, query_):
    assert client.post("/books?" + query_, json={"title": "t"}).status == 200
    assert upstream.only().target == "/v1/books?" + query_


def test_a_key_that_they_ask_for_is_theirs(client, upstream):
    assert client.post("/books?api_key=s3cret&limit=1", json={"title": "t"}).status == 200
    assert upstream.only().target == "/v1/books?api_key=s3cret&limit=1"


@pytest.mark.parametrize("fields, blamed", [
    ({}, "X-Tenant"), ({"X-Tenant": "x"}, "X-Tenant"), ({"X-Tenant": "1", "Cookie": "theme=pink"}, "theme"),
])  # fmt: skip
def test_fields_and_cookies_are_looked_at(client, upstream, fields, blamed):
    got = client.get("/books/7", fields)
    assert got.status == 400 and errors(got) == {blamed}
    assert upstream.requests == []


def test_what_is_stored_is_told_to_nobody_whose_request_does_not_fit(client, upstream):
    upstream.always(response(200, [("Cache-Control", "max-age=60")], b"stored"))
    for _ in range(2):
        assert client.get("/books?limit=9").body == b"stored"
    assert len(upstream.requests) == 1
    assert client.get("/books?limit=9&x=y").status == 400


# Content


@requirement("9110-15.5.16-01")
def test_content_of_another_type_is_415(client, upstream):
    got = client.post("/books", {"Content-Type": "text/plain"}, b"title")
    assert got.status == 415 and got.headers["Accept-Post"] == "application/json"
    assert client.request("DELETE", "/books/7", TYPE, b"{}").status == 200  # it means nothing there
    assert [r.method for r in upstream.requests] == ["DELETE"]


@pytest.mark.parametrize("content, status, blamed", [
    (b"", 400, set()), (b"{", 400, set()), (b'{"title": 1}', 422, {"/title"}), (b'{"title": "t", "x": 1}', 422, {"/x"}),
    (b'{"title": "t", "title": "u"}', 400, set()), (b"[]", 422, {""}), (b'{"deep": ' + b"[" * 500 + b"]" * 500 + b"}", 413, set()),
    (b'{"title": "\xff"}', 400, set()),
])  # fmt: skip
def test_json_must_meet_its_schema(client, upstream, content, status, blamed):
    got = client.post("/books", TYPE, content)
    assert got.status == status, got
    assert {error["pointer"] for error in got.json().get("errors", [])} == blamed
    assert upstream.requests == []


def test_400_where_that_is_what_is_described(client, upstream):
    assert client.put("/books/7", json={"title": 1}).status == 400
    assert upstream.requests == []


def test_nothing_at_all_is_400_where_something_is_required(client, upstream):
    assert client.post("/books").status == 400
    assert client.put("/books/7").status == 200  # it is not required there
    assert [r.method for r in upstream.requests] == ["PUT"]


@pytest.mark.parametrize("chunked", [False, True])
def test_json_goes_on_byte_for_byte(client, upstream, chunked):
    content = b'{"year":  1.0e1 ,\r\n "title":"\\u0041"}'
    fields = {"Content-Type": "application/JSON; charset=utf-8"}
    got = client.request("POST", "/books", fields, [content[:9], content[9:]] if chunked else content, chunked=chunked,
                         trailers=[("X-Behind", "1")] if chunked else ())  # fmt: skip
    assert got.status == 200
    request = upstream.only()
    assert request.content == content
    assert request.get("Content-Type") == "application/JSON; charset=utf-8"
    if request.get("Transfer-Encoding"):
        assert [(name.lower(), value) for name, value in request.trailers] == [("x-behind", "1")]


def test_coded_json_is_judged_and_goes_on_in_its_coding(client, upstream):
    fields = {**TYPE, "Content-Encoding": "gzip"}
    good = gzip.compress(b'{"title": "t"}')
    assert client.post("/books", fields, good).status == 200
    assert upstream.only().content == good and upstream.only().get("Content-Encoding") == "gzip"
    assert client.post("/books", fields, gzip.compress(b'{"title": 1}')).status == 422
    assert client.post("/books", fields, b"not gzip").status == 400
    got = client.post("/books", {**TYPE, "Content-Encoding": "rot13"}, b"{}")
    assert got.status == 415 and "gzip" in got.headers["Accept-Encoding"]
    assert len(upstream.requests) == 1


def test_a_bomb_is_not_unpacked(client, upstream):
    """Small as it comes, and larger than any document as it is."""
    bomb = gzip.compress(b'{"title": "' + b"t" * 50_000_000 + b'"}')
    assert client.post("/books", {**TYPE, "Content-Encoding": "gzip"}, bomb).status == 413
    many = gzip.compress(b"") * 5000  # nothing, in 100 kB
    assert client.post("/books", {**TYPE, "Content-Encoding": "gzip"}, many).status in (400, 413)
    assert upstream.requests == []


@requirement("9110-15.5.14-01")
@pytest.mark.parametrize("chunked", [False, True])
def test_more_json_than_is_read_is_413(client, upstream, chunked):
    content = b'{"title": "t", "deep": "' + b"x" * 70_000 + b'"}'
    assert client.request("POST", "/books", TYPE, [content] if chunked else content, chunked=chunked).status == 413
    assert upstream.requests == []


def test_other_content_goes_through_whatever_it_is(client, upstream):
    content = bytes(range(256)) * 2000  # more than a document may have
    for type_, coding in (("text/plain", None), ("image/png", "rot13")):
        fields = {"Content-Type": type_, **({"Content-Encoding": coding} if coding else {})}
        assert client.put("/books/7", fields, content).status == 200
        assert upstream.requests[-1].content == content


def test_a_patch_is_json_and_what_comes_of_it_is_theirs_to_say(client, upstream):
    patch = {"Content-Type": "application/merge-patch+json"}
    assert client.request("PATCH", "/books/7", patch, b'{"title": null}').status == 200
    assert client.request("PATCH", "/books/7", patch, b'{"title": ').status == 400
    assert client.request("PATCH", "/books/7", TYPE, b"{}").status == 415
    assert len(upstream.requests) == 1


def test_content_that_is_not_what_its_digest_says_is_400(client, upstream):
    fields = {**TYPE, "Content-Digest": "sha-256=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:"}
    assert client.post("/books", fields, b'{"title": "t"}').status == 400
    assert upstream.requests == []


@requirement("9110-10.1.1-09")
def test_who_waits_for_100_is_told_here(server, upstream):
    """JSON is read whole before anything goes on."""
    upstream.forget()
    content = b'{"title": "t"}'
    with server.connect() as connection:
        connection.send(b"POST /books HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
                        b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(content))  # fmt: skip
        assert connection.read_interim().status == 100
        assert upstream.requests == []
        connection.send(content)
        assert connection.read_response("POST").status == 200
    assert upstream.only().content == content


def test_who_is_refused_is_told_before_100(server, upstream):
    upstream.forget()
    with server.connect() as connection:
        connection.send(b"POST /books?x=1 HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
                        b"Expect: 100-continue\r\nContent-Length: 9\r\n\r\n")  # fmt: skip
        assert connection.read_response("POST").status == 400


def test_who_leaves_while_content_is_read_leaves_nothing(server, upstream):
    upstream.forget()
    for _ in range(20):
        sock = socket.create_connection(server.address)
        sock.sendall(b"POST /books HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n"
                     b"Content-Length: 1000\r\n\r\n" + gzip.compress(b'{"title": "t"}'))  # fmt: skip
        sock.close()
    assert server.client().post("/books", json={"title": "t"}).status == 200
    assert len(upstream.requests) == 1


@requirement("9110-9.2.2-02")
def test_content_that_is_here_is_sent_again_where_http_allows_it(client, upstream):
    def drop(peer, _):
        peer.close()

    content = b'{"title": "t"}' + b" " * 30_000
    assert client.put("/books/7", TYPE, content).status == 200  # so there is a connection
    upstream.then(drop)
    assert client.put("/books/7", TYPE, content).status == 200
    assert [r.content for r in upstream.requests] == [content] * 3


@requirement("10008-2.7-01")
def test_a_query_is_judged_and_then_looked_up_by_its_content(gateway, upstream):
    described = {**LIBRARY, "openapi": "3.2.0", "paths": {"/books": {"query": {"requestBody": {"content": JSON}, "responses": OK}}}}
    client = gateway(described, ["--to", upstream.url]).client()
    upstream.forget()
    upstream.always(response(200, [("Cache-Control", "max-age=60")], b"found"))
    for title in ("a", "b", "a", "b"):
        assert client.request("QUERY", "/books", json={"title": title}).body == b"found"
    assert [json.loads(r.content)["title"] for r in upstream.requests] == ["a", "b"]
    coded = gzip.compress(b'{"title": "c"}')
    for _ in range(2):
        assert client.request("QUERY", "/books", {**TYPE, "Content-Encoding": "gzip"}, coded).body == b"found"
    assert [r.content for r in upstream.requests[2:]] == [coded]
    assert client.request("QUERY", "/books", json={"title": 1}).status == 422
    assert client.request("QUERY", "/books", {"Content-Type": "text/plain"}, b"a").status == 415
    assert len(upstream.requests) == 3


# What is not described may go on


def test_what_is_not_described_may_go_on(gateway, upstream):
    upstream.forget()
    client = gateway(LIBRARY, ["--to", upstream.url, "--pass-undescribed"]).client()
    for method, target in (("GET", "/"), ("GET", "/books/7/cover"), ("GET", "/books/"), ("PUT", "/books"), ("BREW", "/books"),
                           ("GET", "/books?other=1"), ("GET", "/openapi.json")):  # fmt: skip
        upstream.forget()
        assert client.request(method, target).status == 200, target
        assert upstream.only().target == target and upstream.only().method == method
    upstream.forget()
    for target in ("/books/x", "/books?limit=x"):
        assert client.get(target, {"X-Tenant": "1"}).status in (400, 404)
    assert client.post("/books", json={"title": 1}).status == 422
    assert upstream.requests == []


def test_one_set_of_connections_for_all_that_is_described(gateway):
    """However many paths there are."""
    with Upstream() as there:
        client = gateway(LIBRARY, ["--to", there.url, "--pass-undescribed"]).client()
        for target in ("/books?limit=1", "/books/7", "/else"):
            assert client.get(target, {"X-Tenant": "1"}).status == 200
        assert there.count == 1


def test_a_new_description_is_held_against_at_once(gateway, upstream):
    server = gateway(LIBRARY, ["--to", upstream.url])
    client = server.client()
    upstream.forget()
    assert client.get("/films").status == 404
    more = {**LIBRARY, "paths": {**LIBRARY["paths"], "/films": {"get": {"responses": OK}}}}
    server.description.write_text(json.dumps(more))
    server.reload()
    deadline = time.monotonic() + 20
    while client.get("/films").status == 404:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert client.get("/films").body == b"hello"


# In a description of our own


def test_declared_operations_of_a_path_are_held_against_as_well(serve, upstream):
    def of(**to):
        return {"x-verbatim": {"to": {"servers": [upstream.url], **to}},
                "parameters": [query("limit", {"type": "integer"})],
                "get": {"responses": OK}, "post": {"requestBody": {"content": JSON}, "responses": OK}}  # fmt: skip

    paths = {"/api": of(), "/loose": of(**{"pass-undescribed": True}), "/all": {"x-verbatim": {"to": upstream.url}}}
    client = serve({**LIBRARY, "security": [], "paths": paths}).client()
    upstream.forget()
    assert client.get("/api/x?limit=1").status == 200
    assert client.get("/api/x?limit=x").status == 400
    assert client.get("/api/x?other=x").status == 400
    assert client.post("/api/x", json={"title": 1}).status == 422
    assert client.post("/api/x", json={"title": "t"}).status == 200
    assert client.put("/api", json={}).status == 405
    assert len(upstream.requests) == 2
    assert client.get("/loose?other=x").status == 200
    assert client.get("/loose?limit=x").status == 400
    assert client.request("BREW", "/loose").status == 200
    assert client.post("/all?limit=x", json={"title": 1}).status == 200


@pytest.mark.parametrize("words, said", [
    (["serve", "--to", "http://127.0.0.1:1", "--pass-undescribed"], "verbatim gateway"),
    (["gateway", "--to", "http://127.0.0.1:1", "--pass-undescribed"], "there is none"),
])  # fmt: skip
def test_what_does_not_go_together_is_said(words, said):
    done = verbatim(*words)
    assert done.returncode == 2 and said in done.stderr
