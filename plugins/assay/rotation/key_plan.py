"""The order in which a login's key pair is changed, over Snowflake's two slots. Pure.

Whatever moment a rotation is killed at, the state that is left leads to the steps that are left: planning again goes on
with the same new key, because that is kept as the pending version of the login's first secret until everything is done.

Source of the two slots: Snowflake, "Key-pair authentication and key-pair rotation".
"""

from collections.abc import Mapping
from dataclasses import dataclass

from assay.rotation.kinds import RotationError
from assay.rotation.steps import Do, Step

SLOTS = ("RSA_PUBLIC_KEY", "RSA_PUBLIC_KEY_2")


@dataclass(frozen=True)
class KeyState:
    """Keys by their fingerprints: what Snowflake's slots hold (None for an empty one), what each secret holds in order,
    and what is pending. `airbyte`: whether files in airbyte/ name one of the secrets. `settled`: whether nothing can
    still be running that was started with a key before the present one."""

    slots: tuple[str | None, str | None]
    copies: Mapping[str, str]
    pending: str | None = None
    airbyte: bool = False
    settled: bool = True


def key_steps(state: KeyState, revoke_old: bool = False) -> list[Step]:
    """Return the steps from this state to one in which every copy is a new key that works.

    Raises RotationError where no key of the copies is in a slot, and where the only slot that could take the new key
    holds one that running programs may still have.
    """
    first = next(iter(state.copies))
    steps = [] if state.pending else [Step(Do.MAKE, first)]
    new = state.pending
    registered = new is not None and new in state.slots
    if new is not None and registered:
        slot = state.slots.index(new)
    else:
        slot = _free(state, revoke_old)
        steps.append(Step(Do.REGISTER, SLOTS[slot]))
    steps.append(Step(Do.CHECK))
    steps += [Step(Do.WRITE, name) for name, held in state.copies.items() if held != new]
    if state.airbyte:
        steps.append(Step(Do.REFRESH))
    if revoke_old and state.slots[1 - slot] is not None:
        steps.append(Step(Do.EMPTY, SLOTS[1 - slot]))
    return [*steps, Step(Do.FINISH, first)]


def revoke_steps(state: KeyState, at_once: bool = False) -> list[Step]:
    """Return the steps that empty the slot whose key no secret holds; none where it is empty.

    Raises RotationError while a rotation is under way, and, unless `at_once`, while programs may still have the key.
    """
    if state.pending or len(set(state.copies.values())) != 1:
        raise RotationError("A rotation of this login is not complete: run `./assay secret rotate` again first.")
    (held,) = set(state.copies.values())
    if held not in state.slots:
        raise RotationError("Snowflake does not know the key that the secrets hold: rotate it first.")
    other = 1 - state.slots.index(held)
    if state.slots[other] is None:
        return []
    if not (state.settled or at_once):
        raise RotationError(_unsettled("--now"))
    return [Step(Do.EMPTY, SLOTS[other])]


def _free(state: KeyState, revoke_old: bool) -> int:
    """The slot for a new key: an empty one, else the one whose key no secret holds."""
    held = set(state.copies.values())
    free = [slot for slot in (0, 1) if state.slots[slot] is None or state.slots[slot] not in held]
    empty = [slot for slot in free if state.slots[slot] is None]
    if empty:
        return empty[-1]
    if not free:
        raise RotationError(
            "The secrets of this login hold two different keys, and these take both slots: set all of them to one key "
            "in Secrets Manager, then rotate."
        )
    if not (state.settled or revoke_old) and len(free) == 1:
        raise RotationError(_unsettled("--revoke-old"))
    return free[-1]


def _unsettled(option: str) -> str:
    return (
        "Programs that were started before the last rotation may still log in with the key that it replaced, and this "
        f"would end it: try again later, or say {option} if the key has leaked."
    )
