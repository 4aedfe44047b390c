"""Ranges and a gateway's cache (RFC 9111 sections 3.3 and 3.4): what is stored in
part answers what lies in it, and parts become a whole."""

import base64
import hashlib
import random
import re
import threading
import time
from contextlib import closing

import pytest
from ledger import requirement
from origin import gateway_to
from upstream import Upstream, chunked, response

CONTENT = bytes(range(256)) * 400
FRESH = "max-age=600"


@pytest.fixture(scope="module")
def upstream():
    with Upstream() as running:
        yield running


@pytest.fixture(scope="module")
def gateway(module_serve, upstream):
    return module_serve(gateway_to(upstream.url))


@pytest.fixture
def client(gateway):
    with closing(gateway.client()) as client:
        yield client


COUNT = iter(range(1, 100000))


@pytest.fixture
def path(upstream):
    upstream.forget()
    return f"/r{next(COUNT)}"


def serves(upstream, content=CONTENT, tag='"1"', control=FRESH, more=(), complete=None, ignores=False):
    """An origin that knows one range, and does what it should."""
    fields = [("Cache-Control", control), *([("ETag", tag)] if tag else []), *more]

    def answer(peer, request):
        asked = re.fullmatch(r"bytes=(\d*)-(\d*)", request.get("Range") or "")
        meant = request.get("If-Range") in (None, tag)
        if request.get("If-None-Match") == tag and tag:
            peer.send(b"HTTP/1.1 304 It\r\nETag: %s\r\nCache-Control: %s\r\n\r\n" % (tag.encode(), control.encode()))
            return
        if not asked or not meant or ignores:
            peer.send(response(200, fields, content))
            return
        first, last = asked.groups()
        if first == "":
            first, last = len(content) - int(last), len(content) - 1
        first, last = int(first), min(int(last or len(content)), len(content) - 1)
        told = ("Content-Range", f"bytes {first}-{last}/{complete or len(content)}")
        peer.send(response(206, [*fields, told], content[first : last + 1]))

    upstream.always(answer)


def part(client, path, range_, headers=()):
    return client.exchange("GET", path, [("Range", f"bytes={range_}"), *headers], None, False, [])


def get(client, path, headers=()):
    return client.exchange("GET", path, list(headers), None, False, [])


def status_of(answer):
    parts = [part.strip() for part in answer.headers["Cache-Status"].split(";")]
    return {part for part in parts[1:] if not part.startswith("ttl=")}


def is_hit(answer):
    return "hit" in status_of(answer)


# What is stored, and what it answers


@requirement("9111-3.3-03", "9111-3.3-04")
def test_a_range_within_what_is_stored_is_answered(client, upstream, path):
    serves(upstream, more=[("X-Own", "kept"), ("Content-Language", "de")])
    first = part(client, path, "1000-1999")
    assert (first.status, first.body) == (206, CONTENT[1000:2000])
    assert status_of(first) == {"fwd=uri-miss", "fwd-status=206", "stored"}
    for range_, expected in (("1000-1999", CONTENT[1000:2000]), ("1500-1500", CONTENT[1500:1501]), ("1999-1999", CONTENT[1999:2000])):
        second = part(client, path, range_)
        assert (second.status, second.body) == (206, expected)
        assert second.headers["Content-Range"] == f"bytes {range_}/{len(CONTENT)}"
        assert second.headers["ETag"] == '"1"' and second.headers["X-Own"] == "kept"
        assert second.headers["Content-Language"] == "de" and second.headers["Content-Type"] == "text/plain"
        assert "Age" in second.headers and status_of(second) == {"hit"}
        assert second.headers["Content-Length"] == str(len(expected))
    assert len(upstream.requests) == 1


@requirement("9111-3.3-03")
@pytest.mark.parametrize("range_", ["999-1000", "1999-2000", "0-10", "-100", "1000-", "500-3000"])
def test_a_range_that_is_not_all_there_goes_on(client, upstream, path, range_):
    serves(upstream)
    part(client, path, "1000-1999")
    answer = part(client, path, range_)
    assert answer.status == 206 and "fwd=partial" in status_of(answer)
    assert upstream.requests[-1].get("Range") == f"bytes={range_}"


@requirement("9111-3.3-03")
def test_who_wants_all_or_head_never_gets_a_part(client, upstream, path):
    serves(upstream)
    part(client, path, "1000-1999")
    assert len(get(client, path).body) == len(CONTENT)
    serves(upstream, tag='"2"')
    part(client, path + "b", "1000-1999")
    upstream.always(response(200, [("ETag", '"2"')], b""))
    client.head(path + "b")
    assert upstream.requests[-1].method == "HEAD"


@requirement("9111-3.4-01", "9111-3.4-02", "9110-15.3.7.3-01", "9110-15.3.7.3-02")
def test_parts_that_touch_are_one(client, upstream, path):
    serves(upstream, more=[("X-Old", "1"), ("X-Both", "1")])
    part(client, path, "1000-1999")
    serves(upstream, more=[("X-New", "2"), ("X-Both", "2")])
    part(client, path, "2000-2999")
    both = part(client, path, "1000-2999")
    assert is_hit(both) and both.body == CONTENT[1000:3000]
    assert (both.headers["X-Old"], both.headers["X-New"], both.headers["X-Both"]) == ("1", "2", "2")
    assert len(both.headers["Via"].split(",")) == 1
    assert part(client, path, "500-1500").status == 206
    assert is_hit(part(client, path, "500-2999"))


@requirement("9110-15.3.7.3-03", "9111-3.3-05")
def test_all_parts_are_a_whole(client, upstream, path):
    content = CONTENT[:1000]
    serves(upstream, content)
    for at in (500, 250, 0, 750):
        part(client, path, f"{at}-{at + 249}")
    whole = get(client, path)
    assert is_hit(whole) and (whole.status, whole.body) == (200, content)
    assert "Content-Range" not in whole.headers
    assert client.head(path).headers["Content-Length"] == "1000"
    assert part(client, path, "900-").body == content[900:]
    assert len(upstream.requests) == 4


def test_a_part_that_is_all_is_a_whole(client, upstream, path):
    serves(upstream)
    part(client, path, "0-")
    assert is_hit(get(client, path))


@requirement("9111-3.4-02", "9110-15.3.7.3-01")
def test_parts_of_two_states_are_not_mixed(client, upstream, path):
    serves(upstream)
    part(client, path, "0-999")
    serves(upstream, bytes(reversed(CONTENT)), tag='"2"')
    part(client, path, "1000-1999")
    assert not is_hit(part(client, path, "0-1999"))
    assert part(client, path, "0-10").body == bytes(reversed(CONTENT))[:11]


def test_the_same_tag_of_another_length_is_another_state(client, upstream, path):
    serves(upstream)
    part(client, path, "0-999")
    serves(upstream, complete=5000000)
    part(client, path, "1000-1999")
    assert not is_hit(part(client, path, "0-1999"))


@requirement("9111-3.3-02", "9111-3.4-02")
@pytest.mark.parametrize(
    "fields",
    [
        [("Content-Range", "bytes 0-9/100")],
        [("ETag", 'W/"1"'), ("Content-Range", "bytes 0-9/100")],
        [("ETag", '"1"'), ("Content-Range", "bytes 0-9/*")],
        [("ETag", '"1"'), ("Content-Range", "lines 0-9/100")],
        [("ETag", '"1"'), ("Content-Range", "bytes 0-8/100")],
        [("ETag", '"1"'), ("Content-Range", "bytes 0-10/100")],
        [("ETag", '"1"'), ("Content-Range", "bytes 9-0/100")],
        [("ETag", '"1"'), ("Content-Range", "bytes 95-104/100")],
        [("ETag", '"1"'), ("Content-Range", "nonsense")],
        [("ETag", '"1"')],
        [("ETag", '"1"'), ("Content-Type", "multipart/byteranges; boundary=x")],
        [("ETag", '"1"'), ("Content-Range", "bytes 0-9/100"), ("Set-Cookie", "a=b")],
        [("ETag", '"1"'), ("Content-Range", "bytes 0-9/100"), ("Vary", "*")],
    ],
)
def test_what_is_no_part_is_passed_on_and_not_stored(client, upstream, path, fields):
    upstream.always(response(206, [("Cache-Control", FRESH), *fields], b"0123456789"))
    for count in (1, 2):
        answer = part(client, path, "0-9")
        assert (answer.status, answer.body) == (206, b"0123456789")
        assert len(upstream.requests) == count
    upstream.always(response(200, [], b"whole"))
    assert get(client, path).body == b"whole"


@requirement("9110-15.3.7-01")
def test_a_part_is_what_it_says_and_not_what_was_asked(client, upstream, path):
    fields = [("Cache-Control", FRESH), ("ETag", '"1"'), ("Content-Range", "bytes 50-59/100")]
    upstream.always(response(206, fields, b"0123456789"))
    assert part(client, path, "0-9").headers["Content-Range"] == "bytes 50-59/100"
    assert not is_hit(part(client, path, "0-9"))
    assert part(client, path, "51-52").body == b"12"


def test_a_part_that_nobody_asked_for_is_not_stored(client, upstream, path):
    fields = [("Cache-Control", FRESH), ("ETag", '"1"'), ("Content-Range", "bytes 0-9/100")]
    upstream.always(response(206, fields, b"0123456789"))
    client.exchange("GET", path, [], None, False, [])
    upstream.always(response(206, fields, b"abcdefghij"))
    assert part(client, path, "0-9").body == b"abcdefghij"


@requirement("9111-3.3-01", "9111-3.3-03")
def test_what_is_cut_off_is_not_stored(client, upstream, path):
    def cut(peer, _):
        peer.send(
            b"HTTP/1.1 206 It\r\nCache-Control: max-age=600\r\nETag: \"1\"\r\n"
            b"Content-Range: bytes 0-99/1000\r\nContent-Length: 100\r\n\r\nhalf"
        )
        peer.close()

    upstream.always(cut)
    with pytest.raises(Exception):
        part(client, path, "0-99")
    client.close()
    serves(upstream)
    assert not is_hit(part(client, path, "0-3"))


@pytest.mark.parametrize("told", [0, 5, 20])
def test_a_part_without_a_length_must_be_as_long_as_its_range(client, upstream, path, told):
    text = chunked([b"01234", b"56789"], [("Cache-Control", FRESH), ("ETag", '"1"'), ("Content-Range", f"bytes 0-{told or 9}/100")])
    upstream.always(text.replace(b"200 It", b"206 It"))
    part(client, path, "0-9")
    assert is_hit(part(client, path, "0-1")) == (told == 0)


# What asks for it


@requirement("9110-13.1.5-01")
@pytest.mark.parametrize(
    "if_range, hit",
    [('"1"', True), ('"2"', False), ('W/"1"', False), ("Sun, 06 Nov 1994 08:49:37 GMT", False), ("junk", False)],
)
def test_if_range_is_for_the_tag_that_is_stored(client, upstream, path, if_range, hit):
    serves(upstream)
    part(client, path, "0-999")
    answer = part(client, path, "10-19", [("If-Range", if_range)])
    assert is_hit(answer) == hit
    if hit:
        assert (answer.status, answer.body) == (206, CONTENT[10:20])
    else:
        assert (answer.status, len(answer.body)) == (200, len(CONTENT))


@requirement("9110-15.3.7-03")
def test_a_part_that_lacks_fields_is_stored_with_those_that_are_there(client, upstream, path):
    """Who says If-Range has them, and they are not told again."""
    bare = [("Cache-Control", FRESH), ("ETag", '"1"')]

    def answer(peer, request):
        first, last = re.fullmatch(r"bytes=(\d+)-(\d+)", request.get("Range")).groups()
        fields = [*bare, ("Content-Range", f"bytes {first}-{last}/{len(CONTENT)}")]
        if request.get("If-Range") is None:
            fields += [("X-Own", "1"), ("Content-Language", "de")]
        peer.send(response(206, fields, CONTENT[int(first) : int(last) + 1]))

    upstream.always(answer)
    part(client, path, "0-9", [("If-Range", '"1"')])
    assert not is_hit(part(client, path, "0-9"))
    part(client, path, "10-19", [("If-Range", '"1"')])
    both = part(client, path, "0-19")
    assert is_hit(both) and both.body == CONTENT[:20]
    assert both.headers["X-Own"] == "1" and both.headers["Content-Language"] == "de"


def test_several_ranges_are_answered_where_all_are_there(client, upstream, path):
    serves(upstream)
    part(client, path, "0-999")
    answer = part(client, path, "0-1,100-101,900-901")
    assert answer.status == 206 and is_hit(answer)
    boundary = re.fullmatch(r"multipart/byteranges; boundary=(\S+)", answer.headers["Content-Type"]).group(1)
    pieces = answer.body.split(b"--" + boundary.encode())
    assert [piece.split(b"\r\n\r\n", 1)[1][:2] for piece in pieces[1:-1]] == [CONTENT[i : i + 2] for i in (0, 100, 900)]
    assert f"bytes 100-101/{len(CONTENT)}".encode() in answer.body
    upstream.always(response(206, [("Content-Type", "multipart/byteranges; boundary=x")], b"..."))
    assert part(client, path, "0-1,2000-2001").body == b"..."


@requirement("9110-13.2.2-01")
def test_conditions_come_before_the_range(client, upstream, path):
    serves(upstream)
    part(client, path, "0-999")
    assert part(client, path, "0-9", [("If-None-Match", '"1"')]).status == 304
    assert part(client, path, "0-9", [("If-None-Match", '"0"')]).status == 206
    assert len(upstream.requests) == 1
    assert part(client, path, "5000-5009", [("If-None-Match", '"1"')]).status == 304
    assert len(upstream.requests) == 2


@pytest.mark.parametrize("range_", ["lines=0-1", "bytes=2-1", "bytes=x", "bytes=200000-"])
def test_what_is_no_range_of_it_goes_on(client, upstream, path, range_):
    serves(upstream)
    part(client, path, "0-999")
    upstream.always(response(200, (), b"whole"))
    assert client.exchange("GET", path, [("Range", range_)], None, False, []).body == b"whole"


def test_an_origin_that_ignores_ranges_gives_a_whole_that_is_stored(client, upstream, path):
    serves(upstream, ignores=True)
    answer = part(client, path, "10-19")
    assert (answer.status, answer.body) == (200, CONTENT)
    again = part(client, path, "10-19")
    assert is_hit(again) and (again.status, again.body) == (206, CONTENT[10:20])


@pytest.mark.parametrize("fields", [[("Cookie", "a=b")], [("X-Made-Up", "1")], [("Authorization", "Basic YTpi")], [("Cache-Control", "no-store")]])
def test_what_is_asked_with_more_is_for_that_client(client, upstream, path, fields):
    serves(upstream)
    part(client, path, "0-9", fields)
    assert not is_hit(part(client, path, "0-9"))


def test_ranges_are_asked_for_by_the_key(client, upstream, path):
    serves(upstream)
    part(client, "/x/.." + path, "0-9")
    assert upstream.only().target == path
    assert "for=unknown" in upstream.only().get("Forwarded")
    assert is_hit(part(client, path, "0-9"))


@requirement("9111-4.1-01")
def test_parts_of_what_varies_are_told_apart(client, upstream, path):
    serves(upstream, more=[("Vary", "Accept-Encoding"), ("Content-Encoding", "gzip")])
    part(client, path, "0-9", [("Accept-Encoding", "gzip")])
    serves(upstream, CONTENT[::-1], tag='"br"', more=[("Vary", "Accept-Encoding"), ("Content-Encoding", "br")])
    part(client, path, "0-9", [("Accept-Encoding", "br")])
    gzip = part(client, path, "0-4", [("Accept-Encoding", "gzip")])
    br = part(client, path, "0-4", [("Accept-Encoding", "br")])
    assert (gzip.body, gzip.headers["Content-Encoding"]) == (CONTENT[:5], "gzip")
    assert (br.body, br.headers["Content-Encoding"]) == (CONTENT[::-1][:5], "br")
    assert is_hit(gzip) and is_hit(br)


@requirement("9111-4-05")
def test_a_part_that_is_stale_is_asked_for_anew(client, upstream, path):
    serves(upstream, control="max-age=0")
    part(client, path, "0-999")
    serves(upstream)
    assert "fwd=stale" in status_of(part(client, path, "0-9"))
    assert is_hit(part(client, path, "500-599"))  # freshened by the rest


@requirement("9111-4.4-01")
def test_a_change_makes_parts_stale(client, upstream, path):
    serves(upstream)
    part(client, path, "0-999")
    client.request("PUT", path, (), b"new")
    assert not is_hit(part(client, path, "0-9"))


def test_only_if_cached_is_answered_by_parts(client, upstream, path):
    serves(upstream)
    part(client, path, "0-999")
    assert part(client, path, "0-9", [("Cache-Control", "only-if-cached")]).status == 206
    assert part(client, path, "5000-5009", [("Cache-Control", "only-if-cached")]).status == 504


@requirement("10008-2.8-01")
def test_parts_of_what_a_query_finds(client, upstream, path):
    serves(upstream)

    def query(content, range_):
        fields = [("Content-Type", "text/x"), ("Range", f"bytes={range_}")]
        return client.exchange("QUERY", path, fields, content, False, [])

    query(b"a", "0-99")
    assert is_hit(query(b"a", "10-19")) and query(b"a", "10-19").body == CONTENT[10:20]
    assert not is_hit(query(b"b", "10-19"))


# Of what arrives whole


@pytest.mark.parametrize("range_, expected", [("0-9", CONTENT[:10]), ("5000-5999", CONTENT[5000:6000]), ("-10", CONTENT[-10:])])
def test_a_range_of_what_has_changed_is_of_the_new_one(client, upstream, path, range_, expected):
    """What is stale is asked about whole, and comes whole."""
    upstream.always(response(200, [("Cache-Control", "max-age=0"), ("ETag", '"0"')], b"old" * 1000))
    get(client, path)
    serves(upstream)
    answer = part(client, path, range_)
    assert (answer.status, answer.body) == (206, expected)
    assert upstream.requests[-1].get("Range") is None
    assert get(client, path).body == CONTENT
    assert len(upstream.requests) == 2


def test_several_ranges_of_what_has_changed(client, upstream, path):
    upstream.always(response(200, [("Cache-Control", "max-age=0"), ("ETag", '"0"')], b"old" * 1000))
    get(client, path)
    serves(upstream)
    answer = part(client, path, "90000-90001,5-6,50000-50001")
    pieces = answer.body.split(b"\r\n\r\n")[1:]
    assert [piece[:2] for piece in pieces] == [CONTENT[i : i + 2] for i in (90000, 5, 50000)]
    assert get(client, path).body == CONTENT
    assert len(upstream.requests) == 2


@pytest.mark.once
def test_a_range_of_what_arrives_waits_for_it(gateway, client, upstream, path):
    upstream.always(response(200, [("Cache-Control", "max-age=0"), ("ETag", '"0"')], b"old" * 1000))
    get(client, path)
    go = threading.Event()
    whole = response(200, [("Cache-Control", FRESH), ("ETag", '"1"')], CONTENT)

    def slow(peer, _):
        peer.send(whole[: len(whole) // 2])
        go.wait(10)
        peer.send(whole[len(whole) // 2 :])

    upstream.always(slow)
    answers = {}

    def one(range_):
        with closing(gateway.client()) as own:
            answers[range_] = part(own, path, range_).body

    threads = [threading.Thread(target=one, args=(range_,)) for range_ in ("100-199", "90000-90099", "0-1,100000-100001")]
    for thread in threads:
        thread.start()
    time.sleep(0.7)
    assert answers == {"100-199": CONTENT[100:200]}
    go.set()
    for thread in threads:
        thread.join(10)
    assert answers["90000-90099"] == CONTENT[90000:90100]
    assert CONTENT[100000:100002] in answers["0-1,100000-100001"]
    assert len(upstream.requests) == 2


@pytest.mark.once
def test_a_client_that_leaves_lets_the_part_be_kept(gateway, client, upstream, path):
    content = b"0123456789" * 400000
    serves(upstream, content)
    with closing(gateway.client()) as leaving:
        connection = leaving.connect()
        connection.send(f"GET {path} HTTP/1.1\r\nHost: {leaving.authority}\r\nRange: bytes=0-2999999\r\n\r\n".encode())
        time.sleep(0.3)
        connection.close()
    time.sleep(0.7)
    answer = part(client, path, "2999990-2999999")
    assert is_hit(answer) and answer.body == b"0123456789"


# Digests


def digest(content):
    return f"sha-256=:{base64.b64encode(hashlib.sha256(content).digest()).decode()}:"


@requirement("9530-2-01", "9530-3-01")
def test_a_digest_of_all_content_is_not_told_of_a_part(client, upstream, path):
    serves(upstream, more=[("Content-Digest", digest(CONTENT)), ("Repr-Digest", digest(CONTENT))])
    assert get(client, path).headers["Content-Digest"] == digest(CONTENT)
    assert get(client, path, [("Want-Repr-Digest", "sha-256=1")]).headers.all("Repr-Digest") == [digest(CONTENT)]
    for wanted in ([], [("Want-Content-Digest", "sha-256=1"), ("Want-Repr-Digest", "sha-256=1")]):
        got = part(client, path, "1-9", wanted)
        assert got.status == 206 and is_hit(got)
        assert got.headers.all("Content-Digest") == ([digest(CONTENT[1:10])] if wanted else [])
        assert got.headers.all("Repr-Digest") == [digest(CONTENT)]


@requirement("9530-2-01")
def test_a_digest_of_a_part_is_not_told_of_the_whole(client, upstream, path):
    half = len(CONTENT) // 2
    for first, last in ((0, half - 1), (half, len(CONTENT) - 1)):
        mine = digest(CONTENT[first : last + 1])
        serves(upstream, more=[("Content-Digest", mine)])
        assert part(client, path, f"{first}-{last}").headers["Content-Digest"] == mine
    got = get(client, path)
    assert is_hit(got) and got.body == CONTENT and "Content-Digest" not in got.headers


def test_any_ranges_give_what_the_origin_has(client, upstream, path):
    """Whatever is stored, combined, replaced and forgotten meanwhile."""
    rng = random.Random(9111)
    content, tag = CONTENT[:3000], 1
    serves(upstream, content, f'"{tag}"', control="max-age=600")
    for _ in range(300):
        if rng.random() < 0.03:
            tag += 1
            content = rng.randbytes(3000)
            serves(upstream, content, f'"{tag}"')
            client.request("PUT", path, (), b"")
        if rng.random() < 0.05:
            assert get(client, path).body == content
        first = rng.randrange(3000)
        last = min(2999, first + rng.choice([0, 10, 300, 1500]))
        answer = part(client, path, f"{first}-{last}")
        assert (answer.status, answer.body) == (206, content[first : last + 1])
