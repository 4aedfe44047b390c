"""Whatever happens to servers, all requests to a resource are answered as if it had been asked one at a time.

    VB_CONSISTENCY=600 VB_SEED=7 /usr/bin/python3 -m pytest -s tests/http/test_consistency.py
"""

import os
import random
import subprocess
import sys
import threading
import time

import pytest
from contest import Contest
from contest import described as contested
from crowd import Crowd, described
from server import binary
from spoiled import Spoiled, eager, forgetful, in_two_steps, lenient, one_by_one, promising, stale, without_condition

SECONDS = float(os.environ.get("VB_CONSISTENCY", "6"))
SEED = int(os.environ.get("VB_SEED", "1"))
ROUND = 1.5  # seconds of work; then all is looked at
PLAIN = "http://127.0.0.1:0"  # also where other tests run over TLS


class OneServer:
    """A process with a file of its own, of which there is one at a time."""

    def __init__(self, serve, description=None, args=()):
        self.server = serve(description or described(), ["--workers", "4", "--log", "off", *args], listen=PLAIN)
        self.addresses = [tuple(self.server.address)]
        self.deaths = []

    def trouble(self, chance):
        """It is killed, or sometimes told to end, at any moment, and starts again."""
        self.addresses = []
        if chance.random() < 0.8:
            self.server.kill()
        else:
            self.server.stop()
        self.deaths.append(time.monotonic_ns())
        self.server.start()
        self.addresses = [tuple(self.server.address)]

    def clients(self):
        return [self.server.client()]


class Several:
    """Instances of one store in PostgreSQL."""

    def __init__(self, cluster, instances, description):
        self.cluster = cluster
        self.instances = instances(
            description, cluster.store(), count=3, args=["--workers", "2", "--log", "off"], listen=PLAIN
        )  # fmt: skip
        self.absent = None
        # The database may yet do what an instance had asked for before it was killed.
        self.deaths = []

    @property
    def addresses(self):
        return [tuple(instance.address) for instance in self.instances if instance is not self.absent]

    def clients(self):
        return self.instances.clients()

    def trouble(self, chance):
        """An instance is killed, told to end, or stalled; or the database is."""
        kind = chance.random()
        if kind < 0.15:
            self.cluster.kill().start()
        elif kind < 0.3:
            self.cluster.stop(immediate=chance.random() < 0.5).start()
        elif kind < 0.35:
            self.cluster.stall()
            time.sleep(chance.uniform(0, 0.3))
            self.cluster.resume()
        else:
            self.trouble_of(chance.choice(self.instances), chance)

    def trouble_of(self, instance, chance):
        kind = chance.random()
        if kind < 0.2:
            instance.stall()
            time.sleep(chance.uniform(0, 0.3))
            instance.resume()
            return
        self.absent = instance
        if kind < 0.8:
            instance.kill()
        else:
            instance.stop()
        instance.start()
        self.absent = None


def knows_postgres(folder):
    """Has the program under test such a storage? Nobody answers there."""
    command = [binary(), "serve", "--storage", "postgres://127.0.0.1:1/none", "--listen", "127.0.0.1:0", "--data", folder]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=5, check=False)
    except subprocess.TimeoutExpired:
        return True
    return "storage that is known" not in done.stderr


@pytest.fixture
def several_of(request, tmp_path):
    if not knows_postgres(tmp_path):
        pytest.skip("the program under test does not know --storage postgres://")
    return lambda description: Several(
        request.getfixturevalue("own_postgres")(), request.getfixturevalue("instances"), description
    )


@pytest.fixture
def several(several_of):
    return several_of(described())


class Troubles(threading.Thread):
    """What happens to servers while they are asked."""

    def __init__(self, servers, chance, seconds):
        super().__init__()
        self.servers, self.chance = servers, chance
        self.end = time.monotonic() + seconds
        self.fault = None
        self.count = 0

    def run(self):
        try:
            while time.monotonic() < self.end:
                time.sleep(self.chance.uniform(0.05, 0.6))
                self.servers.trouble(self.chance)
                self.count += 1
        except BaseException as error:  # noqa: BLE001 (raised by the test)
            self.fault = error


def crowded(servers, seconds, seed, with_troubles=True, kind=Crowd):
    """Rounds of work, each of which must have been possible."""
    chance = random.Random(seed)
    total, troubles = {}, 0
    end = time.monotonic() + seconds
    for turn in range(1_000_000):
        crowd = kind(servers, f"/rounds/r{turn}", seed)
        trouble = Troubles(servers, chance, ROUND * 0.8) if with_troubles else None
        if trouble:
            trouble.start()
        crowd.work(ROUND)
        if trouble:
            trouble.join()
            assert trouble.fault is None, trouble.fault
            troubles += trouble.count
        crowd.check()
        for name, count in crowd.counts.items():
            total[name] = total.get(name, 0) + count
        if time.monotonic() >= end:
            break
    print(f"seed {seed}: {sum(total.values())} requests in {turn + 1} rounds, {troubles} troubles: {dict(sorted(total.items()))}",
          file=sys.stderr)  # fmt: skip
    return total


def test_one_process_with_many_workers_answers_as_if_it_did_one_request_after_the_other(serve):
    total = crowded(OneServer(serve), SECONDS / 2, SEED, with_troubles=False)
    assert all(total[what] > 3 for what in ("PUT 200", "PUT 412", "PATCH 200", "DELETE 204", "GET 304"))


def test_a_process_that_is_killed_answers_as_if_it_did_one_request_after_the_other(serve):
    crowded(OneServer(serve), SECONDS / 2, SEED)


def test_instances_of_one_database_answer_as_if_they_were_one(several):
    crowded(several, SECONDS / 2, SEED, with_troubles=False)


def test_instances_and_a_database_that_are_killed_answer_as_if_they_were_one(several):
    crowded(several, SECONDS / 2, SEED)


# What only one may have, and what is written at once

def test_a_value_is_had_by_one_and_a_batch_is_done_at_once_by_one_process(serve):
    total = crowded(OneServer(serve, contested()), SECONDS / 2, SEED, with_troubles=False, kind=Contest)
    assert all(total[what] > 3 for what in ("POST 201", "POST 409", "PATCH 200", "DELETE 204"))


def test_a_value_is_had_by_one_and_a_batch_is_done_at_once_by_a_process_that_is_killed(serve):
    crowded(OneServer(serve, contested()), SECONDS / 2, SEED, kind=Contest)


def test_a_value_is_had_by_one_and_a_batch_is_done_at_once_by_instances(several_of):
    crowded(several_of(contested()), SECONDS / 2, SEED, with_troubles=False, kind=Contest)


def test_a_value_is_had_by_one_and_a_batch_is_done_at_once_by_instances_that_are_killed(several_of):
    crowded(several_of(contested()), SECONDS / 2, SEED, kind=Contest)


# What must be found: each finds its fault in a second or two

@pytest.mark.parametrize("how, why", [
    (stale, "no order explains the answer to GET"),
    (without_condition, "no order explains|condition had not been looked at"),
    (in_two_steps, "no order explains"),
    (promising, "no order explains"),
    (forgetful, "asked again"),
    (eager, "done more than once"),
])  # fmt: skip
def test_a_server_that_does_wrong_is_found(serve, how, why):
    good = OneServer(serve)
    with Spoiled(good.server, how, SEED) as bad, pytest.raises(AssertionError, match=why):
        for turn in range(5):
            crowd = Crowd(bad, f"/rounds/r{turn}", SEED)
            crowd.work(1)
            crowd.check()


@pytest.mark.parametrize("how, why", [
    (lenient, "no order explains"),
    (one_by_one, "no order explains|is half there|one of two was there"),
])  # fmt: skip
def test_a_server_that_breaks_a_rule_between_resources_is_found(serve, how, why):
    good = OneServer(serve, contested())
    with Spoiled(good.server, how, SEED) as bad, pytest.raises(AssertionError, match=why):
        for turn in range(5):
            contest = Contest(bad, f"/rounds/r{turn}", SEED)
            contest.work(1)
            contest.check()
