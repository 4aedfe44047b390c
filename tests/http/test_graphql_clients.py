"""The GraphQL endpoint as programs of others see it: the audits of graphql-http
(GraphQL over HTTP) and the clients @urql/core and graphql-sse. script/browsers
installs them.
"""

import json
import shutil
import subprocess
import threading
from pathlib import Path

import pytest
from server import ROOT, binary

HERE = Path(__file__).parent
LIBRARY = ROOT / "examples/library.yaml"
MODULES = ROOT / "build/browsers/node_modules"

NEEDED = ["@urql/core", "graphql-http", "graphql-sse"]
pytestmark = pytest.mark.skipif(
    not (shutil.which("node") and all((MODULES / name).exists() for name in NEEDED)),
    reason=f"node, {', '.join(NEEDED)}: not there (script/browsers installs them)",
)


def command(server, what):
    return ["node", HERE / "graphql_clients.mjs", MODULES.parent, what, f"http://{server.authority}/graphql"]


def clients(server, what, given=""):
    done = subprocess.run(
        command(server, what),
        input=given if isinstance(given, str) else json.dumps(given),
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_audits_of_graphql_over_http_find_nothing(serve):
    audits = clients(serve(LIBRARY), "audits")
    assert len(audits) > 50
    assert [audit for audit in audits if audit["status"] != "ok"] == []


def test_introspection_tells_what_is_printed(serve):
    printed = subprocess.run(
        [binary(), "graphql", LIBRARY], capture_output=True, text=True, timeout=60, check=True
    ).stdout
    built, defined = clients(serve(LIBRARY), "schema", printed)
    assert built == defined
    assert "type Mutation {" in built


BOOK = "query($id: ID!) { book(id: $id) { id title pages author { name } } }"


def test_a_client_with_a_cache_asks_for_books(serve):
    server = serve(LIBRARY)
    http = server.client()
    book = {"title": "A Wizard of Earthsea", "isbn": "9780141354910", "author": 1, "pages": 256}
    assert http.post("/authors", json={"name": "Le Guin"}).status == 201
    assert http.post("/books", json=book).status == 201
    found = clients(
        server,
        "urql",
        [
            {"kind": "query", "text": BOOK, "variables": {"id": "1"}},
            {"kind": "query", "text": "{ books(first: 5) { totalCount edges { node { title } } pageInfo { hasNextPage } } }"},
            {"kind": "query", "text": BOOK, "variables": {"id": "2"}},
            {"kind": "query", "text": BOOK, "variables": {}},
            {"kind": "query", "text": "{ boook { id } }"},
        ],
    )
    assert [one["network"] for one in found] == [None] * 5
    shown = {"id": "1", "title": book["title"], "pages": 256, "author": {"name": "Le Guin", "__typename": "Author"}}
    assert found[0]["data"] == {"book": shown | {"__typename": "Book"}} and found[0]["errors"] == []
    books = found[1]["data"]["books"]
    assert books["totalCount"] == 1 and books["edges"][0]["node"]["title"] == book["title"]
    assert books["pageInfo"]["hasNextPage"] is False
    assert found[2]["data"] == {"book": None}
    assert [len(one["errors"]) for one in found[3:]] == [1, 1]
    assert found[3]["data"] is None and found[4]["data"] is None


def test_what_a_client_changes_it_sees_at_once(serve):
    author = {"kind": "mutation", "text": "mutation { createAuthor(input: {name: \"Le Guin\"}) { id name } }"}
    create = "mutation($input: BookInput!) { createBook(input: $input) { id title pages author { name } } }"
    update = "mutation($patch: BookPatch!) { updateBook(id: 1, patch: $patch) { id pages } }"
    new = {"title": "A Wizard of Earthsea", "isbn": "9780141354910", "author": "1", "pages": 256}
    found = clients(
        serve(LIBRARY),
        "urql",
        [
            author,
            {"kind": "mutation", "text": create, "variables": {"input": new}},
            {"kind": "query", "text": BOOK, "variables": {"id": "1"}},
            {"kind": "mutation", "text": update, "variables": {"patch": {"pages": 257}}},
            {"kind": "query", "text": BOOK, "variables": {"id": "1"}},
            {"kind": "mutation", "text": create, "variables": {"input": new}},
            {"kind": "mutation", "text": create, "variables": {"input": {"pages": 1}}},
            {"kind": "mutation", "text": "mutation { deleteBook(id: 1) }"},
            {"kind": "query", "text": BOOK, "variables": {"id": "1"}, "context": {"requestPolicy": "network-only"}},
        ],
    )
    assert [one["network"] for one in found] == [None] * len(found)
    assert [len(one["errors"]) for one in found] == [0, 0, 0, 0, 0, 1, 1, 0, 0]
    assert found[1]["data"]["createBook"]["author"]["name"] == "Le Guin"
    assert [found[i]["data"]["book"]["pages"] for i in (2, 4)] == [256, 257]
    assert found[5]["data"] == {"createBook": None}  # that ISBN is taken
    assert found[7]["data"] == {"deleteBook": True}
    assert found[8]["data"] == {"book": None}


# --- subscriptions -----------------------------------------------------------------

CHANGES = "subscription($filter: BookFilter) { booksChanged(filter: $filter) { kind id node { title pages author { name } } } }"
SSE = {"connected": "text/event-stream"}


class Subscriber:
    """A program that subscribes, and tells what it hears a line each."""

    def __init__(self, server, what, text, take, **variables):
        self.program = subprocess.Popen(
            command(server, what), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.program.stdin.write(json.dumps({"text": text, "variables": variables, "take": take}))
        self.program.stdin.close()
        self.deadline = threading.Timer(60, self.program.kill)
        self.deadline.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.deadline.cancel()
        self.program.kill()
        self.program.wait()

    def line(self):
        told = self.program.stdout.readline()
        assert told, self.program.stderr.read()
        return json.loads(told)

    def changes(self, count):
        told = [self.line() for _ in range(count)]
        assert [one["errors"] for one in told] == [[]] * count
        return [one["data"]["booksChanged"] for one in told]


def pages(http, book, count):
    assert http.patch(book, {"Content-Type": "application/merge-patch+json"}, json.dumps({"pages": count}).encode()).status == 200


@pytest.mark.parametrize("what", ["sse", "urql-sse", "urql-fetch"])
def test_a_client_hears_what_happens(serve, what):
    server = serve(LIBRARY)
    http = server.client()
    assert http.post("/authors", json={"name": "Le Guin"}).status == 201
    with Subscriber(server, what, CHANGES, 3, filter={"pages": {"gte": 200}}) as client:
        assert client.line() == SSE
        book = http.post("/books", json={"title": "A Wizard of Earthsea", "isbn": "9780141354910", "author": 1, "pages": 100}).headers["Location"]
        for count in (256, 257, 10):
            pages(http, book, count)
        changes = client.changes(3)
        assert client.line() == "stopped"
    assert [change["kind"] for change in changes] == ["CREATED", "CHANGED", "REMOVED"]
    node = {"title": "A Wizard of Earthsea", "pages": 256, "author": {"name": "Le Guin"}}
    if what == "sse":
        assert [change["node"] for change in changes] == [node, node | {"pages": 257}, None]
    assert [change["node"] and change["node"]["pages"] for change in changes] == [256, 257, None]


def test_a_client_comes_back_where_the_server_ends_it(serve):
    server = serve(LIBRARY)
    http = server.client()
    assert http.post("/authors", json={"name": "Le Guin"}).status == 201
    book = http.post("/books", json={"title": "a", "isbn": "9780141354910", "author": 1, "pages": 100}).headers["Location"]
    with Subscriber(server, "sse", CHANGES, 2) as client:
        assert client.line() == SSE
        pages(http, book, 101)
        assert client.changes(1)[0]["node"]["pages"] == 101
        server.reload()
        assert client.line() == SSE
        pages(http, book, 102)
        assert client.changes(1)[0]["node"]["pages"] == 102
        assert client.line() == "stopped"


@pytest.mark.parametrize("text", ["{ books { totalCount } }", "subscription { nothing }", "mutation { createAuthor(input: {name: \"x\"}) { name } }"])
def test_what_has_an_end_is_complete(serve, text):
    with Subscriber(serve(LIBRARY), "sse", text, 2) as client:
        assert client.line() == SSE
        told = client.line()
        assert bool(told["errors"]) == ("nothing" in text) and bool(told["data"]) != bool(told["errors"])
        assert client.line() == "complete"
