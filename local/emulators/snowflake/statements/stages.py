"""Stages and file formats: CREATE, DESCRIBE, LIST, REMOVE."""

from __future__ import annotations

import re
from typing import Any

from .. import errors, results
from ..catalog import Catalog, Object
from ..creating import create_object
from ..file_formats import FileFormat, parse_options
from ..names import Names
from ..results import Result
from ..session import Session
from ..storage import StagedFile
from ..words import Words
from . import integrations

_STAGE_OPTIONS = {"URL", "STORAGE_INTEGRATION", "COMMENT", "FILE_FORMAT"}
_OTHER_OPTIONS = {"CREDENTIALS", "DIRECTORY", "ENCRYPTION", "USE_PRIVATELINK_ENDPOINT", "COPY_OPTIONS", "TAG"}


def create(session: Session, words: Words, kind: str, or_replace: bool) -> Result:
    """CREATE STAGE … URL = 's3://…', or CREATE FILE FORMAT …."""
    exists = words.take("IF NOT EXISTS")
    path = words.path()
    options = parse_options(words)
    if kind == "FILE FORMAT":
        FileFormat.of({k: v for k, v in options.items() if k != "COMMENT"})  # rejects what it does not know
        detail: dict[str, Any] = dict(options)
    else:
        detail = _stage_detail(options)
    with session.changing() as draft:
        names = Names(session, draft.base, session.access(draft.base))
        schema, name = names.home(path)
        if exists and draft.base.object(schema.id, kind, name) is not None:
            return results.already_there(name)
        if detail.get("integration"):
            names.access.require(f"CREATE {kind}", schema)
            integrations.require(draft.base, names.access, detail["integration"], detail["url"])
        create_object(
            session, draft, schema, kind, name, or_replace=or_replace, comment=str(options.get("COMMENT", "")),
            detail=detail,
        )  # fmt: skip
    return results.status(f"{'Stage area' if kind == 'STAGE' else 'File format'} {name} successfully created.")


def _stage_detail(options: dict[str, Any]) -> dict[str, Any]:
    if refused := sorted(_OTHER_OPTIONS.intersection(options)):
        raise errors.unsupported(f"{refused[0]} of a stage (give it a STORAGE_INTEGRATION)")
    if unknown := set(options) - _STAGE_OPTIONS:
        raise errors.invalid(f"invalid property '{sorted(unknown)[0]}' for 'STAGE'")
    url = str(options.get("URL", ""))
    if not url:
        raise errors.unsupported("internal stages: give the stage a URL")
    if not url.startswith("s3://"):
        raise errors.unsupported(f"stages outside S3 ('{url}')")
    return {
        "url": url.rstrip("/") + "/",
        "integration": str(options.get("STORAGE_INTEGRATION", "")).upper(),
        "format": options.get("FILE_FORMAT") or {},
    }


def find_stage(session: Session, names: Names, reference: str) -> tuple[Object, str]:
    """``@db.schema.stage/path`` as the stage, if the role may use it, and the path in it."""
    reference = reference.strip().strip("'")
    if not reference.startswith("@"):
        raise errors.syntax(f"near '{reference}': a stage (@name) was expected")
    if reference[1:2] in ("~", "%"):
        raise errors.unsupported("user stages and table stages")
    name, _, path = reference[1:].partition("/")
    stage = names.object(Words(name).path(), "STAGE")
    names.access.require("USAGE", stage)
    _require_reachable(names.catalog, stage)
    return stage, path


def _require_reachable(catalog: Catalog, stage: Object) -> None:
    """Buckets are private: a stage reads one with its integration's rights, as they are now, and else not at all."""
    url = stage.detail["url"]
    integration = catalog.integration(stage.detail.get("integration") or "")
    if integration is None:
        raise errors.SqlError(
            f"Failure using stage area. Cause: [Access Denied (Status Code: 403; Error Code: AccessDenied): {url} is "
            "read by the rights of a storage integration, and the stage has none]",
            code=2003,
            state="42501",
        )
    integrations.require_location(integration, url)


def list_stage(session: Session, words: Words) -> Result:
    """LIST @stage[/path] [PATTERN = '…']: the files that are there now."""
    names = Names(session, session.catalog, session.access())
    reference, pattern = words.stage_reference(), None
    if words.take("PATTERN"):
        words.expect("=")
        pattern = words.string()
    words.end()
    stage, path = find_stage(session, names, reference)
    found = session.store.s3.files(stage.detail["url"] + path)
    return results.rows(
        ["name", ("size", "BIGINT"), "md5", "last_modified"],
        [
            [file.url, file.size, file.etag, file.modified.strftime("%a, %d %b %Y %H:%M:%S GMT")]
            for file in found
            if pattern is None or matches(pattern, file, stage)
        ],
    )


def remove_files(session: Session, words: Words) -> Result:
    """REMOVE @stage/path: every file whose path begins so, from an external stage too."""
    names = Names(session, session.catalog, session.access())
    reference = words.stage_reference()
    if words.take("PATTERN"):
        raise errors.unsupported("REMOVE with PATTERN: give a path")
    words.end()
    stage, path = find_stage(session, names, reference)
    found = list(session.store.s3.files(stage.detail["url"] + path))
    session.store.s3.remove(found)
    return results.rows(["name", "result"], [[file.url, "removed"] for file in found])


def matches(pattern: str, file: StagedFile, stage: Object) -> bool:
    """Snowflake applies a pattern to the whole path below the stage's URL."""
    return re.fullmatch(pattern, file.url.removeprefix(stage.detail["url"])) is not None or (
        re.fullmatch(pattern, file.path) is not None
    )


def describe_stage(session: Session, words: Words) -> Result:
    names = Names(session, session.catalog, session.access())
    stage = names.object(words.path(), "STAGE")
    rows = [["STAGE_LOCATION", "URL", "String", f'["{stage.detail["url"]}"]', ""]]
    if stage.detail.get("integration"):
        rows.append(["STAGE_INTEGRATION", "STORAGE_INTEGRATION", "String", stage.detail["integration"], ""])
    for option, value in (stage.detail.get("format") or {}).items():
        rows.append(["STAGE_FILE_FORMAT", option, "String", str(value), ""])
    return results.rows(["parent_property", "property", "property_type", "property_value", "property_default"], rows)
