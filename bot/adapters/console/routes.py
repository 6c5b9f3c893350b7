"""The console put together: API, pages and the chat behind them, as routes for the entrance."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.adapters.console.actions import Actions
from bot.adapters.console.assets import Assets
from bot.adapters.console.changes import Changes
from bot.adapters.console.entry import Entry
from bot.adapters.console.live import Live
from bot.adapters.console.platform import ConsolePlatform
from bot.adapters.console.sessions import Sessions
from bot.adapters.console.sign_in import SEATS_ALONE, SignIn
from bot.adapters.console.site import Site
from bot.adapters.console.store import ConsoleStore
from bot.adapters.console.used_keys import UsedKeys
from bot.adapters.console.windows import VerbHelp, Windows
from bot.adapters.http.api import Api
from bot.adapters.http.routes import Route
from bot.ports import Clock, Ids
from bot.requests import Dispatch
from bot.usecases.seats import SeatLookup
from bot.usecases.views import Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """The console as a chat: its store, what wakes its windows, and the platform itself."""

    store: ConsoleStore
    changes: Changes
    platform: ConsolePlatform


@dataclass(frozen=True, slots=True, kw_only=True)
class Core:
    """What the console asks of the application."""

    dispatch: Dispatch
    reader: Reader
    seats: SeatLookup
    verbs: Sequence[VerbHelp] = ()


class Console:
    """Everything that people open: pages, commands, answers, live updates and the API.

    store = await ConsoleStore.open(folder / "console.sqlite3")
    changes = Changes()
    platform = ConsolePlatform(store, clock=clock, changes=changes, seated=seated)
    console = Console(
        core=Core(dispatch=dispatch, reader=reader, seats=seats, verbs=verbs),
        chat=Chat(store=store, changes=changes, platform=platform),
        clock=clock,
        ids=ids,
    )
    entrance.complete(people=console.routes())   # `ways`: how people sign in without a link
    await store.close()       # once the entrance has stopped
    """

    def __init__(
        self, *, core: Core, chat: Chat, clock: Clock, ids: Ids, ways: SignIn = SEATS_ALONE
    ) -> None:
        self._core = core
        self._ways = ways
        self._chat = chat
        self._clock = clock
        self._ids = ids

    def routes(self) -> tuple[Route, ...]:
        """Build every route."""
        core, chat, assets = self._core, self._chat, Assets.load()
        windows = Windows(
            reader=core.reader, store=chat.store, verbs=core.verbs, release=assets.release
        )
        entry = Entry(
            seats=core.seats,
            sessions=Sessions(chat.store, clock=self._clock, ids=self._ids),
            reader=core.reader,
            windows=windows,
            clock=self._clock,
            ways=self._ways,
        )
        return (
            *assets.routes(),
            *entry.routes(),
            *self._site(windows, entry).routes(),
            *self._actions(windows, entry).routes(),
            *self._live(windows, entry).routes(),
            *self._api().routes(),
        )

    def _site(self, windows: Windows, entry: Entry) -> Site:
        return Site(
            entry=entry,
            windows=windows,
            reader=self._core.reader,
            store=self._chat.store,
            clock=self._clock,
            ids=self._ids,
        )

    def _actions(self, windows: Windows, entry: Entry) -> Actions:
        return Actions(
            dispatch=self._core.dispatch,
            reader=self._core.reader,
            entry=entry,
            windows=windows,
            chat=self._chat.platform,
            clock=self._clock,
            ids=self._ids,
        )

    def _live(self, windows: Windows, entry: Entry) -> Live:
        return Live(
            entry=entry,
            windows=windows,
            store=self._chat.store,
            changes=self._chat.changes,
            clock=self._clock,
        )

    def _api(self) -> Api:
        core = self._core
        return Api(
            dispatch=core.dispatch,
            reader=core.reader,
            seats=core.seats,
            keys=UsedKeys(self._chat.store, clock=self._clock),
            ids=self._ids,
        )
