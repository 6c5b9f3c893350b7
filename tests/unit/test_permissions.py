"""Every verb x group x token kind x standing, written out; whatever is not written is no."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import product
from types import MappingProxyType
from typing import get_args

import pytest

from bot.domain import intents, links, seats
from bot.domain.actor import FIREWARDEN, Actor, Standing
from bot.domain.approval import ANSWERING, VERB_OF_KIND
from bot.domain.events import CardKind
from bot.domain.intents import IncidentIntent, Intent, SystemIntent
from bot.domain.permissions import ALLOWED, Verb, allowed, may_see
from bot.domain.policy import Group
from bot.values import PersonId

TABLE = """
verb               reader responder approver communications admin break-glass | read operate answer
read               yes    yes       yes      yes            yes   yes         | yes  yes     yes
declare            yes    yes       yes      yes            yes   yes         | -    yes     yes
edit               -      yes       yes      yes            yes   yes         | -    yes     yes
note               -      yes       yes      yes            yes   yes         | -    yes     yes
update             -      yes       yes      yes            yes   yes         | -    yes     yes
severity           -      yes       yes      -              yes   yes         | -    yes     yes
role               -      yes       yes      yes            yes   yes         | -    yes     yes
notify             -      yes       yes      yes            yes   yes         | -    yes     yes
confirm-notice     -      yes       yes      yes            yes   yes         | -    yes     yes
approve-notice     -      -         -        yes            -     -           | -    -       yes
page               -      yes       yes      yes            yes   yes         | -    yes     yes
ack                yes    yes       yes      yes            yes   yes         | -    yes     yes
run                -      yes       yes      -              yes   yes         | -    yes     yes
abort              -      yes       yes      -              yes   yes         | -    yes     yes
vote               -      -         yes      -              -     yes         | -    -       yes
ask                -      yes       yes      yes            yes   yes         | -    yes     yes
answer             -      yes       yes      yes            yes   yes         | -    -       yes
freeze             -      yes       yes      -              yes   yes         | -    yes     yes
unfreeze           -      -         yes      -              yes   -           | -    -       yes
resolve            -      yes       yes      -              yes   yes         | -    yes     yes
close              -      yes       yes      -              yes   yes         | -    yes     yes
drill              -      yes       yes      -              yes   yes         | -    yes     yes
break-reservation  -      -         yes      -              yes   -           | -    -       yes
link-account       yes    yes       yes      yes            yes   yes         | -    -       -
administer         -      -         -        -              yes   -           | -    yes     yes
system             -      -         -        -              -     -           | -    -       -
"""

DECIDING = frozenset({"vote", "answer", "approve-notice", "unfreeze", "break-reservation"})
"""Verbs that only a full, active account may use."""


def table() -> Mapping[str, Mapping[str, bool]]:
    """Return verb -> group or token kind -> allowed."""
    head, *lines = TABLE.replace("|", " ").split("\n")[1:-1]
    columns = head.split()[1:]
    rows: dict[str, Mapping[str, bool]] = {}
    for line in lines:
        verb, *cells = line.split()
        rows[verb] = {c: cell == "yes" for c, cell in zip(columns, cells, strict=True)}
    return MappingProxyType(rows)


EXPECTED = table()
GROUPS = [str(group) for group in Group]
TOKENS = ["read", "operate", "answer"]


def person(
    *groups: str,
    standing: Standing = Standing.ACTIVE,
    token: str = "",
    linked: bool = True,
    platform: str = "slack",
) -> Actor:
    return Actor(
        person=PersonId("ana"),
        name="Ana",
        groups=frozenset(groups),
        platform=platform,
        account="T1/U1",
        standing=standing,
        token_kind=token,
        linked=linked,
    )


def stands(verb: str, standing: Standing, *, linked: bool) -> bool:
    """Say whether an account of this standing may use the verb at all."""
    if standing in {Standing.BOT, Standing.DEACTIVATED}:
        return False
    if not linked and verb not in {"read", "declare", "link-account"}:
        return False
    return standing is Standing.ACTIVE or verb not in DECIDING


FRESH = DECIDING | {"link-account", "administer"}
"""Verbs that only a recent sign-in may use: a linked account would be free of that."""


@pytest.mark.parametrize("verb", Verb)
def test_a_sign_in_of_long_ago_decides_nothing_and_links_nothing(verb: Verb) -> None:
    everything = person(*GROUPS)
    assert allowed(everything, verb) == "" or verb is Verb.SYSTEM
    refused = "you signed in too long ago for this: sign in again"
    assert (allowed(replace(everything, stale=True), verb) == refused) is (verb in FRESH)


def test_the_table_holds_every_verb_and_every_group() -> None:
    assert set(EXPECTED) == {str(verb) for verb in Verb}
    assert set(ALLOWED) == set(Verb)
    assert all(set(row) == {*GROUPS, *TOKENS} for row in EXPECTED.values())


@pytest.mark.parametrize("verb", Verb)
def test_a_verb_is_allowed_exactly_as_the_table_says(verb: Verb) -> None:
    row = EXPECTED[verb]
    for group, token, standing, linked in product(GROUPS, ["", *TOKENS], Standing, [True, False]):
        who = person(group, standing=standing, token=token, linked=linked)
        expected = (
            row[group] and (not token or row[token]) and stands(verb, standing, linked=linked)
        )
        assert (allowed(who, verb) == "") is expected, (verb, group, token, standing, linked)


@pytest.mark.parametrize("verb", Verb)
def test_two_groups_may_what_either_may(verb: Verb) -> None:
    row = EXPECTED[verb]
    for one, other in product(GROUPS, GROUPS):
        assert (allowed(person(one, other), verb) == "") is (row[one] or row[other])


@pytest.mark.parametrize("verb", Verb)
def test_what_is_unknown_is_refused(verb: Verb) -> None:
    for who in (
        person(),
        person("dba"),
        person("Approver"),
        person("*"),
        person("admin", token="root"),
        person("approver", token="ANSWER"),
    ):
        assert allowed(who, verb) != ""


def test_the_bot_itself_may_only_what_no_person_may_and_look() -> None:
    own = {verb for verb in Verb if allowed(FIREWARDEN, verb) == ""}
    assert own == {Verb.SYSTEM, Verb.READ, Verb.DECLARE}


def test_every_refusal_says_what_to_do_about_it() -> None:
    assert allowed(person("reader"), Verb.RUN) == (
        "run is for admin, approver, break-glass, responder; you are in reader"
    )
    assert allowed(person(), Verb.ADMINISTER) == "administer is for admin; you are in no group"
    assert allowed(person("responder", linked=False), Verb.RUN) == (
        "link your slack account to a person of the policy first"
    )


def intents_of(module: object) -> Iterator[type[Intent]]:
    for thing in vars(module).values():
        if isinstance(thing, type) and issubclass(thing, Intent) and thing is not Intent:
            yield thing


def test_every_intent_names_a_verb_of_its_own() -> None:
    found = {*intents_of(intents), *intents_of(seats), *intents_of(links)}
    assert {*get_args(IncidentIntent), *get_args(SystemIntent)} <= found
    for intent in found:
        assert "VERB" in vars(intent) or intent.VERB is Verb.SYSTEM
        assert isinstance(intent.VERB, Verb)


def test_intents_without_a_verb_of_their_own_are_the_bots_alone() -> None:
    own = {intent.__name__ for intent in intents_of(intents) if intent.VERB is Verb.SYSTEM}
    assert own == {
        "AttachAlerts",
        "ClaimExpired",
        "DeliveryRefused",
        "PageResult",
        "PreflightResult",
        "ProposeRun",
        "PutInDoubt",
        "ReadResult",
        "RoomIsOpen",
        "StartStep",
        "StepNotPossible",
        "StepResult",
        "StepUnknown",
        "TellAlerts",
        "TimerDue",
        "TryReserve",
    }
    for verb in Verb:
        if verb is not Verb.SYSTEM:
            assert allowed(person(*GROUPS), verb) == ""
    assert allowed(person(*GROUPS), Verb.SYSTEM) == "only Firewarden itself does this"


def test_every_kind_of_card_names_the_verb_that_answers_it() -> None:
    assert set(VERB_OF_KIND) == set(CardKind)
    assert {"", "answer"} == ANSWERING


def test_a_private_incident_is_seen_from_inside_only() -> None:
    reader, members = frozenset({"reader"}), frozenset({"ana"})
    assert may_see("ana", reader, private=True, members=members)
    assert not may_see("ben", frozenset(GROUPS), private=True, members=members)
    assert may_see("ben", reader, private=False, members=members)
    assert not may_see("ben", frozenset({"dba"}), private=False, members=members)
    assert not may_see("ana", frozenset(), private=True, members=members)
