"""What a gateway tells of who asks (RFC 7239)."""

import re

import pytest
from ledger import requirement
from origin import gateway_to
from server import Server
from upstream import Upstream

PAIR = re.compile(r'([a-z]+)=([!#$%&\'*+.^_`|~0-9A-Za-z-]+|"[^"\\]*")')


@pytest.fixture(scope="module")
def upstream():
    with Upstream() as running:
        yield running


@pytest.fixture(scope="module")
def gateway(module_serve, upstream):
    return module_serve(gateway_to(upstream.url), ["--trusted-proxy", "127.0.0.2/32"])


def elements(request):
    """Those of Forwarded, each as pairs."""
    found = []
    for element in ",".join(request.all("Forwarded")).split(","):
        pairs = [PAIR.fullmatch(part.strip()) for part in element.split(";")]
        assert all(pairs), element
        found.append([(pair[1], pair[2].strip('"')) for pair in pairs])
    return found


@requirement("7239-4-01", "7239-5.3-01", "7239-5.4-01", "7239-6-01", "7239-8.1-01")
def test_an_element_tells_who_what_and_how_once(gateway, upstream):
    upstream.forget()
    lies = {"Forwarded": "for=192.0.2.1;host=evil;proto=gopher", "X-Forwarded-For": "192.0.2.1"}
    gateway.client("h1").post("/x", lies, b"")
    request = upstream.only()
    (own,) = elements(request)
    assert [name for name, _ in own] == ["for", "host", "proto"]
    assert dict(own) == {"for": "127.0.0.1", "host": gateway.authority, "proto": gateway.origin.split(":")[0]}
    assert f'host="{gateway.authority}"' in request.get("Forwarded")  # a colon is in no token
    assert request.get("X-Forwarded-For") == "127.0.0.1"


@requirement("7239-6-01")
def test_addresses_of_ipv6_have_brackets_and_quotes(tmp_path, upstream):
    upstream.forget()
    server = Server(tmp_path, gateway_to(upstream.url), listen="[::1]:0")
    try:
        server.start().client("h1").post("/x", (), b"")
    finally:
        server.stop()
    request = upstream.only()
    assert 'for="[::1]"' in request.get("Forwarded")
    assert f'host="{server.authority}"' in request.get("Forwarded")
    assert request.get("X-Forwarded-For") == "::1"


@requirement("7239-4-02")
def test_who_is_trusted_was_there_before(serve, upstream):
    upstream.forget()
    server = serve(gateway_to(upstream.url), ["--trusted-proxy", "127.0.0.0/8"])
    before = [("Forwarded", "for=192.0.2.1;by=_a"), ("Forwarded", 'for="[2001:db8::1]:80", for=unknown')]
    server.client("h1").request("POST", "/x", before, b"")
    assert upstream.only().all("Forwarded")[:2] == [value for _, value in before]
    assert [dict(one)["for"] for one in elements(upstream.only())] == ["192.0.2.1", "[2001:db8::1]:80", "unknown", "127.0.0.1"]
