"""A program's question to people: checked, redacted, and put as a card that it can find again."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bot.domain.actor import Actor
from bot.domain.events import Option, OutcomeKind
from bot.domain.intents import AskPeople
from bot.domain.packet import AskedField, AskedPacket, AskedStyle
from bot.errors import UserMistake
from bot.requests import QuestionAsked, Reply, ReplyTone
from bot.usecases.commands import Core
from bot.values import Untrusted
from cards.model import FieldKind
from cards.pressing import ASK_AGAIN
from handlers.call import Call
from handlers.grammar import read

_TITLE = 150
_DESCRIPTION = 3000
_LABEL = 75
"""Characters: what a title, a text block and a button take on the narrowest platform (Slack)."""

_FEWEST = 2
_OPTIONS = 10
_FIELDS = 20
_CHOICES = 100
"""Choices of one selection (spec: approvals A1)."""

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
_PLAIN: Final = re.compile(r"(?:[\w ,;'!?()+/%&-]|\.(?= |$))*")
_SELECTS: Final = frozenset({FieldKind.SELECT.value, FieldKind.MULTI_SELECT.value})

_USUAL: Final = {
    AskedStyle.APPROVAL: ("approve", "Approve", "reject", "Reject"),
    AskedStyle.SELECTION: ("choose", "Choose", "none", "None of these"),
    AskedStyle.FORM: ("send", "Send", "decline", "Decline"),
    AskedStyle.TEXT: ("accept", "Accept", "discard", "Discard"),
}
"""Ids and labels of the two options that each style has where none are named: yes, no."""


async def carry_out(core: Core, actor: Actor, question: QuestionAsked) -> Reply:
    """Put the question; the reply's card has the id under which the answer is found."""
    call = Call(id=question.id, actor=actor, core=core, words=read(""))
    found = await core.reading.id_of(call.viewer, question.incident)
    if found is None:
        raise UserMistake("There is no such incident.")
    faults = _faults(question)
    if faults:
        raise UserMistake(" ".join(faults))
    reply = await call.submit(
        AskPeople(
            by=actor,
            card=question.card,
            title=call.line(question.title),
            packet=AskedPacket(
                style=question.style,
                description=call.said(question.description),
                fields=tuple(_redacted(call, field) for field in question.fields),
            ),
            options=question.options or _usual(question.style),
            answerers=question.answerers,
            count=question.count,
            expires_in=question.expires_in,
        ),
        found,
    )
    if reply.tone is not ReplyTone.DONE:
        return reply
    state = await core.incidents.state(found)
    return replace(reply, card=await core.rendering.card(state, question.card))


def _usual(style: AskedStyle) -> tuple[Option, ...]:
    yes, yes_label, no, no_label = _USUAL[style]
    return (
        Option(id=yes, label=yes_label, outcome=OutcomeKind.ACT, consequence=""),
        Option(id=no, label=no_label, outcome=OutcomeKind.DECLINE, consequence=""),
    )


def _redacted(call: Call, field: AskedField) -> AskedField:
    def clean(words: Untrusted) -> Untrusted:
        return call.said(words.text)

    return replace(
        field,
        label=clean(field.label),
        help=clean(field.help),
        default=clean(field.default),
        choices=tuple((value, clean(label)) for value, label in field.choices),
    )


def _faults(question: QuestionAsked) -> list[str]:
    """Say everything that is wrong with a question, in sentences."""
    rules = (
        (not question.title.strip(), "A question needs a title."),
        (len(question.title) > _TITLE, f"A title has at most {_TITLE} characters."),
        (
            len(question.description) > _DESCRIPTION,
            f"A description has at most {_DESCRIPTION} characters.",
        ),
        (not question.answerers, "Name the groups that may answer."),
        (question.count < 1, "At least one person answers."),
        (
            question.expires_in is not None and question.expires_in.total_seconds() <= 0,
            "A question expires in the future.",
        ),
    )
    told = [words for wrong, words in rules if wrong]
    return [*told, *_option_faults(question.options), *_field_faults(question)]


def _option_faults(options: Sequence[Option]) -> list[str]:
    if not options:
        return []
    idents = [option.id for option in options]
    rules = (
        (not _FEWEST <= len(options) <= _OPTIONS, f"A question has 2 to {_OPTIONS} options."),
        (len(set(idents)) < len(idents), "Every option has an id of its own."),
        (ASK_AGAIN in idents, f"No option may be called {ASK_AGAIN}."),
        (
            not all(_NAME.fullmatch(ident) for ident in idents),
            "An option's id has lower-case letters, digits, dots and hyphens.",
        ),
        (
            not all(0 < len(o.label.strip()) <= _LABEL for o in options),
            f"An option's label has 1 to {_LABEL} characters.",
        ),
        (
            # Labels stand beside our own words, so nothing in them may become a link or a mention.
            not all(_PLAIN.fullmatch(o.label + " " + o.consequence) for o in options),
            "An option's label and consequence are plain words, without links or mentions.",
        ),
        (
            any(option.outcome is OutcomeKind.AGAIN for option in options),
            "An option acts, escalates or declines.",
        ),
        (any(option.break_glass for option in options), "A question has no glass to break."),
    )
    return [words for wrong, words in rules if wrong]


def _field_faults(question: QuestionAsked) -> list[str]:
    fields = question.fields
    names = [field.name for field in fields]
    chosen = [field for field in fields if field.kind in _SELECTS]
    rules = (
        (len(fields) > _FIELDS, f"A form has at most {_FIELDS} fields."),
        (len(set(names)) < len(names), "Every field has a name of its own."),
        (
            not all(_NAME.fullmatch(name) for name in names),
            "A field's name has lower-case letters, digits, dots and hyphens.",
        ),
        (
            any(field.kind not in set(FieldKind) for field in fields),
            f"A field is one of: {', '.join(kind.value for kind in FieldKind)}.",
        ),
        (
            not all(0 < len(field.choices) <= _CHOICES for field in chosen),
            f"A selection has 1 to {_CHOICES} choices.",
        ),
        (
            not all(0 < len(field.label.text.strip()) <= _TITLE for field in fields),
            f"A field's label has 1 to {_TITLE} characters.",
        ),
        (
            any(_confused([value for value, _ in field.choices]) for field in fields),
            "Every choice has a value of its own, without a comma.",
        ),
        (
            any((field.minimum or 0) > (field.maximum or _DESCRIPTION) for field in fields),
            "A field's minimum is at most its maximum.",
        ),
        (question.style is AskedStyle.APPROVAL and bool(fields), "An approval has no form."),
        (
            question.style is AskedStyle.SELECTION and [len(fields), len(chosen)] != [1, 1],
            "A selection has one field with choices.",
        ),
        (
            question.style is AskedStyle.TEXT
            and [field.kind for field in fields] != [FieldKind.MULTILINE.value],
            "A text has one field of several lines.",
        ),
        (question.style is AskedStyle.FORM and not fields, "A form has at least one field."),
    )
    return [words for wrong, words in rules if wrong]


def _confused(values: Sequence[str]) -> bool:
    """Whether two choices could be taken for each other; several come back joined by commas."""
    return len(set(values)) < len(values) or any("," in v or not v.strip() for v in values)
