"""What a search refuses before it begins, and what it says where it finds nothing."""

from anonspark.domain.encode import RawClasses
from anonspark.domain.lattice import Lattice
from anonspark.domain.policy import Policy
from anonspark.errors import ConfigurationError, NoReleaseError, TooManyClassesError
from anonspark.frames.combinations import ClusterCombinations
from anonspark.models.k_anonymity import KAnonymity
from anonspark.models.population_uniqueness import PopulationUniqueness
from anonspark.search.checker import NodeChecker
from anonspark.search.incumbent import Found
from anonspark.search.strategies import chosen_strategy
from anonspark.vocabulary import Strategy

BYTES_A_NODE = 32
"""Bounds, orders and the list of open nodes that the exact search keeps."""


def require_populations(policy: Policy, n_people: int, population: RawClasses | ClusterCombinations | None) -> None:
    """Refuse to judge by a population that is not there, or of which the table cannot be a sample."""
    if policy.needs_population and population is None:
        raise ConfigurationError([("population", "is missing; a model counts its people, so name its table.")])
    require_samples(policy, n_people)


def require_samples(policy: Policy, n_people: int) -> None:
    """Refuse to judge a table of more people than a model says there are."""
    for model in policy.release_models:
        if isinstance(model, PopulationUniqueness) and model.population_size < n_people:
            who = "records" if policy.person_id is None else "persons"
            sentence = (
                f"has a population_size of {model.population_size:,}, and the table alone has {n_people:,} "
                f"{who}; name the number of people that it could be about."
            )
            raise ConfigurationError([("privacy", sentence)])


def require_in_memory(policy: Policy, raw: RawClasses | ClusterCombinations) -> None:
    """Refuse on the cluster what is only judged on the driver."""
    if isinstance(raw, RawClasses):
        return
    wants = []
    own_levels = policy.search.recoding is not None or policy.microaggregations
    if policy.person_id is not None and own_levels:
        wants.append("person_id with search.recoding, mondrian or microaggregation")
    if wants:
        raise TooManyClassesError(
            f"The table has more combinations than fit into search.memory_mb = {policy.search.memory_mb}, where "
            f"{', '.join(wants)} needs them. Raise it, raise min_level of the attributes with most values, or leave "
            "that out.",
            field="search.memory_mb",
        )


def require_lattice_held(policy: Policy, lattice: Lattice) -> None:
    """Refuse an exact search of more nodes than the driver holds.

    Raises:
        TooManyClassesError: Naming the strategy.
    """
    exact = chosen_strategy(policy.search.strategy, lattice.size) is Strategy.OPTIMAL
    if exact and lattice.size * BYTES_A_NODE > policy.search.memory_mb << 20:
        raise TooManyClassesError(
            f"The lattice has {lattice.size:,} nodes, more than an exact search holds in search.memory_mb = "
            f"{policy.search.memory_mb}. Take strategy: auto, or narrow min_level and max_level of attributes.",
            field="search.strategy",
        )


def no_release(policy: Policy, n_records: int, limit: int, checker: NodeChecker, found: Found) -> NoReleaseError:
    """The error that says how near the nearest node came, and whether there is none or none was found."""
    needed = max((model.k for model in policy.models if isinstance(model, KAnonymity)), default=0)
    if needed > n_records:
        return NoReleaseError(f"k = {needed} needs {needed:,} records, and the table has {n_records:,}; lower k.")
    nearest, what = found.nearest, "No lattice node satisfies the policy"
    if not found.optimal:
        what = f"Strategy {policy.search.strategy} found no lattice node that satisfies the policy"
    if nearest is None:
        return NoReleaseError(f"{what}; loosen the models or raise max_suppression.")
    # Rounded up, so that who follows the advice gets the release.
    decimals = 10 ** len(str(n_records))
    share = -(-nearest.suppressed * decimals // n_records) / decimals
    return NoReleaseError(
        f"{what} with at most {limit:,} suppressed records; the nearest suppresses "
        f"{nearest.suppressed:,} of {n_records:,}. Set max_suppression to at least {share}, or loosen the models.",
        {
            "levels": dict(zip(checker.names, nearest.node, strict=True)),
            "suppressed": nearest.suppressed,
            "limit": limit,
            "max_suppression": share,
        },
    )
