"""Reads pods.yml: which secrets there are for pods, and which zones may ask for them."""

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from assay import strict_yaml
from assay.declared import validated_list
from assay.errors import ConfigurationError
from assay.secrets.names import pod_key

FILE = Path(__file__).with_name("pods.yml")
ZONE = "{zone}"

EnvName = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")]


class Declaration(BaseModel):
    """One entry of pods.yml. A name with `{zone}` in it stands for a secret per zone."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z0-9]([a-z0-9{}\-]*[a-z0-9}])?$")
    holds: str
    env: tuple[EnvName, ...] = Field(min_length=1)
    public: tuple[EnvName, ...] = ()
    zones: tuple[str, ...] = ()


class PodSecret(BaseModel):
    """One secret of an environment: its name in Kubernetes, its key in Secrets Manager, what it puts into a pod's
    environment, which of it a log may show, and the zones whose pods may have it."""

    model_config = ConfigDict(frozen=True)

    name: str
    key: str
    env: tuple[str, ...]
    public: tuple[str, ...]
    zones: tuple[str, ...]


def declared(zones: Iterable[str]) -> dict[str, PodSecret]:
    """Every secret that pods of these zones may get, by its name in Kubernetes."""
    known = tuple(sorted(zones))
    found = {}
    for declaration in declarations():
        owners: Sequence[tuple[str, tuple[str, ...]]]
        if ZONE in declaration.name:
            owners = [(declaration.name.replace(ZONE, zone.replace("_", "-")), (zone,)) for zone in known]
        else:
            owners = [(declaration.name, tuple(zone for zone in known if zone in declaration.zones))]
        for name, allowed in owners:
            found[name] = PodSecret(
                name=name, key=pod_key(name), env=declaration.env, public=declaration.public, zones=allowed
            )
    return found


@cache
def declarations() -> tuple[Declaration, ...]:
    return read(FILE.read_bytes())


def read(text: str | bytes) -> tuple[Declaration, ...]:
    """The declarations in a file of this kind. Raises ConfigurationError with one line for each thing that is wrong."""
    document = strict_yaml.parse(text, f"secrets/{FILE.name}")
    document.check()
    document.check_no_nulls()
    found = validated_list(Declaration, document)
    wrong, names = [], [declaration.name for declaration in found]
    for index, declaration in enumerate(found):
        if (ZONE in declaration.name) == bool(declaration.zones):
            wrong.append(document.about([index, "name"], f'"{declaration.name}" needs either {ZONE} in it or `zones`'))
        for at, name in enumerate(declaration.public):
            if name not in declaration.env:
                wrong.append(document.about([index, "public", at], f'"{name}" is not among `env`; add it there'))
        if declaration.name in names[:index]:
            wrong.append(document.about([index, "name"], f'"{declaration.name}" is declared twice; keep one'))
    if wrong:
        raise ConfigurationError("\n".join(wrong))
    return tuple(found)
