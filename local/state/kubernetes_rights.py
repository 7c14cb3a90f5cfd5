"""What Airflow may do in the embedded Kubernetes: the rules of the chart's role `pod-launcher`, from the chart's file.

A right that is missing there is missing here. Commands that provision this machine ask as the administrator.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

from assay import strict_yaml
from local.state.aws_rights import AIRFLOW

RULES = Path("helm/assay/files/pod-launcher.yaml.tpl")
_SECRETS = re.compile(r"\{\{ range \.Values\.secrets\.pods \}\}\{\{ \.name \}\}, \{\{ end \}\}")


def rights(root: Path, secrets: Collection[str]) -> dict[str, list[dict[str, Any]]]:
    """Return the rules of each identity but the administrator. `secrets` are the names of what pods may get.

    Raises ValueError where the file has a template that is not understood here.
    """
    text = _SECRETS.sub(", ".join(sorted(secrets)), (root / RULES).read_text())
    if "{{" in text:
        raise ValueError(
            f"{RULES} has a template that the embedded Kubernetes does not fill in; write it like the other"
        )
    document = strict_yaml.parse(text, str(RULES))
    document.check()
    return {AIRFLOW: document.content}
