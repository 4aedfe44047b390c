"""RFC 9110 sections 10 and 12: expectations, fields of context, negotiation."""

import re

import pytest
from ledger import requirement

NONE = "application/x-none"


def announce(target, path, headers, *fields, version="1.1", method="PUT", length=5):
    """The head of a request whose content waits for 100 (Continue)."""
    return target.message(f"{method} {path} HTTP/{version}", f"Content-Type: {headers['Content-Type']}",
                          f"Content-Length: {length}", "Expect: 100-continue", *fields)  # fmt: skip


# Section 10.1.1: Expect


@requirement("9110-10.1.1-01", "9110-15.5.18-01")
@pytest.mark.parametrize("expectation", ["foo", "100-continues", "100-continue, foo", '100-continue="x"', "200-ok"])
def test_an_expectation_that_it_does_not_know_is_417(client, store, page, expectation):
    path = store.unused()
    assert store.put(client, path, headers={"Expect": expectation}).status == 417
    assert client.get(path).status == 404
    assert client.get(page, {"Expect": expectation}).status == 417


@requirement("9110-10.1.1-02", "9110-10.1.1-09", "9110-10.1.1-11", "9110-10.1.1-12", "9110-15-03", "9110-15.2-04")
@pytest.mark.parametrize("expectation", ["100-continue", "100-Continue", ", 100-CONTINUE ,"])
def test_100_comes_before_the_content_and_one_answer_after_it(target, client, store, expectation):
    path = store.unused()
    with target.connect() as connection:
        connection.send(target.message(f"PUT {path} HTTP/1.1", f"Content-Type: {store.type}", "Content-Length: 5",
                                       f"Expect: {expectation}"))  # fmt: skip
        interim = connection.read_interim()
        assert interim.status == 100
        assert "Content-Length" not in interim.headers
        connection.send(b"hello" + target.message(f"GET {path} HTTP/1.1"))
        answer = connection.read_response("PUT")
        assert (answer.status, answer.interim) == (201, [])
        assert connection.read_response().body == b"hello"


@requirement("9110-10.1.1-07", "9110-15.2-01")
def test_http_1_0_gets_no_interim_response(target, client, store):
    path = store.unused()
    with target.connect() as connection:
        connection.send(announce(target, path, store.headers, version="1.0"))
        assert connection.is_silent(0.2)
        connection.send(b"hello")
        answer = connection.read_response("PUT")
        assert (answer.status, answer.interim) == (201, [])
    assert client.get(path).body == b"hello"


@requirement("9110-10.1.1-08")
def test_nothing_is_awaited_where_there_is_no_content(target, store):
    with target.connect() as connection:
        connection.send(announce(target, store.unused(), store.headers, length=0))
        answer = connection.read_response("PUT")
        assert (answer.status, answer.interim) == (201, [])


@requirement("9110-10.1.1-11", "9110-10.1.1-10", "9112-9.3-05")
@pytest.mark.parametrize("why, status", [("type", 415), ("method", 405), ("precondition", 412), ("size", 413),
                                         ("unknown", 501)])  # fmt: skip
def test_what_its_head_decides_is_refused_without_100(target, client, store, why, status):
    path = store.made(client)
    type_ = {"Content-Type": "image/x-none"} if why == "type" else store.headers
    fields = ['If-Match: "none"'] if why == "precondition" else []
    method = {"unknown": "FOOBAR", "method": target.need("read-only")["method"]}.get(why, "PUT")
    there = target.need("read-only")["path"] if why == "method" else path
    length = target.need("limits")["content"] + 1 if why == "size" else 5
    with target.connect() as connection:
        connection.send(announce(target, there, type_, *fields, method=method, length=length))
        answer = connection.read_response(method)
        assert (answer.status, answer.interim) == (status, [])
        if "close" in answer.headers.tokens("Connection"):
            assert connection.at_end()
        else:  # the content is still due, and is no request
            connection.send(b"x" * length + target.message(f"GET {path} HTTP/1.1"))
            assert connection.read_response().body == store.content
    assert client.get(path).body == store.content


# Section 10.2


@requirement("9110-10.2.4-01", "9110-10.2.4-02", "9110-10.2.4-03")
def test_server_is_short_or_not_there(client, page):
    server = client.get(page).headers.get("Server", "")
    assert re.fullmatch(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+(/[0-9]+(\.[0-9]+)?)?)?", server)


# Section 12: negotiation


@pytest.fixture
def types(target):
    return target.need("types")


def type_of(client, types, accept):
    """What is sent for an Accept; None for 406."""
    answer = client.get(types["path"], {} if accept is None else {"Accept": accept})
    if answer.status == 406:
        return None
    assert answer.status == 200, answer
    return answer.headers["Content-Type"].partition(";")[0]


@requirement("9110-12.1-01", "9110-12.4.1-02", "9110-12.4.3-01", "9110-15.5.7-01")
@pytest.mark.parametrize("accept", [NONE, "image/*", "text/x-none, image/png;q=0.5", "*/*;q=0"])
def test_406_says_what_there_is(client, types, accept):
    answer = client.get(types["path"], {"Accept": accept})
    assert answer.status == 406
    for one in types["offered"]:
        assert one in answer.text


@requirement("9110-12.4.1-01")
def test_who_says_nothing_takes_anything(client, types):
    assert type_of(client, types, None) == type_of(client, types, "*/*") == types["offered"][0]


@requirement("9110-12.4.2-01", "9110-12.4.3-01", "9110-12.5.1-01", "9110-12.5.1-03")
@pytest.mark.parametrize("accept, wanted", [
    ("{0}", 0), ("{1}", 1), ("{1}, {0}", 0), ("{1};q=0.9, {0};q=0.8", 1), ("{0};q=0.001, {1};q=0.002", 1),
    ("{0};q=0, */*", 1), ("{0};Q=0, */*", 1), ("{1};q=0.000, */*", 0), ("{0};q=0", None), ("{0};q=0, {1};q=0", None),
    ("*/*;q=0.5, {1}", 1), ("*/*, {0};q=0.5", 1), ("{1main}/*, */*;q=0.5", 1), ("{1main}/*;q=0.5, */*", 0),
    ("{1main}/*;q=0.9, {1};q=0.1, {0};q=0.5", 0), ("*/*;q=0.9, {1main}/*;q=0.1, {0};q=0.5", 0),
    ("{0};q=0.1;level=1, {1};q=0.2", 1), ("{0}, {1};q=1.0", 0), (NONE + ", {1};q=0.1", 1),
])  # fmt: skip
def test_the_most_specific_range_weighs_and_the_heaviest_wins(client, types, accept, wanted):
    first, second = types["offered"][:2]
    assert first.split("/")[0] != second.split("/")[0]
    names = {"1main": second.split("/")[0]}
    text = accept.format(first, second, **names)
    assert type_of(client, types, text) == (None if wanted is None else types["offered"][wanted])


@requirement("9110-12.5.2-01")
@pytest.mark.parametrize("charset", ["iso-8859-1", "x-none", "utf-8;q=0"])
def test_accept_charset_is_ignored(client, page, charset):
    plain, asked = client.get(page), client.get(page, {"Accept-Charset": charset})
    assert (asked.status, asked.body, asked.headers["Content-Type"]) == (200, plain.body, plain.headers["Content-Type"])


@requirement("9110-12.5.4-01", "9110-8.5-01")
@pytest.mark.parametrize("language", ["de", "de;q=0, *;q=0", "x-none"])
def test_a_language_that_there_is_not_refuses_nothing(client, page, language):
    answer = client.get(page, {"Accept-Language": language})
    assert answer.status == 200
    assert "Content-Language" not in answer.headers  # for everyone


@requirement("9110-12.5.5-01")
def test_vary_names_what_chose(client, types):
    path = types["path"]
    full = client.get(path)
    answers = [full, client.head(path), client.get(path, {"Accept": types["offered"][1]}),
               client.get(path, {"Accept": NONE}), client.get(path, {"If-None-Match": full.headers["ETag"]})]  # fmt: skip
    assert [answer.status for answer in answers] == [200, 200, 200, 406, 304]
    for answer in answers:
        assert "accept" in answer.headers.tokens("Vary")
