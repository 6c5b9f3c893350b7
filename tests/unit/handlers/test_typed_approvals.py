"""A change from triage to verification, approved in words: the digest is what a yes binds to."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.approval import SHORT_DIGEST, Asked, CardState
from bot.domain.events import CardKind
from bot.domain.policy import Group, Policy
from bot.ports import StandingKind
from bot.requests import Reply, ReplyTone
from bot.usecases.seats import TokenKind
from bot.values import ConversationRef, PersonId
from tests.support.hosts import DiskHost
from tests.support.team import TEAM
from tests.support.world import PRACTICE, World

WEB = replace(PRACTICE, practice=False, service="checkout")
WITH_HOST = replace(TEAM, hosts={WEB.name: WEB})
CLEAN_UP = [
    "sudo journalctl --vacuum-size=16M",
    "sudo logrotate --force /etc/logrotate.conf",
    "sudo systemd-tmpfiles --clean",
]


class Change(World):
    """A world in which ann runs disk-full and its question is open."""

    def __init__(self, host: DiskHost, policy: Policy = WITH_HOST) -> None:
        super().__init__(policy=policy, executor=host)

    async def asks(self) -> ConversationRef:
        await self.say("ann", "/incident declare sev3 disk")
        at = await self.room()
        await self.say("ann", "/runbook run disk-full host=practice", at=at)
        await self.settled()
        return at

    async def question(self) -> Asked:
        incident = await self.incident()
        return next(a for a in incident.cards.values() if a.card.kind is CardKind.CHANGE)

    async def digest(self) -> str:
        return (await self.question()).card.digest[:SHORT_DIGEST]

    async def approve(self, who: str, at: ConversationRef, digest: str = "") -> Reply:
        number = (await self.question()).card.number
        typed = digest or await self.digest()
        reply = await self.say(who, f"/incident approve {number} {typed}", at=at)
        await self.settled()
        return reply

    async def ended(self) -> str:
        for _ in range(10):
            await self.move(timedelta(minutes=1))
        (run,) = (await self.incident()).runs.values()
        return run.state


async def test_the_digest_that_was_read_approves_and_the_host_is_repaired() -> None:
    host = DiskHost()
    async with Change(host) as world:
        at = await world.asks()
        assert host.changes == []
        reply = await world.approve("bob", at)
        assert reply.text == "Recorded: Approve."
        assert await world.ended() == "done"
        assert host.changes == CLEAN_UP


async def test_the_whole_digest_is_taken_and_a_wrong_digit_in_it_is_not() -> None:
    host = DiskHost()
    async with Change(host) as world:
        at = await world.asks()
        whole = (await world.question()).card.digest
        wrong = whole[:-1] + ("0" if whole[-1] != "0" else "1")
        refused = await world.approve("bob", at, wrong)
        assert "read it again. Nothing was done." in refused.text
        assert host.changes == []
        assert (await world.approve("bob", at, whole.upper())).tone is ReplyTone.DONE


@pytest.mark.parametrize("typed", ["approve {n}", "approve {n} looks good", "answer {n} approve"])
async def test_a_change_is_never_approved_without_its_digest(typed: str) -> None:
    host = DiskHost()
    async with Change(host) as world:
        at = await world.asks()
        number = (await world.question()).card.number
        reply = await world.say("bob", f"/incident {typed.format(n=number)}", at=at)
        assert reply.tone is ReplyTone.MISTAKE
        assert (await world.question()).votes == {}
        assert host.changes == []


async def test_whoever_asked_cannot_approve_from_a_second_account_either() -> None:
    policy = replace(
        WITH_HOST, groups={**WITH_HOST.groups, Group.APPROVER: (PersonId("ann"), PersonId("bob"))}
    )
    host = DiskHost()
    async with Change(host, policy) as world:
        at = await world.asks()
        for account in ("ann", "ann-phone"):
            reply = await world.approve(account, at)
            assert reply.text == ("You asked for this, so somebody else must say yes (four eyes).")
        assert host.changes == []


async def test_reject_in_words_ends_it_with_no_command_run() -> None:
    host = DiskHost()
    async with Change(host) as world:
        at = await world.asks()
        number = (await world.question()).card.number
        await world.say("bob", f"/incident reject {number} not during the sale", at=at)
        assert await world.ended() == "rejected"
        assert host.changes == []
        assert any("0 commands ran" in said for said in world.posted(at))


async def test_an_approver_who_leaves_between_the_yes_and_the_start_does_not_count() -> None:
    host = DiskHost()
    async with Change(host) as world:
        await world.asks()
        asked = await world.question()
        await world.press("bob", asked.card.card, "approve")
        world.people.kinds[("console", "bob")] = StandingKind.DEACTIVATED
        await world.settled()
        assert host.changes == []
        assert "ApprovalVoided" in await world.events(await world.incident())


async def test_a_withdrawn_card_cannot_be_approved_any_more() -> None:
    host = DiskHost()
    async with Change(host) as world:
        at = await world.asks()
        number, digest = (await world.question()).card.number, await world.digest()
        withdrawn = await world.say("ann", f"/incident withdraw {number} wrong host", at=at)
        late = await world.say("bob", f"/incident approve {number} {digest}", at=at)
        assert withdrawn.tone is ReplyTone.DONE
        assert (late.tone, host.changes) == (ReplyTone.MISTAKE, [])
        assert (await world.question()).state is CardState.WITHDRAWN


async def test_an_expired_card_is_asked_again_in_words_and_by_its_button() -> None:
    host = DiskHost()
    async with Change(host) as world:
        at = await world.asks()
        first = await world.question()
        await world.move(timedelta(hours=5))
        again = await world.say("dan", f"/incident ask-again {first.card.number}", at=at)
        twice = await world.press("dan", first.card.card, "ask-again")
        assert again.text == f"Card {first.card.number} is asked again."
        assert twice.text == f"Card {first.card.number} was asked again already."


async def test_the_glass_is_broken_with_digest_and_reason_by_whom_the_policy_names() -> None:
    policy = replace(WITH_HOST, groups={**WITH_HOST.groups, Group.BREAK_GLASS: (PersonId("dan"),)})
    host = DiskHost()
    async with Change(host, policy) as world:
        at = await world.asks()
        number, digest = (await world.question()).card.number, await world.digest()
        for who, typed in (
            ("dan", f"{number} customers cannot pay"),
            ("dan", f"{number} {digest}"),
            ("bob", f"{number} {digest} customers cannot pay"),
        ):
            reply = await world.say(who, f"/incident break-glass {typed}", at=at)
            assert reply.tone is ReplyTone.MISTAKE
        assert host.changes == []
        broken = await world.say(
            "dan", f"/incident break-glass {number} {digest} customers cannot pay", at=at
        )
        assert broken.tone is ReplyTone.DONE
        assert await world.ended() == "done"
        assert "GlassBroken" in await world.events(await world.incident())


@pytest.mark.parametrize("kind", [TokenKind.READ, TokenKind.OPERATE])
async def test_a_token_that_may_not_answer_does_not_answer_in_words_either(
    kind: TokenKind,
) -> None:
    host = DiskHost()
    async with Change(host) as world:
        await world.asks()
        number, digest = (await world.question()).card.number, await world.digest()
        incident = (await world.incident()).number
        text = f"/incident approve {number} {digest} in={incident}"
        assert (await world.token("bob", kind, text)).tone is ReplyTone.MISTAKE
        await world.settled()
        assert host.changes == []


@pytest.mark.parametrize(("named", "ran"), [((), False), (("bob",), True)])
async def test_an_answer_token_decides_outside_practice_only_where_it_is_named(
    named: tuple[str, ...], *, ran: bool
) -> None:
    host = DiskHost()
    async with Change(host, replace(WITH_HOST, answer_tokens=named)) as world:
        await world.asks()
        number, digest = (await world.question()).card.number, await world.digest()
        incident = (await world.incident()).number
        text = f"/incident approve {number} {digest} in={incident}"
        await world.token("bob", TokenKind.ANSWER, text)
        await world.ended()
        assert bool(host.changes) is ran
