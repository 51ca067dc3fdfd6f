from pathlib import Path

import pytest

from anonspark.errors import EnvironmentProblem
from anonspark.io.java import java_version, require_java


def java_home(folder: Path, version: str) -> str:
    """A Java that can only say its version."""
    java = folder / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2025-01-01' >&2\n", encoding="utf-8")
    java.chmod(0o755)
    return str(folder)


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ('openjdk version "21" 2023-09-19', 21),
        ('openjdk version "17.0.15" 2025-04-15\nOpenJDK Runtime Environment', 17),
        ('java version "1.8.0_402"', 8),
        ('openjdk version "18-ea" 2022-03-22', 18),
        ("The operation couldn't be completed. Unable to locate a Java Runtime.", None),
    ],
)
def test_the_version_is_read_from_what_java_prints(text, version) -> None:
    assert java_version(text) == version


@pytest.mark.parametrize("version", ["17.0.15", "21.0.1"])
def test_a_java_that_spark_runs_on_is_fine(tmp_path, version) -> None:
    assert require_java({"JAVA_HOME": java_home(tmp_path, version)}) == int(version[:2])


@pytest.mark.parametrize("version", ["1.8.0_402", "11.0.2", "25"])
def test_another_java_is_refused_with_the_package_to_install(tmp_path, version) -> None:
    with pytest.raises(EnvironmentProblem, match="openjdk-17-jre-headless"):
        require_java({"JAVA_HOME": java_home(tmp_path, version)})


def test_java_home_comes_before_the_path(tmp_path) -> None:
    path = java_home(tmp_path / "new", "17.0.1") + "/bin:/bin:/usr/bin"
    assert require_java({"PATH": path}) == 17
    with pytest.raises(EnvironmentProblem, match="JAVA_HOME is Java 11"):
        require_java({"PATH": path, "JAVA_HOME": java_home(tmp_path / "old", "11.0.2")})


def test_no_java_at_all_is_told(tmp_path) -> None:
    with pytest.raises(EnvironmentProblem, match="there is none"):
        require_java({"PATH": str(tmp_path)})
    with pytest.raises(EnvironmentProblem, match="JAVA_HOME names a folder without"):
        require_java({"JAVA_HOME": str(tmp_path)})
