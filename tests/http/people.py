"""A description with accounts: who may log in, and as what."""

import base64

CHEAP = ["--password-memory", "8k", "--password-passes", "1"]

STRING = {"type": "string"}
PERSON = {
    "type": "object",
    "required": ["email", "password"],
    "properties": {
        "id": {"type": "string", "readOnly": True},
        "email": {"type": "string", "maxLength": 100},
        "name": STRING,
        "password": {"type": "string", "minLength": 8, "maxLength": 40, "writeOnly": True},
        "currentPassword": {"type": "string", "writeOnly": True},
        "roles": {"type": "array", "items": STRING},
        "disabled": {"type": "boolean"},
    },
}
PARTS = {"login": "email", "password": "password", "current": "currentPassword", "roles": "roles", "disabled": "disabled"}
SCHEMES = {"basic": {"type": "http", "scheme": "basic"}}


def json_of(schema):
    return {"content": {"application/json": {"schema": schema}}}


def operation(request=None, security=None, status="200", schema=PERSON):
    made = {"responses": {status: dict(json_of(schema), description="done")}}
    if request is not None:
        made["requestBody"] = json_of(request)
    if security is not None:
        made["security"] = security
    return made


def people(parts=PARTS, person=PERSON, schemes=SCHEMES, **paths):
    """Anybody may register; all else is for who says who they are."""
    anyone = [{name: []} for name in schemes]
    patch = dict(operation(person, anyone), requestBody={"content": {"application/merge-patch+json": {"schema": {}}}})
    return {
        "openapi": "3.1.0",
        "info": {"title": "People", "version": "1"},
        "components": {"securitySchemes": schemes},
        "paths": {
            "/people": {
                "x-verbatim": {"accounts": parts},
                "get": operation(security=anyone, schema={"type": "array", "items": person}),
                "post": operation(person, [], "201", person),
            },
            "/people/{id}": {
                "parameters": [{"name": "id", "in": "path", "required": True, "schema": STRING}],
                "get": operation(security=anyone, schema=person),
                "put": operation(person, anyone, schema=person),
                "patch": patch,
                "delete": {"security": anyone, "responses": {"204": {"description": "gone"}}},
            },
            **paths,
        },
    }


def basic(login, password):
    said = f"{login}:{password}".encode()
    return {"Authorization": "Basic " + base64.b64encode(said).decode()}


def register(client, login, password, **more):
    answer = client.post("/people", json=dict(more, email=login, password=password))
    assert answer.status == 201, answer
    return answer.headers["Location"]
