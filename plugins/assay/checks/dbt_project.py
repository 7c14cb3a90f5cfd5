"""What dbt itself accepts, or does not see change, in a zone's models and in the project that all zones share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from assay import strict_yaml
from assay.strict_yaml import Document

PROJECT = "dbt"
FILE = f"{PROJECT}/dbt_project.yml"
LARGEST_SEED = 1024 * 1024
"""Bytes. Of a larger one dbt notes the path alone (dbt/parser/read_files.py)."""
WITHOUT_DIGITS = ("number", "numeric", "decimal", "dec")
WRITE_CONTRACT = "write config: {contract: {enforced: true}}, and a data_type for each column"

Json = Mapping[str, Any]


def wrong_with_project(root: Path) -> Iterator[str]:
    """What a change of would change what is built and nothing notices: variables, and parts of seeds."""
    folder = root / PROJECT
    project = strict_yaml.mapping(root / FILE, FILE)
    instead = "no digest of a model knows it, so that its change would build nothing; write the value in a macro"
    if project.content.get("vars"):
        yield project.about(["vars"], f"is not supported: {instead}")
    if (folder / "vars.yml").is_file():
        yield f"{PROJECT}/vars.yml:1: is not supported: {instead}"
    for seed in sorted((folder / "seeds").rglob("*.csv")):
        yield from _seed(seed, seed.relative_to(root).as_posix())


def _seed(path: Path, shown: str) -> Iterator[str]:
    content = path.read_bytes()
    if len(content) > LARGEST_SEED:
        yield (
            f"{shown}:1: has {len(content):,} bytes, and dbt does not see what changes in a seed of more than "
            f"{LARGEST_SEED:,}; land it as a file of the zone, with a contract"
        )
    kept = content.decode(errors="replace").removesuffix("\n").removesuffix("\r")
    if kept != kept.strip():
        line = 1 if kept != kept.lstrip() else kept.count("\n") + 1
        yield f"{shown}:{line}: begins or ends with a blank, which dbt leaves out; quote the value, or remove it"


def wrong_with_models(root: Path, zone: str) -> Iterator[str]:
    """Gold models of the zone without an enforced contract, with file and line."""
    files = _files(root, zone)
    written: set[str] = set()
    for document, index, model in _models(root, zone):
        mine = _files_of(model) & set(files)
        written |= mine
        if mine:
            yield from _without_contract(document, index, model)
    for stem in sorted(set(files) - written):
        shown = files[stem].relative_to(root).as_posix()
        yield f"{shown}:1: is a gold model that no YAML file of the zone describes; {WRITE_CONTRACT}"


def gold_tables(root: Path, zone: str) -> list[str]:
    """The tables of the zone's gold models: by a model's name, or its alias; of each version one."""
    files = _files(root, zone)
    tables = set(files)
    for _, _, model in _models(root, zone):
        if mine := _files_of(model) & set(files):
            tables -= mine
            tables |= {_alias(version) or f"{model['name']}_v{version.get('v')}" for version in _versions(model)}
            if not _versions(model):
                tables.add(_alias(model) or str(model["name"]))
    return sorted(tables)


def _alias(of: Json) -> str | None:
    config = of.get("config")
    alias = config.get("alias") if isinstance(config, dict) else None
    return str(alias) if alias else None


def _files(root: Path, zone: str) -> dict[str, Path]:
    return {path.stem: path for path in (root / PROJECT / "models" / zone / "gold").rglob("*.sql")}


def _files_of(model: Json) -> set[str]:
    """The files, without their ending, that dbt takes for a model of YAML or its versions."""
    name = str(model.get("name"))
    own = {str(version.get("defined_in") or f"{name}_v{version.get('v')}") for version in _versions(model)}
    return own or {name}


def _models(root: Path, zone: str) -> Iterator[tuple[Document, int, Json]]:
    for path in sorted((root / PROJECT / "models" / zone).rglob("*.y*ml")):
        document = strict_yaml.mapping(path, path.relative_to(root).as_posix())
        models = document.content.get("models")
        for index, model in enumerate(models if isinstance(models, list) else ()):
            if isinstance(model, dict):
                yield document, index, model


def _versions(model: Json) -> list[Json]:
    versions = model.get("versions")
    return [each for each in versions if isinstance(each, dict)] if isinstance(versions, list) else []


def _without_contract(document: Document, index: int, model: Json) -> Iterator[str]:
    config = model.get("config")
    contract = config.get("contract") if isinstance(config, dict) else None
    if not isinstance(contract, dict) or contract.get("enforced") is not True:
        yield document.about(
            ["models", index, "config", "contract"],
            f"of the gold model {model.get('name')} is not enforced; {WRITE_CONTRACT}",
        )
    for at, version in enumerate(_versions(model)):
        own = version.get("config")
        if isinstance(own, dict) and isinstance(own.get("contract"), dict) and own["contract"].get("enforced") is False:
            yield document.about(
                ["models", index, "versions", at, "config", "contract"], f"is not enforced; {WRITE_CONTRACT}"
            )
    columns = model.get("columns")
    for at, column in enumerate(columns if isinstance(columns, list) else ()):
        if isinstance(column, dict) and (problem := _problem_of_type(column.get("data_type"))):
            yield document.about(
                ["models", index, "columns", at, "data_type"], f"of the gold model {model.get('name')} {problem}"
            )


def _problem_of_type(data_type: object) -> str:
    if not data_type:
        return "is missing: a contract has the type of each column"
    if str(data_type).strip().lower() in WITHOUT_DIGITS:
        return f'"{data_type}" has no digits, and Snowflake would round to whole numbers; write such as number(18, 2)'
    return ""
