"""Whoever signs in by an e-mail address is one person of the policy, at one seat of theirs."""

from dataclasses import replace

import pytest

from bot.domain.policy import Policy, PolicyPerson
from bot.usecases.members import Members
from bot.values import PersonId
from tests.support.team import TEAM
from tests.support.world import World


def named(ident: str, email: str, *seats: str) -> PolicyPerson:
    accounts = tuple(("console", seat) for seat in seats)
    return PolicyPerson(id=PersonId(ident), name=ident, accounts=accounts, email=email)


def policy(*people: PolicyPerson) -> Policy:
    return replace(TEAM, people={person.id: person for person in people}, groups={})


KIM, SAM = named("kim", "Kim@team.example"), named("sam", "sam@team.example", "desk-1", "desk-2")


@pytest.mark.parametrize(
    ("email", "who"),
    [
        ("kim@team.example", "kim"),
        ("KIM@TEAM.EXAMPLE", "kim"),
        ("sam@team.example", "sam"),
        ("\N{KELVIN SIGN}im@team.example", ""),
        ("\N{LATIN SMALL LETTER LONG S}am@team.example", ""),
        ("kim@team.example ", ""),
        ("kim@team.example.", ""),
        ("kim", ""),
        ("", ""),
    ],
)
async def test_an_address_is_one_persons_letter_by_letter(email: str, who: str) -> None:
    async with World(policy=policy(KIM, SAM, named("zoe", ""))) as world:
        found = Members(current=world.current, seats=world.seats).person(email)
        assert (found.id if found else "") == who


async def test_an_address_of_two_people_is_nobodys() -> None:
    async with World(policy=policy(KIM, named("twin", "kim@TEAM.example"))) as world:
        assert Members(current=world.current, seats=world.seats).person("kim@team.example") is None


async def test_a_seat_is_made_once() -> None:
    async with World(policy=policy(KIM)) as world:
        members = Members(current=world.current, seats=world.seats)
        first, second = await members.seat(KIM), await members.seat(KIM)
        assert first == second
        assert [seat.name for seat in await world.seats.all()] == ["kim"]
        assert first is not None
        assert first.groups == ()


async def test_the_seat_that_the_policy_names_is_used() -> None:
    async with World(policy=policy(SAM)) as world:
        seat = await Members(current=world.current, seats=world.seats).seat(SAM)
        assert seat is not None
        assert seat.name == "desk-1"


async def test_a_seat_that_the_policy_gives_to_somebody_else_is_left_alone() -> None:
    other = named("lee", "lee@team.example", "kim")
    async with World(policy=policy(KIM, other)) as world:
        members = Members(current=world.current, seats=world.seats)
        seat = await members.seat(KIM)
        assert seat is not None
        assert seat.name == "kim-2"
        assert await members.seat(KIM) == seat


@pytest.mark.parametrize(
    ("ident", "seat"),
    [("7of9", "p-7of9"), ("a.b_c", "a-b-c"), ("x" * 60, "x" * 28), ("kim-", "kim")],
)
async def test_every_name_of_a_person_makes_a_seats_name(ident: str, seat: str) -> None:
    person = named(ident, "p@team.example")
    async with World(policy=policy(person)) as world:
        found = await Members(current=world.current, seats=world.seats).seat(person)
        assert found is not None
        assert found.name == seat


async def test_a_seat_that_was_revoked_is_not_made_again() -> None:
    async with World(policy=policy(KIM)) as world:
        members = Members(current=world.current, seats=world.seats)
        await members.seat(KIM)
        await world.seats.revoke("kim")
        assert await members.seat(KIM) is None
        await world.seats.add("kim", KIM.id, ())
        assert await members.seat(KIM) is not None
