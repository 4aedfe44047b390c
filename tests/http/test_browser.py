"""Chromium loads a page that uses the API, over each protocol it speaks."""

import shutil

import chromium
import pytest
from chromium import HERE
from library import LIBRARY

pytestmark = chromium.needed

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


def visit(server, profile, *flags):
    host, port = server.addresses[0]
    return chromium.drive("drive.mjs", [f"https://{host}:{port}/index.html"], profile, [server], *flags)


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
