"""Every test may name the requirements that it shows (tests/conformance/README.md)."""

from in_c import pytest_collect_file  # noqa: F401
from recorder import (  # noqa: F401 (pytest finds them here)
    pytest_addoption,
    pytest_collection_modifyitems,
    pytest_configure,
    pytest_runtest_makereport,
    pytest_runtest_protocol,
    pytest_sessionfinish,
)
