"""A gateway's cache on the disk: what is there after a restart or a kill, and
what is not."""

import os
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from ledger import requirement
from origin import Answer, gateway_to, running_origin
from server import Server, is_secure
from test_gateway_cache import FRESH, passed, status_of, stored


@pytest.fixture
def origin():
    with running_origin() as running:
        yield running


@pytest.fixture
def gate(serve, origin, tmp_path):
    """gate(options): a gateway with a directory for its cache, which keeps its
    port, so that what is stored keeps its keys."""

    def start(*args):
        server = serve(gateway_to(origin.url), ["--gateway-cache-dir", tmp_path / "cache", *args])
        scheme = "https://" if is_secure(server.address) else ""
        server.listen = f"{scheme}127.0.0.1:{server.address[1]}"
        return server

    return start


def ends(server, how):
    server.stop() if how == "stop" else server.kill()
    server.start()
    return server.client()


def eventually(what):
    """What is written is so a moment later."""
    for _ in range(200):
        if what():
            return
        time.sleep(0.02)
    raise AssertionError("it takes too long")


def size_of(folder):
    return sum(file.stat().st_size for file in folder.iterdir() if file.suffix in (".heads", ".contents"))


def written(folder, bytes_):
    eventually(lambda: size_of(folder) > bytes_)


HOW = pytest.mark.parametrize("how", ["stop", "kill"])


@HOW
@requirement("9111-4-01", "9111-4.1-01", "9111-5.1-01")
def test_what_is_stored_is_there_after_the_process(gate, origin, tmp_path, how):
    origin.says("/a", headers={**FRESH, "ETag": '"1"', "X-Own": "kept", "Age": "100"}, body="hello" * 10_000)
    origin.says("/v", lambda asked: vary(asked))
    server = gate()
    client = server.client()
    client.get("/a")
    for language in ("de", "fr"):
        client.get("/v", {"Accept-Language": language})
    written(tmp_path / "cache", 50_000)
    time.sleep(0.2)
    client = ends(server, how)
    again = client.get("/a")
    assert again.body == b"hello" * 10_000 and again.headers["X-Own"] == "kept"
    assert status_of(again) == {"hit"} and int(again.headers["Age"]) >= 100
    assert stored(client, "/a")
    for language in ("de", "fr"):
        assert client.get("/v", {"Accept-Language": language}).body == language.encode()
    assert client.head("/a").headers["Content-Length"] == "50000"
    assert client.get("/a", {"If-None-Match": '"1"'}).status == 304
    assert client.get("/a", {"Range": "bytes=1-3"}).body == b"ell"
    assert origin.count("/a") == 1 and origin.count("/v") == 2
    assert client.get("/v", {"Accept-Language": "it"}).body == b"it"
    assert origin.count("/v") == 3


def vary(asked):
    return Answer(headers={**FRESH, "Vary": "Accept-Language"}, body=asked.headers["Accept-Language"])


@requirement("9111-4.3.1-01")
def test_what_is_stale_by_then_is_validated(gate, origin):
    origin.says("/a", headers={"Cache-Control": "max-age=0", "ETag": '"1"'}, body="hello")
    server = gate()
    server.client().get("/a")
    client = ends(server, "stop")
    origin.says("/a", status=304, headers={**FRESH, "ETag": '"1"'})
    again = client.get("/a")
    assert again.body == b"hello" and origin.last().headers["If-None-Match"] == '"1"'
    client = ends(server, "stop")
    assert stored(client, "/a") and client.get("/a").body == b"hello"
    assert origin.count("/a") == 2


# --- What is not true any more


@HOW
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
@requirement("9111-4.4-01")
def test_what_was_changed_is_not_there_after_the_process(gate, origin, tmp_path, how, method):
    """At once: the change is answered, and then the process ends."""
    origin.says("/a", headers=FRESH, body="old")
    origin.says("/b", headers=FRESH, body="other" * 100)
    server = gate()
    client = server.client()
    client.get("/a")
    client.get("/b")
    written(tmp_path / "cache", 500)
    time.sleep(0.2)
    assert passed_method(client, method, "/a").status == 200
    client = ends(server, how)
    origin.says("/a", headers=FRESH, body="new")
    assert client.get("/a").body == b"new"
    assert stored(client, "/b")


def passed_method(client, method, path):
    return client.exchange(method, path, [], b"x" if method != "DELETE" else None, False, [])


@HOW
@requirement("9875-3-02")
def test_an_invalidated_group_stays_so(gate, origin, tmp_path, how):
    origin.says("/a", headers={**FRESH, "Cache-Groups": '"g"'}, body="old")
    origin.says("/c", headers={"Cache-Group-Invalidation": '"g"'}, body="x")
    server = gate()
    client = server.client()
    client.get("/a")
    written(tmp_path / "cache", 100)
    time.sleep(0.2)
    passed_method(client, "POST", "/c")
    client = ends(server, how)
    origin.says("/a", headers=FRESH, body="new")
    assert client.get("/a").body == b"new"


def test_what_turned_out_not_to_be_stored_is_not_there(gate, origin):
    origin.says("/a", headers=FRESH, body="old")
    server = gate()
    client = server.client()
    client.get("/a")
    origin.says("/a", headers={"Cache-Control": "no-store"}, body="new")
    assert client.get("/a", {"Cache-Control": "no-cache"}).body == b"new"
    client = ends(server, "stop")
    assert client.get("/a").body == b"new"


# --- Room


def test_what_memory_has_no_room_for_is_read_from_the_disk(gate, origin, tmp_path):
    server = gate("--gateway-cache", "1M")
    client = server.client()
    for n in range(60):
        origin.says(f"/{n}", headers=FRESH, body=f"{n:5}" * 10_000)
        client.get(f"/{n}")
        written(tmp_path / "cache", (n + 1) * 50_000)
    time.sleep(0.2)
    for n in range(60):
        assert client.get(f"/{n}").body == f"{n:5}".encode() * 10_000
        assert origin.count(f"/{n}") == 1


def test_many_who_want_the_same_get_it_from_the_disk(gate, origin):
    origin.says("/a", headers=FRESH, body="hello" * 100_000)
    server = gate("--workers", "2")
    server.client().get("/a")
    ends(server, "stop")
    clients = [server.client() for _ in range(16)]
    with ThreadPoolExecutor(16) as pool:
        for reply in pool.map(lambda client: client.get("/a"), clients):
            assert reply.body == b"hello" * 100_000
    assert origin.count("/a") == 1


def test_clients_that_leave_meanwhile_leave_nothing(gate, origin):
    """The sanitizer sees what is lost."""
    for n in range(40):
        origin.says(f"/{n}", headers=FRESH, body="hello" * 50_000)
    server = gate()
    client = server.client()
    for n in range(40):
        client.get(f"/{n}")
    client = ends(server, "stop")
    for n in range(40):
        with server.connect() as leaving:
            leaving.send(f"GET /{n} HTTP/1.1\r\nHost: {server.authority}\r\n\r\n".encode())
    assert client.get("/39").body == b"hello" * 50_000
    assert origin.count("/39") == 1


def test_the_budget_is_kept(gate, origin, tmp_path):
    server = gate("--gateway-cache-disk", "2M")
    client = server.client()
    for n in range(120):
        origin.says(f"/{n}", headers=FRESH, body=f"{n:5}" * 10_000)
        client.get(f"/{n}")
    time.sleep(0.3)
    assert 1_000_000 < size_of(tmp_path / "cache") <= 2 * 1024 * 1024 + 100_000
    client = ends(server, "kill")
    assert size_of(tmp_path / "cache") <= 2 * 1024 * 1024 + 100_000
    assert stored(client, "/119")
    server.stop()


def test_a_full_disk_fails_no_request(serve, origin, tmp_path):
    folder = tmp_path / "cache"
    folder.mkdir(mode=0o700)
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small file system")
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m,mode=700", "tmpfs", folder], capture_output=True, text=True, check=False
    )
    if made.returncode != 0:
        pytest.skip(f"cannot mount a small file system: {made.stderr.strip()}")
    try:
        server = serve(gateway_to(origin.url), ["--gateway-cache-dir", folder])
        client = server.client()
        for n in range(100):
            origin.says(f"/{n}", headers=FRESH, body=f"{n:5}" * 10_000)
            assert client.get(f"/{n}").body == f"{n:5}".encode() * 10_000
        eventually(lambda: "the disk is full" in server.output)
        assert server.output.count("the disk is full") == 1
        server.stop()
    finally:
        subprocess.run(["umount", folder], check=True)


# --- Whose it is


def does_not_start(origin, tmp_path, why):
    server = Server(tmp_path / "refused", gateway_to(origin.url), ["--gateway-cache-dir", tmp_path / "cache"])
    with pytest.raises(AssertionError, match=why):
        server.start()


def test_two_processes_do_not_share_a_directory(gate, origin, tmp_path):
    gate()
    does_not_start(origin, tmp_path, "in use by another process")


def test_files_are_their_owners_alone(gate, origin, tmp_path):
    origin.says("/a", headers=FRESH, body="hello")
    gate().client().get("/a")
    folder = tmp_path / "cache"
    written(folder, 10)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o600}


def test_a_directory_that_others_write_to_is_refused(origin, tmp_path):
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache").chmod(0o777)
    does_not_start(origin, tmp_path, "nobody else may write to it")


def test_damage_is_as_if_nothing_had_been_stored(gate, origin, tmp_path):
    server = gate()
    client = server.client()
    for n in range(20):
        origin.says(f"/{n}", headers=FRESH, body=f"{n:5}" * 1000)
        client.get(f"/{n}")
    server.stop()
    for file in (tmp_path / "cache").glob("*.contents"):
        content = bytearray(file.read_bytes())
        content[12345] ^= 1
        file.write_bytes(content)
    server.start()
    client = server.client()
    for n in range(20):
        assert client.get(f"/{n}").body == f"{n:5}".encode() * 1000
    assert sum(origin.count(f"/{n}") for n in range(20)) == 21


class Stale(Exception):
    """Somebody saw what was before a change of which they had been told."""


def test_killed_at_any_moment_it_never_answers_with_what_was_changed(gate, origin, tmp_path):
    """Who was told of a change never sees what was before it."""
    values = {f"/{n}": 0 for n in range(8)}

    def answer(asked):
        path = asked.target
        if asked.method == "PUT":
            values[path] = int(asked.body)
            return Answer(204)
        return Answer(headers=FRESH, body=f"{values[path]:5}" * 500)

    for path in values:
        origin.says(path, answer)
    server = gate()
    told = dict(values)

    def work(path, stop):
        client = server.client()
        try:
            for n in range(1, 100_000):
                if stop.is_set():
                    return
                if n % 3 == 0:
                    value = told[path] + 1
                    client.exchange("PUT", path, [], str(value).encode(), False, [])
                    told[path] = value
                else:
                    before = told[path]
                    if int(client.get(path).body[:5]) < before:
                        raise Stale(path)
        except (AssertionError, OSError):
            return  # it was killed

    for _ in range(6):
        stop = threading.Event()
        with ThreadPoolExecutor(len(values)) as pool:
            done = [pool.submit(work, path, stop) for path in values]
            time.sleep(0.5)
            server.kill()
            stop.set()
            for one in done:
                one.result()
        server.start()
        client = server.client()
        for path in values:
            assert int(client.get(path).body[:5]) >= told[path]


@requirement("10008-2.7-02")
def test_a_query_is_found_on_the_disk_by_its_content(gate, origin):
    def answer(asked):
        return Answer(headers=FRESH, body=b"found " + asked.body)

    origin.says("/q", answer)
    server = gate()
    client = server.client()
    for _ in range(2):
        for content in (b"a", b"b"):
            reply = client.exchange("QUERY", "/q", [("Content-Type", "text/plain")], content, False, [])
            assert reply.body == b"found " + content
        client = ends(server, "stop")
    assert origin.count("/q") == 2
