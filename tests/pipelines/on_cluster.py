"""Runs whose combinations do not fit the driver, and what must not depend on that."""

from typing import Any

import pytest
from pyspark.sql import SparkSession

from anonspark.errors import TooManyClassesError
from anonspark.frames import aggregate
from tests import jvm
from tests.jvm import is_connect


def n_persisted(spark: SparkSession) -> int:
    """Tables that are persisted, 0 where the session does not show it."""
    return 0 if is_connect(spark) else jvm.n_persisted(spark)


def comparable(summary: dict[str, Any]) -> dict[str, Any]:
    """What does not depend on where the classes are."""
    told = {key: value for key, value in summary.items() if key not in ("run_id", "timings_s", "output")}
    kept = {"lattice": ("nodes", "base_classes"), "quality": ("passed", "expectations", "failed")}
    return told | {part: {key: told[part][key] for key in keys} for part, keys in kept.items() if part in told}


def refuse_where(monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    """From now on the combinations of the input, of the population or of both do not fit the driver."""
    plain = aggregate._collected

    def refuse(*given: Any) -> object:
        is_population = not given[3]
        if where == "both" or is_population == (where == "population"):
            raise TooManyClassesError("They do not fit.")
        return plain(*given)

    monkeypatch.setattr(aggregate, "_collected", refuse)


def as_near(told: Any) -> Any:
    """Numbers up to what rounding does to sums of another order."""
    if isinstance(told, dict):
        return {key: as_near(value) for key, value in told.items()}
    return pytest.approx(told, rel=1e-12) if isinstance(told, float) else told
