"""The ledger is complete, and what is wrong with it would be told."""

import re
import subprocess
from dataclasses import replace

import conformance_report as report
import ledger
import pytest
from server import ROOT

ROWS = ledger.read_rows()
ROW = ROWS["9110-9.1-01"]
OUT_OF_SCOPE = ROWS["3986-2.1-01"]
TWO = {ROW.id: ROW, "9110-9.1-02": ROWS["9110-9.1-02"], OUT_OF_SCOPE.id: OUT_OF_SCOPE}


def test_the_ledger_has_no_faults():
    done = subprocess.run([ROOT / "tools/checks/ledger"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_every_row_is_whole():
    assert len(ROWS) == 1282
    for row in ROWS.values():
        assert ledger.ID.fullmatch(row.id) or not row.in_scope
        assert row.id.startswith(f"{row.rfc}-{row.section}-")
        assert set(row.role) <= set("OPCTUW") and row.summary and row.observable


def test_a_ledger_that_all_rows_are_named_of_has_no_faults():
    assert ledger.faults(TWO, {"9110-9.1-02": "It is out."}, {ROW.id}, set()) == []
    assert ledger.faults(TWO, {}, {ROW.id}, {"9110-9.1-02"}) == []
    # A rule may stand there before anything can break it.
    assert ledger.faults(TWO, {"9110-9.1-02": "It is out."}, {ROW.id}, {"9110-9.1-02"}) == []


@pytest.mark.parametrize("reasons, tested, fault", [
    ({}, {ROW.id}, "9110-9.1-02: no test names it"),
    ({"9110-9.1-02": "It is out."}, {ROW.id, "9110-9.1-99"}, "9110-9.1-99: there is no such row"),
    ({"9110-9.1-02": "It is out.", "9110-9.1-98": "It is out."}, {ROW.id}, "9110-9.1-98: there is no such row"),
    ({"9110-9.1-02": "It is out."}, {ROW.id, "9110-9.1-02"}, "9110-9.1-02: a test shows it"),
    ({"9110-9.1-02": "no"}, {ROW.id}, "9110-9.1-02: the reason is not a sentence"),
    ({"9110-9.1-02": "It is out.", OUT_OF_SCOPE.id: "It is out."}, {ROW.id}, f"{OUT_OF_SCOPE.id}: it is out of scope"),
])  # fmt: skip
def test_what_is_wrong_with_the_ledger_is_told(reasons, tested, fault):
    found = ledger.faults(TWO, reasons, tested, set())
    assert len(found) == 1 and found[0].startswith(fault)


@pytest.mark.parametrize("outcomes, word", [
    ({"a": "passed", "b": "passed"}, report.MET), ({"a": "passed", "b": "failed"}, report.BROKEN),
    ({"a": "xfailed", "b": "passed"}, report.BROKEN), ({"a": "skipped", "b": "passed"}, report.MET),
    ({"a": "skipped"}, report.NOT_SHOWN), ({}, report.NOT_SHOWN),
])  # fmt: skip
def test_a_requirement_is_as_good_as_its_worst_test(outcomes, word):
    assert report.verdict(ROW, {}, outcomes) == word
    assert report.verdict(ROW, {ROW.id: "It is out."}, outcomes) == report.NOT_APPLICABLE


def test_the_document_is_sorted_counted_and_the_same_each_time():
    rows = {id: replace(ROW, id=id, section=id.split("-")[1]) for id in ("9110-10.1-01", "9110-9.2-02", "9110-9.2-01", "9110-A.1-01")}
    results = {"9110-9.2-01": {"tests/x.py::test_b": "passed", "tests/x.py::test_a": "passed"}, "9110-9.2-02": {"tests/x.py::test_a": "failed"}}
    text = report.render(rows, {"9110-A.1-01": "It is <out> | of it."}, results)
    assert text == report.render(dict(reversed(rows.items())), {"9110-A.1-01": "It is <out> | of it."}, results)
    ids = [line.split(" | ")[0].removeprefix("| ") for line in text.splitlines() if line.startswith("| 9110-")]
    assert ids == ["9110-9.2-01", "9110-9.2-02", "9110-10.1-01", "9110-A.1-01"]
    assert "| **all** | 4 | 1 | 1 | 1 | 1 |" in text
    assert "[test_a](../tests/x.py), [test_b](../tests/x.py) | met |" in text
    assert "It is &lt;out> \\| of it." in text


def written_ids(path):
    """What looks like an id of the RFCs in the ledger; dates do, too."""
    rfcs = {row.rfc for row in ROWS.values()}
    text = path.read_text(encoding="utf-8", errors="replace")
    return [id for id in ledger.ID.findall(text) if id.partition("-")[0] in rfcs]


def test_the_ids_of_the_unit_tests_are_rows():
    cited = [(path.name, id) for path in (ROOT / "tests").rglob("*.c") for id in written_ids(path)]
    assert len(cited) > 300
    assert [(name, id) for name, id in cited if id not in ROWS] == []


def test_tests_name_rows_by_the_marker_and_not_in_comments():
    found = [
        f"{path.name}:{number}: {line.strip()}"
        for path in sorted((ROOT / "tests").rglob("*.py"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if re.search(rf"#[^\"']*\b{ledger.ID.pattern}", line)
    ]
    assert found == []
