"""The slim manifest: the same tasks, from a fraction of the bytes."""

from __future__ import annotations

import json

from hypothesis import given, settings

from assay.dbt_graph import slim_manifest
from assay.dbt_graph.graph import graph
from tests.benchmarks.big_manifest import ZONE, big_manifest
from tests.plugins.assay.transform.manifests import Project, projects


@given(projects())
@settings(max_examples=100, deadline=None, database=None)
def test_it_gives_the_same_tasks_as_dbts_own(project: Project) -> None:
    small = json.loads(slim_manifest.text(project.manifest))
    assert small == slim_manifest.slim(project.manifest) == slim_manifest.slim(small)
    for zone in ("here", "there"):
        assert graph(small, zone) == graph(project.manifest, zone)


def test_it_says_the_same_of_what_is_wrong() -> None:
    project = Project()
    project.model("greedy", "here/gold", meta={"pod": {"cpus": 4}, "owner": "someone"})
    kept = slim_manifest.slim(project.manifest)["nodes"]["model.assay.greedy"]
    assert kept["config"] == {"meta": {"pod": {"cpus": 4}}, "contract": {"enforced": True}}
    assert kept["original_file_path"] == "models/here/gold/greedy.sql"


def test_most_of_dbts_manifest_is_left_out() -> None:
    full = big_manifest(100)
    text = slim_manifest.text(full)
    assert graph(json.loads(text), ZONE) == graph(full, ZONE)
    assert len(text) < len(json.dumps(full)) / 8


def test_its_text_is_a_node_a_line_so_that_a_deploys_change_can_be_read() -> None:
    project = Project()
    project.model("flights", "here/bronze")
    before = slim_manifest.text(project.manifest).splitlines()
    project.model("planes", "here/silver")
    added, digest = sorted(
        line for line in slim_manifest.text(project.manifest).splitlines() if line.strip(",") not in before
    )[::-1]
    assert (added.partition(":")[0], digest.partition(":")[0]) == ('"model.assay.planes"', '"digest"')


def test_its_digest_is_of_all_that_decides_what_is_built() -> None:
    """Macros and settings too, which no file of a model shows."""
    manifests = []
    for sql, config in (("one", {}), ("two", {}), ("one", {"materialized": "view"})):
        project = Project()
        model = project.model("flights", "here/bronze")
        project.nodes[model]["config"] |= config
        macros = {"macro.assay.m": {"package_name": "assay", "name": "m", "macro_sql": sql},
                  "macro.dbt.n": {"package_name": "dbt", "name": "n", "macro_sql": "the same"}}  # fmt: skip
        manifests.append(project.manifest | {"macros": macros})
    digests = [slim_manifest.slim(manifest)["metadata"]["digest"] for manifest in manifests]
    assert len(set(digests)) == len(digests)
    assert slim_manifest.slim(slim_manifest.slim(manifests[0]))["metadata"]["digest"] == digests[0]
