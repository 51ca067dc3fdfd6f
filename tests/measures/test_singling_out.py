import numpy as np
import pytest

from anonspark.measures.singling_out import examples, learn_singling_out, rarity


def people(n_records: int = 3000) -> list[np.ndarray]:
    """A place of 300 values, an age of 80, a sex, and a colour that all but a few share."""
    rng = np.random.default_rng(0)
    colours = (rng.random(n_records) < 0.01).astype(np.int32)
    return [rng.integers(0, top, n_records).astype(np.int32) for top in (300, 80, 2)] + [colours]


def test_examples_are_alone_exactly_where_no_other_record_has_their_values():
    codes = [np.array(column, np.int32) for column in ([0, 0, 1, 2], [0, 1, 1, 1])]
    features, alone, _ = examples(codes, np.random.default_rng(3))
    rows = list(zip(*[column.tolist() for column in codes], strict=True))
    seen = set()
    for row, told in zip(features, alone, strict=True):
        columns = np.flatnonzero(row)
        if len(columns) == 2:
            sizes = [sum(other == each for other in rows) for each in rows]
            assert told == (min(sizes) == 1)
            seen.add(bool(told))
        assert set(row) <= {0.0, *rarity(codes[0]), *rarity(codes[1])}
    assert True in seen


def test_columns_of_many_values_single_out_most_and_a_constant_one_nothing():
    codes = [*people(), np.zeros(3000, np.int32)]
    model = learn_singling_out(codes, np.random.default_rng(1))
    assert model is not None
    assert set(np.argsort(-model.importances)[:2].tolist()) == {0, 1}
    assert model.importances[4] == 0
    assert model.importances.sum() == pytest.approx(1)


def test_a_model_that_has_something_to_learn_is_right_about_records_it_has_not_seen():
    model = learn_singling_out(people(), np.random.default_rng(1))
    assert model is not None
    assert model.is_reliable
    assert model.roc_auc > 0.9
    assert model.f1 == pytest.approx(2 * model.precision * model.recall / (model.precision + model.recall))


def test_equal_seeds_learn_equal_models():
    first, second = (learn_singling_out(people(500), np.random.default_rng(5)) for _ in range(2))
    assert first is not None
    assert second is not None
    assert (first.importances == second.importances).all()


@pytest.mark.parametrize("codes", [[], [np.zeros(0, np.int32)], [np.zeros(50, np.int32)]])
def test_where_nothing_can_be_learned_there_is_no_model(codes):
    assert learn_singling_out(codes, np.random.default_rng(1)) is None
