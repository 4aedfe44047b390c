"""Clients that show a certificate in TLS (RFC 8446 sections 4.3.2, 4.4.2, 6.2): who comes in, and as whom."""

import hashlib
import json
import shutil
import ssl
import subprocess
import time

import pytest
from certificates import HERE, der, make, make_ca, openssl, options, sign
from client import H1Client
from h1 import Connection
from test_cli import run
from test_tls import GET, connect, get
from tls import trusting

ANN = "subjectAltName=URI:spiffe://example.org/ann,email:ann@example.org,DNS:ann.example,IP:192.0.2.7\nextendedKeyUsage=clientAuth"
VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]
TEXT = {"openapi": "3.1.0", "info": {"title": "who", "version": "1"}}


def who():
    """A description with a program that tells by what it knows its client."""
    responses = {"200": {"description": "you", "content": {"text/plain": {}}}}
    tell = 'printf "%s|" "$VERBATIM_CLIENT_SUBJECT" "$VERBATIM_CLIENT_ISSUER" "$VERBATIM_CLIENT_SERIAL" ' \
           '"$VERBATIM_CLIENT_FINGERPRINT" "$VERBATIM_CLIENT_NAMES"'  # fmt: skip
    run = {"run": ["sh", "-c", tell]}
    return dict(TEXT, paths={"/who": {"x-verbatim": {"do": run}, "post": {"responses": responses}}})


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture(scope="module")
def ca(folder):
    return make_ca(folder, "Clients")


@pytest.fixture(scope="module")
def shown(folder, ca):
    """What clients show, good and bad."""
    other = make_ca(folder, "Others")
    return {
        "ann": sign(folder, "ann", ca, subject="/O=Example/CN=Ann, of Green\\, Gables", serial="0x3E8", extensions=ANN),
        "rsa": sign(folder, "rsa", ca, kind="rsa"),
        "ed25519": sign(folder, "ed25519", ca, kind="ed25519"),
        "expired": sign(folder, "expired", ca, expired=True),
        "for servers": sign(folder, "server", ca, extensions="extendedKeyUsage=serverAuth"),
        "of others": sign(folder, "other", other),
        "of its own": make(folder, "own"),
        "none": None,
    }


@pytest.fixture(scope="module")
def server_pair(folder):
    return make(folder, "server-side")


@pytest.fixture(scope="module", params=["required", "optional"])
def asking(request, module_serve, server_pair, ca):
    """A server that asks, and whether it insists."""
    words = [*options(server_pair), "--tls-client-ca", ca[0], "--tls-client-cert", request.param, "--log-format", "json"]
    server = module_serve(who(), words, listen=HERE)
    return server, request.param == "required"


def showing(pair, version=None, **more):
    context = trusting(**more)
    if version:
        context.minimum_version = context.maximum_version = version
    if pair:
        context.load_cert_chain(*pair)
    return context


def ask(connection):
    """What the program knows of us."""
    connection.send(b"POST /who HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n")
    answer = connection.read_response("POST")
    assert answer.status == 200, answer
    return answer.text.split("|")[:-1]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", ["ann", "rsa", "ed25519"])
def test_who_shows_one_is_known_by_it(asking, shown, version, name):
    server, _ = asking
    with connect(server, context=showing(shown[name], version)) as connection:
        subject, issuer, serial, fingerprint, names = ask(connection)
        assert ask(connection)[0] == subject  # as long as it is connected
    assert (issuer, fingerprint) == ("CN=Clients", hashlib.sha256(der(shown[name][0])).hexdigest())
    if name == "ann":
        assert (subject, serial) == ("CN=Ann\\, of Green\\, Gables,O=Example", "03e8")
        assert names.splitlines() == [
            "URI:spiffe://example.org/ann", "email:ann@example.org", "DNS:ann.example", "IP:192.0.2.7",
        ]  # fmt: skip
        assert json.loads(server.output.splitlines()[-1])["client_subject"] == subject.replace("\\", "\\x5C")


def refusal(server, context):
    """The alert that says no; None where the connection goes on."""
    try:
        with connect(server, context=context) as connection:
            assert ask(connection) == [""] * 5
    except ssl.SSLError as error:
        return error.reason
    return None


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name, alert", [
    ("expired", "SSLV3_ALERT_CERTIFICATE_EXPIRED"), ("for servers", "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE"),
    ("of others", "TLSV1_ALERT_UNKNOWN_CA"), ("of its own", "TLSV1_ALERT_UNKNOWN_CA"), ("none", None),
])  # fmt: skip
def test_who_shows_none_that_is_good_gets_the_alert_that_says_so(asking, shown, version, name, alert):
    server, required = asking
    if name == "none" and required:
        alert = {VERSIONS[0]: "SSLV3_ALERT_HANDSHAKE_FAILURE", VERSIONS[1]: "TLSV13_ALERT_CERTIFICATE_REQUIRED"}[version]
    assert refusal(server, showing(shown[name], version)) == alert


def test_clients_are_told_which_cas_are_meant(asking):
    server, _ = asking
    for version in ("-tls1_2", "-tls1_3"):
        line = ["openssl", "s_client", "-connect", server.authority, version]
        done = subprocess.run(line, input=b"", capture_output=True, timeout=60, check=False)
        said = done.stdout.replace(b" = ", b"=")  # as newer versions write it
        assert b"Acceptable client certificate CA names\nCN=Clients\n" in said


def test_openssl_and_curl_show_theirs(asking, shown):
    server, _ = asking
    crt, key = shown["ann"]
    said = openssl("s_client", "-connect", server.authority, "-cert", crt, "-key", key, "-quiet",
                   input=b"POST /who HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")  # fmt: skip
    assert b"\r\n\r\nCN=Ann" in said
    if not shutil.which("curl"):
        pytest.skip("there is no curl")
    for version in ("1.1", "2"):
        line = ["curl", "-sSk", f"--http{version}", "-w", "%{http_version}", "--cert", crt, "--key", key, "-X", "POST"]
        done = subprocess.run([*line, f"{server.origin}/who"], capture_output=True, timeout=60, check=False)
        assert done.stdout.startswith(b"CN=Ann") and done.stdout.endswith(b"|" + version.encode()), done


@pytest.mark.parametrize("version", VERSIONS)
def test_who_resumes_a_session_is_who_began_it(asking, shown, version):
    server, required = asking
    for name, known in [("ann", True)] + ([] if required else [("none", False)]):
        context = showing(shown[name], version)
        with connect(server, context=context) as connection:
            first = ask(connection)
            session = connection.socket.tls.session
        with connect(server, context=context, session=session) as connection:
            assert ask(connection) == first
            assert connection.socket.tls.session_reused
        assert bool(first[0]) == known


def test_without_cas_nobody_is_asked(serve, server_pair, shown, ca):
    for words in ([], ["--tls-client-ca", ca[0], "--tls-client-cert", "none"]):
        server = serve(who(), [*options(server_pair), *words], listen=HERE)
        with connect(server, context=showing(shown["of others"])) as connection:
            assert ask(connection) == [""] * 5


def test_http_without_tls_is_told_so_all_the_same(asking):
    server, _ = asking
    with Connection(tuple(server.address)) as connection:
        connection.send(GET % (b"/who", b"127.0.0.1"))
        assert connection.read_response().status == 400


def wait_for(server, text, times=1):
    deadline = time.monotonic() + 20
    while server.output.count(text) < times:
        assert time.monotonic() < deadline, server.output
        time.sleep(0.01)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_reload_reads_the_cas_and_what_they_revoke(serve, tmp_path, server_pair, ca, shown, version):
    config = tmp_path / "ca.cnf"
    config.write_text(f"[ca]\ndefault_ca=one\n[one]\ndatabase={tmp_path}/index\ndefault_md=sha256\ndefault_crl_days=9\n")

    def revoke(serial=None):
        (tmp_path / "index").write_text(f"R\t351231235959Z\t250101000000Z\t{serial}\tunknown\t/CN=x\n" if serial else "")
        openssl("ca", "-gencrl", "-config", config, "-cert", ca[0], "-keyfile", ca[1], "-out", tmp_path / "crl.pem")

    now = tmp_path / "now.pem"
    now.write_bytes(ca[0].read_bytes())
    revoke()
    words = [*options(server_pair), "--tls-client-ca", now, "--tls-client-crl", tmp_path / "crl.pem"]
    server = serve(who(), words, listen=HERE)
    context = showing(shown["ann"], version)
    with connect(server, context=context) as old:
        subject = ask(old)[0]
        session = old.socket.tls.session
        revoke("03E8")
        server.reload()
        wait_for(server, "certificates read anew")
        assert ask(old)[0] == subject  # what is under way goes on
        assert refusal(server, context) == "SSLV3_ALERT_CERTIFICATE_REVOKED"
        with pytest.raises(ssl.SSLError, match="CERTIFICATE_REVOKED"):  # nor by an old ticket
            with connect(server, context=context, session=session) as connection:
                ask(connection)
        with connect(server, context=showing(shown["rsa"], version)) as connection:
            assert ask(connection)[0] == "CN=rsa"
    (tmp_path / "crl.pem").write_text("nothing")
    server.reload()
    wait_for(server, "going on with the certificates as they were")
    assert f"error: {tmp_path}/crl.pem: has no revocation list in PEM\n" in server.output
    assert refusal(server, context) == "SSLV3_ALERT_CERTIFICATE_REVOKED"


@pytest.mark.parametrize("words, said", [
    (["--tls-client-cert", "required"], "--tls-client-cert needs --tls-client-ca"),
    (["--tls-client-cert", "optional"], "--tls-client-cert needs --tls-client-ca"),
    (["--tls-client-crl", "{ca}"], "--tls-client-crl needs --tls-client-ca"),
    (["--tls-client-ca", "/nowhere.pem"], "/nowhere.pem: No such file or directory"),
    (["--tls-client-ca", "{key}"], "{key}: has no certificate in PEM"),
    (["--tls-client-ca", "{ca}", "--tls-client-crl", "{ca}"], "{ca}: has no revocation list in PEM"),
    (["--tls-client-ca", "{ca}", "--listen", "http://127.0.0.1:0"],
     "--tls-client-ca needs an address that begins with https://"),
])  # fmt: skip
def test_a_mistake_is_one_line_and_2(tmp_path, server_pair, ca, words, said):
    names = {"ca": ca[0], "key": ca[1]}
    words = [word.format(**names) for word in words]
    listen = [] if "--listen" in words else ["--listen", HERE]
    done = run("serve", *listen, *options(server_pair), *words, "--data", tmp_path / "data")
    assert (done.returncode, done.stderr) == (2, f"verbatim: error: {said.format(**names)}\n")


def test_another_door_is_told(serve, server_pair, ca):
    server = serve(who(), [*options(server_pair), "--tls-client-ca", ca[0], "--listen", "127.0.0.1:0"], listen=HERE)
    assert "warning: who comes without TLS is not asked for a certificate" in server.output
    plain = H1Client(tuple(server.addresses[1]), "127.0.0.1")
    assert plain.post("/who").status == 200
    plain.close()


# Hostile clients

def test_a_chain_without_end_is_refused(asking, folder, shown):
    server, _ = asking
    chain = folder / "chain.crt"
    chain.write_text(shown["ann"][0].read_text() + shown["of its own"][0].read_text() * 60)
    assert refusal(server, showing((chain, shown["ann"][1]))) is not None
    with connect(server, context=showing(shown["ann"])) as connection:
        assert ask(connection)[0].startswith("CN=Ann")
