"""The GraphQL endpoint as programs of others see it: the audits of graphql-http
(GraphQL over HTTP) and the client @urql/core. script/browsers installs them.
"""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from server import ROOT, binary

HERE = Path(__file__).parent
LIBRARY = ROOT / "examples/library.yaml"
MODULES = ROOT / "build/browsers/node_modules"

pytestmark = pytest.mark.skipif(
    not (shutil.which("node") and (MODULES / "@urql/core").exists() and (MODULES / "graphql-http").exists()),
    reason="node, graphql-http, @urql/core: not there (script/browsers installs them)",
)


def clients(server, what, given=""):
    done = subprocess.run(
        ["node", HERE / "graphql_clients.mjs", MODULES.parent, what, f"http://{server.authority}/graphql"],
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
