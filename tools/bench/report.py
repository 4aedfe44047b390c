"""Medians, the table, and what was promised."""

import json
from pathlib import Path
from statistics import median

THRESHOLDS = Path(__file__).with_name("thresholds.json")
OTHERS = ("nginx", "nginx-tuned", "h2o", "bare", "caddy", "gtlsserver", "varnish", "haproxy")
UNITS = {"rps": "{:.0f}/s", "cpu_us": "{:.2f} us", "mib_us": "{:.0f} us",
         "bytes": "{:.0f} B", "p99_us": "{:.0f} us", "asked": "{:.0f}"}  # fmt: skip
COMPARED = ("bytes", "mib_us", "cpu_us")  # the first that there is


class Results:
    """results[scenario][subject][metric], each a list, one value a round."""

    def __init__(self):
        self.values = {}

    def add(self, scenario, subject, **metrics):
        row = self.values.setdefault(scenario, {}).setdefault(subject, {})
        for metric, value in metrics.items():
            row.setdefault(metric, []).append(value)

    def median(self, scenario, subject, metric):
        """None where this was not measured."""
        values = self.values.get(scenario, {}).get(subject, {}).get(metric)
        return median(values) if values else None

    def medians(self):
        return {
            scenario: {
                subject: {metric: median(v) for metric, v in metrics.items()}
                for subject, metrics in subjects.items()
            }
            for scenario, subjects in self.values.items()
        }


def ratio(results, scenario, subject, metric, against):
    mine = results.median(scenario, subject, metric)
    other = results.median(scenario, against, metric)
    return mine / other if mine is not None and other else None


def cells(results, scenario, subject):
    """One row of the table: medians, then this server against the others."""
    row = [scenario, subject]
    for metric, form in UNITS.items():
        value = results.median(scenario, subject, metric)
        row.append("" if value is None else form.format(value))
    measured = results.values[scenario][subject]
    metric = next((name for name in COMPARED if name in measured), "cpu_us")
    for other in OTHERS:
        value = ratio(results, scenario, subject, metric, other)
        row.append("" if value is None or subject == other else f"{value:.2f}")
    return row


def table(results):
    head = ["scenario", "server", "requests", "CPU/request", "CPU/MiB", "memory", "p99", "asked",
            *(f"/{other}" for other in OTHERS)]  # fmt: skip
    rows = [head]
    for scenario, subjects in results.values.items():
        rows += [cells(results, scenario, subject) for subject in subjects]
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    lines = []
    for row in rows:
        left = [cell.ljust(width) for cell, width in zip(row[:2], widths)]
        right = [cell.rjust(width) for cell, width in zip(row[2:], widths[2:])]
        lines.append("  ".join(left + right).rstrip())
    lines.insert(1, "-" * max(map(len, lines)))
    return "\n".join(lines)


def judge(results):
    """[(text, value, verdict)]; a value that was not measured has none."""
    verdicts = []
    for row in json.loads(THRESHOLDS.read_text()):
        scenario, subject, metric = row["scenario"], row["subject"], row["metric"]
        if "against" in row:
            value = ratio(results, scenario, subject, metric, row["against"])
            of = f"{metric} / {row['against']}'s"
        else:
            value = results.median(scenario, subject, metric)
            of = metric
        low, high = row.get("at_least"), row.get("at_most")
        limit = f"at most {high}" if high is not None else f"at least {low}"
        if value is None:
            verdict = "not measured"
        elif (high is not None and value > high) or (low is not None and value < low):
            verdict = "MISS"
        else:
            verdict = "PASS"
        verdicts.append((f"{scenario}: {subject}'s {of} {limit}", value, verdict))
    return verdicts


def verdict_lines(verdicts):
    return "\n".join(
        f"{verdict:<12} {text}" + ("" if value is None else f": {value:.2f}")
        for text, value, verdict in verdicts
    )


def write_json(path, results, verdicts, settings):
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {
        **settings,
        "medians": results.medians(),
        "rounds": results.values,
        "thresholds": [
            {"what": text, "value": value, "verdict": verdict}
            for text, value, verdict in verdicts
        ],
    }
    path.write_text(json.dumps(content, indent=1) + "\n")
