"""Files of a directory: what is served, what never is, and what is said of it."""

import os
import socket
import subprocess
import time
from email.utils import formatdate, parsedate_to_datetime

import pytest
from ledger import requirement
from server import binary

KIB = 1024
# Longer than a file is trusted unseen, and than its tag is weak.
SETTLED = 2.2

TREE = {
    "index.html": "<h1>Home</h1>",
    "app.css": "body{}",
    "notes.txt": "plain",
    "data.unknown": "?",
    "LOGO.PNG": "png",
    "no-end": "?",
    "a b/ü.txt": "spaces",
    "sub/index.html": "<h1>Sub</h1>",
    "sub/page.html": "page",
    "empty/there.txt": "no index",
    "dir.css/index.html": "a directory may have any name",
    ".hidden": "secret",
    ".git/config": "secret",
    "sub/.env": "secret",
    ".well-known/security.txt": "Contact: mailto:a@example.com",
    "app.js": "let a = 1;",
    "app.js.gz": "as gzip",
    "app.js.br": "as brotli",
    "app.js.zst": "as zstd",
    "only-gz.css": "plain css",
    "only-gz.css.gz": "css as gzip",
    "stale.js": "new",
    "stale.js.gz": "old",
    "zero": "",
}  # fmt: skip


def plant(folder, tree=TREE):
    for name, text in tree.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def noise(size):
    return b"".join(b"%15d\n" % n for n in range(size // 16 + 1))[:size]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    base = tmp_path_factory.mktemp("files")
    folder = plant(base / "site")
    (base / "secret.txt").write_text("outside")
    (folder / "large.bin").write_bytes(noise(300_000))
    (folder / "at-limit").write_bytes(noise(64 * KIB))
    (folder / "past-limit").write_bytes(noise(64 * KIB + 1))
    os.symlink("sub/page.html", folder / "inner-link.html")
    os.symlink("../secret.txt", folder / "outer-link.txt")
    os.symlink("/etc/passwd", folder / "absolute-link")
    os.symlink("..", folder / "up")
    os.symlink("nowhere", folder / "dangling")
    os.mkfifo(folder / "fifo")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "socket"))
    os.chmod(folder / "no-end", 0)
    os.utime(folder / "stale.js.gz", (1e9, 1e9))
    os.utime(folder / "app.css", (1e9, 1e9))
    tomorrow = time.time() + 86400
    os.utime(folder / "notes.txt", (tomorrow, tomorrow))
    time.sleep(SETTLED)
    return folder


@pytest.fixture(scope="module")
def server(module_serve, site):
    return module_serve(None, ["--files", site])


@pytest.fixture
def client(server):
    return server.client()


# What is there


@pytest.mark.parametrize(
    "target, media_type, body",
    [
        ("/", "text/html; charset=utf-8", "<h1>Home</h1>"),
        ("/index.html", "text/html; charset=utf-8", "<h1>Home</h1>"),
        ("/app.css", "text/css; charset=utf-8", "body{}"),
        ("/app.js", "text/javascript; charset=utf-8", "let a = 1;"),
        ("/LOGO.PNG", "image/png", "png"),
        ("/data.unknown", "application/octet-stream", "?"),
        ("/a%20b/%C3%BC.txt", "text/plain; charset=utf-8", "spaces"),
        ("/sub/", "text/html; charset=utf-8", "<h1>Sub</h1>"),
        ("/sub/page.html", "text/html; charset=utf-8", "page"),
        ("/empty/there.txt", "text/plain; charset=utf-8", "no index"),
        ("/inner-link.html", "text/html; charset=utf-8", "page"),
        ("/app.js.gz", "application/gzip", "as gzip"),
        ("/.well-known/security.txt", "text/plain; charset=utf-8", "Contact: mailto:a@example.com"),
        ("/zero", "application/octet-stream", ""),
        ("/app.css?v=7", "text/css; charset=utf-8", "body{}"),
    ],
)  # fmt: skip
def test_a_file_is_served_as_it_is(client, target, media_type, body):
    for _ in range(2):  # from the disk, and from memory
        got = client.get(target)
        assert (got.status, got.text) == (200, body)
        assert got.headers["Content-Type"] == media_type
        assert got.headers["X-Content-Type-Options"] == "nosniff"
        assert "Content-Encoding" not in got.headers
        head = client.head(target)
        assert head.status == 200 and head.headers["Content-Length"] == str(len(got.body))
        assert head.headers["ETag"] == got.headers["ETag"]


@pytest.mark.parametrize("name, size", [("at-limit", 64 * KIB), ("past-limit", 64 * KIB + 1), ("large.bin", 300_000)])
def test_a_file_of_any_size_is_whole(client, name, size):
    for _ in range(3):
        got = client.get(f"/{name}")
        assert got.status == 200 and got.body == noise(size)
    assert client.head(f"/{name}").headers["Content-Length"] == str(size)


def test_pipelined_requests_for_large_files_are_answered_in_order(server):
    names = ["large.bin", "app.css", "past-limit", "large.bin", "index.html"]
    bodies = {"large.bin": noise(300_000), "past-limit": noise(64 * KIB + 1), "app.css": b"body{}", "index.html": b"<h1>Home</h1>"}
    asked = "".join(f"GET /{name} HTTP/1.1\r\nHost: h\r\n\r\n" for name in names)
    got = server.client().raw(asked.encode())
    assert [one.body for one in got] == [bodies[name] for name in names]


def test_http_1_0_gets_a_file_too(server):
    got = server.client().raw(b"GET /large.bin HTTP/1.0\r\n\r\n")
    assert got[0].body == noise(300_000)


# What never is


@pytest.mark.parametrize(
    "target",
    [
        "/nothing", "/sub/nothing.html",
        # a directory is not listed, and without an index it is not there
        "/empty", "/empty/", "/a%20b/",
        # hidden
        "/.hidden", "/%2ehidden", "/.git/config", "/sub/.env", "/sub/%2Eenv", "/sub/.well-known/x",
        # no regular file
        "/fifo", "/socket",
        # out of the directory, by a link or by name
        "/outer-link.txt", "/absolute-link", "/up/secret.txt", "/up/", "/dangling",
        "/..%2fsecret.txt", "/%2e%2e%2fsecret.txt", "/sub/..%2f..%2fsecret.txt", "/sub%2fpage.html",
        "/%2fetc/passwd", "/..%5csecret.txt", "/sub%5Cpage.html", "/app.css%00", "/app.css%00.html",
        # a file is no directory
        "/app.css/", "/app.css/index.html", "/app.css/x",
        # nor is it under another name
        "/APP.CSS", "//app.css", "/sub//page.html", "/app.css.", "/app.css%20",
        "/" + "x" * 300, "/" + "a/" * 31 + "b", "/" + "a/" * 400 + "b",
    ],
)  # fmt: skip
def test_what_is_no_file_of_the_site_is_404(client, target):
    got = client.get(target)
    assert got.status == 404
    assert "secret" not in got.text and "root:" not in got.text and "outside" not in got.text


@pytest.mark.parametrize("target", ["/../secret.txt", "/%2e%2e/secret.txt", "/sub/../../secret.txt"])
def test_dots_end_at_the_root(client, target):
    assert client.get(target).status == 404


def test_dots_within_are_undone(client):
    assert client.get("/sub/../app.css").text == "body{}"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_404(client):
    assert client.get("/no-end").status == 404


@requirement("9110-15.4.2-01", "9110-13.2.1-02")
def test_a_directory_with_an_index_is_known_by_its_slash(client):
    for _ in range(2):
        got = client.get("/sub")
        assert got.status == 301 and got.headers["Location"] == "/sub/"
        assert client.get("/dir.css").headers["Location"] == "/dir.css/"
        assert client.get("/sub?a=b&c").headers["Location"] == "/sub/?a=b&c"
        # what is no 2xx does not care for preconditions
        assert client.get("/sub", {"If-None-Match": "*"}).status == 301
        assert client.get("/sub", {"If-Match": '"x"'}).status == 301
        assert client.head("/sub").status == 301


def test_files_are_read_here_and_changed_elsewhere(client, site):
    for method in ("PUT", "POST", "PATCH", "DELETE"):
        for target in ("/app.css", "/new.txt", "/sub"):
            got = client.request(method, target, body=b"x")
            assert got.status == 405
            assert set(got.headers.tokens("Allow")) == {"get", "head", "options"}
    got = client.options("/app.css")
    assert got.status == 204 and set(got.headers.tokens("Allow")) == {"get", "head", "options"}
    assert (site / "app.css").read_text() == "body{}"


# What is said of it


@requirement("9110-13.2.1-02")
def test_validators(client):
    got = client.get("/app.css")
    assert got.headers["Last-Modified"] == "Sun, 09 Sep 2001 01:46:40 GMT"
    tag = got.headers["ETag"]
    assert tag.startswith('"')
    assert client.get("/app.css", {"If-None-Match": tag}).status == 304
    assert client.get("/app.css", {"If-None-Match": '"other"'}).status == 200
    assert client.get("/app.css", {"If-Match": tag}).status == 200
    assert client.get("/app.css", {"If-Match": '"other"'}).status == 412
    assert client.get("/app.css", {"If-Modified-Since": formatdate(1e9, usegmt=True)}).status == 304
    assert client.get("/app.css", {"If-Modified-Since": formatdate(1e9 - 1, usegmt=True)}).status == 200
    assert client.get("/large.bin", {"If-None-Match": client.head("/large.bin").headers["ETag"]}).status == 304
    assert client.get("/nothing", {"If-None-Match": "*"}).status == 404


@requirement("9110-8.8.2.1-04")
def test_a_change_in_the_future_is_one_of_now(client):
    got = client.get("/notes.txt")
    date = parsedate_to_datetime(got.headers["Date"])
    assert 0 <= (date - parsedate_to_datetime(got.headers["Last-Modified"])).total_seconds() <= 1


def test_who_does_not_accept_the_media_type_gets_406(client):
    for _ in range(2):
        assert client.get("/app.css", {"Accept": "image/png"}).status == 406
        assert client.get("/app.css", {"Accept": "text/*"}).status == 200
        assert client.get("/large.bin", {"Accept": "text/html"}).status == 406
        assert client.get("/large.bin", {"Accept": "text/html, */*;q=0.1"}).status == 200


# Content codings made beforehand (RFC 9110 section 12.5.3)


@pytest.mark.parametrize(
    "accept, coding, body",
    [
        (None, None, "let a = 1;"),
        ("", None, "let a = 1;"),
        ("x-none", None, "let a = 1;"),
        ("gzip", "gzip", "as gzip"),
        ("x-gzip", "gzip", "as gzip"),
        ("GZIP", "gzip", "as gzip"),
        ("zstd", "zstd", "as zstd"),
        ("gzip, deflate, br, zstd", "br", "as brotli"),
        ("gzip;q=0.5, br;q=0.4, zstd;q=0.3", "gzip", "as gzip"),
        ("br;q=0, gzip", "gzip", "as gzip"),
        ("br;q=0, zstd;q=0, *", "gzip", "as gzip"),
        ("gzip;q=0.1, identity;q=0.9", None, "let a = 1;"),
        ("identity;q=0", 406, None),
        ("identity;q=0, gzip", "gzip", "as gzip"),
        ("*;q=0", 406, None),
        ("*;q=0, br", "br", "as brotli"),
    ],
)
def test_the_coding_is_the_clients_choice(client, accept, coding, body):
    headers = {} if accept is None else {"Accept-Encoding": accept}
    for _ in range(2):
        got = client.get("/app.js", headers)
        assert "accept-encoding" in got.headers.tokens("Vary")
        if coding == 406:
            assert got.status == 406
            continue
        assert (got.status, got.text) == (200, body)
        assert got.headers.get("Content-Encoding") == coding
        assert got.headers["Content-Type"] == "text/javascript; charset=utf-8"
        head = client.head("/app.js", headers)
        assert head.headers["Content-Length"] == str(len(body))
        assert head.headers["ETag"] == got.headers["ETag"]


@requirement("9110-8.8.1-03")
def test_each_coding_has_its_own_tag(client):
    tags = {
        coding: client.get("/app.js", {"Accept-Encoding": coding}).headers["ETag"]
        for coding in ("identity", "gzip", "br", "zstd")
    }
    assert len(set(tags.values())) == 4
    for coding, tag in tags.items():
        same = client.get("/app.js", {"Accept-Encoding": coding, "If-None-Match": tag})
        assert same.status == 304 and same.headers["ETag"] == tag
        assert same.headers["Vary"] == "Accept-Encoding"  # 9110-15.4.5
        other = "br" if coding == "gzip" else "gzip"
        assert client.get("/app.js", {"Accept-Encoding": other, "If-None-Match": tag}).status == 200


def test_vary_only_where_there_is_a_choice(client):
    assert "Vary" not in client.get("/app.css", {"Accept-Encoding": "gzip"}).headers
    assert client.get("/only-gz.css").headers["Vary"] == "Accept-Encoding"
    assert client.get("/only-gz.css", {"Accept-Encoding": "br, gzip"}).text == "css as gzip"
    assert client.get("/only-gz.css", {"Accept-Encoding": "br"}).text == "plain css"


def test_without_codings_identity_may_still_be_refused(client):
    assert client.get("/app.css", {"Accept-Encoding": "identity;q=0"}).status == 406
    assert client.get("/app.css", {"Accept-Encoding": "gzip"}).status == 200


def test_what_was_compressed_before_the_last_change_is_not_used(client):
    assert client.get("/stale.js", {"Accept-Encoding": "gzip"}).text == "new"


def test_a_large_file_in_a_coding(serve, tmp_path):
    plant(tmp_path / "site", {"big.js": noise(200_000), "big.js.gz": b"z" * 100_000})
    client = serve(None, ["--files", tmp_path / "site"]).client()
    for _ in range(2):
        got = client.get("/big.js", {"Accept-Encoding": "gzip"})
        assert got.headers["Content-Encoding"] == "gzip" and got.body == b"z" * 100_000
        assert client.get("/big.js").body == noise(200_000)


# What changes


def wait_for(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize("size", [10, 100_000])
@pytest.mark.parametrize("cache", ["64M", "0"])
def test_a_change_is_seen_within_a_second(serve, tmp_path, size, cache):
    path = tmp_path / "site" / "f.txt"
    plant(tmp_path / "site", {"f.txt": b"a" * size})
    client = serve(None, ["--files", tmp_path / "site", "--cache-size", cache]).client()
    seen = client.get("/f.txt")
    for letter in b"bcd":
        # In place, of the same size, quicker than the clock of a file system.
        path.write_bytes(bytes([letter]) * size)
        changed = time.monotonic()
        while (got := client.get("/f.txt")).body != bytes([letter]) * size:
            assert got.body in (seen.body,) and time.monotonic() < changed + 1.5
        assert got.headers["ETag"] != seen.headers["ETag"]
        assert client.get("/f.txt", {"If-None-Match": seen.headers["ETag"]}).status == 200
        seen = got


def test_a_recent_change_has_a_weak_tag(serve, tmp_path):
    plant(tmp_path / "site", {"f.txt": "a"})
    client = serve(None, ["--files", tmp_path / "site"]).client()
    first = client.get("/f.txt").headers["ETag"]  # another change could go unseen (9110-8.8.1)
    assert first.startswith('W/"')
    assert client.get("/f.txt", {"If-None-Match": first}).status == 304
    assert client.get("/f.txt", {"If-Match": first}).status == 412  # strong comparison only
    wait_for(lambda: client.get("/f.txt").headers["ETag"] == first[2:])


def test_files_come_and_go(serve, tmp_path):
    site = plant(tmp_path / "site", {"a.css": "one"})
    client = serve(None, ["--files", site]).client()
    assert client.get("/b.css").status == 404
    (site / "b.css").write_text("two")
    assert client.get("/b.css").text == "two"
    (site / "b.css").unlink()
    wait_for(lambda: client.get("/b.css").status == 404)
    assert client.get("/a.css", {"Accept-Encoding": "gzip"}).text == "one"
    (site / "a.css.gz").write_text("gz")
    wait_for(lambda: client.get("/a.css", {"Accept-Encoding": "gzip"}).text == "gz")
    (site / "a.css.gz").unlink()
    wait_for(lambda: client.get("/a.css", {"Accept-Encoding": "gzip"}).text == "one")
    (site / "a.css").unlink()
    (site / "a.css").mkdir()
    (site / "a.css" / "index.html").write_text("dir")
    wait_for(lambda: client.get("/a.css").status == 301)


def test_a_directory_may_be_a_link_that_turns(serve, tmp_path):
    plant(tmp_path / "1", {"v.txt": "1"})
    plant(tmp_path / "2", {"v.txt": "2"})
    os.symlink("1", tmp_path / "current")
    client = serve(None, ["--files", tmp_path / "current"]).client()
    assert client.get("/v.txt").text == "1"
    os.symlink("2", tmp_path / "next")
    os.replace(tmp_path / "next", tmp_path / "current")
    wait_for(lambda: client.get("/v.txt").text == "2")


def slow_reader(server, size):
    """A request for /big whose reply has begun, and waits to be read."""
    connection = server.client().connect()
    connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 * KIB)
    connection.send(b"GET /big HTTP/1.1\r\nHost: h\r\n\r\n")
    head = b""
    while b"\r\n\r\n" not in head:
        head += connection.socket.recv(1000)
    head, _, body = head.partition(b"\r\n\r\n")
    assert f"Content-Length: {size}".encode() in head
    return connection, body


def read_on(connection, body):
    try:
        while got := connection.socket.recv(256 * KIB):
            body += got
    except ConnectionResetError:
        pass
    connection.close()
    return body


def test_a_file_that_shrinks_is_cut_and_not_padded(serve, tmp_path):
    size = 40_000_000
    site = plant(tmp_path / "site", {"big": noise(size)})
    server = serve(None, ["--files", site])
    connection, body = slow_reader(server, size)
    os.truncate(site / "big", 8192)
    body = read_on(connection, body)
    # What was on its way is the file's own memory (sendfile): behind the new
    # end it may have become zeros, of which the client must learn: it is cut.
    assert len(body) < size and body[:8192] == noise(8192)
    assert server.client().get("/big").body == noise(8192)


def test_a_file_that_is_replaced_is_sent_as_it_was(serve, tmp_path):
    size = 20_000_000
    site = plant(tmp_path / "site", {"big": noise(size), "new": b"n" * 100})
    server = serve(None, ["--files", site])
    connection, body = slow_reader(server, size)
    os.replace(site / "new", site / "big")
    while len(body) < size:
        got = connection.socket.recv(256 * KIB)
        assert got
        body += got
    assert body == noise(size)
    connection.close()
    wait_for(lambda: server.client().get("/big").body == b"n" * 100)


def test_no_descriptor_is_left_open(serve, tmp_path):
    site = plant(tmp_path / "site", {"big": noise(200_000), "small": "x", "d/index.html": "d"})
    server = serve(None, ["--files", site])
    client = server.client()

    def visit():
        for target in ("/big", "/small", "/d", "/d/", "/nothing", "/big"):
            client.get(target)
            client.head(target)
        tag = client.head("/big").headers["ETag"]
        client.get("/big", {"If-None-Match": tag})
        client.get("/big", {"Accept": "text/html"})
        connection, _ = slow_reader(server, 200_000)
        connection.close()

    def count():
        return len(os.listdir(f"/proc/{server.pid}/fd"))

    visit()
    before = count()
    for _ in range(5):
        visit()
    wait_for(lambda: count() <= before)


# Starting


def test_without_a_description_there_is_no_open_tree(serve, tmp_path):
    server = serve(None, ["--files", plant(tmp_path / "site", {"a": "a"})])
    assert server.client().put("/x", json={}).status == 405
    assert not server.data.exists()  # nothing is kept


def test_a_directory_that_is_not_there_is_an_error(tmp_path):
    (tmp_path / "file").write_text("no directory")
    for name in ("nowhere", "file"):
        run = subprocess.run(
            [binary(), "serve", "--files", name, "--listen", "127.0.0.1:0"],
            cwd=tmp_path, capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        assert run.returncode == 2
        assert f"cannot open the directory {name}: " in run.stderr


# Beside a description


def described(**paths):
    info = {"openapi": "3.1.0", "info": {"title": "Site", "version": "1"}}
    return {**info, "paths": {"/" + name: item for name, item in paths.items()}}


NOTE = {"get": {"responses": {"200": {"description": "it"}}},
        "put": {"requestBody": {"content": {"application/json": {}}}, "responses": {"201": {"description": "made"}}}}  # fmt: skip


def files_of(directory, **more):
    return {"x-verbatim": {"archetype": "files", "from": directory}, **more}


def test_what_is_described_comes_before_files(serve, tmp_path):
    site = plant(tmp_path / "site", {"note": "a file", "other": "a file", "sub/note": "below", "index.html": "home"})
    client = serve(described(note=NOTE), ["--files", site]).client()
    assert client.get("/note").status == 404  # the document is not there yet
    assert client.put("/note", json={"a": 1}).status == 201
    assert client.get("/note").json() == {"a": 1}
    assert client.get("/other").text == "a file"
    assert client.get("/sub/note").text == "below"
    assert client.get("/").text == "home"
    assert client.get("/note/").status == 301  # to the document
    assert client.put("/other", json={}).status == 405


def write(folder, description):
    import json

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "api.json").write_text(json.dumps(description))
    return folder / "api.json"


def test_files_below_a_path(serve, tmp_path):
    plant(tmp_path / "public", TREE)
    file = write(tmp_path, described(**{
        "static": files_of("public"), "static/note": NOTE, "docs": files_of("public/sub", get={"responses": {}})}))  # fmt: skip
    client = serve(file).client()
    assert client.get("/static/app.css").text == "body{}"
    assert client.get("/static/sub/").text == "<h1>Sub</h1>"
    assert client.get("/static/").text == "<h1>Home</h1>"
    assert client.get("/static").headers["Location"] == "/static/"
    assert client.get("/static/sub").headers["Location"] == "/static/sub/"
    assert client.get("/docs/page.html").text == "page"
    for target in ("/app.css", "/static/.hidden", "/static/.well-known/security.txt", "/statics/app.css",
                   "/docs/app.css", "/docs/..%2fapp.css", "/static%2fapp.css"):  # fmt: skip
        assert client.get(target).status == 404, target
    assert client.put("/static/note", json=1).status == 201
    assert client.get("/static/note").json() == 1


def test_the_base_path_is_before_files(serve, tmp_path):
    plant(tmp_path / "public", {"a.txt": "a"})
    file = write(tmp_path, {**described(static=files_of("public")), "x-verbatim": {"base-path": "/v2"}})
    client = serve(file).client()
    assert client.get("/v2/static/a.txt").text == "a"
    assert client.get("/v2/static").status == 404  # there is no index page


def run_check(file):
    run = subprocess.run([binary(), "check", file], capture_output=True, text=True, timeout=60)
    return run.returncode, run.stdout + run.stderr


def test_check_tells_what_files_there_are(tmp_path):
    plant(tmp_path / "public", {"a.txt": "a"})
    put = {"responses": {"200": {"description": ""}}}
    code, text = run_check(write(tmp_path, described(static=files_of("public"))))
    assert code == 0 and "files of public" in text
    assert "GET HEAD" in text and "0 warnings" in text
    code, text = run_check(write(tmp_path, described(static=files_of("public", put=put))))
    assert "files are read here" in text and code == 1


@pytest.mark.parametrize(
    "item, says",
    [
        ({"x-verbatim": {"archetype": "files"}}, "x-verbatim.from is missing"),
        (files_of("nowhere"), "cannot open"),
        (files_of("file"), "is no directory"),
        (files_of("/etc"), "is an absolute path"),
        (files_of(".."), "outside of the main file's directory"),
        (files_of("out"), "outside of the main file's directory"),
        (files_of("https://example.org/"), "nothing is fetched"),
        (files_of(7), "must be a string"),
    ],
)
def test_a_directory_that_cannot_be_served_is_an_error(tmp_path, item, says):
    folder = tmp_path / "here"
    plant(folder, {"file": "x"})
    os.symlink("/etc", folder / "out")
    code, text = run_check(write(folder, described(static=item)))
    assert code != 0 and says in text


def test_files_have_no_variables_in_their_path(tmp_path):
    plant(tmp_path / "public", {"a.txt": "a"})
    code, text = run_check(write(tmp_path, described(**{"of/{id}": files_of("public")})))
    assert code != 0 and "without variables" in text


def test_a_new_description_may_show_other_files(serve, tmp_path):
    plant(tmp_path / "one", {"a.txt": "1"})
    plant(tmp_path / "two", {"a.txt": "2"})
    file = write(tmp_path, described(static=files_of("one")))
    server = serve(file)
    client = server.client()
    assert client.get("/static/a.txt").text == "1"
    write(tmp_path, described(static=files_of("two")))
    server.reload()
    wait_for(lambda: client.get("/static/a.txt").text == "2")
