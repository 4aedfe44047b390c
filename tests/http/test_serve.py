"""The life of `verbatim serve`: it starts, answers, keeps, restarts and ends."""

import socket

from client import Connection
from ledger import requirement

NOTES = """
openapi: 3.1.0
info: {title: Notes, version: "1"}
paths:
  /notes/{key}:
    parameters:
      - {name: key, in: path, required: true, schema: {type: string}}
    get: {responses: {"200": {description: the note}}}
    put:
      requestBody:
        content: {application/json: {schema: {type: object}}}
      responses: {"201": {description: made}, "204": {description: replaced}}
"""
GET = b"GET %s HTTP/1.1\r\nHost: a\r\n\r\n"


def test_what_was_acknowledged_is_there_after_a_restart(serve):
    server = serve(NOTES)
    client = server.client()
    assert client.get("/notes/a").status == 404
    assert client.put("/notes/a", json={"text": "x"}).status == 201
    before = client.get("/notes/a")
    server.restart()
    after = server.client().get("/notes/a")
    assert (after.status, after.json()) == (200, {"text": "x"})
    assert after.headers["ETag"] == before.headers["ETag"]
    assert after.headers["Last-Modified"] == before.headers["Last-Modified"]


def test_what_was_acknowledged_survives_sigkill(serve):
    server = serve(NOTES)
    assert server.client().put("/notes/a", json={"text": "x"}).status == 201
    server.kill()
    server.start()
    assert server.client().get("/notes/a").json() == {"text": "x"}


@requirement("9112-9.3.2-02")
def test_pipelined_requests_are_answered_in_order(serve):
    server = serve(NOTES)
    for key in ("a", "b"):
        server.client().put(f"/notes/{key}", json={"key": key})
    wanted = [b"/notes/a", b"/notes/none", b"/notes/b", b"/notes/a"]
    answers = server.raw(b"".join(GET % target for target in wanted))
    assert [answer.status for answer in answers] == [200, 404, 200, 200]
    assert [answers[i].json()["key"] for i in (0, 2, 3)] == ["a", "b", "a"]


def test_the_same_over_a_unix_socket(serve, tmp_path):
    path = tmp_path / "socket"
    server = serve(NOTES, listen=f"unix:{path}")
    assert server.address == str(path)
    assert server.client().get("/notes/none").status == 404


def test_sigterm_finishes_what_is_under_way_and_takes_nothing_new(serve):
    server = serve(NOTES)
    with server.connect() as connection:
        connection.send(
            b"PUT /notes/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n"
            b"Content-Type: application/json\r\nExpect: 100-continue\r\n\r\n"
        )
        assert connection.read_interim().status == 100
        server.terminate()
        wait_until_it_refuses(server.address)
        connection.send(b"{}")
        response = connection.read_response("PUT")
        assert response.status == 201
        assert "close" in response.headers.tokens("Connection")
        assert connection.at_end()


def wait_until_it_refuses(address):
    while True:
        try:
            socket.create_connection(address, 20).close()
        except (ConnectionRefusedError, ConnectionResetError):
            return


def test_an_idle_connection_is_closed_when_the_server_stops(serve):
    server = serve(NOTES)
    connection = Connection(server.address)
    connection.send(GET % b"/notes/none")
    assert connection.read_response().status == 404
    server.terminate()
    assert connection.at_end()
