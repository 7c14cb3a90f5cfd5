"""Postgres refuses to run as root. Root therefore runs it in a user namespace, where it is an ordinary user
that owns the same files: nothing has to be handed over, and nothing belongs to anybody else afterwards."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from pathlib import Path

INSIDE = 1000
"""The uid and gid that root has inside the namespace."""

CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG = 1


class CannotLeaveRoot(Exception):
    """Why this machine does not let root become an ordinary user, as a sentence."""


def leave_root() -> None:
    """Returns as a user that Postgres accepts, or raises CannotLeaveRoot."""
    if os.geteuid() != 0:
        return
    if sys.platform != "linux":
        raise CannotLeaveRoot("Postgres does not run as root on this system: start Assay as an ordinary user.")
    libc = ctypes.CDLL(None, use_errno=True)
    parent = os.getppid()
    if libc.unshare(CLONE_NEWUSER) != 0:
        raise CannotLeaveRoot(
            f"this machine gives root no user namespace ({os.strerror(ctypes.get_errno())}), and Postgres does not run "
            "as root: start Assay as an ordinary user."
        )
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{INSIDE} 0 1")
    Path("/proc/self/gid_map").write_text(f"{INSIDE} 0 1")
    # A change of identity makes the kernel forget whose death we follow (see prctl(2)).
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGINT, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit("postgres: the supervisor is gone.")
