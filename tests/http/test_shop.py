"""examples/shop.yaml, as its reader would try it: a gateway, a part of one, and a controller that another server does."""

import json
from contextlib import closing

import pytest
from origin import Answer, running_origin
from server import ROOT, Server

SHOP = ROOT / "examples/shop.yaml"


@pytest.fixture(scope="module")
def old():
    """The old server."""
    with running_origin() as running:
        running.says("/", body="welcome")
        running.says("/static/images/a.png", headers={"Content-Type": "image/png"}, body=b"\x89PNG")
        running.says("/cgi/price", price)
        yield running


def price(asked):
    order = json.loads(asked.body)
    if order["item"] == "odd":
        return Answer(200, {"Content-Type": "text/html"}, "<p>Who knows?</p>")
    return Answer(200, {"Content-Type": "application/json"}, json.dumps({"cents": 100 * order["count"]}))


@pytest.fixture(scope="module")
def client(tmp_path_factory, old):
    folder = tmp_path_factory.mktemp("shop")
    text = SHOP.read_text()
    assert text.count("http://127.0.0.1:9000") == 4
    (folder / "shop.yaml").write_text(text.replace("http://127.0.0.1:9000", old.url))
    server = Server(folder, folder / "shop.yaml")
    server.start()
    with closing(server.client()) as client:
        yield client
    server.stop()


def test_what_has_moved_is_answered_here(client, old):
    made = client.post("/orders", json={"item": "lamp", "count": 2})
    assert made.status == 201
    assert client.get(made.headers["Location"]).json()["count"] == 2
    assert client.post("/orders", json={"item": "lamp"}).status == 422
    assert old.count("/orders") == 0


def test_the_rest_is_answered_there(client, old):
    got = client.exchange("GET", "/", [], None, False, [])
    assert got.body == b"welcome" and "Via" in got.headers
    assert client.exchange("GET", "/images/a.png", [], None, False, []).body == b"\x89PNG"
    assert client.delete("/images/a.png").status == 405
    assert client.exchange("GET", "/nowhere", [], None, False, []).status == 404 and old.count("/nowhere") == 1


def test_a_quote_is_worked_out_there_and_judged_here(client, old):
    assert client.post("/quotes", json={"item": "lamp", "count": 3}).json() == {"cents": 300}
    before = old.count("/cgi/price")
    assert client.post("/quotes", json={"item": "lamp", "count": 0}).status == 422
    assert old.count("/cgi/price") == before
    assert client.post("/quotes", json={"item": "odd", "count": 1}).status == 502
