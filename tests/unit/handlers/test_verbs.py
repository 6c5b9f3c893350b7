"""The verb table: complete, without doubles, and every line of its own help can be typed."""

import ast
from collections import Counter
from pathlib import Path

import pytest

from bot.domain import intents
from bot.domain.intents import Intent
from bot.domain.permissions import ALLOWED, Verb
from bot.errors import UserMistake
from bot.requests import ReplyTone
from bot.usecases.commands import CommandNames
from handlers.grammar import read
from handlers.typed import verb_of
from handlers.verbs import TABLE, Entry, Tree, find, help_lines, names_in, usage_of
from tests.support.world import World

ROOT = Path(__file__).parents[3]
NAMES = CommandNames()

PROMISED = {
    *("declare", "status", "list", "update", "title", "severity", "impact"),
    *("started", "link", "action", "done", "role", "claim", "handoff"),
    *("note", "timeline", "notify", "page", "ack", "approve", "reject"),
    *("approvals", "freeze", "unfreeze", "resolve", "reopen", "close", "drill"),
    "help",
}
"""The verbs that the product promises (F1), beside the runbook tree."""

OF_PEOPLE = {
    kind: name
    for name, kind in vars(intents).items()
    if isinstance(kind, type)
    and issubclass(kind, Intent)
    and kind is not Intent
    and kind.VERB is not Verb.SYSTEM
}
"""Every intent that a person can have."""


def typed(entry: Entry) -> str:
    return f"/{'incident' if entry.tree is Tree.INCIDENT else 'runbook'} {entry.example}"


def test_every_promised_verb_is_there() -> None:
    names = {entry.name for entry in TABLE if entry.tree is Tree.INCIDENT}
    assert PROMISED - names == set()
    promised = {"list", "show", "run", "dry-run", "abort"}
    assert promised <= {entry.name for entry in TABLE if entry.tree is Tree.RUNBOOK}


@pytest.mark.parametrize("tree", Tree)
def test_no_name_means_two_verbs(tree: Tree) -> None:
    assert [name for name, n in Counter(names_in(tree)).items() if n > 1] == []


@pytest.mark.parametrize("entry", TABLE, ids=lambda e: f"{e.tree}-{e.name}")
def test_an_example_names_its_own_verb_and_its_options_are_taken(entry: Entry) -> None:
    found, rest = verb_of(NAMES, typed(entry))
    assert found is entry
    assert set(read(rest, entry.options).options) <= (entry.options | set(_keys(rest)))
    assert entry.usage.split()[0] == entry.name == entry.example.split()[0]


@pytest.mark.parametrize("entry", TABLE, ids=lambda e: f"{e.tree}-{e.name}")
def test_every_verb_names_a_permission_that_somebody_has(entry: Entry) -> None:
    assert ALLOWED[entry.permission]


@pytest.mark.parametrize("entry", TABLE, ids=lambda e: f"{e.tree}-{e.name}")
async def test_an_example_is_understood_where_it_is_typed(entry: Entry) -> None:
    async with World() as world:
        await world.say("commander", "/incident declare sev3 practice")
        reply = await world.say("commander", typed(entry), at=await world.room())
        assert "Usage:" not in reply.text or entry.name in SAID_ONLY_LATER
        assert "fault of its own" not in reply.text


SAID_ONLY_LATER = {
    *("approve", "reject", "answer", "ask-again", "withdraw", "break-glass"),
    *("abort", "release"),
}
"""Verbs whose example speaks of a card or run that a fresh incident does not have."""


@pytest.mark.parametrize("alias", ["sev", "SEV", "Severity"])
def test_a_verb_is_found_by_its_alias_in_any_case(alias: str) -> None:
    found = find(Tree.INCIDENT, alias)
    assert found is not None
    assert found.name == "severity"


@pytest.mark.parametrize("typed_as", ["/incident help", "incident help", "/incident@firebot help"])
def test_a_command_is_known_with_and_without_its_slash(typed_as: str) -> None:
    assert verb_of(NAMES, typed_as)[0].name == "help"


def test_a_bare_command_asks_for_help_and_a_bare_runbook_for_the_list() -> None:
    assert verb_of(NAMES, "/incident")[0].name == "help"
    assert verb_of(NAMES, "/runbook")[0].name == "list"


def test_runbook_verbs_are_the_same_under_both_commands() -> None:
    assert verb_of(NAMES, "/incident runbook run x k=v") == verb_of(NAMES, "/runbook run x k=v")


def test_both_commands_can_be_called_something_else() -> None:
    names = CommandNames(incident="fire", runbook="repair")
    assert verb_of(names, "/fire declare sev1")[0].name == "declare"
    assert verb_of(names, "/repair run x")[0].name == "run"
    entry = find(Tree.RUNBOOK, "abort")
    assert entry is not None
    assert usage_of(entry, names) == "/repair abort [run] [kill confirm] [reason]"
    with pytest.raises(UserMistake, match="Commands here are /fire and /repair"):
        verb_of(names, "/incident declare")


def test_an_unknown_verb_is_told_with_the_nearest_one() -> None:
    with pytest.raises(UserMistake) as caught:
        verb_of(NAMES, "/incident delcare sev2")
    assert caught.value.message == "There is no verb “delcare”: did you mean 'declare'?"
    assert caught.value.usage == "/incident help, or /incident declare sev2 <what is broken>"


def test_a_line_that_is_too_long_is_refused() -> None:
    with pytest.raises(UserMistake, match="12020 characters"):
        verb_of(NAMES, "/incident note " + "x" * 12_005)


async def test_help_is_made_from_the_table() -> None:
    async with World() as world:
        reply = await world.say("commander", "/incident help")
        shown = world.shown(reply)
    assert reply.tone is ReplyTone.ANSWER
    assert [line.usage for line in help_lines(NAMES) if line.usage not in shown] == []


@pytest.mark.parametrize("word", ["severity", "sev", "runbook run"])
async def test_help_explains_one_verb_also_by_its_alias(word: str) -> None:
    async with World() as world:
        shown = world.shown(await world.say("commander", f"/incident help {word}"))
    assert shown.startswith(("/incident severity", "/runbook run"))


async def test_help_on_nothing_known_says_so_and_lists_everything() -> None:
    async with World() as world:
        shown = world.shown(await world.say("commander", "/incident help dance"))
    assert shown.startswith("There is no verb “dance”.")


@pytest.mark.parametrize("kind", OF_PEOPLE, ids=lambda kind: str(kind.__name__))
def test_every_intent_of_a_person_is_made_in_exactly_one_place(kind: type[Intent]) -> None:
    # What administers the installation is asked for at its terminal, not in a chat.
    folder = "bot/usecases" if kind.VERB is Verb.ADMINISTER else "handlers"
    places = [
        f"{path.name}:{call.lineno}"
        for path in sorted((ROOT / folder).glob("*.py"))
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id == OF_PEOPLE[kind]
    ]
    assert len(places) == 1, places


def _keys(text: str) -> list[str]:
    return [word.partition("=")[0] for word in text.split() if "=" in word]
