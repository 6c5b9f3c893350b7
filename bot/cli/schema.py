"""`firewarden schema`: JSON Schemas, so that editors complete keys and mark mistakes."""

import argparse
import json
from collections.abc import Callable, Mapping
from typing import Final

from bot.cli.command import OK, Configured, say
from bot.config import policy_schema
from bot.values import Json
from runbooks.schema import fixtures_schema, runbook_schema

_SCHEMAS: Final[Mapping[str, Callable[[], Json]]] = {
    "policy": policy_schema,
    "runbook": runbook_schema,
    "cases": fixtures_schema,
}


def add_to(parser: argparse.ArgumentParser) -> None:
    """See `Command`."""
    parser.description = "Print a JSON Schema: of the policy, of a runbook, or of its test cases."
    kinds = sorted(_SCHEMAS)
    parser.add_argument("of", choices=kinds, metavar=" | ".join(kinds), help="what it describes")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace, _: Configured) -> int:
    say(json.dumps(_SCHEMAS[arguments.of](), indent=2, ensure_ascii=False))
    return OK
