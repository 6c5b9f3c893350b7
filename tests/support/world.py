"""A whole Firewarden without its edges: real desks, delivery and handlers on journals in memory.

    async with World() as world:
        reply = await world.say("commander", "/incident declare sev2 checkout is down")
        await world.settled()
        await world.say("commander", "/incident update we are on it", at=await world.room())

Time stands still until `world.move(...)`. The chat is `world.chat` (platform `console`), whose
rooms and cards are plain attributes. Whoever speaks is a seat's name, or `platform:account`.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from types import TracebackType
from typing import Self

from bot.adapters.files import read_catalogue, read_texts
from bot.adapters.memory.chat import MemoryChat
from bot.adapters.memory.journal import MemoryJournal
from bot.config.policy_file import default_policy
from bot.domain.policy import Group, Policy
from bot.domain.state import Incident
from bot.errors import Refused, Unavailable
from bot.ports import (
    Attempt,
    ChatPlatform,
    Check,
    CommandExecutor,
    CommandResult,
    Ids,
    Journal,
    ProbeResult,
    Receipt,
    StandingAnswer,
    StandingKind,
)
from bot.records.rows import IncidentRow
from bot.redaction import Redactor
from bot.requests import AlertsReceived, CardAnswer, MessageSaid, Reply, Sender, SlashCommand
from bot.usecases.archive import Archive
from bot.usecases.carriers import Inside, Outside, delivery_over
from bot.usecases.chat_pager import ChatPager
from bot.usecases.commands import CommandNames, Core
from bot.usecases.current import Current
from bot.usecases.delivering.carrier import Carrier
from bot.usecases.delivery import Delivery
from bot.usecases.desks import desks_over
from bot.usecases.identity import Identity
from bot.usecases.ingest import Ingest
from bot.usecases.reading import Reading
from bot.usecases.rendering import Rendering
from bot.usecases.seats import TokenKind
from bot.usecases.views import Viewer
from bot.values import (
    CardId,
    ConversationRef,
    Host,
    HostName,
    RemoteCommand,
    StreamRef,
    Untrusted,
)
from cards import plain
from cards.model import Card
from cards.texts import Texts
from handlers.router import Router
from tests.support.clock import CountedIds, MovedClock

PRACTICE = Host(
    name=HostName("practice"),
    address="127.0.0.1",
    port=2222,
    service="practice",
    host_key="ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHtests",
    observe_user="observe",
    observe_key_file="observe.key",
    change_user="change",
    change_key_file="change.key",
    practice=True,
)

SEATED = (Group.READER, Group.RESPONDER, Group.APPROVER, Group.COMMUNICATIONS)
"""Groups of the two seats of the embedded default."""

_ASLEEP = 500
"""Turns without any change after which whoever still works is waiting for the clock."""

_TURNS = 20_000
"""Turns of the event loop after which a world that never comes to rest is a fault."""


class Standings:
    """`People` whose answers a test sets; an account that nobody spoke of is active."""

    def __init__(self, clock: MovedClock) -> None:
        self._clock = clock
        self.kinds: dict[tuple[str, str], StandingKind] = {}
        self.emails: dict[tuple[str, str], str] = {}
        self.fault: Exception | None = None

    async def standing(self, platform: str, account: str) -> StandingAnswer:
        if self.fault is not None:
            raise self.fault
        kind = self.kinds.get((platform, account), StandingKind.ACTIVE)
        email = self.emails.get((platform, account), "") if kind is StandingKind.ACTIVE else ""
        return StandingAnswer(kind=kind, checked_at=self._clock.now(), email=email)


class UnreachableHosts:
    """`CommandExecutor` whose hosts are never there: nothing begins, everything is tried again."""

    async def boot_id(self, host: Host) -> str:
        raise Unavailable(f"{host.name} cannot be reached")

    async def preflight(
        self, host: Host, sudo: Sequence[Sequence[str]] = (), *, changes: bool = True
    ) -> Sequence[Check]:
        return (Check(name="reachable", passed=False, detail=f"{host.name} cannot be reached"),)

    async def run(
        self, host: Host, command: RemoteCommand, attempt: Attempt, boot_id: str = ""
    ) -> CommandResult:
        raise Unavailable(f"{host.name} cannot be reached")

    async def stop(self, host: Host, attempt: Attempt) -> None:
        raise Unavailable(f"{host.name} cannot be reached")

    async def inquire(self, host: Host, attempt: Attempt, boot_id: str) -> Receipt:
        raise Unavailable(f"{host.name} cannot be reached")

    async def close(self) -> None:
        return


class NoProbe:
    """`Probe` of a world without web addresses."""

    async def get(self, url: str, timeout: timedelta) -> ProbeResult:  # noqa: ASYNC109 - the port's
        raise Refused(f"this world has no {url}")


class DrillBook:
    """`DrillGround` that only writes down which drills were to begin."""

    def __init__(self) -> None:
        self.begun: list[tuple[str, str]] = []

    async def begin(self, scenario: str, drill: str) -> None:
        self.begun.append((scenario, drill))


class World:
    """See the module. `policy` None = the embedded default with its practice host.

    Everybody with a console account of the policy has a seat of that name.
    """

    def __init__(
        self,
        *,
        policy: Policy | None = None,
        documents: Mapping[str, str] | None = None,
        executor: CommandExecutor | None = None,
        names: CommandNames | None = None,
        secrets: tuple[str, ...] = (),
        journal: Journal | None = None,
        ids: Ids | None = None,
        requests: str = "request",
    ) -> None:
        embedded = replace(default_policy(), hosts={PRACTICE.name: PRACTICE})
        self.clock = MovedClock()
        self.ids: Ids = ids or CountedIds()
        self.journal: Journal = journal or MemoryJournal(ids=self.ids)
        self.current = Current(
            policy=policy or embedded,
            documents=read_catalogue(None) if documents is None else documents,
        )
        self.people = Standings(self.clock)
        self.drills = DrillBook()
        self.beside: dict[str, ChatPlatform] = {}
        """Platforms beside the console, which a test adds before it opens the world."""
        self.chat = MemoryChat(people=frozenset(self.current.policy.people), platform="console")
        self.rendering = Rendering(
            journal=self.journal,
            clock=self.clock,
            current=self.current,
            texts=Texts(read_texts(None)),
            names=names,
        )
        self._embedded = policy is None
        self._executor = executor or UnreachableHosts()
        self._names = names or CommandNames()
        self._redactor = Redactor(secrets)
        self._archive = Archive(journal=self.journal, key=b"a key for the chain")
        self._prefix, self._requests = requests, 0
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        tasks = await self._stack.enter_async_context(asyncio.TaskGroup())
        self._open_desks(tasks)
        self.identity = Identity(
            current=self.current, seats=self.seats, people=self.people, links=self.links
        )
        self.reading = Reading(
            journal=self.journal,
            desk=self.incidents,
            identity=self.identity,
            rendering=self.rendering,
            current=self.current,
        )
        self.core = Core(
            journal=self.journal,
            incidents=self.incidents,
            system=self.system,
            reading=self.reading,
            rendering=self.rendering,
            identity=self.identity,
            links=self.links,
            current=self.current,
            redactor=self._redactor,
            clock=self.clock,
            ids=self.ids,
            names=self._names,
        )
        self.ingest = Ingest(journal=self.journal, clock=self.clock, current=self.current)
        self.router = Router(core=self.core)
        self.delivery = self._delivery()
        self._tasks = tasks
        self._delivering = tasks.create_task(self.delivery.run())
        self._stack.callback(self._stop)
        for person in self.current.policy.people.values():
            for platform, account in person.accounts:
                if platform == "console" and await self.seats.seat(account) is None:
                    await self.seats.add(account, person.id, SEATED if self._embedded else ())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # Not handed to the task group, which would wrap a failed assertion in a group.
        del kind, trace
        if error is not None:
            self._delivering.cancel()  # it may be waiting for a moment that never comes
        await self._stack.aclose()

    # --- speaking ----------------------------------------------------------------------------

    async def say(
        self, who: str, text: str, *, at: ConversationRef | None = None, ident: str = ""
    ) -> Reply:
        """Type a line."""
        request = SlashCommand(
            id=ident or self._next_request(), sender=sender(who), text=text, conversation=at
        )
        return await self.router.handle(request)

    async def press(
        self,
        who: str,
        card: str,
        option: str,
        *,
        reason: str = "",
        values: Mapping[str, str] | None = None,
        ident: str = "",
    ) -> Reply:
        """Press a button of a card."""
        return await self.router.handle(
            CardAnswer(
                id=ident or self._next_request(),
                sender=sender(who),
                card=CardId(card),
                option=option,
                reason=reason,
                values=values or {},
            )
        )

    async def talk(self, who: str, text: str, *, at: ConversationRef) -> Reply:
        """Say something in a room."""
        request = MessageSaid(
            id=self._next_request(), sender=sender(who), text=text, conversation=at
        )
        return await self.router.handle(request)

    async def alert(self, received: AlertsReceived) -> None:
        """Let a monitor send alerts."""
        await self.ingest.take_alerts(received)

    async def token(self, seat: str, kind: TokenKind, text: str) -> Reply:
        """Type a line with an API token of a seat."""
        request = SlashCommand(
            id=self._next_request(),
            sender=replace(sender(seat), token_kind=kind.value),
            text=text,
        )
        return await self.router.handle(request)

    # --- looking -----------------------------------------------------------------------------

    async def incident(self, number: str = "") -> Incident:
        """Return an incident as it stands; without a number, the newest."""
        rows = await self.journal.rows(IncidentRow)
        named = [row for row in rows if number in {"", row.number}]
        newest = max(named, key=lambda row: (row.opened_at, row.number))
        return await self.incidents.state(newest.id)

    async def room(self, number: str = "") -> ConversationRef:
        """Return an incident's room once delivery has opened it."""
        await self.settled()
        return (await self.incident(number)).rooms["console"]

    async def viewer(self, who: str) -> Viewer:
        """Return who looks; fails where nobody is."""
        viewer = await self.reading.viewer(sender(who))
        assert viewer is not None
        return viewer

    async def events(self, incident: Incident) -> list[str]:
        """Return the names of an incident's events, oldest first."""
        history = await self.journal.load(StreamRef(kind="incident", id=incident.id))
        found = await self._archive.events(history.records)
        return [type(envelope.event).__name__ for envelope in found]

    def posted(self, place: ConversationRef | str) -> list[str]:
        """Return what a conversation (or channel, by name) was told, as plain text."""
        ident = place.id if isinstance(place, ConversationRef) else f"channel:{place}"
        return [plain.render(card) for card in self.chat.cards.get(ident, {}).values()]

    def shown(self, reply: Reply) -> str:
        """Return a reply's card as plain text, "" where it has none."""
        return "" if reply.card is None else text_of(reply.card)

    # --- time --------------------------------------------------------------------------------

    async def settled(self) -> None:
        """Let delivery carry out everything that is due; a worker that waits for time waits on."""
        before: object = None
        still = 0
        for _ in range(_TURNS):
            await asyncio.sleep(0)
            now = self.clock.now()
            backlog = await self.journal.backlog()
            waiting = [b.oldest_due for b in backlog if b.open]
            if not any(due is not None and due <= now for due in waiting):
                return
            still = still + 1 if backlog == before else 0
            if still == _ASLEEP:
                return
            before = backlog
        raise AssertionError("this world never comes to rest")

    async def move(self, by: timedelta) -> None:
        """Let time pass, and delivery do what that makes due."""
        await self.settled()
        self.clock.move(by)
        await self.settled()

    async def crash(self) -> None:
        """Let the worker die in the middle of whatever it does, and a new one begin."""
        await self.halt()
        self.delivery = self._delivery()
        self._delivering = self._tasks.create_task(self.delivery.run())

    async def drained(self) -> None:
        """Return once delivery, which was told to stop, has let go of everything."""
        await self._delivering

    async def halt(self) -> None:
        """Let the worker die, and nobody take its place until `crash`."""
        self._delivering.cancel()
        await asyncio.wait([self._delivering])

    def _stop(self) -> None:
        self.delivery.stop()

    # --- putting together --------------------------------------------------------------------

    def _open_desks(self, tasks: asyncio.TaskGroup) -> None:
        desks = desks_over(
            journal=self.journal,
            clock=self.clock,
            ids=self.ids,
            current=self.current,
            archive=self._archive,
            tasks=tasks,
        )
        self.incidents, self.system = desks.incidents, desks.system
        self.seats, self.links = desks.seats, desks.links

    def _delivery(self) -> Delivery:
        inside = Inside(
            journal=self.journal,
            incidents=self.incidents,
            system=self.system,
            archive=self._archive,
            rendering=self.rendering,
            identity=self.identity,
            current=self.current,
            clock=self.clock,
            ids=self.ids,
        )
        outside = Outside(
            chats={self.chat.name: self.chat, **self.beside},
            pagers={self.chat.name: ChatPager(self.chat)},
            executor=self._executor,
            probe=NoProbe(),
            ground=self.drills,
        )
        return delivery_over(inside, outside, around=self._around)

    def _around(self, carrier: Carrier) -> Carrier:
        """Put something around a carrier; a test of delivery itself does."""
        return carrier

    def _next_request(self) -> str:
        self._requests += 1
        return f"{self._prefix}-{self._requests}"


def sender(who: str) -> Sender:
    """Return a seat's sender, or that of `platform:account`."""
    platform, _, account = who.rpartition(":")
    return Sender(platform=platform or "console", account=account, name=Untrusted(account))


def text_of(card: Card) -> str:
    """Return a card as plain text."""
    return plain.render(card)
