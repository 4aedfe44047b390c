"""Accounts of those whom others vouch for: the issuer of a JWT (OpenID Connect Core 5.1), or a CA (RFC 5280)."""

import json
import time

import pytest
from certificates import HERE, make, make_ca, options, sign
from jose import Key
from people import CHEAP, basic, operation, people, register
from test_account_command import add, merge
from test_client_certificates import showing
from test_cli import run
from test_tls import connect

GOOD = "correct horse"
ANN, BOB = "ann@example.org", "bob@example.org"
IDP = {"type": "http", "scheme": "bearer", "x-verbatim": {"keys": "keys.json", "account": "email"}}
SCHEMES = {"basic": {"type": "http", "scheme": "basic"}, "idp": IDP}
NOTE = {"type": "object", "properties": {
    "id": {"type": "string", "readOnly": True},
    "by": {"type": "string", "readOnly": True, "x-verbatim": {"value": "owner"}},
}}  # fmt: skip


def described(schemes=SCHEMES):
    """Notes, for whoever is known; what is read, and roles, are their holder's."""
    anyone = [{name: []} for name in schemes]
    said = people(
        schemes=schemes,
        **{
            "/notes": {"post": operation(NOTE, anyone, "201", NOTE)},
            "/notes/{id}": {
                "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
                "get": dict(operation(security=anyone, schema=NOTE), **{"x-verbatim": {"allow": "owner"}}),
            },
            "/admin": {
                "get": dict(operation(security=anyone, schema=NOTE), **{"x-verbatim": {"allow": "role:admin"}}),
                "put": dict(operation(NOTE, anyone, schema=NOTE), **{"x-verbatim": {"allow": "role:admin"}}),
            },
            "/scoped": {
                "put": operation(NOTE, [{name: ["write"] if name == "idp" else []} for name in schemes], schema=NOTE),
            },
            "/open": {"get": operation(security=[], schema=NOTE), "put": operation(NOTE, anyone, schema=NOTE)},
        },
    )
    said["paths"]["/people/{id}"]["get"]["x-verbatim"] = {"allow": ["self", "role:admin"]}
    return said


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    return Key(tmp_path_factory.mktemp("holders"), "ES256", "k")


@pytest.fixture
def server(serve, tmp_path, key):
    (tmp_path / "keys.json").write_text(json.dumps({"keys": [key.jwk()]}))
    (tmp_path / "api.json").write_text(json.dumps(described()))
    return serve(tmp_path / "api.json", CHEAP)


def bearer(key, email=ANN, **more):
    claims = {"sub": "4711", "exp": int(time.time()) + 600, "email": email, "email_verified": True}
    claims = {name: value for name, value in dict(claims, **more).items() if value is not None}
    return {"Authorization": f"Bearer {key.token(claims)}"}


def test_a_token_is_the_account_s_whose_login_it_says(server, key):
    client = server.client()
    home = register(client, ANN, GOOD, name="Ann")
    hers = bearer(key)
    for _ in range(2):  # also when it is remembered
        answer = client.get(home, hers)
        assert (answer.status, answer.json()["name"]) == (200, "Ann")
    assert client.get(register(client, BOB, GOOD), hers).status == 403
    # What she makes is hers, however she says who she is.
    note = client.post("/notes", hers, json={})
    assert (note.status, note.json()["by"]) == (201, home.removeprefix("/people/"))
    assert client.get(note.headers["Location"], basic(ANN, GOOD)).status == 200
    assert client.get(note.headers["Location"], bearer(key, BOB)).status == 403
    assert client.get(note.headers["Location"], bearer(key, sub="another one")).status == 200


def test_whoever_has_no_account_is_not_let_in(server, key):
    client = server.client()
    home = register(client, ANN, GOOD)
    for email in ["nobody@example.org", "", "x" * 2000, ANN + "\0", "\0" + ANN, ANN.upper(), ANN + " ", 1, None, [ANN], True]:
        for path in (home, "/open"):
            answer = client.get(path, bearer(key, email))
            assert answer.status == 401, email
            assert any('error="invalid_token"' in line for line in answer.headers.all("WWW-Authenticate"))
    # One who comes later is known at once.
    later = bearer(key, BOB)
    assert client.get("/people", later).status == 401
    his = register(client, BOB, GOOD)
    assert client.get(his, later).status == 200


@pytest.mark.parametrize("verified", [False, None, "false", 1, "TRUE", [True]])
def test_an_address_that_nobody_has_verified_is_nobody_s(server, key, verified):
    client = server.client()
    home = register(client, ANN, GOOD)
    answer = client.get(home, bearer(key, email_verified=verified))
    assert answer.status == 401
    assert client.get(home, bearer(key, email_verified="true")).status == 200


def test_what_the_account_may_is_its_own_to_say(server, key):
    client = server.client()
    home = register(client, ANN, GOOD)
    hers = bearer(key, roles=["admin"], scope="write")
    assert client.get("/admin", hers).status == 403
    server.stop()
    root = "root@example.org"
    assert add(server.description, root, "--role", "admin", data=server.data).returncode == 0
    server.start()
    client = server.client()
    his = basic(root, GOOD)
    assert client.put("/admin", his, json={}).status == 201
    assert client.get("/admin", bearer(key, root)).status == 200
    assert client.get("/admin", hers).status == 403
    assert merge(client, home, his, roles=["admin"]).status == 200
    assert client.get("/admin", hers).status == 200
    assert merge(client, home, his, roles=[]).status == 200
    assert client.get("/admin", hers).status == 403
    # Scopes are the token's.
    assert client.put("/scoped", hers, json={}).status == 201
    narrow = client.put("/scoped", bearer(key, scope="read"), json={})
    assert narrow.status == 403
    # Who is shut out, is renamed or is gone, is so at once.
    assert merge(client, home, his, disabled=True).status == 200
    assert client.get("/open", hers).status == 401
    assert merge(client, home, his, disabled=False).status == 200
    assert client.get("/people", hers).status == 200
    assert merge(client, home, his, email="new@example.org").status == 200
    assert client.get("/people", hers).status == 401
    assert client.get(home, bearer(key, "new@example.org")).status == 200
    other = register(client, ANN, GOOD, name="Another")  # who has the login now, has the tokens
    assert client.get(other, hers).json()["name"] == "Another"
    assert client.get(home, hers).status == 403
    assert client.delete(other, his).status == 204
    assert client.get("/people", hers).status == 401


def test_a_claim_may_be_another_one(serve, tmp_path, key):
    (tmp_path / "keys.json").write_text(json.dumps({"keys": [key.jwk()]}))
    scheme = {"type": "openIdConnect", "openIdConnectUrl": "https://id.example", "x-verbatim": {"keys": "keys.json", "account": "sub"}}
    (tmp_path / "api.json").write_text(json.dumps(described({"idp": scheme, "basic": SCHEMES["basic"]})))
    client = serve(tmp_path / "api.json", CHEAP).client()
    home = register(client, "4711", GOOD)
    assert client.get(home, bearer(key, None, email_verified=None)).status == 200
    assert client.get(home, bearer(key, sub="4712")).status == 401


@pytest.mark.parametrize(
    ("scheme", "told"),
    [
        (dict(IDP, **{"x-verbatim": {"keys": "keys.json", "account": ""}}), '"account" names a claim'),
        (dict(IDP, **{"x-verbatim": {"keys": "keys.json", "account": ["email"]}}), '"account" must be a string'),
        (dict(IDP, **{"x-verbatim": {"keys": "keys.json", "account": "email", "roles": "groups"}}),
         '"account" and "roles" are one too many: an account has roles of its own'),
        (dict(IDP, **{"x-verbatim": {"account": "email"}}), '"account" is for tokens of others'),
        ({"type": "http", "scheme": "basic", "x-verbatim": {"account": "email"}},
         '"account" is for bearer, oauth2, openIdConnect and mutualTLS'),
        ({"type": "mutualTLS", "x-verbatim": {"account": "mail"}},
         '"account" of a certificate must be one of email, uri, dns, cn, subject'),
        ({"type": "mutualTLS", "x-verbatim": {"account": "cn", "keys": "keys.json"}},
         '"keys" is for bearer, oauth2 and openIdConnect'),
    ],
)  # fmt: skip
def test_what_says_whose_account_it_is_is_checked(tmp_path, key, scheme, told):
    (tmp_path / "keys.json").write_text(json.dumps({"keys": [key.jwk()]}))
    (tmp_path / "api.json").write_text(json.dumps(described({"idp": scheme})))
    done = run("check", tmp_path / "api.json")
    assert done.returncode == 2
    assert told in done.stdout + done.stderr


@pytest.mark.parametrize("scheme", [IDP, {"type": "mutualTLS", "x-verbatim": {"account": "cn"}}])
def test_without_accounts_it_is_not_served(serve, tmp_path, key, scheme):
    (tmp_path / "keys.json").write_text(json.dumps({"keys": [key.jwk()]}))
    text = {
        "openapi": "3.1.0",
        "info": {"title": "None", "version": "1"},
        "components": {"securitySchemes": {"idp": scheme}},
        "paths": {"/a": {"get": operation(security=[{"idp": []}])}},
    }
    (tmp_path / "api.json").write_text(json.dumps(text))
    assert "nobody has an account (x-verbatim.accounts)" in run("check", tmp_path / "api.json").stdout
    assert serve(tmp_path / "api.json").client().get("/a", bearer(key)).status == 501


# --- certificates -------------------------------------------------------------

URI = "spiffe://example.org/ann"
SUBJECT = "CN=Ann,O=Example"
NAMES = f"subjectAltName=email:{ANN},URI:{URI},DNS:ann.example"


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shown")
    ca = make_ca(folder, "Clients")
    plain = "extendedKeyUsage=clientAuth"
    return {
        "ca": ca[0],
        "server": make(folder, "server-side"),
        "ann": sign(folder, "ann", ca, subject="/O=Example/CN=Ann", extensions=NAMES),
        "two": sign(folder, "two", ca, subject="/CN=Ann/CN=Bob",
                    extensions=NAMES + f",email:{BOB},URI:{URI}/2,DNS:bob.example"),
        "none": sign(folder, "none", ca, subject="/O=Example", extensions=plain),
        "nobody": sign(folder, "nobody", ca, subject="/CN=Nobody", extensions=f"subjectAltName=email:{BOB},URI:a:b,DNS:b.example"),
    }  # fmt: skip


def get(server, pair, path):
    with connect(server, context=showing(pair)) as connection:
        connection.send(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        return connection.read_response("GET")


@pytest.mark.parametrize(
    ("name", "login"), [("email", ANN), ("uri", URI), ("dns", "ann.example"), ("cn", "Ann"), ("subject", SUBJECT)]
)
def test_a_certificate_is_the_account_s_whose_login_it_has(serve, shown, name, login):
    schemes = {"basic": SCHEMES["basic"], "cert": {"type": "mutualTLS", "x-verbatim": {"account": name}}}
    words = [*options(shown["server"]), "--tls-client-ca", shown["ca"], "--tls-client-cert", "optional", *CHEAP]
    server = serve(described(schemes), words, listen=HERE)
    server.stop()
    home = add(server.description, login, "--role", "admin", data=server.data).stdout.removesuffix("\n")
    server.start()
    for _ in range(2):
        answer = get(server, shown["ann"], home)
        assert (answer.status, answer.json()["roles"]) == (200, ["admin"])
    for other in ("two", "none", "nobody", None):
        assert get(server, shown[other] if other else None, home).status == 401, other
    # A browser sends it without being asked: where anybody may, nobody's is no harm.
    assert get(server, shown["nobody"], "/open").status == 404
    assert get(server, shown["ann"], "/open").status == 404


def test_a_subject_is_never_an_account_s_id(serve, tmp_path, key):
    """What an issuer calls somebody is no account here, whatever it looks like."""
    (tmp_path / "keys.json").write_text(json.dumps({"keys": [key.jwk()]}))
    schemes = SCHEMES | {"idp": {"type": "http", "scheme": "bearer", "x-verbatim": {"keys": "keys.json"}}}
    (tmp_path / "api.json").write_text(json.dumps(described(schemes)))
    client = serve(tmp_path / "api.json", CHEAP).client()
    home = register(client, ANN, GOOD)
    note = client.post("/notes", basic(ANN, GOOD), json={}).headers["Location"]
    for claimed in (home.rpartition("/")[2], home):
        assert client.get(note, bearer(key, sub=claimed)).status == 403
        own = client.post("/notes", bearer(key, sub=claimed), json={})
        assert own.json()["by"] == f"idp|{claimed}"
        assert client.get(own.headers["Location"], bearer(key, sub=claimed)).status == 200
        assert client.get(own.headers["Location"], basic(ANN, GOOD)).status == 403
