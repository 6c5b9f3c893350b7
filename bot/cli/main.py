"""Reads the command line, hands over to the command, and turns errors into messages and statuses."""

import argparse
import logging
import sys
from collections.abc import Callable, Sequence

from bot.config import Settings, load_settings
from bot.errors import FirewardenError, OperatorMistake

OK, FAILED, MISTAKE = 0, 1, 2
"""Exit statuses: done; could not; the configuration or the command line is wrong."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    arguments = _parser().parse_args(argv)
    command: Callable[[argparse.Namespace, Settings], int] = arguments.command
    try:
        settings = load_settings()
        logging.basicConfig(
            level=settings.log_level.value.upper(),
            format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        )
        return command(arguments, settings)
    except OperatorMistake as mistake:
        for fault in mistake.faults:
            print(fault, file=sys.stderr)
        return MISTAKE
    except FirewardenError as error:
        print(error, file=sys.stderr)
        return FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="firewarden", description="The fire warden of a production system."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    serve = commands.add_parser("serve", help="run Firewarden")
    serve.set_defaults(command=_serve)
    return parser


def _serve(_: argparse.Namespace, settings: Settings) -> int:
    from bot.cli import serve  # noqa: PLC0415 - other commands start without it

    return serve.run(settings, _say)


def _say(line: str) -> None:
    print(line, flush=True)
