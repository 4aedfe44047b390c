"""How often a client may ask, and how much at once."""

import time
from contextlib import ExitStack

import pytest
from client import Connection
from h1 import format_request
from ledger import requirement
from library import JSON, LIBRARY

HOUR = 3600


@requirement("6585-4-01", "6585-4-02")
def test_a_client_beyond_its_rate_gets_429_and_when_to_come_back(serve):
    client = serve(LIBRARY, ["--rate", "5/h"]).client()
    statuses = [client.get("/books").status for _ in range(7)]
    assert statuses == [200] * 5 + [429] * 2
    answer = client.get("/books")
    assert answer.status == 429
    assert HOUR / 5 - 60 <= int(answer.headers["Retry-After"]) <= HOUR / 5
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json()["status"] == 429 and answer.json()["detail"]
    assert client.put("/settings/a", json={"value": "x"}).status == 429


def test_the_rate_comes_back_with_time(serve):
    client = serve(LIBRARY, ["--rate", "20/s", "--rate-burst", "1"]).client()
    assert client.get("/books").status == 200
    deadline = time.monotonic() + 20
    while client.get("/books").status == 429:
        assert time.monotonic() < deadline
    began, served = time.monotonic(), 0
    while time.monotonic() - began < 1:
        served += client.get("/books").status == 200
    assert 1 <= served <= 22


def test_a_burst_may_be_more_than_the_rate_brings(serve):
    client = serve(LIBRARY, ["--rate", "1/h", "--rate-burst", "30"]).client()
    statuses = [client.get("/books").status for _ in range(31)]
    assert statuses == [200] * 30 + [429]


def test_a_unix_socket_has_no_rate(serve, tmp_path):
    client = serve(LIBRARY, ["--rate", "1/h"], listen=f"unix:{tmp_path}/s").client()
    assert {client.get("/books").status for _ in range(5)} == {200}


def test_without_a_rate_there_is_none(serve):
    client = serve(LIBRARY).client()
    assert {client.get("/books").status for _ in range(300)} == {200}


@requirement("9110-15.6.4-01")
def test_more_requests_under_way_than_may_be_are_503(serve):
    server = serve(LIBRARY, ["--max-pending", "3"])
    head = [("Host", "localhost"), ("Content-Length", "100"), ("Expect", "100-continue"), *JSON.items()]
    with ExitStack() as stack:
        waiting = [stack.enter_context(Connection(server.address)) for _ in range(3)]
        for connection in waiting:
            connection.send(format_request("POST", "/books", head))
            assert connection.read_interim().status == 100
        client = server.client()
        answer = client.get("/books")
        assert answer.status == 503 and answer.headers["Retry-After"] == "1"
        assert "under way" in answer.json()["detail"]
        waiting[0].close()
        deadline = time.monotonic() + 20
        while client.get("/books").status == 503:
            assert time.monotonic() < deadline


@pytest.mark.parametrize("protocol", ["h1", "h2c"])
def test_what_the_wire_finds_in_trailers_is_what_the_client_is_told(serve, protocol):
    client = serve(LIBRARY, ["--max-fields-size", "2k"]).client(protocol)
    sent = [b'{"title": "x"}']
    large = client.request("POST", "/books", JSON, sent, chunked=True, trailers={"X-Sum": "x" * 3000})
    assert large.status == 431 and "trailers" in large.json()["detail"]
    assert client.request("POST", "/books", JSON, sent, chunked=True, trailers={"X-Sum": "x"}).status == 201
