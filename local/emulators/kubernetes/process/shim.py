"""The shim: one small process per container that outlives the server.

It starts the container, copies its output to a log file with a time on every line, enforces the memory limit where no
control group does, passes signals on, and writes how the container ended. All it leaves are files in the container's
directory, so a server that was killed and started again finds the truth there:

  lock       held (flock) as long as the shim lives
  run.json   {"shim", "pid", "startedAt"}, once the container runs
  log        "<RFC 3339 time, 30 characters> <line>"
  exit.json  {"exitCode", "startedAt", "finishedAt", "reason", "message", "cpuSeconds"}, once it has ended

Signals to the shim: SIGTERM is passed on to the container, SIGUSR1 kills it. Standard library only.
"""

# Plain system calls, because this runs between fork and exec.
# ruff: noqa: PTH104, PTH110
import contextlib
import fcntl
import json
import os
import resource
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from local.emulators.common.forks import executed
from local.emulators.kubernetes.process import memory, namespaces

LONGEST_LINE = 256 * 1024
WATCH_SECONDS = 0.1
START_ERROR = 128  # what containerd reports when a container's program cannot be started


def timestamp() -> str:
    nanoseconds = time.time_ns()
    seconds, rest = divmod(nanoseconds, 1_000_000_000)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{rest:09d}Z"


class Log:
    """Cuts a stream of bytes into lines and writes each with the time it was completed."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
        self._rest = b""

    def feed(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > LONGEST_LINE:
            lines, self._rest = [*lines, self._rest], b""
        if lines:
            now = timestamp().encode()
            os.write(self._file, b"".join(now + b" " + line + b"\n" for line in lines))

    def close(self) -> None:
        if self._rest:
            self.feed(b"\n")
        os.close(self._file)


def write_json(path: str, value: dict[str, Any]) -> None:
    """Writes a file that is there whole or not at all."""
    descriptor = os.open(path + ".new", os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    os.write(descriptor, json.dumps(value).encode())
    os.close(descriptor)
    os.rename(path + ".new", path)


class Shim:
    """Runs one container. `spec` is what `ProcessBackend.launch` sends."""

    def __init__(self, spec: dict[str, Any], channel: socket.socket) -> None:
        self.spec = spec
        self.channel = channel
        self.directory = spec["directory"]
        self.isolation: dict[str, Any] | None = spec["isolation"]
        self.pid = 0
        self.cpu_seconds = 0.0
        self.was_killed = False
        self.has_ended = False

    def run(self) -> Callable[[], Any] | None:
        """Never returns in the shim. In the container it returns the function to call, or becomes the program."""
        os.setsid()
        lock = os.open(f"{self.directory}/lock", os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os._exit(0)  # another shim runs this container: a launch that a killed server had already sent
        if os.path.exists(f"{self.directory}/exit.json"):
            os._exit(0)
        self.started = timestamp()
        output, child_output = os.pipe()
        problem, child_problem = os.pipe()
        wakeup, wakeup_writer = os.pipe()
        os.set_blocking(wakeup_writer, False)
        signal.signal(signal.SIGTERM, lambda *_: self._signal(signal.SIGTERM))
        signal.signal(signal.SIGUSR1, lambda *_: self._signal(signal.SIGKILL))
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wakeup_writer, warn_on_full_buffer=False)
        try:
            group = os.open(self.spec["cgroup"]["procs"], os.O_WRONLY) if self.spec["cgroup"] else None
            if self.isolation:
                namespaces.become_user(self.isolation["uid"], self.isolation["gid"])
            self.pid = os.fork()
        except OSError as error:
            self._finish(START_ERROR, "StartError", f"cannot start the container: {error}")
        if self.pid == 0:
            signal.set_wakeup_fd(-1)
            self.channel.close()
            for descriptor in (lock, output, problem, wakeup, wakeup_writer):
                os.close(descriptor)
            return Container(self.spec, group, child_output, child_problem).start()
        os.close(child_output)
        os.close(child_problem)
        message = _read_all(problem).decode(errors="replace")
        if not message:
            write_json(f"{self.directory}/run.json", {"shim": os.getpid(), "pid": self.pid, "startedAt": self.started})
            self._reply({"shim": os.getpid(), "pid": self.pid})
        self._watch(output, wakeup, message)
        return None

    def _reply(self, answer: dict[str, Any]) -> None:
        with contextlib.suppress(OSError):  # a server that is gone finds the same in the container's directory
            self.channel.sendall(json.dumps(answer).encode() + b"\n")
        self.channel.close()

    def _signal(self, number: int) -> None:
        self.was_killed = self.was_killed or (number == signal.SIGKILL and not self.has_ended)
        try:
            if self.isolation:
                os.kill(self.pid, number)
            else:
                os.killpg(self.pid, number)
        except (ProcessLookupError, PermissionError):
            pass  # it ended between the signal's arrival and its delivery

    def _watch(self, output: int, wakeup: int, problem: str) -> None:
        """Copies output until the container has ended, then reports how."""
        log = Log(f"{self.directory}/log")
        limit = self.spec["memory"]
        status, killed_for_memory, open_until = None, False, None
        while True:
            timeout = WATCH_SECONDS if limit and status is None else None
            if open_until is not None:
                timeout = max(0.0, open_until - time.monotonic())
            readable = select.select([output, wakeup], [], [], timeout)[0]
            if wakeup in readable:
                os.read(wakeup, 4096)
            if output in readable:
                data = os.read(output, 65536)
                if not data:
                    break
                log.feed(data)
            if status is None:
                status = self._ended()
                if status is not None:  # whatever it left behind has a second to close the pipe
                    self._signal(signal.SIGKILL)
                    open_until = time.monotonic() + 1
                elif limit and memory.used_by(self.pid) > limit:
                    killed_for_memory = True
                    self._signal(signal.SIGKILL)
            elif open_until is not None and time.monotonic() >= open_until:
                break
        if status is None:
            status = self._ended(wait=True)
        assert status is not None
        log.close()
        code = os.waitstatus_to_exitcode(status)
        code = 128 - code if code < 0 else code
        if self.spec["afterwards"]:
            killed_for_memory = self._afterwards(self.spec["afterwards"], code)
        if problem:
            self._finish(START_ERROR, "StartError", problem)
        if self.spec["cgroup"]:
            killed_for_memory = code != 0 and memory.oom_kills(self.spec["cgroup"]["events"]) > 0
            memory.remove_group(self.spec["cgroup"]["procs"])
        self._finish(code, "OOMKilled" if killed_for_memory else "Completed" if code == 0 else "Error", "")

    def _afterwards(self, steps: dict[str, Any], code: int) -> bool:
        """For a program that only drives a container elsewhere: was that one out of memory, and away with it.

        Podman does not learn of it in every arrangement of control groups; then a SIGKILL that did not come from
        here, in a container with a limit, is taken for the kernel's.
        """
        quiet = {"stdin": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": self.spec["env"]}
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        asked = subprocess.run(steps["out_of_memory"], stdout=subprocess.PIPE, **quiet)
        subprocess.run(steps["remove"], stdout=subprocess.DEVNULL, **quiet)
        return asked.stdout.strip() == b"true" or (code == 137 and bool(steps["limited"]) and not self.was_killed)

    def _ended(self, wait: bool = False) -> int | None:
        pid, status, used = os.wait4(self.pid, 0 if wait else os.WNOHANG)
        if not pid:
            return None
        self.has_ended = True
        self.cpu_seconds = used.ru_utime + used.ru_stime
        return status

    def _finish(self, code: int, reason: str, message: str) -> None:
        result = {"exitCode": code, "startedAt": self.started, "finishedAt": timestamp(), "reason": reason}
        write_json(f"{self.directory}/exit.json", {**result, "message": message, "cpuSeconds": self.cpu_seconds})
        self._reply({"exitCode": code})
        os._exit(0)


class Container:
    """The container's side of the fork: everything that must happen before its program runs."""

    def __init__(self, spec: dict[str, Any], group: int | None, output: int, problem: int) -> None:
        self.spec, self.group, self.output, self.problem = spec, group, output, problem

    def start(self) -> Callable[[], Any]:
        try:
            self._prepare()
            entry = self.spec["entry"]
            if entry is None:
                self._become_program()
            function = self._preloaded(entry)
            os.close(self.problem)
            return function
        except BaseException as error:
            what = (
                f"{error.strerror}: {error.filename}" if isinstance(error, OSError) and error.filename else str(error)
            )
            os.write(self.problem, what.encode()[:4000] or repr(error).encode())
            os._exit(START_ERROR)

    def _prepare(self) -> None:
        os.setsid()
        for number in (signal.SIGTERM, signal.SIGUSR1, signal.SIGCHLD, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        if self.group is not None:
            os.write(self.group, b"0")
            os.close(self.group)
        quiet = os.open(os.devnull, os.O_RDONLY)
        os.dup2(quiet, 0)
        os.dup2(self.output, 1)
        os.dup2(self.output, 2)
        os.close(quiet)
        os.close(self.output)
        os.umask(0o022)
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
        if self.spec["isolation"]:
            namespaces.enter_root(self.spec["isolation"])
            namespaces.drop_privileges()
        if sys.platform == "linux":
            namespaces.die_with_parent()
        os.chdir(self.spec["cwd"])

    def _become_program(self) -> None:
        for name in ("SIGPIPE", "SIGXFSZ"):  # Python ignores these; a program expects them as they were
            signal.signal(getattr(signal, name), signal.SIG_DFL)
        argv, environment = self.spec["argv"], self.spec["env"]
        try:
            os.execvpe(argv[0], argv, environment)
        except FileNotFoundError:
            raise RuntimeError(f'exec: "{argv[0]}": executable file not found in $PATH') from None
        except PermissionError:
            raise RuntimeError(f'exec: "{argv[0]}": permission denied') from None

    def _preloaded(self, entry: str) -> Callable[[], Any]:
        return executed.take_over(entry, self.spec["argv"], self.spec["program"], self.spec["env"])


def _read_all(descriptor: int) -> bytes:
    chunks = []
    while chunk := os.read(descriptor, 65536):
        chunks.append(chunk)
    os.close(descriptor)
    return b"".join(chunks)
