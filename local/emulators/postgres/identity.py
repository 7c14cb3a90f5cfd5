"""Postgres does not run as root, and as a user without a name. Both therefore run it in a user namespace, where they
are an ordinary user that owns the same files: nothing has to be handed over, and nothing changes hands."""

from __future__ import annotations

import ctypes
import os
import pwd
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG = 1


class CannotLeaveRoot(Exception):
    """Why this machine does not let root become an ordinary user, as a sentence."""


def leave_root() -> None:
    """Returns as a user that Postgres accepts, or raises CannotLeaveRoot."""
    uid, gid = os.geteuid(), os.getegid()
    if uid != 0 and has_name(uid):
        return
    if sys.platform != "linux":
        raise CannotLeaveRoot("Postgres does not run as root on this system: start Assay as an ordinary user.")
    libc = ctypes.CDLL(None, use_errno=True)
    parent = os.getppid()
    if libc.unshare(CLONE_NEWUSER) != 0:
        raise CannotLeaveRoot(
            f"this machine gives uid {uid} no user namespace ({os.strerror(ctypes.get_errno())}), and Postgres does "
            "not run as root or as a user without a name: start Assay as an ordinary user."
        )
    Path("/proc/self/setgroups").write_text("deny")
    inside = ordinary_user(pwd.getpwall())
    Path("/proc/self/uid_map").write_text(f"{inside} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{inside} {gid} 1")
    # A change of identity makes the kernel forget whose death we follow (see prctl(2)).
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGINT, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit("postgres: the supervisor is gone.")


def has_name(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def ordinary_user(known: Sequence[pwd.struct_passwd]) -> int:
    """The uid to have inside the namespace: one with a name, which initdb asks for, and not root's."""
    uids = [user.pw_uid for user in known if user.pw_uid != 0]
    if not uids:
        raise CannotLeaveRoot("this machine knows no user but root, and Postgres does not run as root: add one.")
    return uids[0]
