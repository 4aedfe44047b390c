"""Many clients at once over a few resources, which write down what they asked and heard.

    crowd = Crowd(servers, "/rounds/1", seed=7)
    crowd.work(2)                     # seconds
    crowd.check()                     # linear.py, and that listings, counts and retries agree

`servers` is where they come from: `addresses` (of those that can be asked now, which may
change at any time), `deaths` (the times after which nothing that was asked before can be done
any more) and `clients()` (one of client.py for each instance, for a look at the end).

All clients are one thread: it takes a request's bytes and an answer's as they come, so that a
server hears several thousand a second, of which many are under way together. What each asks
is its own random numbers' choice.
"""

import itertools
import json
import random
import re
import selectors
import socket
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace

from linear import Operation, check

PATIENCE = 30  # seconds for an answer
FILE_SIZE = 300_000  # goes in several pieces
KNOWN = {200, 201, 204, 304, 404, 410, 412}
ETAG = re.compile(rb"\r\netag: ([^\r]*)", re.I)
LENGTH = re.compile(rb"\r\ncontent-length: ([0-9]+)", re.I)
LOCATION = re.compile(rb"\r\nlocation: ([^\r]*)", re.I)


# The API

STATE = {
    "type": "object",
    "required": ["a", "b"],
    "additionalProperties": False,
    "properties": {"id": {"type": "integer", "readOnly": True}, "key": {"type": "string", "readOnly": True, "x-verbatim": {"value": "id"}},
                   "a": {"type": "integer"}, "b": {"type": "integer"}},
}  # fmt: skip


def described():
    """A store, whose members clients name, a collection, whose members the server does, and a store of files; of each round."""
    def parameters(*names):
        return [{"name": name, "in": "path", "required": True, "schema": {"type": kind}} for name, kind in names]

    def answers(*statuses, content=None):
        body = {"content": content or {"application/json": {"schema": STATE}}}
        return {"responses": {str(status): {"description": ""} | (body if status == 200 else {}) for status in statuses}}

    def takes(*types, schema=STATE):
        return {"requestBody": {"content": {name: {"schema": schema} for name in types}}}

    png = {"image/png": {}}
    one = parameters(("round", "string"))
    json_state = takes("application/json")
    change = takes("application/merge-patch+json", "application/json-patch+json", schema={}) | answers(200, 204)
    listing = answers(200, content={"application/json": {"schema": {"type": "array", "items": STATE}}})
    member = {"get": answers(200), "patch": change, "delete": answers(204)}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Crowded", "version": "1"},
        "paths": {
            "/rounds/{round}": {"parameters": one, "get": answers(200), "put": json_state | answers(200, 201, 204)},
            "/rounds/{round}/named": {"parameters": one, "get": listing},
            "/rounds/{round}/named/{key}": {"parameters": one + parameters(("key", "string"))} | member
            | {"put": json_state | answers(200, 201, 204)},
            "/rounds/{round}/things": {"parameters": one, "get": listing, "post": json_state | answers(201)},
            "/rounds/{round}/things/{id}": {"parameters": one + parameters(("id", "integer"))} | member
            | {"put": json_state | answers(200, 204)},
            "/rounds/{round}/files/{file}": {
                "parameters": one + parameters(("file", "string")), "get": answers(200, content=png), "delete": answers(204),
                "put": {"requestBody": {"content": png}} | answers(201, 204),
            },
        },
    }  # fmt: skip


# What is asked

@dataclass
class Resource:
    """A register, and the last tags that anybody has heard of it."""

    path: str
    kind: str = "json"
    creates: bool = True
    tags: list = field(default_factory=lambda: ['"none"'])


@dataclass
class Request:
    """One that is under way, with what is known of it so far."""

    resource: Resource
    op: Operation
    data: bytes
    key: str | None = None  # of Idempotency-Key
    first: tuple | None = None  # the answer, which it is sent once more to get again


def content_of(kind, n):
    """(media type, content) of the state (n, n)."""
    if kind == "file":
        return "image/png", b"%012d" % n * (FILE_SIZE // 12)
    return "application/json", b'{"a":%d,"b":%d}' % (n, n)


def shown_by(kind, body):
    """The state that some content shows."""
    if kind == "file":
        n = int(body[:12])
        assert body == b"%012d" % n * (FILE_SIZE // 12), f"content of {n}, and of something else"
        return (n, n)
    state = json.loads(body)
    return (state["a"], state["b"])


class Asker:
    """Says what one client asks next."""

    def __init__(self, crowd, number):
        self.crowd = crowd
        self.number = number
        self.chance = random.Random(f"{crowd.seed} {crowd.base} {number}")

    def next(self):
        kind = self.chance.random()
        if kind < 0.03:
            return self.request(Resource(self.crowd.things), "POST", {})
        resources = self.crowd.files if kind < 0.05 else self.crowd.named if kind < 0.7 else self.crowd.hot or self.crowd.named
        resource = self.chance.choice(resources)
        methods = ["GET"] * 7 + ["PUT"] * 5 + ["PATCH"] * 4 + ["DELETE"]
        method = self.chance.choice(methods)
        if method == "PATCH" and resource.kind == "file":
            method = "PUT"
        return self.request(resource, method, self.conditions(resource, method))

    def conditions(self, resource, method):
        kind = self.chance.random()
        tag = resource.tags[-1] if self.chance.random() < 0.8 else self.chance.choice(resource.tags)
        if method == "GET":
            return {"if_none_match": tag} if kind < 0.3 else {}
        if kind < 0.65:
            return {"if_match": tag}
        return {"if_none_match": "*"} if method == "PUT" and resource.creates and kind < 0.75 else {}

    def request(self, resource, method, conditions):
        n = next(self.crowd.numbers) if method in ("PUT", "PATCH", "POST") else None
        op = Operation(method, 0, sent=n, client=self.number, creates=resource.creates, **conditions)
        fields = [("If-Match", op.if_match), ("If-None-Match", op.if_none_match)]
        content = b""
        if method == "PATCH":
            kind = self.chance.random() < 0.5
            content = b'{"b":%d}' % n if kind else b'[{"op":"replace","path":"/b","value":%d}]' % n
            fields.append(("Content-Type", "application/merge-patch+json" if kind else "application/json-patch+json"))
        elif n is not None:
            media, content = content_of(resource.kind, n)
            fields.append(("Content-Type", media))
        if n is not None:
            fields.append(("Content-Length", len(content)))
        if n is not None and resource.kind == "json" and self.chance.random() < 0.5:
            fields.append(("Prefer", "return=minimal"))
        key = f"{self.crowd.base} {self.number} {n}" if n is not None and self.chance.random() < 0.3 else None
        fields.append(("Idempotency-Key", key and f'"{key}"'))
        lines = [f"{method} {resource.path} HTTP/1.1", "Host: localhost", *(f"{name}: {value}" for name, value in fields if value)]
        return Request(resource, op, "\r\n".join([*lines, "", ""]).encode() + content, key)


def answered(ask):
    """The answer, of a server that may have to find its database again."""
    end = time.monotonic() + PATIENCE
    while (answer := ask()).status == 503 and time.monotonic() < end:
        time.sleep(0.02)
    return answer


# Over sockets

class Wire:
    """A client's connection, kept until it ends; one request is under way at a time."""

    def __init__(self, crowd, number):
        self.crowd = crowd
        self.asker = Asker(crowd, number)
        self.socket = None
        self.request = None
        self.buffer = b""
        self.waits = False  # for an answer

    def connect(self):
        addresses = self.crowd.servers.addresses
        if not addresses:
            return False
        try:
            self.socket = socket.create_connection(self.asker.chance.choice(addresses), 5)
        except OSError:
            return False
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.crowd.selector.register(self.socket, selectors.EVENT_READ, self)
        self.buffer = b""
        return True

    def close(self):
        if self.socket:
            self.crowd.selector.unregister(self.socket)
            self.socket.close()
        self.socket = None

    def begin(self):
        """Sends the next request, or the last one again, if there is who can be asked."""
        if self.socket is None and not self.connect():
            return
        if self.request is None:
            self.request = self.asker.next()
            self.request.op = replace(self.request.op, begun=time.monotonic_ns())
        self.waits = True
        try:
            self.socket.sendall(self.request.data)
        except OSError:
            self.lost()
            return
        if self.asker.chance.random() < 0.002 and time.monotonic() < self.crowd.end - 0.4:
            self.lost()  # it does not care for the answer

    def lost(self):
        """The connection is, and with it the answer."""
        self.close()
        if self.waits:
            self.waits = False
            self.crowd.counts["no answer"] += 1
            self.crowd.unheard(self)

    def give_up(self):
        self.request.key = None
        self.waits = True
        self.lost()

    def readable(self):
        try:
            data = self.socket.recv(1 << 20)
        except OSError:
            data = b""
        if not data:
            self.lost()
            return
        self.buffer += data
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self.buffer[: end + 2]
        length = LENGTH.search(head)
        status = int(head[9:12])
        size = int(length[1]) if length and status not in (204, 304) else 0
        if len(self.buffer) < end + 4 + size:
            return
        body, self.buffer = self.buffer[end + 4 : end + 4 + size], self.buffer[end + 4 + size :]
        assert not self.buffer, f"more than one answer: {self.buffer[:200]}"
        if b"\r\nconnection: close" in head.lower() or self.asker.chance.random() < 0.02:
            self.close()  # the next one goes to another worker, or another instance
        self.waits = False
        self.crowd.heard(self, status, head, body)


class Crowd:
    """Clients, what they know together, and what they have written down."""

    def __init__(self, servers, base, seed, clients=16):
        self.servers = servers
        self.base, self.seed = base, seed
        self.things = f"{base}/things"
        self.named = [Resource(f"{base}/named/k{n}") for n in range(4)]
        self.files = [Resource(f"{base}/files/f", "file")]
        self.hot = []  # the last few things
        self.end = 0  # of the work
        self.numbers = itertools.count(1)
        self.histories = defaultdict(list)  # path: operations
        self.made = {}  # path of a thing: the number that it was made with
        self.posts = {}  # number: whether it is known to have been made
        self.wrong = []
        self.counts = Counter()
        self.selector = selectors.DefaultSelector()
        self.wires = [Wire(self, number) for number in range(clients)]
        made = answered(lambda: servers.clients()[0].put(base, json={"a": 0, "b": 0}))
        assert made.status in (200, 201), made

    # Work

    def work(self, seconds):
        """All ask for so long, and hear what comes of it."""
        self.end = time.monotonic() + seconds
        while True:
            resting = time.monotonic() >= self.end
            for wire in self.wires:
                if not wire.waits and not (resting and wire.request is None):
                    wire.begin()
            if resting and all(wire.request is None for wire in self.wires):
                break
            for key, _ in self.selector.select(0.2 if all(wire.waits for wire in self.wires) else 0.005):
                key.data.readable()
            self.watch_time()
        for wire in self.wires:
            wire.close()

    def watch_time(self):
        now = time.monotonic_ns()
        for wire in self.wires:
            if wire.request and now - wire.request.op.begun > PATIENCE * 10**9:
                self.wrong.append(f"no answer in {PATIENCE} s: {wire.request.op}")
                wire.give_up()

    def unheard(self, wire):
        """Who has a key asks again; all others never know."""
        request = wire.request
        if not request.key:
            wire.request = None
            if not request.first:
                self.write_down(request)

    def heard(self, wire, status, head, body):
        request = wire.request
        self.counts[f"{request.op.method} {status}"] += 1
        if status == 503 or status == 409 and request.key:
            # An instance that was killed keeps its claim on the key for a while: longer than all this takes.
            if status == 409 and time.monotonic() > self.end + 1:
                request.key = None
            self.unheard(wire)
            return
        wire.request = None
        tag = ETAG.search(head)
        answer = (status, tag and tag[1], body)
        if request.first:
            if request.first != answer:
                self.wrong.append(f"asked again, {request.op} was {answer[:2]} instead of {request.first[:2]}")
            return
        op = replace(request.op, ended=time.monotonic_ns(), status=status, tag=tag and tag[1].decode())
        if status not in KNOWN:
            self.wrong.append(f"{request.resource.path}: {op}: {body[:300]}")
            return
        if body and status in (200, 201) and (op.method == "GET" or request.resource.kind == "json"):
            op = replace(op, shown=shown_by(request.resource.kind, body))
        request.op = op
        location = LOCATION.search(head)
        self.write_down(request, location and location[1].decode())
        if request.key and status in (200, 201, 204) and wire.asker.chance.random() < 0.1:
            request.first = answer
            wire.request = request

    def write_down(self, request, location=None):
        op, resource = request.op, request.resource
        if op.method == "POST":
            self.posts[op.sent] = op.status is not None
            if op.status is None:
                return
            if location in self.made:
                self.wrong.append(f"{location} was made twice: by {self.made[location]} and {op.sent}")
            self.made[location] = op.sent
            resource = Resource(location, creates=False)
            self.hot = [*self.hot[-2:], resource]
        if op.tag and op.tag not in resource.tags[-1:]:
            resource.tags[:] = [*resource.tags[-5:], op.tag]
        if op.status is not None or op.method != "GET":
            self.histories[resource.path].append(op)

    # What came of it

    def check(self):
        """Nobody works. Each instance shows the same, and what all have heard can be."""
        assert not self.wrong, "\n".join(self.wrong[:10])
        for client in self.servers.clients():
            self.look(client)
        assert not self.wrong, "\n".join(self.wrong[:10])
        for path, history in self.histories.items():
            try:
                check([self.with_last_chance(op) for op in history])
            except AssertionError as error:
                raise AssertionError(f"{path} (seed {self.seed}): {error}") from None

    def with_last_chance(self, op):
        if op.status is not None:
            return op
        return replace(op, until=min((time for time in self.servers.deaths if time >= op.begun), default=None))

    def look(self, client):
        """A read of each resource is the last operation in its history, and listings must agree."""
        for resource in self.named + self.files:
            begun = time.monotonic_ns()
            got = answered(lambda: client.get(resource.path))  # noqa: B023 (called at once)
            shown = shown_by(resource.kind, got.body) if got.status == 200 else None
            self.histories[resource.path].append(
                Operation("GET", begun, time.monotonic_ns(), got.status, shown=shown, tag=got.headers.get("ETag"), client="last")
            )
        listed = self.listing(client, f"{self.base}/named", "key")
        for resource in self.named:
            self.agree(resource.path, listed.pop(resource.path, None), self.histories[resource.path][-1].shown)
        assert not listed, f"members that nobody has made: {listed}"
        self.look_at_things(client)

    def agree(self, path, listed, shown):
        if listed != shown:
            self.wrong.append(f"{path}: {shown} by itself, and {listed} in its listing")

    def look_at_things(self, client):
        begun = time.monotonic_ns()
        listed = self.listing(client, self.things, "id")
        ended = time.monotonic_ns()
        for path in self.made:
            shown = listed.pop(path, None)
            self.histories[path].append(Operation("GET", begun, ended, 200 if shown else 404, shown=shown, client="list"))
        for resource in self.hot:
            got = answered(lambda: client.get(resource.path))  # noqa: B023
            self.agree(resource.path, self.histories[resource.path][-1].shown, shown_by("json", got.body) if got.status == 200 else None)
        # The others were made by requests that were never answered: once each.
        numbers = [shown[1] for shown in listed.values()]
        for n in numbers:
            if self.posts.get(n) is not False or numbers.count(n) > 1:
                self.wrong.append(f"POST {n} was done more than once, or by nobody: {listed}")

    def listing(self, client, path, name):
        """{path: state} of all members; their count must be as it is told."""
        found, page = {}, answered(lambda: client.get(f"{path}?limit=1000", {"Prefer": "count=exact"}))
        count = int(page.headers["Total-Count"])
        while True:
            assert page.status == 200, page
            for member in page.json():
                assert f"{path}/{member[name]}" not in found, f"{member} is listed twice"
                found[f"{path}/{member[name]}"] = (member["a"], member["b"])
            following = re.search(r'<([^>]*)>; rel="next"', page.headers.get("Link") or "")
            if not following:
                break
            page = answered(lambda: client.get(following[1]))  # noqa: B023
        if len(found) != count:
            self.wrong.append(f"{path} has {len(found)} members and says {count}")
        return found
