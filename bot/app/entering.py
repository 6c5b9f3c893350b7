"""What listens first: alerts are taken and health is told before anything else is imported."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.adapters.files import kept_secret, write_note
from bot.adapters.health import JournalHealth
from bot.adapters.http.entrance import Entrance, Intake, Listening
from bot.adapters.http.guard import LOOPBACK_NAMES
from bot.adapters.http.listening import Listen
from bot.adapters.http.proxies import NamedProxies
from bot.app.foundation import Foundation
from bot.config import Settings
from bot.usecases.ingest import Ingest
from handlers.alerts import SOURCES
from handlers.drill_source import DrillSource

if TYPE_CHECKING:
    from bot.adapters.http.tls import Certificate


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A Firewarden that serves: where, and with which ways in; `url` is what people open.

    `senders` is where alerts are sent to, as a URL without path.
    """

    console: str
    ingest: str
    url: str
    senders: str
    alert_token: str
    links: Mapping[str, str]
    drills: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """Secrets that are generated once and kept in the data folder."""

    alert: tuple[str, ...]
    drill: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """The open door. What is still `starting` keeps `/readyz` from saying ready."""

    entrance: Entrance
    certificate: "Certificate | None"
    health: JournalHealth
    tokens: Tokens
    starting: list[str]


async def entered(on: Foundation, stack: AsyncExitStack) -> Entered:
    """Listen: from here on alerts are durable and everything else waits for its part."""
    starting = ["starting"]
    tokens = kept_tokens(on)
    health = JournalHealth(journal=on.journal, clock=on.clock, starting=lambda: tuple(starting))
    ingest = Ingest(journal=on.journal, clock=on.clock, current=on.current)
    health.taking(ingest.taken)
    certificate = _certificate(on.settings)
    entrance = Entrance(
        listening=_listening(on.settings, certificate),
        intake=_intake(on.settings, tokens),
        alerts=ingest,
        health=health,
        clock=on.clock,
        ids=on.ids,
    )
    await entrance.start()
    stack.push_async_callback(entrance.stop)
    write_note(on.folder / "console.address", entrance.console_address)
    return Entered(
        entrance=entrance, certificate=certificate, health=health, tokens=tokens, starting=starting
    )


def kept_tokens(on: Foundation) -> Tokens:
    """Return the alert and drill tokens, generated where none is configured."""
    configured = on.settings.alert_tokens("")
    drill = kept_secret(on.folder / "drill.token", on.ids.secret())
    if configured:
        return Tokens(alert=configured, drill=drill)
    return Tokens(alert=(kept_secret(on.folder / "alert.token", on.ids.secret()),), drill=drill)


def _intake(settings: Settings, tokens: Tokens) -> Intake:
    secrets = {name: settings.alert_tokens(name) or tokens.alert for name in SOURCES}
    return Intake(
        sources={**SOURCES, DrillSource.name: DrillSource()},
        secrets={**secrets, DrillSource.name: (tokens.drill,)},
    )


def _certificate(settings: Settings) -> "Certificate | None":
    if settings.tls_cert is None or settings.tls_key is None:
        return None
    # Only who uses TLS of our own pays for it.
    from bot.adapters.http.tls import Certificate  # noqa: PLC0415 - as above

    return Certificate(settings.tls_cert, settings.tls_key)


def _listening(settings: Settings, certificate: "Certificate | None") -> Listening:
    embedded = settings.policy is None
    console = Listen(host=settings.listen.host, port=settings.listen.port, may_move=embedded)
    apart = settings.ingest_listen is not None and settings.ingest != settings.listen
    ingest = Listen(host=settings.ingest.host, port=settings.ingest.port) if apart else None
    return Listening(
        console=console,
        ingest=ingest,
        console_hosts=_hosts(settings),
        public=settings.public_origin,
        proxies=_proxies(settings),
        signs_in=settings.signs_in,
        tls=None if certificate is None else certificate.context,
    )


def _hosts(settings: Settings) -> frozenset[str]:
    """Return the names that the console answers to.

    Those of loopback are always among them: no page of elsewhere can be called that, and in an
    emergency somebody sits at this machine, or at the end of a tunnel to it.
    """
    host, url = settings.listen.host, settings.public_url
    # "Every address" is no name of ours, though browsers take it for this machine.
    own = frozenset({f"[{host}]" if ":" in host else host} - {"0.0.0.0", "[::]"})  # noqa: S104
    public = frozenset({url.host.lower()} if url is not None and url.host else ())
    return LOOPBACK_NAMES | own | public | {name.lower() for name in settings.allowed_hosts}


def _proxies(settings: Settings) -> NamedProxies | None:
    if not settings.proxies:
        return None
    return NamedProxies(
        settings.proxies, header=settings.identity_header or "", own=settings.listen.host
    )
