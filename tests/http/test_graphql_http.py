"""The GraphQL endpoint: queries over all that is described, by GET, QUERY and POST."""

import hashlib
import json
from urllib.parse import quote

import pytest
from events import STREAM
from people import CHEAP, STRING, basic, operation, people, register
from test_relations import collection, make

JSON = "application/json"
RESPONSE = "application/graphql-response+json"
NUMBER = {"type": "integer"}
CAT = {"type": "object", "required": ["lives"], "properties": {"kind": STRING, "lives": NUMBER}}
DOG = {"type": "object", "required": ["barks"], "properties": {"kind": STRING, "barks": {"type": "boolean"}}}
PET = {
    "oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}],
    "discriminator": {"propertyName": "kind", "mapping": {"puss": "#/components/schemas/Cat"}},
}


ID = {"name": "id", "in": "path", "required": True, "schema": STRING}


def to(path):
    return {"type": ["string", "null"], "x-verbatim": {"references": path}}


BOOK = {
    "title": STRING,
    "year": NUMBER | {"x-verbatim": {"index": True}},
    "isbn": STRING | {"writeOnly": True},
    "genre": {"type": "string", "enum": ["novel", "science-fiction"]},
    "author": to("/authors/{id}"),
    "editor": to("/authors/{id}"),
    "others": {"type": "array", "items": {"type": "string", "x-verbatim": {"references": "/authors/{id}"}}},
    "size": {"type": "object", "properties": {"pages": NUMBER}},
    "pets": {"type": "array", "items": PET},
}
REVIEW = {"type": "object", "properties": {"stars": NUMBER}}
REVIEWS = {
    "/books/{id}/reviews": {
        "parameters": [ID],
        "get": operation(schema={"type": "array", "items": REVIEW}),
        "post": operation(REVIEW, status="201", schema=REVIEW),
    },
    "/books/{id}/reviews/{review}": {
        "parameters": [ID, ID | {"name": "review"}],
        "get": operation(schema=REVIEW),
    },
}
LIBRARY = {
    "openapi": "3.1.0",
    "info": {"title": "Library", "version": "1"},
    "paths": collection("/authors", {"name": STRING}) | collection("/books", BOOK) | REVIEWS,
    "components": {"schemas": {"Cat": CAT, "Dog": DOG}},
}


@pytest.fixture(params=["sqlite", "memory"])
def client(request, serve):
    return serve(LIBRARY, ["--storage", "memory:"] if request.param == "memory" else []).client()


@pytest.fixture
def world(client):
    ann, bob = (make(client, "/authors", name=name) for name in ("Ann", "Bob"))
    books = [
        make(client, "/books", title=f"b{n}", year=1960 + n, isbn="secret", genre="science-fiction", author=last(ann if n % 2 else bob), editor=last(ann), others=[last(bob), last(ann)], size={"pages": n}, pets=[{"kind": "puss", "lives": 9}, {"kind": "Dog", "barks": True}])
        for n in range(5)
    ]
    for stars in (1, 2, 3):
        make(client, books[0] + "/reviews", stars=stars)
    return {"ann": last(ann), "bob": last(bob), "books": [last(book) for book in books]}


def last(uri):
    return uri.rsplit("/", 1)[1]


def post(client, query=None, accept=None, headers=(), **more):
    body = {key: value for key, value in dict(more, query=query).items() if value is not None}
    headers = dict(headers, **({"Accept": accept} if accept else {}))
    return client.post("/graphql", headers, json=body)


def ask(client, query, **variables):
    reply = post(client, query, variables=variables or None)
    assert reply.status == 200, reply
    document = reply.json()
    assert "errors" not in document, document
    return document["data"]


def nodes(connection):
    return [edge["node"] for edge in connection["edges"]]


def test_a_state_by_its_key(client, world):
    got = ask(client, "query($id: ID!) {book(id: $id) {__typename id title year genre size {pages} author {name} others {name}}}", id=world["books"][1])
    assert got["book"] == {
        "__typename": "Book",
        "id": world["books"][1],
        "title": "b1",
        "year": 1961,
        "genre": "science_fiction",
        "size": {"pages": 1},
        "author": {"name": "Ann"},
        "others": [{"name": "Bob"}, {"name": "Ann"}],
    }
    assert ask(client, '{book(id: "none") {id}}') == {"book": None}


def test_what_is_write_only_is_not_there(client, world):
    reply = post(client, "{books {edges {node {isbn}}}}")
    assert "data" not in reply.json()
    assert "secret" not in post(client, "{books {edges {node {title}}}}").body.decode()


def test_a_union_s_objects_are_told_apart_by_the_discriminator(client, world):
    got = ask(client, "{books(first: 1) {edges {node {pets {__typename ... on Cat {lives} ... on Dog {barks}}}}}}")
    assert nodes(got["books"])[0]["pets"] == [{"__typename": "Cat", "lives": 9}, {"__typename": "Dog", "barks": True}]


def test_a_list_is_filtered_and_sorted(client, world):
    got = ask(client, "{books(filter: {year: {gte: 1961, lt: 1964}, size_pages: {ne: 2}}, sort: [year_DESC]) {totalCount edges {node {title}}}}")
    assert got["books"] == {"totalCount": 2, "edges": [{"node": {"title": "b3"}}, {"node": {"title": "b1"}}]}
    assert ask(client, '{books(filter: {title: {in: ["b1", "b4"]}}) {totalCount}}') == {"books": {"totalCount": 2}}
    assert ask(client, "{books(filter: {year: {eq: null}}) {totalCount}}") == {"books": {"totalCount": 0}}
    assert ask(client, "{books {totalCount}}") == {"books": {"totalCount": 5}}


@pytest.mark.parametrize("sort", ["", ", sort: [title_DESC]", ", filter: {year: {gt: 1900}}"])
def test_pages_go_on_where_they_ended(client, world, sort):
    after, titles = None, []
    for n in range(3):
        page = ask(client, f"query($after: String) {{books(first: 2, after: $after{sort}) {{edges {{cursor node {{title}}}} pageInfo {{hasNextPage hasPreviousPage startCursor endCursor}}}}}}", after=after)["books"]
        info, edges = page["pageInfo"], page["edges"]
        assert info["hasNextPage"] == (n < 2)
        assert info["hasPreviousPage"] == (n > 0)
        assert [info["startCursor"], info["endCursor"]] == [edges[0]["cursor"], edges[-1]["cursor"]]
        titles += [edge["node"]["title"] for edge in edges]
        after = info["endCursor"]
    assert sorted(titles) == ["b0", "b1", "b2", "b3", "b4"]
    assert titles == sorted(titles, reverse="DESC" in sort)


def test_a_cursor_is_good_for_its_listing(client, world):
    cursor = ask(client, "{books(first: 1) {pageInfo {endCursor}}}")["books"]["pageInfo"]["endCursor"]
    assert len(client.get(f"/books?cursor={cursor}").json()) == 4
    for query in (f'{{authors(after: "{cursor}") {{totalCount}}}}', '{authors(after: "x") {totalCount}}', "{authors(first: 0) {totalCount}}"):
        document = post(client, query).json()
        assert document["data"] == {"authors": None}
        assert document["errors"][0]["path"] == ["authors"]
        assert document["errors"][0]["extensions"] == {"code": "BAD_USER_INPUT"}


def test_relations_go_both_ways(client, world):
    got = ask(client, "{authors {edges {node {name books {edges {node {title}}} booksByEditor(first: 2, sort: [year_DESC]) {totalCount edges {node {title}}}}}}}")
    ann, bob = nodes(got["authors"])
    assert [book["title"] for book in nodes(ann["books"])] == ["b1", "b3"]
    assert [book["title"] for book in nodes(bob["books"])] == ["b0", "b2", "b4"]
    assert ann["booksByEditor"] == {"totalCount": 5, "edges": [{"node": {"title": "b4"}}, {"node": {"title": "b3"}}]}
    assert bob["booksByEditor"] == {"totalCount": 0, "edges": []}


def test_what_is_below_belongs_to_it(client, world):
    got = ask(client, "{books(first: 2) {edges {node {reviews(filter: {stars: {gt: 1}}) {totalCount edges {node {stars}}}}}}}")
    assert [book["reviews"] for book in nodes(got["books"])] == [{"totalCount": 2, "edges": [{"node": {"stars": 2}}, {"node": {"stars": 3}}]}, {"totalCount": 0, "edges": []}]
    of = "query($id: ID!) {booksReviews(id: $id) {totalCount}}"
    assert ask(client, of, id=world["books"][0]) == {"booksReviews": {"totalCount": 3}}
    assert ask(client, of, id="none") == {"booksReviews": None}


# --- over HTTP ---------------------------------------------------------------


@pytest.mark.parametrize("accept, shown", [(None, JSON), ("*/*", JSON), (JSON, JSON), (RESPONSE, RESPONSE), (f"{RESPONSE}, {JSON};q=0.9", RESPONSE)])
def test_the_media_type_is_negotiated(client, accept, shown):
    reply = post(client, "{__typename}", accept)
    assert reply.status == 200
    assert reply.headers["Content-Type"] == shown + "; charset=utf-8"
    assert reply.json() == {"data": {"__typename": "Query"}}


def test_nothing_else_is_acceptable(client):
    assert post(client, "{__typename}", "text/plain").status == 406


@pytest.mark.parametrize("query", ["{", "{nothing}", "query($a: Int!) {__typename}", "query A {__typename} query B {__typename}", "{a:" + "a" * 3 + "{" * 3])
def test_what_cannot_be_executed_is_told_in_the_status_of_one_media_type(client, query):
    for accept, status in ((JSON, 200), (RESPONSE, 400)):
        reply = post(client, query, accept)
        assert reply.status == status
        assert reply.json()["errors"][0]["message"]
        assert "data" not in reply.json()


@pytest.mark.parametrize("body", [b"", b"x", b"[]", b"{}", b'{"query": 7}', b'{"query": "{__typename}", "variables": []}', b'{"query": "{__typename}", "operationName": 7}', b'{"query": "{__typename}", "extensions": 7}'])
def test_what_is_no_request_is_400(client, body):
    for accept in (JSON, RESPONSE):
        reply = client.post("/graphql", {"Content-Type": JSON, "Accept": accept}, body)
        assert reply.status == 400
        assert reply.headers["Content-Type"] == accept + "; charset=utf-8"
        assert reply.json()["errors"]


def test_what_is_no_json_is_415(client):
    reply = client.post("/graphql", {"Content-Type": "text/plain"}, b"{__typename}")
    assert reply.status == 415
    assert JSON in reply.headers["Accept-Post"]


def test_a_document_may_come_by_itself(client):
    for method in ("POST", "QUERY"):
        reply = client.request(method, "/graphql", {"Content-Type": "application/graphql"}, b"{__typename}")
        assert reply.json() == {"data": {"__typename": "Query"}}


def test_get_asks_in_the_uri(client, world):
    query = quote("query A {__typename} query B($id: ID!) {book(id: $id) {title}}")
    variables = quote(json.dumps({"id": world["books"][0]}))
    uri = f"/graphql?query={query}&operationName=B&variables={variables}"
    reply = client.get(uri)
    assert reply.json() == {"data": {"book": {"title": "b0"}}}
    assert reply.headers["Cache-Control"] == "no-cache"
    assert client.get(uri, {"If-None-Match": reply.headers["ETag"]}).status == 304
    assert client.put("/books/" + world["books"][0], json={"title": "new"}).status == 200
    assert client.get(uri, {"If-None-Match": reply.headers["ETag"]}).json() == {"data": {"book": {"title": "new"}}}
    for wrong in ("", "?query=%7B__typename%7D&variables=x", "?query=%7B__typename%7D&variables=[]", "?query=a&query=b"):
        assert client.get("/graphql" + wrong).status == 400


def test_query_asks_as_post_does(client):
    reply = client.request("QUERY", "/graphql", {"Content-Type": JSON}, json.dumps({"query": "{__typename}"}))
    assert reply.status == 200
    assert reply.json() == {"data": {"__typename": "Query"}}


def test_get_changes_nothing(client, world):
    query = quote("mutation {deleteBook(id: %s) }" % json.dumps(world["books"][0]))
    for method in ("GET", "HEAD"):
        reply = client.request(method, "/graphql?query=" + query)
        assert reply.status == 405
        assert "POST" in reply.headers["Allow"]
    assert client.get("/books/" + world["books"][0]).status == 200


def test_a_response_to_post_is_not_stored(client):
    assert post(client, "{__typename}").headers["Cache-Control"] == "no-store"


# --- persisted queries -------------------------------------------------------


def persisted(query):
    return {"persistedQuery": {"version": 1, "sha256Hash": hashlib.sha256(query.encode()).hexdigest()}}


def test_a_query_that_was_sent_can_be_asked_by_its_hash(client):
    query = "{persisted: __typename}"
    missing = post(client, extensions=persisted(query)).json()
    assert missing["errors"][0]["message"] == "PersistedQueryNotFound"
    assert missing["errors"][0]["extensions"] == {"code": "PERSISTED_QUERY_NOT_FOUND"}
    for sent in (query, None):
        assert post(client, sent, extensions=persisted(query)).json() == {"data": {"persisted": "Query"}}
    uri = "/graphql?extensions=" + quote(json.dumps(persisted(query)))
    assert client.get(uri).json() == {"data": {"persisted": "Query"}}


def test_a_hash_must_be_that_of_its_query(client):
    assert post(client, "{__typename}", extensions=persisted("{other: __typename}")).status == 400
    for wrong in ({"version": 2, "sha256Hash": "0" * 64}, {"version": 1, "sha256Hash": "x"}, {"version": 1, "sha256Hash": "g" * 64}, {}):
        assert post(client, extensions={"persistedQuery": wrong}).status == 400


# --- who may see what --------------------------------------------------------


def guarded(serve, more={}):
    thing = {"type": "object", "properties": {"id": STRING | {"readOnly": True}, "name": STRING, "owner": STRING | {"readOnly": True, "x-verbatim": {"value": "owner"}}, "of": to("/things/{id}")}}
    anyone = [{"basic": []}]
    paths = {
        "/things": {
            "get": operation(security=anyone, schema={"type": "array", "items": thing}),
            "post": operation(thing, anyone, "201", thing),
        },
        "/things/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": STRING}],
            "get": dict(operation(security=anyone, schema=thing), **{"x-verbatim": {"allow": "owner"}}),
        },
        "/notes": {
            "get": operation(schema={"type": "array", "items": thing}),
            "post": operation(thing, anyone, "201", thing),
        },
        "/notes/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": STRING}],
            "get": operation(schema=thing),
        },
    }
    client = serve(people(**paths, **more), CHEAP).client()
    register(client, "ann@x", "correct horse")
    register(client, "bob@x", "battery staple")
    ann, bob = basic("ann@x", "correct horse"), basic("bob@x", "battery staple")
    things = [client.post("/things", who, json={"name": name}).headers["Location"] for who, name in ((ann, "hers"), (bob, "his"))]
    client.post("/notes", ann, json={"name": "note", "of": last(things[0])})
    return client, ann, bob, things


def test_each_sees_what_get_would_show(serve):
    client, ann, bob, things = guarded(serve)
    listed = "{things {totalCount edges {node {name}}}}"
    one = "{thing(id: %s) {name}}" % json.dumps(last(things[0]))
    assert post(client, listed, headers=ann).json()["data"] == {"things": {"totalCount": 1, "edges": [{"node": {"name": "hers"}}]}}
    assert post(client, listed, headers=bob).json()["data"] == {"things": {"totalCount": 1, "edges": [{"node": {"name": "his"}}]}}
    assert post(client, one, headers=ann).json()["data"] == {"thing": {"name": "hers"}}
    for query, path in ((listed, ["things"]), (one, ["thing"])):
        denied = post(client, query).json()
        assert denied["data"] == {path[0]: None}
        assert denied["errors"][0]["path"] == path
        assert denied["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    denied = post(client, one, headers=bob).json()
    assert denied["data"] == {"thing": None}
    assert denied["errors"][0]["extensions"]["code"] == "FORBIDDEN"


def test_what_is_referred_to_is_shown_to_whom_it_is_for(serve):
    client, ann, bob, _ = guarded(serve)
    query = "{notes {edges {node {name of {name}}}}}"
    assert nodes(post(client, query, headers=ann).json()["data"]["notes"]) == [{"name": "note", "of": {"name": "hers"}}]
    for headers, code in ((bob, "FORBIDDEN"), ((), "UNAUTHENTICATED")):
        denied = post(client, query, headers=headers).json()
        assert nodes(denied["data"]["notes"]) == [{"name": "note", "of": None}]
        (error,) = denied["errors"]
        assert error["path"] == ["notes", "edges", 0, "node", "of"]
        assert error["extensions"]["code"] == code


def test_what_depends_on_who_asks_is_for_them_alone(serve):
    client, ann, _, _ = guarded(serve)
    reply = client.get("/graphql?query=" + quote("{things {totalCount}}"), ann)
    assert reply.headers["Cache-Control"] == "private, no-cache"
    open_to_all = client.get("/graphql?query=" + quote("{notes {totalCount}}"))
    assert open_to_all.headers["Cache-Control"] == "no-cache"


def test_a_password_is_never_shown(serve):
    client, ann, _, _ = guarded(serve)
    reply = post(client, "{people {edges {node {email}}}}", headers=ann)
    assert [person["email"] for person in nodes(reply.json()["data"]["people"])] == ["ann@x", "bob@x"]
    assert "data" not in post(client, "{people {edges {node {password}}}}", headers=ann).json()


def test_wrong_credentials_are_told(serve):
    client, _, _, _ = guarded(serve)
    assert post(client, "{__typename}", headers=basic("ann@x", "wrong")).status == 401


# --- where it is, and what it takes ------------------------------------------


def test_it_is_where_the_operator_says(serve):
    client = serve(LIBRARY, ["--graphql", "/api/ask"]).client()
    assert client.post("/api/ask", json={"query": "{__typename}"}).status == 200
    assert client.post("/graphql", json={"query": "{__typename}"}).status == 404


def test_it_can_be_switched_off(serve):
    client = serve(LIBRARY, ["--graphql", "off"]).client()
    assert client.post("/graphql", json={"query": "{__typename}"}).status == 404


def test_what_is_described_wins(serve):
    own = {"/graphql": {"get": operation(schema={"type": "object", "properties": {"a": STRING}})}}
    client = serve(dict(LIBRARY, paths=LIBRARY["paths"] | own)).client()
    assert client.post("/graphql", json={"query": "{__typename}"}).status == 405


ASKED = {"application/json": {"schema": {"type": "object"}}, "application/graphql": {}}


def endpoint(**more):
    done = {"responses": {"200": {"description": "asked"}}}
    return {"x-verbatim": {"archetype": "graphql"}, "get": done, "post": dict(done, requestBody={"content": ASKED})} | more


def test_it_is_where_the_description_says(serve):
    described = dict(LIBRARY, paths=LIBRARY["paths"] | {"/api/ask": endpoint()})
    for options in ([], ["--graphql", "off"]):
        client = serve(described, options).client()
        assert client.post("/api/ask", json={"query": "{__typename}"}).json() == {"data": {"__typename": "Query"}}
        assert client.post("/api/ask", {"Content-Type": "application/graphql"}, b"{__typename}").status == 200
        assert client.request("QUERY", "/api/ask", {"Content-Type": JSON}, b'{"query": "{__typename}"}').status == 200
        assert client.get("/api/ask/?query=a").headers["Location"] == "/api/ask?query=a"
        assert client.post("/graphql", json={"query": "{__typename}"}).status == 404


def test_what_is_not_declared_is_not_there(serve):
    asks = endpoint()
    del asks["get"]
    client = serve(dict(LIBRARY, paths=LIBRARY["paths"] | {"/ask": asks})).client()
    assert client.post("/ask", json={"query": "{__typename}"}).status == 200
    for method in ("GET", "QUERY"):
        reply = client.request(method, "/ask?query=%7B__typename%7D")
        assert reply.status == 405
        assert set(reply.headers["Allow"].split(", ")) == {"POST", "OPTIONS"}


def test_it_asks_for_credentials_where_the_description_does(serve):
    thing = {"type": "object", "properties": {"name": STRING}}
    ask = endpoint(**{"x-verbatim": {"archetype": "graphql", "allow": "role:reader"}})
    for method in ("get", "post"):
        ask[method] = dict(ask[method], security=[{"basic": []}])
    paths = {"/things": {"get": operation(schema={"type": "array", "items": thing}), "post": operation(thing, [], "201", thing)}, "/ask": ask}
    paths["/things/{id}"] = {"parameters": [ID], "get": operation(schema=thing)}
    client = serve(people(**paths), CHEAP).client()
    register(client, "ann@x", "correct horse")
    reply = post_to(client, "/ask")
    assert reply.status == 401 and reply.headers["WWW-Authenticate"].startswith("Basic")
    assert post_to(client, "/ask", basic("ann@x", "wrong")).status == 401
    assert post_to(client, "/ask", basic("ann@x", "correct horse")).status == 403
    assert client.get("/ask?query=%7B__typename%7D").status == 401
    assert client.options("/ask").status == 204


def post_to(client, path, headers=(), query="{__typename}"):
    return client.post(path, headers, json={"query": query})


def test_who_is_let_in_asks_as_themselves(serve):
    client, ann, bob, things = guarded(serve, {"/ask": endpoint() | {"post": dict(endpoint()["post"], security=[{"basic": []}])}})
    listed = "{things {edges {node {name}}}}"
    assert post_to(client, "/ask", query=listed).status == 401
    for who, name in ((ann, "hers"), (bob, "his")):
        assert nodes(post_to(client, "/ask", who, listed).json()["data"]["things"]) == [{"name": name}]
    stream = client.post("/ask", STREAM, json={"query": "subscription {thingsChanged {kind}}"})
    assert stream.status == 401


def test_its_methods_are_told(client):
    allow = client.options("/graphql").headers["Allow"].split(", ")
    assert set(allow) == {"GET", "HEAD", "POST", "OPTIONS", "QUERY"}


@pytest.mark.parametrize("option, query", [
    ("--graphql-tokens=10", "{" + "__typename " * 20 + "}"),
    ("--graphql-depth=3", "{books{edges{node{size{pages}}}}}"),
    ("--graphql-aliases=1", "{a:__typename b:__typename}"),
    ("--graphql-cost=100", "{books(first:200){edges{node{title}}}}"),
])
def test_there_are_bounds(serve, option, query):
    client = serve(LIBRARY, [option]).client()
    reply = post(client, query, RESPONSE)
    assert reply.status == 400
    assert "data" not in reply.json()
    assert post(client, "{__typename}", RESPONSE).status == 200


def test_a_request_has_a_bound(client):
    assert client.post("/graphql", json={"query": "#" * 1100000}).status == 413


