"""Every error that anonspark raises on purpose.

AnonsparkError                  exit 1
├─ InputError                   exit 2: the input, the configuration or an argument is wrong
│  ├─ ConfigurationError        a job file, one or many faults at once
│  ├─ ColumnNotFoundError       a column that the table does not have
│  ├─ ColumnTypeError           a column of a type that cannot play its role
│  ├─ EmptyTableError           no rows
│  ├─ HierarchyError            a hierarchy that is not one, or that misses values
│  ├─ MalformedCellsError       cells that the schema cannot cast
│  ├─ LocationError             a file, folder, table or URI that cannot be read or written
│  ├─ PatternExistsError        a column pattern of a name that another one has
│  ├─ PatternNotFoundError      a column pattern that is not there
│  ├─ TooManyClassesError       more classes or lattice nodes than the search can hold
│  ├─ SecretKeyError            a key that cannot be found, read or used
│  ├─ CiphertextError           what cannot be decrypted: another key, or no ciphertext
│  ├─ UntreatableValueError     values that an action cannot take
│  └─ EnvironmentProblem        Java or a library is missing
├─ GoalNotMetError              exit 3: the data cannot be released as asked
│  ├─ NoReleaseError            no lattice node satisfies the policy within the suppression limit
│  ├─ UnsafeClassesError        a solution leaves classes of other data unsafe
│  ├─ UnionUnsafeError          new records make classes unsafe that are released already
│  └─ QualityGateError          the written release does not meet its expectations
├─ RunConflictError             exit 1: the run, or another writer of the table, is alive
├─ VerificationError            exit 1: what was written is not what was computed
└─ RunCancelledError            exit 130

An error builds its own sentence: it names the column or field, says what was found and the way out, and never holds a
value of the data.
"""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from itertools import zip_longest
from typing import Any, ClassVar


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A hint for a misspelt name, or nothing.

    >>> did_you_mean("ages", ["age", "zip"])
    "; did you mean 'age'?"
    >>> did_you_mean("income", ["age", "zip"])
    ''
    """
    spellings = {candidate.casefold(): candidate for candidate in known}
    close = get_close_matches(name.casefold(), spellings, n=1, cutoff=0.6)
    return f"; did you mean '{spellings[close[0]]}'?" if close else ""


class AnonsparkError(Exception):
    """Anything that anonspark raises on purpose; `field` is the column or the job file's field it is about."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class InputError(AnonsparkError):
    """The input, the configuration or an argument is wrong."""

    exit_code = 2


class ConfigurationError(InputError):
    """A job file that cannot be used; holds every fault, not only the first."""

    def __init__(
        self,
        problems: Sequence[tuple[str | None, str]],
        source: str | None = None,
        places: Sequence[str | None] = (),
    ) -> None:
        """Take faults as pairs of a field's path (`attributes[2].hierarchy.kind`) and a sentence.

        `places` says for each fault where it stands, as `job.yaml:12`; it takes the place of `source` there.
        """
        lines = [f"{field}: {sentence}" if field else sentence for field, sentence in problems]
        placed = [f"{place}: {line}" if place else line for line, place in zip_longest(lines, places[: len(lines)])]
        head = f"{source}: " if source and (len(lines) > 1 or placed == lines) else ""
        if len(lines) > 1:
            head += f"{len(lines)} problems:\n  "
        super().__init__(head + "\n  ".join(placed), field=problems[0][0])
        self.problems = tuple(problems)


class ColumnNotFoundError(InputError):
    """A column that the table does not have."""

    def __init__(self, column: str, columns: Sequence[str]) -> None:
        hint = did_you_mean(column, columns) or f"; it has {', '.join(repr(name) for name in columns[:20])}."
        super().__init__(f"Column '{column}' is not in the table{hint}", field=column)


class ColumnTypeError(InputError):
    """A column of a type that cannot play its role."""

    def __init__(self, column: str, found: str, needed: str) -> None:
        super().__init__(f"Column '{column}' has type {found}; {needed}.", field=column)


class EmptyTableError(InputError):
    """A table without rows has nothing to release."""

    def __init__(self, source: str) -> None:
        super().__init__(
            f"The table {source} has no rows; check the path, the separator and input.where.", field="input"
        )


class HierarchyError(InputError):
    """A hierarchy that is not one, or that misses values of its column."""

    def __init__(self, attribute: str, problem: str) -> None:
        super().__init__(f"The hierarchy of '{attribute}' {problem}", field=attribute)


class MalformedCellsError(InputError):
    """Cells that `input.schema` cannot cast, and rows that are none of the table's."""

    def __init__(self, counts: Mapping[str, int], *, ragged: int = 0, undecodable: int = 0) -> None:
        """Take cells by column, rows with too few or too many cells, and rows that the encoding cannot decode."""
        faults = [f"{count} of column '{column}' that input.schema cannot cast" for column, count in counts.items()]
        if ragged:
            faults.append(f"{ragged} whole rows with too few or too many cells (see input.options.sep and quote)")
        if undecodable:
            faults.append(f"text in {undecodable} rows that is not in the file's encoding (see input.options.encoding)")
        super().__init__(
            f"Malformed cells: {'; '.join(faults)}. Correct the data or the job file, or set "
            "input.malformed: quarantine to leave those rows out and count them.",
            field=next(iter(counts), "input"),
        )


class LocationError(InputError):
    """A file, folder, table or URI that cannot be read or written."""


class PatternExistsError(InputError):
    """A column pattern of a name that another one has."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"There is a column pattern '{name}' already; update it, or choose another name.", field="name"
        )


class PatternNotFoundError(InputError):
    """A column pattern that is not there."""

    def __init__(self, pattern_id: str) -> None:
        super().__init__(f"There is no column pattern of the id '{pattern_id}'; list them for their ids.")


class TooManyClassesError(InputError):
    """More equivalence classes or lattice nodes than this search can hold."""


class SecretKeyError(InputError):
    """A key that cannot be found, read or used; the message names the reference, never the key."""


class CiphertextError(InputError):
    """What cannot be decrypted: made with another key, changed, or no ciphertext at all."""


class UntreatableValueError(InputError):
    """A column has values that its action cannot take."""


class EnvironmentProblem(InputError):  # noqa: N818  it is the machine that lacks something
    """Java or a library is missing or too old."""


class GoalNotMetError(AnonsparkError):
    """The data cannot be released as the policy asks."""

    exit_code = 3


class NoReleaseError(GoalNotMetError):
    """No lattice node satisfies the policy within the suppression limit."""

    def __init__(self, message: str, nearest_miss: Mapping[str, object] | None = None) -> None:
        super().__init__(message, field="privacy")
        self.nearest_miss = dict(nearest_miss) if nearest_miss else None


class UnsafeClassesError(GoalNotMetError):
    """A solution that leaves classes of other data unsafe."""

    def __init__(self, unsafe: int, records: int) -> None:
        super().__init__(
            f"{unsafe:,} of {records:,} records are in classes that are unsafe at the solution's levels. Write unsafe: "
            "suppress to have them suppressed, or search this data's own levels with anonymize.",
            field="unsafe",
        )


class QualityGateError(GoalNotMetError):
    """The written release does not meet its expectations; `quality` is what the summary tells of them."""

    def __init__(self, quality: Mapping[str, Any]) -> None:
        failed, docs = quality["failed"], quality["docs"]
        verb = "does" if len(failed) == 1 else "do"
        super().__init__(
            f"The quality gate failed, nothing was published: {len(failed)} of {quality['expectations']} expectations "
            f"{verb} not hold ({'; '.join(failed)}).{f' See {docs}.' if docs else ''}",
            field="quality",
        )
        self.quality = dict(quality)


class UnionUnsafeError(GoalNotMetError):
    """New records with which classes that are released already would be unsafe."""

    def __init__(self, broken: int) -> None:
        super().__init__(
            f"{broken:,} classes that are released already would no longer satisfy the models beside the new records, "
            "whichever of these are left out; nothing was appended. Release the whole table with anonymize.",
            field="privacy",
        )


class RunConflictError(AnonsparkError):
    """The same run, or another writer of the same table, is alive."""


class VerificationError(AnonsparkError):
    """What was written is not what was computed, so it was not published."""


class RunCancelledError(AnonsparkError):
    """The caller asked the run to stop."""

    exit_code = 130

    def __init__(self) -> None:
        super().__init__("The run was cancelled; nothing was published.")


def sentence_of(error: BaseException) -> str:
    """What may be shown and kept of any error: of one that is not our own only the class, as its text can hold cells.

    >>> sentence_of(ValueError("cell 4711"))
    'An unexpected ValueError; run again with --debug for its traceback.'
    """
    if isinstance(error, AnonsparkError):
        return error.message
    return f"An unexpected {type(error).__name__}; run again with --debug for its traceback."
