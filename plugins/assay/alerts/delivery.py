"""Delivery to a chat webhook. Whatever happens to it, the task that had something to say goes on."""

import logging

import requests

from assay.alerts.message import Message

TIMEOUT = 5  # seconds to connect, and again between bytes of the answer

log = logging.getLogger(__name__)


def post(url: str, message: Message) -> bool:
    """Whether the chat server took the message. The address is a secret, so neither it nor an error that quotes it is logged."""
    try:
        answer = requests.post(url, json=message, timeout=TIMEOUT, allow_redirects=False)
    except requests.RequestException as error:
        log.warning("The alert was not delivered: the chat server cannot be reached (%s).", type(error).__name__)
        return False
    if answer.status_code >= requests.codes.multiple_choices:
        log.warning("The alert was not delivered: the chat server answered with HTTP status %s.", answer.status_code)
        return False
    return True
