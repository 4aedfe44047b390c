"""Controllers that run a program: what it is told, what becomes of its output,
and what keeps a program that means no good within its bounds.
"""

import json
import os
import socket
import threading
import time
from pathlib import Path

import pytest
from test_cli import run as verbatim

JSON = {"application/json": {}}
EMPTY = {"description": "done"}


def operation(do=None, *, content=None, responses=None, parameters=()):
    found = {
        "responses": responses or {"200": {"description": "out", "content": JSON}},
        "parameters": list(parameters),
    }
    if content is not None:
        found["requestBody"] = {"content": content}
    if do is not None:
        found["x-verbatim"] = {"do": do}
    return found


def api(**paths):
    """A description: operations by path, or whole path items."""
    items = {}
    for name, item in paths.items():
        items["/" + name] = item if "post" in item or "get" in item else {"post": item}
    return {"openapi": "3.1.0", "info": {"title": "T", "version": "1"}, "paths": items}


def shell(script, **bounds):
    """`do` for a few lines of shell."""
    return {"run": {"command": ["/bin/sh", "-c", script], **bounds}}


def wait_until(true, seconds=20):
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def lives(pid):
    """Does the process run, and not only wait to be reaped?"""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in ("Z", "X")


def session(leader):
    """The living processes of a session, by its leader's id."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[3]) == leader and fields[0] not in "ZX":
            found.append(int(path.parent.name))
    return found


# --- what it gets, and what it gives ------------------------------------------


def test_content_goes_in_and_output_comes_out(serve):
    client = serve(api(echo=operation({"run": "cat"}, content=JSON))).client()
    said = client.post("/echo", json={"a": [1, 2.50]})
    assert said.status == 200 and said.json() == {"a": [1, 2.5]}
    assert said.headers["Content-Type"] == "application/json"
    assert "no-cache" in said.headers.tokens("Cache-Control")


def test_no_output_is_204(serve):
    assert serve(api(x=operation({"run": "true"}))).client().post("/x").status == 204


def test_output_is_of_the_declared_type(serve):
    responses = {"200": {"description": "a", "content": {"image/png": {}}}}
    client = serve(api(x=operation(shell("printf png"), responses=responses))).client()
    said = client.post("/x")
    assert (said.headers["Content-Type"], said.body) == ("image/png", b"png")
    assert client.post("/x", {"Accept": "application/json"}).status == 406


def test_a_declared_204_has_no_content(serve):
    do = operation(shell("echo {}"), responses={"204": EMPTY})
    assert serve(api(x=do)).client().post("/x").status == 204


def test_the_client_chooses_among_types(serve):
    responses = {"200": {"description": "a", "content": {"text/plain": {}, **JSON}}}
    do = shell('if [ "$VERBATIM_ACCEPT" = text/plain ]; then echo a; else echo 1; fi')
    client = serve(api(x=operation(do, responses=responses))).client()
    for media_type, want in (("text/plain", b"a\n"), ("application/json", b"1\n")):
        said = client.post("/x", {"Accept": media_type})
        assert (said.headers["Content-Type"], said.body) == (media_type, want)
        assert "accept" in said.headers.tokens("Vary")


def test_the_environment_is_what_the_readme_says_and_nothing_else(serve):
    path = {
        "post": operation(
            shell("env | sort | grep -v ^PWD= | grep -v ^_= >&1"),
            responses={"200": {"description": "a", "content": {"text/plain": {}}}},
            content={"text/plain": {}},
            parameters=[
                {"name": "dry-run", "in": "query", "schema": {"type": "boolean"}}
            ],
        ),
        "parameters": [
            {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
        ],
    }
    server = serve(api(**{"a/{id}/b": path}), env={"SECRET": "x", "VERBATIM_LOG": "stderr"})
    said = server.client().post(
        "/a/7%20%C3%A4/b?dry-run=true", {"Content-Type": "text/plain"}, "x"
    )
    assert said.status == 200
    assert said.text.splitlines() == [
        "PATH=/usr/local/bin:/usr/bin:/bin",
        "VERBATIM_ACCEPT=text/plain",
        "VERBATIM_CONTENT_TYPE=text/plain",
        "VERBATIM_METHOD=POST",
        "VERBATIM_PATH=/a/7%20%C3%A4/b",
        "VERBATIM_PATH_id=7 ä",
        "VERBATIM_QUERY=dry-run=true",
        "VERBATIM_QUERY_dry_run=true",
    ]


def test_it_runs_in_the_folder_of_the_description(serve, tmp_path):
    folder = tmp_path / "api"
    folder.mkdir()
    (folder / "answer.txt").write_text('"here"')
    program = folder / "tell"
    program.write_text('#!/bin/sh\ncat "$1"\n')
    program.chmod(0o755)
    path = folder / "api.json"
    path.write_text(json.dumps(api(x=operation({"run": ["./tell", "answer.txt"]}))))
    server = serve(path)  # which itself runs elsewhere
    assert server.client().post("/x").json() == "here"


def test_arguments_are_no_shell_words(serve):
    do = {"run": ["printf", '"%s"', "$HOME; echo *"]}
    assert serve(api(x=operation(do))).client().post("/x").json() == "$HOME; echo *"


def test_get_runs_where_it_is_declared(serve):
    item = {
        "get": operation(),
        "post": operation(),
        "x-verbatim": {"do": shell('printf \'"%s"\' "$VERBATIM_METHOD"')},
    }
    client = serve(api(x=item)).client()
    assert client.get("/x").json() == "GET"
    assert client.post("/x").json() == "POST"
    head = client.head("/x")
    assert head.status == 200 and head.headers["Content-Type"] == "application/json"
    assert client.put("/x", json=1).status == 405
    assert client.options("/x").headers.tokens("Allow") == [
        "get", "head", "post", "options",
    ]  # fmt: skip


def test_get_alone_can_say_what_runs(serve):
    client = serve(api(x={"get": operation({"run": ["printf", "7"]})})).client()
    assert client.get("/x").json() == 7
    assert client.post("/x").status == 405


# --- what is refused before it runs -------------------------------------------


def test_a_parameter_that_is_required_is_asked_for(serve, tmp_path):
    mark = tmp_path / "ran"
    needed = {"name": "a", "in": "query", "required": True, "schema": {"type": "string"}}
    item = operation({"run": ["touch", str(mark)]}, parameters=[needed])
    client = serve(api(x=item)).client()
    for target in "/x", "/x?", "/x?&":
        refused = client.post(target)
        assert refused.status == 400
        assert refused.json()["errors"] == [{"parameter": "a", "detail": "is required"}]
    assert not mark.exists()
    assert client.post("/x?a=").status == 204


def test_content_meets_its_schema_first(serve, tmp_path):
    mark = tmp_path / "ran"
    schema = {"type": "object", "required": ["a"]}
    do = operation(
        shell(f"touch {mark}; cat"), content={"application/json": {"schema": schema}}
    )
    do["requestBody"]["required"] = True
    client = serve(api(x=do)).client()
    assert client.post("/x", json={}).status == 422
    assert client.post("/x", {"Content-Type": "application/json"}, "{").status == 400
    assert client.post("/x", {"Content-Type": "text/plain"}, "a").status == 415
    assert client.post("/x").status == 400
    assert client.post("/x?y=1", json={"a": 1}).status == 400
    assert client.post("/x", {"If-Match": '"a"'}, json={"a": 1}).status == 412
    assert not mark.exists()
    assert client.post("/x", json={"a": 1}).status == 200 and mark.exists()


def test_content_has_a_bound(serve):
    do = operation(shell("cat", input=10), content={"text/plain": {}})
    client = serve(api(x=do)).client()
    text = {"Content-Type": "text/plain"}
    assert client.post("/x", text, "1" * 10).status == 200
    assert client.post("/x", text, "1" * 11).status == 413
    assert client.post("/x", text, [b"1" * 11], chunked=True).status == 413


# --- failing ------------------------------------------------------------------


def test_an_exit_status_is_500_and_says_nothing_of_inside(serve):
    server = serve(api(x=operation(shell("echo secret; echo why >&2; exit 3"))))
    said = server.client().post("/x")
    assert said.status == 500 and "secret" not in said.text
    assert said.headers["Content-Type"] == "application/problem+json"
    assert "verbatim: warning: /bin/sh: why\n" in server.output
    assert "verbatim: error: /bin/sh: exited with 3\n" in server.output


def test_a_problem_document_is_passed_on(serve):
    document = '{"status": 409, "title": "Taken", "seat": "7A"}'
    client = serve(api(x=operation(shell(f"echo '{document}'; exit 1")))).client()
    said = client.post("/x")
    assert said.status == 409
    assert said.headers["Content-Type"] == "application/problem+json"
    assert said.json() == {"status": 409, "title": "Taken", "seat": "7A"}


@pytest.mark.parametrize("status", ("200", "302", "401", "405", '"409"', "600", "null"))
def test_a_status_that_it_may_not_say_is_500(serve, status):
    do = operation(shell("echo '{\"status\": %s}'; exit 1" % status))
    assert serve(api(x=do)).client().post("/x").status == 500


def test_what_is_not_json_is_500(serve):
    server = serve(api(x=operation(shell("echo {"))))
    said = server.client().post("/x")
    assert said.status == 500 and "did not write JSON" in said.json()["detail"]
    assert "exited with 0, but did not write JSON" in server.output


def test_a_signal_is_500(serve):
    server = serve(api(x=operation(shell("kill -SEGV $$"))))
    assert server.client().post("/x").status == 500
    assert "was killed by signal 11" in server.output


def test_a_program_that_goes_missing_is_500(serve, tmp_path):
    program = tmp_path / "p"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    client = serve(api(x=operation({"run": str(program)}))).client()
    assert client.post("/x").status == 204
    program.unlink()
    assert client.post("/x").status == 500


def test_stderr_is_one_harmless_line_each_and_not_endless(serve):
    server = serve(api(x=operation(shell(
        "printf 'a\\033[2Jb\\n' >&2; head -c 100000 /dev/zero >&2"))))  # fmt: skip
    assert server.client().post("/x").status == 204
    assert "/bin/sh: a\\x1B[2Jb\n" in server.output
    assert "(more is not logged)" in server.output
    assert len(server.output) < 60000


# --- hostile programs ---------------------------------------------------------


def pid_in(path):
    wait_until(lambda: path.exists() and path.read_text().endswith("\n"))
    return [int(word) for word in path.read_text().split()]


def test_time_is_bounded_and_children_die_too(serve, tmp_path):
    """It ignores SIGTERM, and its child has its stdout."""
    pids = tmp_path / "pids"
    script = f"trap '' TERM; sleep 1000 & echo $$ $! >{pids}; wait; sleep 1000"
    client = serve(api(x=operation(shell(script, timeout=1)))).client()
    began = time.monotonic()
    said = client.post("/x")
    assert said.status == 500 and "too long" in said.json()["detail"]
    assert time.monotonic() - began < 15
    wait_until(lambda: not any(lives(pid) for pid in pid_in(pids)))


def test_what_it_leaves_behind_is_killed_and_not_waited_for(serve, tmp_path):
    pids = tmp_path / "pids"
    script = f"sleep 1000 & echo $! >{pids}; echo 1"
    client = serve(api(x=operation(shell(script)))).client()
    said = client.post("/x")
    assert said.status == 200 and said.json() == 1
    wait_until(lambda: not any(lives(pid) for pid in pid_in(pids)))


def test_who_has_left_the_session_is_not_waited_for(serve):
    """setsid gets away from the kill (until there are control groups), not with
    the reply: the pipe it holds open does not matter."""
    script = "setsid sleep 5 & echo 1"
    client = serve(api(x=operation(shell(script)))).client()
    began = time.monotonic()
    assert client.post("/x").json() == 1
    assert time.monotonic() - began < 4


def test_endless_output_is_cut_off(serve):
    client = serve(api(x=operation(shell("yes", output=1000)))).client()
    said = client.post("/x")
    assert said.status == 500 and "too much" in said.json()["detail"]


def test_output_of_all_that_is_allowed_passes(serve):
    responses = {"200": {"description": "a", "content": {"text/plain": {}}}}
    do = operation(shell("head -c 1000000 /dev/zero", output=1000000),
                   responses=responses)  # fmt: skip
    assert len(serve(api(x=do)).client().post("/x").body) == 1000000


def test_a_program_need_not_read_its_input(serve):
    do = operation(shell("exec <&-; echo 1"), content={"text/plain": {}})
    client = serve(api(x=do)).client()
    said = client.post("/x", {"Content-Type": "text/plain"}, "x" * 1000000)
    assert said.json() == 1


def test_memory_is_bounded(serve):
    do = operation(
        {"run": {
            "command": ["/usr/bin/python3", "-S", "-c", "b'x' * (1 << 30); print(1)"],
            "memory": 256 << 20,
        }}
    )  # fmt: skip
    assert serve(api(x=do)).client().post("/x").status == 500


@pytest.mark.skipif(os.geteuid() == 0, reason="RLIMIT_NPROC does not bind root")
def test_processes_are_bounded(serve):
    do = operation(shell(":(){ :|:& };:; wait", processes=200, timeout=5))
    client = serve(api(x=do)).client()
    client.post("/x")
    assert client.post("/x").status in (200, 204, 500)


def test_a_fork_bomb_ends_with_its_time(serve, tmp_path):
    """Bounded by itself here, so that the test harms nobody: each process
    makes one other, 100 deep."""
    pids = tmp_path / "pids"
    script = (
        f"echo $$ >{pids};"
        " f() { [ $1 -gt 0 ] && { f $(($1 - 1)) & sleep 99; }; }; f 100"
    )
    server = serve(api(x=operation(shell(script, timeout=3))))
    with server.connect() as connection:
        connection.send(b"POST /x HTTP/1.1\r\nHost: localhost\r\n\r\n")
        [leader] = pid_in(pids)
        wait_until(lambda: len(session(leader)) > 50)
        assert connection.read_response("POST").status == 500
    wait_until(lambda: not session(leader))


def test_descriptors_of_the_server_are_not_inherited(serve):
    responses = {"200": {"description": "a", "content": {"text/plain": {}}}}
    do = operation(shell("ls /proc/self/fd"), responses=responses)
    client = serve(api(x=do)).client()
    assert client.post("/x").text.split() == ["0", "1", "2", "3"]  # 3 is ls's own


# --- many at once, and who goes away ------------------------------------------


def test_beyond_so_many_at_once_it_is_503(serve, tmp_path):
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    begun = tmp_path / "begun"
    do = operation(shell(f"echo >{begun}; cat {gate}", concurrent=1))
    server = serve(api(x=do, y=operation(shell("echo 1"))))
    with server.connect() as first:
        first.send(b"POST /x HTTP/1.1\r\nHost: localhost\r\n\r\n")
        wait_until(begun.exists)
        busy = server.client().post("/x")
        assert busy.status == 503 and "Retry-After" in busy.headers
        assert server.client().post("/y").status == 200  # another controller
        gate.write_text('"now"')
        assert first.read_response("POST").json() == "now"
    gate_opener = threading.Thread(target=gate.write_text, args=("2",))
    gate_opener.start()
    assert server.client().post("/x").json() == 2
    gate_opener.join()


def test_the_server_has_a_bound_of_its_own(serve, tmp_path):
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    begun = tmp_path / "begun"
    do = operation(shell(f"echo >{begun}; cat {gate}"))
    server = serve(api(x=do), ["--max-programs", "1"])
    with server.connect() as first:
        first.send(b"POST /x HTTP/1.1\r\nHost: localhost\r\n\r\n")
        wait_until(begun.exists)
        assert server.client().post("/x").status == 503
        gate.write_text("3")
        assert first.read_response("POST").json() == 3


def test_others_are_served_while_it_runs(serve):
    server = serve(api(x=operation(shell("sleep 2; echo 1")),
                       y=operation(shell("echo 2"))))  # fmt: skip
    with server.connect() as slow:
        slow.send(b"POST /x HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert server.client().post("/y").json() == 2
        assert server.client().get("/none").status == 404
        assert slow.read_response("POST").json() == 1


def test_a_client_that_goes_away_ends_its_program(serve, tmp_path):
    pids = tmp_path / "pids"
    server = serve(api(x=operation(shell(f"echo $$ >{pids}; sleep 1000"))))
    connection = server.connect()
    connection.send(b"POST /x HTTP/1.1\r\nHost: localhost\r\n\r\n")
    [pid] = pid_in(pids)
    assert lives(pid)
    # A half-close is no leaving; a reset is.
    connection.socket.setsockopt(
        socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0"
    )
    connection.close()
    wait_until(lambda: not lives(pid))


def test_the_end_of_the_server_ends_its_programs(serve, tmp_path):
    pids = tmp_path / "pids"
    do = operation(shell(f"echo $$ >{pids}; sleep 1000", timeout=1000))
    server = serve(api(x=do), ["--grace", "100ms"])
    with server.connect() as connection:
        connection.send(b"POST /x HTTP/1.1\r\nHost: localhost\r\n\r\n")
        [pid] = pid_in(pids)
        server.stop()
    assert not lives(pid)


def test_a_server_that_is_killed_takes_them_along(serve, tmp_path):
    pids = tmp_path / "pids"
    server = serve(api(x=operation(shell(f"echo $$ >{pids}; exec sleep 1000"))))
    with server.connect() as connection:
        connection.send(b"POST /x HTTP/1.1\r\nHost: localhost\r\n\r\n")
        [pid] = pid_in(pids)
        server.kill()
    wait_until(lambda: not lives(pid))
    server.start()


# --- check, explain -----------------------------------------------------------


def written(tmp_path, description):
    path = tmp_path / "api.json"
    path.write_text(json.dumps(description))
    return path


def test_check_says_what_is_run(tmp_path):
    path = written(tmp_path, api(x=operation({"run": ["cat", "-u"]})))
    done = verbatim("check", path)
    assert done.returncode == 0
    assert "controller  POST                       runs cat\n" in done.stdout


def test_what_cannot_be_run_is_501_and_check_says_so(serve, tmp_path):
    description = api(x=operation({"run": "./nothing"}), y=operation({"run": "nothing-9"}))
    done = verbatim("check", written(tmp_path, description))
    assert done.returncode == 1
    assert "./nothing cannot be run: No such file or directory" in done.stdout
    assert "nothing-9 cannot be run: No such file or directory" in done.stdout
    assert serve(description).client().post("/x").status == 501


MISTAKES = [
    ({"run": []}, "a command has 1 to 256 words"),
    ({"run": ""}, "a command begins with a program"),
    ({"run": [1]}, "a program and its arguments are strings"),
    ({"run": ["cat", "\0"]}, "an argument of a program has no NUL in it"),
    ({"run": {"timeout": 1}}, "command is missing"),
    ({"run": {"command": "cat", "timeout": 0}},
     '"timeout" is a whole number from 1 to 86400'),
    ({"run": {"command": "cat", "memory": "1G"}}, '"memory" is a whole number from 0'),
    ({"run": {"command": "cat", "timout": 1}},
     '"run" has no key "timout"; did you mean "timeout"?'),
]  # fmt: skip


@pytest.mark.parametrize("do, line", MISTAKES)
def test_a_mistake_in_the_description_is_told(tmp_path, do, line):
    done = verbatim("check", written(tmp_path, api(x=operation(do))))
    assert done.returncode == 2 and line in done.stderr


def test_explain_runs_nothing(tmp_path):
    mark = tmp_path / "ran"
    item = {"get": operation(), "post": operation(),
            "x-verbatim": {"do": {"run": ["touch", str(mark)]}}}  # fmt: skip
    path = written(tmp_path, api(x=item))
    done = verbatim("explain", path, "-X", "POST", "/x")
    assert "Stopped before commit" in done.stdout and "It would be 200" in done.stdout
    done = verbatim("explain", path, "/x", "-i")
    assert "No programs are run here." in done.stdout
    assert not mark.exists()


# --- a question with content ------------------------------------------------

ASKED = {
    "openapi": "3.2.0",
    "info": {"title": "T", "version": "1"},
    "paths": {"/ask": {
        "x-verbatim": {"do": shell('printf \'{"method":"%s","asked":%s}\' $VERBATIM_METHOD "$(cat)"')},
        "query": operation(content={"application/json": {"schema": {"type": "array"}}}),
    }},
}  # fmt: skip


def test_a_program_answers_a_query(serve):
    client = serve(ASKED).client()
    answer = client.request("QUERY", "/ask", {"Content-Type": "application/json"}, b"[1, 2]")
    assert answer.status == 200
    assert answer.json() == {"method": "QUERY", "asked": [1, 2]}
    assert client.options("/ask").headers["Accept-Query"] == "application/json"
    for content, status in (b"[1", 400), (b'{"a":1}', 422):
        assert client.request("QUERY", "/ask", {"Content-Type": "application/json"}, content).status == status
    assert client.request("QUERY", "/ask", {"Content-Type": "text/plain"}, b"[]").status == 415
    assert client.get("/ask").status == 405


def test_a_query_is_for_a_program_not_for_a_change(tmp_path):
    described = json.loads(json.dumps(ASKED))
    described["paths"]["/ask/{id}"] = {"get": {"responses": {"200": {}}}, "put": {"responses": {"201": {}}}}
    described["paths"]["/ask/{id}/merge"] = {
        "x-verbatim": {"do": {"merge": {}}}, "query": operation(content=JSON), "post": operation(),
    }  # fmt: skip
    path = tmp_path / "description.json"
    path.write_text(json.dumps(described))
    done = verbatim("check", path)
    assert "a safe method must not" in done.stdout
    assert done.returncode == 1
