"""What Slack sends, as requests: commands, presses, filled-in modals, mentions and shortcuts."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bot.adapters.slack.accounts import PLATFORM, account_of
from bot.adapters.slack.web import Answer, inner, listed, text_in
from bot.requests import CardAnswer, MessageSaid, Sender, SlashCommand
from bot.values import CardId, ConversationRef, Json, Untrusted
from cards import block_kit, block_kit_form
from cards.model import Card, FieldKind, FormField

_REFERENCE: Final = re.compile(r"<(?:([@#!])([^>|]*)|([^>|]*))(?:\|([^>]*))?>")
_MENTIONED: Final = re.compile(r"^\s*<@[UW][A-Z0-9]+(?:\|[^>]*)?>\s*")
_KINDS: Final[Mapping[str, FieldKind]] = {
    "plain_text_input": FieldKind.TEXT,
    "number_input": FieldKind.NUMBER,
    "static_select": FieldKind.SELECT,
    "external_select": FieldKind.SELECT,
    "multi_static_select": FieldKind.MULTI_SELECT,
    "multi_external_select": FieldKind.MULTI_SELECT,
    "checkboxes": FieldKind.CHECKBOX,
    "datetimepicker": FieldKind.DATE_TIME,
}
_REASON: Final = "reason"


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """A pressed button or chosen menu item, and what answers it."""

    answer: CardAnswer
    trigger: str
    channel: str
    response_url: str


def command(body: Answer) -> SlashCommand:
    """Read a slash command."""
    team, channel = text_in(body, "team_id"), text_in(body, "channel_id")
    line = f"{text_in(body, 'command')} {typed(text_in(body, 'text'))}"
    return SlashCommand(
        id=f"slack:command:{team}:{text_in(body, 'trigger_id')}",
        sender=_sender(team, text_in(body, "user_id"), text_in(body, "user_name")),
        text=line.strip(),
        conversation=_conversation(channel),
    )


def mention(body: Answer, name: str) -> SlashCommand | None:
    """Read `@firewarden <verb> ...` as the command of that name; None for what a bot said."""
    event = inner(body, "event")
    user = text_in(event, "user")
    if not user or text_in(event, "bot_id"):
        return None
    words = typed(_MENTIONED.sub("", text_in(event, "text"), count=1))
    team = _team_of(body)
    return SlashCommand(
        id=f"slack:event:{text_in(body, 'event_id')}",
        sender=_sender(team, user, user),
        text=f"/{name} {words}".strip(),
        conversation=_conversation(text_in(event, "channel")),
    )


def press(body: Answer) -> Press | None:
    """Read a press; None where it is of nothing that we offered."""
    action = next(iter(listed(body, "actions")), {})
    value = text_in(inner(action, "selected_option"), "value") or text_in(action, "value")
    pressed = block_kit.pressed(value)
    if pressed is None:
        return None
    card, option = pressed
    sender, team = _person(body)
    channel = text_in(inner(body, "channel"), "id")
    ident = f"slack:click:{team}:{sender.account}:{text_in(action, 'action_ts')}:{card}:{option}"
    return Press(
        answer=CardAnswer(
            id=ident,
            sender=sender,
            card=card,
            option=option,
            conversation=_conversation(channel),
        ),
        trigger=text_in(body, "trigger_id"),
        channel=channel,
        response_url=text_in(body, "response_url"),
    )


def filled_in(body: Answer) -> CardAnswer | None:
    """Read a submitted modal; None where it is none of ours."""
    view = inner(body, "view")
    value, _, channel = text_in(view, "private_metadata").partition("\n")
    pressed = block_kit.pressed(value)
    if pressed is None:
        return None
    sender, team = _person(body)
    values = _values(inner(inner(view, "state"), "values"))
    reason = values.pop(_REASON, "")
    return CardAnswer(
        id=f"slack:view:{team}:{sender.account}:{text_in(view, 'id')}",
        sender=sender,
        card=pressed[0],
        option=pressed[1],
        reason=reason,
        values=values,
        conversation=_conversation(channel),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What somebody types into a menu that is searched; `field` "" = the card's own menu."""

    sender: Sender
    card: CardId
    field: str
    typed: str


def search(body: Answer) -> Search | None:
    """Read a block_suggestion; None where it is of no menu that we offered."""
    sender, _ = _person(body)
    words, action = text_in(body, "value"), text_in(body, "action_id")
    if action.startswith(block_kit.SEARCHED):
        card = CardId(action.removeprefix(block_kit.SEARCHED))
        return Search(sender=sender, card=card, field="", typed=words)
    value, _, _ = text_in(inner(body, "view"), "private_metadata").partition("\n")
    pressed = block_kit.pressed(value)
    if pressed is None:
        return None
    field = text_in(body, "block_id")
    return Search(sender=sender, card=pressed[0], field=field, typed=words)


def declaring(body: Answer, name: str) -> SlashCommand:
    """Read the global shortcut as the bare command that opens the form."""
    sender, team = _person(body)
    return SlashCommand(
        id=f"slack:shortcut:{team}:{text_in(body, 'trigger_id')}",
        sender=sender,
        text=f"/{name} declare",
    )


def keeping(card: CardId, option: str, channel: str) -> str:
    """Return what a modal carries so that `filled_in` knows what it answers, and where."""
    return f"{block_kit.button_value(card, option)}\n{channel}"


def shortcut(body: Answer) -> MessageSaid | None:
    """Read “Add to timeline” on a message; the same message counts once."""
    message, channel = inner(body, "message"), text_in(inner(body, "channel"), "id")
    place = _conversation(channel)
    if place is None:
        return None
    sender, team = _person(body)
    return MessageSaid(
        id=_said_id(team, channel, text_in(message, "ts")),
        sender=sender,
        text=typed(text_in(message, "text")),
        conversation=place,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Pinned:
    """Somebody's :pushpin: on a message, whose words must still be fetched."""

    sender: Sender
    user: str
    team: str
    channel: str
    ts: str

    def said(self, message: Answer) -> MessageSaid:
        """Return the request; the same as that of the shortcut, so that both count once."""
        return MessageSaid(
            id=_said_id(self.team, self.channel, self.ts),
            sender=self.sender,
            text=typed(text_in(message, "text")),
            conversation=ConversationRef(platform=PLATFORM, id=self.channel),
        )


def pinned(body: Answer) -> Pinned | None:
    """Read a reaction; None where it is another one, or on something else than a message."""
    event = inner(body, "event")
    item, team, user = inner(event, "item"), text_in(body, "team_id"), text_in(event, "user")
    if text_in(event, "reaction") != "pushpin" or text_in(item, "type") != "message":
        return None
    return Pinned(
        sender=_sender(team, user, user),
        user=user,
        team=team,
        channel=text_in(item, "channel"),
        ts=text_in(item, "ts"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Replied:
    """Somebody's words in a thread, whose first message must still be looked at."""

    sender: Sender
    team: str
    channel: str
    thread: str
    ts: str
    text: str

    def said(self, under: str) -> MessageSaid:
        """Return the request; a shortcut or :pushpin: on the same words counts once with it."""
        return MessageSaid(
            id=_said_id(self.team, self.channel, self.ts),
            sender=self.sender,
            text=self.text,
            conversation=ConversationRef(platform=PLATFORM, id=self.channel),
            under=under,
        )


def replied(body: Answer) -> Replied | None:
    """Read a message in a thread; None for everything that is not a person's reply."""
    event = inner(body, "event")
    thread, ts, user = text_in(event, "thread_ts"), text_in(event, "ts"), text_in(event, "user")
    if not thread or thread == ts or not user or text_in(event, "bot_id"):
        return None
    if text_in(event, "subtype") not in {"", "file_share", "thread_broadcast"}:
        return None  # edits, deletions, joins
    ours = {text_in(bot, "user_id") for bot in listed(body, "authorizations")} - {""}
    asked, written = text_in(event, "parent_user_id"), text_in(event, "text")
    if asked and ours and asked not in ours:
        return None  # people among themselves: nothing has to be looked up
    if any(f"<@{user}" in written for user in ours):
        return None  # a command, which comes as a mention too
    team = _team_of(body)
    return Replied(
        sender=_sender(team, user, user),
        team=text_in(body, "team_id"),
        channel=text_in(event, "channel"),
        thread=thread,
        ts=ts,
        text=typed(written),
    )


def posted_by_us(body: Answer) -> tuple[str, str]:
    """Return channel and time stamp of a message that a bot posted, empty for any other."""
    event = inner(body, "event")
    if not text_in(event, "bot_id"):
        return "", ""
    return text_in(event, "channel"), text_in(event, "ts")


def _team_of(body: Answer) -> str:
    """Return the workspace of an event's person, who may be of another one than the channel."""
    event = inner(body, "event")
    return text_in(event, "user_team") or text_in(event, "team") or text_in(body, "team_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeOpened:
    """Somebody looks at the bot's Home."""

    sender: Sender
    team: str
    user: str


def home_opened(body: Answer) -> HomeOpened | None:
    """Read that somebody opened the bot's Home; None for its other tabs."""
    event = inner(body, "event")
    user, team = text_in(event, "user"), text_in(body, "team_id")
    if text_in(event, "tab") != "home" or not user:
        return None
    return HomeOpened(sender=_sender(team, user, user), team=team, user=user)


def typed(text: str) -> str:
    """Return what a person typed: references as words (people stay references), no escapes."""
    plain = _REFERENCE.sub(_referred, text)
    return plain.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").strip()


def _said_id(team: str, channel: str, ts: str) -> str:
    return f"slack:said:{team}:{channel}:{ts}"


def _referred(found: re.Match[str]) -> str:
    sign, ident, link, shown = found.groups()
    if sign == "@":
        return found[0]
    if sign:
        return f"{'#' if sign == '#' else '@'}{shown or ident}"
    return str(link)


def _person(body: Answer) -> tuple[Sender, str]:
    user = inner(body, "user")
    team = text_in(user, "team_id") or text_in(inner(body, "team"), "id")
    name = text_in(user, "username") or text_in(user, "name")
    return _sender(team, text_in(user, "id"), name), team


def _sender(team: str, user: str, name: str) -> Sender:
    return Sender(platform=PLATFORM, account=account_of(team, user), name=Untrusted(name))


def _conversation(channel: str) -> ConversationRef | None:
    return ConversationRef(platform=PLATFORM, id=channel) if channel else None


def _values(state: Answer) -> dict[str, str]:
    """Read every input by its block's name; whoever takes the answer knows the form's fields."""
    blocks = {name: _actions(state, name) for name in state}
    fields = [
        FormField(name=name, label=name, kind=_KINDS[kind])
        for name, actions in blocks.items()
        if (kind := _type(actions)) in _KINDS
    ]
    return block_kit_form.answers(Card(form=tuple(fields)), blocks)


def _actions(state: Answer, name: str) -> dict[str, Mapping[str, Json]]:
    return {action: inner(inner(state, name), action) for action in inner(state, name)}


def _type(actions: Mapping[str, Mapping[str, Json]]) -> str:
    return text_in(next(iter(actions.values()), {}), "type")
