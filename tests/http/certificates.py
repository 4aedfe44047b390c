"""Certificates for tests, made with openssl, and the options that name them."""

import atexit
import shutil
import ssl
import subprocess
import tempfile
from functools import cache
from pathlib import Path

HERE = "https://127.0.0.1:0"
KEYS = {
    "rsa": ["-newkey", "rsa:2048"],
    "ecdsa": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "ed25519": ["-newkey", "ed25519"],
}
FOR_A_CA = ["-addext", "keyUsage=keyCertSign,cRLSign,digitalSignature"]


def openssl(*args, **more):
    done = subprocess.run(["openssl", *map(str, args)], capture_output=True, timeout=60, check=False, **more)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def make(folder, name, kind="ecdsa", hosts=("DNS:localhost", "IP:127.0.0.1"), extra=(), subject=None):
    """A self-signed certificate and its key, as files."""
    files = folder / f"{name}.crt", folder / f"{name}.key"
    names = ["-addext", f"subjectAltName={','.join(hosts)}"] if hosts else []
    openssl("req", "-x509", "-nodes", "-days", "30", "-subj", subject or f"/CN={name}", *KEYS[kind], *names, *extra,
            "-out", files[0], "-keyout", files[1])  # fmt: skip
    return files


def make_ca(folder, name):
    return make(folder, name, hosts=(), extra=FOR_A_CA)


# `openssl x509` cannot make one that has expired in every version, `openssl ca` can.
OF_THE_PAST = ["-startdate", "20200101000000Z", "-enddate", "20200131000000Z"]
SETTINGS = """
[ca]
default_ca = here
[here]
database = {name}.index
serial = {name}.serial
new_certs_dir = .
default_md = sha256
policy = any
[any]
commonName = optional
organizationName = optional
"""


def sign_in_the_past(folder, name, ca, serial, request, crt):
    (folder / f"{name}.index").write_text("")
    (folder / f"{name}.serial").write_text(serial.removeprefix("0x") + "\n")
    (folder / f"{name}.cnf").write_text(SETTINGS.format(name=name))
    openssl("ca", "-batch", "-notext", "-config", f"{name}.cnf", "-in", request, "-cert", ca[0], "-keyfile", ca[1],
            *OF_THE_PAST, "-extfile", f"{name}.ext", "-out", crt, cwd=folder)  # fmt: skip


def sign(folder, name, ca, *, kind="ecdsa", subject=None, serial="0x1000", expired=False,
         extensions="subjectAltName=DNS:localhost,IP:127.0.0.1"):  # fmt: skip
    """A certificate that another one has signed; one for localhost, unless its extensions say otherwise."""
    request, crt, key = (folder / f"{name}.{ending}" for ending in ("csr", "crt", "key"))
    openssl("req", "-new", "-nodes", "-subj", subject or f"/CN={name}", *KEYS[kind], "-keyout", key, "-out", request)
    (folder / f"{name}.ext").write_text(extensions + "\n")
    if expired:
        sign_in_the_past(folder, name, ca, serial, request, crt)
        return crt, key
    openssl("x509", "-req", "-in", request, "-CA", ca[0], "-CAkey", ca[1], "-set_serial", serial, "-days", 30,
            "-extfile", folder / f"{name}.ext", "-out", crt)  # fmt: skip
    return crt, key


# Hosts that tests ask for: over TLS a request for another is 421, whatever it is.
HOSTS = {
    "IP": ["127.0.0.1", "::1", "0.0.0.0", "::", "10.0.0.1"],
    "DNS": [
        "localhost", "books.localhost", "a.b.localhost", "xlocalhost", "a", "b", "h", "x", "example.com", "example.org",
        "a.example", "any.example", "books.example", "a.books.example", "evil.example", "localhost.evil.example",
        "127.0.0.1.evil.example", "127.1", "2130706433",
    ],
}  # fmt: skip


@cache
def of_the_suite():
    """The certificate that tests' servers show over TLS, where the test is not about that."""
    folder = Path(tempfile.mkdtemp(prefix="vb-suite-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return make(folder, "suite", hosts=[f"{kind}:{host}" for kind, hosts in HOSTS.items() for host in hosts])


def der(path):
    end = "-----END CERTIFICATE-----"
    return ssl.PEM_cert_to_DER_cert(path.read_text().partition(end)[0] + end)


def options(*pairs):
    """The options for (certificate, key) pairs."""
    return [word for crt, key in pairs for word in ("--tls-cert", crt, "--tls-key", key)]
