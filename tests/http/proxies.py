"""Forward proxies to test."""

from contextlib import contextmanager

from server import Server, binary

HERE = ["127.0.0.1:*", "localhost:*"]


class Proxy(Server):
    """One `verbatim proxy`."""

    def command(self):
        line = [binary(), "proxy", "--listen", self.listen, "--workers", "1", "--via", "us"]
        return [str(word) for word in line + self.args]


@contextmanager
def starting(tmp_path_factory):
    """start(*rules, args=()) starts one."""
    running = []

    def start(*rules, args=(), listen="http://127.0.0.1:0"):
        words = [word for rule in rules for word in ("--allow", rule)]
        proxy = Proxy(tmp_path_factory.mktemp("proxy"), None, [*words, *args], listen=listen)
        running.append(proxy)
        return proxy.start()

    try:
        yield start
    finally:
        for proxy in running:
            proxy.stop()
