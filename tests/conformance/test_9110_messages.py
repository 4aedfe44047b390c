"""RFC 9110 sections 2 to 7: syntax, URIs, fields, dates, versions, trailers, routing."""

import time
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

import link
import pytest
from client import Reset
from dates import ASCTIME, FIXDATE, RFC850, PAST, written
from ledger import requirement

MEGABYTE = 1 << 20
UNKNOWN = {"Foo": "bar", "X-Unknown": "1", "Bar": '"'}


def without_date(response):
    return [(name, value) for name, value in response.headers if name != "Date"]


# Sections 2 and 5.4: limits


@requirement("9110-2.3-01", "9110-17.5-01")
@pytest.mark.parametrize("line, fields", [
    ("A" * MEGABYTE + " / HTTP/1.1", []),
    ("GET /" + "a" * MEGABYTE + " HTTP/1.1", []),
    ("GET / HTTP/1.1", ["A" * MEGABYTE + ": b"]),
    ("GET / HTTP/1.1", ["A: " + "b" * MEGABYTE]),
    ("GET / HTTP/1.1", ["A: b"] * (MEGABYTE // 6)),
    ("GET / HTTP/1." + "1" * MEGABYTE, []),
], ids=["method", "target", "name", "value", "lines", "version"])  # fmt: skip
def test_elements_of_a_megabyte_are_refused_and_harm_nothing(target, page, line, fields):
    with target.connect() as connection:
        try:
            connection.send(target.message(line, *fields))
        except (BrokenPipeError, ConnectionResetError):
            pass  # refused before it had all come
        answer = connection.read_response()
        assert answer.status in (400, 413, 414, 431, 501)
        connection.half_close()
        assert connection.read_to_end() == b""
    assert target.is_alive(page)


@requirement("9110-5.4-01")
@pytest.mark.parametrize("lines, size", [(1, 2 * 65536), (65536 // 64, 100)])
def test_more_fields_than_it_takes_are_refused_and_not_dropped(target, page, lines, size):
    fields = [f"X-{n}: " + "y" * size for n in range(lines)]
    answer = target.ask(f"GET {page} HTTP/1.1", *fields)
    assert answer.status in (400, 431)


@requirement("9110-2.3-02")
def test_the_uris_that_it_makes_are_taken(target, client):
    collection = target.need("collection")
    for _ in range(2):
        made = client.post(collection["path"], json=collection["content"])
        assert client.get(made.headers["Location"]).status == 200
    listing = client.get(collection["path"] + "?limit=1")
    targets = [one.target for one in link.parse(listing.headers.get("Link")) if one.rel in ("first", "prev", "next")]
    assert len(targets) > 0
    for one in targets:
        assert client.get(one).status == 200


@requirement("9110-4.1-01", "9112-3-04")
def test_a_target_of_8000_octets_is_taken(client, page):
    for there in (page, "/"):
        assert client.get(there + "?" + "a" * (8000 - len(there) - 1)).status not in (414, 431, 500)
    assert client.get("/" + "a" * 7999).status == 404


# Section 4: URIs


@requirement("9110-4.2.1-02", "9110-4.2.2-02")
@pytest.mark.parametrize("target_uri", ["http:///x", "https:///x", "http://:80/x", "https://:443/x"])
def test_an_empty_host_is_400(target, target_uri):
    assert target.ask(f"GET {target_uri} HTTP/1.1").status == 400


@requirement("9110-4.2.3-01", "9110-4.2.3-03")
def test_uris_that_are_equal_when_normalized_are_one_resource(target, client, store):
    path = store.unused()
    head, _, name = path.rpartition("/")
    escaped = f"{head}/%{ord(name[0]):02X}{name[1:]}"
    assert store.put(client, escaped, "here").status == 201
    assert store.put(client, path, "there").status in (200, 204)
    assert client.get(escaped).body == b"there"
    assert client.get(escaped.replace("%7", "%7").lower()).body == b"there"


@requirement("9110-4.2.3-01", "9110-4.3.1-01")
@pytest.mark.parametrize("host", ["EXAMPLE.com", "example.com", "example.com:80", "example.com:0080", "eXample.com:"])
def test_hosts_are_compared_without_case_zeros_and_default_port(target, page, host):
    usual = target.ask(f"GET {page} HTTP/1.1", "Host: example.com", host=False)
    answer = target.ask(f"GET {page} HTTP/1.1", f"Host: {host}", host=False)
    assert (answer.status, answer.body) == (usual.status, usual.body)
    assert answer.status == 200 or usual.status in (404, 421)


@requirement("9110-4.2.3-02")
def test_options_of_an_empty_path_is_about_the_server(target):
    whole = target.ask("OPTIONS * HTTP/1.1")
    empty = target.ask(f"OPTIONS {target.scheme}://{target.authority} HTTP/1.1")
    assert whole.status in (200, 204)
    assert (empty.status, empty.headers.get("Allow")) == (whole.status, whole.headers.get("Allow"))


@requirement("9110-4.2.4-02")
@pytest.mark.parametrize("user", ["user", "user:password", "", ":"])
def test_user_information_in_a_target_is_400(target, page, user):
    assert target.ask(f"GET {target.scheme}://{user}@{target.authority}{page} HTTP/1.1").status == 400


# Section 5: fields


@requirement("9110-5.1-01")
def test_field_names_have_no_case(target, client, store):
    path = store.unused()
    made = target.ask(f"PUT {path} HTTP/1.1", "content-LENGTH: 3", f"cOnTeNt-tYpE: {store.type}", content=b"abc")
    assert made.status == 201
    assert client.get(path).body == b"abc"


@requirement("9110-5.1-03")
def test_unknown_fields_are_ignored(client, page):
    plain, odd = client.get(page), client.get(page, UNKNOWN)
    assert (odd.status, odd.body, without_date(odd)) == (200, plain.body, without_date(plain))


@requirement("9110-5.2-01")
def test_lines_of_one_name_are_one_list(client, page):
    tag = client.get(page).headers["ETag"]
    lines = [("If-None-Match", '"x"'), ("Foo", "bar"), ("if-none-match", tag)]
    assert client.get(page, lines).status == 304


@requirement("9110-5.3-05", "9112-8-01")
@pytest.mark.parametrize("method", ["DELETE", "PUT"])
def test_nothing_is_done_before_the_whole_head_is_there(target, client, store, method):
    path = store.made(client)
    with target.connect() as connection:
        head = f"{method} {path} HTTP/1.1\r\nHost: {target.authority}\r\nContent-Length: 0\r\nContent-Type: {store.type}\r\n"
        connection.send(head.encode())
        connection.half_close()
        answer = connection.read_to_end()
        assert answer == b"" or answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 408"))
    assert client.get(path).body == store.content


@requirement("9110-5.5-01", "9112-5.1-03")
@pytest.mark.parametrize("value", ["%s", "   %s", "%s  ", "\t%s \t"])
def test_whitespace_around_a_value_is_not_of_it(target, client, page, value):
    tag = client.get(page).headers["ETag"]
    for name in ("If-None-Match:", "If-None-Match: "):
        assert target.ask(f"GET {page} HTTP/1.1", name + value % tag).status == 304


@requirement("9110-5.5-02", "9112-2.2-04", "9110-5.5-04")
@pytest.mark.parametrize("octet", ["\0", "\r", "\x01", "\x1f", "\x7f", "\x0b"])
@pytest.mark.parametrize("field", ["X: a%sb", "X: %sb", "X: a%s", "X%s: a", "%sX: a"])
def test_a_control_character_in_a_field_is_400(target, page, octet, field):
    answer = target.ask(f"GET {page} HTTP/1.1", field % octet)
    assert answer.status == 400


@requirement("9110-5.5-03", "9112-2.2-01")
def test_octets_beyond_ascii_are_opaque(target, client, page):
    tag = client.get(page).headers["ETag"]
    high = "".join(map(chr, range(0x80, 0x100)))
    assert target.ask(f"GET {page} HTTP/1.1", f"X: {high}").status == 200
    assert target.ask(f"GET {page} HTTP/1.1", f'If-None-Match: "{high}", {tag}').status == 304
    # What is a line feed only where UTF-8 is read wrongly, is none.
    odd = target.ask(f"GET {page} HTTP/1.1", "X: \xc0\x8aIf-None-Match: *")
    assert odd.status == 200


@requirement("9110-5.6.1.2-01")
@pytest.mark.parametrize("members", [', "a", ,%s', "%s,", ",,,,%s", ' , %s ,\t,"b"'])
def test_empty_members_of_a_list_are_skipped(target, client, page, members):
    tag = client.get(page).headers["ETag"]
    assert target.ask(f"GET {page} HTTP/1.1", "If-None-Match: " + members % tag).status == 304


@requirement("9110-5.6.3-05", "9110-5.6.4-01", "9110-5.6.6-01", "7240-2-05")
@pytest.mark.parametrize("preference", ["return=minimal", "return = minimal", 'return="minimal"', 'return\t= "min\\imal"',
                                        "Return=minimal", "RETURN=minimal;x", "foo=bar, return=minimal"])  # fmt: skip
def test_a_parameter_is_the_same_in_all_of_its_forms(target, client, document, preference):
    path = document.made(client)
    answer = document.put(client, path, document.other, {"Prefer": preference})
    assert (answer.status, answer.body) == (204, b"")
    assert document.put(client, path, document.other, {"Prefer": "return=Minimal"}).status == 200


@requirement("9110-5.6.6-01", "9110-8.3.1-01")
@pytest.mark.parametrize("media_type", ["APPLICATION/JSON", "Application/Json;Charset=utf-8",
                                        'application/json; charset="UTF-8"', 'application/json ;CHARSET="utf\\-8"'])  # fmt: skip
def test_media_types_and_parameters_have_no_case(client, document, media_type):
    path = document.unused()
    assert client.put(path, {"Content-Type": media_type}, document.content).status == 201


@requirement("9110-5.6.6-02")
def test_empty_parameters_are_skipped(target, client):
    types = target.need("types")
    first, second = types["offered"][:2]
    answer = client.get(types["path"], {"Accept": f"{first}; ; q=0.2;, {second};;q=0.5"})
    assert answer.headers["Content-Type"].startswith(second)
    answer = client.get(types["path"], {"Accept": f"{first};;q=0.5 ;, {second}; ;q=0.2"})
    assert answer.headers["Content-Type"].startswith(first)


@requirement("9110-5.6.7-01")
@pytest.mark.parametrize("form", [FIXDATE, RFC850, ASCTIME])
def test_dates_are_taken_in_three_formats(client, page, form):
    modified = parsedate_to_datetime(client.get(page).headers["Last-Modified"])
    assert client.get(page, {"If-Modified-Since": written(form, modified)}).status == 304
    earlier = written(form, modified - timedelta(seconds=1))
    assert client.get(page, {"If-Modified-Since": earlier}).status == 200
    assert client.get(page, {"If-Unmodified-Since": earlier}).status == 412


@requirement("9110-5.6.7-04")
def test_a_year_of_two_digits_is_the_latest_that_fits(client, page):
    now = datetime.now(timezone.utc)
    for years, modified_since in ((-30, True), (-1, True), (40, False)):
        then = now.replace(year=now.year + years, day=1)
        answer = client.get(page, {"If-Modified-Since": written(RFC850, then)})
        assert answer.status == (200 if modified_since else 304), then
        answer = client.get(page, {"If-Unmodified-Since": written(RFC850, then)})
        assert answer.status == (412 if modified_since else 200), then
    far = now.replace(year=now.year + 60, day=1)  # is 40 years ago
    assert client.get(page, {"If-Unmodified-Since": written(RFC850, far)}).status == 412


# Section 6: versions, content, trailers, Date


@requirement("9110-6.2-02", "9110-6.2-03", "9112-2.3-03", "9112-2.3-04", "9112-4-01")
@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_every_answer_is_of_version_1_1(target, page, version):
    for path in (page, target.need("missing")):
        raw = target.ask_bytes(f"GET {path} HTTP/{version}", "Connection: close")
        assert raw.startswith((b"HTTP/1.1 200 ", b"HTTP/1.1 404 "))


@requirement("9110-6.2-04", "9110-15.6.6-01")
@pytest.mark.parametrize("version", ["0.9", "2.0", "3.0", "9.9"])
def test_another_major_version_is_505_and_says_what_would_do(target, page, version):
    answer = target.ask(f"GET {page} HTTP/{version}", methods=["GET"])
    assert answer.status == 505
    assert "1.1" in answer.text


@requirement("9110-6.2-05")
@pytest.mark.parametrize("version", ["1.2", "1.9"])
def test_a_higher_minor_version_is_taken_as_1_1(target, page, version):
    answer = target.ask(f"GET {page} HTTP/{version}", methods=["GET"])
    assert answer.status == 200
    with target.connect() as connection:  # and stays open, as 1.1 does
        for _ in range(2):
            connection.send(target.message(f"GET {page} HTTP/{version}"))
            assert connection.read_response().status == 200


@requirement("9110-6.4.1-01", "9110-15.3.5-01", "9110-15.4.5-04", "9112-6.3-01", "9110-9.3.2-01")
def test_what_has_no_content_ends_with_its_head(target, client, page, store):
    path = store.made(client)
    tag = client.get(page).headers["ETag"]
    data = b"".join((
        target.message(f"HEAD {page} HTTP/1.1"),
        target.message(f"GET {page} HTTP/1.1", f"If-None-Match: {tag}"),
        target.message(f"DELETE {path} HTTP/1.1"),
        target.message(f"HEAD {path} HTTP/1.1"),
        target.message(f"GET {page} HTTP/1.1"),
    ))  # fmt: skip
    answers = target.raw(data)
    assert [answer.status for answer in answers] == [200, 304, 204, 404, 200]
    assert [answer.framing for answer in answers[:4]] == ["none"] * 4
    assert answers[4].body == client.get(page).body


@requirement("9110-6.4.1-01", "9110-8.6-08")
def test_empty_content_has_the_length_0(target, client):
    answer = client.get(target.need("empty"))
    assert (answer.status, answer.body, answer.headers["Content-Length"]) == (200, b"", "0")


@requirement("9110-6.5.1-02", "9112-7.1.2-01", "9112-7.1.2-02", "9112-7.1.2-03", "9110-6.5.2-02")
@pytest.mark.parametrize("name, value", [("If-None-Match", "*"), ("If-Match", '"x"'), ("Content-Type", "image/png"),
                                         ("Content-Length", "1"), ("Host", "a b"), ("Expect", "x"), ("X-Foo", "bar"),
                                         ("Transfer-Encoding", "gzip"), ("Content-Encoding", "x")])  # fmt: skip
def test_trailers_are_no_fields_of_the_head(client, store, name, value):
    path = store.made(client)
    sent = store.other
    try:
        assert client.put(path, store.headers, sent, chunked=True, trailers={name: value}).status in (200, 204)
    except Reset:  # it may be malformed where content has frames (RFC 9113 section 8.1.1)
        assert name in ("Content-Length", "Host", "Transfer-Encoding") and client.version != "HTTP/1.1"
        sent = store.content
    kept = client.get(path)
    assert kept.body == sent
    assert kept.headers["Content-Type"].startswith(store.type)
    assert "X-Foo" not in kept.headers


@requirement("9110-6.6.1-01", "9110-6.6.1-02", "9110-6.6.1-06")
def test_date_is_the_time_of_the_answer(target, client, page, store):
    refused = [client.get(target.need("missing")), client.request("FROB", page)]
    for answer in (client.get(page), client.head(page), client.delete(store.made(client)), *refused):
        date = parsedate_to_datetime(answer.headers["Date"])
        assert abs((datetime.now(timezone.utc) - date).total_seconds()) < 5
    first = client.get(page).headers["Date"]
    time.sleep(1.1)
    assert client.get(page).headers["Date"] != first  # it goes on


# Section 7: routing, connections, upgrades


@requirement("9110-7.1-01", "9112-3.2.3-02", "9112-3.2.4-03")
@pytest.mark.parametrize("line", ["GET *", "HEAD *", "POST *", "PUT *", "GET host:80", "OPTIONS host:80", "DELETE host",
                                  "OPTIONS **"])  # fmt: skip
def test_forms_of_targets_belong_to_their_methods(target, line):
    answer = target.ask(f"{line} HTTP/1.1", "Content-Length: 0")
    assert answer.status == 400


@requirement("9110-7.1-02")
@pytest.mark.parametrize("form", ["%s#b", "%s#", "http://h%s#b", "%s?a#b"])
def test_a_target_has_no_fragment(target, page, form):
    assert target.ask(f"GET {form % page} HTTP/1.1").status == 400


@requirement("9110-7.4-01", "9110-7.4-03")
def test_a_target_of_another_scheme_is_misdirected(target, page):
    other = "http" if target.scheme == "https" else "https"
    answer = target.ask(f"GET {other}://{target.authority}{page} HTTP/1.1")
    assert answer.status == 421


@requirement("9110-7.6.1-05", "9112-9.6-03", "9112-9.6-04", "9112-9.6-06", "9112-9.6-01")
@pytest.mark.parametrize("option", ["close", "CLOSE", "Close", "foo, close", "close,", "x,y ,\tcLOSE"])
def test_connection_options_have_no_case(target, page, option):
    with target.connect() as connection:
        connection.send(target.message(f"GET {page} HTTP/1.1", f"Connection: {option}"))
        answer = connection.read_response()
        assert answer.status == 200
        assert "close" in answer.headers.tokens("Connection")
        assert connection.at_end()


@requirement("9110-7.6.1-06")
def test_a_field_about_the_connection_counts_only_with_its_option(target, page):
    with target.connect() as connection:
        connection.send(target.message(f"GET {page} HTTP/1.0", "Keep-Alive: timeout=300"))
        assert connection.read_response().status == 200
        assert connection.at_end()


@requirement("9110-7.8-01", "9110-7.8-04", "9110-7.8-07", "9110-7.8-09")
@pytest.mark.parametrize("version", ["1.0", "1.1"])
@pytest.mark.parametrize("protocol", ["foo", "h2c", "websocket", "TLS/1.0", "HTTP/2.0", "foo/1, bar/2"])
def test_an_upgrade_that_it_does_not_know_is_ignored(target, page, version, protocol):
    plain = target.ask(f"GET {page} HTTP/{version}", "Connection: close")
    answer = target.ask(f"GET {page} HTTP/{version}", "Connection: upgrade, close", f"Upgrade: {protocol}")
    assert (answer.status, answer.body) == (200, plain.body)
    assert answer.interim == []
