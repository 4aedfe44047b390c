"""The description itself, and the ways to find it."""

import json

import pytest
import yaml
from library import HTML, LIBRARY
from server import ROOT

OPENAPI = "/openapi.json"
CATALOG = "/.well-known/api-catalog"
MINIMAL = {
    "openapi": "3.1.0", "info": {"title": "T", "version": "1"},
    "paths": {"/a": {"get": {"responses": {"200": {"description": ""}}}}},
}  # fmt: skip


@pytest.fixture(scope="module")
def library(module_serve):
    return module_serve(LIBRARY).client()


def with_path(path):
    return {**MINIMAL, "paths": {path: {
        "get": {"responses": {"200": {"description": ""}}},
        "put": {"requestBody": {"content": {"application/json": {"schema": {}}}},
                "responses": {"201": {"description": ""}}}}}}  # fmt: skip


def test_the_description_is_served_in_json(library):
    answer = library.get(OPENAPI)
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/openapi+json"
    assert answer.json() == yaml.safe_load((ROOT / "examples/library.yaml").read_text())
    again = library.get(OPENAPI, {"If-None-Match": answer.headers["ETag"]})
    assert again.status == 304
    assert library.head(OPENAPI).headers["Content-Length"] == str(len(answer.body))


@pytest.mark.parametrize("accept, got", [
    ("application/json", "application/json"),
    ("application/openapi+yaml", "application/openapi+yaml"),
    ("application/yaml", "application/yaml"),
    ("application/yaml, application/openapi+json;q=0.5", "application/yaml"),
    ("text/html, */*;q=0.1", "application/openapi+json"),
])
def test_its_form_is_negotiated(library, accept, got):
    answer = library.get(OPENAPI, {"Accept": accept})
    assert answer.status == 200 and answer.headers["Content-Type"] == got
    assert answer.headers.tokens("Vary")[0] == "accept"
    if "yaml" in got:
        assert answer.body == (ROOT / "examples/library.yaml").read_bytes()
    else:
        answer.json()


def test_yaml_is_offered_where_it_came_as_yaml_only(serve):
    client = serve(MINIMAL).client()
    assert client.get(OPENAPI).json() == MINIMAL
    assert client.get(OPENAPI, {"Accept": "application/yaml"}).status == 406


def test_it_is_read_only_and_knows_no_parameters(library):
    for method in "PUT", "POST", "DELETE":
        refused = library.request(method, OPENAPI, json={})
        assert refused.status == 405 and refused.headers["Allow"] == "GET, HEAD, OPTIONS"
    assert library.get(OPENAPI + "?a=b").status == 400
    assert library.get(OPENAPI + "/").status == 404


def test_the_catalog_of_apis_leads_to_it(library):
    answer = library.get(CATALOG)
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("application/linkset+json")
    assert "rfc9727" in answer.headers["Content-Type"]
    (entry,) = answer.json()["linkset"]
    (link,) = entry["service-desc"]
    assert entry["anchor"] == "/" and link["type"] == "application/openapi+json"
    assert library.get(link["href"]).status == 200
    head = library.head(CATALOG)
    assert 'rel="api-catalog"' in head.headers["Link"]  # RFC 9727 section 2


def test_the_start_page_links_to_both(library):
    for headers in {}, HTML:
        answer = library.get("/", headers)
        link = answer.headers["Link"]
        assert f'<{OPENAPI}>; rel="service-desc"; type="application/openapi+json"' in link
        assert f'<{CATALOG}>; rel="api-catalog"' in link
    assert library.get("/").json()["openapi"] == OPENAPI
    assert f'href="{OPENAPI}"' in library.get("/", HTML).text


def test_options_links_to_it_and_ordinary_replies_do_not(library):
    for target in "/books", "/", OPENAPI:
        assert 'rel="service-desc"' in library.options(target).headers["Link"]
    assert "service-desc" not in (library.get("/books").headers.get("Link") or "")


def test_options_of_the_server_links_to_it(module_serve):
    (answer,) = module_serve(LIBRARY).raw(b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n")
    assert answer.status == 204 and 'rel="service-desc"' in answer.headers["Link"]


def test_it_can_be_elsewhere_or_nowhere(serve):
    client = serve(MINIMAL, ["--publish", "/api/v1.json"]).client()
    assert client.get("/api/v1.json").json() == MINIMAL
    assert client.get(OPENAPI).status == 404
    assert client.get("/").json()["openapi"] == "/api/v1.json"
    client = serve(MINIMAL, ["--publish", "off"]).client()
    for path in OPENAPI, CATALOG:
        assert client.get(path).status == 404
    assert "Link" not in client.get("/").headers and "openapi" not in client.get("/").json()
    assert "Link" not in client.options("/a").headers


@pytest.mark.parametrize("path", [OPENAPI, "/{key}", CATALOG])
def test_a_described_path_wins(serve, path):
    client = serve(with_path(path)).client()
    target = CATALOG if path == CATALOG else OPENAPI
    assert client.get(target).status == 404
    assert client.put(target, json=1).status == 201
    assert client.get(target).json() == 1
    if path != CATALOG:
        assert client.get(CATALOG).status == 404


def test_one_that_refers_to_other_files_is_not_served_in_pieces(serve, tmp_path):
    (tmp_path / "other.yaml").write_text("type: object\n")
    described = with_path("/a")
    content = described["paths"]["/a"]["put"]["requestBody"]["content"]
    content["application/json"]["schema"] = {"$ref": "other.yaml"}
    (tmp_path / "main.json").write_text(json.dumps(described))
    client = serve(tmp_path / "main.json").client()
    assert client.put("/a", json={}).status == 201
    assert client.get(OPENAPI).status == 404
    assert client.get("/").status == 200


def test_files_are_served_besides_and_have_the_root(serve, tmp_path):
    (tmp_path / "index.html").write_text("<p>own</p>")
    client = serve(MINIMAL, ["--files", tmp_path]).client()
    assert "own" in client.get("/").text
    assert client.get(OPENAPI).json() == MINIMAL
    assert client.get("/none").status == 404


def test_the_open_tree_and_its_names_are_the_clients(serve):
    client = serve(None).client()
    assert client.get(OPENAPI).status == 404
    assert client.put(OPENAPI, json=1).status == 201


def test_a_new_description_is_published_anew(serve):
    server = serve(MINIMAL)
    client = server.client()
    before = client.get(OPENAPI).headers["ETag"]
    server.description.write_text(json.dumps({**MINIMAL, "info": {"title": "New", "version": "2"}}))
    server.reload()
    while (after := client.get(OPENAPI)).headers["ETag"] == before:
        pass
    assert after.json()["info"]["title"] == "New"
