"""`verbatim graphql FILE`: a description as a schema of GraphQL.

That the reference implementation takes it needs Node.js and its package
graphql: script/browsers installs them.
"""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from server import ROOT, SANITIZER, binary

HERE = Path(__file__).parent
LIBRARY = ROOT / "examples/library.yaml"
PACKAGE = ROOT / "build/browsers/node_modules/graphql"
VECTORS = Path(os.environ.get("VB_VECTORS", ROOT.parent / "shared/vectors")) / "openapi"
TAG = "_etag: String"  # of whatever has a URI of its own


def graphql(*args):
    done = subprocess.run(
        [binary(), "graphql", *map(str, args)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert not SANITIZER.search(done.stderr), done.stderr
    return done


def parts(sdl):
    """{head: {lines}} of each definition, without descriptions."""
    bare = re.sub(r'"""\n.*?"""\n', "", sdl, flags=re.DOTALL)
    found = {}
    for head, _, body in re.findall(r"(?m)^(\w[^\n{]*?)( \{\n(.*?)^\})?$", bare, re.DOTALL):
        found[head] = {line.strip() for line in body.splitlines() if line.strip(" }")} if body else set()
    return found


def schema_of(tmp_path, description):
    path = tmp_path / "api.json"
    path.write_text(json.dumps(description))
    done = graphql(path)
    assert done.returncode == 0, done.stderr
    return parts(re.sub(r" \{\n", " {\n", done.stdout))


def content(schema):
    return {"content": {"application/json": {"schema": schema}}}


def answer(schema, status="200"):
    return {"responses": {status: {"description": "so", **content(schema)}}}


def one_document(schema, **components):
    """A document with PUT and GET of one schema, at /thing."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "T", "version": "1"},
        "paths": {
            "/thing": {
                "get": answer(schema),
                "put": {"requestBody": content(schema), **answer(schema)},
            }
        },
        "components": {"schemas": components},
    }


def thing(tmp_path, properties, required=(), **components):
    schema = {"type": "object", "properties": properties, "required": list(required)}
    return schema_of(tmp_path, one_document(schema, **components))


# --- the example --------------------------------------------------------------


def test_the_library_has_queries_relations_and_mutations():
    done = graphql(LIBRARY)
    assert (done.returncode, done.stderr) == (0, "")
    found = parts(done.stdout)
    assert "book(id: ID!): Book" in found["type Query"]
    listing = "books(filter: BookFilter, sort: [BookOrder!], first: Int = 20, after: String): BookConnection"
    assert listing in found["type Query"]
    assert {"id: ID!", "title: String!", "tags: [String!]", "author: Author"} <= found["type Book"]
    assert listing in found["type Author"]
    assert found["type BookConnection"] == {"edges: [BookEdge!]!", "pageInfo: PageInfo!", "totalCount: Int"}
    assert found["type BookEdge"] == {"cursor: String!", "node: Book"}
    assert {
        "createBook(input: BookInput!): Book",
        "replaceBook(id: ID!, input: BookInput!, ifMatch: String): Book",
        "updateBook(id: ID!, patch: BookPatch!, ifMatch: String): Book",
        "deleteBook(id: ID!, ifMatch: String): Boolean",
        "archiveBook(id: ID!): Book",
    } <= found["type Mutation"]
    assert "title: String!" in found["input BookInput"] and "title: String" in found["input BookPatch"]
    assert "author: ID" in found["input BookInput"]
    assert {"title: StringFilter", "pages: IntFilter", "tags: ListFilter"} <= found["input BookFilter"]
    assert {"title_ASC", "title_DESC"} <= found["enum BookOrder"]


def test_what_happens_can_be_subscribed_to():
    found = parts(graphql(LIBRARY).stdout)
    assert found["type Subscription"] == {
        "bookChanged(id: ID!): BookChange",
        "booksChanged(filter: BookFilter): BookChange",
        "authorChanged(id: ID!): AuthorChange",
        "authorsChanged(filter: AuthorFilter): AuthorChange",
        "settingChanged(key: ID!): SettingChange",
        "settingsChanged(filter: SettingFilter): SettingChange",
    }
    assert found["type BookChange"] == {"kind: ChangeKind!", "id: ID!", "node: Book"}
    assert found["enum ChangeKind"] == {"CREATED", "CHANGED", "REMOVED"}


def test_a_tag_gives_way_to_a_property_of_its_name(tmp_path):
    assert {"a: String", TAG} == thing(tmp_path, {"a": {"type": "string"}})["type Thing"]
    assert {"_etag: Int", "_etag_2: String"} == thing(tmp_path, {"_etag": {"type": "integer"}})["type Thing"]


def test_what_there_is_one_of_has_no_id(tmp_path):
    found = thing(tmp_path, {"a": {"type": "string"}})
    assert found["type Subscription"] == {"thingChanged: ThingChange"}
    assert found["type ThingChange"] == {"kind: ChangeKind!", "node: Thing"}


def test_what_the_server_fills_is_no_input_and_secrets_are_no_output():
    found = parts(graphql(ROOT / "examples/notes.yaml").stdout)
    assert not any(line.startswith(("id:", "created:")) for line in found["input NoteInput"])
    assert "password: String!" in found["input AccountInput"]
    assert not any(line.startswith("password") for line in found["type Account"])
    assert not any(line.startswith("password") for line in found["input AccountFilter"])


# --- schemas ------------------------------------------------------------------


@pytest.mark.parametrize(
    "schema, shape",
    (
        ({"type": "string"}, "String"),
        ({"type": "string", "format": "date-time"}, "DateTime"),
        ({"type": "integer"}, "Int"),
        ({"type": "integer", "format": "int64"}, "Long"),
        ({"type": "number"}, "Float"),
        ({"type": "boolean"}, "Boolean"),
        ({"type": ["string", "null"]}, "String"),
        ({"type": ["string", "integer"]}, "JSON"),
        ({}, "JSON"),
        ({"type": "object"}, "JSON"),
        ({"type": "object", "additionalProperties": {"type": "string"}}, "JSON"),
        ({"type": "array"}, "[JSON]"),
        ({"type": "array", "items": {"type": "string"}}, "[String!]"),
        ({"type": "array", "items": {"type": ["string", "null"]}}, "[String]"),
        ({"type": "array", "items": {"type": "array", "items": {"type": "integer"}}}, "[[Int!]!]"),
        ({"oneOf": [{"type": "string"}, {"type": "null"}]}, "String"),
        ({"anyOf": [{"type": "string"}, {"type": "integer"}]}, "JSON"),
        ({"type": "string", "enum": ["a", "b"]}, "ThingA"),
        ({"type": "object", "properties": {"b": {"type": "integer"}}}, "ThingA"),
        ({"properties": {"b": {"type": "integer"}}}, "ThingA"),
        ({"$ref": "#/components/schemas/Other"}, "Other"),
        ({"allOf": [{"$ref": "#/components/schemas/Other"}]}, "ThingA"),
        ({"type": "object", "properties": {"b": {"type": "string", "writeOnly": True}}}, "JSON"),
    ),
)
def test_a_schema_becomes_a_type(tmp_path, schema, shape):
    other = {"type": "object", "properties": {"x": {"type": "string"}}}
    found = thing(tmp_path, {"a": schema}, Other=other)
    assert f"a: {shape}" in found["type Thing"]


def test_what_is_required_is_never_null_unless_it_may_be(tmp_path):
    text = {"type": "string"}
    properties = {
        "must": text,
        "may": text,
        "null": {"type": ["string", "null"]},
        "preset": {"type": "string", "default": "x"},
    }
    found = thing(tmp_path, properties, ["must", "null", "preset"])
    assert found["type Thing"] == {"must: String!", "may: String", "null: String", "preset: String!", TAG}
    assert found["input ThingInput"] == {"must: String!", "may: String", "null: String", "preset: String"}


def test_a_discriminator_makes_a_union_of_what_is_shown(tmp_path):
    cat = {"type": "object", "properties": {"kind": {"type": "string"}, "lives": {"type": "integer"}}}
    dog = {"type": "object", "properties": {"kind": {"type": "string"}, "bark": {"type": "string"}}}
    pet = {
        "oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}],
        "discriminator": {"propertyName": "kind"},
    }
    found = thing(tmp_path, {"pet": {"$ref": "#/components/schemas/Pet"}}, Cat=cat, Dog=dog, Pet=pet)
    assert "union Pet = Cat | Dog" in found
    assert "pet: Pet" in found["type Thing"] and "pet: JSON" in found["input ThingInput"]


def test_names_become_valid_and_new(tmp_path):
    text = {"type": "string"}
    properties = {"a-b": text, "a b": text, "9": text, "__x": text, "é": text, "e": {"enum": ["true", "a b", "a-b", ""]}}
    found = thing(tmp_path, properties)
    assert found["type Thing"] == {
        "a_b: String", "a_b_2: String", "_9: String", "_x: String", "x_: String", "e: ThingE", TAG,
    }
    assert found["enum ThingE"] == {"true_2", "a_b", "a_b_2", "_"}


def test_what_contains_itself_can_be_given(tmp_path):
    node = {
        "type": "object",
        "required": ["next", "value"],
        "properties": {"value": {"type": "string"}, "next": {"$ref": "#/components/schemas/Node"}},
    }
    found = thing(tmp_path, {"list": {"$ref": "#/components/schemas/Node"}}, Node=node)
    assert found["type Node"] == {"value: String!", "next: Node!"}
    assert found["input NodeInput"] == {"value: String!", "next: NodeInput"}


def test_a_document_that_is_no_object_is_what_it_is(tmp_path):
    found = schema_of(tmp_path, one_document({"type": "array", "items": {"type": "integer"}}))
    assert found["type Query"] == {"thing: [Int!]"}


# --- paths --------------------------------------------------------------------


def test_what_is_below_something_is_asked_for_there_as_well(tmp_path):
    book = {"type": "object", "properties": {"title": {"type": "string"}}}
    review = {"type": "object", "properties": {"text": {"type": "string"}}}
    id = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    no = dict(id, name="no")

    def post(schema):
        return {"requestBody": content(schema), **answer(schema, "201")}

    found = schema_of(
        tmp_path,
        {
            "openapi": "3.1.0",
            "info": {"title": "T", "version": "1"},
            "paths": {
                "/books": {"get": answer({"type": "array"}), "post": post(book)},
                "/books/{id}": {"parameters": [id], "get": answer(book)},
                "/books/{id}/reviews": {"parameters": [id], "get": answer({"type": "array"}), "post": post(review)},
                "/books/{id}/reviews/{no}": {"parameters": [id, no], "get": answer(review)},
            },
        },
    )
    paging = "filter: BooksReviewFilter, sort: [BooksReviewOrder!], first: Int = 20, after: String): BooksReviewConnection"
    assert f"reviews({paging}" in found["type Book"]
    assert f"booksReviews(id: ID!, {paging}" in found["type Query"]
    assert "booksReview(id: ID!, no: ID!): BooksReview" in found["type Query"]
    assert "createBooksReview(id: ID!, input: BooksReviewInput!): BooksReview" in found["type Mutation"]


def test_where_nothing_can_be_asked_for_there_is_no_schema(tmp_path):
    path = tmp_path / "api.yaml"
    path.write_text('openapi: 3.1.0\ninfo: {title: T, version: "1"}\npaths: {}\n')
    done = graphql(path)
    assert done.returncode == 2 and done.stdout == ""
    assert "there is nothing in it to ask GraphQL for" in done.stderr


@pytest.mark.parametrize(
    "args, text",
    ((["--all", "a"], "graphql has no option --all"), ([], "graphql takes one FILE"), (["a", "b"], "graphql takes one FILE")),
)
def test_the_command_line_is_checked(args, text):
    done = graphql(*args)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"verbatim: error: {text}\n")


# --- the reference implementation ---------------------------------------------


def without_security(value):
    """What would be served if nobody had to show who they are."""
    if isinstance(value, dict):
        return {k: without_security(v) for k, v in value.items() if k != "security"}
    if isinstance(value, list):
        return [without_security(v) for v in value]
    return value


@pytest.mark.skipif(
    not (shutil.which("node") and PACKAGE.exists()),
    reason="node, graphql: not there (script/browsers installs them)",
)
def test_the_reference_implementation_takes_every_schema(tmp_path):
    files = [LIBRARY, ROOT / "examples/notes.yaml"]
    for vector in sorted(VECTORS.glob("*")) if VECTORS.exists() else []:
        path = tmp_path / f"{vector.stem}.json"
        described = without_security(yaml.safe_load(vector.read_text()))
        path.write_text(json.dumps(described, default=str))
        files.append(path)
    written = []
    for path in files:
        done = graphql(path)
        assert done.returncode == 0, done.stderr
        written.append(tmp_path / f"{path.stem}.graphql")
        written[-1].write_text(done.stdout)
    checked = subprocess.run(
        ["node", HERE / "schema.mjs", PACKAGE, *written],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert {k: v for k, v in json.loads(checked.stdout).items() if v} == {}
    assert len(json.loads(checked.stdout)) == len(files)
