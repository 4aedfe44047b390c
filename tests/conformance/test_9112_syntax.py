"""RFC 9112 sections 2 to 5 and 11: the bytes of a head, both ways."""

import re

import pytest
from ledger import requirement

HEAD = re.compile(
    rb"HTTP/1\.1 [1-5][0-9][0-9] [\t -~\x80-\xff]*\r\n"
    rb"(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+: (?:[!-~\x80-\xff](?:[\t -~\x80-\xff]*[!-~\x80-\xff])?)?\r\n)*\r\n"
)


def refused(target, data, statuses=(400,)):
    """It is refused, nothing behind it is answered, and the connection ends."""
    with target.connect() as connection:
        connection.send(data + target.message("GET /behind HTTP/1.1"))
        answer = connection.read_response()
        assert answer.status in statuses, answer
        assert "close" in answer.headers.tokens("Connection")
        connection.half_close()
        assert connection.read_to_end() == b""
    return answer


# What is sent


@requirement("9112-2.2-03", "9112-2.2-07", "9112-4-01", "9112-5.2-01", "9110-5.6.3-01")
def test_heads_are_sent_as_the_grammar_has_them(target, client, page, store):
    path = store.made(client)
    for line, *fields in (
        (f"GET {page} HTTP/1.1",), (f"HEAD {page} HTTP/1.1",), (f"GET {page} HTTP/1.0",), ("OPTIONS * HTTP/1.1",),
        (f"GET {target.need('missing')} HTTP/1.1",), (f"FOOBAR {page} HTTP/1.1",), (f"DELETE {path} HTTP/1.1",),
        (f"GET {page} HTTP/1.1", "If-None-Match: *"), (f"GET {page} HTTP/1.1", "X : y"), ("garbage",),
    ):  # fmt: skip
        raw = target.ask_bytes(line, *fields)
        match = HEAD.match(raw)
        assert match, raw
        assert b"\r" not in match[0].replace(b"\r\n", b"")


@requirement("9112-11.1-01")
@pytest.mark.parametrize("injected", ["%0d%0aX-Injected:1", "%0aX-Injected:1", "%0dX-Injected:1", "%E5%98%8AX-Injected:1"])
def test_what_a_client_sends_is_never_a_field_of_the_answer(target, client, store, injected):
    moved = target.need("moved")["path"] + "?u=" + injected
    assert injected in target.ask(f"GET {moved} HTTP/1.1").headers["Location"]
    for path in (moved, store.unused() + injected, target.need("missing") + injected):
        for method in ("GET", "PUT", "OPTIONS"):
            raw = target.ask_bytes(f"{method} {path} HTTP/1.1", "Content-Length: 0", f"Content-Type: {store.type}")
            head = raw.partition(b"\r\n\r\n")[0]
            assert re.search(rb"^HTTP/1\.1 [2345]", head)
            assert not re.search(rb"(?m)^X-Injected", head.replace(b"\r", b"\n"))


# The request line


@requirement("9112-2.2-02")
def test_a_bare_lf_ends_a_line_or_is_400(target, client, page):
    whole = f"GET {page} HTTP/1.1\nHost: {target.authority}\n\n".encode()
    with target.connect() as connection:
        connection.send(whole + whole)
        connection.half_close()
        first = connection.read_response()
        if first.status == 400:
            assert connection.at_end()
        else:
            assert (first.status, connection.read_response().status) == (200, 200)


@requirement("9112-2.2-04", "9112-3-01", "9112-3.2-01", "9112-3.2-02", "9110-15.5.1-01")
@pytest.mark.parametrize("line", [
    "GET\r{0} HTTP/1.1", "GET {0}\r HTTP/1.1", "GET {0} HTTP/1.1\r", "GET  {0} HTTP/1.1", "GET\t{0} HTTP/1.1",
    "GET {0}  HTTP/1.1", "GET {0}\tHTTP/1.1", "GET {0} HTTP/1.1 ", " GET {0} HTTP/1.1", "GET {0} b HTTP/1.1",
    "GET {0} HTTP/1.1 x", "GET {0}\0 HTTP/1.1", "GET {0}\xff HTTP/1.1", "GET {0}<b> HTTP/1.1", 'GET {0}"b" HTTP/1.1',
    "GET {0}%zz HTTP/1.1", "GET {0}% HTTP/1.1", "GET {0}\\b HTTP/1.1", "G(T {0} HTTP/1.1", "G\x01T {0} HTTP/1.1",
    "GET\x0b{0} HTTP/1.1", "GET texts/page HTTP/1.1", "GET {0}", "{0} HTTP/1.1",
])  # fmt: skip
def test_a_request_line_that_is_malformed_is_400(target, page, line):
    refused(target, target.message(line.format(page)))


@requirement("9112-2.2-09", "9112-A.3.1-01")
@pytest.mark.parametrize("data", [b"GARBAGE\r\n\r\n", b"GET /\r\n", b"GET /\r\n\r\n", b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03\r\n\r\n",
                                  b"\0\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n", b"{}\r\n\r\n", b":\r\n\r\n"])  # fmt: skip
def test_what_is_no_request_is_400(target, page, data):
    with target.connect() as connection:
        connection.send(data)
        connection.half_close()
        answer = connection.read_response()
        assert answer.status == 400
        assert connection.at_end()
    assert target.is_alive(page)


@requirement("9112-2.2-06")
@pytest.mark.parametrize("times", [1, 2])
def test_empty_lines_before_a_request_are_skipped(target, page, times):
    request = b"\r\n" * times + target.message(f"GET {page} HTTP/1.1")
    assert [answer.status for answer in target.raw(request * 2)] == [200, 200]


@requirement("9112-2.3-01")
@pytest.mark.parametrize("version", ["http/1.1", "Http/1.1", "HTTP/1.10", "HTTP/01.1", "HTTP/1.", "HTTP/.1", "HTTP/1", "HTTP/1.1.1",
                                     "HTTP/1,1", "HTTP/11", "HTTP /1.1", "HTTP/ 1.1", "HTTP/x.1", "HTTPS/1.1", "ICAP/1.0"])  # fmt: skip
def test_a_version_has_case_and_two_digits(target, page, version):
    refused(target, target.message(f"GET {page} {version}"))


@requirement("9112-3-03", "9110-15.5.15-01")
def test_a_target_longer_than_it_takes_is_414(target, page):
    limit = target.need("limits")["target"]
    path = "/" + "a" * limit
    refused(target, target.message(f"GET {path} HTTP/1.1"), (414,))
    assert target.ask(f"GET {path[:limit]} HTTP/1.1").status == 404


# Host and the target URI


@requirement("9112-3.2-04")
def test_a_request_without_host_is_400(target, page):
    refused(target, target.message(f"GET {page} HTTP/1.1", host=False))
    refused(target, target.message(f"GET {target.scheme}://{target.authority}{page} HTTP/1.1", host=False))


@requirement("9112-3.2-05")
@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_more_than_one_host_is_400(target, page, version):
    for second in (target.authority, "other", ""):
        refused(target, target.message(f"GET {page} HTTP/{version}", f"Host: {second}"))
    refused(target, target.message(f"GET {page} HTTP/{version}", "X: y", f"hOST: {target.authority}"))


@requirement("9112-3.2-06", "9110-15.5.1-01")
@pytest.mark.parametrize("host", ["a b", "a,b", "user@h", "h:x", "[::1", "h/", "h/x", "h?x", "h#x", "http://h", "::1", "[::1]x", "h:1:2",
                                  "h\\x", "[]", "[::1%25lo]", "h%zz", "\xff", "h\th", "<h>", "h:-1"])  # fmt: skip
def test_a_host_that_is_none_is_400(target, page, host):
    refused(target, target.message(f"GET {page} HTTP/1.1", f"Host: {host}", host=False))


@requirement("9112-3.2.2-04", "9112-3.2.2-05")
def test_the_absolute_form_is_the_target_whatever_host_says(target, client, page, store):
    plain = client.get(page)
    for host in (target.authority, "other", "other:99", ""):
        answer = target.ask(f"GET {target.scheme}://{target.authority}{page} HTTP/1.1", f"Host: {host}", host=False)
        assert (answer.status, answer.body) == (200, plain.body)
    path = store.unused()
    made = target.ask(f"PUT {target.scheme.upper()}://{target.authority}{path} HTTP/1.1", "Content-Length: 1", f"Content-Type: {store.type}", content=b"x")
    assert made.status == 201
    assert client.get(path).body == b"x"
    # The authority of the target must be one, too.
    assert target.ask(f"GET http://h:x{page} HTTP/1.1").status == 400


@requirement("9112-3.3-02")
def test_http_1_0_without_host_is_served_or_400(target, client, page):
    answer = target.ask(f"GET {page} HTTP/1.0", host=False)
    assert answer.status in (200, 400)
    if answer.status == 200:
        assert answer.body == client.get(page).body
    else:
        assert target.ask(f"GET {page} HTTP/1.0").status == 200


# Field lines


@requirement("9112-2.2-08")
@pytest.mark.parametrize("space", [" ", "\t"])
def test_whitespace_after_the_request_line_is_400(target, page, space):
    data = f"GET {page} HTTP/1.1\r\n{space}X: 1\r\nHost: {target.authority}\r\n\r\n"
    refused(target, data.encode())
    data = f"GET {page} HTTP/1.1\r\n{space}Host: {target.authority}\r\n\r\n"
    refused(target, data.encode())


@requirement("9112-5.1-01")
@pytest.mark.parametrize("space", [" ", "\t", "  "])
@pytest.mark.parametrize("name", ["Content-Length", "Transfer-Encoding", "X"])
def test_whitespace_before_the_colon_is_400(target, page, space, name):
    refused(target, target.message(f"GET {page} HTTP/1.1", f"{name}{space}: 5"))


@requirement("9112-5.2-02")
@pytest.mark.parametrize("fold", ["\r\n ", "\r\n\t", " \r\n ", "\r\n \r\n "])
def test_a_folded_line_is_400(target, page, fold):
    refused(target, target.message(f"GET {page} HTTP/1.1", f"X: a{fold}b"))
    refused(target, target.message(f"GET {page} HTTP/1.1", f"Content-Length:{fold}0"))


@requirement("9112-2.2-09", "9110-17.10-01")
@pytest.mark.parametrize("field", [": x", "X", "X Y: z", "X\x80: y", "X(: y", '"X": y', "X;: y", "Content Length: 5"])
def test_a_field_line_that_is_none_is_400(target, page, field):
    refused(target, target.message(f"GET {page} HTTP/1.1", field))


@requirement("9110-17.10-01")
@pytest.mark.parametrize("field", ["Transfer_Encoding: chunked", "Content_Length: 50", "TransferEncoding: chunked", "Content.Length: 50"])
def test_a_name_that_looks_like_another_is_another(target, client, page, field):
    answers = target.raw(target.message(f"GET {page} HTTP/1.1", field) * 2)
    assert [answer.status for answer in answers] == [200, 200]
