"""Fixtures of the black-box tests; README.md tells how to use them."""

import pytest
from fixtures import module_serve, serve  # noqa: F401 (pytest finds them here)
from library import LIBRARY
from notebook import register_both, with_notes
from people import CHEAP
from postgres import (  # noqa: F401
    instances,
    own_postgres,
    postgres,
    pytest_runtest_makereport,
    store,
    wires,
)


@pytest.fixture(scope="module")
def library(module_serve):
    """A server of the example API, for all tests of a module."""
    return module_serve(LIBRARY)


@pytest.fixture(scope="module")
def notes(module_serve):
    """A server of people's notes, with Ann and Bob, for all tests of a module."""
    server = module_serve(with_notes(), CHEAP)
    register_both(server.client())
    return server


@pytest.fixture
def client(library):
    return library.client()
