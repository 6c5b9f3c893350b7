"""`firewarden restore`: a backup becomes the journal again, and nothing of it runs by itself."""

import argparse
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.adapters.clock import SystemClock
from bot.adapters.console import packing as console
from bot.adapters.files import FileAnchor, data_folder, journal_key
from bot.adapters.files.using import alone
from bot.adapters.sqlite.copying import copy_journal
from bot.adapters.sqlite.replacing import heads_in, replace_journal
from bot.adapters.telegram import packing as telegram
from bot.app.base import Base, opened
from bot.cli.command import OK, Configured, remark, run_until_done, say
from bot.cli.operator import operator
from bot.config import Settings
from bot.errors import Fault, OperatorMistake, Refused, UserMistake
from bot.redaction import Redactor
from bot.usecases.audit import Finding, audit, behind
from bot.usecases.restoring import Restored, Restoring

_JOURNAL = "journal.sqlite3"
_CONSOLE = "console.sqlite3"
_TELEGRAM = "telegram.sqlite3"
_KEY = "journal.key"


def add_to(parser: argparse.ArgumentParser) -> None:
    """See `Command`."""
    parser.description = (
        "Put a backup in the place of the journal; no bot may run meanwhile. What happened after "
        "the backup was taken is not in it, so nothing that it shows as begun or approved goes "
        "on by itself: commands under way are in doubt, approvals that were not used count for "
        "nothing. The journal that was there is set aside, never deleted. journal.key must be "
        "the one that the backup was written with. The console's rooms, and what Telegram cannot "
        "be asked for, come from the backup where there are none here."
    )
    parser.add_argument("backup", type=Path, metavar="FILE", help="what `backup` wrote")
    parser.add_argument("reason", nargs="+", metavar="REASON", help="why, for the record")
    parser.add_argument(
        "--replace",
        action="store_true",
        help="although the journal here holds events that the backup has not",
    )
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace, configured: Configured) -> int:
    settings = configured()
    words: list[str] = arguments.reason
    backup: Path = arguments.backup
    restore = _Restore(
        settings=settings,
        folder=data_folder(settings.data),
        backup=backup,
        reason=Redactor(settings.secrets()).redact(" ".join(words)),
        replace=bool(arguments.replace),
    )
    return run_until_done(restore.run())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Restore:
    """One restore; everything is made ready in a folder of its own before anything is replaced."""

    settings: Settings
    folder: Path
    backup: Path
    reason: str
    replace: bool

    async def run(self) -> int:
        with alone(self.folder):
            shutil.rmtree(self._draft, ignore_errors=True)  # of a restore that was killed
            try:
                self._copy_key()
                await copy_journal(self.backup, self._draft / _JOURNAL)
                await self._unpack()
                await self._put_in_place()
            finally:
                shutil.rmtree(self._draft, ignore_errors=True)
        return OK

    def _copy_key(self) -> None:
        key = self.folder / _KEY
        if not key.exists():
            message = "the key of the backup's chain is missing"
            hint = "put it here: it was journal.key beside the journal"
            raise OperatorMistake([Fault(file=str(key), message=message, hint=hint)])
        data_folder(self._draft)
        shutil.copy2(key, self._draft / _KEY)

    async def _unpack(self) -> None:
        """Take what chats keep out of the copy, to be put where there is none."""
        copy, key = self._draft / _JOURNAL, journal_key(self._draft)
        try:
            await console.unpack(copy, self._draft / _CONSOLE, key)
            await telegram.unpack(copy, self._draft / _TELEGRAM, key)
        except Refused as refused:
            raise Refused(f"{self.backup}: {refused}") from refused

    async def _put_in_place(self) -> None:
        anchor, journal = FileAnchor(self.folder / "anchor.jsonl"), self.folder / _JOURNAL
        async with opened(self.settings.model_copy(update={"data": self._draft})) as base:
            await self._refuse_damaged(base)
            lost = await self._refuse_newer(base, journal)
            known = {item.stream: item.head for item in await anchor.latest()}
            published = await behind(base.journal, known)
            restored = await Restoring(
                journal=base.journal,
                archive=base.archive,
                incidents=base.incidents,
                system=base.system,
            ).begin_epoch(operator(), self.reason, above=await anchor.epoch())
            heads = await base.journal.heads()
        aside = self.folder / f"journal-before-epoch-{restored.epoch}.sqlite3"
        # First, so that an older journal that is still in place does not start any more.
        await anchor.begin_epoch(restored.epoch, self.reason, heads, SystemClock().now())
        self._put_rooms(_CONSOLE, "The console's rooms are those of the backup.")
        self._put_rooms(_TELEGRAM, "Telegram's topics and messages are those of the backup.")
        existed = await replace_journal(journal, self._draft / _JOURNAL, aside)
        self._tell(restored, lost, published, aside if existed else None)

    def _put_rooms(self, store: str, words: str) -> None:
        """Take what a chat kept; one that is there has what came after the backup, too."""
        if (self._draft / store).exists() and not (self.folder / store).exists():
            (self._draft / store).replace(self.folder / store)
            say(words)

    async def _refuse_damaged(self, base: Base) -> None:
        found = await audit(base.journal, base.archive, base.anchor)
        if found.findings:
            raise Refused(f"{self.backup} is not as it was written: {found.findings[0]}")

    async def _refuse_newer(self, base: Base, journal: Path) -> Sequence[Finding]:
        """Return what the journal holds and the backup does not, where that may be set aside."""
        try:
            heads = await heads_in(journal)
        except Refused as unreadable:
            if self.replace:
                remark(str(unreadable))
                return ()
            raise UserMistake(f"{unreadable}. Set it aside with --replace.") from unreadable
        lost = await behind(base.journal, {item.stream: item.head for item in heads})
        if lost and not self.replace:
            message = f"{journal} holds what {self.backup} has not: {lost[0]}."
            raise UserMistake(f"{message} Set it aside with --replace.")
        return lost

    def _tell(
        self,
        restored: Restored,
        lost: Sequence[Finding],
        published: Sequence[Finding],
        aside: Path | None,
    ) -> None:
        until = f" up to {restored.until:%Y-%m-%d %H:%M:%S} UTC" if restored.until else ""
        say(f"Restored{until}; {restored}")
        if lost or published:
            streams = {finding.stream for finding in (*lost, *published)}
            say(f"Of {len(streams)} streams later events are known that the backup has not.")
        if aside is not None:
            say(f"The journal that was here: {aside}")
        say("Freezes, seats and tokens are those of the backup: do again what was done since.")

    @property
    def _draft(self) -> Path:
        return self.folder / "restoring"
