"""The chart's values that zones decide: their names, and the secrets that the platform's declaration gives their pods.

`python helm/zones.py > helm/assay/values-zones.yaml`, with plugins on the PYTHONPATH, after a zone or pods.yml changed;
`--zones` names another folder of zones. A test fails while the file in git is not what this prints.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from assay.secrets import declared
from assay.zones import load_zones

ROOT = Path(__file__).resolve().parent.parent
HEAD = "# Made by `python helm/zones.py` from dags/zones and plugins/assay/secrets/pods.yml: change those.\n"


def values(zones: Path) -> str:
    """YAML that Helm reads, the same for every environment. Raises ConfigurationError for a zone that does not load."""
    names = [zone.zone for zone in load_zones(zones)]
    lines = [f"    - {{name: {secret.name}, key: {secret.key}}}" for secret in declared(names).values()]
    return "\n".join([f"{HEAD}zones: [{', '.join(names)}]", "secrets:", "  pods:", *lines, ""])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--zones", type=Path, default=ROOT / "dags" / "zones")
    sys.stdout.write(values(parser.parse_args().zones))


if __name__ == "__main__":
    main()
