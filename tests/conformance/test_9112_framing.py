"""RFC 9112 sections 6 to 8: where the content of a message ends."""

import pytest
from ledger import requirement


@pytest.fixture
def path(store):
    return store.unused()


@pytest.fixture
def put(target, store, path):
    """The bytes of a PUT with these fields, and what stands after its head."""

    def message(*fields, content=b"", version="1.1"):
        return target.message(f"PUT {path} HTTP/{version}", f"Content-Type: {store.type}", *fields, content=content)

    return message


CHUNKED = "Transfer-Encoding: chunked"


def stored(target, client, path, data):
    """It is taken, and so is what follows on the connection; what is kept."""
    answers = target.raw(data + target.message(f"HEAD {path} HTTP/1.1"))
    assert [answer.status for answer in answers] == [201, 200]
    return client.get(path).body


def refused(target, client, path, data, statuses=(400,)):
    """It is refused, nothing is kept, what follows is not answered, and the connection ends."""
    with target.connect() as connection:
        connection.send(data + target.message(f"PUT {path} HTTP/1.1", "Content-Type: text/plain", "Content-Length: 1", content=b"y"))
        answer = connection.read_response("PUT")
        assert answer.status in statuses, answer
        assert "close" in answer.headers.tokens("Connection")
        connection.half_close()
        assert connection.read_to_end() == b""
    assert client.get(path).status == 404


# Section 6: the fields that say it


@requirement("9112-6.1-01", "9112-6.3-03", "9112-7-01", "9112-7.1-01")
@pytest.mark.parametrize("name", ["chunked", "CHUNKED", "Chunked", ", chunked ,"])
def test_chunked_content_is_taken(target, client, path, put, name):
    data = put(f"Transfer-Encoding: {name}", content=b"3\r\nabc\r\n0\r\n\r\n")
    assert stored(target, client, path, data) == b"abc"


@requirement("9112-7.1-01")
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_many_chunks_are_one_content(target, client, path, put, size):
    content = bytes(range(256)) * 8
    chunks = b"".join(b"%X\r\n%s\r\n" % (len(content[n:n + size]), content[n:n + size]) for n in range(0, len(content), size))
    assert stored(target, client, path, put(CHUNKED, content=chunks + b"000\r\n\r\n")) == content


@requirement("9112-6.1-02", "9112-6.1-03", "9112-6.3-05", "9112-7.1-03")
@pytest.mark.parametrize("codings", ["chunked, chunked", "gzip", "chunked, gzip", "identity", "chunked, identity", "chunked;q=1",
                                     'chunked;x="y"', "", " ", "chunked chunked", "chunked;", '"chunked"'])  # fmt: skip
def test_codings_that_do_not_end_in_one_chunked_are_400(target, client, path, put, codings):
    statuses = (400, 501) if codings in ("", " ", "identity", "gzip", "chunked;") else (400,)
    refused(target, client, path, put(f"Transfer-Encoding: {codings}", content=b"3\r\nabc\r\n0\r\n\r\n"), statuses)


@requirement("9112-6.1-02", "9112-6.3-05")
def test_chunked_twice_on_two_lines_is_400(target, client, path, put):
    refused(target, client, path, put(CHUNKED, CHUNKED, content=b"3\r\nabc\r\n0\r\n\r\n"))


@requirement("9112-6.1-07", "9112-6.1-03", "9112-7.2-01")
@pytest.mark.parametrize("codings", ["foo, chunked", "gzip, chunked", "gzip;x=1, chunked", "xchunked", "chunkedx", "x-chunked, chunked",
                                     "identity, chunked"])  # fmt: skip
def test_a_transfer_coding_that_it_does_not_know_is_501(target, client, path, put, codings):
    statuses = (501,) if codings == "foo, chunked" else (400, 501)
    refused(target, client, path, put(f"Transfer-Encoding: {codings}", content=b"3\r\nabc\r\n0\r\n\r\n"), statuses)


@requirement("9112-6.1-09")
def test_http_1_0_gets_no_transfer_coding(target, client):
    for path in (target.need("page"), target.need("types")["path"], target.need("missing")):
        answer = target.ask(f"GET {path} HTTP/1.0")
        assert "Transfer-Encoding" not in answer.headers
        assert answer.body == client.get(path).body


@requirement("9112-7.4-02")
@pytest.mark.parametrize("fields", [(), ("TE:",), ("TE: gzip;q=0", "Connection: TE"), ("TE: trailers", "Connection: TE")])
def test_no_transfer_coding_but_chunked_is_sent_unasked(target, fields):
    for path in (target.need("page"), target.need("types")["path"], target.need("missing")):
        answer = target.ask(f"GET {path} HTTP/1.1", *fields)
        assert answer.headers.get("Transfer-Encoding") in (None, "chunked")
        assert answer.framing in ("length", "chunked")


@requirement("9112-6.1-10", "9112-6.1-11")
@pytest.mark.parametrize("fields", [(CHUNKED, "Content-Length: 5"), ("Content-Length: 5", CHUNKED), ("Content-Length: 0", CHUNKED),
                                    (CHUNKED, "Content-Length: x")])  # fmt: skip
def test_both_ways_to_tell_the_length_end_the_connection(target, client, path, put, fields):
    refused(target, client, path, put(*fields, content=b"0\r\n\r\n"))


@requirement("9112-6.1-12")
def test_http_1_0_with_a_transfer_coding_ends_the_connection(target, client, path, put):
    refused(target, client, path, put(CHUNKED, "Connection: keep-alive", content=b"3\r\nabc\r\n0\r\n\r\n", version="1.0"))


@requirement("9112-6.3-11", "9112-6-01", "9110-15.5.12-01", "9112-6.3-14")
def test_what_tells_no_length_has_no_content(target, client, path, put, page):
    answers = target.raw(put() + target.message(f"GET {page} HTTP/1.1"))
    if answers[0].status == 411:
        assert client.get(path).status == 404
    else:
        assert [answer.status for answer in answers] == [201, 200]
        assert client.get(path).body == b""


@requirement("9112-6.3-10", "9112-8-03", "9112-8-01", "9110-6.1-01")
@pytest.mark.parametrize("fields, content", [
    (["Content-Length: 5"], b"hell"), (["Content-Length: 5"], b""), ([CHUNKED], b"5\r\nhello\r\n"), ([CHUNKED], b"5\r\nhell"),
    ([CHUNKED], b"5\r\nhello\r\n0\r\n"), ([CHUNKED], b""), ([CHUNKED], b"5\r\nhello\r\n0\r\nX: y\r\n"),
])  # fmt: skip
def test_content_that_is_cut_short_is_not_kept(target, client, store, path, put, fields, content):
    with target.connect() as connection:
        connection.send(put(*fields, content=content))
        connection.half_close()
        raw = connection.read_to_end()
        assert raw == b"" or raw.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 408 "))
    assert client.get(path).status == 404
    assert store.put(client, path).status == 201


# Section 7.1: chunks


@requirement("9112-7.1-02", "9112-7.1-04")
@pytest.mark.parametrize("size", [b"FFFFFFFFFFFFFFFFF", b"1" + b"0" * 16, b"8000000000000000", b"10000000000000005", b"FFFFFFFFFFFFFFFB"])
def test_a_huge_chunk_size_does_not_wrap(target, client, path, put, size):
    refused(target, client, path, put(CHUNKED, content=size + b"\r\nhello\r\n0\r\n\r\n"), (400, 413))


@requirement("9112-7.1-04", "9112-7.1.1-03")
@pytest.mark.parametrize("content", [
    b"0x5\r\nhello\r\n0\r\n\r\n", b"+5\r\nhello\r\n0\r\n\r\n", b"-5\r\nhello\r\n0\r\n\r\n", b" 5\r\nhello\r\n0\r\n\r\n",
    b"5\nhello\r\n0\r\n\r\n", b"5\r\nhello\n0\r\n\r\n", b"5\r\nhello0\r\n\r\n", b"5\r\nhelloXX0\r\n\r\n", b"\r\nhello\r\n0\r\n\r\n",
    b";a\r\nhello\r\n0\r\n\r\n", b"5\rhello\r\n0\r\n\r\n", b"5 5\r\nhello\r\n0\r\n\r\n", b"g\r\nhello\r\n0\r\n\r\n",
    b"5;a\nhello\r\n0\r\n\r\n", b'5;a="\n"\r\nhello\r\n0\r\n\r\n', b"5;a\0\r\nhello\r\n0\r\n\r\n", b"5\r\nhello\r\n0\n\r\n",
    b"5_0\r\nhello\r\n0\r\n\r\n", b"\xb25\r\nhello\r\n0\r\n\r\n", b"5\r\nhello\r\n0\r\nX : y\r\n\r\n",
])  # fmt: skip
def test_chunks_that_are_malformed_are_400(target, client, path, put, content):
    refused(target, client, path, put(CHUNKED, content=content))


@requirement("9112-7.1.1-01", "9112-7.1.1-03")
@pytest.mark.parametrize("extension", [b";foo", b";foo=bar", b';foo="bar\\"baz"', b";a;b=c;d", b" ; a = b", b"\t;\ta\t=\tb"])
def test_chunk_extensions_are_ignored(target, client, path, put, extension):
    content = b"5" + extension + b"\r\nhello\r\n0" + extension + b"\r\n\r\n"
    assert stored(target, client, path, put(CHUNKED, content=content)) == b"hello"


@requirement("9112-7.1.1-02", "9110-17.5-01")
@pytest.mark.parametrize("chunks", [[b"5;" + b"a" * (1 << 20) + b"\r\nhello\r\n"], [b"1;" + b"a" * 500 + b"\r\nh\r\n"] * 2000],
                         ids=["one", "many"])  # fmt: skip
def test_chunk_extensions_without_end_are_refused(target, client, path, put, chunks):
    with target.connect() as connection:
        try:
            connection.send(put(CHUNKED, content=b"".join(chunks) + b"0\r\n\r\n"))
        except (BrokenPipeError, ConnectionResetError):
            pass  # refused before it had all come
        assert 400 <= connection.read_response("PUT").status < 500
        assert connection.at_end()
    assert client.get(path).status == 404


@requirement("9112-7.1.2-01", "9110-6.5.2-02")
@pytest.mark.parametrize("trailers", [b"X: y\r\n", b"X: y\r\nX: z\r\nFoo:\r\n"])
def test_trailers_are_taken(target, client, path, put, trailers):
    content = b"5\r\nhello\r\n0\r\n" + trailers + b"\r\n"
    assert stored(target, client, path, put(CHUNKED, "Trailer: X", content=content)) == b"hello"
