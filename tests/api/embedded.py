"""A program of a user's, with a server inside, for the length of a test.

It takes the address to listen on as its only argument and says nothing, so it
is given a Unix socket's and is there when that can be connected to.
"""

import socket
import subprocess
import time

from server import ROOT, Server, binary


def build_folder():
    """The build whose program is under test."""
    return binary().parents[2]


class Program(Server):
    def __init__(self, folder, path, env=None):
        super().__init__(folder, env=env)
        self.path = path

    def start(self, timeout=30):
        address = str(self.folder / "socket")
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [self.path, f"unix:{address}"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self.env,
                cwd=self.folder,
            )
        deadline = time.monotonic() + timeout
        while not accepts(address):
            assert self.process.poll() is None, f"it ended:\n{self.output}"
            assert time.monotonic() < deadline, f"not there:\n{self.output}"
            time.sleep(0.01)
        self.addresses = [address]
        return self


def accepts(path):
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(path)
        except (FileNotFoundError, ConnectionRefusedError):
            return False
        return True


def public_headers():
    return sorted((ROOT / "include/verbatim").glob("*.h"))
