"""Treatments on a table: one select for all of them, and a join beside it where there are tokens."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import DataType, StringType, StructType

from anonspark.domain.keys import KeyScope
from anonspark.domain.paths import ColumnPath, parse_path
from anonspark.domain.treatments import (
    Action,
    AddNoise,
    DateShift,
    Encrypt,
    FormatPreservingEncrypt,
    Generalize,
    Hash,
    KAnonymize,
    Keep,
    Mask,
    Pseudonymize,
    Redact,
    Suppress,
    Tokenize,
    Treatment,
    Truncate,
)
from anonspark.errors import InputError
from anonspark.frames.names import numbered, positions
from anonspark.pii.cells import kind_of
from anonspark.pii.nested import (
    dropped,
    is_repeated,
    replaced,
    replaced_in_python,
    type_at,
    with_texts,
    within_json,
    without_in_json,
)
from anonspark.pii.normalize import normalize
from anonspark.pii.transforms.date_shift import shift_date
from anonspark.pii.transforms.encrypt import encrypt
from anonspark.pii.transforms.format_preserving import fpe_encrypt
from anonspark.pii.transforms.generalize import generalize
from anonspark.pii.transforms.hash import hash_value
from anonspark.pii.transforms.in_texts import in_spans
from anonspark.pii.transforms.mask import mask
from anonspark.pii.transforms.noise import add_noise
from anonspark.pii.transforms.on_arrays import change_of
from anonspark.pii.transforms.pseudonymize import pseudonymize
from anonspark.pii.transforms.redact import redact
from anonspark.pii.transforms.truncate import truncate
from anonspark.pii.workers import arrow_column

Step = Callable[[DataFrame], DataFrame]
Family = Callable[[str | None], str]

NATIVE: tuple[type[Action], ...] = (Redact, Mask, Truncate, Generalize)
"""Actions that Spark's own expressions do, within collections too."""

ELSEWHERE: tuple[type[Action], ...] = (Keep, Tokenize, KAnonymize)
"""Actions that the select leaves alone: nothing, a join with tokens, and a search for a release."""


@dataclass(frozen=True, slots=True)
class Means:
    """What treatments need beside the table.

    Attributes:
        keys: Of the job's scope.
        family: Of ciphertexts, by type of personal data: deterministic ones of a family can be joined.
        locale: Of pseudonyms whose rule names none.
        scales: Of noise, by path.
        seed: Of noise.
        free_text: Paths of texts of which only what is found in them is treated.
        tokens: Puts tokens in where columns have that action; see `transforms.tokenize`.
    """

    keys: KeyScope
    family: Family = lambda pii_type: pii_type or "value"
    locale: str | None = None
    scales: Mapping[str, float] = field(default_factory=dict)
    seed: int = 0
    free_text: frozenset[str] = frozenset()
    tokens: Step | None = None


def treat(table: DataFrame, treatments: Sequence[Treatment], means: Means) -> DataFrame:
    """The table with all treatments but `k_anonymize` done; lazy.

    Columns stay in their order. What becomes of a type: numbers with noise, and dates that are moved, keep theirs; all
    else becomes text. A column that is suppressed is gone, and a struct of which every field is. Null stays null.

    Args:
        table: Rows to release.
        treatments: At most one a path; each fits its values, see `takes.require_fit`.
        means: What they need.

    Raises:
        ColumnNotFoundError: A path leads nowhere.
        InputError: Every column would be gone.
    """
    by_column: defaultdict[str, list[tuple[ColumnPath, Treatment]]] = defaultdict(list)
    gone: list[ColumnPath] = []
    for treatment in treatments:
        path = parse_path(treatment.column)
        if isinstance(treatment.action, Suppress):
            gone.append(path)
        elif not isinstance(treatment.action, ELSEWHERE):
            by_column[path.column].append((path, treatment))
    gone = suppressed_paths(table.schema, gone)
    positions(table, [*by_column, *(path.column for path in gone)])
    columns, names = [], []
    for place, name in enumerate(table.columns):
        if any(path.column == name and not path.steps for path in gone):
            continue
        column, data_type = F.col(f"c{place}"), table.schema[place].dataType
        for path, treatment in by_column.get(name, ()):
            column, data_type = _treated(column, data_type, path, treatment, table, means)
        for path in gone:
            if path.column == name:
                column = _without(column, data_type, path)
        columns.append(column.alias(f"c{place}"))
        names.append(name)
    if not columns:
        raise InputError("Every column is suppressed, so that nothing is left to write; keep one.", field="rules")
    treated = numbered(table).select(*columns).toDF(*names)
    return treated if means.tokens is None else treated.transform(means.tokens)


def suppressed_paths(schema: StructType, paths: Sequence[ColumnPath]) -> list[ColumnPath]:
    """What is left out when these are: a collection with its values, and a struct with its last field."""
    found = {_of_field(path) for path in paths}
    while True:
        whole = {
            above
            for above in {_above(path) for path in found if path.steps}
            if above not in found and _all_gone(schema, above, found)
        }
        if not whole:
            return [path for path in found if not any(_inside(path, other) for other in found)]
        found |= {_of_field(path) for path in whole}


def _of_field(path: ColumnPath) -> ColumnPath:
    """The way up to the field or column that holds a collection."""
    steps = list(path.steps)
    while steps and not steps[-1].field:
        steps.pop()
    return ColumnPath(path.column, tuple(steps))


def _above(path: ColumnPath) -> ColumnPath:
    return ColumnPath(path.column, path.steps[:-1])


def _inside(path: ColumnPath, other: ColumnPath) -> bool:
    return path != other and path.column == other.column and path.steps[: len(other.steps)] == other.steps


def _all_gone(schema: StructType, path: ColumnPath, gone: set[ColumnPath]) -> bool:
    if path.column not in schema.names or within_json(path):
        return False
    struct = type_at(schema[path.column].dataType, path)
    if not isinstance(struct, StructType):
        return False
    fields = {each.steps[-1].field for each in gone if each.steps and _above(each) == path}
    return set(struct.names) <= fields


def _without(column: Column, data_type: DataType, path: ColumnPath) -> Column:
    if within_json(path):
        return without_in_json(column, data_type, path.steps)
    return dropped(column, path.steps)


def _treated(
    column: Column, data_type: DataType, path: ColumnPath, treatment: Treatment, table: DataFrame, means: Means
) -> tuple[Column, DataType]:
    """A column with one treatment done, and the type that it has then."""
    at_end = type_at(data_type, path)
    action = treatment.action
    if treatment.column in means.free_text or (is_repeated(path) and not _is_native(treatment, path)):
        # Python workers take texts.
        if not isinstance(at_end, StringType):
            column = replaced(column, path.steps, lambda value: value.cast("string"))
            data_type = with_texts(data_type, path.steps, StringType())
        change = change_of(action, means.keys, means.family(treatment.pii_type), treatment.pii_type, means.locale)
        if treatment.column in means.free_text:
            change = in_spans(change)
        if not path.steps:
            return arrow_column(change, StringType(), column), StringType()
        return replaced_in_python(column, data_type, path.steps, change), data_type
    change_value, after = value_change(treatment, at_end, table, means)
    return replaced(column, path.steps, change_value), with_texts(data_type, path.steps, after)


def _is_native(treatment: Treatment, path: ColumnPath) -> bool:
    return isinstance(treatment.action, NATIVE) and not within_json(path)


def value_change(
    treatment: Treatment, data_type: DataType, table: DataFrame, means: Means
) -> tuple[Callable[[Column], Column], DataType]:
    """What is done with one value a row, and the type that comes of it.

    Args:
        treatment: What is done.
        data_type: Of the values.
        table: Whose column tells the person of a date.
        means: What the action needs.
    """
    action, pii_type = treatment.action, treatment.pii_type
    match action:
        case Redact():
            return redact, StringType()
        case Mask():
            return lambda value: mask(value.cast("string"), action), StringType()
        case Truncate():
            return lambda value: truncate(value.cast("string"), action), StringType()
        case Generalize():
            return lambda value: generalize(value, action, pii_type, kind_of(data_type)), StringType()
        case AddNoise():
            scale, seed = means.scales[treatment.column], means.seed
            return lambda value: add_noise(value, action, scale, seed, data_type), data_type
        case DateShift():
            keys, person = means.keys, None if action.person is None else _person(table, action.person)
            return lambda value: shift_date(value, person, action, keys.linking, keys.scope, data_type), data_type
        case _:
            return _keyed_change(treatment, data_type, means), StringType()


def _keyed_change(treatment: Treatment, data_type: DataType, means: Means) -> Callable[[Column], Column]:
    """What is done with one value a row by an action that has a key and gives a text."""
    action, keys, pii_type = treatment.action, means.keys, treatment.pii_type
    key = keys.encryption
    match action:
        case Hash():
            if keys.hashing is None:
                return lambda value: hash_value(value.cast("string"), action, None)
            # Normalized where it is hashed, so that values go to a Python worker once.
            change = change_of(action, keys, "", None, None)
            return lambda value: arrow_column(change, StringType(), value.cast("string"))
        case Encrypt() if key is not None:
            family = means.family(pii_type)
            return lambda value: encrypt(value, action, key, keys.scope, family, data_type)
        case FormatPreservingEncrypt() if key is not None:
            return lambda value: fpe_encrypt(value.cast("string"), action, key, keys.scope)
        case Pseudonymize():
            locale = action.locale or means.locale
            return lambda value: pseudonymize(value.cast("string"), pii_type, locale, keys.linking, keys.scope)
        case _:
            raise TypeError(f"{action.name} is not done value by value")


def _person(table: DataFrame, path_text: str) -> Column:
    """The person of each row of the numbered table, in the spelling by which persons are told apart."""
    path = parse_path(path_text)
    (place,) = positions(table, [path.column])
    value = F.col(f"c{place}")
    type_at(table.schema[place].dataType, path)
    for step in path.steps:
        value = value.getField(step.field)
    return normalize(value.cast("string"), None)
