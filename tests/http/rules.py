"""Rules that every response must keep, checked on every response of every test.

A row is the rule's id in the requirements ledger, its wording, and a predicate
that is true when it is kept. `check` names all that are broken.
"""

import re
from email.utils import parsedate_to_datetime

IMF_FIXDATE = re.compile(
    r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-3][0-9] "
    r"(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) "
    r"[0-9]{4} [0-2][0-9]:[0-5][0-9]:[0-6][0-9] GMT"
)
ENTITY_TAG = re.compile(r'(W/)?"[\x21\x23-\x7e\x80-\xff]*"')
SINGLE = (
    "Date", "ETag", "Last-Modified", "Location", "Content-Type", "Content-Length",
    "Content-Range", "Content-Location", "Age", "Expires", "Retry-After",
)  # fmt: skip
REQUEST_ONLY = (
    "Host", "TE", "Expect", "If-Match", "If-None-Match", "If-Modified-Since",
    "If-Unmodified-Since", "If-Range", "Range", "Max-Forwards", "Authorization",
    "Accept-Charset", "Accept-Language", "Referer", "User-Agent",
)  # fmt: skip


def no_content(method, response):
    return method == "HEAD" or response.status < 200 or response.status in (204, 304)


def dates_are_fixdates(_, r):
    return all(
        IMF_FIXDATE.fullmatch(value)
        for name in ("Date", "Last-Modified")
        for value in r.headers.all(name)
    )


def modified_not_after_date(_, r):
    date, modified = r.headers.get("Date"), r.headers.get("Last-Modified")
    if date is None or modified is None or not dates_are_fixdates(_, r):
        return True  # the rule of dates names what is wrong
    return parsedate_to_datetime(modified) <= parsedate_to_datetime(date)


def range_is_told(_, r):
    if r.status != 206:
        return True
    multipart = r.headers.get("Content-Type", "").startswith("multipart/byteranges")
    return multipart != ("Content-Range" in r.headers)


RULES = [
    ("9110-2.2-02", "a response has no field that only requests have",
     lambda m, r: not any(name in r.headers for name in REQUEST_ONLY)),
    ("9110-5.3-02", "a field that is no list has one line",
     lambda m, r: all(len(r.headers.all(name)) <= 1 for name in SINGLE)),
    ("9110-6.6.1-01", "Date is in every 2xx, 3xx and 4xx",
     lambda m, r: not 200 <= r.status < 500 or "Date" in r.headers),
    ("9110-5.6.7-02", "dates are sent as IMF-fixdate", dates_are_fixdates),
    ("9110-8.6-06", "no Content-Length in 1xx and 204",
     lambda m, r: not (r.status < 200 or r.status == 204)
     or "Content-Length" not in r.headers),
    ("9112-6.1-05", "no Transfer-Encoding in 1xx and 204",
     lambda m, r: not (r.status < 200 or r.status == 204)
     or "Transfer-Encoding" not in r.headers),
    ("9112-6.2-01", "never both Content-Length and Transfer-Encoding",
     lambda m, r: "Content-Length" not in r.headers
     or "Transfer-Encoding" not in r.headers),
    ("9110-8.8.2.1-03", "Last-Modified is not after Date", modified_not_after_date),
    ("9110-8.8.3-01", "ETag is an entity tag",
     lambda m, r: all(ENTITY_TAG.fullmatch(v) for v in r.headers.all("ETag"))),
    ("9110-10.2.1-01", "405 has Allow",
     lambda m, r: r.status != 405 or "Allow" in r.headers),
    ("9110-11.6.1-01", "401 has WWW-Authenticate",
     lambda m, r: r.status != 401 or "WWW-Authenticate" in r.headers),
    ("9110-15.5.22-01", "426 has Upgrade",
     lambda m, r: r.status != 426 or "Upgrade" in r.headers),
    ("9110-15.3.7.1-01", "206 has Content-Range, or is multipart without it",
     range_is_told),
    ("9110-14.4-06", "Content-Range is only in 206 and 416",
     lambda m, r: r.status in (206, 416) or "Content-Range" not in r.headers),
    ("9110-15.5.17-01", "416 tells the current length",
     lambda m, r: r.status != 416
     or re.fullmatch(r"[!-~]+ \*/[0-9]+", r.headers.get("Content-Range", ""))),
    ("9110-15.4.5-02", "304 does not repeat the content's type and length",
     lambda m, r: r.status != 304 or "Content-Type" not in r.headers),
    ("9110-15.3.2-01", "201 to a POST names what it created",
     lambda m, r: r.status != 201 or m != "POST" or "Location" in r.headers),
    ("9110-8.3-01", "content has a Content-Type",
     lambda m, r: no_content(m, r) or not r.body or "Content-Type" in r.headers),
    ("9110-15.4.2-01", "a redirection has Location",
     lambda m, r: r.status not in (301, 303, 307, 308) or "Location" in r.headers),
]  # fmt: skip


def check(method, response):
    """Fails with the ids of the rules that the response breaks."""
    broken = [
        f"{rule}: {text}"
        for answer in (*response.interim, response)
        for rule, text, kept in RULES
        if not kept(method, answer)
    ]
    assert not broken, f"{method} -> {response!r} breaks " + "; ".join(broken)
