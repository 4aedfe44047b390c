"""GraphQL's mutations: each field is the request that REST has for it, with the same outcome."""

from library import LIBRARY, tag_of
from people import CHEAP, basic, operation, people, register


def ask(client, document, headers=(), **variables):
    reply = client.post("/graphql", headers, json={"query": document, "variables": variables})
    assert reply.status == 200, (reply, reply.text)
    return reply.json()


def data(client, document, headers=(), **variables):
    said = ask(client, document, headers, **variables)
    assert "errors" not in said, said
    return said["data"]


def failure(client, document, headers=(), **variables):
    """The one error's code and status, and its problem document."""
    said = ask(client, document, headers, **variables)
    (error,) = said["errors"]
    extensions = error["extensions"]
    return extensions["code"], extensions["status"], extensions["problem"]


def test_what_is_created_is_there(client):
    made = data(client, 'mutation { createBook(input: {title: "Tehanu", pages: 226, tags: ["a"]}) { id title pages tags available } }')["createBook"]
    assert (made["title"], made["pages"], made["tags"], made["available"]) == ("Tehanu", 226, ["a"], True)
    shown = client.get(f"/books/{made['id']}").json()
    assert shown["title"] == "Tehanu" and shown["id"] == int(made["id"])


def test_one_field_comes_after_the_other_and_what_they_made_is_seen(client):
    said = data(
        client,
        """mutation {
          author: createAuthor(input: {name: "Ursula"}) { id name books { totalCount } }
          first: createBook(input: {title: "one", author: 1}) { id author { name } }
          second: createBook(input: {title: "two", author: "1"}) { author { name books { edges { node { title } } } } }
        }""",
    )
    assert said["author"] == {"id": "1", "name": "Ursula", "books": {"totalCount": 0}}
    assert said["first"]["author"] == {"name": "Ursula"}
    titles = [edge["node"]["title"] for edge in said["second"]["author"]["books"]["edges"]]
    assert titles == ["one", "two"]


def test_a_patch_changes_what_it_names_and_null_removes(client):
    made = data(client, 'mutation { createBook(input: {title: "x", pages: 5, isbn: "9780000000001"}) { id } }')["createBook"]
    document = "mutation($id: ID!, $patch: BookPatch!) { updateBook(id: $id, patch: $patch) { title pages isbn } }"
    changed = data(client, document, id=made["id"], patch={"pages": 7, "isbn": None})["updateBook"]
    assert changed == {"title": "x", "pages": 7, "isbn": None}
    assert "isbn" not in client.get(f"/books/{made['id']}").json()


def test_a_replacement_replaces(client):
    assert data(client, 'mutation { replaceSetting(key: "theme", input: {value: {a: [1, 2.50, "x", null, true]}}) { key value } }') == {
        "replaceSetting": {"key": "theme", "value": {"a": [1, 2.5, "x", None, True]}}
    }
    assert b"2.50" in client.get("/settings/theme").body


def test_what_is_deleted_was_there_or_not(client):
    client.put("/settings/gone", json={"value": 1})
    said = data(client, 'mutation { a: deleteSetting(key: "gone") b: deleteSetting(key: "gone") }')
    assert said == {"a": True, "b": False}
    assert client.get("/settings/gone").status == 404


def test_conditions_are_those_of_rest(client):
    made = data(client, 'mutation { createBook(input: {title: "x"}) { id } }')["createBook"]["id"]
    document = "mutation($id: ID!, $tag: String) { updateBook(id: $id, patch: {pages: 9}, ifMatch: $tag) { pages } }"
    tag = tag_of(client, f"/books/{made}")
    assert failure(client, document, id=made, tag='"stale"')[:2] == ("PRECONDITION_FAILED", 412)
    assert data(client, document, id=made, tag=tag)["updateBook"] == {"pages": 9}
    assert failure(client, document, id=made, tag=tag)[:2] == ("PRECONDITION_FAILED", 412)
    bare = tag_of(client, f"/books/{made}").strip('"')
    assert data(client, document, id=made, tag=bare)["updateBook"] == {"pages": 9}


def test_a_tag_is_asked_for_and_given_back(client):
    made = data(client, 'mutation { createAuthor(input: {name: "x"}) { id _etag } }')["createAuthor"]
    uri, tag = f"/authors/{made['id']}", made["_etag"]
    assert tag == tag_of(client, uri)
    book = data(client, "mutation($a: ID!) { createBook(input: {title: \"b\", author: $a}) { id _etag author { _etag } } }", a=made["id"])["createBook"]
    assert book["author"] == {"_etag": tag} and book["_etag"] == tag_of(client, f"/books/{book['id']}")
    asked = data(client, "query($id: ID!) { author(id: $id) { _etag books { edges { node { id _etag } } } } }", id=made["id"])["author"]
    assert asked == {"_etag": tag, "books": {"edges": [{"node": {"id": book["id"], "_etag": book["_etag"]}}]}}
    document = "mutation($id: ID!, $tag: String) { replaceAuthor(id: $id, input: {name: \"y\"}, ifMatch: $tag) { _etag } }"
    new = data(client, document, id=made["id"], tag=tag)["replaceAuthor"]["_etag"]
    assert new != tag and new == tag_of(client, uri)
    assert failure(client, document, id=made["id"], tag=tag)[:2] == ("PRECONDITION_FAILED", 412)
    assert data(client, document, id=made["id"], tag=new)["replaceAuthor"]["_etag"] == tag_of(client, uri)
    archived = data(client, "mutation($id: ID!) { archiveBook(id: $id) { _etag } }", id=book["id"])["archiveBook"]["_etag"]
    assert archived == tag_of(client, f"/books/{book['id']}") != book["_etag"]


def test_what_rest_demands_is_demanded(client):
    made = data(client, 'mutation { createAuthor(input: {name: "x"}) { id } }')["createAuthor"]["id"]
    document = "mutation($id: ID!, $tag: String) { replaceAuthor(id: $id, input: {name: \"y\"}, ifMatch: $tag) { name } }"
    assert failure(client, document, id=made)[:2] == ("PRECONDITION_REQUIRED", 428)
    assert data(client, document, id=made, tag="*") == {"replaceAuthor": {"name": "y"}}


def test_validation_says_where_as_rest_does(client):
    code, status, problem = failure(client, 'mutation { createBook(input: {title: "x", pages: 0}) { id } }')
    assert (code, status) == ("UNPROCESSABLE_CONTENT", 422)
    assert problem["errors"][0]["pointer"] == "/pages"
    assert problem == client.post("/books", json={"title": "x", "pages": 0}).json()


def test_references_and_unique_values_are_kept(client):
    assert failure(client, 'mutation { createBook(input: {title: "x", author: 99999}) { id } }')[:2] == ("CONFLICT", 409)
    document = 'mutation { createBook(input: {title: "x", isbn: "9780000000002"}) { id } }'
    data(client, document)
    assert failure(client, document)[:2] == ("CONFLICT", 409)


def test_what_fails_does_not_keep_others_from_being_done(client):
    said = ask(client, 'mutation { a: createBook(input: {title: "good"}) { title } b: updateBook(id: 99999, patch: {pages: 1}) { id } c: createBook(input: {title: "good too"}) { title } }')
    assert said["data"] == {"a": {"title": "good"}, "b": None, "c": {"title": "good too"}}
    assert said["errors"][0]["path"] == ["b"]
    assert said["errors"][0]["extensions"]["code"] == "NOT_FOUND"


def test_controllers_are_called(client):
    made = data(client, 'mutation { createBook(input: {title: "x"}) { id } }')["createBook"]["id"]
    assert data(client, "mutation($id: ID!) { archiveBook(id: $id) { id archived } }", id=made)["archiveBook"] == {"id": made, "archived": True}
    assert client.get(f"/books/{made}").json()["archived"] is True


def test_a_mutation_is_not_asked_for_with_get(client):
    assert client.get("/graphql?query=mutation%7BdeleteBook(id:1)%7D").status == 405
    query = client.query("/graphql", json={"query": "mutation { deleteBook(id: 1) }"})
    assert query.status == 405


def test_a_page_of_another_origin_changes_nothing(client):
    reply = client.post("/graphql", {"Origin": "http://evil.example"}, json={"query": 'mutation { createBook(input: {title: "evil"}) { id } }'})
    assert reply.status == 403
    assert client.get("/books?title=evil").json() == []


def test_each_field_counts_for_the_rate(serve):
    client = serve(LIBRARY, ["--rate", "4/m", "--rate-burst", "4"]).client()
    said = ask(client, "mutation { " + " ".join(f'b{n}: createBook(input: {{title: "x"}}) {{ title }}' for n in range(5)) + " }")
    assert [said["data"][f"b{n}"] is None for n in range(5)] == [False] * 3 + [True] * 2
    assert {error["extensions"]["status"] for error in said["errors"]} == {429}


def test_it_is_done_by_who_asks(serve):
    owned = {
        "type": "object",
        "properties": {"id": {"type": "string", "readOnly": True}, "text": {"type": "string"}, "by": {"type": "string", "readOnly": True, "x-verbatim": {"value": "owner"}}},
    }
    known = [{"basic": []}]
    owner = {"x-verbatim": {"allow": "owner"}}
    notes = {"get": operation(schema={"type": "array", "items": owned}, security=known), "post": operation(owned, known, "201", owned)}
    one = {
        "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
        "get": operation(security=known, schema=owned) | owner,
        "put": operation(owned, known, schema=owned) | owner,
        "delete": {"security": known, "responses": {"204": {"description": "gone"}}} | owner,
    }
    client = serve(people(**{"/notes": notes, "/notes/{id}": one}), CHEAP).client()
    register(client, "ann@example.com", "password-ann")
    register(client, "bob@example.com", "password-bob")
    ann, bob = basic("ann@example.com", "password-ann"), basic("bob@example.com", "password-bob")
    create = 'mutation { createNote(input: {text: "mine"}) { id text by } }'
    assert failure(client, create)[:2] == ("UNAUTHENTICATED", 401)
    made = data(client, create, ann)["createNote"]
    assert made["text"] == "mine" and made["by"]
    document = 'mutation($id: ID!) { replaceNote(id: $id, input: {text: "stolen"}) { text } }'
    assert failure(client, document, bob, id=made["id"])[:2] == ("FORBIDDEN", 403)
    assert data(client, document, ann, id=made["id"])["replaceNote"] == {"text": "stolen"}
    assert client.post("/graphql", basic("ann@example.com", "wrong"), json={"query": create}).status == 401


def test_a_batch_may_have_a_mutation_but_not_all_or_none(client):
    part = {"method": "POST", "path": "/graphql", "body": {"query": 'mutation { createBook(input: {title: "in a batch"}) { title } }'}}
    (said,) = client.post("/batch", json={"requests": [part]}).json()["responses"]
    assert said["body"] == {"data": {"createBook": {"title": "in a batch"}}}
    (said,) = client.post("/batch", json={"requests": [part], "atomic": True}).json()["responses"]
    assert said["status"] == 422
    assert len(client.get("/books?title=in%20a%20batch").json()) == 1
