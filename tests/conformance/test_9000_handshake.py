"""RFC 9000: the first packets of a connection, by hand; what is wrong with them is told in an Initial."""

import os

import pytest
import quic_packets as qp
from h3 import varint
from ledger import requirement, shows
from quic_packets import Knock, Plain, client_hello, crypto, long_header

TRANSPORT_PARAMETER_ERROR, PROTOCOL_VIOLATION, CRYPTO_BUFFER_EXCEEDED, MISSING_EXTENSION = 8, 10, 13, 0x16D
HELLO = "hello"
ID = os.urandom(8)


@pytest.fixture
def knock(quic):
    with Knock(quic.address) as found:
        yield found


@requirement("9000-13.2.1-01", "9000-14.1-01")
def test_a_hello_is_acknowledged_and_answered_with_one(knock):
    knock.send(knock.datagram(crypto(client_hello(knock.parameters()))))
    assert knock.answer() == HELLO
    assert knock.acked == {knock.number - 1}
    assert min(knock.sizes) >= qp.LEAST


# Transport parameters: {name: (ids, answer, {number: value})}

PARAMETERS = {
    "one of no meaning": ("9000-7.4-01", {HELLO}, {31 * 7 + 27: b"anything"}),
    "no source ID": ("9000-7.3-01", {TRANSPORT_PARAMETER_ERROR}, {qp.INITIAL_SCID: None}),
    "another source ID": ("9000-7.3-01", {TRANSPORT_PARAMETER_ERROR, PROTOCOL_VIOLATION}, {qp.INITIAL_SCID: ID}),
    "a longer source ID": ("9000-7.3-01", {TRANSPORT_PARAMETER_ERROR, PROTOCOL_VIOLATION}, {qp.INITIAL_SCID: ID + b"x"}),
    "an exponent of 20": ("9000-7.4-01", {HELLO}, {qp.ACK_DELAY_EXPONENT: 20}),
    "an exponent of 21": ("9000-7.4-01", {TRANSPORT_PARAMETER_ERROR}, {qp.ACK_DELAY_EXPONENT: 21}),
    "a delay of 2^14": ("9000-7.4-01", {TRANSPORT_PARAMETER_ERROR}, {qp.MAX_ACK_DELAY: 1 << 14}),
    "datagrams of 1199 bytes": ("9000-7.4-01", {TRANSPORT_PARAMETER_ERROR}, {qp.MAX_UDP_PAYLOAD: 1199}),
    "more streams than there are": ("9000-7.4-01", {TRANSPORT_PARAMETER_ERROR}, {qp.MAX_STREAMS_BIDI: (1 << 60) + 1}),
    "more streams of one way": ("9000-7.4-01", {TRANSPORT_PARAMETER_ERROR}, {qp.MAX_STREAMS_UNI: (1 << 60) + 1}),
    "one ID": ("9000-7.4-01", {TRANSPORT_PARAMETER_ERROR}, {qp.ID_LIMIT: 1}),
    "a number that is cut off": ("9000-7.4-01", {TRANSPORT_PARAMETER_ERROR}, {qp.MAX_IDLE: b"\x80"}),
    "a number with more behind it": ("9000-7.4-01", {TRANSPORT_PARAMETER_ERROR}, {qp.MAX_IDLE: b"\1x"}),
    "an original ID": ("9000-18.2-01", {TRANSPORT_PARAMETER_ERROR}, {qp.ORIGINAL_DCID: ID}),
    "a reset token": ("9000-18.2-01", {TRANSPORT_PARAMETER_ERROR}, {qp.RESET_TOKEN: bytes(16)}),
    "a preferred address": ("9000-18.2-01", {TRANSPORT_PARAMETER_ERROR}, {qp.PREFERRED_ADDRESS: bytes(24) + b"\x08" + ID + bytes(16)}),
    "a retry's ID": ("9000-18.2-01", {TRANSPORT_PARAMETER_ERROR}, {qp.RETRY_SCID: ID}),
}


@pytest.mark.parametrize("answers, changes", shows(PARAMETERS))
def test_transport_parameters_are_validated(knock, quic, answers, changes):
    knock.send(knock.datagram(crypto(client_hello(knock.parameters(changes)))))
    assert knock.answer() in answers
    assert quic.is_alive()


@pytest.mark.parametrize("answers, change", shows({
    "one that is longer than all": ("9000-7.4-01", {TRANSPORT_PARAMETER_ERROR}, lambda told: told + varint(qp.MAX_IDLE) + varint(9) + b"x"),
    "none at all": ("9000-7.3-01", {MISSING_EXTENSION, TRANSPORT_PARAMETER_ERROR}, lambda told: None),
}))  # fmt: skip
def test_parameters_that_cannot_be_read_are_an_error(knock, quic, answers, change):
    knock.send(knock.datagram(crypto(client_hello(change(knock.parameters())))))
    assert knock.answer() in answers
    assert quic.is_alive()


def refused_or_passed_over(knock, quic, code, bad, rest):
    """A bad Initial may be passed over, as anybody could have sent it (section 12.1). If
    so, then as a whole: it is not acknowledged, and the rest of the hello is answered."""
    knock.send(bad, knock.datagram(rest))
    answer = knock.answer()
    assert answer == code or (answer == HELLO and knock.acked == {0, knock.number - 1}), (answer, knock.acked)
    assert quic.is_alive()


# CRYPTO


@requirement("9000-7.5-01")
def test_4096_bytes_of_a_hello_may_come_in_any_order(knock):
    hello = client_hello(knock.parameters(), padding=4000)
    assert len(hello) > 4100
    knock.send(knock.datagram(crypto(hello[:100])))  # who begins amid a hello may be asked to come again (Retry)
    late = [crypto(hello[at : at + 1000], at) for at in range(100, 4000, 1000)]
    knock.send(*(knock.datagram(piece) for piece in (crypto(hello[4100:], 4100), *reversed(late))))
    assert knock.answer() == HELLO


@requirement("9000-7.5-01")
def test_what_nobody_would_wait_for_exceeds_the_buffer(knock, quic):
    hello = client_hello(knock.parameters())
    knock.send(knock.datagram(crypto(hello[:100])))
    refused_or_passed_over(knock, quic, CRYPTO_BUFFER_EXCEEDED, knock.datagram(crypto(b"x", 1 << 20)), crypto(hello[100:], 100))


# Packets


@requirement("9000-12.2-01")
def test_packets_of_one_datagram_are_taken_one_by_one(knock):
    hello = client_hello(knock.parameters())
    first = knock.packet(crypto(hello[:100]))
    knock.send(first + knock.datagram(crypto(hello[100:], 100), qp.LEAST - len(first)))
    assert knock.answer() == HELLO
    assert knock.acked >= {knock.number - 1}


@requirement("9000-12.2-01")
def test_a_packet_that_cannot_be_read_does_not_take_the_next_with_it(knock):
    hello = client_hello(knock.parameters())
    first = knock.packet(crypto(hello[:100]))
    bad = bytes([qp.ZERO_RTT]) + first[1:23] + varint(100, 2) + os.urandom(100)
    knock.send(first + bad + knock.datagram(crypto(hello[100:], 100), qp.LEAST - len(first) - len(bad)))
    assert knock.answer() == HELLO


@pytest.mark.parametrize("frames", shows({
    "none": ("9000-12.4-01", b""),
    "STREAM": ("9000-12.4-01", b"\x0a\0\1x"),
    "MAX_DATA": ("9000-12.4-01", b"\x10\1"),
    "HANDSHAKE_DONE": ("9000-12.4-01 9000-19.20-01", b"\x1e"),
    "NEW_TOKEN": ("9000-12.4-01 9000-19.7-01", b"\7\1x"),
    "an application's close": ("9000-12.4-01", b"\x1d\0\0"),
}))  # fmt: skip
def test_frames_that_no_initial_has_are_a_violation(knock, quic, frames):
    hello = client_hello(knock.parameters())
    knock.send(knock.datagram(crypto(hello[:100])))
    bad = knock.datagram(frames) if frames else knock.packet(b"").ljust(qp.LEAST, b"\0")
    refused_or_passed_over(knock, quic, PROTOCOL_VIOLATION, bad, crypto(hello[100:], 100))


@requirement("9000-17.2-01")
@pytest.mark.parametrize("bits", [4, 8, 12])
def test_reserved_bits_are_a_violation(knock, quic, bits):
    hello = client_hello(knock.parameters())
    knock.send(knock.datagram(crypto(hello[:100])))
    bad = knock.datagram(crypto(hello[100:], 100), first=qp.INITIAL | bits)
    refused_or_passed_over(knock, quic, PROTOCOL_VIOLATION, bad, crypto(hello[100:], 100))


def test_what_is_answered_is_what_a_client_would_send(knock):
    """Or what the next tests find would say nothing."""
    knock.send(knock.datagram(crypto(client_hello(knock.parameters()))))
    assert knock.answer() == HELLO


@requirement("9000-17.2-01")
@pytest.mark.parametrize("change", [{"first": qp.INITIAL & ~0x40}, {"scid": os.urandom(21)}, {"dcid": os.urandom(21)}])
def test_what_is_no_packet_is_nothing(knock, change):
    assert knock.ask(knock.datagram(crypto(client_hello(knock.parameters())), **change)) is None


@requirement("9000-14.1-01")
def test_an_initial_in_a_datagram_that_is_too_small_is_nothing(knock):
    assert knock.ask(knock.datagram(crypto(client_hello(knock.parameters())), qp.LEAST - 1)) is None


@requirement("9000-6.1-01")
def test_version_negotiation_is_not_answered(quic):
    with Plain(quic.address) as plain:
        assert plain.ask(long_header(0, qp.LEAST)) is None
