"""Reads the command line, hands over to one command, and turns errors into words and statuses."""

import argparse
import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module, metadata
from typing import TYPE_CHECKING, cast

from bot.cli.command import FAILED, MISTAKE, OK, Command, Run, remark, say
from bot.cli.overview import ENTRIES, Entry, overview
from bot.errors import FirewardenError, OperatorMistake, UserMistake

if TYPE_CHECKING:
    from bot.config import Settings

INTERRUPTED = 130
"""128 and the number of SIGINT, as shells count."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    words = sys.argv[1:] if argv is None else list(argv)
    if not words or words[0] in {"-h", "--help", "help"}:
        say(overview())
        return OK
    if words[0] in {"-V", "--version"}:
        say(f"firewarden {metadata.version('firewarden')}")
        return OK
    entry = ENTRIES.get(words[0])
    if entry is None:
        remark(*_unknown(words[0]))
        return MISTAKE
    return _run(entry, words[1:])


def _run(entry: Entry, words: Sequence[str]) -> int:
    # By name, so that `serve` starts without the imports of a dozen other commands.
    command = _imported(entry)
    parser = argparse.ArgumentParser(prog=f"firewarden {entry.name}", allow_abbrev=False)
    command.add_to(parser)
    arguments = parser.parse_args(words)
    run: Run = arguments.run
    try:
        return run(arguments, _configured)
    except OperatorMistake as mistake:
        remark(*(str(fault) for fault in mistake.faults))
        return MISTAKE
    except UserMistake as mistake:
        remark(mistake.message, *([f"Usage: {mistake.usage}"] if mistake.usage else []))
        return MISTAKE
    except FirewardenError as error:
        remark(str(error))
        return FAILED
    except BrokenPipeError:
        # Whoever read the answer has heard enough (`| head`).
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except KeyboardInterrupt:
        return INTERRUPTED


def _imported(entry: Entry) -> Command:
    """Import a command without garbage collection, which only takes a tenth more time here."""
    gc.disable()
    try:
        return cast("Command", import_module(f"bot.cli.{entry.module}"))
    finally:
        gc.enable()


def _configured() -> "Settings":
    # Late: `_imported` has loaded most of it for the command, and `--version` needs none of it.
    from bot.adapters.logs import start_log  # noqa: PLC0415 - as said above
    from bot.config import load_settings  # noqa: PLC0415 - as above
    from bot.config.settings import LogFormat  # noqa: PLC0415 - as above
    from bot.redaction import Redactor  # noqa: PLC0415 - as above

    settings = load_settings()
    start_log(
        settings.log_level.value,
        Redactor(settings.secrets()),
        as_json=settings.log_format is LogFormat.JSON,
    )
    return settings


def _unknown(word: str) -> list[str]:
    from difflib import get_close_matches  # noqa: PLC0415 - only a mistake needs it

    close = get_close_matches(word, ENTRIES, n=1)
    hint = f" Did you mean `firewarden {close[0]}`?" if close else ""
    return [f"There is no command “{word}”.{hint}", "`firewarden` alone lists them."]
