"""A value that wants to be an option: it is refused, or it is one word that is none."""

import contextlib

import pytest

from bot.errors import UserMistake
from runbooks.expressions import CannotEvaluateError
from runbooks.loader import Runbook
from runbooks.parameters import bind
from runbooks.templates import compile_line
from tests.support.fleet import MemoryHosts
from tests.support.runs import Service, declared, world
from tests.threats.corpus import OPTION_INJECTIONS
from tests.unit.runbooks.small import INVENTORY, small

PARAMETERS = """\
parameters:
  host: {type: host, from: alert.labels.instance}
  service: {type: service, default: shop, from: alert.labels.service}
  limit: {type: integer, max: 100, default: 5, from: alert.labels.limit}
  share: {type: percent, default: 85%, from: alert.labels.share}
  pause: {type: duration, min: 10s, max: 10m, default: 90s, from: alert.labels.pause}
  mode: {type: enum, values: [fast, slow], default: slow, from: alert.labels.mode}
  words: {type: text, pattern: '.*', default: x, from: alert.labels.words}
"""
OLD = """\
parameters:
  host: {type: host, from: alert.labels.instance}
  limit: {type: integer, max: 100, default: 5}
"""
EVERY = ("host", "service", "limit", "share", "pause", "mode", "words")


@pytest.fixture
def runbook() -> Runbook:
    return small((OLD, PARAMETERS))


def taken(runbook: Runbook, name: str, value: str, *, typed: bool) -> bool:
    label = "instance" if name == "host" else name
    good = {"instance": "web-1"}
    try:
        if typed:
            bindings = bind(runbook, {name: value}, good, INVENTORY)
        else:
            bindings = bind(runbook, {}, {**good, label: value}, INVENTORY)
    except UserMistake:
        return False
    return bindings.values[name] == value


def test_there_are_two_hundred_ways_to_try_it() -> None:
    assert len(OPTION_INJECTIONS) >= 200


@pytest.mark.parametrize("typed", [True, False], ids=["typed", "by a label"])
def test_no_option_gets_into_a_parameter_of_any_type(runbook: Runbook, typed: bool) -> None:  # noqa: FBT001 - a test's parameter
    let_in = {
        (name, value)
        for name in EVERY
        for value in OPTION_INJECTIONS
        if taken(runbook, name, value, typed=typed)
    }
    # Free text may hold anything but an option: it stays one word, as the next test says.
    assert {name for name, _ in let_in} <= {"words"}
    assert not any(value.lstrip().startswith("-") for _, value in let_in)


def test_what_free_text_takes_is_one_word_wherever_it_stands() -> None:
    line = compile_line("run {{ words }} --name={{ words }} end")
    for value in OPTION_INJECTIONS:
        with contextlib.suppress(CannotEvaluateError):
            rendered = line.render({"words": value})
            assert rendered == ("run", value, f"--name={value}", "end")
            assert not rendered[1].startswith("-")


async def test_typed_or_in_an_alert_none_of_them_reaches_a_host() -> None:
    hosts = MemoryHosts(Service())
    async with world(hosts) as on:
        room = await declared(on)
        for value in OPTION_INJECTIONS:
            for name in ("host", "service"):
                await on.say("ann", f"/runbook run restart {name}={value}", at=room)
        await on.settled()
        assert (hosts.reads, hosts.changes, hosts.tried) == ([], [], [])
        assert (await on.incident()).runs == {}
