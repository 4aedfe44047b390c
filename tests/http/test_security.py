"""Who may ask for what: the schemes and requirements of a description (RFC 9110 section 11, OpenAPI 3.1)."""

import json

import pytest
from certificates import HERE, make, make_ca, options, sign
from jose import Key
from test_cli import run
from test_client_certificates import showing
from test_tls import connect

TEXT = {"openapi": "3.1.0", "info": {"title": "Secured", "version": "1"}}
JSON = {"application/json": {"schema": {"type": "object"}}}


def document(**security):
    """A path whose operations say who may."""
    found = {"200": {"description": "it", "content": JSON}}
    operations = {"get": {"responses": found}, "put": {"requestBody": {"content": JSON}, "responses": {"204": {"description": "done"}}}}
    return {method: dict(said, **({"security": security[method]} if method in security else {})) for method, said in operations.items()}


def description(schemes, paths, **more):
    return dict(TEXT, components={"securitySchemes": schemes}, paths=paths, **more)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    folder = tmp_path_factory.mktemp("security")
    ca = make_ca(folder, "Clients")
    return {"server": make(folder, "server-side"), "ca": ca[0], "ann": sign(folder, "ann", ca, subject="/CN=Ann")}


@pytest.fixture(scope="module")
def mutual(module_serve, certificates):
    """A server whose clients may show a certificate."""
    text = description(
        {"cert": {"type": "mutualTLS"}},
        {
            "/a": document(get=[{"cert": []}], put=[{"cert": []}]),
            "/admin": document(get=[{"cert": ["admin"]}]),
            "/open": document(get=[], put=[{"cert": []}, {}]),
        },
    )
    words = [*options(certificates["server"]), "--tls-client-ca", certificates["ca"], "--tls-client-cert", "optional"]
    return module_serve(text, words, listen=HERE)


@pytest.fixture(params=["ann", None])
def who(request, mutual, certificates):
    pair = certificates[request.param] if request.param else None
    with connect(mutual, context=showing(pair)) as connection:
        yield request.param, connection


def ask(connection, method, path, content=b""):
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    if method == "PUT":
        head += f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n"
    connection.send(head.encode() + b"\r\n" + content)
    return connection.read_response(method)


def test_a_certificate_is_who_one_is(who):
    name, connection = who
    put = ask(connection, "PUT", "/a", b"{}")
    got = ask(connection, "GET", "/a")
    head = ask(connection, "HEAD", "/a")
    if name:
        assert (put.status in (201, 204), got.status, head.status) == (True, 200, 200)
        return
    for answer in (put, got, head):
        assert answer.status == 401
        assert answer.headers.all("WWW-Authenticate") == ['Certificate realm="Secured"']
    assert got.json()["detail"] == "What would do: a client certificate (in TLS)."


def test_what_is_listed_for_a_certificate_is_a_role(who):
    name, connection = who
    answer = ask(connection, "GET", "/admin")
    assert answer.status == (403 if name else 401)


def test_where_anybody_may_anybody_does(who):
    _, connection = who
    assert ask(connection, "PUT", "/open", b"{}").status in (201, 204)
    assert ask(connection, "GET", "/open").status == 200
    assert ask(connection, "OPTIONS", "/a").status == 204


@pytest.mark.parametrize("together, told", [
    (["jwt", "token"], True), (["basic", "jwt"], True), (["jwt", "idp"], False), (["jwt", "key"], False), (["jwt"], False),
])  # fmt: skip
def test_check_tells_what_nobody_can_say_in_one_field(tmp_path, together, told):
    schemes = {
        "jwt": {"type": "http", "scheme": "bearer", "x-verbatim": {"keys": "k.json", "issuer": "me"}},
        "idp": {"type": "oauth2", "flows": {}, "x-verbatim": {"keys": "k.json", "issuer": "me"}},
        "token": {"type": "http", "scheme": "bearer"}, "basic": {"type": "http", "scheme": "basic"},
        "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
    }  # fmt: skip
    (tmp_path / "k.json").write_text(json.dumps({"keys": [Key(tmp_path, "HS256", "k").jwk()]}))
    path = tmp_path / "api.json"
    path.write_text(json.dumps(description(schemes, {"/a": document(get=[{name: [] for name in together}])})))
    done = run("check", path)
    said = done.stdout + done.stderr
    assert ("room for one" in said) == told, said
    assert not told or '"{}" and "{}"'.format(*together) in said


def test_a_scheme_that_nothing_proves_is_501_and_says_why(serve):
    text = description(
        {"digest": {"type": "http", "scheme": "digest"}, "cert": {"type": "mutualTLS"}},
        {"/a": document(get=[{"digest": []}], put=[{"digest": []}, {"cert": []}])},
    )
    client = serve(text).client()
    answer = client.get("/a")
    assert answer.status == 501
    assert "digest" in answer.json()["detail"]
    put = client.request("PUT", "/a", {"Content-Type": "application/json"}, b"{}")
    assert (put.status, put.headers.all("WWW-Authenticate")) == (401, ['Certificate realm="Secured"'])
