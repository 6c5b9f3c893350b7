"""A small runbook, its inventory, and a way to walk through it with recorded outputs."""

import textwrap
from collections.abc import Mapping
from dataclasses import replace

import pytest

from bot.errors import OperatorMistake
from runbooks.inventory import HostEntry, Inventory, ServiceEntry
from runbooks.loader import Runbook, load
from runbooks.parameters import bind
from runbooks.planner import next_step
from runbooks.replay import Transcript, play, read_fixtures
from runbooks.steps import CommandOutcome, NextStep, Observe, Progress

INVENTORY = Inventory(
    hosts={
        "web-1": HostEntry(name="web-1", service="shop", groups=("web",)),
        "web-2": HostEntry(name="web-2", service="shop", groups=("web",)),
        "web-3": HostEntry(name="web-3", service="shop", groups=("web",)),
        "db-1": HostEntry(name="db-1", service="orders"),
    },
    services={
        "shop": ServiceEntry(
            name="shop",
            owner="team-shop",
            health_url="http://shop.test/health",
            processes=("shop",),
        ),
        "orders": ServiceEntry(name="orders"),
    },
)

SMALL = """\
runbook: small
title: Something small
owner: platform
parameters:
  host: {type: host, from: alert.labels.instance}
  limit: {type: integer, max: 100, default: 5}
triage:
  count:
    run: count --things
    facts:
      things: {regex: '(\\d+)', type: integer}
decide:
  - when: things > limit
    because: "{{ things }} things"
    then: shrink
  - otherwise: resolve
actions:
  shrink:
    title: Shrink {{ host }}
    tier: reversible
    undo: {not-needed: it grows again}
    risk: {blast-radius: one host, users: none, data: none}
    only-if: [things > limit]
    steps:
      - run: sudo shrink --to {{ limit }}
        timeout: 10s
    verify:
      - name: smaller
        again: count
        expect: things <= limit
    if-it-fails: escalate
"""


def small(*changes: tuple[str, str]) -> Runbook:
    """Load the small runbook with parts of its text replaced."""
    return load(changed(*changes), "small.yaml")


def changed(*changes: tuple[str, str]) -> str:
    """Return the small runbook's text with parts replaced, each of which must be there."""
    text = SMALL
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text


def faults(text: str, file: str = "x.yaml") -> list[str]:
    """Return the faults of a runbook that must not load."""
    with pytest.raises(OperatorMistake) as caught:
        load(textwrap.dedent(text), file)
    return [str(fault) for fault in caught.value.faults]


def walk(runbook: Runbook, case: str, shared: str = "") -> Transcript:
    """Play one case (the YAML of its body) on the hosts of this module."""
    text = _FIXTURES + textwrap.dedent(shared) + "cases:\n  - name: case\n"
    text += textwrap.indent(textwrap.dedent(case), "    ") + "    expect: {ends: done}\n"
    fixtures = read_fixtures(text, "cases.yaml")
    return play(runbook, fixtures, fixtures.recording.cases[0])


def after_triage(
    runbook: Runbook, outputs: Mapping[str, CommandOutcome], **more: object
) -> NextStep:
    """Return the step that follows the first triage with these outcomes by path."""
    arguments = {"host": "web-1"} if "host" in runbook.document.parameters else {}
    bindings = bind(runbook, arguments, {}, INVENTORY)
    first = next_step(runbook, bindings, Progress(), INVENTORY)
    assert isinstance(first, Observe)
    progress = Progress(outcomes={c.key: outputs[c.path] for c in first.commands})
    return next_step(runbook, bindings, replace(progress, **more), INVENTORY)  # type: ignore[arg-type]  # fields of Progress


_FIXTURES = """\
runbook: small
inventory:
  hosts:
    web-1: {service: shop, groups: [web]}
    web-2: {service: shop, groups: [web]}
    web-3: {service: shop, groups: [web]}
    db-1: {service: orders}
  services:
    shop: {owner: team-shop, health-url: "http://shop.test/health", processes: [shop]}
    orders: {}
"""
