"""The benchmarks measure what they say; how fast anything is is never tested."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from anonspark.domain.hierarchy import from_labels
from anonspark.domain.lattice import Lattice
from anonspark.domain.policy import Policy, QuasiIdentifier
from anonspark.domain.rules import TableRule
from anonspark.models.k_anonymity import KAnonymity
from benchmarks import pii_tokens
from benchmarks.cost import DRAWN, LEVELS, REPEATED, JobCost, merged_step_by_step, with_levels
from benchmarks.cost import cases_of as cost_cases_of
from benchmarks.cost import row_of as cost_row_of
from benchmarks.job import SEVERAL_CLASSES_FROM, JobCase, Peaks, Round, cases_of, job_of, row_of
from benchmarks.markdown import DOCUMENT, replaced
from benchmarks.peer import judge_node
from benchmarks.pii_keyed import Measured as KeyedMeasured
from benchmarks.pii_keyed import actions, values_of
from benchmarks.pii_keyed import row_of as keyed_row_of
from benchmarks.plain_loop import judge
from benchmarks.search import Measured, chosen_cases, measure, search, some_nodes
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


@pytest.mark.parametrize("section", ["search", "strategies", "peer", "job", "cost"])
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


def test_repeated_people_are_more_rows_and_no_more_classes(spark: SparkSession) -> None:
    columns = ["age", "sex", "zip", "education", "occupation", "marital_status", "diagnosis", "cost"]
    once, again = people(spark, 40, 5), people(spark, 120, 5, persons=40)
    assert again.groupBy(*columns).count().where("count % 3 != 0").isEmpty()
    assert again.select(columns).exceptAll(once.union(once).union(once).select(columns)).isEmpty()
    assert again.select("name").distinct().count() == 120


def test_repeated_people_are_asked_for_k_in_proportion_to_their_rows() -> None:
    cases = cost_cases_of([100, 1_000])
    assert [(case.rows, case.persons, case.k) for case in cases[DRAWN]] == [(100, None, 5), (1_000, None, 5)]
    assert [(case.rows, case.persons, case.k) for case in cases[REPEATED]] == [(100, 100, 5), (1_000, 100, 50)]


def test_as_many_copies_and_as_many_times_k_are_the_same_search() -> None:
    once = zip_and_sex(2, 0.2)
    classes = once.problem.classes
    thrice = replace(
        once,
        problem=replace(once.problem, classes=replace(classes, sizes=3 * classes.sizes)),
        policy=replace(once.policy, models=(KAnonymity(6),)),
    )
    found, again = measure(once), measure(thrice)
    assert (found.checked, found.projections) == (again.checked, again.projections)
    assert found.score == pytest.approx(again.score)


def test_leaves_are_merged_step_by_step_into_one_group() -> None:
    merged = merged_step_by_step(from_labels("letter", [list("abcdefgh"), ["*"] * 8]), 4)
    # 8 leaves, then 8 ** (2 / 3) = 4 groups, then 2, then 1.
    assert [merged.label_of_each_leaf(level) for level in range(4)] == [
        list("abcdefgh"),
        list("aacceegg"),
        list("aaaaeeee"),
        ["a"] * 8,
    ]


@pytest.mark.parametrize("levels", range(2, 9))
def test_every_level_has_fewer_groups_than_the_one_below_and_the_last_has_one(levels: int) -> None:
    merged = merged_step_by_step(from_labels("letter", [list("abcdefghij"), ["*"] * 10]), levels)
    sizes = [len(labels) for labels in merged.labels]
    assert len(sizes) == levels
    assert sizes[0] == 10
    assert sizes[-1] == 1
    assert sizes == sorted(set(sizes), reverse=True)


def test_lattices_grow_tenfold_over_the_same_classes() -> None:
    sizes = [Lattice((0,) * 6, tuple(level - 1 for level in levels)).size for levels in LEVELS]
    assert sizes == [96, 960, 10_080, 96_768]
    case = zip_and_sex(2, 1.0)
    other = with_levels(case, (3, 2))
    assert other.problem.classes is case.problem.classes
    assert other.lattice.size == 6


def test_the_cost_of_a_row_is_told_without_the_search_and_beside_the_smallest_table() -> None:
    def cost(rows: int, job_s: float) -> JobCost:
        timings = {"search": 1.0, "search_cpu": 2.0}
        rounds = [Round(1.0, 1.0, job_s, job_s + 3.0, {"timings_s": timings})] * 3
        return JobCost(JobCase(rows, 3), rounds, zip_and_sex(2, 1.0), Measured(2, 5, 1e-6, 0.5))

    small, large = cost(1_000_000, 3.0), cost(10_000_000, 11.0)
    # 2 and 10 seconds of the clock, 4 and 12 of the CPU; 1,000 ns over 4 classes and 2 checks.
    told = cost_row_of(large, small)
    assert told[3:9] == ["10.0", "1.00", "0.500", "1.20", "0.300", "2 of 6"]
    assert told[9:] == ["5", "0.00100", "125"]


def test_tokens_a_second_are_told_without_reading_and_writing() -> None:
    measured = pii_tokens.Measured(floor_s=1.0, new_s=3.0, known_s=2.0, back_s=1.5)
    assert pii_tokens.row_of("SQLite", 1_000, measured) == ["SQLite", "1,000", "1.00", "500", "1,000", "2,000"]


def test_keyed_actions_are_measured_on_values_that_they_take(spark: SparkSession) -> None:
    table = values_of(spark, 30)
    found = table.select(*(change(table[column]).alias(name) for name, column, change in actions())).collect()
    assert len(found) == 30
    assert not any(value is None for row in found for value in row)


def test_a_line_of_keyed_actions_is_a_ratio_to_the_floor() -> None:
    floor = KeyedMeasured("floor", 1000, [(1.0, 0.5)])
    action = KeyedMeasured("hash", 100, [(0.2, None), (0.4, 0.001), (0.3, 0.003)])
    assert keyed_row_of(action, floor) == ["hash", "100", "0.300", "333", "3.00", "20.0"]
