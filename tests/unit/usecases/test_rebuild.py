"""Read models follow from the streams alone: rebuilt ones equal the live ones, wrong ones mend."""

from bot.ports import Commit
from bot.records.rows import (
    TABLES,
    AlertGroupRow,
    FreezeRow,
    IncidentRow,
    Put,
    Remove,
    ReservationRow,
    SeatRow,
    TimelineRow,
    TokenRow,
)
from bot.usecases.archive import Archive
from bot.usecases.ingest import STORM_GATHERED
from bot.usecases.rebuild import compare, rebuild
from bot.usecases.seats import TokenKind
from tests.support.world import World
from tests.unit.usecases.test_storms import body, names

KEY = b"a key for the chain"


async def lively(world: World) -> None:
    """Let people do what writes to most tables."""
    await world.say("commander", "/incident declare sev2 checkout is down")
    room = await world.room()
    await world.say("commander", "/incident update we are on it", at=room)
    await world.say("commander", "/incident runbook run disk-full host=practice", at=room)
    await world.say("commander", "/incident declare sev3 private search is slow private")
    await world.say("approver", "/incident freeze all release in progress")
    await world.seats.make_link("commander")
    await world.seats.make_token("approver", TokenKind.READ)
    await world.seats.make_token("commander", TokenKind.OPERATE)
    await world.seats.revoke("approver")
    await world.settled()


async def test_what_the_streams_say_is_what_the_tables_hold() -> None:
    async with World() as world:
        await lively(world)
        held = {kind.__name__: len(await world.journal.rows(kind)) for kind in TABLES}

        found = await compare(world.journal, Archive(journal=world.journal, key=KEY))

        assert found.wrong == ()
        assert found.rows == sum(held.values())
        assert {kind for kind, count in held.items() if count} >= {
            IncidentRow.__name__,
            TimelineRow.__name__,
            FreezeRow.__name__,
            SeatRow.__name__,
            TokenRow.__name__,
        }


async def test_missing_surplus_and_different_rows_are_named_and_mended() -> None:
    async with World() as world:
        await lively(world)
        archive = Archive(journal=world.journal, key=KEY)
        incident = await world.incident()
        spoilt = Commit(
            rows=(
                Remove(TimelineRow, (("incident", incident.id), ("seq", 1))),
                Put(AlertGroupRow(group_key="nobody's", incident=incident.id)),
                Put(ReservationRow(target="host:web-1", run="r1", incident=incident.id)),
                Remove(FreezeRow, ()),
            )
        )
        await world.journal.commit([spoilt])

        found = await rebuild(world.journal, archive)

        assert found.wrong == (
            f"timeline (incident={incident.id}, seq=1): missing",
            "reservations (target=host:web-1): surplus",
            "freezes (scope=*): missing",
            "alert_groups (group_key=nobody's): surplus",
        )
        assert (await compare(world.journal, archive)).wrong == ()


async def test_words_are_found_again_after_a_rebuild() -> None:
    async with World() as world:
        await lively(world)
        await world.journal.commit([Commit(rows=(Remove(TimelineRow, ()),))])
        assert await world.journal.search("on it", 10) == []

        await rebuild(world.journal, Archive(journal=world.journal, key=KEY))

        assert len(await world.journal.search("on it", 10)) == 1


async def test_a_storm_of_alerts_is_rebuilt_as_it_stands() -> None:
    async with World() as world:
        await world.alert(body(*names(1, 40)))
        await world.move(STORM_GATHERED)
        await world.settled()
        assert len(await world.journal.rows(AlertGroupRow)) > 10

        found = await compare(world.journal, Archive(journal=world.journal, key=KEY))

        assert found.wrong == ()
