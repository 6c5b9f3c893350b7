"""What a benchmark counts in the journal of the bot that it measured."""

import sqlite3
from contextlib import closing
from pathlib import Path


def notes_in(folder: Path) -> int:
    """Return how many notes are in the journal of the bot that runs in `folder`."""
    with closing(sqlite3.connect(folder / "data" / "journal.sqlite3")) as journal:
        query = "SELECT count(*) FROM records WHERE type = 'NoteAdded'"
        return int(journal.execute(query).fetchone()[0])
