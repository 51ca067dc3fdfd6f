"""Whether the release is safe: three attackers before and after, and how many look alike."""

from collections.abc import Sequence
from typing import Any

from anonspark.io.run_records import RunRecords, SizeCounts
from anonspark.report.charts import size_bins, size_chart
from anonspark.report.document import DataTable, Paragraph, Section, section
from anonspark.report.numbers import percent
from anonspark.report.verdict import unit_of
from anonspark.report.wording import LEVEL_WORDS, Settings, model_words, promise

ATTACKERS = (("Prosecutor", "prosecutor"), ("Journalist", "journalist"))

MEASURES = (("highest", "highest"), ("average", "average"), ("lowest", "lowest"))


def models_section(records: RunRecords) -> Section:
    """What was promised, and whether somebody looked."""
    models = records.config.get("privacy", ())
    how = "was measured again on the written files before these were published"
    if not records.config.get("verify", True):
        how = "was computed, and not measured again on the written files, as the job says verify: false"
    text = f"All of this holds for what is not suppressed; it {how}."
    return section("What is guaranteed", [models_table(models), Paragraph(text)])


def models_table(models: Sequence[Settings]) -> DataTable:
    """Each model with what it promises."""
    rows = tuple((model_words(model), promise(model)) for model in models)
    return DataTable("Privacy models", ("Model", "What it promises"), rows)


def risk_section(records: RunRecords) -> Section:
    """Risk before and after."""
    risk = records.summary["risk"]
    return section(
        "Risk before and after",
        [risk_table(risk["input"], risk["release"], records.config["risk_threshold"]), Paragraph(_notes(records))],
    )


def risk_table(before: Any, after: Any, threshold: float) -> DataTable:  # noqa: ANN401  parts of a summary
    """One line a measure."""

    def line(words: str, *keys: str) -> tuple[str, str, str]:
        cells = []
        for found in (before, after):
            for key in keys:
                found = found[key]
            cells.append(percent(found))
        return words, cells[0], cells[1]

    above = f"records above the threshold of {percent(threshold)}"
    rows = []
    for name, attacker in ATTACKERS:
        rows += [line(f"{name}: {words}", attacker, measure) for words, measure in MEASURES]
        rows.append(line(f"{name}: {above}", attacker, "records_at_risk"))
    rows.append(line("Marketer: expected share found", "marketer"))
    rows.append(line("Records that stand alone", "unique_fraction"))
    first, second = (LEVEL_WORDS[each["level"]].partition(":")[0] for each in (before, after))
    rows.append(("In a word", first, second))
    return DataTable("Risk of being found", ("Measure", "Before", "After"), tuple(rows), frozenset({1, 2}))


def _notes(records: RunRecords) -> str:
    """What the numbers rest on."""
    level = records.summary["risk"]["release"]["level"]
    notes = [
        f"After: {LEVEL_WORDS[level]}. Risks are those of the records that are not suppressed; such a record shows "
        "nothing of its quasi-identifiers."
    ]
    if records.config.get("population") is None:
        notes.append(
            "No population table was named, so the journalist is taken to know who is in the table, as the prosecutor "
            "does: the true risk is not higher."
        )
    elif "recoding" in records.summary or "microaggregation" in records.summary:
        notes.append(
            "Classes with levels of their own cannot be looked up in the population, so the journalist is taken to "
            "know as much as the prosecutor: the true risk is not higher."
        )
    if records.config.get("person_id"):
        notes.append("A person can have several records; classes and risks count persons.")
    return " ".join(notes)


def sizes_section(records: RunRecords) -> Section | None:
    """How many look alike, before and after; None where no class was recorded."""
    before, after = (records.histogram.get(subject, ()) for subject in ("input", "release"))
    if not before:
        return None
    unit = unit_of(records)
    return section("How many look alike", [size_chart(before, after, unit), sizes_table(before, after, unit)])


def sizes_table(before: SizeCounts, after: SizeCounts, unit: str) -> DataTable:
    """The chart in numbers."""
    headers = ("Class size", "Classes before", f"{unit.title()}s before", "Classes after", f"{unit.title()}s after")
    rows = tuple(
        (old.label, f"{old.classes:,}", f"{old.records:,}", f"{new.classes:,}", f"{new.records:,}")
        for old, new in zip(*size_bins(before, after), strict=True)
        if old.classes or new.classes
    )
    return DataTable("Class sizes", headers, rows, frozenset({1, 2, 3, 4}))
