"""One post to a chat webhook, and what came of it. Never raises: whatever happens, the caller goes on."""

import logging
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import requests

from assay.alerts.channel import Answer, Channel
from assay.alerts.message import Message

TIMEOUT = 5  # seconds to connect, and again between bytes of the answer
DEADLINE = 15  # seconds for all of a post, however slowly the answer drips in
LONGEST_WAIT = 3600
REFUSES_THE_MESSAGE = frozenset({400, 413, 422})
REFUSES_THE_CHANNEL = frozenset({403, 404})

log = logging.getLogger(__name__)


def deliver(channel: Channel, message: Message) -> Answer:
    """Post once by a channel of any kind, in no more than DEADLINE."""
    return _in_time(lambda: channel.post(message))


def post(url: str, payload: Mapping[str, Any]) -> Answer:
    """Post a JSON document once. The address is a secret: no error that quotes it is logged."""
    return _in_time(lambda: _post(url, payload))


def _in_time(act: Callable[[], Answer]) -> Answer:
    answers: list[Answer] = []

    def run() -> None:
        try:
            answers.append(act())
        except Exception as error:  # a channel of a company's own
            answers.append(_not_delivered(f"cannot be posted to ({type(error).__name__})", unknown=True))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(DEADLINE)
    return answers[0] if answers else _not_delivered(f"has not answered within {DEADLINE} s", unknown=True)


def _not_delivered(
    reason: str,
    *,
    retry_after: float | None = None,
    unknown: bool = False,
    message_refused: bool = False,
    place_refused: bool = False,
) -> Answer:
    log.warning("The alert was not delivered yet: the chat server %s.", reason)
    return Answer(False, retry_after, unknown, message_refused, place_refused, reason)


def _post(url: str, payload: Mapping[str, Any]) -> Answer:
    try:
        with requests.post(url, json=payload, timeout=TIMEOUT, allow_redirects=False, stream=True) as answer:
            status, wanted = answer.status_code, answer.headers.get("Retry-After")
    except (requests.ConnectTimeout, requests.exceptions.InvalidURL, requests.exceptions.MissingSchema) as error:
        return _not_delivered(f"cannot be reached ({type(error).__name__})")
    except requests.RequestException as error:
        return _not_delivered(f"cannot be reached ({type(error).__name__})", unknown=not _never_connected(error))
    if status < HTTPStatus.MULTIPLE_CHOICES:
        return Answer(delivered=True)
    return _not_delivered(
        f"answered with HTTP status {status}",
        retry_after=retry_after(wanted),
        message_refused=status in REFUSES_THE_MESSAGE,
        place_refused=status in REFUSES_THE_CHANNEL,
    )


def _never_connected(error: requests.RequestException) -> bool:
    """Whether nothing was sent: the name is unknown, or the connection was refused."""
    from urllib3.exceptions import MaxRetryError, NewConnectionError

    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else cause
    return isinstance(reason, NewConnectionError) or not isinstance(error, requests.ConnectionError | requests.Timeout)


def retry_after(value: str | None, now: datetime | None = None) -> float | None:
    """Seconds, from the header's number or date; None when it says nothing that can be read. At most an hour."""
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            until = parsedate_to_datetime(value)
        except ValueError:
            return None
        seconds = (until.astimezone(UTC) - (now or datetime.now(UTC))).total_seconds()
    return min(max(seconds, 1.0), LONGEST_WAIT) if seconds == seconds else None
