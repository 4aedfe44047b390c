"""What a problem document tells: enough to do better next time."""

import pytest
from library import HTML, JSON, LIBRARY, PNG, add, tag_of, unused_key


@pytest.fixture(scope="module")
def library(module_serve):
    return module_serve(LIBRARY).client()


def detail(answer, status):
    assert answer.status == status, answer
    problem = answer.json()
    assert problem["status"] == status and problem["title"]
    return problem["detail"]


def test_412_says_which_precondition_failed_and_what_is_current(library):
    path = add(library)
    tag = tag_of(library, path)
    told = detail(library.put(path, {"If-Match": '"x"'}, json={"title": "y"}), 412)
    assert "If-Match" in told and tag in told
    told = detail(library.put(path, {"If-None-Match": "*"}, json={"title": "y"}), 412)
    assert "If-None-Match" in told and tag in told
    told = detail(library.delete(path, {"If-Unmodified-Since": "Sat, 01 Jan 2000 00:00:00 GMT"}), 412)
    assert "If-Unmodified-Since" in told and tag in told
    told = detail(library.put(path, {"If-Match": "x"}, json={"title": "y"}), 412)
    assert "malformed" in told
    told = detail(library.put(path, {"If-None-Match": "x"}, json={"title": "y"}), 412)
    assert "malformed" in told
    # What it told is what is good for the next try.
    assert library.put(path, {"If-Match": tag}, json={"title": "y"}).status == 200


def test_412_where_nothing_is(library):
    told = detail(library.put(unused_key(), {"If-Match": "*"}, json={"value": "x"}), 412)
    assert "If-Match" in told and "nothing here" in told


def test_412_of_a_read_names_the_tag_of_that_representation(library):
    path = add(library)
    page = library.get(path, HTML).headers["ETag"]
    answer = library.get(path, {"If-Match": '"x"', "Accept": "application/json"})
    assert tag_of(library, path) in detail(answer, 412)
    answer = library.get(path, {"If-Match": '"x"', **HTML})
    assert answer.status == 412 and page.replace('"', "&quot;") in answer.text


def test_404_says_whether_there_could_be_something(library):
    assert "/nowhere" in detail(library.get("/nowhere"), 404)
    assert "PUT creates it" in detail(library.get(unused_key()), 404)
    told = detail(library.get("/books/424242"), 404)
    assert "nothing here" in told and "PUT" not in told


def test_405_names_the_methods_that_there_are(library):
    answer = library.delete("/books")
    told = detail(answer, 405)
    assert answer.headers["Allow"] in told


def test_406_names_the_media_types_that_there_are(library):
    told = detail(library.get("/books", {"Accept": "image/png"}), 406)
    assert "application/json" in told and "text/html" in told


def test_406_of_stored_bytes_names_their_media_type(library):
    path = add(library) + "/cover"
    assert library.put(path, PNG, b"bytes").status == 201
    told = detail(library.get(path, {"Accept": "application/json"}), 406)
    assert "image/png" in told and "application/json" not in told


def test_415_names_the_media_types_that_are_taken(library):
    path = add(library)
    told = detail(library.post("/books", {"Content-Type": "text/plain"}, b"x"), 415)
    assert "application/json" in told
    told = detail(library.request("PATCH", path, {"Content-Type": "text/plain"}, b"x"), 415)
    assert "merge-patch" in told
    told = detail(library.put(path + "/cover", JSON, b"{}"), 415)
    assert "image/" in told


def test_428_says_what_to_send(library):
    path = add(library, "/authors", name="x")
    assert "If-Match" in detail(library.put(path, json={"name": "y"}), 428)


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "a" * 5000, "%ff%fe"])
def test_what_the_client_sent_does_no_harm_in_a_page(library, name):
    answer = library.get(f"/{name.replace('<', '%3C').replace('>', '%3E')}/x/y", HTML)
    assert answer.status == 404 and "text/html" in answer.headers["Content-Type"]
    assert "<script" not in answer.text and len(answer.body) < 10000
