"""The ledger: what HTTP requires of this server, and what is held against it.

requirements.tsv has a row for each requirement, not_applicable.tsv the rows in
scope that no test can show here, each with the reason. Tests name the rows that
they show with the marker `requirement`.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parent
# HTTP semantics, caching, HTTP/1.1, HTTP/2, HTTP/3, what these lie on, what gateways tell of each other, Basic,
# cookies, and CORS.
SCOPE = (
    "5789", "5861", "6265bis", "6585", "6902", "7239", "7240", "7301", "7396", "7541", "7617", "7838", "8246", "8288",
    "8297", "8336", "8470", "8586", "9000", "9110", "9111", "9112", "9113", "9114", "9204", "9209", "9211", "9213",
    "9218", "9457", "9530", "9875", "10008", "fetch", "optimistic-upgrade",
)  # fmt: skip
# Origin server, proxy or gateway, cache, tunnel, user agent (who asks the next server), and whoever sends or receives a
# message.
ROLES = {"O": "origin", "P": "proxy", "C": "cache", "T": "tunnel", "U": "client", "W": "any"}
# What the column `observable` says where a client cannot see it.
UNSEEN = "-"
ID = re.compile(
    r"(?:[0-9]{4,5}(?:bis)?-[0-9A-Z][0-9.]*|fetch-[a-z-]+|optimistic-upgrade-[0-9]+)-[0-9]{2}"
)

requirement = pytest.mark.requirement


def shows(table):
    """Parameters of a test, from {name: (ids, value, ...)}."""
    return [pytest.param(*values, marks=[requirement(*ids.split())] if ids else [], id=name) for name, (ids, *values) in table.items()]


@dataclass(frozen=True)
class Row:
    """One requirement; see README.md for the columns."""

    id: str
    rfc: str
    section: str
    role: str
    level: str
    topic: str
    summary: str
    observable: str

    @property
    def in_scope(self):
        """Must a test name it, or a sentence say why not?"""
        return self.rfc in SCOPE and self.role in ROLES and self.observable != UNSEEN

    @property
    def order(self):
        """Sorts by RFC, section and number; appendices come last, and so does what is no RFC."""
        section = [
            (0, int(part), "") if part.isdigit() else (1, 0, part)
            for part in self.section.split(".")
        ]
        number = re.match("[0-9]*", self.rfc)[0]
        return (int(number or 10**6), self.rfc), section, self.id


def read_table(path):
    """The cells of a file's lines, which tabs part; no quoting."""
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if line]


def read_rows(path=FOLDER / "requirements.tsv"):
    """{id: Row} in the file's order."""
    return {cells[0]: Row(*cells) for cells in read_table(path)[1:]}


def read_reasons(path=FOLDER / "not_applicable.tsv"):
    """{id: why it does not apply}."""
    return dict(read_table(path)[1:])


def faults(rows, reasons, tested, ruled):
    """What is wrong with the ledger, a sentence each.

    `tested` are the ids that tests name, `ruled` those of tests/http/rules.py,
    which may stand there before anything can break them.
    """
    found = [f"{id}: there is no such row" for id in sorted(tested | ruled | set(reasons)) if id not in rows]
    for id, row in rows.items():
        if id in tested and id in reasons:
            found.append(f"{id}: a test shows it, and not_applicable.tsv says that it does not apply")
        if row.in_scope and id not in tested | ruled | set(reasons):
            found.append(f"{id}: no test names it, and not_applicable.tsv does not say why ({row.summary})")
    for id, reason in reasons.items():
        if id in rows and not rows[id].in_scope:
            found.append(f"{id}: it is out of scope, so it needs no reason")
        if not re.fullmatch(r"[A-Z].*\.", reason):
            found.append(f"{id}: the reason is not a sentence: {reason}")
    return found
