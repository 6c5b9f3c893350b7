"""Somebody of a workspace who says, sees, presses and fills in; nothing else is known to them."""

from dataclasses import dataclass

from tests.support.slack.interacting import words
from tests.support.slack.server import Slack
from tests.support.slack.workspace import BOT, Args, Channel, Posted, View
from tests.support.waiting import eventually, until

_PATIENCE = 40.0
"""Seconds: a repair on the practice host takes a few, and machines of others are slow."""


@dataclass(frozen=True, slots=True)
class Person:
    """One account, as its owner uses it."""

    team: Slack
    id: str
    home: Channel
    """The channel where they type what is meant for no other."""

    # --- saying ------------------------------------------------------------------------------

    async def types(self, line: str, at: Channel | None = None, *, trigger: str = "") -> str:
        """Type a slash command; returns what they alone read, "" where a form opened."""
        heard = await self.team.slash(self.id, at or self.home, line, trigger=trigger)
        assert heard.status == 200
        return words(heard.said.get("blocks", []))

    async def says(self, text: str, at: Channel, *, under: Posted | None = None) -> Posted:
        """Write a message, perhaps in a thread; Slack tells the bot of it."""
        said = Posted(
            ts=self.team.of.next_ts(),
            text=text,
            blocks=[],
            user=self.id,
            thread=under.ts if under else "",
        )
        at.messages.append(said)
        event = {**said.described(metadata=False), "channel": at.id}
        if under is not None:
            event["parent_user_id"] = under.user
        await self.team.event({**event, "type": "message", "channel_type": "channel"})
        if f"<@{BOT}>" in text:
            await self.team.event({**event, "type": "app_mention"})
        return said

    async def pins(self, message: Posted, at: Channel) -> None:
        """Give a message a :pushpin:."""
        item = {"type": "message", "channel": at.id, "ts": message.ts}
        event = {"type": "reaction_added", "user": self.id, "reaction": "pushpin", "item": item}
        await self.team.event(event)

    async def keeps(self, message: Posted, at: Channel) -> str:
        """Use “Add to timeline” on a message; returns what they alone read."""
        payload = {
            "type": "message_action",
            "callback_id": "add_to_timeline",
            "channel": {"id": at.id},
            "message": message.described(metadata=False),
        }
        before = len(self._told()), len(self.team.of.views)
        await self.team.interact(payload, self.id)
        return await self._answered(*before)

    async def declares_from_anywhere(self) -> None:
        """Use the shortcut of the search bar."""
        payload = {"type": "shortcut", "callback_id": "declare_incident"}
        await self.team.interact(payload, self.id, answerable=False)

    # --- seeing ------------------------------------------------------------------------------

    async def sees(self, text: str, at: Channel) -> Posted:
        """Wait for the newest message with these words, in a place that they can read."""

        async def found() -> Posted | None:
            return next((m for m in self._readable(at) if text in words(m.blocks)), None)

        return await until(found, seconds=_PATIENCE)

    async def sees_button(self, label: str, at: Channel) -> Posted:
        """Wait for a message with a button of that label."""

        async def found() -> Posted | None:
            return next((m for m in self._readable(at) if label in buttons(m.blocks)), None)

        return await until(found, seconds=_PATIENCE)

    async def sees_changed(self, text: str, message: Posted) -> None:
        """Wait until that very message says these words."""

        async def changed() -> bool:
            return text in words(message.blocks)

        await eventually(changed, bool, seconds=_PATIENCE)

    async def sees_no_button(self, label: str, on: Posted) -> None:
        """Wait until a message has no such button any more."""

        async def gone() -> bool:
            return label not in buttons(on.blocks)

        await eventually(gone, bool, seconds=_PATIENCE)

    async def sees_at_home(self, text: str) -> str:
        """Wait for words on the bot's Home; returns all of it."""

        async def shown() -> str:
            return words(self.team.of.homes.get(self.id, {}).get("blocks", []))

        return await eventually(shown, lambda seen: text in seen, seconds=_PATIENCE)

    async def opens_home(self) -> None:
        """Open the bot's Home."""
        await self.team.event({"type": "app_home_opened", "user": self.id, "tab": "home"})

    async def room(self, part: str = "inc-") -> Channel:
        """Wait for the one room whose name has this part; a private one they are invited to."""

        async def found() -> Channel | None:
            rooms = [c for c in self.team.of.channels.values() if part in c.name]
            assert len(rooms) < 2, [c.name for c in rooms]
            room = rooms[0] if rooms else None
            return room if room and (self.id in room.members or not room.private) else None

        return await until(found, seconds=_PATIENCE)

    async def direct(self) -> Channel:
        """Wait for a direct message of the bot."""

        async def found() -> Channel | None:
            return self.team.of.channels.get(f"D{self.id}")

        return await until(found, seconds=_PATIENCE)

    # --- pressing and filling in ---------------------------------------------------------------

    async def presses(self, label: str, on: Posted, at: Channel) -> str:
        """Press a button; returns what they alone read, "" where a form opened."""
        before = len(self._told()), len(self.team.of.views)
        await self.team.press(self.id, at, on, label)
        return await self._answered(*before)

    async def presses_at_home(self, label: str) -> None:
        """Press a button of the bot's Home."""
        await self.team.press_home(self.id, label)

    async def fills_in(self, **values: str) -> str:
        """Fill in the form in front of them and send it; returns what stands there then."""
        view = self.form()
        heard = await self.team.submit(self.id, view, values)
        if heard.said.get("response_action") == "errors":
            return "\n".join(f"{name}: {said}" for name, said in heard.said["errors"].items())
        return words(view.content["blocks"])

    def form(self) -> View:
        """Return the newest form in front of them."""
        return [v for v in self.team.of.views.values() if v.user == self.id][-1]

    async def _answered(self, told: int, opened: int) -> str:
        """Wait for what they alone are told, or for a form; before, there were so many."""

        async def answered() -> bool:
            return len(self._told()) > told or len(self.team.of.views) > opened

        await eventually(answered, bool, seconds=_PATIENCE)
        return words(self._told()[-1]["blocks"]) if len(self._told()) > told else ""

    def _told(self) -> list[Args]:
        return [said for user, said in self.team.replies if user == self.id]

    def _readable(self, at: Channel) -> list[Posted]:
        if self.id not in at.members and (at.private or at.direct):
            return []
        return [m for m in reversed(at.messages) if m.only_for in {"", self.id}]


def buttons(blocks: list[Args]) -> list[str]:
    """Return the labels of all buttons."""
    rows = [block["elements"] for block in blocks if block["type"] == "actions"]
    return [e["text"]["text"] for row in rows for e in row if e["type"] == "button"]
