"""What other servers answer is held against HTTP and what is described of it."""

import gzip
import json
import re
import time

import pytest
from server import ROOT
from test_vetting import OK, gateways
from upstream import Upstream, chunked, response

DATE = ("Date", "Fri, 27 Nov 2026 20:00:00 GMT")
JSON_TYPE = ("Content-Type", "application/json")
BOOKS = {"type": "array", "items": {"type": "object", "required": ["title"], "properties": {"title": {"type": "string"}}}}
DESCRIBED = {
    "openapi": "3.1.0",
    "info": {"title": "What they have", "version": "1"},
    "paths": {
        "/books": {
            "get": {
                "responses": {
                    "200": {"description": "them", "content": {"application/json": {"schema": BOOKS}},
                            "headers": {"Total-Count": {"required": True, "schema": {"type": "integer"}}, "Link": {}}},
                    "404": {"description": "none"},
                }
            },
            "post": {"responses": {"2XX": {"description": "done"}}},
        },
        "/others": {"get": {"responses": OK}, "post": {"responses": OK}},
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def upstream():
    with Upstream() as running:
        yield running


@pytest.fixture
def audit(tmp_path, upstream):
    """audit(description, answer, method, target, fields): what is told of it."""
    running, start = gateways(tmp_path)
    upstream.forget()

    def ask(answer, method="POST", target="/x", fields=(), description=None, args=()):
        server = start(description, ["--to", upstream.url, "--audit", *args])
        upstream.always(answer)
        # Not held against the rules of tests: it is not to follow them.
        got = server.client().exchange(method, target, list(dict(fields).items()), b"" if method == "POST" else None, False, [])
        time.sleep(0.1)
        return got, re.findall(r"warning: audit: (.*)", server.output)

    yield ask
    for server in running:
        server.stop()


def test_nothing_is_told_of_what_is_right(audit):
    good = [DATE, ("Last-Modified", DATE[1]), ("ETag", 'W/"a"'), ("Location", "/x?y#z"), ("Retry-After", "5"), ("Vary", "Accept")]
    assert audit(response(200, good, b"it"))[1] == []


def answer(status, *fields, content=b"", date=True):
    return response(status, [*([DATE] if date else []), *fields], content)


HTTP = [
    ("9110-8.6-06", b"HTTP/1.1 204 No\r\nDate: %b\r\nContent-Length: 0\r\n\r\n" % DATE[1].encode(), "204: 204 has no content", "8.6"),
    ("9110-15.3.6-01", answer(205, content=b"it"), "205 has no content", "15.3.6"),
    ("9110-15.3.7.1-01", answer(206, content=b"it"), "which part it is: Content-Range", "15.3.7.1"),
    ("9110-14.2-02", answer(206, ("Content-Range", "bytes 0-1/9"), content=b"it"), "206 is for who asks", "15.3.7"),
    ("9110-14.4-04", answer(206, ("Content-Range", "bytes 5-1/9"), content=b"it"), "contradicts itself: Content-Range: bytes 5-1/9", "14.4"),
    ("9110-15.3.7.2-02", answer(206, ("Content-Type", "multipart/byteranges; boundary=a"), ("Content-Range", "bytes 0-1/9"), content=b"--a--"),
     "several parts", "15.3.7.2"),
    ("9110-13.1.2-06", b"HTTP/1.1 304 No\r\nDate: %b\r\n\r\n" % DATE[1].encode(), "304 answers a condition", "15.4.5"),
    ("9110-13.1.1-05", answer(412), "412 answers a condition", "15.5.13"),
    ("9110-15.4.2-01", answer(301), "where to: Location", "15.4"),
    ("9110-11.6.1-01", answer(401), "a challenge in WWW-Authenticate", "11.6.1"),
    ("9110-15.5.6-01", answer(405), "405 says with Allow", "15.5.6"),
    ("9110-10.2.1-01", answer(405, ("Allow", "GET, POST")), "the very method that it refuses: Allow: POST", "10.2.1"),
    ("9110-15.5.17-01", answer(416), "how long the whole is: Content-Range", "15.5.17"),
    ("9110-15.5.22-01", answer(426), "426 says with Upgrade", "15.5.22"),
    ("9110-6.6.1-01", answer(200, date=False, content=b"it"), "has a Date", "6.6.1"),
    ("9110-5.6.7-02", answer(200, ("Date", "Friday, 27-Nov-26 20:00:00 GMT"), date=False), "no date as HTTP writes them: Date: Friday", "5.6.7"),
    ("9110-5.6.7-02", answer(200, ("Last-Modified", "yesterday")), "no date as HTTP writes them: Last-Modified: yesterday", "5.6.7"),
    ("9110-8.8.2.1-03", answer(200, ("Last-Modified", "Fri, 27 Nov 2026 20:00:01 GMT")), "later than Date", "8.8.2.1"),
    ("9110-8.8.3-01", answer(200, ("ETag", "abc")), "ETag is no entity tag: ETag: abc", "8.8.3"),
    ("9110-8.3-01", b"HTTP/1.1 200 OK\r\nDate: %b\r\nContent-Length: 2\r\n\r\nit" % DATE[1].encode(), "what it is", "8.3"),
    ("9110-8.3-03", answer(200, ("Content-Type", "text"), content=b"it"), "not one media type: Content-Type: text", "8.3"),
    ("9110-10.2.2-03", answer(201, ("Location", "/a b")), "not one URI reference: Location: /a b", "10.2.2"),
    ("9110-10.2.3-01", answer(503, ("Retry-After", "soon")), "neither a date nor a number", "10.2.3"),
]  # fmt: skip


@pytest.mark.parametrize("_, there, said, section", HTTP, ids=[f"{row[0]}-{i}" for i, row in enumerate(HTTP)])
def test_what_breaks_http_is_told_and_passed_on(audit, _, there, said, section):
    got, lines = audit(there)
    assert got.status == int(there.split(b" ")[1])
    assert any(said in line and f"(RFC 9110, section {section})" in line for line in lines), lines
    assert all(line.startswith(f"POST /x: {got.status}: ") for line in lines)


def books(content, *fields, total=True, status=200, type_=JSON_TYPE):
    return answer(status, type_, *([("Total-Count", "1")] if total else []), *fields, content=content)


BROKEN = [
    (answer(500), "500: this status is not described (OpenAPI, \"Responses Object\")"),
    (books(b"[]", total=False), "200: a field that is described as required is not there: Total-Count (OpenAPI, \"Header Object\")"),
    (books(b"it", type_=("Content-Type", "text/html")), "is not described: Content-Type: text/html"),
    (books(b"[{]"), "not the JSON that it is said to be: "),
    (books(b'[{"title": "a"}, {"title": 1}, {}]'), "200: the content does not meet its schema: /1/title: "),
    (books(gzip.compress(b'[{"title": 1}]'), ("Content-Encoding", "gzip")), "meet its schema: /0/title: "),
    (chunked([b'[{"ti', b'tle": 1}]'], [DATE, ("Total-Count", "1")]).replace(b"text/plain", b"application/json"), "meet its schema: /0/title: "),
]  # fmt: skip


@pytest.mark.parametrize("there, said", BROKEN, ids=range(len(BROKEN)))
def test_what_does_not_fit_the_description_is_told_and_passed_on(audit, there, said):
    got, lines = audit(there, "GET", "/books", {"Accept-Encoding": "gzip"}, DESCRIBED)
    assert got.status == int(there.split(b" ")[1])
    assert len(lines) == 1 and said in lines[0] and lines[0].startswith("GET /books: "), lines


def test_what_fits_is_not_told(audit):
    assert audit(books(b'[{"title": "a"}]'), "GET", "/books", (), DESCRIBED)[1] == []


@pytest.mark.parametrize("method, there", [("HEAD", books(b"")), ("POST", answer(299)), ("GET", books(b'[{"title": ' + b"[" * 300_000))], ids=["no content", "nothing said", "too much"])
def test_what_cannot_be_judged_is_not(audit, method, there):
    assert audit(there, method, "/books", (), DESCRIBED)[1] == []


def test_what_answers_a_condition_is_nobodys_to_describe(audit):
    not_modified = b"HTTP/1.1 304 No\r\nDate: %b\r\nETag: \"a\"\r\n\r\n" % DATE[1].encode()
    assert audit(not_modified, "GET", "/books", {"If-None-Match": '"a"', "Cache-Control": "no-store"}, DESCRIBED)[1] == []


def test_undescribed_answers_are_held_against_http(audit):
    _, lines = audit(answer(405), "POST", "/elsewhere", (), DESCRIBED, ["--pass-undescribed"])
    assert len(lines) == 1 and "Allow" in lines[0]


def test_what_is_told_is_one_harmless_line_and_redacted(audit):
    content = json.dumps([{"title": 1, "\x1b[31m\n" * 3: 2}]).encode()
    described = json.loads(json.dumps(DESCRIBED).replace('"properties": {', '"additionalProperties": false, "properties": {'))
    described["paths"]["/books"]["get"]["parameters"] = [{"name": "token", "in": "query"}]
    _, lines = audit(books(content), "GET", "/books?token=s3cret", (), described)
    assert len(lines) == 1 and lines[0].startswith("GET /books?token=***: ") and "\x1b" not in lines[0]


def test_the_same_of_one_operation_is_told_once(tmp_path, upstream):
    running, start = gateways(tmp_path)
    upstream.forget()
    upstream.always(answer(500, content=b"no"))
    server = start(DESCRIBED, ["--to", upstream.url, "--audit"])
    client = server.client()
    for i in range(50):
        assert client.post(f"/books?{'&' * i}").status == 500
        assert client.post("/others").status == 500
    time.sleep(0.1)
    lines = re.findall(r"warning: audit: (\S+ /\w+)", server.output)
    assert sorted(lines) == ["POST /books", "POST /others"]
    running[0].stop()


def test_what_is_stored_was_audited_when_it_came(tmp_path, upstream):
    running, start = gateways(tmp_path)
    upstream.forget()
    upstream.always(books(b'[{"title": 1}]', ("Cache-Control", "max-age=999999999")))
    server = start(DESCRIBED, ["--to", upstream.url, "--audit"])
    for _ in range(3):
        assert server.client().get("/books").status == 200
    time.sleep(0.1)
    assert server.output.count("audit:") == 1 and len(upstream.requests) == 1
    running[0].stop()


def test_the_example_of_the_manual(tmp_path):
    """docs/gateway.md shows what is told of an answer."""
    text = (ROOT / "docs/gateway.md").read_text()
    shown = re.search(r"verbatim: warning: audit: (.*)", text)[1]
    with Upstream() as there:
        there.always(books(b'[{"title": "Emma"}, {"title": 1815}]'))
        running, start = gateways(tmp_path)
        server = start(DESCRIBED | {"paths": {"/books": {"get": {**DESCRIBED["paths"]["/books"]["get"],
                       "parameters": [{"name": "author", "in": "query"}]}}}}, ["--to", there.url, "--audit"])  # fmt: skip
        assert server.client().get("/books?author=Austen").status == 200
        time.sleep(0.1)
        assert shown in server.output
        running[0].stop()
