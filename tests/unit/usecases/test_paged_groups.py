"""Members of a user group are woken after those whom the policy names, by what was heard last."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from bot.config import default_policy
from bot.domain.policy import Escalation, Policy, PolicyPerson
from bot.errors import Unavailable
from bot.usecases.current import Current
from bot.usecases.paged_groups import PagedGroups
from bot.values import PersonId

ANN, BOB, CLEO = PersonId("ann"), PersonId("bob"), PersonId("cleo")


@dataclass
class Told:
    """User groups as they are told, or silence."""

    groups: Mapping[str, frozenset[str]]
    silent: bool = False
    asked: list[str] = field(default_factory=list)

    async def members(self, group: str) -> frozenset[str]:
        self.asked.append(group)
        if self.silent:
            raise Unavailable("Slack does not answer")
        return self.groups[group]


def policy() -> Policy:
    people = {
        p: PolicyPerson(id=p, name=p.capitalize(), accounts=(("slack", f"T1/{p}"),))
        for p in (ANN, BOB, CLEO)
    }
    whole = Escalation(group="sre", people=(ANN,), every=timedelta(minutes=5), whole_group=True)
    named = replace(whole, people=(ANN, BOB), whole_group=False)
    return replace(
        default_policy(),
        people=people,
        groups={"sre": (ANN,), "quiet": (ANN,)},
        slack_groups={"sre": ("T1/S1",), "quiet": ("T1/S2",)},
        escalations={"sre": whole, "named": named},
        default_escalation="sre",
    )


def told() -> Told:
    return Told({"T1/S1": frozenset({"T1/ann", "T1/cleo", "T1/stranger"})})


async def test_only_people_of_the_policy_are_known_as_members() -> None:
    current, user_groups = Current(policy=policy()), told()
    await PagedGroups(current=current, user_groups=user_groups).look()
    assert current.policy.user_group_members == {"sre": (ANN, CLEO)}
    assert user_groups.asked == ["T1/S1"]


async def test_who_leaves_is_not_woken_after_the_next_look() -> None:
    current, user_groups = Current(policy=policy()), told()
    paged = PagedGroups(current=current, user_groups=user_groups)
    await paged.look()
    user_groups.groups = {"T1/S1": frozenset()}
    await paged.look()
    assert current.policy.user_group_members == {"sre": ()}


async def test_while_slack_is_silent_those_of_before_are_woken() -> None:
    current, user_groups = Current(policy=policy()), told()
    paged = PagedGroups(current=current, user_groups=user_groups)
    await paged.look()
    user_groups.silent = True
    await paged.look()
    assert current.policy.user_group_members == {"sre": (ANN, CLEO)}


async def test_a_reload_keeps_who_was_heard_of() -> None:
    current = Current(policy=policy())
    await PagedGroups(current=current, user_groups=told()).look()
    current.replace(replace(policy(), version="next"), {})
    assert current.policy.user_group_members == {"sre": (ANN, CLEO)}
