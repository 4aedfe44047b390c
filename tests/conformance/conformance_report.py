"""docs/conformance.md: every requirement in scope, who shows it, and how it went.

The text depends on nothing but the ledger and the outcomes: no date, no time, no
machine. So a file that differs from what a run writes is stale.
"""

from collections import Counter

import ledger

MET, BROKEN, NOT_SHOWN, NOT_APPLICABLE = "met", "BROKEN", "not shown", "n/a"
NAMES = {
    "5789": "PATCH",
    "5861": "Stale responses",
    "6265bis": "Cookies",
    "6585": "Additional status codes",
    "6902": "JSON Patch",
    "7239": "Forwarded",
    "7240": "Prefer",
    "7301": "ALPN",
    "7396": "JSON Merge Patch",
    "7541": "HPACK",
    "7617": "Basic",
    "7838": "Alt-Svc",
    "8246": "Immutable responses",
    "8288": "Web Linking",
    "8297": "Early Hints",
    "8336": "ORIGIN frame",
    "8470": "Early data",
    "8586": "CDN-Loop",
    "9000": "QUIC",
    "9110": "HTTP semantics",
    "9111": "HTTP caching",
    "9112": "HTTP/1.1",
    "9113": "HTTP/2",
    "9114": "HTTP/3",
    "9204": "QPACK",
    "9209": "Proxy-Status",
    "9211": "Cache-Status",
    "9213": "Targeted cache control",
    "9218": "Priorities",
    "9457": "Problem details",
    "9530": "Digest fields",
    "9875": "Cache groups",
    "10008": "QUERY",
    "fetch": "CORS",
    "optimistic-upgrade": "Optimistic use of CONNECT",
}
HEAD = """# Conformance

What RFCs require of {subject}, what shows it, and how that went. Written by
`script/conformance`; [tests/conformance](../tests/conformance/README.md) tells more.

*met*: all of its tests passed. *BROKEN*: one did not. *not shown*: none could run. *n/a*: it does not apply, and the
row says why. Requirements that nobody outside can observe are left out. *Role*: whom the requirement is for; *proxy* is
an intermediary, *client* is Verbatim where it asks another server, *any* is whoever sends or receives a message.
"""


def every_response(rule):
    """How a rule of tests/http/rules.py is told from a test."""
    return f"every response: {rule.text}"


def verdict(row, reasons, outcomes):
    """One of the four words, from {test: outcome}."""
    if row.id in reasons:
        return NOT_APPLICABLE
    seen = set(outcomes.values())
    if seen & {"failed", "xfailed"}:
        return BROKEN
    return MET if "passed" in seen else NOT_SHOWN


def shown(test):
    """A test as a link to its file."""
    path, colons, function = test.partition("::")
    return f"[{function}](../{path})" if colons else f"[{test}](../tests/http/rules.py)"


def cell(text):
    return text.replace("|", "\\|").replace("<", "&lt;")


def title(rfc):
    return f"RFC {rfc}" if rfc[0].isdigit() else rfc.capitalize()


def anchor(rfc):
    """Of the heading of an RFC's table."""
    text = f"{title(rfc)} {NAMES[rfc]}".lower().replace(" ", "-")
    return "".join(c for c in text if c not in "/.:")


def section_link(row):
    if row.rfc == "fetch":
        return f"[{row.section}](https://fetch.spec.whatwg.org/#{row.section})"
    anchor = "section" if row.section[0].isdigit() else "appendix"
    document = f"https://www.rfc-editor.org/rfc/rfc{row.rfc}"
    if not row.rfc.isdigit():  # its number is not assigned yet
        draft = f"rfc{row.rfc}" if row.rfc[0].isdigit() else row.rfc
        document = f"https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-{draft}"
    return f"[{row.section}]({document}#{anchor}-{row.section})"


def line(row, reasons, outcomes):
    by = cell(reasons[row.id]) if row.id in reasons else ", ".join(shown(test) for test in sorted(outcomes))
    what = f"{row.level}: {cell(row.summary)}"
    return f"| {row.id} | {section_link(row)} | {ledger.ROLES[row.role]} | {what} | {by} | {verdict(row, reasons, outcomes)} |"


def summary_line(name, counts):
    columns = [sum(counts.values()), *(counts[word] for word in (MET, BROKEN, NOT_SHOWN, NOT_APPLICABLE))]
    return f"| {name} | " + " | ".join(map(str, columns)) + " |"


def render(rows, reasons, results, base_url=None):
    """The document; `results` are {id: {test: outcome}}."""
    scope = sorted((row for row in rows.values() if row.in_scope), key=lambda row: row.order)
    counts, parts = {}, {}
    for row in scope:
        outcomes = results.get(row.id, {})
        counts.setdefault(row.rfc, Counter())[verdict(row, reasons, outcomes)] += 1
        parts.setdefault(row.rfc, []).append(line(row, reasons, outcomes))
    text = [HEAD.format(subject=f"the server at {base_url}" if base_url else "Verbatim")]
    text += [
        "| RFC | in scope | met | broken | not shown | n/a |",
        "|---|--:|--:|--:|--:|--:|",
        *(summary_line(f"[{rfc}](#{anchor(rfc)}) {NAMES[rfc]}", counts[rfc]) for rfc in counts),
        summary_line("**all**", sum(counts.values(), Counter())),
    ]
    for rfc, lines in parts.items():
        text += [
            "",
            f"## {title(rfc)}: {NAMES[rfc]}",
            "",
            "| requirement | section | role | what | shown by | result |",
            "|---|---|---|---|---|---|",
            *lines,
        ]
    return "\n".join(text) + "\n"
