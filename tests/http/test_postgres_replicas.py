"""Lists from a replica: no older than --cache-max-age, with all that the instance itself has done,
and from the database itself where the replica is of no use."""

import time
from itertools import count

import pytest
from postgres import STREAMING, following
from test_postgres_turns import DESCRIPTION

AGE = 2  # --cache-max-age, in seconds
TIMEOUT = 2  # of the store, likewise
LIMITS = count(10)  # each makes another page, of which nothing is kept at hand


@pytest.fixture
def primary(own_postgres):
    return own_postgres(*STREAMING)


@pytest.fixture
def follower(primary):
    with following(primary) as follower:
        yield follower


def serve(instances, store, replica, age=AGE):
    url = store.at("", host=store.cluster.folder, port=5432, timeout=f"{TIMEOUT}s", replica=f"{replica.folder}:5432")
    (server,) = instances(DESCRIPTION, url, args=[f"--cache-max-age={age}s"])
    client = server.client()
    assert client.put("/things/a", json={"n": 0}).status == 201
    return client


def shown(client, path=None):
    """What a page shows of the one thing there is."""
    answer = client.get(path or f"/things?limit={next(LIMITS)}")
    assert answer.status == 200
    return [thing["n"] for thing in answer.json()]


def change(store, n):
    """By nobody's hand: no instance hears of it."""
    store.query(
        f"BEGIN; UPDATE record SET content = '{{\"n\":{n}}}', length = {len(str(n)) + 6}, revision = revision + 1"
        " WHERE key = '/things/a'; UPDATE collection SET revision = revision + 1 WHERE key = '/things'; COMMIT"
    )


def pause(follower):
    follower.query("SELECT pg_wal_replay_pause()")
    while follower.query("SELECT pg_get_wal_replay_pause_state()") != [("paused",)]:
        time.sleep(0.01)


def warm_up(client, seconds=1.5):
    """Until there are beats, and the replica has shown one."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        shown(client)
        time.sleep(0.05)


def until_new(client, new, path=None):
    """(how long the old one is shown, how often)."""
    began, old = time.monotonic(), 0
    while (asked := time.monotonic()) < began + 3 * AGE:
        if shown(client, path) == [new]:
            return asked - began, old
        old += 1
        time.sleep(0.02)
    raise AssertionError("it is old for ever")


def test_what_a_replica_shows_is_not_older_than_is_allowed(primary, follower, instances):
    store = primary.store()
    client = serve(instances, store, follower)
    warm_up(client)
    pause(follower)
    change(store, 1)
    took, old = until_new(client, 1)
    assert old > 0  # a replica has answered
    assert took < AGE
    for _ in range(10):
        assert shown(client) == [1]
    follower.query("SELECT pg_wal_replay_resume()")
    warm_up(client)
    assert shown(client) == [1]
    pause(follower)
    change(store, 2)
    assert until_new(client, 2)[1] > 0  # it is asked again


def test_what_is_kept_of_a_replicas_page_is_not_older_either(primary, follower, instances):
    store = primary.store()
    client = serve(instances, store, follower)
    warm_up(client)
    pause(follower)
    change(store, 1)
    page = f"/things?limit={next(LIMITS)}"
    began = time.monotonic()
    while time.monotonic() < began + 0.4 * AGE:
        shown(client)
    shown(client, page)  # kept from now on, and as old as that
    took, _ = until_new(client, 1, page)
    assert 0.4 * AGE + took < AGE + 0.1


def test_what_was_done_here_is_shown_at_once(primary, follower, instances):
    store = primary.store()
    client = serve(instances, store, follower)
    warm_up(client)
    pause(follower)
    for n in range(1, 20):
        assert client.put("/things/a", json={"n": n}).status == 204
        assert shown(client) == [n]
        time.sleep(0.05)


def test_nothing_is_old_where_nothing_may_be(primary, follower, instances):
    store = primary.store()
    client = serve(instances, store, follower, age=0)
    warm_up(client)
    pause(follower)
    for n in range(1, 20):
        change(store, n)
        assert shown(client) == [n]


@pytest.mark.parametrize("what", ["kill", "stall", "stop"])
def test_a_replica_that_is_away_is_passed_over(primary, follower, instances, what):
    store = primary.store()
    client = serve(instances, store, follower)
    warm_up(client)
    getattr(follower, what)()
    began, slowest = time.monotonic(), 0
    while time.monotonic() < began + 2 * AGE:
        asked = time.monotonic()
        assert shown(client) == [0]
        slowest = max(slowest, time.monotonic() - asked)
        time.sleep(0.02)
    assert slowest < TIMEOUT
    change(store, 1)
    assert shown(client) == [1]
    if what == "stall":
        follower.resume()
    else:
        follower.start()
    deadline = time.monotonic() + 30
    while True:  # it is found again
        warm_up(client, 1)
        pause(follower)
        change(store, n := next(LIMITS))
        if until_new(client, n)[1] > 0:
            break
        follower.query("SELECT pg_wal_replay_resume()")
        assert time.monotonic() < deadline


def test_who_does_not_follow_any_more_is_passed_over(primary, follower, instances):
    store = primary.store()
    client = serve(instances, store, follower)
    warm_up(client)
    follower.query("SELECT pg_promote()")
    change(store, 1)
    assert until_new(client, 1)[0] < AGE
    warm_up(client, AGE)
    for n in range(2, 10):
        change(store, n)
        assert shown(client) == [n]


def test_another_installation_is_no_replica(primary, own_postgres, instances):
    store, stranger = primary.store(), own_postgres().store()
    assert store.schema == stranger.schema
    instances(DESCRIPTION, stranger.url)
    client = serve(instances, store, stranger.cluster)
    warm_up(client)
    for n in range(1, 20):
        change(store, n)
        assert shown(client) == [n]
        time.sleep(0.02)
