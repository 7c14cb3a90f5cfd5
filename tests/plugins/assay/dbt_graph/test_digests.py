"""The digest of a node: another with whatever may change what dbt builds, the same otherwise.

That dbt's own macro makes the same digests is a matter of tests/dbt/test_unfit.py.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.dbt_graph.digests import Digests
from assay.dbt_graph.slim_manifest import slim

MODEL, GONE, TEST, SEED = "model.assay.legs", "model.assay.hidden", "test.assay.not_null_legs", "seed.assay.airlines"
UNIT_TEST, SOURCE = "unit_test.assay.legs.counts", "source.assay.approved.src_flights"


def node(kind: str, name: str, parents: list[str], **more: Any) -> dict[str, Any]:
    return {
        "resource_type": kind,
        "name": name,
        "path": f"here/silver/{name}.sql",
        "original_file_path": f"{kind}s/here/silver/{name}.sql",
        "fqn": ["assay", "here", "silver", name],
        "alias": name,
        "tags": [],
        "checksum": {"name": "sha256", "checksum": "of words"},
        "depends_on": {"nodes": parents, "macros": []},
        "config": {"enabled": True, "materialized": "table", "meta": {}, "full_refresh": None},
        "raw_code": f"select 'a b' as {name}",
        "columns": {},
        **more,
    }


def manifest() -> dict[str, Any]:
    columns = {"a": {"name": "a", "data_type": "varchar", "quote": None, "constraints": [], "description": "A."}}
    kwargs = {"test_metadata": {"name": "not_null", "kwargs": {"column_name": "a"}, "namespace": None}}
    hidden = node("model", "hidden", [SOURCE])
    hidden["config"]["materialized"] = "ephemeral"
    return {
        "metadata": {"project_name": "assay", "dbt_version": "1.12.6", "adapter_type": "snowflake"},
        "nodes": {
            MODEL: node("model", "legs", [SOURCE, GONE], columns=columns, constraints=[]),
            GONE: hidden,
            TEST: node("test", "not_null_legs", [MODEL], checksum={"name": "none", "checksum": ""}, **kwargs),
            SEED: node("seed", "airlines", [], raw_code=""),
        },
        "sources": {
            SOURCE: {"source_name": "approved", "name": "flights", "identifier": "src_flights", "package_name": "assay"}
        },
        "unit_tests": {
            UNIT_TEST: {
                "name": "counts", "fqn": ["assay", "here", "silver", "legs", "counts"], "given": [], "config": {},
                "depends_on": {"nodes": [MODEL], "macros": []}, "checksum": "of rows",
            },
        },
        "macros": {
            "macro.assay.km": {"package_name": "assay", "name": "km", "macro_sql": "{% macro km() %}{% endmacro %}"},
            "macro.dbt_snowflake.create": {"package_name": "dbt_snowflake", "name": "create", "macro_sql": "create"},
            "macro.dbt.create": {"package_name": "dbt", "name": "create", "macro_sql": "hidden by the adapter's"},
        },
    }  # fmt: skip


def digests(content: dict[str, Any]) -> dict[str, str]:
    found = Digests(content)
    return {key: found.of(key) for key in (MODEL, GONE, TEST, SEED, UNIT_TEST)}


def change(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def apply(content: dict[str, Any]) -> None:
        *way, last = path.split("/")
        for part in way:
            content = content[part]
        content[last] = value

    return apply


EVERY = {MODEL, GONE, TEST, SEED, UNIT_TEST}
CHANGES = {
    "whitespace in a literal": (change(f"nodes/{MODEL}/raw_code", "select 'a  b' as legs"), {MODEL}),
    "a line break": (change(f"nodes/{MODEL}/raw_code", "select 'a\nb' as legs"), {MODEL}),
    "materialization": (change(f"nodes/{MODEL}/config/materialized", "incremental"), {MODEL}),
    "a contract": (change(f"nodes/{MODEL}/config/contract", {"enforced": True}), {MODEL}),
    "a hook": (change(f"nodes/{MODEL}/config/post-hook", [{"sql": "select 1"}]), {MODEL}),
    "a key": (change(f"nodes/{MODEL}/config/unique_key", ["a"]), {MODEL}),
    "a column's type": (change(f"nodes/{MODEL}/columns/a/data_type", "text"), {MODEL}),
    "a constraint": (change(f"nodes/{MODEL}/columns/a/constraints", [{"type": "not_null"}]), {MODEL}),
    "another table": (change(f"nodes/{MODEL}/alias", "legs_v2"), {MODEL, TEST, UNIT_TEST}),
    "a source's table": (change(f"sources/{SOURCE}/identifier", "src_others"), {MODEL, GONE}),
    "what is looked through": (change(f"nodes/{GONE}/raw_code", "select 2"), {MODEL, GONE}),
    "what is read": (change(f"nodes/{MODEL}/depends_on/nodes", [SOURCE]), {MODEL}),
    "a test's arguments": (change(f"nodes/{TEST}/test_metadata/kwargs/column_name", "b"), {TEST}),
    "a test's severity": (change(f"nodes/{TEST}/config/severity", "warn"), {TEST}),
    "a seed's rows": (change(f"nodes/{SEED}/checksum/checksum", "of others"), {SEED}),
    "a unit test's rows": (change(f"unit_tests/{UNIT_TEST}/checksum", "of others"), {UNIT_TEST}),
    "a macro": (change("macros/macro.assay.km/macro_sql", "{% macro km()  %}{% endmacro %}"), EVERY),
    "a macro of the adapter": (change("macros/macro.dbt_snowflake.create/macro_sql", "replace"), EVERY),
    "a new macro": (change("macros/m", {"package_name": "utils", "name": "m", "macro_sql": ""}), EVERY),
    "dbt's version": (change("metadata/dbt_version", "1.12.7"), EVERY),
    "nothing: who owns it": (change(f"nodes/{MODEL}/config/meta", {"owner": "someone"}), set()),
    "nothing: a description": (change(f"nodes/{MODEL}/columns/a/description", "Another."), set()),
    "nothing: a pod's size": (change(f"nodes/{MODEL}/config/meta", {"pod": {"cpu": 1}}), set()),
    "nothing: a key without a value": (change(f"nodes/{MODEL}/config/batch_size", None), set()),
    "nothing: when it was parsed": (change(f"nodes/{MODEL}/created_at", 1.0), set()),
    "nothing: a macro that another hides": (change("macros/macro.dbt.create/macro_sql", "other"), set()),
}


@pytest.mark.parametrize("name", CHANGES)
def test_it_changes_with_what_is_built(name: str) -> None:
    apply, expected = CHANGES[name]
    content = manifest()
    before, project = digests(content), slim(content)["metadata"]["digest"]
    apply(content)
    after = digests(content)
    assert {key for key in after if after[key] != before[key]} == expected
    of_nodes = expected - {UNIT_TEST}
    assert (slim(content)["metadata"]["digest"] != project) == bool(of_nodes)
    assert digests(slim(content)) == after, "the slim manifest says the same"


@given(st.data())
@settings(max_examples=150, deadline=None, database=None)
def test_one_blank_anywhere_in_what_is_built_is_a_change(data: st.DataObject) -> None:
    """In the code, a value or a key of the configuration, a type, an argument of a test, or a macro."""
    content = manifest()
    content["nodes"][MODEL]["config"] |= {"pre-hook": [{"sql": "select 'x'"}], "cluster_by": ["a", "b"]}
    places = [
        *((content["nodes"][each], "raw_code") for each in (MODEL, GONE, TEST)),
        (content["nodes"][MODEL]["config"]["pre-hook"][0], "sql"),
        (content["nodes"][MODEL]["config"]["cluster_by"], 1),
        (content["nodes"][MODEL]["columns"]["a"], "data_type"),
        (content["nodes"][TEST]["test_metadata"]["kwargs"], "column_name"),
        (content["macros"]["macro.assay.km"], "macro_sql"),
    ]
    holder, key = data.draw(st.sampled_from(places))
    before = digests(copy.deepcopy(content))
    text = holder[key]
    at = data.draw(st.integers(0, len(text)))
    holder[key] = text[:at] + data.draw(st.sampled_from(" \t\n\u00a0")) + text[at:]
    assert digests(content) != before
