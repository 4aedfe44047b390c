"""`verbatim account add`: the first administrator, whom no client could make."""

import os
import pty
import signal
import sqlite3
import subprocess
import termios
import time

import pytest
from people import CHEAP, PARTS, PERSON, basic, people
from server import SANITIZER, binary, write_description
from test_cli import run

GOOD = "correct horse"


def add(description, login, *args, data, password=GOOD + "\n", cheap=CHEAP):
    """The finished command, with its password on standard input."""
    done = subprocess.run(
        [str(word) for word in [binary(), "account", "add", description, login, "--data", data, *cheap, *args]],
        input=password,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert not SANITIZER.search(done.stderr), done.stderr
    assert GOOD not in done.stdout + done.stderr
    return done


def errors(done):
    assert done.stdout == ""
    return [line.removeprefix("verbatim: error: ") for line in done.stderr.splitlines()]


@pytest.fixture
def file(tmp_path):
    return write_description(tmp_path / "described", people())


@pytest.fixture
def data(tmp_path):
    return tmp_path / "kept"


def kept(data):
    with sqlite3.connect(data / "verbatim.db") as db:
        return [row[0].decode() for row in db.execute("SELECT content FROM record WHERE key LIKE '/people/%'")]


def merge(client, home, credentials, **change):
    return client.patch(home, dict(credentials, **{"Content-Type": "application/merge-patch+json"}), json=change)


def test_an_administrator_is_made_who_makes_others(serve):
    server = serve(people(), CHEAP)
    server.stop()
    made = add(server.description, "ann@example.org", "--role", "admin", "--role=editor", "--property", "name=Ann", data=server.data)
    assert (made.returncode, made.stderr) == (0, "")
    home = made.stdout.removesuffix("\n")
    assert home.startswith("/people/")
    server.start()
    client = server.client()
    hers = basic("ann@example.org", GOOD)
    assert client.get(home, hers).json() == {
        "id": home.removeprefix("/people/"), "email": "ann@example.org", "name": "Ann", "roles": ["admin", "editor"],
    }  # fmt: skip
    bob = client.post("/people", json={"email": "bob@example.org", "password": "another horse", "roles": ["admin"]})
    assert "roles" not in bob.json()
    assert merge(client, bob.headers["Location"], hers, roles=["editor"]).json()["roles"] == ["editor"]
    assert merge(client, home, basic("bob@example.org", "another horse"), name="Bob").json().get("roles") == ["admin", "editor"]


def test_it_is_made_before_any_server_has_run(file, data):
    assert add(file, "ann", "--role", "admin", data=data).returncode == 0
    (text,) = kept(data)
    assert GOOD not in text
    assert '"password":"$argon2id$v=19$m=8,t=1,p=1$' in text


def test_hashing_costs_what_is_configured(file, data):
    assert add(file, "ann", data=data, cheap=["--password-memory", "16k", "--password-passes", "2"]).returncode == 0
    assert "$argon2id$v=19$m=16,t=2,p=1$" in kept(data)[0]


def test_what_the_server_fills_is_filled(tmp_path, data):
    person = dict(PERSON, properties=dict(
        PERSON["properties"],
        made={"type": "string", "format": "date-time", "readOnly": True, "x-verbatim": {"value": "created"}},
        theme={"type": "string", "default": "light"},
        age={"type": "integer"},
    ))  # fmt: skip
    file = write_description(tmp_path, people(person=person))
    assert add(file, "ann", "--property", "age=41", "--property", "disabled=true", data=data).returncode == 0
    (text,) = kept(data)
    assert '"made":"20' in text
    for part in ('"theme":"light"', '"age":41', '"disabled":true'):
        assert part in text


def test_where_anybody_may_register_is_no_matter(tmp_path, data):
    """The description lets nobody register: rules are for clients."""
    described = people()
    described["paths"]["/people"]["post"].update({"security": [{"basic": []}], "x-verbatim": {"allow": "role:admin"}})
    file = write_description(tmp_path, described)
    assert add(file, "ann", "--role", "admin", data=data).returncode == 0
    assert '"roles":["admin"]' in kept(data)[0]


def test_what_does_not_meet_the_schema_is_refused(file, data):
    short = add(file, "ann", data=data, password="2short\n")
    assert short.returncode == 1
    assert errors(short) == [
        "422 Unprocessable Content: The content does not meet its schema.",
        "/password: must have at least 8 characters",
    ]
    assert "2short" not in short.stderr
    long = add(file, "x" * 101, data=data)
    assert long.returncode == 1
    assert errors(long)[1].startswith("/email: ")
    typed = add(file, "ann", "--property", "disabled=[1]", data=data)
    assert typed.returncode == 1
    assert errors(typed)[1].startswith("/disabled: ")
    assert kept(data) == []


def test_a_login_that_is_taken_is_refused(file, data):
    assert add(file, "ann", data=data).returncode == 0
    again = add(file, "ann", "--role", "admin", data=data)
    assert again.returncode == 1
    assert errors(again)[0].startswith("409 Conflict: ")
    assert errors(again)[1] == "/email: is taken"
    assert len(kept(data)) == 1


def test_a_password_is_one_line(file, data):
    assert add(file, "ann", data=data, password=GOOD + "\nmore\n").returncode == 0
    assert add(file, "bob", data=data, password=GOOD).returncode == 0
    assert errors(add(file, "eve", data=data, password="")) == ["there is no password on standard input"]
    assert add(file, "eve", data=data, password="\n").returncode == 1
    assert errors(add(file, "eve", data=data, password="x" * 1025)) == ["the password is too long"]
    control = add(file, "eve", data=data, password="tab\tin\tit\n")
    assert control.returncode == 1
    assert errors(control)[1].startswith("/password: ")
    assert len(kept(data)) == 2


@pytest.mark.parametrize(
    ("parts", "roles", "told"),
    [
        ({"login": "email", "password": "password"}, ["admin"], "--role: x-verbatim.accounts names no property for roles"),
        (dict(PARTS, roles="name"), ["admin", "editor"], "--role: an account has one role only, as it is described"),
        (dict(PARTS, roles="id"), ["admin"], "--role: the property for roles is readOnly: nobody can set it"),
    ],
)
def test_roles_that_accounts_cannot_have(tmp_path, data, parts, roles, told):
    file = write_description(tmp_path, people(parts))
    done = add(file, "ann", *(f"--role={role}" for role in roles), data=data)
    assert (done.returncode, errors(done)) == (2, [told])
    assert not data.exists()


def test_one_role_may_be_a_string(tmp_path, data):
    file = write_description(tmp_path, people(dict(PARTS, roles="name")))
    assert add(file, "ann", "--role", "admin", data=data).returncode == 0
    assert '"name":"admin"' in kept(data)[0]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("password=" + "x" * 9, "--property: a password is asked for, and not for others to read in the list of processes"),
        ("currentPassword=x", "--property: a password is asked for, and not for others to read in the list of processes"),
        ("colour=red", '--property: accounts have no property of the name before the "="'),
        ("disabled=perhaps", '--property: disabled is no text, and needs JSON behind the "="'),
        ("id=7", "--property: id is readOnly"),
        ("name", "--property takes NAME=VALUE"),
    ],
)
def test_properties_that_accounts_cannot_have(file, data, said, told):
    done = add(file, "ann", "--property", said, data=data)
    assert (done.returncode, errors(done)) == (2, [told])
    assert not data.exists()


def test_while_a_server_runs_it_is_refused(serve):
    server = serve(people(), CHEAP)
    done = add(server.description, "ann", data=server.data)
    assert done.returncode == 2
    (told,) = errors(done)
    assert "stop the server first" in told
    assert server.client().get("/people", basic("ann", GOOD)).status == 401


def test_what_cannot_be_added_to(tmp_path, file, data):
    done = add(file, "ann", "--storage", "memory:", data=data)
    assert (done.returncode, errors(done)) == (2, ["--storage memory: would forget the account"])
    plain = people()
    del plain["paths"]["/people"]["x-verbatim"]
    plain["components"] = {}
    for item in plain["paths"].values():
        for operation in item.values():
            if isinstance(operation, dict):
                operation.pop("security", None)
    other = write_description(tmp_path / "plain", plain)
    done = add(other, "ann", data=data)
    assert (done.returncode, errors(done)) == (2, [f"{other}: nothing has x-verbatim.accounts"])
    done = add(tmp_path / "missing.json", "ann", data=data)
    assert done.returncode == 2
    assert "missing.json" in errors(done)[0]
    assert not data.exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "account takes a verb: add"),
        (["remove", "x"], "account takes a verb: add"),
        (["add"], "account add takes FILE and LOGIN"),
        (["add", "a", "b", "c"], "account add takes FILE and LOGIN"),
        (["add", "ann"], "account add takes FILE and LOGIN"),
        (["add", "a", "b", "--role"], "--role needs a value, ROLE"),
        (["add", "a", "b", "--colour", "x"], "unknown option --colour (see verbatim help serve)"),
        (["add", "--colour", "x", "a", "b"], "unknown option --colour (see verbatim help serve)"),
        (["add", "-r", "x", "a", "b"], "unknown option -r (options begin with --)"),
    ],
)
def test_words_that_are_no_command(words, told):
    done = run("account", *words)
    assert (done.returncode, errors(done)) == (2, [told])


def test_what_is_no_text_is_not_made_into_one(file, data):
    for words in (["ann\udcff"], ["ann", "--role", "\udcff"], ["ann", "--property", "name=\udcff"]):
        done = add(file, *words, data=data)
        assert (done.returncode, errors(done)) == (2, ["what an account is to be must be UTF-8"])
    command = [str(word) for word in [binary(), "account", "add", file, "ann", "--data", data, *CHEAP]]
    done = subprocess.run(command, input=b"eight and \xff\n", capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (2, b"verbatim: error: the password is not UTF-8\n")
    assert kept(data) == []


# --- a terminal ---------------------------------------------------------------


def read_until(terminal, text, seconds=20):
    seen = b""
    end = time.monotonic() + seconds
    while text not in seen and time.monotonic() < end:
        try:
            more = os.read(terminal, 1024)
        except OSError:  # the other end is closed
            break
        seen += more
    assert text in seen, seen
    return seen


def shows(terminal):
    """Does it show what is typed?"""
    return bool(termios.tcgetattr(terminal)[3] & termios.ECHO)


def open_terminal():
    """Both ends of one."""
    try:
        return pty.openpty()
    except OSError as error:
        pytest.skip(f"no terminal can be had here: {error}")


def typed(file, data, *lines):
    """What a terminal shows while these are typed, and the exit status."""
    ours, theirs = open_terminal()
    command = [binary(), "account", "add", file, "ann", "--data", data, *CHEAP]
    with subprocess.Popen([str(word) for word in command], stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        seen = b""
        for prompt, line in zip((b"Password: ", b"The same again: "), lines, strict=False):
            seen += read_until(ours, prompt)
            time.sleep(0.2)  # what is typed before it is asked for is dropped
            os.write(ours, line.encode() + b"\n")
        seen += read_until(ours, b"/people/" if len(set(lines)) == 1 else b"error")
        status = process.wait(30)
    os.close(ours)
    return seen.decode(), status


def test_on_a_terminal_it_is_typed_twice_and_not_shown(file, data):
    seen, status = typed(file, data, GOOD, GOOD)
    assert status == 0
    assert GOOD not in seen
    assert len(kept(data)) == 1


def test_on_a_terminal_two_passwords_are_none(file, data):
    seen, status = typed(file, data, GOOD, "correct house")
    assert status == 2
    assert "these are two different passwords" in seen
    assert "correct ho" not in seen
    assert kept(data) == []


def test_on_a_terminal_an_interrupt_shows_again_what_is_typed(file, data):
    ours, theirs = open_terminal()
    command = [str(word) for word in [binary(), "account", "add", file, "ann", "--data", data, *CHEAP]]
    # What runs in the background of a shell would pass on that it ignores it.
    with subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)
    ) as process:
        read_until(ours, b"Password: ")
        end = time.monotonic() + 20
        while shows(theirs) and time.monotonic() < end:
            time.sleep(0.01)
        assert not shows(theirs)
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == -signal.SIGINT
    assert shows(theirs)
    os.close(ours)
    os.close(theirs)
    assert kept(data) == []
