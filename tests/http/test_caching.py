"""A shared cache as its clients and its origin see it (RFC 9111), row by row;
test_gateway_cache.py is about how it serves many at once."""

import itertools
import time

import pytest
from ledger import requirement
from origin import Answer, gateway_to, running_origin
from upstream import Upstream, chunked, close, cut, response

FRESH = {"Cache-Control": "max-age=600"}
STALE = {"Cache-Control": "max-age=0"}
COUNT = itertools.count()


@pytest.fixture(scope="module")
def origin():
    with running_origin() as running:
        yield running


@pytest.fixture(scope="module")
def gateway(module_serve, origin):
    """Where the local time is not GMT."""
    return module_serve(gateway_to(origin.url), ["--via", "us"], env={"TZ": "Asia/Tokyo"})


@pytest.fixture
def client(gateway):
    client = gateway.client()
    yield client
    client.close()


@pytest.fixture
def path():
    """One that nobody has asked for."""
    return f"/c{next(COUNT)}"


def ask(client, path, headers=(), method="GET", body=None):
    """What is answered, whatever the origin has made of it."""
    return client.exchange(method, path, list(dict(headers).items()), body, False, [])


def is_hit(got):
    return "hit" in [part.strip() for part in got.headers["Cache-Status"].split(";")]


# What is stored


@requirement("9110-9.2.3-01", "9110-9.3.4-09", "9110-9.3.5-06", "9110-9.3.7-05", "5789-2-06", "5789-2-07")
@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "PATCH", "BREW"])
def test_what_is_answered_to_other_methods_answers_no_get(client, origin, path, method):
    origin.says(path, lambda asked: Answer(200, FRESH, asked.method))
    for _ in range(2):
        assert ask(client, path, {}, method, b"").body == method.encode()
    assert client.get(path).body == b"GET"
    assert origin.count(path) == 3


@requirement("9110-9.3.3-04", "9111-4-02", "5789-2-08", "9111-4-07")
@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_what_is_stored_answers_get_and_head_alone(client, origin, path, method):
    origin.says(path, lambda asked: Answer(200, {**FRESH, "Content-Location": path}, asked.method))
    for _ in range(2):
        assert ask(client, path, {}, method, b"").body == method.encode()
    assert origin.count(path) == 2
    client.get(path)
    assert is_hit(client.head(path))
    assert ask(client, path, {}, method, b"").body == method.encode()


@requirement("9111-5.2.2.9-01", "9111-3.5-01", "9111-3-06")
@pytest.mark.parametrize("said, shared", [
    ("max-age=600", False), ("public, max-age=600", True), ("must-revalidate, max-age=600", True), ("s-maxage=600", True),
])  # fmt: skip
def test_what_was_asked_for_with_credentials_is_shared_where_it_says_so(client, origin, path, said, shared):
    origin.says(path, headers={"Cache-Control": said}, body="x")
    ask(client, path, {"Authorization": "Basic eDp5"})
    assert is_hit(ask(client, path, {"Authorization": "Basic eDp5"})) == shared
    assert is_hit(ask(client, path, {"Authorization": "Basic eDp6"})) == shared


@requirement("6265bis-3-03", "9111-7.3-01", "6265bis-3-02", "9110-5.3-03")
def test_cookies_are_stored_where_all_may_have_them(client, origin, path):
    headers = [("Cache-Control", "public, max-age=600"), ("Set-Cookie", "a=b; Path=/"), ("Set-Cookie", "c=d")]
    origin.says(path, headers=headers, body="x")
    for hit in (False, True):
        got = ask(client, path, {"Cookie": "e=f"})
        assert is_hit(got) == hit
        assert got.headers.all("Set-Cookie") == ["a=b; Path=/", "c=d"]


@requirement("9111-3.1-01", "9111-3.1-02", "9111-3.1-03", "9110-11.7.3-01", "9110-7.7-05")
def test_what_is_stored_has_all_fields_but_those_of_a_hop(client, origin, path):
    kept = {"X-New": "1", "Server": "x/1", "ETag": '"a"', "Last-Modified": "Sun, 06 Nov 1994 08:49:37 GMT",
            "Content-Type": "Text/Plain", "Vary": "accept-language"}  # fmt: skip
    ours = {"Proxy-Authenticate": "Basic", "Proxy-Authentication-Info": "x=y", "Keep-Alive": "5", "X-Hop": "1",
            "Connection": "X-Hop"}  # fmt: skip
    origin.says(path, headers={**FRESH, **kept, **ours}, body="x")
    for hit in (False, True):
        got = ask(client, path)
        assert is_hit(got) == hit
        assert {name: got.headers[name] for name in kept} == kept
        assert not [name for name in ours if name in got.headers]


@requirement("9111-5.2.2-01", "9111-5.2-02", "9111-4.2.1-02", "9111-4.2.1-03", "9111-5.2.3-01", "8246-2-02", "9111-5.2.2.10-02")
@pytest.mark.parametrize("said, hit", [
    ("foo, max-age=600", True), ('MAX-AGE="600"', True), ("max-age=abc", False), ("max-age=600, no-cache", False),
    ("max-age=600, max-age=0", False), ("s-maxage=0, max-age=600", False), ("s-maxage=600, max-age=0", True),
    ('immutable="x", max-age=600', True), ("max-age=-1", False), ("max-age=99999999999999999999", True),
])  # fmt: skip
def test_directives_are_read_as_they_are_meant(client, origin, path, said, hit):
    origin.says(path, headers={"Cache-Control": said, "ETag": '"a"'}, body="x")
    ask(client, path)
    assert is_hit(ask(client, path)) == hit


@requirement("9111-4.2-04", "9111-4.2-02", "9111-4.2-05", "9111-5.3-01", "9111-5.3-02")
def test_the_local_time_changes_no_age(client, origin, path):
    """Nine hours less than here, and more than elsewhere."""
    soon = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 600))
    for n, (fields, hit) in enumerate([
        ({"Expires": soon}, True), ({"Expires": soon.lower()}, True), ({"Expires": soon.replace("GMT", "JST")}, False),
        ({"Expires": "0"}, False), ({"Expires": soon, **STALE}, False),
    ]):  # fmt: skip
        origin.says(f"{path}-{n}", headers=fields, body="x")
        first = ask(client, f"{path}-{n}")
        assert "Age" not in first.headers
        second = ask(client, f"{path}-{n}")
        assert is_hit(second) == hit, fields
        assert not hit or int(second.headers["Age"]) < 5


@requirement("9111-5.1-03", "9111-4-06")
def test_age_tells_that_nobody_was_asked(client, origin, path):
    origin.says(path, headers={**FRESH, "ETag": '"a"'}, body="x")
    assert "Age" not in client.get(path).headers
    assert "Age" in client.get(path).headers
    origin.says(path, status=304, headers={**FRESH, "ETag": '"a"'})
    got = client.get(path, {"Cache-Control": "no-cache"})
    assert got.body == b"x" and "Age" not in got.headers


@requirement("9111-5.2.1-01", "8246-2.1-01")
@pytest.mark.parametrize("asked, hit", [
    ("foo, bar=1", True), ("max-stale=x", True), ("stale-if-error=1", True), ("max-age=0", True), ("no-cache", False),
])  # fmt: skip
def test_directives_of_a_request_are_advice(client, origin, path, asked, hit):
    """Of what is immutable, not even a reload asks."""
    origin.says(path, headers={"Cache-Control": "max-age=600, immutable"}, body="x")
    client.get(path)
    got = client.get(path, {"Cache-Control": asked})
    assert got.status == 200 and got.body == b"x" and is_hit(got) == hit


# What comes of it


@requirement("9111-4-05", "9111-4.3.3-01", "9111-4.3.3-02", "9111-5.2.2.4-01", "9111-4.2.4-02")
@pytest.mark.parametrize("said", ["max-age=0", "no-cache", "max-age=600, no-cache"])
def test_what_may_not_be_used_is_asked_about(client, origin, path, said):
    origin.says(path, headers={"Cache-Control": said, "ETag": '"1"'}, body="old")
    client.get(path)
    for _ in range(2):
        origin.says(path, status=304, headers={"Cache-Control": said, "ETag": '"1"'})
        assert client.get(path).body == b"old"
        assert origin.last().headers["If-None-Match"] == '"1"'
    origin.says(path, headers={**FRESH, "ETag": '"2"'}, body="new")
    assert client.get(path).body == b"new"
    assert is_hit(client.get(path)) and client.get(path).body == b"new"


@requirement("9110-13.1.2-02", "9111-4.3.4-01", "9111-4.1-01")
def test_all_that_is_stored_is_asked_about(client, origin, path):
    tags = {"de": '"d"', "en": '"e"'}

    def answer(asked):
        language = asked.headers["Accept-Language"]
        return Answer(200, {**FRESH, "Vary": "Accept-Language", "ETag": tags[language]}, language)

    origin.says(path, answer)
    for language in tags:
        assert client.get(path, {"Accept-Language": language}).body == language.encode()
    origin.says(path, status=304, headers={**FRESH, "Vary": "Accept-Language", "ETag": '"e"'})
    assert client.get(path, {"Accept-Language": "fr"}).body == b"en"
    sent = origin.last().headers["If-None-Match"]
    assert sorted(sent.split(", ")) == ['"d"', '"e"']
    assert is_hit(client.get(path, {"Accept-Language": "fr"}))


@requirement("9110-9.3.2-07", "9111-4.3.5-01", "9111-4.3.5-02", "9111-4.3.5-03")
@pytest.mark.parametrize("tag, hit", [('"1"', True), ('"2"', False)])
def test_head_tells_whether_what_is_stored_still_holds(client, origin, path, tag, hit):
    origin.says(path, headers={**FRESH, "ETag": '"1"'}, body="abc")
    client.get(path)
    origin.says(path, headers={**FRESH, "ETag": tag, "X": "1"}, body="xyz")
    client.head(path, {"Cache-Control": "no-cache"})
    got = client.get(path)
    assert is_hit(got) == hit
    assert got.body == (b"abc" if hit else b"xyz") and got.headers["X"] == "1"


@requirement("9111-4.3.2-07", "9110-15.4.5-03")
def test_a_304_for_what_the_client_does_not_have_is_the_whole(client, origin, path):
    origin.says(path, headers={**STALE, "ETag": '"cur"'}, body="whole")
    client.get(path)
    origin.says(path, status=304, headers={**STALE, "ETag": '"cur"'})
    got = client.get(path, {"If-None-Match": '"old"'})
    assert got.status == 200 and got.body == b"whole"
    assert client.get(path, {"If-None-Match": '"cur"'}).status == 304


@requirement("9110-13.1.5-01")
def test_if_range_never_goes_on_without_range(client, origin, path):
    asked = {"Range": "bytes=0-1", "If-Range": '"1"'}
    origin.says(path, headers={**STALE, "ETag": '"1"'}, body="0123")
    assert client.get(path, asked).body in (b"01", b"0123")
    client.get(path)
    origin.says(path, status=304, headers={**STALE, "ETag": '"1"'})
    assert client.get(path, asked).body == b"01"
    for request in origin.asked:
        assert "Range" in request.headers or "If-Range" not in request.headers


@requirement("9110-14.4-01", "9110-14.4-02", "9111-3.3-02", "9111-3.3-03", "9111-4.3.2-06", "9111-3.3-04")
@pytest.mark.parametrize("ranged", ["foo 0-1/4", "bytes 2-1/4", "bytes 0-1/4"])
def test_a_part_is_not_taken_for_the_whole(client, origin, path, ranged):
    origin.says(path, status=206, headers={**FRESH, "ETag": '"p"', "Content-Range": ranged}, body="ab")
    got = ask(client, path, {"Range": "bytes=0-1"})
    assert got.body == b"ab" or got.status == 502
    origin.says(path, headers={**FRESH, "ETag": '"p"'}, body="0123")
    got = client.get(path)
    assert got.status == 200 and got.body == b"0123"
    assert '"p"' not in origin.last().headers.get("If-None-Match", "")


@requirement("9111-3-03", "9111-5.2.2.3-02")
def test_a_status_that_must_be_understood_is(client, origin, path):
    for status, hit in ((200, True), (299, False)):
        origin.says(f"{path}-{status}", status=status, headers={"Cache-Control": "must-understand, no-store, max-age=600"}, body="x")
        ask(client, f"{path}-{status}")
        assert is_hit(ask(client, f"{path}-{status}")) == hit


# Cache-Status


@requirement("9211-2-01", "9211-2-03", "9211-6-01", "9211-2-02", "9211-2.2-01", "9211-2.3-01", "9211-2.4-01", "9211-2.5-01")
def test_cache_status_tells_what_was_done(client, origin, path):
    origin.says(path, headers={**FRESH, "ETag": '"1"', "Cache-Status": "inner; hit"}, body="x")
    missed, hit = client.get(path), client.get(path)
    origin.says(path, status=304, headers={**FRESH, "ETag": '"1"'})
    checked = client.get(path, {"Cache-Control": "no-cache"})
    inner, own = missed.headers["Cache-Status"].replace(" ", "").split(",")
    assert inner == "inner;hit" and own.startswith("us;fwd=uri-miss;fwd-status=200;ttl=") and own.endswith(";stored")
    inner, own = hit.headers["Cache-Status"].replace(" ", "").split(",")
    assert inner == "inner;hit" and own.split(";")[:2] == ["us", "hit"]
    assert 590 <= int(own.partition("ttl=")[2]) <= 600 and len(own.split(";")) == 3
    own = checked.headers["Cache-Status"].replace(" ", "").split(",")[-1].split(";")
    assert own[0] == "us" and {"fwd=request", "fwd-status=304", "stored"} < set(own)
    assert "us;fwd=method;fwd-status=304" in ask(client, path, {}, "POST", b"").headers["Cache-Status"]
    for got in (client.get(path + "-none", {"Cache-Control": "only-if-cached"}), client.get(path, {"Via": "1.1 us"})):
        assert got.status in (504, 508) and "Cache-Status" not in got.headers


# Where the origin does not answer as it should


@pytest.fixture(scope="module")
def upstream():
    with Upstream() as running:
        yield running


@pytest.fixture(scope="module")
def before_it(module_serve, upstream):
    return module_serve(gateway_to(upstream.url))


@requirement("9111-3.1-04", "9111-3.1-05")
def test_trailers_do_not_become_fields(before_it, upstream):
    upstream.forget()
    upstream.always(chunked([b"it"], [("Cache-Control", "max-age=600"), ("Trailer", "X-T")], [("X-T", "1")]))
    client = before_it.client()
    for hit in (False, True):
        got = ask(client, "/trailers", {"TE": "trailers", "Connection": "TE"})
        assert got.body == b"it" and is_hit(got) == hit
        assert "X-T" not in got.headers
    assert len(upstream.requests) == 1


@requirement("9111-3.3-01", "9111-3.3-03", "9112-8-02")
def test_what_was_cut_is_asked_for_again(before_it, upstream):
    upstream.forget()
    upstream.then(cut(b'HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nETag: "a"\r\nContent-Length: 10\r\n\r\nhalf'))
    upstream.always(response(200, [("Cache-Control", "max-age=600")], b"all of it."))
    with before_it.connect() as connection:
        connection.send(b"GET /cut HTTP/1.1\r\nHost: h\r\n\r\n")
        assert not connection.read_to_end().endswith(b"all of it.")
    assert before_it.client().get("/cut").body == b"all of it."


@requirement("9111-5.2.2.2-01", "9111-5.2.2.2-02", "9111-5.2.2.2-03", "9111-5.2.2.8-01", "9111-5.2.2.10-01", "9111-4.2.4-01")
@pytest.mark.parametrize("said", ["max-age=1, must-revalidate", "max-age=1, proxy-revalidate", "s-maxage=1"])
def test_what_must_be_validated_is_no_use_when_nobody_can(before_it, upstream, said):
    upstream.forget()
    upstream.then(response(200, [("Cache-Control", f"{said}, stale-if-error=600"), ("ETag", '"a"')], b"old"))
    client, path = before_it.client(), f"/must{next(COUNT)}"
    assert client.get(path).body == b"old"
    time.sleep(1.1)
    upstream.always(close)
    got = client.get(path, {"Cache-Control": "max-stale"})
    assert got.status in (502, 504) and b"old" not in got.body
