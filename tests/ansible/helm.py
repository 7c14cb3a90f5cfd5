"""What stands for the program `helm` where there is no cluster: as much of it as kubernetes.core.helm calls.

Releases are kept in the file that HELM_RELEASES names, with what installs them: chart, version, values, namespace,
context. A chart that is a folder is really rendered (by Helm's own library, in the environment `helm`), so values that
it refuses are refused. A chart from a repository cannot be had, and is taken as it is named.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import helm_python
import yaml

TAKES_A_VALUE = ("--filter", "--timeout", "-f")
FILE = Path(os.environ["HELM_RELEASES"])


def main(arguments: list[str]) -> str:
    words, options = parsed(arguments)
    releases: dict[str, Any] = json.loads(FILE.read_text()) if FILE.exists() else {}
    match words:
        case ["version"]:
            return 'version.BuildInfo{Version:"v3.19.0", GitCommit:"none", GitTreeState:"clean", GoVersion:"none"}'
        case ["plugin", "list"]:
            return "NAME\tVERSION\tDESCRIPTION\n" + os.environ.get("HELM_PLUGINS_THERE", "diff\t3.13.0\tof releases\n")
        case ["list"]:
            kept = ("name", "namespace", "chart", "status", "revision", "app_version", "updated")
            return yaml.safe_dump([{key: each[key] for key in kept} for each in releases.values()])
        case ["get", "values", name]:
            return yaml.safe_dump(releases[name]["values"])
        case ["show", "chart", chart]:
            return yaml.safe_dump(described(chart, options))
        case ["diff", "upgrade", name, chart]:
            return "" if release(name, chart, options)["made"] == releases.get(name, {}).get("made") else "it differs"
        case ["upgrade", name, chart]:
            releases[name] = release(name, chart, options)
        case ["uninstall", name]:
            del releases[name]
        case _:
            raise SystemExit(f"this is not a command that was foreseen: {arguments}")
    FILE.write_text(json.dumps(releases))
    return ""


def parsed(arguments: list[str]) -> tuple[list[str], dict[str, list[str]]]:
    words: list[str] = []
    options: dict[str, list[str]] = {}
    rest = iter(arguments)
    for word in rest:
        if not word.startswith("-"):
            words.append(word)
            continue
        name, _, value = word.partition("=")
        options.setdefault(name, []).append(value or (next(rest) if name in TAKES_A_VALUE else ""))
    return words, options


def described(chart: str, options: dict[str, list[str]]) -> dict[str, Any]:
    if Path(chart).is_dir():
        found: dict[str, Any] = yaml.safe_load((Path(chart) / "Chart.yaml").read_text())
        return found
    return {"name": chart, "version": options["--version"][0], "repository": options["--repo"][0]}


def release(name: str, chart: str, options: dict[str, list[str]]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for path in [*options.get("--values", []), *options.get("-f", [])]:
        values = merged(values, yaml.safe_load(Path(path).read_text()))
    about = described(chart, options)
    namespace = os.environ["HELM_NAMESPACE"]
    made: Any = {"chart": about, "values": values}
    if Path(chart).is_dir():
        with helm_python.Chart.load(chart) as loaded:
            made = loaded.render(values, name=name, namespace=namespace)
    return {
        "name": name, "namespace": namespace, "context": os.environ["HELM_KUBECONTEXT"], "status": "deployed",
        "chart": f"{about['name']}-{about['version']}", "revision": "1", "app_version": "1", "updated": "now",
        "values": values, "made": made, "repository": about.get("repository"), "options": sorted(options),
    }  # fmt: skip


def merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    return below | {
        key: merged(below[key], value) if isinstance(value, dict) and isinstance(below.get(key), dict) else value
        for key, value in above.items()
    }


if __name__ == "__main__":
    sys.stdout.write(main(sys.argv[1:]))
