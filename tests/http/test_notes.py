"""examples/notes.yaml, as its reader would try it: accounts, tokens and rules together."""

import subprocess

import pytest
from people import CHEAP, basic
from server import ROOT, Server, binary

NOTES = ROOT / "examples/notes.yaml"
ADMIN = basic("ada@example.org", "a long secret")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server with an administrator, whom the command has made."""
    folder = tmp_path_factory.mktemp("notes")
    made = subprocess.run(
        [binary(), "account", "add", NOTES, "ada@example.org", "--role", "admin", "--data", folder / "data", *CHEAP],
        input="a long secret\n", capture_output=True, text=True, check=True)  # fmt: skip
    assert made.stdout.startswith("/accounts/")
    server = Server(folder, NOTES, CHEAP)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def client(server):
    return server.client()


def register(client, login):
    made = client.post("/accounts", json={"email": login, "password": "12345678", "roles": ["admin"]})
    assert made.status == 201, made
    return made.headers["Location"], basic(login, "12345678")


@pytest.fixture(scope="module")
def ann(client):
    return register(client, "ann@example.org")


@pytest.fixture(scope="module")
def bob(client):
    return register(client, "bob@example.org")


def write(client, who, **more):
    made = client.post("/notes", who, json={"text": "x"} | more)
    assert made.status == 201, made
    return made.headers["Location"]


def test_nobody_makes_itself_an_administrator(client, ann):
    account, credentials = ann
    assert "roles" not in client.get(account, credentials).json()
    changed = client.patch(account, credentials | {"Content-Type": "application/merge-patch+json"}, b'{"roles": ["admin"]}')
    assert changed.status == 200 and "roles" not in changed.json()
    assert client.get("/accounts", credentials).status == 403
    assert {a["email"] for a in client.get("/accounts", ADMIN).json()} >= {"ada@example.org", "ann@example.org"}


def test_a_note_is_its_owner_s_and_there_for_nobody_else(client, ann, bob):
    note = write(client, ann[1])
    assert client.get(note, ann[1]).json()["owner"] == ann[0].rpartition("/")[2]
    missing = client.get("/notes/nothing", bob[1])
    for answer in client.get(note, bob[1]), client.put(note, bob[1], json={"text": "y"}), client.delete(note, bob[1]):
        assert (answer.status, answer.json()["detail"]) == (404, missing.json()["detail"])
    assert client.get(note).status == 401
    assert client.get(note, ADMIN).status == 200


def test_lists_show_what_one_may_read(client, ann, bob):
    own, shared = write(client, ann[1]), write(client, ann[1], shared=True)

    def shown(who):
        return {f"/notes/{note['id']}" for note in client.get("/notes", who).json()}

    assert {own, shared} <= shown(ann[1])
    assert shared in shown(bob[1]) and own not in shown(bob[1])
    assert client.delete(shared, bob[1]).status == 404


def test_a_token_does_what_it_was_made_for_until_it_is_revoked(client, bob):
    note = write(client, bob[1])
    made = client.post("/tokens", bob[1], json={"name": "reader", "scopes": ["read"]})
    token = {"Authorization": "Bearer " + made.json()["token"]}
    assert client.get(note, token).status == 200
    refused = client.post("/notes", token, json={"text": "x"})
    assert refused.status == 403 and "insufficient_scope" in refused.headers["WWW-Authenticate"]
    assert client.post("/tokens", token, json={"name": "more"}).status == 401
    assert client.delete(made.headers["Location"], bob[1]).status == 204
    assert client.get(note, token).status == 401


def test_a_new_password_takes_the_old_one(client):
    account, credentials = register(client, "eve@example.org")
    patch = {"Content-Type": "application/merge-patch+json"}
    token = client.post("/tokens", credentials, json={"name": "t"}).json()["token"]
    by_token = patch | {"Authorization": f"Bearer {token}"}
    assert client.patch(account, by_token, b'{"password": "87654321"}').status == 403
    wrong = client.patch(account, by_token, b'{"password": "87654321", "currentPassword": "guessed"}')
    assert wrong.status == 403
    assert client.patch(account, by_token, b'{"password": "87654321", "currentPassword": "12345678"}').status == 200
    assert client.get(account, credentials).status == 401
    assert client.get(account, basic("eve@example.org", "87654321")).status == 200


def test_who_is_disabled_is_nobody_at_once(client):
    account, credentials = register(client, "mal@example.org")
    token = client.post("/tokens", credentials, json={"name": "t"}).json()["token"]
    patch = ADMIN | {"Content-Type": "application/merge-patch+json"}
    assert client.patch(account, patch, b'{"disabled": true}').status == 200
    assert client.get("/notes", credentials).status == 401
    assert client.get("/notes", {"Authorization": f"Bearer {token}"}).status == 401


def test_a_session_is_its_account_until_it_is_ended(client, ann, bob):
    made = client.post("/session", json={"email": "ann@example.org", "password": "12345678"})
    assert (made.status, made.json()["account"]) == (201, ann[0])
    page = {"Cookie": made.headers["Set-Cookie"].partition(";")[0], "Origin": f"http://{client.authority}"}
    note = write(client, page)
    assert client.get(note, page).status == client.get(note, ann[1]).status == 200
    assert client.get(note, bob[1]).status == 404
    assert client.post("/notes", page | {"Origin": "https://evil.example"}, json={"text": "x"}).status == 403
    assert client.delete("/session", page).status == 204
    assert client.get(note, page).status == 401
