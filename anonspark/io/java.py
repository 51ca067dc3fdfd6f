"""The Java that Spark would start, looked at beforehand: Spark's own complaint is a stack trace."""

import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from anonspark.errors import EnvironmentProblem

OLDEST: Final = 17
"""Spark 4 is compiled for it."""

NEWEST: Final = 22
"""Hadoop 3.4.2 calls Subject.getSubject, which Java 23 and later refuse (HADOOP-19212)."""

INSTALL: Final = (
    "Install Java 17 (Debian and Ubuntu `apt-get install openjdk-17-jre-headless`, macOS `brew install --cask "
    "temurin@17`, conda `conda install openjdk=17`) or point JAVA_HOME to one."
)


def require_java(environment: Mapping[str, str]) -> int:
    """The version of the Java that Spark would start: JAVA_HOME first, then the path.

    Raises:
        EnvironmentProblem: There is none, or one that Spark cannot run on.
    """
    home = environment.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else shutil.which("java", path=environment.get("PATH"))
    named = "JAVA_HOME" if home else "the java on the path"
    answer = _ask_version(java) if java else None
    if answer is None:
        found = "JAVA_HOME names a folder without a Java that runs" if home else "there is none"
        raise EnvironmentProblem(f"Spark needs Java {OLDEST} to {NEWEST}, and {found}. {INSTALL}", field="java")
    if not OLDEST <= answer <= NEWEST:
        raise EnvironmentProblem(
            f"Spark needs Java {OLDEST} to {NEWEST}, and {named} is Java {answer}. {INSTALL}", field="java"
        )
    return answer


def java_version(text: str) -> int | None:
    """The feature version in what `java -version` prints.

    >>> java_version('openjdk version "17.0.15" 2025-04-15'), java_version('java version "1.8.0_402"')
    (17, 8)
    """
    found = re.search(r'version "(?:1\.)?(\d+)', text)
    return int(found[1]) if found else None


def _ask_version(java: str) -> int | None:
    try:
        # `java` is what Spark itself is about to start.
        answer = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=60, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return None
    return java_version(answer.stderr + answer.stdout)
