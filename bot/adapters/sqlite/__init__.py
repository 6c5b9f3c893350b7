"""The embedded journal: one SQLite file through sqlite-utils, one writer, group commit."""

from bot.adapters.sqlite.journal import SqliteJournal

__all__ = ["SqliteJournal"]
