"""Tokens that accounts issue to themselves: as bearers (RFC 6750) and API keys, with scopes, until they expire or are revoked."""

import sqlite3
import time
from datetime import datetime, timedelta, timezone

import pytest
from people import CHEAP, basic, people, register

GOOD = "correct horse"
SCHEMES = {
    "basic": {"type": "http", "scheme": "basic"},
    "token": {"type": "http", "scheme": "bearer"},
    "header": {"type": "apiKey", "in": "header", "name": "X-Key"},
    "query": {"type": "apiKey", "in": "query", "name": "key"},
    "cookie": {"type": "apiKey", "in": "cookie", "name": "key"},
}
ANY = [{"basic": []}, {"token": ["tokens"]}]
STRING = {"type": "string"}
JSON = {"content": {"application/json": {}}}
FOUND = {"200": dict(JSON, description="it")}


def document(security, **more):
    return dict({"get": {"security": security, "responses": FOUND}}, **more)


PATHS = {
    "/tokens": {
        "x-verbatim": {"archetype": "token"},
        "get": {"security": ANY, "responses": FOUND},
        "post": {"security": ANY, "requestBody": JSON, "responses": {"201": dict(JSON, description="made")}},
    },
    "/tokens/{id}": {
        "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
        "get": {"security": ANY, "responses": FOUND},
        "delete": {"security": ANY, "responses": {"204": {"description": "revoked"}}},
    },
    "/a": document([{"token": []}], put={"security": [{"token": ["write"]}], "requestBody": JSON, "responses": {"204": {"description": "done"}}}),
    "/by-header": document([{"header": []}]),
    "/by-query": document([{"query": []}]),
    "/by-cookie": document([{"cookie": []}]),
    "/listed": {
        "get": {"security": [{"query": []}], "responses": {"200": {"description": "all", "content": {"application/json": {
            "schema": {"type": "array", "items": {"type": "object", "properties": {"id": STRING, "name": STRING}}}}}}}},
        "post": {"security": [{"query": []}], "requestBody": JSON, "responses": {"201": dict(JSON, description="made")}},
    },
    "/listed/{id}": {"parameters": [{"name": "id", "in": "path", "required": True, "schema": STRING}]} | document([{"query": []}]),
    "/both": document([{"token": ["read"], "basic": []}]),
}


@pytest.fixture(scope="module")
def server(module_serve):
    return module_serve(people(schemes=SCHEMES, **PATHS), [*CHEAP, "--explain"])


@pytest.fixture
def client(server):
    return server.client()


NAMES = iter(f"p{i}@example.org" for i in range(1000))


@pytest.fixture
def ann(client):
    """Who has just registered: its URI and credentials."""
    name = next(NAMES)
    return register(client, name, GOOD), basic(name, GOOD)


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def issue(client, credentials, **said):
    answer = client.post("/tokens", credentials, json=said)
    assert answer.status == 201, answer
    return answer


def secret(client, credentials, **said):
    return issue(client, credentials, **said).json()["token"]


def test_a_token_is_shown_once(server, client, ann):
    _, credentials = ann
    answer = issue(client, credentials, name="laptop", scopes=["write"])
    made = answer.json()
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Location"] == f"/tokens/{made['id']}"
    assert made["token"].startswith("vbt_") and len(made["token"]) == 47
    assert (made["name"], made["scopes"], made["expires"]) == ("laptop", ["write"], None)
    shown = {key: value for key, value in made.items() if key != "token"}
    assert client.get("/tokens", credentials).json() == [shown]
    one = client.get(answer.headers["Location"], credentials)
    assert (one.status, one.json()["name"]) == (200, "laptop")
    assert "token" not in one.json() and "hash" not in one.json() and "account" not in one.json()
    with sqlite3.connect(server.data / "verbatim.db") as db:
        assert made["token"][4:] not in "".join(db.iterdump())
    assert made["token"][4:] not in server.output


def test_a_token_is_who_issued_it(client, ann):
    _, credentials = ann
    assert client.put("/a", bearer(secret(client, credentials, scopes=["write"])), json={}).status in (201, 204)
    plain = secret(client, credentials)
    assert client.get("/a", bearer(plain)).status == 200
    assert client.get("/a", bearer(plain)).status == 200  # from the cache
    lacking = client.put("/a", bearer(plain), json={})
    assert lacking.status == 403
    assert lacking.headers["WWW-Authenticate"] == 'Bearer realm="People", error="insufficient_scope", scope="write"'


def test_what_is_no_token_is_401(client, ann):
    _, credentials = ann
    good = secret(client, credentials)
    other = good[:10] + ("A" if good[10] != "A" else "B") + good[11:]
    for token in ["", "x", "vbt_", good[:-1], good + "A", other, good.upper(), "vbt_" + "A" * 43]:
        answer = client.get("/a", bearer(token))
        assert answer.status == 401
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="People", error="invalid_token"'
    assert client.get("/a").headers["WWW-Authenticate"] == 'Bearer realm="People"'
    assert client.get("/a", {"Authorization": f"Basic {good}"}).status == 401


def test_a_revoked_token_is_no_more(client, ann):
    _, credentials = ann
    answer = issue(client, credentials)
    token, location = answer.json()["token"], answer.headers["Location"]
    assert client.get("/a", bearer(token)).status in (200, 404)
    assert client.delete(location, credentials).status == 204
    assert client.get("/a", bearer(token)).status == 401
    assert client.get(location, credentials).status == 404
    assert client.get("/tokens", credentials).json() == []


def test_tokens_of_others_are_not_there(client, ann):
    _, credentials = ann
    location = issue(client, credentials).headers["Location"]
    name = next(NAMES)
    register(client, name, GOOD)
    other = basic(name, GOOD)
    assert client.get(location, other).status == 404
    assert client.delete(location, other).status == 404
    assert client.get("/tokens", other).json() == []
    assert client.get(location).status == 401
    assert client.get(location, credentials).status == 200


def test_a_token_issues_no_more_than_it_has(client, ann):
    _, credentials = ann
    token = secret(client, credentials, scopes=["tokens", "write"])
    assert issue(client, bearer(token), scopes=["write"]).status == 201
    refused = client.post("/tokens", bearer(token), json={"scopes": ["write", "admin"]})
    assert refused.status == 422
    assert refused.json()["errors"][0]["pointer"] == "/scopes"
    assert client.post("/tokens", bearer(secret(client, credentials)), json={}).status == 403


def test_a_token_expires(client, ann):
    _, credentials = ann
    soon = (datetime.now(timezone.utc) + timedelta(seconds=2)).isoformat()
    token = secret(client, credentials, expires=soon)
    assert client.get("/a", bearer(token)).status in (200, 404)
    deadline = time.monotonic() + 20
    while client.get("/a", bearer(token)).status != 401:
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.parametrize("said, pointer", [
    ({"name": 1}, "/name"), ({"name": "x" * 201}, "/name"), ({"name": "a\nb"}, "/name"),
    ({"scopes": "write"}, "/scopes"), ({"scopes": ["a b"]}, "/scopes"), ({"scopes": [1]}, "/scopes"), ({"scopes": ["s"] * 65}, "/scopes"),
    ({"expires": "2001-01-01T00:00:00Z"}, "/expires"), ({"expires": "tomorrow"}, "/expires"), ({"expires": 7}, "/expires"),
    ({"scope": "write"}, ""), ([], ""), ("x", ""),
])  # fmt: skip
def test_what_a_token_cannot_be_is_422(client, ann, said, pointer):
    answer = client.post("/tokens", ann[1], json=said)
    assert answer.status == 422
    assert answer.json()["errors"][0]["pointer"] == pointer


def test_an_account_has_a_hundred_at_most(client, ann):
    _, credentials = ann
    token = secret(client, credentials, scopes=["tokens"])  # so that no password is checked a hundred times
    for _ in range(99):
        issue(client, bearer(token))
    refused = client.post("/tokens", bearer(token), json={})
    assert refused.status == 409
    made = client.get("/tokens", bearer(token)).json()
    assert len(made) == 100
    assert client.delete(f"/tokens/{made[-1]['id']}", bearer(token)).status == 204
    assert client.post("/tokens", bearer(token), json={}).status == 201


def test_a_key_is_such_a_token_elsewhere(client, ann):
    _, credentials = ann
    token = secret(client, credentials)
    ways = {
        "header": ("/by-header", {"X-Key": token}, 'ApiKey realm="People", in="header", name="X-Key"'),
        "query": (f"/by-query?key={token}", {}, 'ApiKey realm="People", in="query", name="key"'),
        "cookie": ("/by-cookie", {"Cookie": f"key={token}"}, 'ApiKey realm="People", in="cookie", name="key"'),
    }
    for place, (target, headers, challenge) in ways.items():
        assert client.get(target, headers).status == 404, place
        path = target.split("?")[0]
        asked = client.get(path)
        assert (asked.status, asked.headers["WWW-Authenticate"]) == (401, challenge)
        assert client.get(path, bearer(token)).status == 401
    assert client.get("/by-header", {"X-Key": "x"}).status == 401
    assert client.get(f"/by-query?key={token}&key={token}").status == 401
    assert client.get("/by-header", [("X-Key", token), ("X-Key", token)]).status == 401
    assert client.get("/by-cookie", {"Cookie": f"key={token}; key={token}"}).status == 401


def test_two_credentials_in_one_field_do_not_come_together(client, ann):
    """Authorization has room for one: a combination of both can only be asked for."""
    _, credentials = ann
    answer = client.get("/both", credentials)
    assert answer.status == 401
    assert answer.headers.all("WWW-Authenticate") == [
        'Bearer realm="People", scope="read"', 'Basic realm="People", charset="UTF-8"',
    ]  # fmt: skip
    assert answer.json()["detail"] == "What would do: a token (Bearer) together with a login and password (Basic)."


def test_a_token_survives_its_password_and_dies_with_its_account(client, ann):
    home, credentials = ann
    token = secret(client, credentials)
    changed = client.request("PATCH", home, dict(credentials, **{"Content-Type": "application/merge-patch+json"}),
                             '{"password": "another horse", "currentPassword": "%s"}' % GOOD)  # fmt: skip
    assert changed.status in (200, 204), changed
    assert client.get("/a", bearer(token)).status in (200, 404)
    name = next(NAMES)
    home = register(client, name, GOOD)
    token = secret(client, basic(name, GOOD))
    assert client.delete(home, basic(name, GOOD)).status == 204
    assert client.get("/a", bearer(token)).status == 401


def test_a_token_is_good_after_a_restart(serve):
    server = serve(people(schemes=SCHEMES, **PATHS), CHEAP)
    register(server.client(), "ann@example.org", GOOD)
    token = secret(server.client(), basic("ann@example.org", GOOD), scopes=["write"])
    server.restart()
    assert server.client().put("/a", bearer(token), json={}).status == 201


def test_a_repeated_request_is_not_kept_with_its_token(client, ann):
    """A reply that is written down for an Idempotency-Key would be one more place that has the token."""
    _, credentials = ann
    asked = dict(credentials, **{"Idempotency-Key": '"again"'})
    first, second = (client.post("/tokens", asked, json={}).json() for _ in range(2))
    assert first["token"] != second["token"]


def test_no_secret_is_told_anywhere(serve):
    """Not in the log, an error, TRACE, or what explain shows of a request."""
    server = serve(people(schemes=SCHEMES, **PATHS), [*CHEAP, "--trace", "--log-format", "json"])
    client = server.client()
    register(client, "ann@example.org", GOOD)
    token = secret(client, basic("ann@example.org", GOOD))
    said = dict(bearer(token), **{"X-Key": token, "Cookie": f"key={token}"})
    told = [
        client.request("TRACE", "/a", said),
        client.request("TRACE", f"/by-query?key={token}"),
        client.get(f"/by-query?key={token}x"),
        client.get("/a", bearer(token + "x")),
        client.get("/by-header", {"X-Key": token[:-1]}),
        client.get("/by-cookie", {"Cookie": f"key={token}x"}),
        client.put("/a", bearer(token), json={}),
    ]
    for answer in told:
        assert token[4:-1] not in answer.text
        assert token[4:-1] not in repr(answer.headers)
    server.stop()
    assert token[4:-1] not in server.output


@pytest.mark.parametrize("rules", ["none", "only:name", "all-but:key"])
def test_a_key_is_in_no_log_whatever_is_left_in(serve, rules):
    """Not from a request that was refused before anybody looked, nor in where a page came from."""
    server = serve(people(schemes=SCHEMES, **PATHS), [*CHEAP, "--log-redact", rules, "--max-target", "300"])
    key = "vbt_" + "s3cr3t" * 6
    get = f"GET /by-query?key={key}&limit=3 HTTP/1.1\r\n"
    for head in (f"{get}Host: a\r\nHost: b\r\n", get, f"{get}Host: a\r\nno field\r\n", f"{get}Host: a\r\nContent-Length: x\r\n"):
        assert server.raw(f"{head}\r\n".encode(), ["GET"])[0].status == 400
    client = server.client("h1")
    for target in (f"/nowhere?key={key}", f"/by-query?key={key}", f"/by-query?k%65y={key}", f"/by-query?KEY={key}", f"/by-query?key={key}" + "x" * 300):
        client.get(target)
    client.request("BREW", f"/by-query?key={key}")
    client.get("/people", {"Referer": f"http://{server.authority}/by-query?limit=1&key={key}"})
    with server.connect() as connection:  # gone before the answer
        connection.send(f"PUT /a?key={key} HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n".encode())
    server.stop()
    assert server.output.count("by-query") >= 5
    assert "s3cr3t" not in server.output


def test_a_key_in_the_query_is_no_filter_and_in_no_link_or_explanation(client, ann):
    _, credentials = ann
    token = secret(client, credentials)
    shown = client.get(f"/listed?limit=1&key={token}&name=x", {"Prefer": "explain"})
    assert shown.status == 200, shown
    assert token not in repr(shown.headers) and token not in shown.text
    (explained,) = [link for link in shown.headers.all("Link") if "explain" in link]
    steps = client.get(explained[1:].partition(">")[0]).json()
    assert steps["target"] == "/listed?limit=1&name=x"
    refused = client.get(f"/listed?k%65y={token}x&limit=1", {"Prefer": "explain"})
    assert refused.status == 401
    (explained,) = [link for link in refused.headers.all("Link") if "explain" in link]
    assert client.get(explained[1:].partition(">")[0]).json()["target"] == "/listed?limit=1"


def test_a_page_that_has_a_token_may_write_from_anywhere_and_no_other(client, ann):
    """No browser adds a token to what a page sends, as it adds a password that it remembers."""
    _, credentials = ann
    scoped = client.post("/tokens", credentials, json={"name": "page", "scopes": ["write"]}).json()["token"]
    foreign = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    assert client.put("/a", bearer(scoped) | foreign, json={}).status != 403
    assert client.post("/tokens", credentials | foreign, json={"name": "x"}).status == 403


def test_a_new_account_under_an_old_uri_has_no_old_tokens(serve):
    """Whoever is given a name that somebody had before is somebody else."""
    document = people(schemes=SCHEMES, **PATHS)
    document["paths"]["/people/{id}"]["put"] = dict(document["paths"]["/people/{id}"]["put"], security=[], responses={"201": {"description": "new"}})
    client = serve(document, CHEAP).client()
    home = register(client, "ann@example.org", GOOD)
    credentials = basic("ann@example.org", GOOD)
    made = client.post("/tokens", credentials, json={"name": "old"})
    token = bearer(made.json()["token"])
    assert client.get("/a", token).status == 404
    assert client.delete(home, credentials).status == 204
    assert client.get("/a", token).status == 401
    assert client.put(home, json={"email": "ann@example.org", "password": GOOD}).status == 201
    assert client.get("/a", token).status == 401
    assert client.get("/tokens", credentials).json() == []
    assert client.get(made.headers["Location"], credentials).status == 404
    assert client.delete(made.headers["Location"], credentials).status == 404


def test_tokens_that_are_over_count_for_nothing_and_go(serve):
    server = serve(people(schemes=SCHEMES, **PATHS), CHEAP)
    client = server.client()
    register(client, "ann@example.org", GOOD)
    credentials = basic("ann@example.org", GOOD)
    soon = (datetime.now(timezone.utc) + timedelta(seconds=3)).isoformat().replace("+00:00", "Z")
    for _ in range(99):
        assert client.post("/tokens", credentials, json={"expires": soon}).status == 201
    assert client.post("/tokens", credentials, json={"name": "stays"}).status == 201
    assert client.post("/tokens", credentials, json={}).status == 409
    while client.get("/tokens", credentials).json() != [] and len(client.get("/tokens", credentials).json()) > 1:
        time.sleep(0.1)
    assert client.post("/tokens", credentials, json={"name": "new"}).status == 201
    assert [one["name"] for one in client.get("/tokens", credentials).json()] == ["stays", "new"]
    with sqlite3.connect(server.data / "verbatim.db") as db:
        assert db.execute("SELECT count(*) FROM record WHERE key LIKE 'token:%'").fetchone() == (2,)
