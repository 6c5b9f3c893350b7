"""What a live run goes by: that alone keeps a text from being taken out of what it has seen."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from bot.domain.events import CardAsked, ReadFinished
from bot.domain.run import Run, evolve, why_it_matters
from bot.domain.state import Incident
from bot.records.longtext import ERASED
from bot.usecases.archive import Archive
from bot.values import RunId, StreamRef, Untrusted
from tests.support.fleet import Answer, MemoryHosts
from tests.support.runs import POLICY, RESTART, Service, started, world

NOISE = "and some noise"
TWO_LOOKS = RESTART.replace(
    "decide:",
    "  load:\n    run: uptime\n    facts:\n      load: {regex: 'average: (\\S+)'}\ndecide:",
    1,
)


class Noisy(Service):
    """Prints more than anybody reads."""

    def __call__(self, host: str, argv: tuple[str, ...]) -> Answer:
        if argv == ("uptime",):
            return f"average: 0.7\n{NOISE}\n"
        return super().__call__(host, argv)


async def looked() -> tuple[Incident, list[Run]]:
    """Return an incident whose run asks for a yes, and the run after each of its outputs."""
    async with world(MemoryHosts(Noisy()), {"restart": TWO_LOOKS}) as on:
        await started(on, "/runbook run restart host=web-1")
        incident = await on.incident()
        stream = StreamRef(kind="incident", id=incident.id)
        archive = Archive(journal=on.journal, key=b"a key for the chain")
        envelopes = await archive.events((await on.journal.load(stream)).records)
        runs: Mapping[RunId, Run] = {}
        after: list[Run] = []
        for envelope in envelopes:
            if isinstance(envelope.event, CardAsked):
                break
            runs = evolve(runs, {}, envelope.event, envelope.at)
            if isinstance(envelope.event, ReadFinished):
                after += runs.values()
        return incident, after


def without(run: Run, text: str) -> Run:
    """Return a run that has seen everything but `text`."""
    outcomes = {
        key: replace(outcome, stdout=outcome.stdout.replace(text, ERASED))
        for key, outcome in run.progress.outcomes.items()
    }
    reads = tuple(
        replace(
            read,
            outcome=replace(
                read.outcome, stdout=Untrusted(read.outcome.stdout.text.replace(text, ERASED))
            ),
        )
        for read in run.reads
    )
    return replace(run, reads=reads, progress=replace(run.progress, outcomes=outcomes))


def why(run: Run, text: str) -> str:
    return why_it_matters((run, {}), (without(run, text), {}), POLICY, drill=False)


async def test_what_no_fact_takes_is_there_for_people_only() -> None:
    _, (_, whole) = await looked()

    assert why(whole, NOISE) == ""


@pytest.mark.parametrize("text", ["failed", "0.7"])
async def test_a_fact_is_what_a_run_goes_by(text: str) -> None:
    _, (_, whole) = await looked()

    assert why(whole, text) == "a fact that it goes by holds it"


async def test_an_output_that_is_still_to_be_read_loses_nothing() -> None:
    _, (first, _) = await looked()
    (key,) = first.progress.outcomes
    said = first.progress.outcomes[key].stdout.split()[0]

    assert why(first, said) == f"it has still to read what {key} said"


async def test_what_people_are_asked_stays_what_they_are_asked() -> None:
    incident, _ = await looked()
    (run,) = incident.runs.values()
    (asked,) = incident.open_cards
    other = replace(asked, card=replace(asked.card, inputs="{}"))

    found = why_it_matters(
        (run, incident.cards), (run, {asked.card.card: other}), POLICY, drill=False
    )

    assert found == "what people are asked to approve, or have approved, holds it"


async def test_a_word_for_people_in_the_question_is_no_part_of_it() -> None:
    incident, _ = await looked()
    (run,) = incident.runs.values()
    (asked,) = incident.open_cards
    other = replace(asked, card=replace(asked.card, title=Untrusted(ERASED), packet=None))

    assert (
        why_it_matters((run, incident.cards), (run, {asked.card.card: other}), POLICY, drill=False)
        == ""
    )
