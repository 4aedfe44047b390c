"""One meaning, several wires: the same requests in the same order, each wire's to a server of its own, get the same
statuses, fields, content, interim responses and traces. What may differ is said here: what belongs to a connection, what
the time is, and the name of the store in entity tags and cursors."""

import json
import re

import pytest
from certificates import of_the_suite, options
from client import PROTOCOLS
from library import JSON, LIBRARY, MERGE, PATCH, PNG, links
from test_cli import run

RELATION = "https://verbatim.example/rel/explain"
WIRES = [wire for wire in PROTOCOLS if wire != "h1"]  # all are held against that one
OF_A_CONNECTION = {"date", "connection", "transfer-encoding", "alt-svc", "age"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
LONG = 9000

# method, target, fields, content (a list: in chunks), and the status of all wires
REQUESTS = [
    ("GET", "/", {}, None, 200),
    ("GET", "/", {"Accept": "text/html"}, None, 200),
    ("OPTIONS", "*", {}, None, 204),
    ("OPTIONS", "/books", {}, None, 204),
    ("GET", "/books", {}, None, 200),
    ("POST", "/books", JSON, b'{"title": "A Wizard of Earthsea", "isbn": "9780141354910"}', 201),
    ("POST", "/books", JSON, b'{"title": "The same again", "isbn": "9780141354910"}', 409),
    ("POST", "/books", JSON, [b'{"title":', b' "In chunks", "tags": [', b'"a", "b"]}'], 201),
    ("POST", "/books", {**JSON, "Expect": "100-continue"}, b'{"title": "Expected"}', 201),
    ("POST", "/books", {**JSON, "Idempotency-Key": '"a"'}, b'{"title": "Once"}', 201),
    ("POST", "/books", {**JSON, "Idempotency-Key": '"a"'}, b'{"title": "Once"}', 201),
    ("POST", "/books", {**JSON, "Idempotency-Key": '"a"'}, b'{"title": "Twice"}', 422),
    ("POST", "/books", JSON, b'{"pages": 7}', 422),
    ("POST", "/books", JSON, b'{"title": ', 400),
    ("POST", "/books", {"Content-Type": "text/plain"}, b"title", 415),
    ("POST", "/books", {**JSON, "Content-Encoding": "gzip"}, b"no gzip", 400),
    ("POST", "/books", {**JSON, "Prefer": "return=minimal"}, b'{"title": "Minimal"}', 201),
    ("GET", "/books/1", {}, None, 200),
    ("HEAD", "/books/1", {}, None, 200),
    ("GET", "/books/1", {"Accept": "text/html"}, None, 200),
    ("GET", "/books/1", {"Accept": "image/png"}, None, 406),
    ("GET", "/books/1", {"Accept-Encoding": "br, gzip;q=0.5"}, None, 200),
    ("GET", "/books/1", {"If-None-Match": "*"}, None, 304),
    ("GET", "/books/1", {"If-Match": '"x"'}, None, 412),
    ("GET", "/books/1/", {}, None, 301),
    ("GET", "/books/99", {}, None, 404),
    ("HEAD", "/nothing", {}, None, 404),
    ("GET", "/books?sort=-title&limit=2&fields=title", {"Prefer": "count=exact"}, None, 200),
    ("GET", "/books?none=1", {}, None, 400),
    ("QUERY", "/books", FORM, b"title:starts=A&limit=1", 200),
    ("QUERY", "/books", JSON, b'{"filter": 7}', 422),
    ("PUT", "/books/1", JSON, b'{"title": "Put"}', 200),
    ("PUT", "/books/1", {**JSON, "If-None-Match": "*"}, b'{"title": "Never"}', 412),
    ("PATCH", "/books/1", MERGE, b'{"pages": 256}', 200),
    ("PATCH", "/books/1", PATCH, b'[{"op": "test", "path": "/pages", "value": 1}]', 409),
    ("PATCH", "/books/1", JSON, b"{}", 415),
    ("POST", "/books/1/archive", {}, None, 200),
    ("PUT", "/books/1/cover", PNG, b"0123456789" * 5000, 201),
    ("GET", "/books/1/cover", {}, None, 200),
    ("GET", "/books/1/cover", {"Range": "bytes=10-19"}, None, 206),
    ("GET", "/books/1/cover", {"Range": "bytes=0-9,100-109"}, None, 206),
    ("GET", "/books/1/cover", {"Range": "bytes=60000-"}, None, 416),
    ("PUT", "/books/1/cover", {**PNG, "Content-Digest": "sha-256=:AAAA:"}, b"x", 400),
    ("DELETE", "/books", {}, None, 405),
    ("PUT", "/settings/a", JSON, b'{"value": "1"}', 201),
    ("PUT", "/settings/a", {**JSON, "Prefer": "return=minimal"}, b'{"value": "2"}', 204),
    ("DELETE", "/settings/a", {}, None, 204),
    ("DELETE", "/settings/a", {}, None, 404),
    ("TRACE", "/books", {"X-Seen": "yes"}, None, 200),
    ("CONNECT", "example.com:443", {}, None, 501),
    ("BREW", "/books", {}, None, 501),
    ("GET", "/%zz", {}, None, 400),
    ("GET", "/%zz", {"Accept": "text/html"}, None, 400),
    ("GET", "/" + "a" * LONG, {}, None, 414),
    ("GET", "/books", {"x": "x" * 20_000}, None, 431),
    ("GET", "/books", {f"X-{i}": "x" for i in range(120)}, None, 431),
    ("POST", "/books", {"Origin": "https://evil.example", **JSON}, b'{"title": "x"}', 403),
    ("PUT", "/books/1/cover", PNG, b"x" * 300_000, 413),
]  # fmt: skip


def without_chance(text):
    """What has to do with the time, and the name of the store, in one form."""
    text = re.sub(r"\b[0-9a-z]+\.[0-9a-z]{8}\b", "TAG", text)
    text = re.sub(r"\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun), [^;\"]*? GMT", "DATE", text)
    text = re.sub(r"\b20\d\d-\d\d-\d\dT[\d:.]+Z", "TIME", text)
    text = re.sub(r"cursor=[-\w]+", "cursor=C", text)
    return re.sub(r"\bboundary=\S+|^--\S+", "BOUNDARY", text, flags=re.M)


def fields_of(response):
    return sorted(
        (name.lower(), without_chance(value))
        for name, value in response.headers
        if name.lower() not in OF_A_CONNECTION | {"link", "traceparent"}
    )


def body_of(response):
    if "content-encoding" in {name.lower() for name, _ in response.headers}:
        return len(response.body)
    text = without_chance(response.text)
    # TRACE shows a message as HTTP/1.1 has it: its own fields, in its own order.
    if response.headers.get("Content-Type") == "message/http":
        return sorted(line.lower() for line in text.splitlines() if "content-length" not in line.lower())
    return text


def told(client, response):
    """The trace, which who asks for it finds behind a link."""
    link = links(response)
    if RELATION not in link:
        return None
    trace = client.get(link[RELATION])
    assert trace.status == 200
    return json.loads(trace.text)


def play(client):
    """What comes of each of the requests."""
    came = []
    for method, target, fields, content, _ in REQUESTS:
        fields = {"Host": "localhost", "Prefer": "explain", **fields}
        if "Prefer" in fields and fields["Prefer"] != "explain":
            fields["Prefer"] += ", explain"
        response = client.request(method, target, fields, content, chunked=isinstance(content, list))
        came.append({
            "status": response.status,
            "fields": fields_of(response),
            "body": body_of(response),
            # 100 is for clients that wait for it, as only some do.
            "interim": [one.status for one in response.interim if one.status != 100],
            "trace": told(client, response),
        })  # fmt: skip
    return came


@pytest.fixture(scope="module")
def played(module_serve):
    """What comes of the requests on a wire, each asked once."""
    kept = {}

    def on(wire):
        if wire not in kept:
            kind = PROTOCOLS[wire]
            words = ["--storage", "memory:", "--explain", "--trace", "--max-content", "200k"]
            scheme = "https" if kind.secure else "http"
            server = module_serve(
                LIBRARY, words + (options(of_the_suite()) if kind.secure else []), listen=f"{scheme}://127.0.0.1:0"
            )
            client = server.client(wire)
            kept[wire] = play(client)
            client.close()
        return kept[wire]

    return on


@pytest.mark.parametrize("row", range(len(REQUESTS)), ids=[f"{row[0]}-{row[1][:12]}-{row[4]}" for row in REQUESTS])
def test_each_request_has_its_status(played, row):
    came = played("h1")[row]
    assert came["status"] == REQUESTS[row][4], came


@pytest.mark.parametrize("wire", WIRES)
def test_every_wire_means_the_same(played, wire):
    if wire == "h3" and "--http3" not in run("serve", "--help").stdout:
        pytest.skip("this program has no HTTP/3")
    for (method, target, *_), here, there in zip(REQUESTS, played("h1"), played(wire), strict=True):
        for part, value in here.items():
            assert there[part] == value, (method, target[:80], part)


def test_every_request_that_reached_the_flow_is_explained(played):
    """Else the traces that are compared would be none."""
    explained = [came["trace"] is not None for came in played("h1")]
    assert explained.count(True) >= len(REQUESTS) - 8
