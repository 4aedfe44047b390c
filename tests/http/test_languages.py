"""Files in several languages: which one a client gets, and what is said of it."""

import json
import os
import time

import pytest
from ledger import requirement
from test_cli import run
from test_files import SETTLED, noise, plant, wait_for

LARGE = 100_000  # sent from the file itself
TREE = {
    "page.html": "plain",
    "page.de.html": "deutsch",
    "page.en-GB.html": "british",
    "index.html": "home",
    "index.de.html": "heim",
    "only/index.fr.html": "rien",
    "only/index.de.html": "nur",
    "only/text.pt-BR.txt": "um",
    "coded.html": "plain",
    "coded.de.html": "deutsch",
    "coded.de.html.gz": "as gzip",
    "large.html": noise(LARGE) + b"plain",
    "large.de.html": noise(LARGE) + b"deutsch",
    "alias.en.html": "english",
    "alias.de.html": "deutsch",
    "lost.html": "plain",
    "lost.en.html/index.html": "a directory",
    "app.js": "app",
    "app.min.js": "small",
    "app.js.gz": "gz",
    "app.js.map": "map",
    "fil.fil-PH.html": "filipino",
    "README": "no end",
    "README.de": "this is an end",
    "empty/there.txt": "no index",
    "x/.de.html": "hidden",
}  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = plant(tmp_path_factory.mktemp("languages") / "site", TREE)
    os.symlink("alias.en.html", folder / "alias.html")
    os.symlink("nowhere", folder / "lost.de.html")
    os.symlink("/etc/passwd", folder / "lost.fr.html")
    time.sleep(SETTLED)
    return folder


@pytest.fixture(scope="module")
def server(module_serve, site):
    return module_serve(None, ["--files", site])


@pytest.fixture
def client(server):
    return server.client()


def wanting(languages, **more):
    return {} if languages is None else {"Accept-Language": languages, **more}


# Which one


@requirement("9110-12.5.4-01", "9110-8.5-01")
@pytest.mark.parametrize("languages, body, tag", [
    (None, "plain", None), ("", "plain", None), ("*", "plain", None), ("fr", "plain", None),
    ("de", "deutsch", "de"), ("DE", "deutsch", "de"), ("en", "british", "en-GB"), ("en-gb", "british", "en-GB"),
    ("de-CH", "deutsch", "de"), ("de-CH-1901, fr", "deutsch", "de"), ("en-US", "plain", None),
    ("en-US, en;q=0.9", "british", "en-GB"), ("de;q=0.5, en;q=0.8", "british", "en-GB"), ("en, de", "deutsch", "de"),
    ("fr, de;q=0.1", "deutsch", "de"), ("de;q=0, *", "plain", None), ("de;q=0, en;q=0.1", "british", "en-GB"),
    ("*;q=0.1, en;q=0.2", "british", "en-GB"), ("*;q=0", "plain", None), ("fr, *;q=0.5", "plain", None),
    ("de_CH, 1, ;;", "plain", None), ("de;q=2, en", "british", "en-GB"),
])  # fmt: skip
def test_the_client_gets_the_language_it_wants(client, languages, body, tag):
    for _ in range(2):  # from the disk, and from memory
        got = client.get("/page.html", wanting(languages))
        assert (got.status, got.text, got.headers.get("Content-Language")) == (200, body, tag)
        assert got.headers["Vary"] == "Accept-Language"
        assert got.headers["Content-Type"] == "text/html; charset=utf-8"


@requirement("9110-12.5.4-01")
@pytest.mark.parametrize("languages, body, tag", [
    (None, "nur", "de"), ("*", "nur", "de"), ("en", "nur", "de"), ("fr", "rien", "fr"), ("fr-CA", "rien", "fr"),
    ("de;q=0", "rien", "fr"), ("de;q=0, fr;q=0", "nur", "de"), ("de;q=0.1, fr;q=0.2", "rien", "fr"), ("*;q=0", "nur", "de"),
])  # fmt: skip
def test_where_there_is_no_file_itself_one_of_them_is_the_default(client, languages, body, tag):
    for target in ("/only/", "/only/index.html"):
        for _ in range(2):
            got = client.get(target, wanting(languages))
            assert (got.status, got.text, got.headers["Content-Language"]) == (200, body, tag)
            assert got.headers["Vary"] == "Accept-Language"
    assert client.get("/only").headers["Location"] == "/only/"


def test_a_directory_has_an_index_in_languages(client):
    assert client.get("/").text == "home"
    german = client.get("/", wanting("de"))
    assert (german.text, german.headers["Content-Language"]) == ("heim", "de")
    assert client.get("/empty").status == 404
    assert client.get("/empty/").status == 404


def test_one_language_alone_may_stand_for_the_file(client):
    got = client.get("/only/text.txt", wanting("fr"))
    assert (got.text, got.headers["Content-Language"]) == ("um", "pt-BR")
    assert client.get("/fil.html").headers["Content-Language"] == "fil-PH"


@requirement("9110-8.5-01")
def test_each_language_is_known_by_its_own_uri_too(client):
    for _ in range(2):
        got = client.get("/page.de.html", wanting("en"))
        assert (got.text, got.headers["Content-Language"]) == ("deutsch", "de")
        assert "Vary" not in got.headers
    assert client.get("/only/index.fr.html").headers["Content-Language"] == "fr"


@requirement("9110-8.5-01")
def test_a_default_that_is_one_of_them_has_its_language(client):
    for _ in range(2):
        got = client.get("/alias.html")
        assert (got.text, got.headers["Content-Language"]) == ("english", "en")
        assert client.get("/alias.html", wanting("en, de;q=0.5")).text == "english"
        assert client.get("/alias.html", wanting("de")).text == "deutsch"
        assert client.get("/alias.html", wanting("fr")).text == "english"


@pytest.mark.parametrize("target, body", [
    ("/app.js", "app"), ("/app.min.js", "small"), ("/app.js.gz", "gz"), ("/app.js.map", "map"), ("/README", "no end"),
    ("/README.de", "this is an end"),
])  # fmt: skip
def test_not_every_dot_is_before_a_language(client, target, body):
    got = client.get(target, wanting("min, js, de"))
    assert got.text == body
    assert "Content-Language" not in got.headers
    assert "accept-language" not in got.headers.tokens("Vary")


@pytest.mark.parametrize("target", ["/app.map", "/none.html", "/x/.html", "/x/", "/page.fr.html", "/none/page.html"])
def test_what_there_is_in_no_language_is_404(client, target):
    assert client.get(target, wanting("de, fr, *;q=0.1")).status == 404


def test_what_cannot_be_served_is_not_chosen(client):
    for languages in ("de", "fr", "en", "fr, en;q=0.5, de;q=0.1"):
        for _ in range(2):
            got = client.get("/lost.html", wanting(languages))
            assert (got.status, got.text) == (200, "plain")


# With what else there is


@requirement("9110-12.5.5-01")
def test_all_replies_of_the_uri_say_vary(client):
    tag = client.get("/page.html", wanting("de")).headers["ETag"]
    answers = [
        client.head("/page.html"), client.head("/page.html", wanting("de")),
        client.get("/page.html", wanting("de", **{"If-None-Match": tag})),
        client.get("/page.html", wanting("de", Range="bytes=0-1")),
        client.get("/page.html", wanting("de", Range="bytes=99-")),
        client.get("/page.html", {"If-Match": '"other"'}), client.get("/page.html", {"Accept": "image/png"}),
        client.get("/page.html", {"Accept-Encoding": "gzip, identity;q=0"}),
    ]  # fmt: skip
    assert [answer.status for answer in answers] == [200, 200, 304, 206, 416, 412, 406, 406]
    for answer in answers:
        assert "accept-language" in answer.headers.tokens("Vary")


@requirement("9110-8.8.3-03", "9110-15.4.5-01")
def test_each_language_has_its_own_tag(client):
    tags = {code: client.get("/page.html", wanting(code)).headers["ETag"] for code in ("de", "en", "fr")}
    assert len(set(tags.values())) == 3
    assert not any(tag.startswith("W/") for tag in tags.values())
    for code, tag in tags.items():
        same = client.get("/page.html", wanting(code, **{"If-None-Match": tag}))
        assert (same.status, same.headers["ETag"], same.headers["Vary"]) == (304, tag, "Accept-Language")
        other = "de" if code == "fr" else "fr"
        assert client.get("/page.html", wanting(other, **{"If-None-Match": tag})).status == 200
        assert client.get("/page.html", wanting(other, **{"If-Match": tag})).status == 412
    assert client.get("/page.de.html", {"If-None-Match": tags["de"]}).status == 304


def test_head_tells_the_length_of_the_language(client):
    head = client.head("/page.html", wanting("de"))
    assert (head.headers["Content-Length"], head.headers["Content-Language"]) == ("7", "de")


def test_languages_come_in_codings(client):
    for _ in range(2):
        got = client.get("/coded.html", wanting("de", **{"Accept-Encoding": "gzip"}))
        assert (got.text, got.headers["Content-Encoding"], got.headers["Content-Language"]) == ("as gzip", "gzip", "de")
        assert got.headers.tokens("Vary") == ["accept-encoding", "accept-language"]
        plain = client.get("/coded.html", wanting("de"))
        assert plain.text == "deutsch"
        assert plain.headers["ETag"] != got.headers["ETag"]
        assert client.get("/coded.html", {"Accept-Encoding": "gzip"}).text == "plain"  # has none
        assert client.get("/coded.de.html", {"Accept-Encoding": "gzip"}).text == "as gzip"


def test_a_large_file_comes_in_its_language(client):
    for _ in range(2):
        for languages, end in (("de", b"deutsch"), ("fr", b"plain"), ("de", b"deutsch")):
            got = client.get("/large.html", wanting(languages))
            assert got.body == noise(LARGE) + end
            part = client.get("/large.html", wanting(languages, Range=f"bytes={LARGE}-"))
            assert (part.status, part.body) == (206, end)


def test_a_range_is_of_the_language(client):
    german = client.get("/page.html", wanting("de"))
    part = client.get("/page.html", wanting("de", Range="bytes=1-3", **{"If-Range": german.headers["ETag"]}))
    assert (part.status, part.text) == (206, "eut")
    other = client.get("/page.html", wanting("en", Range="bytes=1-3", **{"If-Range": german.headers["ETag"]}))
    assert (other.status, other.text) == (200, "british")


def test_without_a_cache_it_is_the_same(serve, site):
    client = serve(None, ["--files", site, "--cache-size", "0"]).client()
    for languages, body in ((None, "plain"), ("de-AT", "deutsch"), ("en", "british")):
        assert client.get("/page.html", wanting(languages)).text == body
    assert client.get("/only", wanting("fr")).status == 301
    assert client.get("/only/", wanting("fr")).text == "rien"


def test_languages_of_files_below_a_path(serve, tmp_path):
    plant(tmp_path / "public", TREE)
    api = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"},
           "paths": {"/static": {"x-verbatim": {"archetype": "files", "from": "public"}}}}  # fmt: skip
    (tmp_path / "api.json").write_text(json.dumps(api))
    client = serve(tmp_path / "api.json").client()
    assert client.get("/static/page.html", wanting("de")).text == "deutsch"
    assert client.get("/static/only").headers["Location"] == "/static/only/"
    assert client.get("/static/", wanting("de")).text == "heim"
    (tmp_path / "public/index.html").unlink()
    wait_for(lambda: client.get("/static/").text == "heim")
    assert client.get("/static").headers["Location"] == "/static/"


# What changes


@pytest.mark.parametrize("size", [10, LARGE])
def test_languages_come_and_go(serve, tmp_path, size):
    site = plant(tmp_path / "site", {"a.html": b"p" * size, "b.html": b"b"})
    client = serve(None, ["--files", site]).client()

    def get(languages="de"):
        return client.get("/a.html", wanting(languages))

    assert get().body == b"p" * size and "Vary" not in get().headers
    (site / "a.de.html").write_bytes(b"d" * size)
    wait_for(lambda: get().body == b"d" * size)
    assert get("fr").body == b"p" * size and get("fr").headers["Vary"] == "Accept-Language"
    (site / "a.de.html").write_bytes(b"D" * size)  # in place
    wait_for(lambda: get().body == b"D" * size)
    (site / "a.ar.html").write_bytes(b"a" * size)  # before the other
    wait_for(lambda: get("ar").body == b"a" * size)
    assert (get().body, get().headers["Content-Language"]) == (b"D" * size, "de")
    (site / "a.html").unlink()
    wait_for(lambda: get("fr").body == b"a" * size)
    (site / "a.ar.html").rename(site / "a.fr.html")
    wait_for(lambda: get("fr").headers["Content-Language"] == "fr")
    wait_for(lambda: get("ar").headers["Content-Language"] == "de")
    (site / "a.html").write_bytes(b"P" * size)
    wait_for(lambda: get("it").body == b"P" * size)
    for code in ("de", "fr"):
        (site / f"a.{code}.html").unlink()
    wait_for(lambda: get().body == b"P" * size and "Vary" not in get().headers)
    assert client.get("/b.html").text == "b"


def test_a_settled_directory_that_changes_is_seen(serve, tmp_path):
    site = plant(tmp_path / "site", {"a.html": "plain"})
    client = serve(None, ["--files", site]).client()
    time.sleep(SETTLED)
    assert client.get("/a.html").text == "plain"
    (site / "a.de.html").write_text("deutsch")
    wait_for(lambda: client.get("/a.html", wanting("de")).text == "deutsch")
    os.symlink("a.de.html", site / "link")
    (site / "link").rename(site / "a.html")
    wait_for(lambda: client.get("/a.html").headers.get("Content-Language") == "de")


def test_what_is_cached_in_a_coding_learns_of_a_new_language(serve, tmp_path):
    site = plant(tmp_path / "site", {"a.html": "plain", "a.html.gz": "as gzip"})
    client = serve(None, ["--files", site]).client()
    time.sleep(SETTLED)
    assert client.get("/a.html", {"Accept-Encoding": "gzip"}).headers["Vary"] == "Accept-Encoding"
    (site / "a.de.html").write_text("deutsch")
    wait_for(lambda: client.get("/a.html", wanting("de")).text == "deutsch")
    got = client.get("/a.html", {"Accept-Encoding": "gzip"})
    assert (got.text, got.headers["Vary"]) == ("as gzip", "Accept-Encoding, Accept-Language")


def test_a_link_that_turns_turns_the_default(serve, tmp_path):
    site = plant(tmp_path / "site", {"a.de.html": "deutsch", "a.en.html": "english"})
    os.symlink("a.de.html", site / "a.html")
    client = serve(None, ["--files", site]).client()
    time.sleep(SETTLED)
    assert client.get("/a.html").headers["Content-Language"] == "de"
    os.symlink("a.en.html", site / "new")
    (site / "new").rename(site / "a.html")
    wait_for(lambda: client.get("/a.html").headers["Content-Language"] == "en")
    assert client.get("/a.html").text == "english"
    assert client.get("/a.html", wanting("de")).text == "deutsch"


# Bounds


def test_there_is_no_choice_in_a_directory_of_too_many_names(serve, tmp_path):
    site = plant(tmp_path / "site", {"a.html": "plain", "a.de.html": "deutsch"})
    for n in range(9_998):
        (site / f"{n}").touch()
    client = serve(None, ["--files", site]).client()
    assert client.get("/a.html", wanting("de")).text == "deutsch"
    (site / "one-more").touch()
    wait_for(lambda: client.get("/a.html", wanting("de")).text == "plain")
    assert "Vary" not in client.get("/a.html", wanting("de")).headers
    assert client.get("/a.de.html").headers["Content-Language"] == "de"


def test_a_file_has_the_first_31_languages_beside_it(serve, tmp_path):
    regions = [f"en-{n:03}" for n in range(40)]
    site = plant(tmp_path / "site", {f"a.{tag}.html": tag for tag in regions} | {"a.html": "plain"})
    client = serve(None, ["--files", site]).client()
    assert client.get("/a.html", wanting("en-030")).text == "en-030"
    assert client.get("/a.html", wanting("en-031")).text == "plain"
    assert client.get("/a.en-031.html").headers["Content-Language"] == "en-031"


def test_a_long_field_costs_no_more_than_its_first_elements(client):
    long = ", ".join(f"x{n % 10}-{n}" for n in range(1000))
    assert client.get("/page.html", wanting(long + ", de")).text == "plain"
    assert client.get("/page.html", wanting("de, " + long)).text == "deutsch"


# And what is told of it


def test_explain_shows_what_was_chosen(tmp_path):
    plant(tmp_path / "site", TREE)
    file = tmp_path / "api.json"
    file.write_text(json.dumps({"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {
        "/site": {"x-verbatim": {"archetype": "files", "from": "site"}}}}))  # fmt: skip
    done = run("explain", file, "/site/page.html", "-H", "Accept-Language: de", "-i", "--format", "json")
    found = json.loads(done.stdout)
    assert found["reply"]["content"] == "deutsch"
    assert ["Content-Language", "de"] in found["reply"]["fields"]
    assert {step["node"]: step["answer"] for step in found["trace"]["steps"]}["exists"] == "YES"


@requirement("9110-8.5-01")
def test_errors_are_in_english(client):
    for accept in ("application/problem+json", "text/html"):
        got = client.get("/none.html", {"Accept": accept, "Accept-Language": "de"})
        assert (got.status, got.headers["Content-Language"]) == (404, "en")
