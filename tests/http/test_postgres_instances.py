"""Several servers before one PostgreSQL answer as one would."""

import itertools
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from events import Events
from ledger import requirement
from library import LIBRARY, MERGE, PNG, add, tag_of
from people import CHEAP, SCHEMES, basic, people, register
from postgres import Instances, Store
from test_idempotency import key, same
from test_large import noise
from test_sessions import cart, cookie_scheme, log_in, login_at, secret_of, with_cookie
from test_tokens import PATHS as TOKENS
from test_tokens import bearer

WORKERS = ["--workers", "2"]
COUNT = {"Prefer": "count=exact"}
ANY = {"If-Match": "*"}


@pytest.fixture(scope="module")
def servers(postgres, tmp_path_factory):
    """Three of the example API, for tests of this module."""
    three = Instances(tmp_path_factory.mktemp("servers"), LIBRARY, postgres.store().url, count=3, args=WORKERS)
    try:
        yield three.start()
    finally:
        three.stop()


@pytest.fixture
def clients(servers):
    return servers.clients()


def at_once(servers, work, times=1):
    """What work(client, n) gives, `times` for each server, all at the same time."""
    jobs = [(server, n) for n in range(times) for server in servers]
    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(lambda job: work(job[1][0].client(), job[0]), enumerate(jobs)))


def statuses(answers):
    return sorted(answer.status for answer in answers)


def count(client, listing):
    return int(client.get(f"{listing}?limit=1", COUNT).headers["Total-Count"])


# What one has written

def test_what_one_wrote_all_others_show_at_once(clients):
    a, b, c = clients
    for n in range(10):
        assert a.put("/settings/shown", json={"value": n}).status in (200, 201)
        shown = [client.get("/settings/shown") for client in (b, c, a)]
        assert [answer.json()["value"] for answer in shown] == [n] * 3
        assert len({answer.headers["ETag"] for answer in shown}) == 1
        a, b, c = b, c, a
    assert b.delete("/settings/shown", ANY).status == 204
    assert [client.get("/settings/shown").status for client in clients] == [404] * 3


@requirement("9110-13.1.1-02")
def test_a_condition_holds_whoever_is_asked(clients):
    a, b, c = clients
    assert a.put("/settings/held", json={"value": 1}).status == 201
    old = tag_of(b, "/settings/held")
    assert c.get("/settings/held", {"If-None-Match": old}).status == 304
    assert a.put("/settings/held", {"If-None-Match": "*"}, json={"value": 0}).status == 412
    assert b.put("/settings/held", {"If-Match": old}, json={"value": 2}).status == 200
    new = tag_of(a, "/settings/held")
    assert c.put("/settings/held", {"If-Match": old}, json={"value": 3}).status == 412
    assert a.get("/settings/held", {"If-None-Match": old}).json()["value"] == 2
    assert c.delete("/settings/held", {"If-Match": old}).status == 412
    assert c.delete("/settings/held", {"If-Match": new}).status == 204


@requirement("9110-13.1.1-02")
def test_of_many_that_expect_the_same_one_is_done(servers):
    """A counter that all count up: nothing is lost, and nothing counted twice."""
    servers[0].client().put("/settings/counter", json={"value": 0})

    def work(client, _):
        done = 0
        while done < 5:
            shown = client.get("/settings/counter")
            told = {"If-Match": shown.headers["ETag"]}
            answer = client.put("/settings/counter", told, json={"value": shown.json()["value"] + 1})
            assert answer.status in (200, 412), answer
            done += answer.status == 200
        return done

    done = at_once(servers, work, times=2)
    assert servers[1].client().get("/settings/counter").json()["value"] == sum(done) == 30


def test_what_is_not_there_is_made_once(servers):
    made = at_once(servers, lambda client, n: client.put("/settings/once", {"If-None-Match": "*"}, json={"value": n}), 3)
    assert statuses(made) == [201] + [412] * 8
    value = [n for n, answer in enumerate(made) if answer.status == 201]
    assert [server.client().get("/settings/once").json()["value"] for server in servers] == value * 3


def test_members_listings_and_counts_are_the_same_everywhere(servers):
    """Numbers never collide, each member is in the list once, in the order in which they were made."""
    clients = servers.clients()
    before = count(clients[0], "/authors")
    paths = at_once(servers, lambda client, n: [add(client, "/authors", name=f"{n}.{i}") for i in range(8)], times=2)
    made = list(itertools.chain(*paths))
    assert len(set(made)) == len(made) == 48
    for client in clients:
        assert count(client, "/authors") == before + 48
        listed = walk(client, "/authors?limit=7")
        assert len(set(listed)) == len(listed) == before + 48
        assert set(made) <= set(listed)
        for mine in paths:  # of one client, one after the other
            assert [path for path in listed if path in mine] == mine
    assert len({client.get("/authors?limit=100").headers["ETag"] for client in clients}) == 1
    tag = tag_of(clients[0], "/authors")
    assert clients[1].delete(made[0], ANY).status == 204
    assert clients[2].get("/authors", {"If-None-Match": tag}).status == 200
    assert count(clients[0], "/authors") == before + 47


def walk(client, target):
    """The members of a listing, page by page; their paths."""
    listing, found = target.split("?")[0], []
    while target:
        page = client.get(target)
        assert page.status == 200, page
        found += [f"{listing}/{member['id']}" for member in page.json()]
        (target,) = [part.split(">")[0] for part in (page.headers.get("Link") or "").split("<") if 'rel="next"' in part] or [None]
    return found


def test_a_walk_may_be_begun_at_one_and_go_on_at_another(clients):
    made = [add(client, "/books", title="walk") for client in clients * 3]
    target, found = "/books?limit=2", []
    for client in itertools.cycle(clients):
        page = client.get(target)
        found += [f"/books/{book['id']}" for book in page.json()]
        more = [part.split(">")[0] for part in (page.headers.get("Link") or "").split("<") if 'rel="next"' in part]
        if not more:
            break
        target = more[0]
    assert len(set(found)) == len(found) and set(made) <= set(found)


# Rules that span resources

def test_a_unique_value_is_one_s(servers):
    isbn = "9780141354910"
    made = at_once(servers, lambda client, n: client.post("/books", json={"title": f"{n}", "isbn": isbn}), times=3)
    assert statuses(made) == [201] + [409] * 8
    (path,) = [answer.headers["Location"] for answer in made if answer.status == 201]
    a, b, c = servers.clients()
    assert a.delete(path).status == 204
    again = b.post("/books", json={"title": "x", "isbn": isbn})
    assert again.status == 201  # it is free at once
    assert c.post("/books", json={"title": "x", "isbn": isbn}).status == 409
    assert c.delete(again.headers["Location"]).status == 204


def test_no_reference_dangles(servers):
    """Authors are deleted here while books of theirs are made there."""
    a, b, c = servers
    for _ in range(6):
        author = int(add(a.client(), "/authors").rpartition("/")[2])

        def work(client, n, author=author):
            if n == 0:
                return client.delete(f"/authors/{author}", ANY)
            return client.post("/books", json={"title": "x", "author": author})

        gone, *made = at_once([a, b, c], work)
        assert gone.status in (204, 409), gone
        assert all(answer.status in (201, 409, 422) for answer in made), made
        done = [answer for answer in made if answer.status == 201]
        assert (gone.status == 409) == bool(done)
        assert b.client().get(f"/authors/{author}").status == (200 if done else 404)


# Who somebody is

def house():
    """What has accounts, sessions and tokens."""
    schemes = SCHEMES | {"session": cookie_scheme(), "token": {"type": "http", "scheme": "bearer"}}
    paths = {path: TOKENS[path] for path in ("/tokens", "/tokens/{id}", "/a")}
    return people(schemes=schemes, **paths, **{
        "/session": login_at("/session") | {
            "get": {"security": [{"session": []}], "responses": {"200": {"description": "it", "content": {"application/json": {}}}}},
            "delete": {"security": [{"session": []}], "responses": {"204": {"description": "gone"}}},
        },
        "/cart": cart(),
    })  # fmt: skip


@pytest.fixture(scope="module")
def doors(postgres, tmp_path_factory):
    """Two servers with accounts, sessions and tokens."""
    both = Instances(tmp_path_factory.mktemp("doors"), house(), postgres.store().url, count=2, args=CHEAP)
    try:
        yield both.start()
    finally:
        both.stop()


NAMES = iter(f"ann{n}@example.org" for n in range(1000))


def test_an_account_is_known_everywhere_and_one_s(doors):
    a, b = doors.clients()
    name = next(NAMES)
    path = register(a, name, "correct horse")
    assert b.get(path, basic(name, "correct horse")).status == 200
    assert b.post("/people", json={"email": name, "password": "correct horse"}).status == 409
    changed = b.patch(path, MERGE | basic(name, "correct horse"),
                      b'{"password": "another horse", "currentPassword": "correct horse"}')  # fmt: skip
    assert changed.status == 200, changed
    assert a.get(path, basic(name, "correct horse")).status == 401
    assert a.get(path, basic(name, "another horse")).status == 200
    assert a.delete(path, basic(name, "another horse")).status == 204
    assert b.get("/people", basic(name, "another horse")).status == 401


def test_a_session_holds_everywhere_until_it_ends_anywhere(doors):
    a, b = doors.clients()
    name = next(NAMES)
    register(a, name, "correct horse")
    cookie, _ = log_in(b, name, "correct horse")
    assert a.get("/session", {"Cookie": cookie}).status == 200
    put = a.put("/cart", with_cookie(a, cookie), json={"items": ["tea"]})
    assert put.status in (201, 204), put
    assert b.get("/cart", {"Cookie": cookie}).json()["items"] == ["tea"]
    assert a.request("DELETE", "/session", with_cookie(a, cookie)).status == 204
    assert b.get("/session", {"Cookie": cookie}).status in (401, 404)
    guest = b.put("/cart", json={"items": ["ink"]})
    assert a.get("/cart", {"Cookie": secret_of(guest)[0]}).json()["items"] == ["ink"]


def test_a_token_is_good_everywhere_until_it_is_revoked_anywhere(doors):
    a, b = doors.clients()
    name = next(NAMES)
    register(b, name, "correct horse")
    made = a.post("/tokens", basic(name, "correct horse"), json={"scopes": ["write"]})
    token = bearer(made.json()["token"])
    assert b.put("/a", token, json={}).status in (201, 204)
    assert a.get("/a", token).status == 200
    assert b.delete(made.headers["Location"], basic(name, "correct horse")).status == 204
    assert [client.get("/a", token).status for client in (a, b)] == [401, 401]


# Once

def test_a_key_is_known_to_all(clients):
    a, b, c = clients
    before = count(a, "/books")
    first = a.post("/books", key("everywhere"), json={"title": "x"})
    for client in (b, c, a):
        same(first, client.post("/books", key("everywhere"), json={"title": "x"}))
    assert count(b, "/books") == before + 1
    assert c.post("/books", key("everywhere"), json={"title": "y"}).status == 422


def test_a_key_that_comes_to_several_at_once_is_used_once(servers):
    client = servers[0].client()
    for n in range(4):
        before = count(client, "/books")
        answers = at_once(servers, lambda client, _, n=n: client.post("/books", key(f"race{n}"), json={"title": "x"}))
        done = [answer for answer in answers if answer.status == 201]
        assert done and all(answer.status in (201, 409) for answer in answers), answers
        assert len({answer.headers["Location"] for answer in done}) == 1
        assert count(client, "/books") == before + 1
        for server in servers:
            same(done[0], server.client().post("/books", key(f"race{n}"), json={"title": "x"}))


# What happens

def value_of(event):
    return event.data["value"]["value"]


def test_what_one_commits_another_one_tells_in_order(servers):
    a, b, c = servers
    b.client().put("/settings/first", json={"value": -1})
    with Events(a, "/settings") as events:
        events.begin()
        for n in range(20):
            answer = [b, c][n % 2].client().put("/settings/told", json={"value": n})
            assert answer.status in (200, 201), answer
        began = time.monotonic()
        assert [value_of(event) for event in events.take(20)] == list(range(20))
        assert time.monotonic() - began < 10


def test_a_stream_goes_on_at_another_with_nothing_lost_or_told_twice(servers):
    """Writes go on meanwhile; each resource's own order is kept."""
    servers[0].client().put("/settings/s0", json={"value": -1})
    each, writers = 25, 6

    def write(client, n):
        for value in range(each):
            assert client.put(f"/settings/s{n}", json={"value": value}).status in (200, 201)

    told = []
    with Events(servers[0], "/settings") as events:
        last = events.begin().id
    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(at_once, servers, write, writers // 3)
        for server in itertools.cycle(servers):
            with Events(server, "/settings", last=last) as events:
                assert events.begin().event == "ready"
                for _ in range(min(10, each * writers - len(told))):
                    event = events.next()
                    told.append((event.data["uri"], value_of(event)))
                    last = event.id
            if len(told) == each * writers:
                break
        writing.result()
    for n in range(writers):
        assert [value for uri, value in told if uri == f"/settings/s{n}"] == list(range(each))


@pytest.mark.parametrize("target", ["/news/1", "/news"])
def test_who_goes_on_from_a_tag_beyond_the_horizon_has_lost_nothing(store, instances, target):
    """A transaction of a third one holds the horizon back: what is beyond may not be told yet, and is not forgotten."""
    a, b = instances(None, store, count=2)
    b.client().put("/other", json=0)
    a.client().put("/news/1", json=0)
    with store.session() as session:
        session.query("BEGIN")
        session.query("SELECT 1 FROM writer ORDER BY floor LIMIT 1 FOR UPDATE")  # b's
        tag = a.client().put("/news/1", json=1).headers["ETag"]
        with Events(b, target, last=tag) as events:
            assert events.begin().event == "ready"
            a.client().put("/news/1", json=2)
            session.query("COMMIT")
            event = events.next()
            assert (event.event, event.data["value"]) == ("changed", 2)


@pytest.mark.parametrize("begun", [True, False])
def test_who_ends_while_the_horizon_is_held_back_leaves_in_order(store, instances, begun):
    """What it still asks of the history is not waited for."""
    a, b = instances(None, store, count=2)
    b.client().put("/other", json=0)
    a.client().put("/news/1", json=0)
    with store.session() as session:
        session.query("BEGIN")
        session.query("SELECT 1 FROM writer ORDER BY floor LIMIT 1 FOR UPDATE")  # b's
        tag = a.client().put("/news/1", json=1).headers["ETag"]
        with Events(b, "/news", last=tag) as events:
            if begun:
                assert events.begin().event == "ready"
            a.client().put("/news/1", json=2)
            b.terminate()
            b.process.wait(20)
        b.stop()  # which looks at how it has ended


# The beginning

def test_those_that_start_at_once_make_the_tables_without_an_error(own_postgres, instances):
    cluster = own_postgres()
    for _ in range(3):
        a, b, c = instances(None, cluster.store(), count=3).clients()
        assert a.put("/x", json=1).status == 201
        assert [b.get("/x").json(), c.get("/x").json()] == [1, 1]
    assert "ERROR" not in cluster.log


def test_a_server_without_such_locks_has_them_made_all_the_same(own_postgres, instances):
    """As YugabyteDB, where the function is there and says that it is not."""
    cluster = own_postgres()
    name = cluster.store().schema
    cluster.query(
        f"CREATE FUNCTION {name}.pg_advisory_xact_lock(bigint) RETURNS void LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'advisory locks are not yet implemented' USING ERRCODE = '0A000'; END $$"
    )
    a, b = instances(None, Store(cluster, schema=f"{name},pg_catalog"), count=2).clients()
    assert "not yet implemented" in cluster.log
    assert a.put("/x", json=1).status == 201
    assert b.get("/x").json() == 1


# Large content

def test_large_content_is_the_same_everywhere(clients):
    a, b, c = clients
    cover = add(a) + "/cover"
    content = noise(3_000_005, 7)
    made = b.put(cover, PNG, [content[at : at + 100_000] for at in range(0, len(content), 100_000)], chunked=True)
    assert made.status == 201
    for client in (c, a):
        got = client.get(cover)
        assert got.body == content and got.headers["ETag"] == made.headers["ETag"]
        part = client.get(cover, {"Range": "bytes=262100-1000000", "If-Range": made.headers["ETag"]})
        assert (part.status, part.body) == (206, content[262100:1000001])
    assert c.put(cover, PNG | {"If-Match": made.headers["ETag"]}, noise(500_000, 8)).status == 204
    assert a.get(cover).body == noise(500_000, 8)
    assert b.delete(cover).status == 204
    assert [client.get(cover).status for client in clients] == [404] * 3


def test_uploads_at_the_same_time_do_not_mix(servers):
    paths = [add(server.client()) + "/cover" for server in servers for _ in range(2)]

    def work(client, n):
        assert client.put(paths[n], PNG, noise(700_000, n)).status == 201

    at_once(servers, work, times=2)
    for n, path in enumerate(paths):
        assert servers[n % 3].client().get(path).body == noise(700_000, n)
