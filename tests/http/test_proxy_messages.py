"""Messages through a forward proxy: what it makes of their targets, and what it
leaves alone (RFC 9110 section 7.7, RFC 9112 section 3.2)."""

import pytest
from certificates import HERE, make_ca, options, sign
from ledger import requirement
from origin import running_origin
from proxies import starting
from tunnels import VERSIONS, far_end


@pytest.fixture(scope="module")
def proxying(tmp_path_factory):
    with starting(tmp_path_factory) as start:
        yield start


@pytest.fixture(scope="module")
def proxy(proxying):
    return proxying("127.0.0.1:*", args=["--trace"])


@pytest.fixture
def there():
    with running_origin() as running:
        yield running


@requirement("9110-7.7-02", "9110-7.7-01", "9112-3.2.1-01")
@pytest.mark.parametrize("path", ["/a/../%7e//b?x=%2f", "/%7Ea;b=c/./d?", "/A%41?q=%7e&&", "/?", "/x//y"])
@pytest.mark.parametrize("method", ["GET", "POST", "QUERY"])
def test_path_and_query_go_on_as_they_came(proxy, there, path, method):
    for _ in range(2):
        got = proxy.client("h1").exchange(method, there.url + path, [], None if method == "GET" else b"", False, [])
        assert got.status == 404
        assert there.last().target == path
    assert there.last().headers["Host"] == there.url.removeprefix("http://")


@requirement("9110-7.7-02", "9112-3.2.1-01")
def test_an_empty_path_is_the_root(proxy, there):
    for query in ("", "?a"):
        proxy.client("h1").exchange("GET", there.url + query, [], None, False, [])
        assert there.last().target == "/" + query


@requirement("9112-3.2.4-02", "9110-4.2.3-02")
def test_options_of_a_uri_without_a_path_is_the_servers(proxy, there):
    there.says("*", 204)
    assert proxy.client("h1").request("OPTIONS", there.url).status == 204
    assert there.last().target == "*" and there.last().headers["Host"] == there.url.removeprefix("http://")


@requirement("9112-9.3-07")
@pytest.mark.parametrize("fields", ["Connection: keep-alive\r\n", "Proxy-Connection: keep-alive\r\n", ""])
def test_a_client_of_http_1_0_has_one_request(proxy, there, fields):
    there.says("/x", body="it")
    with proxy.connect() as connection:
        connection.send(f"GET {there.url}/x HTTP/1.0\r\n{fields}\r\n".encode())
        got = connection.read_to_end()  # which comes
    assert got.startswith(b"HTTP/1.1 200 OK") and got.endswith(b"it")
    assert b"keep-alive" not in got.lower()


@requirement("9110-9.3.6-10")
@pytest.mark.parametrize("version", ["h1", "h2"])
def test_each_tunnel_is_dug_anew(proxy, version):
    with far_end() as (authority, accept):
        for data in (b"first", b"second"):
            one = VERSIONS[version](proxy, authority)
            peer = accept()
            one.send(data)
            assert peer.read(len(data)) == data
            one.close()


@pytest.fixture(scope="module")
def secure_proxy(proxying, tmp_path_factory):
    folder = tmp_path_factory.mktemp("signed")
    signed = sign(folder, "proxy", make_ca(folder, "ca"))
    return proxying("127.0.0.1:*", args=options(signed), listen=HERE)


@requirement("9110-15.5.20-01", "9209-2.3.16-01")
@pytest.mark.parametrize("version", ["h1+tls", "h2", "h3"])
def test_no_request_is_misdirected_to_a_proxy(secure_proxy, there, version):
    """Whatever its own name is."""
    there.says("/x", body="it")
    client = secure_proxy.client(version)
    assert client.get(there.url + "/x").status == 200
    for uri in ("http://example.org/", "https://other.example/x"):
        got = client.get(uri)
        assert got.status == 403 and got.headers["Proxy-Status"] == "us;error=http_request_denied"
