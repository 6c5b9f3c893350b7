"""Fifty people click at the same instant, over HTTP, on two copies of one card in two processes."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from bot.app import opened
from bot.config import load_settings
from bot.usecases.seats import TokenKind
from bot.values import PersonId
from tests.support.bot import Answer, Seated
from tests.support.ports import free_port
from tests.support.process import Process, team_process

ROUNDS = 5
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


async def test_one_decision_and_fifty_truthful_answers(tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text(POLICY)
    async with (
        team_process(tmp_path, free_port(), policy) as one,
        team_process(tmp_path, free_port(), policy) as two,
    ):
        asker, *clickers = await _seated((one, two))
        await asker.say("/incident declare sev3 may we")
        (incident,) = await asker.incidents()
        for number in range(ROUNDS):
            card = await _ask(asker, str(incident["id"]), number)
            told = await asyncio.gather(
                *(
                    who.press(card, "approve" if n % 2 else "reject")
                    for n, who in enumerate(clickers)
                )
            )
            result = await asker.get(f"/api/cards/{card['id']}")
            _told_the_truth(told, result, number + 1)


async def _ask(asker: Seated, incident: str, number: int) -> Answer:
    status, answer = await asker.post(
        f"/api/incidents/{incident}/cards",
        {"title": f"May we, round {number}?", "answerers": ["approver"]},
    )
    assert (status, answer["outcome"]) == (200, "done"), answer
    return {"id": answer["card"]}


def _told_the_truth(told: Sequence[tuple[int, Answer]], result: Answer, number: int) -> None:
    label = str(result["option"]).capitalize()
    (by,) = result["by"]
    recorded = [answer["text"] for status, answer in told if status == 200]
    late = [answer["text"] for status, answer in told if status == 409]
    assert recorded == [f"Recorded: {label}."]
    assert len(late) == len(told) - 1
    for text in late:
        assert text.startswith(f"Card {number} was already decided at ")
        assert text.endswith(f": {label} by {by}. Nothing changed.")


async def _seated(processes: Sequence[Process]) -> list[Seated]:
    """Give the asker and everybody else a token; half of the people sit at each process."""
    async with opened(load_settings(processes[0].env_file())) as base:
        people = []
        for n, name in enumerate(("asker", *PEOPLE)):
            await base.seats.add(name, PersonId(name), [])
            kind = TokenKind.OPERATE if name == "asker" else TokenKind.ANSWER
            token = await base.seats.make_token(name, kind)
            process = processes[n % 2]
            people.append(Seated(address=process.address, token=token, session=process.session))
        return people
