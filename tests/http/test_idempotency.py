"""Idempotency-Key: a request is done once, however often it comes."""

import time

import pytest
from ledger import requirement
from library import LIBRARY, MERGE, add
from test_filters import described

TAKEN = {"title": "x"}


def key(value):
    return {"Idempotency-Key": f'"{value}"'}


def same(first, again):
    assert again.status == first.status
    assert again.body == first.body
    for name in ("Location", "ETag", "Content-Type", "Last-Modified", "Vary", "Preference-Applied", "Cache-Control"):
        assert again.headers.get(name) == first.headers.get(name), name


def count(client):
    return int(client.get("/books?limit=1", {"Prefer": "count=exact"}).headers["Total-Count"])


def test_a_post_that_comes_again_makes_one_resource(client):
    before = count(client)
    first = client.post("/books", key("a"), json=TAKEN)
    assert first.status == 201
    for _ in range(3):
        same(first, client.post("/books", key("a"), json=TAKEN))
    assert count(client) == before + 1
    assert client.get(first.headers["Location"]).headers["ETag"] == first.headers["ETag"]


@pytest.mark.parametrize("headers", [{"Prefer": "return=minimal"}, {"Accept": "text/html"}])
def test_the_reply_is_the_first_one_to_the_letter(client, headers):
    first = client.post("/books", key(f"h{headers}".replace('"', "'")) | headers, json=TAKEN)
    again = client.post("/books", key(f"h{headers}".replace('"', "'")), json=TAKEN)
    same(first, again)


def test_a_patch_put_and_delete_are_done_once_too(client):
    path = add(client, title="x", tags=["a"])
    append = {"Content-Type": "application/json-patch+json"} | key("p")
    change = [{"op": "add", "path": "/tags/-", "value": "b"}]
    first = client.patch(path, append, json=change)
    same(first, client.patch(path, append, json=change))
    assert client.get(path).json()["tags"] == ["a", "b"]
    first = client.put(path, key("put"), json={"title": "y"})
    same(first, client.put(path, key("put"), json={"title": "y"}))
    first = client.delete(path, key("d"))
    assert first.status == 204
    same(first, client.delete(path, key("d")))  # and no 404
    assert client.delete(path).status == 404


def test_a_controller_acts_once(client):
    path = add(client)
    first = client.post(path + "/archive", key("c"))
    assert first.status == 200
    client.post(path + "/restore")
    same(first, client.post(path + "/archive", key("c")))
    assert client.get(path).json()["archived"] is False


def test_a_blob_is_compared_by_what_it_is(client):
    cover = add(client) + "/cover"
    image = {"Content-Type": "image/png"} | key("blob")
    content = b"\x89PNG" * 200_000
    first = client.put(cover, image, content)
    assert first.status == 201
    same(first, client.put(cover, image, content))
    assert client.put(cover, image, content[:-1] + b"x").status == 422


@pytest.mark.parametrize("change", ["content", "type"])
def test_a_key_that_is_used_for_something_else_is_422(client, change):
    name = f"other-{change}"
    assert client.post("/books", key(name), json=TAKEN).status == 201
    before = count(client)
    if change == "content":
        answer = client.post("/books", key(name), json={"title": "y"})
    else:
        answer = client.post("/books", key(name) | {"Content-Type": "application/json; charset=utf-8"}, b'{"title": "x"}')
    assert answer.status == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert count(client) == before


def test_a_key_is_one_methods_and_one_uris(client):
    first = client.post("/books", key("scope"), json=TAKEN)
    other = client.post("/authors", key("scope"), json={"name": "x"})
    assert (first.status, other.status) == (201, 201)
    path = first.headers["Location"]
    assert client.put(path, key("scope"), json={"title": "z"}).status == 200
    assert client.patch(path, MERGE | key("scope"), json={"title": "w"}).status == 200
    assert client.get(path).json()["title"] == "w"


@pytest.mark.parametrize("value", ["abc", "", '""', '"a', '"a" b', "1", "?1", ":YQ==:", '("a")', '"a", "b"', '"' + "x" * 256 + '"', '"é"'])
def test_what_is_no_key_is_400(client, value):
    answer = client.post("/books", {"Idempotency-Key": value.encode().decode("latin-1")}, json=TAKEN)
    assert answer.status == 400
    assert {error.get("header") for error in answer.json()["errors"]} == {"Idempotency-Key"}


def test_two_keys_are_400(client):
    assert client.post("/books", [("Idempotency-Key", '"a"'), ("Idempotency-Key", '"b"')], json=TAKEN).status == 400


def test_parameters_of_a_key_are_ignored(client):
    first = client.post("/books", {"Idempotency-Key": '"param"; a=1'}, json=TAKEN)
    assert first.status == 201
    same(first, client.post("/books", key("param"), json=TAKEN))


def test_a_key_means_nothing_where_nothing_is_changed(client):
    for method in ("GET", "HEAD", "OPTIONS"):
        assert client.request(method, "/books", {"Idempotency-Key": "not a key"}).status in (200, 204)


# What was not done may be tried again.
def test_what_was_refused_is_not_kept(client):
    assert client.post("/books", key("refused"), json={"titel": "x"}).status == 422
    assert client.post("/books", key("refused"), json=TAKEN).status == 201
    path = add(client)
    assert client.put(path, key("stale") | {"If-Match": '"no"'}, json=TAKEN).status == 412
    assert client.put(path, key("stale"), json=TAKEN).status == 200


def test_while_it_is_under_way_it_is_409(library, client):
    head = (
        f"POST /books HTTP/1.1\r\nHost: {library.origin.split('//')[1]}\r\nContent-Type: application/json\r\n"
        'Idempotency-Key: "slow"\r\nExpect: 100-continue\r\nContent-Length: 14\r\n\r\n'
    )
    connection = library.connect()
    connection.send(head.encode())
    connection.read_interim()
    answer = client.post("/books", key("slow"), json=TAKEN)
    assert answer.status == 409
    assert client.post("/books", key("else"), json=TAKEN).status == 201
    connection.send(b'{"title": "x"}')
    first = connection.read_response("POST")
    assert first.status == 201
    same(first, client.post("/books", key("slow"), json=TAKEN))


def test_a_client_that_goes_away_lets_go_of_its_key(library, client):
    connection = library.connect()
    connection.send(
        f"POST /books HTTP/1.1\r\nHost: {library.origin.split('//')[1]}\r\nContent-Type: application/json\r\n"
        'Idempotency-Key: "gone"\r\nExpect: 100-continue\r\nContent-Length: 14\r\n\r\n'.encode()
    )
    connection.read_interim()
    connection.close()
    for _ in range(200):
        answer = client.post("/books", key("gone"), json=TAKEN)
        if answer.status != 409:
            break
    assert answer.status == 201


def test_a_kept_reply_outlives_kill_and_restart(serve):
    server = serve(LIBRARY)
    first = server.client().post("/books", key("k"), json=TAKEN)
    server.kill()
    server.start()
    client = server.client()
    same(first, client.post("/books", key("k"), json=TAKEN))
    assert count(client) == 1
    assert client.post("/books", key("k"), json={"title": "y"}).status == 422


def test_a_key_is_known_for_as_long_as_the_operator_says(serve):
    client = serve(LIBRARY, ["--idempotency-retention", "1s"]).client()
    first = client.post("/books", key("k"), json=TAKEN)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        again = client.post("/books", key("k"), json=TAKEN)
        if again.headers["Location"] != first.headers["Location"]:
            break
        time.sleep(0.1)
    assert again.status == 201 and count(client) == 2


def test_a_description_may_demand_a_key(serve):
    description = described()
    description["paths"]["/things"]["x-verbatim"] = {"idempotency-key": "required"}
    client = serve(description).client()
    answer = client.post("/things", json={"title": "x"})
    assert answer.status == 400
    assert {error.get("header") for error in answer.json()["errors"]} == {"Idempotency-Key"}
    assert client.post("/things", key("a"), json={"title": "x"}).status == 201
    assert client.get("/things").status == 200


def test_the_tree_keeps_keys_too(serve):
    client = serve(None, ["--storage", "memory:"]).client()
    first = client.post("/t", key("a"), json=["x"])
    assert first.status == 201
    same(first, client.post("/t", key("a"), json=["x"]))
    assert len(client.get("/t").json()) == 1
