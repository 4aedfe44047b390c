"""The server under test, and what its profile says it has.

A profile is a YAML mapping; README.md lists its keys. A test that needs what the
profile does not name is skipped, and says so.
"""

import itertools
import json
import secrets
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml
from client import PROTOCOLS, H1Client, pairs, protocol
from h3 import Connection
from server import Address
from tls import is_secure

FOLDER = Path(__file__).resolve().parent
SETUP = "setup"
PORTS = {"http": 80, "https": 443}


def read_profile(path):
    with open(path, encoding="utf-8") as file:
        return yaml.safe_load(file) or {}


def encode(content):
    """Content as bytes: text as it is, any other value as JSON."""
    if isinstance(content, bytes):
        return content
    return (content if isinstance(content, str) else json.dumps(content)).encode()


class Target:
    """A server, by its address, and its profile."""

    def __init__(self, address, authority, profile, secured=None):
        self.address = address
        self.secured = address if is_secure(address) else secured  # where TLS and QUIC are spoken
        self.authority = authority
        self.profile = profile
        self.clients = []
        # Names that no earlier run has used, where the server remembers.
        self.prefix = secrets.token_hex(4)
        self.counter = itertools.count(1)

    @classmethod
    def at(cls, base_url, profile):
        """The target at http[s]://HOST[:PORT]; profiles have whole paths."""
        url = urlsplit(base_url)
        if url.scheme not in PORTS or url.path not in ("", "/") or not url.hostname:
            raise pytest.UsageError(f"--base-url {base_url}: http://HOST:PORT is wanted, or https")
        address = Address((url.hostname, url.port or PORTS[url.scheme]))
        address.secure = url.scheme == "https"
        if address.secure != PROTOCOLS[protocol()].secure:
            raise pytest.UsageError(f"--base-url {base_url}: {protocol()} is not spoken there")
        return cls(address, url.netloc, profile)

    def set_up(self):
        """Sends what the profile wants to be there first."""
        for step in self.profile.get(SETUP, ()):
            answer = self.client().request(
                step["method"], step["path"], step.get("headers", {}), encode(step.get("content", ""))
            )
            assert answer.status < 300, f"{step} -> {answer}"

    def need(self, name):
        """What the profile says of this, or the test is skipped."""
        if name not in self.profile:
            pytest.skip(f"the profile names no {name}")
        return self.profile[name]

    @cache
    def page(self):
        """The path of what is there; who refuses everything refuses nothing rightly."""
        path = self.need("page")
        answer = self.client().get(path)
        assert answer.status == 200 and answer.body, answer
        return path

    @property
    def scheme(self):
        return "https" if is_secure(self.address) else "http"

    def place(self, name):
        return Place(self, self.need(name))

    def name(self):
        """A name that nothing has yet."""
        return f"t{self.prefix}-{next(self.counter)}"

    # Talking

    def client(self):
        """A client of the wire under test, $VB_PROTOCOL or h1."""
        client = PROTOCOLS[protocol()](self.address, self.authority)
        self.clients.append(client)
        return client

    # Bytes are HTTP/1.1's, over TLS where the wire under test is.

    def connect(self, timeout=20):
        return H1Client(self.address, self.authority).connect(timeout)

    def raw(self, data, methods=None, timeout=20):
        return H1Client(self.address, self.authority).raw(data, methods, timeout)

    def message(self, line, *fields, content=b"", host=True):
        """The bytes of a request to send as they stand."""
        if host:
            fields = (f"Host: {self.authority}", *fields)
        head = "".join(f"{one}\r\n" for one in (line, *fields))
        return head.encode("latin-1") + b"\r\n" + content

    def ask(self, line, *fields, content=b"", host=True, methods=None):
        """The one response to a request that is sent as it stands."""
        answers = self.raw(self.message(line, *fields, content=content, host=host), methods)
        assert len(answers) == 1, answers
        return answers[0]

    def ask_bytes(self, line, *fields, content=b"", host=True):
        """All that comes back, unread."""
        with self.connect() as connection:
            connection.send(self.message(line, *fields, content=content, host=host))
            connection.half_close()
            return connection.read_to_end()

    def is_alive(self, page):
        """Does it still answer?"""
        return self.client().get(page).status == 200

    def close(self):
        for client in self.clients:
            client.close()
        self.clients.clear()


class QuicTarget:
    """The same server over QUIC."""

    def __init__(self, target):
        if target.secured is None:
            pytest.skip("--base-url is not that of HTTPS")
        self.address = target.secured
        host, port = self.address
        self.authority = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    def connect(self, **options):
        return Connection(self.address, self.authority, **options)

    def is_alive(self):
        with self.connect() as wire:
            return wire.is_alive()


class Place:
    """Where a client may make resources: a path with {key} in it.

    `type` and `content` are what it takes; `other` is another content that it
    takes. `entry` has the rest.
    """

    def __init__(self, target, entry):
        self.target = target
        self.entry = entry
        self.path = entry["path"]
        self.type = entry.get("type", "application/json")
        self.headers = {"Content-Type": self.type}
        self.content = encode(entry["content"])
        self.other = encode(entry["other"])

    def unused(self):
        """The path of what is not there."""
        return self.path.format(key=self.target.name())

    def put(self, client, path, content=None, headers=()):
        body = self.content if content is None else encode(content)
        return client.put(path, [*self.headers.items(), *pairs(headers)], body)

    def made(self, client, content=None, headers=()):
        """The path of a new resource."""
        path = self.unused()
        answer = self.put(client, path, content, headers)
        assert answer.status == 201, answer
        return path

    def need(self, name):
        if name not in self.entry:
            pytest.skip(f"the profile has no {name} for {self.path}")
        return self.entry[name]
