"""What a property refers to is shown in its place: expand=author,author.country."""

import json

import pytest
from people import CHEAP, basic, people, register
from test_collections import walk
from test_relations import STRING, collection, id_of, make


SECRET = "correct horse"


def to(path, **more):
    return {"type": ["string", "null"], "x-verbatim": {"references": path}} | more


def several(path):
    return {"type": "array", "items": {"type": "string", "x-verbatim": {"references": path}}}


BOOK = {
    "title": STRING,
    "author": to("/authors/{id}"),
    "others": several("/authors/{id}"),
    "lines": {"type": "array", "items": {"type": "object", "properties": {"n": {"type": "integer"}, "by": to("/authors/{id}")}}},
    "about": {"type": "object", "properties": {"country": to("/countries/{id}")}},
    "home": {"type": ["string", "null"], "format": "uri-reference", "x-verbatim": {"references": "/countries/{id}"}},
}
LIBRARY = {
    "openapi": "3.1.0",
    "info": {"title": "Library", "version": "1"},
    "paths": collection("/countries", {"name": STRING, "capital": to("/cities/{id}")})
    | collection("/cities", {"name": STRING, "mayor": to("/authors/{id}")})
    | collection("/authors", {"name": STRING, "secret": STRING | {"writeOnly": True}, "country": to("/countries/{id}"), "mentor": to("/authors/{id}")})
    | collection("/books", BOOK),
}


@pytest.fixture(params=["sqlite", "memory"])
def client(request, serve):
    return serve(LIBRARY, ["--storage", "memory:"] if request.param == "memory" else []).client()


@pytest.fixture
def world(client):
    nz = make(client, "/countries", name="NZ")
    ann = make(client, "/authors", name="Ann", secret="s", country=id_of(nz))
    bob = make(client, "/authors", name="Bob", mentor=id_of(ann))
    book = make(client, "/books", title="x", author=id_of(ann), others=[id_of(bob), id_of(ann)], lines=[{"n": 1, "by": id_of(bob)}, {"n": 2, "by": None}], about={"country": id_of(nz)}, home=nz)
    return {"nz": nz, "ann": ann, "bob": bob, "book": book}


def test_a_reference_becomes_what_it_refers_to(client, world):
    (book,) = client.get("/books?expand=author").json()
    assert book == client.get(world["book"]).json() | {"author": client.get(world["ann"]).json()}
    assert "secret" not in book["author"]


def test_nothing_else_changes(client, world):
    plain = client.get("/books").json()[0]
    shown = client.get("/books?expand=others,lines.by,about.country,home,author.country").json()[0]
    ann, bob, nz = (client.get(world[name]).json() for name in ("ann", "bob", "nz"))
    assert shown == plain | {
        "author": ann | {"country": nz},
        "others": [bob, ann],
        "lines": [{"n": 1, "by": bob}, {"n": 2, "by": None}],
        "about": {"country": nz},
        "home": nz,
    }
    assert list(shown) == list(plain)


def test_one_resource_is_asked_in_the_same_way(client, world):
    shown = client.get(world["book"] + "?expand=author&fields=title,author.name,author.country")
    assert shown.json() == {"title": "x", "author": {"name": "Ann", "country": id_of(world["nz"])}}
    assert client.get(world["book"] + "?fields=title").json() == {"title": "x"}
    assert client.head(world["book"] + "?expand=author").headers["ETag"] == client.get(world["book"] + "?expand=author").headers["ETag"]


def test_fields_may_name_what_is_brought(client, world):
    for query in ("fields=others.name,author.country.name&expand=others,author.country", "expand=author.country,others&fields=author.country.name,others.name"):
        assert client.get("/books?" + query).json() == [{"author": {"country": {"name": "NZ"}}, "others": [{"name": "Bob"}, {"name": "Ann"}]}]


def test_a_query_asks_the_same(client, world):
    asked = client.request("QUERY", "/books", {"Content-Type": "application/json"}, json.dumps({"expand": ["author.country", "home"], "fields": "author.country.name,home.name"}))
    assert asked.status == 200
    assert asked.json() == [{"author": {"country": {"name": "NZ"}}, "home": {"name": "NZ"}}]
    assert client.get(asked.headers["Content-Location"]).json() == asked.json()


def test_it_goes_on_from_page_to_page(client, world):
    for n in range(5):
        make(client, "/books", title=str(n), author=id_of(world["bob"]))
    pages = walk(client, "/books?expand=author.mentor&fields=author.mentor.name&limit=2", "next")
    names = [one["author"].get("mentor", {}).get("name") for page in pages for one in page.json()]
    assert len(pages) == 3
    assert names == [None] + ["Ann"] * 5


def test_the_tag_changes_with_what_is_shown_and_only_then(client, world):
    uris = ["/books?expand=author", world["book"] + "?expand=author"]
    before = [client.get(uri) for uri in uris]
    assert all("Last-Modified" not in reply.headers for reply in before)
    make(client, "/authors", name="Else")
    for uri, reply in zip(uris, before):
        assert client.get(uri, {"If-None-Match": reply.headers["ETag"]}).status == 304
    assert client.put(world["ann"], json={"name": "Anna"}).status == 200
    for uri, reply in zip(uris, before):
        after = client.get(uri, {"If-None-Match": reply.headers["ETag"]})
        assert after.status == 200
        assert "Anna" in after.body.decode()
    # And it is good for a write to what it is the tag of.
    tag = client.get(uris[1]).headers["ETag"]
    assert client.put(world["book"], {"If-Match": tag}, json={"title": "y"}).status == 200
    assert client.put(world["book"], {"If-Match": tag}, json={"title": "z"}).status == 412


def test_a_tag_outlives_the_server(serve, tmp_path):
    args = ["--data", str(tmp_path / "data")]
    server = serve(LIBRARY, args)
    client = server.client()
    author = make(client, "/authors", name="Ann")
    make(client, "/books", author=id_of(author))
    tag = client.get("/books?expand=author").headers["ETag"]
    server.stop()
    assert serve(LIBRARY, args).client().get("/books?expand=author", {"If-None-Match": tag}).status == 304


@pytest.mark.parametrize(
    "query",
    ["expand=title", "expand=", "expand=author,", "expand=author.name", "expand=about", "expand=lines", "expand=author..country", "expand=secret",
     "expand=author&expand=home", "fields=author.name", "fields=home.name&expand=author", "expand=author&fields=author.secret",
     "expand=author.mentor.mentor.mentor", "expand=author.country.capital.mayor"],
)  # fmt: skip
def test_what_cannot_be_expanded_is_refused(client, world, query):
    for uri in ("/books", world["book"]):
        refused = client.get(f"{uri}?{query}")
        assert refused.status == 400
        assert refused.json()["errors"][0]["parameter"] == ("fields" if "fields" in query else "expand")


def test_too_many_steps_are_refused(client, world):
    steps = [f"{first}.{second}" for first in ("author", "others", "lines.by") for second in ("country.capital", "mentor.country", "mentor.mentor")]
    assert client.get("/books?expand=" + ",".join(steps)).status == 400
    assert client.get("/books?expand=" + ",".join(steps[:4])).status == 200


def test_of_one_resource_nothing_else_can_be_asked(client, world):
    for query in ("limit=1", "title=x", "sort=title", "filter=title%20%3D%20x", "nothing=1"):
        assert client.get(f"{world['book']}?{query}").status == 400
        assert client.get(f"{world['book']}?{query}", {"Prefer": "handling=lenient"}).status == 200
    assert client.put(world["book"] + "?fields=title", json={}).status == 400


def test_who_refers_to_themselves_is_shown_as_deep_as_it_is_asked(client):
    ann = make(client, "/authors", name="Ann")
    assert client.put(ann, json={"name": "Ann", "mentor": id_of(ann)}).status == 200
    shown = client.get(ann + "?expand=mentor.mentor.mentor").json()
    for _ in range(3):
        assert shown["name"] == "Ann"
        shown = shown["mentor"]
    assert shown["mentor"] == id_of(ann)


def test_a_page_for_people_shows_it(client, world):
    assert client.get("/books?expand=author", {"Accept": "text/html"}).status == 200  # (a table names objects only)
    page = client.get(world["book"] + "?expand=author", {"Accept": "text/html"})
    assert page.status == 200
    assert "Ann" in page.body.decode()


def test_many_are_read_some_at_a_time(client):
    """64, and again; and those that are known already, not at all."""
    authors = [make(client, "/authors", name=str(n)) for n in range(150)]
    for n in range(200):
        make(client, "/books", title=str(n % 150), author=id_of(authors[n % 150]))
    shown = client.get("/books?expand=author&limit=200").json()
    assert [one["author"]["name"] for one in shown] == [one["title"] for one in shown]
    assert len(shown) == 200


def test_more_than_there_is_room_for_is_refused(client):
    long = make(client, "/authors", name="x" * 200_000)
    for _ in range(50):
        make(client, "/books", author=id_of(long))
    refused = client.get("/books?expand=author")
    assert (refused.status, refused.json()["errors"][0]["parameter"]) == (400, "expand")
    assert len(client.get("/books?expand=author&limit=30").json()) == 30


def test_more_references_than_are_followed_are_refused(client):
    ann = id_of(make(client, "/authors", name="Ann"))
    for _ in range(120):
        make(client, "/books", others=[ann] * 180)
    refused = client.get("/books?expand=others&limit=120")
    assert (refused.status, refused.json()["errors"][0]["parameter"]) == (400, "expand")
    assert client.get("/books?expand=others&limit=20").status == 200


# --- who may see it --------------------------------------------------------------------------------------------


def shelf(security):
    book = {"type": "object", "properties": {"id": STRING | {"readOnly": True}, "by": to("/people/{id}"), "note": to("/notes/{id}")}}
    made = collection("/books", book["properties"])
    notes = collection("/notes", {"text": STRING, "of": STRING | {"x-verbatim": {"value": "owner"}}})
    notes["/notes/{id}"]["get"]["x-verbatim"] = {"allow": ["owner"]}
    for path in (made["/books"], made["/books/{id}"]):
        path["get"]["security"] = security
    for path in (made["/books"], notes["/notes"]):
        path["post"]["security"] = [{"basic": []}]
    notes["/notes/{id}"]["get"]["security"] = [{"basic": []}]
    return people(**made, **notes)


@pytest.fixture
def shop(serve):
    def start(security):
        client = serve(shelf(security), CHEAP).client()
        ann, bob = register(client, "ann@x", SECRET, name="Ann"), register(client, "bob@x", SECRET, name="Bob")
        note = client.post("/notes", basic("ann@x", SECRET), json={"text": "mine"}).headers["Location"]
        made = client.post("/books", basic("ann@x", SECRET), json={"by": id_of(ann), "note": id_of(note)})
        assert made.status == 201
        return client, made.headers["Location"], ann, note

    return start


@pytest.mark.parametrize("of_one", [False, True])
def test_nobody_sees_by_a_reference_what_get_would_refuse(shop, of_one):
    client, book, ann, note = shop([{}, {"basic": []}])

    def shown(who=None):
        uri = (book if of_one else "/books") + "?expand=by,note"
        reply = client.get(uri, basic(who, SECRET) if who else {})
        assert reply.headers["Cache-Control"] == "private, no-cache"
        state = reply.json() if of_one else reply.json()[0]
        return state["by"], state["note"], reply.headers["ETag"]

    nobody, stranger, owner = shown(), shown("bob@x"), shown("ann@x")
    assert nobody[:2] == (id_of(ann), id_of(note))
    assert (stranger[0]["name"], stranger[1]) == ("Ann", id_of(note))
    assert (owner[0]["name"], owner[1]["text"]) == ("Ann", "mine")
    assert not {"password", "currentPassword"} & set(owner[0])
    assert len({nobody[2], stranger[2], owner[2]}) == 3


def test_what_was_not_asked_for_was_not_proven(shop):
    client, book, ann, _ = shop([])
    assert client.get(book + "?expand=by").json()["by"] == id_of(ann)


def test_the_tag_changes_when_a_new_description_shows_less_of_what_is_expanded(serve):
    server = serve(LIBRARY)
    client = server.client()
    ann = make(client, "/authors", name="Ann", secret="s")
    book = make(client, "/books", title="x", author=id_of(ann))
    before = {uri: client.get(uri) for uri in (f"{book}?expand=author", "/books?expand=author", "/books")}
    less = json.loads(json.dumps(LIBRARY).replace('"name": {"type": "string"}', '"name": {"type": "string", "writeOnly": true}'))
    server.description.write_text(json.dumps(less))
    server.restart()
    after = {uri: server.client().get(uri, {"If-None-Match": reply.headers["ETag"]}) for uri, reply in before.items()}
    assert [reply.status for reply in after.values()] == [200, 200, 304]
    assert "Ann" in before[f"{book}?expand=author"].text and "Ann" not in after[f"{book}?expand=author"].text
