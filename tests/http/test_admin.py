"""Where a server is administered: what its cache keeps, and purging it."""

import json
import re
import stat
import subprocess
import threading
import time
from pathlib import Path
from urllib.parse import quote

import pytest
from client import H1Client
from ledger import requirement
from origin import Answer, gateway_to, running_origin
from server import binary

FRESH = {"Cache-Control": "max-age=600"}
TOKEN = "a-token-of-more-than-16-letters/+="


@pytest.fixture
def origin():
    with running_origin() as running:
        yield running


class Admin:
    """A client of a server's --admin."""

    def __init__(self, server):
        said = re.search(r"administered at (?:unix:(\S+)|https?://([^:]+):(\d+))", server.output)
        self.place = f"unix:{said[1]}" if said[1] else f"{said[2]}:{said[3]}"
        self.address = said[1] or (said[2], int(said[3]))
        self.path = Path(said[1]) if said[1] else None

    def ask(self, method, target, fields=()):
        client = H1Client(self.address, "localhost")
        try:
            return client.request(method, target, list(fields))
        finally:
            client.close()

    def purge(self, query=""):
        got = self.ask("DELETE", "/cache" + query)
        assert got.status == 204, got.body
        return got

    def stats(self):
        got = self.ask("GET", "/cache")
        assert got.status == 200 and got.headers["Content-Type"] == "application/json"
        return json.loads(got.body)


@pytest.fixture
def gateway(serve, origin, tmp_path):
    """(server, its Admin), with a Unix socket."""
    server = serve(gateway_to(origin.url), ["--admin", f"unix:{tmp_path}/admin"])
    return server, Admin(server)


def get(server, path, fields=()):
    """The content, and whether it is a stored one."""
    client = server.client()
    got = client.exchange("GET", path, list(dict(fields).items()), None, False, [])
    client.close()
    return got.body.decode(), ";hit" in got.headers["Cache-Status"].replace(" ", "")


def count_up(origin, path, **more):
    """Each answer is another."""
    numbers = iter(range(1, 1000))
    origin.says(path, lambda asked: Answer(body=str(next(numbers)), headers=more.get("headers", FRESH)))


def until(true):
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


# Purging


def test_what_is_purged_is_asked_for_again(gateway, origin):
    server, admin = gateway
    count_up(origin, "/a")
    count_up(origin, "/b")
    assert [get(server, "/a"), get(server, "/a"), get(server, "/b")] == [("1", False), ("1", True), ("1", False)]
    admin.purge("?uri=" + quote(server.origin + "/a", safe=""))
    assert get(server, "/a") == ("2", False) and get(server, "/b") == ("1", True)
    admin.purge()
    assert get(server, "/a") == ("3", False) and get(server, "/b") == ("2", False)


def test_uris_are_compared_by_their_normal_form(gateway, origin):
    server, admin = gateway
    count_up(origin, "/a%20b")
    get(server, "/a%20b?x=1")
    other = server.origin.replace("http", "HTTP") + "/c/../%61%20b?x=1#there"
    admin.purge("?uri=" + quote(other, safe=""))
    assert get(server, "/a%20b?x=1") == ("2", False)
    admin.purge("?uri=" + quote(server.origin + "/a%20b", safe=""))  # which is another
    assert get(server, "/a%20b?x=1") == ("2", True)


def test_all_variants_of_a_uri_go(gateway, origin):
    server, admin = gateway
    count_up(origin, "/v", headers={**FRESH, "Vary": "X-Kind"})
    for kind in "abc":
        get(server, "/v", {"X-Kind": kind})
    assert all(get(server, "/v", {"X-Kind": kind})[1] for kind in "abc")
    admin.purge("?uri=" + quote(server.origin + "/v", safe=""))
    assert not any(get(server, "/v", {"X-Kind": kind})[1] for kind in "abc")


def test_a_group_of_an_origin_goes(gateway, origin):
    server, admin = gateway
    for path, groups in (("/1", '"x"'), ("/2", '"y", "x"'), ("/3", '"y"')):
        count_up(origin, path, headers={**FRESH, "Cache-Groups": groups})
        get(server, path)
    admin.purge("?group=x&origin=" + quote("http://elsewhere.example", safe=""))
    assert get(server, "/1")[1]
    admin.purge(f"?group=x&origin={quote(server.origin, safe='')}")
    assert [get(server, path)[1] for path in ("/1", "/2", "/3")] == [False, False, True]


@pytest.mark.parametrize("query", ["", "?uri={}%2Fslow"])
def test_what_is_on_its_way_is_not_kept(gateway, origin, query):
    server, admin = gateway
    gone = threading.Event()
    origin.says("/slow", 200, FRESH, b"old" * 100, hold=gone)
    told = []
    asking = threading.Thread(target=lambda: told.append(get(server, "/slow")), daemon=True)
    asking.start()
    until(lambda: origin.count("/slow") == 1)
    time.sleep(0.2)
    admin.purge(query.format(quote(server.origin, safe="")))
    origin.says("/slow", body="new", headers=FRESH)
    # Who asks now does not wait for the old one.
    assert get(server, "/slow") == ("new", False)
    gone.set()
    asking.join(20)
    assert told == [("old" * 100, False)]
    assert get(server, "/slow") == ("new", True)


def test_what_lies_on_the_disk_goes_as_well(serve, origin, tmp_path):
    """And is not there again after a restart."""
    server = serve(gateway_to(origin.url), ["--admin", f"unix:{tmp_path}/admin", "--gateway-cache-dir", tmp_path / "kept"])
    server.listen = server.origin  # it keeps its port, and what is stored its keys
    admin = Admin(server)
    for path in ("/a", "/b"):
        count_up(origin, path)
        get(server, path)
    server.stop()
    server.start()
    assert get(server, "/a")[1]
    disk = admin.stats()["disk"]
    assert (disk["responses"], disk["loaded"], disk["off"]) == (2, 1, False) and disk["bytes"] >= 2048
    admin.purge("?uri=" + quote(server.origin + "/a", safe=""))
    server.stop()
    server.start()
    assert [get(server, "/a")[1], get(server, "/b")[1]] == [False, True]
    admin.purge()
    until(lambda: admin.stats()["disk"]["bytes"] == 0)
    server.stop()
    server.start()
    assert not get(server, "/b")[1]


@pytest.mark.parametrize(
    "query",
    ["?", "?url=x", "?uri=", "?uri=/a", "?uri=ftp%3A%2F%2Fx%2F", "?uri=http%3A%2F%2Fu%40x%2F", "?uri=%FF%zz", "?group=x",
     "?origin=http%3A%2F%2Fx", "?origin=http%3A%2F%2Fx%2Fy&group=x", "?origin=null&group=x", "?uri=http%3A%2F%2Fx%2F&group=x",
     "?uri=http%3A%2F%2Fx%2F&uri=http%3A%2F%2Fy%2F", "?all"],
)  # fmt: skip
def test_what_says_nothing_to_forget_forgets_nothing(gateway, origin, query):
    server, admin = gateway
    count_up(origin, "/a")
    get(server, "/a")
    assert admin.ask("DELETE", "/cache" + query).status == 400
    assert get(server, "/a") == ("1", True)


def test_how_it_fares(gateway, origin):
    server, admin = gateway
    count_up(origin, "/a")
    assert admin.stats()["responses"] == 0
    get(server, "/a"), get(server, "/a")
    stats = admin.stats()
    assert (stats["responses"], stats["stored"], stats["hits"]) == (1, 1, 1) and stats["misses"] > 0
    admin.purge()
    assert admin.stats()["responses"] == 0
    assert set(stats) >= {"bytes", "evicted", "invalidated"}


# Where it is, and where not


def test_nobody_else_may_connect_to_its_socket(gateway):
    _, admin = gateway
    mode = admin.path.stat().st_mode
    assert stat.S_ISSOCK(mode) and stat.S_IMODE(mode) == 0o600


def test_the_public_does_not_find_it(gateway, origin):
    server, admin = gateway
    origin.says("/cache", body="the origin's")
    client = server.client()
    for method in ("GET", "DELETE"):
        client.exchange(method, "/cache", [], None, False, [])
        assert origin.last().method == method and origin.last().target == "/cache"
    client.close()
    assert admin.ask("GET", "/a").status == 404  # nor the other way round
    assert origin.count("/a") == 0


def test_its_resource_is_one_of_http(gateway):
    _, admin = gateway
    got = admin.ask("OPTIONS", "/cache")
    assert got.status == 204 and set(got.headers["Allow"].split(", ")) == {"GET", "HEAD", "DELETE", "OPTIONS"}
    assert admin.ask("PUT", "/cache").status == 405
    assert admin.ask("HEAD", "/cache").status == 200
    assert admin.ask("GET", "/cache", [("Accept", "text/html")]).status == 406


def test_where_nothing_is_kept_there_is_nothing(serve, tmp_path):
    server = serve(None, ["--admin", f"unix:{tmp_path}/admin"])
    admin = Admin(server)
    assert admin.ask("GET", "/cache").status == 404 and admin.ask("DELETE", "/cache").status == 404
    assert server.client().get("/cache").status == 404


def test_sighup_keeps_it(gateway, origin):
    server, admin = gateway
    count_up(origin, "/a")
    get(server, "/a")
    before = server.reloads
    server.reload()
    until(lambda: server.reloads > before)
    get(server, "/a")
    admin.purge()
    assert not get(server, "/a")[1]
    server.stop()
    assert not admin.path.exists()


def test_a_cache_that_a_new_description_brings_is_found(serve, origin, tmp_path):
    folder = tmp_path / "d"
    folder.mkdir()
    file = folder / "api.json"
    file.write_text(json.dumps({"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": {}}))
    server = serve(file, ["--admin", f"unix:{tmp_path}/admin"])
    admin = Admin(server)
    assert admin.ask("GET", "/cache").status == 404
    file.write_text(json.dumps(gateway_to(origin.url)))
    server.reload()
    until(lambda: admin.ask("GET", "/cache").status == 200)


# Over TCP


@pytest.fixture
def token(tmp_path):
    file = tmp_path / "token"
    file.touch(0o600)
    file.write_text(TOKEN + "\n")
    return file


def bearer(token):
    return [("Authorization", f"Bearer {token}")]


@requirement("9110-11.6.1-01", "9110-15.5.2-01")
def test_over_tcp_a_token_is_asked_for(serve, origin, token):
    server = serve(gateway_to(origin.url), ["--admin", "127.0.0.1:0", "--admin-token", token])
    admin = Admin(server)
    count_up(origin, "/a")
    get(server, "/a")
    for method in ("GET", "DELETE"):
        got = admin.ask(method, "/cache")
        assert got.status == 401 and got.headers["WWW-Authenticate"] == 'Bearer realm="admin"'
        got = admin.ask(method, "/cache", bearer(TOKEN[:-1]))
        assert got.status == 401 and 'error="invalid_token"' in got.headers["WWW-Authenticate"]
    assert get(server, "/a")[1]
    assert admin.ask("GET", "/cache", bearer(TOKEN)).status == 200
    assert admin.ask("DELETE", "/cache", bearer(TOKEN)).status == 204
    assert not get(server, "/a")[1]


def test_who_guesses_has_to_wait(serve, token):
    admin = Admin(serve(None, ["--admin", "127.0.0.1:0", "--admin-token", token]))
    statuses = [admin.ask("GET", "/cache", bearer(f"guess-{n}")).status for n in range(8)]
    assert statuses[:5] == [401] * 5 and 429 in statuses


def test_the_token_is_read_again(serve, origin, token):
    server = serve(gateway_to(origin.url), ["--admin", "127.0.0.1:0", "--admin-token", token])
    admin = Admin(server)
    token.write_text("too short\n")
    server.reload()
    until(lambda: "has no token" in server.output)
    assert admin.ask("GET", "/cache", bearer(TOKEN)).status == 200
    token.write_text("another-token-0123456789")
    server.reload()
    until(lambda: admin.ask("GET", "/cache", bearer("another-token-0123456789")).status == 200)
    assert admin.ask("GET", "/cache", bearer(TOKEN)).status == 401


def refused_start(tmp_path, *args):
    words = [binary(), "serve", "--listen", "127.0.0.1:0", "--storage", "memory:", *args]
    done = subprocess.run(words, capture_output=True, text=True, timeout=20, cwd=tmp_path, check=False)
    assert done.returncode == 2
    return done.stderr


def test_it_does_not_start_where_anybody_could_get_in(tmp_path, token):
    assert "--admin-token" in refused_start(tmp_path, "--admin", "127.0.0.1:0")
    token.chmod(0o644)
    assert "others" in refused_start(tmp_path, "--admin", "127.0.0.1:0", "--admin-token", token)
    token.chmod(0o600)
    token.write_text("secret\n")
    assert "no token" in refused_start(tmp_path, "--admin", "127.0.0.1:0", "--admin-token", token)
    assert "no address" in refused_start(tmp_path, "--admin", "")
    assert "cannot listen" in refused_start(tmp_path, "--admin", "unix:/nowhere/x")


# The command


def cache(*words, expect=0):
    done = subprocess.run([binary(), "cache", *words], capture_output=True, text=True, timeout=40, check=False)
    assert done.returncode == expect, done.stderr
    return done.stdout + done.stderr


def test_a_command_does_it(gateway, origin):
    server, admin = gateway
    where = ["--admin", admin.place]
    count_up(origin, "/a%20b", headers={**FRESH, "Cache-Groups": '"a & b"'})
    for words in (
        ["--uri", server.origin + "/a%20b"],
        [f"--uri={server.origin}/a%20b"],
        ["--origin", server.origin, "--group", "a & b"],
        ["--all"],
    ):
        get(server, "/a%20b")
        assert get(server, "/a%20b")[1]
        assert cache("purge", *words, *where) == ""
        assert not get(server, "/a%20b")[1]
    assert json.loads(cache("stats", *where))["responses"] == 1
    assert "What is forgotten" in cache("purge", "--uri", "/a", *where, expect=1)


def test_a_command_says_the_token(serve, origin, token):
    admin = Admin(serve(gateway_to(origin.url), ["--admin", "127.0.0.1:0", "--admin-token", token]))
    assert "401" in cache("stats", "--admin", admin.place, expect=1)
    assert "hits" in cache("stats", "--admin", admin.place, "--admin-token", token)


@pytest.mark.parametrize(
    "words",
    [[], ["drop"], ["purge"], ["purge", "--uri"], ["purge", "--uri", "a", "--all"], ["purge", "--origin", "a"], ["stats", "--all"],
     ["purge", "--all=1"], ["purge", "--wrong"], ["stats"], ["stats", "--admin", "unix:/nowhere/x"], ["stats", "--admin", "https://:1"]],
)  # fmt: skip
def test_mistakes_are_told(words):
    assert "error" in cache(*words, expect=2)
