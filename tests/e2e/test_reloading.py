"""A changed policy is taken over while the bot runs; a broken one is told and not taken."""

import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bot.adapters.console.messages import latest
from bot.app.service import Service
from bot.app.serving import serving
from bot.config import load_settings
from bot.values import PersonId
from cards.codec import from_json
from cards.plain import render
from tests.support.ports import free_port
from tests.support.process import process
from tests.support.waiting import until

POLICY = """\
people:
  ann: {name: Ann, accounts: {console: ann}}
  bob: {name: NAME, accounts: {console: bob}}
groups: {responder: [ann, bob], approver: [ann, bob], communications: [bob], admin: [ann]}
"""


@asynccontextmanager
async def served(folder: Path) -> AsyncIterator[Service]:
    (folder / "policy.yaml").write_text(POLICY)
    (folder / "books").mkdir()
    env = folder / "env"
    env.write_text(
        "FIREWARDEN_LISTEN=127.0.0.1:0\n"
        f"FIREWARDEN_DATA={folder / 'data'}\n"
        f"FIREWARDEN_POLICY={folder / 'policy.yaml'}\n"
        f"FIREWARDEN_RUNBOOKS={folder / 'books'}\n"
    )
    async with serving(load_settings(env)) as (service, _):
        yield service


def name_of_bob(service: Service) -> str:
    return service._base.current.policy.people[PersonId("bob")].name


async def announced(service: Service) -> list[str]:
    channel = await service.chat.channel("announcements")
    messages = await service.store.run(lambda database: latest(database, channel.id))
    return [render(from_json(message.card)) for message in messages]


async def test_a_changed_policy_file_holds_within_seconds(tmp_path: Path) -> None:
    async with served(tmp_path) as service:
        assert name_of_bob(service) == "NAME"
        (tmp_path / "policy.yaml").write_text(POLICY.replace("NAME", "Robert"))

        async def taken() -> bool:
            return name_of_bob(service) == "Robert"

        await until(taken, seconds=20)


async def test_a_broken_policy_leaves_the_last_good_one_and_is_announced_until_mended(
    tmp_path: Path,
) -> None:
    async with served(tmp_path) as service:
        (tmp_path / "policy.yaml").write_text(POLICY.replace("NAME", "Robert") + "peple: {}\n")

        async def told() -> list[str]:
            return await announced(service)

        (message,) = await until(told, seconds=20)
        assert name_of_bob(service) == "NAME"
        assert "The changed configuration has faults" in message
        assert "policy.yaml:5:1: unknown key 'peple'" in message

        (tmp_path / "policy.yaml").write_text(POLICY.replace("NAME", "Robert"))

        async def told_again() -> bool:
            return len(await announced(service)) == 2

        await until(told_again, seconds=20)
        assert name_of_bob(service) == "Robert"
        assert "it has no faults" in (await announced(service))[1]


async def test_a_broken_runbook_of_the_team_keeps_the_catalogue_as_it_was(tmp_path: Path) -> None:
    async with served(tmp_path) as service:
        before = dict(service._base.current.documents)
        (tmp_path / "books" / "mine.yaml").write_text("runbook: mine\ntitel: Mine\n")
        service.reload()
        assert service._base.current.documents == before


async def test_a_signal_takes_it_over_at_once(tmp_path: Path) -> None:
    # Nothing is watched without files of a team, so only the signal can have done it.
    async with process(tmp_path, free_port()) as p:
        await p.start()
        assert p.life is not None
        p.life.send_signal(signal.SIGHUP)

        async def taken() -> bool:
            return (
                "configuration taken over: policy version"
                in (tmp_path / f"log-{p.port}").read_text()
            )

        await until(taken, seconds=20)
