"""Link fields (RFC 8288 section 3), read strictly."""

import re
from dataclasses import dataclass

TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
QUOTED = r'"(?:[^"\\]|\\.)*"'
LINK = re.compile(rf"<([^<>]*)>((?:; ?{TOKEN}(?:=(?:{TOKEN}|{QUOTED}))?)*)(?:, |$)")
PARAMETER = re.compile(rf"; ?({TOKEN})(?:=({TOKEN}|{QUOTED}))?")


@dataclass(frozen=True)
class Link:
    """One link: its target as it was written, and its parameters in order."""

    target: str
    parameters: tuple

    def all(self, name):
        return [value for key, value in self.parameters if key == name]

    @property
    def rel(self):
        return self.all("rel")[0]


def unquoted(value):
    return re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value


def parse(value):
    """The links of a field's value; nothing may be left over."""
    links, at = [], 0
    while value and at < len(value):
        match = LINK.match(value, at)
        assert match, f"not a link: {value[at:]}"
        pairs = PARAMETER.findall(match[2])
        links.append(Link(match[1], tuple((n.lower(), unquoted(v)) for n, v in pairs)))
        at = match.end()
    return links
