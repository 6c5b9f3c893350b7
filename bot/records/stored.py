"""Events and effects as stored: their type names, versions, and the way back from old ones."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias, cast, get_args

from bot.domain import effects as fx
from bot.domain.effects import Effect
from bot.domain.events import Envelope, Event
from bot.records.chain import Record, Unsealed
from bot.records.codec import UnreadableError, decode, encode
from bot.records.outbox import EffectKind, OutboxItem
from bot.values import Json, PersonId, RunId, StreamRef, canonical_json, read_json

Upcast: TypeAlias = Callable[[Mapping[str, Json]], Mapping[str, Json]]

VERSION = 1
"""The version that new events and effects are written with."""

_NOT_AHEAD = timedelta()

UPCASTERS: dict[tuple[str, int], Upcast] = {}
"""(type, version) -> the body of the next version. Stored bytes are never rewritten."""

EVENT_TYPES: dict[str, type] = {kind.__name__: kind for kind in get_args(Event)}
EFFECT_TYPES: dict[str, type] = {kind.__name__: kind for kind in get_args(Effect)}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stored:
    at: datetime
    actor: PersonId
    request: str
    event: Event


def event_json(envelope: Envelope) -> Json:
    """Encode an event; its place in the stream is the record's, not the body's."""
    stored = _Stored(
        at=envelope.at, actor=envelope.actor, request=envelope.request, event=envelope.event
    )
    return encode(_Stored, stored)


def unsealed(envelope: Envelope, body: Json, salt: bytes = b"") -> Unsealed:
    """Make an encoded event ready for its chain."""
    return Unsealed(
        type=type(envelope.event).__name__,
        version=VERSION,
        body=canonical_json(body),
        salt=salt,
    )


def record_json(record: Record) -> Json:
    """Return a record's body in this version's shape, through upcasters where it is older."""
    if record.type not in EVENT_TYPES or record.version > VERSION:
        msg = f"{record.stream} {record.seq}: {record.type} version {record.version} is not known"
        raise UnreadableError(msg)
    body = cast("Mapping[str, Json]", read_json(record.body))
    for version in range(record.version, VERSION):
        upcast = UPCASTERS.get((record.type, version))
        body = body if upcast is None else upcast(body)
    return body


def event_of(record: Record, body: Json) -> Envelope:
    """Decode a record's body, its long texts restored."""
    stored = decode(_Stored, body)
    return Envelope(
        stream=record.stream,
        seq=record.seq,
        at=stored.at,
        actor=stored.actor,
        request=stored.request,
        event=stored.event,
    )


# --- effects ---------------------------------------------------------------------------------

URGENT, CARDS, WORK, ROOMS, TALK, REST = range(6)
"""Priorities, most urgent first: pages, approval cards, commands, rooms and the incident's card,
posts and progress, the rest.
"""


def write_effect(
    stream: StreamRef, effect: Effect, now: datetime, ahead: timedelta = _NOT_AHEAD
) -> OutboxItem:
    """Give an effect its key, kind, lane and priority (DESIGN section 5).

    `ahead` is by how much the stream's own time, in which its timers are set, is later than `now`.
    `ClearTimer` is no effect of its own: see `timer_key`.
    """
    place = _PLACES[type(effect)](stream, effect)
    return OutboxItem(
        key=place.key,
        kind=place.kind,
        type=type(effect).__name__,
        version=VERSION,
        body=canonical_json(encode(type(effect), effect)),
        stream=stream,
        lane=place.lane,
        due=effect.due - ahead if isinstance(effect, fx.Timer) else now,
        priority=place.priority,
    )


def read_effect(item: OutboxItem) -> Effect:
    """Decode an effect."""
    if item.type not in EFFECT_TYPES or item.version > VERSION:
        msg = f"{item.key}: {item.type} version {item.version} is not known"
        raise UnreadableError(msg)
    return cast("Effect", decode(EFFECT_TYPES[item.type], read_json(item.body)))


def is_work_of(key: str, run: RunId) -> bool:
    """Whether an effect's key is that of something that a run does on a host."""
    noun, _, rest = key.partition(":")
    return noun in _WORK_OF_RUNS and rest.split(".")[0] == run


_WORK_OF_RUNS = frozenset({"fix", "preflight", "read", "ssh", "stop"})


def key_in_epoch(key: str, epoch: int) -> str:
    """Return the key of a message in its conversation.

    A restored journal counts on from where its backup ended, so the chat may hold a message
    under the same key that told of another event.
    """
    return key if epoch == 1 else f"{key}@{epoch}"


def timer_key(stream: StreamRef, name: str) -> str:
    """Return the key under which a timer of that name is kept."""
    return f"timer:{stream}:{name}"


@dataclass(frozen=True, slots=True)
class _Place:
    key: str
    kind: EffectKind
    priority: int
    lane: str = ""


def _room_lane(stream: StreamRef, platform: str) -> str:
    return f"{platform}/{stream}"


def _post_lane(stream: StreamRef, target: fx.Target) -> str:
    if target.place is fx.Place.ROOM:
        return _room_lane(stream, target.platform)
    return str(target)


def _open_room(stream: StreamRef, e: fx.OpenRoom) -> _Place:
    lane = _room_lane(stream, e.platform)
    return _Place(f"room:{stream}.{e.platform}", EffectKind.ONCE, ROOMS, lane)


def _set_room(stream: StreamRef, e: fx.SetRoom) -> _Place:
    return _Place(f"set-room:{stream}.{e.platform}", EffectKind.LATEST, REST)


def _invite(stream: StreamRef, e: fx.Invite) -> _Place:
    key = f"invite:{stream}.{e.platform}.{e.person}{f'.{e.seq}' if e.seq else ''}"
    return _Place(key, EffectKind.ONCE, ROOMS, _room_lane(stream, e.platform))


def post_key(stream: StreamRef, post: fx.Post) -> str:
    """Return the key of a post, under which its conversation has it too."""
    return f"post:{stream}.{post.seq}.{post.target}"


def posted(key: str) -> tuple[StreamRef, int] | None:
    """Return stream and sequence of the event that a post told of; None for any other key."""
    kind, _, rest = key.partition(":")
    stream, _, after = rest.partition(".")
    seq = after.partition(".")[0]
    if kind != "post" or not (seq.isascii() and seq.isdigit()):
        return None
    return StreamRef.parse(stream), int(seq)


def _post(stream: StreamRef, e: fx.Post) -> _Place:
    return _Place(post_key(stream, e), EffectKind.ONCE, TALK, _post_lane(stream, e.target))


def _show(stream: StreamRef, e: fx.Show) -> _Place:
    key = f"show:{stream}.{e.card}.{e.target}"
    return _Place(key, EffectKind.LATEST, _priority_of_card(e.card))


def _priority_of_card(card: str) -> int:
    if card == "incident":
        return ROOMS
    return TALK if card.startswith("run:") else CARDS


def _amend(stream: StreamRef, e: fx.Amend) -> _Place:
    return _Place(f"amend:{stream}.{e.card or e.seq}.{e.target}", EffectKind.LATEST, CARDS)


def _page(stream: StreamRef, e: fx.SendPage) -> _Place:
    key = f"page:{stream}.{e.page}.{e.level}.{e.person}.{e.pager}"
    return _Place(key, EffectKind.ONCE, URGENT)


def _fix(_: StreamRef, e: fx.ProposeFix) -> _Place:
    return _Place(f"fix:{e.run}", EffectKind.ONCE, WORK)


def _preflight(_: StreamRef, e: fx.RunPreflight) -> _Place:
    return _Place(f"preflight:{e.run}.{e.host}", EffectKind.ONCE, WORK)


def _read(_: StreamRef, e: fx.RunRead) -> _Place:
    return _Place(f"read:{e.run}.{e.turn}.{e.phase}.{e.path}.{e.host}", EffectKind.ONCE, WORK)


def _change(_: StreamRef, e: fx.RunChange) -> _Place:
    return _Place(f"ssh:{e.run}.{e.path}.{e.host}.{e.attempt}", EffectKind.ONCE, WORK)


def _stop(_: StreamRef, e: fx.StopCommand) -> _Place:
    return _Place(f"stop:{e.run}.{e.path}.{e.host}.{e.attempt}", EffectKind.ONCE, URGENT)


def _timer(stream: StreamRef, e: fx.Timer) -> _Place:
    return _Place(timer_key(stream, e.name), EffectKind.TIMER, WORK)


def _attach(_: StreamRef, e: fx.Attach) -> _Place:
    return _Place(f"attach:{e.group}", EffectKind.ATTACH, WORK)


def _drill(_: StreamRef, e: fx.StartDrill) -> _Place:
    return _Place(f"drill:{e.drill}", EffectKind.ONCE, WORK)


def _wake(stream: StreamRef, e: fx.WakeWaiting) -> _Place:
    return _Place(f"wake:{stream}.{e.seq}", EffectKind.ONCE, WORK)


def _never(_: StreamRef, e: fx.ClearTimer) -> _Place:
    msg = f"clearing {e.name} is part of a commit, not an effect"
    raise TypeError(msg)


_PLACES: dict[type, Callable[[StreamRef, object], _Place]] = cast(
    "dict[type, Callable[[StreamRef, object], _Place]]",
    {
        fx.OpenRoom: _open_room,
        fx.SetRoom: _set_room,
        fx.Invite: _invite,
        fx.Post: _post,
        fx.Show: _show,
        fx.Amend: _amend,
        fx.SendPage: _page,
        fx.ProposeFix: _fix,
        fx.RunPreflight: _preflight,
        fx.RunRead: _read,
        fx.RunChange: _change,
        fx.StopCommand: _stop,
        fx.Timer: _timer,
        fx.Attach: _attach,
        fx.StartDrill: _drill,
        fx.WakeWaiting: _wake,
        fx.ClearTimer: _never,
    },
)
