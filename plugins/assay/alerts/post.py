"""One post to a chat webhook, and what came of it. Never raises: whatever happens, the caller goes on."""

import logging
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import requests

from assay.alerts.message import Message

TIMEOUT = 5  # seconds to connect, and again between bytes of the answer
DEADLINE = 15  # seconds for all of a post, however slowly the answer drips in
LONGEST_WAIT = 3600
REFUSES_THE_MESSAGE = frozenset({400, 413, 422})
REFUSES_THE_CHANNEL = frozenset({403, 404})

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Answer:
    """What became of a post. Its truth is whether the chat server took the message.

    `retry_after`: seconds that the server asks for. `unknown`: the server may have taken it (it was reached and did not
    answer). `message_refused`: the same message will not be taken later either. `place_refused`: perhaps because of the
    channel that it names.
    """

    delivered: bool
    retry_after: float | None = None
    unknown: bool = False
    message_refused: bool = False
    place_refused: bool = False

    def __bool__(self) -> bool:
        return self.delivered


def post(url: str, message: Message) -> Answer:
    """Post once. The address is a secret: no error that quotes it is logged."""
    answers: list[Answer] = []
    thread = threading.Thread(target=lambda: answers.append(_post(url, message)), daemon=True)
    thread.start()
    thread.join(DEADLINE)
    if answers:
        return answers[0]
    log.warning("The alert was not delivered yet: the chat server has not answered within %s s.", DEADLINE)
    return Answer(delivered=False, unknown=True)


def _post(url: str, message: Message) -> Answer:
    try:
        with requests.post(url, json=message, timeout=TIMEOUT, allow_redirects=False, stream=True) as answer:
            status, wanted = answer.status_code, answer.headers.get("Retry-After")
    except (requests.ConnectTimeout, requests.exceptions.InvalidURL, requests.exceptions.MissingSchema) as error:
        log.warning("The alert was not delivered yet: the chat server cannot be reached (%s).", type(error).__name__)
        return Answer(delivered=False)
    except requests.RequestException as error:
        log.warning("The alert was not delivered yet: the chat server cannot be reached (%s).", type(error).__name__)
        return Answer(delivered=False, unknown=not _never_connected(error))
    if status < HTTPStatus.MULTIPLE_CHOICES:
        return Answer(delivered=True)
    log.warning("The alert was not delivered yet: the chat server answered with HTTP status %s.", status)
    return Answer(
        delivered=False,
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
