"""Controllers that call a plugin: a shared object against include/verbatim/.

Plugins are compiled here, from plugged.c, as a user would: without sanitizers,
and linked with nothing.
"""

import os
import shlex
import shutil
import subprocess
import threading

import pytest
from server import ROOT, binary
from test_cli import run as verbatim
from test_controllers import EMPTY, JSON, api, operation, wait_until, written

OK = {"description": "out", "content": JSON}
NOT_MODIFIED = 304


@pytest.fixture(scope="session")
def compile_plugin(tmp_path_factory):
    """compile_plugin(TEXT='"two"') is a shared object that is such a one."""
    known = {}

    def compile_it(**defines):
        flags = tuple(f"-D{name}={value}" for name, value in defines.items())
        if flags not in known:
            known[flags] = tmp_path_factory.mktemp("plugin") / "plugged.so"
            subprocess.run(
                [*shlex.split(os.environ.get("CC", "cc")), "-Wall", "-Wextra",
                 "-Wno-unused-function", "-Werror", "-shared", "-fPIC", "-fvisibility=hidden",
                 f"-I{ROOT}/include", *flags, ROOT / "tests/http/plugged.c",
                 "-o", known[flags]],
                check=True,
            )  # fmt: skip
        return known[flags]

    return compile_it


@pytest.fixture
def plugin(compile_plugin):
    return compile_plugin()


def replace(target, source):
    """As install(1) does: what is loaded stays what it is."""
    shutil.copy(source, f"{target}.new")
    os.replace(f"{target}.new", target)


def plug(file, **more):
    return {"plugin": {"file": str(file), **more} if more else str(file)}


def get(responses=None, parameters=()):
    return operation(responses=responses, parameters=parameters)


def query(name, **schema):
    return {"name": name, "in": "query", "schema": schema or {"type": "string"}}


def controller(do, **operations):
    return {**operations, "x-verbatim": {"archetype": "controller", "do": do}}


# --- what it is told, and what it answers -------------------------------------


def test_get_shows_what_it_writes_and_head_the_same_without(serve, plugin):
    client = serve(api(x=controller(plug(plugin), get=get()))).client()
    got, head = client.get("/x"), client.head("/x")
    assert got.status == head.status == 200 and head.body == b""
    assert got.json()["text"] == "one"
    assert got.headers["Content-Type"] == "application/json"
    assert got.headers["ETag"] == '"one"' and got.headers["Cache-Control"] == "max-age=5"
    for name in ("Content-Type", "Content-Length", "ETag"):
        assert head.headers[name] == got.headers[name]


def test_preconditions_are_about_what_it_says(serve, plugin):
    client = serve(api(x=controller(plug(plugin), get=get()))).client()
    assert client.get("/x", {"If-None-Match": '"one"'}).status == NOT_MODIFIED
    assert client.get("/x", {"If-Match": '"two"'}).status == 412


def test_it_is_told_path_variables_parameters_and_configuration(serve, plugin):
    name = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    item = controller(
        plug(plugin, config={"a": [1.50, "é"]}), get=get(parameters=[name, query("name")])
    )
    client = serve(api(**{"x/{id}": item})).client()
    assert client.get("/x/7%20b?name=%C3%A4+c").json() == {
        "text": "one", "path": "/x/{id}", "config": {"a": [1.5, "é"]}, "id": "7 b", "name": "ä c",
    }  # fmt: skip
    assert client.get("/x/7").json()["name"] == "null"


def test_it_writes_the_media_type_that_is_wanted(serve, plugin):
    both = {"200": {"description": "out", "content": {**JSON, "text/plain": {}}}}
    client = serve(api(x=controller(plug(plugin), get=get(both)))).client()
    assert client.get("/x").json()["text"] == "one"
    plain = client.get("/x", {"Accept": "text/plain"})
    assert plain.text == "one\n" and plain.headers["Content-Type"] == "text/plain"
    assert "accept" in plain.headers.tokens("Vary")
    assert plain.headers["ETag"] != client.get("/x").headers["ETag"]
    assert client.get("/x", {"Accept": "image/png"}).status == 406


def test_get_may_say_that_there_is_nothing_or_that_it_failed(serve, plugin):
    item = controller(plug(plugin), get=get(parameters=[query("status", type="integer")]))
    client = serve(api(x=item)).client()
    for status in 404, 409, 503:
        told = client.get(f"/x?status={status}")
        assert told.status == status
        assert told.headers["Content-Type"] == "application/problem+json"
        assert client.head(f"/x?status={status}").status == status
    empty = client.get("/x?status=204")
    assert empty.status == 204 and empty.body == b""
    assert "Content-Length" not in empty.headers and "Content-Type" not in empty.headers
    assert client.get("/x?status=201").status == 500
    assert client.get("/x").status == 200  # the connection is in order


def test_post_gets_the_content_and_writes_the_reply(serve, plugin):
    client = serve(api(x=operation(plug(plugin), content=JSON))).client()
    done = client.post("/x", json={"a": 1})
    assert done.status == 200 and done.json() == {"a": 1}
    assert client.post("/x").status == 204  # nothing was written


STATUSES = [query("status", type="integer")]


def test_its_success_is_one_that_is_described(serve, plugin):
    def answers(*statuses):
        responses = {str(status): OK if status != 204 else EMPTY for status in statuses}
        return operation(plug(plugin), content=JSON, responses=responses, parameters=STATUSES)

    server = serve(api(a=answers(200), b=answers(204), c=answers(200, 201), d=answers(200, 204)))
    client = server.client()
    assert client.post("/b", json=1).status == 204
    assert client.post("/b", {"Prefer": "return=representation"}, json=1).status == 204
    made = client.post("/c?status=201", {"Location-Of": "it"}, json=1)
    assert made.status == 201 and made.headers["Location"] == "/made/1"
    silent = client.post("/d", {"Prefer": "return=minimal"}, json=1)
    assert silent.status == 204 and silent.body == b"" and silent.headers["Plugged"] == "one"
    assert silent.headers["Preference-Applied"] == "return=minimal"
    full = client.post("/d", {"Prefer": "return=representation"}, json=1)
    assert full.status == 200 and full.headers["Preference-Applied"] == "return=representation"
    refused = client.post("/d?status=409", {"Prefer": "return=minimal"}, json=1)
    assert refused.status == 409 and "Preference-Applied" not in refused.headers
    wrong = client.post("/a?status=201", json=1)
    assert wrong.status == 500
    assert wrong.json()["detail"] == "The plugin succeeded with a status that is not described."
    assert "plugged.so: succeeded with a status that is not described (201)" in server.output
    assert client.post("/a?status=202", json=1).status == 500


def test_its_errors_are_problems_with_what_it_wrote(serve, plugin):
    text = {"text/plain": {}}
    client = serve(
        api(x=operation(plug(plugin), content=text, parameters=STATUSES))
    ).client()
    for status in (400, 404, 409, 503):
        told = client.post(f"/x?status={status}", {"Content-Type": "text/plain"}, "Not today.")
        assert told.status == status
        assert told.headers["Content-Type"] == "application/problem+json"
        assert told.json()["detail"] == "Not today."
    for nonsense in (0, 99, 700):
        assert client.post(f"/x?status={nonsense}").status == 500


def test_what_is_to_be_json_is(serve, plugin):
    text = {"text/plain": {}}
    server = serve(api(x=operation(plug(plugin), content=text)))
    told = server.client().post("/x", {"Content-Type": "text/plain"}, "{")
    assert told.status == 500
    assert told.json()["detail"] == "The plugin did not write JSON."
    assert "plugged.so: did not write JSON (200)" in server.output


def test_more_than_it_may_write_is_503(serve, plugin):
    item = operation(plug(plugin, output=5), content=JSON)
    client = serve(api(x=item)).client()
    assert client.post("/x", json="abc").status == 200
    assert client.post("/x", json="abcd").status == 503


# --- what is refused before it is called --------------------------------------


def test_what_does_not_fit_the_description_does_not_reach_it(serve, plugin):
    schema = {"application/json": {"schema": {"type": "object", "required": ["a"]}}}
    item = operation(
        plug(plugin, input=20), content=schema,
        parameters=[{**query("status", type="integer", minimum=200), "required": True}],
    )  # fmt: skip
    item["requestBody"]["required"] = True
    server = serve(api(x=item))
    client = server.client()
    invalid = client.post("/x?status=200", json={"b": 1})
    assert invalid.status == 422 and invalid.json()["errors"]
    plain = {"Content-Type": "text/plain"}
    assert client.post("/x?status=200", json={"a": "b" * 30}).status == 413
    assert client.post("/x?status=200", plain, "x").status == 415
    assert client.post("/x?status=200", {"Content-Type": "application/json"}, "{").status == 400
    assert client.post("/x?status=200").status == 400
    assert client.post("/x?status=1", json={"a": 1}).status == 400
    assert client.post("/x?other=1", json={"a": 1}).status == 400
    missing = client.post("/x", json={"a": 1})
    assert missing.status == 400
    assert missing.json()["errors"] == [{"parameter": "status", "detail": "is required"}]
    assert client.get("/x").status == 405
    assert client.options("/x").headers["Allow"] == "POST, OPTIONS"
    assert "plugged: called" not in server.output
    assert client.post("/x?status=200", json={"a": 1}).status == 200
    assert "plugged: called" in server.output


# --- when it cannot be loaded -------------------------------------------------


def told_by_serve(path):
    """What `verbatim serve` says when it does not come up."""
    done = verbatim("serve", path, "--listen", "127.0.0.1:0", "--storage", "memory:")
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    return line


def test_one_that_is_not_there_is_an_error_for_check_and_serve(tmp_path):
    path = written(tmp_path, api(x=operation({"plugin": "./nothing.so"})))
    text = (
        f"{path}:1:"
        "{column}: error: ./nothing.so cannot be loaded: No such file or directory"
        " (at #/paths/~1x/post/x-verbatim/do/plugin)"
    )
    column = path.read_text().index('"./nothing.so"') + 1
    done = verbatim("check", path)
    assert done.returncode == 2 and done.stderr == text.format(column=column) + "\n"
    assert told_by_serve(path).endswith(text.format(column=column))


def test_what_is_no_shared_object_is_an_error_for_both(tmp_path):
    (tmp_path / "text.so").write_text("this is a text, and a long one, so that it has a head")
    (tmp_path / "folder.so").mkdir()
    os.mkfifo(tmp_path / "pipe.so")
    for name, why in (("text", "it is no shared object"), ("folder", "it is no file"),
                      ("pipe", "it is no file")):  # fmt: skip
        path = written(tmp_path, api(x=operation({"plugin": f"{name}.so"})))
        done = verbatim("check", path)
        assert done.returncode == 2 and f"{name}.so cannot be loaded: {why} (at" in done.stderr
        assert f"{name}.so cannot be loaded: {why} (at" in told_by_serve(path)


def complaint(path):
    """The line of `verbatim serve` that is not the plugin's own."""
    done = verbatim("serve", path, "--listen", "127.0.0.1:0", "--storage", "memory:")
    assert done.returncode == 2
    [line] = [text for text in done.stderr.splitlines() if "plugged:" not in text]
    return line


UNFIT = [
    ({"EMPTY": 1}, "is no plugin: it exports no vb_plugin (verbatim/plugin.h)"),
    ({"ABI": 77}, "must be compiled anew: its ABI is version 77, and this server's is 1"),
    ({"FAIL": 1}, "cannot be made ready: there is no money"),
    ({"ONLY_GET": 1}, "has no `post`: but that is described"),
    ({"NEEDS": "missing_one"}, "cannot be loaded: undefined symbol: missing_one"),
]


@pytest.mark.parametrize("defines, why", UNFIT, ids=[*(next(iter(d)) for d, _ in UNFIT)])
def test_one_that_is_unfit_is_told_by_serve_and_not_run_by_check(
    tmp_path, compile_plugin, defines, why
):
    shutil.copy(compile_plugin(**defines), tmp_path / "p.so")
    path = written(tmp_path, api(x=operation({"plugin": "./p.so"})))
    line = complaint(path)
    assert f"error: ./p.so {why} (at #/paths/~1x/post/x-verbatim/do/plugin)" in line
    done = verbatim("check", path)
    assert done.returncode == 0 and "plugged:" not in done.stdout + done.stderr


def test_all_that_are_unfit_are_told_at_once(tmp_path, compile_plugin):
    for name, defines in ("a", {"EMPTY": 1}), ("b", {"FAIL": 1}):
        shutil.copy(compile_plugin(**defines), tmp_path / f"{name}.so")
    items = {name: operation({"plugin": f"{name}.so"}) for name in "ab"}
    done = verbatim("serve", written(tmp_path, api(**items)), "--storage", "memory:")
    assert done.returncode == 2
    assert "error: a.so is no plugin" in done.stderr
    assert "error: b.so cannot be made ready" in done.stderr


MISTAKES = [
    (5, "a plugin is the name of a file"),
    ("", "a plugin is the name of a file"),
    ("a\0b", "a plugin is the name of a file"),
    ({"config": 1}, "file is missing"),
    ({"file": 1}, "a plugin is the name of a file"),
    ({"file": "a", "input": 0}, '"input" is a whole number from 1 to 67108864'),
    ({"file": "a", "timeout": 1}, '"plugin" has no key "timeout"'),
    ({"file": "a", "confg": 1}, '"plugin" has no key "confg"; did you mean "config"?'),
]


@pytest.mark.parametrize("how, line", MISTAKES)
def test_a_mistake_in_the_description_is_told(tmp_path, how, line):
    done = verbatim("check", written(tmp_path, api(x=operation({"plugin": how}))))
    assert done.returncode == 2 and line in done.stderr


# --- a new description --------------------------------------------------------


def anew(server):
    before = server.reloads
    server.reload()
    wait_until(lambda: server.reloads > before)


@pytest.fixture
def served(serve, compile_plugin, tmp_path):
    """A server, and its plugin's file."""
    file = tmp_path / "p.so"
    replace(file, compile_plugin())
    item = controller(plug(file), get=get(), post=operation(content=JSON))
    return serve(api(x=item), ["--workers", "2"]), file


def test_sighup_takes_the_new_file_of_the_same_name(served, compile_plugin):
    server, file = served
    client = server.client()
    assert client.get("/x").json()["text"] == "one"
    for text in "two", "three", "one":
        replace(file, compile_plugin(TEXT=f'"{text}"'))
        anew(server)
        wait_until(lambda wanted=text: client.get("/x").json()["text"] == wanted)
    wait_until(lambda: "given back two" in server.output)
    assert server.output.count("plugged: given back one") == 1
    assert server.output.count("plugged: made ready") == 4


def test_sighup_without_a_new_file_makes_it_ready_again(served):
    server, _ = served
    anew(server)
    wait_until(lambda: "given back one" in server.output)
    assert server.client().get("/x").json()["text"] == "one"
    assert server.output.count("plugged: made ready") == 2


def test_an_exchange_ends_with_the_plugin_that_it_began_with(served, compile_plugin):
    server, file = served
    with server.connect() as connection:
        connection.send(
            b"POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Content-Length: 4\r\nExpect: 100-continue\r\n\r\n"
        )
        assert connection.read_interim().status == 100  # it has begun
        connection.send(b"12")
        replace(file, compile_plugin(TEXT='"two"'))
        anew(server)
        wait_until(lambda: server.client().get("/x").json()["text"] == "two")
        assert "given back one" not in server.output
        connection.send(b"34")
        reply = connection.read_response("POST")
    assert reply.status == 200 and reply.headers["Plugged"] == "one"
    wait_until(lambda: "given back one" in server.output)


@pytest.mark.parametrize("defines", [{"EMPTY": 1}, {"FAIL": 1}], ids=["EMPTY", "FAIL"])
def test_sighup_with_one_that_is_unfit_changes_nothing(served, compile_plugin, defines):
    server, file = served
    replace(file, compile_plugin(**defines))
    server.reload()
    wait_until(lambda: "going on with the description as it was" in server.output)
    assert "plugged.so" not in server.output and "p.so" in server.output
    assert "(at #/paths/~1x/x-verbatim/do/plugin)" in server.output
    assert server.client().get("/x").json()["text"] == "one"


def test_it_is_given_back_at_the_end(served):
    server, _ = served
    assert server.client().get("/x").status == 200
    server.stop()
    assert server.output.count("plugged: given back one") == 1


def test_many_controllers_share_a_file_and_not_what_is_theirs(serve, plugin):
    items = {
        name: controller(plug(plugin, config=name), get=get()) for name in ("a", "b", "c")
    }
    server = serve(api(**items))
    client = server.client()
    assert [client.get(f"/{name}").json()["config"] for name in "abc"] == ["a", "b", "c"]
    assert server.output.count("plugged: made ready") == 3


def test_it_is_called_from_many_threads(serve, plugin):
    server = serve(api(x=controller(plug(plugin), get=get())), ["--workers", "4"])
    statuses = []

    def ask():
        client = server.client()
        statuses.extend(client.get("/x").status for _ in range(50))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 400


# --- check, explain -----------------------------------------------------------


def test_check_says_what_is_called(tmp_path, plugin):
    shutil.copy(plugin, tmp_path / "p.so")
    done = verbatim("check", written(tmp_path, api(x=operation({"plugin": "p.so"}))))
    assert done.returncode == 0
    assert "controller  POST                       plugin p.so\n" in done.stdout


def test_it_answers_at_once_and_check_says_so(serve, tmp_path, plugin):
    description = api(
        x=operation(plug(plugin), responses={"202": EMPTY}),
        y=operation(plug(plugin), content=JSON, responses={"200": OK, "202": EMPTY}),
    )
    done = verbatim("check", written(tmp_path, description))
    assert done.returncode == 1
    assert "a plugin answers at once; 202 is for what runs as a program" in done.stdout
    client = serve(description).client()
    assert client.post("/x").status == 501
    assert client.post("/y", {"Prefer": "respond-async"}, json=1).status == 200


def test_explain_loads_nothing(tmp_path, compile_plugin):
    shutil.copy(compile_plugin(), tmp_path / "p.so")
    item = controller({"plugin": "./p.so"}, get=get(), post=operation())
    path = written(tmp_path, api(x=item))
    done = verbatim("explain", path, "-X", "POST", "/x")
    assert "Stopped before commit" in done.stdout and "It would be 200" in done.stdout
    assert "plugged:" not in done.stdout + done.stderr
    done = verbatim("explain", path, "/x", "-i")
    assert "No plugins are called here." in done.stdout
    assert "plugged:" not in done.stdout + done.stderr


# --- the example --------------------------------------------------------------


def test_the_example_knows_how_far_it_is(serve):
    description = binary().parents[2] / "examples/plugin.yaml"
    client = serve(description).client()
    berlin, paris = "52.52,13.405", "48.857,2.352"
    assert client.get(f"/distance?from={berlin}&to={paris}").json() == {"distance": 877.5}
    assert client.get(f"/distance?from={berlin}&to={berlin}").json() == {"distance": 0.0}
    for wrong in f"from={berlin}", f"from={berlin}&to=Paris", f"from=&to={berlin}":
        assert client.get(f"/distance?{wrong}").status == 400


def test_the_example_is_short_enough_to_read_and_is_what_is_built():
    assert len((ROOT / "examples/plugin.c").read_text().splitlines()) < 60
    built = binary().parents[2] / "examples/plugin.yaml"
    assert built.read_text() == (ROOT / "examples/plugin.yaml").read_text()
