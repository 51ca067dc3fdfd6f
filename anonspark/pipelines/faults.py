"""Everything that is wrong at once: a fault is kept, and the next thing is looked at."""

from collections.abc import Iterator
from types import TracebackType

from anonspark.errors import ConfigurationError, GoalNotMetError, InputError

Told = dict[str, str | None]
"""A fault as it is told: its type, its message and the field it is about."""


class Faults:
    """What was found to be wrong, in the order in which it was found."""

    def __init__(self) -> None:
        self.found: list[InputError | GoalNotMetError] = []

    def caught(self) -> "Catching":
        """A block whose fault is kept, and after which all goes on; what no change of the job mends is passed on."""
        return Catching(self.found)

    @property
    def exit_code(self) -> int:
        """What the job would end with: 2 if it is wrong, 3 if only its goal cannot be met, 0 where nothing is."""
        codes = {fault.exit_code for fault in self.found}
        return min(codes, default=0)

    def told(self) -> list[Told]:
        """Each fault; a configuration's are told one by one."""
        return [line for fault in self.found for line in _lines(fault)]


class Catching:
    """Keeps the fault that ends its block."""

    def __init__(self, found: list[InputError | GoalNotMetError]) -> None:
        self.found = found

    def __enter__(self) -> None:
        """Nothing is done before the block."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        """Keep a fault."""
        if not isinstance(error, InputError | GoalNotMetError):
            return False
        self.found.append(error)
        return True


def _lines(fault: InputError | GoalNotMetError) -> Iterator[Told]:
    kind = type(fault).__name__
    if isinstance(fault, ConfigurationError):
        for field, sentence in fault.problems:
            yield {"type": kind, "message": f"{field}: {sentence}" if field else sentence, "field": field}
    else:
        yield {"type": kind, "message": fault.message, "field": fault.field}
