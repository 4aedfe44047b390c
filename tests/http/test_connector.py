"""Verbatim as a client: whom it asks, and how it says who it is (RFC 9110
sections 4.3 and 10.1.5)."""

import ssl
import time

import pytest
from certificates import make_ca, sign
from ledger import requirement
from origin import gateway_to
from upstream import Upstream

CERTIFICATES = {
    "both": "subjectAltName=DNS:localhost,IP:127.0.0.1",
    "address": "subjectAltName=IP:127.0.0.1",
    "another": "subjectAltName=IP:127.0.0.2,DNS:elsewhere.example",
    "name": "subjectAltName=DNS:127.0.0.1",
    "common-name": "basicConstraints=CA:FALSE",
}
BELIEVED = [("both", "127.0.0.1"), ("both", "localhost"), ("address", "127.0.0.1")]
NOT_BELIEVED = [
    ("address", "localhost"), ("another", "127.0.0.1"), ("another", "localhost"), ("name", "127.0.0.1"),
    ("common-name", "127.0.0.1"), ("common-name", "localhost"),
]  # fmt: skip


@pytest.fixture(scope="module")
def there(tmp_path_factory):
    """{certificate: the server that shows it}, and whom to believe."""
    folder = tmp_path_factory.mktemp("signed")
    ca = make_ca(folder, "ca")
    running = {}
    for number, (name, extensions) in enumerate(CERTIFICATES.items()):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        subject = "/CN=127.0.0.1" if name == "common-name" else f"/CN={name}"
        context.load_cert_chain(*sign(folder, name, ca, serial=hex(0x2000 + number), extensions=extensions, subject=subject))
        running[name] = Upstream(tls=context)
    yield running, ca[0]
    for upstream in running.values():
        upstream.close()


@pytest.fixture(scope="module")
def gateway(module_serve, there):
    running, ca = there
    described = gateway_to(running["both"].url)
    described["paths"] = {
        f"/{name}/{host}": {"x-verbatim": {"to": {"servers": [upstream.url.replace("127.0.0.1", host)], "ca": str(ca)}}}
        for name, upstream in running.items()
        for host in ("127.0.0.1", "localhost")
    }
    return module_serve(described)


@requirement("9110-4.3.4-01", "9110-4.3.4-02", "9110-4.3.4-06", "9110-4.3.5-01")
@pytest.mark.parametrize("name, host", BELIEVED)
def test_a_certificate_is_that_of_its_name_or_address(gateway, there, name, host):
    there[0][name].forget()
    assert gateway.client().get(f"/{name}/{host}").body == b"hello"
    assert len(there[0][name].requests) == 1


@requirement("9110-4.3.4-01", "9110-4.3.4-02", "9110-4.3.4-03", "9110-4.3.4-05", "9110-4.3.5-01")
@pytest.mark.parametrize("name, host", NOT_BELIEVED)
def test_no_other_name_will_do(gateway, there, name, host):
    there[0][name].forget()
    got = gateway.client().get(f"/{name}/{host}")
    assert got.status == 502 and "error=tls_certificate_error" in got.headers["Proxy-Status"]
    assert there[0][name].requests == []


@requirement("9110-10.1.5-01", "9110-9.3.1-02")
def test_who_asks_by_itself_says_who_it_is(serve):
    with Upstream() as there:
        described = gateway_to(there.url)
        described["paths"]["/"] = {"x-verbatim": {"to": {"servers": [there.url], "probe": {"path": "/health", "every": 1}}}}
        assert serve(described).client().get("/x").status == 200
        until = time.monotonic() + 10
        while len(there.requests) < 2:
            assert time.monotonic() < until
            time.sleep(0.02)
        probe = there.requests[1]
    assert (probe.method, probe.target, probe.version) == ("GET", "/health", "HTTP/1.1")
    assert probe.get("User-Agent").startswith("Verbatim")
    assert not probe.all("Content-Length") and not probe.all("Transfer-Encoding")
