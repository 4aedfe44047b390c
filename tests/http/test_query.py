"""QUERY (RFC 10008): what GET asks with the URI, asked with content."""

import gzip
from urllib.parse import urlencode

import pytest
from ledger import requirement
from library import LIBRARY, add, links, parameters, pointers
from test_filters import THINGS, described, fill
from test_ranges import parts_of

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def client(module_serve):
    client = module_serve(described()).client()
    fill(client)
    return client


def ids(answer):
    assert answer.status == 200, answer
    return "".join(str(member["id"]) for member in answer.json())


@requirement("10008-2.3-01", "10008-2.4-01")
@pytest.mark.parametrize("query", [
    {},
    {"title": "Ubik"},
    {"year:gt": 1968},
    {"year:gte": 1968, "year:lt": 1970, "sort": "-year"},
    {"title:in": ["A, B", "Ubik", "back\\slash"]},
    {"tags:contains": ["a", "b"]},
    {"sold": False},
    {"author.born": None},
    {"author.born:ne": None},
    {"year:ne": None, "sort": ["-year", "title"], "fields": ["id", "year"], "limit": 2},
    {"any": "5"},
])  # fmt: skip
def test_a_query_is_answered_like_the_get_that_it_names(client, query):
    answer = client.query("/things", json=query)
    assert answer.status == 200, answer
    same = client.get(answer.headers["Content-Location"])
    assert same.body == answer.body and same.status == 200
    assert answer.headers["Location"] == answer.headers["Content-Location"]
    assert same.headers["Link"] == answer.headers["Link"]


@pytest.mark.parametrize("query, want", [
    ([("title", "Ubik")], "2"),
    ([("tags:contains", "a"), ("tags:contains", "b")], "1"),
    ([("sort", "-year"), ("limit", "2")], "32"),
    ([], "12345"),
])  # fmt: skip
def test_a_form_asks_the_same(client, query, want):
    answer = client.query("/things", FORM, urlencode(query))
    assert ids(answer) == want
    assert client.get(answer.headers["Content-Location"]).body == answer.body


def test_the_uri_and_the_content_hold_together(client):
    answer = client.query("/things?year:gt=0", json={"sold": True})
    assert ids(answer) == "2"
    assert answer.headers["Content-Location"] == "/things?year%3Agt=0&sold=true"
    assert client.query("/things?limit=1", json={"limit": 2}).status == 422


@requirement("10008-2-01")
@pytest.mark.parametrize("headers, body", [
    ({}, b"{}"), ({}, None), ({"Content-Type": ""}, b"{}"), ({"Content-Type": "json"}, b"{}"),
])  # fmt: skip
def test_a_query_that_does_not_say_what_it_is_is_400(client, headers, body):
    assert client.query("/things", headers, body).status == 400


@requirement("10008-2-01", "10008-2.1-01")  # no sniffing
@pytest.mark.parametrize("body", [b"", b"<q/>", b"{", b'{"a":1}{', b'{"title":"a","title":"b"}', b"\xff", b"title=Ubik"])
def test_content_that_is_not_what_it_says_is_400(client, body):
    answer = client.query("/things", {"Content-Type": "application/json"}, body)
    assert answer.status == 400


@pytest.mark.parametrize("body", [b"%zz=1", b"title=%ff", b"title=%00"])
def test_a_malformed_form_is_400(client, body):
    assert client.query("/things", FORM, body).status == 400


@requirement("10008-2.1-02", "10008-3-01")
@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "application/merge-patch+json"])
def test_another_media_type_is_415_with_those_that_are_taken(client, kind):
    answer = client.query("/things", {"Content-Type": kind}, b"{}")
    assert answer.status == 415
    assert answer.headers.tokens("Accept-Query") == ["application/json", "application/x-www-form-urlencoded"]


def test_a_query_may_be_coded(client):
    kind = {"Content-Type": "application/json"}
    known = client.query("/things", kind | {"Content-Encoding": "gzip"}, gzip.compress(b'{"limit": 1}'))
    assert known.status == 200 and len(known.json()) <= 1
    unknown = client.query("/things", kind | {"Content-Encoding": "compress"}, b"{}")
    assert unknown.status == 415
    assert "gzip" in unknown.headers.tokens("Accept-Encoding")


@requirement("10008-3-01")
def test_options_tells_what_a_query_may_be(client):
    answer = client.options("/things")
    assert answer.headers.tokens("Accept-Query") == ["application/json", "application/x-www-form-urlencoded"]
    assert "query" in answer.headers.tokens("Allow")
    assert "Accept-Query" not in client.options("/things/1").headers
    assert client.query("/things/1", json={}).status == 405


@requirement("10008-2.1-02")  # well-formed, and nothing that can be asked
@pytest.mark.parametrize("query, where", [
    ([], set()),
    ("x", set()),
    ({"titel": "x"}, {"/titel"}),
    ({"year": "1968"}, {"/year"}),
    ({"title": 5}, {"/title"}),
    ({"sold": "true"}, {"/sold"}),
    ({"year:in": 1968}, {"/year:in"}),
    ({"year:in": []}, {"/year:in"}),
    ({"year:in": [1968, "x"]}, {"/year:in"}),
    ({"year:gt": None}, {"/year:gt"}),
    ({"title": {"a": 1}}, {"/title"}),
    ({"a/b~c": 1}, {"/a~1b~0c"}),
    ({"seen": "now"}, {"/seen"}),
    ({"limit": "5"}, {"/limit"}),
    ({"sort": 5}, {"/sort"}),
    ({"sort": ["title", 5]}, {"/sort"}),
    ({"cursor": 5}, {"/cursor"}),
    ({"secret": "s"}, {"/secret"}),
])  # fmt: skip
def test_what_cannot_be_asked_is_422_and_pointed_at(client, query, where):
    answer = client.query("/things", json=query)
    assert answer.status == 422, answer
    assert pointers(answer) == where


def test_a_form_that_asks_what_cannot_be_is_422(client):
    answer = client.query("/things", FORM, "titel=x")
    assert answer.status == 422
    assert parameters(answer) == {"titel"}


def test_a_bad_query_in_the_uri_is_400(client):
    answer = client.query("/things?titel=x", json={})
    assert answer.status == 400
    assert parameters(answer) == {"titel"}


@requirement("10008-2.1-02")
def test_a_result_that_nobody_accepts_is_406(client):
    assert client.query("/things", {"Accept": "image/png"}, json={}).status == 406
    page = client.query("/things", {"Accept": "text/html"}, json={"title": "Ubik"})
    assert page.status == 200 and b"Ubik" in page.body


@requirement("10008-2.6-01")  # the result is what is conditional, not the URI
def test_preconditions_are_about_the_result(client):
    ubik = client.query("/things", json={"title": "Ubik"})
    other = client.query("/things", json={"title": "Earthsea"})
    assert ubik.headers["ETag"] != other.headers["ETag"]
    tag = {"If-None-Match": ubik.headers["ETag"]}
    same = client.query("/things", tag, json={"title": "Ubik"})
    assert same.status == 304
    assert same.headers["ETag"] == ubik.headers["ETag"]
    assert same.headers["Content-Location"] == ubik.headers["Content-Location"]
    assert client.query("/things", tag, json={"title": "Earthsea"}).status == 200
    assert client.query("/things", {"If-None-Match": "*"}, json={}).status == 304
    assert client.query("/things", {"If-Match": '"no"'}, json={}).status == 412
    assert client.query("/things", {"If-Match": "*"}, json={}).status == 200


@requirement("10008-2.8-01")
def test_a_range_is_a_part_of_the_result(client):
    query = {"year:gt": 0, "sort": "-year"}
    whole = client.query("/things", json=query)
    size = len(whole.body)
    part = client.query("/things", {"Range": "bytes=3-9"}, json=query)
    assert part.status == 206 and part.body == whole.body[3:10]
    assert part.headers["Content-Range"] == f"bytes 3-9/{size}"
    for name in ("ETag", "Content-Type", "Content-Location", "Location", "Vary", "Link"):
        assert part.headers[name] == whole.headers[name]
    several = client.query("/things", {"Range": "bytes=0-1,5-6"}, json=query)
    assert several.status == 206
    assert [p[4] for p in parts_of(several)] == [whole.body[0:2], whole.body[5:7]]
    past = client.query("/things", {"Range": f"bytes={size}-"}, json=query)
    assert past.status == 416 and past.headers["Content-Range"] == f"bytes */{size}"
    assert client.query("/things", {"Range": "lines=1-2"}, json=query).body == whole.body


@requirement("10008-2.8-01")
def test_if_range_has_the_tag_of_the_result(client):
    ubik = client.query("/things", json={"title": "Ubik"})
    asked = {"Range": "bytes=0-1", "If-Range": ubik.headers["ETag"]}
    part = client.query("/things", asked, json={"title": "Ubik"})
    assert part.status == 206 and part.body == ubik.body[:2]
    other = client.query("/things", asked, json={"title": "Earthsea"})
    assert other.status == 200 and b"Earthsea" in other.body
    assert client.query("/things", asked | {"If-None-Match": ubik.headers["ETag"]}, json={"title": "Ubik"}).status == 304


@requirement("10008-2.8-01")  # and of the coded one, where that is sent
def test_a_part_of_a_coded_result_is_of_the_coded_bytes(serve):
    client = serve(described()).client()
    fill(client)
    coded = {"Accept-Encoding": "gzip"}
    whole = client.query("/things", coded, json={})
    assert whole.headers["Content-Encoding"] == "gzip"
    part = client.query("/things", coded | {"Range": "bytes=2-20", "If-Range": whole.headers["ETag"]}, json={})
    assert part.status == 206 and part.body == whole.body[2:21]


@requirement("10008-2.8-01")
def test_a_bad_query_is_bad_whatever_its_range(client):
    assert client.query("/things", {"Range": "bytes=0-1"}, json={"titel": 1}).status == 422


# first whether it can be asked, then whether it has changed
@requirement("10008-2.6-01")
def test_a_bad_query_is_bad_whatever_its_preconditions(client):
    assert client.query("/things", {"If-Match": '"no"'}, json={"titel": 1}).status == 422


def test_a_result_changes_its_tag_with_the_collection(serve):
    client = serve(described()).client()
    fill(client)
    query = {"title": "Ubik"}
    tag = {"If-None-Match": client.query("/things", json=query).headers["ETag"]}
    fill(client, THINGS[:1])
    assert client.query("/things", tag, json=query).status == 200


@requirement("10008-2-02")
def test_a_query_changes_nothing(serve):
    client = serve(described()).client()
    fill(client)
    before = client.get("/things").headers["ETag"]
    for _ in range(3):
        client.query("/things", json={"title": "x"})
    assert client.get("/things").headers["ETag"] == before


def test_pages_of_a_query_are_linked(client):
    seen, page = "", client.query("/things", json={"sort": "-year", "limit": 2})
    while True:
        seen += ids(page)
        if "next" not in links(page):
            break
        page = client.get(links(page)["next"])
    assert seen == "32145"


# Too long for a URI: its links hold the rest, and are asked with the content.
def test_a_query_too_long_for_a_uri_is_asked_on_with_its_content(client):
    query = {"title:in": ["x" * 80 + str(n) for n in range(90)] + ["Ubik", "Earthsea"], "limit": 1}
    first = client.query("/things", json=query)
    assert ids(first) == "1"
    assert "Content-Location" not in first.headers and "Location" not in first.headers
    assert ids(client.query(links(first)["next"], json=query)) == "2"


def test_a_query_that_is_too_large_is_413(client):
    assert client.query("/things", json={"title": "x" * 100_000}).status == 413


def test_a_query_may_wait_for_100_continue(client):
    answer = client.query("/things", {"Expect": "100-continue"}, json={"title": "Ubik"})
    assert ids(answer) == "2"
    assert client.query("/things", chunked=True, json={"title": "Ubik"}).status == 200


@requirement("10008-2.5-01")  # the method stays
def test_a_query_to_the_other_slash_is_308(client):
    answer = client.query("/things/", json={})
    assert answer.status == 308 and answer.headers["Location"] == "/things"


def test_a_listing_of_nothing_there_is_404(serve):
    client = serve(None).client()
    assert client.query("/nothing", json={}).status == 404
    client.put("/t/a", json={"x": 1})
    assert client.query("/t", json={"x": 1}).json() == [{"x": 1}]
    assert client.query("/t", FORM, "x=2").status == 404
    assert client.query("/", FORM, "").status == 200


def test_stores_and_the_example_are_asked_too(serve):
    client = serve(LIBRARY).client()
    client.put("/settings/a", json={"value": 5})
    client.put("/settings/b", json={"value": "5"})
    assert [s["key"] for s in client.query("/settings", json={"value": 5}).json()] == ["a", "b"]
    add(client, title="x", pages=3)
    assert client.query("/books", json={"pages:gt": 2}).json()[0]["title"] == "x"
    assert client.query("/books", json={"limit": 5000}).status == 422  # as described for GET


def test_a_described_query_has_its_own_content_and_schema(serve):
    query = {
        "requestBody": {"content": {
            "application/json": {"schema": {"type": "object", "required": ["year"], "properties": {"year": {"minimum": 1900}}}},
            "application/sql": {}}},
        "responses": {"200": {"description": ""}},
    }  # fmt: skip
    client = serve(described(query=query)).client()
    fill(client)
    assert client.options("/things").headers.tokens("Accept-Query") == ["application/json"]
    assert ids(client.query("/things", json={"year": 1968})) == "1"
    assert client.query("/things", json={"year": 1800}).status == 422
    assert client.query("/things", json={}).status == 422
    assert client.query("/things", FORM, "year=1968").status == 415
