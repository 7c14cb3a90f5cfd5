"""What the documentation promises: commands that exist, links that lead somewhere, tables that are up to date."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from assay.zones import Zone
from tests.documents import PAGES, ROOT, Line, fences, links, mentioned, shell
from tools.command import commands

README = ROOT / "README.md"
PLACEHOLDERS = re.compile(r"\[[^\]]*\]|<[^>]*>|…|\b[A-Z]{4,}\b")
"""In sentences: `./assay logs SERVICE [-f]` means any service, and perhaps an option."""

RUN_BY = {
    "make demo": "tests/e2e/conftest.py: def demo",
    "make test": ".ci/run: make test",
    "make down": 'tests/e2e/test_checkouts.py: "make", "down"',
    "./assay": "tests/e2e/test_documented.py: def test_what_the_readme_says_runs",
}
"""Which test runs which of the README's commands. What begins with `./assay` is run as it stands there."""


def names(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def command_line() -> Any:
    """The `assay` command with all its commands."""
    return typer.main.get_command(commands(["--help"]))


def problem_with(words: list[str]) -> str:
    """What the command line would say of these words without running them; an empty text if they are a command."""
    command, context = command_line(), None
    arguments = words
    try:
        while True:
            context = command.make_context(words[0], list(arguments), parent=context)
            if not hasattr(command, "resolve_command"):
                return ""
            _, command, arguments = command.resolve_command(context, [*context._protected_args, *context.args])
    except Exception as problem:
        return f"{shlex.join(words)}: {getattr(problem, 'message', '') or type(problem).__name__}"


def make_targets() -> set[str]:
    return set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def wrong(words: list[str]) -> str:
    if words[0] == "make":
        targets = {word for word in words[1:] if "=" not in word}
        return "" if targets <= make_targets() else f"{shlex.join(words)}: the Makefile has no such target"
    return problem_with(words[1:])


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_every_command_to_type_exists_with_its_options(page: Path) -> None:
    assert [said for line in shell(page) for command in line.commands if (said := wrong(command))] == []


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_every_command_that_is_mentioned_exists(page: Path) -> None:
    known = command_line()
    for text in mentioned(page):
        first, *words = PLACEHOLDERS.sub(" ", text).replace("&&", ";").split(";")[0].replace('"', "").split()
        if first == "make":
            assert {word for word in words if "=" not in word} <= make_targets(), text
            continue
        command = known
        while words and hasattr(command, "commands"):
            assert words[0] in command.commands, text
            command = command.commands[words.pop(0)]
        options = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
        assert set(re.findall(r"(?<!\w)--?[a-z][\w-]*", text)) <= options, text


@pytest.mark.parametrize("text", [
    "./assay company break weather --how softly", "./assay statsu", "./assay run", "make everything",
    "./assay release rollback flights --why no", "sleep 1 && ./assay company", 'kill "$(./assay state)"',
])  # fmt: skip
def test_a_command_that_does_not_exist_is_noticed(text: str) -> None:
    (words,) = Line("here", text, fails=False).commands
    assert wrong(words)


def test_a_command_that_exists_is_found_behind_others() -> None:
    line = Line(
        "here", """(sleep 1; kill "$(./assay status | awk '{ print $2 }')") & ./assay run weather""", fails=False
    )
    assert line.commands == [["./assay", "status"], ["./assay", "run", "weather"]]
    assert [wrong(words) for words in line.commands] == ["", ""]


def test_every_command_in_the_readme_is_run_by_a_test() -> None:
    for line in shell(README):
        for command in line.commands:
            runner = RUN_BY["./assay" if command[0] == "./assay" else shlex.join(command)]
            path, _, words = runner.partition(": ")
            assert words in (ROOT / path).read_text(), command


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    targets = [target.partition("#")[0] for target in links(page) if not re.match(r"https?://|#|mailto:", target)]
    assert [target for target in targets if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_no_page_names_a_place_on_somebodys_machine(page: Path) -> None:
    assert re.findall(r"(?<![\w.}])/(?:home|root|Users|work|tmp/\w)[\w/.-]*", page.read_text()) == []


def test_every_page_is_in_the_index() -> None:
    index = ROOT / "docs" / "README.md"
    linked = {(index.parent / target).resolve() for target in links(index)}
    assert [names(page) for page in PAGES if page.is_relative_to(index.parent) and page not in {*linked, index}] == []


def test_the_readmes_zone_is_one() -> None:
    (example,) = [yaml.safe_load(block) for block in fences(README.read_text(), "yaml")]
    assert Zone.model_validate(example).zone == "weather"


@pytest.mark.parametrize("words", ["make help", "./assay zone check", "./assay --help"])
def test_harmless_commands_run(words: str) -> None:
    done = subprocess.run(shlex.split(words), cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
