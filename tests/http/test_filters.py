"""Filters, order and choice of properties in a listing's query."""

import json
from urllib.parse import quote

import pytest
from library import links, parameters

# Every kind of property there is to ask for.
PROPERTIES = {
    "id": {"type": "integer", "readOnly": True},
    "created": {"type": "string", "format": "date-time", "readOnly": True},
    "title": {"type": "string"},
    "year": {"type": "integer"},
    "price": {"type": "number"},
    "sold": {"type": "boolean"},
    "tags": {"type": "array", "items": {"type": "string"}},
    "sizes": {"type": "array", "items": {"type": "number"}},
    "seen": {"type": "string", "format": "date-time"},
    "author": {"type": "object", "properties": {
        "name": {"type": "string"}, "born": {"type": ["integer", "null"]}, "secret": {"type": "string", "writeOnly": True}}},
    "more": {"type": "object"},
    "any": {},
    "secret": {"type": "string", "writeOnly": True},
    "dc:title": {"type": "string"},
    "limit": {"type": "integer"},
}  # fmt: skip


def described(properties=PROPERTIES, parameters=(), query=None):
    things = {"type": "object", "properties": properties}
    content = {"application/json": {"schema": things}}
    path = {
        "get": {
            "parameters": list(parameters),
            "responses": {"200": {"description": "", "content": {"application/json": {"schema": {"type": "array", "items": things}}}}},
        },
        "post": {"requestBody": {"content": content}, "responses": {"201": {"description": "", "content": content}}},
    }  # fmt: skip
    if query:
        path["query"] = query
    id_ = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
    return {
        "openapi": "3.2.0",
        "info": {"title": "Things", "version": "1"},
        "paths": {
            "/things": path,
            "/things/{id}": {
                "parameters": [id_],
                "get": {"responses": {"200": {"description": "", "content": content}}},
                "put": {"requestBody": {"content": content}, "responses": {"204": {"description": ""}}},
                "delete": {"responses": {"204": {"description": ""}}},
            },
        },
    }  # fmt: skip


THINGS = [
    '{"title": "Earthsea", "year": 1968, "price": 9.50, "sold": false, "tags": ["a", "b"], "sizes": [1, 2.0],'
    ' "seen": "2026-01-01T12:00:00Z", "author": {"name": "Le Guin", "born": 1929}, "any": "5", "more": {"x": {"y": 1}}}',
    '{"title": "Ubik", "year": 1969, "price": 10.0, "sold": true, "tags": ["b"], "seen": "2026-01-01T12:00:00+01:00",'
    ' "author": {"name": "Dick", "born": null}, "any": 5, "secret": "s", "limit": 3}',
    '{"title": "earthly", "year": 12345678901234567890123, "price": 1e1, "sizes": [3], "any": true, "dc:title": "d"}',
    '{"title": "A, B", "year": -5, "price": 0.1, "tags": [], "author": {}, "any": null, "seen": "2026-01-01T12:00:00.5Z"}',
    '{"title": "Ünder \\\\ %", "price": 12345678901234567890.5}',
]  # fmt: skip


def fill(client, texts=THINGS):
    for text in texts:
        made = client.post("/things", {"Content-Type": "application/json"}, text)
        assert made.status == 201, made


@pytest.fixture(scope="module", params=["sqlite", "memory"])
def client(request, module_serve):
    options = ["--storage", "memory:"] if request.param == "memory" else []
    client = module_serve(described(), options).client()
    fill(client)
    return client


def found(client, query, headers=()):
    answer = client.get(f"/things?{query}", headers)
    assert answer.status == 200, (query, answer)
    return "".join(str(member["id"]) for member in answer.json())


@pytest.mark.parametrize("query, ids", [
    ("title=Ubik", "2"),
    ("title:eq=Ubik", "2"),
    ("title:ne=Ubik", "1345"),
    ("title=ubik", ""),
    ("title:in=Ubik,Earthsea,nothing", "12"),
    ("title:in=A%5C,%20B,Ubik", "24"),
    ("title:contains=arth", "13"),
    ("title:starts=earth", "3"),
    ("title:ends=k", "2"),
    ("title:contains=", "12345"),
    ("title=" + quote("Ünder \\ %"), "5"),
    ("title:lt=B", "4"),
    ("title:gte=earthly", "35"),
    ("year=1968", "1"),
    ("year:gt=1968", "23"),
    ("year:gte=1968&year:lt=1970", "12"),
    ("year:lt=0", "4"),
    ("year:null=true", "5"),
    ("year:null=false", "1234"),
    ("year:in=1969,-5", "24"),
    ("sold=true", "2"),
    ("sold=false", "1"),
    ("sold:ne=true", "1345"),
    ("tags:contains=b", "12"),
    ("tags:contains=b&tags:contains=a", "1"),
    ("tags:null=true", "35"),
    ("sizes:contains=2", "1"),
    ("author.name=Dick", "2"),
    ("author.born:null=true", "2345"),
    ("author.born=1929", "1"),
    ("more.x.y=1", "1"),
    ("more.x.z:null=false", ""),
    ("dc:title=d", "3"),
    ("dc:title:eq=d", "3"),
    ("limit:eq=3", "2"),
    ("id=2", "2"),
    ("id:gt=3", "45"),
])  # fmt: skip
def test_a_filter_keeps_what_it_says(client, query, ids):
    assert found(client, query) == ids


# Numbers are compared by what they say, never through binary floating point.
@pytest.mark.parametrize("query, ids", [
    ("price=10", "23"),
    ("price=1.0e%2B1", "23"),
    ("price=9.5", "1"),
    ("price:gt=12345678901234567890.4", "5"),
    ("price:gt=12345678901234567890.5", ""),
    ("price:lt=0.10000000000000000001", "4"),
    ("year=12345678901234567890123", "3"),
    ("year:gt=12345678901234567890122", "3"),
    ("year:lt=12345678901234567890123", "124"),
])  # fmt: skip
def test_numbers_are_compared_exactly(client, query, ids):
    assert found(client, query) == ids


def test_a_date_time_is_compared_as_the_instant(client):
    assert found(client, "seen=2026-01-01T11:00:00Z") == "2"
    assert found(client, "seen:lt=2026-01-01T12:00:00Z") == "2"
    assert found(client, "seen:gte=2026-01-01T13:00:00%2B01:00") == "14"
    assert found(client, "seen:gt=2026-01-01T12:00:00.000Z") == "4"


def test_what_has_no_type_is_compared_as_what_it_is(client):
    assert found(client, "any=5") == "12"
    assert found(client, "any=true") == "3"
    assert found(client, "any:gt=4") == "12"
    assert found(client, "any:null=true") == "45"


@pytest.mark.parametrize("query, name", [
    ("titel=x", "titel"),
    ("title:like=x", "title:like"),
    ("year=abc", "year"),
    ("year:lt=", "year:lt"),
    ("sold=yes", "sold"),
    ("sold:lt=true", "sold:lt"),
    ("seen:lt=yesterday", "seen:lt"),
    ("tags=b", "tags"),
    ("author=x", "author"),
    ("author.name.first=x", "author.name.first"),
    ("author.height=x", "author.height"),
    ("more..x=1", "more..x"),
    ("title:null=maybe", "title:null"),
    ("year:starts=1", "year:starts"),
    ("sizes:contains=a", "sizes:contains"),
    ("q=x", "q"),
    ("limit=0", "limit"),
    ("limit=x", "limit"),
    ("sort=nothing", "sort"),
    ("sort=tags", "sort"),
    ("sort=", "sort"),
    ("sort=title&sort=year", "sort"),
    ("sort=title,year,price,sold,seen", "sort"),
    ("fields=title,nothing", "fields"),
    ("cursor=x", "cursor"),
])  # fmt: skip
def test_what_cannot_be_asked_is_400_and_named(client, query, name):
    answer = client.get(f"/things?{query}")
    assert answer.status == 400, answer
    assert parameters(answer) == {name}
    assert client.head(f"/things?{query}").status == 400


# What nobody may see, nobody may find out by asking.
@pytest.mark.parametrize("query", ["secret=s", "secret:starts=s", "sort=secret", "fields=secret", "author.secret=x"])
def test_what_is_never_shown_cannot_be_asked(client, query):
    assert client.get(f"/things?{query}").status == 400


@pytest.mark.parametrize("query", ["title=%ff", "%ff=x", "title=%00", "title=%zz"])
def test_a_query_that_is_no_text_is_400(client, query):
    assert client.get(f"/things?{query}").status == 400


def test_too_many_filters_or_values_are_400(client):
    assert found(client, "&".join(["year:gt=0"] * 32)) == "123"
    assert client.get("/things?" + "&".join(["year:gt=0"] * 33)).status == 400
    assert found(client, "year:in=" + ",".join(["1968"] * 100)) == "1"
    assert client.get("/things?year:in=" + ",".join(["1968"] * 101)).status == 400


# --- expressions (AIP-160) ----------------------------------------------------------


def expression(client, text, headers=()):
    return found(client, "filter=" + quote(text), headers)


@pytest.mark.parametrize("text, ids", [
    ('title = "Ubik"', "2"),
    ("title = Ubik OR title = Earthsea", "12"),
    ("title = Ubik AND year > 1968", "2"),
    ("title = Ubik year > 1968", "2"),
    ("year > 1968 AND price = 10 OR year = -5", "23"),  # OR binds closer
    ("(year > 1968 AND price = 10) OR year = -5", "234"),
    ("NOT title = Ubik", "1345"),
    ("-title = Ubik", "1345"),
    ("title != Ubik", "1345"),
    ("NOT (year < 1969 OR year >= 1969)", "5"),
    ("year <= 1968", "14"),
    ("year = null", "5"),
    ("year:*", "1234"),
    ("sold = true", "2"),
    ("sold", "2"),
    ("tags:b", "12"),
    ('tags:"b" AND NOT tags:a', "2"),
    ("sizes:2", "1"),
    ("author.name = Dick", "2"),
    ('author.name = "Le Guin"', "1"),
    ("author:name", "12"),
    ("more.x:y", "1"),
    ("more.x.y = 1", "1"),
    ('seen < "2026-01-01T12:00:00Z"', "2"),
    ('any = "5"', "1"),
    ("any = 5", "12"),
    ("price > 12345678901234567890.4", "5"),
    ('title = "Ünder \\\\ %"', "5"),
    ('"dc:title" = d', "3"),
    ("filter = 1 OR title = Ubik", None),
    ("", "12345"),
    (" ", "12345"),
])  # fmt: skip
def test_an_expression_keeps_what_it_says(client, text, ids):
    if ids is None:
        assert client.get("/things?filter=" + quote(text)).status == 400
    else:
        assert expression(client, text) == ids


# Where it is wrong is told by character, not by byte.
@pytest.mark.parametrize("text, place", [
    ("titel = x", 1),
    ("year = abc", 8),
    ('year = "1968"', 8),
    ("title = Ü AND year = x", 22),
    ("title = Ubik AND", 17),
    ("(title = Ubik", 14),
    ("title = Ubik)", 13),
    ("sold < true", 8),
    ("author = x", 10),
    ("tags = b", 8),
    ("title:f(x)", 7),
    ('title = "Ubik', 9),
    ("author.height = 1", 1),
    ("year > 1 AND seen > yesterday", 21),
])  # fmt: skip
def test_an_expression_that_is_wrong_is_400_and_says_where(client, text, place):
    answer = client.get("/things?filter=" + quote(text))
    assert answer.status == 400 and parameters(answer) == {"filter"}, answer
    assert answer.json()["errors"][0]["detail"].startswith(f"character {place}: "), answer.json()


# Neither by its path, nor by its name, nor by whether it is there.
@pytest.mark.parametrize("text", [
    "secret = s", "secret:*", "secret = null", "secret:s", "NOT secret = s", "author.secret = x", "author:secret",
    'author:"secret"', "author.secret:*", "secret.x = 1",
])  # fmt: skip
def test_no_expression_asks_what_is_never_shown(client, text):
    assert client.get("/things?filter=" + quote(text)).status == 400
    query = client.query("/things", json={"filter": text})
    assert query.status == 422, query


def test_an_expression_goes_with_all_else_that_is_asked(client):
    assert expression(client, "year > 0 OR sold", [("Prefer", "count=exact")]) == "123"
    assert found(client, "year:gt=1968&sort=-year&filter=" + quote("sold = true OR price = 10")) == "32"
    page = client.get("/things?limit=1&filter=" + quote("year > 0"))
    assert page.json()[0]["id"] == 1 and "filter=year+%3E+0" in links(page)["next"].replace("%20", "+")
    assert client.get(links(page)["next"]).json()[0]["id"] == 2
    asked = client.query("/things", json={"filter": "year > 0", "sort": "-year"})
    assert [thing["id"] for thing in asked.json()] == [3, 2, 1]
    assert client.get(asked.headers["Location"]).body == asked.body
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert len(client.query("/things", form, b"filter=year+%3E+0").json()) == 3
    assert client.query("/things", json={"filter": 5}).status == 422
    assert client.query("/things", json={"filter": ["year > 0"]}).status == 422


def test_an_expression_has_bounds(client):
    most = "year > 0" + " OR sold" * 127
    assert expression(client, most) == "123"
    for text in (most + " OR sold", "(" * 33 + "sold" + ")" * 33, "title = " + "x" * 4096):
        answer = client.get("/things?filter=" + quote(text))
        assert answer.status == 400 and parameters(answer) == {"filter"}, answer


def test_lenient_handling_forgives_what_is_unknown_and_no_error(client):
    lenient = {"Prefer": "handling=lenient"}
    answer = client.get("/things?colour=red&filter=sold", lenient)
    assert answer.headers["Preference-Applied"] == "handling=lenient" and len(answer.json()) == 1
    assert client.get("/things?filter=colour%3Dred", lenient).status == 400


# --- order ---------------------------------------------------------------------


@pytest.mark.parametrize("query, ids", [
    ("sort=title", "41235"),
    ("sort=-title", "53214"),
    ("sort=year", "54123"),
    ("sort=-year", "32145"),
    ("sort=price", "41235"),
    ("sort=-price", "52314"),
    ("sort=sold", "34512"),
    ("sort=seen", "35214"),
    ("sort=any", "45321"),
    ("sort=author.name", "34521"),
    ("sort=price,-title", "41325"),
    ("sort=-id&year:gt=0", "321"),
    ("sort=-created,-id", "54321"),
])  # fmt: skip
def test_a_listing_comes_in_the_order_that_is_asked_for(client, query, ids):
    assert found(client, query) == ids


# Nothing comes before false and true, these before numbers, numbers before texts.
def test_values_of_several_types_have_an_order(serve):
    client = serve(described({"any": {}})).client()
    values = ["null", "false", "true", "-1e3", "-2", "-1.5", "0", "0.001", "0.0010001", "1", "1.5", "10", "1e2", '""', '"A"', '"a"', '"a\\u0000"', '"a\\u0001"', '"aa"', '"\\u00e9"', '"\U0001f600"', "[]"]  # fmt: skip
    shuffled = [n * 7 % len(values) for n in range(len(values))]
    fill(client, [f'{{"any": {values[n]}}}' for n in shuffled])
    shown = [m["any"] for m in client.get("/things?sort=any&limit=100").json()]
    assert shown == [json.loads(value) for value in values]
    shown = [m["any"] for m in client.get("/things?sort=-any&limit=100").json()]
    assert shown == [json.loads(value) for value in reversed(values)]


def walk(client, start, relation):
    pages = []
    while start:
        page = client.get(start)
        assert page.status == 200, page
        pages.append([member["n"] for member in page.json()])
        start = links(page).get(relation)
        assert len(pages) < 100
    return pages


@pytest.fixture
def many(serve):
    client = serve(described({"id": PROPERTIES["id"], "n": {"type": "integer"}, "k": {"type": "integer"}})).client()
    fill(client, [json.dumps({"n": n, "k": n * 7 % 10}) for n in range(30)])
    return client


@pytest.mark.parametrize("query, order", [
    ("sort=k", sorted(range(30), key=lambda n: (n * 7 % 10, n))),
    ("sort=-k", sorted(range(30), key=lambda n: (-(n * 7 % 10), n))),
    ("sort=-k,-n", sorted(range(30), key=lambda n: (-(n * 7 % 10), -n))),
    ("k:gt=4", [n for n in range(30) if n * 7 % 10 > 4]),
    ("k:gt=4&sort=-n", [n for n in range(29, -1, -1) if n * 7 % 10 > 4]),
])  # fmt: skip
def test_pages_of_an_order_join_to_the_whole(many, query, order):
    for limit in (1, 4, 29, 30, 31):
        pages = walk(many, f"/things?{query}&limit={limit}", "next")
        assert sum(pages, []) == order
    last = many.get(f"/things?{query}&limit=4")
    while "next" in links(last):
        last = many.get(links(last)["next"])
    back = walk(many, links(last)["prev"], "prev")
    assert sum(reversed(back), []) == order[: (len(order) - 1) // 4 * 4]


def test_a_walk_in_an_order_sees_all_that_stays_once(many):
    seen, start, gone = [], "/things?sort=-k&limit=5", set()
    while start:
        page = many.get(start)
        seen += [member["n"] for member in page.json()]
        last = page.json()[-1]
        start = links(page).get("next")
        many.delete(f"/things/{last['id']}")  # where the cursor stands
        gone.add(last["n"])
        fill(many, [json.dumps({"n": 100 + last["n"], "k": 9})])  # before it
    assert [n for n in seen if n < 100] == sorted(range(30), key=lambda n: (-(n * 7 % 10), n))
    assert len(gone) > 3


def test_a_cursor_is_good_for_its_order_only(many):
    cursor = links(many.get("/things?sort=k&limit=5"))["next"].split("cursor=")[1]
    assert many.get(f"/things?sort=k&limit=7&cursor={cursor}").status == 200
    for other in ("sort=-k", "sort=n", "limit=5"):
        answer = many.get(f"/things?{other}&cursor={cursor}")
        assert answer.status == 400 and parameters(answer) == {"cursor"}


def test_links_keep_what_was_asked(many):
    first = many.get("/things?k:gt=4&sort=-k&limit=5&fields=n,k")
    assert set(links(first)) == {"first", "next"}
    assert links(first)["first"] == "/things?k%3Agt=4&sort=-k&fields=n%2Ck&limit=5"
    assert links(first)["next"].startswith(links(first)["first"] + "&cursor=")
    assert many.get(links(first)["first"]).body == first.body


# --- choice of properties ----------------------------------------------------------


def test_fields_chooses_what_is_shown(client):
    shown = client.get("/things?fields=title,author.name,more.x&id=1").json()
    assert shown == [{"title": "Earthsea", "author": {"name": "Le Guin"}, "more": {"x": {"y": 1}}}]
    shown = client.get("/things?fields=author&id=2").json()
    assert shown == [{"author": {"name": "Dick", "born": None}}]
    assert client.get("/things?fields=sold&id=5").json() == [{}]
    assert b"12345678901234567890.5" in client.get("/things?fields=price&id=5").body  # as it was written
    page = client.get("/things?fields=title", {"Accept": "text/html"})
    assert page.status == 200 and b"Earthsea" in page.body


# --- described parameters, caching, bounds ---------------------------------------------


def test_a_described_parameter_must_fit_its_schema_too(serve):
    described_ones = [
        {"name": "year", "in": "query", "schema": {"type": "integer", "minimum": 1900}},
        {"name": "sort", "in": "query", "schema": {"enum": ["title", "-title"]}},
        {"name": "page", "in": "query", "schema": {"type": "integer"}},
    ]
    client = serve(described(parameters=described_ones)).client()
    fill(client)
    assert found(client, "year=1968&sort=-title") == "1"
    assert client.get("/things?year=1500").status == 400
    assert client.get("/things?sort=year").status == 400
    answer = client.get("/things?page=2")  # nothing here has such a property
    assert answer.status == 501 and parameters(answer) == {"page"}


def test_a_filtered_listing_has_a_tag_that_changes_with_the_collection(serve):
    client = serve(described()).client()
    fill(client)
    first = client.get("/things?sold=true")
    tag = {"If-None-Match": first.headers["ETag"]}
    assert client.get("/things?sold=true", tag).status == 304
    fill(client, ['{"sold": true}'])
    assert client.get("/things?sold=true", tag).status == 200


# One tag for all pages and filters of a collection is no good to a cache that has one of them; but each has its own URI.
def test_a_tag_changes_with_what_could_be_listed_and_with_nothing_else(serve):
    description = described()
    description["paths"]["/others"] = description["paths"]["/things"]
    description["paths"]["/others/{id}"] = description["paths"]["/things/{id}"]
    server = serve(description)
    client = server.client()
    fill(client)
    asked = ["/things", "/things?sold=true", "/things?filter=sold&sort=-title", "/things?limit=2&fields=title"]

    def tags():
        return [client.get(target).headers["ETag"] for target in asked]

    def unchanged():
        return [client.get(a, {"If-None-Match": tag}).status for a, tag in zip(asked, before)] == [304] * len(asked)

    before = tags()
    client.post("/others", json={"title": "elsewhere"})
    assert client.post("/things", json={"title": 5}).status == 422
    assert client.put("/things/1", {"If-Match": '"old"'}, json={"title": "no"}).status == 412
    assert client.delete("/things/99").status == 404
    assert unchanged()
    server.restart()
    client = server.client()
    assert unchanged()
    for write in (
        lambda: client.put("/things/1", json={"title": "Earthsea"}),
        lambda: client.post("/things", json={"title": "new"}),
        lambda: client.delete("/things/2"),
    ):
        before = tags()
        assert write().status in (201, 204)
        assert all(tag != was for tag, was in zip(tags(), before))


# What tells where a page begins is sealed with what no reply shows.
def test_a_cursor_cannot_be_made_up_and_outlives_a_restart(serve):
    server = serve(described())
    client = server.client()
    fill(client)
    onward = links(client.get("/things?limit=2"))["next"]
    cursor = onward.split("cursor=")[1]
    server.restart()
    client = server.client()
    assert [thing["id"] for thing in client.get(onward).json()] == [3, 4]
    for place in range(len(cursor)):
        other = cursor[:place] + ("0" if cursor[place] != "0" else "1") + cursor[place + 1 :]
        answer = client.get(f"/things?limit=2&cursor={other}")
        assert answer.status == 400 and parameters(answer) == {"cursor"}


def test_who_asks_for_what_is_rare_gets_on_page_by_page(serve):
    client = serve(described({"n": {"type": "integer"}, "text": {"type": "string"}}), ["--storage", "memory:"]).client()
    text = "x" * 200_000
    fill(client, [json.dumps({"n": n, "text": text}) for n in range(100)])  # 20 MB
    answer = client.get("/things?n=99&fields=n")
    assert answer.json() == [] and "next" in links(answer)
    answer = client.get(links(answer)["next"])
    assert answer.json() == [{"n": 99}] and "next" not in links(answer)
    assert client.get(links(answer)["prev"]).json() == []


# --- the open tree -----------------------------------------------------------------


def test_the_tree_can_be_asked_for_anything(serve):
    client = serve(None).client()
    for name, value in (("a", {"x": {"y": 1}}), ("b", {"x": {"y": 2}}), ("c", 7)):
        client.put(f"/t/{name}", json=value)
    client.put("/t/d", {"Content-Type": "text/plain"}, b"{}")
    assert client.get("/t?x.y:gt=1").json() == [{"x": {"y": 2}}]
    assert len(client.get("/t?x.y:ne=1").json()) == 3
    assert client.get("/t?sort=-x.y&fields=x&limit=2").json() == [{"x": {"y": 2}}, {"x": {"y": 1}}]
    assert client.get("/t?filter=x.y=2").json() == [{"x": {"y": 2}}]
    assert client.get("/t?filter=x(").status == 400
    assert client.get("/t/a?x=1").status == 404  # nothing is below it
