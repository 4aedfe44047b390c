"""A gateway's shared cache (RFC 9111): what is stored, what is answered with it,
and what others learn of it."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate

import pytest
from ledger import requirement
from origin import Answer, gateway_to, running_origin


@pytest.fixture(scope="module")
def origin():
    with running_origin() as running:
        yield running


@pytest.fixture(scope="module")
def gateway(module_serve, origin):
    return module_serve(gateway_to(origin.url))


@pytest.fixture
def client(gateway):
    client = gateway.client()
    yield client
    client.close()


COUNT = iter(range(1, 100000))


@pytest.fixture
def path():
    """One that nobody has asked for."""
    return f"/p{next(COUNT)}"


FRESH = {"Cache-Control": "max-age=600"}


def status_of(response):
    """Cache-Status, but for the name and the ttl."""
    parts = [part.strip() for part in response.headers["Cache-Status"].split(";")]
    return {part for part in parts[1:] if not part.startswith("ttl=")}


def passed(client, path, headers=()):
    """A GET whose answer is the origin's own, which the rules for our answers
    are not for."""
    return client.exchange("GET", path, list(dict(headers).items()), None, False, [])


def stored(client, path, headers=()):
    """What GET tells of it: True if the cache has answered."""
    return "hit" in status_of(passed(client, path, headers))


# --- storing and using


@requirement("9111-3-01", "9111-4-01", "9211-2.1-01")
def test_what_is_fresh_is_not_asked_for_again(client, origin, path):
    origin.says(path, headers={**FRESH, "ETag": '"1"', "X-Own": "kept"}, body="hello")
    first = client.get(path)
    second = client.get(path)
    assert (first.status, second.status) == (200, 200)
    assert first.body == second.body == b"hello"
    assert origin.count(path) == 1
    assert status_of(first) == {"fwd=uri-miss", "fwd-status=200", "stored"}
    assert status_of(second) == {"hit"}
    assert second.headers["ETag"] == '"1"' and second.headers["X-Own"] == "kept"
    assert "verbatim" in second.headers["Via"]


@requirement("9111-5.1-01", "9111-4.2.3-01")
def test_age_counts_from_the_origin(client, origin, path):
    origin.says(path, headers={**FRESH, "Age": "100"}, body="old")
    client.get(path)
    time.sleep(1.1)
    second = client.get(path)
    assert 101 <= int(second.headers["Age"]) <= 103
    assert "hit" in status_of(second)


@pytest.mark.parametrize(
    "headers, asked, hit",
    [
        ({"Cache-Control": "max-age=600"}, {}, True),
        ({"Cache-Control": "s-maxage=600"}, {}, True),
        ({"Cache-Control": "no-store"}, {}, False),
        ({"Cache-Control": "private, max-age=600"}, {}, False),
        ({"Cache-Control": "no-cache"}, {}, False),
        ({"Cache-Control": "max-age=0"}, {}, False),
        ({"Expires": formatdate(time.time() + 600, usegmt=True)}, {}, True),
        ({"Expires": "0"}, {}, False),
        ({}, {}, False),
        ({"Last-Modified": formatdate(time.time() - 36000, usegmt=True)}, {}, True),
        ({"Cache-Control": "max-age=600", "Vary": "*"}, {}, False),
        ({"Cache-Control": "max-age=600", "Set-Cookie": "a=b"}, {}, False),
        ({"Cache-Control": "public, max-age=600", "Set-Cookie": "a=b"}, {}, True),
        ({"Cache-Control": "no-store", "CDN-Cache-Control": "max-age=600"}, {}, True),
        ({"Cache-Control": "max-age=600", "CDN-Cache-Control": "no-store"}, {}, False),
        (FRESH, {"Cache-Control": "no-store"}, False),
        (FRESH, {"Cache-Control": "no-cache"}, False),
        (FRESH, {"Cache-Control": "max-age=600"}, True),
        (FRESH, {"Pragma": "no-cache"}, False),
        (FRESH, {"Authorization": "Basic YTpi"}, False),
        ({"Cache-Control": "public, max-age=600"}, {"Authorization": "Basic YTpi"}, True),
        (FRESH, {"Cookie": "a=b"}, False),
        ({"Cache-Control": "s-maxage=600"}, {"Cookie": "a=b"}, True),
        (FRESH, {"X-Forwarded-Host": "evil.example"}, True),
        (FRESH, {"X-Original-URL": "/admin"}, False),
        ({**FRESH, "Vary": "X-Original-URL"}, {"X-Original-URL": "/admin"}, True),
        (FRESH, {"User-Agent": "x", "Accept": "*/*", "Sec-Fetch-Mode": "cors"}, True),
    ],
)
@requirement("9111-3-02", "9111-3.5-01", "9111-5.2.2.5-01", "9213-2.2-01")
def test_what_is_stored(client, origin, path, headers, asked, hit):
    """By the fields of the response, and of the request before it."""
    origin.says(path, headers=headers, body="x")
    passed(client, path, asked)
    assert stored(client, path, asked) == hit
    assert origin.count(path) == (1 if hit else 2)


@requirement("9111-5.2.2.7-02", "9111-5.2.2.7-04", "9111-5.2.2.4-02")
@pytest.mark.parametrize("directive", ["private", "no-cache"])
def test_fields_that_others_may_not_have_are_for_who_has_asked(client, origin, path, directive):
    headers = {"Cache-Control": f'max-age=600, {directive}="set-cookie, X-User"', "Set-Cookie": "a=b", "X-User": "ada", "X-All": "1"}
    origin.says(path, headers=headers, body="x")
    first, second = passed(client, path), passed(client, path)
    assert first.headers["Set-Cookie"] == "a=b" and first.headers["X-User"] == "ada"
    assert "hit" in status_of(second) and second.headers["X-All"] == "1"
    assert "Set-Cookie" not in second.headers and "X-User" not in second.headers


def test_what_a_client_makes_up_of_the_host_is_neither_believed_nor_stored(client, origin, path):
    origin.says(path, lambda asked: Answer(200, FRESH, asked.headers.get("X-Forwarded-Host", "")))
    first = client.get(path, {"X-Forwarded-Host": "evil.example"})
    assert b"evil" not in first.body
    assert client.get(path).body == first.body


@requirement("9111-4-03")
@pytest.mark.parametrize("status", [203, 204, 301, 308, 404, 410])
def test_other_statuses_are_stored_where_they_say_so(client, origin, path, status):
    origin.says(path, status=status, headers={**FRESH, "Location": "/x"}, body="" if status == 204 else "gone")
    first, second = client.get(path), client.get(path)
    assert (first.status, second.status) == (status, status)
    assert first.body == second.body
    assert "hit" in status_of(second)


def test_errors_that_say_nothing_are_not_stored(client, origin, path):
    for status in (404, 500, 503):
        origin.says(path, status=status, body="no")
        client.get(path)
        assert not stored(client, path)


@requirement("9111-5.2.1.7-01")
def test_only_if_cached_is_504_where_nothing_is(client, origin, path):
    origin.says(path, headers=FRESH, body="x")
    assert client.get(path, {"Cache-Control": "only-if-cached"}).status == 504
    assert origin.count(path) == 0
    client.get(path)
    assert client.get(path, {"Cache-Control": "only-if-cached"}).status == 200


# --- what the client asks of it


def test_a_client_that_has_it_is_told_so_from_the_cache(client, origin, path):
    origin.says(path, headers={**FRESH, "ETag": '"a"'}, body="x")
    client.get(path)
    assert client.get(path, {"If-None-Match": '"a"'}).status == 304
    assert client.get(path, {"If-None-Match": 'W/"a"'}).status == 304
    assert client.get(path, {"If-None-Match": '"b"'}).status == 200
    assert origin.count(path) == 1


def test_a_condition_on_the_first_request_is_answered_here(client, origin, path):
    """The whole is fetched, and the client is told what it has."""
    origin.says(path, headers={**FRESH, "ETag": '"a"'}, body="x" * 100000)
    assert client.get(path, {"If-None-Match": '"a"'}).status == 304
    assert origin.last().headers.get("If-None-Match") is None
    until(lambda: stored(client, path))
    assert client.get(path).body == b"x" * 100000


@requirement("9111-4.3.2-01")
def test_if_match_is_for_the_origin(client, origin, path):
    origin.says(path, headers={**FRESH, "ETag": '"a"'}, body="x")
    client.get(path)
    client.get(path, {"If-Match": '"a"'})
    assert origin.count(path) == 2
    assert origin.last().headers["If-Match"] == '"a"'


@requirement("9110-14.2-01")
def test_ranges_are_served_from_what_is_whole(client, origin, path):
    origin.says(path, headers={**FRESH, "ETag": '"a"'}, body="0123456789")
    client.get(path)
    part = client.get(path, {"Range": "bytes=2-4"})
    assert part.status == 206 and part.body == b"234"
    assert part.headers["Content-Range"] == "bytes 2-4/10"
    assert client.get(path, {"Range": "bytes=20-"}).status == 416
    assert origin.count(path) == 1


def test_a_range_of_what_is_not_stored_goes_on(client, origin, path):
    origin.says(path, lambda asked: Answer(206, {**FRESH, "Content-Range": "bytes 0-1/9"}, "ab"))
    part = client.get(path, {"Range": "bytes=0-1"})
    assert part.status == 206 and part.body == b"ab"
    assert origin.last().headers["Range"] == "bytes=0-1"
    origin.says(path, headers=FRESH, body="whole")
    assert client.get(path).body == b"whole"


def test_head_is_answered_from_what_get_has_stored(client, origin, path):
    origin.says(path, headers=FRESH, body="12345")
    client.get(path)
    head = client.head(path)
    assert head.status == 200 and head.headers["Content-Length"] == "5"
    assert origin.count(path) == 1


# --- Vary


@requirement("9111-4.1-01", "9111-4.1-02")
def test_what_varies_is_told_apart(client, origin, path):
    origin.says(
        path,
        lambda asked: Answer(
            200, {**FRESH, "Vary": "Accept-Language"}, asked.headers.get("Accept-Language", "none")
        ),
    )
    for language in ("en", "de", None):
        headers = {"Accept-Language": language} if language else {}
        assert client.get(path, headers).body == (language or "none").encode()
        assert client.get(path, headers).body == (language or "none").encode()
    assert origin.count(path) == 3


# --- validation


@requirement("9111-4.3.1-01", "9111-4.3.4-01")
def test_what_is_stale_is_asked_about_and_freshened(client, origin, path):
    origin.says(path, headers={"Cache-Control": "max-age=0", "ETag": '"1"', "X-Old": "1"}, body="body")
    client.get(path)
    origin.says(path, status=304, headers={**FRESH, "ETag": '"1"', "X-New": "2"})
    second = client.get(path)
    assert origin.last().headers["If-None-Match"] == '"1"'
    assert second.status == 200 and second.body == b"body"
    assert second.headers["X-Old"] == "1" and second.headers["X-New"] == "2"
    assert status_of(second) == {"fwd=stale", "fwd-status=304", "stored"}
    assert stored(client, path)
    assert origin.count(path) == 2


def test_a_connection_is_used_again_for_what_is_asked_about(client, origin, path):
    def answer(asked):
        status = 304 if asked.headers.get("If-None-Match") else 200
        return Answer(status, {"Cache-Control": "max-age=0", "ETag": '"1"'}, "" if status == 304 else "body")

    origin.says(path, answer)
    before = origin.connections
    for _ in range(5):
        assert client.get(path).body == b"body"
    assert origin.count(path) == 5
    assert origin.connections <= before + 1


def test_what_has_changed_takes_its_place(client, origin, path):
    origin.says(path, headers={"Cache-Control": "max-age=0", "ETag": '"1"'}, body="old")
    client.get(path)
    origin.says(path, headers={**FRESH, "ETag": '"2"'}, body="new")
    assert client.get(path).body == b"new"
    assert client.get(path).body == b"new"
    assert origin.count(path) == 2


@requirement("5861-4-01")
def test_a_stale_response_is_used_where_the_origin_fails(client, origin, path):
    origin.says(path, headers={"Cache-Control": "max-age=0, stale-if-error=600", "ETag": '"1"'}, body="old")
    client.get(path)
    origin.says(path, status=503, body="trouble")
    second = client.get(path)
    assert second.status == 200 and second.body == b"old"
    origin.says(path, headers={"Cache-Control": "max-age=0, must-revalidate", "ETag": '"1"'}, body="strict")
    client.get(path)
    origin.says(path, status=503, body="trouble")
    assert client.get(path).status == 503


@requirement("5861-3-01", "5861-3-02")
def test_a_stale_response_is_used_while_it_is_validated(client, origin, path):
    headers = {"Cache-Control": "max-age=1, stale-while-revalidate=60", "ETag": '"1"'}
    origin.says(path, headers=headers, body="old")
    client.get(path)
    time.sleep(1.2)
    go = threading.Event()
    origin.says(path, headers={**FRESH, "ETag": '"2"'}, body="new", wait=go)
    for _ in range(3):  # nobody waits, and one request is enough
        assert client.get(path).body == b"old"
    until(lambda: origin.count(path) == 2)
    assert origin.last().headers["If-None-Match"] == '"1"'
    go.set()
    until(lambda: client.get(path).body == b"new")
    assert origin.count(path) == 2


def test_what_a_stale_response_is_validated_with_may_say_that_it_holds(client, origin, path):
    headers = {"Cache-Control": "max-age=1, stale-while-revalidate=60", "ETag": '"1"'}
    origin.says(path, headers=headers, body="same")
    client.get(path)
    time.sleep(1.2)
    origin.says(path, status=304, headers={**FRESH, "ETag": '"1"'})
    assert client.get(path).body == b"same"
    until(lambda: client.get(path).headers["Cache-Control"] == "max-age=600")
    assert origin.count(path) == 2


def test_head_leaves_what_is_stale_where_it_is(client, origin, path):
    """It brings no content to put in its place."""
    headers = {"Cache-Control": "max-age=1, stale-while-revalidate=60", "ETag": '"1"'}
    origin.says(path, headers=headers, body="old")
    client.get(path)
    time.sleep(1.2)
    origin.says(path, headers={**FRESH, "ETag": '"2"'}, body="newer")
    assert client.head(path).headers["Content-Length"] == "3"
    time.sleep(0.3)
    assert client.get(path).body == b"old"


@pytest.mark.once
def test_a_client_that_leaves_does_not_end_a_validation(gateway, origin, path):
    headers = {"Cache-Control": "max-age=1, stale-while-revalidate=60", "ETag": '"1"'}
    origin.says(path, headers=headers, body="old")
    client = gateway.client()
    client.get(path)
    time.sleep(1.2)
    go = threading.Event()
    origin.says(path, headers=FRESH, body="new", wait=go)
    assert client.get(path).body == b"old"
    client.close()
    until(lambda: origin.count(path) == 2)
    go.set()
    client = gateway.client()
    until(lambda: client.get(path).body == b"new")
    client.close()
    assert origin.count(path) == 2


# --- invalidation


@requirement("9111-4.4-01")
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "UNKNOWN"])
def test_a_change_makes_what_is_stored_stale(client, origin, path, method):
    origin.says(path, lambda asked: Answer(204 if asked.method != "GET" else 200, FRESH, "x"))
    client.get(path)
    assert stored(client, path)
    client.request(method, path)
    assert not stored(client, path)


@requirement("9111-4.4-02", "9111-4.4-04")
def test_a_change_that_fails_does_not(client, origin, path):
    origin.says(path, lambda asked: Answer(200 if asked.method == "GET" else 409, FRESH, "x"))
    client.get(path)
    client.post(path)
    assert stored(client, path)


def test_location_is_made_stale_too(client, origin, path):
    other = path + "-other"
    origin.says(other, headers=FRESH, body="x")
    origin.says(path, status=201, headers={"Location": other})
    client.get(other)
    client.post(path)
    assert not stored(client, other)


# --- many at once


def until(holds, seconds=5):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def get_at_once(gateway, path, count):
    def one(_):
        client = gateway.client()
        try:
            return client.get(path)
        finally:
            client.close()

    pool = ThreadPoolExecutor(count)
    return [pool.submit(one, i) for i in range(count)]


@pytest.mark.once
@requirement("9211-2.6-01")
def test_one_request_fills_for_all_who_wait(gateway, origin, path):
    go = threading.Event()
    origin.says(path, headers=FRESH, body="together" * 1000, wait=go)
    futures = get_at_once(gateway, path, 12)
    until(lambda: origin.count(path) == 1)
    time.sleep(0.5)
    go.set()
    answers = [future.result() for future in futures]
    assert {answer.body for answer in answers} == {b"together" * 1000}
    assert origin.count(path) == 1
    assert sum("collapsed" in status_of(answer) for answer in answers) == 11


@pytest.mark.once
def test_what_is_private_is_given_to_nobody_else(gateway, origin, path):
    go = threading.Event()
    numbers = iter(range(100))

    def answer(asked):
        number = next(numbers)
        return Answer(200, {"Cache-Control": "private"}, f"for {number}", wait=go)

    origin.says(path, answer)
    futures = get_at_once(gateway, path, 6)
    until(lambda: origin.count(path) == 1)
    time.sleep(0.3)
    go.set()
    bodies = [future.result().body for future in futures]
    assert len(set(bodies)) == 6
    assert origin.count(path) == 6


@pytest.mark.once
def test_who_comes_late_reads_along(gateway, origin, path):
    hold = threading.Event()
    body = bytes(range(256)) * 4096
    origin.says(path, headers=FRESH, body=body, hold=hold, chunked=True)
    first = get_at_once(gateway, path, 1)
    until(lambda: origin.count(path) == 1)
    time.sleep(0.3)
    second = get_at_once(gateway, path, 3)
    time.sleep(0.3)
    hold.set()
    assert all(future.result().body == body for future in first + second)
    assert origin.count(path) == 1


@pytest.mark.once
def test_a_client_that_leaves_does_not_break_what_others_read(gateway, origin, path):
    hold = threading.Event()
    body = b"z" * 500000
    origin.says(path, headers=FRESH, body=body, hold=hold)
    client = gateway.client()
    connection = client.connect()
    connection.send(f"GET {path} HTTP/1.1\r\nHost: {client.authority}\r\n\r\n".encode())
    until(lambda: origin.count(path) == 1)
    time.sleep(0.2)
    followers = get_at_once(gateway, path, 2)
    time.sleep(0.2)
    connection.close()
    time.sleep(0.2)
    hold.set()
    for future in followers:
        answer = future.result()
        assert answer.status == 200 and answer.body == body
    assert origin.count(path) == 1


def test_parts_of_a_batch_may_lead_to_another_server(serve, origin, path):
    described = gateway_to(origin.url + "/there", "/there")
    client = serve(described).client()
    origin.says("/there" + path, lambda asked: Answer(200, FRESH, f'"{asked.method}"'))
    asked = {"method": "GET", "path": "/there" + path}
    for hit in (False, True):
        reply = client.post("/batch", json={"requests": [asked, {**asked, "method": "POST", "body": 1}]})
        assert [part["status"] for part in reply.json()["responses"]] == [200, 200], reply.body
    assert origin.count("/there" + path) == 4  # each POST has made the GET's stale
    client.close()


@pytest.mark.once
def test_a_cut_response_is_not_stored_and_not_taken_for_whole(gateway, origin, path):
    """It is announced as longer than it is."""

    origin.says(path, headers={**FRESH, "Connection": "close", "Content-Length": "2000"}, body=b"x" * 1000)
    client = gateway.client()
    connection = client.connect()
    connection.send(f"GET {path} HTTP/1.1\r\nHost: {client.authority}\r\n\r\n".encode())
    with pytest.raises(Exception):
        connection.read_response("GET")
    connection.close()
    origin.says(path, headers=FRESH, body="whole")
    assert client.get(path).body == b"whole"
    client.close()


# --- what a description says of it


def with_cache(origin, cache):
    return gateway_to({"servers": origin.url, "cache": cache})


def test_a_gateway_that_stores_nothing(serve, origin, path):
    origin.says(path, headers=FRESH, body="x")
    client = serve(with_cache(origin, False)).client()
    for _ in range(2):
        assert "Cache-Status" not in passed(client, path).headers
    assert origin.count(path) == 2


@requirement("9111-3-01", "9111-4.2.4-01")
def test_what_answers_leave_open_is_as_the_description_has_it(serve, path):
    """Errors that say nothing, heuristics, and who cannot be reached."""
    old = formatdate(time.time() - 1e6, usegmt=True)
    said = {"errors": 600, "heuristic-max": 0, "stale-if-disconnected": 600, "targeted": False}
    close = {"Connection": "close", "ETag": '"1"'}
    with running_origin() as origin:
        client = serve(with_cache(origin, said)).client()
        origin.says(path, status=404, headers=close, body="none")
        origin.says(path + "/old", headers={**close, "Last-Modified": old}, body="old")
        origin.says(path + "/stale", headers={**close, "Cache-Control": "max-age=0"}, body="stale")
        origin.says(path + "/never", headers={**close, "Cache-Control": "max-age=0, must-revalidate"}, body="stale")
        origin.says(path + "/cdn", headers={**close, **FRESH, "CDN-Cache-Control": "no-store"}, body="x")
        for end in ("", "/old", "/stale", "/never", "/cdn"):
            passed(client, path + end)
        assert stored(client, path)
        assert not stored(client, path + "/old")
        assert stored(client, path + "/cdn")
    assert passed(client, path + "/stale").body == b"stale"
    assert passed(client, path + "/never").status == 504
