"""Tokens of somebody else: what is taken, and the attacks that are not (RFC 7519, RFC 8725, RFC 6750)."""

import hashlib
import hmac
import json
import time

import pytest
from h1 import Connection
from jose import Key, b64, openssl
from ledger import requirement
from test_cli import run
from test_security import description, document

ISSUER = "https://id.example"
ALGORITHMS = ["HS256", "RS256", "PS256", "ES256", "EdDSA"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("jwt")


@pytest.fixture(scope="module")
def keys(folder):
    return {alg: Key(folder, alg, alg.lower()) for alg in ALGORITHMS}


@pytest.fixture(scope="module")
def stranger(folder):
    return {alg: Key(folder, alg, f"other-{alg.lower()}") for alg in ALGORITHMS}


RULES = {"keys": "keys.json", "issuer": ISSUER, "audience": ["books", "films"], "roles": "groups", "leeway": 5}
SCHEMES = {
    "idp": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "x-verbatim": RULES},
    "oauth": {"type": "oauth2", "flows": {}, "x-verbatim": RULES},
    "connect": {"type": "openIdConnect", "openIdConnectUrl": ISSUER, "x-verbatim": RULES},
}
PATHS = {
    "/a": document(get=[{"idp": []}], put=[{"idp": ["write"]}]),
    "/oauth": document(get=[{"oauth": ["read"]}]),
    "/connect": document(get=[{"connect": []}, {"oauth": ["admin"]}]),
    "/open": document(get=[], put=[{"idp": []}, {}]),
}


def start(make, folder, text, files):
    """A server whose description has these files beside it."""
    for name, content in files.items():
        (folder / name).write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    path = folder / "api.json"
    path.write_text(json.dumps(text))
    return make(path)


@pytest.fixture(scope="module")
def server(module_serve, folder, keys):
    files = {"keys.json": {"keys": [key.jwk() for key in keys.values()]}}
    server = start(module_serve, folder, description(SCHEMES, PATHS), files)
    assert server.client().put("/open", json={}).status == 201
    assert ask(server, keys["ES256"].token(claims()), "PUT", "/a", json={}).status == 201
    return server


def claims(**more):
    now = int(time.time())
    usual = {"iss": ISSUER, "aud": "books", "sub": "ann", "iat": now, "exp": now + 600, "scope": "read write"}
    return {name: value for name, value in dict(usual, **more).items() if value is not None}


def ask(server, token, method="GET", path="/open", **more):
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return server.client().request(method, path, headers, **more)


def put(server, token):
    return ask(server, token, "PUT", "/a", json={})


@pytest.mark.parametrize("alg", ALGORITHMS)
def test_each_algorithm_is_taken(server, keys, alg):
    token = keys[alg].token(claims())
    assert put(server, token).status in (201, 204)
    assert ask(server, token, path="/a").status == 200
    assert ask(server, token, path="/a").status == 200  # verified before
    assert ask(server, keys[alg].token(claims(), kid=None, typ="at+jwt")).status == 200


def confused(keys):
    """HS256 with what is public of another key as its secret (RFC 8725 section 2.1)."""
    head, body = b64({"alg": "HS256", "kid": "rs256"}), b64(claims())
    for secret in (keys["RS256"].pem, keys["RS256"].der, b64(keys["RS256"].der).encode()):
        mac = hmac.new(secret, f"{head}.{body}".encode(), hashlib.sha256).digest()
        yield f"{head}.{body}.{b64(mac)}"


def attacks(keys, stranger):
    """Tokens that are no good, by what is wrong with them."""
    good = keys["ES256"].token(claims())
    head, body, mac = good.split(".")
    der = openssl("dgst", "-sha256", "-sign", keys["ES256"].file, data=f"{head}.{body}".encode())
    rsa = keys["RS256"].token(claims())
    yield "alg none", f"{b64({'alg': 'none'})}.{body}."
    yield "alg none with a signature", f"{b64({'alg': 'none'})}.{body}.{mac}"
    yield "alg nOnE", f"{b64({'alg': 'nOnE'})}.{body}."
    for i, token in enumerate(confused(keys)):
        yield f"key confusion {i}", token
    yield "PS256 said to be RS256", keys["PS256"].token(claims(), alg="RS256")
    yield "RS256 by the PS256 key", keys["RS256"].token(claims(), kid="ps256")
    yield "another's kid", keys["ES256"].token(claims(), kid="eddsa")
    yield "an unknown kid", keys["ES256"].token(claims(), kid="nobody")
    yield "a kid that is a path", keys["ES256"].token(claims(), kid="../../../dev/null")
    for alg in ALGORITHMS:
        yield f"a stranger's {alg}", stranger[alg].token(claims(), kid=alg.lower())
    yield "a key in the header", stranger["ES256"].token(claims(), kid=None, jwk=stranger["ES256"].jwk())
    yield "a URI of a key", stranger["ES256"].token(claims(), kid=None, jku="https://evil.example/keys")
    yield "expired", keys["ES256"].token(claims(exp=int(time.time()) - 10))
    yield "without exp", keys["ES256"].token(claims(exp=None))
    yield "exp as text", keys["ES256"].token(claims(exp=str(int(time.time()) + 100)))
    yield "not yet", keys["ES256"].token(claims(nbf=int(time.time()) + 100))
    yield "of tomorrow", keys["ES256"].token(claims(iat=int(time.time()) + 86400))
    yield "another audience", keys["ES256"].token(claims(aud="music"))
    yield "no audience", keys["ES256"].token(claims(aud=None))
    yield "another issuer", keys["ES256"].token(claims(iss="https://evil.example"))
    yield "no issuer", keys["ES256"].token(claims(iss=None))
    yield "no subject", keys["ES256"].token(claims(sub=None))
    yield "claims twice", keys["ES256"].token(json.dumps(claims())[:-1] + ', "aud": "books"}')
    yield "no object", keys["ES256"].token([claims()])
    yield "no JSON", keys["ES256"].token("claims")
    yield "crit", keys["ES256"].token(claims(), crit=["exp"], exp=1)
    yield "compressed", keys["ES256"].token(claims(), zip="DEF")
    yield "nested", keys["ES256"].token(claims(), cty="JWT")
    yield "another type", keys["ES256"].token(claims(), typ="dpop+jwt")
    yield "a DER signature", f"{head}.{body}.{b64(der)}"
    yield "zeros for a signature", f"{head}.{body}.{b64(bytes(64))}"
    yield "no signature", f"{head}.{body}."
    yield "two parts", f"{head}.{body}"
    yield "four parts", f"{good}.x"
    yield "five parts", f"{good}.x.x"
    yield "padding", good + "=="
    yield "a longer RSA signature", rsa[: rsa.rindex(".") + 1] + b64(b"\0" + keys["RS256"].sign(rsa[: rsa.rindex(".")].encode()))
    yield "huge", keys["HS256"].token(claims(pad="x" * 7000))
    yield "too many scopes", keys["HS256"].token(claims(scope=" ".join(["s"] * 300)))
    yield "scopes that are none", keys["HS256"].token(claims(scope={"a": 1}))
    yield "nothing", ""
    yield "no token", "x"


@requirement("9110-11.4-01", "9110-11.6.1-01")
def test_no_attack_goes_through(server, keys, stranger):
    for name, token in attacks(keys, stranger):
        for method, path in (("GET", "/a"), ("GET", "/open"), ("PUT", "/a"), ("PUT", "/open")):
            answer = ask(server, token, method, path, **({"json": {}} if method == "PUT" else {}))
            assert answer.status == 401, f"{name}: {method} {path} is {answer.status}"
            challenge = answer.headers.all("WWW-Authenticate")
            assert 'error="invalid_token"' in challenge[0], f"{name}: {challenge}"
            assert not token or token not in answer.text
    assert ask(server, keys["ES256"].token(claims())).status == 200


@requirement("9110-11.2-01", "9110-11.5-02", "9110-11.6.1-01", "9110-15.5.2-01", "9110-16.4.2-02")
def test_who_says_nothing_is_told_what_would_do(server):
    answer = ask(server, None, path="/a")
    assert (answer.status, answer.headers.all("WWW-Authenticate")) == (401, ['Bearer realm="Secured"'])
    assert answer.json()["detail"] == "What would do: a token (Bearer)."
    answer = ask(server, None, path="/connect")
    assert answer.headers.all("WWW-Authenticate") == ['Bearer realm="Secured"', 'Bearer realm="Secured", scope="admin"']
    assert ask(server, None).status == 200


def test_why_a_token_is_refused_is_told(server, keys):
    answer = ask(server, keys["EdDSA"].token(claims(exp=1)), path="/a")
    assert answer.json()["detail"].startswith("The token is refused. It has expired.")


@requirement("9110-11.4-03", "9110-11.6.1-02")
@pytest.mark.parametrize("alg", ["ES256", "HS256"])
def test_what_a_token_lacks_is_403_and_named(server, keys, alg):
    answer = put(server, keys[alg].token(claims(scope="read")))
    assert answer.status == 403
    assert answer.headers.all("WWW-Authenticate") == ['Bearer realm="Secured", error="insufficient_scope", scope="write"']
    for scopes in ({"scope": None, "scp": ["write"]}, {"scope": None, "scopes": ["x", "write"]}, {"scope": None, "scp": "x write"}):
        assert put(server, keys[alg].token(claims(**scopes))).status in (201, 204)


@requirement("9110-3.3-01", "9110-16.4.2-01")
def test_each_request_says_by_itself_who_it_is_from(server, keys):
    said = f"Authorization: Bearer {keys['ES256'].token(claims())}\r\n"
    for _ in range(2):
        with Connection(server.address) as connection:
            for lines, status in ((said, 200), ("", 401), (said, 200), ("From: ann@example.org\r\n", 401)):
                connection.send(f"GET /a HTTP/1.1\r\nHost: localhost\r\n{lines}\r\n".encode())
                assert connection.read_response("GET").status == status


@requirement("9110-10.1.2-01")
def test_from_gives_nobody_a_right(server):
    answer = server.client().get("/a", {"From": "ann"})
    assert answer.status == 401


def test_any_audience_of_ours_does(server, keys):
    for audience in ("films", ["books"], ["music", "films"]):
        assert ask(server, keys["ES256"].token(claims(aud=audience))).status == 200


def test_what_was_verified_expires_all_the_same(server, keys):
    token = keys["ES256"].token(claims(exp=int(time.time()) - 3))  # within the leeway
    assert ask(server, token).status == 200
    deadline = time.monotonic() + 20
    while ask(server, token).status == 200:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert ask(server, token).status == 401


def test_a_reload_takes_other_keys(serve, tmp_path, keys, stranger):
    key, other = keys["ES256"], stranger["ES256"]
    text = description({"idp": SCHEMES["idp"]}, {"/a": PATHS["/open"]})
    server = start(serve, tmp_path, text, {"keys.json": {"keys": [key.jwk()]}})
    old, new = key.token(claims(), kid=None), other.token(claims(), kid=None)
    assert ask(server, old, "PUT", "/a", json={}).status == 201
    assert (ask(server, old, path="/a").status, ask(server, new, path="/a").status) == (200, 401)
    (tmp_path / "keys.json").write_text(json.dumps({"keys": [other.jwk()]}))
    server.reload()
    deadline = time.monotonic() + 20
    while ask(server, new, path="/a").status != 200:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert ask(server, old, path="/a").status == 401


def test_keys_may_be_pem(serve, tmp_path, keys):
    text = description({"idp": SCHEMES["idp"]}, {"/a": PATHS["/open"]})
    pem = keys["RS256"].pem + keys["ES256"].pem + keys["EdDSA"].pem
    server = start(serve, tmp_path, text, {"keys.json": pem})
    for alg in ("RS256", "ES256", "EdDSA"):
        assert ask(server, keys[alg].token(claims()), "PUT", "/a", json={}).status in (201, 204)
    assert ask(server, keys["PS256"].token(claims()), "PUT", "/a", json={}).status == 401


@pytest.mark.parametrize("content, why", [
    (None, 'cannot open "'),
    (b"{}", "it is no JWK Set: keys is missing"),
    (b'{"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}', "a secret key has fewer than 256 bits"),
    (b"no keys", "it is neither PEM nor JSON"),
])  # fmt: skip
@pytest.mark.parametrize("command", ["check", "serve"])
def test_keys_that_are_no_good_are_an_error(tmp_path, content, why, command):
    (tmp_path / "api.json").write_text(json.dumps(description({"idp": SCHEMES["idp"]}, {"/a": PATHS["/open"]})))
    if content is not None:
        (tmp_path / "keys.json").write_bytes(content)
    words = ["--listen", "127.0.0.1:0", "--data", str(tmp_path / "data")] if command == "serve" else []
    done = run(command, *words, str(tmp_path / "api.json"))
    assert done.returncode == 2
    assert why in done.stderr
    assert "c2VjcmV0" not in done.stderr
