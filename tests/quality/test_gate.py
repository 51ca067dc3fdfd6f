"""The suite, its result and its page, from requirements; nothing here needs Spark."""

import json
import re
import subprocess
import sys
from html import unescape
from pathlib import Path

import pytest

from anonspark.quality.gate import failed_names, run_gate
from anonspark.quality.requirements import Requirement

HOLDS = Requirement("k-anonymity (k = 5)", "Everybody is one of at least 5.", 0, "Groups for whom that is not so")
ROWS = Requirement("rows", "The release has as many rows as the input.", 120, "rows", 120)
BROKEN = Requirement("labels of 'zip'", "Every value of 'zip' is a label.", 3, "Rows that hold something else")


def test_a_gate_passes_where_every_count_is_as_wanted() -> None:
    result = run_gate([HOLDS, ROWS], "Quality gate of released", "Stopped.")
    assert (result.passed, result.expectations, result.failed) == (True, 2, ())
    assert "Passed." in result.page


@pytest.mark.parametrize("count", [119, 121])
def test_a_count_fails_on_both_sides_of_what_is_wanted(count: int) -> None:
    rows = Requirement("rows", "As many.", count, "rows", 120)
    assert run_gate([HOLDS, rows], "t", "Stopped.").failed == ("rows",)


def test_the_failed_are_named_in_their_order_by_the_result_and_by_what_is_stored() -> None:
    result = run_gate([BROKEN, HOLDS, Requirement("rows", "As many.", 1, "rows", 2)], "t", "Stopped.")
    assert result.failed == ("labels of 'zip'", "rows")
    assert not result.passed
    assert sorted(failed_names(json.loads(result.validation))) == ["labels of 'zip'", "rows"]


def test_nothing_but_yes_or_no_is_in_a_result() -> None:
    validation = json.loads(run_gate([BROKEN, HOLDS], "t", "Stopped.").validation)
    assert [each["result"] for each in validation["results"]] == [{}, {}]
    assert [each["expectation_config"]["notes"] for each in validation["results"]] == [BROKEN.found, HOLDS.found]


def test_the_page_says_what_does_not_hold_first_and_loads_nothing() -> None:
    page = run_gate([HOLDS, BROKEN, ROWS], "Quality gate of s3a://bucket/released, run r1", "Stopped.").page
    assert page.index("Every value of &#39;zip&#39; is a label.") < page.index("Everybody is one of at least 5.")
    assert "1 of 3 expectations does not hold. Stopped.<" in page
    assert "Rows that hold something else: 3." in page
    assert "<title>Quality gate of s3a://bucket/released, run r1</title>" in page
    assert not re.search(r"<script|<link|<img|@import|url\(|(src|href)=", page)


def test_names_are_shown_as_they_are_and_are_no_markup() -> None:
    name = "labels of '<script>alert(1)</script> & ${x} $PARAMETER {{ 7 * 7 }}'"
    result = run_gate([Requirement(name, f"Every one of {name}.", 1, "rows")], f"Run {name}", "Stopped.")
    assert "<script" not in result.page
    assert unescape(result.page).count(name) == 4
    assert result.failed == (name,)


def test_the_caller_keeps_its_own_context() -> None:
    import great_expectations as gx
    from great_expectations.data_context.data_context.context_factory import project_manager

    mine = gx.get_context(mode="ephemeral")
    run_gate([HOLDS], "t", "Stopped.")
    assert project_manager.get_current_project() is mine
    project_manager.set_project(None)


QUIET = """
import socket, sys
def refuse(*_, **__): raise AssertionError("something was to be sent")
socket.socket.connect = socket.getaddrinfo = refuse
import anonspark.pipelines.run
from anonspark.quality.gate import run_gate
from anonspark.quality.requirements import Requirement
assert "great_expectations" not in sys.modules
many = [Requirement(f"r{place}", "s", place % 7, "rows") for place in range(200)]
assert len(run_gate(many, "t", "Stopped.").failed) == 171
"""


def test_a_gate_prints_sends_and_leaves_nothing(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    home = {"HOME": str(tmp_path / "home"), "TMPDIR": str(tmp_path / "tmp")}
    for place in home.values():
        Path(place).mkdir()
    work = tmp_path / "work"
    work.mkdir()
    ended = subprocess.run(
        [sys.executable, "-c", QUIET],
        env={"PYTHONPATH": str(root), "PATH": "/usr/bin:/bin", **home},
        cwd=work,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    left = [path for name in ("home", "tmp", "work") for path in (tmp_path / name).rglob("*")]
    assert left == []
