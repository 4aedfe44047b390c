"""Controllers that move a document: it is at its new path, and the old one says where."""

import json
import threading

import pytest
from ledger import requirement
from library import JSON, PNG, add, pointers, tag_of
from test_cli import run as verbatim
from test_tombstones import DELETE, GET, ID, IMAGE, KEPT, NAME, STORED, answers, api, operation

STATE = {
    "type": "object", "required": ["title"], "additionalProperties": False,
    "properties": {
        "title": {"type": "string"}, "name": {"type": "string", "readOnly": True},
        "secret": {"type": "string", "writeOnly": True}, "size": {"type": "integer", "default": 1},
        "created": {"type": "string", "format": "date-time", "readOnly": True},
        "code": {"type": "string", "x-verbatim": {"unique": True}},
        "see": {"type": "string", "x-verbatim": {"references": "/pages/{name}"}},
    },
}  # fmt: skip
PAGE = {"application/json": {"schema": STATE}}
CODED = {**STATE, "required": ["title", "code"]}
# As strict a name as a description may want.
SLUG = {**NAME, "schema": {"type": "string", "pattern": "^[a-z0-9-]+$"}}


def mover(target, parameters=(NAME,), **more):
    return {"parameters": list(parameters), "post": operation(201, 409, 422, takes=None) | more,
            "x-verbatim": {"do": {"move": {"target": target}}}}  # fmt: skip


def member(content, *parameters):
    put = {"requestBody": {"content": content}, "responses": answers(200, 201, 204)}
    get = {"responses": {"200": {"description": "", "content": content}}}
    patch = {"responses": {"200": {"description": "", "content": content}}}
    return {"parameters": list(parameters), "get": get, "put": put, "patch": patch, "delete": DELETE}


API = api(**{
    "pages": {"get": {"responses": {"200": {"description": "", "content": {"application/json": {"schema": {"type": "array", "items": STATE}}}}}}},
    "pages/{name}": member(PAGE, SLUG),
    "pages/{name}/move": mover("/pages/{name}", [SLUG]),
    "pages/{name}/picture": {"parameters": [SLUG], "get": IMAGE, "put": STORED, "delete": DELETE},
    "pages/{name}/rename-by-form": mover("/pages/{name}", [SLUG], requestBody={"content": {"application/json": {
        "schema": {"type": "object", "required": ["to"], "properties": {"to": {"maxLength": 20}}}}}}),
    "coded": {"get": GET},
    "coded/{name}": member({"application/json": {"schema": CODED}}, NAME),
    "coded/{name}/move": mover("/coded/{name}"),
    "images": {"get": GET},
    "images/{name}": {"parameters": [NAME], "get": IMAGE, "put": STORED, "delete": DELETE},
    "images/{name}/move": mover("/images/{name}"),
    "books": {"get": GET, "post": operation(201)} | KEPT,
    "books/{id}": {"parameters": [ID], "get": GET, "delete": DELETE},
    "books/{id}/move": mover("/books/{id}", [ID]),
    "books/{id}/notes": {"parameters": [ID], "get": GET},
    "books/{id}/notes/{name}": {"parameters": [ID, NAME], "get": GET, "put": operation(201), "delete": DELETE},
    "books/{id}/notes/{name}/move": mover("/books/{id}/notes/{name}", [ID, NAME]),
    "single": {"get": GET, "put": operation(201)},
})  # fmt: skip


@pytest.fixture(scope="module", params=["sqlite", "memory"])
def server(module_serve, request):
    return module_serve(API, ["--storage", "memory:"] if request.param == "memory" else [])


@pytest.fixture
def client(server):
    return server.client()


@pytest.fixture
def name(request):
    """A path in /pages that no other test uses, to build others from."""
    return f"/pages/{abs(hash(request.node.nodeid))}"


def page(client, path, **more):
    made = client.put(path, json={"title": "t"} | more)
    assert made.status == 201, made
    return path


def move(client, path, to, headers=(), **more):
    return client.post(path + "/move", dict(headers) | JSON, json.dumps({"to": to} | more))


def moved(client, path, to):
    answer = move(client, path, to)
    assert answer.status == 201, answer
    assert answer.headers["Location"] == to
    return to


# What a move does

@requirement("9110-15.4.2-01", "9110-15.4.9-01")
def test_what_has_moved_is_there_and_the_old_path_says_so(client, name):
    old, new = page(client, name), name + "-b"
    tag = tag_of(client, old)
    answer = move(client, old, new)
    assert (answer.status, answer.headers["Location"]) == (201, new)
    assert answer.json()["title"] == "t" and answer.headers["ETag"] != tag
    shown = client.get(new)
    assert shown.status == 200 and shown.headers["ETag"] == answer.headers["ETag"]
    for method, status in (("GET", 301), ("HEAD", 301), ("PUT", 308), ("DELETE", 308)):
        content = (JSON, b'{"title": "x"}') if method == "PUT" else ({}, None)
        said = client.request(method, old, *content)
        assert (said.status, said.headers["Location"]) == (status, new), method
        assert "no-cache" in said.headers.tokens("Cache-Control")  # it may move back
    assert client.get(new).json()["title"] == "t"
    assert [item["name"] for item in client.get("/pages?limit=1000").json()].count(new[7:]) == 1


def test_the_state_stays_but_what_the_server_says_of_it(client, name):
    page(client, name, secret="s", size=5)
    client.put(name, json={"title": "u"})  # and has no size from here on
    before = client.get(name).json()
    after = client.get(moved(client, name, name + "-b")).json()
    assert after == before | {"name": name[7:] + "-b"}
    assert "size" not in after and after["created"] == before["created"]
    assert client.put(name + "-b", json={"title": "v"}).status in (200, 204)
    assert client.get(name + "-b").json()["created"] == before["created"]


def test_a_chain_is_followed_link_by_link_and_a_way_back_is_free(client, name):
    a, b, c = page(client, name), name + "-b", name + "-c"
    moved(client, a, b)
    moved(client, b, c)
    assert client.get(a).headers["Location"] == b
    assert client.get(b).headers["Location"] == c
    moved(client, c, a)
    assert client.get(a).status == 200
    assert client.get(b).headers["Location"] == c
    assert client.get(c).headers["Location"] == a


def test_what_is_below_has_moved_along(client, name):
    page(client, name)
    moved(client, name, name + "-b")
    assert client.put(name + "/picture", PNG, b"\x89").headers["Location"] == name + "-b/picture"
    assert client.get(name + "/picture").status == 301
    again = move(client, name, name + "-c")
    assert (again.status, again.headers["Location"]) == (308, name + "-b/move")


def test_a_deletion_after_a_move_leaves_both_paths_as_they_are(client, name):
    page(client, name)
    moved(client, name, name + "-b")
    assert client.delete(name + "-b").status == 204
    assert client.get(name).headers["Location"] == name + "-b"
    assert client.get(name + "-b").status == 404  # /pages keeps no tombstones of deletions
    page(client, name + "-b")


def test_claims_move_along(client, name):
    page(client, name, code=name)
    moved(client, name, name + "-b")
    assert client.put(name + "-c", json={"title": "t", "code": name}).status == 409
    client.delete(name + "-b")
    page(client, name + "-c", code=name)


@pytest.mark.parametrize("size", [10, 600_000])
def test_bytes_move_as_they_are(client, size, name):
    old, new = f"/images/{name[7:]}", f"/images/{name[7:]}-b"
    assert client.put(old, PNG, b"\x89" * size).status == 201
    answer = move(client, old, new)
    assert (answer.status, answer.headers["Location"]) == (201, new)
    shown = client.get(new)
    assert shown.headers["Content-Type"] == "image/png" and shown.body == b"\x89" * size
    assert client.get(old).status == 301
    assert client.get("/images").status == 200
    moved(client, new, old)
    assert client.get(old).body == b"\x89" * size
    assert client.delete(old).status == 204
    assert client.get(new).status == 301


def test_into_another_collection_where_it_is_valid(client, name):
    page(client, name, code="c" + name)
    other = "/coded/" + name[7:]
    moved(client, name, other)
    assert client.get(other).json()["code"] == "c" + name
    assert client.get(name).headers["Location"] == other
    assert client.get(name + "/picture").status == 404  # nothing of that kind is there
    moved(client, other, name)


def test_what_is_known_of_it_without_reading_is_true(client, name):
    """Changed right after it was moved, by whoever keeps what the move has written."""
    page(client, name)
    created = client.get(name).json()["created"]
    moved(client, name, name + "-b")
    for n in range(3):
        assert client.patch(name + "-b", {"Content-Type": "application/merge-patch+json"}, json={"title": f"{n}"}).status == 200
    assert client.get(name + "-b").json() == {"title": "2", "name": name[7:] + "-b", "size": 1, "created": created}


@pytest.mark.parametrize("last", ["%21", "!", "a%2Fb", "%C3%A4", "a%20b", "~%7e"])
def test_it_is_under_the_very_path_that_was_said(client, last, name):
    old, new = f"/images/{name[7:]}", f"/images/{name[7:]}-{last}"
    client.put(old, PNG, b"\x89")
    assert move(client, old, new).headers["Location"] == new.replace("%7e", "~")
    assert client.get(new).status == 200


# What it is not

def test_what_is_taken_is_409(client, name):
    page(client, name), page(client, name + "-b")
    for to in (name + "-b", name):
        answer = move(client, name, to)
        assert answer.status == 409 and to in answer.json()["detail"]
    assert client.get(name).status == client.get(name + "-b").status == 200


def test_what_is_referred_to_stays(client, name):
    page(client, name), page(client, name + "-b", see=name[7:])
    answer = move(client, name, name + "-c")
    assert answer.status == 409 and name + "-b" in answer.json()["detail"]
    assert client.get(name).status == 200 and client.get(name + "-c").status == 404
    moved(client, name + "-b", name + "-d")  # what refers may move
    client.delete(name + "-d")
    moved(client, name, name + "-c")


def test_what_has_parts_stays(client, name):
    page(client, name)
    assert client.put(name + "/picture", PNG, b"\x89").status == 201
    assert move(client, name, name + "-b").status == 409
    client.delete(name + "/picture")
    moved(client, name, name + "-b")


def test_where_the_whole_is_not_there_no_part_can_go(client):
    book = add(client, "/books", title="x")
    assert client.put(book + "/notes/a", json={}).status == 201
    assert move(client, book + "/notes/a", "/books/999999/notes/a").status == 409
    other = add(client, "/books", title="y")
    moved(client, book + "/notes/a", other + "/notes/b")
    assert client.get(book + "/notes/a").headers["Location"] == other + "/notes/b"


def test_what_was_deleted_for_good_is_not_given_again(client):
    paths = [add(client, "/books", title="x") for _ in range(2)]
    client.delete(paths[0])
    assert move(client, paths[1], paths[0]).status == 409
    assert client.get(paths[0]).status == 410


def test_a_number_that_was_moved_away_or_to_is_not_given_again(client):
    path = add(client, "/books", title="x")
    number = int(path[7:])
    moved(client, path, f"/books/{number + 2}")
    made = {add(client, "/books", title="x") for _ in range(3)}
    assert not made & {path, f"/books/{number + 2}"}


@pytest.mark.parametrize("to", [
    None, 7, "", "pages/x", "/", "/pages", "/pages/", "/nowhere/x", "/single", "http://a/pages/x", "//a/pages/x",
    "/pages/x?y", "/pages/x#y", "/pages/%zz", "/pages/a%00", "/pages/UPPER", "/pages/x/", "/pages/x/move", "/pages/x/picture",
    "/books/x", "/images/x", "/pages/" + "a" * 100_000, "/pages/x\n", "/openapi.json", "/jobs/1",
])  # fmt: skip
def test_what_is_no_place_for_it_is_422(client, name, to):
    if client.get("/pages/a-source").status != 200:
        page(client, "/pages/a-source")
    answer = move(client, "/pages/a-source", to)
    assert answer.status == 422, to
    assert "/to" in pointers(answer)
    assert client.get("/pages/a-source").status == 200


def test_what_would_not_be_valid_there_stays(client, name):
    page(client, name)
    answer = move(client, name, "/coded/" + name[7:])
    assert answer.status == 422 and "/to" in pointers(answer)
    assert client.get(name).status == 200


def test_content_that_says_nothing(client, name):
    page(client, name)
    assert client.post(name + "/move").status in (400, 415)
    assert client.post(name + "/move", JSON, b"{").status == 400
    assert client.post(name + "/move", JSON, b"[]").status == 422
    assert client.post(name + "/move", JSON, b"{}").status == 422
    assert client.post(name + "/move", {"Content-Type": "text/plain"}, b"x").status == 415


def test_the_description_may_want_more_of_the_content(client, name):
    page(client, name)
    said = client.post(name + "/rename-by-form", json={"to": "/pages/" + "a" * 20})
    assert said.status == 422 and pointers(said) == {"/to"}


def test_nothing_there_is_404_before_all_else(client, name):
    assert move(client, name, name + "-b").status == 404
    assert client.post(name + "/move", {"If-Match": "*"} | JSON, b"{").status == 404


# Beside others

def test_preconditions_are_about_what_is_moved(client, name):
    page(client, name)
    tag = tag_of(client, name)
    assert move(client, name, name + "-b", {"If-Match": '"1.x"'}).status == 412
    assert move(client, name, name + "-b", {"If-None-Match": tag}).status == 412
    assert move(client, name, name + "-b", {"If-Match": tag}).status == 201


def test_it_is_done_once(client, name):
    page(client, name)
    key = {"Idempotency-Key": '"move"'}
    first = move(client, name, name + "-b", key)
    again = move(client, name, name + "-b", key)
    assert first.status == again.status == 201
    assert first.body == again.body and first.headers["ETag"] == again.headers["ETag"]
    assert client.get(name + "-b").status == 200


def test_one_of_many_who_move_it_does(server, name):
    page(server.client(), name)
    statuses, together = [], threading.Barrier(6)

    def run(n):
        client = server.client()
        together.wait()
        statuses.append(move(client, name, f"{name}-{n}").status)
        client.close()

    threads = [threading.Thread(target=run, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [201] + [308] * 5
    client = server.client()
    assert [client.get(f"{name}-{n}").status for n in range(6)].count(200) == 1


def test_one_of_many_who_move_there_does(server, name):
    client = server.client()
    for n in range(6):
        page(client, f"{name}-{n}")
    statuses, together = [], threading.Barrier(6)

    def run(n):
        mine = server.client()
        together.wait()
        statuses.append(move(mine, f"{name}-{n}", name).status)
        mine.close()

    threads = [threading.Thread(target=run, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [201] + [409] * 5
    assert [client.get(f"{name}-{n}").status for n in range(6)].count(301) == 1


@pytest.mark.parametrize("end", ["kill", "stop"])
def test_it_is_durable(serve, end):
    server = serve(API)
    client = server.client()
    for n in range(10):
        page(client, f"/pages/a{n}")
        moved(client, f"/pages/a{n}", f"/pages/b{n}")
    server.kill() if end == "kill" else server.stop()
    server.start()
    client = server.client()
    for n in range(10):
        assert client.get(f"/pages/a{n}").headers["Location"] == f"/pages/b{n}"
        assert client.get(f"/pages/b{n}").json()["name"] == f"b{n}"


# What `check` says

def check(tmp_path, description):
    path = tmp_path / "api.json"
    path.write_text(json.dumps(description))
    done = verbatim("check", path)
    return done.returncode, " ".join((done.stdout + done.stderr).split())


def test_check_tells_what_it_moves(tmp_path):
    status, told = check(tmp_path, API)
    assert status == 0
    assert "/pages/{name}/move controller POST moves /pages/{name}" in told
    assert "redirected once moved" in told


@pytest.mark.parametrize(("do", "what"), [
    ({"target": "/single"}, "is not a member"), ({"target": "/nowhere"}, "no path"), ({"targte": "/pages/{name}"}, "targte"),
    ({"target": "/pages/{name}", "patch": {}}, "patch"), ({"target": "/pages"}, "is not a member"), (7, "object"),
    ({"target": "/books/{id}"}, "is no variable"),
])  # fmt: skip
def test_what_cannot_be_moved_is_an_error(tmp_path, do, what):
    paths = {path[1:]: item for path, item in API["paths"].items()}
    paths["pages/{name}/move"] = paths["pages/{name}/move"] | {"x-verbatim": {"do": {"move": do}}}
    status, told = check(tmp_path, api(**paths))
    assert status == 2 and what in told
