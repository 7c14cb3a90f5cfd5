"""The image of Airflow itself, built from its Dockerfile: no pod of one machine runs it, so it is tried by itself."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator

import pytest

from assay.deploy import images
from local.emulators.kubernetes.podman import LIMITS
from tests.containers import CONTAINERS
from tools.runtime.bootstrap import pip_settings
from tools.runtime.layout import Layout

Inside = Callable[..., subprocess.CompletedProcess[str]]
LOCKED = ("--read-only", "--tmpfs", "/tmp", "--cap-drop", "all", "--network", "none", "--no-healthcheck", *LIMITS)

pytestmark = [pytest.mark.deep, pytest.mark.timeout(900), *CONTAINERS]


@pytest.fixture(scope="module")
def inside() -> Iterator[Inside]:
    """Runs a command in a container of the image as locked up as the chart's, with no network."""
    order = images.Order("built-by-a-test", base=images.STAND_IN)
    [reference] = images.build(["airflow"], order, print, pip_settings(Layout.here()), images.builder("podman"))

    def run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = ["podman", "run", "--rm", *LOCKED, "--entrypoint", program, reference, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    yield run
    subprocess.run(["podman", "rmi", reference], check=True, capture_output=True)


def test_it_is_airflow_and_needs_no_more_than_it_is_given(inside: Inside) -> None:
    done = inside("/entrypoint", "version")
    assert (done.returncode, done.stdout.splitlines()[-1][:4]) == (0, "3.3."), done.stderr


@pytest.mark.parametrize(
    "module",
    [
        "airflow.providers.celery.executors.celery_executor",
        "airflow.providers.fab.auth_manager.fab_auth_manager",
        "airflow.providers.amazon.aws.log.s3_task_handler",
        "airflow.providers.amazon.aws.secrets.secrets_manager",
        "assay.pipeline",
    ],
)
def test_what_production_runs_on_is_in_it(inside: Inside, module: str) -> None:
    done = inside("python", "-c", f"import {module}")
    assert done.returncode == 0, done.stderr


def test_it_is_nobody_in_particular_with_no_compiler_and_no_installer(inside: Inside) -> None:
    done = inside("sh", "-c", "id -u; id -g; touch /opt/airflow/mine; command -v pip pip3 gcc make git; true")
    assert done.stdout.split() == ["50000", "0"]
    assert "Read-only file system" in done.stderr
