"""POST /batch: several requests in one, each judged as if it came by itself, or all or none of them."""

import base64
import email
import email.policy
import json
import socket
import struct
import threading
import time
from email.message import Message
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart

import pytest
from library import LIBRARY, MERGE, add, tag_of
from people import CHEAP, basic, operation, people, register
from test_sessions import GOOD, site

MOST = 100  # parts


# --- as JSON


def ask(client, *requests, headers=(), target="/batch", **more):
    return client.post(target, headers, json=dict(more, requests=list(requests)))


def replies(client, *requests, **more):
    reply = ask(client, *requests, **more)
    assert reply.status == 200, (reply, reply.text)
    assert reply.headers["Content-Type"] == "application/json"
    said = reply.json()["responses"]
    assert len(said) == len(requests)
    return said


def statuses(client, *requests, **more):
    return [said["status"] for said in replies(client, *requests, **more)]


def get(path, **headers):
    return {"method": "GET", "path": path, "headers": headers}


def post(path, **body):
    return {"method": "POST", "path": path, "body": body}


def put(path, headers=None, **body):
    return {"method": "PUT", "path": path, "body": body, "headers": headers or {}}


def delete(path, headers=None):
    return {"method": "DELETE", "path": path, "headers": headers or {}}


# --- as multipart/mixed, made and read by Python's email package


def http_part(text, ident=None, msgtype="request", kind="http"):
    part = MIMENonMultipart("application", kind, msgtype=msgtype)
    del part["MIME-Version"]
    part["Content-Transfer-Encoding"] = "binary"
    if ident:
        part["Content-ID"] = ident
    part.set_payload(text)
    return part


def multipart_of(*parts):
    whole = MIMEMultipart("mixed", _subparts=parts)
    text = whole.as_bytes(policy=email.policy.HTTP)
    _, _, body = text.partition(b"\r\n\r\n")
    return whole["Content-Type"].replace("\n", "").replace("\r", ""), body


def send_multipart(client, *parts, headers=(), target="/batch"):
    kind, body = multipart_of(*parts)
    return client.post(target, dict(headers) | {"Content-Type": kind}, body)


def read_multipart(reply):
    assert reply.status == 200, (reply, reply.text)
    text = b"Content-Type: " + reply.headers["Content-Type"].encode() + b"\r\n\r\n" + reply.body
    whole = email.message_from_bytes(text, policy=email.policy.HTTP)
    assert whole.get_content_type() == "multipart/mixed"
    found = []
    for part in whole.get_payload():
        assert part.get_content_type() == "application/http"
        assert part.get_param("msgtype") == "response"
        head, _, content = part.get_payload(decode=True).partition(b"\r\n\r\n")
        line, _, fields = head.partition(b"\r\n")
        version, status, _ = line.split(b" ", 2)
        assert version == b"HTTP/1.1"
        said = email.message_from_bytes(fields + b"\r\n\r\n", policy=email.policy.HTTP)
        found.append((int(status), said, content, part["Content-ID"]))
    return found


def message(line, *fields, body=""):
    return "\r\n".join([line + " HTTP/1.1", *fields, "", body])


# --- each by itself


def test_each_method_is_done_in_its_turn(client):
    path = add(client, title="old")
    said = replies(
        client,
        get(path),
        put(path, title="new"),
        {"method": "PATCH", "path": path, "headers": MERGE, "body": {"pages": 7}},
        get(path),
        {"method": "HEAD", "path": path},
        {"method": "OPTIONS", "path": path},
        {"method": "QUERY", "path": "/books", "body": {"title": "new"}},
        delete(path),
        get(path),
        {"method": "BREW", "path": path},
    )
    assert [one["status"] for one in said] == [200, 200, 200, 200, 200, 204, 200, 204, 404, 501]
    assert said[0]["body"]["title"] == "old"
    assert said[3]["body"] | {"title": "new", "pages": 7} == said[3]["body"]
    assert "body" not in said[4] and said[4]["headers"]["ETag"] == said[3]["headers"]["ETag"]
    assert "PATCH" in said[5]["headers"]["Allow"]
    assert [book["title"] for book in said[6]["body"]] == ["new"]
    assert said[8]["headers"]["Content-Type"] == "application/problem+json"


def test_what_comes_back_is_what_comes_by_itself(client):
    path = add(client, title="x")
    (said,) = replies(client, get(path))
    alone = client.get(path)
    assert said["body"] == alone.json()
    for name in ("ETag", "Last-Modified", "Content-Type", "Vary"):
        assert said["headers"].get(name) == alone.headers.get(name), name


def test_ids_are_the_clients_or_numbers(client):
    said = replies(client, get("/books") | {"id": "mine"}, get("/books"))
    assert [one["id"] for one in said] == ["mine", "2"]


def test_conditions_are_a_parts_own(client):
    path = add(client, title="x")
    tag = tag_of(client, path)
    said = replies(
        client,
        get(path, **{"If-None-Match": tag}),
        put(path, {"If-Match": '"stale"'}, title="y"),
        put(path, {"If-Match": tag}, title="y"),
        put(path, {"If-Match": tag}, title="z"),
    )
    assert [one["status"] for one in said] == [304, 412, 200, 412]
    assert "body" not in said[0]
    assert client.get(path).json()["title"] == "y"


def test_what_is_wrong_with_a_part_is_its_own_status(client):
    said = replies(
        client,
        post("/books", nothing=True),
        get("/nowhere"),
        get("/books?unknown=1"),
        get("no-path"),
        {"method": "POST", "path": "/books", "headers": {"Content-Type": "text/plain"}, "body": "x"},
        get("/books", Host="elsewhere.example"),
        {"method": "GET", "path": "/books", "headers": {"Authorization": "Basic YTpi"}},
        {"method": "GET", "path": "/books", "headers": {"Bad Name": "x"}},
        get("/" + "x" * 10000),
        post("/books", title="good"),
    )
    assert [one["status"] for one in said] == [422, 404, 400, 400, 415, 421, 400, 400, 414, 201]
    assert said[0]["body"]["status"] == 422


def test_bytes_go_in_and_come_out_as_base64(client):
    path = add(client) + "/cover"
    picture = bytes(range(256)) * 20
    said = replies(
        client,
        {"method": "PUT", "path": path, "headers": {"Content-Type": "image/png"}, "base64": base64.b64encode(picture).decode()},
        get(path),
        get(path, Range="bytes=0-3"),
    )
    assert [one["status"] for one in said] == [201, 200, 206]
    assert base64.b64decode(said[1]["base64"]) == picture
    assert base64.b64decode(said[2]["base64"]) == picture[:4]
    assert client.get(path).body == picture


def test_a_large_cover_is_streamed_into_a_part_and_out_of_one(client):
    path = add(client) + "/cover"
    picture = bytes(range(256)) * (3 << 12)  # 3 MiB: chunks of the store
    part = http_part(message(f"PUT {path}", "Content-Type: image/png"))
    kind, body = multipart_of(part, http_part(message(f"GET {path}")))
    at = body.index(b"image/png\r\n\r\n") + len(b"image/png\r\n\r\n")
    reply = client.post("/batch", {"Content-Type": kind}, body[:at] + picture + body[at:])
    made, shown = read_multipart(reply)
    assert made[0] == 201 and shown[0] == 200
    assert shown[2] == picture == client.get(path).body


def test_what_is_too_much_for_a_batch_is_told_so(client):
    path = add(client) + "/cover"
    picture = bytes(10 << 20)
    assert client.put(path, {"Content-Type": "image/png"}, picture).status == 201
    parts = [http_part(message(f"GET {path}")) for _ in range(2)]
    first, second = read_multipart(send_multipart(client, *parts))
    assert first[0] == 200 and first[2] == picture
    assert second[0] == 500 and "by itself" in json.loads(second[2])["detail"]


def test_numbers_pass_through_as_they_were_written(client):
    kind = {"Content-Type": "application/json"}
    raw = b'{"requests": [{"method": "PUT", "path": "/settings/n", "body": {"value": 12345678901234567890.10}}]}'
    assert client.post("/batch", kind, raw).status == 200
    assert b"12345678901234567890.10" in client.get("/settings/n").body
    assert b"12345678901234567890.10" in client.post("/batch", kind, b'{"requests": [{"method": "GET", "path": "/settings/n"}]}').body


# --- multipart/mixed


def test_multipart_in_is_multipart_out(client):
    path = add(client, title="x")
    reply = send_multipart(
        client,
        http_part(message(f"GET {path}", "Accept: application/json"), "<1>"),
        http_part(message("POST /books", "Content-Type: application/json", body='{"title": "by multipart"}'), "<two@example>"),
        http_part(message(f"DELETE {path}", 'If-Match: "stale"')),
        http_part(message(f"HEAD {path}")),
    )
    got, made, stale, head = read_multipart(reply)
    assert (got[0], made[0], stale[0], head[0]) == (200, 201, 412, 200)
    assert json.loads(got[2])["title"] == "x"
    assert int(got[1]["Content-Length"]) == len(got[2])
    assert (got[3], made[3], stale[3]) == ("<response-1>", "<response-two@example>", None)
    assert client.get(made[1]["Location"]).json()["title"] == "by multipart"
    assert head[2] == b""
    assert json.loads(stale[2])["status"] == 412


@pytest.mark.parametrize(
    ("part", "status"),
    [
        (http_part("nonsense"), 400),
        (http_part("GET /books HTTP/1.1\r\n"), 400),
        (http_part("GET /books HTTP/1.1\r\nA : b\r\n\r\n"), 400),
        (http_part("GET /books HTTP/2.0\r\n\r\n"), 505),
        (http_part("GET /books HTTP/1.1\r\n\r\n", msgtype="response"), 400),
        (http_part("GET /books HTTP/1.1\r\n\r\n", kind="octet-stream"), 400),
        (http_part("POST /books HTTP/1.1\r\nContent-Length: 3\r\n\r\n{}"), 400),
        (http_part("POST /books HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400),
        (http_part("GET /books HTTP/1.1\r\nCookie: a=b\r\n\r\n"), 400),
        (http_part("GET http://elsewhere.example/books HTTP/1.1\r\n\r\n"), 421),
        (http_part("GET * HTTP/1.1\r\n\r\n"), 400),
        (http_part("CONNECT a:1 HTTP/1.1\r\n\r\n"), 421),
        (http_part("GET /books HTTP/1.1\r\n" + "A: b\r\n" * 300 + "\r\n"), 431),
    ],
)
def test_a_part_that_is_no_request_is_alone_with_that(client, part, status):
    good = http_part("GET /books HTTP/1.1\r\n\r\n")
    bad, fine = read_multipart(send_multipart(client, part, good))
    assert (bad[0], fine[0]) == (status, 200)


def test_base64_is_no_encoding_of_a_part(client):
    part = Message()
    part["Content-Type"] = "application/http"
    part["Content-Transfer-Encoding"] = "base64"
    part.set_payload(base64.b64encode(b"GET /books HTTP/1.1\r\n\r\n").decode())
    ((status, *_),) = read_multipart(send_multipart(client, part))
    assert status == 400


# --- what is wrong with the whole


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("multipart/mixed", b"--b\r\n\r\n\r\n--b--", 400),
        ("multipart/mixed; boundary=\"\"", b"--\r\n\r\n\r\n----", 400),
        ("multipart/mixed; boundary=b", b"", 400),
        ("multipart/mixed; boundary=b", b"--b--", 400),
        ("multipart/mixed; boundary=b", b"nothing", 400),
        ("multipart/mixed; boundary=b", b"--b\n\nx\n--b--\n", 400),
        ("multipart/mixed; boundary=b", b"--b\r\n\r\nGET / HTTP/1.1\r\n\r\n\r\n--b", 400),
        ("multipart/mixed; boundary=b", b"--b\r\n\r\nGET / HTTP/1.1\r\n\r\n\r\n--bb--", 400),
        ("multipart/related; boundary=b", b"--b\r\n\r\n\r\n--b--", 415),
        ("text/plain", b"x", 415),
        ("application/json", b"", 400),
        ("application/json", b"{", 400),
        ("application/json", b"[]", 400),
        ("application/json", b"{}", 400),
        ("application/json", b'{"requests": {}}', 400),
        ("application/json", b'{"requests": []}', 400),
        ("application/json", b'{"requests": [1]}', 400),
        ("application/json", b'{"requests": [{"method": "GET"}]}', 400),
        ("application/json", b'{"requests": [{"path": "/"}]}', 400),
        ("application/json", b'{"requests": [{"method": "GET", "path": "/", "id": 1}]}', 400),
        ("application/json", b'{"requests": [{"method": "GET", "path": "/", "other": 1}]}', 400),
        ("application/json", b'{"requests": [{"method": "GET", "path": "/", "headers": []}]}', 400),
        ("application/json", b'{"requests": [{"method": "GET", "path": "/", "headers": {"A": 1}}]}', 400),
        ("application/json", b'{"requests": [{"method": "PUT", "path": "/", "base64": "!"}]}', 400),
        ("application/json", b'{"requests": [{"method": "PUT", "path": "/", "base64": "", "body": 1}]}', 400),
        ("application/json", b'{"requests": [{"method": "PUT", "path": "/", "headers": {"Content-Type": "a/b"}, "body": 1}]}', 400),
        ("application/json", b'{"requests": [{"method": "GET", "path": "/"}], "atomic": 1}', 400),
        ("application/json", b'{"requests": [{"method": "GET", "path": "/"}], "other": 1}', 400),
    ],
)
def test_a_batch_that_is_malformed_is_refused_as_a_whole(client, kind, body, status):
    reply = client.post("/batch", {"Content-Type": kind}, body)
    assert reply.status == status, (reply, reply.text)
    assert reply.headers["Content-Type"] == "application/problem+json"


def test_it_says_where_in_the_json_it_is_wrong(client):
    reply = ask(client, get("/books"), {"method": "GET", "path": 7})
    assert reply.status == 400
    assert reply.json()["errors"][0]["pointer"] == "/requests/1/path"


def test_a_multipart_that_is_cut_off_anywhere_does_nothing(client):
    kind, body = multipart_of(http_part(message("POST /books", "Content-Type: application/json", body='{"title": "cut"}')))
    before = int(client.get("/books?limit=1", {"Prefer": "count=exact"}).headers["Total-Count"])
    for n in range(1, len(body.rstrip())):
        assert client.post("/batch", {"Content-Type": kind}, body[:n]).status == 400, n
    assert int(client.get("/books?limit=1", {"Prefer": "count=exact"}).headers["Total-Count"]) == before


def test_there_is_a_bound_on_parts(client):
    assert statuses(client, *[get("/settings")] * MOST) == [200] * MOST
    assert ask(client, *[get("/settings")] * (MOST + 1)).status == 413
    assert ask(client, *[post("/books", title="many")] * 10000).status == 413
    parts = [http_part("GET /books HTTP/1.1\r\n\r\n")] * 10000
    assert send_multipart(client, *parts).status == 413
    assert client.get("/books?title=many").json() == []


def test_there_is_a_bound_on_bytes(client):
    kind = {"Content-Type": "multipart/mixed; boundary=b"}
    assert client.post("/batch", kind, bytes(17 << 20)).status == 413


def test_what_never_ends_is_no_part(client):
    """A stream of events: nothing behind it would ever be answered."""
    stream = {"Accept": "text/event-stream"}
    said = replies(client, get("/books", **stream), get("/books", Accept="text/event-stream, application/json;q=0.5"), get("/books"))
    assert [part["status"] for part in said] == [406, 200, 200]
    assert said[1]["headers"]["Content-Type"] == said[2]["headers"]["Content-Type"] == "application/json"


def test_a_batch_has_no_batch_in_it(client):
    said = replies(client, {"method": "POST", "path": "/batch", "body": {"requests": [get("/books")]}})
    assert said[0]["status"] == 400 and "no batch in it" in said[0]["body"]["detail"]


def test_only_post_is_taken(client):
    assert client.get("/batch").status == 405
    options = client.options("/batch")
    assert "POST" in options.headers["Allow"]
    assert "multipart/mixed" in options.headers["Accept-Post"]


def test_unknown_parameters_are_refused(client):
    assert ask(client, get("/books"), target="/batch?atom=true").status == 400
    assert ask(client, get("/books"), target="/batch?atomic=yes").status == 400


def test_where_it_is_can_be_said(serve):
    moved = serve(LIBRARY, ["--batch", "/api/many"]).client()
    assert statuses(moved, get("/books"), target="/api/many") == [200]
    assert ask(moved, get("/books")).status == 404
    off = serve(LIBRARY, ["--batch", "off"]).client()
    assert ask(off, get("/books")).status == 404


def test_a_path_that_is_described_wins(serve):
    described = {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "paths": {"/batch": {"get": {"responses": {"200": {"description": "x", "content": {"application/json": {"schema": {}}}}}}}},
    }
    assert ask(serve(described).client(), get("/batch")).status == 405


# --- all or none


def test_all_are_done_at_once(client):
    said = replies(
        client,
        put("/authors/ursula", name="Ursula") | {"method": "POST", "path": "/authors"},
        post("/books", title="atomic one"),
        put("/settings/atomic", value=1),
        get("/books?title=atomic%20one"),
        atomic=True,
    )
    assert [one["status"] for one in said] == [201, 201, 201, 200]
    assert said[3]["body"] == []  # none sees another
    revisions = {client.get(one["headers"]["Location"]).headers["ETag"].split(".")[0] for one in said[:2]}
    assert len(revisions) == 1


def test_one_that_fails_keeps_all_from_being_done(client):
    path = add(client, title="there")
    for failing, status in [
        (post("/books", nothing=1), 422),
        (put(path, {"If-Match": '"stale"'}, title="y"), 412),
        (get("/books/99999"), 404),
        (get("/nowhere"), 404),
        ({"method": "BREW", "path": "/"}, 501),
        (get("/books", Cookie="a=b"), 400),
    ]:
        said = replies(client, post("/books", title="not done"), failing, delete(path), get(path), atomic=True)
        assert [one["status"] for one in said] == [424, status, 424, 200], failing
        assert said[0]["body"]["title"] == "Failed Dependency"
    assert client.get("/books?title=not%20done").json() == []
    assert client.get(path).status == 200


def test_conflicts_of_the_commit_are_the_parts_own(client):
    isbn = {"isbn": "9780141354910"}
    said = replies(client, post("/books", title="a", **isbn), post("/books", title="b", **isbn), post("/books", title="c"), atomic=True)
    assert [one["status"] for one in said] == [424, 409, 424]
    assert said[1]["body"]["errors"][0]["pointer"] == "/isbn"
    assert replies(client, post("/books", title="a", **isbn), atomic=True)[0]["status"] == 201
    said = replies(client, post("/books", title="d"), post("/books", title="e", **isbn), atomic=True)
    assert [one["status"] for one in said] == [424, 409]


def test_two_parts_do_not_change_the_same(client):
    path = add(client, title="x")
    said = replies(client, put(path, title="y"), delete(path), post("/books", title="z"), atomic=True)
    assert [one["status"] for one in said] == [424, 409, 424]
    assert "Another part" in said[1]["body"]["detail"]
    assert client.get(path).json()["title"] == "x"


REFERRING = {
    "openapi": "3.1.0",
    "info": {"title": "t", "version": "1"},
    "paths": {
        f"/{kind}/{{name}}": {
            "parameters": [{"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}],
            "get": operation(),
            "put": operation({"$ref": f"#/components/schemas/{kind}"}),
            "delete": {"responses": {"204": {"description": "gone"}}},
        }
        for kind in ("authors", "books")
    },
    "components": {
        "schemas": {
            "authors": {"type": "object"},
            "books": {
                "type": "object",
                "properties": {"author": {"type": "string", "x-verbatim": {"references": "/authors/{name}"}}},
            },
        }
    },
}


def test_parts_may_refer_to_what_others_make(serve):
    client = serve(REFERRING).client()
    book = put("/books/b", author="a")
    assert statuses(client, book, atomic=True) == [409]
    assert statuses(client, book, put("/authors/a"), atomic=True) == [201, 201]
    assert statuses(client, delete("/authors/a"), atomic=True) == [409]
    assert statuses(client, delete("/authors/a"), post("/nowhere"), atomic=True) == [424, 404]
    assert statuses(client, delete("/authors/a"), delete("/books/b"), atomic=True) == [204, 204]


def test_a_blob_and_a_document_go_together(client):
    path = add(client, title="x")
    picture = base64.b64encode(bytes(2 << 20)).decode()
    cover = {"method": "PUT", "path": path + "/cover", "headers": {"Content-Type": "image/png"}, "base64": picture}
    assert statuses(client, cover, put(path, {"If-Match": '"stale"'}, title="y"), atomic=True) == [424, 412]
    assert client.get(path + "/cover").status == 404
    assert statuses(client, cover, put(path, title="y"), atomic=True) == [201, 200]
    assert len(client.get(path + "/cover").body) == 2 << 20


def test_multipart_says_it_in_the_target(client):
    parts = [http_part(message("POST /books", "Content-Type: application/json", body=body)) for body in ('{"title": "never"}', "{}")]
    first, second = read_multipart(send_multipart(client, *parts, target="/batch?atomic=true"))
    assert (first[0], second[0]) == (424, 422)
    assert client.get("/books?title=never").json() == []


def test_many_clients_change_the_same_and_nothing_is_lost(library):
    client = library.client()
    paths = [add(client, title="x", tags=[]) for _ in range(3)]
    done = []

    def work(n):
        own = library.client()
        for k in range(10):
            body = [{"op": "add", "path": "/tags/-", "value": f"{n}-{k}"}]
            part = {"method": "PATCH", "headers": {"Content-Type": "application/json-patch+json"}, "body": body}
            said = statuses(own, *[part | {"path": path} for path in paths], atomic=True)
            assert len(set(said)) == 1 and said[0] in (200, 503), said
            done.append(said[0])

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == 40 and done.count(200) > 0
    assert {len(client.get(path).json()["tags"]) for path in paths} == {done.count(200)}


# --- once


def test_a_batch_with_a_key_is_done_once(client):
    for atomic in (False, True):
        key = {"Idempotency-Key": f'"batch-{atomic}"'}
        requests = [post("/books", title=f"once {atomic}"), put(f"/settings/once-{str(atomic).lower()}", value=1)]
        first = ask(client, *requests, headers=key, atomic=atomic)
        again = ask(client, *requests, headers=key, atomic=atomic)
        assert first.status == 200 and again.status == 200
        assert [one["status"] for one in again.json()["responses"]] == [201, 201]
        assert again.json()["responses"][0]["body"] == first.json()["responses"][0]["body"]
        assert len(client.get(f"/books?title=once%20{str(atomic)}").json()) == 1


def test_what_failed_is_tried_again(client):
    key = {"Idempotency-Key": '"partly"'}
    requests = [post("/books", title="partly"), put("/settings/partly", {"If-Match": "*"}, value=1)]
    assert [one["status"] for one in ask(client, *requests, headers=key).json()["responses"]] == [201, 412]
    assert client.put("/settings/partly", json={"value": 0}).status == 201
    assert [one["status"] for one in ask(client, *requests, headers=key).json()["responses"]] == [201, 200]
    assert len(client.get("/books?title=partly").json()) == 1


def test_parts_may_have_keys_of_their_own(client):
    part = post("/books", title="own key") | {"headers": {"Idempotency-Key": '"own"'}}
    first, again = replies(client, part, part)
    assert first["status"] == again["status"] == 201
    assert first["body"] == again["body"]
    assert statuses(client, part, part, atomic=True) == [201, 201]
    assert len(client.get("/books?title=own%20key").json()) == 1


def test_a_key_leaves_room_for_a_number(client):
    assert ask(client, get("/books"), headers={"Idempotency-Key": '"' + "k" * 241 + '"'}).status == 400
    assert ask(client, get("/books"), headers={"Idempotency-Key": '"' + "k" * 240 + '"'}).status == 200


# --- who asks


@pytest.fixture(scope="module")
def society(module_serve):
    notes = {
        "get": operation(schema={"type": "array", "items": {}}, security=[{"basic": []}]),
        "post": dict(operation({"type": "object"}, [{"basic": []}], "201", {"type": "object"})),
    }
    one = {
        "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
        "get": dict(operation(security=[{"basic": []}]), **{"x-verbatim": {"allow": "owner"}}),
        "delete": {"security": [{"basic": []}], "responses": {"204": {"description": "gone"}}, "x-verbatim": {"allow": "owner"}},
    }
    owned = {"type": "object", "properties": {"id": {"type": "string", "readOnly": True}, "by": {"type": "string", "readOnly": True, "x-verbatim": {"value": "owner"}}}}
    notes["post"] = operation(owned, [{"basic": []}], "201", owned)
    one["get"]["responses"]["200"]["content"]["application/json"]["schema"] = owned
    return module_serve(people(**{"/notes": notes, "/notes/{id}": one}), CHEAP)


def test_each_part_is_asked_by_who_sent_the_batch(society):
    client = society.client()
    register(client, "ann@example.com", "password-ann")
    register(client, "bob@example.com", "password-bob")
    ann, bob = basic("ann@example.com", "password-ann"), basic("bob@example.com", "password-bob")
    (made,) = replies(client, post("/notes"), headers=ann)
    assert made["status"] == 201
    note = made["headers"]["Location"]
    assert statuses(client, get(note), get("/people"), headers=ann) == [200, 200]
    assert statuses(client, get(note), delete(note), headers=bob) == [403, 403]
    assert statuses(client, get(note), post("/notes"), get("/batch")) == [401, 401, 405]
    assert statuses(client, delete(note), post("/notes"), headers=bob, atomic=True) == [403, 424]
    assert ask(client, get(note), headers=basic("ann@example.com", "wrong")).status == 401
    assert statuses(client, delete(note), post("/notes"), headers=ann, atomic=True) == [204, 201]


def test_cookies_are_the_batchs_and_not_a_parts(serve):
    server = serve(site(), CHEAP)
    client = server.client()
    register(client, "ann", GOOD)
    origin = {"Origin": server.origin}
    login = {"method": "POST", "path": "/session", "body": {"email": "ann", "password": GOOD}}
    reply = ask(client, login, get("/mine"), headers=origin)
    assert [one["status"] for one in reply.json()["responses"]] == [201, 401]
    cookie = reply.headers["Set-Cookie"]
    secret = cookie.partition("=")[2].partition(";")[0]
    assert "HttpOnly" in cookie and secret not in reply.text
    inside = origin | {"Cookie": cookie.partition(";")[0]}
    said = replies(client, put("/mine", a=1), get("/mine"), get("/session"), headers=inside)
    assert [one["status"] for one in said] == [201, 200, 200]
    without = {"Cookie": inside["Cookie"]}
    assert ask(client, put("/mine", a=2), headers=without).status == 403  # which page sent it is not said
    said = replies(client, delete("/session"), headers=inside)
    assert said[0]["status"] == 204
    assert statuses(client, get("/mine"), headers=inside) == [401]
    assert statuses(client, login, put("/cart", items=[]), headers=origin, atomic=True) == [422, 424]


def test_a_page_of_another_origin_sends_no_batch(client):
    reply = ask(client, get("/books"), headers={"Origin": "http://evil.example"})
    assert reply.status == 403


def test_what_it_says_is_for_no_shared_cache(client):
    reply = ask(client, get("/books"))
    assert "no-store" in reply.headers["Cache-Control"]


def test_parts_count_for_the_rate(serve):
    client = serve(LIBRARY, ["--rate", "5/m", "--rate-burst", "5"]).client()
    said = statuses(client, *[get("/books")] * 8)
    assert said == [200] * 4 + [429] * 4


# --- what cannot be taken back


RUNS = {
    "openapi": "3.1.0",
    "info": {"title": "t", "version": "1"},
    "paths": {
        "/say": {
            "post": {
                "x-verbatim": {"do": {"run": ["/bin/echo", "said"]}},
                "responses": {"200": {"description": "x", "content": {"text/plain": {"schema": {"type": "string"}}}}},
            }
        },
        "/settings/{name}": REFERRING["paths"]["/authors/{name}"] | {"put": operation({"type": "object"})},
    },
}


def test_a_program_runs_in_a_batch_but_not_together_with_others(serve):
    client = serve(RUNS).client()
    run = {"method": "POST", "path": "/say"}
    said = replies(client, run, put("/settings/a"))
    assert [one["status"] for one in said] == [200, 201], said
    assert said[0]["body"] == "said\n"
    assert statuses(client, run, put("/settings/b"), atomic=True) == [422, 424]
    assert client.get("/settings/b").status == 404


SLOW = {
    "openapi": "3.1.0",
    "info": {"title": "t", "version": "1"},
    "paths": {
        "/slow": {
            "post": {
                "x-verbatim": {"do": {"run": ["/bin/sh", "-c", "sleep 60"]}},
                "responses": {"200": {"description": "x", "content": {"text/plain": {"schema": {"type": "string"}}}}},
            }
        },
        "/settings/{name}": REFERRING["paths"]["/authors/{name}"] | {"put": operation({"type": "object"})},
    },
}


def test_a_client_that_goes_away_ends_its_batch(serve):
    server = serve(SLOW)
    content = json.dumps({"requests": [put("/settings/before"), {"method": "POST", "path": "/slow"}, put("/settings/after")]})
    head = f"POST /batch HTTP/1.1\r\nHost: {server.authority}\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    connection = server.connect()
    connection.send((head + content).encode())
    client = server.client()
    while client.get("/settings/before").status != 200:
        pass
    # A half-close is no leaving; a reset is.
    connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
    assert client.get("/settings/after").status == 404
    began = time.monotonic()
    server.stop()  # waits for what is under way: the program would sleep on
    assert time.monotonic() - began < 5


def test_many_members_at_once_are_a_part_like_others(client):
    lines = '{"title": "import one"}\n{"title": "import two"}\n'
    part = {"method": "POST", "path": "/books", "headers": {"Content-Type": "application/x-ndjson"}, "body": lines}
    assert statuses(client, part, get("/nowhere"), atomic=True) == [424, 404]
    assert client.get("/books?title:starts=import").json() == []
    first, second = replies(client, part, post("/books", title="import three"), atomic=True)
    assert first["status"] < 300 and second["status"] == 201
    assert [book["title"] for book in client.get("/books?title:starts=import").json()] == ["import one", "import two", "import three"]
