"""Unit tests in C that name rows of the ledger, as tests of pytest.

What the server's own clock, memory or sockets decide is shown in the room where
it happens. The row is named in a comment or a table; the first test behind it,
or around it, is the one that shows it. Each program runs once, and a function
passed when it says so.
"""

import json
import os
import re
import subprocess
from functools import cache

import ledger
import pytest
from quic import build_folder

# The rest of the unit tests cite rows that black-box tests show.
FILES = (
    "tests/caching/test_*.c", "tests/http/test_cookie.c", "tests/loop/test_dial_tls.c", "tests/loop/test_udp.c",
    "tests/quic/test_*.c", "tests/tls/test_outward*.c", "tests/wire/test_*both.c", "tests/wire/test_h1c_*.c",
    "tests/wire/test_h2c_*.c", "tests/wire/test_h3_*.c",
)  # fmt: skip
TEST = re.compile(r"^static void (\w+)\(void \*\*state\)\n\{\n.*?^\}\n", re.M | re.S)
# cmocka says "not ok 2 # SKIP name" of what it passes over.
RESULT = re.compile(r"^(not )?ok \d+ (?:- (\w+)|# SKIP (\w+))", re.M)


def named(text):
    """{function: ids} of a file's text; the comment at its top names nothing."""
    at, found = text.find("#include"), {}
    for test in TEST.finditer(text):
        if ids := ledger.ID.findall(text, at, test.end()):
            found[test[1]] = sorted(set(ids))
        at = test.end()
    return found


@cache
def programs():
    """{source: program} of the build under test."""
    told = build_folder() / "meson-info/intro-targets.json"
    return {
        source: target["filename"][0]
        for target in json.loads(told.read_text())
        if target["type"] == "executable" and "/tests/" in target["filename"][0]
        for group in target["target_sources"]
        for source in group.get("sources", ())
    }


@cache
def results(program):
    """{function: "ok", "not ok" or "skipped"}, and what it said."""
    env = dict(os.environ, CMOCKA_MESSAGE_OUTPUT="tap")
    done = subprocess.run([program], capture_output=True, text=True, errors="replace", env=env, timeout=300, check=False)
    seen = {
        name or skipped: "skipped" if skipped else "not ok" if broken else "ok"
        for broken, name, skipped in RESULT.findall(done.stdout)
    }
    return seen, done.stdout + done.stderr


class Program(pytest.File):
    """A file of tests in C."""

    def collect(self):
        for name, ids in named(self.path.read_text(encoding="utf-8")).items():
            yield Unit.from_parent(self, name=name, ids=ids)


class Unit(pytest.Item):
    """One of its functions."""

    def __init__(self, *, ids, **more):
        super().__init__(**more)
        self.add_marker(ledger.requirement(*ids))

    def runtest(self):
        program = programs().get(str(self.path))
        if program is None or not os.path.exists(program):
            pytest.skip(f"{self.path.name} is not built (script/build asan)")
        seen, said = results(program)
        result = seen.get(self.name, "not run")
        if result == "skipped":
            pytest.skip(f"{self.name} says so")
        assert result == "ok", f"{self.name}: {result}\n{said[-4000:]}"

    def reportinfo(self):
        return self.path, None, self.name


def pytest_collect_file(file_path, parent):
    if any(file_path.match(pattern) for pattern in FILES):
        return Program.from_parent(parent, path=file_path)
    return None
