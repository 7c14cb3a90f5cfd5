"""Which builder is taken and what it is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assay.deploy import images


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH with no builder on it yet, and a git that knows of no commit."""
    monkeypatch.setenv("PATH", str(tmp_path))
    program(tmp_path, "git", "exit 128")
    return tmp_path


def program(path: Path, name: str, script: str = "exit 0") -> None:
    (path / name).write_text(f"#!/bin/sh\n{script}\n")
    (path / name).chmod(0o755)


def test_without_a_builder_it_says_which_would_do(path: Path) -> None:
    with pytest.raises(images.ImagesError, match="docker, podman and buildah are all missing"):
        images.builder()
    with pytest.raises(images.ImagesError, match="buildah is not installed here"):
        images.builder("buildah")


def test_the_first_that_is_there_builds(path: Path) -> None:
    program(path, "buildah")
    assert images.builder() == "buildah"
    program(path, "docker")
    assert images.builder() == "docker"
    assert images.builder("buildah") == "buildah"


def test_an_unknown_image_and_a_push_to_nowhere_are_refused(path: Path) -> None:
    with pytest.raises(images.ImagesError, match="no image “dtb”"):
        images.build(["dtb"], images.Order(), print, {})
    with pytest.raises(images.ImagesError, match="Nothing says where to push"):
        images.build([], images.Order(), print, {}, push=True)


def test_a_failed_build_ends_with_the_builders_last_words(path: Path) -> None:
    program(path, "podman", "echo STEP 3; echo no space left; exit 125")
    with pytest.raises(images.ImagesError, match=r"(?s)assay/loader:local was not built; podman ended with 125.*space"):
        images.build(["loader"], images.Order(), print, {})


def test_what_is_built_is_pushed_under_the_registrys_name(path: Path) -> None:
    program(path, "docker", f'echo "$1 $2" >> {path}/calls; for last; do :; done; echo "$last" >> {path}/calls')
    built = images.build(["loader"], images.Order(tag="1.2.0", registry="registry.example"), print, {}, push=True)
    assert built == ["registry.example/assay/loader:1.2.0"]
    assert "push registry.example/assay/loader:1.2.0" in (path / "calls").read_text()


@pytest.mark.parametrize("builder", images.BUILDERS)
def test_only_dbts_image_is_told_of_zones(builder: str) -> None:
    order = images.Order(zones={"flights": {"SNOWFLAKE_USER": "PROD_FLIGHTS_TRANSFORMER"}}, environment="prod")
    assert "ZONES" not in order.arguments("loader", None)
    arguments = order.arguments("dbt", "mirror.example/python:1")
    command = images.command(builder, "dbt", "assay/dbt:1", arguments, {})
    assert 'ZONES={"flights": {"SNOWFLAKE_USER": "PROD_FLIGHTS_TRANSFORMER"}}' in command
    assert "ASSAY_ENV=prod" in command
    assert "PYTHON_IMAGE=mirror.example/python:1" in command


def test_a_file_of_zones_may_hold_no_secret(tmp_path: Path) -> None:
    file = tmp_path / "zones.json"
    file.write_text(json.dumps({"flights": {"SNOWFLAKE_USER": "X"}}))
    assert images.read_zones(file, "dev") == {"flights": {"ASSAY_ENV": "dev", "SNOWFLAKE_USER": "X"}}
    file.write_text(json.dumps({"flights": {"DBT_ENV_SECRET_SNOWFLAKE_PRIVATE_KEY": "X"}}))
    with pytest.raises(images.ImagesError, match=r"flights\.DBT_ENV_SECRET_SNOWFLAKE_PRIVATE_KEY has no place"):
        images.read_zones(file, "dev")
    file.write_text("[1]")
    with pytest.raises(images.ImagesError, match="does not map zones"):
        images.read_zones(file, "dev")


def test_pips_settings_travel_as_secrets_without_folders_of_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authorities = tmp_path / "ca.crt"
    authorities.write_text("certificates\n")
    settings = {
        "index-url": "https://mirror.example/simple",
        "extra-index-url": "file:///srv/wheels https://more.example/simple",
        "cert": str(authorities),
        "find-links": "/srv/wheels",
    }
    with images.build_secrets(settings) as secrets:
        assert secrets["ca.crt"] == authorities
        assert secrets["pip.conf"].read_text().splitlines() == [
            "[global]",
            "index-url = https://mirror.example/simple",
            "extra-index-url = https://more.example/simple",
            "cert = /run/secrets/ca.crt",
        ]
        assert secrets["pip.conf"].stat().st_mode & 0o077 == 0
    assert not secrets["pip.conf"].exists()
