"""What Telegram sends, as values of ours: commands, answers in words, presses, moves of a group."""

from dataclasses import dataclass
from typing import Final, TypeAlias

from telegram import CallbackQuery, ChatMemberUpdated, Message, Update, User

from bot.adapters.telegram.accounts import PLATFORM
from bot.requests import Sender
from bot.usecases.commands import CommandNames
from bot.values import Untrusted

ASKED_FOR: Final = ("message", "callback_query", "my_chat_member")
"""Edited messages are not asked for: what was carried out once is not carried out again."""

_RIGHTS: Final = frozenset({"administrator", "creator"})

START: Final = "start"
CANCEL: Final = "cancel"
LINK: Final = "link"


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """A chat, its topic, and the message that was answered; `private` = with one person alone."""

    chat: int
    thread: int | None
    answers: int
    private: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """A command line for us, `/incident ...` or `/runbook ...`, without our name.

    `quoted` are the words of the message that it answers.
    """

    sender: Sender
    user: int
    where: Where
    text: str
    quoted: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """`/start`, `/cancel` or `/link` in a direct chat, with what stands behind it."""

    sender: Sender
    user: int
    verb: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A message in a direct chat that is no command: perhaps the answer to a question."""

    sender: Sender
    user: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressed:
    """A pressed button of a message, with its data, which that may never have had."""

    sender: Sender
    user: int
    query: str
    data: str
    message: int
    where: Where | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hidden:
    """A command of somebody who writes in a group's or channel's name: nobody in particular."""

    where: Where


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedGroup:
    """A group became a supergroup."""

    old: int
    new: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Demoted:
    """The bot is no administrator of a chat any more; `there` = it may still write."""

    where: Where
    there: bool


Incoming: TypeAlias = Typed | Control | Words | Pressed | Hidden | MovedGroup | Demoted


def read(update: Update, *, name: str, names: CommandNames) -> Incoming | None:
    """Return what an update means, None where it is nothing for us; `name` is the bot's own."""
    if update.callback_query is not None:
        return _pressed(update.callback_query)
    if update.my_chat_member is not None:
        return _demoted(update.my_chat_member)
    message = update.message
    # What somebody passes on was said by somebody else, perhaps long ago: it runs nothing.
    if message is None or message.forward_origin is not None:
        return None
    moved = _moved(message)
    if moved is not None:
        return moved
    text = message.text or ""
    verb, rest = _command(text, name)
    if message.sender_chat is not None:
        return Hidden(where=_where(message)) if verb in {names.incident, names.runbook} else None
    if message.from_user is None or message.from_user.is_bot:
        return None
    return _said(message, message.from_user, verb, rest, names)


def message_id(update: Update) -> tuple[int, int] | None:
    """Return chat and id of a message that somebody wrote."""
    message = update.message
    return None if message is None else (message.chat_id, message.message_id)


def _said(
    message: Message, user: User, verb: str, rest: str, names: CommandNames
) -> Incoming | None:
    sender, where = _sender(user), _where(message)
    if verb in {names.incident, names.runbook}:
        quoted = message.reply_to_message.text if message.reply_to_message else ""
        text = f"/{verb} {rest}".strip()
        return Typed(sender=sender, user=user.id, where=where, text=text, quoted=quoted or "")
    if not where.private:
        return None
    if verb in {START, CANCEL, LINK}:
        return Control(sender=sender, user=user.id, verb=verb, words=rest)
    if verb:
        return Typed(sender=sender, user=user.id, where=where, text=f"/{names.incident} help")
    return Words(sender=sender, user=user.id, text=message.text) if message.text else None


def _command(text: str, name: str) -> tuple[str, str]:
    """Return the command that a text is for us, and the rest; "" where it is none."""
    first, *rest = text.split(maxsplit=1) or [""]
    verb, _, addressed = first.partition("@")
    ours = not addressed or addressed.casefold() == name.casefold()
    if not verb.startswith("/") or not ours:
        return "", text
    return verb.removeprefix("/").casefold(), rest[0] if rest else ""


def _pressed(query: CallbackQuery) -> Pressed | None:
    message = query.message
    where = _where(message) if isinstance(message, Message) else None
    user = query.from_user
    return Pressed(
        sender=_sender(user),
        user=user.id,
        query=query.id,
        data=query.data or "",
        message=message.message_id if message is not None else 0,
        where=where,
    )


def _demoted(changed: ChatMemberUpdated) -> Demoted | None:
    """Read that the bot lost its rights in a group or channel; people may block it as they like."""
    before, now = changed.old_chat_member.status, changed.new_chat_member.status
    if changed.chat.type == "private" or before not in _RIGHTS or now in _RIGHTS:
        return None
    where = Where(chat=changed.chat.id, thread=None, answers=0, private=False)
    return Demoted(where=where, there=now in {"member", "restricted"})


def _moved(message: Message) -> MovedGroup | None:
    if message.migrate_to_chat_id:
        return MovedGroup(old=message.chat_id, new=message.migrate_to_chat_id)
    if message.migrate_from_chat_id:
        return MovedGroup(old=message.migrate_from_chat_id, new=message.chat_id)
    return None


def _where(message: Message) -> Where:
    answered = message.reply_to_message
    # In a topic every message answers the one that opened it, unless it answers another one.
    answers = answered.message_id if answered and answered.forum_topic_created is None else 0
    return Where(
        chat=message.chat_id,
        thread=message.message_thread_id if message.is_topic_message else None,
        answers=answers,
        private=message.chat.type == "private",
    )


def _sender(user: User) -> Sender:
    return Sender(platform=PLATFORM, account=str(user.id), name=Untrusted(user.full_name))
