"""Messages as they came, one JSON object a line, on the disk before the sender gets an answer."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from local.emulators.common import files


@dataclass(frozen=True)
class Message:
    """One post. `channel` is the hook's own; what the sender asked for stays in `payload` with everything else."""

    channel: str
    text: str
    payload: dict[str, Any]
    username: str = ""
    received_at: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="milliseconds"))

    @property
    def paragraphs(self) -> list[str]:
        """What a person reads: the text, then the texts of blocks and attachments that say something else."""
        found = [self.text]
        for attachment in _objects(self.payload.get("attachments")):
            found += [str(attachment.get(key) or "") for key in ("pretext", "title", "text")]
            fields = _objects(attachment.get("fields"))
            found += [f"{field.get('title', '')}: {field.get('value', '')}" for field in fields]
            found += _block_texts(attachment.get("blocks"))
        found += _block_texts(self.payload.get("blocks"))
        return list(dict.fromkeys(text.strip() for text in found if text.strip()))


def _block_texts(blocks: Any) -> list[str]:
    texts = []
    for block in _objects(blocks):
        parts = [*_objects([block.get("text")]), *_objects(block.get("fields")), *_objects(block.get("elements"))]
        texts += [part["text"] for part in parts if isinstance(part.get("text"), str)]
    return texts


def _objects(found: Any) -> list[dict[str, Any]]:
    """The objects of a list, whatever a sender has put in its place or in it."""
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


class Store:
    """All messages, oldest first, in memory and in the file."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.parent.chmod(0o700)
        self._messages = [Message(**json.loads(line)) for line in _whole_lines(path)]
        self._handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        files.sync_folder(path.parent)

    def add(self, message: Message) -> None:
        """Raises OSError, with nothing kept, when the disk will not take it."""
        size = os.fstat(self._handle).st_size
        try:
            line = json.dumps(asdict(message)).encode() + b"\n"
            if os.write(self._handle, line) < len(line):
                raise OSError("the disk is full")
            os.fsync(self._handle)
        except OSError:
            os.ftruncate(self._handle, size)
            raise
        self._messages.append(message)

    def newest_first(self, channel: str | None = None) -> list[Message]:
        return [message for message in reversed(self._messages) if channel in (None, message.channel)]


def _whole_lines(path: Path) -> list[bytes]:
    """The file's lines; a torn last one, left by a kill, was never acknowledged and is cut off."""
    if not path.exists():
        return []
    content = path.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    if len(whole) < len(content):
        os.truncate(path, len(whole))
    return whole.splitlines()
