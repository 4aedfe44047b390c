"""Servers in front of another one: what passing a request on costs, and what
answering in the other server's place does.

The origin is nginx, on the load's core: what it takes is in no gateway's cost.
Every gateway stores in memory, or in what is memory here, and keeps its
connections to the origin.
"""

import http.client
import shutil
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import documents
import load
import machine
import tunnels
from servers import Server, Verbatim, free_port

CONNECTIONS = 64
KEYS = 10000
# As many as nobody asks for in the second that each is fresh.
CHECKED_KEYS = 30000
CLIENTS = 64  # that ask at once for what takes so long:
SLOW_SECONDS = 0.3

SCENARIOS = ("hit", "hit of many", "pass", "miss", "revalidation", "collapse", "tunnel")

ORIGIN = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log crit;
events {{ worker_connections 8192; multi_accept on; }}
http {{
    access_log off;
    types {{ }}
    default_type application/json;
    keepalive_timeout 3600s;
    keepalive_requests 1000000000;
    open_file_cache max=16 inactive=3600s;
    open_file_cache_valid 3600s;
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        root {files_root};
        location /kept/ {{ add_header Cache-Control max-age=36000; rewrite ^ /docs/0 break; }}
        location /never/ {{ add_header Cache-Control no-store; rewrite ^ /docs/0 break; }}
        location /checked/ {{ add_header Cache-Control max-age=1; rewrite ^ /docs/0 break; }}
        location /slow/ {{ proxy_pass http://127.0.0.1:{slow_port}; }}
        location /large {{ sendfile on; tcp_nopush on; default_type application/octet-stream; }}
    }}
}}
"""

# An item that has been stale for long is kept, so that it can be validated; an
# entry for every key in memory, and its content in files that are memory.
NGINX = """
daemon off;
master_process off;
worker_rlimit_nofile {files};
pid {folder}/nginx.pid;
error_log {folder}/nginx.log crit;
events {{ worker_connections 8192; multi_accept on; }}
http {{
    access_log off;
    keepalive_timeout 3600s;
    keepalive_requests 1000000000;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    proxy_cache_path {folder}/cache levels=1:2 keys_zone=all:256m max_size=1g
                     inactive=1h use_temp_path=off;
    open_file_cache max={cached_files} inactive=3600s;
    open_file_cache_valid 3600s;
    upstream origin {{
        server 127.0.0.1:{origin};
        keepalive 256;
        keepalive_requests 1000000000;
    }}
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_set_header X-Forwarded-For $remote_addr;
        proxy_cache all;
        proxy_cache_revalidate on;
        location / {{ proxy_pass http://origin; }}
        # What is not to be stored would be asked for one by one elsewhere.
        location /slow/ {{ proxy_pass http://origin; proxy_cache_lock on; }}
    }}
}}
"""

VCL = """
vcl 4.1;
backend origin {{ .host = "127.0.0.1"; .port = "{origin}"; }}
sub vcl_backend_response {{
    set beresp.grace = 0s;
    set beresp.keep = 1h;
}}
"""

HAPROXY = """
global
    nbthread 1
    maxconn 8192
defaults
    mode http
    timeout connect 5s
    timeout client 3600s
    timeout server 3600s
    http-reuse always
    option forwardfor
listen all
    bind 127.0.0.1:{port}
    server origin 127.0.0.1:{origin} pool-max-conn 256
"""

DESCRIPTION = """
openapi: 3.1.0
info: {{title: Bench, version: "1"}}
paths:
  /: {{x-verbatim: {{archetype: gateway, to: "http://127.0.0.1:{origin}"}}}}
"""


class Origin(Server):
    """What all gateways ask."""

    name = "origin"

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.slow = Slow()

    def command(self):
        path = self.folder / "nginx.conf"
        path.write_text(ORIGIN.format(**self.settings(), slow_port=self.slow.port))
        return ["/usr/sbin/nginx", "-e", self.folder / "error.log", "-c", path]

    def core(self):
        return machine.cores()[1]

    def stop(self):
        super().stop()
        self.slow.close()


class Slow:
    """A server that takes its time, and counts who asks."""

    def __init__(self):
        self.asked = 0
        self.lock = threading.Lock()
        slow = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                with slow.lock:
                    slow.asked += 1
                time.sleep(SLOW_SECONDS)
                content = documents.document(0)
                self.send_response(200)
                self.send_header("Cache-Control", "max-age=36000")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_):
                pass

        class Listening(ThreadingHTTPServer):
            request_queue_size = 1024

        self.server = Listening(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Gateway(Server):
    """One of them; `origin` is the port that it asks."""

    caches = True

    def __init__(self, arguments, origin):
        super().__init__(*arguments)
        self.origin = origin

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text.format(**self.settings(), origin=self.origin))
        return path

    @classmethod
    def takes(cls, scenario):
        return scenario != "tunnel" and (cls.caches or scenario == "pass")


class Tunnel(Gateway):
    """A proxy that leads to the origin."""

    def __init__(self, name, arguments, origin):
        self.name = name
        folder, *others = arguments
        super().__init__((folder / "tunnels", *others), origin)

    def command(self):
        return tunnels.COMMANDS[self.name](self)

    @classmethod
    def takes(cls, scenario):
        return scenario == "tunnel"


class VerbatimGateway(Gateway):
    name = "verbatim"

    def command(self):
        return [
            Verbatim.binary, "serve", self.write("description.yaml", DESCRIPTION),
            "--storage", "memory:", "--listen", f"127.0.0.1:{self.port}",
            "--workers", "1", "--log", "off", *Verbatim.more,
        ]  # fmt: skip


class NginxGateway(Gateway):
    name = "nginx"

    def command(self):
        path = self.write("nginx.conf", NGINX)
        return ["/usr/sbin/nginx", "-e", self.folder / "error.log", "-c", path]


class Varnish(Gateway):
    name = "varnish"
    program = "varnishd"
    work = None  # its log is a file that has to be in memory

    def command(self):
        self.work = tempfile.mkdtemp(prefix="bench-", dir="/dev/shm")
        return [
            "varnishd", "-F", "-j", "none", "-a", f"127.0.0.1:{self.port}",
            "-T", f"127.0.0.1:{free_port()}", "-n", self.work,
            "-f", self.write("all.vcl", VCL), "-s", "malloc,1g",
            "-p", "thread_pools=1", "-p", "thread_pool_min=200",
        ]  # fmt: skip

    def stop(self):
        super().stop()
        if self.work:
            shutil.rmtree(self.work, ignore_errors=True)


class Haproxy(Gateway):
    name = "haproxy"
    caches = False

    def command(self):
        return ["haproxy", "-db", "-f", self.write("haproxy.cfg", HAPROXY)]


GATEWAYS = (VerbatimGateway, NginxGateway, Varnish, Haproxy)


def is_here(kind):
    return kind is VerbatimGateway or machine.has(kind.program or kind.name)


def say_of(scenario, turn):
    """What load.lua is to send."""
    return {
        "hit": ["same", "/kept/0"],
        "hit of many": ["walk", "/kept/", KEYS],
        "pass": ["same", "/never/0"],
        "miss": ["walk", f"/kept/{turn}-", 10**9],
        "revalidation": ["walk", "/checked/", CHECKED_KEYS],
    }[scenario]


def walk(server, prefix, count):
    """Asks once for each, so that it is stored."""
    wanted = documents.document(0)

    def part(first):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        for number in range(first, count, 8):
            connection.request("GET", f"{prefix}{number}")
            response = connection.getresponse()
            if response.read() != wanted:
                raise SystemExit(f"bench: {server.name} answers {prefix}{number} with {response.status}")
        connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(part, range(8)))


def fill(server, scenario):
    """Everything that is to be stored is, and is right."""
    count = {"hit": 1, "hit of many": KEYS, "revalidation": CHECKED_KEYS}.get(scenario, 0)
    if count:
        walk(server, say_of(scenario, 0)[1], count)
        time.sleep(1.1)


def collapse(server, slow, turn):
    """How many of those that ask at once get through, and when the last has its answer."""
    before = slow.asked
    barrier = threading.Barrier(CLIENTS + 1)
    wanted = documents.document(0)

    def ask(_):
        barrier.wait()
        status, _, body = server.ask("GET", f"/slow/{turn}")
        return status == 200 and body == wanted

    with ThreadPoolExecutor(CLIENTS) as pool:
        answers = [pool.submit(ask, n) for n in range(CLIENTS)]
        barrier.wait()
        began = time.monotonic()
        if not all(answer.result() for answer in answers):
            raise SystemExit(f"bench: {server.name} has not answered all who asked at once")
        took = time.monotonic() - began
    return {"asked": slow.asked - before, "p99_us": took * 1e6}


class Run:
    """The gateways side by side; `arguments` are those of a Server."""

    def __init__(self, arguments, results, rounds, seconds):
        self.results, self.rounds, self.seconds = results, rounds, seconds
        self.origin = Origin(*arguments)
        self.servers = [kind(arguments, self.origin.port) for kind in GATEWAYS if is_here(kind)]
        self.servers += [
            Tunnel(name, arguments, self.origin.port)
            for name in tunnels.COMMANDS
            if name == "verbatim" or machine.has(name)
        ]

    def measure(self, scenarios, say):
        try:
            self.origin.start()
            for server in self.servers:
                server.start()
            for scenario in scenarios:
                say(f"gateway {scenario}")
                self.rounds_of(scenario, say)
        finally:
            for server in [*self.servers, self.origin]:
                server.stop()

    def rounds_of(self, scenario, say):
        servers = [server for server in self.servers if server.takes(scenario)]
        for server in servers:
            fill(server, scenario)
        for turn in range(1 + self.rounds):
            for server in servers:
                try:
                    sample = self.sample(scenario, server, turn)
                except SystemExit as failure:
                    if server.name == "verbatim":
                        raise
                    say(f"{failure}; that does not count")
                    continue
                if turn:
                    self.results.add(f"gateway {scenario}", server.name, **sample)

    def sample(self, scenario, server, turn):
        if scenario == "collapse":
            return collapse(server, self.origin.slow, turn)
        if scenario == "tunnel":
            return tunnels.sample(server, self.origin.port, self.seconds if turn else 1)
        return load.wrk(server, say_of(scenario, turn), self.seconds if turn else 1, CONNECTIONS)
