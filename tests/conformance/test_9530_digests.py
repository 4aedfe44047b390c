"""RFC 9530: Content-Digest and Repr-Digest, both ways."""

import base64
import hashlib
import re

import pytest
from ledger import requirement

ACTIVE = {"sha-256": hashlib.sha256, "sha-512": hashlib.sha512}
MERGE = {"Content-Type": "application/merge-patch+json"}
MEMBER = re.compile(r"([a-z0-9*_.-]+)=:([A-Za-z0-9+/]*={0,2}):")


def digest(content, name="sha-256"):
    """A digest field's value for some content."""
    return f"{name}=:{base64.b64encode(ACTIVE[name](content).digest()).decode()}:"


def digests(response, field):
    """{algorithm: octets} of a field; it must be a dictionary of byte sequences."""
    found = {}
    for member in response.headers[field].split(", "):
        match = MEMBER.fullmatch(member)
        assert match, member
        found[match[1]] = base64.b64decode(match[2], validate=True)
    return found


def is_of(response, field, content):
    """Every digest in the field is one of an active algorithm, and true."""
    found = digests(response, field)
    assert len(found) > 0
    for name, octets in found.items():
        assert octets == ACTIVE[name](content).digest()
    return True


@pytest.fixture
def wanted(target):
    """The field that is asked for with Want-*."""
    return target.need("digests")


@requirement("9530-2-01", "9530-3-01", "9530-4-01", "9530-5-01")
@pytest.mark.parametrize("name", sorted(ACTIVE))
def test_a_digest_that_is_wanted_is_told_and_true(wanted, client, page, name):
    whole = client.get(page)
    for field in wanted:
        answer = client.get(page, {f"Want-{field}": f"{name}=5"})
        assert list(digests(answer, field)) == [name]
        assert is_of(answer, field, whole.body)
        head = client.head(page, {f"Want-{field}": f"{name}=5"})
        if field == "Repr-Digest":
            assert head.headers[field] == answer.headers[field]
        assert field not in whole.headers  # a hint, and none was given


@requirement("9530-4-01")
def test_a_want_weighs(wanted, client, page):
    for field in wanted:
        answer = client.get(page, {f"Want-{field}": "sha-512=3, sha-256=10, unknown=9"})
        assert list(digests(answer, field)) == ["sha-256"]
        answer = client.get(page, {f"Want-{field}": "sha-512=10, sha-256=3"})
        assert list(digests(answer, field)) == ["sha-512"]
        answer = client.get(page, {f"Want-{field}": "sha-256=0, sha-512=1"})
        assert list(digests(answer, field)) == ["sha-512"]
        for nothing in ("sha-256=0", "unknown=10", "sha-256", "sha-256=x", "=", ""):
            answer = client.get(page, {f"Want-{field}": nothing})
            assert answer.status == 200
            assert field not in answer.headers or is_of(answer, field, answer.body)


@requirement("9530-5-02")
@pytest.mark.parametrize("name", ["md5", "sha", "unixsum", "unixcksum", "adler", "crc32c"])
def test_a_digest_that_anyone_can_forge_is_not_told(wanted, client, page, name):
    for field in wanted:
        answer = client.get(page, {f"Want-{field}": f"{name}=10"})
        assert answer.status == 200
        assert field not in answer.headers or is_of(answer, field, answer.body)


@requirement("9530-2-01", "9530-3-01")
def test_of_a_part_the_content_differs_and_the_representation_does_not(target, wanted, client, page):
    target.need("ranges")
    whole = client.get(page)
    fields = {f"Want-{field}": "sha-256=1" for field in wanted}
    part = client.get(page, {**fields, "Range": "bytes=0-9"})
    assert part.status == 206
    if "Repr-Digest" in wanted:
        assert is_of(part, "Repr-Digest", whole.body)
    if "Content-Digest" in part.headers:
        assert is_of(part, "Content-Digest", whole.body[:10])


@requirement("9530-3-01")
def test_the_digest_of_a_representation_is_of_its_coded_octets(target, wanted, client, store):
    coding = target.need("codings")[0]
    path = store.made(client, b"again and again " * 400)
    answer = client.get(path, {"Accept-Encoding": coding, "Want-Repr-Digest": "sha-256=1"})
    assert answer.headers["Content-Encoding"] == coding
    assert "Repr-Digest" in wanted
    assert is_of(answer, "Repr-Digest", answer.body)


@requirement("9530-2-02", "9530-3.1-01")
@pytest.mark.parametrize("field", ["Content-Digest", "Repr-Digest"])
@pytest.mark.parametrize("name", sorted(ACTIVE))
def test_a_digest_of_what_is_sent_must_be_true(wanted, client, store, field, name):
    path = store.unused()
    wrong = digest(b"something else", name)
    assert store.put(client, path, headers={field: wrong}).status == 400
    assert client.get(path).status == 404
    assert store.put(client, path, headers={field: digest(store.content, name)}).status == 201
    assert store.put(client, path, store.other, {field: wrong}).status == 400
    assert client.get(path).body == store.content
    # One that is wrong is enough; one that nobody knows is ignored.
    both = f"{digest(store.other, 'sha-256')}, {digest(b'x', 'sha-512')}"
    assert store.put(client, path, store.other, {field: both}).status == 400
    unknown = f"unknown=:AAAA:, {digest(store.other)}"
    assert store.put(client, path, store.other, {field: unknown}).status in (200, 204)


@requirement("9530-3.1-01")
@pytest.mark.parametrize("field", ["Content-Digest", "Repr-Digest"])
def test_a_digest_with_a_patch_is_of_the_patch(wanted, client, values, field):
    path = values.made(client)
    before = client.get(path).body
    patch = b'{"a": 2}'
    assert client.patch(path, {**MERGE, field: digest(b"x")}, patch).status == 400
    assert client.get(path).body == before
    assert client.patch(path, {**MERGE, field: digest(patch)}, patch).status in (200, 204)
    assert client.get(path).json()["a"] == 2


@requirement("9530-3.1-02")
def test_a_digest_in_the_reply_to_a_write_is_of_what_is_returned(wanted, client, document):
    path = document.made(client)
    fields = {"Prefer": "return=representation", "Want-Repr-Digest": "sha-256=1"}
    answer = document.put(client, path, document.other, fields)
    assert answer.status == 200
    if "Repr-Digest" in answer.headers:
        assert is_of(answer, "Repr-Digest", answer.body)
    else:  # then a GET tells it
        shown = client.get(path, fields)
        assert is_of(shown, "Repr-Digest", shown.body) and shown.body == answer.body


@requirement("9530-2-03")
def test_a_digest_may_come_in_a_trailer(wanted, client, store):
    path = store.unused()
    sent = {"chunked": True, "trailers": {"Content-Digest": digest(store.content)}}
    assert client.put(path, {**store.headers, "Trailer": "Content-Digest"}, store.content, **sent).status == 201
    sent["trailers"] = {"Content-Digest": digest(b"x")}
    wrong = client.put(path, {**store.headers, "Trailer": "Content-Digest"}, store.other, **sent)
    if wrong.status == 400:
        assert client.get(path).body == store.content
    else:  # ignored, as all trailers may be
        assert client.get(path).body == store.other
