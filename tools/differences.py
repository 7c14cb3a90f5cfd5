"""What dev and prod differ in: values, file by file, without those that only carry the environment's name."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from assay import strict_yaml

STACK = "terraform/environments/{}/main.tf"
YAML = ("dags/config/{}/*.yml", "helm/airflow/values-{}.yaml", "helm/assay/values-{}.yaml")
NAMES = {"dev": "prod", "DEV": "PROD", "111111111111": "222222222222"}
"""What stands for an environment in names, addresses and accounts."""
NOTHING = "-"

Row = tuple[str, str, str, str]


def differences(root: Path) -> list[Row]:
    """File (with `*` for the environment), key, and its value in dev and in prod.

    Raises ValueError where the two files of a stack have not the same lines: then they differ by more than values.
    """
    rows = [(STACK.format("*"), *row) for row in _of_stacks(root)]
    for pattern in YAML:
        for path in sorted(root.glob(pattern.format("dev"))):
            other = Path(str(path).replace("/dev/", "/prod/").replace("-dev.", "-prod."))
            shown = path.relative_to(root).as_posix().replace("/dev/", "/*/").replace("-dev.", "-*.")
            dev, prod = (dict(_leaves(_content(each, root))) for each in (path, other))
            keys = sorted(dev.keys() | prod.keys())
            rows += [(shown, key, dev.get(key, NOTHING), prod.get(key, NOTHING)) for key in keys]
    return [row for row in rows if row[2] != row[3] and not _only_a_name(row[2], row[3])]


def _content(path: Path, root: Path) -> Any:
    return strict_yaml.load(path, path.relative_to(root).as_posix()).content or {}


def _of_stacks(root: Path) -> Iterator[tuple[str, str, str]]:
    """Every assignment of the stack, with the blocks it is in: `database.instance_class`."""
    dev, prod = ((root / STACK.format(name)).read_text().splitlines() for name in ("dev", "prod"))
    if len(dev) != len(prod):
        raise ValueError(f"dev and prod differ by more than values: {len(dev)} lines of main.tf beside {len(prod)}")
    inside: list[str] = []
    for one, other in zip(dev, prod, strict=True):
        code, _, _ = one.partition(" #")
        if code.strip() in ("}", ")", "]"):
            inside.pop()
        elif code.rstrip().endswith(("{", "[", "(")):
            inside.append(re.split(r"[ =\"{]+", code.strip())[0])
        elif match := re.match(r"\s*(\w+) += (.+)", one):
            key = ".".join([*inside[1:], match[1]])
            yield from _parts(key, match[2], other.partition(" = ")[2].strip())


def _parts(key: str, dev: str, prod: str) -> Iterator[tuple[str, str, str]]:
    """An object on one line is taken apart, so that only what differs in it is shown."""
    inner = [dict(re.findall(r"(\w+) = (\[[^\]]*\]|[^,}]+?)(?=,| })", text)) for text in (dev, prod)]
    if dev.startswith("{") and inner[0].keys() == inner[1].keys():
        for name, value in inner[0].items():
            yield f"{key}.{name}", value.strip('"'), inner[1][name].strip('"')
    else:
        yield key, dev.strip('"'), prod.strip('"')


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _leaves(inner, f"{path}.{key}" if path else str(key))
    else:
        yield path, str(value).replace("'", "") if isinstance(value, str | list) else json.dumps(value)


def _only_a_name(dev: str, prod: str) -> bool:
    for one, other in NAMES.items():
        dev = dev.replace(one, other)
    return dev == prod
