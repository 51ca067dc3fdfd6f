"""The engine as a function: a DataFrame in, a DataFrame out, nothing written.

Spark is imported when it is needed, so that `import anonspark` is quick and works where there is no Java.
"""

from collections.abc import Mapping
from functools import partial
from os import PathLike
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from anonspark.config.job import AnonymizeJob
    from anonspark.domain.release import Release


def anonymize(
    table: "DataFrame", job: "AnonymizeJob | Mapping[str, Any] | str | PathLike[str]"
) -> "tuple[DataFrame, Release]":
    """The least lossy release of a table that satisfies a job's privacy models.

    One pass over the table now; the release is lazy, and the table must be the same when it is computed. What the job
    says about input, output and metadata has no use here; its population is read where a model asks for it.

    Args:
        table: The raw table; its own session does the work.
        job: A job, the content of a job file, or the path or URI of one.

    Returns:
        The release, and what is known about it: levels, score, suppressed records, metrics.

    Raises:
        NoReleaseError: No generalization satisfies the models within the suppression limit.
        InputError: The job, the table or a hierarchy is wrong.

    Example:
        >>> job = {
        ...     "attributes": [{"name": "zip", "type": "quasi_identifier"}, {"name": "name", "type": "identifier"}],
        ...     "privacy": [{"model": "k-anonymity", "k": 5}],
        ... }
        >>> released, release = anonymize(table, job)  # doctest: +SKIP
    """
    from anonspark.io.hierarchies import read_hierarchy_rows
    from anonspark.io.tables import read_table
    from anonspark.pipelines.anonymize import anonymize as find_and_apply
    from anonspark.pipelines.anonymize import count_population
    from anonspark.pipelines.follow import Follower

    spark, follower = table.sparkSession, Follower()
    job = read_job(job, spark)
    policy = job.to_policy(lambda uri, sep: read_hierarchy_rows(spark, uri, sep))
    source = job.population_source() if policy.needs_population else None
    people = None if source is None else partial(count_population, read_table(spark, source), policy, follower)
    released, solution = find_and_apply(table, policy, follower, people)
    return released, solution.release


def read_job(job: "AnonymizeJob | Mapping[str, Any] | str | PathLike[str]", spark: "SparkSession") -> "AnonymizeJob":
    """The job that was meant; one that has to be read from a URI is read by Spark.

    Raises:
        ConfigurationError: Every fault at once.
        LocationError: There is no such file.
    """
    from anonspark.config.job import AnonymizeJob
    from anonspark.config.load import load_job
    from anonspark.io.job_files import is_local, read_local_text, read_text

    if isinstance(job, AnonymizeJob):
        return job
    if isinstance(job, Mapping):
        return AnonymizeJob.from_dict(job)
    source = str(job)
    text = read_local_text(source) if is_local(source) else read_text(spark, source)
    return load_job(text, source, kind=AnonymizeJob)
