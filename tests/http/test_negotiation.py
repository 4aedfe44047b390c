"""Which representation goes out, and which content is taken."""

import pytest
from ledger import requirement
from library import HTML, JSON, MERGE, PNG, add, unused_key

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8"
WEIGHT = "application/json;q={}, text/html;q={}"


JSON_TYPE, HTML_TYPE = "application/json", "text/html; charset=utf-8"
# RFC 9110 section 12.5.1
ACCEPT = [
    (None, JSON_TYPE),
    ("*/*", JSON_TYPE),
    ("", JSON_TYPE),
    ("application/json", JSON_TYPE),
    ("APPLICATION/JSON", JSON_TYPE),
    ("application/*", JSON_TYPE),
    ("text/html", HTML_TYPE),
    ("text/*", HTML_TYPE),
    (BROWSER, HTML_TYPE),
    (WEIGHT.format("0.5", "0.4"), JSON_TYPE),
    (WEIGHT.format("0.4", "0.5"), HTML_TYPE),
    (WEIGHT.format("0.500", "0.501"), HTML_TYPE),
    (WEIGHT.format("0", "0.001"), HTML_TYPE),
    ("application/json;q=0, */*", HTML_TYPE),
    ("*/*;q=0.1, application/json;q=0", HTML_TYPE),
    ("text/html;q=0.9, */*;q=1", JSON_TYPE),  # the specific range decides for HTML
    ("text/*;q=0.3, text/html;q=0.7, */*;q=0.5", HTML_TYPE),
    ("application/json ; Q=0.2 , text/html ; q=0.1", JSON_TYPE),
    ("image/png, application/json;q=0.1", JSON_TYPE),
    ("application/json;version=2, text/html;q=0.1", HTML_TYPE),
    ("image/png", None),
    ("application/json;q=0", None),
    ("*/*;q=0", None),
    ("*/*;q=0.0, image/png", None),
    ("application/xml, text/plain;q=0.5", None),
]


@requirement("9110-12.5.1-01", "9110-12.5.1-03")
@pytest.mark.parametrize("accept, media_type", ACCEPT)
@pytest.mark.parametrize("listing", [False, True])
def test_the_representation_is_the_one_the_client_likes_best(client, accept, media_type, listing):
    path = "/books" if listing else add(client)
    answer = client.get(path, {} if accept is None else {"Accept": accept})
    if media_type is None:
        assert answer.status == 406
        return
    assert answer.status == 200
    assert answer.headers["Content-Type"] == media_type
    if media_type == HTML_TYPE:
        assert answer.text.lower().startswith("<!doctype html>")
    else:
        answer.json()


def test_lines_of_accept_are_one_list(client):
    answer = client.get("/books", [("Accept", "application/json;q=0.5"), ("Accept", "text/html")])
    assert answer.headers["Content-Type"] == HTML_TYPE


# also on the usual variant, on 304 and on errors
@requirement("9110-12.5.5-01")
@pytest.mark.parametrize("headers", [{}, {"Accept": "text/html"}, {"Accept": "image/png"}])
def test_vary_names_accept_on_every_variant(client, headers):
    for path in ("/books", add(client), "/nothing"):
        assert "accept" in client.get(path, headers).headers.tokens("Vary")


def test_content_of_one_type_only_has_no_vary(client):
    cover = add(client) + "/cover"
    client.put(cover, PNG, b"picture")
    assert "Vary" not in client.get(cover).headers


@requirement("9110-15.5.7-01")
def test_a_406_tells_what_there_is(client):
    answer = client.get("/books", {"Accept": "image/png"})
    assert answer.status == 406
    detail = answer.json()["detail"]
    assert "application/json" in detail and "text/html" in detail


@pytest.mark.parametrize("method", ["PUT", "POST", "PATCH"])
def test_who_could_not_read_the_outcome_changes_nothing(client, method):
    book = add(client, title="before")
    path, headers = {"PUT": (book, JSON), "PATCH": (book, MERGE), "POST": (book + "/archive", {})}[method]
    body = None if method == "POST" else b'{"title":"after"}'
    answer = client.request(method, path, {**headers, "Accept": "image/png"}, body)
    assert answer.status == 406
    state = client.get(book).json()
    assert state["title"] == "before" and not state["archived"]


def test_a_delete_has_nothing_to_accept(client):
    assert client.delete(add(client), {"Accept": "image/png"}).status == 204


def test_what_is_stored_as_it_came_is_406_to_who_wants_another_type(client):
    cover = add(client) + "/cover"
    client.put(cover, PNG, b"picture")
    assert client.get(cover, {"Accept": "image/jpeg"}).status == 406
    assert client.get(cover, {"Accept": "image/*"}).body == b"picture"
    assert client.get(cover, {"Accept": "image/png;q=0"}).status == 406  # also from the cache
    assert client.get(cover, {"Accept": BROWSER}).body == b"picture"


# what would have been taken
@requirement("9110-15.5.16-02", "9110-12.5.1-04", "5789-2.2-03", "9110-12.5.3-07")
@pytest.mark.parametrize("method, path, field, types", [
    ("POST", "/books", "Accept-Post", ["application/json", "application/x-ndjson", "text/csv"]),
    ("POST", "/books", "Accept", ["application/json", "application/x-ndjson", "text/csv"]),
    ("PUT", "/books/1", "Accept", ["application/json"]),
    ("PATCH", "/books/1", "Accept-Patch",
     ["application/json-patch+json", "application/merge-patch+json"]),
    ("PUT", "/books/1/cover", "Accept", ["image/jpeg", "image/png"]),
])  # fmt: skip
@pytest.mark.parametrize("media_type", ["text/plain", "application/xml", None, "rubbish", "a/b/c", ""])
def test_content_of_another_type_is_415_and_told_what_is_taken(client, method, path, field, types, media_type):
    add(client)
    headers = {} if media_type is None else {"Content-Type": media_type}
    answer = client.request(method, path, headers, b"{}")
    assert answer.status == 415
    assert sorted(answer.headers.tokens(field)) == types
    assert ("no media type" in answer.json()["detail"]) == (media_type is None)
    assert "Accept-Encoding" not in answer.headers
    for other in {"Accept-Patch", "Accept-Post"} - {field}:
        if field != "Accept" or other != "Accept-Post" or method != "POST":
            assert other not in answer.headers


@pytest.mark.parametrize("media_type", [
    "application/json", "APPLICATION/Json", "application/json; charset=utf-8",
    'application/json;x="a;b"', "application/json ;charset=UTF-8",
])  # fmt: skip
def test_the_media_type_is_compared_as_http_says(client, media_type):
    key = unused_key()
    assert client.put(key, {"Content-Type": media_type}, b'{"value":1}').status == 201


@requirement("9110-12.5.3-06")
@pytest.mark.parametrize("coding", ["deflate", "compress", "unknown", "gzip, unknown", "gzip, gzip, gzip"])
def test_a_content_coding_is_415_with_accept_encoding(client, coding):
    answer = client.post("/books", {**JSON, "Content-Encoding": coding}, b'{"title":"x"}')
    assert answer.status == 415
    assert answer.headers.tokens("Accept-Encoding") == ["br", "zstd", "gzip"]
    assert "Accept" not in answer.headers and "Accept-Post" not in answer.headers


def test_the_identity_coding_is_none(client):
    answer = client.post("/books", {**JSON, "Content-Encoding": "identity"}, b'{"title":"x"}')
    assert answer.status == 201


PART = {"Content-Range": "bytes 0-1/2"}


@requirement("9110-14.5-01")
def test_a_put_of_a_part_is_400(client):
    book = add(client, title="whole")
    cover = add(client) + "/cover"
    assert client.put(cover, PNG, b"whole").status == 201
    setting = unused_key()
    assert client.put(setting, json={"value": "whole"}).status == 201
    for path, kind, part in ((book, JSON, b'{"title":"part"}'), (cover, PNG, b"part"), (setting, JSON, b'{"value":"part"}')):
        before = client.get(path)
        for told in ("bytes 0-1/2", "bytes 0-1/*", "bytes */2", "lines 1-2/3", "x"):
            answer = client.put(path, {**kind, "Content-Range": told}, part)
            assert answer.status == 400 and "Content-Range" in answer.json()["detail"]
        after = client.get(path)
        assert (after.body, after.headers["ETag"]) == (before.body, before.headers["ETag"])


@requirement("9110-14.5-01")
def test_a_put_of_a_part_creates_nothing(client, serve):
    for path, kind in ((unused_key(), JSON), (add(client) + "/cover", PNG)):
        assert client.put(path, {**kind, **PART}, b'{"value":"part"}').status == 400
        assert client.get(path).status == 404
    tree = serve(None).client()
    tree.put("/a/b", JSON, b"[1]")
    for path in ("/a/b", "/a/c"):
        assert tree.put(path, {**JSON, **PART}, b"[2]").status == 400
    assert tree.get("/a/b").json() == [1] and tree.get("/a/c").status == 404


@requirement("9110-14.5-01")  # no PUT at all: 405 whatever it is a part of
def test_a_put_of_a_part_of_a_file_changes_nothing(serve, tmp_path):
    (tmp_path / "web").mkdir()
    (tmp_path / "web/a.txt").write_text("whole")
    client = serve(None, ["--files", str(tmp_path / "web")]).client()
    assert client.put("/a.txt", {"Content-Type": "text/plain", **PART}, b"pa").status in (400, 405)
    assert client.get("/a.txt").body == b"whole" == (tmp_path / "web/a.txt").read_bytes()


ERRORS = [("GET", "/nothing", 404), ("POST", "/books/1", 405), ("FROB", "/", 501), ("POST", "/books", 415)]


@requirement("9457-3-01", "9457-3.1.2-01", "9457-4.2.1-01", "9110-15.5-01", "9457-5-01")
@pytest.mark.parametrize("accept", [None, "*/*", "application/json", "application/problem+json", "image/png"])
@pytest.mark.parametrize("method, path, status", ERRORS)
def test_an_error_is_a_problem_document(client, accept, method, path, status):
    answer = client.request(method, path, {} if accept is None else {"Accept": accept}, b"x")
    assert answer.status == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem.get("type", "about:blank") == "about:blank"
    assert answer.reason in ("", problem["title"])  # HTTP/2 has none
    assert "src/" not in answer.text


@pytest.mark.parametrize("accept", ["text/html", BROWSER])
@pytest.mark.parametrize("method, path, status", ERRORS)
def test_an_error_is_a_page_for_a_browser(client, accept, method, path, status):
    answer = client.request(method, path, {"Accept": accept}, b"x")
    assert answer.status == status
    assert answer.headers["Content-Type"] == HTML_TYPE
    assert str(status) in answer.text and answer.reason in answer.text


@pytest.mark.parametrize("accept", ["application/json", "text/html"])
def test_what_a_client_sends_is_never_markup_in_a_page(client, accept):
    evil = "<script>alert(1)</script>"
    book = add(client, title=evil, tags=['"><img src=x>', "&amp;"])
    for answer in (client.get(book, {"Accept": accept}), client.get("/books", {"Accept": accept}),
                   client.get(f"/books?{evil.replace('<', '%3C').replace('>', '%3E')}=1", {"Accept": accept})):
        if accept == "text/html":
            assert "<script>alert" not in answer.text and "<img src=x" not in answer.text
            if answer.status == 200:
                assert "script-src" in answer.headers["Content-Security-Policy"] or (
                    "default-src 'none'" in answer.headers["Content-Security-Policy"])
    assert client.get(book).json()["title"] == evil


@requirement("fetch-cross-origin-resource-policy-header-01")
@pytest.mark.parametrize("target", ["/", "/books", "/books?limit=1", "/books/{id}", "/nothing", "/books?x=1"])
def test_no_page_of_ours_is_framed_sniffed_embedded_or_tells_its_uri(client, target):
    answer = client.get(target.replace("/books/{id}", add(client)), HTML)
    assert answer.headers["Content-Type"] == HTML_TYPE
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer.headers["Referrer-Policy"] == "same-origin"
