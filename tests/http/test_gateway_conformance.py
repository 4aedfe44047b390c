"""A gateway is an origin server to its clients and a client to the server behind
it (RFC 9110 section 3.7): before our own server, the conformance tests must not
see it."""

import subprocess

import pytest
from ledger import requirement
from server import ROOT
from target import FOLDER, read_profile

FILES = ("5789_patch", "9110_*", "9112_*", "10008_query")
# What is otherwise with a gateway between, and why it may be.
OTHERWISE = {
    # A cache has Date in the place of Last-Modified (RFC 9111 section 4.3.2).
    "9110_statuses.py::test_what_has_no_modification_date_ignores_conditions_on_it",
    # Cache-Status and its ttl are of this response.
    "9110_representations.py::test_head_has_the_fields_of_get",
    "9110_messages.py::test_unknown_fields_are_ignored",
    # What may be stored is asked for in the normal form of its URI.
    "9112_syntax.py::test_what_a_client_sends_is_never_a_field_of_the_answer",
    # An expectation goes on with content, or not at all (section 10.1.1 lets servers ignore it).
    "9110_context.py::test_an_expectation_that_it_does_not_know_is_417",
}


@pytest.mark.once
@requirement("9110-3.7-01")
def test_clients_do_not_see_what_is_between(serve):
    own = read_profile(FOLDER / "own.yaml")
    origin = serve(FOLDER / own["description"], own["arguments"])
    # Its own time for content is longer: which of two servers is out of patience first is not the point.
    times = ["--head-timeout", "3s", "--content-timeout", "20s"]
    gateway = serve(None, ["--to", origin.origin, "--upstream-host", "preserve", "--trace", "--max-content", "1M", *times])
    files = sorted(path for name in FILES for path in FOLDER.glob(f"test_{name}" + ("" if name.endswith("*") else ".py")))
    assert len(files) > 10
    command = ["/usr/bin/python3", "-m", "pytest", "-q", "--tb=short", f"--base-url={gateway.origin}", f"--profile={FOLDER / 'own.yaml'}"]
    command += [f"--deselect=tests/conformance/test_{name}" for name in OTHERWISE]
    done = subprocess.run([*command, *files], cwd=ROOT, capture_output=True, text=True, timeout=500, check=False)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert int(done.stdout.rsplit(" passed", 1)[0].split()[-1]) > 400, done.stdout
