"""Delivery to a chat webhook. Whatever happens to it, the task that had something to say goes on."""

import logging
from http import HTTPStatus

import requests

from assay.alerts.message import Message

TIMEOUT = 5  # seconds to connect, and again between bytes of the answer

log = logging.getLogger(__name__)


def post(url: str, message: Message) -> bool:
    """Whether the chat server took the message. Its address is a secret: no error that quotes it is logged."""
    try:
        answer = requests.post(url, json=message, timeout=TIMEOUT, allow_redirects=False)
    except requests.RequestException as error:
        log.warning("The alert was not delivered: the chat server cannot be reached (%s).", type(error).__name__)
        return False
    if answer.status_code >= HTTPStatus.MULTIPLE_CHOICES:
        log.warning("The alert was not delivered: the chat server answered with HTTP status %s.", answer.status_code)
        return False
    return True
