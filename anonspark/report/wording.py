"""Privacy models, metrics, attackers and levels in words, as a job's settings name them."""

from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from typing import Any, Final

from anonspark.report.numbers import number, percent
from anonspark.vocabulary import Metric, ModelName

Settings = Mapping[str, Any]
"""A part of a job's settings, as its canonical JSON has it."""

EVERYTHING_ALIKE: Final = "everything alike"

METRICS: Final[Mapping[str, tuple[str, str]]] = {
    Metric.LOSS: ("Loss", "share of the detail that is gone: 0% as it came, 100% nothing left (Iyengar)"),
    Metric.PRECISION: ("Precision loss", "share of the height of the hierarchies that was climbed (Sweeney)"),
    Metric.DISCERNIBILITY: ("Discernibility", "records that each record cannot be told from, summed"),
    Metric.AVERAGE_CLASS_SIZE: ("Average class size", "records by classes, all suppressed records as one class"),
    Metric.NON_UNIFORM_ENTROPY: ("Non-uniform entropy", "bits that are lost, rare values counting more"),
}
"""Name and meaning of each metric; lower is better for all of them."""

SHARES: Final = (Metric.LOSS, Metric.PRECISION)
"""Metrics that are told in percent."""

LEVEL_WORDS: Final[Mapping[str, str]] = {
    "low": "low: at most 9%, classes of 12 or more",
    "medium": "medium: at most 20%, classes of 5 or more",
    "high": "high: at most 50%, classes of 2 or more",
    "very_high": "very high: more than 50%, records that stand alone",
}
"""Of the risk of the release; limits as in El Emam (2013)."""


def model_words(model: Settings) -> str:
    """A privacy model with what it asks for.

    >>> model_words({"model": "l-diversity", "l": 3, "attribute": "illness", "variant": "distinct", "c": None})
    'distinct l-diversity (l = 3) of illness'
    """
    name = str(model["model"])
    variant = model.get("variant") or model.get("distance")
    asked = [
        f"{key} = {number(value) if isinstance(value, int | float) else value}"
        for key, value in model.items()
        if key not in ("model", "attribute", "variant", "distance") and value is not None
    ]
    what = f" ({', '.join(asked)})" if asked else ""
    of = f" of {model['attribute']}" if model.get("attribute") else ""
    kind = f"{variant} " if variant and name != ModelName.T_CLOSENESS else ""
    how = f", {variant} distance" if variant and name == ModelName.T_CLOSENESS else ""
    return f"{kind}{name}{what}{of}{how}"


def promise(model: Settings) -> str:
    """What a privacy model promises of every released record or class, in a sentence."""
    words = PROMISES.get(str(model["model"]))
    return words(model) if words else "as its definition says"


def _diversity(model: Settings) -> str:
    least = number(model["l"])
    if model["variant"] == "entropy":
        return f"the values of {model['attribute']} in a class are as uncertain as {least} equally frequent ones"
    if model["variant"] == "recursive":
        return (
            f"the commonest value of {model['attribute']} in a class is rarer than {number(model['c'])} times "
            f"those of rank {least} and beyond together"
        )
    return f"the records of a class have at least {least} different values of {model['attribute']}"


PROMISES: Final[Mapping[str, Callable[[Settings], str]]] = {
    ModelName.K_ANONYMITY: lambda model: f"every record is among at least {model['k']:,} that look alike",
    ModelName.L_DIVERSITY: _diversity,
    ModelName.T_CLOSENESS: lambda model: (
        f"the values of {model['attribute']} in a class are distributed as in the whole table, up to a distance of "
        f"{number(model['t'])}"
    ),
    ModelName.BETA_LIKENESS: lambda model: (
        f"no value of {model['attribute']} gains more than a factor of {number(1 + model['beta'])} in a class against "
        "the whole table"
    ),
    ModelName.DELTA_DISCLOSURE: lambda model: (
        f"every value of {model['attribute']} in a class is about as frequent as in the whole table, by a factor of "
        f"less than e to the {number(model['delta'])}"
    ),
    ModelName.ALPHA_K: lambda model: (
        f"every record is among at least {model['k']:,} that look alike, at most {percent(model['alpha'])} of which "
        f"share a value of {model['attribute']}"
    ),
    ModelName.K_MAP: lambda model: f"every record looks like at least {model['k']:,} people of the population",
    ModelName.DELTA_PRESENCE: lambda model: (
        f"that somebody of the population is in the table is known with a chance of {percent(model['delta_min'])} to "
        f"{percent(model['delta_max'])}"
    ),
    ModelName.AVERAGE_RISK: lambda model: f"a record is found with {percent(model['threshold'])} at most, on average",
    ModelName.POPULATION_UNIQUENESS: lambda model: (
        f"at most {percent(model['threshold'])} of the records are unique among {model['population_size']:,} people, "
        "by estimate (Zayatz)"
    ),
}
"""By model; the definitions are those of the papers that the models name."""


def level_words(attribute: Settings, level: int, height: int | None = None) -> str:
    """What a level of a quasi-identifier means; never a label, which can be a value of somebody.

    Args:
        attribute: Its part of the settings.
        level: Of its hierarchy.
        height: The last level, where it is known.

    >>> level_words({"hierarchy": {"kind": "date", "levels": ["month", "year"]}}, 2, 3)
    'by year'
    """
    function = attribute.get("microaggregation")
    if function is None:
        return _of_hierarchy(attribute, level, height)
    if not attribute.get("hierarchy"):
        return f"the {function} of each class"
    return f"the {function} of each class; classes were formed by: {_of_hierarchy(attribute, level, height)}"


def _of_hierarchy(attribute: Settings, level: int, height: int | None) -> str:
    if level == 0:
        return "as it came"
    hierarchy = attribute.get("hierarchy") or {"kind": "derived"}
    kind = str(hierarchy["kind"])
    # Of every other kind the last level is one label, if need be `*`.
    last = level == height and kind != "csv"
    if last and kind in ("tree", "derived"):
        return EVERYTHING_ALIKE
    words = LEVELS_OF_KIND[kind](hierarchy, level)
    return f"{words}, the same for all" if last and words != EVERYTHING_ALIKE else words


def _csv(hierarchy: Settings, level: int) -> str:
    return f"column {level + 1} of {PurePosixPath(str(hierarchy['uri'])).name}"


def _intervals(hierarchy: Settings, level: int) -> str:
    widths = hierarchy["widths"]
    if level > len(widths):
        return EVERYTHING_ALIKE
    low, high = number(hierarchy["min"]), number(hierarchy["max"])
    return f"intervals of {number(widths[level - 1])}, from {low} to {high}"


def _top_bottom(hierarchy: Settings, level: int) -> str:
    bottom, top = hierarchy["bottom"], hierarchy["top"]
    if level > max(len(bottom), len(top)):
        return EVERYTHING_ALIKE
    # The shorter list keeps its last bound.
    bounds = [f"up to {number(bottom[min(level, len(bottom)) - 1])}"] if bottom else []
    bounds += [f"from {number(top[min(level, len(top)) - 1])} on"] if top else []
    return f"{' and '.join(bounds)} as one, others as they came"


def _mask(hierarchy: Settings, level: int) -> str:
    keep = hierarchy["keep"]
    if level > len(keep):
        return EVERYTHING_ALIKE
    kept = keep[level - 1]
    return f"first {'character' if kept == 1 else f'{kept} characters'} kept" if kept else "no character kept"


def _date(hierarchy: Settings, level: int) -> str:
    units = hierarchy["levels"]
    return EVERYTHING_ALIKE if level > len(units) else f"by {units[level - 1]}"


def _tree(hierarchy: Settings, level: int) -> str:  # noqa: ARG001  one signature for all kinds
    return f"level {level} of the tree in the job file"


def _order(hierarchy: Settings, level: int) -> str:
    merged = hierarchy["fanout"] ** level
    return EVERYTHING_ALIKE if merged >= len(hierarchy["order"]) else f"{merged} neighbours of the order merged"


LEVELS_OF_KIND: Final[Mapping[str, Callable[[Settings, int], str]]] = {
    "csv": _csv,
    "intervals": _intervals,
    "top_bottom": _top_bottom,
    "mask": _mask,
    "date": _date,
    "tree": _tree,
    "order": _order,
    "derived": lambda _, level: f"groups derived from the table, level {level}",
}
"""What a level above raw means, by kind of hierarchy."""


def metric_name(metric: str) -> str:
    """What a metric is called in a heading."""
    return METRICS[metric][0] if metric in METRICS else metric


def difference(metric: str, value: float) -> str:
    """By how much the value of a metric differs; percentage points of those that are shares."""
    return f"{percent(value).rstrip('%')} points" if metric in SHARES else number(value)


def share_or_number(metric: str, value: float) -> str:
    """The value of a metric; of the two that are shares, in percent."""
    return percent(value) if metric in SHARES else number(value)
