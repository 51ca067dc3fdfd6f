"""Big tables of made-up people, drawn on the cluster: skewed as real ones are, the same for the same rows."""

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

QUASI_IDENTIFIERS = ("age", "sex", "zip", "education", "occupation", "marital_status")


def draw(seed: int) -> Column:
    """A number in [0, 1) from the row's id: the same on every machine and for any partitioning."""
    return (F.pmod(F.xxhash64(F.col("id"), F.lit(seed)), F.lit(1 << 30)) / F.lit(float(1 << 30))).cast("double")


def zipf(seed: int, values: int, skew: float = 2.0) -> Column:
    """A rank in [0, values), small ones far more often."""
    return F.floor(F.pow(draw(seed), F.lit(skew)) * values).cast("int")


def people(spark: SparkSession, rows: int, zips: int, persons: int | None = None) -> DataFrame:
    """A table with six quasi-identifiers, a sensitive attribute, an identifier and a payload.

    Args:
        spark: The session.
        rows: How many.
        zips: Distinct ZIP codes; 4 make about 0.14 million classes of ten million rows, 80 about 1.1 million.
        persons: Only so many, over and over again under new names: more rows, and no more classes.
    """
    age = F.least(F.lit(90), F.floor(18 + 30 * draw(1) + 42 * draw(2) * draw(3))).cast("int")
    education = F.concat(F.lit("E"), F.lpad(zipf(4, 8, 4.0).cast("string"), 2, "0"))
    occupation = F.concat(F.lit("O"), F.lpad(zipf(5, 10, 5.0).cast("string"), 2, "0"))
    ids = spark.range(rows).withColumn("row", F.col("id"))
    if persons is not None:
        ids = ids.withColumn("id", F.pmod("id", F.lit(persons)))
    return ids.select(
        F.concat(F.lit("person "), F.col("row").cast("string")).alias("name"),
        age.alias("age"),
        F.when(draw(6) < 0.49, F.lit("M")).otherwise(F.lit("F")).alias("sex"),
        F.lpad((10000 + zipf(7, zips, 4.0) * 7).cast("string"), 5, "0").alias("zip"),
        education.alias("education"),
        occupation.alias("occupation"),
        F.concat(F.lit("M"), zipf(8, 4, 3.0).cast("string")).alias("marital_status"),
        F.concat(F.lit("D"), zipf(9, 40).cast("string")).alias("diagnosis"),
        F.round(draw(10) * 10000, 2).alias("cost"),
    )
