"""Requests made of odd parts: always a clear answer, never a fault of ours."""

import json
import os
import random

import pytest
from library import LIBRARY, add

COUNT = int(os.environ.get("VB_HOSTILE", "1500"))
METHODS = ["GET", "HEAD", "PUT", "POST", "PATCH", "DELETE", "OPTIONS", "TRACE", "FROB", "QUERY"]
PLACES = ["/", "/books", "/books/1", "/books/2", "/books/1/cover", "/books/2/archive", "/authors", "/authors/1", "/settings",
          "/settings/a"]  # fmt: skip
SEGMENTS = ["books", "1", "2", "cover", "archive", "authors", "settings", "a", "%2e%2e", "..", "%00", "%ff", "%2F", "x" * 300,
            "", ".", "~", "a;b=c", "%e2%82%ac", "-1", "1.0", "01", "9" * 30]  # fmt: skip
QUERIES = ["", "?", "?limit=1", "?limit=0", "?cursor=x", "?x=y", "?limit=1&limit=2", "?%", "?&&&", "?limit", "?a=b#c",
           "?cursor=" + "0" * 32, "?" + "&".join("a" * 90)]  # fmt: skip
TYPES = ["application/json", "application/merge-patch+json", "application/json-patch+json", "image/png", "text/plain",
         "*/*", "", "a", "application/json; charset=\"utf-8", "multipart/form-data; boundary=x"]  # fmt: skip
TAGS = ['"x"', "*", 'W/"x"', "x", "", '"a", "b"', '*, "a"', '"' + "y" * 5000 + '"', ",,,"]
DATES = ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "0", "", "never"]
VALUES = {
    "Content-Type": TYPES, "Accept": [*TYPES, "text/html", "*/*;q=0", "a/b;q=2", "application/json;q=0.1234", ", ,"],
    "If-Match": TAGS, "If-None-Match": TAGS, "If-Modified-Since": DATES, "If-Unmodified-Since": DATES,
    "Prefer": ["return=minimal", "return=representation", "return=", "wait=x", "respond-async", '"', "handling=lenient"],
    "Range": ["bytes=0-1", "bytes=-1", "bytes=5-1", "lines=1", "bytes=" + ",".join(["0-1"] * 200), ""],
    "Content-Encoding": ["gzip", "identity", "", "gzip, gzip"], "Content-Range": ["bytes 0-1/2", "x"],
    "Expect": ["100-continue", "200-maybe"], "Accept-Encoding": ["gzip", "identity;q=0", "*;q=0", ""],
    "Accept-Language": ["en", "*;q=0", "x-" + "y" * 100], "Idempotency-Key": ['"a"', "", "b"],
    "Content-Location": ["/other"], "X-HTTP-Method-Override": ["DELETE"], "Cookie": ["a=b", ";;;", '"'],
}  # fmt: skip
LEAVES = [None, True, False, 0, -1, 1.5, 1e300, "", "x", "x" * 600, "\0", "\ud83d\ude00", "9780141354910", [], {}]
NAMES = ["title", "isbn", "author", "tags", "pages", "available", "archived", "id", "created", "name", "born", "value", "",
         "op", "path", "__proto__", "a/b", "~", "from"]  # fmt: skip


def value(chance, depth=0):
    kind = chance.random()
    if depth > 4 or kind < 0.5:
        return chance.choice(LEAVES)
    if kind < 0.7:
        return [value(chance, depth + 1) for _ in range(chance.randrange(4))]
    return {chance.choice(NAMES): value(chance, depth + 1) for _ in range(chance.randrange(6))}


def operation(chance):
    paths = ["", "/", "/title", "/tags/0", "/tags/-", "/tags/01", "/nothing/x", "title", "/a~1b", "/~2", "/tags/99999999999"]
    return {"op": chance.choice(["add", "remove", "replace", "move", "copy", "test", "", "x"]),
            "path": chance.choice(paths), "from": chance.choice(paths), "value": value(chance)}  # fmt: skip


def content(chance):
    kind = chance.random()
    if kind < 0.3:
        return None
    if kind < 0.6:
        return json.dumps(value(chance)).encode()
    if kind < 0.75:
        return json.dumps([operation(chance) for _ in range(chance.randrange(5))]).encode()
    if kind < 0.9:
        return json.dumps(chance.choice([{"title": "x"}, {"value": 1}, {"name": "y"}])).encode()
    text = bytearray(json.dumps(value(chance)).encode())
    for _ in range(3):
        if text:
            text[chance.randrange(len(text))] = chance.randrange(256)
    return bytes(text)


# Now and then all is well, so that there is something to be odd about.
GOOD = [
    ("POST", "/books", [("Content-Type", "application/json")], b'{"title":"x","tags":["a"]}'),
    ("POST", "/authors", [("Content-Type", "application/json")], b'{"name":"x"}'),
    ("PUT", "/settings/a", [("Content-Type", "application/json")], b'{"value":1}'),
    ("PUT", "/books/1/cover", [("Content-Type", "image/png")], b"x"),
]


def request(chance):
    if chance.random() < 0.1:
        return chance.choice(GOOD)
    path = chance.choice(PLACES)
    if chance.random() < 0.3:
        path = "/" + "/".join(chance.choice(SEGMENTS) for _ in range(chance.randint(1, 3)))
    target = path + (chance.choice(QUERIES) if chance.random() < 0.3 else "")
    count = chance.choice([0, 0, 1, 2, 3])
    fields = [(name, chance.choice(VALUES[name])) for name in chance.sample(sorted(VALUES), count)]
    body = content(chance)
    if body is not None and chance.random() < 0.8:
        fields.append(("Content-Type", chance.choice(TYPES[:4])))
    return chance.choice(METHODS), target, fields, body


@pytest.mark.parametrize("described", [True, False], ids=["library", "tree"])
def test_no_request_is_answered_by_a_fault_of_the_server(serve, described):
    seed = int(os.environ.get("VB_SEED", "1"))
    chance = random.Random(seed)
    server = serve(LIBRARY if described else None, ["--log", "off", "--trace"])
    client = server.client()
    if described:
        for _ in range(2):
            add(client)
            add(client, "/authors")
    seen = {}
    for number in range(COUNT):
        method, target, fields, body = request(chance)
        waits = ("Expect", "100-continue") in fields
        chunked = body is not None and not waits and chance.random() < 0.2
        answer = client.request(method, target, fields, [body] if chunked else body, chunked=chunked)
        where = f"seed {seed}, request {number}: {method} {target} {fields} {body!r} -> {answer!r}"
        assert answer.status < 500 or answer.status == 501, where
        seen[answer.status] = seen.get(answer.status, 0) + 1
        if described and answer.status == 204 and method == "DELETE":
            add(client), add(client, "/authors")
        if answer.status >= 400 and method != "HEAD" and answer.headers["Content-Type"].endswith("json"):
            assert answer.json()["status"] == answer.status, where
    assert client.get("/books" if described else "/").status in (200, 404, 406)
    wanted = {200, 201, 204, 400, 404, 405, 412, 501} | ({415, 422} if described else set())
    assert wanted <= set(seen), seen  # it is not all refused at the door
