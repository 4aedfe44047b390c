"""`verbatim explain`: the way of a request through the flow, and its reply.

Asked of a description it is done in that process and changes nothing; asked of
a running server it is done there, and the server tells why if it is told to.
"""

import json
import subprocess

import pytest
from certificates import make_ca, options, sign
from library import LIBRARY, add, links, tag_of
from server import Server
from test_cli import refused, run

RELATION = "https://verbatim.example/rel/explain"


def explain(*args, **more):
    """The parsed JSON of `explain`, which must go well."""
    done = run("explain", *args, "--format", "json", **more)
    assert (done.returncode, done.stderr) == (0, ""), done
    return json.loads(done.stdout)


def path_of(found):
    """The answers by node, and the nodes in order."""
    steps = found["trace"]["steps"]
    return {step["node"]: step["answer"] for step in steps}, [
        step["node"] for step in steps
    ]


# --- asked of a description ---------------------------------------------------


def test_the_path_ends_at_the_question_that_decides():
    found = explain(LIBRARY, "-X", "PUT", "/books/7", "-d", "title=x")
    answers, nodes = path_of(found)
    assert nodes[0] == "well_formed" and nodes[-1] == "understood"
    assert answers["understood"] == "NO"  # a form is no JSON
    assert found["reply"]["status"] == 415
    assert found["trace"]["status"] == 415
    assert found["trace"]["resource"] == "document"


def test_404_comes_before_the_precondition():  # 9110-13.2.1
    found = explain(
        LIBRARY, "-X", "PUT", "/books/7", "-H", 'If-Match: "x"',
        "--json", '{"title": "x"}',
    )  # fmt: skip
    answers, nodes = path_of(found)
    assert nodes[-1] == "creates" and "if_match" not in nodes
    assert found["reply"]["status"] == 404


def test_each_step_has_question_answer_and_section():
    found = explain(LIBRARY, "/books")
    for step in found["trace"]["steps"]:
        assert set(step) == {"group", "node", "question", "answer", "rfc"}
        assert all(step.values())
        assert step["answer"] in ("YES", "NO", "HALT")
    assert found["trace"]["method"] == "GET"
    assert found["trace"]["target"] == "/books"


def test_text_fits_a_terminal_and_ends_with_the_reply():
    done = run("explain", LIBRARY, "/books/1", "-I")
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[0] == "HEAD /books/1 (document)"
    assert lines[2].split() == ["NODE", "QUESTION", "ANSWER", "RFC"]
    assert max(map(len, lines)) <= 80
    assert "HTTP/1.1 404 Not Found" in lines
    assert "Content-Type: application/problem+json" in lines


def test_include_shows_the_content():
    done = run("explain", LIBRARY, "/books", "-i")
    assert done.stdout.endswith("\n\n[]\n")
    assert explain(LIBRARY, "-i", "/books")["reply"]["content"] == "[]"


def test_a_malformed_request_is_explained_too():
    found = explain(LIBRARY, "/a b")
    assert path_of(found) == ({"well_formed": "NO"}, ["well_formed"])
    assert found["reply"]["status"] == 400


def test_content_that_does_not_come_is_400():
    found = explain(LIBRARY, "/books", "-H", "Content-Length: 9",
                    "--json", "{}")  # fmt: skip
    assert path_of(found)[1][-1] == "received"
    assert found["reply"]["status"] == 400


def test_without_a_file_it_is_the_open_tree():
    found = explain("/notes/a", "-X", "PUT", "-d", "hello")
    assert found["trace"]["resource"] == "node"
    assert found["stopped"] == {"before": "commit", "would": 201}


def test_options_of_serve_count(tmp_path):
    options = ["--max-content", "3", "--trace"]
    assert explain(LIBRARY, "/books", "--json", "[1, 2]", *options)["reply"][
        "status"
    ] == 413  # fmt: skip
    assert explain(LIBRARY, "-XTRACE", "/books", *options)["reply"]["status"] == 200
    config = tmp_path / "verbatim.yaml"
    config.write_text(f"description: {LIBRARY}\n")
    found = explain("/books", "--config", config)
    assert found["trace"]["resource"] == "collection"


def test_content_comes_from_a_file_and_from_stdin(tmp_path):
    path = tmp_path / "book.json"
    path.write_text('{"title": 1}')
    found = explain(LIBRARY, "/books", "--json", f"@{path}")
    assert found["reply"]["status"] == 422
    done = run("explain", LIBRARY, "/books", "-d", "@-")  # stdin is empty
    assert "HTTP/1.1 415 " in done.stdout


# --- what it would do, and does not -------------------------------------------


@pytest.fixture
def kept(tmp_path):
    """A stopped server with a book, its data directory, the book's path and tag."""
    server = Server(tmp_path, LIBRARY).start()
    client = server.client()
    book = add(client, title="A", isbn="9780141354910")
    tag = tag_of(client, book)
    server.stop()
    return server, book, tag


def test_data_is_asked_and_not_changed(kept):
    server, book, tag = kept
    data = ["--data", server.data]
    found = explain(LIBRARY, book, "-i", *data)
    assert found["reply"]["status"] == 200
    assert json.loads(found["reply"]["content"])["title"] == "A"
    assert ["ETag", tag] in found["reply"]["fields"]

    stale = explain(LIBRARY, book, "-XDELETE", "-H", 'If-Match: "x"', *data)
    assert path_of(stale)[0]["matches"] == "NO"
    assert stale["reply"]["status"] == 412
    gone = explain(LIBRARY, book, "-XDELETE", "-H", f"If-Match: {tag}", *data)
    assert gone["stopped"] == {"before": "commit", "would": 204}
    assert "reply" not in gone
    explain(LIBRARY, "/books", "--json", '{"title": "B"}', *data)

    client = server.start().client()
    assert tag_of(client, book) == tag
    assert len(client.get("/books").json()) == 1
    assert add(client, title="C").endswith("/2")  # no number was used up
    server.stop()


WRITES = [
    ("PUT", "/books/1", {"title": "B"}, []),
    ("PUT", "/books/1", {"title": "B"}, ["Prefer: return=minimal"]),
    ("PUT", "/books/1", {"title": "B"}, ["Prefer: return=representation"]),
    ("PATCH", "/books/1", {"pages": 9}, ["Content-Type: application/merge-patch+json"]),
    ("POST", "/books", {"title": "C"}, []),
    ("POST", "/books/1/archive", None, []),
    ("PUT", "/books/1/cover", "x", ["Content-Type: image/png"]),
    ("PUT", "/settings/a", {"value": 1}, []),
    ("DELETE", "/books/1", None, []),
]


@pytest.mark.parametrize("method, path, content, fields", WRITES)
def test_what_it_would_be_is_what_it_then_is(kept, method, path, content, fields):
    server = kept[0]
    words = ["-X", method, path, "--data", server.data]
    for field in fields:
        words += ["-H", field]
    if isinstance(content, str):
        words += ["-d", content]
    elif content is not None:
        words += ["--json", json.dumps(content)]
    found = explain(LIBRARY, *words)
    headers = [tuple(field.split(": ", 1)) for field in fields]
    client = server.start().client()
    if isinstance(content, str):
        done = client.request(method, path, headers, content)
    else:
        done = client.request(method, path, headers, json=content)
    assert done.status < 300
    assert found["stopped"] == {"before": "commit", "would": done.status}
    server.stop()


def test_where_nothing_is_kept_nothing_is_made(tmp_path):
    refused(
        run("explain", LIBRARY, "/books", "--data", tmp_path / "none"),
        f"there is nothing in sqlite:{tmp_path}/none/verbatim.db",
    )
    assert not (tmp_path / "none").exists()


def test_data_of_a_running_server_is_refused(serve):
    server = serve(LIBRARY)
    done = run("explain", LIBRARY, "/books", "--data", server.data)
    assert done.returncode == 2
    assert "(ask the running server: verbatim explain URL)" in done.stderr


# --- asked of a running server ------------------------------------------------


def test_a_server_does_what_it_is_asked_and_tells_why(serve):
    server = serve(LIBRARY, ["--explain", "--workers", "2"])
    url = server.origin
    trusted = ["-k"] if url.startswith("https") else []
    made = explain(f"{url}/books", "--json", '{"title": "x"}', "-i", *trusted)
    answers, nodes = path_of(made)
    assert nodes[-1] == "created" and answers["commit"] == "YES"
    assert made["reply"]["status"] == 201 and "stopped" not in made
    assert server.client().get("/books/1").json()["title"] == "x"
    for _ in range(8):  # whichever worker it comes to
        found = explain(f"{url}/books/1?x=1", *trusted)
        assert found["reply"]["status"] == 400
        assert found["trace"]["target"] == "/books/1?x=1"


def test_a_server_is_asked_over_tls(serve, tmp_path):
    """Whom to trust is said as curl has it said; a certificate of ours may be asked for."""
    ca = make_ca(tmp_path, "ca")
    ours, mine = sign(tmp_path, "server", ca), sign(tmp_path, "client", ca, extensions="extendedKeyUsage=clientAuth")
    words = ["--explain", *options(ours), "--tls-client-ca", ca[0], "--tls-client-cert", "optional"]
    server = serve(LIBRARY, words, listen="https://127.0.0.1:0")
    url = f"{server.origin}/books"
    for trusted in (["--cacert", ca[0]], ["-k"], ["--insecure"], ["--cacert", ca[0], "-E", mine[0], "--key", mine[1]]):
        found = explain(url, *trusted)
        assert found["reply"]["status"] == 200 and found["trace"]["status"] == 200
    done = run("explain", url)
    assert done.returncode == 2 and "certificate issuer is unknown" in done.stderr
    done = run("explain", url.replace("127.0.0.1", "127.0.0.2"), "--cacert", ca[0])
    assert done.returncode == 2 and "127.0.0.2" in done.stderr
    for wrong in (["--cacert", "/nowhere.pem"], ["-k", "--cert", mine[0]]):
        done = run("explain", url, *wrong)
        assert done.returncode == 2 and len(done.stderr.splitlines()) == 1
    done = run("explain", url.replace("https", "http"))
    assert done.returncode == 1 and done.stdout.startswith("HTTP/1.1 400 ")


def test_prefer_explain_links_to_the_trace(serve):
    client = serve(LIBRARY, ["--explain"]).client()
    told = client.get("/books", {"Prefer": "explain"})
    assert told.status == 200 and told.json() == []
    assert "explain" in told.headers.tokens("Preference-Applied")
    assert "no-store" in told.headers.tokens("Cache-Control")
    trace = client.get(links(told)[RELATION])
    assert trace.status == 200
    assert trace.headers["Content-Type"] == "application/json"
    assert trace.json()["status"] == 200
    assert trace.json()["steps"][-1]["node"] == "ranged"
    assert client.post(links(told)[RELATION]).status == 405


def test_a_304_and_an_error_have_their_link_too(serve):
    client = serve(LIBRARY, ["--explain"]).client()
    tag = tag_of(client, "/books")
    for fields, status, last in (
        ({"If-None-Match": tag}, 304, "none_matches"),
        ({"Accept": "image/png"}, 406, "acceptable"),
    ):
        told = client.get("/books", dict(fields, Prefer="return=minimal, explain"))
        assert told.status == status
        steps = client.get(links(told)[RELATION]).json()["steps"]
        assert steps[-1] == dict(steps[-1], node=last, answer="NO")


def test_nobody_is_told_who_did_not_ask(serve):
    client = serve(LIBRARY, ["--explain"]).client()
    for fields in ({}, {"Prefer": "return=minimal"}, {"Explain": "1"}):
        assert RELATION not in links(client.get("/books", fields))


def test_without_the_option_nobody_is_told(serve):
    server = serve(LIBRARY)
    told = server.client().get("/books", {"Prefer": "explain"})
    assert told.status == 200 and RELATION not in links(told)
    done = run("explain", f"{server.origin}/books", "-k")
    assert done.returncode == 1 and "does not tell why" in done.stderr
    assert done.stdout.startswith("HTTP/1.1 200 OK\n")


def test_an_old_trace_makes_room(serve):
    client = serve(LIBRARY, ["--explain"]).client()
    ask = {"Prefer": "explain"}
    first = links(client.get("/books", ask))[RELATION]
    assert client.get(first).status == 200
    for _ in range(64):
        last = links(client.get("/books", ask))[RELATION]
    assert client.get(first).status == 404
    assert client.get(last).status == 200
    assert client.get("/.verbatim/explain/x").status == 404


def test_a_trace_survives_a_new_description(serve):
    server = serve(LIBRARY, ["--explain"])
    client = server.client()
    told = links(client.get("/books", {"Prefer": "explain"}))[RELATION]
    server.reload()
    while not server.reloads:
        pass
    assert client.get(told).status == 200


# --- mistakes -----------------------------------------------------------------


@pytest.mark.parametrize(
    "words, line",
    (
        ([], "explain takes FILE and PATH, or URL"),
        (["a", "/b", "/c"], "explain takes FILE and PATH, or URL"),
        (["/b", "-Z"], "explain has no option -Z"),
        (["/b", "-X"], "--request needs a value, METHOD"),
        (["/b", "--head=yes"], "--head takes no value"),
        (["/b", "-H", "x"], "-H takes a field, `Name: value'"),
        (["/b", "--format", "xml"], "--format is text or json"),
        (["/b", "--lisen", "x"], "unknown option --lisen (did you mean --listen?)"),
        (["ftp://x/"], "explain takes a URL that begins with http:// or https://"),
        (
            ["http://x/", "--open"],
            "a running server has its description and its options already",
        ),
        (
            ["http://127.0.0.1:1/"],
            "cannot connect to 127.0.0.1 port 1: Connection refused",
        ),
        (["/b", "-d", "@/nowhere"], "/nowhere: No such file or directory"),
    ),
)
def test_a_mistake_is_told_in_one_line(words, line):
    refused(run("explain", *words), line)


def test_a_description_that_cannot_be_read_is_told(tmp_path):
    done = run("explain", tmp_path / "none.yaml", "/x")
    assert done.returncode == 2 and "none.yaml" in done.stderr


def test_bytes_that_are_no_http_are_told():
    listener = subprocess.Popen(
        ["/usr/bin/python3", "-c",
         "import socket\n"
         "s = socket.create_server(('127.0.0.1', 0))\n"
         "print(s.getsockname()[1], flush=True)\n"
         "c, _ = s.accept()\n"
         "c.recv(9999)\n"
         "c.sendall(b'\\x1b[2Jnonsense\\r\\n\\r\\n')\n"
         "c.close()\n"],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    port = listener.stdout.readline().strip()
    refused(
        run("explain", f"http://127.0.0.1:{port}/"),
        "127.0.0.1 did not answer in HTTP/1.1",
    )
    listener.wait()
    listener.stdout.close()
