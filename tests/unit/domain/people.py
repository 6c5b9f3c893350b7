"""People as they act in tests: everyone of the policy, in good standing unless a test says no."""

from datetime import UTC, datetime

from bot.domain.actor import Actor, Standing
from bot.values import PersonId
from tests.unit.domain.policy import ANA, BEN, CLEO, DAN, EVE, GROUPS


def actor(
    person: PersonId,
    *groups: str,
    standing: Standing = Standing.ACTIVE,
    token_kind: str = "",
    practice_only: bool = False,
    linked: bool = True,
) -> Actor:
    """Return a person in the groups given, else in those that the policy puts them in."""
    own = frozenset(str(group) for group, members in GROUPS.items() if person in members)
    return Actor(
        person=person,
        name=person.capitalize(),
        groups=frozenset(groups) or own,
        platform="console",
        account=person,
        standing=standing,
        checked_at=datetime(2026, 11, 21, 3, 0, tzinfo=UTC),
        token_kind=token_kind,
        practice_only=practice_only,
        linked=linked,
    )


ana, ben, cleo, dan, eve = (actor(person) for person in (ANA, BEN, CLEO, DAN, EVE))
