"""What README.md shows is what happens.

Every line of a ```console block that starts with "$ " is run, in order, against
one server, and what it prints must be what stands below it. There, "..." is
anything, and a line of nothing else is any number of lines. An entity tag
stands for the one that the server gave in its place, from then on.
"""

import os
import re
import subprocess

import pytest
from server import ROOT, Server, binary

README = ROOT / "README.md"
ORIGIN = "http://127.0.0.1:8080"  # where script/server listens
TAG = re.compile(r'"[0-9]+\.[0-9a-z]+"')


def sessions(text):
    """[(command, [lines that it prints])] of all console blocks."""
    steps = []
    for block in re.findall(r"^```console\n(.*?)^```$", text, re.M | re.S):
        for line in block.splitlines():
            if line.startswith("$ "):
                steps.append((line[2:], []))
            elif line.startswith("> "):
                steps[-1] = (f"{steps[-1][0]}\n{line[2:]}", [])
            else:
                steps[-1][1].append(line)
    return steps


class Tags:
    """The entity tags of the README, and the server's in their place."""

    def __init__(self):
        self.given = {}

    def translate(self, text):
        return TAG.sub(lambda match: self.given.get(match[0], match[0]), text)

    def pattern_of(self, text):
        """A regular expression; a tag not seen before is a group of it."""
        parts = []
        new = []
        for word in re.split(rf"({TAG.pattern}|\.\.\.)", text):
            if word == "...":
                parts.append(".*")
            elif TAG.fullmatch(word) and word in self.given:
                parts.append(re.escape(self.given[word]))
            elif TAG.fullmatch(word):
                new.append(word)
                parts.append(f"({TAG.pattern})")
            else:
                parts.append(re.escape(word))
        return "".join(parts), new

    def learn(self, new, match):
        self.given.update(zip(new, match.groups(), strict=True))


def compare(expected, actual, tags):
    """None, or the first line of the README that does not fit."""
    at = 0
    skip = False
    for line in expected:
        if line == "...":
            skip = True
            continue
        pattern, new = tags.pattern_of(line)
        while True:
            match = at < len(actual) and re.fullmatch(pattern, actual[at])
            at += 1
            if match:
                break
            if not skip or at >= len(actual):
                return line
        tags.learn(new, match)
        skip = False
    return None if skip or at == len(actual) else "(the end)"


class Reader:
    """Someone who types what the README says."""

    def __init__(self, server):
        self.server = server
        self.tags = Tags()

    def start_server(self):
        """In the place of script/server, which is held against this."""
        self.server.stop()
        before = len(self.server.output)
        self.server.start()
        return self.server.output[before:]

    def run(self, command):
        if command == "script/server":
            return self.start_server()
        command = self.tags.translate(command).replace(ORIGIN, self.server.origin)
        path = f"{binary().parent}:{os.environ['PATH']}"
        done = subprocess.run(
            ["sh", "-c", command],
            cwd=ROOT,
            env=dict(os.environ, PATH=path, HOME=str(self.server.folder)),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        return done.stdout

    def lines_of(self, output):
        output = output.replace("\r\n", "\n").replace(f"{ROOT}/", "")
        output = output.replace(str(self.server.data), "data")
        if self.server.addresses:
            output = output.replace(self.server.origin, ORIGIN)
        return output.splitlines()


@pytest.fixture
def reader(tmp_path):
    server = Server(tmp_path, ROOT / "examples/library.yaml", listen="http://127.0.0.1:0")
    yield Reader(server)
    server.stop()


def test_what_the_readme_shows_is_what_happens(reader):
    steps = sessions(README.read_text())
    assert len(steps) >= 10
    for command, expected in steps:
        actual = reader.lines_of(reader.run(command))
        wrong = compare(expected, actual, reader.tags)
        assert wrong is None, "\n".join(
            [f"$ {command}", *actual, f"-- README.md has: {wrong}"]
        )


def test_script_server_serves_what_the_readme_says():
    script = (ROOT / "script/server").read_text()
    assert re.search(
        r"verbatim serve examples/library.yaml \\\n\s+--data data", script
    )


def test_files_that_the_readme_names_exist():
    text = README.read_text()
    named = re.findall(r"\]\((?!https?:|#)([^)#]+)\)", text)
    named += re.findall(r"`((?:script|examples|docs|src|tests|man)/[\w./-]*)`", text)
    assert named
    assert [path for path in named if not (ROOT / path).exists()] == []


# --- the comparison itself


@pytest.mark.parametrize(
    ("expected", "actual", "wrong"),
    [
        (["a"], ["a"], None),
        (["a"], ["b"], "a"),
        (["a"], [], "a"),
        (["a"], ["a", "b"], "(the end)"),
        (["a", "..."], ["a"], None),
        (["a", "..."], ["a", "b", "c"], None),
        (["...", "c"], ["a", "b", "c"], None),
        (["...", "c"], ["a", "b"], "c"),
        (["a...c"], ["abc"], None),
        (["a...c"], ["abd"], "a...c"),
        (['ETag: "1.ab"', '"1.ab"'], ['ETag: "1.xy"', '"1.xy"'], None),
        (['ETag: "1.ab"', '"1.ab"'], ['ETag: "1.xy"', '"2.xy"'], '"1.ab"'),
    ],
)
def test_three_dots_are_anything_and_nothing_else_is(expected, actual, wrong):
    assert compare(expected, actual, Tags()) == wrong
