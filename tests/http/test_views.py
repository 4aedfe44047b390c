"""Listings of another collection's members, by what they refer to: x-verbatim {lists: {of: /books, by: author}}."""

import copy
import json

import pytest
from people import CHEAP, basic, people, register
from test_cli import run
from test_collections import walk
from test_expand import SECRET, several, to
from test_relations import ID, STRING, collection, id_of, json_of, make

INTEGER = {"type": "integer"}
BOOK = {"title": STRING, "year": INTEGER, "author": to("/authors/{id}"), "others": several("/authors/{id}"), "home": to("/authors/{id}", format="uri-reference"), "shelf": {"type": ["integer", "null"], "x-verbatim": {"references": "/shelves/{id}"}}}


def view(how, **more):
    return {"parameters": ID, "x-verbatim": {"lists": how}, "get": {"responses": {"200": {"description": "them", **json_of({"type": "array", "items": {}})}}}} | more


def numbered(path, properties):
    made = collection(path, properties)
    made[path + "/{id}"]["parameters"] = [ID[0] | {"schema": INTEGER}]
    return json.loads(json.dumps(made).replace('"id": {"type": "string", "readOnly": true}', '"id": {"type": "integer", "readOnly": true}'))


LIBRARY = {
    "openapi": "3.1.0",
    "info": {"title": "Library", "version": "1"},
    "paths": collection("/authors", {"name": STRING})
    | numbered("/shelves", {"name": STRING})
    | collection("/books", BOOK)
    | {
        "/authors/{id}/books": view({"of": "/books", "by": "author"}),
        "/authors/{id}/others": view({"of": "/books", "by": "others"}),
        "/authors/{id}/homes": view({"of": "/books", "by": "home"}, post={"responses": {"201": {"description": "no"}}}),
        "/shelves/{id}/books": view({"of": "/books"}),
    },
}


@pytest.fixture(params=["sqlite", "memory"])
def client(request, serve):
    return serve(LIBRARY, ["--storage", "memory:"] if request.param == "memory" else []).client()


@pytest.fixture
def world(client):
    ann, bob = (make(client, "/authors", name=name) for name in ("Ann", "Bob"))
    shelf = make(client, "/shelves", name="top")
    for n in range(7):
        make(client, "/books", title=str(n), year=n, author=id_of((ann, bob)[n % 2]), others=[id_of(ann), id_of(bob)][n % 3 :], home=ann if n == 3 else None, shelf=int(id_of(shelf)) if n < 2 else None)
    return ann, bob, shelf


def titles(reply):
    assert reply.status == 200, reply
    return "".join(one["title"] for one in reply.json())


def test_they_are_those_that_refer_to_the_document(client, world):
    ann, bob, shelf = world
    assert [titles(client.get(uri + "/books")) for uri in (ann, bob, shelf)] == ["0246", "135", "01"]
    assert [titles(client.get(uri + "/others")) for uri in (ann, bob)] == ["036", "01346"]
    assert [titles(client.get(uri + "/homes")) for uri in (ann, bob)] == ["3", ""]
    assert client.get(ann + "/books").json()[0] == client.get("/books").json()[0]


def test_they_are_asked_as_any_listing(client, world):
    ann = world[0]
    assert titles(client.get(ann + "/books?year:gt=1&sort=-year")) == "642"
    assert titles(client.get(ann + "/books?filter=year%20%3C%203")) == "02"
    assert client.get(ann + "/books?fields=author.name&expand=author&limit=1").json() == [{"author": {"name": "Ann"}}]
    asked = client.request("QUERY", ann + "/books", {"Content-Type": "application/json"}, json.dumps({"year:lt": 3}))
    assert titles(asked) == "02"
    assert titles(client.get(asked.headers["Content-Location"])) == "02"
    counted = client.get(ann + "/books?limit=1", {"Prefer": "count=exact"})
    assert counted.headers["Total-Count"] == "4"
    pages = walk(client, ann + "/books?limit=3", "next")
    assert [titles(page) for page in pages] == ["024", "6"]
    assert "author=" not in pages[0].headers["Link"]
    assert client.get(ann + "/books?nothing=1").status == 400


def test_what_changes_there_shows_here_at_once(client, world):
    ann, bob, _ = world
    first = client.get(ann + "/books")
    assert client.get(ann + "/books", {"If-None-Match": first.headers["ETag"]}).status == 304
    for _ in range(2):  # also once it might have been cached
        new = make(client, "/books", title="x", author=id_of(ann))
        after = client.get(ann + "/books", {"If-None-Match": first.headers["ETag"], "Accept-Encoding": "gzip, identity;q=0.5"})
        assert after.status == 200
        assert "x" in titles(client.get(ann + "/books"))
        assert client.put(new, json={"title": "y", "author": id_of(bob)}).status == 200
        assert titles(client.get(ann + "/books")) == "0246"
    assert client.delete(new).status == 204
    assert "y" in titles(client.get(bob + "/books"))


def test_they_are_there_as_long_as_the_document(client, world):
    assert client.get("/authors/nobody/books").status == 404
    assert client.get("/shelves/x/books").status == 404
    assert client.get("/shelves/07/books").status == 404
    lone = make(client, "/authors", name="x")
    assert client.get(lone + "/books").json() == []
    assert client.delete(lone).status == 204
    assert client.get(lone + "/books").status == 404


def test_they_are_read_only(client, world):
    ann = world[0]
    options = client.options(ann + "/books")
    assert set(options.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "QUERY"}
    assert client.post(ann + "/books", json={}).status == 405
    assert client.post(ann + "/homes", json={}).status == 501


def test_who_may_not_see_a_member_does_not_see_it_here(serve):
    notes = collection("/notes", {"text": STRING, "of": STRING | {"x-verbatim": {"value": "owner"}}, "on": to("/boards/{id}")})
    notes["/notes/{id}"]["get"] |= {"x-verbatim": {"allow": ["owner"]}, "security": [{"basic": []}]}
    notes["/notes"]["post"]["security"] = [{"basic": []}]
    listing = view({"of": "/notes"})
    listing["get"]["security"] = [{}, {"basic": []}]
    client = serve(people(**notes, **collection("/boards", {"name": STRING}), **{"/boards/{id}/notes": listing}), CHEAP).client()
    register(client, "ann@x", SECRET)
    register(client, "bob@x", SECRET)
    board = make(client, "/boards", name="b")
    for who in ("ann@x", "bob@x", "ann@x"):
        assert client.post("/notes", basic(who, SECRET), json={"text": who, "on": id_of(board)}).status == 201
    seen = client.get(board + "/notes", basic("ann@x", SECRET))
    assert [one["text"] for one in seen.json()] == ["ann@x"] * 2
    assert seen.headers["Cache-Control"] == "private, no-cache"
    assert client.get(board + "/notes").json() == []


@pytest.mark.parametrize(
    "path, how, why",
    [
        ("/authors/{id}/books", {"of": "/books"}, '"by" is missing'),
        ("/authors/{id}/books", {"of": "/nothing"}, "no collection or store"),
        ("/authors/{id}/books", {"of": "/books", "by": "title"}, "no such property"),
        ("/authors/{id}/books", {"of": "/books", "by": "shelf"}, "no such property"),
        ("/authors/{id}/books", {"of": "/authors"}, "no such property"),
        ("/authors/{id}/books", {"of": "/books", "through": "author"}, "through"),
        ("/authors/{id}/books", {"by": "author"}, "of"),
        ("/alone", {"of": "/books", "by": "author"}, "no path below a document"),
    ],
)
def test_what_cannot_be_listed_is_an_error_of_the_description(tmp_path, path, how, why):
    wrong = copy.deepcopy(LIBRARY)
    wrong["paths"][path] = view(how)
    (tmp_path / "api.json").write_text(json.dumps(wrong))
    told = run("check", tmp_path / "api.json")
    assert told.returncode != 0
    assert why in told.stdout + told.stderr


def test_they_come_as_lines_and_tables_too(client, world):
    ann = world[0]
    lines = client.get(ann + "/books?fields=title", {"Accept": "application/x-ndjson"})
    assert [json.loads(line)["title"] for line in lines.body.splitlines()] == list("0246")
    table = client.get(ann + "/books?fields=title", {"Accept": "text/csv"})
    assert table.body.decode().split() == ["title", *"0246"]
