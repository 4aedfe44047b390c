"""GraphQL: three lists in each other of 20 each, so 8420 objects in an answer.

The same query is put to graphql-js, the reference implementation, by graphql-http
over arrays in memory (graphql_js.mjs), where Node.js and these are at hand: what
it costs to execute it. And the same is to be had by REST with 421 requests, one
of which is measured.
"""

import json
import shutil
from pathlib import Path
from urllib.parse import quote

from documents import FILLERS
from servers import Server

LENGTH = 20
LEVELS = ("rooms", "shelves", "books")
QUERY = (
    "{rooms(first: %d) {edges {node {name shelves(first: %d) {edges {node {name "
    "books(first: %d) {edges {node {id name}}}}}}}}}}" % ((LENGTH,) * 3)
)
TARGET = "/graphql?query=" + quote(QUERY)
REST = "one list of 421"
LIST = f"/books?shelves=1&fields=id,name&limit={LENGTH}"
MODULES = Path(__file__).resolve().parents[2] / "build/browsers/node_modules"


class GraphqlJs(Server):
    name = "graphql-js"
    serves_files = False

    @classmethod
    def is_here(cls):
        return shutil.which("node") and (MODULES / "graphql-http").exists()

    def command(self):
        return ["node", Path(__file__).with_name("graphql_js.mjs"), MODULES.parent, self.port, LENGTH]


def name_of(level, number):
    return f"{LEVELS[level]} {number}"


def body(level, number):
    """`number` counts from 1, as ids do."""
    value = {"name": name_of(level, number)}
    if level > 0:
        value[LEVELS[level - 1]] = (number - 1) // LENGTH + 1
    return json.dumps(value).encode()


def fill(server, connect):
    """One connection makes what is ordered, and many the leaves, which are told apart by their names."""
    one = connect(server)
    for level in (0, 1):
        for number in range(1, LENGTH ** (level + 1) + 1):
            one.send(f"/{LEVELS[level]}", body(level, number), "POST")
            one.receive()
    one.socket.close()
    fillers = [connect(server) for _ in range(FILLERS)]
    count = LENGTH**3
    for start in range(0, count, FILLERS):
        busy = fillers[: min(FILLERS, count - start)]
        for offset, filler in enumerate(busy):
            filler.send("/books", body(2, start + offset + 1), "POST")
        for filler in busy:
            filler.receive()
    for filler in fillers:
        filler.socket.close()


def shape_of(connection, levels):
    """What is in it, whatever its order."""
    found = [edge["node"] for edge in connection["edges"]]
    below = LEVELS[-levels + 1] if levels > 1 else None
    return sorted((one["name"], shape_of(one[below], levels - 1) if below else None) for one in found)


def check(server):
    status, _, content = server.ask("GET", TARGET)
    told = json.loads(content)
    shape = shape_of(told["data"]["rooms"], 3) if status == 200 and "errors" not in told else None
    wanted = [
        (name_of(0, room), sorted(
            (name_of(1, shelf), sorted((name_of(2, book), None) for book in range((shelf - 1) * LENGTH + 1, shelf * LENGTH + 1)))
            for shelf in range((room - 1) * LENGTH + 1, room * LENGTH + 1)))
        for room in range(1, LENGTH + 1)
    ]  # fmt: skip
    if shape != sorted(wanted):
        raise SystemExit(f"bench: {server.name} answers the nested query with {status}: {content[:300]}")
