"""A private incident from outside: on every route, what is forbidden looks like what is absent."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from handlers.verbs import TABLE, Tree, Where
from tests.support.bot import Bot, bot
from tests.support.waiting import until
from tests.unit.console.browsing import Browser, browsing

WORD = "zanzibar"
"""Stands in everything that the private incident holds, and nowhere else."""

SAID = ("on fire", "burns", f"call {WORD}", "is out", "safe?")
"""Words beside it, for answers that repeat what was searched for."""

NONCE = "n" * 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Ids:
    """Everything by which an incident can be asked for."""

    incident: str
    number: str
    card: str
    run: str


NOWHERE = Ids(
    incident="0" * 32,
    number="INC-2026-1121-987",
    card="ask-00000000000000000000000000",
    run="0" * 32 + "r1",
)
"""The same of an incident that does not exist."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One request; `{...}` in path and body stands for one of the ids."""

    path: str
    body: Mapping[str, str] = field(default_factory=dict)


NO_INCIDENT_THERE: Mapping[tuple[str, str], str] = {
    ("GET", "/static/{release}/{name}"): "files of the package",
    ("GET", "/"): "where to sign in",
    ("GET", "/sign-in/{link}"): "the offer to sign in",
    ("POST", "/sign-in/{link}"): "signs in",
    ("POST", "/s/{seat}/sign-out"): "signs out",
    ("GET", "/s/{seat}"): "adds the slash",
    ("GET", "/api/openapi.json"): "the document of the API",
    ("POST", "/alerts/{source}"): "takes alerts and tells nothing",
    ("GET", "/healthz"): "alive or not",
    ("GET", "/readyz"): "ready or not",
}
"""Routes that hold no incident, and what they hold instead."""

_VERBS = tuple(
    f"/{'incident' if entry.tree is Tree.INCIDENT else 'runbook'} {entry.example}"
    for entry in TABLE
    if entry.where is not Where.ANYWHERE
)
_QUESTION = {"title": "May I?", "answerers": "responder"}
_PRESSED = {"option": "approve", "reason": "because"}

ASKED: Mapping[tuple[str, str], tuple[Ask, ...]] = {
    ("GET", "/api/incidents"): tuple(
        Ask(f"/api/incidents?{query}") for query in ("state=all", f"state=all&text={WORD}")
    ),
    ("GET", "/api/incidents/{id}"): (
        Ask("/api/incidents/{incident}"),
        Ask("/api/incidents/{number}"),
    ),
    ("GET", "/api/incidents/{id}/timeline"): (Ask("/api/incidents/{incident}/timeline"),),
    ("POST", "/api/incidents/{id}/cards"): (Ask("/api/incidents/{number}/cards", _QUESTION),),
    ("POST", "/api/commands"): (
        *(Ask("/api/commands", {"text": f"{line} in={{number}}"}) for line in _VERBS),
        *(Ask("/api/commands", {"text": "/incident status {number}"}),),
        *(Ask("/api/commands", {"text": f"/incident list all {WORD}"}),),
        *(Ask("/api/commands", {"text": "/incident approvals"}),),
        *(Ask("/api/commands", {"text": "/runbook abort {run}"}),),
        *(Ask("/api/commands", {"text": "/incident note hello", "room": "{number}"}),),
        *(Ask("/api/commands", {"text": "/incident note hello", "room": "room:{incident}"}),),
    ),
    ("GET", "/api/cards"): (Ask("/api/cards"),),
    ("GET", "/api/cards/{id}"): (
        Ask("/api/cards/{card}"),
        Ask("/api/cards/incident:{incident}"),
        Ask("/api/cards/run:{incident}:{run}"),
    ),
    ("POST", "/api/cards/{id}/answers"): (
        Ask("/api/cards/{card}/answers", _PRESSED),
        Ask("/api/cards/incident:{incident}/answers", {"option": "claim"}),
        Ask("/api/cards/run:{incident}:{run}/answers", {"option": "abort"}),
        Ask("/api/cards/start:run:{incident}:disk-full/answers", {"option": "run"}),
    ),
    ("GET", "/s/{seat}/"): (
        Ask("/s/approver/"),
        Ask("/s/approver/?state=all"),
        Ask(f"/s/approver/?state=all&text={WORD}"),
    ),
    ("GET", "/s/{seat}/incidents/{number}"): (
        Ask("/s/approver/incidents/{number}"),
        Ask("/s/approver/incidents/{incident}"),
    ),
    ("GET", "/s/{seat}/incidents/{number}/timeline"): (
        Ask("/s/approver/incidents/{number}/timeline"),
    ),
    ("GET", "/s/{seat}/channels/{channel}"): (Ask("/s/approver/channels/announcements"),),
    ("GET", "/s/{seat}/direct"): (Ask("/s/approver/direct"),),
    ("GET", "/s/{seat}/approvals"): (Ask("/s/approver/approvals"),),
    ("GET", "/s/{seat}/help"): (Ask("/s/approver/help"),),
    ("GET", "/s/{seat}/files/{conversation}/{position}"): (
        Ask("/s/approver/files/room:{incident}/1"),
    ),
    ("GET", "/s/{seat}/live"): tuple(
        Ask(f"/s/approver/live?nonce={NONCE}&at={at}")
        for at in ("", "incidents/{number}", "incidents/{number}/timeline", "approvals")
    ),
    ("POST", "/s/{seat}/commands"): (
        *(Ask("/s/approver/commands", {"text": f"{line} in={{number}}"}) for line in _VERBS),
        *(Ask("/s/approver/commands", {"text": "hello", "at": "room:{incident}"}),),
        *(Ask("/s/approver/commands", {"text": "/incident status", "at": "room:{incident}"}),),
    ),
    ("POST", "/s/{seat}/cards/{card}/answers"): (
        Ask("/s/approver/cards/{card}/answers", _PRESSED),
        Ask("/s/approver/cards/incident:{incident}/answers", {"option": "claim"}),
        Ask("/s/approver/cards/run:{incident}:{run}/answers", {"option": "abort"}),
    ),
    ("GET", "/metrics"): (Ask("/metrics"),),
}
"""Every other route, and what an outsider asks of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """Somebody who is not in the incident: with a token, and with a window of the console."""

    bot: Bot
    browser: Browser

    async def answer(self, method: str, ask: Ask, ids: Ids) -> tuple[int, str]:
        """Return status and text of one request, with the ids that were asked for left out."""
        path, body = _filled(ask.path, ids), {k: _filled(v, ids) for k, v in ask.body.items()}
        if "/live?" in path:
            status, text = await self._stream(path)
        elif path.startswith("/s/"):
            shown = (
                await self.browser.get(path)
                if method == "GET"
                else await self.browser.post(path, nonce=NONCE, **body)
            )
            status, text = shown.status, shown.text
        else:
            status, text = await self._call(method, path, body)
        return status, _without(text, ids)

    async def _call(self, method: str, path: str, body: Mapping[str, str]) -> tuple[int, str]:
        asker = self.bot.approver
        sent: Mapping[str, object] = body
        if "answerers" in body:
            sent = {**body, "answerers": [body["answerers"]]}
        async with asker.session.request(
            method,
            f"http://{asker.address}{path}",
            json=sent if method == "POST" else None,
            headers={"Authorization": f"Bearer {asker.token}"},
        ) as got:
            return got.status, await got.text()

    async def _stream(self, path: str) -> tuple[int, str]:
        """Return everything that a stream says within a second."""
        async with self.browser.live(path) as events:
            heard = ""
            try:
                async with asyncio.timeout(1):
                    while True:
                        heard += str(sorted((await events.next("regions"))[1].items()))
            except (TimeoutError, EOFError):
                return events.status, heard


async def test_every_route_is_asked_or_holds_no_incident(tmp_path: Path) -> None:
    async with bot(tmp_path) as b:
        served = {(route.method, route.pattern) for route in b.service.entrance.routes}
    assert served == {*ASKED, *NO_INCIDENT_THERE}


async def test_forbidden_and_absent_are_alike_on_every_route(tmp_path: Path) -> None:
    unlike: list[Ask] = []
    told: list[Ask] = []
    async with _outside(tmp_path) as (outside, private):
        for (method, _), asks in ASKED.items():
            for ask in asks:
                real = await outside.answer(method, ask, private)
                absent = await outside.answer(method, ask, NOWHERE)
                unlike += [ask] if real != absent else []
                told += [ask] if _tells(real[1], ask) else []
        window = await outside.answer("GET", Ask("/s/approver/"), NOWHERE)
        stream = await outside.answer("GET", ASKED["GET", "/s/{seat}/live"][0], NOWHERE)
        commander = outside.bot.commander
        seen = f"{await commander.incidents()} {await commander.get('/api/cards')}"
    assert unlike == []
    assert told == []
    assert (window[0], "approver" in window[1], stream[0], bool(stream[1])) == (
        200,
        True,
        200,
        True,
    )
    # The same routes do show it to who is in it.
    assert seen.count(WORD) > 1


@asynccontextmanager
async def _outside(folder: Path) -> AsyncIterator[tuple[Outside, Ids]]:
    async with bot(folder) as b, browsing(b.running.console) as browser:
        await browser.post(urlsplit(b.running.links["approver"]).path)
        private = await _private_incident(b)
        yield Outside(bot=b, browser=browser), private


async def _private_incident(b: Bot) -> Ids:
    """Fill a private incident with everything that a read could leak."""
    await b.commander.say(f"/incident declare sev2 {WORD} is on fire private")
    (incident,) = await b.commander.incidents()
    ident, number = str(incident["id"]), str(incident["number"])

    async def opened() -> bool:
        return bool((await b.commander.incident(ident))["room"])

    await until(opened)
    for line in (
        f"/incident update {WORD} burns",
        f"/incident action call {WORD}",
        f"/incident resolve {WORD} is out",
        "/runbook run disk-full host=practice-1",
    ):
        await b.commander.say(line, number)
    _, asked = await b.commander.post(
        f"/api/incidents/{ident}/cards",
        {"title": f"Is {WORD} safe?", "answerers": ["responder"]},
    )
    state = await b.service._base.incidents.state(ident)
    return Ids(incident=ident, number=number, card=str(asked["card"]), run=next(iter(state.runs)))


def _filled(text: str, ids: Ids) -> str:
    for name in ("incident", "number", "card", "run"):
        text = text.replace(f"{{{name}}}", str(getattr(ids, name)))
    return text


def _without(text: str, ids: Ids) -> str:
    """Leave out what the asker wrote itself, and what changes from one answer to the next."""
    for ident in (ids.run, ids.incident, ids.number, ids.card):
        text = re.sub(re.escape(ident), "<id>", text, flags=re.IGNORECASE)
    text = re.sub(r'nonce(" value)?="?[A-Za-z0-9_-]+', "<nonce>", text)
    text = re.sub(r'data-revision="[0-9]+"', "<revision>", text)
    return re.sub(r"[0-9.e+-]+$", "<value>", text, flags=re.MULTILINE) if "# TYPE" in text else text


def _tells(text: str, ask: Ask) -> bool:
    """Whether an answer holds words of the incident that the asker did not bring along."""
    words = SAID if WORD in f"{ask.path}{ask.body}" else (WORD,)
    return any(word in text.casefold() for word in words)
