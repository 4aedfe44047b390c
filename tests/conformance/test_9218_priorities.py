"""RFC 9218 over HTTP/2: who is served first, and what cannot be said. (HTTP/3's is in tests/wire/test_h3_priority.c.)"""

import pytest
from h2c import (
    DATA, END_STREAM, GOAWAY, HEADERS, PING, PRIORITY, PROTOCOL_ERROR, SETTINGS, WINDOW_UPDATE, FrameConnection, frame, settings,
)  # fmt: skip
from ledger import requirement, shows

NO_RFC7540_PRIORITIES = 9
PRIORITY_UPDATE = 0x10
SIZE = 30_000  # of more frames than one


@pytest.fixture
def fresh(target):
    """A connection that says nothing yet; where no such priorities are known, none."""
    with FrameConnection(target.address, target.authority) as connection:
        yield connection


def begin(wire, **values):
    """Our settings, and the server's first: {number: value}."""
    wire.start(**values)
    first = wire.read_frame()
    if first is None or first[0] != SETTINGS:
        pytest.skip("it does not speak HTTP/2 here")
    payload = first[3]
    return {int.from_bytes(payload[at : at + 2], "big"): int.from_bytes(payload[at + 2 : at + 6], "big") for at in range(0, len(payload), 6)}


@pytest.fixture
def large(client, store):
    """The path of something of some frames."""
    return store.made(client, b"x" * SIZE)


def update(stream, value, on=0):
    return frame(PRIORITY_UPDATE, 0, on, stream.to_bytes(4, "big") + value)


def order_of_ends(wire, asked):
    """Opens all windows at once; the streams in the order in which their last bytes come."""
    statuses = {}
    while len(statuses) < len(asked):
        kind, _, stream, payload = wire.read_frame()
        if kind == HEADERS:
            statuses[stream] = dict(wire.decoder.decode(payload))[":status"]
    assert set(statuses.values()) == {"200"}
    wire.send(frame(WINDOW_UPDATE, payload=(1 << 20).to_bytes(4, "big")) + settings(_4=1 << 20))
    ends, kinds = [], set()
    for kind, flags, stream, _ in wire.frames():
        kinds.add(kind)
        if kind == DATA and flags & END_STREAM:
            ends.append(stream)
        if len(ends) == len(asked):
            return ends, kinds
    raise AssertionError("the connection ended")


@requirement("9218-2.1-01")
def test_the_setting_is_0_or_1_and_sent_at_once(fresh):
    assert begin(fresh).get(NO_RFC7540_PRIORITIES, 0) in (0, 1)
    fresh.send(settings(_9=2))
    assert fresh.wait_for_goaway() == PROTOCOL_ERROR


@requirement("9218-2.1-01")
def test_the_setting_does_not_change(fresh):
    begin(fresh, _9=1)
    fresh.send(settings(_9=0))
    assert fresh.wait_for_goaway() == PROTOCOL_ERROR


@requirement("9218-2.1-02")
def test_a_tree_of_rfc_7540_is_nothing_to_who_has_been_told_so(fresh, large):
    """The first would wait for the second."""
    begin(fresh, _9=1, _4=0)
    for stream in (1, 3):
        fresh.send(fresh.request(stream, "GET", large))
    exclusive = (1 << 31 | 3).to_bytes(4, "big") + b"\0"
    fresh.send(frame(PRIORITY, 0, 1, exclusive))
    assert order_of_ends(fresh, (1, 3))[0] == [1, 3]


@requirement("9218-10-01", "9218-4-01", "9218-7.1-02")
@pytest.mark.parametrize("first, second, order", [
    ("u=5", "u=1", [3, 1]), ("u=1", "u=5", [1, 3]), (None, "u=4", [1, 3]), (None, "u=2", [3, 1]), (None, None, [1, 3]),
])  # fmt: skip
def test_the_urgent_is_served_first(fresh, large, first, second, order):
    begin(fresh, _9=1, _4=0)
    for stream, value in ((1, first), (3, second)):
        fresh.send(fresh.request(stream, "GET", large, *[("priority", value)] * (value is not None)))
    ends, kinds = order_of_ends(fresh, (1, 3))
    assert ends == order
    assert PRIORITY_UPDATE not in kinds


@requirement("9218-4-02")
@pytest.mark.parametrize("value", ["u=9", "u=-1", "u=x", "u", "u=1.0", "x=1", "u=(1)", "=", "u=1;"])
def test_a_priority_that_is_none_is_the_default(fresh, large, value):
    begin(fresh, _9=1, _4=0)
    fresh.send(fresh.request(1, "GET", large, ("priority", "u=2")) + fresh.request(3, "GET", large, ("priority", value)))
    fresh.send(fresh.request(5, "GET", large, ("priority", "u=4")))
    assert order_of_ends(fresh, (1, 3, 5))[0] == [1, 3, 5]


@requirement("9218-7-01")
def test_an_update_before_the_request_is_kept(fresh, large):
    begin(fresh, _9=1, _4=0)
    fresh.send(update(3, b"u=0"))
    for stream in (1, 3):
        fresh.send(fresh.request(stream, "GET", large))
    assert order_of_ends(fresh, (1, 3))[0] == [3, 1]


@pytest.mark.parametrize("sent", shows({
    "off stream 0": ("9218-7.1-01", update(1, b"u=1", on=1)),
    "for what is not the client's": ("", update(2, b"u=1")),
}))  # fmt: skip
def test_an_update_that_cannot_be_is_an_error(fresh, sent):
    begin(fresh, _9=1)
    fresh.send(sent)
    assert fresh.wait_for_goaway() == PROTOCOL_ERROR


@pytest.mark.parametrize("sent", shows({
    "for stream 0": ("9218-7.1-01", update(0, b"u=1")),
    "for more streams than may be": ("9218-7.1-01", b"".join(update(2 * at + 1, b"u=1") for at in range(101))),
    "for such as are far apart": ("9218-7.1-01", b"".join(update(4 * at + 1, b"u=1") for at in range(101))),
}))  # fmt: skip
def test_an_update_for_a_stream_that_cannot_come_is_an_error(fresh, sent):
    begin(fresh, _9=1)
    fresh.send(sent + frame(PING, payload=b"are you?"))
    for kind, _, _, payload in fresh.frames():
        assert kind != PING
        if kind == GOAWAY:
            assert int.from_bytes(payload[4:8], "big") == PROTOCOL_ERROR


@requirement("9218-7.1-01")
def test_as_many_streams_as_may_be_can_be_told_of(fresh, large):
    """Those that come are idle no more, and make room for others."""
    begin(fresh, _9=1)
    for first in (1, 201, 401):
        fresh.send(b"".join(update(first + 2 * at, b"u=1") for at in range(100)))
        fresh.send(fresh.request(first + 198, "HEAD", large))
        assert fresh.wait_for_status(first + 198) == 200
