"""Notices that files were changed, by looking at them now and then: no thread, no library."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeAlias

_Seen: TypeAlias = frozenset[tuple[str, int, int, int]]


def policy_files(
    policy: Path | None, runbooks: Path | None, templates: Path | None
) -> Iterable[Path]:
    """Yield the files of a team that are there now."""
    if policy is not None:
        yield policy
    if runbooks is not None:
        yield from runbooks.glob("*.yaml")
    if templates is not None:
        yield from templates.glob("*.j2")


class Watched:
    """Files of a team; `files` names those that are there now."""

    def __init__(self, files: Callable[[], Iterable[Path]]) -> None:
        self._files = files
        self._known = self._look()
        self._before = self._known

    def changed(self) -> bool:
        """Whether something changed since the last True, and has been still for one look.

        An editor or a checkout writes several files in a moment; all of them are taken together.
        """
        now = self._look()
        still, self._before = now == self._before, now
        if not still or now == self._known:
            return False
        self._known = now
        return True

    def _look(self) -> _Seen:
        return frozenset(seen for path in self._files() if (seen := _of(path)) is not None)


def _of(path: Path) -> tuple[str, int, int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None  # gone, which is a change as well
    return str(path), status.st_mtime_ns, status.st_size, status.st_ino
