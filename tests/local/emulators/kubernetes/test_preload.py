"""Warm containers: forks of a template must be what a freshly executed program is, for less."""

from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .conftest import Cluster, until

REPORTS = """
import json, os, random, signal, sys, time, threading, atexit, uuid
LOADED_AT = os.getpid()
def facts():
    out = {"argv": sys.argv[1:], "program": os.path.basename(sys.argv[0]), "env": dict(os.environ), "cwd": os.getcwd(),
           "pid": os.getpid(), "uid": os.getuid(), "stdin": sys.stdin.read(), "tz": time.tzname[0],
           "sigint": signal.getsignal(signal.SIGINT).__name__, "sigterm": int(signal.getsignal(signal.SIGTERM)),
           "sigchld": int(signal.getsignal(signal.SIGCHLD)), "mask": len(signal.pthread_sigmask(signal.SIG_BLOCK, ())),
           "threads": threading.active_count(), "files": sorted(os.listdir("/proc/self/fd")),
           "umask": os.umask(0o22), "main": __name__ in sys.modules, "path0": os.path.basename(sys.path[0]),
           "session": os.getsid(0) == os.getpid(), "encoding": sys.stdout.encoding}
    return out
def main():
    what = sys.argv[1] if len(sys.argv) > 1 else "facts"
    atexit.register(print, "at exit", flush=True)
    if what == "facts":
        print(json.dumps(facts()))
    elif what == "loaded":
        print(LOADED_AT)
    elif what == "random":
        print(random.random(), uuid.uuid4())
    elif what == "exit":
        sys.exit(int(sys.argv[2]))
    elif what == "word":
        sys.exit("a sentence")
    elif what == "raise":
        raise ValueError("the reason")
    elif what == "hold":
        data = bytearray(300 << 20)
        print(len(data))
    elif what == "unflushed":
        sys.stdout.write("no newline")
    return None
"""


@pytest.fixture
def reporter(cluster: Cluster, env_python: Callable[[str], Path]) -> Cluster:
    """A cluster with an image whose program `reports` is preloaded."""
    folder = cluster.folder / "images" / "program"
    folder.mkdir(parents=True)
    (folder / "reports.py").write_text(REPORTS)
    python = env_python("platform")
    program = folder / "reports"
    program.write_text(f"#!{python}\nimport sys\nfrom reports import main\nsys.exit(main())\n")
    program.chmod(0o755)
    describe(cluster, python, folder)
    return cluster


def describe(cluster: Cluster, python: Path, folder: Path, script: Path | None = None, **more: Any) -> None:
    preload = {"python": str(python), "modules": ["reports"], "commands": {"reports": "reports:main"}}
    preload |= {"script": str(script)} if script else {}
    env = {"PYTHONPATH": str(folder), "KEEPS": "{tmp}/kept", **more}
    cluster.image("assay/warm", path=[str(folder)], env=env, preload=preload)


def both(cluster: Cluster, *arguments: str, **container: Any) -> tuple[Any, Any]:
    """How the warm and the executed program ended: (exit code, log)."""
    ends = []
    for number, command in enumerate((["reports"], ["env", "reports"])):
        name = f"{'-'.join(arguments) or 'facts'}-{number}"
        ended = cluster.run(name, *command, *arguments, image="assay/warm", **container)
        ends.append((ended.exit_code, ended.reason, cluster.logs(name)))
    return ends[0], ends[1]


def test_a_warm_program_finds_everything_as_an_executed_one_does(reporter: Cluster) -> None:
    warm, executed = both(
        reporter, env=[{"name": "TZ", "value": "Asia/Tokyo"}, {"name": "X", "value": "y"}], workingDir="/var/tmp"
    )
    facts = [json.loads(log.splitlines()[0]) for _, _, log in (warm, executed)]
    for fact in facts:
        fact["env"].pop("HOSTNAME")
        fact["env"].pop("LC_CTYPE", None)  # what an interpreter sets for itself where there is no locale
        fact["env"].pop("_", None)
    assert facts[0] == facts[1]
    assert facts[0]["tz"] == "JST"
    assert facts[0]["env"]["KEEPS"] == "/tmp/kept"
    assert facts[0]["pid"] == 1
    assert warm[2].endswith("at exit\n")


@pytest.mark.parametrize(
    ("arguments", "code"), [(["exit", "0"], 0), (["exit", "5"], 5), (["word"], 1), (["raise"], 1), (["unflushed"], 0)]
)
def test_a_warm_program_ends_as_an_executed_one_does(reporter: Cluster, arguments: list[str], code: int) -> None:
    warm, executed = both(reporter, *arguments)
    assert warm[0] == executed[0] == code
    assert warm[2].splitlines()[-2:] == executed[2].splitlines()[-2:]
    assert ("ValueError: the reason" in warm[2]) == (arguments == ["raise"])


def test_warm_programs_are_forks_that_share_no_randomness(reporter: Cluster) -> None:
    loaded, drawn = set(), set()
    for number in range(3):
        reporter.run(f"loaded-{number}", "reports", "loaded", image="assay/warm")
        reporter.run(f"random-{number}", "reports", "random", image="assay/warm")
        loaded.add(reporter.logs(f"loaded-{number}").splitlines()[0])
        drawn.add(reporter.logs(f"random-{number}").splitlines()[0])
    assert len(loaded) == 1, "the module was loaded once"
    assert loaded != {"1"}
    assert len(drawn) == 3


def test_a_warm_program_is_limited_and_killed_as_any_other(reporter: Cluster) -> None:
    limited = reporter.run("hold", "reports", "hold", image="assay/warm", resources={"limits": {"memory": "100Mi"}})
    assert (limited.exit_code, limited.reason) == (137, "OOMKilled")


def test_what_an_interpreter_reads_when_it_starts_is_executed_instead(reporter: Cluster) -> None:
    env = [{"name": "PYTHONHASHSEED", "value": "0"}]
    reporter.run("fixed", "reports", "loaded", image="assay/warm", env=env)
    assert reporter.logs("fixed").splitlines()[0] == "1"


def test_a_template_that_died_is_replaced(reporter: Cluster) -> None:
    reporter.run("before", "reports", "loaded", image="assay/warm")
    template = int(reporter.logs("before").splitlines()[0])
    os.kill(template, signal.SIGKILL)
    until(lambda: not Path(f"/proc/{template}").exists(), "the template is gone")
    assert reporter.run("after", "reports", "loaded", image="assay/warm").exit_code == 0
    assert int(reporter.logs("after").splitlines()[0]) not in (1, template)


def test_a_template_is_replaced_when_its_image_changes(reporter: Cluster, env_python: Callable[[str], Path]) -> None:
    reporter.run("before", "reports", "loaded", image="assay/warm")
    describe(reporter, env_python("platform"), reporter.folder / "images" / "program", NEW="thing")
    reporter.run("after", "reports", "loaded", image="assay/warm")
    loaded = [reporter.logs(name).splitlines()[0] for name in ("before", "after")]
    assert loaded[0] != loaded[1]
    assert "1" not in loaded


def test_a_template_holds_no_secret_of_the_server_or_of_a_pod(reporter: Cluster) -> None:
    env = [{"name": "PW", "value": "value-of-a-pod"}]
    reporter.run("uses", "reports", "loaded", image="assay/warm", env=env)
    template = int(reporter.logs("uses").splitlines()[0])
    environment = Path(f"/proc/{template}/environ").read_bytes()
    assert b"SERVERS_OWN" not in environment
    assert b"ASSAY_CREDENTIALS" not in environment
    assert b"value-of-a-pod" not in _memory(template)


def _memory(pid: int) -> bytes:
    """Everything writable that a process holds."""
    found = []
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            if match := re.match(r"([0-9a-f]+)-([0-9a-f]+) rw", line):
                begin, end = int(match[1], 16), int(match[2], 16)
                memory.seek(begin)
                found.append(memory.read(end - begin))
    return b"".join(found)


def test_modules_that_start_threads_are_not_preloaded(cluster: Cluster, env_python: Callable[[str], Path]) -> None:
    folder = cluster.folder / "images" / "threads"
    folder.mkdir(parents=True)
    source = "import threading, time, os\nthreading.Thread(target=time.sleep, args=(30,), daemon=True).start()\n"
    (folder / "reports.py").write_text(source + "def main():\n    print(os.getpid())\n    os._exit(0)\n")
    program = folder / "reports"
    program.write_text(f"#!{env_python('platform')}\nimport sys\nfrom reports import main\nsys.exit(main())\n")
    program.chmod(0o755)
    describe(cluster, env_python("platform"), folder)
    assert (
        cluster.run(
            "threaded", "reports", image="assay/warm", env=[{"name": "PYTHONUNBUFFERED", "value": "1"}]
        ).exit_code
        == 0
    )
    assert cluster.logs("threaded") == "1\n"


def test_what_the_script_makes_is_there_in_every_fork(reporter: Cluster, env_python: Callable[[str], Path]) -> None:
    folder = reporter.folder / "images" / "program"
    script = folder / "warm.py"
    script.write_text("import os, reports\nreports.LOADED_AT = f'made by {os.getpid()}'\n")
    describe(reporter, env_python("platform"), folder, script=script)
    said = set()
    for name in ("one", "two"):
        reporter.run(name, "reports", "loaded", image="assay/warm")
        said.add(reporter.logs(name).splitlines()[0])
    assert len(said) == 1
    assert said.pop().startswith("made by ")


def test_dbt_finds_the_same_warm_and_for_less(
    make_cluster: Callable[..., Cluster], env_python: Callable[[str], Path], tmp_path: Path
) -> None:
    project = tmp_path / "images" / "project"
    (project / "models").mkdir(parents=True)
    (project / "dbt_project.yml").write_text("name: tiny\nversion: '1.0'\nprofile: tiny\n")
    target = {"type": "snowflake", "account": "a", "user": "u", "password": "p", "database": "d", "schema": "s"}
    profiles = {"tiny": {"target": "t", "outputs": {"t": {**target, "warehouse": "w", "threads": 1}}}}
    (project / "profiles.yml").write_text(json.dumps(profiles))
    for number in range(3):
        (project / "models" / f"model_{number}.sql").write_text(f"select {number} as number")
    python = env_python("dbt")
    preload = {"modules": ["dbt.cli.main", "dbt.adapters.snowflake"], "commands": {"dbt": "dbt.cli.main:cli"}}
    env = {"DBT_PROJECT_DIR": str(project), "DBT_PROFILES_DIR": str(project), "DBT_TARGET_PATH": "{tmp}/target"}
    env |= {"DBT_LOG_PATH": "{tmp}/logs", "DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "DBT_LOG_FORMAT": "json"}
    cluster = make_cluster()
    cluster.image("assay/dbt", path=[str(python.parent)], env=env, preload={"python": str(python), **preload})
    cluster.start()
    cluster.run("first", "dbt", "--version", image="assay/dbt")  # waits until the template is warm
    used, said = {}, {}
    for way, command in (("warm", ["dbt"]), ("executed", ["env", "dbt"])):
        ended = cluster.run(way, *command, "ls", image="assay/dbt")
        assert ended.exit_code == 0, cluster.logs(way)
        lines = [json.loads(line) for line in cluster.logs(way).splitlines() if line.startswith("{")]
        said[way] = (
            [line["info"]["name"] for line in lines],
            sorted(line["info"]["msg"] for line in lines if line["info"]["msg"].startswith("tiny.")),
        )
        used[way] = json.loads((cluster.directory(way) / "exit.json").read_text())["cpuSeconds"]
    assert said["warm"] == said["executed"]
    assert said["warm"][1] == ["tiny.model_0", "tiny.model_1", "tiny.model_2"]
    assert used["warm"] < used["executed"] - 0.5, used
    print(f"dbt ls: {used['warm']:.2f} CPU s warm, {used['executed']:.2f} executed")
