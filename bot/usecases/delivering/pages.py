"""Pages: one person, one channel, with everything they need to know."""

from collections.abc import Mapping

from bot.domain.actor import FIREWARDEN
from bot.domain.effects import Effect, SendPage
from bot.domain.intents import PageResult
from bot.errors import Refused
from bot.ports import Claim, PagePacket, Pager
from bot.usecases.current import Current
from bot.usecases.deciding import Extra
from bot.usecases.delivering.carrier import IncidentDesk, done, incident_of
from bot.usecases.delivering.posts import card_key
from bot.usecases.rendering import Rendering
from bot.values import Untrusted


class Pages:
    """Carries `SendPage`."""

    def __init__(
        self,
        *,
        desk: IncidentDesk,
        pagers: Mapping[str, Pager],
        rendering: Rendering,
        current: Current,
    ) -> None:
        self._desk = desk
        self._pagers = pagers
        self._rendering = rendering
        self._current = current

    async def carry(self, claim: Claim, effect: Effect) -> None:
        """See `Carrier`."""
        if not isinstance(effect, SendPage):
            msg = f"{type(effect).__name__} is not a page"
            raise TypeError(msg)
        incident = await self._desk.state(incident_of(claim))
        card = await self._rendering.card(incident, f"page:{effect.page}")
        why = ""
        try:
            if card is None:
                self._gone(effect)
            else:
                packet = PagePacket(
                    key=card_key(incident, f"page:{effect.page}"),
                    incident=incident.id,
                    number=incident.number,
                    reason=incident.pages[effect.page].started.reason.text,
                    card=card,
                    body=await self._rendering.page_body(incident, effect.page),
                )
                pager = self._pager(effect)
                await pager.page(effect.person, self._address(effect), packet)
        except Refused as refused:
            why = str(refused)
        intent = PageResult(
            by=FIREWARDEN,
            page=effect.page,
            person=effect.person,
            pager=effect.pager,
            why=Untrusted(why),
        )
        await self._desk.submit(incident.id, intent, Extra(settlement=done(claim)))

    def _gone(self, effect: SendPage) -> None:
        msg = f"there is no page {effect.page}"
        raise Refused(msg)

    def _pager(self, effect: SendPage) -> Pager:
        pager = self._pagers.get(effect.pager)
        if pager is None:
            raise Refused(f"{effect.pager} is not connected here")
        return pager

    def _address(self, effect: SendPage) -> str:
        person = self._current.policy.people.get(effect.person)
        return person.webhook if person is not None and effect.pager == "webhook" else ""
