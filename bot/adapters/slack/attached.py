"""Files in the thread of a message, each once."""

import hashlib
from collections.abc import AsyncIterator, Mapping
from typing import Final

from bot.adapters.slack.web import Answer, Denied, SlackWeb, listed, text_in

_DIGITS: Final = 12
_REMEMBERED: Final = 5000
_SNIPPETS: Final = {"json": "json", "md": "markdown", "sh": "shell", "yaml": "yaml", "yml": "yaml"}
"""By suffix: a snippet is read in the channel, without a download."""


class Attached:
    """Puts files under messages; which are there already is read from the thread where in doubt."""

    def __init__(self, web: SlackWeb) -> None:
        self._web = web
        self._there: dict[tuple[str, str, str], None] = {}

    async def put(
        self, channel: str, ts: str, name: str, content: bytes, *, key: bytes, new: bool
    ) -> None:
        """Put the file of a key under a message; `new` = nothing can be there yet.

        It takes the place of a file of the same name and another key.
        """
        title = f"{name} ({hashlib.sha256(key).hexdigest()[:_DIGITS]})"
        file = (channel, ts, title)
        if file in self._there:
            return
        before = {} if new else await self._of_name(channel, ts, name)
        if title in before.values():
            self._remember(file)
            return
        if not content:
            return  # Slack takes no empty file, and the message says how many bytes there are
        where = await self._web.ask(
            "files.getUploadURLExternal",
            filename=name,
            length=str(len(content)),
            snippet_type=_SNIPPETS.get(name.rpartition(".")[2], "text"),
        )
        await self._web.put(text_in(where, "upload_url"), content)
        # A lost answer here is safe to repeat: the thread is read before.
        await self._web.ask(
            "files.completeUploadExternal",
            files=[{"id": text_in(where, "file_id"), "title": title}],
            channel_id=channel,
            thread_ts=ts,
        )
        self._remember(file)
        for ident, old in before.items():
            await self._delete(ident)
            self._there.pop((channel, ts, old), None)

    async def take_away(self, channel: str, ts: str) -> None:
        """Delete every file of ours under a message, for everybody and for good."""
        async for reply in self._replies(channel, ts):
            for file in listed(reply, "files"):
                await self._delete(text_in(file, "id"))
        self._there = {file: None for file in self._there if file[:2] != (channel, ts)}

    async def _delete(self, ident: str) -> None:
        try:
            await self._web.ask("files.delete", file=ident)
        except Denied as denied:
            # Gone already, or a person's own: Slack lets a bot delete none but its own.
            if denied.error not in {"file_not_found", "file_deleted", "cant_delete_file"}:
                raise

    async def _of_name(self, channel: str, ts: str, name: str) -> Mapping[str, str]:
        """Return the files of a name under a message, of whatever key: their titles by id."""
        return {
            text_in(file, "id"): text_in(file, "title")
            async for reply in self._replies(channel, ts)
            for file in listed(reply, "files")
            if text_in(file, "title").startswith(f"{name} (")
        }

    async def _replies(self, channel: str, ts: str) -> AsyncIterator[Answer]:
        """Yield what hangs under a message, nothing where that has no thread."""
        try:
            async for reply in self._web.pages(
                "conversations.replies", "messages", channel=channel, ts=ts
            ):
                yield reply
        except Denied as denied:
            if denied.error != "thread_not_found":
                raise

    def _remember(self, file: tuple[str, str, str]) -> None:
        self._there[file] = None
        if len(self._there) > _REMEMBERED:
            del self._there[next(iter(self._there))]
