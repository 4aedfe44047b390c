"""An HTTP response as the tests see it, whatever version carried it."""

import json
from dataclasses import dataclass, field


class Fields:
    """Field lines in the order they came; names compare without case."""

    def __init__(self, lines=()):
        self.lines = [(str(name), str(value)) for name, value in lines]

    def all(self, name):
        """The values of every line of this name."""
        name = name.lower()
        return [value for key, value in self.lines if key.lower() == name]

    def get(self, name, default=None):
        """The value, its lines joined as RFC 9110 section 5.3 joins them."""
        values = self.all(name)
        return ", ".join(values) if values else default

    def tokens(self, name):
        """The members of a comma-separated list, in lower case."""
        members = (self.get(name) or "").split(",")
        return [member.strip().lower() for member in members if member.strip()]

    def __contains__(self, name):
        return bool(self.all(name))

    def __getitem__(self, name):
        values = self.all(name)
        assert len(values) == 1, f"{len(values)} lines of {name}: {self}"
        return values[0]

    def __iter__(self):
        return iter(self.lines)

    def __len__(self):
        return len(self.lines)

    def __repr__(self):
        return "; ".join(f"{name}: {value}" for name, value in self.lines)


class Broken(AssertionError):
    """What the server sent is not the protocol that is spoken."""


class Reset(Broken):
    """The server reset the stream, or ended the connection."""

    def __init__(self, code, what="reset"):
        super().__init__(f"{what} with {code}")
        self.code = code


@dataclass
class Response:
    """One final response, with the interim ones that came before it."""

    status: int
    headers: Fields
    body: bytes = b""
    trailers: Fields = field(default_factory=Fields)
    reason: str = ""  # HTTP/1.1 only
    interim: list = field(default_factory=list)
    framing: str = ""  # HTTP/1.1 only: none, length, chunked or close

    @property
    def text(self):
        return self.body.decode("utf-8")

    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        shown = self.body if len(self.body) <= 300 else self.body[:300] + b"..."
        return f"<{self.status} {self.headers!r} | {shown!r}>"
