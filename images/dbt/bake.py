"""Parse the dbt project once per zone while the image is built: a pod pays for its model and not for the project.

    python bake.py --project /opt/assay/dbt --profiles /opt/assay/profiles --zones zones.json

`zones.json` maps each zone to the environment its pods will have, without secrets: ASSAY_ENV and SNOWFLAKE_{ACCOUNT,
HOST, PORT, USER, ROLE, WAREHOUSE, DATABASE}. dbt throws a partial parse away when any of these, the profile's or the
target's name differ at run time (dbt/parser/manifest.py, build_manifest_state_check); hence one parse per zone, and
DBT_PROFILE and DBT_TARGET set here as they are in the pods. Threads, and who runs what (ASSAY_RUN_ID, …), may differ.

Leaves <project>/target/<zone>/{manifest.json,partial_parse.msgpack}.

Runs with dbt's own Python, inside the image or the environment `dbt`; imports nothing of this repository.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from dbt.cli.main import dbtRunner

KEPT = ("manifest.json", "partial_parse.msgpack")
CONSTANT = {
    "DBT_PROFILE": "assay",
    "DBT_TARGET": "zone",
    "DBT_LOG_LEVEL_FILE": "none",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    # The manifest is what this is for, though pods write none.
    "DBT_WRITE_JSON": "true",
    # The profile asks for a key; parsing opens no connection, and keys are no part of the fingerprint.
    "DBT_ENV_SECRET_SNOWFLAKE_PRIVATE_KEY": "not needed to parse",
}


def bake_zone(project: Path, profiles: Path, zone: str, connection: dict[str, str]) -> None:
    """Parse the project as one zone's pods will see it. Raises SystemExit with dbt's reason when it does not parse."""
    target = project / "target" / zone
    os.environ.update(CONSTANT | connection)
    folders = {"--project-dir": project, "--profiles-dir": profiles, "--target-path": target, "--log-path": target}
    options = [word for option, folder in folders.items() for word in (option, str(folder))]
    outcome = dbtRunner().invoke(["--quiet", "--no-partial-parse", "parse", *options])
    if not outcome.success:
        raise SystemExit(f"dbt could not parse the project for the zone {zone}: {outcome.exception}")
    for file in target.iterdir():
        if file.name not in KEPT:
            file.unlink()


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    arguments.add_argument("--project", type=Path, required=True, help="the dbt project; gets the parses")
    arguments.add_argument("--profiles", type=Path, required=True, help="folder of profiles.yml")
    arguments.add_argument("--zones", type=Path, required=True, help="JSON: zone -> environment of its pods")
    given = arguments.parse_args()
    for zone, connection in json.loads(given.zones.read_text()).items():
        bake_zone(given.project.resolve(), given.profiles.resolve(), zone, connection)
        print(f"baked {zone}", file=sys.stderr)


if __name__ == "__main__":
    main()
