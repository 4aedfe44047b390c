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
OWN = ("tests/conformance", "tests/http", "tests/api")
ANY = ("tests/conformance",)


def run(folders, report, arguments):
    """pytest over the tests that name requirements; its exit status."""
    command = [PYTHON, "-m", "pytest", "-q", "-rfE", "--tb=short", "-m", "requirement"]
    command += [f"--conformance={report}", *arguments, *folders]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def summary(text):
    """What is not met, and the counts of each RFC."""
    lines = text.splitlines()
    broken = [line for line in lines if line.endswith("| BROKEN |")]
    begin, end = (
        next(n for n, line in enumerate(lines) if line.startswith(start))
        for start in ("| RFC |", "| **all** |")
    )
    return "\n".join([*broken, "", *lines[begin : end + 1]])


def conform_own(arguments):
    """Our own server: docs/conformance.md says how it went."""
    if "VB_BINARY" not in os.environ:
        subprocess.run([ROOT / "script/build", "asan"], check=True)
    status = run(OWN, DOCUMENT, arguments)
    print(f"wrote {DOCUMENT.relative_to(ROOT)}")
    return status


def conform_other(options, arguments):
    """Somebody else's, at --base-url."""
    arguments += [f"--base-url={options.base_url}"]
    if options.profile:
        arguments += [f"--profile={options.profile.resolve()}"]
    with tempfile.TemporaryDirectory() as folder:
        report = options.write or Path(folder) / "conformance.md"
        status = run(ANY, report.resolve(), arguments)
        print(summary(report.read_text(encoding="utf-8")))
    return status


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base-url")
    parser.add_argument("--profile", type=Path)
    parser.add_argument("--write", type=Path)
    options, arguments = parser.parse_known_args()
    if options.base_url:
        return conform_other(options, arguments)
    return conform_own(arguments)


if __name__ == "__main__":
    sys.exit(main())
