"""The command line: what it says, where, and with which exit status.

0: all went well; 1: `check` found something; 2: it could not do what was asked,
which one line on stderr explains.
"""

import os
import re
import shutil
import subprocess

import pytest
from server import ROOT, SANITIZER, binary

LIBRARY = ROOT / "examples/library.yaml"


def run(*args, env=None, cwd=None, stdout=subprocess.PIPE):
    """The finished program; none of our own VERBATIM_ variables reach it."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("VERBATIM_")}
    done = subprocess.run(
        [binary(), *map(str, args)],
        env=dict(clean, **(env or {})),
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )
    assert not SANITIZER.search(done.stderr), done.stderr
    return done


def refused(done, text):
    """Exit status 2, nothing on stdout, and just this line on stderr."""
    assert (done.returncode, done.stderr) == (2, f"verbatim: error: {text}\n")
    assert not done.stdout


# --- Help ---------------------------------------------------------------------


@pytest.mark.parametrize("args", (["--help"], ["-h"], ["help"]))
def test_help_tells_about_all_commands(args):
    done = run(*args)
    assert done.returncode == 0 and done.stderr == ""
    assert done.stdout.startswith("Usage: verbatim ")
    for command in ("serve", "check", "explain", "graphql", "account", "completion", "help"):
        assert f"\n  {command} " in done.stdout


@pytest.mark.parametrize(
    "args", (["help", "serve"], ["serve", "--help"], ["serve", "x", "--open", "-h"])
)
def test_help_of_serve_tells_about_all_options(args):
    done = run(*args)
    assert done.returncode == 0 and done.stderr == ""
    assert done.stdout.startswith("Usage: verbatim serve ")
    assert len(re.findall(r"(?m)^  --[a-z-]+", done.stdout)) > 20
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_every_command_has_help():
    for command in ("serve", "check", "explain", "graphql", "account", "completion", "help"):
        done = run("help", command)
        assert done.returncode == 0
        assert done.stdout.startswith(f"Usage: verbatim {command}")
        assert run(command, "--help").stdout == done.stdout


@pytest.mark.parametrize("arg", ("--version", "-V"))
def test_version_is_one_line(arg):
    done = run(arg)
    assert done.returncode == 0 and done.stderr == ""
    assert re.fullmatch(r"verbatim \d+\.\d+\.\d+\n", done.stdout)


# --- Mistakes -----------------------------------------------------------------

COMMAND_LINES = [
    ([], "a command is missing (see verbatim --help)"),
    (["serv"], "there is no command serv (did you mean serve?)"),
    (["frobnicate"], "there is no command frobnicate (see verbatim --help)"),
    (["--frobnicate"], "there is no option --frobnicate (see verbatim --help)"),
    (["ser\x1bve\n"], "there is no command ser\\x1Bve\\x0A (did you mean serve?)"),
    (
        [str(LIBRARY)],
        f"there is no command {LIBRARY} (did you mean verbatim serve {LIBRARY}?)",
    ),
    (["help", "chekc"], "there is no command chekc (did you mean check?)"),
    (["help", "a", "b"], "help takes one COMMAND"),
    (["completion"], "completion takes the name of a shell: bash"),
    (["completion", "fish"], "completion takes the name of a shell: bash"),
    (["check"], "check takes one FILE"),
    (["check", "a", "b"], "check takes one FILE"),
    (["check", "--all", "a"], "check has no option --all"),
    (["serve", "--lisen", ":1"], "unknown option --lisen (did you mean --listen?)"),
    (["serve", "-p", "80"], "unknown option -p (options begin with --)"),
    (["serve", "--data"], "--data needs a value, DIR"),
    (["serve", "--workers=0"], '--workers: "0" is less than 1'),
    (
        ["serve", "--listen", "everywhere"],
        "--listen: cannot listen on `everywhere': write HOST:PORT, :PORT, https://HOST:PORT or unix:PATH",
    ),
    (
        ["serve", "--config", "/nowhere.yaml"],
        "/nowhere.yaml: No such file or directory",
    ),
    (["serve", "a.yaml", "b.yaml"], 'only one FILE can be served, "b.yaml" is one more'),
]


@pytest.mark.parametrize("args, line", COMMAND_LINES)
def test_a_mistake_is_told_in_one_line(args, line):
    refused(run(*args), line)


def test_a_mistake_in_the_environment_names_the_variable():
    refused(
        run("serve", env={"VERBATIM_GRACE": "long"}),
        'VERBATIM_GRACE: "long" is not a time such as 500ms, 10s, 5m or 1h',
    )


CONFIG_FILES = [
    ("workers: 1\nlisen: ':80'\n", "2:1: unknown option lisen (did you mean listen?)"),
    ("max-content: lots\n", '1:14: max-content: "lots" is not a size such as 512, '
                            "64k, 10M or 1G"),  # fmt: skip
    ("workers: 1\nworkers: 2\n", '2:1: duplicate key "workers"'),
    ("listen: {a: b}\n", "1:9: listen: takes an address or a list of addresses"),
    ("&a [*a]\n", "1:5: alias *a stands within what it names"),
]


@pytest.mark.parametrize("text, line", CONFIG_FILES)
def test_a_mistake_in_a_file_names_line_and_key(tmp_path, text, line):
    path = tmp_path / "verbatim.yaml"
    path.write_text(text)
    refused(run("serve", "--config", path), f"{path}:{line}")


def test_what_cannot_be_logged_to_is_told_before_serving(tmp_path):
    done = run("serve", "--log", tmp_path / "no/log", "--data", tmp_path / "data")
    assert done.returncode == 2
    assert f"cannot open the access log {tmp_path}/no/log: No such" in done.stderr


def test_a_variable_of_somebody_else_is_only_a_warning(serve):
    server = serve(None, env={"VERBATIM_PORT": "tcp://10.0.0.1:80"})
    assert (
        "verbatim: warning: VERBATIM_PORT: no such option; the variable is ignored\n"
        in server.output
    )


def test_settings_come_from_file_environment_and_command_line(serve, tmp_path):
    config = tmp_path / "verbatim.yaml"
    config.write_text(f"description: {LIBRARY}\nmax-target: 100\nmax-content: 1k\n")
    server = serve(
        None, ["--config", config, "--max-content", "10"],
        env={"VERBATIM_MAX_TARGET": "200"},
    )  # fmt: skip
    client = server.client()
    assert client.get("/books").status == 200  # the file's description
    assert client.get("/books?" + "a" * 120).status != 414
    assert client.get("/books?" + "a" * 220).status == 414
    assert client.post("/books", json={"title": "too long"}).status == 413


# --- Output that nobody takes -------------------------------------------------


@pytest.mark.parametrize("args", (["--version"], ["help", "serve"], ["check", LIBRARY]))
def test_a_full_disk_is_an_error(args):
    with open("/dev/full", "w", encoding="ascii") as full:
        done = run(*args, stdout=full)
    assert done.returncode == 2
    assert done.stderr == (
        "verbatim: error: cannot write the output: No space left on device\n"
    )


def test_a_reader_that_has_gone_is_no_news():
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = run("help", "serve", stdout=writing)
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (2, "")


def test_a_closed_stdout_is_an_error():
    done = subprocess.run(
        ["sh", "-c", '"$1" --version >&-', "sh", binary()],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "cannot write the output: Bad file descriptor" in done.stderr


# --- check --------------------------------------------------------------------


def test_check_is_0_when_all_is_served():
    done = run("check", LIBRARY)
    assert done.returncode == 0 and done.stderr == ""
    assert "/books/{id}" in done.stdout


UNSERVED = """
openapi: 3.1.0
info: {title: T, version: "1"}
paths:
  /things:
    get: {responses: {"200": {description: all}}}
    post: {responses: {"201": {description: made}}}
    put: {responses: {"204": {description: replaced}}}
  /things/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get: {responses: {"200": {description: one}}}
"""


def test_check_is_1_when_something_is_not(tmp_path):
    path = tmp_path / "api.yaml"
    path.write_text(UNSERVED)
    done = run("check", path)
    assert done.returncode == 1 and done.stderr == ""
    assert "/things" in done.stdout


@pytest.mark.parametrize(
    "text, line",
    (
        ("openapi: [\n", ":2:1: error: "),
        ("swagger: '2.0'\n", ": error: "),
        ("", ": error: "),
    ),
)
def test_check_is_2_when_the_file_cannot_be_used(tmp_path, text, line):
    path = tmp_path / "api.yaml"
    path.write_text(text)
    done = run("check", path)
    assert done.returncode == 2 and done.stdout == ""
    assert f"{path}" in done.stderr and line in done.stderr
    assert run("check", tmp_path / "none.yaml").returncode == 2


def test_check_takes_a_file_with_a_name_like_an_option(tmp_path):
    shutil.copy(LIBRARY, tmp_path / "--odd.yaml")
    assert run("check", "--", "--odd.yaml", cwd=tmp_path).returncode == 0


# --- Completion and manual ----------------------------------------------------


def test_the_installed_completion_is_what_the_program_prints():
    """After a change: verbatim completion bash >completion/verbatim.bash"""
    done = run("completion", "bash")
    assert done.returncode == 0
    assert done.stdout == (ROOT / "completion/verbatim.bash").read_text()


def complete(*words, cwd=None):
    """What bash offers for the last word."""
    script = 'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))\n'
    script += '_verbatim; printf "%s\\n" "${COMPREPLY[@]}"'
    done = subprocess.run(
        ["bash", "-c", script, "bash", ROOT / "completion/verbatim.bash", *words],
        capture_output=True,
        text=True,
        cwd=cwd,
        check=False,
    )
    assert done.stderr == ""
    return set(done.stdout.split("\n")) - {""}


@pytest.mark.parametrize(
    "words, want",
    (
        (["verbatim", "se"], {"serve"}),
        (["verbatim", "explain", "--fo"], {"--format"}),
        (["verbatim", "explain", "--format", ""], {"text", "json"}),
        (["verbatim", "explain", "--dat"], {"--data"}),
        (["verbatim", "explain", "-X", "P"], {"PUT", "POST", "PATCH"}),
        (["verbatim", "account", ""], {"add", "--help"}),
        (["verbatim", "account", "add", "--ro"], {"--role"}),
        (["verbatim", "account", "add", "--dat"], {"--data"}),
        (["verbatim", "account", "add", "a"], {"a file.yaml"}),
        (["verbatim", "c"], {"cache", "check", "completion"}),
        (["verbatim", "--v"], {"--version"}),
        (["verbatim", "serve", "--log-"], {"--log-format", "--log-redact"}),
        (["verbatim", "serve", "--log-format", ""], {"combined", "json"}),
        (["verbatim", "serve", "--log-format", "=", "j"], {"json"}),
        (["verbatim", "serve", "--log-format", "="], {"combined", "json"}),
        (["verbatim", "serve", "--storage", "m"], {"memory:"}),
        (["verbatim", "serve", "--workers", ""], set()),
        (["verbatim", "completion", ""], {"bash", "--help"}),
        (["verbatim", "help", "ch"], {"check"}),
        (["verbatim", "serve", ""], {"a file.yaml", "folder"}),
        (["verbatim", "check", "a"], {"a file.yaml"}),
        (["verbatim", "graphql", "a"], {"a file.yaml"}),
        (["verbatim", "serve", "--data", ""], {"folder"}),
        (["verbatim", "serve", "--files", ""], {"folder"}),
        (["verbatim", "serve", "--config", "a"], {"a file.yaml"}),
    ),
)
def test_bash_completes_commands_options_and_values(words, want, tmp_path):
    (tmp_path / "a file.yaml").touch()
    (tmp_path / "folder").mkdir()
    assert complete(*words, cwd=tmp_path) == want


def test_the_manual_has_no_mistakes():
    linter = next(filter(shutil.which, ("mandoc", "groff")), None)
    if linter is None:
        pytest.skip("neither mandoc nor groff is here")
    flags = {"mandoc": ["-T", "lint", "-W", "warning"],
             "groff": ["-mdoc", "-ww", "-z"]}  # fmt: skip
    done = subprocess.run(
        [linter, *flags[linter], ROOT / "man/verbatim.1"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
