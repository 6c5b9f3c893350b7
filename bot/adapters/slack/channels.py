"""Rooms as Slack channels: made once per key, found again, named, closed and filled with people."""

import asyncio
import logging
import re
from collections.abc import Mapping, Sequence
from typing import Final

from bot.adapters.slack.accounts import Accounts
from bot.adapters.slack.keys import Keys
from bot.adapters.slack.purpose import digest, purpose_of
from bot.adapters.slack.web import Answer, Denied, SlackWeb, inner, text_in
from bot.errors import Refused
from bot.ports import RoomSpec
from bot.values import PersonId
from cards.overflow import cut_to

_MOST_NAME: Final = 80
"""https://docs.slack.dev/reference/methods/conversations.create"""
_MOST_TOPIC: Final = 250
_SUFFIX: Final = 6
_CONVERSATION: Final = re.compile(r"[CDG][A-Z0-9]{2,}")
_THERE_ALREADY: Final = frozenset({"already_in_channel", "cant_invite_self"})

_log = logging.getLogger(__name__)


class Channels:
    """What the bot knows of the channels that it is in.

    The key of a room stands in its channel's purpose: that is how a restarted bot, or one whose
    answer was lost, finds the channel that it made.
    """

    def __init__(self, *, web: SlackWeb, accounts: Accounts, keys: Keys) -> None:
        self._web = web
        self._accounts = accounts
        self._keys = keys
        self._opening = asyncio.Lock()
        self._rooms: dict[str, str] | None = None
        self._named: dict[str, str] = {}
        self._directs: dict[str, str] = {}
        self._later: dict[str, tuple[str, str]] = {}
        """Names and topics that archived channels get when they are opened again."""

    async def open(self, spec: RoomSpec) -> str:
        """Return the channel of a room's key, made on the first call."""
        mark = purpose_of(spec.key)
        async with self._opening:
            if self._rooms is None:
                self._rooms = {
                    text_in(inner(channel, "purpose"), "value"): text_in(channel, "id")
                    for channel in await self._mine()
                }
            if mark not in self._rooms:
                self._rooms[mark] = await self._make(spec, mark)
            channel = self._rooms[mark]
        try:
            await self.invite(channel, spec.members)
        except Refused as refused:
            # An incident has its room, whoever cannot come.
            _log.warning("not everybody is in the new room: %s", refused)
        return channel

    async def rename(self, channel: str, name: str, topic: str) -> None:
        """Change name and topic; of an archived channel when it is opened again."""
        now = inner(await self._web.ask("conversations.info", channel=channel), "channel")
        if now.get("is_archived") is True:
            self._later[channel] = (name, topic)
            return
        await self._topic(channel, now, topic)
        wanted = slack_name(name)
        if text_in(now, "name") in {wanted, _suffixed(wanted, channel)}:
            return
        try:
            await self._web.ask("conversations.rename", channel=channel, name=wanted)
        except Denied as denied:
            if denied.error != "name_taken":
                raise
            named = _suffixed(wanted, channel)
            await self._web.ask("conversations.rename", channel=channel, name=named)

    async def close(self, channel: str) -> None:
        """Archive a channel."""
        await self._unless("already_archived", "conversations.archive", channel)

    async def reopen(self, channel: str) -> None:
        """Bring an archived channel back, with the name that it should have by now."""
        now = inner(await self._web.ask("conversations.info", channel=channel), "channel")
        if now.get("is_archived") is not True:
            return
        await self._unless("not_archived", "conversations.unarchive", channel)
        later = self._later.pop(channel, None)
        if later is not None:
            await self.rename(channel, *later)

    async def invite(self, channel: str, people: Sequence[PersonId]) -> None:
        """Bring people in. Those without a Slack account are reached elsewhere and left out."""
        failed: list[str] = []
        users = {await self._accounts.user(person) for person in people}
        for user in sorted(users - {""}):
            try:
                await self._web.ask("conversations.invite", channel=channel, users=user)
            except Denied as denied:
                if denied.error not in _THERE_ALREADY:
                    failed.append(f"{user} ({denied.error})")
        if failed:
            raise Refused(f"Slack lets these people not be invited: {', '.join(failed)}")

    async def named(self, name: str) -> str:
        """Return the channel of a name or id; `Refused` where the bot is in no such channel."""
        bare = name.removeprefix("#")
        if _CONVERSATION.fullmatch(bare):
            return bare
        if bare not in self._named:
            self._named = {text_in(c, "name"): text_in(c, "id") for c in await self._mine()}
        if bare not in self._named:
            raise Refused(f"the bot is in no channel #{bare}: make it, and invite the bot there")
        return self._named[bare]

    async def direct(self, person: PersonId) -> str:
        """Return the direct conversation with a person."""
        user = await self._accounts.user(person)
        if not user:
            raise Refused("this person has no Slack account in the policy")
        if user not in self._directs:
            answer = await self._web.ask("conversations.open", users=user)
            self._directs[user] = text_in(inner(answer, "channel"), "id")
        return self._directs[user]

    async def _make(self, spec: RoomSpec, mark: str) -> str:
        plain = slack_name(spec.name)
        for name in (plain, _suffixed(plain, mark)):
            channel = await self._made(name, spec, mark)
            if channel:
                await self._web.ask("conversations.setPurpose", channel=channel, purpose=mark)
                await self._topic(channel, {}, spec.topic)
                return channel
        raise Refused(f"the channel names #{plain} and #{_suffixed(plain, mark)} are both taken")

    async def _made(self, name: str, spec: RoomSpec, mark: str) -> str:
        """Return a new channel, or the one that we made before; "" where it is somebody else's."""
        try:
            answer = await self._web.ask("conversations.create", name=name, is_private=spec.private)
        except Denied as denied:
            if denied.error != "name_taken":
                raise
            return await self._ours(name, mark)
        channel = text_in(inner(answer, "channel"), "id")
        self._keys.empty(channel)
        return channel

    async def _ours(self, name: str, mark: str) -> str:
        """Return the channel of this name that an attempt without an answer left behind."""
        bot = text_in(await self._web.ask("auth.test"), "user_id")
        for channel in await self._mine():
            purpose = text_in(inner(channel, "purpose"), "value")
            ours = text_in(channel, "creator") == bot and purpose in {"", mark}
            if text_in(channel, "name") == name and ours:
                return text_in(channel, "id")
        return ""

    async def _mine(self) -> list[Answer]:
        kinds = "public_channel,private_channel"
        return [
            channel
            async for channel in self._web.pages("users.conversations", "channels", types=kinds)
        ]

    async def _topic(self, channel: str, now: Mapping[str, object], topic: str) -> None:
        wanted = cut_to(topic, _MOST_TOPIC)
        shown = now.get("topic")
        if isinstance(shown, Mapping) and _unescaped(str(shown.get("value", ""))) == wanted:
            return
        await self._web.ask("conversations.setTopic", channel=channel, topic=wanted)

    async def _unless(self, fine: str, method: str, channel: str) -> None:
        try:
            await self._web.ask(method, channel=channel)
        except Denied as denied:
            if denied.error != fine:
                raise


def slack_name(name: str) -> str:
    """Return a channel name that Slack takes: lower case, digits, hyphens, at most 80."""
    return re.sub(r"[^a-z0-9_-]+", "-", name.lower()).strip("-")[:_MOST_NAME] or "room"


def conversation_id(ident: str) -> str:
    """Return an id that can be one of Slack's; `Refused` where it cannot."""
    if not _CONVERSATION.fullmatch(ident):
        raise Refused(f"Slack has no conversation {ident!r}")
    return ident


def _suffixed(name: str, of: str) -> str:
    return f"{name[: _MOST_NAME - _SUFFIX - 1].rstrip('-')}-{digest(of)[:_SUFFIX]}"


def _unescaped(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
