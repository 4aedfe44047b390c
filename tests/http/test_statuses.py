"""Which success a reply has: as it is declared, and within that as it is preferred."""

import pytest
from ledger import requirement
from library import HTML, MERGE
from test_cli import run as verbatim
from test_controllers import shell, written

NONE, MINIMAL, FULL = None, "return=minimal", "return=representation"
STATE = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "readOnly": True},
        "a": {"type": "integer"},
        "secret": {"type": "string", "writeOnly": True},
    },
}
JSON = {"application/json": {"schema": STATE}}
ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}


def responses(*statuses):
    return {str(status): {"description": "d"} if status == 204 else {"description": "d", "content": JSON} for status in statuses}


def api(post=(201,), put=(200, 201), patch=(200,), delete=(204,), merge=(200,), do=None, clear=(204,)):
    body = {"requestBody": {"content": {**JSON, "image/png": {}}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Statuses", "version": "1"},
        "paths": {
            "/things": {
                "get": {"responses": responses(200)},
                "post": {**body, "responses": responses(*post)},
                "delete": {"responses": responses(*clear)},
            },
            "/things/{id}": {
                "parameters": [ID],
                "get": {"responses": responses(200)},
                "put": {**body, "responses": responses(*put)},
                "patch": {"requestBody": {"content": {"application/merge-patch+json": {}}}, "responses": responses(*patch)},
                "delete": {"responses": responses(*delete)},
            },
            "/things/{id}/do": {
                "parameters": [ID],
                "post": {"responses": responses(*merge), "x-verbatim": {"do": do or {"merge": {"patch": {"a": 9}}}}},
            },
        },
    }  # fmt: skip


def sent(prefer):
    return {} if prefer is None else {"Prefer": prefer}


def says(answer, prefer, honoured):
    """Is it told that the preference was honoured, if it was?"""
    return answer.headers.get("Preference-Applied") == (prefer if honoured else None)


# --- POST to a collection -----------------------------------------------------


@requirement("7240-4.2-01")
@pytest.mark.parametrize("declared, prefer, status, honoured", [
    ((201,), NONE, 201, False), ((201,), MINIMAL, 201, True), ((201,), FULL, 201, True),
    ((201, 200, 204), NONE, 201, False), ((201, 204), MINIMAL, 201, True), ((201, 200), FULL, 201, True),
    ((200,), NONE, 200, False), ((200,), MINIMAL, 200, False), ((200,), FULL, 200, True),
    ((200, 204), NONE, 200, False), ((200, 204), MINIMAL, 204, True), ((200, 204), FULL, 200, True),
    ((204,), NONE, 204, False), ((204,), MINIMAL, 204, True), ((204,), FULL, 204, False),
    ((303,), NONE, 303, False), ((303,), MINIMAL, 303, False), ((303,), FULL, 303, False),
    (("2XX",), NONE, 201, False), (("default",), FULL, 201, True),
])  # fmt: skip
def test_a_post_that_creates_answers_as_declared(serve, declared, prefer, status, honoured):
    client = serve(api(post=declared)).client()
    made = client.post("/things", sent(prefer), json={"a": 1, "secret": "s"})
    [member] = client.get("/things").json()
    uri = f"/things/{member['id']}"
    assert made.status == status and says(made, prefer, honoured)
    assert made.headers.get("Location") == (uri if status in (201, 303) else None)
    if status in (201, 200) and prefer != MINIMAL or status == 200:
        assert made.json() == {"id": member["id"], "a": 1}
        assert made.headers["ETag"] == client.get(uri).headers["ETag"]
    else:
        assert made.body == b"" or status == 303
    # whose state is shown, where Location does not say it
    assert made.headers.get("Content-Location") == (uri if status == 200 else None)
    if status in (204, 303):  # of whom it would be is not said
        assert "ETag" not in made.headers


def test_a_303_leads_to_what_was_created(serve):
    client = serve(api(post=(303,))).client()
    made = client.post("/things", sent(FULL), json={"a": 1})
    assert client.get(made.headers["Location"]).json()["a"] == 1


# Bytes of the client's own are not shown to it again.
@pytest.mark.parametrize("declared, status", [((201,), 201), ((200,), 204), ((204,), 204), ((303,), 303)])
def test_a_post_of_bytes_answers_as_declared_without_them(serve, declared, status):
    client = serve(api(post=declared)).client()
    made = client.post("/things", {"Content-Type": "image/png"}, b"png")
    assert made.status == status and b"png" not in made.body


# --- PUT and PATCH ------------------------------------------------------------


@requirement("7240-4.2-01")
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
@pytest.mark.parametrize("declared, prefer, status, honoured", [
    ((200,), NONE, 200, False), ((200,), MINIMAL, 200, False), ((200, 204), MINIMAL, 204, True),
    ((204,), FULL, 204, False), ((204, 200), FULL, 200, True), ((202,), NONE, 204, False),
])  # fmt: skip
def test_a_change_answers_as_declared(serve, method, declared, prefer, status, honoured):
    client = serve(api(put=declared, patch=declared)).client()
    uri = client.post("/things", json={"a": 1}).headers["Location"]
    done = client.request(method, uri, sent(prefer) | (MERGE if method == "PATCH" else {}), json={"a": 2})
    assert done.status == status and says(done, prefer, honoured)
    assert (done.json()["a"] == 2) if status == 200 else done.body == b""


# --- DELETE -------------------------------------------------------------------


@requirement("9110-9.3.5-01", "7240-4.2-01")
@pytest.mark.parametrize("declared, prefer, status, honoured", [
    ((204,), NONE, 204, False), ((204,), FULL, 204, False), ((204,), MINIMAL, 204, True),
    ((200,), NONE, 200, False), ((200,), FULL, 200, True), ((200,), MINIMAL, 200, False),
    ((200, 204), NONE, 204, False), ((200, 204), FULL, 200, True), ((200, 204), MINIMAL, 204, True),
    (("2XX",), NONE, 204, False), (("2XX",), FULL, 200, True),
    (("default",), NONE, 204, False), (("default",), FULL, 204, False), ((202,), NONE, 204, False),
])  # fmt: skip
def test_a_delete_answers_as_declared_with_the_last_state(serve, declared, prefer, status, honoured):
    client = serve(api(delete=declared)).client()
    uri = client.post("/things", json={"a": 1, "secret": "s"}).headers["Location"]
    shown = client.get(uri)
    gone = client.delete(uri, sent(prefer))
    assert gone.status == status and says(gone, prefer, honoured)
    assert gone.body == (shown.body if status == 200 else b"")
    for name in ("ETag", "Last-Modified", "Content-Location", "Location"):
        assert name not in gone.headers  # it is nobody's state any more
    assert client.get(uri).status == 404
    assert client.delete(uri, sent(prefer)).status == 404


def test_a_delete_without_json_for_its_200_is_204(serve):
    description = api()
    for content in ({}, {"content": {"image/png": {}}}):
        description["paths"]["/things/{id}"]["delete"]["responses"] = {"200": {"description": "d", **content}}
        client = serve(description).client()
        uri = client.post("/things", json={"a": 1}).headers["Location"]
        gone = client.delete(uri, sent(FULL))
        assert gone.status == 204 and says(gone, FULL, False)


def test_a_delete_of_bytes_is_204(serve):
    client = serve(api(delete=(200,))).client()
    uri = client.post("/things", {"Content-Type": "image/png"}, b"png").headers["Location"]
    assert client.delete(uri).status == 204 and client.get(uri).status == 404


def test_the_last_state_is_shown_as_it_is_accepted(serve):
    client = serve(api(delete=(200,))).client()
    for accept, kind in ((HTML, "text/html; charset=utf-8"), ({"Accept": "image/gif"}, "application/json"), ({}, "application/json")):
        uri = client.post("/things", json={"a": 1, "secret": "s3cr3t"}).headers["Location"]
        gone = client.delete(uri, accept)
        assert gone.status == 200 and gone.headers["Content-Type"] == kind
        assert "s3cr3t" not in gone.text and client.get(uri).status == 404


def test_a_delete_that_fails_shows_nothing(serve):
    client = serve(api(delete=(200,))).client()
    uri = client.post("/things", json={"a": 1}).headers["Location"]
    failed = client.delete(uri, {"If-Match": '"x"'})
    assert failed.status == 412 and '"a"' not in failed.text
    assert client.get(uri).status == 200


def test_a_delete_that_is_repeated_by_its_key_shows_the_same(serve):
    server = serve(api(delete=(200,)))
    client = server.client()
    uri = client.post("/things", json={"a": 1}).headers["Location"]
    key = {"Idempotency-Key": '"k"'}
    first = client.delete(uri, key)
    assert first.status == 200 and first.json()["a"] == 1
    client = server.restart().client()
    again = client.delete(uri, key)
    assert (again.status, again.body) == (200, first.body)
    assert again.headers["Content-Type"] == first.headers["Content-Type"]


def test_a_collection_is_deleted_with_204_whatever_is_declared(serve):
    client = serve(api(clear=(200,))).client()
    assert client.delete("/things", sent(FULL)).status == 204


def test_the_open_tree_shows_what_it_deletes_to_who_prefers_it(serve):
    client = serve(None).client()
    client.put("/a", json={"a": 1})
    gone = client.delete("/a", sent(FULL))
    assert gone.status == 200 and gone.json() == {"a": 1} and says(gone, FULL, True)
    client.put("/a", json={"a": 1})
    assert client.delete("/a").status == 204
    client.put("/a", {"Content-Type": "image/png"}, b"png")
    assert client.delete("/a", sent(FULL)).status == 204


# --- controllers --------------------------------------------------------------


@requirement("7240-4.2-01")
@pytest.mark.parametrize("declared, prefer, status, honoured", [
    ((200,), NONE, 200, False), ((200,), MINIMAL, 200, False), ((200,), FULL, 200, True),
    ((204,), NONE, 204, False), ((204,), FULL, 204, False), ((204,), MINIMAL, 204, True),
    ((200, 204), MINIMAL, 204, True), ((303,), NONE, 303, False), ((303,), FULL, 303, False),
    ((200, 303), NONE, 200, False), (("default",), NONE, 200, False),
])  # fmt: skip
def test_a_merge_answers_as_declared(serve, declared, prefer, status, honoured):
    client = serve(api(merge=declared)).client()
    uri = client.post("/things", json={"a": 1}).headers["Location"]
    done = client.post(f"{uri}/do", sent(prefer))
    assert done.status == status and says(done, prefer, honoured)
    assert done.headers.get("Location") == (uri if status == 303 else None)
    assert done.headers.get("Content-Location") == (None if status == 303 else uri)
    assert ("ETag" in done.headers) == (status != 303)
    assert client.get(uri).json()["a"] == 9


@requirement("7240-4.2-01")
@pytest.mark.parametrize("declared, prefer, status, honoured", [
    ((200,), NONE, 200, False), ((200,), MINIMAL, 200, False), ((204,), FULL, 204, False),
    ((200, 204), NONE, 200, False), ((200, 204), MINIMAL, 204, True), ((200, 204), FULL, 200, True),
])  # fmt: skip
def test_a_program_answers_as_declared(serve, declared, prefer, status, honoured):
    client = serve(api(merge=declared, do=shell("echo 1"))).client()
    done = client.post("/things/x/do", sent(prefer))
    assert done.status == status and says(done, prefer, honoured)
    assert done.body == (b"1\n" if status == 200 else b"")


# --- what is told of it beforehand --------------------------------------------


@pytest.mark.parametrize("declared, told", [
    ({"delete": (202,)}, "202; answers 204"),
    ({"delete": (200, 202)}, "202; answers 200"),
    ({"delete": (204, 202)}, "202; answers 204"),
    ({"clear": (200,)}, "200; answers 204"),
    ({"post": (201, 303)}, "303; answers 201"),
    ({"merge": (201,)}, "201; answers 200"),
    ({"merge": (303, 204)}, "303; answers 204"),
])  # fmt: skip
def test_check_says_which_success_never_comes(tmp_path, declared, told):
    said = " ".join(verbatim("check", written(tmp_path, api(**declared))).stdout.split())
    assert "never-sent" in said and told in said


def test_check_says_nothing_where_each_may_come(tmp_path):
    fine = api(post=(200, 204), put=(200, 201, 204), patch=(200, 204), delete=(200, 204), merge=(200, 204))
    assert "never-sent" not in verbatim("check", written(tmp_path, fine)).stdout


@pytest.mark.parametrize("declared, prefer", [((200,), NONE), ((204, 200), FULL), ((204, 200), NONE), ((202,), FULL)])
def test_explain_says_what_a_delete_will_be(serve, tmp_path, declared, prefer):
    server = serve(api(delete=declared))
    uri = server.client().post("/things", json={"a": 1}).headers["Location"]
    server.stop()
    words = ["explain", server.description, uri, "-X", "DELETE", "--data", server.data]
    found = verbatim(*words, *(["-H", f"Prefer: {prefer}"] if prefer else [])).stdout
    done = server.start().client().delete(uri, sent(prefer))
    assert f"It would be {done.status} " in found
