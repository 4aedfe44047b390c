#!/usr/bin/python3
"""Runs the unit, black-box and fuzz tests of a build and counts them as one.

Three runners, one tally: meson runs the unit tests (their cmocka functions are
counted from TAP), pytest the black-box ones (counted from its JUnit file), and
each libFuzzer target runs for a short while. script/test calls this.
"""

import argparse
import difflib
import json
import os
import re
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from conformance import files_of_meaning

ROOT = Path(__file__).resolve().parent.parent
PYTHON = "/usr/bin/python3"  # Debian's, which has Debian's pytest
FUZZ_SECONDS = 90  # all targets together
FUZZ_SECONDS_EACH = 5

# A leak or an undefined step must end the program, and say where. Not
# strict_string_checks: it wants a NUL at the end of what strndup copies a part of.
SANITIZERS = {
    "ASAN_OPTIONS": "detect_leaks=1:detect_stack_use_after_return=1"
    ":check_initialization_order=1",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
    "TSAN_OPTIONS": "halt_on_error=1:second_deadlock_stack=1",
}


class Tally:
    """What all runners add up to."""

    def __init__(self):
        self.passed = 0
        self.failed = 0
        self.skipped = 0

    def add(self, passed=0, failed=0, skipped=0):
        self.passed += passed
        self.failed += failed
        self.skipped += skipped

    def __str__(self):
        return (
            f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"
        )


def heading(text):
    print(f"== {text}", flush=True)


def tap_counts(output):
    """(planned, passed, failed, skipped) of the TAP lines in a test's output."""
    planned = sum(int(n) for n in re.findall(r"(?m)^1\.\.(\d+)\s*$", output))
    passed = failed = skipped = 0
    for not_ok, rest in re.findall(r"(?m)^(not )?ok \d+(.*)$", output):
        # cmocka calls a skipped test "not ok N # SKIP name".
        if re.search(r"# SKIP\b", rest, re.IGNORECASE):
            skipped += 1
        elif not_ok:
            failed += 1
        else:
            passed += 1
    return planned, passed, failed, skipped


def count_unit(entry, tally):
    """Counts one test program of meson's log; True when it is fine."""
    output = entry.get("stdout", "")
    planned, passed, failed, skipped = tap_counts(output)
    ran = passed + failed + skipped
    if entry["result"] == "SKIP" and ran == 0:
        lines = (output + entry.get("stderr", "")).strip().splitlines()
        reason = lines[-1] if lines else "no reason given"
        print(f"skipped: {entry['name']}: {reason}")
        skipped = 1
    elif entry["result"] == "OK":
        passed += 1 if ran == 0 else 0
        failed += max(0, planned - ran)
    elif failed == 0:
        # It ended before its plan did, or leaked after it.
        failed = max(1, planned - ran)
    tally.add(passed, failed, skipped)
    return failed == 0


def run_unit(build, tally):
    heading("unit tests")
    log = build / "meson-logs/testlog.json"
    log.unlink(missing_ok=True)
    env = dict(os.environ, **SANITIZERS, CMOCKA_MESSAGE_OUTPUT="tap")
    done = subprocess.run(
        ["meson", "test", "-C", build, "--no-rebuild"],
        cwd=ROOT,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if not log.exists():
        print(done.stdout)
        tally.add(failed=1)
        return
    fine = True
    for line in log.read_text(errors="replace").splitlines():
        entry = json.loads(line)
        if not count_unit(entry, tally):
            fine = False
            print(f"-- {entry['name']}: {entry['result']}")
            print(entry.get("stdout", ""), entry.get("stderr", ""), sep="")
    if done.returncode != 0 and fine:
        print(done.stdout)
        tally.add(failed=1)


def count_conformance(written, kept, tally):
    """The document of what the RFCs require must be what this run would write."""
    wanted, found = (
        path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        for path in (written, kept)
    )
    if wanted == found:
        tally.add(passed=1)
        return
    print(f"-- {kept.name} is stale: run script/conformance, and commit it")
    for line in list(difflib.unified_diff(found, wanted, lineterm="", n=0))[:20]:
        print(line[:200])
    tally.add(failed=1)


# Whose point is the message, and not the bytes: they run over other wires as
# well, those that $VB_PROTOCOL names (tests/http/client.py).
OVER = {
    "h2c": (
        "access_log", "batch", "changes", "codings", "collections", "conditional",
        "controllers", "cookies", "digests", "filters", "formats", "graphql_http", "graphql_mutations",
        "graphql_subscriptions", "hints", "idempotency", "import", "large", "methods",
        "moves", "negotiation", "prefer", "problems", "query", "ranges",
        "redirects", "statuses", "tree",
    ),
    "h1+tls": ("files", "hints", "large", "ranges", "serve", "trust"),
    "h2": (
        "conditional", "cookies", "digests", "h2", "idempotency", "methods", "prefer",
        "problems", "query", "ranges", "redirects", "sessions", "tree",
    ),
    "h3": (
        "access_log", "batch", "changes", "collections", "cookies", "digests", "formats",
        "graphql_http", "graphql_subscriptions", "idempotency", "import", "large", "problems", "query", "redirects", "sessions", "tree",
    ),
}  # fmt: skip
# How many runs of pytest go on at once: much of what they do is to wait.
LANES = max(2, len(os.sched_getaffinity(0)))


def run_pytest(report, arguments, live=False, **more_env):
    """Runs pytest; its exit code, and its output unless that was shown live."""
    report.unlink(missing_ok=True)
    done = subprocess.run(
        [PYTHON, "-m", "pytest", "-q", "-rs", f"--junitxml={report}", *arguments],
        cwd=ROOT,
        env=dict(os.environ, **SANITIZERS, **more_env),
        stdout=None if live else subprocess.PIPE,
        stderr=None if live else subprocess.STDOUT,
        check=False,
    )
    return done.returncode, (done.stdout or b"").decode(errors="replace")


def count_pytest(report, code, tally):
    """Counts what pytest has reported; False when it told nothing."""
    if not report.exists():
        tally.add(failed=1)
        return False
    suite = ElementTree.parse(report).getroot().find("testsuite")
    total, failures, errors, skipped = (
        int(suite.get(key, "0"))
        for key in ("tests", "failures", "errors", "skipped")
    )
    failed = failures + errors
    # A test that passed and then failed in its teardown is reported twice.
    tally.add(max(0, total - failed - skipped), failed, skipped)
    if code != 0 and failed == 0:
        print(f"pytest ended with {code}", file=sys.stderr)
        tally.add(failed=1)
    return True


def outcomes(*reports):
    """{test: how it went} of those that are held against any wire."""
    found = {}
    for case in (case for report in reports for case in ElementTree.parse(report).iter("testcase")):
        if case.get("classname", "").startswith("tests.conformance."):
            how = {child.tag for child in case} & {"failure", "error", "skipped"}
            found[f"{case.get('classname')}::{case.get('name')}"] = min(how, default="passed")
    return found


def count_differences(wire, report, first, tally):
    """A message means the same over each wire: each test went as over HTTP/1.1."""
    there = outcomes(*first)
    for name, how in outcomes(report).items():
        if there.get(name) == how:
            continue
        print(f"-- {name}: {how} over {wire}, {there.get(name, 'not run')} over HTTP/1.1")
        tally.add(failed=1)


def tests_over(wire, all_tests):
    """The black-box tests that run over a wire, but those that would only wait
    once more; and with all of them what each wire is held against."""
    if all_tests:
        return ["tests/http", *files_of_meaning()]
    return ["-m", "not once", *(f"tests/http/test_{name}.py" for name in OVER[wire])]


def run_http(build, tally, wires=()):
    """All tests over HTTP/1.1, in two runs: what requirements are about, which
    is written down, and the rest. Beside them those for other wires: all that can
    be for `wires`, the chosen ones for the others."""
    heading("black-box tests")
    binary = build / "src/server/verbatim"
    if not binary.exists():
        print(f"{binary} was not built", file=sys.stderr)
        tally.add(failed=1)
        return
    conformance = build / "conformance.md"
    conformance.unlink(missing_ok=True)
    required, rest = first = build / "http-tests.xml", build / "more-tests.xml"
    with ThreadPoolExecutor(max_workers=LANES) as pool:

        def start(report, *arguments, **more):
            return pool.submit(run_pytest, report, arguments, VB_BINARY=str(binary), **more)

        named = start(required, f"--conformance={conformance}", "-m", "requirement", "tests", live=True)
        more = start(rest, "-m", "not requirement", "tests")
        others = {
            wire: start(build / f"{wire}-tests.xml", *tests_over(wire, wire in wires), VB_PROTOCOL=wire)
            for wire in OVER
        }
        code, _ = named.result()
        if count_pytest(required, code, tally):
            count_conformance(conformance, ROOT / "docs/conformance.md", tally)
        show("black-box tests of the rest", more, rest, tally)
        for wire, run in others.items():
            report = build / f"{wire}-tests.xml"
            if show(f"black-box tests over {wire}", run, report, tally) and all(one.exists() for one in first):
                count_differences(wire, report, first, tally)


def show(title, run, report, tally):
    """Waits for a run, and counts it; False when it told nothing."""
    code, output = run.result()
    heading(title)
    print(output, flush=True)
    return count_pytest(report, code, tally)


def fuzz_targets():
    """Builds the fuzz targets; None when this compiler cannot."""
    probe = subprocess.run(
        ["clang", "-fsanitize=fuzzer", "-x", "c", "-", "-o", "/dev/null"],
        input="int LLVMFuzzerTestOneInput(const char *p, unsigned long n);"
        "int LLVMFuzzerTestOneInput(const char *p, unsigned long n)"
        "{return p && n > 9 ? 0 : 0;}",
        text=True,
        capture_output=True,
        check=False,
    )
    if probe.returncode != 0:
        return None
    names = sorted(path.stem for path in (ROOT / "tests/fuzz").glob("fuzz_*.c"))
    paths = [f"tests/fuzz/{name}" for name in names]
    subprocess.run([ROOT / "script/build", "fuzz", *paths], check=True)
    return [ROOT / "build/fuzz" / path for path in paths]


def fuzz_command(target, seconds):
    """The target over a scratch corpus, the kept one, and its dictionary."""
    name = target.name.removeprefix("fuzz_")
    scratch = ROOT / "build/fuzz/corpus" / name
    scratch.mkdir(parents=True, exist_ok=True)
    command = [
        target,
        f"-max_total_time={seconds}",
        "-timeout=10",
        "-rss_limit_mb=2048",
        "-print_final_stats=1",
        f"-artifact_prefix={ROOT}/build/fuzz/{name}-",
    ]
    dictionary = ROOT / "tests/fuzz" / f"{name}.dict"
    if dictionary.exists():
        command.append(f"-dict={dictionary}")
    command.append(scratch)
    kept = ROOT / "tests/fuzz/corpus" / name
    if kept.is_dir():
        command.append(kept)
    return command


def run_fuzz(tally):
    if not (ROOT / "tests/fuzz/meson.build").exists():
        return
    heading("fuzz targets")
    targets = fuzz_targets()
    if targets is None:
        print("skipped: clang has no fuzzer runtime here")
        tally.add(skipped=1)
        return
    each = min(FUZZ_SECONDS_EACH, max(1, FUZZ_SECONDS // max(1, len(targets))))
    env = dict(os.environ, **SANITIZERS)
    for target in targets:
        done = subprocess.run(
            fuzz_command(target, each),
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        output = done.stdout.decode(errors="replace")
        units = re.search(r"number_of_executed_units:\s*(\d+)", output)
        if done.returncode == 0:
            print(f"{target.name}: {units[1] if units else '?'} inputs")
            tally.add(passed=1)
        else:
            print(f"-- {target.name} found something:")
            print(output[-6000:])
            tally.add(failed=1)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build", type=Path)
    parser.add_argument("--no-fuzz", action="store_true")
    parser.add_argument("--only", choices=("unit", "http", "fuzz"))
    parser.add_argument("--wires", action="store_true")
    options = parser.parse_args()
    build = options.build.resolve()
    tally = Tally()
    started = time.monotonic()
    if options.only in (None, "unit"):
        run_unit(build, tally)
    if options.only in (None, "http"):
        run_http(build, tally, OVER if options.wires else ())
    if options.only == "fuzz" or (options.only is None and not options.no_fuzz):
        run_fuzz(tally)
    print(f"took {time.monotonic() - started:.0f} s")
    print(tally)
    return 1 if tally.failed or tally.passed == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
