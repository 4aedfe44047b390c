"""Chromium, driven by a script of browser/.

Needs Chromium, Node.js and playwright-core: script/browsers installs them.
"""

import base64
import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from server import ROOT

HERE = Path(__file__).parent / "browser"
PLAYWRIGHT = ROOT / "build/browsers/node_modules/playwright-core"
MISSING = [
    what
    for what, there in [
        ("chromium", shutil.which(os.environ.get("VB_CHROMIUM", "chromium"))),
        ("node", shutil.which("node")),
        ("playwright-core", PLAYWRIGHT.exists()),
    ]
    if not there
]
needed = pytest.mark.skipif(bool(MISSING), reason=f"{', '.join(MISSING)}: not there (script/browsers installs it)")


def fingerprint(server):
    """By which Chromium is told to take the certificate: its key's."""
    pem = server.data / "tls-self-signed.pem"
    key = subprocess.run(["openssl", "x509", "-in", pem, "-pubkey", "-noout"], capture_output=True, check=True)
    der = subprocess.run(
        ["openssl", "pkey", "-pubin", "-outform", "der"], input=key.stdout, capture_output=True, check=True
    )
    return base64.b64encode(hashlib.sha256(der.stdout).digest()).decode()


def drive(script, words, profile, servers, *flags):
    """What a script of browser/ prints, given these words; it trusts the servers' certificates."""
    trusted = ",".join(fingerprint(server) for server in servers)
    done = subprocess.run(
        ["node", HERE / script, *words, PLAYWRIGHT, profile, f"--ignore-certificate-errors-spki-list={trusted}", *flags],
        capture_output=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    seen = json.loads(done.stdout)
    assert "error" not in seen, seen
    return seen
