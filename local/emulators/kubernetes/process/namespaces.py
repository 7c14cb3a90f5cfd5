"""Linux namespaces, mounts and capabilities for one container, by direct system calls.

Standard library only: this runs between `fork` and `exec`, in whatever interpreter an image has. Called in this order:
`become_user` by the shim (new user and PID namespace), then, in its child, `enter_root` (new mount namespace) and
`drop_privileges`. Nothing here works outside Linux; the backend probes once and falls back to process groups.
"""

# Plain system calls, because this runs between fork and exec.
# ruff: noqa: PTH102, PTH110, PTH112, PTH115, PTH120, PTH123, PTH211
import ctypes
import os
import struct
from typing import Any

CLONE_NEWNS = 0x00020000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18
MNT_DETACH = 2
AT_FDCWD, AT_RECURSIVE, MOUNT_ATTR_RDONLY = -100, 0x8000, 1
SYS_MOUNT_SETATTR = 442  # the same number on every architecture
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 1, 4, 24, 38
CAPABILITY_VERSION_3 = 0x20080522
DEVICES = ("null", "zero", "full", "random", "urandom", "tty")

_libc = ctypes.CDLL(None, use_errno=True)


def _call(name: str, *arguments: Any, what: str = "") -> int:
    result = int(getattr(_libc, name)(*arguments))
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}", what or None)
    return result


def _mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    _call(
        "mount",
        source.encode(),
        target.encode(),
        kind.encode() or None,
        ctypes.c_ulong(flags),
        options.encode() or None,
        what=target,
    )


def _read_only(target: str, recursive: bool) -> None:
    attributes = ctypes.create_string_buffer(struct.pack("QQQQ", MOUNT_ATTR_RDONLY, 0, 0, 0))
    flags = AT_RECURSIVE if recursive else 0
    _call(
        "syscall",
        ctypes.c_long(SYS_MOUNT_SETATTR),
        ctypes.c_int(AT_FDCWD),
        target.encode(),
        ctypes.c_uint(flags),
        attributes,
        ctypes.c_size_t(32),
        what=target,
    )


def become_user(uid: int, gid: int) -> None:
    """Enters a user namespace where this user is `uid`:`gid`; children get a PID namespace. Needs a single thread."""
    outer_uid, outer_gid = os.geteuid(), os.getegid()
    _call("unshare", CLONE_NEWUSER | CLONE_NEWPID)
    for name, value in (
        ("setgroups", "deny"),
        ("uid_map", f"{uid} {outer_uid} 1"),
        ("gid_map", f"{gid} {outer_gid} 1"),
    ):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(value)


class Root:
    """A container's file system: the machine's, read-only, with the container's own directories mounted over it."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.own: set[str] = set()  # directories that are ours to create things in
        self.made: list[str] = [path]  # those of them that the container may not write to

    def build(self, plan: dict[str, Any]) -> None:
        """`plan`: mounts [{source, target, read_only}], keep [path], hide [path], as the container sees them."""
        _mount("tmpfs", self.path, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=1m")
        self.own.add(self.path)
        self._mirror("/", skip=("proc", "dev"))
        self._devices()
        proc = f"{self.path}/proc"
        os.mkdir(proc)
        _mount("proc", proc, "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
        for mount in sorted(plan["mounts"], key=lambda mount: str(mount["target"])):
            self._bind(mount["source"], mount["target"], mount["read_only"])
        shadows = [mount["target"].rstrip("/") + "/" for mount in plan["mounts"]]
        for path in plan["keep"]:
            if any(f"{path}/".startswith(shadow) for shadow in shadows):
                self._bind(path, path, read_only=True)
        for path in plan["hide"]:
            self._hide(self.path + path)
        for path in self.made:
            _read_only(path, recursive=False)

    def _mirror(self, directory: str, skip: tuple[str, ...] = ()) -> None:
        for entry in os.scandir(directory):
            if entry.name in skip:
                continue
            target = f"{self.path}{directory.rstrip('/')}/{entry.name}"
            if entry.is_symlink():
                os.symlink(os.readlink(entry.path), target)
                continue
            self._create(target, entry.is_dir())
            _mount(entry.path, target, flags=MS_BIND | MS_REC)
            _read_only(target, recursive=True)

    def _devices(self) -> None:
        dev = f"{self.path}/dev"
        os.mkdir(dev)
        _mount("tmpfs", dev, "tmpfs", MS_NOSUID, "mode=0755,size=1m")
        self.own.add(dev)
        for name in DEVICES:
            self._create(f"{dev}/{name}", directory=False)
            _mount(f"/dev/{name}", f"{dev}/{name}", flags=MS_BIND)
        os.mkdir(f"{dev}/shm")
        _mount("tmpfs", f"{dev}/shm", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777")
        for name, link in (("fd", ""), ("stdin", "/0"), ("stdout", "/1"), ("stderr", "/2")):
            os.symlink(f"/proc/self/fd{link}", f"{dev}/{name}")

    def _bind(self, source: str, target: str, read_only: bool) -> None:
        place = self.path + target.rstrip("/")
        self._ensure(place, os.path.isdir(source))
        _mount(source, place, flags=MS_BIND | MS_REC)
        if read_only:
            _read_only(place, recursive=True)
        else:
            self.own.add(place)

    def _ensure(self, place: str, directory: bool) -> None:
        """Makes a mount point where the machine has none, without creating anything on the machine."""
        if os.path.lexists(place):
            return
        parent = os.path.dirname(place)
        self._ensure(parent, directory=True)
        if (
            not any(parent == own or parent.startswith(f"{own}/") for own in self.own - {self.path})
            and parent != self.path
        ):
            original = parent[len(self.path) :]
            if os.path.isdir(original):
                _mount("tmpfs", parent, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=1m")
                self._mirror(original)
                self.made.append(parent)
            self.own.add(parent)
        self._create(place, directory)

    def _create(self, place: str, directory: bool) -> None:
        if directory:
            os.mkdir(place)
        else:
            os.close(os.open(place, os.O_CREAT | os.O_WRONLY, 0o644))

    def _hide(self, place: str) -> None:
        if os.path.isdir(place):
            _mount("tmpfs", place, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV, "mode=0555,size=4k")
        elif os.path.exists(place):
            _mount("/dev/null", place, flags=MS_BIND)


def enter_root(plan: dict[str, Any]) -> None:
    """Gives this process a mount namespace with the container's file system; `plan["root"]` is an empty folder."""
    _call("unshare", CLONE_NEWNS)
    _mount("none", "/", flags=MS_REC | MS_PRIVATE)
    Root(plan["root"]).build(plan)
    os.chdir(plan["root"])
    _call("pivot_root", b".", b".")
    _call("umount2", b".", MNT_DETACH)
    os.chdir("/")


def drop_privileges() -> None:
    """No capabilities, and none to be gained by exec: a container cannot unmount what hides a path from it."""
    for capability in range(64):
        if _libc.prctl(PR_CAPBSET_DROP, ctypes.c_ulong(capability), 0, 0, 0) < 0:
            break
    header = ctypes.create_string_buffer(struct.pack("Ii", CAPABILITY_VERSION_3, 0))
    _call("capset", header, ctypes.create_string_buffer(24))
    _call("prctl", PR_SET_NO_NEW_PRIVS, ctypes.c_ulong(1), 0, 0, 0)
    _call("prctl", PR_SET_DUMPABLE, ctypes.c_ulong(1), 0, 0, 0)


def die_with_parent() -> None:
    """The kernel kills this process, and with it its PID namespace, when the shim that watches it dies."""
    _call("prctl", PR_SET_PDEATHSIG, ctypes.c_ulong(9), 0, 0, 0)


def join(pid: int) -> None:
    """Enters the user and mount namespaces of a running container; children enter its PID namespace too."""
    handles = [os.open(f"/proc/{pid}/ns/{name}", os.O_RDONLY) for name in ("user", "mnt", "pid")]
    for handle, flag in zip(handles, (CLONE_NEWUSER, CLONE_NEWNS, CLONE_NEWPID), strict=True):
        _call("setns", handle, flag)
        os.close(handle)
