"""The methods of the Bot API that a bot like ours calls, with the limits that are documented."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from bot.values import Json
from tests.support.chat_limits import read_telegram
from tests.support.telegram.world import (
    BOT,
    RIGHTS,
    BadCall,
    Chat,
    Kind,
    Posted,
    Topic,
    World,
    bot,
    keys_of,
    user,
    within,
)

Args: TypeAlias = dict[str, Any]
"""What a call carries: texts, and one uploaded file as a pair of name and bytes."""

_COMMAND = re.compile(r"[a-z0-9_]{1,32}")
_MOST_DOCUMENT = 50 * 1024 * 1024


class Methods:
    """Carries calls out on a world. `answers` are the short answers that presses got."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.answers: list[str] = []
        self.commands: dict[tuple[str, str], list[tuple[str, str]]] = {}
        """Command lists by scope and language."""
        self.pressed: dict[str, bool] = {}
        """Callback queries by id, and whether one is too old to be answered."""
        self.typing: list[int] = []

    def one(self, method: str, args: Args) -> Json:
        """Carry out one call; BadCall where Telegram would refuse it."""
        known: Mapping[str, Callable[[Args], Json]] = {
            "getMe": lambda _: {**bot(), "can_join_groups": True},
            "getChat": self._chat,
            "getChatMember": self._member,
            "sendMessage": self._send,
            "sendDocument": self._document,
            "sendChatAction": self._typing,
            "editMessageText": self._edit,
            "deleteMessage": self._delete,
            "pinChatMessage": lambda given: self._pin(given, pinned=True),
            "unpinChatMessage": lambda given: self._pin(given, pinned=False),
            "answerCallbackQuery": self._answer,
            "createForumTopic": self._create,
            "editForumTopic": self._rename,
            "closeForumTopic": lambda given: self._close(given, closed=True),
            "reopenForumTopic": lambda given: self._close(given, closed=False),
            "setMyCommands": self._commands,
        }
        found = known.get(method)
        if found is None:
            raise BadCall("Not Found", 404)
        return found(args)

    # --- messages --------------------------------------------------------------------------

    def _send(self, given: Args) -> Json:
        return self._posted(given, _read(given), "")

    def _document(self, given: Args) -> Json:
        name, content = given["document"]
        within(given.get("caption", ""), 0, 1024, "message caption is too long")
        if not 0 < len(content) <= _MOST_DOCUMENT:
            raise BadCall("Bad Request: file must be non-empty")
        return self._posted(given, "", name, content)

    def _posted(self, given: Args, text: str, file: str, content: bytes = b"") -> Json:
        chat = self._world.reachable(int(given["chat_id"]))
        thread = int(given.get("message_thread_id", "0"))
        self._may_write(chat, thread)
        return self._world.put(
            Posted(
                id=self._world.next_message(chat),
                chat=chat.id,
                thread=thread,
                text=text,
                keys=_keys(given),
                file=file,
                content=content,
                reply_to=self._answered(chat, given),
                silent=given.get("disable_notification") == "true",
            )
        )

    def _may_write(self, chat: Chat, thread: int) -> None:
        if not thread:
            return
        topic = chat.topics.get(thread)
        if topic is None:
            raise BadCall("Bad Request: message thread not found")
        if topic.closed and "can_manage_topics" not in (chat.rights or ()):
            raise BadCall("Bad Request: TOPIC_CLOSED")

    def _answered(self, chat: Chat, given: Args) -> int:
        asked = json.loads(given.get("reply_parameters", "{}"))
        ident = int(asked.get("message_id", 0))
        if not ident or self._world.message(chat.id, ident) is not None or ident in chat.topics:
            return ident
        if asked.get("allow_sending_without_reply"):
            return 0
        raise BadCall("Bad Request: message to be replied not found")

    def _edit(self, given: Args) -> Json:
        chat = self._world.reachable(int(given["chat_id"]))
        text, keys, ident = _read(given), _keys(given), int(given["message_id"])
        shown = self._world.message(chat.id, ident)
        if shown is None:
            if ident <= chat.last and chat.kind is Kind.SUPERGROUP:
                raise BadCall("Bad Request: message can't be edited")
            raise BadCall("Bad Request: message to edit not found")
        if shown.file:
            raise BadCall("Bad Request: there is no text in the message to edit")
        if (shown.text, shown.keys) == (text, keys):
            raise BadCall(
                "Bad Request: message is not modified: specified new message content and reply "
                "markup are exactly the same as a current content and reply markup of the message"
            )
        shown.text, shown.keys, shown.edits = text, keys, shown.edits + 1
        return self._world.described(shown)

    def _delete(self, given: Args) -> Json:
        shown = self._world.message(int(given["chat_id"]), int(given["message_id"]))
        if shown is None:
            raise BadCall("Bad Request: message to delete not found")
        self._world.posted.remove(shown)
        self._world.deleted.append(shown)
        return True

    def _pin(self, given: Args, *, pinned: bool) -> Json:
        chat = self._world.reachable(int(given["chat_id"]))
        if chat.kind is not Kind.PRIVATE and "can_pin_messages" not in (chat.rights or ()):
            raise BadCall("Bad Request: not enough rights to manage pinned messages in the chat")
        shown = self._world.message(chat.id, int(given["message_id"]))
        if shown is None:
            raise BadCall("Bad Request: message to pin not found")
        shown.pinned = pinned
        return True

    def _typing(self, given: Args) -> Json:
        self.typing.append(self._world.reachable(int(given["chat_id"])).id)
        return True

    def _answer(self, given: Args) -> Json:
        within(given.get("text", ""), 0, 200, "MESSAGE_TOO_LONG")
        if self.pressed.get(given["callback_query_id"], True):
            raise BadCall(
                "Bad Request: query is too old and response timeout expired or query ID is invalid"
            )
        self.answers.append(given.get("text", ""))
        return True

    # --- topics ------------------------------------------------------------------------------

    def _create(self, given: Args) -> Json:
        chat = self._forum(given)
        within(given["name"], 1, 128, "topic name is invalid")
        thread = self._world.next_message(chat)
        chat.topics[thread] = Topic(name=given["name"])
        return {"message_thread_id": thread, "name": given["name"], "icon_color": 0}

    def _rename(self, given: Args) -> Json:
        within(given["name"], 1, 128, "topic name is invalid")
        topic = self._topic(given)
        if topic.name == given["name"]:
            raise BadCall("Bad Request: TOPIC_NOT_MODIFIED")
        topic.name = given["name"]
        return True

    def _close(self, given: Args, *, closed: bool) -> Json:
        topic = self._topic(given)
        if topic.closed is closed:
            raise BadCall("Bad Request: TOPIC_NOT_MODIFIED")
        topic.closed = closed
        return True

    def _topic(self, given: Args) -> Topic:
        topic = self._forum(given).topics.get(int(given["message_thread_id"]))
        if topic is None:
            raise BadCall("Bad Request: TOPIC_ID_INVALID")
        return topic

    def _forum(self, given: Args) -> Chat:
        chat = self._world.reachable(int(given["chat_id"]))
        if not chat.forum:
            raise BadCall("Bad Request: the chat is not a forum")
        if "can_manage_topics" not in (chat.rights or ()):
            raise BadCall("Bad Request: not enough rights to create a topic")
        return chat

    # --- chats and people --------------------------------------------------------------------

    def _chat(self, given: Args) -> Json:
        ident = int(given["chat_id"])
        chat = self._world.chats.get(ident)
        if chat is None:
            raise BadCall("Bad Request: chat not found")
        if chat.id < 0:
            self._world.reachable(ident)
        gifts: dict[str, Json] = dict.fromkeys(
            ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription"), False
        )
        gifts["gifts_from_channels"] = False
        more: dict[str, Json] = {"accent_color_id": 0, "max_reaction_count": 0}
        more["accepted_gift_types"] = gifts
        return {**chat.described(), **more}

    def _member(self, given: Args) -> Json:
        chat = self._world.chats.get(int(given["chat_id"]))
        if chat is None:
            raise BadCall("Bad Request: chat not found")
        if chat.moved_to:
            self._world.reachable(chat.id)
        ident = int(given["user_id"])
        if ident == BOT:
            return administrator(chat)
        status = chat.people.get(ident, "left")
        more: Mapping[str, Json] = {"until_date": 0} if status == "kicked" else {}
        if status == "restricted":
            more = _RESTRICTED
        if status == "creator":
            more = {"is_anonymous": False}
        return {"user": user(ident), "status": status, **more}

    def _commands(self, given: Args) -> Json:
        listed = json.loads(given["commands"])
        if len(listed) > 100:
            raise BadCall("Bad Request: BOT_COMMANDS_TOO_MUCH")
        for one in listed:
            if not _COMMAND.fullmatch(one["command"]):
                raise BadCall("Bad Request: BOT_COMMAND_INVALID")
            within(one["description"], 1, 256, "BOT_COMMAND_DESCRIPTION_INVALID")
        scope = json.loads(given.get("scope", '{"type": "default"}'))["type"]
        commands = [(one["command"], one["description"]) for one in listed]
        self.commands[scope, given.get("language_code", "")] = commands
        return True


_RESTRICTED: Mapping[str, Json] = {
    "is_member": True,
    "until_date": 0,
    **dict.fromkeys(
        (
            *("can_change_info", "can_invite_users", "can_pin_messages", "can_send_messages"),
            *("can_send_polls", "can_send_other_messages", "can_add_web_page_previews"),
            *("can_manage_topics", "can_send_audios", "can_send_documents", "can_send_photos"),
            *("can_send_videos", "can_send_video_notes", "can_send_voice_notes", "can_edit_tag"),
            "can_react_to_messages",
        ),
        False,
    ),
}


def administrator(chat: Chat) -> Json:
    """Return the bot as a member of a chat."""
    if chat.rights is None:
        return {"user": bot(), "status": "left"}
    if not chat.rights:
        return {"user": bot(), "status": "member"}
    rights = {right: right in chat.rights for right in RIGHTS}
    more = {"can_be_edited": False, "is_anonymous": False}
    return {"user": bot(), "status": "administrator", **more, **rights}


def _keys(given: Args) -> list[dict[str, str]]:
    return keys_of(json.loads(given.get("reply_markup", "{}")).get("inline_keyboard", []))


def _read(given: Args) -> str:
    """Return a text as people read it; over-long and badly written ones are refused."""
    text = str(given["text"])
    if given.get("parse_mode") == "HTML":
        try:
            return read_telegram(text).text
        except AssertionError as fault:
            raise BadCall(f"Bad Request: can't parse entities: {fault}") from fault
    if not text.strip():
        raise BadCall("Bad Request: message text is empty")
    within(text, 1, 4096, "message is too long")
    return text
