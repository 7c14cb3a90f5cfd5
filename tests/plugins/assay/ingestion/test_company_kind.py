"""A kind of source in a folder outside of the platform, with no other file touched: from zone.yml to a load."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.documents import ROOT, sections
from tests.plugins.assay.embedded import Embedded, ZoneOnTrial
from tests.plugins.assay.transform.manifests import Project
from tests.plugins.assay.weather_files import file, path, rows

pytestmark = pytest.mark.core

FILE = re.compile(r"`plugins/(assay_extensions/\S+)`\n\n```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
RUN = """
import json, sys
from pathlib import Path
from types import SimpleNamespace

from assay import settings as environments
from assay.checks import wrong_with_zone
from assay.pipeline import pipeline
from assay.zones import load_zone

dags, environment, *runs = sys.argv[1:]
folder = Path(dags) / "zones" / "weather"
said = {"wrong": wrong_with_zone(folder)}
imported = "assay_extensions.ingestion.snapshots.operator" in sys.modules
if not said["wrong"]:
    dag = pipeline(f"{dags}/weather.py")
    task = dag.get_task("ingest.weather_files")
    said |= {"operator": type(task).__name__, "after": sorted(task.downstream_task_ids), "imported": imported}
    settings = environments.load(Path(dags), "local").model_copy(update={"environment": environment})
    from assay.ingestion import ingest
    zone = load_zone(folder)
    task = ingest(zone, zone.sources[0], settings)
    said["landed"] = []
    for run in runs:
        ti = SimpleNamespace(dag_id="weather", run_id=run, task_id="x", try_number=1, get_dr_count=lambda **_: 0)
        params = {"backfill_from": None, "backfill_to": None}
        task._pre_execute_hook({"run_id": run, "ti": ti, "params": params})
        said["landed"].append(task.execute({"run_id": run, "ti": ti, "params": params}))
print(json.dumps(said))
"""


@dataclass
class Company:
    """DAG files, and a folder on Python's path that is no part of the platform."""

    dags: Path
    folder: Path
    connection: str

    def run(self, environment: str, *runs: str) -> dict[str, Any]:
        """What the platform says of the zone, and what the source's task lands in these runs."""
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", RUN, str(self.dags), environment, *runs],
            env=os.environ
            | {
                "ASSAY_ENV": "local", "PYTHONPATH": os.pathsep.join(map(str, (ROOT / "plugins", self.folder))),
                "AIRFLOW_HOME": str(self.dags.parent), "AIRFLOW_CONN_SNOWFLAKE_WEATHER_LOADER": self.connection,
            },
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-3000:]
        said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return said


def write_kind(folder: Path) -> None:
    """Write the kind that the documentation makes."""
    files = FILE.findall(sections(ROOT / "docs" / "zones.md")["Add a kind of source"])
    assert [Path(name).name for name, _ in files] == ["source.py", "operator.py"]
    for name, text in files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def write_zone(folder: Path, source: str) -> None:
    """Write the weather zone with this as its only source."""
    document = yaml.safe_load((ROOT / "dags" / "zones" / "weather" / "zone.yml").read_text())
    document["sources"] = [yaml.safe_load(source)]
    (folder / "zone.yml").write_text(yaml.safe_dump(document, sort_keys=False))


@pytest.fixture
def company(tmp_path: Path, weather: ZoneOnTrial, embedded: Embedded) -> Company:
    dags = tmp_path / "dags"
    shutil.copytree(ROOT / "dags", dags, ignore=shutil.ignore_patterns("manifest.json", "__pycache__"))
    project = Project()
    project.test("smoke", [project.model("any", "weather/gold")], "weather", tags=["smoke"])
    (dags / "manifest.json").write_text(json.dumps(project.manifest))
    write_kind(tmp_path / "company")
    return Company(dags, tmp_path / "company", json.dumps(embedded.airflow_connection(weather.names)))


def test_a_kind_of_the_documentation_is_a_folder_and_lands_a_load(company: Company, weather: ZoneOnTrial) -> None:
    write_zone(
        company.dags / "zones" / "weather", "{name: weather_files, kind: snapshots, folder: incoming/, table: weather}"
    )
    weather.drop(path(1), file(rows(1)))
    weather.drop(path(2), file(rows(2)))
    said = company.run(weather.names.environment, "run-1", "run-2")
    assert said["wrong"] == []
    assert said["operator"] == "SnapshotsToLandingOperator"
    assert said["after"] == ["approve.weather"]
    assert not said["imported"], "a model is read without the operator: checks stay quick"
    assert [(each["rows"], each["files"]) for each in said["landed"]] == [(12, 2), (12, 2)]
    ledger = weather.rows("select count(*) as loads from {ledger}.loads where status = 'landed'")
    assert ledger[0]["loads"] == 2


REFUSED = {
    "kind: snapshots, folder: incoming/, prefix: x/": "sources[0].prefix is not a key that is known here",
    "kind: snapshots": "sources[0].folder is missing; add it",
    "kind: snapshots, folder: Incoming": 'sources[0].folder is "Incoming", which does not match',
    "kind: snapshots, folder: loads/": 'sources[0].folder "loads/" and loads/, where SQL jobs',
    "kind: snapshot, folder: incoming/": "it must be one of 'airbyte', 'container', 'files', 'sql_job', ",
}


def test_what_the_kind_does_not_say_is_refused(tmp_path: Path) -> None:
    write_kind(tmp_path / "company")
    zone = tmp_path / "weather"
    shutil.copytree(ROOT / "dags" / "zones" / "weather", zone)
    texts = []
    for source in REFUSED:
        write_zone(zone, f"{{name: weather_files, table: weather, {source}}}")
        texts.append((zone / "zone.yml").read_text())
    script = """
import json, sys
from pathlib import Path
from assay.errors import ConfigurationError
from assay.zones import load_zone
for text in json.load(sys.stdin):
    Path(sys.argv[1], "zone.yml").write_text(text)
    try:
        load_zone(Path(sys.argv[1]))
        print("accepted")
    except ConfigurationError as error:
        print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(zone)], input=json.dumps(texts), capture_output=True, text=True, check=False,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, (ROOT / "plugins", tmp_path / "company")))},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    for line, sentence in zip(done.stdout.splitlines(), REFUSED.values(), strict=True):
        assert line.startswith("zones/weather/zone.yml:")
        assert sentence in line
