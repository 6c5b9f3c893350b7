"""The log: one line of text for eyes or one JSON object for a collector, and no secret in either.

Everything goes to standard error. Text of others cannot forge a line: control characters are shown
and further lines are indented.
"""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import TextIO

from bot.redaction import Redactor
from bot.usecases.about import INCIDENT, REQUEST
from cards.plaintext import visible_line


def start_log(level: str, redactor: Redactor, *, as_json: bool, to: TextIO | None = None) -> None:
    """Send every record of this process through here from now on; `level` as in `logging`."""
    root = logging.getLogger()
    for handler in [h for h in root.handlers if isinstance(h, _Handler)]:
        root.removeHandler(handler)
    root.addHandler(_Handler(to or sys.stderr, _Json(redactor) if as_json else _Text(redactor)))
    root.setLevel(level.upper())


def hold_secrets(redactor: Redactor) -> None:
    """Take these secrets out of the log too; they were made or read after it was started."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler, _Handler):
            handler.lines.redactor = redactor


class _Lines(logging.Formatter):
    """What both forms share: the secrets, the moment, the context."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self.redactor = redactor

    def message(self, record: logging.LogRecord) -> str:
        return self.redactor.redact(record.getMessage())

    def trace(self, record: logging.LogRecord) -> str:
        error = self.formatException(record.exc_info) if record.exc_info else ""
        return self.redactor.redact(error)


class _Handler(logging.StreamHandler[TextIO]):
    """Ours, so that it can be found again."""

    def __init__(self, stream: TextIO, lines: _Lines) -> None:
        super().__init__(stream)
        self.lines = lines
        self.setFormatter(lines)


class _Text(_Lines):
    def format(self, record: logging.LogRecord) -> str:
        message, *more = self.message(record).splitlines() or [""]
        head = f"{_moment(record)} {record.levelname:<7} {record.name}: {visible_line(message)}"
        words = [f"{name}={visible_line(value)}" for name, value in _context().items()]
        rest = [f"    {visible_line(line)}" for line in (*more, *self.trace(record).splitlines())]
        return "\n".join([" ".join([head, *words]), *rest])


class _Json(_Lines):
    def format(self, record: logging.LogRecord) -> str:
        said = {
            "at": _moment(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": self.message(record),
            **_context(),
        }
        trace = self.trace(record)
        return json.dumps({**said, "error": trace} if trace else said, ensure_ascii=False)


def _moment(record: logging.LogRecord) -> str:
    at = datetime.fromtimestamp(record.created, UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z"


def _context() -> dict[str, str]:
    known = {"request": REQUEST.get(), "incident": INCIDENT.get()}
    return {name: value for name, value in known.items() if value}
