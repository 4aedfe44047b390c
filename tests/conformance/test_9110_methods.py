"""RFC 9110 section 9: what each method does, and what none may do."""

import pytest
from ledger import requirement

KNOWN = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS")
UNSAFE_QUERIES = ("action=delete", "_method=DELETE", "method=delete", "delete=1")
OVERRIDES = ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override")


def allowed(client, path):
    return client.options(path).headers.tokens("Allow")


# Sections 9.1 and 9.2


@requirement("9110-9.1-01")
def test_get_and_head_are_served(client, page):
    assert client.get(page).status == 200
    assert client.head(page).status == 200


@requirement("9110-9.1-02", "9110-9.1-04", "9110-15.6.2-01", "9112-3-02")
@pytest.mark.parametrize("method", ["FOOBAR", "get", "Get", "DELETe", "GETT", "G", "A" * 1000, "!#$%&'*+-.^_`|~"])
def test_a_method_that_it_does_not_know_is_501(client, page, target, method):
    assert client.request(method, page).status == 501
    assert client.request(method, target.need("missing")).status == 501


@requirement("9110-9.1-03", "9110-10.2.1-01", "9110-15.5.6-01", "9110-9.1-05")
def test_allow_is_what_is_allowed(target, client):
    read_only = target.need("read-only")
    allow = allowed(client, read_only["path"])
    assert "get" in allow and "head" in allow
    assert read_only["method"].lower() not in allow
    refused = client.request(read_only["method"], read_only["path"])
    assert refused.status == 405
    assert sorted(refused.headers.tokens("Allow")) == sorted(allow)
    for method in KNOWN:
        status = client.request(method, read_only["path"], {"If-Match": '"none"'}).status
        assert (status == 405) == (method.lower() not in allow), method


@requirement("9110-9.2.1-01")
def test_safe_methods_change_nothing(client, store):
    path = store.made(client)
    before = client.get(path)
    for method in ("GET", "HEAD", "OPTIONS", "TRACE", "QUERY") * 2:
        client.request(method, path)
    after = client.get(path)
    assert after.body == before.body
    assert [after.headers[n] for n in ("ETag", "Last-Modified")] == [before.headers[n] for n in ("ETag", "Last-Modified")]


@requirement("9110-9.2.1-02")
def test_neither_a_query_nor_a_field_makes_another_method_of_get(client, store):
    path = store.made(client)
    for query in UNSAFE_QUERIES:
        assert client.get(f"{path}?{query}").status in (200, 400, 405)
        assert client.get(path).status == 200
    for name in OVERRIDES:
        assert client.get(path, {name: "DELETE"}).body == store.content
        assert client.get(path).status == 200


@requirement("9110-9.2.2-01")
def test_put_and_delete_are_idempotent(client, store):
    once, twice = store.unused(), store.unused()
    for path in (once, twice, twice):
        assert store.put(client, path).status in (201, 200, 204)
    assert client.get(once).body == client.get(twice).body == store.content
    for path in (once, twice, twice):
        assert client.delete(path).status in (200, 204, 404, 410)
    assert client.get(once).status == client.get(twice).status == 404


# Content where it means nothing


@requirement("9110-9.3.1-01", "9110-9.3.1-03", "9110-9.3.2-04", "9110-9.3.2-06", "9112-6-01", "9112-6.3-03")
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("headers", [{}, {"Content-Type": "application/json"}])
def test_content_of_a_reading_request_has_no_effect(target, client, page, method, chunked, headers):
    content = target.message(f"DELETE {page} HTTP/1.1")  # as a smuggler would
    plain = client.request(method, page)
    odd = client.request(method, page, headers, content, chunked=chunked)
    assert (odd.status, odd.body, odd.headers["ETag"]) == (200, plain.body, plain.headers["ETag"])
    assert client.request(method, page).status == 200


@requirement("9110-9.3.5-03", "9110-9.3.5-05", "9112-6-01")
def test_content_of_a_delete_has_no_effect(client, store):
    gone, kept = store.made(client), store.made(client)
    answer = client.request("DELETE", gone, {"Content-Type": "application/json"}, f'{{"path": "{kept}"}}')
    assert answer.status in (200, 204)
    assert client.get(gone).status == 404
    assert client.get(kept).status == 200


# POST


@requirement("9110-9.3.3-01", "9110-15.3.2-01", "9110-10.2.2-01")
def test_a_post_that_creates_is_201_and_says_where(target, client):
    collection = target.need("collection")
    made = [client.post(collection["path"], json=collection["content"]) for _ in range(2)]
    assert [answer.status for answer in made] == [201, 201]
    assert len({answer.headers["Location"] for answer in made}) == 2
    for answer in made:
        assert answer.body != b""
        assert client.get(answer.headers["Location"]).status == 200


@requirement("9110-9.3.3-02", "9110-14.2-02", "9110-14.4-03")
@pytest.mark.parametrize("headers", [{"Range": "bytes=0-0"}, {"Range": "bytes=99999-"}, {"Content-Range": "bytes 0-1/10"},
                                     {"If-None-Match": "*"}, {"If-Modified-Since": "Sun, 06 Nov 2094 08:49:37 GMT"}])  # fmt: skip
def test_a_post_knows_neither_ranges_nor_304(target, client, headers):
    collection = target.need("collection")
    answer = client.post(collection["path"], headers, json=collection["content"])
    assert answer.status == (412 if "If-None-Match" in headers else 201)


@requirement("9110-9.3.3-05", "9110-15.4.4-01")
def test_a_post_may_lead_to_its_result(target, client):
    action, collection = target.need("action"), target.need("collection")
    member = client.post(collection["path"], json=collection["content"]).headers["Location"]
    before = client.get(member)
    answer = client.post(action["path"].format(member=member))
    assert answer.status == action["status"] == 303
    there = client.get(answer.headers["Location"])
    assert there.status == 200
    assert there.headers["ETag"] != before.headers["ETag"]


# PUT


@requirement("9110-9.3.4-01", "9110-9.3.4-02")
def test_a_put_creates_with_201_and_replaces_with_200_or_204(client, store, document):
    for place in (store, document):
        path = place.unused()
        assert client.get(path).status == 404
        assert place.put(client, path).status == 201
        assert place.put(client, path).status in (200, 204)
        assert place.put(client, path, place.other).status in (200, 204)
        assert client.delete(path).status in (200, 204)
        assert place.put(client, path).status == 201


@requirement("9110-9.3.4-03", "9110-15.5.21-01", "9457-3-01", "5789-2.2-07")
def test_content_that_does_not_fit_is_refused_with_the_reason(client, document):
    path, invalid = document.made(client), document.need("invalid")
    answer = client.put(path, json=invalid)
    assert answer.status == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    for name in invalid:
        assert name in answer.text
    assert client.get(path).json()["title"] == "one"


@requirement("9110-9.3.4-04", "9110-15.5.16-01", "9110-15.5.16-02", "9110-12.5.1-04", "9110-12.5.3-07")
@pytest.mark.parametrize("kind", ["store", "document"])
def test_a_type_that_it_does_not_take_is_415_and_says_what_it_takes(target, client, kind):
    place = target.place(kind)
    path = place.made(client)
    answer = client.put(path, {"Content-Type": "image/x-none"}, b"x")
    assert answer.status == 415
    assert place.type in answer.headers.get("Accept")
    assert "Accept-Encoding" not in answer.headers
    assert client.get(path).status == 200


@requirement("9110-9.3.4-04", "9110-15.5.10-01")
def test_a_conflict_is_409_and_explained(target, client):
    collection = target.need("collection")
    unique = {name: (target.name() if name == "code" else one) for name, one in collection["unique"].items()}
    first = client.post(collection["path"], json=unique)
    assert first.status == 201
    second = client.post(collection["path"], json=unique)
    assert second.status == 409
    assert "code" in second.text


@requirement("9110-9.3.4-05", "5789-2-09", "5789-2-10")
def test_fields_of_a_put_are_not_kept(client, store):
    fields = {"X-Custom": "1", "Content-Language": "de", "Content-Disposition": "attachment", "Cache-Control": "no-store",
              "Expires": "0", "Last-Modified": "Sun, 06 Nov 1994 08:49:37 GMT", "ETag": '"mine"'}  # fmt: skip
    path, plain = store.unused(), store.made(client)
    assert store.put(client, path, headers=fields).status == 201
    kept, usual = client.get(path).headers, client.get(plain).headers
    for name, value in fields.items():
        assert kept.get(name) != value
        assert (name in kept) == (name in usual)


@requirement("9110-9.3.4-06")
def test_the_validators_of_a_put_are_those_of_what_was_sent(client, store, document):
    for place in (store, document):
        path = place.unused()
        for content in (place.content, place.other):
            answer = place.put(client, path, content)
            kept = client.get(path)
            for name in ("ETag", "Last-Modified"):
                if name in answer.headers:
                    assert kept.body == content
                    assert answer.headers[name] == kept.headers[name]
    assert "ETag" in store.put(client, store.unused()).headers  # as it came, to the byte


@requirement("9110-9.3.4-08", "9110-15.4.9-01")
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_a_change_of_what_is_elsewhere_is_a_redirection(target, client, method):
    moved = target.need("moved")
    before = client.get(moved["to"])
    answer = client.request(method, moved["path"], json={"name": "moved"})
    assert answer.status in (307, 308)
    assert answer.headers["Location"].endswith(moved["to"])
    assert client.get(moved["to"]).headers["ETag"] == before.headers["ETag"]


@requirement("9110-15.4.2-01")
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_who_reads_what_is_elsewhere_is_led_there(target, client, method):
    moved = target.need("moved")
    answer = client.request(method, moved["path"])
    assert answer.status in (301, 308)
    assert answer.headers["Location"].endswith(moved["to"])
    assert client.get(moved["to"]).status == 200


@requirement("9110-15.4.8-02", "9110-9.3.4-08")
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT"])
def test_what_is_elsewhere_for_a_while_keeps_the_method(target, client, method):
    away = target.need("away")
    before = client.get(away["to"]).headers["ETag"]
    answer = client.request(method, away["path"], json={"name": "away"})
    assert answer.status == 307
    assert answer.headers["Location"].endswith(away["to"])
    assert client.get(away["to"]).headers["ETag"] == before


# DELETE


@requirement("9110-9.3.5-01", "9110-9.3.5-02", "9110-15.3.1-02")
def test_what_is_deleted_is_no_longer_there(client, store, document):
    for place in (store, document):
        path = place.made(client)
        answer = client.delete(path)
        assert answer.status == (200 if answer.body else 204)
        assert client.get(path).status in (404, 410)
        assert client.delete(path).status in (404, 410)


# CONNECT, OPTIONS, TRACE


@requirement("9110-9.3.6-03", "9112-3.2.3-02")
def test_connect_makes_no_tunnel(target):
    answer = target.ask("CONNECT example.com:443 HTTP/1.1", "Host: example.com:443", host=False)
    assert answer.status in (405, 501)
    for wrong in ("/", "http://example.com/", "example.com", "*"):
        assert target.ask(f"CONNECT {wrong} HTTP/1.1").status == 400


@requirement("9110-9.3.7-01", "9112-3.2.4-03")
def test_options_of_the_server_is_a_ping(target):
    answer = target.ask("OPTIONS * HTTP/1.1")
    assert answer.status in (200, 204)
    assert answer.body == b""
    assert target.ask("OPTIONS * HTTP/1.1", "Content-Length: 5", content=b"hello").status in (200, 204)


@requirement("9110-9.3.7-02", "5789-3.1-01")
def test_options_tells_what_there_is(client, store, document):
    kept = client.options(store.made(client))
    assert kept.status in (200, 204)
    assert {"get", "head", "put", "delete", "options"} <= set(kept.headers.tokens("Allow"))
    patched = client.options(document.made(client)).headers
    assert "patch" in patched.tokens("Allow")
    assert {"application/json-patch+json", "application/merge-patch+json"} <= set(patched.tokens("Accept-Patch"))


@requirement("9110-9.3.8-01", "9110-9.3.8-02", "9110-9.3.8-06", "9112-10.1-02")
def test_trace_returns_the_request_without_its_secrets(target):
    path = target.need("trace")
    answer = target.ask(f"TRACE {path} HTTP/1.1", "X-A: 1", "Authorization: Basic c2VjcmV0", "Cookie: secret=1",
                        "Proxy-Authorization: Basic c2VjcmV0")  # fmt: skip
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "message/http"
    lines = answer.body.split(b"\r\n")
    assert lines[0] == f"TRACE {path} HTTP/1.1".encode()
    assert b"X-A: 1" in lines and answer.body.endswith(b"\r\n\r\n")
    assert b"c2VjcmV0" not in answer.body and b"secret" not in answer.body
