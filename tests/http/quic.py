"""A connection of QUIC, by way of tests/quic's probe: streams and their ends.

What goes and comes on them is the business of h3.py, or of the test.
"""

import os
import select
import subprocess
import time
from collections import Counter, deque
from pathlib import Path
from typing import NamedTuple

from message import Broken, Reset

ROOT = Path(__file__).resolve().parents[2]
PROBE = "tests/quic/quic_probe"
# What stands behind an event's word (tests/quic/client.h and probe.c).
SHAPES = {
    "handshake": "code bytes", "confirmed": "", "rejected": "", "data": "id bytes",
    "reset": "id code", "stop": "id code", "ended": "id", "bidi": "code", "uni": "code",
    "token": "bytes", "ticket": "bytes", "retry": "", "versions": "bytes", "path": "code",
    "closed": "scope code bytes", "stateless": "", "timed-out": "bytes", "failed": "code bytes",
    "opened": "id", "refused": "scope", "unacked": "code", "drained": "", "parameter": "code", "dcid": "bytes", "sync": "scope",
}  # fmt: skip
ENDS = {"closed", "stateless", "timed-out", "failed"}
# Commands that are answered, and how (or else by "refused").
ANSWERS = {"open": "opened", "unacked": "unacked", "drain": "drained", "parameter": "parameter", "dcid": "dcid", "sync": "sync"}


class Event(NamedTuple):
    kind: str
    id: int = -1
    code: int = None
    bytes: bytes = b""
    scope: str = ""  # "application" or "transport", of a code; a command
    fin: bool = False


def parse(line):
    kind, *words = line.split(" ")
    members = {}
    for name, word in zip(SHAPES[kind].split(), words):
        members[name] = bytes.fromhex(word) if name == "bytes" else word if name == "scope" else int(word)
    return Event(kind, fin=words[-1:] == ["fin"], **members)


def build_folder():
    """The build of the program under test, or another of ours that has tests."""
    beside = [Path(os.environ["VB_BINARY"]).absolute().parents[2]] if "VB_BINARY" in os.environ else []
    for build in [*beside, ROOT / "build/asan", ROOT / "build/strict", ROOT / "build/tsan"]:
        if (build / PROBE).exists():
            return build
    raise AssertionError("quic_probe is not built (script/build asan)")


def program():
    """The probe: $VB_PROBE, or what was built beside the program under test."""
    return os.environ.get("VB_PROBE") or build_folder() / PROBE


def words_of(options):
    for name, value in options.items():
        if isinstance(value, bytes):
            value = value.hex()
        yield f"{name.replace('_', '-')}={int(value) if isinstance(value, bool) else value}"


class Stream:
    """What has come on one: `data` that nobody has taken yet, and its end."""

    def __init__(self):
        self.data = bytearray()
        self.fin = False
        self.reset = None  # the code
        self.stop = None
        self.ended = False


class Quic:
    """One connection; `options` are the probe's (max_data=0, ticket=b"...")."""

    def __init__(self, address, timeout=20, wait=True, **options):
        self.timeout = timeout
        self.streams = {}
        self.answer = None
        self.refused = []  # other commands
        self.seen = {}  # the first of each kind, but those of streams, and
        self.counts = Counter()  # how many of each
        self.end = None  # the event that ended it
        self.buffer = b""
        self.lines = deque()
        self.process = subprocess.Popen(
            [program(), address[0], str(address[1]), *words_of(options)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        if wait:
            self.wait_for_handshake()

    def wait_for_handshake(self):
        try:
            self.wait_for("handshake")
        except BaseException:
            self.vanish()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Ends it orderly, if it is not over; the probe must be fine with it."""
        if self.process.stdin.closed:
            return
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        self.process.stdout.close()
        assert self.process.wait(self.timeout) == 0, "quic_probe failed"

    def vanish(self):
        """The client is gone, and says nothing."""
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()

    # Commands

    def do(self, *words):
        words = [word.hex() if isinstance(word, (bytes, bytearray)) else str(word) for word in words]
        self.process.stdin.write(" ".join(words).encode() + b"\n")
        self.process.stdin.flush()

    def ask(self, command, *words):
        """A command that is answered: its Event."""
        self.answer = None
        self.do(command, *words)
        self.until(lambda: self.answer, over=True)
        return self.answer

    def sync(self):
        """Every command is done: the names of those that were refused."""
        self.ask("sync", "here")
        refused, self.refused = self.refused, []
        return refused

    def open(self, bidi=True, wait=True):
        """The id of a new stream, once the server allows one (without `wait`,
        None where it does not)."""
        kind = "bidi" if bidi else "uni"
        while True:
            allowed = self.counts[kind]
            answer = self.ask("open", kind)
            if answer.kind == "opened" or not wait:
                return answer.id if answer.kind == "opened" else None
            self.until(lambda: self.counts[kind] > allowed)

    def send(self, stream, data, fin=False):
        """Bytes, in pieces that are no burden to the probe."""
        for at in range(0, max(len(data), 1), 65536):
            piece, last = data[at : at + 65536], at + 65536 >= len(data)
            if piece:
                self.do("send", stream, piece, *["fin"] * (fin and last))
            elif fin:
                self.do("fin", stream)

    # Events

    def read_lines(self, patience):
        """Waits for some; False when none came in time."""
        if not select.select([self.process.stdout], [], [], patience)[0]:
            return False
        data = os.read(self.process.stdout.fileno(), 1 << 20)
        if not data:
            raise Broken(f"quic_probe ended with {self.process.wait(5)}")
        *lines, self.buffer = (self.buffer + data).split(b"\n")
        self.lines.extend(lines)
        return True

    def step(self, patience):
        """Takes one event in and gives it; None when none came in time."""
        deadline = time.monotonic() + patience
        while not self.lines:
            if not self.read_lines(max(0, deadline - time.monotonic())):
                return None
        event = parse(self.lines.popleft().decode())
        self.on_event(event)
        return event

    def on_event(self, event):
        if event.id >= 0 and event.kind != "opened":
            stream = self.streams.setdefault(event.id, Stream())
            stream.data += event.bytes
            stream.fin = stream.fin or event.fin
            if event.kind in ("reset", "stop"):
                setattr(stream, event.kind, event.code)
            stream.ended = stream.ended or event.kind == "ended"
        elif event.kind in ANSWERS.values() or event.scope in ANSWERS:
            self.answer = event
        elif event.kind == "refused":
            self.refused.append(event.scope)
        else:
            self.seen.setdefault(event.kind, event)
        self.counts[event.kind] += 1
        if event.kind in ENDS:
            self.end = self.end or event

    def until(self, condition, over=False):
        """Takes events in until it is so; where it is over, that is a Reset
        (with `over`, the commands are still answered)."""
        while not (result := condition()):
            if self.end and not self.lines and not over:
                raise Reset(self.end.code, self.end.kind)
            if self.step(self.timeout) is None:
                raise TimeoutError(f"nothing came for {self.timeout} s")
        return result

    def settle(self):
        """Takes in what has come so far."""
        while self.step(0):
            pass

    def wait_for(self, kind):
        """The first event of this kind (none of a stream's)."""
        return self.until(lambda: self.seen.get(kind))

    def wait_for_end(self):
        """The event that ends the connection."""
        return self.until(lambda: self.end)

    def stream(self, number):
        return self.streams.setdefault(number, Stream())
