"""The sample as files: the table, the hierarchies and a job file that says how to anonymize it."""

import csv
import shutil
from pathlib import Path

import pyarrow as pa

from anonspark.resources import resource
from anonspark.sample.hospital import generate

HIERARCHIES = ("country_of_birth.csv", "diagnosis.csv", "education.csv", "occupation.csv")
SCHEMA = "job.schema.json"

JOBS = {
    "hospital.yaml": "job.yaml",
    "hospital-risk.yaml": "risk.yaml",
    "hospital-validate.yaml": "validate.yaml",
    "hospital-detect-pii.yaml": "detect.yaml",
    "hospital-detect-qi.yaml": "detect-qi.yaml",
    "hospital-transform-pii.yaml": "transform.yaml",
}
"""What the shipped job files are called in the folder."""


def write_sample(folder: Path) -> Path:
    """Write hospital.csv, hierarchies/, job files and their schema into a folder, over what is there under these names.

    Returns:
        The job file of the release, job.yaml, which finds the other files by relative paths; risk.yaml and
        validate.yaml beside it look at what it writes, detect.yaml and detect-qi.yaml at the table, and transform.yaml
        treats it.
    """
    (folder / "hierarchies").mkdir(parents=True, exist_ok=True)
    write_csv(generate(), folder / "hospital.csv")
    for name in HIERARCHIES:
        shutil.copyfile(resource(f"hierarchies/{name}"), folder / "hierarchies" / name)
    shutil.copyfile(resource(f"schema/{SCHEMA}"), folder / SCHEMA)
    for shipped, name in JOBS.items():
        # The shipped job files lie in conf/jobs/, beside conf/hierarchies/; these lie above their hierarchies.
        job = resource(f"jobs/{shipped}").read_text(encoding="utf-8")
        job = job.replace("../hierarchies/", "hierarchies/").replace("../schema/", "")
        (folder / name).write_text(job, encoding="utf-8", newline="\n")
    return folder / "job.yaml"


def write_csv(table: pa.Table, path: Path) -> None:
    """Write a table as CSV in UTF-8; a null is an empty field, and only what must be quoted is."""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(table.column_names)
        rows.writerows(zip(*(column.to_pylist() for column in table.columns), strict=True))
