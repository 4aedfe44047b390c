"""The access log of a server that runs: one line a request, and no secrets."""

import json
import re
import time

import pytest
from client import PROTOCOLS, protocol

VERSION = PROTOCOLS[protocol()].version

COMBINED = re.compile(
    r'127\.0\.0\.1 - - \[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000\] '
    r'"(?P<line>[^"]*)" (?P<status>\d{3}|-) (?P<bytes>\d+) '
    r'"(?P<referer>[^"]*)" "(?P<agent>[^"]*)"'
)


def lines(path, count, timeout=20):
    """The log's lines, once there are as many."""
    deadline = time.monotonic() + timeout
    while True:
        found = path.read_text().splitlines() if path.exists() else []
        if len(found) >= count:
            assert len(found) == count, found
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.01)


@pytest.fixture
def log(tmp_path):
    return tmp_path / "access.log"


def test_each_request_is_a_combined_line(serve, log):
    client = serve(None, ["--log", log]).client()
    made = client.put("/a", json={"x": 1})
    got = client.get("/a?limit=1&token=hunter2", {"User-Agent": 'an "agent"'})
    client.head("/a", {"Referer": "http://u:pw@x.example/?q=hunter2"})
    client.get("/nothing")
    found = [COMBINED.fullmatch(line) for line in lines(log, 4)]
    assert all(found)
    assert [m["line"] for m in found] == [
        f"PUT /a {VERSION}",
        f"GET /a?limit=1&token=*** {VERSION}",
        f"HEAD /a {VERSION}",
        f"GET /nothing {VERSION}",
    ]
    assert [int(m["status"]) for m in found][:2] == [made.status, got.status]
    assert int(found[1]["bytes"]) == len(got.body)
    assert int(found[2]["bytes"]) == 0
    assert found[1]["agent"] == r"an \x22agent\x22"
    assert found[2]["referer"] == "http://***@x.example/?q=***"
    assert found[3]["status"] == "404"


def test_a_line_of_json_has_what_there_is(serve, log):
    server = serve(None, ["--log", log, "--log-format", "json"])
    got = server.client().get("/", {"User-Agent": "caf\xe9\\"})
    (entry,) = map(json.loads, lines(log, 1))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", entry.pop("time"))
    assert entry.pop("duration_ms") < 20000
    assert entry == {
        "client": "127.0.0.1",
        "method": "GET",
        "target": "/",
        "host": server.authority,
        "protocol": VERSION,
        "status": got.status,
        "bytes": len(got.body),
        "user_agent": r"caf\xE9\x5C",
    }


def test_what_is_no_request_is_one_harmless_line(serve, log):
    server = serve(None, ["--log", log])
    server.raw(b'GET /\x1b[2J" 200 HTTP/1.1\r\nHost: a\r\n\r\n', methods=["GET"])
    server.raw(b"\x16\x03\x01\x02\x00\r\n\r\n", methods=["GET"])
    for line in lines(log, 2):
        match = COMBINED.fullmatch(line)
        assert match and match["status"] == "400"
        assert line.isascii() and line.isprintable()


def test_credentials_and_cookies_are_in_no_log(serve, log):
    server = serve(None, ["--log", log, "--log-redact", "none"])
    fields = {
        name: "Basic hunter2"
        for name in ("Authorization", "Cookie", "Proxy-Authorization", "X-Token")
    }
    server.client().get("/", fields)
    (line,) = lines(log, 1)
    assert "hunter2" not in line
    assert "hunter2" not in server.output


def test_the_redaction_rule_decides(serve, log):
    client = serve(None, ["--log", log, "--log-redact", "only:token"]).client()
    client.get("/x?name=open&TOKEN=hunter2")
    assert f"GET /x?name=open&TOKEN=*** {VERSION}" in lines(log, 1)[0]


def test_sighup_opens_the_log_anew(serve, log, tmp_path):
    server = serve(None, ["--log", log])
    client = server.client()
    client.get("/1")
    lines(log, 1)
    log.rename(tmp_path / "old.log")
    server.reload()
    deadline = time.monotonic() + 20
    while not log.exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    client.get("/2")
    assert "GET /2 " in lines(log, 1)[0]
    lines(tmp_path / "old.log", 1)


def test_the_log_goes_to_stderr_unless_it_is_off(serve):
    server = serve(None)
    server.client().get("/x")
    server.stop()
    assert f'"GET /x {VERSION}" 404' in server.output
    quiet = serve(None, ["--log", "off"])
    quiet.client().get("/x")
    quiet.stop()
    assert "GET /x" not in quiet.output


def test_all_workers_write_whole_lines(serve, log):
    server = serve(None, ["--log", log, "--workers", "2"])
    for _ in range(20):
        with server.connect() as connection:
            connection.send(b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n" * 20)
            for _ in range(20):
                connection.read_response("GET")
    assert all(map(COMBINED.fullmatch, lines(log, 400)))
