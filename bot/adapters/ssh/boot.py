"""How a host is asked which boot it is in: by the id that Linux draws when it starts."""

import re

BOOT_ID = "read -r id </proc/sys/kernel/random/boot_id && echo $id"
"""The login shell does it alone: a program more is a quarter of what such a line costs a host."""

BOOT_ID_BY_PROGRAM = "cat /proc/sys/kernel/random/boot_id"
"""The same for a login shell that is not a POSIX one and makes nothing of the other."""


def boot_id_in(answer: bytes) -> str:
    """Return the boot id that a host said, '' where it said something else."""
    found = _BOOT_ID.fullmatch(answer)
    return found["id"].decode() if found else ""


_BOOT_ID = re.compile(rb"\s*(?P<id>[0-9a-f-]{36})\s*")
