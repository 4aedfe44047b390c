"""Real clients with a session: Chromium logs in through a page and meets one of somebody else's; curl keeps its cookies in a jar."""

import shutil
import subprocess

import chromium
import pytest
from people import CHEAP, register
from test_sessions import GOOD, site

ANN = "ann@example.org"
TLS = ["--tls-self-signed"]


def start(serve, tmp_path, page, host, *more):
    """A server that has the page, over TLS; its origin, by that name."""
    files = tmp_path / page
    files.mkdir()
    shutil.copy(chromium.HERE / page, files)
    server = serve(site(), [*CHEAP, "--files", files, *TLS, *more], listen="https://127.0.0.1:0")
    return server, f"https://{host}:{server.addresses[0][1]}"


@chromium.needed
@pytest.mark.parametrize("protocol", ["h2", "h3"])
def test_a_browser_logs_in_through_a_page_and_no_other_page_uses_that(serve, tmp_path, protocol):
    server, home = start(serve, tmp_path, "login.html", "127.0.0.1")
    other, evil = start(serve, tmp_path, "evil.html", "localhost")
    register(server.client(), ANN, GOOD)
    register(server.client(), "mallory@example.org", GOOD)
    quic = "--disable-quic" if protocol == "h2" else f"--origin-to-force-quic-on={home[8:]}"
    seen = chromium.drive("sign_in.mjs", [home, evil, ANN, GOOD], tmp_path / "profile", [server, other], quic)
    assert seen["wrong"] == 403
    assert (seen["right"], seen["led_to"]) == (200, f"{home}/form")
    assert "/people/" in seen["shown"]
    (cookie,) = seen["cookies"]
    assert cookie["name"] == "__Host-session"
    assert (cookie["httpOnly"], cookie["secure"], cookie["sameSite"]) == (True, True, "Lax")
    assert (cookie["path"], cookie["expires"]) == ("/", -1)
    assert seen["script_sees"] == ""
    assert (seen["mine"], seen["cart"]) == (404, 201)
    assert (seen["evil_reads"], seen["evil_writes"]) == ("TypeError", "TypeError")
    assert seen["evil_logs_in"] == 403
    assert seen["link_from_evil"] == 200
    assert seen["items"] == ["a"]
    assert (seen["out"], seen["left"], seen["after"]) == (204, [], 401)


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not there")
@pytest.mark.parametrize("secure", [False, True])
def test_curl_keeps_the_session_in_its_jar(serve, tmp_path, secure):
    if secure:
        server, home = start(serve, tmp_path, "login.html", "localhost")
    else:
        server = serve(site(), CHEAP, listen="http://127.0.0.1:0")
        home = f"http://127.0.0.1:{server.addresses[0][1]}"
    register(server.client(), ANN, GOOD)
    jar = tmp_path / "jar"

    def curl(path, *words):
        done = subprocess.run(
            ["curl", "-sk", "-b", jar, "-c", jar, "-o", tmp_path / "got", "-w", "%{http_code}", *words, home + path],
            capture_output=True, text=True, timeout=30, check=True,
        )  # fmt: skip
        return int(done.stdout)

    origin = ["-H", f"Origin: {home}"]
    assert curl("/mine") == 401
    assert curl("/form", "-d", f"email={ANN}", "-d", "password=wrong") == 403
    assert curl("/form", "-L", "-d", f"email={ANN}", "--data-urlencode", f"password={GOOD}") == 200
    assert ("__Host-session" in jar.read_text()) == secure
    assert curl("/mine") == 404
    assert curl("/cart", "-X", "PUT", "--json", '{"items":[]}', *origin) == 201
    assert curl("/session", "-X", "DELETE") == 403
    assert curl("/session", "-X", "DELETE", *origin) == 204
    assert "session" not in jar.read_text().replace("# Netscape HTTP Cookie File", "")
    assert curl("/mine") == 401
