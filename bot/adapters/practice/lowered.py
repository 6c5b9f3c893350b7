"""Gives up every right that the practice host does not need, before it does anything."""

import ctypes
import os
import pwd
from pathlib import Path

_PR_SET_NO_NEW_PRIVS = 38
"""prctl(2): from then on no set-user-id program gives rights back."""

_CANDIDATES = range(61200, 61300)
"""User ids out of systemd's range for dynamic users: without an entry in passwd, as a rule."""

_NOBODY = 65534
"""Where a container maps too few ids for those."""


class StillRootError(RuntimeError):
    """The process could not stop being root, and therefore serves nothing."""


def choose_uid() -> int:
    """Return a user id for the practice host of a root bot: nobody else's, if there is one."""
    taken = {entry.pw_uid for entry in pwd.getpwall()}
    mapped = _mapped_uids()
    for uid in _CANDIDATES:
        if uid not in taken and uid in mapped:
            return uid
    return _NOBODY


def lower_to_owner(folder: Path) -> None:
    """Enter `folder` and become its owner, for good; raises `StillRootError` where that is root.

    The folder is entered first: its parents may be closed to its owner.
    """
    os.chdir(folder)
    owner = Path.cwd().stat() if folder.is_absolute() else folder.stat()
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(owner.st_uid, owner.st_uid, owner.st_uid)
        os.setresuid(owner.st_uid, owner.st_uid, owner.st_uid)
    if 0 in os.getresuid():
        raise StillRootError("the practice host does not run as root")
    ctypes.CDLL(None).prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    os.environ.clear()
    os.umask(0o077)


def _mapped_uids() -> range:
    """Return the ids that this user namespace knows; a container may know few."""
    first, _, count = Path("/proc/self/uid_map").read_text().split()[:3]
    return range(int(first), int(first) + int(count))
