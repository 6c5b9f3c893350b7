"""Slack as a chat platform: rooms are channels, cards are Block Kit, keys are message metadata."""

import logging
import re
from collections.abc import Sequence
from typing import Final

from bot.adapters.slack.accounts import PLATFORM, Accounts
from bot.adapters.slack.attached import Attached
from bot.adapters.slack.channels import Channels, conversation_id
from bot.adapters.slack.echoes import Echoes
from bot.adapters.slack.keys import Keys, metadata
from bot.adapters.slack.web import Denied, SlackWeb, text_in
from bot.errors import OutcomeUnknown, Refused
from bot.ports import Clock, RoomSpec
from bot.values import ConversationRef, MessageRef, PersonId
from cards import block_kit
from cards.block_kit import SlackMessage
from cards.model import Card, Code

_REMEMBERED: Final = 2000
_TS: Final = re.compile(r"[0-9]+\.[0-9]+")

_log = logging.getLogger(__name__)


class SlackPlatform:
    """`ChatPlatform` over Slack's Web API."""

    def __init__(
        self, *, web: SlackWeb, accounts: Accounts, clock: Clock, echoes: Echoes | None = None
    ) -> None:
        self._echoes = echoes or Echoes(clock)
        self._web = web
        self._accounts = accounts
        self._clock = clock
        self._keys = Keys(web=web, clock=clock)
        self._channels = Channels(web=web, accounts=accounts, keys=self._keys)
        self._attached = Attached(web)
        self._pinned: dict[tuple[str, str], None] = {}

    @property
    def name(self) -> str:
        """`slack`."""
        return PLATFORM

    async def open_room(self, spec: RoomSpec) -> ConversationRef:
        """Return the channel of `spec.key`."""
        return _ref(await self._channels.open(spec))

    async def set_room(self, room: ConversationRef, *, name: str, topic: str) -> None:
        """Change a channel's name and topic."""
        await self._channels.rename(_ours(room), name, topic)

    async def close_room(self, room: ConversationRef) -> None:
        """Archive the channel."""
        await self._channels.close(_ours(room))

    async def reopen_room(self, room: ConversationRef) -> None:
        """Undo `close_room`."""
        await self._channels.reopen(_ours(room))

    async def invite(self, room: ConversationRef, people: Sequence[PersonId]) -> None:
        """Bring people with a Slack account into the channel."""
        await self._channels.invite(_ours(room), people)

    async def channel(self, name: str) -> ConversationRef:
        """Return a channel that the bot was invited to, by name or id."""
        return _ref(await self._channels.named(name))

    async def direct(self, person: PersonId) -> ConversationRef:
        """Return the direct conversation with a person whom the policy links to Slack."""
        return _ref(await self._channels.direct(person))

    async def post(self, to: ConversationRef, key: str, card: Card) -> MessageRef:
        """Post once per (conversation, key), with what did not fit as files in its thread."""
        channel, message = _ours(to), self._rendered(card)
        async with self._keys.turn(channel, key):
            ts = await self._keys.find(channel, key)
            new = not ts
            if new:
                ts = await self._send(channel, key, message)
            if card.pinned:
                await self._pin(channel, ts)
            await self._attach(channel, ts, message, new=new)
        return MessageRef(conversation=to, id=ts)

    async def update(self, message: MessageRef, card: Card) -> None:
        """Replace a message in place."""
        channel, ts = _ours(message.conversation), _ts(message.id)
        self._web.expect("chat.update", channel)
        shown = self._rendered(card)
        try:
            await self._web.ask(
                "chat.update", channel=channel, ts=ts, text=shown.text, blocks=list(shown.blocks)
            )
        except Denied as denied:
            if denied.error == "message_not_found":
                self._keys.doubt(channel)  # whoever looks for it now must not find it
            raise
        if card.pinned:
            await self._pin(channel, ts)
        await self._attach(channel, ts, shown, new=False)

    async def amend(self, message: MessageRef, card: Card) -> None:
        """Replace a message, and delete the files under it; Slack shows nobody what was there."""
        await self._attached.take_away(_ours(message.conversation), _ts(message.id))
        await self.update(message, card)

    async def attach(self, to: ConversationRef, key: str, name: str, content: bytes) -> MessageRef:
        """Post a message that names the file, with the file in its thread."""
        channel = _ours(to)
        card = Card(kind="file", title=("File ", Code(name), f", {len(content)} bytes"))
        async with self._keys.turn(channel, key):
            ts = await self._keys.find(channel, key)
            new = not ts
            if new:
                ts = await self._send(channel, key, self._rendered(card))
            await self._attached.put(channel, ts, name, content, key=key.encode(), new=new)
        return MessageRef(conversation=to, id=ts)

    async def find(self, to: ConversationRef, key: str) -> MessageRef | None:
        """Return the message that carries the key in its metadata."""
        ts = await self._keys.find(_ours(to), key)
        return MessageRef(conversation=to, id=ts) if ts else None

    def _rendered(self, card: Card) -> SlackMessage:
        today = self._clock.now().date()
        return block_kit.render(card, mentions=self._accounts.mentions(), today=today)

    async def _send(self, channel: str, key: str, message: SlackMessage) -> str:
        try:
            answer = await self._web.once(
                "chat.postMessage",
                channel=channel,
                text=message.text,
                blocks=list(message.blocks),
                metadata=metadata(key),
                unfurl_links=False,
                unfurl_media=False,
            )
        except OutcomeUnknown:
            self._keys.doubt(channel)
            raise
        ts = text_in(answer, "ts")
        self._keys.add(channel, key, ts)
        self._echoes.expect(channel, ts)
        return ts

    async def _pin(self, channel: str, ts: str) -> None:
        """Pin once; a full or forbidden pin board costs comfort, and never the message.

        Somebody who takes the pin away meant it.
        """
        if (channel, ts) in self._pinned:
            return
        try:
            await self._web.ask("pins.add", channel=channel, timestamp=ts)
        except Denied as denied:
            if denied.error != "already_pinned":
                _log.warning("a card stays unpinned: %s", denied)
        self._pinned[channel, ts] = None
        if len(self._pinned) > _REMEMBERED:
            del self._pinned[next(iter(self._pinned))]

    async def _attach(self, channel: str, ts: str, message: SlackMessage, *, new: bool) -> None:
        for file in message.attachments:
            content, key = file.content.encode(), file.edition.encode()
            await self._attached.put(channel, ts, file.name, content, key=key, new=new)


def _ref(channel: str) -> ConversationRef:
    return ConversationRef(platform=PLATFORM, id=channel)


def _ours(conversation: ConversationRef) -> str:
    if conversation.platform != PLATFORM:
        raise Refused(f"{conversation.platform}:{conversation.id} is not in Slack")
    return conversation_id(conversation.id)


def _ts(ident: str) -> str:
    if not _TS.fullmatch(ident):
        raise Refused("this is no message of Slack")
    return ident
