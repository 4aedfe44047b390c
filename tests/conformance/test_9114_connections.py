"""RFC 9114: what a connection of HTTP/3 begins with and allows, and that a failure has a status."""

import h3
import pytest
from h3 import Connection, varint
from ledger import requirement

STREAMS = 100


@pytest.fixture
def wire(quic):
    with quic.connect() as connection:
        yield connection


@requirement("9114-3.2-01", "9114-7.2.4.2-01")
def test_settings_are_the_first_frame_and_wait_for_nothing(quic):
    with Connection(quic.address, quic.authority, start=False) as wire:
        assert wire.wait_for("handshake").bytes == b"h3"
        wire.until(lambda: wire.settings is not None)  # it fails where another frame comes first
        assert list(wire.types.values()).count(h3.CONTROL) == 1


@requirement("9114-6.1-01")
def test_a_hundred_requests_may_be_under_way(quic, page):
    with quic.connect() as wire:
        assert wire.ask("parameter", "initial_max_streams_bidi").code >= STREAMS
        streams = [wire.open(wait=False) for _ in range(STREAMS)]
        assert None not in streams
        for stream in streams:
            wire.replies[stream] = h3.Reply()
            wire.send(stream, wire.request_bytes("GET", page), fin=True)
        assert {wire.status_of(stream) for stream in streams} == {200}


@requirement("9114-6.2-01")
def test_three_unidirectional_streams_may_carry_1024_bytes_each(wire):
    assert wire.ask("parameter", "initial_max_streams_uni").code >= 3
    assert wire.ask("parameter", "initial_max_stream_data_uni").code >= 1024
    for kind in (h3.ENCODER, h3.DECODER):  # beside the control stream
        assert (stream := wire.open(bidi=False, wait=False)) is not None
        wire.send(stream, varint(kind))
    assert wire.is_alive()


@requirement("9114-4.1.1-02")
def test_a_failure_has_a_status(target, wire):
    stream = wire.ask_for(wire.head("POST", target.need("failing"), ("content-length", "0")))
    assert wire.status_of(stream) == 500
