"""Who may approve in Slack: asked freshly, by user group and by confirmed address."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from bot.domain.policy import Escalation, Group, Policy, PolicyPerson
from bot.values import PersonId
from tests.support.slack.living import ANN, living
from tests.support.slack.server import Slack


def by_user_group(policy: Policy) -> Policy:
    groups = {**policy.groups, Group.APPROVER: ()}
    return replace(policy, groups=groups, slack_groups={Group.APPROVER: ("T1/S1",)})


async def test_a_member_of_the_user_group_approves_and_somebody_else_does_not(
    tmp_path: Path,
) -> None:
    def oncall(team: Slack) -> None:
        team.of.groups["S1"] = {"U2"}

    async with living(tmp_path, changed=by_user_group, before=oncall) as here:
        await here.ann.types("/incident drill disk-full")
        room = await here.ann.room()
        card = await here.bob.sees_button("Approve", room)
        assert "approver" in await here.ann.presses("Approve", card, room)
        assert here.ran() == 0
        await here.bob.presses("Approve", card, room)
        await here.ann.sees("3 commands ran", room)


DORA = PersonId("dora")


def by_address(policy: Policy) -> Policy:
    dora = PolicyPerson(id=DORA, name="Dora", email="dora@example.org")
    groups = {**policy.groups, Group.APPROVER: (DORA,), Group.RESPONDER: (ANN, DORA)}
    people = {**policy.people, DORA: dora}
    return replace(policy, people=people, groups=groups, link_by_email=("slack",))


async def test_a_confirmed_address_makes_an_account_a_person_of_the_policy(tmp_path: Path) -> None:
    def colleagues(team: Slack) -> None:
        team.of.add_user("U4", "dora", email="dora@example.org")
        team.of.add_user("U5", "mallory", email="dora@example.org", confirmed=False)

    async with living(tmp_path, changed=by_address, before=colleagues) as here:
        await here.ann.types("/incident drill disk-full")
        room = await here.ann.room()
        card = await here.ann.sees_button("Approve", room)
        assert "vote is for approver" in await here.person("U5").presses("Approve", card, room)
        assert here.ran() == 0
        await here.person("U4").presses("Approve", card, room)
        await here.ann.sees("3 commands ran", room)


async def test_somebody_who_left_a_moment_ago_approves_nothing(tmp_path: Path) -> None:
    async with living(tmp_path) as here:
        await here.ann.types("/incident drill disk-full")
        room = await here.ann.room()
        card = await here.bob.sees_button("Approve", room)
        here.team.of.users["U2"].deleted = True
        assert "There is no such card." in await here.bob.presses("Approve", card, room)
        assert here.ran() == 0


CARL = PersonId("carl")


def paging_a_user_group(policy: Policy) -> Policy:
    carl = PolicyPerson(id=CARL, name="Carl")
    whole = Escalation(group="sre", people=(CARL,), every=timedelta(minutes=5), whole_group=True)
    return replace(
        policy,
        people={**policy.people, CARL: carl},
        groups={**policy.groups, "sre": (CARL,)},
        slack_groups={"sre": ("T1/S1",)},
        escalations={"sre": whole},
        default_escalation="sre",
    )


async def test_a_member_of_a_user_group_is_woken_where_the_named_person_cannot_be(
    tmp_path: Path,
) -> None:
    def oncall(team: Slack) -> None:
        team.of.groups["S1"] = {"U2"}

    async with living(tmp_path, changed=paging_a_user_group, before=oncall) as here:
        assert here.service.paged is not None
        await here.service.paged.look()
        await here.ann.types("/incident declare sev3 the cache is cold")
        await here.ann.types("/incident page sre we need you", await here.ann.room())
        await here.bob.sees("we need you", await here.bob.direct())
