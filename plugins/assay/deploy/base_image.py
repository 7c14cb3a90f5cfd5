"""A stand-in for the images' base where no container registry can be reached: Debian with its own Python.

It lets every Dockerfile be built, tried and run for real on a Debian machine as root. What ships is built over the
pinned base: Debian's Python is another build of the same minor version, which is all that the locks' wheels ask for.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from assay.errors import AssayError

STAND_IN = "localhost/assay/python-stand-in:bookworm"
RELEASE, MIRROR = "bookworm", "http://deb.debian.org/debian"
PACKAGES = ("ca-certificates", "netbase", "python3", "python3-venv", "tzdata")
PATH = "/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"
LEFT_OUT = ("var/cache/apt", "var/lib/apt/lists", "var/log", "usr/share/doc", "usr/share/locale", "usr/share/man")


class NoStandIn(AssayError):
    """Why this machine cannot make the stand-in, as a sentence."""


def obstacle() -> str | None:
    """What keeps this machine from making the stand-in, or None."""
    if os.geteuid() != 0:
        return "the stand-in for the base image is made as root only"
    missing = [program for program in ("buildah", "debootstrap") if shutil.which(program) is None]
    if missing:
        return f"{' and '.join(missing)} missing (Debian: `apt-get install buildah debootstrap runc`)"
    return None


def ensure(say: Callable[[str], None]) -> str:
    """The stand-in's name; it is made when this machine has none yet, which takes a minute or three."""
    if subprocess.run(["buildah", "inspect", "--type", "image", STAND_IN], capture_output=True, check=False).returncode:
        if problem := obstacle():
            raise NoStandIn(f"There is no {STAND_IN} here and it cannot be made: {problem}.")
        say(f"making {STAND_IN} from Debian's packages")
        with tempfile.TemporaryDirectory(prefix="assay-base-") as folder:
            root = Path(folder) / "root"
            _run("debootstrap", "--variant=minbase", f"--include={','.join(PACKAGES)}", RELEASE, str(root), MIRROR)
            for name in LEFT_OUT:
                shutil.rmtree(root / name, ignore_errors=True)
                (root / name).mkdir(parents=True)
            container = _run("buildah", "from", "scratch")
            try:
                _run("buildah", "add", "--quiet", container, str(root), "/")
                _run("buildah", "config", "--env", f"PATH={PATH}", "--cmd", "python3", container)
                _run("buildah", "commit", "--quiet", "--format", "docker", container, STAND_IN)
            finally:
                _run("buildah", "rm", container)
    return STAND_IN


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = " ".join((done.stderr.strip() or done.stdout.strip()).splitlines()[-3:])
        raise NoStandIn(f"`{command[0]}` could not make the stand-in for the base image: {said}")
    return done.stdout.strip()
