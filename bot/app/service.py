"""The parts of a serving bot, put together in the order in which they can start."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta

from bot.adapters.console.changes import Changes
from bot.adapters.console.people import ConsolePeople
from bot.adapters.console.platform import ConsolePlatform
from bot.adapters.console.routes import Chat, Console, Core
from bot.adapters.console.store import ConsoleStore
from bot.adapters.console.windows import VerbHelp
from bot.adapters.files import read_texts
from bot.adapters.http.routes import Route
from bot.adapters.logs import hold_secrets
from bot.adapters.practice.ground import PracticeGround
from bot.adapters.practice.host import PracticeHost, default_scratch, start_practice_host
from bot.adapters.probe import HttpProbe
from bot.adapters.ssh.late import LateExecutor
from bot.adapters.timers import Housekeeping
from bot.adapters.watch import Watched, policy_files
from bot.adapters.watch.reloading import Reloading
from bot.adapters.webhook import WebhookPager
from bot.app.base import Base, load_current
from bot.app.chats import command_names, slack_team, telegram_team
from bot.app.entering import Entered, Running
from bot.app.signing_in import sits, stands, ways_in
from bot.domain.policy import Group
from bot.errors import Fault
from bot.ports import ChatPlatform, CommandExecutor, Pager, People
from bot.redaction import Redactor
from bot.usecases.audit import Anchoring, mark_of
from bot.usecases.carriers import Inside, Outside, delivery_over
from bot.usecases.chat_pager import ChatPager
from bot.usecases.commands import Core as WordsCore
from bot.usecases.delivery import LEASE, Delivery
from bot.usecases.identity import CONSOLE, Identity
from bot.usecases.paged_groups import PagedGroups
from bot.usecases.reading import Reading
from bot.usecases.rendering import Rendering
from bot.usecases.seats import Seats
from bot.usecases.standings import Standings
from bot.values import HostName, PersonId
from cards.configuration_message import configuration_message
from cards.texts import Texts
from handlers.drill_source import DrillSource
from handlers.offered import Offered
from handlers.router import Router
from handlers.verbs import help_lines

_log = logging.getLogger(__name__)

HOUSE_EVERY = timedelta(minutes=1)
WATCH_EVERY = timedelta(seconds=2)
PRUNE_EVERY = timedelta(hours=1)

SEATS: tuple[tuple[str, tuple[Group, ...]], ...] = (
    ("commander", (Group.READER, Group.RESPONDER, Group.APPROVER, Group.COMMUNICATIONS)),
    ("approver", (Group.READER, Group.RESPONDER, Group.APPROVER, Group.COMMUNICATIONS)),
)
"""The two seats of the embedded default: four eyes in two windows of one browser."""


class Service:
    """The parts of a serving bot, put together in the order in which they can start.

    Alerts are taken already. Commands are durable once the pages are there; delivery comes last,
    once every host that it may meet is in the inventory.
    """

    delivery: Delivery
    practice: PracticeHost | None = None
    ground: PracticeGround | None = None
    paged: PagedGroups | None = None
    chat: ConsolePlatform
    store: ConsoleStore
    rendering: Rendering

    def __init__(self, base: Base, door: Entered) -> None:
        self._base = base
        self._door = door
        self.entrance = door.entrance
        self._names = command_names(base.settings)
        self._changes = Changes()
        self._redactor = Redactor([*base.settings.secrets(), *door.tokens.alert, door.tokens.drill])
        hold_secrets(self._redactor)
        self._reloading = Reloading(
            watched=Watched(
                lambda: policy_files(
                    base.settings.policy, base.settings.runbooks, base.settings.templates
                )
            ),
            take=self._take_configuration,
            tell=self._tell_configuration,
        )
        self._slack = slack_team(base)
        self._telegram = telegram_team(base)
        people: dict[str, People] = {
            CONSOLE: ConsolePeople(clock=base.clock, stands=self._seat_stands)
        }
        if self._slack is not None:
            people[self._slack.platform.name] = self._slack.people
        if self._telegram is not None:
            people[self._telegram.platform.name] = self._telegram.people
        people = {name: base.seams.people(name, one) for name, one in people.items()}
        standings = Standings(people, clock=base.clock)
        self._identity = Identity(
            current=base.current,
            seats=base.seats,
            people=standings,
            slack_groups=None if self._slack is None else base.seams.groups(self._slack.groups),
            links=base.links,
        )

    async def open_chat(self, stack: AsyncExitStack) -> None:
        """Open the console's store and the platform over it."""
        base = self._base
        self.store = await ConsoleStore.open(base.folder / "console.sqlite3")
        stack.push_async_callback(self.store.close)
        # Whoever is being answered still needs the store.
        stack.push_async_callback(self.entrance.stop)
        if self._slack is not None:
            stack.push_async_callback(self._slack.close)
        if self._telegram is not None:
            stack.push_async_callback(self._telegram.close)
        self.chat = ConsolePlatform(
            self.store, clock=base.clock, changes=self._changes, seated=self._person_sits
        )
        self.rendering = Rendering(
            journal=base.journal,
            clock=base.clock,
            current=base.current,
            texts=Texts(read_texts(base.settings.templates)),
            names=self._names,
        )

    async def hear(self, stack: AsyncExitStack) -> None:
        """Answer people from here on."""
        base = self._base
        reader = Reading(
            journal=base.journal,
            desk=base.incidents,
            identity=self._identity,
            rendering=self.rendering,
            current=base.current,
        )
        words = WordsCore(
            journal=base.journal,
            incidents=base.incidents,
            system=base.system,
            reading=reader,
            rendering=self.rendering,
            identity=self._identity,
            links=base.links,
            current=base.current,
            redactor=self._redactor,
            clock=base.clock,
            ids=base.ids,
            names=self._names,
        )
        router = Router(core=words)
        hearing = await self._hear_slack(stack, router, Offered(words))
        hearing += await self._hear_telegram(stack, router, Offered(words))
        console = Console(
            core=Core(
                dispatch=router,
                reader=reader,
                seats=base.seats,
                verbs=tuple(
                    VerbHelp(name=v.name, usage=v.usage, effect=v.does)
                    for v in help_lines(self._names)
                ),
            ),
            chat=Chat(store=self.store, changes=self._changes, platform=self.chat),
            clock=base.clock,
            ids=base.ids,
            ways=ways_in(base),
        )
        self.entrance.complete(people=console.routes(), machines=hearing)

    async def _hear_slack(
        self, stack: AsyncExitStack, router: Router, offered: Offered
    ) -> tuple[Route, ...]:
        if self._slack is None:
            return ()
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        stack.callback(self._slack.stop)
        base = self._base
        base.journal.on_effects(self._slack.changed)
        self._door.health.also(self._slack.faults)
        return self._slack.hear(
            dispatch=router,
            cards=offered,
            journal=base.journal,
            tasks=tasks,
            command=self._names.incident,
        )

    async def _hear_telegram(
        self, stack: AsyncExitStack, router: Router, offered: Offered
    ) -> tuple[Route, ...]:
        if self._telegram is None:
            return ()
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        stack.callback(self._telegram.stop)
        self._door.health.also(self._telegram.faults)
        return self._telegram.hear(dispatch=router, cards=offered, tasks=tasks, names=self._names)

    async def prepare(self, stack: AsyncExitStack, say: Callable[[str], None]) -> None:
        """Bring the practice host along in the embedded default, and its two seats."""
        base = self._base
        if base.settings.policy is not None:
            return
        self.practice = await start_practice_host(default_scratch(base.folder), base.folder)
        word = "adopted" if self.practice.adopted else "started"
        say(f"Practice host {self.practice.host.name} {word} on port {self.practice.host.port}")
        stack.push_async_callback(self.practice.stop)
        self._with_practice_host()
        for name, groups in SEATS:
            if await base.seats.seat(name) is None:
                await base.seats.add(name, PersonId(name), [str(group) for group in groups])

    async def deliver(self, stack: AsyncExitStack) -> None:
        """Carry effects out from here on, and keep house."""
        late = LateExecutor(redactor=self._redactor)
        self._door.health.linked(late.links)
        executor = self._base.seams.executor(late)
        stack.push_async_callback(executor.close)
        self.ground = self._practice_ground(executor)
        self.delivery = self._delivery(executor)
        self._door.health.delivering(self.delivery.tally)
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        tasks.create_task(self.delivery.run())
        stack.callback(self.delivery.stop)
        if self.ground is not None:
            stack.callback(tasks.create_task(self.ground.watch()).cancel)
        self._door.starting.clear()

    def keep_house(self, stack: AsyncExitStack, anchoring: Anchoring) -> None:
        """Prune, publish heads, and look for changed files, from here on."""

        async def publish() -> None:
            heads = await anchoring.publish()
            if heads:
                _log.info("anchored %d heads: %s", len(heads), mark_of(heads))

        house = Housekeeping()
        house.every(PRUNE_EVERY, self._prune, "prune the journal")
        house.every(HOUSE_EVERY, publish, "publish heads")
        house.every(WATCH_EVERY, self._reloading.look, "look for a changed configuration")
        if self._door.certificate is not None:
            house.every(WATCH_EVERY, self._door.certificate.look, "look for a renewed certificate")
        if self._slack is not None:
            self.paged = PagedGroups(current=self._base.current, user_groups=self._slack.groups)
            house.at_once_and_every(HOUSE_EVERY, self.paged.look, "look who is in user groups")
        house.start()
        stack.push_async_callback(house.stop)

    async def running(self) -> Running:
        """Say where it runs, with a fresh sign-in link per seat in the embedded default."""
        base = self._base
        links = {}
        if base.settings.policy is None:
            for name, _ in SEATS:
                secret = await base.seats.make_link(name)
                links[name] = f"{self._url(self.entrance.console_address)}/sign-in/{secret}"
        return Running(
            console=self.entrance.console_address,
            ingest=self.entrance.ingest_address,
            url=self._base.settings.public_origin or self._url(self.entrance.console_address),
            senders=self._url(self.entrance.ingest_address),
            alert_token=self._door.tokens.alert[0],
            links=links,
            drills=self.practice is not None,
        )

    def _url(self, address: str) -> str:
        """Return the URL of one of our addresses; the certificate is that of the console's."""
        encrypts = self._door.certificate is not None
        shared = address == self.entrance.console_address
        return f"{'https' if encrypts and shared else 'http'}://{address}"

    @property
    def seats(self) -> Seats:
        """The console's seats."""
        return self._base.seats

    async def alive(self) -> None:
        """See `JournalHealth.alive`."""
        await self._door.health.alive()

    def drain(self) -> None:
        """Say on `/readyz` that the end has begun: whoever sends may go elsewhere."""
        self._door.starting.append("draining: running commands are finished, nothing new begins")

    def reload(self) -> None:
        """Read policy, catalogue and texts again; a broken file keeps what holds, loudly."""
        self._reloading.now()

    def _take_configuration(self) -> str:
        settings = self._base.settings
        fresh, texts = load_current(settings), Texts(read_texts(settings.templates))
        self._base.current.replace(fresh.policy, fresh.documents)
        self.rendering.use_texts(texts)
        self._with_practice_host()
        return f"policy version {fresh.policy.version}, {len(fresh.documents)} runbooks"

    async def _tell_configuration(self, faults: Sequence[Fault]) -> None:
        channel = await self.chat.channel(self._base.current.policy.announcement_channel)
        await self.chat.post(
            channel, f"configuration:{self._base.ids.new()}", configuration_message(faults)
        )

    def _with_practice_host(self) -> None:
        current = self._base.current
        if self.practice is None:
            return
        hosts = {**current.policy.hosts, HostName(self.practice.host.name): self.practice.host}
        services = {**self.practice.services(), **current.policy.services}
        fresh = replace(current.policy, hosts=hosts, services=services)
        current.replace(fresh, current.documents)

    def _delivery(self, executor: CommandExecutor) -> Delivery:
        base = self._base
        inside = Inside(
            journal=base.journal,
            incidents=base.incidents,
            system=base.system,
            archive=base.archive,
            rendering=self.rendering,
            identity=self._identity,
            current=base.current,
            clock=base.clock,
            ids=base.ids,
        )
        return delivery_over(
            inside,
            self._outside(executor),
            lease=base.seams.lease or LEASE,
            drain=timedelta(seconds=base.settings.drain),
        )

    def _outside(self, executor: CommandExecutor) -> Outside:
        seams = self._base.seams
        chats: dict[str, ChatPlatform] = {self.chat.name: self.chat}
        if self._slack is not None:
            chats[self._slack.platform.name] = self._slack.platform
        if self._telegram is not None:
            chats[self._telegram.platform.name] = self._telegram.platform
        chats = {name: seams.chat(chat) for name, chat in chats.items()}
        pagers: dict[str, Pager] = {name: ChatPager(chat) for name, chat in chats.items()}
        pagers["webhook"] = WebhookPager(secret=self._webhook_secret(), clock=self._base.clock)
        return Outside(
            chats=chats,
            pagers={name: seams.pager(pager) for name, pager in pagers.items()},
            executor=executor,
            probe=seams.probe(HttpProbe(self._probed)),
            ground=None if self.ground is None else seams.ground(self.ground),
            bars={}
            if self._slack is None
            else {self._slack.platform.name: seams.bar(self._slack.bar)},
            console=str(self._base.settings.public_url or ""),
            runbook_url=self._base.settings.runbook_url or "",
        )

    def _practice_ground(self, executor: CommandExecutor) -> PracticeGround | None:
        if self.practice is None:
            return None
        return PracticeGround(
            host=self.practice,
            executor=executor,
            kept=self._base.folder / "drill.firing",
            endpoint=lambda: f"http://{self.entrance.ingest_address}/alerts/{DrillSource.name}",
            token=self._door.tokens.drill,
            clock=self._base.clock,
        )

    def _webhook_secret(self) -> str:
        secret = self._base.settings.webhook_secret
        return secret.get_secret_value() if secret is not None else ""

    def _probed(self) -> frozenset[str]:
        services = self._base.current.policy.services.values()
        return frozenset(service.health_url for service in services if service.health_url)

    async def _seat_stands(self, account: str) -> bool:
        return await stands(self._base, account)

    async def _person_sits(self, person: PersonId) -> bool:
        return await sits(self._base, person)

    async def _prune(self) -> None:
        await self._base.journal.prune(self._base.clock.now())
