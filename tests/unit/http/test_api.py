"""The HTTP API: the rights of a seat, JSON in and out, and a document that leaves nothing out."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest
from yarl import URL

from bot.domain.packet import AskedField, AskedStyle
from bot.errors import Unavailable
from bot.requests import CardAnswer, QuestionAsked, Reply, ReplyTone, Sender, SlashCommand
from bot.usecases.views import CardResult
from bot.values import CardId, ConversationRef, Json, Untrusted
from cards.model import message
from tests.unit.console.scenery import NUMBER, set_the_scene
from tests.unit.console.world import World, world
from tests.unit.http.doubles import NOON


class Caller:
    """A program with a token."""

    def __init__(self, session: aiohttp.ClientSession, address: str) -> None:
        self._session = session
        self._base = f"http://{address}"
        self.headers: dict[str, str] = {}

    async def get(self, path: str, token: str = "token-commander-read") -> tuple[int, Json]:
        return await self._ask("GET", path, token, None, {})

    async def post(
        self, path: str, body: Json, token: str = "token-commander-answer", **headers: str
    ) -> tuple[int, Json]:
        return await self._ask("POST", path, token, json.dumps(body), headers)

    async def _ask(
        self, method: str, path: str, token: str, body: str | None, headers: dict[str, str]
    ) -> tuple[int, Json]:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if token:
            sent["Authorization"] = f"Bearer {token}"
        async with self._session.request(
            method, self._base + path, data=body, headers=sent
        ) as response:
            self.headers = dict(response.headers)
            answer: Json = await response.json()
            return response.status, answer


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path) as built:
        await set_the_scene(built)
        yield built


@pytest.fixture
async def caller(served: World) -> AsyncIterator[Caller]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as session:
        yield Caller(session, served.address)


async def test_incidents_are_a_json_array(caller: Caller) -> None:
    status, incidents = await caller.get("/api/incidents")
    assert status == 200
    assert isinstance(incidents, list)
    assert [one["number"] for one in incidents if isinstance(one, dict)] == [
        "INC-2026-1121-001",
        "INC-2026-1121-002",
    ]


async def test_one_incident_is_found_by_id_and_by_number(caller: Caller) -> None:
    by_id, by_number = (
        await caller.get("/api/incidents/i1"),
        await caller.get(f"/api/incidents/{NUMBER}"),
    )
    assert by_id == by_number
    assert by_id[0] == 200
    assert isinstance(by_id[1], dict)
    assert {key: by_id[1][key] for key in ("title", "severity", "status", "opened_at")} == {
        "title": "Disk full on practice-1",
        "severity": "SEV3",
        "status": "identified",
        "opened_at": "2026-11-21T12:31:56Z",
    }


async def test_the_timeline_is_in_order(caller: Caller) -> None:
    status, entries = await caller.get(f"/api/incidents/{NUMBER}/timeline")
    assert status == 200
    assert isinstance(entries, list)
    assert [one["seq"] for one in entries if isinstance(one, dict)] == [1, 2, 3, 4, 5, 6, 7]


async def test_open_cards_say_who_may_answer_and_how(caller: Caller) -> None:
    _, theirs = await caller.get("/api/cards", "token-commander-read")
    _, mine = await caller.get("/api/cards", "token-approver-read")
    assert isinstance(mine, list)
    assert isinstance(theirs, list)
    assert mine == [
        {
            "id": "c-packet",
            "number": 1,
            "kind": "change",
            "state": "open",
            "incident": "i1",
            "incident_number": NUMBER,
            "title": "Free space on the scratch disk of practice-1",
            "options": [
                {"id": "approve", "label": "Approve"},
                {"id": "reject", "label": "Reject"},
            ],
            "expires_at": "2026-11-21T12:49:56Z",
            "may_answer": True,
        }
    ]
    assert [one["may_answer"] for one in theirs if isinstance(one, dict)] == [False]


@pytest.mark.parametrize("token", ["", "wrong", "token-nobody-read", "token-commander-root"])
@pytest.mark.parametrize("path", ["/api/incidents", "/api/incidents/i1", "/api/cards"])
async def test_without_a_good_token_there_is_only_401(
    caller: Caller, path: str, token: str
) -> None:
    status, problem = await caller.get(path, token)
    assert status == 401
    assert isinstance(problem, dict)
    assert problem["error"] == "unauthorised"
    assert caller.headers["WWW-Authenticate"] == "Bearer"


async def test_forbidden_and_absent_are_the_same_404(caller: Caller, served: World) -> None:
    served.views.hidden = {"i1"}
    for path in ("", "/timeline"):
        hidden = await caller.get(f"/api/incidents/i1{path}", "token-approver-read")
        absent = await caller.get(f"/api/incidents/none{path}", "token-approver-read")
        assert hidden == absent
        assert hidden[0] == 404


async def test_a_command_goes_where_it_is_typed(caller: Caller, served: World) -> None:
    served.dispatch.reply = Reply(
        tone=ReplyTone.ANSWER,
        text="SEV3",
        card=message("identified"),
        go_to=ConversationRef(platform="console", id="room:x"),
    )
    status, reply = await caller.post(
        "/api/commands", {"text": "/incident status", "room": NUMBER}, "token-commander-operate"
    )
    assert status == 200
    assert isinstance(reply, dict)
    assert (reply["outcome"], reply["text"], reply["room"]) == ("answer", "SEV3", "room:x")
    assert "identified" in str(reply["details"])
    [request] = served.dispatch.requests
    assert isinstance(request, SlashCommand)
    assert request.text == "/incident status"
    assert request.conversation == served.views.summaries[0].room
    assert request.sender.token_kind == "operate"


async def test_an_idempotency_key_is_the_request_id_of_its_seat(
    caller: Caller, served: World
) -> None:
    for token in ("token-commander-operate", "token-approver-operate"):
        await caller.post("/api/commands", {"text": "/incident list"}, token, Idempotency_Key="k1")
    await caller.post("/api/commands", {"text": "/incident list"})
    ids = [request.id for request in served.dispatch.requests if isinstance(request, SlashCommand)]
    assert ids[:2] == ["api:commander:key:k1", "api:approver:key:k1"]
    assert ids[2].startswith("api:commander:id-")


async def test_an_answer_reaches_the_card(caller: Caller, served: World) -> None:
    status, _ = await caller.post(
        "/api/cards/c-packet/answers",
        {"option": "approve", "reason": "seen it"},
        "token-approver-answer",
    )
    assert status == 200
    [request] = served.dispatch.requests
    assert isinstance(request, CardAnswer)
    assert (request.card, request.option, request.reason) == ("c-packet", "approve", "seen it")
    assert (request.sender.account, request.sender.token_kind) == ("approver", "answer")


async def test_a_card_that_is_not_there_is_404(caller: Caller, served: World) -> None:
    status, _ = await caller.post("/api/cards/none/answers", {"option": "approve"})
    assert status == 404
    assert served.dispatch.requests == []


@pytest.mark.parametrize(
    ("path", "body", "kind"),
    [
        ("/api/commands", {"text": "/incident list"}, "read"),
        ("/api/incidents/i1/cards", {"title": "?", "answerers": ["x"]}, "read"),
        ("/api/cards/c-packet/answers", {"option": "approve"}, "read"),
        ("/api/cards/c-packet/answers", {"option": "approve"}, "operate"),
    ],
)
async def test_a_token_of_another_kind_is_told_which_is_needed(
    caller: Caller, served: World, path: str, body: Json, kind: str
) -> None:
    status, problem = await caller.post(path, body, f"token-approver-{kind}")
    assert status == 403
    assert isinstance(problem, dict)
    assert f"of kind `{kind}`" in str(problem["message"])
    assert served.dispatch.requests == []


async def test_a_program_asks_people_and_finds_the_answer_by_the_cards_id(
    caller: Caller, served: World
) -> None:
    question: Json = {
        "style": "selection",
        "title": "Which cache may be emptied?",
        "fields": [
            {
                "name": "cache",
                "label": "Cache",
                "kind": "select",
                "choices": [["eu", "Europe"], ["us", "America"]],
            }
        ],
        "answerers": ["responder"],
        "expires_in": 900,
    }
    asked = await caller.post(
        f"/api/incidents/{NUMBER}/cards", question, "token-commander-operate", Idempotency_Key="q1"
    )
    again = await caller.post(
        f"/api/incidents/{NUMBER}/cards", question, "token-commander-operate", Idempotency_Key="q1"
    )
    assert asked == again
    assert asked[0] == 200
    assert isinstance(asked[1], dict)
    card = asked[1]["card"]
    [request, _] = served.dispatch.requests
    assert request == QuestionAsked(
        id="api:commander:key:q1",
        sender=Sender(
            platform="console",
            account="commander",
            name=Untrusted("commander"),
            token_kind="operate",
        ),
        incident="i1",
        card=CardId(str(card)),
        style=AskedStyle.SELECTION,
        title="Which cache may be emptied?",
        fields=(
            AskedField(
                name="cache",
                label=Untrusted("Cache"),
                kind="select",
                choices=(("eu", Untrusted("Europe")), ("us", Untrusted("America"))),
            ),
        ),
        answerers=("responder",),
        expires_in=timedelta(minutes=15),
    )


async def test_the_result_of_a_card_says_who_where_and_what(caller: Caller, served: World) -> None:
    served.views.results["c1"] = CardResult(
        id=CardId("c1"),
        kind="question",
        state="decided",
        option="choose",
        outcome="act",
        by=("Ann",),
        where=("slack",),
        at=NOON,
        reason="it is cold anyway",
        values={"cache": "eu"},
    )
    status, result = await caller.get("/api/cards/c1")
    assert (status, result) == (
        200,
        {
            "id": "c1",
            "kind": "question",
            "state": "decided",
            "option": "choose",
            "outcome": "act",
            "by": ["Ann"],
            "where": ["slack"],
            "at": "2026-11-21T12:34:56Z",
            "reason": "it is cold anyway",
            "values": {"cache": "eu"},
        },
    )
    assert (await caller.get("/api/cards/none"))[0] == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"answerers": []},
        {"style": "order"},
        {"count": 0},
        {"expires_in": 0},
        {"expires_in": "1h"},
        {"title": ""},
        {"options": [{"id": "a", "label": "A", "outcome": "again"}]},
        {"fields": [{"name": "a", "label": "A", "kind": "password"}]},
        {"secret": True},
    ],
)
async def test_a_question_of_another_shape_is_400(
    caller: Caller, served: World, wrong: dict[str, Json]
) -> None:
    body: dict[str, Json] = {"title": "?", "answerers": ["responder"], **wrong}
    status, _ = await caller.post(f"/api/incidents/{NUMBER}/cards", body)
    assert status == 400
    assert served.dispatch.requests == []


async def test_a_question_in_an_incident_that_is_not_there_is_404(
    caller: Caller, served: World
) -> None:
    served.views.hidden = {"i1"}
    body: Json = {"title": "?", "answerers": ["responder"]}
    for ident in ("i1", "none"):
        status, _ = await caller.post(
            f"/api/incidents/{ident}/cards", body, "token-approver-operate"
        )
        assert status == 404
    assert served.dispatch.requests == []


@pytest.mark.parametrize(
    "body",
    [{}, {"text": ""}, {"text": 1}, {"text": "x", "extra": 1}, [], "x", {"text": "x" * 8001}],
)
async def test_a_body_of_another_shape_is_400(caller: Caller, served: World, body: Json) -> None:
    status, problem = await caller.post("/api/commands", body)
    assert status == 400
    assert isinstance(problem, dict)
    assert problem["error"] == "invalid"
    assert served.dispatch.requests == []


async def test_a_mistake_is_422_in_plain_words(caller: Caller, served: World) -> None:
    served.dispatch.reply = Reply(tone=ReplyTone.MISTAKE, text="There is no verb “declar”.")
    status, reply = await caller.post("/api/commands", {"text": "/incident declar"})
    assert status == 422
    assert isinstance(reply, dict)
    assert (reply["outcome"], reply["text"]) == ("mistake", "There is no verb “declar”.")


async def test_an_answer_that_the_card_does_not_take_is_409(caller: Caller, served: World) -> None:
    served.dispatch.reply = Reply(tone=ReplyTone.MISTAKE, text="Decided already: reject.")
    status, reply = await caller.post("/api/cards/c-packet/answers", {"option": "approve"})
    assert status == 409
    assert isinstance(reply, dict)
    assert reply["text"] == "Decided already: reject."


async def test_a_form_with_faults_is_422_and_names_the_fields(
    caller: Caller, served: World
) -> None:
    served.dispatch.reply = Reply(
        tone=ReplyTone.MISTAKE, text="one field", field_errors={"title": "is missing"}
    )
    status, reply = await caller.post("/api/cards/c-packet/answers", {"option": "go"})
    assert status == 422
    assert isinstance(reply, dict)
    assert reply["field_errors"] == {"title": "is missing"}


async def test_what_was_not_recorded_is_503_with_retry_after(caller: Caller, served: World) -> None:
    served.dispatch.fault = Unavailable("the journal is full", retry_after=timedelta(seconds=4))
    status, problem = await caller.post("/api/commands", {"text": "/incident list"})
    assert status == 503
    assert isinstance(problem, dict)
    assert problem["message"] == "This was NOT recorded: the journal is full. Send it again."
    assert caller.headers["Retry-After"] == "4"


async def test_every_api_route_is_documented_and_every_documented_one_is_served(
    caller: Caller,
) -> None:
    status, document = await caller.get("/api/openapi.json", "")
    assert status == 200
    assert isinstance(document, dict)
    paths = document["paths"]
    assert isinstance(paths, dict)
    documented = {(method, path) for path, ops in paths.items() for method in dict(ops)}
    assert documented == {
        ("get", "/api/incidents"),
        ("get", "/api/incidents/{id}"),
        ("get", "/api/incidents/{id}/timeline"),
        ("post", "/api/commands"),
        ("post", "/api/incidents/{id}/cards"),
        ("get", "/api/cards"),
        ("get", "/api/cards/{id}"),
        ("post", "/api/cards/{id}/answers"),
    }
    for method, path in sorted(documented):
        there = path.replace("{id}", "none")
        answered, _ = await (
            caller.get(there, "") if method == "get" else caller.post(there, {}, "")
        )
        assert answered == 401


async def test_every_reference_of_the_document_leads_somewhere(caller: Caller) -> None:
    _, document = await caller.get("/api/openapi.json", "")
    assert isinstance(document, dict)
    components = document["components"]
    assert isinstance(components, dict)
    schemas = components["schemas"]
    assert isinstance(schemas, dict)
    text = json.dumps(document)
    referred = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert referred == set(schemas)


async def test_a_key_that_stands_for_another_request_is_refused_and_nothing_is_done(
    caller: Caller, served: World
) -> None:
    async def sends(path: str, body: Json, token: str = "token-commander-answer") -> int:
        status, _ = await caller.post(path, body, token, Idempotency_Key="k1")
        return status

    first: Json = {"text": "/incident note one"}
    assert await sends("/api/commands", first) == 200
    assert await sends("/api/commands", first) == 200
    assert await sends("/api/commands", {"text": "/incident note two"}) == 409
    assert await sends("/api/cards/c-packet/answers", {"option": "approve"}) == 409
    assert await sends("/api/commands", {"text": "another seat's"}, "token-approver-answer") == 200
    texts = [one.text for one in served.dispatch.requests if isinstance(one, SlashCommand)]
    assert texts == ["/incident note one", "/incident note one", "another seat's"]
    assert len(served.dispatch.requests) == 3


async def test_the_refusal_of_a_used_key_says_what_to_do(caller: Caller) -> None:
    await caller.post("/api/commands", {"text": "/incident note one"}, Idempotency_Key="k1")
    other: Json = {"text": "/incident note two"}
    _, problem = await caller.post("/api/commands", other, Idempotency_Key="k1")
    assert problem == {
        "error": "key used before",
        "message": "This `Idempotency-Key` was used for another request. Nothing was done: send a"
        " new key with a new request.",
    }


async def test_a_body_that_cannot_be_read_uses_no_key_up(caller: Caller) -> None:
    assert (await caller.post("/api/commands", {}, Idempotency_Key="k1"))[0] == 400
    good: Json = {"text": "/incident list"}
    assert (await caller.post("/api/commands", good, Idempotency_Key="k1"))[0] == 200


@pytest.mark.parametrize(
    ("method", "path", "headers", "body", "status", "error"),
    [
        ("GET", "/api/nothing", {}, "", 404, "not found"),
        ("GET", "/api/cards/..%2f..%2fx", {}, "", 404, "not found"),
        ("PUT", "/api/commands", {}, "", 405, "method not allowed"),
        ("POST", "/api/commands", {}, "x" * 65_537, 413, "request entity too large"),
        ("POST", "/api/commands", {"Content-Encoding": "gzip"}, "x", 415, "unsupported media type"),
        ("POST", "/api/commands", {"Origin": "https://evil.example"}, "{}", 403, "forbidden"),
        ("GET", "/api/cards", {"Host": "evil.example"}, "", 421, "misdirected request"),
    ],
)
async def test_what_is_stopped_at_the_door_is_a_problem_too(
    served: World,
    method: str,
    path: str,
    headers: dict[str, str],
    body: str,
    status: int,
    error: str,
) -> None:
    url = URL(f"http://{served.address}{path}", encoded=True)
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, url, data=body, headers=headers) as response,
    ):
        problem = await response.json()
        assert (response.status, problem["error"]) == (status, error)
        assert problem["message"].endswith(".")
        assert sorted(problem) == ["error", "message"]


async def test_elsewhere_people_are_answered_in_plain_text(served: World) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://{served.address}/nothing") as response,
    ):
        assert (response.status, response.content_type) == (404, "text/plain")


async def test_the_document_names_every_way_in_which_a_body_is_refused(caller: Caller) -> None:
    _, document = await caller.get("/api/openapi.json", "")
    assert isinstance(document, dict)
    paths = document["paths"]
    assert isinstance(paths, dict)
    read = {"200", "400", "401", "403", "404", "405", "503"}
    written = read | {"408", "409", "413", "415", "422"}
    for operations in paths.values():
        assert isinstance(operations, dict)
        for method, operation in operations.items():
            assert isinstance(operation, dict)
            answers = operation["responses"]
            assert isinstance(answers, dict)
            assert set(answers) == (read if method == "get" else written)
