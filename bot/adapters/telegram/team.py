"""Everything of one Telegram group, ready to be wired: chat, standings, pages and the way in."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from bot.adapters.http.routes import Route
from bot.adapters.telegram.accounts import Accounts, Linked
from bot.adapters.telegram.answering import Answering
from bot.adapters.telegram.api import TelegramApi
from bot.adapters.telegram.database import Database
from bot.adapters.telegram.ears import Ears
from bot.adapters.telegram.hearing import Cards, Hearing, Memory
from bot.adapters.telegram.people import TelegramPeople
from bot.adapters.telegram.places import Chats
from bot.adapters.telegram.platform import TelegramPlatform
from bot.adapters.telegram.rooms import Rooms
from bot.adapters.telegram.sending import Sending
from bot.adapters.telegram.starting import Starting, Webhook
from bot.adapters.telegram.store import TelegramStore
from bot.adapters.telegram.taking import Taking
from bot.adapters.telegram.talks import Talks
from bot.adapters.telegram.webhook import Door
from bot.domain.policy import Policy
from bot.ports import Clock
from bot.requests import Dispatch
from bot.usecases.commands import CommandNames


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Where the API is, what opens it, the group of the rooms, and channels by name."""

    api_url: str
    token: str = field(repr=False)
    group: int
    channels: Mapping[str, int]
    webhook: Webhook | None = None

    @property
    def bot(self) -> int:
        """The bot's own user id: what stands before the token's colon."""
        return int(self.token.partition(":")[0])


class TelegramTeam:
    """See the module. Nothing is asked of Telegram before something has to be sent or heard."""

    def __init__(
        self,
        *,
        access: Access,
        api: TelegramApi,
        database: Database,
        accounts: Accounts,
        clock: Clock,
    ) -> None:
        self._access = access
        self._api = api
        self._database = database
        self._accounts = accounts
        self._clock = clock
        self._store = TelegramStore(database)
        self._chats = Chats(self._store)
        self._sending = Sending(api=api, store=self._store, chats=self._chats)
        rooms = Rooms(
            api=api,
            store=self._store,
            sending=self._sending,
            chats=self._chats,
            group=access.group,
        )
        self.platform = TelegramPlatform(
            rooms=rooms,
            sending=self._sending,
            store=self._store,
            accounts=accounts,
            clock=clock,
            channels=access.channels,
        )
        self.people = TelegramPeople(api=api, chats=self._chats, clock=clock, group=access.group)
        self._ears = Ears(clock)
        self._listening: asyncio.Task[None] | None = None

    @classmethod
    def open(
        cls,
        access: Access,
        *,
        folder: Path,
        policy: Callable[[], Policy],
        linked: Linked,
        clock: Clock,
    ) -> Self:
        """`policy` is the one that holds when it is asked; `folder` gets the adapter's own file."""
        return cls(
            access=access,
            api=TelegramApi.open(token=access.token, base_url=access.api_url, clock=clock),
            database=Database.open(folder / "telegram.sqlite3"),
            accounts=Accounts(policy, linked),
            clock=clock,
        )

    def hear(
        self, *, dispatch: Dispatch, cards: Cards, tasks: asyncio.TaskGroup, names: CommandNames
    ) -> tuple[Route, ...]:
        """Begin to hear: by long polling, or over the returned route."""
        answering = Answering(api=self._api, sending=self._sending, chats=self._chats, tasks=tasks)
        talks = Talks(
            database=self._database,
            answering=answering,
            dispatch=dispatch,
            names=self._accounts.names,
            bot=self._access.bot,
        )
        hearing = Hearing(
            memory=Memory(store=self._store, chats=self._chats, sending=self._sending),
            answering=answering,
            talks=talks,
            dispatch=dispatch,
            cards=cards,
            names=names,
            bot=self._access.bot,
        )
        hook = self._access.webhook
        way = None if hook is None else (hook, Door(bot=self._api.bot, secret=hook.secret))
        starting = Starting(
            api=self._api,
            taking=Taking(hearing),
            talks=talks,
            ears=self._ears,
            clock=self._clock,
            names=names,
            way=way,
        )
        self._listening = tasks.create_task(starting.run())
        return () if way is None else (way[1].route(),)

    def faults(self) -> tuple[str, ...]:
        """Say what keeps the bot from hearing Telegram; nothing where all is well."""
        return self._ears.faults()

    def stop(self) -> None:
        """Hear nothing more."""
        if self._listening is not None:
            self._listening.cancel()

    async def close(self) -> None:
        """Close connections and file, once nothing is sent any more."""
        await self._api.close()
        await self._database.close()
