"""Conditional requests: RFC 9110 section 13, in its order."""

import pytest
from ledger import requirement
from library import HTML, JSON, MERGE, PNG, add, tag_of, unused_key

PAST = "Sat, 29 Oct 1994 19:43:31 GMT"
FUTURE = "Sun, 06 Nov 2094 08:49:37 GMT"
GARBAGE = ["yesterday", "1994-10-29T19:43:31Z", f"{PAST}, {PAST}", "", "Sat, 32 Oct 1994 19:43:31 GMT"]


@pytest.fixture
def book(client):
    return add(client, title="before")


def send(client, method, path, headers=()):
    """A request of this method that would succeed without conditions."""
    headers = dict(headers)
    if method == "PUT":
        return client.put(path, headers, json={"title": "after"})
    if method == "PATCH":
        return client.patch(path, {**MERGE, **headers}, json={"title": "after"})
    if method == "POST":
        return client.post(f"{path}/archive", headers)
    return client.request(method, path, headers)


def fill(headers, current):
    return {name: value.replace("CURRENT", current) for name, value in headers.items()}


CURRENT, OTHER, WEAK = "CURRENT", '"other"', "W/CURRENT"
OK, FAILED, SAME = "ok", 412, 304
# RFC 9110 section 13.2.2: headers, then what is
# answered to safe methods, and what to unsafe ones.
ORDER = [
    # If-Match: strong comparison
    ({"If-Match": CURRENT}, OK, OK),
    ({"If-Match": f"{OTHER}, {CURRENT}"}, OK, OK),
    ({"If-Match": f", {OTHER} ,, {CURRENT} ,"}, OK, OK),
    ({"If-Match": "*"}, OK, OK),
    ({"If-Match": OTHER}, FAILED, FAILED),
    ({"If-Match": WEAK}, FAILED, FAILED),
    ({"If-Match": "unquoted"}, FAILED, FAILED),
    ({"If-Match": '"unclosed'}, FAILED, FAILED),
    ({"If-Match": ""}, FAILED, FAILED),
    ({"If-Match": f"*, {OTHER}"}, FAILED, FAILED),
    # If-Unmodified-Since: only without If-Match
    ({"If-Unmodified-Since": FUTURE}, OK, OK),
    ({"If-Unmodified-Since": PAST}, FAILED, FAILED),
    ({"If-Match": CURRENT, "If-Unmodified-Since": PAST}, OK, OK),
    ({"If-Match": OTHER, "If-Unmodified-Since": FUTURE}, FAILED, FAILED),
    *(({"If-Unmodified-Since": garbage}, OK, OK) for garbage in GARBAGE),
    # If-None-Match: weak comparison; 304 to GET and HEAD only
    ({"If-None-Match": OTHER}, OK, OK),
    ({"If-None-Match": CURRENT}, SAME, FAILED),
    ({"If-None-Match": WEAK}, SAME, FAILED),
    ({"If-None-Match": f"{OTHER}, {WEAK}"}, SAME, FAILED),
    ({"If-None-Match": "*"}, SAME, FAILED),
    # If-Modified-Since: only without If-None-Match, only GET and HEAD
    ({"If-Modified-Since": PAST}, OK, OK),
    ({"If-Modified-Since": FUTURE}, SAME, OK),
    *(({"If-Modified-Since": garbage}, OK, OK) for garbage in GARBAGE),
    ({"If-None-Match": OTHER, "If-Modified-Since": "NOW"}, OK, OK),
    ({"If-None-Match": CURRENT, "If-Modified-Since": PAST}, SAME, FAILED),
    ({"If-Modified-Since": "NOW"}, SAME, OK),
    # both halves
    ({"If-Match": CURRENT, "If-None-Match": CURRENT}, SAME, FAILED),
    ({"If-Match": OTHER, "If-None-Match": CURRENT}, FAILED, FAILED),
    ({"If-Match": CURRENT, "If-Modified-Since": "NOW"}, SAME, OK),
    ({"If-Unmodified-Since": PAST, "If-None-Match": CURRENT}, FAILED, FAILED),
    ({"If-Unmodified-Since": FUTURE, "If-None-Match": CURRENT}, SAME, FAILED),
    # a range never wins over a 304
    ({"If-None-Match": CURRENT, "Range": "bytes=0-1"}, SAME, FAILED),
]


@requirement(
    "9110-13.1.1-01", "9110-13.1.1-04", "9110-13.1.1-07", "9110-13.1.2-01", "9110-13.1.2-05", "9110-13.1.2-06",
    "9110-13.1.3-01", "9110-13.1.3-02", "9110-13.1.4-01", "9110-13.1.4-02", "9110-13.2.2-01", "9110-13.2.2-02",
    "9110-13.2.2-03",
)  # fmt: skip
@pytest.mark.parametrize("headers, safe, unsafe", ORDER, ids=lambda v: str(v))
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "POST"])
def test_preconditions_in_their_order(client, book, method, headers, safe, unsafe):
    before = client.get(book)
    now = before.headers["Last-Modified"]
    headers = {n: now if v == "NOW" else v for n, v in fill(headers, before.headers["ETag"]).items()}
    answer = send(client, method, book, headers)
    wanted = safe if method in ("GET", "HEAD") else unsafe
    if wanted == OK:
        assert answer.status in (200, 204), answer
        return
    assert answer.status == wanted, answer
    after = client.get(book)
    assert after.status == 200  # not performed
    assert after.headers["ETag"] == before.headers["ETag"]


def test_repeated_lines_of_if_match_are_one_list(client, book):
    lines = [("If-Match", '"x"'), ("If-Match", tag_of(client, book)), *JSON.items()]
    assert client.put(book, lines, '{"title":"y"}').status == 200


@requirement("9110-13.1.1-03")
@pytest.mark.parametrize("headers", [{"If-Match": "*"}, {"If-Match": '"x"'}])
def test_if_match_never_creates(client, headers):
    key = unused_key()
    assert client.put(key, headers, json={"value": 1}).status == 412
    assert client.get(key).status == 404


@requirement("9110-13.1.2-04")
def test_if_none_match_with_an_asterisk_creates_once(client):
    key, once = unused_key(), {"If-None-Match": "*"}
    assert client.put(key, once, json={"value": 1}).status == 201
    assert client.put(key, once, json={"value": 2}).status == 412
    assert client.get(key).json()["value"] == 1


# what would not be 2xx anyway
@requirement("9110-13.2.1-02")
@pytest.mark.parametrize("headers", [{"If-Match": "*"}, {"If-Match": '"x"'}, {"If-None-Match": "*"},
                                     {"If-Unmodified-Since": PAST}])  # fmt: skip
def test_other_answers_come_before_preconditions(client, book, headers):
    assert client.get("/books/999999", headers).status == 404
    assert client.delete("/books/999999", headers).status == 404
    assert client.put("/books/999999", headers, json={"title": "x"}).status == 404
    assert client.get("/nothing", headers).status == 404
    assert client.get(book + "/", headers).status == 301
    assert client.post(book, headers).status == 405
    assert client.request("FROB", book, headers).status == 501
    assert client.put(book, {**headers, "Content-Type": "a/b"}, b"x").status == 415
    assert client.get(book, {**headers, "Accept": "image/png"}).status == 406
    assert client.get(book + "?unknown=1", headers).status == 400


@requirement("9110-13.2.1-05")
def test_options_knows_no_preconditions(client, book):
    assert client.options(book, {"If-Match": '"x"'}).status == 204


@requirement("9110-15.4.5-01", "9110-15.4.5-02")
@pytest.mark.parametrize("accept", ["application/json", "text/html"])
@pytest.mark.parametrize("listing", [False, True])
def test_a_304_has_the_fields_of_the_200_that_guide_caches(client, book, accept, listing):
    path = "/authors" if listing else book
    full = client.get(path, {"Accept": accept})
    same = client.get(path, {"Accept": accept, "If-None-Match": full.headers["ETag"]})
    assert same.status == 304
    for name in ("ETag", "Vary", "Cache-Control", "Expires", "Content-Location"):
        assert same.headers.get(name) == full.headers.get(name), name
    own = ["accept", "prefer"] if listing else ["accept"]
    assert "ETag" in full.headers and full.headers.tokens("Vary") == [*own, "accept-encoding"]
    assert "Date" in same.headers
    for name in ("Content-Type", "Content-Length", "Last-Modified", "Content-Encoding"):
        assert name not in same.headers
    assert same.body == b""


@requirement("9110-8.8.1-03")
def test_the_tag_of_one_variant_is_no_304_for_the_other(client, book):
    json_tag, html_tag = tag_of(client, book), tag_of(client, book, HTML)
    assert json_tag != html_tag
    assert client.get(book, {"If-None-Match": html_tag}).status == 200
    assert client.get(book, {**HTML, "If-None-Match": json_tag}).status == 200
    assert client.get(book, {**HTML, "If-None-Match": html_tag}).status == 304


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "POST"])
def test_the_tag_of_any_variant_is_good_for_a_write(client, book, method):
    answer = send(client, method, book, {"If-Match": tag_of(client, book, HTML)})
    assert answer.status in (200, 204)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "POST"])
def test_a_stale_tag_of_any_variant_is_412(client, book, method):
    stale = [tag_of(client, book), tag_of(client, book, HTML)]
    assert client.put(book, json={"title": "between"}).status == 200
    for tag in stale:
        assert send(client, method, book, {"If-Match": tag}).status == 412
    assert client.get(book).json()["title"] == "between"


@requirement("9110-8.8.1-02")
def test_the_tag_changes_with_every_change_and_is_never_given_again(client, book):
    seen = {tag_of(client, book)}
    for title in ("a", "b", "a", "b"):
        client.put(book, json={"title": title})
        seen.add(tag_of(client, book))
    client.delete(book)
    key = unused_key()
    for _ in range(2):  # deleted and made again with the same content
        client.put(key, json={"value": 1})
        seen.add(tag_of(client, key))
        client.delete(key)
    assert len(seen) == 7


@requirement("9110-9.3.4-06")
def test_a_put_tells_validators_only_when_it_kept_what_was_sent(client, book):
    answer = client.put(book, json={"title": "completed by the server"})
    assert answer.status == 200
    assert "ETag" not in answer.headers and "Last-Modified" not in answer.headers


@pytest.mark.parametrize("size", [1, 1000, 262144, 262145, 700000])
def test_a_put_that_is_kept_byte_for_byte_tells_its_tag(client, book, size):
    answer = client.put(f"{book}/cover", PNG, b"x" * size)
    assert answer.status == 201
    assert answer.headers["ETag"] == tag_of(client, f"{book}/cover")


# of the new representation
@requirement("9110-15.3.1-03")
@pytest.mark.parametrize("method", ["PATCH", "POST"])
def test_the_tag_in_the_reply_to_a_change_is_the_new_one(client, book, method):
    answer = send(client, method, book)
    assert answer.status == 200
    assert answer.headers["ETag"] == tag_of(client, book)


def test_a_chain_of_changes_can_go_by_the_tags_of_the_replies(client, book):
    tag = tag_of(client, book)
    for title in "abcde":
        answer = client.patch(book, {**MERGE, "If-Match": tag}, json={"title": title})
        assert answer.status == 200
        tag = answer.headers["ETag"]


@requirement("6585-3-01", "6585-3-02")
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_a_write_without_if_match_is_428_where_it_is_demanded(client, method):
    author = add(client, "/authors", name="x")
    sent = {"json": {"name": "y"}} if method == "PUT" else {}
    refused = client.request(method, author, **sent)
    assert refused.status == 428
    assert "If-Match" in refused.json()["detail"]
    none = client.request(method, author, {"If-None-Match": '"x"'}, **sent)
    assert none.status == 428  # says nothing about what is there
    tag = tag_of(client, author)
    assert client.request(method, author, {"If-Match": '"x"'}, **sent).status == 412
    assert client.request(method, author, {"If-Match": tag}, **sent).status in (200, 204)


def test_what_is_not_there_is_404_before_428(client):
    assert client.delete("/authors/999999").status == 404
    assert client.put("/authors/999999", json={"name": "x"}).status == 404


# lost updates: of writers with the same tag, one wins
def test_of_many_writers_with_one_tag_exactly_one_succeeds(library, client, book):
    headers = {"If-Match": tag_of(client, book), "Host": "localhost", **JSON}
    connections = [library.connect() for _ in range(8)]
    from h1 import format_request
    for n, connection in enumerate(connections):
        body = b'{"title":"%d"}' % n
        connection.send(format_request("PUT", book, headers.items(), body))
    statuses = [connection.read_response("PUT").status for connection in connections]
    for connection in connections:
        connection.close()
    assert sorted(statuses) == [200] + [412] * 7
    assert client.get(book).json()["title"] == str(statuses.index(200))


def test_unconditional_writers_at_once_all_succeed_and_one_is_last(library, client, book):
    from h1 import format_request
    connections = [library.connect() for _ in range(8)]
    for n, connection in enumerate(connections):
        body = b'{"title":"%d"}' % n
        connection.send(format_request("PUT", book, {"Host": "localhost", **JSON}.items(), body))
    statuses = {connection.read_response("PUT").status for connection in connections}
    for connection in connections:
        connection.close()
    assert statuses == {200}
    assert client.get(book).json()["title"] in set("01234567")


# 9110-13.1.1: a collection has a state, too
def test_a_post_can_be_conditional_on_the_listing(client):
    tag = tag_of(client, "/books")
    assert client.post("/books", {"If-Match": tag}, json={"title": "x"}).status == 201
    assert client.post("/books", {"If-Match": tag}, json={"title": "x"}).status == 412
    assert client.post("/books", {"If-None-Match": "*"}, json={"title": "x"}).status == 412


SEEN = """
openapi: 3.1.0
info: {title: seen, version: '1'}
paths:
  /things:
    post:
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Thing'}}}}
      responses: {'201': {description: made}}
    get:
      responses:
        '200':
          description: all
          content:
            application/json: {schema: {type: array, items: {$ref: '#/components/schemas/Thing'}}}
            text/csv: {}
  /things/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
    get:
      responses: {'200': {description: one, content: {application/json: {schema: {$ref: '#/components/schemas/Thing'}}}}}
    put:
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Thing'}}}}
      responses: {'204': {description: kept}}
components:
  schemas:
    Thing:
      properties:
        name: {type: string}
        pin: {type: string}
        inner: {type: object, properties: {key: {type: string}}}
"""


@requirement("9110-8.8.1-02")
@pytest.mark.parametrize("before, after", [
    ("pin: {type: string", "pin: {type: string, writeOnly: true"),
    ("key: {type: string", "key: {type: string, writeOnly: true"),
])  # fmt: skip
def test_a_tag_changes_with_what_a_new_description_shows(serve, before, after):
    server = serve(SEEN)
    client = server.client()
    made = client.post("/things", json={"name": "a", "pin": "1234", "inner": {"key": "k"}}).headers["Location"]
    ways = [(made, {}), (made, HTML), ("/things", {}), ("/things", HTML), ("/things", {"Accept": "text/csv"})]

    def tags(known):
        """The tag of each way to see it, which is another one than that of before."""
        answers = [client.get(path, {**accept, "If-None-Match": known.get((path, *accept.values()), OTHER)}) for path, accept in ways]
        assert [answer.status for answer in answers] == [200] * len(ways)
        return {(path, *accept.values()): answer.headers["ETag"] for (path, accept), answer in zip(ways, answers)}

    whole = tags({})
    server.description.write_text(SEEN.replace(before, after))
    server.restart()
    client = server.client()
    less = tags(whole)
    assert client.get(made, {"If-None-Match": less[made,]}).status == 304
    # What was read before is about the same state: nothing has changed it since.
    as_kept = b'{"name":"c","pin":"5678","inner":{"key":"k"}}'
    put = client.put(made, {**JSON, "If-Match": whole[made,]}, body=as_kept)
    assert put.status == 204
    assert client.get(made, {"If-None-Match": put.headers["ETag"]}).status == 304


def test_a_table_has_another_tag_when_it_has_other_columns(serve):
    server = serve(SEEN)
    client = server.client()
    client.post("/things", json={"name": "a"})
    table = client.get("/things", {"Accept": "text/csv"})
    plain = client.get("/things")
    server.description.write_text(SEEN.replace("name: {type: string}", "name: {type: string}\n        size: {type: integer}"))
    server.restart()
    client = server.client()
    again = client.get("/things", {"Accept": "text/csv", "If-None-Match": table.headers["ETag"]})
    assert again.status == 200 and again.text.splitlines()[0] != table.text.splitlines()[0]
    assert client.get("/things", {"If-None-Match": plain.headers["ETag"]}).status == 304
