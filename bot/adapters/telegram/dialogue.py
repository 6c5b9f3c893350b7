"""A form filled in by conversation: which question waits, and what an answer makes of it. Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as having
from typing import Final, TypeAlias

from bot.errors import Refused
from cards import codec, telegram_form
from cards.model import Button, Card, FieldKind, FormField
from cards.overflow import cut_to
from cards.plain import characters
from cards.telegram_form import Question
from cards.telegram_html import TelegramMessage

_VERSION: Final = 1
_TITLE: Final = 800


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialogue:
    """One person's form. `at` is the question that waits; after them all comes a look at them.

    `complete` = everything was asked once: a corrected answer leads straight back to that look.
    `talk` is unique among the bot's conversations. `values` are the answers so far, `fault` says
    what was wrong with the last one. `card` keeps the form and the one button that sends it.
    """

    talk: int
    card: Card
    reason: bool
    at: int = 0
    page: int = 0
    looking: bool = False
    complete: bool = False
    fault: str = ""
    values: Mapping[str, str] = having(default_factory=dict)
    conversation: str = ""

    @property
    def button(self) -> Button:
        """The button that the answers go with."""
        return self.card.buttons[0]

    @property
    def fields(self) -> Sequence[FormField]:
        """Every question, the reason last."""
        form = self.card.form if self.button.needs_form else ()
        return (*form, telegram_form.REASON) if self.reason else form

    @property
    def waiting(self) -> FormField | None:
        """The field that is asked for; None where everything is answered."""
        return None if self.looking else self.fields[self.at]


@dataclass(frozen=True, slots=True)
class Asks:
    """The conversation goes on."""

    dialogue: Dialogue


@dataclass(frozen=True, slots=True)
class Sends:
    """Everything is answered and may be sent."""

    dialogue: Dialogue


@dataclass(frozen=True, slots=True)
class Ends:
    """It was cancelled."""


@dataclass(frozen=True, slots=True)
class Stands:
    """Nothing changed: the answer was of an earlier question, or none."""


Turn: TypeAlias = Asks | Sends | Ends | Stands


def begin(
    talk: int, card: Card, button: Button, *, people: Mapping[str, str], conversation: str
) -> Dialogue:
    """Return the conversation for one button of a card; `people` are names by id."""
    # Who is asked for a reason is not asked back first: what the press does stands above it.
    asked_back = f" — {button.confirm}" if button.confirm else ""
    title = cut_to(f"{characters(card.title)}{asked_back}", _TITLE)
    kept = Card(
        id=card.id,
        title=(title,),
        form=tuple(_chosen_from(field, people) for field in card.form),
        buttons=(button,),
    )
    values = {field.name: field.default for field in kept.form if field.default}
    return Dialogue(
        talk=talk,
        card=kept,
        reason=button.wants_reason,
        values=values,
        conversation=conversation,
    )


def written(dialogue: Dialogue, text: str) -> Turn:
    """Take a message as the answer."""
    field = dialogue.waiting
    if field is None:
        return Stands()
    if telegram_form.is_typed(field):
        value = text.strip()
        if field.kind is FieldKind.DATE_TIME:
            value = value.replace(" ", "T", 1)
        return _on(_with(dialogue, field, value))
    wanted = text.strip().casefold()
    for value, label in telegram_form.choices(field):
        if wanted in {value.casefold(), label.casefold()} and wanted:
            return _chose(dialogue, field, value)
    return Asks(replace(dialogue, fault="is none of the choices"))


def pressed(dialogue: Dialogue, talk: int, step: int, mark: str) -> Turn:
    """Take a press as the answer."""
    here = len(dialogue.fields) if dialogue.looking else dialogue.at
    if (talk, step) != (dialogue.talk, here):
        return Stands()
    if mark == telegram_form.CANCEL:
        return Ends()
    field = dialogue.waiting
    if field is None:
        return _last(dialogue, mark)
    if mark == telegram_form.SEND and _may_send(dialogue):
        return Sends(dialogue)
    if mark == telegram_form.BACK:
        return Asks(_asking(dialogue, max(dialogue.at - 1, 0)))
    if mark in {telegram_form.KEEP, telegram_form.DONE}:
        return _on(dialogue)
    if mark == telegram_form.SKIP and not field.required:
        return _on(_with(dialogue, field, ""))
    return _of_a_choice(dialogue, field, mark)


def corrected(dialogue: Dialogue, faults: Mapping[str, str]) -> Dialogue:
    """Return to the first question whose answer was not taken."""
    for number, field in enumerate(dialogue.fields):
        if field.name in faults:
            return replace(_asking(dialogue, number), complete=True, fault=faults[field.name])
    return dialogue


def shown(dialogue: Dialogue) -> TelegramMessage:
    """Return what the person sees now."""
    field = dialogue.waiting
    title = characters(dialogue.card.title)
    if field is None:
        return telegram_form.last_look(
            dialogue.talk, title, dialogue.button.label, dialogue.fields, dialogue.values
        )
    return telegram_form.question(
        Question(
            talk=dialogue.talk,
            step=dialogue.at,
            of=len(dialogue.fields),
            title=title,
            field=field,
            chosen=dialogue.values.get(field.name, ""),
            page=dialogue.page,
            fault=dialogue.fault,
            send=dialogue.button.label if _may_send(dialogue) else "",
        )
    )


def to_json(dialogue: Dialogue) -> str:
    """Encode it for the store."""
    return json.dumps(
        {
            "v": _VERSION,
            "talk": dialogue.talk,
            "card": codec.to_json(dialogue.card),
            "reason": dialogue.reason,
            "at": dialogue.at,
            "page": dialogue.page,
            "looking": dialogue.looking,
            "complete": dialogue.complete,
            "fault": dialogue.fault,
            "values": dict(dialogue.values),
            "conversation": dialogue.conversation,
        }
    )


def from_json(text: str) -> Dialogue:
    """Decode what `to_json` wrote; `Refused` where a newer Firewarden wrote it."""
    kept = json.loads(text)
    if kept.pop("v") != _VERSION:
        raise Refused("this conversation was not kept by this version of Firewarden")
    return Dialogue(**{**kept, "card": codec.from_json(kept["card"])})


def _may_send(dialogue: Dialogue) -> bool:
    """Whether nothing that is needed is missing: an emergency does not wait for the rest."""
    missing = (f for f in dialogue.fields if f.required and not dialogue.values.get(f.name))
    return dialogue.at > 0 and next(missing, None) is None


def _on(dialogue: Dialogue) -> Turn:
    """Go on to the next question; one question alone is sent with its answer."""
    field = dialogue.fields[dialogue.at]
    if field.required and not dialogue.values.get(field.name):
        return Asks(replace(dialogue, fault="is needed"))
    if len(dialogue.fields) == 1:
        return Sends(replace(dialogue, fault=""))
    after = dialogue.at + 1
    # Whoever corrects one answer wants to see all of them again, not every question.
    if after >= len(dialogue.fields) or dialogue.complete:
        return Asks(replace(dialogue, looking=True, complete=True, fault="", page=0))
    return Asks(_asking(dialogue, after))


def _asking(dialogue: Dialogue, at: int) -> Dialogue:
    return replace(dialogue, at=at, page=0, looking=False, fault="")


def _with(dialogue: Dialogue, field: FormField, value: str) -> Dialogue:
    return replace(dialogue, values={**dialogue.values, field.name: value}, fault="")


def _of_a_choice(dialogue: Dialogue, field: FormField, mark: str) -> Turn:
    kind, number = mark[:1], mark[1:]
    if not (number.isascii() and number.isdigit()) or telegram_form.is_typed(field):
        return Stands()
    listed = telegram_form.choices(field)
    if kind == telegram_form.PAGE and int(number) * telegram_form.PER_PAGE < len(listed):
        return Asks(replace(dialogue, page=int(number), fault=""))
    if kind == telegram_form.CHOICE and int(number) < len(listed):
        return _chose(dialogue, field, listed[int(number)][0])
    return Stands()


def _chose(dialogue: Dialogue, field: FormField, value: str) -> Turn:
    if field.kind is not FieldKind.MULTI_SELECT:
        return _on(_with(dialogue, field, value))
    ticked = [one for one in dialogue.values.get(field.name, "").split(",") if one]
    ticked = [one for one in ticked if one != value] if value in ticked else [*ticked, value]
    order = [known for known, _ in field.choices]
    return Asks(_with(dialogue, field, ",".join(sorted(ticked, key=order.index))))


def _last(dialogue: Dialogue, mark: str) -> Turn:
    if mark == telegram_form.SEND:
        return Sends(dialogue)
    number = mark[1:]
    goes = mark[:1] == telegram_form.GO and number.isascii() and number.isdigit()
    if not goes or int(number) >= len(dialogue.fields):
        return Stands()
    return Asks(_asking(dialogue, int(number)))


def _chosen_from(field: FormField, people: Mapping[str, str]) -> FormField:
    """Let a person be chosen by name; where nobody is known, by id."""
    if field.kind is not FieldKind.PERSON or not people:
        return field
    return replace(field, kind=FieldKind.SELECT, choices=tuple(people.items()))
