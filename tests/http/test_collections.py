"""Collections and stores: their listing, a page at a time."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from ledger import requirement
from library import HTML, LIBRARY, MERGE, add, links, parameters, tag_of, unused_key


@pytest.fixture
def empty(serve):
    return serve(LIBRARY).client()


def titles(response):
    assert response.status == 200, response
    return [member["title"] for member in response.json()]


def fill(client, count):
    return [add(client, title=str(n)) for n in range(count)]


def walk(client, start, relation):
    """The pages from here on, by the relation."""
    pages = []
    while start:
        page = client.get(start)
        assert page.status == 200, page
        pages.append(page)
        start = links(page).get(relation)
        assert len(pages) < 200
    return pages


def test_an_empty_collection_is_an_empty_array(empty):
    answer = empty.get("/books")
    assert answer.status == 200
    assert answer.json() == []
    assert links(answer) == {"first": "/books"}
    assert "ETag" in answer.headers and "Last-Modified" not in answer.headers


def test_a_long_row_of_members_made_by_put_is_passed_over(serve):
    nothing = {"responses": {"201": {"description": ""}}}
    member = {"get": nothing, "put": nothing | {"requestBody": {"content": {"application/json": {}}}},
              "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}]}
    client = serve({"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {
        "/things": {"post": member["put"], "get": nothing}, "/things/{id}": member}}).client()
    assert client.post("/things", json={}).headers["Location"] == "/things/1"
    for n in range(2, 60):
        assert client.put(f"/things/{n}", json={}).status == 201
    made = client.post("/things", json={})
    assert made.status == 201 and int(made.headers["Location"].rpartition("/")[2]) >= 60


def test_members_are_listed_in_the_order_of_their_creation(empty):
    paths = fill(empty, 12)
    empty.put(paths[3], json={"title": "3"})
    empty.delete(paths[5])
    empty.patch(paths[0], MERGE, json={"title": "0"})
    assert titles(empty.get("/books")) == [str(n) for n in range(12) if n != 5]


def test_a_listing_shows_each_member_as_a_get_of_it_does(client):
    path = add(client, title="x", tags=["ü"])
    shown = {f"/books/{member['id']}": member for member in all_members(client)}
    assert shown[path] == client.get(path).json()


def all_members(client):
    return [member for page in walk(client, "/books?limit=1000", "next") for member in page.json()]


def test_limit_bounds_a_page_and_100_is_usual(empty):
    fill(empty, 103)
    assert len(empty.get("/books").json()) == 100
    assert len(empty.get("/books?limit=7").json()) == 7
    assert len(empty.get("/books?limit=1000").json()) == 103
    assert "next" not in links(empty.get("/books?limit=103"))


@pytest.mark.parametrize("limit", ["0", "-1", "x", "", "1.5", "1001", "99999999999999999999", "1e2", "+1", "%31%20"])
def test_a_limit_that_is_none_is_400_and_named(client, limit):
    answer = client.get(f"/books?limit={limit}")
    assert answer.status == 400
    assert parameters(answer) == {"limit"}


@pytest.mark.parametrize("query", ["limit=1&limit=2", "cursor=a&cursor=b", "offset=1", "page=2", "titel=x"])
def test_a_parameter_that_is_unknown_or_repeated_is_400(client, query):
    answer = client.get(f"/books?{query}")
    assert answer.status == 400
    assert parameters(answer) == {query.split("=")[0]}
    assert client.head(f"/books?{query}").status == 400


def test_a_post_takes_no_parameters_of_a_listing(client):
    before = len(all_members(client))
    assert client.post("/books?limit=1", json={"title": "x"}).status == 400
    assert len(all_members(client)) == before


@requirement("8288-3-02", "8288-3.3-01")
def test_links_lead_forward_through_all_members_once(empty):
    fill(empty, 10)
    pages = walk(empty, "/books?limit=3", "next")
    assert [titles(page) for page in pages] == [["0", "1", "2"], ["3", "4", "5"], ["6", "7", "8"], ["9"]]
    assert "prev" not in links(pages[0])
    assert all("prev" in links(page) for page in pages[1:])
    assert all(links(page)["first"] == "/books?limit=3" for page in pages)


def test_links_lead_backward_through_the_same_pages(empty):
    fill(empty, 10)
    last = walk(empty, "/books?limit=3", "next")[-1]
    pages = walk(empty, links(last)["prev"], "prev")
    assert [titles(page) for page in pages] == [["6", "7", "8"], ["3", "4", "5"], ["0", "1", "2"]]
    assert "prev" not in links(pages[-1])
    again = walk(empty, links(pages[-1])["next"], "next")
    assert [titles(page) for page in again] == [["3", "4", "5"], ["6", "7", "8"], ["9"]]


def test_a_walk_sees_every_member_that_stays_once_whatever_comes_and_goes(empty):
    paths = fill(empty, 20)
    seen, start, page = [], "/books?limit=3", 0
    while start:
        answer = empty.get(start)
        seen += titles(answer)
        start = links(answer).get("next")
        page += 1
        if page <= 4:  # what was shown, what comes, and the cursor's own member
            for n in {1: [0, 2], 2: [5, 11], 3: [9], 4: [18]}[page]:
                empty.delete(paths[n])
            add(empty, title=f"new{page}")
    stays = [str(n) for n in range(20) if n not in (9, 11, 18)]
    assert [title for title in seen if not title.startswith("new")] == stays
    assert [title for title in seen if title.startswith("new")] == ["new1", "new2", "new3", "new4"]


def test_a_walk_back_sees_every_member_that_stays_once(empty):
    paths = fill(empty, 12)
    start = links(walk(empty, "/books?limit=2", "next")[-1])["prev"]
    seen = []
    while start:
        answer = empty.get(start)
        seen = titles(answer) + seen
        start = links(answer).get("prev")
        if len(seen) == 4:  # the cursor's own, one that was shown, one to come
            for gone in (6, 9, 3):
                empty.delete(paths[gone])
            add(empty, title="later")
    assert seen == [str(n) for n in range(10) if n != 3]


def test_a_page_whose_members_are_all_gone_is_empty_and_leads_back(empty):
    paths = fill(empty, 6)
    last = links(empty.get("/books?limit=3"))["next"]
    for path in paths[3:]:
        empty.delete(path)
    answer = empty.get(last)
    assert answer.json() == []
    assert titles(empty.get(links(answer)["first"])) == ["0", "1", "2"]


def test_a_page_found_to_be_last_grows_a_next_when_members_come(empty):
    fill(empty, 3)
    page = "/books?limit=3"
    first = empty.get(page)
    assert "next" not in links(first)
    add(empty, title="3")
    second = empty.get(page, {"If-None-Match": first.headers["ETag"]})
    assert second.status == 200
    assert titles(empty.get(links(second)["next"])) == ["3"]


def cursor_of(client):
    add(client), add(client)
    return links(client.get("/books?limit=1"))["next"].split("cursor=")[1]


@pytest.mark.parametrize("spoil", [
    lambda c: c[:-1], lambda c: c + "0", lambda c: c[::-1], lambda c: c.upper() + "x", lambda c: "", lambda c: "0" * len(c),
    lambda c: ("1" if c[15] == "0" else "0").join([c[:15], c[16:]]), lambda c: "1", lambda c: "%01", lambda c: c + "%20",
])  # fmt: skip
def test_a_cursor_that_was_not_given_out_is_400(client, spoil):
    answer = client.get(f"/books?limit=1&cursor={spoil(cursor_of(client))}")
    assert answer.status == 400
    assert parameters(answer) == {"cursor"}


def test_a_cursor_is_good_for_its_listing_only(client):
    assert client.get(f"/authors?limit=1&cursor={cursor_of(client)}").status == 400


def test_a_cursor_goes_with_any_limit(empty):
    fill(empty, 6)
    cursor = links(empty.get("/books?limit=2"))["next"].split("cursor=")[1]
    assert titles(empty.get(f"/books?limit=3&cursor={cursor}")) == ["2", "3", "4"]
    assert titles(empty.get(f"/books?cursor={cursor}")) == ["2", "3", "4", "5"]


def test_a_cursor_survives_a_restart(serve):
    server = serve(LIBRARY)
    fill(server.client(), 4)
    following = links(server.client().get("/books?limit=2"))["next"]
    server.restart()
    assert titles(server.client().get(following)) == ["2", "3"]


# the tag of the listing changes exactly when a member does
@requirement("9110-8.8.1-02")
def test_the_tag_of_a_listing_changes_exactly_when_a_member_does(empty):
    book = add(empty)
    changes = [
        lambda: add(empty),
        lambda: empty.put(book, json={"title": "y"}),
        lambda: empty.patch(book, MERGE, json={"title": "z"}),
        lambda: empty.post(book + "/archive"),
        lambda: empty.delete(book),
    ]
    other = [
        lambda: add(empty, "/authors"),
        lambda: empty.put("/settings/a", json={"value": 1}),
        lambda: empty.put(book, json={}),  # 422
        lambda: empty.post("/books", json={}),  # 422
        lambda: empty.delete("/books/999"),
        lambda: empty.put(book, {"If-Match": '"x"'}, json={"title": "x"}),
        lambda: empty.get(book),
        lambda: empty.post("/books", {"Content-Type": "a/b"}, b"x"),
    ]
    for path in ("/books", "/books?limit=1"):
        for accept in ({}, HTML):
            for nothing in other:
                before = tag_of(empty, path, accept)
                nothing()
                same = empty.get(path, {**accept, "If-None-Match": before})
                assert same.status == 304
    seen = {tag_of(empty, "/books")}
    for number, change in enumerate(changes):
        change()
        seen.add(tag_of(empty, "/books"))
        assert len(seen) == number + 2


def test_a_listing_is_current_at_once_after_each_write(client):
    for n in range(30):
        path = add(client, title=f"now{n}")
        last = links(client.get("/books?limit=1000"))
        assert "next" not in last
        assert client.get("/books?limit=1000").json()[-1]["title"] == f"now{n}"
        client.delete(path)
        listed = client.get("/books?limit=1000").json()
        assert not listed or listed[-1]["title"] != f"now{n}"


def test_a_page_is_bounded_in_bytes_and_the_walk_still_whole(empty):
    for n in range(14):
        assert empty.put(f"/settings/k{n}", json={"value": "x" * 250_000}).status == 201
    pages = walk(empty, "/settings", "next")
    assert len(pages) > 1
    assert all(len(page.body) < 4_000_000 for page in pages)
    assert [m["key"] for page in pages for m in page.json()] == [f"k{n}" for n in range(14)]
    first = walk(empty, links(pages[-1])["prev"], "prev")[-1]
    assert first.json()[0]["key"] == "k0"


@pytest.mark.parametrize("count", [0, 1, 5])
def test_a_page_for_people_shows_the_same_members_and_links(empty, count):
    paths = fill(empty, count)
    page = empty.get("/books?limit=3", HTML)
    assert page.status == 200
    assert all(f'href="{path}"' in page.text for path in paths[:3])
    assert ("cursor=" in page.text) == (count > 3)
    assert links(page) == links(empty.get("/books?limit=3"))


# Nested collections, and deleting one

NESTED = {
    "openapi": "3.1.0",
    "info": {"title": "nested", "version": "1"},
    "paths": {},
}


def operations(*names, item="A"):
    schema = {"type": "object", "properties": {"id": {"type": "integer", "readOnly": True}, "title": {"type": "string"}}}
    content = {"application/json": {"schema": schema}}
    known = {
        "get": {"responses": {"200": {"description": "it", "content": content}}},
        "list": {"responses": {"200": {"description": "all", "content": {
            "application/json": {"schema": {"type": "array", "items": schema}}}}}},
        "post": {"requestBody": {"content": content}, "responses": {"201": {"description": "made", "content": content}}},
        "put": {"requestBody": {"content": content}, "responses": {"200": {"description": "it", "content": content}}},
        "delete": {"responses": {"204": {"description": "gone"}}},
    }
    return {("get" if name == "list" else name): known[name] for name in names}


for listing, member in (("/authors", "a"), ("/authors/{a}/books", "b"), ("/authors/{a}/books/{b}/notes", "n")):
    variables = [{"name": v, "in": "path", "required": True, "schema": {"type": "integer"}}
                 for v in ("a", "b", "n") if "{" + v + "}" in f"{listing}/{{{member}}}"]  # fmt: skip
    NESTED["paths"][listing] = {**operations("list", "post", "delete"), "parameters": variables[:-1]}
    NESTED["paths"][f"{listing}/{{{member}}}"] = {**operations("get", "put", "delete"), "parameters": variables}


@pytest.fixture(scope="module")
def nested(module_serve):
    return module_serve(json.loads(json.dumps(NESTED))).client()


def test_a_nested_collection_is_its_owners_own(nested):
    one, two = (add(nested, "/authors", title=t) for t in "ab")
    books = [add(nested, f"{one}/books", title="x") for _ in range(2)]
    other = add(nested, f"{two}/books", title="y")
    assert books == [f"{one}/books/1", f"{one}/books/2"] and other == f"{two}/books/1"
    assert titles(nested.get(f"{one}/books")) == ["x", "x"]
    assert titles(nested.get(f"{two}/books")) == ["y"]
    note = add(nested, f"{books[0]}/notes", title="z")
    assert note == f"{books[0]}/notes/1"
    assert titles(nested.get(f"{books[1]}/notes")) == []


def test_a_nested_collection_of_nobody_is_404(nested):
    for path in ("/authors/999/books", "/authors/999/books/1/notes"):
        assert nested.get(path).status == 404
        assert nested.post(path, json={"title": "x"}).status == 404
        assert nested.delete(path).status == 404


def test_an_owner_stays_until_its_collection_is_empty(nested):
    author = add(nested, "/authors", title="a")
    book = add(nested, f"{author}/books", title="x")
    note = add(nested, f"{book}/notes", title="z")
    assert nested.delete(author).status == 409
    assert nested.delete(book).status == 409
    for path in (note, book, author):
        assert nested.delete(path).status == 204


def test_the_empty_collection_of_an_owner_that_went_is_404(nested):
    author = add(nested, "/authors", title="a")
    for path in (f"{author}/books", f"{author}/books?limit=3"):
        assert nested.get(path).json() == []  # and now it is in the cache
        assert nested.get(path, HTML).status == 200
    assert nested.delete(author).status == 204
    for path in (f"{author}/books", f"{author}/books?limit=3"):
        assert nested.get(path).status == 404
        assert nested.get(path, HTML).status == 404


def test_a_change_of_a_nested_member_leaves_the_other_listings_tags(nested):
    one, two = (add(nested, "/authors", title=t) for t in "ab")
    book = add(nested, f"{one}/books", title="x")
    before = [tag_of(nested, path) for path in (f"{two}/books", "/authors")]
    assert nested.put(book, json={"title": "y"}).status == 200
    assert [tag_of(nested, path) for path in (f"{two}/books", "/authors")] == before


# product.md: DELETE of a collection when it is empty, else 409
def test_a_collection_is_deleted_only_when_it_is_empty(nested):
    author = add(nested, "/authors", title="a")
    book = add(nested, f"{author}/books", title="x")
    refused = nested.delete(f"{author}/books")
    assert refused.status == 409
    assert book in refused.json()["detail"]
    assert nested.get(book).status == 200
    nested.delete(book)
    assert nested.delete(f"{author}/books").status == 204
    assert nested.get(f"{author}/books").json() == []  # its owner's, whether empty or not


def test_a_deletion_of_a_collection_can_be_conditional(nested):
    author = add(nested, "/authors", title="a")
    stale = tag_of(nested, f"{author}/books")
    nested.delete(add(nested, f"{author}/books", title="x"))
    assert nested.delete(f"{author}/books", {"If-Match": stale}).status == 412
    assert nested.delete(f"{author}/books", {"If-Match": tag_of(nested, f"{author}/books")}).status == 204


# 9110-13.1.1: the condition holds when the write is done, not only before
def test_of_posts_on_one_state_of_a_collection_exactly_one_goes_through(serve):
    server = serve(LIBRARY, ["--workers", "2"])
    clients = [server.client() for _ in range(6)]
    for turn in range(40):
        tag = tag_of(clients[0], "/books")

        def post(client, tag=tag, turn=turn):
            return client.post("/books", {"If-Match": tag}, json={"title": str(turn)}).status

        with ThreadPoolExecutor(len(clients)) as pool:
            statuses = sorted(pool.map(post, clients))
        assert statuses == [201] + [412] * (len(clients) - 1)
    assert titles(clients[0].get("/books")) == [str(turn) for turn in range(40)]


def test_any_state_of_a_collection_is_good_for_an_asterisk(serve):
    server = serve(LIBRARY, ["--workers", "2"])
    clients = [server.client() for _ in range(6)]

    def post(client):
        return {client.post("/books", {"If-Match": "*"}, json={"title": "x"}).status for _ in range(50)}

    with ThreadPoolExecutor(len(clients)) as pool:
        assert set().union(*pool.map(post, clients)) == {201}


def test_a_store_lists_its_members_and_takes_no_post(client):
    keys = [unused_key() for _ in range(3)]
    for key in keys:
        client.put(key, json={"value": key})
    client.put(keys[0], json={"value": "again"})
    listed = [f"/settings/{m['key']}" for m in client.get("/settings?limit=1000").json()]
    assert [key for key in listed if key in keys] == keys
    assert client.post("/settings", json={"value": 1}).status == 405


@pytest.mark.parametrize("schema", [{"type": "string"}, {"type": "string", "format": "uuid"}, {"type": "integer"}])
def test_members_of_a_collection_within_a_member_have_names_of_their_own(serve, schema):
    state = {"type": "object", "properties": {"stars": {"type": "integer"}}}
    json_of = {"content": {"application/json": {"schema": state}}}
    book = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    review = {"name": "review", "in": "path", "required": True, "schema": schema}
    description = {
        "openapi": "3.1.0",
        "info": {"title": "Reviews", "version": "1"},
        "paths": {
            "/books/{id}/reviews": {"parameters": [book], "get": {"responses": {"200": {"description": "all"}}}, "post": {"requestBody": json_of, "responses": {"201": dict(json_of, description="made")}}},
            "/books/{id}/reviews/{review}": {"parameters": [book, review], "get": {"responses": {"200": dict(json_of, description="it")}}},
        },
    }
    client = serve(description).client()
    made = [client.post("/books/x/reviews", json={"stars": n}) for n in range(3)]
    assert [reply.status for reply in made] == [201, 201, 201]
    uris = [reply.headers["Location"] for reply in made]
    assert len(set(uris)) == 3
    assert [client.get(uri).json() for uri in uris] == [{"stars": n} for n in range(3)]
