"""How often a request waits for PostgreSQL: the round trips of each kind, once a server is warm."""

import time

import pytest
from pg_wire import Wire
from postgres import Instances

DESCRIPTION = {
    "openapi": "3.1.0",
    "info": {"title": "Turns", "version": "1"},
    "paths": {
        "/things": {
            "get": {"responses": {"200": {"description": "all", "content": {"application/json": {"schema": {
                "type": "array", "items": {"type": "object", "properties": {"id": {"type": "string", "readOnly": True}}}}}}}}},
            "post": {"requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}}, "responses": {"201": {"description": "made"}}},
        },
        "/things/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
            "get": {"responses": {"200": {"description": "it", "content": {"application/json": {}}}}},
            "put": {"requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}}, "responses": {"204": {"description": "done"}, "201": {"description": "new"}}},
            "delete": {"responses": {"204": {"description": "gone"}}},
        },
    },
}  # fmt: skip
COMMIT = 1  # looked at, judged by the database and written in one send


@pytest.fixture(scope="module")
def both(postgres, tmp_path_factory):
    """A wire and the server behind it. All that is asked below has been asked before: connections
    are there, statements prepared."""
    store = postgres.store()
    with Wire(store.cluster.address) as wire:
        (server,) = servers = Instances(tmp_path_factory.mktemp("turns"), DESCRIPTION, store.through(wire))
        try:
            servers.start()
            warm_up(server.client())
            yield wire, server
        finally:
            servers.stop()


def warm_up(client):
    for n in range(2):
        path = client.post("/things", json={"n": n}).headers["Location"]
        tag = client.get(path).headers["ETag"]
        assert client.put(path, {"If-Match": tag}, json={"n": -1}).status in (200, 204)
        assert client.get("/things").status == 200
        assert client.delete(path).status == 204
    client.put("/things/a", json={"n": 1})


@pytest.fixture
def wire(both):
    return both[0]


@pytest.fixture
def server(both):
    return both[1]


@pytest.fixture
def client(server):
    return server.client()


def turns(wire, ask):
    """The round trips that it takes; and its answer. What is done beside requests is let pass."""
    quiet(wire)
    before = wire.turns
    answer = ask()
    return wire.turns - before, answer


def quiet(wire):
    """Nothing has come by for a while."""
    seen, since = wire.turns, time.monotonic()
    while time.monotonic() - since < 0.12:
        if wire.turns != seen:
            seen, since = wire.turns, time.monotonic()
        time.sleep(0.01)


def least(wire, ask, times=3):
    """What is done beside requests may come between: the least of some."""
    found = [turns(wire, ask) for _ in range(times)]
    return min(count for count, _ in found), found[-1][1]


def test_a_get_takes_one(wire, client):
    count, answer = least(wire, lambda: client.get("/things/a"))
    assert (count, answer.status) == (1, 200)
    tag = answer.headers["ETag"]
    count, answer = least(wire, lambda: client.get("/things/a", {"If-None-Match": tag}))
    assert (count, answer.status) == (1, 304)
    count, answer = least(wire, lambda: client.get("/things/nothing"))
    assert (count, answer.status) == (1, 404)


def test_a_list_takes_one(wire, client):
    count, answer = least(wire, lambda: client.get("/things?limit=10"))
    assert (count, answer.status) == (1, 200)


def test_a_conditional_put_takes_a_read_and_a_commit(wire, client):
    state = {"n": 1}

    def ask():
        state["n"] += 1
        return client.put("/things/a", {"If-Match": state["tag"]}, json={"n": state["n"]})

    found = []
    for _ in range(3):
        state["tag"] = client.get("/things/a").headers["ETag"]
        count, answer = turns(wire, ask)
        assert answer.status in (200, 204)
        found.append(count)
    assert min(found) <= 1 + COMMIT, found


def test_a_post_and_a_delete_take_little_more(wire, client):
    count, made = least(wire, lambda: client.post("/things", json={"n": 1}), times=6)
    assert made.status == 201 and count <= 2 + COMMIT
    count, answer = turns(wire, lambda: client.delete(made.headers["Location"]))
    assert answer.status == 204 and count <= 2 + COMMIT


def in_one_turn(server, method, targets, content=b""):
    """Requests on a connection each, which the server sees all at once."""
    connections = [server.connect() for _ in targets]
    for connection in connections:  # each has been accepted, and is read
        connection.send(f"OPTIONS * HTTP/1.1\r\nHost: {server.authority}\r\n\r\n".encode())
        connection.read_response("OPTIONS")
    server.stall()
    for connection, target in zip(connections, targets, strict=True):
        lines = [f"{method} {target} HTTP/1.1", f"Host: {server.authority}"]
        lines += ["Content-Type: application/json", f"Content-Length: {len(content)}"] if content else []
        connection.send("\r\n".join([*lines, "", ""]).encode() + content)
    server.resume()
    answers = [connection.read_response(method) for connection in connections]
    for connection in connections:
        connection.close()
    return {answer.status for answer in answers}


def test_reads_of_one_turn_are_asked_together(wire, server):
    count, found = least(wire, lambda: in_one_turn(server, "GET", ["/things/a"] * 8))
    assert found == {200}
    assert count == 1, count


def test_commits_of_one_turn_are_one_group(wire, server):
    targets = [f"/things/g{n}" for n in range(8)]
    in_one_turn(server, "PUT", targets, b'{"n": 1}')
    count, found = least(wire, lambda: in_one_turn(server, "PUT", targets, b'{"n": 2}'))
    assert found <= {200, 204}
    assert count <= 1 + 2 * COMMIT, count
