"""Listings as lines of JSON and as tables, however long they are."""

import csv
import io
import json
import os
import threading

import pytest
from h1 import Connection, format_request
from ledger import requirement
from library import LIBRARY, MERGE, add, links
from test_codings import DECODE
from test_h2 import rss
from test_large import MIB, SMALL_QUARANTINE, anonymous, while_watching

LINES = {"Accept": "application/x-ndjson"}
TABLE = {"Accept": "text/csv"}
BOTH = [LINES, TABLE]
MANY = 20_000
MEMBERS = int(os.environ.get("VB_MEMBERS", "120000"))

API = """
openapi: 3.1.0
info: {title: Things, version: '1'}
paths:
  /things:
    get:
      responses: {'200': {description: ok, content: {application/json: {schema: {type: array, items: {$ref: '#/components/schemas/Thing'}}}}}}
    post:
      requestBody: {required: true, content: {application/json: &thing {schema: {$ref: '#/components/schemas/Thing'}}, application/x-ndjson: *thing}}
      responses: {'201': {description: made}}
    delete:
      responses: {'204': {description: gone}}
  /things/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
    get:
      responses: {'200': {description: ok, content: {application/json: {schema: {$ref: '#/components/schemas/Thing'}}}}}
    patch:
      requestBody: {content: {application/merge-patch+json: {schema: {type: object}}}}
      responses: {'200': {description: ok}}
    delete:
      responses: {'204': {description: gone}}
  /notes:
    get:
      responses: {'200': {description: ok, content: {application/json: {schema: {type: array}}}}}
    post:
      requestBody: {content: {application/json: {}}}
      responses: {'201': {description: made}}
  /notes/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
    get:
      responses: {'200': {description: ok, content: {application/json: {}}}}
components:
  schemas:
    Thing:
      type: object
      properties:
        id: {type: integer, readOnly: true}
        name: {type: string}
        size: {type: number}
        good: {type: boolean}
        tags: {type: array, items: {type: string}}
        place: {type: object, properties: {room: {type: string}, shelf: {type: integer}}}
        any: {type: [string, integer, boolean, 'null']}
        secret: {type: string, writeOnly: true}
"""
HEAD = ["id", "name", "size", "good", "tags", "place", "any"]


def fill(server, count, body=lambda n: {"name": f"thing {n}", "size": n}, at_once=10_000):
    """Members of the collection, many at once."""
    client = server.client()
    for first in range(0, count, at_once):
        lines = [json.dumps(body(n)) for n in range(first, min(count, first + at_once))]
        made = client.post("/things", {"Content-Type": "application/x-ndjson"}, "\n".join(lines))
        assert made.status == 200, made


@pytest.fixture
def things(serve):
    return serve(API)


@pytest.fixture(scope="module")
def many(module_serve):
    server = module_serve(API, env=SMALL_QUARANTINE)
    fill(server, MANY)
    return server


def rows(response):
    """A table's rows, as Python's csv module has them."""
    assert response.status == 200, response
    assert response.body.endswith(b"\r\n")
    return list(csv.reader(io.StringIO(response.body.decode(), newline="")))


def values(response):
    """The values on its lines."""
    assert response.status == 200, response
    assert response.body == b"" or response.body.endswith(b"\n")
    return [json.loads(line) for line in response.body.split(b"\n")[:-1]]


# What they are

@requirement("9110-12.5.5-01")
def test_a_listing_is_offered_as_lines_and_as_a_table(things):
    client = things.client()
    made = client.post("/things", json={"name": "a", "size": 1.50, "tags": ["x", "y"]})
    assert made.status == 201
    plain = client.get("/things")
    lines = client.get("/things", LINES)
    table = client.get("/things", TABLE)
    assert lines.headers["Content-Type"] == "application/x-ndjson"
    assert table.headers["Content-Type"] == "text/csv; charset=utf-8; header=present"
    assert values(lines) == plain.json()
    assert rows(table) == [HEAD, ["1", "a", "1.5", "", '["x","y"]', "", ""]]
    for shown in (plain, lines, table):
        assert "accept" in shown.headers.tokens("Vary")
    assert len({shown.headers["ETag"] for shown in (plain, lines, table)}) == 3


def test_an_empty_collection_has_no_lines_and_a_table_with_its_first_row(things):
    client = things.client()
    assert client.get("/things", LINES).body == b""
    assert rows(client.get("/things", TABLE)) == [HEAD]


def test_where_nothing_is_said_of_members_there_are_lines_and_no_table(things):
    client = things.client()
    for note in ({"a": 1}, [1, 2], "text"):
        assert client.post("/notes", json=note).status == 201
    assert values(client.get("/notes", LINES)) == client.get("/notes").json()
    refused = client.get("/notes", TABLE)
    assert refused.status == 406
    assert "application/x-ndjson" in refused.json()["detail"]


def test_the_outcome_of_a_write_is_not_shown_so(things):
    for accept in BOTH:
        refused = things.client().post("/things", accept, json={"name": "a"})
        assert refused.status == 406
    assert things.client().get("/things").json() == []


ODD = [
    {"name": 'say "no"', "size": -1},
    {"name": "a,b"},
    {"name": "two\r\nlines"},
    {"name": "two\nlines"},
    {"name": "\r"},
    {"name": ""},
    {"name": '"'},
    {"name": " spaces "},
    {"name": "=1+1"},
    {"name": "5"},
    {"name": "null"},
    {"name": "\u00e4\U0001f600\u2028"},
    {"name": "x", "any": "5"},
    {"name": "x", "any": 5},
    {"name": "x", "any": "true"},
    {"name": "x", "any": True},
    {"name": "x", "any": "null"},
    {"name": "x", "any": "plain"},
    {"name": "x", "any": '"quoted"'},
    {"name": "x", "any": ""},
    {"name": "x", "size": 1e300, "good": False},
    {"name": "x", "tags": []},
    {"name": "x", "tags": ["a,b", 'c"d']},
    {"name": "x", "place": {"room": "r", "shelf": 3}},
]


def cell(value, mixed=False):
    """What a cell has for a value."""
    if value is None:
        return ""
    if isinstance(value, str) and not mixed:
        return value
    return value if value == "plain" or value == "" else json.dumps(value, separators=(",", ":"))


def test_other_programs_read_tables_as_they_are_meant(things):
    client = things.client()
    for body in ODD:
        assert client.post("/things", json=body).status == 201
    found = rows(client.get("/things", TABLE))
    assert found[0] == HEAD
    stored = client.get("/things").json()
    for row, member in zip(found[1:], stored, strict=True):
        want = [cell(member.get(name), name == "any") for name in HEAD]
        if "size" in member:
            assert float(row[2]) == member["size"]
            want[2] = row[2]
        assert row == want
    assert values(client.get("/things", LINES)) == stored
    text = client.get("/things", TABLE).body
    assert b"6,\"\",,,,,\r\n" in text  # an empty text is not nothing


def test_what_is_never_shown_is_in_neither(things):
    client = things.client()
    client.post("/things", json={"name": "a", "secret": "hush"})
    for accept in BOTH:
        shown = client.get("/things", accept)
        assert b"hush" not in shown.body
        assert b"secret" not in shown.body


# What is asked for

@pytest.fixture
def some(things):
    client = things.client()
    for n in range(25):
        client.post("/things", json={"name": f"n{n}", "size": n, "place": {"room": f"r{n % 2}", "shelf": n}})
    return client


def test_fields_are_columns_in_the_order_asked_for(some):
    table = some.get("/things?fields=place.room,name,place.room&size:lt=2", TABLE)
    assert rows(table) == [["place.room", "name"], ["r0", "n0"], ["r1", "n1"]]
    lines = some.get("/things?fields=place.room,name&size:lt=1", LINES)
    assert values(lines) == [{"name": "n0", "place": {"room": "r0"}}]


@pytest.mark.parametrize("accept", BOTH)
@pytest.mark.parametrize(
    "query",
    ["size:gte=3", "sort=-size", "filter=size%20%3E%2020%20OR%20name%20%3D%20n1", "place.room=r1&sort=name"],
)
def test_filters_and_orders_are_as_in_json(some, accept, query):
    want = some.get(f"/things?{query}").json()
    shown = some.get(f"/things?{query}", accept)
    names = [row[1] for row in rows(shown)[1:]] if accept is TABLE else [v["name"] for v in values(shown)]
    assert names == [member["name"] for member in want]


@pytest.mark.parametrize("accept", BOTH)
def test_a_query_is_answered_so(some, accept):
    asked = some.query("/things", accept, json={"size:lt": 2, "sort": "-size"})
    assert asked.status == 200
    again = some.get(asked.headers["Location"], accept)
    assert again.body == asked.body
    assert asked.body.count(b"n1") == 1


@pytest.mark.parametrize("accept", BOTH)
def test_pages_are_linked_where_limit_asks_for_them(some, accept):
    seen, target = [], "/things?limit=10&fields=size"
    while target:
        page = some.get(target, accept)
        seen += [int(row[0]) for row in rows(page)[1:]] if accept is TABLE else [v["size"] for v in values(page)]
        target = links(page).get("next")
    assert seen == list(range(25))
    last = some.get("/things?limit=10&fields=size&cursor=" + links(some.get("/things?limit=20", accept))["next"].split("cursor=")[1], accept)
    assert "prev" in links(last)
    before = some.get(links(last)["prev"], accept)
    assert before.status == 200


@pytest.mark.parametrize("accept", BOTH)
def test_a_count_comes_with_it(some, accept):
    counted = some.get("/things?size:lt=7", {**accept, "Prefer": "count=exact"})
    assert counted.headers["Total-Count"] == "7"
    assert "count=exact" in counted.headers["Preference-Applied"]


@pytest.mark.parametrize("accept", BOTH)
def test_what_is_expanded_comes_in_pages(serve, accept):
    client = serve(LIBRARY).client()
    author = add(client, "/authors", name="Le Guin")
    for n in range(120):
        add(client, title=f"t{n}", author=int(author.rsplit("/", 1)[1]))
    page = client.get("/books?expand=author&fields=title,author", accept)
    if accept is TABLE:
        found = [json.loads(row[1])["name"] for row in rows(page)[1:]]
    else:
        found = [value["author"]["name"] for value in values(page)]
    assert found == ["Le Guin"] * 100
    assert "next" in links(page)


def test_json_is_a_page_as_ever(many):
    page = many.client().get("/things")
    assert len(page.json()) == 100
    assert "next" in links(page)


# However many

def numbers(body, accept):
    if accept is TABLE:
        return [int(row["size"]) for row in csv.DictReader(io.StringIO(body.decode(), newline=""))]
    return [json.loads(line)["size"] for line in body.split(b"\n")[:-1]]


@pytest.mark.parametrize("accept", BOTH)
@pytest.mark.parametrize("coding", ["identity", *DECODE])
def test_all_of_many_members_come(many, accept, coding):
    got = many.client().get("/things", {**accept, "Accept-Encoding": coding})
    assert got.status == 200
    assert got.headers.get("Content-Length") is None
    assert got.headers.get("Accept-Ranges") is None
    assert "next" not in links(got)
    assert got.headers.get("Content-Encoding") == (None if coding == "identity" else coding)
    assert {"accept", "accept-encoding"} <= set(got.headers.tokens("Vary"))
    body = got.body if coding == "identity" else DECODE[coding](got.body)
    assert sorted(numbers(body, accept)) == list(range(MANY))
    if coding != "identity":
        assert len(got.body) < len(body) / 2


@pytest.mark.parametrize("accept", BOTH)
@pytest.mark.parametrize(("query", "want"), [
    ("size:gte=15000", range(15_000, MANY)),
    ("sort=-size", range(MANY - 1, -1, -1)),
    ("sort=size&size:lt=9000", range(9_000)),
    ("name=nothing", []),
])
def test_filters_and_orders_hold_to_the_end(many, accept, query, want):
    got = many.client().get(f"/things?{query}&fields=size", accept)
    found = numbers(got.body, accept)
    assert (found if "sort" in query else sorted(found)) == list(want)


@requirement("9110-8.8.1-01", "9110-13.1.2-01", "9110-9.3.2-02")
@pytest.mark.parametrize("accept", BOTH)
def test_of_many_the_tag_is_weak_and_good_for_304(serve, accept):
    server = serve(API)
    fill(server, 1500)
    client = server.client()
    got = client.get("/things", accept)
    tag = got.headers["ETag"]
    assert tag.startswith("W/")
    head = client.head("/things", accept)
    assert head.status == 200
    assert head.headers["ETag"] == tag
    assert head.body == b""
    assert client.get("/things", {**accept, "If-None-Match": tag}).status == 304
    coded = client.get("/things", {**accept, "Accept-Encoding": "gzip"})
    assert coded.headers["ETag"] != tag
    assert client.patch("/things/3", MERGE, '{"name":"new"}').status in (200, 204)
    changed = client.get("/things", {**accept, "If-None-Match": tag})
    assert changed.status == 200
    assert changed.headers["ETag"] != tag


@requirement("9110-14.2-01")
@pytest.mark.parametrize("accept", BOTH)
def test_a_range_of_what_has_no_known_length_is_all_of_it(many, accept):
    got = many.client().get("/things", {**accept, "Range": "bytes=0-9"})
    assert got.status == 200
    assert len(numbers(got.body, accept)) == MANY


@pytest.mark.parametrize("accept", BOTH)
def test_from_a_cursor_on_all_that_follows_comes(many, accept):
    client = many.client()
    first = client.get("/things?limit=1000")
    rest = client.get("/things?cursor=" + links(first)["next"].split("cursor=")[1], accept)
    have = [member["size"] for member in first.json()]
    assert sorted(have + numbers(rest.body, accept)) == list(range(MANY))


def test_a_count_of_many_comes_first(many):
    got = many.client().get("/things?size:lt=10000&fields=size", {**TABLE, "Prefer": "count=exact"})
    assert got.headers["Total-Count"] == "10000"
    assert len(numbers(got.body, TABLE)) == 10_000


# Clients as they are (HTTP/1.1, where the bytes are at hand)

@pytest.fixture(scope="module")
def wide(module_serve):
    """Much more than fits the buffers on the way to a client."""
    server = module_serve(API, env=SMALL_QUARANTINE)
    fill(server, 600, lambda n: {"name": "x" * 100_000, "size": n}, 50)
    return server


def asking(server, **fields):
    connection = Connection(server.address, 60)
    connection.send(format_request("GET", "/things", [("Host", server.authority), *fields.items()], None, False, ()))
    return connection


def test_a_slow_client_holds_up_nobody_and_takes_little_memory(wide):
    before = rss(wide)
    slow = [asking(wide, **LINES) for _ in range(20)]
    assert wide.client().get("/things?limit=1&fields=size").status == 200
    assert rss(wide) - before < 60 * MIB  # of 20 times 60 MB
    for connection in slow:
        connection.close()
    assert wide.client().get("/things?limit=1&fields=size").status == 200


def test_what_is_sent_is_not_held(wide):
    def read_all():
        with asking(wide, **LINES, Connection="close") as connection:
            return sum(len(part) for part in iter(lambda: connection.socket.recv(MIB), b""))

    assert read_all() > 60_000_000
    before = rss(wide)
    assert read_all() > 60_000_000
    assert rss(wide) - before < 24 * MIB


@pytest.mark.parametrize("coding", ["identity", "gzip", "br", "zstd"])
def test_a_client_that_goes_away_leaves_nothing_behind(many, coding):
    for read in (0, 1, 1000, 100_000):
        connection = asking(many, **LINES, **{"Accept-Encoding": coding})
        if read:
            connection.socket.recv(read)
        connection.close()
    assert len(many.client().get("/things?limit=5").json()) == 5


# A collection of any size is a page at a time in memory, whoever reads it how.

@pytest.fixture(scope="module")
def crowd(module_serve):
    """A collection of MEMBERS, half a KiB each, that nobody has read."""
    server = module_serve(API, ["--cache-size", "4M"], env=SMALL_QUARANTINE)
    anonymous(server)  # that can be told
    fill(server, MEMBERS, lambda n: {"name": "x" * 450, "size": n})
    server.restart()  # the writer's own buffers are not what is asked about
    return server


def lines_of(server, accept):
    """How many lines of all members come, and the bytes of them."""
    lines = size = 0
    with asking(server, **accept) as connection:
        assert connection.read_head().headers["Transfer-Encoding"] == "chunked"
        while left := int(connection.read_line(), 16):
            part = connection.read_exactly(left + 2)[:-2]
            lines, size = lines + part.count(b"\n"), size + len(part)
    return lines, size


@pytest.mark.parametrize("accept", BOTH)
def test_all_of_many_members_take_bounded_memory(crowd, accept):
    before, found = anonymous(crowd), []
    most = while_watching(crowd, [lambda: found.append(lines_of(crowd, accept))])
    lines, size = found[0]
    assert lines == MEMBERS + (accept is TABLE)  # a table has a first row of names
    assert size > 450 * MEMBERS
    assert most - before < 16 * MIB, f"{(most - before) / MIB:.1f} MiB"


def test_page_by_page_many_members_take_bounded_memory(crowd):
    before, sizes = anonymous(crowd), []

    def walk():
        client, target = crowd.client(), "/things?limit=1000"
        while target:
            page = client.get(target)
            sizes.extend(member["size"] for member in page.json())
            target = links(page).get("next")

    most = while_watching(crowd, [walk])
    assert sizes == list(range(MEMBERS))
    assert most - before < 16 * MIB, f"{(most - before) / MIB:.1f} MiB"


def test_members_that_stay_come_once_while_others_change(serve):
    server = serve(API)
    fill(server, 3000)
    stop = threading.Event()

    def disturb():
        client = server.client()
        n = 0
        while not stop.is_set():
            n += 1
            made = client.post("/things", json={"name": "other", "size": -1})
            client.delete(made.headers["Location"])

    other = threading.Thread(target=disturb)
    other.start()
    try:
        for accept in BOTH:
            found = [n for n in numbers(server.client().get("/things", accept).body, accept) if n >= 0]
            assert sorted(found) == list(range(3000))
    finally:
        stop.set()
        other.join()


def test_a_server_that_ends_finishes_a_listing(serve):
    server = serve(API)
    fill(server, 2000)
    connection = asking(server, **LINES)
    connection.more()  # it has begun
    server.terminate()
    got = connection.read_response("GET")
    assert sorted(numbers(got.body, LINES)) == list(range(2000))
