"""The wire between a server and its database breaks just where tests say (pg_wire.py)."""

import threading
import time

import pg_messages as pg
import pytest
from pg_connection import Trap
from pg_messages import Talk
from pg_session import PostgresError, Session


@pytest.fixture
def wire(store, wires):
    store.query("CREATE TABLE t (n int)")
    return wires(store)


@pytest.fixture
def session(store, wire):
    with store.session(("127.0.0.1", wire.port)) as session:
        yield session


def pipeline(session, *statements):
    """Sends them as libpq's pipeline mode does: each is parsed, bound and executed; one Sync."""
    session.send(*(part for sql in statements for part in (pg.parse(sql), pg.bind(), pg.execute())), pg.SYNC)


def insert(session, n):
    pipeline(session, "BEGIN", f"INSERT INTO t VALUES ({n})", "COMMIT")


def committed(store):
    return [int(n) for (n,) in store.query("SELECT n FROM t ORDER BY n")]


def is_cut(session):
    """Nothing more comes, and no answer has come before."""
    with pytest.raises((EOFError, ConnectionError)):
        session.receive()
    return True


def is_silent(session):
    session.sock.settimeout(0.3)
    with pytest.raises(TimeoutError):
        session.receive()
    session.sock.settimeout(20)
    return True


def test_everything_passes(session, wire, store):
    assert session.query("SELECT repeat('x', 3000000)") == [("x" * 3000000,)]
    assert session.query(f"SELECT length('{'y' * 3000000}')") == [("3000000",)]
    insert(session, 1)
    assert session.results() == ([], ["BEGIN", "INSERT 0 1", "COMMIT"])
    assert committed(store) == [1]
    assert list(wire.statements)[2:] == ["BEGIN", "INSERT INTO t VALUES (1)", "COMMIT"]


def test_round_trips_are_counted(session, wire):
    before = wire.turns
    assert before == 1  # to connect
    insert(session, 1)
    session.results()
    assert wire.turns == before + 1
    for n in range(3):
        session.query(f"SELECT {n}")
    assert wire.turns == before + 4


def test_an_end_is_passed_on_both_ways(store, wire, session):
    with store.session(("127.0.0.1", wire.port)) as other:
        pid = session.pid
        assert other.number(f"SELECT count(*) FROM pg_stat_activity WHERE pid = {pid}") == 1
        session.close()
        deadline = time.monotonic() + 20
        while other.number(f"SELECT count(*) FROM pg_stat_activity WHERE pid = {pid}"):
            assert time.monotonic() < deadline
        store.query(f"SELECT pg_terminate_backend({other.pid})")
        assert other.receive()[0] == b"E"
        assert is_cut(other)


def test_it_refuses_and_takes_again(store, wire, session):
    wire.refuse()
    with pytest.raises(ConnectionRefusedError):
        store.session(("127.0.0.1", wire.port))
    assert session.query("SELECT 1") == [("1",)]
    wire.pass_on()
    with store.session(("127.0.0.1", wire.port)) as again:
        assert again.query("SELECT 1") == [("1",)]


@pytest.mark.parametrize("reset", [False, True])
def test_it_is_cut_now(store, wire, session, reset):
    wire.cut(reset)
    with pytest.raises(ConnectionResetError if reset else EOFError):
        session.receive()
    with store.session(("127.0.0.1", wire.port)) as again:
        assert again.query("SELECT 1") == [("1",)]


def test_before_a_commit_nothing_is_done(store, wire, session):
    trap = wire.trap(statement="COMMIT", when="before")
    insert(session, 1)
    assert is_cut(session)
    trap.wait()
    assert committed(store) == []


def test_behind_a_commit_it_is_done_and_nobody_has_heard(store, wire, session):
    trap = wire.trap(statement="COMMIT", when="after")
    insert(session, 1)
    assert is_cut(session)
    trap.wait()
    assert committed(store) == [1]


def test_no_answer_comes_to_what_is_cut_behind_it(wire, session):
    """Not even before the Sync: the server does not keep so much for itself."""
    trap = wire.trap(statement="SELECT", when="after")
    session.send(pg.parse("SELECT repeat('x', 1000000)"), pg.bind(), pg.execute())
    assert is_silent(session)
    session.send(pg.SYNC)
    assert is_cut(session)
    trap.wait()


def test_the_answer_to_a_commit_is_lost(store, wire, session):
    trap = wire.trap(answer="COMMIT", then="reset")
    insert(session, 1)
    with pytest.raises((EOFError, ConnectionError)):
        while session.receive()[1] != b"COMMIT\0":
            pass
    trap.wait()
    assert committed(store) == [1]


def test_a_simple_query_is_a_statement_too(store, wire, session):
    trap = wire.trap(statement="INSERT", when="after")
    session.send(pg.query("INSERT INTO t VALUES (1)"))
    assert is_cut(session)
    trap.wait()
    assert committed(store) == [1]


def test_a_statement_is_known_that_was_prepared_long_ago(store, wire, session):
    session.send(pg.parse("COMMIT", "c"), pg.parse("INSERT INTO t VALUES ($1)", "i"), pg.SYNC)
    session.results()
    trap = wire.trap(statement="COMMIT")
    session.query("BEGIN")
    session.send(pg.bind([3], statement="i"), pg.execute(), pg.bind(statement="c"), pg.execute(), pg.SYNC)
    assert is_cut(session)
    trap.wait()
    assert committed(store) == []
    assert wire.statements[-1] == "INSERT INTO t VALUES ($1)"


def test_some_are_let_through(store, wire, session):
    trap = wire.trap(statement="COMMIT", skip=2)
    for n in (1, 2):
        insert(session, n)
        session.results()
    insert(session, 3)
    trap.wait()
    assert committed(store) == [1, 2]


def test_one_connection_is_hit_and_others_go_on(store, wire, session):
    with store.session(("127.0.0.1", wire.port)) as other:
        trap = wire.trap(statement="COMMIT")
        insert(session, 1)
        trap.wait()
        insert(other, 2)
        assert other.results()[1][-1] == "COMMIT"
    assert committed(store) == [2]


@pytest.mark.parametrize("when, done", [("before", []), ("after", [1])])
def test_a_stall_ends(store, wire, session, when, done):
    trap = wire.trap(statement="COMMIT", when=when, then="stall")
    insert(session, 1)
    trap.wait()
    assert is_silent(session)
    if when == "after":
        deadline = time.monotonic() + 20
        while committed(store) != done:
            assert time.monotonic() < deadline
    assert committed(store) == done
    wire.pass_on()
    assert session.results()[1] == ["BEGIN", "INSERT 0 1", "COMMIT"]
    assert committed(store) == [1]


def test_bytes_are_counted(store, wire, session):
    """Each number of them, up to where the answer comes."""
    sent = pg.query("INSERT INTO t VALUES (1)")
    trap = wire.trap(up=len(sent) - 1)
    session.send(sent)
    assert is_cut(session)
    trap.wait()
    assert committed(store) == []
    with store.session(("127.0.0.1", wire.port)) as again:
        trap = wire.trap(down=9)
        again.send(sent)
        got = b""
        while data := again.sock.recv(100):
            got += data
        assert got == b"C\0\0\0\x0fINSE"
        trap.wait()
    assert committed(store) == [1]


def test_a_stall_in_the_middle_of_a_message_ends(wire, session):
    wire.trap(down=3, then="stall")
    session.send(pg.query("SELECT 1"))
    assert is_silent(session)
    wire.pass_on()
    assert session.results() == ([("1",)], ["SELECT 1"])


def test_bytes_are_found(store, wire, session):
    trap = wire.trap(up=b"secret")
    session.query("SELECT 'known'")
    session.send(pg.query("INSERT INTO t VALUES (1) /* secret */"))
    assert is_cut(session)
    trap.wait()
    assert committed(store) == []
    with store.session(("127.0.0.1", wire.port)) as again:
        trap = wire.trap(down=b"shown", when="after")
        again.send(pg.query("SELECT 'shown'"), pg.query("SELECT 2"))
        assert again.receive()[0] == b"T"
        assert again.receive()[0] == b"D"
        assert is_cut(again)


def test_it_stalls_all_or_one_way(store, wire, session):
    wire.stall()
    session.send(pg.query("INSERT INTO t VALUES (1)"))
    assert is_silent(session)
    assert committed(store) == []
    with pytest.raises(TimeoutError):
        store.session(("127.0.0.1", wire.port), timeout=0.3)
    wire.pass_on()
    assert session.results()[1] == ["INSERT 0 1"]
    wire.stall("down")
    session.send(pg.query("INSERT INTO t VALUES (2)"))
    assert is_silent(session)
    assert committed(store) == [1, 2]
    wire.cut()
    assert is_cut(session)


def test_it_delays_each_way(wire, session):
    wire.delay(0.2)
    began = time.monotonic()
    assert session.query("SELECT 1") == [("1",)]
    assert 0.4 <= time.monotonic() - began < 10
    wire.pass_on()


def test_a_server_that_is_gone_is_an_end(own_postgres, wires):
    cluster = own_postgres()
    wire = wires(cluster)
    session = Session(("127.0.0.1", wire.port))
    cluster.kill()
    assert is_cut(session)
    with pytest.raises((EOFError, ConnectionError)):
        Session(("127.0.0.1", wire.port))
    cluster.start()
    with Session(("127.0.0.1", wire.port)) as again:
        assert again.query("SELECT 1") == [("1",)]


def test_many_at_once_pass(store, wire):
    def work(n):
        with store.session(("127.0.0.1", wire.port)) as session:
            for i in range(20):
                insert(session, n * 100 + i)
                session.results()

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert committed(store) == sorted(n * 100 + i for n in range(8) for i in range(20))
    assert wire.accepted == 8


def test_errors_pass(session):
    with pytest.raises(PostgresError):
        session.query("SELECT nothing")
    assert session.query("SELECT 1") == [("1",)]


def test_a_trap_that_nothing_comes_by_says_so(wire):
    with pytest.raises(AssertionError, match="COMMIT.* did not come by"):
        wire.trap(statement="COMMIT").wait(0.1)


# What it knows of the protocol, without a server

def test_messages_are_known_however_they_are_cut():
    stream = b"".join([
        pg.startup(user="x"), pg.parse("SELECT 1", "one"), pg.bind(statement="one", portal="p"),
        pg.execute("p"), pg.SYNC, pg.query("COMMIT"),
    ])  # fmt: skip
    for size in (1, 2, 7, len(stream)):
        talk, found = Talk(), []
        for at in range(0, len(stream), size):
            found += talk.feed("up", stream[at : at + size])
        assert b"".join(one.raw for one in found) == stream
        assert [(one.kind, one.sql) for one in found if one.sql] == [(b"E", "SELECT 1"), (b"Q", "COMMIT")]


def test_behind_an_agreement_on_tls_all_is_opaque():
    ask = pg.message(b"", pg.number(pg.TLS))
    talk = Talk()
    assert [one.raw for one in talk.feed("up", ask)] == [ask]
    assert [one.raw for one in talk.feed("down", b"S")] == [b"S"]
    assert [one.raw for one in talk.feed("up", b"\x16\x03\x01")] == [b"\x16\x03\x01"]
    assert [one.raw for one in talk.feed("down", b"\x16")] == [b"\x16"]


def test_a_server_without_tls_goes_on_in_the_clear():
    talk = Talk()
    talk.feed("up", pg.message(b"", pg.number(pg.GSS)))
    talk.feed("down", b"N")
    talk.feed("up", pg.message(b"", pg.number(pg.TLS)))
    talk.feed("down", b"N")
    talk.feed("up", pg.startup(user="x"))
    assert [one.sql for one in talk.feed("up", pg.query("COMMIT"))] == ["COMMIT"]
    assert [one.tag for one in talk.feed("down", pg.message(b"C", b"COMMIT\0"))] == ["COMMIT"]


def test_a_trap_has_one_mark():
    with pytest.raises(ValueError, match="too many values"):
        Trap(statement="COMMIT", up=3)
