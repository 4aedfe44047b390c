"""Who may use a forward proxy: 407, and names and passwords in a file."""

import base64
import socket
import subprocess
import threading
import time

import pytest
from certificates import make_ca, options, sign
from ledger import requirement
from origin import running_origin
from proxies import HERE, starting
from server import binary
from tunnels import VERSIONS, Http3, Refused, echoing

CHEAP = ["--password-memory", "8k", "--password-passes", "1"]


def user(verb, file, name, *options, password="", expect=0):
    done = subprocess.run(
        [binary(), "user", verb, *options, file, name], input=password + "\n", capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == expect, done.stderr
    return done.stderr


def says(name, password, scheme="Basic"):
    words = base64.b64encode(f"{name}:{password}".encode()).decode()
    return ("Proxy-Authorization", f"{scheme} {words}")


ADA = says("ada", "pw of ada")


@pytest.fixture(scope="module")
def proxying(tmp_path_factory):
    with starting(tmp_path_factory) as start:
        yield start


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    file = tmp_path_factory.mktemp("users") / "users"
    user("add", file, "ada", *CHEAP, password="pw of ada")
    user("add", file, "zoë", *CHEAP, password="пароль")
    return file


@pytest.fixture(scope="module")
def proxy(proxying, file):
    return proxying(*HERE, args=["--users", file])


@pytest.fixture(scope="module")
def secure_proxy(proxying, file, tmp_path_factory):
    folder = tmp_path_factory.mktemp("signed")
    signed = sign(folder, "proxy", make_ca(folder, "ca"))
    return proxying(*HERE, args=["--users", file, *options(signed)], listen="https://127.0.0.1:0")


@pytest.fixture
def there():
    with running_origin() as running:
        running.says("/", body="it")
        yield running


@pytest.fixture(scope="module")
def echo():
    with echoing() as authority:
        yield authority


def is_challenged(status, fields):
    challenge = fields.get("Proxy-Authenticate") or fields.get("proxy-authenticate")
    return status == 407 and challenge == 'Basic realm="proxy", charset="UTF-8"'


# By URI


@requirement("9110-11.4-02", "9110-11.7.1-01", "9110-15.5.8-01", "7617-2-01")
@pytest.mark.parametrize("version", ["h1", "h2"])
def test_who_says_nothing_or_nothing_good_is_asked(secure_proxy, there, version):
    client = secure_proxy.client(version)
    for fields in (
        [],
        [says("ada", "another")],
        [says("nobody", "pw of ada")],
        [says("ada", "pw of ada", "Bearer")],
        [("Proxy-Authorization", "Basic")],
        [("Proxy-Authorization", "Basic !!")],
        [("Proxy-Authorization", "Basic YWRh")],  # no colon
        [("Authorization", ADA[1])],  # which is for the origin
    ):
        got = client.request("GET", there.url + "/", fields)
        assert is_challenged(got.status, got.headers), fields
    assert there.count("/") == 0


@requirement("9110-11.7.2-01")
@pytest.mark.parametrize("version", ["h1", "h2"])
def test_who_says_a_password_may_and_nobody_else_hears_of_it(secure_proxy, there, version):
    client = secure_proxy.client(version)
    for fields in ([ADA], [says("zoë", "пароль")], [("Proxy-Authorization", ADA[1].replace("Basic", "bASIC"))]):
        got = client.request("GET", there.url + "/", [*fields, ("Authorization", "Basic eDp6")])
        assert got.status == 200 and got.body == b"it"
        assert "Proxy-Authorization" not in there.last().headers
        assert there.last().headers["Authorization"] == "Basic eDp6"


def test_what_is_stored_is_for_users_too(proxy, there):
    there.says("/kept", headers={"Cache-Control": "max-age=60"}, body="it")
    client = proxy.client("h1")
    for _ in range(2):
        assert client.request("GET", there.url + "/kept", [ADA]).body == b"it"
    assert there.count("/kept") == 1
    assert client.request("GET", there.url + "/kept").status == 407


# Tunnels


@requirement("9110-11.7.1-01", "9110-15.5.8-01")
@pytest.mark.parametrize("version", sorted(VERSIONS))
def test_tunnels_are_for_users(proxy, echo, version):
    for fields in ((), (says("ada", "other"),)):
        with pytest.raises(Refused) as refused:
            VERSIONS[version](proxy, echo, fields=[(name.lower(), value) for name, value in fields])
        assert is_challenged(refused.value.status, refused.value.fields)
    one = VERSIONS[version](proxy, echo, b"early", fields=[("proxy-authorization", ADA[1])])
    assert one.read(5) == b"early"
    one.close()


def test_over_http_3(secure_proxy, echo):
    with pytest.raises(Refused) as refused:
        Http3(secure_proxy, echo)
    assert is_challenged(refused.value.status, refused.value.fields)
    one = Http3(secure_proxy, echo, b"hi", fields=[("proxy-authorization", ADA[1])])
    assert one.read(2) == b"hi"
    one.close()


def test_who_is_no_user_does_not_learn_where_it_leads(proxy):
    for authority in ("example.org:443", "127.0.0.1:1"):
        with pytest.raises(Refused) as refused:
            VERSIONS["h1"](proxy, authority)
        assert refused.value.status == 407


def test_curl_says_a_name_and_a_password(proxy, there):
    words = ["curl", "-sS", "--noproxy", "", "-m", "20", "-x", proxy.origin, "--proxy-user", "ada:pw of ada"]
    for more in ([], ["--proxy-anyauth"], ["--proxytunnel"]):
        done = subprocess.run([*words, *more, there.url + "/"], capture_output=True, text=True, timeout=40, check=False)
        assert done.stdout == "it", done.stderr


# Guessing, and not


def test_who_guesses_has_to_wait(proxying, file, there):
    client = proxying(*HERE, args=["--users", file]).client("h1")
    assert client.request("GET", there.url + "/", [says("zoë", "пароль")]).status == 200
    statuses = [client.request("GET", there.url + "/", [says("ada", f"guess {n}")]).status for n in range(7)]
    assert statuses[:5] == [407] * 5 and statuses[-1] == 429
    # Who has been here is not concerned.
    assert client.request("GET", there.url + "/", [says("zoë", "пароль")]).status == 200


def test_a_password_is_verified_once(proxying, there, tmp_path):
    """It takes a tenth of a second, and clients say it each time; and many at once say the same."""
    file = tmp_path / "users"
    user("add", file, "ada", "--password-passes", "10", password="pw of ada")
    proxy = proxying(*HERE, args=["--users", file])
    statuses = []

    def ask():
        statuses.append(proxy.client("h1").request("GET", there.url + "/", [ADA]).status)

    threads = [threading.Thread(target=ask) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert statuses == [200] * 20
    client = proxy.client("h1")
    began = time.monotonic()
    client.request("GET", there.url + "/", [says("ada", "wrong")])
    wrong = time.monotonic() - began
    began = time.monotonic()
    for _ in range(10):
        assert client.request("GET", there.url + "/", [ADA]).status == 200
    assert time.monotonic() - began < wrong * 5


# Over which connections


def other_address():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            return probe.getsockname()[0]
        except OSError:
            return pytest.skip("this machine has no other address")


@requirement("7617-4-01")
def test_from_elsewhere_credentials_come_over_tls(proxying, file, echo):
    host = other_address()
    for args, status in ((["--open"], 403), (["--plain-credentials"], 200)):
        proxy = proxying(*HERE, args=["--users", file, *args], listen="http://0.0.0.0:0")
        with socket.create_connection((host, proxy.address[1]), source_address=(host, 0)) as sock:
            sock.sendall(f"CONNECT {echo} HTTP/1.1\r\nHost: {echo}\r\n{': '.join(ADA)}\r\n\r\n".encode())
            assert int(sock.recv(4096).split()[1]) == status


# The file


def until(true):
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_sighup_reads_it_again(proxying, there, echo, tmp_path):
    file = tmp_path / "users"
    user("add", file, "ada", *CHEAP, password="pw of ada")
    proxy = proxying(*HERE, args=["--users", file])
    client = proxy.client("h1")

    def status(*fields):
        return client.request("GET", there.url + "/", fields).status

    assert status(ADA) == 200
    tunnel = VERSIONS["h1"](proxy, echo, fields=[ADA])
    user("add", file, "bob", *CHEAP, password="x")
    user("add", file, "ada", *CHEAP, password="changed")
    assert status(ADA) == 200
    proxy.reload()
    until(lambda: status(says("bob", "x")) == 200)
    assert status(ADA) == 407 and status(says("ada", "changed")) == 200
    file.write_text("what is this\n")
    proxy.reload()
    until(lambda: f"{file}:1: " in proxy.output)
    assert status(says("bob", "x")) == 200  # as it was
    tunnel.send(b"still here")
    assert tunnel.read(10) == b"still here"
    tunnel.close()


def refused_start(file, *args):
    done = subprocess.run(
        [binary(), "proxy", "--users", file, *args], capture_output=True, text=True, timeout=20, cwd=file.parent, check=False
    )
    assert done.returncode == 2
    return done.stderr


def test_a_file_that_others_may_read_is_refused(tmp_path):
    file = tmp_path / "users"
    user("add", file, "ada", *CHEAP, password="x")
    assert file.stat().st_mode & 0o777 == 0o600
    for mode in (0o644, 0o620, 0o602):
        file.chmod(mode)
        assert "others" in refused_start(file)
        assert "others" in user("add", file, "bob", password="x", expect=2)
    file.chmod(0o640)
    user("add", file, "bob", *CHEAP, password="x")
    assert file.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize(
    "line, said",
    [
        ("ada", "no NAME:HASH"),
        ("ada:secret", "no hash"),
        ("ada:$argon2id$v=19$m=8$x", "no hash"),
        ("ada:$2y$05$abcdefghijklmnopqrstuv", "no hash"),
        (":$argon2id$v=19", "nobody"),
        ("\x01:$argon2id$v=19", "nobody"),
    ],
)
def test_a_line_that_is_wrong_is_told_by_its_number(tmp_path, line, said):
    file = tmp_path / "users"
    file.touch(0o600)
    file.write_text(f"# a comment\n\n{line}\n")
    told = refused_start(file)
    assert f"{file}:3: " in told and said in told


def test_a_name_stands_there_once(tmp_path):
    file = tmp_path / "users"
    user("add", file, "ada", *CHEAP, password="x")
    file.write_text(file.read_text() * 2)
    assert f"{file}:2: " in refused_start(file)


def test_the_command_changes_one_line(tmp_path):
    file = tmp_path / "users"
    user("add", file, "ada", *CHEAP, password="x")
    file.write_text("# mine\n" + file.read_text())
    user("add", file, "adam", *CHEAP, password="x")
    user("add", file, "ada", *CHEAP, password="y")
    lines = file.read_text().splitlines()
    assert lines[0] == "# mine" and [line.split(":")[0] for line in lines[1:]] == ["adam", "ada"]
    user("remove", file, "adam")
    user("remove", file, "adam", expect=1)
    assert "adam" not in file.read_text()
    assert "nobody" in user("add", file, "a:b", password="x", expect=2)
    assert "no password" in user("add", file, "bob", password="", expect=2)


@pytest.mark.parametrize("words", [["serve"], ["gateway", "--to", "http://127.0.0.1:1"]])
def test_it_is_for_proxies_alone(tmp_path, words):
    done = subprocess.run([binary(), *words, "--users", "x"], capture_output=True, text=True, timeout=20, cwd=tmp_path, check=False)
    assert done.returncode == 2 and "verbatim proxy" in done.stderr
