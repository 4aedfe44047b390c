"""An origin server for gateways to stand before: it answers by what the test
says of each path, and notes what it was asked."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Answer:
    """What a path answers with. `wait` is an event to wait for before that, or
    (`hold`) once the head and the first half of the content are out."""

    def __init__(self, status=200, headers=(), body=b"", wait=None, hold=None, chunked=False):
        self.status = status
        self.headers = list(headers.items() if hasattr(headers, "items") else headers)
        self.body = body.encode() if isinstance(body, str) else body
        self.wait = wait
        self.hold = hold
        self.chunked = chunked
        self.claims = any(name == "Content-Length" for name, _ in self.headers)


class Asked:
    def __init__(self, handler, body):
        self.method = handler.command
        self.target = handler.path
        self.headers = handler.headers
        self.body = body

    def __repr__(self):
        return f"{self.method} {self.target} {dict(self.headers)}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self):
        super().setup()
        with self.server.origin.lock:
            self.server.origin.connections += 1

    def answer(self):
        length = int(self.headers.get("Content-Length") or 0)
        asked = Asked(self, self.rfile.read(length))
        found = self.server.origin.find(asked)
        if found.wait:
            found.wait.wait(20)
        self.send_response_only(found.status)
        self.send_header("Date", self.date_time_string())
        if found.body and "content-type" not in {name.lower() for name, _ in found.headers}:
            self.send_header("Content-Type", "text/plain; charset=utf-8")
        for name, value in found.headers:
            self.send_header(name, value)
        if found.chunked:
            self.send_header("Transfer-Encoding", "chunked")
        elif found.status not in (204, 304) and not found.claims:
            self.send_header("Content-Length", str(len(found.body)))
        self.end_headers()
        if self.command != "HEAD" and found.status not in (204, 304):
            self.send_body(found)

    def send_body(self, found):
        half = len(found.body) // 2
        for i, piece in enumerate([found.body[:half], found.body[half:]]):
            if i and found.hold:
                self.wfile.flush()
                found.hold.wait(20)
            if piece:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece) if found.chunked else piece)
        if found.chunked:
            self.wfile.write(b"0\r\n\r\n")

    def __getattr__(self, name):
        if name.startswith("do_"):
            return self.answer
        raise AttributeError(name)

    def date_time_string(self, timestamp=None):
        return self.server.origin.date or super().date_time_string(timestamp)

    def log_message(self, *args):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        pass  # a gateway that hangs up is none


class Origin:
    def __init__(self):
        self.answers = {}
        self.asked = []
        self.connections = 0
        self.date = None
        self.lock = threading.Lock()
        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.origin = self
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def find(self, asked):
        with self.lock:
            self.asked.append(asked)
            answer = self.answers.get(asked.target.split("?")[0], Answer(404))
        return answer(asked) if callable(answer) else answer

    def says(self, path, *args, **more):
        """What is answered at a path: an Answer's parts, or a function of what
        was asked."""
        with self.lock:
            self.answers[path] = args[0] if args and callable(args[0]) else Answer(*args, **more)

    def count(self, path):
        """How often it was asked for a path."""
        with self.lock:
            return sum(1 for asked in self.asked if asked.target.split("?")[0] == path)

    def last(self):
        with self.lock:
            return self.asked[-1]


@contextmanager
def running_origin():
    origin = Origin()
    thread = threading.Thread(target=origin.server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield origin
    finally:
        origin.server.shutdown()
        origin.server.server_close()
        thread.join()


def gateway_to(url, path="/"):
    """A description in which another server has this path."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "gateway", "version": "1"},
        "paths": {path: {"x-verbatim": {"archetype": "gateway", "to": url}}},
    }
