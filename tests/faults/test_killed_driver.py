"""F1 and F2: a driver that is killed, at any moment, leaves the old release or the new one; its rerun ends the run.

The driver has a JVM and a process group of its own. The rerun is the second driver that finds what the first one left.
"""

import json
import random
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable
from pyspark.sql import SparkSession

from anonspark.config.apply import ApplyJob
from anonspark.config.job import AnonymizeJob
from anonspark.io.metadata_schema import SCHEMAS
from anonspark.pipelines.run import run
from tests.faults.killed import Moment, command, files_that_no_version_names, kill_at, undisturbed_s
from tests.pipelines.patients import COLUMNS, job_dict, multiset, patients, released, states, version, write_csv

pytestmark = pytest.mark.nightly

RUN_ID = "killed"
LEASED = "out/_anonspark/leases/released/*.json"
"""A run's first trace: nothing is done before the lease is taken."""

AIMED = (
    Moment("leased", LEASED),
    Moment("recorded as running", "out/_anonspark/runs/_delta_log/*.json"),
    Moment("writing", f"out/released/anonspark-{RUN_ID}/**/_temporary"),
    Moment("staged", f"out/released/anonspark-{RUN_ID}/*/*.parquet"),
    Moment("judged", f"out/_anonspark/data_docs/{RUN_ID}/**/*.html"),
    Moment("published", "out/released/_delta_log/*.json"),
    Moment("solution recorded", "out/_anonspark/solutions/_delta_log/*.json"),
    Moment("risk recorded", "out/_anonspark/risk/_delta_log/*.json"),
    Moment("utility recorded", "out/_anonspark/utility/_delta_log/*.json"),
)

RANDOM = random.Random(20260921)


def anywhere(how_many: int) -> list[Moment]:
    """Moments spread over the whole run, one in each stretch of it."""
    shares = [(place + RANDOM.random()) / how_many for place in range(how_many)]
    return [Moment(f"after {share:.0%}", LEASED, share) for share in shares]


@dataclass
class Scene:
    """A release that is there, and a job that is to replace it or to add to it.

    Attributes:
        folder: Where everything lies at every trial: the record of a run names places.
        before: A copy of it, from before the run.
        job: The job.
        old: The rows of the release before the run.
        new: Its rows after it.
        old_version: Its version before the run.
        record: What an undisturbed run leaves in each metadata table.
        whole_s: How long an undisturbed run takes.
    """

    folder: Path
    before: Path
    job: AnonymizeJob | ApplyJob
    old: list[tuple[str, ...]]
    new: list[tuple[str, ...]]
    old_version: int
    record: dict[str, Any]
    whole_s: float

    def set_back(self) -> None:
        """Everything as before the run."""
        shutil.rmtree(self.folder)
        shutil.copytree(self.before, self.folder)


def scene_of(folder: Path, before: Path, job: AnonymizeJob | ApplyJob) -> Scene:
    """What the job does where nothing disturbs it."""
    old, old_version = multiset(released(folder)), version(folder)
    assert old_version is not None
    shutil.copytree(folder, before)
    whole_s = undisturbed_s(command(job.job, folder, RUN_ID), folder)
    new = multiset(released(folder))
    assert old != new
    return Scene(folder, before, job, old, new, old_version, record_of(folder), whole_s)


def record_of(folder: Path) -> dict[str, Any]:
    """The run's rows in every metadata table but `runs`, sorted."""
    found = {}
    for name in SCHEMAS:
        place = folder / "out/_anonspark" / name
        if name != "runs" and DeltaTable.is_deltatable(str(place)):
            rows = DeltaTable(place).to_pyarrow_table(filters=[("run_id", "=", RUN_ID)]).to_pylist()
            found[name] = sorted(json.dumps(row, default=str, sort_keys=True) for row in rows)
    return found


@pytest.fixture(scope="module")
def overwriting(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """`anonymize` over the release of other patients."""
    folder = tmp_path_factory.mktemp("overwriting") / "now"
    write_csv(folder / "others.csv", patients()[:70])
    write_csv(folder / "patients.csv", patients())
    others = job_dict(input=job_dict()["input"] | {"uri": "others.csv"})
    run(AnonymizeJob.from_dict(others, base=str(folder)), spark, run_id="before")
    output = {"uri": "out/released", "format": "delta", "mode": "overwrite"}
    (folder / "job.json").write_text(json.dumps(job_dict(output=output)), encoding="utf-8")
    job = AnonymizeJob.from_dict(job_dict(output=output), base=str(folder))
    return scene_of(folder, folder.parent / "before", job)


@pytest.fixture(scope="module")
def appending(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """`apply` of the patients who came since to the release of those before."""
    folder = tmp_path_factory.mktemp("appending") / "now"
    rows = [(row[0], int(str(row[1])), *row[2:5], place) for place, row in enumerate(patients())]
    source = {"uri": "source", "format": "delta"}

    def bring(first: int, last: int) -> None:
        table = spark.createDataFrame(rows[first:last], "name string, age int, zip string, sex string, "
                                      "diagnosis string, cost int")  # fmt: skip
        assert table.columns == COLUMNS
        table.coalesce(1).write.format("delta").mode("append").save(str(folder / "source"))

    bring(0, 60)
    run(AnonymizeJob.from_dict(job_dict(input=source), base=str(folder)), spark, run_id="before")
    bring(60, 118)
    job = {
        "version": 1,
        "job": "apply",
        "input": source,
        "output": {"uri": "out/released", "format": "delta", "mode": "append"},
        "solution": "before",
    }
    (folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
    return scene_of(folder, folder.parent / "before", ApplyJob.from_dict(job, base=str(folder)))


def require_whole_before_and_complete_after(scene: Scene, moment: Moment, spark: SparkSession) -> None:
    scene.set_back()
    folder = scene.folder
    killed = kill_at(moment, command(scene.job.job, folder, RUN_ID), folder, scene.whole_s)
    assert killed or moment.later, "an aimed moment is within the run"

    published = version(folder) != scene.old_version
    assert multiset(released(folder)) == (scene.new if published else scene.old)
    assert killed or states(folder, RUN_ID)[-1] == "completed"

    summary = run(scene.job, spark, run_id=RUN_ID)
    assert summary["status"] == "completed"
    assert version(folder) == summary["output"]["version"] == scene.old_version + 1
    assert multiset(released(folder)) == scene.new
    assert record_of(folder) == scene.record
    assert states(folder, RUN_ID).count("completed") == 1
    assert states(folder, RUN_ID)[-1] == "completed"
    assert files_that_no_version_names(folder / "out/released") == []


@pytest.mark.parametrize("moment", [*AIMED, *anywhere(11)], ids=lambda moment: moment.name)
def test_a_killed_run_leaves_one_whole_release_and_its_rerun_publishes_once(
    spark: SparkSession, overwriting: Scene, moment: Moment
) -> None:
    require_whole_before_and_complete_after(overwriting, moment, spark)


@pytest.mark.parametrize("moment", [*AIMED[3:], *anywhere(3)], ids=lambda moment: moment.name)
def test_a_killed_append_adds_the_new_records_once(spark: SparkSession, appending: Scene, moment: Moment) -> None:
    require_whole_before_and_complete_after(appending, moment, spark)
