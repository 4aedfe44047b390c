"""Servers that do wrong: one that does right, and before it what spoils some answers.

    with Spoiled(server, stale, seed=1) as bad:
        crowd = Crowd(bad, "/rounds/1", seed=1)

A way to spoil is a function of the Spoiled and a request; it gives a response as the client is to
hear it, or None to cut its connection off.
"""

import json
import random
import threading
import time

from h1 import Connection, format_request
from upstream import Upstream


def stale(bad, request):
    """A cache that forgets nothing shows what was there some time ago."""
    if request.method == "GET" and request.target in bad.copies and bad.chance.random() < 0.05:
        return bad.copies[request.target]
    answer = bad.ask(request)
    if request.method == "GET" and answer.status == 200 and bad.chance.random() < 0.3:
        bad.copies[request.target] = answer
    return answer


def without_condition(bad, request):
    """A gateway that does not know If-Match."""
    return bad.ask(without(request, "If-Match") if bad.chance.random() < 0.1 else request)


def in_two_steps(bad, request):
    """A PATCH that reads, and then writes, whatever has happened in between."""
    if request.method != "PATCH" or request.get("If-Match") or request.get("Idempotency-Key"):
        return bad.ask(request)
    shown = bad.ask(request, method="GET", fields=[], content=None)
    if shown.status != 200:
        return shown
    time.sleep(0.003)
    content = json.loads(request.content)
    state = shown.json() | ({"b": content[0]["value"]} if isinstance(content, list) else content)
    fields = [("Content-Type", "application/json"), ("Prefer", "return=minimal")]
    body = json.dumps({name: state[name] for name in "ab"}).encode()
    return bad.ask(request, method="PUT", fields=fields, content=body)


def promising(bad, request):
    """A server that says that it has deleted something, and means to."""
    if request.method == "DELETE" and not request.get("If-Match"):
        shown = bad.ask(request, method="GET")
        if shown.status == 200:
            shown.status, shown.body, shown.headers.lines = 204, b"", []
        return shown
    return bad.ask(request)


def forgetful(bad, request):
    """Requests that come again are done again."""
    return bad.ask(without(request, "Idempotency-Key"))


def eager(bad, request):
    """Some requests to add something are sent twice, to be sure; and some answers get lost."""
    if request.method == "POST" and bad.chance.random() < 0.2:
        bad.ask(without(request, "Idempotency-Key"))
        return None
    return bad.ask(request)


def lenient(bad, request):
    """Whoever asks for a value that another has is told that it has it now."""
    answer = bad.ask(request)
    if request.method == "POST" and answer.status == 409 and bad.chance.random() < 0.2:
        content = json.loads(request.content)
        return bad.ask(request, content=json.dumps(content | {"code": f"another {content['n']}"}).encode())
    return answer


def one_by_one(bad, request):
    """A batch that is said to be atomic is done part by part."""
    if not request.target.startswith("/batch"):
        return bad.ask(request)
    first, second = ((content := json.loads(request.content))["requests"])
    if bad.chance.random() < 0.8 or first["method"] != "PUT" or "If-Match" in first["headers"]:
        return bad.ask(request)
    half = bad.ask(request, content=json.dumps(content | {"requests": [first]}).encode())
    time.sleep(0.005)
    bad.ask(request, content=json.dumps(content | {"requests": [second]}).encode())
    responses = half.json()["responses"]
    half.body = json.dumps({"responses": [responses[0], responses[0] | {"id": "1"}]}).encode()
    half.headers.lines = [("Content-Type", "application/json"), ("Content-Length", str(len(half.body)))]
    return half


def without(request, name):
    request.fields = [(one, value) for one, value in request.fields if one != name]
    return request


class Spoiled:
    """What a Crowd asks: one address, behind which all goes through `how`."""

    def __init__(self, server, how, seed):
        self.server = server
        self.how = how
        self.chance = random.Random(seed)
        self.copies = {}  # target: response
        self.deaths = []
        self.local = threading.local()  # each client's connection to the good server
        self.front = Upstream()
        self.front.always(self.answer)
        self.addresses = [self.front.listener.getsockname()]

    def clients(self):
        return [self.server.client()]

    def ask(self, request, **instead):
        """The good server's answer, to the request with some parts in the place of its own."""
        if not hasattr(self.local, "connection"):
            self.local.connection = Connection(self.server.address)
        parts = {"method": request.method, "fields": request.fields, "content": request.content or None} | instead
        fields = [(name, value) for name, value in parts["fields"] if name not in ("Host", "Content-Length")]
        self.local.connection.send(format_request(parts["method"], request.target, [("Host", "localhost"), *fields], parts["content"]))
        return self.local.connection.read_response(parts["method"])

    def answer(self, peer, request):
        answer = self.how(self, request)
        if answer is None:
            peer.close()
            return
        lines = [f"HTTP/1.1 {answer.status} It", *(f"{name}: {value}" for name, value in answer.headers.lines)]
        peer.send("\r\n".join([*lines, "", ""]).encode("latin-1") + answer.body)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.front.close()
