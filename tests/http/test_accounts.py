"""Accounts: registering, saying who one is with Basic (RFC 7617), changing a password, and who guesses one."""

import base64
import json
import sqlite3
import statistics
import time
import unicodedata
from concurrent.futures import ThreadPoolExecutor

import pytest
from client import H1Client
from ledger import requirement
from people import CHEAP, PARTS, PERSON, basic, people, register
from test_account_command import add
from test_cli import run
from test_server import outside  # noqa: F401 (a fixture)

GOOD = "correct horse"


@pytest.fixture(scope="module")
def server(module_serve):
    return module_serve(people(), CHEAP)


@pytest.fixture
def client(server):
    return server.client()


@pytest.fixture
def own(serve):
    """A server whose counts of failed attempts nobody else sees."""
    return serve(people(), CHEAP)


def stored(server, key):
    with sqlite3.connect(server.data / "verbatim.db") as db:
        return db.execute("SELECT content FROM record WHERE key = ?", (key,)).fetchone()[0].decode()


@requirement("7617-2-01", "7617-2.1-01", "9110-11.4-01")
def test_who_has_registered_can_say_who_they_are(client):
    home = register(client, "ann@example.org", GOOD, name="Ann")
    assert client.get(home).status == 401
    answer = client.get(home, basic("ann@example.org", GOOD))
    assert (answer.status, answer.json()["name"]) == (200, "Ann")
    for login, password in [("ann@example.org", "wrong horse"), ("nobody", GOOD), ("", GOOD), ("ann@example.org", "")]:
        refused = client.get(home, basic(login, password))
        assert refused.status == 401
        assert refused.headers.all("WWW-Authenticate") == ['Basic realm="People", charset="UTF-8"']


def test_a_password_is_never_shown_nor_kept(server, client):
    home = register(client, "secret@example.org", GOOD)
    credentials = basic("secret@example.org", GOOD)
    for target, accept in [(home, "application/json"), (home, "text/html"), ("/people", "application/json"), ("/people", "text/html")]:
        answer = client.get(target, dict(credentials, Accept=accept))
        assert answer.status == 200
        assert b"argon2" not in answer.body
        assert GOOD.encode() not in answer.body
    text = stored(server, home)
    assert GOOD not in text
    assert '"password":"$argon2id$v=19$m=8,t=1,p=1$' in text
    for query in ["password=x", "password:starts=$", "sort=password", "currentPassword=x"]:
        assert client.get(f"/people?{query}", credentials).status == 400
    patch = [{"op": "test", "path": "/password", "value": "x"}]
    answer = client.patch(home, dict(credentials, **{"Content-Type": "application/json-patch+json"}), json=patch)
    assert answer.status in (415, 422)


def test_a_login_is_one_account_s(client):
    register(client, "twice@example.org", GOOD)
    answer = client.post("/people", json={"email": "twice@example.org", "password": GOOD})
    assert answer.status == 409


def test_a_password_has_its_schema_and_what_stays_has_not(client):
    short = client.post("/people", json={"email": "short@example.org", "password": "2short"})
    assert short.status == 422
    assert b"2short" not in short.body
    control = client.post("/people", json={"email": "short@example.org", "password": "tab\tin\tit"})
    assert control.status == 422
    home = register(client, "stays@example.org", GOOD)
    credentials = basic("stays@example.org", GOOD)
    named = client.put(home, credentials, json={"email": "stays@example.org", "name": "Put"})
    assert named.status == 200, named
    patched = client.patch(home, dict(credentials, **{"Content-Type": "application/merge-patch+json"}), json={"name": "Patched"})
    assert (patched.status, patched.json()["name"]) == (200, "Patched")
    assert client.get(home, credentials).status == 200


def merge(client, home, credentials, **change):
    return client.patch(home, dict(credentials, **{"Content-Type": "application/merge-patch+json"}), json=change)


def test_a_password_is_changed_by_who_knows_it(server, client):
    home = register(client, "old@example.org", GOOD)
    other = register(client, "other@example.org", "another horse")
    theirs = basic("other@example.org", "another horse")
    assert merge(client, home, theirs, password="stolen horse").status == 403
    assert merge(client, home, theirs, password="stolen horse", currentPassword="guessed").status == 403
    assert merge(client, home, theirs, password="newer horse", currentPassword=GOOD).status == 200
    assert "currentPassword" not in stored(server, home)
    assert client.get(home, basic("old@example.org", GOOD)).status == 401
    mine = basic("old@example.org", "newer horse")
    assert client.get(home, mine).status == 200
    # Who has just said it has said it.
    assert merge(client, home, mine, password="newest horse").status == 200
    assert client.get(home, basic("old@example.org", "newest horse")).status == 200
    assert client.get(other, theirs).status == 200


def test_roles_are_for_administrators_to_give(own):
    client = own.client()
    home = register(client, "ann@example.org", GOOD, roles=["admin"], disabled=True)
    mine = basic("ann@example.org", GOOD)
    shown = client.get(home, mine).json()
    assert "roles" not in shown and "disabled" not in shown
    assert merge(client, home, mine, roles=["admin"]).status == 200
    assert "roles" not in client.get(home, mine).json()
    # The first one is made where no client is.
    own.stop()
    root = add(own.description, "root@example.org", "--role", "admin", data=own.data).stdout.removesuffix("\n")
    own.start()
    client = own.client()
    assert merge(client, home, basic("root@example.org", GOOD), roles=["admin"]).status == 200
    assert client.get(home, mine).json()["roles"] == ["admin"]
    assert merge(client, root, mine, disabled=True).status == 200
    assert client.get(root, basic("root@example.org", GOOD)).status == 401
    bob = register(client, "bob@example.org", GOOD)
    his = basic("bob@example.org", GOOD)
    assert client.get(bob, his).status == 200
    assert merge(client, bob, mine, roles=["editor"], password="given horse").json()["roles"] == ["editor"]
    assert client.get(bob, his).status == 401
    his = basic("bob@example.org", "given horse")
    assert client.get(bob, his).status == 200
    # Shut out at once, though it was remembered.
    assert merge(client, bob, mine, disabled=True).status == 200
    assert client.get(bob, his).status == 401
    assert merge(client, bob, mine, disabled=False).status == 200
    assert client.get(bob, his).status == 200
    assert client.delete(bob, mine).status == 204
    assert client.get(home, his).status == 401


@requirement("7617-2-02")
def test_the_first_colon_parts_login_and_password(client):
    password = "more: than:one:"
    home = register(client, "colon@example.org", password)
    assert client.get(home, basic("colon@example.org", password)).status == 200
    assert client.get(home, basic("colon@example.org", " than:one:")).status == 401
    nothing = client.get(home, {"Authorization": "Basic " + base64.b64encode(b"colon@example.org").decode()})
    assert nothing.status == 401


@requirement("7617-2-03")
@pytest.mark.parametrize("octet", ["\t", "\0", "\n", "\x1f", "\x7f"])
def test_a_control_octet_is_in_no_credentials(client, octet):
    login = f"ctl{ord(octet)}@example.org"
    home = register(client, login, GOOD)
    for said in (basic(login, GOOD + octet), basic(login, octet + GOOD), basic(login + octet, GOOD), basic(octet, octet)):
        assert client.get(home, said).status == 401
    assert client.get(home, basic(login, GOOD)).status == 200


@requirement("7617-4-01")
def test_a_password_is_not_taken_where_others_can_read_it(serve, outside):  # noqa: F811
    for args, taken in ([], False), (["--plain-credentials"], True):
        server = serve(people(), [*CHEAP, "--open", *args], listen="0.0.0.0:0")
        near, far = (H1Client(server.at(host), "localhost") for host in ("127.0.0.1", outside))
        home = register(near, "ann@example.org", GOOD)
        said = basic("ann@example.org", GOOD)
        assert near.get(home, said).status == 200
        answer = far.get(home, said)
        assert answer.status == (200 if taken else 403), answer
        assert taken or "TLS" in answer.json()["detail"]
        assert "WWW-Authenticate" not in answer.headers
        far.close(), near.close()


@requirement("7617-2.1-02")
def test_a_password_may_be_typed_in_several_ways(client):
    composed, decomposed = "pässwörter", unicodedata.normalize("NFD", "pässwörter")
    home = register(client, "nfc@example.org", decomposed)
    assert client.get(home, basic("nfc@example.org", composed)).status == 200
    assert client.get(home, basic("nfc@example.org", decomposed)).status == 200
    spaced = register(client, "space@example.org", "eight\u00a0and more")
    assert client.get(spaced, basic("space@example.org", "eight and more")).status == 200


def test_who_guesses_has_to_wait(own):
    client = own.client()
    home = register(client, "ann@example.org", GOOD)
    for login in ["ann@example.org", "nobody@example.org"]:
        statuses = [client.get(home, basic(login, f"guess {i}")).status for i in range(8)]
        assert statuses[:5] == [401] * 5, login
        assert statuses[5:] == [429] * 3, login
    slow = client.get(home, basic("ann@example.org", GOOD))
    assert (slow.status, slow.headers["Retry-After"]) == (429, "1")
    time.sleep(1.1)
    assert client.get(home, basic("ann@example.org", GOOD)).status == 200
    # Remembered, it is no attempt.
    assert client.get(home, basic("ann@example.org", "guess")).status == 401
    assert client.get(home, basic("ann@example.org", GOOD)).status == 200


def test_a_hash_of_another_cost_is_made_anew_and_nobody_can_tell(serve):
    server = serve(people(), CHEAP)
    client = server.client()
    home = register(client, "ann@example.org", GOOD, name="Ann")
    mine = basic("ann@example.org", GOOD)
    weak = stored(server, home)

    def seen():
        client = server.client()
        return [
            [client.get(target, mine).headers.get(name) for name in ("ETag", "Last-Modified", "Content-Length")]
            for target in (home, "/people")
        ]

    before = seen()
    server.stop()
    at = server.args.index(CHEAP[0])
    server.args[at : at + len(CHEAP)] = ["--password-memory", "16k", "--password-passes", "2"]
    server.start()
    client = server.client()
    assert client.get(home, basic("ann@example.org", "wrong horse")).status == 401
    assert stored(server, home) == weak
    assert client.get(home, mine).status == 200
    strong = stored(server, home)
    assert '"password":"$argon2id$v=19$m=16,t=2,p=1$' in strong
    assert json.loads(strong).keys() == json.loads(weak).keys()
    assert seen() == before
    # It is done once, what was read before may be written still, and the password is the same.
    server.restart()
    assert seen() == before
    assert stored(server, home) == strong
    client = server.client()
    conditional = dict(mine, **{"If-Match": before[0][0], "Content-Type": "application/merge-patch+json"})
    assert client.patch(home, conditional, json={"name": "Bob"}).status == 200
    assert client.get(home, basic("ann@example.org", "wrong horse")).status == 401
    assert client.get(home, mine).json()["name"] == "Bob"


def test_an_unknown_login_takes_as_long_as_a_wrong_password(serve):
    server = serve(people(), ["--password-memory", "4M", "--password-passes", "2"])
    client = server.client()
    home = register(client, "ann@example.org", GOOD)
    times = {"ann": [], "nobody": []}
    # One attempt for each login, so that none has to wait.
    for i in range(8):
        register(client, f"ann{i}@example.org", GOOD)
    for i in range(8):
        for kind in times:
            begun = time.perf_counter()
            answer = client.get(home, basic(f"{kind}{i}@example.org", "wrong horse"))
            times[kind].append(time.perf_counter() - begun)
            assert answer.status == 401
    known, unknown = (statistics.median(times[kind]) for kind in times)
    assert 0.5 < known / unknown < 2, times


def test_basic_is_remembered(serve):
    server = serve(people(), ["--password-memory", "64M", "--password-passes", "3"])
    client = server.client()
    home = register(client, "ann@example.org", GOOD)
    assert client.get(home, basic("ann@example.org", GOOD)).status == 200
    begun = time.perf_counter()
    for _ in range(50):
        assert client.get(home, basic("ann@example.org", GOOD)).status == 200
    assert time.perf_counter() - begun < 2


def test_many_hashes_at_once_starve_nobody(serve):
    """Two are made, 64 wait, and what is beyond is told to come back; all else is answered meanwhile."""
    server = serve(people(), ["--password-memory", "32M", "--password-passes", "3"])

    def join(number):
        return server.client().post("/people", json={"email": f"p{number}@example.org", "password": GOOD})

    with ThreadPoolExecutor(100) as pool:
        joining = [pool.submit(join, number) for number in range(100)]
        time.sleep(0.3)
        client = server.client()
        begun = time.perf_counter()
        assert client.get("/people").status == 401
        assert time.perf_counter() - begun < 1
        assert not all(job.done() for job in joining)
        answers = [job.result() for job in joining]
    statuses = [answer.status for answer in answers]
    assert set(statuses) == {201, 503}, statuses
    assert statuses.count(201) >= 66
    assert {answer.headers["Retry-After"] for answer in answers if answer.status == 503} == {"5"}
    # What was refused has left nothing.
    again = join(statuses.index(503))
    assert again.status == 201


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ({"login": "email"}, "accounts needs login and password"),
        ({"login": "email", "password": "name"}, "must be writeOnly"),
        ({"login": "email", "password": "pass"}, 'describes no property "pass"'),
        ({"login": "roles", "password": "password"}, "not of a type"),
        ({"login": "email", "password": "password", "admin": "x"}, "admin"),
    ],
)
def test_what_accounts_are_is_checked(tmp_path, parts, told):
    path = tmp_path / "api.json"
    path.write_text(json.dumps(people(parts)))
    done = run("check", path)
    assert done.returncode == 2
    assert told in done.stdout + done.stderr


def test_credentials_that_are_wrong_are_refused_where_anybody_may(client):
    answer = client.post("/people", basic("nobody@example.org", "x" * 8), json={"email": "new@example.org", "password": GOOD})
    assert answer.status == 401
    assert PERSON["properties"][PARTS["login"]]["type"] == "string"
