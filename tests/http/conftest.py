"""Fixtures of the black-box tests; README.md tells how to use them."""

from fixtures import module_serve, serve  # noqa: F401 (pytest finds them here)
