"""What happens to documents and to members of listings, as an event stream."""

import json
import random
import socket
import threading
import time

import pytest
from events import STREAM, Events, check_stop
from h1 import Connection
from library import JSON, LIBRARY, add, tag_of
from notebook import ANN, BOB, note, register_both, with_notes
from people import CHEAP, register


@pytest.fixture(scope="module")
def tree(module_serve):
    return module_serve(None)


@pytest.fixture(scope="module")
def library(module_serve):
    return module_serve(LIBRARY)


def put(client, path, value):
    response = client.put(path, JSON, json.dumps(value).encode())
    assert response.status in (200, 201, 204), response
    return response


# --- what is told --------------------------------------------------------------


def test_members_as_they_come_and_go(tree):
    client = tree.client()
    put(client, "/a/1", {"n": 1})
    with Events(tree, "/a") as events:
        assert events.response.headers["Content-Type"] == "text/event-stream"
        assert events.response.headers["Cache-Control"] == "no-store"
        begun = events.begin()
        assert (begun.event, begun.data) == ("ready", {"uri": "/a"})
        put(client, "/a/1", {"n": 2})
        put(client, "/a/2", {"n": 3})
        put(client, "/b/2", {"n": 3})
        client.delete("/a/1")
        changed, created, removed = events.take(3)
        assert changed.event == "changed"
        assert changed.data["uri"] == "/a/1" and changed.data["value"] == {"n": 2}
        assert created.event == "created" and created.data["value"] == {"n": 3}
        assert created.data["etag"] == tag_of(client, "/a/2")
        assert removed.event == "removed" and removed.data == {"uri": "/a/1"}


def test_one_document(tree):
    client = tree.client()
    put(client, "/doc", {"n": 1})
    with Events(tree, "/doc") as events:
        assert events.begin().data == {"uri": "/doc"}
        put(client, "/other", {"n": 2})
        put(client, "/doc", {"n": 2})
        client.delete("/doc")
        put(client, "/doc", {"n": 3})
        assert [(e.event, e.data.get("value")) for e in events.take(3)] == [
            ("changed", {"n": 2}),
            ("removed", None),
            ("created", {"n": 3}),
        ]


def test_what_is_no_json_is_told_by_what_it_is(tree):
    client = tree.client()
    put(client, "/bytes/1", 1)
    with Events(tree, "/bytes") as events:
        events.begin()
        client.put("/bytes/2", {"Content-Type": "text/plain"}, b"four")
        client.put("/bytes/2", {"Content-Type": "text/plain"}, b"x" * 300000)
        small, large = events.take(2)
        assert (small.data["mediaType"], small.data["length"]) == ("text/plain", 4)
        assert (large.event, large.data["length"]) == ("changed", 300000)
        assert "value" not in small.data


def test_lines_within_a_value_stay_in_it(tree):
    client = tree.client()
    put(client, "/lines/1", 1)
    with Events(tree, "/lines") as events:
        events.begin()
        client.put("/lines/2", JSON, b'{"a":\n\r\n"event: x"\r}')
        assert events.next().data["value"] == {"a": "event: x"}


def test_nothing_there_is_nothing_to_follow(tree):
    assert tree.client().get("/nowhere", STREAM).status == 404


def test_head_tells_what_get_would(tree):
    client = tree.client()
    put(client, "/headed", 1)
    response = client.head("/headed", STREAM)
    assert (response.status, response.headers["Content-Type"]) == (200, "text/event-stream")


@pytest.mark.parametrize("accept", ["*/*", "text/*", "application/json", "text/event-stream;q=0.5, application/json"])
def test_only_who_names_it_gets_a_stream(tree, accept):
    client = tree.client()
    put(client, "/named", 1)
    assert client.get("/named", {"Accept": accept}).headers["Content-Type"] != "text/event-stream"


def test_writes_do_not_answer_with_a_stream(library):
    assert library.client().post("/books", JSON | STREAM, b'{"title": "x"}').status == 406


# --- from where ------------------------------------------------------------------


def test_who_was_cut_off_goes_on(tree):
    client = tree.client()
    put(client, "/on/1", 1)
    with Events(tree, "/on") as events:
        events.begin()
        put(client, "/on/1", 2)
        last = events.next().id
    put(client, "/on/1", 3)
    put(client, "/on/2", 4)
    with Events(tree, "/on", last=last) as events:
        assert events.begin().id == last
        assert [e.data["value"] for e in events.take(2)] == [3, 4]
        put(client, "/on/2", 5)
        assert events.next().data["value"] == 5


@pytest.mark.parametrize("by", ["field", "query"])
def test_from_a_listing_s_tag(tree, by):
    """GET, then follow: nothing is missed in between."""
    client = tree.client()
    base = f"/tagged-{by}"
    put(client, f"{base}/1", 1)
    tag = tag_of(client, base)
    put(client, f"{base}/1", 2)
    put(client, f"{base}/2", 3)
    target = base if by == "field" else f"{base}?cursor={tag.strip(chr(34))}"
    with Events(tree, target, last=tag if by == "field" else None) as events:
        assert events.begin().event == "ready"
        assert [e.data["value"] for e in events.take(2)] == [2, 3]


@pytest.mark.parametrize("last", ["x", "1.aaaaaaaa", '"zz"', "1"])
def test_what_was_never_given_out_begins_anew(tree, last):
    put(tree.client(), "/anew/1", 1)
    with Events(tree, "/anew", last=last) as events:
        assert events.begin().event == "reset"


def test_history_goes_and_who_comes_late_learns_it(serve):
    server = serve(None, ["--history", "4k"])
    client = server.client()
    put(client, "/c/1", 0)
    put(client, "/quiet/1", 0)
    quiet = tag_of(client, "/quiet")
    with Events(server, "/c") as events:
        late = events.begin().id
    for i in range(100):
        put(client, "/c/1", i)
    with Events(server, "/c", last=late) as events:
        begun = events.begin()
        assert begun.event == "reset" and begun.id != late
        put(client, "/c/1", "x")
        assert events.next().data["value"] == "x"
    with Events(server, "/quiet", last=quiet) as events:  # nothing has happened to it
        assert events.begin().event == "ready"
        put(client, "/quiet/1", "y")
        assert events.next().data["value"] == "y"


def test_without_history_each_change_is_a_reset(serve):
    server = serve(None, ["--history", "0"])
    client = server.client()
    put(client, "/c/1", 0)
    put(client, "/d/1", 0)
    with Events(server, "/c") as events:
        events.begin()
        put(client, "/d/1", 1)
        put(client, "/c/1", 1)
        assert events.next().event == "reset"


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_history_outlives_the_server(serve, end):
    server = serve(None, ["--listen", "127.0.0.1:0"])
    client = server.client()
    put(client, "/c/1", 0)
    with Events(server, "/c") as events:
        events.begin()
        put(client, "/c/1", 1)
        last = events.next().id
        put(client, "/c/1", 2)
        if end == "kill":
            server.kill()
            server.clients.clear()
            server.start()
        else:
            server.restart()
    with Events(server, "/c", last=last) as events:
        assert events.begin().event == "ready"
        assert events.next().data["value"] == 2
        put(server.client(), "/c/1", 3)
        assert events.next().data["value"] == 3


# Changes of one commit have one moment, with a place in it: wherever a stream is cut, it goes on behind what was heard.
def test_a_commit_of_many_is_cut_anywhere(library):
    client = library.client()
    book = add(client)
    parts = [{"method": "POST", "path": "/books", "body": {"title": f"cut {n}"}} for n in range(8)]
    with Events(library, "/books") as events:
        begun = events.begin().id
        done = client.post("/batch", json={"atomic": True, "requests": [*parts, {"method": "DELETE", "path": book}]})
        assert [one["status"] for one in done.json()["responses"]] == [201] * 8 + [204], done
        live = events.take(9)
    assert [event.data["value"]["title"] for event in live[:8]] == [f"cut {n}" for n in range(8)]
    assert (live[8].event, live[8].data["uri"]) == ("removed", book)
    assert len({event.id for event in live}) == 9
    assert live[8].id == tag_of(client, "/books").strip('"')  # all of it has happened
    behind = add(client)
    for cut in range(10):
        with Events(library, "/books", last=live[cut - 1].id if cut else begun) as events:
            assert events.begin().event == "ready"
            assert events.take(9 - cut) == live[cut:]
            assert events.next().data["uri"] == behind


# --- which ---------------------------------------------------------------------------


def test_filters_and_fields_as_in_the_listing(library):
    client = library.client()
    book = add(client, title="Earthsea", pages=100)
    with Events(library, "/books?pages:gte=200&fields=title") as events:
        events.begin()
        client.patch(book, {"Content-Type": "application/merge-patch+json"}, b'{"pages": 150}')
        client.patch(book, {"Content-Type": "application/merge-patch+json"}, b'{"pages": 250}')
        client.patch(book, {"Content-Type": "application/merge-patch+json"}, b'{"title": "x"}')
        client.patch(book, {"Content-Type": "application/merge-patch+json"}, b'{"pages": 1}')
        client.delete(book)
        other = add(client, title="y", pages=300)
        got = events.take(4)
        assert [(e.event, e.data.get("value")) for e in got] == [
            ("created", {"title": "Earthsea"}),
            ("changed", {"title": "x"}),
            ("removed", None),
            ("created", {"title": "y"}),
        ]
        assert got[3].data["uri"] == other


@pytest.mark.parametrize("query", ["sort=title", "limit=3", "expand=author", "nothing=1", "pages=x"])
def test_what_means_nothing_here_is_refused(library, query):
    add(library.client())
    described = query.startswith("limit")
    assert library.client().get(f"/books?{query}", STREAM).status == (501 if described else 400)


def test_fields_of_one_document(library):
    client = library.client()
    book = add(client, title="a", pages=5)
    with Events(library, f"{book}?fields=pages") as events:
        events.begin()
        client.patch(book, {"Content-Type": "application/merge-patch+json"}, b'{"pages": 6}')
        assert events.next().data["value"] == {"pages": 6}


# --- for whom --------------------------------------------------------------------------


PATCH = {"Content-Type": "application/merge-patch+json"}


def test_what_one_may_not_see_is_not_told(notes):
    client = notes.client()
    with Events(notes, "/notes", BOB) as events:
        events.begin()
        hers = note(client, ANN, title="a", secret="s")
        client.patch(hers, ANN | PATCH, b'{"title": "b"}')
        client.patch(hers, ANN | PATCH, b'{"shared": true}')
        client.patch(hers, ANN | PATCH, b'{"title": "c", "secret": "t"}')
        client.patch(hers, ANN | PATCH, b'{"shared": false}')
        his = note(client, BOB, title="mine", secret="s")
        got = events.take(4)
        assert [(e.event, e.data["uri"]) for e in got] == [
            ("created", hers),
            ("changed", hers),
            ("removed", hers),
            ("created", his),
        ]
        assert [e.data["value"]["title"] for e in got if e.event != "removed"] == ["b", "c", "mine"]
        assert "secret" not in json.dumps([e.data for e in got])


def test_a_document_that_is_not_shared_any_more(notes):
    client = notes.client()
    hers = note(client, ANN, title="a", shared=True)
    with Events(notes, hers, BOB) as events:
        events.begin()
        client.patch(hers, ANN | PATCH, b'{"shared": false, "title": "hidden"}')
        removed = events.next()
        assert (removed.event, removed.data) == ("removed", {"uri": hers})
    assert client.get(hers, BOB | STREAM).status == 403
    assert client.get(hers, STREAM).status == 401


def test_passwords_are_in_no_stream(notes):
    client = notes.client()
    with Events(notes, "/people", ANN) as events:
        events.begin()
        who = register(client, f"eve{random.random()}@x.example", "eveeveeve")
        event = events.next()
        assert event.data["uri"] == who
        assert "argon2" not in json.dumps(event.data) and "password" not in event.data["value"]


@pytest.mark.once
def test_signs_of_life_and_who_is_out(serve):
    """After 15 seconds: an id without an event; and whose account is gone is followed by nobody."""
    server = serve(with_notes(), CHEAP)
    client = server.client()
    who = register_both(client)
    with Events(server, "/notes", ANN) as hers, Events(server, "/notes", BOB) as his:
        begun = [hers.begin().id, his.begin().id]
        assert client.delete(who, BOB).status in (200, 204)
        assert hers.is_cut()
        sign = his.next_block()
        assert sign.event is None and sign.id not in begun
        note(client, BOB, title="still")
        assert his.next().data["value"]["title"] == "still"
    assert client.get("/notes", ANN | STREAM).status == 401


# --- how --------------------------------------------------------------------------------


def test_the_server_ends_at_once(serve):
    server = serve(None)
    put(server.client(), "/c/1", 1)
    check_stop(server, [Events(server, "/c") for _ in range(5)])


def test_a_new_description_ends_them(serve):
    server = serve(LIBRARY)
    add(server.client())
    with Events(server, "/books") as events:
        last = events.begin().id
        server.reload()
        assert events.next() is None
    with Events(server, "/books", last=last) as events:
        assert events.begin().event == "ready"


def test_more_than_may_follow_are_refused(serve):
    server = serve(None, ["--max-streams", "2", "--max-pending", "2"])
    client = server.client()
    put(client, "/c/1", 1)
    with Events(server, "/c") as one, Events(server, "/c") as two:
        one.begin(), two.begin()
        assert client.get("/c", STREAM).status == 503
        assert client.get("/c").status == 200  # they are not pending
    deadline = time.monotonic() + 5
    while client.head("/c", STREAM).status == 503:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_who_does_not_read_costs_nothing_and_misses_nothing(serve):
    """It is left behind, reads on later from the history, and sees each change once."""
    server = serve(None)
    client = server.client()
    put(client, "/c/1", {"n": 0})
    with Events(server, "/c") as slow:
        slow.begin()
        text = "x" * 20000
        for i in range(1, 600):
            put(client, "/c/1", {"n": i, "text": text})
        got = [event.data["value"]["n"] for event in slow.take(599)]
        assert got == list(range(1, 600))
    with open(f"/proc/{server.pid}/status") as status:
        peak = int(next(line for line in status if line.startswith("VmHWM")).split()[1])
    assert peak < 1500 * 1024


def test_who_never_reads_is_cut_off(serve):
    server = serve(None, ["--write-timeout", "1s", "--max-streams", "1"])
    client = server.client("h1")
    put(client, "/c/1", 0)
    with Connection(server.address) as reader:
        reader.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reader.send(f"GET /c HTTP/1.1\r\nHost: {server.authority}\r\nAccept: text/event-stream\r\n\r\n".encode())
        assert reader.read_head().status == 200
        for _ in range(60):  # more than the sockets hold
            put(client, "/c/1", "x" * 200000)
        deadline = time.monotonic() + 15
        while client.head("/c", STREAM).status == 503:
            assert time.monotonic() < deadline
            time.sleep(0.1)


def test_many_writers_and_one_who_comes_and_goes(serve):
    """The union of what it hears is what has happened: nothing is missing, nothing comes twice."""
    server = serve(None, ["--workers", "2"])
    put(server.client(), "/c/first", 0)
    writers, each = 4, 60

    def write(number):
        client = server.client()
        for i in range(each):
            put(client, f"/c/{number}", {"w": number, "i": i})

    heard = []
    with Events(server, "/c") as events:
        last = events.begin().id
    threads = [threading.Thread(target=write, args=(n,)) for n in range(writers)]
    for thread in threads:
        thread.start()
    while len(heard) < writers * each:
        with Events(server, "/c", last=last) as events:
            assert events.begin().event == "ready"
            for _ in range(random.randrange(1, 20)):
                if len(heard) == writers * each:
                    break
                event = events.next()
                heard.append((event.id, event.data["value"]["w"], event.data["value"]["i"]))
                last = event.id
    for thread in threads:
        thread.join()
    assert len({number for number, _, _ in heard}) == len(heard)
    for number in range(writers):
        assert [i for _, w, i in heard if w == number] == list(range(each))
    with Events(server, "/c", last=last) as events:
        events.begin()
        put(server.client(), "/c/last", 1)
        assert events.next().data["uri"] == "/c/last"
