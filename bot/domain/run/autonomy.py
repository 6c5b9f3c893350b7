"""The changes that run without a person's yes, because the policy says so (spec: approvals A4)."""

from bot.domain import packet
from bot.domain.effects import Effect
from bot.domain.events import (
    AutonomyUsed,
    CardAsked,
    CardDecided,
    Event,
    OutcomeKind,
    ResolvedRule,
)
from bot.domain.policy import Autonomy, Policy
from bot.domain.run.folding import Run
from bot.values import SYSTEM, RunId, Tier, Untrusted
from runbooks.steps import Known, Mode, Proposal

_FALLBACK = "otherwise"
"""What the planner calls the rule of a runbook that holds where no other does."""


def allows(policy: Policy, run: Run, proposal: Proposal, rule: ResolvedRule) -> str:
    """Return why this change may run by itself, "" where a person must say yes.

    Only a reversible change of one component, after a diagnosis that left nothing open, with its
    undo declared. Whatever holds a dangerous word is not reversible, whatever its author wrote,
    and where the policy's rules ask for more than one yes they hold.
    """
    clear = proposal.rule not in {"", _FALLBACK} and all(
        isinstance(evidence.fact, Known) for evidence in proposal.evidence
    )
    permitted = (
        policy.autonomy is Autonomy.REVERSIBLE
        and run.progress.mode is Mode.RUN
        and proposal.tier is Tier.REVERSIBLE
        and not packet.dangerous_words(policy, proposal.dangers)
        and len(proposal.targets.hosts) == 1
        and len(proposal.targets.services) <= 1
        and bool(proposal.rollback)
        and sum(quorum.count for quorum in rule.quorums) == 1
        and clear
    )
    if not permitted:
        return ""
    host = proposal.targets.hosts[0]
    return f"autonomy: reversible; it touches {host} alone, `{proposal.rule}` holds, undo is known"


def decided(asked: CardAsked, because: str) -> tuple[tuple[Event, ...], tuple[Effect, ...]]:
    """Record the question with the policy's own answer, so that its digest binds as any yes does.

    Nobody is waited for, so the card gets no timers.
    """
    yes = next(option for option in asked.options if option.outcome is OutcomeKind.ACT)
    return (
        asked,
        CardDecided(
            card=asked.card,
            option=yes.id,
            outcome=yes.outcome,
            by=(SYSTEM,),
            reason=Untrusted(because),
        ),
        AutonomyUsed(run=asked.run or RunId(""), card=asked.card, because=Untrusted(because)),
    ), ()


def still_allowed(policy: Policy) -> bool:
    """Whether a yes that the policy gave itself still counts under the policy of now."""
    return policy.autonomy is Autonomy.REVERSIBLE
