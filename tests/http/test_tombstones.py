"""Tombstones: what was deleted is known to be gone (410), where a description says so."""

import json

import pytest
from ledger import requirement
from library import JSON, MERGE, PNG, add
from test_cli import run as verbatim

OBJECT = {"application/json": {"schema": {"type": "object"}}}
NAME = {"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}
ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
NOTE = {"name": "note", "in": "path", "required": True, "schema": {"type": "integer"}}


def answers(*statuses):
    return {str(status): {"description": "", "content": OBJECT if status < 204 else {}} for status in statuses}


def operation(*statuses, takes=OBJECT):
    return {"responses": answers(*statuses)} | ({"requestBody": {"content": takes}} if takes else {})


GET, DELETE = operation(200, takes=None), operation(204, takes=None)
KEPT = {"x-verbatim": {"tombstones": True}}
IMAGE = {"responses": {"200": {"description": "", "content": {"image/png": {}}}}}
STORED = {"requestBody": {"content": {"image/png": {}}}, "responses": {"201": {"description": ""}, "204": {"description": ""}}}


def api(**paths):
    return {
        "openapi": "3.1.0",
        "info": {"title": "T", "version": "1"},
        "paths": {f"/{path}": item for path, item in paths.items()},
    }


# A store, whose members clients name, and a collection with all that may hang on a member.
PAGES = {
    "pages": {"get": GET} | KEPT,
    "pages/{name}": {
        "parameters": [NAME], "get": GET, "put": operation(200, 201, 204), "patch": operation(200, takes=None),
        "delete": DELETE,
    },
}  # fmt: skip
BOOKS = {
    "books": {"get": GET, "post": operation(201)} | KEPT,
    "books/{id}": {
        "parameters": [ID], "get": GET, "put": operation(200, 204), "patch": operation(200, takes=None),
        "delete": DELETE,
    },
    "books/{id}/cover": {"parameters": [ID], "get": IMAGE, "put": STORED, "delete": DELETE},
    "books/{id}/archive": {
        "parameters": [ID], "post": operation(200, takes=None),
        "x-verbatim": {"do": {"merge": {"patch": {"archived": True}}}},
    },
    "books/{id}/notes": {"parameters": [ID], "get": GET, "post": operation(201)},
    "books/{id}/notes/{note}": {"parameters": [ID, NOTE], "get": GET, "delete": DELETE},
    "books/{id}/notes/{note}/scan": {"parameters": [ID, NOTE], "get": IMAGE, "put": STORED, "delete": DELETE},
}  # fmt: skip
OTHERS = {
    "plain": {"get": GET, "post": operation(201)},
    "plain/{id}": {"parameters": [ID], "get": GET, "delete": DELETE},
    "profile": {"get": GET, "put": operation(200, 201, 204), "delete": DELETE} | KEPT,
    "both": {"get": GET, "post": operation(201)} | KEPT,
    "both/{id}": {"parameters": [ID], "get": GET, "put": operation(200, 201), "delete": DELETE},
}
API = api(**PAGES, **BOOKS, **OTHERS)


@pytest.fixture(scope="module", params=["sqlite", "memory"])
def server(module_serve, request):
    return module_serve(API, ["--storage", "memory:"] if request.param == "memory" else [])


@pytest.fixture
def client(server):
    return server.client()


def book(client):
    return add(client, "/books", title="x")


def buried(client):
    path = book(client)
    assert client.delete(path).status == 204
    return path


def page(client, name):
    assert client.put(f"/pages/{name}", json={"n": name}).status == 201
    return f"/pages/{name}"


# What is gone

@requirement("9110-15.5.5-01")
def test_what_was_deleted_is_gone(client):
    path = buried(client)
    for method in ("GET", "HEAD", "DELETE"):
        assert client.request(method, path).status == 410
    assert client.put(path, json={"title": "y"}).status == 410  # this PUT does not create
    assert client.patch(path, MERGE, json={"title": "y"}).status == 410
    assert client.get("/books/999999").status == 404  # never was


def test_it_is_told_as_a_problem(client):
    path = buried(client)
    said = client.get(path)
    assert said.headers["Content-Type"] == "application/problem+json"
    assert said.json()["status"] == 410 and path in said.json()["detail"]
    page = client.get(path, {"Accept": "text/html"})
    assert page.status == 410 and page.headers["Content-Type"].startswith("text/html")
    assert "Allow" in client.options(path).headers  # what it would take is known all the same


def test_a_cache_may_keep_it_where_nothing_can_come_back(client):
    """RFC 9110 section 15.5.11: heuristically cacheable, unless said otherwise."""
    assert "Cache-Control" not in client.get(buried(client)).headers
    path = page(client, "kept")
    client.delete(path)
    assert "no-cache" in client.get(path).headers.tokens("Cache-Control")


def test_listings_have_nothing_of_it(client):
    paths = [add(client, "/books", n=n) for n in range(3)]
    client.delete(paths[1])
    listed = client.get("/books?limit=1000").json()
    assert listed[-2:] == [{"n": 0}, {"n": 2}]
    assert client.get("/books?limit=1", {"Prefer": "count=exact"}).headers["Total-Count"] == str(len(listed))


@pytest.mark.parametrize("headers", [
    {"If-Match": '"1.x"'}, {"If-Match": "*"}, {"If-None-Match": "*"}, {"If-None-Match": '"1.x"'},
    {"If-Modified-Since": "Sun, 06 Nov 1994 08:49:37 GMT"}, {"Range": "bytes=0-1"},
])  # fmt: skip
def test_no_condition_changes_that(client, headers):
    path = buried(client)
    assert client.get(path, headers).status == 410
    assert client.delete(path, headers).status == 410


def test_where_nothing_is_said_it_is_just_not_there(client):
    path = add(client, "/plain", title="x")
    assert client.delete(path).status == 204
    assert client.get(path).status == 404


def test_a_document_without_a_collection_can_be_gone(client):
    assert client.put("/profile", json={}).status == 201
    assert client.delete("/profile").status == 204
    assert client.get("/profile").status == 410
    assert client.put("/profile", json={}).status == 201
    assert client.get("/profile").status == 200


# What lives again

def test_put_makes_it_live_again_where_put_creates(client):
    path = page(client, "again")
    tag = client.get(path).headers["ETag"]
    assert client.delete(path).status == 204
    assert client.get(path).status == 410
    assert client.put(path, JSON | {"If-Match": tag}, b"{}").status == 412  # nothing is there
    assert client.put(path, JSON | {"If-None-Match": "*"}, b"{}").status == 201
    shown = client.get(path)
    assert shown.status == 200 and shown.headers["ETag"] != tag
    assert client.delete(path).status == 204
    assert client.get(path).status == 410


def test_a_number_of_something_gone_is_not_given_to_another(client):
    first = int(add(client, "/both").rsplit("/", 1)[1])
    assert client.put(f"/both/{first + 1}", json={}).status == 201
    assert client.delete(f"/both/{first + 1}").status == 204
    paths = [add(client, "/both") for _ in range(3)]
    assert f"/both/{first + 1}" not in paths
    assert client.get(f"/both/{first + 1}").status == 410


def test_a_cached_answer_is_not_older_than_the_change(server):
    """Deleted and made again by one client, asked for by many others."""
    writer = server.client()
    readers = [server.client() for _ in range(8)]
    path = "/pages/cached"
    for n in range(10):
        assert writer.put(path, json={"n": n}).status == 201
        assert all(reader.get(path).json() == {"n": n} for reader in readers for _ in range(2))
        assert writer.delete(path).status == 204
        assert all(reader.get(path).status == 410 for reader in readers)


def test_the_reply_to_a_deletion_is_repeated_and_not_its_outcome(client):
    path = book(client)
    key = {"Idempotency-Key": '"once"'}
    assert client.delete(path, key).status == 204
    assert client.delete(path, key).status == 204
    assert client.delete(path).status == 410


# What was part of it

def test_what_is_part_of_something_gone_is_gone_with_it(client):
    path = book(client)
    note = add(client, path + "/notes", text="n")
    assert client.put(path + "/cover", PNG, b"\x89").status == 201
    assert client.delete(path).status == 409  # it still has parts
    assert client.delete(path + "/cover").status == client.delete(note).status == 204
    assert client.get(path + "/cover").status == client.get(note).status == 404
    assert client.delete(path).status == 204
    for part in ("/cover", "/notes", "/notes/1", "/notes/1/scan"):
        assert client.get(path + part).status == 410, part
    assert client.put(path + "/cover", PNG, b"\x89").status == 410
    assert client.put(path + "/notes/1/scan", PNG, b"\x89").status == 410
    assert client.post(path + "/notes", json={}).status == 410
    assert client.post(path + "/archive").status == 410
    assert path in client.get(path + "/cover").json()["detail"]
    assert client.get("/books/999999/cover").status == 404


def test_a_part_that_is_gone_leaves_the_whole(serve):
    kept = {**BOOKS, "books/{id}/cover": BOOKS["books/{id}/cover"] | KEPT}
    client = serve(api(**kept)).client()
    path = book(client)
    client.put(path + "/cover", PNG, b"\x89" * 600_000)
    assert client.delete(path + "/cover").status == 204
    assert client.get(path + "/cover").status == 410
    assert client.get(path).status == 200
    assert client.put(path + "/cover", PNG, b"\x89").status == 201


# Durability

@pytest.mark.parametrize("end", ["kill", "restart"])
def test_it_is_as_durable_as_the_deletion(serve, end):
    server = serve(API)
    client = server.client()
    paths = [buried(client) for _ in range(20)]
    server.kill() if end == "kill" else server.stop()
    server.start()
    client = server.client()
    assert all(client.get(path).status == 410 for path in paths)
    assert book(client) not in paths


def test_without_the_word_in_the_description_it_is_404_and_with_it_again_410(serve, tmp_path):
    data = tmp_path / "data"
    forgetful = {name: {k: v for k, v in item.items() if k != "x-verbatim"} for name, item in PAGES.items()}
    for description, status in ((api(**PAGES), 410), (api(**forgetful), 404), (api(**PAGES), 410)):
        server = serve(description, ["--data", data])
        client = server.client()
        if not (data / "seen").exists():
            (data / "seen").touch()
            client.delete(page(client, "a"))
        assert client.get("/pages/a").status == status
        server.stop()


# What `check` says

def check(tmp_path, description):
    path = tmp_path / "api.json"
    path.write_text(json.dumps(description))
    return verbatim("check", path)


def test_check_tells_where_they_are_kept(tmp_path):
    done = check(tmp_path, api(**PAGES, **OTHERS))
    assert done.returncode == 0
    rows = {line.split()[0]: line for line in done.stdout.splitlines() if line.startswith("/")}
    assert rows["/pages/{name}"].endswith("gone once deleted")
    assert "gone" not in rows["/plain/{id}"] and "not served yet" not in done.stdout


def test_check_warns_where_nothing_is_deleted(tmp_path):
    done = check(tmp_path, api(a={"get": GET, "put": operation(201)} | KEPT))
    assert "never-deleted" in done.stdout


def test_they_are_for_what_can_be_deleted(tmp_path):
    do = {"x-verbatim": {"tombstones": True, "do": {"run": "true"}}}
    done = check(tmp_path, api(**{"a/run": {"post": operation(204, takes=None)} | do}))
    assert done.returncode == 2 and "it is never deleted" in done.stdout + done.stderr
