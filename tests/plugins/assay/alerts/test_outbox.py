"""Messages outlive a chat server that is away and every process that was to post them, and keep their order."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.alerts import outbox
from assay.alerts import post as delivery
from assay.alerts.channel import Answer
from assay.alerts.message import Message
from assay.alerts.outbox import AGAIN, CLAIM, KEEP, MOST, Outbox
from tests.plugins.assay.alerts.inbox import Inbox
from tests.plugins.assay.kept import Kept

CHAT = "chat_flights"


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        self.now += 0.001
        return self.now


@dataclass
class World:
    """A chat server on a socket, variables, and a clock that a test moves. Every `box` is another process."""

    inbox: Inbox
    kept: Kept = field(default_factory=Kept)
    clock: Clock = field(default_factory=Clock)

    @property
    def box(self) -> Outbox:
        return Outbox(self.kept, lambda _, message: delivery.post(self.inbox.url, message), self.clock)

    def later(self, seconds: float) -> None:
        self.clock.now += seconds


@pytest.fixture
def world(inbox: Inbox) -> World:
    return World(inbox)


def text(number: int) -> Message:
    return {"text": f"message {number}"}


def test_a_message_that_is_taken_leaves_nothing_behind(world: World) -> None:
    assert world.box.send(CHAT, text(1))
    assert world.inbox.texts == ["message 1"]
    assert world.kept.values == {}
    assert world.box.due() is None


def test_a_busy_server_is_asked_again_when_it_said_and_not_before(world: World) -> None:
    world.inbox.status, world.inbox.headers = 429, {"Retry-After": "40"}
    assert not world.box.send(CHAT, text(1))
    assert world.inbox.asked == 1
    world.inbox.status = 200
    world.later(39)
    due = world.box.drain(CHAT)
    assert due is not None
    assert due == pytest.approx(world.clock.now + 1, abs=0.1)
    assert world.inbox.asked == 1
    world.later(2)
    assert world.box.drain(CHAT) is None
    assert world.inbox.texts == ["message 1"]
    assert world.kept.values == {}


def test_a_server_that_stays_away_is_asked_less_and_less_often(world: World) -> None:
    world.inbox.status = 503
    world.box.send(CHAT, text(1))
    pauses = []
    for _ in range(8):
        due = world.box.due()
        assert due is not None
        pauses.append(round(due - world.clock.now))
        world.later(due - world.clock.now + 1)
        world.box.drain(CHAT)
    assert pauses == [30, 60, 120, 240, 480, 900, 900, 900]


def test_what_waits_goes_first(world: World) -> None:
    world.inbox.status = 503
    world.box.send(CHAT, text(1))
    world.inbox.status = 200
    assert not world.box.send(CHAT, text(2)), "kept behind the first"
    world.box.send("chat_weather", text(3))
    world.later(31)
    world.box.drain(CHAT)
    assert world.inbox.texts == ["message 3", "message 1", "message 2"]


def test_a_process_that_is_killed_before_it_posts_loses_nothing(world: World) -> None:
    class Killed(BaseException):
        pass

    def killed(_: str, __: Message) -> Answer:
        raise Killed

    with pytest.raises(Killed):
        Outbox(world.kept, killed, world.clock).send(CHAT, text(1))
    assert world.box.drain(CHAT) is not None, "its claim has not run out"
    assert world.inbox.texts == []
    world.later(CLAIM + 1)
    world.box.drain(CHAT)
    assert world.inbox.texts == ["message 1" + AGAIN], "it may have arrived, and says so"


def test_a_server_that_took_it_and_did_not_answer_gets_it_again_with_a_remark(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "TIMEOUT", 0.2)
    world.inbox.silent.set()
    world.box.send(CHAT, text(1))
    world.inbox.silent.clear()
    world.later(31)
    world.box.drain(CHAT)
    assert world.inbox.texts == ["message 1" + AGAIN]


def test_a_doubt_stays_until_the_message_is_taken(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "TIMEOUT", 0.2)
    world.inbox.silent.set()
    world.box.send(CHAT, text(1))
    world.inbox.silent.clear()
    world.inbox.status = 503
    world.later(31)
    world.box.drain(CHAT)
    world.inbox.status = 200
    world.later(61)
    world.box.drain(CHAT)
    assert world.inbox.texts == ["message 1" + AGAIN]


def test_a_message_that_is_never_accepted_does_not_stop_the_others(world: World) -> None:
    world.inbox.status = 400
    world.box.send(CHAT, text(1))
    world.box.send(CHAT, text(2))
    for _ in range(2):
        world.later(61)
        world.box.drain(CHAT)
    world.inbox.status = 200
    world.later(61)
    world.box.drain(CHAT)
    assert world.inbox.texts == ["message 2"]


def test_what_nobody_takes_is_bounded_in_number_and_in_time(world: World) -> None:
    world.inbox.status = 503
    for number in range(MOST + 20):
        world.box.send(CHAT, text(number))
    assert len(world.kept.values) == MOST
    world.later(KEEP + 1)
    world.box.drain(CHAT)
    assert world.kept.values == {}


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["send", "drain", "wait"]),
            st.sampled_from(["take", "busy", "down", "killed before", "killed after", "no answer"]),
            st.integers(0, 100),
        ),
        max_size=40,
    )
)
def test_nothing_is_lost_nor_doubled_without_a_remark_nor_out_of_order(steps: list[tuple[str, str, int]]) -> None:
    """A channel over any history of posts, kills and restarts."""

    class Killed(BaseException):
        pass

    arrived: list[str] = []
    kept, clock, numbers = Kept(), Clock(), count()
    server = ["take"]

    def post(_: str, message: Message) -> Answer:
        behaviour = server[0]
        if behaviour == "killed before":
            raise Killed
        if behaviour in ("take", "killed after", "no answer"):
            arrived.append(message["text"])
        if behaviour == "killed after":
            raise Killed
        if behaviour == "busy":
            return Answer(delivered=False, retry_after=20)
        return Answer(delivered=behaviour == "take", unknown=behaviour == "no answer")

    def act(step: str) -> None:
        try:
            if step == "send":
                Outbox(kept, post, clock).send(CHAT, text(next(numbers)))
            elif step == "drain":
                Outbox(kept, post, clock).drain(CHAT)
        except Killed:
            clock.now += CLAIM + 1  # the next process comes when the claim has run out

    for step, behaviour, seconds in steps:
        server[0] = behaviour
        act(step)
        clock.now += seconds
    server[0] = "take"
    while (due := Outbox(kept, post, clock).due()) is not None:
        clock.now = max(clock.now, due) + 1
        Outbox(kept, post, clock).drain(CHAT)

    plain = [each for each in arrived if AGAIN not in each]
    first = list(dict.fromkeys(each.removesuffix(AGAIN) for each in arrived))
    assert len(plain) == len(set(plain)), "posted twice without a remark"
    assert first == [f"message {number}" for number in range(len(first))], "out of order"
    assert len(first) == next(numbers), "lost"
    assert kept.values == {}


def test_a_claim_lasts_longer_than_any_post() -> None:
    assert outbox.CLAIM > 2 * delivery.DEADLINE
