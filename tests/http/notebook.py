"""People's notes: each is its owner's, and others see it while it is shared."""

from people import basic, people, register

NOTE = {
    "type": "object",
    "properties": {
        "id": {"type": "integer", "readOnly": True},
        "owner": {"type": "string", "x-verbatim": {"value": "owner"}},
        "title": {"type": "string"},
        "shared": {"type": "boolean"},
        "secret": {"type": "string", "writeOnly": True},
    },
}
NOTES = {"application/json": {"schema": NOTE}}
SEEN = ["owner", "resource.shared AND account"]
ID = [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}]


def operation(*rules, status="200", content=None):
    made = {"security": [{"basic": []}], "responses": {status: {"description": "", "content": NOTES}}}
    if rules:
        made["x-verbatim"] = {"allow": list(rules)}
    return made | ({"requestBody": {"content": content}} if content else {})


def with_notes():
    return people(
        **{
            "/notes": {"get": operation("account"), "post": operation("account", status="201", content=NOTES)},
            "/notes/{id}": {
                "parameters": ID,
                "get": operation(*SEEN),
                "patch": operation("owner", content={"application/merge-patch+json": {}}),
                "delete": {"security": [{"basic": []}], "responses": {"204": {"description": "gone"}}},
            },
        }
    )


ANN, BOB = basic("ann@x.example", "annannann"), basic("bob@x.example", "bobbobbob")


def register_both(client):
    """Ann and Bob; the URI of her account."""
    hers = register(client, "ann@x.example", "annannann")
    register(client, "bob@x.example", "bobbobbob")
    return hers


def note(client, who, **members):
    made = client.post("/notes", who, json=members)
    assert made.status == 201, made
    return made.headers["Location"]
