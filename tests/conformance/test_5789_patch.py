"""RFC 5789: PATCH, whatever the format of the patch."""

import json
import threading

import pytest
from ledger import requirement

MERGE = {"Content-Type": "application/merge-patch+json"}
PATCH = {"Content-Type": "application/json-patch+json"}
FAILS = [{"op": "add", "path": "/x", "value": 1}, {"op": "test", "path": "/x", "value": 2}]


@pytest.fixture
def path(client, values):
    return values.made(client, {"a": 1, "list": [1, 2]})


def unchanged(client, path, before):
    after = client.get(path)
    return (after.body, after.headers["ETag"]) == (before.body, before.headers["ETag"])


@requirement("5789-2-01", "5789-2.2-05")
@pytest.mark.parametrize("headers, patch", [(MERGE, {"a": 1}), (PATCH, [{"op": "add", "path": "/a", "value": 1}])])
def test_a_patch_of_nothing_creates_or_is_404(client, values, headers, patch):
    path = values.unused()
    answer = client.patch(path, headers, json=patch)
    if answer.status == 201:
        assert client.get(path).json() == {"a": 1}
    else:
        assert answer.status == 404
        assert client.get(path).status == 404


@requirement("5789-2-02")
def test_a_patch_is_done_each_time(client, path):
    append = [{"op": "add", "path": "/list/-", "value": 3}]
    for _ in range(2):
        assert client.patch(path, PATCH, json=append).status in (200, 204)
    assert client.get(path).json()["list"] == [1, 2, 3, 3]


@requirement("5789-2-04", "5789-2-05")
def test_no_reader_sees_half_of_a_patch(target, client, values):
    size, rounds = 200, 20
    path = values.made(client, dict.fromkeys((f"k{n}" for n in range(size)), 0))
    seen, done = [], threading.Event()

    def read():
        reader = target.client()
        while not done.is_set():
            seen.append(reader.get(path).json())

    reading = threading.Thread(target=read)
    reading.start()
    try:
        for number in range(1, rounds + 1):
            patch = [{"op": "replace", "path": f"/k{n}", "value": number} for n in range(size)]
            assert client.patch(path, PATCH, json=patch).status in (200, 204)
    finally:
        done.set()
        reading.join()
    assert len(seen) > 1
    assert all(len(set(state.values())) == 1 for state in seen)


@requirement("5789-2-05", "6902-5-01", "6902-5-02", "5789-2.2-06")
def test_a_patch_that_fails_at_its_end_does_nothing(client, path):
    before = client.get(path)
    answer = client.patch(path, PATCH, json=FAILS)
    assert 400 <= answer.status < 500 and answer.status != 412
    assert "1" in answer.text  # the operation that failed
    assert unchanged(client, path, before)


@requirement("5789-2-09", "5789-2-10")
def test_fields_of_a_patch_are_about_the_patch(client, path):
    usual = client.get(path).headers
    fields = {"Content-Language": "de", "Content-Location": "/x", "Content-Disposition": "inline", "X-Foo": "bar"}
    assert client.patch(path, {**MERGE, **fields}, json={"a": 2}).status in (200, 204)
    kept = client.get(path).headers
    assert kept["Content-Type"] == usual["Content-Type"]
    for name, value in fields.items():
        assert kept.get(name) != value


@requirement("5789-2-11", "5789-2.2-02")
@pytest.mark.parametrize("headers", [MERGE, PATCH])
def test_text_takes_no_json_patch(target, client, store, headers):
    path = store.made(client)
    assert client.patch(path, headers, b"[]").status in (405, 415, 422)
    assert client.get(path).body == store.content


@requirement("5789-2.1-01", "9110-15.3.1-03")
@pytest.mark.parametrize("headers, patch", [(MERGE, {"a": 2}), (PATCH, [{"op": "replace", "path": "/a", "value": 2}])])
def test_a_patch_that_is_done_tells_the_new_state(client, path, headers, patch):
    before = client.get(path)
    answer = client.patch(path, headers, json=patch)
    assert answer.status in (200, 204)
    after = client.get(path)
    assert after.json()["a"] == 2
    assert answer.headers["ETag"] == after.headers["ETag"] != before.headers["ETag"]
    if answer.status == 200:
        assert answer.body == after.body


@requirement("5789-2.2-01", "7396-4-01", "6902-3-01", "5789-2.2-07")
@pytest.mark.parametrize("headers, body", [
    (MERGE, b'{"a": '), (MERGE, b""), (MERGE, b"{'a': 1}"), (MERGE, b'{"a": 1} x'), (MERGE, b'{"a": \xff}'), (MERGE, b'{"a": 01}'),
    (PATCH, b"[{"), (PATCH, b""), (PATCH, b'{"op": "add"}'), (PATCH, b'"x"'), (PATCH, b"[1]"), (PATCH, b"null"),
])  # fmt: skip
def test_a_patch_that_is_malformed_is_400_and_explained(client, path, headers, body):
    before = client.get(path)
    answer = client.patch(path, headers, body)
    assert answer.status in ((400,) if headers is MERGE else (400, 422))
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert len(answer.json().get("detail", "")) > 0
    assert unchanged(client, path, before)


@requirement("5789-2.2-02", "5789-2.2-03", "9110-15.5.16-02")
@pytest.mark.parametrize("headers", [{"Content-Type": "text/plain"}, {"Content-Type": "application/json"}, {}])
def test_a_format_that_it_does_not_take_is_415_and_says_which_it_takes(client, path, headers):
    before = client.get(path)
    answer = client.patch(path, headers, b"{}")
    assert answer.status == 415
    assert set(answer.headers.tokens("Accept-Patch")) == {MERGE["Content-Type"], PATCH["Content-Type"]}
    assert unchanged(client, path, before)


@requirement("5789-2.2-04", "5789-2.2-07", "9110-15.5.21-01")
def test_a_patch_whose_result_does_not_fit_is_422_and_explained(client, document):
    path, invalid = document.made(client), document.need("invalid")
    before = client.get(path)
    answer = client.patch(path, MERGE, json=invalid)
    assert answer.status == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    for name in invalid:
        assert name in answer.text
    assert unchanged(client, path, before)


@requirement("5789-2.2-06")
def test_a_patch_of_what_is_not_there_is_no_failed_precondition(client, path):
    remove = [{"op": "remove", "path": "/none"}]
    assert client.patch(path, PATCH, json=remove).status in (409, 422)
    tag = client.get(path).headers["ETag"]
    assert client.patch(path, {**PATCH, "If-Match": tag}, json=remove).status in (409, 422)
    assert client.patch(path, {**PATCH, "If-Match": '"stale"'}, json=remove).status == 412


@requirement("5789-3.1-01", "5789-3.1-02")
def test_every_format_that_is_offered_is_taken(client, path):
    offered = client.options(path).headers
    assert "patch" in offered.tokens("Allow")
    formats = offered.tokens("Accept-Patch")
    assert len(formats) > 0
    for media_type in formats:
        body = b"[]" if media_type == PATCH["Content-Type"] else b"{}"
        assert client.patch(path, {"Content-Type": media_type}, body).status in (200, 204)


@requirement("5789-5-01")
def test_a_patch_that_doubles_and_doubles_is_stopped(target, client, values, page):
    path = values.made(client, {"x": "y" * 1000})
    doubling = [{"op": "add", "path": "/l", "value": ["y" * 1000]}]
    doubling += [{"op": "copy", "from": "/l", "path": "/l/-"}] * 60  # 2 ** 60 of them
    assert client.patch(path, PATCH, json=doubling).status in (400, 413, 422)
    many = [{"op": "add", "path": "/x", "value": 1}] * 200_000
    assert client.patch(path, PATCH, json.dumps(many)).status in (400, 413, 422)
    deep = '{"a":' * 100_000 + "1" + "}" * 100_000
    assert client.patch(path, MERGE, deep).status in (400, 413, 422)
    assert client.get(path).json() == {"x": "y" * 1000}
    assert target.is_alive(page)
