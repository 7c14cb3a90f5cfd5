"""Which secrets there are, which of them are copies of one login, and how each is rotated. Pure.

A secret's kind follows from where it is kept and what it holds, so that a zone that comes, or a secret that a team adds
to pods.yml, has one without a list to maintain.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from typing import Any

from assay.errors import AssayError
from assay.secrets.names import CONNECTIONS, PODS, VARIABLES

ROOT = "assay/"
SYNCS = "assay/syncs"
POD_KEY = "DBT_ENV_SECRET_SNOWFLAKE_PRIVATE_KEY"
POD_USER = "SNOWFLAKE_USER"
AWS_KEY, AWS_SECRET = "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"
POSTGRES = ("PGHOST", "PGUSER", "PGPASSWORD")

Values = Mapping[str, str]


class RotationError(AssayError):
    """A secret cannot be rotated, or not now; the text says why and what to do."""


class Kind(StrEnum):
    """How a secret is rotated."""

    SNOWFLAKE_KEY = "snowflake key pair"
    AIRBYTE_CLIENT = "airbyte application"
    AWS_ACCESS_KEY = "aws access key"
    POSTGRES_PASSWORD = "postgres password"
    ISSUED_ELSEWHERE = "issued elsewhere: give the new value on standard input"
    REFUSED = "not rotated by this command"


@dataclass(frozen=True)
class Subject:
    """One login and every secret that holds a copy of it. `reason` says why a refused one is, and what to do."""

    name: str
    kind: Kind
    secrets: tuple[str, ...]
    reason: str = ""


REFUSED: Mapping[str, str] = {
    "assay/connections/kubernetes": (
        "in a cluster it holds no secret (pods use their service account's token, which Kubernetes renews); on one "
        "machine the token is this installation's own: `./assay down`, `./assay clean`, `./assay up` makes another"
    ),
    "assay/bootstrap/": (
        "it is an administrator's login, which a person holds: change it in Snowflake (`alter user … set password`), "
        "then set it with the AWS console or CLI"
    ),
    "assay/smoke/": "it is a user of Airflow: change the user's password in Airflow, then set it here",
    "assay/airflow/": (
        "Airflow's processes read it when they start (metadata database, Fernet, API and JWT keys): change it in "
        "Secrets Manager and restart the release, docs/helm.md"
    ),
    "assay/airbyte/": "Airbyte's chart reads it when it starts: change it in Secrets Manager and restart the release",
    "assay/syncs/applied": "it holds fingerprints of what Airbyte was given, which `./assay airbyte apply` keeps",
    "assay/runners/": "GitLab issues it: register the runner again and set the new token, docs/gitlab.md",
}
"""By the beginning of the name. Nothing else below assay/ is refused but what no rule here knows."""


def subjects(values: Values, pending: Values | None = None) -> list[Subject]:
    """Return every login, given each secret's name and text. A text that is not what its folder holds is refused.

    `pending` are the texts of rotations under way: secrets that hold the old and the new login are still one subject.
    """
    found: dict[tuple[Kind, str], list[str]] = {}
    reasons: dict[str, str] = {}
    became = {
        _kind(name, text)[1]: _kind(name, values[name])[1] for name, text in (pending or {}).items() if name in values
    }
    for name in sorted(values):
        kind, login, reason = _kind(name, values[name])
        login = became.get(login, login)
        found.setdefault((kind, login), []).append(name)
        reasons[login] = reason
    return [Subject(login, kind, tuple(names), reasons[login]) for (kind, login), names in found.items()]


def pick(known: Iterable[Subject], name: str) -> Subject:
    """Return the login of this name, or the one that the secret of this name is a copy of.

    Raises RotationError, with the names there are, for one that is not known, and for one that is refused.
    """
    by_name = {each: subject for subject in known for each in (subject.name, *subject.secrets)}
    subject = by_name.get(name)
    if subject is None:
        rotating = sorted(each for each, one in by_name.items() if one.kind is not Kind.REFUSED)
        near = get_close_matches(name, rotating, n=1)
        hint = f' (did you mean "{near[0]}"?)' if near else ""
        raise RotationError(f'There is no secret "{name}"{hint}; there are {", ".join(rotating) or "none"}.')
    if subject.kind is Kind.REFUSED:
        raise RotationError(f"{name} is not rotated by this command: {subject.reason}.")
    return subject


def _kind(name: str, text: str) -> tuple[Kind, str, str]:
    """Kind, name of the login, and why it is refused."""
    for beginning, reason in REFUSED.items():
        if name == beginning or (beginning.endswith("/") and name.startswith(beginning)):
            return Kind.REFUSED, name, reason
    folder = next((each for each in (CONNECTIONS, PODS, SYNCS, VARIABLES) if name.startswith(f"{each}/")), None)
    if folder is None:
        return Kind.REFUSED, name, "nothing of the platform reads it; its copies are known to the one who put it there"
    if folder == VARIABLES:
        return Kind.ISSUED_ELSEWHERE, name, ""
    value = _mapping(text)
    if not value:
        return Kind.REFUSED, name, "it is not a JSON object with values: write it again (docs/secrets.md has the forms)"
    if folder == CONNECTIONS:
        return _connection(name, value)
    if folder == PODS and value.get(POD_KEY) and value.get(POD_USER):
        return Kind.SNOWFLAKE_KEY, str(value[POD_USER]), ""
    if value.get(AWS_KEY) and value.get(AWS_SECRET):
        return Kind.AWS_ACCESS_KEY, str(value[AWS_KEY]), ""
    if all(value.get(each) for each in POSTGRES):
        return Kind.POSTGRES_PASSWORD, f"{value['PGUSER']}@{value['PGHOST']}:{value.get('PGPORT', 5432)}", ""
    return Kind.ISSUED_ELSEWHERE, name, ""


def _connection(name: str, value: Mapping[str, Any]) -> tuple[Kind, str, str]:
    if value.get("conn_type") == "airbyte" and value.get("login") and value.get("password"):
        return Kind.AIRBYTE_CLIENT, str(value["login"]), ""
    if value.get("conn_type") == "snowflake" and extra_of(value).get("private_key_content"):
        return Kind.SNOWFLAKE_KEY, str(value.get("login")), ""
    return Kind.ISSUED_ELSEWHERE, name, ""


def extra_of(connection: Mapping[str, Any]) -> dict[str, Any]:
    """Return a connection's `extra`, which Airflow takes as an object or as a text of one."""
    extra = connection.get("extra") or {}
    return dict(_mapping(extra) if isinstance(extra, str) else extra)


def _mapping(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
