"""The process backend: containers are processes of this machine, in namespaces of their own where Linux gives them."""

import asyncio
import hashlib
import json
import logging
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from local.emulators.common.forks import begin
from local.emulators.kubernetes.backend import ContainerPlan, is_supervised, read_exit
from local.emulators.kubernetes.images import Image, Images
from local.emulators.kubernetes.process import cgroups, enter
from local.emulators.kubernetes.process.launcher import Template, TemplateError, bare

log = logging.getLogger(__name__)
BASE_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# Variables an interpreter or its libraries read once, when they start: a warm fork cannot take them on later.
FIXED_AT_START = ("PYTHON", "LD_", "DYLD_", "LC_", "LANG", "MALLOC_", "OPENSSL_", "OMP_", "OPENBLAS_", "MKL_")
TAKEN_ON_BY_FORK = ("PYTHONUNBUFFERED",)
TMP_DIRECTORIES = ("/tmp", "/var/tmp")


class ProcessBackend:
    name = "process"

    def __init__(self, images: Images, state: Path, keep: list[Path], hide: list[Path], preload: bool = True) -> None:
        self.images, self.state = images, state
        self.keep, self.hide = [path.resolve() for path in keep], [path.resolve() for path in hide]
        self.preload = preload
        self.namespaces = False
        self.cgroup: cgroups.Layout | None = None
        self._bare = bare(state / "template.log")
        self._warm: dict[str, Template] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def isolation(self) -> str:
        return "namespaces" if self.namespaces else "process-groups"

    def facts(self) -> dict[str, Any]:
        memory = self.cgroup.name if self.cgroup else "watcher" if sys.platform == "linux" else "none"
        return {"backend": self.name, "isolation": self.isolation, "memory": memory, "warm": len(self._warm)}

    async def start(self) -> list[str]:
        warnings = []
        await self._bare.ready()
        if sys.platform == "linux":
            self.namespaces, problem = await self._probe_namespaces()
            self.cgroup = cgroups.usable()
        else:
            problem = f"there are none on {sys.platform}"
        if not self.namespaces:
            warnings.append(
                f"pods run as plain process groups, because namespaces cannot be used here ({problem}): they see each "
                "other's processes and the machine's files, and emptyDir volumes are not mounted at their paths"
            )
        if self.preload:
            for image in self.images.preloads():
                self._in_background(self._warm_up(self._template(image)))
        return warnings

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        for template in (self._bare, *self._warm.values()):
            await template.stop()

    async def check_image(self, reference: str) -> None:
        self.images.find(reference)

    async def launch(self, plan: ContainerPlan) -> None:
        image = self.images.find(plan.image)
        spec = self._spec(plan, image)
        entry = self._entry(image, spec)
        if entry is not None:
            template = self._template(image)
            try:
                await template.launch({**spec, "entry": entry[0], "program": entry[1]})
                return
            except TemplateError as error:
                log.warning("%s; %s is executed instead", error, spec["argv"][0])
                if is_supervised(plan.directory) or read_exit(plan.directory):
                    return  # it did start, the answer was lost
        await self._bare.launch(spec)

    def _spec(self, plan: ContainerPlan, image: Image) -> dict[str, Any]:
        tmp = self._tmp(plan)
        entrypoint = plan.command or image.entrypoint or ()
        path = ":".join([*image.path, BASE_PATH])
        base = {"PATH": path, "HOME": tmp, "TMPDIR": tmp} if not self.namespaces else {"PATH": path, "HOME": tmp}
        group = None
        if plan.memory and self.cgroup:
            name = hashlib.sha256(str(plan.directory).encode()).hexdigest()[:16]
            group = cgroups.make(self.cgroup, f"assay-{name}", plan.memory)
        return {
            "directory": str(plan.directory),
            "argv": [*entrypoint, *plan.args],
            "env": {**base, **image.environment(tmp), **plan.env},
            "cwd": plan.workdir or image.workdir,
            "isolation": self._isolation(plan, image) if self.namespaces else None,
            "cgroup": group.spec() if group else None,
            "memory": plan.memory if plan.memory and not group else None,
            "afterwards": None,
            "entry": None,
            "program": None,
        }

    def _tmp(self, plan: ContainerPlan) -> str:
        if self.namespaces:
            return "/tmp"
        mounted = [str(mount.source) for mount in plan.mounts if mount.target == "/tmp"]
        return mounted[0] if mounted else str(_directory(plan.directory / "tmp", 0o1777))

    def _isolation(self, plan: ContainerPlan, image: Image) -> dict[str, Any]:
        uid = image.user if plan.uid is None else plan.uid
        gid = uid if plan.gid is None else plan.gid
        mounts = [{"source": str(m.source), "target": m.target, "read_only": m.read_only} for m in plan.mounts]
        taken = {mount.target.rstrip("/") for mount in plan.mounts}
        for number, target in enumerate(TMP_DIRECTORIES):
            if target not in taken and Path(target).is_dir():
                source = _directory(plan.directory / f"tmp{number}", 0o1777)
                mounts.append({"source": str(source), "target": target, "read_only": False})
        passwd = plan.directory / "passwd"
        passwd.write_text(f"root:x:0:0:root:/root:/bin/sh\nassay:x:{uid}:{gid}::/tmp:/bin/sh\n")
        mounts.append({"source": str(passwd), "target": "/etc/passwd", "read_only": True})
        return {
            "uid": uid,
            "gid": gid,
            "root": str(_directory(plan.directory / "root", 0o755)),
            "mounts": mounts,
            "keep": [str(path) for path in self.keep],
            "hide": [str(path) for path in self.hide],
        }

    def _entry(self, image: Image, spec: dict[str, Any]) -> tuple[str, str] | None:
        """The preloaded function for a command and the program it stands for, if a fork would behave as an exec."""
        if not (self.preload and image.preload and spec["argv"]):
            return None
        command = spec["argv"][0]
        program = shutil.which(command, path=spec["env"]["PATH"])
        entry = image.preload.commands.get(command)
        if entry is None or program is None or str(Path(program).parent) not in image.path:
            return None
        template_env = self._template_env(image)
        names = {name for name in {*template_env, *spec["env"]} if name.startswith(FIXED_AT_START)}
        if any(template_env.get(name) != spec["env"].get(name) for name in names.difference(TAKEN_ON_BY_FORK)):
            return None
        return entry, program

    def _template_env(self, image: Image) -> dict[str, str]:
        return {"PATH": ":".join([*image.path, BASE_PATH]), "HOME": "/tmp", **image.environment("/tmp")}

    def _template(self, image: Image) -> Template:
        """The warm template of an image; one per version of its description and of the environment it imports from."""
        assert image.preload is not None
        python = image.preload.python
        stamps = [path.stat().st_mtime_ns for path in (python, *python.parent.parent.glob("lib/python*/site-packages"))]
        key = hashlib.sha256(json.dumps([image.model_dump(mode="json"), stamps]).encode()).hexdigest()
        if key not in self._warm:
            for old in [old for old, template in self._warm.items() if template.python == python]:
                self._in_background(self._warm.pop(old).stop())
            environment = self._template_env(image)
            self._warm[key] = Template(
                python, image.preload.modules, environment, self.state / "template.log", image.preload.script
            )
        return self._warm[key]

    async def _warm_up(self, template: Template) -> None:
        try:
            await template.ready()
        except TemplateError as error:
            log.warning("%s; its commands are executed instead", error)

    def _in_background(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _probe_namespaces(self) -> tuple[bool, str]:
        """Runs `true` the way containers would be run; the only question worth asking of a kernel is to try it."""
        with tempfile.TemporaryDirectory(dir=self.state) as name:
            directory = Path(name)
            plan = ContainerPlan(directory, "", "probe", ("true",), (), {}, "/", (), None, None, None, True)
            self.namespaces = True
            await self._bare.launch(self._spec(plan, Image()))
            while (result := read_exit(directory)) is None:
                await asyncio.sleep(0.01)
        return result.code == 0, result.message or f"a probe ended with exit code {result.code}"

    def enter(self, plan: ContainerPlan, pid: int, command: list[str]) -> tuple[list[str], dict[str, str]]:
        spec = self._spec(plan, self.images.find(plan.image))
        isolation = "namespaces" if self.namespaces else "process-groups"
        into = (isolation, str(pid), spec["cwd"], ",".join(spec["env"]))
        return [sys.executable, "-I", "-S", begin.__file__, enter.__name__, *into, *command], spec["env"]


def _directory(path: Path, mode: int) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(mode)
    return path
