"""What servers before one PostgreSQL keep at hand hears of what others change."""

import time

import pytest
from library import LIBRARY, add
from people import CHEAP, basic, register
from test_postgres_instances import house
from test_sessions import log_in, with_cookie
from test_tokens import bearer

LONG = ["--workers", "2", "--cache-max-age", "1h"]
HEARD = 10  # seconds, on an overloaded machine; not those of a cache
CONNECTIONS = 6  # so that each worker is asked


def keep(server, path, headers=(), times=3):
    """Connections to all workers, each of which has the answer at hand."""
    clients = [server.client() for _ in range(CONNECTIONS)]
    answers = [client.get(path, headers) for client in clients for _ in range(times)]
    assert {answer.status for answer in answers} <= {200, 404}, answers
    return clients


def hear(clients, path, is_new, headers=(), timeout=HEARD):
    """How long it takes until all of them give the new answer, which they do from then on."""
    began = time.monotonic()
    for client in clients:
        while not is_new(answer := client.get(path, headers)):
            assert time.monotonic() < began + timeout, answer
            time.sleep(0.002)
    took = time.monotonic() - began
    assert all(is_new(client.get(path, headers)) for client in clients)
    return took


def is_value(value):
    return lambda answer: answer.status == 200 and answer.json()["value"] == value


@pytest.fixture
def pair(store, instances):
    return instances(LIBRARY, store, count=2, args=LONG)


def change_and_hear(a, b, path, value):
    clients = keep(b, path)
    assert a.client().put(path, json={"value": value}).status in (200, 201)
    return hear(clients, path, is_value(value))


def test_what_is_kept_was_not_read_again(pair, store):
    """Or the rest shows nothing: what is changed behind all instances' backs is not seen."""
    a, b = pair
    assert a.client().put("/settings/kept", json={"value": 1}).status == 201
    time.sleep(1.5)
    keep(b, "/settings/kept")
    store.query("UPDATE record SET content = '{\"value\":2}', length = 11 WHERE key = '/settings/kept'")
    time.sleep(1.5)
    assert all(is_value(1)(client.get("/settings/kept")) for client in keep(b, "/settings/kept"))


def test_what_one_has_changed_others_show_soon(pair):
    a, b = pair
    took = [change_and_hear(*(pair if n % 2 else (b, a)), "/settings/soon", n) for n in range(10)]
    assert sorted(took)[5] < 0.8, took  # NOTIFY: where it is asked for, that is after a second


def test_also_that_there_is_something_and_that_there_is_nothing(pair):
    a, b = pair
    clients = keep(b, "/settings/none")
    a.client().put("/settings/none", json={"value": 1})
    hear(clients, "/settings/none", is_value(1))
    assert a.client().delete("/settings/none", {"If-Match": "*"}).status == 204
    hear(clients, "/settings/none", lambda answer: answer.status == 404)


def test_also_what_is_in_a_listing(pair):
    a, b = pair
    clients = keep(b, "/authors")
    add(a.client(), "/authors", name="Ursula")
    hear(clients, "/authors", lambda answer: "Ursula" in answer.text)


def test_who_has_seen_his_own_change_sees_it_ever_after(pair):
    """Whoever writes between: nothing older than what was acknowledged comes back."""
    a, b = pair
    x, y = a.client(), b.client()
    for n in range(0, 100, 2):
        assert x.put("/settings/own", json={"value": n}).status in (200, 201)
        assert x.get("/settings/own").json()["value"] >= n
        assert y.put("/settings/own", json={"value": n + 1}).status == 200
        assert y.get("/settings/own").json()["value"] >= n + 1
    hear(keep(a, "/settings/own"), "/settings/own", is_value(99))
    time.sleep(1.5)
    assert all(is_value(99)(client.get("/settings/own")) for client in keep(a, "/settings/own"))


def test_where_notify_is_not_passed_on_it_is_asked_for(store, wires, instances):
    wire = wires(store)
    wire.deaf = True
    a, b = instances(LIBRARY, [store.through(wire), store.through(wire)], count=2, args=LONG)
    took = [change_and_hear(a, b, "/settings/deaf", n) for n in range(3)]
    assert max(took) < HEARD / 2, took


def test_what_was_told_while_the_connection_was_lost_is_made_up_for(store, wires, instances):
    wire = wires(store)
    a, b = instances(LIBRARY, [store.url, store.through(wire)], count=2, args=LONG)
    change_and_hear(a, b, "/settings/lost", 0)
    for n in range(1, 6):
        clients = keep(b, "/settings/lost")
        wire.cut()
        assert a.client().put("/settings/lost", json={"value": n}).status == 200
        hear(clients, "/settings/lost", is_value(n))


@pytest.mark.parametrize("who", ["all", "the writer"])
def test_without_a_history_all_that_is_kept_goes(store, instances, who):
    none = [*LONG, "--history", "0"]
    (a,) = instances(LIBRARY, store, args=none)
    (b,) = instances(LIBRARY, store, args=none if who == "all" else LONG)
    for n in range(3):
        change_and_hear(a, b, "/settings/untold", n)


@pytest.mark.parametrize("notifies", [True, False])
def test_rights_that_were_taken_away_at_one_are_gone_at_all_soon(store, wires, instances, notifies):
    wire = wires(store)
    wire.deaf = not notifies
    both = instances(house(), store.through(wire), count=2, args=[*CHEAP, *LONG])
    a, b = (server.client() for server in both)
    register(a, "ann@example.org", "correct horse")
    cookie, _ = log_in(a, "ann@example.org", "correct horse")
    clients = keep(both[1], "/session", {"Cookie": cookie})
    assert a.request("DELETE", "/session", with_cookie(a, cookie)).status == 204
    hear(clients, "/session", lambda answer: answer.status in (401, 404), {"Cookie": cookie})
    made = a.post("/tokens", basic("ann@example.org", "correct horse"), json={"scopes": ["write"]})
    token = bearer(made.json()["token"])
    assert a.put("/a", token, json={}).status in (201, 204)
    clients = keep(both[1], "/a", token)
    assert a.delete(made.headers["Location"], basic("ann@example.org", "correct horse")).status == 204
    hear(clients, "/a", lambda answer: answer.status == 401, token)
