"""A team lives in Telegram: drills there, approves there, and the host is repaired."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from bot.app.service import Service
from bot.app.serving import serving
from bot.config import load_settings
from bot.domain.policy import Group, PolicyPerson
from bot.values import PersonId
from tests.support.telegram.server import GROUP, TOKEN, Posted, Telegram, telegram
from tests.support.telegram.world import ANNOUNCEMENTS, STAKEHOLDERS
from tests.support.waiting import until

ANN, BOB = PersonId("ann"), PersonId("bob")


@asynccontextmanager
async def living(folder: Path) -> AsyncIterator[tuple[Telegram, Service]]:
    async with telegram() as there:
        env = folder / "env"
        env.write_text(
            f"FIREWARDEN_LISTEN=127.0.0.1:0\nFIREWARDEN_DATA={folder / 'data'}\n"
            f"TELEGRAM_BOT_TOKEN={TOKEN}\nTELEGRAM_GROUP={GROUP}\n"
            f"TELEGRAM_CHANNELS=announcements={ANNOUNCEMENTS},stakeholders={STAKEHOLDERS}\n"
            f"TELEGRAM_API_URL={there.base}\n"
        )
        async with serving(load_settings(env)) as (service, _):
            link(service)
            yield there, service


def link(service: Service) -> None:
    """Name Ann and Bob in the policy, as a team does."""
    current = service._base.current
    people = {
        ANN: PolicyPerson(id=ANN, name="Ann", accounts=(("telegram", "1"),)),
        BOB: PolicyPerson(id=BOB, name="Bob", accounts=(("telegram", "2"),)),
    }
    groups = {**current.policy.groups, Group.APPROVER: (ANN, BOB), Group.RESPONDER: (ANN, BOB)}
    policy = replace(current.policy, people={**current.policy.people, **people}, groups=groups)
    current.replace(policy, current.documents)


async def offered(there: Telegram, label: str) -> Posted:
    """Wait for a message with a button of that label in a topic."""

    async def found() -> Posted | None:
        labels = ((m, [key["text"] for key in m.keys]) for m in there.posted if m.thread)
        return next((m for m, shown in labels if label in shown), None)

    return await until(found, seconds=40)


async def test_a_drill_goes_from_a_command_over_a_button_to_a_repaired_host(
    tmp_path: Path,
) -> None:
    async with living(tmp_path) as (there, service):
        there.type(1, "/incident@WardenBot drill disk-full")
        card = await offered(there, "Approve")

        there.press(2, card, "Approve")

        async def repaired() -> bool:
            return any("3 commands ran" in m.text for m in there.posted if m.thread == card.thread)

        # Twenty messages a minute in one group: the end comes in the next minute.
        await until(repaired, seconds=100)
        assert service.practice is not None
        assert len(service.practice.ledger()) == 3
        assert list(there.topics) == [card.thread]


async def test_an_edited_command_and_one_for_another_bot_do_nothing(tmp_path: Path) -> None:
    async with living(tmp_path) as (there, _):
        there.type(1, "/incident declare sev2 edited", kind="edited_message")
        there.type(1, "/incident@OtherBot declare sev2 elsewhere")
        there.type(1, "/incident declare sev2 checkout is down")

        async def room() -> list[str]:
            return [name for name, _ in there.topics.values()]

        [name] = await until(room)
        assert "checkout-is-down" in name


async def test_a_press_of_somebody_outside_the_group_changes_nothing(tmp_path: Path) -> None:
    async with living(tmp_path) as (there, service):
        there.type(1, "/incident drill disk-full")
        card = await offered(there, "Approve")
        there.press(9, card, "Approve")

        async def answered() -> list[str]:
            return there.answers

        await until(answered)
        assert service.practice is not None
        assert service.practice.ledger() == ()
        assert "Approve" in [key["text"] for key in card.keys]
