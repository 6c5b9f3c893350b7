"""The fix that a playbook named, made ready from the catalogue and inventory of now."""

from bot.domain.actor import FIREWARDEN
from bot.domain.effects import Effect, ProposeFix
from bot.domain.intents import ProposeRun
from bot.domain.run import inventory
from bot.errors import OperatorMistake, UserMistake
from bot.ports import Claim
from bot.usecases.current import Current
from bot.usecases.deciding import Extra
from bot.usecases.delivering.carrier import IncidentDesk, done, incident_of
from bot.values import canonical_json
from runbooks.loader import load
from runbooks.parameters import bind


class Referrals:
    """Carries `ProposeFix`: binds the runbook, and lets the incident ask whether to run it."""

    def __init__(self, *, desk: IncidentDesk, current: Current) -> None:
        self._desk = desk
        self._current = current

    async def carry(self, claim: Claim, effect: Effect) -> None:
        """See `Carrier`."""
        if not isinstance(effect, ProposeFix):
            msg = f"{type(effect).__name__} is not a referral"
            raise TypeError(msg)
        incident = await self._desk.state(incident_of(claim))
        intent = self._bound(effect, drill=incident.drill)
        await self._desk.submit(incident_of(claim), intent, Extra(settlement=done(claim)))

    def _bound(self, effect: ProposeFix, *, drill: bool) -> ProposeRun:
        document = self._current.document(effect.runbook)
        if not document:
            return _refused(effect, "the catalogue has no runbook of that name")
        known = inventory(self._current.policy, practice_only=drill)
        try:
            bound = bind(load(document, effect.runbook), dict(effect.arguments), {}, known)
        except (UserMistake, OperatorMistake) as mistake:
            return _refused(effect, str(mistake))
        return ProposeRun(
            by=FIREWARDEN,
            after=effect.run,
            runbook=effect.runbook,
            document=document,
            bindings=canonical_json(bound.to_json()).decode(),
        )


def _refused(effect: ProposeFix, why: str) -> ProposeRun:
    return ProposeRun(by=FIREWARDEN, after=effect.run, runbook=effect.runbook, refused=why)
