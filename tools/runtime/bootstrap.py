"""Makes the environments a command needs, then becomes that command. Standard library only.

One environment per program, because their pins clash; each is installed from its lock file, hash by hash, into a folder
that carries the lock's fingerprint. A finished folder is put in place by turning one symbolic link, so a kill at any
moment leaves either the old environment or the new one.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.runtime.layout import Layout

RECIPE = "1"
"""Raise it when the way an environment is built changes, and every environment is built again."""

HEARTBEAT_SECONDS = 15

PYTHONS = ((3, 11), (3, 12), (3, 13))
"""The Pythons that every lock has wheels for (tests/tools/test_locks.py). Any of them may start `./assay`; the
environments are made with the one that did."""


@dataclass(frozen=True)
class Env:
    """One environment: what it is for and which lock it is made from.

    `compiled` ones get their bytecode at once, because what runs in them cannot write it (pods) or starts very often.
    """

    name: str
    lock: str
    purpose: str
    compiled: bool = False


ENVS = {
    env.name: env
    for env in (
        Env("platform", "tools/requirements/platform.lock", "the supervisor, the CLI and the small servers"),
        Env("warehouse", "tools/requirements/warehouse.lock", "the embedded Snowflake"),
        Env("airflow", "images/airflow/requirements.lock", "Airflow and its providers"),
        Env("dbt", "images/dbt/requirements.lock", "dbt pods", compiled=True),
        Env("loader", "images/loader/requirements.lock", "loader pods", compiled=True),
        Env("connectors", "tools/requirements/connectors.lock", "Airbyte connectors", compiled=True),
        Env("tests", "tests/requirements.lock", "tests"),
        Env("lint", "tools/requirements/lint.lock", "linters"),
        Env("helm", "tests/helm/requirements.lock", "Helm, and schemas of manifests and pipelines, for tests"),
        Env("datacontract", "tests/plugins/assay/contracts/requirements.lock", "datacontract-cli, for tests"),
        Env("delivery", "tools/requirements/delivery.lock", "plans of the infrastructure, and policies on them"),
        Env("ansible", "tools/requirements/ansible.lock", "plays, and the linter of plays"),
    )
}

RUNTIME = ("platform", "warehouse", "airflow", "dbt", "loader", "connectors")
NEEDS: Mapping[str, Sequence[str]] = {
    "up": RUNTIME,
    "demo": RUNTIME,
    "bench": RUNTIME,
    "test": (*RUNTIME, "tests", "lint", "helm", "datacontract", "delivery", "ansible"),
    "deploy-check": (*RUNTIME, "tests", "lint", "helm", "delivery", "ansible"),
    "play": ("platform", "ansible"),
    "dbt": ("platform", "dbt"),
    "review": ("platform", "dbt"),
    "generate": ("platform", "tests"),
    "lint": ("platform", "warehouse", "tests", "lint", "ansible"),
    "setup": (*RUNTIME, "tests", "helm", "datacontract", "lint", "delivery", "ansible"),
}
"""Which environments a command needs. Every other command needs the platform's only."""

BUILD_LOCK = "tools/requirements/build.lock"
UV_LOCK = "tools/requirements/uv.lock"


class BootstrapError(Exception):
    """Why the environments could not be made, as one sentence for a person."""


def main(arguments: list[str]) -> int:
    """Called by the launcher with the command line: never returns once the environments are there."""
    layout = Layout.here()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends the installer too; the command sets its own
    command = next((word for word in arguments if not word.startswith("-")), "")
    try:
        ensure(layout, NEEDS.get(command, ("platform",)))
    except BootstrapError as problem:
        print(f"assay: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("assay: interrupted; run it again and it goes on where it stopped.", file=sys.stderr)
        return 130
    python = layout.python("platform")
    environment = {**os.environ, "PYTHONPATH": python_path(layout), "ASSAY_CALLER": str(Path.cwd())}
    os.execve(python, [str(python), "-m", "tools.command", *arguments], environment)


def python_path(layout: Layout) -> str:
    return os.pathsep.join([str(layout.root), str(layout.root / "plugins")])


def ensure(layout: Layout, names: Sequence[str]) -> None:
    """Builds those of the named environments that are missing or whose lock has changed."""
    if all(is_current(layout, name) for name in names):
        return
    with one_at_a_time(layout.envs):
        missing = [name for name in names if not is_current(layout, name)]
        if not missing:
            return
        check_python(sys.version_info[:2])
        say(f"preparing {len(missing)} of {len(names)} environments in {relative(layout, layout.envs)}")
        installer = ensure_uv(layout)
        for position, name in enumerate(missing, 1):
            build(layout, ENVS[name], installer, f"{position}/{len(missing)}")


def is_current(layout: Layout, name: str) -> bool:
    marker = layout.envs / name / "assay-env.json"
    try:
        known = json.loads(marker.read_text())["fingerprint"]
        return bool(known == fingerprint(layout, ENVS[name].lock)) and os.access(layout.python(name), os.X_OK)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def fingerprint(layout: Layout, lock: str) -> str:
    """What an environment is made of: its lock, the Python under it, and this recipe."""
    try:
        content = (layout.root / lock).read_bytes()
    except FileNotFoundError:
        raise BootstrapError(f"{lock} is missing here: restore it with `git checkout -- {lock}`.") from None
    return hashlib.sha256(b"\0".join([content, sys.version.encode(), RECIPE.encode()])).hexdigest()


def check_python(version: tuple[int, int], found: Callable[[str], str | None] = shutil.which) -> None:
    """Raise BootstrapError for a Python newer than the locks have wheels for, and name one that is installed.

    The launcher has refused anything older.
    """
    if version in PYTHONS:
        return
    names = [f"python{major}.{minor}" for major, minor in reversed(PYTHONS)]
    name = next((each for each in names if found(each)), None)
    way = f"run `{name} ./assay …` or `make PYTHON={name} …`" if name else f"install one of {', '.join(names)}"
    raise BootstrapError(f"Python {version[0]}.{version[1]} is newer than the pinned packages have builds for: {way}.")


# --- building -------------------------------------------------------------------------------------------------------


def ensure_uv(layout: Layout) -> Path:
    """The installer, itself installed from a lock: by pip, into an environment made by Python's own venv."""
    home = layout.envs.resolve() / "uv"
    uv = home / "bin" / "uv"
    marker = home / "assay-env.json"
    wanted = {"fingerprint": fingerprint(layout, UV_LOCK)}
    with contextlib.suppress(OSError, ValueError):
        if json.loads(marker.read_text()) == wanted and os.access(uv, os.X_OK):
            return uv
    try:
        import ensurepip  # noqa: F401  (Debian leaves it out of the python3 package)
        import venv  # noqa: F401
    except ImportError:
        raise BootstrapError(
            "this Python has no venv module: install it (Debian and Ubuntu: `apt install python3-venv`) and run again."
        ) from None
    started = time.monotonic()
    say("uv, the installer: fetching")
    remove(home)
    log = log_file(layout)
    run([sys.executable, "-m", "venv", str(home)], log, "uv", dict(os.environ))
    command = [str(home / "bin" / "python"), "-m", "pip", "install", "--no-deps", "--require-hashes", "--no-input"]
    run([*command, "--disable-pip-version-check", "-r", str(layout.root / UV_LOCK)], log, "uv", dict(os.environ))
    marker.write_text(json.dumps(wanted))
    say(f"uv, the installer: ready after {time.monotonic() - started:.0f} s")
    return uv


def build(layout: Layout, env: Env, uv: Path, position: str) -> None:
    started = time.monotonic()
    label = f"{position} {env.name} ({env.purpose})"
    say(f"{label}: installing")
    mark = fingerprint(layout, env.lock)
    home = layout.envs.resolve()  # programs carry the path they were installed under, which must not be another's link
    folder = home / ".versions" / f"{env.name}-{mark[:12]}"
    environment = installer_environment(layout, uv)
    log = log_file(layout)
    remove(folder)
    run([str(uv), "venv", "--quiet", "--no-project", "--python", sys.executable, str(folder)], log, label, environment)
    command = [str(uv), "pip", "install", "--no-deps", "--require-hashes", "--python", str(folder / "bin" / "python")]
    command += ["--build-constraints", str(layout.root / BUILD_LOCK), "-r", str(layout.root / env.lock)]
    if env.compiled:
        command.append("--compile-bytecode")
    run(command, log, label, environment)
    manifest = {"fingerprint": mark, "lock": env.lock, "python": sys.version.split()[0]}
    (folder / "assay-env.json").write_text(json.dumps(manifest))
    put_in_place(home / env.name, folder)
    say(f"{label}: ready after {time.monotonic() - started:.0f} s")


def put_in_place(link: Path, folder: Path) -> None:
    """Turns the link to the new folder in one step and forgets all versions but this and the one it replaces,
    which running processes may still be importing from."""
    previous = link.resolve() if link.is_symlink() else None
    if link.exists() and not link.is_symlink():  # made by hand, and perhaps running
        previous = folder.with_name(f"{link.name}-by-hand")
        link.rename(previous)
    fresh = link.with_name(f".{link.name}.new")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(folder.relative_to(link.parent))
    fresh.replace(link)
    for other in folder.parent.glob(f"{link.name}-*"):
        if other.resolve() not in (folder.resolve(), previous):
            remove(other)


def remove(path: Path) -> None:
    if path.exists() or path.is_symlink():
        shutil.rmtree(path)


def installer_environment(layout: Layout, uv: Path) -> dict[str, str]:
    """Return the user's environment; pip's settings of mirrors and certificates are passed on to uv."""
    environment = {key: value for key, value in os.environ.items() if key not in ("VIRTUAL_ENV", "PYTHONPATH")}
    environment.setdefault("UV_HTTP_TIMEOUT", "180")
    environment.setdefault("UV_NO_PROGRESS", "1")
    if any(key.startswith("UV_") and key.endswith(("INDEX", "INDEX_URL", "FIND_LINKS")) for key in environment):
        return environment
    # pip takes every index as equal; so may uv, because a lock's hashes decide what is installed and not an index.
    environment.setdefault("UV_INDEX_STRATEGY", "unsafe-best-match")
    for option, value in pip_settings(layout).items():
        name = PIP_TO_UV.get(option)
        if name:
            environment.setdefault(name, " ".join(value.split()))
    return environment


PIP_TO_UV = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
}


def pip_settings(layout: Layout) -> dict[str, str]:
    """Return pip's options as pip itself reads them, from its files and from the environment (later lines win)."""
    python = layout.envs / "uv" / "bin" / "python"  # the one environment that has pip
    answer = subprocess.run([python, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False)
    settings: dict[str, str] = {}
    for line in answer.stdout.splitlines():
        name, _, value = line.partition("=")
        settings[name.rpartition(".")[2]] = value.strip().strip("'\"").replace("\\n", " ")
    return settings


# --- running and reporting ------------------------------------------------------------------------------------------


def run(command: list[str], log: Path, label: str, environment: dict[str, str]) -> None:
    """Runs an installer with its output in the log, says now and then that it is still at work, explains a failure."""
    started = time.monotonic()
    with log.open("ab") as output:
        begin = output.tell()
        output.write(f"\n$ {' '.join(command)}\n".encode())
        output.flush()
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=environment)
        try:
            while True:
                try:
                    status = process.wait(HEARTBEAT_SECONDS)
                    break
                except subprocess.TimeoutExpired:
                    say(f"{label}: still at work after {time.monotonic() - started:.0f} s")
        except BaseException:
            process.terminate()
            process.wait()
            raise
    if status:
        with log.open("rb") as output:
            output.seek(begin)
            raise BootstrapError(explain(output.read().decode(errors="replace"), label, log))


SYMPTOMS = (
    (("No space left on device", "Disk quota exceeded"), "the disk is full: free about 3 GB and run it again"),
    (("hash mismatch", "Hash mismatch", "THESE PACKAGES DO NOT MATCH THE HASHES"), "a download did not match its "
     "pinned hash and was refused: if you use a package mirror, it serves something else than the lock names"),
    (("certificate verify failed", "invalid peer certificate", "UnknownIssuer"), "the package index's certificate is "
     "not trusted: set SSL_CERT_FILE (and PIP_CERT) to your organisation's CA bundle"),
    (("dns error", "error sending request", "Failed to establish a new connection", "Network is unreachable",
      "Temporary failure in name resolution", "operation timed out", "Could not connect", "No matching distribution"),
     "the package index could not be reached: check the network, or HTTPS_PROXY and your pip or uv index settings"),
    (("Permission denied",), "a folder may not be written by this user"),
)  # fmt: skip


def explain(output: str, label: str, log: Path) -> str:
    for signs, meaning in SYMPTOMS:
        if any(sign in output for sign in signs):
            return f"{label}: {meaning} (details in {log})."
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    last = lines[-1] if len(lines) > 1 else "no output"
    return f"{label}: the installer failed with “{last[:300]}” (details in {log})."


def log_file(layout: Layout) -> Path:
    layout.logs.mkdir(parents=True, exist_ok=True)
    return layout.logs / "bootstrap.log"


def say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')}  {text}", file=sys.stderr, flush=True)


def relative(layout: Layout, path: Path) -> str:
    return str(path.relative_to(layout.root)) if path.is_relative_to(layout.root) else str(path)


@contextlib.contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """Two commands that start at once build once. The kernel frees the lock when its holder dies."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / ".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say("waiting: another assay command is preparing the environments")
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield
    except OSError as problem:
        if problem.errno is None:
            raise
        raise BootstrapError(f"{problem.filename or folder}: {problem.strerror}.") from problem
