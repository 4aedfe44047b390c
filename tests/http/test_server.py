"""What an operator sees: sockets, signals, limits, times, and who may write."""

import fcntl
import os
import re
import resource
import socket
import subprocess
import threading
import time
from contextlib import ExitStack

import pytest
import yaml
from certificates import of_the_suite, options
from client import Connection, H1Client
from h1 import format_request
from ledger import requirement
from library import JSON, LIBRARY, MERGE, PNG, add, links
from server import LISTENING, Server, binary
from tls import client_hello, is_secure

HEAD = b"Host: localhost\r\n\r\n"
GET_BOOKS = b"GET /books HTTP/1.1\r\n" + HEAD


def get(address, path="/books"):
    """One request on a connection of its own."""
    with Connection(address) as connection:
        connection.send(format_request("GET", path, [("Host", "localhost")]))
        return connection.read_response()


def wait_until(true, what, seconds=20):
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, what
        time.sleep(0.01)


# Sockets

@pytest.mark.parametrize("listen, host", [("127.0.0.1:0", "127.0.0.1"), ("[::1]:0", "::1"), ("localhost:0", None)])
def test_it_listens_where_it_is_told(serve, listen, host):
    if host == "::1" and not has_ipv6():
        pytest.skip("this machine has no IPv6 loopback address")
    server = serve(LIBRARY, listen=listen)
    assert host is None or server.address[0] == host
    made = server.client().post("/books", json={"title": "x"})
    assert made.status == 201
    assert server.client().get(made.headers["Location"]).status == 200


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
        return True
    except OSError:
        return False


def test_it_listens_on_several_addresses_at_once(serve, tmp_path):
    path = tmp_path / "socket"
    server = serve(LIBRARY, ["--listen", "127.0.0.1:0", "--listen", f"unix:{path}", "--workers", "2"])
    assert len(server.addresses) == 3 and str(path) in server.addresses
    assert len({str(address) for address in server.addresses}) == 3
    for address in server.addresses:
        assert get(address).status == 200


def test_a_unix_socket_is_removed_at_the_end_and_taken_over_after_a_kill(serve, tmp_path):
    path = tmp_path / "socket"
    server = serve(LIBRARY, listen=f"unix:{path}")
    server.kill()
    assert path.exists()
    server.start()
    assert get(server.address).status == 200
    assert server.client().post("/books", json={"title": "x"}).status == 201  # it is this machine
    server.stop()
    assert not path.exists()


def test_all_addresses_are_those_of_both_families(serve):
    if not has_ipv6():
        pytest.skip("this machine has no IPv6 loopback address")
    server = serve(LIBRARY, listen="[::]:0")
    for host in ("127.0.0.1", "::1"):
        client = H1Client(server.at(host), "localhost")
        assert client.post("/books", json={"title": "x"}).status == 201  # mapped: still loopback
        client.close()


def run(*args, env=None, pass_fds=()):
    return subprocess.run([binary(), *map(str, args)], capture_output=True, text=True, timeout=30, check=False,
                          env={**os.environ, **(env or {})}, pass_fds=pass_fds)  # fmt: skip


def test_an_address_in_use_ends_with_one_line_that_names_it(serve, tmp_path):
    server = serve(LIBRARY)
    done = run("serve", LIBRARY, "--listen", server.authority, "--data", tmp_path / "data")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1 and server.authority in done.stderr


class Activated(Server):
    """A server whose sockets come from a service manager (sd_listen_fds(3))."""

    def __init__(self, *args, sockets, names="", **more):
        super().__init__(*args, **more)
        self.sockets, self.names, self.copies = sockets, names, []

    def command(self):
        listen = super().command().index("--listen")
        plain = super().command()[:listen] + super().command()[listen + 2:]
        moves = " ".join(f"{3 + n}<&{copy}" for n, copy in enumerate(self.copies))
        script = f'exec {moves}; export LISTEN_FDS={len(self.sockets)} LISTEN_FDNAMES={self.names} LISTEN_PID=$$; exec "$@"'
        return ["bash", "-c", script, "bash", *plain]

    def start(self, timeout=30):
        # Numbers well above those they are moved to, and that nothing else of this process has.
        self.copies = [fcntl.fcntl(s.fileno(), fcntl.F_DUPFD, 100) for s in self.sockets]
        popen = subprocess.Popen
        try:
            subprocess.Popen = lambda *a, **k: popen(*a, **k, close_fds=False)
            return super().start(timeout)
        finally:
            subprocess.Popen = popen
            for copy in self.copies:
                os.close(copy)


def test_sockets_of_the_service_manager_are_used_instead_of_the_default(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as two:
        server = Activated(tmp_path, LIBRARY, sockets=[one, two])
        server.start()
        try:
            for listening in (one, two):
                assert get(listening.getsockname()).status == 200
            assert {address[1] for address in server.addresses} == {s.getsockname()[1] for s in (one, two)}
        finally:
            server.stop()


def test_sockets_that_the_service_manager_names_https_speak_tls(tmp_path):
    certificate = options(of_the_suite())
    with socket.create_server(("127.0.0.1", 0)) as plain, socket.create_server(("127.0.0.1", 0)) as secure:
        server = Activated(tmp_path, LIBRARY, certificate, sockets=[plain, secure], names="http:https")
        server.start()
        try:
            assert [is_secure(address) for address in server.addresses] == [False, True]
            assert server.addresses[1] == secure.getsockname()
            for address in server.addresses:
                assert get(address).status == 200
            answer = get(server.addresses[1])
            assert "Alt-Svc" not in answer.headers  # there is no socket for UDP
        finally:
            server.stop()


def test_a_socket_for_tls_needs_a_certificate(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as secure:
        server = Activated(tmp_path, LIBRARY, sockets=[secure], names="https", listen="http://127.0.0.1:0")
        with pytest.raises(AssertionError, match="needs --tls-cert"):
            server.start()
        assert server.process.wait(20) == 2


def test_certificates_without_a_socket_for_them_are_told(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as plain:
        server = Activated(tmp_path, LIBRARY, options(of_the_suite()), sockets=[plain], names="web")
        server.start()
        try:
            assert "and no socket is named https: the certificates are of no use" in server.output
            assert get(server.address).status == 200
        finally:
            server.stop()


def test_sockets_that_were_meant_for_another_process_are_left_alone(serve):
    server = serve(LIBRARY, env={"LISTEN_PID": "1", "LISTEN_FDS": "1"})
    assert get(server.address).status == 200


# Signals

def test_sigterm_lets_a_download_finish_and_ends_with_0(serve):
    server = serve(LIBRARY)
    cover = add(server.client()) + "/cover"
    server.client().put(cover, PNG, b"x" * 12_000_000)
    with server.connect() as connection:
        connection.send(format_request("GET", cover, [("Host", "localhost")]))
        assert connection.read_head().status == 200
        server.terminate()
        wait_until(lambda: refuses(server.address), "it still accepts")
        assert connection.read_exactly(12_000_000) == b"x" * 12_000_000
        assert connection.at_end()
    server.stop()


def refuses(address):
    try:
        socket.create_connection(address, 5).close()
        return False
    except OSError:
        return True


def test_what_does_not_finish_in_the_grace_time_is_cut_off(serve):
    server = serve(LIBRARY, ["--grace", "200ms"])
    cover = add(server.client()) + "/cover"
    with server.connect() as connection:
        head = [("Host", "localhost"), ("Content-Length", "1000"), *PNG.items()]
        connection.send(format_request("PUT", cover, head) + b"x")
        server.client().get("/books")  # the other has come, too
        server.stop(timeout=10)
    assert "did not finish in time" in server.output


def test_sigint_is_as_good_as_sigterm(serve):
    server = serve(LIBRARY)
    server.process.send_signal(2)
    assert server.process.wait(20) == 0


def described(title="first", more=None):
    text = LIBRARY.read_text(encoding="utf-8").replace("title: Library", f"title: {title}")
    document = yaml.safe_load(text)
    document["paths"].update(more or {})
    return document


EXTRA = {"/extra": {"get": {"responses": {"200": {"description": "it", "content": {"application/json": {}}}}}}}


def test_sighup_reads_the_description_anew_and_keeps_the_state(serve):
    import json

    server = serve(described(), ["--workers", "2"])
    client = server.client()
    book = add(client, title="kept")
    held = server.connect()
    held.send(GET_BOOKS)
    assert held.read_response().status == 200
    assert client.get("/extra").status == 404 and client.options("/extra").status == 404
    server.description.write_text(json.dumps(described(more=EXTRA)))
    server.reload()
    wait_until(lambda: client.options("/extra").status == 204, "the new path does not appear")
    assert client.get(book).json()["title"] == "kept"
    held.send(GET_BOOKS)  # a connection lives through it
    assert held.read_response().status == 200
    held.close()


@pytest.mark.parametrize("broken", ["", "{", "openapi: 3.1.0\npaths: [", '{"openapi": "4.0"}', None])
def test_sighup_with_a_broken_description_keeps_the_old_one(serve, broken):
    server = serve(described())
    client = server.client()
    book = add(client)
    if broken is None:
        server.description.unlink()
    else:
        server.description.write_text(broken)
    before = len(server.output)
    server.reload()
    wait_until(lambda: "as it was" in server.output[before:], "nothing was said")
    assert "description" in server.output[before:]
    assert client.get(book).status == 200
    assert client.put(book, json={"title": "y"}).status == 200


def test_many_sighups_under_load_disturb_nobody(serve):
    server = serve(described(), ["--log", "off"])
    book = add(server.client())
    statuses, stop = [], threading.Event()

    def load():
        client = server.client()
        while not stop.is_set():
            statuses.append(client.get(book).status)
            statuses.append(client.patch(book, MERGE, json={"pages": len(statuses)}).status)

    threads = [threading.Thread(target=load) for _ in range(3)]
    for thread in threads:
        thread.start()
    for n in range(20):
        server.reload()
        wait_until(lambda n=n: len(statuses) > 20 * n, "no progress")
    stop.set()
    for thread in threads:
        thread.join()
    assert set(statuses) == {200}


# Limits and times

def test_connections_beyond_the_most_wait_until_one_ends(serve):
    server = serve(LIBRARY, ["--max-connections", "2"])
    held = [server.connect() for _ in range(2)]
    for connection in held:
        connection.send(GET_BOOKS)
        assert connection.read_response().status == 200
    with Connection(tuple(server.address)) as waiting:
        waiting.send(client_hello() if is_secure(server.address) else GET_BOOKS)
        assert waiting.is_silent(0.3)
        held[0].close()
        assert waiting.more()
    held[1].close()


def test_it_has_as_many_descriptors_as_the_system_lets_it(serve):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 256), hard))
        server = serve(LIBRARY)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    with open(f"/proc/{server.pid}/limits") as limits:
        line = next(line for line in limits if line.startswith("Max open files"))
    assert line.split()[3] == line.split()[4]


def test_a_shortage_of_descriptors_is_told_once_and_the_rest_wait(serve):
    server = serve(LIBRARY)
    resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (60, 60))
    with ExitStack() as stack:
        waiting = [stack.enter_context(Connection(server.address)) for _ in range(100)]
        wait_until(lambda: "cannot accept" in server.output, "no word of the shortage")
        for connection in waiting[:80]:
            connection.close()
        waiting[-1].send(GET_BOOKS)
        assert waiting[-1].read_response().status == 200
    assert server.output.count("cannot accept") == 1


def test_requests_beyond_the_most_on_a_connection_end_it(serve):
    server = serve(LIBRARY, ["--max-requests", "3"])
    answers = server.raw(GET_BOOKS * 5)
    assert [answer.status for answer in answers] == [200] * 3
    assert ["close" in answer.headers.tokens("Connection") for answer in answers] == [False, False, True]


SHORT = ["--head-timeout", "300ms", "--content-timeout", "300ms", "--idle-timeout", "300ms", "--write-timeout", "300ms"]


@requirement("9110-15.5.9-01")
@pytest.mark.parametrize("begun", [
    b"G", b"GET /books HTTP/1.1\r\n", b"GET /books HTTP/1.1\r\nHost: localhost\r\nX: ",
    GET_BOOKS + b"GET /bo",
])  # fmt: skip
def test_a_head_that_does_not_come_is_408(serve, begun):
    with serve(LIBRARY, SHORT).connect() as connection:
        connection.send(begun)
        if begun.startswith(GET_BOOKS):
            assert connection.read_response().status == 200
        answer = connection.read_response()
        assert answer.status == 408
        assert "close" in answer.headers.tokens("Connection")
        assert connection.at_end()


@pytest.mark.parametrize("framing", [b"Content-Length: 20\r\n", b"Transfer-Encoding: chunked\r\n"])
@pytest.mark.parametrize("path, media_type", [("/books", b"application/json"), ("/books/1/cover", b"image/png")])
def test_content_that_does_not_come_is_408(serve, framing, path, media_type):
    server = serve(LIBRARY, SHORT)
    add(server.client())
    method = b"POST" if path == "/books" else b"PUT"
    with server.connect() as connection:
        connection.send(b"%s %s HTTP/1.1\r\nContent-Type: %s\r\n%s" % (method, path.encode(), media_type, framing) + HEAD)
        connection.send(b"5\r\n{" if b"chunked" in framing else b"{")
        answer = connection.read_response("POST")
        assert answer.status == 408
        assert connection.at_end()
    assert server.client().get("/books/1/cover").status == 404
    assert len(server.client().get("/books").json()) == 1


def test_slow_content_that_goes_on_is_taken(serve):
    server = serve(LIBRARY, ["--content-timeout", "1s"])
    body = b'{"title":"slow"}'
    with server.connect() as connection:
        connection.send(format_request("POST", "/books", [("Host", "localhost"), ("Content-Length", str(len(body))), *JSON.items()]))
        for byte in body:
            assert connection.is_silent(0.1)  # 1.6 s in all, and never 1 s without one
            connection.send(bytes([byte]))
        assert connection.read_response("POST").status == 201


@pytest.mark.parametrize("used", [False, True])
def test_an_idle_connection_is_closed_without_a_word(serve, used):
    with serve(LIBRARY, SHORT).connect() as connection:
        if used:
            connection.send(GET_BOOKS)
            assert connection.read_response().status == 200
        assert connection.at_end()


def test_who_does_not_read_is_cut_off(serve):
    server = serve(LIBRARY, [*SHORT, "--max-connections", "1"])
    client = server.client()
    cover = add(client) + "/cover"
    client.put(cover, PNG, b"x" * 30_000_000)
    client.close()
    with server.connect() as lazy:
        lazy.send(format_request("GET", cover, [("Host", "localhost")]))
        assert lazy.read_head().status == 200
        assert get(server.address).status == 200  # once there is room: it was cut off
        seen = len(lazy.buffer)
        try:
            while lazy.more():
                seen, lazy.buffer = seen + len(lazy.buffer), b""
        except ConnectionResetError:
            pass
        assert seen < 30_000_000


def test_who_reads_slowly_and_steadily_gets_it_all(serve):
    """The kernel tells of room when a third of the socket's memory is free: at
    this pace that takes longer than the limit."""
    server = serve(LIBRARY, ["--write-timeout", "200ms"])
    client = server.client()
    cover = add(client) + "/cover"
    content = bytes(range(256)) * (16 * 4096)
    client.put(cover, PNG, content)
    with server.connect() as slow:
        slow.send(format_request("GET", cover, [("Host", "localhost")]))
        slow.read_head()
        seen, pace = len(slow.buffer), time.monotonic()
        while seen < len(content):
            slow.buffer = b""
            assert slow.more(), f"cut off behind {seen} bytes"
            seen += len(slow.buffer)
            pace += len(slow.buffer) / 3_000_000
            time.sleep(max(0, pace - time.monotonic()))


@pytest.mark.parametrize("args, request_, status", [
    (["--max-target", "100"], b"GET /" + b"a" * 200 + b" HTTP/1.1\r\n" + HEAD, 414),
    (["--max-fields", "5"], b"GET /books HTTP/1.1\r\n" + b"X: y\r\n" * 6 + HEAD, 431),
    (["--max-field-size", "100"], b"GET /books HTTP/1.1\r\nX: " + b"y" * 200 + b"\r\n" + HEAD, 431),
    (["--max-fields-size", "300"], b"GET /books HTTP/1.1\r\n" + (b"X: " + b"y" * 90 + b"\r\n") * 5 + HEAD, 431),
])  # fmt: skip
def test_limits_on_the_head_are_kept_and_told(serve, args, request_, status):
    answers = serve(LIBRARY, args).raw(request_)
    assert [answer.status for answer in answers] == [status]
    assert answers[0].json()["status"] == status


# Who may write

def own_address():
    """An address of this machine that is not loopback, or None. Nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        host = probe.getsockname()[0]
    return None if host.startswith("127.") or host == "0.0.0.0" else host


@pytest.fixture
def outside():
    host = own_address()
    if host is None:
        pytest.skip("this machine has no address but loopback")
    return host


WRITES = [("POST", "/books", JSON), ("PUT", "/books/1", JSON), ("PATCH", "/books/1", MERGE),
          ("DELETE", "/books/1", {}), ("POST", "/books/1/archive", {}), ("PUT", "/settings/a", JSON)]  # fmt: skip


# 9110-15.5.4: secure by default
@pytest.mark.parametrize("listen", ["0.0.0.0:0", "[::]:0"])
def test_only_this_machine_may_write_unless_it_is_open(serve, outside, listen):
    if listen.startswith("[") and not has_ipv6():
        pytest.skip("this machine has no IPv6 loopback address")
    server = serve(LIBRARY, listen=listen)
    near, far = H1Client(server.at("127.0.0.1"), "localhost"), H1Client(server.at(outside), "localhost")
    assert add(near, title="kept") == "/books/1"
    for method, path, headers in WRITES:
        answer = far.request(method, path, headers, b'{"title":"y"}' if headers else None)
        assert answer.status == 403, (method, path)
        assert answer.json()["detail"]
    # nor by saying to be somebody else
    for name in ("Forwarded", "X-Forwarded-For", "X-Real-IP", "Host"):
        value = "for=127.0.0.1" if name == "Forwarded" else "127.0.0.1"
        assert far.request("DELETE", "/books/1", {name: value}).status == 403
    assert far.get("/books/1").json()["title"] == "kept"
    assert far.options("/books/1").status == 204
    assert near.delete("/books/1").status == 204
    near.close(), far.close()


def test_anyone_may_write_when_it_is_open(serve, outside):
    server = serve(LIBRARY, ["--open"], listen="0.0.0.0:0")
    far = H1Client(server.at(outside), "localhost")
    assert far.post("/books", json={"title": "x"}).status == 201
    assert far.delete("/books/1").status == 204
    far.close()
    assert "open" in server.output


# Bad input to start with

@pytest.mark.parametrize("args, named", [
    (["--listen", "nowhere"], "nowhere"),
    (["--listen", "127.0.0.1:99999"], "99999"),
    (["--workers", "0"], "workers"),
    (["--head-timeout", "soon"], "head-timeout"),
    (["--max-content", "-1"], "max-content"),
    (["--unknown"], "unknown"),
    (["--storage", "papyrus:x"], "papyrus"),
    (["--config", "/nowhere.yaml"], "/nowhere.yaml"),
    (["/nowhere.yaml"], "/nowhere.yaml"),
])  # fmt: skip
def test_a_bad_option_is_one_line_that_names_it_and_2(tmp_path, args, named):
    done = run("serve", *args, "--data", tmp_path / "data")
    assert done.returncode == 2
    lines = (done.stdout + done.stderr).splitlines()
    assert len(lines) == 1 and named in lines[0], lines


def test_start_up_tells_where_it_listens_what_it_serves_and_where_the_data_lies(serve):
    server = serve(LIBRARY)
    assert LISTENING.search(server.output)
    assert str(LIBRARY) in server.output and str(server.data) in server.output


def test_the_log_has_no_secrets(serve):
    server = serve(LIBRARY)
    secrets = {"Authorization": "Bearer s3cr3t", "Cookie": "id=s3cr3t", "Proxy-Authorization": "Basic s3cr3t"}
    assert server.client().get("/books?cursor=s3cr3t&limit=7", secrets).status == 400
    wait_until(lambda: "GET /books" in server.output, "it is not logged")
    assert "s3cr3t" not in server.output
    assert "limit=7" in server.output and '" 400 ' in server.output


def test_bytes_that_are_no_http_never_disturb_the_others(serve):
    server = serve(LIBRARY, ["--log", "off"])
    client = server.client()
    book = add(client)
    noise = [os.urandom(300), b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"\r\n" * 1000, b"GET\r\n\r\n",
             b"PRI * HTTP/2.0\r\n\r\nSM\r\nX", b"GET / HTTP/9.9\r\n\r\n", b"\0" * 100, b"A" * 100_000]  # fmt: skip
    for data in noise * 5:
        with server.connect() as connection:
            try:
                connection.send(data)
                connection.half_close()
                answer = connection.read_to_end()
            except OSError:
                continue  # cut off early
            assert re.match(rb"(HTTP/1\.1 [45]\d\d .*)?\Z", answer, re.S), data
    assert client.get(book).status == 200
    assert links(client.get("/books"))["first"] == "/books"
