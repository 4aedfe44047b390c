"""Prefer (RFC 7240): handling and count, and what a reply tells of them."""

import pytest
from ledger import requirement
from library import LIBRARY, add, links
from test_filters import PROPERTIES, described, fill


@pytest.fixture(scope="module")
def client(module_serve):
    client = module_serve(described()).client()
    fill(client)
    return client


def prefer(value):
    return {"Prefer": value}


# --- handling -----------------------------------------------------------------


@requirement("7240-4.4-01")
@pytest.mark.parametrize("query", ["titel=x", "titel=x&title:like=y&q=z", "page=5&limit=2"])
def test_lenient_passes_over_what_is_unknown(client, query):
    assert client.get(f"/things?{query}").status == 400
    answer = client.get(f"/things?{query}", prefer("handling=lenient"))
    assert answer.status == 200
    assert answer.headers["Preference-Applied"] == "handling=lenient"
    known = [part for part in query.split("&") if part.startswith("limit")]
    same = client.get("/things?" + "&".join(known))
    assert answer.body == same.body and links(answer) == links(same)


@requirement("7240-4.4-01")
def test_a_query_may_be_lenient_too(client):
    query = {"title": "Ubik", "titel": {"any": ["thing"]}}
    answer = client.query("/things", prefer("handling=lenient"), json=query)
    assert [member["id"] for member in answer.json()] == [2]
    assert answer.headers["Preference-Applied"] == "handling=lenient"
    assert client.query("/things", json=query).status == 422


@requirement("7240-4.4-01")
@pytest.mark.parametrize("query", ["year=x", "limit=0", "sort=nothing", "cursor=x", "title:null=x"])
def test_lenient_takes_nothing_that_is_wrong(client, query):
    assert client.get(f"/things?{query}", prefer("handling=lenient")).status == 400


@requirement("7240-4.4-01")
def test_strict_is_how_it_is_anyway(client):
    answer = client.get("/things?title=Ubik", prefer("handling=strict"))
    assert answer.status == 200 and answer.headers["Preference-Applied"] == "handling=strict"
    assert client.get("/things?titel=x", prefer("handling=strict")).status == 400
    for both in ("handling=strict, handling=lenient", "handling=lenient, handling=strict"):
        assert client.get("/things?titel=x", prefer(both)).status == 400


# What nothing was left out of was answered as it would have been.
def test_lenient_is_not_told_where_it_changed_nothing(client):
    assert "Preference-Applied" not in client.get("/things?year=1968", prefer("handling=lenient")).headers


def test_a_described_parameter_that_does_nothing_stays_501_for_the_lenient(serve):
    parameters = [{"name": "page", "in": "query", "schema": {"type": "integer"}}]
    client = serve(described(parameters=parameters)).client()
    assert client.get("/things?page=2", prefer("handling=lenient")).status == 501


# --- count ----------------------------------------------------------------------


@requirement("7240-3-01")
@pytest.mark.parametrize("query, total", [
    ("", "5"), ("limit=2", "5"), ("year:gt=0", "3"), ("year:gt=0&limit=1", "3"), ("title=nothing", "0"),
    ("sort=-title&limit=2", "5"), ("sort=title&sold:null=false", "2"),
])  # fmt: skip
def test_count_exact_tells_how_many_there_are_over_all_pages(client, query, total):
    for method in ("GET", "HEAD"):
        answer = client.request(method, f"/things?{query}", prefer("count=exact"))
        assert answer.status == 200
        assert answer.headers["Total-Count"] == total
        assert answer.headers["Preference-Applied"] == "count=exact"
    without = client.get(f"/things?{query}")
    assert "Total-Count" not in without.headers
    assert without.body == client.get(f"/things?{query}", prefer("count=exact")).body


# What can be counted without much ado is not guessed.
@pytest.mark.parametrize("query, total", [("", "5"), ("year:gt=0&limit=1", "3"), ("sort=title&sold:null=false", "2")])
def test_an_estimate_of_few_is_exact(client, query, total):
    answer = client.get(f"/things?{query}", prefer("count=estimated"))
    assert answer.headers["Total-Count"] == total
    assert answer.headers["Preference-Applied"] == "count=estimated"


def test_the_count_is_the_same_on_every_page(client):
    start, seen = "/things?year:gt=-10&limit=2", 0
    while start:
        page = client.get(start, prefer("count=exact"))
        assert page.headers["Total-Count"] == "4"
        seen += len(page.json())
        start = links(page).get("next")
    assert seen == 4


def test_a_query_is_counted_too(client):
    answer = client.query("/things", prefer("count=exact, handling=lenient"), json={"sold": True, "x": 1})
    assert answer.headers["Total-Count"] == "1"
    assert answer.headers.all("Preference-Applied") == ["handling=lenient", "count=exact"]


@pytest.mark.parametrize("value", ["count", "count=", "count=EXACT", "counts=exact"])
def test_another_count_is_ignored(client, value):
    answer = client.get("/things", prefer(value))
    assert answer.status == 200
    assert "Total-Count" not in answer.headers and "Preference-Applied" not in answer.headers


# Counting looks at all members: too many, and the preference is not applied.
def test_what_is_too_much_to_count_is_not(serve):
    properties = {"n": {"type": "integer"}, "text": {"type": "string"}}
    client = serve(described(properties), ["--storage", "memory:"]).client()
    text = "x" * 250_000
    fill(client, ['{"n": %d, "text": "%s"}' % (n, text) for n in range(280)])  # 70 MB
    answer = client.get("/things?n:lt=2&fields=n", prefer("count=exact"))
    assert answer.json() == [{"n": 0}, {"n": 1}]
    assert "Total-Count" not in answer.headers and "Preference-Applied" not in answer.headers
    assert client.get("/things?fields=n&limit=1", prefer("count=exact")).headers["Total-Count"] == "280"
    # A guess is made of those that were looked at.
    guessed = client.get("/things?n:gte=0&fields=n&limit=3", prefer("count=estimated"))
    assert guessed.headers["Total-Count"] == "280" and guessed.json() == [{"n": 0}, {"n": 1}, {"n": 2}]
    assert 2 < int(client.get("/things?n:lt=2", prefer("count=estimated")).headers["Total-Count"]) < 20
    refused = client.get("/things?sort=n")
    assert refused.status == 400
    assert refused.json()["errors"][0]["parameter"] == "sort"


# --- caches, and writes -----------------------------------------------------------


@requirement("7240-2-04")
def test_what_a_preference_may_change_says_so_to_caches(client):
    for query in ("", "?title=Ubik", "?titel=x"):
        for headers in ({}, prefer("count=exact"), prefer("handling=lenient")):
            answer = client.get(f"/things{query}", headers)
            vary = [part.strip().lower() for line in answer.headers.all("Vary") for part in line.split(",")]
            assert "prefer" in vary, (query, headers)
    tag = {"If-None-Match": client.get("/things").headers["ETag"]}
    assert "prefer" in client.get("/things", tag).headers.tokens("Vary")


@requirement("7240-4.2-01", "7240-3-01", "7240-2-03")
def test_a_write_is_answered_with_as_much_as_is_preferred(serve):
    client = serve(LIBRARY).client()
    path = add(client, title="x")
    for method, body in (("PUT", {"title": "y"}), ("PATCH", {"title": "z"})):
        headers = {"Content-Type": "application/json" if method == "PUT" else "application/merge-patch+json"}
        full = client.request(method, path, headers | prefer("return=representation"), json=body)
        assert full.status == 200 and full.json()["title"] == body["title"]
        assert full.headers["Preference-Applied"] == "return=representation"
        least = client.request(method, path, headers | prefer("return=minimal, return=representation"), json=body)
        assert least.status == 204
        assert least.headers["Preference-Applied"] == "return=minimal"
    made = client.post("/books", prefer("return=minimal"), json={"title": "new"})
    assert made.status == 201 and made.body == b"" and "Location" in made.headers and "ETag" in made.headers
    assert made.headers["Preference-Applied"] == "return=minimal"
    made = client.post("/books", prefer("return=representation"), json={"title": "new"})
    assert made.status == 201 and made.json()["title"] == "new"
    gone = client.delete(path, prefer("return=representation"))
    assert gone.status == 204 and "Preference-Applied" not in gone.headers


# The description says which replies there are; a preference picks among them.
@pytest.mark.parametrize("declared, value, status, applied", [
    (["200"], "return=minimal", 200, False),
    (["200"], "return=representation", 200, True),
    (["204"], "return=representation", 204, False),
    (["204"], "return=minimal", 204, True),
    (["200", "204"], "return=minimal", 204, True),
    (["200", "204"], "return=representation", 200, True),
])  # fmt: skip
def test_a_preference_picks_among_what_is_declared(serve, declared, value, status, applied):
    description = described({"id": PROPERTIES["id"], "title": {"type": "string"}})
    description["paths"]["/things/{id}"]["put"]["responses"] = {code: {"description": ""} for code in declared}
    client = serve(description).client()
    fill(client, ['{"title": "x"}'])
    answer = client.put("/things/1", prefer(value), json={"title": "y"})
    assert answer.status == status
    assert ("Preference-Applied" in answer.headers) == applied
