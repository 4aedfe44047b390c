"""The servers that are compared, each started on one core over the same files.

nginx comes twice: as Debian packages it, and set to its best for this load:
sendfile off for small files and on for large ones, descriptors kept open. Both
without an access log, as all are. `bare` is no server but the limit: bare.c.

Each of these speaks HTTP/1.1 and HTTP/2, with TLS and without, on as few ports
as it can; all show the same certificate (ECDSA, P-256). For HTTP/3, which they
do not speak in Debian, there are caddy and gtlsserver, ngtcp2's own example.
"""

import http.client
import os
import pwd
import signal
import socket
import subprocess
import time
from pathlib import Path

import machine

START_SECONDS = 30
H3_SCENARIOS = ("h3 GET", "100 MiB h3", "idle h3")

# What the package's nginx.conf says of serving files, and of TLS.
PACKAGED = """
    sendfile on;
    tcp_nopush on;
    types_hash_max_size 2048;
    gzip on;
"""

TUNED = """
    sendfile off;
    tcp_nodelay on;
    open_file_cache max={cached_files} inactive=3600s;
    open_file_cache_valid 3600s;
    open_file_cache_min_uses 1;
"""

NGINX = """
daemon off;
master_process off;
worker_rlimit_nofile {files};
pid {folder}/nginx.pid;
error_log {folder}/nginx.log crit;
events {{ worker_connections {connections}; multi_accept on; }}
http {{
    access_log off;
    default_type application/json;
    types {{ }}
    keepalive_timeout 3600s;
    keepalive_requests 1000000000;
    {serving}
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_prefer_server_ciphers on;
    ssl_certificate {certificate};
    ssl_certificate_key {key};
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        listen 127.0.0.1:{h2c_port} http2 backlog=4096;
        listen 127.0.0.1:{tls_port} ssl http2 backlog=4096;
        root {files_root};
        location /blobs/ {{ sendfile on; tcp_nopush on; default_type application/octet-stream; }}
        location /large {{ sendfile on; tcp_nopush on; default_type application/octet-stream; }}
    }}
}}
"""

# Started by root, h2o would become nobody, who cannot read the folder.
H2O = """
user: {user}
num-threads: 1
max-connections: {connections}
http1-request-timeout: 3600
http2-idle-timeout: 3600
pid-file: {folder}/h2o.pid
error-log: {folder}/h2o.log
file.mime.setdefaulttype: application/json
listen:
  host: 127.0.0.1
  port: {port}
listen:
  host: 127.0.0.1
  port: {tls_port}
  ssl:
    certificate-file: {certificate}
    key-file: {key}
hosts:
  default:
    paths:
      "/":
        file.dir: {files_root}
"""


CADDY = """{{
    admin off
    auto_https off
    storage file_system {folder}
    log {{
        level ERROR
    }}
}}
(files) {{
    root * {files_root}
    file_server
}}
http://127.0.0.1:{port} {{
    import files
}}
https://127.0.0.1:{tls_port} {{
    tls {certificate} {key}
    import files
}}
"""


# The scheme of a protocol, and which of a server's ports speaks it.
PROTOCOLS = {
    "h1": ("http", "port"),
    "h2c": ("http", "h2c_port"),
    "TLS": ("https", "tls_port"),  # HTTP/1.1 over it
    "h2": ("https", "tls_port"),
    "h3": ("https", "tls_port"),  # over UDP
}


def make_certificate(folder):
    """A key, and a certificate of its own for localhost: (certificate, key)."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-nodes", "-newkey", "ec",
         "-pkeyopt", "ec_paramgen_curve:prime256v1", "-keyout", key,
         "-out", certificate, "-days", "30", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
        capture_output=True,
        check=True,
    )  # fmt: skip
    return certificate, key


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """One running server; `command` says how to start it."""

    name = ""
    program = None  # what must be there to run it; None: the name
    serves_files = True  # out of the shared folder; else it is filled by PUT
    scenarios = None  # None: all
    one_clear_port = True  # for HTTP/1.1 and HTTP/2
    speaks_h1, speaks_h3 = True, False

    def __init__(self, folder, files_root, connections, files, certificate):
        self.folder = folder / self.name
        self.folder.mkdir(parents=True)
        self.files_root = files_root
        self.connections = connections
        self.files = files  # descriptors that a process may have
        self.certificate, self.key = certificate
        self.port = free_port()
        self.h2c_port = self.port if self.one_clear_port else free_port()
        self.tls_port = free_port()
        self.process = None

    @classmethod
    def takes(cls, scenario):
        """Is it one of those that this server is for?"""
        if cls.scenarios is not None:
            return scenario in cls.scenarios
        return cls.speaks_h3 or scenario not in H3_SCENARIOS

    def command(self):
        raise NotImplementedError

    def settings(self):
        return {
            "user": pwd.getpwuid(os.geteuid()).pw_name,
            "folder": self.folder,
            "files_root": self.files_root,
            "port": self.port,
            "h2c_port": self.h2c_port,
            "tls_port": self.tls_port,
            "certificate": self.certificate,
            "key": self.key,
            "connections": self.connections,
            "files": self.files,
            "cached_files": max(1000, self.files - 4096),
        }

    def core(self):
        return machine.cores()[0]

    def start(self):
        with open(self.folder / "output.txt", "wb") as log:
            self.process = subprocess.Popen(
                ["taskset", "-c", str(self.core()), *map(str, self.command())],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
            )
        self.wait_until_it_accepts()
        return self

    def wait_until_it_accepts(self):
        deadline = time.monotonic() + START_SECONDS
        while not self.accepts():
            if self.process.poll() is not None or time.monotonic() > deadline:
                told = (self.folder / "output.txt").read_text(errors="replace")
                raise SystemExit(f"bench: {self.name} did not start:\n{told}")
            time.sleep(0.02)

    def accepts(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None

    def pids(self):
        return machine.process_tree(self.process.pid)

    def port_of(self, protocol):
        return getattr(self, PROTOCOLS[protocol][1])

    def url(self, target="/", protocol="h1"):
        scheme, _ = PROTOCOLS[protocol]
        return f"{scheme}://127.0.0.1:{self.port_of(protocol)}{target}"

    def ask(self, method, target, headers=None, body=None):
        """(status, fields, body) of one request on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, target, body, headers or {})
            response = connection.getresponse()
            return response.status, response.headers, response.read()
        finally:
            connection.close()


class Nginx(Server):
    name = "nginx"
    one_clear_port = False
    serving = PACKAGED

    def command(self):
        path = self.folder / "nginx.conf"
        settings = self.settings()
        settings["serving"] = self.serving.format(**settings)
        path.write_text(NGINX.format(**settings))
        return ["/usr/sbin/nginx", "-e", self.folder / "error.log", "-c", path]


class NginxTuned(Nginx):
    name = "nginx-tuned"
    program = "nginx"
    serving = TUNED


class H2o(Server):
    name = "h2o"

    def command(self):
        path = self.folder / "h2o.yaml"
        path.write_text(H2O.format(**self.settings()))
        return ["h2o", "-m", "worker", "-c", path]


class Verbatim(Server):
    name = "verbatim"
    serves_files = False
    speaks_h3 = True
    binary = None  # set from the command line

    def command(self):
        return [
            self.binary, "serve", os.path.join(os.path.dirname(__file__), "bench.yaml"),
            "--files", self.files_root, "--data", self.folder / "data",
            "--listen", f"127.0.0.1:{self.port}",
            "--listen", f"https://127.0.0.1:{self.tls_port}",
            "--tls-cert", self.certificate, "--tls-key", self.key,
            "--workers", "1", "--log", "off", *self.more,
        ]  # fmt: skip

    more = ()


class Caddy(Server):
    name = "caddy"
    scenarios = H3_SCENARIOS
    speaks_h3 = True

    def command(self):
        path = self.folder / "Caddyfile"
        path.write_text(CADDY.format(**self.settings()))
        return ["caddy", "run", "--adapter", "caddyfile", "--config", path]


class Gtlsserver(Server):
    """It speaks nothing else, so that only its socket tells that it is there."""

    name = "gtlsserver"
    scenarios = H3_SCENARIOS
    speaks_h1, speaks_h3 = False, True

    def command(self):
        return ["gtlsserver", "-q", "-d", self.files_root, "127.0.0.1", self.tls_port,
                self.key, self.certificate]

    def accepts(self):
        udp = Path("/proc/net/udp").read_text(encoding="ascii")
        return f":{self.tls_port:04X} " in udp


class Bare(Server):
    name = "bare"
    scenarios = ("hot GET",)
    folder_of_programs = None  # set from the command line

    def command(self):
        return [self.folder_of_programs / "bare", self.port, self.files_root / "docs/0"]


KINDS = {
    kind.name: kind
    for kind in (Verbatim, Nginx, NginxTuned, H2o, Bare, Caddy, Gtlsserver)
}
