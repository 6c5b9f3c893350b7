"""People in Telegram: they write, press, publish, move a group, and take the bot's rights away."""

import asyncio
from collections.abc import Mapping

from bot.values import Json
from tests.support.telegram.methods import Methods, administrator
from tests.support.telegram.world import GROUP, Chat, Posted, World, bot, user


class People:
    """What people do becomes updates, which wait until the bot has taken them."""

    def __init__(self) -> None:
        self.of = World()
        self.updates: list[dict[str, Json]] = []
        self._methods = Methods(self.of)
        self._last = 1000
        self._news = asyncio.Event()

    def type(
        self,
        who: int,
        text: str,
        kind: str = "message",
        *,
        chat: int = GROUP,
        thread: int = 0,
        reply_to: Posted | None = None,
        language: str = "",
    ) -> int:
        """Write something; returns the update's id."""
        message = self._written(chat, text, thread, reply_to)
        message["from"] = {**user(who)} | ({"language_code": language} if language else {})
        return self.tell({kind: message})

    def write(self, who: int, text: str) -> int:
        """Write in the direct chat with the bot, which begins it."""
        if who not in self.of.chats:
            self.of.meet(who)
        return self.type(who, text, chat=who)

    def pass_on(self, who: int, author: int, text: str) -> int:
        """Forward what somebody else wrote elsewhere into the group."""
        message = self._written(GROUP, text, 0, None)
        message["from"] = user(who)
        message["forward_origin"] = {"type": "user", "date": 1, "sender_user": user(author)}
        return self.tell({"message": message})

    def type_anonymously(self, text: str) -> int:
        """Write in the group as an administrator who hides behind its name."""
        message = self._written(GROUP, text, 0, None)
        message["from"] = {"id": 1087968824, "is_bot": True, "first_name": "Group"}
        message["sender_chat"] = self.of.group.described()
        return self.tell({"message": message})

    def publish(self, channel: int, text: str) -> int:
        """Post in a channel, in its name."""
        message = self._written(channel, text, 0, None)
        message["sender_chat"] = self.of.chats[channel].described()
        return self.tell({"channel_post": message})

    def press(self, who: int, shown: Posted, label: str) -> int:
        """Press a button by its label."""
        [data] = [key["callback_data"] for key in shown.keys if key["text"] == label]
        return self.press_data(who, shown, data)

    def press_data(self, who: int, shown: Posted, data: str) -> int:
        """Press a button that carries these data, which the message may not have any more."""
        query = str(self._next())
        self._methods.pressed[query] = False
        return self.tell(
            {
                "callback_query": {
                    "id": query,
                    "from": user(who),
                    "chat_instance": "1",
                    "data": data,
                    "message": self.of.described(shown),
                }
            }
        )

    def age(self) -> None:
        """Let every press get too old for an answer."""
        for query in self._methods.pressed:
            self._methods.pressed[query] = True

    def demote(self) -> int:
        """Take the bot's rights in the group away, and tell it."""
        group = self.of.group
        before, group.rights = administrator(group), set()
        changed = {"old_chat_member": before, "new_chat_member": administrator(group)}
        return self.tell(
            {"my_chat_member": {"chat": group.described(), "from": user(1), "date": 1, **changed}}
        )

    def upgrade(self, new: int) -> None:
        """Make the group a supergroup, and tell of it."""
        old = self.of.group
        self.of.upgrade(new)
        message = self._message(self.of.chats[new], 1, "")
        del message["text"]
        self.tell({"message": message | {"migrate_from_chat_id": old.id, "from": bot()}})

    def tell(self, update: Mapping[str, Json]) -> int:
        """Queue an update; returns its id."""
        ident = self._next()
        self.updates.append({"update_id": ident, **update})
        self._news.set()
        return ident

    def tell_again(self, ident: int, update: Mapping[str, Json]) -> None:
        """Queue an update under an id that was used before."""
        self.updates.append({"update_id": ident, **update})
        self._news.set()

    def _next(self) -> int:
        self._last += 1
        return self._last

    def _written(
        self, ident: int, text: str, thread: int, reply_to: Posted | None
    ) -> dict[str, Json]:
        chat = self.of.chats[ident]
        chat = self.of.chats[chat.moved_to] if chat.moved_to else chat
        message = self._message(chat, self.of.next_message(chat), text)
        if thread:
            message |= {"message_thread_id": thread, "is_topic_message": True}
            message["reply_to_message"] = self.of.root(chat, thread)
        if reply_to is not None:
            message["reply_to_message"] = self.of.described(reply_to)
        return message

    def _message(self, chat: Chat, ident: int, text: str) -> dict[str, Json]:
        return {"message_id": ident, "date": 1, "chat": chat.described(), "text": text}
