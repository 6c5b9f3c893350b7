"""What every command is made of: its arguments, what it runs, and how it speaks."""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias, TypeVar

if TYPE_CHECKING:
    from bot.config import Settings

T = TypeVar("T")

OK: Final = 0
FAILED: Final = 1
MISTAKE: Final = 2
"""Exit statuses: done; could not; the configuration or the command line is wrong."""

Configured: TypeAlias = Callable[[], "Settings"]
"""Reads the settings; raises OperatorMistake. A command that needs none does not call it."""

Run: TypeAlias = Callable[[argparse.Namespace, Configured], int]
"""Carries a command out; returns the exit status."""


class Command(Protocol):
    """One module of this package."""

    def add_to(self, parser: argparse.ArgumentParser) -> None:
        """Describe the arguments, and set `run` (a `Run`) as the parser's default."""
        ...


def say(*lines: str) -> None:
    """Print an answer: what a person reads or a pipe takes."""
    for line in lines:
        print(line, flush=True)


def remark(*lines: str) -> None:
    """Print what is no answer, on standard error."""
    for line in lines:
        print(line, file=sys.stderr, flush=True)


def run_until_done(work: Awaitable[T]) -> T:
    """Run `work` in an event loop of its own; the one error inside a group comes out as itself."""

    async def whole() -> T:
        return await work

    try:
        return asyncio.run(whole())
    except BaseExceptionGroup as group:
        raise _only(group) from group


def _only(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error
