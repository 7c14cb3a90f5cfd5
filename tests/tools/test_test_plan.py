"""Which tests run together, and what the runner says of those that it left out."""

from __future__ import annotations

import json
import signal
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools import test_plan, testing
from tools.runtime.interrupts import Interrupted
from tools.runtime.layout import Layout
from tools.test_plan import Collected, groups, left_out

FILES = st.sampled_from([f"tests/{name}.py" for name in "abcdefgh"])
TESTS = st.lists(
    st.builds(
        lambda file, number, tier, shares: Collected(f"{file}::test_{number}", tier, tuple(sorted(shares))),
        FILES,
        st.integers(0, 400),
        st.sampled_from(list(test_plan.WEIGHT)),
        st.frozensets(st.sampled_from(["tests::account", "tests/dbt::warehouse", "tests/e2e::checkout"]), max_size=2),
    ),
    max_size=200,
    unique_by=lambda test: test.id,
)


def read(name: str) -> str:
    return (Path(__file__).parents[2] / name).read_text()


@settings(max_examples=200, deadline=None)
@given(TESTS, st.sets(st.sampled_from(list(test_plan.WEIGHT))))
def test_every_file_with_a_wanted_test_is_in_one_group_and_nothing_else_is(
    tests: list[Collected], tiers: set[str]
) -> None:
    grouped = [file for group in groups(tests, tiers) for file in group.files]
    assert sorted(grouped) == sorted({test.file for test in tests if test.tier in tiers})
    assert sum(left_out(tests, tiers).values()) == sum(test.tier not in tiers for test in tests)


@settings(max_examples=100, deadline=None)
@given(TESTS)
def test_what_starts_the_platform_is_in_one_group_that_begins_first(tests: list[Collected]) -> None:
    made = groups(tests, test_plan.WEIGHT)
    users = {test.file for test in tests if "tests/e2e::checkout" in test.shares}
    assert len({group.title for group in made}) == len(made)
    if users:
        assert users <= set(made[0].files)


def test_many_tests_of_one_server_are_shared_out_by_file() -> None:
    tests = [Collected(f"tests/t{file}.py::test_{number}", "wide", ("tests::account",))
             for file in range(6) for number in range(40)]  # fmt: skip
    made = groups(tests, ["wide"])
    assert [len(group.files) for group in made] == [2, 2, 2]
    assert [group.title for group in made] == [f"tests: account {number} of 3" for number in (1, 2, 3)]


def test_every_tier_is_in_the_round_of_ci_or_of_the_deep_tests_and_none_twice() -> None:
    assert testing.ROUNDS["test"] + testing.ROUNDS["rest"] == testing.ROUNDS["all"]
    assert {*testing.ROUNDS["all"], *testing.ROUNDS["deep"]} == set(test_plan.WEIGHT) == set(testing.ELSEWHERE)


@pytest.mark.parametrize("name", [".ci/run", ".gitlab-ci.yml"])
def test_ci_runs_both_rounds(name: str) -> None:
    words = [line.strip().removeprefix("- ").split("#")[0].strip() for line in read(name).splitlines()]
    assert words.count("make test") == words.count("./assay test rest") == 1


@pytest.mark.parametrize("name", [name for name in testing.ROUNDS if name not in ("test", "rest")])
def test_make_has_a_target_for_each_round(name: str) -> None:
    assert f"\ntest-{name}:" in read("Makefile")
    assert f"$(ASSAY) test {name}\n" in read("Makefile")


# -- the runner, with a pytest that only answers


class Answers:
    """Stands for pytest: collects these tests, and notes an outcome for each that it is asked to run."""

    def __init__(self, tests: dict[str, tuple[str, str]], status: int = 0) -> None:
        self.tests, self.status, self.asked = tests, status, list[Sequence[str]]()

    def __call__(self, layout: Layout, options: Sequence[str], stdout: int | None = None) -> tuple[int, str]:
        self.asked.append(options)
        if "--plan" in options:
            plan = {name: {"tier": tier, "shares": []} for name, (tier, _) in self.tests.items()}
            Path(options[options.index("--plan") + 1]).write_text(json.dumps(plan))
            return 0, ""
        tiers = options[options.index("--tiers") + 1].split(",")
        with Path(options[options.index("--cost") + 1]).open("a") as notes:
            for name, (tier, outcome) in self.tests.items():
                if tier in tiers and name.split("::")[0] in options and outcome != "lost":
                    reason = "podman is not installed" if outcome == "skipped" else ""
                    notes.write(json.dumps({"test": name, "outcome": outcome, "reason": reason, "cpu": 1.0}) + "\n")
        return self.status, "what it said"


def done(
    monkeypatch: pytest.MonkeyPatch, folder: Path, pytest_: Answers, *arguments: str
) -> tuple[int, list[str], list[Sequence[str]]]:
    said: list[str] = []
    monkeypatch.setattr(testing, "_pytest", pytest_)
    status = testing.run(Layout(root=folder, state=folder), arguments, said.append)
    return status, said, pytest_.asked


def test_what_was_skipped_or_left_out_is_said_with_the_command_that_runs_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tests = {
        "tests/a.py::one": ("fast", "passed"),
        "tests/a.py::two": ("core", "skipped"),
        "tests/b.py::three": ("wide", "passed"),
        "tests/c.py::four": ("deep", "passed"),
    }
    status, said, _ = done(monkeypatch, tmp_path, Answers(tests))
    assert status == 0
    assert "2 tests: 1 passed, 1 skipped; 2 processor seconds (each test's: build/test-costs.jsonl)" in said
    assert "skipped, 1: podman is not installed" in said
    assert f"not run here, 1: {testing.ELSEWHERE['wide']}" in said
    assert f"not run here, 1: {testing.ELSEWHERE['deep']}" in said


def test_a_planned_test_without_a_result_fails_the_round(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tests = {"tests/a.py::one": ("fast", "passed"), "tests/a.py::two": ("fast", "lost")}
    status, said, _ = done(monkeypatch, tmp_path, Answers(tests), "fast")
    assert status == 1
    assert any("1 tests were planned and have no result, such as tests/a.py::two" in line for line in said)


def test_a_failed_group_fails_the_round_and_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    status, said, _ = done(monkeypatch, tmp_path, Answers({"tests/a.py::one": ("fast", "failed")}, status=1), "fast")
    assert status == 1
    assert "Failed: tests that share no server" in said


def test_an_interrupted_round_begins_no_further_group(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Three groups, one at a time: the command is interrupted when the first has ended and the second runs."""
    names = ("a", "b", "c")
    begun: list[str] = []
    second, goes_on = Event(), Event()

    class Pool(ThreadPoolExecutor):
        def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
            super().shutdown(wait=False, cancel_futures=cancel_futures)
            goes_on.set()
            super().shutdown(wait=wait)

    def pytest_(layout: Layout, options: Sequence[str], stdout: int | None = None) -> tuple[int, str]:
        if "--plan" in options:
            plan = {f"tests/{name}.py::one": {"tier": "deep", "shares": [f"tests/{name}::server"]} for name in names}
            Path(options[options.index("--plan") + 1]).write_text(json.dumps(plan))
            return 0, ""
        begun.append(options[-1])
        if len(begun) == 2:
            second.set()
            assert goes_on.wait(30)
        return 0, ""

    def say(sentence: str) -> None:
        if "passed after" in sentence and second.wait(30):
            raise Interrupted(signal.SIGTERM)

    monkeypatch.setattr(testing, "ThreadPoolExecutor", Pool)
    monkeypatch.setattr(testing, "_pytest", pytest_)
    with pytest.raises(Interrupted):
        testing.run(Layout(root=tmp_path, state=tmp_path), ["deep"], say)
    assert begun == ["tests/a.py", "tests/b.py"]


@pytest.mark.parametrize(("name", "most"), [("deep", 1), ("all", testing.AT_ONCE)])
def test_groups_run_side_by_side_but_deep_ones_do_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, most: int
) -> None:
    places: list[int] = []

    class Pool(ThreadPoolExecutor):
        def __init__(self, workers: int) -> None:
            places.append(workers)
            super().__init__(workers)

    monkeypatch.setattr(testing, "ThreadPoolExecutor", Pool)
    done(monkeypatch, tmp_path, Answers({"tests/a.py::one": ("deep", "passed")}), name)
    assert places == [most]


def test_paths_go_to_one_pytest_as_they_are(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    words = ("tests/dbt", "-k", "fast")
    monkeypatch.setattr(testing, "_pytest", lambda layout, options: (int(options != words), ""))
    assert testing.run(Layout(root=tmp_path, state=tmp_path), words, print) == 0
