"""Airbyte's public API, as far as applying configuration needs it."""

from __future__ import annotations

from typing import Any

import requests

from assay.errors import AssayError
from assay.ingestion.airbyte.files import secrets_in

PAGE = 100
PUBLIC_PATH = "/api/public/v1"
CHECK_TIMEOUT = 300  # seconds: the connector's container may have to start first
Resource = dict[str, Any]


class AirbyteError(AssayError):
    """Airbyte could not be reached, or did not do what it was asked; the text says what it answered."""


class AirbyteClient:
    """`url` ends in /api/public/v1. Logs in when made. Raises AirbyteError."""

    def __init__(self, url: str, client_id: str, client_secret: str, timeout: float = 30) -> None:
        self._url = url.rstrip("/")
        self._timeout = timeout
        self._session = requests.Session()
        login = {"client_id": client_id, "client_secret": client_secret, "grant_type": "client_credentials"}
        token = self.call("POST", "/applications/token", login)["access_token"]
        self._session.headers["Authorization"] = f"Bearer {token}"

    def call(self, method: str, path: str, body: Resource | None = None, **query: Any) -> Resource:
        return self._answer(method, self._url + path, body, self._timeout, query)

    def _answer(
        self, method: str, url: str, body: Resource | None, timeout: float, query: Resource | None = None
    ) -> Resource:
        try:
            answer = self._session.request(method, url, json=body, params=query, timeout=timeout)
        except requests.RequestException as error:
            raise AirbyteError(f"Airbyte at {self._url} cannot be reached: {type(error).__name__}") from error
        if not answer.ok:
            path = url.removeprefix(self._url)
            raise AirbyteError(f"Airbyte refused {method} {path} with {answer.status_code}: {_detail(answer)}")
        return dict(answer.json()) if answer.content else {}

    def workspace(self) -> str:
        """The one workspace that the platform uses."""
        found = self.call("GET", "/workspaces")["data"]
        if not found:
            raise AirbyteError(f"Airbyte at {self._url} has no workspace; finish its set-up first")
        return str(found[0]["workspaceId"])

    def check(self, kind: str, id: str, name: str, configuration: Resource) -> None:
        """Have the connector of a source or destination try another configuration, which is not kept.

        The public API has no such method; a self-managed Airbyte has it in its configuration API. Raises AirbyteError.
        """
        path = f"{self._url.removesuffix(PUBLIC_PATH)}/api/v1/{kind}s/check_connection_for_update"
        body = {f"{kind}Id": id, "name": name, "connectionConfiguration": configuration}
        found = self._answer("POST", path, body, timeout=CHECK_TIMEOUT)
        if found.get("status") != "succeeded":
            said = str(found.get("message") or "no reason given")
            for secret in (str(each) for values in secrets_in(configuration).values() for each in values):
                said = said.replace(secret, "***")
            raise AirbyteError(f"The {kind} {name} does not work with it: {said}")

    def list(self, path: str) -> list[Resource]:
        """Everything under a path that pages."""
        found: list[Resource] = []
        while True:
            page = self.call("GET", path, limit=PAGE, offset=len(found))["data"]
            found += page
            if len(page) < PAGE:
                return found


def _detail(answer: requests.Response) -> str:
    try:
        body = answer.json()
    except ValueError:
        return answer.reason or "no reason given"
    return str(body.get("detail") or body.get("message") or body.get("title") or answer.reason)
