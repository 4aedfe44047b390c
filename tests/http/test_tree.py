"""The open tree: what is served where there is no description."""

import pytest
from library import HTML, JSON, MERGE, PATCH, counter, links, tag_of

TEXT = {"Content-Type": "text/plain; charset=utf-8"}


@pytest.fixture(scope="module")
def tree(module_serve):
    return module_serve(None)


@pytest.fixture
def client(tree):
    return tree.client()


@pytest.fixture
def place():
    """A path nobody has used."""
    return f"/place{next(counter)}"


def test_the_root_is_there_and_lists(client):
    answer = client.get("/")
    assert answer.status == 200
    assert isinstance(answer.json(), list)


def test_what_nobody_made_is_404(client, place):
    for method in ("GET", "HEAD", "DELETE"):
        assert client.request(method, place).status == 404
    assert client.patch(place, MERGE, b"{}").status == 404


def test_a_put_makes_a_document_of_any_type_and_keeps_it_as_it_came(client, place):
    content = bytes(range(256)) * 5
    for n, media_type in enumerate(("image/png", "text/plain; charset=utf-8", "application/x.own", "video/mp4")):
        path = f"{place}/{n}"
        made = client.put(path, {"Content-Type": media_type}, content)
        assert made.status == 201
        got = client.get(path)
        assert got.body == content
        assert got.headers["Content-Type"] == media_type
        assert made.headers["ETag"] == got.headers["ETag"]


def test_content_that_does_not_say_what_it_is_is_an_octet_stream(client, place):
    assert client.put(place, {}, b"x").status == 201
    assert client.get(place).headers["Content-Type"] == "application/octet-stream"


def test_a_document_may_change_its_type(client, place):
    client.put(place, json={"a": 1})
    assert client.get(place).headers["Content-Type"] == "application/json"
    assert client.put(place, TEXT, b"words").status in (200, 204)
    got = client.get(place)
    assert (got.headers["Content-Type"], got.body) == (TEXT["Content-Type"], b"words")
    assert client.put(place, json=[1]).status in (200, 204)
    assert client.get(place).json() == [1]


@pytest.mark.parametrize("value", [None, True, 0, "", [], {}, {"a": {"b": [1, "x", None]}}])
def test_any_json_value_is_a_document(client, place, value):
    assert client.put(place, JSON, __import__("json").dumps(value)).status == 201
    got = client.get(place)
    assert got.json() == value
    assert client.get(place, HTML).headers["Content-Type"].startswith("text/html")


def test_malformed_json_is_400_and_makes_nothing(client, place):
    assert client.put(place, JSON, b"{").status == 400
    assert client.get(place).status == 404


def test_json_is_patched_and_other_content_is_409(client, place):
    client.put(place, json={"a": 1})
    assert client.patch(place, MERGE, json={"b": 2}).json() == {"a": 1, "b": 2}
    assert client.patch(place, PATCH, json=[{"op": "remove", "path": "/a"}]).json() == {"b": 2}
    client.put(place, TEXT, b"words")
    assert client.patch(place, MERGE, json={"b": 3}).status == 409
    assert client.get(place).body == b"words"


def test_a_post_makes_a_member_under_a_name_of_the_servers(client, place):
    made = client.post(place, json={"a": 1})
    assert made.status == 201
    where = made.headers["Location"]
    assert where.startswith(place + "/")
    assert client.get(where).json() == {"id": where.rsplit("/", 1)[1], "a": 1}
    other = client.post(place, TEXT, b"words")
    assert client.get(other.headers["Location"]).body == b"words"
    listed = client.get(place)
    assert listed.json()[0] == client.get(where).json()
    assert listed.json()[1]["mediaType"] == TEXT["Content-Type"]
    assert listed.json()[1]["uri"] == other.headers["Location"]


def test_a_post_to_the_root_makes_a_document_below_it(client):
    made = client.post("/", json={"a": 1})
    assert made.status == 201
    assert made.headers["Location"].count("/") == 1
    assert client.get(made.headers["Location"]).status == 200


def test_a_uri_with_documents_below_it_is_their_listing(client, place):
    for n in range(5):
        client.put(f"{place}/{n}", json={"n": n})
    assert [m["n"] for m in client.get(place).json()] == [0, 1, 2, 3, 4]
    page = client.get(f"{place}?limit=2")
    assert [m["n"] for m in client.get(links(page)["next"]).json()] == [2, 3]
    assert client.get(place, HTML).status == 200
    for n in range(5):
        client.delete(f"{place}/{n}")
    assert client.get(place).status == 404


def test_a_listing_is_406_to_who_accepts_neither_of_its_forms(client, place):
    client.put(f"{place}/x", {"Content-Type": "image/png"}, b"x")
    for path in ("/", place, f"{place}?limit=1"):
        for method in ("GET", "HEAD"):
            assert client.request(method, path, {"Accept": "image/png"}).status == 406
    assert client.get(f"{place}/none", {"Accept": "image/png"}).status == 404


def test_a_document_with_documents_below_it_is_shown_itself(client, place):
    client.put(f"{place}/below", json=1)
    client.put(place, json={"self": True})
    assert client.get(place).json() == {"self": True}
    assert client.delete(place).status == 204
    assert client.get(f"{place}/below").json() == 1
    assert client.get(place).json() == [1]


def test_conditions_hold_in_the_tree(client, place):
    assert client.put(place, {"If-Match": "*"}, json=1).status == 412
    assert client.put(place, {"If-None-Match": "*"}, json=1).status == 201
    assert client.put(place, {"If-None-Match": "*"}, json=2).status == 412
    tag = tag_of(client, place)
    assert client.put(place, {"If-Match": tag}, json=2).status in (200, 204)
    assert client.delete(place, {"If-Match": tag}).status == 412


# RFC 3986 section 6.2.2; no path of the tree leads out of it
@pytest.mark.parametrize("put, get", [
    ("/a%20b", "/a%20b"), ("/%7euser", "/~user"), ("/x/../dots", "/dots"), ("/%e2%82%ac", "/%E2%82%AC"),
    ("/semi;a=b", "/semi;a=b"), ("/%3fquery", "/%3Fquery"), ("/a%2Fb", "/a%2fb"),
    ("/../../etc/passwd", "/etc/passwd"), ("/%2e%2e/%2e%2e/up", "/up"),
])  # fmt: skip
def test_spellings_of_a_uri_are_one_document(client, put, get):
    assert client.put(put, json=put).status == 201
    assert client.get(get).json() == put
    assert client.delete(get).status == 204
    assert client.get(put).status == 404


def test_an_encoded_slash_is_no_segment_boundary(client, place):
    client.put(f"{place}/a%2Fb", json="encoded")
    client.put(f"{place}/a/b", json="two")
    assert client.get(f"{place}/a%2Fb").json() == "encoded"
    assert client.get(f"{place}/a/b").json() == "two"


@pytest.mark.parametrize("path", ["/a//b", "//", "//a", "/%00", "/%zz", "/" + "x/" * 200])
def test_a_path_that_can_be_no_document_makes_none(client, path):
    answer = client.put(path, json=1)
    assert answer.status in (400, 404)


def test_a_slash_at_the_end_is_redirected(client, place):
    answer = client.put(place + "/", json=1)
    assert (answer.status, answer.headers["Location"]) == (308, place)
    assert client.get(place).status == 404


@pytest.mark.parametrize("name, methods", [
    ("/", "GET, HEAD, QUERY, POST, OPTIONS"), ("/some", "GET, HEAD, QUERY, POST, PUT, DELETE, PATCH, OPTIONS"),
])  # fmt: skip
def test_options_tells_what_a_place_takes(client, name, methods):
    answer = client.options(name)
    assert answer.status == 204
    assert sorted(answer.headers["Allow"].split(", ")) == sorted(methods.split(", "))
    assert client.delete("/").status == 405


def test_the_tree_survives_a_restart(serve):
    server = serve(None)
    client = server.client()
    client.put("/a/b", {"Content-Type": "image/png"}, b"\x89PNG" * 100_000)
    client.put("/a/c", json={"x": 1})
    before = [client.get(path) for path in ("/a", "/a/b", "/a/c", "/")]
    server.restart()
    for path, was in zip(("/a", "/a/b", "/a/c", "/"), before):
        now = server.client().get(path)
        assert (now.status, now.body, now.headers["ETag"]) == (was.status, was.body, was.headers["ETag"])
