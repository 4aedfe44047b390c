"""A gateway's cache where the origin fails: who waits for the same answer is told
once, and the origin is not asked by all of them."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from ledger import requirement
from origin import gateway_to
from upstream import Upstream, response

MANY = 8


class Failing(Upstream):
    """An upstream whose answers wait until they may go."""

    def held(self, answer):
        go = threading.Event()

        def wait(peer, request):
            go.wait(20)
            answer(peer, request) if callable(answer) else peer.send(answer)

        self.always(wait)
        return go


@pytest.fixture(scope="module")
def upstream():
    with Failing() as running:
        yield running


@pytest.fixture(scope="module")
def gateway(module_serve, upstream):
    return module_serve(gateway_to(upstream.url))


COUNT = iter(range(1, 100000))


@pytest.fixture
def path(upstream):
    upstream.forget()
    return f"/f{next(COUNT)}"


def until(holds, seconds=5):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def get_together(gateway, path, go, upstream, headers=()):
    """MANY at once: one asks, and the others wait for it."""

    def one(_):
        with closing(gateway.client()) as client:
            return client.exchange("GET", path, list(headers), None, False, [])

    before = len(upstream.requests)
    with ThreadPoolExecutor(MANY) as pool:
        asked = [pool.submit(one, i) for i in range(MANY)]
        until(lambda: len(upstream.requests) > before)
        time.sleep(0.5)
        assert len(upstream.requests) == before + 1
        go.set()
        return [each.result(30) for each in asked]


def store(gateway, path, upstream, control):
    """Something that is stale at once."""
    upstream.always(response(200, [("Cache-Control", control), ("ETag", '"1"')], b"old"))
    with closing(gateway.client()) as client:
        assert client.get(path).body == b"old"


def cut_it(peer, _):
    peer.send(b"HTTP/1.1 20")
    peer.close()


@pytest.mark.once
@requirement("9111-4-10")
def test_all_who_wait_are_told_the_same_failure(gateway, upstream, path):
    go = upstream.held(cut_it)
    answers = get_together(gateway, path, go, upstream)
    assert [answer.status for answer in answers] == [502] * MANY
    assert len({answer.headers["Proxy-Status"] for answer in answers}) == 1
    assert "http_response_incomplete" in answers[0].headers["Proxy-Status"]
    assert len(upstream.requests) == 1


@pytest.mark.once
def test_a_request_that_may_be_repeated_is_once_for_all(gateway, upstream, path):
    """Its connection has ended before any of the answer came (RFC 9110 section
    9.2.2)."""
    go = upstream.held(lambda peer, _: peer.close())
    answers = get_together(gateway, path, go, upstream)
    assert {answer.status for answer in answers} == {502}
    assert len(upstream.requests) <= 2


@pytest.mark.once
@requirement("5861-4-01")
def test_what_is_stale_is_given_to_all_who_wait(gateway, upstream, path):
    store(gateway, path, upstream, "max-age=0, stale-if-error=60")
    go = upstream.held(cut_it)
    answers = get_together(gateway, path, go, upstream)
    assert [(answer.status, answer.body) for answer in answers] == [(200, b"old")] * MANY
    assert sum("collapsed" in answer.headers["Cache-Status"] for answer in answers) == MANY - 1
    assert len(upstream.requests) == 2


@pytest.mark.once
@requirement("5861-4-01")
def test_an_error_is_not_asked_for_by_all_where_something_is_stale(gateway, upstream, path):
    store(gateway, path, upstream, "max-age=0, stale-if-error=60")
    go = upstream.held(response(503, (), b"trouble"))
    answers = get_together(gateway, path, go, upstream)
    assert [(answer.status, answer.body) for answer in answers] == [(200, b"old")] * MANY
    assert len(upstream.requests) == 2


@pytest.mark.once
@requirement("9111-4-10")
def test_an_error_is_for_who_has_asked(gateway, upstream, path):
    """It does not say that it is for others."""
    go = upstream.held(response(503, [("Retry-After", "3")], b"trouble"))
    answers = get_together(gateway, path, go, upstream)
    assert {answer.status for answer in answers} == {503}
    assert len(upstream.requests) == MANY


@pytest.mark.once
def test_who_asks_after_an_error_waits_for_one_answer_again(gateway, upstream, path):
    """It says nothing of the key."""
    upstream.always(response(503, (), b"trouble"))
    with closing(gateway.client()) as client:
        assert client.get(path).status == 503
    go = upstream.held(response(200, [("Cache-Control", "max-age=60")], b"well"))
    answers = get_together(gateway, path, go, upstream)
    assert {answer.body for answer in answers} == {b"well"}
    assert len(upstream.requests) == 2


@requirement("9111-5.2.2.2-02", "9111-5.2.2.2-03")
@pytest.mark.parametrize("control, status", [("max-age=0, must-revalidate", 504), ("max-age=0", 502)])
def test_what_must_be_validated_and_cannot_is_504(gateway, upstream, path, control, status):
    store(gateway, path, upstream, control)
    upstream.always(cut_it)
    with closing(gateway.client()) as client:
        assert client.get(path).status == status


@pytest.mark.once
def test_a_leader_that_leaves_leaves_it_to_the_others(gateway, upstream, path):
    go = upstream.held(response(200, [("Cache-Control", "max-age=60")], b"all of it"))
    leaving = gateway.client()
    connection = leaving.connect()
    connection.send(f"GET {path} HTTP/1.1\r\nHost: {leaving.authority}\r\n\r\n".encode())
    until(lambda: len(upstream.requests) == 1)

    def one(_):
        with closing(gateway.client()) as client:
            return client.get(path)

    with ThreadPoolExecutor(MANY) as pool:
        asked = [pool.submit(one, i) for i in range(MANY)]
        time.sleep(0.3)
        connection.close()
        time.sleep(0.2)
        go.set()
        assert {each.result(30).body for each in asked} == {b"all of it"}
    assert len(upstream.requests) == 1
