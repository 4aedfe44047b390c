"""RFC 8297: 103 (Early Hints)."""

import link
import pytest
from ledger import requirement


@pytest.fixture
def hinted(target):
    """The path of something whose GET is announced."""
    return target.need("hinted")


@requirement("8297-2-01", "8297-2-05", "9110-15.2-04")
def test_what_the_answer_will_need_is_told_before_it(target, client, hinted):
    answer = client.get(hinted["path"], hinted.get("headers", {}))
    assert answer.status == 200
    assert len(answer.interim) >= 1
    for interim in answer.interim:
        assert interim.status == 103
        assert len(link.parse(interim.headers.get("Link"))) > 0
        assert "Content-Length" not in interim.headers and "Content-Type" not in interim.headers
    assert client.get(target.page()).status == 200  # the connection goes on


@requirement("8297-2-04")
def test_the_last_answer_tells_all_that_counts(client, hinted):
    answer = client.get(hinted["path"], hinted.get("headers", {}))
    final = {(one.target, one.rel) for one in link.parse(answer.headers.get("Link"))}
    hints = {(one.target, one.rel) for interim in answer.interim for one in link.parse(interim.headers.get("Link"))}
    assert hints <= final


@requirement("8297-3-01", "9110-15.2-01")
def test_who_may_not_cope_gets_no_hints(target, client, hinted, page):
    assert client.get(page).interim == []
    if "headers" in hinted:  # without what shows that it would cope
        assert client.get(hinted["path"]).interim == []
    fields = [f"{name}: {value}" for name, value in hinted.get("headers", {}).items()]
    raw = target.ask_bytes(f"GET {hinted['path']} HTTP/1.0", *fields)
    assert raw.startswith(b"HTTP/1.1 200 ")
