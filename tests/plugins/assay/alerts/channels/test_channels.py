"""The kind of a connection decides how a message gets to its channel; a kind is a folder."""

from __future__ import annotations

import json
import re
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assay.alerts import channels as kinds_of_channel
from assay.alerts.channels import channel_of, channels
from assay.alerts.channels.webhook.channel import WebhookChannel
from assay.alerts.post import deliver
from assay.alerts.posting import outbox, post_to_zone
from assay.errors import ConfigurationError
from assay.extensions import kinds
from assay.zones import Zone
from tests.documents import ROOT, sections
from tests.plugins.assay.alerts.api_server import ApiServer
from tests.plugins.assay.alerts.inbox import TOKEN, Inbox

FILE = re.compile(r"`plugins/(assay_extensions/\S+)`\n\n```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
PAGER = {"conn_type": "pager", "host": "127.0.0.1", "extra": json.dumps({"team": "met"})}


def forget() -> None:
    kinds.cache_clear()
    channels.cache_clear()
    for name in [name for name in sys.modules if name.startswith("assay_extensions")]:
        del sys.modules[name]


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder on Python's path with the channel that the documentation makes."""
    ((name, text),) = FILE.findall(sections(ROOT / "docs" / "alerts.md")["Add a kind of channel"])
    path = tmp_path / name
    path.parent.mkdir(parents=True)
    path.write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    forget()
    yield path
    forget()


class Pager:
    """A server that takes lines, and answers each as asked."""

    def __init__(self) -> None:
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.lines: list[str] = []
        self.answer = b"ok"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.server.accept()
            except OSError:
                return
            with connection:
                self.lines.append(connection.makefile(encoding="utf-8").readline())
                connection.sendall(self.answer)


@pytest.fixture
def pager() -> Iterator[Pager]:
    found = Pager()
    yield found
    found.server.close()


def test_a_channel_of_the_documentation_is_a_folder_and_gets_a_zone_s_message(
    company: Path, pager: Pager, api: ApiServer, inbox: Inbox, zones: list[Zone]
) -> None:
    zone = next(zone for zone in zones if zone.zone == "weather")
    api.connections["chat_weather"] = dict.fromkeys(("schema", "login", "password")) | PAGER | {"port": pager.port}
    assert post_to_zone(zone, "local", {"text": "*weather* (local): `x &lt; y`\n```\ntemp is not a number\n```"})
    assert pager.lines == ["met: weather (local): x < y / temp is not a number\n"]
    assert (inbox.messages, outbox().count()) == ([], 0)
    pager.answer = b"no"
    assert post_to_zone(zone, "local", {"text": "again"})
    assert outbox().count() == 1, "a message that the pager has not taken is kept"


def test_a_channel_without_its_folder_is_refused_and_the_platform_s_takes_the_message(
    api: ApiServer, inbox: Inbox, zones: list[Zone], caplog: pytest.LogCaptureFixture
) -> None:
    zone = next(zone for zone in zones if zone.zone == "weather")
    api.connections["chat_weather"] = dict.fromkeys(("schema", "login", "password")) | PAGER | {"port": 1}
    api.platform = inbox.url
    assert post_to_zone(zone, "local", {"text": "hello"})
    assert inbox.messages == [{"text": "hello", "channel": "#zone-weather"}]
    assert (
        'The connection chat_weather has the conn_type "pager", which is no kind of channel: there is '
    ) in caplog.text


@pytest.mark.parametrize("conn_type", ["http", "https", "", "webhook", None])
def test_a_connection_to_an_address_is_a_webhook(conn_type: str | None, inbox: Inbox) -> None:
    channel = channel_of({"conn_type": conn_type, "password": inbox.url, "extra": "{}", "host": "chat.example"})
    assert isinstance(channel, WebhookChannel)
    assert deliver(channel, {"text": "hello", "channel": "#a"})
    assert inbox.messages == [{"text": "hello", "channel": "#a"}]


@pytest.mark.parametrize(
    ("connection", "sentence"),
    [
        ({"conn_type": "http"}, "has no password (The webhook's address.) that a channel of the kind webhook can use"),
        ({"conn_type": "teams", "password": ""}, "has no password (The workflow's address.)"),
        ({"conn_type": "pigeon", "password": TOKEN}, 'has the conn_type "pigeon", which is no kind of channel'),
        ({"conn_type": "http", "password": [TOKEN]}, "has no password"),
        ({"conn_type": "http", "password": TOKEN, "extra": "{"}, "has an extra that is no JSON object"),
        ({"conn_type": "http", "password": TOKEN, "extra": "[1]"}, "has an extra that is no JSON object"),
    ],
)
def test_a_connection_that_is_no_channel_is_refused_without_its_values(
    connection: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        channel_of(connection)
    assert sentence in str(caught.value)
    assert TOKEN not in str(caught.value)


def test_a_channel_whose_folder_is_wrong_says_why(company: Path) -> None:
    company.write_text(company.read_text().replace('"""A pager that takes a line by TCP and answers', '"x"'))
    forget()
    with pytest.raises(ConfigurationError, match=r"no kind of channel: .*/pager/channel\.py: "):
        channel_of(PAGER | {"port": 1})
    assert {"teams", "webhook"} <= set(kinds_of_channel.channels().right)
    assert "pager" not in kinds_of_channel.channels().right


def test_a_channel_that_raises_has_perhaps_posted(company: Path) -> None:
    company.write_text(
        company.read_text().replace("        text = ", "        raise KeyError(self.host)\n        text = ")
    )
    forget()
    answer = deliver(channel_of(PAGER | {"port": 1}), {"text": "hello"})
    assert (bool(answer), answer.unknown, answer.reason) == (False, True, "cannot be posted to (KeyError)")
