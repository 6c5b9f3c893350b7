"""Reads: each one takes its viewer and gives what they may see; forbidden looks like absent."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence

from bot.domain import approval
from bot.domain.actor import Actor
from bot.domain.approval import Asked, CardState
from bot.domain.events import OutcomeKind, Status
from bot.domain.permissions import Verb, allowed, may_see
from bot.domain.policy import Policy
from bot.domain.state import Incident
from bot.ports import Journal
from bot.records.rows import CardRow, IncidentRow, RoomRow, RunRow
from bot.requests import Sender
from bot.usecases.current import Current
from bot.usecases.delivering.carrier import IncidentDesk
from bot.usecases.identity import Identity
from bot.usecases.numbers import NUMBERED
from bot.usecases.rendering import Rendering
from bot.usecases.together import both
from bot.usecases.told import told
from bot.usecases.under_way import runs_under_way
from bot.usecases.views import (
    CardResult,
    IncidentSummary,
    OpenCard,
    TimelineEntry,
    UnderWay,
    Viewer,
)
from bot.values import SYSTEM, CardId, ConversationRef, IncidentId, PersonId, Severity
from cards.model import Card

_FOUND = 200
"""Incidents that a search returns at most; more words find fewer."""

_OPEN = (Status.INVESTIGATING, Status.IDENTIFIED, Status.MONITORING)


class Reading:
    """`views.Reader` over the journal's read models and the incidents as they stand."""

    def __init__(
        self,
        *,
        journal: Journal,
        desk: IncidentDesk,
        identity: Identity,
        rendering: Rendering,
        current: Current,
    ) -> None:
        self._journal = journal
        self._desk = desk
        self._identity = identity
        self._rendering = rendering
        self._current = current
        self._named: tuple[Policy | None, dict[PersonId, str]] = (None, {})
        """What a policy's people are called, and of which policy."""

    async def viewer(self, sender: Sender) -> Viewer | None:
        """See `Reader.viewer`."""
        actor = await self._identity.actor(sender)
        return None if allowed(actor, Verb.READ) else viewer_of(actor)

    async def incidents(
        self, viewer: Viewer, *, only_open: bool, text: str = ""
    ) -> Sequence[IncidentSummary]:
        """See `Reader.incidents`."""
        rows = await (self._found(text) if text.strip() else self._listed(only_open=only_open))
        seen = [row for row in rows if _visible(viewer, row)]
        if only_open:
            seen = [row for row in seen if row.status in _OPEN]
        seen.sort(key=lambda row: (row.opened_at, row.number), reverse=True)
        seen.sort(key=lambda row: (row.status not in _OPEN, row.severity))
        waiting, rooms = await both(self._waiting(), self._rooms())
        return [self._summary(viewer, row, waiting, rooms.get(row.id, ())) for row in seen]

    async def incident(self, viewer: Viewer, ident: str) -> IncidentSummary | None:
        """See `Reader.incident`."""
        row = await self._seen(viewer, ident)
        if row is None:
            return None
        waiting, rooms = await both(
            self._waiting(incident=row.id), self._journal.rows(RoomRow, incident=row.id)
        )
        return self._summary(viewer, row, waiting, rooms)

    async def id_of(self, viewer: Viewer, ident: str) -> IncidentId | None:
        """Return the id of the incident of this id or number."""
        row = await self._seen(viewer, ident)
        return None if row is None else IncidentId(row.id)

    async def id_of_room(self, viewer: Viewer, room: ConversationRef) -> IncidentId | None:
        """Return the id of the incident whose room this is."""
        incident = await self._of_room(room)
        return await self.id_of(viewer, incident) if incident else None

    async def incident_of_room(
        self, viewer: Viewer, room: ConversationRef
    ) -> IncidentSummary | None:
        """See `Reader.incident_of_room`."""
        incident = await self._of_room(room)
        return await self.incident(viewer, incident) if incident else None

    async def state_of_run(self, viewer: Viewer, run: str) -> Incident | None:
        """Return the incident that a run belongs to, as it stands."""
        runs = await self._journal.rows(RunRow, id=run)
        return await self.state(viewer, runs[0].incident) if runs else None

    async def state_of_card(self, viewer: Viewer, card: CardId) -> Incident | None:
        """Return the incident that a card, of whatever kind, belongs to, as it stands."""
        kind, _, rest = card.partition(":")
        if kind in {"incident", "page", "run"} and rest:
            return await self.state(viewer, rest.partition(":")[0])
        rows = await self._journal.rows(CardRow, id=card)
        return await self.state(viewer, rows[0].incident) if rows else None

    async def timeline(
        self, viewer: Viewer, incident: IncidentId
    ) -> Sequence[TimelineEntry] | None:
        """See `Reader.timeline`."""
        row = await self._seen(viewer, incident)
        if row is None:
            return None
        lines = await told(self._journal, row.id, self._name)
        return [
            TimelineEntry(
                seq=line.seq,
                at=line.at,
                kind=line.kind,
                actor=self._name(line.actor),
                text=line.text,
            )
            for line in lines
        ]

    async def incident_card(self, viewer: Viewer, incident: IncidentId) -> Card | None:
        """See `Reader.incident_card`."""
        state = await self.state(viewer, incident)
        return None if state is None else await self._rendering.card(state, "incident")

    async def freezes(self, viewer: Viewer) -> Card | None:
        """See `Reader.freezes`."""
        return await self._rendering.freezes() if _reads(viewer) else None

    async def under_way(self, viewer: Viewer, incident: IncidentId) -> Sequence[UnderWay]:
        """See `Reader.under_way`."""
        state = await self.state(viewer, incident)
        return [] if state is None else runs_under_way(state)

    async def open_cards(self, viewer: Viewer) -> Sequence[OpenCard]:
        """See `Reader.open_cards`."""
        if not _reads(viewer):
            return []
        rows = await self._journal.rows(CardRow, state=CardState.OPEN.value)
        states = {ident: await self.state(viewer, ident) for ident in {r.incident for r in rows}}
        found = [
            (state.severity, asked.card.expires_at, _open_card(viewer, state, asked))
            for state in states.values()
            if state is not None
            for asked in state.open_cards
        ]
        return [card for *_, card in sorted(found, key=lambda f: (f[0], f[1], f[2].id))]

    async def card(self, viewer: Viewer, card: CardId) -> Card | None:
        """See `Reader.card`."""
        state = await self.state_of_card(viewer, card)
        return None if state is None else await self._rendering.card(state, _key(card))

    async def card_result(self, viewer: Viewer, card: CardId) -> CardResult | None:
        """See `Reader.card_result`."""
        rows = await self._journal.rows(CardRow, id=card)
        state = await self.state(viewer, rows[0].incident) if rows else None
        asked = None if state is None else state.cards.get(card)
        return None if asked is None else self._result(asked)

    async def may_see_conversation(self, viewer: Viewer, conversation: ConversationRef) -> bool:
        """See `Reader.may_see_conversation`."""
        if await self.id_of_room(viewer, conversation) is not None:
            return True
        kind, _, name = conversation.id.partition(":")
        return _reads(viewer) and (
            kind == "channel" or (kind == "direct" and name == viewer.person)
        )

    async def state(self, viewer: Viewer, incident: str) -> Incident | None:
        """Return the incident as it stands, None where there is none that the viewer may see."""
        state = await self._desk.state(incident)
        if not state.exists or not _reads(viewer):
            return None
        members = frozenset(str(member) for member in state.members)
        visible = may_see(viewer.person, viewer.groups, private=state.private, members=members)
        return state if visible else None

    async def _listed(self, *, only_open: bool) -> Sequence[IncidentRow]:
        if not only_open:
            return await self._journal.rows(IncidentRow)
        of_status = [await self._journal.rows(IncidentRow, status=status.value) for status in _OPEN]
        return [row for rows in of_status for row in rows]

    async def _found(self, text: str) -> Sequence[IncidentRow]:
        idents = await self._journal.search(text, _FOUND)
        of_id = [await self._journal.rows(IncidentRow, id=ident) for ident in idents]
        return [row for rows in of_id for row in rows]

    async def _seen(self, viewer: Viewer, ident: str) -> IncidentRow | None:
        """Return the incident of this id or number, where the viewer may see it."""
        number = ident.strip().upper()
        by_number, by_id = {"number": number}, {"id": ident}
        likely_first = (by_number, by_id) if number.startswith(NUMBERED) else (by_id, by_number)
        for equal in likely_first:
            for row in await self._journal.rows(IncidentRow, **equal):
                return row if _visible(viewer, row) else None
        return None

    async def _of_room(self, room: ConversationRef) -> str:
        """Return the id of the incident whose room this is, "" where it is nobody's."""
        rooms = await self._journal.rows(RoomRow, platform=room.platform, conversation=room.id)
        return rooms[0].incident if rooms else ""

    async def _waiting(self, **equal: str) -> Mapping[str, int]:
        """Count the open cards of each incident, or of this one."""
        rows = await self._journal.rows(CardRow, state=CardState.OPEN.value, **equal)
        return Counter(row.incident for row in rows)

    async def _rooms(self) -> Mapping[str, Sequence[RoomRow]]:
        """Return every incident's rooms: in one read, where asking for each takes a thousand."""
        found: dict[str, list[RoomRow]] = {}
        for room in await self._journal.rows(RoomRow):
            found.setdefault(room.incident, []).append(room)
        return found

    def _summary(
        self,
        viewer: Viewer,
        row: IncidentRow,
        waiting: Mapping[str, int],
        rooms: Sequence[RoomRow],
    ) -> IncidentSummary:
        return IncidentSummary(
            id=IncidentId(row.id),
            number=row.number,
            title=row.title,
            severity=Severity(row.severity),
            status=row.status,
            private=row.private,
            drill=row.drill,
            commander=self._name(row.commander) if row.commander else "",
            opened_at=row.opened_at,
            resolved_at=row.resolved_at,
            room=_room(viewer, rooms),
            waiting_cards=waiting.get(row.id, 0),
        )

    def _result(self, asked: Asked) -> CardResult:
        decided = asked.decided
        by = decided.by if decided else ()
        return CardResult(
            id=asked.card.card,
            kind=asked.card.kind.value,
            state=asked.state.value,
            option=decided.option if decided else "",
            outcome=decided.outcome.value if decided else "",
            by=tuple(self._name(person) for person in by),
            where=tuple(asked.votes[person].where for person in by if person in asked.votes),
            at=asked.ended_at,
            reason=decided.reason.text if decided else "",
            values=decided.values if decided else {},
        )

    def _name(self, person: str) -> str:
        if person == SYSTEM:
            return "Firewarden"
        policy = self._current.policy
        if self._named[0] is not policy:
            self._named = (policy, policy.names())
        return self._named[1].get(PersonId(person), person)


def viewer_of(actor: Actor) -> Viewer:
    """Return an actor as somebody who looks."""
    return Viewer(
        person=actor.person,
        name=actor.name,
        groups=actor.groups,
        token_kind=actor.token_kind,
        platform=actor.platform,
        account=actor.account,
        standing=actor.standing,
        practice_only=actor.practice_only,
        linked=actor.linked,
    )


def _actor(viewer: Viewer) -> Actor:
    return Actor(
        person=viewer.person,
        name=viewer.name,
        groups=viewer.groups,
        platform=viewer.platform,
        account=viewer.account,
        standing=viewer.standing,
        token_kind=viewer.token_kind,
        practice_only=viewer.practice_only,
        linked=viewer.linked,
    )


def _reads(viewer: Viewer) -> bool:
    """Whether the viewer may read at all: the first line of every read."""
    return not allowed(_actor(viewer), Verb.READ)


def _visible(viewer: Viewer, row: IncidentRow) -> bool:
    members = frozenset(json.loads(row.members))
    return _reads(viewer) and may_see(
        viewer.person, viewer.groups, private=row.private, members=members
    )


def _room(viewer: Viewer, rooms: Sequence[RoomRow]) -> ConversationRef | None:
    """Return the room on the viewer's own platform, else any."""
    own = [room for room in rooms if room.platform == viewer.platform]
    for room in (*own, *rooms):
        return ConversationRef(platform=room.platform, id=room.conversation)
    return None


def _open_card(viewer: Viewer, incident: Incident, asked: Asked) -> OpenCard:
    actor = _actor(viewer)
    return OpenCard(
        id=asked.card.card,
        number=asked.card.number,
        incident=incident.id,
        incident_number=incident.number,
        kind=asked.card.kind.value,
        state=asked.state.value,
        title=asked.card.title.text,
        options={option.id: option.label for option in asked.card.options},
        expires_at=asked.card.expires_at,
        may_answer=any(
            not approval.may_answer(asked, actor, option)
            for option in asked.card.options
            # Anybody entitled may decline, the one who asked too; that is not what waits for them.
            if option.outcome is not OutcomeKind.DECLINE
        ),
        drill=incident.drill,
    )


def _key(card: CardId) -> str:
    """Return what `Rendering.card` calls this card: our views of an incident leave its id out."""
    kind, _, rest = card.partition(":")
    if kind == "incident":
        return "incident"
    return f"{kind}:{rest.partition(':')[2]}" if kind in {"page", "run"} else card
