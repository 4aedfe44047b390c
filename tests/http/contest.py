"""Clients that compete for what only one may have, and that write two things at once.

    contest = Contest(servers, "/rounds/1", seed=7)
    contest.work(2)                   # seconds
    contest.check()                   # linear.py: of each value, and of each pair

A value that must be unique is a register, which is missing while nobody has it: to make or to
become a thing that has it is a PUT with `If-None-Match: *`, and 409 its 412; to let go of it, with
the holder's tag, is a DELETE with `If-Match`. So two that have it at a time are found, as is one
that is refused though nobody has it.

A pair is two resources that only atomic batches write, both with the same number, and a listing
shows: a register as well, of which one half would be seen (a, b) if it were ever written alone.

`servers` is as in crowd.py. Each client is a thread.
"""

import http.client
import itertools
import json
import random
import threading
import time
from collections import Counter, defaultdict
from dataclasses import replace

from crowd import PATIENCE, answered
from linear import Operation, check
from pg_load import NOTHING

VALUES = [f"v{n}" for n in range(3)]
PAIRS = [f"p{n}" for n in range(2)]
HALVES = ("0", "1")
DONE = {200, 201, 204}


def described():
    """A collection with a property that is unique, and stores of two; of each round."""
    def parameters(*names):
        return [{"name": name, "in": "path", "required": True, "schema": {"type": kind}} for name, kind in names]

    def answers(*statuses, schema=None):
        body = {"content": {"application/json": {"schema": schema or {"type": "object"}}}}
        return {"responses": {str(status): {"description": ""} | (body if status in (200, 201) else {}) for status in statuses}}

    def listing(schema):
        return answers(200, schema={"type": "array", "items": schema})

    def takes(name, schema):
        return {"requestBody": {"content": {name: {"schema": schema}}}}

    held = {
        "type": "object",
        "properties": {"id": {"type": "string", "readOnly": True}, "n": {"type": "integer"},
                       "code": {"type": "string", "x-verbatim": {"unique": True}}},
    }  # fmt: skip
    half = {"type": "object", "properties": {"half": {"type": "string", "readOnly": True, "x-verbatim": {"value": "id"}}, "n": {"type": "integer"}}}
    one, pair = parameters(("round", "string")), parameters(("round", "string"), ("pair", "string"))
    return {
        "openapi": "3.1.0",
        "info": {"title": "Contested", "version": "1"},
        "paths": {
            "/rounds/{round}/held": {"parameters": one, "get": listing(held), "post": takes("application/json", held) | answers(201)},
            "/rounds/{round}/held/{id}": {
                "parameters": one + parameters(("id", "string")), "get": answers(200, schema=held), "delete": answers(204),
                "patch": takes("application/merge-patch+json", {}) | answers(200, 204),
            },
            "/rounds/{round}/{pair}": {"parameters": pair, "get": listing(half)},
            "/rounds/{round}/{pair}/{half}": {
                "parameters": pair + parameters(("half", "string")), "get": answers(200, schema=half), "delete": answers(204),
                "put": takes("application/json", half) | answers(200, 201, 204),
            },
        },
    }  # fmt: skip


class Answer:
    """None of these is known where `status` is None."""

    def __init__(self, status=None, headers=None, body=b""):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)

    @property
    def tag(self):
        return self.headers["ETag"]


class Client(threading.Thread):
    def __init__(self, contest, number):
        super().__init__(daemon=True)
        self.contest, self.number = contest, number
        self.chance = random.Random(f"{contest.seed} {contest.base} {number}")
        self.connection = None
        self.fault = None

    def run(self):
        try:
            while time.monotonic() < self.contest.end:
                self.chance.choice([self.take, self.take, self.let_go, self.become, self.see, self.write, self.write, self.drop, self.look])()
        except BaseException as error:  # noqa: BLE001 (raised by `work`)
            self.fault = error

    def ask(self, method, path, content=None, **fields):
        """(when it was sent, when it was answered, the answer) of whoever can be asked just now."""
        while True:
            begun = time.monotonic_ns()
            if self.connection is None and not self.connect():
                time.sleep(0.01)
                if time.monotonic() > self.contest.end + PATIENCE:
                    raise AssertionError("nobody can be asked")
                continue
            answer = self.sent(method, path, content, fields)
            self.contest.counts[f"{method} {answer.status}"] += 1
            if answer.status is None or self.chance.random() < 0.05:
                self.connection.close()
                self.connection = None
            if answer.status == 503:
                time.sleep(0.01)
                if method == "GET" or NOTHING.encode() in answer.body:
                    continue
                answer = Answer()
            return begun, None if answer.status is None else time.monotonic_ns(), answer

    def connect(self):
        addresses = self.contest.servers.addresses
        if addresses:
            self.connection = http.client.HTTPConnection(*self.chance.choice(addresses)[:2], timeout=PATIENCE)
            try:
                self.connection.connect()
            except OSError:
                self.connection = None
        return self.connection is not None

    def sent(self, method, path, content, fields):
        headers = {name.replace("_", "-"): value for name, value in fields.items()}
        try:
            self.connection.request(method, path, None if content is None else json.dumps(content).encode(), headers)
            answer = self.connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        except TimeoutError:
            raise AssertionError(f"no answer in {PATIENCE} s: {method} {path}") from None
        except (OSError, http.client.HTTPException):
            return Answer()

    def note(self, register, method, begun, ended, status, **more):
        self.contest.histories[register].append(Operation(method, begun, ended, status, client=self.number, **more))

    # Values

    def take(self):
        value, n = self.chance.choice(VALUES), self.contest.next_number()
        begun, ended, answer = self.ask("POST", self.contest.held, {"code": value, "n": n}, Content_Type="application/json")
        self.has_asked_for(value, n, begun, ended, answer)
        if answer.status == 201:
            self.contest.holders[value] = (answer.headers["Location"], answer.tag, n)

    def has_asked_for(self, value, n, begun, ended, answer):
        """It was told that it has the value, or that another has."""
        assert answer.status in DONE | {409, None}, (answer.status, answer.body)
        status = {409: 412, None: None}.get(answer.status, 201)
        self.note(value, "PUT", begun, ended, status, sent=n, tag=f'"{n}"' if status == 201 else None, if_none_match="*")

    def has_left(self, value, n, begun, ended, answer):
        """With 404, 410 or 412 it is not the holder's any more."""
        assert answer.status in DONE | {404, 410, 412, None}, (answer.status, answer.body)
        status = {None: None, 200: 204, 204: 204}.get(answer.status, 412)
        self.note(value, "DELETE", begun, ended, status, if_match=f'"{n}"')

    def let_go(self):
        value = self.chance.choice(VALUES)
        if value in self.contest.holders:
            path, tag, n = self.contest.holders[value]
            self.has_left(value, n, *self.ask("DELETE", path, If_Match=tag))

    def become(self):
        """The holder of one value takes another one, and so lets go of its own, both or none."""
        value, other = self.chance.sample(VALUES, 2)
        if value not in self.contest.holders:
            return
        path, tag, n = self.contest.holders[value]
        to = self.contest.next_number()
        begun, ended, answer = self.ask("PATCH", path, {"code": other, "n": to}, If_Match=tag, Content_Type="application/merge-patch+json")
        if answer.status != 409:
            self.has_left(value, n, begun, ended, answer)
        if answer.status in DONE | {409, None}:
            self.has_asked_for(other, to, begun, ended, answer)
        if answer.status in DONE:
            self.contest.holders[other] = (path, answer.tag, to)

    def see(self):
        """Who has it; and whoever that is may be asked to let go of it."""
        value = self.chance.choice(VALUES)
        begun, ended, answer = self.ask("GET", f"{self.contest.held}?code={value}")
        if answer.status is None:
            return
        shown = self.contest.saw_value(value, begun, ended, answer, self.number)
        if shown and self.chance.random() < 0.3:
            path = f"{self.contest.held}/{shown['id']}"
            _, _, one = self.ask("GET", path)
            if one.status == 200 and one.json()["code"] in VALUES:
                self.contest.holders[one.json()["code"]] = (path, one.tag, one.json()["n"])

    # Pairs

    def batch(self, pair, parts):
        begun, ended, answer = self.ask("POST", "/batch", {"atomic": True, "requests": [
            {"id": half, "path": f"{self.contest.base}/{pair}/{half}"} | part for half, part in zip(HALVES, parts)
        ]}, Content_Type="application/json")  # fmt: skip
        if answer.status is None:
            return begun, ended, None, None
        assert answer.status == 200, (answer.status, answer.body)
        said = answer.json()["responses"]
        statuses = {one["status"] for one in said}
        if 503 in statuses:
            nothing = any(NOTHING in json.dumps(one) for one in said)
            return begun, ended if nothing else None, 503 if nothing else None, None
        failed = statuses - DONE - {424}
        if failed:
            assert not statuses & DONE, f"one part is done, the other one not: {said}"
            return begun, ended, failed.pop(), None
        assert len(statuses) == 1, f"one of two was there, the other one not: {said}"
        tag = {name.lower(): text for name, text in said[0]["headers"].items()}.get("etag")
        return begun, ended, statuses.pop(), tag

    def write(self):
        pair, n = self.chance.choice(PAIRS), self.contest.next_number()
        tag = self.contest.tags.get(pair) if self.chance.random() < 0.5 else None
        one = {"method": "PUT", "headers": {"Content-Type": "application/json"}, "body": {"n": n}}
        first = one | {"headers": one["headers"] | ({"If-Match": tag} if tag else {})}
        begun, ended, status, made = self.batch(pair, [first, one])
        if status not in (503, 409):
            assert status in DONE | {412, None}, status
            self.note(pair, "PUT", begun, ended, status, sent=n, if_match=tag, tag=made)
        if made:
            self.contest.tags[pair] = made

    def drop(self):
        if self.chance.random() < 0.7:
            return
        pair = self.chance.choice(PAIRS)
        begun, ended, status, _ = self.batch(pair, [{"method": "DELETE"}] * 2)
        if status not in (503, 409):
            assert status in (204, 404, None), status
            self.note(pair, "DELETE", begun, ended, status)

    def look(self):
        pair = self.chance.choice(PAIRS)
        begun, ended, answer = self.ask("GET", f"{self.contest.base}/{pair}")
        if answer.status is not None:
            self.contest.saw_pair(pair, begun, ended, answer, self.number)


class Contest:
    def __init__(self, servers, base, seed, clients=8):
        self.servers, self.base, self.seed = servers, base, seed
        self.held = f"{base}/held"
        self.end = 0
        self.numbers = itertools.count(1)
        self.histories = defaultdict(list)  # of a value, of a pair
        self.holders = {}  # value: (path, tag, number) of the last one that anybody has heard of
        self.tags = {}  # of pairs
        self.wrong = []
        self.counts = Counter()
        self.clients = [Client(self, number) for number in range(clients)]

    def next_number(self):
        return next(self.numbers)

    def work(self, seconds):
        self.end = time.monotonic() + seconds
        for client in self.clients:
            client.start()
        for client in self.clients:
            client.join(2 * PATIENCE + seconds)
            if client.connection:
                client.connection.close()
        faults = [client.fault for client in self.clients if client.fault]
        if faults:
            raise faults[0]

    def saw_value(self, value, begun, ended, answer, client):
        assert answer.status == 200, (answer.status, answer.body)
        members = answer.json()
        if len(members) > 1:
            self.wrong.append(f"{value} is had by more than one: {members}")
        shown = members[0] if members else None
        self.histories[value].append(Operation(
            "GET", begun, ended, 200 if shown else 404, client=client,
            **{"shown": (shown["n"], shown["n"]), "tag": f'"{shown["n"]}"'} if shown else {},
        ))  # fmt: skip
        return shown

    def saw_pair(self, pair, begun, ended, answer, client):
        assert answer.status == 200, (answer.status, answer.body)
        found = {one["half"]: one["n"] for one in answer.json()}
        if len(found) == 1:
            self.wrong.append(f"{pair} is half there: {found}")
            return
        shown = {"shown": tuple(found[half] for half in HALVES)} if found else {}
        self.histories[pair].append(Operation("GET", begun, ended, 200 if found else 404, client=client, **shown))

    def check(self):
        """Nobody works. Each instance shows the same, and what all have heard can be."""
        for client in self.servers.clients():
            for value in VALUES:
                begun = time.monotonic_ns()
                answer = answered(lambda: client.get(f"{self.held}?code={value}"))  # noqa: B023 (called at once)
                self.saw_value(value, begun, time.monotonic_ns(), answer, "last")
            for pair in PAIRS:
                begun = time.monotonic_ns()
                answer = answered(lambda: client.get(f"{self.base}/{pair}"))  # noqa: B023
                self.saw_pair(pair, begun, time.monotonic_ns(), answer, "last")
        assert not self.wrong, "\n".join(self.wrong[:10])
        for register, history in self.histories.items():
            try:
                check([self.with_last_chance(op) for op in history])
            except AssertionError as error:
                raise AssertionError(f"{register} (seed {self.seed}): {error}") from None

    def with_last_chance(self, op):
        if op.status is not None:
            return op
        return replace(op, until=min((at for at in self.servers.deaths if at >= op.begun), default=None))
