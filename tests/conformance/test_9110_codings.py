"""RFC 9110 sections 8.4 and 12.5.3: content codings."""

import gzip
import zlib

import pytest
from ledger import requirement

TEXT = b"again and again and again " * 400


def decoded(answer):
    """The content without its coding."""
    coding = answer.headers.get("Content-Encoding")
    if coding is None:
        return answer.body
    if coding == "gzip":
        return gzip.decompress(answer.body)
    if coding == "deflate":
        return zlib.decompress(answer.body)  # with its wrapper
    if coding == "br":
        return pytest.importorskip("brotli").decompress(answer.body)
    assert coding == "zstd"
    return pytest.importorskip("zstandard").ZstdDecompressor().decompressobj().decompress(answer.body)


@pytest.fixture
def codings(target):
    """The codings that are offered, the one that is liked best first."""
    return target.need("codings")


@pytest.fixture
def path(codings, client, store):
    return store.made(client, TEXT)


def ask(client, path, accept, **headers):
    return client.get(path, {"Accept-Encoding": accept, **headers})


@requirement("9110-8.4-01", "9110-8.4.1-01", "9110-12.5.3-04")
def test_each_coding_that_is_offered_is_what_it_says(client, path, codings):
    for coding in codings:
        for name in (coding, coding.upper(), f"{coding};q=0.1", f"x-none, {coding}"):
            answer = ask(client, path, name)
            assert answer.status == 200
            assert answer.headers["Content-Encoding"] == coding
            assert len(answer.body) < len(TEXT) / 4
        assert decoded(answer) == TEXT


@requirement("9110-8.4.1.3-01")
def test_x_gzip_is_gzip(client, path, codings):
    if "gzip" not in codings:
        pytest.skip("gzip is not offered")
    answer = ask(client, path, "x-gzip")
    assert decoded(answer) == TEXT
    assert answer.headers["Content-Encoding"] in ("gzip", "x-gzip")


@requirement("9110-12.5.3-01", "9110-12.5.3-05")
@pytest.mark.parametrize("accept", ["identity;q=0", "*;q=0", "identity;q=0, x-none", "x-none, *;q=0", "identity;q=0, *;q=0"])
def test_who_refuses_identity_gets_a_coding_or_406(client, path, accept):
    answer = ask(client, path, accept)
    if answer.status == 200:
        assert "Content-Encoding" in answer.headers and "*;q=0" not in accept
        assert decoded(answer) == TEXT
    else:
        assert answer.status == 406


@requirement("9110-12.5.3-01")
@pytest.mark.parametrize("accept", ["*;q=0, identity", "identity, *;q=0", "identity"])
def test_identity_that_is_listed_is_taken(client, path, accept):
    answer = ask(client, path, accept)
    assert (answer.status, answer.body) == (200, TEXT)
    assert "Content-Encoding" not in answer.headers


@requirement("9110-12.5.3-02", "9110-12.5.3-03")
@pytest.mark.parametrize("accept", ["", "x-none", "x-none, compress", "x-none;q=1, identity;q=0.1"])
def test_who_takes_nothing_that_is_offered_gets_no_coding(client, path, accept):
    answer = ask(client, path, accept)
    assert (answer.status, answer.body) == (200, TEXT)
    assert "Content-Encoding" not in answer.headers


@requirement("9110-12.5.3-04")
def test_the_coding_that_weighs_most_is_sent(client, path, codings):
    if len(codings) < 2:
        pytest.skip("only one coding is offered")
    for first, second in ((codings[0], codings[1]), (codings[1], codings[0])):
        answer = ask(client, path, f"{first};q=0.5, {second};q=1")
        assert answer.headers["Content-Encoding"] == second
        answer = ask(client, path, f"{first};q=0.9, {second};q=0.3, identity;q=0.1")
        assert answer.headers["Content-Encoding"] == first
    answer = ask(client, path, f"{codings[0]};q=0.5, identity;q=1")
    assert "Content-Encoding" not in answer.headers


@requirement("9110-12.5.3-05")
def test_a_coding_that_is_refused_is_not_what_the_asterisk_means(client, path, codings):
    for coding in codings:
        answer = ask(client, path, f"{coding};q=0, *")
        assert answer.status == 200
        assert answer.headers.get("Content-Encoding") != coding
        assert decoded(answer) == TEXT


@requirement("9110-8.8.3.3-01", "9110-8.8.1-03", "9110-12.5.5-01", "9110-8.4-02")
def test_each_coding_has_its_own_tag_and_vary_says_why(client, path, codings):
    answers = [ask(client, path, coding) for coding in ("identity", *codings)]
    tags = [answer.headers["ETag"] for answer in answers]
    assert len(set(tags)) == len(tags)
    for answer, coding in zip(answers, ("identity", *codings)):
        assert "accept-encoding" in answer.headers.tokens("Vary")
        same = ask(client, path, coding, **{"If-None-Match": answer.headers["ETag"]})
        assert same.status == 304
        assert same.headers["ETag"] == answer.headers["ETag"]
        assert "accept-encoding" in same.headers.tokens("Vary")
        head = client.head(path, {"Accept-Encoding": coding})
        assert head.headers.get("Content-Length", str(len(answer.body))) == str(len(answer.body))


@requirement("9110-8.8.3.3-01")
def test_the_tag_of_any_coding_is_good_for_a_write(client, store, path, codings):
    tag = ask(client, path, codings[0]).headers["ETag"]
    assert store.put(client, path, store.other, {"If-Match": tag}).status in (200, 204)
    assert store.put(client, path, store.content, {"If-Match": tag}).status == 412


@requirement("9110-14.1.2-05")
def test_a_range_is_of_the_coded_octets(target, client, path, codings):
    target.need("ranges")
    whole = ask(client, path, codings[0])
    part = ask(client, path, codings[0], Range="bytes=2-9")
    if part.status == 200:  # ranges are not offered there
        assert part.body == whole.body
        return
    assert part.status == 206
    assert part.headers["ETag"] == whole.headers["ETag"]
    assert part.headers["Content-Encoding"] == codings[0]
    assert part.headers["Content-Range"] == f"bytes 2-9/{len(whole.body)}"
    assert part.body == whole.body[2:10]
