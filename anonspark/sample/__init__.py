"""A made-up hospital's table of people, for the demo, the tests and first steps."""

from anonspark.sample.files import write_sample
from anonspark.sample.hospital import generate

__all__ = ["generate", "write_sample"]
