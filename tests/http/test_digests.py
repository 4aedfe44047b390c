"""Digest fields (RFC 9530): what is said is verified, what is wanted is told."""

import base64
import gzip
import hashlib

import pytest
from ledger import requirement
from library import JSON, MERGE, PNG, add, unused_key
from test_large import CHUNK, MIB, noise

HASHES = {"sha-256": hashlib.sha256, "sha-512": hashlib.sha512}
FIELDS = ("Content-Digest", "Repr-Digest")
BOOK = b'{"title": "A Wizard of Earthsea"}'


def digest(content, *algorithms):
    """The field value for some content."""
    algorithms = algorithms or ("sha-256",)
    return ", ".join(
        f"{name}=:{base64.b64encode(HASHES[name](content).digest()).decode()}:" for name in algorithms)


# What a request says

@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("algorithms", [("sha-256",), ("sha-512",), ("sha-256", "sha-512")])
def test_a_true_digest_is_no_matter(client, field, algorithms):
    assert client.post("/books", {**JSON, field: digest(BOOK, *algorithms)}, BOOK).status == 201


@requirement("9530-2-02")
@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize(
    "value",
    [
        digest(b"other"), digest(b"other", "sha-512"),
        digest(BOOK) + ", " + digest(b"other", "sha-512"),  # one of them is enough
        "sha-256=:AAAA:", "sha-256=1", "sha-256", "sha-256=x y", "???", "sha-512=:*:",
    ],
)
def test_a_false_or_malformed_digest_is_400_and_changes_nothing(client, field, value):
    key = unused_key()
    refused = client.put(key, {**JSON, field: value}, b'{"value": 1}')
    assert refused.status == 400
    assert [error["header"] for error in refused.json()["errors"]] == [field]
    assert client.get(key).status == 404


@requirement("9530-5-02")
@pytest.mark.parametrize("value", ["md5=:AAAA:", "sha=1, crc32c=:AA==:", "unixsum=30637", ""])
def test_algorithms_that_prove_nothing_are_passed_over(client, value):
    assert client.put(unused_key(), {**JSON, "Content-Digest": value}, b'{"value": 1}').status == 201


def test_lines_are_one_dictionary(client):
    lines = [("Content-Digest", digest(BOOK)), ("Content-Digest", digest(b"other", "sha-512"))]
    assert client.post("/books", [*JSON.items(), *lines], BOOK).status == 400


@requirement("9530-3.1-01")
def test_the_digest_of_a_patch_is_of_the_patch(client):
    path, patch = add(client), b'{"pages": 7}'
    assert client.patch(path, {**MERGE, "Repr-Digest": digest(patch)}, patch).status == 200
    assert client.patch(path, {**MERGE, "Repr-Digest": digest(b'{"pages": 8}')}, b'{"pages": 9}').status == 400
    assert client.get(path).json()["pages"] == 7


@pytest.mark.parametrize("size", [0, 1, CHUNK, CHUNK + 1, 3 * MIB])
@pytest.mark.parametrize("chunked", [False, True])
def test_large_content_is_verified_as_it_comes(client, size, chunked):
    cover, content = add(client) + "/cover", noise(size, 7)
    pieces = [content[at:at + 50_000] for at in range(0, size, 50_000)] if chunked else content
    wrong = client.put(cover, {**PNG, "Content-Digest": digest(content + b"x")}, pieces, chunked=chunked)
    assert wrong.status == 400 and client.get(cover).status == 404
    right = client.put(cover, {**PNG, "Content-Digest": digest(content, *HASHES)}, pieces, chunked=chunked)
    assert right.status == 201 and client.get(cover).body == content


@pytest.mark.parametrize("field", FIELDS)
def test_it_is_of_the_coded_content(client, field):
    coded = gzip.compress(BOOK)
    headers = {**JSON, "Content-Encoding": "gzip"}
    assert client.post("/books", {**headers, field: digest(coded)}, coded).status == 201
    assert client.post("/books", {**headers, field: digest(BOOK)}, coded).status == 400


@requirement("9530-2-03", "9530-3-02")
@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("path", ["/books", "cover"])
@pytest.mark.parametrize("algorithm", HASHES)
def test_a_digest_behind_the_content_is_verified_where_it_was_announced(client, field, path, algorithm):
    cover = add(client) + "/cover"

    def send(value):
        headers = {**(PNG if path == "cover" else JSON), "Trailer": field}
        method, target = ("PUT", cover) if path == "cover" else ("POST", path)
        return client.request(method, target, headers, [BOOK[:9], BOOK[9:]], chunked=True, trailers={field: value})

    assert send(digest(b"other", algorithm)).status == 400
    assert send("sha-256=1").status == 400
    assert send(digest(BOOK, algorithm)).status == 201


def test_a_malformed_digest_is_refused_before_the_content_comes(library):
    with library.connect() as connection:
        connection.send(
            b"POST /books HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Digest: ?\r\n"
            b"Expect: 100-continue\r\nContent-Length: 100000\r\n\r\n")
        assert connection.read_response("POST").status == 400


def test_a_digest_of_no_content(client):
    cover = add(client) + "/cover"
    assert client.put(cover, {**PNG, "Content-Digest": digest(b"x")}, b"").status == 400
    assert client.put(cover, {**PNG, "Content-Digest": digest(b"")}, b"").status == 201


# What a reply tells

WANT = {"Want-Content-Digest": "sha-256=1", "Want-Repr-Digest": "sha-256=1"}


def test_nobody_is_told_who_does_not_want_it(client):
    got = client.get("/books")
    assert not any(field in got.headers for field in FIELDS)


@requirement("9530-2-01", "9530-4-01", "9530-5-01", "9530-5-02")
@pytest.mark.parametrize(
    ("wanted", "algorithm"),
    [
        ("sha-256=1", "sha-256"), ("sha-512=10", "sha-512"),
        ("sha-256=3, sha-512=5", "sha-512"), ("sha-256=5, sha-512=5", "sha-256"),
        ("md5=10, sha-256=1", "sha-256"),
        ("sha-256=0, sha-512=0", None), ("md5=10", None),
        ("sha-256", None), ("sha-256=11", None), ("?", None),
    ],
)
def test_the_algorithm_is_the_one_the_client_likes_best(client, wanted, algorithm):
    path = add(client)
    got = client.get(path, {f"Want-{field}": wanted for field in FIELDS})
    assert got.status == 200
    for field in FIELDS:
        expected = None if algorithm is None else digest(got.body, algorithm)
        assert got.headers.get(field) == expected


@requirement("9530-3-01")
@pytest.mark.parametrize("coding", ["identity", "gzip"])
def test_the_representation_s_digest_is_the_same_in_every_reply(client, coding):
    path = add(client, title="What is long enough to be encoded. " * 12)
    accept = {"Accept-Encoding": coding}
    whole = client.get(path, {**accept, **WANT})
    assert whole.headers["Repr-Digest"] == digest(whole.body)  # with its coding
    head = client.head(path, {**accept, **WANT})
    assert head.headers["Repr-Digest"] == whole.headers["Repr-Digest"]
    assert "Content-Digest" not in head.headers
    part = client.get(path, {**accept, **WANT, "Range": "bytes=5-90"})
    assert part.status == 206 and part.headers["Repr-Digest"] == whole.headers["Repr-Digest"]
    assert part.headers["Content-Digest"] == digest(part.body)
    plain = client.get(path, {**WANT, "Range": "bytes=0-1,8-9"})
    assert plain.status == 206 and "Content-Digest" not in plain.headers
    assert plain.headers["Repr-Digest"] == digest(client.get(path).body)


@requirement("9530-3.1-02")
def test_replies_to_writes_and_errors_have_one_too(client):
    made = client.post("/books", {**JSON, **WANT}, BOOK)
    assert made.headers["Repr-Digest"] == made.headers["Content-Digest"] == digest(made.body)
    error = client.get("/nothing", WANT)
    assert error.status == 404 and error.headers["Content-Digest"] == digest(error.body)
    tag = client.get("/books").headers["ETag"]
    same = client.get("/books", {**WANT, "If-None-Match": tag})
    assert same.status == 304 and not any(field in same.headers for field in FIELDS)
    path = made.headers["Location"]
    gone = client.delete(path, WANT)
    assert gone.status == 204 and not any(field in gone.headers for field in FIELDS)


def test_what_is_streamed_goes_without(client):
    cover = add(client) + "/cover"
    client.put(cover, PNG, noise(CHUNK + 1))
    got = client.get(cover, WANT)
    assert got.status == 200 and not any(field in got.headers for field in FIELDS)
