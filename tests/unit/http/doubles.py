"""A clock that stands still, ids that count, and a dispatch that remembers: for HTTP tests."""

from collections.abc import Mapping
from datetime import UTC, datetime

from bot.errors import UserMistake
from bot.requests import AlertsReceived, Reply, ReplyTone, Request

NOON = datetime(2026, 11, 21, 12, 34, 56, tzinfo=UTC)


class StillClock:
    """Stands at `moment` until a test moves it."""

    def __init__(self, moment: datetime = NOON) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return self.moment.timestamp()

    async def sleep_until(self, moment: datetime) -> None:
        self.moment = max(self.moment, moment)


class CountingIds:
    """Ids in order: `id-1`, `id-2`; secrets likewise."""

    def __init__(self) -> None:
        self._count = 0

    def new(self) -> str:
        self._count += 1
        return f"id-{self._count}"

    def secret(self) -> str:
        self._count += 1
        return f"secret-{self._count}"


class RememberingDispatch:
    """Keeps what it was given; `reply` is what every request gets, `fault` is raised if set."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.bodies: list[AlertsReceived] = []
        self.reply = Reply(tone=ReplyTone.DONE, text="done")
        self.fault: Exception | None = None

    async def handle(self, request: Request) -> Reply:
        if self.fault is not None:
            raise self.fault
        self.requests.append(request)
        return self.reply

    async def take_alerts(self, received: AlertsReceived) -> None:
        if self.fault is not None:
            raise self.fault
        self.bodies.append(received)


class LineSource:
    """An alert source for tests: the token is `Authorization: Bearer <secret>`, the body `ok`."""

    def verify(self, headers: Mapping[str, str], secrets: tuple[str, ...]) -> bool:
        return headers.get("Authorization", "").removeprefix("Bearer ") in secrets

    def parse(self, raw: bytes) -> AlertsReceived:
        if not raw.startswith(b"ok"):
            raise UserMistake("the body is not JSON")
        return AlertsReceived(source="line", alerts=())
