"""Wrong logins are answered more and more slowly, and guesses side by side gain nothing."""

from __future__ import annotations

import asyncio

import pytest

from local.emulators.common.attempts import FIRST, LONGEST, NAMES, QUEUE, Attempts, TooMany


def test_each_wrong_login_of_a_name_is_held_back_longer_until_a_right_one() -> None:
    attempts = Attempts()
    waits = [attempts.wrong("ANN") for _ in range(100)]
    assert waits[:3] == [FIRST, 2 * FIRST, 4 * FIRST]
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST
    assert attempts.wrong("BEN") == FIRST
    attempts.right("ANN")
    assert attempts.wrong("ANN") == FIRST


def test_guesses_under_ever_new_names_take_no_more_memory() -> None:
    attempts = Attempts()
    for number in range(NAMES + 100):
        attempts.wrong(f"name {number}")
    assert len(attempts._wrong) == NAMES


def test_a_name_that_failed_is_looked_at_one_login_after_another() -> None:
    async def together(failed: bool) -> tuple[int, int]:
        """Many logins at once: how many were looked at side by side, and how many refused unread."""
        attempts = Attempts()
        if failed:
            attempts.wrong("ANN")
        inside = most = refused = 0
        every = asyncio.Event()

        async def one() -> None:
            nonlocal inside, most, refused
            try:
                async with attempts.turn("ANN"):
                    inside += 1
                    most = max(most, inside)
                    await every.wait()
                    inside -= 1
            except TooMany:
                refused += 1

        logins = [asyncio.create_task(one()) for _ in range(QUEUE + 5)]
        for _ in range(3):
            await asyncio.sleep(0)
        every.set()
        await asyncio.gather(*logins)
        assert attempts._turns == attempts._waiting == {}
        return most, refused

    assert asyncio.run(together(failed=True)) == (1, 5)
    assert asyncio.run(together(failed=False)) == (QUEUE + 5, 0)


def test_a_login_that_is_given_up_leaves_its_place() -> None:
    async def run() -> None:
        attempts = Attempts()
        attempts.wrong("ANN")
        with pytest.raises(RuntimeError):
            async with attempts.turn("ANN"):
                raise RuntimeError
        async with asyncio.timeout(5), attempts.turn("ANN"):
            pass

    asyncio.run(run())
