"""The servers that tests ask for, stopped and checked when they are through.

A folder of black-box tests beside this one imports these in its conftest.py.
"""

from contextlib import ExitStack, contextmanager

import pytest
from server import Server


@contextmanager
def serving(folder):
    """A function that starts servers below a folder; all stop at the end."""
    with ExitStack() as running:
        count = 0

        def start(description=None, args=(), **more):
            nonlocal count
            count += 1
            server = Server(folder / str(count), description, args, **more)
            running.callback(server.stop)
            return server.start()

        yield start


@pytest.fixture
def serve(tmp_path):
    """serve(description, args) starts a server for this test alone."""
    with serving(tmp_path) as start:
        yield start


@pytest.fixture(scope="module")
def module_serve(tmp_path_factory):
    """The same for all tests of a module, which must not disturb each other."""
    with serving(tmp_path_factory.mktemp("serve")) as start:
        yield start
