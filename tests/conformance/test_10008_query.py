"""RFC 10008: QUERY, a safe request with content."""

import json
import re

import pytest
from dates import FUTURE, PAST
from ledger import requirement


class Queries:
    """The resource that is queried, and how; the profile says it."""

    def __init__(self, target, client):
        entry, key = target.need("query"), target.name()
        self.client = client
        self.path = entry["path"]
        self.headers = {"Content-Type": entry["type"]}
        self.content = json.dumps(entry["content"]).replace("{key}", key)
        self.matching = json.dumps(entry["matching"]).replace("{key}", key)
        self.unprocessable = json.dumps(entry["unprocessable"])

    def ask(self, headers=(), content=None, path=None):
        fields = {**self.headers, **dict(headers)}
        return self.client.request("QUERY", path or self.path, fields, self.content if content is None else content)

    def more(self):
        """One more that the query finds."""
        made = self.client.post(self.path, self.headers, self.matching)
        assert made.status == 201


@pytest.fixture
def queries(target, client):
    queries = Queries(target, client)
    other = client.post(queries.path, queries.headers, target.place("collection").content)
    assert other.status == 201
    queries.more()
    return queries


@requirement("10008-2-01", "10008-2.1-01")
@pytest.mark.parametrize("headers, content", [({}, b"{}"), ({"Content-Type": "application/json"}, b"<x/>"), ({"Content-Type": "application/json"}, b'{"a":'),
                                              ({"Content-Type": "application/json"}, b"a=b"), ({"Content-Type": "application/json"}, b"")])  # fmt: skip
def test_content_that_is_not_what_it_says_is_refused(queries, headers, content):
    answer = queries.client.request("QUERY", queries.path, headers, content)
    assert answer.status in ((400, 415) if not headers else (400, 422))
    assert queries.ask().status == 200


@requirement("10008-2-02")
def test_a_query_changes_nothing_and_finds_what_matches(queries):
    before = queries.client.get(queries.path)
    first, second = queries.ask(), queries.ask()
    assert first.status == second.status == 200
    assert first.body == second.body
    assert queries.client.get(queries.path).headers["ETag"] == before.headers["ETag"]
    assert len(first.json()) == 1 < len(before.json())
    queries.more()
    assert len(queries.ask().json()) == 2


@requirement("10008-2.1-02", "10008-3-01")
def test_a_query_of_a_type_that_it_does_not_take_is_415(queries):
    answer = queries.ask({"Content-Type": "text/x-none"})
    assert answer.status == 415
    assert queries.headers["Content-Type"] in answer.headers["Accept-Query"]


@requirement("10008-2.1-02")
def test_a_query_that_cannot_be_processed_is_422_and_one_not_acceptable_406(queries):
    assert queries.ask(content=queries.unprocessable).status == 422
    assert queries.ask({"Accept": "image/x-none"}).status == 406


@requirement("10008-2.3-01", "10008-2.4-01")
@pytest.mark.parametrize("name", ["Content-Location", "Location"])
def test_the_uris_of_a_query_can_be_read(queries, name):
    answer = queries.ask()
    if name not in answer.headers:
        pytest.skip(f"the reply has no {name}")
    there = queries.client.get(answer.headers[name])
    assert (there.status, there.body) == (200, answer.body)
    queries.more()
    again = queries.client.get(answer.headers[name])
    assert again.body != answer.body if name == "Location" else again.status == 200


@requirement("10008-2.5-01")
def test_a_query_of_what_is_elsewhere_stays_a_query(target, queries):
    moved = target.need("moved")
    answer = queries.ask(path=moved["path"])
    assert answer.status in (307, 308)
    assert answer.headers["Location"].endswith(moved["to"])


@requirement("10008-2.6-01")
def test_preconditions_of_a_query_are_about_its_result(queries):
    tag = queries.ask().headers["ETag"]
    assert queries.ask({"If-None-Match": tag}).status == 304
    assert queries.ask({"If-None-Match": '"other"'}).status == 200
    assert queries.ask({"If-Match": '"other"'}).status == 412
    assert queries.ask({"If-Match": tag}).status == 200
    assert queries.ask({"If-Modified-Since": FUTURE, "If-None-Match": '"other"'}).status == 200
    assert queries.ask({"If-Unmodified-Since": PAST, "If-Match": tag}).status == 200
    queries.more()
    assert queries.ask({"If-None-Match": tag}).status == 200
    assert queries.ask({"If-Match": tag}).status == 412


@requirement("10008-2.8-01")
def test_a_range_of_a_query_is_of_its_result(queries):
    whole = queries.ask()
    size = len(whole.body)
    part = queries.ask({"Range": "bytes=1-3"})
    if part.status == 200:  # it may be ignored, as by GET
        assert part.body == whole.body
        return
    assert part.status == 206 and part.body == whole.body[1:4]
    assert part.headers["Content-Range"] == f"bytes 1-3/{size}"
    assert queries.ask({"Range": f"bytes={size}-"}).status == 416
    tag = {"Range": "bytes=1-3", "If-Range": whole.headers["ETag"]}
    assert queries.ask(tag).body == part.body
    queries.more()
    changed = queries.ask(tag)
    assert changed.status == 200 and len(changed.json()) == 2


@requirement("10008-3-01")
def test_accept_query_is_a_list_of_media_ranges(queries):
    answer = queries.client.options(queries.path)
    assert "query" in answer.headers.tokens("Allow")
    # A Structured Field List: tokens or strings, perhaps with parameters.
    for member in answer.headers["Accept-Query"].split(", "):
        assert re.fullmatch(r'("[!-~]+/[!-~]+"|[A-Za-z*][!#$%&\'*+.^_`|~0-9A-Za-z:/-]*)(;[a-z*][a-z0-9_.*-]*(=("[ -~]*"|[!-~]+))?)*', member)
    assert queries.headers["Content-Type"] in answer.headers["Accept-Query"]
