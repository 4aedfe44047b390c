"""Documents: what a state may be, how it changes, and what it is tied to."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from ledger import requirement
from library import JSON, LIBRARY, MERGE, PATCH, add, counter, parameters, pointers, tag_of, unused_key


def isbn():
    return f"978{int(unused_key()[11:]):010d}"


# Validity

INVALID = [
    ({}, {"/title", ""}),
    ({"title": ""}, {"/title"}),
    ({"title": 1}, {"/title"}),
    ({"title": None}, {"/title"}),
    ({"title": "x" * 501}, {"/title"}),
    ({"title": "x", "pages": 0}, {"/pages"}),
    ({"title": "x", "pages": 1.5}, {"/pages"}),
    ({"title": "x", "tags": ["a", "a"]}, {"/tags", "/tags/1"}),
    ({"title": "x", "tags": ["a", ""]}, {"/tags/1"}),
    ({"title": "x", "isbn": "123"}, {"/isbn"}),
    ({"title": "x", "unknown": 1}, {"/unknown", ""}),
    ({"title": "x", "a/b~c": 1}, {"/a~1b~0c", ""}),
    ({"title": "x", "available": "yes"}, {"/available"}),
    ([], {""}),
    ("text", {""}),
    (None, {""}),
    (1, {""}),
]


@requirement("9110-15.5.21-01", "9110-9.3.4-03")
@pytest.mark.parametrize("state, places", INVALID, ids=lambda v: str(v)[:40])
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_what_does_not_meet_its_schema_is_422_saying_where(client, method, state, places):
    path = "/books" if method == "POST" else add(client, title="before")
    answer = client.request(method, path, JSON, json.dumps(state))
    assert answer.status == 422
    assert pointers(answer) and pointers(answer) <= places
    assert all(error["detail"] for error in answer.json()["errors"])
    if method == "PUT":
        assert client.get(path).json()["title"] == "before"


def test_every_fault_is_told_at_once(client):
    answer = client.post("/books", json={"title": "", "pages": 0, "tags": [""]})
    assert pointers(answer) == {"/title", "/pages", "/tags/0"}


def test_what_a_patch_makes_must_meet_the_schema(client):
    book = add(client, title="before")
    for headers, patch in ((MERGE, {"title": None}), (MERGE, {"pages": "many"}), (MERGE, [1]),
                           (PATCH, [{"op": "remove", "path": "/title"}]),
                           (PATCH, [{"op": "add", "path": "/unknown", "value": 1}])):
        assert client.patch(book, headers, json=patch).status == 422, patch
    assert client.get(book).json()["title"] == "before"


@pytest.mark.parametrize("content", [
    b"", b"{", b'{"title":}', b'{"title":"x"}}', b'{"title":"x",}', b"{'title':'x'}", b"nul", b'{"title":"\xff"}',
    b'{"title":"x","title":"y"}', b'{"title":"\\ud800"}', b'\xef\xbb\xbf{"title":"x"}', b'{"title":"x"}\0',
    b'{"title":"a\nb"}', b"NaN", b'{"pages":01,"title":"x"}', b"[" * 100000, b'{"a":' * 50000,
], ids=lambda v: repr(v[:24]))  # fmt: skip
def test_malformed_json_is_400_and_says_where(client, content):
    answer = client.post("/books", JSON, content)
    assert answer.status in ((400, 413) if len(content) > 1000 else (400,))
    assert answer.json()["detail"]
    assert client.put(add(client), JSON, content).status == answer.status


@pytest.mark.parametrize("title", ["ü", "日本語", "🜨", "\u0001\u007f", "a\u2028b", '"\\/\b\f\n\r\t', "\U0010ffff"])
def test_any_text_comes_back_as_it_went_in(client, title):
    for body in (json.dumps({"title": title}), json.dumps({"title": title}, ensure_ascii=False)):
        made = client.post("/books", JSON, body.encode())
        assert made.status == 201
        assert client.get(made.headers["Location"]).json()["title"] == title


@pytest.mark.parametrize("number", ["12345678901234567890", "1e400", "0.1", "-0.0", "1E-7", "3.141592653589793238462643"])
def test_numbers_keep_all_their_digits(client, number):
    key = unused_key()
    assert client.put(key, JSON, f'{{"value":{number}}}').status == 201
    assert re.search(r'"value":([^,}]+)', client.get(key).text)[1] == number


def test_content_that_is_too_large_is_413(serve):
    client = serve(LIBRARY, ["--max-document", "2k"]).client()
    path = add(client, title="before")
    large = json.dumps({"title": "x", "tags": [str(n) for n in range(1000)]}).encode()
    for method, target, headers in (("POST", "/books", JSON), ("PUT", path, JSON), ("PATCH", path, MERGE)):
        for chunked in (False, True):
            body = [large[:1000], large[1000:]] if chunked else large
            answer = client.request(method, target, headers, body, chunked=chunked)
            assert answer.status == 413, (method, chunked)
            assert answer.json()["detail"]
    assert client.get(path).json()["title"] == "before"
    assert len(client.get("/books").json()) == 1


@pytest.mark.parametrize("size", [200_000, 255_000, 262_100, 262_144, 262_145, 300_000, 1_000_000])
def test_a_document_is_kept_whole_or_refused_with_413(client, size):
    key, value = unused_key(), "x" * (size - 12)
    answer = client.put(key, json={"value": value})
    assert answer.status in (201, 413)
    assert answer.status == 201 or size > 262_000
    if answer.status == 201:
        assert client.get(key).json()["value"] == value
    else:
        assert client.get(key).status == 404


# Whose a property is

def test_read_only_properties_in_the_content_are_ignored(client):
    sent = {"title": "x", "id": 777, "created": "2001-01-01T00:00:00Z", "archived": True, "modified": "no"}
    made = client.post("/books", json=sent)
    assert made.status == 201
    state = made.json()
    assert state["id"] != 777 and state["archived"] is False
    assert state["created"] != sent["created"] and state["modified"] != "no"
    again = client.put(made.headers["Location"], json=sent)
    assert again.status == 200
    assert again.json()["id"] == state["id"] and again.json()["archived"] is False
    patched = client.patch(made.headers["Location"], MERGE, json={"id": 9, "archived": True, "created": None})
    assert patched.status == 200
    assert {**patched.json(), "modified": 0} == {**again.json(), "modified": 0}


def test_what_was_read_can_be_written_back(client):
    book = add(client, title="x", tags=["a"])
    state = client.get(book).json()
    answer = client.put(book, json=state)
    assert answer.status == 200
    assert {**answer.json(), "modified": 0} == {**state, "modified": 0}


def test_created_is_kept_and_modified_follows(client):
    book = add(client)
    first = client.get(book).json()
    created, modified = (datetime.fromisoformat(first[n].replace("Z", "+00:00")) for n in ("created", "modified"))
    assert created == modified
    second = client.put(book, json={"title": "y"}).json()
    assert second["created"] == first["created"]
    assert datetime.fromisoformat(second["modified"].replace("Z", "+00:00")) >= modified
    third = client.patch(book, MERGE, json={"title": "z"}).json()
    assert third["created"] == first["created"]


def test_defaults_are_filled_in_on_creation_only(client):
    made = client.post("/books", json={"title": "x"})
    assert made.json()["available"] is True and made.json()["archived"] is False
    kept = client.post("/books", json={"title": "x", "available": False})
    assert kept.json()["available"] is False
    again = client.put(made.headers["Location"], json={"title": "y"})
    assert "available" not in again.json()  # a PUT says all that there is


def test_ids_count_up_and_are_never_given_again(client):
    first, second = add(client), add(client)
    assert int(second.split("/")[-1]) == int(first.split("/")[-1]) + 1
    client.delete(second)
    third = add(client)
    assert int(third.split("/")[-1]) > int(second.split("/")[-1])


def test_what_is_refused_takes_no_id(client):
    first = int(add(client).split("/")[-1])
    for _ in range(5):
        assert client.post("/books", json={}).status == 422
    assert int(add(client).split("/")[-1]) == first + 1


def test_a_store_names_its_member_in_it(client):
    key = unused_key()
    made = client.put(key, json={"value": {"a": [1, None]}, "key": "other"})
    assert made.json()["key"] == key.split("/")[-1]
    assert made.json()["value"] == {"a": [1, None]}


KINDS = """
openapi: 3.1.0
info: {title: kinds, version: '1'}
paths:
  /uuids: &listing
    get: {responses: {'200': {description: all, content: {application/json: {schema: {type: array}}}}}}
    post: &post
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/U'}}}}
      responses: {'201': {description: made, content: {application/json: {schema: {$ref: '#/components/schemas/U'}}}}}
  /uuids/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string, format: uuid}}]
    get: {responses: {'200': {description: one, content: {application/json: {schema: {$ref: '#/components/schemas/U'}}}}}}
    delete: {responses: {'204': {description: gone}}}
  /names:
    get: {responses: {'200': {description: all, content: {application/json: {schema: {type: array}}}}}}
    post:
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/S'}}}}
      responses: {'201': {description: made, content: {application/json: {schema: {$ref: '#/components/schemas/S'}}}}}
  /names/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get: {responses: {'200': {description: one, content: {application/json: {schema: {$ref: '#/components/schemas/S'}}}}}}
    put:
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/S'}}}}
      responses: {'200': {description: one, content: {application/json: {schema: {$ref: '#/components/schemas/S'}}}}}
    patch:
      requestBody:
        content:
          application/merge-patch+json: {schema: {type: object}}
          application/json-patch+json: {schema: {type: array}}
      responses: {'200': {description: one, content: {application/json: {schema: {$ref: '#/components/schemas/S'}}}}}
  /strict:
    put:
      requestBody: {content: {application/json: {schema: {type: integer}}}}
      responses: {'200': {description: one}, '201': {description: made}, '400': {description: bad}}
    get: {responses: {'200': {description: one, content: {application/json: {schema: {type: integer}}}}}}
components:
  schemas:
    U:
      type: object
      properties:
        id: {type: string, format: uuid, readOnly: true}
        friend: {type: string, format: uuid, x-verbatim: {references: '/uuids/{id}'}}
        friends: {type: array, items: {type: string}, x-verbatim: {references: '/uuids/{id}'}}
        lines:
          type: array
          items:
            type: object
            properties:
              of: {type: string, x-verbatim: {references: '/uuids/{id}'}}
              box: {type: object, properties: {of: {type: [string, 'null'], x-verbatim: {references: '/uuids/{id}'}}}}
        rows:
          type: array
          items: {type: array, items: {properties: {of: {type: array, items: {type: string}, x-verbatim: {references: '/uuids/{id}'}}}}}
    S:
      type: object
      required: [secret]
      properties:
        id: {type: string, readOnly: true}
        self: {type: string, readOnly: true, x-verbatim: {value: uri}}
        n: {type: integer, readOnly: true, x-verbatim: {value: revision}}
        rank: {type: number, x-verbatim: {unique: true}}
        secret: {type: string, writeOnly: true}
        shown: {type: string}
        keys:
          type: array
          items:
            type: object
            properties: {label: {type: string}, pin: {type: string, writeOnly: true}}
"""


@pytest.fixture(scope="module")
def kinds(module_serve):
    return module_serve(KINDS).client()


def test_a_uuid_is_a_version_7_one(kinds):
    made = [kinds.post("/uuids", json={}) for _ in range(3)]
    for answer in made:
        assert answer.status == 201
        assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", answer.json()["id"])
        assert kinds.get(answer.headers["Location"]).status == 200
    assert len({answer.json()["id"] for answer in made}) == 3
    assert kinds.get("/uuids/1").status == 404


def test_any_other_id_is_short_sortable_and_of_unreserved_characters(kinds):
    ids = [kinds.post("/names", json={"secret": "x"}).json()["id"] for _ in range(5)]
    assert len(set(ids)) == 5
    assert all(re.fullmatch(r"[0-9a-z]{10,24}", i) for i in ids)
    assert [i[:9] for i in ids] == sorted(i[:9] for i in ids)


def test_write_only_properties_are_taken_and_never_shown(kinds):
    made = kinds.post("/names", json={"secret": "s3cr3t", "shown": "x"})
    where = made.headers["Location"]
    for answer in (made, kinds.get(where), kinds.get(where, {"Accept": "text/html"}), kinds.get("/names"),
                   kinds.get("/names", {"Accept": "text/html"}), kinds.put(where, json={"secret": "s3cr3t"}),
                   kinds.patch(where, MERGE, json={"shown": "y"})):
        assert answer.status in (200, 201)
        assert "s3cr3t" not in answer.text
    # who writes back what was read keeps it: it is required, and still there
    assert kinds.put(where, json=kinds.get(where).json()).status == 200


def test_no_patch_tells_what_is_write_only(kinds):
    where = kinds.post("/names", json={"secret": "s3cr3t", "shown": "x"}).headers["Location"]
    for operation in (
        {"op": "test", "path": "/secret", "value": "s3cr3t"},
        {"op": "test", "path": "/secret", "value": "other"},
        {"op": "copy", "from": "/secret", "path": "/shown"},
        {"op": "move", "from": "/secret", "path": "/shown"},
        {"op": "copy", "from": "", "path": "/shown"},
    ):
        answer = kinds.patch(where, PATCH, json=[operation])
        assert answer.status == 422 and "s3cr3t" not in answer.text
        assert pointers(answer) <= {"/0/path", "/0/from"}
    assert kinds.get(where).json()["shown"] == "x"
    known = [{"op": "test", "path": "/shown", "value": "x"}, {"op": "replace", "path": "/secret", "value": "new"}]
    assert kinds.patch(where, PATCH, json=known).status == 200


def test_a_number_is_unique_however_it_is_written(kinds):
    def send(number):
        return kinds.post("/names", {"Content-Type": "application/json"}, body=b'{"secret":"x","rank":%s}' % number)

    assert send(b"71").status == 201
    assert [send(n).status for n in (b"71.0", b"7.1e1", b"710e-1", b"71.5", b"71.50")] == [409, 409, 409, 201, 409]


def test_write_only_properties_are_hidden_in_the_elements_of_arrays(kinds):
    made = kinds.post("/names", json={"secret": "x", "shown": "y", "keys": [{"label": "a", "pin": "P1N"}, {"pin": "P1N"}]})
    where = made.headers["Location"]
    for answer in (made, kinds.get(where), kinds.get(where, {"Accept": "text/html"}), kinds.get("/names")):
        assert answer.status in (200, 201) and "P1N" not in answer.text
    assert made.json()["keys"] == [{"label": "a"}, {}]
    for operation in (
        {"op": "test", "path": "/keys/0/pin", "value": "P1N"},
        {"op": "copy", "from": "/keys/1/pin", "path": "/shown"},
        {"op": "move", "from": "/keys", "path": "/shown"},
    ):
        assert kinds.patch(where, PATCH, json=[operation]).status == 422


def test_the_server_tells_uri_and_revision_where_it_is_asked_to(kinds):
    made = kinds.post("/names", json={"secret": "x", "n": 40, "self": "/no"})
    where = made.headers["Location"]
    assert made.json()["self"] == where and made.json()["n"] == 1
    assert kinds.put(where, json={"secret": "y"}).json()["n"] == 2
    assert kinds.patch(where, MERGE, json={"shown": "z"}).json()["n"] == 3


def test_the_status_for_what_does_not_fit_is_the_described_one(kinds):
    assert kinds.put("/strict", json="x").status == 400
    assert kinds.put("/strict", json=1).status == 201
    assert kinds.put("/strict", json=2).status in (200, 204)


# What ties states to each other

def test_a_value_that_must_be_unique_is_409_and_told_where(client):
    taken = isbn()
    first, second = add(client, title="a", isbn=taken), add(client, title="b", isbn=isbn())
    for answer in (client.post("/books", json={"title": "c", "isbn": taken}),
                   client.put(second, json={"title": "c", "isbn": taken}),
                   client.patch(second, MERGE, json={"isbn": taken})):
        assert answer.status == 409
        assert pointers(answer) == {"/isbn"}
    assert client.put(first, json={"title": "same", "isbn": taken}).status == 200
    client.delete(first)
    assert client.patch(second, MERGE, json={"isbn": taken}).status == 200


def test_of_many_posts_with_one_unique_value_exactly_one_succeeds(library, client):
    from h1 import format_request
    body = json.dumps({"title": "x", "isbn": isbn()}).encode()
    connections = [library.connect() for _ in range(8)]
    for connection in connections:
        connection.send(format_request("POST", "/books", {"Host": "localhost", **JSON}.items(), body))
    statuses = sorted(connection.read_response("POST").status for connection in connections)
    for connection in connections:
        connection.close()
    assert statuses == [201] + [409] * 7


def test_a_reference_to_what_is_not_there_is_409(client):
    book = add(client, title="before")
    for answer in (client.post("/books", json={"title": "x", "author": 999999}),
                   client.put(book, json={"title": "x", "author": 999999}),
                   client.patch(book, MERGE, json={"author": 999999})):
        assert answer.status == 409
        assert "/authors/999999" in answer.json()["detail"]
    assert client.get(book).json()["title"] == "before"


def test_what_is_referred_to_stays_until_nothing_refers_to_it(client):
    author = add(client, "/authors", name="x")
    book = add(client, title="x", author=int(author.split("/")[-1]))
    tag = tag_of(client, author)
    refused = client.delete(author, {"If-Match": tag})
    assert refused.status == 409
    assert book in refused.json()["detail"]
    assert client.put(book, json={"title": "x"}).status == 200
    assert client.delete(author, {"If-Match": tag}).status == 204


@pytest.mark.parametrize("length", [1, 300_000])  # in one piece, and in several
def test_bytes_are_what_they_are_said_to_be(client, length):
    """A browser must not find a page in a stranger's picture."""
    cover = add(client) + "/cover"
    client.put(cover, {"Content-Type": "image/png"}, b"x" * length)
    assert client.get(cover).headers["X-Content-Type-Options"] == "nosniff"
    assert client.head(cover).headers["X-Content-Type-Options"] == "nosniff"
    assert client.get("/books").headers.get("X-Content-Type-Options") is None


def test_a_book_with_a_cover_stays_until_the_cover_is_gone(client):
    book = add(client)
    cover = book + "/cover"
    client.put(cover, {"Content-Type": "image/png"}, b"x")
    assert client.delete(book).status == 409
    assert client.delete(cover).status == 204
    assert client.delete(book).status == 204


def test_a_part_of_what_is_not_there_is_404(client):
    assert client.put("/books/999999/cover", {"Content-Type": "image/png"}, b"x").status == 404
    assert client.post("/books/999999/archive").status == 404
    assert client.get("/books/999999/cover").status == 404


def test_references_may_form_lists_and_circles(kinds):
    one, two = (kinds.post("/uuids", json={}) for _ in range(2))
    ids = [one.json()["id"], two.json()["id"]]
    both = kinds.post("/uuids", json={"friend": ids[0], "friends": ids})
    assert both.status == 201
    assert kinds.delete(one.headers["Location"]).status == 409
    missing = "01890000-0000-7000-8000-000000000000"
    assert kinds.post("/uuids", json={"friends": [ids[0], missing]}).status == 409
    assert kinds.delete(both.headers["Location"]).status == 204
    assert kinds.delete(one.headers["Location"]).status == 204


NESTED = [
    lambda id_: {"lines": [{"of": id_}]},
    lambda id_: {"lines": [{}, {"box": {}}, {"box": {"of": None}}, {"box": {"of": id_}}]},
    lambda id_: {"rows": [[], [{}, {"of": []}, {"of": [id_]}]]},
    lambda id_: {"lines": [{"of": id_, "n": n} for n in range(200)]},
]


@pytest.mark.parametrize("holding", NESTED)
def test_references_are_kept_in_the_elements_of_arrays(kinds, holding):
    one = kinds.post("/uuids", json={})
    assert kinds.post("/uuids", json=holding("01890000-0000-7000-8000-000000000000")).status == 409
    both = kinds.post("/uuids", json=holding(one.json()["id"])).headers["Location"]
    assert kinds.delete(one.headers["Location"]).status == 409
    assert kinds.delete(both).status == 204
    assert kinds.delete(one.headers["Location"]).status == 204


def test_references_are_bounded_wherever_they_are(kinds):
    ids = [kinds.post("/uuids", json={}).json()["id"] for _ in range(65)]
    assert kinds.post("/uuids", json={"lines": [{"of": id_} for id_ in ids[:64]]}).status == 201
    assert kinds.post("/uuids", json={"lines": [{"of": id_} for id_ in ids]}).status == 413
    assert kinds.post("/uuids", json={"friends": ids[:33], "lines": [{"of": id_} for id_ in ids[33:]]}).status == 413


@pytest.mark.parametrize("nothing", ["", ".", "..", "x" * 9000])
def test_a_reference_that_names_nothing_is_409(kinds, nothing):
    assert kinds.post("/uuids", json={"friends": [nothing]}).status == 409


# Controllers

TIED = """
openapi: 3.1.0
info: {title: tied, version: '1'}
paths:
  /users:
    get: {responses: {'200': {description: all, content: {application/json: {schema: {type: array}}}}}}
    post:
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/U'}}}}
      responses: {'201': {description: made, content: {application/json: {schema: {$ref: '#/components/schemas/U'}}}}}
  /users/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
    get: {responses: {'200': {description: one, content: {application/json: {schema: {$ref: '#/components/schemas/U'}}}}}}
    delete: {responses: {'204': {description: gone}}}
  /users/{id}/notes:
    parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
    get: {responses: {'200': {description: all, content: {application/json: {schema: {type: array}}}}}}
    post:
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/U'}}}}
      responses: {'201': {description: made, content: {application/json: {schema: {$ref: '#/components/schemas/U'}}}}}
  /users/{id}/notes/{note}:
    parameters:
      - {name: id, in: path, required: true, schema: {type: integer}}
      - {name: note, in: path, required: true, schema: {type: integer}}
    get: {responses: {'200': {description: one, content: {application/json: {schema: {$ref: '#/components/schemas/U'}}}}}}
    delete: {responses: {'204': {description: gone}}}
  /{board}/pins/{note}/of/{id}:
    parameters:
      - {name: board, in: path, required: true, schema: {type: string}}
      - {name: id, in: path, required: true, schema: {type: integer}}
      - {name: note, in: path, required: true, schema: {type: integer}}
    x-verbatim: {do: {merge: {target: '/users/{id}/notes/{note}', patch: {pinned: true}}}}
    post: {responses: {'200': {description: done, content: {application/json: {schema: {$ref: '#/components/schemas/U'}}}}}}
components:
  schemas:
    U:
      type: object
      properties:
        id: {type: integer, readOnly: true}
        pinned: {type: boolean, readOnly: true}
        friend: {type: string, x-verbatim: {references: '/users/{id}'}}
"""


def test_a_controller_ties_its_target_by_the_targets_own_variables(serve):
    client = serve(TIED).client()
    owner, friend = (client.post("/users", json={}).headers["Location"] for _ in range(2))
    for _ in range(3):
        note = client.post(f"{owner}/notes", json={"friend": "2"}).headers["Location"]
    done = client.post("/wall/pins/3/of/1")
    assert done.status == 200
    assert done.headers["Content-Location"] == note == "/users/1/notes/3"
    assert done.json() == {"id": 3, "pinned": True, "friend": "2"}
    assert client.delete(owner).status == client.delete(friend).status == 409
    for number in (1, 2, 3):
        assert client.delete(f"{owner}/notes/{number}").status == 204
    assert client.delete(owner).status == client.delete(friend).status == 204


def test_a_controller_that_had_to_try_again_says_once_what_it_changed(serve):
    server = serve(LIBRARY, ["--workers", "2"])
    clients = [server.client() for _ in range(6)]
    book = add(clients[0])

    def archive(client):
        return [client.post(book + "/archive") for _ in range(30)]

    with ThreadPoolExecutor(len(clients)) as pool:
        answers = [answer for some in pool.map(archive, clients) for answer in some]
    assert {answer.status for answer in answers} <= {200, 503}
    for answer in answers:
        assert len(answer.headers.all("Content-Location")) == (answer.status == 200)


def test_a_controller_that_merges_changes_its_target(client):
    book = add(client, title="x")
    done = client.post(book + "/archive")
    assert done.status == 200
    assert done.headers["Content-Location"] == book
    assert done.json()["archived"] is True and done.json()["available"] is False
    assert client.get(book).json() == done.json()
    assert client.get(book).headers["ETag"] == done.headers["ETag"]
    back = client.post(book + "/restore")
    assert back.json()["archived"] is False and back.json()["available"] is True


def test_a_controller_keeps_conditions_against_its_target(client):
    book = add(client)
    tag = tag_of(client, book)
    assert client.post(book + "/archive", {"If-Match": '"x"'}).status == 412
    assert client.post(book + "/archive", {"If-Match": tag}).status == 200
    assert client.post(book + "/archive", {"If-Match": tag}).status == 412


def test_a_controller_ignores_content_that_it_does_not_ask_for(client):
    book = add(client, title="x")
    answer = client.post(book + "/archive", JSON, b'{"title":"y"}')
    assert answer.status in (200, 415)
    assert client.get(book).json()["title"] == "x"


# Patches

@requirement("7396-1-01", "7396-2-02")
def test_a_merge_patch_sets_replaces_and_removes(client):
    key = unused_key()
    client.put(key, json={"value": {"a": 1, "b": {"c": 2, "d": 3}, "e": [1, 2]}})
    answer = client.request  # a setting takes no PATCH: the tree and books do
    assert answer("PATCH", key, MERGE, b"{}").status == 405
    book = add(client, title="x", pages=3, tags=["a", "b"])
    changed = client.patch(book, MERGE, json={"pages": None, "tags": ["c"], "title": "y"})
    assert changed.status == 200
    assert "pages" not in changed.json()
    assert changed.json()["tags"] == ["c"] and changed.json()["title"] == "y"
    assert client.get(book).json() == changed.json()


@requirement("6902-4-01")
def test_a_json_patch_does_its_operations_in_order(client):
    book = add(client, title="x", tags=["a"])
    patch = [
        {"op": "test", "path": "/title", "value": "x"},
        {"op": "add", "path": "/tags/-", "value": "c"},
        {"op": "add", "path": "/tags/1", "value": "b"},
        {"op": "replace", "path": "/title", "value": "y"},
        {"op": "copy", "from": "/tags/0", "path": "/tags/0"},
        {"op": "remove", "path": "/tags/0"},
    ]
    answer = client.patch(book, PATCH, json=patch)
    assert answer.status == 200
    assert answer.json()["title"] == "y" and answer.json()["tags"] == ["a", "b", "c"]


@requirement("5789-2-04", "5789-2-05", "6902-5-01", "6902-5-02", "5789-2.2-07")
@pytest.mark.parametrize("last, status", [
    ({"op": "test", "path": "/title", "value": "other"}, 409),
    ({"op": "remove", "path": "/nothing"}, 422),
    ({"op": "replace", "path": "/nothing", "value": 1}, 422),
    ({"op": "add", "path": "/nothing/below", "value": 1}, 422),
    ({"op": "add", "path": "/tags/9", "value": "x"}, 422),
    ({"op": "add", "path": "/tags/01", "value": "x"}, (400, 409, 422)),
    ({"op": "frobnicate", "path": "/title"}, (400, 422)),
    ({"op": "add", "path": "/title"}, (400, 422)),
    ({"op": "add", "value": 1}, (400, 422)),
    ({"op": "add", "path": "title", "value": 1}, (400, 422)),
    ({"path": "/title", "value": 1}, (400, 422)),
    ({"op": "move", "from": "/tags", "path": "/tags/0"}, (400, 409, 422)),
    ("text", (400, 422)),
])  # fmt: skip
def test_a_json_patch_that_fails_at_its_end_changes_nothing(client, last, status):
    book = add(client, title="x", tags=["a"])
    before = client.get(book)
    answer = client.patch(book, PATCH, json=[{"op": "replace", "path": "/title", "value": "y"}, last])
    assert answer.status in (status if isinstance(status, tuple) else (status,))
    assert answer.json()["detail"]
    after = client.get(book)
    assert after.json() == before.json() and after.headers["ETag"] == before.headers["ETag"]


@requirement("5789-2.2-01", "7396-4-01")
@pytest.mark.parametrize("headers", [MERGE, PATCH])
@pytest.mark.parametrize("content", [b"", b"{", b'{"a":1,"a":2}', b"\xff"])
def test_a_patch_that_is_no_json_is_400(client, headers, content):
    book = add(client)
    assert client.patch(book, headers, content).status == 400


@pytest.mark.parametrize("content", [b"{}", b"1", b'"x"', b"null"])
def test_a_json_patch_that_is_no_array_is_refused(client, content):
    assert client.patch(add(client), PATCH, content).status in (400, 422)


@requirement("5789-5-01")
def test_a_patch_that_would_grow_without_bound_is_refused(client):
    book = add(client, title="x" * 400, tags=["x" * 1000])
    patch = [{"op": "copy", "from": "", "path": "/tags"}] * 60
    answer = client.patch(book, PATCH, json=patch)
    assert answer.status in (409, 413, 422)
    assert client.get(book).json()["tags"] == ["x" * 1000]


CREATES = """
openapi: 3.1.0
info: {title: Creating, version: '1'}
paths:
  /kept: {get: {responses: {'200': {description: all, content: {application/json: {schema: {type: array}}}}}}}
  /kept/{key}:
    parameters: [{name: key, in: path, required: true, schema: {type: string}}]
    get: {responses: {'200': &kept-state {description: one, content: {application/json: {schema: {$ref: '#/components/schemas/K'}}}}}}
    put:
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/K'}}}}
      responses: {'200': *kept-state, '201': *kept-state}
    patch:
      requestBody: &patches
        content:
          application/merge-patch+json: {schema: {type: object}}
          application/json-patch+json: {schema: {type: array}}
      responses: {'200': *kept-state, '201': *kept-state}
    delete: {responses: {'204': {description: gone}}}
  /fixed: {get: {responses: {'200': {description: all, content: {application/json: {schema: {type: array}}}}}}}
  /fixed/{key}:
    parameters: [{name: key, in: path, required: true, schema: {type: string}}]
    get: {responses: {'200': *kept-state}}
    put:
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/K'}}}}
      responses: {'200': *kept-state, '201': *kept-state}
    patch: {requestBody: *patches, responses: {'200': *kept-state}}
components:
  schemas:
    K:
      type: object
      required: [value]
      properties:
        key: {type: string, readOnly: true}
        value: {}
        mode: {type: string, default: plain}
      additionalProperties: false
"""
CREATING = [(MERGE, {"value": 1}), (PATCH, [{"op": "add", "path": "", "value": {"value": 1}}])]


@pytest.fixture(scope="module")
def creator(module_serve):
    return module_serve(CREATES)


@pytest.fixture
def creating(creator):
    return creator.client()


@pytest.fixture
def kept():
    return f"/kept/k{next(counter)}"


@requirement("5789-2-01")
@pytest.mark.parametrize("headers, patch", CREATING)
def test_a_patch_creates_where_201_is_declared(creating, kept, headers, patch):
    made = creating.patch(kept, headers, json=patch)
    assert made.status == 201 and made.headers["Location"] == kept
    shown = creating.get(kept)
    assert shown.json() == made.json() == {"key": kept[6:], "value": 1, "mode": "plain"}
    assert shown.headers["ETag"] == made.headers["ETag"]
    assert kept[6:] in [member["key"] for member in creating.get("/kept?limit=1000").json()]
    assert creating.patch(kept, MERGE, json={"mode": "x"}).status == 200


@requirement("5789-2-01", "5789-2.2-05")
@pytest.mark.parametrize("headers, patch", CREATING)
def test_a_patch_creates_nothing_where_201_is_not_declared(creating, kept, headers, patch):
    fixed = kept.replace("kept", "fixed")
    assert creating.patch(fixed, headers, json=patch).status == 404
    assert creating.get(fixed).status == 404
    assert creating.put(fixed, json={"value": 2}).status == 201
    assert creating.patch(fixed, headers, json=patch).status == 200
    assert creating.get(fixed).json()["value"] == 1


@requirement("5789-2-01", "5789-2.2-04", "5789-2.2-05")
@pytest.mark.parametrize("headers, patch", [
    (MERGE, {}), (MERGE, {"mode": "x"}), (MERGE, {"value": None}), (MERGE, []), (MERGE, {"value": 1, "unknown": 1}),
    (PATCH, []), (PATCH, [{"op": "replace", "path": "/value", "value": 1}]), (PATCH, [{"op": "remove", "path": "/value"}]),
    (PATCH, [{"op": "add", "path": "/value", "value": 1}]), (PATCH, [{"op": "test", "path": "", "value": None}]),
    (PATCH, [{"op": "replace", "path": "", "value": {"value": 1}}]), (PATCH, [{"op": "remove", "path": ""}]),
    (PATCH, [{"op": "add", "path": "", "value": {}}]),
])  # fmt: skip
def test_a_patch_that_makes_no_valid_state_creates_nothing(creating, kept, headers, patch):
    assert creating.patch(kept, headers, json=patch).status in (409, 422)
    assert creating.get(kept).status == 404


@pytest.mark.parametrize("headers, patch", CREATING)
def test_preconditions_of_a_patch_that_may_create(creating, kept, headers, patch):
    for stale in ('"x"', "*"):
        assert creating.patch(kept, {**headers, "If-Match": stale}, json=patch).status == 412
        assert creating.get(kept).status == 404
    only_new = {**headers, "If-None-Match": "*"}
    assert creating.patch(kept, only_new, json=patch).status == 201
    before = creating.get(kept)
    assert creating.patch(kept, only_new, json=patch).status == 412
    assert creating.get(kept).headers["ETag"] == before.headers["ETag"]
    assert creating.patch(kept, {**headers, "If-Match": before.headers["ETag"]}, json=patch).status == 200


def test_of_patches_that_would_create_the_same_one_does(creator, kept):
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda n: creator.client().patch(kept, MERGE, json={"value": n}).status, range(16)))
    assert sorted(made) == [200] * 15 + [201]


# Parameters

@pytest.mark.parametrize("query, name", [("x=1", "x"), ("limit=1", "limit"), ("=1", ""), ("a=%3C", "a")])
def test_an_unknown_query_parameter_is_400_and_named(client, query, name):
    answer = client.get(f"{add(client)}?{query}")
    assert answer.status == 400
    assert parameters(answer) == {name}


@pytest.mark.parametrize("query", ["a=%zz", "%", "a=%f", "%ff=1", "%00=1"])
def test_a_malformed_query_is_400(client, query):
    assert client.get(f"/books?{query}").status == 400


# Identity after a restart

def test_identity_and_state_survive_a_restart(serve):
    server = serve(LIBRARY)
    client = server.client()
    book = add(client, title="kept", isbn="9780000000001")
    client.delete(add(client))
    client.put("/settings/a", json={"value": 1})
    paths = [book, "/books", "/settings/a", "/settings"]
    before = [client.get(path) for path in paths]
    server.restart()
    client = server.client()
    for path, was in zip(paths, before):
        now = client.get(path)
        assert now.body == was.body
        for name in ("ETag", "Last-Modified", "Vary", "Link"):
            assert now.headers.get(name) == was.headers.get(name), (path, name)
        assert client.get(path, {"If-None-Match": was.headers["ETag"]}).status == 304
    assert client.post("/books", json={"title": "x", "isbn": "9780000000001"}).status == 409
    assert int(add(client).split("/")[-1]) >= 3  # 2 was given and deleted
