"""Who may write without credentials: what a web page can make a browser send, and what it cannot."""

import pytest
from client import Connection
from h1 import format_request
from ledger import requirement
from library import HTML, JSON, LIBRARY
from tls import is_secure

BOOK = {"title": "x"}


@pytest.fixture(scope="module")
def library(module_serve):
    return module_serve(LIBRARY)


@pytest.fixture(scope="module")
def named(module_serve):
    """A server that knows its names, and origins that may write."""
    return module_serve(
        LIBRARY,
        ["--origin", "https://app.example", "--origin", "http://localhost:3000,http://[::1]:3000",
         "--server-name", "books.example"],
    )  # fmt: skip


@pytest.fixture(scope="module")
def open_to_all(module_serve):
    return module_serve(LIBRARY, ["--open"])


def post(server, *fields, method="POST", target="/books"):
    return server.client().request(method, target, fields, json=BOOK)


def send(server, host, *fields, method="POST", target="/books"):
    """A request for another host than the one that is connected to."""
    with Connection(server.address) as connection:
        body = b'{"title": "x"}'
        head = [("Host", host)] if host is not None else []
        head += [("Content-Length", str(len(body))), *JSON.items(), *fields]
        connection.send(format_request(method, target, head, body))
        return connection.read_response(method)


def refused(answer):
    assert answer.status == 403, answer
    problem = answer.json()
    assert problem["status"] == 403
    return problem["detail"]


# Pages of other origins

@requirement("fetch-origin-header-01")
@pytest.mark.parametrize("site", ["cross-site", "same-site", "Same-Origin", "", "future"])
def test_what_a_page_of_another_site_sends_is_not_written(library, site):
    before = library.client().get("/books").headers["ETag"]
    assert "--origin" in refused(post(library, ("Sec-Fetch-Site", site)))
    assert library.client().get("/books").headers["ETag"] == before


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_what_our_own_page_or_the_user_sends_is_written(library, site):
    assert post(library, ("Sec-Fetch-Site", site)).status == 201


def test_the_site_goes_before_the_origin(library):
    foreign = ("Origin", "https://evil.example")
    assert post(library, ("Sec-Fetch-Site", "same-origin"), foreign).status == 201
    assert "evil.example" in refused(post(library, ("Sec-Fetch-Site", "cross-site"), foreign))
    assert refused(post(library, ("Sec-Fetch-Site", "cross-site"), ("Origin", library.origin)))


@pytest.mark.parametrize("origin", [
    "https://evil.example", "null", "", "http://127.0.0.1", "http://127.0.0.1:1", "file://", "//", "x y",
    "http://user@localhost", "http://localhost.evil.example",
])
def test_without_a_site_a_foreign_origin_is_refused(library, origin):
    refused(post(library, ("Origin", origin)))


def test_the_origin_of_the_request_itself_is_ours(library):
    host, port = library.address
    assert post(library, ("Origin", f"http://{host}:{port}")).status == 201
    assert send(library, "localhost:77", ("Origin", "http://LOCALHOST:77")).status == 201
    # TLS may end at a gateway: the scheme counts for the default port only.
    assert send(library, "localhost", ("Origin", "https://localhost")).status == 201
    assert send(library, "localhost:80", ("Origin", "http://localhost")).status == 201
    refused(send(library, "localhost:80", ("Origin", "https://localhost")))


@pytest.mark.parametrize("method, target", [
    ("POST", "/books"), ("PUT", "/settings/a"), ("PATCH", "/books/1"), ("DELETE", "/books/1"),
    ("POST", "/books/1/archive"),
])
def test_every_unsafe_method_is_refused(library, method, target):
    refused(post(library, ("Sec-Fetch-Site", "cross-site"), method=method, target=target))


@requirement("fetch-http-cors-protocol-12")
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_reading_stays_allowed_and_the_browser_keeps_the_answer_from_the_page(library, method):
    fields = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    answer = library.client().request(method, "/books", fields)
    assert answer.status in (200, 204)
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_a_preflight_is_a_plain_options_that_allows_nothing(library):
    answer = library.client().options("/books", {
        "Origin": "https://evil.example", "Access-Control-Request-Method": "POST"})
    assert answer.status == 204
    assert not "access-control-" in str(answer.headers).lower()


def test_origins_that_the_operator_names_may_write(named):
    for origin in "https://app.example", "https://APP.example:443", "http://localhost:3000", "http://[::1]:3000":
        assert post(named, ("Origin", origin)).status == 201, origin
        assert post(named, ("Origin", origin), ("Sec-Fetch-Site", "cross-site")).status == 201, origin
    for origin in "http://app.example", "https://app.example:8443", "https://x.app.example", "http://localhost":
        refused(post(named, ("Origin", origin)))
        refused(post(named, ("Origin", origin), ("Sec-Fetch-Site", "cross-site")))


def test_the_refusal_is_a_page_for_browsers_and_escapes_what_it_shows(library):
    answer = post(library, ("Origin", "http://<script>"), *HTML.items())
    assert answer.status == 403 and "text/html" in answer.headers["Content-Type"]
    assert "<script" not in answer.text and "&lt;script&gt;" in answer.text


# Names that lead here (DNS rebinding)

@pytest.mark.parametrize("host", [
    "127.0.0.1", "127.0.0.1:9", "10.0.0.1", "[::1]", "[::1]:80", "localhost", "LocalHost:8080", "localhost.",
    "books.localhost", "a.b.localhost:1", "", None,
])
def test_writes_are_taken_for_addresses_and_localhost(library, host):
    if host is None:
        with Connection(library.address) as connection:
            connection.send(b"PUT /settings/old HTTP/1.0\r\nContent-Type: application/json\r\n"
                            b"Content-Length: 13\r\n\r\n" + b'{"value":"1"}')
            assert connection.read_response("PUT").status in (200, 201, 204, 422)
    else:
        assert send(library, host).status == 201


@pytest.mark.parametrize("host", [
    "evil.example", "evil.example:8080", "xlocalhost", "localhost.evil.example", "127.0.0.1.evil.example", "127.1",
    "2130706433", "books.example", ".",
])
def test_writes_for_other_names_are_refused(library, host):
    if host == "." and is_secure(library.address):
        pytest.skip("no certificate is for a host without a name")
    assert "--server-name" in refused(send(library, host))
    same = [("Origin", f"http://{host}"), ("Sec-Fetch-Site", "same-origin")]
    assert "--server-name" in refused(send(library, host, *same))


@requirement("9112-3.2.2-04")
def test_the_target_counts_rather_than_host(library):
    scheme = library.origin.partition(":")[0]
    refused(send(library, "localhost", target=f"{scheme}://evil.example/books"))
    assert send(library, "evil.example", target=f"{scheme}://localhost/books").status == 201


def test_names_that_the_operator_gives_are_ours(named):
    assert send(named, "books.example").status == 201
    scheme = named.origin.partition(":")[0]
    assert send(named, "BOOKS.example:8080", ("Origin", f"{scheme}://books.example:8080")).status == 201
    refused(send(named, "evil.example"))
    refused(send(named, "a.books.example"))


def test_reading_needs_no_name(library):
    (answer,) = library.raw(b"GET /books HTTP/1.1\r\nHost: any.example\r\nConnection: close\r\n\r\n")
    assert answer.status == 200


def test_dns_leads_nobody_to_a_unix_socket(serve, tmp_path):
    server = serve(LIBRARY, listen=f"unix:{tmp_path}/s")
    assert send(server, "any.example").status == 201
    refused(send(server, "any.example", ("Origin", "https://evil.example")))


# --open

def test_an_open_server_has_any_name_but_takes_no_writes_from_other_pages(open_to_all):
    assert send(open_to_all, "any.example").status == 201
    refused(send(open_to_all, "any.example", ("Origin", "https://evil.example")))
    refused(send(open_to_all, "any.example", ("Sec-Fetch-Site", "cross-site")))


def test_an_open_server_with_names_has_only_these(serve):
    server = serve(LIBRARY, ["--open", "--server-name", "books.example"])
    assert send(server, "books.example").status == 201
    assert send(server, "127.0.0.1").status == 201
    refused(send(server, "any.example"))
