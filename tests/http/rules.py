"""Rules that every response must keep, checked on every response of every test.

A rule names the rows of the ledger (tests/conformance) that it holds against
what comes, tells when it applies, and is counted: a rule that never applied
shows nothing. `check` names all that are broken.
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

import link

IMF_FIXDATE = re.compile(
    r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-3][0-9] "
    r"(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) "
    r"[0-9]{4} [0-2][0-9]:[0-5][0-9]:[0-6][0-9] GMT"
)
ENTITY_TAG = re.compile(r'(W/)?"[\x21\x23-\x7e\x80-\xff]*"')
TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
QUOTED = r'"(?:[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t \x21-\x7e\x80-\xff])*"'
TOKENS = re.compile(rf"(?:{TOKEN}(?:, {TOKEN})*)?")
MEDIA = rf"{TOKEN}/{TOKEN}(?:; ?{TOKEN}=(?:{TOKEN}|{QUOTED}))*"
PROBLEM = "application/problem+json"
# What each of these must look like, in full.
GRAMMAR = {
    "Date": IMF_FIXDATE,
    "Last-Modified": IMF_FIXDATE,
    "ETag": ENTITY_TAG,
    "Content-Type": re.compile(MEDIA),
    "Content-Length": re.compile("[0-9]+"),
    "Content-Encoding": TOKENS,
    "Allow": TOKENS,
    "Vary": TOKENS,
    "Connection": TOKENS,
    "Accept-Ranges": TOKENS,
    "Location": re.compile(r"[!#-;=?-Z_a-z~\[\]%]+"),
    "Content-Location": re.compile(r"[!#-;=?-Z_a-z~\[\]%]+"),
    "Retry-After": re.compile(rf"[0-9]+|{IMF_FIXDATE.pattern}"),
    "Server": re.compile(rf"{TOKEN}(?:/{TOKEN})?(?: (?:{TOKEN}(?:/{TOKEN})?|\(.*\)))*"),
}
SINGLE = (
    "Date", "ETag", "Last-Modified", "Location", "Content-Type", "Content-Length",
    "Content-Range", "Content-Location", "Age", "Expires", "Retry-After",
)  # fmt: skip
LISTS = (
    "Allow", "Vary", "Connection", "Via", "Link", "Accept-Ranges", "Accept",
    "Accept-Encoding", "Accept-Patch", "Accept-Post", "Accept-Query",
    "Content-Encoding", "Cache-Control", "Preference-Applied", "Trailer",
)  # fmt: skip
REQUEST_ONLY = (
    "Host", "TE", "Expect", "If-Match", "If-None-Match", "If-Modified-Since",
    "If-Unmodified-Since", "If-Range", "Range", "Max-Forwards", "Authorization",
    "Accept-Charset", "Accept-Language", "Referer", "User-Agent",
)  # fmt: skip
# A line of Set-Cookie (RFC 6265bis section 4.1.1), and what the prefixes of a name promise.
COOKIE_OCTET = r"[!#-+\--:<-\[\]-~]"
SET_COOKIE = re.compile(
    rf"(?P<name>{TOKEN})=(?:{COOKIE_OCTET}*|\"{COOKIE_OCTET}*\")(?P<attributes>(?:; (?:"
    rf"Expires={IMF_FIXDATE.pattern}|Max-Age=[1-9][0-9]*|Domain=[A-Za-z0-9.-]+|Path=/[ -:<-~]*"
    r"|Secure|HttpOnly|Partitioned|SameSite=(?:Strict|Lax|None)))*)"
)
PROMISES = {"__Secure-": {"Secure"}, "__Host-": {"Secure", "Path=/"}}
REFERENCES = ("Location", "Content-Location")
CONNECTION_OPTIONS = {"close", "keep-alive", "upgrade", "te"}
PER_CONNECTION = ("Upgrade", "Keep-Alive", "Proxy-Connection", "TE")
NOT_IN_TRAILERS = {
    "transfer-encoding", "content-length", "host", "trailer", "connection", "date",
    "cache-control", "authorization", "set-cookie", "location", "vary", "age",
    "content-encoding", "content-type", "content-range", "www-authenticate",
}  # fmt: skip


def always(method, response):
    return True


def has(*names):
    return lambda m, r: any(name in r.headers for name in names)


def is_status(*statuses):
    return lambda m, r: r.status in statuses


def no_content(method, response):
    return method == "HEAD" or response.status < 200 or response.status in (204, 304)


def has_content(method, response):
    return not no_content(method, response) and response.body != b""


def is_problem(method, response):
    media = response.headers.get("Content-Type", "").partition(";")[0]
    return has_content(method, response) and media == PROBLEM


def values(response, names):
    return [value for name in names for value in response.headers.all(name)]


def dates_are_fixdates(_, r):
    return all(IMF_FIXDATE.fullmatch(value) for value in values(r, ("Date", "Last-Modified", "Expires")))


def follows_grammar(_, r):
    return all(
        GRAMMAR[name].fullmatch(value) for name in GRAMMAR for value in r.headers.all(name)
    )


def modified_not_after_date(_, r):
    date, modified = r.headers.get("Date"), r.headers.get("Last-Modified")
    if date is None or not dates_are_fixdates(_, r):
        return True  # the rule of dates names what is wrong
    return parsedate_to_datetime(modified) <= parsedate_to_datetime(date)


def is_multipart(response):
    return response.headers.get("Content-Type", "").startswith("multipart/byteranges")


def targets(response):
    """Every URI reference that the head of a response makes."""
    links = [one.target for one in link.parse(response.headers.get("Link"))]
    return values(response, REFERENCES) + links


def without_quoted(value):
    return re.sub(QUOTED, '""', value)


def weighs_well(_, r):
    """q comes last, and has at most three decimals."""
    members = re.split(r", ", without_quoted(r.headers.get("Accept", "")))
    weights = [member.partition(";q=")[2] for member in members if ";q=" in member.replace("; ", ";")]
    return all(re.fullmatch(r"[01](\.[0-9]{1,3})?", weight) for weight in weights)


def links_are_well_made(_, r):
    """One rel each, no rev, nothing twice."""
    return all(
        len(one.all("rel")) == 1
        and all(len(one.all(name)) <= 1 for name in ("media", "title", "title*", "type"))
        for one in link.parse(r.headers.get("Link"))
    )


def set_cookies(response):
    """(name, attributes) of all that are set; None stands for what is not one."""
    lines = [SET_COOKIE.fullmatch(line) for line in response.headers.all("Set-Cookie")]
    return [line and (line["name"], line["attributes"].split("; ")[1:]) for line in lines]


def attributes_are_single(_, r):
    names = [[one.partition("=")[0] for one in attributes] for _, attributes in filter(None, set_cookies(r))]
    return all(len(set(one)) == len(one) for one in names)


def cookies_are_single(_, r):
    names = [name for name, _ in filter(None, set_cookies(r))]
    return len(set(names)) == len(names)


def promises_are_kept(_, r):
    return all(
        promised <= set(attributes) and not (prefix == "__Host-" and any(one.startswith("Domain=") for one in attributes))
        for name, attributes in filter(None, set_cookies(r))
        for prefix, promised in PROMISES.items()
        if name.startswith(prefix)
    )


def leaks_nothing(_, r):
    text = r.body.decode("utf-8", "replace")
    return not re.search(r"\.[ch]:[0-9]|\bsrc/|/usr/|SELECT |INSERT |Traceback|0x[0-9a-f]{8}", text)


def type_is_absolute(_, r):
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", r.json().get("type", "about:blank"))


def instance_is_rooted(_, r):
    return re.match(r"/|[A-Za-z][A-Za-z0-9+.-]*:", r.json().get("instance", "/"))


@dataclass(frozen=True)
class Rule:
    """What holds of a response to a method, where `applies` says so."""

    ids: tuple
    text: str
    applies: object
    kept: object


@dataclass
class Tally:
    """How often rules applied, and the first response that broke each, by text."""

    applied: Counter = field(default_factory=Counter)
    broken: dict = field(default_factory=dict)

    def judge(self, rule, method, response):
        """False when the response breaks the rule."""
        if not rule.applies(method, response):
            return True
        self.applied[rule.text] += 1
        if rule.kept(method, response):
            return True
        self.broken.setdefault(rule.text, f"{method} -> {response!r}")
        return False


RULES = [Rule(tuple(ids.split()), *rest) for ids, *rest in (
    ("9110-2.2-01", "what is sent follows its grammar", always, follows_grammar),
    ("9110-2.2-02", "a response has no field that only requests have", always,
     lambda m, r: not any(name in r.headers for name in REQUEST_ONLY)),
    ("9110-4.2.1-01 9110-4.2.2-01", "the host of an http or https URI is not empty",
     has("Link", *REFERENCES),
     lambda m, r: not any(re.match(r"https?:(//([/:?#]|$)|(?!//))", t) for t in targets(r))),
    ("9110-4.2.4-01", "no user information stands in a URI", has("Link", *REFERENCES),
     lambda m, r: not any(re.match(r"https?://[^/?#]*@", t) for t in targets(r))),
    ("9110-5.3-02", "a field that is no list has one line", always,
     lambda m, r: all(len(r.headers.all(name)) <= 1 for name in SINGLE)),
    ("9110-5.5-05", "field values are visible ASCII", always,
     lambda m, r: all(re.fullmatch(r"[\t -~]*", value) for _, value in r.headers)),
    ("9110-5.6.1.1-01", "a list has no empty member", has(*LISTS),
     lambda m, r: not any(re.search(r"^\s*,|,\s*,|,\s*$", without_quoted(v)) for v in values(r, LISTS))),
    ("9110-5.6.3-01 9110-5.6.3-02", "whitespace is one SP", has(*LISTS),
     lambda m, r: not any(re.search(r",(?! [^ ])|\t|  ", without_quoted(v)) for v in values(r, LISTS))),
    ("9110-5.6.3-04", "there is no space around =", has("Link", "Content-Type", "Cache-Control", "WWW-Authenticate"),
     lambda m, r: not any(re.search(r"\s=|=\s", without_quoted(v))
                          for v in values(r, ("Link", "Content-Type", "Cache-Control", "WWW-Authenticate")))),
    ("9110-5.6.4-02", "a quoted string escapes only what must be",
     lambda m, r: any(re.search(QUOTED, v) for v in values(r, ("Link", "Content-Type", "WWW-Authenticate"))),
     lambda m, r: not any(re.search(r'\\[^"\\]', v) for v in values(r, ("Link", "Content-Type", "WWW-Authenticate")))),
    ("9110-5.6.7-02 9110-5.6.7-03", "dates are sent as IMF-fixdate",
     has("Date", "Last-Modified", "Expires"), dates_are_fixdates),
    ("9110-6.5.1-01", "nothing that belongs to the head is a trailer",
     lambda m, r: len(r.trailers) > 0,
     lambda m, r: not any(name.lower() in NOT_IN_TRAILERS for name, _ in r.trailers)),
    ("9110-6.6.2-01", "trailers are announced", lambda m, r: len(r.trailers) > 0,
     lambda m, r: {name.lower() for name, _ in r.trailers} <= set(r.headers.tokens("Trailer"))),
    ("9110-6.6.1-01", "Date is in every 2xx, 3xx and 4xx",
     lambda m, r: 200 <= r.status < 500, lambda m, r: "Date" in r.headers),
    ("9110-7.6.1-01 9110-7.8-06 9110-7.8-08", "Connection lists what is about the connection",
     has(*PER_CONNECTION),
     lambda m, r: all(name.lower() in r.headers.tokens("Connection")
                      for name in PER_CONNECTION if name in r.headers)),
    ("9110-7.6.1-04", "Connection lists nothing else", has("Connection"),
     lambda m, r: set(r.headers.tokens("Connection")) <= CONNECTION_OPTIONS),
    ("9110-8.3-01", "content has a Content-Type", has_content,
     lambda m, r: "Content-Type" in r.headers),
    ("9110-8.4-02", "identity is no content coding", has("Content-Encoding"),
     lambda m, r: "identity" not in r.headers.tokens("Content-Encoding")),
    ("9110-8.6-06", "no Content-Length in 1xx and 204",
     lambda m, r: r.status < 200 or r.status == 204,
     lambda m, r: "Content-Length" not in r.headers),
    ("6265bis-3-01", "what sets a cookie is for one client alone", has("Set-Cookie"),
     lambda m, r: {"private", "no-store"} & set(r.headers.tokens("Cache-Control"))),
    ("6265bis-4.1.1-05", "no cookie is set twice", has("Set-Cookie"),
     lambda m, r: len({v.partition("=")[0] for v in r.headers.all("Set-Cookie")}) == len(r.headers.all("Set-Cookie"))),
    ("9110-8.8.2.1-03", "Last-Modified is not after Date", has("Last-Modified"),
     modified_not_after_date),
    ("9110-8.8.3-01", "ETag is an entity tag", has("ETag"),
     lambda m, r: all(ENTITY_TAG.fullmatch(v) for v in r.headers.all("ETag"))),
    ("9110-8.8.3-03", "an entity tag has no backslash", has("ETag"),
     lambda m, r: "\\" not in r.headers.get("ETag")),
    ("9110-9.3.3-02", "206, 304 and 416 are no answers to POST", lambda m, r: m == "POST",
     lambda m, r: r.status not in (206, 304, 416)),
    ("9110-10.2.1-01", "405 has Allow", is_status(405), lambda m, r: "Allow" in r.headers),
    ("9110-10.2.2-03", "Location is one reference", has("Location"),
     lambda m, r: not re.search(r"[\s<>]|, ", r.headers.get("Location"))),
    ("9110-10.2.3-01", "Retry-After is seconds or a date", has("Retry-After"),
     lambda m, r: GRAMMAR["Retry-After"].fullmatch(r.headers.get("Retry-After"))),
    ("9110-10.2.4-02 9110-10.2.4-03", "Server tells no details", has("Server"),
     lambda m, r: re.fullmatch(rf"{TOKEN}(/[0-9]+(\.[0-9]+)?)?", r.headers.get("Server"))),
    ("9110-11.6.1-01", "401 has WWW-Authenticate", is_status(401),
     lambda m, r: "WWW-Authenticate" in r.headers),
    ("9110-12.4.2-02 9110-12.5.1-02", "weights come last and are short", has("Accept"), weighs_well),
    ("9110-12.5.5-04", "Vary leaves Authorization out", has("Vary"),
     lambda m, r: "authorization" not in r.headers.tokens("Vary")),
    ("9110-14.4-06", "Content-Range is only in 206 and 416", always,
     lambda m, r: r.status in (206, 416) or "Content-Range" not in r.headers),
    ("9110-15.3.2-01", "201 to a POST names what it created",
     lambda m, r: r.status == 201 and m == "POST", lambda m, r: "Location" in r.headers),
    ("9110-15.3.7.1-01 9110-15.3.7.2-02", "206 has Content-Range, or is multipart without it",
     is_status(206), lambda m, r: is_multipart(r) != ("Content-Range" in r.headers)),
    ("9110-14.4-04", "a single part tells the complete length",
     lambda m, r: r.status == 206 and not is_multipart(r),
     lambda m, r: re.fullmatch(r"bytes [0-9]+-[0-9]+/[0-9]+", r.headers.get("Content-Range", ""))),
    ("9110-15.3.7-05", "the length of a 206 is that of what it has",
     lambda m, r: r.status == 206 and not is_multipart(r) and "Content-Length" in r.headers,
     lambda m, r: int(r.headers["Content-Length"]) == len(r.body)),
    ("9110-15.4.2-01", "301 has Location", is_status(301), lambda m, r: "Location" in r.headers),
    ("9110-15.4.4-01", "303 has Location", is_status(303), lambda m, r: "Location" in r.headers),
    ("9110-15.4.8-02", "307 has Location", is_status(307), lambda m, r: "Location" in r.headers),
    ("9110-15.4.9-01", "308 has Location", is_status(308), lambda m, r: "Location" in r.headers),
    ("9110-15.4.5-02", "304 does not repeat the content's type and length", is_status(304),
     lambda m, r: not has("Content-Type", "Content-Encoding")(m, r) and r.headers.get("Content-Length") != "0"),
    ("9110-15.5-01", "4xx explains itself",
     lambda m, r: 400 <= r.status < 500 and m != "HEAD", lambda m, r: r.body != b""),
    ("9110-15.5.17-01 9110-14.4-05", "416 tells the current length", is_status(416),
     lambda m, r: re.fullmatch(r"[!-~]+ \*/[0-9]+", r.headers.get("Content-Range", ""))),
    ("9110-15.5.22-01 9110-7.8-05", "426 has Upgrade", is_status(426), lambda m, r: "Upgrade" in r.headers),
    ("9110-15.6-01", "5xx explains itself",
     lambda m, r: r.status >= 500 and m != "HEAD", lambda m, r: r.body != b""),
    ("6585-6-03", "an origin server never says 511", always, lambda m, r: r.status != 511),
    ("9112-6.1-05", "no Transfer-Encoding in 1xx and 204",
     lambda m, r: r.status < 200 or r.status == 204,
     lambda m, r: "Transfer-Encoding" not in r.headers),
    ("9112-6.2-01", "never both Content-Length and Transfer-Encoding",
     has("Content-Length", "Transfer-Encoding"),
     lambda m, r: not ("Content-Length" in r.headers and "Transfer-Encoding" in r.headers)),
    ("9112-6.1-02 9112-7.4-02", "the only transfer coding is chunked, once", has("Transfer-Encoding"),
     lambda m, r: r.headers.tokens("Transfer-Encoding") == ["chunked"]),
    ("6265bis-4.1.1-01 6265bis-4.1.1-02 6265bis-4.1.1-06", "a cookie is set by its grammar", has("Set-Cookie"),
     lambda m, r: all(set_cookies(r))),
    ("6265bis-4.1.1-04", "an attribute of a cookie comes once", has("Set-Cookie"), attributes_are_single),
    ("6265bis-4.1.1-05", "no cookie is set twice at once", has("Set-Cookie"), cookies_are_single),
    ("6265bis-4.1.3-01", "a cookie keeps what its name promises", has("Set-Cookie"), promises_are_kept),
    ("9111-7.3-01", "what sets a cookie is kept by no shared cache", has("Set-Cookie"),
     lambda m, r: {"private", "no-store"} & set(r.headers.tokens("Cache-Control"))),
    ("9111-5.2.2.1-01 9111-5.2.2.10-03", "seconds in Cache-Control have no quotes", has("Cache-Control"),
     lambda m, r: not re.search(r'max-?age="', r.headers.get("Cache-Control"), re.I)),
    ("9111-5.2.2.4-03 9111-5.2.2.7-03", "fields in Cache-Control have quotes", has("Cache-Control"),
     lambda m, r: not re.search(r'(no-cache|private)=[^"]', r.headers.get("Cache-Control"), re.I)),
    ("9111-5.5-01", "nobody is warned", always, lambda m, r: "Warning" not in r.headers),
    ("8288-3.3-01 8288-3.4.1-01", "a link has one rel and nothing twice", has("Link"), links_are_well_made),
    ("8288-3.3-02", "a link has no rev", has("Link"),
     lambda m, r: not any(one.all("rev") for one in link.parse(r.headers.get("Link")))),
    ("9457-3.1.1-02", "the type of a problem is absolute", is_problem, type_is_absolute),
    ("9457-3.1.2-01", "the status of a problem is the response's", is_problem,
     lambda m, r: r.json().get("status", r.status) == r.status),
    ("9457-3.1.5-01", "the instance of a problem is absolute or rooted", is_problem, instance_is_rooted),
    ("9457-5-01 9457-3.1.4-01", "a problem tells nothing of the inside", is_problem, leaks_nothing),
)]  # fmt: skip
tally = Tally()
# Somebody else's server: what it breaks is counted, but fails no other test.
forgiving = False


def check(method, response):
    """Fails with the ids of the rules that the response breaks."""
    broken = [
        f"{' '.join(rule.ids)}: {rule.text}"
        for answer in (*response.interim, response)
        for rule in RULES
        if not tally.judge(rule, method, answer)
    ]
    assert forgiving or not broken, f"{method} -> {response!r} breaks " + "; ".join(broken)
