"""What pages of other origins may see and send (Fetch, "CORS protocol"), as the description says it."""

import pytest
from ledger import requirement
from library import JSON, LIBRARY
from test_cli import run as verbatim
from test_tombstones import api

APP, OTHER, EVIL = "https://app.example", "http://localhost:3000", "https://evil.example"
NOTE = {"application/json": {"schema": {"type": "object"}}}
TRACED = {"in": "header", "name": "X-Trace", "schema": {"type": "string"}}


def note(cors=None, *parameters):
    described = {
        "parameters": list(parameters),
        "get": {"responses": {"200": {"description": "", "content": NOTE}}},
        "put": {"requestBody": {"content": NOTE}, "responses": {"201": {"description": ""}, "204": {"description": ""}}},
        "patch": {"requestBody": {"content": {"application/merge-patch+json": NOTE["application/json"]}},
                  "responses": {"204": {"description": ""}}},
    }  # fmt: skip
    return described | ({"x-verbatim": {"cors": cors}} if cors else {})


LISTED = {"origins": [APP, OTHER], "credentials": True, "headers": ["X-Own"], "expose": ["X-Seen"], "max-age": 60}
API = api(
    **{
        "listed": note(LISTED, TRACED),
        "plain": note({"origins": [APP]}),
        "anybody": note({"origins": ["*"]}),
        "mixed": note({"origins": ["*", APP]}),
        "none": note(),
    }
)
ALL = api(**{"note": note(None, TRACED), "other": note({"origins": [OTHER]})}) | {"x-verbatim": {"cors": LISTED}}
PATHS = ["/listed", "/plain", "/anybody", "/mixed"]


@pytest.fixture(scope="module")
def server(module_serve):
    server = module_serve(API)
    for path in [*PATHS, "/none"]:
        assert server.client().put(path, json={}).status == 201
    return server


@pytest.fixture(scope="module")
def everywhere(module_serve):
    return module_serve(ALL)


@pytest.fixture(scope="module")
def trusting(module_serve):
    return module_serve(LIBRARY, ["--origin", APP])


def allowed(answer):
    return answer.headers.get("Access-Control-Allow-Origin")


def tokens(answer, field):
    return {word.strip().lower() for word in (answer.headers.get(field) or "").split(",")}


def preflight(server, path, origin=APP, method="PUT", fields=None):
    asked = {"Origin": origin, "Access-Control-Request-Method": method}
    return server.client().options(path, asked | ({"Access-Control-Request-Headers": fields} if fields else {}))


def cors_fields(answer):
    return sorted(name for name, _ in answer.headers if name.lower().startswith("access-control-"))


@requirement("fetch-http-cors-protocol-05", "fetch-http-cors-protocol-12")
def test_a_listed_origin_gets_its_name_back_and_no_other_gets_any(server):
    for origin in APP, OTHER:
        assert allowed(server.client().get("/listed", {"Origin": origin})) == origin
    for origin in EVIL, "http://app.example", APP + "/", APP + ":444", "https://x.app.example", "app.example", "", "x y":
        answer = server.client().get("/listed", {"Origin": origin})
        assert answer.status == 200 and cors_fields(answer) == [], origin


@requirement("fetch-cors-protocol-and-credentials-02")
def test_null_is_nobody_we_know(server):
    for path in "/listed", "/plain", "/none":
        assert cors_fields(server.client().get(path, {"Origin": "null"})) == []


@requirement("fetch-cors-protocol-and-credentials-01")
def test_credentials_are_for_listed_origins_and_never_beside_a_star(server):
    answer = server.client().get("/listed", {"Origin": APP})
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"
    assert "Access-Control-Allow-Credentials" not in server.client().get("/plain", {"Origin": APP}).headers
    for path in PATHS:
        for origin in APP, EVIL, "null":
            for answer in server.client().get(path, {"Origin": origin}), preflight(server, path, origin):
                stars = [value for name, value in answer.headers if name.lower().startswith("access-control-") and "*" in value]
                assert stars in ([], ["*"])
                assert not stars or "Access-Control-Allow-Credentials" not in answer.headers


def test_a_star_is_for_anybody(server):
    for origin in APP, EVIL, "null":
        assert allowed(server.client().get("/anybody", {"Origin": origin})) == "*"
    assert allowed(server.client().get("/mixed", {"Origin": EVIL})) == "*"
    assert allowed(server.client().get("/mixed", {"Origin": APP})) == APP


@requirement("fetch-http-cors-protocol-11")
def test_what_depends_on_the_origin_says_so_whoever_asks(server):
    for path in "/listed", "/plain", "/mixed":
        for fields in {}, {"Origin": APP}, {"Origin": EVIL}:
            assert "origin" in tokens(server.client().get(path, fields), "Vary"), (path, fields)
    # The same for all, so that one stored answer serves all.
    for fields in {}, {"Origin": EVIL}:
        answer = server.client().get("/anybody", fields)
        assert "origin" not in tokens(answer, "Vary") and allowed(answer) == "*"
    assert "origin" not in tokens(server.client().get("/none", {"Origin": APP}), "Vary")


@requirement("fetch-http-cors-protocol-02", "fetch-http-cors-protocol-03", "fetch-http-cors-protocol-06")
def test_a_preflight_is_answered_from_the_methods_that_there_are(server):
    answer = preflight(server, "/listed", method="PATCH")
    assert answer.status == 204
    assert answer.headers["Access-Control-Allow-Methods"] == answer.headers["Allow"]
    assert "PATCH" in answer.headers["Access-Control-Allow-Methods"].split(", ")
    assert "DELETE" not in answer.headers["Access-Control-Allow-Methods"]
    plain = server.client().options("/listed", {"Origin": APP})
    assert plain.status == 204 and "Access-Control-Allow-Methods" not in plain.headers and allowed(plain) == APP


@requirement("fetch-http-cors-protocol-07")
def test_methods_are_told_in_their_own_case(server):
    assert "patch" not in preflight(server, "/listed", method="patch").headers["Access-Control-Allow-Methods"]


@requirement("fetch-http-cors-protocol-04")
def test_a_preflight_needs_no_credentials(module_serve):
    secured = API | {"components": {"securitySchemes": {"card": {"type": "mutualTLS"}}},
                     "security": [{"card": []}]}  # fmt: skip
    server = module_serve(secured)
    assert preflight(server, "/listed").status == 204
    assert "PUT" in preflight(server, "/listed").headers["Access-Control-Allow-Methods"]
    refused = server.client().get("/listed", {"Origin": APP})
    assert (refused.status, allowed(refused)) == (401, APP)
    assert "www-authenticate" in tokens(refused, "Access-Control-Expose-Headers")
    assert "Cross-Origin-Resource-Policy" not in refused.headers  # whom CORS lets in may embed it
    assert refused.headers["X-Content-Type-Options"] == "nosniff"


def test_a_stranger_s_preflight_is_a_plain_options(server):
    answer = preflight(server, "/listed", EVIL)
    assert answer.status == 204 and cors_fields(answer) == []


@requirement("fetch-http-cors-protocol-08")
def test_how_long_a_browser_may_remember(server):
    assert preflight(server, "/listed").headers["Access-Control-Max-Age"] == "60"
    assert preflight(server, "/plain").headers["Access-Control-Max-Age"] == "7200"


@requirement("fetch-cors-preflight-fetch-01")
def test_fields_that_clients_need_may_be_sent(server):
    answer = preflight(server, "/listed", fields="authorization,if-match,x-trace,x-own")
    names = tokens(answer, "Access-Control-Allow-Headers")
    assert {"authorization", "if-match", "idempotency-key", "prefer", "x-trace", "x-own"} <= names
    assert "x-trace" not in tokens(preflight(server, "/plain"), "Access-Control-Allow-Headers")


@requirement("fetch-http-cors-protocol-09")
def test_fields_that_clients_need_can_be_read(server):
    names = tokens(server.client().get("/listed", {"Origin": APP}), "Access-Control-Expose-Headers")
    assert {"etag", "location", "link", "retry-after", "x-seen"} <= names


@requirement("fetch-http-cors-protocol-10")
def test_errors_are_readable_as_well(server):
    client, origin = server.client(), {"Origin": APP}
    tag = client.get("/listed").headers["ETag"]
    for answer, status in [
        (client.request("POST", "/listed", origin), 405),
        (client.put("/listed", origin | JSON, b"{"), 400),
        (client.put("/listed", origin | {"If-Match": '"x"'}, json={}), 412),
        (client.get("/listed", origin | {"Accept": "image/png"}), 406),
        (client.get("/listed", origin | {"If-None-Match": tag}), 304),
    ]:
        assert (answer.status, allowed(answer)) == (status, APP)


@requirement("fetch-http-cors-protocol-01")
def test_a_listed_origin_may_write_and_so_may_our_own(server):
    fields = {"Origin": APP, "Sec-Fetch-Site": "cross-site"}
    for path in "/listed", "/plain", "/mixed":
        answer = server.client().put(path, fields, json={"by": "app"})
        assert answer.status == 204 and allowed(answer) == APP
    own = server.client().put("/listed", {"Origin": server.origin}, json={})
    assert own.status == 204 and cors_fields(own) == []


def test_a_star_lets_nobody_write_from_a_page(server):
    for path in "/anybody", "/mixed", "/none", "/listed":
        answer = server.client().put(path, {"Origin": EVIL}, json={})
        assert answer.status == 403, path


def test_the_root_s_policy_is_for_every_path_that_has_none(everywhere):
    answer = preflight(everywhere, "/note", fields="X-Trace")
    assert allowed(answer) == APP and "x-trace" in tokens(answer, "Access-Control-Allow-Headers")
    assert allowed(everywhere.client().get("/other", {"Origin": APP})) is None
    assert allowed(everywhere.client().get("/other", {"Origin": OTHER})) == OTHER
    missing = everywhere.client().get("/nothing/here", {"Origin": APP})
    assert (missing.status, allowed(missing)) == (404, APP)
    assert allowed(everywhere.client().get("/openapi.json", {"Origin": APP})) == APP


def test_the_operator_s_origins_read_and_write_with_credentials(trusting):
    answer = trusting.client().get("/books", {"Origin": APP})
    assert allowed(answer) == APP and answer.headers["Access-Control-Allow-Credentials"] == "true"
    assert "origin" in tokens(trusting.client().get("/books"), "Vary")
    assert "POST" in preflight(trusting, "/books", method="POST").headers["Access-Control-Allow-Methods"]
    assert trusting.client().post("/books", {"Origin": APP}, json={"title": "x"}).status == 201
    assert allowed(trusting.client().get("/books", {"Origin": EVIL})) is None


def test_without_a_policy_nothing_is_said(server):
    for answer in server.client().get("/none", {"Origin": APP}), preflight(server, "/none"):
        assert cors_fields(answer) == []


@pytest.mark.parametrize("cors, why", [
    ({}, 'cors needs "origins"'),
    ({"origins": []}, 'cors needs "origins"'),
    ({"origins": "https://app.example"}, "must be an array"),
    ({"origins": ["app.example"]}, "must be an origin"),
    ({"origins": ["https://app.example/"]}, "must be an origin"),
    ({"origins": ["null"]}, "must be an origin"),
    ({"origins": [7]}, "must be an origin"),
    ({"origins": ["*"], "credentials": True}, "credentials are for origins that are listed"),
    ({"origins": [APP], "headers": ["a b"]}, "must be the name of a field"),
    ({"origins": [APP], "expose": ["x\r\ny"]}, "must be the name of a field"),
    ({"origins": [APP], "max-age": -1}, "must be seconds"),
    ({"origins": [APP], "max-age": 86401}, "must be seconds"),
    ({"origins": [APP], "max-age": 1.5}, "must be seconds"),
    ({"origins": [APP], "methods": ["GET"]}, '"methods"'),
])  # fmt: skip
def test_what_a_policy_may_not_be(tmp_path, cors, why):
    import json

    file = tmp_path / "api.json"
    file.write_text(json.dumps(api(note=note() | {"x-verbatim": {"cors": cors}})))
    done = verbatim("check", file)
    assert done.returncode != 0 and why in done.stdout + done.stderr
