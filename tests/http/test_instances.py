"""Several instances with one PostgreSQL: what holds at one of them holds at all."""

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from threading import Thread

from people import CHEAP, basic, people, register
from test_cli import run
from test_controllers import api, operation, shell, wait_until
from test_jobs import ASYNC, BOTH, over

GOOD = "correct horse"
JSON = {"content": {"application/json": {}}}
BOOKS = {
    "openapi": "3.1.0",
    "info": {"title": "Books", "version": "1"},
    "paths": {
        "/books": {
            "get": {"responses": {"200": dict({"content": {"application/json": {"schema": {"type": "array", "items": {"type": "object"}}}}}, description="all")}},
            "post": {"requestBody": JSON, "responses": {"201": dict(JSON, description="made")}},
        },
        "/books/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
            "get": {"responses": {"200": dict(JSON, description="it")}},
            "put": {"requestBody": JSON, "responses": {"204": {"description": "done"}}},
            "delete": {"responses": {"204": {"description": "gone"}}},
        },
    },
}  # fmt: skip


class Asked:
    """A POST in a thread of its own."""

    def __init__(self, server, fields):
        self.status = None
        self.thread = Thread(target=lambda: setattr(self, "status", server.client().post("/x", fields).status))

    def __enter__(self):
        self.thread.start()
        return self

    def __call__(self):
        self.thread.join(30)
        return self.status

    def __exit__(self, *_):
        self.thread.join(30)


def test_what_one_has_acknowledged_all_show(store, instances):
    a, b = instances(BOOKS, store, count=2).clients()
    path = a.post("/books", json={"n": 0}).headers["Location"]
    for n in range(20):
        writer, reader = (a, b) if n % 2 else (b, a)
        tag = reader.get(path).headers["ETag"]
        assert writer.put(path, {"If-Match": tag}, json={"n": n}).status == 204
        assert reader.get(path).json()["n"] == n
        assert reader.put(path, {"If-Match": tag}, json={"n": -1}).status == 412
    assert b.delete(path).status == 204
    assert a.get(path).status == 404


def test_an_idempotency_key_holds_at_all(store, instances):
    a, b = instances(BOOKS, store, count=2).clients()
    key = {"Idempotency-Key": '"k1"'}
    first = a.post("/books", key, json={"n": 1})
    again = b.post("/books", key, json={"n": 1})
    assert first.status == again.status == 201
    assert first.headers["Location"] == again.headers["Location"]
    assert first.headers["ETag"] == again.headers["ETag"]
    assert b.post("/books", key, json={"n": 2}).status == 422
    assert len(a.get("/books").json()) == 1


def test_what_was_refused_may_be_tried_again_at_once_anywhere(store, instances):
    a, b = instances(BOOKS, store, count=2).clients()
    key = {"Idempotency-Key": '"k1"'}
    assert a.post("/books", {**key, "Content-Type": "application/json"}, b"{").status == 400
    assert b.post("/books", key, json={"n": 1}).status == 201


def test_a_program_runs_once_for_a_key(store, instances, tmp_path):
    gate, ran = tmp_path / "gate", tmp_path / "ran"
    os.mkfifo(gate)
    script = f"echo x >> {ran}; exec cat {gate}"
    a, b = instances(api(x=operation(shell(script), responses=BOTH)), store, count=2)
    key = {"Idempotency-Key": '"k1"'}
    with Asked(a, key) as asked:
        wait_until(ran.exists)
        second = b.client().post("/x", key)
        assert second.status == 409
        gate.write_text("1")
        assert asked() == 200
    assert ran.read_text() == "x\n"


def test_who_stalls_is_overtaken_when_it_was_said_and_says_what_came_of_it(store, instances):
    """It has claimed the key, and is as good as dead; then it comes back, and must not do it again."""
    a, b = instances(BOOKS, store, count=2)
    content = b'{"n": 1}'
    connection = a.connect()
    connection.send(
        b"POST /books HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nIdempotency-Key: \"k1\"\r\n"
        b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % (a.origin.split("//")[1].encode(), len(content))
    )
    connection.read_interim()
    a.stall()
    key = {"Idempotency-Key": '"k1"', "Content-Type": "application/json"}
    second = b.client().post("/books", key, content)
    assert second.status == 409
    assert 1 <= int(second.headers["Retry-After"]) <= 20
    time.sleep(int(second.headers["Retry-After"]))
    done = b.client().post("/books", key, content)
    assert done.status == 201
    a.resume()
    connection.send(content)
    late = connection.read_response("POST")
    assert (late.status, late.body) == (201, done.body)
    assert [late.headers[name] for name in ("Location", "ETag")] == [done.headers[name] for name in ("Location", "ETag")]
    assert len(a.client().get("/books").json()) == 1


def test_a_key_leads_to_one_job_whoever_is_asked(store, instances, tmp_path):
    ran = tmp_path / "ran"
    script = f"echo x >> {ran}; echo 1"
    a, b = instances(api(x=operation(shell(script), responses=BOTH)), store, count=2).clients()
    key = {"Idempotency-Key": '"k1"'}
    first = a.post("/x", ASYNC | key)
    for client in (b, a):
        again = client.post("/x", ASYNC | key)
        assert (again.status, again.body) == (202, first.body)
        for name in ("Location", "Retry-After", "Content-Type", "Preference-Applied", "Cache-Control"):
            assert again.headers[name] == first.headers[name]
    assert over(b, first.headers["Location"]).status == 303
    assert ran.read_text() == "x\n"
    assert len(again.headers.all("Location")) == 1


def described(tmp_path, description):
    path = tmp_path / "described.json"
    path.write_text(json.dumps(description))
    return path


def explained(*args):
    done = run("explain", *args, "--format", "json")
    assert (done.returncode, done.stderr) == (0, ""), done
    return json.loads(done.stdout)


def test_a_question_changes_nothing_of_what_others_share(store, instances, tmp_path):
    """No index is made or let go, no key is claimed, and nobody is counted as one who writes."""
    indexed = deepcopy(BOOKS)
    items = indexed["paths"]["/books"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]["items"]
    items["properties"] = {"n": {"type": "integer", "x-verbatim": {"index": True}}}
    (server,) = instances(BOOKS, store)
    assert server.client().post("/books", json={"n": 1}).status == 201
    everything = " UNION ALL ".join(
        f"SELECT '{table}', count(*) FROM {table}" for table in ("indexes", "index_key", "memo", "writer", "record")
    )
    before = store.query(everything)
    path = described(tmp_path, indexed)
    assert explained(path, "/books?n:gte=0", "--storage", store.url)["reply"]["status"] == 200
    key = ("-H", 'Idempotency-Key: "k1"', "--json", '{"n": 2}')
    asked = explained(path, "-X", "POST", "/books", *key, "--storage", store.url)
    assert asked["stopped"]["before"] == "commit"
    assert store.query(everything) == before


def test_a_question_of_an_empty_database_makes_nothing_there(store, tmp_path):
    done = run("explain", described(tmp_path, BOOKS), "/books", "--storage", store.url)
    assert done.returncode == 2 and "has nothing in it" in done.stderr and len(done.stderr.splitlines()) == 1
    assert store.query("SELECT count(*) FROM information_schema.tables WHERE table_schema = current_schema()") == [("0",)]


def test_a_question_waits_for_the_database_as_long_as_that_may_take(store, instances, wires, tmp_path):
    """Content that waits for an answer is not taken to be cut off."""
    (server,) = instances(BOOKS, store)
    path = server.client().post("/books", json={"n": 1}).headers["Location"]
    wire = wires(store)
    trap = wire.trap(up=path.encode(), when="before", then="stall")
    content = tmp_path / "content"
    content.write_text(json.dumps({"text": "x" * 200_000}))
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(explained, described(tmp_path, BOOKS), "-X", "PUT", path, "--json", f"@{content}",
                            "--storage", store.through(wire))  # fmt: skip
        trap.wait()
        time.sleep(3)
        wire.pass_on()
        assert asked.result()["stopped"]["before"] == "commit"


def test_a_session_and_a_password_hold_at_all(store, instances):
    a, b = instances(people(), store, count=2, args=CHEAP).clients()
    path = register(a, "ann@x", GOOD)
    assert b.get(path, basic("ann@x", GOOD)).status == 200
    assert b.delete(path, basic("ann@x", GOOD)).status == 204
    assert a.get(path, basic("ann@x", GOOD)).status == 401


def test_a_job_is_seen_and_ended_at_all(store, instances, tmp_path):
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    a, b = instances(api(x=operation(shell(f"exec cat {gate}"), responses=BOTH)), store, count=2).clients()
    path = a.post("/x", ASYNC).headers["Location"]
    wait_until(lambda: b.get(path).json()["state"] == "running")
    assert "by" not in b.get(path).json() and "until" not in b.get(path).json()
    gate.write_text("1")
    assert over(b, path).status == 303
    assert b.get(path + "/result").json() == 1


def test_a_start_leaves_alone_what_runs_elsewhere(store, instances, tmp_path):
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    a, b = instances(api(x=operation(shell(f"exec cat {gate}"), responses=BOTH)), store, count=2)
    path = a.client().post("/x", ASYNC).headers["Location"]
    wait_until(lambda: a.client().get(path).json()["state"] == "running")
    b.kill()
    b.start()
    time.sleep(1)
    assert b.client().get(path).json()["state"] == "running"
    gate.write_text("1")
    assert over(b.client(), path).status == 303


def test_while_the_database_is_away_everything_is_503(own_postgres, instances):
    cluster = own_postgres(durable=True)
    (server,) = instances(people(), cluster.store(), args=CHEAP)
    client = server.client()
    path = register(client, "ann@x", GOOD)
    cluster.kill()
    for answer in (
        client.get(path, basic("ann@x", GOOD)),
        client.get(path + "x", basic("nobody@x", GOOD)),
        client.post("/people", json={"email": "bob@x", "password": GOOD}),
    ):
        assert answer.status == 503 and "Retry-After" in answer.headers
    cluster.start()
    wait_until(lambda: client.get(path, basic("ann@x", GOOD)).status == 200)
