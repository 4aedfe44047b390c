"""Content codings: of replies, as the client likes them, and of requests."""

import gzip
import json
import threading
import zlib

import brotli
import pytest
import zstandard
from ledger import requirement
from library import HTML, JSON, MERGE, PNG, add, tag_of, unused_key
from test_large import CHUNK, KIB, MIB, noise

DECODE = {
    "gzip": lambda content: zlib.decompress(content, 31),
    "br": brotli.decompress,
    "zstd": lambda content: zstandard.ZstdDecompressor().decompressobj().decompress(content),
}
ENCODE = {
    "gzip": gzip.compress,
    "br": brotli.compress,
    "zstd": zstandard.ZstdCompressor(level=3).compress,
}
CODINGS = list(DECODE)
TEXT = {"Content-Type": "text/plain"}
WORDS = "It was the best of times, it was the worst of times. " * 9
ALL = {"Accept-Encoding": "gzip, br, zstd"}


@pytest.fixture(scope="module")
def tree(module_serve):
    return module_serve(None)


@pytest.fixture
def open_tree(tree):
    return tree.client()


def decoded(response):
    coding = response.headers.get("Content-Encoding")
    return response.body if coding is None else DECODE[coding](response.body)


def accepting(coding):
    return {"Accept-Encoding": coding}


@pytest.fixture(scope="module")
def book(library):
    return add(library.client(), title=WORDS)


# Which coding

@requirement(
    "9110-8.4-01", "9110-8.4.1-01", "9110-8.4.1.3-01", "9110-8.4-02", "9110-12.5.3-01",
    "9110-12.5.3-02", "9110-12.5.3-03", "9110-12.5.3-04", "9110-12.5.3-05",
)
@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        (None, None),
        ("", None),
        ("gzip", "gzip"), ("br", "br"), ("zstd", "zstd"),
        ("GZIP", "gzip"),
        ("x-gzip", "gzip"),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip;q=1, br;q=0.5", "gzip"),
        ("gzip;q=0.2, zstd;q=0.3, br;q=0.1", "zstd"),
        ("*", "br"),
        ("br;q=0, *", "zstd"),
        ("br;q=0, zstd;q=0, *", "gzip"),
        ("gzip;q=0", None),
        ("identity", None), ("identity, gzip;q=0.5", None),
        ("identity;q=0.5, gzip", "gzip"),
        ("deflate, compress, x-none", None),
        ("gzip;q=0.001", "gzip"),
        ("identity;q=0, gzip", "gzip"),
        ("identity;q=0, *", "br"),
        ("*;q=0, zstd", "zstd"),
        ("gzip;q=2, br;q=x", None),  # malformed: as if they were not there
    ],
)
def test_the_coding_is_the_one_the_client_likes_best(client, book, accepted, coding):
    plain = client.get(book)
    for _ in range(2):  # made, and then kept
        got = client.get(book, {} if accepted is None else accepting(accepted))
        assert got.status == 200
        assert got.headers.get("Content-Encoding") == coding
        assert decoded(got) == plain.body
        assert got.headers["Content-Length"] == str(len(got.body))
        assert (len(got.body) < len(plain.body)) == (coding is not None)


@requirement("9110-12.4.1-02", "9110-12.5.3-01")
@pytest.mark.parametrize("accepted", ["identity;q=0", "*;q=0", "identity;q=0, gzip;q=0, br;q=0, zstd;q=0, *", "x-none, identity;q=0"])
def test_nothing_acceptable_is_406(client, book, accepted):
    got = client.get(book, accepting(accepted))
    assert got.status == 406
    assert "coding" in got.json()["detail"]
    assert set(got.headers.tokens("Vary")) == {"accept", "accept-encoding"}


def test_a_write_that_could_not_be_answered_is_not_done(client):
    key = unused_key()
    assert client.put(key, {**JSON, **accepting("identity;q=0")}, "{}").status == 406
    assert client.get(key).status == 404


def test_lines_of_accept_encoding_are_one_list(client, book):
    got = client.get(book, [("Accept-Encoding", "gzip;q=0.5"), ("Accept-Encoding", "zstd")])
    assert got.headers["Content-Encoding"] == "zstd"


# What is coded

def test_pages_and_listings_are_coded_too(client, book):
    for path, accept in ((book, HTML), ("/books", {}), ("/books", HTML)):
        plain = client.get(path, accept)
        assert "Content-Encoding" not in plain.headers
        for coding in CODINGS:
            got = client.get(path, {**accept, **accepting(coding)})
            assert got.headers["Content-Encoding"] == coding
            assert decoded(got) == plain.body


def test_what_is_compressed_already_stays_as_it_is(client):
    cover = add(client) + "/cover"
    client.put(cover, PNG, b"a" * 10_000)
    got = client.get(cover, ALL)
    assert "Content-Encoding" not in got.headers and "Vary" not in got.headers
    assert client.get(cover, accepting("gzip, identity;q=0")).status == 406


@pytest.mark.parametrize(
    ("media_type", "coded"),
    [
        ("text/plain", True), ("text/css; charset=utf-8", True), ("application/xml", True),
        ("application/vnd.api+json", True), ("image/svg+xml", True), ("application/geo+json", True),
        ("image/jpeg", False), ("video/mp4", False), ("application/zip", False), ("application/gzip", False),
        ("application/octet-stream", False), ("application/pdf", False), ("font/woff2", False),
    ],
)
def test_it_depends_on_the_media_type(open_tree, media_type, coded):
    open_tree.put("/kinds/a", {"Content-Type": media_type}, WORDS)
    got = open_tree.get("/kinds/a", ALL)
    assert ("Content-Encoding" in got.headers) == coded
    assert ("accept-encoding" in got.headers.tokens("Vary")) == coded
    assert decoded(got).decode() == WORDS


def test_what_is_tiny_or_does_not_shrink_stays_as_it_is(open_tree):
    open_tree.put("/tiny", TEXT, "abc" * 80)
    open_tree.put("/noise", TEXT, noise(5000))
    for path in ("/tiny", "/noise"):
        for _ in range(2):
            got = open_tree.get(path, ALL)
            assert "Content-Encoding" not in got.headers
            assert "accept-encoding" in got.headers.tokens("Vary")
            forced = open_tree.get(path, accepting("gzip, identity;q=0"))
            assert forced.headers["Content-Encoding"] == "gzip"
            assert decoded(forced) == got.body


def test_what_is_streamed_stays_as_it_is(open_tree):
    open_tree.put("/stream", TEXT, WORDS * 1000)
    got = open_tree.get("/stream", ALL)
    assert got.status == 200 and got.text == WORDS * 1000
    assert "Content-Encoding" not in got.headers
    assert open_tree.get("/stream", accepting("gzip, identity;q=0")).status == 406


@pytest.mark.parametrize("size", [30 * KIB, 33 * KIB, 200 * KIB, 256 * KIB])
@pytest.mark.parametrize("coding", CODINGS)
def test_what_is_large_is_coded_beside_the_loop(open_tree, size, coding):
    text = "".join(f"{n} green bottles\n" for n in range(size))[:size]
    open_tree.put(f"/large/{size}", TEXT, text)
    for _ in range(2):
        got = open_tree.get(f"/large/{size}", accepting(coding))
        assert got.headers["Content-Encoding"] == coding and decoded(got).decode() == text


def test_many_clients_want_the_same_at_once(tree):
    text = "".join(f"{n} green bottles\n" for n in range(20_000))[:250 * KIB]
    tree.client().put("/crowd", TEXT, text)
    failures = []

    def ask(coding):
        got = tree.client().get("/crowd", accepting(coding))
        if got.headers.get("Content-Encoding") != coding or decoded(got).decode() != text:
            failures.append(got)

    threads = [threading.Thread(target=ask, args=(coding,)) for coding in CODINGS * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def test_a_client_that_goes_away_meanwhile_leaves_nothing_behind(tree):
    text = "".join(f"{n} red bottles\n" for n in range(20_000))[:250 * KIB]
    tree.client().put("/gone", TEXT, text)
    for _ in range(20):
        with tree.connect() as connection:
            connection.send(b"GET /gone HTTP/1.1\r\nHost: x\r\nAccept-Encoding: br\r\n\r\n")
    assert decoded(tree.client().get("/gone", accepting("br"))).decode() == text


def test_replies_to_writes_are_coded_only_when_they_must_be(client):
    made = client.post("/books", ALL, json={"title": WORDS})
    assert made.status == 201 and "Content-Encoding" not in made.headers
    made = client.post("/books", accepting("gzip, identity;q=0"), json={"title": WORDS})
    assert made.status == 201 and made.headers["Content-Encoding"] == "gzip"
    assert json.loads(decoded(made))["title"] == WORDS


def test_errors_are_not_coded(client):
    got = client.get("/nothing", ALL)
    assert got.status == 404 and "Content-Encoding" not in got.headers


def test_head_tells_what_get_would_send(client, book):
    for coding in CODINGS:
        head, got = client.head(book, accepting(coding)), client.get(book, accepting(coding))
        for name in ("Content-Encoding", "Content-Length", "ETag", "Vary", "Content-Type"):
            assert head.headers[name] == got.headers[name]


# Tags, caches, ranges

@requirement("9110-8.8.3.3-01")
def test_each_coding_has_a_tag_of_its_own(client, book):
    plain = tag_of(client, book)
    tags = {coding: tag_of(client, book, accepting(coding)) for coding in CODINGS}
    for coding, tag in tags.items():
        assert tag == plain[:-1] + f'-{coding}"'
        assert tag == tag_of(client, book, accepting(coding))
    page = tag_of(client, book, {**HTML, **accepting("gzip")})
    assert page == plain[:-1] + '-html-gzip"'


def test_the_tag_of_any_coding_is_good_for_a_write(client):
    for coding in CODINGS:
        path = add(client, title=WORDS)
        tag = tag_of(client, path, {**HTML, **accepting(coding)})
        patch = {**MERGE, "If-Match": tag}
        assert client.patch(path, patch, '{"pages": 1}').status == 200
        assert client.patch(path, patch, '{"pages": 2}').status == 412


@requirement("9110-12.5.5-01", "9110-15.4.5-02")
def test_a_read_is_about_the_selected_coding(client, book):
    plain, coded = tag_of(client, book), tag_of(client, book, accepting("gzip"))
    same = client.get(book, {**accepting("gzip"), "If-None-Match": coded})
    assert same.status == 304 and same.headers["ETag"] == coded
    assert set(same.headers.tokens("Vary")) == {"accept", "accept-encoding"}
    assert "Content-Encoding" not in same.headers
    assert client.get(book, {**accepting("gzip"), "If-None-Match": plain}).status == 200
    assert client.get(book, {"If-None-Match": coded}).status == 200


@requirement("9110-12.5.5-01")
def test_vary_names_accept_encoding_on_every_variant(client, book):
    for headers in ({}, HTML, ALL, accepting("identity"), {**HTML, **ALL}):
        got = client.get(book, headers)
        assert set(got.headers.tokens("Vary")) == {"accept", "accept-encoding"}


@pytest.mark.parametrize("coding", CODINGS)
def test_a_change_shows_in_every_coding(client, coding):
    path = add(client, title=WORDS)
    for pages in range(1, 4):
        before = tag_of(client, path, accepting(coding))
        client.patch(path, MERGE, json.dumps({"pages": pages}))
        got = client.get(path, {**accepting(coding), "If-None-Match": before})
        assert got.status == 200 and json.loads(decoded(got))["pages"] == pages
        listing = client.get("/books", accepting(coding))
        assert json.loads(decoded(listing))


@requirement("9110-14.1.2-05", "9110-14.2-01")
@pytest.mark.parametrize("coding", CODINGS)
def test_a_range_is_one_of_the_coded_bytes(client, book, coding):
    whole = client.get(book, accepting(coding))
    got = client.get(book, {**accepting(coding), "Range": "bytes=10-19"})
    assert got.status == 206 and got.body == whole.body[10:20]
    assert got.headers["Content-Encoding"] == coding and got.headers["ETag"] == whole.headers["ETag"]
    assert got.headers["Content-Range"] == f"bytes 10-19/{len(whole.body)}"
    rest = client.get(book, {**accepting(coding), "Range": "bytes=10-", "If-Range": whole.headers["ETag"]})
    assert rest.status == 206 and whole.body[:10] + rest.body == whole.body
    assert rest.headers["Content-Encoding"] == coding  # so that it can be joined
    other = client.get(book, {**accepting(coding), "Range": "bytes=10-", "If-Range": tag_of(client, book)})
    assert other.status == 200
    several = client.get(book, {**accepting(coding), "Range": "bytes=0-1,5-6"})
    assert several.status == 200 and several.body == whole.body  # a coded multipart could not be read


# Request content

def sent(coding):
    return {**JSON, "Content-Encoding": coding}


@pytest.mark.parametrize("coding", [*CODINGS, "x-gzip", "GZIP"])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_document_may_come_in_a_coding(client, coding, chunked):
    content = ENCODE[coding.lower().removeprefix("x-")](json.dumps({"title": WORDS}).encode())
    made = client.post("/books", sent(coding), [content] if chunked else content, chunked=chunked)
    assert made.status == 201
    shown = client.get(made.headers["Location"])
    assert shown.json()["title"] == WORDS and "Content-Encoding" not in shown.headers


def test_a_patch_may_come_in_a_coding(client):
    path = add(client, title="x")
    patch = {**MERGE, "Content-Encoding": "gzip"}
    assert client.patch(path, patch, gzip.compress(b'{"pages": 7}')).status == 200
    assert client.get(path).json()["pages"] == 7


@requirement("9110-9.3.4-06")
@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * MIB])
@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("kind", ["noise", "text"])
def test_bytes_are_kept_decoded(client, coding, size, kind):
    content = noise(size) if kind == "noise" else b"".join(b"%d bottles\n" % n for n in range(size))[:size]
    cover = add(client) + "/cover"
    made = client.put(cover, {**PNG, "Content-Encoding": coding}, ENCODE[coding](content))
    assert made.status == 201
    assert "ETag" not in made.headers  # it is not what was sent
    got = client.get(cover)
    assert got.body == content and got.headers["Content-Type"] == "image/png"
    assert "Content-Encoding" not in got.headers


@pytest.mark.parametrize("piece", [1, 7, 1000])
@pytest.mark.parametrize("coding", CODINGS)
def test_it_does_not_matter_how_the_bytes_are_split(client, coding, piece):
    content = noise(3000, 3)
    coded = ENCODE[coding](content)
    cover = add(client) + "/cover"
    pieces = [coded[at:at + piece] for at in range(0, len(coded), piece)]
    assert client.put(cover, {**PNG, "Content-Encoding": coding}, pieces, chunked=True).status == 201
    assert client.get(cover).body == content


@pytest.mark.parametrize("first", CODINGS)
@pytest.mark.parametrize("second", CODINGS)
def test_codings_are_undone_in_their_order(client, first, second):
    content = noise(2 * MIB, 4)
    cover = add(client) + "/cover"
    coded = ENCODE[second](ENCODE[first](content))
    for headers in ([("Content-Encoding", f"{first}, identity,, {second}")],
                    [("Content-Encoding", first), ("Content-Encoding", second)]):
        assert client.put(cover, [*PNG.items(), *headers], coded).status in (201, 204)
        assert client.get(cover).body == content


def test_members_of_gzip_follow_each_other(client):
    cover = add(client) + "/cover"
    coded = gzip.compress(b"one ") + gzip.compress(b"two")
    client.put(cover, {**PNG, "Content-Encoding": "gzip"}, coded)
    assert client.get(cover).body == b"one two"


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("path", ["/books", "cover"])
def test_damaged_content_is_400_and_changes_nothing(client, coding, path):
    whole = ENCODE[coding](json.dumps({"title": WORDS}).encode())
    damaged = [whole[:-1], whole[:len(whole) // 2], b"", b'{"title": "x"}', whole + b"more"]
    cover = add(client) + "/cover"
    for content in damaged:
        if path == "cover":
            got = client.put(cover, {**PNG, "Content-Encoding": coding}, content)
        else:
            got = client.post(path, sent(coding), content)
        assert got.status == 400, content
        assert "Content-Encoding" in got.json()["detail"] and "Accept-Encoding" not in got.headers
    assert client.get(cover).status == 404


def test_bounds_are_those_of_the_decoded_content(client):
    large = json.dumps({"title": "x", "note": noise(300 * KIB).hex()}).encode()
    for coding in CODINGS:
        coded = ENCODE[coding](large)
        assert client.post("/books", sent(coding), coded).status == 413


BOMBS = {
    "gzip": lambda: gzip.compress(bytes(40 * MIB)),
    "br": lambda: brotli.compress(bytes(40 * MIB)),
    "zstd": lambda: ENCODE["zstd"](bytes(40 * MIB)),
    "gzip, gzip": lambda: gzip.compress(gzip.compress(bytes(40 * MIB))),
    "br, zstd": lambda: ENCODE["zstd"](brotli.compress(bytes(40 * MIB))),
}


@pytest.mark.parametrize("coding", BOMBS)
def test_what_swells_beyond_reason_is_413(library, client, coding):
    bomb = BOMBS[coding]()
    cover = add(client) + "/cover"
    assert client.put(cover, {**PNG, "Content-Encoding": coding}, bomb).status == 413
    assert client.post("/books", sent(coding), bomb).status == 413
    assert client.get(cover).status == 404
    assert client.get("/books").status == 200


def test_what_only_looks_like_a_bomb_is_taken(client):
    cover = add(client) + "/cover"
    content = bytes(MIB)
    assert client.put(cover, {**PNG, "Content-Encoding": "gzip"}, gzip.compress(content)).status == 201
    assert client.get(cover).body == content


def test_a_client_that_goes_away_while_its_content_is_decoded(library):
    coded = gzip.compress(noise(4 * MIB, 9))
    client = library.client()
    for part in (1, 100, len(coded) // 2, len(coded) - 1):
        cover = add(client) + "/cover"
        with library.connect() as connection:
            connection.send(
                f"PUT {cover} HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\nContent-Encoding: gzip\r\n"
                f"Content-Length: {len(coded)}\r\n\r\n".encode() + coded[:part])
        assert client.get(cover).status == 404


def test_the_client_is_told_to_go_on_before_content_in_a_coding_comes(library):
    with library.connect() as connection:
        content = gzip.compress(b'{"title": "x"}')
        connection.send(
            b"POST /books HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n"
            b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(content))
        assert connection.read_interim().status == 100
        connection.send(content)
        assert connection.read_response("POST").status == 201


def test_a_coding_of_content_that_means_nothing_is_nothing(client):
    path = add(client)
    assert client.delete(path, {"Content-Encoding": "unknown"}).status == 204
    assert client.get("/books", {"Content-Encoding": "unknown"}).status == 200
