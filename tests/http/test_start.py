"""The start page: what `/` is where the description does not say so."""

import time

import pytest
from ledger import requirement
from library import HTML, LIBRARY
from tls import is_secure

NOT_MODIFIED = 304


def api(paths, **more):
    return {"openapi": "3.1.0", "info": {"title": "T & <Co>", "version": "2", **more}, "paths": paths}


COLLECTION = {
    "get": {"summary": "All of them", "responses": {"200": {"description": ""}}},
    "post": {
        "requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}},
        "responses": {"201": {"description": ""}},
    },
}
MEMBER = {
    "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
    "get": {"responses": {"200": {"description": ""}}},
}
DOCUMENT = {"get": {"responses": {"200": {"description": ""}}}, "put": {
    "requestBody": {"content": {"application/json": {"schema": {}}}}, "responses": {"201": {"description": ""}}}}


@pytest.fixture(scope="module")
def library(module_serve):
    return module_serve(LIBRARY).client()


def test_it_links_to_every_path_without_variables(library):
    answer = library.get("/")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json"
    start = answer.json()
    assert start["title"] == "Library"
    listed = {entry["href"]: entry for entry in start["resources"]}
    assert list(listed) == ["/books", "/authors", "/settings"]
    assert listed["/books"]["kind"] == "collection"
    assert listed["/books"]["methods"] == ["GET", "HEAD", "POST", "OPTIONS", "QUERY"]
    for href in listed:
        assert library.get(href).status == 200


def test_every_link_leads_somewhere_and_names_are_encoded(serve):
    client = serve(api({"/a b/{id}": MEMBER, "/a b": COLLECTION, "/é/": DOCUMENT, "/{x}": MEMBER})).client()
    entries = client.get("/").json()["resources"]
    assert [entry["href"] for entry in entries] == ["/a%20b", "/%C3%A9/"]
    assert entries[0]["summary"] == "All of them"
    assert client.get("/a%20b").status == 200
    assert "PUT" in client.options("/%C3%A9/").headers["Allow"]
    page = client.get("/", HTML).text
    assert 'href="/a%20b"' in page and "All of them" in page


@requirement("9110-12.5.5-01")
def test_it_is_a_page_for_browsers_with_everything_escaped(serve):
    client = serve(api({"/a": DOCUMENT}, description="<b>bold</b>")).client()
    page = client.get("/", HTML)
    assert page.status == 200 and page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "<b>" not in page.text and "T &amp; &lt;Co&gt;" in page.text
    assert page.headers["Vary"] == "Accept, Accept-Encoding"
    assert page.headers["ETag"] != client.get("/").headers["ETag"]


@requirement("9110-15.4.5-01", "9110-10.2.1-01")
def test_preconditions_and_methods_are_as_everywhere(library):
    shown = library.get("/")
    again = library.get("/", {"If-None-Match": shown.headers["ETag"]})
    assert again.status == NOT_MODIFIED and again.headers["ETag"] == shown.headers["ETag"]
    assert again.headers["Vary"] == "Accept, Accept-Encoding"
    assert library.get("/", {"If-Match": '"x"'}).status == 412
    head = library.head("/")
    assert head.status == 200 and head.headers["Content-Length"] == shown.headers["Content-Length"]
    for method in "PUT", "POST", "PATCH", "DELETE":
        refused = library.request(method, "/", json={})
        assert refused.status == 405 and refused.headers["Allow"] == "GET, HEAD, OPTIONS"
    assert library.options("/").headers["Allow"] == "GET, HEAD, OPTIONS"
    assert library.get("/", {"Accept": "image/png"}).status == 406
    assert library.get("/?page=2").status == 400
    scheme = "https" if is_secure(library.address) else "http"
    assert library.get(f"{scheme}://localhost").status == 200  # no path is "/"


def test_the_tag_is_the_same_after_a_restart(serve):
    server = serve(LIBRARY)
    before = server.client().get("/").headers["ETag"]
    server.restart()
    assert server.client().get("/").headers["ETag"] == before


def test_a_described_root_wins(serve):
    client = serve(api({"/": DOCUMENT, "/a": DOCUMENT})).client()
    assert client.get("/").status == 404
    assert client.put("/", json={"own": True}).status == 201
    assert client.get("/").json() == {"own": True}


def test_under_a_base_path_it_links_below_it(serve):
    client = serve({**api({"/a": DOCUMENT}), "x-verbatim": {"base-path": "/v2"}}).client()
    assert [entry["href"] for entry in client.get("/").json()["resources"]] == ["/v2/a"]


def test_the_open_tree_has_its_own_root(serve):
    client = serve(None).client()
    assert client.get("/").json() == []
    assert client.post("/", json={"a": 1}).status == 201


def test_a_new_description_has_a_new_start_page(serve):
    server = serve(api({"/a": DOCUMENT}))
    client = server.client()
    before = client.get("/").headers["ETag"]
    server.description.write_text(server.description.read_text().replace('"/a"', '"/b"'))
    server.reload()
    while not server.reloads:
        time.sleep(0.01)
    after = client.get("/")
    assert after.headers["ETag"] != before
    assert [entry["href"] for entry in after.json()["resources"]] == ["/b"]
