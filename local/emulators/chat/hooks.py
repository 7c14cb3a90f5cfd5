"""Webhooks of channels. A channel's first is in the credentials file; others are made beside it, as in chat servers."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from pathlib import Path

from local.emulators.common import files


class Hooks:
    """`first` maps each channel to the secret part of its first hook's path."""

    def __init__(self, path: Path, first: Mapping[str, str]) -> None:
        self._path = path
        made: dict[str, list[str]] = files.read_json(path, default={})
        self._known = {channel: made.get(channel, [token]) for channel, token in first.items()}

    @property
    def channels(self) -> list[str]:
        return list(self._known)

    def channel_of(self, token: str) -> str | None:
        """Return the channel of a hook, None for one that there is not. Every hook is compared, whichever it is."""
        sent = token.encode(errors="replace")
        found = [
            channel
            for channel, tokens in self._known.items()
            for known in tokens
            if hmac.compare_digest(known.encode(), sent)
        ]
        return found[0] if found else None

    def make(self, channel: str) -> str:
        """Return the secret part of a new hook's path. The channel's other hooks stay. Raises KeyError."""
        token = secrets.token_urlsafe(24)
        self._keep(channel, [*self._known[channel], token])
        return token

    def delete_others(self, channel: str) -> int:
        """Delete every hook of a channel but the newest. Returns how many. Raises KeyError."""
        deleted = len(self._known[channel]) - 1
        self._keep(channel, self._known[channel][-1:])
        return deleted

    def _keep(self, channel: str, tokens: list[str]) -> None:
        known = self._known | {channel: tokens}
        files.write_json(self._path, known)
        self._known = known
