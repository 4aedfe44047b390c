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
