"""script/bench says PASS only where what was promised was measured and kept."""

import json
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).resolve().parents[2] / "tools/bench"
sys.path.insert(0, str(BENCH))
import report  # noqa: E402

SCENARIO = {"scenario": "hot GET", "subject": "verbatim", "metric": "cpu_us"}


@pytest.mark.parametrize(
    "rounds, threshold, verdict",
    [
        ({"verbatim": [5, 1, 6], "nginx": [10]}, {"against": "nginx", "at_most": 0.5}, "PASS"),
        ({"verbatim": [5, 6, 7], "nginx": [10]}, {"against": "nginx", "at_most": 0.5}, "MISS"),
        ({"verbatim": [50], "nginx": [10]}, {"against": "nginx", "at_least": 5}, "PASS"),
        ({"verbatim": [49], "nginx": [10]}, {"against": "nginx", "at_least": 5}, "MISS"),
        ({"verbatim": [400]}, {"at_most": 400}, "PASS"),
        ({"verbatim": [401]}, {"at_most": 400}, "MISS"),
        ({"verbatim": [5]}, {"against": "nginx", "at_most": 0.5}, "not measured"),
        ({"nginx": [5]}, {"against": "nginx", "at_most": 0.5}, "not measured"),
    ],
)
def test_a_threshold_is_judged_by_medians(
    tmp_path, monkeypatch, rounds, threshold, verdict
):
    path = tmp_path / "thresholds.json"
    path.write_text(json.dumps([{**SCENARIO, **threshold}]))
    monkeypatch.setattr(report, "THRESHOLDS", path)
    results = report.Results()
    for subject, values in rounds.items():
        for value in values:
            results.add("hot GET", subject, cpu_us=value)
    assert [v for _, _, v in report.judge(results)] == [verdict]


def test_every_threshold_names_a_scenario_that_is_run():
    names = {row["scenario"] for row in json.loads(report.THRESHOLDS.read_text())}
    source = "".join(module.read_text() for module in BENCH.glob("*.py"))
    # gateways.py says of each of its own that it is a gateway's.
    assert all(f'"{name.removeprefix("gateway ")}"' in source for name in names)
