"""Builds the images of `images/*/Dockerfile` with the builder that is there: docker, podman or buildah.

The same command in CI, for a release and for the pods of this machine. The Dockerfiles name no machine: what reaches
the package index through a mirror, a proxy or an authority of its own hands pip's settings in as build secrets, which
leave no trace in an image.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from assay.deploy import base_image
from assay.errors import AssayError

ROOT = Path(__file__).resolve().parents[3]

NAMES = ("airflow", "dbt", "loader")
REPOSITORY = "assay"
STAND_IN = "stand-in"
BUILDERS = ("docker", "podman", "buildah")
OF_A_CONNECTION = ("ACCOUNT", "HOST", "PORT", "USER", "ROLE", "WAREHOUSE", "DATABASE")
PARSED = ("ASSAY_ENV", *(f"SNOWFLAKE_{name}" for name in OF_A_CONNECTION))
AUTHORITIES = "/run/secrets/ca.crt"
OF_THE_INDEX = ("index-url", "extra-index-url", "trusted-host", "timeout")


class ImagesError(AssayError):
    """Why images were not built or pushed, as a sentence."""


@dataclass(frozen=True)
class Order:
    """What to build. `zones` maps each zone to its pods' environment, without secrets (see images/dbt/bake.py)."""

    tag: str = "local"
    registry: str | None = None
    base: str | None = None
    environment: str = "local"
    zones: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def reference(self, name: str) -> str:
        return "/".join(filter(None, [self.registry, REPOSITORY, f"{name}:{self.tag}"]))

    def arguments(self, name: str, base: str | None) -> dict[str, str]:
        found = {"VERSION": self.tag, "COMMIT": commit()}
        if base:
            found["PYTHON_IMAGE"] = base
        if name == "dbt":
            found |= {"ASSAY_ENV": self.environment, "ZONES": json.dumps(self.zones, sort_keys=True)}
        return found


def builder(wanted: str | None = None) -> str:
    """The program that builds: the one that is asked for, or the first that is there. Raises ImagesError."""
    for program in [wanted] if wanted else BUILDERS:
        if shutil.which(program):
            return program
    if wanted:
        raise ImagesError(f"{wanted} is not installed here.")
    raise ImagesError(
        "No image can be built here: docker, podman and buildah are all missing. "
        "Install one of them (Debian: `apt-get install buildah runc`)."
    )


def build(
    names: Sequence[str],
    order: Order,
    say: Callable[[str], None],
    pip_settings: Mapping[str, str],
    program: str | None = None,
    push: bool = False,
) -> list[str]:
    """Build the named images (all when none is named), push them where asked, and return their references."""
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        raise ImagesError(f"There is no image “{unknown[0]}”: there are {', '.join(NAMES)}.")
    if push and not order.registry:
        raise ImagesError("Nothing says where to push: name a --registry.")
    program = builder(program)
    if order.base == STAND_IN and program == "docker":
        program = builder("buildah")  # docker keeps images of its own, where the stand-in is not
    base = base_image.ensure(say) if order.base == STAND_IN else order.base
    references = []
    with build_secrets(pip_settings) as secrets:
        for name in names or NAMES:
            began = time.monotonic()
            reference = order.reference(name)
            say(f"{reference}: building with {program}")
            _run(command(program, name, reference, order.arguments(name, base), secrets), reference)
            if push:
                say(f"{reference}: pushing")
                _run([program, "push", reference], reference)
            say(f"{reference}: ready after {time.monotonic() - began:.0f} s")
            references.append(reference)
    return references


def build_for_pods(
    environment: str,
    connections: Mapping[str, Mapping[str, str]],
    say: Callable[[str], None],
    pip_settings: Mapping[str, str],
) -> list[str]:
    """The images that this machine's own pods are started from, where podman finds them."""
    zones = {zone: {"ASSAY_ENV": environment, **variables} for zone, variables in connections.items()}
    order = Order(base=os.environ.get("ASSAY_BASE_IMAGE"), environment=environment, zones=zones)
    return build(("dbt", "loader"), order, say, pip_settings, builder("podman"))


def read_zones(path: Path, environment: str) -> dict[str, dict[str, str]]:
    """A file of zones and their pods' environments. Raises ImagesError where it holds anything else."""
    try:
        found = json.loads(path.read_text())
        zones = {zone: {"ASSAY_ENV": environment, **dict(variables)} for zone, variables in found.items()}
    except (OSError, ValueError, TypeError, AttributeError) as problem:
        raise ImagesError(f"{path} does not map zones to environments: {problem}") from problem
    for zone, variables in zones.items():
        for name in variables:
            if name not in PARSED:
                raise ImagesError(f"{path}: {zone}.{name} has no place in an image: only {', '.join(PARSED)} have.")
    return zones


def command(
    program: str, name: str, reference: str, arguments: Mapping[str, str], secrets: Mapping[str, Path]
) -> list[str]:
    """The command line that builds one image, with the checkout as its context."""
    words = [program, "build", "--file", str(ROOT / "images" / name / "Dockerfile"), "--tag", reference]
    if program != "docker":
        # The OCI format knows no HEALTHCHECK, layers are kept only when asked for, and a proxy may be on this machine.
        words += ["--layers", "--format", "docker", "--network", "host"]
        if shutil.which("runc"):  # Debian's crun rejects machines with both versions of control groups
            position = 1 if program == "podman" else 2  # an option of podman's own, and of buildah's `build`
            words[position:position] = ["--runtime", "runc"]
    for key, value in arguments.items():
        words += ["--build-arg", f"{key}={value}"]
    # Old buildah (1.28) takes a cached LABEL or ENV for the same when only the argument in it has changed. It does
    # compare labels on the command line, and builds the last stage again.
    for label, value in (("version", arguments["VERSION"]), ("revision", arguments["COMMIT"])):
        words += ["--label", f"org.opencontainers.image.{label}={value}"]
    if "ASSAY_ENV" in arguments:
        words += ["--label", f"assay.environment={arguments['ASSAY_ENV']}"]
    for key, path in secrets.items():
        words += ["--secret", f"id={key},src={path}"]
    return [*words, str(ROOT)]


@contextmanager
def build_secrets(settings: Mapping[str, str]) -> Iterator[dict[str, Path]]:
    """Give pip's settings as files for a build: how the index is reached, and which authorities to trust."""
    with tempfile.TemporaryDirectory(prefix="assay-build-") as folder:
        found: dict[str, Path] = {}
        lines = [f"{key} = {value}" for key in OF_THE_INDEX if (value := _remote(settings.get(key, "")))]
        authorities = settings.get("cert") or os.environ.get("SSL_CERT_FILE")
        if authorities and Path(authorities).is_file():
            found["ca.crt"] = Path(authorities)
            lines.append(f"cert = {AUTHORITIES}")
        if lines:
            path = Path(folder) / "pip.conf"
            path.touch(mode=0o600)
            path.write_text("\n".join(["[global]", *lines, ""]))
            found["pip.conf"] = path
        yield found


def _remote(value: str) -> str:
    """Without addresses of folders, which a build does not see."""
    return " ".join(word for word in value.split() if not word.startswith(("file:", "/")))


def commit() -> str:
    """The commit that is built, marked where the checkout differs from it."""
    done = subprocess.run(
        ["git", "describe", "--always", "--abbrev=40", "--exclude=*", "--dirty"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.stdout.strip() or "unknown"


def _run(words: Sequence[str], reference: str) -> None:
    """Runs a builder; its last words become the sentence when it fails."""
    environment = {**os.environ, "DOCKER_BUILDKIT": "1"}
    done = subprocess.run(
        words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, env=environment
    )
    if done.returncode:
        said = "\n".join(done.stdout.strip().splitlines()[-15:])
        raise ImagesError(f"{reference} was not built; {words[0]} ended with {done.returncode}:\n{said}")
