import inspect
import re

import pytest

from anonspark import errors
from anonspark.errors import (
    AnonsparkError,
    ColumnNotFoundError,
    ColumnTypeError,
    ConfigurationError,
    EmptyTableError,
    HierarchyError,
    MalformedCellsError,
    NoReleaseError,
    RunCancelledError,
    did_you_mean,
    sentence_of,
)

LINE = re.compile(r"^(?P<branch>[│ ]*[├└]─ )?(?P<name>[A-Z]\w+) +(?:exit (?P<exit>\d+))?")


def tree_of_the_docstring() -> dict[str, tuple[str | None, int]]:
    """Parent and exit code by class, as drawn; a line without a code has its parent's."""
    found: dict[str, tuple[str | None, int]] = {}
    path: list[str] = []
    for line in (errors.__doc__ or "").split("\n\n")[1].splitlines():
        drawn = LINE.match(line)
        assert drawn, line
        depth = len(drawn["branch"] or "") // 3
        path[depth:] = [drawn["name"]]
        parent = path[depth - 1] if depth else None
        inherited = found[parent][1] if parent else 1
        found[drawn["name"]] = (parent, int(drawn["exit"] or inherited))
    return found


def classes() -> dict[str, type[AnonsparkError]]:
    mine = inspect.getmembers(errors, inspect.isclass)
    return {name: cls for name, cls in mine if issubclass(cls, AnonsparkError)}


def test_the_tree_that_the_module_draws_is_the_tree_of_its_classes() -> None:
    drawn = {name: parent for name, (parent, _) in tree_of_the_docstring().items()}
    assert drawn == {
        name: None if cls is AnonsparkError else cls.__mro__[1].__name__ for name, cls in classes().items()
    }


def test_every_class_has_the_exit_code_that_the_tree_says() -> None:
    drawn = {name: code for name, (_, code) in tree_of_the_docstring().items()}
    assert drawn == {name: cls.exit_code for name, cls in classes().items()}
    assert set(drawn.values()) == {1, 2, 3, 130}


@pytest.mark.parametrize(
    ("error", "sentence", "field"),
    [
        (
            ColumnNotFoundError("ages", ["zip", "age"]),
            "Column 'ages' is not in the table; did you mean 'age'?",
            "ages",
        ),
        (ColumnNotFoundError("x", ["zip", "age"]), "Column 'x' is not in the table; it has 'zip', 'age'.", "x"),
        (
            ColumnTypeError("tags", "array<string>", "only single values can be generalized"),
            "Column 'tags' has type array<string>; only single values can be generalized.",
            "tags",
        ),
        (
            EmptyTableError("people.csv"),
            "The table people.csv has no rows; check the path, the separator and input.where.",
            "input",
        ),
        (HierarchyError("age", "is empty."), "The hierarchy of 'age' is empty.", "age"),
        (NoReleaseError("Nothing will do."), "Nothing will do.", "privacy"),
        (RunCancelledError(), "The run was cancelled; nothing was published.", None),
        (AnonsparkError("Something.", "somewhere"), "Something.", "somewhere"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, AnonsparkError) else "",
)
def test_an_error_builds_its_sentence_and_names_its_field(error: AnonsparkError, sentence: str, field: str) -> None:
    assert str(error) == error.message == sentence_of(error) == sentence
    assert error.field == field


def test_every_class_that_only_takes_a_message_says_it() -> None:
    plain = [cls for cls in classes().values() if cls.__init__ is AnonsparkError.__init__]
    assert {cls.__name__ for cls in plain} >= {"LocationError", "TooManyClassesError", "VerificationError"}
    for cls in plain:
        raised = cls("A sentence.", field="a.b")
        assert (str(raised), raised.field) == ("A sentence.", "a.b")


def test_one_fault_of_a_job_file_is_one_line() -> None:
    error = ConfigurationError([("privacy", "is missing.")], "job.yaml")
    assert (error.message, error.field) == ("job.yaml: privacy: is missing.", "privacy")


def test_many_faults_of_a_job_file_are_told_at_once_each_in_its_place() -> None:
    problems = [("input", "is missing."), (None, "The file is odd."), ("privacy[0].k", "must be at least 2.")]
    error = ConfigurationError(problems, "job.yaml", places=["job.yaml:1", None, "job.yaml:9"])
    assert error.message.splitlines() == [
        "job.yaml: 3 problems:",
        "  job.yaml:1: input: is missing.",
        "  The file is odd.",
        "  job.yaml:9: privacy[0].k: must be at least 2.",
    ]
    assert (error.field, error.problems) == ("input", tuple(problems))


def test_a_placed_fault_needs_no_source_before_it() -> None:
    assert ConfigurationError([("k", "is 0.")], "job.yaml", places=["job.yaml:3"]).message == "job.yaml:3: k: is 0."


def test_malformed_cells_are_counted_by_kind_with_the_way_out() -> None:
    error = MalformedCellsError({"age": 2, "zip": 1}, ragged=3, undecodable=4)
    assert error.message == (
        "Malformed cells: 2 of column 'age' that input.schema cannot cast; 1 of column 'zip' that input.schema cannot "
        "cast; 3 whole rows with too few or too many cells (see input.options.sep and quote); text in 4 rows that is "
        "not in the file's encoding (see input.options.encoding). Correct the data or the job file, or set "
        "input.malformed: quarantine to leave those rows out and count them."
    )
    assert error.field == "age"
    assert MalformedCellsError({}, ragged=1).field == "input"


def test_no_release_keeps_its_nearest_miss() -> None:
    miss = {"suppressed": 3}
    error = NoReleaseError("Nothing will do.", miss)
    miss["suppressed"] = 4
    assert error.nearest_miss == {"suppressed": 3}
    assert NoReleaseError("Nothing will do.").nearest_miss is None


def test_a_hint_has_the_name_as_it_is_spelt_and_none_where_nothing_is_near() -> None:
    assert did_you_mean("ZIP_CODE", ["Zip Code", "age"]) == "; did you mean 'Zip Code'?"
    assert did_you_mean("", ["age"]) == did_you_mean("age", []) == ""


def test_of_a_wide_table_twenty_columns_are_named() -> None:
    message = ColumnNotFoundError("zzz", [f"c{place}" for place in range(30)]).message
    assert "'c19'" in message
    assert "'c20'" not in message


def test_the_text_of_an_error_that_is_not_ours_is_not_told() -> None:
    assert "CANARY-7431" not in sentence_of(ValueError("cell CANARY-7431"))
    assert "ValueError" in sentence_of(ValueError("cell CANARY-7431"))
