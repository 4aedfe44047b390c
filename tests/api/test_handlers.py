"""Resources written in C against include/verbatim/: what HTTP adds to them."""

import gzip
import zlib

import pytest
from embedded import build_folder
from ledger import requirement


@pytest.fixture(scope="module")
def program(run_program):
    return run_program(build_folder() / "tests/api/handlers")


@pytest.fixture
def client(program):
    return program.client()


TEXT = {"Content-Type": "text/plain"}


@pytest.fixture
def note(client):
    """The path of a note with a text in it."""
    client.put("/note", TEXT, "first")
    yield "/note"
    client.delete("/note")


# --- methods


@requirement("9110-9.3.4-01", "9110-9.3.4-02")
def test_put_creates_then_replaces_then_delete_removes(client):
    assert client.get("/note").status == 404
    assert client.put("/note", TEXT, "one").status == 201
    assert client.put("/note", TEXT, "two").status == 204
    assert client.get("/note").text == "two"
    assert client.delete("/note").status == 204
    assert client.get("/note").status == 404
    assert client.delete("/note").status == 404


def test_head_is_get_without_content(client, note):
    got, headed = client.get(note), client.head(note)
    assert headed.status == 200 and headed.body == b""
    for name in ("Content-Type", "Content-Length", "ETag"):
        assert headed.headers[name] == got.headers[name]


def test_a_method_without_a_handler_is_405_with_what_there_is(client):
    refused = client.patch("/note", TEXT, "x")
    assert refused.status == 405
    assert set(refused.headers.tokens("Allow")) == {
        "get", "head", "put", "delete", "options",
    }  # fmt: skip
    assert client.get("/echo").status == 405
    assert set(client.get("/echo").headers.tokens("Allow")) == {"post", "options"}


def test_options_tells_methods_and_media_types(client):
    told = client.options("/echo")
    assert told.status == 204
    assert set(told.headers.tokens("Allow")) == {"post", "options"}
    assert told.headers["Accept-Post"] == "application/json"


def test_a_path_that_nothing_is_mounted_at_is_404(client):
    assert client.get("/note/x").status == 404


# --- what a handler sees


def test_a_handler_sees_path_query_fields_and_itself(client):
    seen = client.get("/x/../%72equest?a=%20b&c", {"X-ONE": "1"})
    assert seen.text == (
        "self=itself\nmethod=1\npath=/request\nquery=a=%20b&c\nx-one=1\n"
        "content is absent\n"
    )


def test_what_is_not_there_is_told_apart_from_what_is_empty(client):
    assert "query is absent\n" in client.get("/request").text
    assert "query=\n" in client.get("/request?").text
    assert "x-one is absent\n" in client.get("/request").text
    assert "x-one=\n" in client.get("/request", {"X-One": ""}).text


@pytest.mark.parametrize("chunked", [False, True])
def test_content_arrives_whole(client, chunked):
    body = [b"0123456789" * 1000] * 20
    echoed = client.post(
        "/echo",
        {"Content-Type": "application/json"},
        body if chunked else b"".join(body),
        chunked=chunked,
    )
    assert echoed.status == 200
    assert echoed.body == b"".join(body)


def test_nothing_written_is_204(client):
    assert client.post("/echo").status == 204


# --- preconditions


def test_get_of_what_the_client_has_is_304(client, note):
    tag = client.get(note).headers["ETag"]
    fresh = client.get(note, {"If-None-Match": tag})
    assert fresh.status == 304 and fresh.headers["ETag"] == tag
    client.put(note, TEXT, "second")
    assert client.get(note, {"If-None-Match": tag}).status == 200


@requirement("9110-13.1.2-06")
def test_a_put_that_must_not_replace_does_not(client, note):
    refused = client.put(note, {**TEXT, "If-None-Match": "*"}, "other")
    assert refused.status == 412
    assert client.get(note).text == "first"


@requirement("9110-13.1.1-02")
def test_a_stale_tag_stops_a_put(client, note):
    refused = client.put(note, {**TEXT, "If-Match": '"stale"'}, "other")
    assert refused.status == 412
    assert client.get(note).text == "first"


@requirement("9110-8.8.2.1-03", "9110-8.8.2.1-04")
def test_validators_are_only_sent_when_they_can_be_true(client):
    dated = client.get("/dated")
    assert dated.headers["Last-Modified"] == dated.headers["Date"]
    assert "quotes" not in dated.headers.get("ETag", "")


# --- negotiation


def test_only_what_the_handler_makes_is_acceptable(client, note):
    assert client.get(note, {"Accept": "text/*"}).status == 200
    assert client.get(note, {"Accept": "application/json"}).status == 406


def test_what_a_handler_writes_is_encoded_and_decoded_around_it(client, note):
    text = ("not again. " * 24)[:256]
    put = client.put(note, {**TEXT, "Content-Encoding": "gzip"}, gzip.compress(text.encode()))
    assert put.status == 204
    assert "Accept-Encoding" in client.get(note).headers["Vary"]
    for gone in (note, "/nothing"):
        got = client.get(gone, {"Accept-Encoding": "gzip"})
        assert (got.headers.get("Content-Encoding") == "gzip") == (got.status == 200)
    got = client.get(note, {"Accept-Encoding": "gzip"})
    assert zlib.decompress(got.body, 31).decode() == text
    assert got.headers["ETag"] == client.get(note).headers["ETag"][:-1] + '-gzip"'
    same = client.get(note, {"Accept-Encoding": "gzip", "If-None-Match": got.headers["ETag"]})
    assert same.status == 304


def test_what_a_handler_has_encoded_is_not_encoded_again(client):
    got = client.get("/coded", {"Accept-Encoding": "gzip"})
    assert got.headers.all("Content-Encoding") == ["x-mine"]
    assert got.text.startswith("nothing new ")


def test_a_part_of_what_a_handler_writes_can_be_asked_for(client, note):
    got = client.get(note, {"Range": "bytes=1-3"})
    assert got.status == 206 and got.text == "irs"
    assert got.headers["Content-Range"] == "bytes 1-3/5"


def test_only_what_the_handler_takes_is_taken(client, note):
    refused = client.put(note, {"Content-Type": "text/html"}, "<p>")
    assert refused.status == 415
    assert refused.headers["Accept"] == "text/plain"
    assert client.get(note).text == "first"


# --- errors


@pytest.mark.parametrize("status", [400, 403, 404, 409, 422, 500, 503, 507])
def test_an_error_becomes_a_problem_with_what_was_written(client, status):
    refused = client.post("/outcome", TEXT, f"{status}So it is <b>.")
    assert refused.status == status
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert refused.json()["status"] == status
    assert refused.json()["detail"] == "So it is <b>."


def test_what_was_written_is_not_markup_in_a_browser(client):
    refused = client.post("/outcome", {**TEXT, "Accept": "text/html"}, "409<b>x")
    assert refused.status == 406  # the outcome of a success would be text/plain
    refused = client.post(
        "/outcome", {**TEXT, "Accept": "text/html, */*;q=0.1"}, "409<b>x"
    )
    assert refused.status == 409
    assert refused.headers["Content-Type"].startswith("text/html")
    assert "<b>" not in refused.text and "&lt;b>" in refused.text.replace("&gt;", ">")


def test_a_detail_that_is_not_utf8_still_makes_a_document(client):
    refused = client.post("/outcome", TEXT, b"409\xff\xfe \x00 \x1b[2J")
    assert refused.status == 409
    assert isinstance(refused.json(), dict)


@pytest.mark.parametrize("status", ["000", "100", "101", "199", "600", "999", "-12"])
def test_a_status_that_is_none_is_500(client, status):
    assert client.post("/outcome", TEXT, status).status == 500


def test_a_negative_status_is_500(client):
    assert client.post("/outcome", TEXT, "x").status == 500


def test_content_beyond_the_limit_is_413_before_it_is_sent(program):
    with program.connect() as connection:
        connection.send(
            b"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Content-Length: 99999999999\r\n\r\n"
        )
        assert connection.read_response("POST").status == 413


def test_a_response_beyond_the_limit_is_503(client):
    assert client.get("/huge").status == 503


# --- fields


def test_a_field_is_added(client):
    got = client.post("/field", TEXT, "X-Mood: fine, thanks")
    assert got.status == 200
    assert got.headers["X-Mood"] == "fine, thanks"


@pytest.mark.parametrize(
    "text",
    [
        "X-Mood: a\r\nSet-Cookie: stolen=1",
        "X-Mood: a\nSet-Cookie: stolen=1",
        "X-Mood: a\rSet-Cookie: stolen=1",
        "X-Mood: \x1b[31m",
        "X-Mo\r\nod: a",
        "X Mood: a",
        "X-Möd: a",
        ": a",
    ],
)
def test_a_field_that_would_break_its_line_is_left_out(client, text):
    got = client.post("/field", TEXT, text)
    assert got.status == 200 and got.text == "done\n"
    assert "Set-Cookie" not in got.headers
    assert not any(name.lower().startswith("x") for name, _ in got.headers)


@pytest.mark.parametrize(
    "field",
    [
        "Content-Length: 3",
        "Transfer-Encoding: chunked",
        "Connection: close",
        "Keep-Alive: timeout=5",
        "Content-Type: text/html",
        "ETag: unquoted",
        "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT",
        "Date: Sun, 06 Nov 1994 08:49:37 GMT",
    ],
)
def test_what_the_server_says_itself_a_handler_cannot_say_again(client, field):
    name, value = field.split(": ", 1)
    got = client.post("/field", TEXT, field)
    assert got.status == 200 and got.text == "done\n"
    assert value not in got.headers.all(name)
    assert len(got.headers.all(name)) <= 1


# --- beside an open tree


def test_what_is_mounted_comes_before_what_is_described(client):
    made = client.put("/tree", {"Content-Type": "application/json"}, "{}")
    assert made.status == 201
    assert client.get("/tree").json() == {}
    assert client.post("/note", TEXT, "x").status == 405
