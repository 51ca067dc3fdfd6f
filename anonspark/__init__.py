"""anonspark: provably anonymous releases of personal data at scale, on Apache Spark."""

__version__ = "0.1.0"
