"""RFC 7541: header blocks that are made by hand; what cannot be decoded ends the connection."""

import pytest
from h2c import COMPRESSION_ERROR, END_HEADERS, END_STREAM, HEADERS, SETTINGS, FrameConnection, frame
from ledger import requirement, shows

METHOD_GET, SCHEME, PATH, AUTHORITY = b"\x82", {"http": b"\x86", "https": b"\x87"}, 4, 1
TABLE = 4096  # what the size of the dynamic table is while nobody says otherwise


@pytest.fixture
def wire(target):
    with FrameConnection(target.address, target.authority) as connection:
        connection.start()
        first = connection.read_frame()
        if first is None or first[0] != SETTINGS:
            pytest.skip("it does not speak HTTP/2 here")
        yield connection


def string(text):
    assert len(text) < 127
    return bytes([len(text)]) + text


def huffman(coded):
    return bytes([0x80 | len(coded)]) + coded


def request(wire, path, more=b"", before=b""):
    """A block without references to the dynamic table."""
    indexed = bytes([AUTHORITY]) + string(wire.authority.encode()), bytes([PATH]) + string(path.encode())
    return before + METHOD_GET + SCHEME[wire.scheme] + b"".join(indexed) + more


def ask(wire, stream, block):
    wire.send(frame(HEADERS, END_HEADERS | END_STREAM, stream, block))


def literal(value, name=b"\0" + string(b"x")):
    return name + value


@requirement("7541-2.3.2-01")
def test_an_entry_may_be_in_the_table_twice(wire, page):
    kept = b"\x40" + string(b"x") + string(b"y")
    ask(wire, 1, request(wire, page, kept + kept + b"\xbe\xbf"))
    assert wire.wait_for_status(1) == 200
    ask(wire, 3, request(wire, page, b"\xbf"))
    assert wire.wait_for_status(3) == 200


@pytest.mark.parametrize("more", shows({
    "padding of the code's own length": ("", literal(huffman(b"\x1f"))),
    "the last index of the static table": ("", b"\xbd"),
}))  # fmt: skip
def test_what_is_next_to_an_error_is_none(wire, page, more):
    ask(wire, 1, request(wire, page, more))
    assert wire.wait_for_status(1) == 200


@pytest.mark.parametrize("more", shows({
    "an index behind both tables": ("7541-2.3.3-01", b"\xbe"),
    "an index far behind them": ("7541-2.3.3-01", b"\xff\xff\x7f"),
    "a name behind both tables": ("7541-2.3.3-01", b"\x7e" + string(b"y")),
    "an index of 0": ("7541-6.1-01", b"\x80"),
    "an index without end": ("7541-5.1-01", b"\xff" + b"\xff" * 12 + b"\x7f"),
    "an index past 2^64": ("7541-5.1-01", b"\xff" + b"\xff" * 9 + b"\x7f"),
    "a length past 2^64": ("7541-5.1-01", b"\0" + string(b"x") + b"\x7f" + b"\xff" * 9 + b"\x7f"),
    "a length that is cut off": ("7541-5.1-01", b"\0" + string(b"x") + b"\x7f\xff"),
    "a byte of padding": ("7541-5.2-01", literal(huffman(b"\x1f\xff"))),
    "padding of zeros": ("7541-5.2-01", literal(huffman(b"\x18"))),
    "an end of string": ("7541-5.2-01", literal(huffman(b"\xff\xff\xff\xff"))),
    "a name with an end of string": ("7541-5.2-01", literal(string(b"y"), b"\0" + huffman(b"\x1f\xff\xff\xff\xff"))),
}))  # fmt: skip
def test_what_cannot_be_decoded_ends_the_connection(wire, target, page, more):
    ask(wire, 1, request(wire, page, more))
    assert wire.wait_for_goaway() == COMPRESSION_ERROR
    assert target.is_alive(page)


def resized(size):
    """A change of the table's size."""
    value, out = size - 31, bytearray([0x3F])
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out) + bytes([value])


@requirement("7541-6.3-01")
def test_a_table_may_be_as_large_as_it_was_and_no_larger(wire, target, page):
    ask(wire, 1, request(wire, page, before=b"\x20" + resized(TABLE)))
    assert wire.wait_for_status(1) == 200
    ask(wire, 3, request(wire, page, before=resized(TABLE + 1)))
    assert wire.wait_for_goaway() == COMPRESSION_ERROR
    assert target.is_alive(page)
