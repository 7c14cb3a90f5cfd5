"""Tries a configuration that is not kept: the configuration API's `check_connection_for_update`."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from aiohttp import web

from local.emulators.airbyte.bodies import json_body
from local.emulators.airbyte.catalogue import Catalogue
from local.emulators.airbyte.connectors import ConnectorError, started
from local.emulators.airbyte.destination import login
from local.emulators.airbyte.resources import Missing
from local.emulators.airbyte.secrets import scrubbed, secret_values, unmasked
from local.emulators.airbyte.store import Document, Store


class Checks:
    """`private` is the folder for the files that connectors read their configuration from."""

    def __init__(self, store: Store, catalogue: Catalogue, private: Path) -> None:
        self._store, self._catalogue, self._private = store, catalogue, private

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        """Return the configuration API's routes of checks."""

        async def check(request: web.Request) -> web.Response:
            kind, body = request.match_info["kind"], await json_body(request)
            return web.json_response(await asyncio.to_thread(self.check, kind, body))

        return [web.post("/api/v1/{kind:sources|destinations}/check_connection_for_update", check)]

    def check(self, kind: str, body: Document) -> Document:
        """Return Airbyte's answer for one source or destination. Raises Missing and InvalidConfiguration."""
        id = str(body.get(f"{kind[:-1]}Id"))
        known = self._store.get(kind, id)
        if known is None:
            raise Missing(f"there is no {kind[:-1]} {id}")
        configuration = unmasked(known["configuration"], body.get("connectionConfiguration") or {})
        self._catalogue.validate(kind, known["definitionId"], configuration)
        secrets = secret_values(configuration, self._catalogue.spec(kind, known["definitionId"]))
        try:
            if kind == "sources":
                message = self._source(known["definitionId"], configuration, secrets)
            else:
                message = self._destination(configuration)
        except ConnectorError as error:
            message = str(error)
        if message is None:
            return {"status": "succeeded"}
        return {"status": "failed", "message": scrubbed(message, secrets)}

    def _source(self, definition: str, configuration: Mapping[str, Any], secrets: list[str]) -> str | None:
        """Why the connector does not get in; None where it does."""
        source = self._catalogue.source(definition)
        inputs = {"config": source.configured(configuration)}
        found: str | None = "the connector gave no status"
        with started(source.program, "check", inputs, self._private, io.StringIO(), secrets) as process:
            for message in process.messages():
                if message["type"] == "CONNECTION_STATUS":
                    status = message["connectionStatus"]
                    failed = status["status"] != "SUCCEEDED"
                    found = str(status.get("message") or "no reason given") if failed else None
        return found

    def _destination(self, configuration: Mapping[str, Any]) -> str | None:
        import snowflake.connector  # imported late, as in destination.py

        try:
            snowflake.connector.connect(**login(configuration)).close()
        except snowflake.connector.errors.Error as error:
            return error.raw_msg or str(error)
        return None
