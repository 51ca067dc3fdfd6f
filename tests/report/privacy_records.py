"""The records of a scan and of a transformation, written down by hand; only the compliance is computed."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from anonspark.config.pii_knowledge import load_catalogue
from anonspark.config.profiles import load_profiles
from anonspark.domain.pii import ColumnFinding
from anonspark.domain.treatments import Generalize, Hash, Keep, Mask, Redact, Treatment
from anonspark.io.run_records import RunRecords
from anonspark.pii.compliance import evaluate
from anonspark.vocabulary import DetectionMethod, RunState
from tests.report.records import BEGUN, NOON

CATALOGUE = load_catalogue()

URI = "file:///in/patients.csv"


def detection(column: str, pii_type: str, confidence: float = 0.95, **more: Any) -> dict[str, Any]:
    """A finding as a summary has it."""
    usual = {
        "column": column, "pii_type": pii_type, "confidence": confidence, "method": "name_and_values",
        "instances": 980, "instances_estimated": None, "sample": "a***@e***.com",
        "evidence": [f"The name is one for {pii_type}.", "98.5 % of 1,000 values have its shape."],
    }  # fmt: skip
    return {**usual, **more}


DETECTIONS = (
    detection("patient_name", "name", 0.97, sample="A*** C***"),
    detection("contact.e_mail", "email", 0.99),
    detection("contact.phones[]", "us_phone", 0.85, method="pattern", instances=1712, sample="(***) ***-**12"),
    detection("born", "date_of_birth", 0.98, sample="****-**-**"),
    detection("zip", "us_zip", 0.9, sample="9****"),
    detection("age", "age", 0.95, sample="**"),
    detection("notes", "phone", 0.81, method="free_text", instances=17, sample=None, evidence="17 phones in texts"),
    detection("religion", "religious", 0.95, sample=None, instances=None, instances_estimated=870),
)

TREATMENTS = (
    ("patient_name", "name", Redact(), "profile hipaa, default action", None),
    ("contact.e_mail", "email", Hash(), "rule 1 (priority 10) for email", "k-2026-01/v3"),
    ("contact.phones[]", "us_phone", Mask(), "rule 2 (priority 0) for phone", None),
    ("born", "date_of_birth", Generalize(to="month"), "rule 3 (priority 0) for date_of_birth", None),
    ("zip", "us_zip", Generalize(keep=3), "profile hipaa, action for us_zip", None),
    ("age", "age", Keep(), "rule 4 (priority 0) for age", None),
)


def compliance(detections: Any, treatments: Any = (), profile: str = "hipaa") -> dict[str, Any]:
    """How these stand with a regulation."""
    findings = [
        ColumnFinding(each["column"], each["pii_type"], each["confidence"], DetectionMethod(each["method"]), ())
        for each in detections
    ]
    done = [Treatment(column, pii_type, action, because) for column, pii_type, action, because, _ in treatments]
    return evaluate(findings, done, load_profiles(CATALOGUE)[profile], CATALOGUE).to_dict()


def scan_summary(**changes: Any) -> dict[str, Any]:
    """Eight findings in one table of 1,000 rows, and none in another."""
    return {
        "run_id": "r1",
        "job": "detect-pii",
        "status": "completed",
        "tables": [
            {"uri": URI, "rows_scanned": 1000, "detections": [*DETECTIONS]},
            {"uri": "file:///in/wards.csv", "rows_scanned": 12, "detections": []},
        ],
        "profile": "hipaa",
        "compliance": compliance(DETECTIONS),
        "timings_s": {"read": 1.0, "total": 4.0},
        "metadata": {"uri": "file:///out/_anonspark"},
        "warnings": [],
        **changes,
    }


def treated_summary(**changes: Any) -> dict[str, Any]:
    """Six columns treated, two left."""
    treatments = [
        {"column": column, "pii_type": pii_type, "action": str(action.name), "because": because, "key_id": key,
         "rows": 980, "config": {"to": "month"} if column == "born" else {}}
        for column, pii_type, action, because, key in TREATMENTS
    ]  # fmt: skip
    return {
        "run_id": "r1",
        "job": "transform-pii",
        "status": "completed",
        "rows": 1000,
        "columns": 9,
        "treatments": treatments,
        "pending": [DETECTIONS[6], DETECTIONS[7]],
        "remaining": [detection("contact.phones[]", "us_phone", 0.8), detection("religion", "religious")],
        "profile": "hipaa",
        "compliance": compliance(DETECTIONS, TREATMENTS),
        "output": {"uri": "file:///out/treated", "version": 0},
        "timings_s": {"read": 1.0, "apply": 3.5, "total": 6.0},
        "metadata": {"uri": "file:///out/_anonspark"},
        "warnings": ["The hash of contact.e_mail is keyed with an old version of its key."],
        **changes,
    }


def config(job: str, **changes: Any) -> dict[str, Any]:
    """The settings."""
    rules = [{"pii_type": "email", "column": None, "action": "hash", "config": {"algorithm": "sha256"}, "priority": 10}]
    about = {"input": {"uri": "patients.csv", "format": "csv"}, "profile": "hipaa"}
    own = (
        {"rules": rules, "settings": {"hash_key": "env:HASH_KEY"}} if job == "transform-pii" else {"sample_size": None}
    )
    return {"version": 1, "job": job, **about, **own, **changes}


def ended(summary: dict[str, Any], **changes: Any) -> RunRecords:
    """A run with a summary."""
    job = summary["job"]
    begun = replace(BEGUN, job=job, input_uri=URI, output_uri=None if job == "detect-pii" else "file:///out/treated")
    state = RunState.COMPLETED if summary["status"] == "completed" else RunState.FAILED
    run = replace(begun, state=state, at=NOON + timedelta(seconds=6), input_rows=1000)
    return replace(RunRecords(run, (begun, run), config(job), summary), **changes)


def scanned(**changes: Any) -> RunRecords:
    """A scan."""
    return ended(scan_summary(**changes))


def treated(**changes: Any) -> RunRecords:
    """A transformation."""
    return ended(treated_summary(**changes))


def failed(job: str = "transform-pii") -> RunRecords:
    """A run without its key."""
    error = {"type": "InputError", "message": "There is no key at env:HASH_KEY.", "field": "settings.hash_key"}
    return ended({"run_id": "r1", "job": job, "status": "failed", "error": error})
