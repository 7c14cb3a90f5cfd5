"""An environment's settings, from the repository's own files and from broken ones."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assay.errors import ConfigurationError
from assay.settings import load, merge
from tests.sentences import unlined


@pytest.fixture
def dags(root: Path, tmp_path: Path) -> Path:
    """A copy of the repository's configuration that may be broken."""
    shutil.copytree(root / "dags" / "config", tmp_path / "config")
    return tmp_path


@pytest.mark.parametrize("environment", ["local", "dev", "prod"])
def test_every_environment_can_be_read(root: Path, environment: str) -> None:
    settings = load(root / "dags", environment)
    assert settings.environment == environment
    assert settings.dag["max_active_runs"] == 1
    assert settings.dag["catchup"] is False
    assert settings.dag["start_date"] == datetime(2026, 1, 1, tzinfo=UTC)


def test_environments_differ_only_in_sizes_times_and_images(root: Path) -> None:
    local, prod = (load(root / "dags", environment).model_dump() for environment in ("local", "prod"))
    differing = {
        f"{file}.{key}"
        for file, content in local.items()
        if isinstance(content, dict)
        for key, value in content.items()
        if value != prod[file][key]
    }
    assert differing <= {
        "airflow.dag",
        "airflow.default_args",
        "k8s.resources",
        "k8s.startup_timeout",
        "k8s.active_deadline",
        "airbyte.poll_interval",
        "airbyte.start_within",
        "airbyte.stalled_after",
        "airbyte.deadline",
        "deploy.registry",
        "deploy.tags",
        "deploy.commit",
        "lineage.file",
    }
    assert {key for key, value in local["airflow"]["dag"].items() if value != prod["airflow"]["dag"][key]} == {
        "max_active_tasks"
    }
    assert local["airflow"]["default_args"]["retries"] == prod["airflow"]["default_args"]["retries"]


def test_an_environment_that_sets_one_key_keeps_the_others_of_base(dags: Path) -> None:
    (dags / "config/local/airflow.yml").write_text("default_args: {retries: 5}\n")
    settings = load(dags, "local")
    assert settings.airflow.default_args.retries == 5
    assert settings.airflow.default_args.retry_delay == timedelta(minutes=1)


def test_mappings_are_merged_at_every_depth_and_lists_are_replaced() -> None:
    assert merge({"a": {"b": {"c": 1, "d": 2}}, "l": [1, 2]}, {"a": {"b": {"d": 3}}, "l": [4]}) == {
        "a": {"b": {"c": 1, "d": 3}},
        "l": [4],
    }


def test_an_image_of_ours_gets_registry_and_tag_and_another_stays_as_it_is(root: Path) -> None:
    prod = load(root / "dags", "prod")
    assert prod.image("assay/dbt") == "222222222222.dkr.ecr.eu-central-1.amazonaws.com/assay/dbt:0.1.0"
    assert prod.image("quay.io/team/tool:1.2") == "quay.io/team/tool:1.2"
    assert load(root / "dags", "local").image("assay/dbt") == "assay/dbt:local"
    with pytest.raises(ConfigurationError, match=r'config/prod/deploy.yml: tags has no "assay/tool"'):
        prod.image("assay/tool")


def test_the_environment_is_named_by_assay_env(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_ENV", "dev")
    assert load(root / "dags").environment == "dev"
    monkeypatch.delenv("ASSAY_ENV")
    with pytest.raises(ConfigurationError, match="ASSAY_ENV is not set; set it to the environment this is: dev, local"):
        load(root / "dags")
    with pytest.raises(ConfigurationError, match='ASSAY_ENV "stage" has no folder in dags/config; it is one of dev'):
        load(root / "dags", "stage")


@pytest.mark.parametrize(
    ("file", "text", "sentence"),
    [
        (
            "k8s.yml",
            "namespaces: x",
            "k8s.yml: namespaces is not a key that is known here; remove it or correct its spelling",
        ),
        ("airflow.yml", "dag: {max_active_runs: 2}", "airflow.yml: dag.max_active_runs must be 1, and is 2"),
        (
            "airflow.yml",
            "default_args: {retry_delay: 90}",
            "airflow.yml: default_args.retry_delay must be a number above 0 with a unit, such as 30s, 5m",
        ),
        (
            "airflow.yml",
            "failure_handlers: [{type: slack}]",
            "airflow.yml: failure_handlers is not a key that is known here",
        ),
        (
            "airflow.yml",
            "manifest_file_name: '{{ var.value.m }}'",
            "config/local/airflow.yml: manifest_file_name asks for an Airflow variable",
        ),
        (
            "k8s.yml",
            "layers: {silver: {pool: light}}",
            'config/local/k8s.yml: layers.silver.pool "light" is not declared; add it with its number of slots '
            "to pools in config/{base,local}/airflow.yml, or use one of default_pool, heavy",
        ),
        ("k8s.yml", "layers: {silver: {cpus: 1}}", "k8s.yml: layers.silver.cpus is not a key that is known here"),
        ("k8s.yml", "layers: {siver: {cpu: 1}}", "k8s.yml: layers.siver must be"),
        ("airflow.yml", "pools: {heavy: 0}", "airflow.yml: pools.heavy must be at least 1, and is 0"),
        ("deploy.yml", "registry: x", "deploy.yml: tags is missing; add it"),
        ("deploy.yml", "- tags", "config/local/deploy.yml: must be a mapping of keys to values"),
        ("deploy.yml", "tags: [", "config/local/deploy.yml: not valid YAML"),
        (
            "cosmos.yml",
            "operator_args: {}",
            "config/local/cosmos.yml: is not a file that anything reads; it is one of",
        ),
    ],
)
def test_what_is_wrong_is_said_with_file_and_key(dags: Path, file: str, text: str, sentence: str) -> None:
    (dags / "config/local" / file).write_text(text)
    with pytest.raises(ConfigurationError) as error:
        load(dags, "local")
    assert sentence in unlined(str(error.value))
