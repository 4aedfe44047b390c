"""QPACK (RFC 9204) with an empty dynamic table: static references, literals.

That is all a client that announces no capacity can get, and all that it needs
to send. Huffman coding is python3-hpack's.
"""

from hpack.huffman import HuffmanEncoder
from hpack.huffman_constants import REQUEST_CODES, REQUEST_CODES_LENGTH
from hpack.huffman_table import decode_huffman

# RFC 9204 appendix A; a name stands for itself with all the values behind it.
TABLE = """
:authority|
:path|/
age|0
content-disposition|
content-length|0
cookie|
date|
etag|
if-modified-since|
if-none-match|
last-modified|
link|
location|
referer|
set-cookie|
:method|CONNECT|DELETE|GET|HEAD|OPTIONS|POST|PUT
:scheme|http|https
:status|103|200|304|404|503
accept|*/*|application/dns-message
accept-encoding|gzip, deflate, br
accept-ranges|bytes
access-control-allow-headers|cache-control|content-type
access-control-allow-origin|*
cache-control|max-age=0|max-age=2592000|max-age=604800|no-cache|no-store|public, max-age=31536000
content-encoding|br|gzip
content-type|application/dns-message|application/javascript|application/json|\
application/x-www-form-urlencoded|image/gif|image/jpeg|image/png|text/css|text/html; charset=utf-8|\
text/plain|text/plain;charset=utf-8
range|bytes=0-
strict-transport-security|max-age=31536000|max-age=31536000; includesubdomains|\
max-age=31536000; includesubdomains; preload
vary|accept-encoding|origin
x-content-type-options|nosniff
x-xss-protection|1; mode=block
:status|100|204|206|302|400|403|421|425|500
accept-language|
access-control-allow-credentials|FALSE|TRUE
access-control-allow-headers|*
access-control-allow-methods|get|get, post, options|options
access-control-expose-headers|content-length
access-control-request-headers|content-type
access-control-request-method|get|post
alt-svc|clear
authorization|
content-security-policy|script-src 'none'; object-src 'none'; base-uri 'none'
early-data|1
expect-ct|
forwarded|
if-range|
origin|
purpose|prefetch
server|
timing-allow-origin|*
upgrade-insecure-requests|1
user-agent|
x-forwarded-for|
x-frame-options|deny|sameorigin
"""
STATIC = [
    (name.encode(), value.encode())
    for name, *values in (line.split("|") for line in TABLE.split("\n") if line)
    for value in values
]
ENTRY = {entry: index for index, entry in reversed(list(enumerate(STATIC)))}
NAME = {name: index for index, (name, _) in reversed(list(enumerate(STATIC)))}
HUFFMAN = HuffmanEncoder(REQUEST_CODES, REQUEST_CODES_LENGTH)


class Malformed(AssertionError):
    """What came is no field section that this decoder may get."""


def number(value, bits, flags=0):
    """An integer with a prefix of so many bits (RFC 7541 section 5.1)."""
    most = (1 << bits) - 1
    if value < most:
        return bytes([flags | value])
    out = bytearray([flags | most])
    value -= most
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def string(text, bits=7, flags=0, huffman=False):
    """A string; `bits` is the prefix of its length, and H stands before it."""
    if huffman:
        text, flags = HUFFMAN.encode(text), flags | 1 << bits
    return number(len(text), bits, flags) + text


def field_line(name, value, huffman=False):
    if (name, value) in ENTRY:
        return number(ENTRY[name, value], 6, 0xC0)
    if name in NAME:
        return number(NAME[name], 4, 0x50) + string(value, huffman=huffman)
    return string(name, 3, 0x20, huffman) + string(value, huffman=huffman)


def encode(fields, huffman=False):
    """A field section; names and values are bytes."""
    return b"\0\0" + b"".join(field_line(name, value, huffman) for name, value in fields)


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def byte(self):
        if self.at >= len(self.data):
            raise Malformed("a field section is cut off")
        self.at += 1
        return self.data[self.at - 1]

    def number(self, first, bits):
        most = (1 << bits) - 1
        value = first & most
        if value < most:
            return value
        shift = 0
        while True:
            more = self.byte()
            value += (more & 127) << shift
            shift += 7
            if more < 128:
                return value
            if shift > 62:
                raise Malformed("an integer is too large")

    def string(self, first, bits):
        length = self.number(first, bits)
        text = self.data[self.at : self.at + length]
        if len(text) < length:
            raise Malformed("a string is cut off")
        self.at += length
        return decode_huffman(text) if first & 1 << bits else bytes(text)

    def line(self):
        first = self.byte()
        if first & 0xC0 == 0xC0:
            return static(self.number(first, 6))
        if first & 0xF0 in (0x50, 0x70):
            name = static(self.number(first, 4))[0]
        elif first & 0xE0 == 0x20:
            name = self.string(first, 3)
        else:
            raise Malformed("a reference to a dynamic table, which is empty")
        return name, self.string(self.byte(), 7)


def static(index):
    if index >= len(STATIC):
        raise Malformed(f"no static entry {index}")
    return STATIC[index]


def decode(data):
    """The field lines of a section, as text."""
    reader = Reader(data)
    if reader.number(reader.byte(), 8) or reader.number(reader.byte(), 7):
        raise Malformed("a field section that needs a dynamic table")
    lines = []
    while reader.at < len(data):
        name, value = reader.line()
        lines.append((name.decode("latin-1"), value.decode("latin-1")))
    return lines
