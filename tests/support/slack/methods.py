"""The Web API's methods over a workspace, as strict as their documentation."""

import json
import re
from collections.abc import Callable
from typing import Any

from tests.support.slack.blocks import block_faults, view_faults
from tests.support.slack.workspace import (
    BOT,
    TEAM,
    Args,
    Bookmark,
    Channel,
    Fault,
    Posted,
    View,
    Workspace,
)

_SNIPPETS = frozenset({"text", "json", "markdown", "shell", "yaml"})
_NAME = re.compile(r"[a-z0-9_-]{1,80}")


class Methods:
    """Every method that the bot may call; `one` answers or raises `Fault`."""

    def __init__(
        self, workspace: Workspace, base: Callable[[], str], now: Callable[[], float]
    ) -> None:
        self._of = workspace
        self._base = base
        self._now = now
        self._known: dict[str, tuple[Callable[[Args], Args], tuple[str, ...]]] = {
            "auth.test": (self._auth_test, ()),
            "users.info": (self._users_info, ("users:read",)),
            "users.conversations": (self._users_conversations, ("channels:read", "groups:read")),
            "conversations.create": (self._create, ("channels:manage",)),
            "conversations.info": (self._info, ("channels:read",)),
            "conversations.rename": (self._rename, ("channels:manage",)),
            "conversations.setTopic": (self._set_topic, ("channels:manage",)),
            "conversations.setPurpose": (self._set_purpose, ("channels:manage",)),
            "conversations.archive": (self._archive, ("channels:manage",)),
            "conversations.unarchive": (self._unarchive, ("channels:manage",)),
            "conversations.invite": (self._invite, ("channels:manage",)),
            "conversations.open": (self._open, ("im:write",)),
            "conversations.history": (self._history, ("channels:history",)),
            "conversations.replies": (self._replies, ("channels:history",)),
            "chat.postMessage": (self._post, ("chat:write",)),
            "chat.postEphemeral": (self._post_ephemeral, ("chat:write",)),
            "chat.update": (self._update, ("chat:write",)),
            "views.open": (self._views_open, ()),
            "views.publish": (self._views_publish, ()),
            "pins.add": (self._pin, ("pins:write",)),
            "bookmarks.add": (self._bookmark, ("bookmarks:write",)),
            "bookmarks.edit": (self._edit_bookmark, ("bookmarks:write",)),
            "bookmarks.list": (self._bookmarks, ("bookmarks:read",)),
            "usergroups.users.list": (self._group, ("usergroups:read",)),
            "users.lookupByEmail": (self._by_email, ("users:read.email",)),
            "files.getUploadURLExternal": (self._upload_url, ("files:write",)),
            "files.completeUploadExternal": (self._complete_upload, ("files:write",)),
        }

    def one(self, method: str, args: Args) -> Args:
        """Carry a call out."""
        known = self._known.get(method)
        if known is None:
            raise Fault("unknown_method")
        work, scopes = known
        scopes = tuple(self._scope_here(scope, args) for scope in scopes)
        missing = [scope for scope in scopes if scope not in self._of.scopes]
        if missing:
            provided = ",".join(sorted(self._of.scopes))
            raise Fault("missing_scope", needed=missing[0], provided=provided)
        return work(args)

    def _scope_here(self, scope: str, args: Args) -> str:
        """Return the scope that a method needs in a private channel or direct conversation."""
        ident = str(args.get("channel") or args.get("channel_id") or "")
        channel = self._of.channels.get(ident)
        private = str(args.get("is_private")).lower() in {"1", "true"}
        if channel is not None and channel.direct:
            return {"channels:history": "im:history"}.get(scope, scope)
        if private or (channel is not None and channel.private):
            asked = {"channels:manage": "groups:write"}.get(scope, scope)
            return asked.replace("channels:", "groups:")
        return scope

    def scopes(self) -> set[str]:
        """Return every scope that some method needs."""
        return {scope for _, scopes in self._known.values() for scope in scopes}

    # --- who -----------------------------------------------------------------------------

    def _auth_test(self, _: Args) -> Args:
        return {"team_id": TEAM, "user_id": BOT, "bot_id": "BBOT", "team": "Tests"}

    def _users_info(self, args: Args) -> Args:
        user = self._of.users.get(args.get("user", ""))
        if user is None:
            raise Fault("user_not_found")
        return {"user": user.described(email="users:read.email" in self._of.scopes)}

    def _by_email(self, args: Args) -> Args:
        wanted = str(args.get("email", "")).casefold()
        for user in self._of.users.values():
            if user.email.casefold() == wanted and wanted and not user.deleted:
                return {"user": user.described(email=True)}
        raise Fault("users_not_found")

    def _group(self, args: Args) -> Args:
        group = self._of.groups.get(str(args.get("usergroup", "")))
        if group is None:
            raise Fault("no_such_subteam")
        return {"users": sorted(group)}

    def _users_conversations(self, args: Args) -> Args:
        kinds = set(str(args.get("types", "public_channel")).split(","))
        archived = str(args.get("exclude_archived", "false")).lower() in {"1", "true"}
        mine = [
            c
            for c in self._of.channels.values()
            if BOT in c.members
            and not c.direct
            and ("private_channel" if c.private else "public_channel") in kinds
            and not (c.archived and archived)
        ]
        page, cursor = _page(mine, args, most=999)
        return {"channels": [c.described() for c in page], **cursor}

    # --- conversations ---------------------------------------------------------------------

    def _create(self, args: Args) -> Args:
        name, private = _name(args), str(args.get("is_private")).lower() in {"1", "true"}
        if any(c.name == name for c in self._of.channels.values()):
            raise Fault("name_taken")
        channel = Channel(id=self._of.next("C"), name=name, private=private, members={BOT})
        self._of.channels[channel.id] = channel
        return {"channel": channel.described()}

    def _info(self, args: Args) -> Args:
        return {"channel": self._of.channel(args.get("channel")).described()}

    def _rename(self, args: Args) -> Args:
        channel, name = self._writable(args), _name(args)
        if any(c.name == name and c is not channel for c in self._of.channels.values()):
            raise Fault("name_taken")
        if channel.creator != BOT:
            raise Fault("not_authorized")
        channel.name = name
        return {"channel": channel.described()}

    def _set_topic(self, args: Args) -> Args:
        channel = self._writable(args)
        if len(args.get("topic", "")) > 250:
            raise Fault("too_long")
        channel.topic = args.get("topic", "")
        return {"channel": channel.described()}

    def _set_purpose(self, args: Args) -> Args:
        channel = self._writable(args)
        if len(args.get("purpose", "")) > 250:
            raise Fault("too_long")
        channel.purpose = args.get("purpose", "")
        return {"channel": channel.described()}

    def _archive(self, args: Args) -> Args:
        channel = self._of.channel(args.get("channel"))
        if channel.archived:
            raise Fault("already_archived")
        channel.archived = True
        return {}

    def _unarchive(self, args: Args) -> Args:
        channel = self._of.channel(args.get("channel"))
        if not channel.archived:
            raise Fault("not_archived")
        channel.archived = False
        return {}

    def _invite(self, args: Args) -> Args:
        channel = self._writable(args)
        users = str(args.get("users", "")).split(",")
        if not 1 <= len(users) <= 100:
            raise Fault("too_many_users")
        for user in users:
            if user not in self._of.users:
                raise Fault("user_not_found")
            if self._of.users[user].deleted:
                raise Fault("cant_invite")
        if all(user in channel.members for user in users):
            raise Fault("already_in_channel")
        channel.members.update(users)
        return {"channel": channel.described()}

    def _open(self, args: Args) -> Args:
        user = self._of.users.get(str(args.get("users", "")))
        if user is None:
            raise Fault("user_not_found")
        if user.deleted:
            raise Fault("user_disabled")
        ident = f"D{user.id}"
        if ident not in self._of.channels:
            self._of.channels[ident] = Channel(
                id=ident, name="", direct=True, members={BOT, user.id}
            )
        return {"channel": {"id": ident}}

    def _history(self, args: Args) -> Args:
        channel = self._of.channel(args.get("channel"))
        if BOT not in channel.members:
            raise Fault("not_in_channel")
        oldest = str(args.get("oldest") or "0")
        newest_first = [m for m in reversed(channel.seen()) if float(m.ts) > float(oldest)]
        page, cursor = _page(newest_first, args, most=999)
        metadata = str(args.get("include_all_metadata")).lower() in {"1", "true"}
        return {"messages": [m.described(metadata=metadata) for m in page], **cursor}

    def _replies(self, args: Args) -> Args:
        channel = self._of.channel(args.get("channel"))
        ts = args.get("ts")
        if BOT not in channel.members:
            raise Fault("not_in_channel")
        found = [m for m in channel.messages if ts in {m.ts, m.thread} and not m.only_for]
        if not any(m.ts == ts for m in found):
            raise Fault("thread_not_found")
        page, cursor = _page(found, args, most=999)
        metadata = str(args.get("include_all_metadata")).lower() in {"1", "true"}
        return {"messages": [m.described(metadata=metadata) for m in page], **cursor}

    # --- messages --------------------------------------------------------------------------

    def _post(self, args: Args) -> Args:
        channel = self._writable(args)
        posted = Posted(
            ts=self._of.next_ts(),
            text=_text(args),
            blocks=_blocks(args),
            thread=args.get("thread_ts") or "",
            metadata=_metadata(args),
        )
        channel.messages.append(posted)
        return {"channel": channel.id, "ts": posted.ts, "message": posted.described(metadata=True)}

    def _post_ephemeral(self, args: Args) -> Args:
        channel = self._writable(args)
        if args.get("user") not in self._of.users:
            raise Fault("user_not_in_channel")
        posted = Posted(
            ts=self._of.next_ts(),
            text=_text(args),
            blocks=_blocks(args),
            thread=args.get("thread_ts") or "",
            only_for=args["user"],
        )
        channel.messages.append(posted)
        return {"message_ts": posted.ts}

    def _update(self, args: Args) -> Args:
        channel = self._writable(args)
        found = next((m for m in channel.messages if m.ts == args.get("ts")), None)
        if found is None or found.only_for:
            raise Fault("message_not_found")
        if found.user != BOT:
            raise Fault("cant_update_message")
        if "blocks" not in args:
            raise Fault("invalid_arguments", detail="text without blocks leaves the old blocks")
        found.text, found.blocks = _text(args), _blocks(args)
        return {"channel": channel.id, "ts": found.ts}

    def _pin(self, args: Args) -> Args:
        channel, ts = self._writable(args), args.get("timestamp")
        if not any(m.ts == ts for m in channel.messages):
            raise Fault("message_not_found")
        if ts in channel.pins:
            raise Fault("already_pinned")
        if len(channel.pins) >= 100:
            raise Fault("too_many_pins")
        channel.pins.append(str(ts))
        return {}

    def _bookmark(self, args: Args) -> Args:
        channel = self._writable({"channel": args.get("channel_id")})
        link = str(args.get("link", ""))
        if args.get("type") != "link" or not link.startswith(("https://", "http://")):
            raise Fault("invalid_link")
        if len(channel.bookmarks) >= 100:
            raise Fault("too_many_bookmarks")
        mark = Bookmark(id=self._of.next("Bk"), title=str(args["title"]), link=link)
        channel.bookmarks.append(mark)
        return {"bookmark": mark.described()}

    def _edit_bookmark(self, args: Args) -> Args:
        channel = self._writable({"channel": args.get("channel_id")})
        mark = next((b for b in channel.bookmarks if b.id == args.get("bookmark_id")), None)
        if mark is None:
            raise Fault("not_found")
        mark.title, mark.link = str(args.get("title", mark.title)), str(args.get("link", mark.link))
        return {"bookmark": mark.described()}

    def _bookmarks(self, args: Args) -> Args:
        channel = self._of.channel(args.get("channel_id"))
        return {"bookmarks": [mark.described() for mark in channel.bookmarks]}

    # --- views and files --------------------------------------------------------------------

    def _views_open(self, args: Args) -> Args:
        trigger = str(args.get("trigger_id", ""))
        if trigger in self._of.used_triggers:
            raise Fault("exchanged_trigger_id")
        if trigger not in self._of.triggers:
            raise Fault("invalid_trigger_id")
        user, until = self._of.triggers.pop(trigger)
        self._of.used_triggers.add(trigger)
        if self._now() > until:
            raise Fault("expired_trigger_id")
        content = checked_view(_json(args.get("view")))
        view = View(id=self._of.next("V"), user=user, content=content)
        self._of.views[view.id] = view
        return {"view": {"id": view.id, **content}}

    def _views_publish(self, args: Args) -> Args:
        view: Args = _json(args.get("view"))
        if args.get("user_id") not in self._of.users:
            raise Fault("not_found")
        if view.get("type") != "home":
            raise Fault("invalid_arguments", detail="views.publish takes a home")
        checked_view(view)
        self._of.homes[str(args["user_id"])] = view
        return {"view": view}

    def _upload_url(self, args: Args) -> Args:
        if not args.get("filename") or not str(args.get("length", "")).isdigit():
            raise Fault("invalid_arguments")
        if args.get("snippet_type", "text") not in _SNIPPETS:
            raise Fault("unknown_snippet_type")
        ident = self._of.next("F")
        self._of.snippets[ident] = str(args.get("snippet_type", ""))
        return {"upload_url": f"{self._base()}upload/{ident}", "file_id": ident}

    def _complete_upload(self, args: Args) -> Args:
        channel = self._writable({"channel": args.get("channel_id")})
        idents = {str(f["id"]): str(f["title"]) for f in _json(args.get("files"))}
        if any(ident not in self._of.uploads for ident in idents):
            raise Fault("file_not_found")
        channel.messages.append(
            Posted(
                ts=self._of.next_ts(),
                text="",
                blocks=[],
                thread=args.get("thread_ts") or "",
                files=idents,
            )
        )
        return {"files": [{"id": ident} for ident in idents]}

    def _writable(self, args: Args) -> Channel:
        channel = self._of.channel(args.get("channel"))
        if channel.archived:
            raise Fault("is_archived")
        if BOT not in channel.members:
            raise Fault("not_in_channel")
        return channel


def checked_view(view: Args) -> Args:
    """Return a view that Slack would take."""
    _no_faults("invalid_arguments", view_faults(view))
    return view


def _no_faults(error: str, faults: list[str]) -> None:
    if faults:
        messages = [f"[ERROR] {fault}" for fault in faults]
        raise Fault(error, errors=faults, response_metadata={"messages": messages})


def _name(args: Args) -> str:
    name = str(args.get("name", ""))
    if not name:
        raise Fault("invalid_name_required")
    if len(name) > 80:
        raise Fault("invalid_name_maxlength")
    if not _NAME.fullmatch(name):
        raise Fault("invalid_name_specials")
    return name


def _text(args: Args) -> str:
    text = str(args.get("text", ""))
    if not text:
        raise Fault("no_text")
    if len(text) > 4000:
        raise Fault("msg_too_long")
    return text


def _blocks(args: Args) -> list[Args]:
    blocks: list[Args] = _json(args.get("blocks") or [])
    if blocks:
        faults = block_faults(blocks, most=50)
        if faults == ["msg_blocks_too_long"]:
            raise Fault("msg_blocks_too_long")
        _no_faults("invalid_blocks", faults)
    return blocks


def _metadata(args: Args) -> Args:
    metadata: Args = _json(args.get("metadata") or {})
    if metadata and set(metadata) != {"event_type", "event_payload"}:
        raise Fault("invalid_metadata_format")
    if len(json.dumps(metadata)) > 16_000:
        raise Fault("metadata_too_large")
    return metadata


def _json(value: Any) -> Any:  # noqa: ANN401 - JSON, either way
    return json.loads(value) if isinstance(value, str) else value


def _page(items: list[Any], args: Args, *, most: int) -> tuple[list[Any], Args]:
    limit = min(int(args.get("limit") or 100), most)
    start = int(args.get("cursor") or 0)
    more = str(start + limit) if start + limit < len(items) else ""
    page = items[start : start + limit]
    return page, {"has_more": bool(more), "response_metadata": {"next_cursor": more}}
