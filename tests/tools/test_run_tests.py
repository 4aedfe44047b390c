"""tools/run_tests.py counts what cmocka reports, and what it could not."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
from run_tests import Tally, count_conformance, count_differences, count_unit, tap_counts  # noqa: E402


def test_tap_counts_what_cmocka_prints():
    text = (
        "noise\n1..3\nok 1 - a\nnot ok 2 # SKIP b\nnot ok 3 - c\n# 0x1 != 0x2\n"
        "# not ok - g1\n1..1\nok 1 - d\n"
    )
    assert tap_counts(text) == (4, 2, 1, 1)


@pytest.mark.parametrize(
    "result, output, counts",
    [
        ("OK", "1..2\nok 1 - a\nok 2 - b\n", "2 passed, 0 failed, 0 skipped"),
        ("OK", "", "1 passed, 0 failed, 0 skipped"),
        ("OK", "1..3\nok 1 - a\n", "1 passed, 2 failed, 0 skipped"),
        ("FAIL", "1..2\nok 1 - a\nnot ok 2 - b\n", "1 passed, 1 failed, 0 skipped"),
        # it crashed in the second of three
        ("FAIL", "1..3\nok 1 - a\n", "1 passed, 2 failed, 0 skipped"),
        # all passed, and then the leak check found something
        ("FAIL", "1..1\nok 1 - a\n", "1 passed, 1 failed, 0 skipped"),
        ("TIMEOUT", "", "0 passed, 1 failed, 0 skipped"),
        ("SKIP", "no vectors here\n", "0 passed, 0 failed, 1 skipped"),
    ],
)
def test_a_program_counts_for_its_functions(result, output, counts):
    tally = Tally()
    fine = count_unit({"name": "t", "result": result, "stdout": output}, tally)
    assert str(tally) == counts
    assert fine == (", 0 failed," in counts)


@pytest.mark.parametrize("kept, counts", [("a\nb\n", "1 passed, 0 failed, 0 skipped"), ("a\n", "0 passed, 1 failed, 0 skipped"),
                                          (None, "0 passed, 1 failed, 0 skipped")])  # fmt: skip
def test_a_document_of_conformance_that_is_stale_fails(tmp_path, capsys, kept, counts):
    (tmp_path / "written.md").write_text("a\nb\n")
    if kept is not None:
        (tmp_path / "conformance.md").write_text(kept)
    tally = Tally()
    count_conformance(tmp_path / "written.md", tmp_path / "conformance.md", tally)
    assert str(tally) == counts
    assert ("script/conformance" in capsys.readouterr().out) == ("1 failed" in counts)


def report_of(path, **tests):
    """A report of pytest's, of {name: what stands in its case}."""
    cases = "".join(f'<testcase classname="tests.conformance.test_x" name="{name}">{inner}</testcase>' for name, inner in tests.items())
    path.write_text(f'<testsuites><testsuite>{cases}<testcase classname="tests.http.test_y" name="b"/></testsuite></testsuites>')
    return path


@pytest.mark.parametrize("a, b, failed", [
    ("", "", 0), ("<skipped/>", "<skipped/>", 0), ("<skipped/>", "", 1), ("", "<skipped/>", 1), ("<failure/>", "", 1),
])  # fmt: skip
def test_a_test_of_what_messages_mean_must_go_alike_over_each_wire(tmp_path, capsys, a, b, failed):
    tally = Tally()
    first, other = report_of(tmp_path / "h1.xml", x=a, more=""), report_of(tmp_path / "h3.xml", x=b)
    count_differences("h3", other, [first], tally)
    assert str(tally) == f"0 passed, {failed} failed, 0 skipped"
    assert ("test_x::x" in capsys.readouterr().out) == bool(failed)
