"""The audit of locked packages: finds what is published, and never calls an audit passed that did not run."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tools import audit

Answer = Callable[[list[dict[str, Any]]], Any]


class Database:
    """A database of advisories on a real socket. `answer` makes the body of the results from the queries."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.answer: Answer = lambda queries: {"results": [{} for _ in queries]}
        self.status = 200
        database = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                queries = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["queries"]
                database.asked += queries
                body = database.answer(queries)
                content = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(database.status if self.path == "/v1/querybatch" else 404)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    made = Database()
    monkeypatch.setenv("ASSAY_ADVISORIES", made.url)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with two lock files, which pin three packages."""
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    (tmp_path / "a.lock").write_text(
        "one==1.0 \\\n    --hash=sha256:00\nTwo_Parts[extra]==2.0 ; python_version < '4'\n# no==1\n"
    )
    (tmp_path / "b.lock").write_text("one==1.0\nthree==3.0.post1\n")
    subprocess.run(["git", "-C", tmp_path, "add", "."], check=True)
    return tmp_path


def test_every_pin_of_every_lock_in_git_is_asked_for(root: Path) -> None:
    locks = subprocess.run(["git", "ls-files", "*.lock"], cwd=root, capture_output=True, text=True, check=True).stdout
    found = audit.pins(root)
    assert {file for files in found.values() for file in files} == set(locks.split())
    pinned = sum(line[:1].isalnum() for lock in locks.split() for line in (root / lock).read_text().splitlines())
    assert sum(len(files) for files in found.values()) == pinned > 500


def test_nothing_known_is_said_of_packages_that_were_asked_for(
    database: Database, checkout: Path, said: list[str]
) -> None:
    assert audit.run(checkout, said.append) == 0
    assert said == [f"3 packages compared with {database.url}: none has an advisory."]
    assert [(each["package"]["name"], each["version"]) for each in database.asked] == [
        ("one", "1.0"), ("three", "3.0.post1"), ("two-parts", "2.0"),
    ]  # fmt: skip
    assert {each["package"]["ecosystem"] for each in database.asked} == {"PyPI"}


def test_an_advisory_is_named_with_its_package_and_files_and_on_every_page(
    database: Database, checkout: Path, said: list[str]
) -> None:
    def answer(queries: list[dict[str, Any]]) -> Any:
        if "page_token" in queries[0]:
            return {"results": [{"vulns": [{"id": "GHSA-2"}]}]}
        return {"results": [{"vulns": [{"id": "GHSA-1"}], "next_page_token": "more"}, {}, {}]}

    database.answer = answer
    assert audit.run(checkout, said.append) == audit.FOUND
    assert said[0] == "one 1.0 (a.lock, b.lock): https://osv.dev/GHSA-1, https://osv.dev/GHSA-2"
    assert "1 have advisories" in said[1]


BROKEN: dict[str, Answer] = {
    "too few": lambda queries: {"results": [{}]},
    "no results": lambda queries: {},
    "no object": lambda queries: [],
    "no JSON": lambda queries: b"<html>",
    "odd results": lambda queries: {"results": [None for _ in queries]},
    "odd advisories": lambda queries: {"results": [{"vulns": [{}]} for _ in queries]},
}


@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN)
def test_an_answer_that_is_none_is_no_audit(
    database: Database, checkout: Path, said: list[str], answer: Answer
) -> None:
    database.answer = answer
    assert audit.run(checkout, said.append) == audit.NOT_RUN
    assert "DID NOT RUN" in said[0]


def test_without_the_database_it_says_that_it_did_not_run(
    checkout: Path, said: list[str], monkeypatch: pytest.MonkeyPatch, free_port: Callable[[], int], database: Database
) -> None:
    database.status = 503
    assert audit.run(checkout, said.append) == audit.NOT_RUN
    monkeypatch.setenv("ASSAY_ADVISORIES", f"http://127.0.0.1:{free_port()}")
    assert audit.run(checkout, said.append) == audit.NOT_RUN
    for text in said:
        assert "THE AUDIT DID NOT RUN" in text
        assert "3 packages were not compared" in text
        assert "none has" not in text


def test_a_checkout_without_locks_is_not_audited(tmp_path: Path, said: list[str], database: Database) -> None:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    assert audit.run(tmp_path, said.append) == audit.NOT_RUN
