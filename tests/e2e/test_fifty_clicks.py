"""Fifty people click at the same instant, over HTTP, on two copies of one card in two processes."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bot.app.base import opened
from bot.config import load_settings
from bot.usecases.seats import TokenKind
from bot.values import PersonId
from tests.support.bot import Answer, Seated
from tests.support.ports import free_port
from tests.support.process import Process, team_process

INCIDENTS = 20
CARDS = 10
"""Cards that are asked in each incident, one round each: 200 rounds."""

PEOPLE = tuple(f"p{n}" for n in range(50))
POLICY = "\n".join(
    [
        "people:",
        "  asker: {name: asker, accounts: {console: asker}}",
        *(f"  {name}: {{name: {name}, accounts: {{console: {name}}}}}" for name in PEOPLE),
        "groups:",
        "  responder: [asker]",
        f"  approver: [{', '.join(PEOPLE)}]",
        (
            "paging: {escalations: {on-call: {group: responder}, security: {group: responder}, "
            "dba: {group: approver}}}"
        ),
        f"tokens: {{answer: [{', '.join(PEOPLE)}]}}",
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Click:
    """What one person pressed, and what they were told."""

    who: str
    option: str
    status: int
    told: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Clicker:
    """One person, with a window on each of the two processes."""

    name: str
    seats: tuple[Seated, ...]

    async def click(self, card: str, luck: random.Random) -> Click:
        """Press either button, in either process, a few turns of the loop late."""
        option, seat = luck.choice(("approve", "reject")), luck.choice(self.seats)
        for _ in range(luck.choice((0, 0, 1, 5, 50))):
            await asyncio.sleep(0)
        status, answer = await seat.press({"id": card}, option)
        return Click(who=self.name, option=option, status=status, told=str(answer["text"]))


async def test_two_hundred_rounds_have_one_decision_and_fifty_truthful_answers_each(
    tmp_path: Path,
) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text(POLICY)
    async with (
        team_process(tmp_path, free_port(), policy) as one,
        team_process(tmp_path, free_port(), policy) as two,
    ):
        asker, clickers = await _seated((one, two))
        for number in range(INCIDENTS):
            await asker.say(f"/incident declare sev3 may we, part {number}")
        for part, incident in enumerate(await asker.incidents()):
            ident = str(incident["id"])
            for number in range(CARDS):
                card = await _ask(asker, ident, number)
                clicks = await _fifty_clicks(clickers, card, random.Random(part * CARDS + number))
                _told_the_truth(clicks, await asker.get(f"/api/cards/{card}"), number + 1)
            await _decided_once_each(asker, ident)


async def _ask(asker: Seated, incident: str, number: int) -> str:
    status, answer = await asker.post(
        f"/api/incidents/{incident}/cards",
        {"title": f"May we, round {number}?", "answerers": ["approver"]},
    )
    assert (status, answer["outcome"]) == (200, "done"), answer
    return str(answer["card"])


async def _fifty_clicks(
    clickers: Sequence[Clicker], card: str, luck: random.Random
) -> Sequence[Click]:
    people = luck.sample(clickers, len(clickers))
    return await asyncio.gather(*(who.click(card, luck) for who in people))


def _told_the_truth(clicks: Sequence[Click], result: Answer, number: int) -> None:
    label = str(result["option"]).capitalize()
    (by,) = result["by"]
    assert [(c.who, c.option, c.told) for c in clicks if c.status == 200] == [
        (by, result["option"], f"Recorded: {label}.")
    ]
    late = [click.told for click in clicks if click.status == 409]
    assert len(late) == len(PEOPLE) - 1
    for told in late:
        assert told.startswith(f"Card {number} was already decided at ")
        assert told.endswith(f": {label} by {by}. Nothing changed.")


async def _decided_once_each(asker: Seated, incident: str) -> None:
    """Read the incident's own account: a decision for each of its cards, and not one more."""
    lines = await asker.get(f"/api/incidents/{incident}/timeline")
    kinds = [line["kind"] for line in lines]
    assert kinds.count("card decided") == CARDS


async def _seated(processes: Sequence[Process]) -> tuple[Seated, Sequence[Clicker]]:
    """Give everybody a token; all but the asker have a window on either process."""
    async with opened(load_settings(processes[0].env_file())) as base:
        windows = {}
        for name in ("asker", *PEOPLE):
            await base.seats.add(name, PersonId(name), [])
            kind = TokenKind.OPERATE if name == "asker" else TokenKind.ANSWER
            token = await base.seats.make_token(name, kind)
            first = Seated(address=processes[0].address, token=token, session=processes[0].session)
            second = replace(first, address=processes[1].address, session=processes[1].session)
            windows[name] = (first, second)
        return windows.pop("asker")[0], [Clicker(name=n, seats=s) for n, s in windows.items()]
