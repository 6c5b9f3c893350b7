"""The questions of a run: approve this change, undo it, go on, choose, and what became of it."""

from datetime import timedelta

from bot.domain import approval, packet, rules
from bot.domain.events import (
    CardAsked,
    CardKind,
    DecisionReached,
    DryRunReported,
    Option,
    OutcomeKind,
    QuorumRule,
    ResolvedRule,
)
from bot.domain.policy import Group
from bot.domain.run import autonomy
from bot.domain.run.binding import asks_change_of, differing, inputs_of, rule_of
from bot.domain.run.ending import end
from bot.domain.run.folding import Run, StepLog
from bot.domain.run.planning import Moves, Setting
from bot.values import (
    CardId,
    HostName,
    Untrusted,
    canonical_json,
)
from runbooks import steps
from runbooks.steps import Proposal

ABORT = "abort"
"""The id of the option of a guided step that ends the run."""

BREAK_GLASS = "break-glass"
"""The id of the option that approves alone."""


def ask_change(run: Run, proposal: Proposal, setting: Setting, kind: CardKind) -> Moves:
    """Ask for a yes to exactly this; a host that has left the inventory ends the run instead."""
    missing = sorted(
        {c.host for c in proposal.commands if HostName(c.host) not in setting.policy.hosts}
    )
    if missing:
        return end(run, steps.Stopped(because=f"not in the inventory: {', '.join(missing)}"))
    inputs = inputs_of(run, proposal, setting)
    rule = rule_of(run, proposal, setting)
    lasts = rules.expires_in(setting.policy, rule, setting.severity)
    earlier = [a for a in setting.cards.values() if asks_change_of(a, run)]
    changed = differing(earlier[-1], inputs) if earlier else ()
    asked = CardAsked(
        card=CardId(setting.ident("c")),
        number=setting.next_number,
        kind=kind,
        title=Untrusted(proposal.title),
        options=_change_options(proposal, kind, setting),
        rule=rule,
        expires_at=setting.now + lasts,
        remind_at=setting.now + lasts * rules.REMINDED_AT,
        digest=packet.digest(inputs),
        packet=packet.change_packet(
            setting.policy, proposal, requester=run.started.requested_by, changed=changed
        ),
        run=run.started.run,
        requester=run.started.requested_by,
        replaces=earlier[-1].card.card if earlier else None,
        tier=proposal.tier,
        inputs=canonical_json(inputs).decode(),
    )
    events, effects = approval.ask(asked)
    decision = DecisionReached(
        run=run.started.run,
        phase="again" if run.turn else "triage",
        because=Untrusted(proposal.because),
        action=proposal.action,
    )
    because = autonomy.allows(setting.policy, run, proposal, rule)
    if because and kind is CardKind.CHANGE:
        events, effects = autonomy.decided(asked, because)
    return (decision, *events), effects


def report(run: Run, rehearsed: steps.Rehearsed, setting: Setting) -> Moves:
    """Tell what a dry run would have asked for, then end it."""
    shown = None
    if rehearsed.proposal is not None:
        by = run.started.requested_by
        shown = packet.change_packet(setting.policy, rehearsed.proposal, requester=by, changed=())
    reported = DryRunReported(
        run=run.started.run, because=Untrusted(rehearsed.because), packet=shown
    )
    events, effects = end(run, rehearsed)
    return (reported, *events), effects


def ask_question(run: Run, question: steps.Question, setting: Setting) -> Moves:
    """Ask what only a human can tell."""
    options = tuple(
        Option(id=c.id, label=c.label, outcome=OutcomeKind.ACT, consequence="")
        for c in question.options
    )
    described = Untrusted(question.description)
    return _ask_human(
        run, setting, CardKind.QUESTION, question.title, options, question.path, described
    )


def ask_step(run: Run, command: steps.PlannedCommand, setting: Setting) -> Moves:
    """Ask in guided mode whether to go on with this command."""
    options = (
        Option(id="on", label="Go on", outcome=OutcomeKind.ACT, consequence="runs this step"),
        Option(id="skip", label="Skip", outcome=OutcomeKind.ESCALATE, consequence="leaves it out"),
        Option(
            id=ABORT,
            label="Abort",
            outcome=OutcomeKind.DECLINE,
            consequence="the run ends here; no further step runs",
        ),
    )
    line = Untrusted(" ".join(command.argv))
    title = f"Next: {command.path} on {command.host}"
    return _ask_human(run, setting, CardKind.STEP, title, options, command.key, line)


def ask_in_doubt(run: Run, log: StepLog, why: str, setting: Setting) -> Moves:
    """Ask a human what became of a command; an approver decides, whoever asked for the run."""
    started = log.started
    return approval.ask(
        CardAsked(
            card=CardId(setting.ident("c")),
            number=setting.next_number,
            kind=CardKind.IN_DOUBT,
            title=Untrusted(f"What became of step {started.number} on {started.host}?"),
            options=(
                Option(
                    id="worked",
                    label="It took effect",
                    outcome=OutcomeKind.ACT,
                    consequence="the run goes on with the next step and its checks",
                ),
                Option(
                    id="failed",
                    label="It did not",
                    outcome=OutcomeKind.DECLINE,
                    consequence="the run stops and keeps its hosts reserved; nothing is run again",
                ),
            ),
            rule=ResolvedRule(
                names=("in doubt",),
                quorums=(QuorumRule(groups=(Group.APPROVER,), count=1),),
                excluded=(),
                practice=setting.drill,
            ),
            expires_at=setting.now + _lasts(setting),
            remind_at=setting.now + _lasts(setting) * rules.REMINDED_AT,
            packet=packet.DoubtPacket(
                path=started.path,
                host=started.host,
                attempt=started.attempt,
                line=Untrusted(" ".join(started.command)),
                started_at=log.at,
                why=Untrusted(why),
                approved_by=started.approved_by,
            ),
            run=run.started.run,
        )
    )


def _ask_human(
    run: Run,
    setting: Setting,
    kind: CardKind,
    title: str,
    options: tuple[Option, ...],
    path: str,
    description: Untrusted,
) -> Moves:
    return approval.ask(
        CardAsked(
            card=CardId(setting.ident("c")),
            number=setting.next_number,
            kind=kind,
            title=Untrusted(title),
            options=options,
            rule=ResolvedRule(names=(), quorums=(), excluded=(), practice=setting.drill),
            expires_at=setting.now + _lasts(setting),
            remind_at=setting.now + _lasts(setting) * rules.REMINDED_AT,
            packet=packet.QuestionPacket(path=path, description=description),
            run=run.started.run,
        )
    )


def _lasts(setting: Setting) -> timedelta:
    return rules.usual_expiry(setting.policy, setting.severity)


def _change_options(proposal: Proposal, kind: CardKind, setting: Setting) -> tuple[Option, ...]:
    commands = sum(1 for c in proposal.commands if c.changes)
    hosts = ", ".join(sorted({c.host for c in proposal.commands if c.changes}))
    verb = "Approve the undo" if kind is CardKind.UNDO else "Approve"
    return (
        Option(
            id="approve",
            label=verb,
            outcome=OutcomeKind.ACT,
            consequence=f"runs {commands} command{'s' * (commands != 1)} on {hosts}, "
            "then checks that it worked",
            recommended=True,
        ),
        Option(
            id="reject",
            label="Reject",
            outcome=OutcomeKind.DECLINE,
            consequence="nothing runs; the incident stays open",
        ),
        *_break_glass(setting),
    )


def _break_glass(setting: Setting) -> tuple[Option, ...]:
    """Offer the way out where the policy names somebody who may take it."""
    if not setting.policy.groups.get(Group.BREAK_GLASS):
        return ()
    alone = Option(
        id=BREAK_GLASS,
        label="Break glass",
        outcome=OutcomeKind.ACT,
        consequence="approves alone, is announced to everybody and reviewed the next day",
        reason_required=True,
        break_glass=True,
    )
    return (alone,)
