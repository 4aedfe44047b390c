"""Subscriptions of GraphQL: events of graphql-sse's distinct connections."""

import json
import threading
import time
from urllib.parse import quote

import pytest
from events import STREAM, Events, check_stop, parse
from library import tag_of
from notebook import ANN, BOB, note, register_both, with_notes
from people import CHEAP, STRING, register
from test_graphql_http import JSON, LIBRARY, last, make, post
from test_relations import collection
from test_sessions import secret_of, site, with_cookie

PATCH = {"Content-Type": "application/merge-patch+json"}
BOOKS = "subscription {booksChanged {kind id node {title year author {name}}}}"
TITLES = "subscription {booksChanged {kind node {title}}}"


class Subscription(Events):
    """A POST that is answered with events: `answer` gives responses, `change` what the one field of one is."""

    def __init__(self, server, query, headers=(), last=None, **more):
        content = json.dumps(dict(more, query=query)).encode()
        super().__init__(server, "/graphql", {"Content-Type": JSON} | dict(headers), last, "POST", content)

    def begin(self):
        """Where it begins, as a sign of life says."""
        event = self.next_block()
        assert event.event is None and event.id
        return event

    def answer(self):
        event = self.next()
        assert event.event == "next" and event.id
        return event.data

    def change(self):
        response = self.answer()
        assert "errors" not in response, response
        (change,) = response["data"].values()
        return change


@pytest.fixture(params=["sqlite", "memory"])
def server(request, serve):
    return serve(LIBRARY, ["--storage", "memory:"] if request.param == "memory" else [])


@pytest.fixture
def client(server):
    return server.client()


def patch(client, uri, headers=(), **members):
    reply = client.patch(uri, PATCH | dict(headers), json.dumps(members).encode())
    assert reply.status in (200, 204), reply


def put(client, uri, **members):
    assert client.put(uri, json=client.get(uri).json() | members).status == 200


def whole(reply):
    """The one response of what has an end."""
    assert reply.status == 200 and reply.headers["Content-Type"] == "text/event-stream", reply
    one, end, rest = reply.body.decode().split("\n\n")
    one, end = parse(one), parse(end)
    assert (one.event, end.event, end.data, rest) == ("next", "complete", None, "")
    return one.data


# --- what is told --------------------------------------------------------------


def test_members_as_they_come_and_go(server, client):
    author = make(client, "/authors", name="Ann")
    with Subscription(server, BOOKS) as events:
        assert events.response.headers["Content-Type"] == "text/event-stream"
        assert events.response.headers["Cache-Control"] == "no-store"
        events.begin()
        book = make(client, "/books", title="a", year=1968, author=last(author))
        put(client, book, title="b")
        make(client, "/authors", name="Bob")
        assert client.delete(book).status == 204
        shown = {"title": "a", "year": 1968, "author": {"name": "Ann"}}
        assert events.change() == {"kind": "CREATED", "id": last(book), "node": shown}
        assert events.change() == {"kind": "CHANGED", "id": last(book), "node": shown | {"title": "b"}}
        assert events.change() == {"kind": "REMOVED", "id": last(book), "node": None}


def test_a_state_has_the_tag_that_get_shows(server, client):
    with Subscription(server, "subscription {booksChanged {node {_etag}}}") as events:
        events.begin()
        book = make(client, "/books", title="a")
        assert events.change() == {"node": {"_etag": tag_of(client, book)}}


def test_one_by_its_key(server, client):
    book, other = make(client, "/books", title="a"), make(client, "/books", title="o")
    query = "subscription Of($id: ID!) {bookChanged(id: $id) {kind id node {title}}}"
    with Subscription(server, query, variables={"id": last(book)}, operationName="Of") as events:
        events.begin()
        put(client, other, title="p")
        put(client, book, title="b")
        client.delete(book)
        assert events.change() == {"kind": "CHANGED", "id": last(book), "node": {"title": "b"}}
        assert events.change() == {"kind": "REMOVED", "id": last(book), "node": None}


def test_what_is_below_something(server, client):
    book, other = make(client, "/books", title="a"), make(client, "/books", title="o")
    query = "subscription($id: ID!) {booksReviewsChanged(id: $id, filter: {stars: {gt: 1}}) {kind id node {stars}}}"
    with Subscription(server, query, variables={"id": last(book)}) as events:
        events.begin()
        make(client, other + "/reviews", stars=4)
        make(client, book + "/reviews", stars=1)
        review = make(client, book + "/reviews", stars=5)
        assert events.change() == {"kind": "CREATED", "id": last(review), "node": {"stars": 5}}


def test_a_filter_as_in_the_list(server, client):
    book = make(client, "/books", title="a", year=1960)
    query = "subscription($from: Long) {booksChanged(filter: {year: {gte: $from}}) {kind node {year}}}"
    with Subscription(server, query, variables={"from": 1970}) as events:
        events.begin()
        for year in (1961, 1970, 1971, 1950, 1951):
            put(client, book, year=year)
        make(client, "/books", title="b", year=1999)
        assert [events.change() for _ in range(4)] == [
            {"kind": "CREATED", "node": {"year": 1970}},
            {"kind": "CHANGED", "node": {"year": 1971}},
            {"kind": "REMOVED", "node": None},
            {"kind": "CREATED", "node": {"year": 1999}},
        ]


def test_each_event_is_a_selection_of_its_own(server, client):
    """Names, fragments, directives, and what else there is to ask of a book: pages of what refers to it."""
    author = make(client, "/authors", name="Ann")
    query = """subscription($deep: Boolean!) {
        changed: booksChanged {__typename what: kind ...Of}}
        fragment Of on BookChange {node {t: title author @include(if: $deep) {books(first: 2) {totalCount edges {node {title}}}}}}"""
    with Subscription(server, query, variables={"deep": True}) as events:
        events.begin()
        make(client, "/books", title="a", author=last(author))
        first = events.change()
        make(client, "/books", title="b", author=last(author))
        second = events.change()
    assert first["__typename"] == "BookChange" and first["what"] == "CREATED"
    books = [change["node"]["author"]["books"] for change in (first, second)]
    assert [one["totalCount"] for one in books] == [1, 2]
    assert [edge["node"]["title"] for edge in books[1]["edges"]] == ["a", "b"]


def test_an_error_within_an_event_is_told_in_it(server, client):
    query = "subscription {booksChanged {kind node {title author {books(after: \"x\") {totalCount}}}}}"
    author = make(client, "/authors", name="Ann")
    with Subscription(server, query) as events:
        events.begin()
        make(client, "/books", title="a", author=last(author))
        answer = events.answer()
        assert answer["data"] == {"booksChanged": {"kind": "CREATED", "node": {"title": "a", "author": {"books": None}}}}
        assert answer["errors"][0]["path"] == ["booksChanged", "node", "author", "books"]
        make(client, "/books", title="b")
        assert events.change()["node"]["title"] == "b"


# --- how it is asked for ---------------------------------------------------------


def test_by_get_and_query_too(server, client):
    uri = "/graphql?query=" + quote(TITLES)
    content = json.dumps({"query": TITLES}).encode()
    with Events(server, uri) as got, Events(server, "/graphql", {"Content-Type": JSON}, None, "QUERY", content) as asked:
        assert got.next_block().id and asked.next_block().id
        make(client, "/books", title="a")
        for events in (got, asked):
            assert events.next().data == {"data": {"booksChanged": {"kind": "CREATED", "node": {"title": "a"}}}}
    head = client.head(uri, STREAM)
    assert (head.status, head.headers["Content-Type"]) == (200, "text/event-stream")


@pytest.mark.parametrize("accept", ["application/json, text/event-stream", "text/event-stream, multipart/mixed", "text/event-stream;q=0.1, */*"])
def test_a_client_may_take_other_things_as_well(server, accept):
    make(server.client(), "/books", title="a")
    with Subscription(server, TITLES, {"Accept": accept}) as events:
        events.begin()
        make(server.client(), "/books", title="b")
        assert events.change()["node"]["title"] == "b"


@pytest.mark.parametrize("accept", [None, "*/*", JSON, "application/graphql-response+json", "text/event-stream;q=0, */*"])
def test_who_does_not_name_it_is_told_to(client, accept):
    reply = post(client, TITLES, accept)
    assert reply.status == 406
    assert reply.json()["errors"][0]["extensions"]["code"] == "NOT_ACCEPTABLE"
    assert "data" not in reply.json()


def test_what_has_an_end_is_complete_at_once(client):
    headers = {"Accept": "text/event-stream", "Content-Type": JSON}
    create = 'mutation {createBook(input: {title: "a"}) {title}}'
    assert whole(post(client, create, "text/event-stream")) == {"data": {"createBook": {"title": "a"}}}
    assert whole(post(client, "{books {totalCount}}", "text/event-stream")) == {"data": {"books": {"totalCount": 1}}}
    got = client.get("/graphql?query=" + quote("{books {totalCount}}"), STREAM)
    assert whole(got) == {"data": {"books": {"totalCount": 1}}}
    assert client.get("/graphql?query=" + quote("{books {totalCount}}"), STREAM | {"If-None-Match": got.headers["ETag"]}).status == 304
    assert client.get("/graphql?query=" + quote(create), STREAM).status == 405
    assert client.request("POST", "/graphql", headers, b"{").status == 400


def test_who_takes_either_gets_a_representation(client):
    for accept in ("application/json, text/event-stream", "*/*", "text/*, application/json;q=0.1"):
        assert post(client, "{__typename}", accept).json() == {"data": {"__typename": "Query"}}
    assert whole(post(client, "{__typename}", "text/event-stream, application/json;q=0.5"))["data"]


@pytest.mark.parametrize("query", [
    "subscription {nothing}",
    "subscription {booksChanged {kind} authorsChanged {kind}}",
    "subscription {__typename}",
    "subscription {bookChanged {kind}}",
    "subscription {booksChanged @skip(if: true) {kind}}",
    "subscription {booksChanged(filter: {title: {contains: null}}) {kind}}",
    "subscription($n: Int!) {booksChanged {kind}}",
])
def test_what_cannot_be_subscribed_to_is_told_and_over(client, query):
    answer = whole(post(client, query, "text/event-stream"))
    assert answer["errors"] and "data" not in answer


def test_it_is_told_of_in_the_schema(client):
    asked = post(client, "{__schema {subscriptionType {name fields {name type {name kind} args {name}}}}}").json()["data"]
    (fields,) = [asked["__schema"]["subscriptionType"]["fields"]]
    told = {field["name"]: (field["type"]["name"], [arg["name"] for arg in field["args"]]) for field in fields}
    assert told["booksChanged"] == ("BookChange", ["filter"])
    assert told["bookChanged"] == ("BookChange", ["id"])
    assert told["booksReviewChanged"] == ("BooksReviewChange", ["id", "review"])


def test_a_part_of_a_batch_has_an_end(client):
    request = {"method": "POST", "path": "/graphql", "headers": {"Accept": "text/event-stream"}, "body": {"query": TITLES}}
    reply = client.post("/batch", json={"requests": [request]})
    assert reply.json()["responses"][0]["status"] == 406


# --- from where --------------------------------------------------------------------


def test_who_was_cut_off_goes_on(server, client):
    with Subscription(server, TITLES) as events:
        begun = events.begin().id
        make(client, "/books", title="a")
        events.change()
        heard = events.last
    make(client, "/books", title="b")
    for where, titles in ((begun, ["a", "b"]), (heard, ["b"])):
        with Subscription(server, TITLES, last=where) as events:
            assert events.begin().id == where
            assert [events.change()["node"]["title"] for _ in titles] == titles


def test_from_a_listing_s_tag(server, client):
    make(client, "/books", title="a")
    tag = tag_of(client, "/books")
    make(client, "/books", title="b")
    with Subscription(server, TITLES, last=tag) as events:
        events.begin()
        assert events.change()["node"]["title"] == "b"


def test_what_is_not_known_any_more_is_an_error_and_goes_on(server, client):
    make(client, "/books", title="a")
    with Subscription(server, TITLES, last="never") as events:
        lost = events.answer()
        assert lost["data"] == {"booksChanged": None}
        assert lost["errors"][0]["extensions"] == {"code": "EVENTS_LOST"}
        assert lost["errors"][0]["path"] == ["booksChanged"]
        make(client, "/books", title="b")
        assert events.change()["node"]["title"] == "b"


def test_who_does_not_read_costs_nothing_and_misses_nothing(serve):
    server = serve(LIBRARY)
    client = server.client()
    book = make(client, "/books", title="a")
    with Subscription(server, "subscription {booksChanged {node {title year}}}") as slow:
        slow.begin()
        text = "x" * 20000
        for year in range(1, 400):
            put(client, book, title=text, year=year)
        assert [slow.change()["node"]["year"] for _ in range(1, 400)] == list(range(1, 400))


def test_many_writers_and_one_who_comes_and_goes(serve):
    """The union of what it hears is what has happened: nothing is missing, nothing comes twice."""
    server = serve(LIBRARY, ["--workers", "2"])
    writers, each = 4, 40

    def write(number):
        client = server.client()
        for i in range(each):
            make(client, "/books", title=f"{number}", year=i)

    with Subscription(server, "subscription {booksChanged {kind}}") as events:
        heard_last = events.begin().id
    threads = [threading.Thread(target=write, args=(n,)) for n in range(writers)]
    for thread in threads:
        thread.start()
    heard = []
    while len(heard) < writers * each:
        with Subscription(server, "subscription {booksChanged {kind id node {title year}}}", last=heard_last) as events:
            events.begin()
            for _ in range(min(17, writers * each - len(heard))):
                change = events.change()
                assert change["kind"] == "CREATED"
                heard.append((change["node"]["title"], change["node"]["year"]))
                heard_last = events.last
    for thread in threads:
        thread.join()
    for number in range(writers):
        assert [i for title, i in heard if title == str(number)] == list(range(each))


# --- for whom ----------------------------------------------------------------------


NOTES = "subscription {notesChanged {kind id node {title}}}"


def test_what_one_may_not_see_is_not_told(notes):
    client = notes.client()
    with Subscription(notes, NOTES, BOB) as events:
        events.begin()
        hers = note(client, ANN, title="a", secret="s")
        for change in ({"title": "b"}, {"shared": True}, {"title": "c"}, {"shared": False}):
            patch(client, hers, ANN, **change)
        his = note(client, BOB, title="mine")
        assert [events.change() for _ in range(4)] == [
            {"kind": "CREATED", "id": last(hers), "node": {"title": "b"}},
            {"kind": "CHANGED", "id": last(hers), "node": {"title": "c"}},
            {"kind": "REMOVED", "id": last(hers), "node": None},
            {"kind": "CREATED", "id": last(his), "node": {"title": "mine"}},
        ]


def test_one_that_is_not_shown_yet_and_not_any_more(notes):
    client = notes.client()
    hers = note(client, ANN, title="a")
    query = "subscription($id: ID!) {noteChanged(id: $id) {kind node {title}}}"
    with Subscription(notes, query, BOB, variables={"id": last(hers)}) as events:
        events.begin()
        patch(client, hers, ANN, title="hidden")
        patch(client, hers, ANN, shared=True)
        patch(client, hers, ANN, shared=False)
        assert events.change() == {"kind": "CREATED", "node": {"title": "hidden"}}
        assert events.change() == {"kind": "REMOVED", "node": None}


def test_each_session_hears_of_its_own(serve):
    server = serve(site(), CHEAP)
    client = server.client()
    hers, his = (secret_of(client.put("/cart", json={"items": [name]}))[0] for name in ("a", "b"))
    query = "subscription {cartChanged {kind node {items}}}"
    with Subscription(server, query, with_cookie(client, hers)) as events:
        events.begin()
        for cookie, items in ((his, ["c"]), (hers, ["d"]), (his, ["e"])):
            assert client.put("/cart", with_cookie(client, cookie), json={"items": items}).status == 204
        assert client.delete("/cart", with_cookie(client, hers)).status in (200, 204)
        assert events.change() == {"kind": "CHANGED", "node": {"items": ["d"]}}
        assert events.change() == {"kind": "REMOVED", "node": None}
    assert "errors" in whole(post(client, query, "text/event-stream"))


@pytest.mark.parametrize("query", [NOTES, "subscription {noteChanged(id: 1) {kind}}", "subscription {peopleChanged {kind}}"])
def test_who_may_not_ask_is_told(notes, query):
    answer = whole(post(notes.client(), query, "text/event-stream"))
    assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert "data" not in answer


def test_passwords_are_in_no_event(notes):
    client = notes.client()
    with Subscription(notes, "subscription {peopleChanged {kind node {email}}}", ANN) as events:
        events.begin()
        login = f"eve{time.monotonic_ns()}@x.example"
        register(client, login, "eveeveeve")
        assert events.change() == {"kind": "CREATED", "node": {"email": login}}
    answer = whole(post(client, "subscription {peopleChanged {node {password}}}", "text/event-stream", ANN))
    assert "data" not in answer


@pytest.mark.once
def test_signs_of_life_and_who_is_out(serve):
    """After 15 seconds: an id without an event; and whose account is gone is told nothing any more."""
    described = with_notes()
    described["paths"] |= collection("/songs", {"name": STRING})  # for everybody, also for who says who they are
    server = serve(described, CHEAP + ["--open"])
    client = server.client()
    who = register_both(client)
    songs = "subscription {songsChanged {node {name}}}"
    with Subscription(server, NOTES, ANN) as hers, Subscription(server, NOTES, BOB) as his, Subscription(server, songs, BOB) as open_to_all:
        begun = [stream.begin().id for stream in (hers, his, open_to_all)]
        assert client.delete(who, BOB).status in (200, 204)
        assert hers.is_cut()
        for stream in (his, open_to_all):
            sign = stream.next_block()
            assert sign.event is None and sign.id not in begun
        note(client, BOB, title="still")
        assert his.change()["node"]["title"] == "still"
        make(client, "/songs", name="la")
        assert open_to_all.change()["node"]["name"] == "la"
    assert post(client, NOTES, "text/event-stream", ANN).status == 401


@pytest.mark.once
def test_who_writes_meanwhile_is_not_taken_for_another(serve):
    """A description that says nothing of credentials: whoever is known stays so."""
    server = serve(LIBRARY)
    client = server.client()
    with Subscription(server, TITLES) as events:
        events.begin()
        assert events.next_block().event is None  # a sign of life
        make(client, "/books", title="a")
        assert events.change()["node"]["title"] == "a"


# --- how ---------------------------------------------------------------------------


def test_the_server_ends_at_once(serve):
    server = serve(LIBRARY)
    check_stop(server, [Subscription(server, TITLES) for _ in range(5)])


def test_a_new_description_ends_them(serve):
    server = serve(LIBRARY)
    with Subscription(server, TITLES) as events:
        begun = events.begin().id
        server.reload()
        assert events.next() is None
    with Subscription(server, TITLES, last=begun) as events:
        assert events.begin().id == begun


def test_who_leaves_in_the_middle_of_an_event(serve):
    server = serve(LIBRARY, ["--workers", "2"])
    client = server.client()
    author = make(client, "/authors", name="Ann")
    nested = "subscription {booksChanged {node {title author {books(first: 50) {edges {node {title author {name}}}}}}}}"
    over = threading.Event()

    def write():
        writer = server.client()
        while not over.is_set():
            make(writer, "/books", title="a", author=last(author))

    writing = threading.Thread(target=write)
    writing.start()
    try:
        for n in range(60):
            with Subscription(server, nested) as events:
                events.begin()
                for _ in range(n % 3):
                    assert events.change()["node"]["title"] == "a"
    finally:
        over.set()
        writing.join()
    assert client.get("/authors").status == 200


def test_more_than_may_follow_are_refused(serve):
    server = serve(LIBRARY, ["--max-streams", "2", "--max-pending", "2"])
    client = server.client()
    with Subscription(server, TITLES) as one, Subscription(server, TITLES) as two:
        one.begin(), two.begin()
        assert post(client, TITLES, "text/event-stream").status == 503
        assert post(client, "{__typename}", "text/event-stream").status == 200
