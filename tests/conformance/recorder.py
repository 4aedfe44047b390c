"""Who names which requirement, and how that went: hooks of pytest.

tests/conftest.py takes them in, so every test of every folder may name rows.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import conformance_report as report
import ledger
import pytest
import rules

# Worst first: a requirement is as good as the worst of its tests.
FAILED, EXPECTED, PASSED, SKIPPED = "failed", "xfailed", "passed", "skipped"
SEVERITY = (FAILED, EXPECTED, PASSED, SKIPPED)


@dataclass
class Recorder:
    """The tests that name requirements, by file and function, and how they went."""

    ids: dict = field(default_factory=dict)  # of the node
    outcomes: dict = field(default_factory=lambda: defaultdict(set))  # of the test

    def take(self, item):
        """What a collected test names; the same for all of its parameters."""
        ids = {id for mark in item.iter_markers("requirement") for id in mark.args}
        if ids:
            self.ids[item.nodeid] = ids

    def tests(self):
        """{id: {test}}"""
        named = defaultdict(set)
        for node, ids in self.ids.items():
            for id in ids:
                named[id].add(test_of(node))
        return named

    def results(self):
        """{id: {test: outcome}}"""
        results = defaultdict(dict)
        for id, tests in self.tests().items():
            for test in tests:
                seen = self.outcomes[id, test]
                results[id][test] = next((o for o in SEVERITY if o in seen), SKIPPED)
        for rule in rules.RULES:
            for id in rule.ids:
                results[id][report.every_response(rule)] = outcome_of(rule)
        return results


def test_of(node):
    """The test function that a node belongs to."""
    return node.partition("[")[0]


def outcome_of(rule):
    """How it went with a rule: one that never applied shows nothing."""
    if rule.text in rules.tally.broken:
        return FAILED
    return PASSED if rules.tally.applied[rule.text] else SKIPPED


def ruled():
    return {id for rule in rules.RULES for id in rule.ids}


def pytest_addoption(parser):
    group = parser.getgroup("conformance")
    group.addoption(
        "--base-url", metavar="URL",
        help="hold tests/conformance against this server, not one of their own",
    )
    group.addoption(
        "--profile", metavar="FILE", help="what the server at --base-url has"
    )
    group.addoption(
        "--conformance", metavar="FILE", help="write there which requirements are met"
    )
    group.addoption(
        "--ledger", action="store_true", help="hold the ledger against all tests"
    )  # fmt: skip


def pytest_configure(config):
    config.addinivalue_line(
        "markers", "requirement(id, ...): the rows of the ledger that the test shows"
    )
    config.recorder = Recorder()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    for item in items:
        config.recorder.take(item)
    tested = set(config.recorder.tests())
    rows = ledger.read_rows()
    found = [f"{id}: there is no such row" for id in sorted(tested | ruled()) if id not in rows]
    if config.getoption("--ledger"):
        found = ledger.faults(rows, ledger.read_reasons(), tested, ruled())
    if found:
        raise pytest.UsageError("\n".join(found))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item):
    """Rules count while tests run that name requirements, so that a run of those alone counts the same."""
    kept = rules.tally
    if item.nodeid not in item.config.recorder.ids:
        rules.tally = rules.Tally()
    yield
    rules.tally = kept


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    result = outcome.get_result()
    recorder = item.config.recorder
    if item.nodeid not in recorder.ids or (result.when != "call" and result.passed):
        return
    kept = result.outcome
    if hasattr(result, "wasxfail") and result.skipped:
        kept = EXPECTED
    for id in recorder.ids[item.nodeid]:
        recorder.outcomes[id, test_of(item.nodeid)].add(kept)


def pytest_sessionfinish(session):
    path = session.config.getoption("--conformance")
    if path:
        text = report.render(
            ledger.read_rows(), ledger.read_reasons(), session.config.recorder.results(),
            session.config.getoption("--base-url"),
        )  # fmt: skip
        Path(path).write_text(text, encoding="utf-8")
