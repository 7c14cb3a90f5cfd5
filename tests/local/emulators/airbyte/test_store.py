from __future__ import annotations

from pathlib import Path

import pytest

from local.emulators.airbyte.store import Store


def test_a_transaction_that_fails_leaves_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.db")

    def interrupted() -> None:
        with store.transaction():
            store.put("jobs", "1", {"status": "succeeded"})
            with store.transaction():
                store.put("states", "c", {"streams": []})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        interrupted()
    assert store.get("jobs", "1") is None
    assert store.get("states", "c") is None


def test_documents_come_oldest_first_and_outlive_the_process(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.db")
    for name in ("b", "a"):
        store.put("sources", name, {"name": name})
    store.update("sources", "b", colour="red")
    store.close()
    assert Store(tmp_path / "store.db").all("sources") == [{"name": "b", "colour": "red"}, {"name": "a"}]


def test_only_the_owner_may_read_the_file(tmp_path: Path) -> None:
    Store(tmp_path / "store.db")
    assert (tmp_path / "store.db").stat().st_mode & 0o077 == 0
