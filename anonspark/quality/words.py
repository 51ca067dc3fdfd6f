"""Privacy models in words that a data protection officer knows."""

from anonspark.domain.model import PrivacyModel, ReleaseModel
from anonspark.models.alpha_k import AlphaK
from anonspark.models.average_risk import AverageRisk
from anonspark.models.beta_likeness import BetaLikeness
from anonspark.models.delta_disclosure import DeltaDisclosure
from anonspark.models.delta_presence import DeltaPresence
from anonspark.models.k_anonymity import KAnonymity
from anonspark.models.k_map import KMap
from anonspark.models.l_diversity import DistinctDiversity, EntropyDiversity, RecursiveDiversity
from anonspark.models.population_uniqueness import PopulationUniqueness
from anonspark.models.t_closeness import TCloseness


def name_and_sentence(model: PrivacyModel | ReleaseModel) -> tuple[str, str]:  # noqa: C901  a line a model
    """What a model is called, with its parameters, and what it asks for.

    >>> name_and_sentence(KAnonymity(5))
    ('k-anonymity (k = 5)', 'Everybody is one of at least 5 persons who look alike.')
    """
    match model:
        case KAnonymity(k):
            return f"k-anonymity (k = {k})", f"Everybody is one of at least {k} persons who look alike."
        case KMap(k):
            return f"k-map (k = {k})", f"At least {k} people of the population could be behind every record."
        case DistinctDiversity(l, attribute):
            return (
                f"distinct l-diversity of '{attribute}' (l = {l})",
                f"Persons who look alike have at least {l} different values of '{attribute}'.",
            )
        case EntropyDiversity(l, attribute):
            return (
                f"entropy l-diversity of '{attribute}' (l = {l:g})",
                f"The values of '{attribute}' of persons who look alike are as mixed as {l:g} equally frequent ones.",
            )
        case RecursiveDiversity(c, l, attribute):
            return (
                f"recursive l-diversity of '{attribute}' (c = {c:g}, l = {l})",
                f"Among persons who look alike the most frequent value of '{attribute}' is rarer than {c:g} times "
                f"those from the {l}. most frequent on.",
            )
        case TCloseness(t, attribute, distance):
            return (
                f"t-closeness of '{attribute}' ({distance}, t = {t:g})",
                f"Among persons who look alike '{attribute}' is distributed as in the whole table, up to a distance "
                f"of {t:g}.",
            )
        case BetaLikeness(beta, attribute, variant):
            return (
                f"beta-likeness of '{attribute}' ({variant}, beta = {beta:g})",
                f"Among persons who look alike no value of '{attribute}' is more frequent than in the whole table by "
                f"more than a factor of {1 + beta:g}.",
            )
        case DeltaDisclosure(delta, attribute):
            return (
                f"delta-disclosure privacy of '{attribute}' (delta = {delta:g})",
                f"Among persons who look alike every value of '{attribute}' is about as frequent as in the whole "
                f"table: the logarithms differ by less than {delta:g}.",
            )
        case AlphaK(alpha, k, attribute):
            return (
                f"(alpha, k)-anonymity of '{attribute}' (alpha = {alpha:g}, k = {k})",
                f"Everybody is one of at least {k} persons who look alike, and no value of '{attribute}' belongs to "
                f"more than a share of {alpha:g} of their records.",
            )
        case DeltaPresence(delta_max, delta_min):
            return (
                f"delta-presence ({delta_min:g} to {delta_max:g})",
                f"The share of the population's people who look alike that is in the table is between {delta_min:g} "
                f"and {delta_max:g}.",
            )
        case AverageRisk(threshold):
            return (
                f"average risk (at most {threshold:g})",
                f"A record is found with a chance of at most {threshold:g} on average.",
            )
        case PopulationUniqueness(threshold, size):
            return (
                f"population uniqueness (at most {threshold:g})",
                f"At most a share of {threshold:g} of the records is estimated to be unique among {size:,} people.",
            )
    raise TypeError(f"{type(model).__name__} has no words yet")
