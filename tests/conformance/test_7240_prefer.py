"""RFC 7240: preferences."""

import pytest
from ledger import requirement


@requirement("7240-2-01")
@pytest.mark.parametrize("preference", ["foo", 'foo="bar"; baz', "return=x-none", "wait=x", ", ,", "return", "=", '"', "foo;;;a=b"])
def test_a_preference_that_it_does_not_know_changes_nothing(client, document, page, preference):
    assert client.get(page, {"Prefer": preference}).status == 200
    path = document.unused()
    assert document.put(client, path, headers={"Prefer": preference}).status == 201
    usual = document.put(client, document.made(client), document.other)
    answer = document.put(client, path, document.other, {"Prefer": preference})
    assert answer.status == usual.status
    assert "Preference-Applied" not in answer.headers


@requirement("7240-2-03")
@pytest.mark.parametrize("first, second, status", [("minimal", "representation", 204), ("representation", "minimal", 200)])
def test_the_first_of_a_preference_counts(client, document, first, second, status):
    path = document.made(client)
    for fields in ([("Prefer", f"return={first}, return={second}")], [("Prefer", f"return={first}"), ("Prefer", f"return={second}")]):
        answer = document.put(client, path, document.other, fields)
        assert answer.status == status
        assert answer.headers["Preference-Applied"] == f"return={first}"


@requirement("7240-4.4-01")
def test_handling_is_strict_or_lenient_and_not_both(target, client):
    lenient = target.need("lenient")
    path, strict = lenient["path"], lenient["status"]
    assert client.get(path).status == strict
    assert client.get(path, {"Prefer": "handling=strict"}).status == strict
    answer = client.get(path, {"Prefer": "handling=lenient"})
    assert answer.status == 200
    assert "handling=lenient" in answer.headers.tokens("Preference-Applied")
    for both in ("handling=strict, handling=lenient", "handling=lenient, handling=strict"):
        assert client.get(path, {"Prefer": both}).status == strict


@requirement("7240-2-04")
def test_what_a_preference_can_change_varies_by_it(target, client):
    counted = target.need("counted")
    plain = client.get(counted["path"])
    asked = client.get(counted["path"], {"Prefer": counted["preference"]})
    assert asked.headers["Preference-Applied"] == counted["preference"]
    for answer in (plain, asked):
        assert "prefer" in answer.headers.tokens("Vary")
