"""The console put together: listeners, alerts, health, API, pages and the chat behind them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.adapters.console.actions import Actions
from bot.adapters.console.assets import Assets
from bot.adapters.console.changes import Changes
from bot.adapters.console.entry import Entry
from bot.adapters.console.live import Live
from bot.adapters.console.platform import ConsolePlatform
from bot.adapters.console.sessions import Sessions
from bot.adapters.console.site import Site
from bot.adapters.console.store import ConsoleStore
from bot.adapters.console.windows import VerbHelp, Windows
from bot.adapters.http.alerts import AlertIntake, AlertSource
from bot.adapters.http.api import Api
from bot.adapters.http.guard import LOOPBACK_NAMES, Door
from bot.adapters.http.health import Health, health_routes
from bot.adapters.http.listening import Listen
from bot.adapters.http.routes import Route
from bot.adapters.http.server import HttpServer
from bot.adapters.http.server import Site as Listener
from bot.errors import Fault, OperatorMistake
from bot.ports import Clock, Ids
from bot.requests import Dispatch
from bot.usecases.seats import SeatLookup
from bot.usecases.views import Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """Where to listen. `ingest` None = machines and people share `console`.

    `console_hosts` and `ingest_hosts` are host names without port; an empty set lets any name in.
    """

    console: Listen
    ingest: Listen | None = None
    console_hosts: frozenset[str] = LOOPBACK_NAMES
    ingest_hosts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """Alert senders: what reads them, and the bearer tokens that count now, by source."""

    sources: Mapping[str, AlertSource]
    secrets: Mapping[str, tuple[str, ...]] = field(repr=False)


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
    health: Health
    verbs: Sequence[VerbHelp] = ()


class ConsoleServer:
    """Serves everything over HTTP.

        store = await ConsoleStore.open(folder / "console.sqlite3")
        changes = Changes()
        platform = ConsolePlatform(store, clock=clock, changes=changes, seated=seated)
        server = ConsoleServer(
            core=Core(dispatch=dispatch, reader=reader, seats=seats, health=health, verbs=verbs),
            chat=Chat(store=store, changes=changes, platform=platform),
            intake=Intake(sources=SOURCES, secrets={"generic": (token,)}),
            listening=Listening(console=Listen(host="127.0.0.1", port=8080, may_move=True)),
            clock=clock,
            ids=ids,
        )
        await server.start()      # from here on requests are answered
        server.console_address    # "127.0.0.1:8080", or where it moved to
        await server.stop()
        await store.close()

    `extra` are routes of other adapters (Slack, Telegram) for the machines' listener.
    """

    def __init__(
        self,
        *,
        core: Core,
        chat: Chat,
        intake: Intake,
        listening: Listening,
        clock: Clock,
        ids: Ids,
        extra: Sequence[Route] = (),
    ) -> None:
        self._core = core
        self._chat = chat
        self._clock = clock
        self._ids = ids
        alerts = AlertIntake(
            dispatch=core.dispatch, clock=clock, sources=intake.sources, secrets=intake.secrets
        )
        machines = (alerts.route(), *health_routes(core.health), *extra)
        people = self._people()
        self.routes = (*people, *machines)
        self._http = HttpServer(_listeners(listening, machines, people), ids=ids)

    async def start(self) -> None:
        """Bind and answer; `OperatorMistake` where an address cannot be had."""
        await self._http.start()

    async def stop(self) -> None:
        """Stop answering; running requests are finished first."""
        await self._http.stop()

    @property
    def console_address(self) -> str:
        """`host:port` that people open, once started."""
        return self._http.addresses[0]

    @property
    def ingest_address(self) -> str:
        """`host:port` that alert senders use, once started."""
        return self._http.addresses[-1]

    def _people(self) -> tuple[Route, ...]:
        core, chat, assets = self._core, self._chat, Assets.load()
        windows = Windows(
            reader=core.reader, store=chat.store, verbs=core.verbs, release=assets.release
        )
        entry = Entry(
            seats=core.seats,
            sessions=Sessions(chat.store, clock=self._clock, ids=self._ids),
            reader=core.reader,
            windows=windows,
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
        return Api(dispatch=core.dispatch, reader=core.reader, seats=core.seats, ids=self._ids)


def _listeners(
    listening: Listening, machines: tuple[Route, ...], people: tuple[Route, ...]
) -> tuple[Listener, ...]:
    if not listening.console.loopback:
        raise OperatorMistake(
            [
                Fault(
                    file="FIREWARDEN_LISTEN",
                    message=f"the console may only listen on loopback, not on {listening.console}",
                    hint="machine endpoints may bind anywhere: FIREWARDEN_INGEST_LISTEN",
                )
            ]
        )
    door = Door(hosts=listening.console_hosts)
    shared = listening.ingest is None
    console = Listener(
        listen=listening.console,
        setting="FIREWARDEN_LISTEN",
        routes=(*people, *machines) if shared else people,
        door=door,
    )
    if listening.ingest is None:
        return (console,)
    ingest = Listener(
        listen=listening.ingest,
        setting="FIREWARDEN_INGEST_LISTEN",
        routes=machines,
        door=Door(hosts=listening.ingest_hosts),
    )
    return (console, ingest)
