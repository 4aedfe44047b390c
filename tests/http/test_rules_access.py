"""Rules of a description: who may do what to which resource (x-verbatim.allow, .conceal, value: owner).

The table of statuses is made by a model of a few lines, for all of (who, method, whose, concealed or not).
"""

import itertools
import json
import time

import pytest
from h1 import Connection
from jose import Key
from ledger import requirement
from test_jwt import start

SCHEMES = {"idp": {"type": "http", "scheme": "bearer", "x-verbatim": {"keys": "keys.json", "issuer": "me", "roles": "groups"}}}
NOTE = {
    "type": "object",
    "required": ["title"],
    "properties": {
        "id": {"type": "integer", "readOnly": True},
        "owner": {"type": "string", "x-verbatim": {"value": "owner"}},
        "title": {"type": "string"},
        "shared": {"type": "boolean"},
        "state": {"type": "string"},
        "code": {"type": "string", "x-verbatim": {"unique": True}},
    },
}
JSON = {"application/json": {"schema": NOTE}}
OF_ID = [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}]
OF_NAME = [{"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}]


def operation(*rules, content=None, status="200", shown=True):
    said = {"responses": {status: {"description": "it", **({"content": JSON} if shown else {})}}}
    if rules:
        said["x-verbatim"] = {"allow": list(rules)}
    if content:
        said["requestBody"] = {"content": content}
    return said


def collection(path, conceal):
    """Notes that their owners and admins see; members see what is shared."""
    extension = {"conceal": True} if conceal else {}
    return {
        path: {
            "get": {"responses": {"200": {"description": "them", "content": {"application/json": {"schema": {"type": "array", "items": NOTE}}}}}},
            "post": operation("account", content=JSON, status="201"),
            "delete": operation("account", status="204", shown=False),
        },
        path + "/{id}": {
            "parameters": OF_ID,
            "x-verbatim": extension,
            "get": operation("owner", "role:admin", "resource.shared AND role:member"),
            "put": operation("owner OR role:admin", content=JSON),
            "patch": operation("owner AND content.state != published", "role:admin", content={"application/merge-patch+json": {}}),
            "delete": operation("role:admin", status="204", shown=False),
        },
    }


def drawer(**rules):
    return {
        "parameters": OF_NAME,
        "get": operation(*rules.get("get", [])),
        "put": operation(*rules.get("put", []), content=JSON),
        "delete": operation(*rules.get("delete", []), status="204", shown=False),
        "x-verbatim": {"conceal": rules.get("conceal", False), "tombstones": rules.get("tombstones", False)},
    }


TEXT = {
    "openapi": "3.1.0",
    "info": {"title": "Notes", "version": "1"},
    "components": {"securitySchemes": SCHEMES},
    "paths": {
        **collection("/notes", False),
        **collection("/secrets", True),
        "/drawers/{name}": drawer(get=["owner"], put=["owner"], delete=["owner"], conceal=True, tombstones=True),
        "/boxes/{name}": drawer(get=["role:admin"], put=["account"], delete=["account"]),
        "/doors/{name}": {"parameters": OF_NAME, "get": operation("anyone"), "put": operation("anyone", content=JSON)},
        "/files": {"x-verbatim": {"archetype": "files", "from": "files"}, "get": operation("account")},
        "/plain/{name}": {"parameters": OF_NAME, "get": operation(), "put": operation(content=JSON)},
    },
}

# Who asks: subject and groups; None: nobody.
PEOPLE = {"root": ["admin"], "ann": ["member"], "bob": ["member"], "eve": [], None: None}


def with_files(folder):
    (folder / "files").mkdir()
    (folder / "files" / "a.txt").write_text("a")
    return folder


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    return Key(tmp_path_factory.mktemp("keys"), "HS256", "hs256")


@pytest.fixture(scope="module")
def server(module_serve, tmp_path_factory, key):
    folder = tmp_path_factory.mktemp("rules")
    return start(module_serve, with_files(folder), TEXT, {"keys.json": {"keys": [key.jwk()]}})


@pytest.fixture(scope="module")
def tokens(key):
    now = int(time.time())
    return {who: key.token({"iss": "me", "sub": who, "iat": now, "exp": now + 3600, "groups": groups}) for who, groups in PEOPLE.items() if who}


@pytest.fixture(scope="module")
def ask(server, tokens):
    """ask(who, method, path, json=…, headers=…) gives the response."""

    def asking(who, method, path, headers=(), **more):
        fields = dict(headers)
        if who:
            fields["Authorization"] = f"Bearer {tokens[who]}"
        return server.client().request(method, path, fields, **more)

    return asking


def made(ask, path, who="ann", **more):
    response = ask(who, "POST", path, json={"title": "t", **more})
    assert response.status == 201, response.body
    return response.headers["Location"]


# --- the table ---------------------------------------------------------------

METHODS = ["GET", "HEAD", "PUT", "draft", "publish", "DELETE"]
WHOSE = ["ann's", "shared by ann", "nowhere"]


def rule(method, who, whose):
    """True, False, or None where only the resource can tell and there is none."""
    admin, member = who == "root", who in ("ann", "bob")
    owner = None if whose == "nowhere" else who == "ann"
    if who is None:
        owner = False
    if admin:
        return True
    if method in ("GET", "HEAD"):
        if owner:
            return True
        if whose == "nowhere":
            return None if owner is None or member else False
        return whose == "shared by ann" and member
    if method == "PUT":
        return owner
    if method in ("draft", "publish"):
        return False if owner is False else None if owner is None else method == "draft"
    return False


def expected(method, who, whose, conceal):
    may = rule(method, who, whose)
    if may is None:
        return 404
    if may:
        return 404 if whose == "nowhere" else 204 if method == "DELETE" else 200
    if method == "publish" and who == "ann":  # who sees it, is told no
        return 403
    # What who asks decides alone, is decided before what is there.
    return 404 if conceal else 403


CONTENT = {
    "PUT": ("PUT", {"json": {"title": "new"}}),
    "draft": ("PATCH", {"json": {"state": "draft"}, "headers": {"Content-Type": "application/merge-patch+json"}}),
    "publish": ("PATCH", {"json": {"state": "published"}, "headers": {"Content-Type": "application/merge-patch+json"}}),
}


def attempt(ask, who, method, uri, **more):
    method, content = CONTENT.get(method, (method, {}))
    headers = {**content.get("headers", {}), **more.pop("headers", {})}
    return ask(who, method, uri, headers, **{k: v for k, v in content.items() if k != "headers"}, **more)


@pytest.mark.parametrize("path", ["/notes", "/secrets"])
@pytest.mark.parametrize("who,method,whose", list(itertools.product(PEOPLE, METHODS, WHOSE)))
def test_the_rules_as_a_table(ask, path, who, method, whose):
    uri = f"{path}/987654" if whose == "nowhere" else made(ask, path, shared=whose == "shared by ann")
    response = attempt(ask, who, method, uri)
    assert response.status == expected(method, who, whose, path == "/secrets"), response.body
    assert response.headers["Cache-Control"] == "private, no-cache"
    if whose != "nowhere" and response.status >= 400:  # nothing was done
        assert "state" not in json.loads(ask("ann", "GET", uri).body)


# --- what is concealed --------------------------------------------------------


def looks(response, uri):
    """All that a client sees, but for the date and what it said itself."""
    fields = sorted((name.lower(), value) for name, value in response.headers if name.lower() != "date")
    return response.status, [(n, v.replace(uri, "URI")) for n, v in fields], response.body.replace(uri.encode(), b"URI")


HEADERS = [
    {},
    {"Accept": "text/html"},
    {"Accept": "image/png"},
    {"Accept-Encoding": "identity;q=0, *;q=0"},
    {"If-Match": "*"},
    {"If-Match": '"x"'},
    {"If-None-Match": "*"},
    {"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"},
    {"If-Unmodified-Since": "Thu, 01 Jan 1970 00:00:10 GMT"},
    {"Range": "bytes=0-1"},
    {"Prefer": "return=representation"},
    {"Want-Content-Digest": "sha-256=1"},
]


@requirement("9110-15.5.4-01")
@pytest.mark.parametrize("headers", HEADERS, ids=str)
@pytest.mark.parametrize("who,method", list(itertools.product(["bob", "eve", None], ["GET", "HEAD", "PUT", "draft", "DELETE"])))
def test_what_is_concealed_looks_like_what_is_not_there(ask, who, method, headers):
    there, nowhere = made(ask, "/secrets"), "/secrets/987654"
    for warm in (False, True):  # read from the store, and kept in memory
        if warm:
            ask("ann", "GET", there)
        one = attempt(ask, who, method, there, headers=headers)
        assert looks(one, there) == looks(attempt(ask, who, method, nowhere, headers=headers), nowhere)
        assert one.status == 404 or (one.status == 406 and "Accept" in str(headers))


def test_what_became_of_it_is_not_told_either(ask):
    assert ask("ann", "PUT", "/drawers/gone", json={"title": "t"}).status == 201
    assert ask("ann", "DELETE", "/drawers/gone").status == 204
    for who in ("bob", None):
        assert looks(ask(who, "GET", "/drawers/gone"), "/drawers/gone") == looks(ask(who, "GET", "/drawers/none"), "/drawers/none")


def test_a_key_of_somebody_else_is_another_key(ask):
    key = {"Idempotency-Key": '"k1"'}
    first = ask("ann", "POST", "/secrets", key, json={"title": "t"})
    again = ask("ann", "POST", "/secrets", key, json={"title": "t"})
    other = ask("bob", "POST", "/secrets", key, json={"title": "t"})
    assert first.status == again.status == other.status == 201
    assert first.headers["Location"] == again.headers["Location"] != other.headers["Location"]
    assert json.loads(again.body)["owner"] == "ann" and json.loads(other.body)["owner"] == "bob"


# --- ownership ----------------------------------------------------------------


def test_the_owner_is_who_made_it_whatever_is_said(ask):
    uri = made(ask, "/notes", owner="bob")
    assert json.loads(ask("ann", "GET", uri).body)["owner"] == "ann"
    assert json.loads(ask("root", "PUT", uri, json={"title": "n", "owner": "root"}).body)["owner"] == "ann"
    patch = {"Content-Type": "application/merge-patch+json"}
    assert json.loads(ask("ann", "PATCH", uri, patch, json={"owner": None}).body)["owner"] == "ann"


def test_where_there_is_nothing_whoever_makes_it_owns_it(ask):
    assert ask("ann", "PUT", "/drawers/a", json={"title": "t"}).status == 201
    assert ask("ann", "PUT", "/drawers/a", json={"title": "u"}).status == 200
    assert ask("bob", "PUT", "/drawers/a", json={"title": "u"}).status == 404
    assert ask(None, "PUT", "/drawers/b", json={"title": "u"}).status == 404


def test_who_loses_it_meanwhile_does_not_write_it(server, ask, tokens):
    """The owner changes between `exists` and `commit`: AGAIN, and the rule is asked anew."""
    assert ask("ann", "PUT", "/drawers/race", json={"title": "ann's"}).status == 201
    content = b'{"title": "late"}'
    head = f"PUT /drawers/race HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {tokens['ann']}\r\nExpect: 100-continue\r\n"
    head += f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    with Connection(server.address) as connection:
        connection.send(head.encode())
        assert connection.read_interim().status == 100  # she may: it is hers
        assert ask("ann", "DELETE", "/drawers/race").status == 204
        assert ask("bob", "PUT", "/drawers/race", json={"title": "bob's"}).status == 201
        connection.send(content)
        assert connection.read_response("PUT").status == 404
    assert json.loads(ask("bob", "GET", "/drawers/race").body)["title"] == "bob's"


def test_who_may_write_but_not_read_is_shown_nothing(ask):
    prefer = {"Prefer": "return=representation"}
    for who, shown in (("ann", False), ("root", True)):
        for _ in range(2):
            response = ask(who, "PUT", f"/boxes/{who}", prefer, json={"title": "t", "code": who})
            assert (len(response.body) > 0) == shown
    assert ask("ann", "GET", "/boxes/ann").status == 403


def test_a_rule_is_asked_instead_of_where_who_asks_is(ask):
    assert ask(None, "PUT", "/doors/a", json={"title": "t"}).status == 201
    assert ask(None, "GET", "/doors/a").status == 200


def test_files_are_for_whom_they_are(ask):
    assert ask(None, "GET", "/files/a.txt").status == 403
    response = ask("eve", "GET", "/files/a.txt")
    assert response.body == b"a" and response.headers["Cache-Control"] == "private, no-cache"


# --- content ------------------------------------------------------------------


def test_content_is_what_it_is_to_become(ask):
    uri = made(ask, "/notes", state="published")
    patch = {"Content-Type": "application/merge-patch+json"}
    refused = ask("ann", "PATCH", uri, patch, json={"title": "n"})  # it would stay published
    assert refused.status == 403
    assert json.loads(refused.body)["errors"][0]["pointer"] == "/state"
    assert ask("ann", "PATCH", uri, patch, json={"state": "draft"}).status == 200


# --- listings -----------------------------------------------------------------


def filled(module_serve, folder, key, tokens, **more):
    """A server of its own with notes of ann (a1..a5) and bob (b1..b5), of which the first of each is shared."""
    server = start(module_serve, with_files(folder), TEXT, {"keys.json": {"keys": [key.jwk()]}})

    def asking(who, method, path, headers=(), **more):
        fields = dict(headers, **({"Authorization": f"Bearer {tokens[who]}"} if who else {}))
        return server.client().request(method, path, fields, **more)

    for n, who in itertools.product(range(1, 6), ("ann", "bob")):
        made(asking, "/secrets", who, title=f"{who[0]}{n}", shared=n == 1, **more)
    return asking


@pytest.fixture(scope="module")
def mixed(module_serve, tmp_path_factory, key, tokens):
    return filled(module_serve, tmp_path_factory.mktemp("mixed"), key, tokens)


@pytest.fixture(scope="module")
def wide(module_serve, tmp_path_factory, key, tokens):
    """The same, each note so long that few of them are read at a time."""
    return filled(module_serve, tmp_path_factory.mktemp("wide"), key, tokens, state="x" * 30_000)


SEEN = {
    "root": [f"{who}{n}" for n in range(1, 6) for who in "ab"],
    "ann": ["a1", "b1", "a2", "a3", "a4", "a5"],
    "bob": ["a1", "b1", "b2", "b3", "b4", "b5"],
    "eve": [],
    None: [],
}


def titles(response):
    assert response.status == 200, response.body
    return [note["title"] for note in json.loads(response.body)]


@pytest.mark.parametrize("who", SEEN)
def test_a_listing_shows_what_may_be_read(mixed, who):
    for _ in range(2):
        response = mixed(who, "GET", "/secrets", {"Prefer": "count=exact"})
        assert titles(response) == SEEN[who]
        assert response.headers["Total-Count"] == str(len(SEEN[who]))
        assert response.headers["Cache-Control"] == "private, no-cache"
        assert titles(mixed(who, "GET", "/secrets")) == SEEN[who]
    assert titles(mixed(who, "GET", "/secrets?sort=-title")) == sorted(SEEN[who], reverse=True)
    assert titles(mixed(who, "QUERY", "/secrets", json={"sort": "title"})) == sorted(SEEN[who])
    assert titles(mixed(who, "GET", "/secrets?title=b2")) == [t for t in SEEN[who] if t == "b2"]


@pytest.mark.parametrize("who", SEEN)
@pytest.mark.parametrize("query", ["", "?fields=title", "?sort=title"])
def test_lines_of_it_show_just_that_to_the_end(mixed, wide, who, query):
    for notes in (mixed, wide):
        response = notes(who, "GET", "/secrets" + query, {"Accept": "application/x-ndjson"})
        seen = [json.loads(line)["title"] for line in response.body.splitlines()]
        assert seen == (sorted(SEEN[who]) if "sort" in query else SEEN[who])
        assert response.headers["Cache-Control"] == "private, no-cache"
    if who == "root":
        assert "Content-Length" not in response.headers


@pytest.mark.parametrize("query", ["limit=2", "limit=2&sort=title", "limit=1&sort=-title"])
@pytest.mark.parametrize("who", SEEN)
def test_its_pages_lead_through_just_that(mixed, who, query):
    uri, seen, pages = f"/secrets?{query}", [], 0
    while uri:
        response = mixed(who, "GET", uri)
        page = titles(response)
        assert page or not seen
        seen += page
        pages += 1
        links = dict(reversed(link.strip().split("; ")) for link in response.headers["Link"].split(", "))
        uri = links.get('rel="next"', "").strip("<>")
    expected = SEEN[who] if "sort" not in query else sorted(SEEN[who], reverse="-" in query)
    size = int(query[6])
    assert seen == expected and pages == max(1, -(-len(seen) // size))


def test_a_page_of_one_is_not_current_for_another(mixed):
    tags = {who: mixed(who, "GET", "/secrets").headers["ETag"] for who in SEEN}
    assert len(set(tags.values())) == len(tags)
    for who, other in itertools.product(SEEN, SEEN):
        status = mixed(who, "GET", "/secrets", {"If-None-Match": tags[other]}).status
        assert status == (304 if who == other else 200)


def test_to_delete_a_collection_does_not_tell_of_its_members(mixed):
    assert mixed("ann", "DELETE", "/secrets").status == 403
    assert mixed("ann", "DELETE", "/notes").status == 403  # which is empty
    assert mixed("root", "DELETE", "/notes").status == 204
    refused = mixed("root", "DELETE", "/secrets")
    assert refused.status == 409 and b"/secrets/" not in refused.body.replace(b'"/secrets"', b"")


# --- where nothing is said ----------------------------------------------------


def test_what_has_no_rules_is_as_ever(ask):
    assert ask(None, "PUT", "/plain/a", json={"title": "t"}).status == 201
    response = ask(None, "GET", "/plain/a")
    assert response.status == 200 and response.headers["Cache-Control"] == "no-cache"
    assert ask(None, "GET", "/plain/b").headers["Cache-Control"] == "no-cache"


# --- browsers -----------------------------------------------------------------


@requirement("fetch-cross-origin-resource-policy-header-01")
@pytest.mark.parametrize("who", ["root", "ann", None])
@pytest.mark.parametrize("accept", ["application/json", "text/html", "*/*"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
def test_what_depends_on_who_asks_is_embedded_nowhere_and_not_sniffed(ask, who, accept, method):
    for path in ("/notes", "/secrets/1", made(ask, "/notes"), "/files/a.txt", "/drawers/none"):
        answer = attempt(ask, who, method, path, headers={"Accept": accept})
        if answer.headers["Cache-Control"] in ("no-cache", "no-store"):
            continue
        assert answer.headers["X-Content-Type-Options"] == "nosniff", answer
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin", answer


def test_what_is_anybody_s_says_nothing_more(ask):
    ask("ann", "PUT", "/plain/public", json={"title": "t"})
    answer = ask(None, "GET", "/plain/public")
    assert "Cross-Origin-Resource-Policy" not in answer.headers and "X-Content-Type-Options" not in answer.headers
