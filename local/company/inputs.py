"""What a person brings into the local company: files for the landing bucket, secrets, faults of the systems around."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from assay.errors import AssayError
from assay.ingestion.airbyte.files import PLACEHOLDER
from assay.ingestion.airbyte.files import read as read_airbyte
from assay.secrets import declared
from assay.secrets.names import CONNECTIONS, PODS, VARIABLES
from assay.zones import Zone, load_zone, zone_folders
from local.emulators.common.files import StateError
from local.state.endpoints import BUCKET, Endpoints

FAULTS: Mapping[str, str] = {"airbyte": "/local/faults", "flights_api": "/v1/faults", "inbox": "/local/faults"}
"""The switch of each service that can be made to fail."""

SYNCS = "assay/syncs"
FOLDERS: Mapping[str, str] = {
    CONNECTIONS: 'a JSON object, Airflow\'s form of a connection: {"conn_type": …}',
    PODS: "a JSON object of environment names and texts",
    SYNCS: "a JSON object of names and texts",
    VARIABLES: "a text",
}
"""Where secrets are kept, and what a value is there. docs/secrets.md says who reads which."""
READ_BY: Mapping[str, str] = {
    PODS: "declare it in plugins/assay/secrets/pods.yml",
    SYNCS: "name it as `secret:` in a file in airbyte/",
}
"""What names the secrets of a folder, where only named ones are read."""


class CompanyError(AssayError):
    """What was asked for cannot be brought in; the text says why and what can."""


def zone_of(root: Path, zone: str) -> Zone:
    """Return the checkout's zone. Raises CompanyError where there is none, ConfigurationError where it is wrong."""
    folder = root / "dags" / "zones" / zone
    if not (folder / "zone.yml").exists():
        known = [each.name for each in zone_folders(folder.parent)]
        raise CompanyError(f'There is no zone "{zone}"; there are {", ".join(known) or "none"}.')
    return load_zone(folder)


def key_of(zone: Zone, source: str | None, name: str) -> str:
    """Return the key in the landing bucket for a file that the zone's source will read. Raises CompanyError."""
    found = {each.name: inbox for each in zone.sources if (inbox := each.inbox()) is not None}
    names = ", ".join(found) or "none"
    if source is not None:
        found = {name: inbox for name, inbox in found.items() if name == source}
        if not found:
            raise CompanyError(f'Zone {zone.zone} has no source of files called "{source}"; it has {names}.')
    if not found:
        raise CompanyError(f"Zone {zone.zone} has no source of files: add one of `kind: files` to its zone.yml.")
    if len(found) > 1:
        raise CompanyError(f"Zone {zone.zone} has several sources of files: say --source, one of {names}.")
    ((reader, inbox),) = found.items()
    if "/" in name or not re.fullmatch(inbox.pattern, name):
        raise CompanyError(
            f'The source {reader} reads no file called "{name}", only names like {inbox.pattern}: '
            f"name it with --as, or change the source's pattern."
        )
    return f"{zone.zone}/{inbox.folder}{name}"


def drop(endpoints: Endpoints, key: str, content: bytes) -> bool:
    """Put the file into the landing bucket. Returns whether it replaced one."""
    s3 = endpoints.aws("s3")
    try:
        there = [each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET, Prefix=key).get("Contents", [])]
    except s3.exceptions.NoSuchBucket:
        raise StateError("The landing bucket is not there yet: `./assay up` makes it.") from None
    s3.put_object(Bucket=BUCKET, Key=key, Body=content)
    return key in there


def secret_readers(root: Path) -> dict[str, frozenset[str]]:
    """Return the names of secrets that pods.yml and the files in airbyte/ read, each with the keys of its value."""
    zones = [folder.name for folder in zone_folders(root / "dags" / "zones")]
    found = {secret.key: frozenset(secret.env) for secret in declared(zones).values()}
    airbyte = read_airbyte(root / "airbyte")
    for file in (*airbyte.sources.values(), *airbyte.destinations.values()):
        if file.secret and file.secret.startswith("syncs/"):
            keys = frozenset(PLACEHOLDER.findall(json.dumps(file.configuration)))
            found[f"assay/{file.secret}"] = found.get(f"assay/{file.secret}", frozenset()) | keys
    return found


def secret_folder(name: str, readers: Mapping[str, frozenset[str]]) -> str:
    """Return the folder of the secret. Raises CompanyError for a name that nothing reads."""
    folder = next((each for each in FOLDERS if name.startswith(f"{each}/")), None)
    if folder is None or not re.fullmatch(r"[\w.-]+", name.removeprefix(f"{folder}/")):
        raise CompanyError(
            f'"{name}" is nothing that the platform reads: name it {", ".join(f"{f}/…" for f in FOLDERS)}.'
        )
    if folder in READ_BY and name not in readers:
        known = ", ".join(each for each in sorted(readers) if each.startswith(f"{folder}/")) or "none"
        raise CompanyError(f"Nothing reads {name}: {READ_BY[folder]} first. Known are {known}.")
    return folder


def checked_secret(name: str, text: str, readers: Mapping[str, frozenset[str]]) -> str:
    """Return the value as it is kept, or raise CompanyError for a name or a form that nothing would read.

    `readers` are those of `secret_readers`. The messages quote no value.
    """
    folder = secret_folder(name, readers)
    if not text:
        raise CompanyError(f"The value of {name} is empty: give it on standard input, or at the prompt.")
    if folder == VARIABLES:
        return text
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    texts = folder != CONNECTIONS
    if (
        not isinstance(value, dict)
        or not value
        or (texts and not all(isinstance(each, str) for each in value.values()))
    ):
        raise CompanyError(f"The value of {name} must be {FOLDERS[folder]}.")
    if folder == CONNECTIONS and not isinstance(value.get("conn_type"), str):
        raise CompanyError(f'The value of {name} needs "conn_type", as Airflow\'s connections have.')
    if folder in READ_BY:
        _check_keys(name, frozenset(value), readers[name])
    return json.dumps(value, sort_keys=True)


def _check_keys(name: str, given: frozenset[str], read: frozenset[str]) -> None:
    """Raise CompanyError where the value lacks a key that is read, or has one that is not."""
    wrong = [f"lacks {', '.join(sorted(read - given))}"] if read - given else []
    wrong += [f"has {', '.join(sorted(given - read))}, which nothing reads"] if given - read else []
    if wrong:
        raise CompanyError(f"The value of {name} {' and '.join(wrong)}; its keys are {', '.join(sorted(read))}.")


def set_secret(endpoints: Endpoints, name: str, value: str) -> bool:
    """Keep the value. Returns whether the secret is new."""
    manager = endpoints.aws("secretsmanager")
    try:
        manager.put_secret_value(SecretId=name, SecretString=value)
    except manager.exceptions.ResourceNotFoundException:
        manager.create_secret(Name=name, SecretString=value)
        return True
    return False


def secret_names(endpoints: Endpoints) -> list[str]:
    pages = endpoints.aws("secretsmanager").get_paginator("list_secrets").paginate()
    return sorted(secret["Name"] for page in pages for secret in page["SecretList"])


def parsed_fault(service: str, body: str) -> dict[str, Any]:
    if service not in FAULTS:
        raise CompanyError(f'"{service}" has no switch for faults; {", ".join(FAULTS)} have one.')
    try:
        asked = json.loads(body)
    except ValueError:
        asked = None
    if not isinstance(asked, dict):
        raise CompanyError("A fault is a JSON object: docs/ingestion-airbyte.md lists them.")
    return asked


def fault(endpoints: Endpoints, service: str, asked: dict[str, Any]) -> Any:
    """Switch the service's faults, and return what it says of them. Raises StateError with its refusal."""
    import requests

    answer = requests.put(
        f"{endpoints.url(service)}{FAULTS[service]}", json=asked, headers=_login(endpoints, service), timeout=30
    )
    if not answer.ok:
        raise StateError(f"{service} refused {json.dumps(asked)}: {_refusal(answer.text)}")
    return answer.json()


def _refusal(text: str) -> str:
    """Return the sentence of a service's answer: of a JSON document the one that explains it."""
    try:
        document = json.loads(text)
    except ValueError:
        document = None
    if isinstance(document, dict):
        text = str(document.get("detail") or document.get("error") or text)
    return text.strip()[:300]


def _login(endpoints: Endpoints, service: str) -> dict[str, str]:
    """Return the header that lets the administrator of the service switch its faults."""
    known = endpoints.credentials
    if service == "airbyte":
        return {"Authorization": basic_auth(known[service]["client_id"], known[service]["client_secret"])}
    if service == "inbox":
        return {"Authorization": basic_auth(known["airflow"]["user"], known["airflow"]["password"])}
    return {"Authorization": f"Bearer {known[service]['token']}"}


def basic_auth(user: str, password: str) -> str:
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"


def company_sql(endpoints: Endpoints, statement: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Run one statement in the company's Postgres. Returns columns and rows, none where the statement gives none."""
    import psycopg

    from local.company.demo_company import company_postgres

    try:
        with psycopg.connect(**company_postgres(endpoints), connect_timeout=10) as connection:
            cursor = connection.execute(statement.encode())
            if cursor.description is None:
                if cursor.rowcount < 0:  # a statement that counts no rows, such as CREATE TABLE
                    return ["done"], [(cursor.statusmessage or "",)]
                return ["rows"], [(cursor.rowcount,)]
            return [column.name for column in cursor.description], cursor.fetchall()
    except psycopg.Error as problem:
        raise StateError(f"Postgres refused: {' '.join(str(problem).split())}") from problem
