"""Steps of rotations, of every kind. Pure."""

from dataclasses import dataclass
from enum import StrEnum


class Do(StrEnum):
    """What a step does."""

    MAKE = "make a key pair and keep it as the pending version"
    REGISTER = "put the new public key into the free slot"
    EMPTY = "empty the slot of the replaced key"
    DROP = "drop a pending version that is not to be used"
    REMOVE = "remove what no secret holds"
    ISSUE = "have a new one issued and keep it as the pending version"
    CHANGE = "change it where it is checked"
    KEEP = "keep the new value as the pending version"
    CHECK = "log in with the new one"
    CHECK_OLD = "log in with the present one"
    WRITE = "write the new one"
    UNDO = "write the present one back"
    REFRESH = "send it to Airbyte"
    FINISH = "drop the pending version"


@dataclass(frozen=True)
class Step:
    """`on` is the slot, the secret or the id that the step is about."""

    do: Do
    on: str = ""

    def __str__(self) -> str:
        return f"{self.do}: {self.on}" if self.on else str(self.do)
