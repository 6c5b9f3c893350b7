"""What can be said of the access to Telegram before it matters: rights, people, and the webhook."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from telegram import ChatFullInfo, ChatMember, ChatMemberAdministrator, ChatMemberOwner
from telegram.constants import ChatAction, ChatType

from bot.adapters.telegram.api import Moved, TelegramApi
from bot.adapters.telegram.team import Access
from bot.errors import Refused, Unavailable
from bot.ports import Clock

_GROUPS: Final = frozenset({ChatType.GROUP, ChatType.SUPERGROUP})


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What was found: `faults` must be mended, `notes` are good to know."""

    bot: str
    heard: str
    faults: tuple[str, ...]
    notes: tuple[str, ...]


async def looked_at(
    access: Access, *, people: Mapping[str, int], channels: Sequence[str], clock: Clock
) -> Looked:
    """Ask Telegram; `people` are user ids by name, `channels` what the policy speaks of.

    Posts nothing: whoever can be reached sees the bot typing for a moment. Raises Refused and
    Unavailable where Telegram knows no such bot, or does not answer.
    """
    api = TelegramApi.open(token=access.token, base_url=access.api_url, clock=clock)
    look = _Look(api, access)
    try:
        name = await look.name()
        await look.group()
        await look.channels(channels)
        await look.people(people)
        await look.webhook()
    finally:
        await api.close()
    heard = "long polling" if access.webhook is None else "its webhook"
    return Looked(bot=name, heard=heard, faults=tuple(look.faults), notes=tuple(look.notes))


class _Look:
    def __init__(self, api: TelegramApi, access: Access) -> None:
        self._api = api
        self._access = access
        self.faults: list[str] = []
        self.notes: list[str] = []

    async def name(self) -> str:
        me = await self._api.ask(self._api.bot.get_me())
        if me is None:
            raise Unavailable("Telegram does not say who the bot is")
        return f"@{me.username}"

    async def group(self) -> None:
        chat = await self._chat(self._access.group)
        if chat is None:
            return
        if chat.type not in _GROUPS:
            self.faults.append(f"TELEGRAM_GROUP is a {chat.type}: name the team's group")
            return
        if not chat.is_forum:
            self.notes.append(
                f"the group “{chat.title}” has no topics: a room is a thread below its pinned "
                "card; switch Topics on for a topic each"
            )
        await self._rights(chat)

    async def channels(self, wanted: Sequence[str]) -> None:
        for name in sorted(set(wanted) - set(self._access.channels)):
            self.faults.append(f"the policy speaks of #{name}: TELEGRAM_CHANNELS names no such one")
        for name, ident in self._access.channels.items():
            member = await self._member(ident, f"the channel #{name}")
            posts = isinstance(member, ChatMemberAdministrator) and member.can_post_messages
            if member is not None and not posts and not isinstance(member, ChatMemberOwner):
                self.faults.append(
                    f"the bot may not post in the channel #{name}: make it an administrator who may"
                )

    async def people(self, people: Mapping[str, int]) -> None:
        for name, user in people.items():
            try:
                await self._api.ask(self._api.bot.send_chat_action(user, ChatAction.TYPING))
            except Refused as refused:
                self.faults.append(
                    f"{name} cannot be reached, so is never paged here: they open a direct chat "
                    f"with the bot and press Start ({refused})"
                )

    async def webhook(self) -> None:
        """Compare what Telegram calls with what is configured."""
        told = await self._api.ask(self._api.bot.get_webhook_info())
        if told is None:
            return
        wanted = "" if self._access.webhook is None else self._access.webhook.url
        if told.url and told.url != wanted:
            self.notes.append(f"Telegram calls {told.url} now: that ends when serve starts")
        elif wanted and not told.url:
            self.notes.append(f"Telegram calls {wanted} from the start of serve on")
        if told.last_error_message:
            self.faults.append(
                f"Telegram could not call {told.url}: {told.last_error_message}; "
                f"{told.pending_update_count} updates wait"
            )

    async def _rights(self, chat: ChatFullInfo) -> None:
        member = await self._member(chat.id, "the group")
        if member is None or isinstance(member, ChatMemberOwner):
            return
        if not isinstance(member, ChatMemberAdministrator):
            self.faults.append(
                "the bot is no administrator of the group: make it one, who may manage topics and "
                "pin messages"
            )
            return
        if chat.is_forum and not member.can_manage_topics:
            self.faults.append(
                "the bot may not manage topics in the group: rooms are threads until it may"
            )
        if not member.can_pin_messages:
            self.faults.append("the bot may not pin messages in the group: cards scroll away")

    async def _chat(self, ident: int) -> ChatFullInfo | None:
        try:
            return await self._api.ask(self._api.bot.get_chat(ident))
        except Moved as moved:
            self.notes.append(
                f"the group became a supergroup and is followed: write TELEGRAM_GROUP={moved.chat}"
            )
            return await self._api.ask(self._api.bot.get_chat(moved.chat))
        except Refused as refused:
            self.faults.append(f"the bot is not in the group of TELEGRAM_GROUP ({refused})")
            return None

    async def _member(self, chat: int, words: str) -> ChatMember | None:
        try:
            return await self._api.ask(self._api.bot.get_chat_member(chat, self._access.bot))
        except Refused as refused:
            self.faults.append(f"the bot is not in {words} ({refused})")
            return None
