from pathlib import Path

from anonspark.io.jars import DELTA, jar_conf, remember_jars


def resolve(conf: dict[str, str], *names: str) -> None:
    """What Ivy leaves behind."""
    folder = Path(conf["spark.jars.ivy"]) / "jars"
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).touch()


def test_the_first_start_resolves_and_later_ones_take_the_files(tmp_path) -> None:
    first = jar_conf([DELTA], tmp_path, {})
    assert first["spark.jars.packages"] == DELTA
    resolve(first, "delta.jar", "storage.jar")
    remember_jars(first)
    second = jar_conf([DELTA], tmp_path, {})
    folder = Path(first["spark.jars.ivy"]) / "jars"
    assert second == {"spark.jars": f"{folder / 'delta.jar'},{folder / 'storage.jar'}", "spark.jars.packages": ""}


def test_a_start_that_failed_or_a_jar_that_is_gone_resolves_again(tmp_path) -> None:
    first = jar_conf([DELTA], tmp_path, {})
    resolve(first, "delta.jar")
    assert jar_conf([DELTA], tmp_path, {}) == first
    remember_jars(first)
    (Path(first["spark.jars.ivy"]) / "jars" / "delta.jar").unlink()
    assert jar_conf([DELTA], tmp_path, {}) == first


def test_each_set_of_packages_has_a_folder_of_its_own(tmp_path) -> None:
    alone = jar_conf([DELTA], tmp_path, {})
    with_s3 = jar_conf([DELTA, "org.apache.hadoop:hadoop-aws:3.4.2"], tmp_path, {})
    assert alone["spark.jars.ivy"] != with_s3["spark.jars.ivy"]


def test_what_the_caller_sets_is_kept(tmp_path) -> None:
    own = {"spark.jars": "/own.jar", "spark.jars.packages": "g:a:1", "spark.jars.excludes": "g:x"}
    first = jar_conf([DELTA], tmp_path, own)
    assert first["spark.jars.packages"] == f"g:a:1,{DELTA}"
    assert first["spark.jars.excludes"].startswith("g:x,")
    resolve(first, "delta.jar")
    remember_jars(first)
    assert jar_conf([DELTA], tmp_path, own)["spark.jars"].startswith("/own.jar,")
