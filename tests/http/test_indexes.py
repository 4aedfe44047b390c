"""Indexes (x-verbatim.index): what is found is the same with and without, only sooner."""

import contextlib
import json
import random
import sqlite3
import time
from urllib.parse import quote

import pytest
from library import links, parameters
from test_filters import described

INDEXED = {"x-verbatim": {"index": True}}
PROPERTIES = {
    "id": {"type": "integer", "readOnly": True},
    "title": {"type": "string", **INDEXED},
    "year": {"type": "integer", **INDEXED},
    "price": {"type": "number", **INDEXED},
    "sold": {"type": "boolean", **INDEXED},
    "seen": {"type": "string", "format": "date-time", **INDEXED},
    "author": {"type": "object", "properties": {"name": {"type": "string", **INDEXED}}},
    "note": {"type": "string"},
}  # fmt: skip
TITLES = ["", "a", "A", "ab", "b", "Ünder", "\x01", "\x00", "~", "x" * 300, "x" * 299 + "y", "\U0001f600"]
YEARS = ["-5", "0", "1", "1e0", "1.0", "1968", "1969", "12345678901234567890123"]
PRICES = ["0.1", "0.10000000000000000001", "1e1", "10.0", "12345678901234567890.5", "-2.5"]
SEEN = ["2026-01-01T12:00:00Z", "2026-01-01T13:00:00+01:00", "2026-01-01T12:00:00.5Z", "1969-12-31T23:59:59Z"]


def member(r):
    parts = []
    if r.random() < 0.9:
        parts.append('"title": ' + json.dumps(r.choice(TITLES)))
    if r.random() < 0.9:
        parts.append('"year": ' + r.choice(["1", "2", "3", "1968", r.choice(YEARS)]))
    if r.random() < 0.8:
        parts.append('"price": ' + r.choice(PRICES))
    if r.random() < 0.7:
        parts.append('"sold": ' + r.choice(["true", "false"]))
    if r.random() < 0.7:
        parts.append('"seen": ' + json.dumps(r.choice(SEEN)))
    if r.random() < 0.7:
        parts.append('"author": ' + r.choice(["{}", '{"name": "Dick"}', '{"name": "Le Guin"}']))
    parts.append('"note": ' + json.dumps(r.choice("abc")))
    return "{" + ", ".join(parts) + "}"


def value(r, field):
    return {
        "title": lambda: r.choice(TITLES).replace("\x00", "b"),  # no URI has it
        "year": lambda: r.choice(YEARS),
        "price": lambda: r.choice(PRICES),
        "sold": lambda: r.choice(["true", "false"]),
        "seen": lambda: r.choice(SEEN),
        "author.name": lambda: r.choice(["Dick", "Le", "Le Guin"]),
        "note": lambda: r.choice("abc"),
    }[field]()


FIELDS = ["title", "year", "price", "sold", "seen", "author.name", "note"]
ORDERED = ["eq", "ne", "lt", "lte", "gt", "gte", "null", "in"]


def pair(r):
    field = r.choice(FIELDS)
    ops = ["eq", "ne", "null", "in"] if field == "sold" else ORDERED
    if field in ("title", "author.name", "note"):
        ops = [*ops, "starts", "ends", "contains"]
    op = r.choice(ops)
    if op == "null":
        text = r.choice(["true", "false"])
    elif op == "in":
        text = ",".join(value(r, field) for _ in range(r.randint(1, 4)))
    else:
        text = value(r, field)
    return f"{field}:{op}=" + quote(text, safe="")


def term(r, depth):
    kind = r.random()
    if depth > 0 and kind < 0.5:
        word = r.choice([" AND ", " OR ", " "])
        return "(" + word.join(term(r, depth - 1) for _ in range(r.randint(2, 3))) + ")"
    if depth > 0 and kind < 0.6:
        return "NOT (" + term(r, depth - 1) + ")"
    field = r.choice(FIELDS)
    if r.random() < 0.15:
        return r.choice([f"{field}:*", f"{field} = null", f"{field} != null", "sold"])
    sign = r.choice(["=", "!="] if field == "sold" else ["=", "!=", "<", "<=", ">", ">=", ":"])
    text = value(r, field)
    if field in ("title", "seen", "author.name", "note"):
        text = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"{field} {sign} {text}" if sign != ":" else f"{field}:{text}"


def query(r):
    parts = [pair(r) for _ in range(r.choice([0, 1, 1, 2]))]
    if r.random() < 0.6:
        parts.append("filter=" + quote(term(r, 2), safe=""))
    if r.random() < 0.6:
        count = r.choice([1, 1, 1, 2])
        parts.append("sort=" + ",".join(r.choice(["", "-"]) + r.choice(FIELDS) for _ in range(count)))
    parts.append(f"limit={r.choice([1, 3, 7, 50, 1000])}")
    return "&".join(parts)


def walk(client, target):
    """The ids of all pages; and back again from the last one."""
    forward, last = [], None
    while target:
        page = client.get(target)
        assert page.status == 200, (target, page)
        forward.append([thing["id"] for thing in page.json()])
        last, target = page, links(page).get("next")
    back, target = [], links(last).get("prev")
    while target:
        page = client.get(target)
        assert page.status == 200, (target, page)
        back.append([thing["id"] for thing in page.json()])
        target = links(page).get("prev")
    return sum(forward, []), sum(reversed(back), [])


def test_engines_find_the_same_with_indexes_and_without(serve):
    r = random.Random(7)
    description = described(PROPERTIES)
    plain = described(json.loads(json.dumps(PROPERTIES).replace('"index": true', '"index": false')))
    clients = [serve(description).client(), serve(plain).client(), serve(description, ["--storage", "memory:"]).client()]
    for n in range(150):
        body = member(r)
        for client in clients:
            made = client.post("/things", {"Content-Type": "application/json"}, body.encode())
            assert made.status == 201, made
        if n % 5 == 4:
            gone, changed, body = r.randint(1, n), r.randint(1, n), member(r)
            for client in clients:
                client.delete(f"/things/{gone}")
                client.put(f"/things/{changed}", {"Content-Type": "application/json"}, body.encode())
    for _ in range(250):
        asked = "/things?" + query(r)
        found = [walk(client, asked) for client in clients]
        assert found[0] == found[1] == found[2], asked
        count = [client.get(asked, {"Prefer": "count=exact"}).headers["Total-Count"] for client in clients]
        assert count == [str(len(found[0][0]))] * 3, asked


def indexes(server):
    """Their names, once all of them are whole and those that went are gone."""
    deadline = time.monotonic() + 20
    while True:
        with sqlite3.connect(next(server.data.glob("*.db"))) as db:
            rows = db.execute("SELECT name, state FROM indexes").fetchall()
            ids = {i for (i,) in db.execute("SELECT id FROM indexes")}
            kept = {i for (i,) in db.execute("SELECT DISTINCT idx FROM index_key")}
        if all(state == 1 for _, state in rows) and kept <= ids:
            return {name for name, _ in rows}
        assert time.monotonic() < deadline, rows
        time.sleep(0.02)


# Whoever adds an index to what is there gets it made; whoever takes it away gets rid of it.
def test_the_file_has_the_indexes_of_the_description(serve, tmp_path):
    file = tmp_path / "api.json"
    file.write_text(json.dumps(described({"n": {"type": "integer"}, "m": {"type": "integer", **INDEXED}})))
    server = serve(file)
    client = server.client()
    for n in range(20):
        client.post("/things", json={"n": n % 3, "m": n})
    assert indexes(server) == {"/things#/m v1"}
    other = json.dumps(described({"n": {"type": "integer", **INDEXED}, "m": {"type": "integer"}}))
    file.write_text(other)
    before = client.get("/things?sort=-n&limit=5").body
    server.restart()
    client = server.client()
    assert client.get("/things?sort=-n&limit=5").body == before
    assert indexes(server) == {"/things#/n v1"}
    assert client.get("/things?sort=-n&limit=5").body == before
    assert [thing["m"] for thing in client.get("/things?n=1&limit=3").json()] == [1, 4, 7]
    # So does a description that is read anew, while requests go on.
    file.write_text(other.replace('"type": "integer"', '"type": "number"', 1).replace('"m": {"type": "integer"', '"m": {"type": "integer", "x-verbatim": {"index": true}'))  # fmt: skip
    server.reload()
    deadline = time.monotonic() + 20
    while indexes(server) != {"/things#/n v1", "/things#/m v1"}:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert [thing["m"] for thing in client.get("/things?m:gte=17&sort=-m").json()] == [19, 18, 17]


# Nothing but tables: who has SQLite alone may write to the file, and make it small.
def test_another_program_may_write_to_the_file(serve):
    server = serve(described({"n": {"type": "integer", **INDEXED}}))
    client = server.client()
    for n in range(50):
        client.post("/things", json={"n": n})
    server.stop()
    with contextlib.closing(sqlite3.connect(next(server.data.glob("*.db")))) as db:
        db.execute("VACUUM")
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        db.execute("UPDATE indexes SET state = 2")  # they go, and are made again
        db.commit()
    server.start()
    client = server.client()
    assert [thing["n"] for thing in client.get("/things?n:gte=48").json()] == [48, 49]
    assert indexes(server) == {"/things#/n v1"}
    assert [thing["n"] for thing in client.get("/things?n:gte=48").json()] == [48, 49]


# What makes no order without an index, as there is too much of it, has one with it.
def test_an_index_orders_what_is_too_much_to_sort(serve):
    properties = {"n": {"type": "integer", **INDEXED}, "k": {"type": "integer", **INDEXED}, "m": {"type": "integer"}, "text": {"type": "string"}}  # fmt: skip
    client = serve(described(properties)).client()
    text = "x" * 250_000
    for n in range(280):  # 70 MB
        client.post("/things", json={"n": n * 37 % 280, "k": n % 50, "m": n, "text": text})
    refused = client.get("/things?sort=m")
    assert refused.status == 400 and parameters(refused) == {"sort"}
    assert [t["n"] for t in client.get("/things?sort=-n&limit=4&fields=n").json()] == [279, 278, 277, 276]
    found = client.get("/things?k=7&sort=m&fields=m&limit=3")
    assert [t["m"] for t in found.json()] == [7, 57, 107]
    assert client.get("/things?k:in=7,8&limit=1", {"Prefer": "count=exact"}).headers["Total-Count"] == "12"


@pytest.mark.parametrize("path", ["/a/{x}/things", "/a*b/things"])
def test_an_index_of_listings_of_one_kind_knows_them_apart(serve, path):
    description = described({"n": {"type": "integer", **INDEXED}})
    paths = description["paths"]
    for old in list(paths):
        paths[path + old.removeprefix("/things")] = paths.pop(old)
    if "{x}" in path:
        for item in paths.values():
            item.setdefault("parameters", []).append({"name": "x", "in": "path", "required": True, "schema": {"type": "string"}})  # fmt: skip
    client = serve(description).client()
    first, second = (path.replace("{x}", x) for x in "12")
    for n in range(6):
        assert client.post(first if n % 2 else second, json={"n": n}).status == 201
    there = [0, 1, 2, 3, 4, 5] if first == second else [1, 3, 5]
    assert [t["n"] for t in client.get(first + "?sort=n").json()] == there
    assert [t["n"] for t in client.get(first + "?n:gt=1&sort=-n").json()] == [n for n in reversed(there) if n > 1]
    assert [t["n"] for t in client.get(first + "?n=3").json()] == [3]
