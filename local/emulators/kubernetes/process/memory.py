"""Memory limits: a control group where this user may make one, otherwise the shim watches resident memory.

Address-space limits (RLIMIT_AS) are no substitute: interpreters and DuckDB reserve far more than they touch.
Standard library only: `used_by` and `oom_kills` run in the shim.
"""

# Plain system calls, because this runs between fork and exec.
# ruff: noqa: PTH106, PTH120, PTH123
import os


def used_by(root: int) -> int:
    """Resident bytes of a process and all its descendants, by /proc; 0 where there is no /proc."""
    total, waiting = 0, [root]
    page = os.sysconf("SC_PAGE_SIZE")
    while waiting:
        pid = waiting.pop()
        try:
            with open(f"/proc/{pid}/statm") as file:
                total += int(file.read().split()[1]) * page
            with open(f"/proc/{pid}/task/{pid}/children") as file:
                waiting += [int(child) for child in file.read().split()]
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue  # it ended while we looked
    return total


def oom_kills(events: str) -> int:
    """How often the kernel killed something in a control group for want of memory (`oom_kill` in its events file)."""
    try:
        with open(events) as file:
            fields = dict(line.split() for line in file.read().splitlines())
    except OSError:
        return 0
    return int(fields.get("oom_kill", 0))


def remove_group(procs: str) -> None:
    """Removes the control group that `procs` belongs to, once nothing runs in it."""
    try:
        os.rmdir(os.path.dirname(procs))
    except OSError:
        return  # a process of it is still ending; an empty group is all that stays
