"""A zone whose files cannot be read is told in its channel, once, and told again when they can."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from assay.alerts.broken import look, news
from assay.alerts.watch_dag import alerts
from tests.plugins.assay.alerts.api_server import ApiServer
from tests.plugins.assay.alerts.inbox import Inbox


@pytest.fixture
def dags(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The repository's weather zone, to be broken."""
    folder = tmp_path / "dags"
    shutil.copytree(root / "dags" / "config", folder / "config")
    shutil.copytree(root / "dags" / "zones" / "weather", folder / "zones" / "weather")
    (folder / "weather.py").write_text(
        "from pathlib import Path\nfrom assay.zones import load_zone\n"
        "load_zone(Path(__file__).parent / 'zones' / 'weather')\n"
    )
    monkeypatch.setenv("ASSAY_ENV", "local")
    return folder


@pytest.fixture
def run(dags: Path, api: ApiServer, inbox: Inbox) -> Any:
    api.chats = {"chat_weather"}
    api.platform = inbox.url
    task = alerts(str(dags / "platform_alerts.py")).get_task("post")
    context: Any = {"run_id": "scheduled__1"}
    return lambda: task.execute(context)


def test_a_broken_zone_file_is_posted_once_to_its_channel_and_so_is_its_end(dags: Path, run: Any, inbox: Inbox) -> None:
    zone = dags / "zones" / "weather" / "zone.yml"
    whole = zone.read_text()
    assert run()["unreadable"] == []
    assert inbox.texts == []
    zone.write_text(whole.replace("owner:", "ownr:"))
    for _ in range(3):
        assert run()["unreadable"] == ["weather"]
    (text,) = inbox.texts
    assert text.startswith("*weather* (local): its DAG cannot be read")
    assert "ownr is not a key" in text
    zone.write_text(whole.replace("steward:", "stewrd:"))
    run()
    assert "stewrd" in inbox.texts[1]
    zone.write_text(whole)
    run()
    run()
    assert len(inbox.texts) == 3
    assert "recovered" in inbox.texts[2]


@pytest.mark.parametrize("code", ["1 +", "import none_such", "raise SystemExit(3)", "1 / 0", "assert False, '<!here>'"])
def test_whatever_a_dag_file_does_is_a_message(dags: Path, run: Any, inbox: Inbox, code: str) -> None:
    (dags / "weather.py").write_text(code)
    assert run()["unreadable"] == ["weather"]
    assert len(inbox.texts) == 1
    assert "<!here>" not in inbox.texts[0]


def test_files_are_read_again_only_when_one_has_changed(dags: Path) -> None:
    marker = dags.parent / "read"
    (dags / "weather.py").write_text(f"open({str(marker)!r}, 'a').write('x')")
    values: dict[str, str] = {}

    class Kept:
        def get(self, key: str) -> str | None:
            return values.get(key)

        def set(self, key: str, value: str) -> None:
            values[key] = value

        def keys(self, prefix: str) -> list[str]:
            return [key for key in values if key.startswith(prefix)]

        def delete(self, key: str) -> None:
            values.pop(key, None)

    for _ in range(3):
        look(dags, "local", Kept(), lambda *_: None, "")
    assert marker.read_text() == "x"
    os.utime(dags / "zones" / "weather" / "zone.yml", (1, 1))
    look(dags, "local", Kept(), lambda *_: None, "")
    assert marker.read_text() == "xx"


def test_each_mistake_that_breaks_several_zones_is_one_message_to_the_platform() -> None:
    found = news({}, {"flights": "config is wrong", "weather": "config is wrong"}, "local", "")
    ((name, message),) = found
    assert name == "platform"
    assert "*flights, weather*" in message["text"]
    two = {"a": "one is wrong", "b": "another is wrong", "c": "one is wrong", "d": "another is wrong", "e": "alone"}
    found = news({"d": "another is wrong", "f": "over"}, two | {"g": "another is wrong"}, "local", "")
    assert [(name, message["text"].partition(" (")[0]) for name, message in found] == [
        ("platform", "*a, c*"), ("platform", "*b, g*"), ("e", "*e*"), ("f", "*f*"),
    ]  # fmt: skip
