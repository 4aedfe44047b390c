"""Jobs: work that is put off, and the resource that tells what becomes of it.

A client asks with Prefer: respond-async where the operation allows 202, or
cannot help it where nothing else is declared.
"""

import os
import signal
import sqlite3
import time

import pytest
from ledger import requirement
from people import CHEAP, basic, people, register
from server import Server
from test_cli import run as verbatim
from test_controllers import (
    EMPTY,
    JSON,
    api,
    lives,
    operation,
    pid_in,
    shell,
    wait_until,
    written,
)

ASYNC = {"Prefer": "respond-async"}
OK = {"description": "out", "content": JSON}
BOTH = {"200": OK, "202": EMPTY}
ONLY = {"202": {"description": "later", "content": JSON}}


def job_api(script, responses=BOTH, content=None, **bounds):
    return api(x=operation(shell(script, **bounds), responses=responses, content=content))


def over(client, path, seconds=20):
    """The first reply that is no job under way: 303, or what has failed."""
    deadline = time.monotonic() + seconds
    while True:
        shown = client.get(path)
        if shown.status != 200 or shown.json()["state"] not in ("queued", "running"):
            return shown
        assert shown.headers["Retry-After"] == "1"
        assert time.monotonic() < deadline
        time.sleep(0.05)


# --- 202, and then ------------------------------------------------------------


@requirement("9110-15.3.3-01", "7240-4.1-01")
def test_202_says_where_the_job_is(serve):
    client = serve(job_api("cat", content=JSON)).client()
    taken = client.post("/x", ASYNC, json={"a": 1})
    assert taken.status == 202
    assert taken.headers["Preference-Applied"] == "respond-async"
    assert taken.headers["Retry-After"] == "1"
    path = taken.headers["Location"]
    assert path == f"/jobs/{taken.json()['id']}"
    assert taken.json()["state"] == "queued"
    assert (taken.json()["method"], taken.json()["target"]) == ("POST", "/x")

    done = over(client, path)
    assert done.status == 303 and done.headers["Location"] == f"{path}/result"
    result = client.get(f"{path}/result")
    assert result.status == 200 and result.json() == {"a": 1}
    assert result.headers["Content-Type"] == "application/json"
    assert "ETag" in result.headers


@requirement("9110-15.3.3-01")
def test_the_content_of_a_202_is_what_the_monitor_shows(serve, tmp_path):
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    server = serve(
        api(x=operation(shell(f"exec cat {gate}"), responses=BOTH),
            y=operation(shell("echo 1"), responses=BOTH)),
        ["--jobs-at-once", "1"],
    )  # fmt: skip
    client = server.client()
    client.post("/x", ASYNC)
    taken = client.post("/y", ASYNC)
    monitor = client.get(taken.headers["Location"])
    assert monitor.status == 200 and monitor.json() == taken.json()
    assert monitor.json()["state"] == "queued"
    gate.write_text("1")
    assert over(client, taken.headers["Location"]).status == 303


@requirement("7240-4.1-01")
def test_without_the_preference_it_is_done_at_once(serve):
    client = serve(job_api("echo 1")).client()
    done = client.post("/x")
    assert done.status == 200 and done.json() == 1


@requirement("7240-4.1-01")
def test_where_202_is_not_declared_nothing_is_put_off(serve):
    client = serve(job_api("echo 1", responses={"200": OK})).client()
    done = client.post("/x", ASYNC)
    assert done.status == 200 and "Preference-Applied" not in done.headers
    assert client.get("/jobs/00000000000000000000").status == 404


def test_where_only_202_is_declared_all_is_put_off(serve):
    client = serve(job_api("echo 1", responses=ONLY)).client()
    taken = client.post("/x")
    assert taken.status == 202 and "Preference-Applied" not in taken.headers
    assert over(client, taken.headers["Location"]).status == 303


def test_a_request_that_comes_again_with_its_key_makes_no_second_job(serve, tmp_path):
    """Whether it was waited for or not."""
    ran = tmp_path / "ran"
    client = serve(job_api(f"cat; echo x >> {ran}", content=JSON)).client()
    key = {"Idempotency-Key": '"k1"'}
    first = client.post("/x", ASYNC | key, json=1)
    again = client.post("/x", ASYNC | key, json=1)
    assert (again.status, again.headers["Location"], again.body) == (202, first.headers["Location"], first.body)
    assert client.post("/x", ASYNC | key, json=2).status == 422
    over(client, first.headers["Location"])
    assert ran.read_text() == "x\n"
    waits = {"Prefer": "respond-async, wait=20", "Idempotency-Key": '"k2"'}
    assert client.post("/x", waits, json=1).json() == 1
    path = client.post("/x", waits, json=1).headers["Location"]
    assert client.get(f"{path}/result").json() == 1
    assert ran.read_text() == "x\nx\n"


def test_what_is_refused_makes_no_job(serve):
    schema = {"application/json": {"schema": {"type": "object"}}}
    client = serve(job_api("cat", content=schema)).client()
    assert client.post("/x", ASYNC, json=1).status == 422
    assert client.post("/x?y=1", ASYNC, json={}).status == 400


def test_a_job_tells_how_it_goes(serve, tmp_path):
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    client = serve(job_api(f"exec cat {gate}")).client()
    path = client.post("/x", ASYNC).headers["Location"]
    wait_until(lambda: client.get(path).json()["state"] == "running")
    shown = client.get(path)
    assert shown.headers["Retry-After"] == "1" and "ETag" in shown.headers
    job = shown.json()
    assert job["created"] <= job["started"] and "finished" not in job
    assert client.get(f"{path}/result").status == 404
    assert client.get(path, {"Accept": "text/html"}).status == 200
    assert client.get(path, {"If-None-Match": shown.headers["ETag"]}).status == 304
    gate.write_text("[2]")
    assert over(client, path).status == 303


def test_a_failed_job_says_why(serve):
    problem = '{"status": 409, "title": "Taken"}'
    client = serve(api(
        a=operation(shell("exit 3"), responses=BOTH),
        b=operation(shell(f"echo '{problem}'; exit 1"), responses=BOTH),
        c=operation(shell("sleep 99", timeout=1), responses=BOTH),
    )).client()  # fmt: skip
    found = {}
    for name in "abc":
        taken = client.post(f"/{name}", ASYNC)
        failed = over(client, taken.headers["Location"])
        assert failed.status == 200 and failed.json()["state"] == "failed"
        assert "finished" in failed.json() and "Retry-After" not in failed.headers
        found[name] = failed.json()["problem"]
    assert found["a"]["status"] == 500
    assert found["b"] == {"status": 409, "title": "Taken"}
    assert "too long" in found["c"]["detail"]


def test_methods_of_jobs(serve):
    client = serve(job_api("echo 1")).client()
    path = client.post("/x", ASYNC).headers["Location"]
    assert client.put(path, json={}).status == 405
    assert client.options(path).headers.tokens("Allow") == [
        "get", "head", "delete", "options",
    ]  # fmt: skip
    assert client.get("/jobs").status == 404
    assert client.get("/jobs/x").status == 404
    assert client.get(f"{path}/call").status == 404
    assert client.get(f"{path}/input").status == 404


# --- DELETE -------------------------------------------------------------------


def test_deleting_a_running_job_ends_its_program(serve, tmp_path):
    pids = tmp_path / "pids"
    server = serve(job_api(f"echo $$ >{pids}; sleep 1000", timeout=1000),
                   ["--workers", "2"])  # fmt: skip
    client = server.client()
    path = client.post("/x", ASYNC).headers["Location"]
    [pid] = pid_in(pids)
    assert client.delete(path).status == 204
    wait_until(lambda: not lives(pid))
    assert client.get(path).status == 404
    assert client.delete(path).status == 404


def test_deleting_a_queued_job_takes_it_from_the_queue(serve, tmp_path):
    gate, ran = tmp_path / "gate", tmp_path / "ran"
    os.mkfifo(gate)
    server = serve(
        api(x=operation(shell(f"exec cat {gate}"), responses=BOTH),
            y=operation(shell(f"touch {ran}"), responses=BOTH)),
        ["--jobs-at-once", "1"],
    )  # fmt: skip
    client = server.client()
    first = client.post("/x", ASYNC).headers["Location"]
    second = client.post("/y", ASYNC).headers["Location"]
    assert client.get(second).json()["state"] == "queued"
    assert client.delete(second).status == 204
    gate.write_text("1")
    assert over(client, first).status == 303
    assert not ran.exists() and client.get(second).status == 404


def test_a_stale_precondition_deletes_nothing(serve):
    client = serve(job_api("echo 1")).client()
    path = client.post("/x", ASYNC).headers["Location"]
    assert over(client, path).status == 303
    assert client.delete(path, {"If-Match": '"x"'}).status == 412
    assert client.delete(path).status == 204
    assert client.get(f"{path}/result").status == 404


# --- how many, how long -------------------------------------------------------


def test_the_queue_is_bounded(serve, tmp_path):
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    server = serve(job_api(f"exec cat {gate}"), ["--max-jobs", "2", "--jobs-at-once", "1"])
    client = server.client()
    paths = [client.post("/x", ASYNC).headers["Location"] for _ in range(2)]
    full = client.post("/x", ASYNC)
    assert full.status == 503 and "Retry-After" in full.headers
    for path in paths:
        gate.write_text("1")
        assert over(client, path).status == 303
    assert client.post("/x", ASYNC).status == 202
    gate.write_text("1")


def test_jobs_that_are_over_are_forgotten_after_a_while(tmp_path):
    server = Server(tmp_path, job_api("echo 1"), ["--job-retention", "0"]).start()
    client = server.client()
    path = client.post("/x", ASYNC).headers["Location"]
    over(client, path)
    server.restart()
    client = server.client()
    wait_until(lambda: client.get(path).status == 404)
    assert client.get(f"{path}/result").status == 404
    server.stop()


# --- wait ---------------------------------------------------------------------


@requirement("7240-4.3-01")
def test_wait_is_answered_at_once_when_it_is_over_in_time(serve):
    client = serve(job_api("cat", content=JSON)).client()
    for prefer in ("wait=20", "respond-async, wait=20"):
        done = client.post("/x", {"Prefer": prefer}, json=[1])
        assert done.status == 200 and done.json() == [1]
        assert done.headers["Content-Type"] == "application/json"
        assert done.headers["Preference-Applied"] == prefer


@requirement("7240-4.1-01", "7240-4.3-01")
@pytest.mark.parametrize("prefer", ("wait=1", "respond-async, wait=1"))
def test_wait_is_202_when_it_takes_longer(serve, tmp_path, prefer):
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    client = serve(job_api(f"exec cat {gate}")).client()
    began = time.monotonic()
    taken = client.post("/x", {"Prefer": prefer})
    assert taken.status == 202 and 1 <= time.monotonic() - began < 15
    assert taken.headers["Preference-Applied"] == prefer
    gate.write_text("[1]")
    assert over(client, taken.headers["Location"]).status == 303


def test_what_fails_while_one_waits_is_its_problem(serve):
    problem = '{"status": 409, "title": "Taken"}'
    client = serve(api(
        a=operation(shell("exit 3"), responses=BOTH),
        b=operation(shell(f"echo '{problem}'; exit 1"), responses=BOTH),
        c=operation(shell("true"), responses=BOTH),
    )).client()  # fmt: skip
    wait = {"Prefer": "wait=20"}
    assert client.post("/a", wait).status == 500
    said = client.post("/b", wait)
    assert said.status == 409 and said.json()["title"] == "Taken"
    assert client.post("/c", wait).status == 204


def test_who_waits_and_goes_away_leaves_the_job(serve, tmp_path):
    ran = tmp_path / "ran"
    server = serve(job_api(f"sleep 1; touch {ran}; echo 1"))
    connection = server.connect()
    connection.send(b"POST /x HTTP/1.1\r\nHost: localhost\r\nPrefer: wait=30\r\n\r\n")
    time.sleep(0.3)
    connection.close()
    wait_until(ran.exists)


# --- restarts -----------------------------------------------------------------


def test_a_result_is_there_after_a_restart(serve):
    server = serve(job_api("echo '[1]'"))
    client = server.client()
    path = client.post("/x", ASYNC).headers["Location"]
    assert over(client, path).status == 303
    client = server.restart().client()
    assert client.get(path).status == 303
    assert client.get(f"{path}/result").json() == [1]


@pytest.mark.parametrize("end", ("kill", "stop"))
def test_what_ran_when_the_server_ended_has_failed(serve, tmp_path, end):
    pids = tmp_path / "pids"
    server = serve(job_api(f"echo $$ >>{pids}; sleep 1000", timeout=1000),
                   ["--grace", "100ms"])  # fmt: skip
    client = server.client()
    path = client.post("/x", ASYNC).headers["Location"]
    [pid] = pid_in(pids)
    getattr(server, end)()
    wait_until(lambda: not lives(pid))
    client = server.start().client()
    failed = over(client, path)
    assert failed.json()["state"] == "failed"
    assert "server ended" in failed.json()["problem"]["detail"]
    assert len(pid_in(pids)) == 1  # and is not run again


def test_what_is_idempotent_is_run_again(serve, tmp_path):
    gate = tmp_path / "gate"
    script = f"echo $$ >>{tmp_path}/pids; [ -e {gate} ] || sleep 1000; cat"
    server = serve(job_api(script, content=JSON, timeout=1000, idempotent=True))
    client = server.client()
    path = client.post("/x", ASYNC, json={"a": 1}).headers["Location"]
    pid_in(tmp_path / "pids")
    server.kill()
    gate.touch()
    client = server.start().client()
    assert over(client, path).status == 303
    assert client.get(f"{path}/result").json() == {"a": 1}
    assert len(pid_in(tmp_path / "pids")) == 2


def test_what_was_queued_is_run_after_the_restart(serve, tmp_path):
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    server = serve(
        api(x=operation(shell(f"exec cat {gate}"), responses=BOTH),
            y=operation(shell("cat"), responses=BOTH, content=JSON)),
        ["--jobs-at-once", "1", "--grace", "100ms"],
    )  # fmt: skip
    client = server.client()
    client.post("/x", ASYNC)
    path = client.post("/y", ASYNC, json=[3]).headers["Location"]
    server.kill()
    client = server.start().client()
    assert over(client, path).status == 303
    assert client.get(f"{path}/result").json() == [3]


def test_a_job_whose_input_is_lost_does_not_run_without(serve, tmp_path):
    ran = tmp_path / "ran"
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    server = serve(
        api(x=operation(shell(f"exec cat {gate}"), responses=BOTH),
            y=operation(shell(f"touch {ran}; cat"), responses=BOTH, content=JSON)),
        ["--jobs-at-once", "1", "--grace", "100ms"],
    )  # fmt: skip
    client = server.client()
    client.post("/x", ASYNC)
    path = client.post("/y", ASYNC, json=[3]).headers["Location"]
    server.kill()
    with sqlite3.connect(server.data / "verbatim.db") as db:
        assert db.execute("DELETE FROM record WHERE key LIKE ?", (f"job:{path.split('/')[-1]}/input",)).rowcount == 1
    db.close()
    failed = over(server.start().client(), path)
    assert failed.json()["state"] == "failed"
    assert "cannot be read" in failed.json()["problem"]["detail"]
    assert not ran.exists()


def test_a_job_whose_route_has_gone_has_failed(serve, tmp_path):
    server = serve(job_api("sleep 1000", timeout=1000, idempotent=True))
    client = server.client()
    path = client.post("/x", ASYNC).headers["Location"]
    wait_until(lambda: client.get(path).json()["state"] == "running")
    server.kill()
    server.description = written(
        tmp_path, api(z=operation(shell("true"), responses=BOTH))
    )
    client = server.start().client()
    failed = over(client, path)
    assert "not described any more" in failed.json()["problem"]["detail"]


def test_a_new_description_may_have_jobs(serve):
    server = serve(job_api("echo 1", responses={"200": OK}), ["--workers", "2"])
    client = server.client()
    assert client.post("/x", ASYNC).status == 200
    written(server.folder, job_api("echo 1"))
    (server.folder / "api.json").rename(server.description)
    server.reload()
    wait_until(lambda: server.reloads)
    wait_until(lambda: client.post("/x", ASYNC).status == 202)


# --- nobody makes one up ------------------------------------------------------


def test_records_of_jobs_have_no_uri(serve):
    """What clients may store is never taken for a job."""
    item = {
        "put": operation(content=JSON, responses={"201": EMPTY, "204": EMPTY}),
        "get": operation(),
        "parameters": [
            {"name": n, "in": "path", "required": True, "schema": {"type": "string"}}
            for n in ("a", "b")
        ],
    }
    description = job_api("echo 1")
    description["paths"]["/{a}/{b}"] = item
    server = serve(description)
    client = server.client()
    forged = "/jobs/0123456789abcdefghij"
    assert client.put(forged, json={"id": "x", "state": "queued"}).status == 405
    assert client.put("/job%3A/x", json={}).status in (201, 204)
    server.restart()
    assert server.client().get("/job%3A/x").status == 200


def test_a_path_called_jobs_is_in_the_way(tmp_path):
    description = job_api("echo 1")
    description["paths"]["/jobs"] = {"get": operation(), "put": operation(content=JSON)}
    done = verbatim("check", written(tmp_path, description))
    assert done.returncode == 1
    assert "202 makes a job below /jobs, where something else is described" in (
        " ".join(done.stdout.split())
    )


def test_check_and_explain_know_of_jobs(tmp_path):
    path = written(tmp_path, job_api("echo 1"))
    assert "runs /bin/sh; may be a job" in verbatim("check", path).stdout
    done = verbatim("explain", path, "/x", "-X", "POST", "-H", "Prefer: respond-async")
    assert "Stopped before deferred: nothing was changed." in done.stdout
    assert "It would be 202 Accepted" in done.stdout
    done = verbatim("explain", path, "/x", "-X", "POST")
    assert "Stopped before commit" in done.stdout and "200 OK" in done.stdout


def test_many_jobs_all_come_to_an_end(serve):
    client = serve(job_api("cat", content=JSON), ["--jobs-at-once", "4"]).client()
    paths = [
        client.post("/x", ASYNC, json=n).headers["Location"] for n in range(40)
    ]
    for n, path in enumerate(paths):
        assert over(client, path, 60).status == 303
        assert client.get(f"{path}/result").json() == n


def test_sigterm_waits_for_a_job_within_the_grace(serve, tmp_path):
    begun = tmp_path / "begun"
    server = serve(job_api(f"echo >{begun}; sleep 1; echo 5"), ["--grace", "20s"])
    client = server.client()
    path = client.post("/x", ASYNC).headers["Location"]
    wait_until(begun.exists)
    os.kill(server.pid, signal.SIGTERM)
    server.terminated = True
    server.stop()
    client = server.start().client()
    assert over(client, path).status == 303
    assert client.get(f"{path}/result").json() == 5


# --- whose jobs these are -----------------------------------------------------


def test_a_job_is_there_for_who_asked_for_it_and_nobody_else(serve):
    anyone = [{"basic": []}]
    sort = operation(shell("cat"), responses=BOTH, content=JSON)
    sort["security"] = anyone
    free = operation(shell("cat"), responses=BOTH, content=JSON)
    server = serve(people(**{"/sort": {"post": sort}, "/free": {"post": free}}), CHEAP)
    client = server.client()
    ann, bob = basic("ann@example.org", "correct horse"), basic("bob@example.org", "correct horse")
    for login in ("ann@example.org", "bob@example.org"):
        register(client, login, "correct horse")
    taken = client.post("/sort", ASYNC | ann, json=[1])
    assert taken.status == 202
    assert "owner" not in taken.json()
    job = taken.headers["Location"]
    wait_until(lambda: client.get(job, ann).status == 303)
    result = client.get(job, ann).headers["Location"]
    missing = client.get(job[:-1] + ("0" if job[-1] != "0" else "1"), bob)
    for who in (bob, {}):
        for refused in (client.get(job, who), client.get(result, who), client.delete(job, who)):
            assert (refused.status, refused.json().get("detail")) == (404, missing.json().get("detail"))
    assert client.get(job, basic("ann@example.org", "wrong horse")).status == 401
    shown = client.get(result, ann)
    assert (shown.status, shown.json()) == (200, [1])
    assert "private" in shown.headers["Cache-Control"]
    server.restart()
    client = server.client()
    assert client.get(result, bob).status == 404
    assert client.delete(job, ann).status in (200, 204)
    assert client.get(result, ann).status == 404
    nobodys = client.post("/free", ASYNC, json=[2]).headers["Location"]
    wait_until(lambda: client.get(nobodys).status == 303)
    assert client.get(nobodys, bob).status == 303


def test_a_job_that_waited_for_a_restart_is_still_its_owner_s(serve, tmp_path):
    sort = operation(shell(f"while [ ! -e {tmp_path}/go ]; do sleep 0.05; done; cat"), responses=BOTH, content=JSON)
    sort["security"] = [{"basic": []}]
    server = serve(people(**{"/sort": {"post": sort}}), CHEAP)
    client = server.client()
    ann = basic("ann@example.org", "correct horse")
    register(client, "ann@example.org", "correct horse")
    job = client.post("/sort", ASYNC | ann, json=[1]).headers["Location"]
    wait_until(lambda: client.get(job, ann).json()["state"] == "running")
    assert "Retry-After" not in client.get(job).headers
    server.kill()
    server.start()
    client = server.client()
    wait_until(lambda: client.get(job, ann).json()["state"] == "failed")
    assert "owner" not in client.get(job, ann).json()
    assert client.get(job).status == 404
