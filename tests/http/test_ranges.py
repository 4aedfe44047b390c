"""Range requests: parts of what a GET would have sent, and nothing else."""

import email.parser
import re
import time

import pytest
from h1 import format_request
from ledger import requirement
from library import HTML, JSON, PNG, add
from test_large import CHUNK, KIB, noise

LARGE = 3 * CHUNK + 1000


@pytest.fixture(scope="module")
def covers(library):
    """A cover kept in one piece, and one kept in chunks, with their bytes."""
    client = library.client()
    made = {}
    for name, size in (("small", 10_000), ("large", LARGE)):
        path = add(client) + "/cover"
        assert client.put(path, PNG, noise(size)).status == 201
        made[name] = path, noise(size)
    return made


@pytest.fixture(params=["small", "large"])
def cover(request, covers):
    return covers[request.param]


def parts_of(response):
    """The parts of a multipart/byteranges: (first, last, complete, type, bytes)."""
    kind = re.fullmatch(r"multipart/byteranges; boundary=([0-9A-Za-z]+)", response.headers["Content-Type"])
    assert kind, response  # the boundary is not quoted
    delimiter = b"--" + kind[1].encode()
    assert response.body.startswith(delimiter + b"\r\n")
    assert response.body.endswith(b"\r\n" + delimiter + b"--\r\n")
    parts = []
    for part in (b"\r\n" + response.body).split(b"\r\n" + delimiter)[1:-1]:
        head, _, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        fields = email.parser.BytesHeaderParser().parsebytes(head + b"\r\n\r\n")
        told = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", fields["Content-Range"])
        parts.append((*map(int, told.groups()), fields["Content-Type"], content))
    return parts


# One range

@requirement(
    "9110-14.1-01", "9110-14.1.2-01", "9110-14.1.2-02", "9110-14.1.2-06", "9110-14.4-04",
    "9110-15.3.7.1-01", "9110-15.3.7.2-06", "9110-15.3.7.2-07", "9110-15.3.7-05",
)
@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=0-499", 0, 499),
        ("bytes=500-999", 500, 999),
        ("BYTES=1-2", 1, 2),
        ("bytes=9500-", 9500, None),
        ("bytes=9500-9999999", 9500, None),
        ("bytes=0-99999999999999999999999", 0, None),
        ("bytes=-1", -1, None),
        ("bytes=-500", -500, None),
        ("bytes=-9999999", 0, None),
        ("bytes=0-1,99999999-", 0, 1),  # one part is no multipart
        ("bytes=0-99, 100-199", 0, 199),  # what touches is one
    ],
)
def test_a_range_is_206_with_exactly_its_bytes(client, cover, asked, first, last):
    path, content = cover
    if first < 0:
        first += len(content)
    if last is None:
        last = len(content) - 1
    got = client.get(path, {"Range": asked})
    assert got.status == 206
    assert got.headers["Content-Range"] == f"bytes {first}-{last}/{len(content)}"
    assert got.headers["Content-Length"] == str(last - first + 1)
    assert got.headers["Content-Type"] == "image/png"
    assert got.body == content[first:last + 1]


EDGES = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK - 1, 2 * CHUNK, 3 * CHUNK, LARGE - 1]


@pytest.mark.parametrize("first", EDGES)
def test_parts_of_large_content_begin_and_end_anywhere(client, covers, first):
    path, content = covers["large"]
    for last in (last for last in EDGES if last >= first):
        got = client.get(path, {"Range": f"bytes={first}-{last}"})
        assert got.status == 206 and got.body == content[first:last + 1], (first, last)


@requirement("9110-15.3.7-02", "9110-15.3.7-04")
def test_a_206_has_the_fields_of_the_200(client, cover):
    path, _ = cover
    whole = client.get(path)
    part = client.get(path, {"Range": "bytes=1-5"})
    own = {"date", "content-length", "content-range"}
    assert part.status == 206
    assert {(n, v) for n, v in part.headers if n.lower() not in own} == {
        (n, v) for n, v in whole.headers if n.lower() not in own}
    assert "Last-Modified" in part.headers and "ETag" in part.headers


def test_representations_made_of_json_have_ranges_too(client):
    path = add(client, title="A Wizard of Earthsea")
    for accept in ({}, HTML):
        whole = client.get(path, accept)
        part = client.get(path, {**accept, "Range": "bytes=3-20"})
        assert part.status == 206 and part.body == whole.body[3:21]
        assert part.headers["ETag"] == whole.headers["ETag"]
        assert part.headers["Vary"] == whole.headers["Vary"]
    listing = client.get("/books")
    part = client.get("/books", {"Range": "bytes=-7"})
    assert part.status == 206 and part.body == listing.body[-7:]
    assert part.headers["Link"] == listing.headers["Link"] if "Link" in listing.headers else True


def test_a_part_that_is_all_is_206_all_the_same(client, cover):
    path, content = cover
    got = client.get(path, {"Range": "bytes=0-"})
    assert got.status == 206 and got.body == content
    assert got.headers["Content-Range"] == f"bytes 0-{len(content) - 1}/{len(content)}"


# Several ranges

@requirement(
    "9110-8.3.3-01", "9110-14.2-08", "9110-14.6-01", "9110-15.3.7.2-01", "9110-15.3.7.2-02",
    "9110-15.3.7.2-03", "9110-15.3.7.2-04", "9110-15.3.7.2-05", "9110-15.3.7.2-09",
)
@pytest.mark.parametrize(
    ("asked", "ranges"),
    [
        ("bytes=0-0,-1", [(0, 0), (-1, None)]),
        ("bytes=500-600,0-1", [(500, 600), (0, 1)]),
        ("bytes=0-5,3-9,20-30", [(0, 9), (20, 30)]),
        ("bytes=0-1,99999999-,5-6", [(0, 1), (5, 6)]),
        (f"bytes={KIB}-{9 * KIB},1-2", [(KIB, 9 * KIB), (1, 2)]),
    ],
)
def test_several_ranges_are_parts_of_a_multipart(client, cover, asked, ranges):
    path, content = cover
    got = client.get(path, {"Range": asked})
    assert got.status == 206
    assert "Content-Range" not in got.headers
    assert got.headers["Content-Length"] == str(len(got.body))
    parts = parts_of(got)
    assert len(parts) == len(ranges)
    for (first, last), part in zip(ranges, parts):
        first += len(content) if first < 0 else 0
        last = len(content) - 1 if last is None else last
        assert part == (first, last, len(content), "image/png", content[first:last + 1])


def test_parts_of_large_content_are_read_one_after_the_other(client, covers):
    path, content = covers["large"]
    ranges = [(CHUNK - 5, CHUNK + 5), (3 * CHUNK - 1, LARGE - 1), (0, CHUNK - 100)]
    got = client.get(path, {"Range": "bytes=" + ",".join(f"{a}-{b}" for a, b in ranges)})
    assert [part[4] for part in parts_of(got)] == [content[a:b + 1] for a, b in ranges]


def test_a_boundary_is_a_new_one_each_time(client, cover):
    path, _ = cover
    types = {client.get(path, {"Range": "bytes=0-1,5-6"}).headers["Content-Type"] for _ in range(4)}
    assert len(types) == 4


def test_a_multipart_has_the_other_fields_of_the_200(client, cover):
    path, _ = cover
    whole, part = client.get(path), client.get(path, {"Range": "bytes=0-1,5-6"})
    for name in ("ETag", "Last-Modified", "Cache-Control"):
        assert part.headers.get(name) == whole.headers.get(name)


def test_the_next_reply_follows_a_multipart(library, covers):
    for path, content in covers.values():
        one = format_request("GET", path, [("Host", "x"), ("Range", "bytes=0-9,20-29")])
        answers = library.raw(one + format_request("GET", path, [("Host", "x")]) + one)
        assert [a.status for a in answers] == [206, 200, 206]
        assert answers[1].body == content


# What is not satisfiable, and what is no range

@requirement("9110-14.1.2-03", "9110-14.2-09", "9110-14.4-05", "9110-15.5.17-01")
@pytest.mark.parametrize("asked", ["bytes=99999999-", "bytes=-0", "bytes=99999999999999999999999-", "bytes=88888888-88888889,99999999-"])
def test_what_lies_outside_is_416_and_tells_the_length(client, cover, asked):
    path, content = cover
    got = client.get(path, {"Range": asked})
    assert got.status == 416
    assert got.headers["Content-Range"] == f"bytes */{len(content)}"
    assert got.headers["Content-Type"] == "application/problem+json"


@requirement("9110-14.1.1-01", "9110-14.2-03")
@pytest.mark.parametrize(
    "asked",
    [
        "lines=1-2",
        "bytes=5-2", "bytes=0-1,5-2",
        "bytes", "bytes=", "bytes=,", "bytes=a-b", "bytes=-", "bytes 0-1", "bytes=0-1;2-3", "bytes=1", "",
    ],
)
def test_what_is_no_range_is_ignored(client, cover, asked):
    path, content = cover
    got = client.get(path, {"Range": asked})
    assert got.status == 200 and got.body == content


def test_two_lines_of_ranges_are_ignored(client, cover):
    path, content = cover
    got = client.get(path, [("Range", "bytes=0-1"), ("Range", "bytes=5-6")])
    assert got.status == 200 and got.body == content


@requirement("9110-14.1.2-04", "9110-14.2-06")
def test_nothing_at_all_has_no_parts(client):
    path = add(client) + "/cover"
    client.put(path, PNG, b"")
    assert client.get(path, {"Range": "bytes=-1"}).status == 200
    assert client.get(path, {"Range": "bytes=0-"}).status == 416


@requirement("9110-14.2-02")
def test_other_methods_ignore_range(client, cover):
    path, content = cover
    head = client.head(path, {"Range": "bytes=0-1"})
    assert head.status == 200 and head.headers["Content-Length"] == str(len(content))
    assert "Content-Range" not in head.headers
    mine = add(client) + "/cover"
    assert client.put(mine, {**PNG, "Range": "bytes=0-1"}, b"abc").status == 201
    assert client.get(mine).body == b"abc"
    assert client.delete(mine, {"Range": "bytes=0-0"}).status == 204
    assert client.post("/books", {**JSON, "Range": "bytes=0-1"}, '{"title": "x"}').status == 201


@requirement("9110-14.2-07")
def test_a_range_applies_only_where_the_answer_would_be_200(client, cover):
    path, _ = cover
    tag = client.get(path).headers["ETag"]
    asked = {"Range": "bytes=0-1"}
    assert client.get("/books/none/cover", asked).status == 404
    assert client.get(path, {**asked, "If-None-Match": tag}).status == 304
    assert client.get(path, {**asked, "If-Match": '"other"'}).status == 412
    assert client.get(path, {**asked, "If-Match": tag}).status == 206
    assert client.get(path, {"Range": "bytes=99999999-", "If-None-Match": tag}).status == 304


# Bounds

@requirement("9110-14.2-05", "9110-17.15-01")
@pytest.mark.parametrize(
    "asked",
    [
        "bytes=" + ",".join(["0-"] * 1000),
        "bytes=" + ",".join(f"{n}-{n + 5}" for n in range(20)),
        "bytes=" + ",".join(f"{n * 3}-{n * 3}" for n in range(65)),
        "bytes=" + ",".join(f"{n * 3}-{n * 3}" for n in reversed(range(17))),
    ],
)
def test_many_or_overlapping_ranges_are_refused(client, cover, asked):
    path, content = cover
    got = client.get(path, {"Range": asked})
    assert got.status == 416
    assert got.headers["Content-Range"] == f"bytes */{len(content)}"
    assert "overlap" in got.json()["detail"]


def test_as_many_ranges_as_are_served(client, cover):
    path, content = cover
    ranges = [(n * 7, n * 7 + 2) for n in range(64)]
    got = client.get(path, {"Range": "bytes=" + ",".join(f"{a}-{b}" for a, b in ranges)})
    assert [part[4] for part in parts_of(got)] == [content[a:b + 1] for a, b in ranges]


# If-Range

@requirement("9110-13.1.5-02", "9110-13.1.5-05", "9110-13.1.5-07", "9110-13.1.5-08", "9110-13.1.5-09")
def test_if_range_by_tag(client, cover):
    path, content = cover
    tag = client.get(path).headers["ETag"]
    asked = {"Range": "bytes=0-1"}
    assert client.get(path, {**asked, "If-Range": tag}).status == 206
    for other in ('"other"', "W/" + tag, f"{tag}, {tag}", "*", "x"):
        got = client.get(path, {**asked, "If-Range": other})
        assert got.status == 200 and got.body == content, other
    past = client.get(path, {"Range": "bytes=99999999-", "If-Range": '"other"'})
    assert past.status == 200
    assert client.get(path, {"If-Range": '"other"'}).status == 200
    assert client.head(path, {**asked, "If-Range": tag}).status == 200


@requirement("9110-8.8.2.2-01", "9110-13.1.5-06")
def test_if_range_by_date(client, covers):
    path, _ = covers["small"]
    modified = client.get(path).headers["Last-Modified"]
    asked = {"Range": "bytes=0-1"}
    deadline = time.monotonic() + 5
    while (got := client.get(path, {**asked, "If-Range": modified})).headers["Date"] == modified:
        assert got.status == 200  # it may change again within the second
        assert time.monotonic() < deadline
    assert got.status == 206
    later = "Fri, 31 Dec 2100 23:59:59 GMT"
    assert client.get(path, {**asked, "If-Range": later}).status == 200
    assert client.get(path, {**asked, "If-Range": "yesterday"}).status == 200


@requirement("9110-15.3.7-03")
def test_who_has_the_rest_is_not_told_its_fields_again(client, cover):
    path, _ = cover
    tag = client.get(path).headers["ETag"]
    got = client.get(path, {"Range": "bytes=0-1", "If-Range": tag})
    assert got.status == 206 and got.headers["ETag"] == tag and "Cache-Control" in got.headers
    assert got.headers["Content-Type"] == "image/png"
    assert "Last-Modified" not in got.headers


def test_a_download_goes_on_only_while_nothing_has_changed(client):
    path = add(client) + "/cover"
    content = noise(LARGE, 5)
    client.put(path, PNG, content)
    begun = client.get(path, {"Range": f"bytes=0-{CHUNK}"})
    rest = {"Range": f"bytes={CHUNK + 1}-", "If-Range": begun.headers["ETag"]}
    assert begun.body + client.get(path, rest).body == content
    client.put(path, PNG, noise(LARGE, 6))
    again = client.get(path, rest)
    assert again.status == 200 and again.body == noise(LARGE, 6)


# Saying so

@requirement("9110-14.3-01")
def test_accept_ranges_is_told(client, cover):
    path, _ = cover
    for answer in (client.get(path), client.head(path), client.options(path), client.get("/books")):
        assert answer.headers["Accept-Ranges"] == "bytes"
    assert "Accept-Ranges" not in client.options("/books/1/archive").headers


def test_the_open_tree_has_ranges_too(serve):
    client = serve(None).client()
    client.put("/a/b", {"Content-Type": "text/plain"}, "one two three")
    assert client.get("/a/b", {"Range": "bytes=4-6"}).text == "two"
    assert client.get("/a", {"Range": "bytes=0-0"}).text == "["


def test_files_have_ranges_from_memory_and_from_the_disk(serve, tmp_path):
    site = tmp_path / "site"
    site.mkdir()
    for name, size in (("small.bin", 10_000), ("large.bin", 300_000)):
        (site / name).write_bytes(noise(size))
    (site / "large.bin.gz").write_bytes(noise(100_000, 1))
    client = serve(None, ["--files", site]).client()
    for name, size in (("small.bin", 10_000), ("large.bin", 300_000)):
        content = noise(size)
        for asked, first, last in (("0-0", 0, 0), ("70-9998", 70, 9998), ("-300", size - 300, size - 1), ("5-", 5, size - 1)):
            got = client.get(f"/{name}", {"Range": f"bytes={asked}"})
            assert got.status == 206 and got.body == content[first:last + 1]
            assert got.headers["Content-Range"] == f"bytes {first}-{last}/{size}"
        several = client.get(f"/{name}", {"Range": "bytes=9000-9999,0-99,-7,300-301"})
        parts = {part[0]: part[4] for part in parts_of(several)}
        assert parts[0] == content[:100] and parts[300] == content[300:302]
        assert client.get(f"/{name}", {"Range": "bytes=999999-"}).status == 416
    coded = client.get("/large.bin", {"Accept-Encoding": "gzip", "Range": "bytes=90000-"})
    assert coded.status == 206 and coded.headers["Content-Encoding"] == "gzip"
    assert coded.body == noise(100_000, 1)[90_000:]
    whole = client.get("/large.bin", {"Accept-Encoding": "gzip", "Range": "bytes=0-1,5-6"})
    assert whole.status == 200 and whole.body == noise(100_000, 1)
