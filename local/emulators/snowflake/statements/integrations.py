"""Storage integrations: CREATE, DESCRIBE, DROP. They let stages into a bucket, and only into the folders they name."""

from __future__ import annotations

import time
from typing import Any

from .. import errors, results
from ..access import Access
from ..catalog import Catalog, Integration
from ..creating import forget
from ..file_formats import parse_options
from ..results import Result
from ..session import Session
from ..words import Words

_OPTIONS = {
    "TYPE", "STORAGE_PROVIDER", "ENABLED", "STORAGE_AWS_ROLE_ARN", "STORAGE_ALLOWED_LOCATIONS", "COMMENT",
}  # fmt: skip
_REQUIRED = ("TYPE", "STORAGE_PROVIDER", "ENABLED", "STORAGE_AWS_ROLE_ARN", "STORAGE_ALLOWED_LOCATIONS")


def create(session: Session, words: Words, or_replace: bool) -> Result:
    """CREATE STORAGE INTEGRATION, for buckets in S3."""
    exists = words.take("IF NOT EXISTS")
    name = words.name()
    options = parse_options(words)
    words.end()
    _check(options)
    with session.changing() as draft:
        access = session.access(draft.base)
        access.need("CREATE INTEGRATION")
        if (known := draft.base.integration(name)) is not None:
            if exists:
                return results.already_there(name)
            if not or_replace:
                raise errors.already_exists(name)
            access.require("OWNERSHIP", known)
            forget(draft, known)
        draft.put(
            Integration(
                draft.new_id(), name, session.role, time.time(), str(options["STORAGE_AWS_ROLE_ARN"]),
                tuple(_folder(url) for url in options["STORAGE_ALLOWED_LOCATIONS"]),
                str(options["ENABLED"]).upper() == "TRUE", str(options.get("COMMENT", "")),
            )
        )  # fmt: skip
    return results.status(f"Integration {name} successfully created.")


def _check(options: dict[str, Any]) -> None:
    if unknown := sorted(set(options) - _OPTIONS):
        raise errors.unsupported(f"{unknown[0]} of a storage integration")
    if lacking := [option for option in _REQUIRED if option not in options]:
        raise errors.invalid(f"Missing option(s): [{lacking[0]}]")
    if (type_ := str(options["TYPE"]).upper()) != "EXTERNAL_STAGE":
        raise errors.unsupported(f"integrations of type {type_}")
    if (provider := str(options["STORAGE_PROVIDER"]).upper()) != "S3":
        raise errors.unsupported(f"storage integrations for {provider}")
    locations = options["STORAGE_ALLOWED_LOCATIONS"]
    if not isinstance(locations, list) or not locations or not all(str(url).startswith("s3://") for url in locations):
        raise errors.unsupported("STORAGE_ALLOWED_LOCATIONS other than a list of s3:// folders")


def _folder(url: str) -> str:
    return url.rstrip("/") + "/"


def drop(session: Session, words: Words) -> Result:
    exists = words.take("IF EXISTS")
    name = words.name()
    words.end()
    with session.changing() as draft:
        found = draft.base.integration(name)
        if found is None:
            if exists:
                return results.already_gone(name)
            raise errors.missing("integration", name)
        session.access(draft.base).require("OWNERSHIP", found)
        forget(draft, found)
    return results.status(f"{name} successfully dropped.")


def describe(session: Session, words: Words) -> Result:
    name = words.name()
    words.end()
    found = session.catalog.integration(name)
    if found is None or not session.access().sees(found):
        raise errors.missing("integration", name)
    rows = [
        ["ENABLED", "Boolean", str(found.enabled).lower(), "false"],
        ["STORAGE_PROVIDER", "String", "S3", ""],
        ["STORAGE_ALLOWED_LOCATIONS", "List", ",".join(found.locations), "[]"],
        ["STORAGE_BLOCKED_LOCATIONS", "List", "", "[]"],
        ["STORAGE_AWS_ROLE_ARN", "String", found.role_arn, ""],
        ["COMMENT", "String", found.comment, ""],
    ]
    return results.rows(["property", "property_type", "property_value", "property_default"], rows)


def require(catalog: Catalog, access: Access, name: str, url: str) -> None:
    """Raise unless a stage with this URL may be made with the integration by this role."""
    found = catalog.integration(name)
    if found is None or not access.sees(found):
        raise errors.missing("integration", name)
    access.require("USAGE", found)
    require_location(found, url)


def require_location(integration: Integration, url: str) -> None:
    if not integration.enabled:
        raise errors.invalid(f"Integration '{integration.name}' is not enabled.")
    if not any(url.startswith(location) for location in integration.locations):
        raise errors.invalid(
            f"Location '{url}' is not allowed by integration '{integration.name}'. Please use DESC INTEGRATION to "
            "check out allowed and blocked locations."
        )
