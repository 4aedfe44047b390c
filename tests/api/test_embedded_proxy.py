"""A forward proxy that a program embeds, and where it is administered."""

import json
import subprocess

import pytest
from client import H1Client
from embedded import build_folder
from origin import running_origin
from tunnels import VERSIONS, Refused, echoing


@pytest.fixture(scope="module")
def program():
    return build_folder() / "tests/api/proxy"


@pytest.fixture(scope="module")
def proxy(program, run_program):
    return run_program(program)


def test_it_leads_where_its_rules_say(proxy):
    with echoing() as authority:
        one = VERSIONS["h1"](proxy, authority, b"through")
        assert one.read(7) == b"through"
        one.close()
    with pytest.raises(Refused) as refused:
        VERSIONS["h1"](proxy, "example.org:443")
    assert refused.value.status == 403


def test_what_it_keeps_is_purged_by_its_operator(proxy):
    with running_origin() as origin:
        origin.says("/a", headers={"Cache-Control": "max-age=60"}, body="it")
        client = proxy.client("h1")
        for _ in range(2):
            assert client.request("GET", origin.url + "/a").body == b"it"
        admin = H1Client(str(proxy.folder / "admin"), "localhost")
        assert json.loads(admin.get("/cache").body)["hits"] > 0
        assert admin.delete("/cache").status == 204
        client.request("GET", origin.url + "/a")
        assert origin.count("/a") == 2
        admin.close()


def test_what_is_no_rule_is_told(program, tmp_path):
    done = subprocess.run(
        [program, f"unix:{tmp_path}/s", "a b"], capture_output=True, text=True, timeout=20, cwd=tmp_path, check=False
    )
    assert done.returncode == 2 and "a b" in done.stderr
