"""HTTPS: what clients of TLS meet, whatever they do (RFC 8446, RFC 9110 section 7.4, RFC 9112 section 9.7, 9.8)."""

import base64
import hashlib
import os
import re
import shutil
import socket
import ssl
import subprocess
import time

import pytest
from certificates import HERE, KEYS, der, make, make_ca, openssl, options, sign
from client import H1Client
from h1 import Connection
from h2c import PREFACE, SETTINGS, FrameConnection, settings
from ledger import requirement
from library import LIBRARY, add
from test_cli import run
from tls import TlsSocket, trusting

GET = b"GET %s HTTP/1.1\r\nHost: %s\r\n\r\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture(scope="module")
def certificates(folder):
    return {
        kind: make(folder, kind, kind, [f"DNS:{kind}.example", f"DNS:*.{kind}.example", "IP:127.0.0.1"]) for kind in KEYS
    }


@pytest.fixture(scope="module")
def server(module_serve, certificates):
    return module_serve(LIBRARY, [*options(*certificates.values()), "--log", "off"], listen=HERE)


def connect(server, name=None, context=None, session=None):
    connection = Connection.__new__(Connection)
    raw = socket.create_connection(tuple(server.address), timeout=20)
    connection.socket = TlsSocket(raw, context, name, session)
    connection.buffer, connection.ended = b"", False
    return connection


def get(connection, target="/books", host="127.0.0.1"):
    connection.send(GET % (target.encode(), host.encode()))
    return connection.read_response()


def shown(connection):
    return connection.socket.tls.getpeercert(binary_form=True)


# Certificates

@pytest.mark.parametrize("kind", KEYS)
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("label", ["", "any."])
def test_a_client_that_verifies_gets_the_certificate_of_its_host(server, certificates, kind, version, label):
    context = ssl.create_default_context(cafile=certificates[kind][0])
    context.minimum_version = context.maximum_version = version
    name = f"{label}{kind}.example"
    with connect(server, name, context) as connection:
        assert shown(connection) == der(certificates[kind][0])
        assert get(connection, host=name).status == 200


@pytest.mark.parametrize("name", [None, "other.example", "a.b.rsa.example"])
def test_who_names_no_host_of_ours_gets_the_first(server, certificates, name):
    with connect(server, name) as connection:
        assert shown(connection) == der(certificates["rsa"][0])
        assert get(connection).status == 200


def test_two_keys_for_one_host_serve_who_knows_only_one_kind(serve, folder):
    ecdsa = make(folder, "both-ecdsa", "ecdsa")
    rsa = make(folder, "both-rsa", "rsa")
    server = serve(LIBRARY, options(ecdsa, rsa), listen=HERE)
    for kind, wanted in (("ECDSA", ecdsa), ("RSA", rsa)):
        context = trusting(maximum_version=ssl.TLSVersion.TLSv1_2)
        context.set_ciphers(f"ECDHE-{kind}-AES128-GCM-SHA256")
        with connect(server, "localhost", context) as connection:
            assert shown(connection) == der(wanted[0])


def test_a_chain_is_sent_whole(serve, tmp_path):
    ca = make_ca(tmp_path, "ca")
    leaf = sign(tmp_path, "leaf", ca)
    chain = tmp_path / "chain.pem"
    chain.write_text(leaf[0].read_text() + ca[0].read_text())
    server = serve(LIBRARY, options((chain, leaf[1])), listen=HERE)
    with connect(server, "localhost", ssl.create_default_context(cafile=ca[0])) as connection:
        assert get(connection).status == 200
    said = openssl("s_client", "-connect", server.authority, "-showcerts", input=b"")
    assert said.count(b"BEGIN CERTIFICATE") == 2


def test_an_ocsp_response_is_stapled(serve, tmp_path):
    ca = make(tmp_path, "ca", hosts=())
    leaf = sign(tmp_path, "leaf", ca)
    (tmp_path / "index").write_text("V\t351231235959Z\t\t1000\tunknown\t/CN=leaf\n")
    openssl("ocsp", "-issuer", ca[0], "-cert", leaf[0], "-reqout", tmp_path / "request")
    openssl("ocsp", "-index", tmp_path / "index", "-CA", ca[0], "-rsigner", ca[0], "-rkey", ca[1], "-ndays", "7",
            "-reqin", tmp_path / "request", "-respout", tmp_path / "response")  # fmt: skip
    server = serve(LIBRARY, [*options(leaf), "--tls-ocsp", tmp_path / "response"], listen=HERE)
    for version in ("-tls1_2", "-tls1_3"):
        said = openssl("s_client", "-connect", server.authority, "-status", version, input=b"")
        assert b"OCSP Response Status: successful" in said
    other = make(tmp_path, "other")
    done = run("serve", "--listen", HERE, *options(other), "--tls-ocsp", tmp_path / "response", "--data", tmp_path / "d")
    assert done.returncode == 2 and "is for another certificate" in done.stderr


# What is spoken

@requirement("9113-9.2-01", "9113-9.2.2-01", "9113-3.2-01")
@pytest.mark.parametrize("arguments", [
    ["-alpn", "h2c"], ["-tls1", "-cipher", "ALL:@SECLEVEL=0"], ["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"],
    ["-tls1_2", "-cipher", "ECDHE-RSA-AES128-SHA256"], ["-tls1_2", "-cipher", "AES128-GCM-SHA256"],
    ["-tls1_2", "-cipher", "DHE-RSA-AES128-GCM-SHA256"], ["-alpn", "smtp"],
])  # fmt: skip
def test_what_is_weak_is_not_spoken(server, arguments):
    line = ["openssl", "s_client", "-connect", server.authority, *arguments]
    done = subprocess.run(line, input=b"", capture_output=True, timeout=60, check=False)
    assert done.returncode != 0 and b"alert" in done.stderr, done


@requirement("9113-9.2.2-01")
def test_the_suite_that_every_http_2_has_is_spoken(server):
    said = openssl("s_client", "-connect", server.authority, "-alpn", "h2", "-tls1_2", "-servername", "rsa.example",
                   "-cipher", "ECDHE-RSA-AES128-GCM-SHA256", "-groups", "P-256", input=b"")  # fmt: skip
    assert b"ALPN protocol: h2" in said and b"Cipher    : ECDHE-RSA-AES128-GCM-SHA256" in said


@requirement("9113-9.2.1-01")
def test_there_is_no_compression_and_nobody_renegotiates(server):
    line = ["openssl", "s_client", "-connect", server.authority, "-tls1_2", "-comp"]
    done = subprocess.run(line, input=b"R\n", capture_output=True, timeout=60, check=False)
    assert b"Compression: NONE" in done.stdout
    assert b"no renegotiation" in done.stderr.lower().replace(b"_", b" "), done.stderr


@requirement("9113-3.2-02", "9113-9.1.1-01", "9113-9.2.3-01")
def test_http_2_over_tls_begins_with_settings_and_serves_its_hosts(server):
    """One connection for all hosts of its certificate, and for no other; nobody is asked for a certificate later."""
    address = server.address
    with FrameConnection(address, "127.0.0.1") as wire:
        assert wire.socket.tls.selected_alpn_protocol() == "h2"
        wire.start()
        assert wire.read_frame()[0] == SETTINGS
        for stream, (host, status) in enumerate([("rsa.example", 200), ("other.example", 421), ("www.rsa.example", 200)]):
            wire.authority = host
            wire.send(wire.request(2 * stream + 1, "GET", "/books"))
            assert wire.wait_for_status(2 * stream + 1) == status


def test_alpn_is_answered(server):
    with connect(server) as connection:
        assert connection.socket.tls.selected_alpn_protocol() == "http/1.1"
    with connect(server, context=trusting(protocols=())) as connection:
        assert get(connection).status == 200


@requirement("7301-3.2-01")
def test_alpn_prefers_http_2(server):
    with connect(server, context=trusting(protocols=("http/1.1", "h2"))) as connection:
        assert connection.socket.tls.selected_alpn_protocol() == "h2"


@requirement("7301-3.2-02")
def test_who_offers_no_protocol_of_ours_is_told_so(server):
    line = ["openssl", "s_client", "-connect", server.authority, "-alpn", "smtp"]
    done = subprocess.run(line, input=b"", capture_output=True, timeout=60, check=False)
    assert done.returncode != 0 and b"SSL alert number 120" in done.stderr, done  # no_application_protocol


@requirement("7301-3.2-03")
@pytest.mark.parametrize("chosen, other", [("h2", GET % (b"/books", b"127.0.0.1")), ("http/1.1", PREFACE + settings())])
def test_what_was_chosen_is_spoken_whatever_the_client_says(server, chosen, other):
    with connect(server, context=trusting(protocols=(chosen,))) as connection:
        assert connection.socket.tls.selected_alpn_protocol() == chosen
        connection.send(other)
        answer = b""
        while data := connection.socket.recv(65536):
            answer += data
        if chosen == "h2":  # whose GOAWAY may be left out (RFC 9113 section 3.4)
            assert answer == b"" or answer[3] == SETTINGS
        else:
            assert answer.startswith(b"HTTP/1.1 ")


@pytest.mark.skipif(not shutil.which("curl"), reason="there is no curl")
@pytest.mark.parametrize("version", ["1.1", "2"])
def test_curl_verifies_and_reads(server, certificates, version):
    line = ["curl", "-sS", f"--http{version}", "-w", "%{http_version}", "--cacert", certificates["ecdsa"][0], "--connect-to", f"ecdsa.example:443:{server.authority}",
            "https://ecdsa.example/books"]  # fmt: skip
    done = subprocess.run(line, capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, b"[]" + version.encode()), done.stderr


class Recorded(TlsSocket):
    """Keeps what was on the way."""

    seen = b""

    def take(self):
        before = self.incoming.pending
        super().take()
        if self.incoming.pending > before:
            data = self.incoming.read()
            type(self).seen += data
            self.incoming.write(data)


@requirement("9112-9.7-01")
def test_nothing_of_http_is_to_be_read_on_the_way(server):
    connection = Connection.__new__(Connection)
    connection.socket = Recorded(socket.create_connection(tuple(server.address)))
    connection.buffer, connection.ended = b"", False
    with connection:
        assert get(connection).status == 200
    assert len(Recorded.seen) > 200
    for text in (b"HTTP/1.1", b"Content-Type", b"application/json"):
        assert text not in Recorded.seen


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_sessions_are_resumed_by_any_worker(serve, certificates, version):
    server = serve(LIBRARY, [*options(certificates["ecdsa"]), "--workers", "3"], listen=HERE)
    context = trusting(maximum_version=version)
    with connect(server, "ecdsa.example", context) as connection:
        assert get(connection).status == 200
        session = connection.socket.tls.session
    for _ in range(8):
        with connect(server, "ecdsa.example", context, session) as connection:
            assert connection.socket.tls.session_reused
            assert get(connection, host="ecdsa.example").status == 200
            assert get(connection, host="rsa.example").status == 421  # also of a resumed one


# Messages

@pytest.mark.parametrize("size", [0, 1, 16383, 16384, 16385, 100_000, 3_000_000])
def test_content_goes_both_ways(server, size):
    client = H1Client(server.address, "127.0.0.1")
    cover = add(client) + "/cover"
    data = os.urandom(size)
    assert client.put(cover, {"Content-Type": "image/png"}, data).status == 201
    assert client.get(cover).body == data
    assert client.put(cover, {"Content-Type": "image/png"}, [data, b"x"] if data else [b"x"], chunked=True).status == 204
    assert client.get(cover).body == data + b"x"
    client.close()


def test_files_are_sent(serve, certificates, tmp_path):
    files = tmp_path / "files"
    files.mkdir()
    data = os.urandom(2_000_000)
    (files / "large.bin").write_bytes(data)
    (files / "small.txt").write_text("hello")
    server = serve(None, [*options(certificates["ecdsa"]), "--files", files], listen=HERE)
    client = H1Client(server.address, "127.0.0.1")
    assert client.get("/large.bin").body == data
    assert client.get("/large.bin", {"Range": "bytes=1000000-"}).body == data[1_000_000:]
    assert client.get("/small.txt").text == "hello"
    client.close()


def test_pipelined_requests_are_answered_in_order(server):
    with connect(server) as connection:
        connection.send(b"".join(GET % (target, b"127.0.0.1") for target in (b"/books", b"/nothing", b"/books") * 20))
        assert [connection.read_response().status for _ in range(60)] == [200, 404, 200] * 20


def test_bytes_may_come_one_by_one(server):
    class Slowly:
        def __init__(self, raw):
            self.raw = raw

        def sendall(self, data):
            for byte in data:
                self.raw.sendall(bytes([byte]))

        def __getattr__(self, name):
            return getattr(self.raw, name)

    raw = socket.create_connection(tuple(server.address))
    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection = Connection.__new__(Connection)
    connection.socket = TlsSocket(Slowly(raw))
    connection.buffer, connection.ended = b"", False
    with connection:
        assert get(connection).status == 200


def test_who_reads_slowly_gets_all_of_it(server):
    client = H1Client(server.address, "127.0.0.1")
    cover = add(client) + "/cover"
    data = os.urandom(4_000_000)
    client.put(cover, {"Content-Type": "image/png"}, data)
    client.close()
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.connect(tuple(server.address))
    connection = Connection.__new__(Connection)
    connection.socket = TlsSocket(raw)
    connection.buffer, connection.ended = b"", False
    with connection:
        connection.send(GET % (cover.encode(), b"127.0.0.1"))
        time.sleep(0.2)
        assert connection.read_response().body == data


# The end

@requirement("9112-9.8-02", "9112-9.8-04", "9112-9.8-06")
def test_close_notify_comes_before_the_end(server):
    with connect(server) as connection:
        connection.send(b"GET /books HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        assert connection.read_response().status == 200
        assert connection.at_end()
        assert connection.socket.notified


@requirement("9112-9.8-02")
def test_close_notify_comes_also_where_nobody_asked(serve, certificates):
    server = serve(LIBRARY, [*options(certificates["ecdsa"]), "--idle-timeout", "300ms"], listen=HERE)
    with connect(server) as connection:
        assert get(connection).status == 200
        assert connection.at_end() and connection.socket.notified
    with connect(server) as connection:
        assert get(connection).status == 200
        server.terminate()
        assert connection.at_end() and connection.socket.notified


def test_a_half_close_is_answered(server):
    with connect(server) as connection:
        connection.send(GET % (b"/books", b"127.0.0.1"))
        connection.half_close()
        assert connection.read_response().status == 200
        assert connection.at_end() and connection.socket.notified


@requirement("9112-9.8-03")
@pytest.mark.parametrize("reset", [False, True])
def test_an_end_without_close_notify_harms_nobody(server, reset):
    client = H1Client(server.address, "127.0.0.1")
    before = client.get("/books").headers["ETag"]
    for sent in (b"", b"POST /books HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                 b'Content-Length: 100\r\n\r\n{"title": "cut"}'):  # fmt: skip
        with connect(server) as connection:
            connection.send(sent) if sent else None
            if reset:
                connection.socket.raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    with connect(server) as connection:  # what is whole is answered
        connection.send(GET % (b"/books", b"127.0.0.1"))
        connection.socket.raw.shutdown(socket.SHUT_WR)
        assert connection.read_response().status == 200
    assert client.get("/books").headers["ETag"] == before
    client.close()


# The target's scheme and host

@requirement("9110-7.4-02")
@pytest.mark.parametrize("host, status", [
    ("127.0.0.1", 200), ("ecdsa.example", 200), ("ECDSA.example:8443", 200), ("www.ecdsa.example", 200),
    ("rsa.example", 421), ("other.example", 421), ("127.0.0.2", 421), ("example", 421), ("a.b.ecdsa.example", 421),
])  # fmt: skip
def test_a_request_for_a_host_that_the_certificate_is_not_for_is_421(server, host, status):
    with connect(server, "ecdsa.example") as connection:
        assert get(connection, host=host).status == status
        assert get(connection).status == 200  # the connection goes on
        answer = get(connection, target=f"https://{host}/books", host=host)
        assert answer.status == status
        assert get(connection, target=f"http://{host}/books", host=host).status == 421


@requirement("9110-7.4-01")
def test_http_without_tls_is_told_so(server):
    with Connection(tuple(server.address)) as connection:
        connection.send(GET % (b"/books", b"127.0.0.1"))
        answer = connection.read_response()
        assert answer.status == 400 and "HTTPS" in answer.json()["detail"]
        assert connection.at_end()


def test_what_comes_without_tls_is_sent_to_https(serve, certificates):
    server = serve(LIBRARY, [*options(certificates["ecdsa"]), "--redirect-to-https", "--hsts", "8760h",
                             "--listen", "http://127.0.0.1:0"], listen=HERE)  # fmt: skip
    (_, port), plain = server.addresses
    client = H1Client(plain, "books.example:8080")
    for method, target, status in [("GET", "/books?limit=3", 301), ("HEAD", "/books", 301), ("POST", "/books", 308),
                                   ("DELETE", "/books/1", 308)]:  # fmt: skip
        answer = client.request(method, target)
        assert answer.status == status
        assert answer.headers["Location"] == f"https://books.example:{port}{target}"
        assert "Strict-Transport-Security" not in answer.headers
    client.close()
    client = H1Client(server.address, "127.0.0.1")
    for target in ("/books", "/nothing"):
        assert client.get(target).headers["Strict-Transport-Security"] == "max-age=31536000"
    client.close()
    with Connection(plain) as connection:  # who names no host cannot be sent anywhere
        connection.send(b"GET /books HTTP/1.0\r\n\r\n")
        assert connection.read_response().status == 421


def test_hsts_is_not_said_unless_it_is_asked_for(server):
    with connect(server) as connection:
        assert "Strict-Transport-Security" not in get(connection).headers


# HTTP/3 beside it (RFC 7838 section 3, RFC 9114 section 3.1.1)

@requirement("9114-3.1.1-01", "7838-3.1-01")
def test_where_http3_is_served_is_said_over_tls_alone(serve, certificates):
    server = serve(LIBRARY, [*options(certificates["ecdsa"]), "--listen", "127.0.0.1:0"], listen=HERE)
    secured, plain = server.addresses
    with connect(server) as connection:
        assert get(connection).headers["Alt-Svc"] == f'h3=":{secured[1]}"; ma=86400'
    with Connection(plain) as connection:
        connection.send(GET % (b"/books", b"localhost"))
        assert "Alt-Svc" not in connection.read_response().headers


@requirement("7838-3-01")
def test_it_is_said_whatever_the_answer_is(server):
    with connect(server) as connection:
        for path, status in (("/books", 200), ("/books/99", 404), ("/books/", 301), ("/%zz", 400)):
            answer = get(connection, path)
            assert (answer.status, answer.headers["Alt-Svc"]) == (status, f'h3=":{server.address[1]}"; ma=86400')


def test_http3_can_be_turned_off(serve, certificates):
    server = serve(LIBRARY, [*options(certificates["ecdsa"]), "--http3=no"], listen=HERE)
    with connect(server) as connection:
        assert "Alt-Svc" not in get(connection).headers
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:  # nobody else has it
        taken.bind(server.addresses[0])


def test_a_port_for_http3_that_is_taken_is_an_error(certificates):
    with socket.socket() as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        tcp.bind(("127.0.0.1", 0))
        port = tcp.getsockname()[1]
        udp.bind(("127.0.0.1", port))
        tcp.close()
        done = run("serve", LIBRARY, *options(certificates["ecdsa"]), "--listen", f"https://127.0.0.1:{port}", "--storage", "memory:")
    assert done.returncode == 2
    assert done.stderr == f"verbatim: error: cannot serve HTTP/3 on https://127.0.0.1:{port} (UDP): Address already in use\n"


# Reading the certificates again

def test_a_reload_is_for_new_connections_and_a_broken_one_for_none(serve, tmp_path):
    first, second = make(tmp_path, "first"), make(tmp_path, "second")
    crt, key = tmp_path / "now.crt", tmp_path / "now.key"

    def put(pair):
        crt.write_bytes(pair[0].read_bytes())
        key.write_bytes(pair[1].read_bytes())

    def wait_for(text, times):
        deadline = time.monotonic() + 20
        while server.output.count(text) < times:
            assert time.monotonic() < deadline, server.output
            time.sleep(0.01)

    put(first)
    server = serve(LIBRARY, options((crt, key)), listen=HERE)
    with connect(server) as old:
        assert get(old).status == 200
        put(second)
        server.reload()
        wait_for("certificates read anew", 1)
        with connect(server) as fresh:
            assert shown(fresh) == der(second[0])
        key.write_bytes(first[1].read_bytes())
        server.reload()
        wait_for("going on with the certificates as they were", 1)
        assert f"error: {key}: the key is another certificate's\n" in server.output
        with connect(server) as fresh:
            assert shown(fresh) == der(second[0])
            assert get(fresh).status == 200
        assert get(old).status == 200
        assert shown(old) == der(first[0])


# For development

def test_a_self_signed_certificate_is_made_once_and_told(serve):
    server = serve(LIBRARY, ["--tls-self-signed", "--server-name", "books.example"], listen=HERE)
    kept = server.data / "tls-self-signed.pem"
    assert kept.stat().st_mode & 0o777 == 0o600
    text = kept.read_text()
    digest = hashlib.sha256(der(kept)).hexdigest().upper()
    assert ":".join(re.findall("..", digest)) in server.output
    for _ in range(2):
        context = ssl.create_default_context(cafile=kept)
        for name in ("localhost", "books.example", socket.gethostname(), "127.0.0.1"):
            with connect(server, name, context) as connection:
                assert get(connection, host=name).status == 200
        server.restart()
    assert kept.read_text() == text


# Mistakes

@pytest.mark.parametrize("arguments, said", [
    ([], "listening on https:// needs --tls-cert, or --tls-self-signed"),
    (["--tls-cert", "{crt}", "--tls-key", "{key}", "--tls-key", "{key}"], "--tls-key: there are 2 of them, and 1 of --tls-cert"),
    (["--tls-cert", "/nowhere.pem"], "/nowhere.pem: No such file or directory"),
    (["--tls-cert", "{crt}"], "{crt}: has no key in PEM"),
    (["--tls-cert", "{key}"], "{key}: has no certificate in PEM"),
    (["--tls-cert", "{crt}", "--tls-key", "{crt}"], "{crt}: has no key in PEM"),
    (["--tls-cert", "{nameless}", "--tls-key", "{key}"], "{nameless}: the certificate names no host (subjectAltName)"),
])  # fmt: skip
def test_a_mistake_is_one_line_and_2(folder, tmp_path, certificates, arguments, said):
    nameless, _ = make(folder, "nameless", hosts=())
    names = {"crt": certificates["ecdsa"][0], "key": certificates["ecdsa"][1], "nameless": nameless}
    words = [word.format(**names) for word in arguments]
    done = run("serve", "--listen", HERE, *words, "--data", tmp_path / "data")
    assert done.returncode == 2
    assert done.stderr == f"verbatim: error: {said.format(**names)}\n"


def test_there_must_be_something_to_redirect_to(tmp_path):
    done = run("serve", "--listen", "127.0.0.1:0", "--redirect-to-https", "--data", tmp_path / "data")
    said = "verbatim: error: --redirect-to-https needs an address that begins with https://\n"
    assert (done.returncode, done.stderr) == (2, said)


def test_certificates_without_an_address_for_them_are_told(serve, certificates):
    server = serve(LIBRARY, options(certificates["ecdsa"]), listen="http://127.0.0.1:0")
    assert "warning: no address begins with https://" in server.output
    assert H1Client(server.address, "localhost").get("/books").status == 200


def test_an_encrypted_key_is_told(folder, tmp_path, certificates):
    crt, key = certificates["ecdsa"]
    locked = folder / "locked.key"
    openssl("pkcs8", "-topk8", "-in", key, "-out", locked, "-passout", "pass:secret")
    done = run("serve", "--listen", HERE, *options((crt, locked)), "--data", tmp_path / "data")
    assert done.stderr == f"verbatim: error: {locked}: the key is encrypted\n"


# Hostile clients

def test_who_says_nothing_keeps_a_place_only_for_the_head_timeout(serve, certificates):
    server = serve(LIBRARY, [*options(certificates["ecdsa"]), "--head-timeout", "300ms"], listen=HERE)
    for begun in (b"", b"\x16", b"\x16\x03\x01\x02\x00\x01\x00"):
        with Connection(tuple(server.address)) as connection:
            connection.send(begun) if begun else None
            assert connection.at_end()


HELLO = base64.b16decode("160301007A01000076030300")


@pytest.mark.parametrize("data", [
    b"\x16\x03\x01\x00\x05hello", b"\x80\x2e\x01\x00\x02" + b"\0" * 50, b"\x15\x03\x03\x00\x02\x02\x28",
    b"\x17\x03\x03\x40\x00" + b"x" * 0x4000, b"\x14\x03\x03\x00\x01\x01" * 1000, b"\x16\x03\x03\x00\x00" * 10000,
    b"\x16\x03\x01\x40\x00\x01\xff\xff\xff" + b"\0" * 0x3FFC, HELLO * 500, b"\0" * 100_000, b"SSH-2.0-x\r\n", b"\xff",
])  # fmt: skip
def test_bytes_that_are_no_tls_end_only_their_own_connection(server, data):
    with connect(server) as other, Connection(tuple(server.address)) as connection:
        try:
            connection.send(data)
            connection.half_close()
            connection.read_to_end()
        except OSError:
            pass  # cut off early
        assert get(other).status == 200


def test_a_record_that_was_changed_ends_the_connection(server):
    with connect(server) as connection:
        connection.socket.tls.write(GET % (b"/books", b"127.0.0.1"))
        data = bytearray(connection.socket.outgoing.read())
        data[-1] ^= 1
        connection.socket.raw.sendall(data)
        with pytest.raises(ssl.SSLError, match="(?i)bad record mac"):
            connection.read_response()


def test_noise_in_the_middle_of_a_connection(server):
    for _ in range(30):
        with connect(server) as connection:
            assert get(connection).status == 200
            connection.socket.raw.sendall(os.urandom(3000))
            try:
                connection.read_to_end()
            except (ssl.SSLError, OSError):
                pass
    with connect(server) as connection:
        assert get(connection).status == 200


