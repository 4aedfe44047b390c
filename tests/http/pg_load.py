"""Clients at work while a database fails: what each has been told must be true.

    with Load(servers, timeout=1) as load:      # all of them have written already
        cluster.kill()
        load.until("refused")                   # each of them has heard so
        cluster.start()
        load.until("done")
    load.check(store)

They make members of one collection. What was acknowledged is there, and once; of
what "Nothing was done" was said nothing is; else nobody knows, until one looks.
"""

import json
import threading
import time

NOTHING = "Nothing was done"
SLACK = 4  # seconds: that a machine is overloaded is no fault of the server's


def is_away(answer):
    """A 503, as it has to be: it says why, and when to come again."""
    assert answer.status == 503, answer
    assert int(answer.headers["Retry-After"]) >= 0
    assert answer.headers["Content-Type"] == "application/problem+json"
    return True


class Writer(threading.Thread):
    """One client of one server."""

    def __init__(self, load, server, name):
        super().__init__(daemon=True)
        self.load, self.server, self.name = load, server, name
        self.told = {"done": set(), "refused": set(), "unknown": set()}
        self.failure = None
        self.longest = 0

    def count(self, what):
        return len(self.told["done"]) if what == "done" else len(self.told["refused"]) + len(self.told["unknown"])

    def run(self):
        client, n = self.server.client(), 0
        try:
            while not self.load.ending:
                n += 1
                self.write(client, f"{self.name}.{n}")
                time.sleep(0.005)
        except Exception as error:  # noqa: BLE001 (`check` raises it)
            self.failure = error

    def write(self, client, value):
        began = time.monotonic()
        answer = client.post(self.load.collection, json={"value": value})
        self.longest = max(self.longest, time.monotonic() - began)
        if answer.status == 201:
            what = "done"
        elif answer.status in self.load.may_be:  # which are all nothing but refusals
            what = "refused"
        else:
            assert is_away(answer)
            what = "refused" if NOTHING in answer.text else "unknown"
        self.told[what].add(value)


class Load:
    def __init__(self, servers, collection="/load", clients=2, timeout=1, may_be=()):
        self.collection = collection
        self.limit = timeout + SLACK
        self.may_be = may_be
        self.ending = False
        self.writers = [
            Writer(self, server, f"{n}.{m}") for n, server in enumerate(servers) for m in range(clients)
        ]  # fmt: skip

    def __enter__(self):
        for writer in self.writers:
            writer.start()
        self.until("done")
        return self

    def __exit__(self, *_):
        self.ending = True
        for writer in self.writers:
            writer.join(60)

    def until(self, what, timeout=30):
        """Until each of them has heard that it is "done", or "refused", twice: once may be of before."""
        wanted = {writer: writer.count(what) + 2 for writer in self.writers}
        deadline = time.monotonic() + timeout
        while any(writer.count(what) < count for writer, count in wanted.items()):
            self.raise_failures()
            assert time.monotonic() < deadline, f"not {what}: {[writer.told for writer in self.writers]}"
            time.sleep(0.02)

    def raise_failures(self):
        for writer in self.writers:
            if writer.failure:
                raise writer.failure

    def told(self, what):
        return set().union(*(writer.told[what] for writer in self.writers))

    def check(self, store):
        """Behind it, and with the database there."""
        self.raise_failures()
        assert not any(writer.is_alive() for writer in self.writers)
        found = [json.loads(content)["value"] for (content,) in store.query(
            "SELECT convert_from(content, 'UTF8') FROM resource WHERE collection = '%s'" % self.collection
        )]  # fmt: skip
        assert len(set(found)) == len(found)
        assert self.told("done") <= set(found), self.told("done") - set(found)
        assert not self.told("refused") & set(found), self.told("refused") & set(found)
        longest = max(writer.longest for writer in self.writers)
        assert longest < self.limit, longest
