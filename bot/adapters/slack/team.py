"""Everything of one Slack workspace, ready to be wired: chat, standings, pages and ways in."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

from bot.adapters.http.routes import Route
from bot.adapters.slack.accounts import Accounts
from bot.adapters.slack.bar import SlackBar
from bot.adapters.slack.directory import Directory
from bot.adapters.slack.door import Door
from bot.adapters.slack.echoes import Echoes
from bot.adapters.slack.groups import SlackGroups
from bot.adapters.slack.hearing import Hearing
from bot.adapters.slack.home import HomeReader, Homes
from bot.adapters.slack.people import SlackPeople
from bot.adapters.slack.platform import SlackPlatform
from bot.adapters.slack.replays import JournalReplays
from bot.adapters.slack.sockets import Sockets
from bot.adapters.slack.watching import Watching
from bot.adapters.slack.web import SlackWeb
from bot.domain.policy import Policy
from bot.ports import Clock, Journal
from bot.requests import Dispatch


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Where the API is and what opens it; an empty signing secret or app token closes that way."""

    api_url: str
    bot_token: str = field(repr=False)
    signing_secret: str = field(default="", repr=False)
    app_token: str = field(default="", repr=False)


class SlackTeam:
    """See the module. Nothing is asked of Slack before something has to be sent or heard."""

    def __init__(self, *, access: Access, web: SlackWeb, accounts: Accounts, clock: Clock) -> None:
        self._access = access
        self._web = web
        self._clock = clock
        self._echoes = Echoes(clock)
        self.platform = SlackPlatform(web=web, accounts=accounts, clock=clock, echoes=self._echoes)
        self.people = SlackPeople(web=web, clock=clock)
        self.bar = SlackBar(web)
        self.groups = SlackGroups(web=web, clock=clock)
        self._homes: Homes | None = None
        self._sockets: Sockets | None = None
        self._watching = Watching(web=web, clock=clock, echoes=self._echoes)
        self._listening: list[asyncio.Task[None]] = []

    @classmethod
    def open(cls, access: Access, *, policy: Callable[[], Policy], clock: Clock) -> Self:
        """Needs a running event loop; `policy` is the one that holds when it is asked."""
        web = SlackWeb.open(token=access.bot_token, base_url=access.api_url, clock=clock)
        accounts = Accounts(policy, Directory(web=web, clock=clock).user)
        return cls(access=access, web=web, accounts=accounts, clock=clock)

    def hear(
        self,
        *,
        dispatch: Dispatch,
        cards: HomeReader,
        journal: Journal,
        tasks: asyncio.TaskGroup,
        command: str,
    ) -> tuple[Route, ...]:
        """Begin to hear: over Socket Mode where there is a token, over the returned routes."""
        hearing = Hearing(
            web=self._web,
            dispatch=dispatch,
            cards=cards,
            clock=self._clock,
            tasks=tasks,
            command=command,
            echoes=self._echoes,
        )
        self._homes = hearing.homes
        self._listening.append(tasks.create_task(hearing.homes.run()))
        self._listening.append(tasks.create_task(self._watching.run()))
        access = self._access
        if access.app_token:
            self._sockets = Sockets(
                app=hearing.app,
                token=access.app_token,
                base_url=access.api_url,
                clock=self._clock,
                echoes=self._echoes,
            )
            self._listening.append(tasks.create_task(self._sockets.run()))
        if not access.signing_secret:
            return ()
        door = Door(
            app=hearing.app,
            secret=access.signing_secret,
            clock=self._clock,
            replays=JournalReplays(journal=journal, clock=self._clock, tasks=tasks),
        )
        return (door.route(),)

    def faults(self) -> tuple[str, ...]:
        """Say what keeps Slack from being told or heard now, for whoever watches the bot."""
        closed = () if self._sockets is None else self._sockets.faults()
        return (*closed, *self._watching.faults())

    def changed(self) -> None:
        """Say that what people see on the bot's Home may have changed."""
        if self._homes is not None:
            self._homes.changed()

    def stop(self) -> None:
        """Hear nothing more over Socket Mode, and publish nothing more."""
        for task in self._listening:
            task.cancel()

    async def close(self) -> None:
        """Close the connections to the Web API, once nothing is sent any more."""
        await self.people.close()
        await self._web.close()
