"""Programs that embed a server, for the tests of the public API."""

import pytest
from embedded import Program


@pytest.fixture(scope="module")
def run_program(tmp_path_factory):
    """run_program(PATH) starts a program that listens where it is told."""
    started = []

    def start(path, env=None):
        folder = tmp_path_factory.mktemp("program")
        program = Program(folder, path, env)
        started.append(program)
        return program.start()

    yield start
    for program in started:
        program.stop()
