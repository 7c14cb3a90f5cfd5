"""What is wrong with one zone's files, and with the files that all zones share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path

from assay import settings as environments
from assay import strict_yaml
from assay.alerts.channels import channels
from assay.checks import contract_rules, contract_sql, dag_files, dbt_project, expressions, yaml_files
from assay.contracts import Contract, load_contract
from assay.errors import ConfigurationError
from assay.ingestion.checking import Asked, wrong_with_kinds, wrong_with_sources
from assay.permissions import load as load_roles
from assay.secrets.declaration import FILE as PODS
from assay.secrets.declaration import declarations
from assay.secrets.manifests import chosen
from assay.settings import BASE
from assay.zones import Source, Zone, load_zone, zone_folders
from assay.zones.reader import document_of
from assay.zones.readers import check_reads

DBT_PROJECT = "dbt/dbt_project.yml"
GOLD = "dbt/models/{zone}/gold"


def wrong_with_zone(folder: Path) -> list[str]:
    """What is wrong with the zone whose folder is `dags/zones/<zone>`, in sentences with file, line and key.

    What lies outside of dags/ (models, Airbyte's files, runbooks) is looked at where it is there: a deploy checks what
    it serves, which is dags/ alone, of a commit whose pipeline has checked the rest.
    """
    root = folder.parents[2]
    wrong = list(dag_files.wrong(folder.parents[1], folder.name))
    try:
        zone = load_zone(folder)
    except ConfigurationError as error:
        return [*wrong, *str(error).splitlines()]
    document = document_of(folder)
    say = document.located
    wrong += _unused_files(folder, zone)
    contracts: dict[str, Contract] = {}

    def contract_of(source: Source) -> Iterator[str]:
        contracts[source.table] = contract = load_contract(folder, source.table)
        yield from contract_rules.wrong(folder, contract)
        yield from contract_sql.wrong(folder, contract)

    for index, source in enumerate(zone.sources):
        wrong += _collected(contract_of, source)
        wrong += _of_source(zone, index, source, say)
    sources = dict(enumerate(zone.sources))
    wrong += _collected(wrong_with_sources, Asked(root, folder, zone, sources, contracts, say, expressions.day))
    wrong += _collected(check_reads, zone, _others(folder), say)
    wrong += _environments_have(folder.parents[1], zone, say)
    if (root / "dbt").is_dir():
        wrong += _collected(_published, root, zone, say)
        wrong += _collected(dbt_project.wrong_with_models, root, zone.zone)
    if (root / "docs").is_dir() and not _is_there(root, zone.runbook):
        wrong.append(say(f'runbook "{zone.runbook}" is no file of this repository; write its path from the root'))
    return list(dict.fromkeys(wrong))


def wrong_with_platform(dags: Path) -> list[str]:
    """What is wrong with what all zones share: DAG files without a zone, settings and roles of every environment,
    declared secrets, Airbyte's files, dbt's project, and the YAML files of other programs."""
    root = dags.parent
    zones = sorted(path.name for path in (dags / "zones").iterdir() if path.is_dir())
    wrong = list(dag_files.without_zone(dags))
    for environment in _environments(dags):
        wrong += _collected(_of_environment, dags, environment, zones)
    wrong += _collected(_secrets, zones)
    wrong += _collected(wrong_with_kinds, root, zones)
    wrong += channels().wrong.values()
    wrong += _collected(yaml_files.wrong, root)
    if (root / dbt_project.FILE).is_file():
        wrong += _collected(dbt_project.wrong_with_project, root)
    return list(dict.fromkeys(wrong))


def _of_environment(dags: Path, environment: str, zones: list[str]) -> Iterator[str]:
    settings = environments.load(dags, environment)
    root = dags.parent
    image = settings.execution_env.image.repository
    try:
        settings.image(image)
    except ConfigurationError as error:
        document = environments.document_with(dags, environment, "deploy.yml", ["tags"])
        yield document.about(["tags"], f'has no "{image}": {error}')
    if (root / DBT_PROJECT).is_file():
        named = strict_yaml.load(root / DBT_PROJECT, DBT_PROJECT).content
        project = settings.dbt.dbt_project_name
        if isinstance(named, dict) and named.get("name") != project:
            document = environments.document_with(dags, environment, "dbt.yml", ["dbt_project_name"])
            yield document.about(["dbt_project_name"], f'is "{project}", and {DBT_PROJECT} says "{named.get("name")}"')
    if (root / "docs").is_dir() and not _is_there(root, settings.permissions.runbook):
        document = environments.document_with(dags, environment, "permissions.yml", ["runbook"])
        yield document.located(f'runbook "{settings.permissions.runbook}" is no file of this repository')
    load_roles(settings.roles_file, zones, environment)


def _secrets(zones: list[str]) -> Iterator[str]:
    document = strict_yaml.parse(PODS.read_bytes(), f"secrets/{PODS.name}")
    for index, declaration in enumerate(declarations()):
        for at, zone in enumerate(declaration.zones):
            if zone not in zones:
                yield document.about([index, "zones", at], f'"{zone}" is not a zone; remove it or correct its spelling')


def _of_source(zone: Zone, index: int, source: Source, say: Callable[[str], str]) -> Iterator[str]:
    for key, names in source.pod_secrets().items():
        yield from _secret(f"sources[{index}].{key}", names, zone, say)


def _secret(key: str, names: Sequence[str], zone: Zone, say: Callable[[str], str]) -> Iterator[str]:
    try:
        chosen(names, zone.zone)
    except ConfigurationError as error:
        yield say(f"{key}: {error}")


def _environments_have(dags: Path, zone: Zone, say: Callable[[str], str]) -> Iterator[str]:
    """What a zone names and environments lack: its chat channel, and tags of images. Each once, for all of them."""
    lacking: dict[str, list[str]] = {}
    for environment in _environments(dags):
        try:
            settings = environments.load(dags, environment)
        except ConfigurationError:
            continue  # it has sentences of its own
        for sentence in _lacks(settings, zone):
            lacking.setdefault(sentence, []).append(environment)
    for sentence, names in lacking.items():
        yield say(f"{sentence} (in {', '.join(names)})")


def _lacks(settings: environments.Settings, zone: Zone) -> Iterator[str]:
    channels = settings.alerts.channels_of(zone.zone)
    if zone.channel not in channels:
        near = get_close_matches(zone.channel, channels, n=1)
        hint = f'did you mean "{near[0]}"?' if near else f"there is {', '.join(channels)}"
        yield (
            f'channel "{zone.channel}" is not declared, {hint}; the list is channels in config/base/alerts.yml, or in '
            "the environment's own"
        )
    for index, source in enumerate(zone.sources):
        for key, image in source.images().items():
            try:
                settings.image(image)
            except ConfigurationError as error:
                yield f'sources[{index}].{key} needs the image "{image}", which has no tag: {error}'


def _published(root: Path, zone: Zone, say: Callable[[str], str]) -> Iterator[str]:
    tables = dbt_project.gold_tables(root, zone.zone)
    for index, table in enumerate(zone.publishes):
        if table not in tables:
            yield say(
                f'publishes[{index}] "{table}" is no table of a model in {GOLD.format(zone=zone.zone)}; there are '
                f"{', '.join(tables) or 'none'}"
            )


def _unused_files(folder: Path, zone: Zone) -> Iterator[str]:
    """Files of a zone's folder that nothing reads: a contract or a query whose source is spelt otherwise."""
    wanted = {f"contracts/{source.table}.odcs.yaml" for source in zone.sources}
    wanted |= {path for source in zone.sources for path in source.zone_files().values()}
    parts = {Path(path).parts[0] for path in wanted} | {"contracts", "jobs"}
    for part in sorted(parts):
        for path in sorted((folder / part).iterdir()) if (folder / part).is_dir() else []:
            if f"{part}/{path.name}" not in wanted:
                yield (
                    f"zones/{folder.name}/{part}/{path.name}:1: no source in zone.yml reads it; name it there or "
                    "remove the file"
                )
    for path in sorted(folder.rglob("*.y*ml")):
        if path.relative_to(folder).parts[0] not in parts and path != folder / "zone.yml":
            yield (
                f"zones/{folder.name}/{path.relative_to(folder)}:1: is not a file that anything reads; a zone's "
                "file is zone.yml, and its contracts are contracts/<table>.odcs.yaml"
            )


def _environments(dags: Path) -> list[str]:
    return sorted(path.name for path in (dags / "config").glob("*/") if path.is_dir() and path.name != BASE)


def _others(folder: Path) -> list[Zone]:
    """The zones beside this one whose own files are right; a wrong one has sentences of its own."""
    found = []
    for each in zone_folders(folder.parent):
        try:
            found.append(load_zone(each))
        except ConfigurationError:
            continue
    return found


def _is_there(root: Path, runbook: str) -> bool:
    return runbook.startswith("https://") or (root / runbook).is_file()


def _collected(check: Callable[..., object], *arguments: object) -> list[str]:
    """The sentences of a check, whether it yields or raises them. What a reader returns is of no interest."""
    found: list[str] = []
    try:
        made = check(*arguments)
        if isinstance(made, Iterator):
            found.extend(made)
    except ConfigurationError as error:
        found += str(error).splitlines()
    return found
