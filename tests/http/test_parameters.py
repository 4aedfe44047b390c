"""Parameters that a description demands: in the query, in fields and in cookies."""

import re

import pytest
from library import MERGE
from test_cli import run as verbatim
from test_controllers import shell, written

JSON = {"application/json": {"schema": {"type": "object", "properties": {"id": {"type": "string", "readOnly": True}, "a": {"type": "integer"}}}}}
OK = {"200": {"description": "d", "content": JSON}}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def parameter(name, where, required=False, **schema):
    found = {"name": name, "in": where, "required": required}
    return {**found, "schema": schema} if schema else found


def api(*parameters, query=None):
    """The same parameters at every operation of every kind of resource."""
    body = {"requestBody": {"content": JSON}}
    id_ = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    things = {
        "parameters": list(parameters),
        "get": {"responses": {"200": {"description": "d", "content": {"application/json": {"schema": {"type": "array"}}}}}},
        "post": {**body, "responses": {"201": OK["200"]}},
    }
    if query is not None:
        things["query"] = query
    return {
        "openapi": "3.2.0",
        "info": {"title": "Parameters", "version": "1"},
        "paths": {
            "/things": things,
            "/things/{id}": {
                "parameters": [id_, *parameters],
                "get": {"responses": OK},
                "put": {**body, "responses": {**OK, "201": OK["200"]}},
                "patch": {"requestBody": {"content": {"application/merge-patch+json": {}}}, "responses": OK},
                "delete": {"responses": {"204": {"description": "d"}}},
            },
            "/things/{id}/do": {
                "parameters": [id_, *parameters],
                "post": {"responses": OK, "x-verbatim": {"do": {"merge": {"patch": {"a": 9}}}}},
            },
            "/run": {"parameters": list(parameters), "post": {"responses": OK, "x-verbatim": {"do": shell("echo 1")}}},
            "/old": {"parameters": list(parameters), "get": {}, "x-verbatim": {"moved": {"to": "/things"}}},
        },
    }  # fmt: skip


def errors(answer):
    """What is complained of: (kind, name) of each."""
    assert answer.status == 400, answer
    return {(kind, error[kind]) for error in answer.json()["errors"] for kind in ("header", "parameter") if kind in error}


EVERYWHERE = [
    ("GET", "/things", None), ("HEAD", "/things", None), ("POST", "/things", {"a": 2}), ("GET", "/things/x", None),
    ("HEAD", "/things/x", None), ("PUT", "/things/x", {"a": 2}), ("PATCH", "/things/x", {"a": 2}), ("DELETE", "/things/x", None),
    ("POST", "/things/x/do", None), ("POST", "/run", None),
]  # fmt: skip


def ask(client, method, target, body, headers=()):
    fields = {**dict(headers), **(MERGE if method == "PATCH" else {})}
    return client.request(method, target, fields, json=body) if body else client.request(method, target, fields)


# --- fields -------------------------------------------------------------------


@pytest.fixture(scope="module")
def fields(module_serve):
    client = module_serve(api(parameter("X-Tenant", "header", True, type="integer", minimum=1))).client()
    assert client.put("/things/x", {"X-Tenant": "1"}, json={"a": 1}).status == 201
    return client


@pytest.mark.parametrize("method, target, body", EVERYWHERE)
@pytest.mark.parametrize("value", [None, "", "x", "1.5", "0", "1, 2"])
def test_a_field_is_held_against_the_description_and_nothing_is_done(fields, method, target, body, value):
    good = {"x-tenant": "7"}
    before = fields.get("/things", good).body
    refused = ask(fields, method, target, body, {} if value is None else {"X-Tenant": value})
    assert refused.status == 400
    if method != "HEAD":
        assert errors(refused) == {("header", "X-Tenant")}
        [error] = refused.json()["errors"]
        assert (error["detail"] == "is required") == (value is None)
    assert fields.get("/things", good).body == before


def test_what_fits_is_served(serve):
    client = serve(api(parameter("X-Tenant", "header", True, type="integer", minimum=1))).client()
    good = {"X-TENANT": "12345678901234567890"}  # fields have names in any case
    assert client.put("/things/x", good, json={"a": 1}).status == 201
    for method, target, body in EVERYWHERE:
        if method != "DELETE":
            assert ask(client, method, target, body, good).status in (200, 201), (method, target)
    assert client.query("/things", good, json={}).status == 200
    assert client.query("/things", json={}).status == 400
    assert ask(client, "DELETE", "/things/x", None, good).status == 204
    assert client.options("/things").status == 204
    assert client.get("/old").status == 301  # whoever it leads to looks at them


def test_a_cached_document_asks_as_well(serve):
    client = serve(api(parameter("X-A", "header", True, enum=["a", "b"]))).client()
    client.put("/things/x", {"X-A": "a"}, json={"a": 1})
    for _ in range(3):
        shown = client.get("/things/x", {"X-A": "b"})
        assert shown.status == 200
        assert client.get("/things/x", {"X-A": "c"}).status == 400
        assert client.get("/things/x", {"If-None-Match": shown.headers["ETag"]}).status == 400


@pytest.mark.parametrize("schema, good, bad", [
    ({"type": "array", "items": {"type": "integer"}}, ["1", "1,2", "1 ,\t2"], ["a", "1,b"]),
    ({"type": "boolean"}, ["true", "false"], ["yes", "True", "1"]),
    ({"type": "string", "pattern": "^[a-z]+$", "maxLength": 3}, ["abc"], ["abcd", "ABC", ""]),
    ({"type": ["integer", "string"]}, ["1", "x"], []),
    ({"type": "object"}, ["R,1,G,2", "R=1,G=2"], []),
    ({"type": "string", "format": "date-time"}, ["2026-01-01T00:00:00Z"], ["today"]),
    ({}, ["x", ""], []),
])  # fmt: skip
def test_a_field_is_read_as_its_schema_has_it(serve, schema, good, bad):
    client = serve(api({"name": "X-A", "in": "header", "schema": schema})).client()
    assert client.get("/things").status == 200  # it is not required
    for value in good:
        assert client.get("/things", {"X-A": value}).status == 200, value
    for value in bad:
        assert errors(client.get("/things", {"X-A": value})) == {("header", "X-A")}, value


def test_the_lines_of_a_field_are_one_list(serve):
    schema = {"type": "array", "items": {"enum": ["a", "b"]}, "maxItems": 2, "uniqueItems": True}
    client = serve(api({"name": "X-A", "in": "header", "schema": schema})).client()
    assert client.get("/things", [("X-A", "a"), ("X-B", "c"), ("x-a", "b")]).status == 200
    for second in ("a", "c", "b, a"):
        assert client.get("/things", [("X-A", "a"), ("X-A", second)]).status == 400


@pytest.mark.parametrize("value, fits", [('{"a":1}', True), ('{"a":"x"}', False), ("{", False), ("a", False)])
@pytest.mark.parametrize("where", ["header", "query"])
def test_a_parameter_may_be_json(serve, value, fits, where):
    described = {"name": "X-A", "in": where, "content": JSON}
    item = api()
    item["paths"]["/run"]["parameters"] = [described]
    client = serve(item).client()
    if where == "header":
        answer = client.post("/run", {"X-A": value})
    else:
        answer = client.post("/run?X-A=" + value.replace('"', "%22").replace("{", "%7B").replace("}", "%7D"))
    assert answer.status == (200 if fits else 400)
    if not fits:
        assert errors(answer) == {("parameter" if where == "query" else "header", "X-A")}


def test_bytes_that_are_no_text_fit_no_schema(serve):
    server = serve(api(parameter("X-A", "header", type="string"), parameter("X-B", "header", True)))
    head = b"GET /things HTTP/1.1\r\nHost: localhost\r\n"
    [wrong] = server.raw(head + b"X-B: b\r\nX-A: \xff\r\n\r\n")
    assert errors(wrong) == {("header", "X-A")}
    [fine] = server.raw(head + b"X-B: \xff\r\n\r\n")  # anything goes there
    assert fine.status == 200


# OpenAPI: "If in is "header" and the name field is "Accept", "Content-Type" or
# "Authorization", the parameter definition SHALL be ignored."
def test_fields_that_openapi_says_to_ignore_are(serve):
    ignored = [parameter(name, "header", True, enum=["x"]) for name in ("Accept", "content-type", "Authorization")]
    client = serve(api(*ignored)).client()
    assert client.get("/things", {"Accept": "application/json"}).status == 200
    assert client.post("/things", json={"a": 1}).status == 201


def test_all_that_is_wrong_is_told(serve):
    client = serve(api(parameter("X-A", "header", True), parameter("X-B", "header", type="integer"), parameter("c", "cookie", True))).client()
    assert errors(client.get("/things", {"X-B": "b"})) == {("header", "X-A"), ("header", "X-B"), ("parameter", "c")}


# What the flow asks for by itself has the status that is made for it.
def test_a_precondition_that_is_required_is_428(serve):
    described = api(parameter("If-Match", "header", True, type="string"))
    plain = serve(described).client()
    assert errors(plain.get("/things/x")) == {("header", "If-Match")}
    described["x-verbatim"] = {"require-precondition": True}
    client = serve(described).client()
    assert client.put("/things/x", json={"a": 1}).status == 201
    assert client.put("/things/x", json={"a": 2}).status == 428
    assert client.put("/things/x", {"If-Match": "*"}, json={"a": 2}).status == 200


# --- cookies ------------------------------------------------------------------


@pytest.mark.parametrize("value, told", [
    ("session=abc", None), ("a=b; session=abc; c=d", None), ("session=", "at least"), ("session=ABC", None),
    ("", "is required"), ("Session=abc", "is required"), ("session", "is required"),
    ("session=abc; session=abc", "more than once"), ("session=abcdef", "at most"),
])  # fmt: skip
@pytest.mark.parametrize("method, target, body", [("GET", "/things", None), ("POST", "/things", {"a": 1})])
def test_a_cookie_is_held_against_the_description(serve, method, target, body, value, told):
    client = serve(api(parameter("session", "cookie", True, type="string", minLength=1, maxLength=5))).client()
    answer = ask(client, method, target, body, {"Cookie": value})
    if told is None:
        assert answer.status in (200, 201)
        return
    assert errors(answer) == {("parameter", "session")}
    assert told in answer.json()["errors"][0]["detail"]
    assert "abc" not in answer.text  # a secret is not repeated


def test_a_cookie_that_is_not_required_may_lack(serve):
    client = serve(api(parameter("n", "cookie", type="integer"))).client()
    assert client.get("/things").status == 200
    assert client.get("/things", {"Cookie": "n=5"}).status == 200
    assert errors(client.get("/things", {"Cookie": "n=x"})) == {("parameter", "n")}


# --- the query ----------------------------------------------------------------


@pytest.fixture(scope="module")
def queries(module_serve):
    return module_serve(api(parameter("a", "query", True, type="integer"))).client()


@pytest.mark.parametrize("method, target, body", EVERYWHERE)
def test_a_required_parameter_is_asked_for_wherever_it_is_declared(queries, method, target, body):
    refused = ask(queries, method, target, body)
    assert refused.status == 400
    if method != "HEAD":
        assert refused.json()["errors"] == [{"parameter": "a", "detail": "is required"}]
    wrong = ask(queries, method, f"{target}?b=1", body)
    assert wrong.status == 400


def test_a_listing_is_served_with_it(queries):
    assert queries.get("/things?a=1").status == 200
    assert queries.get("/things?a=x").status == 400
    assert queries.get("/things?a:gt=1").status == 400  # that is another one
    assert queries.post("/run?a=1").status == 200


# It asks with its content what GET asks with the URI.
def test_a_query_may_have_it_in_its_content(queries):
    assert queries.query("/things", json={"a": 1}).status == 200
    assert queries.query("/things?a=1", json={}).status == 200
    assert queries.query("/things", FORM, "a=1").status == 200
    for refused in (queries.query("/things", json={}), queries.query("/things", FORM, ""), queries.query("/things", FORM, "a:gt=1")):
        assert errors(refused) == {("parameter", "a")}


def test_a_query_that_is_described_has_parameters_of_its_own(serve):
    query = {"requestBody": {"content": {"application/json": {}}}, "responses": OK}
    own = {**query, "parameters": [parameter("a", "query", True, type="integer")]}
    description = api(query=own)
    client = serve(description).client()
    assert errors(client.query("/things", json={"a": 1})) == {("parameter", "a")}
    assert client.query("/things?a=1", json={}).status == 200
    assert client.get("/things").status == 200


def test_what_is_done_without_the_query_cannot_require_it(tmp_path):
    said = verbatim("check", written(tmp_path, api(parameter("a", "query", True)))).stdout
    rule = re.split(r"^  [a-z0-9-]+: ", said.partition("required-idle:")[2], maxsplit=1, flags=re.MULTILINE)[0]
    lines = [line.split() for line in rule.splitlines()]
    told = {(line[1], line[2].rstrip(":")) for line in lines if len(line) > 2}
    assert {("GET", "/things/{id}"), ("POST", "/things")} <= told
    assert ("GET", "/things") not in told and ("POST", "/run") not in told


def test_explain_says_that_one_is_missing(tmp_path):
    path = written(tmp_path, api(parameter("X-A", "header", True)))
    assert "400 Bad Request" in verbatim("explain", path, "/things").stdout
    assert "200 OK" in verbatim("explain", path, "/things", "-H", "X-A: a").stdout


def test_many_and_long_ones_are_bounded(serve):
    described = [parameter(f"X-{n}", "header", type="array", items={"type": "integer"}) for n in range(40)]
    client = serve(api(*described)).client()
    answer = client.get("/things", {f"X-{n}": "x" * 50 for n in range(40)})
    assert answer.status == 400 and len(answer.body) < 64 * 1024
    long = client.get("/things", {"X-0": ",".join("1" for _ in range(3000))})
    assert long.status == 200


# --- the path -----------------------------------------------------------------


@pytest.fixture(scope="module")
def numbers(module_serve):
    def member(**schema):
        like = {"type": "object", "properties": {"like": {"type": "number", "x-verbatim": {"references": "/i/{id}"}}}}
        content = {"content": {"application/json": {"schema": like}}}
        return {
            "parameters": [parameter("id", "path", True, **schema)],
            "get": {"responses": {"200": {"description": "d", **content}}},
            "put": {"requestBody": content, "responses": {"201": {"description": "d"}, "204": {"description": "d"}}},
            "delete": {"responses": {"204": {"description": "d"}}},
        }

    paths = {
        "/i/{id}": member(type="integer"),
        "/n/{id}": member(type="number"),
        "/either/{id}": member(type=["integer", "string"]),
    }
    return module_serve({"openapi": "3.1.0", "info": {"title": "N", "version": "1"}, "paths": paths}).client()


@pytest.mark.parametrize("path", ["/i/8", "/i/-8", "/i/0", "/i/123456789012345678901234567890", "/n/8", "/n/-0.5", "/n/1.25"])
def test_a_number_in_a_path_is_spelt_as_usual(numbers, path):
    assert numbers.put(path, json={}).status == 201


@pytest.mark.parametrize("number", ["8.0", "8.00", "1e2", "1E2", "80e-1", "-0", "-0.0", "08", "+8", "8.", ".5", "0x8", "8%20", "%208", "8.50"])
@pytest.mark.parametrize("base", ["/i/", "/n/"])
def test_no_other_spelling_is_another_resource(numbers, base, number):
    assert numbers.put(base + number, json={}).status == 404
    assert numbers.get(base + number).status == 404


def test_where_a_string_is_allowed_too_it_is_a_string(numbers):
    for name in "8", "8.0":
        assert numbers.put("/either/" + name, json={}).status == 201


@pytest.mark.parametrize("spelt", ["70", "70.0", "7e1", "700e-1"])
def test_a_reference_is_to_the_number_however_it_is_spelt(numbers, spelt):
    json_ = {"Content-Type": "application/json"}
    assert numbers.put("/n/70", json_, b'{"like": %s}' % spelt.encode()).status == 409
    assert numbers.put("/i/70", json={}).status == 201
    assert numbers.put("/n/70", json_, b'{"like": %s}' % spelt.encode()).status == 201
    assert numbers.delete("/i/70").status == 409
    assert numbers.delete("/n/70").status == numbers.delete("/i/70").status == 204
    for huge in b"1e300", b"1e99999999999", b"7.5":
        assert numbers.put("/n/70", json_, b'{"like": %s}' % huge).status == 409
