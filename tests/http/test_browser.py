"""Chromium loads a page that uses the API, over each protocol it speaks."""

import shutil
import threading
import time

import chromium
import pytest
from chromium import HERE
from library import LIBRARY, add

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
    for name in ["index.html", "page.js", "events.html"]:
        shutil.copy(HERE / name, files)
    (files / "large.txt").write_text("0123456789" * (LARGE // 10))
    return serve(LIBRARY, ["--files", files, "--tls-self-signed"], listen="https://127.0.0.1:0")


def visit(server, profile, *flags, page="index.html"):
    host, port = server.addresses[0]
    return chromium.drive("drive.mjs", [f"https://{host}:{port}/{page}"], profile, [server], *flags)


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


# --- EventSource -------------------------------------------------------------


def await_listening(server, times):
    """Until the page says that its stream has begun so often."""
    deadline = time.monotonic() + 30
    client = server.client()
    while True:
        got = client.get("/settings/listening")
        if got.status == 200 and got.json()["value"] >= times:
            return client
        assert time.monotonic() < deadline, got
        time.sleep(0.05)


# The page knows of no restart: its browser comes back and says what it has heard last.
def test_event_source_goes_on_where_it_was(site, tmp_path):
    host, port = site.addresses[0]
    site.listen = f"https://{host}:{port}"  # also the next time
    seen, written = [], []
    visitor = threading.Thread(
        target=lambda: seen.extend(visit(site, tmp_path / "profile", "--disable-quic", page="events.html"))
    )
    visitor.start()
    for times, end in [(1, "kill"), (2, "stop"), (3, None)]:
        client = await_listening(site, times)
        for n in range(20):
            written.append((add(client, title=f"{times}.{n}"), f"{times}.{n}"))
        if end:
            site.kill() if end == "kill" else site.stop()
            site.clients.clear()
            site.start()
            client = site.client()
            for n in range(20, 25):  # before it is back
                written.append((add(client, title=f"{times}.{n}"), f"{times}.{n}"))
    written.append((add(client, title="end"), "end"))
    visitor.join(60)
    assert [one["kind"] for one in seen if one["kind"] not in ("ready", "created")] == []
    assert len([one for one in seen if one["kind"] == "ready"]) == 3
    told = [one for one in seen if one["kind"] == "created"]
    assert [(one["uri"], one["title"]) for one in told] == written
    assert len({one["id"] for one in told}) == len(told)
