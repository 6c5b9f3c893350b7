"""Every verb and every card's answers x group x tier x kind of user, written out; the rest is no.

A letter stands for a group: r reader, s responder, a approver, c communications, m admin,
b break-glass. In the table of cards a capital decides the card alone; a small letter counts towards
a quorum. A tier matters where a card asks for a change, through the approval rule that it resolves.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import cast

import pytest

from bot.domain.actor import Actor, Standing
from bot.domain.approval import VERB_OF_KIND, Asked, vote
from bot.domain.decided import Refusal
from bot.domain.events import (
    CardAsked,
    CardDecided,
    CardKind,
    Option,
    OutcomeKind,
    QuorumRule,
    ResolvedRule,
)
from bot.domain.intents import AbortRun, Acknowledge, Answer, AssignRole, Intent
from bot.domain.packet import NoticePacket
from bot.domain.permissions import Verb, allowed
from bot.domain.policy import Group
from bot.domain.rules import resolve_rule
from bot.usecases.seats import TokenKind
from bot.values import CardId, PersonId, Severity, Tier, Untrusted
from cards import pressing
from cards.pressing import AbortTheRun, AcknowledgePages, ClaimCommand, wish_of
from tests.support.gallery import gallery
from tests.unit.domain.people import actor
from tests.unit.domain.policy import ANA, BEN, POLICY
from tests.unit.domain.story import T0

ROOT = Path(__file__).parents[2]

VERBS = """
verb              active asker  practice doubted gone unlinked read   operate answer
read              rsacmb rsacmb rsacmb   rsacmb  -    rsacmb   rsacmb rsacmb  rsacmb
declare           rsacmb rsacmb rsacmb   rsacmb  -    rsacmb   -      rsacmb  rsacmb
edit              sacmb  sacmb  sacmb    sacmb   -    -        -      sacmb   sacmb
note              sacmb  sacmb  sacmb    sacmb   -    -        -      sacmb   sacmb
update            sacmb  sacmb  sacmb    sacmb   -    -        -      sacmb   sacmb
severity          samb   samb   samb     samb    -    -        -      samb    samb
role              sacmb  sacmb  sacmb    sacmb   -    -        -      sacmb   sacmb
notify            sacmb  sacmb  sacmb    sacmb   -    -        -      sacmb   sacmb
confirm-notice    sacmb  sacmb  sacmb    sacmb   -    -        -      sacmb   sacmb
approve-notice    c      c      c        -       -    -        -      -       c
page              sacmb  sacmb  sacmb    sacmb   -    -        -      sacmb   sacmb
ack               rsacmb rsacmb rsacmb   rsacmb  -    -        -      rsacmb  rsacmb
run               samb   samb   samb     samb    -    -        -      samb    samb
abort             samb   samb   samb     samb    -    -        -      samb    samb
vote              ab     ab     ab       -       -    -        -      -       ab
ask               sacmb  sacmb  sacmb    sacmb   -    -        -      sacmb   sacmb
answer            sacmb  sacmb  sacmb    -       -    -        -      -       sacmb
freeze            samb   samb   samb     samb    -    -        -      samb    samb
unfreeze          am     am     am       -       -    -        -      -       am
resolve           samb   samb   samb     samb    -    -        -      samb    samb
close             samb   samb   samb     samb    -    -        -      samb    samb
drill             samb   samb   samb     samb    -    -        -      samb    samb
break-reservation am     am     am       -       -    -        -      -       am
link-account      rsacmb rsacmb rsacmb   rsacmb  -    rsacmb   -      -       -
administer        m      m      m        m       -    -        -      m       m
system            -      -      -        -       -    -        -      -       -
"""

CARDS = """
card                      active asker practice doubted gone unlinked read operate answer
change.read-only.yes      -      -     -        -       -    -        -    -       -
change.read-only.no       -      -     -        -       -    -        -    -       -
change.reversible.yes     A      -     -        -       -    -        -    -       A
change.reversible.no      A      A     -        -       -    -        -    -       A
change.irreversible.yes   a      -     -        -       -    -        -    -       a
change.irreversible.no    A      A     -        -       -    -        -    -       A
change.beyond.yes         -      -     -        -       -    -        -    -       -
change.beyond.no          -      -     -        -       -    -        -    -       -
undo.read-only.yes        -      -     -        -       -    -        -    -       -
undo.read-only.no         -      -     -        -       -    -        -    -       -
undo.reversible.yes       A      -     -        -       -    -        -    -       A
undo.reversible.no        A      A     -        -       -    -        -    -       A
undo.irreversible.yes     a      -     -        -       -    -        -    -       a
undo.irreversible.no      A      A     -        -       -    -        -    -       A
undo.beyond.yes           -      -     -        -       -    -        -    -       -
undo.beyond.no            -      -     -        -       -    -        -    -       -
change.practice.yes       A      -     A        -       -    -        -    -       A
change.practice.no        A      A     A        -       -    -        -    -       A
in-doubt.yes              A      A     -        -       -    -        -    -       A
in-doubt.no               A      A     -        -       -    -        -    -       A
run.yes                   SAMB   SAMB  SAMB     SAMB    -    -        -    -       SAMB
run.no                    SAMB   SAMB  SAMB     SAMB    -    -        -    -       SAMB
step.yes                  SAMB   SAMB  SAMB     SAMB    -    -        -    -       SAMB
step.no                   SAMB   SAMB  SAMB     SAMB    -    -        -    -       SAMB
question.yes              SAMB   SAMB  SAMB     SAMB    -    -        -    -       SAMB
question.no               SAMB   SAMB  SAMB     SAMB    -    -        -    -       SAMB
checklist.yes             SAMB   SAMB  SAMB     SAMB    -    -        -    -       SAMB
checklist.no              SAMB   SAMB  SAMB     SAMB    -    -        -    -       SAMB
details.yes               SACMB  SACMB SACMB    SACMB   -    -        -    -       SACMB
details.no                SACMB  SACMB SACMB    SACMB   -    -        -    -       SACMB
notice.inside.yes         S      S     S        S       -    -        -    -       S
notice.inside.no          S      S     S        S       -    -        -    -       S
notice.outside.yes        C      -     -        -       -    -        -    -       C
notice.outside.no         C      C     -        -       -    -        -    -       C
asked.yes                 S      -     S        -       -    -        -    -       S
asked.no                  S      S     S        -       -    -        -    -       S
unruled.change.yes        -      -     -        -       -    -        -    -       -
unruled.change.no         -      -     -        -       -    -        -    -       -
change.read-only.glass    B      B     -        -       -    -        -    -       -
change.reversible.glass   B      B     -        -       -    -        -    -       -
change.irreversible.glass B      B     -        -       -    -        -    -       -
change.beyond.glass       B      B     -        -       -    -        -    -       -
"""

LETTERS: Mapping[str, str] = MappingProxyType(
    {
        "r": Group.READER,
        "s": Group.RESPONDER,
        "a": Group.APPROVER,
        "c": Group.COMMUNICATIONS,
        "m": Group.ADMIN,
        "b": Group.BREAK_GLASS,
    }
)


def users(group: str) -> Mapping[str, Sequence[Actor]]:
    """Return every kind of user in a group, by the column that says what they may."""
    ben, ana = actor(BEN, group), actor(ANA, group)
    return {
        "active": [ben],
        "asker": [ana, replace(ana, platform="telegram", account="4711")],
        "practice": [replace(ben, practice_only=True)],
        "doubted": [
            replace(ben, standing=standing)
            for standing in (Standing.GUEST, Standing.STRANGER, Standing.UNKNOWN)
        ],
        "gone": [
            replace(ben, standing=standing) for standing in (Standing.BOT, Standing.DEACTIVATED)
        ],
        "unlinked": [replace(ben, linked=False)],
        "read": [replace(ben, token_kind="read")],
        "operate": [replace(ben, token_kind="operate")],
        "answer": [replace(ben, token_kind="answer")],
    }


def rows(table: str) -> Mapping[str, Mapping[str, str]]:
    """Return row -> column -> letters ("" = nobody)."""
    head, *lines = table.strip().split("\n")
    columns = head.split()[1:]
    found: dict[str, Mapping[str, str]] = {}
    for line in lines:
        name, *cells = line.split()
        found[name] = dict(zip(columns, (c.strip("-") for c in cells), strict=True))
    return MappingProxyType(found)


def letter_of_vote(card: CardAsked, option: str, who: Actor, letter: str) -> str:
    """Put the answer to the card: a capital where it decides, "" where it is refused."""
    answer = Answer(by=who, card=card.card, option=option, reason=Untrusted("because"))
    asked = Asked(card=card, asked_at=T0, rule=card.rule)
    decision = vote({card.card: asked}, answer, T0)
    if isinstance(decision, Refusal):
        assert decision.reason
        return ""
    decides = any(isinstance(event, CardDecided) for event in decision.events)
    assert decision.events
    return letter.upper() if decides else letter


def rule(tier: Tier, *, practice: bool = False) -> ResolvedRule:
    """Return the rule that the policy has for a change of this tier, which ana asked for."""
    return resolve_rule(
        POLICY,
        tier=tier,
        severity=Severity.SEV3,
        services=("checkout",),
        runbook="disk-full",
        requester=ANA,
        practice=practice,
    )


def asking(group: Group, *excluded: PersonId) -> ResolvedRule:
    """Return a rule that asks for one of a group."""
    return ResolvedRule(
        names=("as asked",), quorums=(QuorumRule(groups=(group,), count=1),), excluded=excluded
    )


NOBODY = ResolvedRule(names=(), quorums=(), excluded=())
NOTICE = NoticePacket(
    audience="customers",
    channel="status-page",
    external=True,
    text=Untrusted("Checkout is slow."),
    author=ANA,
)


def card(
    kind: CardKind,
    rule_: ResolvedRule,
    tier: Tier | None = None,
    packet: NoticePacket | None = None,
) -> CardAsked:
    """Return an open card with a yes, a no and a way around."""
    return CardAsked(
        card=CardId("c1"),
        number=1,
        kind=kind,
        title=Untrusted("May we?"),
        options=(
            Option(id="yes", label="Yes", outcome=OutcomeKind.ACT, consequence=""),
            Option(id="no", label="No", outcome=OutcomeKind.DECLINE, consequence=""),
            Option(
                id="glass",
                label="Break glass",
                outcome=OutcomeKind.ACT,
                consequence="",
                reason_required=True,
                break_glass=True,
            ),
        ),
        rule=rule_,
        expires_at=T0 + timedelta(hours=1),
        remind_at=None,
        packet=packet,
        requester=ANA,
        tier=tier,
    )


def cards() -> Mapping[str, CardAsked]:
    """Return a card of every kind, and of every tier where it asks for a change."""
    changes = {
        f"{kind}.{tier}": card(kind, rule(tier), tier)
        for kind in (CardKind.CHANGE, CardKind.UNDO)
        for tier in Tier
    }
    return changes | {
        "change.practice": card(CardKind.CHANGE, rule(Tier.REVERSIBLE, practice=True)),
        "in-doubt": card(CardKind.IN_DOUBT, asking(Group.APPROVER)),
        "run": card(CardKind.RUN, NOBODY),
        "step": card(CardKind.STEP, NOBODY),
        "question": card(CardKind.QUESTION, NOBODY),
        "checklist": card(CardKind.CHECKLIST, NOBODY),
        "details": card(CardKind.DETAILS, NOBODY),
        "notice.inside": card(CardKind.NOTICE, asking(Group.RESPONDER)),
        "notice.outside": card(CardKind.NOTICE, asking(Group.COMMUNICATIONS, ANA), packet=NOTICE),
        "asked": card(CardKind.ASKED, asking(Group.RESPONDER, ANA)),
        "unruled.change": card(CardKind.CHANGE, NOBODY),
    }


def answers() -> Iterator[tuple[str, CardAsked, str]]:
    """Yield each row of the table of cards: its name, the card and the option."""
    for name, asked in cards().items():
        for option in ("yes", "no"):
            yield f"{name}.{option}", asked, option
    for tier in Tier:
        yield f"change.{tier}.glass", cards()[f"change.{tier}"], "glass"


def gained(column: str, seen: Mapping[str, Sequence[str]]) -> str:
    """Join what each letter's users got; all users of one column must fare alike."""
    for letter, got in seen.items():
        assert len(set(got)) == 1, (column, letter, got)
    return "".join(got[0] for got in seen.values())


def of_verb(verb: Verb) -> Mapping[str, str]:
    """Ask the one decision for every user of every group; returns column -> letters."""
    return {
        column: gained(
            column,
            {
                letter: ["" if allowed(who, verb) else letter for who in users(group)[column]]
                for letter, group in LETTERS.items()
            },
        )
        for column in users("")
    }


def of_card(asked: CardAsked, option: str) -> Mapping[str, str]:
    """Let every user of every group answer the card; returns column -> letters."""
    return {
        column: gained(
            column,
            {
                letter: [letter_of_vote(asked, option, w, letter) for w in users(group)[column]]
                for letter, group in LETTERS.items()
            },
        )
        for column in users("")
    }


@pytest.mark.parametrize("verb", Verb)
def test_a_verb_is_for_exactly_whom_the_table_says(verb: Verb) -> None:
    assert of_verb(verb) == rows(VERBS)[verb]


ANSWERS = tuple(answers())


@pytest.mark.parametrize(("row", "asked", "option"), ANSWERS, ids=[row for row, _, _ in ANSWERS])
def test_a_card_is_answered_by_exactly_whom_the_table_says(
    row: str, asked: CardAsked, option: str
) -> None:
    assert of_card(asked, option) == rows(CARDS)[row]


def test_the_tables_have_a_row_for_every_verb_kind_of_card_and_tier_and_no_other() -> None:
    assert set(rows(VERBS)) == {str(verb) for verb in Verb}
    assert set(rows(CARDS)) == {row for row, _, _ in ANSWERS}
    assert {asked.kind for asked in cards().values()} == set(CardKind)
    assert {asked.tier for asked in cards().values()} == {None, *Tier}


def test_the_users_are_every_standing_and_every_kind_of_token() -> None:
    everybody = [who for column in users("approver").values() for who in column]
    assert {who.standing for who in everybody} == set(Standing)
    assert {who.token_kind for who in everybody} == {"", *TokenKind}
    assert set(LETTERS.values()) == set(Group)


@pytest.mark.parametrize("groups", [(), ("dba",), ("Approver",), ("*",)])
def test_an_unknown_group_is_for_nothing(groups: tuple[str, ...]) -> None:
    who = replace(actor(BEN), groups=frozenset(groups))
    assert [verb for verb in Verb if not allowed(who, verb)] == []
    for row, asked, option in ANSWERS:
        assert letter_of_vote(asked, option, who, "x") == "", row


def test_an_unknown_verb_and_an_unknown_kind_of_token_are_for_nobody() -> None:
    for group in Group:
        assert allowed(actor(BEN, group), cast("Verb", "dance"))
        token = replace(actor(BEN, group), token_kind="root")
        assert [verb for verb in Verb if not allowed(token, verb)] == []
        for row, asked, option in ANSWERS:
            assert letter_of_vote(asked, option, token, "x") == "", row


WISHES: Mapping[tuple[type, str], type[Intent]] = {
    (ClaimCommand, "claim"): AssignRole,
    (AcknowledgePages, "ack"): Acknowledge,
    (AbortTheRun, "abort"): AbortRun,
    (AbortTheRun, "kill"): AbortRun,
}
"""What a button of a card that asks nothing wishes for, and the intent that names its verb."""

OWN = ("bot/adapters/http/", "bot/adapters/console/")
SERVED = {
    "bot/adapters/oidc/leaving.py",  # a sign-out
    "bot/adapters/oidc/routes.py",  # a sign-in; neither shows anything of incidents
    "bot/adapters/slack/door.py",
    "bot/adapters/telegram/webhook.py",
}
"""Where routes are made beside the server's own, which e2e/test_private_incidents.py walks."""


def test_every_button_that_any_card_draws_has_a_row() -> None:
    own: set[tuple[type, str]] = set()
    for sheet in gallery().values():
        for name, drawn in sheet.items():
            for button in drawn.buttons:
                wish = wish_of(drawn.id, button.option)
                if wish is not None:
                    own.add((type(wish), button.option))
                else:
                    # The answers of a question take the verb of its kind; so does asking it again.
                    assert drawn.kind in {str(kind) for kind in VERB_OF_KIND}, (name, button)
    assert own <= set(WISHES)


def test_every_wish_of_a_button_ends_in_a_verb_of_people() -> None:
    views = ("incident:i1", "page:i1:p1", "run:i1:r1")
    options = (pressing.CLAIM, pressing.ACKNOWLEDGE, pressing.ABORT, pressing.KILL)
    wishes = {
        (type(wish), option)
        for view in views
        for option in options
        if (wish := wish_of(CardId(view), option)) is not None
    }
    assert wishes == set(WISHES)
    assert [intent.VERB for intent in WISHES.values()] == ["role", "ack", "abort", "abort"]


def test_routes_are_made_by_the_server_and_by_the_doors_of_the_chats() -> None:
    makes = {
        path.relative_to(ROOT).as_posix()
        for path in sorted((ROOT / "bot" / "adapters").rglob("*.py"))
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "Route"
    }
    assert {p for p in makes if not p.startswith(OWN)} == SERVED


def test_a_button_comes_from_a_question_or_from_the_list_of_wishes() -> None:
    made = [
        ast.unparse(keyword.value)
        for path in sorted((ROOT / "cards").glob("*.py"))
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "Button"
        for keyword in call.keywords
        if keyword.arg == "option"
    ]
    assert sorted(set(made)) == ["ABORT", "ACKNOWLEDGE", "ASK_AGAIN", "CLAIM", "KILL", "option.id"]
