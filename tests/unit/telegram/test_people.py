"""Who somebody is in the team's group, asked freshly."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.errors import Unavailable
from bot.ports import StandingKind
from tests.support.clock import HastenedClock
from tests.support.telegram.bench import team_in
from tests.support.telegram.server import Telegram, Trouble


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("creator", StandingKind.ACTIVE),
        ("member", StandingKind.ACTIVE),
        ("restricted", StandingKind.GUEST),
        ("left", StandingKind.DEACTIVATED),
        ("kicked", StandingKind.DEACTIVATED),
    ],
)
async def test_a_standing_follows_from_the_membership_in_the_group(
    there: Telegram, tmp_path: Path, status: str, kind: StandingKind
) -> None:
    there.of.join(7, status)
    async with team_in(there, tmp_path) as team:
        assert (await team.people.standing("telegram", "7")).kind is kind


@pytest.mark.parametrize("account", ["", "ann", "-5", "1 OR 1", "٣"])
async def test_what_is_no_account_of_telegram_is_unknown(
    there: Telegram, tmp_path: Path, account: str
) -> None:
    async with team_in(there, tmp_path) as team:
        assert (await team.people.standing("telegram", account)).kind is StandingKind.UNKNOWN
        assert (await team.people.standing("slack", "1")).kind is StandingKind.UNKNOWN
    assert there.calls == []


async def test_it_is_asked_anew_after_a_minute_and_not_before(
    there: Telegram, tmp_path: Path
) -> None:
    clock = HastenedClock()
    async with team_in(there, tmp_path, clock) as team:
        assert (await team.people.standing("telegram", "1")).kind is StandingKind.ACTIVE
        there.of.join(1, "kicked")
        clock.move(timedelta(seconds=59))
        assert (await team.people.standing("telegram", "1")).kind is StandingKind.ACTIVE
        clock.move(timedelta(seconds=1))
        assert (await team.people.standing("telegram", "1")).kind is StandingKind.DEACTIVATED


async def test_a_telegram_that_does_not_answer_makes_nobody_anything(
    there: Telegram, tmp_path: Path
) -> None:
    there.trouble["getChatMember"] = [Trouble(drop=True)]
    async with team_in(there, tmp_path) as team:
        with pytest.raises(Unavailable):
            await team.people.standing("telegram", "1")
        assert (await team.people.standing("telegram", "1")).kind is StandingKind.ACTIVE
