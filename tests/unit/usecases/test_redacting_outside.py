"""What belongs to no incident loses a text as well: freezes, news of alerts, and alerts."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.adapters.memory.anchor import MemoryAnchor
from bot.cli.operator import operator
from bot.domain.alerts import Alert, AlertStatus
from bot.domain.events import TextsErased
from bot.domain.policy import Route, RouteAction
from bot.errors import UserMistake
from bot.records.rows import FreezeRow
from bot.requests import AlertsReceived
from bot.usecases.archive import Archive
from bot.usecases.audit import audit
from bot.usecases.erasable import OUTSIDE
from bot.usecases.rebuild import compare
from bot.usecases.redacting import Redacting
from bot.usecases.removing import Removal
from bot.values import Severity, StreamRef, Untrusted
from tests.support.clock import START
from tests.support.team import TEAM
from tests.support.world import World

KEY = b"a key for the chain"
SECRET = "correct horse battery"
POSTS = replace(
    TEAM, routes=(Route(name="chatter", action=RouteAction.POST, severity=Severity.SEV4),)
)
SYSTEM = StreamRef(kind="system", id="system")


def redacting(on: World) -> Redacting:
    return Redacting(
        journal=on.journal, archive=archive(on), clock=on.clock, ids=on.ids, current=on.current
    )


def archive(on: World) -> Archive:
    return Archive(journal=on.journal, key=KEY)


async def erased(on: World) -> str:
    answer = await redacting(on).erase(OUTSIDE, Removal(text=SECRET), operator(), "pasted")
    await on.settled()
    return answer


async def frozen(on: World) -> None:
    """Freeze twice because of the secret, and lift one freeze."""
    await on.say("bob", f"/incident freeze all {SECRET} is out")
    await on.say("bob", f"/incident freeze checkout {SECRET} is out")
    await on.say("bob", "/incident unfreeze checkout")


async def alerted(on: World, summary: str = f"login with {SECRET} is slow") -> None:
    """Let an alert whose words hold the secret be told by a route that opens no incident."""
    alert = Alert(
        source="alertmanager",
        fingerprint="f1",
        status=AlertStatus.FIRING,
        starts_at=START,
        labels={"alertname": "Slow", "service": "checkout"},
        annotations={"log": f"login with {SECRET}"},
        summary=Untrusted(summary),
        description=Untrusted(""),
        link="",
    )
    await on.alert(AlertsReceived(source="alertmanager", alerts=(alert,), malformed=()))
    await on.move(timedelta(seconds=30))


async def everything(on: World) -> str:
    """Return all that is held outside the incidents, as one text."""
    held = (
        [record.body for record in (await on.journal.load(SYSTEM)).records],
        [kept.text for kept in await on.journal.kept_texts(SYSTEM)],
        await on.journal.rows(FreezeRow),
        on.chat.cards,
    )
    return repr(held)


async def test_a_freeze_keeps_standing_and_loses_its_words() -> None:
    async with World(policy=POSTS) as on:
        await frozen(on)
        assert SECRET in await everything(on)

        assert await erased(on) == "Erased from 2 events outside the incidents."

        assert SECRET not in await everything(on)
        (row,) = await on.journal.rows(FreezeRow)
        assert (row.scope, row.reason, row.by) == ("*", "[erased] is out", "bob")


async def test_news_of_alerts_in_a_channel_is_replaced_and_so_is_the_alert() -> None:
    async with World(policy=POSTS) as on:
        await alerted(on)
        assert SECRET in "".join(on.posted(TEAM.announcement_channel))
        assert SECRET in await everything(on)

        await erased(on)

        (told,) = on.posted(TEAM.announcement_channel)
        assert "SEV4 login with [erased] is slow" in told
        assert SECRET not in await everything(on)


async def test_the_chain_still_verifies_and_the_tables_still_follow_from_it() -> None:
    async with World(policy=POSTS) as on:
        await frozen(on)
        await alerted(on)
        await erased(on)
        assert (await audit(on.journal, archive(on), MemoryAnchor())).findings == ()
        assert (await compare(on.journal, archive(on))).wrong == ()
        last = (await archive(on).events((await on.journal.load(SYSTEM)).records))[-1]
        assert isinstance(last.event, TextsErased)
        assert (last.actor, last.event.why.text) == (operator().person, "pasted")


async def test_a_text_that_no_event_holds_is_erased_from_what_is_kept_beside_them() -> None:
    async with World(policy=POSTS) as on:
        await alerted(on, summary="login is slow")
        assert SECRET in await everything(on)
        assert await erased(on) == "Erased from 1 texts beside the events outside the incidents."
        assert SECRET not in await everything(on)


async def test_where_there_is_nothing_nothing_is_told() -> None:
    async with World(policy=POSTS) as on:
        with pytest.raises(UserMistake, match="There is nothing to erase"):
            await erased(on)
        assert (await on.journal.load(SYSTEM)).records == ()


async def test_the_freeze_goes_on_from_what_is_left() -> None:
    async with World(policy=POSTS) as on:
        await frozen(on)
        await erased(on)
        await on.say("bob", "/incident unfreeze all")
        assert await on.journal.rows(FreezeRow) == []
        assert SECRET not in await everything(on)


async def test_other_places_that_show_it_are_named() -> None:
    async with World(policy=POSTS) as on:
        await frozen(on)
        await on.say("commander", f"/incident declare sev3 login with {SECRET} fails")
        number = (await on.incident()).number
        removal = Removal(text=SECRET)
        assert await redacting(on).elsewhere(removal) == [number, OUTSIDE]
        await erased(on)
        assert await redacting(on).elsewhere(removal) == [number]


async def test_an_alert_without_an_incident_is_named_as_well() -> None:
    async with World(policy=POSTS) as on:
        await alerted(on, summary="login is slow")
        removal = Removal(text=SECRET)
        assert await redacting(on).elsewhere(removal) == [OUTSIDE]
        await erased(on)
        assert await redacting(on).elsewhere(removal) == []


async def test_looking_outside_shows_what_stands_around_each_place() -> None:
    async with World(policy=POSTS) as on:
        await frozen(on)
        found = await redacting(on).look(OUTSIDE, Removal(text=SECRET))
        assert [(t.kind, t.around) for t in found.traces] == [
            ("Frozen", ("[erased] is out",)),
            ("Frozen", ("[erased] is out",)),
        ]


async def test_an_incident_that_there_is_not_is_told_with_the_name_of_the_rest() -> None:
    async with World(policy=POSTS) as on:
        with pytest.raises(UserMistake, match="What belongs to none is called system"):
            await redacting(on).look("INC-2026-1121-009", Removal(text=SECRET))
