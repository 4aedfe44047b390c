"""Every rule of rules.py can be broken, and what breaks it fails with its id."""

import pytest
import rules
from message import Fields, Response

NOW = ("Date", "Sun, 06 Nov 1994 08:49:37 GMT")
JSON = ("Content-Type", "application/json")
PROBLEM = ("Content-Type", "application/problem+json")
PARTS = ("Content-Type", "multipart/byteranges; boundary=x")
# An id of the rule, and what breaks it: method, status, fields, content.
BROKEN = [
    ("9110-2.2-01", "GET", 200, [("Vary", "accept;x")], b""),
    ("9110-2.2-01", "GET", 200, [("Content-Type", "text")], b"x"),
    ("9110-2.2-02", "GET", 200, [("Host", "a")], b""),
    ("9110-4.2.1-01", "GET", 301, [("Location", "http:///x")], b""),
    ("9110-4.2.2-01", "GET", 200, [("Link", '<https://:443/>; rel="next"')], b""),
    ("9110-4.2.4-01", "GET", 301, [("Location", "http://u:p@h/")], b""),
    ("9110-5.3-02", "GET", 200, [("ETag", '"x"'), ("ETag", '"y"')], b""),
    ("9110-5.5-05", "GET", 200, [("X", "\xe9")], b""),
    ("9110-5.6.1.1-01", "GET", 405, [("Allow", "GET, , HEAD")], b"x"),
    ("9110-5.6.1.1-01", "GET", 405, [("Allow", "GET,")], b"x"),
    ("9110-5.6.3-01", "GET", 200, [("Vary", "a,b")], b""),
    ("9110-5.6.3-02", "GET", 200, [("Vary", "a,  b")], b""),
    ("9110-5.6.3-04", "GET", 200, [("Content-Type", "a/b; c = d")], b""),
    ("9110-5.6.4-02", "GET", 200, [("Content-Type", 'a/b; c="\\d"')], b""),
    ("9110-5.6.7-02", "GET", 200, [("Last-Modified", "Sun Nov  6 08:49:37 1994")], b""),
    ("9110-5.6.7-03", "GET", 200, [("Expires", "Sun,  06 Nov 1994 08:49:37 GMT")], b""),
    ("9110-6.5.1-01", "GET", 200, [("Trailer", "Vary"), ("trailer:Vary", "x")], b""),
    ("9110-6.6.2-01", "GET", 200, [("trailer:X", "x")], b""),
    ("9110-6.6.1-01", "GET", 404, [("no", "Date")], b"x"),
    ("9110-7.6.1-01", "GET", 426, [("Upgrade", "x")], b"x"),
    ("9110-7.6.1-04", "GET", 200, [("Connection", "cache-control")], b""),
    ("9110-8.3-01", "GET", 200, [], b"x"),
    ("9110-8.4-02", "GET", 200, [("Content-Encoding", "identity")], b""),
    ("9110-8.6-06", "GET", 204, [("Content-Length", "0")], b""),
    ("9110-8.8.2.1-03", "GET", 200, [("Last-Modified", "Mon, 07 Nov 1994 08:49:37 GMT")], b""),
    ("9110-8.8.3-01", "GET", 200, [("ETag", "x")], b""),
    ("9110-8.8.3-01", "GET", 200, [("ETag", 'w/"x"')], b""),
    ("9110-8.8.3-03", "GET", 200, [("ETag", '"\\"')], b""),
    ("9110-9.3.3-02", "POST", 304, [], b""),
    ("9110-10.2.1-01", "GET", 405, [], b"x"),
    ("9110-10.2.2-03", "GET", 301, [("Location", "/a, /b")], b""),
    ("9110-10.2.3-01", "GET", 503, [("Retry-After", "soon")], b"x"),
    ("9110-10.2.4-02", "GET", 200, [("Server", "verbatim/1.2.3 (Linux)")], b""),
    ("9110-11.6.1-01", "GET", 401, [], b"x"),
    ("9110-12.4.2-02", "GET", 415, [("Accept", "a/b;q=0.1234")], b"x"),
    ("9110-12.5.1-02", "GET", 415, [("Accept", "a/b;q=0.1;c=d")], b"x"),
    ("9110-12.5.5-04", "GET", 200, [("Vary", "Authorization")], b""),
    ("9110-14.4-06", "GET", 200, [("Content-Range", "bytes 0-1/2")], b""),
    ("9110-15.3.2-01", "POST", 201, [], b""),
    ("9110-15.3.7.1-01", "GET", 206, [], b""),
    ("9110-15.3.7.2-02", "GET", 206, [PARTS, ("Content-Range", "bytes 0-1/2")], b""),
    ("9110-14.4-04", "GET", 206, [("Content-Range", "bytes 0-1/*")], b""),
    ("9110-15.3.7-05", "GET", 206, [("Content-Range", "bytes 0-1/2"), ("Content-Length", "9")], b"ab"),
    ("9110-15.4.2-01", "GET", 301, [], b""),
    ("9110-15.4.4-01", "GET", 303, [], b""),
    ("9110-15.4.8-02", "GET", 307, [], b""),
    ("9110-15.4.9-01", "GET", 308, [], b""),
    ("6265bis-3-01", "GET", 200, [("Set-Cookie", "a=b"), ("Cache-Control", "no-cache")], b""),
    ("6265bis-4.1.1-05", "GET", 200, [("Set-Cookie", "a=b"), ("Set-Cookie", "a=c; Path=/")], b""),
    ("9110-15.4.5-02", "GET", 304, [JSON], b""),
    ("9110-15.5-01", "GET", 404, [], b""),
    ("9110-15.5.17-01", "GET", 416, [], b"x"),
    ("9110-15.5.22-01", "GET", 426, [], b"x"),
    ("9110-15.6-01", "GET", 501, [], b""),
    ("6585-6-03", "GET", 511, [], b"x"),
    ("9112-6.1-05", "GET", 204, [("Transfer-Encoding", "chunked")], b""),
    ("9112-6.2-01", "GET", 200, [("Content-Length", "5"), ("Transfer-Encoding", "chunked")], b""),
    ("9112-6.1-02", "GET", 200, [("Transfer-Encoding", "chunked, chunked")], b""),
    ("9112-7.4-02", "GET", 200, [("Transfer-Encoding", "gzip, chunked")], b""),
    ("6265bis-4.1.1-01", "GET", 200, [("Set-Cookie", "a=b c")], b""),
    ("6265bis-4.1.1-01", "GET", 200, [("Set-Cookie", "a=b, c=d")], b""),
    ("6265bis-4.1.1-01", "GET", 200, [("Set-Cookie", "a=b; Max-Age=0")], b""),
    ("6265bis-4.1.1-02", "GET", 200, [("Set-Cookie", "=b")], b""),
    ("6265bis-4.1.1-06", "GET", 200, [("Set-Cookie", "a=b; Expires=Sunday, 06-Nov-94 08:49:37 GMT")], b""),
    ("6265bis-4.1.1-04", "GET", 200, [("Set-Cookie", "a=b; Path=/; Path=/c")], b""),
    ("6265bis-4.1.1-05", "GET", 200, [("Set-Cookie", "a=b"), ("Set-Cookie", "a=c; Path=/")], b""),
    ("6265bis-4.1.3-01", "GET", 200, [("Set-Cookie", "__Host-a=b; Secure; Path=/a")], b""),
    ("6265bis-4.1.3-01", "GET", 200, [("Set-Cookie", "__Host-a=b; Domain=c.example; Secure; Path=/")], b""),
    ("6265bis-4.1.3-01", "GET", 200, [("Set-Cookie", "__Secure-a=b; Path=/")], b""),
    ("9111-7.3-01", "POST", 201, [("Location", "/a"), ("Set-Cookie", "a=b"), ("Cache-Control", "no-cache")], b""),
    ("9111-5.2.2.1-01", "GET", 200, [("Cache-Control", 'max-age="5"')], b""),
    ("9111-5.2.2.10-03", "GET", 200, [("Cache-Control", 'public, S-MaxAge="5"')], b""),
    ("9111-5.2.2.4-03", "GET", 200, [("Cache-Control", "no-cache=X")], b""),
    ("9111-5.2.2.7-03", "GET", 200, [("Cache-Control", "private=X, no-cache")], b""),
    ("9111-5.5-01", "GET", 200, [("Warning", '110 - "stale"')], b""),
    ("8288-3.3-01", "GET", 200, [("Link", '</a>; title="x"')], b""),
    ("8288-3.3-01", "GET", 200, [("Link", '</a>; rel="x"; rel="y"')], b""),
    ("8288-3.4.1-01", "GET", 200, [("Link", '</a>; rel="x"; type="a/b"; type="a/b"')], b""),
    ("8288-3.3-02", "GET", 200, [("Link", '</a>; rel="x"; rev="y"')], b""),
    ("9457-3.1.1-02", "GET", 404, [PROBLEM], b'{"type": "not-found"}'),
    ("9457-3.1.2-01", "GET", 404, [PROBLEM], b'{"status": 400}'),
    ("9457-3.1.5-01", "GET", 404, [PROBLEM], b'{"instance": "x/1"}'),
    ("9457-5-01", "GET", 500, [PROBLEM], b'{"detail": "src/flow/flow.c:12"}'),
    ("9457-3.1.4-01", "GET", 500, [PROBLEM], b'{"detail": "near SELECT x"}'),
]
FINE = [
    ("GET", 200, [JSON, ("ETag", 'W/"x"'), ("Vary", "Accept, Prefer"), ("Last-Modified", NOW[1])], b"{}"),
    ("GET", 200, [("Link", '</a>; rel="next"; title="a, b", <http://h/>; rel=prev')], b""),
    ("GET", 206, [("Content-Range", "bytes 0-1/9"), ("Content-Length", "2"), JSON], b"ab"),
    ("GET", 404, [PROBLEM], b'{"status": 404, "title": "Not Found"}'),
    ("HEAD", 404, [], b""),
    ("GET", 200, [("Set-Cookie", '__Host-a="b"; Path=/; Expires=Sun, 06 Nov 1994 08:49:37 GMT; SameSite=Lax; Secure; HttpOnly'),
                  ("Set-Cookie", "A=Zm9v-_=; Max-Age=9"), ("Cache-Control", "no-store")], b""),
    ("GET", 200, [("Cache-Control", 's-maxage=5, max-age=6, no-cache="X", private="Y, Z"')], b""),
    ("DELETE", 204, [], b""),
    ("POST", 201, [("Location", "/a?b=c%20d"), ("Connection", "close")], b""),
]  # fmt: skip


def response(status, fields, content):
    """A response with a Date, unless ("no", "Date") is among the fields."""
    head = [] if ("no", "Date") in fields else [NOW]
    head += [field for field in fields if field[0] != "no" and not field[0].startswith("trailer:")]
    trailers = [(name[8:], value) for name, value in fields if name.startswith("trailer:")]
    return Response(status, Fields(head), content, Fields(trailers))


@pytest.fixture
def tally(monkeypatch):
    """What is broken here on purpose counts for nothing."""
    monkeypatch.setattr(rules, "tally", rules.Tally())
    return rules.tally


@pytest.mark.parametrize("rule, method, status, fields, content", BROKEN)
def test_what_breaks_a_rule_fails_with_its_id(tally, rule, method, status, fields, content):
    with pytest.raises(AssertionError, match=rule):
        rules.check(method, response(status, fields, content))
    assert len(tally.broken) > 0


def test_every_rule_has_something_that_breaks_it(tally):
    for _, *broken in BROKEN:
        method, status, fields, content = broken
        for rule in rules.RULES:
            tally.judge(rule, method, response(status, fields, content))
    assert {rule.text for rule in rules.RULES} == set(tally.broken)


@pytest.mark.parametrize("method, status, fields, content", FINE)
def test_what_is_fine_breaks_no_rule(tally, method, status, fields, content):
    rules.check(method, response(status, fields, content))
    assert not tally.broken


def test_what_another_server_breaks_is_only_counted(tally, monkeypatch):
    monkeypatch.setattr(rules, "forgiving", True)
    rules.check("GET", response(405, [], b"x"))
    assert "405 has Allow" in tally.broken
