"""A Verbatim server for the length of a test.

It must come up, end orderly at SIGTERM, and leave no sanitizer's report: every
test checks that by using it.
"""

import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path

from certificates import of_the_suite, options
from client import PROTOCOLS, protocol
from tls import is_secure

ROOT = Path(__file__).resolve().parents[2]
# "listening on http://127.0.0.1:43211", "listening on unix:/run/x"
LISTENING = re.compile(
    r"listening\b.*?(?:unix:(?P<path>\S+)"
    r"|(?P<host>\[[0-9a-f:]+\]|\d+\.\d+\.\d+\.\d+):(?P<port>\d+))",
    re.IGNORECASE,
)
SANITIZER = re.compile(
    r"ERROR: (Address|Leak|Thread|Memory)Sanitizer|runtime error:"
    r"|SUMMARY: \w+Sanitizer"
)


class Address(tuple):
    """(host, port), and whether TLS is spoken there."""

    secure = False


def binary():
    """The program under test: $VB_BINARY, or what script/test builds."""
    path = Path(
        os.environ.get("VB_BINARY", ROOT / "build/asan/src/server/verbatim")
    ).absolute()
    assert path.exists(), f"{path} is not built (script/build asan)"
    return path


def write_description(folder, description):
    """The file to serve: a path as it is; text or a value is written out."""
    if description is None or isinstance(description, Path):
        return description
    folder.mkdir(parents=True, exist_ok=True)
    if isinstance(description, str):
        path = folder / "description.yaml"
        path.write_text(description)
    else:
        path = folder / "description.json"
        path.write_text(json.dumps(description, indent=2))
    return path


class Server:
    """One `verbatim serve`, its data and its output below a folder."""

    def __init__(
        self, folder, description=None, args=(), *, listen="127.0.0.1:0", env=None
    ):
        self.folder = Path(folder)
        self.data = self.folder / "data"
        self.description = write_description(self.folder, description)
        self.args = [str(arg) for arg in args]
        self.listen = listen
        if PROTOCOLS[protocol()].secure and ":" in listen and not listen.startswith(("unix:", "http")):
            self.listen = f"https://{listen}"
            self.args += options(of_the_suite())
        self.env = dict(os.environ, **(env or {}))
        self.process = None
        self.terminated = False
        self.addresses = []
        self.clients = []

    # Life

    def command(self):
        line = [binary(), "serve"]
        if self.description:
            line.append(self.description)
        line += ["--listen", self.listen, "--data", self.data]
        if "--workers" not in self.args:
            line += ["--workers", "1"]
        return [str(word) for word in line + self.args]

    def start(self, timeout=30):
        """Starts the program and waits until it says where it listens."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with open(self.log, "ab") as log:
            before = log.tell()
            self.terminated = False
            self.process = subprocess.Popen(
                self.command(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self.env,
                cwd=self.folder,
            )
        deadline = time.monotonic() + timeout
        while not (found := self.find_addresses(before)):
            assert self.process.poll() is None, f"it ended:\n{self.output}"
            assert time.monotonic() < deadline, f"no address:\n{self.output}"
            time.sleep(0.01)
        self.addresses = found
        return self

    def find_addresses(self, offset):
        found = []
        text = self.log.read_bytes()[offset:].decode(errors="replace")
        for match in LISTENING.finditer(text):
            if match["path"]:
                found.append(match["path"])
            else:
                found.append(Address((match["host"].strip("[]"), int(match["port"]))))
                found[-1].secure = "https://" in match[0]
        return found if text.endswith("\n") else []

    def terminate(self):
        """SIGTERM, without waiting; a second one would not be gentle."""
        if not self.terminated:
            self.process.send_signal(signal.SIGTERM)
        self.terminated = True

    def stop(self, timeout=30):
        """SIGTERM: it must finish what is under way and exit with 0."""
        if self.process is None:
            return
        for client in self.clients:
            client.close()
        self.terminate()
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"SIGTERM did not end it:\n{self.output}") from None
        self.process = None
        self.check_output()
        assert code == 0, f"it exited with {code}:\n{self.output}"

    def kill(self):
        """SIGKILL: what a power cut is to a process."""
        self.process.kill()
        self.process.wait()
        self.process = None

    def restart(self):
        self.stop()
        return self.start()

    def reload(self):
        self.process.send_signal(signal.SIGHUP)

    @property
    def reloads(self):
        """How often it has read its description again."""
        return len(re.findall("serving .* anew", self.output))

    # Looking

    @property
    def log(self):
        return self.folder / "output.txt"

    @property
    def output(self):
        """What it has written to stdout and stderr."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def check_output(self):
        assert not SANITIZER.search(self.output), self.output

    @property
    def pid(self):
        return self.process.pid

    @property
    def address(self):
        return self.addresses[0]

    def at(self, host):
        """The same port, on another address of this machine."""
        address = Address((host, self.address[1]))
        address.secure = is_secure(self.address)
        return address

    @property
    def authority(self):
        if isinstance(self.address, str):
            return "localhost"
        host, port = self.address
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    @property
    def origin(self):
        scheme = "https" if is_secure(self.address) else "http"
        return f"{scheme}://{self.authority}"

    # Talking

    def client(self, version=None):
        """A client of the version under test, $VB_PROTOCOL or h1."""
        kind = PROTOCOLS[version or protocol()]
        if kind.secure and not is_secure(self.address):
            kind = PROTOCOLS["h1"]  # as the test wants it
        client = kind(self.address, self.authority)
        self.clients.append(client)
        return client

    def raw(self, data, methods=None, timeout=20):
        return self.client("h1").raw(data, methods, timeout)

    def connect(self, timeout=20):
        return self.client("h1").connect(timeout)
