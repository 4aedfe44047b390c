"""RFC 9110 section 14, 13.1.5 and 15.3.7: a part of a representation."""

import re
import time
from email.parser import BytesParser

import pytest
from ledger import requirement

CONTENT = bytes(range(48, 58)) * 100  # 1000 octets
SIZE = len(CONTENT)


@pytest.fixture
def path(target, client):
    """Something of that content: where the profile says, or newly stored."""
    there = target.need("ranges")
    if there == "store":
        return target.place("store").made(client, CONTENT)
    assert client.get(there).body == CONTENT
    return there


def get(client, path, range_, headers=()):
    return client.get(path, {"Range": range_, **dict(headers)})


def is_part(answer, first, last):
    """A 206 with exactly these octets."""
    assert answer.status == 206, answer
    assert answer.headers["Content-Range"] == f"bytes {first}-{last}/{SIZE}"
    assert answer.body == CONTENT[first : last + 1]
    assert answer.headers["Content-Length"] == str(last - first + 1)
    return True


def is_whole(answer):
    assert (answer.status, answer.body) == (200, CONTENT), answer
    return True


def parts(answer):
    """The parts of a multipart/byteranges 206: (first, last, octets), each with its type."""
    assert answer.status == 206, answer
    match = re.fullmatch(r'multipart/byteranges; ?boundary=([0-9A-Za-z\'()+_,./:=?-]+|"[^"]+")', answer.headers["Content-Type"])
    assert match, answer.headers["Content-Type"]
    delimiter = b"--" + match[1].strip('"').encode()
    # A line break may come before the first delimiter (RFC 2046 section 5.1.1).
    preamble, *pieces, end = (b"\r\n" + answer.body.removeprefix(b"\r\n")).split(b"\r\n" + delimiter)
    assert preamble == b"" and end.startswith(b"--") and len(pieces) >= 1
    found = []
    for piece in pieces:
        assert piece.startswith(b"\r\n")
        head, separator, octets = piece[2:].partition(b"\r\n\r\n")
        assert separator and b"\n" not in head.replace(b"\r\n", b"")
        fields = BytesParser().parsebytes(head + b"\r\n\r\n")
        range_ = re.fullmatch(rf"bytes ([0-9]+)-([0-9]+)/{SIZE}", fields["Content-Range"])
        assert range_, fields.items()
        found.append((int(range_[1]), int(range_[2]), octets, fields["Content-Type"]))
    return found


# One range


@requirement("9110-14-01", "9110-14.2-01", "9110-15.3.7.1-01", "9110-14.4-04", "9110-15.3.7-05", "9110-15.3.7.2-06", "9110-14.2-08")
@pytest.mark.parametrize("range_, first, last", [("bytes=0-499", 0, 499), ("bytes=500-999", 500, 999), ("bytes=0-0", 0, 0), ("bytes=-1", 999, 999),
                                                 ("bytes=999-", 999, 999), ("bytes=5-5", 5, 5)])  # fmt: skip
def test_a_range_is_exactly_that_part(client, path, range_, first, last):
    answer = get(client, path, range_)
    assert is_part(answer, first, last)
    assert not answer.headers["Content-Type"].startswith("multipart/")


@requirement("9110-14.1-01")
@pytest.mark.parametrize("unit", ["bytes", "BYTES", "Bytes"])
def test_the_unit_has_no_case(client, path, unit):
    assert is_part(get(client, path, f"{unit}=0-1"), 0, 1)


@requirement("9110-14.1.2-01", "9110-14.1.2-06")
@pytest.mark.parametrize("last", ["", "999", "1000", "99999", "99999999999999999999", "18446744073709551615", "18446744073709551616"])
def test_a_last_position_beyond_the_end_is_the_end(client, path, last):
    assert is_part(get(client, path, f"bytes=950-{last}"), 950, 999)


@requirement("9110-14.1.2-02")
@pytest.mark.parametrize("suffix", [1000, 1001, 99999, 99999999999999999999])
def test_a_suffix_longer_than_all_is_all(client, path, suffix):
    assert is_part(get(client, path, f"bytes=-{suffix}"), 0, 999)


@requirement("9110-14.1.2-03", "9110-14.2-09", "9110-14.4-05", "9110-15.5.17-01", "9110-14.1.2-06")
@pytest.mark.parametrize("range_", ["bytes=1000-", "bytes=1000-1001", "bytes=99999-", "bytes=99999999999999999999-", "bytes=-0",
                                    "bytes=18446744073709551616-18446744073709551617", "bytes=1000-,2000-"])  # fmt: skip
def test_a_range_beyond_the_end_is_416_and_tells_the_length(client, path, range_):
    answer = get(client, path, range_)
    assert answer.status == 416
    assert answer.headers["Content-Range"] == f"bytes */{SIZE}"
    assert is_whole(client.get(path))


@requirement("9110-14.1.2-04", "9110-14.2-06")
def test_a_range_of_nothing(target, client):
    target.need("ranges")
    empty = target.need("empty")
    assert get(client, empty, "bytes=0-").status in (200, 416)
    assert get(client, empty, "bytes=0-0").status in (200, 416)
    answer = get(client, empty, "bytes=-1")  # there is no way to say it in a 206
    assert (answer.status, answer.body) == (200, b"")


@requirement("9110-14.1.1-01", "9110-14.2-05")
@pytest.mark.parametrize("range_", ["bytes=5-2", "bytes=0-1,5-2", "bytes=5-2,0-1", "bytes=", "bytes=-", "bytes=a-b", "bytes=0-1,x", "bytes 0-1",
                                    "bytes=0-1-2", "bytes=1", "0-1", "bytes=0x0-0x1", "bytes=--1", "=0-1", "bytes=+0-1"])  # fmt: skip
def test_a_range_that_is_malformed_is_ignored_or_416(client, path, range_):
    answer = get(client, path, range_)
    assert answer.status == 416 or is_whole(answer)


@requirement("9110-14.2-03")
@pytest.mark.parametrize("range_", ["lines=1-2", "byte=0-1", "x=0-1", "none=0-1", "seconds=9999-"])
def test_an_unknown_unit_is_ignored(client, path, range_):
    assert is_whole(get(client, path, range_))


@requirement("9110-14.2-02")
def test_ranges_are_for_get(target, client, store):
    target.need("ranges")
    path = store.made(client, CONTENT)
    for range_ in ("bytes=0-0", "bytes=99999-"):
        head = client.head(path, {"Range": range_})
        assert (head.status, head.headers.get("Content-Length", str(SIZE))) == (200, str(SIZE))
        assert store.put(client, path, CONTENT, {"Range": range_}).status in (200, 204)
        assert client.options(path, {"Range": range_}).status in (200, 204)
        assert is_whole(client.get(path))
    assert client.delete(path, {"Range": "bytes=0-0"}).status in (200, 204)
    assert client.get(path).status == 404


@requirement("9110-14.2-07")
def test_a_range_is_of_what_would_be_200(target, client, path):
    tag = client.get(path).headers["ETag"]
    assert get(client, target.need("missing"), "bytes=0-1").status == 404
    assert get(client, path, "bytes=0-1", {"If-None-Match": tag}).status == 304
    assert get(client, path, "bytes=9999-", {"If-None-Match": tag}).status == 304
    assert get(client, path, "bytes=0-1", {"If-Match": '"stale"'}).status == 412
    assert is_part(get(client, path, "bytes=0-1", {"If-Match": tag}), 0, 1)


@requirement("9110-14.3-01")
def test_that_there_are_ranges_is_told(client, path):
    assert client.get(path).headers.tokens("Accept-Ranges") == ["bytes"]


@requirement("9110-15.3.7-02", "9110-15.3.7-04")
@pytest.mark.parametrize("range_", ["bytes=0-1", "bytes=0-1,5-6"])
def test_a_part_has_the_fields_of_the_whole(client, path, range_):
    whole, part = client.get(path), get(client, path, range_)
    assert part.status == 206
    for name in ("Cache-Control", "ETag", "Expires", "Content-Location", "Vary", "Last-Modified", "Content-Encoding"):
        assert part.headers.get(name) == whole.headers.get(name), name
    assert "Date" in part.headers
    if range_ == "bytes=0-1":
        assert part.headers["Content-Type"] == whole.headers["Content-Type"]


# Several ranges


@requirement("9110-14.2-08", "9110-14.6-01", "9110-15.3.7.2-01", "9110-15.3.7.2-02", "9110-15.3.7.2-03", "9110-15.3.7.2-04",
             "9110-15.3.7.2-09", "9110-8.3.3-01")  # fmt: skip
@pytest.mark.parametrize("range_, wanted", [("bytes=0-0,-1", [(0, 0), (999, 999)]), ("bytes=500-501,0-1", [(500, 501), (0, 1)]),
                                            ("bytes=0-1, 100-199 ,900-", [(0, 1), (100, 199), (900, 999)]),
                                            ("bytes=,0-1,,500-501,", [(0, 1), (500, 501)])])  # fmt: skip
def test_several_ranges_are_parts_in_their_order(client, path, range_, wanted):
    answer = get(client, path, range_)
    found = parts(answer)
    assert [(first, last) for first, last, *_ in found] == wanted
    plain = client.get(path).headers["Content-Type"]
    for first, last, octets, media_type in found:
        assert octets == CONTENT[first : last + 1]
        assert media_type == plain
    assert "Content-Range" not in answer.headers


@requirement("9110-15.3.7.2-05")
@pytest.mark.parametrize("range_", ["bytes=0-5,3-9", "bytes=0-5,6-9", "bytes=3-9,0-5"])
def test_ranges_that_overlap_are_sent_once_or_each(client, path, range_):
    answer = get(client, path, range_)
    if answer.headers["Content-Type"].startswith("multipart/"):
        octets = [piece for *_, piece, _ in parts(answer)]
        assert len(octets) == 2
        assert set(b"".join(octets)) == set(CONTENT[:10])
    else:
        assert answer.status == 200 or is_part(answer, 0, 9)


@requirement("9110-15.3.7.2-07")
@pytest.mark.parametrize("range_", ["bytes=0-1,99999-", "bytes=99999-,0-1", "bytes=0-1,-0"])
def test_of_several_ranges_those_that_are_there_count(client, path, range_):
    answer = get(client, path, range_)
    if answer.headers["Content-Type"].startswith("multipart/"):
        assert [(first, last) for first, last, *_ in parts(answer)] == [(0, 1)]
    else:
        assert is_part(answer, 0, 1)


@requirement("9110-17.15-01", "9110-14.2-05")
@pytest.mark.parametrize("range_", ["bytes=" + ",".join(["0-"] * 1000), "bytes=" + ",".join(["-1000"] * 1000),
                                    "bytes=" + ",".join(f"{n}-{n}" for n in range(999, 0, -2)), "bytes=0-" + ",5-" * 500])  # fmt: skip
def test_ranges_that_ask_for_too_much_are_bounded(target, client, path, page, range_):
    answer = get(client, path, range_)
    assert answer.status in (200, 206, 400, 416)
    assert len(answer.body) < 200 * SIZE
    assert target.is_alive(page)


# If-Range


@requirement("9110-13.1.5-02")
def test_if_range_without_range_is_ignored(client, path):
    for value in ('"stale"', client.get(path).headers["ETag"], "Sun, 06 Nov 1994 08:49:37 GMT"):
        assert is_whole(client.get(path, {"If-Range": value}))


@requirement("9110-13.1.5-05", "9110-13.1.5-07", "9110-13.1.5-08", "9110-13.1.5-09")
def test_a_range_counts_if_the_tag_is_strongly_the_same(client, path):
    tag = client.get(path).headers["ETag"]
    assert is_part(get(client, path, "bytes=0-1", {"If-Range": tag}), 0, 1)
    for other in ('"stale"', f"W/{tag}", "*", f'{tag}, "x"', tag.strip('"'), ""):
        assert is_whole(get(client, path, "bytes=0-1", {"If-Range": other}))
        assert is_whole(get(client, path, "bytes=99999-", {"If-Range": other}))
    assert get(client, path, "bytes=99999-", {"If-Range": tag}).status == 416


@requirement("9110-13.1.5-06", "9110-8.8.2.2-01")
def test_a_range_counts_if_the_date_is_exact_and_strong(client, path):
    first = client.get(path)
    modified = first.headers["Last-Modified"]
    if first.headers["Date"] == modified:  # it may have changed twice in that second
        assert is_whole(get(client, path, "bytes=0-1", {"If-Range": modified}))
    for other in ("Sun, 06 Nov 2094 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT", "garbage"):
        assert is_whole(get(client, path, "bytes=0-1", {"If-Range": other}))
    time.sleep(1.1)  # now it is strong (section 8.8.2.2), for who may tell so
    answer = get(client, path, "bytes=0-1", {"If-Range": modified})
    assert answer.status == 200 or is_part(answer, 0, 1)


@requirement("9110-15.3.7-03")
def test_with_if_range_a_part_says_less_or_the_same(client, path):
    whole = client.get(path)
    part = get(client, path, "bytes=0-1", {"If-Range": whole.headers["ETag"]})
    assert part.status == 206
    assert part.headers["ETag"] == whole.headers["ETag"]
    assert part.headers.get("Last-Modified") in (None, whole.headers["Last-Modified"])
    assert part.headers.get("Content-Type") in (None, whole.headers["Content-Type"])
