import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonspark.config.models import Model
from anonspark.report.numbers import percent
from anonspark.report.wording import PROMISES, level_words, model_words, promise
from anonspark.vocabulary import ModelName
from tests.report.records import attribute


@given(st.floats(0, 1))
def test_a_share_is_told_within_a_hundredth_and_nothing_and_all_only_where_they_are(share: float) -> None:
    text = percent(share)
    assert (text == "0%") == (share == 0)
    assert (text == "100%") == (share == 1)
    if text.startswith(("less", "more")):
        assert min(share, 1 - share) <= 1e-8
    else:
        assert abs(float(text.rstrip("%")) / 100 - share) <= 0.5e-4 + 1e-12


@pytest.mark.parametrize(
    ("model", "words", "promised"),
    [
        ({"model": "k-anonymity", "k": 5}, "k-anonymity (k = 5)", "every record is among at least 5 that look alike"),
        (
            {"model": "l-diversity", "attribute": "a", "variant": "entropy", "l": 2.5, "c": None},
            "entropy l-diversity (l = 2.5) of a",
            "the values of a in a class are as uncertain as 2.5 equally frequent ones",
        ),
        (
            {"model": "l-diversity", "attribute": "a", "variant": "recursive", "l": 3, "c": 4.0},
            "recursive l-diversity (l = 3, c = 4) of a",
            "the commonest value of a in a class is rarer than 4 times those of rank 3 and beyond together",
        ),
        (
            {"model": "t-closeness", "attribute": "a", "t": 0.2, "distance": "ordered"},
            "t-closeness (t = 0.2) of a, ordered distance",
            "the values of a in a class are distributed as in the whole table, up to a distance of 0.2",
        ),
        (
            {"model": "beta-likeness", "attribute": "a", "beta": 1.5, "variant": "basic"},
            "basic beta-likeness (beta = 1.5) of a",
            "no value of a gains more than a factor of 2.5 in a class against the whole table",
        ),
        (
            {"model": "delta-disclosure", "attribute": "b", "delta": 1.0},
            "delta-disclosure (delta = 1) of b",
            "every value of b in a class is about as frequent as in the whole table, by a factor of less than e to the "
            "1",
        ),
        (
            {"model": "alpha-k", "attribute": "a", "alpha": 0.5, "k": 4},
            "alpha-k (alpha = 0.5, k = 4) of a",
            "every record is among at least 4 that look alike, at most 50% of which share a value of a",
        ),
        ({"model": "k-map", "k": 3}, "k-map (k = 3)", "every record looks like at least 3 people of the population"),
        (
            {"model": "delta-presence", "delta_min": 0.0, "delta_max": 0.25},
            "delta-presence (delta_min = 0, delta_max = 0.25)",
            "that somebody of the population is in the table is known with a chance of 0% to 25%",
        ),
        (
            {"model": "average-risk", "threshold": 0.1},
            "average-risk (threshold = 0.1)",
            "a record is found with 10% at most, on average",
        ),
        (
            {"model": "population-uniqueness", "threshold": 0.01, "population_size": 60000},
            "population-uniqueness (threshold = 0.01, population_size = 60,000)",
            "at most 1% of the records are unique among 60,000 people, by estimate (Zayatz)",
        ),
    ],
)
def test_a_model_is_named_with_its_parameters_and_what_it_promises(
    model: dict[str, object], words: str, promised: str
) -> None:
    assert model_words(model) == words
    assert promise(model) == promised


def test_every_model_of_a_job_file_has_its_promise() -> None:
    union = Model.__args__[0].__args__
    assert set(PROMISES) == set(ModelName)
    assert {kind.model_fields["model"].annotation.__args__[0] for kind in union} == set(PROMISES)


def bounds(bottom: list[int], top: list[int]) -> dict[str, object]:
    return {"kind": "top_bottom", "bottom": bottom, "top": top}


@pytest.mark.parametrize(
    ("hierarchy", "level", "height", "words"),
    [
        (None, 0, 2, "as it came"),
        (None, 1, 2, "groups derived from the table, level 1"),
        (None, 2, 2, "everything alike"),
        ({"kind": "csv", "uri": "s3a://b/levels/age.csv"}, 2, 2, "column 3 of age.csv"),
        ({"kind": "mask", "keep": [4, 1, 0]}, 1, 4, "first 4 characters kept"),
        ({"kind": "mask", "keep": [4, 1, 0]}, 2, 4, "first character kept"),
        ({"kind": "mask", "keep": [4, 1, 0]}, 3, 3, "no character kept, the same for all"),
        ({"kind": "mask", "keep": [4, 1]}, 3, 3, "everything alike"),
        ({"kind": "date", "levels": ["month", "decade"]}, 2, 3, "by decade"),
        ({"kind": "date", "levels": ["month", "decade"]}, 2, 2, "by decade, the same for all"),
        ({"kind": "intervals", "min": 0, "max": 9e3, "widths": [0.5, 2500]}, 1, 3, "intervals of 0.5, from 0 to 9,000"),
        ({"kind": "intervals", "min": 0, "max": 9, "widths": [3]}, 2, 2, "everything alike"),
        (bounds([18, 21], [90]), 1, 3, "up to 18 and from 90 on as one, others as they came"),
        (bounds([18, 21], [90]), 2, 3, "up to 21 and from 90 on as one, others as they came"),
        (bounds([], [90, 80]), 2, 3, "from 80 on as one, others as they came"),
        (bounds([18], [90]), 2, 2, "everything alike"),
        ({"kind": "tree", "tree": {"A": ["b", "c"]}}, 1, 2, "level 1 of the tree in the job file"),
        ({"kind": "tree", "tree": {"A": ["b", "c"]}}, 2, 2, "everything alike"),
        ({"kind": "order", "order": list("abcde"), "fanout": 2}, 2, 3, "4 neighbours of the order merged"),
        ({"kind": "order", "order": list("abcde"), "fanout": 2}, 3, 3, "everything alike"),
    ],
)  # fmt: skip
def test_a_level_is_told_by_its_rule_and_never_by_a_label(
    hierarchy: dict[str, object] | None, level: int, height: int, words: str
) -> None:
    assert level_words(attribute("a", hierarchy=hierarchy), level, height) == words
