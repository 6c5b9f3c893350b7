"""What concerns the whole installation: freezes, drills, and the epoch of its journal."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.domain.decided import Decided, Decision, Refusal
from bot.domain.effects import Place, Post, StartDrill, Target
from bot.domain.erasing import erase_outside
from bot.domain.events import (
    AlertsTold,
    DrillStarted,
    Envelope,
    EpochRaised,
    Frozen,
    Unfrozen,
)
from bot.domain.intents import (
    Drill,
    EraseTexts,
    Freeze,
    RaiseEpoch,
    SystemIntent,
    TellAlerts,
    Unfreeze,
)
from bot.domain.permissions import allowed
from bot.domain.policy import Policy
from bot.values import PersonId

EVERYTHING = "*"
"""The scope of a freeze that stops every state-changing step."""

SCENARIOS: Mapping[str, str] = {
    "disk-full": "a scratch disk fills up, and the clean-up helps",
    "disk-stuck": "a scratch disk fills up, and the clean-up does not help enough",
    "cpu-errors": "a service runs hot and logs errors; a restart mends it",
    "cpu-load": "a service runs hot under real load; a second instance helps",
    "cpu-stranger": "a process that is not ours runs hot: change nothing",
    "service-fails": "a service does not come back from its restart",
    "pool-leak": "a service leaks its database connections",
    "pool-full": "the database itself has no connections left",
    "pod-failing": "a pod crashes again and again",
    "deploy-bad": "a new release logs errors; the one before it is fine",
    "agent-model": "an agent runs with another model than it was released with",
    "memory-low": "a service does not answer: the memory is used up",
    "network-cut": "a service does not answer: its neighbours are gone",
}
"""Drills by name, with what they practise."""


_TAG = 8
"""Characters of a drill's id: 40 bits, enough to tell a day's drills apart."""

_DRILLS_KEPT = 20

TELL_EVERY = timedelta(minutes=10)
"""A group that only posts is told of at most this often; what comes meanwhile is counted."""

_GROUPS_KEPT = 1000


_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """When a group was last told of, and how many alerts have fired untold since."""

    at: datetime
    counted: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """The installation as it stands."""

    freezes: Mapping[str, Frozen] = field(default_factory=dict)
    drills: Mapping[str, PersonId] = field(default_factory=dict)
    """Who started the latest drills, by the tag that their alerts carry."""
    seq: int = 0
    last_at: datetime = _EPOCH
    epoch: int = 1
    """How often the journal was restored from a backup, and one."""
    tellings: Mapping[str, Telling] = field(default_factory=dict)
    """Groups of alerts that only post, those with the latest news last."""


def drill_tag(drill: str) -> str:
    """Return what a drill's alerts carry as their label `drill`: the beginning of its id."""
    return drill[:_TAG]


def evolve(system: System, envelope: Envelope) -> System:
    """Fold one event."""
    system = replace(system, seq=envelope.seq, last_at=envelope.at)
    match envelope.event:
        case Frozen(scope=scope) as frozen:
            return replace(system, freezes={**system.freezes, scope: frozen})
        case Unfrozen(scope=scope):
            kept = {s: f for s, f in system.freezes.items() if s != scope}
            return replace(system, freezes=kept)
        case DrillStarted(drill=drill):
            drills = {**system.drills, drill_tag(drill): envelope.actor}
            return replace(system, drills=dict(list(drills.items())[-_DRILLS_KEPT:]))
        case AlertsTold() as event:
            return _told(system, event, envelope.at)
        case EpochRaised(epoch=epoch):
            return replace(system, epoch=epoch)
        case _:
            return system


def decide(policy: Policy, system: System, intent: SystemIntent, now: datetime) -> Decision:
    """Say what an intent leads to."""
    why_not = allowed(intent.by, intent.VERB)
    if why_not:
        return Refusal(reason=why_not)
    match intent:
        case Freeze():
            return _freeze(policy, system, intent)
        case Unfreeze():
            return _unfreeze(system, intent)
        case Drill():
            return _drill(policy, intent)
        case TellAlerts():
            return _tell(policy, system, intent, now)
        case RaiseEpoch():
            return _raise_epoch(policy, system, intent)
        case EraseTexts():
            return erase_outside(policy, intent)


def _told(system: System, event: AlertsTold, at: datetime) -> System:
    before = system.tellings.get(event.group)
    after = Telling(at=at)
    if not event.told:
        at, already = (before.at, before.counted) if before else (at, 0)
        after = Telling(at=at, counted=already + event.firing)
    kept = {group: telling for group, telling in system.tellings.items() if group != event.group}
    latest = dict([*kept.items(), (event.group, after)][-_GROUPS_KEPT:])
    return replace(system, tellings=latest)


def _tell(policy: Policy, system: System, intent: TellAlerts, now: datetime) -> Decision:
    """Post the news of a group to the announcement channel; count it where one was just posted."""
    last = system.tellings.get(intent.group)
    due = last is None or now - last.at >= TELL_EVERY
    told = due and not intent.muted
    event = AlertsTold(
        group=intent.group,
        route=intent.route,
        severity=intent.severity,
        title=intent.title,
        firing=intent.firing,
        resolved=intent.resolved,
        counted=last.counted if last else 0,
        told=told,
    )
    return Decided(events=(event,), effects=_announced(policy, system) if told else ())


def _raise_epoch(policy: Policy, system: System, intent: RaiseEpoch) -> Decision:
    if not intent.reason.text.strip():
        return Refusal(reason="Restoring a backup needs a reason.")
    if intent.epoch <= system.epoch:
        return Refusal(reason=f"This journal is of epoch {system.epoch} already.")
    event = EpochRaised(epoch=intent.epoch, reason=intent.reason, until=intent.until)
    return Decided(
        events=(event,),
        effects=_announced(policy, system),
        answer=f"The journal is of epoch {intent.epoch} now.",
    )


def _announced(policy: Policy, system: System) -> tuple[Post, ...]:
    """Tell the announcement channel of every platform about the event that comes next."""
    return tuple(
        Post(
            seq=system.seq + 1,
            target=Target(platform=platform, place=Place.CHANNEL, name=policy.announcement_channel),
        )
        for platform in policy.platforms
    )


def _freeze(policy: Policy, system: System, intent: Freeze) -> Decision:
    if not intent.reason.text.strip():
        return Refusal(reason="A freeze needs a reason: /incident freeze [service|all] <reason>")
    known = {h.service for h in policy.hosts.values()} | set(policy.services)
    if intent.scope != EVERYTHING and intent.scope not in known:
        names = ", ".join(sorted(known)) or "none"
        return Refusal(reason=f"There is no service “{intent.scope}” (known: {names}, or all).")
    if intent.scope in system.freezes:
        return Refusal(reason=f"{_named(intent.scope)} is frozen already.")
    return Decided(
        events=(Frozen(scope=intent.scope, reason=intent.reason),),
        answer=f"FROZEN: no change starts {_where(intent.scope)} until an approver unfreezes it.",
    )


def _unfreeze(system: System, intent: Unfreeze) -> Decision:
    if not system.freezes:
        return Refusal(reason="Nothing is frozen.")
    if intent.scope not in system.freezes:
        frozen = ", ".join(_named(s) for s in sorted(system.freezes))
        return Refusal(reason=f"{_named(intent.scope)} is not frozen (frozen: {frozen}).")
    return Decided(
        events=(Unfrozen(scope=intent.scope),),
        answer=f"No longer frozen: {_named(intent.scope)}. "
        "Stopped runs do not start again by themselves.",
    )


def _drill(policy: Policy, intent: Drill) -> Decision:
    if intent.scenario not in SCENARIOS:
        names = "".join(f"\n{name}: {words}" for name, words in SCENARIOS.items())
        return Refusal(reason=f"There is no drill “{intent.scenario}”. Known:{names}")
    if not any(host.practice for host in policy.hosts.values()):
        return Refusal(reason="There is no practice host here, and a drill touches nothing else.")
    drill = intent.fresh.seed
    return Decided(
        events=(DrillStarted(drill=drill, scenario=intent.scenario),),
        effects=(StartDrill(drill=drill, scenario=intent.scenario),),
        answer=f"The drill “{intent.scenario}” begins: its alert arrives in a few seconds.",
    )


def _where(scope: str) -> str:
    return "anywhere" if scope == EVERYTHING else f"on {scope}"


def _named(scope: str) -> str:
    return "everything" if scope == EVERYTHING else scope
