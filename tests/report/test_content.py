"""What a report says, held against records that were written down by hand."""

from dataclasses import replace
from typing import Any

import pytest

from anonspark.errors import InputError
from anonspark.io.run_records import RunRecords, UtilityRecord
from anonspark.report.content import document_of
from anonspark.report.html import as_html
from anonspark.vocabulary import RunState
from tests.report.records import BEGUN, NODES, NOON, Page, attribute, completed, config, failed, summary


def page_of(records: RunRecords) -> Page:
    return Page(as_html(document_of(records)))


def test_the_verdict_names_records_models_and_the_highest_risk() -> None:
    assert document_of(completed()).verdict == (
        "Released 960 of 1,000 records, 40 suppressed (4%); k-anonymity (k = 6) and distinct l-diversity (l = 2) of "
        "illness hold; the highest remaining risk that somebody is found is 1 in 6 (16.67%), medium."
    )


def test_a_release_without_suppression_and_one_of_nothing_else_are_told_so() -> None:
    whole = document_of(completed(summary=summary(suppressed=0))).verdict
    assert whole.startswith("Released all 1,000 records, none suppressed; k-anonymity")
    nothing = {"kept": 0, "smallest": 0, "largest": 0, "average": 0.0}
    records = completed(summary=summary(suppressed=1000, classes=nothing), histogram={"input": ((1, 1000),)})
    assert "All 1,000 records are suppressed" in page_of(records).text


def test_the_facts_at_the_top_are_the_summarys() -> None:
    facts = page_of(completed()).facts
    assert (facts["Records"], facts["Suppressed"], facts["Equivalence classes"]) == ("1,000", "40 (4%)", "3")
    assert (facts["Smallest class"], facts["Highest risk"]) == ("6 records", "100% before, 16.67% after")
    assert (facts["Loss"], facts["Search"]) == ("31.25%", "proven: no generalization is better")


def test_every_risk_stands_before_and_after() -> None:
    assert page_of(completed()).tables["Risk of being found"] == [
        ["Measure", "Before", "After"],
        ["Prosecutor: highest", "100%", "16.67%"],
        ["Prosecutor: average", "70%", "0.31%"],
        ["Prosecutor: lowest", "10%", "0.11%"],
        ["Prosecutor: records above the threshold of 20%", "90%", "0%"],
        ["Journalist: highest", "50%", "12.5%"],
        ["Journalist: average", "35%", "0.21%"],
        ["Journalist: lowest", "5%", "0.07%"],
        ["Journalist: records above the threshold of 20%", "45%", "1.2%"],
        ["Marketer: expected share found", "68%", "0.27%"],
        ["Records that stand alone", "61%", "0.004%"],
        ["In a word", "very high", "medium"],
    ]


def test_levels_are_told_with_their_meaning_and_loss_in_the_order_of_the_job() -> None:
    assert page_of(completed()).tables["Generalization levels"] == [
        ["Quasi-identifier", "Level", "What that means", "Loss"],
        ["age", "1 of 3", "intervals of 5, from 0 to 100", "8.75%"],
        ["zip", "2 of 3", "first 2 characters kept", "81%"],
        ["sex", "0 of 1", "as it came", "4%"],
    ]


def test_what_became_of_the_other_columns_is_said() -> None:
    text = page_of(completed()).text
    assert "Identifiers masked (*): name." in text
    assert "protected by the models that name them: illness." in text
    assert "Suppressed records are kept with * in every quasi-identifier." in text
    dropped = page_of(completed(config=config(identifiers="drop", suppression="drop", person_id="patient"))).text
    assert "Identifiers left out: name and patient." in dropped
    assert "Suppressed records are left out." in dropped


def test_classes_are_counted_by_ranges_of_sizes() -> None:
    assert page_of(completed()).tables["Class sizes"] == [
        ["Class size", "Classes before", "Records before", "Classes after", "Records after"],
        ["1", "610", "610", "0", "0"],
        ["2–4", "90", "180", "0", "0"],  # noqa: RUF001
        ["5–9", "0", "0", "1", "6"],  # noqa: RUF001
        ["10–19", "21", "210", "0", "0"],  # noqa: RUF001
        ["50–99", "0", "0", "1", "54"],  # noqa: RUF001
        ["500–999", "0", "0", "1", "900"],  # noqa: RUF001
    ]


def test_the_next_best_nodes_say_what_they_would_cost_and_where_they_differ() -> None:
    assert page_of(completed()).tables["What they would cost"] == [
        ["Node", "Loss", "Difference", "Suppressed", "Levels that differ"],
        ["chosen", "31.25%", "", "40", ""],
        ["1", "37.5%", "+6.25 points", "31", "age 1 → 2, zip 2 → 1"],
        ["2", "50%", "+18.75 points", "12", "zip 2 → 3, sex 0 → 1"],
        ["3", "100%", "+68.75 points", "0", "age 1 → 3, zip 2 → 3, sex 0 → 1"],
    ]


def test_at_most_five_other_nodes_are_named_and_none_that_failed() -> None:
    many = tuple(replace(NODES[1], levels={"age": 3, "zip": zip_, "sex": sex}) for zip_ in range(4) for sex in (0, 1))
    table = page_of(completed(nodes=(NODES[0], *many, NODES[4]))).tables["What they would cost"]
    assert [row[0] for row in table[1:]] == ["chosen", "1", "2", "3", "4", "5"]
    alone = page_of(completed(nodes=(NODES[0], NODES[4])))
    assert "No other node that the search checked satisfies every model" in alone.text


def test_differences_of_a_metric_that_is_no_share_are_plain_numbers() -> None:
    nodes = (replace(NODES[0], score=852952.0), replace(NODES[1], score=900000.5))
    records = completed(summary=summary(metric="discernibility", score=852952.0), nodes=nodes)
    table = page_of(records).tables["What they would cost"]
    assert table[2][1:3] == ["900,000", "+47,048"]


def test_the_metrics_are_those_of_the_release_and_of_each_column() -> None:
    page = page_of(completed())
    assert [row[:2] for row in page.tables["Metrics of the release, lower is better"]] == [
        ["Metric", "Value"],
        ["Loss (minimized)", "31.25%"],
        ["Discernibility", "852,952"],
    ]
    assert page.tables["Metrics by column"] == [
        ["Quasi-identifier", "Loss"],
        ["age", "8.75%"],
        ["zip", "81%"],
        ["sex", "4%"],
    ]


def test_a_search_that_proved_nothing_says_how_much_could_be_won() -> None:
    beam = page_of(completed(summary=summary(optimal=False, bound=0.25, gap=0.0625)))
    assert beam.facts["Result"] == "not proven: at most 6.25 points better is possible"
    assert beam.facts["Bound"] == "no node is below 25%"
    assert "did not look at the others" in beam.text
    assert "but none is better than the chosen one" not in beam.text
    assert page_of(completed(summary=summary(optimal=False))).facts["Result"].startswith("not proven: a better")


def test_the_effort_of_the_search_is_told_with_the_place_of_its_classes() -> None:
    facts = page_of(completed()).facts
    assert (facts["Nodes"], facts["Checks"]) == ("32", "6 of whole nodes, 11 on fewer columns")
    assert facts["Classes of the raw table"] == "700, kept on the driver"
    assert facts["Suppression limit"] == "50 records (5%)"
    lattice = {**summary()["lattice"], "checker": "cluster", "jobs": 12}
    there = page_of(completed(summary=summary(lattice=lattice)))
    assert there.facts["Classes of the raw table"] == "700, kept on the cluster, 12 Spark jobs"


def test_a_local_recoding_is_told_with_mean_levels_and_what_its_node_would_have_been() -> None:
    node = {"score": 0.3125, "suppressed": 40, "optimal": True}
    mean = {"age": 0.456, "zip": 1.0, "sex": 0.0}
    recoding = {"kind": "relaxed", "mean_levels": mean, "node": node}
    page = page_of(completed(summary=summary(recoding=recoding, optimal=False, score=0.125, suppressed=3)))
    table = page.tables["Generalization levels"]
    assert table[0] == ["Quasi-identifier", "Level", "Mean level", "What that means", "Loss"]
    assert [row[:3] for row in table[1:]] == [["age", "1 of 3", "0.46"], ["zip", "2 of 3", "1"], ["sex", "0 of 1", "0"]]
    assert "relaxed: classes may overlap" in page.text
    assert "a loss of 31.25% with 40 suppressed records; the release has 12.5% with 3." in page.text
    assert page.facts["Search"] == "proven best node, then levels for each class; better ones may exist"


def test_micro_aggregation_is_told_with_what_it_changed() -> None:
    told = {"age": {"function": "mean", "changed": 0.97, "sse_share": 0.25},
            "sex": {"function": "mode", "changed": 0.1, "sse_share": None}}  # fmt: skip
    ages = config()["attributes"][1]["hierarchy"]
    attributes = [attribute("age", hierarchy=ages, microaggregation="mean"), attribute("zip", hierarchy=ages),
                  attribute("sex", microaggregation="mode")]  # fmt: skip
    records = completed(summary=summary(microaggregation=told), config=config(attributes=attributes))
    records = replace(records, utility=(*records.utility, UtilityRecord("age", "changed", 0.97)))
    page = page_of(records)
    assert page.tables["One value a class (micro-aggregation)"][1:] == [
        ["age", "mean of its class", "97%", "25%"],
        ["sex", "mode of its class", "10%", "no numbers"],
    ]
    assert page.tables["Generalization levels"][1][2] == (
        "the mean of each class; classes were formed by: intervals of 5, from 0 to 100"
    )
    assert page.tables["Generalization levels"][3][2] == "the mode of each class"
    assert page.tables["Metrics by column"][0] == ["Quasi-identifier", "Loss"]


def test_persons_are_counted_where_records_name_theirs() -> None:
    persons = {"smallest": 4, "largest": 800, "average": 300.0}
    page = page_of(completed(config=config(person_id="patient"), summary=summary(persons=persons)))
    assert page.facts["Smallest class"] == "4 persons"
    assert page.tables["Class sizes"][0] == [
        "Class size", "Classes before", "Persons before", "Classes after", "Persons after"
    ]  # fmt: skip
    assert "A person can have several records; classes and risks count persons." in page.text


def test_what_the_journalist_is_taken_to_know_is_said() -> None:
    assert "No population table was named" in page_of(completed()).text
    population = {"uri": "everybody", "format": "delta"}
    named = page_of(completed(config=config(population=population)))
    assert "the journalist is taken to know" not in named.text
    recoding = {"kind": "strict", "mean_levels": {}, "node": {"score": 0.5, "suppressed": 0, "optimal": True}}
    recoded = page_of(completed(config=config(population=population), summary=summary(recoding=recoding)))
    assert "cannot be looked up in the population" in recoded.text


def test_whether_the_written_files_were_measured_is_said() -> None:
    assert "it was measured again on the written files" in page_of(completed()).text
    assert "not measured again on the written files" in page_of(completed(config=config(verify=False))).text


def test_the_run_is_told_with_places_versions_times_and_warnings() -> None:
    page = page_of(completed(summary=summary(warnings=["12 rows left out: age"])))
    facts = page.facts
    assert (facts["Run"], facts["State"]) == ("r1", "completed")
    assert (facts["Started"], facts["Ended"]) == ("2026-01-02 12:00:00 UTC", "2026-01-02 12:01:35 UTC")
    assert facts["Input"] == "file:///in/patients.csv, version 7"
    assert facts["Output"] == "file:///out/released, version 3"
    assert facts["Versions"] == "anonspark 0.1.0, Spark 4.1.4"
    assert page.tables["Times"][1:] == [
        ["opening the input", "1.2 s"], ["searching the lattice", "1 min 11 s"], ["in all", "1 min 35 s"]
    ]  # fmt: skip
    assert "12 rows left out: age" in page.text


def test_a_failed_run_says_why_how_near_it_came_and_what_was_asked() -> None:
    page = page_of(failed())
    assert "Nothing was released. No lattice node satisfies the policy." in page.text
    assert page.facts["State"] == "failed"
    assert (page.facts["Would suppress"], page.facts["Allowed"]) == ("77 records", "50 records")
    assert page.facts["Way out"].startswith("max_suppression of at least 0.077 (7.7%)")
    assert page.tables["Its levels"][1:] == [
        ["age", "2", "intervals of 20, from 0 to 100"],
        ["zip", "2", "first 2 characters kept"],
        ["sex", "1", "groups derived from the table, level 1"],
    ]
    assert [row[0] for row in page.tables["Privacy models"][1:]] == [
        "k-anonymity (k = 6)",
        "distinct l-diversity (l = 2) of illness",
    ]
    assert page.tables["Columns"][1:] == [
        ["age", "quasi-identifier"], ["zip", "quasi-identifier"], ["sex", "quasi-identifier"],
        ["illness", "sensitive"], ["name", "identifier"],
    ]  # fmt: skip


def test_an_error_that_is_not_our_own_is_named_by_its_class_alone() -> None:
    ended = replace(failed().run, error_type="Py4JJavaError", error_message=None)
    page = page_of(failed(run=ended, states=(BEGUN, ended), summary={}))
    assert "Nothing was released. The run ended with an unexpected Py4JJavaError." in page.text
    cancelled = replace(ended, state=RunState.CANCELLED)
    assert "the run was cancelled" in page_of(failed(run=cancelled, states=(BEGUN, cancelled), summary={})).text


def test_a_run_that_goes_on_has_no_report_yet() -> None:
    begun = RunRecords(BEGUN, (BEGUN,), config(), {})
    with pytest.raises(InputError, match="'r1' has not ended: it began at 2026-01-02 12:00:00 UTC"):
        document_of(begun)
    assert begun.started == NOON


def applied(**changes: Any) -> RunRecords:
    """A run that released other data at the levels of run r0."""
    whole = completed(summary=summary(**changes))
    return replace(whole, run=replace(whole.run, job="apply"), config={**whole.config, "solution": "r0"}, nodes=())


def test_a_run_that_applied_a_solution_names_it_and_tells_of_no_search() -> None:
    page = page_of(applied())
    assert "none: the levels are those of run r0" in page.text
    assert "The next best nodes" not in page.text
    assert "Generalization levels" in page.text


def test_an_append_tells_of_old_and_new_records_together() -> None:
    classes = {"kept": 31, "smallest": 7, "largest": 90, "average": 20.0}
    union = {"rows_released_before": 4000, "records": 4900, "classes": classes}
    page = page_of(applied(union=union, source={"from_version": 3, "to_version": 5, "rows": 1000}))
    for told in ("4,000 rows", "4,900 records", "3 to 5", "7 records"):
        assert told in page.text
    assert "What it was appended to" not in page_of(applied()).text


def test_a_run_that_found_nothing_new_has_no_report() -> None:
    with pytest.raises(InputError, match="nothing new to release"):
        document_of(applied(rows=0))


def test_a_run_of_another_job_is_refused() -> None:
    with pytest.raises(InputError, match="'r1' is a run of risk; reports are of anonymize, apply, "):
        document_of(completed(run=replace(completed().run, job="risk")))
