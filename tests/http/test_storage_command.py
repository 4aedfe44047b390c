"""`verbatim storage`: a database is made ready, and a whole installation moves."""

import os
import pty
import re
import signal
import sqlite3
import subprocess
import time

import pytest
from library import LIBRARY, add, links, tag_of
from postgres import Instances
from server import SANITIZER, binary
from test_cli import refused, run


def storage(*args, status=0, env=None):
    done = run("storage", *args, env=env)
    assert done.returncode == status, done.stderr
    return done


def why(*args, status=2, env=None):
    """The one line that tells what is wrong; the password is not in it."""
    done = storage(*args, status=status, env=env)
    assert done.stdout == ""
    *before, line = done.stderr.splitlines()
    assert "secret" not in done.stderr
    assert all("error" not in other for other in before)
    return line.removeprefix("verbatim: error: ")


# init

def test_init_makes_tables_once_and_says_so(store):
    first = storage("init", "--storage", store.url).stdout
    assert re.fullmatch(r"postgresql://postgres@/postgres\S*: tables of version \d+ were made\n", first)
    epoch = store.query("SELECT text FROM state WHERE name = 'epoch'")
    again = storage("init", "--storage", store.url).stdout
    assert again.endswith("already: nothing was done\n")
    assert store.query("SELECT text FROM state WHERE name = 'epoch'") == epoch


def test_init_takes_the_url_from_where_passwords_may_be(store, tmp_path):
    """A command line can be read by everybody on the machine."""
    done = storage("init", env={"VERBATIM_STORAGE": store.url})
    assert "were made" in done.stdout
    config = tmp_path / "config.yaml"
    config.write_text(f'storage: "{store.url}"\n')
    assert "already" in storage("init", "--config", config).stdout


def test_instances_that_make_tables_at_once_make_them_once(store):
    processes = [
        subprocess.Popen([binary(), "storage", "init", "--storage", store.url], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    said = [process.communicate(timeout=60)[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * 4
    assert sum("were made" in one for one in said) == 1
    assert sum("already" in one for one in said) == 3


def test_init_makes_a_file_as_well(tmp_path):
    url = f"sqlite:{tmp_path}/kept.db"
    assert re.search(r"tables of version \d+ were made", storage("init", "--storage", url).stdout)
    assert "already" in storage("init", "--storage", url).stdout


@pytest.mark.parametrize("args", [
    [], ["make"], ["init", "more"], ["copy"], ["copy", "sqlite:a"], ["copy", "sqlite:a", "sqlite:b", "sqlite:c"],
])  # fmt: skip
def test_what_is_to_be_done_has_to_be_said(args):
    refused(run("storage", *args), "storage takes init, or copy with FROM and TO")


# What is wrong

def test_a_server_that_is_not_there_is_named():
    assert "127.0.0.1" in why("init", "--storage", "postgresql://u:secret@127.0.0.1:1/x")


def test_a_database_that_is_not_there_is_named(postgres):
    line = why("init", "--storage", f"postgresql://postgres:secret@/nothing?host={postgres.folder}")
    assert 'database "nothing" does not exist' in line


def test_a_password_that_is_wrong_is_told_and_not_shown(own_postgres):
    cluster = own_postgres(tls=True)
    cluster.ask_for_password("right")
    store = cluster.store()
    url = store.over_tls(sslmode="verify-full", sslrootcert=cluster.ca)
    line = why("init", "--storage", url.replace("postgres@", "postgres:secret@"))
    assert "password authentication failed" in line
    assert "were made" in storage("init", "--storage", url.replace("postgres@", "postgres:right@")).stdout


def test_a_certificate_that_the_system_does_not_know_is_refused(own_postgres):
    cluster = own_postgres(tls=True)
    store = cluster.store()
    assert "certificate" in why("init", "--storage", store.over_tls(sslmode="verify-full"))
    assert "were made" in storage("init", "--storage", store.over_tls(sslmode="require")).stdout


def test_a_database_of_another_program_is_left_alone(store):
    store.query("CREATE TABLE orders (n int)")
    assert "another program" in why("init", "--storage", store.url)
    assert store.number("SELECT count(*) FROM information_schema.tables WHERE table_schema = current_schema()") == 1


def test_citus_is_told_to_distribute(store):
    """Without the extension there is no such function, and then nothing is made."""
    assert "create_" in why("init", "--citus", "--storage", store.url)
    assert store.number("SELECT count(*) FROM information_schema.tables WHERE table_schema = current_schema()") == 0


def test_a_misspelt_url_does_not_show_its_password(tmp_path):
    assert "postgress:..." in why("init", "--storage", "postgress://u:secret@host/x")
    assert "libpq" in why("init", "--storage", "postgres://u:secret@host/x?sslmod=no")
    assert why("copy", "mysql://u:secret@host/x", f"sqlite:{tmp_path}/a")


# copy

def fill(client):
    """An author, books that refer to it, and one that was deleted."""
    author = add(client, "/authors", name="Ada")
    books = [add(client, title=f"book {n}", author=int(author.rpartition("/")[2])) for n in range(5)]
    assert client.put("/settings/a", json={"value": 1}).status == 201
    gone = add(client, title="gone")
    assert client.delete(gone, headers={"If-Match": tag_of(client, gone)}).status == 204
    return author, books


def served(tmp_path, name, url):
    return Instances(tmp_path / name, LIBRARY, url).start()


def is_as_it_was(client, was):
    """Entity tags, a cursor, and the order of a listing."""
    for path, tag in was["tags"].items():
        assert client.get(path, {"If-None-Match": tag}).status == 304
    assert client.get(was["following"]).json() == was["rest"]
    author = was["author"]
    assert client.delete(author, headers={"If-Match": was["tags"][author]}).status == 409  # books refer to it


def test_clients_do_not_notice_that_a_server_has_moved(tmp_path, store):
    """From a file into a database that serves on, and into another file."""
    first, second = f"sqlite:{tmp_path}/first.db", f"sqlite:{tmp_path}/second.db"
    servers = served(tmp_path, "before", first)
    (client,) = servers.clients()
    author, books = fill(client)
    was = {
        "author": author,
        "tags": {path: tag_of(client, path) for path in [author, *books, "/books"]},
        "following": links(client.get("/books?limit=2"))["next"],
    }
    was["rest"] = client.get(was["following"]).json()
    servers.stop()

    out = storage("copy", first, store.url)
    assert re.search(r"has all \d+ rows of ", out.stdout)
    servers = served(tmp_path, "between", store.url)
    (client,) = servers.clients()
    is_as_it_was(client, was)
    newer = add(client, title="of the database")
    assert newer not in books
    del was["tags"]["/books"]
    was["tags"][newer] = tag_of(client, newer)
    was["rest"] = client.get(was["following"]).json()
    servers.stop()

    storage("copy", store.url, second)
    servers = served(tmp_path, "after", second)
    (client,) = servers.clients()
    is_as_it_was(client, was)
    newest = add(client, title="of the file")
    assert newest not in [newer, *books]
    assert tag_of(client, newest) not in was["tags"].values()
    servers.stop()


def test_each_table_is_told_when_it_is_copied_and_compared(tmp_path, store):
    source = f"sqlite:{tmp_path}/kept.db"
    storage("init", "--storage", source)
    lines = storage("copy", source, store.url).stderr.splitlines()
    assert lines[0] == "copying"
    assert lines.count("record: 0 rows copied") == 1
    assert lines.count("memo: 0 rows compared") == 1


def many(path, count):
    """A file with as many records as take a while."""
    storage("init", "--storage", f"sqlite:{path}")
    with sqlite3.connect(path) as db:
        db.execute(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT ?)"
            " INSERT INTO record (id, revision, created_ms, modified_ms, length, blob, ties, key, parent,"
            " media_type, content) SELECT i, 5, i, i, 1000, 0, 0, '/m/' || i, '', 'a/b', randomblob(1000) FROM n",
            (count,))  # fmt: skip
        db.execute("UPDATE state SET revision = 5, position = ?", (count,))


def test_a_copy_that_was_killed_goes_on(tmp_path, store):
    path = tmp_path / "kept.db"
    many(path, 30000)
    command = [binary(), "storage", "copy", f"sqlite:{path}", store.url]
    storage("init", "--storage", store.url)
    killed = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    while killed.poll() is None and store.number("SELECT count(*) FROM record") == 0:
        time.sleep(0.01)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert 0 < store.number("SELECT count(*) FROM record") < 30000
    assert "unfinished copy" in why("init", "--storage", store.url)
    done = storage("copy", f"sqlite:{path}", store.url)
    assert done.stderr.startswith("going on where it was interrupted\n")
    assert store.number("SELECT count(*) FROM record") == 30000
    assert "already" in storage("init", "--storage", store.url).stdout
    assert "something in it" in why("copy", f"sqlite:{path}", store.url)


def test_on_a_terminal_a_bar_fills(tmp_path, store):
    path = tmp_path / "kept.db"
    many(path, 3000)
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [binary(), "storage", "copy", f"sqlite:{path}", store.url], stdout=subprocess.DEVNULL, stderr=theirs
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            shown += os.read(ours, 4096)
        except OSError:  # nobody has it open any more
            break
    os.close(ours)
    assert process.wait(60) == 0
    text = shown.decode()
    assert not SANITIZER.search(text)
    assert "copying   record     [....." in text
    assert "copying   record     [##############################] 3000 of 3000" in text
