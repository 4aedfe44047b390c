"""A forward proxy: whom it leads where, through tunnels and by URI."""

import json
import os
import re
import shutil
import socket
import subprocess
import threading
import time
from ipaddress import ip_address
from pathlib import Path

import pytest
from certificates import make_ca, options, sign
from ledger import requirement
from origin import running_origin
from proxies import HERE, starting
from server import binary
from tunnels import VERSIONS, Http3, Refused, echoing, far_end

@pytest.fixture(scope="module")
def proxying(tmp_path_factory):
    """proxying(*rules, args=()) starts one."""
    with starting(tmp_path_factory) as start:
        yield start


@pytest.fixture(scope="module")
def proxy(proxying):
    return proxying(*HERE)


@pytest.fixture
def there():
    with running_origin() as running:
        yield running


@pytest.fixture(scope="module")
def echo():
    with echoing() as authority:
        yield authority


@pytest.fixture(params=sorted(VERSIONS))
def tunnel(request, proxy):
    """tunnel(authority, ...) opens one through the proxy."""
    opened = []

    def open_one(authority, *args, through=proxy, **more):
        opened.append(VERSIONS[request.param](through, authority, *args, **more))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()


def refusal(tunnel, authority, **more):
    with pytest.raises(Refused) as refused:
        tunnel(authority, **more)
    return refused.value


def proxy_status(got):
    return got.fields.get("Proxy-Status") or got.fields.get("proxy-status", "")


def dead_port():
    """One that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


# Tunnels


@requirement("9110-3.7-02", "9110-9.3.6-04", "9110-9.3.6-07", "9112-6.1-06")
def test_a_tunnel_carries_bytes_both_ways(tunnel, echo):
    one = tunnel(echo)
    assert not one.fields.get("Content-Length") and not one.fields.get("Transfer-Encoding")
    for data in (b"hello", bytes(range(256)), b"\r\n\r\n"):
        one.send(data)
        assert one.read(len(data)) == data


def test_bytes_right_behind_the_head_go_through(tunnel, echo):
    assert tunnel(echo, b"early bytes").read(11) == b"early bytes"


@requirement("9110-9.3.6-05", "9113-8.5-03")
def test_the_client_ends_first(tunnel):
    with far_end() as (authority, accept):
        one = tunnel(authority)
        peer = accept()
        one.send(b"question")
        one.half_close()
        assert peer.read_to_end() == b"question"
        peer.socket.sendall(b"a late answer" * 1000)
        peer.socket.close()
        assert one.read_to_end() == b"a late answer" * 1000


@requirement("9110-9.3.6-05", "9113-8.5-03")
def test_the_other_side_ends_first(tunnel):
    with far_end() as (authority, accept):
        one = tunnel(authority)
        peer = accept()
        peer.socket.sendall(b"x" * 1_000_000)
        peer.socket.shutdown(socket.SHUT_WR)
        assert one.read_to_end() == b"x" * 1_000_000
        one.send(b"and this is for you")
        one.half_close()
        assert peer.read_to_end() == b"and this is for you"


@requirement("9110-9.3.6-05")
def test_what_a_client_has_sent_arrives_after_it_is_gone(proxy):
    """Also where the other side goes on talking to it."""
    data = b"0123456789" * 100_000
    with far_end() as (authority, accept):
        one = VERSIONS["h1"](proxy, authority)
        peer = accept()
        one.send(data)
        one.close()
        time.sleep(0.3)
        got = b""
        while len(got) < len(data):
            peer.socket.sendall(b"are you there?")
            got += peer.read(100_000)
        assert got == data and peer.read_to_end() == b""


def test_a_tunnel_ends_with_its_client(tunnel):
    with far_end() as (authority, accept):
        one = tunnel(authority)
        peer = accept()
        one.send(b"x")
        assert peer.read(1) == b"x"
        one.close()
        with pytest.raises((EOFError, ConnectionResetError)):
            peer.read(1)


@requirement("9113-8.5-03")
def test_what_ends_in_error_is_no_orderly_end(proxy):
    with far_end() as (authority, accept):
        one = VERSIONS["h2"](proxy, authority)
        peer = accept()
        peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        peer.socket.close()
        with pytest.raises(ConnectionResetError, match="^10$"):  # CONNECT_ERROR
            one.read_to_end()
        one.close()


def test_much_goes_through_whole(tunnel, echo):
    data = b"0123456789abcdef" * 65536 * 4
    one = tunnel(echo)
    sender = threading.Thread(target=lambda: (one.send(data), one.half_close()), daemon=True)
    if isinstance(one, VERSIONS["h1"]):
        sender.start()
        assert one.read_to_end() == data
        sender.join(20)
    else:  # which reads what it must while it sends
        one.send(data)
        one.half_close()
        assert one.read_to_end() == data


def resident(pid):
    """Bytes that a process has in memory."""
    return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1]) * 1024


def test_who_reads_slowly_holds_the_other_side_back(proxy):
    """Neither way does the proxy keep more than its buffers."""
    with far_end() as (authority, accept):
        one = VERSIONS["h1"](proxy, authority)
        peer = accept()
        before = resident(proxy.pid)
        peer.socket.settimeout(1)
        sent = 0
        with pytest.raises(TimeoutError):
            while sent < 256_000_000:
                sent += peer.socket.send(b"x" * 65536)
        assert sent < 64_000_000
        assert resident(proxy.pid) - before < 16_000_000
        peer.socket.settimeout(20)
        peer.socket.shutdown(socket.SHUT_WR)
        assert len(one.read_to_end()) == sent
        one.close()


def test_a_tunnel_that_rests_is_ended(proxying, echo):
    proxy = proxying(*HERE, args=["--tunnel-idle-timeout", "500ms"])
    for version in VERSIONS.values():
        one = version(proxy, echo)
        for _ in range(3):  # what moves does not
            time.sleep(0.3)
            one.send(b"x")
            assert one.read(1) == b"x"
        began = time.monotonic()
        try:
            assert one.read_to_end() == b""
        except ConnectionResetError:
            pass
        assert 0.3 < time.monotonic() - began < 10
        one.close()


@pytest.mark.parametrize("form", ["json", "combined"])
def test_the_log_counts_what_went_through(proxying, tmp_path, form):
    """A line when it is over, with what went either way."""
    log = tmp_path / "access.log"
    proxy = proxying(*HERE, args=["--log", log, "--log-format", form])
    targets = []
    for version in ("h1", "h2"):
        with far_end() as (authority, accept):
            targets.append(authority)
            one = VERSIONS[version](proxy, authority, b"early")
            peer = accept()
            one.send(b"x" * 1000)
            assert peer.read(1005) == b"early" + b"x" * 1000
            peer.socket.sendall(b"y" * 5000)
            assert one.read(5000) == b"y" * 5000
            time.sleep(0.3)
            assert not log.exists() or authority not in log.read_text()
            one.half_close()
            peer.socket.shutdown(socket.SHUT_WR)
            assert one.read_to_end() == b""
            one.close()
    with pytest.raises(Refused):
        VERSIONS["h1"](proxy, "example.org:25")
    proxy.stop()
    lines = log.read_text().splitlines()
    if form == "combined":
        for line, authority, version in zip(lines, targets, ("1.1", "2"), strict=False):
            assert f'"CONNECT {authority} HTTP/{version}" 200 5000 ' in line
        return
    lines = [json.loads(line) for line in lines]
    assert [(line["method"], line["target"], line["status"]) for line in lines] == [
        *[("CONNECT", authority, 200) for authority in targets], ("CONNECT", "example.org:25", 403)
    ]  # fmt: skip
    assert [(line["bytes"], line["received"]) for line in lines[:2]] == [(5000, 1005)] * 2
    assert all(300 <= line["duration_ms"] < 20000 for line in lines[:2])
    assert "received" not in lines[2]


def test_over_http_3_the_log_counts_as_well(proxying, echo, tmp_path):
    log = tmp_path / "access.log"
    folder = tmp_path / "signed"
    folder.mkdir()
    signed = sign(folder, "proxy", make_ca(folder, "ca"))
    proxy = proxying(*HERE, args=["--log", log, "--log-format", "json", *options(signed)], listen="https://127.0.0.1:0")
    one = Http3(proxy, echo, b"early")
    assert one.read(5) == b"early"
    one.half_close()
    one.read_to_end()
    one.close()
    proxy.stop()
    (line,) = [json.loads(line) for line in log.read_text().splitlines()]
    assert (line["method"], line["target"], line["bytes"], line["received"]) == ("CONNECT", echo, 5, 5)


# Where it leads


@requirement("9110-9.3.6-06")
@pytest.mark.parametrize("authority", ["example.org:443", "127.0.0.2:80", "[::1]:80", "10.0.0.1:443", "localhost.example:1"])
def test_what_no_rule_names_is_refused(tunnel, authority):
    got = refusal(tunnel, authority)
    assert got.status == 403 and "http_request_denied" in proxy_status(got)
    assert proxy_status(got).startswith("us;")


def name_of_this_machine():
    """A name that is not localhost and leads to an address that is not public."""
    for name in (socket.gethostname(), "ip6-localhost", "ip6-loopback", "localhost.localdomain"):
        try:
            found = socket.getaddrinfo(name, 80, type=socket.SOCK_STREAM)
        except OSError:
            continue
        if all(ip_address(one[4][0].split("%")[0]).is_private for one in found):
            return name
    return pytest.skip("no name leads to a private address here")


@requirement("9209-2.3.5-01")
def test_a_name_does_not_open_a_private_address(proxying):
    name = name_of_this_machine()
    proxy = proxying(f"{name}:*", "*:*")
    with pytest.raises(Refused) as refused:
        VERSIONS["h1"](proxy, f"{name}:{dead_port()}")
    got = refused.value
    assert got.status in (403, 502) and "destination_ip_prohibited" in proxy_status(got)


def test_any_name_opens_no_private_literal(proxying, echo):
    proxy = proxying("*:*")
    for authority in (echo, "[::1]:80", "169.254.169.254:80", "[::ffff:127.0.0.1]:80", "[64:ff9b::7f00:1]:80"):
        with pytest.raises(Refused) as refused:
            VERSIONS["h1"](proxy, authority)
        assert refused.value.status == 403, authority


def test_localhost_is_this_machine(tunnel, echo):
    one = tunnel("localhost:" + echo.split(":")[1], b"hi")
    assert one.read(2) == b"hi"


def test_ports_are_those_of_the_rule(proxying, echo):
    proxy = proxying("127.0.0.1")
    with pytest.raises(Refused) as refused:
        VERSIONS["h1"](proxy, echo)
    assert refused.value.status == 403
    with pytest.raises(Refused) as refused:
        VERSIONS["h1"](proxy, "127.0.0.1:80")
    assert refused.value.status == 502  # it leads there, but nobody is


@requirement("9209-2.1.1-01")
def test_a_refused_port_is_502(tunnel):
    got = refusal(tunnel, f"127.0.0.1:{dead_port()}")
    assert got.status == 502 and "connection_refused" in proxy_status(got)


@requirement("9110-9.3.6-01", "9110-9.3.6-02")
@pytest.mark.parametrize("authority", ["127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:99999", "127.0.0.1:x", ":80"])
def test_a_target_without_a_port_is_400(proxy, authority):
    with pytest.raises(Refused) as refused:
        VERSIONS["h1"](proxy, authority)
    assert refused.value.status == 400


@requirement("9110-9.3.6-09")
@pytest.mark.parametrize("field", ["Content-Length: 5", "Transfer-Encoding: chunked", "Content-Length: x"])
def test_a_tunnel_is_not_asked_for_with_content(proxy, echo, field):
    with proxy.connect() as connection:
        connection.send(f"CONNECT {echo} HTTP/1.1\r\nHost: {echo}\r\n{field}\r\n\r\nhello".encode())
        assert connection.read_line().startswith(b"HTTP/1.1 400")
        fields = connection.read_fields()
        assert b"hello" not in connection.read_exactly(int(fields["Content-Length"]))
        assert connection.at_end()  # what is behind it is nobody's


@requirement("9110-9.3.6-09", "9110-9.3.6-07")
def test_no_content_is_as_good_as_none(proxy, echo):
    one = VERSIONS["h1"](proxy, echo, b"hello", fields=[("Content-Length", "0")])
    assert one.read(5) == b"hello"
    one.close()


@requirement("9110-9.3.6-10")
def test_each_tunnel_is_dialled(tunnel):
    with far_end() as (authority, accept):
        for _ in range(2):
            tunnel(authority, b"x")
            assert accept().read(1) == b"x"


def test_without_rules_it_leads_nowhere(proxying, echo):
    proxy = proxying()
    with pytest.raises(Refused) as refused:
        VERSIONS["h1"](proxy, echo)
    assert refused.value.status == 403
    assert "nothing is allowed" in proxy.output


def test_it_has_nothing_of_its_own(proxy):
    assert proxy.client("h1").request("GET", "/").status == 404
    assert not (proxy.folder / "data").exists()


def other_address():
    """One of this machine's that is not loopback, or skips."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            return probe.getsockname()[0]
        except OSError:
            return pytest.skip("this machine has no other address")


def test_it_is_for_clients_of_this_machine_unless_it_is_open(proxying, echo):
    host = other_address()
    for args, status in (([], 403), (["--open"], None)):
        proxy = proxying(*HERE, args=args, listen="http://0.0.0.0:0")
        with socket.create_connection((host, proxy.address[1]), source_address=(host, 0)) as sock:
            sock.sendall(f"CONNECT {echo} HTTP/1.1\r\nHost: {echo}\r\n\r\n".encode())
            assert int(sock.recv(4096).split()[1]) == (status or 200)


@pytest.mark.parametrize(
    "words, said",
    [
        (["proxy", "--allow", "a b"], "is no host"),
        (["proxy", "--allow", "x:99999"], "is no host"),
        (["proxy", "file.yaml"], "nothing of its own"),
        (["proxy", "--to", "http://127.0.0.1:1"], "nothing of its own"),
        (["serve", "--allow", "example.org"], "verbatim proxy"),
    ],
)
def test_mistakes_are_told(tmp_path, words, said):
    done = subprocess.run([binary(), *words], capture_output=True, text=True, timeout=20, cwd=tmp_path, check=False)
    assert done.returncode == 2 and said in done.stderr


# By URI


@requirement("9112-3.2.2-02", "9112-3.2.2-03")
def test_the_target_names_the_server_whatever_host_says(proxy, there):
    there.says("/a", body="it")
    host = there.url.removeprefix("http://")
    got = proxy.raw(f"GET {there.url}/a?b HTTP/1.1\r\nHost: somebody.example\r\n\r\n".encode())[0]
    assert got.status == 200 and got.body == b"it"
    assert there.last().target == "/a?b" and there.last().headers.get_all("Host") == [host]


@requirement("9110-7.6.1-02", "9110-7.6.1-03", "9110-11.7.2-01")
def test_what_is_for_the_proxy_stays(proxy, there):
    there.says("/", body="it")
    proxy.client("h1").request(
        "GET", there.url + "/",
        [("Connection", "x-mine"), ("X-Mine", "1"), ("Proxy-Connection", "keep-alive"), ("Keep-Alive", "5"),
         ("Proxy-Authorization", "Basic eDp5"), ("X-Yours", "2"), ("Authorization", "Basic eDp6")],
    )  # fmt: skip
    got = there.last().headers
    for name in ("X-Mine", "Proxy-Connection", "Keep-Alive", "Proxy-Authorization"):
        assert name not in got, name
    assert got["X-Yours"] == "2" and got["Authorization"] == "Basic eDp6"


@requirement("9110-7.6.3-01")
@pytest.mark.parametrize("version, said", [("h1", "1.1 us"), ("h2", "2 us")])
def test_via_is_added_both_ways(secure_proxy, there, version, said):
    there.says("/", body="it")
    got = secure_proxy.client(version).request("GET", there.url + "/")
    assert got.status == 200 and got.headers["Via"] == "1.1 us"
    assert there.last().headers["Via"] == said


@requirement("9110-7.6-02")
def test_a_circle_is_broken(proxy):
    """It leads to itself, which would lead to itself."""
    got = proxy.client("h1").request("GET", f"http://{proxy.authority}/x")
    assert got.status == 404  # in origin-form it asks itself for what is not there
    got = proxy.client("h1").request("GET", f"http://{proxy.authority}/x", [("Via", "1.1 us")])
    assert got.status == 508


def test_nothing_is_told_of_who_asks(proxy, there):
    there.says("/", body="it")
    proxy.client("h1").request("GET", there.url + "/")
    assert not {"Forwarded", "X-Forwarded-For", "X-Forwarded-Host"} & set(there.last().headers)


def test_what_may_be_is_answered_from_the_store(proxy, there):
    there.says("/kept", headers={"Cache-Control": "max-age=60"}, body="it")
    client = proxy.client("h1")
    first, second = (client.request("GET", there.url + "/kept") for _ in range(2))
    assert first.body == second.body == b"it" and there.count("/kept") == 1
    assert "hit" in second.headers["Cache-Status"] and "hit" not in first.headers.get("Cache-Status", "")


def test_two_servers_answers_are_not_mixed_up(proxy, there):
    with running_origin() as other:
        for server, text in ((there, "one"), (other, "two")):
            server.says("/same", headers={"Cache-Control": "max-age=60"}, body=text)
        for _ in range(2):
            for server, text in ((there, b"one"), (other, b"two")):
                assert proxy.client("h1").request("GET", server.url + "/same").body == text


@requirement("9110-7.6-03")
def test_every_method_goes_on(proxy, there):
    there.says("/x", body="it")
    for method in ("POST", "PUT", "PATCH", "DELETE", "BREW"):
        got = proxy.client("h1").request(method, there.url + "/x", (), b"content")
        assert got.status == 200 and (there.last().method, there.last().body) == (method, b"content")


@requirement("9110-7.6.2-01", "9110-7.6.2-02", "9110-7.6.2-03", "9110-9.3.7-03")
def test_options_of_a_whole_server(proxy, there):
    there.says("*", 204)
    client = proxy.client("h1")
    assert client.request("OPTIONS", there.url).status == 204
    assert there.last().target == "*" and "Max-Forwards" not in there.last().headers
    client.request("OPTIONS", there.url, [("Max-Forwards", "5")])
    assert there.last().headers["Max-Forwards"] == "4"
    asked = len(there.asked)
    assert client.request("OPTIONS", there.url, [("Max-Forwards", "0")]).status in (200, 204)
    assert len(there.asked) == asked


@requirement("9110-9.3.6-06")
@pytest.mark.parametrize("version", ["h1", "h2"])
def test_by_uri_it_leads_nowhere_else_either(secure_proxy, version):
    got = secure_proxy.client(version).request("GET", "http://example.org/")
    assert got.status == 403 and "http_request_denied" in got.headers["Proxy-Status"]
    assert secure_proxy.client(version).request("GET", f"http://127.0.0.1:{dead_port()}/").status == 502


# With TLS at the other end


@pytest.fixture(scope="module")
def ca(tmp_path_factory):
    return make_ca(tmp_path_factory.mktemp("ca"), "ca")


@pytest.fixture(scope="module")
def secure_origin(module_serve, ca, tmp_path_factory):
    folder = tmp_path_factory.mktemp("signed")
    server = module_serve(None, [*options(sign(folder, "origin", ca))], listen="https://127.0.0.1:0")
    got = server.client("h1").request("PUT", "/hello", [("Content-Type", "text/plain")], b"over TLS")
    assert got.status == 201
    return server


@pytest.fixture(scope="module")
def secure_proxy(proxying, ca, tmp_path_factory):
    """TLS to the proxy itself, and the CA believed behind it."""
    folder = tmp_path_factory.mktemp("signed")
    signed = sign(folder, "proxy", ca, serial="0x1001")
    return proxying(*HERE, args=["--upstream-ca", ca[0], *options(signed)], listen="https://127.0.0.1:0")


@requirement("9114-4.4-04")
def test_a_tunnel_over_http_3(secure_proxy, echo):
    one = Http3(secure_proxy, echo, b"early")
    assert one.read(5) == b"early"
    data = bytes(range(256)) * 1000
    one.send(data)
    one.half_close()
    assert one.read_to_end() == data
    one.close()


@requirement("9114-4.4-04", "9114-4.4-05")
def test_who_ends_first_over_http_3(secure_proxy):
    with far_end() as (authority, accept):
        one = Http3(secure_proxy, authority)
        peer = accept()
        peer.socket.sendall(b"x" * 100_000)
        peer.socket.shutdown(socket.SHUT_WR)
        assert one.read_to_end() == b"x" * 100_000
        one.send(b"and this is for you")
        one.half_close()
        assert peer.read_to_end() == b"and this is for you"
        one.close()
        with pytest.raises(Refused) as refused:
            Http3(secure_proxy, "127.0.0.2:25")
        assert refused.value.status == 403


def curl(*words):
    done = subprocess.run(
        ["curl", "-sS", "--noproxy", "", "-m", "20", *map(str, words)], capture_output=True, text=True, timeout=40, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_curl_through_a_tunnel(proxy, secure_origin, ca):
    """HTTP/2 with the origin, by a certificate that the proxy has no part in."""
    url = f"{secure_origin.origin}/hello"
    for words in ([], ["--http1.1"]):
        assert curl("-x", proxy.origin, "--cacert", ca[0], *words, url) == "over TLS"


def test_curl_over_tls_to_the_proxy(secure_proxy, secure_origin, ca):
    assert (
        curl("-x", secure_proxy.origin, "--proxy-cacert", ca[0], "--cacert", ca[0], f"{secure_origin.origin}/hello")
        == "over TLS"
    )


CHROMIUM = os.environ.get("VB_CHROMIUM", "chromium")


@pytest.mark.skipif(not shutil.which(CHROMIUM), reason="chromium: not there (script/browsers installs it)")
def test_a_browser_through_a_tunnel(proxy, secure_origin, tmp_path):
    done = subprocess.run(
        [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", f"--user-data-dir={tmp_path}",
         f"--proxy-server={proxy.origin}", "--proxy-bypass-list=<-loopback>", "--ignore-certificate-errors",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--dump-dom", f"{secure_origin.origin}/hello"],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert "over TLS" in done.stdout, done.stderr


def test_curl_by_uri(proxy, there):
    there.says("/x", body="plain")
    assert curl("-x", proxy.origin, there.url + "/x") == "plain"
    assert curl("-x", proxy.origin, "--proxytunnel", there.url + "/x") == "plain"


@pytest.mark.parametrize("version", ["h1", "h2"])
def test_https_by_uri(secure_proxy, secure_origin, version):
    got = secure_proxy.client(version).request("GET", f"{secure_origin.origin}/hello")
    assert got.status == 200 and got.body == b"over TLS"


def test_who_is_not_believed_is_not_asked(proxy, secure_origin):
    """With the CAs that the system believes, nobody of these tests is."""
    got = proxy.client("h1").request("GET", f"{secure_origin.origin}/hello")
    assert got.status == 502 and "tls_certificate_error" in got.headers["Proxy-Status"]
