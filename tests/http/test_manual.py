"""The commands that docs/gateway.md and docs/proxy.md show, as their readers type them."""

import re
import shlex
import shutil
import subprocess

import pytest
from server import ROOT, binary

MANUALS = ("docs/gateway.md", "docs/proxy.md")
SHOWN = [line.strip() for name in MANUALS for line in (ROOT / name).read_text().splitlines() if line.startswith("    verbatim ")]
SERVERS = [line for line in SHOWN if re.match(r"verbatim (gateway|proxy) ", line)]
OTHERS = [line for line in SHOWN if re.match(r"verbatim (cache|user) ", line)]


@pytest.fixture
def folder(tmp_path):
    """What the commands name is there."""
    shutil.copy(ROOT / "examples/library.yaml", tmp_path)
    for name in ("own.pem", "proxy.pem"):
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
             "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", tmp_path / name, "-out", tmp_path / "certificate"],
            check=True, capture_output=True)  # fmt: skip
        with open(tmp_path / name, "a", encoding="ascii") as file:
            file.write((tmp_path / "certificate").read_text())
    return tmp_path


def words_of(line, folder):
    """Its ports are any, and its directories are the test's."""
    line = line.replace("/run/verbatim/", f"{folder}/")
    words = shlex.split(line)
    words[0] = binary()
    if "--listen" in words:
        at = words.index("--listen") + 1
        words[at] = re.sub(r":\d+$", ":0", words[at])
    elif words[1] in ("gateway", "proxy"):
        words += ["--listen", "127.0.0.1:0"]
    return words


def run(words, folder, **more):
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=60, check=False, **more)


@pytest.fixture
def started(folder):
    """Starts a server, and says what it tells until it listens."""
    processes = []

    def start(line):
        process = subprocess.Popen(words_of(line, folder), cwd=folder, stderr=subprocess.PIPE, text=True)
        processes.append(process)
        told = []
        for line in process.stderr:
            told.append(line)
            if "listening on" in line:
                break
        return "".join(told)

    yield start
    for process in processes:
        process.terminate()
        rest = process.stderr.read()
        assert process.wait(30) == 0, rest


def add_user(folder):
    line = next(line for line in OTHERS if " user add " in line)
    done = run(words_of(line, folder), folder, input="correct horse\n")
    assert done.returncode == 0, done.stderr


@pytest.mark.once
@pytest.mark.parametrize("line", SERVERS)
def test_a_server_that_the_manual_shows_starts(started, folder, line):
    if "--users" in line:
        add_user(folder)
    told = started(line)
    assert "listening on" in told, told
    assert "error" not in told and "warning" not in told, told


@pytest.mark.once
def test_what_the_manual_tells_the_operator_to_do_is_done(started, folder):
    started(next(line for line in SERVERS if "--admin" in line))
    commands = [line for line in OTHERS if " cache " in line]
    assert len(commands) >= 2
    for line in commands:
        done = run(words_of(line, folder), folder)
        assert done.returncode == 0, f"{line}\n{done.stderr}"
