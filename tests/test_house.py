import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def tracked_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [path for name in listed.stdout.decode().split("\0") if name and (path := ROOT / name).is_file()]


def test_every_make_command_that_the_documents_name_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    documents = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    named = {
        name for path in documents for name in re.findall(r"(?:`|^)make ([a-z-]+)", path.read_text(), re.MULTILINE)
    }
    assert named
    assert named <= targets


def test_every_file_that_the_readme_links_to_exists() -> None:
    links = re.findall(r"\]\(([^):#]+)\)", (ROOT / "README.md").read_text())
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def declared(*, with_tools: bool) -> set[str]:
    """Names of the distributions in pyproject.toml, those of the extras included."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    requirements = [*project["project"]["dependencies"]]
    requirements += [name for extra in project["project"]["optional-dependencies"].values() for name in extra]
    requirements += project["dependency-groups"]["dev"] if with_tools else []
    return {re.split(r"[\[<>=!~; ]", requirement)[0].lower().replace("_", "-") for requirement in requirements}


def test_the_lock_has_every_declared_dependency_with_a_hash() -> None:
    blocks = re.split(r"\n(?=\S)", (ROOT / "requirements.lock").read_text())
    locked = {block.split("==")[0] for block in blocks if "--hash=sha256:" in block}
    assert declared(with_tools=True) - locked == set()


def test_every_package_that_the_engine_imports_is_declared() -> None:
    distributions = packages_distributions()
    imported: set[str] = set()
    for path in (ROOT / "anonspark").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                imported.add(node.module.split(".")[0])
    # pydantic_core is the half of pydantic that holds its error types; pydantic pins it to one version.
    foreign = imported - set(sys.stdlib_module_names) - {"anonspark", "pydantic_core"}
    names = {name: {found.lower().replace("_", "-") for found in distributions.get(name, [name])} for name in foreign}
    assert [name for name, found in names.items() if not found & declared(with_tools=False)] == []


def test_the_lock_names_no_package_index() -> None:
    assert re.search(r"https?://|index-url", (ROOT / "requirements.lock").read_text()) is None


def test_no_tracked_file_names_a_path_of_somebodys_machine() -> None:
    # Put together here, so that this file does not find itself.
    machine = re.compile("|".join(["/ho" + r"me/\w", "/Us" + r"ers/\w", "/wo" + "rk/", r"\b[A-Z]:\\" + "Us" + "ers"]))
    texts = {path: path.read_bytes().decode("utf-8", "ignore") for path in tracked_files()}
    assert [str(path.relative_to(ROOT)) for path, text in texts.items() if machine.search(text)] == []


def test_the_changelog_has_a_place_for_what_is_not_released() -> None:
    assert "\n## [Unreleased]\n" in (ROOT / "CHANGELOG.md").read_text()


def test_what_spark_connect_lacks_is_found_in_the_package(tmp_path: Path) -> None:
    script = ROOT / "scripts" / "check_connect.sh"
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / script.name).write_bytes(script.read_bytes())
    (tmp_path / "anonspark").mkdir()
    module = tmp_path / "anonspark" / "module.py"
    for line, found in [
        ("table.rdd.map(f)", True),
        ("spark.sparkContext", True),
        ("table._jdf", True),
        ("F.expr(text)", True),
        ("table.selectExpr(text)", True),
        ("regexpr(text)", False),
        ("table.rdd_like", False),
    ]:
        module.write_text(line + "\n")
        answer = subprocess.run(["sh", "scripts/check_connect.sh"], cwd=tmp_path, capture_output=True, check=False)
        assert (answer.returncode != 0) == found, line


@pytest.mark.parametrize(
    ("java", "sentence"),
    [
        ('openjdk version "11.0.2"', "is Java 11"),
        ('java version "1.8.0_392"', "is Java 8"),
        ('openjdk version "25" 2025-09-16', "is Java 25"),
        ("no java here", "does not run"),
    ],
)
def test_set_up_names_the_package_of_what_is_missing_and_installs_nothing(
    tmp_path: Path, java: str, sentence: str
) -> None:
    home = tmp_path / "jdk" / "bin"
    home.mkdir(parents=True)
    (home / "java").write_text(f"#!/bin/sh\necho '{java}' >&2\n")
    (home / "java").chmod(0o755)
    answer = subprocess.run(
        ["sh", "scripts/setup.sh"],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "JAVA_HOME": str(home.parent), "VENV": str(tmp_path / "venv"), "PYTHON": "false"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 1
    assert sentence in answer.stderr
    assert "apt-get install openjdk-17-jre-headless" in answer.stderr
    assert "brew install --cask temurin@17" in answer.stderr
    assert "Python 3.11, 3.12 or 3.13 is needed" in answer.stderr
    assert not (tmp_path / "venv").exists()
