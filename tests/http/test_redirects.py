"""Redirects that a description declares: what has moved, for good or for now, and
what is answered somewhere else."""

import subprocess

import pytest
from ledger import requirement
from server import binary

OPENAPI = {"openapi": "3.1.0", "info": {"title": "Redirects", "version": "1"}}


def moved(to, **more):
    return {"x-verbatim": {"moved": {"to": to, **more}}}


def see_other(to):
    return {"x-verbatim": {"see-other": {"to": to}}}


ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
DOCUMENT = {"get": {"responses": {"200": {"description": "it"}}},
            "put": {"requestBody": {"content": {"application/json": {}}}, "responses": {"201": {"description": "made"}}}}  # fmt: skip

PATHS = {
    "/books/{id}": {"parameters": [ID], **DOCUMENT},
    "/old/{id}": {"parameters": [ID], **moved("/books/{id}")},
    "/older/{id}/page/{n}": moved("/books/{id}"),
    "/today": moved("/books/7", permanent=False),
    "/latest": see_other("/books/9"),
    "/partner/{id}": moved("https://example.org/b/{id}/"),
    "/away": see_other("http://example.org"),
    "/some/{id}": {"parameters": [ID], **moved("/books/{id}"), "get": DOCUMENT["get"]},
}
DESCRIPTION = {**OPENAPI, "paths": PATHS}
UNSAFE = ["PUT", "POST", "PATCH", "DELETE"]


@pytest.fixture(scope="module")
def server(module_serve):
    return module_serve(DESCRIPTION)


@pytest.fixture
def client(server):
    return server.client()


@requirement("9110-15.4.2-01")
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_who_reads_what_has_moved_gets_301(client, method):
    got = client.request(method, "/old/7")
    assert got.status == 301 and got.headers["Location"] == "/books/7"


@requirement("9110-15.4.9-01")
@pytest.mark.parametrize("method", UNSAFE)
def test_everyone_else_gets_308_which_keeps_the_method(client, method):
    for body in (None, b"{}"):
        got = client.request(method, "/old/7", {"Content-Type": "application/json"}, body)
        assert got.status == 308 and got.headers["Location"] == "/books/7"


@requirement("9110-15.4.8-02")
@pytest.mark.parametrize("method", ["GET", "HEAD", *UNSAFE])
def test_what_is_elsewhere_for_now_is_307(client, method):
    got = client.request(method, "/today")
    assert got.status == 307 and got.headers["Location"] == "/books/7"


@requirement("9110-15.4.4-01")
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_an_answer_that_is_elsewhere_is_303(client, method):
    got = client.request(method, "/latest")
    assert got.status == 303 and got.headers["Location"] == "/books/9"


@pytest.mark.parametrize(
    "target, location",
    [
        ("/old/7?page=2&x=%20", "/books/7?page=2&x=%20"),
        ("/old/7?", "/books/7?"),
        ("/old/a%20b%2Fc%3Fd", "/books/a%20b%2Fc%3Fd"),  # a value stays one segment
        ("/old/%C3%BC", "/books/%C3%BC"),
        ("/old/%0D%0ASet-Cookie:x", "/books/%0D%0ASet-Cookie:x"),
        ("/older/7/page/3", "/books/7"),
        ("/partner/7", "https://example.org/b/7/"),
        ("/partner/..%2F..%2Fevil.example", "https://example.org/b/..%2F..%2Fevil.example/"),
        ("/partner/7?q=1", "https://example.org/b/7/?q=1"),
        ("/away?q=1", "http://example.org/?q=1"),
    ],
)
def test_variables_and_the_query_go_along(client, target, location):
    got = client.get(target)
    assert got.status in (301, 303) and got.headers["Location"] == location


def test_a_client_that_follows_arrives(client):
    put = client.put("/old/11", json={"a": 1})
    assert client.put(put.headers["Location"], json={"a": 1}).status == 201
    assert client.get(client.get("/old/11").headers["Location"]).json() == {"a": 1}


@requirement("9110-13.2.1-02")
@pytest.mark.parametrize("target, status", [("/old/7", 301), ("/today", 307), ("/latest", 303)])
def test_preconditions_are_for_what_would_be_2xx(client, target, status):
    for field in ({"If-Match": '"x"'}, {"If-None-Match": "*"}, {"If-None-Match": '"x"'},
                  {"If-Modified-Since": "Sun, 06 Nov 1994 08:49:37 GMT"},
                  {"If-Unmodified-Since": "Sun, 06 Nov 1994 08:49:37 GMT"}):  # fmt: skip
        assert client.get(target, field).status == status


def test_allow_is_what_is_led_on(client):
    assert client.options("/old/7").status == 204
    everything = {"get", "head", "options", "put", "post", "patch", "delete", "query"}
    assert set(client.options("/old/7").headers.tokens("Allow")) == everything
    assert set(client.options("/latest").headers.tokens("Allow")) == {"get", "head", "options"}
    assert client.post("/latest", body=b"x").status == 405
    # where operations are described, those
    assert set(client.options("/some/7").headers.tokens("Allow")) == {"get", "head", "options"}
    assert client.get("/some/7").status == 301
    assert client.delete("/some/7").status == 405


def test_the_base_path_is_before_what_is_ours(serve):
    description = {**DESCRIPTION, "x-verbatim": {"base-path": "/v2"}}
    client = serve(description).client()
    assert client.get("/v2/old/7").headers["Location"] == "/v2/books/7"
    assert client.get("/v2/partner/7").headers["Location"] == "https://example.org/b/7/"
    assert client.get("/old/7").status == 404


# What `verbatim check` says


def check(tmp_path, paths):
    import json

    file = tmp_path / "api.json"
    file.write_text(json.dumps({**OPENAPI, "paths": paths}))
    run = subprocess.run([binary(), "check", file], capture_output=True, text=True, timeout=60)
    return run.returncode, run.stdout + run.stderr


def test_check_tells_where_they_lead(tmp_path):
    code, text = check(tmp_path, PATHS)
    assert code == 0
    for line in ("moved to /books/{id}", "for now at /books/7", "answered at /books/9",
                 "moved to https://example.org/b/{id}/"):  # fmt: skip
        assert line in text
    assert "moved-" not in text


@pytest.mark.parametrize(
    "path, item, says",
    [
        ("/a", moved("/nowhere"), "moved-nowhere"),
        ("/a", moved("/old/7"), "served, 0 not"),  # of a variable's value nothing is known
        ("/a/{id}", moved("/old/{id}"), "moved-twice"),
        ("/a", {**see_other("/books/1"), "post": {"responses": {"200": {"description": ""}}}}, "see-other is for GET"),
    ],
)
def test_check_warns(tmp_path, path, item, says):
    code, text = check(tmp_path, {**PATHS, path: item})
    assert says in text


@pytest.mark.parametrize(
    "path, item, says",
    [
        ("/a", moved("/a"), "it leads to itself"),
        ("/a", moved("/a/"), "it leads to itself"),
        ("/a/{x}", moved("/a/{x}"), "it leads to itself"),
        ("/a", moved("/books/{id}"), "{id} of the target is no variable"),
        ("/a", moved("books"), "must be a path such as"),
        ("/a", moved("//example.org/x"), "must be a path such as"),
        ("/a", moved("javascript:alert(1)"), "must be a path such as"),
        ("/a", moved("ftp://example.org/x"), "must be a path such as"),
        ("/a", moved("https://user@example.org/x"), "must be a path such as"),
        ("/a", moved("/books?x=1"), "no query and no fragment"),
        ("/a", moved("/b{x}c"), "a whole segment"),
        ("/a", moved("/books/7", permanently=True), '"moved" has no key "permanently"'),
        ("/a", moved("/books/7", permanent="yes"), "permanent"),
        ("/a", {"x-verbatim": {"moved": {}}}, "to"),
        ("/a", {"x-verbatim": {"moved": {"to": "/books/7"}, "see-other": {"to": "/books/7"}}}, "either"),
        ("/a", {"x-verbatim": {"archetype": "redirect"}}, "is missing: where it leads"),
        ("/a", {"x-verbatim": {"archetype": "document", "moved": {"to": "/books/7"}}}, "is a document"),
        ("/a", {"x-verbatim": {"from": "x"}, **DOCUMENT}, '"from" is for files'),
    ],
)  # fmt: skip
def test_a_redirect_that_cannot_be_is_an_error(tmp_path, path, item, says):
    code, text = check(tmp_path, {**PATHS, path: item})
    assert code != 0 and says in text
