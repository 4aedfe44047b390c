"""A wire that breaks around a COMMIT: success is said only of what was done, and what nobody
can know is not said at all; who asks again with its Idempotency-Key learns it."""

import itertools
import time

import pytest
from library import PNG
from message import Broken
from pg_connection import LATE
from pg_load import NOTHING, Load, is_away
from pg_wire import Wire
from postgres import Instances
from test_idempotency import key, same
from test_large import noise
from test_postgres_faults import check_unhindered, eventually, within

TIMEOUT = 0.8
WHEN = ["before", "after"]


@pytest.fixture(scope="module")
def place(postgres):
    return postgres.store()


@pytest.fixture(scope="module")
def lines(place, tmp_path_factory):
    """A wire, a server that it leads to, and one that nothing is wrong with."""
    with Wire(place.cluster.address) as wire:
        folder = tmp_path_factory.mktemp("lines")
        both = Instances(folder, None, [place.through(wire, timeout="800ms"), place.url], count=2)
        try:
            yield wire, *both.start()
        finally:
            both.stop()


@pytest.fixture
def store(place):
    return place


@pytest.fixture
def wire(lines):
    """It passes everything on, at the beginning as at the end."""
    yield lines[0]
    lines[0].traps.clear()
    lines[0].pass_on()


@pytest.fixture
def other(lines):
    return lines[2]


NAMES = (f"/c{n}" for n in itertools.count(1))


@pytest.fixture
def c():
    """A collection of the test's own, in which x is 0."""
    return next(NAMES)


@pytest.fixture
def server(lines, wire, c):  # noqa: ARG001 (the wire has to be good)
    """It has connections; a trap is for those."""
    assert eventually(lambda: lines[1].client().put(f"{c}/x", json=0)).status == 201
    return lines[1]


def stored(store, path):
    """What the database has, whatever servers say."""
    rows = store.query(f"SELECT convert_from(content, 'UTF8') FROM resource WHERE path = '{path}'")
    return rows[0][0] if rows else None


def members(store, listing):
    return store.number(f"SELECT count(*) FROM resource WHERE collection = '{listing}'")


@pytest.mark.parametrize("then", ["cut", "reset"])
@pytest.mark.parametrize("when", WHEN)
def test_it_is_asked_what_became_of_it(store, wire, server, c, when, then):
    """A new connection tells. So nobody hears of it, and it is done once."""
    trap = wire.trap(statement="COMMIT", when=when, then=then)
    answer = within(TIMEOUT, lambda: server.client().put(f"{c}/x", json=1))
    trap.wait()
    assert answer.status in (200, 204), answer
    assert stored(store, f"{c}/x") == "1"
    made = server.client().post(c, json=2)
    assert made.status == 201 and members(store, c) == 2


@pytest.mark.parametrize("when", WHEN)
def test_a_post_is_done_once(store, wire, server, c, when):
    for n in range(3):
        trap = wire.trap(statement="COMMIT", when=when)
        answer = within(TIMEOUT, lambda n=n: server.client().post(c, json=n))
        trap.wait()
        assert answer.status == 201, answer
        assert members(store, c) == n + 2
        assert stored(store, answer.headers["Location"]) == str(n)


@pytest.mark.parametrize("mark", [{"answer": "COMMIT"}, {"answer": "BEGIN"}, {"statement": "BEGIN"}, {"statement": "UPDATE writer"}])
def test_it_breaks_elsewhere(store, wire, server, c, mark):
    for when in WHEN:
        trap = wire.trap(**mark, when=when)
        answer = within(TIMEOUT, lambda: server.client().post(c, json=1))
        trap.wait()
        assert answer.status == 201, answer
    assert members(store, c) == 3


def refuse_behind(wire, **mark):
    """Sprung and closed in one turn of the wire, so that no new connection slips through."""
    trap = wire.trap(**mark)
    spring = trap.sprung.set

    def set_and_refuse():
        wire.do_refuse()
        spring()

    trap.sprung.set = set_and_refuse
    return trap


@pytest.mark.parametrize("when", WHEN)
def test_what_nobody_can_know_is_not_said_to_be_done(store, wire, server, c, when):
    trap = refuse_behind(wire, statement="COMMIT", when=when)
    answer = within(TIMEOUT * 2 + 1, lambda: server.client().put(f"{c}/x", json=1))
    trap.wait()
    assert is_away(answer)
    assert NOTHING not in answer.text and "not known" in answer.text
    check_unhindered(server)
    done = stored(store, f"{c}/x")
    assert done == ("1" if when == "after" else "0")
    wire.pass_on()
    client = server.client()
    shown = eventually(lambda: client.get(f"{c}/x"))
    assert shown.text.strip() == done
    assert eventually(lambda: client.put(f"{c}/x", json=2)).status in (200, 204)
    assert stored(store, f"{c}/x") == "2"


@pytest.mark.parametrize("when", WHEN)
def test_what_nobody_can_know_is_not_shown_as_it_was(store, wires, instances, c, when):
    """What is kept at hand may be what it has changed: it is looked at anew."""
    wire = wires(store)
    (server,) = instances(None, store.through(wire, timeout="800ms"), args=["--cache-max-age", "600s", "--workers", "1"])
    client = server.client()
    assert client.put(f"{c}/x", json=0).status == 201
    for path in (f"{c}/x", c):  # both are kept now
        assert client.get(path).status == client.get(path).status == 200
    trap = refuse_behind(wire, statement="COMMIT", when=when)
    assert "not known" in client.put(f"{c}/x", json=1).text
    trap.wait()
    wire.pass_on()
    assert eventually(lambda: client.get(f"{c}/x")).text.strip() == stored(store, f"{c}/x") == ("1" if when == "after" else "0")
    tag = client.get(c).headers["ETag"]
    assert eventually(lambda: client.put(f"{c}/y", json=2)).status == 201
    assert client.get(c).headers["ETag"] != tag


def test_before_a_commit_was_sent_nothing_was_done(store, wire, server, c):
    """The claim on a key is looked at before it is written."""
    trap = refuse_behind(wire, statement="BEGIN")
    answer = within(TIMEOUT, lambda: server.client().put(f"{c}/x", key(f"before{c}"), json=1))
    trap.wait()
    assert is_away(answer) and NOTHING in answer.text
    assert stored(store, f"{c}/x") == "0"


@pytest.mark.parametrize("gone", [False, True], ids=["back", "gone"])
@pytest.mark.parametrize("skip", [0, 1])
@pytest.mark.parametrize("when", WHEN)
def test_with_a_key_the_retry_gets_the_true_outcome_and_it_is_done_once(store, wire, server, other, c, when, skip, gone):
    """The first commit may be that of the key, the second that of the request."""
    mark = {"statement": "COMMIT", "when": when, "skip": skip}
    trap = refuse_behind(wire, **mark) if gone else wire.trap(**mark)

    def ask(server):
        return server.client().post(c, key(f"once{c}"), json=7)

    first = within(TIMEOUT * 3 + 2, lambda: ask(server))
    trap.wait()
    assert first.status == 201 or is_away(first)
    if not gone:
        assert first.status == 201, first
    wire.pass_on()
    before = members(store, c) - 1
    assert before <= 1 and (first.status != 201 or before == 1)
    again = [settled(store, lambda server=server: ask(server)) for server in (other, server, other)]
    for answer in again:
        assert answer.status == 201, answer
        same(again[0] if first.status != 201 else first, answer)
    assert members(store, c) == 2


def settled(store, ask):
    """Who was cut off may have left its claim on the key, which is good for a while: here that is over."""
    answer = eventually(ask, statuses=(201, 409))
    if answer.status == 409:
        store.query("UPDATE memo SET expires_ms = 1 WHERE octet_length(bytes) = 16")
        answer = eventually(ask, statuses=(201, 409))
    return answer


def test_a_stall_behind_a_commit(store, wire, server, c):
    """Its transaction is over, and a new connection learns that."""
    trap = wire.trap(statement="COMMIT", when="after", then="stall")
    answer = within(TIMEOUT * 2 + 1, lambda: server.client().put(f"{c}/x", json=1))
    trap.wait()
    assert answer.status in (200, 204) or (is_away(answer) and NOTHING not in answer.text), answer
    assert stored(store, f"{c}/x") == "1"
    wire.pass_on()
    assert eventually(lambda: server.client().get(f"{c}/x")).json() == 1


@pytest.mark.parametrize("statement", ["COMMIT", "UPDATE writer", "BEGIN"])
def test_a_stall_before_a_commit(store, wire, server, c, statement):
    """What the old connection has begun holds the lock, until the database gives that up; and what comes
    through after all is not done behind the back of who was told that it was not."""
    trap = wire.trap(statement=statement, when="before", then="stall")
    answer = within(TIMEOUT * 2 + 1, lambda: server.client().put(f"{c}/x", json=1))
    trap.wait()
    wire.pass_on()
    time.sleep(0.3)  # what was held back comes, and is carried out
    value = stored(store, f"{c}/x")
    if statement == "BEGIN":
        assert answer.status == 503 and NOTHING in answer.text, answer
    if answer.status == 503 and NOTHING in answer.text:
        assert value == "0"
    elif answer.status != 503:
        assert value == "1"
    assert eventually(lambda: server.client().put(f"{c}/x", json=2)).status in (200, 204)
    assert stored(store, f"{c}/x") == "2"


@pytest.mark.parametrize("ask", ["PUT", "DELETE", "POST"])
def test_what_comes_late_is_not_done_behind_the_back_of_who_was_told_so(store, wire, server, c, ask):
    """All of a commit is on its way, and its connection is given up: the successor fences it off."""
    path, content = (c, {"json": 1}) if ask == "POST" else (f"{c}/x", {"json": 1} if ask == "PUT" else {})
    assert eventually(lambda: server.client().put(f"{c}/y", json=0)).status == 201  # all is prepared
    trap = wire.trap(bound="BEGIN", then="late")
    answer = within(TIMEOUT * 2 + 1, lambda: server.client().request(ask, path, **content))
    trap.wait()
    assert answer.status == 503 and NOTHING in answer.text, answer
    time.sleep(LATE - TIMEOUT + 0.3)
    assert stored(store, f"{c}/x") == "0" and members(store, c) == 2
    assert store.number("SELECT count(*) FROM writer WHERE batch % 2 = 1") == 1
    assert eventually(lambda: server.client().put(f"{c}/x", json=2)).status in (200, 204)


def test_an_upload_that_is_cut_is_not_half_there(store, wire, server, c):
    client = server.client()
    assert client.put(f"{c}/large", PNG, noise(600_000, 1)).status == 201
    trap = wire.trap(statement="INSERT INTO chunk", when="before", skip=2)
    content = noise(1_500_000, 2)
    answer = within(TIMEOUT, lambda: client.put(f"{c}/large", PNG, content))
    trap.wait()
    got = eventually(lambda: server.client().get(f"{c}/large"))
    if answer.status in (200, 204):
        assert got.body == content
    else:
        assert is_away(answer) and got.body == noise(600_000, 1)


def test_a_download_goes_on_or_is_cut_but_never_wrong(store, wire, server, c):
    client = server.client()
    content = noise(3_000_000, 3)
    assert client.put(f"{c}/large", PNG, content).status == 201
    trap = wire.trap(statement="SELECT .*chunk", when="after", skip=2)
    try:
        assert client.get(f"{c}/large").body == content
    except (Broken, OSError):
        pass
    trap.wait()
    assert eventually(lambda: server.client().get(f"{c}/large")).body == content


def test_cuts_everywhere_while_many_write(store, wire, server, other, c):
    """Each thirteenth commit loses its connection; two servers, one of them without a fault."""
    with Load([server, other], f"{c}/load", timeout=TIMEOUT * 2 + 1) as load:
        for when, then, skip in itertools.islice(itertools.cycle(itertools.product(WHEN, ["cut", "reset"], [0, 3, 13])), 12):
            wire.trap(statement="COMMIT", when=when, then=then, skip=skip).wait()
        load.until("done")
    load.check(store)
    assert not load.told("unknown")
