"""Broken inputs, the check that refuses each, and its words.

What is tried nowhere else is tried beside this file; plans and modules are tried in tests/terraform, and listed here.
`./assay generate` writes the page.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from assay import settings
from assay.contracts import load_contract
from assay.errors import ConfigurationError
from assay.ingestion.airbyte.files import resolve
from assay.secrets.manifests import chosen
from assay.zones import load_zone
from tests.gitlab.pipeline import KEYWORDS, Loader, resolved
from tests.helm.airflow_chart import unknown_keys
from tests.helm.judging import EXTERNAL_SECRETS, wrong_with_pods
from tests.images.rules import faults
from tests.plugins.assay.checks.cases import CASES as DECLARATIONS
from tests.terraform.cases import CASES
from tests.terraform.test_refusals import MISTAKES
from tools.secrets_scan import findings

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Refusal:
    """`said` gives the words of the check for the broken input, and an empty text if it let it pass."""

    what: str
    check: str
    words: str
    said: Callable[[], str]


def sentence(call: Callable[..., object], *arguments: Any) -> str:
    try:
        call(*arguments)
    except ConfigurationError as error:
        return str(error)
    return ""


def changed(file: str, before: str, after: str, load: Callable[[Path], object]) -> Callable[[], str]:
    """What loading weather's folder says when one of its files is edited."""

    def said() -> str:
        with tempfile.TemporaryDirectory() as folder:
            zone = Path(folder) / "zones" / "weather"
            shutil.copytree(ROOT / "dags" / "zones" / "weather", zone)
            text = (zone / file).read_text()
            assert before in text, f"{file} has changed: this needs another edit"
            (zone / file).write_text(text.replace(before, after, 1))
            return sentence(load, zone)

    return said


def dockerfile(before: str, after: str) -> Callable[[], str]:
    text = (ROOT / "images" / "loader" / "Dockerfile").read_text()
    return lambda: "\n".join(faults(re.sub(before, after, text)))


def container(**changes: Any) -> Callable[[], str]:
    """What is said of a Deployment whose one container is right but for these."""
    right: dict[str, Any] = {
        "name": "box",
        "image": "registry.example/box:1.0",
        "resources": {"limits": {"cpu": "1", "memory": "1Gi"}},
        "securityContext": {
            "runAsNonRoot": True,
            "readOnlyRootFilesystem": True,
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "seccompProfile": {"type": "RuntimeDefault"},
        },
    }
    right["securityContext"] |= changes.pop("securityContext", {})
    pod = {"kind": "Pod", "metadata": {"name": "it"}, "spec": {"containers": [right | changes]}}
    return lambda: "\n".join(wrong_with_pods([pod]))


def scanned(name: str, text: str) -> Callable[[], str]:
    return lambda: "\n".join(findings(name, text))


def external_secret() -> str:
    spec = {
        "refreshInterval": "1m",
        "secretStoreRef": {"kind": "ClusterSecretStore", "name": "store"},
        "target": {"name": "s", "creationPolicy": "Owner"},
        "dataFrom": [],
    }
    return "\n".join(
        error.message for error in jsonschema.Draft7Validator(EXTERNAL_SECRETS["ExternalSecret"]).iter_errors(spec)
    )


def judged(schema: str, name: str, text: str) -> str:
    """What check-jsonschema says of a file by one of the schemas that it carries."""
    program = ROOT / ".assay" / "envs" / "helm" / "bin" / "check-jsonschema"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_text(text)
        options = ["--data-transform", "gitlab-ci"] if schema == "gitlab-ci" else []
        done = subprocess.run(
            [program, "--builtin-schema", f"vendor.{schema}", *options, path],
            capture_output=True,
            text=True,
            check=False,
        )
    return done.stdout if done.returncode else ""


def job_with_an_unknown_key() -> str:
    written = yaml.load((ROOT / ".gitlab-ci.yml").read_text(), Loader)
    whole = {key: value for key, value in written.items() if key in KEYWORDS} | resolved(written)
    whole["test"]["time_out"] = "1 hour"
    return judged("gitlab-ci", "pipeline.yml", yaml.safe_dump(whole, sort_keys=False))


def unknown_setting() -> str:
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(ROOT / "dags" / "config", Path(folder) / "config")
        path = Path(folder) / "config" / "dev" / "airflow.yml"
        path.write_text((path.read_text() if path.exists() else "") + "\ndefault_arg: {}\n")
        return sentence(settings.load, Path(folder), "dev")


ZONE = CONTRACT = "assay zone check"
POD, IMAGE, SCAN = "rules on pods", "rules on Dockerfiles", "assay lint secrets"
WEATHER = "contracts/weather.odcs.yaml"


def contract(zone: Path) -> object:
    return load_contract(zone, "weather")


TRIED_HERE = (
    Refusal(
        "a zone with a key that nobody knows", ZONE, "shedule", changed("zone.yml", "schedule:", "shedule:", load_zone)
    ),
    Refusal(
        "a zone named otherwise than its folder",
        ZONE,
        "wether",
        changed("zone.yml", "zone: weather", "zone: wether", load_zone),
    ),
    Refusal("a source of no known kind", ZONE, "kind", changed("zone.yml", "kind: files", "kind: ftp", load_zone)),
    Refusal(
        "a contract with a type that there is not",
        CONTRACT,
        "strnig",
        changed(WEATHER, "logicalType: string", "logicalType: strnig", contract),
    ),
    Refusal(
        "a contract with a misspelt key", CONTRACT, "requierd", changed(WEATHER, "required:", "requierd:", contract)
    ),
    Refusal(
        "a landed table without a contract",
        CONTRACT,
        "every landed table has a contract",
        lambda: sentence(load_contract, ROOT / "dags/zones/weather", "tides"),
    ),
    Refusal(
        "a task that asks for a secret nobody declared",
        "the DAG's parse",
        "is not declared for zone weather",
        lambda: sentence(chosen, ["postgres-compny"], "weather"),
    ),
    Refusal(
        "a task that asks for another zone's secret",
        "the DAG's parse",
        "is not for zone weather",
        lambda: sentence(chosen, ["postgres-company"], "weather"),
    ),
    Refusal("a setting that nobody knows", "the DAG's parse", "default_arg", unknown_setting),
    Refusal(
        "an Airbyte file with a secret in it",
        "assay airbyte plan",
        "is a secret; write ${NAME} here",
        lambda: sentence(resolve, "sources/a.yaml", {"api_key": "hunter2"}, {}),
    ),
    Refusal(
        "an Airbyte file with a secret that is not set",
        "assay airbyte plan",
        "which is not set",
        lambda: sentence(resolve, "sources/a.yaml", {"api_key": "${API_KEY}"}, {}),
    ),
    Refusal(
        "a password in YAML",
        SCAN,
        "a value where a reference belongs",
        scanned("a.yml", "login:\n  password: correct-horse\n"),
    ),
    Refusal("a key of AWS in any file", SCAN, "a key of AWS", scanned("a.py", 'key = "AKIA' + 'IOSFODNN7EXAMPLE"')),
    Refusal(
        "a private key in any file",
        SCAN,
        "a private key",
        scanned("k", "-----BEGIN " + "PRIVATE KEY-----\n" + "MIIE" * 9),
    ),
    Refusal(
        "an address with a password",
        SCAN,
        "a password in an address",
        scanned("a.md", "postgres://me:" + "hunter22@host/db"),
    ),
    Refusal("a base image without its digest", IMAGE, "not pinned by tag and digest", dockerfile(r"@sha256:\w+", "")),
    Refusal("an image that runs as root", IMAGE, "the user is root", dockerfile(r"USER \S+", "")),
    Refusal(
        "a secret in an image's environment",
        IMAGE,
        "would keep a secret in the image",
        dockerfile(r"\Z", "ENV API_TOKEN=abc\n"),
    ),
    Refusal("packages without hashes", IMAGE, "without --require-hashes", dockerfile("--require-hashes ", "")),
    Refusal("a container that may be root", POD, "may be root", container(securityContext={"runAsNonRoot": False})),
    Refusal(
        "a container that can write to its image",
        POD,
        "can write to its image",
        container(securityContext={"readOnlyRootFilesystem": False}),
    ),
    Refusal("a container without limits", POD, "has no limits", container(resources={})),
    Refusal(
        "a container of whatever image is latest",
        POD,
        "has an unpinned image",
        container(image="registry.example/box:latest"),
    ),
    Refusal(
        "an ExternalSecret without a source", "External Secrets' schema", "[] should be non-empty", external_secret
    ),
    Refusal(
        "a value that the Airflow chart does not have",
        "keys of the chart",
        'did you mean "scheduler"?',
        lambda: "\n".join(unknown_keys({"schedler": {}})),
    ),
    Refusal("a job with a key that GitLab does not know", "GitLab's schema", "time_out", job_with_an_unknown_key),
    Refusal(
        "a setting of updates that is no number",
        "Renovate's schema",
        "is not of type 'integer'",
        lambda: judged("renovate", "renovate.json", '{"prConcurrentLimit": "many"}'),
    ),
)


def rows() -> Iterator[tuple[str, str, str]]:
    """What, by which check, and in which words or by which rule."""
    for refusal in TRIED_HERE:
        yield refusal.what, refusal.check, refusal.words
    for wrong in DECLARATIONS:
        yield wrong.name, ZONE, wrong.words
    for mistake in MISTAKES:
        yield mistake.rule, "terraform validate", mistake.words
    for case in CASES:
        yield case.what, "policies on plans", f"{case.rule}"


def page() -> str:
    found = list(rows())
    lines = [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in found]
    return "\n".join([HEAD.format(count=len(found)), *lines, ""])


HEAD = """# What is refused

{count} broken inputs, each refused by the check that should; tests try every one. Rules of policies are explained in
[Terraform](terraform.md#policies). Generated from `tests/delivery/refusals.py`.

| broken | refused by | in these words, or by this rule |
|---|---|---|"""
