"""The benchmarks measure what they say; how fast anything is is never tested."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from anonspark.domain.lattice import Lattice
from anonspark.domain.policy import Policy, QuasiIdentifier
from anonspark.domain.rules import TableRule
from anonspark.models.k_anonymity import KAnonymity
from benchmarks.job import SEVERAL_CLASSES_FROM, JobCase, Peaks, Round, cases_of, job_of, row_of
from benchmarks.markdown import DOCUMENT, replaced
from benchmarks.peer import judge_node
from benchmarks.plain_loop import judge
from benchmarks.search import chosen_cases, measure, search, some_nodes
from benchmarks.tables import people
from benchmarks.workloads import SHARED, Reference, SearchCase, problem_of, read_rows, sample_cases, wanted_searches


def zip_and_sex(k: int, limit: float) -> SearchCase:
    """Six people: two ZIP codes of three each, told apart by sex."""
    zips = TableRule((("10", "1*", "*"), ("11", "1*", "*"), ("20", "2*", "*")))
    sexes = TableRule((("F", "*"), ("M", "*")))
    policy = Policy(
        (QuasiIdentifier("zip", zips), QuasiIdentifier("sex", sexes)), (KAnonymity(k),), max_suppression=limit
    )
    frame = pd.DataFrame({"zip": ["10", "11", "11", "20", "20", "20"], "sex": list("FFMMMM")})
    return SearchCase(problem_of("people", frame, policy), f"k={k}", policy)


def test_the_plain_loop_counts_what_a_node_suppresses_and_loses() -> None:
    found = judge(zip_and_sex(2, 1.0), [(0, 0), (1, 0), (2, 1)], k=2)
    # Raw: the three in 10 and 11 are alone. 1*: the two women stay, at 2 of 3 ZIP codes, and the man goes.
    assert found.suppressed.tolist() == [3, 1, 0]
    zip_loss = ((2 * 2 / 3 + 3 * 1 / 3 + 1) / 6 - 1 / 3) / (2 / 3)
    sex_loss = ((5 * 1 / 2 + 1) / 6 - 1 / 2) / (1 / 2)
    assert found.loss.tolist() == pytest.approx([0.5, (zip_loss + sex_loss) / 2, 1.0])


@pytest.mark.parametrize("limit", [0.0, 0.05, 1.0])
def test_the_plain_loop_over_the_whole_lattice_finds_the_optimum_of_the_search(limit: float) -> None:
    (case,) = sample_cases(60, [5], [limit])
    found = judge(case, some_nodes(case.lattice, case.lattice.size), k=5)
    assert measure(case).score == pytest.approx(found.loss[found.suppressed <= case.limit].min(), rel=1e-9)


def test_a_search_that_finds_another_optimum_than_the_reference_is_no_benchmark() -> None:
    case = zip_and_sex(2, 1.0)
    score = measure(case).score
    assert measure(replace(case, reference=Reference(1, 1.0, score))).score == score
    for wrong in (0.5 * score, None):
        with pytest.raises(RuntimeError, match="the optimum is"):
            measure(replace(case, reference=Reference(1, 1.0, wrong)))


def test_a_node_of_a_peer_is_judged_as_ours_is() -> None:
    case = zip_and_sex(2, 1.0)
    _, found = search(case)
    assert judge_node(case, found.best.node).loss == found.score
    at_the_top = judge_node(case, (2, 1))
    assert (at_the_top.suppressed, at_the_top.kept_classes, at_the_top.loss) == (0, 1, 1.0)


@given(st.lists(st.integers(1, 4), min_size=1, max_size=4), st.integers(1, 40))
def test_some_nodes_are_distinct_nodes_of_the_lattice_and_the_same_each_time(levels: list[int], most: int) -> None:
    lattice = Lattice((1,) * len(levels), tuple(levels))
    nodes = some_nodes(lattice, most)
    assert len(set(nodes)) == len(nodes) == min(most, lattice.size)
    assert all(1 <= level <= high for node in nodes for level, high in zip(node, levels, strict=True))
    assert nodes == some_nodes(lattice, most)


def test_null_is_a_class_of_its_own_in_the_sample() -> None:
    rule = TableRule((("a", "*"), ("b", "*")))
    policy = Policy((QuasiIdentifier("letter", rule),), ())
    frame = pd.DataFrame({"letter": ["a", None, "b", None]}, dtype=object)
    assert sorted(problem_of("letters", frame, policy).classes.sizes.tolist()) == [1, 1, 2]


def test_the_grid_is_filled_around_the_searches_of_the_reference() -> None:
    known = {"dataset": "adult", "metric": "loss", "k": 5, "supp": 0.05, "qis": ["age"], "best_cpu_s": 0.1}
    diverse = {**known, "sens": "job", "ld": "distinct:3"}
    risk = {"dataset": "adult", "op": "risk", "qis": ["age"]}
    wanted = wanted_searches([risk, diverse, known])
    grid = [(each["k"], each["supp"]) for each in wanted if "sens" not in each]
    assert grid == [(k, limit) for k in (2, 5, 10, 100) for limit in (0, 0.05, 1)]
    assert [each for each in wanted if "best_cpu_s" in each] == [known, diverse]


def test_without_the_real_tables_the_sample_is_searched_and_it_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(SHARED, str(tmp_path))
    cases, why = chosen_cases(smoke=False)
    assert {case.problem.table for case in cases} == {"sample"}
    assert SHARED in why


def test_a_hierarchy_file_is_read_without_its_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "sex.csv").write_bytes(b"\xef\xbb\xbfF;*\r\nM;*\r\n")
    assert read_rows(str(tmp_path / "sex.csv"), ";") == [["F", "*"], ["M", "*"]]


def test_a_section_takes_the_place_between_its_markers_only() -> None:
    page = "# Title\n<!-- job: begin -->\nold\n<!-- job: end -->\nrest\n"
    assert replaced(page, "job", "new\n") == "# Title\n<!-- job: begin -->\nnew\n<!-- job: end -->\nrest\n"
    assert replaced(replaced(page, "job", "new"), "job", "old") == page


@pytest.mark.parametrize("page", ["", "<!-- job: begin -->", "<!-- job: end -->\n<!-- job: begin -->"])
def test_a_page_without_the_markers_is_refused(page: str) -> None:
    with pytest.raises(ValueError, match="no place for 'job'"):
        replaced(page, "job", "new")


@pytest.mark.parametrize("section", ["search", "peer", "job"])
def test_the_page_has_a_place_for_every_section(section: str) -> None:
    assert "figures" in replaced(DOCUMENT.read_text(encoding="utf-8"), section, "figures")


def test_many_classes_are_measured_on_big_tables_and_diversity_on_the_smallest() -> None:
    assert [(case.rows, case.diversity) for case in cases_of([10, 20])] == [(10, False), (10, True), (20, False)]
    assert len({case.zips for case in cases_of([SEVERAL_CLASSES_FROM])}) == 2


def test_the_job_keeps_its_search_out_of_the_ratio() -> None:
    steps = {"read": 1.0, "classes": 2.0, "search": 10.0, "apply": 3.0, "verify": 1.0, "publish": 1.0}
    timings = {**steps, "search_cpu": 8.0}
    lattice = {"nodes": 480, "checked": 22, "base_classes": 7}
    measured = Round(4.0, 5.0, 18.0, 18.0, {"timings_s": timings, "lattice": lattice})
    assert (measured.rest_s, measured.ratio, measured.cpu_ratio) == (8.0, 2.0, 2.0)
    assert replace(measured, floor_cpu_s=None, job_cpu_s=None).cpu_ratio is None
    told = row_of(JobCase(100, 3), [measured] * 3, Peaks(300.0, None))
    assert told[3:8] == ["22 of 480", "10.0", "4.00", "8.00", "2.00"]


def test_the_job_verifies_what_it_wrote(tmp_path: Path) -> None:
    job = job_of(JobCase(100, 3, diversity=True), tmp_path)
    assert job.verify
    assert len(job.privacy) == 2


def test_a_bigger_table_begins_with_the_people_of_a_smaller_one(spark: SparkSession) -> None:
    few, many = people(spark, 100, 5), people(spark, 300, 5)
    assert few.exceptAll(many).isEmpty()
    assert many.select("name").distinct().count() == 300
    assert {row.age for row in many.select("age").collect()} <= set(range(18, 91))
