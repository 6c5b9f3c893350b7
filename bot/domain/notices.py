"""Notices to audiences: a preview first, and for outsiders somebody else who clears it."""

from bot.domain import approval
from bot.domain.decided import Decision, Refusal
from bot.domain.draft import Draft
from bot.domain.events import (
    CardAsked,
    CardKind,
    Option,
    OutcomeKind,
    QuorumRule,
    ResolvedRule,
)
from bot.domain.intents import (
    PrepareNotice,
)
from bot.domain.packet import NoticePacket
from bot.domain.policy import Group
from bot.domain.state import next_number
from bot.values import CardId, Untrusted


def prepare(draft: Draft, intent: PrepareNotice) -> Decision:
    """Show the text as a card; its answer sends it."""
    audience = draft.policy.audiences.get(intent.audience)
    if audience is None:
        names = ", ".join(sorted(draft.policy.audiences)) or "none is configured"
        return Refusal(reason=f"There is no audience “{intent.audience}” (known: {names}).")
    if draft.incident.private and audience.external:
        return Refusal(reason="A private incident tells nobody outside.")
    number = next_number(draft.incident)
    external = ResolvedRule(
        names=("external notice",),
        quorums=(QuorumRule(groups=(Group.COMMUNICATIONS,), count=1),),
        excluded=(intent.by.person,),
        practice=draft.incident.drill,
    )
    internal = ResolvedRule(
        names=("internal notice",),
        quorums=(QuorumRule(groups=tuple(sorted(intent.by.groups)), count=1),),
        excluded=(),
        practice=draft.incident.drill,
    )
    draft.move(
        approval.ask(
            CardAsked(
                card=CardId(intent.fresh.ident("card", number)),
                number=number,
                kind=CardKind.NOTICE,
                title=Untrusted(f"Notice to {audience.name}"),
                options=(
                    Option(
                        id="send",
                        label="Approve and send" if audience.external else "Send",
                        outcome=OutcomeKind.ACT,
                        consequence=f"posts it in #{audience.channel}",
                        recommended=not intent.flagged,
                    ),
                    Option(
                        id="discard",
                        label="Discard",
                        outcome=OutcomeKind.DECLINE,
                        consequence="nobody is told",
                    ),
                ),
                rule=external if audience.external else internal,
                expires_at=draft.expires_at,
                remind_at=draft.remind_at,
                packet=NoticePacket(
                    audience=audience.name,
                    channel=audience.channel,
                    external=audience.external,
                    text=intent.text,
                    author=intent.by.person,
                    flagged=intent.flagged,
                ),
                requester=intent.by.person,
            )
        )
    )
    who = "somebody else of communications must approve it" if audience.external else "confirm it"
    draft.answer = f"The notice is card {number} in the room: {who}."
    return draft.decided()
