"""Executing as the reference implementation of GraphQL does (October 2021, section 6).

Random requests over the same types and objects (executes.mjs) are executed by
the npm package graphql, which script/browsers installs, and by a program that
is built with the unit tests (tests/graphql/executor.c).
"""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from server import ROOT, SANITIZER, binary

HERE = Path(__file__).parent
PACKAGE = ROOT / "build/browsers/node_modules/graphql"
REQUESTS = 150  # of each type system


def executor():
    return binary().parents[2] / "tests/graphql/executor"


@pytest.mark.skipif(
    not (shutil.which("node") and PACKAGE.exists()),
    reason="node, graphql: not there (script/browsers installs them)",
)
@pytest.mark.parametrize("seed", [1, 2])
def test_requests_have_the_responses_of_the_reference_implementation(seed):
    if not executor().exists():
        pytest.skip("the build has no tests")
    done = subprocess.run(
        ["node", HERE / "executes.mjs", PACKAGE, executor(), str(seed), str(REQUESTS)],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert not SANITIZER.search(done.stderr), done.stderr
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["found"] == []
    # What is compared is worth it: few are refused, many have errors, many not.
    assert found["requests"] == 2 * (REQUESTS + 2)
    assert found["invalid"] < found["requests"] / 8
    assert found["requests"] / 4 < found["failing"] < found["requests"] * 3 / 4
