"""What each method does, and what is answered to those that do nothing here."""

import pytest
from ledger import requirement
from library import HTML, LIBRARY, MERGE, PNG, add, tag_of, unused_key


def methods(response):
    """The methods in Allow, which are case-sensitive."""
    return {name.strip() for name in (response.headers.get("Allow") or "").split(",")}


@requirement("9110-9.1-02", "9110-9.1-04")
@pytest.mark.parametrize("method", ["FROB", "get", "Put", "PROPFIND-X", "M-SEARCH"])
@pytest.mark.parametrize("target", ["/books", "/nothing/here"])
def test_a_method_nobody_knows_is_501(client, method, target):
    answer = client.request(method, target)
    assert answer.status == 501
    assert answer.json()["status"] == 501


ALLOWED = {
    "/books": {"GET", "HEAD", "QUERY", "POST", "OPTIONS"},
    "/books/1": {"GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"},
    "/books/1/archive": {"POST", "OPTIONS"},
    "/books/1/cover": {"GET", "HEAD", "PUT", "DELETE", "OPTIONS"},
    "/authors/1": {"GET", "HEAD", "PUT", "DELETE", "OPTIONS"},
    "/settings": {"GET", "HEAD", "QUERY", "OPTIONS"},
    "/settings/a": {"GET", "HEAD", "PUT", "DELETE", "OPTIONS"},
}
KNOWN = {"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "QUERY"}


@requirement("9110-9.1-03", "9110-10.2.1-01", "9110-15.5.6-01")
@pytest.mark.parametrize("target", ALLOWED)
def test_a_known_method_that_is_not_described_is_405_with_what_is(client, target):
    for method in sorted(KNOWN - ALLOWED[target]):
        answer = client.request(method, target)
        assert answer.status == 405, method
        assert methods(answer) == ALLOWED[target], method


@requirement("9110-9.3.7-02")
@pytest.mark.parametrize("target", ALLOWED)
def test_options_tells_the_same_methods_as_405(client, target):
    answer = client.options(target)
    assert answer.status == 204
    assert methods(answer) == ALLOWED[target]
    assert answer.body == b""


@requirement("5789-3.1-01", "5789-3.1-02")
@pytest.mark.parametrize("target, name, types", [
    ("/books/1", "Accept-Patch",
     ["application/merge-patch+json", "application/json-patch+json"]),
    ("/books", "Accept-Post", ["application/json", "application/x-ndjson", "text/csv"]),
    ("/authors/1", "Accept-Patch", []),
    ("/settings", "Accept-Post", []),
])  # fmt: skip
def test_options_tells_what_content_is_taken(client, target, name, types):
    assert sorted(client.options(target).headers.tokens(name)) == sorted(types)


def test_options_of_what_has_no_resource_is_404(client):
    assert client.options("/nothing").status == 404


@requirement("9110-9.3.7-01")
def test_options_of_the_asterisk_is_about_the_server(library):
    (answer,) = library.raw(b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n")
    assert answer.status == 204
    assert KNOWN <= methods(answer)


# off unless the operator wants it
def test_trace_is_405_and_in_no_allow(client):
    answer = client.request("TRACE", "/books")
    assert answer.status == 405
    assert "TRACE" not in methods(answer)


def test_trace_is_the_servers_to_allow_not_the_descriptions(serve):
    described = {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "paths": {"/a": {"get": {"responses": {"200": {}}}, "trace": {"responses": {"200": {}}}}},
    }
    for options, allowed in ([], set()), (["--trace"], {"TRACE"}):
        client = serve(described, options).client()
        assert methods(client.options("/a")) == {"GET", "HEAD", "OPTIONS"} | allowed
        assert client.request("TRACE", "/a").status == (200 if allowed else 405)


@requirement("9110-9.3.8-01", "9110-9.3.8-02")
def test_trace_that_is_switched_on_shows_the_request_without_its_secrets(serve):
    client = serve(LIBRARY, ["--trace"]).client()
    secrets = {"Authorization": "Basic c2VjcmV0", "Cookie": "id=s3cr3t", "X-Seen": "yes"}
    answer = client.request("TRACE", "/books?limit=3", secrets)
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "message/http"
    assert b"TRACE /books?limit=3 HTTP/1.1\r\n" in answer.body
    assert b"x-seen: yes" in answer.body.lower()
    assert b"c2VjcmV0" not in answer.body and b"s3cr3t" not in answer.body
    refused = client.request("TRACE", "/books", body=b"content")
    assert refused.status == 400


def test_trace_that_is_switched_on_is_in_allow(serve):
    server = serve(LIBRARY, ["--trace"])
    client = server.client()
    assert "TRACE" in methods(client.options("/books"))
    refused = client.delete("/books")
    assert refused.status == 405 and "TRACE" in methods(refused)
    (answer,) = server.raw(b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n")
    assert "TRACE" in methods(answer)


# 9110-7.6.2: who is no proxy is the final recipient, whatever the count.
@pytest.mark.parametrize("count", ["0", "1", "255", "x"])
def test_the_origin_is_the_final_recipient(serve, count):
    client = serve(LIBRARY, ["--trace"]).client()
    answer = client.request("TRACE", "/books", {"Max-Forwards": count})
    assert answer.status == 200 and b"max-forwards: " + count.encode() in answer.body.lower()
    assert client.options("/books", {"Max-Forwards": count}).status == 204


@requirement("9110-9.3.6-03", "9110-9.3.6-02")
def test_connect_is_501_and_400_without_a_port(library):
    (answer,) = library.raw(b"CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n")
    assert answer.status == 501
    (answer,) = library.raw(b"CONNECT a.example HTTP/1.1\r\nHost: a.example\r\n\r\n")
    assert answer.status == 400


@requirement("optimistic-upgrade-8-01")
def test_nothing_behind_a_refused_connect_is_taken_for_a_request(library):
    connect = b"CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n"
    smuggled = b"GET /books HTTP/1.1\r\nHost: x\r\n\r\n"
    (answer,) = library.raw(connect + smuggled, methods=["CONNECT"])
    assert answer.status == 501 and "close" in answer.headers.tokens("Connection")


def same_head(got, head):
    """All fields but Date are the same; that there is no content to begin
    with need not be told."""

    def fields(response):
        lines = [(name.lower(), value) for name, value in response.headers]
        own = [("date", response.headers["Date"]), ("content-length", "0")]
        return sorted(line for line in lines if line not in own)

    return fields(got) == fields(head)


@requirement("9110-9.3.2-01", "9110-9.3.2-02", "9110-9.3.2-03")
@pytest.mark.parametrize("headers", [{}, HTML, {"Accept": "image/png"}, {"If-None-Match": "*"}])
def test_head_is_get_without_content(client, headers):
    book = add(client)
    for target in (book, "/books", "/books/999999", "/nothing", f"{book}?a=b", f"{book}/archive",
                   f"{book}/", "/settings", f"{book}/cover"):
        got, head = client.get(target, headers), client.head(target, headers)
        assert head.status == got.status, target
        assert head.body == b""
        assert same_head(got, head), target


def test_head_of_large_content_tells_its_length(client):
    book = add(client)
    client.put(f"{book}/cover", PNG, b"x" * 1_000_000)
    head = client.head(f"{book}/cover")
    assert head.headers["Content-Length"] == "1000000"
    assert same_head(client.get(f"{book}/cover"), head)


@requirement("9110-9.3.4-01", "9110-9.3.4-02")
def test_a_put_that_creates_is_201_and_one_that_replaces_is_200(client):
    key = unused_key()
    assert client.put(key, json={"value": 1}).status == 201
    again = client.put(key, json={"value": 2})
    assert again.status == 200
    assert again.json()["value"] == 2
    assert client.get(key).json()["value"] == 2


def test_a_put_that_replaces_is_204_where_only_that_is_described(client):
    cover = add(client) + "/cover"
    assert client.put(cover, PNG, b"1").status == 201
    assert client.put(cover, PNG, b"2").status == 204


# 7240: return=minimal and return=representation among what is described
@pytest.mark.parametrize("prefer, status", [("return=minimal", 204), ("return=representation", 200)])
def test_prefer_picks_among_the_described_answers_to_put(client, prefer, status):
    book = add(client)
    answer = client.put(book, {"Prefer": prefer}, json={"title": "y"})
    assert answer.status == status
    assert answer.headers["Preference-Applied"] == prefer
    assert bool(answer.body) == (status == 200)


# in a collection the server picks the names
@requirement("9110-9.3.4-07")
def test_a_put_to_a_member_that_is_not_there_is_404_in_a_collection(client):
    assert client.put("/books/424242", json={"title": "x"}).status == 404
    assert client.get("/books/424242").status == 404


@requirement("9110-9.3.3-01", "9110-15.3.2-01")
def test_a_post_that_creates_is_201_with_location_and_what_was_made(client):
    made = client.post("/books", json={"title": "x"})
    assert made.status == 201
    where = made.headers["Location"]
    assert where == f"/books/{made.json()['id']}"
    got = client.get(where)
    assert got.json() == made.json()
    assert got.headers["ETag"] == made.headers["ETag"]


@requirement("9110-9.3.5-01", "9110-9.3.5-02")
def test_a_delete_is_204_and_then_there_is_nothing(client):
    book = add(client)
    gone = client.delete(book)
    assert gone.status == 204
    assert gone.body == b""
    for method in ("GET", "HEAD", "DELETE", "PUT", "PATCH"):
        sent = {"json": {"title": "x"}, "headers": MERGE if method == "PATCH" else {}}
        answer = client.request(method, book, **(sent if method[0] == "P" else {}))
        assert answer.status == 404, method


@requirement("9110-9.2.2-01")
def test_put_and_delete_are_idempotent_in_their_effect(client):
    key = unused_key()
    for _ in range(3):
        client.put(key, json={"value": [1]})
    assert client.get(key).json()["value"] == [1]
    assert [client.delete(key).status for _ in range(2)] == [204, 404]


# content where it means nothing changes nothing
@requirement("9110-9.3.1-01", "9110-9.3.5-03")
def test_content_of_get_and_delete_means_nothing(client):
    book = add(client, title="kept")
    got = client.request("GET", book, json={"title": "no"})
    assert got.status == 200 and got.json()["title"] == "kept"
    assert client.request("DELETE", book, {"Content-Type": "x/y"}, b"\0" * 100).status == 204
    assert client.get("/books").status == 200


@requirement("9110-15.4.2-01", "9110-15.4.9-01")
@pytest.mark.parametrize("method, status", [
    ("GET", 301), ("HEAD", 301), ("PUT", 308), ("POST", 308), ("DELETE", 308), ("PATCH", 308),
])  # fmt: skip
def test_a_slash_too_many_is_redirected_keeping_the_method(client, method, status):
    answer = client.request(method, "/books/?limit=1")
    assert answer.status == status
    assert answer.headers["Location"] == "/books?limit=1"


def test_a_redirect_never_leads_to_another_host(library):
    for target in ("//evil.example/", "/books//", "//books/", "/%2f%2fevil.example/", "/\\evil/"):
        for answer in library.raw(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode()):
            assert not answer.headers.get("Location", "/").startswith("//"), target
            assert answer.status in (400, 404), target


# RFC 3986 section 6.2.2: what is the same URI is the same resource
@pytest.mark.parametrize("form", ["/b%6foks", "/./books", "/x/../books", "/%62ooks", "/books?"])
def test_other_spellings_of_a_uri_are_the_same_resource(client, form):
    assert client.get(form).status == 200


@pytest.mark.parametrize("path", [
    "/books/0", "/books/x", "/books/-1", "/books/1%2f2", "/books/%00", "/Books", "/books/1/covers",
    "/books/99999999999999999999999", "/settings/UPPER", "/settings/a%2Fb", "/books/%ff",
    "/books/" + "9" * 3000, "/" + "a/" * 1000, "/" + "../" * 50 + "etc/passwd",
])  # fmt: skip
def test_a_path_that_fits_no_resource_is_404(client, path):
    assert client.get(path).status == 404


@requirement("9110-9.3.4-06")
@pytest.mark.parametrize("tag", [False, True])
def test_a_reply_without_content_tells_the_tag_only_where_it_may(client, tag):
    """204 to a PUT of JSON that the server completes has no validators."""
    if tag:
        cover = add(client) + "/cover"
        answer = client.put(cover, PNG, b"as it is")
        assert answer.headers["ETag"] == tag_of(client, cover)
    else:
        answer = client.put(add(client), {"Prefer": "return=minimal"}, json={"title": "y"})
        assert answer.status == 204
        assert "ETag" not in answer.headers and "Last-Modified" not in answer.headers


@requirement("9110-4.2.3-03")
def test_literals_that_need_escapes_are_found(serve):
    # escapes are compared in their normal form
    operations = {
        "get": {"responses": {"200": {"description": ""}}},
        "put": {"requestBody": {"content": {"application/json": {"schema": {}}}},
                "responses": {"201": {"description": ""}}},
    }  # fmt: skip
    client = serve({
        "openapi": "3.1.0", "info": {"title": "T", "version": "1"},
        "paths": {"/a b": operations, "/bücher": operations, "/c%2fd": operations, "/e%25f": operations},
    }).client()  # fmt: skip
    for path in "/a%20b", "/b%C3%BCcher", "/b%c3%bccher", "/%62%C3%BCcher", "/c%2Fd", "/c%2fd", "/e%25f":
        assert client.put(path, json=path).status in (200, 201, 204), path
        assert client.get(path).json() == path
    for path in "/a%2520b", "/c/d", "/e%2525f":
        assert client.get(path).status == 404, path


@requirement("8470-5.1-02", "8470-5.1-03", "8470-5.2-02")
@pytest.mark.parametrize("said", [["1"], ["0"], ["1", "1"]])
def test_what_an_intermediary_had_as_early_data_is_done_only_if_it_is_safe(client, said):
    path, fields = unused_key(), [("Early-Data", value) for value in said]
    early = client.request("PUT", path, [("Content-Type", "application/json"), *fields], b'{"value": 1}')
    assert early.status == 425 and client.get(path, fields).status == 404
    assert client.put(path, json={"value": 1}).status == 201
    assert client.get(path, fields).status == 200
    assert client.delete(path, fields).status == 425
    assert client.delete(path).status == 204
