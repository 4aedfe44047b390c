"""103 (Early Hints): what a page will need, before there is a page."""

import pytest
from client import Connection
from ledger import requirement
from library import HTML as PAGE

# What a browser sends that knows of 103.
HTML = {**PAGE, "Sec-Fetch-Mode": "navigate"}

LINK = '</style.css>; rel="preload"; as="style", <https://cdn.example>; rel="preconnect"'
HINTS = [{"href": "/style.css", "rel": "preload", "as": "style"}, {"href": "https://cdn.example", "rel": "preconnect"}]


def described(hints, on="path"):
    get = {"responses": {"200": {"description": ""}}}
    put = {"requestBody": {"content": {"application/json": {"schema": {}}}}, "responses": {"201": {"description": ""}}}
    item = {"get": get, "put": put}
    (item if on == "path" else get)["x-verbatim"] = {"hints": hints}
    return {"openapi": "3.1.0", "info": {"title": "T", "version": "1"}, "paths": {
        "/a": item, "/plain": {"get": {"responses": {"200": {"description": ""}}}, "put": put}}}  # fmt: skip


@pytest.fixture(params=["path", "operation"])
def server(serve, request):
    server = serve(described(HINTS, request.param))
    for path in "/a", "/plain":
        assert server.client().put(path, json=1).status == 201
    return server


@requirement("8297-2-01", "8297-2-05")
def test_a_page_is_announced_with_its_links(server):
    answer = server.client().get("/a", HTML)
    assert answer.status == 200
    (hint,) = answer.interim
    assert hint.status == 103 and hint.headers["Link"] == LINK
    assert LINK in answer.headers["Link"]


def test_the_links_come_with_the_reply_also_where_nothing_had_to_be_waited_for(server):
    client = server.client()
    client.get("/a")
    answer = client.get("/a")
    assert answer.status == 200 and LINK in answer.headers["Link"]
    assert LINK in client.head("/a").headers["Link"]


def test_what_is_no_get_has_no_hints(server):
    client = server.client()
    for method in "HEAD", "PUT", "OPTIONS":
        answer = client.request(method, "/a", HTML, **({"json": 2} if method == "PUT" else {}))
        assert not answer.interim, method


@requirement("8297-3-01")
def test_who_may_not_know_of_it_gets_the_reply_alone(server):
    answer = server.client().get("/a", PAGE)
    assert answer.status == 200 and not answer.interim and LINK in answer.headers["Link"]


@requirement("9110-15.2-01", "8297-2-07")
def test_http_1_0_understands_no_interim_reply(server):
    with Connection(server.address) as connection:
        connection.send(b"GET /a HTTP/1.0\r\nAccept: text/html\r\nSec-Fetch-Mode: navigate\r\n\r\n")
        answer = connection.read_response("GET")
        assert answer.status == 200 and not answer.interim
        assert LINK in answer.headers["Link"]


def test_what_has_no_hints_gets_none(server):
    answer = server.client().get("/plain", HTML)
    assert answer.status == 200 and not answer.interim and "Link" not in answer.headers


def test_pipelined_pages_keep_their_order(server):
    request = b"GET %s HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\nSec-Fetch-Mode: navigate\r\n\r\n"
    answers = server.raw(request % b"/a" + request % b"/plain" + request % b"/a")
    assert [answer.status for answer in answers] == [200, 200, 200]
    assert [len(answer.interim) for answer in answers] == [1, 0, 1]


@requirement("8297-2-04")
def test_an_error_is_announced_but_its_reply_has_no_links(server):
    answer = server.client().get("/a", {"If-Match": '"x"', **HTML})
    assert answer.status == 412 and "Link" not in answer.headers
