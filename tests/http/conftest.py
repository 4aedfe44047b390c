"""Fixtures of the black-box tests; README.md tells how to use them."""

import pytest
from fixtures import module_serve, serve  # noqa: F401 (pytest finds them here)
from library import LIBRARY


@pytest.fixture(scope="module")
def library(module_serve):
    """A server of the example API, for all tests of a module."""
    return module_serve(LIBRARY)


@pytest.fixture
def client(library):
    return library.client()
