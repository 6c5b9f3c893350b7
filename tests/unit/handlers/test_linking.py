"""Linking an account: a code from where one is known, shown once where one is not."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.events import Envelope
from bot.domain.person import AccountLinked, AccountUnlinked
from bot.ports import StandingKind
from bot.records.rows import LinkCodeRow, LinkRow
from bot.requests import Reply, ReplyTone, Sender
from bot.usecases.rebuild import compare
from bot.values import PersonId, StreamRef, Untrusted
from tests.support.team import TEAM
from tests.support.world import World

TELEGRAM = "telegram:777"


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with World(policy=TEAM) as found:
        yield found


def code_in(reply: Reply) -> str:
    found = re.search(r"Your code: (\S+)", reply.text)
    assert found is not None, reply.text
    return found[1]


async def who(world: World, speaker: str) -> tuple[str, bool, frozenset[str]]:
    platform, _, account = speaker.partition(":")
    sender = Sender(platform=platform, account=account, name=Untrusted("x"))
    actor = await world.identity.actor(sender)
    return actor.person, actor.linked, actor.groups


async def events(world: World, person: str) -> list[Envelope]:
    history = await world.journal.load(StreamRef(kind="account", id=person))
    return list(await world._archive.events(history.records))


async def test_whoever_shows_the_code_is_the_person_who_got_it(world: World) -> None:
    before = await who(world, TELEGRAM)
    code = code_in(await world.say("slack:T1/U1", "/incident link"))
    reply = await world.say(TELEGRAM, f"/incident link {code}")
    assert reply.tone is ReplyTone.DONE
    assert reply.text == "Linked: this account is Ann Lee from now on."
    person, linked, groups = await who(world, TELEGRAM)
    assert before[1] is False
    assert (person, linked) == ("ann", True)
    assert groups == (await who(world, "slack:T1/U1"))[2]
    assert await world.links.accounts("telegram") == {"ann": "777"}


async def test_it_is_an_event_of_the_person_and_the_tables_follow_from_it(world: World) -> None:
    code = code_in(await world.say("slack:T1/U1", "/incident link"))
    await world.say(TELEGRAM, f"/incident link {code}")
    [_, linked] = await events(world, "ann")
    assert linked.event == AccountLinked(person=PersonId("ann"), platform="telegram", account="777")
    assert await world.journal.rows(LinkCodeRow) == []
    assert (await compare(world.journal, world._archive)).wrong == ()


async def test_the_code_itself_is_kept_nowhere(world: World) -> None:
    code = code_in(await world.say("slack:T1/U1", "/incident link"))
    plain = code.replace("-", "")
    [made] = (await world.journal.load(StreamRef(kind="account", id="ann"))).records
    assert plain.encode() not in made.body
    assert code.encode() not in made.body
    [row] = await world.journal.rows(LinkCodeRow)
    assert plain not in row.hash


async def test_a_code_counts_once(world: World) -> None:
    code = code_in(await world.say("slack:T1/U1", "/incident link"))
    await world.say(TELEGRAM, f"/incident link {code}")
    again = await world.say("telegram:888", f"/incident link {code}")
    assert again.tone is ReplyTone.MISTAKE
    assert "no such code" in again.text
    assert (await who(world, "telegram:888"))[1] is False


async def test_a_code_is_good_for_ten_minutes_and_only_the_newest_counts(world: World) -> None:
    first = code_in(await world.say("slack:T1/U1", "/incident link"))
    second = code_in(await world.say("slack:T1/U1", "/incident link"))
    assert "no such code" in (await world.say(TELEGRAM, f"/incident link {first}")).text
    world.clock.move(timedelta(minutes=10))
    assert "no such code" in (await world.say(TELEGRAM, f"/incident link {second}")).text
    third = code_in(await world.say("slack:T1/U1", "/incident link"))
    world.clock.move(timedelta(minutes=9, seconds=59))
    assert "Linked" in (await world.say(TELEGRAM, f"/incident link {third.upper()}")).text


async def test_an_account_that_nobody_knows_gets_no_code(world: World) -> None:
    reply = await world.say(TELEGRAM, "/incident link")
    assert reply.tone is ReplyTone.MISTAKE
    assert "Nobody knows yet who this account is" in reply.text


async def test_nobody_gets_more_than_five_codes_in_ten_minutes(world: World) -> None:
    for _ in range(5):
        code_in(await world.say("slack:T1/U1", "/incident link"))
    refused = await world.say("slack:T1/U1", "/incident link")
    assert "try again in ten minutes" in refused.text
    world.clock.move(timedelta(minutes=10))
    code_in(await world.say("slack:T1/U1", "/incident link"))


async def test_whoever_guesses_is_stopped_even_with_the_right_code(world: World) -> None:
    code = code_in(await world.say("slack:T1/U1", "/incident link"))
    for n in range(5):
        assert "no such code" in (await world.say(TELEGRAM, f"/incident link guess{n}")).text
    assert "Too many wrong codes" in (await world.say(TELEGRAM, f"/incident link {code}")).text
    assert "Linked" in (await world.say("telegram:888", f"/incident link {code}")).text


async def test_a_stranger_to_the_group_links_nothing(world: World) -> None:
    world.people.kinds["telegram", "777"] = StandingKind.STRANGER
    code = code_in(await world.say("slack:T1/U1", "/incident link"))
    reply = await world.say(TELEGRAM, f"/incident link {code}")
    assert reply.tone is ReplyTone.MISTAKE
    assert await world.journal.rows(LinkRow) == []


async def test_an_account_that_the_policy_names_stays_whose_it_is(world: World) -> None:
    code = code_in(await world.say("slack:T1/U1", "/incident link"))
    reply = await world.say("telegram:42", f"/incident link {code}")
    assert reply.text == "The policy says already whose account this is."


async def test_an_account_has_one_person_until_it_is_unlinked(world: World) -> None:
    code = code_in(await world.say("slack:T1/U1", "/incident link"))
    await world.say(TELEGRAM, f"/incident link {code}")
    other = code_in(await world.say("slack:T1/U2", "/incident link"))
    refused = await world.say(TELEGRAM, f"/incident link {other}")
    assert "linked to somebody already" in refused.text
    assert "Unlinked" in (await world.say(TELEGRAM, "/incident unlink")).text
    assert (await who(world, TELEGRAM))[1] is False
    assert "Linked" in (await world.say(TELEGRAM, f"/incident link {other}")).text
    assert [e.event for e in await events(world, "ann")][-1] == AccountUnlinked(
        person=PersonId("ann"), platform="telegram", account="777"
    )
    assert (await compare(world.journal, world._archive)).wrong == ()


async def test_a_linked_account_is_nobodys_once_the_policy_drops_its_person(world: World) -> None:
    code = code_in(await world.say("slack:T1/U1", "/incident link"))
    await world.say(TELEGRAM, f"/incident link {code}")
    policy = world.current.policy
    left = {name: person for name, person in policy.people.items() if name != "ann"}
    world.current.replace(replace(policy, people=left), world.current.documents)
    assert (await who(world, TELEGRAM))[1] is False


async def test_an_address_is_still_kept_with_the_same_word(world: World) -> None:
    refused = await world.say("slack:T1/U1", "/incident link https://wiki.example.com")
    assert "in an incident's room" in refused.text
