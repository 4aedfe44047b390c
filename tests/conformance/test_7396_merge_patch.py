"""RFC 7396: JSON Merge Patch."""

import pytest
from ledger import requirement

MERGE = {"Content-Type": "application/merge-patch+json"}
# Appendix A: the original, the patch, the result.
CASES = [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}),
    ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b"}, {"a": None}, {}),
    ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
    ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
    (["a", "b"], ["c", "d"], ["c", "d"]),
    ({"a": "b"}, ["c"], ["c"]),
    ({"a": "foo"}, None, None),
    ({"a": "foo"}, "bar", "bar"),
    ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
    ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
    ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
]


def merged(client, values, before, patch):
    path = values.made(client, before)
    answer = client.patch(path, MERGE, json=patch) if patch is not None else client.patch(path, MERGE, b"null")
    assert answer.status in (200, 204), answer
    return client.get(path).json()


@requirement("7396-1-01", "7396-2-01", "7396-2-02", "7396-2-04", "7396-2-07")
@pytest.mark.parametrize("before, patch, after", CASES)
def test_the_cases_of_the_appendix(client, values, before, patch, after):
    assert merged(client, values, before, patch) == after


@requirement("7396-2-06")
def test_a_null_for_what_is_not_there_does_nothing(client, values):
    assert merged(client, values, {"a": 1}, {"zz": None}) == {"a": 1}
    assert merged(client, values, {"a": {"b": 1}}, {"a": {"zz": None}}) == {"a": {"b": 1}}


@requirement("7396-2-07")
def test_a_null_that_was_there_stays(client, values):
    assert merged(client, values, {"e": None, "f": {"g": None}}, {"f": {"h": 1}}) == {"e": None, "f": {"g": None, "h": 1}}


@requirement("7396-2-03")
@pytest.mark.parametrize("patch", [b'{"a":1,"a":2}', b'{"b":{"c":1,"c":null}}', b'{"a":1,"\\u0061":2}'])
def test_a_name_that_stands_twice_is_400(client, values, patch):
    path = values.made(client, {"a": 0})
    assert client.patch(path, MERGE, patch).status == 400
    assert client.get(path).json() == {"a": 0}


@requirement("7396-2-05")
def test_a_merge_works_on_data_and_its_tag_is_of_the_result(client, values):
    path = values.made(client, b'{ "b" : 1.0 ,\n "a" : [ 1 ] }')
    before = client.get(path)
    assert client.patch(path, MERGE, json={"c": True}).status in (200, 204)
    after = client.get(path)
    assert after.json() == {"b": 1.0, "a": [1], "c": True}
    assert after.headers["ETag"] != before.headers["ETag"]


@requirement("7396-5-01")
def test_what_is_the_servers_is_not_changed(client, document):
    path, owned = document.made(client), document.need("server-owned")
    answer = client.patch(path, MERGE, json={**owned, **document.need("part")})
    state = client.get(path).json()
    for name, value in owned.items():
        assert state[name] != value
    if answer.status in (200, 204):  # ignored; the rest was done
        assert all(state[name] == value for name, value in document.need("part").items())
    else:
        assert answer.status in (403, 422)
