"""q: members by the words of the properties that a description marks (x-verbatim.search)."""

import json
import random
from urllib.parse import quote

import pytest
from library import links, parameters
from test_filters import described

SEARCHED = {"x-verbatim": {"search": True}}
PROPERTIES = {
    "title": {"type": "string", **SEARCHED},
    "about": {"type": "object", "properties": {"text": {"type": "string", **SEARCHED}}},
    "note": {"type": "string"},
    "year": {"type": "integer", "x-verbatim": {"index": True}},
}
BOOKS = [
    {"title": "A Wizard of Earthsea", "year": 1968},
    {"title": "The Tombs of Atuan", "about": {"text": "Earthsea, again"}, "year": 1970},
    {"title": "Über die Erde", "note": "earthsea", "year": 1970},
    {"title": "EARTH", "about": {}, "year": 1999},
]


@pytest.fixture(params=[[], ["--storage", "memory:"]], ids=["sqlite", "memory"])
def client(serve, request):
    client = serve(described(PROPERTIES), request.param).client()
    for book in BOOKS:
        assert client.post("/things", json=book).status == 201
    return client


def found(client, query, **headers):
    page = client.get("/things?" + query, headers)
    assert page.status == 200, page
    return [BOOKS.index({k: v for k, v in book.items() if k != "id"}) for book in page.json()]


@pytest.mark.parametrize(
    "query, wanted",
    [
        ("q=earthsea", [0, 1]),
        ("q=EARTHSEA%20the", [1]),
        ("q=earth*", [0, 1, 3]),
        ("q=earth", [3]),
        ("q=%C3%BCBER", [2]),
        ("q=again,%20atuan!", [1]),
        ("q=nothing", []),
        ("q=e*&year=1970", [1, 2]),
        ("q=of&sort=-year", [1, 0]),
        ("q=of&filter=year%3C1970", [0]),
    ],
)
def test_words_are_found(client, query, wanted):
    assert found(client, query) == wanted
    count = client.get("/things?" + query, {"Prefer": "count=exact"})
    assert count.headers["Total-Count"] == str(len(wanted))


def test_a_query_that_cannot_be(client):
    for query in ["q=", "q=--", "q=a%20b%20c%20d%20e%20f%20g%20h%20i", "q=a&q=b"]:
        refused = client.get("/things?" + query)
        assert refused.status == 400 and parameters(refused) == {"q"}, query


def test_pages_and_queries_say_it_again(client):
    page = client.get("/things?q=earth*&limit=2")
    assert [book["title"] for book in page.json()] == ["A Wizard of Earthsea", "The Tombs of Atuan"]
    assert "q=earth" in links(page)["next"]
    assert [book["title"] for book in client.get(links(page)["next"]).json()] == ["EARTH"]
    asked = client.request("QUERY", "/things", {"Content-Type": "application/json"}, b'{"q": "of atuan"}')
    assert [book["title"] for book in asked.json()] == ["The Tombs of Atuan"]


def test_nothing_is_searched_that_is_not_described(serve):
    client = serve(described({"title": {"type": "string"}})).client()
    refused = client.get("/things?q=a")
    assert refused.status == 400 and parameters(refused) == {"q"}


def test_engines_find_the_same_words(serve):
    r = random.Random(11)
    words = ["a", "ab", "abc", "b", "B", "bä", "BÄ", "x1", "x", "x" * 100, "x" * 101]
    clients = [serve(described(PROPERTIES)).client(), serve(described(PROPERTIES), ["--storage", "memory:"]).client()]
    for n in range(60):
        text = {"title": r.choice(" -,").join(r.choice(words) for _ in range(r.randint(0, 4))), "about": {"text": r.choice(words)}}
        gone, changed = r.randint(1, n + 1), r.randint(1, n + 1)
        for client in clients:
            assert client.post("/things", json=text).status == 201
            if n % 4 == 3:
                client.delete(f"/things/{gone}")
                client.put(f"/things/{changed}", {"Content-Type": "application/json"}, json.dumps({"title": "ab x"}).encode())
    for _ in range(80):
        asked = "/things?q=" + "%20".join(quote(r.choice(words)) + r.choice(["", "", "*"]) for _ in range(r.randint(1, 3))) + r.choice(["", "&sort=-title", "&limit=2"])
        pages = [client.get(asked, {"Prefer": "count=exact"}) for client in clients]
        assert [page.status for page in pages] == [200, 200]
        assert pages[0].json() == pages[1].json(), asked
        assert pages[0].headers["Total-Count"] == pages[1].headers["Total-Count"], asked
