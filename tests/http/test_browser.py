"""Chromium loads a page that uses the API, over each protocol it speaks.

Needs Chromium, Node.js and playwright-core: script/browsers installs them.
"""

import base64
import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from library import LIBRARY
from server import ROOT

HERE = Path(__file__).parent / "browser"
PLAYWRIGHT = ROOT / "build/browsers/node_modules/playwright-core"
MISSING = [
    what
    for what, there in [
        ("chromium", shutil.which(os.environ.get("VB_CHROMIUM", "chromium"))),
        ("node", shutil.which("node")),
        ("playwright-core", PLAYWRIGHT.exists()),
    ]
    if not there
]
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"{', '.join(MISSING)}: not there (script/browsers installs it)")

LARGE = 200_000
# What the page asks for, in order, and what it must get.
EXPECTED = [
    ("POST", 201),
    ("GET", 200),
    ("HEAD", 200),
    ("OPTIONS", 204),
    ("GET", 304),
    ("PUT", 200),
    ("PUT", 412),
    ("PATCH", 200),
    ("QUERY", 200),
    ("GET", 200),
    ("GET", 206),
    ("DELETE", 204),
    ("GET", 404),
]


@pytest.fixture
def site(tmp_path, serve):
    """A server with the library, the page and a large text; its port."""
    files = tmp_path / "files"
    files.mkdir()
    for name in ["index.html", "page.js"]:
        shutil.copy(HERE / name, files)
    (files / "large.txt").write_text("0123456789" * (LARGE // 10))
    return serve(LIBRARY, ["--files", files, "--tls-self-signed"], listen="https://127.0.0.1:0")


def fingerprint(server):
    """By which Chromium is told to take the certificate: its key's."""
    pem = server.data / "tls-self-signed.pem"
    key = subprocess.run(["openssl", "x509", "-in", pem, "-pubkey", "-noout"], capture_output=True, check=True)
    der = subprocess.run(
        ["openssl", "pkey", "-pubin", "-outform", "der"], input=key.stdout, capture_output=True, check=True
    )
    return base64.b64encode(hashlib.sha256(der.stdout).digest()).decode()


def visit(server, profile, *flags):
    host, port = server.addresses[0]
    done = subprocess.run(
        ["node", HERE / "drive.mjs", PLAYWRIGHT, f"https://{host}:{port}/index.html", profile,
         f"--ignore-certificate-errors-spki-list={fingerprint(server)}", *flags],
        capture_output=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    seen = json.loads(done.stdout)
    assert "error" not in seen, seen
    return seen


def check(seen, protocol):
    got = [(one["method"], one["status"]) for one in seen["asked"]]
    assert got == EXPECTED, got
    assert seen["asked"][10]["length"] == 10
    assert seen["asked"][-1]["fields"]["content-type"] == "application/problem+json"
    assert seen["crowd"] == [LARGE] * 50
    assert set(seen["protocols"]) == {protocol}


def test_a_page_over_http2(site, tmp_path):
    check(visit(site, tmp_path / "profile", "--disable-quic"), "h2")


def test_a_page_over_http3(site, tmp_path):
    host, port = site.addresses[0]
    check(visit(site, tmp_path / "profile", f"--origin-to-force-quic-on={host}:{port}"), "h3")
