"""The app manifest: what Slack must allow and send, with the reason for each scope beside it."""

import json
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from bot.adapters.slack.accounts import PLATFORM
from bot.adapters.slack.door import PATH
from bot.adapters.slack.hearing import DECLARE_SHORTCUT, TIMELINE_SHORTCUT
from bot.domain.policy import Policy

SCOPES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "app_mentions:read": "hears `@firewarden update ...` in threads, where no slash command is",
        "bookmarks:read": "sees which links a room has, so that none is there twice",
        "bookmarks:write": "puts the links to the console and the runbook into a room's bar",
        "channels:history": "finds its own messages again after a crash, so that none comes twice",
        "channels:join": "comes back into the channel of an incident that it was removed from",
        "channels:manage": "makes, names and archives the channel of an incident, invites people",
        "channels:read": "finds the announcement channel that it was invited to",
        "chat:write": "posts and updates cards",
        "commands": "is spoken to by slash command, and offers “Add to timeline”",
        "files:write": "attaches what does not fit into a card, so that no command is ever cut",
        "groups:history": "as channels:history, in the channels of private incidents",
        "groups:read": "as channels:read, for channels that are private",
        "groups:write": "as channels:manage, for private incidents",
        "im:history": "as channels:history, so that nobody is paged twice",
        "im:write": "pages people by direct message",
        "pins:write": "keeps the incident card at hand",
        "reactions:read": "keeps a message on the timeline that somebody gave a :pushpin:",
        "users:read": "tells guests, bots and deactivated people apart: they never approve",
    }
)
"""Every scope that the bot asks for, and what it could not do without it."""

BY_POLICY: Final[Mapping[str, str]] = MappingProxyType(
    {
        "usergroups:read": "counts the members of Slack user groups as approvers, and pages them",
        "users:read.email": "knows people by the e-mail address that they confirmed in Slack",
    }
)
"""Scopes that are asked for only where the policy uses what they are for."""

EVENTS: Final = (
    "app_home_opened",
    "app_mention",
    "message.channels",
    "message.groups",
    "reaction_added",
)
"""What the bot is told: replies under its updates come as messages, and its own messages come back
to it, which is how it notices that it has gone deaf. Other messages are not looked at."""

APP_SCOPE: Final = "connections:write"
"""Of the app-level token, for Socket Mode."""


def scopes_for(policy: Policy) -> Mapping[str, str]:
    """Return every scope that this policy needs, with its reason."""
    used = {
        "usergroups:read": any(policy.slack_groups.values()),
        "users:read.email": PLATFORM in policy.link_by_email,
    }
    return dict(sorted({**SCOPES, **{s: why for s, why in BY_POLICY.items() if used[s]}}.items()))


def manifest(
    *,
    address: str = "",
    name: str = "Firewarden",
    incident: str,
    runbook: str,
    scopes: Mapping[str, str] = SCOPES,
) -> str:
    """Return the manifest as YAML.

    `address` is where Slack reaches the bot (`https://bot.example.org`); empty = Socket Mode.
    """
    return "\n".join(_lines(address.rstrip("/"), name, incident, runbook, scopes)) + "\n"


def _lines(
    address: str, name: str, incident: str, runbook: str, scopes: Mapping[str, str]
) -> Iterator[str]:
    url = f"{address}{PATH}" if address else ""
    yield "display_information:"
    yield f"  name: {_quoted(name)}"
    yield "  description: Hears the alarm, opens the room, and asks before it touches production"
    yield "features:"
    yield "  app_home:"
    yield "    home_tab_enabled: true"
    yield "    messages_tab_enabled: true           # pages arrive there"
    yield "    messages_tab_read_only_enabled: true"
    yield "  bot_user:"
    yield f"    display_name: {_quoted(name.lower())}"
    yield "    always_online: true"
    yield "  shortcuts:"
    yield "    - name: Add to timeline"
    yield "      type: message"
    yield f"      callback_id: {TIMELINE_SHORTCUT}"
    yield "      description: Keep this message on the incident's timeline"
    yield "    - name: Declare an incident"
    yield "      type: global"
    yield f"      callback_id: {DECLARE_SHORTCUT}"
    yield "      description: Opens the form, from anywhere in Slack"
    yield "  slash_commands:"
    yield from _command(incident, "Declare, update, resolve: help lists the verbs", url)
    yield from _command(runbook, "List, show and run runbooks", url)
    yield "oauth_config:"
    yield "  scopes:"
    yield "    bot:"
    for scope, why in scopes.items():
        yield f"      - {scope:<18}  # {why}"
    yield "settings:"
    yield "  event_subscriptions:"
    yield from [f"    request_url: {_quoted(url)}"] if url else []
    yield f"    bot_events: [{', '.join(EVENTS)}]"
    yield "  interactivity:"
    yield "    is_enabled: true"
    yield from [f"    request_url: {_quoted(url)}"] if url else []
    yield f"  socket_mode_enabled: {'false' if url else 'true'}"
    yield "  org_deploy_enabled: false"
    yield "  token_rotation_enabled: false"


def _command(command: str, does: str, url: str) -> Iterator[str]:
    yield f"    - command: {_quoted(f'/{command}')}"
    yield f"      description: {_quoted(does)}"
    yield "      usage_hint: '<verb> ...'"
    # People and channels come as ids, so that `@ann` is Ann whatever she calls herself.
    yield "      should_escape: true"
    yield from [f"      url: {_quoted(url)}"] if url else []


def _quoted(text: str) -> str:
    """Write a scalar; JSON's strings are YAML's."""
    return json.dumps(text, ensure_ascii=False)
