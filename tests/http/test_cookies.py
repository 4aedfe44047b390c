"""Cookies as they come in (RFC 6265bis): in several lines, as crumbs, in any order, and as credentials that a browser adds."""

import re
import time

import pytest
from certificates import HERE, of_the_suite, options
from ledger import requirement
from message import Reset
from people import CHEAP, basic, operation, people, register
from test_sessions import log_in, secret_of, set_cookies, site

GOOD = "correct horse"
SCHEMES = {"basic": {"type": "http", "scheme": "basic"}, "cookie": {"type": "apiKey", "in": "cookie", "name": "key"}}
STRING = {"type": "string"}
KEY = [{"cookie": []}]
LINE, ALL = 16 * 1024, 64 * 1024  # octets of a field, and of all


def cookie(name, **schema):
    return {"name": name, "in": "cookie", "schema": schema}


PATHS = {
    "/tokens": {
        "x-verbatim": {"archetype": "token"},
        "post": operation({}, [{"basic": []}], "201", {"type": "object"}),
    },
    "/kept": {"get": operation(security=KEY, schema={}), "put": operation({}, KEY, schema={})},
    "/held": {
        "parameters": [cookie("a", type="integer"), cookie("b", type="string", enum=["x", "x y"]), cookie("q", const='"x"')],
        "get": operation(schema={}),
        "put": operation({}, schema={}),
    },
}


@pytest.fixture(scope="module")
def server(module_serve):
    server = module_serve(people(schemes=SCHEMES, **PATHS), CHEAP)
    assert server.client().put("/held", json=1).status == 201
    return server


@pytest.fixture
def client(server):
    return server.client()


@pytest.fixture(scope="module")
def token(server):
    client = server.client()
    register(client, "ann@example.org", GOOD)
    made = client.post("/tokens", basic("ann@example.org", GOOD), json={"name": "browser"})
    assert made.status == 201, made
    return made.json()["token"]


def wrong(answer):
    """The cookies that a description takes offence at."""
    return sorted(error["parameter"] for error in answer.json().get("errors", ())) if answer.status == 400 else []


# --- lines, crumbs and order -------------------------------------------------------------


@requirement("6265bis-4.2.1-02")
@pytest.mark.parametrize("lines, refused", [
    (["a=1; b=x"], []), (["a=1", "b=x"], []), (["a=z", "b=x"], ["a"]), (["a=1", "b=z"], ["b"]), (["a=z", "b=z"], ["a", "b"]),
    (["c=1; a=z", "b=z; d=1"], ["a", "b"]), (["b=x y", "a=1"], []), (["a=1,b=z"], ["a"]), (["a=1", ""], []), (["", "a=z"], ["a"]),
    ([f"c{i}=1" for i in range(15)] + ["a=z"], ["a"]),
])  # fmt: skip
def test_all_lines_count_and_crumbs_are_one_line(client, lines, refused):
    """Over HTTP/2 and HTTP/3 each is a crumb (RFC 9113 section 8.2.3, RFC 9114 section 4.2.1)."""
    assert wrong(client.get("/held", [("Cookie", line) for line in lines])) == refused


@requirement("6265bis-4.1.1-07")
@pytest.mark.parametrize("value, fits", [('"x"', True), ("x", False), ('"x', False), ("'x'", False)])
def test_quotes_belong_to_the_value(client, value, fits):
    assert wrong(client.get("/held", {"Cookie": f"q={value}"})) == ([] if fits else ["q"])


@requirement("6265bis-4.2.2-01")
@pytest.mark.parametrize("apart", [True, False])
@pytest.mark.parametrize("turned", [True, False])
def test_a_cookie_that_comes_twice_is_none_in_either_order(client, token, apart, turned):
    assert client.get("/kept", {"Cookie": f"key={token}"}).status != 401
    pair = [f"key={token}", "key=planted"]
    if turned:
        pair.reverse()
    lines = pair if apart else ["; ".join(pair)]
    assert client.get("/kept", [("Cookie", line) for line in lines]).status == 401


@requirement("6265bis-4.2.1-02")
def test_a_key_is_found_among_crumbs(client, token):
    crumbs = ["a=1", f"key={token}", "b=2"]
    assert client.get("/kept", [("Cookie", crumb) for crumb in crumbs]).status == 404
    assert client.get("/kept", [("Cookie", crumb) for crumb in crumbs if not crumb.startswith("key")]).status == 401


@pytest.mark.parametrize("crumbs", [1, 4, 16])
def test_cookies_are_bounded_however_they_come(server, client, crumbs):
    """Each crumb alone is short enough."""

    def ask(total):
        lines = [("Cookie", f"c{i}=".ljust(total // crumbs, "x")) for i in range(crumbs)]
        try:
            return server.client().get("/held", lines).status
        except Reset:
            return 431  # more than is read to be refused (RFC 9114 section 4.2.2)

    assert ask(LINE - 1024) == 200
    assert ask(ALL + 1024) == 431
    assert client.get("/held").status == 200


def test_many_crumbs_cost_no_more_than_one_line(server, client):
    """2000 crumbs of one octet are within the octets, and joined once."""
    lines = [("Cookie", "c")] * 2000
    if server.client().version == "HTTP/1.1":
        assert server.client().get("/held", lines).status == 431  # so many lines
    else:
        assert server.client().get("/held", [*lines, ("Cookie", "a=z")]).status in (400, 431)
    assert client.get("/held").status == 200


# --- as credentials ----------------------------------------------------------------------


@requirement("6265bis-8-01")
@pytest.mark.parametrize("fields, written", [
    ({}, True), ({"Sec-Fetch-Site": "same-origin"}, True), ({"Sec-Fetch-Site": "none"}, True), ({"Sec-Fetch-Site": "cross-site"}, False),
    ({"Sec-Fetch-Site": "same-site"}, False), ({"Origin": "https://evil.example"}, False), ({"Origin": "null"}, False),
])  # fmt: skip
def test_a_cookie_alone_writes_nothing_for_another_site_s_page(client, token, fields, written):
    credentials = {"Cookie": f"key={token}"}
    before = client.get("/kept", credentials)
    answer = client.put("/kept", credentials | fields, json={"by": [fields]})
    assert answer.status in ((200, 201) if written else (403,)), answer
    assert (client.get("/kept", credentials).body == before.body) != written


# --- those that are set ------------------------------------------------------------------


@pytest.fixture(scope="module")
def secure(module_serve):
    """Sessions over TLS, where cookies keep all promises."""
    server = module_serve(site({"idle": 2}), [*CHEAP, *options(of_the_suite())], listen=HERE)
    register(server.client(), "ann@example.org", GOOD)
    return server


@requirement("6265bis-4.1.1-03", "6265bis-4.1.1-05", "6265bis-4.1.2.5-01", "6265bis-4.1.3-01", "9111-7.3-01")
def test_over_tls_the_cookie_is_for_this_host_over_tls_and_no_script(secure):
    cookie, made = log_in(secure.client(), "ann@example.org", GOOD)
    assert re.fullmatch("__Host-session=[A-Za-z0-9_-]{43}", cookie)
    assert sorted(secret_of(made)[1]) == ["HttpOnly", "Path=/", "SameSite=Lax", "Secure"]
    assert made.headers["Cache-Control"] == "no-store"
    assert secure.client().get("/mine", {"Cookie": cookie}).status == 404
    assert secure.client().get("/mine", {"Cookie": cookie.removeprefix("__Host-")}).status == 401


@requirement("6265bis-4.1.2.2-01", "6265bis-4.1.3-01")
def test_over_tls_it_ends_as_it_began(secure):
    client = secure.client()
    cookie, made = log_in(client, "ann@example.org", GOOD)
    fields = {"Cookie": cookie, "Origin": f"https://{client.authority}"}
    ended, attributes = secret_of(client.request("DELETE", "/session", fields))
    assert ended == "__Host-session="
    assert set(attributes) - set(secret_of(made)[1]) == {"Expires=Thu, 01 Jan 1970 00:00:00 GMT"}
    assert client.get("/mine", {"Cookie": cookie}).status == 401


@requirement("6265bis-4.1.2.1-01")
def test_a_session_is_over_whatever_the_browser_still_sends(secure):
    cookie, _ = log_in(secure.client(), "ann@example.org", GOOD)
    deadline = time.monotonic() + 20
    assert secure.client().get("/mine", {"Cookie": cookie}).status == 404
    time.sleep(2.5)
    while secure.client().get("/mine", {"Cookie": cookie}).status != 401:
        assert time.monotonic() < deadline
        time.sleep(2.5)


@requirement("6265bis-8-01")
@pytest.mark.parametrize("fields", [{}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"}])
def test_a_session_s_cookie_alone_changes_nothing(secure, fields):
    client = secure.client()
    cookie, _ = log_in(client, "ann@example.org", GOOD)
    refused = client.put("/mine", {"Cookie": cookie} | fields, json={"by": "evil"})
    assert refused.status == 403 and not set_cookies(refused)
    assert client.get("/mine", {"Cookie": cookie}).status == 404
