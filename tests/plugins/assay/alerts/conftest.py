"""A chat server per test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.plugins.assay.alerts.inbox import Inbox, running


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with running() as found:
        yield found
