"""Sessions: logging in, the cookie (RFC 6265bis), who may use it from where, and what each session has of its own."""

import copy
import json
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from urllib.parse import urlencode

import pytest
from people import CHEAP, SCHEMES, basic, people, register
from test_cli import run

GOOD = "correct horse"
JSON = {"content": {"application/json": {}}}
FOUND = {"200": dict(JSON, description="it")}
GONE = {"204": {"description": "gone"}}
SAID = {"content": {"application/json": {}, "application/x-www-form-urlencoded": {}}}
IN = [{"session": []}]
GUEST = [{"session": []}, {}]
ID = [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}]
CART = {"type": "object", "properties": {"items": {"type": "array", "items": {"type": "string"}}, "at": {"type": "string", "readOnly": True, "x-verbatim": {"value": "uri"}}}}


def cookie_scheme(**rules):
    return {"type": "apiKey", "in": "cookie", "name": "session"} | ({"x-verbatim": rules} if rules else {})


def login_at(path, security=(), status="201"):
    return {
        "x-verbatim": {"archetype": "session"},
        "post": {"security": list(security), "requestBody": SAID, "responses": {status: dict(JSON, description="in")}},
    }


def cart(security=GUEST):
    whole = {"content": {"application/json": {"schema": CART}}}
    return {
        "x-verbatim": {"per": "session"},
        "get": {"security": security, "responses": {"200": dict(whole, description="it")}},
        "put": {"security": security, "requestBody": whole, "responses": {"201": {"description": "new"}, "204": {"description": "done"}}},
        "patch": {"security": security, "requestBody": {"content": {"application/merge-patch+json": {}}}, "responses": {"200": dict(whole, description="it")}},
        "delete": {"security": security, "responses": GONE},
    }


def site(rules=None, **paths):
    schemes = SCHEMES | {"session": cookie_scheme(**(rules or {}))}
    return people(
        schemes=schemes,
        **{
            "/session": login_at("/session") | {"get": {"security": GUEST, "responses": FOUND}, "delete": {"security": IN, "responses": GONE}},
            "/sessions": login_at("/sessions") | {"get": {"security": IN, "responses": FOUND}},
            "/sessions/{id}": {"parameters": ID, "get": {"security": IN, "responses": FOUND}, "delete": {"security": IN, "responses": GONE}},
            "/form": login_at("/form", status="303") | {"get": {"security": IN, "responses": FOUND}},
            "/cart": cart(),
            "/mine": {"get": {"security": IN, "responses": FOUND}, "put": {"security": IN, "requestBody": JSON, "responses": GONE | {"201": {"description": "new"}}}},
            "/public": {"get": {"security": [], "responses": FOUND}, "put": {"security": IN, "requestBody": JSON, "responses": GONE | {"201": {"description": "new"}}}},
            **paths,
        },
    )


@pytest.fixture(scope="module")
def server(module_serve):
    return module_serve(site(), [*CHEAP, "--explain"])


@pytest.fixture
def client(server):
    return server.client()


@pytest.fixture
def ann(client):
    login = f"ann{time.monotonic_ns()}@example.org"
    register(client, login, GOOD)
    return login


def name_of(client):
    """What the cookie is called: over plain HTTP, which is this machine's, no browser takes a promise."""
    return "__Host-session" if client.secure else "session"


def origin_of(client):
    return f"http{'s' if client.secure else ''}://{client.authority}"


def set_cookies(answer):
    return answer.headers.all("Set-Cookie")


def secret_of(answer):
    (text,) = set_cookies(answer)
    pair, *attributes = [part.strip() for part in text.split(";")]
    return pair, attributes


def with_cookie(client, cookie, **more):
    """The fields of a request that a page of this very server sends."""
    return {"Cookie": cookie, "Origin": origin_of(client)} | more


def log_in(client, login, password=GOOD, path="/session", **fields):
    answer = client.post(path, headers=fields, json={"email": login, "password": password})
    assert answer.status == 201, answer
    return secret_of(answer)[0], answer


# --- logging in ---


def test_who_logs_in_gets_a_session_and_may_end_it(client, ann):
    cookie, made = log_in(client, ann)
    assert made.headers["Location"] == "/session"
    assert made.headers["Cache-Control"] == "no-store"
    shown = made.json()
    assert shown["current"] is True
    assert shown["account"].startswith("/people/")
    who = client.get("/session", {"Cookie": cookie})
    assert who.status == 200
    assert who.headers["Cache-Control"] == "no-store"
    assert who.json()["id"] == shown["id"]
    assert who.json()["current"] is True
    assert client.get("/mine", {"Cookie": cookie}).status == 404
    over = client.request("DELETE", "/session", with_cookie(client, cookie))
    assert over.status == 204
    pair, attributes = secret_of(over)
    assert pair == name_of(client) + "="
    assert "Expires=Thu, 01 Jan 1970 00:00:00 GMT" in attributes
    assert over.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert client.get("/mine", {"Cookie": cookie}).status == 401
    assert client.get("/session", {"Cookie": cookie}).status == 404


def test_the_cookie_is_for_this_host_and_no_script(client, ann):
    _, made = log_in(client, ann)
    pair, attributes = secret_of(made)
    name, value = pair.split("=")
    assert name == name_of(client)
    assert len(value) == 43
    assert sorted(attributes) == ["HttpOnly", "Path=/", "SameSite=Lax", *(["Secure"] if client.secure else [])]


@pytest.mark.parametrize("name", ["__Host-session", "__Secure-session"])
def test_the_promise_of_a_name_is_the_server_s_to_make(serve, name):
    """Called so or not in the description: over plain HTTP it has none, and strict is said where that is wanted."""
    document = site({"same-site": "strict"})
    document["components"]["securitySchemes"]["session"]["name"] = name
    client = serve(document, CHEAP).client()
    pair, attributes = secret_of(client.put("/cart", json={}))
    assert pair.partition("=")[0] == name_of(client)
    assert "SameSite=Strict" in attributes
    assert client.get("/cart", {"Cookie": pair}).status == 200


@pytest.mark.parametrize("kind", ["form", "json"])
def test_a_form_logs_in_as_json_does(client, ann, kind):
    said = {"email": ann, "password": GOOD}
    if kind == "json":
        answer = client.post("/session", json=said)
    else:
        answer = client.post("/session", headers={"Content-Type": "application/x-www-form-urlencoded"}, body=urlencode(said))
    assert answer.status == 201
    assert len(secret_of(answer)[0]) == len(name_of(client)) + 44


def test_after_a_form_the_browser_is_led_on_where_that_is_described(client, ann):
    answer = client.post("/form", headers={"Content-Type": "application/x-www-form-urlencoded"}, body=urlencode({"email": ann, "password": GOOD}))
    assert answer.status == 303
    assert answer.headers["Location"] == "/form"
    cookie = secret_of(answer)[0]
    page = client.get("/form", {"Cookie": cookie, "Accept": "text/html"})
    assert page.status == 200
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert page.headers["Cache-Control"] == "no-store"
    assert b"/people/" in page.body


@pytest.mark.parametrize(
    "body, status",
    [
        (b"email=a&email=b&password=c", 400),
        (b"email=%zz", 400),
        (b"email=a%00&password=c", 400),
        (b"", 422),
        (b"email=a", 422),
        (b"&".join(b"a%d=1" % i for i in range(200)), 400),
    ],
)
def test_a_form_that_is_none_is_refused(client, body, status):
    answer = client.post("/session", headers={"Content-Type": "application/x-www-form-urlencoded"}, body=body)
    assert answer.status == status, answer
    assert not set_cookies(answer)


@pytest.mark.parametrize("said", [{}, {"email": "a"}, {"email": 1, "password": "b"}, {"email": "a", "password": None}, [], "a"])
def test_what_is_no_login_is_422(client, said):
    answer = client.post("/session", json=said)
    assert answer.status == 422
    assert not set_cookies(answer)


def test_who_is_not_known_and_who_is_wrong_are_told_the_same(client, ann):
    wrong = client.post("/session", json={"email": ann, "password": "wrong horse"})
    unknown = client.post("/session", json={"email": "nobody@example.org", "password": "wrong horse"})
    assert wrong.status == unknown.status == 403
    assert wrong.body == unknown.body
    assert not set_cookies(wrong)
    assert "WWW-Authenticate" not in wrong.headers


def test_who_is_shut_out_is_told_the_same_and_loses_sessions(serve):
    server = serve(site(), CHEAP)
    client = server.client()
    uri = register(client, "bo@example.org", GOOD)
    wrong = client.post("/session", json={"email": "bo@example.org", "password": "wrong horse"})
    cookie, _ = log_in(client, "bo@example.org")
    assert client.get("/mine", {"Cookie": cookie}).status == 404
    server.stop()
    data = sqlite3.connect(server.data / "verbatim.db")
    (content,) = data.execute("SELECT content FROM record WHERE key = ?", (uri,)).fetchone()
    state = json.loads(content)
    state["disabled"] = True
    data.execute("UPDATE record SET content = ? WHERE key = ?", (json.dumps(state).encode(), uri))
    data.commit()
    data.close()
    server.start()
    client = server.client()
    assert client.get("/mine", {"Cookie": cookie}).status == 401
    out = client.post("/session", json={"email": "bo@example.org", "password": GOOD})
    assert (out.status, out.body) == (403, wrong.body)


def test_who_guesses_has_to_wait(client, ann):
    statuses = [client.post("/session", json={"email": ann, "password": f"guess {i}"}).status for i in range(12)]
    assert 429 in statuses
    answer = client.post("/session", json={"email": ann, "password": GOOD})
    assert answer.status == 429
    assert int(answer.headers["Retry-After"]) >= 1


def test_a_login_makes_a_new_secret_and_ends_the_old_session(client, ann):
    first, _ = log_in(client, ann)
    second, _ = log_in(client, ann, **with_cookie(client, first))
    assert first != second
    assert client.get("/mine", {"Cookie": first}).status == 401
    assert client.get("/mine", {"Cookie": second}).status == 404


def test_a_planted_secret_is_never_taken_over(client, ann):
    planted = f"{name_of(client)}={'A' * 43}"
    cookie, _ = log_in(client, ann, Cookie=planted)
    assert cookie != planted
    assert client.get("/mine", {"Cookie": planted}).status == 401


# --- the cookie ---


@pytest.mark.parametrize("twist", [lambda c: f"{c}; {c}", lambda c: f"{c.partition('=')[0]}=x; {c}", lambda c: c + "A", lambda c: c[:-1], lambda c: c.upper(), lambda c: "a=b; " + c.replace("=", "=\"") + '"'])
def test_what_is_not_one_secret_is_nobodys(client, ann, twist):
    """6265bis-4.2.2-01: of two with one name, nobody knows which is ours."""
    cookie, _ = log_in(client, ann)
    answer = client.get("/mine", {"Cookie": twist(cookie)})
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic ") or "Cookie" in answer.headers["WWW-Authenticate"]
    assert client.get("/mine", {"Cookie": cookie}).status == 404


def test_over_tls_a_name_without_its_promise_is_nobodys(serve):
    """A neighbour of this host can plant a "session=" for the whole domain, and no "__Host-" one."""
    server = serve(site(), [*CHEAP, "--tls-self-signed"], listen="https://127.0.0.1:0")
    client = server.client()
    register(client, "ann@example.org", GOOD)
    cookie, _ = log_in(client, "ann@example.org")
    assert cookie.startswith("__Host-session=")
    assert client.get("/mine", {"Cookie": cookie}).status == 404
    assert client.get("/mine", {"Cookie": cookie.removeprefix("__Host-")}).status == 401


def test_a_session_is_found_among_other_cookies(client, ann):
    cookie, _ = log_in(client, ann)
    assert client.get("/mine", {"Cookie": f"a=b; {cookie};c=d"}).status == 404
    assert client.get("/mine", [("Cookie", "a=b"), ("Cookie", cookie)]).status == 404


def test_a_stale_cookie_is_no_error_where_anybody_may(client):
    assert client.get("/public", {"Cookie": f"{name_of(client)}={'B' * 43}"}).status == 404
    assert client.get("/session", {"Cookie": f"{name_of(client)}={'B' * 43}"}).status == 404


def test_no_secret_is_told_anywhere(serve):
    server = serve(site(), [*CHEAP, "--explain"])
    client = server.client()
    register(client, "cy@example.org", GOOD)
    cookie, made = log_in(client, "cy@example.org")
    text = cookie.split("=")[1]
    told = client.get("/mine", {"Cookie": cookie, "Explain": "?1"})
    explained = client.get("/mine?x=1", {"Cookie": cookie})
    server.stop()
    for where in [server.output, told.body.decode(), explained.body.decode(), made.body.decode()]:
        assert text not in where
        assert GOOD not in where
    for path in server.folder.rglob("*"):
        assert not path.is_file() or text.encode() not in path.read_bytes(), path


# --- pages of others ---


@pytest.mark.parametrize(
    "fields, status",
    [
        ({}, 403),
        ({"Origin": "HERE"}, 201),
        ({"Sec-Fetch-Site": "same-origin"}, 201),
        ({"Sec-Fetch-Site": "none"}, 201),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "HERE", "Sec-Fetch-Site": "cross-site"}, 403),
    ],
)
def test_what_a_session_changes_is_said_by_our_own_page(serve, fields, status):
    client = serve(site(), CHEAP).client()
    register(client, "di@example.org", GOOD)
    cookie, _ = log_in(client, "di@example.org")
    fields = {name: value.replace("HERE", origin_of(client)) for name, value in fields.items()}
    answer = client.put("/mine", headers={"Cookie": cookie} | fields, json={})
    assert answer.status == status, answer


def test_a_page_of_others_logs_nobody_in_and_writes_no_cart(client, ann):
    foreign = {"Origin": "https://evil.example"}
    assert client.post("/session", headers=foreign, json={"email": ann, "password": GOOD}).status == 403
    answer = client.put("/cart", headers=foreign, json={})
    assert answer.status == 403
    assert not set_cookies(answer)


def test_who_says_a_password_beside_needs_no_origin_where_that_is_asked(client, ann):
    cookie, _ = log_in(client, ann)
    assert client.put("/mine", headers={"Cookie": cookie}, json={}).status == 403
    assert client.get("/people", basic(ann, GOOD) | {"Cookie": cookie}).status == 200


# --- one's sessions ---


def test_one_sees_and_ends_ones_sessions_and_nobody_elses(client, ann):
    here, _ = log_in(client, ann)
    there, made = log_in(client, ann, path="/sessions")
    assert made.headers["Location"] == "/sessions/" + made.json()["id"]
    login = f"other{time.monotonic_ns()}@example.org"
    register(client, login, GOOD)
    other, others = log_in(client, login)
    listed = client.get("/sessions", {"Cookie": here}).json()
    assert len(listed) == 2
    assert [one["current"] for one in listed] == [True, False]
    assert client.get("/sessions/" + listed[1]["id"], {"Cookie": here}).json()["id"] == made.json()["id"]
    foreign = "/sessions/" + others.json()["id"]
    assert client.get(foreign, {"Cookie": here}).status == 404
    assert client.request("DELETE", foreign, with_cookie(client, here)).status == 404
    ended = client.request("DELETE", made.headers["Location"], with_cookie(client, here))
    assert ended.status == 204
    assert not set_cookies(ended)
    assert client.get("/mine", {"Cookie": there}).status == 401
    assert client.get("/mine", {"Cookie": here}).status == 404
    assert client.get("/mine", {"Cookie": other}).status == 404
    own = client.request("DELETE", "/sessions/" + listed[0]["id"], with_cookie(client, here))
    assert own.status == 204
    assert secret_of(own)[0] == name_of(client) + "="


def test_a_hundred_sessions_of_one_account_are_enough(serve):
    client = serve(site(), CHEAP).client()
    register(client, "em@example.org", GOOD)
    cookies = [log_in(client, "em@example.org")[0] for _ in range(102)]
    assert client.get("/mine", {"Cookie": cookies[0]}).status == 401
    assert client.get("/mine", {"Cookie": cookies[-1]}).status == 404
    assert len(client.get("/sessions", {"Cookie": cookies[-1]}).json()) == 100


def test_the_session_that_changes_the_password_goes_on_under_a_new_secret(serve):
    document = site()
    member = document["paths"]["/people/{id}"]
    for method in ("get", "put", "patch"):
        member[method]["security"] = [{"session": []}]
    client = serve(document, CHEAP).client()
    account = register(client, "flo@example.org", GOOD)
    here, _ = log_in(client, "flo@example.org")
    there, _ = log_in(client, "flo@example.org")
    client.put("/cart", headers=with_cookie(client, here), json={"items": ["a"]})
    patch = {"Content-Type": "application/merge-patch+json"}
    without = client.request("PATCH", account, with_cookie(client, here, **patch), body=json.dumps({"password": "another horse"}))
    assert without.status == 403
    assert not set_cookies(without)
    said = json.dumps({"password": "another horse", "currentPassword": GOOD})
    changed = client.request("PATCH", account, with_cookie(client, here, **patch), body=said)
    assert changed.status == 200, changed
    anew = secret_of(changed)[0]
    assert anew != here
    assert "private" in changed.headers["Cache-Control"]
    for old in (here, there):
        assert client.get("/mine", {"Cookie": old}).status == 401
    assert client.get("/mine", {"Cookie": anew}).status == 404
    assert client.get("/cart", {"Cookie": anew}).json()["items"] == ["a"]
    renamed = client.request("PATCH", account, with_cookie(client, anew, **patch), body=json.dumps({"name": "Flo"}))
    assert renamed.status == 200
    assert not set_cookies(renamed)
    assert client.get("/mine", {"Cookie": anew}).status == 404


# --- at once ---


def at_once(server, count, do):
    """What `do` gives, each on a connection of its own."""
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(do, [server.client() for _ in range(count)]))


def test_a_login_that_a_change_of_the_password_overtakes_is_none(serve):
    """The password that was looked at is the old one: its session would be one of the new one's."""
    document = site()
    document["paths"]["/people/{id}"]["patch"]["security"] = IN
    server = serve(document, ["--password-memory", "32M", "--password-passes", "4"])
    client = server.client()
    account = register(client, "kim@example.org", GOOD)
    began = time.monotonic()
    cookie, _ = log_in(client, "kim@example.org")
    takes = time.monotonic() - began
    said = json.dumps({"password": "another horse", "currentPassword": GOOD})

    def change():
        patch = {"Content-Type": "application/merge-patch+json"}
        return client.request("PATCH", account, with_cookie(client, cookie, **patch), body=said).status

    def enter(part):
        other = server.client()
        time.sleep(part * takes)
        return other.post("/session", json={"email": "kim@example.org", "password": GOOD})

    with ThreadPoolExecutor(4) as pool:
        changed = pool.submit(change)
        logins = [login.result() for login in [pool.submit(enter, part) for part in (0.8, 1.2, 1.6)]]
        assert changed.result() == 200
    for login in logins:
        assert login.status in (201, 403)
        if login.status == 201:
            assert client.get("/mine", {"Cookie": secret_of(login)[0]}).status == 401


def test_of_those_who_log_in_at_once_one_has_what_the_guest_had(serve):
    """Else whoever plants a guest's cookie shares what its user has from then on."""
    server = serve(site(), [*CHEAP, "--workers", "4"])
    client = server.client()
    logins = [f"{name}@example.org" for name in "abcdefgh"]
    for login in logins:
        register(client, login, GOOD)
    for _ in range(5):
        guest, _ = secret_of(client.put("/cart", json={"items": ["guest"]}))
        left = iter(logins)
        cookies = at_once(server, len(logins), lambda other: log_in(other, next(left), **with_cookie(other, guest))[0])
        carts = [client.get("/cart", {"Cookie": cookie}) for cookie in cookies]
        assert sorted(cart.status for cart in carts) == [200] + [404] * (len(logins) - 1)
        for cookie in cookies:
            client.put("/cart", headers=with_cookie(client, cookie), json={"items": [cookie]})
        for cookie in cookies:
            assert client.get("/cart", {"Cookie": cookie}).json()["items"] == [cookie]


def test_sessions_that_were_too_many_at_once_end_with_the_next(serve):
    server = serve(site(), [*CHEAP, "--workers", "4"])
    client = server.client()
    register(client, "lou@example.org", GOOD)
    at_once(server, 3, lambda other: [log_in(other, "lou@example.org") for _ in range(40)])
    cookie, _ = log_in(client, "lou@example.org")
    assert len(client.get("/sessions", {"Cookie": cookie}).json()) == 100


# --- time ---


def test_where_the_clock_was_set_back_a_session_is_idle_from_now_on(serve):
    server = serve(site(), CHEAP)
    client = server.client()
    register(client, "max@example.org", GOOD)
    cookie, made = log_in(client, "max@example.org")
    server.stop()
    data = sqlite3.connect(server.data / "verbatim.db")
    key, content = next(row for row in data.execute("SELECT key, content FROM record") if str(row[0]).startswith("session:"))
    state = json.loads(content)
    state["seen"] += 3_000_000
    content = json.dumps(state, separators=(",", ":")).encode()
    data.execute("UPDATE record SET content = ? WHERE key = ?", (content, key))
    data.commit()
    data.close()
    server.start()
    client = server.client()
    assert client.get("/mine", {"Cookie": cookie}).status == 404
    seen = datetime.fromisoformat(client.get("/session", {"Cookie": cookie}).json()["seen"])
    assert seen < datetime.fromisoformat(made.json()["seen"]) + timedelta(minutes=10)


def test_a_session_that_is_used_goes_on_and_one_that_is_not_is_over(serve):
    client = serve(site({"idle": 2, "lifetime": 6}), CHEAP).client()
    register(client, "gil@example.org", GOOD)
    cookie, made = log_in(client, "gil@example.org")
    idle, _ = log_in(client, "gil@example.org")
    began = time.monotonic()
    while time.monotonic() - began < 4:
        assert client.get("/mine", {"Cookie": cookie}).status == 404
        time.sleep(0.4)
    assert client.get("/mine", {"Cookie": idle}).status == 401
    while time.monotonic() - began < 5.5:
        assert client.get("/mine", {"Cookie": cookie}).status == 404
        time.sleep(0.4)
    time.sleep(max(0, began + 6.5 - time.monotonic()))
    assert client.get("/mine", {"Cookie": cookie}).status == 401


@pytest.mark.parametrize("killed", [False, True])
def test_sessions_and_their_documents_survive_the_server(serve, killed):
    server = serve(site(), CHEAP)
    client = server.client()
    register(client, "hal@example.org", GOOD)
    cookie, _ = log_in(client, "hal@example.org")
    client.put("/cart", headers=with_cookie(client, cookie), json={"items": ["a"]})
    (server.kill if killed else server.stop)()
    server.start()
    client = server.client()
    assert client.get("/session", {"Cookie": cookie}).json()["current"] is True
    assert client.get("/cart", {"Cookie": cookie}).json()["items"] == ["a"]


# --- what each session has of its own ---


def test_a_guest_gets_a_session_with_its_first_document(client):
    assert client.get("/cart").status == 404
    nothing = client.request("DELETE", "/cart")
    assert nothing.status == 404
    assert not set_cookies(nothing)
    made = client.put("/cart", json={"items": ["a"]})
    assert made.status == 201
    assert made.headers["Location"] == "/cart"
    assert "private" in made.headers["Cache-Control"]
    cookie, attributes = secret_of(made)
    assert "HttpOnly" in attributes
    shown = client.get("/cart", {"Cookie": cookie})
    assert shown.json() == {"items": ["a"], "at": "/cart"}
    assert "private" in shown.headers["Cache-Control"]
    assert client.get("/cart", {"Cookie": cookie, "If-None-Match": shown.headers["ETag"]}).status == 304
    again = client.put("/cart", headers=with_cookie(client, cookie), json={"items": ["b"]})
    assert again.status == 204
    assert not set_cookies(again)
    assert client.get("/cart").status == 404
    stale = client.put("/cart", headers=with_cookie(client, cookie, **{"If-Match": shown.headers["ETag"]}), json={})
    assert stale.status == 412
    assert client.request("DELETE", "/cart", with_cookie(client, cookie)).status == 204
    assert client.get("/cart", {"Cookie": cookie}).status == 404


def test_a_request_that_fails_makes_no_session(client):
    for fields, said, status in [({"If-Match": "*"}, {}, 412), ({}, {"items": 1}, 422)]:
        answer = client.put("/cart", headers=fields, json=said)
        assert answer.status == status
        assert not set_cookies(answer)


def test_a_guest_is_nobody(client):
    cookie, _ = secret_of(client.put("/cart", json={}))
    assert client.get("/mine", {"Cookie": cookie}).status == 401
    assert client.get("/sessions", {"Cookie": cookie}).status == 401
    who = client.get("/session", {"Cookie": cookie})
    assert who.status == 200
    assert who.json()["account"] is None
    assert client.put("/cart", headers={"Cookie": cookie}, json={}).status == 403  # which page sent it?


def test_guests_do_not_see_each_other(client):
    first, _ = secret_of(client.put("/cart", json={"items": ["a"]}))
    second, _ = secret_of(client.put("/cart", json={"items": ["b"]}))
    assert client.get("/cart", {"Cookie": first}).json()["items"] == ["a"]
    assert client.get("/cart", {"Cookie": second}).json()["items"] == ["b"]


def test_one_key_is_not_one_guest(client):
    """idempotency-key: what two guests call by one name is two things."""
    fields = {"Idempotency-Key": '"one"'}
    first = client.put("/cart", headers=fields, json={"items": ["a"]})
    second = client.put("/cart", headers=fields, json={"items": ["a"]})
    assert secret_of(first) != secret_of(second)


def test_what_a_guest_has_goes_along_and_no_further(client, ann):
    guest, _ = secret_of(client.put("/cart", json={"items": ["a"]}))
    cookie, _ = log_in(client, ann, **with_cookie(client, guest))
    assert client.get("/cart", {"Cookie": cookie}).json()["items"] == ["a"]
    assert client.get("/cart", {"Cookie": guest}).status == 404
    other = f"ian{time.monotonic_ns()}@example.org"
    register(client, other, GOOD)
    theirs, _ = log_in(client, other, **with_cookie(client, cookie))
    assert client.get("/cart", {"Cookie": theirs}).status == 404
    assert client.get("/cart", {"Cookie": cookie}).status == 404


def test_what_a_session_has_goes_with_it(serve):
    server = serve(site(), CHEAP)
    client = server.client()
    register(client, "jo@example.org", GOOD)
    cookie, _ = log_in(client, "jo@example.org")
    client.put("/cart", headers=with_cookie(client, cookie), json={"items": ["a"]})
    client.request("DELETE", "/session", with_cookie(client, cookie))
    server.stop()
    data = sqlite3.connect(server.data / "verbatim.db")
    keys = [key for (key,) in data.execute("SELECT key FROM record")]
    assert not [key for key in keys if "session" in str(key)], keys


def test_old_guests_make_room(serve):
    server = serve(site({"idle": 1, "lifetime": 1}), CHEAP)
    client = server.client()
    for _ in range(8):
        assert client.put("/cart", json={}).status == 201
    time.sleep(1.1)
    assert client.put("/cart", json={}).status == 201
    server.stop()
    data = sqlite3.connect(server.data / "verbatim.db")
    keys = [str(key) for (key,) in data.execute("SELECT key FROM record")]
    assert len([key for key in keys if "session:" in key]) == 2, keys


# --- descriptions ---


def spoil(change):
    document = copy.deepcopy(site())
    change(document)
    return document


@pytest.mark.parametrize(
    "change, said",
    [
        (lambda d: d["components"]["securitySchemes"]["session"].update({"x-verbatim": {"idle": 0}}), "1 to 34560000"),
        (lambda d: d["components"]["securitySchemes"]["session"].update({"x-verbatim": {"idle": 9, "lifetime": 8}}), "is not idle for longer"),
        (lambda d: d["components"]["securitySchemes"]["session"].update({"x-verbatim": {"same-site": "none"}}), "lax or strict"),
        (lambda d: d["components"]["securitySchemes"]["basic"].update({"x-verbatim": {"idle": 9}}), "apiKey in a cookie"),
        (lambda d: d["components"]["securitySchemes"].update({"more": cookie_scheme()}), "there is one cookie"),
        (lambda d: d["paths"]["/people/{id}"].update({"x-verbatim": {"per": "session"}}), "no variables"),
        (lambda d: d["paths"]["/cart"].update({"x-verbatim": {"per": "client"}}), 'must be "session"'),
        (lambda d: d["paths"]["/sessions"].update({"x-verbatim": {"archetype": "session", "per": "session"}}), "for a document"),
    ],
)
def test_what_cannot_be_is_an_error(tmp_path, change, said):
    path = tmp_path / "site.json"
    path.write_text(json.dumps(spoil(change)))
    checked = run("check", path)
    assert checked.returncode != 0
    assert said in checked.stdout + checked.stderr


@pytest.mark.parametrize(
    "change, said",
    [
        (lambda d: d["paths"]["/session"]["post"].pop("security"), "security must be []"),
        (lambda d: d["paths"]["/session"]["post"].update(security=IN), "security must be []"),
        (lambda d: d["paths"]["/session"]["get"].update(security=[]), "whose session it is must be known"),
        (lambda d: d["paths"]["/cart"]["get"].update(security=[{"basic": []}]), "whose session it is must be known"),
        (lambda d: d["paths"]["/sessions/{id}"].update(post=d["paths"]["/session"]["post"]), "made at the path above"),
        (lambda d: d["paths"]["/sessions"].update(delete={"security": IN, "responses": GONE}), "one by one"),
        (lambda d: d["paths"]["/session"].update(put={"security": IN, "requestBody": JSON, "responses": GONE}), "made with POST"),
    ],
)
def test_what_is_not_served_is_said(tmp_path, change, said):
    path = tmp_path / "site.json"
    path.write_text(json.dumps(spoil(change)))
    checked = run("check", path)
    assert said in checked.stdout + checked.stderr


def test_a_description_without_accounts_has_guests(serve):
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Cart", "version": "1"},
        "components": {"securitySchemes": {"session": cookie_scheme()}},
        "paths": {"/cart": cart()},
    }
    client = serve(document).client()
    cookie, _ = secret_of(client.put("/cart", json={"items": ["a"]}))
    assert client.get("/cart", {"Cookie": cookie}).json()["items"] == ["a"]
