"""anonspark: provably anonymous releases of personal data at scale, on Apache Spark.

In a notebook, where `table` is a DataFrame and `job` a job file's path or content:

    released, release = anonspark.anonymize(table, job)
"""

from anonspark.notebook import anonymize

__all__ = ["__version__", "anonymize"]
__version__ = "0.1.0"
