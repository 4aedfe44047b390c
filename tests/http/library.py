"""The example API, and short ways to fill it, for tests that need some API."""

import itertools

from server import ROOT

LIBRARY = ROOT / "examples/library.yaml"
JSON = {"Content-Type": "application/json"}
MERGE = {"Content-Type": "application/merge-patch+json"}
PATCH = {"Content-Type": "application/json-patch+json"}
HTML = {"Accept": "text/html"}
PNG = {"Content-Type": "image/png"}

counter = itertools.count(1)


def unused_key():
    """A name in /settings that no test has used."""
    return f"/settings/k{next(counter)}"


def add(client, listing="/books", **members):
    """A new member of a collection; its path."""
    if not members:
        members = {"title": "x"} if listing == "/books" else {"name": "x"}
    made = client.post(listing, json=members)
    assert made.status == 201, made
    return made.headers["Location"]


def tag_of(client, path, headers=()):
    """The entity tag that a GET shows."""
    shown = client.get(path, headers)
    assert shown.status == 200, shown
    return shown.headers["ETag"]


def links(response):
    """The targets of Link by their relation."""
    found = {}
    for link in (response.headers.get("Link") or "").split(", <"):
        target, _, parameters = link.lstrip("<").partition(">")
        if 'rel="' in parameters:
            found[parameters.split('rel="')[1].split('"')[0]] = target
    return found


def pointers(problem):
    """Where a problem document says that something is wrong."""
    return {error.get("pointer") for error in problem.json().get("errors", [])}


def parameters(problem):
    return {error.get("parameter") for error in problem.json().get("errors", [])}
