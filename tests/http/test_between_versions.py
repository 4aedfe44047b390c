"""A message that comes in one version of HTTP and goes on in another (RFC 9113
section 8, RFC 9114 section 4), and what is not a message in the first place."""

import h2c
import hpack
import pytest
from certificates import HERE, of_the_suite, options
from h2_origin import H2Origin
from ledger import requirement
from origin import gateway_to
from upstream import Upstream, response


@pytest.fixture(scope="module")
def upstream():
    with Upstream() as running:
        yield running


@pytest.fixture(scope="module")
def gateway(module_serve, upstream):
    """Over TLS, so that there is HTTP/3, and believing the names that HTTP/2 gives."""
    args = ["--via", "us", "--gateway-cache", "0", *options(of_the_suite())]
    described = gateway_to(upstream.url)
    described["paths"]["/kept"] = {"x-verbatim": {"to": {"servers": [upstream.url], "host": "preserve"}}}
    return module_serve(described, args, listen=HERE)


@pytest.fixture(params=["h2", "h3"])
def version(request, upstream):
    upstream.forget()
    return request.param


@pytest.fixture
def client(gateway, version):
    client = gateway.client(version)
    yield client
    client.close()


VIA = {"h2": "2 us", "h3": "3 us"}


@requirement("9110-7.6.3-04", "9110-7.6.3-02")
def test_via_tells_the_version_that_it_came_in(client, upstream, version):
    got = client.get("/x", {"Via": "1.1 before"})
    assert upstream.only().all("Via") == ["1.1 before", VIA[version]]
    assert upstream.only().version == "HTTP/1.1" and got.headers["Via"] == "1.1 us"


@requirement("9113-8.2.3-01", "9114-4.2.1-01")
def test_crumbs_become_one_cookie(client, upstream):
    client.request("GET", "/x", [("Cookie", "a=1"), ("X", "y"), ("Cookie", "b=2"), ("Cookie", "c=3")])
    assert upstream.only().get("Cookie") == "a=1; b=2; c=3"


@requirement("9113-8.3.1-03", "9114-4.3.1-02", "9110-7.2-01", "9110-7.2-02")
def test_the_authority_becomes_host(gateway, client, upstream):
    assert client.get("/kept/x").status == 200
    assert upstream.only().fields[0] == ("Host", gateway.authority)
    assert len(upstream.only().all("Host")) == 1


@requirement("9113-8.3.1-03", "9113-8.3.1-02")
def test_who_names_two_hosts_is_not_asked_for_one_of_them(gateway, upstream):
    upstream.forget()
    with h2c.FrameConnection(gateway.address, gateway.authority).start() as connection:
        connection.send(connection.request(1, "GET", "/kept/x", ("host", "b.example")))
        for kind, _, stream, payload in connection.frames():
            if kind == h2c.HEADERS and stream == 1:
                assert dict(connection.decoder.decode(payload))[":status"] == "400"
            if stream == 1 and kind in (h2c.HEADERS, h2c.RST_STREAM):
                break
    assert upstream.requests == []


@requirement("9113-8.2.2-03", "9114-4.2-02", "9110-7.6.1-02")
def test_what_is_for_a_connection_of_http_1_stays_there(client, upstream):
    fields = [("Connection", "keep-alive, X-Hop"), ("Keep-Alive", "timeout=5"), ("Proxy-Connection", "keep-alive"),
              ("X-Hop", "1"), ("X-Other", "2")]  # fmt: skip
    upstream.always(response(200, fields, b"it"))
    got = client.get("/x")
    assert got.status == 200 and got.headers["X-Other"] == "2"
    for name in ("Connection", "Keep-Alive", "Proxy-Connection", "X-Hop", "Transfer-Encoding"):
        assert name not in got.headers


@requirement("6265bis-3-02", "9110-5.3-03")
def test_cookies_are_set_one_by_one(client, upstream):
    cookies = ["a=b, c; Path=/", "d=e", "f=g"]
    upstream.always(response(200, [("Set-Cookie", cookie) for cookie in cookies], b"it"))
    got = client.exchange("GET", "/x", [], None, False, [])
    assert got.headers.all("Set-Cookie") == cookies


@requirement("9110-9.3.1-02", "9110-9.3.2-05", "9110-9.3.5-04", "9110-8.6-02")
@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE"])
def test_what_came_without_content_goes_on_without(client, upstream, method):
    assert client.request(method, "/x").status == 200
    assert client.request("GET", "/x").status == 200  # and nothing is between the two
    for request in upstream.requests:
        assert not request.all("Content-Length") and not request.all("Transfer-Encoding")
    assert [request.method for request in upstream.requests] == [method, "GET"]


@requirement("9112-2.2-05", "9112-6.3-15", "9112-6.3-16", "9110-8.6-01")
def test_requests_follow_each_other_without_anything_between(client, upstream):
    for content in (b"", b"abc", None):
        client.request("POST" if content is not None else "GET", "/x", (), content)
    client.request("POST", "/x", (), [b"ab", b"c"], chunked=True)
    client.get("/x")
    assert [request.raw[:4] for request in upstream.requests] == [b"POST", b"POST", b"GET ", b"POST", b"GET "]
    assert [request.get("Content-Length") for request in upstream.requests[:3]] == ["0", "3", None]
    assert upstream.requests[3].content == b"abc"
    assert len({request.connection for request in upstream.requests}) == 1


MALFORMED = {
    "upper case": [("X-Upper", "1")],
    "a connection's": [("connection", "close")],
    "two lines": [("x", "a\r\nInjected: 1")],
    "a line's end": [("x", "a\nb")],
    "NUL": [("x", "a\0b")],
    "a name with a colon": [("x:y", "1")],
    "a late pseudo-field": [(":path", "/again")],
}


@requirement("9113-8.1.1-02", "9113-10.3-01")
@pytest.mark.parametrize("fields", MALFORMED.values(), ids=list(MALFORMED))
def test_what_is_malformed_does_not_go_on(gateway, upstream, fields):
    upstream.forget()
    with h2c.FrameConnection(gateway.address, gateway.authority).start() as connection:
        connection.send(connection.request(1, "GET", "/x", *fields))
        for kind, _, stream, payload in connection.frames():
            if stream == 1 and kind == h2c.RST_STREAM:
                assert int.from_bytes(payload, "big") == h2c.PROTOCOL_ERROR
                break
            assert kind != h2c.HEADERS or dict(connection.decoder.decode(payload))[":status"] == "400"
    assert upstream.requests == []


# What cannot be said twice


@requirement("8470-5.1-01", "8470-5.2-01")
def test_what_is_too_early_is_the_clients_to_repeat(client, upstream):
    upstream.always(response(425))
    got = client.exchange("GET", "/x", [("Early-Data", "1")], None, False, [])
    assert got.status == 425 and len(upstream.requests) == 1
    assert upstream.only().all("Early-Data") == ["1"]


# What no table may have


@requirement("7541-6.2.3-01")
def test_what_is_never_indexed_goes_on_so_both_ways(serve):
    never, may = hpack.NeverIndexedHeaderTuple, hpack.HeaderTuple
    with H2Origin([never("x-secret", "1"), may("x-open", "2")]) as origin:
        described = gateway_to(origin.url)
        described["paths"]["/"]["x-verbatim"]["to"] = {"servers": [origin.url], "http": 2}
        server = serve(described, ["--gateway-cache", "0"])
        with h2c.FrameConnection(server.address, server.authority).start() as connection:
            for stream in (1, 3):
                connection.send(connection.request(stream, "GET", "/x", never("x-token", "abc"), may("x-plain", "d")))
                head = next(payload for kind, _, at, payload in connection.frames() if (kind, at) == (h2c.HEADERS, stream))
                back = {field[0]: field for field in connection.decoder.decode(head)}
                assert isinstance(back["x-secret"], never) and not isinstance(back["x-open"], never)
    assert len(origin.requests) == 2
    for request in origin.requests:
        there = {field[0]: field for field in request}
        assert there["x-token"][1] == "abc" and isinstance(there["x-token"], never)
        assert not isinstance(there["x-plain"], never)
