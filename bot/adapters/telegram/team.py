"""Everything of one Telegram group, ready to be wired: chat, standings, pages and the way in."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from bot.adapters.telegram.accounts import Accounts
from bot.adapters.telegram.api import TelegramApi
from bot.adapters.telegram.hearing import Hearing
from bot.adapters.telegram.pager import TelegramPager
from bot.adapters.telegram.people import TelegramPeople
from bot.adapters.telegram.platform import TelegramPlatform
from bot.adapters.telegram.store import TelegramStore
from bot.domain.policy import Policy
from bot.errors import Fault, OperatorMistake
from bot.ports import Clock
from bot.requests import Dispatch


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Where the API is, what opens it, the group of the topics, and channels by name."""

    api_url: str
    token: str = field(repr=False)
    group: int
    channels: Mapping[str, int]


class TelegramTeam:
    """See the module. Nothing is asked of Telegram before something has to be sent or heard."""

    def __init__(
        self,
        *,
        access: Access,
        api: TelegramApi,
        store: TelegramStore,
        accounts: Accounts,
        clock: Clock,
    ) -> None:
        self._access = access
        self._api = api
        self._store = store
        self._clock = clock
        self.platform = TelegramPlatform(
            api=api,
            store=store,
            accounts=accounts,
            clock=clock,
            group=access.group,
            channels=access.channels,
        )
        self.people = TelegramPeople(api=api, clock=clock, group=access.group)
        self.pager = TelegramPager(self.platform)
        self._listening: asyncio.Task[None] | None = None

    @classmethod
    def open(
        cls, access: Access, *, folder: Path, policy: Callable[[], Policy], clock: Clock
    ) -> Self:
        """`policy` is the one that holds when it is asked; `folder` gets the adapter's own file."""
        return cls(
            access=access,
            api=TelegramApi.open(token=access.token, base_url=access.api_url, clock=clock),
            store=TelegramStore.open(folder / "telegram.sqlite3"),
            accounts=Accounts(policy),
            clock=clock,
        )

    def hear(self, *, dispatch: Dispatch, tasks: asyncio.TaskGroup, command: str) -> None:
        """Begin to hear by long polling."""
        hearing = Hearing(
            api=self._api,
            store=self._store,
            dispatch=dispatch,
            clock=self._clock,
            command=command,
            bot=int(self._access.token.partition(":")[0]),
        )
        self._listening = tasks.create_task(hearing.run())

    def stop(self) -> None:
        """Hear nothing more."""
        if self._listening is not None:
            self._listening.cancel()

    async def close(self) -> None:
        """Close connections and file, once nothing is sent any more."""
        await self._api.close()
        await self._store.close()


def access(*, api_url: str, token: str, group: int | None, channels: str, webhook: bool) -> Access:
    """Read what the settings say; raises OperatorMistake with every fault."""
    faults = []
    if not token.partition(":")[0].isdecimal():
        faults.append(_fault("TELEGRAM_BOT_TOKEN is not <number>:<secret>", "copy it whole"))
    if group is None:
        faults.append(_fault("TELEGRAM_GROUP is missing", "write the id of the team's group"))
    if webhook:
        faults.append(_fault("TELEGRAM_WEBHOOK_URL is set", "unset it: updates are polled"))
    named: dict[str, int] = {}
    for pair in filter(None, channels.split(",")):
        name, _, ident = pair.strip().partition("=")
        if not name or not ident.removeprefix("-").isdecimal():
            faults.append(
                _fault(f"TELEGRAM_CHANNELS: {pair!r}", "write name=-100123, with commas between")
            )
        else:
            named[name] = int(ident)
    if faults or group is None:
        raise OperatorMistake(faults)
    return Access(api_url=api_url, token=token, group=group, channels=named)


def _fault(message: str, hint: str) -> Fault:
    return Fault(file="environment", message=message, hint=hint)
