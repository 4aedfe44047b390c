"""Unit tests in C are counted for what they say, and for nothing else."""

import in_c
import pytest
from server import ROOT

TEXT = '''/* What this is for: 9000-1-01. */
#include "unit.h"

/* 9000-2.2-01, 9000-2.2-02 */
static const int rows[] = {1};

static void help(void)
{
    done(); /* 9000-3.5-01 */
}

static void test_first(void **state)
{
    (void)state;
}

static void test_nothing(void **state)
{
    (void)state;
}

/* 9000-4.1-01 */
static void test_last(void **state)
{
    check(); /* 9000-4.2-01 */
}

int main(void)
{
    return 0; /* 9000-4.5-01 */
}
'''


def test_a_row_is_shown_by_the_test_behind_it_or_around_it():
    assert in_c.named(TEXT) == {
        "test_first": ["9000-2.2-01", "9000-2.2-02", "9000-3.5-01"], "test_last": ["9000-4.1-01", "9000-4.2-01"],
    }  # fmt: skip


@pytest.mark.parametrize("pattern", in_c.FILES)
def test_each_pattern_has_files_that_name_rows_in_full(pattern):
    files = sorted(ROOT.glob(pattern))
    assert any(in_c.named(path.read_text()) for path in files)
    for path in files:
        text = path.read_text()
        named = {id for ids in in_c.named(text).values() for id in ids}
        assert named == set(in_c.ledger.ID.findall(text, text.find("#include"))), path.name


@pytest.mark.parametrize("said, result", [
    ("ok 1 - a", "ok"), ("not ok 1 - a", "not ok"), ("not ok 1 # SKIP a", "skipped"), ("ok 1 - b", None), ("", None),
])  # fmt: skip
def test_a_function_is_what_its_program_says(tmp_path, said, result):
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\necho 1..2\necho '{said}'\nexit 1\n")
    program.chmod(0o755)
    assert in_c.results(program)[0].get("a") == result
