"""RFC 9110 sections 14.5, 15 and 17, and RFC 6585: which status, and what it says."""

import link
import pytest
from dates import FUTURE, PAST
from ledger import requirement

TRAVERSALS = ["/..", "/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/..%2f..%2fetc/passwd", "/%00", "/a/%2e%2e%00", "/.%2e/etc/passwd",
              "/..\\..\\etc\\passwd", "/%5c..%5cetc/passwd", "//etc/passwd", "/./etc/passwd", "/%c0%ae%c0%ae/etc/passwd",
              "/dev/null", "/proc/self/environ", "/CON", "/~root"]  # fmt: skip


@requirement("9110-14.5-01")
@pytest.mark.parametrize("value", ["bytes 0-1/10", "bytes 0-2/3", "bytes */3", "x"])
def test_a_put_of_a_part_is_400_and_changes_nothing(client, store, value):
    path = store.made(client)
    assert store.put(client, path, store.other, {"Content-Range": value}).status == 400
    assert client.get(path).body == store.content
    new = store.unused()
    assert store.put(client, new, store.other, {"Content-Range": value}).status == 400
    assert client.get(new).status == 404


@requirement("9110-15.5-01", "9110-15.6-01", "9457-3-01", "9457-3-03", "9457-4-01", "9457-4.2.1-01")
@pytest.mark.parametrize("accept", [None, "*/*", "application/json", "application/problem+json", "image/png"])
def test_an_error_explains_itself(target, client, page, store, accept):
    read_only = target.need("read-only")
    headers = {} if accept is None else {"Accept": accept}
    for method, path, title in (
        ("GET", target.need("missing"), "Not Found"), (read_only["method"], read_only["path"], "Method Not Allowed"),
        ("FOOBAR", page, "Not Implemented"), ("PUT", store.unused(), "Unsupported Media Type"),
    ):  # fmt: skip
        answer = client.request(method, path, {**headers, "Content-Type": "image/x-none"}, b"x")
        assert answer.headers["Content-Type"] == "application/problem+json"
        problem = answer.json()
        assert problem.get("status", answer.status) == answer.status
        assert problem.get("type", "about:blank") == "about:blank"
        assert problem["title"] == title == (answer.reason if client.version == "HTTP/1.1" else title)
        head = client.head(path, headers)
        assert head.body == b""


@requirement("9110-15.6-01", "9457-3.1.4-01", "9457-5-01")
def test_a_failure_explains_itself_and_tells_nothing_of_the_inside(target, client):
    path = target.need("failing")
    answer = client.post(path)
    assert answer.status == 500
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == 500 and len(problem["detail"]) > 0
    assert "/bin" not in answer.text
    assert client.get(target.page()).status == 200


@requirement("9110-15.6.4-01", "9110-10.2.3-01")
def test_who_comes_while_it_is_busy_is_told_when_to_come_again(target):
    path = target.need("slow")
    request = target.message(f"POST {path} HTTP/1.1", "Content-Length: 0")
    connections = [target.connect() for _ in range(3)]
    for connection in connections:
        connection.send(request)
    answers = [connection.read_response("POST") for connection in connections]
    for connection in connections:
        connection.close()
    assert sorted(answer.status for answer in answers) == [204, 503, 503]
    for answer in answers:
        assert answer.status == 204 or answer.headers["Retry-After"].isdigit()


@requirement("9457-3.1.3-01", "9457-3-02")
def test_a_problem_of_one_kind_has_one_title_and_tells_all(target, client, document):
    first = client.put(document.unused(), json={"title": ""})
    second = client.put(document.unused(), json=document.need("invalid"))
    assert first.status == second.status == 422
    assert first.json()["title"] == second.json()["title"]
    assert first.json().get("type") == second.json().get("type")
    assert len(second.json()["errors"]) == len(document.need("invalid"))
    # What the schema says is beside the point where nothing can be read, or where it is not taken at all.
    path = document.unused()
    assert client.put(path, {"Content-Type": "application/json"}, b'{"title": ""').status == 400
    assert client.put(path, {"Content-Type": "text/plain"}, b'{"title": ""}').status == 415


@requirement("9110-13.1.3-03", "9110-13.1.4-03")
def test_what_has_no_modification_date_ignores_conditions_on_it(target, client):
    collection = target.need("collection")
    listing = client.get(collection["path"])
    if "Last-Modified" in listing.headers:
        pytest.skip("the collection has a modification date")
    assert client.get(collection["path"], {"If-Modified-Since": FUTURE}).status == 200
    assert client.get(collection["path"], {"If-Unmodified-Since": PAST}).status == 200
    made = client.post(collection["path"], {"If-Unmodified-Since": PAST}, json=collection["content"])
    assert made.status == 201


@requirement("9110-17.3-01")
@pytest.mark.parametrize("target_path", TRAVERSALS)
def test_no_target_leads_out_of_what_is_served(target, page, target_path):
    top = target.ask("GET / HTTP/1.1")  # what `/..` is, at most (RFC 3986 section 5.2.4)
    for method in ("GET", "PUT", "DELETE"):
        answer = target.ask(f"{method} {target_path} HTTP/1.1", "Content-Length: 0")
        assert answer.status in (301, 308, 400, 404, 405) or answer.body == top.body, target_path
        assert b"root:" not in answer.body and b"PATH=" not in answer.body
    assert target.is_alive(page)


# RFC 6585


@requirement("6585-3-01", "6585-3-02")
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_who_has_not_seen_what_is_there_gets_428_and_a_hint(client, guarded, method):
    path = guarded.made(client, headers={"If-None-Match": "*"})
    tag = client.get(path).headers["ETag"]
    refused = client.request(method, path, guarded.headers, guarded.other)
    assert refused.status == 428
    assert "If-Match" in refused.text
    assert client.get(path).headers["ETag"] == tag
    assert client.request(method, path, {**guarded.headers, "If-Match": '"stale"'}, guarded.other).status == 412
    assert client.request(method, path, {**guarded.headers, "If-Match": tag}, guarded.other).status in (200, 204)


@requirement("6585-5-01", "9110-5.4-01")
@pytest.mark.parametrize("name", ["X-Large", "Cookie", "If-None-Match"])
def test_a_431_for_one_field_names_it(target, page, name):
    answer = target.ask(f"GET {page} HTTP/1.1", f"{name}: " + "y" * (target.need("limits")["field"] + 1))
    assert answer.status == 431
    assert name.lower() in answer.text.lower()


# RFC 8288


@requirement("8288-3-02", "8288-3.3-01")
def test_the_links_of_a_page_lead_on(target, client):


    collection = target.need("collection")
    for _ in range(3):
        assert client.post(collection["path"], json=collection["content"]).status == 201
    first = client.get(collection["path"] + "?limit=1")
    after = {one.rel: one.target for one in link.parse(first.headers.get("Link"))}["next"]
    second = client.get(after)
    assert second.status == 200
    assert second.json() != first.json()
    back = {one.rel: one.target for one in link.parse(second.headers.get("Link"))}
    assert {"next", "prev", "first"} <= set(back)
    for rel in ("prev", "first"):
        assert client.get(back[rel]).json() == first.json()
