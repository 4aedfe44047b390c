"""RFC 6902: JSON Patch."""

import pytest
from ledger import requirement

PATCH = {"Content-Type": "application/json-patch+json"}
REFUSED = (400, 409, 422)


@pytest.fixture
def patched(client, values):
    """What a patch makes of a value; its status where it is refused, which changes nothing."""

    def apply(before, patch):
        path = values.made(client, before)
        tag = client.get(path).headers["ETag"]
        body = {"body": patch} if isinstance(patch, (str, bytes)) else {"json": patch}
        answer = client.patch(path, PATCH, **body)
        after = client.get(path)
        if answer.status in (200, 204):
            return after.json()
        assert (after.json(), after.headers["ETag"]) == (before, tag)
        return answer.status

    return apply


def op(name, path, **members):
    return {"op": name, "path": path, **{"from" if key == "from_" else key: value for key, value in members.items()}}


@requirement("6902-3-01")
def test_operations_are_applied_in_their_order(patched):
    patch = [op("add", "/b", value=1), op("move", "/c", from_="/b"), op("test", "/c", value=1), op("remove", "/a")]
    assert patched({"a": 0}, patch) == {"c": 1}
    for wrong in ({}, "x", 1, None, [1], [[]], [None], {"0": op("remove", "/a")}):
        assert patched({"a": 0}, wrong) in REFUSED
    assert patched({"a": 0}, []) == {"a": 0}


@requirement("6902-4-01")
@pytest.mark.parametrize("operation", [{"op": "merge", "path": "/a", "value": 1}, {"path": "/a", "value": 1}, {"op": 1, "path": "/a"},
                                       {"op": "ADD", "path": "/b", "value": 1}, {"op": None, "path": "/a"}, {"op": "", "path": "/a"}])  # fmt: skip
def test_an_operation_is_one_of_six(patched, operation):
    assert patched({"a": 0}, [operation]) in REFUSED


@requirement("6902-4-02")
@pytest.mark.parametrize("path", [None, 1, "a", "a/b", "/~", "/~2", ["a"], "#/a"])
def test_an_operation_has_one_pointer(patched, path):
    assert patched({"a": 0}, [{"op": "remove", "path": path}]) in REFUSED
    assert patched({"a": 0}, [{"op": "remove"}]) in REFUSED


@requirement("6902-4-03")
def test_members_that_an_operation_does_not_know_are_ignored(patched):
    assert patched({"a": 0, "b": 1}, [op("remove", "/a", value=1, from_="/b", foo="bar")]) == {"b": 1}


@requirement("6902-4-04")
@pytest.mark.parametrize("twice", ['"op":"add","op":"remove","path":"/a","value":1', '"op":"remove","path":"/a","path":"/b"',
                                   '"op":"add","path":"/a","value":1,"value":2'])  # fmt: skip
def test_a_member_that_stands_twice_is_refused(patched, twice):
    assert patched({"a": 0, "b": 1}, "[{" + twice + "}]") == 400


@requirement("6902-4.1-01", "6902-4.1-03")
@pytest.mark.parametrize("before, path, value, after", [
    ({"l": [0, 2]}, "/l/1", 1, {"l": [0, 1, 2]}), ({"l": [0, 2]}, "/l/0", 1, {"l": [1, 0, 2]}), ({"l": [0, 2]}, "/l/2", 1, {"l": [0, 2, 1]}),
    ({"l": [0]}, "/l/-", [1], {"l": [0, [1]]}), ({"a": 0}, "/a", 1, {"a": 1}), ({"a": 0}, "/b", None, {"a": 0, "b": None}),
    ({"a": 0}, "", [1], [1]), ({"a": 0}, "/", 1, {"a": 0, "": 1}), ({}, "/a~1b~0", 1, {"a/b~": 1}), ({}, "/~01", 1, {"~1": 1}), ([], "/0", 1, [1]),
])  # fmt: skip
def test_add(patched, before, path, value, after):
    assert patched(before, [op("add", path, value=value)]) == after


@requirement("6902-4.1-01", "6902-4.1-02", "6902-4.1-04")
@pytest.mark.parametrize("operation", [op("add", "/l/9", value=1), op("add", "/l/3", value=1), op("add", "/l/01", value=1),
                                       op("add", "/l/-1", value=1), op("add", "/l/x", value=1), op("add", "/n/b", value=1),
                                       op("add", "/a/b", value=1), op("add", "/b")])  # fmt: skip
def test_add_where_it_cannot(patched, operation):
    assert patched({"a": 0, "l": [1, 2]}, [op("add", "/c", value=1), operation]) in REFUSED


@requirement("6902-4.2-01")
def test_remove(patched):
    assert patched({"a": 0, "l": [1, 2, 3]}, [op("remove", "/a"), op("remove", "/l/1")]) == {"l": [1, 3]}
    for path in ("/none", "/l/3", "/l/-", "/a/b"):
        assert patched({"a": 0, "l": [1, 2, 3]}, [op("remove", "/a"), op("remove", path)]) in REFUSED


@requirement("6902-4.3-01")
def test_replace(patched):
    assert patched({"a": 0, "l": [1]}, [op("replace", "/a", value=None), op("replace", "/l/0", value={})]) == {"a": None, "l": [{}]}
    assert patched({"a": 0}, [op("replace", "", value=1)]) == 1
    for wrong in (op("replace", "/none", value=1), op("replace", "/a"), op("replace", "/l/1", value=1), op("replace", "/l/-", value=1)):
        assert patched({"a": 0, "l": [1]}, [op("remove", "/a"), op("add", "/a", value=2), wrong]) in REFUSED


@requirement("6902-4.4-01", "6902-4.4-02")
def test_move(patched):
    assert patched({"a": {"b": 1}, "l": [1, 2]}, [op("move", "/c", from_="/a/b"), op("move", "/l/1", from_="/l/0")]) == {"a": {}, "c": 1, "l": [2, 1]}
    assert patched({"a": 1}, [op("move", "/a", from_="/a")]) == {"a": 1}
    for wrong in (op("move", "/x", from_="/none"), op("move", "/a/b/c", from_="/a"), op("move", "/a/b", from_="/a"), op("move", "/x")):
        assert patched({"a": {"b": {}}}, [op("add", "/y", value=1), wrong]) in REFUSED


@requirement("6902-4.5-01")
def test_copy(patched):
    assert patched({"a": {"b": 1}}, [op("copy", "/a/c", from_="/a"), op("replace", "/a/b", value=2)]) == {"a": {"b": 2, "c": {"b": 1}}}
    for wrong in (op("copy", "/x", from_="/none"), op("copy", "/x"), op("copy", "/x/y", from_="/a")):
        assert patched({"a": 1}, [op("add", "/y", value=1), wrong]) in REFUSED


@requirement("6902-4.6-01")
@pytest.mark.parametrize("there, asked, equal", [
    ("1", "1.0", True), ("1", "10e-1", True), ("100", "1e2", True), ("-0", "0", True), ("1", '"1"', False), ("1", "true", False), ("0", "false", False),
    ("null", "false", False), ('"a"', '"\\u0061"', True), ('"a"', '"A"', False), ('{"x":1,"y":2}', '{"y":2,"x":1.0}', True),
    ('{"x":1}', '{"x":1,"y":2}', False), ("[1,2]", "[1,2]", True), ("[1,2]", "[2,1]", False), ("9007199254740993", "9007199254740992", False),
])  # fmt: skip
def test_equality_is_that_of_json(patched, values, there, asked, equal):
    after = patched({"a": 0}, f'[{{"op":"add","path":"/b","value":{there}}},{{"op":"test","path":"/b","value":{asked}}}]')
    assert (after not in REFUSED) == equal
    assert patched({"a": 0}, [op("test", "/a")]) in REFUSED
    assert patched({"a": 0}, [op("test", "/none", value=None)]) in REFUSED


@requirement("6902-5-01", "6902-5-02")
def test_the_first_operation_that_fails_ends_it_and_is_named(client, values):
    path = values.made(client, {"a": 0})
    patch = [op("add", "/b", value=1), op("remove", "/first"), op("remove", "/second")]
    answer = client.patch(path, PATCH, json=patch)
    assert answer.status in REFUSED
    assert "first" in answer.text or "/1" in answer.text
    assert "second" not in answer.text
    assert client.get(path).json() == {"a": 0}
