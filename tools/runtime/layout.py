"""Where everything is: the checkout, and the one ignored folder that holds its state.

Standard library only: the bootstrap uses it before any environment exists.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Layout:
    """Paths of one checkout. `state` may be elsewhere (ASSAY_STATE), so that tests never touch a running platform."""

    root: Path
    state: Path

    @classmethod
    def here(cls) -> Layout:
        return cls(root=ROOT, state=Path(os.environ.get("ASSAY_STATE") or ROOT / ".assay").absolute())

    @property
    def envs(self) -> Path:
        """Environments belong to the checkout, not to a state folder: they are slow to build and safe to share."""
        return self.root / ".assay" / "envs"

    def python(self, env: str) -> Path:
        return self.envs / env / "bin" / "python"

    @property
    def logs(self) -> Path:
        return self.state / "logs"

    @property
    def run(self) -> Path:
        return self.state / "run"

    @property
    def tls(self) -> Path:
        return self.state / "tls"

    @property
    def ca_bundle(self) -> Path:
        return self.tls / "bundle.crt"

    @property
    def credentials(self) -> Path:
        return self.state / "credentials.json"

    @property
    def aws_policies(self) -> Path:
        return self.state / "aws-policies.json"

    @property
    def kubernetes_rights(self) -> Path:
        return self.state / "kubernetes-rights.json"

    @property
    def ports(self) -> Path:
        return self.state / "ports.json"

    @property
    def airflow_home(self) -> Path:
        return self.state / "airflow"

    def data(self, service: str) -> Path:
        return self.state / "data" / service
