"""The sample as files: the table, the hierarchies and a job file that says how to anonymize it."""

import csv
import shutil
from pathlib import Path

import pyarrow as pa

from anonspark.resources import resource
from anonspark.sample.hospital import generate

HIERARCHIES = ("country_of_birth.csv", "diagnosis.csv", "education.csv", "occupation.csv")
SCHEMA = "job.schema.json"


def write_sample(folder: Path) -> Path:
    """Write hospital.csv, hierarchies/, job files and their schema into a folder, over what is there under these names.

    Returns:
        The job file of the release, job.yaml, which finds the other files by relative paths; risk.yaml and
        validate.yaml beside it look at what it writes.
    """
    (folder / "hierarchies").mkdir(parents=True, exist_ok=True)
    write_csv(generate(), folder / "hospital.csv")
    for name in HIERARCHIES:
        shutil.copyfile(resource(f"hierarchies/{name}"), folder / "hierarchies" / name)
    shutil.copyfile(resource(f"schema/{SCHEMA}"), folder / SCHEMA)
    # The shipped job file lies in conf/jobs/, beside conf/hierarchies/; this one lies above its hierarchies.
    job = resource("jobs/hospital.yaml").read_text(encoding="utf-8")
    job = job.replace("../hierarchies/", "hierarchies/").replace("../schema/", "")
    (folder / "job.yaml").write_text(job, encoding="utf-8", newline="\n")
    for kind in ("risk", "validate"):
        shutil.copyfile(resource(f"jobs/hospital-{kind}.yaml"), folder / f"{kind}.yaml")
    return folder / "job.yaml"


def write_csv(table: pa.Table, path: Path) -> None:
    """Write a table as CSV in UTF-8; a null is an empty field, and only what must be quoted is."""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(table.column_names)
        rows.writerows(zip(*(column.to_pylist() for column in table.columns), strict=True))
