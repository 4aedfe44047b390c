"""Many members at once: POST of lines of JSON and of tables to a collection."""

import csv
import gzip
import io
import json
import time

import pytest
from h1 import Connection, format_request
from jose import Key
from test_formats import LINES, TABLE, rows, values
from test_jwt import start
from test_rules_access import SCHEMES

NDJSON = {"Content-Type": "application/x-ndjson"}
CSV = {"Content-Type": "text/csv"}

API = """
openapi: 3.1.0
info: {title: Things, version: '1'}
paths:
  /things:
    get:
      responses: {'200': {description: ok, content: {application/json: {schema: {type: array, items: &thing {$ref: '#/components/schemas/Thing'}}}}}}
    post:
      requestBody:
        required: true
        content:
          application/json: {schema: *thing}
          application/x-ndjson: {schema: {type: array, items: *thing}}
          text/csv: {schema: {type: array, items: *thing}}
      responses: {'200': {description: many}, '201': {description: made}}
  /things/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
    get:
      responses: {'200': {description: ok, content: {application/json: {schema: *thing}}}}
    put:
      x-verbatim: {}
      requestBody: {content: {application/json: {schema: *thing}}}
      responses: {'200': {description: ok}, '201': {description: made}}
  /rooms:
    get: {responses: {'200': {description: ok, content: {application/json: {schema: {type: array, items: &room {$ref: '#/components/schemas/Room'}}}}}}}
    post:
      requestBody: {content: {application/json: {schema: *room}, application/x-ndjson: {schema: *room}}}
      responses: {'201': {description: made}}
  /rooms/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string, format: uuid}}]
    get:
      responses: {'200': {description: ok, content: {application/json: {schema: *room}}}}
  /notes:
    post:
      requestBody: {content: {application/json: {}, text/csv: {}}}
      responses: {'201': {description: made}}
  /notes/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
    get:
      responses: {'200': {description: ok, content: {application/json: {}, text/csv: {}}}}
  /words/{name}:
    parameters: [{name: name, in: path, required: true, schema: {type: string}}]
    get:
      responses: {'200': {description: ok, content: {application/json: {schema: *thing}}}}
    put:
      requestBody: {content: {application/json: {schema: *thing}, text/csv: {schema: *thing}}}
      responses: {'200': {description: ok}, '201': {description: made}}
components:
  schemas:
    Room:
      type: object
      required: [name]
      properties: {id: {type: string, format: uuid, readOnly: true}, name: {type: string}}
    Thing:
      type: object
      additionalProperties: false
      required: [name]
      properties:
        id: {type: integer, readOnly: true}
        made: {type: string, format: date-time, readOnly: true, x-verbatim: {value: created}}
        name: {type: string, minLength: 1}
        size: {type: integer, maximum: 1000000}
        price: {type: number}
        good: {type: boolean}
        tags: {type: array, items: {type: string}}
        place: {type: object, properties: {room: {type: string}}}
        any: {type: [string, integer, boolean, 'null']}
        code: {type: string, x-verbatim: {unique: true}}
        part-of: {type: [integer, 'null'], x-verbatim: {references: '/things/{id}'}}
        rank: {type: integer, default: 7}
        note: {type: string}
"""
NAMES = ["id", "made", "name", "size", "price", "good", "tags", "place", "any", "code", "part-of", "rank", "note"]


@pytest.fixture(scope="module")
def server(module_serve):
    return module_serve(API)


@pytest.fixture
def things(serve):
    return serve(API).client()


def lines_of(members):
    return "".join(json.dumps(member) + "\n" for member in members).encode()


def table_of(header, *found, **dialect):
    text = io.StringIO(newline="")
    writer = csv.writer(text, **dialect)
    writer.writerow(header)
    writer.writerows(found)
    return text.getvalue().encode()


def shown(client, listing="/things"):
    return values(client.get(listing, LINES))


def added(client, kind, body, listing="/things", **headers):
    response = client.post(listing, {**kind, **headers}, body)
    assert response.status == 200, response
    return response.json()


def wrong(response, status=422):
    """(line, pointer, detail) of each complaint."""
    assert response.status == status, response
    problem = response.json()
    assert problem["status"] == status
    return [(error.get("line"), error.get("pointer"), error["detail"]) for error in problem["errors"]]


# What comes

def test_lines_become_members_in_their_order(things):
    told = added(things, NDJSON, lines_of({"name": f"n{n}", "size": n} for n in range(3)))
    assert told == {"count": 3, "first": "/things/1", "last": "/things/3"}
    assert [(m["id"], m["name"], m["size"], m["rank"]) for m in shown(things)] == [(1, "n0", 0, 7), (2, "n1", 1, 7), (3, "n2", 2, 7)]
    assert things.get("/things/2").json()["name"] == "n1"


def test_rows_become_members_as_their_schema_has_them(things):
    body = table_of(
        ["name", "size", "price", "good", "tags", "place", "any"],
        ["a", "5", "1.50", "true", '["x","y"]', '{"room":"r"}', "5"],
        ["5", "", "", "false", "", "", '"5"'],
        ["a\nb", "", "-2e3", "", "[]", "", "plain"],
    )
    added(things, CSV, body)
    found = [{k: v for k, v in m.items() if k not in ("id", "made", "rank")} for m in shown(things)]
    assert found == [
        {"name": "a", "size": 5, "price": 1.5, "good": True, "tags": ["x", "y"], "place": {"room": "r"}, "any": 5},
        {"name": "5", "good": False, "any": "5"},
        {"name": "a\nb", "price": -2000, "tags": [], "any": "plain"},
    ]
    assert b'"price":1.50' in things.get("/things/1").body


@pytest.mark.parametrize("body", [
    b"name,size\r\na,1\r\nb,2\r\n",
    b"name,size\na,1\nb,2\n",
    b"name,size\na,1\nb,2",
    b"\xef\xbb\xbfname,size\r\na,1\r\nb,2\r\n",
    b'"name","size"\r\n"a","1"\r\n"b","2"\r\n',
    b"size,name\r\n1,a\r\n\r\n2,b\r\n\r\n",
])
def test_tables_are_taken_as_programs_write_them(things, body):
    added(things, CSV, body)
    assert [(m["name"], m["size"]) for m in shown(things)] == [("a", 1), ("b", 2)]


@pytest.mark.parametrize("body", [
    b'{"name":"a"}\n{"name":"b"}\n', b'{"name":"a"}\r\n{"name":"b"}', b'\n {"name" : "a"}\n\n{"name":"b"}\n\n',
])
def test_lines_are_taken_as_programs_write_them(things, body):
    assert added(things, NDJSON, body)["count"] == 2
    assert [m["name"] for m in shown(things)] == ["a", "b"]


def test_nothing_is_not_an_empty_text(things):
    added(things, CSV, b'name,note,any\r\na,"",""\r\nb,,\r\n')
    first, second = shown(things)
    assert (first["note"], first["any"]) == ("", "")
    assert "note" not in second
    assert second["any"] is None


def test_what_is_the_servers_own_is_not_taken(things):
    added(things, CSV, b"id,made,name\r\n99,2001-01-01T00:00:00Z,a\r\n")
    (member,) = shown(things)
    assert member["id"] == 1
    assert member["made"] > "2020"


ODD = [
    {"name": 'say "no"', "size": -1}, {"name": "a,b"}, {"name": "two\r\nlines"}, {"name": "\r"}, {"name": " spaces "},
    {"name": "=1+1"}, {"name": "5"}, {"name": "null"}, {"name": "\u00e4\U0001f600\u2028"}, {"name": "x", "any": "5"},
    {"name": "x", "any": 5}, {"name": "x", "any": "true"}, {"name": "x", "any": True}, {"name": "x", "any": "plain"},
    {"name": "x", "any": '"quoted"'}, {"name": "x", "any": ""}, {"name": "x", "note": ""}, {"name": "x", "tags": []},
    {"name": "x", "tags": ["a,b", 'c"d']}, {"name": "x", "place": {"room": "r\n"}}, {"name": "x", "price": 12345678901234567890.5},
    {"name": "x", "code": "c1"}, {"name": "x", "part-of": 1}, {"name": "x", "rank": 9},
]  # fmt: skip


@pytest.mark.parametrize(("accept", "kind"), [(LINES, NDJSON), (TABLE, CSV)])
def test_what_was_exported_is_imported_as_it_was(serve, accept, kind):
    first, second = serve(API).client(), serve(API).client()
    added(first, NDJSON, lines_of(ODD))
    exported = first.get("/things", accept)
    told = added(second, kind, exported.body)
    assert told["count"] == len(ODD)

    def plain(client):
        return [{k: v for k, v in m.items() if k != "made" and v is not None} for m in shown(client)]

    assert plain(second) == plain(first)
    again = second.get("/things", accept)
    if accept is TABLE:
        assert [r[2:] for r in rows(again)] == [r[2:] for r in rows(exported)]


def test_ten_thousand_are_one_commit(things):
    before = things.get("/things?limit=1").headers["ETag"]
    body = table_of(["name", "size"], *([f"n{n}", n] for n in range(10_000)))
    told = added(things, CSV, body)
    assert told == {"count": 10_000, "first": "/things/1", "last": "/things/10000"}
    assert [m["size"] for m in shown(things)] == list(range(10_000))
    tags = {things.get(f"/things/{n}").headers["ETag"] for n in (1, 5000, 10_000)}
    assert len(tags) == 1  # of one revision
    assert things.get("/things?limit=1").headers["ETag"] != before


def test_more_are_refused(things):
    body = table_of(["name"], *([f"n{n}"] for n in range(10_001)))
    refused = things.post("/things", CSV, body)
    assert refused.status == 413
    assert "10000" in refused.json()["detail"]
    assert shown(things) == []


def test_too_much_is_refused(things):
    refused = things.post("/things", NDJSON, lines_of([{"name": "x" * 100_000}] * 90))
    assert refused.status == 413
    assert shown(things) == []


def test_names_are_made_as_for_one(things):
    told = added(things, NDJSON, lines_of({"name": f"n{n}"} for n in range(100)), "/rooms")
    found = shown(things, "/rooms")
    assert len({m["id"] for m in found}) == 100
    assert [told["first"], told["last"]] == ["/rooms/" + found[0]["id"], "/rooms/" + found[-1]["id"]]


def test_numbers_that_are_taken_are_passed_over(things):
    for n in (2, 3, 4):
        assert things.put(f"/things/{n}", json={"name": "mine"}).status == 201
    added(things, NDJSON, lines_of({"name": f"n{n}"} for n in range(5)))
    assert len([m for m in shown(things) if m["name"] != "mine"]) == 5


def test_a_coded_import_is_decoded(things):
    body = gzip.compress(table_of(["name"], ["a"], ["b"]))
    assert added(things, CSV, body, **{"Content-Encoding": "gzip"})["count"] == 2


def test_who_prefers_to_hear_little_does(things):
    response = things.post("/things", {**CSV, "Prefer": "return=minimal"}, b"name\r\na\r\n")
    assert response.status == 204
    assert len(shown(things)) == 1


# What is wrong

def test_each_bad_line_is_named(server):
    client = server.client()
    before = shown(client)
    body = b'{"name":"a"}\n{"name":""}\n\n{"size":"x","name":"b"}\n{"name":"c","wat":1}\n{"name":"d"}\n'
    refused = client.post("/things", NDJSON, body)
    assert {(line, pointer) for line, pointer, _ in wrong(refused)} == {(2, "/name"), (4, "/size"), (5, "/wat")}
    assert refused.json()["detail"] == "Nothing was added: 3 of 5 are not good, in line 2, 4, 5."
    assert shown(client) == before


def test_what_is_no_json_is_named_with_the_others(server):
    body = b'{"name":"a"}\n{"name":\n{"name":""}\nnull\n{"name":"a","name":"b"}\n'
    found = wrong(server.client().post("/things", NDJSON, body), 400)
    assert [line for line, _, _ in found] == [2, 3, 4, 5]
    assert "column" in found[0][2]


def test_rows_are_named_by_the_line_they_begin_in(server):
    body = b'name,size\r\n"two\r\nlines",1\r\nb,x\r\n\r\nc,2,3\r\nd\r\n"",5\r\n'
    found = wrong(server.client().post("/things", CSV, body), 400)
    assert {(line, pointer) for line, pointer, _ in found} == {(4, "/size"), (6, ""), (7, ""), (8, "/name")}
    assert "has 3 fields, where there are 2 columns" in [detail for _, _, detail in found]


@pytest.mark.parametrize(("body", "status", "line", "pointer"), [
    (b'name\r\na"b\r\n', 400, 2, ""),
    (b'name\r\n"a\r\nb', 400, 2, ""),
    (b'na"me\r\na\r\n', 400, 1, ""),
    (b"name,wat\r\na,1\r\n", 422, 1, "/wat"),
    (b"name,name\r\na,b\r\n", 422, 1, "/name"),
    (b"name,a/b~c\r\na,b\r\n", 422, 1, "/a~1b~0c"),
    (b"name,\r\na,b\r\n", 422, 1, ""),
])
def test_what_is_no_table_is_refused(server, body, status, line, pointer):
    client = server.client()
    before = len(shown(client))
    (found,) = wrong(client.post("/things", CSV, body), status)
    assert found[:2] == (line, pointer)
    assert len(shown(client)) == before


@pytest.mark.parametrize("kind", [NDJSON, CSV])
@pytest.mark.parametrize("body", [b"", b"\n\n", b"\xff\xfe"])
def test_content_without_anything_is_refused(server, kind, body):
    assert server.client().post("/things", kind, body).status in (400, 422)
    assert server.client().post("/things", CSV, b"name\r\n").status == 400


def test_many_bad_lines_are_all_told(server):
    body = lines_of({"name": "a", "size": "x"} for n in range(300))
    refused = server.client().post("/things", NDJSON, body)
    problem = refused.json()
    assert len(wrong(refused)[:-1]) == 32
    assert problem["errors"][-1]["detail"] == "and 268 more"
    assert problem["detail"].startswith("Nothing was added: 300 of 300 are not good, in line 1, 2, 3,")
    assert problem["detail"].endswith("99, 100 and 200 more.")


def test_a_page_tells_the_lines_as_well(server):
    refused = server.client().post("/things", {**CSV, "Accept": "text/html"}, b"name,size\r\na,x\r\n")
    assert refused.status == 422
    assert "line 2" in refused.text


def test_two_lines_of_one_unique_value(server):
    client = server.client()
    before = len(shown(client))
    body = lines_of([{"name": "a", "code": "u1"}, {"name": "b", "code": "u2"}, {"name": "c", "code": "u1"}])
    (found,) = wrong(client.post("/things", NDJSON, body), 409)
    assert found[0] in (1, 3)
    assert found[1] == "/code"
    assert len(shown(client)) == before


def test_a_value_that_is_taken_already(server):
    client = server.client()
    assert client.post("/things", json={"name": "a", "code": "taken"}).status == 201
    found = wrong(client.post("/things", CSV, b"name,code\r\na,free\r\nb,taken\r\nc,\r\n"), 409)
    assert [(line, pointer) for line, pointer, _ in found] == [(3, "/code")]


def test_references_hold_within_and_beyond(things):
    added(things, NDJSON, lines_of([{"name": "a", "part-of": 2}, {"name": "b", "part-of": 1}, {"name": "c", "part-of": None}]))
    refused = things.post("/things", NDJSON, lines_of([{"name": "d", "part-of": 1}, {"name": "e", "part-of": 77}]))
    found = wrong(refused, 409)
    assert [line for line, _, _ in found] == [2]
    assert "/things/77" in found[0][2]
    assert len(shown(things)) == 3


# With what else there is

def test_with_an_idempotency_key_it_is_done_once(things):
    body = table_of(["name"], *([f"n{n}"] for n in range(500)))
    headers = {**CSV, "Idempotency-Key": '"k1"'}
    first = things.post("/things", headers, body)
    again = things.post("/things", headers, body)
    assert (first.status, first.body) == (again.status, again.body)
    assert first.json()["count"] == 500
    assert len(shown(things)) == 500
    assert things.post("/things", headers, body + b"x\r\n").status == 422


def test_with_if_match_it_is_for_one_state(things):
    added(things, CSV, b"name\r\na\r\n")
    tag = things.get("/things").headers["ETag"]
    assert added(things, CSV, b"name\r\nb\r\n", **{"If-Match": tag})["count"] == 1
    assert things.post("/things", {**CSV, "If-Match": tag}, b"name\r\nc\r\n").status == 412
    assert len(shown(things)) == 2


def test_without_a_schema_it_is_one_member_as_ever(server):
    made = server.client().post("/notes", CSV, b"a,b\r\n1,2\r\n")
    assert made.status == 201
    kept = server.client().get(made.headers["Location"])
    assert kept.headers["Content-Type"] == "text/csv"
    assert kept.body == b"a,b\r\n1,2\r\n"


def test_it_is_for_collections_only(server):
    refused = server.client().put("/words/a", CSV, b"name\r\na\r\n")
    assert refused.status == 415


def test_others_are_served_meanwhile(serve):
    server = serve(API)
    body = table_of(["name", "size"], *([f"n{n}", n] for n in range(10_000)))
    connection = Connection(server.address, 60)
    connection.send(format_request("POST", "/things", [("Host", server.authority), *CSV.items()], body))
    other = server.client()
    seen = set()
    while not seen or max(seen) == 0:
        seen.add(len(other.get("/things?limit=1").json()))
    assert connection.read_response("POST").status == 200
    connection.close()
    assert seen == {0, 1}


def test_a_client_that_goes_away_meanwhile_has_all_or_nothing(serve):
    server = serve(API)
    for n in range(5):
        body = table_of(["name"], *([f"n{n}"] for n in range(2_000)))
        connection = Connection(server.address, 60)
        connection.send(format_request("POST", "/things", [("Host", server.authority), *CSV.items()], body))
        connection.close()
    assert len(shown(server.client())) % 2_000 == 0


RULED = {
    "openapi": "3.1.0",
    "info": {"title": "Notes", "version": "1"},
    "components": {"securitySchemes": SCHEMES},
    "paths": {
        "/notes": {
            "get": {"responses": {"200": {"description": "ok", "content": {"application/json": {"schema": {"type": "array"}}}}}},
            "post": {
                "x-verbatim": {"allow": ["content.state != published", "role:admin"]},
                "requestBody": {
                    "content": {
                        kind: {"schema": {"type": "object", "properties": {"owner": {"type": "string", "x-verbatim": {"value": "owner"}}, "state": {"type": "string"}}}}
                        for kind in ("application/json", "application/x-ndjson")
                    }
                },
                "responses": {"201": {"description": "made"}},
            },
        },
        "/notes/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}],
            "get": {"responses": {"200": {"description": "ok", "content": {"application/json": {}}}}},
        },
    },
}


def test_rules_are_asked_of_each_line(serve, tmp_path):
    key = Key(tmp_path, "HS256", "hs256")
    server = start(serve, tmp_path, RULED, {"keys.json": {"keys": [key.jwk()]}})
    now = int(time.time())

    def asking(who, *groups):
        token = key.token({"iss": "me", "sub": who, "iat": now, "exp": now + 3600, "groups": list(groups)})
        return {**NDJSON, "Authorization": f"Bearer {token}"}

    client = server.client()
    body = lines_of([{"state": "draft"}, {"state": "published"}, {"state": "draft"}, {"state": "published"}])
    refused = client.post("/notes", asking("ann"), body)
    assert [line for line, _, _ in wrong(refused, 403)] == [2, 4]
    assert shown(client, "/notes") == []
    assert client.post("/notes", asking("root", "admin"), body).status == 200
    assert client.post("/notes", asking("ann"), lines_of([{"state": "draft"}] * 3)).status == 200
    assert [m["state"] for m in shown(client, "/notes")] == ["draft", "published", "draft", "published", "draft", "draft", "draft"]
