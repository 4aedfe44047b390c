"""What becomes of resources that refer to one that is deleted: x-verbatim {references, on-delete}."""

import copy
import json
import threading
import time

import pytest
from test_cli import run

STRING = {"type": "string"}
ID = [{"name": "id", "in": "path", "required": True, "schema": STRING}]


def json_of(schema):
    return {"content": {"application/json": {"schema": schema}}}


def collection(path, properties, **more):
    schema = {"type": "object", "properties": {"id": STRING | {"readOnly": True}} | properties} | more
    many = {"200": dict(json_of({"type": "array", "items": schema}), description="all")}
    one = {"200": dict(json_of(schema), description="it")}
    return {
        path: {"get": {"responses": many}, "post": {"requestBody": json_of(schema), "responses": {"201": dict(json_of(schema), description="made")}}},
        path + "/{id}": {
            "parameters": ID,
            "get": {"responses": one},
            "put": {"requestBody": json_of(schema), "responses": one | {"201": {"description": "new"}}},
            "delete": {"responses": {"204": {"description": "gone"}}},
        },
    }


def to(path, rule, **schema):
    return {"type": ["string", "null"], "x-verbatim": {"references": path, "on-delete": rule}} | schema


LIBRARY = {
    "openapi": "3.1.0",
    "info": {"title": "Library", "version": "1"},
    "paths": collection("/authors", {"name": STRING, "mentor": to("/authors/{id}", "set-null")})
    | collection(
        "/books",
        {
            "author": to("/authors/{id}", "cascade"),
            "editor": to("/authors/{id}", "set-null"),
            "others": {"type": "array", "items": {"type": "string", "x-verbatim": {"references": "/authors/{id}", "on-delete": "set-null"}}},
            "parts": {"type": "array", "items": {"type": "object", "properties": {"by": to("/authors/{id}", "set-null")}}},
            "title": STRING,
            "modified": {"type": "string", "format": "date-time", "readOnly": True},
        },
    )
    | collection("/reviews", {"book": to("/books/{id}", "cascade"), "by": to("/authors/{id}", "restrict"), "isbn": STRING})
    | collection("/loans", {"book": to("/books/{id}", "restrict")})
    | collection("/shelves", {"books": {"type": "array", "minItems": 1, "items": {"type": "string", "x-verbatim": {"references": "/books/{id}", "on-delete": "set-null"}}}})
    | {"/books/{id}/cover": {"parameters": ID, "get": {"responses": {"200": {"description": "it", "content": {"image/png": {}}}}}, "put": {"requestBody": {"content": {"image/png": {}}}, "responses": {"201": {"description": "new"}}}}},
}


@pytest.fixture(params=["sqlite", "memory"])
def client(request, serve):
    return serve(LIBRARY, ["--storage", "memory:"] if request.param == "memory" else []).client()


def make(client, path, **state):
    made = client.post(path, json=state)
    assert made.status == 201, made
    return made.headers["Location"]


def id_of(uri):
    return uri.rpartition("/")[2]


def author(client, **more):
    uri = make(client, "/authors", name="x", **more)
    return uri, id_of(uri)


def test_what_cascades_goes_along_however_far(client):
    ann, key = author(client)
    book = make(client, "/books", author=key)
    review = make(client, "/reviews", book=id_of(book))
    other = make(client, "/books", title="y")
    assert client.delete(ann).status == 204
    assert [client.get(uri).status for uri in (ann, book, review, other)] == [404, 404, 404, 200]
    assert [one["title"] for one in client.get("/books").json()] == ["y"]


def test_what_may_let_go_lets_go(client):
    ann, key = author(client)
    _, bob = author(client)
    book = make(client, "/books", title="x", editor=key, others=[bob, key, key], parts=[{"by": key}, {"by": bob}])
    before = client.get(book)
    assert client.delete(ann).status == 204
    after = client.get(book)
    state = after.json()
    assert (state["editor"], state["others"], state["parts"]) == (None, [bob], [{"by": None}, {"by": bob}])
    assert state["title"] == "x"
    assert after.headers["ETag"] != before.headers["ETag"]
    assert client.put(book, {"If-Match": before.headers["ETag"]}, json={}).status == 412


def test_what_is_freed_refers_to_the_rest_still(client):
    ann, key = author(client)
    bob, other = author(client)
    book = make(client, "/books", editor=key, others=[other])
    assert client.delete(ann).status == 204
    make(client, "/loans", book=id_of(book))
    assert client.delete(bob).status == 204
    assert client.get(book).json()["others"] == []
    assert client.delete(book).status == 409


@pytest.mark.parametrize("path", ["/reviews", "/loans"])
def test_what_keeps_it_keeps_all_of_it(client, path):
    ann, key = author(client)
    book = make(client, "/books", author=key, editor=key)
    made = make(client, path, **({"by": key} if path == "/reviews" else {"book": id_of(book)}))
    refused = client.delete(ann)
    assert refused.status == 409
    assert made in refused.json()["detail"]
    assert [client.get(uri).status for uri in (ann, book, made)] == [200, 200, 200]
    assert client.get(book).json()["editor"] == key


def test_who_is_kept_by_what_goes_itself_is_not_kept(client):
    """Restrict is about what stays: a review that goes with its book keeps nobody."""
    ann, key = author(client)
    book = make(client, "/books", author=key)
    review = make(client, "/reviews", book=id_of(book), by=key)
    assert client.delete(ann).status == 204
    assert [client.get(uri).status for uri in (book, review)] == [404, 404]


def test_what_would_not_be_valid_keeps_it(client):
    book = make(client, "/books", title="x")
    shelf = make(client, "/shelves", books=[id_of(book)])
    assert client.delete(book).status == 409
    other = make(client, "/books", title="y")
    assert client.put(shelf, json={"books": [id_of(book), id_of(other)]}).status == 200
    assert client.delete(book).status == 204
    assert client.get(shelf).json()["books"] == [id_of(other)]


def test_a_part_keeps_what_it_is_part_of(client):
    book = make(client, "/books", title="x")
    assert client.put(book + "/cover", {"Content-Type": "image/png"}, b"x").status == 201
    assert client.delete(book).status == 409


def test_who_refers_to_itself_goes_all_the_same(client):
    ann, key = author(client)
    assert client.put(ann, json={"name": "x", "mentor": key}).status == 200
    bob, other = author(client, mentor=key)
    assert client.put(ann, json={"name": "x", "mentor": other}).status == 200
    assert client.delete(ann).status == 204
    assert client.get(bob).json()["mentor"] is None


def test_more_than_can_change_at_once_is_refused(serve):
    client = serve(LIBRARY).client()
    ann, key = author(client)
    for _ in range(501):
        make(client, "/books", editor=key)
    refused = client.delete(ann)
    assert refused.status == 409
    assert "one deletion may change" in refused.json()["detail"] or "still refers" in refused.json()["detail"]
    assert client.get(ann).status == 200


def test_deletions_and_new_books_at_once_leave_no_reference_behind(serve):
    server = serve(LIBRARY, ["--workers", "2"])
    client = server.client()
    ann, key = author(client)
    seen, statuses = [], []

    def write():
        mine = server.client()
        for _ in range(150):
            seen.append(mine.post("/books", json={"author": key}).status)
            if seen[-1] != 201:
                return

    writers = [threading.Thread(target=write) for _ in range(3)]
    for writer in writers:
        writer.start()
    while len(seen) < 30:
        time.sleep(0.001)
    while 204 not in statuses and len(statuses) < 1000:
        statuses.append(client.delete(ann).status)
    for writer in writers:
        writer.join()
    assert set(statuses) <= {204, 503}  # 503: outrun each time that it was tried again
    assert statuses[-1] == 204
    assert set(seen) <= {201, 409}
    assert client.get("/books").json() == []


@pytest.mark.parametrize(
    "schema, said",
    [
        ({"type": "string", "x-verbatim": {"references": "/authors/{id}", "on-delete": "set-null"}}, "something that can"),
        ({"type": "string", "x-verbatim": {"on-delete": "cascade"}}, "has references beside it"),
        ({"type": "string", "x-verbatim": {"references": "/authors/{id}", "on-delete": "ignore"}}, "restrict, cascade, set-null"),
    ],
)
def test_what_cannot_be_is_an_error(tmp_path, schema, said):
    document = copy.deepcopy(LIBRARY)
    media = document["paths"]["/books/{id}"]["put"]["requestBody"]["content"]["application/json"]
    media["schema"] = {"type": "object", "properties": {"author": schema}}
    path = tmp_path / "library.json"
    path.write_text(json.dumps(document))
    checked = run("check", path)
    assert checked.returncode == 2
    assert said in checked.stdout + checked.stderr
