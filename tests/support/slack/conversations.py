"""Who is in a workspace, and its channels: the methods about them, as strict as documented."""

from collections.abc import Callable

from tests.support.slack.arguments import channel_name, page_of
from tests.support.slack.workspace import BOT, TEAM, Args, Bookmark, Channel, Fault, Workspace

Known = dict[str, tuple[Callable[[Args], Args], tuple[str, ...]]]
"""What carries each method out, and the scopes that it takes."""


class Conversations:
    """People, user groups, channels and their bars."""

    def __init__(self, workspace: Workspace) -> None:
        self._of = workspace

    def known(self) -> Known:
        """Return the methods by name."""
        return {
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
            "conversations.join": (self._join, ("channels:join",)),
            "conversations.open": (self._open, ("im:write",)),
            "conversations.history": (self._history, ("channels:history",)),
            "conversations.replies": (self._replies, ("channels:history",)),
            "bookmarks.add": (self._bookmark, ("bookmarks:write",)),
            "bookmarks.edit": (self._edit_bookmark, ("bookmarks:write",)),
            "bookmarks.list": (self._bookmarks, ("bookmarks:read",)),
            "usergroups.users.list": (self._group, ("usergroups:read",)),
            "users.lookupByEmail": (self._by_email, ("users:read.email",)),
        }

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
        page, cursor = page_of(mine, args, most=999)
        return {"channels": [c.described() for c in page], **cursor}

    def _create(self, args: Args) -> Args:
        name, private = channel_name(args), str(args.get("is_private")).lower() in {"1", "true"}
        if any(c.name == name for c in self._of.channels.values()):
            raise Fault("name_taken")
        channel = Channel(id=self._of.next("C"), name=name, private=private, members={BOT})
        self._of.channels[channel.id] = channel
        return {"channel": channel.described()}

    def _info(self, args: Args) -> Args:
        return {"channel": self._of.channel(args.get("channel")).described()}

    def _rename(self, args: Args) -> Args:
        channel, name = self._writable(args), channel_name(args)
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

    def _join(self, args: Args) -> Args:
        channel = self._of.channel(args.get("channel"))
        if channel.archived:
            raise Fault("is_archived")
        if channel.private or channel.direct:
            raise Fault("method_not_supported_for_channel_type")
        channel.members.add(BOT)
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
        page, cursor = page_of(newest_first, args, most=999)
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
        page, cursor = page_of(found, args, most=999)
        metadata = str(args.get("include_all_metadata")).lower() in {"1", "true"}
        return {"messages": [m.described(metadata=metadata) for m in page], **cursor}

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

    def _writable(self, args: Args) -> Channel:
        return writable(self._of, args)


def writable(workspace: Workspace, args: Args) -> Channel:
    """Return a channel that takes messages and changes of the bot."""
    channel = workspace.channel(args.get("channel"))
    if channel.archived:
        raise Fault("is_archived")
    if BOT not in channel.members:
        raise Fault("not_in_channel")
    return channel
