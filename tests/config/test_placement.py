import pytest


def test_an_output_on_the_input_needs_in_place(faults_of) -> None:
    tables = {"input": {"uri": "s3://bucket/a", "format": "delta"}, "output": {"uri": "s3a://bucket/x/../a/"}}
    assert faults_of(**tables) == {
        "output": "is the input itself; write in_place: true to have it overwritten, or name another place."
    }
    assert faults_of(**tables, in_place=True) == {}


def test_a_table_of_the_catalog_is_known_in_any_case(faults_of) -> None:
    tables = {"input": {"table": "main.health.visits"}, "output": {"table": "main.health.VISITS"}}
    assert list(faults_of(**tables, metadata={"uri": "m"})) == ["output"]


def test_an_output_below_or_above_the_input_is_a_fault_even_in_place(faults_of) -> None:
    below = faults_of(input={"uri": "data", "format": "parquet"}, output={"uri": "data/out"}, in_place=True)
    assert below == {"output.uri": "lies within the input, where the next run would read it; name another place."}
    above = faults_of(input={"uri": "data/a.csv"}, output={"uri": "data"}, in_place=True)
    assert above == {"output.uri": "lies on input.uri, which would be overwritten; name another place."}


def test_an_output_on_a_hierarchy_or_on_the_population_is_a_fault(faults_of) -> None:
    age = {"name": "age", "type": "quasi_identifier", "hierarchy": {"kind": "csv", "uri": "out/age.csv"}}
    assert faults_of(attributes=[age], output={"uri": "out"}) == {
        "output.uri": "lies on attributes[0].hierarchy.uri, which would be overwritten; name another place."
    }
    assert list(faults_of(population={"uri": "out"}, output={"uri": "out"})) == ["output.uri"]


def test_neighbours_that_share_letters_are_not_within_each_other(faults_of) -> None:
    assert faults_of(input={"uri": "data/people.csv"}, output={"uri": "data/people"}) == {}


def test_a_population_that_is_the_input_tells_nothing(faults_of) -> None:
    found = faults_of(input={"uri": "a.csv"}, population={"uri": "./a.csv"})
    assert found == {
        "population": "is the input itself, which tells nothing more; name the larger table, or leave it out."
    }


def test_the_metadata_is_not_the_output(faults_of) -> None:
    assert list(faults_of(output={"uri": "out/a"}, metadata={"uri": "out/a/"})) == ["metadata.uri"]


def test_an_output_in_the_catalog_needs_a_place_for_the_metadata(faults_of) -> None:
    assert list(faults_of(output={"table": "a.b.c"})) == ["metadata"]


@pytest.mark.parametrize("key", ["input", "output", "population"])
def test_a_table_has_one_place(faults_of, key: str) -> None:
    assert faults_of(**{key: {"format": "csv"}}) == {key: "names no table; give it a uri or a table."}
    assert faults_of(**{key: {"uri": "a", "table": "b"}}) == {
        f"{key}.table": "stands beside uri; keep only one of the two."
    }


def test_keys_that_the_format_has_no_use_for_are_faults(faults_of) -> None:
    assert list(faults_of(input={"uri": "a.csv", "version": 3})) == ["input.version"]
    assert list(faults_of(input={"uri": "a", "schema": {"age": "int"}})) == ["input.schema"]
    assert list(faults_of(output={"uri": "a.csv", "partition_by": ["age"]})) == ["output.partition_by"]


def test_a_release_is_not_partitioned_by_a_column_that_it_drops(faults_of) -> None:
    attributes = [{"name": "age", "type": "quasi_identifier"}, {"name": "name", "type": "identifier"}]
    output = {"uri": "out/a", "partition_by": ["age", "Name"]}
    assert faults_of(attributes=attributes, output=output) == {}
    assert list(faults_of(attributes=attributes, output=output, identifiers="drop")) == ["output.partition_by[1]"]


@pytest.mark.parametrize(
    "uri", ["s3a://id:key@bucket/a", "azure://box@account/a?sv=1&sig=abc", "https://host/a?X-Amz-Signature=abc"]
)
def test_a_credential_in_a_uri_is_a_fault_that_does_not_show_it(faults_of, uri: str) -> None:
    found = faults_of(input={"uri": uri})
    assert list(found) == ["input.uri"]
    assert "credential" in found["input.uri"]
    assert not any(secret in found["input.uri"] for secret in ("key", "abc"))


def test_a_credential_among_the_options_is_a_fault_that_does_not_show_it(faults_of) -> None:
    found = faults_of(input={"uri": "a.csv", "options": {"fs.s3a.secret.key": "abc", "sep": ";"}})
    assert found == {
        'input.options."fs.s3a.secret.key"': (
            "is a credential, which would be kept in the run record; hand it over by Spark's configuration."
        )
    }


def test_a_container_of_an_account_is_no_credential(faults_of) -> None:
    assert (
        faults_of(input={"uri": "azure://box@account/a"}, output={"uri": "abfss://box@account.dfs.core.windows.net/b"})
        == {}
    )


@pytest.mark.parametrize("uri", ["", " a", "a\n", "a\x00b"])
def test_a_uri_is_printable(faults_of, uri: str) -> None:
    assert list(faults_of(input={"uri": uri})) == ["input.uri"]


@pytest.mark.parametrize("written", ["integer32", "decimal(10", "int(3)", "array<int>", ""])
def test_a_type_is_one_that_spark_can_cast_to(faults_of, written: str) -> None:
    assert list(faults_of(input={"uri": "a.csv", "schema": {"age": written}})) == ["input.schema.age"]
