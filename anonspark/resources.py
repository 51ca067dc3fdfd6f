"""The files of conf/, which the wheel carries as `anonspark/_conf` and a checkout has beside the package."""

from importlib.resources import files
from pathlib import Path

from anonspark.errors import LocationError, did_you_mean


def resource(name: str) -> Path:
    """Where a shipped file or folder lies.

    Args:
        name: Path below conf/, with forward slashes: `jobs/hospital.yaml`.

    Raises:
        LocationError: anonspark does not ship it.

    >>> resource("jobs/hospital.yaml").name
    'hospital.yaml'
    """
    package = Path(str(files("anonspark")))
    roots = (package / "_conf", package.parent / "conf")
    for root in roots:
        if (root / name).exists():
            return root / name
    shipped = [path.relative_to(root).as_posix() for root in roots for path in root.glob("**/*") if path.is_file()]
    raise LocationError(f"anonspark ships no file '{name}'{did_you_mean(name, shipped)}")
