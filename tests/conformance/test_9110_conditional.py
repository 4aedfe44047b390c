"""RFC 9110 section 13: preconditions, and in which order they are judged."""

from datetime import timedelta
from email.utils import parsedate_to_datetime

import pytest
from dates import FIXDATE, FUTURE, NO_DATES, PAST, written
from ledger import requirement

STALE = '"stale"'


class Subject:
    """Something stored, and what its validators were."""

    def __init__(self, client, place):
        self.client = client
        self.place = place
        self.path = place.made(client)
        shown = client.get(self.path)
        self.tag = shown.headers["ETag"]
        self.modified = shown.headers["Last-Modified"]

    def send(self, method, fields=()):
        """A request that would succeed without conditions."""
        fields = [(name, value.replace("TAG", self.tag).replace("MODIFIED", self.modified)) for name, value in fields]
        if method == "PUT":
            return self.place.put(self.client, self.path, self.place.other, fields)
        if method == "PATCH":
            fields.append(("Content-Type", "application/merge-patch+json"))
            return self.client.patch(self.path, fields, json={"b": 3})
        return self.client.request(method, self.path, fields)

    def is_unchanged(self):
        shown = self.client.get(self.path)
        return (shown.status, shown.headers.get("ETag")) == (200, self.tag)


@pytest.fixture
def subject(client, values):
    return Subject(client, values)


def hold(subject, method, fields, wanted):
    """Sends it, and checks that what failed did nothing."""
    answer = subject.send(method, fields)
    assert answer.status in ((200, 204) if wanted == 200 else (wanted,)), answer
    if wanted != 200 or method in ("GET", "HEAD"):
        assert subject.is_unchanged()
    else:
        assert not subject.is_unchanged()
    if wanted == 304:
        assert answer.body == b""


READ, WRITE = ("GET", "HEAD"), ("PUT", "PATCH", "DELETE")


@requirement("9110-13.1.1-01", "9110-13.1.1-02", "9110-13.1.1-04", "9110-13.1.1-05", "9110-13.1.1-07", "9110-13.2.2-02")
@pytest.mark.parametrize("method", READ + WRITE)
@pytest.mark.parametrize("value, wanted", [("TAG", 200), ('"a", TAG', 200), ("*", 200), (STALE, 412), ("W/TAG", 412),
                                           ("", 412), ("x", 412), ("*, TAG", 412), ("*, *", 412)])  # fmt: skip
def test_if_match(subject, method, value, wanted):
    answer = subject.send(method, [("If-Match", value)])
    if value.startswith("*,"):
        assert answer.status in (400, 412)
        assert subject.is_unchanged()
    else:
        assert answer.status in ((200, 204) if wanted == 200 else (412,))
        assert subject.is_unchanged() == (wanted == 412 or method in READ)


@requirement("9110-13.1.1-03")
@pytest.mark.parametrize("tag", ["*", STALE])
def test_if_match_is_false_where_there_is_nothing(client, store, tag):
    path = store.unused()
    assert store.put(client, path, headers={"If-Match": tag}).status == 412
    assert client.get(path).status == 404


@requirement("9110-13.1.2-01", "9110-13.1.2-03", "9110-13.1.2-05", "9110-13.1.2-06")
@pytest.mark.parametrize("value, wanted", [(STALE, 200), ("TAG", 304), ("W/TAG", 304), ('"a", W/TAG', 304), ("*", 304)])
@pytest.mark.parametrize("method", READ + WRITE)
def test_if_none_match(subject, method, value, wanted):
    hold(subject, method, [("If-None-Match", value)], 412 if wanted == 304 and method in WRITE else wanted)


@requirement("9110-13.1.2-06")
def test_if_none_match_of_a_post_is_412(target, client):
    collection = target.need("collection")
    before = client.get(collection["path"])
    answer = client.post(collection["path"], {"If-None-Match": before.headers["ETag"]}, json=collection["content"])
    assert answer.status == 412
    assert client.get(collection["path"]).headers["ETag"] == before.headers["ETag"]


@requirement("9110-13.1.2-04")
def test_if_none_match_of_anything_creates_once(client, store):
    path, once = store.unused(), {"If-None-Match": "*"}
    assert store.put(client, path, headers=once).status == 201
    assert store.put(client, path, store.other, once).status == 412
    assert client.get(path).body == store.content


@requirement("9110-13.1.3-05", "9110-13.1.3-06", "9110-13.1.3-07", "9110-13.1.3-04")
@pytest.mark.parametrize("method", READ)
@pytest.mark.parametrize("date, wanted", [("MODIFIED", 304), (PAST, 200), (FUTURE, 304)])
def test_if_modified_since(subject, method, date, wanted):
    hold(subject, method, [("If-Modified-Since", date)], wanted)
    earlier = written(FIXDATE, parsedate_to_datetime(subject.modified) - timedelta(seconds=1))
    hold(subject, method, [("If-Modified-Since", earlier)], 200)


@requirement("9110-13.1.3-01")
@pytest.mark.parametrize("method", READ)
def test_if_modified_since_gives_way_to_if_none_match(subject, method):
    hold(subject, method, [("If-None-Match", STALE), ("If-Modified-Since", FUTURE)], 200)
    hold(subject, method, [("If-None-Match", "TAG"), ("If-Modified-Since", PAST)], 304)


@requirement("9110-13.1.3-02", "9110-2.4-02")
@pytest.mark.parametrize("date", NO_DATES)
@pytest.mark.parametrize("method", READ)
def test_if_modified_since_that_is_no_date_is_ignored(subject, method, date):
    hold(subject, method, [("If-Modified-Since", date)], 200)


@requirement("9110-13.1.3-02")
@pytest.mark.parametrize("method", WRITE)
def test_if_modified_since_is_for_get_and_head(subject, method):
    hold(subject, method, [("If-Modified-Since", FUTURE)], 200)


@requirement("9110-13.1.4-05", "9110-13.1.4-06", "9110-13.1.4-07", "9110-13.1.4-04", "9110-13.2.2-02")
@pytest.mark.parametrize("method", READ + WRITE)
@pytest.mark.parametrize("date, wanted", [("MODIFIED", 200), (FUTURE, 200), (PAST, 412)])
def test_if_unmodified_since(subject, method, date, wanted):
    hold(subject, method, [("If-Unmodified-Since", date)], wanted)


@requirement("9110-13.1.4-01")
@pytest.mark.parametrize("method", READ + WRITE)
def test_if_unmodified_since_gives_way_to_if_match(subject, method):
    hold(subject, method, [("If-Match", STALE), ("If-Unmodified-Since", FUTURE)], 412)
    hold(subject, method, [("If-Match", "TAG"), ("If-Unmodified-Since", PAST)], 200)


@requirement("9110-13.1.4-02")
@pytest.mark.parametrize("date", NO_DATES)
@pytest.mark.parametrize("method", READ + WRITE)
def test_if_unmodified_since_that_is_no_date_is_ignored(subject, method, date):
    hold(subject, method, [("If-Unmodified-Since", date)], 200)


# Section 13.2.1: what comes before


@requirement("9110-13.2.1-01", "9110-13.2.1-02")
@pytest.mark.parametrize("fields", [{"If-Match": "*"}, {"If-Match": STALE}, {"If-None-Match": "*"},
                                    {"If-Unmodified-Since": PAST}])  # fmt: skip
def test_what_would_be_refused_anyway_is_refused_so(target, client, store, fields):
    path, read_only = store.made(client), target.need("read-only")
    assert client.get(target.need("missing"), fields).status == 404
    assert client.delete(target.need("missing"), fields).status == 404
    assert client.request(read_only["method"], read_only["path"], fields).status == 405
    assert client.request("FOOBAR", path, fields).status == 501
    assert client.put(path, {**fields, "Content-Type": "image/x-none"}, b"x").status == 415
    assert client.get(target.need("moved")["path"], fields).status in (301, 308)
    assert client.get(target.need("types")["path"], {**fields, "Accept": "image/x-none"}).status == 406
    assert client.get(path).body == store.content


@requirement("9110-13.2.1-05")
@pytest.mark.parametrize("fields", [{"If-Match": STALE}, {"If-None-Match": "*"}, {"If-Unmodified-Since": PAST}])
def test_options_and_trace_know_no_preconditions(target, client, store, fields):
    assert client.options(store.made(client), fields).status in (200, 204)
    assert target.ask("OPTIONS * HTTP/1.1", *(f"{n}: {v}" for n, v in fields.items())).status in (200, 204)
    assert client.request("TRACE", target.need("trace"), fields).status == 200


# Section 13.2.2: their order


@requirement("9110-13.2.2-01")
@pytest.mark.parametrize("fields, read, write", [
    ({"If-Match": STALE, "If-None-Match": "TAG"}, 412, 412),
    ({"If-Match": "TAG", "If-None-Match": "TAG"}, 304, 412),
    ({"If-Match": "TAG", "If-None-Match": STALE}, 200, 200),
    ({"If-Match": "TAG", "If-Modified-Since": "MODIFIED"}, 304, 200),
    ({"If-Match": STALE, "If-Modified-Since": PAST}, 412, 412),
    ({"If-Unmodified-Since": PAST, "If-None-Match": "TAG"}, 412, 412),
    ({"If-Unmodified-Since": FUTURE, "If-None-Match": "TAG"}, 304, 412),
    ({"If-Unmodified-Since": FUTURE, "If-Modified-Since": "MODIFIED"}, 304, 200),
    ({"If-Match": "TAG", "If-Unmodified-Since": PAST, "If-None-Match": STALE, "If-Modified-Since": FUTURE}, 200, 200),
])  # fmt: skip
@pytest.mark.parametrize("method", READ + WRITE)
def test_preconditions_are_judged_in_their_order(subject, method, fields, read, write):
    hold(subject, method, fields.items(), read if method in READ else write)


@requirement("9110-13.2.2-03")
def test_a_304_comes_before_a_range(subject):
    hold(subject, "GET", [("If-None-Match", "TAG"), ("Range", "bytes=0-1")], 304)
    hold(subject, "GET", [("If-None-Match", "TAG"), ("Range", "bytes=9999-")], 304)
    hold(subject, "GET", [("If-Match", STALE), ("Range", "bytes=0-1")], 412)


# Section 15.4.5: what a 304 has


@requirement("9110-15.4.5-01", "9110-15.4.5-02", "9110-13.1.3-07", "9110-12.5.5-01")
def test_a_304_has_what_guides_caches_and_no_more(target, client, page):
    types = target.need("types")
    for path, accept in ((page, "*/*"), *((types["path"], one) for one in types["offered"])):
        full = client.get(path, {"Accept": accept})
        same = client.get(path, {"Accept": accept, "If-None-Match": full.headers["ETag"]})
        assert same.status == 304
        for name in ("ETag", "Vary", "Cache-Control", "Expires", "Content-Location"):
            assert same.headers.get(name) == full.headers.get(name)
        for name in ("Content-Type", "Content-Encoding", "Content-Range"):
            assert name not in same.headers
