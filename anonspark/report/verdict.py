"""What there is to know about a run, in one sentence and a few numbers."""

from anonspark.io.run_records import RunRecords
from anonspark.report.document import Facts
from anonspark.report.numbers import chance, counted, listed, percent
from anonspark.report.wording import Settings, difference, metric_name, model_words, share_or_number
from anonspark.vocabulary import AttributeRole, RunState


def models_of(records: RunRecords) -> list[str]:
    """The models that were asked for, in words."""
    return [model_words(model) for model in records.config.get("privacy", ())]


def unit_of(records: RunRecords) -> str:
    """What classes and risks count."""
    return "person" if records.config.get("person_id") else "record"


def columns_by_role(records: RunRecords, role: AttributeRole) -> dict[str, Settings]:
    """The settings of the attributes of one role, by column."""
    found = {each["name"]: each for each in records.config.get("attributes", ()) if each["type"] == role}
    person = records.config.get("person_id")
    # Who names a record's person is an identifier, listed or not.
    return found | ({person: {}} if person and role is AttributeRole.IDENTIFIER else {})


def verdict(records: RunRecords) -> str:
    """Whether there is a release, what holds of it and what risk is left; or why there is none."""
    if records.run.state is not RunState.COMPLETED:
        return failure(records)
    summary = records.summary
    rows, suppressed = summary["rows"], summary["suppressed"]
    if suppressed == rows:
        return f"All {counted(rows, 'record')} are suppressed: nothing that could tell somebody apart was released."
    risk = summary["risk"]["release"]
    models = models_of(records)
    hold = f"{listed(models)} {'holds' if len(models) == 1 else 'hold'}" if models else "no privacy model was asked for"
    released = f"all {counted(rows, 'record')}, none suppressed"
    if suppressed:
        share = percent(suppressed / rows)
        released = f"{rows - suppressed:,} of {counted(rows, 'record')}, {suppressed:,} suppressed ({share})"
    return (
        f"Released {released}; {hold}; the highest remaining risk that somebody is found is "
        f"{chance(risk['prosecutor']['highest'])}, {risk['level'].replace('_', ' ')}."
    )


def failure(records: RunRecords) -> str:
    """Why nothing was released."""
    if records.run.state is RunState.CANCELLED:
        return "Nothing was released: the run was cancelled."
    told = records.summary.get("error", {}).get("message") or records.run.error_message
    return f"Nothing was released. {told or f'The run ended with an unexpected {records.run.error_type}.'}"


def key_facts(records: RunRecords) -> Facts:
    """The numbers that one looks for first."""
    summary = records.summary
    if records.run.state is not RunState.COMPLETED:
        rows = records.run.input_rows
        pairs = [("State", str(records.run.state)), *([("Records", f"{rows:,}")] if rows is not None else [])]
        return Facts("In short", tuple(pairs))
    classes, release = summary.get("union", summary)["classes"], summary["risk"]["release"]
    smallest = summary.get("persons", classes)["smallest"]
    before = summary["risk"]["input"]["prosecutor"]["highest"]
    pairs = [
        ("Records", f"{summary['rows']:,}"),
        ("Suppressed", f"{summary['suppressed']:,} ({percent(summary['suppressed'] / summary['rows'])})"),
        ("Equivalence classes", f"{classes['kept']:,}"),
        ("Smallest class", counted(smallest, unit_of(records))),
        ("Highest risk", f"{percent(before)} before, {percent(release['prosecutor']['highest'])} after"),
        (metric_name(summary["metric"]), share_or_number(summary["metric"], summary["score"])),
        ("Search", proof(records)),
    ]
    return Facts("In short", tuple(pairs))


def proof(records: RunRecords) -> str:
    """How sure it is that nothing better exists."""
    summary = records.summary
    if "solution" in records.config:
        return f"none: the levels are those of run {records.config['solution']}"
    if summary["optimal"]:
        return "proven: no generalization is better"
    if "recoding" in summary:
        node = summary["recoding"]["node"]
        of_node = "proven best node" if node["optimal"] else "best node found"
        return f"{of_node}, then levels for each class; better ones may exist"
    if "gap" in summary:
        return f"not proven: at most {difference(summary['metric'], summary['gap'])} better is possible"
    return "not proven: a better generalization may exist"
