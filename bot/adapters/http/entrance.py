"""The listeners: machines are answered as soon as they listen, people once their pages are built.

An alert must be durable within a second of the start, while pages, commands and hosts are still
being put together; who asks for one of those meanwhile waits for it.
"""

import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from http import HTTPStatus

from bot.adapters.http.alerts import AlertIntake, AlertSource, TakesAlerts
from bot.adapters.http.guard import LOOPBACK_NAMES, Door
from bot.adapters.http.health import Health, health_routes
from bot.adapters.http.listening import Listen
from bot.adapters.http.proxies import NamedProxies
from bot.adapters.http.raw import RawHead, RawResponse, text
from bot.adapters.http.routes import Route
from bot.adapters.http.server import HttpServer, Site
from bot.errors import Fault, OperatorMistake
from bot.ports import Clock, Ids


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """Where to listen. `ingest` None = machines and people share `console`.

    `console_hosts` and `ingest_hosts` are host names without port; an empty set lets any name in.
    `public` is the console's origin as people reach it, "" = its own address. `signs_in` tells
    that people prove who they are by more than a seat's link: only then may the console be
    reached from elsewhere, and only over `tls` or through `proxies`.
    """

    console: Listen
    ingest: Listen | None = None
    console_hosts: frozenset[str] = LOOPBACK_NAMES
    ingest_hosts: frozenset[str] = frozenset()
    public: str = ""
    proxies: NamedProxies | None = None
    signs_in: bool = False
    tls: ssl.SSLContext | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """Alert senders: what reads them, and the bearer tokens that count now, by source."""

    sources: Mapping[str, AlertSource]
    secrets: Mapping[str, tuple[str, ...]] = field(repr=False)


class Entrance:
    """Where everything comes in over HTTP.

        entrance = Entrance(
            listening=Listening(console=Listen(host="127.0.0.1", port=8080, may_move=True)),
            intake=Intake(sources=SOURCES, secrets={"generic": (token,)}),
            alerts=ingest,
            health=health,
            clock=clock,
            ids=ids,
        )
        await entrance.start()                # alerts and health are answered from here on
        entrance.complete(people=pages.routes, machines=slack_routes)
        entrance.console_address              # "127.0.0.1:8080", or where it moved to
        await entrance.stop()

    `routes` are those that are there by now.
    """

    def __init__(
        self,
        *,
        listening: Listening,
        intake: Intake,
        alerts: TakesAlerts,
        health: Health,
        clock: Clock,
        ids: Ids,
    ) -> None:
        taking = AlertIntake(
            alerts=alerts, clock=clock, sources=intake.sources, secrets=intake.secrets
        )
        self.routes: tuple[Route, ...] = (taking.route(), *health_routes(health))
        self._listening = listening
        self._shared = listening.ingest is None
        self._http = HttpServer(_sites(listening, self.routes), ids=ids, more_to_come=True)

    async def start(self) -> None:
        """Bind and answer; `OperatorMistake` where an address cannot be had."""
        await self._http.start()

    def complete(self, *, people: Sequence[Route], machines: Sequence[Route] = ()) -> None:
        """Take the routes of people, and those of other adapters for the machines' listener."""
        people = tuple(self._guarded(route) for route in people)
        self.routes = (*people, *self.routes, *machines)
        if self._shared:
            self._http.complete([(*people, *machines)])
        else:
            self._http.complete([people, machines])

    async def stop(self) -> None:
        """Stop answering; running requests are finished first. Twice does no harm."""
        await self._http.stop()

    def _guarded(self, route: Route) -> Route:
        """Let people of elsewhere in through a named proxy alone: words in the clear are no secret.

        Whoever sits at this machine (a seat's link in an emergency) needs none.
        """
        proxies = self._listening.proxies
        if proxies is None or self._listening.tls is not None:
            return route
        closed = text(
            HTTPStatus.FORBIDDEN, "Come through the proxy: this address is not for people."
        )

        def admit(head: RawHead) -> RawResponse | None:
            return route.admit(head) if proxies.let_through(head.peer) else closed

        return replace(route, admit=admit)

    @property
    def console_address(self) -> str:
        """`host:port` that people open, once started."""
        return self._http.addresses[0]

    @property
    def ingest_address(self) -> str:
        """`host:port` that alert senders use, once started."""
        return self._http.addresses[-1]


def _sites(listening: Listening, machines: tuple[Route, ...]) -> tuple[Site, ...]:
    _refuse_to_be_open(listening)
    shared = listening.ingest is None
    console = Site(
        listen=listening.console,
        setting="FIREWARDEN_LISTEN",
        routes=machines if shared else (),
        door=Door(hosts=listening.console_hosts, public=listening.public),
        proxies=listening.proxies,
        tls=listening.tls,
    )
    if listening.ingest is None:
        return (console,)
    ingest = Site(
        listen=listening.ingest,
        setting="FIREWARDEN_INGEST_LISTEN",
        routes=machines,
        door=Door(hosts=listening.ingest_hosts),
    )
    return (console, ingest)


def _refuse_to_be_open(listening: Listening) -> None:
    """Hold what the settings promise, in more words, for whoever builds an entrance."""
    private = listening.tls is not None or listening.proxies is not None
    if listening.console.loopback or (private and listening.signs_in):
        return
    raise OperatorMistake(
        [
            Fault(
                file="FIREWARDEN_LISTEN",
                message=f"the console may only listen on loopback, not on {listening.console}",
                hint="machine endpoints may bind anywhere: FIREWARDEN_INGEST_LISTEN",
            )
        ]
    )
