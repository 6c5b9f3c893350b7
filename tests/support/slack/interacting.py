"""What people of a workspace set off: commands, presses, filled-in modals, searches and events."""

import json
from urllib.parse import urlencode

from bot.ports import Clock
from tests.support.slack.arguments import checked_view
from tests.support.slack.blocks import option_faults
from tests.support.slack.sending import Heard, Sending
from tests.support.slack.workspace import BOT, TEAM, Args, Channel, Posted, View, Workspace

_FORM = "application/x-www-form-urlencoded"
_TRIGGER = 3.0
"""Seconds that a trigger id works, once."""
_RESPONSE_URL = 30 * 60.0
"""Seconds that a response URL works; and five times in all."""


class Interacting:
    """Payloads as Slack sends them: to `bot_url`, over Socket Mode where that is empty."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.of = Workspace()
        self.base = ""
        self.bot_url = ""
        self.stamp = ""
        """The moment that requests are signed at, "" = that of this machine."""
        self.sending = Sending(self.of.next)
        self.response_urls: dict[str, tuple[str, int, float]] = {}
        """Person, uses, and the moment of the clock that ends it, by its last part."""

    async def slash(self, user: str, channel: Channel, line: str, *, trigger: str = "") -> Heard:
        """Type a slash command."""
        command, _, text = line.partition(" ")
        payload = {
            "team_id": TEAM,
            "channel_id": channel.id,
            "channel_name": channel.name,
            "user_id": user,
            "user_name": self.of.users[user].name if user in self.of.users else user,
            "command": command,
            "text": text,
            "response_url": self._response_url(user),
            "trigger_id": trigger or self._trigger(user),
        }
        if self.bot_url:
            return await self.send(urlencode(payload).encode())
        return await self._over_socket("slash_commands", payload)

    async def press(self, user: str, channel: Channel, message: Posted, label: str) -> Heard:
        """Press the button of that label in a message."""
        action = button(message.blocks, label)
        return await self.interact(
            {
                "type": "block_actions",
                "channel": {"id": channel.id},
                "container": {"type": "message", "message_ts": message.ts},
                "message": message.described(metadata=False),
                "actions": [{**action, "action_ts": self.of.next_ts(), "block_id": "b"}],
            },
            user,
        )

    async def press_home(self, user: str, label: str) -> Heard:
        """Press a button of the bot's Home, which belongs to no channel."""
        view = self.of.homes[user]
        action = {**button(view["blocks"], label), "action_ts": self.of.next_ts()}
        payload = {
            "type": "block_actions",
            "container": {"type": "view", "view_id": "VHOME"},
            "view": view,
            "actions": [action],
        }
        return await self.interact(payload, user, answerable=False)

    async def choose(self, user: str, channel: Channel, message: Posted, label: str) -> Heard:
        """Choose from the menu of a message, by search where it has no options of its own."""
        [menu] = [e for b in message.blocks if b["type"] == "actions" for e in b["elements"]]
        options = menu.get("options") or await self.search(user, menu, label)
        [chosen] = [o for o in options if o["text"]["text"] == label]
        action = {
            "type": menu["type"],
            "action_id": menu["action_id"],
            "selected_option": chosen,
            "action_ts": self.of.next_ts(),
        }
        return await self.interact(
            {
                "type": "block_actions",
                "channel": {"id": channel.id},
                "container": {"type": "message", "message_ts": message.ts},
                "message": message.described(metadata=False),
                "actions": [action],
            },
            user,
        )

    async def search(
        self, user: str, menu: Args, typed: str, *, view: View | None = None, block: str = "b"
    ) -> list[Args]:
        """Type into a searched menu; returns the options that it offers then."""
        assert menu["type"] in {"external_select", "multi_external_select"}
        payload: Args = {
            "type": "block_suggestion",
            "action_id": menu["action_id"],
            "block_id": block,
            "value": typed,
        }
        if view is not None:
            payload["view"] = {**view.content, "id": view.id}
        heard = await self.interact(payload, user, answerable=False)
        assert heard.status == 200
        faults = option_faults(heard.said["options"])
        assert faults == []
        found: list[Args] = heard.said["options"]
        return found

    async def submit(self, user: str, view: View, values: Args) -> Heard:
        """Fill a modal in, by block id, and press its submit button."""
        state: Args = {}
        for block in view.content["blocks"]:
            if block["type"] == "input":
                name, element = block["block_id"], block["element"]
                given = await self._given(user, view, name, element, values.get(name))
                if given is None and not block.get("optional"):
                    raise AssertionError(f"{name} must be filled in")
                state[name] = {element["action_id"]: given or {}}
        payload = {
            "type": "view_submission",
            "view": {**view.content, "id": view.id, "hash": "h", "state": {"values": state}},
        }
        heard = await self.interact(payload, user, answerable=False)
        if heard.said.get("response_action") == "update":
            view.content = checked_view(heard.said["view"])
        elif not heard.said:
            del self.of.views[view.id]
        return heard

    async def interact(self, payload: Args, user: str, *, answerable: bool = True) -> Heard:
        """Send an interaction of a person; only those of messages bring a response URL."""
        whole = {
            "team": {"id": TEAM},
            "user": {"id": user, "team_id": self.of.users[user].team, "username": user},
            "trigger_id": self._trigger(user),
            **({"response_url": self._response_url(user)} if answerable else {}),
            **payload,
        }
        if self.bot_url:
            return await self.send(urlencode({"payload": json.dumps(whole)}).encode())
        return await self._over_socket("interactive", whole)

    async def event(
        self, event: Args, *, ident: str = "", retry: int = 0, reason: str = "http_error"
    ) -> Heard:
        """Send an event of the Events API; `retry` counts how often it was sent before."""
        body = {
            "type": "event_callback",
            "team_id": TEAM,
            "api_app_id": "A1",
            "event_id": ident or self.of.next("Ev"),
            "authorizations": [{"team_id": TEAM, "user_id": BOT, "is_bot": True}],
            "event": event,
        }
        if not self.bot_url:
            more: Args = {"retry_attempt": retry, "retry_reason": reason if retry else ""}
            return await self._over_socket("events_api", body, more)
        headers = {"X-Slack-Retry-Num": str(retry), "X-Slack-Retry-Reason": reason}
        return await self.send(
            json.dumps(body).encode(), kind="application/json", headers=headers if retry else {}
        )

    async def delivered(self, event: Args, *, tries: int = 4) -> list[Heard]:
        """Send an event as Slack does: until it is taken, refused for good, or tried four times."""
        ident, heard = self.of.next("Ev"), list[Heard]()
        for retry in range(tries):
            heard.append(await self.event(event, ident=ident, retry=retry))
            if heard[-1].status < 300 or heard[-1].headers.get("X-Slack-No-Retry") == "1":
                break
        return heard

    async def send(
        self,
        body: bytes,
        *,
        kind: str = _FORM,
        stamp: str = "",
        signature: str = "",
        headers: Args | None = None,
    ) -> Heard:
        """POST to the bot, signed as Slack signs."""
        return await self.sending.signed(
            self.bot_url,
            body,
            kind,
            stamp=stamp or self.stamp,
            signature=signature,
            headers=headers or {},
        )

    async def _over_socket(self, kind: str, payload: Args, more: Args | None = None) -> Heard:
        said = await self.sending.envelope(kind, payload, more=more)
        return Heard(status=200, said=said, text=json.dumps(said) if said else "")

    async def _given(
        self, user: str, view: View, name: str, element: Args, value: object
    ) -> Args | None:
        kind = element["type"]
        if kind in {"plain_text_input", "number_input"}:
            written = value if value not in {None, ""} else element.get("initial_value")
            return None if written is None else {"type": kind, "value": written}
        if "external" in kind and value:
            typed = str(value).split(",")
            found = [await self.search(user, element, t, view=view, block=name) for t in typed]
            options = [option for some in found for option in some]
        else:
            options = element.get("options", [])
        if "multi" in kind or kind == "checkboxes":
            wanted = str(value or "").split(",")
            return {
                "type": kind,
                "selected_options": [o for o in options if o["value"] in wanted],
            }
        chosen = [o for o in options if o["value"] == value]
        picked = chosen[0] if chosen else element.get("initial_option")
        return None if picked is None else {"type": kind, "selected_option": picked}

    def _trigger(self, user: str) -> str:
        trigger = self.of.next("trigger.")
        self.of.triggers[trigger] = (user, self.clock.monotonic() + _TRIGGER)
        return trigger

    def _response_url(self, user: str) -> str:
        ident = self.of.next("r")
        self.response_urls[ident] = (user, 0, self.clock.monotonic() + _RESPONSE_URL)
        return f"{self.base}response/{ident}"


def button(blocks: list[Args], label: str) -> Args:
    """Return the button of that label; fails where there is none."""
    rows = [b["elements"] for b in blocks if b["type"] == "actions"]
    found = [e for row in rows for e in row if e.get("text", {}).get("text") == label]
    assert found, f"no button {label} in {json.dumps(blocks)[:2000]}"
    return {key: found[0][key] for key in ("type", "action_id", "value", "text")}


def words(blocks: object) -> str:
    """Return everything that blocks show, in order."""
    if isinstance(blocks, list):
        return "\n".join(part for part in map(words, blocks) if part)
    if not isinstance(blocks, dict):
        return ""
    if isinstance(blocks.get("text"), str):
        return str(blocks["text"])
    return "".join(words(blocks[key]) for key in ("text", "label", "elements") if key in blocks)
