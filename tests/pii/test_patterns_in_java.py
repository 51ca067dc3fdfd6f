"""Patterns are read by RE2 on the driver and by Java on the cluster, so they must mean the same."""

from pyspark.sql import functions as F

from anonspark.config.pii_knowledge import load_knowledge
from anonspark.pii.fits import Matches
from tests.pii.schemas import SCHEMAS, columns_of


def test_every_pattern_matches_the_same_values_in_java(spark):
    patterns = sorted({shape.pattern for shapes in load_knowledge().shapes.values() for shape in shapes})
    values = sorted({str(cell) for name in SCHEMAS for cells in columns_of(name).values() for cell in cells if cell})[
        ::7
    ]
    matches = Matches(values)
    table = spark.createDataFrame([(value,) for value in values], "value string").coalesce(1)
    for first in range(0, len(patterns), 40):
        part = patterns[first : first + 40]
        columns = [F.col("value").rlike(rf"\A(?:{pattern})\z").alias(f"p{at}") for at, pattern in enumerate(part)]
        rows = table.select(*columns).toPandas()
        differing = [
            pattern for at, pattern in enumerate(part) if rows[f"p{at}"].to_list() != matches.of(pattern).tolist()
        ]
        assert differing == []
