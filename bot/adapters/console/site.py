"""The pages of a signed-in window, and the files of its conversations."""

from http import HTTPStatus
from urllib.parse import quote

from bot.adapters.console import messages
from bot.adapters.console.entry import Entry, Guest, html_page, theme_of
from bot.adapters.console.places import parse_place
from bot.adapters.console.store import ConsoleStore
from bot.adapters.console.windows import Window, Windows, at_room
from bot.adapters.http.raw import RawRequest, RawResponse, see_other
from bot.adapters.http.routes import Caller, Route
from bot.ports import Clock, Ids
from bot.usecases.views import Reader

PAGES = (
    "",
    "incidents/{number}",
    "incidents/{number}/timeline",
    "channels/{channel}",
    "direct",
    "approvals",
    "help",
)


class Site:
    """Draws pages; everything that is not there or not for this viewer looks the same."""

    def __init__(
        self,
        *,
        entry: Entry,
        windows: Windows,
        reader: Reader,
        store: ConsoleStore,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._entry = entry
        self._windows = windows
        self._reader = reader
        self._store = store
        self._clock = clock
        self._ids = ids

    def routes(self) -> tuple[Route, ...]:
        """Build the routes."""
        pages = [
            Route(
                method="GET",
                pattern=f"/s/{{seat}}/{page}",
                endpoint=self._page,
                caller=Caller.BROWSER,
            )
            for page in PAGES
        ]
        return (
            *pages,
            Route(method="GET", pattern="/s/{seat}", endpoint=self._slash, caller=Caller.BROWSER),
            Route(
                method="GET",
                pattern="/s/{seat}/files/{conversation}/{position}",
                endpoint=self._file,
                caller=Caller.BROWSER,
            ),
        )

    async def _page(self, request: RawRequest) -> RawResponse:
        guest = await self._entry.guest(request)
        if guest is None:
            return self._entry.locked(request)
        window = self._window(request, guest)
        before = request.query.get("before", "")
        page = None
        if window is not None:
            page = await self._windows.page(
                window, self._clock.now(), int(before) if before.isdecimal() else None
            )
        if page is None:
            return self._absent(request)
        return html_page(self._windows.render("window", page=page, theme=theme_of(request)))

    def _window(self, request: RawRequest, guest: Guest) -> Window | None:
        place = parse_place(
            request.path.removeprefix(f"/s/{guest.seat.name}/"),
            only_open=request.query.get("state", "open") != "all",
            text=request.query.get("text", "").strip(),
        )
        if place is None:
            return None
        return Window(
            seat=guest.seat.name,
            sender=guest.sender,
            viewer=guest.viewer,
            stale=guest.stale,
            start=guest.start,
            leaves=guest.leaves,
            place=place,
            nonce=self._ids.new(),
        )

    async def _slash(self, request: RawRequest) -> RawResponse:
        # The cookie's path ends with the slash, so without it nobody looks signed in.
        return see_other(f"/s/{quote(request.captured['seat'], safe='')}/")

    async def _file(self, request: RawRequest) -> RawResponse:
        guest = await self._entry.guest(request)
        if guest is None:
            return self._entry.locked(request)
        conversation, position = request.captured["conversation"], request.captured["position"]
        if not position.isdecimal() or not await self._reader.may_see_conversation(
            guest.viewer, at_room(conversation)
        ):
            return self._absent(request)
        found = await self._store.run(
            lambda db: messages.attached_file(db, conversation, int(position))
        )
        if found is None:
            return self._absent(request)
        name, content = found
        return RawResponse(
            content_type="application/octet-stream",
            body=content,
            headers=(
                # Never shown in the browser: the content is whatever a host printed.
                ("Content-Disposition", f"attachment; filename*=UTF-8''{quote(name, safe='')}"),
            ),
        )

    def _absent(self, head: RawRequest) -> RawResponse:
        return self._entry.notice(
            head,
            HTTPStatus.NOT_FOUND,
            title="There is nothing here",
            words="The page does not exist, or it is not for this seat.",
        )
