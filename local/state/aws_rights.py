"""Identities of the embedded AWS, with the policies that Terraform gives in production.

The policies are Terraform's own files, filled in with the names of this machine: a right that is missing there is
missing here. Commands that provision this machine ask as the account's root user (`administrator`), which needs no
policy.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from local.emulators.aws.reading import ACCOUNT, REGION

ADMINISTRATOR, AIRFLOW, EXTERNAL_SECRETS, SNOWFLAKE = "administrator", "airflow", "external-secrets", "snowflake"


def pods(zone: str) -> str:
    """Return the identity of a zone's pods, which is the name of their service account in production."""
    return f"pods-{zone}".replace("_", "-")


def principals(zones: Sequence[str]) -> list[str]:
    """Return the names of all identities."""
    return [ADMINISTRATOR, AIRFLOW, EXTERNAL_SECRETS, SNOWFLAKE, *(pods(zone) for zone in zones)]


def policies(root: Path, zones: Sequence[str], name: str = "assay-local") -> dict[str, Any]:
    """Return the policy document of each identity but the root user. `name` begins the names of buckets and queues."""
    names = {
        "name": name,
        "keys": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/*",
        "secrets": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret",
        "queues": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}",
        "landing": f"arn:aws:s3:::{name}-landing",
        "logs": f"arn:aws:s3:::{name}-logs",
    }
    names["removable"] = json.dumps([f"{names['landing']}/{zone}/loads/*" for zone in zones])

    def filled(module: str, policy: str, **more: str) -> Any:
        path = root / "terraform" / "modules" / module / "policies" / f"{policy}.json.tftpl"
        return json.loads(re.sub(r"\$\{(\w+)\}", lambda match: (names | more)[match[1]], path.read_text()))

    return {
        AIRFLOW: filled("assay", "airflow"),
        EXTERNAL_SECRETS: filled("assay", "external_secrets"),
        SNOWFLAKE: filled("landing", "snowflake"),
        **{pods(zone): filled("assay", "zone_pods", zone=zone) for zone in zones},
    }
