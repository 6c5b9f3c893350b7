"""People and monitors as they are: they wait for what they want, press twice, and try again."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar

from bot.domain.alerts import Alert, AlertStatus
from bot.domain.events import CardKind
from bot.domain.packet import AskedStyle
from bot.domain.run.binding import content_hash_of
from bot.records.rows import CardRow, IncidentRow, RoomRow
from bot.requests import (
    AlertsReceived,
    CardAnswer,
    MessageSaid,
    QuestionAsked,
    Reply,
    ReplyTone,
    Sender,
    SlashCommand,
)
from bot.values import CardId, ConversationRef, Untrusted
from handlers.router import FromPeople
from tests.simulation.book import Answered
from tests.simulation.life import Ground, Life
from tests.simulation.schedule import PATIENCE, Alarm, Ask, Edit, Press, Say, Talk
from tests.simulation.team import ACCOUNTS, CATALOGUE, PLATFORM, POLICIES
from tests.simulation.virtual_time import START

T = TypeVar("T")

_TRIES = 4
"""How often somebody sends what was not recorded, or got no answer."""

_NO_ANSWER = 3.0
"""Seconds after which a platform sends a request again under the same id."""


class Crowd:
    """Everybody around the bot. `serving` gives the life that answers now."""

    def __init__(self, ground: Ground, serving: Callable[[], Awaitable[Life]]) -> None:
        self._ground = ground
        self._serving = serving
        self._requests = 0

    async def do(self, deed: Say | Press | Talk | Ask | Alarm | Edit) -> None:
        """Carry a deed out, as far as it can be."""
        match deed:
            case Alarm():
                await self._alarm(deed)
            case Press():
                await self._press(deed)
            case Say():
                await self._say(deed)
            case Talk():
                room = await self._room(deed.where)
                if room is not None:
                    await self._send(
                        lambda ident: MessageSaid(
                            id=ident,
                            sender=_sender(deed.who),
                            text=deed.text,
                            conversation=room,
                        )
                    )
            case Ask():
                await self._ask(deed)
            case Edit():
                before = self._ground.book.seen.get(deed.upon, 0)

                async def seen() -> bool | None:
                    return self._ground.book.seen.get(deed.upon, 0) > before or None

                if await self._until(seen):
                    self.edit(deed.what, deed.to)

    def turn(self, host: str, to: str) -> None:
        """Change how a host behaves."""
        machine = self._ground.hosts.machines[host]
        match to:
            case "stuck":
                machine.stuck = True
            case "fails":
                machine.fails = True
            case "slow":
                machine.takes = 90.0
            case "quick":
                machine.takes = 0.2
            case "sound":
                machine.stuck = machine.fails = False
                machine.takes = 2.0
            case "up":
                machine.up = True
            case "down":
                machine.up = False

    def edit(self, runbook: str, to: str) -> None:
        """Change the catalogue, or the policy."""
        current = self._ground.current
        documents = dict(current.documents)
        if runbook == "policy":
            current.replace(POLICIES[to], documents)
            return
        match to:
            case "gone":
                documents.pop(runbook, None)
            case "edited":
                documents[runbook] = CATALOGUE[runbook].replace("timeout: 60s", "timeout: 61s")
            case _:
                documents[runbook] = CATALOGUE[runbook]
        current.replace(current.policy, documents)
        mark = content_hash_of(documents.get(runbook, ""))
        self._ground.book.edits.append((self._ground.clock.monotonic(), runbook, mark))

    async def all_acknowledged(self) -> None:
        """Let somebody say of every incident that they have it."""
        for incident in await self._ground.journal.rows(IncidentRow):
            await self.say("dan", f"/incident ack in={incident.number}", None)

    async def say(self, who: str, line: str, room: ConversationRef | None) -> Reply | None:
        """Type a line."""
        return await self._send(
            lambda ident: SlashCommand(id=ident, sender=_sender(who), text=line, conversation=room)
        )

    async def press_card(
        self, who: str, card: str, option: str, deed: Press | None = None, ident: str = ""
    ) -> Reply | None:
        """Press an option of a card."""
        return await self._send(
            lambda fresh: CardAnswer(
                id=ident or fresh,
                sender=_sender(who),
                card=CardId(card),
                option=option,
                reason=deed.reason if deed else "",
                values=dict(deed.values) if deed else {},
            ),
            shared=bool(ident),
        )

    # --- deeds -------------------------------------------------------------------------------

    async def _say(self, deed: Say) -> None:
        room = await self._room(deed.where) if deed.where else None
        if deed.where and room is None:
            return
        line = deed.line
        if deed.kind is not None:
            card = await self._card(deed.where, deed.kind)
            if card is None:
                return
            line = line.replace("{card}", str(card.number)).replace("{digest}", "")
        await self.say(deed.who, line, room)

    async def _press(self, deed: Press) -> None:
        card = await self._card(deed.where, deed.kind)
        if card is None:
            return
        shared = self._fresh() if deed.again else ""
        presses = [
            self.press_card(deed.who, card.id, deed.option, deed, shared) for _ in range(deed.times)
        ]
        await asyncio.gather(*presses)

    async def _ask(self, deed: Ask) -> None:
        incident = await self._until(partial(self._incident, deed.where))
        if incident is None:
            return
        card = CardId(self._ground.ids.new())
        await self._send(
            lambda ident: QuestionAsked(
                id=ident,
                sender=_sender(deed.who),
                incident=incident.number,
                card=card,
                style=AskedStyle.APPROVAL,
                title=deed.title,
                answerers=("approver",),
            )
        )

    async def _alarm(self, deed: Alarm) -> None:
        await asyncio.gather(*[self._alarm_once(deed) for _ in range(deed.times)])

    async def _alarm_once(self, deed: Alarm) -> None:
        received = AlertsReceived(source="alertmanager", alerts=(_alert(deed),))
        while True:
            life = await self._serving()
            sent = asyncio.ensure_future(life.ingest.take_alerts(received))
            life.requests.add(sent)
            await asyncio.wait([sent], timeout=_NO_ANSWER)
            life.requests.discard(sent)
            if sent.done() and not sent.cancelled() and sent.exception() is None:
                self._ground.book.acknowledged.append(received)
                return
            await asyncio.sleep(1.0)

    # --- requests ----------------------------------------------------------------------------

    def _fresh(self) -> str:
        self._requests += 1
        return f"request-{self._requests}"

    async def _send(
        self, make: Callable[[str], FromPeople], *, shared: bool = False
    ) -> Reply | None:
        """Send until there is an answer that says what became of it."""
        request, sends = make(self._fresh()), 0
        reply = None
        for _ in range(_TRIES):
            reply = await self._answer(request)
            sends += 1
            if reply is None:
                continue
            self._ground.book.answered.append(
                Answered(
                    ident=request.id,
                    reply=reply,
                    at=self._ground.clock.monotonic(),
                    sent_again=sends > 1 or shared,
                )
            )
            if reply.tone is not ReplyTone.NOT_RECORDED:
                return reply
            await asyncio.sleep(1.0)
            request, sends = make(self._fresh()), 0
        return reply

    async def _answer(self, request: FromPeople) -> Reply | None:
        """Return the reply, None where none came."""
        life = await self._serving()
        sent = asyncio.ensure_future(life.router.handle(request))
        life.requests.add(sent)
        await asyncio.wait([sent], timeout=_NO_ANSWER)
        life.requests.discard(sent)
        if not sent.done():
            return None
        return None if sent.cancelled() else sent.result()

    # --- looking -----------------------------------------------------------------------------

    async def _room(self, where: str) -> ConversationRef | None:
        async def look() -> ConversationRef | None:
            incident = await self._incident(where)
            if incident is None:
                return None
            rows = await self._ground.journal.rows(RoomRow, incident=incident.id, platform=PLATFORM)
            return ConversationRef(platform=PLATFORM, id=rows[0].conversation) if rows else None

        return await self._until(look)

    async def _card(self, where: str, kind: CardKind) -> CardRow | None:
        async def look() -> CardRow | None:
            incident = await self._incident(where)
            if incident is None:
                return None
            rows = await self._ground.journal.rows(CardRow, incident=incident.id, state="open")
            mine = [row for row in rows if row.kind == kind.value]
            return max(mine, key=lambda row: row.number, default=None)

        return await self._until(look)

    async def _incident(self, where: str) -> IncidentRow | None:
        """Return the newest incident whose title holds these words."""
        rows = await self._ground.journal.rows(IncidentRow)
        found = [row for row in rows if where in row.title]
        return max(found, key=lambda row: row.number, default=None)

    async def _until(self, look: Callable[[], Awaitable[T | None]]) -> T | None:
        """Look again after every commit until there is something, or patience is over."""
        book = self._ground.book
        try:
            async with asyncio.timeout(PATIENCE):
                while (found := await look()) is None:
                    book.moved.clear()
                    await book.moved.wait()
                return found
        except TimeoutError:
            return None


def _sender(who: str) -> Sender:
    return Sender(platform=PLATFORM, account=ACCOUNTS[who], name=Untrusted(who))


def _alert(deed: Alarm) -> Alert:
    return Alert(
        source="alertmanager",
        fingerprint=f"{deed.name}-{deed.host}-{deed.summary}",
        status=AlertStatus.RESOLVED if deed.resolved else AlertStatus.FIRING,
        starts_at=START,
        labels={"alertname": deed.name, "instance": deed.host, "service": "checkout"},
        summary=Untrusted(deed.summary),
    )
