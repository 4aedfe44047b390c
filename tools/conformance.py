#!/usr/bin/python3
"""Runs what shows the requirements of the ledger; script/conformance calls this."""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = "/usr/bin/python3"  # Debian's, which has Debian's pytest
DOCUMENT = ROOT / "docs/conformance.md"
# Where the marker is used; the rest of tests/ is not about HTTP.
OWN = (
    "tests/conformance", "tests/http", "tests/api", "tests/caching", "tests/loop", "tests/quic", "tests/tls", "tests/wire",
)  # fmt: skip
ANY = ("tests/conformance",)
# The RFCs about what messages mean, which is the same over each wire.
MEANING = ("5789", "6902", "7240", "7396", "8297", "9110", "9530", "10008")


WIRES = {"h1": "http", "h1+tls": "https", "h2c": "http", "h2": "https", "h3": "https"}  # and whose URIs these are


def files_of_meaning():
    """The tests that any wire can be held against."""
    folder = ROOT / "tests/conformance"
    return [str(path.relative_to(ROOT)) for rfc in MEANING for path in sorted(folder.glob(f"test_{rfc}_*.py"))]


def run(folders, report, arguments, **more_env):
    """pytest over the tests that name requirements; its exit status."""
    command = [PYTHON, "-m", "pytest", "-q", "-rfE", "--tb=short", "-m", "requirement"]
    command += [f"--conformance={report}", *arguments, *folders]
    return subprocess.run(command, cwd=ROOT, env=dict(os.environ, **more_env), check=False).returncode


def summary(text, rfcs=()):
    """What is not met, and the counts of each RFC, or of these."""
    lines = text.splitlines()
    broken = [line for line in lines if line.endswith("| BROKEN |")]
    begin, end = (
        next(n for n, line in enumerate(lines) if line.startswith(start))
        for start in ("| RFC |", "| **all** |")
    )
    counts = lines[begin : end + 1]
    if rfcs:
        counts = [line for line in counts if line.startswith(("| RFC |", "|--", *(f"| [{rfc}]" for rfc in rfcs)))]
    return "\n".join([*broken, "", *counts])


def conform_own(arguments):
    """Our own server: docs/conformance.md says how it went."""
    status = run(OWN, DOCUMENT, arguments)
    print(f"wrote {DOCUMENT.relative_to(ROOT)}")
    return status


def conform_other(options, arguments):
    """Somebody else's, at --base-url, or ours over another wire."""
    wire = options.protocol or ("h1+tls" if (options.base_url or "").startswith("https:") else "h1")
    files, rfcs = (files_of_meaning(), MEANING) if options.protocol else (ANY, ())
    if options.base_url:
        arguments += [f"--base-url={options.base_url}"]
    if options.profile:
        arguments += [f"--profile={options.profile.resolve()}"]
    with tempfile.TemporaryDirectory() as folder:
        report = options.write or Path(folder) / "conformance.md"
        status = run(files, report.resolve(), arguments, VB_PROTOCOL=wire)
        print(summary(report.read_text(encoding="utf-8"), rfcs))
    return status


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base-url")
    parser.add_argument("--protocol", choices=WIRES)
    parser.add_argument("--profile", type=Path)
    parser.add_argument("--write", type=Path)
    options, arguments = parser.parse_known_args()
    if options.base_url and options.protocol and not options.base_url.startswith(WIRES[options.protocol] + ":"):
        parser.error(f"{options.protocol} is spoken at {WIRES[options.protocol]}://, not at {options.base_url}")
    if not options.base_url and "VB_BINARY" not in os.environ:
        subprocess.run([ROOT / "script/build", "asan"], check=True)
    if options.base_url or options.protocol:
        return conform_other(options, arguments)
    return conform_own(arguments)


if __name__ == "__main__":
    sys.exit(main())
