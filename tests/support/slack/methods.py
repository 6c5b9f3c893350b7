"""The Web API's methods over a workspace, as strict as their documentation."""

from collections.abc import Callable

from tests.support.slack.arguments import (
    blocks_of,
    checked_view,
    json_of,
    metadata_of,
    text_of,
)
from tests.support.slack.conversations import Conversations, Known, writable
from tests.support.slack.workspace import BOT, Args, Channel, Fault, Posted, View, Workspace

_SNIPPETS = frozenset({"text", "json", "markdown", "shell", "yaml"})


class Methods:
    """Every method that the bot may call; `one` answers or raises `Fault`."""

    def __init__(
        self, workspace: Workspace, base: Callable[[], str], now: Callable[[], float]
    ) -> None:
        self._of = workspace
        self._base = base
        self._now = now
        self._known: Known = {
            **Conversations(workspace).known(),
            "chat.postMessage": (self._post, ("chat:write",)),
            "chat.postEphemeral": (self._post_ephemeral, ("chat:write",)),
            "chat.update": (self._update, ("chat:write",)),
            "views.open": (self._views_open, ()),
            "views.publish": (self._views_publish, ()),
            "pins.add": (self._pin, ("pins:write",)),
            "files.getUploadURLExternal": (self._upload_url, ("files:write",)),
            "files.completeUploadExternal": (self._complete_upload, ("files:write",)),
            "files.delete": (self._delete_file, ("files:write",)),
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

    # --- messages --------------------------------------------------------------------------

    def _post(self, args: Args) -> Args:
        channel = self._writable(args)
        posted = Posted(
            ts=self._of.next_ts(),
            text=text_of(args),
            blocks=blocks_of(args),
            thread=args.get("thread_ts") or "",
            metadata=metadata_of(args),
        )
        channel.messages.append(posted)
        return {"channel": channel.id, "ts": posted.ts, "message": posted.described(metadata=True)}

    def _post_ephemeral(self, args: Args) -> Args:
        channel = self._writable(args)
        if args.get("user") not in self._of.users:
            raise Fault("user_not_in_channel")
        posted = Posted(
            ts=self._of.next_ts(),
            text=text_of(args),
            blocks=blocks_of(args),
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
        found.text, found.blocks = text_of(args), blocks_of(args)
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
        content = checked_view(json_of(args.get("view")))
        view = View(id=self._of.next("V"), user=user, content=content)
        self._of.views[view.id] = view
        return {"view": {"id": view.id, **content}}

    def _views_publish(self, args: Args) -> Args:
        view: Args = json_of(args.get("view"))
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
        idents = {str(f["id"]): str(f["title"]) for f in json_of(args.get("files"))}
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

    def _delete_file(self, args: Args) -> Args:
        ident = str(args.get("file") or "")
        if self._of.uploads.pop(ident, None) is None:
            raise Fault("file_not_found")
        for channel in self._of.channels.values():
            for message in channel.messages:
                message.files.pop(ident, None)
        return {}

    def _writable(self, args: Args) -> Channel:
        return writable(self._of, args)
