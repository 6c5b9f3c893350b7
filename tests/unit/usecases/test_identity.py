"""Who an account is: one person on every platform, as they stand at this moment."""

from dataclasses import replace

import pytest

from bot.domain.actor import Standing
from bot.domain.policy import Group, Policy
from bot.errors import Refused, Unavailable
from bot.ports import StandingAnswer, StandingKind
from bot.requests import ReplyTone
from bot.usecases.identity import Identity
from bot.usecases.seats import TokenKind
from bot.usecases.urgency import URGENCY, Urgency, carried_with
from bot.values import PersonId
from tests.support.clock import START
from tests.support.team import TEAM
from tests.support.world import World, sender

ANN = PersonId("ann")
EVE = PersonId("eve")


def without(person: str) -> Policy:
    """Return the team's policy once somebody has left."""
    left = {ident: one for ident, one in TEAM.people.items() if ident != person}
    return replace(TEAM, people=left)


@pytest.mark.parametrize("account", ["ann", "ann-phone", "slack:T1/U1", "telegram:42"])
async def test_every_account_of_a_person_is_that_person(account: str) -> None:
    async with World(policy=TEAM) as world:
        actor = await world.identity.actor(sender(account))
        assert (actor.person, actor.name, actor.linked) == ("ann", "Ann Lee", True)
        assert actor.groups == frozenset({"responder"})
        assert not actor.practice_only


async def test_a_slack_user_of_another_team_is_somebody_else() -> None:
    async with World(policy=TEAM) as world:
        for account in ("slack:T9/U1", "slack:U1"):
            actor = await world.identity.actor(sender(account))
            assert (actor.person, actor.linked) == (account, False)


async def test_an_account_that_nobody_linked_may_look_and_declare_while_it_is_active() -> None:
    async with World(policy=TEAM) as world:
        world.people.kinds[("slack", "T1/U8")] = StandingKind.STRANGER
        active = await world.identity.actor(sender("slack:T1/U9"))
        stranger = await world.identity.actor(sender("slack:T1/U8"))
        assert active.groups == frozenset({Group.READER})
        assert stranger.groups == frozenset()


async def test_without_a_policy_every_account_may_respond_and_decide_practice_alone() -> None:
    async with World() as world:
        actor = await world.identity.actor(sender("slack:T1/U9"))
        assert actor.groups == frozenset({Group.READER, Group.RESPONDER})
        assert (actor.linked, actor.practice_only) == (True, True)
        seat = await world.identity.actor(sender("approver"))
        assert (seat.person, seat.practice_only) == ("approver", True)
        assert Group.APPROVER in seat.groups


async def test_standing_is_asked_for_each_time() -> None:
    async with World(policy=TEAM) as world:
        first = await world.identity.actor(sender("slack:T1/U2"))
        world.people.kinds[("slack", "T1/U2")] = StandingKind.DEACTIVATED
        second = await world.identity.actor(sender("slack:T1/U2"))
        assert [first.standing, second.standing] == [Standing.ACTIVE, Standing.DEACTIVATED]
        assert second.checked_at == world.clock.now()


async def test_a_platform_that_does_not_answer_leaves_a_linked_person_of_unknown_standing() -> None:
    async with World(policy=TEAM) as world:
        world.people.fault = Unavailable("the platform is down")
        actor = await world.identity.actor(sender("slack:T1/U2"))
        reply = await world.say("slack:T1/U2", "/incident declare sev1 everything is down")
        assert (actor.person, actor.standing) == ("bob", Standing.UNKNOWN)
        assert reply.tone is ReplyTone.DONE


async def test_a_seats_groups_come_on_top_of_the_policys() -> None:
    async with World(policy=TEAM) as world:
        await world.seats.add("night", PersonId("eve"), [Group.RESPONDER])
        actor = await world.identity.actor(sender("night"))
        assert (actor.person, actor.practice_only) == ("eve", False)
        assert actor.groups == frozenset({"reader", "responder"})


async def test_a_seat_whose_person_left_the_policy_decides_practice_alone() -> None:
    async with World(policy=TEAM) as world:
        await world.seats.add("guest", PersonId("eve"), [Group.APPROVER])
        world.current.replace(without("eve"), {})
        actor = await world.identity.actor(sender("guest"))
        assert (actor.person, actor.practice_only) == ("eve", True)


async def test_the_policy_says_whose_seat_it_is_whatever_the_seat_says() -> None:
    ann = replace(TEAM.people[ANN], accounts=(("console", "spare"),))
    async with World(policy=TEAM) as world:
        await world.seats.add("spare", PersonId("eve"), [])
        world.current.replace(replace(TEAM, people={**TEAM.people, ANN: ann}), {})
        assert (await world.identity.actor(sender("spare"))).person == "ann"


async def test_a_revoked_seat_is_nobody() -> None:
    async with World(policy=TEAM) as world:
        await world.seats.add("guest", PersonId("eve"), [Group.APPROVER])
        await world.seats.revoke("guest")
        actor = await world.identity.actor(sender("guest"))
        assert (actor.person, actor.linked) == ("console:guest", False)


async def test_an_answer_token_decides_outside_practice_only_where_the_policy_names_it() -> None:
    named = replace(TEAM, answer_tokens=("bob",))
    async with World(policy=named) as world:
        token = TokenKind.ANSWER.value
        bob = await world.identity.actor(replace(sender("bob"), token_kind=token))
        cleo = await world.identity.actor(replace(sender("cleo"), token_kind=token))
        assert [bob.practice_only, cleo.practice_only] == [False, True]


async def test_voters_are_those_who_decided_as_their_accounts_stand_now() -> None:
    async with World(policy=TEAM) as world:
        await world.say("ann", "/incident declare sev3 x")
        at = await world.room()
        await world.say("ann", "/incident notify customers hello", at=at)
        (asked,) = (await world.incident()).open_cards
        await world.say("bob", "/incident approve 1", at=at)
        await world.press("cleo", asked.card.card, "send")
        decided = (await world.incident()).cards[asked.card.card]
        (before,) = await world.identity.voters(decided)
        world.people.kinds[("console", "cleo")] = StandingKind.DEACTIVATED
        (after,) = await world.identity.voters(decided)
        assert (before.person, before.standing) == ("cleo", Standing.ACTIVE)
        assert before.groups == frozenset({"approver", "communications"})
        assert (after.person, after.standing) == ("cleo", Standing.DEACTIVATED)


async def test_an_undecided_card_has_no_voters() -> None:
    async with World(policy=TEAM) as world:
        await world.say("ann", "/incident declare sev2")
        (asked,) = (await world.incident()).open_cards
        assert await world.identity.voters(asked) == ()


@pytest.mark.parametrize(
    ("words", "platform", "person"),
    [
        ("@ann", "console", "ann"),
        ("@ANN", "console", "ann"),
        ("Ann Lee", "console", "ann"),
        ("<@U1>", "slack", "ann"),
        ("<@U1|someone>", "slack", "ann"),
        ("<@U1>", "telegram", None),
        ("@ann-phone", "telegram", "ann"),
        ("@nobody", "console", None),
        ("", "console", None),
    ],
)
async def test_a_person_is_called_by_many_names(
    words: str, platform: str, person: str | None
) -> None:
    async with World(policy=TEAM) as world:
        assert await world.identity.person_called(words, platform) == person


# --- what Slack knows of people -----------------------------------------------------------------

LINKING = replace(
    TEAM,
    people={**TEAM.people, EVE: replace(TEAM.people[EVE], email="Eve@example.org")},
    link_by_email=("slack",),
)
GROUPED = replace(TEAM, slack_groups={"approver": ("T1/S1",)})


class Groups:
    """`UserGroups` whose answers a test sets; it keeps how urgently it was asked."""

    def __init__(self, *accounts: str) -> None:
        self.accounts = frozenset(accounts)
        self.fault: Exception | None = None
        self.asked_with: list[Urgency] = []

    async def members(self, group: str) -> frozenset[str]:
        assert group == "T1/S1"
        self.asked_with.append(URGENCY.get())
        if self.fault is not None:
            raise self.fault
        return self.accounts


def grouped(world: World, groups: Groups) -> Identity:
    return Identity(
        current=world.current, seats=world.seats, people=world.people, slack_groups=groups
    )


class PacedPeople:
    """`People` that keep how urgently they were asked."""

    def __init__(self) -> None:
        self.asked_with: list[Urgency] = []

    async def standing(self, platform: str, account: str) -> StandingAnswer:
        del platform, account
        self.asked_with.append(URGENCY.get())
        return StandingAnswer(kind=StandingKind.ACTIVE, checked_at=START)


async def test_asking_who_somebody_is_never_waits_behind_what_is_to_be_shown() -> None:
    people, groups = PacedPeople(), Groups("T1/U1")
    async with World(policy=GROUPED) as world:
        identity = Identity(
            current=world.current, seats=world.seats, people=people, slack_groups=groups
        )
        with carried_with(Urgency.CHATTER):
            await identity.actor(sender("slack:T1/U1"))
    assert people.asked_with == groups.asked_with == [Urgency.ANSWER]


async def test_a_confirmed_address_links_an_account_where_the_policy_says_so() -> None:
    async with World(policy=LINKING) as world:
        world.people.emails["slack", "T1/U9"] = "eve@example.org"
        actor = await world.identity.actor(sender("slack:T1/U9"))
        assert (actor.person, actor.linked, actor.groups) == ("eve", True, frozenset({"reader"}))
        world.current.replace(replace(LINKING, link_by_email=()), {})
        actor = await world.identity.actor(sender("slack:T1/U9"))
        assert (actor.person, actor.linked) == ("slack:T1/U9", False)


async def test_an_address_gives_no_second_account_to_who_has_one_by_name() -> None:
    people = {**TEAM.people, ANN: replace(TEAM.people[ANN], email="ann@example.org")}
    async with World(policy=replace(LINKING, people=people)) as world:
        world.people.emails["slack", "T1/U9"] = "ann@example.org"
        actor = await world.identity.actor(sender("slack:T1/U9"))
        assert (actor.person, actor.linked) == ("slack:T1/U9", False)


async def test_a_mention_is_of_an_account_and_never_of_a_name_that_somebody_gave_themselves() -> (
    None
):
    async with World(policy=LINKING) as world:
        world.people.emails["slack", "T1/U9"] = "eve@example.org"
        called = world.identity.person_called
        assert await called("<@U7|ann>", "slack", "T1/U2") is None
        assert await called("<@U9|ann>", "slack", "T1/U2") == "eve"


async def test_members_of_a_slack_user_group_belong_to_the_group_from_every_account() -> None:
    async with World(policy=GROUPED) as world:
        identity = grouped(world, Groups("T1/U1"))
        for account in ("slack:T1/U1", "ann"):
            assert "approver" in (await identity.actor(sender(account))).groups
        assert "approver" not in (await identity.actor(sender("dan"))).groups


async def test_a_member_whom_the_policy_does_not_name_belongs_to_nothing() -> None:
    async with World(policy=GROUPED) as world:
        identity = grouped(world, Groups("T1/U9"))
        actor = await identity.actor(sender("slack:T1/U9"))
        assert (actor.linked, actor.groups) == (False, frozenset({"reader"}))


@pytest.mark.parametrize("kind", [StandingKind.GUEST, StandingKind.STRANGER, StandingKind.UNKNOWN])
async def test_a_member_in_no_good_standing_is_none(kind: StandingKind) -> None:
    async with World(policy=GROUPED) as world:
        world.people.kinds["slack", "T1/U1"] = kind
        identity = grouped(world, Groups("T1/U1"))
        assert "approver" not in (await identity.actor(sender("slack:T1/U1"))).groups


@pytest.mark.parametrize("fault", [Unavailable("down"), Refused("no such group")])
async def test_a_user_group_that_is_not_known_gives_nobody_a_right(fault: Exception) -> None:
    async with World(policy=GROUPED) as world:
        groups = Groups("T1/U1")
        groups.fault = fault
        identity = grouped(world, groups)
        assert (await identity.actor(sender("slack:T1/U1"))).groups == frozenset({"responder"})


@pytest.mark.parametrize(
    "email", ["\N{KELVIN SIGN}im@example.org", "kim@example.org\N{ZERO WIDTH SPACE}"]
)
async def test_an_address_that_only_looks_like_somebodys_links_nobody(email: str) -> None:
    people = {**TEAM.people, EVE: replace(TEAM.people[EVE], email="kim@example.org")}
    async with World(policy=replace(LINKING, people=people)) as world:
        world.people.emails["slack", "T1/U9"] = email
        assert not (await world.identity.actor(sender("slack:T1/U9"))).linked
        world.people.emails["slack", "T1/U9"] = "KIM@example.org"
        assert (await world.identity.actor(sender("slack:T1/U9"))).person == EVE
