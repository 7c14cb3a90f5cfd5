"""What is unfit: examples, and random histories of random projects in which nothing untested ever goes live."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.dbt_graph import slim_manifest
from assay.dbt_graph.digests import Digests
from assay.fitness import CheckedGraph, Result, checked_graph, smoke_missing, unfit
from assay.fitness.rules import listed
from tests.plugins.assay.transform.manifests import Project, projects

BEGAN = datetime(2026, 1, 1)


def at(minute: int) -> datetime:
    return BEGAN + timedelta(minutes=minute)


@pytest.fixture
def project() -> Project:
    project = Project()
    source = project.source("approved", "src_flights")
    flights = project.model("flights", "here/bronze", [source], materialized="view")
    legs = project.model("legs", "here/silver", [flights])
    project.model("apart", "here/silver", [flights])
    gold = project.model("punctuality", "here/gold", [legs])
    project.test("raw", [source], "here")
    project.test("flown", [flights], "here")
    project.test("whole", [legs], "here")
    project.test("counted", [gold, legs], "here")
    project.test("no_fewer_rows", [gold], "here", folder="smoke")
    project.unit_test("sums", gold)
    return project


IDS = {
    "raw": "test.assay.raw", "flown": "test.assay.flown", "whole": "test.assay.whole", "counted": "test.assay.counted",
    "flights": "model.assay.flights", "legs": "model.assay.legs", "punctuality": "model.assay.punctuality",
    "sums": "unit_test.assay.punctuality.sums", "smoke": "test.assay.no_fewer_rows",
}  # fmt: skip
WHOLE_RUN = ("raw", "flights", "flown", "legs", "whole", "punctuality", "counted", "sums")


def result(name: str, minute: int, status: str | None = None, **more: str) -> Result:
    built = name in ("flights", "legs", "punctuality")
    return Result(IDS[name], f"{name}-{minute}", at(minute), status or ("success" if built else "pass"), **more)


def whole_run(first: int = 0) -> list[Result]:
    return [result(name, first + minute) for minute, name in enumerate(WHOLE_RUN)]


def sentences(project: Project, results: Sequence[Result], **approved: datetime) -> list[str]:
    return [each.sentence for each in unfit(checked_graph(project.manifest, "here"), results, approved)]


def test_a_whole_run_leaves_nothing_unfit(project: Project) -> None:
    assert sentences(project, whole_run(), SRC_FLIGHTS=at(-1)) == []


def test_what_was_never_built_is_unfit_and_what_gold_does_not_read_is_not_asked_for(project: Project) -> None:
    places = {each.place for each in unfit(checked_graph(project.manifest, "here"), [], {})}
    assert places == {"approved.src_flights", "bronze.flights", "silver.legs", "gold.punctuality"}


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        ([result("whole", 20, "fail")], "silver.legs failed its test whole at 2026-01-01 00:20:00"),
        ([result("whole", 20, "error")], "silver.legs failed its test whole"),
        ([result("sums", 20, "fail")], "gold.punctuality failed its test sums"),
        ([result("legs", 20)], "silver.legs has not been tested by whole since it was built."),
        ([result("legs", 20, "error"), result("whole", 21)], "silver.legs could not be built at 2026-01-01 00:20:00"),
        ([result("flights", 20)], "bronze.flights has not been tested by flown since it was built"),
        ([result("punctuality", 20), result("sums", 21)], "gold.punctuality has not been tested by counted"),
    ],
)
def test_what_failed_or_was_built_since_is_unfit(project: Project, later: list[Result], expected: str) -> None:
    (sentence,) = sentences(project, [*whole_run(), *later])
    assert expected in sentence


def test_a_killed_build_is_unfit_until_it_is_built_and_tested_again(project: Project) -> None:
    killed = Result(IDS["legs"], "killed", at(20), None, run_id="manual__1")
    (sentence,) = sentences(project, [*whole_run(), killed])
    assert sentence.startswith("silver.legs was being built at 2026-01-01 00:20:00 in run manual__1, and nothing says")
    assert len(sentences(project, [*whole_run(), killed, result("whole", 21)])) == 1
    assert len(sentences(project, [*whole_run(), killed, result("legs", 21)])) == 1
    assert sentences(project, [*whole_run(), killed, result("legs", 21), result("whole", 22)]) == []


def test_what_dbt_skipped_is_as_if_it_had_not_been_asked(project: Project) -> None:
    skipped = [result("legs", 20, "skipped"), result("whole", 20, "skipped")]
    assert sentences(project, [*whole_run(), *skipped]) == []


def test_a_failed_test_stays_failed_until_it_passes(project: Project) -> None:
    failed = [*whole_run(), result("whole", 20, "fail")]
    assert sentences(project, [*failed, result("punctuality", 30), result("counted", 31), result("sums", 32)])
    assert sentences(project, [*failed, Result(IDS["whole"], "killed", at(40), None)])
    assert sentences(project, [*failed, result("whole", 40)]) == []


def test_a_test_that_began_before_the_build_does_not_judge_it(project: Project) -> None:
    assert len(sentences(project, [*whole_run(), result("legs", 21), result("whole", 20)])) == 1


def test_one_invocation_of_dbt_builds_and_judges_together(project: Project) -> None:
    together = [Result(IDS[name], "one", at(20), result(name, 0).status) for name in WHOLE_RUN]
    assert sentences(project, together) == []


def test_new_rows_make_a_view_of_theirs_unfit_until_it_is_tested(project: Project) -> None:
    approved = {"SRC_FLIGHTS": at(20)}
    found = sentences(project, whole_run(), **approved)
    assert found == [
        "bronze.flights has not been tested by flown since rows of approved.src_flights were approved.",
        "approved.src_flights has not been tested by raw since rows of approved.src_flights were approved.",
    ]
    assert sentences(project, [*whole_run(), result("raw", 21), result("flown", 22)], **approved) == []


def test_a_changed_file_needs_a_build_and_a_changed_test_a_result(project: Project) -> None:
    digests = Digests(project.manifest)
    legs, whole = digests.of(IDS["legs"]), digests.of(IDS["whole"])
    old = [*whole_run(), result("legs", 20, checksum="old"), result("whole", 21, checksum="old")]
    assert "has changed since it was built" in sentences(project, old)[0]
    built = [*old, result("legs", 30, checksum=legs)]
    assert "since that was changed" in sentences(project, [*built, result("whole", 31, checksum="old")])[0]
    assert sentences(project, [*built, result("whole", 31, checksum=whole)]) == []


def test_a_warning_blocks_nothing_nor_does_a_test_that_can_only_warn(project: Project) -> None:
    project.nodes[IDS["whole"]]["config"]["severity"] = "WARN"
    without = [each for each in whole_run() if each.node_id != IDS["whole"]]
    assert sentences(project, [*without, result("flown", 20, "warn")]) == []
    assert sentences(project, [*without, result("whole", 20, "error")])


def test_smoke_tests_judge_the_candidate_that_was_cut_and_built(project: Project) -> None:
    graph = checked_graph(project.manifest, "here")
    built = result("punctuality", 10)
    passed = result("smoke", 11)
    assert smoke_missing(graph, [built, passed], since=at(9)) == []
    for results, since, expected in (
        ([built], 9, "Smoke test no_fewer_rows has not run on this candidate."),
        ([built, passed], 12, "Smoke test no_fewer_rows has not run on this candidate."),
        ([result("smoke", 10), result("punctuality", 11)], 9, "Smoke test no_fewer_rows ran before the candidate was"),
        ([built, result("smoke", 11, "fail")], 9, "Smoke test no_fewer_rows failed at 2026-01-01 00:11:00."),
    ):
        (sentence,) = smoke_missing(graph, results, since=at(since))
        assert expected in sentence


def test_what_is_listed_is_short(project: Project) -> None:
    many = unfit(checked_graph(project.manifest, "here"), [], {})
    assert listed(many, most=2).splitlines()[-1] == "… and 2 more."


@given(projects())
@settings(max_examples=60, deadline=None, database=None)
def test_the_slim_manifest_says_the_same(project: Project) -> None:
    assert checked_graph(slim_manifest.slim(project.manifest), "here") == checked_graph(project.manifest, "here")


@dataclass
class World:
    """A zone as it is: what each node shows, by the versions of what made it, and which tests have judged that.

    Stands beside the ledger and knows nothing of it: versions are counted, not times. Every step writes the ledger as
    dbt's hooks do, and refuses to build as they do.
    """

    graph: CheckedGraph
    random: Random
    clock: int = 0
    results: list[Result] = field(default_factory=list)
    approvals: dict[str, datetime] = field(default_factory=dict)
    stored: dict[str, tuple[int, bool]] = field(default_factory=dict)
    judged: dict[str, tuple[object, bool]] = field(default_factory=dict)
    killed: set[str] = field(default_factory=set)

    def shown(self, node_id: str) -> object:
        """The versions of all that decides what the node shows."""
        return tuple((each, self.stored.get(each)) for each in sorted(self.graph.basis(node_id)))

    def tick(self) -> int:
        self.clock += 1
        return self.clock

    def approve(self, node_id: str) -> None:
        self.stored[node_id] = (self.tick(), True)
        self.approvals[self.graph.nodes[node_id].table] = at(self.clock)

    def fit_below(self, node_id: str) -> bool:
        parents = [parent for parent in self.graph.nodes[node_id].parents if parent in self.graph.nodes]
        return not parents or not unfit(self.graph, self.results, self.approvals, of=parents)

    def sound_below(self, node_id: str) -> bool:
        """By versions: everything that the node would be built from has passed its tests as it is."""
        above = self.graph.with_ancestors([node_id])
        return all(self.sound(each.id) for each in above if each.id != node_id)

    def sound(self, node_id: str) -> bool:
        node = self.graph.nodes[node_id]
        if node.built and (node_id in self.killed or not self.stored.get(node_id, (0, False))[1]):
            return False
        checks = self.graph.by_subject.get(node_id, ())
        return all(self.judged.get(check.id) == (self._subjects(check.subjects), True) for check in checks)

    def _subjects(self, subjects: frozenset[str]) -> object:
        return tuple(self.shown(subject) for subject in sorted(subjects))

    def build(self, node_id: str) -> None:
        """One pod: refused where something below is unfit, or built, or failed, or killed somewhere on the way."""
        if not self.fit_below(node_id):
            return
        sound = self.sound_below(node_id)
        assert sound, "built from what is not tested"
        started, fate = self.tick(), self.random.choice(["success"] * 6 + ["error", "killed before", "killed after"])
        if fate in ("success", "killed after"):
            self.stored[node_id] = (self.tick(), True)
        self.killed.discard(node_id) if fate == "success" else self.killed.add(node_id)
        status = None if fate.startswith("killed") else fate
        self.results.append(Result(node_id, f"{node_id} {started}", at(started), status))

    def test(self, node_id: str) -> None:
        """All tests of a node in one pod, which may be killed."""
        started = self.tick()
        for check in self.graph.by_subject.get(node_id, ()):
            fate = self.random.choice(["pass"] * 7 + ["fail", "killed"])
            status = None if fate == "killed" else fate
            if status:
                self.judged[check.id] = (self._subjects(check.subjects), status == "pass")
            self.results.append(Result(check.id, f"test of {node_id} {started}", at(started), status))


def steps(world: World, random: Random) -> Iterator[None]:
    """Runs that are whole, limited to some nodes, cleared in part, marked by hand (nothing happens), or broken off."""
    nodes = list(world.graph.nodes.values())
    for _ in range(8):
        some = nodes if random.random() < 0.5 else random.sample(nodes, random.randint(0, len(nodes)))
        for node in [node for node in nodes if node in some]:
            if random.random() < 0.08:
                continue  # a task is marked by hand
            if node.table and random.random() < 0.4:
                world.approve(node.id)
            if node.built:
                world.build(node.id)
            if random.random() < 0.93:
                world.test(node.id)
        yield


@given(projects(largest=8), st.integers(0, 2**32))
@settings(max_examples=150, deadline=None, database=None)
def test_nothing_untested_goes_live_in_any_history(project: Project, seed: int) -> None:
    graph = checked_graph(project.manifest, "here")
    world = World(graph, Random(seed))
    for _ in steps(world, world.random):
        live = not unfit(graph, world.results, world.approvals)
        everything = graph.with_ancestors(graph.gold)
        assert live == all(world.sound(node.id) for node in everything)
