"""Slack as a source of standings: what users.info says of an account, at most a minute old."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final

from bot.adapters.slack.accounts import PLATFORM
from bot.adapters.slack.web import Answer, Denied, SlackWeb, inner, text_in
from bot.errors import Unavailable
from bot.ports import Clock, StandingAnswer, StandingKind

_FRESH: Final = timedelta(seconds=60)
_SOON: Final = timedelta(seconds=30)
"""From when on it is asked again beside whoever needs it."""
_SILENT: Final = timedelta(seconds=5)
"""How long after a failed question nobody else is made to wait for the same silence."""
_REMEMBERED: Final = 2000
_SLACKBOT: Final = "USLACKBOT"
_NOBODY: Final = frozenset({"user_not_found", "user_not_visible"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Failed:
    """A question that Slack did not answer, and until when it is not asked again."""

    until: float
    why: str


class SlackPeople:
    """`People` for Slack accounts; one that cannot be asked about raises `Unavailable`."""

    def __init__(self, *, web: SlackWeb, clock: Clock) -> None:
        self._web = web
        self._clock = clock
        self._home = ""
        self._known: dict[str, StandingAnswer] = {}
        self._failed: _Failed | None = None
        self._asking: dict[str, asyncio.Task[StandingAnswer]] = {}

    async def standing(self, platform: str, account: str) -> StandingAnswer:
        """Return the account's standing, at most a minute old.

        Whoever goes on is asked about again before the minute is over, and waits for nothing.
        """
        now = self._clock.now()
        if platform != PLATFORM:
            return StandingAnswer(kind=StandingKind.UNKNOWN, checked_at=now)
        known = self._known.get(account)
        if known is not None and timedelta() <= now - known.checked_at < _FRESH:
            if now - known.checked_at >= _SOON and not self._is_silent:
                self._ask(account)
            return known
        if self._failed is not None and self._is_silent:
            raise Unavailable(self._failed.why)
        self._ask(account)
        try:
            return await asyncio.shield(self._asking[account])
        except asyncio.CancelledError:
            # Whoever asks may have given up while Slack was silent: that is an answer, too.
            self._note_silence()
            raise

    async def close(self) -> None:
        """Ask nothing more."""
        for question in self._asking.values():
            question.cancel()
        await asyncio.gather(*self._asking.values(), return_exceptions=True)

    @property
    def _is_silent(self) -> bool:
        return self._failed is not None and self._clock.monotonic() < self._failed.until

    def _note_silence(self) -> None:
        until = self._clock.monotonic() + _SILENT.total_seconds()
        self._failed = _Failed(until=until, why="Slack does not say who somebody is")

    def _ask(self, account: str) -> None:
        """Ask, where the question is not under way already.

        Its answer is kept, also where nobody waits for it any more: over a slow link they would
        all give up, one after the other, and nobody would ever be known.
        """
        if account not in self._asking:
            self._asking[account] = asyncio.create_task(self._answer(account))
            self._asking[account].add_done_callback(partial(self._ended, account))

    def _ended(self, account: str, question: "asyncio.Task[StandingAnswer]") -> None:
        self._asking.pop(account, None)
        if not question.cancelled():
            question.exception()  # whoever waits for it has heard; where nobody does it is noted

    async def _answer(self, account: str) -> StandingAnswer:
        now = self._clock.now()
        try:
            kind, email = await self._asked(account)
        except Unavailable:
            self._note_silence()
            raise
        self._failed = None
        answer = StandingAnswer(kind=kind, checked_at=now, email=email)
        self._known.pop(account, None)
        self._known[account] = answer
        if len(self._known) > _REMEMBERED:
            del self._known[next(iter(self._known))]
        return answer

    async def _asked(self, account: str) -> tuple[StandingKind, str]:
        team, _, user = account.rpartition("/")
        try:
            # Kept once it is known: over a slow link only the first question of all needs both.
            home = await self._of_home()
            answer = await self._web.ask("users.info", user=user)
        except Denied as denied:
            kind = StandingKind.STRANGER if denied.error in _NOBODY else StandingKind.UNKNOWN
            return kind, ""
        found = inner(answer, "user")
        kind = kind_of(found, team, home)
        return kind, confirmed_email(found) if kind is StandingKind.ACTIVE else ""

    async def _of_home(self) -> str:
        """Return the workspace that the bot belongs to; people of any other are strangers here."""
        if not self._home:
            self._home = text_in(await self._web.ask("auth.test"), "team_id")
        return self._home


def confirmed_email(user: Answer) -> str:
    """Return the e-mail address that an account has proved to be its own, "" where it has not."""
    confirmed = user.get("is_email_confirmed") is True
    return text_in(inner(user, "profile"), "email") if confirmed else ""


def kind_of(user: Answer, team: str, home: str) -> StandingKind:
    """Return what users.info says of an account of `team` to a bot of the workspace `home`."""
    if user.get("deleted") is not False:
        return StandingKind.DEACTIVATED
    if user.get("is_bot") is True or user.get("is_workflow_bot") is True:
        return StandingKind.BOT
    if text_in(user, "id") == _SLACKBOT:
        return StandingKind.BOT  # which Slack calls no bot
    if user.get("is_stranger") is True or team not in {text_in(user, "team_id"), *_orgs(user)}:
        return StandingKind.STRANGER
    if home not in {team, *_orgs(user)}:
        return StandingKind.STRANGER
    if user.get("is_invited_user") is True:
        return StandingKind.UNKNOWN  # nobody has taken the account yet
    if user.get("is_restricted") is not False or user.get("is_ultra_restricted") is True:
        return StandingKind.GUEST
    return StandingKind.ACTIVE


def _orgs(user: Answer) -> frozenset[str]:
    """Return the workspaces of an Enterprise Grid that an account belongs to."""
    teams = inner(user, "enterprise_user").get("teams")
    listed = teams if isinstance(teams, list) else []
    return frozenset(team for team in listed if isinstance(team, str))
