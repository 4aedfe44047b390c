"""Other people's servers behind a gateway: nginx and Apache, over HTTP/1.1 and,
with TLS, HTTP/2; skipped where they are not installed."""

import os
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager

import pytest
from certificates import make_ca, sign
from origin import gateway_to

pytestmark = pytest.mark.once

BIG = bytes(range(256)) * 8192
NGINX = """
{user} daemon off; pid {folder}/pid; error_log {folder}/log; worker_processes 1;
events {{}}
http {{
    access_log off; gzip on; gzip_types *; gzip_min_length 1; gzip_vary on; keepalive_timeout 1s; client_max_body_size 10m;
    client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
    uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    server {{
        listen 127.0.0.1:{port};
        listen 127.0.0.1:{secure} ssl http2;
        ssl_certificate {crt}; ssl_certificate_key {key};
        root {folder}/files;
        add_header Cache-Control max-age=1;
        location /moved {{ return 302 /v1/x; }}
        location /cut {{ return 444; }}
    }}
}}
"""
APACHE = """
ServerName localhost
Listen 127.0.0.1:{port}
PidFile {folder}/pid
ErrorLog {folder}/log
DefaultRuntimeDir {folder}
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule headers_module /usr/lib/apache2/modules/mod_headers.so
DocumentRoot {folder}/files
KeepAliveTimeout 1
Header set Cache-Control max-age=1
"""


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def wait_for(port):
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError("it does not listen")


@contextmanager
def running(folder, program, template, *args):
    """Starts the program with a configuration; gives what that was made of."""
    path = shutil.which(program) or shutil.which(f"/usr/sbin/{program}")
    if path is None:
        pytest.skip(f"{program} is not installed")
    ca = make_ca(folder, "ca")
    crt, key = sign(folder, "peer", ca)
    files = folder / "files"
    files.mkdir()
    (files / "small").write_text("small")
    (files / "big").write_bytes(BIG)
    for file in files.iterdir():  # no tag is weak because it may change in this second
        os.utime(file, (time.time() - 3600,) * 2)
    made = {"folder": folder, "port": free_port(), "secure": free_port(), "crt": crt, "key": key, "ca": ca[0],
            "user": "user root;" if os.geteuid() == 0 else ""}
    (folder / "conf").write_text(template.format(**made))
    process = subprocess.Popen([path, *args, folder / "conf"], stderr=subprocess.DEVNULL)
    try:
        wait_for(made["port"])
        yield made
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="module")
def nginx(tmp_path_factory):
    with running(tmp_path_factory.mktemp("nginx"), "nginx", NGINX, "-c") as made:
        yield made


@pytest.fixture(scope="module")
def apache(tmp_path_factory):
    with running(tmp_path_factory.mktemp("apache"), "apache2", APACHE, "-X", "-f") as made:
        yield made


@pytest.fixture(scope="module", params=["nginx", "nginx over TLS", "apache"])
def client(request, module_serve):
    made = request.getfixturevalue(request.param.split()[0])
    if "TLS" in request.param:
        url, args = f"https://localhost:{made['secure']}", ["--upstream-ca", made["ca"]]
        server = module_serve(None, ["--to", url, *map(str, args)])
    else:
        server = module_serve(gateway_to(f"http://127.0.0.1:{made['port']}"))
    client = server.client()
    yield client
    client.close()


def get(client, path, **headers):
    """What is the other server's own, which our rules are not for."""
    return client.exchange("GET", path, [(name.replace("_", "-"), value) for name, value in headers.items()], None, False, [])


def test_files_come_through(client):
    assert get(client, "/small").body == b"small"
    assert get(client, "/big?1").body == BIG
    assert get(client, "/none").status == 404


def test_parts_come_through_and_from_what_is_stored(client):
    first = get(client, "/big?2", Range="bytes=100-199")
    assert first.status == 206 and first.body == BIG[100:200]
    get(client, "/big?2")
    second = get(client, "/big?2", Range="bytes=300-399")
    assert second.status == 206 and second.body == BIG[300:400]
    assert "hit" in second.headers["Cache-Status"]


def test_what_is_stale_is_validated(client):
    first = get(client, "/small?3")
    time.sleep(2.1)
    second = get(client, "/small?3")
    assert second.body == b"small"
    assert second.headers["ETag"] == first.headers["ETag"]
    assert "fwd-status=304" in second.headers["Cache-Status"]


def test_codings_are_told_apart(client):
    plain = get(client, "/big?4")
    coded = get(client, "/big?4", Accept_Encoding="gzip")
    assert plain.body == BIG and "Content-Encoding" not in plain.headers
    if "Content-Encoding" in coded.headers:
        assert len(coded.body) < len(BIG)
    assert get(client, "/big?4").body == BIG


def test_content_goes_on(client):
    for method in ("PUT", "POST"):
        reply = client.exchange(method, "/small", [], b"x" * 100000, False, [])
        assert reply.status in (200, 404, 405), reply
    assert get(client, "/small?5").body == b"small"


def test_connections_that_it_has_closed_harm_nobody(client):
    for n in range(3):
        assert get(client, f"/small?6{n}").status == 200
        time.sleep(1.2)


def test_a_connection_closed_without_an_answer_is_502(client, request):
    if "apache" in request.node.callspec.id:
        pytest.skip("Apache answers everything")
    reply = get(client, "/cut")
    assert reply.status == 502 and "error=" in reply.headers["Proxy-Status"]
