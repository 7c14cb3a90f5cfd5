"""The podman backend: containers from real images, by the podman on this machine, on the machine's network.

`podman run` is started under the same shim as a plain process, so a container survives the server in the same way, and
its log, exit code and adoption need no second implementation. Images are never pulled: they are built here.
"""

import asyncio
import json
import logging
import os
import shutil
from pathlib import Path
from typing import Any

from local.emulators.kubernetes.backend import ContainerPlan, is_supervised
from local.emulators.kubernetes.images import ImageError, repository
from local.emulators.kubernetes.process.launcher import bare

log = logging.getLogger(__name__)
LABEL, DIRECTORY = "assay.state", "assay.directory"
# Debian's podman takes the limits of the user it runs as for higher than the kernel allows, and fails to start.
LIMITS = ("--ulimit", "nofile=20000:20000", "--ulimit", "nproc=4096:4096")
PASSED_ON = (
    "PATH",
    "HOME",
    "XDG_RUNTIME_DIR",
    "DBUS_SESSION_BUS_ADDRESS",
    "CONTAINERS_CONF",
    "CONTAINERS_STORAGE_CONF",
)


class PodmanBackend:
    name = "podman"
    isolation = "containers"

    def __init__(self, state: Path, node_env: dict[str, str]) -> None:
        self.state, self.node_env = state, node_env
        self._template = bare(state / "template.log")
        self._podman = ["podman", "--cgroup-manager", "cgroupfs", "--events-backend", "file"]
        if shutil.which("runc"):
            self._podman += ["--runtime", "runc"]

    def facts(self) -> dict[str, Any]:
        return {"backend": self.name, "isolation": self.isolation, "memory": "podman", "warm": 0}

    async def start(self) -> list[str]:
        """Removes containers whose shim died with the server: nothing would ever report their end."""
        if not shutil.which("podman"):
            raise SystemExit("--backend podman: podman is not installed; install it, or leave --backend out")
        await self._template.ready()
        left = await self._ask("ps", "--all", "--filter", f"label={LABEL}={self.state}", "--format", "json")
        for container in json.loads(left or "[]"):
            if not is_supervised(Path(container["Labels"][DIRECTORY])):
                await self._ask("rm", "--force", "--time", "0", container["Names"][0])
        return []

    async def stop(self) -> None:
        await self._template.stop()

    async def check_image(self, reference: str) -> None:
        await self._find(reference)

    async def _find(self, reference: str) -> str:
        """The image of that name; built here, it has no registry, or `localhost`."""
        tag = reference.rpartition(":")[2] if ":" in reference.rsplit("/", 1)[-1] else "latest"
        for name in (reference, f"localhost/{repository(reference)}:{tag}"):
            if await self._ask("image", "exists", name) is not None:
                return name
        raise ImageError(f'podman has no image "{reference}"; images are built on this machine, never pulled')

    async def _ask(self, *words: str) -> str | None:
        """What podman prints, or None if it fails."""
        process = await asyncio.create_subprocess_exec(
            *self._podman, *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        out, problem = await process.communicate()
        if process.returncode:
            log.debug("podman %s: %s", words[0], problem.decode(errors="replace").strip())
            return None
        return out.decode()

    async def launch(self, plan: ContainerPlan) -> None:
        own = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        spec = {
            "directory": str(plan.directory),
            "argv": self._run(plan, await self._find(plan.image)),
            "env": {**plan.env, **own},
            "cwd": "/",
            "isolation": None,
            "cgroup": None,
            "memory": None,
            "entry": None,
            "program": None,
            "afterwards": {
                "limited": plan.memory is not None,
                "out_of_memory": [*self._podman, "inspect", "--format", "{{.State.OOMKilled}}", plan.name],
                "remove": [*self._podman, "rm", "--force", "--time", "0", plan.name],
            },
        }
        await self._template.launch(spec)

    def _run(self, plan: ContainerPlan, image: str) -> list[str]:
        """Values travel in podman's own environment (`--env NAME`), so that none is on a command line."""
        words = [*self._podman, "run", "--name", plan.name, "--pull", "never", "--network", "host", *LIMITS]
        words += ["--no-healthcheck"]  # of the image; Kubernetes asks none either
        words += ["--log-driver", "none", "--security-opt", "no-new-privileges", "--cap-drop", "all"]
        words += ["--label", f"{LABEL}={self.state}", "--label", f"{DIRECTORY}={plan.directory}"]
        for name in plan.env:
            words += ["--env", f"{name}={plan.env[name]}" if name in PASSED_ON else name]
        for mount in plan.mounts:
            words += ["--volume", f"{mount.source}:{mount.target}" + (":ro" if mount.read_only else "")]
        for value in sorted(set(self.node_env.values())):
            if Path(value).is_absolute() and Path(value).is_file():  # the certificates that --pod-env names
                words += ["--volume", f"{value}:{value}:ro"]
        if plan.memory:
            words += ["--memory", f"{plan.memory}b"]
        if plan.uid is not None:
            words += ["--user", f"{plan.uid}:{plan.uid if plan.gid is None else plan.gid}"]
        if plan.read_only:
            words += ["--read-only"]
        if plan.workdir:
            words += ["--workdir", plan.workdir]
        if plan.command:
            words += ["--entrypoint", json.dumps(plan.command)]
        return [*words, image, *plan.args]

    def enter(self, plan: ContainerPlan, pid: int, command: list[str]) -> tuple[list[str], dict[str, str]]:
        return [*self._podman, "exec", "--interactive", plan.name, *command], dict(os.environ)
