"""What a yes is bound to: who must say it, to what exactly, and whether that still holds."""

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import reduce

from bot.domain import packet, rules
from bot.domain.approval import Asked
from bot.domain.events import (
    CardKind,
    ResolvedRule,
)
from bot.domain.run.folding import Run
from bot.domain.run.planning import Setting, next_of
from bot.errors import OperatorMistake
from bot.values import (
    HostName,
    Json,
    Tier,
    digest_of,
)
from runbooks import steps
from runbooks.loader import load
from runbooks.steps import Proposal


def stale_at_vote(run: Run, asked: Asked, setting: Setting, document_now: str) -> tuple[str, ...]:
    """Name what has changed under an open question; empty = it still fits.

    The packet is rendered again from the runbook, inventory and rule that hold now.
    """
    step = next_of(run, setting.policy, drill=setting.drill)
    if not isinstance(step, steps.Ask | steps.OfferUndo):
        return ("the situation",)
    inputs = inputs_of(run, step.proposal, setting)
    inputs["runbook"] = content_hash_of(document_now)
    return differing(asked, inputs)


def stale_at_start(
    run: Run,
    asked: Asked,
    command: steps.PlannedCommand,
    setting: Setting,
    document_now: str,
) -> tuple[str, ...]:
    """Name what has changed under a yes, right before one of its commands; empty = it still fits.

    Parameters and facts are frozen, so only the catalogue, the inventory and the rule can have
    moved, and the command itself must be one that the packet shows.
    """
    was = json.loads(asked.card.inputs)
    hosts = tuple(was["hosts"])
    rule = rule_for(
        run,
        setting,
        tier=asked.card.tier or Tier.IRREVERSIBLE,
        words=tuple(word for c in was["commands"] for word in c["argv"]),
        hosts=hosts,
        services=tuple(was["targets"]["services"]),
    )
    now = {
        **was,
        "runbook": content_hash_of(document_now),
        "hosts": packet.host_inputs(setting.policy, hosts),
        "approval rule": _rule_json(rule),
    }
    if command.to_json() not in was["commands"]:
        return ("the command", *differing(asked, now))
    return differing(asked, now)


def rule_for(
    run: Run,
    setting: Setting,
    *,
    tier: Tier,
    words: tuple[str, ...],
    hosts: tuple[str, ...],
    services: tuple[str, ...],
) -> ResolvedRule:
    """Resolve who may say yes; services are also those of the target hosts in the inventory.

    A card keeps the strictest rule that its run has ever had.
    """
    found = [setting.policy.hosts.get(HostName(name)) for name in hosts]
    known = [host for host in found if host is not None]
    rule = rules.resolve_rule(
        setting.policy,
        tier=Tier.IRREVERSIBLE if packet.dangerous_words(setting.policy, words) else tier,
        severity=setting.severity,
        services=tuple(sorted({h.service for h in known} | set(services))),
        runbook=run.started.runbook,
        requester=run.started.requested_by,
        zones=tuple(sorted({h.zone for h in known if h.zone})),
        practice=bool(known) and len(known) == len(hosts) and all(h.practice for h in known),
    )
    if run.started.automatic and sum(q.count for q in rule.quorums) > 1:
        # Whoever started a drill pressed no Run; two different yeses are four eyes already.
        rule = replace(rule, excluded=())
    earlier = [a.rule for a in setting.cards.values() if asks_change_of(a, run)]
    return reduce(rules.strictest, earlier, rule)


def content_hash_of(document: str) -> str:
    """Return the content hash of a runbook's text; "" for a text that is gone or cannot be read."""
    if not document:
        return ""
    try:
        return load(document, "catalogue").content_hash
    except OperatorMistake:
        return ""


def inputs_of(run: Run, proposal: Proposal, setting: Setting) -> dict[str, Json]:
    """Return what a yes to this proposal binds to, by name."""
    rule = rule_of(run, proposal, setting)
    return packet.change_inputs(setting.policy, proposal, run.started.bindings, _rule_json(rule))


def rule_of(run: Run, proposal: Proposal, setting: Setting) -> ResolvedRule:
    """Resolve who may say yes to this proposal."""
    return rule_for(
        run,
        setting,
        tier=proposal.tier,
        words=proposal.dangers,
        hosts=packet.host_names(proposal),
        services=proposal.targets.services,
    )


def asks_change_of(asked: Asked, run: Run) -> bool:
    """Whether this card asks for a change of this run."""
    return asked.card.run == run.started.run and asked.card.kind in {CardKind.CHANGE, CardKind.UNDO}


def differing(asked: Asked, inputs: Mapping[str, Json]) -> tuple[str, ...]:
    """Name the inputs that are no longer what the card was asked with."""
    if packet.digest(inputs) == asked.card.digest:
        return ()
    was = json.loads(asked.card.inputs)
    return tuple(n for n, v in inputs.items() if digest_of(was.get(n)) != digest_of(v))


def _rule_json(rule: ResolvedRule) -> Json:
    return {
        "quorums": [{"groups": list(q.groups), "count": q.count} for q in rule.quorums],
        "excluded": list(rule.excluded),
        "practice": rule.practice,
    }
