from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path

import pytest

from anonspark.errors import ConfigurationError, InputError, PatternExistsError, PatternNotFoundError
from anonspark.pii.pattern_registry import PatternRegistry
from anonspark.vocabulary import Identity

PLATE = {"name": "plate", "classification": "DI", "column_patterns": ["*plate*"]}
BADGE = {"name": "badge", "classification": "QI", "column_patterns": ["badge"]}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "patterns.yaml"


def test_what_is_made_is_there_for_everybody(path):
    made = PatternRegistry(path, now=lambda: datetime(2026, 1, 2, tzinfo=UTC)).create(PLATE, created_by="ops")
    other = PatternRegistry(path)
    assert other.patterns() == (made,)
    assert other.get(made.id).created_at == datetime(2026, 1, 2, tzinfo=UTC)
    assert other.get(made.id).created_by == "ops"


def test_patterns_are_listed_by_classification(path):
    registry = PatternRegistry(path)
    registry.create(PLATE)
    registry.create(BADGE)
    assert [each.name for each in registry.patterns(Identity.QUASI)] == ["badge"]
    assert len(registry.patterns()) == 2


def test_only_the_fields_that_are_given_change(path):
    registry = PatternRegistry(path)
    made = registry.create({**PLATE, "description": "of cars", "priority": 7})
    changed = registry.update(made.id, {"priority": 3, "description": None})
    assert (changed.priority, changed.description, changed.column_patterns) == (3, None, made.column_patterns)
    assert (changed.id, changed.created_at) == (made.id, made.created_at)
    assert PatternRegistry(path).get(made.id) == changed


@pytest.mark.parametrize("fields", [{"priority": None}, {"priority": 0}, {"classification": "PI"}, {"nmae": "x"}])
def test_a_wrong_change_is_refused_and_changes_nothing(path, fields):
    registry = PatternRegistry(path)
    made = registry.create(PLATE)
    with pytest.raises(ConfigurationError):
        registry.update(made.id, fields)
    assert PatternRegistry(path).patterns() == (made,)


def test_what_only_the_registry_knows_cannot_be_set(path):
    with pytest.raises(InputError, match="created_at, id cannot be set"):
        PatternRegistry(path).create({**PLATE, "id": "x", "created_at": "2026-01-01"})


def test_names_are_unique_in_any_case(path):
    registry = PatternRegistry(path)
    registry.create(PLATE)
    other = registry.create(BADGE)
    with pytest.raises(PatternExistsError):
        registry.create({**BADGE, "name": "PLATE"})
    with pytest.raises(PatternExistsError):
        registry.update(other.id, {"name": "Plate"})
    assert registry.update(other.id, {"name": "Badge"}).name == "Badge"


def test_what_is_not_there_is_said_to_be_so(path):
    registry = PatternRegistry(path)
    for ask in (registry.get, registry.delete, lambda name: registry.update(name, {"priority": 1})):
        with pytest.raises(PatternNotFoundError):
            ask("nobody")


def test_deleting_takes_away_what_is_asked_and_no_more(path):
    registry = PatternRegistry(path)
    made = registry.create(PLATE)
    kept = registry.create(BADGE)
    registry.delete(made.id)
    assert PatternRegistry(path).patterns() == (kept,)
    assert registry.delete_all() == 1
    assert PatternRegistry(path).patterns() == ()


def test_an_edit_by_hand_counts_once_it_is_reloaded(path):
    registry = PatternRegistry(path)
    registry.create(PLATE)
    path.write_text(path.read_text() + "- {name: badge, classification: QI, column_patterns: [badge]}\n")
    assert [each.name for each in registry.patterns()] == ["plate"]
    assert registry.reload() == 2
    assert registry.get("badge").priority == 50


def test_a_broken_file_leaves_in_force_what_was_and_is_not_written_over(path):
    registry = PatternRegistry(path)
    made = registry.create(PLATE)
    broken = path.read_text().replace("classification: DI", "classification: D")
    path.write_text(broken)
    with pytest.raises(ConfigurationError, match=r"patterns\.yaml:4"):
        registry.reload()
    assert registry.patterns() == (made,)
    with pytest.raises(ConfigurationError):
        registry.create(BADGE)
    assert path.read_text() == broken


def make_some(path: Path, worker: int) -> None:
    registry = PatternRegistry(path)
    for number in range(5):
        registry.create({**BADGE, "name": f"{worker}/{number}"})


def test_patterns_that_are_made_at_once_are_all_kept(path):
    with ProcessPoolExecutor(4, mp_context=get_context("spawn")) as pool:
        list(pool.map(make_some, [path] * 4, range(4)))
    assert len(PatternRegistry(path).patterns()) == 20
