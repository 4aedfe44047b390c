"""RFC 9110 section 8: media types, lengths, locations and validators."""

from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

import pytest
from ledger import requirement


# Section 8.3: Content-Type


@requirement("9110-8.3-02")
def test_content_without_a_type_is_octets_or_refused(client, store):
    path = store.unused()
    answer = client.put(path, {}, b"\0\1")
    if answer.status == 415:
        assert client.get(path).status == 404
        return
    assert answer.status == 201
    assert client.get(path).headers["Content-Type"] == "application/octet-stream"


@requirement("9110-8.3-03")
@pytest.mark.parametrize("second", ["application/json", "image/png"])
def test_two_types_are_none(client, document, second):
    path = document.unused()
    lines = [("Content-Type", document.type), ("Content-Type", second)]
    assert client.put(path, lines, document.content).status in (400, 415)
    assert client.get(path).status == 404


# Section 8.4: Content-Encoding in a request


@requirement("9110-8.4-03", "9110-12.5.3-06", "9110-15.5.16-01")
@pytest.mark.parametrize("coding", ["foo", "x-none, foo", "compress, foo"])
def test_a_coding_that_it_does_not_take_is_415_and_says_which_it_takes(client, store, coding):
    path = store.unused()
    answer = store.put(client, path, headers={"Content-Encoding": coding})
    assert answer.status == 415
    assert "Accept-Encoding" in answer.headers
    assert client.get(path).status == 404


# Section 8.6: Content-Length


@requirement("9110-8.6-04", "9110-9.3.2-02", "9110-9.3.2-03")
def test_head_has_the_fields_of_get(target, client, page, document):
    types = target.need("types")
    cases = [(page, {}), (target.need("missing"), {}), (document.made(client), {})]
    cases += [(types["path"], {"Accept": one}) for one in types["offered"]]
    for path, headers in cases:
        got, head = client.get(path, headers), client.head(path, headers)
        assert head.status == got.status
        assert head.body == b""
        fields = {name: value for name, value in got.headers if name not in ("Date", "Content-Length")}
        assert fields == {name: value for name, value in head.headers if name not in ("Date", "Content-Length")}
        assert head.headers.get("Content-Length") in (None, str(len(got.body)))


@requirement("9110-8.6-05")
def test_a_304_has_the_length_of_the_200_or_none(client, page):
    full = client.get(page)
    same = client.get(page, {"If-None-Match": full.headers["ETag"]})
    assert same.status == 304
    assert same.headers.get("Content-Length") in (None, str(len(full.body)))


@requirement("9110-8.6-08", "9112-6.3-13")
def test_the_end_of_content_is_told(client, page, target):
    answer = client.get(page)
    assert int(answer.headers["Content-Length"]) == len(answer.body)
    for path in (target.need("types")["path"], target.need("missing")):
        # Frames tell it as well; that an answer was whole is the client's to see.
        assert client.get(path).framing in ("length", "chunked") or client.version != "HTTP/1.1"


HUGE = ["18446744073709551617", "4294967297", "99999999999999999999999", "340282366920938463463374607431768211457"]


@requirement("9110-8.6-09", "9112-6.3-07")
@pytest.mark.parametrize("length", HUGE)
def test_a_huge_length_does_not_wrap(target, client, store, length):
    path = store.unused()
    with target.connect() as connection:
        connection.send(target.message(f"PUT {path} HTTP/1.1", f"Content-Type: {store.type}",
                                       f"Content-Length: {length}", content=b"x"))  # fmt: skip
        assert connection.read_response("PUT").status in (400, 413)
        assert connection.at_end()
    assert client.get(path).status == 404


@requirement("9110-8.6-11", "9112-6.3-07", "9112-6.3-06", "9110-15.5.1-01")
@pytest.mark.parametrize("length", ["+5", "-1", "0x5", "5a", "a", "5 5", "", "5.0", "5;", "5_0", "\xb25", "5,", ",5"])
def test_a_length_that_is_no_number_is_400(target, client, store, length):
    path = store.unused()
    smuggled = target.message(f"DELETE {path} HTTP/1.1")
    answer = target.ask(f"PUT {path} HTTP/1.1", f"Content-Type: {store.type}", f"Content-Length: {length}",
                        content=b"hello" + smuggled, methods=["PUT"])  # fmt: skip
    assert answer.status == 400
    assert client.get(path).status == 404


@requirement("9110-8.6-12", "9112-6.3-06", "9112-6.3-07")
@pytest.mark.parametrize("lengths, always", [(["5, 5"], False), (["5", "5"], False), (["5, 6"], True), (["5", "6"], True),
                                             (["5", "x"], True), (["5,,5"], False)])  # fmt: skip
def test_several_lengths_are_refused_or_one(target, client, store, lengths, always):
    path = store.unused()
    fields = [f"Content-Length: {length}" for length in lengths]
    answer = target.ask(f"PUT {path} HTTP/1.1", f"Content-Type: {store.type}", *fields, content=b"hello")
    if answer.status == 400:
        assert client.get(path).status == 404
    else:
        assert not always and answer.status == 201
        assert client.get(path).body == b"hello"


# Section 8.7: Content-Location


@requirement("9110-8.7-03", "9110-8.7-04")
def test_a_content_location_in_a_request_changes_nothing(client, store):
    here, there = store.made(client), store.made(client)
    assert store.put(client, here, store.other, {"Content-Location": there}).status in (200, 204)
    assert client.get(here).body == store.other
    assert client.get(there).body == store.content
    assert client.get(here).headers.get("Content-Location") in (None, here)


@requirement("9110-8.7-01", "7240-4.2-01", "7240-3-01")
def test_content_located_at_the_target_is_what_is_there_now(client, document):
    path = document.made(client)
    answer = document.put(client, path, document.other, {"Prefer": "return=representation"})
    assert answer.status == 200
    assert answer.headers.get("Content-Location", path) == path
    assert answer.body == client.get(path).body
    assert answer.headers.get("Preference-Applied") == "return=representation"


@requirement("9110-8.7-02", "9110-9.3.3-01", "9110-10.2.2-01")
def test_what_a_post_returns_is_what_it_created(target, client):
    collection = target.need("collection")
    made = client.post(collection["path"], json=collection["content"])
    assert made.status == 201
    location = made.headers["Location"]
    assert made.headers.get("Content-Location", location) == location
    there = client.get(location)
    assert (there.status, there.body) == (200, made.body)


# Section 8.8: validators


@requirement("9110-8.8.1-01", "9110-8.8.1-02", "9110-8.8.3-01", "9110-2.4-01")
def test_a_tag_changes_with_the_content_and_is_of_no_other(client, store):
    path, tags = store.made(client), {}
    for content in ("A", "B", "A", "C") * 3:  # within one second
        store.put(client, path, content)
        tags.setdefault(client.get(path).headers["ETag"], set()).add(content)
    client.delete(path)
    store.put(client, path, "D")
    tags.setdefault(client.get(path).headers["ETag"], set()).add("D")
    assert len(tags) >= 4
    assert all(len(contents) == 1 for contents in tags.values())


@requirement("9110-8.8.1-03")
def test_representations_that_differ_have_tags_that_differ(target, client):
    types = target.need("types")
    tags = [client.get(types["path"], {"Accept": one}).headers["ETag"] for one in types["offered"]]
    assert len(set(tags)) == len(tags) or all(tag.startswith("W/") for tag in tags)


@requirement("9110-8.8.2.1-01", "9110-8.8.3.1-01", "9110-15.3.1-01")
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_what_is_stored_has_both_validators(client, page, document, store, method):
    for path in (page, document.made(client), store.made(client)):
        answer = client.request(method, path)
        assert answer.status == 200
        assert "ETag" in answer.headers and "Last-Modified" in answer.headers
        assert not answer.headers["ETag"].startswith("W/")


@requirement("9110-8.8.2.1-02", "9110-8.8.2.1-03")
def test_last_modified_is_when_it_was_modified(client, store):
    before = datetime.now(timezone.utc)
    answer = client.get(store.made(client))
    modified, date = (parsedate_to_datetime(answer.headers[name]) for name in ("Last-Modified", "Date"))
    assert modified <= date
    assert abs((modified - before).total_seconds()) < 5


@requirement("9110-8.8.3.2-01", "9110-13.1.1-01", "9110-13.1.2-01")
def test_a_weak_tag_matches_weakly_only(client, page, store):
    tag = client.get(page).headers["ETag"].removeprefix("W/")
    assert client.get(page, {"If-None-Match": f"W/{tag}"}).status == 304
    assert client.get(page, {"If-Match": f"W/{tag}"}).status == 412
    assert client.get(page, {"If-None-Match": f"w/{tag}"}).status == 200  # W has a case
    path = store.made(client)
    tag = client.get(path).headers["ETag"]
    assert store.put(client, path, store.other, {"If-Match": f"W/{tag}"}).status == 412
    assert client.get(path).body == store.content
